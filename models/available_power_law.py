"""The law of a plant that gives up to what is available: power from nothing to the most of the step, the rest curtailed.

Serves sun, wind and given profiles. What is curtailed can be held as reserve upwards, and what is given as reserve downwards;
both can be called within moments, so no ramp limits them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Floats, Rhythm, Steps
from yuqian.models.ledger import Exposure, Ledger
from yuqian.models.reserve_law import Offers


@dataclass(frozen=True)
class UpToAvailable:
    """One plant.

    Attributes:
        owner, bus: ids.
        price_yuan_per_mwh: what each MWh costs.
        reserves: requirements that it may count towards.
    """

    owner: str
    bus: str
    price_yuan_per_mwh: float
    reserves: tuple[str, ...] = ()

    def declare(
        self,
        m: pyo.Block,
        ledger: Ledger,
        steps: Steps,
        highest: Callable[[Any], Any],
        lowest: Callable[[Any], Any] | None = None,
    ) -> None:
        """Declare ``m.power_mw`` between what must be taken (nothing when left out) and what is available in each step."""
        offers = Offers.of(None, self.reserves, ledger.product)
        m.power_mw = pyo.Var(steps.hours, dense=False, bounds=(0, None))
        offers.declare(m, steps)

        if lowest is not None:
            m.must_take = pyo.Constraint(steps.hours, rule=lambda m, t: m.power_mw[t] - offers.down(m, t) >= lowest(t))
        elif offers.has_down:
            m.reserve_down = pyo.Constraint(steps.hours, rule=lambda m, t: offers.down(m, t) <= m.power_mw[t])
        m.available = pyo.Constraint(steps.hours, rule=lambda m, t: m.power_mw[t] + offers.up(m, t) <= highest(t))

        ledger.enter(self.bus, self.owner, "generation", mw=m.power_mw)
        offers.enter(m, ledger, self.owner, "reserve by curtailing")
        ledger.expose(Exposure.VARIABLE, self.owner, highest)
        price = self.price_yuan_per_mwh
        if price:
            ledger.cost(self.owner, "operation", rhythm=Rhythm.POWER, yuan_per_h=lambda t: price * m.power_mw[t])

    def audit(self, answer: Answer, book: Book, check: str, highest: Floats, lowest: Floats | float = 0.0) -> None:
        """Check an answer between what must be taken and what is available, shapes (steps,), MW."""
        offers = Offers.of(None, self.reserves, book.product)
        offers.audit(self.owner, answer, book)
        up, down = offers.held(answer, book.clock.power.count)
        book.within(self.owner, check, answer.power_mw, lowest + down, highest - up)
        book.expose(Exposure.VARIABLE, highest)
        book.enter(self.bus, answer.power_mw)
        book.cost(self.price_yuan_per_mwh * answer.power_mw, Rhythm.POWER)
