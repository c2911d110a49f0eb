"""What every optimum must satisfy, whatever the region; and a cascade whose optimum is a shift in time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yuqian.models.battery import Battery
from yuqian.models.bus import Bus
from yuqian.models.clock import Clock, Floats
from yuqian.models.grid_exchange import GridExchange
from yuqian.models.hydro_plant import HydroPlant
from yuqian.models.kind import Kind
from yuqian.models.load_profile import LoadProfile
from yuqian.models.outlet import Outlet
from yuqian.models.pumped_storage import PumpedStorage
from yuqian.models.reach import Reach
from yuqian.models.renewable_profile import RenewableProfile
from yuqian.models.reservoir import Reservoir
from yuqian.models.river_node import RiverNode
from yuqian.models.thermal_unit import ThermalUnit

DAY = Clock.of_days(dt.date(2030, 1, 1), 1)
FOUR_DAYS = Clock.of_days(dt.date(2030, 1, 1), 4)
MWH_PER_HM3_M = 9.81e3 * 1e6 / 3.6e9
"""Energy of a hm3 that falls a metre."""


# ---- a cascade with delay


def lake(name: str, downstream: str, storage: tuple[float, float], **fields: Any) -> Reservoir:
    """A lake without losses that holds ``storage``, dead and normal, hm3."""
    return Reservoir(
        id=name, downstream=downstream, curve_level_m=(300.0, 310.0, 320.0, 330.0),
        curve_storage_hm3=(0.0, *storage, 2 * storage[1]), curve_area_km2=(1.0, 2.0, 3.0, 4.0), level_dead_m=310.0,
        level_flood_limit_m=320.0, level_normal_m=320.0, level_max_m=320.0, flood_season_start="05-01",
        flood_season_end="09-01", refill_end="10-11", seepage_fraction_per_year=0.0, catchment_km2=1.0,
        runoff_depth_mm_per_year=1.0, ecological_dry_fraction=0.0, ecological_wet_fraction=0.0,
        ecological_shortage_price_yuan_per_m3=0.0, flood_excess_price_yuan_per_m3_day=0.0, **fields,
    )  # fmt: skip


def plant(name: str, reservoir: str, downstream: str, head_m: float) -> HydroPlant:
    return HydroPlant(
        id=name, reservoir=reservoir, downstream=downstream, bus="bus", power_max_mw=1000.0, net_head_m=head_m,
        efficiency_fraction=0.9, variable_cost_yuan_per_mwh=0.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("upper_head", "lower_head", "upper_price", "lower_price"),
    [(50.0, 100.0, 100.0, 500.0), (100.0, 50.0, 500.0, 100.0)],
)
def test_a_cascade_with_delay_shifts_its_water(
    engine: Any, upper_head: float, lower_head: float, upper_price: float, lower_price: float
) -> None:
    """Water takes a day from the upper to the lower plant; only the third day is dear, so one of them must miss it.

    The higher head catches it: the upper lake gives a day early when the lower head is the higher one, else on the dear day.
    """
    price = np.repeat([100.0, 100.0, 500.0, 100.0], 24)
    region: list[Kind] = [
        Bus(id="bus", voltage_kv=220.0),
        GridExchange(
            id="grid", bus="bus", power_export_max_mw=1e4, power_import_max_mw=0.0, price_mean_yuan_per_mwh=200.0,
            price_swing_fraction=0.0, wheeling_yuan_per_mwh=1.0,
        ),
        lake("upper", "river", (1.0, 3.0), opening_storage_fraction=1.0, closing_storage_fraction=0.0),
        plant("upper_plant", "upper", "river", upper_head),
        RiverNode(id="river"),
        Reach(id="reach", node_from="river", node_to="lower", lag_share_fraction=(0.0, 1.0), loss_of_inflow_fraction=0.0),
        lake("lower", "mouth", (1.0, 1.0001), opening_storage_fraction=0.0),
        plant("lower_plant", "lower", "mouth", lower_head),
        RiverNode(id="mouth"),
        Outlet(id="sea", node="mouth", flow_min_m3_per_s=0.0, shortage_price_yuan_per_m3=0.0),
    ]  # fmt: skip
    dry = {
        (name, series): np.zeros(4)
        for name in ("upper", "lower")
        for series in ("evaporation_mm_per_day", "ecological_flow_m3_per_s")
    }
    run = engine(region, {("grid", "price_yuan_per_mwh"): price, **dry}, FOUR_DAYS)
    volume = 2.0
    earned = volume * 0.9 * MWH_PER_HM3_M * (upper_head * upper_price + lower_head * lower_price)
    assert run.cost == pytest.approx(-earned, rel=1e-4)
    lower, upper = (run[name].turbine_m3_per_s * 86_400 / 1e6 for name in ("lower_plant", "upper_plant"))
    dear = lower if lower_head > upper_head else upper
    assert dear[2] == pytest.approx(volume, rel=1e-3)
    if lower_head > upper_head:
        assert upper[1] == pytest.approx(volume, rel=1e-3)
    else:
        assert lower[3] == pytest.approx(volume, rel=1e-3)


# ---- invariants of a random region


def unit(name: str, power_mw: float, price: float) -> ThermalUnit:
    ramp = 0.6 * power_mw
    return ThermalUnit(
        id=name, bus="bus", power_min_mw=0.0, power_max_mw=power_mw, ramp_up_mw_per_h=ramp, ramp_down_mw_per_h=ramp,
        ramp_startup_mw=power_mw, ramp_shutdown_mw=power_mw, time_up_minimum_h=1.0, time_down_minimum_h=1.0,
        curve_power_mw=(0.0, 0.5 * power_mw, power_mw), curve_cost_yuan_per_h=(0.0, 0.4 * price * power_mw, price * power_mw),
    )  # fmt: skip


def region(
    powers: Sequence[float], prices: Sequence[float], store_mw: float, scale: float = 1.0, prefix: str = ""
) -> list[Kind]:
    """Units, a battery, a pumped-storage station, wind and a load that may be shed; every volume times ``scale``."""
    return [
        Bus(id="bus", voltage_kv=220.0),
        LoadProfile(id=f"{prefix}load", bus="bus", shed_price_yuan_per_mwh=5000.0),
        RenewableProfile(id=f"{prefix}wind", bus="bus", rated_mw=50.0 * scale),
        Battery(
            id=f"{prefix}battery", bus="bus", power_max_mw=store_mw * scale, energy_max_mwh=2 * store_mw * scale,
            soc_min_fraction=0.1, soc_max_fraction=0.9, efficiency_charge_fraction=0.9, efficiency_discharge_fraction=0.95,
            cycles_max_per_day=1.0, variable_cost_yuan_per_mwh=10.0,
        ),
        PumpedStorage(
            id=f"{prefix}pumped", bus="bus", unit_count=2, unit_power_generate_mw=store_mw * scale,
            unit_power_pump_mw=store_mw * scale, efficiency_generate_fraction=0.9, efficiency_pump_fraction=0.85,
            energy_max_mwh=6 * store_mw * scale, availability_fraction=0.95, make_up_hm3_per_year=0.0,
            variable_cost_yuan_per_mwh=2.0,
        ),
        *(unit(f"{prefix}unit_{k}", power * scale, price) for k, (power, price) in enumerate(zip(powers, prices, strict=True))),
    ]  # fmt: skip


def numbers(demand: Floats, wind: Floats, prefix: str = "") -> dict[tuple[str, str], Floats]:
    return {
        (f"{prefix}load", "demand_mw"): demand,
        (f"{prefix}wind", "lowest_mw"): 0.0 * wind,
        (f"{prefix}wind", "highest_mw"): wind,
    }


powers = st.lists(st.floats(20.0, 120.0), min_size=2, max_size=3)
seeds = st.integers(0, 10_000)


def drawn(seed: int, units: int) -> tuple[Floats, Floats, list[float]]:
    """Demand, wind and prices."""
    random = np.random.default_rng(seed)
    return random.uniform(80.0, 300.0, 24), random.uniform(0.0, 50.0, 24), list(random.uniform(100.0, 900.0, units))


@settings(max_examples=8, deadline=None, derandomize=True)
@given(powers, seeds, st.floats(0.01, 50.0))
def test_scaling_all_volumes_scales_the_cost(engine: Any, sizes: list[float], seed: int, scale: float) -> None:
    demand, wind, prices = drawn(seed, len(sizes))
    cost = engine(region(sizes, prices, 20.0), numbers(demand, wind), DAY).cost
    scaled = engine(region(sizes, prices, 20.0, scale), numbers(scale * demand, scale * wind), DAY).cost
    assert scaled == pytest.approx(scale * cost, rel=1e-6)


@settings(max_examples=6, deadline=None, derandomize=True)
@given(powers, seeds)
def test_other_names_leave_the_cost(engine: Any, sizes: list[float], seed: int) -> None:
    """Names decide the order of columns and rows, and nothing else."""
    demand, wind, prices = drawn(seed, len(sizes))
    cost = engine(region(sizes, prices, 20.0), numbers(demand, wind), DAY).cost
    renamed = region(sizes[::-1], prices[::-1], 20.0, prefix="zz_")
    assert engine(renamed, numbers(demand, wind, "zz_"), DAY).cost == pytest.approx(cost, rel=1e-8)


@settings(max_examples=4, deadline=None, derandomize=True)
@given(powers, seeds, st.floats(1.0, 100.0))
def test_more_supply_never_costs_more(engine: Any, sizes: list[float], seed: int, more: float) -> None:
    demand, wind, prices = drawn(seed, len(sizes))
    cost = engine(region(sizes, prices, 20.0), numbers(demand, wind), DAY).cost
    slack = 1e-6 * cost
    windier = numbers(demand, wind + more)
    assert engine(region(sizes, prices, 20.0), windier, DAY).cost <= cost + slack
    assert engine(region(sizes, prices, 20.0 + more), numbers(demand, wind), DAY).cost <= cost + slack
    another = [*region(sizes, prices, 20.0), unit("another", more, 2000.0)]
    assert engine(another, numbers(demand, wind), DAY).cost <= cost + slack
    less = numbers(np.maximum(demand - more, 0.0), wind)
    assert engine(region(sizes, prices, 20.0), less, DAY).cost <= cost + slack


@settings(max_examples=6, deadline=None, derandomize=True)
@given(powers, seeds)
def test_cost_is_the_sum_of_duals_times_limits_with_stores_and_ramps(engine: Any, sizes: list[float], seed: int) -> None:
    demand, wind, prices = drawn(seed, len(sizes))
    run = engine(region(sizes, prices, 20.0), numbers(demand, wind), DAY)
    program, solution = run.program, run.solution
    lower, upper = program.column_bounds
    sides = (
        (solution.row_dual, program.row_lower, program.row_upper, program.matrix @ solution.x),
        (solution.column_dual, lower, upper, solution.x),
    )
    total = program.offset
    for duals, low, high, at in sides:
        some = duals != 0.0
        limit = np.where(np.abs(at - low) <= np.abs(at - high), low, high)
        total += float(duals[some] @ limit[some])
    assert total == pytest.approx(run.cost, rel=1e-7)
