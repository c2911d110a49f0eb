"""The bracket: how long its ways take, and what they cost.

Usage: python benchmarks/bench_bracket.py [SCENARIO] [YEARS] [LEARN_YEARS] [TRACE]

Prints seconds of this process's own time for each part, and the objective that all ways share, in million yuan.
"""

from __future__ import annotations

import sys
import time

from yuqian.assets.scenario import load_region
from yuqian.reports.bracket import Bracket, ByRule, values_of_water, windows_of
from yuqian.reports.long import LongStudy
from yuqian.timeseries.long_series import LongPlan


def main(scenario: str = "2030-plan", years: int = 10, learn_years: int = 40, trace: int = 0) -> None:
    """Run a trace in three ways, by values of water that are learnt from the next one."""
    began = time.process_time()
    region = load_region(scenario)
    study, other = (
        LongStudy.of(region, LongPlan(length, which)) for length, which in ((years, trace), (learn_years, trace + 1))
    )
    by_rule = ByRule.of(study)
    made = time.process_time()
    values = values_of_water(other, programs_of=windows_of(study))
    learnt = time.process_time()
    print(f"{scenario}, {years} years of trace {trace}, values from {learn_years} years of trace {trace + 1}")
    print(f"series and rules {made - began:.1f} s, values of water {learnt - made:.1f} s")
    found = Bracket(by_rule, values)
    for name, way in (("rules", found.rules), ("rolling horizon", found.rolling), ("perfect foresight", found.perfect)):
        start = time.process_time()
        leg = way()
        print(f"{name}: {leg.bill.total / 1e6:,.2f} million yuan, {time.process_time() - start:.1f} s")
    print(f"in all {time.process_time() - began:.1f} s")


if __name__ == "__main__":
    main((sys.argv[1:] or ["2030-plan"])[0], *(int(word) for word in sys.argv[2:5]))
