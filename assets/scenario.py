"""Resolves a scenario: overlays over the catalogue, what is in service, and where water goes past an asset that is not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from yuqian.assets.asset import IDENTITY_KEYS, Asset
from yuqian.assets.building import build
from yuqian.assets.catalogue import Draft, Kinds, finished, read_added, read_documents, read_region
from yuqian.assets.fields import Fields
from yuqian.assets.forward import Network, connected
from yuqian.assets.identity import OVERLAY_KEYS, IdentityReader
from yuqian.assets.locate import find_region, scenario_names
from yuqian.assets.overlay import COMMAND_LINE, Overlay, Setting, read_chain, read_overrides
from yuqian.assets.problems import Code, Mark, Problems, listed, rename_hint
from yuqian.assets.references import check_references
from yuqian.assets.region import Choice, Note, NoteCode, Region, Selection
from yuqian.assets.region_file import build_targets, build_water
from yuqian.assets.schema import Shape, shapes_of
from yuqian.assets.source import Confidence, Fact
from yuqian.assets.targets import Targets
from yuqian.assets.water_law import WaterLaw
from yuqian.assets.water_quality import check_quality
from yuqian.assets.yaml_reader import Node

__all__ = ["load_region", "scenario_names"]


@dataclass
class _Resolution:
    """What is being resolved."""

    draft: Draft
    file: str
    settings: dict[str, Setting] = field(default_factory=dict)
    choices: dict[str, Choice] = field(default_factory=dict)
    history: dict[str, list[Mark]] = field(default_factory=dict)

    @property
    def problems(self) -> Problems:
        return self.draft.problems

    def note_mark(self, path: str, mark: Mark) -> None:
        self.history.setdefault(path, []).append(mark)


def load_region(scenario: str | Path, overrides: Sequence[str] = (), kinds: Kinds | None = None) -> Region:
    """Read a scenario and its region, and resolve what is in service.

    Args:
        scenario: name of one that comes with the package, or the path of a scenario file; its region may be a folder beside it.
        overrides: ``path=value``, as given on the command line; they win over all files.
        kinds: kinds of asset by name; all known ones when left out.

    Raises:
        CatalogueError: with everything that is wrong in all files; nothing is written.
    """
    problems = Problems()
    chain, folder = read_chain(scenario, problems)
    if not chain:
        problems.raise_if_any()
    chain.append(read_overrides(overrides, problems))
    named = next((overlay.settings["region"] for overlay in reversed(chain) if "region" in overlay.settings), None)
    file = chain[-2].file
    if named is None:
        _missing(problems, file, "region")
        problems.raise_if_any()
    assert named is not None
    region = find_region(named.value, folder, problems, named.mark)
    if region is None:
        problems.raise_if_any()
    assert region is not None
    resolution = _Resolution(read_region(region, problems, kinds), file)
    _begin_history(resolution)
    for overlay in chain:
        _apply(overlay, resolution)
    selection = _selection(resolution)
    problems.raise_if_any()
    assert selection is not None
    return _resolved(resolution, selection)


def _begin_history(resolution: _Resolution) -> None:
    draft = resolution.draft
    _note_marks(draft.assets.values(), resolution)
    if draft.region is not None:
        for name, mark in draft.region.marks.items():
            resolution.note_mark(name, mark)


def _note_marks(assets: Iterable[Asset], resolution: _Resolution) -> None:
    for asset in assets:
        for name, mark in {**asset.identity.marks, **asset.fields.marks()}.items():
            resolution.note_mark(f"{asset.id}.{name}", mark)


def _apply(overlay: Overlay, resolution: _Resolution) -> None:
    for key, setting in overlay.settings.items():
        resolution.settings[key] = setting
        resolution.note_mark(key, setting.mark)
    if overlay.sources:
        _add_sources(overlay, resolution)
    added = _add_assets(overlay, resolution)
    for asset_id, choice in overlay.choices.items():
        if _known(asset_id, choice.mark, "select", resolution):
            resolution.choices[asset_id] = choice
            resolution.note_mark(f"select.{asset_id}", choice.mark)
    for asset_id, nodes in overlay.assets.items():
        if asset_id not in added and _known(asset_id, overlay.asset_marks[asset_id], "assets", resolution):
            _apply_to_asset(asset_id, nodes, overlay, resolution)
    if overlay.targets:
        _apply_to_targets(overlay, resolution)
    if overlay.water:
        _apply_to_water(overlay, resolution)


def _add_sources(overlay: Overlay, resolution: _Resolution) -> None:
    draft = resolution.draft
    before = dict(draft.sources or {})
    for key in sorted(set(overlay.sources) & set(before)):
        resolution.problems.add(
            overlay.sources[key].mark, f"sources.{key}", Code.DUPLICATE_ID,
            found=f"a second document under the key '{key}'; the first is '{before[key].title}'", allowed="each key once",
            next_step="cite the first, or give this document a key of its own",
        )  # fmt: skip
    draft.sources = {**read_documents(overlay.sources, IdentityReader(draft.reader)), **before}


def _add_assets(overlay: Overlay, resolution: _Resolution) -> set[str]:
    """Take up the assets of an overlay that have a kind and are not in the region yet; ids of them."""
    draft = resolution.draft
    if overlay.from_command_line:
        return set()
    new = {
        asset_id: nodes
        for asset_id, nodes in overlay.assets.items()
        if asset_id not in draft.declared and "kind" in nodes
    }  # fmt: skip
    read_added(new, overlay.asset_marks, draft)
    _note_marks((draft.assets[asset_id] for asset_id in new if asset_id in draft.assets), resolution)
    return set(new)


def _known(asset_id: str, mark: Mark, where: str, resolution: _Resolution) -> bool:
    declared = resolution.draft.declared
    if asset_id in declared:
        return True
    resolution.problems.add(
        mark, f"{where}.{asset_id}", Code.UNKNOWN_ASSET,
        found=f"'{asset_id}', which is no asset of the region", allowed=f"an id of the catalogue: {listed(sorted(declared))}",
        next_step=rename_hint(asset_id, declared, "look it up; a new asset needs its kind and all its fields"),
    )  # fmt: skip
    return False


def _apply_to_asset(asset_id: str, nodes: Mapping[str, Node], overlay: Overlay, resolution: _Resolution) -> None:
    draft = resolution.draft
    if asset_id not in draft.kinds_of:
        return
    fixed = [key for key in nodes if key in IDENTITY_KEYS and key not in OVERLAY_KEYS]
    for key in fixed:
        resolution.problems.add(
            nodes[key].mark, f"{asset_id}.{key}", Code.UNKNOWN_FIELD,
            found=f"'{key}', which a scenario cannot change", allowed=f"{listed(OVERLAY_KEYS)}, or a field of the kind",
            next_step="change it in the catalogue",
        )  # fmt: skip
    parts = IdentityReader(draft.reader).parts(asset_id, {key: nodes[key] for key in OVERLAY_KEYS if key in nodes})
    own = {key: node for key, node in nodes.items() if key not in IDENTITY_KEYS}
    kind, before = draft.kinds_of[asset_id], draft.fields_of[asset_id]
    name = next(name for name, known in draft.kinds.items() if known is kind)
    shapes = draft.shapes_of(name)
    fields = _read_over(asset_id, own, shapes, f"the kind '{name}'", before, overlay, draft)
    merged = fields.over(before)
    for key in (*fields.facts, *fields.plain, *parts):
        resolution.note_mark(f"{asset_id}.{key}", nodes[key].mark)
    draft.fields_of[asset_id] = merged
    if any(shapes[key].refers for key in fields.plain):
        check_references({asset_id: merged}, draft.kinds_of, draft.declared, draft.problems)
    asset = draft.assets.get(asset_id)
    if asset is None:
        return
    model = build(draft.problems, kind, asset_id, merged, asset.mark, {"id": asset_id})
    marks = {**asset.identity.marks, **{key: nodes[key].mark for key in parts}}
    draft.assets[asset_id] = Asset(replace(asset.identity, **parts, marks=marks), merged, model or asset.model)


def _read_over(
    where: str, nodes: Mapping[str, Node], shapes: Mapping[str, Shape], owner: str, before: Fields, overlay: Overlay,
    draft: Draft,
) -> Fields:  # fmt: skip
    """Read fields of an overlay; on the command line a number stands alone, and its source is the command line."""
    reader = draft.reader
    bare = {
        name: node
        for name, node in nodes.items()
        if overlay.from_command_line and name in shapes and shapes[name].number and node.mapping is None
    }
    fields = reader.read(where, {name: node for name, node in nodes.items() if name not in bare}, shapes, owner)
    facts = dict(fields.facts)
    for name, node in bare.items():
        value = reader.value(node, f"{where}.{name}", shapes[name])
        if value is not None:
            old = before.facts.get(name)
            note = f"given on the command line in place of {old.value}" if old else "given on the command line"
            facts[name] = Fact(value, shapes[name].unit, (COMMAND_LINE,), Confidence.ASSUMED, note=note, mark=node.mark)
    return Fields(facts, fields.plain, fields.broken)


def _laid_over(
    block: str, nodes: Mapping[str, Node], shapes: Mapping[str, Shape], owner: str, before: Fields, overlay: Overlay,
    resolution: _Resolution,
) -> Fields:  # fmt: skip
    """Fields of a block of the region with those of an overlay over them; the layer of each is noted."""
    fields = _read_over(block, nodes, shapes, owner, before, overlay, resolution.draft)
    for key in (*fields.facts, *fields.plain):
        resolution.note_mark(f"{block}.{key}", nodes[key].mark)
    return fields.over(before)


def _apply_to_targets(overlay: Overlay, resolution: _Resolution) -> None:
    draft = resolution.draft
    if draft.region is None:
        return
    before = draft.region.target_fields
    merged = _laid_over("targets", overlay.targets, shapes_of(Targets), "the targets", before, overlay, resolution)
    draft.region = replace(draft.region, target_fields=merged)
    if draft.targets is not None:
        draft.targets = build_targets(merged, draft.reader, Mark(overlay.file)) or draft.targets


def _apply_to_water(overlay: Overlay, resolution: _Resolution) -> None:
    draft = resolution.draft
    if draft.region is None:
        return
    before = draft.region.water_fields
    shapes = shapes_of(WaterLaw)
    merged = _laid_over("water", overlay.water, shapes, "the order of water users", before, overlay, resolution)
    law = build_water(merged, draft.reader, Mark(overlay.file)) or draft.region.water
    draft.region = replace(draft.region, water_fields=merged, water=law)


def _selection(resolution: _Resolution) -> Selection | None:
    settings, scopes = resolution.settings, resolution.draft.scopes()
    for key in ("name", "year", "select.rungs"):
        if key not in settings:
            _missing(resolution.problems, resolution.file, key)
    wanted = settings.get("select.scopes")
    if resolution.draft.assets:
        for scope in wanted.value if wanted else ():
            if scope not in scopes:
                assert wanted is not None
                resolution.problems.add(
                    wanted.mark, "select.scopes", Code.UNKNOWN_CHOICE,
                    found=f"the scope '{scope}'", allowed=listed(scopes),
                    next_step=rename_hint(scope, scopes, "write one of these"),
                )  # fmt: skip
    if "select.rungs" not in settings:
        return None
    by = settings.get("select.in_service_by")
    return Selection(
        settings["select.rungs"].value, by.value if by else None, wanted.value if wanted else None,
        MappingProxyType(dict(sorted(resolution.choices.items()))),
    )  # fmt: skip


def _missing(problems: Problems, file: str, key: str) -> None:
    problems.add(
        Mark(file), key, Code.MISSING_FIELD,
        found=f"no '{key}', here or in a base", allowed="name, region, year and select.rungs", next_step=f"add '{key}: ...'",
    )  # fmt: skip


def _resolved(resolution: _Resolution, selection: Selection) -> Region:
    draft = resolution.draft
    catalogue = finished(draft)
    absent = {asset.id: why for asset in catalogue.assets.values() if (why := selection.why_not(asset)) is not None}
    notes = [Note(asset_id, f"not in service: {why}", NoteCode.LEFT_OUT) for asset_id, why in absent.items()]
    for asset_id, choice in selection.choices.items():
        if choice.serves:
            why = choice.reason or "no reason given"
            notes.append(Note(asset_id, f"added by the scenario ({choice.mark}): {why}", NoteCode.ADDED))
    network = Network(catalogue.assets, absent, resolution.settings["id"].value, resolution.file)
    assets = []
    for asset_id, asset in catalogue.assets.items():
        if asset_id not in absent:
            linked, forwarded = connected(asset, network, resolution.problems)
            assets.append(linked)
            notes += forwarded
    check_quality(assets, resolution.problems)
    resolution.problems.raise_if_any()
    settings = resolution.settings
    return Region(
        settings["id"].value, settings["name"].value, settings["year"].value, selection, catalogue, tuple(assets),
        catalogue.targets, tuple(sorted(notes)),
        MappingProxyType({path: tuple(marks) for path, marks in sorted(resolution.history.items())}),
    )  # fmt: skip
