"""Readers of published unit-commitment cases: what is carried over, and what is refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from yuqian.assets.published_case import MalformedCase, UnsupportedCase, convex_envelope, merge_identical
from yuqian.assets.read_egret import read_egret
from yuqian.assets.read_pglib import read_pglib
from yuqian.models.commitment_law import Commitment, Formulation
from yuqian.models.load_profile import LoadProfile
from yuqian.models.thermal_unit import ThermalUnit

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
    data = egret(p_max={"data_type": "time_series", "values": [50.0, 40.0, 50.0]}, ramp_agc=3.0, fixed_commitment=None)
    data["elements"]["storage"] = {"S": {}}
    data["system"]["regulation_up_requirement"] = 5.0
    path = written(tmp_path, data)
    with pytest.raises(UnsupportedCase) as refused:
        read_egret(path)
    named = ("generator.p_max by step", "generator.ramp_agc", "storage", "system.regulation_up_requirement")
    assert refused.value.fields == named
    with pytest.raises(UnsupportedCase, match="storage"):
        read_egret(path, allow=named[:2])
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


def test_published_case_with_fuel_limits_is_refused() -> None:
    path = PUBLISHED / "egret_tiny_uc_8.json"
    if not path.exists():
        pytest.skip(f"the published case is not at hand; it would lie in {PUBLISHED}")
    with pytest.raises(UnsupportedCase) as refused:
        read_egret(path)
    assert {"fuel_supply", "generator.p_fuel", "generator.p_max by step", "generator.p_min by step"} <= set(
        refused.value.fields
    )


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
