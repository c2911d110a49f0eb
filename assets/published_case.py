"""A unit-commitment case that others have published, stated with our kinds."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from yuqian.models.clock import Clock, Floats, Rhythm, Timeline
from yuqian.models.commitment_law import Commitment, Formulation
from yuqian.models.kind import RESERVED_ID, Kind
from yuqian.models.thermal_unit import ThermalUnit

START = dt.datetime(2030, 1, 1)
"""Where the clock of a case begins that names no date; nothing in such a case depends on it."""


class UnsupportedCase(ValueError):
    """A case with fields that our kinds cannot carry.

    Attributes:
        fields: all of them, as ``element.field``, sorted.
    """

    def __init__(self, path: str, fields: Iterable[str]) -> None:
        self.fields = tuple(sorted(set(fields)))
        super().__init__(
            f"{path}: no kind can carry {', '.join(self.fields)}; leave them out of the problem knowingly with allow=[...]"
        )


class MalformedCase(ValueError):
    """A file that is not such a case; the message names element and field."""


@dataclass(frozen=True)
class Case:
    """Assets, their series and the clock of a published case: what ``assemble`` takes.

    Attributes:
        left_out: fields that were allowed to be left out, or mean nothing to the format, sorted.
    """

    assets: tuple[Kind, ...]
    series: Mapping[tuple[str, str], Floats]
    clock: Clock
    left_out: tuple[str, ...] = ()


@dataclass
class CaseBuilder:
    """Collects what a reader finds.

    Attributes:
        path: of the file, for messages.
        allow: fields that may be left out.
        commitment, formulation: of all units.
    """

    path: str
    allow: Collection[str]
    commitment: Commitment
    formulation: Formulation
    assets: list[Kind] = field(default_factory=list)
    series: dict[tuple[str, str], Floats] = field(default_factory=dict)
    _ids: set[str] = field(default_factory=set)
    _unsupported: set[str] = field(default_factory=set)
    _without_meaning: set[str] = field(default_factory=set)

    def id_of(self, name: str) -> str:
        """An id of ours for a name of theirs: the same letters and digits; a number behind it if that is taken."""
        words = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower()
        base = words if words[:1].isalpha() and words != RESERVED_ID else f"unit_{words}"
        chosen, count = base, 1
        while chosen in self._ids:
            count += 1
            chosen = f"{base}_{count}"
        self._ids.add(chosen)
        return chosen

    def add(self, asset: Kind, **series: Iterable[float]) -> None:
        """An asset with its series by name."""
        self.assets.append(asset)
        for name, values in series.items():
            self.series[asset.id, name] = np.array(list(values), dtype=float)

    def cannot_carry(self, name: str) -> None:
        """Note a field without a place among our kinds."""
        self._unsupported.add(name)

    def leave_out(self, name: str) -> None:
        """Note a field that means nothing to the format either."""
        self._without_meaning.add(name)

    def case(self, steps: int, length_h: float) -> Case:
        """The case over equal steps; see :meth:`case_of`."""
        return self.case_of(np.full(steps, length_h))

    def case_of(self, hours: Floats) -> Case:
        """The case over steps of the given lengths, shape (steps,); one water step holds them all where they are alike.

        Raises:
            UnsupportedCase: listing every field that was neither carried nor allowed to be left out.
        """
        refused = self._unsupported - set(self.allow)
        if refused:
            raise UnsupportedCase(self.path, refused)
        water = np.array([hours.sum()]) if np.all(hours == hours[0]) else hours.copy()
        clock = Clock(Timeline(Rhythm.POWER, START, hours.copy()), Timeline(Rhythm.WATER, START, water))
        return Case(tuple(self.assets), self.series, clock, tuple(sorted(self._unsupported | self._without_meaning)))


def merge_identical(case: Case) -> Case:
    """The same case with identical units as one group, wherever the group loses nothing; far fewer whole decisions.

    The group keeps the id of its first unit.
    """
    groups: dict[str, list[ThermalUnit]] = {}
    kept: list[Kind] = []
    for asset in case.assets:
        if isinstance(asset, ThermalUnit) and asset.can_be_grouped(case.clock):
            groups.setdefault(asset.model_copy(update={"id": ""}).model_dump_json(), []).append(asset)
        else:
            kept.append(asset)
    merged = [units[0].model_copy(update={"unit_count": sum(unit.unit_count for unit in units)}) for units in groups.values()]
    return replace(case, assets=(*kept, *merged))


def convex_envelope(points: Iterable[tuple[float, float]]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The lower convex envelope of points of a cost curve, by rising power: what a relaxed convex combination pays."""
    cheapest: dict[float, float] = {}
    for power, cost in points:
        cheapest[power] = min(cost, cheapest.get(power, cost))
    hull: list[tuple[float, float]] = []
    for power, cost in sorted(cheapest.items()):
        while len(hull) > 1 and _slope(hull[-1], (power, cost)) <= _slope(hull[-2], hull[-1]):
            hull.pop()
        hull.append((power, cost))
    return tuple(power for power, _ in hull), tuple(cost for _, cost in hull)


def _slope(left: tuple[float, float], right: tuple[float, float]) -> float:
    return (right[1] - left[1]) / (right[0] - left[0])
