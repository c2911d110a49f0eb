"""The least shortage of each class in strict order, from the same year by the day.

By the hour, a stage of the strict order drags all power along, though it only asks for water. The same model with one power
step a day is a twelfth of the size. Means over a day of any answer by the hour keep its rules, for they are linear and alike in
all hours of a day; so no class can be less short by the hour than by the day. If an answer by the hour is no shorter than that
in any class, it is in strict order, and nothing more needs to be solved to prove it.
"""

from __future__ import annotations

from collections.abc import Sequence

from yuqian.models.kind import UserClass
from yuqian.optimise.assemble import Assembly, assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.lexicographic import Stage, staged
from yuqian.optimise.priced_start import averaged, coarser
from yuqian.optimise.program import Program
from yuqian.optimise.solve import Outcome, SolverOptions, solve


def levels_by_the_day(
    assembly: Assembly, program: Program, options: SolverOptions | None, order: Sequence[UserClass]
) -> tuple[Stage, ...]:
    """The stages of the strict order without the last, of ordinary costs; none where the day is no shorter or has no optimum.

    Args:
        program: of the assembly; one with whole decisions has no such levels.
    """
    clock = assembly.clock
    if clock.power_per_water == 1 or program.integral.any():
        return ()
    series = averaged(assembly.assets, assembly.series, clock)
    daily = assemble(assembly.assets, series, coarser(clock), assembly.steps.horizon)
    compiled = compile_model(daily.model)
    found = solve(compiled, options)
    if found.outcome is not Outcome.OPTIMAL:
        return ()
    return staged(daily, compiled, found, options, None, order).stages
