"""The law of unit commitment against every schedule that there is, one by one."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.optimize import linprog

from yuqian.models.clock import Clock, Floats
from yuqian.models.commitment_law import Commitment, Formulation
from yuqian.models.grid_exchange import GridExchange
from yuqian.models.kind import Kind
from yuqian.models.load_profile import LoadProfile
from yuqian.models.port import Port
from yuqian.models.start_cost_law import StartTiers
from yuqian.models.thermal_unit import ThermalUnit
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import Assembly, assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.program import Program
from yuqian.optimise.solve import Outcome, Solution, SolverOptions, solve
from yuqian.reports.audit import audit

HOURS = 7
CLOCK = Clock.of_days(dt.date(2030, 1, 1), 1, hours_per_day=HOURS)
EXACT = SolverOptions(gap_fraction=1e-9)
LINE_MW, LINE_YUAN = (0.0, 0.5, 1.0), (2000.0, 4500.0, 8000.0)


def unit(**changes: Any) -> ThermalUnit:
    low, high = changes.get("power_min_mw", 30.0), changes.get("power_max_mw", 100.0)
    fields: dict[str, Any] = {
        "id": "unit", "bus": "bus", "power_min_mw": low, "power_max_mw": high, "ramp_up_mw_per_h": high,
        "ramp_down_mw_per_h": high, "ramp_startup_mw": high, "ramp_shutdown_mw": high, "time_up_minimum_h": 1.0,
        "time_down_minimum_h": 1.0, "initial_status_h": -9.0, "curve_power_mw": tuple(low + x * (high - low) for x in LINE_MW),
        "curve_cost_yuan_per_h": LINE_YUAN, "commitment": Commitment.INTEGER,
    }  # fmt: skip
    return ThermalUnit(**{**fields, **changes})


def build(units: list[ThermalUnit], price: Floats, clock: Clock = CLOCK) -> tuple[Assembly, Program]:
    """Units selling into a grid at a price by hour."""
    grid = GridExchange(
        id="grid", bus="bus", power_export_max_mw=1e4, power_import_max_mw=0.0, price_mean_yuan_per_mwh=100.0,
        price_swing_fraction=0.0, wheeling_yuan_per_mwh=1.0,
    )  # fmt: skip
    assets: list[Kind] = [*units, grid, Port.market("bus", "mw", 1e5, -1e5)]
    assembly = assemble(assets, {("grid", "price_yuan_per_mwh"): price}, clock)
    return assembly, compile_model(assembly.model)


def optimum(assembly: Assembly, program: Program) -> Solution:
    solution = solve(program, EXACT)
    assert solution.outcome is Outcome.OPTIMAL
    found = answers(assembly, program, solution)
    audit(assembly.assets, found, assembly.clock, solution.objective_yuan).require()
    return solution


def cost_of(units: list[ThermalUnit], price: Floats, clock: Clock = CLOCK) -> float:
    return optimum(*build(units, price, clock)).objective_yuan


# ------------------------------------------------------------------------------------------------- every schedule, by hand


def schedules(asset: ThermalUnit) -> Iterator[tuple[int, ...]]:
    """Every on-off schedule that keeps the minimum times, from the state before."""
    assert asset.initial_status_h is not None
    before, since = int(asset.initial_status_h > 0), int(abs(asset.initial_status_h))
    for schedule in itertools.product((0, 1), repeat=HOURS):
        runs = [[before, since]]
        for state in schedule:
            if state == runs[-1][0]:
                runs[-1][1] += 1
            else:
                runs.append([state, 1])
        least = (asset.time_down_minimum_h, asset.time_up_minimum_h)
        if all(length >= least[state] for state, length in runs[:-1]):
            yield schedule


def start_cost(asset: ThermalUnit, schedule: tuple[int, ...]) -> float:
    assert asset.initial_status_h is not None
    off = int(-asset.initial_status_h) if asset.initial_status_h < 0 else 0
    total = 0.0
    for state in schedule:
        if state and off:
            reached = [cost for lag, cost in zip(asset.start_lag_h, asset.start_cost_yuan, strict=True) if lag <= off]
            total += reached[-1] if reached else asset.start_cost_yuan[0]
        off = 0 if state else off + 1
    return total


def dispatch_cost(asset: ThermalUnit, schedule: tuple[int, ...], price: Floats) -> float | None:
    """Least cost of a schedule: power and cost by hour, cost above every segment's line; None if no power is possible."""
    assert asset.initial_status_h is not None
    on = [int(asset.initial_status_h > 0), *schedule]
    bounds: list[tuple[float, float | None]] = [(asset.initial_power_mw, asset.initial_power_mw)]
    rows, limits = [], []

    def row(limit: float, **terms: tuple[int, float]) -> None:
        line = np.zeros(2 * HOURS + 1)
        for position, factor in terms.values():
            line[position] += factor
        rows.append(line)
        limits.append(limit)

    for t in range(1, HOURS + 1):
        high = asset.power_max_mw
        if on[t] and not on[t - 1]:
            high = min(high, asset.ramp_startup_mw)
        if on[t] and t < HOURS and not on[t + 1]:
            high = min(high, asset.ramp_shutdown_mw)
        bounds.append((asset.power_min_mw * on[t], high * on[t]))
        if on[t] and on[t - 1]:
            row(asset.ramp_up_mw_per_h, now=(t, 1.0), before=(t - 1, -1.0))
            row(asset.ramp_down_mw_per_h, now=(t, -1.0), before=(t - 1, 1.0))
        if on[t]:
            points = list(zip(asset.curve_power_mw, asset.curve_cost_yuan_per_h, strict=True))
            for (left, low), (right, top) in itertools.pairwise(points):
                slope = (top - low) / (right - left)
                row(slope * left - low, power=(t, slope), cost=(HOURS + t, -1.0))
    if on[0] and not on[1] and asset.initial_power_mw > asset.ramp_shutdown_mw:
        return None
    bounds += [(0.0, None)] * HOURS
    objective = np.concatenate(([0.0], -price, np.ones(HOURS)))
    found = linprog(objective, np.array(rows) if rows else None, np.array(limits) if rows else None, bounds=bounds)
    return float(found.fun) if found.status == 0 else None


