"""The law of what is carried: how a window of a longer problem begins, and what it leaves behind.

A kind with a memory (a stock, units that were started, water on its way, what is left of a yearly quota) says so here, once.
Where the horizon is WHOLE that only notes it. Where it is a WINDOW, the law declares Params for the opening, so that every
window is the same structure with other numbers, and ties the decisions of the past to them. Whoever rolls a horizon reads the
notes (``steps.carried``) and needs to know no kind.

* :func:`carry`: the last values of a decision, or of an expression, over some steps of the past. What ``comes_round`` must end
  a WHOLE as it began; what a window ends with of it is valued as a stock is.
* :func:`limit_total`: a limit on a sum over the whole horizon; a window is given what is left of it.
* A stock is carried by :func:`yuqian.models.storage_law.close_stock`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pyomo.environ as pyo

from yuqian.models.book import Book
from yuqian.models.clock import OPENING, Floats, Horizon, Rhythm, Steps
from yuqian.models.ledger import Ledger

UNKNOWN = float("nan")
"""An opening that must be given before a window can be solved; a program that holds it is refused by name."""
SEGMENTS = ("near", "far")
"""Pieces of the value of an end on either side of its target."""


@dataclass(frozen=True)
class Carried:
    """Something that goes on from one window to the next.

    Attributes:
        owner, name: of the asset, and of the quantity, ending in its unit.
        params: Params of the owner that open a window with it; all get the same numbers.
        rhythm: of its steps.
        over: the steps of the past that it is asked for, such as -3, -2, -1.
        source: its value in a step or at an instant, as an expression; of a quota, what a step uses of it.
        opening: given numbers for ``over``; None where the optimum of the whole chooses.
        closing: what a stock must end with in the whole; None if it ends as it began.
        span: largest value of a stock or quota; None where there is none, or where it is not known beforehand.
        quota_row: the constraint of a quota; None for what is no quota.
        is_free: whether an opening that nobody gave is left to the first window.
        comes_round: whether the whole must end with it as it began.
    """

    owner: str
    name: str
    params: tuple[str, ...]
    rhythm: Rhythm
    over: range
    source: Callable[[Any], Any]
    opening: tuple[float, ...] | None
    closing: float | None = None
    span: float | None = None
    quota_row: str | None = None
    is_free: bool = False
    comes_round: bool = False

    @property
    def is_valued(self) -> bool:
        """Whether what a window leaves behind of it has a value."""
        return self.span is not None or self.comes_round

    @property
    def key(self) -> str:
        """Name of the block that values its end."""
        return f"{self.owner}.{self.name}"


def carry(
    m: pyo.Block, steps: Steps, rhythm: Rhythm, name: str, source: Callable[[Any], Any], over: range, *,
    opening: Sequence[float] | None = None, free: tuple[float, float] | None = None, tied: bool = True,
    closing: float | None = None, span: float | None = None, comes_round: bool = False,
) -> None:  # fmt: skip
    """Note that a window begins with the last values of ``source``, and in a window tie it to Params that hold them.

    The Param is ``opening_<name>``, or ``opening_min_<name>`` and ``opening_max_<name>`` where ``free`` gives the range that
    the optimum may choose an unknown opening from.

    Args:
        over: steps of the past, ending at -1 or before.
        opening: one number for each of them.
        tied: False when the kind uses the Params in rules of its own.
        comes_round: whether a WHOLE must end with it as it began, for which rows are declared here.
    """
    if not len(over):
        return
    both = (f"opening_min_{name}", f"opening_max_{name}")
    params = (f"opening_{name}",) if free is None else both
    given = None if opening is None else tuple(float(value) for value in opening)
    steps.carried.append(
        Carried(m.index(), name, params, rhythm, over, source, given, closing, span, None, free is not None, comes_round)
    )
    if steps.horizon is Horizon.WHOLE:
        if comes_round:
            _come_round(m, steps.clock.timeline(rhythm).count, name, source, over)
        return
    past = pyo.RangeSet(over[0], over[-1])
    m.add_component(f"before_{name}", past)
    unknown = (UNKNOWN,) if free is None else free
    for param, value in zip(params, unknown, strict=True):
        numbers = given or (value,) * len(over)
        m.add_component(param, pyo.Param(past, initialize=dict(zip(over, numbers, strict=True)), mutable=True, domain=pyo.Any))
    if not tied:
        return
    low, high = m.component(params[0]), m.component(params[-1])
    if free is None:
        m.add_component(f"opens_{name}", pyo.Constraint(past, rule=lambda _, t: source(t) == low[t]))
    else:
        m.add_component(f"opens_{name}_min", pyo.Constraint(past, rule=lambda _, t: source(t) >= low[t]))
        m.add_component(f"opens_{name}_max", pyo.Constraint(past, rule=lambda _, t: source(t) <= high[t]))


def _come_round(m: pyo.Block, count: int, name: str, source: Callable[[Any], Any], over: range) -> None:
    """What was before the first step is what is at the end; over more than one turn where the past is longer than that."""
    for step in over:
        same = source(step) == source(step % count)
        m.add_component(f"{name}_{-step}_before_as_at_the_end", pyo.Constraint(expr=same))


def note_round(book: Book, owner: str, name: str, values: Floats, past: int) -> None:
    """Note where a window ended with what comes round, from its values in ``past`` steps before the first and in all others."""
    if book.horizon is Horizon.WINDOW:
        for back in range(past, 0, -1):
            book.note_end(owner, name, float(values[len(values) - back]), float(values[past - back]), -back)


def limit_total(
    m: pyo.Block, steps: Steps, rhythm: Rhythm, row: str, name: str, used: Callable[[Any], Any], most: float
) -> None:
    """``sum over all steps of used(step) <= most``; a window is given what earlier ones left, as ``opening_<name>``.

    Args:
        row: name of the constraint.
        name: of the quantity, ending in its unit.
        used: what a step uses, in that unit.
        most: over the whole horizon.
    """
    steps.carried.append(
        Carried(
            m.index(), name, (f"opening_{name}",), rhythm, range(OPENING, 0), used, (most,), span=most, quota_row=row
        )
    )  # fmt: skip
    left: Any = most
    if steps.horizon is Horizon.WINDOW:
        m.add_component(f"before_{name}", pyo.RangeSet(OPENING, OPENING))
        param = pyo.Param(m.component(f"before_{name}"), initialize={OPENING: most}, mutable=True)
        m.add_component(f"opening_{name}", param)
        left = param[OPENING]
    m.add_component(row, pyo.Constraint(rule=lambda _: sum(used(t) for t in steps.of(rhythm)) <= left))


def value_ends(model: pyo.ConcreteModel, steps: Steps, ledger: Ledger) -> None:
    """Give what a window leaves behind a value: concave and piecewise linear about a target, all of it numbers.

    For each stock and quota, and for what comes round, ``model.end["<owner>.<name>"]`` holds Params ``target``, ``width`` (of
    the near segments) and the slopes in yuan per unit, ``loss_near``, ``loss_far`` below the target and ``gain_near``,
    ``gain_far`` above, for each of the steps that it is carried over. Concave means
    ``loss_far >= loss_near >= gain_near >= gain_far``. The value is in the objective, and in no account.
    """
    valued = [one for one in steps.carried if one.is_valued]
    model.end = pyo.Block([one.key for one in valued])
    for one in valued:
        _value_end(model.end[one.key], model.asset[one.owner], steps, ledger, one)


def _value_end(b: pyo.Block, m: pyo.Block, steps: Steps, ledger: Ledger, one: Carried) -> None:
    b.at_end = pyo.RangeSet(0, len(one.over) - 1)
    names = ["target", "width", *(f"{side}_{part}" for side in ("loss", "gain") for part in SEGMENTS)]
    for name in names:
        b.add_component(name, pyo.Param(b.at_end, initialize=dict.fromkeys(range(len(one.over)), 0.0), mutable=True))
    for side in ("below", "above"):
        for part in SEGMENTS:
            b.add_component(f"{side}_{part}", pyo.Var(b.at_end, dense=False, bounds=(0, None)))
        near = b.component(f"{side}_near")
        b.add_component(f"{side}_width", pyo.Constraint(b.at_end, rule=_narrow(near, b.width)))
    last = steps.clock.timeline(one.rhythm).last

    def left(k: Any) -> Any:
        if one.quota_row is None:
            return one.source(k + last + 1 + one.over[0])
        return m.component(one.params[0])[OPENING] - sum(one.source(t) for t in range(last + 1))

    @b.Constraint(b.at_end)
    def distance(b: pyo.Block, k: int) -> object:
        above = b.above_near[k] + b.above_far[k] - b.below_near[k] - b.below_far[k]
        return left(k) - above == b.target[k]

    ledger.value_end(
        lambda: sum(
            b.loss_near[k] * b.below_near[k] + b.loss_far[k] * b.below_far[k]
            - b.gain_near[k] * b.above_near[k] - b.gain_far[k] * b.above_far[k]
            for k in range(len(one.over))
        )
    )  # fmt: skip


def _narrow(near: Any, width: Any) -> Callable[[Any, Any], Any]:
    return lambda _, k: near[k] <= width[k]
