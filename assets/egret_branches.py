"""Branches of an Egret case, as lines that follow voltage angles, and direct-current branches as transport elements.

The linear flow is Egret's: angle between the ends, less the shift, over tap ratio times reactance.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from yuqian.assets.egret_case import EgretCase, Member
from yuqian.assets.egret_limits import add_priced_rating
from yuqian.assets.published_case import MalformedCase
from yuqian.models.line import Line
from yuqian.models.units import BASE_MVA

_BRANCH = {
    "from_bus", "to_bus", "branch_type", "in_service", "reactance", "rating_long_term", "rating_emergency",
    "transformer_tap_ratio", "transformer_phase_shift", "violation_penalty",
}  # fmt: skip
_DC_BRANCH = {"from_bus", "to_bus", "in_service", "rating_long_term", "rating_emergency"}
_WITHOUT_EFFECT = {
    "resistance", "charging_susceptance", "rating_short_term", "angle_diff_min", "angle_diff_max", "pf", "pt", "qf", "qt",
    "circuit", "name", "failure_rate", "lazy", "violation",
}  # fmt: skip
"""What a linear flow without losses does not look at."""


def add_branches(case: EgretCase) -> Mapping[str, Line]:
    """Add all branches in service; our lines by the name of the branch, direct-current ones aside."""
    most_mw = _most_mw(case)
    found = {
        name: _line(case, "branch", name, branch, most_mw, _BRANCH, lambda given: _reactance(case, given))
        for name, branch in case.members("branch").items()
    }
    for name, branch in case.members("dc_branch").items():
        _line(case, "dc_branch", name, branch, most_mw, _DC_BRANCH, lambda _: {})
    return {name: line for name, line in found.items() if line is not None}


def _most_mw(case: EgretCase) -> float:
    """All plants at full power, and all loads that may be shed or left over, which no flow can exceed."""
    units = case.elements["generator"].values()
    plants = sum(max(abs(mw) for key in ("p_max", "p_min") for mw in case.by_step(unit.get(key, 0.0))) for unit in units)
    stores = sum(float(store.get("max_discharge_rate", 0.0)) for store in (case.elements.get("storage") or {}).values())
    return 1.0 + plants + stores


def _line(
    case: EgretCase,
    element: str,
    name: str,
    branch: Member,
    most_mw: float,
    known: Collection[str],
    impedance: Callable[[Member], dict[str, float]],
) -> Line | None:
    builder = case.builder
    for field, value in branch.items():
        if field not in known and field not in _WITHOUT_EFFECT and value is not None:
            builder.cannot_carry(f"{element}.{field}")
    ends = [branch["from_bus"], branch["to_bus"]]
    for end in ends:
        if end not in case.buses:
            raise MalformedCase(f"{builder.path}: the {element} '{name}' ends at '{end}', which is no bus")
    if case.refuse_series(element, branch, sorted(known)):
        return None
    rating, price = branch.get("rating_long_term"), branch.get("violation_penalty")
    normal = most_mw if rating is None or price is not None else float(rating)
    emergency = branch.get("rating_emergency")
    line = Line(
        id=builder.id_of(f"{element}_{name}"), bus_from=case.buses[ends[0]], bus_to=case.buses[ends[1]], power_max_mw=normal,
        power_emergency_max_mw=max(normal, float(emergency)) if emergency else None, loss_fraction=0.0,
        **impedance(branch),  # type: ignore[arg-type]
    )  # fmt: skip
    builder.add(line)
    if rating is not None and price is not None:
        add_priced_rating(case, line, float(rating), float(price))
    return line


def _reactance(case: EgretCase, branch: Member) -> dict[str, float]:
    reactance, shift = float(branch["reactance"]), 0.0
    if branch.get("branch_type") == "transformer":
        reactance *= float(branch.get("transformer_tap_ratio") or 1.0)
        shift = float(branch.get("transformer_phase_shift") or 0.0)
    if not reactance:
        case.builder.cannot_carry("branch.reactance of nought")
        return {}
    return {"reactance_pu": reactance * BASE_MVA / case.base_mva, "phase_shift_deg": shift}
