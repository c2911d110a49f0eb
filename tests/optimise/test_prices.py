"""Prices at a commitment, against finite differences."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from yuqian.models.bus import Bus
from yuqian.models.clock import Clock, Floats
from yuqian.models.coal_unit import CoalUnit
from yuqian.models.coal_yard import CoalYard
from yuqian.models.commitment_law import Commitment
from yuqian.models.hydro_plant import HydroPlant
from yuqian.models.industry import Industry
from yuqian.models.load_profile import LoadProfile
from yuqian.models.port import Port
from yuqian.models.reserve_requirement import ReserveRequirement
from yuqian.models.reservoir import Reservoir
from yuqian.models.thermal_unit import ThermalUnit
from yuqian.optimise.assemble import Assembly, assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.prices import PriceError, balance_prices, fixed_at, priced
from yuqian.optimise.program import Program
from yuqian.optimise.solve import Outcome, Solution, SolverOptions, solve

DAY = Clock.of_days(dt.date(2030, 1, 1), 1)
DEMAND = 417.3 + 203.7 * np.sin(np.arange(24) * np.pi / 6.0)
REQUIREMENT = 31.7 + 20.0 * np.cos(np.arange(24) * np.pi / 5.0)
STEP_MW = 0.01


def region() -> tuple[Assembly, Program]:
    base = ThermalUnit.example().asset
    units = [
        base.model_copy(update={
            "id": f"unit_{k}", "reserve": "spinning", "commitment": Commitment.INTEGER, "initial_status_h": 9.0,
            "curve_cost_yuan_per_h": tuple(cost * (1.0 + 0.17 * k) for cost in base.curve_cost_yuan_per_h),
        })
        for k in range(3)
    ]  # fmt: skip
    rest = (
        Bus(id="bus", voltage_kv=220.0), LoadProfile(id="load", bus="bus", shed_price_yuan_per_mwh=9000.0),
        ReserveRequirement(id="spinning", requirement_base_mw=0.0, shortage_price_yuan_per_mwh=700.0),
    )  # fmt: skip
    series = {("load", "demand_mw"): DEMAND, ("spinning", "requirement_mw"): REQUIREMENT}
    assembly = assemble([*units, *rest], series, DAY)
    return assembly, compile_model(assembly.model)


@pytest.fixture(scope="module")
def optimum() -> tuple[Assembly, Program, Solution]:
    assembly, program = region()
    solution = solve(program, SolverOptions(gap_fraction=1e-6))
    assert solution.outcome is Outcome.OPTIMAL
    assert solution.row_dual is None
    return assembly, program, solution


def slopes(program: Program, x: Floats, name: tuple[str, str], values: Floats, hour: int) -> tuple[float, float]:
    """Cost of one more, and of one less, MW in an hour at the same commitment."""
    costs = []
    for change in (-STEP_MW, 0.0, STEP_MW):
        moved = values.copy()
        moved[hour] += change
        costs.append(solve(fixed_at(program.with_series({name: moved}), x)).objective_yuan)
    return (costs[2] - costs[1]) / STEP_MW, (costs[1] - costs[0]) / STEP_MW


@pytest.mark.parametrize(
    ("balance", "name", "values"),
    [("bus", ("load", "demand_mw"), DEMAND), ("spinning", ("spinning", "requirement_mw"), REQUIREMENT)],
)
def test_prices_are_finite_differences(
    optimum: tuple[Assembly, Program, Solution], balance: str, name: tuple[str, str], values: Floats
) -> None:
    assembly, program, solution = optimum
    found = priced(program, solution)
    assert found.x is not None
    price = balance_prices(assembly, program, found)[balance]
    assert price.unit == "MWh"
    assert price.is_requirement == (balance == "spinning")
    assert len(np.unique(np.round(price.values, 3))) > 1
    for hour in range(0, 24, 3):
        more, less = slopes(program, found.x, name, values, hour)
        assert less - 0.5 <= price.values[hour] <= more + 0.5


def test_holding_whole_decisions_costs_no_more(optimum: tuple[Assembly, Program, Solution]) -> None:
    _, program, solution = optimum
    found = priced(program, solution)
    assert found.objective_yuan <= solution.objective_yuan * (1 + 1e-9)
    assert found.objective_yuan >= solution.bound_yuan * (1 - 1e-9)
    assert found.x is not None
    assert solution.x is not None
    assert found.x[program.integral] == pytest.approx(np.round(solution.x[program.integral]))
    assert priced(program, found) is found


def test_value_of_a_tonne_in_the_yard() -> None:
    """A day's coal comes from the stock alone; at the margin it replaces power bought at 2000 yuan/MWh."""
    coal = CoalUnit.example().asset.model_copy(
        update={"unit_count": 1, "water_node": None, "must_run_fraction": 0.0, "commitment": Commitment.INTEGER}
    )
    yard = CoalYard(
        id="yard", stock_max_t=10_000.0, full_burn_t_per_day=0.0, days_of_cover_min=0.0, loss_fraction_per_year=0.0,
        cover_shortage_price_yuan_per_t=0.0, opening_stock_fraction=0.3, closing_stock_fraction=0.0,
    )  # fmt: skip
    load = LoadProfile(id="load", bus="bus")
    series = {("load", "demand_mw"): np.full(24, 550.0), ("coal", "available_fraction"): np.ones(24)}

    def at(stock: CoalYard) -> tuple[Assembly, Program, Solution]:
        assembly = assemble([coal, stock, load, Port.market("bus", "mw", 2000.0, 0.0)], series, DAY)
        program = compile_model(assembly.model)
        return assembly, program, priced(program, solve(program, SolverOptions(gap_fraction=1e-9)))

    assembly, program, found = at(yard)
    price = balance_prices(assembly, program, found)["yard"]
    assert price.unit == "t"
    _, per_mw = coal.fuel_line()
    mwh_per_t = (1.0 - coal.auxiliary_fraction) * coal.coal_heat_tce_per_t / per_mw
    worth = (2000.0 - coal.variable_cost_yuan_per_mwh) * mwh_per_t
    assert price.values == pytest.approx([worth], rel=1e-6)
    assert found.x is not None
    more = assemble(
        [coal, yard.model_copy(update={"opening_stock_fraction": 0.3001}), load, Port.market("bus", "mw", 2000.0, 0.0)],
        series, DAY,
    )  # fmt: skip
    saved = found.objective_yuan - solve(fixed_at(compile_model(more.model), found.x)).objective_yuan
    assert saved == pytest.approx(worth, rel=1e-4)


