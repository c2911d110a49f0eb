"""The water network over many years: how long the linear program by ten-day period takes.

Usage: python benchmarks/bench_long.py [SCENARIO] [YEARS]

Prints seconds of this process's own time for each part, the size of the program, iterations, and peak memory; then the same
for a tenth of the years, and the ratio of seconds a year.
"""

from __future__ import annotations

import resource
import sys
import time

from yuqian.assets.scenario import load_region
from yuqian.reports.long import LongStudy
from yuqian.timeseries.long_series import LongPlan


def measured(scenario: str, years: int) -> float:
    """Seconds of everything from the catalogue to the audited answer, without saving."""
    began = time.process_time()
    study = LongStudy.of(load_region(scenario), LongPlan(years=years))
    made = time.process_time()
    result = study.run()
    ended = time.process_time()
    columns, rows, entries = result.size
    parts = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in result.seconds.items())
    print(
        f"{scenario}, {years} years: {columns} columns, {rows} rows, {entries} non-zeros, "
        f"{result.solution.iterations} iterations"
    )
    print(f"read and series {made - began:.1f} s; {parts}; in all {ended - began:.1f} s of this process")
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"residual {result.audit.largest_relative:.1e}, memory {peak_gb:.2f} GB")
    return ended - began


def main() -> None:
    scenario = sys.argv[1] if len(sys.argv) > 1 else "2030-plan"
    years = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    short = max(1, years // 10)
    of_short, of_long = measured(scenario, short), measured(scenario, years)
    print(f"seconds a year: {of_long / years:.2f} over {years} years, {of_short / short:.2f} over {short}")


if __name__ == "__main__":
    main()
