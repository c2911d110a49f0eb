"""Dates of every year: windows that may run over the new year, and numbers that hold from one date to the next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from yuqian.models.clock import Floats, Timeline


def ends_in_window(timeline: Timeline, start: str, end: str) -> npt.NDArray[np.bool_]:
    """Which steps end from ``start`` to before ``end`` ("MM-DD"), shape (count,); over the new year if ``end < start``.

    For limits on a stock, which is taken at the end of a step: what counts is the day that the step ends in.
    """
    after, over = timeline.ends_since(start), timeline.ends_since(end)
    return after & ~over if start < end else after | ~over


def lowered_in_season(timeline: Timeline, low: float, high: float, start: str, end: str, full: str) -> Floats:
    """A limit on a stock that is ``low`` from ``start`` to ``end``, rises in a line until ``full``, and else is ``high``.

    It is that of the day that a step ends in, shape (count,).
    """
    started, over, filled = (timeline.ends_since(day) for day in (start, end, full))
    days = timeline.days_since(end) - timeline.days_since(full)
    rising = low + (high - low) * timeline.days_since(end) / (days + 1)
    limit: Floats = np.where(started & ~over, low, np.where(over & ~filled, rising, high))
    return limit


def by_season(timeline: Timeline, starts: Sequence[str], values: Sequence[float]) -> Floats:
    """Value of each step, where ``values[k]`` holds from ``starts[k]`` (rising) on to the next, shape (count,).

    Before the first date of a year the last season still runs.
    """
    passed = sum(timeline.since(start).astype(np.int64) for start in starts)
    found: Floats = np.asarray(values, dtype=float)[(passed - 1) % len(starts)]
    return found


def check_seasons(what: str, starts: Sequence[str], *values: Sequence[float]) -> None:
    """Raise ValueError unless the dates rise and every table has one value a date."""
    if any(len(table) != len(starts) for table in values):
        raise ValueError(
            f"{what}: every date needs a value; got {len(starts)} dates and {[len(table) for table in values]} values"
        )
    if list(starts) != sorted(set(starts)):
        raise ValueError(f"{what}: the dates must rise through the year; got {', '.join(starts)}")
