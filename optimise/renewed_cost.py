"""What an answer would cost with other numbers, to first order: by the duals, without solving again."""

from __future__ import annotations

import numpy as np

from yuqian.models.clock import Floats
from yuqian.optimise.program import Program
from yuqian.optimise.solve import Solution


def renewed_cost_yuan(program: Program, renewed: Program, solution: Solution) -> float:
    """Least cost of ``renewed``, from an optimum of ``program``: the same decisions, what they break priced by the duals.

    The error is of second order in what the numbers moved by. Without duals the decisions keep their cost.

    Args:
        renewed: the same structure with other numbers; see :meth:`Program.with_series`.
        solution: of ``program``, whatever its bounds were narrowed to and its costs raised by while solving.
    """
    assert solution.x is not None
    cost = float(renewed.cost @ solution.x) + renewed.offset
    if solution.row_dual is None or solution.column_dual is None:
        return cost
    moved = renewed.matrix @ solution.x - program.matrix @ solution.x
    rows = _moved(solution.row_dual, (program.row_lower, program.row_upper), (renewed.row_lower, renewed.row_upper))
    columns = _moved(solution.column_dual, program.column_bounds, renewed.column_bounds)
    return cost + float(solution.row_dual @ (rows - moved)) + float(solution.column_dual @ columns)


def _moved(dual: Floats, before: tuple[Floats, Floats], after: tuple[Floats, Floats]) -> Floats:
    """How far the limit moved that each row or column rests on: its lower one where the dual is positive."""
    low, high = (
        np.where(np.isfinite(old), new, 0.0) - np.where(np.isfinite(old), old, 0.0)
        for old, new in zip(before, after, strict=True)
    )
    found: Floats = np.where(dual > 0.0, low, high)
    return found
