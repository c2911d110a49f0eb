"""Ancillary services of units: limits worked out by hand, and an audit that notices what is changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from yuqian.models.book import Answer
from yuqian.models.bus import Bus
from yuqian.models.clock import Clock, Floats
from yuqian.models.commitment_law import Commitment
from yuqian.models.kind import Kind
from yuqian.models.load_profile import LoadProfile
from yuqian.models.reserve_product import Direction
from yuqian.models.reserve_requirement import ReserveRequirement
from yuqian.models.thermal_unit import ThermalUnit
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.solve import Solution, solve
from yuqian.reports.audit import audit

CLOCK = Clock.of_days(dt.date(2030, 7, 1), 1)
LOAD_MW = 60.0


def unit(name: str = "unit", **fields: Any) -> ThermalUnit:
    """20 to 100 MW, online, 30 MW/h, 10 yuan/MWh."""
    given: dict[str, Any] = {
        "power_min_mw": 20.0, "power_max_mw": 100.0, "ramp_up_mw_per_h": 30.0, "ramp_down_mw_per_h": 30.0,
        "ramp_startup_mw": 100.0, "ramp_shutdown_mw": 100.0, "time_up_minimum_h": 1.0, "time_down_minimum_h": 1.0,
        "initial_status_h": 5.0, "initial_power_mw": 60.0, "curve_power_mw": (20.0, 100.0),
        "curve_cost_yuan_per_h": (200.0, 1000.0), "commitment": Commitment.INTEGER,
    }  # fmt: skip
    return ThermalUnit(id=name, bus="bus", **{**given, **fields})


def asks(name: str, **fields: Any) -> ReserveRequirement:
    given: dict[str, Any] = {"requirement_base_mw": 0.0, "shortage_price_yuan_per_mwh": 500.0, "response_h": 1 / 6}
    return ReserveRequirement(id=name, **{**given, **fields})


def solved(
    units: list[ThermalUnit], required: Mapping[ReserveRequirement, float]
) -> tuple[list[Kind], Mapping[str, Answer], Solution]:
    """Units that serve 60 MW and the requirements, in every hour of a day; audited."""
    assets = [Bus(id="bus", voltage_kv=220.0), LoadProfile(id="load", bus="bus"), *units, *required]
    series: dict[tuple[str, str], Floats] = {("load", "demand_mw"): np.full(24, LOAD_MW)}
    series |= {(asset.id, "requirement_mw"): np.full(24, mw) for asset, mw in required.items()}
    assembly = assemble(assets, series, CLOCK)
    program = compile_model(assembly.model)
    solution = solve(program)
    found = answers(assembly, program, solution)
    audit(assets, found, CLOCK, solution.objective_yuan).require()
    return assets, found, solution


def short(found: Mapping[str, Answer], name: str) -> Floats:
    return np.asarray(found[name].shortage_mw)


def test_what_is_called_shares_the_time_of_what_must_be_there_sooner() -> None:
    """30 MW/h give 5 MW in ten minutes and 15 MW in half an hour, the 5 MW included; the offer of 12 MW is less."""
    fast, slow = asks("fast"), asks("slow", response_h=0.5)
    both = ("fast", "slow")
    _, found, _ = solved([unit(ancillary=both)], {fast: 8.0, slow: 20.0})
    assert short(found, "fast") + short(found, "slow") == pytest.approx(np.full(24, 28.0 - 15.0))
    assert np.all(short(found, "fast") >= 3.0 - 1e-6)
    _, found, _ = solved([unit(ancillary=both, ancillary_max_mw=(100.0, 12.0))], {fast: 8.0, slow: 20.0})
    assert short(found, "fast") + short(found, "slow") == pytest.approx(np.full(24, 28.0 - 12.0))


def test_a_better_service_stands_in_for_a_lesser_one() -> None:
    """The lesser would cost 3 yuan/MWh to hold; what is over of the better costs 1."""
    fast, slow = asks("fast", surplus_to="slow"), asks("slow", response_h=0.5)
    one = unit(ancillary=("fast", "slow"), ancillary_cost_yuan_per_mwh=(1.0, 3.0))
    _, found, solution = solved([one], {fast: 1.0, slow: 6.0})
    assert found["unit"].service_fast_mw == pytest.approx(np.full(24, 5.0))
    assert found["unit"].service_slow_mw == pytest.approx(np.full(24, 2.0))
    assert solution.objective_yuan == pytest.approx(24 * (600.0 + 5.0 + 6.0))


@pytest.mark.parametrize("direction", list(Direction))
def test_regulation_needs_the_mode_its_band_and_its_price(direction: Direction) -> None:
    """In a band of 50 to 70 MW at 60 MW: at most half the band, 12 MW/h for 5 minutes are 1 MW."""
    product = asks("regulation", response_h=1 / 12, direction=direction, regulates=True)
    band = {"regulation_min_mw": 50.0, "regulation_max_mw": 70.0, "regulation_cost_yuan_per_h": 4.0}
    slow = unit(ancillary=("regulation",), regulation_ramp_mw_per_h=12.0, **band)
    _, found, solution = solved([slow], {product: 3.0})
    assert short(found, "regulation") == pytest.approx(np.full(24, 2.0))
    assert found["unit"].regulating_count == pytest.approx(np.ones(24))
    assert solution.objective_yuan == pytest.approx(24 * (600.0 + 4.0 + 1000.0))
    outside = slow.model_copy(update={"regulation_min_mw": 20.0, "regulation_max_mw": 59.0})
    _, found, _ = solved([outside], {product: 3.0})
    assert short(found, "regulation") == pytest.approx(np.full(24, 3.0))
    assert not np.any(found["unit"].regulating_count)


def test_at_standstill_a_unit_holds_what_it_offers_while_it_is_off() -> None:
    cold = unit("cold", initial_status_h=-5.0, initial_power_mw=0.0, start_cost_yuan=(1e6,))
    resting = cold.model_copy(
        update={"ancillary": ("quick", "late"), "ancillary_standstill_max_mw": (4.0, 9.0), "ancillary_max_mw": (0.0, 0.0)}
    )
    quick = asks("quick", from_standstill=True, from_online=False)
    late = asks("late", from_standstill=True, response_h=0.5)
    _, found, _ = solved([unit(), resting], {quick: 6.0, late: 20.0})
    assert short(found, "quick") + short(found, "late") == pytest.approx(np.full(24, 26.0 - 9.0))
    assert np.all(short(found, "quick") >= 2.0 - 1e-6)


def test_services_that_share_ramps_leave_less_to_each_other() -> None:
    """20 minutes' ramp of 30 MW/h is 10 MW by itself; beside 3 MW that pull six times as hard only 12 of 30 MW/h are left."""
    free, called = (
        asks(name, response_h=h, is_ramp=ramp) for name, h, ramp in (("free", 1 / 3, True), ("called", 1 / 6, False))
    )
    one = unit(ancillary=("free", "called"))
    _, found, _ = solved([one], {free: 20.0, called: 3.0})
    assert short(found, "free") == pytest.approx(np.full(24, 10.0))
    shared = {one.model_copy(update={"shares_ramp": True}): mw for one, mw in ((free, 20.0), (called, 3.0))}
    _, found, _ = solved([one], shared)
    assert 3.0 * found["unit"].service_free_mw + 6.0 * found["unit"].service_called_mw == pytest.approx(np.full(24, 30.0))


