"""How much a network can supply at a given guarantee, by bisection on the simulation by rule.

All demands are scaled together, from the shares that are planned; the largest scale at which every class keeps its guarantee is
the capability, the operable bound of what could be promised. Nothing here knows the future. For a single reservoir the same
bisection over a constant draft gives its yield, and over its size the curve of storage, yield and guarantee.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from yuqian.models.clock import Floats
from yuqian.models.kind import UserClass

BISECTIONS = 30


@dataclass(frozen=True)
class Bound:
    """Where a bisection ended.

    Attributes:
        scale: largest that holds, to within ``width``.
        width: how far the smallest that fails lies above it.
        binds: who fails just above it; empty where even the largest tried holds.
    """

    scale: float
    width: float
    binds: tuple[str, ...]


def largest_scale(
    failing: Callable[[float], Sequence[str]], low: float = 0.0, high: float = 4.0, bisections: int = BISECTIONS
) -> Bound:  # fmt: skip
    """Largest scale at which nobody fails, by halving; more demand is taken never to help anybody.

    Args:
        failing: who fails at a scale.
        low, high: the range that is searched; a scale that fails at ``low`` gives ``low``.
    """
    worst = tuple(failing(high))
    if not worst:
        return Bound(high, 0.0, ())
    at_low = tuple(failing(low)) if low > 0.0 else ()
    if at_low:
        return Bound(low, 0.0, at_low)
    for _ in range(bisections):
        middle = 0.5 * (low + high)
        found = tuple(failing(middle))
        if found:
            high, worst = middle, found
        else:
            low = middle
    return Bound(low, high - low, worst)


def standard_yield(
    inflow_hm3: Floats, size_hm3: Floats | float, years: Floats | None = None, allowed_failures: int = 0,
    opening_hm3: float | None = None, bisections: int = 50,
) -> Floats:  # fmt: skip
    """Constant draft of one reservoir by the standard rule, at most so many periods, or years, short; for all sizes at once.

    Args:
        inflow_hm3: by period, shape (periods,); run through twice, and counted the second time, where no opening is given, so
            that the storage is that of a record that repeats.
        size_hm3: active storage, any shape.
        years: number of the year of each period; failures are then counted by year.

    Returns:
        hm3 a period, shape of ``size_hm3``.
    """
    sizes = np.atleast_1d(np.asarray(size_hm3, dtype=float))
    low, high = np.zeros_like(sizes), np.full_like(sizes, float(np.mean(inflow_hm3)))
    if opening_hm3 is not None or allowed_failures:
        high[:] = float(np.max(inflow_hm3)) + sizes
    for _ in range(bisections):
        draft = 0.5 * (low + high)
        holds = failures(inflow_hm3, sizes, draft, years, opening_hm3) <= allowed_failures
        low, high = np.where(holds, draft, low), np.where(holds, high, draft)
    drafts: Floats = low if np.ndim(size_hm3) else low[0]
    return drafts


def failures(
    inflow_hm3: Floats, size_hm3: Floats, draft_hm3: Floats, years: Floats | None = None, opening_hm3: float | None = None
) -> Floats:  # fmt: skip
    """Periods, or years, in which a constant draft is short by the standard rule, by size."""
    rounds = 1 if opening_hm3 is not None else 2
    storage = np.minimum(size_hm3, size_hm3 if opening_hm3 is None else opening_hm3)
    short = np.zeros((len(inflow_hm3), *np.shape(size_hm3)), dtype=bool)
    for _ in range(rounds):
        for period, inflow in enumerate(inflow_hm3):
            water = storage + inflow
            short[period] = water < draft_hm3 * (1.0 - 1e-12)
            storage = np.clip(water - draft_hm3, 0.0, size_hm3)
    by_year = short if years is None else np.logical_or.reduceat(short, np.flatnonzero(np.diff(years, prepend=-1)), axis=0)
    failed: Floats = by_year.sum(axis=0).astype(float)
    return failed


GUARANTEES: Mapping[UserClass, float] = {
    UserClass.TOWN: 0.95,
    UserClass.RURAL: 0.95,
    UserClass.PRIORITY_INDUSTRY: 0.95,
    UserClass.INDUSTRY: 0.95,
    UserClass.IRRIGATION: 0.75,
}
"""What classes are promised; power plants and the environment are served as far as the others leave them."""
