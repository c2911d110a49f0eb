"""Numbers by step, kept as one array.

An ordinary Pyomo Param makes an object for every step when it is declared, which over a year of hours costs more than all
rules together. A :class:`StepTable` is a mutable Param that makes the object of a step only when somebody asks for it; the
compiler never does.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pyomo.core.base.param import IndexedParam

from yuqian.models.clock import Floats


class StepTable(IndexedParam):  # type: ignore[misc]
    """A mutable Param over consecutive steps, made from one array.

    Args:
        over: the steps, a Pyomo set in rising order without gaps.
        values: shape (steps,).

    Attributes:
        first: the first step.

    Raises:
        ValueError: for another number of values than steps.
    """

    def __init__(self, over: Any, values: Floats) -> None:
        if values.shape != (len(over),):
            raise ValueError(f"a table over {len(over)} steps got values of shape {values.shape}")
        numbers, first = np.array(values, dtype=float), over.first()
        self.first = first
        self._numbers = numbers
        super().__init__(over, mutable=True, default=lambda _, step: float(numbers[step - first]))

    def by_step(self) -> Floats:
        """The numbers as they stand, shape (steps,): those that were set one by one included."""
        values: Floats = self._numbers.copy()
        for step, value in super().extract_values_sparse().items():
            values[step - self.first] = value
        return values

    def extract_values_sparse(self) -> dict[int, float]:
        """All numbers by step: Pyomo's own compiler reads a table by this, and would take the rest for one default."""
        return dict(enumerate(self.by_step().tolist(), start=self.first))
