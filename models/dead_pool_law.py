"""The law of the pool below the dead level: nobody draws from it, but losses go on in a drought.

What lies below the dead level, ``m.below_dead_hm3``, may grow in a step by no more than the step's evaporation and seepage. So
a dam at its dead level without inflow is a dry dam, not an infeasible one. A program without whole decisions cannot say "only
once all above is gone". So every m3 and day below is priced above any shortage: no loss is borrowed from the pool to serve
somebody, not even for a day; the pool is filled up before anybody is served; and water for its losses is kept back wherever
there is any. Losses of a bed that is dry altogether are owed, as a storage below the curve's lowest, until water comes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.carry_law import carry
from yuqian.models.clock import OPENING, Clock, Floats, Horizon, Rhythm, Steps
from yuqian.models.ledger import Ledger
from yuqian.models.units import HOURS_PER_DAY, M3_PER_HM3

PRICE_YUAN_PER_M3_DAY = 200.0
"""Above any price of shortage, so that a step of one day is already dearer than serving nobody."""


def declare_dead_pool(
    m: pyo.Block, steps: Steps, dead_hm3: float, opening_hm3: float | None, loss_m3_per_s: Callable[[Any], Any]
) -> None:
    """Declare ``m.below_dead_hm3`` under ``m.storage_hm3``.

    Args:
        opening_hm3: storage at the opening; None for a cyclic horizon.
        loss_m3_per_s: evaporation and seepage in a step.
    """
    m.below_dead_hm3 = pyo.Var(steps.day_ends, dense=False, bounds=(0, None))

    @m.Constraint(steps.day_ends)
    def dead_level(m: pyo.Block, d: int) -> object:
        return m.storage_hm3[d] + m.below_dead_hm3[d] >= dead_hm3

    @m.Constraint(steps.days)
    def falls_by_losses_alone(m: pyo.Block, d: int) -> object:
        return m.below_dead_hm3[d] - m.below_dead_hm3[d - 1] <= steps.hm3_per_m3_per_s[d] * loss_m3_per_s(d)

    # A cyclic horizon opens with a full pool: with any other, a constant lack would pass for storage that is not there.
    missing = [0.0 if opening_hm3 is None else max(0.0, dead_hm3 - opening_hm3)]
    carry(m, steps, Rhythm.WATER, "below_dead_hm3", m.below_dead_hm3.__getitem__, range(OPENING, 0), opening=missing)
    if steps.horizon is Horizon.WHOLE:
        m.below_dead_opens = pyo.Constraint(expr=m.below_dead_hm3[OPENING] == missing[0])


def enter_dead_pool(m: pyo.Block, ledger: Ledger, owner: str) -> None:
    """Enter the price of what is missing below the dead level."""
    price = PRICE_YUAN_PER_M3_DAY * M3_PER_HM3 / HOURS_PER_DAY
    ledger.cost(owner, "below dead level", rhythm=Rhythm.WATER, yuan_per_h=lambda d: price * m.below_dead_hm3[d])


def audit_dead_pool(
    owner: str, answer: Answer, book: Book, clock: Clock, dead_hm3: float, opening_hm3: float | None, loss_m3_per_s: Floats
) -> None:
    """Check that the storage is below the dead level by no more than losses have brought it there, and book the price."""
    below = answer.below_dead_hm3
    book.within(owner, "below dead level", below, 0.0, None)
    book.within(owner, "storage with what is missing", answer.storage_hm3 + below, dead_hm3, None)
    lost = loss_m3_per_s * clock.water.hours * 3600 / 1e6
    book.within(owner, "only losses below dead level", np.diff(below), None, lost)
    if book.horizon is Horizon.WINDOW:
        opening: Floats | float = answer.given("opening_below_dead_hm3", below[:1])
    else:
        opening = 0.0 if opening_hm3 is None else max(0.0, dead_hm3 - opening_hm3)
    book.equal(owner, "missing at the opening", below[:1], opening)
    book.cost(below[1:] * 200 * 1e6 / 24, Rhythm.WATER)
