"""Reserves by hand: products, response times, what they cost, and what may fail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from yuqian.models.battery import Battery
from yuqian.models.book import Answer
from yuqian.models.clock import Clock
from yuqian.models.commitment_law import Commitment
from yuqian.models.kind import Kind
from yuqian.models.load_profile import LoadProfile
from yuqian.models.port import Port
from yuqian.models.pumped_storage import PumpedStorage
from yuqian.models.renewable_profile import RenewableProfile
from yuqian.models.reserve_product import Direction
from yuqian.models.reserve_requirement import ReserveRequirement
from yuqian.models.thermal_unit import ThermalUnit
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.prices import balance_prices, priced
from yuqian.optimise.solve import Outcome, SolverOptions, solve
from yuqian.reports.audit import audit

HOURS = 3
CLOCK = Clock.of_days(dt.date(2030, 1, 1), 1, hours_per_day=HOURS)


class Found:
    """An audited answer with its prices."""

    def __init__(self, assets: list[Kind], series: Mapping[tuple[str, str], float]) -> None:
        numbers = {key: np.full(HOURS, value) for key, value in series.items()}
        self.assembly = assemble(assets, numbers, CLOCK)
        self.program = compile_model(self.assembly.model)
        assert self.program.structure is not None
        assert self.program.structure.notes == ()
        solution = solve(self.program, SolverOptions(gap_fraction=1e-9))
        assert solution.outcome is Outcome.OPTIMAL
        self.cost = solution.objective_yuan
        self.answers = answers(self.assembly, self.program, solution)
        self.audit(self.answers).require()
        self.prices = balance_prices(self.assembly, self.program, priced(self.program, solution))

    def audit(self, found: Mapping[str, Answer]) -> Any:
        return audit(self.assembly.assets, found, CLOCK, self.cost)

    def __getitem__(self, asset: str) -> Answer:
        return self.answers[asset]


def unit(name: str, high: float, price: float, **changes: Any) -> ThermalUnit:
    low = changes.get("power_min_mw", 0.0)
    fields: dict[str, Any] = {
        "id": name, "bus": "bus", "power_min_mw": low, "power_max_mw": high, "ramp_up_mw_per_h": high,
        "ramp_down_mw_per_h": high, "ramp_startup_mw": high, "ramp_shutdown_mw": high, "time_up_minimum_h": 1.0,
        "time_down_minimum_h": 1.0, "curve_power_mw": (low, high), "curve_cost_yuan_per_h": (price * low, price * high),
        "commitment": Commitment.INTEGER,
    }  # fmt: skip
    return ThermalUnit(**{**fields, **changes})


def requirement(name: str = "reserve", **changes: Any) -> ReserveRequirement:
    return ReserveRequirement(**{"id": name, "requirement_base_mw": 0.0, **changes})


def served(plants: list[Any], load: float, **required: float) -> Found:
    """Plants that meet a load, with the requirements that are among them."""
    series = {("load", "demand_mw"): load}
    series |= {(p.id, "requirement_mw"): required.get(p.id, 0.0) for p in plants if isinstance(p, ReserveRequirement)}
    for plant in plants:
        if isinstance(plant, RenewableProfile):
            series |= {(plant.id, "lowest_mw"): 0.0, (plant.id, "highest_mw"): plant.rated_mw}
    return Found([*plants, LoadProfile(id="load", bus="bus"), Port.market("bus", "mw", 1e4, -1e4)], series)


def test_price_of_reserve_is_what_the_energy_held_back_would_have_earned() -> None:
    """A unit at 20 yuan sells at 50; each MW of 10 that it holds back loses 30."""
    plants = [unit("a", 100.0, 20.0, reserves=("reserve",)), Port.market("bus", "mw", 60.0, 50.0), requirement()]
    found = Found(plants, {("reserve", "requirement_mw"): 10.0})
    assert found["a"].above_min_mw[1:] == pytest.approx(90.0)
    assert found.prices["reserve"].values == pytest.approx(30.0)
    assert found.prices["reserve"].is_requirement


def test_the_largest_unit_online_is_covered() -> None:
    """180 MW of units meet 110 MW with 70 MW to spare, so neither may give more than 70; one more MW of need moves one more."""
    plants = [
        unit("a", 100.0, 10.0, reserves=("reserve",)), unit("b", 80.0, 30.0, reserves=("reserve",)),
        requirement(covers_failures=True),
    ]  # fmt: skip
    found = served(plants, 110.0)
    assert found["a"].above_min_mw[1:] == pytest.approx(70.0)
    assert found.cost == pytest.approx(HOURS * (70 * 10 + 40 * 30))
    assert found.prices["reserve"].values == pytest.approx(20.0)
    assert served(plants, 110.0, reserve=5.0).cost == pytest.approx(HOURS * (65 * 10 + 45 * 30))


def test_what_the_failed_unit_holds_itself_does_not_help() -> None:
    """Only the other's headroom counts: 80 less what it gives must be at least what the first gives."""
    plants = [
        unit("a", 100.0, 10.0, reserves=("reserve",)), unit("b", 80.0, 30.0, reserves=("reserve",)),
        requirement(covers_failures=True, without_the_failed=True, shortage_price_yuan_per_mwh=500.0),
    ]  # fmt: skip
    assert served(plants, 70.0).cost == pytest.approx(HOURS * 70 * 10)
    assert served(plants, 90.0).cost == pytest.approx(HOURS * (90 * 10 + 10 * 500))


