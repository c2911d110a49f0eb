"""Seams: what one window of a longer problem hands to the next.

Everything here goes by what the kinds have noted (:mod:`yuqian.models.carry_law`) and names no kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from yuqian.models.carry_law import Carried
from yuqian.models.clock import Floats, Rhythm
from yuqian.optimise.affine import Ints
from yuqian.optimise.assemble import Assembly
from yuqian.optimise.program import Program

Numbers = dict[tuple[str, str], Floats]
"""Values by (asset, Param)."""


@dataclass(frozen=True)
class Seams:
    """Reads what is carried out of solutions of one assembly."""

    assembly: Assembly

    @property
    def carried(self) -> tuple[Carried, ...]:
        return tuple(self.assembly.steps.carried)

    def values(self, one: Carried, program: Program, x: Floats, steps: Ints) -> Floats:
        """What is carried, in some steps or at some instants; of a quota, what each step uses."""
        expression, placeholder = self._templates[one.key]
        return program.values_of(expression, placeholder, steps, x)

    def row_of(self, one: Carried, program: Program, step: int) -> tuple[Floats, float]:
        """What is carried at one instant, as coefficients of the columns, shape (columns,), and a constant."""
        expression, placeholder = self._templates[one.key]
        return program.sum_of(expression, placeholder, np.array([step]))

    def path(self, one: Carried, program: Program, x: Floats, opening: float | None = None) -> Floats:
        """A stock at every instant, or what is left of a quota, shape (steps + 1,).

        What is carried over several steps of the past begins with the first of them, shape (past + steps,).

        Args:
            opening: of a quota, what it began with; what the assembly was given when None.
        """
        last = self.assembly.clock.timeline(one.rhythm).last
        if one.quota_row is None:
            return self.values(one, program, x, np.arange(one.over[0], last + 1))
        assert one.opening is not None
        begin = one.opening[0] if opening is None else opening
        used = self.values(one, program, x, np.arange(last + 1))
        left: Floats = begin - np.concatenate(([0.0], np.cumsum(used)))
        return left

    def column_of(self, one: Carried, program: Program, steps: Ints) -> tuple[Ints, float]:
        """A decision that raises what is carried when it rises: its columns at some instants, and by how much."""
        expression, placeholder = self._templates[one.key]
        assert program.structure is not None
        for term in program.structure.terms_of(program, expression, placeholder, steps):
            size = float(np.max(term.coefficient))
            if size > 0.0:
                return np.broadcast_to(term.columns, steps.shape), size
        raise ValueError(f"no decision raises {one.key}")

    def handed_on(self, program: Program, x: Floats, openings: Mapping[tuple[str, str], Floats], kept_water: int) -> Numbers:
        """Openings of the window that begins after ``kept_water`` water steps of this one.

        Args:
            openings: what this window began with; what is left of a quota counts from there.
        """
        numbers: Numbers = {}
        for one in self.carried:
            kept = kept_water * (self.assembly.clock.power_per_water if one.rhythm is Rhythm.POWER else 1)
            if one.quota_row is None:
                values = self.values(one, program, x, kept + np.asarray(one.over))
            else:
                used = self.values(one, program, x, np.arange(kept))
                values = openings[one.owner, one.params[0]] - used.sum()
            for param in one.params:
                numbers[one.owner, param] = values
        return numbers

    @cached_property
    def _templates(self) -> Mapping[str, tuple[Any, Any]]:
        return {one.key: self.assembly.template(one.rhythm, one.source) for one in self.carried}


def cleaned(program: Program, x: Floats) -> Floats:
    """A solution without what the solver's tolerance left: whole decisions whole, all within their bounds."""
    lower, upper = program.column_bounds
    return np.clip(np.where(program.integral, np.round(x), x), lower, upper)
