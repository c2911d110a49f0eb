"""Numbers that depend on the answer: what a kind would put in their place, now that an answer is known.

A turbine's yield depends on the head, evaporation on the water surface, a gate's capacity on the level. A linear program holds
such numbers fixed; after a solve each kind says what they ought to have been where the answer lies, and the program is solved
again with those until they settle. A number that is to be renewed so is a Param by step (:func:`yuqian.models.kind.table`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from yuqian.models.clock import Floats


def dual_of(rule: str) -> str:
    """Name of the reading that holds the dual of one of an asset's own rules: change of cost per unit of its right side."""
    return f"dual of {rule}"


@dataclass(frozen=True)
class Renumbering:
    """New numbers of one asset.

    Attributes:
        values: by name of the Param, what it ought to be, shape of the Param.
        error_fraction: how far what was in force was off, relative.
        tolerance_fraction: how far it may be off.
        incentives: by name of the Param, prices that hold only while solving: what a decision is worth to numbers that are held
            fixed. They are nought in the answer that counts.
    """

    values: Mapping[str, Floats]
    error_fraction: float
    tolerance_fraction: float
    incentives: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def distance(self) -> float:
        """How far what was in force was off, as a multiple of what it may be."""
        return self.error_fraction / self.tolerance_fraction

    def joined(self, other: Renumbering) -> Renumbering:
        """Both together, judged by the one that is further off its tolerance."""
        worse = max(self, other, key=lambda one: one.distance)
        return Renumbering(
            {**self.values, **other.values}, worse.error_fraction, worse.tolerance_fraction,
            {**self.incentives, **other.incentives},
        )  # fmt: skip


def relative_error(values: Floats, in_force: Floats) -> float:
    """Largest relative difference of two series, by step."""
    return float(np.max(np.abs(values - in_force) / np.maximum(np.abs(values), 1e-12), initial=0.0))
