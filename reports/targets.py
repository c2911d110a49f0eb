"""The three promises of the plan, counted from one run.

A run sees the whole year before it decides, so what it shows for water and people is the optimistic bound. A promise that
fails even so fails; one that it reaches is open until the operable bound is known. Installed capacity is a plain count.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from yuqian.assets.asset import Asset, Status
from yuqian.assets.catalogue import Catalogue
from yuqian.assets.region import Region
from yuqian.assets.source import Confidence, Name
from yuqian.models.clock import Clock, Floats
from yuqian.models.kind import CapacityGroup
from yuqian.models.ledger import Account
from yuqian.models.units import HOURS_PER_YEAR
from yuqian.optimise.entries import Books, Line
from yuqian.reports.sources import allocations

NOT_SHORT = 1e-6
"""Shortage below this share of a day's demand is rounding, not a shortage."""


class Verdict(enum.Enum):
    """What a run says of a promise."""

    HOLDS = "holds"
    FAILS = "fails"
    OPEN = "open"


@dataclass(frozen=True)
class CapacityTarget:
    """Installed capacity, MW.

    Attributes:
        counted_mw: rated AC power in service in the scenario, of the plants that count.
        by_rung_mw: the same by rung of the ladder.
        ladder_mw: of the whole catalogue, rung by rung, whether or not the scenario holds them.
        by_scope_mw: in service, whatever the scope, by part of the region.
        battery_mw, captive_mw: in service in the counted scopes, in lines of their own.
        assumed: plants whose rating is an assumption.
    """

    target_mw: float
    counted_mw: float
    by_rung_mw: Mapping[str, float]
    ladder_mw: Mapping[str, float]
    by_scope_mw: Mapping[str, float]
    battery_mw: float
    captive_mw: float
    assumed: tuple[str, ...]

    @property
    def verdict(self) -> Verdict:
        return Verdict.HOLDS if self.counted_mw >= self.target_mw else Verdict.FAILS


@dataclass(frozen=True)
class WaterTarget:
    """Water allocated at planned demand, hm3 a year, gross.

    Attributes:
        allocated_hm3: to users in the counted scopes, reclaimed water included.
        total_hm3: to all users, those downstream included.
        by_class_hm3, by_source_hm3: of the counted.
        demand_hm3: what the counted users asked for, net of leakage.
        assumed: users whose demand is an assumption.
    """

    target_hm3: float
    allocated_hm3: float
    total_hm3: float
    by_class_hm3: Mapping[str, float]
    by_source_hm3: Mapping[str, float]
    demand_hm3: float
    assumed: tuple[str, ...]

    @property
    def verdict(self) -> Verdict:
        """Open: allocation at planned demand is neither the largest that could be allocated nor what rules would reach."""
        return Verdict.OPEN


@dataclass(frozen=True)
class Town:
    """People of one town and how they fared.

    Attributes:
        essential_share: of the demand, what they need at the norm.
        guarantee_fraction: days on which that need was met, m/(n+1).
    """

    asset: str
    name: Name
    persons: float
    downstream: bool
    counted: bool
    guarantee_fraction: float
    supplied: bool


@dataclass(frozen=True)
class PeopleTarget:
    """People supplied at the norm with the urban guarantee, counted by period (day), m/(n+1)."""

    target_persons: float
    supplied_persons: float
    towns: tuple[Town, ...]
    guarantee_fraction: float
    days: int
    assumed: tuple[str, ...]

    @property
    def verdict(self) -> Verdict:
        return Verdict.OPEN if self.supplied_persons >= self.target_persons else Verdict.FAILS


@dataclass(frozen=True)
class TargetReport:
    """The three promises."""

    capacity: CapacityTarget
    water: WaterTarget
    people: PeopleTarget

    @property
    def all_met(self) -> bool:
        return Verdict.FAILS not in (self.capacity.verdict, self.water.verdict, self.people.verdict)


def count_targets(region: Region, ledger: Books, demands: Mapping[str, Floats], clock: Clock) -> TargetReport:
    """Count the three promises.

    Args:
        ledger: the entries of the answer.
        demands: water demand of each user by water step, m3/s.
    """
    return TargetReport(
        count_capacity(region.catalogue, region),
        _count_water(region, ledger, demands, clock),
        _count_people(region, ledger, demands, clock),
    )


