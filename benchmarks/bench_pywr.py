"""Pywr beside this engine, on one dam, one user and a spill, by the day.

Usage: python benchmarks/bench_pywr.py [YEARS] [TRACES]

Pywr serves by priority, step by step, all traces at once; here the rules do so too, compiled where numba is installed, and the
first trace is solved as one linear program that sees all of it. Without evaporation and with one price all must serve the same
volume, which is checked; then seconds and their ratio are printed. Pywr needs pandas before 3 and so gets an environment of its
own, made in a temporary folder with pip and thrown away; nothing of it comes here. Where it cannot be installed the benchmark
says why and ends well.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from yuqian.models.catchment import Catchment
from yuqian.models.clock import Clock, Floats
from yuqian.models.industry import Industry
from yuqian.models.kind import Kind, UserClass
from yuqian.models.outlet import Outlet
from yuqian.models.reservoir import Reservoir
from yuqian.models.river_node import RiverNode
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.operating_compiler import has_compiler
from yuqian.optimise.simulate import Engine, Keep, simulate
from yuqian.optimise.solve import solve
from yuqian.timeseries.long_flow import FlowPlan, LongFlow
from yuqian.timeseries.long_series import LongPlan, long_clock

SIZE_HM3, DRAFT = 40.0, 0.9
HM3_PER_DAY = 0.0864
LAND = Catchment(id="land", node="lake", area_km2=300.0, runoff_depth_mm_per_year=500.0)

THERE = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np, pandas as pd
from pywr.core import Model, Scenario, Timestepper
from pywr.nodes import Catchment, Output, Storage
from pywr.parameters import ArrayIndexedScenarioParameter
from pywr.recorders import NumpyArrayNodeRecorder
given = json.load(open(sys.argv[1]))
inflow = np.array(given["inflow"]).T.copy()
began = time.perf_counter()
model = Model()
first = pd.Timestamp("2001-01-01")
model.timestepper = Timestepper(first, first + pd.Timedelta(days=len(inflow) - 1), pd.Timedelta(days=1))
traces = Scenario(model, "traces", size=inflow.shape[1])
land = Catchment(model, "land", flow=ArrayIndexedScenarioParameter(model, traces, inflow))
lake = Storage(model, "lake", max_volume=given["size"], initial_volume=0.0, cost=-1.0)
user = Output(model, "user", max_flow=given["draft"], cost=-10.0)
river = Output(model, "river", cost=0.0)
land.connect(lake)
lake.connect(user)
lake.connect(river)
served = NumpyArrayNodeRecorder(model, user)
model.setup()
built = time.perf_counter()
model.run()
ended = time.perf_counter()
print(json.dumps({"served": served.data.sum(axis=0).tolist(), "build": built - began, "run": ended - built}))
"""


def network() -> tuple[Kind, ...]:
    lake = Reservoir(
        id="lake", downstream="river", curve_level_m=(0.0, SIZE_HM3), curve_storage_hm3=(0.0, SIZE_HM3),
        curve_area_km2=(0.001, 0.002), level_dead_m=0.0, level_flood_limit_m=SIZE_HM3, level_normal_m=SIZE_HM3,
        level_max_m=SIZE_HM3, flood_season_start="05-01", flood_season_end="09-01", refill_end="10-11",
        opening_storage_fraction=0.0, seepage_fraction_per_year=0.0, catchment_km2=1.0, runoff_depth_mm_per_year=1.0,
        ecological_dry_fraction=0.0, ecological_wet_fraction=0.0, ecological_shortage_price_yuan_per_m3=0.0,
        flood_excess_price_yuan_per_m3_day=0.0,
    )  # fmt: skip
    user = Industry(
        id="user", node="lake", user_class=UserClass.INDUSTRY, demand_hm3_per_year=1.0, return_fraction=0.0,
        shortage_share_fraction=(1.0,), shortage_price_yuan_per_m3=(10.0,),
    )  # fmt: skip
    sea = Outlet(id="sea", node="river", flow_min_m3_per_s=0.0, shortage_price_yuan_per_m3=0.0)
    return lake, LAND, RiverNode(id="river"), sea, user