def test_value_of_water_beside_whole_units() -> None:
    """Against finite differences of what an industry draws from a dam whose water also replaces units at the margin."""
    clock = Clock.of_days(dt.date(2030, 1, 1), 3)
    unit = ThermalUnit.example().asset.model_copy(update={
        "commitment": Commitment.INTEGER, "initial_status_h": 9.0, "reserve": None,
    })  # fmt: skip
    dam = Reservoir.example().asset.model_copy(update={"id": "lake"})
    plant = HydroPlant.example().asset
    drawer = Industry.example().asset.model_copy(update={
        "node": "lake", "shortage_share_fraction": (1.0,), "shortage_price_yuan_per_m3": (20.0,),
    })  # fmt: skip
    rest = (
        Bus(id="bus", voltage_kv=220.0), LoadProfile(id="load", bus="bus", shed_price_yuan_per_mwh=3000.0),
        Port.to_open("lake", "m3_per_s", 1e7, 0.0), Port.market("river", "m3_per_s", 1e8, 0.0),
    )  # fmt: skip
    drawn = np.array([0.6, 0.9, 0.7])
    series = {
        ("load", "demand_mw"): np.tile(DEMAND[:24], 3) * 0.5, ("industry", "demand_m3_per_s"): drawn,
        ("lake", "evaporation_mm_per_day"): np.full(3, 1.0), ("lake", "ecological_flow_m3_per_s"): np.full(3, 1.0),
    }  # fmt: skip
    assembly = assemble([unit, dam, plant, drawer, *rest], series, clock)
    program = compile_model(assembly.model)
    found = priced(program, solve(program, SolverOptions(gap_fraction=1e-7)))
    assert found.x is not None
    assert program.integral.any()
    price = balance_prices(assembly, program, found)["lake"]
    assert price.unit == "m3"
    step = 1e-3
    for day in range(3):
        costs = []
        for change in (-step, 0.0, step):
            moved = drawn.copy()
            moved[day] += change
            again = fixed_at(program.with_series({("industry", "demand_m3_per_s"): moved}), found.x)
            costs.append(solve(again).objective_yuan)
        more, less = (costs[2] - costs[1]) / (step * 86400.0), (costs[1] - costs[0]) / (step * 86400.0)
        assert less > 0.01
        assert less - 1e-4 <= price.values[day] <= more + 1e-4


def test_no_prices_without_a_solution_or_duals(optimum: tuple[Assembly, Program, Solution]) -> None:
    assembly, program, solution = optimum
    with pytest.raises(PriceError, match="no duals"):
        balance_prices(assembly, program, solution)
    with pytest.raises(PriceError, match="ended as"):
        priced(program, replace(solution, x=None, outcome=Outcome.LIMIT_WITHOUT_SOLUTION))
