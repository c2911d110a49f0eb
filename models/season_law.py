"""Dates of every year: windows that may run over the new year, and numbers that hold from one date to the next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from yuqian.models.clock import Floats, Timeline


def in_window(timeline: Timeline, start: str, end: str) -> npt.NDArray[np.bool_]:
    """Which steps begin from ``start`` to before ``end`` ("MM-DD"), shape (count,); over the new year if ``end < start``."""
    after, over = timeline.since(start), timeline.since(end)
    return after & ~over if start < end else after | ~over


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
