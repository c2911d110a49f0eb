"""Solves again until the numbers that depend on the answer have settled: heads, water surfaces, gates.

Which numbers those are, and when they have settled, the kinds say (:meth:`yuqian.models.kind.Kind.renumbered`). Every pass is
the same program with other numbers, begun from the last basis. Where a pass does not bring the numbers nearer (they cycle), the
next ones go half of the way only, and the decisions that they go by are held within half of their last move.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from yuqian.models.clock import Floats
from yuqian.models.renumbering import PRICE, Renumbering
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import Assembly
from yuqian.optimise.prices import balance_prices
from yuqian.optimise.program import Program
from yuqian.optimise.solve import Outcome, Report, Solution, SolverOptions, solve

PASSES_MAX = 12
NEARER = 0.9
"""A pass must leave no more than this of the distance, else the next is damped."""
DAMPED = 0.5

Readings = Mapping[str, Mapping[str, Floats]]


@dataclass(frozen=True)
class Pass:
    """What one solve left open.

    Attributes:
        objective_yuan: its cost.
        unsettled: by asset, how far its numbers were off, as a multiple of what they may be; only those above 1.
        worst: the largest of all, 1 or less once settled.
    """

    objective_yuan: float
    unsettled: Mapping[str, float]
    worst: float


@dataclass(frozen=True)
class Settled:
    """An answer and the numbers that it was found with.

    Attributes:
        assembly: its series hold the renewed numbers, for the audit and the results file.
        passes: the first is the solve that was given.
        is_settled: False when the passes ran out.
    """

    assembly: Assembly
    program: Program
    solution: Solution
    passes: tuple[Pass, ...]

    @property
    def is_settled(self) -> bool:
        return self.passes[-1].worst <= 1.0

    @property
    def change_fraction(self) -> float:
        """How much the last pass changed the cost, relative."""
        if len(self.passes) < 2:
            return 0.0
        before, last = (one.objective_yuan for one in self.passes[-2:])
        return abs(last - before) / max(1.0, abs(last))


def settle(
    assembly: Assembly,
    program: Program,
    solution: Solution,
    options: SolverOptions | None = None,
    report: Report | None = None,
    passes_max: int = PASSES_MAX,
) -> Settled:
    """Solve ``program`` again with the numbers that its answer asks for, until they settle or ``passes_max`` solves are done.

    Args:
        solution: of ``program``; it counts as the first pass.

    Returns:
        the last answer; the one given, if nothing in it depends on the answer. A solve that ends without an answer ends the
        passes with the one before.
    """
    passes: list[Pass] = []
    share, box, before = 1.0, _Box(program, assembly), solution
    while True:
        renewals = _renewals(assembly, program, solution)
        done = _pass(solution, renewals)
        if passes and done.worst > NEARER * passes[-1].worst:
            share = DAMPED
            box.shrink(before, solution)
        passes.append(done)
        tried = len(passes) > 1 or not any(renewal.incentives for renewal in renewals.values())
        if (done.worst <= 1.0 and tried) or len(passes) >= passes_max:
            break
        numbers = {
            (owner, name): values
            for owner, renewal in renewals.items()
            for name, values in renewal.damped(share).values.items()
        }
        incentives = {(owner, name): one for owner, renewal in renewals.items() for name, one in renewal.incentives.items()}
        next_program = program.with_series(numbers)
        drawn = box.around(solution, next_program.with_series(incentives))
        found = solve(drawn, options, report, solution.basis)
        if found.outcome is not Outcome.OPTIMAL:
            break
        before, program, solution = solution, next_program, _at_cost(next_program, found)
        assembly = replace(assembly, series={**assembly.series, **numbers})
    return Settled(assembly, program, solution, tuple(passes))


def optimistic_bound(settled: Settled, options: SolverOptions | None = None) -> float:
    """Cost that no answer can undercut, whatever the heads: that of the program with every kind's most favourable numbers.

    Numbers for which no kind names better ones (water surfaces, gates) stay as they have settled.
    """
    readings = _readings(settled.assembly, settled.program, settled.solution)
    numbers = {
        (asset.id, name): values
        for asset in settled.assembly.assets
        for name, values in asset.most_favourable(readings, settled.assembly.clock).items()
    }
    if not numbers:
        return settled.solution.objective_yuan
    found = solve(settled.program.with_series(numbers), options, start=settled.solution.basis)
    return found.objective_yuan if found.outcome is Outcome.OPTIMAL else float("-inf")


def _readings(assembly: Assembly, program: Program, solution: Solution) -> Readings:
    found = answers(assembly, program, solution)
    readings = {asset.id: dict(asset.readings(found[asset.id], assembly.clock)) for asset in assembly.assets}
    if solution.row_dual is not None:
        for name, price in balance_prices(assembly, program, solution).items():
            readings.setdefault(name, {})[PRICE] = price.values
    return readings


class _Box:
    """Room for the decisions that numbers go by, about the last answer; without limit until passes go round."""

    def __init__(self, program: Program, assembly: Assembly) -> None:
        wanted = {(asset.id, name) for asset in assembly.assets for name in asset.settles_by}
        families = [family for family in program.layout.columns if (family.owner, family.name) in wanted]
        self._columns = [np.arange(family.start, family.stop) for family in families]
        self._room: list[float] = [float("inf")] * len(families)

    def shrink(self, before: Solution, now: Solution) -> None:
        """Leave half of the room, at first half of the last move."""
        assert before.x is not None
        assert now.x is not None
        for k, columns in enumerate(self._columns):
            moved = float(np.abs(now.x[columns] - before.x[columns]).max(initial=0.0))
            self._room[k] = DAMPED * min(self._room[k], moved)

    def around(self, solution: Solution, program: Program) -> Program:
        """The program with those decisions held near the answer."""
        assert solution.x is not None
        lower, upper = program.declared_lower.copy(), program.declared_upper.copy()
        for columns, room in zip(self._columns, self._room, strict=True):
            near = solution.x[columns]
            lower[columns], upper[columns] = np.maximum(lower[columns], near - room), np.minimum(upper[columns], near + room)
        return replace(program, declared_lower=lower, declared_upper=upper)


def _at_cost(program: Program, found: Solution) -> Solution:
    """The same decisions at the program's own costs, without what drew them on; their duals are kept."""
    assert found.x is not None
    cost = float(program.cost @ found.x) + program.offset
    return replace(found, objective_yuan=cost, bound_yuan=min(cost, found.bound_yuan))


def _renewals(assembly: Assembly, program: Program, solution: Solution) -> dict[str, Renumbering]:
    found, readings = answers(assembly, program, solution), _readings(assembly, program, solution)
    renewals = {asset.id: asset.renumbered(found[asset.id], readings, assembly.clock) for asset in assembly.assets}
    return {owner: renewal for owner, renewal in renewals.items() if renewal is not None}


def _pass(solution: Solution, renewals: Mapping[str, Renumbering]) -> Pass:
    distance = {owner: one.error_fraction / one.tolerance_fraction for owner, one in renewals.items()}
    worst = float(np.max(list(distance.values()), initial=0.0))
    return Pass(solution.objective_yuan, {owner: far for owner, far in distance.items() if far > 1.0}, worst)
