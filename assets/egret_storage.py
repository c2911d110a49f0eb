"""Reads the stores of an Egret case: what a battery of ours carries, and what has no place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from yuqian.assets.published_case import CaseBuilder
from yuqian.models.battery import Battery

_LIMITS = ("min_discharge_rate", "min_charge_rate")
_RAMPS = {
    "max_discharge_rate": ("ramp_up_output_60min", "ramp_down_output_60min"),
    "max_charge_rate": ("ramp_up_input_60min", "ramp_down_input_60min"),
}
_KNOWN = {
    "energy_capacity", "discharge_efficiency", "charge_efficiency", "initial_state_of_charge", "end_state_of_charge",
    "minimum_state_of_charge", "charge_cost", "discharge_cost", "retention_rate_60min", "initial_charge_rate",
    "initial_discharge_rate", "bus", "in_service", *_LIMITS, *_RAMPS, *(ramp for ramps in _RAMPS.values() for ramp in ramps),
}  # fmt: skip
_HALF = 0.5
"""State of charge that a store of the format begins with where it does not say."""
_UNLIMITED_CYCLES = 1e6

Refuse = Callable[[str, Mapping[str, Any], set[str]], None]


def add_stores(
    builder: CaseBuilder, stores: Mapping[str, Mapping[str, Any]], bus_of: Callable[[str, str, Mapping[str, Any]], str],
    refuse: Refuse, length_h: float,
) -> None:  # fmt: skip
    """Add all stores in service; least rates, ramps that bind and losses over time are refused by name."""
    for name, store in stores.items():
        if store.get("in_service", True):
            refuse("storage", store, _KNOWN)
            _refuse_limits(builder, store, length_h)
            builder.add(_battery(builder, name, store, bus_of("storage", name, store)))


def _refuse_limits(builder: CaseBuilder, store: Mapping[str, Any], length_h: float) -> None:
    for field in _LIMITS:
        if store.get(field):
            builder.cannot_carry(f"storage.{field}")
    if store.get("retention_rate_60min", 1.0) != 1.0:
        builder.cannot_carry("storage.retention_rate_60min")
    for rate, ramps in _RAMPS.items():
        for ramp in ramps:
            if store.get(ramp) is not None and float(store[ramp]) * length_h < float(store[rate]):
                builder.cannot_carry(f"storage.{ramp}")


def _battery(builder: CaseBuilder, name: str, store: Mapping[str, Any], bus: str) -> Battery:
    first = float(store.get("initial_state_of_charge", _HALF))
    return Battery(
        id=builder.id_of(name), bus=bus, power_max_mw=float(store["max_discharge_rate"]),
        power_charge_max_mw=float(store["max_charge_rate"]), energy_max_mwh=float(store["energy_capacity"]),
        soc_min_fraction=float(store.get("minimum_state_of_charge", 0.0)), soc_max_fraction=1.0,
        efficiency_charge_fraction=float(store.get("charge_efficiency", 1.0)),
        efficiency_discharge_fraction=float(store.get("discharge_efficiency", 1.0)), cycles_max_per_day=_UNLIMITED_CYCLES,
        variable_cost_yuan_per_mwh=float(store.get("discharge_cost", 0.0)),
        charge_cost_yuan_per_mwh=float(store.get("charge_cost", 0.0)), soc_initial_fraction=first,
        soc_final_fraction=float(store.get("end_state_of_charge", first)), ends_exactly=True, commitment=builder.commitment,
    )  # fmt: skip
