"""Reads a solution back as arrays by asset."""

from __future__ import annotations

import numpy as np

from yuqian.models.book import Answer
from yuqian.models.clock import Floats
from yuqian.optimise.assemble import Assembly
from yuqian.optimise.program import Program
from yuqian.optimise.solve import Solution


def decisions(program: Program, x: Floats) -> dict[tuple[str, str], Floats]:
    """Values of every decision by (asset, name); a stock's array begins with its opening value."""
    return {(family.owner, family.name): x[family.start : family.stop] for family in program.layout.columns}


def answers(assembly: Assembly, program: Program, solution: Solution) -> dict[str, Answer]:
    """What the auditor reads: decisions and series of each asset, and decisions that a kind made for its assets together.

    Raises:
        ValueError: for a solve that ended without a solution.
    """
    if solution.x is None:
        raise ValueError(f"there is no answer: the solve ended as '{solution.outcome.value}'")
    arrays: dict[str, dict[str, Floats]] = {asset.id: {} for asset in assembly.assets}
    for (owner, name), values in decisions(program, solution.x).items():
        arrays.setdefault(owner, {})[name] = values
    for (owner, name), values in assembly.series.items():
        if owner in arrays:
            arrays[owner][name] = np.asarray(values, dtype=float)
    return {owner: Answer(owner, named) for owner, named in arrays.items()}
