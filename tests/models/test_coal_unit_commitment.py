"""A coal-fired station in whole units: the same station stated as general thermal units must cost the same."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from yuqian.models.book import Answer
from yuqian.models.clock import Clock
from yuqian.models.coal_unit import AvailabilityOf, CoalUnit
from yuqian.models.commitment_law import Commitment, Formulation
from yuqian.models.kind import Kind
from yuqian.models.ledger import Account
from yuqian.models.load_profile import LoadProfile
from yuqian.models.port import Port
from yuqian.models.reserve_requirement import ReserveRequirement
from yuqian.models.thermal_unit import ThermalUnit
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.solve import Outcome, SolverOptions, solve
from yuqian.reports.audit import audit

DAY = Clock.of_days(dt.date(2030, 1, 1), 1)
COAL = CoalUnit.example().asset
COAL_YUAN_PER_T = 800.0
DEMAND = 640.0 + 560.0 * np.sin(np.arange(24) * np.pi / 6.0)
SWITCHED: dict[str, Any] = {
    "time_up_minimum_h": 5.0, "time_down_minimum_h": 4.0, "ramp_startup_fraction": 0.5, "ramp_shutdown_fraction": 0.45,
    "start_lag_h": (4.0, 8.0), "start_cost_yuan": (20e3, 60e3), "start_fuel_tce": (30.0, 80.0), "initial_status_h": 9.0,
    "initial_power_fraction": 0.5,
}  # fmt: skip


def station(**changes: Any) -> CoalUnit:
    fields = {**COAL.model_dump(), "must_run_fraction": 0.0, "water_node": None, "ramp_fraction_per_h": 0.7}
    return CoalUnit(**{**fields, "commitment": Commitment.INTEGER, **changes})


def as_thermal(coal: CoalUnit, number: int) -> ThermalUnit:
    """One unit of the station, net of its auxiliaries, its fuel paid for."""
    net = (1.0 - coal.auxiliary_fraction) * coal.unit_power_max_mw
    no_load, per_mw = coal.fuel_line()
    low = coal.power_min_fraction
    yuan_per_tce = COAL_YUAN_PER_T / coal.coal_heat_tce_per_t
    cost = [
        yuan_per_tce * (no_load + per_mw * share * coal.unit_power_max_mw) + coal.variable_cost_yuan_per_mwh * share * net
        for share in (low, 1.0)
    ]
    starts = tuple(money + yuan_per_tce * fuel for money, fuel in zip(coal.start_cost_yuan, coal.start_fuel_tce, strict=True))
    return ThermalUnit(
        id=f"unit_{number}", bus="bus", power_min_mw=low * net, power_max_mw=net,
        ramp_up_mw_per_h=coal.ramp_fraction_per_h * net, ramp_down_mw_per_h=coal.ramp_fraction_per_h * net,
        ramp_startup_mw=coal.ramp_startup_fraction * net, ramp_shutdown_mw=coal.ramp_shutdown_fraction * net,
        time_up_minimum_h=coal.time_up_minimum_h, time_down_minimum_h=coal.time_down_minimum_h,
        initial_status_h=coal.initial_status_h, initial_power_mw=(coal.initial_power_fraction or low) * net,
        start_lag_h=coal.start_lag_h, start_cost_yuan=starts, curve_power_mw=(low * net, net),
        curve_cost_yuan_per_h=(cost[0], cost[1]), commitment=Commitment.INTEGER,
    )  # fmt: skip


def run(plants: list[Any], available: float = 1.0, **more: Any) -> tuple[float, dict[str, Answer], Any]:
    load = LoadProfile(id="load", bus="bus")
    ports = (Port.market("bus", "mw", 2000.0, 0.0), Port.market("yard", "t_per_h", COAL_YUAN_PER_T, 0.0))
    series = {("load", "demand_mw"): DEMAND, ("coal", "available_fraction"): np.full(24, available)}
    assets: list[Kind] = [*plants, load, *ports, *more.get("around", ())]
    assembly = assemble(assets, {**series, **more.get("series", {})}, DAY)
    program = compile_model(assembly.model)
    solution = solve(program, SolverOptions(gap_fraction=1e-9, time_limit_s=60.0))
    assert solution.outcome is Outcome.OPTIMAL
    found = answers(assembly, program, solution)
    checked = audit(assembly.assets, found, DAY, solution.objective_yuan)
    checked.require()
    return solution.objective_yuan, found, checked.totals


@pytest.mark.parametrize("formulation", list(Formulation))
def test_a_station_of_one_unit_is_a_thermal_unit(formulation: Formulation) -> None:
    coal = station(unit_count=1, formulation=formulation, **SWITCHED)
    assert run([coal])[0] == pytest.approx(run([as_thermal(coal, 1)])[0], rel=1e-8)


def test_a_station_of_two_is_two_thermal_units() -> None:
    coal = station(unit_count=2, **SWITCHED)
    alone = run([as_thermal(coal, 1), as_thermal(coal, 2)])[0]
    assert run([coal])[0] == pytest.approx(alone, rel=1e-8)


def test_whole_units_cost_no_less_and_starts_burn_coal() -> None:
    coal = station(unit_count=2, **SWITCHED)
    whole, found, totals = run([coal])
    relaxed, _, _ = run([coal.model_copy(update={"commitment": Commitment.RELAXED})])
    assert relaxed <= whole + 1e-6
    no_load, per_mw = coal.fuel_line()
    running = (no_load * found["coal"].online_count[1:] + per_mw * found["coal"].power_mw).sum()
    started = found["coal"].start_count[-24:].sum()
    assert round(started) >= 1
    in_starts = totals[Account.CO2] / coal.co2_t_per_tce - running
    assert 30.0 * started - 1e-6 <= in_starts <= 80.0 * started + 1e-6


def test_without_switching_data_only_the_number_online_is_whole() -> None:
    coal = station(unit_count=2)
    assert not coal.is_switched
    cost, found, _ = run([coal])
    online = found["coal"].online_count
    assert len(online) == 24
    assert online == pytest.approx(np.round(online))
    relaxed, _, _ = run([coal.model_copy(update={"commitment": Commitment.RELAXED})])
    assert relaxed <= cost


def test_expected_outages_lower_the_power_of_whole_units() -> None:
    """Nine tenths of two units are one whole unit, but two units at nine tenths."""
    by_units = run([station(unit_count=2)], available=0.9)[1]["coal"].online_count
    coal = station(unit_count=2, availability_of=AvailabilityOf.POWER)
    by_power = run([coal], available=0.9)[1]["coal"]
    assert by_units.max() == pytest.approx(1.0)
    assert by_power.online_count.max() == pytest.approx(2.0)
    assert by_power.power_mw.max() <= 0.9 * 1320.0 + 1e-6


@pytest.mark.parametrize("switched", [False, True])
def test_reserve_is_held_below_the_units_online(switched: bool) -> None:
    coal = station(unit_count=2, reserve="spinning", **(SWITCHED if switched else {}))
    requirement = ReserveRequirement(id="spinning", requirement_base_mw=100.0)
    more = {"around": (requirement,), "series": {("spinning", "requirement_mw"): np.full(24, 100.0)}}
    _, found, _ = run([coal], **more)
    held = found["coal"].reserve_mw * (1.0 - coal.auxiliary_fraction)
    assert held.min() >= 100.0 - 1e-6
    online = found["coal"].online_count[-24:]
    assert (found["coal"].power_mw + found["coal"].reserve_mw <= 660.0 * online + 1e-5).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ramp_startup_fraction": 0.2}, "can never happen"),
        ({"initial_power_fraction": 0.2}, "must not lie below"),
        ({"start_lag_h": (2.0, 4.0), "start_cost_yuan": (1.0, 2.0)}, "each start tier"),
        ({**SWITCHED, "initial_status_h": 1.0, "initial_power_fraction": 0.9}, "cannot have reached"),
    ],
)
def test_stations_that_cannot_be_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        station(**changes)
