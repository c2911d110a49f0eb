"""Numbers that depend on the answer settle where the nonlinear problem has its optimum."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from yuqian.models.bus import Bus
from yuqian.models.catchment import Catchment
from yuqian.models.clock import Clock
from yuqian.models.hydro_plant import HydroPlant
from yuqian.models.kind import Kind
from yuqian.models.load_profile import LoadProfile
from yuqian.models.outlet import Outlet
from yuqian.models.reservoir import Reservoir
from yuqian.models.river_node import RiverNode
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.settle import Settled, optimistic_bound, settle
from yuqian.optimise.solve import solve
from yuqian.reports.audit import audit

DAYS = 3
START = dt.date(2030, 12, 1)
INFLOW, LOADS = (8.0, 4.0, 6.0), (50.0, 30.0, 50.0)
"""Inflow in hm3 a day, and load in MW."""
SHED_YUAN_PER_MWH = (500.0, 200.0, 900.0)
TAIL = {"tailwater_level_m": 290.0, "tailwater_curve_flow_m3_per_s": (0.0, 200.0), "tailwater_curve_level_m": (290.0, 294.0)}
EFFICIENCY, OPENING, POWER_MAX_MW = 0.88, 0.3, 60.0
LAKE = Reservoir.example().asset.model_dump() | {
    "id": "lake", "downstream": "river", "opening_storage_fraction": OPENING, "closing_storage_fraction": 0.3,
    "seepage_fraction_per_year": 0.0,
}  # fmt: skip


def problem(evaporation_mm: float = 0.0, **tail: Any) -> Settled:
    """A dam whose turbines serve the load of three days, one a bus; what they cannot is shed at the day's price."""
    hydro = HydroPlant(
        id="hydro", reservoir="lake", downstream="river", bus="bus", power_max_mw=POWER_MAX_MW, net_head_m=40.0,
        efficiency_fraction=EFFICIENCY, variable_cost_yuan_per_mwh=0.0, **(tail or TAIL),
    )  # fmt: skip
    assets: list[Kind] = [
        Reservoir(**LAKE), hydro, RiverNode(id="river"), Bus(id="bus", voltage_kv=220.0),
        Outlet(id="mouth", node="river", flow_min_m3_per_s=0.0, shortage_price_yuan_per_m3=0.0),
        Catchment(id="hills", node="lake", area_km2=1.0, runoff_depth_mm_per_year=1.0),
        *(LoadProfile(id=f"load_{k}", bus="bus", shed_price_yuan_per_mwh=price) for k, price in enumerate(SHED_YUAN_PER_MWH)),
    ]  # fmt: skip
    clock = Clock.of_days(START, DAYS)
    series = {
        ("lake", "evaporation_mm_per_day"): np.full(DAYS, evaporation_mm),
        ("lake", "ecological_flow_m3_per_s"): np.zeros(DAYS),
        ("hills", "inflow_m3_per_s"): np.array(INFLOW) * 1e6 / 86_400,
    }
    for k, load in enumerate(LOADS):
        series[f"load_{k}", "demand_mw"] = np.where(np.arange(DAYS) == k, load, 0.0).repeat(24)
    assembly = assemble(assets, series, clock)
    program = compile_model(assembly.model)
    settled = settle(assembly, program, solve(program))
    found = answers(settled.assembly, settled.program, settled.solution)
    audit(assembly.assets, found, clock, settled.solution.objective_yuan).require()
    return settled


ONE_YIELD = {"flow": (1e4,), "relative": (1.0,)}
CURVE = {"turbine_curve_flow_m3_per_s": (60.0, 110.0, 220.0), "turbine_curve_relative_fraction": (1.0, 0.96, 0.85)}


def brute_force_yuan(parts: int, curve: Mapping[str, Sequence[float]] | None = None) -> float:
    return brute_force(parts, curve)[0]


