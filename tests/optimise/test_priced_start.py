from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

import highspy
import numpy as np
import pytest

from yuqian.models.clock import Clock, Floats
from yuqian.models.kinds import known_kinds
from yuqian.optimise import priced_start, time_split
from yuqian.optimise.assemble import assemble_example
from yuqian.optimise.compile import compile_model
from yuqian.optimise.priced_start import PART_DAYS, averaged, coarser, estimated_prices, shifted, solve_from_prices
from yuqian.optimise.program import Program
from yuqian.optimise.solve import Outcome, Progress, Report, Solution, SolverOptions, solve
from yuqian.optimise.time_split import SplitBound, SplitError, bound_by_parts, reduced

CLOCK = Clock.of_days(dt.date(2030, 7, 1), 4)
SEASON = Clock.of_days(dt.date(2030, 4, 1), 90)
COUPLED = ("coal_unit", "coal_yard", "hydro_plant", "pumped_storage", "reservoir", "waterworks")


@pytest.mark.parametrize("name", COUPLED)
def test_prices_change_neither_the_optimum_nor_the_duals(name: str) -> None:
    assembly = assemble_example(known_kinds()[name].example(), CLOCK)
    program = compile_model(assembly.model)
    rng = np.random.default_rng(3)
    prices = np.where(program.row_lower == program.row_upper, rng.uniform(-50.0, 50.0, program.row_count), 0.0)
    plain, begun = solve(program), solve_from_prices(program, prices, CLOCK)
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


@dataclass
class Season:
    """A linear program long enough to be joined of fortnights, with its prices by the day."""

    program: Program
    prices: Floats

    @classmethod
    def of(cls, name: str) -> Season:
        assembly = assemble_example(known_kinds()[name].example(), SEASON)
        program = compile_model(assembly.model)
        prices = estimated_prices(program, assembly.assets, assembly.series, SEASON, SolverOptions())
        assert prices is not None
        return cls(program, prices)

    def solved(self, options: SolverOptions | None = None, report: Report | None = None) -> Solution:
        return solve_from_prices(self.program, self.prices, SEASON, options, report)


@pytest.mark.parametrize("name", COUPLED)
def test_a_season_joined_of_fortnights_has_the_optimum_of_the_whole(name: str) -> None:
    """With all that the answer of an ordinary solve has: duals, a basis, and the log."""
    season = Season.of(name)
    program, joined = season.program, season.solved()
    assert joined.log.count("Model status") == -(-SEASON.water.count // PART_DAYS) + 1
    assert joined.outcome is Outcome.OPTIMAL
    assert joined.objective_yuan == pytest.approx(solve(program).objective_yuan, rel=1e-9, abs=1e-6)
    assert joined.bound_yuan == joined.objective_yuan
    assert joined.x is not None
    assert joined.row_dual is not None
    assert joined.column_dual is not None
    assert program.cost @ joined.x + program.offset == pytest.approx(joined.objective_yuan, rel=1e-9, abs=1e-6)
    assert program.matrix.T @ joined.row_dual + joined.column_dual == pytest.approx(program.cost, abs=1e-6)
    activity = program.matrix @ joined.x
    assert np.all((activity >= program.row_lower - 1e-6) & (activity <= program.row_upper + 1e-6))
    # Rows that say the same twice may be basic at a price; to price them again takes a few steps.
    again = solve(program, SolverOptions().from_basis, start=joined.basis)
    assert again.iterations <= 0.01 * program.row_count
    assert again.objective_yuan == pytest.approx(joined.objective_yuan, rel=1e-9, abs=1e-6)


def test_prices_at_which_a_fortnight_earns_without_limit_are_left_aside() -> None:
    """The whole is solved at once then; its optimum does not depend on where the method begins."""
    season = Season.of("coal_yard")
    wild = np.where(season.program.row_lower == season.program.row_upper, 1e6, 0.0)
    with pytest.raises(SplitError):
        bound_by_parts(season.program, SEASON, wild, (PART_DAYS,))
    found = solve_from_prices(season.program, wild, SEASON)
    assert found.objective_yuan == pytest.approx(season.solved().objective_yuan, rel=1e-9)


def test_an_answer_that_breaks_its_rows_is_solved_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    season = Season.of("coal_yard")
    right = season.solved()

    def broken(*arguments: Any) -> SplitBound:
        found = bound_by_parts(*arguments)
        return replace(found, x=found.x + 1.0)

    monkeypatch.setattr(priced_start, "bound_by_parts", broken)
    found = season.solved()
    assert found.x is not None
    assert season.program.cost @ found.x + season.program.offset == pytest.approx(right.objective_yuan, rel=1e-9)
    assert found.objective_yuan == pytest.approx(right.objective_yuan, rel=1e-9)


def test_what_is_left_of_equal_costs_and_prices_is_nought() -> None:
    season = Season.of("hydro_plant")
    prices = np.where(season.program.row_lower == season.program.row_upper, season.prices + 1 / 3, 0.0)
    taken = season.program.matrix.T @ prices
    cost = np.where(taken != 0.0, taken * (1 + 1e-15), 1.0)
    left = reduced(replace(season.program, cost=cost), prices)
    assert not left[taken != 0.0].any()
    assert left[taken == 0.0] == pytest.approx(1.0)


def test_a_fortnight_that_nothing_satisfies_proves_that_nothing_satisfies_the_season() -> None:
    season = Season.of("reservoir")
    column = next(family for family in season.program.layout.columns if family.count == SEASON.water.count).start + 40
    coefficients = np.zeros(season.program.column_count)
    coefficients[column] = 1.0
    below = season.program.column_bounds[0][column] - 1.0
    impossible = season.program.with_limit("test", "below_its_least", coefficients, below)
    found = Season(impossible, np.append(season.prices, 0.0)).solved()
    assert found.outcome is Outcome.INFEASIBLE
    assert found.x is None
    assert found.log.count("Model status") == 40 // PART_DAYS + 1


def test_the_limit_of_time_is_of_all_fortnights_together() -> None:
    found = Season.of("coal_yard").solved(SolverOptions(time_limit_s=0.0))
    assert found.outcome is Outcome.LIMIT_WITHOUT_SOLUTION
    assert found.x is None
    assert found.row_dual is None


def test_an_interruption_ends_the_season_and_progress_counts_what_went_before(monkeypatch: pytest.MonkeyPatch) -> None:
    season, told, calls = Season.of("reservoir"), list[Progress](), list[Solution]()

    def stopped(
        part: Program, options: SolverOptions, report: Report | None, start: highspy.HighsBasis | None
    ) -> Solution:  # fmt: skip
        assert report is not None
        report(Progress(seconds=1.0, iterations=5))
        found = solve(part, options, None, start)
        if len(calls) == 2:
            found = replace(found, outcome=Outcome.INTERRUPTED, x=None, row_dual=None, column_dual=None, basis=None)
        calls.append(found)
        return found

    monkeypatch.setattr(time_split, "solve", stopped)
    found = season.solved(report=told.append)
    assert found.outcome is Outcome.INTERRUPTED
    assert found.x is None
    assert len(calls) == 3
    assert found.iterations == sum(one.iterations for one in calls)
    assert [one.iterations for one in told] == [5, 5 + calls[0].iterations, 5 + calls[0].iterations + calls[1].iterations]
