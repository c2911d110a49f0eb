"""A tie as a contract: what blocks, holds and reversals cost on a week of the region.

Usage: python benchmarks/bench_tie.py [SCENARIO] [TIE] [DAYS]

Prints, for the tie free, by blocks, with a contract relaxed and with it whole: seconds of this process's own time, their
ratio to the free tie, iterations, cost and gap.
"""

from __future__ import annotations

import datetime as dt
import sys
import time

from yuqian.optimise.compile import compile_model
from yuqian.optimise.solve import SolverOptions, solve
from yuqian.reports.stretch import load_stretch

CONTRACT = ("block_h=1", "hold_h=4", "reversals_max_per_day=1")
FORMS = {
    "free": (),
    "blocks of 4 h": ("block_h=4",),
    "contract, relaxed": (*CONTRACT, "commitment=relaxed"),
    "contract, whole": (*CONTRACT, "commitment=integer"),
}


def main(scenario: str = "2030-plan", tie: str = "tie_yuqian", days: str = "7") -> None:
    free_s = 0.0
    for name, fields in FORMS.items():
        overrides = [f"{tie}.{field}" for field in fields]
        study = load_stretch(scenario, dt.date(2030, 6, 1), int(days), overrides)
        program = compile_model(study.assemble().model)
        began = time.process_time()
        found = solve(program, SolverOptions(gap_fraction=1e-3, time_limit_s=600.0))
        took = time.process_time() - began
        free_s = free_s or took
        gap = abs(found.objective_yuan - found.bound_yuan) / abs(found.objective_yuan)
        print(
            f"{name}: {found.outcome.value}, {took:.2f} s ({took / free_s:.1f} of free), {found.iterations} iterations, "
            f"{found.objective_yuan:,.0f} yuan, gap {gap:.1e}"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
