"""Speed of the simulation by rule: the water network of a region, many traces of many years by day.

Run: python benchmarks/bench_simulate.py [SCENARIO] [YEARS] [TRACES]. Prints the seconds of making the series and of running
them, wall and CPU, and microseconds for a step of a trace; the first run compiles, the second is measured.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from yuqian.assets.scenario import load_region
from yuqian.models.kind import Kind
from yuqian.optimise.long_simulation import CHUNK, LongRun
from yuqian.optimise.simulate import Engine, simulate
from yuqian.timeseries.trace_series import TraceSeries

GOAL_S = 10.0
PROCESSES = 2


def chunk(kinds: tuple[Kind, ...], run: LongRun, engine: Engine = Engine.AUTO) -> tuple[float, float, float, float]:
    """Seconds for the series and for the run, CPU seconds of the run, and its balance."""
    began = time.perf_counter()
    series = TraceSeries(kinds, run.plan(), run.by_day).series()
    made, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_utime
    simulation = simulate(kinds, series, run.calendar, keep=run.keep, engine=engine)
    cpu = resource.getrusage(resource.RUSAGE_SELF).ru_utime - used
    return made - began, time.perf_counter() - made, cpu, simulation.residual


def main(scenario: str = "2030-plan", years: int = 60, traces: int = 200) -> None:
    kinds = load_region(scenario).kinds
    began = time.process_time()
    ready = chunk(kinds, LongRun(years=1, traces=2), Engine.COMPILED)[2]
    print(
        f"compiling, or loading what was compiled: CPU {ready:.1f} s; with a year's series {time.process_time() - began:.1f} s"
    )
    firsts = range(0, traces, CHUNK)
    runs = [LongRun(years=years, traces=min(CHUNK, traces - first), first=first) for first in firsts]
    began = time.perf_counter()
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("fork")) as pool:
        found = list(pool.map(chunk, [kinds] * len(runs), runs))
    wall = time.perf_counter() - began
    series, ran, cpu = (sum(part[k] for part in found) for k in range(3))
    steps = traces * years * 365
    print(f"{traces} traces of {years} years by day, {PROCESSES} processes: {wall:.1f} s with the series")
    print(
        f"series {series / PROCESSES:.1f} s, running {ran / PROCESSES:.1f} s (goal {GOAL_S:.0f} s), CPU of running {cpu:.1f} s"
    )
    print(f"{cpu / steps * 1e6:.2f} microseconds for a step of a trace; largest residual {max(part[3] for part in found):.1e}")


if __name__ == "__main__":
    main((sys.argv[1:] or ["2030-plan"])[0], *(int(word) for word in sys.argv[2:4]))
