"""Cuts that round the balances: what whole units cannot give in part.

A network that can take 960 MW and no more, from units of 580 MW, is best served by 1.65 of them in a linear program. Two
units give 200 MW too much, which must go elsewhere, and one 380 MW too little. The inequality that says so follows from one
balance by mixed-integer rounding: with whole ``y``, ``s >= 0`` and ``f = b - floor(b)``, all points of ``y - s <= b`` obey
``y - s / (1 - f) <= floor(b)``. Every point with whole decisions keeps all cuts; only the linear program is cut.

A balance becomes such a row by taking each decision that is not whole from the limit that is nearest to it, which may be one by
the whole decisions (power by units online); by complementing whole decisions at their upper limit, and by dividing by the
coefficient of one of them: H. Marchand and L. A. Wolsey, "Aggregation and mixed integer rounding to solve MIPs" (Operations
Research, 2001). A solver finds these cuts where a few rows have to be summed, and seldom across a network of many.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse

from yuqian.models.clock import Floats
from yuqian.optimise.affine import Ints
from yuqian.optimise.program import Program
from yuqian.optimise.summed_balances import SummedRows

FRACTIONAL = 1e-5
"""How far from a whole number a decision must be to be cut off."""
ROUNDED_LEAST = 0.01
"""Least fraction, and least distance to one, of what is rounded: below it a cut has huge coefficients and little depth."""
DEPTH_LEAST = 1e-3
"""Least distance of a cut from the point that it cuts off, in the space of whole decisions and distances from limits."""
DIVISORS = (1.0, 2.0, 4.0, 8.0)
WIDEST = 16
"""Most decisions in a row that is read as a limit by whole decisions."""
AT_LIMIT = 1e-7
"""How near a limit a decision counts as being at it; a constant limit that it is at is taken before one by whole decisions."""
SMALL = 1e-8
"""Coefficients of a cut below it are replaced by their worst value."""


@dataclass(frozen=True)
class Cut:
    """``coefficients @ x[columns] <= most``, kept by every point with whole decisions.

    Attributes:
        depth: distance from the point that it was made for, as :data:`DEPTH_LEAST` counts it.
    """

    columns: Ints
    coefficients: Floats
    most: float
    depth: float


@dataclass(frozen=True)
class Limit:
    """A limit of a decision, ``constant + coefficients @ x[columns]`` with whole decisions in the columns.

    Attributes:
        sign: 1 for an upper limit, -1 for a lower one.
    """

    sign: float
    constant: float
    columns: Ints
    coefficients: Floats

    def at(self, x: Floats) -> float:
        return self.constant + float(self.coefficients @ x[self.columns])


@dataclass(frozen=True)
class Limits:
    """Limits of the decisions of a program that are not whole, found when they are asked for."""

    program: Program
    _known: dict[int, tuple[Limit, ...]] = field(default_factory=dict)

    @cached_property
    def _rows(self) -> sparse.csr_array:
        return sparse.csr_array(self.program.matrix)

    @cached_property
    def _mixed(self) -> Ints:
        """1 for rows with few decisions, whole ones and others, shape (rows,)."""
        matrix = self._rows
        whole = np.bincount(_row_numbers(matrix), self.program.integral[matrix.indices], matrix.shape[0])
        width = np.diff(matrix.indptr)
        mixed: Ints = ((whole > 0) & (whole < width) & (width <= WIDEST)).astype(np.int64)
        return mixed

    @cached_property
    def _has_mixed(self) -> Ints:
        """Mixed rows that each column stands in, shape (columns,)."""
        counted: Ints = np.asarray(self._mixed @ (self.program.matrix != 0), dtype=np.int64)
        return counted

    @cached_property
    def touches_whole(self) -> Ints:
        """1 for decisions that are whole or limited by whole ones, shape (columns,)."""
        return (self.program.integral | (self._has_mixed > 0)).astype(np.int64)

    def constant(self, columns: Ints, x: Floats) -> tuple[Floats, Floats, Floats]:
        """The constant limit of each decision that is nearest at a point: sign, limit and distance, infinite without one."""
        lower, upper = (bounds[columns] for bounds in self.program.column_bounds)
        above, below = upper - x[columns], x[columns] - lower
        sign = np.where(above < below, 1.0, -1.0)
        return sign, np.where(sign > 0, upper, lower), np.maximum(np.minimum(above, below), 0.0)

    def by_whole(self, columns: Ints, distance: Floats, x: Floats) -> dict[int, Limit]:
        """Limits by whole decisions that are nearer than a distance, by place in ``columns``."""
        nearer = {}
        for k in np.flatnonzero((self._has_mixed[columns] > 0) & (distance > AT_LIMIT)):
            column = int(columns[k])
            if column not in self._known:
                self._known[column] = tuple(self._found(column))
            away = [limit.sign * (limit.at(x) - x[column]) for limit in self._known[column]]
            if away and min(away) < distance[k]:
                nearer[int(k)] = self._known[column][int(np.argmin(away))]
        return nearer

    def _found(self, column: int) -> Iterator[Limit]:
        program, matrix = self.program, self.program.matrix
        for row in matrix.indices[matrix.indptr[column] : matrix.indptr[column + 1]]:
            if not self._mixed[row]:
                continue
            at = slice(self._rows.indptr[row], self._rows.indptr[row + 1])
            columns, values = self._rows.indices[at], self._rows.data[at]
            own = float(values[columns == column][0])
            if own == 0.0:
                continue
            whole = program.integral[columns]
            rest = ~whole & (columns != column)
            least, most = self._reach(columns[rest], values[rest])
            for side, limit, others in ((1.0, program.row_upper[row], least), (-1.0, program.row_lower[row], most)):
                if np.isfinite(limit) and np.isfinite(others):
                    yield Limit(
                        side if own > 0 else -side, float(limit - others) / own, columns[whole].astype(np.int64),
                        -values[whole] / own,
                    )  # fmt: skip

    def _reach(self, columns: Ints, values: Floats) -> tuple[float, float]:
        """Least and most that some decisions can add up to."""
        lower, upper = self.program.column_bounds
        used = values != 0.0
        columns, values = columns[used], values[used]
        low, high = values * lower[columns], values * upper[columns]
        return float(np.minimum(low, high).sum()), float(np.maximum(low, high).sum())


def _row_numbers(matrix: sparse.csr_array) -> Ints:
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def cuts_of(rows: SummedRows, limits: Limits, x: Floats) -> list[Cut]:
    """Cuts that take away ``x``, shape (columns,): at most one for each side of each row."""
    cuts = []
    for row in np.flatnonzero((rows.matrix != 0) @ limits.touches_whole):
        at = slice(rows.matrix.indptr[row], rows.matrix.indptr[row + 1])
        columns, values = rows.matrix.indices[at].astype(np.int64), rows.matrix.data[at]
        for sign, limit in ((1.0, rows.high[row]), (-1.0, -rows.low[row])):
            if np.isfinite(limit):
                mixed = _Mixed.of(columns, sign * values, float(limit), limits, x)
                cut = None if mixed is None else mixed.rounded(limits.program)
                if cut is not None:
                    cuts.append(cut)
    return cuts


@dataclass(frozen=True)
class _Mixed:
    """``whole @ y - short @ s <= most`` with whole ``0 <= y`` and ``s >= 0``, as it follows from a row.

    Attributes:
        columns: of the whole decisions; each ``y`` is the distance of its decision from ``base``.
        whole: their coefficients.
        direction: 1 where that distance is upwards, -1 where it is downwards.
        y: at the point to be cut off.
        short: coefficients of the distances s of the other decisions from their limits, positive.
        s: at the point.
        open_columns, open_values, open_most: ``short @ s`` in the decisions, ``open_most - open_values @ x[open_columns]``.
    """

    columns: Ints
    whole: Floats
    base: Floats
    direction: Floats
    y: Floats
    most: float
    short: Floats
    s: Floats
    open_columns: Ints
    open_values: Floats
    open_most: float

    @classmethod
    def of(cls, columns: Ints, values: Floats, most: float, limits: Limits, x: Floats) -> _Mixed | None:
        """From ``values @ x[columns] <= most``; None where a decision has no limit, or no fractional whole one is left."""
        integral = limits.program.integral[columns]
        other, value = columns[~integral], values[~integral]
        sign, constant, distance = limits.constant(other, x)
        nearer = limits.by_whole(other, distance, x)
        used, weights = [columns[integral]], [values[integral]]
        for k, limit in nearer.items():
            sign[k], constant[k], distance[k] = limit.sign, limit.constant, max(limit.sign * (limit.at(x) - x[other[k]]), 0.0)
            used.append(limit.columns)
            weights.append(value[k] * limit.coefficients)
        found, whole = _gathered(used, weights)
        if not np.isfinite(distance).all() or not _fractional(x[found]).any():
            return None
        opens = np.flatnonzero(value * sign > 0.0)  # the others can only make the row hold more easily
        by_whole = [k for k in nearer if value[k] * sign[k] > 0.0]
        open_columns, open_values = _gathered(
            [other[opens], *(nearer[k].columns for k in by_whole)],
            [value[opens], *(-value[k] * nearer[k].coefficients for k in by_whole)],
        )
        lower, upper = (bounds[found] for bounds in limits.program.column_bounds)
        from_above = upper - x[found] < x[found] - lower
        base, direction = np.where(from_above, upper, lower), np.where(from_above, -1.0, 1.0)
        if not np.isfinite(base).all() or _fractional(base).any():
            return None
        return cls(
            found, whole * direction, base, direction, np.maximum(direction * (x[found] - base), 0.0),
            most - float(value @ constant) - float(whole @ base), np.abs(value[opens]), distance[opens],
            open_columns, open_values, float(value[opens] @ constant[opens]),
        )  # fmt: skip

    def rounded(self, program: Program) -> Cut | None:
        """The deepest cut over some divisors; None if none is deep enough."""
        shortage, square = float(self.short @ self.s), float(self.short @ self.short)
        best: tuple[float, Floats, float, float] | None = None
        for divisor in {size / part for size in np.abs(self.whole[_fractional(self.y)]) for part in DIVISORS}:
            floor = float(np.floor(self.most / divisor))
            left = self.most / divisor - floor
            if not ROUNDED_LEAST <= left <= 1.0 - ROUNDED_LEAST:
                continue
            down = np.floor(self.whole / divisor)
            coefficients = down + np.maximum(self.whole / divisor - down - left, 0.0) / (1.0 - left)
            per_shortage = 1.0 / (divisor * (1.0 - left))
            violated = float(coefficients @ self.y) - per_shortage * shortage - floor
            depth = violated / np.sqrt(float(coefficients @ coefficients) + per_shortage**2 * square)
            if depth > (DEPTH_LEAST if best is None else best[0]):
                best = (depth, coefficients, per_shortage, floor)
        return None if best is None else self._written(program, *best)

    def _written(self, program: Program, depth: float, coefficients: Floats, per_shortage: float, floor: float) -> Cut:
        """A cut in the decisions of the program."""
        signed = coefficients * self.direction
        found, total = _gathered([self.columns, self.open_columns], [signed, per_shortage * self.open_values])
        most = floor + float(signed @ self.base) + per_shortage * self.open_most
        return _without_small(program, found, total, most, depth)


def _fractional(values: Floats) -> npt.NDArray[np.bool_]:
    return np.abs(values - np.round(values)) > FRACTIONAL


def _gathered(columns: Sequence[Ints], values: Sequence[Floats]) -> tuple[Ints, Floats]:
    """Coefficients of the same columns added up."""
    found, place = np.unique(np.concatenate(columns), return_inverse=True)
    return found, np.bincount(place, np.concatenate(values), len(found)).astype(np.float64)


def _without_small(program: Program, columns: Ints, values: Floats, most: float, depth: float) -> Cut:
    """The cut with its smallest coefficients at their worst value, where that is finite."""
    lower, upper = (bounds[columns] for bounds in program.column_bounds)
    worst = np.where(values > 0, lower, upper)
    small = (np.abs(values) < SMALL) & np.isfinite(worst)
    loosened = float(values[small] @ worst[small])
    kept = ~small & (values != 0.0)
    return Cut(columns[kept], values[kept], most - loosened, depth)
