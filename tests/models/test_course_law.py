"""Starts and stops along a course, maintenance and limits by step, against every schedule that there is."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from yuqian.models.book import Answer
from yuqian.models.clock import Clock, Horizon
from yuqian.models.commitment_law import Commitment, Formulation
from yuqian.models.course_law import course_in_steps
from yuqian.models.grid_exchange import GridExchange
from yuqian.models.kind import Kind
from yuqian.models.load_profile import LoadProfile
from yuqian.models.port import Port
from yuqian.models.service_law import out_of_service
from yuqian.models.thermal_unit import ThermalUnit
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.seams import Seams
from yuqian.optimise.solve import Outcome, SolverOptions, solve
from yuqian.reports.audit import audit

HOURS = 9
DAY = dt.datetime(2030, 1, 1)
CLOCK = Clock.of_days(DAY.date(), 1, hours_per_day=HOURS)
LOW, HIGH, NO_LOAD, PER_MWH = 40.0, 100.0, 500.0, 30.0


def unit(**changes: Any) -> ThermalUnit:
    fields: dict[str, Any] = {
        "id": "unit", "bus": "bus", "power_min_mw": LOW, "power_max_mw": HIGH, "ramp_up_mw_per_h": HIGH,
        "ramp_down_mw_per_h": HIGH, "ramp_startup_mw": 70.0, "ramp_shutdown_mw": 60.0, "time_up_minimum_h": 1.0,
        "time_down_minimum_h": 4.0, "initial_status_h": -20.0, "start_lag_h": (4.0, 6.0), "start_cost_yuan": (300.0, 900.0),
        "start_course_h": (1, 3), "start_course_mw": (25.0, 10.0, 20.0, 30.0), "stop_course_mw": (20.0, 5.0),
        "curve_power_mw": (LOW, HIGH), "curve_cost_yuan_per_h": (NO_LOAD + PER_MWH * LOW, NO_LOAD + PER_MWH * HIGH),
        "commitment": Commitment.INTEGER,
    }  # fmt: skip
    return ThermalUnit(**{**fields, **changes})


def run(units: list[ThermalUnit], more: list[Kind], series: dict[tuple[str, str], Any]) -> tuple[float, dict[str, Answer]]:
    assembly = assemble([*units, *more], series, CLOCK)
    program = compile_model(assembly.model)
    assert program.structure is not None
    assert program.structure.notes == ()
    solution = solve(program, SolverOptions(gap_fraction=1e-9))
    assert solution.outcome is Outcome.OPTIMAL
    found = answers(assembly, program, solution)
    audit(assembly.assets, found, CLOCK, solution.objective_yuan).require()
    return solution.objective_yuan, found


def sold(units: list[ThermalUnit], price: Any) -> tuple[float, dict[str, Answer]]:
    """Units selling to a grid at a price by hour."""
    grid = GridExchange(
        id="grid", bus="bus", power_export_max_mw=1e4, power_import_max_mw=0.0, price_mean_yuan_per_mwh=100.0,
        price_swing_fraction=0.0, wheeling_yuan_per_mwh=1.0,
    )  # fmt: skip
    return run(
        units, [grid, Port.market("bus", "mw", 1e5, -1e5)], {("grid", "price_yuan_per_mwh"): np.asarray(price, dtype=float)}
    )


def cost_of(asset: ThermalUnit, schedule: tuple[int, ...], price: Any, off_before: int, on_before: int) -> float | None:
    """What one schedule costs, hour by hour; None where it breaks a rule."""
    on = list(schedule)
    total, off = 0.0, off_before
    stops = [t for t in range(HOURS) if not on[t] and (on[t - 1] if t else on_before)] + ([-off_before] if off_before else [])
    for t in range(HOURS):
        before = on[t - 1] if t else bool(on_before)
        if on[t] and not before:
            if off < asset.time_down_minimum_h:
                return None
            tier = sum(lag <= off for lag in asset.start_lag_h) - 1
            ends = np.cumsum(asset.start_course_h)
            course = asset.start_course_mw[ends[tier] - asset.start_course_h[tier] : ends[tier]]
            if t < len(course):
                return None
            total += asset.start_cost_yuan[tier]
            total -= sum(power * price[t - len(course) + i] for i, power in enumerate(course))
        off = 0 if on[t] else off + 1
        if on[t]:
            high = HIGH if before else min(HIGH, asset.ramp_startup_mw)
            if t + 1 < HOURS and not on[t + 1]:
                high = min(high, asset.ramp_shutdown_mw)
            power = high if price[t] > PER_MWH else LOW
            total += NO_LOAD + (PER_MWH - price[t]) * power
    for t in stops:
        total -= sum(power * price[t + i] for i, power in enumerate(asset.stop_course_mw) if 0 <= t + i < HOURS)
    return total


@pytest.mark.parametrize("formulation", list(Formulation))
@pytest.mark.parametrize("seed", range(6))
def test_optimum_is_the_best_of_all_schedules_with_their_courses(seed: int, formulation: Formulation) -> None:
    price = np.random.default_rng(seed).uniform(0.0, 80.0, HOURS).round()
    online = bool(seed % 2)
    status = {"initial_status_h": 3.0, "initial_power_mw": 50.0} if online else {"initial_status_h": -1.0 - seed}
    asset = unit(formulation=formulation, **status)
    every = (
        cost_of(asset, schedule, price, 0 if online else 1 + seed, int(online))
        for schedule in itertools.product((0, 1), repeat=HOURS)
    )
    best = min(cost for cost in every if cost is not None)
    assert sold([asset], price)[0] == pytest.approx(best, abs=1e-3)
    relaxed = asset.model_copy(update={"commitment": Commitment.RELAXED})
    assert sold([relaxed], price)[0] <= best + 1e-3


def test_a_cold_start_follows_its_course_hour_by_hour() -> None:
    asset = unit(must_run=False, start_cost_yuan=(0.0, 0.0), stop_course_mw=())
    load = np.array([0, 0, 10, 20, 30, 60, 90, 90, 90], dtype=float)
    _, found = run(
        [asset], [LoadProfile(id="load", bus="bus"), Port.market("bus", "mw", 1e4, -1e4)], {("load", "demand_mw"): load}
    )
    assert found["unit"].start_2_begun_count[3:] == pytest.approx([0, 0, 1, 0, 0, 0, 0, 0, 0])
    assert found["port_bus"].bought == pytest.approx(0.0)
    assert found["unit"].online_count[1:] == pytest.approx([0, 0, 0, 0, 0, 1, 1, 1, 1])


def test_a_window_goes_on_with_the_starts_that_the_one_before_began() -> None:
    """A cold start begun two hours before the second window gives its last hour there and is online in the next."""
    load = np.array([0.0] * 7 + [10.0, 20.0, 30.0] + [60.0] * 8)
    asset = unit(start_cost_yuan=(0.0, 0.0), stop_course_mw=())
    rest: list[Kind] = [LoadProfile(id="load", bus="bus"), Port.market("bus", "mw", 1e4, -1e4)]
    days = Clock.of_days(DAY.date(), 2, hours_per_day=HOURS)
    whole = assemble([asset, *rest], {("load", "demand_mw"): load}, days)
    program = compile_model(whole.model)
    solution = solve(program, SolverOptions(gap_fraction=1e-9))
    assert solution.x is not None
    begins: dict[tuple[str, str], Any] = {}
    for one in Seams(whole).carried:
        begins |= {(one.owner, name): np.array(one.opening) for name in one.params if one.opening is not None}
    opened = Seams(whole).handed_on(program, solution.x, begins, 1)
    assert opened["unit", "opening_start_2_begun_count"] == pytest.approx([0.0, 1.0, 0.0])
    second = Clock.of_days(DAY.date() + dt.timedelta(1), 1, hours_per_day=HOURS)
    later = assemble([asset, *rest], {("load", "demand_mw"): load[HOURS:]}, second, Horizon.WINDOW)
    window = compile_model(later.model).with_series(opened)
    went_on = solve(window, SolverOptions(gap_fraction=1e-9))
    found = answers(later, window, went_on)
    audit(later.assets, found, second, went_on.objective_yuan, Horizon.WINDOW).require()
    assert found["port_bus"].bought == pytest.approx(0.0)
    assert found["unit"].online_count[1:] == pytest.approx([0.0] + [1.0] * 8)
    forgotten = {**opened, ("unit", "opening_start_2_begun_count"): np.zeros(3)}
    assert solve(compile_model(later.model).with_series(forgotten)).objective_yuan > went_on.objective_yuan + 1e5


def test_a_profitable_course_is_not_chosen_for_its_own_sake() -> None:
    """After four hours off only the hot start may be taken, though the cold one gives 60 MWh on its way."""
    asset = unit(
        initial_status_h=-1.0, start_cost_yuan=(0.0, 0.0), online_min_by_step_count=(0, 0, 0, 1, 1, 1, 1, 1, 1),
        online_max_by_step_count=(0, 0, 0, 1, 1, 1, 1, 1, 1), formulation=Formulation.THREE_BINARY,
    )  # fmt: skip
    _, found = sold([asset], [60.0] * HOURS)
    assert found["unit"].start_tier_1_count.sum() == pytest.approx(1.0)


def test_courses_in_other_steps_keep_their_energy() -> None:
    assert course_in_steps((10.0, 20.0, 30.0), 1.0, to_the_end=True) == (10.0, 20.0, 30.0)
    assert course_in_steps((10.0, 20.0, 30.0), 2.0, to_the_end=True) == (5.0, 25.0)
    assert course_in_steps((10.0, 20.0, 30.0), 2.0, to_the_end=False) == (15.0, 15.0)
    assert course_in_steps((10.0, 20.0), 0.5, to_the_end=True) == (10.0, 10.0, 20.0, 20.0)
    assert course_in_steps((), 2.0, to_the_end=True) == ()


def test_maintenance_takes_some_units_out_by_date() -> None:
    """Two of three units are out for three hours, the third for one of them too."""
    hour = dt.timedelta(hours=1)
    windows: dict[str, Any] = {
        "maintenance_from": (DAY + 2 * hour, DAY + 4 * hour), "maintenance_until": (DAY + 5 * hour, DAY + 6 * hour),
        "maintenance_unit_count": (2, 1),
    }  # fmt: skip
    assert out_of_service(CLOCK, *windows.values(), 3).tolist() == [0, 0, 2, 2, 3, 1, 0, 0, 0]
    asset = unit(
        unit_count=3, initial_status_h=9.0, initial_power_mw=LOW, time_down_minimum_h=1.0, start_lag_h=(1.0,),
        start_cost_yuan=(0.0,), start_course_h=(), start_course_mw=(), stop_course_mw=(), must_run=True, **windows,
    )  # fmt: skip
    _, found = sold([asset], [0.0] * HOURS)
    assert found["unit"].online_count[1:] == pytest.approx([3, 3, 1, 1, 0, 2, 3, 3, 3])


def test_limits_by_step_hold_for_units_online() -> None:
    low, high = (40.0, 40, 60, 60, 40, 40, 40, 40, 40), (100.0, 100, 100, 100, 100, 55, 55, 100, 100)
    asset = unit(
        initial_status_h=9.0, initial_power_mw=50.0, power_min_by_step_mw=low, power_max_by_step_mw=high, must_run=True,
        ramp_startup_mw=100.0, ramp_shutdown_mw=100.0,
    )  # fmt: skip
    _, cheap = sold([asset], [0.0] * HOURS)
    assert LOW + cheap["unit"].above_min_mw[1:] == pytest.approx(list(low))
    _, dear = sold([asset], [90.0] * HOURS)
    assert LOW + dear["unit"].above_min_mw[1:] == pytest.approx(list(high))


@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    count=st.integers(2, 3), up=st.integers(1, 3), down=st.integers(1, 3), seed=st.integers(0, 10_000),
    start_mw=st.sampled_from([40.0, 60.0, 100.0]), stop_mw=st.sampled_from([40.0, 75.0, 100.0]), status=st.integers(-4, 4),
    formulation=st.sampled_from(list(Formulation)),
)  # fmt: skip
def test_a_group_that_may_be_grouped_is_its_units(
    count: int, up: int, down: int, seed: int, start_mw: float, stop_mw: float, status: int, formulation: Formulation
) -> None:
    """Whole identical units in one cost what they cost one by one, wherever the law says that grouping loses nothing."""
    rng = np.random.default_rng(seed)
    fields: dict[str, Any] = {
        "time_up_minimum_h": float(up), "time_down_minimum_h": float(down), "initial_status_h": float(status or 5),
        "initial_power_mw": LOW if (status or 5) > 0 else 0.0, "start_lag_h": (float(down), down + 2.0),
        "start_course_h": (), "start_course_mw": (), "stop_course_mw": (), "stop_cost_yuan": 50.0,
        "ramp_startup_mw": start_mw, "ramp_shutdown_mw": stop_mw, "formulation": formulation,
        "curve_power_mw": (LOW, 70.0, HIGH), "curve_cost_yuan_per_h": (1500.0, 2300.0, 3600.0),
    }  # fmt: skip
    group = unit(unit_count=count, **fields)
    more: list[Kind] = [LoadProfile(id="load", bus="bus"), Port.market("bus", "mw", 90.0, 0.0)]
    series = {("load", "demand_mw"): rng.uniform(0.0, 100.0 * count, HOURS).round()}
    together, _ = run([group], more, series)
    alone, _ = run([unit(id=f"unit_{k}", **fields) for k in range(count)], more, series)
    if group.can_be_grouped(CLOCK):
        assert together == pytest.approx(alone, rel=1e-7)
    else:
        assert formulation is Formulation.THREE_BINARY
        assert together <= alone * (1 + 1e-7)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start_course_h": (1,)}, "each of the 2 start tiers"),
        ({"start_course_mw": (1.0,)}, "gives 1 powers"),
        ({"stop_course_mw": (200.0,)}, "must lie between"),
        ({"maintenance_from": (DAY,), "maintenance_until": (DAY,)}, "must end after"),
        ({"maintenance_from": (DAY,)}, "its end"),
        ({"start_fuel_t": (1.0, 2.0)}, "fuel_from"),
    ],
)
def test_units_that_cannot_be_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        unit(**changes)


def test_courses_longer_than_the_time_off_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot spend"):
        sold([unit(stop_course_mw=(30.0, 20.0, 10.0, 5.0))], [50.0] * HOURS)


def test_values_by_step_must_fit_the_horizon() -> None:
    with pytest.raises(ValueError, match="power_max_by_step_mw gives 2 values"):
        sold([unit(power_max_by_step_mw=(50.0, 60.0))], [50.0] * HOURS)