def by_enumeration(asset: ThermalUnit, price: Floats) -> float:
    costs = []
    for schedule in schedules(asset):
        cost = dispatch_cost(asset, schedule, price)
        if cost is not None:
            costs.append(cost + start_cost(asset, schedule))
    return min(costs)


def random_unit(rng: np.random.Generator) -> ThermalUnit:
    low, high = float(rng.integers(20, 60)), 100.0
    up, down = (float(rng.integers(1, 5)) for _ in range(2))
    status = float(rng.integers(1, 5)) * rng.choice([-1.0, 1.0])
    start, ramp = float(rng.integers(low, 101)), float(rng.integers(10, 80))
    reached = high if status >= up else min(high, start + ramp * (status - 1))
    power = float(rng.uniform(low, reached)) if status > 0 else 0.0
    return unit(
        power_min_mw=low, power_max_mw=high, ramp_up_mw_per_h=ramp, ramp_down_mw_per_h=float(rng.integers(10, 80)),
        ramp_startup_mw=start, ramp_shutdown_mw=float(rng.integers(low, 101)), time_up_minimum_h=up, time_down_minimum_h=down,
        initial_status_h=status, initial_power_mw=power, start_lag_h=(down, down + 2.0, down + 3.0),
        start_cost_yuan=(500.0, 2500.0, 4000.0),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(16))
def test_optimum_is_the_best_of_all_schedules(seed: int) -> None:
    rng = np.random.default_rng(seed)
    asset, price = random_unit(rng), rng.uniform(20.0, 160.0, HOURS).round()
    best = by_enumeration(asset, price)
    for formulation in Formulation:
        whole = asset.model_copy(update={"formulation": formulation})
        assert cost_of([whole], price) == pytest.approx(best, rel=1e-7, abs=1e-3)
        relaxed = whole.model_copy(update={"commitment": Commitment.RELAXED})
        assert cost_of([relaxed], price) <= best + 1e-3


