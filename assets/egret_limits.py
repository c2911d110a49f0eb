"""Interfaces, security constraints and branches with priced limits of an Egret case, as nomograms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from yuqian.assets.egret_case import EgretCase, Member
from yuqian.assets.published_case import MalformedCase
from yuqian.models.line import Line
from yuqian.models.nomogram import Nomogram

_INTERFACE = {
    "lines", "line_orientation", "minimum_limit", "maximum_limit", "violation_penalty", "in_service", "lazy", "violation",
}  # fmt: skip
_SECURITY = {
    "security_constraint_type", "lower_bound", "upper_bound", "coefs", "violation_penalty", "in_service",
}  # fmt: skip
_LIMITS = ("minimum_limit", "maximum_limit", "lower_bound", "upper_bound", "violation_penalty", "coefs")


class AtBus(Protocol):
    """An asset that gives power to one bus."""

    @property
    def id(self) -> str: ...

    @property
    def bus(self) -> str: ...


def add_priced_rating(case: EgretCase, line: Line, rating_mw: float, price: float) -> None:
    """Limit the flow over a line at a price; the line itself may carry anything."""
    case.builder.add(
        Nomogram(
            id=case.builder.id_of(f"limit_{line.id}"), giver_ids=(line.id,), buses=(line.bus_to,), weight_ratio=(1.0,),
            sum_lowest_mw=-rating_mw, sum_highest_mw=rating_mw, violation_price_yuan_per_mwh=price,
        )
    )  # fmt: skip


def add_interfaces(case: EgretCase, lines: Mapping[str, Line]) -> None:
    """Add limits on the flow over several branches; those out of service carry nothing.

    Args:
        lines: our lines by the name of the branch.
    """
    for name, interface in case.members("interface").items():
        case.refuse("interface", interface, _INTERFACE)
        if case.refuse_series("interface", interface, _LIMITS):
            continue
        signs = dict(zip(interface["lines"], interface["line_orientation"], strict=True))
        for branch in set(signs) - set(case.elements.get("branch") or {}):
            raise MalformedCase(f"{case.builder.path}: the interface '{name}' names the line '{branch}', which is no branch")
        terms = [(lines[branch].id, lines[branch].bus_to, float(sign)) for branch, sign in signs.items() if branch in lines]
        _add(case, f"interface_{name}", terms, interface, ("minimum_limit", "maximum_limit"))


def add_security(case: EgretCase, plants: Mapping[tuple[str, str], AtBus]) -> None:
    """Add limits on weighted sums of what plants and stores give.

    Args:
        plants: our assets by element and name.
    """
    for name, limit in case.members("security_constraint").items():
        case.refuse("security_constraint", limit, _SECURITY)
        if case.refuse_series("security_constraint", limit, _LIMITS):
            continue
        if limit.get("security_constraint_type") != "pg":
            case.builder.cannot_carry(f"security_constraint.security_constraint_type '{limit.get('security_constraint_type')}'")
            continue
        terms = []
        for element, weights in limit["coefs"]["values"].items():
            for of, weight in weights.items():
                if (element, of) not in plants:
                    raise MalformedCase(
                        f"{case.builder.path}: the security_constraint '{name}' names '{of}', which is no {element}"
                    )
                asset = plants[element, of]
                terms.append((asset.id, asset.bus, float(weight)))
        _add(case, f"security_{name}", terms, limit, ("lower_bound", "upper_bound"))


def _add(
    case: EgretCase, label: str, terms: list[tuple[str, str, float]], limit: Member, bounds: tuple[str, str]
) -> None:  # fmt: skip
    lowest, highest = (None if limit.get(bound) is None else float(limit[bound]) for bound in bounds)
    price = limit.get("violation_penalty")
    if not terms or (lowest is None and highest is None):
        return
    givers, buses, weights = zip(*terms, strict=True)
    case.builder.add(
        Nomogram(
            id=case.builder.id_of(label), giver_ids=givers, buses=buses, weight_ratio=weights, sum_lowest_mw=lowest,
            sum_highest_mw=highest, violation_price_yuan_per_mwh=None if price is None else float(price),
        )
    )  # fmt: skip
