"""The law of a stock: what every store of energy, water or coal shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.carry_law import carry
from yuqian.models.clock import OPENING, Floats, Horizon, Rhythm, Steps


def close_stock(
    m: pyo.Block, steps: Steps, rhythm: Rhythm, name: str, stock: Callable[[Any], Any], span: float,
    opening: float | None, closing: float | None = None, missing: Any = 0.0,
) -> None:  # fmt: skip
    """Tie the beginning and the end of a stock to the rest of time, as the horizon asks.

    WHOLE: with an ``opening`` stock the horizon starts from it and must end with at least as much, or with the ``closing``
    stock if one is given; without an opening, the stock is cyclic: the optimum chooses the opening, and must end there.

    WINDOW: the stock begins with the number ``opening_<name>``, and what it ends with is valued.

    Args:
        name: of the stock, ending in its unit: "energy_mwh".
        stock: the stock at an instant, a step of ``rhythm``.
        span: the most that it can hold.
        missing: what the end of a WHOLE may lack, a decision with a price; nought where it must be kept.
    """
    given = None if opening is None else [opening]
    carry(m, steps, rhythm, name, stock, range(OPENING, 0), opening=given, closing=closing, span=span)
    if steps.horizon is Horizon.WINDOW:
        return
    last = steps.clock.timeline(rhythm).last
    if opening is None:
        m.closes = pyo.Constraint(expr=stock(last) + missing == stock(OPENING))
    else:
        m.opens = pyo.Constraint(expr=stock(OPENING) == opening)
        m.closes = pyo.Constraint(expr=stock(last) + missing >= (opening if closing is None else closing))


def audit_closing(
    book: Book, owner: str, name: str, answer: Answer, stock: Floats, opening: float | None,
    closing: float | None = None, missing: float = 0.0,
) -> None:  # fmt: skip
    """Check what :func:`close_stock` asks, from the stock at all instants, shape (count + 1,).

    Of a window, the opening is what the answer says was given; where it ends is noted in the book, not judged.
    """
    if book.horizon is Horizon.WINDOW:
        given = getattr(answer, f"opening_{name}", None)
        if given is not None:
            book.equal(owner, f"{name} opens as given", stock[:1], given)
        wanted = stock[0] if opening is None else opening if closing is None else closing
        book.note_end(owner, name, float(stock[-1]), float(wanted))
    elif opening is None:
        book.equal(owner, "ends as it began", stock[-1:] + missing, stock[:1])
    else:
        book.equal(owner, "opens as given", stock[:1], opening)
        book.within(owner, "ends no lower than it must", stock[-1:] + missing, opening if closing is None else closing, None)
