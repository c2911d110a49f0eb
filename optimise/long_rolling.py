"""Rolling horizon over a long series: month by month, the month known, what follows valued by what was learnt elsewhere.

Between the rule that sees nothing and the program that sees everything. A month's window ends with the values of water of the
next month (:mod:`yuqian.optimise.water_values`), learnt from other years. A window that planned a whole year by the mean of the
season would not do: its mean year has no drought, so water kept for one would seem worth nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import highspy
import numpy as np

from yuqian.models.clock import Floats
from yuqian.optimise.end_values import MONTHS, ValueFunctions
from yuqian.optimise.program import Program
from yuqian.optimise.seasonal_windows import SeasonalWindows, Window
from yuqian.optimise.solve import SolverOptions
from yuqian.optimise.stage import Entry, Scenario
from yuqian.optimise.state import Ends

INFLOW = "inflow_m3_per_s"


class LongRollingError(ValueError):
    """A window that cannot be laid into the whole; the message names the decision."""


@dataclass(frozen=True)
class LongRolled:
    """All months together.

    Attributes:
        x: decisions of the whole series as one window (:attr:`SeasonalWindows.whole`), shape (columns,).
        windows, iterations: of all solves.
        closing: state that the last month leaves, shape (places,).
    """

    x: Floats
    windows: int
    iterations: int
    closing: Floats


def roll_long(
    windows: SeasonalWindows, opening: Floats, values: ValueFunctions, options: SolverOptions | None = None,
    tell: Callable[[int, int], None] | None = None,
) -> LongRolled:  # fmt: skip
    """Go through all months of a long series.

    Args:
        opening: state that the first one begins with, shape (places,).
        values: of water by month, learnt elsewhere.
        tell: called with the number of windows done, and of all.

    Raises:
        WaterValueError: for values of another network.
        SolverError: for a window without an answer.
    """
    values.require(windows.months[0].places)
    whole = windows.whole
    x, state, nought = np.zeros(whole.program.column_count), opening, np.zeros(len(opening))
    entries = [Entry.of(month.program, month.places) for month in windows.months]
    bases: dict[int, highspy.HighsBasis | None] = {}
    iterations, done, total = 0, 0, MONTHS * windows.years
    for month, start in windows.starts():
        own, number = windows.program_of(month, start, nought), month.number
        name = f"the window of month {number + 1} of year {start // windows.per_year + 1}"
        ends = Ends.of(month.seams, own, month.places)
        scenario = Scenario(own, month.places, ends, entries[number], name, options or SolverOptions())
        scenario.load(values, (number + 1) % MONTHS, bases.get(number))
        found = scenario.solve(state)
        bases[number] = scenario.basis
        _lay(found.x, month, whole.program, x, start)
        state, iterations, done = found.state, iterations + found.iterations, done + 1
        if tell is not None:
            tell(done, total)
    return LongRolled(x, done, iterations, state)


def _lay(decided: Floats, month: Window, whole: Program, x: Floats, start: int) -> None:
    """Lay the decisions of a month into those of the whole; what lies before it is kept of the first month alone."""
    families = whole.layout.by_column_name
    for family in month.program.layout.columns:
        target = families[family.owner, family.name]
        if not family.indexed:
            raise LongRollingError(f"{family.full_name} is no decision by step; it cannot be put together from months")
        steps = np.asarray(family.at_steps())
        kept = (steps >= 0) | (start == 0)
        x[target.start + start + steps[kept] - target.first] = decided[family.start : family.stop][kept]
