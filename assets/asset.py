"""The identity of an asset: what it is, where, how far along, and from when it serves."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from yuqian.assets.fields import Fields
from yuqian.assets.problems import Mark
from yuqian.assets.source import Fact, Name, Plain
from yuqian.models.kind import Kind

IDENTITY_KEYS: Final = (
    "id", "kind", "name", "status", "in_service", "scope", "captive", "counts_towards_nameplate", "place", "evidence",
)  # fmt: skip


class Status(enum.Enum):
    """How far a project has come: the rungs of the ladder, from the surest to the least sure."""

    RETIRED = "retired"
    OPERATING = "operating"
    BUILDING = "building"
    COMMITTED = "committed"
    PRELIMINARY = "preliminary"
    STUDY = "study"

    @property
    def rung(self) -> int:
        """0 for retired, 1 for operating, up to 5 for a study."""
        return list(Status).index(self)

    @property
    def name_zh(self) -> str:
        return {
            "retired": "退役", "operating": "在运", "building": "在建", "committed": "确定建设",
            "preliminary": "前期工作", "study": "研究论证",
        }[self.value]  # fmt: skip

    @property
    def serves_without_date(self) -> bool:
        """Whether an asset without a date of service is taken to serve: one that runs does, a project does not."""
        return self in (Status.RETIRED, Status.OPERATING)


@dataclass(frozen=True)
class Place:
    """Where an asset stands; each part only as far as it is known."""

    town: Name | None = None
    latitude_deg: float | None = None
    longitude_deg: float | None = None


@dataclass(frozen=True)
class Evidence:
    """What the status rests on, in own words.

    Attributes:
        sources: keys of the sources.
        section: where in them.
    """

    sources: tuple[str, ...]
    section: str = ""
    note: str = ""


@dataclass(frozen=True)
class Identity:
    """What can be said of an asset before its kind is known.

    Attributes:
        id: unique in the region.
        kind: name of its kind.
        in_service: day it serves from; for a project, the expected one; None when unknown.
        scope: part of the region that it lies in, by the names that the region gives them.
        captive: whether it serves one works only.
        counts_towards_nameplate: whether it counts towards installed capacity at all.
        marks: file and line of each part that stands in a file.
    """

    id: str
    kind: str
    name: Name
    status: Status
    scope: str
    in_service: dt.date | None = None
    captive: bool = False
    counts_towards_nameplate: bool = True
    place: Place | None = None
    evidence: Evidence | None = None
    mark: Mark = field(default=Mark(""), compare=False)
    marks: Mapping[str, Mark] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Asset:
    """An asset of the catalogue: its identity, its facts, and the kind built from their values.

    Attributes:
        identity: what it is, where and how far along.
        fields: its facts by field, each with a source, and its references and choices.
        model: the validated parameters, as the optimisation takes them.
    """

    identity: Identity
    fields: Fields
    model: Kind

    @property
    def id(self) -> str:
        return self.identity.id

    @property
    def kind(self) -> str:
        return self.identity.kind

    @property
    def name(self) -> Name:
        return self.identity.name

    @property
    def status(self) -> Status:
        return self.identity.status

    @property
    def in_service(self) -> dt.date | None:
        return self.identity.in_service

    @property
    def scope(self) -> str:
        return self.identity.scope

    @property
    def captive(self) -> bool:
        return self.identity.captive

    @property
    def counts_towards_nameplate(self) -> bool:
        return self.identity.counts_towards_nameplate

    @property
    def place(self) -> Place | None:
        return self.identity.place

    @property
    def evidence(self) -> Evidence | None:
        return self.identity.evidence

    @property
    def facts(self) -> Mapping[str, Fact]:
        return self.fields.facts

    @property
    def plain(self) -> Mapping[str, Plain]:
        return self.fields.plain

    @property
    def mark(self) -> Mark:
        return self.identity.mark
