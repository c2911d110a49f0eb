"""Storages that cost alike: a year of a dam where a linear program has no reason to prefer one course of its storage."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from yuqian.models.bus import Bus
from yuqian.models.catchment import Catchment
from yuqian.models.clock import Clock, Floats
from yuqian.models.hydro_plant import HydroPlant
from yuqian.models.kind import Kind
from yuqian.models.load_profile import LoadProfile
from yuqian.models.outlet import Outlet
from yuqian.models.reservoir import Reservoir
from yuqian.models.river_node import RiverNode
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.priced_start import coarser
from yuqian.optimise.settle import PASSES_MAX, Settled, optimistic_bound, settle
from yuqian.optimise.solve import solve
from yuqian.reports.audit import audit

EFFICIENCY, POWER_MAX_MW, TAILWATER_M = 0.88, 28.0, 290.0
LAKE = Reservoir(
    **Reservoir.example().asset.model_dump()
    | {
        "id": "lake", "downstream": "river", "opening_storage_fraction": 0.5, "closing_storage_fraction": 0.5,
        "seepage_fraction_per_year": 0.0,
    }
)  # fmt: skip
SEEDS = (0, 1, 26, 35)
DEAD, FULL = LAKE.storage_hm3_at(LAKE.level_dead_m), LAKE.storage_hm3_at(LAKE.level_normal_m)


def course(inflow_hm3: Floats, price_yuan_per_mwh: Floats, passes_max: int = PASSES_MAX) -> Settled:
    """A plant that cannot serve its load, by the day; what it leaves is shed at the day's price."""
    days = len(inflow_hm3)
    prices = np.unique(price_yuan_per_mwh)
    hydro = HydroPlant(
        id="hydro", reservoir="lake", downstream="river", bus="bus", power_max_mw=POWER_MAX_MW, net_head_m=40.0,
        efficiency_fraction=EFFICIENCY, variable_cost_yuan_per_mwh=0.0, tailwater_level_m=TAILWATER_M,
    )  # fmt: skip
    assets: list[Kind] = [
        LAKE, hydro, RiverNode(id="river"), Bus(id="bus", voltage_kv=220.0),
        Outlet(id="mouth", node="river", flow_min_m3_per_s=0.0, shortage_price_yuan_per_m3=0.0),
        Catchment(id="hills", node="lake", area_km2=1.0, runoff_depth_mm_per_year=1.0),
        *(LoadProfile(id=f"load_{k}", bus="bus", shed_price_yuan_per_mwh=price) for k, price in enumerate(prices)),
    ]  # fmt: skip
    clock = coarser(Clock.of_days(dt.date(2030, 1, 1), days))
    series = {
        ("lake", "evaporation_mm_per_day"): np.zeros(days),
        ("lake", "ecological_flow_m3_per_s"): np.zeros(days),
        ("hills", "inflow_m3_per_s"): inflow_hm3 * 1e6 / 86_400,
    }
    for k, price in enumerate(prices):
        series[f"load_{k}", "demand_mw"] = np.where(price_yuan_per_mwh == price, 1.2 * POWER_MAX_MW, 0.0)
    assembly = assemble(assets, series, clock)
    program = compile_model(assembly.model)
    settled = settle(assembly, program, solve(program), passes_max=passes_max)
    found = answers(settled.assembly, settled.program, settled.solution)
    audit(assembly.assets, found, clock, settled.solution.objective_yuan).require()
    return settled


def dynamic_program_yuan(inflow_hm3: Floats, price_yuan_per_mwh: Floats, parts: int = 701) -> float:
    """Least cost over a grid of storages at the ends of the days, backwards: no linear program, and the head as it is."""
    grid = np.linspace(DEAD, FULL, parts)
    opening = DEAD + 0.5 * (FULL - DEAD)
    to_come = np.where(grid >= opening - 1e-9, 0.0, np.inf)
    before, after = grid[:, None], grid[None, :]
    head = np.interp((before + after) / 2, LAKE.curve_storage_hm3, LAKE.curve_level_m) - TAILWATER_M
    for inflow, price in zip(inflow_hm3[::-1], price_yuan_per_mwh[::-1], strict=True):
        outflow = (before + inflow - after) * 1e6 / 86_400
        power = np.minimum(9.81e-3 * EFFICIENCY * head * outflow, POWER_MAX_MW)
        cost = np.where(outflow >= 0.0, (1.2 * POWER_MAX_MW - power) * 24 * price, np.inf)
        to_come = (cost + to_come[None, :]).min(axis=1)
    return float(np.interp(opening, grid, to_come))


def days_of(seed: int) -> tuple[Floats, Floats]:
    """Inflow, hm3 a day, and price of 120 days; the price changes by decades of days, or hardly at all."""
    random = np.random.default_rng(seed)
    count = 120
    price = (
        np.full(count, 400.0),
        np.round(400.0 + 3.0 * np.sin(np.arange(count) / 9.0)),
        400.0 + 20.0 * random.integers(0, 2, count // 10).repeat(10),
    )[seed % 3]
    return random.gamma(0.7, 3.0, count), price


@pytest.mark.parametrize("seed", SEEDS)
def test_courses_that_cost_alike_settle_where_the_nonlinear_optimum_is(seed: int) -> None:
    """Between passes such courses change places; an answer held still too early would cost more than the dynamic program's."""
    inflow, price = days_of(seed)
    settled = course(inflow, price)
    assert settled.is_settled
    assert settled.is_stationary
    assert len(settled.passes) <= 10
    shed_all = float((1.2 * POWER_MAX_MW * 24 * price).sum())
    earned, at_best = shed_all - settled.solution.objective_yuan, shed_all - dynamic_program_yuan(inflow, price)
    assert earned == pytest.approx(at_best, rel=0.01)
    assert earned > at_best * 0.9995, "the grid of the dynamic program is the coarser of the two"
    assert optimistic_bound(settled) <= settled.solution.objective_yuan


def test_the_answer_holds_at_its_own_heads() -> None:
    settled = course(*days_of(0))
    found = answers(settled.assembly, settled.program, settled.solution)
    storage = found["lake"].storage_hm3
    level = np.interp((storage[1:] + storage[:-1]) / 2, LAKE.curve_storage_hm3, LAKE.curve_level_m)
    wanted = 9.81e-3 * EFFICIENCY * (level - TAILWATER_M) * found["hydro"].turbine_m3_per_s
    assert found["hydro"].power_mw == pytest.approx(wanted, rel=0.005, abs=1e-6)
    assert settled.left_yuan < 1e-5 * settled.solution.objective_yuan
    assert settled.room_fraction > 0.01, "what is promised must be known further off than the storages were held to"


def test_the_bound_holds_where_a_better_head_spares_water_that_nobody_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    """At full power throughout a higher head only releases more past the turbines, and a release has its small price."""
    monkeypatch.setitem(globals(), "POWER_MAX_MW", 5.0)
    settled = course(*days_of(0))
    assert settled.is_settled
    assert optimistic_bound(settled) <= settled.solution.objective_yuan


def test_passes_that_run_out_are_said_to_have() -> None:
    inflow, price = days_of(0)
    assert not course(inflow, price, passes_max=2).is_settled
