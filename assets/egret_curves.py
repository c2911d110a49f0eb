"""Cost and fuel curves of an Egret case, as production lines of a unit, the same in every step or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from yuqian.assets.egret_case import EgretCase, Member, is_series
from yuqian.assets.published_case import convex_envelope
from yuqian.models.clock import Floats
from yuqian.models.production_law import secants

_CONVEX = 1e-7
"""How far, relative to the cost, a point may lie above the straight line between its neighbours."""

Points = tuple[tuple[float, ...], tuple[float, ...]]
"""Powers, and what is paid or burnt in an hour at each."""


@dataclass(frozen=True)
class Production:
    """What a unit costs and burns by its power.

    Attributes:
        power_mw: rising, from the lowest to the highest power of any step.
        cost, fuel: in an hour at each power, the first step's; no fuel where none is told.
        cost_by_step: at each power, step after step; empty where all steps are alike.
    """

    power_mw: tuple[float, ...]
    cost: tuple[float, ...]
    fuel: tuple[float, ...]
    cost_by_step: tuple[float, ...]


def production(case: EgretCase, unit: Member, lowest: Sequence[float], highest: Sequence[float]) -> Production:
    """The curves of a unit whose limits by step are given."""
    burns = unit.get("p_fuel") is not None
    field = "p_fuel" if burns else "p_cost"
    changing = [name for name in (field, "fuel_cost", "non_fuel_no_load_cost") if is_series(unit.get(name))]
    curved = _is_polynomial(unit.get(field)) and _degree(unit[field]) > 1
    limits = list(zip(lowest, highest, strict=True))
    if not changing and not (curved and len(set(limits)) > 1):
        low, high = min(lowest), max(highest)
        power, rate = _curve(case, field, unit.get(field), low, high)
        return _priced(unit, burns, power, rate)
    curves = case.each_step(unit.get(field))
    if burns and (is_series(unit["p_fuel"]) or unit.get("fuel_supply")):
        case.builder.cannot_carry(f"generator.{changing[0] if changing else field} by step, of a unit that draws fuel")
    found = [_curve(case, field, curve, low, high) for curve, (low, high) in zip(curves, limits, strict=True)]
    no_load = [float(one or 0.0) for one in case.each_step(unit.get("non_fuel_no_load_cost"))]
    price = case.by_step(unit["fuel_cost"]) if burns else [1.0] * case.steps
    grid = tuple(sorted({power for powers, _ in found for power in powers}))
    rates = [
        [more + factor * _on_line(power, np.array(powers), np.array(rate)) for power in grid]
        for (powers, rate), more, factor in zip(found, no_load, price, strict=True)
    ]
    return Production(grid, tuple(rates[0]), (), tuple(rate for one in rates for rate in one))


def _priced(unit: Member, burns: bool, power: tuple[float, ...], rate: tuple[float, ...]) -> Production:
    no_load = float(unit.get("non_fuel_no_load_cost") or 0.0)
    price = float(unit["fuel_cost"]) if burns else 1.0
    return Production(power, tuple(no_load + price * one for one in rate), rate if burns else (), ())


def _curve(case: EgretCase, field: str, curve: Any, low: float, high: float) -> Points:
    if curve is None:
        power = (low,) if low == high else (low, high)
        return power, (0.0,) * len(power)
    if not _is_polynomial(curve):
        return _points(case, field, curve["values"], low, high)
    terms = {int(n): float(factor) for n, factor in curve["values"].items()}
    if low == high:
        return (low,), (sum(factor * low**n for n, factor in terms.items()),)
    count = case.segments if _degree(curve) > 1 else 1
    line = secants(low, high, count, lambda mw: sum(factor * mw**n for n, factor in terms.items()))
    return line.power_mw, line.rate_per_h


def _points(case: EgretCase, field: str, points: Any, low: float, high: float) -> Points:
    """A line between points over the powers of a unit, its ends continued straight where the unit reaches further."""
    powers, rates = (np.array(column, dtype=float) for column in zip(*points, strict=True))
    inside = [low, *(float(power) for power in powers if low < power < high), *([high] if high > low else [])]
    found = [(power, _on_line(power, powers, rates)) for power in inside]
    hull_power, hull_rate = convex_envelope(found)
    below = [rate - float(np.interp(power, hull_power, hull_rate)) for power, rate in found]
    if max(below) > _CONVEX * max(1.0, *(abs(rate) for _, rate in found)):
        case.builder.cannot_carry(f"generator.{field} that is not convex")
    return hull_power, hull_rate


def _is_polynomial(curve: Any) -> bool:
    return isinstance(curve, Mapping) and "polynomial" in (curve.get("cost_curve_type"), curve.get("fuel_curve_type"))


def _degree(curve: Member) -> int:
    return max((int(n) for n, factor in curve["values"].items() if factor), default=0)


def _on_line(power: float, powers: Floats, rates: Floats) -> float:
    """On the line between points, continued straight beyond its ends."""
    if len(powers) > 1 and not powers[0] <= power <= powers[-1]:
        left, right = (0, 1) if power < powers[0] else (-2, -1)
        slope = (rates[right] - rates[left]) / (powers[right] - powers[left])
        return float(rates[left] + slope * (power - powers[left]))
    return float(np.interp(power, powers, rates))