@pytest.mark.parametrize("seed", range(4))
def test_relaxation_of_the_tight_rules_is_no_looser(seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    asset = random_unit(rng).model_copy(update={"commitment": Commitment.RELAXED})
    price = rng.uniform(20.0, 160.0, HOURS).round()
    loose, tight = (cost_of([asset.model_copy(update={"formulation": one})], price) for one in Formulation)
    assert loose <= tight + 1e-6


# ------------------------------------------------------------------------------------------------------------- single rules


def online(asset: ThermalUnit, price: list[float]) -> list[float]:
    assembly, program = build([asset], np.array(price))
    solution = optimum(assembly, program)
    found: list[float] = np.round(answers(assembly, program, solution)["unit"].online_count[1:], 6).tolist()
    return found


def test_minimum_up_time_of_before_the_horizon_is_kept() -> None:
    asset = unit(initial_status_h=2.0, initial_power_mw=30.0, time_up_minimum_h=5.0)
    assert online(asset, [0.0] * HOURS) == [1, 1, 1, 0, 0, 0, 0]


def test_minimum_down_time_of_before_the_horizon_is_kept() -> None:
    asset = unit(initial_status_h=-2.0, time_down_minimum_h=5.0)
    assert online(asset, [500.0] * HOURS) == [0, 0, 0, 1, 1, 1, 1]


def test_ramp_from_the_hour_before() -> None:
    asset = unit(initial_status_h=9.0, initial_power_mw=40.0, ramp_up_mw_per_h=10.0, ramp_startup_mw=40.0)
    assembly, program = build([asset], np.full(HOURS, 500.0))
    solution = optimum(assembly, program)
    above = answers(assembly, program, solution)["unit"].above_min_mw
    assert above == pytest.approx([10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 70.0])


@pytest.mark.parametrize("formulation", list(Formulation))
def test_one_whole_unit_may_have_a_line_that_is_not_convex(formulation: Formulation) -> None:
    """From 30 to 65 MW the next MWh costs 100, beyond it 20: at 70 it pays to run full, at 50 at the lowest, never between."""
    asset = unit(
        initial_status_h=9.0, initial_power_mw=30.0, must_run=True, curve_cost_yuan_per_h=(0.0, 3500.0, 4200.0),
        formulation=formulation,
    )  # fmt: skip
    cost = cost_of([asset], np.array([70.0, 70.0, 50.0, 50.0, 110.0, 10.0, 70.0]))
    full, low = [70 * 70.0 - 4200.0, 110 * 70.0 - 4200.0], 30.0
    wanted = 3 * full[0] + full[1] + low * (3 * 70.0 + 2 * 50.0 + 110.0 + 10.0)
    assert cost == pytest.approx(-wanted, rel=1e-9)


def test_maintenance_closes_and_must_run_opens() -> None:
    day = dt.datetime(2030, 1, 1)
    asset = unit(
        initial_status_h=9.0, initial_power_mw=30.0, must_run=True,
        maintenance_from=(day + dt.timedelta(hours=2),), maintenance_until=(day + dt.timedelta(hours=4),),
    )  # fmt: skip
    assert online(asset, [0.0] * HOURS) == [1, 1, 0, 0, 1, 1, 1]


def test_three_units_in_one_are_three_units() -> None:
    """Where ramps never bind the group loses nothing, its start tiers and minimum times included."""
    rng = np.random.default_rng(5)
    fields: dict[str, Any] = {
        "time_up_minimum_h": 2.0, "time_down_minimum_h": 2.0, "ramp_startup_mw": 50.0, "ramp_shutdown_mw": 40.0,
        "start_lag_h": (2.0, 4.0), "start_cost_yuan": (900.0, 4000.0), "initial_status_h": 3.0, "initial_power_mw": 30.0,
    }  # fmt: skip
    for _ in range(4):
        demand = rng.uniform(30.0, 300.0, HOURS).round()
        series = {("load", "demand_mw"): demand}
        costs = []
        for units in ([unit(unit_count=3, **fields)], [unit(**{**fields, "id": f"unit_{k}"}) for k in range(3)]):
            rest = (LoadProfile(id="load", bus="bus"), Port.market("bus", "mw", 150.0, 0.0))
            assembly = assemble([*units, *rest], series, CLOCK)
            costs.append(optimum(assembly, compile_model(assembly.model)).objective_yuan)
        assert costs[0] == pytest.approx(costs[1], rel=1e-7)


def test_a_group_whose_ramps_bind_is_refused() -> None:
    with pytest.raises(ValidationError, match="list the units one by one"):
        unit(unit_count=2, ramp_up_mw_per_h=10.0)


def test_other_numbers_of_the_past_need_no_new_model() -> None:
    """A window of a rolling horizon is the same structure with the state that the one before left."""
    price = np.array([10.0, 10.0, 90.0, 90.0, 10.0, 10.0, 10.0])
    cold = unit(initial_status_h=-1.0, time_down_minimum_h=3.0, time_up_minimum_h=3.0)
    warm = unit(initial_status_h=1.0, initial_power_mw=80.0, time_down_minimum_h=3.0, time_up_minimum_h=3.0)
    _, program = build([cold], price)
    opening = warm.opening(CLOCK)
    moved = program.with_series(
        {
            ("unit", "start_before_count"): np.array(opening.start_count),
            ("unit", "stop_before_count"): np.array(opening.stop_count),
            ("unit", "online_before_count"): np.array([opening.online_count]),
            ("unit", "above_min_before_mw"): np.array([opening.above_min_mw]),
        }
    )
    assert solve(moved, EXACT).objective_yuan == pytest.approx(cost_of([warm], price))
    assert solve(program, EXACT).objective_yuan == pytest.approx(cost_of([cold], price))


def test_tiers_below_the_minimum_time_off_are_left_out() -> None:
    nothing = (0.0, 0.0)
    assert StartTiers.of((1, 4, 8), (1.0, 2.0, 3.0), down_steps=4) == StartTiers((4, 8), (2.0, 3.0), nothing)
    assert StartTiers.of((6, 8), (1.0, 2.0), down_steps=4) == StartTiers((4, 8), (1.0, 2.0), nothing)
    assert StartTiers.of((1, 4), (2.0, 2.0), down_steps=1) == StartTiers((1,), (2.0,), (0.0,))
    assert StartTiers.of((1, 4), (2.0, 2.0), 1, fuel=(0.0, 5.0)) == StartTiers((1, 4), (2.0, 2.0), (0.0, 5.0))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"power_min_mw": 120.0}, "must not be above"),
        ({"ramp_startup_mw": 10.0}, "can never happen"),
        ({"curve_cost_yuan_per_h": (0.0, 5000.0, 6000.0), "commitment": Commitment.RELAXED}, "must be convex"),
        ({"curve_cost_yuan_per_h": (0.0, 5000.0, 6000.0), "unit_count": 2}, "must be convex"),
        ({"initial_status_h": 0.0}, "not 0 h"),
        ({"initial_power_mw": 20.0}, "must lie between"),
        ({"start_lag_h": (4.0, 2.0), "start_cost_yuan": (1.0, 2.0)}, "must rise"),
        ({"start_lag_h": (2.0, 4.0), "start_cost_yuan": (2.0, 1.0)}, "must not cost less"),
        ({"initial_status_h": 1.0, "initial_power_mw": 90.0, "time_up_minimum_h": 3.0, "ramp_startup_mw": 50.0}, "started 1 h"),
    ],
)
def test_units_that_cannot_be_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        unit(**changes)


def test_steps_of_unequal_length_are_refused() -> None:
    hours = np.array([1.0, 1.0, 2.0, 2.0])
    uneven = Clock(replace(CLOCK.power, hours=hours), replace(CLOCK.water, hours=np.array([2.0, 4.0])))
    with pytest.raises(ValueError, match="equally long"):
        build([unit()], np.full(4, 100.0), uneven)


def test_a_ramp_that_equals_the_room_but_for_rounding_leaves_no_speck_of_a_coefficient() -> None:
    """0.1 + 0.2 is not 0.3: the ramp differs from the power of a start by less than a billionth of a megawatt."""
    asset = unit(
        power_min_mw=0.1, power_max_mw=1.0, ramp_up_mw_per_h=0.2, ramp_down_mw_per_h=0.2, ramp_startup_mw=0.3,
        ramp_shutdown_mw=0.3,
    )  # fmt: skip
    assert 0.3 - 0.1 - 0.2 != 0.0
    for formulation in Formulation:
        _, program = build([asset.model_copy(update={"formulation": formulation})], np.full(HOURS, 50.0))
        sizes = np.abs(program.matrix.data)
        assert sizes[sizes > 0].min() > 1e-6
