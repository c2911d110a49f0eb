"""Whole decisions by a dive: round where the linear program is whole already, and search in what is left.

Of the thousands of whole decisions in a week of unit commitment, the linear program leaves a few hundred in between. Holding
the others where they are makes the search small, and its best solution is mostly within a few parts in a thousand of the
linear program, which bounds the cost of every solution. Where it is not, the whole search begins from it. The idea is the
relaxation enforced neighbourhood search of Berthold, "RENS - the optimal rounding" (Mathematical Programming Computation,
2014).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from yuqian.optimise.prices import held_at
from yuqian.optimise.program import Program
from yuqian.optimise.solve import Outcome, Report, Solution, SolverOptions, solve

WHOLE = 1e-6
"""How near to a whole number a decision of the linear program counts as whole."""
DIVE_SHARE = 0.5
"""Share of the allowed gap that the search below a dive stops at."""


def relaxed(program: Program) -> Program:
    """The linear program without whole decisions."""
    return replace(program, integral=np.zeros_like(program.integral))


def allowed_yuan(cost_yuan: float, options: SolverOptions) -> float:
    """The gap that ends a search, at a cost."""
    return max(options.gap_yuan, options.gap_fraction * abs(cost_yuan))


def solve_whole(program: Program, options: SolverOptions | None = None, report: Report | None = None) -> Solution:
    """Solve a mixed-integer program, first by a dive; a linear one as it is.

    The bound of the answer is that of the linear program, or of the search where one was needed.
    """
    options = options or SolverOptions()
    if not program.integral.any():
        return solve(program, options, report)
    loose = solve(relaxed(program), options, report)
    if loose.x is None or loose.outcome is not Outcome.OPTIMAL:
        return loose if loose.outcome is not Outcome.OPTIMAL else solve(program, options, report)
    settled = program.integral & (np.abs(loose.x - np.round(loose.x)) < WHOLE)
    room = allowed_yuan(loose.objective_yuan, options)
    below = replace(options, gap_fraction=DIVE_SHARE * options.gap_fraction, gap_yuan=DIVE_SHARE * room)
    found = solve(held_at(program, loose.x, settled), below, report)
    spent = replace(
        found, bound_yuan=loose.objective_yuan, iterations=loose.iterations + found.iterations,
        seconds=loose.seconds + found.seconds, log=loose.log + found.log,
    )  # fmt: skip
    if found.x is not None and found.objective_yuan - loose.objective_yuan <= room:
        return replace(spent, outcome=Outcome.OPTIMAL if found.outcome is not Outcome.INTERRUPTED else found.outcome)
    searched = solve(program, options, report, incumbent=found.x)
    return replace(
        searched, bound_yuan=max(searched.bound_yuan, loose.objective_yuan), iterations=spent.iterations + searched.iterations,
        seconds=spent.seconds + searched.seconds, log=spent.log + searched.log,
    )  # fmt: skip
