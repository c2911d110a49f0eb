"""Rounds of cuts: the linear program of a mixed-integer one, solved again as long as cuts raise its optimum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import highspy
import numpy as np
import scipy.sparse as sparse

from yuqian.models.clock import Floats
from yuqian.optimise.program import Family, Layout, Program
from yuqian.optimise.rounding_cuts import Cut, Limits, cuts_of
from yuqian.optimise.solve import Outcome, Report, Solution, SolverOptions, basis_of, solve
from yuqian.optimise.summed_balances import SummedBalances

ROUNDS_MAX = 12
GAIN_LEAST = 0.1
"""Share of the allowed gap that a round must raise the optimum by for another to follow."""
WEIGHTS_ALIKE = 1e-6
"""Relative difference below which weights are all the same."""
CUTS = "rounded_balance"
"""What the rows of cuts are called in a program."""


@dataclass(frozen=True)
class Tightened:
    """A mixed-integer program with cuts, and the optimum of its linear program.

    Attributes:
        program: with the cuts that bind there.
        solution: of its linear program; iterations, seconds and log are those of all rounds.
    """

    program: Program
    solution: Solution


def relaxed(program: Program) -> Program:
    """The linear program without whole decisions."""
    return replace(program, integral=np.zeros_like(program.integral))


def with_cuts(program: Program, cuts: Sequence[Cut]) -> Program:
    """The same program with a row for each cut behind its own."""
    if not cuts:
        return program
    lengths = [len(cut.columns) for cut in cuts]
    columns = np.concatenate([cut.columns for cut in cuts])
    values = np.concatenate([cut.coefficients for cut in cuts])
    rows = sparse.csr_array((values, (np.repeat(np.arange(len(cuts)), lengths), columns)), (len(cuts), program.column_count))
    family = Family("", CUTS, program.row_count, 0, len(cuts))
    return replace(
        program, layout=Layout(program.layout.columns, (*program.layout.rows, family)),
        matrix=sparse.csc_array(sparse.vstack([program.matrix, rows], format="csc")),
        row_lower=np.append(program.row_lower, np.full(len(cuts), -np.inf)),
        row_upper=np.append(program.row_upper, [cut.most for cut in cuts]),
    )  # fmt: skip


def tightened(
    program: Program, loose: Solution, room_yuan: float, options: SolverOptions, report: Report | None = None
) -> Tightened:
    """Cut the linear program until that no longer pays.

    Args:
        program: mixed-integer.
        loose: optimum of its linear program, with duals and basis.
        room_yuan: the gap that a search may leave; cuts that raise the optimum by a small share of it are not worth a round.
    """
    balances, limits = SummedBalances.of(program), Limits(program)
    best, kept = Tightened(program, loose), list[Cut]()
    for _ in range(ROUNDS_MAX):
        x, basis = best.solution.x, best.solution.basis
        if x is None or basis is None:
            break
        assert best.solution.row_dual is not None
        found = cuts_at(balances, limits, x, best.solution.row_dual)
        if not found:
            break
        cut = with_cuts(program, [*kept, *found])
        solution = solve(relaxed(cut), options.from_basis, report, start=widened(basis, len(found)))
        if solution.outcome is Outcome.INTERRUPTED:
            return Tightened(program, after(best.solution, solution))
        if solution.outcome is not Outcome.OPTIMAL or solution.basis is None:
            break
        gained = solution.objective_yuan - best.solution.objective_yuan
        kept, solution = _binding([*kept, *found], solution, program.row_count)
        best = Tightened(with_cuts(program, kept), after(best.solution, solution))
        if gained < GAIN_LEAST * room_yuan:
            break
    return best


def cuts_at(balances: SummedBalances, limits: Limits, x: Floats, row_dual: Floats) -> list[Cut]:
    """Cuts of a point, shape (columns,), from sums of the balances.

    Each network's balances are summed as they are, and weighed by their prices where those differ: what flows out over a line
    then counts with what it loses, or with the price of a line that is full.

    Args:
        row_dual: at the point, shape (rows or more,).
    """
    sums = [balances.weighed(np.ones(len(balances.positions)))]
    prices = row_dual[balances.positions]
    largest = np.zeros(int(balances.network.max(initial=-1)) + 1)
    np.maximum.at(largest, balances.network, np.abs(prices))
    weights = np.divide(prices, largest[balances.network], out=np.zeros_like(prices), where=largest[balances.network] > 0.0)
    differs = np.bincount(balances.network, np.abs(np.abs(weights) - 1.0) > WEIGHTS_ALIKE, len(largest)) > 0
    sums.append(balances.weighed(np.where(differs[balances.network], weights, 0.0)))
    return [cut for rows in sums for cut in cuts_of(rows, limits, x)]


def widened(basis: highspy.HighsBasis, rows: int) -> highspy.HighsBasis:
    """A basis with further rows that do not bind."""
    return basis_of(basis.col_status, [*basis.row_status, *[highspy.HighsBasisStatus.kBasic] * rows])


def _binding(cuts: Sequence[Cut], solution: Solution, rows: int) -> tuple[list[Cut], Solution]:
    """Those of the cuts, which begin at a row, that bind, and the solution without the others."""
    assert solution.basis is not None
    assert solution.row_dual is not None
    own, of_cuts = solution.basis.row_status[:rows], solution.basis.row_status[rows:]
    binds = np.array([status != highspy.HighsBasisStatus.kBasic for status in of_cuts], dtype=bool)
    kept_status = [status for status, kept in zip(of_cuts, binds, strict=True) if kept]
    basis = basis_of(solution.basis.col_status, [*own, *kept_status])
    dual: Floats = np.concatenate((solution.row_dual[:rows], solution.row_dual[rows:][binds]))
    return [cut for cut, kept in zip(cuts, binds, strict=True) if kept], replace(solution, basis=basis, row_dual=dual)


def after(before: Solution, solution: Solution) -> Solution:
    """A solution with the work of one before it counted in."""
    return replace(
        solution, iterations=before.iterations + solution.iterations, seconds=before.seconds + solution.seconds,
        log=before.log + solution.log,
    )  # fmt: skip
