"""The catalogue of a region: every asset with its facts, read from a folder of YAML files and refused if anything is wrong.

A region folder holds ``region.yaml`` (identity and targets), ``sources.yaml`` (documents by key) and any number of further
files with a list of assets each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from yuqian.assets.asset import IDENTITY_KEYS, Asset
from yuqian.assets.building import build, note_missing
from yuqian.assets.fields import FieldReader, Fields
from yuqian.assets.identity import IdentityReader
from yuqian.assets.locate import REGION_FILE, SOURCES_FILE, File, Folder, find_region
from yuqian.assets.problems import Code, Mark, Problems, listed, rename_hint
from yuqian.assets.references import check_references
from yuqian.assets.region_file import RegionIdentity, read_region_file
from yuqian.assets.schema import Shape, shapes_of
from yuqian.assets.source import Fact, Source
from yuqian.assets.targets import Targets
from yuqian.assets.yaml_reader import Node, read_yaml
from yuqian.models.kind import Kind
from yuqian.models.kinds import known_kinds

Kinds = Mapping[str, type[Kind]]

_USUAL_SCOPES: Final = frozenset({"district", "outside"})


@dataclass(frozen=True)
class Catalogue:
    """What a region has.

    Attributes:
        region: what it is called and where it lies.
        targets: what its plan promises.
        sources: documents by key.
        assets: by id, sorted.
    """

    region: RegionIdentity
    targets: Targets
    sources: Mapping[str, Source]
    assets: Mapping[str, Asset]

    def facts(self) -> Iterator[tuple[Asset, str, Fact]]:
        """Every fact, by asset and field."""
        for asset in self.assets.values():
            for name, fact in asset.facts.items():
                yield asset, name, fact


@dataclass
class Draft:
    """A catalogue while it is read: whatever could be understood so far.

    Attributes:
        declared: ids with the place of each, also of assets that are wrong.
        kinds_of: kind of each id, as far as it is known.
    """

    problems: Problems
    kinds: Kinds
    sources: Mapping[str, Source] | None = None
    region: RegionIdentity | None = None
    targets: Targets | None = None
    assets: dict[str, Asset] = field(default_factory=dict)
    declared: dict[str, Mark] = field(default_factory=dict)
    kinds_of: dict[str, type[Kind]] = field(default_factory=dict)
    fields_of: dict[str, Fields] = field(default_factory=dict)
    shapes: dict[str, Mapping[str, Shape]] = field(default_factory=dict)

    @property
    def reader(self) -> FieldReader:
        return FieldReader(self.problems, self.sources)

    def shapes_of(self, kind: str) -> Mapping[str, Shape]:
        """Fields of a kind, worked out once."""
        if kind not in self.shapes:
            self.shapes[kind] = shapes_of(self.kinds[kind])
        return self.shapes[kind]

    def scopes(self) -> tuple[str, ...]:
        """Parts of the region: as it declares them; else the usual ones and those that several assets use."""
        if self.region is not None and self.region.scopes:
            return tuple(self.region.scopes)
        used = Counter(asset.scope for asset in self.assets.values())
        return tuple(sorted(_USUAL_SCOPES | {scope for scope, count in used.items() if count > 1}))


def load_catalogue(region: str | Path, kinds: Kinds | None = None) -> Catalogue:
    """Read a region.

    Args:
        region: name of one that comes with the package, or a folder.
        kinds: kinds of asset by name; all known ones when left out.

    Raises:
        CatalogueError: with everything that is wrong in all its files.
    """
    problems = Problems()
    folder = find_region(region, None, problems, Mark("region"))
    problems.raise_if_any()
    assert folder is not None
    draft = read_region(folder, problems, kinds)
    problems.raise_if_any()
    return finished(draft)


def finished(draft: Draft) -> Catalogue:
    """The catalogue of a draft in which nothing is wrong."""
    assert draft.region is not None
    assert draft.targets is not None
    assert draft.sources is not None
    return Catalogue(
        draft.region, draft.targets, MappingProxyType(dict(sorted(draft.sources.items()))),
        MappingProxyType(dict(sorted(draft.assets.items()))),
    )  # fmt: skip


def read_region(folder: Folder, problems: Problems, kinds: Kinds | None = None) -> Draft:
    """Read all files of a region and note what is wrong with them and with how the assets refer to each other."""
    draft = Draft(problems, known_kinds() if kinds is None else kinds)
    roots = {file.name: (file, _root(file, problems)) for file in folder.files()}
    for name in (REGION_FILE, SOURCES_FILE):
        if name not in roots:
            problems.add(
                Mark(folder.file(name).label), name, Code.NOT_FOUND,
                found="no such file", allowed=f"a region folder with {REGION_FILE} and {SOURCES_FILE}",
                next_step=f"add {name} to {folder.label}/",
            )  # fmt: skip
    _, sources = roots.pop(SOURCES_FILE, (None, None))
    draft.sources = None if sources is None else _read_sources(sources, draft)
    _, region = roots.pop(REGION_FILE, (None, None))
    if region is not None:
        draft.region, draft.targets = read_region_file(region, draft.reader)
    for _, root in roots.values():
        if root is not None:
            _read_assets(root, draft)
    _check_scopes([*_scopes_of_assets(draft.assets.values()), *_scopes_of_targets(draft)], draft)
    check_references(draft.fields_of, draft.kinds_of, draft.declared, problems)
    return draft


def _root(file: File, problems: Problems) -> Node | None:
    try:
        text = file.text()
    except UnicodeDecodeError as error:
        problems.add(
            Mark(file.label), "file", Code.SYNTAX,
            found=f"a byte that is no UTF-8 (at byte {error.start})", allowed="UTF-8 text", next_step="save the file as UTF-8",
        )  # fmt: skip
        return None
    root = read_yaml(text, file.label, problems)
    if root is not None and not root.mapping:
        problems.add(
            Mark(file.label, 1), "file", Code.EMPTY_FILE if root.value in (None, {}) else Code.WRONG_TYPE,
            found=root.shown(), allowed="a YAML mapping", next_step="begin with 'assets:', 'sources:' or 'region:'",
        )  # fmt: skip
        return None
    return root


def _read_sources(root: Node, draft: Draft) -> Mapping[str, Source]:
    reader = IdentityReader(draft.reader)
    reader.unknown_keys(root.mapping or {}, "", ("sources",))
    block = (root.mapping or {}).get("sources")
    if block is None or block.mapping is None:
        reader.wrong(block or root, "sources", "a mapping of key to document", "write 'sources:' and the documents below it")
        return {}
    return read_documents(block.mapping, reader)


def read_documents(nodes: Mapping[str, Node], reader: IdentityReader) -> dict[str, Source]:
    """Documents by key, as a region has them in ``sources.yaml`` and a scenario adds them; what is wrong is noted."""
    found = {}
    keys = ("title", "publisher", "date", "section", "note")
    for key, node in nodes.items():
        inside = node.mapping
        if inside is None or "title" not in inside:
            reader.wrong(node, f"sources.{key}", "{title: ..., publisher: ..., date: ...}", "write at least the title")
            found[key] = Source(key, key)
            continue
        reader.unknown_keys(inside, f"sources.{key}", keys)
        words = {
            word: reader.text(item, f"sources.{key}.{word}") or "" if not isinstance(item.value, int) else str(item.value)
            for word, item in inside.items()
            if word in keys
        }
        found[key] = Source(key, **words)
    return found


def _read_assets(root: Node, draft: Draft) -> None:
    reader = IdentityReader(draft.reader)
    reader.unknown_keys(root.mapping or {}, "", ("assets",))
    block = (root.mapping or {}).get("assets")
    if block is None:
        return
    if block.items is None:
        reader.wrong(block, "assets", "a list of assets", "write '  - id: ...' for each asset")
        return
    for number, node in enumerate(block.items, start=1):
        if node.mapping is None:
            reader.wrong(node, f"assets[{number}]", "a mapping that begins with 'id:'", "write '- id: ...'")
        else:
            _read_asset(node.mapping, node.mark, f"assets[{number}]", draft)


def read_added(assets: Mapping[str, Mapping[str, Node]], marks: Mapping[str, Mark], draft: Draft) -> None:
    """Read assets that a scenario adds to a region, by id; what is wrong with them, or with what they refer to, is noted."""
    reader = IdentityReader(draft.reader)
    for asset_id, nodes in assets.items():
        if "id" in nodes:
            reader.wrong(nodes["id"], f"{asset_id}.id", f"no 'id' below '{asset_id}', which is the id", "delete it")
        _read_asset({**nodes, "id": Node(asset_id, marks[asset_id])}, marks[asset_id], asset_id, draft)
    _check_scopes(_scopes_of_assets(draft.assets[asset_id] for asset_id in assets if asset_id in draft.assets), draft)
    read = {asset_id: draft.fields_of[asset_id] for asset_id in assets if asset_id in draft.fields_of}
    check_references(read, draft.kinds_of, draft.declared, draft.problems)


def _read_asset(nodes: Mapping[str, Node], mark: Mark, unnamed: str, draft: Draft) -> None:
    """Read one asset; ``unnamed`` is what messages call it if it has no id."""
    reader = IdentityReader(draft.reader)
    if "id" not in nodes:
        reader.missing(mark, f"{unnamed}.id", "id")
    asset_id = reader.text(nodes["id"], f"{unnamed}.id") if "id" in nodes else None
    where = asset_id or unnamed
    if asset_id is not None and not _declare(asset_id, nodes["id"].mark, draft):
        return
    identity = reader.read(where, nodes["kind"].text or "" if "kind" in nodes else "", nodes, mark)
    kind = _kind(nodes, where, mark, draft)
    if kind is None:
        return
    own = {name: node for name, node in nodes.items() if name not in IDENTITY_KEYS}
    name, shapes = str(nodes["kind"].text), draft.shapes_of(str(nodes["kind"].text))
    fields = draft.reader.read(where, own, shapes, f"the kind '{name}'", IDENTITY_KEYS)
    note_missing(draft.problems, where, fields, shapes, mark, f"the kind '{name}'")
    model = build(draft.problems, kind, where, fields, mark, {"id": asset_id or "unnamed"})
    if asset_id is None:
        return
    draft.kinds_of[asset_id], draft.fields_of[asset_id] = kind, fields
    if identity is not None and model is not None:
        draft.assets[asset_id] = Asset(identity, fields, model)


def _declare(asset_id: str, mark: Mark, draft: Draft) -> bool:
    first = draft.declared.get(asset_id)
    if first is None:
        draft.declared[asset_id] = mark
        return True
    draft.problems.add(
        mark, f"{asset_id}.id", Code.DUPLICATE_ID,
        found=f"a second asset with the id '{asset_id}'; the first is at {first}", allowed="each id once in the region",
        next_step="rename one of the two, or delete it",
    )  # fmt: skip
    return False


def _kind(nodes: Mapping[str, Node], where: str, mark: Mark, draft: Draft) -> type[Kind] | None:
    node = nodes.get("kind")
    if node is None:
        IdentityReader(draft.reader).missing(mark, f"{where}.kind", "kind")
        return None
    name = str(node.value)
    if name not in draft.kinds:
        draft.problems.add(
            node.mark, f"{where}.kind", Code.UNKNOWN_KIND,
            found=f"the kind '{name}'", allowed=listed(draft.kinds, most=40),
            next_step=rename_hint(name, draft.kinds, "write one of these, or add a file for the kind to models/"),
        )  # fmt: skip
        return None
    return draft.kinds[name]


def _check_scopes(named: Iterable[tuple[Mark, str, str]], draft: Draft) -> None:
    """Note scopes that are none of the region's, each with its mark and what names it."""
    allowed = draft.scopes()
    for mark, where, scope in named:
        if scope not in allowed:
            draft.problems.add(
                mark, where, Code.UNKNOWN_CHOICE,
                found=f"the scope '{scope}'", allowed=listed(allowed),
                next_step=rename_hint(scope, allowed, f"write one of these, or declare it under 'scopes' in {REGION_FILE}"),
            )  # fmt: skip


def _scopes_of_assets(assets: Iterable[Asset]) -> Iterator[tuple[Mark, str, str]]:
    for asset in assets:
        yield asset.identity.marks["scope"], f"{asset.id}.scope", asset.scope


def _scopes_of_targets(draft: Draft) -> Iterator[tuple[Mark, str, str]]:
    if draft.targets is None or draft.region is None:
        return
    for name in ("power_scopes", "water_scopes", "people_scopes"):
        mark = draft.region.marks.get(f"targets.{name}", draft.region.mark)
        for scope in getattr(draft.targets, name):
            yield mark, f"targets.{name}", scope
