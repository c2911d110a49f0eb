"""Which kinds there are: found from the files, listed nowhere.

A kind is the one catalogued subclass of :class:`Kind` that a module of this folder defines; its name in the catalogue is the
module's name. Other folders may add kinds: a folder given by path, or an installed package with an entry point in the group
``yuqian.kinds`` that names a module.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import pkgutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType, ModuleType

import yuqian.models
from yuqian.models.kind import Kind

ENTRY_POINTS = "yuqian.kinds"


class KindError(ValueError):
    """Two kinds by one name, or a module that should define one kind and does not."""


def known_kinds(folders: Iterable[Path] = ()) -> Mapping[str, type[Kind]]:
    """All kinds by name, sorted: this folder's, the entry points', and those of further ``folders``.

    Raises:
        KindError: if a name is taken twice, or an added module defines no kind or several.
    """
    found: dict[str, type[Kind]] = {}
    for info in pkgutil.iter_modules(yuqian.models.__path__):
        module = importlib.import_module(f"yuqian.models.{info.name}")
        for kind in _kinds_in(module):
            _add(found, info.name, kind)
    for point in importlib.metadata.entry_points(group=ENTRY_POINTS):
        if point.name != point.value.rpartition(".")[2]:
            raise KindError(f"the entry point '{point.name}' names {point.value}; a kind is called as its module is")
        _add(found, point.name, _only_kind(importlib.import_module(point.value)))
    for folder in folders:
        for path in sorted(folder.glob("*.py")):
            _add(found, path.stem, _only_kind(_load(path)))
    return MappingProxyType(dict(sorted(found.items())))


def _add(found: dict[str, type[Kind]], name: str, kind: type[Kind]) -> None:
    if name in found:
        raise KindError(f"the kind '{name}' is defined twice: {found[name].__module__} and {kind.__module__}")
    found[name] = kind


def _kinds_in(module: ModuleType) -> list[type[Kind]]:
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Kind) and value.__module__ == module.__name__ and value.catalogued
        and value is not Kind
    ]  # fmt: skip


def _only_kind(module: ModuleType) -> type[Kind]:
    kinds = _kinds_in(module)
    if len(kinds) != 1:
        raise KindError(f"{module.__name__} must define exactly one kind of asset, found {len(kinds)}")
    return kinds[0]


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"yuqian_kinds.{path.stem}", path)
    if spec is None or spec.loader is None:
        raise KindError(f"{path} cannot be loaded as a Python module")
    module = importlib.util.module_from_spec(spec)
    # Pydantic looks up there what the annotations of a field are called.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
