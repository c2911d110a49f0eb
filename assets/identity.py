"""Reads the identity of an asset, in a catalogue or laid over one by a scenario."""

from __future__ import annotations

import datetime as dt
import enum
import math
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from yuqian.assets.asset import Evidence, Identity, Place, Status
from yuqian.assets.fields import FieldReader
from yuqian.assets.problems import Code, Mark, Problems, listed, rename_hint
from yuqian.assets.source import Name
from yuqian.assets.yaml_reader import Node

OVERLAY_KEYS: Final = ("status", "in_service", "scope", "captive", "counts_towards_nameplate")
"""What a scenario may change of an identity."""

E = TypeVar("E", bound=enum.Enum)


class IdentityReader:
    """Reads the parts of an identity, each problem noted with its line."""

    def __init__(self, fields: FieldReader) -> None:
        self._fields = fields
        self._problems: Problems = fields.problems

    def read(self, asset_id: str, kind: str, nodes: Mapping[str, Node], mark: Mark) -> Identity | None:
        """Read a whole identity; None when a required part is missing or wrong."""
        for key in ("name", "status", "scope", "evidence"):
            if key not in nodes:
                self.missing(mark, f"{asset_id}.{key}", key)
        parts = self.parts(asset_id, nodes)
        name = self.name(nodes.get("name"), f"{asset_id}.name")
        place = self._place(nodes.get("place"), f"{asset_id}.place")
        evidence = self._evidence(nodes.get("evidence"), f"{asset_id}.evidence")
        if name is None or "status" not in parts or "scope" not in parts:
            return None
        marks = {key: node.mark for key, node in nodes.items()}
        return Identity(asset_id, kind, name, place=place, evidence=evidence, mark=mark, marks=marks, **parts)

    def parts(self, asset_id: str, nodes: Mapping[str, Node]) -> dict[str, Any]:
        """Read the parts that a scenario may change; those that are missing or wrong are left out."""
        parts: dict[str, Any] = {}
        if "status" in nodes:
            parts["status"] = self.choice(nodes["status"], f"{asset_id}.status", Status)
        if "scope" in nodes:
            parts["scope"] = self.text(nodes["scope"], f"{asset_id}.scope", "the name of a part of the region")
        for key in ("captive", "counts_towards_nameplate"):
            if key in nodes:
                parts[key] = self.truth(nodes[key], f"{asset_id}.{key}")
        if "in_service" in nodes:
            parts["in_service"] = self.date(nodes["in_service"], f"{asset_id}.in_service")
        return {key: value for key, value in parts.items() if value is not None}

    def missing(self, mark: Mark, where: str, key: str) -> None:
        """Note a part that must be given."""
        self._problems.add(
            mark, where, Code.MISSING_FIELD, found=f"no '{key}'", allowed=f"'{key}' given", next_step=f"add '{key}: ...'"
        )

    def wrong(self, node: Node, where: str, allowed: str, next_step: str) -> None:
        """Note a part of the wrong type."""
        self._problems.add(node.mark, where, Code.WRONG_TYPE, found=node.shown(), allowed=allowed, next_step=next_step)

    def unknown_keys(self, nodes: Mapping[str, Node], where: str, allowed: tuple[str, ...]) -> None:
        """Note keys that are not allowed."""
        for key, node in nodes.items():
            if key not in allowed:
                self._problems.add(
                    node.mark, f"{where}.{key}" if where else key, Code.UNKNOWN_FIELD,
                    found=f"'{key}'", allowed=listed(allowed), next_step=rename_hint(key, allowed, "delete it"),
                )  # fmt: skip

    def choice(self, node: Node, where: str, choices: type[E]) -> E | None:
        """One of the values of an enumeration."""
        words = [str(choice.value) for choice in choices]
        if node.text in words:
            return choices(node.text)
        self._problems.add(
            node.mark, where, Code.UNKNOWN_CHOICE,
            found=node.shown(), allowed=listed(words), next_step=rename_hint(str(node.value), words, "write one of these"),
        )  # fmt: skip
        return None

    def text(self, node: Node, where: str, allowed: str = "a text") -> str | None:
        """A text; dates are given back as they are written."""
        if isinstance(node.value, str) and node.value:
            return node.value
        if isinstance(node.value, dt.date):
            return node.value.isoformat()
        self.wrong(node, where, allowed, "write it as text, in quotes if it looks like a number")
        return None

    def truth(self, node: Node, where: str) -> bool | None:
        """True or false."""
        if isinstance(node.value, bool):
            return node.value
        self.wrong(node, where, "true or false", "write true or false")
        return None

    def date(self, node: Node, where: str) -> dt.date | None:
        """A day."""
        if isinstance(node.value, dt.date):
            return node.value
        self.wrong(node, where, "a day as 2024-05-30", "write year-month-day, or leave it out while it is unknown")
        return None

    def name(self, node: Node | None, where: str) -> Name | None:
        """A name in both languages; None is noted by the caller."""
        if node is None:
            return None
        inside = node.mapping
        if inside is None or not {"en", "zh"} <= set(inside):
            self.wrong(node, where, "both languages: {en: ..., zh: ...}", "write both names")
            return None
        self.unknown_keys(inside, where, ("en", "zh"))
        en, zh = self.text(inside["en"], f"{where}.en"), self.text(inside["zh"], f"{where}.zh")
        return Name(en, zh) if en and zh else None

    def _place(self, node: Node | None, where: str) -> Place | None:
        if node is None:
            return None
        if node.mapping is None:
            self.wrong(node, where, "{town: {en: ..., zh: ...}, latitude_deg: ..., longitude_deg: ...}", "write a mapping")
            return None
        self.unknown_keys(node.mapping, where, ("town", "latitude_deg", "longitude_deg"))
        degrees = {
            key: self._degrees(node.mapping[key], f"{where}.{key}", limit)
            for key, limit in (("latitude_deg", 90.0), ("longitude_deg", 180.0))
            if key in node.mapping
        }
        return Place(self.name(node.mapping.get("town"), f"{where}.town"), **degrees)

    def _degrees(self, node: Node, where: str, limit: float) -> float | None:
        value = node.value
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and abs(value) <= limit:
            return float(value)
        self.wrong(node, where, f"degrees between {-limit:g} and {limit:g}", "write decimal degrees")
        return None

    def _evidence(self, node: Node | None, where: str) -> Evidence | None:
        if node is None:
            return None
        if node.mapping is None:
            self.wrong(node, where, "{source: KEY, section: ..., note: ...}", "name the document that the status rests on")
            return None
        self.unknown_keys(node.mapping, where, ("source", "section", "note"))
        sources = self._fields.source_keys(node.mapping.get("source"), f"{where}.source", node.mark)
        words = {
            key: self.text(node.mapping[key], f"{where}.{key}") or "" for key in ("section", "note") if key in node.mapping
        }
        return Evidence(sources, **words)
