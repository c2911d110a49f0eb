"""Stitches the kept days of windows together into one answer of the whole horizon."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pyomo.environ as pyo

from yuqian.models.clock import Clock, Floats
from yuqian.optimise.affine import table_of
from yuqian.optimise.assemble import Assembly
from yuqian.optimise.compile import compile_model, owner_of
from yuqian.optimise.program import Family, Program


class StitchError(ValueError):
    """Decisions that cannot be cut by step; the message names them."""


def tables_by_step(assembly: Assembly, wanted: Collection[tuple[str, str]] | None) -> dict[tuple[str, str], Floats]:
    """All numbers by step on the blocks of a model, by (owner, name): series, and what depends on the calendar.

    Args:
        wanted: only these; all when None.
    """
    clock, tables = assembly.clock, {}
    for param in assembly.model.component_objects(pyo.Param):
        key = (owner_of(param), param.local_name)
        if not key[0] or not param.is_indexed() or (wanted is not None and key not in wanted):
            continue
        over = param.index_set()
        if over.first() == 0 and len(over) in (clock.power.count, clock.water.count):
            tables[key], _ = table_of(param)
    return tables


@dataclass(frozen=True)
class Receiver:
    """The whole horizon, which is never solved, and how decisions of a window lie in it.

    Attributes:
        program: columns and cost; without rows.
        pairs: for each family of the whole, the same family of the window.
    """

    assembly: Assembly
    program: Program
    window: Clock
    pairs: tuple[tuple[Family, Family], ...]

    @classmethod
    def of(cls, whole: Assembly, part: Assembly, part_program: Program) -> Receiver:
        """Match the decisions of the whole with those of a window.

        Raises:
            StitchError: naming decisions that a window lacks, or that do not go by step.
        """
        for constraint in whole.model.component_objects(pyo.Constraint):
            constraint.deactivate()
        program = compile_model(whole.model)
        pairs, wrong = [], []
        for family in program.layout.columns:
            same = part_program.layout.by_column_name.get((family.owner, family.name))
            if same is None or same.first != family.first or not _per_day(family, whole.clock):
                wrong.append(family.full_name)
            else:
                pairs.append((family, same))
        if wrong:
            raise StitchError(f"these decisions cannot be cut by step: {', '.join(wrong)}")
        return cls(whole, program, part.clock, tuple(pairs))

    def joined(self, parts: Sequence[tuple[int, int, Floats]]) -> Floats:
        """One answer of the whole.

        Args:
            parts: first day, days kept and solution of each window, in order, without gaps.
        """
        x = np.full(self.program.column_count, np.nan)
        for whole, part in self.pairs:
            per_day = _per_day(whole, self.assembly.clock)
            for position, (first_day, keep_days, values) in enumerate(parts):
                begin = part.first if position == 0 else 0
                kept = values[part.start - part.first + begin : part.start - part.first + keep_days * per_day]
                start = whole.start - whole.first + first_day * per_day + begin
                x[start : start + len(kept)] = kept
        if np.isnan(x).any():
            missing = self.program.layout.column_name(int(np.flatnonzero(np.isnan(x))[0]))
            raise StitchError(f"no window decides {missing}")
        return x


def _per_day(family: Family, clock: Clock) -> int:
    """Steps of a family in a water step; 0 where it does not go by step."""
    after = family.first + family.count
    if not family.indexed:
        return 0
    return clock.power_per_water if after == clock.power.count else int(after == clock.water.count)
