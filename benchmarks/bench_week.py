"""Weeks of whole units over the year, each alone, to a gap of 0.1 %.

Usage: python benchmarks/bench_week.py [SCENARIO] [MM-DD ...] [--beside]

Prints, week by week, processor seconds of everything from the declaration to the audit, the cost, and its gap: the distance to
the bound, relative to the cost. Then how far below it linear programs lie, with and without cuts. With --beside the same
programs go to the solver as they are, without cuts and dive, for BESIDE_LIMIT_S at most.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

from yuqian.models.commitment_law import Commitment
from yuqian.optimise.dive import allowed_yuan
from yuqian.optimise.solve import SolverOptions, solve
from yuqian.optimise.tighten import relaxed, tightened
from yuqian.reports.study import Part, load

WEEKS = ("01-10", "03-15", "04-20", "05-25", "07-01", "08-10", "10-05", "11-25")
OPTIONS = SolverOptions(gap_fraction=1e-3)
GOAL_S = 15.0
BESIDE_LIMIT_S = 180.0


@dataclass(frozen=True)
class Measured:
    """One week."""

    seconds: float
    gap_fraction: float


def a_week(scenario: str, month_day: str, beside: bool) -> Measured:
    """Solve a week and print what it took."""
    began = time.process_time()
    study = load(scenario, part=Part(month_day, 7)).with_commitment(Commitment.INTEGER)
    loaded = time.process_time()
    result = study.run(OPTIONS)
    took = time.process_time() - loaded
    found = result.solution
    print(
        f"{month_day}: {took:5.1f} s, {loaded - began:.1f} s to load before it; {found.objective_yuan:.8g} yuan, "
        f"gap {found.gap_fraction:.4%}"
    )
    program = study.program()
    loose = solve(relaxed(program))
    cut = tightened(program, loose, allowed_yuan(loose.objective_yuan, OPTIONS), OPTIONS).solution
    without, with_cuts = ((found.objective_yuan - bound.objective_yuan) / found.objective_yuan for bound in (loose, cut))
    print(f"       the linear program lies {without:.3%} below it, with cuts {with_cuts:.3%}")
    if beside:
        began = time.process_time()
        alone = solve(program, SolverOptions(gap_fraction=OPTIONS.gap_fraction, time_limit_s=BESIDE_LIMIT_S))
        print(f"       the solver alone: {time.process_time() - began:.1f} s, gap {alone.gap_fraction:.4%}")
    return Measured(took, found.gap_fraction)


def main() -> None:
    scenario, *weeks = [argument for argument in sys.argv[1:] if not argument.startswith("--")] or ["2030-plan"]
    measured = [a_week(scenario, week, "--beside" in sys.argv) for week in weeks or WEEKS]
    seconds = [week.seconds for week in measured]
    print(
        f"{len(seconds)} weeks: {min(seconds):.1f} to {max(seconds):.1f} s (goal {GOAL_S:g} s), "
        f"largest gap {max(week.gap_fraction for week in measured):.4%}"
    )


if __name__ == "__main__":
    main()
