"""A lower bound on a long horizon, from its parts alone: Lagrangian relaxation of what ties them together.

Every row whose decisions lie in more than one part, or in no step at all (a yearly limit, an end as the beginning), is taken
out, and its price times its violation put into the cost. What is left falls into parts, which are solved one by one; the sum of
their optima, and of the prices times the rows' limits, is the dual function. Weak duality: whatever the prices, as long as
their signs fit the rows, it is at most the cost of any solution of the whole (A. M. Geoffrion, "Lagrangean relaxation for
integer programming", Mathematical Programming Study 2, 1974). At the duals of the whole linear program it is its optimum; at
good estimates it is close. Prices decide how near the bound comes, never whether it is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse

from yuqian.models.clock import Clock, Floats
from yuqian.optimise.affine import Ints
from yuqian.optimise.program import BoundRows, Family, Layout, Program
from yuqian.optimise.solve import Outcome, Report, SolverOptions, solve

DUAL_TOLERANCE = 1e-6
"""A reduced cost that is nearer to nought, relative to the cost, counts as nought where a decision has no bound."""
NOWHERE = -1
"""The part of decisions without a step."""

Flags = npt.NDArray[np.bool_]


class SplitError(RuntimeError):
    """Prices at which a part, or a decision without a step, could earn without limit; the message names it."""


@dataclass(frozen=True)
class SplitBound:
    """A bound by parts.

    Attributes:
        yuan: no solution costs less, but for what it lacks of the rows that were priced, at their prices.
        parts: how many.
        iterations, seconds: of all parts.
    """

    yuan: float
    parts: int
    iterations: int
    seconds: float


def steps_of(families: tuple[Family, ...], size: int, clock: Clock) -> Floats:
    """First power step of the step that each row or column belongs to, shape (size,); infinite for those without a step."""
    begins = np.full(size, np.inf)
    for family in families:
        per_step = power_steps(family, clock)
        if per_step:
            begins[family.start : family.stop] = (family.first + np.arange(family.count)) * per_step
    return begins


def power_steps(family: Family, clock: Clock) -> int:
    """Power steps in a step of the family; 0 where it has none."""
    if not family.indexed:
        return 0
    after = family.first + family.count
    if after == clock.power.count:
        return 1
    return clock.power_per_water if after == clock.water.count else 0


def bound_by_parts(
    program: Program, clock: Clock, row_prices: Floats, end_prices: Mapping[tuple[str, str], float], days: int,
    options: SolverOptions | None = None, report: Report | None = None,
) -> SplitBound:  # fmt: skip
    """Bound the cost of a program over ``clock`` by parts of some days.

    Args:
        row_prices: yuan per unit of right-hand side, shape (rows,); used where a row ties parts together.
        end_prices: the same for rows that are kept as bounds of a single decision at the end, by (owner, name).

    Raises:
        SplitError: for prices at which something could earn without limit.
    """
    program, constant = _ends_priced(program, end_prices)
    part = _parts_of_columns(program, clock, days)
    matrix = sparse.csr_array(program.matrix)
    own = _parts_of_rows(matrix, part)
    prices = np.where(own == NOWHERE, _signed(program, row_prices), 0.0)
    priced = prices != 0.0
    constant += program.offset + float(np.where(prices > 0, program.row_lower, program.row_upper)[priced] @ prices[priced])
    cost = program.cost - matrix.T @ prices
    constant += _stepless(program, cost, part)
    iterations, seconds, total = 0, 0.0, constant
    count = int(part.max()) + 1
    for number in range(count):
        found = solve(_part(program, cost, matrix, part == number, own == number), options, report)
        if found.outcome is not Outcome.OPTIMAL:
            raise SplitError(f"part {number + 1} of {count} ended as '{found.outcome.value}' at these prices")
        total += found.bound_yuan
        iterations, seconds = iterations + found.iterations, seconds + found.seconds
    return SplitBound(total, count, iterations, seconds)


def _ends_priced(program: Program, end_prices: Mapping[tuple[str, str], float]) -> tuple[Program, float]:
    """The program without limits on single decisions at its end, which are priced instead, and what the prices add."""
    families = program.layout.columns
    at = np.concatenate([np.asarray(family.at_steps() if family.indexed else (0,)) for family in families])
    kept: list[BoundRows] = []
    cost, constant = program.cost.copy(), 0.0
    for rows in program.bound_rows:
        if rows.family.indexed or at[rows.columns[0]] < 0:
            kept.append(rows)
            continue
        low, high = float(rows.low[0]), float(rows.high[0])
        price = end_prices.get((rows.family.owner, rows.family.name), 0.0)
        limit = low if price > 0 else high
        if price and np.isfinite(limit):
            cost[rows.columns[0]] -= price * rows.coefficient
            constant += price * limit
    return replace(program, cost=cost, bound_rows=tuple(kept)), constant


def _parts_of_columns(program: Program, clock: Clock, days: int) -> Ints:
    begins = steps_of(program.layout.columns, program.column_count, clock)
    has_step = np.isfinite(begins)
    part = np.full(program.column_count, NOWHERE)
    part[has_step] = np.maximum(begins[has_step], 0.0) // (days * clock.power_per_water)
    return part


def _parts_of_rows(matrix: sparse.csr_array, part: Ints) -> Ints:
    """The part that holds all decisions of a row; NOWHERE for those of several, or with one that has no step."""
    of_entry = part[matrix.indices]
    filled = np.flatnonzero(np.diff(matrix.indptr))
    starts = matrix.indptr[filled]
    own = np.zeros(matrix.shape[0], dtype=part.dtype)
    lowest, highest = np.minimum.reduceat(of_entry, starts), np.maximum.reduceat(of_entry, starts)
    own[filled] = np.where(lowest == highest, lowest, NOWHERE)
    return own


def _signed(program: Program, prices: Floats) -> Floats:
    """Prices without those whose sign does not fit: only a lower limit may have a positive one, only an upper a negative."""
    fitting = np.where(np.isneginf(program.row_lower), np.minimum(prices, 0.0), prices)
    return np.where(np.isposinf(program.row_upper), np.maximum(fitting, 0.0), fitting)


def _stepless(program: Program, cost: Floats, part: Ints) -> float:
    """What decisions without a step cost at the least."""
    at = np.flatnonzero(part == NOWHERE)
    lower, upper = program.column_bounds
    reduced = np.where(np.abs(cost[at]) <= DUAL_TOLERANCE * np.maximum(1.0, np.abs(program.cost[at])), 0.0, cost[at])
    limit = np.where(reduced > 0, lower[at], upper[at])
    open_ended = (reduced != 0.0) & ~np.isfinite(limit)
    if open_ended.any():
        raise SplitError(f"{program.layout.column_name(int(at[open_ended][0]))} would earn without limit at these prices")
    return float(reduced @ np.where(reduced != 0.0, limit, 0.0))


def _part(program: Program, cost: Floats, matrix: sparse.csr_array, columns: Flags, rows: Flags) -> Program:
    """The linear program of a part; without names, which nobody asks it for."""
    lower, upper = program.column_bounds
    at = np.flatnonzero(columns)
    inside = sparse.csc_array(matrix[np.flatnonzero(rows)])[:, at]
    return Program(
        Layout((Family("", "part", 0, 0, len(at)),), (Family("", "part", 0, 0, int(rows.sum())),)), cost[at], 0.0, inside,
        program.row_lower[rows], program.row_upper[rows], lower[at], upper[at], np.zeros(len(at), dtype=bool), (), {},
    )  # fmt: skip
