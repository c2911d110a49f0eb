"""Reads unit-commitment cases in the JSON of Egret (grid-parity-exchange/Egret), with any number of buses.

Polynomial costs become secant segments of equal width, two unless told otherwise, as Egret itself does. Load that is not met
costs the case's ``load_mismatch_cost``, and so does power that nobody uses, unless load must be met.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from yuqian.assets.egret_branches import add_branches
from yuqian.assets.egret_storage import add_stores
from yuqian.assets.published_case import Case, CaseBuilder, MalformedCase, convex_envelope
from yuqian.models.bus import Bus
from yuqian.models.clock import Floats
from yuqian.models.commitment_law import Commitment, Formulation
from yuqian.models.fuel_supply import FuelSupply
from yuqian.models.load_profile import LoadProfile
from yuqian.models.production_law import secants
from yuqian.models.renewable_profile import RenewableProfile
from yuqian.models.reserve_requirement import ReserveRequirement
from yuqian.models.thermal_unit import ThermalUnit
from yuqian.models.units import MINUTES_PER_HOUR

_ELEMENTS = {"bus", "load", "generator", "fuel_supply", "branch", "dc_branch", "storage"}
_BUS = {"base_kv"}
_LOAD = {"bus", "in_service", "p_load"}
_SYSTEM = {
    "time_keys", "time_period_length_minutes", "load_mismatch_cost", "reserve_shortfall_cost", "reserve_requirement",
    "baseMVA",
}  # fmt: skip
_FUEL = {"fuel_supply_type", "fuel_available"}
_BY_STEP = {"p_min", "p_max", "fixed_commitment"}
"""What a thermal unit may give by step."""
_THERMAL = _BY_STEP | {
    "ramp_up_60min", "ramp_down_60min", "startup_capacity", "shutdown_capacity", "min_up_time", "min_down_time",
    "initial_status", "initial_p_output", "startup_cost", "shutdown_cost", "p_cost", "must_run", "p_fuel", "fuel_cost",
    "startup_fuel", "fuel_supply", "non_fuel_no_load_cost", "non_fuel_startup_cost",
}  # fmt: skip
_RENEWABLE = {"p_min", "p_max", "p_cost"}
_NAMES = {"generator_type", "bus", "in_service"}
_WITHOUT_EFFECT = {
    "fuel", "zone", "area", "unit_type", "failure_rate", "quickstart_capable", "fast_start", "reference_bus",
    "reference_bus_angle", "name", "reserve_ramping_constraints", "supplemental_start", "agc_capable", "matpower_bustype", "va",
    "vm", "v_min", "v_max", "q_load", "owner", "pg", "qg", "q_min", "q_max", "vg", "mbase", "id",
}  # fmt: skip
"""What describes, or belongs to services that the case does not ask for."""
_OF_SERVICES = {
    "regulation": ("ramp_agc", "p_min_agc", "p_max_agc", "agc_marginal_cost", "agc_fixed_cost"),
    "spinning_reserve": ("spinning_capacity", "spinning_cost"),
    "non_spinning_reserve": ("non_spinning_capacity", "non_spinning_cost"),
    "supplemental_reserve": (
        "supplemental_spinning_capacity", "supplemental_non_spinning_capacity", "supplemental_cost",
    ),
}  # fmt: skip
"""What a unit offers to services, by the beginning of the name of what asks for them."""
_VOLTAGE_KV = 220.0
"""Of a bus that names none; no rule looks at it."""
_UNLIMITED_PER_H = 1e15
"""A limit from here on is how such files write none."""
_PENALTY_PER_BASE = {"load_mismatch_cost": 1e4, "reserve_shortfall_cost": 1e3}
"""Prices that the format falls back on, for each MVA of the case's base."""
_CONVEX = 1e-7
"""How far, relative to the cost, a point may lie above the straight line between its neighbours."""


