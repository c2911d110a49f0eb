"""Reads unit-commitment cases of the library pglib-uc: one bus, thermal units, plants by profile, one spinning reserve.

Format and model are those of the library's MODEL document (B. Knueven, J. Ostrowski, J.-P. Watson, Power Grid Lib: Unit
Commitment). Demand and reserve must be met. The relaxation of ``Formulation.THREE_BINARY`` is that of the published model.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from yuqian.assets.published_case import Case, CaseBuilder, MalformedCase, convex_envelope
from yuqian.models.bus import Bus
from yuqian.models.commitment_law import Commitment, Formulation
from yuqian.models.load_profile import LoadProfile
from yuqian.models.renewable_profile import RenewableProfile
from yuqian.models.reserve_requirement import ReserveRequirement
from yuqian.models.thermal_unit import ThermalUnit

_TOP = {"time_periods", "demand", "reserves", "thermal_generators", "renewable_generators"}
_THERMAL = {
    "must_run", "power_output_minimum", "power_output_maximum", "ramp_up_limit", "ramp_down_limit", "ramp_startup_limit",
    "ramp_shutdown_limit", "time_up_minimum", "time_down_minimum", "power_output_t0", "unit_on_t0", "time_down_t0",
    "time_up_t0", "startup", "piecewise_production", "name",
}  # fmt: skip
_RENEWABLE = {"power_output_minimum", "power_output_maximum", "name"}
_ROUNDED = 1e-6
"""How far the ends of a cost curve may lie from the limits of the unit, relative to its highest power."""
_VOLTAGE_KV = 220.0
"""Of the one bus; no rule looks at it."""


def read_pglib(
    path: Path,
    commitment: Commitment = Commitment.INTEGER,
    formulation: Formulation = Formulation.THREE_BINARY,
    allow: Collection[str] = (),
) -> Case:
    """The case in a JSON file.

    Args:
        allow: fields to be left out knowingly.

    Raises:
        UnsupportedCase: listing all fields that our kinds cannot carry.
        MalformedCase: for a file that lacks what the format requires.
    """
    data = json.loads(path.read_text(encoding="utf-8"))
    builder = CaseBuilder(path.name, allow, commitment, formulation)
    try:
        _read(data, builder)
        return builder.case(int(data["time_periods"]), 1.0)
    except KeyError as error:
        raise MalformedCase(f"{path.name}: the field {error} is missing") from None


def _read(data: Mapping[str, Any], builder: CaseBuilder) -> None:
    for name in set(data) - _TOP:
        builder.cannot_carry(name)
    steps = int(data["time_periods"])
    bus, reserve = builder.id_of("bus"), builder.id_of("spinning_reserve")
    builder.add(Bus(id=bus, voltage_kv=_VOLTAGE_KV))
    builder.add(LoadProfile(id=builder.id_of("demand"), bus=bus), demand_mw=_by_step(builder, "demand", data["demand"], steps))
    required = _by_step(builder, "reserves", data.get("reserves", 0.0), steps)
    builder.add(ReserveRequirement(id=reserve, requirement_base_mw=0.0), requirement_mw=required)
    for name, unit in data["thermal_generators"].items():
        for unknown in set(unit) - _THERMAL:
            builder.cannot_carry(f"thermal_generators.{unknown}")
        try:
            builder.add(_thermal(builder, name, unit, bus, reserve))
        except ValidationError as error:
            raise MalformedCase(f"{builder.path}: thermal generator '{name}': {error.errors()[0]['msg']}") from None
    for name, plant in data.get("renewable_generators", {}).items():
        for unknown in set(plant) - _RENEWABLE:
            builder.cannot_carry(f"renewable_generators.{unknown}")
        lowest, highest = (
            _by_step(builder, f"{name}.{field}", plant[field], steps)
            for field in ("power_output_minimum", "power_output_maximum")
        )
        wrong = [t for t, (low, high) in enumerate(zip(lowest, highest, strict=True)) if low > high]
        if wrong:
            raise MalformedCase(
                f"{builder.path}: renewable generator '{name}': lowest above highest power in period {wrong[0] + 1}"
            )
        asset = RenewableProfile(id=builder.id_of(name), bus=bus, rated_mw=max(highest))
        builder.add(asset, lowest_mw=lowest, highest_mw=highest)


def _by_step(builder: CaseBuilder, name: str, value: Any, steps: int) -> list[float]:
    if isinstance(value, (int, float)):
        return [float(value)] * steps
    if len(value) != steps:
        raise MalformedCase(f"{builder.path}: '{name}' has {len(value)} values for {steps} time_periods")
    return [float(one) for one in value]


def _thermal(builder: CaseBuilder, name: str, unit: Mapping[str, Any], bus: str, reserve: str) -> ThermalUnit:
    low, high = float(unit["power_output_minimum"]), float(unit["power_output_maximum"])
    power, cost = convex_envelope((point["mw"], point["cost"]) for point in unit["piecewise_production"])
    lags, starts = _tiers(unit["startup"])
    is_on = bool(unit["unit_on_t0"])
    status = unit["time_up_t0"] if is_on else -unit["time_down_t0"]
    up, start = unit["ramp_up_limit"], max(unit["ramp_startup_limit"], low)
    output = float(unit["power_output_t0"])
    formulation = builder.formulation
    if is_on and output > start + up * max(status - 1.0, 0.0):
        # The published model does not ask how a unit came to where it is.
        formulation = Formulation.THREE_BINARY
    return ThermalUnit(
        id=builder.id_of(name), bus=bus, reserve=reserve, power_min_mw=low, power_max_mw=high, ramp_up_mw_per_h=up,
        ramp_down_mw_per_h=unit["ramp_down_limit"], ramp_startup_mw=start,
        ramp_shutdown_mw=max(unit["ramp_shutdown_limit"], low), time_up_minimum_h=unit["time_up_minimum"],
        time_down_minimum_h=unit["time_down_minimum"], initial_status_h=status, initial_power_mw=output,
        start_lag_h=lags, start_cost_yuan=starts, curve_power_mw=_snapped(power, low, high),
        curve_cost_yuan_per_h=cost, must_run=bool(unit["must_run"]), commitment=builder.commitment, formulation=formulation,
    )  # fmt: skip


def _tiers(tiers: list[Mapping[str, float]]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Lags and costs of starts. A start may always take a colder tier, so none costs more than those that follow."""
    by_lag = {float(tier["lag"]): float(tier["cost"]) for tier in tiers}
    lags = sorted(by_lag)
    costs = itertools.accumulate((by_lag[lag] for lag in reversed(lags)), min)
    return tuple(lags), tuple(reversed(list(costs)))


def _snapped(power: tuple[float, ...], low: float, high: float) -> tuple[float, ...]:
    """The points' powers with both ends at the unit's limits, where they differ by rounding alone."""
    ends = {0: low, len(power) - 1: high}
    return tuple(
        ends[k] if k in ends and abs(ends[k] - value) <= _ROUNDED * max(1.0, high) else value for k, value in enumerate(power)
    )
