"""Reads scenario files, and what is set on the command line, as overlays of one over another.

A scenario file::

    id: high
    name: {en: ..., zh: ...}
    base: low                # optional: the scenario that this one is laid over
    region: valley           # a region of the package, or a folder beside this file
    year: 2030
    select:
      rungs: [operating, building, committed]
      in_service_by: 2030-12-31
      scopes: [district, outside]
      add: [some_asset, {id: another, reason: ...}]
      remove: [a_third]
      reason: why, for all that is added and removed here
    assets:
      some_asset:
        power_max_mw: {value: ..., source: ..., confidence: ...}
        in_service: 2029-06-30
      new_asset:               # one that the region does not have: as in the catalogue, with its kind
        kind: industry
        ...
    targets:
      count_captive: true
    water:
      ordering: lexicographic
    sources:
      my_survey: {title: ..., publisher: ..., date: ...}

The later file wins value by value; an asset that is added stays so until a later file removes it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from yuqian.assets.asset import Status
from yuqian.assets.fields import FieldReader
from yuqian.assets.identity import IdentityReader
from yuqian.assets.locate import find_scenario
from yuqian.assets.problems import Code, Mark, Problems
from yuqian.assets.region import Choice
from yuqian.assets.yaml_reader import Node, read_value, read_yaml

COMMAND_LINE: Final = "command line"
_KEYS: Final = ("id", "name", "base", "region", "year", "select", "assets", "targets", "water", "sources")
_SELECT_KEYS: Final = ("rungs", "in_service_by", "scopes", "add", "remove", "reason")


@dataclass
class Setting:
    """A value of a scenario, and where it stands."""

    value: Any
    mark: Mark


@dataclass
class Overlay:
    """One scenario file, or the command line.

    Attributes:
        file: what messages call it.
        settings: "id", "name", "base", "region", "year", "select.rungs", "select.in_service_by", "select.scopes".
        choices: assets put in or left out by name.
        assets: what is laid over each asset, by field.
        targets, water: what is laid over the targets, and over the order of water users.
        sources: documents that it adds.
    """

    file: str
    settings: dict[str, Setting] = field(default_factory=dict)
    choices: dict[str, Choice] = field(default_factory=dict)
    assets: dict[str, Mapping[str, Node]] = field(default_factory=dict)
    asset_marks: dict[str, Mark] = field(default_factory=dict)
    targets: Mapping[str, Node] = field(default_factory=dict)
    water: Mapping[str, Node] = field(default_factory=dict)
    sources: Mapping[str, Node] = field(default_factory=dict)

    @property
    def from_command_line(self) -> bool:
        return self.file == COMMAND_LINE


def read_chain(scenario: str | Path, problems: Problems) -> tuple[list[Overlay], Path | None]:
    """A scenario with all that it is laid over, the base first.

    Returns:
        The overlays, none if the scenario could not be read; and the folder of the scenario if it is the user's own.
    """
    chain: list[Overlay] = []
    seen: dict[str, Mark] = {}
    wanted: str | Path | None = scenario
    mark, beside, folder = Mark(COMMAND_LINE), None, None
    while wanted is not None:
        found = find_scenario(wanted, beside, problems, mark)
        if found is None:
            break
        file, beside = found
        if file.label in seen:
            problems.add(
                mark, "base", Code.CIRCLE,
                found=f"'{wanted}', which is laid over this scenario itself", allowed="bases that come to an end",
                next_step="name another base, or none",
            )  # fmt: skip
            break
        seen[file.label] = mark
        folder = beside if not chain else folder
        root = read_yaml(file.text(), file.label, problems)
        if root is None:
            break
        overlay = read_overlay(root, file.label, problems)
        chain.insert(0, overlay)
        base = overlay.settings.get("base")
        wanted, mark = (base.value, base.mark) if base else (None, mark)
    return chain, folder


def read_overlay(root: Node, file: str, problems: Problems) -> Overlay:
    """Read one scenario file; assets and targets are read when the catalogue is known."""
    overlay, parts = Overlay(file), IdentityReader(FieldReader(problems, None))
    nodes = root.mapping
    if nodes is None:
        parts.wrong(root, "scenario", "a mapping with name, region, year and select", "write 'name:' and the rest")
        return overlay
    parts.unknown_keys(nodes, "", _KEYS)
    overlay.settings["id"] = Setting(Path(file).stem, Mark(file, 1))
    for key in ("id", "base", "region"):
        if key in nodes and (text := parts.text(nodes[key], key)):
            overlay.settings[key] = Setting(text, nodes[key].mark)
    if "name" in nodes and (name := parts.name(nodes["name"], "name")):
        overlay.settings["name"] = Setting(name, nodes["name"].mark)
    if "year" in nodes:
        _year(overlay, nodes["year"], problems)
    if "select" in nodes:
        _select(overlay, nodes["select"], parts, problems)
    for key in ("assets", "targets", "water", "sources"):
        if key in nodes and nodes[key].mapping is None and nodes[key].value is not None:
            parts.wrong(nodes[key], key, "a mapping", "write names with values below")
    for asset_id, node in ((nodes["assets"].mapping or {}) if "assets" in nodes else {}).items():
        overlay.asset_marks[asset_id] = node.mark
        if node.mapping is None:
            parts.wrong(node, f"assets.{asset_id}", "a mapping of field to value", "write the fields below it")
        else:
            overlay.assets[asset_id] = node.mapping
    overlay.targets = (nodes["targets"].mapping or {}) if "targets" in nodes else {}
    overlay.water = (nodes["water"].mapping or {}) if "water" in nodes else {}
    overlay.sources = (nodes["sources"].mapping or {}) if "sources" in nodes else {}
    return overlay


def read_overrides(overrides: Sequence[str], problems: Problems) -> Overlay:
    """Read ``path=value`` pairs of the command line into an overlay of their own; of two for one path the later wins.

    A path is ``asset.field``, ``targets.field``, ``water.field``, ``year``, ``region``, or ``select.rungs`` and its like.
    """
    overlay, parts = Overlay(COMMAND_LINE), IdentityReader(FieldReader(problems, None))
    mark = Mark(COMMAND_LINE)
    select: dict[str, Node] = {}
    blocks: dict[str, dict[str, Node]] = {"targets": {}, "water": {}}
    assets: dict[str, dict[str, Node]] = {}
    for text in overrides:
        path, equals, right = text.partition("=")
        node = read_value(right, COMMAND_LINE) if equals else None
        names = path.strip().removeprefix("assets.").removesuffix(".value").split(".")
        match names:
            case _ if node is None:
                _not_an_override(problems, mark, text)
            case ["year"]:
                _year(overlay, node, problems)
            case ["select", key] | [("rungs" | "in_service_by" | "scopes" | "add" | "remove") as key]:
                select[key] = node
            case [("targets" | "water") as block, key]:
                blocks[block][key] = node
            case [asset_id, key] if asset_id and key:
                assets.setdefault(asset_id, {})[key] = node
            case _:
                _not_an_override(problems, mark, text)
    _select(overlay, Node(select, mark), parts, problems)
    overlay.assets.update(assets)
    overlay.asset_marks.update(dict.fromkeys(assets, mark))
    overlay.targets, overlay.water = blocks["targets"], blocks["water"]
    return overlay


def _not_an_override(problems: Problems, mark: Mark, text: str) -> None:
    problems.add(
        mark, "override", Code.WRONG_TYPE,
        found=f"'{text}'", allowed="path=value: asset.field=8000, targets.count_captive=true, year=2030, "
        "select.rungs=[operating, building]", next_step="write one equals sign between a path and a value",
    )  # fmt: skip


def _year(overlay: Overlay, node: Node, problems: Problems) -> None:
    if isinstance(node.value, int) and not isinstance(node.value, bool) and 1950 <= node.value <= 2150:
        overlay.settings["year"] = Setting(node.value, node.mark)
        return
    problems.add(
        node.mark, "year", Code.WRONG_TYPE, found=node.shown(), allowed="a year from 1950 to 2150", next_step="write a year"
    )


def _select(overlay: Overlay, node: Node, parts: IdentityReader, problems: Problems) -> None:
    nodes = node.mapping
    if nodes is None:
        parts.wrong(node, "select", "a mapping of rungs, in_service_by, scopes, add, remove", "write them below 'select:'")
        return
    parts.unknown_keys(nodes, "select", _SELECT_KEYS)
    reason = (parts.text(nodes["reason"], "select.reason") or "") if "reason" in nodes else ""
    if "rungs" in nodes:
        rungs = [parts.choice(item, "select.rungs", Status) for item in _list(nodes["rungs"], "select.rungs", parts)]
        _set(overlay, "select.rungs", tuple(rung for rung in rungs if rung is not None), nodes["rungs"].mark)
    if "scopes" in nodes:
        scopes = [parts.text(item, "select.scopes") for item in _list(nodes["scopes"], "select.scopes", parts)]
        _set(overlay, "select.scopes", tuple(scope for scope in scopes if scope), nodes["scopes"].mark)
    if "in_service_by" in nodes:
        day = nodes["in_service_by"]
        value = dt.date(day.value, 12, 31) if isinstance(day.value, int) and 1950 <= day.value <= 2150 else None
        _set(overlay, "select.in_service_by", value or parts.date(day, "select.in_service_by"), day.mark)
    for key, serves in (("add", True), ("remove", False)):
        for item in _list(nodes[key], f"select.{key}", parts) if key in nodes else ():
            _choose(overlay, item, serves, reason, parts, problems)


def _set(overlay: Overlay, key: str, value: Any, mark: Mark) -> None:
    if value is not None:
        overlay.settings[key] = Setting(value, mark)


def _list(node: Node, where: str, parts: IdentityReader) -> tuple[Node, ...]:
    if node.items is not None:
        return node.items
    if node.text is not None:
        return (node,)
    parts.wrong(node, where, "a list", "write [first, second]")
    return ()


def _choose(
    overlay: Overlay, node: Node, serves: bool, reason: str, parts: IdentityReader, problems: Problems
) -> None:  # fmt: skip
    where = "select.add" if serves else "select.remove"
    asset_id, why = node.text, reason
    if node.mapping is not None:
        parts.unknown_keys(node.mapping, where, ("id", "reason"))
        asset_id = node.mapping["id"].text if "id" in node.mapping else None
        why = (parts.text(node.mapping["reason"], f"{where}.reason") or "") if "reason" in node.mapping else reason
    if asset_id is None:
        parts.wrong(node, where, "the id of an asset, or {id: ..., reason: ...}", "write the id")
        return
    before = overlay.choices.get(asset_id)
    if before is not None and before.serves is not serves:
        problems.add(
            node.mark, where, Code.INCONSISTENT,
            found=f"'{asset_id}' both added and removed (also {before.mark})", allowed="one of the two",
            next_step="delete it from one list",
        )  # fmt: skip
    overlay.choices[asset_id] = Choice(serves, why, node.mark)