def series_of(inflow: Floats, draft: float) -> dict[tuple[str, str], Floats]:
    """For one trace, or for all of them, steps last."""
    nothing = np.zeros(inflow.shape[-1])
    return {
        ("land", "inflow_m3_per_s"): inflow, ("user", "demand_m3_per_s"): nothing + draft,
        ("lake", "evaporation_mm_per_day"): nothing, ("lake", "ecological_flow_m3_per_s"): nothing,
    }  # fmt: skip


def by_rule(inflow: Floats, draft: float, clock: Clock) -> tuple[Floats, float]:
    """Served volume of each trace in hm3, and seconds of the second of two runs: the first may compile."""
    engine = Engine.COMPILED if has_compiler() else Engine.NUMPY
    for _ in range(2):
        began = time.perf_counter()
        run = simulate(network(), series_of(inflow, draft), clock, keep=Keep.YEAR, engine=engine)
        seconds = time.perf_counter() - began
    return run.delivered_hm3("user").sum(axis=0), seconds


def foreseen(inflow: Floats, draft: float, clock: Clock) -> tuple[float, float, float]:
    """Served volume in hm3, and seconds to build and to solve."""
    series = series_of(inflow, draft)
    began = time.perf_counter()
    program = compile_model(assemble(network(), series, clock).model)
    built = time.perf_counter()
    found = solve(program)
    ended = time.perf_counter()
    assert found.x is not None
    short = program.layout.by_column_name["user", "shed_1_m3_per_s"]
    served = (draft * len(inflow) - float(found.x[short.start : short.stop].sum())) * HM3_PER_DAY
    return served, built - began, ended - built


def there(inflow: Floats, draft: float) -> tuple[Floats, float, float] | str:
    """The same by Pywr, in an environment of its own; in words why not."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        python = home / "env" / "bin" / "python"
        steps = [
            [sys.executable, "-m", "venv", str(home / "env")],
            [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "pywr", "pandas<3"],
        ]
        for step in steps:
            done = subprocess.run(step, capture_output=True, text=True, check=False)
            if done.returncode:
                return f"it could not be installed ({(done.stderr or done.stdout).strip().splitlines()[-1:]})"
        given = {"inflow": (inflow * HM3_PER_DAY).tolist(), "size": SIZE_HM3, "draft": draft * HM3_PER_DAY}
        (home / "given.json").write_text(json.dumps(given), encoding="utf-8")
        (home / "run.py").write_text(THERE, encoding="utf-8")
        done = subprocess.run(
            [str(python), str(home / "run.py"), str(home / "given.json")], capture_output=True, text=True, check=False
        )  # fmt: skip
        if done.returncode:
            return f"it failed ({done.stderr.strip().splitlines()[-1:]})"
        found = json.loads(done.stdout.strip().splitlines()[-1])
        return np.array(found["served"]), found["build"], found["run"]


def main(years: int = 20, traces: int = 40) -> None:
    clock = long_clock(2001, LongPlan(years=years, by_day=True))
    inflow = np.asarray(LongFlow([LAND], FlowPlan(traces=traces, years=years)).days_m3_per_s()[:, 0], dtype=float)
    draft = DRAFT * float(inflow.mean())
    served, seconds = by_rule(inflow, draft, clock)
    print(f"{years} years by the day, one dam, {traces} traces; served in the mean {served.mean():.3f} hm3")
    print(f"by rule: {seconds:.2f} s, {'compiled' if has_compiler() else 'by numpy: numba is not installed'}")
    best, build, run = foreseen(inflow[0], draft, clock)
    print(f"the first trace with foresight, a linear program: build {build:.2f} s, solve {run:.2f} s")
    assert np.isclose(best, served[0], rtol=1e-6), "rules must serve what foresight does"
    other = there(inflow, draft)
    if isinstance(other, str):
        print(f"Pywr is skipped: {other}")
        return
    print(f"Pywr, step by step: build {other[1]:.2f} s, run {other[2]:.2f} s")
    assert np.allclose(other[0], served, rtol=1e-4), "both must serve the same volumes"
    print(f"ratio of Pywr's build and run to the rules: {(other[1] + other[2]) / seconds:.1f}")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:3]))
