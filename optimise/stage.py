"""A stage: one window in several scenarios, solved again and again from other states.

Every scenario keeps its own solver object with the last basis, so a solve from a state near the last one takes a few
iterations. How the state enters the program is read off by giving it other numbers, so no kind is named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import highspy
import numpy as np
from highspy import HighsModelStatus, HighsStatus

from yuqian.models.clock import Floats
from yuqian.optimise.affine import Ints
from yuqian.optimise.end_values import ValueFunctions, with_values
from yuqian.optimise.program import Program
from yuqian.optimise.seams import Seams
from yuqian.optimise.solve import YUAN_PER_SOLVER_UNIT, SolverError, SolverOptions, hand_over
from yuqian.optimise.state import Ends, Place, as_openings

NUDGE = 2.0**-6
"""What a number of the state is moved by to see where it enters; small enough for the smallest store, exact in binary."""

ROOM = 1e-7
"""What an opening may differ by from the state given: a state that a solver left is one only up to its tolerance."""
HELD, HELD_AT_LAST = 1e-7, 1e-6
"""How far a row may lie off its limit, else the program is solved once more from scratch; and then."""
_STAGE_OPTIONS: Mapping[str, str | bool | float] = {
    "output_flag": False, "solver": "simplex", "primal_feasibility_tolerance": 1e-9,
}  # fmt: skip
SAME = 1e-4
"""How near two readings of the same number must lie."""


@dataclass(frozen=True)
class Entry:
    """How a state enters a program: what it adds to limits of rows and to bounds of columns.

    Attributes:
        rows, columns: those that depend on the state.
        into_lower, into_upper: shape (rows, places).
        into_column_lower, into_column_upper: shape (columns, places).
    """

    rows: Ints
    into_lower: Floats
    into_upper: Floats
    columns: Ints
    into_column_lower: Floats
    into_column_upper: Floats

    @classmethod
    def of(cls, program: Program, places: Sequence[Place]) -> Entry:
        """Of a program whose state is nought.

        Raises:
            SolverError: for a state that changes coefficients or costs.
        """
        count = len(places)
        alone = [_moved(program, places, weights) for weights in _weights(count)]
        into = [_single([one[k] for one in alone], count) for k in range(4)]
        if any(part is None for part in into):
            each = [_moved(program, places, unit) for unit in np.eye(count)]
            into = [np.array([one[k] for one in each]).T.reshape(-1, count) for k in range(4)]
        lower, upper, column_lower, column_upper = (part for part in into if part is not None)
        rows = np.flatnonzero(np.any(lower != 0.0, axis=1) | np.any(upper != 0.0, axis=1))
        columns = np.flatnonzero(np.any(column_lower != 0.0, axis=1) | np.any(column_upper != 0.0, axis=1))
        return cls(rows, lower[rows], upper[rows], columns, column_lower[columns], column_upper[columns])

    def slope(self, row_dual: Floats, column_dual: Floats) -> Floats:
        """Change of cost per unit of each number of the state, shape (places,)."""
        rows, columns = row_dual[self.rows, None], column_dual[self.columns, None]
        by_rows = rows * np.where(rows > 0.0, self.into_lower, self.into_upper)
        by_columns = columns * np.where(columns > 0.0, self.into_column_lower, self.into_column_upper)
        slope: Floats = by_rows.sum(axis=0) + by_columns.sum(axis=0)
        return slope


def _weights(count: int) -> list[Floats]:
    """Three ways to move all numbers of a state at once, which tell apart what one number alone moves."""
    number = np.arange(1.0, count + 1.0)
    return [np.ones(count), number, number**2]


def _moved(program: Program, places: Sequence[Place], weights: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Change of the limits of rows and of the bounds of columns per unit, all numbers moved in proportion to weights."""
    nudge = NUDGE / float(np.max(weights, initial=1.0))
    other = program.with_series(as_openings(places, weights * nudge))
    if not np.array_equal(other.matrix.data, program.matrix.data) or not np.array_equal(other.cost, program.cost):
        raise SolverError("a number of the state changes coefficients of the program, not limits alone")
    pairs = zip(
        (program.row_lower, program.row_upper, *program.column_bounds),
        (other.row_lower, other.row_upper, *other.column_bounds), strict=True,
    )  # fmt: skip
    with np.errstate(invalid="ignore"):
        lower, upper, column_lower, column_upper = (
            np.where(before == after, 0.0, after - before) / nudge for before, after in pairs
        )
    return lower, upper, column_lower, column_upper


