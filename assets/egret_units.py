"""Thermal units of an Egret case."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from yuqian.assets.egret_case import EgretCase, Member, is_series
from yuqian.assets.egret_curves import Production, production
from yuqian.assets.egret_services import OFFERS, Required, offers
from yuqian.assets.published_case import MalformedCase
from yuqian.models.commitment_law import Formulation
from yuqian.models.dual_fuel_unit import DualFuelUnit
from yuqian.models.thermal_unit import ThermalUnit

_BY_STEP = {"p_min", "p_max", "fixed_commitment", "p_cost", "p_fuel", "fuel_cost", "non_fuel_no_load_cost"}
"""What a unit may give by step."""
_PLAIN = {
    "ramp_up_60min", "ramp_down_60min", "startup_capacity", "shutdown_capacity", "min_up_time", "min_down_time",
    "initial_status", "initial_p_output", "startup_cost", "shutdown_cost", "must_run", "startup_fuel", "fuel_supply",
    "non_fuel_startup_cost", "startup_curve", "shutdown_curve", "future_status", "aux_fuel_capable", "aux_fuel_cost",
    "aux_fuel_supply", "aux_fuel_blending", "aux_fuel_online_switching", "aux_fuel_supply_initial",
}  # fmt: skip
_NAMES = {"generator_type", "bus", "in_service", "aux_fuel"}
_STILL = {
    "min_up_time": 0, "min_down_time": 0, "initial_status": 1, "startup_cost": 0.0, "shutdown_cost": 0.0, "must_run": 1,
}  # fmt: skip
"""What a unit of a case without time is to this model: online, and free between its limits."""

Supplies = Mapping[str, str | None]
"""Our id of each fuel supply, None for one that is refused."""


def add_unit(case: EgretCase, name: str, unit: Member, required: Required, supplies: Supplies) -> ThermalUnit | None:
    """Add a thermal unit; None where it is refused."""
    if case.is_still:
        most = dict.fromkeys(("ramp_up_60min", "ramp_down_60min", "startup_capacity", "shutdown_capacity"), unit["p_max"])
        unit = {**unit, **_STILL, **most, "initial_p_output": unit["p_min"]}
    case.refuse("generator", unit, _BY_STEP | _PLAIN | _NAMES | OFFERS)
    if case.refuse_series("generator", unit, sorted(_PLAIN)):
        return None
    try:
        asset = _thermal(case, name, unit, required, supplies)
    except ValidationError as error:
        raise MalformedCase(f"{case.builder.path}: generator '{name}': {error.errors()[0]['msg']}") from None
    case.builder.add(asset)
    return asset


def _thermal(case: EgretCase, name: str, unit: Member, required: Required, supplies: Supplies) -> ThermalUnit:
    lowest, highest = case.by_step(unit["p_min"]), case.by_step(unit["p_max"])
    low, high = min(lowest), max(highest)
    made = production(case, unit, lowest, highest)
    source = supplies.get(unit.get("fuel_supply") or "") if made.fuel else None
    fixed = _fixed(case, unit.get("fixed_commitment"))
    up, down = float(unit["ramp_up_60min"]), float(unit["ramp_down_60min"])
    start_mw, stop_mw = (
        low + (float(low + ramp / 2.0 if unit.get(limit) is None else unit[limit]) - low) * case.length_h
        for limit, ramp in (("startup_capacity", up), ("shutdown_capacity", down))
    )
    status = _status_h(case, unit)
    before = _power_before(case, unit, low, high, stop_mw)
    formulation = case.builder.formulation
    if status > 0 and before > start_mw + up * max(status - 1.0, 0.0):
        formulation = Formulation.THREE_BINARY
    second = _second_fuel(case, unit, source, supplies)
    kind = DualFuelUnit if second else ThermalUnit
    return kind(
        id=case.builder.id_of(name), bus=case.bus("generator", name, unit["bus"]), reserve=required.reserve, power_min_mw=low,
        power_max_mw=high, ramp_up_mw_per_h=up, ramp_down_mw_per_h=down, ramp_startup_mw=max(start_mw, low),
        ramp_shutdown_mw=max(stop_mw, low), time_up_minimum_h=unit.get("min_up_time") or 0.0,
        time_down_minimum_h=unit.get("min_down_time") or 0.0, initial_status_h=status, initial_power_mw=before,
        stop_cost_yuan=unit.get("shutdown_cost") or 0.0, curve_power_mw=made.power_mw, curve_cost_yuan_per_h=made.cost,
        curve_fuel_t_per_h=made.fuel if source else (), curve_cost_by_step_yuan_per_h=made.cost_by_step, fuel_from=source,
        must_run=bool(unit.get("must_run") or 0), online_min_by_step_count=fixed[0], online_max_by_step_count=fixed[1],
        power_min_by_step_mw=tuple(lowest) if is_series(unit["p_min"]) else (),
        power_max_by_step_mw=tuple(highest) if is_series(unit["p_max"]) else (),
        commitment=case.builder.commitment, formulation=formulation, **_starts(case, unit, source, made),
        **_courses(case, unit), **offers(case, unit, required, high), **second,
    )  # fmt: skip


def _second_fuel(case: EgretCase, unit: Member, source: str | None, supplies: Supplies) -> dict[str, Any]:
    """Fields of a unit that can burn another fuel; empty for others."""
    if not unit.get("aux_fuel_capable"):
        return {}
    if source is None:
        case.builder.cannot_carry("generator.aux_fuel_capable of a unit without a fuel supply")
        return {}
    other = unit.get("aux_fuel_supply")
    if other is not None and other not in supplies:
        raise MalformedCase(f"{case.builder.path}: a generator draws from '{other}', which is no fuel_supply")
    return {
        "other_fuel_from": None if other is None else supplies[other],
        "other_premium_yuan_per_t": float(unit["aux_fuel_cost"]) - float(unit["fuel_cost"]),
        "blends": bool(unit.get("aux_fuel_blending")), "switches_online": bool(unit.get("aux_fuel_online_switching")),
        "began_on_other": bool(unit.get("aux_fuel_supply_initial")) and float(unit["initial_status"]) > 0.0,
    }  # fmt: skip


def _status_h(case: EgretCase, unit: Member) -> float:
    """Time online or off before the first step, such that what is left of a minimum time rounds up to whole steps."""
    status, length = float(unit["initial_status"]), case.length_h
    least = float(unit.get("min_up_time" if status > 0 else "min_down_time") or 0.0)
    left = math.ceil(max(least - abs(status), 0.0) / length)
    if not left:
        return status
    gone = max(math.ceil(least / length) - left, 1) * length
    return gone if status > 0 else -gone


def _power_before(case: EgretCase, unit: Member, low: float, high: float, stop_mw: float) -> float:
    """Power before the first step; beyond the limits it counts as the limit, where no ramp or stop makes a difference."""
    before, length = float(unit["initial_p_output"]), case.length_h
    if float(unit["initial_status"]) <= 0.0:
        return 0.0
    if before < low and float(unit["ramp_up_60min"]) * length >= high - before:
        return low
    if before > high and before - float(unit["ramp_down_60min"]) * length <= low and stop_mw < high:
        return high
    return before


def _fixed(case: EgretCase, fixed: Any) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Least and most units online by step, of a commitment that may be fixed in some steps."""
    if fixed is None:
        return (), ()
    states = case.each_step(fixed)
    return (
        tuple(0.0 if state is None else float(state) for state in states),
        tuple(1.0 if state is None else float(state) for state in states),
    )