def test_a_zone_counts_what_its_own_units_hold_for_all() -> None:
    everybody = asks("all_of_it")
    zone = asks("zone", part_of="all_of_it", provider_ids=("near",))
    near, far = unit("near", ancillary=("all_of_it",)), unit("far", ancillary=("all_of_it",))
    _, found, _ = solved([near, far], {everybody: 10.0, zone: 7.0})
    assert short(found, "all_of_it") == pytest.approx(np.zeros(24), abs=1e-6)
    assert short(found, "zone") == pytest.approx(np.full(24, 2.0))


def test_the_audit_notices_every_service_that_is_changed() -> None:
    required = {
        asks("up", response_h=1 / 12, regulates=True, surplus_to="spin", shares_ramp=True): 1.0,
        asks("down", response_h=1 / 12, regulates=True, direction=Direction.DOWN): 1.0,
        asks("spin", surplus_to="stand"): 2.0,
        asks("stand", from_standstill=True, from_online=False): 3.0,
        asks("ramp", is_ramp=True, response_h=1 / 3, shares_ramp=True): 9.0,
    }
    names = tuple(asset.id for asset in required)
    offers = {
        "ancillary": names, "ancillary_standstill_max_mw": (0.0, 0.0, 0.0, 2.0, 0.0), "regulation_min_mw": 25.0,
        "regulation_max_mw": 95.0, "regulation_ramp_mw_per_h": 24.0, "ancillary_cost_yuan_per_mwh": (1.0, 1.0, 1.0, 1.0, 1.0),
    }  # fmt: skip
    cold = unit("cold", initial_status_h=-5.0, initial_power_mw=0.0, start_cost_yuan=(1e6,), **offers)
    assets, found, solution = solved([unit(**offers), cold], required)
    for owner in ("unit", "cold", *names):
        for name in found[owner]._arrays:
            if not name.startswith(("service_", "standing_service_", "regulating", "surplus", "shortage")):
                continue
            arrays = {key: value.copy() for key, value in found[owner]._arrays.items()}
            arrays[name][0] += 1.0
            damaged = {**found, owner: Answer(owner, arrays)}
            assert not audit(assets, damaged, CLOCK, solution.objective_yuan).passes, f"{owner}.{name}"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"ancillary": ("a",), "ancillary_max_mw": (1.0, 2.0)}, "ancillary_max_mw gives a number"),
        ({"regulation_min_mw": 30.0}, "belong together"),
        ({"regulation_min_mw": 10.0, "regulation_max_mw": 50.0}, "range of regulation"),
    ],
)
def test_offers_that_do_not_fit_are_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        unit(**fields)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"from_online": False}, "from_online and from_standstill"),
        ({"part_of": "other"}, "part_of names"),
        ({"surplus_to": "self"}, "other requirements"),
    ],
)
def test_requirements_that_do_not_fit_are_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        asks("self", **fields)
