"""Keeps the windows of a run in files, so that it can go on after it was stopped, to the same answer."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt

from yuqian.models.clock import Clock, Floats
from yuqian.optimise.guide import Guide, Track
from yuqian.optimise.prices import Price
from yuqian.optimise.rolling import Span, Window
from yuqian.optimise.solve import Outcome, basis_of

SEPARATOR = "|"


@dataclass(frozen=True)
class WindowFiles:
    """One file a window under a folder; a file of another run, or a half-written one, does not count.

    Attributes:
        fingerprint: of everything that the windows depend on.
    """

    folder: Path
    fingerprint: str

    @classmethod
    def of(cls, folder: Path, *parts: object) -> WindowFiles:
        """Files of the run that ``parts`` describe."""
        digest = hashlib.sha256(SEPARATOR.join(repr(part) for part in parts).encode())
        return cls(folder, digest.hexdigest())

    def load(self, span: Span) -> Window | None:
        found = self._read(self._path(span))
        if found is None:
            return None
        meta, arrays = found
        if meta["span"] != [span.number, span.first_day, span.keep_days, span.days]:
            return None
        prices = {
            name: Price(arrays[f"price{SEPARATOR}{name}"], unit, is_requirement)
            for name, (unit, is_requirement) in meta["prices"].items()
        }
        return Window(
            span, Outcome(meta["outcome"]), meta["cost_yuan"], meta["bound_yuan"], meta["usual_yuan"], meta["iterations"],
            meta["seconds"], arrays["x"], prices, _pairs(arrays, "open"), _as_basis(arrays),
        )  # fmt: skip

    def save(self, window: Window) -> None:
        span = window.span
        meta = {
            "span": [span.number, span.first_day, span.keep_days, span.days], "outcome": window.outcome.value,
            "cost_yuan": window.cost_yuan, "bound_yuan": window.bound_yuan, "usual_yuan": window.usual_yuan,
            "iterations": window.iterations, "seconds": window.seconds,
            "prices": {name: [price.unit, price.is_requirement] for name, price in window.prices.items()},
        }  # fmt: skip
        arrays = {"x": window.x, **_keyed("open", window.opens_next)}
        arrays |= {f"price{SEPARATOR}{name}": price.values for name, price in window.prices.items()}
        if window.basis is not None:
            for name, statuses in (("columns", window.basis.col_status), ("rows", window.basis.row_status)):
                arrays[f"basis{SEPARATOR}{name}"] = np.array([int(status) for status in statuses], dtype=np.int8)
        self._write(self._path(span), meta, arrays)

    def load_guide(self, clock: Clock) -> Guide | None:
        """The guide of the run, if it is there."""
        found = self._read(self.folder / "guide.npz")
        if found is None:
            return None
        meta, arrays = found
        tracks = {
            key: Track(
                arrays[f"path{SEPARATOR}{key}"], arrays[f"worth{SEPARATOR}{key}"], span, np.array(closing), quota, comes_round
            )
            for key, (span, closing, quota, comes_round) in meta["tracks"].items()
        }
        return Guide(clock, meta["cost_yuan"], tracks, _pairs(arrays, "open"), meta["linear_yuan"])

    def save_guide(self, guide: Guide) -> None:
        """Keep the guide, which took as long as the whole."""
        meta = {
            "cost_yuan": guide.cost_yuan,
            "linear_yuan": guide.linear_yuan,
            "tracks": {
                key: [one.span, one.closing.tolist(), one.is_quota, one.comes_round] for key, one in guide.tracks.items()
            },
        }
        arrays = _keyed("open", guide.openings)
        for key, one in guide.tracks.items():
            arrays |= {f"path{SEPARATOR}{key}": one.path, f"worth{SEPARATOR}{key}": one.price}
        self._write(self.folder / "guide.npz", meta, arrays)

    def _path(self, span: Span) -> Path:
        return self.folder / f"window_{span.number:04d}.npz"

    def _read(self, path: Path) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]] | None:
        if not path.exists():
            return None
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        meta = json.loads(str(arrays.pop("meta")))
        return (meta, arrays) if meta.pop("fingerprint") == self.fingerprint else None

    def _write(self, path: Path, meta: Mapping[str, object], arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """All or nothing: a run that is killed while it writes leaves no half window behind."""
        self.folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        with part.open("wb") as stream:
            text = json.dumps({**meta, "fingerprint": self.fingerprint})
            np.savez_compressed(stream, meta=np.array(text), **arrays)  # type: ignore[arg-type]
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)


def _keyed(kind: str, values: Mapping[tuple[str, str], Floats]) -> dict[str, Floats]:
    return {f"{kind}{SEPARATOR}{owner}{SEPARATOR}{name}": np.asarray(array) for (owner, name), array in values.items()}


def _pairs(arrays: Mapping[str, Floats], kind: str) -> dict[tuple[str, str], Floats]:
    split = ((name.split(SEPARATOR), values) for name, values in arrays.items())
    return {(parts[1], parts[2]): values for parts, values in split if parts[0] == kind}


def _as_basis(arrays: Mapping[str, npt.NDArray[Any]]) -> highspy.HighsBasis | None:
    """The basis that a window was stored with, if it had one."""
    if f"basis{SEPARATOR}columns" not in arrays:
        return None
    known = {int(status): status for status in highspy.HighsBasisStatus.__members__.values()}
    columns, rows = ([known[code] for code in arrays[f"basis{SEPARATOR}{of}"].tolist()] for of in ("columns", "rows"))
    return basis_of(columns, rows)
