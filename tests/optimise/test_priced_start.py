from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from yuqian.models.clock import Clock
from yuqian.models.kinds import known_kinds
from yuqian.optimise.assemble import assemble_example
from yuqian.optimise.compile import compile_model
from yuqian.optimise.priced_start import averaged, coarser, estimated_prices, shifted, solve_from_prices
from yuqian.optimise.solve import SolverOptions, solve

CLOCK = Clock.of_days(dt.date(2030, 7, 1), 4)
COUPLED = ("coal_unit", "coal_yard", "hydro_plant", "pumped_storage", "reservoir", "waterworks")


@pytest.mark.parametrize("name", COUPLED)
def test_prices_change_neither_the_optimum_nor_the_duals(name: str) -> None:
    assembly = assemble_example(known_kinds()[name].example(), CLOCK)
    program = compile_model(assembly.model)
    rng = np.random.default_rng(3)
    prices = np.where(program.row_lower == program.row_upper, rng.uniform(-50.0, 50.0, program.row_count), 0.0)
    plain, begun = solve(program), solve_from_prices(program, prices)
    assert begun.objective_yuan == pytest.approx(plain.objective_yuan, rel=1e-9, abs=1e-6)
    assert begun.row_dual is not None
    assert begun.column_dual is not None
    # Stationarity of the unpriced problem: cost = duals of rows + reduced costs.
    assert program.matrix.T @ begun.row_dual + begun.column_dual == pytest.approx(program.cost, abs=1e-6)
    assert shifted(program, prices).cost != pytest.approx(program.cost) or not prices.any()


def test_year_by_the_day_prices_daily_rows_and_hourly_balances() -> None:
    assembly = assemble_example(known_kinds()["hydro_plant"].example(), CLOCK)
    program = compile_model(assembly.model)
    prices = estimated_prices(program, assembly.assets, assembly.series, CLOCK, SolverOptions())
    assert prices is not None
    assert prices.any()
    rows = {family.full_name: prices[family.start : family.stop] for family in program.layout.rows}
    hourly = [name for name, values in rows.items() if len(values) == CLOCK.power.count and values.any()]
    assert hourly
    assert all(name.startswith("balance.") for name in hourly)
    assert not prices[program.row_lower != program.row_upper].any()


def test_day_holds_the_mean_of_its_hours() -> None:
    example = known_kinds()["wind_farm"].example()
    series = {("wind", "available_fraction"): np.linspace(0.0, 1.0, 96)}
    daily = averaged((example.asset,), series, CLOCK)["wind", "available_fraction"]
    assert daily == pytest.approx(np.linspace(0.0, 1.0, 96).reshape(4, 24).mean(axis=1))
    assert coarser(CLOCK).power_per_water == 1
    assert coarser(CLOCK).year_hours() == CLOCK.year_hours()


def test_clock_that_is_by_the_day_already_needs_no_estimate() -> None:
    daily = coarser(CLOCK)
    assembly = assemble_example(known_kinds()["coal_unit"].example(), daily)
    assert estimated_prices(compile_model(assembly.model), assembly.assets, assembly.series, daily, SolverOptions()) is None
