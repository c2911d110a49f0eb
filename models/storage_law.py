"""The law of a stock: what every store of energy, water or coal shares."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from yuqian.models.book import Book
from yuqian.models.clock import OPENING, Floats


def close_stock(m: pyo.Block, stock: Any, last: int, opening: float | None) -> None:
    """Tie the end of the horizon to its beginning.

    With an ``opening`` stock the horizon starts from it and must end with at least as much; without one, the stock is
    cyclic: the optimum chooses the opening, and must end there.
    """
    if opening is None:
        m.closes = pyo.Constraint(expr=stock[last] == stock[OPENING])
    else:
        m.opens = pyo.Constraint(expr=stock[OPENING] == opening)
        m.closes = pyo.Constraint(expr=stock[last] >= opening)


def audit_closing(book: Book, owner: str, stock: Floats, opening: float | None) -> None:
    """Check what :func:`close_stock` asks, from the stock at all instants, shape (count + 1,)."""
    if opening is None:
        book.equal(owner, "ends as it began", stock[-1:], stock[:1])
    else:
        book.equal(owner, "opens as given", stock[:1], opening)
        book.within(owner, "ends no lower than it began", stock[-1:], opening, None)


def change(stock: Floats) -> Floats:
    """Growth of a stock over each step, from its values at all instants: shape (count,)."""
    growth: Floats = np.diff(stock)
    return growth
