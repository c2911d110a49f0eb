"""Solves again until the numbers that depend on the answer have settled: heads, water surfaces, gates.

Which numbers those are, and when they have settled, the kinds say (:meth:`yuqian.models.kind.Kind.renumbered`). Every pass is
the same program, linearised where the best answer so far lies and begun from its basis. It is step-bounded successive linear
programming with a merit, after F. Palacios-Gomez, L. Lasdon and M. Engquist, "Nonlinear optimization by successive linear
programming" (Management Science, 1982), and J. Zhang, N.-H. Kim and L. Lasdon, "An improved successive linear programming
algorithm" (Management Science, 1985): the decisions that the numbers go by have a room about the best answer. What a pass makes
of it counts with the numbers of its own answer, to first order: it is taken if that keeps a share of what the linear program
promised, and by that share the room shrinks or grows. As long as numbers are too far off to be judged so, a pass is taken as it
is, and the room halved.

Once no more is promised than a cost may be off by, what is left are decisions that cost alike; such would change places for
ever. Then the room is drawn so close that their numbers cannot move further than they may.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy.sparse as sparse

from yuqian.models.clock import Floats
from yuqian.models.renumbering import Renumbering, dual_of
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import Assembly
from yuqian.optimise.prices import priced
from yuqian.optimise.program import Program
from yuqian.optimise.renewed_cost import renewed_cost_yuan
from yuqian.optimise.solve import Outcome, Report, Solution, SolverOptions, solve

PASSES_MAX = 20
JUDGED = 20.0
"""How many times their tolerance numbers may be off for the cost to first order to be relied on."""
PROMISE_FRACTION = 1e-5
"""Share of the cost below which what a pass promises does not matter."""
TAKEN, POOR, GOOD = 0.1, 0.25, 0.75
"""Share of its promise from which a pass is taken, below which the room is halved, and above which it is doubled."""
CLOSE = 0.8
"""Share of a limit on numbers that they are left to move by."""
LANDING = 3
"""How many of the passes are kept for drawing the room close, whatever is still promised."""

Readings = Mapping[str, Mapping[str, Floats]]


@dataclass(frozen=True)
class Pass:
    """What one solve found, and left open.

    Attributes:
        objective_yuan: its cost with the numbers that it was solved with.
        renewed_yuan: its cost with the numbers of its own answer, to first order.
        before_yuan: cost of the best before; infinite where its numbers are too far off to tell, as in the answer given.
        least_yuan: what the linear program made of that; the difference is what it promised.
        room_fraction: how far the decisions that numbers go by could move, as a share of their size.
        unsettled: by asset, how far its numbers were off, as a multiple of what they may be; only those above 1.
        worst: the largest of all, 1 or less once settled.
        taken: whether it was better than the best before, or no worse than matters.
    """

    objective_yuan: float
    renewed_yuan: float
    before_yuan: float
    least_yuan: float
    room_fraction: float
    unsettled: Mapping[str, float]
    worst: float
    taken: bool = True

    @property
    def promised_yuan(self) -> float:
        return self.before_yuan - self.least_yuan

    @property
    def promises_little(self) -> bool:
        """Whether it could not make the best before better by more than matters."""
        return abs(self.promised_yuan) <= _matters_yuan(self.least_yuan)

    @property
    def belies(self) -> bool:
        """Whether the best before was made out cheaper than it is: a linear program is never dearer than what it begins at."""
        return self.promised_yuan < -_matters_yuan(self.least_yuan)


def _matters_yuan(cost_yuan: float) -> float:
    return PROMISE_FRACTION * max(1.0, abs(cost_yuan))


@dataclass(frozen=True)
class Settled:
    """An answer and the numbers that it was found with.

    Attributes:
        assembly: its series hold the renewed numbers, for the audit and the results file.
        passes: the first is the solve that was given; the answer is that of the last that was taken.
        is_settled: whether all numbers of the answer are within their tolerance. False when the passes ran out.
        left_yuan: how much less than its cost the linear program made of the answer, with the room of ``room_fraction``.
    """

    assembly: Assembly
    program: Program
    solution: Solution
    passes: tuple[Pass, ...]
    is_settled: bool
    left_yuan: float
    room_fraction: float

    @property
    def is_stationary(self) -> bool:
        """Whether no first-order change makes the answer cheaper by more than matters."""
        return self.is_settled and self.left_yuan <= _matters_yuan(self.solution.objective_yuan)

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
        the best answer; the one given, if nothing in it depends on the answer. A solve that ends without an answer ends the
        passes with the best before.
    """
    search = _Search(_Point(assembly, program, solution), _Stocks(program, assembly), passes_max)
    while not search.is_done and search.step(options, report):
        pass
    best, left = search.best, search.cost_yuan - search.widest.least_yuan
    return Settled(
        best.assembly, best.program, best.solution, tuple(search.passes), best.worst <= 1.0, max(left, 0.0),
        search.widest.room_fraction,
    )  # fmt: skip


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
    favourable = _loosened(settled.program, settled.program.with_series(numbers))
    found = solve(favourable, options, start=settled.solution.basis)
    return found.objective_yuan if found.outcome is Outcome.OPTIMAL else float("-inf")


