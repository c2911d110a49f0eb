"""What units did before the horizon, counted in steps."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from yuqian.models.clock import Clock


@dataclass(frozen=True)
class Opening:
    """What the units did before the horizon.

    Attributes:
        online_count: units online just before the first step; None leaves that, and their power, to the optimum.
        above_min_mw: their power above the lowest, together.
        start_count, stop_count: units that started and stopped in each of the past steps, the latest last.
    """

    online_count: float | None
    above_min_mw: float
    start_count: tuple[float, ...]
    stop_count: tuple[float, ...]

    @classmethod
    def of(cls, count: int, past_steps: int, status_steps: int | None, above_min_mw: float) -> Opening:
        """All units in the same state since ``status_steps`` steps: online if positive, off if negative, free if None."""
        past = [0.0] * past_steps
        changed = list(past)
        if status_steps is not None and abs(status_steps) <= past_steps:
            changed[past_steps - abs(status_steps)] = float(count)
        if status_steps is None:
            return cls(None, 0.0, tuple(past), tuple(past))
        if status_steps > 0:
            return cls(float(count), above_min_mw, tuple(changed), tuple(past))
        return cls(0.0, 0.0, tuple(past), tuple(changed))


def step_length_h(clock: Clock) -> float:
    """Length of the power steps; refuses a clock whose power steps differ, for times are counted in steps."""
    hours = clock.power.hours
    if not np.all(hours == hours[0]):
        raise ValueError("unit commitment counts times in steps, so all power steps must be equally long")
    return float(hours[0])


def whole_steps(hours: float, length_h: float) -> int:
    """Steps that a time takes, rounded up, at least one."""
    return max(1, math.ceil(hours / length_h - 1e-9))