def brute_force(parts: int, curve: Mapping[str, Sequence[float]] | None = None) -> tuple[float, np.ndarray]:
    """Least cost over a grid of turbined volumes, all that may be used up, and its flows; the head at each day's mean level."""
    flows, worths = _points(curve or ONE_YIELD)
    lake = Reservoir(**LAKE)
    dead, full = lake.storage_hm3_at(LAKE["level_dead_m"]), lake.storage_hm3_at(LAKE["level_normal_m"])
    first, second = np.meshgrid(*[np.linspace(0.0, 18.0, parts)] * 2, indexing="ij")
    volumes = (first, second, sum(INFLOW) - first - second)
    storage, cost = np.full(volumes[0].shape, dead + OPENING * (full - dead)), np.zeros(volumes[0].shape)
    for day, volume in enumerate(volumes):
        after = storage + INFLOW[day] - volume
        level = np.interp((storage + after) / 2, LAKE["curve_storage_hm3"], LAKE["curve_level_m"])
        flow = volume * 1e6 / 86_400
        head = level - np.interp(flow, TAIL["tailwater_curve_flow_m3_per_s"], TAIL["tailwater_curve_level_m"])
        worth = np.interp(flow, flows, worths)
        mw = np.minimum(9.81e-3 * EFFICIENCY * head * worth, min(LOADS[day], POWER_MAX_MW))
        cost += (LOADS[day] - mw) * 24 * SHED_YUAN_PER_MWH[day]
        cost[(after < dead) | (after > full) | (volume < 0.0)] = np.inf
        storage = after
    least = np.unravel_index(int(np.argmin(cost)), cost.shape)
    return float(cost[least]), np.array([volume[least] for volume in volumes]) * 1e6 / 86_400


def test_the_fixed_point_is_the_optimum_of_the_nonlinear_problem() -> None:
    settled = problem()
    assert settled.is_settled
    assert len(settled.passes) > 1, "the net head of the plant is 40 m, the lake's is more"
    assert settled.solution.objective_yuan == pytest.approx(brute_force_yuan(1201), rel=0.005)
    assert settled.solution.objective_yuan < settled.passes[0].objective_yuan
    assert optimistic_bound(settled) <= settled.solution.objective_yuan


def test_head_and_curve_settle_together() -> None:
    """The loads ask for more than the efficient water: later segments work, at the head of the answer."""
    settled = problem(**TAIL, **CURVE)
    assert settled.is_settled
    best = brute_force_yuan(1201, CURVE)
    assert _earned(settled.solution.objective_yuan) == pytest.approx(_earned(best), rel=0.005)
    assert settled.solution.objective_yuan > problem().solution.objective_yuan
    assert optimistic_bound(settled) <= min(best, settled.solution.objective_yuan)
    found = answers(settled.assembly, settled.program, settled.solution)["hydro"]
    assert found.segment_2_m3_per_s.max() > 1.0
    yields = settled.assembly.series["hydro", "yield_mw_per_m3_per_s"]
    assert yields.shape == (DAYS * 24,)
    assert found.power_mw == pytest.approx(
        yields * np.interp(sum(getattr(found, f"segment_{k}_m3_per_s") for k in (1, 2, 3)), *_points(CURVE)), abs=1e-5
    )


def test_full_power_comes_at_less_flow_where_the_head_is_higher(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "POWER_MAX_MW", 25.0)
    settled = problem(**TAIL, **CURVE)
    assert settled.is_settled
    assert _earned(settled.solution.objective_yuan) == pytest.approx(_earned(brute_force_yuan(1201, CURVE)), rel=0.005)
    found = answers(settled.assembly, settled.program, settled.solution)["hydro"]
    full = found.power_mw > 25.0 - 1e-6
    assert full.any()
    most = sum(getattr(found, f"segment_{k}_limit_m3_per_s") for k in (1, 2, 3))
    flow = sum(getattr(found, f"segment_{k}_m3_per_s") for k in (1, 2, 3))
    assert flow[full] == pytest.approx(most[full], rel=0.01)


