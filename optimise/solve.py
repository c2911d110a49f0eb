"""Drives HiGHS on a Program: arrays in, arrays out, every returned status checked.

The solver runs in its own thread, so that progress can be told and Ctrl-C stops it within a moment, with whatever solution it
has. Costs are handed over in thousands of yuan, because HiGHS judges them by absolute tolerances; everything given back is in
yuan again.
"""

from __future__ import annotations

import enum
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import highspy
import numpy as np
from highspy import HighsModelStatus, HighsStatus

from yuqian.models.clock import Floats
from yuqian.optimise.program import Program

log = logging.getLogger(__name__)

YUAN_PER_SOLVER_UNIT = 1000.0
POLL_S = 0.2
DUAL_STRATEGY, PRIMAL_STRATEGY = 1, 4
"""What HiGHS calls its serial dual and its primal simplex."""
FEASIBILITY_TOLERANCE = 1e-7
LEAST_ABSOLUTE_GAP = 1e-6
SOLUTION_FEASIBLE = 2
"""What HiGHS's primal_solution_status says of a solution within its tolerances."""


class SolverError(RuntimeError):
    """HiGHS refused a call or ended in a state without meaning; the message names the call and what HiGHS said."""


class Method(enum.Enum):
    """Which algorithm solves a linear program."""

    CHOOSE = "choose"
    SIMPLEX = "simplex"
    PRIMAL_SIMPLEX = "primal simplex"
    """For new costs at a known solution: its basis stays feasible."""
    INTERIOR_POINT = "ipx"


