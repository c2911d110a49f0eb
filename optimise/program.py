"""Program: a linear (or mixed-integer) problem as arrays, with names.

Rows that hold a single decision are kept as bounds of that decision; their duals are given back by
:meth:`Program.row_duals`. A Program is never changed: :meth:`Program.with_series` returns another one with new numbers and
the same structure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse

from yuqian.models.clock import Floats

if TYPE_CHECKING:
    from yuqian.optimise.affine import Ints
    from yuqian.optimise.compile import Structure

SMALLEST_COEFFICIENT = 1e-9
"""What HiGHS drops from a matrix without asking; a coefficient below it, other than zero, is refused here by name."""


class ProgramError(ValueError):
    """Numbers that cannot be put into the program; the message names asset, series and step."""


@dataclass(frozen=True)
class Family:
    """Consecutive columns or rows that one declaration made.

    Attributes:
        owner: id of the asset, "together.<kind>" for what a kind declares for all its assets, "balance" for the ledger's, ""
            for the model's own.
        name: of the Var or Constraint.
        start: position of the first.
        first: step of the first: -1 when it is the opening instant.
        count: how many.
        indexed: False for a declaration without steps.
        steps: the step of each, where they are not consecutive.
        among: of how many steps those are.
    """

    owner: str
    name: str
    start: int
    first: int
    count: int
    indexed: bool = True
    steps: tuple[int, ...] | None = None
    among: int = 0

    @property
    def stop(self) -> int:
        return self.start + self.count

    @property
    def full_name(self) -> str:
        return f"{self.owner}.{self.name}" if self.owner else self.name

    def names(self) -> Iterator[str]:
        if not self.indexed:
            yield self.full_name
            return
        for step in self.at_steps():
            yield f"{self.full_name}[{step}]"

    def at_steps(self) -> Sequence[int]:
        """The step of each."""
        return range(self.first, self.first + self.count) if self.steps is None else self.steps


@dataclass(frozen=True)
class BoundRows:
    """Rows with one decision each, kept as bounds: ``low <= coefficient * x[column] <= high``.

    Attributes:
        family: as if they were rows; ``start`` has no meaning.
        columns: shape (count,).
        coefficient: one number, not zero.
        low, high: shape (count,), infinite where open.
    """

    family: Family
    columns: Ints
    coefficient: float
    low: Floats
    high: Floats

    def limits(self) -> tuple[Floats, Floats]:
        """The bounds on x itself."""
        low, high = self.low / self.coefficient, self.high / self.coefficient
        return (low, high) if self.coefficient > 0 else (high, low)


@dataclass(frozen=True)
class ExtraRows:
    """Rows over the columns of a program that no rule of its model made, one for each of some steps.

    Attributes:
        owner, name: what their duals are found by.
        steps: shape (rows,).
        among: of how many steps those are.
        columns, coefficients: shape (rows, terms).
        low, high: shape (rows,), infinite where open.
    """

    owner: str
    name: str
    steps: Ints
    among: int
    columns: Ints
    coefficients: Floats
    low: Floats
    high: Floats

    def matrix(self, width: int) -> sparse.csr_array:
        """The rows, shape (rows, width)."""
        row = np.repeat(np.arange(len(self.steps)), self.columns.shape[1])
        shape = (len(self.steps), width)
        return sparse.csr_array((self.coefficients.ravel(), (row, self.columns.ravel())), shape=shape)


@dataclass(frozen=True)
class Layout:
    """Names of a program: what each column and row is."""

    columns: tuple[Family, ...]
    rows: tuple[Family, ...]

    @cached_property
    def by_column_name(self) -> dict[tuple[str, str], Family]:
        return {(family.owner, family.name): family for family in self.columns}

    def column_name(self, position: int) -> str:
        return _name_at(self.columns, position)

    def row_name(self, position: int) -> str:
        return _name_at(self.rows, position)


@dataclass(frozen=True)
class Program:
    """Minimise ``cost @ x + offset`` with ``row_lower <= A x <= row_upper`` and ``col_lower <= x <= col_upper``.

    Attributes:
        layout: names.
        matrix: A, CSC; zeros that a series happens to make are kept, so that the structure does not depend on numbers.
        integral: which columns must be whole, shape (columns,).
        bound_rows: the rows that were turned into bounds.
        declared_lower, declared_upper: the columns' own bounds, before those rows.
        tables: the numbers by step that went in, as the structure knows them.
        structure: the rules behind, for new numbers; None in a program that was sent elsewhere.
        extra: rows that were added to those of the model.
    """

    layout: Layout
    cost: Floats
    offset: float
    matrix: sparse.csc_array
    row_lower: Floats
    row_upper: Floats
    declared_lower: Floats
    declared_upper: Floats
    integral: npt.NDArray[np.bool_]
    bound_rows: tuple[BoundRows, ...]
    tables: Mapping[int, tuple[Floats, int]]
    structure: Structure | None = None
    extra: tuple[ExtraRows, ...] = ()

    @property
    def column_count(self) -> int:
        return len(self.cost)

    @property
    def row_count(self) -> int:
        return len(self.row_lower)

    @cached_property
    def column_bounds(self) -> tuple[Floats, Floats]:
        """Bounds of the columns, with those of single-decision rows: two arrays of shape (columns,)."""
        lower, upper = self.declared_lower.copy(), self.declared_upper.copy()
        with np.errstate(invalid="ignore"):  # a NaN stays one, and check() refuses it by name
            for rows in self.bound_rows:
                low, high = rows.limits()
                np.maximum.at(lower, rows.columns, low)
                np.minimum.at(upper, rows.columns, high)
        return lower, upper

    def with_series(self, series: Mapping[tuple[str, str], Floats]) -> Program:
        """The same structure with new numbers by step.

        Args:
            series: new values by (asset, series name), each of the series' own length.

        Raises:
            ProgramError: for an unknown name, a wrong length, a NaN, or a program without structure.
        """
        if self.structure is None:
            raise ProgramError("this program was read back or sent elsewhere without its structure; compile it again")
        renumbered = self.structure.renumbered(self, series)
        return renumbered.with_rows(self.extra) if self.extra else renumbered

    def with_rows(self, extra: Sequence[ExtraRows]) -> Program:
        """The same program with further rows behind its own, in place of any that were added before."""
        own = self.row_count - sum(len(rows.steps) for rows in self.extra)
        families, start = [family for family in self.layout.rows if family.start < own], own
        for rows in extra:
            steps = tuple(int(step) for step in rows.steps)
            families.append(Family(rows.owner, rows.name, start, steps[0], len(steps), True, steps, rows.among))
            start += len(steps)
        matrix = sparse.csr_array(self.matrix)[:own]
        below = [rows.matrix(self.column_count) for rows in extra]
        return replace(
            self, layout=Layout(self.layout.columns, tuple(families)), extra=tuple(extra),
            matrix=sparse.csc_array(sparse.vstack([matrix, *below], format="csc")),
            row_lower=np.concatenate([self.row_lower[:own], *(rows.low for rows in extra)]),
            row_upper=np.concatenate([self.row_upper[:own], *(rows.high for rows in extra)]),
        )  # fmt: skip

    def values_of(self, expression: Any, placeholder: Any, steps: Ints, x: Floats) -> Floats:
        """Value of a template expression of the model behind, at a solution, by step."""
        if self.structure is None:
            raise ProgramError("this program has no structure to evaluate an expression with")
        return self.structure.values_of(self, expression, placeholder, steps, x)

    def sum_of(self, expression: Any, placeholder: Any, steps: Ints) -> tuple[Floats, float]:
        """A template expression of the model behind, summed over steps: coefficients, shape (columns,), and a constant."""
        if self.structure is None:
            raise ProgramError("this program has no structure to evaluate an expression with")
        return self.structure.sum_of(self, expression, placeholder, steps)

    def with_limit(self, owner: str, name: str, coefficients: Floats, most: float) -> Program:
        """The same program with one more row, ``coefficients @ x <= most``; :meth:`with_series` leaves it out again."""
        row = sparse.csc_array(coefficients[None, :])
        family = Family(owner, name, self.row_count, 0, 1, indexed=False)
        return replace(
            self,
            layout=replace(self.layout, rows=(*self.layout.rows, family)),
            matrix=sparse.vstack((self.matrix, row), format="csc"),
            row_lower=np.append(self.row_lower, -np.inf),
            row_upper=np.append(self.row_upper, most),
        )

    def without_structure(self) -> Program:
        """The arrays and names alone, to be sent to another process."""
        return replace(self, structure=None)

    def row_duals(self, row_dual: Floats, column_dual: Floats, x: Floats) -> dict[tuple[str, str], Floats]:
        """Duals of all rows by (owner, name), those kept as bounds included: change of cost per unit of right-hand side.

        A reduced cost belongs to the row whose limit the decision rests on; it goes to the first such row, and to none if
        the decision rests on its declared bound alone. Rows of some steps only are given over all, with nought elsewhere.
        """
        duals = {(f.owner, f.name): _spread(f, row_dual[f.start : f.stop]) for f in self.layout.rows}
        left = column_dual.copy()
        for rows in self.bound_rows:
            low, high = rows.limits()
            at, reduced = x[rows.columns], left[rows.columns]
            limit = np.where(reduced > 0, low, high)
            rests = np.isclose(at, limit, rtol=1e-9, atol=1e-7) & (reduced != 0.0)
            duals[rows.family.owner, rows.family.name] = np.where(rests, reduced / rows.coefficient, 0.0)
            left[rows.columns[rests]] = 0.0
        return duals

    def check(self) -> None:
        """Refuse what a solver would misread.

        Raises:
            ProgramError: naming the first column or row with crossed or NaN bounds, a NaN or a vanishing coefficient.
        """
        lower, upper = self.column_bounds
        self._refuse(~(lower <= upper), lambda i: f"{self.layout.column_name(i)} has bounds {lower[i]} and {upper[i]}")
        crossed = ~(self.row_lower <= self.row_upper)
        self._refuse(crossed, lambda i: f"{self.layout.row_name(i)} has limits {self.row_lower[i]} and {self.row_upper[i]}")
        self._refuse(~np.isfinite(self.cost), lambda i: f"{self.layout.column_name(i)} has the cost {self.cost[i]}")
        values = self.matrix.data
        bad = ~np.isfinite(values) | ((values != 0.0) & (np.abs(values) < SMALLEST_COEFFICIENT))
        self._refuse(bad, lambda k: f"{self.layout.row_name(int(self.matrix.indices[k]))} has the coefficient {values[k]}")

    @staticmethod
    def _refuse(bad: npt.NDArray[np.bool_], describe: object) -> None:
        positions = np.flatnonzero(bad)
        if len(positions):
            assert callable(describe)
            more = f" (and {len(positions) - 1} more)" if len(positions) > 1 else ""
            raise ProgramError(f"{describe(int(positions[0]))}{more}")


def _spread(family: Family, values: Floats) -> Floats:
    """Values by step over all steps, of a family that has rows for some only."""
    if family.steps is None:
        return values
    spread = np.zeros(family.among)
    spread[list(family.steps)] = values
    return spread


def _name_at(families: tuple[Family, ...], position: int) -> str:
    starts = np.array([family.start for family in families])
    family = families[int(np.searchsorted(starts, position, side="right")) - 1]
    return f"{family.full_name}[{family.at_steps()[position - family.start]}]" if family.indexed else family.full_name
