"""Strict order of the classes of water users: a higher class is never short for the sake of a lower one.

Prices of shortage order the users only as far as prices differ; a weighted sum may still trade a little of a high class for
much of a low one. In strict order one linear program a class minimises that class's shortage over the whole horizon, and the
*sum* is held from then on, so that the later ones may still move it between its members and days. The last program has the
ordinary costs, and so gives the duals. A class that is not short in the answer at hand needs no program: less is impossible.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import highspy
import numpy as np

from yuqian.models.clock import Floats
from yuqian.models.kind import UserClass
from yuqian.models.ledger import Account
from yuqian.models.user_class import STANDARD_ORDER
from yuqian.optimise.assemble import Assembly
from yuqian.optimise.priced_start import solve_from_prices
from yuqian.optimise.program import Program
from yuqian.optimise.solve import Method, Outcome, Report, Solution, SolverError, SolverOptions, solve
from yuqian.optimise.tighten import widened

OWNER = "lexicographic"
FREEDOM = 1e-6
"""Relative room of a held sum, beside :data:`NOUGHT_HM3`: without any, rounding would make the next program infeasible."""
NOUGHT_HM3 = 1e-6
"""One m3: what is not a shortage."""
YUAN_PER_HM3 = 1e6
"""Scale of the shortage as an objective."""
Row = tuple[Floats, float]
"""Coefficients of the columns, and a constant."""


@dataclass(frozen=True)
class Stage:
    """One class brought to its least shortage.

    Attributes:
        user_class: None for the last stage, of ordinary costs.
        was_solved: False where the class was not short in the answer at hand.
        shortage_hm3: of every class in the stage's answer, in order.
        iterations, seconds: of the solver.
    """

    user_class: UserClass | None
    was_solved: bool
    shortage_hm3: Mapping[UserClass, float]
    iterations: int
    seconds: float


@dataclass(frozen=True)
class Lexicographic:
    """An answer in strict order, with its proof.

    Attributes:
        program: with one row a class that holds its sum (owner "lexicographic"); new series need the program without them.
        solution: of the last stage, with duals.
        stages: in order, the last one of ordinary costs.
    """

    program: Program
    solution: Solution
    stages: tuple[Stage, ...]

    @property
    def proven(self) -> bool:
        """Whether no class is shorter in the end than its own stage found it could be."""
        last = self.stages[-1].shortage_hm3
        return all(
            last[stage.user_class] <= stage.shortage_hm3[stage.user_class] * (1 + 2 * FREEDOM) + 2 * NOUGHT_HM3
            for stage in self.stages
            if stage.user_class is not None
        )


def in_strict_order(
    assembly: Assembly,
    program: Program,
    solution: Solution,
    options: SolverOptions | None = None,
    report: Report | None = None,
    order: Sequence[UserClass] = STANDARD_ORDER,
    prices: Floats | None = None,
) -> Lexicographic:
    """Solve ``program`` with the classes of water users in strict order.

    Args:
        solution: of ``program`` at its ordinary costs, to begin from.
        order: highest first; a class that is left out is ordered by its prices alone.
        prices: of the rows, to begin the last program with (see :mod:`yuqian.optimise.priced_start`), shape (rows,).

    Raises:
        ValueError: for a class that is named twice, or a solution without an answer.
        SolverError: if a stage has no optimum.
    """
    done = staged(assembly, program, solution, options, report, order)
    held, now, is_final = done.held, done.now, done.is_untouched
    if not is_final:
        now = _checked(
            solve_from_prices(held, _padded(prices, len(done.rows)), assembly.clock, options, report), "the ordinary costs"
        )
    stages = (*done.stages, _stage(None, not is_final, done.rows, now))
    return Lexicographic(held, now, stages)


@dataclass(frozen=True)
class Staged:
    """All classes brought to their least shortage, one after the other.

    Attributes:
        rows: shortage of each class.
        stages: without the last one, of ordinary costs.
        held: the program with a row a class that holds its sum.
        now: the last answer.
        is_untouched: whether that is still the one to begin with: no class needed a program.
    """

    rows: Mapping[UserClass, Row]
    stages: tuple[Stage, ...]
    held: Program
    now: Solution
    is_untouched: bool


def staged(
    assembly: Assembly, program: Program, solution: Solution, options: SolverOptions | None, report: Report | None,
    order: Sequence[UserClass],
) -> Staged:  # fmt: skip
    """One program a class that is short; arguments and errors are those of :func:`in_strict_order`."""
    if len(set(order)) != len(order):
        raise ValueError(f"the order names a class twice: {', '.join(one.value for one in order)}")
    if solution.x is None:
        raise ValueError(f"there is no answer to begin with: the solve ended as '{solution.outcome.value}'")
    rows = _shortage_rows(assembly, program, order)
    stages: list[Stage] = []
    held, now, is_untouched = program, solution, True
    primal = replace(options or SolverOptions(), method=Method.PRIMAL_SIMPLEX)
    for user_class in rows:
        coefficients, constant = rows[user_class]
        short = _short(rows, now.x)[user_class]
        solved = short > NOUGHT_HM3
        if solved:
            goal = replace(held, cost=coefficients * YUAN_PER_HM3, offset=constant * YUAN_PER_HM3)
            now, is_untouched = _checked(solve(goal, primal, report, now.basis), user_class.value), False
            short = _short(rows, now.x)[user_class]
        stages.append(_stage(user_class, solved, rows, now))
        held = _holding(held, user_class, rows[user_class], short)
        now = replace(now, basis=_with_basic_row(now.basis), row_dual=_padded(now.row_dual, 1))
    return Staged(rows, tuple(stages), held, now, is_untouched)


def at_levels(
    assembly: Assembly, program: Program, solution: Solution, levels: Sequence[Stage], options: SolverOptions | None = None,
    report: Report | None = None,
) -> Lexicographic | None:  # fmt: skip
    """The cheapest answer that is in no class shorter than ``levels`` say, in one program from the basis at hand, or none.

    Args:
        levels: stages whose classes cannot be less short (:mod:`yuqian.optimise.class_levels`).

    Returns:
        None where no answer keeps them.
    """
    order = [stage.user_class for stage in levels if stage.user_class is not None]
    rows = _shortage_rows(assembly, program, order)
    held, basis = program, solution.basis
    for stage in levels:
        if stage.user_class is not None:
            held = _holding(held, stage.user_class, rows[stage.user_class], stage.shortage_hm3[stage.user_class])
            basis = _with_basic_row(basis)
    assert solution.x is not None
    if np.all(held.matrix[program.row_count :] @ solution.x <= held.row_upper[program.row_count :]):
        kept = replace(solution, basis=basis, row_dual=_padded(solution.row_dual, len(order)))
        return Lexicographic(held, kept, (*levels, _stage(None, False, rows, kept)))
    simplex = replace(options or SolverOptions(), method=Method.SIMPLEX)
    found = solve(held, simplex, report, basis)
    if found.outcome is not Outcome.OPTIMAL:
        return None
    return Lexicographic(held, found, (*levels, _stage(None, True, rows, found)))


def _holding(program: Program, user_class: UserClass, row: Row, short_hm3: float) -> Program:
    """The program with a class no shorter than it is."""
    coefficients, constant = row
    limit = short_hm3 * (1.0 + FREEDOM) + NOUGHT_HM3
    return program.with_limit(OWNER, user_class.value, coefficients, limit - constant)


def _shortage_rows(assembly: Assembly, program: Program, order: Sequence[UserClass]) -> dict[UserClass, Row]:
    """Shortage of each class that has users, hm3: coefficients of the columns, and a constant."""
    entries = assembly.ledger.accounts[Account.SHORTAGE]
    rows: dict[UserClass, Row] = {}
    for user_class in order:
        of_class = [entry for entry in entries if entry.label == user_class.value]
        if not of_class:
            continue
        coefficients, constant = np.zeros(program.column_count), 0.0
        for entry in of_class:
            over = assembly.steps.of(entry.rhythm)
            expression, placeholder = assembly.template(entry.rhythm, partial(assembly.ledger.amount, entry))
            more, rest = program.sum_of(expression, placeholder, np.arange(len(over)))
            coefficients, constant = coefficients + more, constant + rest
        rows[user_class] = coefficients, constant
    return rows


def _short(rows: Mapping[UserClass, Row], x: Floats | None) -> dict[UserClass, float]:
    assert x is not None
    return {one: max(0.0, float(coefficients @ x) + constant) for one, (coefficients, constant) in rows.items()}


def _stage(user_class: UserClass | None, solved: bool, rows: Mapping[UserClass, Row], now: Solution) -> Stage:
    return Stage(user_class, solved, _short(rows, now.x), now.iterations if solved else 0, now.seconds if solved else 0.0)


def _checked(found: Solution, what: str) -> Solution:
    if found.outcome is not Outcome.OPTIMAL:
        raise SolverError(f"the stage of {what} of the strict order ended as '{found.outcome.value}'")
    return found


def _padded(duals: Floats | None, more: int) -> Floats | None:
    """With nought for further rows."""
    return None if duals is None else np.concatenate((duals, np.zeros(more)))


def _with_basic_row(basis: highspy.HighsBasis | None) -> highspy.HighsBasis | None:
    """The basis with one more row, that nothing rests on."""
    return None if basis is None else widened(basis, 1)
