"""Readers of published unit-commitment cases: what is carried over, and what is refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from yuqian.assets.published_case import Case, MalformedCase, UnsupportedCase, convex_envelope, merge_identical
from yuqian.assets.read_egret import read_egret
from yuqian.assets.read_pglib import read_pglib
from yuqian.models.commitment_law import Commitment, Formulation
from yuqian.models.line import Line
from yuqian.models.load_profile import LoadProfile
from yuqian.models.thermal_unit import ThermalUnit
from yuqian.reports.case_run import solve_case

PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "uc"


def written(folder: Path, data: dict[str, Any]) -> Path:
    path = folder / "case.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def egret(**generator: Any) -> dict[str, Any]:
    unit = {
        "generator_type": "thermal", "bus": "B", "p_min": 10.0, "p_max": 50.0, "ramp_up_60min": 20.0, "ramp_down_60min": 20.0,
        "startup_capacity": 10.0, "shutdown_capacity": 10.0, "min_up_time": 2, "min_down_time": 2, "initial_status": -3,
        "initial_p_output": 0.0, "startup_cost": [[2, 30.0], [5, 60.0]], "shutdown_cost": 0.0, "fuel": "G",
        "p_cost": {"data_type": "cost_curve", "cost_curve_type": "polynomial", "values": {"0": 5.0, "1": 2.0, "2": 0.1}},
    }  # fmt: skip
    load = {"bus": "B", "p_load": {"data_type": "time_series", "values": [20.0, 30.0, 25.0]}}
    system = {"time_keys": ["1", "2", "3"], "time_period_length_minutes": 60, "load_mismatch_cost": 1000.0}
    return {
        "elements": {"bus": {"B": {}}, "load": {"L": load}, "generator": {"3 G-1": {**unit, **generator}}},
        "system": system,
    }


def pglib(**unit: Any) -> dict[str, Any]:
    thermal = {
        "must_run": 0, "power_output_minimum": 5.0, "power_output_maximum": 12.0, "ramp_up_limit": 20.0,
        "ramp_down_limit": 20.0, "ramp_startup_limit": 5.0, "ramp_shutdown_limit": 5.0, "time_up_minimum": 4,
        "time_down_minimum": 2, "power_output_t0": 6.0, "unit_on_t0": 1, "time_down_t0": 0, "time_up_t0": 9,
        "startup": [{"lag": 2, "cost": 30.0}], "name": "G",
        "piecewise_production": [{"mw": 5.0, "cost": 90.0}, {"mw": 8.0, "cost": 150.0}, {"mw": 12.0, "cost": 200.0}],
    }  # fmt: skip
    return {
        "time_periods": 2, "demand": [9.0, 10.0], "reserves": [1.0, 1.0],
        "thermal_generators": {"115_STEAM_1": {**thermal, **unit}},
        "renewable_generators": {"W": {"power_output_minimum": [0, 0], "power_output_maximum": [2, 3], "name": "W"}},
    }  # fmt: skip


def test_egret_unit_is_carried_over(tmp_path: Path) -> None:
    case = read_egret(written(tmp_path, egret()), Commitment.RELAXED)
    (unit,) = (asset for asset in case.assets if isinstance(asset, ThermalUnit))
    assert unit.id == "unit_3_g_1"
    assert unit.curve_power_mw == (10.0, 30.0, 50.0)
    assert unit.curve_cost_yuan_per_h == pytest.approx((35.0, 155.0, 355.0))
    assert (unit.start_lag_h, unit.start_cost_yuan) == ((2.0, 5.0), (30.0, 60.0))
    (load,) = (asset for asset in case.assets if isinstance(asset, LoadProfile))
    assert load.shed_price_yuan_per_mwh == 1000.0
    assert case.series[load.id, "demand_mw"].tolist() == [20.0, 30.0, 25.0]
    assert case.clock.power.count == 3


def test_all_fields_that_cannot_be_carried_are_named_at_once(tmp_path: Path) -> None:
    data = egret(shutdown_cost={"data_type": "time_series", "values": [5.0, 4.0, 5.0]}, spring=3.0, fixed_commitment=None)
    data["elements"]["contingency"] = {"S": {}}
    data["system"]["carbon_limit"] = 5.0
    path = written(tmp_path, data)
    with pytest.raises(UnsupportedCase) as refused:
        read_egret(path)
    named = ("contingency", "generator.shutdown_cost by step", "generator.spring", "system.carbon_limit")
    assert refused.value.fields == named
    with pytest.raises(UnsupportedCase, match=r"system\.carbon_limit"):
        read_egret(path, allow=named[:3])
    assert read_egret(path, allow=named).left_out == named


def test_pglib_unit_pays_the_convex_envelope_of_its_points(tmp_path: Path) -> None:
    case = read_pglib(written(tmp_path, pglib()))
    (unit,) = (asset for asset in case.assets if isinstance(asset, ThermalUnit))
    assert unit.id == "unit_115_steam_1"
    assert unit.curve_power_mw == (5.0, 12.0)
    assert unit.initial_status_h == 9.0
    assert case.series["w", "highest_mw"].tolist() == [2.0, 3.0]


def test_pglib_names_what_it_cannot_carry(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedCase, match=r"thermal_generators\.emissions"):
        read_pglib(written(tmp_path, pglib(emissions=1.0)))


def test_a_missing_field_is_named(tmp_path: Path) -> None:
    data = pglib()
    del data["thermal_generators"]["115_STEAM_1"]["startup"]
    with pytest.raises(MalformedCase, match="'startup' is missing"):
        read_pglib(written(tmp_path, data))


def test_what_units_offer_to_services_that_nobody_asks_for_is_no_loss(tmp_path: Path) -> None:
    data = egret(agc_capable=True, ramp_agc=3.0, p_min_agc=11.0, spinning_capacity=20.0, non_spinning_capacity=5.0)
    data["elements"]["area"] = {"A": {"name": "A"}}
    assert read_egret(written(tmp_path, data)).left_out == ()
    data["elements"]["area"]["A"]["spinning_reserve_requirement"] = 5.0
    unit = thermal(read_egret(written(tmp_path, data)))
    assert (unit.ancillary, unit.ancillary_max_mw) == (("spinning_reserve",), (20.0,))


def thermal(case: Case) -> ThermalUnit:
    (unit,) = (asset for asset in case.assets if isinstance(asset, ThermalUnit))
    return unit


def test_egret_limits_and_commitments_by_step(tmp_path: Path) -> None:
    case = read_egret(
        written(
            tmp_path,
            egret(
                p_max={"data_type": "time_series", "values": [50.0, 40.0, 50.0]},
                fixed_commitment={"data_type": "time_series", "values": [None, 1, 0]},
                p_cost={"data_type": "cost_curve", "cost_curve_type": "piecewise", "values": [[20.0, 40.0], [45.0, 90.0]]},
                non_fuel_no_load_cost=7.0,
            ),
        )
    )
    unit = thermal(case)
    assert (unit.power_max_mw, unit.power_max_by_step_mw, unit.power_min_by_step_mw) == (50.0, (50.0, 40.0, 50.0), ())
    assert (unit.online_min_by_step_count, unit.online_max_by_step_count) == ((0.0, 1.0, 0.0), (1.0, 1.0, 0.0))
    assert (unit.curve_power_mw[0], unit.curve_power_mw[-1]) == (10.0, 50.0)
    assert unit.curve_cost_yuan_per_h[0] == pytest.approx(27.0)
    assert unit.curve_cost_yuan_per_h[-1] == pytest.approx(107.0)


def test_egret_fuel_is_paid_and_drawn_from_its_supply(tmp_path: Path) -> None:
    data = egret(
        p_fuel={"data_type": "fuel_curve", "values": [[10.0, 30.0], [50.0, 190.0]]}, fuel_cost=2.0, fuel_supply="F",
        startup_fuel=[[2, 5.0], [4, 9.0]], startup_cost=None, p_cost=None, non_fuel_startup_cost=1.0,
    )  # fmt: skip
    data["elements"]["fuel_supply"] = {
        "F": {"fuel_supply_type": "instantaneous", "fuel_available": {"data_type": "time_series", "values": [9e9, 1e100, 80]}}
    }
    case = read_egret(written(tmp_path, data))
    unit = thermal(case)
    assert (unit.fuel_from, unit.curve_fuel_t_per_h) == ("f", (30.0, 190.0))
    assert (unit.curve_cost_yuan_per_h, unit.start_cost_yuan, unit.start_fuel_t) == ((60.0, 380.0), (11.0, 19.0), (5.0, 9.0))
    assert case.series["f", "available_t_per_h"].tolist() == [9e9, 1e15, 80.0]
    data["elements"]["fuel_supply"]["F"]["fuel_supply_type"] = "pipeline"
    with pytest.raises(UnsupportedCase, match="pipeline"):
        read_egret(written(tmp_path, data))


def test_egret_curve_that_is_not_convex_is_refused(tmp_path: Path) -> None:
    curve = {"data_type": "cost_curve", "cost_curve_type": "piecewise", "values": [[10, 10], [30, 60], [50, 80]]}
    with pytest.raises(UnsupportedCase, match="not convex"):
        read_egret(written(tmp_path, egret(p_cost=curve)))


def test_egret_shorter_steps_shorten_what_a_start_may_reach(tmp_path: Path) -> None:
    data = egret(startup_capacity=20.0, shutdown_capacity=None)
    del data["elements"]["generator"]["3 G-1"]["shutdown_capacity"]
    data["system"]["time_period_length_minutes"] = 30
    unit = thermal(read_egret(written(tmp_path, data)))
    assert (unit.ramp_startup_mw, unit.ramp_shutdown_mw) == (15.0, 15.0)


def test_series_of_another_length_are_malformed(tmp_path: Path) -> None:
    data = egret()
    data["elements"]["load"]["L"]["p_load"]["values"] = [20.0]
    with pytest.raises(MalformedCase, match="1 values for 3"):
        read_egret(written(tmp_path, data))
    other = pglib()
    other["demand"] = [1.0]
    with pytest.raises(MalformedCase, match="'demand' has 1 values"):
        read_pglib(written(tmp_path, other))


def test_pglib_unit_with_one_power_and_no_renewables(tmp_path: Path) -> None:
    data = pglib(
        power_output_maximum=5.0, power_output_t0=5.0, piecewise_production=[{"mw": 5.0, "cost": 90.0}], must_run=1,
        startup=[{"lag": 2, "cost": 30.0}, {"lag": 9, "cost": 40.0}],
    )  # fmt: skip
    del data["renewable_generators"]
    unit = thermal(read_pglib(written(tmp_path, data)))
    assert (unit.curve_power_mw, unit.must_run, unit.start_lag_h) == ((5.0,), True, (2.0, 9.0))


def test_pglib_points_and_tiers_that_repeat_or_fall(tmp_path: Path) -> None:
    """Of two costs at one power the lower holds; a start may take a colder tier that costs less."""
    points = [{"mw": 5.0, "cost": 90.0}, {"mw": 12.0, "cost": 210.0}, {"mw": 12.0, "cost": 200.0}]
    tiers = [{"lag": 2, "cost": 50.0}, {"lag": 4, "cost": 80.0}, {"lag": 9, "cost": 60.0}]
    unit = thermal(read_pglib(written(tmp_path, pglib(piecewise_production=points, startup=tiers))))
    assert (unit.curve_power_mw, unit.curve_cost_yuan_per_h) == ((5.0, 12.0), (90.0, 200.0))
    assert (unit.start_lag_h, unit.start_cost_yuan) == ((2.0, 4.0, 9.0), (50.0, 60.0, 60.0))


def test_a_unit_that_cannot_be_where_it_starts_is_read_by_the_rules_that_do_not_look_back(tmp_path: Path) -> None:
    data = pglib(time_up_t0=1, power_output_t0=11.0, ramp_up_limit=2.0)
    unit = thermal(read_pglib(written(tmp_path, data), formulation=Formulation.TIGHT))
    assert unit.formulation is Formulation.THREE_BINARY
    with pytest.raises(MalformedCase, match=r"115_STEAM_1.*must lie between"):
        read_pglib(written(tmp_path, pglib(power_output_t0=2.0)))


def test_envelope_leaves_convex_points_alone() -> None:
    assert convex_envelope([(0.0, 0.0), (1.0, 1.0), (2.0, 3.0)]) == ((0.0, 1.0, 2.0), (0.0, 1.0, 3.0))


def test_identical_units_are_merged_where_that_is_exact(tmp_path: Path) -> None:
    data = pglib()
    unit = data["thermal_generators"]["115_STEAM_1"]
    slow = {**unit, "power_output_minimum": 5.0, "ramp_up_limit": 2.0}
    data["thermal_generators"] = {"a": unit, "b": unit, "c": {**unit, "must_run": 1}, "d": slow, "e": slow}
    case = merge_identical(read_pglib(written(tmp_path, data), formulation=Formulation.TIGHT))
    counts = {asset.id: asset.unit_count for asset in case.assets if isinstance(asset, ThermalUnit)}
    assert counts == {"a": 2, "c": 1, "d": 1, "e": 1}


def network() -> dict[str, Any]:
    """Three buses in a ring, cheap power at one, dear power at two and 300 MW of load at three."""
    plant = egret()["elements"]["generator"]["3 G-1"]
    hours = {"data_type": "time_series", "values": [300.0, 150.0]}

    def unit(bus: str, price: float) -> dict[str, Any]:
        curve = {"data_type": "cost_curve", "cost_curve_type": "polynomial", "values": {"1": price}}
        free = {"p_min": 0.0, "p_max": 500.0, "ramp_up_60min": 500.0, "ramp_down_60min": 500.0, "startup_cost": 0.0}
        more = {"startup_capacity": 500.0, "shutdown_capacity": 500.0, "initial_status": 5, "initial_p_output": 100.0}
        return {**plant, **free, **more, "bus": bus, "p_cost": curve}

    def branch(ends: str, rating: float | None, **fields: Any) -> dict[str, Any]:
        common = {"branch_type": "line", "reactance": 0.05, "resistance": 0.01, "rating_emergency": 180.0}
        return {**common, "from_bus": ends[0], "to_bus": ends[1], "rating_long_term": rating, **fields}

    return {
        "elements": {
            "bus": {"1": {"base_kv": 220.0}, "2": {}, "3": {"matpower_bustype": "ref"}},
            "load": {"L": {"bus": "3", "p_load": hours}},
            "generator": {"cheap": unit("1", 100.0), "dear": unit("2", 300.0)},
            "branch": {"a": branch("12", None), "b": branch("13", 160.0), "c": branch("23", None)},
        },
        "system": {"time_keys": ["1", "2"], "load_mismatch_cost": 5000.0, "baseMVA": 50.0},
    }


def test_egret_network_is_carried_over(tmp_path: Path) -> None:
    case = read_egret(written(tmp_path, network()), Commitment.RELAXED)
    lines = {asset.id: asset for asset in case.assets if isinstance(asset, Line)}
    # 0.05 on 50 MVA is 0.1 on 100 MVA; a branch without a rating may carry all there is.
    assert (lines["branch_b"].reactance_pu, lines["branch_b"].power_max_mw) == (0.1, 160.0)
    assert lines["branch_b"].power_emergency_max_mw == 180.0
    assert lines["branch_a"].power_max_mw == 1001.0
    assert [asset.bus for asset in case.assets if isinstance(asset, ThermalUnit)] == ["unit_1", "unit_2"]
    # 180 MW cheap and 120 MW dear fill line b; half the load is all cheap.
    assert solve_case(case).solution.objective_yuan == pytest.approx(180 * 100 + 120 * 300 + 150 * 100)


def test_egret_transformer_and_converter(tmp_path: Path) -> None:
    data = network()
    shifted = {"branch_type": "transformer", "transformer_tap_ratio": 1.1, "transformer_phase_shift": 3.0}
    data["elements"]["branch"]["b"].update(shifted)
    data["elements"]["branch"]["c"]["in_service"] = False
    data["elements"]["dc_branch"] = {"tie": {"from_bus": "2", "to_bus": "3", "rating_long_term": 40.0}}
    case = read_egret(written(tmp_path, data))
    lines = {asset.id: asset for asset in case.assets if isinstance(asset, Line)}
    assert set(lines) == {"branch_a", "branch_b", "dc_branch_tie"}
    assert lines["branch_b"].reactance_pu == pytest.approx(0.11)
    assert lines["branch_b"].phase_shift_deg == 3.0
    assert lines["dc_branch_tie"].reactance_pu is None


def test_egret_network_names_what_it_cannot_carry(tmp_path: Path) -> None:
    data = network()
    data["elements"]["branch"]["a"]["planned_outage"] = {"data_type": "time_series", "values": [1, 0]}
    data["elements"]["branch"]["b"]["reactance"] = 0.0
    data["elements"]["bus"]["2"]["bs"] = 0.1
    named = ("branch.planned_outage", "branch.reactance of nought", "bus.bs")
    with pytest.raises(UnsupportedCase) as refused:
        read_egret(written(tmp_path, data))
    assert refused.value.fields == named
    data = network()
    data["elements"]["branch"]["a"]["to_bus"] = "4"
    with pytest.raises(MalformedCase, match="branch 'a' ends at '4', which is no bus"):
        read_egret(written(tmp_path, data))
    data = network()
    data["elements"]["load"]["L"]["bus"] = "9"
    with pytest.raises(MalformedCase, match="load 'L' is at '9', which is no bus"):
        read_egret(written(tmp_path, data))


def test_egret_case_of_one_moment(tmp_path: Path) -> None:
    """An optimal power flow: no time, no commitment, all load served; the network case in its first hour."""
    data = network()
    for unit in data["elements"]["generator"].values():
        kept = ("generator_type", "bus", "p_min", "p_max", "p_cost")
        for name in set(unit) - set(kept):
            del unit[name]
        unit.update(p_min=20.0, pg=0.0, qg=0.0, q_min=-50.0, q_max=50.0, vg=1.0)
    data["elements"]["load"]["L"]["p_load"] = 300.0
    data["system"] = {"baseMVA": 50.0, "reference_bus": "1", "reference_bus_angle": 0.0}
    case = read_egret(written(tmp_path, data))
    assert case.clock.power.count == 1
    assert solve_case(case).solution.objective_yuan == pytest.approx(180 * 100 + 120 * 300)
    del data["elements"]["generator"]["dear"]["p_max"]
    with pytest.raises(MalformedCase, match="'p_max' is missing"):
        read_egret(written(tmp_path, data))
