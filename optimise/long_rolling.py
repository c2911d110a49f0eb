"""Rolling horizon over a long series: re-planned every month, with the near future known and the rest expected.

Between the rule that sees nothing and the program that sees everything. The month to come is known; beyond it a window takes
the mean of the season, inflow times a factor of caution. The first month of each window is kept.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from yuqian.models.clock import Floats
from yuqian.optimise.end_values import Terminal, ValueFunctions, end_numbers
from yuqian.optimise.seams import Numbers, cleaned
from yuqian.optimise.seasonal_windows import SeasonalWindows
from yuqian.optimise.solve import SolverOptions, solve

log = logging.getLogger(__name__)
INFLOW = "inflow_m3_per_s"


class LongRollingError(RuntimeError):
    """A window without an answer; the message names its year and month."""


@dataclass(frozen=True)
class LongRollingPlan:
    """How a long series is rolled through.

    Attributes:
        known_steps: water steps from the beginning of a window that are known; at least the month that is kept is, if less.
        caution: factor on the expected inflow beyond.
        terminal: what a window wants of the storage that it leaves behind.
        target: storage at the end of each month by asset, shape (12,), for :attr:`Terminal.TARGET`.
        values: of water by month, for :attr:`Terminal.VALUE`.
    """

    known_steps: int = 0
    caution: float = 0.8
    terminal: Terminal = Terminal.NONE
    target: Mapping[str, Floats] = field(default_factory=dict)
    values: ValueFunctions | None = None


@dataclass(frozen=True)
class LongRolled:
    """What the windows handed to the users.

    Attributes:
        users: ids.
        supplied_hm3: by user and step, shape (users, steps).
        windows, iterations, seconds: of all solves.
        closing: what the last window hands on.
    """

    users: tuple[str, ...]
    supplied_hm3: Floats
    windows: int
    iterations: int
    seconds: float
    closing: Numbers


def roll_long(
    windows: SeasonalWindows, openings: Numbers, users: Sequence[str], plan: LongRollingPlan,
    options: SolverOptions | None = None, tell: Callable[[int, int], None] | None = None,
) -> LongRolled:  # fmt: skip
    """Go through all months of a long series.

    Args:
        windows: of the network, with valued ends unless the terminal is none.
        openings: what the first one begins with.
        users: whose water is kept.
        tell: called with the number of windows done, and of all.

    Raises:
        LongRollingError: for a window without an answer.
    """
    if plan.terminal is Terminal.NONE:
        log.warning("windows end without a value of the storage: each would empty its dams by its end")
    supplied = np.zeros((len(users), windows.clock.water.count))
    iterations, seconds, done, total = 0, 0.0, 0, 12 * windows.years
    for month, start in windows.starts():
        known = max(plan.known_steps, month.keep)
        numbers: Numbers = windows.expected(start, month.steps, known, {INFLOW: plan.caution})
        numbers |= openings
        if plan.terminal is not Terminal.NONE:
            numbers |= end_numbers(month.seams, month.number, plan.terminal, plan.target, plan.values)
        program = month.program.with_series(numbers)
        found = solve(program, options)
        if found.x is None:
            raise LongRollingError(
                f"the window from month {month.number + 1} of year {start // windows.per_year + 1} ended as "
                f"'{found.outcome.value}'"
            )
        x = cleaned(program, found.x)
        supplied[:, start : start + month.keep] = month.allocated_hm3(program, x, users, month.keep)
        openings = month.seams.handed_on(program, x, openings, month.keep)
        iterations, seconds, done = iterations + found.iterations, seconds + found.seconds, done + 1
        if tell is not None:
            tell(done, total)
    return LongRolled(tuple(users), supplied, done, iterations, seconds, openings)