def _earned(cost_yuan: float) -> float:
    """What power saves of the cost of shedding all: the share that a yield is off moves it as much, at most."""
    return sum(load * 24 * price for load, price in zip(LOADS, SHED_YUAN_PER_MWH, strict=True)) - cost_yuan


def _points(curve: Mapping[str, Sequence[float]]) -> tuple[np.ndarray, np.ndarray]:
    """Flows, and the water of best efficiency that each is worth, from nothing on."""
    flows, shares = (np.array((0.0, *line)) for line in curve.values())
    return flows, flows * shares


FLAT = {"LOADS": (200.0,) * DAYS, "SHED_YUAN_PER_MWH": (500.0,) * DAYS, "POWER_MAX_MW": 300.0}
"""More load than the water can serve, worth the same on every day: only the head tells the days apart."""


def test_where_only_the_head_tells_days_apart_water_is_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A linear program would turbine all on one day and go round; the optimum fills up first and shares the rest.

    Shared evenly the water would rise below the dam most; used on the last day alone it would rise even more.
    """
    for name, value in FLAT.items():
        monkeypatch.setitem(globals(), name, value)
    settled = problem()
    assert settled.is_settled
    assert len(settled.passes) < 12
    served = sum(LOADS) * 24 * 500.0
    least, flows = brute_force(1201)
    assert served - settled.solution.objective_yuan == pytest.approx(served - least, rel=0.005)
    assert settled.passes[-1].least_yuan == pytest.approx(least, rel=1e-5)
    found = answers(settled.assembly, settled.program, settled.solution)
    assert np.diff(flows).min() > 20.0
    assert found["hydro"].turbine_m3_per_s == pytest.approx(flows, abs=1.0)
    assert optimistic_bound(settled) <= settled.solution.objective_yuan


def test_the_yield_is_that_of_the_levels_of_the_answer() -> None:
    settled = problem()
    found = answers(settled.assembly, settled.program, settled.solution)
    storage = found["lake"].storage_hm3
    level = np.interp((storage[1:] + storage[:-1]) / 2, LAKE["curve_storage_hm3"], LAKE["curve_level_m"])
    flow = found["hydro"].turbine_m3_per_s + found["lake"].release_m3_per_s
    head = level - 290.0 - 4.0 * np.minimum(flow, 200.0) / 200.0
    daily_mw = found["hydro"].power_mw.reshape(DAYS, 24).mean(axis=1)
    assert daily_mw == pytest.approx(9.81e-3 * EFFICIENCY * head * found["hydro"].turbine_m3_per_s, rel=0.005, abs=1e-6)


def test_evaporation_is_fitted_again_and_hardly_moves_the_cost() -> None:
    settled = problem(evaporation_mm=5.0, tailwater_level_m=None)
    assert settled.is_settled
    assert settled.change_fraction < 0.001
    found = answers(settled.assembly, settled.program, settled.solution)
    storage = found["lake"].storage_hm3
    area = np.interp((storage[1:] + storage[:-1]) / 2, LAKE["curve_storage_hm3"], LAKE["curve_area_km2"])
    line = found["lake"].surface_km2 + found["lake"].surface_slope_km2_per_hm3 * (storage[1:] + storage[:-1]) / 2
    assert line == pytest.approx(area, rel=0.002)


def test_without_a_tailwater_the_head_is_constant() -> None:
    settled = problem(tailwater_level_m=None)
    assert len(settled.passes) == 1
    assert optimistic_bound(settled) == pytest.approx(settled.solution.objective_yuan)


def test_a_tailwater_curve_must_rise() -> None:
    with pytest.raises(ValueError, match="both rising"):
        problem(tailwater_level_m=1.0, tailwater_curve_flow_m3_per_s=(1.0, 0.0), tailwater_curve_level_m=(1.0, 2.0))
    with pytest.raises(ValueError, match="needs a tailwater_level_m"):
        problem(tailwater_curve_flow_m3_per_s=(0.0, 1.0), tailwater_curve_level_m=(1.0, 2.0))
