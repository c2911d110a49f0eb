"""Measured series: what a user's own file holds, where it comes from, and whether it can be believed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from yuqian.timeseries.tables import read_yaml

SIDE_CAR = ".source.yaml"


class MeasuredError(ValueError):
    """A measured file that is refused: all that is wrong with it, one thing a line."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        super().__init__("\n".join(f"{path.name}: {problem}" for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Quantity:
    """Something that can be measured by the hour, with its unit and the values that are plausible."""

    name: str
    unit: str
    low: float
    high: float
    title: str


@lru_cache(maxsize=1)
def quantities() -> Mapping[str, Quantity]:
    """All quantities by name."""
    return {name: Quantity(name, **entry) for name, entry in read_yaml("measured")["quantities"].items()}


@dataclass(frozen=True)
class Card:
    """The side-car of a measured file, ``<file>.source.yaml``: where it comes from and how to read it.

    Attributes:
        title, publisher, date: of the source.
        sha256: of the file; checked where given.
        zone_h: hours ahead of UTC of the stamps in the file.
        stamps_end: whether a stamp marks the end of its hour.
        columns: column or variable of the file -> quantity.
        units: unit of a quantity in the file, where it is not the quantity's own.
        leave_out: quantities that are not to be read, because the file has them wrong.
        latitude_deg, longitude_deg, elevation_m: of the site.
    """

    title: str
    publisher: str = ""
    date: str = ""
    sha256: str = ""
    zone_h: float = 8.0
    stamps_end: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    leave_out: Sequence[str] = ()
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    elevation_m: float | None = None


@dataclass(frozen=True)
class Measured:
    """A measured file, read.

    Attributes:
        dataset: one variable a quantity over ``time`` (naive UTC+8, beginning of the hour); units, source and sha256 in the
            attributes; ``latitude_deg``, ``longitude_deg`` and ``elevation_m`` where known.
        typical: whether its months were put together from different years.
    """

    dataset: xr.Dataset
    typical: bool = False

    def values(self, quantity: str) -> np.ndarray:
        """Values by hour, shape (hours,)."""
        return np.asarray(self.dataset[quantity].values, dtype=float)

    @property
    def stamps(self) -> np.ndarray:
        """Beginning of each hour, naive UTC+8."""
        return np.asarray(self.dataset["time"].values).astype("datetime64[s]")

    @property
    def place(self) -> tuple[float, float, float] | None:
        """Latitude, longitude and height, where known."""
        found = [self.dataset.attrs.get(name) for name in ("latitude_deg", "longitude_deg", "elevation_m")]
        if found[0] is None or found[1] is None:
            return None
        return float(found[0]), float(found[1]), float(found[2] or 0.0)


def side_car(path: Path) -> Card:
    """The card that lies beside a file.

    Raises:
        MeasuredError: if there is none, or it has unknown or missing fields.
    """
    beside = path.with_name(path.name + SIDE_CAR)
    if not beside.is_file():
        raise MeasuredError(
            path,
            [f"there is no side-car '{beside.name}'; write one with title, publisher, date, sha256: {digest(path)}"],
        )
    try:
        content = YAML(typ="safe", pure=True).load(beside.read_text(encoding="utf-8"))
    except YAMLError as error:
        raise MeasuredError(beside, [f"not valid YAML: {error}"]) from error
    return card_of(beside, content)


def card_of(path: Path, content: Any) -> Card:
    """A card from the content of its file.

    Raises:
        MeasuredError: for unknown or missing fields, all at once.
    """
    if not isinstance(content, dict):
        raise MeasuredError(path, ["a side-car holds fields, at least 'title'"])
    known = [one.name for one in fields(Card)]
    problems = [f"unknown field '{name}'; known are {', '.join(known)}" for name in content if name not in known]
    if not content.get("title"):
        problems.append("the field 'title' is missing: what is the file, whose is it?")
    named = [*(content.get("columns") or {}).values(), *(content.get("units") or {}), *(content.get("leave_out") or ())]
    wrong = [name for name in named if name not in quantities()]
    problems += [f"unknown quantity '{name}'; known are {', '.join(quantities())}" for name in wrong]
    if problems:
        raise MeasuredError(path, problems)
    told: dict[str, Any] = {**content, "date": str(content.get("date", ""))}
    return Card(**told)


def digest(path: Path) -> str:
    """sha256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def convert(values: np.ndarray, unit: str, quantity: str) -> np.ndarray:
    """Values in the quantity's own unit.

    Raises:
        ValueError: for a unit that cannot be converted.
    """
    own = quantities()[quantity].unit
    if unit == own:
        return values
    for entry in read_yaml("measured")["conversions"]:
        if entry["from"] == unit and entry["to"] == own:
            converted: np.ndarray = values * entry["factor"] + entry["offset"]
            return converted
    raise ValueError(f"{quantity} in '{unit}' cannot be turned into {own}")


def quantity_named(name: str) -> str | None:
    """The quantity that a column or variable of that name holds, if it is known."""
    if name in quantities():
        return name
    for quantity, others in read_yaml("measured")["names"].items():
        if name in others:
            return str(quantity)
    return None
