"""Values of stored water by month and storage, and programs that end with them.

What one more hm3 in a store saves from then on never rises with what is stored there; so the value of a storage is concave,
and a program ends with it as a few pieces, each at a lower price than the one below. Stores are valued one by one and added
up. How the values are learnt, :mod:`yuqian.optimise.water_values` says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import scipy.sparse as sparse

from yuqian.models.clock import Floats
from yuqian.optimise.program import Family, Program
from yuqian.optimise.state import Ends, Place

FORMAT = "yuqian values of water, 1"
OWNER = "end"
MONTHS = 12


class WaterValueError(ValueError):
    """A network that the values are not of, or a file that holds none; the message says what is wrong."""


@dataclass(frozen=True)
class ValueFunctions:
    """Marginal value of stored water at the beginning of each month.

    Attributes:
        storage_hm3: by stock ("<asset>.<name>"), storages, rising, shape (12, points).
        slope_yuan_per_hm3: what one more hm3 saves there, never rising with storage, shape (12, points).
    """

    storage_hm3: Mapping[str, Floats]
    slope_yuan_per_hm3: Mapping[str, Floats]

    def slope(self, key: str, month: int, storage_hm3: Floats) -> Floats:
        """Marginal value at storages, linear between the points and flat beyond; yuan per hm3."""
        found: Floats = np.interp(storage_hm3, self.storage_hm3[key][month], self.slope_yuan_per_hm3[key][month])
        return found

    def value(self, key: str, month: int, storage_hm3: Floats) -> Floats:
        """Value of storages over that of the lowest point, yuan: the pieces that a program ends with, so concave."""
        points, worth = self.pieces(key, month)
        known = np.concatenate(([0.0], np.cumsum(worth * np.diff(points))))
        inside = np.interp(storage_hm3, points, known)
        below, above = np.minimum(storage_hm3 - points[0], 0.0), np.maximum(storage_hm3 - points[-1], 0.0)
        value: Floats = inside + worth[0] * below + worth[-1] * above
        return value

    def pieces(self, key: str, month: int) -> tuple[Floats, Floats]:
        """Points, and what one more hm3 is worth between them, shape (points,) and (points - 1,)."""
        slopes = self.slope_yuan_per_hm3[key][month]
        return self.storage_hm3[key][month], (slopes[1:] + slopes[:-1]) / 2

    def total(self, month: int, places: Sequence[Place], state: Floats) -> float:
        """Value of all stores of a state together, over that of their lowest points, yuan."""
        held = {place.key: value for place, value in zip(places, state.tolist(), strict=True) if place.is_stored_water}
        return float(sum(self.value(key, month, np.array([held[key]]))[0] for key in self.storage_hm3))

    def require(self, places: Sequence[Place]) -> None:
        """Refuse values of another network.

        Raises:
            WaterValueError: naming what is missing or too many.
        """
        odd = sorted({place.key for place in places if place.is_stored_water} ^ set(self.storage_hm3))
        if odd:
            raise WaterValueError(
                f"the values of water belong to another network: they differ in {', '.join(odd)}; compute them anew with "
                "'yuqian water-values'"
            )

    def write(self, path: Path) -> None:
        """Write them as JSON."""
        data = {
            "format": FORMAT,
            "unit": {"storage": "hm3", "slope": "yuan/hm3"},
            "stocks": {
                key: {
                    "storage_hm3": self.storage_hm3[key].tolist(),
                    "slope_yuan_per_hm3": self.slope_yuan_per_hm3[key].tolist(),
                }
                for key in sorted(self.storage_hm3)
            },
        }
        path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> ValueFunctions:
        """Read what :meth:`write` wrote.

        Raises:
            WaterValueError: for another file, or slopes that rise with storage.
        """
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data["format"] != FORMAT:
                raise KeyError("format")
            storage = {key: np.array(one["storage_hm3"], dtype=float) for key, one in data["stocks"].items()}
            slope = {key: np.array(one["slope_yuan_per_hm3"], dtype=float) for key, one in data["stocks"].items()}
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise WaterValueError(
                f"{path}: found no values of water ({error}); allowed: a file that 'yuqian water-values' wrote"
            ) from error
        for key in storage:
            right = storage[key].ndim == 2 and storage[key].shape == slope[key].shape and storage[key].shape[0] == MONTHS
            if not right or np.any(np.diff(slope[key], axis=1) > 1e-6) or np.any(np.diff(storage[key], axis=1) < 0):
                raise WaterValueError(
                    f"{path}: {key}: found slopes that rise; allowed: 12 months, storages rising, slopes falling"
                )
        return cls(storage, slope)


def with_values(program: Program, ends: Ends, places: Sequence[Place], values: ValueFunctions, month: int) -> Program:
    """A program that is paid for the water that it leaves at the beginning of a month.

    Each store's end is its lowest point, plus what lies below (not positive), plus pieces up to their widths and one without
    a limit above; a piece is worth no more than the one below it, so they fill in order.
    """
    stocks = [number for number, place in enumerate(places) if place.is_stored_water]
    parts = [values.pieces(places[number].key, month) for number in stocks]
    count = len(parts[0][0]) + 1 if parts else 0
    width = np.array([[0.0, *np.diff(points), np.inf] for points, _ in parts]).ravel()
    worth = np.array([[slopes[0], *slopes, slopes[-1]] for _, slopes in parts]).ravel()
    lower = np.tile([-np.inf, *([0.0] * (count - 1))], len(parts))
    lowest = np.array([points[0] for points, _ in parts])
    own = ends.matrix[stocks]
    pieces = sparse.kron(sparse.eye_array(len(parts)), -np.ones((1, count)))
    rows = sparse.hstack([own, pieces])
    above = sparse.csc_array((program.row_count, len(width)))
    right = lowest - ends.constant[stocks]
    column = Family(OWNER, "stored_hm3", program.column_count, 0, len(width))
    row = Family(OWNER, "stores", program.row_count, 0, len(parts))
    return replace(
        program,
        layout=replace(program.layout, columns=(*program.layout.columns, column), rows=(*program.layout.rows, row)),
        cost=np.concatenate((program.cost, -worth)),
        matrix=sparse.csc_array(sparse.vstack([sparse.hstack([program.matrix, above]), rows], format="csc")),
        row_lower=np.concatenate((program.row_lower, right)),
        row_upper=np.concatenate((program.row_upper, right)),
        declared_lower=np.concatenate((program.declared_lower, lower)),
        declared_upper=np.concatenate((program.declared_upper, width)),
        integral=np.concatenate((program.integral, np.zeros(len(width), dtype=bool))),
    )  # fmt: skip


def never_rising(slopes: Floats) -> Floats:
    """The nearest sequence that never rises (least squares, by pooling neighbours) and is not negative."""
    blocks: list[tuple[float, int]] = []
    for slope in slopes.tolist():
        blocks.append((slope, 1))
        while len(blocks) > 1 and blocks[-1][0] > blocks[-2][0]:
            (last, many), (before, some) = blocks.pop(), blocks.pop()
            blocks.append(((last * many + before * some) / (many + some), many + some))
    pooled: Floats = np.maximum(np.concatenate([np.full(count, level) for level, count in blocks]), 0.0)
    return pooled