def count_capacity(catalogue: Catalogue, region: Region) -> CapacityTarget:
    """Nameplate by rung and scope; needs no run."""
    targets = region.targets
    serving = [asset for asset in region.assets if asset.model.capacity() is not None]
    here = [asset for asset in serving if asset.scope in targets.power_scopes]

    def counts(asset: Asset) -> bool:
        capacity = asset.model.capacity()
        return (
            capacity is not None
            and asset.counts_towards_nameplate
            and (targets.count_captive or not asset.captive)
            and (targets.count_battery or capacity.group is CapacityGroup.GENERATION)
        )

    ladder = [asset for asset in catalogue.assets.values() if asset.scope in targets.power_scopes and counts(asset)]
    counted = [asset for asset in here if counts(asset)]
    return CapacityTarget(
        target_mw=targets.power_mw,
        counted_mw=_rated(counted),
        by_rung_mw=_by_rung(counted),
        ladder_mw=_by_rung(ladder),
        by_scope_mw={scope: _rated(a for a in serving if a.scope == scope) for scope in sorted({a.scope for a in serving})},
        battery_mw=_rated(a for a in here if _group(a) is CapacityGroup.BATTERY),
        captive_mw=_rated(a for a in here if a.captive),
        assumed=tuple(asset.id for asset in counted if _leans_on_assumption(asset, "_mw")),
    )


def _count_water(region: Region, ledger: Books, demands: Mapping[str, Floats], clock: Clock) -> WaterTarget:
    per_year = HOURS_PER_YEAR / clock.year_hours()
    by_id = {asset.id: asset for asset in region.assets}
    hours = {timeline.rhythm.value: timeline.hours for timeline in (clock.power, clock.water)}
    sources = frozenset(asset.id for asset in region.assets if asset.model.is_water_source)
    every = allocations(ledger, sources, hours)
    counted = [one for one in every if by_id[one.owner].scope in region.targets.water_scopes]
    asked = sum(
        float(values @ clock.water.hm3_per_m3_per_s)
        for owner, values in demands.items()
        if by_id[owner].scope in region.targets.water_scopes
    )
    users = [by_id[owner] for owner in sorted({one.owner for one in counted} & set(demands))]
    return WaterTarget(
        target_hm3=region.targets.water_hm3_per_year,
        allocated_hm3=per_year * sum(one.volume_hm3 for one in counted),
        total_hm3=per_year * sum(one.volume_hm3 for one in every),
        by_class_hm3=_added(((one.user_class, one.volume_hm3) for one in counted), per_year),
        by_source_hm3=_added(((name, v) for one in counted for name, v in one.by_source_hm3.items()), per_year),
        demand_hm3=per_year * asked,
        assumed=tuple(asset.id for asset in users if _leans_on_assumption(asset, "")),
    )


def _count_people(region: Region, ledger: Books, demands: Mapping[str, Floats], clock: Clock) -> PeopleTarget:
    targets = region.targets
    delivered: dict[str, Line] = {line.owner: line for line in ledger.accounts[Account.ALLOCATION]}
    towns = []
    for asset in region.assets:
        persons = asset.model.people()
        if not persons:
            continue
        demand = demands[asset.id] * clock.water.hm3_per_m3_per_s
        need = demand * asset.model.essential_fraction()
        failed = int(np.sum(delivered[asset.id].values < need - NOT_SHORT * np.maximum(demand, 1e-12)))
        guarantee = (clock.water.count - failed) / (clock.water.count + 1)
        downstream = asset.scope not in targets.people_scopes
        counted = not downstream or targets.count_downstream
        supplied = guarantee >= targets.guarantee_town_fraction
        towns.append(Town(asset.id, asset.name, persons, downstream, counted, guarantee, supplied))
    return PeopleTarget(
        target_persons=targets.people_persons,
        supplied_persons=sum(town.persons for town in towns if town.counted and town.supplied),
        towns=tuple(towns),
        guarantee_fraction=targets.guarantee_town_fraction,
        days=clock.water.count,
        assumed=tuple(a.id for a in region.assets if a.model.people() and _leans_on_assumption(a, "_persons")),
    )


def _rated(assets: Iterable[Asset]) -> float:
    return sum(capacity.rated_mw for asset in assets if (capacity := asset.model.capacity()) is not None)


def _group(asset: Asset) -> CapacityGroup | None:
    capacity = asset.model.capacity()
    return None if capacity is None else capacity.group


def _by_rung(assets: list[Asset]) -> dict[str, float]:
    ladder = [status for status in Status if status is not Status.RETIRED]
    return {status.value: _rated(asset for asset in assets if asset.status is status) for status in ladder}


def _leans_on_assumption(asset: Asset, ending: str) -> bool:
    return any(f.confidence is Confidence.ASSUMED for name, f in asset.facts.items() if name.endswith(ending))


def _added(parts: Iterable[tuple[str, float]], factor: float) -> dict[str, float]:
    total: dict[str, float] = {}
    for name, value in parts:
        total[name] = total.get(name, 0.0) + factor * value
    return dict(sorted(total.items(), key=lambda item: -item[1]))