def test_a_group_is_covered_by_its_rating_and_a_unit_that_is_off_needs_no_cover() -> None:
    short = requirement(covers_failures=True, shortage_price_yuan_per_mwh=1.0)
    pair = unit("pair", 100.0, 10.0, unit_count=2, power_min_mw=20.0)
    assert served([pair, short], 60.0).cost == pytest.approx(HOURS * (600.0 + 100.0))
    alone = [unit("a", 100.0, 10.0), unit("dear", 500.0, 500.0), short]
    assert served(alone, 60.0).cost == pytest.approx(HOURS * (600.0 + 60.0))
    relaxed = pair.model_copy(update={"commitment": Commitment.RELAXED})
    assert served([relaxed, short], 60.0).cost == pytest.approx(HOURS * (600.0 + 30.0))


def test_response_time_limits_what_a_unit_can_hold() -> None:
    """A unit that ramps 60 MW/h gives 10 MW in ten minutes and 30 in thirty, the ten included."""
    plants = [
        unit("a", 100.0, 10.0, ramp_up_mw_per_h=60.0, reserves=("fast", "slow")),
        requirement("fast", response_h=1 / 6, shortage_price_yuan_per_mwh=700.0),
        requirement("slow", response_h=0.5, shortage_price_yuan_per_mwh=300.0),
    ]
    found = served(plants, 20.0, fast=25.0, slow=25.0)
    assert found["a"].reserve_fast_mw == pytest.approx(10.0)
    assert found["a"].reserve_slow_mw == pytest.approx(20.0)
    assert found.cost == pytest.approx(HOURS * (20 * 10 + 15 * 700 + 5 * 300))


def test_no_megawatt_is_held_twice() -> None:
    prices = {"one": 700.0, "two": 300.0}
    plants = [requirement(name, shortage_price_yuan_per_mwh=price) for name, price in prices.items()]
    found = served([unit("a", 100.0, 10.0, reserves=tuple(prices)), *plants], 80.0, one=15.0, two=15.0)
    assert found.cost == pytest.approx(HOURS * (80 * 10 + 10 * 300))


def test_reserve_downwards_needs_power_to_give_up() -> None:
    down = requirement("down", direction=Direction.DOWN, response_h=0.25)
    plants: list[Any] = [
        unit("cheap", 100.0, 10.0, power_min_mw=30.0), unit("dear", 100.0, 40.0, power_min_mw=30.0, reserves=("down",)), down,
    ]  # fmt: skip
    found = served(plants, 100.0, down=20.0)
    assert found["dear"].above_min_mw[1:] == pytest.approx(20.0)
    assert found.prices["down"].values == pytest.approx(30.0)
    slow = plants[1].model_copy(update={"ramp_down_mw_per_h": 80.0})
    assert served([plants[0], slow, down], 100.0, down=20.0).cost == pytest.approx(found.cost)


def test_wind_holds_what_it_curtails_and_gives_up_what_it_makes() -> None:
    wind = RenewableProfile(id="wind", bus="bus", rated_mw=50.0, reserves=("up", "down"))
    plants = [
        unit("a", 200.0, 10.0), wind, requirement("up", shortage_price_yuan_per_mwh=300.0),
        requirement("down", direction=Direction.DOWN, shortage_price_yuan_per_mwh=300.0),
    ]  # fmt: skip
    found = served(plants, 100.0, up=20.0, down=40.0)
    # A MW curtailed costs 10, holds one upwards and takes one away downwards only below 40.
    assert found["wind"].power_mw == pytest.approx(30.0, abs=10.0 + 1e-6)
    assert found["wind"].reserve_up_mw + found["wind"].power_mw == pytest.approx(50.0)
    assert found["wind"].reserve_down_mw == pytest.approx(np.minimum(found["wind"].power_mw, 40.0))


def test_quick_units_at_standstill_serve_what_takes_them() -> None:
    """The quick one stays off and stands ready; for a product that must spin it would have to run."""
    plants: list[Any] = [
        unit("base", 100.0, 10.0, power_min_mw=50.0),
        unit("quick", 40.0, 90.0, power_min_mw=10.0, quick_start_mw=25.0, reserves=("ready",), initial_status_h=-5.0),
    ]
    ready = requirement("ready", from_standstill=True)
    assert served([*plants, ready], 100.0, ready=25.0).cost == pytest.approx(HOURS * 100 * 10)
    assert served([*plants, requirement("ready")], 100.0, ready=25.0).cost == pytest.approx(HOURS * (90 * 10 + 10 * 90))


