"""What the reader of Egret cases makes of stores, loads and plants at a price, limits, courses, curves and second fuels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from yuqian.assets.published_case import Case, MalformedCase, UnsupportedCase
from yuqian.assets.read_egret import read_egret
from yuqian.models.dual_fuel_unit import DualFuelUnit
from yuqian.models.generator_profile import GeneratorProfile
from yuqian.models.kind import Kind
from yuqian.models.load_profile import LoadProfile
from yuqian.models.nomogram import Nomogram
from yuqian.models.price_responsive_load import PriceResponsiveLoad
from yuqian.models.renewable_profile import RenewableProfile
from yuqian.models.reserve_requirement import ReserveRequirement
from yuqian.models.switched_store import SwitchedStore
from yuqian.models.thermal_unit import ThermalUnit


def by_step(*values: Any) -> dict[str, Any]:
    return {"data_type": "time_series", "values": list(values)}


def egret(**generator: Any) -> dict[str, Any]:
    """One unit of 10 to 50 MW and a load over three hours."""
    unit = {
        "generator_type": "thermal", "bus": "B", "p_min": 10.0, "p_max": 50.0, "ramp_up_60min": 20.0, "ramp_down_60min": 20.0,
        "startup_capacity": 10.0, "shutdown_capacity": 10.0, "min_up_time": 2, "min_down_time": 3, "initial_status": -3,
        "initial_p_output": 0.0, "startup_cost": [[3, 30.0], [5, 60.0]], "shutdown_cost": 0.0,
        "p_cost": {"data_type": "cost_curve", "cost_curve_type": "polynomial", "values": {"0": 5.0, "1": 2.0, "2": 0.1}},
    }  # fmt: skip
    load = {"bus": "B", "p_load": by_step(20.0, 30.0, 25.0)}
    system = {"time_keys": ["1", "2", "3"], "time_period_length_minutes": 60, "load_mismatch_cost": 1000.0}
    elements = {"bus": {"B": {}, "C": {}}, "load": {"L": load}, "generator": {"G": {**unit, **generator}}}
    return {"elements": elements, "system": system}


def read(folder: Path, data: dict[str, Any], **options: Any) -> Case:
    path = folder / "case.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return read_egret(path, **options)


def of_kind(case: Case, kind: type[Kind]) -> dict[str, Any]:
    return {asset.id: asset for asset in case.assets if isinstance(asset, kind)}


def test_store_is_carried_over(tmp_path: Path) -> None:
    data = egret()
    data["elements"]["storage"] = {
        "S": {
            "bus": "B", "energy_capacity": 80.0, "max_discharge_rate": 20.0, "max_charge_rate": 15.0, "min_charge_rate": 3.0,
            "discharge_efficiency": 0.95, "charge_efficiency": 0.9, "initial_state_of_charge": 0.25, "charge_cost": 1.0,
            "discharge_cost": 2.0, "ramp_up_input_60min": 5.0, "retention_rate_60min": 0.9,
        }
    }  # fmt: skip
    store = of_kind(read(tmp_path, data), SwitchedStore)["s"]
    assert (store.discharge_max_mw, store.charge_min_mw, store.charge_max_mw, store.energy_max_mwh) == (20.0, 3.0, 15.0, 80.0)
    # What it begins with loses nothing in the format, a tenth in the first step of ours.
    assert store.soc_initial_fraction == pytest.approx(0.25 / 0.9)
    assert (store.soc_final_fraction, store.retained_per_h_ratio) == (0.25, 0.9)
    assert (store.charge_ramp_up_mw_per_h, store.charge_ramp_down_mw_per_h) == (5.0, None)
    data["elements"]["storage"]["S"]["min_charge_rate"] = 16.0
    with pytest.raises(MalformedCase, match=r"storage 'S'.*charge_min_mw \(16 MW\)"):
        read(tmp_path, data)


def test_loads_at_a_price_spread_and_feeding_in(tmp_path: Path) -> None:
    data = egret()
    data["elements"]["load"].update(
        bids={"bus": "C", "p_load": 8.0, "p_price": by_step(50.0, -1.0, 0.0)},
        spread={"bus": {"data_type": "load_distribution_factor", "values": {"B": 0.25, "C": 0.75}}, "p_load": 8.0},
        turned={"bus": "C", "p_load": by_step(4.0, -3.0, 1.0)},
    )
    case = read(tmp_path, data)
    assert set(of_kind(case, PriceResponsiveLoad)) == {"load_bids"}
    assert case.series["load_bids", "bid_yuan_per_mwh"].tolist() == [50.0, -1.0, 0.0]
    assert [case.series[f"load_spread_{bus}", "demand_mw"][0] for bus in "bc"] == [2.0, 6.0]
    assert case.series["load_turned", "demand_mw"].tolist() == [4.0, 0.0, 1.0]
    assert case.series["load_turned_fed_in", "lowest_mw"].tolist() == [0.0, 3.0, 0.0]


def test_power_may_be_left_over_where_nobody_takes_any(tmp_path: Path) -> None:
    data = egret()
    data["elements"]["generator"]["W"] = {"generator_type": "renewable", "bus": "C", "p_max": 9.0, "p_min": 9.0}
    loads = of_kind(read(tmp_path, data), LoadProfile)
    assert set(loads) == {"load_l", "surplus_c"}
    assert loads["surplus_c"].surplus_price_yuan_per_mwh == 1000.0
    assert set(of_kind(read(tmp_path, data, must_serve=True), LoadProfile)) == {"load_l"}


def test_plants_that_are_paid_to_run_or_take_power(tmp_path: Path) -> None:
    data = egret()
    data["elements"]["generator"].update(
        paid={"generator_type": "renewable", "bus": "B", "p_min": 0.0, "p_max": 9.0, "p_cost": -15.0},
        both={"generator_type": "virtual", "bus": "B", "p_min": -4.0, "p_max": 6.0, "p_cost": by_step(1.0, 2.0, 3.0)},
        plain={"generator_type": "renewable", "bus": "B", "p_min": 0.0, "p_max": 9.0},
    )
    case = read(tmp_path, data)
    assert set(of_kind(case, GeneratorProfile)) == {"paid", "both"}
    assert set(of_kind(case, RenewableProfile)) == {"plain"}
    assert case.series["both", "price_yuan_per_mwh"].tolist() == [1.0, 2.0, 3.0]


def networked() -> dict[str, Any]:
    data = egret()
    branch = {"from_bus": "B", "to_bus": "C", "branch_type": "line", "reactance": 0.1, "rating_long_term": 30.0}
    data["elements"]["branch"] = {"a": dict(branch), "b": {**branch, "from_bus": "C", "to_bus": "B"}}
    return data


def test_limits_at_a_price(tmp_path: Path) -> None:
    data = networked()
    data["elements"]["branch"]["a"]["violation_penalty"] = 40.0
    data["elements"]["interface"] = {
        "I": {"lines": ["a", "b"], "line_orientation": [1, -1], "minimum_limit": -5.0, "maximum_limit": 8.0}
    }
    weights = {"data_type": "coefs", "values": {"generator": {"G": 0.5}}}
    data["elements"]["security_constraint"] = {
        "S": {"security_constraint_type": "pg", "upper_bound": 20.0, "coefs": weights, "violation_penalty": 3.0}
    }
    limits = of_kind(read(tmp_path, data), Nomogram)
    rating, interface, security = (limits[name] for name in ("limit_branch_a", "interface_i", "security_s"))
    assert (rating.sum_highest_mw, rating.violation_price_yuan_per_mwh, rating.giver_ids) == (30.0, 40.0, ("branch_a",))
    assert (interface.weight_ratio, interface.buses, interface.sum_lowest_mw) == ((1.0, -1.0), ("c", "b"), -5.0)
    assert (security.giver_ids, security.buses, security.sum_lowest_mw) == (("g",), ("b",), None)
    data["elements"]["interface"]["I"]["lines"] = ["a", "x"]
    with pytest.raises(MalformedCase, match="'I' names the line 'x'"):
        read(tmp_path, data)


def test_courses_are_written_from_the_start_backwards(tmp_path: Path) -> None:
    data = egret(startup_curve=[8.0, 4.0, 2.0, 1.0], shutdown_curve=[6.0], future_status=2)
    data["system"]["reserve_requirement"] = 5.0
    case = read(tmp_path, data)
    unit = of_kind(case, ThermalUnit)["g"]
    assert (unit.start_course_h, unit.start_course_mw) == ((3, 3), (2.0, 4.0, 8.0) * 2)
    assert (unit.stop_course_mw, unit.courses_add_freely) == ((6.0,), True)
    # Online two hours after the last: of its three hours on the way the first falls into the last of the horizon.
    assert unit.start_to_come_mw == (0.0, 2.0, 4.0)


def test_costs_by_step_stand_at_the_points_of_all_steps(tmp_path: Path) -> None:
    curve = {"data_type": "cost_curve", "cost_curve_type": "piecewise"}
    curves = [{**curve, "values": [[10.0, 10.0], [mid, 2.0 * mid], [50.0, 200.0]]} for mid in (20.0, 30.0, 30.0)]
    unit = of_kind(read(tmp_path, egret(p_cost=by_step(*curves))), ThermalUnit)["g"]
    assert unit.curve_power_mw == (10.0, 20.0, 30.0, 50.0)
    costs = unit.curve_cost_by_step_yuan_per_h
    assert costs[:4] == pytest.approx((10.0, 40.0, 40.0 + 160.0 / 3.0, 200.0))
    assert costs[4:8] == pytest.approx((10.0, 35.0, 60.0, 200.0))


def test_a_polynomial_under_limits_by_step_is_cut_in_each_step(tmp_path: Path) -> None:
    unit = of_kind(read(tmp_path, egret(p_max=by_step(50.0, 30.0, 50.0))), ThermalUnit)["g"]
    assert unit.curve_power_mw == (10.0, 20.0, 30.0, 50.0)
    assert unit.curve_cost_by_step_yuan_per_h[4:7] == pytest.approx((35.0, 85.0, 155.0))


def test_power_before_the_first_step_may_lie_outside_of_the_limits(tmp_path: Path) -> None:
    free = egret(ramp_up_60min=200.0, initial_status=4, initial_p_output=0.0)
    assert of_kind(read(tmp_path, free), ThermalUnit)["g"].initial_power_mw == 10.0
    with pytest.raises(MalformedCase, match="must lie between 10 and 50"):
        read(tmp_path, egret(initial_status=4, initial_p_output=0.0))


def test_a_second_fuel(tmp_path: Path) -> None:
    fuel = {
        "p_fuel": {"data_type": "fuel_curve", "values": [[10.0, 30.0], [50.0, 190.0]]}, "fuel_cost": 2.0, "fuel_supply": "F",
        "startup_fuel": [[3, 5.0]], "p_cost": None, "startup_cost": None, "aux_fuel_capable": True, "aux_fuel_cost": 3.5,
        "aux_fuel_supply": "O", "aux_fuel_blending": False, "aux_fuel_online_switching": False, "aux_fuel_supply_initial": 1,
    }  # fmt: skip
    data = egret(**fuel, initial_status=3, initial_p_output=10.0)
    supply = {"fuel_supply_type": "instantaneous", "fuel_available": 100.0}
    data["elements"]["fuel_supply"] = {"F": supply, "O": supply}
    unit = of_kind(read(tmp_path, data), DualFuelUnit)["g"]
    assert (unit.fuel_from, unit.other_fuel_from, unit.other_premium_yuan_per_t) == ("f", "o", 1.5)
    assert (unit.blends, unit.switches_online, unit.began_on_other) == (False, False, True)
    del data["elements"]["generator"]["G"]["fuel_supply"]
    with pytest.raises(UnsupportedCase, match="aux_fuel_capable of a unit without a fuel supply"):
        read(tmp_path, data)


def test_services_stand_in_for_lesser_ones_and_zones_count_their_own(tmp_path: Path) -> None:
    data = egret(
        agc_capable=True, ramp_agc=0.5, p_min_agc=12.0, p_max_agc=48.0, agc_marginal_cost=2.0, agc_fixed_cost=5.0, area="A",
        supplemental_start=True, supplemental_non_spinning_capacity=7.0, fast_start=True, non_spinning_capacity=9.0,
    )  # fmt: skip
    data["system"].update(regulation_up_requirement=3.0, supplemental_reserve_requirement=6.0, reserve_ramping_constraints=True)
    data["elements"]["area"] = {"A": {"non_spinning_reserve_requirement": by_step(1.0, 2.0, 3.0)}}
    case = read(tmp_path, data)
    asked = of_kind(case, ReserveRequirement)
    assert asked["regulation_up"].surplus_to == "non_spinning_reserve"
    assert asked["non_spinning_reserve"].surplus_to == "supplemental_reserve"
    zone = asked["non_spinning_reserve_area_a"]
    assert (zone.part_of, zone.provider_ids, zone.surplus_to) == ("non_spinning_reserve", ("g",), None)
    assert case.series["non_spinning_reserve", "requirement_mw"].tolist() == [0.0, 0.0, 0.0]
    assert (asked["regulation_up"].shortage_price_yuan_per_mwh, asked["regulation_down"].regulates) == (250.0, True)
    assert asked["supplemental_reserve"].shortage_price_yuan_per_mwh == 125.0
    unit = of_kind(case, ThermalUnit)["g"]
    offered = dict(zip(unit.ancillary, unit.ancillary_standstill_max_mw, strict=True))
    assert offered["non_spinning_reserve"] == offered["supplemental_reserve"] == 7.0
    assert (unit.regulation_min_mw, unit.regulation_max_mw, unit.regulation_ramp_mw_per_h) == (12.0, 48.0, 30.0)
    data["elements"]["generator"]["G"]["spinning_capacity"] = by_step(1.0, 2.0, 3.0)
    with pytest.raises(UnsupportedCase, match=r"generator\.spinning_capacity by step"):
        read(tmp_path, data)
