"""Reserve and ancillary services of an Egret case: what system, areas and zones require, and what units offer."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from yuqian.assets.egret_case import EgretCase, Member
from yuqian.models.reserve_product import Direction
from yuqian.models.reserve_requirement import ReserveRequirement
from yuqian.models.units import MINUTES_PER_HOUR

OFFERS = {
    "ramp_agc", "p_min_agc", "p_max_agc", "agc_marginal_cost", "agc_fixed_cost", "spinning_capacity", "spinning_cost",
    "non_spinning_capacity", "non_spinning_cost", "supplemental_spinning_capacity", "supplemental_non_spinning_capacity",
    "supplemental_cost",
}  # fmt: skip
"""Fields of a unit that say what it offers."""
REQUIREMENTS = {"reserve_requirement"}
"""Fields of the system that requirements stand in; those of services are added below."""
PRICES = {
    "reserve_shortfall_cost", "regulation_penalty_price", "spinning_reserve_penalty_price",
    "non_spinning_reserve_penalty_price", "supplemental_reserve_penalty_price", "flexible_ramp_penalty_price",
}  # fmt: skip


@dataclass(frozen=True)
class _Service:
    """A service of the format.

    Attributes:
        name: of the field that requires it, without its ending.
        family: services of one family are there for all when one is asked for.
        minutes: within which it must be there.
        most, standing, cost: fields of a unit with the most that it holds online and at standstill, and its price.
        able, able_standing: fields that say whether a unit offers it at all; any unit does where there is none.
    """

    name: str
    family: str
    price: str
    minutes: float
    direction: Direction = Direction.UP
    from_online: bool = True
    from_standstill: bool = False
    regulates: bool = False
    is_ramp: bool = False
    most: str = ""
    standing: str = ""
    cost: str = ""
    able: str = ""
    able_standing: str = ""

    @property
    def requirement(self) -> str:
        return f"{self.name}_requirement"


_SERVICES = (
    _Service(
        "regulation_up", "regulation", "regulation_penalty_price", 5.0, regulates=True, cost="agc_marginal_cost",
        able="agc_capable",
    ),
    _Service(
        "spinning_reserve", "spinning", "spinning_reserve_penalty_price", 10.0, most="spinning_capacity", cost="spinning_cost"
    ),
    _Service(
        "non_spinning_reserve", "non_spinning", "non_spinning_reserve_penalty_price", 10.0, from_online=False,
        from_standstill=True, standing="non_spinning_capacity", cost="non_spinning_cost", able="fast_start",
        able_standing="fast_start",
    ),
    _Service(
        "supplemental_reserve", "supplemental", "supplemental_reserve_penalty_price", 30.0, from_standstill=True,
        most="supplemental_spinning_capacity", standing="supplemental_non_spinning_capacity", cost="supplemental_cost",
        able_standing="supplemental_start",
    ),
    _Service(
        "regulation_down", "regulation", "regulation_penalty_price", 5.0, Direction.DOWN, regulates=True,
        cost="agc_marginal_cost", able="agc_capable",
    ),
    _Service("flexible_ramp_up", "flexible_ramp", "flexible_ramp_penalty_price", 20.0, is_ramp=True),
    _Service("flexible_ramp_down", "flexible_ramp", "flexible_ramp_penalty_price", 20.0, Direction.DOWN, is_ramp=True),
)  # fmt: skip
"""From the best to the least; what is over of one upwards that can be called goes on to the next that is asked for."""
REQUIREMENTS |= {service.requirement for service in _SERVICES}


@dataclass(frozen=True)
class Required:
    """Ids of the requirements: the plain reserve, and the services by name."""

    reserve: str | None
    services: Mapping[str, str] = field(default_factory=dict)


def add_requirements(case: EgretCase) -> Required:
    """Add what is required of the system as a whole."""
    reserve = None
    if case.system.get("reserve_requirement") is not None:
        reserve = case.builder.id_of("operating_reserve")
        requirement = ReserveRequirement(
            id=reserve, requirement_base_mw=0.0, shortage_price_yuan_per_mwh=case.price("reserve_shortfall_cost")
        )
        case.builder.add(requirement, requirement_mw=case.by_step(case.system["reserve_requirement"]))
    families = {service.family for part in (case.system, *_zones(case).values()) for service in _asked(part)}
    services = [service for service in _SERVICES if service.family in families]
    ids = {service.name: case.builder.id_of(service.name) for service in services}
    _add(case, services, ids, case.system)
    return Required(reserve, ids)


def add_zones(case: EgretCase, required: Required, units: Mapping[str, str]) -> None:
    """Add what areas and zones require of the units in them; ``units`` are the ids of all thermal units by name."""
    for (element, name), zone in _zones(case).items():
        families = {service.family for service in _asked(zone)}
        services = [service for service in _SERVICES if service.family in families]
        inside = tuple(unit for of, unit in units.items() if case.elements["generator"][of].get(element) == name)
        ids = {service.name: case.builder.id_of(f"{service.name}_{element}_{name}") for service in services}
        _add(case, services, ids, zone, required.services, inside)


def _zones(case: EgretCase) -> Mapping[tuple[str, str], Member]:
    return {
        (element, name): zone or {} for element in ("area", "zone")
        for name, zone in (case.elements.get(element) or {}).items()
    }  # fmt: skip


def refuse_zones(case: EgretCase) -> None:
    """Name what areas and zones hold besides requirements."""
    for (element, _), zone in _zones(case).items():
        case.refuse(element, zone, REQUIREMENTS - {"reserve_requirement"})


def _asked(part: Member) -> Iterator[_Service]:
    return (service for service in _SERVICES if part.get(service.requirement) is not None)


def _add(
    case: EgretCase, services: list[_Service], ids: Mapping[str, str], part: Member,
    of_all: Mapping[str, str] | None = None, inside: tuple[str, ...] = (),
) -> None:  # fmt: skip
    chain = [s.name for s in services if s.direction is Direction.UP and not s.is_ramp]
    after = dict(itertools.pairwise(chain))
    shares = bool(case.system.get("reserve_ramping_constraints"))
    for service in services:
        name = service.name
        requirement = ReserveRequirement(
            id=ids[name], requirement_base_mw=0.0, shortage_price_yuan_per_mwh=case.price(service.price),
            direction=service.direction, response_h=service.minutes / MINUTES_PER_HOUR, from_online=service.from_online,
            from_standstill=service.from_standstill, regulates=service.regulates, is_ramp=service.is_ramp, shares_ramp=shares,
            surplus_to=ids[after[name]] if name in after else None,
            part_of=of_all[name] if of_all and inside else None, provider_ids=inside if of_all else (),
        )  # fmt: skip
        required = part.get(service.requirement)
        case.builder.add(requirement, requirement_mw=case.by_step(0.0 if required is None else required))


def offers(case: EgretCase, unit: Member, required: Required, high: float) -> dict[str, Any]:
    """Fields of a thermal unit that say what it offers to the services that somebody asks for."""
    if not required.services or case.refuse_series("generator", unit, sorted(OFFERS)):
        return {}
    mine = [service for service in _SERVICES if service.name in required.services]
    mine = [service for service in mine if not service.able or unit.get(service.able)]
    regulates = any(service.regulates for service in mine)
    return {
        "ancillary": tuple(required.services[service.name] for service in mine),
        "ancillary_max_mw": tuple(_most(unit, service.most, high) for service in mine),
        "ancillary_standstill_max_mw": tuple(_standing(unit, service, mine) for service in mine),
        "ancillary_cost_yuan_per_mwh": tuple(float(unit.get(service.cost) or 0.0) for service in mine),
        "regulation_min_mw": float(unit["p_min_agc"]) if regulates else None,
        "regulation_max_mw": float(unit["p_max_agc"]) if regulates else None,
        "regulation_ramp_mw_per_h": float(unit["ramp_agc"]) * MINUTES_PER_HOUR if regulates else 0.0,
        "regulation_cost_yuan_per_h": float(unit.get("agc_fixed_cost") or 0.0) if regulates else 0.0,
    }


def _most(unit: Member, name: str, high: float) -> float:
    given = unit.get(name) if name else None
    return high if given is None else min(float(given), high)


def _standing(unit: Member, service: _Service, mine: list[_Service]) -> float:
    """Most at standstill; a unit that starts for a slower service holds for both no more than for that one."""
    if not service.standing or not unit.get(service.able_standing):
        return 0.0
    slower = [other for other in mine if other.standing and other.minutes > service.minutes and unit.get(other.able_standing)]
    return min(float(unit.get(other.standing) or 0.0) for other in (service, *slower))
