"""Whole units by rolling windows: some weeks, or the year.

Usage: python benchmarks/bench_rolling.py [SCENARIO] [WEEKS] [GUIDE]

Prints processor seconds of this process, gaps, and how far the windows are from the bound of perfect foresight. With WEEKS 52
the windows go through the whole year; the default is 3. GUIDE is what `yuqian run --guide` takes (coarse); with joined, the
linear program of the whole by the hour is solved to its optimum, and the distance is to that.
"""

from __future__ import annotations

import resource
import sys
import time

from yuqian.models.commitment_law import Commitment
from yuqian.optimise.guide import Guidance
from yuqian.optimise.rolling import RollingPlan
from yuqian.reports.rolling import roll
from yuqian.reports.study import Part, load

YEAR_GOAL_S = 480.0


def by_windows(scenario: str, weeks: int, guided_by: Guidance) -> None:
    """Weeks by windows; of a year, the goal is told."""
    part = None if weeks >= 52 else Part("01-01", 7 * weeks)
    study = load(scenario, part=part).with_commitment(Commitment.INTEGER)
    began = time.process_time()
    run = roll(study, RollingPlan(), guided_by=guided_by)
    took = time.process_time() - began
    goal = f" (goal {YEAR_GOAL_S:g} s)" if part is None else ""
    seconds = [window.seconds for window in run.rolled.windows]
    print(f"{len(seconds)} windows: {took:.1f} s in all{goal}; of a window {sum(seconds) / len(seconds):.1f} s on the clock")
    print(
        f"{run.rolled.cost_yuan:,.0f} yuan, largest gap {run.largest_gap_fraction:.3%}; "
        f"{run.distance_fraction:.2%} above the bound of {run.guide.cost_yuan:,.0f}, "
        f"{run.linear_distance_fraction:.2%} above that of the linear program, ends included"
    )


def main() -> None:
    scenario = sys.argv[1] if len(sys.argv) > 1 else "2030-plan"
    weeks = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    by_windows(scenario, weeks, Guidance(sys.argv[3] if len(sys.argv) > 3 else "coarse"))
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
