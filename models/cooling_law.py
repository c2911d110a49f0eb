"""The law of cooling: make-up water that a thermal plant draws in proportion to its power.

The plant draws by the hour, its node balances by the day. Where water is short the power of the day is limited by it, so the
price of water at the node is what the power would have been worth, and power's price rises. With a price of shortage the plant
may run on emergency water instead (brought in, or by once-through cooling at a cost), counted as a shortage of the class
"power"; without one, even a unit that must run must do with what there is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Rhythm, Steps
from yuqian.models.kind import UserClass
from yuqian.models.ledger import Account, Ledger
from yuqian.models.operation import Given, Operation, Use
from yuqian.models.units import SECONDS_PER_HOUR


@dataclass(frozen=True)
class Cooling:
    """The water of one plant.

    Attributes:
        owner: id of the plant.
        node: where it draws from; None where that is not looked at.
        m3_per_mwh: for each MWh gross.
        shortage_price_yuan_per_m3: of emergency water; None where there is none.
    """

    owner: str
    node: str | None
    m3_per_mwh: float
    shortage_price_yuan_per_m3: float | None = None

    def enter(self, ledger: Ledger, power_mw: Callable[[Any], Any]) -> None:
        """Draw the water for a power by step, and count it as handed to a user."""
        if self.node is None or not self.m3_per_mwh:
            return
        water = self.m3_per_mwh / SECONDS_PER_HOUR

        def drawn(t: Any) -> Any:
            return water * power_mw(t)

        ledger.enter(self.node, self.owner, "cooling water", sign=-1, rhythm=Rhythm.POWER, m3_per_s=drawn)
        ledger.account(Account.ALLOCATION, self.owner, "power", rhythm=Rhythm.POWER, m3_per_s=drawn)

    def enter_emergency(self, m: pyo.Block, ledger: Ledger, steps: Steps, power_mw: Callable[[Any], Any]) -> None:
        """Let emergency water stand in for what the node has not got, at its price."""
        if self.node is None or not self.m3_per_mwh or self.shortage_price_yuan_per_m3 is None:
            return
        water, inside = self.m3_per_mwh / SECONDS_PER_HOUR, steps.hours_per_day
        m.cooling_shortage_m3_per_s = pyo.Var(steps.days, dense=False, bounds=(0, None))
        short = m.cooling_shortage_m3_per_s

        @m.Constraint(steps.days)
        def emergency_water(m: pyo.Block, d: int) -> object:
            return inside * short[d] <= sum(water * power_mw(inside * d + k) for k in range(inside))

        price = self.shortage_price_yuan_per_m3 * SECONDS_PER_HOUR
        ledger.enter(self.node, self.owner, "emergency water", rhythm=Rhythm.WATER, m3_per_s=short)
        ledger.account(Account.ALLOCATION, self.owner, "power", sign=-1, rhythm=Rhythm.WATER, m3_per_s=short)
        ledger.account(Account.SHORTAGE, self.owner, "power", rhythm=Rhythm.WATER, m3_per_s=short)
        ledger.cost(self.owner, "emergency water", rhythm=Rhythm.WATER, yuan_per_h=lambda d: price * short[d])

    def operate(self, operation: Operation, rated_mw: float) -> None:
        """Ask for the water of a mean load, where a rule without foresight hands it out."""
        if self.node is not None and self.m3_per_mwh:
            mean = rated_mw * operation.cooling_load_fraction * self.m3_per_mwh / SECONDS_PER_HOUR
            operation.uses.append(Use(self.owner, self.node, UserClass.POWER, Given(self.owner, "cooling_m3_per_s", mean)))

    def audit(self, book: Book, power_mw: Floats) -> None:
        """Draw it again in the audit, shape (steps,)."""
        if self.node is not None and self.m3_per_mwh:
            drawn = power_mw * self.m3_per_mwh / 3600
            book.enter(self.node, -drawn, Rhythm.POWER)
            book.account(Account.ALLOCATION, drawn, Rhythm.POWER)

    def audit_emergency(self, answer: Answer, book: Book, clock: Clock, power_mw: Floats) -> None:
        """Count emergency water again, which is no more than what the day draws."""
        if self.node is None or not self.m3_per_mwh or self.shortage_price_yuan_per_m3 is None:
            return
        short = answer.cooling_shortage_m3_per_s
        drawn = clock.mean_over_water(power_mw * self.m3_per_mwh / 3600)
        book.within(self.owner, "emergency water", short, 0.0, drawn)
        book.enter(self.node, short, Rhythm.WATER)
        book.account(Account.ALLOCATION, -short, Rhythm.WATER)
        book.account(Account.SHORTAGE, short, Rhythm.WATER)
        book.cost(short * 3600 * self.shortage_price_yuan_per_m3, Rhythm.WATER)