_STILL = {
    "min_up_time": 0, "min_down_time": 0, "initial_status": 1, "startup_cost": 0.0, "shutdown_cost": 0.0, "must_run": 1,
}  # fmt: skip
"""What a thermal unit of a case without time is to this model: online, and free between its limits."""


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
        must_serve: load may not be left unserved at any price; so it is in a case of one moment, without ``time_keys``.
        allow: fields to be left out knowingly.

    Raises:
        UnsupportedCase: listing all fields that our kinds cannot carry.
        MalformedCase: for a file that lacks what the format requires.
    """
    data = json.loads(path.read_text(encoding="utf-8"))
    builder = CaseBuilder(path.name, allow, commitment, formulation)
    try:
        reader = _Reader(builder, data["elements"], data["system"], segments, must_serve)
        reader.read()
        return builder.case(reader.steps, reader.length_h)
    except KeyError as error:
        raise MalformedCase(f"{path.name}: the field {error} is missing") from None


@dataclass
class _Reader:
    builder: CaseBuilder
    elements: Mapping[str, Mapping[str, Any]]
    system: Mapping[str, Any]
    segments: int
    must_serve: bool
    buses: dict[str, str] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        return 1 if self.is_still else len(self.system["time_keys"])

    @property
    def is_still(self) -> bool:
        """Whether the case is one moment: an optimal power flow, with all units online."""
        return "time_keys" not in self.system and not any("min_up_time" in unit for unit in self.elements["generator"].values())

    @property
    def length_h(self) -> float:
        """Length of a step."""
        return float(self.system.get("time_period_length_minutes", 60)) / MINUTES_PER_HOUR

    def read(self) -> None:
        self._refuse_unknown()
        builder, system = self.builder, self.system
        for name, bus in self.elements["bus"].items():
            self.buses[name] = builder.id_of(name)
            builder.add(Bus(id=self.buses[name], voltage_kv=float(bus.get("base_kv") or _VOLTAGE_KV)))
        reserve = None
        if system.get("reserve_requirement") is not None:
            reserve = builder.id_of("spinning_reserve")
            requirement = ReserveRequirement(
                id=reserve, requirement_base_mw=0.0, shortage_price_yuan_per_mwh=self._penalty("reserve_shortfall_cost")
            )
            builder.add(requirement, requirement_mw=self._by_step(system["reserve_requirement"]))
        price = None if self.must_serve or self.is_still else self._penalty("load_mismatch_cost")
        for name, load in self.elements.get("load", {}).items():
            if load.get("in_service", True):
                asset = LoadProfile(
                    id=builder.id_of(f"load_{name}"), bus=self._bus("load", name, load), shed_price_yuan_per_mwh=price,
                    surplus_price_yuan_per_mwh=price,
                )  # fmt: skip
                builder.add(asset, demand_mw=self._by_step(load["p_load"]))
        supplies = {name: self._fuel_supply(name, supply) for name, supply in self.elements.get("fuel_supply", {}).items()}
        for name, unit in self.elements["generator"].items():
            if unit.get("in_service", True):
                self._generator(name, unit, self._bus("generator", name, unit), reserve, supplies)
        add_stores(builder, self.elements.get("storage") or {}, self._bus, self._refuse, self.length_h)
        add_branches(builder, self.elements, self.buses, float(system.get("baseMVA") or 1.0), self._most_mw())

    def _bus(self, element: str, name: str, member: Mapping[str, Any]) -> str:
        if member["bus"] not in self.buses:
            raise MalformedCase(f"{self.builder.path}: the {element} '{name}' is at '{member['bus']}', which is no bus")
        return self.buses[member["bus"]]

    def _most_mw(self) -> float:
        """All plants at full power, which no flow can exceed."""
        return 1.0 + sum(max(self._by_step(unit["p_max"])) for unit in self.elements["generator"].values())

    def _penalty(self, name: str) -> float:
        price = self.system.get(name)
        return float(_PENALTY_PER_BASE[name] * self.system.get("baseMVA", 1.0) if price is None else price)

    def _refuse_unknown(self) -> None:
        for element, members in self.elements.items():
            if members and element not in _ELEMENTS and not self._only_names(element, members):
                self.builder.cannot_carry(element)
        for bus in self.elements["bus"].values():
            self._refuse("bus", bus, _BUS)
        for load in self.elements.get("load", {}).values():
            self._refuse("load", load, _LOAD)
        self._refuse("system", self.system, _SYSTEM)

    @staticmethod
    def _only_names(element: str, members: Mapping[str, Any]) -> bool:
        """Whether zones or areas ask for nothing and merely sort what there is."""
        return element in ("zone", "area") and not any(
            value is not None for member in members.values() for name, value in (member or {}).items() if name != "name"
        )

    def _refuse(self, element: str, member: Mapping[str, Any], known: Collection[str]) -> None:
        for name, value in member.items():
            if name not in known and name not in _WITHOUT_EFFECT and value is not None:
                self.builder.cannot_carry(f"{element}.{name}")

    @cached_property
    def _idle_offers(self) -> set[str]:
        """What units offer to services that nobody asks for."""
        asked = [
            name for part in (self.system, *self._zones) for name, value in part.items()
            if name.endswith("_requirement") and value is not None
        ]  # fmt: skip
        return {
            offer for service, offers in _OF_SERVICES.items() if not any(name.startswith(service) for name in asked)
            for offer in offers
        }  # fmt: skip

    @property
    def _zones(self) -> list[Mapping[str, Any]]:
        return [zone or {} for element in ("zone", "area") for zone in (self.elements.get(element) or {}).values()]

    def _by_step(self, value: Any) -> list[float]:
        if isinstance(value, Mapping):
            values = [float(one) for one in value["values"]]
            if len(values) != self.steps:
                raise MalformedCase(f"{self.builder.path}: a series has {len(values)} values for {self.steps} time_keys")
            return values
        return [float(value)] * self.steps

    def _fuel_supply(self, name: str, supply: Mapping[str, Any]) -> str | None:
        self._refuse("fuel_supply", supply, _FUEL)
        if supply.get("fuel_supply_type") != "instantaneous":
            self.builder.cannot_carry(f"fuel_supply.fuel_supply_type '{supply.get('fuel_supply_type')}'")
            return None
        asset = FuelSupply(id=self.builder.id_of(name))
        self.builder.add(asset, available_t_per_h=np.minimum(self._by_step(supply["fuel_available"]), _UNLIMITED_PER_H))
        return asset.id

    def _generator(
        self, name: str, unit: Mapping[str, Any], bus: str, reserve: str | None, supplies: Mapping[str, str | None]
    ) -> None:
        if unit["generator_type"] == "renewable":
            self._renewable(name, unit, bus)
            return
        if unit["generator_type"] != "thermal":
            self.builder.cannot_carry(f"generator.generator_type '{unit['generator_type']}'")
            return
        if self.is_still:
            most = dict.fromkeys(("ramp_up_60min", "ramp_down_60min", "startup_capacity", "shutdown_capacity"), unit["p_max"])
            unit = {**unit, **_STILL, **most, "initial_p_output": unit["p_min"]}
        self._refuse("generator", unit, _THERMAL | _NAMES | self._idle_offers)
        varying = [limit for limit in _THERMAL - _BY_STEP if _is_series(unit.get(limit))]
        for limit in varying:
            self.builder.cannot_carry(f"generator.{limit} by step")
        if varying:
            return
        try:
            self.builder.add(self._thermal(name, unit, bus, reserve, supplies))
        except ValidationError as error:
            raise MalformedCase(f"{self.builder.path}: generator '{name}': {error.errors()[0]['msg']}") from None

    def _renewable(self, name: str, unit: Mapping[str, Any], bus: str) -> None:
        self._refuse("generator", unit, _RENEWABLE | _NAMES)
        lowest, highest = self._by_step(unit.get("p_min", 0.0)), self._by_step(unit["p_max"])
        price = 0.0
        curve = unit.get("p_cost")
        if isinstance(curve, Mapping):
            terms = {int(n): float(factor) for n, factor in curve.get("values", {}).items()} if _is_polynomial(curve) else None
            if terms is None or any(factor for n, factor in terms.items() if n != 1):
                self.builder.cannot_carry("generator.p_cost of a renewable plant that is not a price of each MWh")
            else:
                price = terms.get(1, 0.0)
        elif curve is not None:
            price = float(curve)
        asset = RenewableProfile(
            id=self.builder.id_of(name), bus=bus, rated_mw=max(highest), variable_cost_yuan_per_mwh=price
        )  # fmt: skip
        self.builder.add(asset, lowest_mw=lowest, highest_mw=highest)

    def _thermal(
        self, name: str, unit: Mapping[str, Any], bus: str, reserve: str | None, supplies: Mapping[str, str | None]
    ) -> ThermalUnit:
        lowest, highest = self._by_step(unit["p_min"]), self._by_step(unit["p_max"])
        low, high = min(lowest), max(highest)
        power, cost, fuel = self._production(unit, low, high)
        lags, starts, start_fuel = self._starts(unit)
        source = supplies.get(unit.get("fuel_supply", "")) if fuel else None
        fixed = self._fixed(unit.get("fixed_commitment"))
        up, down = float(unit["ramp_up_60min"]), float(unit["ramp_down_60min"])
        length = self.length_h
        status, above = unit["initial_status"], float(unit["initial_p_output"])
        start_mw, stop_mw = (
            low + (float(unit.get(limit, low + ramp / 2.0)) - low) * length
            for limit, ramp in (("startup_capacity", up), ("shutdown_capacity", down))
        )
        formulation = self.builder.formulation
        if status > 0 and above > start_mw + up * max(status - 1.0, 0.0):
            formulation = Formulation.THREE_BINARY
        return ThermalUnit(
            id=self.builder.id_of(name), bus=bus, reserve=reserve, power_min_mw=low, power_max_mw=high,
            ramp_up_mw_per_h=up, ramp_down_mw_per_h=down, ramp_startup_mw=max(start_mw, low),
            ramp_shutdown_mw=max(stop_mw, low),
            time_up_minimum_h=unit.get("min_up_time", 0.0), time_down_minimum_h=unit.get("min_down_time", 0.0),
            initial_status_h=status, initial_power_mw=above, start_lag_h=lags, start_cost_yuan=starts,
            start_fuel_t=start_fuel if source else (), stop_cost_yuan=unit.get("shutdown_cost") or 0.0, curve_power_mw=power,
            curve_cost_yuan_per_h=cost, curve_fuel_t_per_h=fuel if source else (), fuel_from=source,
            must_run=bool(unit.get("must_run") or 0), online_min_by_step_count=fixed[0], online_max_by_step_count=fixed[1],
            power_min_by_step_mw=tuple(lowest) if _is_series(unit["p_min"]) else (),
            power_max_by_step_mw=tuple(highest) if _is_series(unit["p_max"]) else (),
            commitment=self.builder.commitment, formulation=formulation,
        )  # fmt: skip

    def _fixed(self, fixed: Any) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Least and most units online by step, of a commitment that may be fixed in some steps."""
        if fixed is None:
            return (), ()
        states = fixed["values"] if isinstance(fixed, Mapping) else [fixed] * self.steps
        return (
            tuple(0.0 if state is None else float(state) for state in states),
            tuple(1.0 if state is None else float(state) for state in states),
        )

    def _production(
        self, unit: Mapping[str, Any], low: float, high: float
    ) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
        """Powers, and cost and fuel in an hour at each."""
        no_load, curve = float(unit.get("non_fuel_no_load_cost") or 0.0), unit.get("p_fuel")
        if curve is not None:
            power, fuel = self._points("p_fuel", curve["values"], low, high)
            price = float(unit["fuel_cost"])
            return power, tuple(no_load + price * burnt for burnt in fuel), fuel
        curve = unit.get("p_cost")
        if curve is None:
            power = (low,) if low == high else (low, high)
            return power, (no_load,) * len(power), ()
        if not _is_polynomial(curve):
            power, cost = self._points("p_cost", curve["values"], low, high)
            return power, tuple(no_load + one for one in cost), ()
        terms = {int(n): float(factor) for n, factor in curve["values"].items()}
        if low == high:
            return (low,), (sum(factor * low**n for n, factor in terms.items()),), ()
        count = self.segments if any(factor and n > 1 for n, factor in terms.items()) else 1
        line = secants(low, high, count, lambda mw: sum(factor * mw**n for n, factor in terms.items()))
        return line.power_mw, line.rate_per_h, ()

    def _points(self, field: str, points: Any, low: float, high: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """A line between points over the powers of a unit, its ends continued straight where the unit reaches further."""
        powers, rates = (np.array(column, dtype=float) for column in zip(*points, strict=True))
        inside = [low, *(float(power) for power in powers if low < power < high), *([high] if high > low else [])]
        found = [(power, _on_line(power, powers, rates)) for power in inside]
        hull_power, hull_rate = convex_envelope(found)
        below = [rate - float(np.interp(power, hull_power, hull_rate)) for power, rate in found]
        if max(below) > _CONVEX * max(1.0, *(abs(rate) for _, rate in found)):
            self.builder.cannot_carry(f"generator.{field} that is not convex")
        return hull_power, hull_rate

    def _starts(self, unit: Mapping[str, Any]) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
        """Lags, costs and fuel of starts."""
        more = float(unit.get("non_fuel_startup_cost") or 0.0)
        fuel, cost = unit.get("startup_fuel"), unit.get("startup_cost")
        if fuel is not None:
            lags, burnt = _tiers(fuel, unit["min_down_time"])
            return lags, tuple(more + float(unit["fuel_cost"]) * one for one in burnt), burnt
        lags, prices = _tiers(0.0 if cost is None else cost, unit.get("min_down_time", 0.0))
        return lags, tuple(more + price for price in prices), (0.0,) * len(lags)


def _is_series(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get("data_type") == "time_series"


def _is_polynomial(curve: Any) -> bool:
    return isinstance(curve, Mapping) and curve.get("cost_curve_type") == "polynomial"


def _on_line(power: float, powers: Floats, rates: Floats) -> float:
    """On the line between points, continued straight beyond its ends."""
    if len(powers) > 1 and not powers[0] <= power <= powers[-1]:
        left, right = (0, 1) if power < powers[0] else (-2, -1)
        slope = (rates[right] - rates[left]) / (powers[right] - powers[left])
        return float(rates[left] + slope * (power - powers[left]))
    return float(np.interp(power, powers, rates))


def _tiers(cost: Any, down_h: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if isinstance(cost, (int, float)):
        return (float(down_h),), (float(cost),)
    return tuple(float(lag) for lag, _ in cost), tuple(float(price) for _, price in cost)
