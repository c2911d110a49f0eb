"""Stores of an Egret case."""

from __future__ import annotations

from pydantic import ValidationError

from yuqian.assets.egret_case import EgretCase, Member
from yuqian.assets.published_case import MalformedCase
from yuqian.models.switched_store import SwitchedStore

_FIELDS = {
    "min_discharge_rate": "discharge_min_mw", "max_discharge_rate": "discharge_max_mw", "min_charge_rate": "charge_min_mw",
    "max_charge_rate": "charge_max_mw", "ramp_up_output_60min": "discharge_ramp_up_mw_per_h",
    "ramp_down_output_60min": "discharge_ramp_down_mw_per_h", "ramp_up_input_60min": "charge_ramp_up_mw_per_h",
    "ramp_down_input_60min": "charge_ramp_down_mw_per_h", "initial_discharge_rate": "discharge_initial_mw",
    "initial_charge_rate": "charge_initial_mw", "energy_capacity": "energy_max_mwh",
    "minimum_state_of_charge": "soc_min_fraction", "retention_rate_60min": "retained_per_h_ratio",
    "charge_cost": "charge_cost_yuan_per_mwh", "discharge_cost": "discharge_cost_yuan_per_mwh",
}  # fmt: skip
_EFFICIENCIES = {"charge_efficiency": "efficiency_charge_fraction", "discharge_efficiency": "efficiency_discharge_fraction"}
_STATES = {"initial_state_of_charge", "end_state_of_charge"}
_HALF = 0.5
"""State of charge that a store of the format begins with where it does not say."""
_RETENTION = "retained_per_h_ratio"


def add_stores(case: EgretCase) -> dict[str, SwitchedStore]:
    """Add all stores in service; our stores by name."""
    return {name: store for name, member in case.members("storage").items() if (store := _store(case, name, member))}


def _store(case: EgretCase, name: str, store: Member) -> SwitchedStore | None:
    known = {*_FIELDS, *_EFFICIENCIES, *_STATES}
    case.refuse("storage", store, {*known, "bus", "in_service"})
    if case.refuse_series("storage", store, sorted(known)):
        return None
    first = float(_HALF if store.get("initial_state_of_charge") is None else store["initial_state_of_charge"])
    last = first if store.get("end_state_of_charge") is None else float(store["end_state_of_charge"])
    given = {ours: float(store[theirs]) for theirs, ours in _FIELDS.items() if store.get(theirs) is not None}
    shares = {ours: 1.0 if store.get(theirs) is None else float(store[theirs]) for theirs, ours in _EFFICIENCIES.items()}
    # The format takes no loss from what a store begins with; ours does, in the first step.
    before = first / given.get(_RETENTION, 1.0) ** case.length_h
    try:
        asset = SwitchedStore(
            id=case.builder.id_of(name), bus=case.bus("storage", name, store["bus"]), soc_initial_fraction=before,
            soc_final_fraction=last, commitment=case.builder.commitment, **given, **shares,
        )  # fmt: skip
    except ValidationError as error:
        raise MalformedCase(f"{case.builder.path}: storage '{name}': {error.errors()[0]['msg']}") from None
    case.builder.add(asset)
    return asset
