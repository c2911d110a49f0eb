"""Forecasts: the truth with an error that grows with lead time, the same again for the same seed.

The error is one AR(1) path a quantity, so that forecasts issued one after the other err alike; it is nought at lead 0 and grows
as ``sqrt(1 - exp(-lead / scale))`` to its full size, which the data file gives at a day ahead.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from yuqian.models.clock import Floats
from yuqian.timeseries.streams import Process, Streams, autoregressive, key_of
from yuqian.timeseries.tables import tables


class ErrorForm(enum.Enum):
    """How an error is put on the truth."""

    ADDED = "added"
    MULTIPLIED = "multiplied"


class Quantity(enum.Enum):
    """What is forecast; the value is its name in the data file."""

    SUN = "sun"
    WIND = "wind"
    LOAD = "load"
    INFLOW = "inflow"


@dataclass(frozen=True, eq=False)
class Forecaster:
    """Issues forecasts of one series.

    Attributes:
        quantity: sets size, memory and form of the error.
        truth: shape (n,), in any unit.
        capacity: what the error of sun and wind is a share of; not used for load and inflow.
        streams: of the weather run.
        name: of the asset, for a stream of its own.
        step_h: length of a step.
    """

    quantity: Quantity
    truth: Floats
    streams: Streams
    name: str
    capacity: float = 1.0
    step_h: float = 1.0

    @property
    def form(self) -> ErrorForm:
        """Sun and wind err by a share of capacity, load and inflow by a factor."""
        return ErrorForm.ADDED if self.quantity in (Quantity.SUN, Quantity.WIND) else ErrorForm.MULTIPLIED

    def size(self, lead_h: Floats) -> Floats:
        """Standard deviation of the error (share of capacity, or of log) at a lead time, shape like ``lead_h``."""
        forecast = tables("forecast")
        day_ahead = forecast.number(f"{self.quantity.value}_error")
        scale = forecast.number(f"{self.quantity.value}_growth_h")
        growth: Floats = np.sqrt((1.0 - np.exp(-lead_h / scale)) / (1.0 - np.exp(-24.0 / scale)))
        return day_ahead * growth

    def issue(self, start: int, steps: int) -> Floats:
        """Forecast issued at the beginning of step ``start`` for the ``steps`` that follow, shape (<= steps,).

        Raises:
            ValueError: if ``start`` lies outside the series.
        """
        if not 0 <= start < len(self.truth) or steps < 1:
            raise ValueError(f"a forecast starts within the {len(self.truth)} steps of its series, got {start}")
        truth = self.truth[start : start + steps]
        lead_h: Floats = (np.arange(len(truth), dtype=float) + 0.5) * self.step_h
        spread = self.size(lead_h)
        error: Floats = self._path[start : start + len(truth)] * spread
        if self.form is ErrorForm.ADDED:
            guess = np.clip(truth + error * self.capacity, 0.0, max(self.capacity, float(self.truth.max())))
            return np.where(truth > 0, guess, 0.0) if self.quantity is Quantity.SUN else guess
        forecast: Floats = truth * np.exp(error - 0.5 * spread**2)
        return forecast

    @cached_property
    def _path(self) -> Floats:
        """Unit-variance error of every step, shape (n,)."""
        memory = tables("forecast").number(f"{self.quantity.value}_memory_per_h") ** self.step_h
        generator = self.streams.of(Process.FORECAST, key_of(f"{self.name}.{self.quantity.value}"))
        return autoregressive(generator, len(self.truth), memory)
