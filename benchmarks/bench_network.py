"""The network: what Kirchhoff's law costs a solve, put in lazily and whole, and what securing against outages takes.

Usage: python benchmarks/bench_network.py [SCENARIO] [DAYS]

Prints seconds of this process's own time, iterations and ratios: the first DAYS (default 28) of a scenario without reactances,
with all rows of its meshes, and with the rows put in where they bind; the same days secured against single outages; and the
screening of a made-up network of 120 branches over a year of hours.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from yuqian.assets.scenario import load_region
from yuqian.models.clock import Clock, Floats
from yuqian.models.mesh_law import Branch
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.contingency import screen, secure
from yuqian.optimise.power_flow import Network
from yuqian.optimise.priced_start import estimated_prices, shifted, solve_from_prices
from yuqian.optimise.program import Program
from yuqian.optimise.solve import Solution, SolverOptions, solve
from yuqian.timeseries.make import make_series

OPTIONS = SolverOptions()


def timed(label: str, what: Callable[[], Any]) -> tuple[Any, float]:
    """What it returns, and the seconds of this process."""
    began = time.process_time()
    found = what()
    seconds = time.process_time() - began
    said = f", {found.iterations} iterations" if isinstance(found, Solution) else ""
    print(f"{label}: {seconds:.2f} s{said}")
    return found, seconds


def region(scenario: str, days: int) -> None:
    """The first days of a scenario three ways, then secured."""
    read = load_region(scenario)
    clock = Clock.of_days(dt.date(read.year, 1, 1), days)
    series = make_series(read.kinds, clock).as_mapping()
    free = [
        kind.model_copy(update={"reactance_pu": None}) if "reactance_pu" in type(kind).model_fields else kind
        for kind in read.kinds
    ]
    print(f"{scenario}, {days} days")
    transport = assemble(free, series, clock)
    program = compile_model(transport.model)
    prices = estimated_prices(program, transport.assets, series, clock, OPTIONS)
    without, fastest = timed("without reactances", lambda: solve_from_prices(program, prices, clock, OPTIONS))
    assembly = assemble(read.kinds, series, clock)
    meshed = compile_model(assembly.model)
    prices = estimated_prices(meshed, assembly.assets, series, clock, OPTIONS)
    whole, slow = timed("all rows of the meshes", lambda: _whole(meshed, prices))
    lazily, quick = timed("rows where they bind", lambda: solve_from_prices(meshed, prices, clock, OPTIONS))
    assert np.isclose(whole.objective_yuan, lazily.objective_yuan, rtol=1e-8)
    print(f"{meshed.row_count - program.row_count} rows more; ratio to the first: whole {slow / fastest:.2f}, ", end="")
    print(f"lazily {quick / fastest:.2f}; cost of Kirchhoff's law {lazily.objective_yuan - without.objective_yuan:.0f} yuan")
    secured, _ = timed("secured against single outages", lambda: secure(assembly, meshed, lazily, OPTIONS))
    print(f"{secured.first.screened} combinations, {len(secured.first.overloaded)} overloaded, rows added {secured.added}")


def _whole(program: Program, prices: Floats | None) -> Solution:
    return solve(program if prices is None else shifted(program, prices), OPTIONS)


def screening(branches: int = 120, buses: int = 60, steps: int = 8760) -> None:
    """All single outages of a made-up network in every hour of a year."""
    draw = np.random.default_rng(0)
    ends = [(k, int(draw.integers(0, k))) for k in range(1, buses)]
    for _ in range(branches - len(ends)):
        a, b = draw.choice(buses, 2, replace=False)
        ends.append((int(a), int(b)))
    network = Network.between(
        Branch(f"line_{k:03d}", f"bus_{a}", f"bus_{b}", draw.uniform(0.005, 0.05), 0.0, 100.0, 100.0, {"flow_mw": 1.0})
        for k, (a, b) in enumerate(ends)
    )
    injection = draw.normal(0.0, 20.0, (buses, steps))
    flow = network.flows(injection - injection.mean(axis=0))
    found, seconds = timed(f"screening {branches} branches over {steps} hours", lambda: screen(network, flow))
    print(f"{found.screened / 1e6:.0f} million combinations, {found.screened / seconds / 1e6:.0f} million a second")


def main() -> None:
    scenario = sys.argv[1] if len(sys.argv) > 1 else "2030-plan"
    region(scenario, int(sys.argv[2]) if len(sys.argv) > 2 else 28)
    screening()


if __name__ == "__main__":
    main()
