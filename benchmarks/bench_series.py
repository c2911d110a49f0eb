"""Speed of the series: the power side of a whole region over 60 weather years, and 200 traces of 60 years of daily flow.

Run: python benchmarks/bench_series.py [SCENARIO]. Prints seconds and the largest memory, and fails where a goal is missed.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from yuqian.assets.scenario import load_region
from yuqian.models.clock import Clock, Rhythm
from yuqian.timeseries.long_flow import FlowPlan, LongFlow
from yuqian.timeseries.make import make_series
from yuqian.timeseries.weather import WeatherPlan

YEARS = 60
TRACES = 200
POWER_GOAL_S = 15.0
FLOW_GOAL_S = 5.0
FLOW_SITES = 4


class PowerSide:
    """An asset with only its hourly series."""

    def __init__(self, asset: Any) -> None:
        self.asset = asset
        self.id: str = asset.id
        self.series: Mapping[str, Any] = {name: need for name, need in asset.series.items() if need.rhythm is Rhythm.POWER}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["asset"], name)


def bench_power(scenario: str) -> float:
    """Seconds for the hourly series of a region over 60 years."""
    region = load_region(scenario)
    assets = [
        side
        for side in map(PowerSide, region.kinds)
        if side.series and all(need.resource != "given" for need in side.series.values())
    ]
    start = time.perf_counter()
    made = make_series(assets, Clock.of_year(region.year), WeatherPlan(years=YEARS))
    took = time.perf_counter() - start
    print(f"{len(list(made.pairs()))} hourly series x {YEARS} years x 8760 h: {took:.2f} s (goal {POWER_GOAL_S:g} s)")
    return took


def bench_flow() -> float:
    """Seconds for 200 traces of 60 years of daily flow at four sites."""
    catchments = [
        SimpleNamespace(id=f"catchment_{number}", area_km2=1000.0, runoff_depth_mm_per_year=500.0)
        for number in range(FLOW_SITES)
    ]
    start = time.perf_counter()
    flow = LongFlow(catchments, FlowPlan(traces=TRACES, years=YEARS)).days_m3_per_s()
    took = time.perf_counter() - start
    print(f"{TRACES} traces x {YEARS} years of daily flow at {flow.shape[1]} sites: {took:.2f} s (goal {FLOW_GOAL_S:g} s)")
    return took


def main() -> int:
    """Both, and whether the goals are met."""
    scenario = sys.argv[1] if len(sys.argv) > 1 else "2030-plan"
    met = bench_power(scenario) <= POWER_GOAL_S
    met = bench_flow() <= FLOW_GOAL_S and met
    print(f"largest memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
