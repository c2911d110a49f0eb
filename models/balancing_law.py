"""The law of balancing: which of several reservoirs to draw on, where nothing else decides.

Every reservoir pays a little for each m3 that is missing, the more the emptier it is by the *fraction* of its active storage;
so those of equal price are drawn down alike, instead of one after the other.
"""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Rhythm, Steps
from yuqian.models.ledger import Ledger
from yuqian.models.units import HOURS_PER_DAY, M3_PER_HM3

PARTS = 4
"""Parts of the active storage, from full to empty, each dearer than the one before."""


def _name(part: int) -> str:
    return f"empty_{part}_fraction"


def declare_balancing(
    m: pyo.Block, ledger: Ledger, steps: Steps, owner: str, range_hm3: tuple[float, float], price: float
) -> None:
    """Price what is empty of the storage range: ``price`` yuan per m3 and day in the first part, twice that in the second."""
    low, high = range_hm3
    for part in range(1, PARTS + 1):
        m.add_component(_name(part), pyo.Var(steps.days, dense=False, bounds=(0, 1.0 / PARTS)))
    m.empty_rest_fraction = pyo.Var(steps.days, dense=False, bounds=(0, None))
    parts = [m.component(_name(part)) for part in range(1, PARTS + 1)]

    @m.Constraint(steps.days)
    def emptiness(m: pyo.Block, d: int) -> object:
        empty = sum(part[d] for part in parts) + m.empty_rest_fraction[d]
        return empty >= (high - m.storage_hm3[d]) / (high - low)

    part_price = price * (high - low) * M3_PER_HM3 / HOURS_PER_DAY
    ledger.cost(
        owner, "balancing", rhythm=Rhythm.WATER,
        yuan_per_h=lambda d: sum(part_price * (rank + 1) * part[d] for rank, part in enumerate(parts))
        + part_price * (PARTS + 1) * m.empty_rest_fraction[d],
    )  # fmt: skip


def audit_balancing(owner: str, answer: Answer, book: Book, range_hm3: tuple[float, float], price: float) -> None:
    """Check the parts and book what they cost."""
    low, high = range_hm3
    rest = answer.empty_rest_fraction
    total, paid = rest, 5 * rest
    book.within(owner, "empty below the range", rest, 0.0, None)
    for part in range(1, 5):
        share = getattr(answer, f"empty_{part}_fraction")
        book.within(owner, f"empty part {part}", share, 0.0, 0.25)
        total, paid = total + share, paid + part * share
    book.within(owner, "empty share", total, (high - answer.storage_hm3[1:]) / np.float64(high - low), None)
    book.cost(paid * price * (high - low) * 1e6 / 24, Rhythm.WATER)
