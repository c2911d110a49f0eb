"""What is done with an answer before it counts: settle what depends on it, put the classes of water users in strict order."""

from __future__ import annotations

import math
from dataclasses import dataclass

from yuqian.models.clock import Floats
from yuqian.models.kind import UserClass
from yuqian.models.user_class import STANDARD_ORDER, Order
from yuqian.optimise.assemble import Assembly
from yuqian.optimise.class_levels import levels_by_the_day
from yuqian.optimise.lexicographic import Lexicographic, at_levels, in_strict_order
from yuqian.optimise.program import Program
from yuqian.optimise.settle import Settled, optimistic_bound, settle
from yuqian.optimise.solve import Outcome, Report, Solution, SolverOptions


@dataclass(frozen=True)
class WaterPlan:
    """What a run asks for.

    Attributes:
        order: how strictly the classes of water users are ordered.
        settles: whether heads, water surfaces and gates are renewed until they fit the answer.
        classes: in strict order, the first served first.
    """

    order: Order = Order.WEIGHTED
    settles: bool = False
    classes: tuple[UserClass, ...] = STANDARD_ORDER


@dataclass(frozen=True)
class Refined:
    """An answer that counts.

    Attributes:
        settled, strict: how it was come by; None where the plan did not ask for it.
        head_bound_yuan: of a settled answer, the cost that no heads can undercut; water users by their prices.
    """

    assembly: Assembly
    program: Program
    solution: Solution
    settled: Settled | None = None
    strict: Lexicographic | None = None
    head_bound_yuan: float | None = None

    @property
    def x(self) -> Floats:
        """Its decisions, shape (columns,)."""
        assert self.solution.x is not None
        return self.solution.x


def refined(
    assembly: Assembly,
    program: Program,
    solution: Solution,
    plan: WaterPlan,
    options: SolverOptions | None = None,
    report: Report | None = None,
    prices: Floats | None = None,
) -> Refined:
    """Carry out a plan; an answer that is not optimal is left as it is.

    Strict order comes last, with the numbers as they have settled.

    Args:
        prices: of the program's rows, to begin a solve with.
    """
    settled = strict = bound = None
    if solution.outcome is Outcome.OPTIMAL and plan.settles:
        settled = settle(assembly, program, solution, options, report)
        found = optimistic_bound(settled, options)
        bound = found if math.isfinite(found) else None
        assembly, program, solution = settled.assembly, settled.program, settled.solution
    if solution.outcome is Outcome.OPTIMAL and plan.order is Order.LEXICOGRAPHIC:
        levels = levels_by_the_day(assembly, program, options, plan.classes)
        strict = at_levels(assembly, program, solution, levels, options, report) if levels else None
        if strict is None:
            strict = in_strict_order(assembly, program, solution, options, report, plan.classes, prices)
        program, solution = strict.program, strict.solution
    return Refined(assembly, program, solution, settled, strict, bound)
