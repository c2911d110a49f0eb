"""A coal-fired station with rates by load, courses and maintenance: the same stated as general thermal units costs the same."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from yuqian.models.book import Answer
from yuqian.models.clock import Clock
from yuqian.models.coal_unit import CoalUnit
from yuqian.models.commitment_law import Commitment
from yuqian.models.kind import Kind
from yuqian.models.ledger import Account
from yuqian.models.load_profile import LoadProfile
from yuqian.models.port import Port
from yuqian.models.thermal_unit import ThermalUnit
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.solve import Outcome, SolverOptions, solve
from yuqian.reports.audit import audit

DAY = dt.datetime(2030, 1, 1)
CLOCK = Clock.of_days(DAY.date(), 1)
COAL_YUAN_PER_T, HEAT = 800.0, 0.75
DEMAND = 500.0 + 480.0 * np.sin(np.arange(24) * np.pi / 6.0)
LOADS, RATES = (0.4, 0.6, 0.8, 1.0), (345.0, 322.0, 312.0, 308.0)


def station(**changes: Any) -> CoalUnit:
    fields = CoalUnit.example().asset.model_dump()
    fields |= {"must_run_fraction": 0.0, "water_node": None, "ramp_fraction_per_h": 1.0, "coal_heat_tce_per_t": HEAT}
    fields |= {"part_load_fraction": LOADS, "part_load_rate_net_gce_per_kwh": RATES, "coal_rate_net_gce_per_kwh": RATES[-1]}
    return CoalUnit(**{**fields, "commitment": Commitment.INTEGER, **changes})


def run(plants: list[Any]) -> tuple[float, dict[str, Answer], Any]:
    load = LoadProfile(id="load", bus="bus")
    ports = (Port.market("bus", "mw", 900.0, 0.0), Port.market("yard", "t_per_h", COAL_YUAN_PER_T, 0.0))
    series = {("load", "demand_mw"): DEMAND, ("coal", "available_fraction"): np.ones(24)}
    assets: list[Kind] = [*plants, load, *ports]
    assembly = assemble(assets, {k: v for k, v in series.items() if k[0] in {a.id for a in assets}}, CLOCK)
    program = compile_model(assembly.model)
    assert program.structure is not None
    assert program.structure.notes == ()
    solution = solve(program, SolverOptions(gap_fraction=1e-9, time_limit_s=60.0))
    assert solution.outcome is Outcome.OPTIMAL
    found = answers(assembly, program, solution)
    checked = audit(assembly.assets, found, CLOCK, solution.objective_yuan)
    checked.require()
    return solution.objective_yuan, found, checked.totals


def as_thermal(coal: CoalUnit, number: int) -> ThermalUnit:
    """One unit of the station, net of its auxiliaries, its fuel paid for."""
    net = (1.0 - coal.auxiliary_fraction) * coal.unit_power_max_mw
    per_tce = COAL_YUAN_PER_T / HEAT
    cost = [
        load * net * (rate / 1000.0 * per_tce + coal.variable_cost_yuan_per_mwh)
        for load, rate in zip(LOADS, RATES, strict=True)
    ]
    # What a course sends out costs the station its variable cost, which a general unit does not know.
    starts = []
    ends = np.cumsum(coal.start_course_h, dtype=int)
    for k, (money, fuel) in enumerate(zip(coal.start_cost_yuan, coal.start_fuel_tce, strict=True)):
        course = sum(coal.start_course_fraction[ends[k] - coal.start_course_h[k] : ends[k]]) if coal.start_course_h else 0.0
        starts.append(money + per_tce * fuel + course * net * coal.variable_cost_yuan_per_mwh)
    stop = sum(coal.stop_course_fraction) * net * coal.variable_cost_yuan_per_mwh
    return ThermalUnit(
        id=f"unit_{number}", bus="bus", power_min_mw=LOADS[0] * net, power_max_mw=net, ramp_up_mw_per_h=net,
        ramp_down_mw_per_h=net, ramp_startup_mw=net, ramp_shutdown_mw=net, time_up_minimum_h=coal.time_up_minimum_h,
        time_down_minimum_h=coal.time_down_minimum_h, initial_status_h=coal.initial_status_h,
        initial_power_mw=LOADS[0] * net if (coal.initial_status_h or 0) > 0 else 0.0, start_lag_h=coal.start_lag_h,
        start_cost_yuan=tuple(starts), start_course_h=coal.start_course_h,
        start_course_mw=tuple(share * net for share in coal.start_course_fraction),
        stop_course_mw=tuple(share * net for share in coal.stop_course_fraction),
        stop_cost_yuan=coal.stop_cost_yuan + per_tce * coal.stop_fuel_tce + stop,
        curve_power_mw=tuple(load * net for load in LOADS), curve_cost_yuan_per_h=tuple(cost),
        maintenance_from=coal.maintenance_from, maintenance_until=coal.maintenance_until, commitment=Commitment.INTEGER,
    )  # fmt: skip


COURSES: dict[str, Any] = {
    "unit_count": 1, "time_up_minimum_h": 3.0, "time_down_minimum_h": 4.0, "start_lag_h": (4.0, 7.0),
    "start_cost_yuan": (10e3, 30e3), "start_fuel_tce": (20.0, 60.0), "start_course_h": (1, 3),
    "start_course_fraction": (0.3, 0.1, 0.2, 0.3), "stop_course_fraction": (0.25,), "stop_cost_yuan": 4e3, "stop_fuel_tce": 3.0,
    "initial_status_h": 12.0,
}  # fmt: skip


def test_a_unit_with_courses_is_a_thermal_unit_with_its_fuel_paid_for() -> None:
    coal = station(**COURSES)
    cost, found, totals = run([coal])
    assert found["coal"].stop_count.sum() > 0.5
    assert cost == pytest.approx(run([as_thermal(coal, 1)])[0], rel=1e-7)
    assert totals[Account.CO2] > 0.0


def test_two_units_by_load_are_two_thermal_units() -> None:
    fields: dict[str, Any] = {"time_up_minimum_h": 3.0, "time_down_minimum_h": 3.0, "initial_status_h": 5.0}
    coal = station(**fields)
    assert run([coal])[0] == pytest.approx(run([as_thermal(coal, 1), as_thermal(coal, 2)])[0], rel=1e-7)


@pytest.mark.parametrize("commitment", list(Commitment))
def test_fuel_by_load_holds_without_switching_too(commitment: Commitment) -> None:
    """Flat load of 80 % on the only unit: 0.8 x 660 x 0.94 MW at 312 gce/kWh."""
    net = 0.8 * 660.0 * 0.94
    coal = station(unit_count=1, commitment=commitment, must_run_fraction=1.0, variable_cost_yuan_per_mwh=0.0)
    ports = (Port.market("bus", "mw", 5000.0, 0.0), Port.market("yard", "t_per_h", COAL_YUAN_PER_T, 0.0))
    series = {("load", "demand_mw"): np.full(24, net), ("coal", "available_fraction"): np.ones(24)}
    assembly = assemble([coal, LoadProfile(id="load", bus="bus"), *ports], series, CLOCK)
    solution = solve(compile_model(assembly.model))
    assert solution.objective_yuan == pytest.approx(24 * net * 0.312 / HEAT * COAL_YUAN_PER_T)


@pytest.mark.parametrize("switched", [False, True])
def test_maintenance_takes_one_unit_of_two_out(switched: bool) -> None:
    hour = dt.timedelta(hours=1)
    fields: dict[str, Any] = {
        "maintenance_from": (DAY + 6 * hour,), "maintenance_until": (DAY + 12 * hour,), "maintenance_unit_count": (1,),
        "must_run_fraction": 1.0,
    }  # fmt: skip
    if switched:
        fields |= {"time_up_minimum_h": 1.0, "initial_status_h": 9.0}
    _, found, _ = run([station(**fields)])
    wanted = np.where((np.arange(24) >= 6) & (np.arange(24) < 12), 1.0, 2.0)
    assert found["coal"].online_count[-24:] == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"part_load_rate_net_gce_per_kwh": (345.0, 350.0, 320.0, 290.0)}, "part_load_rate_net_gce_per_kwh.*must be convex"),
        ({"part_load_fraction": (0.5, 0.6, 0.8, 1.0)}, "must reach from the minimum power"),
        ({"part_load_fraction": (0.4, 1.0)}, "each part_load_fraction needs"),
        ({"start_course_h": (2,), "start_course_fraction": (0.1,)}, "counts 2 hours"),
        (
            {"maintenance_from": (DAY,), "maintenance_until": (DAY + dt.timedelta(1),), "maintenance_unit_count": (3,)},
            "between 1",
        ),
    ],
)
def test_stations_that_cannot_be_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        station(**changes)