def _starts(case: EgretCase, unit: Member, source: str | None, made: Production) -> dict[str, Any]:
    """Lags, costs and fuel of starts; lags are rounded to the nearest step, as the format has it."""
    more, down_h = float(unit.get("non_fuel_startup_cost") or 0.0), float(unit.get("min_down_time") or 0.0)
    fuel, cost = unit.get("startup_fuel"), unit.get("startup_cost")
    told = fuel if fuel is not None else 0.0 if cost is None else cost
    tiers = [(down_h, float(told))] if isinstance(told, (int, float)) else [(float(lag), float(one)) for lag, one in told]
    price = 1.0
    if fuel is not None:
        if is_series(unit["fuel_cost"]):
            case.builder.cannot_carry("generator.fuel_cost by step, of a unit whose starts burn")
            return {}
        price = float(unit["fuel_cost"])
    length = case.length_h
    lags = [lag if k == 0 else max(round(lag / length), 1) * length for k, (lag, _) in enumerate(tiers)]
    return {
        "start_lag_h": tuple(lags),
        "start_cost_yuan": tuple(more + price * one for _, one in tiers),
        "start_fuel_t": tuple(one for _, one in tiers) if source and fuel is not None else (),
    }


def _courses(case: EgretCase, unit: Member) -> dict[str, Any]:
    """Power before a start and after a stop, step by step; the format writes a start from its end, and adds courses freely."""
    longest = math.ceil(float(unit.get("min_down_time") or 0.0) / case.length_h)
    start, stop = (
        tuple(float(mw) for mw in (unit.get(curve) or ())[:longest]) for curve in ("startup_curve", "shutdown_curve")
    )
    if not start and not stop:
        return {}
    if case.length_h != 1.0:
        case.builder.cannot_carry("generator.startup_curve or shutdown_curve in steps other than an hour")
        return {}
    told = unit["startup_fuel"] if unit.get("startup_fuel") is not None else unit.get("startup_cost")
    tiers = len(told) if isinstance(told, list) else 1
    return {
        "start_course_h": (len(start),) * tiers if start else (), "start_course_mw": tuple(reversed(start)) * tiers,
        "stop_course_mw": stop, "courses_add_freely": True, "start_to_come_mw": _start_to_come(case, unit, longest),
    }  # fmt: skip


def _start_to_come(case: EgretCase, unit: Member, longest: int) -> tuple[float, ...]:
    """Power by step on the way to a start that is told for after the horizon; empty where there is none."""
    ahead = math.ceil(float(unit.get("future_status") or 0.0) / case.length_h)
    curve = [float(mw) for mw in (unit.get("startup_curve") or ())][:longest]
    if ahead <= 0 or ahead > len(curve):
        return ()
    before = [ahead + case.steps - 1 - t for t in range(case.steps)]
    return tuple(curve[k - 1] if k <= len(curve) else 0.0 for k in before)