def _single(moved: Sequence[Floats], count: int) -> Floats | None:
    """Coefficients of limits that depend on one number of the state each, shape (limits, count); None if any does on more.

    Args:
        moved: what the limits change by, with each of the weights.
    """
    by_one, by_number, by_square = moved
    found = np.zeros((len(by_one), count))
    at = np.flatnonzero((by_one != 0.0) | (by_number != 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        number = by_number[at] / by_one[at]
        whole = np.abs(number - np.round(number)) < SAME
        same = np.abs(by_square[at] / by_one[at] - number**2) < SAME * number**2
    if not np.all(whole & same):
        return None
    found[at, np.round(number).astype(int) - 1] = by_one[at]
    return found


@dataclass(frozen=True)
class Found:
    """Answer of one scenario from one state.

    Attributes:
        cost_yuan: less the value of what is left behind.
        slope: of it by the numbers of the state, yuan per unit.
        x: decisions of the program itself, shape (columns,).
        state: what is left behind, shape (places,).
        iterations: of the simplex.
    """

    cost_yuan: float
    slope: Floats
    x: Floats
    state: Floats
    iterations: int


@dataclass
class Scenario:
    """One program of a window in HiGHS, solved from state after state; the last basis is kept.

    Attributes:
        program: with a state of nought.
        name: for messages.
    """

    program: Program
    places: tuple[Place, ...]
    ends: Ends
    entry: Entry
    name: str
    options: SolverOptions = field(default_factory=SolverOptions)
    _highs: highspy.Highs = field(default_factory=highspy.Highs)

    def load(self, values: ValueFunctions | None, month: int, basis: highspy.HighsBasis | None = None) -> None:
        """Hand the program over, the water that it leaves valued as at the beginning of a month; at nothing without values.

        Args:
            basis: of a program of the same structure; the own last one when None.
        """
        if basis is None and self._highs.getNumCol():
            basis = self._highs.getBasis()
        whole = self.program if values is None else with_values(self.program, self.ends, self.places, values, month)
        self._highs.clear()
        for option, value in {**self.options.as_highs(), **_STAGE_OPTIONS}.items():
            self._checked(self._highs.setOptionValue(option, value), option)
        self._checked(hand_over(self._highs, whole), "passModel")
        if basis is not None and len(basis.col_status) == whole.column_count:
            self._checked(self._highs.setBasis(basis), "setBasis")

    @property
    def basis(self) -> highspy.HighsBasis:
        basis: highspy.HighsBasis = self._highs.getBasis()
        return basis

    def solve(self, state: Floats) -> Found:
        """The answer from a state, shape (places,).

        Raises:
            SolverError: for a window without an optimum.
        """
        limits = self._limits(state)
        rows, columns = self.entry.rows, self.entry.columns
        lower, upper, column_lower, column_upper = limits
        room = np.where(column_lower == column_upper, ROOM, 0.0)[columns]
        self._checked(
            self._highs.changeColsBounds(
                len(columns), columns.astype(np.int32), column_lower[columns] - room, column_upper[columns] + room
            ),
            "changeColsBounds",
        )
        self._checked(
            self._highs.changeRowsBounds(len(rows), rows.astype(np.int32), lower[rows], upper[rows]), "changeRowsBounds"
        )
        if not self._is_solved(limits, HELD):
            self._highs.clearSolver()
            if not self._is_solved(limits, HELD_AT_LAST):
                status = self._highs.modelStatusToString(self._highs.getModelStatus())
                raise SolverError(f"{self.name} ended as '{status}'")
        found = self._highs.getSolution()
        x = np.clip(np.array(found.col_value)[: self.program.column_count], column_lower, column_upper)
        slope = self.entry.slope(np.array(found.row_dual), np.array(found.col_dual)) * YUAN_PER_SOLVER_UNIT
        info = self._highs.getInfo()
        cost = info.objective_function_value * YUAN_PER_SOLVER_UNIT
        return Found(cost, slope, x, self.ends.state(x), int(info.simplex_iteration_count))

    def _limits(self, state: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Limits of rows and bounds of columns from a state."""
        entry, (low, high) = self.entry, self.program.column_bounds
        limits = self.program.row_lower.copy(), self.program.row_upper.copy(), low.copy(), high.copy()
        for limit, at, into in zip(
            limits, (entry.rows, entry.rows, entry.columns, entry.columns),
            (entry.into_lower, entry.into_upper, entry.into_column_lower, entry.into_column_upper), strict=True,
        ):  # fmt: skip
            limit[at] += into @ state
        return limits

    def _is_solved(self, limits: tuple[Floats, Floats, Floats, Floats], room: float) -> bool:
        """Run; whether there is an optimum that keeps the rows: after many small steps from basis to basis some do not."""
        self._highs.run()
        if self._highs.getModelStatus() != HighsModelStatus.kOptimal:
            return False
        x = np.array(self._highs.getSolution().col_value)[: self.program.column_count]
        held = self.program.matrix @ x
        return bool(np.max(np.maximum(limits[0] - held, held - limits[1]), initial=0.0) <= room)

    def _checked(self, status: HighsStatus, call: str) -> None:
        if status != HighsStatus.kOk:
            raise SolverError(f"{self.name}: HiGHS answered {call} with {status.name}")


class Stage:
    """One window of several scenarios, and what follows it.

    Args:
        programs: of the scenarios, with a state of nought; structure alike.
        seams: of the window's assembly.
        places: numbers of the state.
        name: for messages.
    """

    def __init__(
        self, programs: Sequence[Program], seams: Seams, places: Sequence[Place], name: str,
        options: SolverOptions | None = None,
    ) -> None:  # fmt: skip
        self.places = tuple(places)
        entry = Entry.of(programs[0], places)
        self._scenarios = [
            Scenario(
                program, self.places, Ends.of(seams, program, places), entry, f"{name}, scenario {k + 1}",
                options or SolverOptions(),
            )
            for k, program in enumerate(programs)
        ]  # fmt: skip
        self.arm(None, 0)

    @property
    def scenarios(self) -> int:
        return len(self._scenarios)

    def arm(self, values: ValueFunctions | None, month: int) -> None:
        """Value what every scenario leaves as at the beginning of a month; at nothing without values."""
        for scenario in self._scenarios:
            scenario.load(values, month)

    def solve(self, scenario: int, state: Floats) -> Found:
        """One scenario from a state, shape (places,).

        Raises:
            SolverError: for a window without an optimum.
        """
        return self._scenarios[scenario].solve(state)

    def mean_slope(self, state: Floats) -> Floats:
        """Change of the expected cost by the numbers of the state, shape (places,)."""
        slope: Floats = np.mean([scenario.solve(state).slope for scenario in self._scenarios], axis=0)
        return slope