def _loosened(program: Program, favourable: Program) -> Program:
    """The favourable program, with every answer of the other still allowed: water may go unused that a better head spares.

    A row whose coefficients only fall lies no higher at the same decisions, as none of those is negative: so it may lie lower
    than it must, and in the same way for coefficients that rise.
    """
    change = sparse.csc_array(favourable.matrix - program.matrix)
    change.eliminate_zeros()
    moved = change.tocoo()
    negative = program.column_bounds[0][moved.col] < 0.0
    lower, upper = favourable.row_lower.copy(), favourable.row_upper.copy()
    lower[moved.row[(moved.data < 0.0) | negative]] = -np.inf
    upper[moved.row[(moved.data > 0.0) | negative]] = np.inf
    return replace(favourable, row_lower=lower, row_upper=upper)


def _readings(assembly: Assembly, program: Program, solution: Solution) -> Readings:
    found = answers(assembly, program, solution)
    readings = {asset.id: dict(asset.readings(found[asset.id], assembly.clock)) for asset in assembly.assets}
    if solution.row_dual is not None and solution.column_dual is not None and solution.x is not None:
        for (owner, rule), dual in program.row_duals(solution.row_dual, solution.column_dual, solution.x).items():
            if owner in readings:
                readings[owner][dual_of(rule)] = dual
    return readings


@dataclass(frozen=True)
class _Point:
    """An answer with the numbers that it was found with, and those that it asks for."""

    assembly: Assembly
    program: Program
    solution: Solution

    @property
    def x(self) -> Floats:
        assert self.solution.x is not None
        return self.solution.x

    @cached_property
    def renewals(self) -> Mapping[str, Renumbering]:
        found = answers(self.assembly, self.program, self.solution)
        readings = _readings(self.assembly, self.program, self.solution)
        renewals = {
            asset.id: asset.renumbered(found[asset.id], readings, self.assembly.clock) for asset in self.assembly.assets
        }
        return {owner: renewal for owner, renewal in renewals.items() if renewal is not None}

    @cached_property
    def numbers(self) -> Mapping[tuple[str, str], Floats]:
        return {(owner, name): values for owner, one in self.renewals.items() for name, values in one.values.items()}

    @cached_property
    def incentives(self) -> Mapping[tuple[str, str], Floats]:
        return {(owner, name): values for owner, one in self.renewals.items() for name, values in one.incentives.items()}

    @cached_property
    def renewed(self) -> Program:
        """The program with the numbers that this answer asks for."""
        return self.program.with_series(self.numbers)

    @cached_property
    def cost_yuan(self) -> float:
        """With those numbers, to first order."""
        return renewed_cost_yuan(self.program, self.renewed, self.solution)

    @property
    def worst(self) -> float:
        return float(np.max([one.distance for one in self.renewals.values()], initial=0.0))

    def moved_to(self, found: Solution) -> _Point:
        """Another answer, found with the numbers that this one asks for; at their cost, without what drew it on."""
        assert found.x is not None
        cost = float(self.renewed.cost @ found.x) + self.renewed.offset
        at_cost = replace(found, objective_yuan=cost, bound_yuan=min(cost, found.bound_yuan))
        return _Point(replace(self.assembly, series={**self.assembly.series, **self.numbers}), self.renewed, at_cost)

    def as_pass(self, before_yuan: float, least_yuan: float, room: float) -> Pass:
        unsettled = {owner: one.distance for owner, one in self.renewals.items() if one.distance > 1.0}
        return Pass(self.solution.objective_yuan, self.cost_yuan, before_yuan, least_yuan, room, unsettled, self.worst)


@dataclass(frozen=True)
class _Left:
    """A best answer that was left for a better one: its cost, and the room to try again with if that was none."""

    point: _Point
    cost_yuan: float
    room: float


