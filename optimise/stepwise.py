"""Commits whole units part by part of the horizon, then the whole of it from there.

A mixed-integer search over a long horizon finds its first good answers late. Here the decisions of the first part are whole and
the rest relaxed behind them; then they are held and the next part is made whole, and so on. What comes out is feasible for the
whole problem, starts its search, and changes nothing about the bound that the search proves: the answer is as good as the gap
that it reports. D. Rajan and others use the like in rolling commitment; the heuristic is known as relax-and-fix (Y. Pochet and
L. Wolsey, "Production Planning by Mixed Integer Programming", 2006).
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from yuqian.models.clock import Floats
from yuqian.optimise.program import Program
from yuqian.optimise.solve import Report, Solution, SolverOptions, solve

PART_GAP = 0.25
"""Gap of each part, as a share of that of the whole."""


def solve_stepwise(
    program: Program, options: SolverOptions, parts: int = 2, overlap_fraction: float = 0.1, report: Report | None = None
) -> Solution:
    """Solve a mixed-integer program, starting from a solution that is made part by part.

    Args:
        options: of the whole; each part gets an equal share of half the time, the whole the rest.
        parts: of the horizon, equally long.
        overlap_fraction: share of the horizon that is whole beyond each part and left free again.

    Returns:
        The solution with the bound that was proven for the whole. Where a part has no solution in its time, the whole is
        searched without a start.
    """
    if not program.integral.any():
        return solve(program, options, report)
    began = time.perf_counter()
    x = _part_by_part(program, options, parts, overlap_fraction)
    left = max(options.time_limit_s - (time.perf_counter() - began), 1.0)
    return solve(program, replace(options, time_limit_s=left), report, incumbent=x)


def _part_by_part(program: Program, options: SolverOptions, parts: int, overlap_fraction: float) -> Floats | None:
    share = share_of_horizon(program)
    # A part that is searched as loosely as the whole may leave a start that is no better than what the whole finds first.
    gap = options.gap_fraction * PART_GAP
    each = replace(options, time_limit_s=options.time_limit_s / (2 * parts), gap_fraction=gap)
    current, x = program, None
    for part in range(parts):
        end = (part + 1) / parts
        inside = share < (end + overlap_fraction if part + 1 < parts else 2.0)
        found = solve(replace(current, integral=program.integral & inside), each)
        if found.x is None:
            return None
        x = found.x
        held, whole = program.integral & (share < end), np.round(x)
        current = replace(
            current, declared_lower=np.where(held, whole, current.declared_lower),
            declared_upper=np.where(held, whole, current.declared_upper),
        )  # fmt: skip
    return x


def share_of_horizon(program: Program) -> npt.NDArray[np.float64]:
    """Where each column lies in the horizon: below 0 before it, from 0 at its beginning to 1 at its end, shape (columns,)."""
    share = np.zeros(program.column_count)
    for family in program.layout.columns:
        steps = np.arange(family.first, family.first + family.count, dtype=float)
        if family.steps is not None:
            steps = np.array(family.steps, dtype=float)
        last = max(float(family.among or steps[-1] + 1.0), 1.0)
        share[family.start : family.stop] = steps / last if family.indexed else 0.0
    return share
