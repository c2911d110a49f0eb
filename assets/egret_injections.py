"""Loads and plants without commitment of an Egret case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yuqian.assets.egret_case import EgretCase, Member, is_series
from yuqian.models.generator_profile import GeneratorProfile
from yuqian.models.load_profile import LoadProfile
from yuqian.models.price_responsive_load import PriceResponsiveLoad
from yuqian.models.renewable_profile import RenewableProfile

_LOAD = {"bus", "in_service", "p_load", "p_price"}
_PLANT = {"p_min", "p_max", "p_cost", "generator_type", "bus", "in_service"}


def add_loads(case: EgretCase, reserve: str | None) -> None:
    """Add all loads, and at buses without any that plants or stores feed, a place where power may be left over at a price.

    Args:
        reserve: id of the plain reserve requirement, which loads at a price count towards.
    """
    price = None if case.must_serve or case.is_still else case.price("load_mismatch_cost")
    served: set[str] = set()
    for name, load in case.members("load").items():
        case.refuse("load", load, _LOAD)
        if load.get("p_price") is not None:
            asset = PriceResponsiveLoad(
                id=case.builder.id_of(f"load_{name}"), bus=case.bus("load", name, load["bus"]), reserve=reserve
            )  # fmt: skip
            case.builder.add(asset, demand_mw=case.by_step(load["p_load"]), bid_yuan_per_mwh=case.by_step(load["p_price"]))
            continue
        demand = case.by_step(load["p_load"])
        for bus, share in _shares(load["bus"]).items():
            served.add(bus)
            label = f"load_{name}" if isinstance(load["bus"], str) else f"load_{name}_{bus}"
            _add_load(case, label, case.bus("load", name, bus), [share * mw for mw in demand], price)
    if price is None:
        return
    feeding = {member["bus"] for element in ("generator", "storage") for member in case.members(element).values()}
    for bus in sorted(feeding & set(case.buses) - served):
        _add_load(case, f"surplus_{bus}", case.buses[bus], [0.0] * case.steps, price)


def _shares(bus: Any) -> Mapping[str, float]:
    """The buses that a load is spread over, with their shares."""
    if isinstance(bus, Mapping):
        return {name: float(share) for name, share in bus["values"].items()}
    return {bus: 1.0}


def _add_load(case: EgretCase, label: str, bus: str, demand: list[float], price: float | None) -> None:
    asset = LoadProfile(
        id=case.builder.id_of(label), bus=bus, shed_price_yuan_per_mwh=price, surplus_price_yuan_per_mwh=price
    )  # fmt: skip
    case.builder.add(asset, demand_mw=[max(mw, 0.0) for mw in demand])
    if min(demand) < 0.0:
        fed = [max(-mw, 0.0) for mw in demand]
        source = RenewableProfile(id=case.builder.id_of(f"{label}_fed_in"), bus=bus, rated_mw=max(fed))
        case.builder.add(source, lowest_mw=fed, highest_mw=fed)


def add_plant(case: EgretCase, name: str, unit: Member) -> RenewableProfile | GeneratorProfile:
    """Add a plant that gives, or takes, any power between two limits, at a price of each MWh."""
    case.refuse("generator", unit, _PLANT)
    builder, bus = case.builder, case.bus("generator", name, unit["bus"])
    lowest, highest = case.by_step(unit.get("p_min", 0.0)), case.by_step(unit["p_max"])
    price = [_price(case, curve) for curve in case.each_step(unit.get("p_cost"))]
    if min(lowest) >= 0.0 and min(price) >= 0.0 and len(set(price)) == 1:
        asset = RenewableProfile(id=builder.id_of(name), bus=bus, rated_mw=max(highest), variable_cost_yuan_per_mwh=price[0])
        builder.add(asset, lowest_mw=lowest, highest_mw=highest)
        return asset
    plant = GeneratorProfile(id=builder.id_of(name), bus=bus, rated_mw=max(0.0, *highest))
    builder.add(plant, lowest_mw=lowest, highest_mw=highest, price_yuan_per_mwh=price)
    return plant


def _price(case: EgretCase, curve: Any) -> float:
    """Of each MWh, from a number or a straight line through nought."""
    if curve is None or not isinstance(curve, Mapping):
        return float(curve or 0.0)
    is_line = curve.get("cost_curve_type") == "polynomial" and not is_series(curve)
    terms = {int(n): float(factor) for n, factor in curve.get("values", {}).items()} if is_line else None
    if terms is None or any(factor for n, factor in terms.items() if n != 1):
        case.builder.cannot_carry("generator.p_cost of a renewable plant that is not a price of each MWh")
        return 0.0
    return terms.get(1, 0.0)
