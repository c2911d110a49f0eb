"""Branches of an Egret case, as lines that follow voltage angles, and direct-current branches as transport elements.

The linear flow is Egret's: angle between the ends, less the shift, over tap ratio times reactance.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from yuqian.assets.published_case import CaseBuilder, MalformedCase
from yuqian.models.line import Line
from yuqian.models.units import BASE_MVA

_BRANCH = {
    "from_bus", "to_bus", "branch_type", "in_service", "reactance", "rating_long_term", "rating_emergency",
    "transformer_tap_ratio", "transformer_phase_shift",
}  # fmt: skip
_DC_BRANCH = {"from_bus", "to_bus", "in_service", "rating_long_term", "rating_emergency"}
_WITHOUT_EFFECT = {
    "resistance", "charging_susceptance", "rating_short_term", "angle_diff_min", "angle_diff_max", "pf", "pt", "qf", "qt",
    "circuit", "name", "failure_rate",
}  # fmt: skip
"""What a linear flow without losses does not look at."""

Buses = Mapping[str, str]
"""Our id of every bus."""


def add_branches(
    builder: CaseBuilder, elements: Mapping[str, Any], buses: Buses, base_mva: float, most_mw: float
) -> None:  # fmt: skip
    """Add all branches in service.

    Args:
        base_mva: base of the case's per unit.
        most_mw: what no flow can exceed; the rating of a branch without one.
    """
    for name, branch in elements.get("branch", {}).items():
        _add(builder, "branch", name, branch, buses, most_mw, _BRANCH, lambda given: _reactance(builder, given, base_mva))
    for name, branch in elements.get("dc_branch", {}).items():
        _add(builder, "dc_branch", name, branch, buses, most_mw, _DC_BRANCH, lambda _: {})


def _add(
    builder: CaseBuilder,
    element: str,
    name: str,
    branch: Mapping[str, Any],
    buses: Buses,
    most_mw: float,
    known: Collection[str],
    impedance: Callable[[Mapping[str, Any]], dict[str, float]],
) -> None:
    if not branch.get("in_service", True):
        return
    for field, value in branch.items():
        if field not in known and field not in _WITHOUT_EFFECT and value is not None:
            builder.cannot_carry(f"{element}.{field}")
    changing = [field for field in sorted(known) if isinstance(branch.get(field), Mapping)]
    for field in changing:
        builder.cannot_carry(f"{element}.{field} by step")
    ends = [branch["from_bus"], branch["to_bus"]]
    for end in ends:
        if end not in buses:
            raise MalformedCase(f"{builder.path}: the {element} '{name}' ends at '{end}', which is no bus")
    if changing:
        return
    rating = branch.get("rating_long_term")
    normal = most_mw if rating is None else float(rating)
    emergency = branch.get("rating_emergency")
    builder.add(
        Line(
            id=builder.id_of(f"{element}_{name}"), bus_from=buses[ends[0]], bus_to=buses[ends[1]], power_max_mw=normal,
            power_emergency_max_mw=max(normal, float(emergency)) if emergency else None, loss_fraction=0.0,
            **impedance(branch),  # type: ignore[arg-type]
        )
    )  # fmt: skip


def _reactance(builder: CaseBuilder, branch: Mapping[str, Any], base_mva: float) -> dict[str, float]:
    reactance, shift = float(branch["reactance"]), 0.0
    if branch.get("branch_type") == "transformer":
        reactance *= float(branch.get("transformer_tap_ratio") or 1.0)
        shift = float(branch.get("transformer_phase_shift") or 0.0)
    if not reactance:
        builder.cannot_carry("branch.reactance of nought")
        return {}
    return {"reactance_pu": reactance * BASE_MVA / base_mva, "phase_shift_deg": shift}
