"""Reads unit-commitment cases in the JSON of Egret (grid-parity-exchange/Egret), with one bus and thermal units.

Polynomial costs become secant segments of equal width, two unless told otherwise, as Egret itself does. Load that is not met
costs the case's ``load_mismatch_cost``, unless it must be met; power that nobody uses is not allowed at any price.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from yuqian.assets.published_case import Case, CaseBuilder, MalformedCase, convex_envelope
from yuqian.models.bus import Bus
from yuqian.models.commitment_law import Commitment, Formulation
from yuqian.models.load_profile import LoadProfile
from yuqian.models.production_law import secants
from yuqian.models.renewable_profile import RenewableProfile
from yuqian.models.reserve_requirement import ReserveRequirement
from yuqian.models.thermal_unit import ThermalUnit
from yuqian.models.units import MINUTES_PER_HOUR

_ELEMENTS = {"bus", "load", "generator"}
_LOAD = {"bus", "in_service", "p_load"}
_SYSTEM = {
    "time_keys", "time_period_length_minutes", "load_mismatch_cost", "reserve_shortfall_cost", "reserve_requirement",
}  # fmt: skip
_THERMAL = {
    "p_min", "p_max", "ramp_up_60min", "ramp_down_60min", "startup_capacity", "shutdown_capacity", "min_up_time",
    "min_down_time", "initial_status", "initial_p_output", "startup_cost", "shutdown_cost", "p_cost", "must_run",
}  # fmt: skip
_RENEWABLE = {"p_min", "p_max"}
_NAMES = {"generator_type", "bus", "in_service"}
_WITHOUT_EFFECT = {
    "fuel", "zone", "area", "unit_type", "failure_rate", "quickstart_capable", "fast_start", "baseMVA", "reference_bus",
    "reference_bus_angle", "name",
}  # fmt: skip
"""What describes, or belongs to services that the case does not ask for."""
_VOLTAGE_KV = 220.0
"""Of the one bus; no rule looks at it."""


def read_egret(
    path: Path,
    commitment: Commitment = Commitment.INTEGER,
    formulation: Formulation = Formulation.TIGHT,
    segments: int = 2,
    must_serve: bool = False,
    allow: Collection[str] = (),
) -> Case:
    """The case in a JSON file.

    Args:
        segments: secants that a polynomial cost is replaced by.
        must_serve: load may not be left unserved at any price.
        allow: fields to be left out knowingly. A unit whose own limits differ by step is left out with them.

    Raises:
        UnsupportedCase: listing all fields that our kinds cannot carry.
        MalformedCase: for a file that lacks what the format requires.
    """
    data = json.loads(path.read_text(encoding="utf-8"))
    builder = CaseBuilder(path.name, allow, commitment, formulation)
    try:
        reader = _Reader(builder, data["elements"], data["system"], segments, must_serve)
        reader.read()
        return builder.case(reader.steps, data["system"].get("time_period_length_minutes", 60) / MINUTES_PER_HOUR)
    except KeyError as error:
        raise MalformedCase(f"{path.name}: the field {error} is missing") from None


@dataclass
class _Reader:
    builder: CaseBuilder
    elements: Mapping[str, Mapping[str, Any]]
    system: Mapping[str, Any]
    segments: int
    must_serve: bool

    @property
    def steps(self) -> int:
        return len(self.system["time_keys"])

    def read(self) -> None:
        self._refuse_unknown()
        builder, system = self.builder, self.system
        bus = builder.id_of(next(iter(self.elements["bus"])))
        builder.add(Bus(id=bus, voltage_kv=_VOLTAGE_KV))
        reserve = None
        if "reserve_requirement" in system:
            reserve = builder.id_of("spinning_reserve")
            requirement = ReserveRequirement(
                id=reserve, requirement_base_mw=0.0, shortage_price_yuan_per_mwh=system.get("reserve_shortfall_cost")
            )
            builder.add(requirement, requirement_mw=self._by_step(system["reserve_requirement"]))
        price = None if self.must_serve else system.get("load_mismatch_cost")
        for name, load in self.elements.get("load", {}).items():
            if load.get("in_service", True):
                asset = LoadProfile(id=builder.id_of(f"load_{name}"), bus=bus, shed_price_yuan_per_mwh=price)
                builder.add(asset, demand_mw=self._by_step(load["p_load"]))
        for name, unit in self.elements["generator"].items():
            if unit.get("in_service", True):
                self._generator(name, unit, bus, reserve)

    def _refuse_unknown(self) -> None:
        for element, members in self.elements.items():
            if members and element not in _ELEMENTS:
                self.builder.cannot_carry(element)
        if len(self.elements["bus"]) > 1:
            self.builder.cannot_carry("bus (more than one)")
        for load in self.elements.get("load", {}).values():
            self._refuse("load", load, _LOAD)
        self._refuse("system", self.system, _SYSTEM)

    def _refuse(self, element: str, member: Mapping[str, Any], known: Collection[str]) -> None:
        for name, value in member.items():
            if name not in known and name not in _WITHOUT_EFFECT and value is not None:
                self.builder.cannot_carry(f"{element}.{name}")

    def _by_step(self, value: Any) -> list[float]:
        return list(value["values"]) if isinstance(value, Mapping) else [float(value)] * self.steps

    def _generator(self, name: str, unit: Mapping[str, Any], bus: str, reserve: str | None) -> None:
        if unit["generator_type"] == "renewable":
            self._refuse("generator", unit, _RENEWABLE | _NAMES)
            lowest, highest = self._by_step(unit["p_min"]), self._by_step(unit["p_max"])
            asset = RenewableProfile(id=self.builder.id_of(name), bus=bus, rated_mw=max(highest))
            self.builder.add(asset, lowest_mw=lowest, highest_mw=highest)
            return
        if unit["generator_type"] != "thermal":
            self.builder.cannot_carry(f"generator.generator_type '{unit['generator_type']}'")
            return
        self._refuse("generator", unit, _THERMAL | _NAMES)
        varying = [field for field in _THERMAL - {"p_cost"} if isinstance(unit.get(field), Mapping)]
        for field in varying:
            self.builder.cannot_carry(f"generator.{field} by step")
        if not varying and "p_cost" in unit:
            self.builder.add(self._thermal(name, unit, bus, reserve))

    def _thermal(self, name: str, unit: Mapping[str, Any], bus: str, reserve: str | None) -> ThermalUnit:
        low, high = float(unit["p_min"]), float(unit["p_max"])
        power, cost = self._curve(unit["p_cost"], low, high)
        lags, starts = _tiers(unit.get("startup_cost", 0.0), unit["min_down_time"])
        return ThermalUnit(
            id=self.builder.id_of(name), bus=bus, reserve=reserve, power_min_mw=low, power_max_mw=high,
            ramp_up_mw_per_h=unit["ramp_up_60min"], ramp_down_mw_per_h=unit["ramp_down_60min"],
            ramp_startup_mw=unit["startup_capacity"], ramp_shutdown_mw=unit["shutdown_capacity"],
            time_up_minimum_h=unit["min_up_time"], time_down_minimum_h=unit["min_down_time"],
            initial_status_h=unit["initial_status"], initial_power_mw=unit["initial_p_output"], start_lag_h=lags,
            start_cost_yuan=starts, stop_cost_yuan=unit.get("shutdown_cost", 0.0), curve_power_mw=power,
            curve_cost_yuan_per_h=cost, must_run=bool(unit.get("must_run", 0)), commitment=self.builder.commitment,
            formulation=self.builder.formulation,
        )  # fmt: skip

    def _curve(self, curve: Mapping[str, Any], low: float, high: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
        values = curve["values"]
        if curve.get("cost_curve_type") == "polynomial":
            terms = {int(power): float(factor) for power, factor in values.items()}
            if low == high:
                return (low,), (sum(factor * low**n for n, factor in terms.items()),)
            count = self.segments if any(factor and n > 1 for n, factor in terms.items()) else 1
            line = secants(low, high, count, lambda mw: sum(factor * mw**n for n, factor in terms.items()))
            return line.power_mw, line.rate_per_h
        powers, costs = (np.array(column, dtype=float) for column in zip(*values, strict=True))
        inside = [low, *(float(power) for power in powers if low < power < high), high]
        points = zip(inside, np.interp(inside, powers, costs).tolist(), strict=True)
        return convex_envelope(dict(points).items())


def _tiers(cost: Any, down_h: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if isinstance(cost, (int, float)):
        return (float(down_h),), (float(cost),)
    return tuple(float(lag) for lag, _ in cost), tuple(float(price) for _, price in cost)