class Outcome(enum.Enum):
    """How a solve ended."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    LIMIT_WITH_SOLUTION = "limit reached with a solution"
    LIMIT_WITHOUT_SOLUTION = "limit reached without a solution"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class SolverOptions:
    """What a user may set.

    Attributes:
        threads: of HiGHS; one gives the same answer on every machine.
        time_limit_s: of this solve.
        gap_fraction: relative gap at which a mixed-integer search stops.
        gap_yuan: absolute gap at which it stops too.
        target_yuan: it stops at a solution that costs no more, whatever its gap, as if at a limit.
        seed: of HiGHS.
        presolve: whether to reduce the problem first; a start basis is only used without.
        perturbs: whether dual simplex shakes the costs against standing still, and puts them right again in the end.
    """

    method: Method = Method.CHOOSE
    threads: int = 1
    time_limit_s: float = float("inf")
    gap_fraction: float = 1e-4
    gap_yuan: float = 0.0
    target_yuan: float = -float("inf")
    seed: int = 0
    presolve: bool = True
    perturbs: bool = True

    def after(self, spent_s: float) -> SolverOptions:
        """The same with so much less time."""
        return replace(self, time_limit_s=max(0.0, self.time_limit_s - spent_s))

    @property
    def from_basis(self) -> SolverOptions:
        """The same for a solve that begins from a basis."""
        return replace(self, method=Method.SIMPLEX, presolve=False)

    def as_highs(self) -> dict[str, str | int | float | bool]:
        primal = self.method is Method.PRIMAL_SIMPLEX
        return {
            "output_flag": True, "log_to_console": False, "threads": self.threads,
            "random_seed": self.seed, "mip_rel_gap": self.gap_fraction,
            "mip_abs_gap": max(self.gap_yuan / YUAN_PER_SOLVER_UNIT, LEAST_ABSOLUTE_GAP),
            "objective_target": self.target_yuan / YUAN_PER_SOLVER_UNIT,
            "presolve": "on" if self.presolve else "off",
            "primal_feasibility_tolerance": FEASIBILITY_TOLERANCE, "dual_feasibility_tolerance": FEASIBILITY_TOLERANCE,
            "solver": Method.SIMPLEX.value if primal else self.method.value,
            "simplex_strategy": PRIMAL_STRATEGY if primal else DUAL_STRATEGY,
            "dual_simplex_cost_perturbation_multiplier": 1.0 if self.perturbs else 0.0,
        }  # fmt: skip


@dataclass
class Progress:
    """What is known while the solver runs. ``bound`` and ``gap_fraction`` are NaN for a linear program."""

    seconds: float = 0.0
    iterations: int = 0
    best_yuan: float = float("nan")
    bound_yuan: float = float("nan")
    gap_fraction: float = float("nan")


@dataclass(frozen=True)
class Solution:
    """Answer of a solve.

    Attributes:
        objective_yuan: cost of the solution; NaN without one.
        bound_yuan: no solution costs less.
        x: shape (columns,).
        row_dual, column_dual: yuan per unit of right-hand side; None for a mixed-integer program.
        largest_infeasibility: of any row or bound, as HiGHS measures it.
        log: what HiGHS printed.
        basis: to start another solve of the same structure from; None without one.
    """

    outcome: Outcome
    objective_yuan: float
    bound_yuan: float
    x: Floats | None
    row_dual: Floats | None
    column_dual: Floats | None
    iterations: int
    seconds: float
    largest_infeasibility: float
    log: str
    basis: highspy.HighsBasis | None = None

    @property
    def gap_fraction(self) -> float:
        """Distance to the bound, relative to the cost."""
        return abs(self.objective_yuan - self.bound_yuan) / max(1.0, abs(self.objective_yuan))

    def without_decisions(self) -> Solution:
        """How the solve ended, where its decisions are none of the problem that was to be solved."""
        is_limit = self.outcome is Outcome.LIMIT_WITH_SOLUTION
        outcome = Outcome.LIMIT_WITHOUT_SOLUTION if is_limit else self.outcome
        nothing = float("nan")
        return replace(self, outcome=outcome, objective_yuan=nothing, x=None, row_dual=None, column_dual=None, basis=None)


Report = Callable[[Progress], None]


def basis_of(columns: Iterable[highspy.HighsBasisStatus], rows: Iterable[highspy.HighsBasisStatus]) -> highspy.HighsBasis:
    """A basis of these statuses."""
    basis = highspy.HighsBasis()
    basis.col_status, basis.row_status, basis.valid = list(columns), list(rows), True
    return basis


def solve(
    program: Program,
    options: SolverOptions | None = None,
    report: Report | None = None,
    start: highspy.HighsBasis | None = None,
    incumbent: Floats | None = None,
) -> Solution:
    """Solve a program.

    Args:
        report: called a few times a second with the progress.
        start: basis of an earlier solution of the same structure.
        incumbent: a solution to begin a mixed-integer search with, shape (columns,); one that is not feasible is left out.

    Raises:
        ProgramError: for numbers that a solver would misread.
        SolverError: if HiGHS refuses a call, or ends in a state without meaning even after another try.
    """
    options, began = options or SolverOptions(), time.perf_counter()
    program.check()
    run = _Run(program, options)
    if start is not None:
        run.start_from(start)
    if incumbent is not None:
        run.begin_with(incumbent)
    solution = run.solve(report)
    if solution is None:
        log.warning("HiGHS ended without a verdict (%s); trying again without presolve", run.status_text)
        left = options.after(time.perf_counter() - began)
        run = _Run(program, SolverOptions(Method.SIMPLEX, options.threads, left.time_limit_s, presolve=False))
        solution = run.solve(report)
    if solution is None:
        raise SolverError(f"HiGHS ended with the status '{run.status_text}'; its log:\n{run.log_text[-2000:]}")
    return solution


@dataclass
class _Run:
    """One HiGHS object and what happens to it."""

    program: Program
    options: SolverOptions
    _highs: highspy.Highs = field(default_factory=highspy.Highs)
    _lines: list[str] = field(default_factory=list)
    _progress: Progress = field(default_factory=Progress)

    def __post_init__(self) -> None:
        highspy.Highs.resetGlobalScheduler(True)
        for name, value in self.options.as_highs().items():
            self._checked(self._highs.setOptionValue(name, value), f"setOptionValue({name!r}, {value!r})")
        if np.isfinite(self.options.time_limit_s):
            limit = self._highs.getRunTime() + self.options.time_limit_s
            self._checked(self._highs.setOptionValue("time_limit", limit), "setOptionValue('time_limit')")
        self._checked(hand_over(self._highs, self.program), "passModel")

    @property
    def status_text(self) -> str:
        return str(self._highs.modelStatusToString(self._highs.getModelStatus()))

    @property
    def log_text(self) -> str:
        return "".join(self._lines)

    def start_from(self, basis: highspy.HighsBasis) -> None:
        self._checked(self._highs.setBasis(basis), "setBasis")

    def begin_with(self, incumbent: Floats) -> None:
        known = highspy.HighsSolution()
        known.col_value = incumbent.tolist()
        self._checked(self._highs.setSolution(known), "setSolution")

    def solve(self, report: Report | None) -> Solution | None:
        """Run; None when HiGHS ends without a verdict."""
        highs, began = self._highs, time.perf_counter()
        highs.cbLogging += lambda event: self._lines.append(event.message)
        highs.cbSimplexInterrupt += self._count_iterations
        highs.cbMipLogging += self._note_gap
        highs.HandleUserInterrupt = True
        interrupted = False
        highs.startSolve()
        while True:
            try:
                done, status = highs.wait(POLL_S)
                if done:
                    break
                self._progress.seconds = time.perf_counter() - began
                if report is not None:
                    report(self._progress)
            except KeyboardInterrupt:
                interrupted = True
                highs.cancelSolve()
        if status is not None and status == HighsStatus.kError:
            return None
        return self._solution(time.perf_counter() - began, interrupted)

    def _count_iterations(self, event: highspy.HighsCallbackEvent) -> None:
        self._progress.iterations = int(event.data_out.simplex_iteration_count)

    def _note_gap(self, event: highspy.HighsCallbackEvent) -> None:
        data = event.data_out
        self._progress.best_yuan = data.mip_primal_bound * YUAN_PER_SOLVER_UNIT
        self._progress.bound_yuan = data.mip_dual_bound * YUAN_PER_SOLVER_UNIT
        self._progress.gap_fraction = data.mip_gap

    def _solution(self, seconds: float, interrupted: bool) -> Solution | None:
        highs = self._highs
        info, status = highs.getInfo(), highs.getModelStatus()
        feasible = info.primal_solution_status == SOLUTION_FEASIBLE
        outcome = _outcome(status, feasible, interrupted)
        if outcome is None or (outcome is Outcome.OPTIMAL and not feasible):
            return None
        feasible = feasible and outcome not in (Outcome.INFEASIBLE, Outcome.UNBOUNDED)
        integral = bool(self.program.integral.any())
        found = highs.getSolution()
        objective = info.objective_function_value * YUAN_PER_SOLVER_UNIT if feasible else float("nan")
        bound = objective if outcome is Outcome.OPTIMAL and not integral else -float("inf")
        if integral:
            bound = info.mip_dual_bound * YUAN_PER_SOLVER_UNIT
        priced = feasible and found.dual_valid and not integral
        return Solution(
            outcome, objective, bound,
            np.array(found.col_value) if feasible else None,
            np.array(found.row_dual) * YUAN_PER_SOLVER_UNIT if priced else None,
            np.array(found.col_dual) * YUAN_PER_SOLVER_UNIT if priced else None,
            int(info.simplex_iteration_count), seconds, float(info.max_primal_infeasibility), self.log_text,
            highs.getBasis() if priced else None,
        )  # fmt: skip

    def _checked(self, status: HighsStatus, call: str) -> None:
        if status != HighsStatus.kOk:
            raise SolverError(f"HiGHS answered {call} with {status.name}; its log:\n{self.log_text[-2000:]}")


_OUTCOMES = {
    HighsModelStatus.kOptimal: Outcome.OPTIMAL,
    HighsModelStatus.kModelEmpty: Outcome.OPTIMAL,
    HighsModelStatus.kInfeasible: Outcome.INFEASIBLE,
    HighsModelStatus.kUnbounded: Outcome.UNBOUNDED,
}
_LIMITS = {
    HighsModelStatus.kTimeLimit,
    HighsModelStatus.kIterationLimit,
    HighsModelStatus.kSolutionLimit,
    HighsModelStatus.kObjectiveBound,
    HighsModelStatus.kObjectiveTarget,
}


def _outcome(status: HighsModelStatus, feasible: bool, interrupted: bool) -> Outcome | None:
    if interrupted or status == HighsModelStatus.kInterrupt:
        return Outcome.INTERRUPTED
    if status in _LIMITS:
        return Outcome.LIMIT_WITH_SOLUTION if feasible else Outcome.LIMIT_WITHOUT_SOLUTION
    return _OUTCOMES.get(status)


def hand_over(highs: highspy.Highs, program: Program) -> HighsStatus:
    """Give a program to HiGHS as plain arrays, which it copies at once; returns its status.

    Coefficients that are exactly nought are left out, as HiGHS would warn of them.
    """
    matrix = program.matrix
    indptr, indices, values = matrix.indptr, matrix.indices, matrix.data
    kept = values != 0.0
    if not kept.all():
        indptr = np.concatenate(([0], np.cumsum(kept)))[indptr]
        indices, values = indices[kept], values[kept]
    rows, columns = matrix.shape
    lower, upper = program.column_bounds
    whole = program.integral.astype(np.int32)  # 0 and 1 are what HiGHS calls continuous and integer
    status: HighsStatus = highs.passModel(
        columns, rows, len(values), highspy.MatrixFormat.kColwise, highspy.ObjSense.kMinimize,
        program.offset / YUAN_PER_SOLVER_UNIT, program.cost / YUAN_PER_SOLVER_UNIT, lower, upper,
        program.row_lower, program.row_upper, indptr.astype(np.int32), indices.astype(np.int32), values, whole,
    )  # fmt: skip
    return status
