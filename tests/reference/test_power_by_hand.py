"""Days that can be worked out on paper, and what every optimum must satisfy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from yuqian.models.battery import Battery
from yuqian.models.bus import Bus
from yuqian.models.clock import Clock, Floats
from yuqian.models.coal_supply import CoalSupply
from yuqian.models.coal_yard import CoalYard
from yuqian.models.grid_exchange import GridExchange
from yuqian.models.kind import Kind
from yuqian.models.load_profile import LoadProfile
from yuqian.models.port import Port
from yuqian.models.pumped_storage import PumpedStorage
from yuqian.models.renewable_profile import RenewableProfile
from yuqian.models.reserve_requirement import ReserveRequirement
from yuqian.models.thermal_unit import ThermalUnit
from yuqian.optimise.assemble import AssemblyError, assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.program import ProgramError

DAY = Clock.of_days(dt.date(2030, 1, 1), 1)
BUS = Bus(id="bus", voltage_kv=220.0)


def plant(name: str, power_mw: float, price_yuan_per_mwh: float, **fields: Any) -> ThermalUnit:
    """A plant without limits but its power, at one price."""
    return ThermalUnit(
        id=name, bus="bus", power_min_mw=0.0, power_max_mw=power_mw, ramp_up_mw_per_h=power_mw, ramp_down_mw_per_h=power_mw,
        ramp_startup_mw=power_mw, ramp_shutdown_mw=power_mw, time_up_minimum_h=1.0, time_down_minimum_h=1.0,
        curve_power_mw=(0.0, power_mw), curve_cost_yuan_per_h=(0.0, price_yuan_per_mwh * power_mw), **fields,
    )  # fmt: skip


def dual(run: Any, owner: str, name: str) -> Floats:
    """Duals of a family of rows, by step."""
    found: Mapping[tuple[str, str], Floats] = run.program.row_duals(
        run.solution.row_dual, run.solution.column_dual, run.solution.x
    )
    return found[owner, name]


def test_merit_order(engine: Any) -> None:
    """Coal first, then gas, then shedding; the price is that of the dearest that runs."""
    demand = np.array([80.0] * 8 + [150.0] * 8 + [230.0] * 8)
    region = [
        BUS, LoadProfile(id="load", bus="bus", shed_price_yuan_per_mwh=5000.0),
        plant("coal", 100.0, 200.0), plant("gas", 100.0, 800.0),
    ]  # fmt: skip
    run = engine(region, {("load", "demand_mw"): demand}, DAY)
    assert run.cost == pytest.approx(8 * (80 * 200 + 100 * 200 + 50 * 800 + 100 * 200 + 100 * 800 + 30 * 5000))
    assert run["coal"].above_min_mw[1:] == pytest.approx(np.minimum(demand, 100.0))
    # The row gives power to the bus, so one more MW of demand costs the dual of a right-hand side that is one more.
    assert abs(dual(run, "balance", "bus")) == pytest.approx([200.0] * 8 + [800.0] * 8 + [5000.0] * 8)


def test_cost_is_the_sum_of_duals_times_right_hand_sides(engine: Any) -> None:
    demand = np.linspace(60.0, 190.0, 24)
    region = [BUS, LoadProfile(id="load", bus="bus"), plant("coal", 100.0, 200.0), plant("gas", 100.0, 800.0)]
    run = engine(region, {("load", "demand_mw"): demand}, DAY)
    program, solution = run.program, run.solution
    row_at = np.where(solution.row_dual > 0, program.row_lower, program.row_upper)
    lower, upper = program.column_bounds
    column_at = np.where(solution.column_dual > 0, lower, upper)
    rows = np.where(solution.row_dual != 0, row_at, 0.0) @ solution.row_dual
    columns = np.where(solution.column_dual != 0, column_at, 0.0) @ solution.column_dual
    assert rows + columns + program.offset == pytest.approx(run.cost, rel=1e-9)


def test_reserve_is_held_or_short_at_its_price(engine: Any) -> None:
    """100 MW online, 90 MW of load, 30 MW of reserve: 20 MW of it are short while more units would cost more."""
    unit = plant("coal", 100.0, 200.0, reserve="spinning")
    region = [
        BUS, LoadProfile(id="load", bus="bus"), unit,
        ReserveRequirement(id="spinning", requirement_base_mw=30.0, shortage_price_yuan_per_mwh=3000.0),
    ]  # fmt: skip
    series = {("load", "demand_mw"): [90.0] * 24, ("spinning", "requirement_mw"): [30.0] * 24}
    run = engine(region, series, DAY)
    assert run["spinning"].shortage_mw == pytest.approx(np.full(24, 20.0))
    assert run.cost == pytest.approx(24 * (90 * 200 + 20 * 3000))
    assert dual(run, "balance", "spinning") == pytest.approx(np.full(24, 3000.0))


def arbitrage(store: Kind, engine: Any) -> float:
    """Profit of a store on a day of 12 hours at 200 and 12 at 500 yuan/MWh."""
    price = np.array([200.0] * 12 + [500.0] * 12)
    grid = GridExchange(
        id="grid", bus="bus", power_export_max_mw=1e4, power_import_max_mw=1e4, price_mean_yuan_per_mwh=350.0,
        price_swing_fraction=0.0, wheeling_yuan_per_mwh=1e-6,
    )  # fmt: skip
    run = engine([BUS, grid, store], {("grid", "price_yuan_per_mwh"): price}, DAY)
    return -float(run.cost)


def test_pumped_storage_earns_the_spread_times_its_efficiency(engine: Any) -> None:
    store = PumpedStorage(
        id="store", bus="bus", unit_count=1, unit_power_generate_mw=300.0, unit_power_pump_mw=300.0,
        efficiency_generate_fraction=0.9, efficiency_pump_fraction=0.85, energy_max_mwh=1000.0, availability_fraction=1.0,
        make_up_hm3_per_year=0.0, variable_cost_yuan_per_mwh=0.0,
    )  # fmt: skip
    assert arbitrage(store, engine) == pytest.approx(1000.0 * (500.0 - 200.0 / (0.9 * 0.85)), rel=1e-6)


def test_battery_earns_the_spread_times_its_efficiency(engine: Any) -> None:
    store = Battery(
        id="store", bus="bus", power_max_mw=100.0, energy_max_mwh=200.0, soc_min_fraction=0.1, soc_max_fraction=0.9,
        efficiency_charge_fraction=0.9, efficiency_discharge_fraction=0.95, cycles_max_per_day=2.0,
        variable_cost_yuan_per_mwh=0.0,
    )  # fmt: skip
    assert arbitrage(store, engine) == pytest.approx(160.0 * (500.0 * 0.95 - 200.0 / 0.9), rel=1e-6)


# ------------------------------------------------------------------------------------------------------- numbers that are none

SIX_HOURS = Clock.of_days(dt.date(2030, 1, 1), 1, hours_per_day=6)


def probe(**numbers: float) -> tuple[list[Kind], dict[tuple[str, str], Floats]]:
    """Coal 100 MW at 20, gas 100 MW at 80, a reservoir of 30 MW for 10 h with an inflow of 10 MW, opening at 50 MWh.

    The reservoir is a plant with fuel: its stock is a yard that an inflow fills.
    """
    given = {"load": 120.0, "inflow": 10.0, "cost": 20.0, "efficiency": 1.0, "opening": 50.0, "available": 100.0, **numbers}
    hydro = plant("hydro", 30.0, 0.0, fuel_from="basin", curve_fuel_t_per_h=(0.0, 30.0 / given["efficiency"]))
    basin = CoalYard(
        id="basin", stock_max_t=300.0, full_burn_t_per_day=0.0, days_of_cover_min=0.0, loss_fraction_per_year=0.0,
        cover_shortage_price_yuan_per_t=0.0, opening_stock_fraction=given["opening"] / 300.0, closing_stock_fraction=0.0,
    )  # fmt: skip
    rain = CoalSupply(
        id="rain", coal_hub="basin", train_t=24.0 * given["inflow"], trains_max_per_day=1.0, price_yuan_per_t=0.0,
        annual_max_t=1e9,
    )  # fmt: skip
    coal = RenewableProfile(id="coal", bus="bus", rated_mw=100.0, variable_cost_yuan_per_mwh=given["cost"])
    region = [BUS, LoadProfile(id="load", bus="bus"), coal, plant("gas", 100.0, 80.0), hydro, basin, rain]
    hours = np.ones(6)
    series = {
        ("load", "demand_mw"): given["load"] * hours, ("coal", "lowest_mw"): 0.0 * hours,
        ("coal", "highest_mw"): given["available"] * hours,
    }  # fmt: skip
    return region, series


def test_probe_without_nan(engine: Any) -> None:
    """720 MWh of load, 110 MWh of water, 600 MWh of coal at most: 10 MWh of gas."""
    region, series = probe()
    assert engine(region, series, SIX_HOURS).cost == pytest.approx(600 * 20 + 10 * 80)


@pytest.mark.parametrize(("owner", "name"), [("load", "demand_mw"), ("coal", "highest_mw"), ("coal", "lowest_mw")])
def test_one_hour_without_a_number_is_refused_by_name(engine: Any, owner: str, name: str) -> None:
    region, series = probe()
    series[owner, name][3] = np.nan
    with pytest.raises(AssemblyError, match=rf"{owner}\.{name} .* is nan in step 3"):
        engine(region, series, SIX_HOURS)


@pytest.mark.parametrize(
    ("number", "field"),
    [
        ("inflow", "train_t"), ("cost", "variable_cost_yuan_per_mwh"), ("efficiency", "curve_fuel_t_per_h"),
        ("opening", "opening_stock_fraction"),
    ],
)  # fmt: skip
def test_a_parameter_that_is_no_number_is_refused_by_name(number: str, field: str) -> None:
    with pytest.raises(ValidationError, match=field):
        probe(**{number: float("nan")})


def test_new_numbers_that_are_none_are_refused_by_name() -> None:
    region, series = probe()
    program = compile_model(assemble(region, series, SIX_HOURS).model)
    with pytest.raises(ProgramError, match=r"load\.demand_mw.* is nan in step 3"):
        program.with_series({("load", "demand_mw"): np.array([1.0, 1.0, 1.0, np.nan, 1.0, 1.0])})


def test_price_and_inflow_by_hour_that_are_none_are_refused(engine: Any) -> None:
    grid = GridExchange(
        id="grid", bus="bus", power_export_max_mw=10.0, power_import_max_mw=10.0, price_mean_yuan_per_mwh=350.0,
        price_swing_fraction=0.0, wheeling_yuan_per_mwh=1.0,
    )  # fmt: skip
    price = np.full(6, 100.0)
    price[2] = np.nan
    with pytest.raises(AssemblyError, match=r"grid\.price_yuan_per_mwh .* is nan in step 2"):
        engine([grid, Port.market("bus", "mw", 1.0, 0.0)], {("grid", "price_yuan_per_mwh"): price}, SIX_HOURS)
