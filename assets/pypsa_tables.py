"""Reads the tables of a PyPSA network from a folder of CSV files or a NetCDF file, without PyPSA."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from yuqian.assets.published_case import MalformedCase
from yuqian.assets.pypsa_attributes import COMPONENTS
from yuqian.models.clock import Floats

_WEIGHTS: Final = ("objective", "stores", "generators")
_TRUE, _FALSE = {"true", "1", "1.0"}, {"false", "0", "0.0"}


@dataclass
class Tables:
    """A network as it stands in its files.

    Attributes:
        path: name of the folder or file, for messages.
        snapshots: labels.
        weights: hours of every snapshot by what they weigh.
        static: values by component table, member and attribute.
        by_step: values by snapshot, by table and attribute, then member.
        problems: what is wrong, in words; a reader raises them all at once.
    """

    path: str
    snapshots: tuple[str, ...] = ("now",)
    weights: dict[str, Floats] = field(default_factory=dict)
    static: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    by_step: dict[tuple[str, str], dict[str, Floats]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def members(self, table: str) -> list[str]:
        """Names of the active members of a table, in their order."""
        rows = self.static.get(table, {})
        return [name for name in rows if "active" not in COMPONENTS[table].carried or self.flag(table, name, "active")]

    def text(self, table: str, name: str, attribute: str) -> str:
        value = self.static[table][name].get(attribute)
        return str(COMPONENTS[table].default(attribute) if _is_blank(value) else value)

    def flag(self, table: str, name: str, attribute: str) -> bool:
        value = self.static[table][name].get(attribute)
        return bool(COMPONENTS[table].default(attribute)) if _is_blank(value) else self._as_flag(table, name, attribute, value)

    def number(self, table: str, name: str, attribute: str) -> float:
        """A number that is the same in every snapshot; NaN only where that is the default."""
        default = COMPONENTS[table].default(attribute)
        row = self.static[table][name]
        return self._checked(table, name, attribute, row.get(attribute, default))

    def numbers(self, table: str, name: str, attribute: str) -> Floats:
        """A number by snapshot, shape (snapshots,)."""
        series = self.by_step.get((table, attribute), {})
        if name not in series:
            return np.full(len(self.snapshots), self.number(table, name, attribute))
        values = series[name]
        wrong = np.flatnonzero(np.isnan(values))
        if len(wrong) and not _is_nan(COMPONENTS[table].default(attribute)):
            self.problems.append(f"{table}.{name}.{attribute} is not a number in snapshot {wrong[0]}")
        return values

    def given(self, table: str, name: str, attribute: str) -> float | None:
        """A number, or None where it is left out."""
        value = self.number(table, name, attribute)
        return None if math.isnan(value) else value

    def says(self, table: str, attribute: str, neutral: Any) -> bool:
        """Whether any active member gives an attribute a value other than ``neutral``."""
        values: list[Any] = [self.static[table][name].get(attribute, neutral) for name in self.members(table)]
        values += [value for name in self.members(table) for value in self.by_step.get((table, attribute), {}).get(name, [])]
        return not all(_is_blank(value) or _same(value, neutral) for value in values)

    def _checked(self, table: str, name: str, attribute: str, value: Any) -> float:
        default = COMPONENTS[table].default(attribute)
        try:
            number = float(value) if not _is_blank(value) else math.nan
        except (TypeError, ValueError):
            self.problems.append(f"{table}.{name}.{attribute} is '{value}', not a number")
            return 0.0
        if math.isnan(number) and not _is_nan(default):
            self.problems.append(f"{table}.{name}.{attribute} is not a number")
        return number

    def _as_flag(self, table: str, name: str, attribute: str, value: Any) -> bool:
        text = str(value).strip().lower()
        if text not in _TRUE | _FALSE:
            self.problems.append(f"{table}.{name}.{attribute} is '{value}', neither true nor false")
        return text in _TRUE


def read_tables(path: Path) -> Tables:
    """The tables of a folder of CSV files, or of a NetCDF file.

    Raises:
        MalformedCase: for a path that holds no network, or tables that do not fit its snapshots.
    """
    if path.is_dir():
        return _of_folder(path)
    return _of_netcdf(path)


def _of_folder(path: Path) -> Tables:
    if not (path / "buses.csv").exists():
        raise MalformedCase(f"{path.name}: no PyPSA network: a folder of its tables holds a 'buses.csv'")
    tables = Tables(path.name)
    if (path / "snapshots.csv").exists():
        header, rows = _csv(path / "snapshots.csv")
        labels = header.index("snapshot") if "snapshot" in header else 0
        columns = {name: [row[k] for row in rows] for k, name in enumerate(header) if k not in (0, labels)}
        _set_snapshots(tables, [row[labels] for row in rows], columns)
    _weigh(tables)
    for file in sorted(path.glob("*.csv")):
        table, _, attribute = file.stem.partition("-")
        if table in ("snapshots", "network", "networks"):
            continue
        header, rows = _csv(file)
        if attribute:
            _check_labels(tables, file.name, [row[0] for row in rows])
            values = {name: _floats(tables, file.name, [row[k] for row in rows]) for k, name in enumerate(header) if k}
            tables.by_step[table, attribute] = values
        else:
            tables.static[table] = {
                row[0]: {name: value for name, value in zip(header[1:], row[1:], strict=True) if value != ""} for row in rows
            }
    return tables


def _csv(path: Path) -> tuple[list[str], list[list[str]]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = [row for row in csv.reader(file) if row]
    if not rows:
        raise MalformedCase(f"{path.name}: the file is empty")
    header = [name.strip() for name in rows[0]]
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise MalformedCase(f"{path.name}, row {number}: {len(row)} values, but {len(header)} columns")
    return header, [[value.strip() for value in row] for row in rows[1:]]


def _check_labels(tables: Tables, file: str, labels: list[str]) -> None:
    """Rows must be the snapshots in order, labelled by them or counted."""
    counted = [str(k) for k in range(len(tables.snapshots))]
    if labels != counted and labels != list(tables.snapshots):
        tables.problems.append(f"{file}: its {len(labels)} rows are not the {len(tables.snapshots)} snapshots in order")


def _floats(tables: Tables, file: str, texts: Iterable[str]) -> Floats:
    found = []
    for text in texts:
        try:
            found.append(float(text) if text else math.nan)
        except ValueError:
            tables.problems.append(f"{file}: '{text}' is not a number")
            found.append(0.0)
    return np.array(found)


def _of_netcdf(path: Path) -> Tables:
    import xarray as xr

    try:
        with xr.open_dataset(path, decode_times=False) as opened:
            data = opened.load()
    except (OSError, ValueError) as error:
        raise MalformedCase(f"{path.name}: no PyPSA network: {error}") from None
    if "buses_i" not in data:
        raise MalformedCase(f"{path.name}: no PyPSA network: it has no 'buses_i'")
    if "scenario" in data.dims or "scenarios" in data.dims:
        raise MalformedCase(f"{path.name}: a stochastic network of several scenarios cannot be carried; select one of them")
    tables = Tables(path.name)
    if "snapshots" in data.sizes:
        labels = [str(value) for value in data["snapshots"].values]
        columns = {
            name: data[f"snapshots_{name}"].values
            for name in (*_WEIGHTS, "weightings", "period")
            if f"snapshots_{name}" in data
        }
        _set_snapshots(tables, labels, columns)
    _weigh(tables)
    for coordinate in data.coords:
        table = str(coordinate).removesuffix("_i")
        if f"{table}_i" != coordinate or "_t_" in table:
            continue
        names = [str(name) for name in data[coordinate].values]
        tables.static[table] = {name: {} for name in names}
        _read_static(tables, table, names, data)
    return tables


def _read_static(tables: Tables, table: str, names: list[str], data: Any) -> None:
    for variable in data.data_vars:
        attribute = str(variable).removeprefix(f"{table}_")
        if attribute == variable:
            continue
        values = data[variable]
        if values.dims == (f"{table}_i",):
            for name, value in zip(names, values.values, strict=True):
                tables.static[table][name][attribute] = value.item() if hasattr(value, "item") else value
        elif attribute.startswith("t_") and values.dims == ("snapshots", f"{variable}_i"):
            members = [str(name) for name in data[f"{variable}_i"].values]
            own = {name: np.asarray(values.values[:, k], dtype=float) for k, name in enumerate(members)}
            tables.by_step[table, attribute.removeprefix("t_")] = own


def _set_snapshots(tables: Tables, labels: list[str], columns: Mapping[str, Any]) -> None:
    tables.snapshots = tuple(labels)
    if not labels:
        raise MalformedCase(f"{tables.path}: there are no snapshots")
    for name in ("period", "timestep"):
        if name in columns:
            tables.problems.append(f"snapshots.{name}: several investment periods cannot be carried")
    for name in _WEIGHTS:
        own = columns.get(name, columns.get("weightings"))
        if own is not None:
            values = _floats(tables, "snapshots.csv", [str(value) for value in own])
            if not np.all(values > 0):
                tables.problems.append(f"snapshots.{name}: every weighting must be a number above nought")
            tables.weights[name] = values


def _weigh(tables: Tables) -> None:
    for name in _WEIGHTS:
        tables.weights.setdefault(name, np.ones(len(tables.snapshots)))


def _is_blank(value: Any) -> bool:
    return value is None or value == "" or _is_nan(value)


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _same(value: Any, neutral: Any) -> bool:
    if isinstance(neutral, bool):
        return str(value).strip().lower() in (_TRUE if neutral else _FALSE)
    if isinstance(neutral, str):
        return str(value) == neutral
    try:
        return bool(float(value) == neutral)
    except (TypeError, ValueError):
        return False
