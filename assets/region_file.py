"""Reads ``region.yaml``: what a region is called, where it lies, what its plan promises, and who goes without water first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from yuqian.assets.building import build, note_missing
from yuqian.assets.fields import FieldReader, Fields
from yuqian.assets.identity import IdentityReader
from yuqian.assets.problems import Mark
from yuqian.assets.schema import shapes_of
from yuqian.assets.source import Fact, Name
from yuqian.assets.targets import Targets
from yuqian.assets.water_law import WaterLaw
from yuqian.assets.yaml_reader import Node
from yuqian.models.kind import Positive

_KEYS = ("id", "name", "centre", "area_km2", "scopes", "targets", "water")


class _Geography(BaseModel):
    """Numbers about the region as a whole."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    latitude_deg: float | None = None
    longitude_deg: float | None = None
    area_km2: Positive | None = None


@dataclass(frozen=True)
class RegionIdentity:
    """What a region is called and where it lies.

    Attributes:
        id: the name that scenarios call it by.
        facts: ``latitude_deg``, ``longitude_deg``, ``area_km2``, as far as they are given.
        scopes: parts of the region with their names, if it declares them.
        target_fields, water_fields: targets, and the order of water users, as they were read, for a scenario to be laid over.
        water: the order of water users.
        marks: file and line of each target, and of the order, by path.
    """

    id: str
    name: Name
    facts: Mapping[str, Fact] = field(default_factory=dict)
    scopes: Mapping[str, Name] = field(default_factory=dict)
    target_fields: Fields = field(default_factory=Fields)
    water_fields: Fields = field(default_factory=Fields)
    water: WaterLaw = field(default_factory=WaterLaw)
    mark: Mark = field(default=Mark(""), compare=False)

    @property
    def marks(self) -> Mapping[str, Mark]:
        parts = {"targets": self.target_fields, "water": self.water_fields}
        return {f"{part}.{name}": mark for part, fields in parts.items() for name, mark in fields.marks().items()}


def read_region_file(root: Node, reader: FieldReader) -> tuple[RegionIdentity | None, Targets | None]:
    """Read the document; each part is None when it is missing or wrong, which is noted."""
    parts = IdentityReader(reader)
    parts.unknown_keys(root.mapping or {}, "", ("region", "targets"))
    block = (root.mapping or {}).get("region")
    if block is None or block.mapping is None:
        parts.wrong(block or root, "region", "a mapping with id, name and targets", "write 'region:' and 'id:' below it")
        return None, None
    inside = dict(block.mapping)
    parts.unknown_keys(inside, "region", _KEYS)
    for key in ("id", "name"):
        if key not in inside:
            parts.missing(block.mark, f"region.{key}", key)
    region_id = parts.text(inside["id"], "region.id") if "id" in inside else None
    name = parts.name(inside.get("name"), "region.name")
    facts = _geography(inside, reader, parts, block.mark)
    scopes = _scopes(inside.get("scopes"), parts)
    fields, targets = _targets(inside.get("targets") or (root.mapping or {}).get("targets"), reader, parts, block.mark)
    law, water = _water(inside.get("water"), reader, parts, block.mark)
    if not region_id or not name:
        return None, targets
    return RegionIdentity(region_id, name, facts, scopes, fields, law, water, block.mark), targets


def build_targets(fields: Fields, reader: FieldReader, mark: Mark) -> Targets | None:
    """Targets from what was read; None when the rules refuse it, which is noted."""
    targets = build(reader.problems, Targets, "targets", fields, mark)
    return None if targets is None else targets.with_facts(fields.facts)


def build_water(fields: Fields, reader: FieldReader, mark: Mark) -> WaterLaw | None:
    """The order of water users from what was read; None when the rules refuse it, which is noted."""
    return build(reader.problems, WaterLaw, "water", fields, mark)


def _water(node: Node | None, reader: FieldReader, parts: IdentityReader, mark: Mark) -> tuple[Fields, WaterLaw]:
    if node is None:
        return Fields(), WaterLaw()
    if node.mapping is None:
        parts.wrong(node, "region.water", "{order: [...], ordering: ...}", "write 'order:' with the classes of water user")
        return Fields(), WaterLaw()
    fields = reader.read("water", node.mapping, shapes_of(WaterLaw), "the order of water users")
    return fields, build_water(fields, reader, node.mark) or WaterLaw()


def _geography(inside: Mapping[str, Node], reader: FieldReader, parts: IdentityReader, mark: Mark) -> Mapping[str, Fact]:
    nodes = {"area_km2": inside["area_km2"]} if "area_km2" in inside else {}
    centre = inside.get("centre")
    if centre is not None and centre.mapping is None:
        parts.wrong(centre, "region.centre", "latitude_deg and longitude_deg", "write both as facts")
    elif centre is not None:
        nodes.update(centre.mapping or {})
    fields = reader.read("region", nodes, shapes_of(_Geography), "a region")
    build(reader.problems, _Geography, "region", fields, mark)
    return fields.facts


def _scopes(node: Node | None, parts: IdentityReader) -> Mapping[str, Name]:
    if node is None:
        return {}
    if node.mapping is None:
        parts.wrong(node, "region.scopes", "{scope: {en: ..., zh: ...}}", "name each part of the region")
        return {}
    named = {scope: parts.name(item, f"region.scopes.{scope}") for scope, item in node.mapping.items()}
    return {scope: name for scope, name in named.items() if name is not None}


def _targets(node: Node | None, reader: FieldReader, parts: IdentityReader, mark: Mark) -> tuple[Fields, Targets | None]:
    if node is None or node.mapping is None:
        parts.missing(mark, "region.targets", "targets")
        return Fields(), None
    shapes = shapes_of(Targets)
    fields = reader.read("targets", node.mapping, shapes, "the targets")
    note_missing(reader.problems, "targets", fields, shapes, node.mark, "the plan")
    return fields, build_targets(fields, reader, node.mark)
