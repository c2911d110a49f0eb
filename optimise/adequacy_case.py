"""The case that adequacy is assessed for, and the member-years sampled from it.

A member is one weather year with one draw of all random outages. Members come in batches, so that any number of them can be
gone through; weather years are numbered through the batches, and year ``k`` is the same however many are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from yuqian.models.adequacy import Adequacy, Machines, Store
from yuqian.models.clock import Clock, Floats
from yuqian.models.kind import Kind
from yuqian.models.unit_opening import step_length_h
from yuqian.optimise.maintenance import Maintenance, levelled
from yuqian.optimise.outages import Counts, Mask, machines_up
from yuqian.timeseries.make import make_series
from yuqian.timeseries.series import Series
from yuqian.timeseries.stress import Stress
from yuqian.timeseries.weather import WeatherPlan

Ints = npt.NDArray[np.int64]
BATCH_YEARS = 20
"""Weather years made at a time; their months are brought to the climate's together."""


class AdequacyError(ValueError):
    """A case that cannot be assessed."""


@dataclass(frozen=True)
class AdequacyOptions:
    """What a user may set.

    Attributes:
        seed: of weather and outages.
        draws: of all outages for each weather year.
        imports: assets whose imports count; those of all others do not.
        out: machines, or poles, of an asset that are out all the time.
        maintenance: how planned outages are placed.
        stress: overlays on every weather year.
    """

    seed: int = 20_260
    draws: int = 1
    imports: frozenset[str] = frozenset()
    out: Mapping[str, int] = field(default_factory=dict)
    maintenance: Maintenance = Maintenance.LEVELLED
    stress: tuple[Stress, ...] = ()


@dataclass(frozen=True)
class SampledStore:
    """A store in every member.

    Attributes:
        label: what it is taken away by.
        power_mw, charge_mw: of each machine.
        up: machines that are up, those derated counted in part, shape (members, steps), or (1, 1) where it never changes.
    """

    label: str
    power_mw: float
    charge_mw: float
    energy_mwh: float
    efficiency_fraction: float
    up: Floats


@dataclass(frozen=True)
class Members:
    """Member-years.

    Attributes:
        year: weather year of each member, shape (members,).
        step_h: length of a step.
        margin_mw: supply less demand, before stores and without any export, shape (members, steps).
        supply_mw: what assets with machines or a profile give, by label, shape (members, steps); only for those kept.
        stores: all of them.
    """

    year: Ints
    step_h: float
    margin_mw: Floats
    supply_mw: Mapping[str, Floats]
    stores: tuple[SampledStore, ...]

    @property
    def count(self) -> int:
        return len(self.year)

    @property
    def labels(self) -> tuple[str, ...]:
        """What can be taken away."""
        return tuple(sorted({*self.supply_mw, *(store.label for store in self.stores)}))

    def without(self, labels: Iterable[str]) -> Members:
        """The same members, with the same weather and outages, without some assets.

        Raises:
            KeyError: for a label whose supply was not kept.
        """
        away = set(labels)
        margin = self.margin_mw
        for label in sorted(away & set(self.supply_mw)):
            margin = margin - self.supply_mw[label]
        if away - set(self.labels):
            raise KeyError(f"no supply was kept of {', '.join(sorted(away - set(self.labels)))}")
        return replace(self, margin_mw=margin, stores=tuple(store for store in self.stores if store.label not in away))

    def with_firm(self, mw: float) -> Members:
        """The same members with firm power in every hour, or with a load where it is negative."""
        return replace(self, margin_mw=self.margin_mw + mw)

    @classmethod
    def joined(cls, parts: list[Members]) -> Members:
        """Batches of one case put together."""
        first = parts[0]
        if len(parts) == 1:
            return first
        return cls(
            np.concatenate([part.year for part in parts]), first.step_h,
            np.concatenate([part.margin_mw for part in parts]),
            {label: np.concatenate([part.supply_mw[label] for part in parts]) for label in first.supply_mw},
            tuple(
                replace(store, up=store.up if store.up.shape == (1, 1) else np.concatenate([p.stores[k].up for p in parts]))
                for k, store in enumerate(first.stores)
            ),
        )  # fmt: skip


