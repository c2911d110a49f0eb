"""A region in a scenario: what is in service, with every number and where it came from."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from yuqian.assets.asset import Asset, Status
from yuqian.assets.catalogue import Catalogue
from yuqian.assets.problems import Mark, did_you_mean
from yuqian.assets.source import Fact, Name, Source
from yuqian.assets.targets import Targets
from yuqian.assets.water_law import WaterLaw
from yuqian.models.kind import Kind


@dataclass(frozen=True)
class Choice:
    """An asset that a scenario puts in or leaves out by name, whatever its status.

    Attributes:
        mark: file and line.
    """

    serves: bool
    reason: str
    mark: Mark = field(default=Mark(""), compare=False)


@dataclass(frozen=True)
class Selection:
    """What a scenario takes as in service.

    Attributes:
        rungs: statuses that serve.
        in_service_by: day by which an asset must serve; a project without a date does not. None: dates do not matter.
        scopes: parts of the region that are in; None: all.
        choices: assets put in or left out by name; they go before everything else.
    """

    rungs: tuple[Status, ...]
    in_service_by: dt.date | None = None
    scopes: tuple[str, ...] | None = None
    choices: Mapping[str, Choice] = field(default_factory=dict)

    def why_not(self, asset: Asset) -> str | None:
        """Why an asset is not in service, in words; None when it is."""
        choice = self.choices.get(asset.id)
        if choice is not None:
            return None if choice.serves else f"left out by the scenario ({choice.mark})"
        if asset.status not in self.rungs:
            return f"its status is {asset.status.value}, the scenario takes {', '.join(rung.value for rung in self.rungs)}"
        if self.scopes is not None and asset.scope not in self.scopes:
            return f"it lies in the scope {asset.scope}, the scenario takes {', '.join(self.scopes)}"
        if self.in_service_by is None:
            return None
        if asset.in_service is None:
            if asset.status.serves_without_date:
                return None
            return f"it is {asset.status.value} and has no date of service, the scenario asks for one by {self.in_service_by}"
        if asset.in_service > self.in_service_by:
            return f"it serves from {asset.in_service}, the scenario asks for {self.in_service_by}"
        return None


class NoteCode(enum.Enum):
    """What a note is about."""

    FORWARDED = "forwarded"
    LEFT_OUT = "left-out"
    ADDED = "added"


@dataclass(frozen=True, order=True)
class Note:
    """Something that the scenario did to the catalogue and that a reader should know.

    Attributes:
        asset: id.
        text: in words.
    """

    asset: str
    text: str
    code: NoteCode = field(compare=False)


@dataclass(frozen=True)
class Region:
    """A region in a scenario.

    Attributes:
        scenario: id of the scenario.
        name: what the scenario is called.
        year: the year that it stands for.
        selection: what it takes as in service.
        catalogue: all assets with the scenario's values, in service or not, as they refer to each other on paper.
        assets: those in service, sorted by id; what they give to an asset that is not in service is forwarded downstream.
        targets: what the plan promises.
        notes: what was forwarded, added and left out, sorted by asset.
        history: file and line of each value by path ("pumped_1.energy_max_mwh", "year", "targets.power_mw"), the last one
            being the one that holds.
    """

    scenario: str
    name: Name
    year: int
    selection: Selection
    catalogue: Catalogue
    assets: tuple[Asset, ...]
    targets: Targets
    notes: tuple[Note, ...]
    history: Mapping[str, tuple[Mark, ...]] = field(compare=False, repr=False)

    @property
    def id(self) -> str:
        """Id of the region."""
        return self.catalogue.region.id

    @property
    def water(self) -> WaterLaw:
        """Who goes without water first, as the region says, or the scenario over it."""
        return self.catalogue.region.water

    @property
    def sources(self) -> Mapping[str, Source]:
        return self.catalogue.sources

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Parameters of the assets in service, as the optimisation takes them."""
        return tuple(asset.model for asset in self.assets)

    @property
    def left_out(self) -> tuple[Asset, ...]:
        """Assets of the catalogue that are not in service, sorted by id."""
        serving = {asset.id for asset in self.assets}
        return tuple(asset for asset in self.catalogue.assets.values() if asset.id not in serving)

    def asset(self, asset_id: str) -> Asset:
        """An asset in service.

        Raises:
            KeyError: if it is not; the message says why, or what was meant.
        """
        for asset in self.assets:
            if asset.id == asset_id:
                return asset
        known = self.catalogue.assets.get(asset_id)
        if known is not None:
            raise KeyError(f"'{asset_id}' is not in service in '{self.scenario}': {self.selection.why_not(known)}")
        near = did_you_mean(asset_id, self.catalogue.assets)
        raise KeyError(f"the region has no asset '{asset_id}'" + (f"; did you mean '{near}'?" if near else ""))

    def assumed_facts(self) -> tuple[tuple[Asset, str, Fact], ...]:
        """Facts that are assumed, of the assets in service: (asset, field, fact)."""
        return tuple((asset, name, fact) for asset in self.assets for name, fact in asset.facts.items() if fact.is_assumed)

    def provenance(self, path: str) -> Mark:
        """File and line that a value comes from.

        Args:
            path: "pumped_1.energy_max_mwh", "pumped_1.status", "year", "select.rungs", "targets.power_mw".

        Raises:
            KeyError: if there is no such value.
        """
        if path not in self.history:
            near = did_you_mean(path, self.history)
            raise KeyError(f"no value '{path}'" + (f"; did you mean '{near}'?" if near else ""))
        return self.history[path][-1]

    def fingerprint(self) -> str:
        """SHA-256 of everything that was resolved, as hex; the same on every machine and for every order of files."""
        content = {
            "scenario": self.scenario, "name": self.name, "year": self.year, "selection": self.selection,
            "catalogue": self.catalogue, "assets": {asset.id: asset.model for asset in self.assets}, "targets": self.targets,
        }  # fmt: skip
        text = json.dumps(_canonical(content), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: Any) -> Any:
    """Plain JSON values; places in files do not count, and 1 is 1.0."""
    if isinstance(value, bool | str | None):
        return value
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, BaseModel):
        return {name: _canonical(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return {str(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(_canonical(item) for item in value)
    if isinstance(value, tuple | list):
        return [_canonical(item) for item in value]
    return {part.name: _canonical(getattr(value, part.name)) for part in dataclasses.fields(value) if part.compare}
