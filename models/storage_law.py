"""The law of a stock: what every store of energy, water or coal shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyomo.environ as pyo

from yuqian.models.book import Book
from yuqian.models.clock import OPENING, Floats


def close_stock(
    m: pyo.Block, stock: Callable[[int], Any], last: int, opening: float | None, closing: float | None = None
) -> None:
    """Tie the end of the horizon to its beginning.

    With an ``opening`` stock the horizon starts from it and must end with at least as much, or with the ``closing`` stock
    if one is given; without an opening, the stock is cyclic: the optimum chooses the opening, and must end there. ``stock``
    gives the stock at an instant.
    """
    if opening is None:
        m.closes = pyo.Constraint(expr=stock(last) == stock(OPENING))
    else:
        m.opens = pyo.Constraint(expr=stock(OPENING) == opening)
        m.closes = pyo.Constraint(expr=stock(last) >= (opening if closing is None else closing))


def audit_closing(book: Book, owner: str, stock: Floats, opening: float | None, closing: float | None = None) -> None:
    """Check what :func:`close_stock` asks, from the stock at all instants, shape (count + 1,)."""
    if opening is None:
        book.equal(owner, "ends as it began", stock[-1:], stock[:1])
    else:
        book.equal(owner, "opens as given", stock[:1], opening)
        book.within(owner, "ends no lower than it must", stock[-1:], opening if closing is None else closing, None)
