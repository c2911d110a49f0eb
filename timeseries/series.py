"""Series: what every asset's resources do, step by step, with units and source."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr

from yuqian.models.clock import Floats, Rhythm
from yuqian.models.units import unit_of

ZONE_NOTE = "UTC+08:00 without summer time; stamps mark the beginning of a step; values are means over it"
RHYTHM_DIM = {Rhythm.POWER: "hour", Rhythm.WATER: "day"}
MEMBER = "member"


class SeriesError(ValueError):
    """A series that is not there."""


@dataclass(frozen=True)
class Series:
    """Series by asset and name.

    Attributes:
        dataset: one variable a series name, with dimensions (member,) ``asset_<name>`` and ``hour`` or ``day``; units and
            source in the attributes.
    """

    dataset: xr.Dataset

    @property
    def members(self) -> int:
        """Number of weather years; 1 where there is no such dimension."""
        return int(self.dataset.sizes.get(MEMBER, 1))

    def of(self, asset_id: str, name: str) -> Floats:
        """One series, shape (steps,) or (members, steps).

        Raises:
            SeriesError: if there is none.
        """
        if name not in self.dataset or asset_id not in self.dataset[f"asset_{name}"].values:
            raise SeriesError(f"there is no series '{name}' of asset '{asset_id}'")
        return np.asarray(self.dataset[name].sel({f"asset_{name}": asset_id}).values, dtype=float)

    def pairs(self) -> Iterator[tuple[str, str]]:
        """All (asset, name), sorted."""
        pairs = ((str(asset), str(name)) for name in self.dataset.data_vars for asset in self.dataset[f"asset_{name}"].values)
        return iter(sorted(pairs))

    def member(self, number: int) -> Series:
        """One weather year alone."""
        if MEMBER not in self.dataset.dims:
            if number:
                raise SeriesError(f"there is one weather year, number 0; {number} was asked for")
            return self
        return Series(self.dataset.isel({MEMBER: number}, drop=True))

    def as_mapping(self) -> Mapping[tuple[str, str], Floats]:
        """All series by (asset, name), each of shape (steps,).

        Raises:
            SeriesError: if there are several weather years; take one with :meth:`member`.
        """
        if self.members > 1:
            raise SeriesError(f"there are {self.members} weather years; take one with member(number)")
        alone = self.member(0)
        return {(asset, name): alone.of(asset, name) for asset, name in alone.pairs()}

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over names, units and numbers, in sorted order."""
        digest = hashlib.sha256()
        for asset, name in self.pairs():
            digest.update(f"{asset}.{name}[{self.dataset[name].attrs['units']}]".encode())
            digest.update(np.ascontiguousarray(self.of(asset, name)).tobytes())
        return digest.hexdigest()


def series_of(
    values: Mapping[tuple[str, str], Floats],
    rhythms: Mapping[str, Rhythm],
    stamps: Mapping[Rhythm, np.ndarray],
    sources: Mapping[str, str],
    attrs: Mapping[str, object],
    members: tuple[int, ...] | None = None,
) -> Series:
    """Put arrays together.

    Args:
        values: by (asset, name), each (steps,), or (members, steps) where ``members`` are given.
        rhythms: of each name.
        stamps: beginnings of the steps of each rhythm.
        sources: in words, of each name.
        attrs: of the whole.
        members: labels of the weather years.
    """
    variables: dict[str, tuple[tuple[str, ...], np.ndarray, dict[str, str]]] = {}
    coords: dict[str, object] = {}
    for name in sorted(rhythms):
        assets = sorted(asset for asset, own in values if own == name)
        step = RHYTHM_DIM[rhythms[name]]
        stacked = np.stack([values[asset, name] for asset in assets], axis=0 if members is None else 1)
        dims = (f"asset_{name}", step) if members is None else (MEMBER, f"asset_{name}", step)
        variables[name] = (dims, stacked, {"units": unit_of(name), "source": sources[name]})
        coords[f"asset_{name}"] = (f"asset_{name}", np.array(assets, dtype=object))
        coords[step] = (step, stamps[rhythms[name]].astype("datetime64[ns]"), {"zone": ZONE_NOTE})
    if members is not None:
        coords[MEMBER] = (MEMBER, np.array(members))
    return Series(xr.Dataset(variables, coords, {"zone": ZONE_NOTE, **attrs}))