def test_a_unit_just_stopped_does_not_stand_ready() -> None:
    quick = unit(
        "quick", 40.0, 90.0, power_min_mw=10.0, quick_start_mw=25.0, reserves=("ready",), initial_status_h=-1.0,
        time_down_minimum_h=2.0,
    )  # fmt: skip
    ready = requirement("ready", from_standstill=True, shortage_price_yuan_per_mwh=100.0)
    found = served([unit("base", 100.0, 10.0), quick, ready], 100.0, ready=25.0)
    assert found["quick"].standing_reserve_ready_mw == pytest.approx([0.0, 25.0, 25.0])


@pytest.mark.parametrize(("sustain_h", "held_mw"), [(None, 10.0), (1.0, 20.0), (0.5, 40.0)])
def test_a_battery_holds_what_its_energy_lasts_for(sustain_h: float | None, held_mw: float) -> None:
    """20 MWh that are held all day; the battery itself counts two hours where the requirement says nothing."""
    battery = Battery(
        id="battery", bus="bus", power_max_mw=100.0, energy_max_mwh=20.0, soc_min_fraction=0.0, soc_max_fraction=1.0,
        efficiency_charge_fraction=1.0, efficiency_discharge_fraction=1.0, cycles_max_per_day=1.0,
        variable_cost_yuan_per_mwh=1.0, reserves=("reserve",), reserve_duration_h=2.0,
    )  # fmt: skip
    plants = [unit("a", 100.0, 10.0), battery, requirement(sustain_h=sustain_h, shortage_price_yuan_per_mwh=100.0)]
    found = served(plants, 50.0, reserve=60.0)
    assert found["battery"].reserve_reserve_mw == pytest.approx(held_mw)
    assert found.cost == pytest.approx(HOURS * (500.0 + (60.0 - held_mw) * 100.0))


def test_a_store_needs_room_to_take_more() -> None:
    fields = {**PumpedStorage.example().asset.model_dump(), "water_node": None, "make_up_hm3_per_year": 0.0}
    fields |= {"availability_fraction": 1.0, "energy_max_mwh": 300.0, "reserves": ("up", "down"), "unit_count": 1}
    plants = [
        unit("a", 900.0, 10.0), PumpedStorage(**fields), requirement("up", sustain_h=1.0, shortage_price_yuan_per_mwh=90.0),
        requirement("down", direction=Direction.DOWN, sustain_h=2.0, shortage_price_yuan_per_mwh=70.0),
    ]  # fmt: skip
    found = served(plants, 500.0, up=200.0, down=200.0)
    stock = found["pumped"].energy_mwh[1:]
    assert np.all(found["pumped"].reserve_up_mw <= stock + 1e-6)
    assert np.all(0.9 * 0.85 * 2.0 * found["pumped"].reserve_down_mw <= 300.0 - stock + 1e-6)
    assert found.cost > HOURS * 5000.0


def test_requirement_follows_load_wind_and_shortage_is_priced_in_steps() -> None:
    wind = RenewableProfile(id="wind", bus="bus", rated_mw=50.0)
    sized = requirement(
        load_fraction=0.05, variable_fraction=0.2, shortage_step_mw=(4.0, 6.0), shortage_step_price_yuan_per_mwh=(50.0, 80.0),
        shortage_price_yuan_per_mwh=200.0,
    )  # fmt: skip
    found = served([unit("a", 200.0, 10.0), wind, sized], 100.0, reserve=3.0)
    assert found.cost == pytest.approx(HOURS * (500.0 + 4 * 50 + 6 * 80 + 8 * 200))
    assert found.prices["reserve"].values == pytest.approx(200.0)


def test_the_audit_notices_what_is_not_held() -> None:
    plants = [
        unit("a", 100.0, 10.0, ramp_up_mw_per_h=60.0, reserves=("reserve",)),
        requirement(response_h=0.5, covers_failures=True, shortage_price_yuan_per_mwh=300.0),
    ]
    found = served(plants, 60.0, reserve=5.0)
    for owner, name in (("a", "reserve_reserve_mw"), ("reserve", "largest_failure_mw"), ("reserve", "shortage_mw")):
        for change in (-3.0, 3.0):
            arrays = {key: value.copy() for key, value in found[owner]._arrays.items()}
            arrays[name][0] += change
            assert not found.audit({**found.answers, owner: Answer(owner, arrays)}).passes


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"covers_failures": True, "direction": Direction.DOWN}, "upwards"),
        ({"without_the_failed": True}, "belongs to covers_failures"),
        ({"shortage_step_mw": (1.0,)}, "needs its price"),
        ({"shortage_step_mw": (1.0, 1.0), "shortage_step_price_yuan_per_mwh": (5.0, 4.0)}, "must not fall"),
    ],
)
def test_requirements_that_cannot_be_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        requirement(**changes)
