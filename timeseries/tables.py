"""Calibrated tables: numbers with a source, read from the data files of this folder, never written in code.

A file ``data/<name>.yaml`` holds ``sources`` (by key) and ``tables``; every table has ``value`` (a number or a list of
numbers), ``source`` (one key or several), ``confidence``, and, where it is assumed, the ``range`` in which it may lie.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from ruamel.yaml import YAML

from yuqian.models.clock import Floats

MONTHS = 12
CONFIDENCES = ("plan", "public", "derived", "norm", "assumed")


class TableError(ValueError):
    """A data file that does not say what it must."""


@dataclass(frozen=True)
class Table:
    """One calibrated number or list of numbers.

    Attributes:
        value: shape () or (n,).
        sources: keys into the file's list of sources.
        confidence: plan, public, derived, norm or assumed.
        range: low and high, for what is assumed.
        note: in a few words, what it is.
    """

    value: Floats
    sources: tuple[str, ...]
    confidence: str
    range: tuple[float, float] | None
    note: str


@dataclass(frozen=True)
class Tables:
    """The tables of one data file, by name."""

    name: str
    tables: Mapping[str, Table]
    sources: Mapping[str, Mapping[str, Any]]

    def __contains__(self, name: str) -> bool:
        return name in self.tables

    def table(self, name: str) -> Table:
        """One table with its source.

        Raises:
            TableError: if the file has none by that name.
        """
        if name not in self.tables:
            raise TableError(f"data/{self.name}.yaml has no table '{name}'; it has {', '.join(sorted(self.tables))}")
        return self.tables[name]

    def number(self, name: str) -> float:
        """A single number."""
        value = self.table(name).value
        if value.ndim:
            raise TableError(f"data/{self.name}.yaml: '{name}' is a list, a single number is needed")
        return float(value)

    def numbers(self, name: str) -> Floats:
        """A list of numbers, shape (n,)."""
        value = self.table(name).value
        if value.ndim != 1:
            raise TableError(f"data/{self.name}.yaml: '{name}' is a single number, a list is needed")
        return value

    def months(self, name: str) -> Floats:
        """A list of twelve, January to December."""
        value = self.numbers(name)
        if len(value) != MONTHS:
            raise TableError(f"data/{self.name}.yaml: '{name}' has {len(value)} values, twelve months are needed")
        return value


def read_yaml(name: str) -> Any:
    """The content of ``data/<name>.yaml``.

    Raises:
        TableError: if there is no such file.
    """
    file = importlib.resources.files("yuqian.timeseries").joinpath("data", f"{name}.yaml")
    if not file.is_file():
        raise TableError(f"there is no data file '{name}.yaml' in the data folder of yuqian.timeseries")
    return YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))


def data_names(prefix: str) -> tuple[str, ...]:
    """Names of the data files that begin with ``prefix``, without ending, sorted."""
    folder = importlib.resources.files("yuqian.timeseries").joinpath("data")
    files = (file.name.removesuffix(".yaml") for file in folder.iterdir() if file.name.endswith(".yaml"))
    return tuple(sorted(name for name in files if name.startswith(prefix)))


@lru_cache(maxsize=32)
def tables(name: str) -> Tables:
    """The tables of ``data/<name>.yaml``, checked.

    Raises:
        TableError: for a table without source, confidence or, if assumed, range.
    """
    content = read_yaml(name)
    sources = content["sources"]
    return Tables(name, {key: _table(name, key, entry, sources) for key, entry in content["tables"].items()}, sources)


def _table(file: str, key: str, entry: Mapping[str, Any], sources: Mapping[str, Any]) -> Table:
    where = f"data/{file}.yaml: '{key}'"
    unknown = set(entry) - {"value", "source", "confidence", "range", "note"}
    if unknown:
        raise TableError(f"{where} has unknown fields {sorted(unknown)}")
    cited = entry["source"] if isinstance(entry["source"], list) else [entry["source"]]
    missing = [source for source in cited if source not in sources]
    if missing:
        raise TableError(f"{where} cites {missing}, which is no key of the file's sources")
    if entry["confidence"] not in CONFIDENCES:
        raise TableError(f"{where} has confidence '{entry['confidence']}'; allowed are {', '.join(CONFIDENCES)}")
    if entry["confidence"] == "assumed" and "range" not in entry:
        raise TableError(f"{where} is assumed and must give a range")
    value = np.asarray(entry["value"], dtype=float)
    if value.ndim > 1 or not np.all(np.isfinite(value)):
        raise TableError(f"{where} must be a number or a list of numbers, all finite")
    value.flags.writeable = False
    span = entry.get("range")
    return Table(
        value, tuple(cited), entry["confidence"], (float(span[0]), float(span[1])) if span else None, entry.get("note", "")
    )
