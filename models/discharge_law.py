"""The law of a discharge: what gates and spillway can let out at a level, and a priced way out in an emergency.

The capacity is a number by step, first that at the highest level and then, from an answer, that at the level which the answer
found; letting out more than it, over the crest or by breach, is priced and never impossible.
"""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Floats, Rhythm, Steps
from yuqian.models.kind import table
from yuqian.models.ledger import Ledger
from yuqian.models.renumbering import Renumbering, relative_error
from yuqian.models.units import SECONDS_PER_HOUR

LIMIT = "discharge_limit_m3_per_s"
TOLERANCE = 0.01


def declare_discharge(m: pyo.Block, ledger: Ledger, steps: Steps, owner: str, limit: Floats, price: float) -> None:
    """Limit ``m.release_m3_per_s`` to ``limit``, shape (days,), except at a price in yuan/m3."""
    m.discharge_excess_m3_per_s = pyo.Var(steps.days, dense=False, bounds=(0, None))
    table(m, LIMIT, steps.days, limit)

    @m.Constraint(steps.days)
    def discharge_limit(m: pyo.Block, d: int) -> object:
        return m.release_m3_per_s[d] - m.discharge_excess_m3_per_s[d] <= m.discharge_limit_m3_per_s[d]

    excess = price * SECONDS_PER_HOUR
    ledger.cost(
        owner, "discharge excess", rhythm=Rhythm.WATER, yuan_per_h=lambda d: excess * m.discharge_excess_m3_per_s[d]
    )  # fmt: skip


def audit_discharge(owner: str, answer: Answer, book: Book, limit: Floats, price: float) -> None:
    """Check the limit, shape (days,), and book the price."""
    excess = answer.discharge_excess_m3_per_s
    book.within(owner, "discharge excess", excess, 0.0, None)
    book.within(owner, "discharge by gates and spillway", answer.release_m3_per_s, None, limit + excess)
    book.cost(excess * 3600 * price, Rhythm.WATER)


def renewed_limit(limit: Floats, at_answer: Floats, used: Floats) -> Renumbering:
    """The limit at the level of an answer; only where it binds does it matter how far it was off."""
    binds = used >= 0.99 * np.minimum(limit, at_answer)
    error = relative_error(at_answer[binds], limit[binds])
    return Renumbering({LIMIT: at_answer}, error, TOLERANCE)
