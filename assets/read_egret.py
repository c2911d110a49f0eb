"""Reads unit-commitment cases in the JSON of Egret (grid-parity-exchange/Egret), with any number of buses.

Polynomial costs become secant segments of equal width, two unless told otherwise, as Egret itself does. Load that is not met
costs the case's ``load_mismatch_cost``, and so does power that nobody uses, unless load must be met.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

import numpy as np

from yuqian.assets.egret_branches import add_branches
from yuqian.assets.egret_case import EgretCase, Member
from yuqian.assets.egret_injections import add_loads, add_plant
from yuqian.assets.egret_limits import AtBus, add_interfaces, add_security
from yuqian.assets.egret_services import PRICES, REQUIREMENTS, add_requirements, add_zones, refuse_zones
from yuqian.assets.egret_storage import add_stores
from yuqian.assets.egret_units import add_unit
from yuqian.assets.published_case import Case, CaseBuilder, MalformedCase
from yuqian.models.bus import Bus
from yuqian.models.commitment_law import Commitment, Formulation
from yuqian.models.fuel_supply import FuelSupply
from yuqian.models.thermal_unit import ThermalUnit

_ELEMENTS = {
    "bus", "load", "generator", "fuel_supply", "branch", "dc_branch", "storage", "interface", "security_constraint", "area",
    "zone",
}  # fmt: skip
_BUS = {"base_kv"}
_SYSTEM = {
    "time_keys", "time_period_length_minutes", "load_mismatch_cost", "baseMVA", "q_load_mismatch_cost",
    "transmission_flow_violation_cost", "interface_flow_violation_cost", "contingency_flow_violation_cost",
} | PRICES | REQUIREMENTS  # fmt: skip
_FUEL = {"fuel_supply_type", "fuel_available"}
_PLAIN_PLANTS = ("renewable", "virtual")
_VOLTAGE_KV = 220.0
"""Of a bus that names none; no rule looks at it."""
_UNLIMITED_PER_H = 1e15
"""A limit from here on is how such files write none."""


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
        case = EgretCase(builder, data["elements"], data["system"], segments, must_serve)
        _read(case)
        return builder.case(case.steps, case.length_h)
    except KeyError as error:
        raise MalformedCase(f"{path.name}: the field {error} is missing") from None


def _read(case: EgretCase) -> None:
    builder = case.builder
    for element, members in case.elements.items():
        if members and element not in _ELEMENTS:
            builder.cannot_carry(element)
    case.refuse("system", case.system, _SYSTEM)
    refuse_zones(case)
    for name, bus in case.elements["bus"].items():
        case.refuse("bus", bus, _BUS)
        case.buses[name] = builder.id_of(name)
        builder.add(Bus(id=case.buses[name], voltage_kv=float(bus.get("base_kv") or _VOLTAGE_KV)))
    required = add_requirements(case)
    add_loads(case, required.reserve)
    supplies = {name: _fuel_supply(case, name, supply) for name, supply in (case.elements.get("fuel_supply") or {}).items()}
    thermal: dict[str, ThermalUnit] = {}
    plants: dict[tuple[str, str], AtBus] = {}
    for name, unit in case.members("generator").items():
        if unit["generator_type"] in _PLAIN_PLANTS:
            plants["generator", name] = add_plant(case, name, unit)
        elif unit["generator_type"] == "thermal":
            asset = add_unit(case, name, unit, required, supplies)
            thermal.update({name: asset} if asset else {})
        else:
            builder.cannot_carry(f"generator.generator_type '{unit['generator_type']}'")
    plants.update({("generator", name): unit for name, unit in thermal.items()})
    plants.update({("storage", name): store for name, store in add_stores(case).items()})
    add_zones(case, required, {name: unit.id for name, unit in thermal.items()})
    add_interfaces(case, add_branches(case))
    add_security(case, plants)


def _fuel_supply(case: EgretCase, name: str, supply: Member) -> str | None:
    case.refuse("fuel_supply", supply, _FUEL)
    if supply.get("fuel_supply_type") != "instantaneous":
        case.builder.cannot_carry(f"fuel_supply.fuel_supply_type '{supply.get('fuel_supply_type')}'")
        return None
    asset = FuelSupply(id=case.builder.id_of(name))
    case.builder.add(asset, available_t_per_h=np.minimum(case.by_step(supply["fuel_available"]), _UNLIMITED_PER_H))
    return asset.id