@dataclass(frozen=True)
class Case:
    """Assets on a calendar, to be assessed.

    Attributes:
        assets: all of a region; those that bring nothing are left out.
        given: series that stand in for those of the weather, one year, or one a member.
    """

    assets: tuple[Kind, ...]
    clock: Clock
    options: AdequacyOptions = field(default_factory=AdequacyOptions)
    given: Series | None = None

    @cached_property
    def parties(self) -> tuple[Kind, ...]:
        """Assets of kinds that bring something to adequacy, in order of id."""
        found = (asset for asset in self.assets if type(asset).adequacy is not Kind.adequacy)
        return tuple(sorted(found, key=lambda asset: asset.id))

    @cached_property
    def step_h(self) -> float:
        return step_length_h(self.clock)

    @cached_property
    def not_counted(self) -> tuple[str, ...]:
        """Plants that count towards installed capacity and bring nothing here."""
        parties = {asset.id for asset in self.parties}
        return tuple(sorted(asset.id for asset in self.assets if asset.id not in parties and asset.capacity() is not None))

    @cached_property
    def kind_of(self) -> Mapping[str, str]:
        return {asset.id: asset.kind_name() for asset in self.parties}

    def export_max_mw(self) -> float:
        """Limit on what can leave the region, all ways together."""
        return sum(brings.export_max_mw for brings in self.brought(0)[1].values())

    @cached_property
    def _first(self) -> tuple[int, dict[str, Adequacy]]:
        return self._brought(0)

    def brought(self, batch: int) -> tuple[int, dict[str, Adequacy]]:
        """Weather years of a batch, and what each asset brings in them."""
        return self._first if batch == 0 else self._brought(batch)

    def _brought(self, batch: int) -> tuple[int, dict[str, Adequacy]]:
        years, series = self._series(batch)
        brings = {}
        for asset in self.parties:
            found = asset.adequacy(_own(asset, series, self.clock), self.clock)
            if found is not None:
                brings[asset.id] = self._counted(asset.id, found)
        return years, brings

    def _series(self, batch: int) -> tuple[int, Series]:
        if self.given is not None:
            return self.given.members, self.given
        plan = WeatherPlan(seed=self.options.seed, member=batch, years=BATCH_YEARS, stress=self.options.stress)
        return BATCH_YEARS, make_series(self.parties, self.clock, plan)

    def _counted(self, owner: str, brings: Adequacy) -> Adequacy:
        """Imports only where they count; machines that are out all the time taken away; planned outage spread if so asked."""
        imports = brings.imports if owner in self.options.imports else ()
        machines = [*brings.machines, *imports]
        stores = list(brings.stores)
        for _ in range(self.options.out.get(owner, 0)):
            _take_one_away(owner, machines, stores)
        if self.options.maintenance is Maintenance.EVEN:
            machines = [_spread(group) for group in machines]
            stores = [replace(store, machines=_spread(store.machines)) for store in stores]
        return replace(brings, machines=tuple(machines), stores=tuple(stores), imports=())

    def check(self) -> None:
        """Refuse names of assets that are not there, and outages without a time to repair, all at once.

        Raises:
            AdequacyError: with one line for each.
        """
        _, brings = self.brought(0)
        wrong = [f"'{owner}' brings no imports" for owner in sorted(self.options.imports - self._importers)]
        wrong += [f"'{owner}' is no asset that brings machines" for owner in sorted(set(self.options.out) - set(brings))]
        wrong += [
            f"'{owner}' has random outages and no time to repair; give repair_mean_h"
            for owner, found in brings.items()
            if any(0.0 < m.forced_fraction < 1.0 and m.repair_mean_h is None for m in found.all_machines)
        ]
        if not any(np.any(np.asarray(found.demand_mw) > 0.0) for found in brings.values()):
            wrong.append("nothing has a demand; adequacy needs a load")
        if wrong:
            raise AdequacyError("\n".join(wrong))

    @cached_property
    def _importers(self) -> set[str]:
        """Assets that bring imports, counted or not."""
        _, series = self._series(0)
        found = {
            asset.id: asset.adequacy(_own(asset, series, self.clock), self.clock)
            for asset in self.parties
            if asset.id in self.options.imports
        }
        return {owner for owner, brings in found.items() if brings is not None and brings.imports}

    @cached_property
    def service(self) -> Mapping[tuple[str, int], Mask]:
        """Whether each machine is in service, shape (count, steps), by (asset, part); only where one ever is not."""
        years, brings = self.brought(0)
        net = sum(_wide(found.demand_mw - _as_array(found.profile_mw), years, self.clock) for found in brings.values())
        by_day = np.asarray(net).reshape(years, self.clock.water.count, -1).max(axis=2).mean(axis=0)
        groups = {(owner, k): group for owner, found in brings.items() for k, group in enumerate(found.all_machines)}
        placed = levelled(groups, by_day, self.clock)[0]
        for key, group in groups.items():
            if group.out_by_date is not None and np.any(group.out_by_date > 0.0):
                by_date = np.arange(group.count)[:, None] < group.count - group.out_by_date
                placed[key] = placed[key] & by_date if key in placed else by_date
        return placed

    def batches(self, weather_years: int, keep: Mapping[str, str] | None = None) -> Iterator[Members]:
        """Members of so many weather years, a batch at a time.

        Args:
            keep: assets whose supply is kept apart, to be taken away later, and the label that it is added up under.

        Raises:
            AdequacyError: for more years than were given.
        """
        if self.given is not None and weather_years > self.given.members:
            raise AdequacyError(f"{weather_years} weather years were asked for; {self.given.members} are given")
        wanted, kept = weather_years, keep or {}
        for batch in range(-(-weather_years // BATCH_YEARS) if self.given is None else 1):
            years, brings = self.brought(batch)
            yield self._sampled(batch * BATCH_YEARS, min(years, wanted), brings, kept)
            wanted -= years

    def members(self, weather_years: int, keep: Mapping[str, str] | None = None) -> Members:
        """The same, all together."""
        return Members.joined(list(self.batches(weather_years, keep)))

    def _sampled(self, first: int, years: int, brings: Mapping[str, Adequacy], keep: Mapping[str, str]) -> Members:
        pairs = [(first + year, draw) for year in range(years) for draw in range(self.options.draws)]
        rows = np.repeat(np.arange(years), self.options.draws)
        margin = np.zeros((len(pairs), self.clock.power.count))
        supply: dict[str, Floats] = {}
        stores: list[SampledStore] = []
        for owner, found in brings.items():
            own = np.zeros_like(margin)
            own += _rows(found.profile_mw, rows)
            for part, group in enumerate(found.machines):
                own += self._up(owner, part, group, pairs) * (group.power_mw * _rows(group.share, rows))
            for part, store in enumerate(found.stores, start=len(found.machines)):
                up = self._up(owner, part, store.machines, pairs) if _fails(store.machines) else _always(store.machines)
                left = up.astype(float) * np.atleast_2d(_rows(store.machines.share, rows))
                power, charge = store.machines.power_mw, store.charge_mw
                label = keep.get(owner, owner)
                stores.append(SampledStore(label, power, charge, store.energy_mwh, store.efficiency_fraction, left))
            margin += own - _rows(found.demand_mw, rows)
            if owner in keep and (found.machines or np.any(found.profile_mw)):
                label = keep[owner]
                supply[label] = supply[label] + own if label in supply else own
        return Members(np.array([year for year, _ in pairs]), self.step_h, margin, supply, tuple(stores))

    def _up(self, owner: str, part: int, machines: Machines, pairs: list[tuple[int, int]]) -> Counts:
        service = self.service.get((owner, part))
        return machines_up(
            machines, owner, part, pairs, self.options.seed, self.clock.power.count, self.step_h, service
        )  # fmt: skip


def _own(asset: Kind, series: Series, clock: Clock) -> dict[str, Floats]:
    """Series of one asset by name, what holds otherwise where one is not given."""
    given = {name for owner, name in series.pairs() if owner == asset.id}
    found: dict[str, Floats] = {}
    for name, need in asset.series.items():
        if name in given or need.otherwise is None:
            found[name] = series.of(asset.id, name)
        elif isinstance(need.otherwise, str):
            found[name] = series.of(asset.id, need.otherwise)
        else:
            found[name] = np.full(clock.timeline(need.rhythm).count, need.otherwise)
    return found


def _take_one_away(owner: str, machines: list[Machines], stores: list[Store]) -> None:
    """Take the largest machine of an asset away."""
    sizes = [group.power_mw for group in machines] + [store.machines.power_mw for store in stores]
    if not sizes:
        raise AdequacyError(f"'{owner}' has no machine left that could be out; imports count where they are named")
    at = int(np.argmax(sizes))
    if at < len(machines):
        left = machines[at].count - 1
        machines[at : at + 1] = [replace(machines[at], count=left)] if left else []
        return
    at -= len(machines)
    left = stores[at].machines.count - 1
    stores[at : at + 1] = [replace(stores[at], machines=replace(stores[at].machines, count=left))] if left else []


def _spread(machines: Machines) -> Machines:
    return replace(machines, planned_fraction=0.0, share=(1.0 - machines.planned_fraction) * machines.share)


def _fails(machines: Machines) -> bool:
    return machines.forced_fraction > 0.0 or machines.planned_fraction > 0.0 or machines.out_by_date is not None


def _always(machines: Machines) -> Counts:
    return np.full((1, 1), machines.count, dtype=np.int16)


def _as_array(values: Floats | float) -> Floats:
    return np.asarray(values, dtype=float)


def _rows(values: Floats | float, rows: Ints) -> Floats:
    """Of each member, from one number, (steps,) or (years, steps)."""
    found = _as_array(values)
    return found[rows] if found.ndim == 2 else found


def _wide(values: Floats | float, years: int, clock: Clock) -> Floats:
    return np.broadcast_to(_as_array(values), (years, clock.power.count))
