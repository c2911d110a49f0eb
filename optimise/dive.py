"""Whole decisions by a dive: round where the linear program is whole already, and search in what is left.

Of the thousands of whole decisions in a week of unit commitment, the linear program leaves a few hundred in between. Holding
the others where they are makes the search small. Cuts come first (`rounding_cuts`): they lift the linear program, which bounds
the cost of every solution, most of the way, and what is whole after them is mostly so in an optimum too. Where the best
solution of the small search is not near enough to the bound, the whole search begins from it, with the cuts. The idea is the
relaxation enforced neighbourhood search of Berthold, "RENS - the optimal rounding" (Mathematical Programming Computation,
2014).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from yuqian.optimise.prices import held_at
from yuqian.optimise.program import Program
from yuqian.optimise.solve import Outcome, Report, Solution, SolverOptions, solve
from yuqian.optimise.tighten import Tightened, after, relaxed, tightened

WHOLE = 1e-6
"""How near to a whole number a decision of the linear program counts as whole."""
DIVE_SHARE = 0.5
"""Share of the allowed gap that the search below a dive stops at, where it is not near enough to the linear program before."""


def allowed_yuan(cost_yuan: float, options: SolverOptions) -> float:
    """The gap that ends a search, at a cost."""
    return max(options.gap_yuan, options.gap_fraction * abs(cost_yuan))


def solve_whole(
    program: Program, options: SolverOptions | None = None, report: Report | None = None, loose: Solution | None = None
) -> Solution:
    """Solve a mixed-integer program, first by a dive; a linear one as it is.

    Args:
        loose: solution of its linear program, where it is known.

    The bound of the answer is that of the linear program with its cuts, or of the search where one was needed.
    """
    options = options or SolverOptions()
    if not program.integral.any():
        return solve(program, options, report) if loose is None else loose
    loose = loose or solve(relaxed(program), options, report)
    if loose.outcome is not Outcome.OPTIMAL:
        return loose.without_decisions()
    room = allowed_yuan(loose.objective_yuan, options)
    tight = tightened(program, loose, room, options, report)
    if tight.solution.outcome is not Outcome.OPTIMAL:
        return tight.solution.without_decisions()
    found = _dived(tight, room, options, report)
    near = found.x is not None and found.objective_yuan - found.bound_yuan <= allowed_yuan(found.objective_yuan, options)
    if found.outcome is Outcome.INTERRUPTED:
        return found
    if near:
        return replace(found, outcome=Outcome.OPTIMAL)
    searched = solve(tight.program, options, report, incumbent=found.x)
    return replace(after(found, searched), bound_yuan=max(searched.bound_yuan, found.bound_yuan))


def _dived(tight: Tightened, room_yuan: float, options: SolverOptions, report: Report | None) -> Solution:
    """The best that a small search finds, bounded by the linear program."""
    loose, program = tight.solution, tight.program
    assert loose.x is not None
    target = loose.objective_yuan + room_yuan / (1.0 + options.gap_fraction)
    below = replace(
        options, gap_fraction=DIVE_SHARE * options.gap_fraction, gap_yuan=DIVE_SHARE * room_yuan, target_yuan=target
    )  # fmt: skip
    settled = program.integral & (np.abs(loose.x - np.round(loose.x)) < WHOLE)
    found = solve(held_at(program, loose.x, settled), below, report)
    return replace(after(loose, found), bound_yuan=loose.objective_yuan)
