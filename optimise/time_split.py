"""A lower bound on a long horizon, from its parts alone: Lagrangian relaxation of what ties them together.

Every row whose decisions lie in more than one part, or in no step at all (a yearly limit, an end as the beginning), is taken
out, and its price times its violation put into the cost. What is left falls into parts, which are solved one by one; the sum of
their optima, and of the prices times the rows' limits, is the dual function. Weak duality: whatever the prices, as long as
their signs fit the rows, it is at most the cost of any solution of the whole (A. M. Geoffrion, "Lagrangean relaxation for
integer programming", Mathematical Programming Study 2, 1974). At the duals of the whole linear program it is its optimum; at
good estimates it is close. Prices decide how near the bound comes, never whether it is one.

Parts are joined to longer ones: the rows that tied them are put back, and their prices are found by the solver. The bases of
the parts make one of the longer part whose decisions are priced right and break those rows alone, so the dual simplex method
takes a small share of the iterations that it needs from nought. Joined to one part, nothing is priced any more, and the bound
is the optimum. Where decisions are whole, the longest parts are cut once (:mod:`yuqian.optimise.rounding_cuts`); the bound is
then one of whole decisions, and further rounds add next to nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import highspy
import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse

from yuqian.models.clock import Clock, Floats
from yuqian.optimise.affine import Ints
from yuqian.optimise.program import Family, Layout, Program
from yuqian.optimise.rounding_cuts import Cut, Limits
from yuqian.optimise.solve import Outcome, Report, Solution, SolverOptions, basis_of, solve
from yuqian.optimise.summed_balances import SummedBalances
from yuqian.optimise.tighten import cuts_at, with_cuts

DUAL_TOLERANCE = 1e-6
"""A reduced cost that is nearer to nought, relative to the cost, counts as nought where a decision has no bound."""
NOWHERE = -1
"""The part of decisions without a step."""
ROUNDING = 1e-12
"""Share of what is subtracted from a cost that counts as rounding."""
BASIC = highspy.HighsBasisStatus.kBasic


class SplitError(RuntimeError):
    """Parts that give no bound at these prices; the message names the part or the decision that is to blame."""


class PartEnded(SplitError):
    """A part that ended without an optimum; ``found`` says how, and has its decisions where the part was the whole."""

    def __init__(self, message: str, found: Solution) -> None:
        super().__init__(message)
        self.found = found


@dataclass(frozen=True)
class SplitBound:
    """A bound by parts, and the prices and decisions of the parts.

    Attributes:
        yuan: no solution costs less, but for what it lacks at its end, at the duals of the rows that say what that must be.
        linear_yuan: the same of the linear program, without cuts.
        parts: how many, the longest ones.
        iterations, seconds: of all parts.
        row_dual, column_dual: yuan per unit of right-hand side; where a row ties the longest parts together, its price.
        x: decisions of the parts, which need not fit together where rows were priced.
        largest_infeasibility: of any row or bound of the longest parts, as HiGHS measures it.
        log: what HiGHS printed, part after part.
        basis: of the whole, where the parts of a linear program were joined to one. A row may be basic at a price there, so
            that a solve of the program without prices has a few steps to do from it.
    """

    yuan: float
    linear_yuan: float
    parts: int
    iterations: int
    seconds: float
    row_dual: Floats
    column_dual: Floats
    x: Floats
    largest_infeasibility: float
    log: str
    basis: highspy.HighsBasis | None

    def as_solution(self) -> Solution:
        """The optimum, of a linear program whose parts were joined to one.

        Raises:
            ValueError: where rows stay priced, or decisions are whole.
        """
        if self.basis is None:
            raise ValueError("only a linear program that was joined to one part has its optimum")
        return Solution(
            Outcome.OPTIMAL, self.yuan, self.yuan, self.x, self.row_dual, self.column_dual,
            self.iterations, self.seconds, self.largest_infeasibility, self.log, self.basis,
        )  # fmt: skip


def reduced(program: Program, prices: Floats) -> Floats:
    """Costs of the columns less the prices of their rows, shape (columns,).

    What is left of two that are equal but for rounding is nought: the solver would take it for a cost, and answers then break
    the very rows that were priced.
    """
    cost = program.cost - program.matrix.T @ prices
    size = np.abs(program.cost) + abs(program.matrix).T @ np.abs(prices)
    return np.where(np.abs(cost) <= ROUNDING * size, 0.0, cost)


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
    program: Program, clock: Clock, row_prices: Floats, lengths_days: Sequence[int],
    options: SolverOptions | None = None, report: Report | None = None,
) -> SplitBound:  # fmt: skip
    """Bound the cost of a program over ``clock`` by parts of some days.

    Args:
        row_prices: yuan per unit of right-hand side, shape (rows,); used where a row ties parts together.
        lengths_days: of the parts, and of those that they are joined to, each a multiple of the one before, or the whole.

    Raises:
        ProgramError: for numbers that a solver would misread.
        PartEnded: for a part without an optimum. One that is infeasible proves the whole to be; one that is unbounded has
            the prices to blame; limits and an interruption count for all parts together.
        SplitError: for prices at which a decision without a step could earn without limit.
    """
    program.check()
    if any(longer % shorter and longer < clock.water.count for shorter, longer in pairwise(lengths_days)):
        raise ValueError(f"parts of {tuple(lengths_days)} days cannot be joined one to the next")
    split = _Split.of(program, clock, row_prices, lengths_days[0], options or SolverOptions(), report)
    for days in lengths_days:
        part = _parts_of_columns(program, clock, days)
        yuan = linear_yuan = split.solve(part)
        if days >= clock.water.count:
            break
    cuts = _cuts(split, part) if program.integral.any() else []
    if cuts:
        yuan = split.with_cuts(cuts).solve(part)
    return split.bound(yuan, linear_yuan)


def _cuts(split: _Split, part: Ints) -> list[Cut]:
    """Cuts inside parts, which hold for answers that end elsewhere too: no end is taken for a limit."""
    open_ended = tuple(rows for rows in split.program.bound_rows if rows.family.indexed)
    limits = Limits(replace(split.program, bound_rows=open_ended))
    found = cuts_at(SummedBalances.of(split.program), limits, split.x, split.row_dual)
    return [cut for cut in found if len(np.unique(part[cut.columns])) == 1]


class _Split:
    """A program with the prices of its tying rows in the cost, and what its parts have been solved to.

    A tying row that is no equation gets a column for its slack, so that its price can stand in the cost while it is put back.
    """

    def __init__(self, program: Program, prices: Floats, options: SolverOptions, report: Report | None) -> None:
        self.program, self.prices, self.options, self.report = program, prices, options, report
        self.matrix = sparse.csr_array(program.matrix)
        self.cost = reduced(program, prices)
        self.row_dual, self.column_dual = prices.copy(), self.cost.copy()
        self.x = np.zeros(program.column_count)
        self.column_status = _at_bounds(program, self.cost)
        self.row_status = np.full(program.row_count, BASIC, dtype=object)
        self.slack_status = np.full(program.row_count, highspy.HighsBasisStatus.kLower, dtype=object)
        self.iterations, self.seconds, self.parts = 0, 0.0, 0
        self.began = time.perf_counter()
        self.largest_infeasibility = 0.0
        self.logs: list[str] = []
        self.is_begun = False
        self.last: highspy.HighsBasis | None = None

    @classmethod
    def of(
        cls, program: Program, clock: Clock, row_prices: Floats, days: int, options: SolverOptions, report: Report | None
    ) -> _Split:  # fmt: skip
        """With prices for the rows that tie parts of some days together."""
        own = _parts_of_rows(sparse.csr_array(program.matrix), _parts_of_columns(program, clock, days))
        return cls(program, np.where(own == NOWHERE, _signed(program, row_prices), 0.0), options, report)

    @property
    def limit(self) -> Floats:
        """The limit that a price belongs to."""
        return np.where(self.prices > 0, self.program.row_lower, self.program.row_upper)

    @property
    def has_slack(self) -> npt.NDArray[np.bool_]:
        """Which rows have a column for their slack."""
        has: npt.NDArray[np.bool_] = (self.prices != 0.0) & (self.program.row_lower != self.program.row_upper)
        return has

    def with_cuts(self, cuts: Sequence[Cut]) -> _Split:
        """The same with cuts behind its rows, which do not bind yet."""
        count = len(cuts)
        self.program = with_cuts(self.program, cuts)
        self.matrix = sparse.csr_array(self.program.matrix)
        self.prices, self.row_dual = np.append(self.prices, np.zeros(count)), np.append(self.row_dual, np.zeros(count))
        self.row_status = np.append(self.row_status, [BASIC] * count)
        self.slack_status = np.append(self.slack_status, [highspy.HighsBasisStatus.kLower] * count)
        return self

    def solve(self, part: Ints) -> float:
        """Solve all parts, from the bases of those that they are joined of; the dual function."""
        own = _parts_of_rows(self.matrix, part)
        priced = self.prices != 0.0
        total = self.program.offset + float(self.limit[priced] @ self.prices[priced]) + _stepless(self.program, self.cost, part)
        self.parts, self.largest_infeasibility = int(part.max(initial=0)) + 1, 0.0
        for number in range(self.parts):
            columns, rows = np.flatnonzero(part == number), np.flatnonzero(own == number)
            if len(columns) + len(rows):
                total += self._solve_part(columns, rows, number)
        self.is_begun = True
        return total

    def _solve_part(self, columns: Ints, rows: Ints, number: int) -> float:
        slack = rows[self.has_slack[rows]]
        options, start = self.options.after(time.perf_counter() - self.began), self._start(columns, rows, slack)
        if start is not None:
            options = replace(options.from_basis, perturbs=False)
        found = solve(self._part(columns, rows, slack), options, self._told(), start)
        self.iterations, self.seconds = self.iterations + found.iterations, self.seconds + found.seconds
        self.largest_infeasibility = max(self.largest_infeasibility, found.largest_infeasibility)
        self.logs.append(found.log)
        if found.outcome is not Outcome.OPTIMAL:
            told = f"part {number + 1} of {self.parts} ended as '{found.outcome.value}' at these prices"
            raise PartEnded(told, self._ended(found))
        assert found.x is not None
        assert found.row_dual is not None
        assert found.column_dual is not None
        assert found.basis is not None
        count = len(columns)
        self.last = found.basis
        status = np.array(found.basis.col_status, dtype=object)
        self.column_status[columns], self.slack_status[slack] = status[:count], status[count:]
        self.row_status[rows] = np.array(found.basis.row_status, dtype=object)
        self.x[columns], self.column_dual[columns] = found.x[:count], found.column_dual[:count]
        self.row_dual[rows] = found.row_dual + self.prices[rows]
        return found.bound_yuan

    def _told(self) -> Report | None:
        """Tells the progress of all parts together."""
        report, iterations, seconds = self.report, self.iterations, self.seconds
        if report is None:
            return None
        return lambda now: report(replace(now, iterations=iterations + now.iterations, seconds=seconds + now.seconds))

    def _ended(self, found: Solution) -> Solution:
        """How the parts ended when one of them did without an optimum, and the decisions if it was the whole."""
        whole = replace(found, iterations=self.iterations, seconds=self.seconds, log="".join(self.logs), basis=None)
        whole = replace(whole, bound_yuan=-np.inf, row_dual=None, column_dual=None)
        if self.parts == 1 and found.x is not None:
            x = found.x[: self.program.column_count]
            return replace(whole, objective_yuan=float(self.program.cost @ x) + self.program.offset, x=x)
        return whole.without_decisions()

    def _start(self, columns: Ints, rows: Ints, slack: Ints) -> highspy.HighsBasis | None:
        """The basis of what a part is joined of; of a shortest part that of the one before, which differs in numbers alone."""
        if not self.is_begun:
            last = self.last
            is_alike = last is not None and len(last.col_status) == len(columns) and len(last.row_status) == len(rows)
            return last if is_alike else None
        return basis_of([*self.column_status[columns], *self.slack_status[slack]], self.row_status[rows])

    def _part(self, columns: Ints, rows: Ints, slack: Ints) -> Program:
        """The linear program of a part; without names, which nobody asks it for."""
        program, count = self.program, len(columns) + len(slack)
        inside = sparse.csc_array(self.matrix[rows])[:, columns]
        low, high = program.row_lower[rows].copy(), program.row_upper[rows].copy()
        room = (high - low)[np.searchsorted(rows, slack)]
        at, away = np.searchsorted(rows, slack), np.where(self.prices[slack] > 0, -1.0, 1.0)
        low[at] = high[at] = self.limit[slack]
        matrix = sparse.hstack([inside, sparse.csc_array((away, (at, np.arange(len(slack)))), shape=(len(rows), len(slack)))])
        lower, upper = program.column_bounds
        return Program(
            Layout((Family("", "part", 0, 0, count),), (Family("", "part", 0, 0, len(rows)),)),
            np.append(self.cost[columns], np.abs(self.prices[slack])), 0.0, sparse.csc_array(matrix), low, high,
            np.append(lower[columns], np.zeros(len(slack))), np.append(upper[columns], room),
            np.zeros(count, dtype=bool), (), {},
        )  # fmt: skip

    def bound(self, yuan: float, linear_yuan: float) -> SplitBound:
        return SplitBound(
            yuan, linear_yuan, self.parts, self.iterations, self.seconds, self.row_dual, self.column_dual, self.x,
            self.largest_infeasibility, "".join(self.logs), self._whole_basis(),
        )  # fmt: skip

    def _whole_basis(self) -> highspy.HighsBasis | None:
        """Of the program, without slack columns: a row that has one is basic if either is, or rests where its slack does."""
        if self.parts != 1 or self.program.integral.any():
            return None
        lower, upper = highspy.HighsBasisStatus.kLower, highspy.HighsBasisStatus.kUpper
        rows = list(self.row_status)
        for row in np.flatnonzero(self.has_slack).tolist():
            is_basic = BASIC in (rows[row], self.slack_status[row])
            is_at_lower = (self.slack_status[row] == lower) == (self.prices[row] > 0.0)
            rows[row] = BASIC if is_basic else lower if is_at_lower else upper
        return basis_of(self.column_status, rows)


def _at_bounds(program: Program, cost: Floats) -> npt.NDArray[np.object_]:
    """The bound at which each decision costs the least, as HiGHS calls it."""
    lower, upper = program.column_bounds
    at_upper = np.isfinite(upper) & ((cost < 0.0) | np.isneginf(lower))
    status = np.full(len(cost), highspy.HighsBasisStatus.kLower, dtype=object)
    status[at_upper] = highspy.HighsBasisStatus.kUpper
    status[np.isneginf(lower) & np.isposinf(upper)] = highspy.HighsBasisStatus.kZero
    return status


def _parts_of_columns(program: Program, clock: Clock, days: int) -> Ints:
    """The part that each decision belongs to; NOWHERE for those without a step, unless one part is all there is."""
    if days >= clock.water.count:
        return np.zeros(program.column_count, dtype=np.int64)
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
