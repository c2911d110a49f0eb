"""The law of cooling: make-up water that a thermal plant draws in proportion to its power."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from yuqian.models.book import Book
from yuqian.models.clock import Floats, Rhythm
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
    """

    owner: str
    node: str | None
    m3_per_mwh: float

    def enter(self, ledger: Ledger, power_mw: Callable[[Any], Any]) -> None:
        """Draw the water for a power by step, and count it as handed to a user."""
        if self.node is None or not self.m3_per_mwh:
            return
        water = self.m3_per_mwh / SECONDS_PER_HOUR

        def drawn(t: Any) -> Any:
            return water * power_mw(t)

        ledger.enter(self.node, self.owner, "cooling water", sign=-1, rhythm=Rhythm.POWER, m3_per_s=drawn)
        ledger.account(Account.ALLOCATION, self.owner, "power", rhythm=Rhythm.POWER, m3_per_s=drawn)

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