class _Search:
    """The best answer so far, and how far from it the next may lie."""

    def __init__(self, given: _Point, stocks: _Stocks, passes_max: int) -> None:
        self.best, self.cost_yuan = given, given.cost_yuan
        self._former: _Left | None = None
        self._stocks, self._passes_max, self._room = stocks, passes_max, 1.0
        self.is_done = given.worst <= 1.0 and not given.incentives
        before = given.cost_yuan if self.is_done else float("inf")
        self.passes = [given.as_pass(before, given.cost_yuan, 1.0)]
        self.widest = self.passes[0]

    def step(self, options: SolverOptions | None, report: Report | None) -> bool:
        """Solve once about the best answer; False where there is no answer."""
        best, lands = self.best, len(self.passes) >= self._passes_max - LANDING
        drawn = best.renewed.with_series(best.incentives)
        found = solve(self._stocks.held(drawn, best.x, self._room), options, report, best.solution.basis)
        if found.outcome is not Outcome.OPTIMAL:
            return False
        trial = best.moved_to(priced(drawn, found, options))
        least = found.objective_yuan - float((drawn.cost - best.renewed.cost) @ best.x)
        done = trial.as_pass(self.cost_yuan if self._is_known else float("inf"), least, self._room)
        narrows = done.promises_little or lands
        if not lands and not (narrows and self.widest.promises_little):
            self.widest = done
        moved = self._stocks.moved(best.x, trial.x)
        taken = self._corrected(done, trial) if done.belies and not lands else self._judged(done, trial, moved, narrows)
        self.passes.append(replace(done, taken=taken))
        self._conclude(narrows, lands)
        return True

    @property
    def _is_known(self) -> bool:
        """Whether the cost of the best answer can be relied on. One found before heads were worth anything has to be left."""
        return self.best.worst <= JUDGED and (len(self.passes) > 1 or not self.best.incentives)

    def _judged(self, done: Pass, trial: _Point, moved: float, narrows: bool) -> bool:
        """Take a pass or leave it, by how much of its promise it kept."""
        told = self._is_known and trial.worst <= JUDGED
        share = (self.cost_yuan - trial.cost_yuan) / max(done.promised_yuan, 1e-9) if told else 0.0
        taken = not self._is_known or share > TAKEN or (narrows and trial.worst < self.best.worst)
        if taken:
            self._former = _Left(self.best, self.cost_yuan, 0.5 * moved) if self._is_known else None
            self.best, self.cost_yuan = trial, trial.cost_yuan
        self._room = _next_room(done, share, moved, narrows)
        return taken

    def _corrected(self, done: Pass, trial: _Point) -> bool:
        """The best answer costs more than it was made out to: go back to the one before, or on to the next."""
        former = self._former
        self._former = None
        if former is not None and former.cost_yuan < min(done.least_yuan, trial.cost_yuan):
            self.best, self.cost_yuan, self._room = former.point, former.cost_yuan, former.room
            return False
        self.best, self.cost_yuan = trial, trial.cost_yuan
        return True

    def _conclude(self, narrows: bool, lands: bool) -> None:
        """Whether to go on: not with numbers that fit, where the widest pass about them promised little."""
        self.is_done = len(self.passes) >= self._passes_max
        if narrows and self.best.worst <= 1.0:
            self.is_done = lands or self.cost_yuan - self.widest.least_yuan <= _matters_yuan(self.cost_yuan)
            self._room = self.widest.room_fraction


def _next_room(done: Pass, share: float, moved: float, narrows: bool) -> float:
    """Room after a pass that moved so far: where a parabola through what it promised and kept is lowest."""
    if narrows:
        return min(0.5, CLOSE / max(done.worst, CLOSE)) * moved
    if share < POOR:
        return min(0.5, max(0.1, 0.5 / (1.0 - share))) * moved
    if share < GOOD:
        return done.room_fraction
    return min(1.0, done.room_fraction * min(2.0, max(1.0, CLOSE * JUDGED / max(done.worst, 1e-9))))


class _Stocks:
    """The decisions that numbers go by, each measured by its size."""

    def __init__(self, program: Program, assembly: Assembly) -> None:
        wanted = {(asset.id, name) for asset in assembly.assets for name in asset.settles_by}
        families = [family for family in program.layout.columns if (family.owner, family.name) in wanted]
        self._columns = np.concatenate([np.arange(family.start, family.stop) for family in families] or [np.zeros(0, int)])
        limit = program.declared_upper[self._columns]
        self._size = np.where(np.isfinite(limit), np.maximum(np.abs(limit), 1e-9), 1.0)

    def moved(self, before: Floats, after: Floats) -> float:
        """The largest move between two answers."""
        return float(np.max(np.abs(after - before)[self._columns] / self._size, initial=0.0))

    def held(self, program: Program, x: Floats, room: float) -> Program:
        """The program with them held near an answer."""
        lower, upper = program.declared_lower.copy(), program.declared_upper.copy()
        near, far = x[self._columns], room * self._size
        lower[self._columns] = np.maximum(lower[self._columns], near - far)
        upper[self._columns] = np.minimum(upper[self._columns], near + far)
        return replace(program, declared_lower=lower, declared_upper=upper)
