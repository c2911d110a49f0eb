"""What a window of a rolling horizon knows of the steps ahead."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from yuqian.models.clock import Clock, Floats, Rhythm
from yuqian.models.kind import SeriesNeed
from yuqian.timeseries.forecast import Forecaster, Quantity
from yuqian.timeseries.resource import Needy
from yuqian.timeseries.resources import known_resources
from yuqian.timeseries.streams import Streams


class Foresight(enum.Enum):
    """What is known beyond the steps that a window decides on."""

    PERFECT = "perfect"
    """The truth."""
    FORECAST = "forecast"
    """A forecast issued when the window begins, whose error grows with the lead time."""


@dataclass(frozen=True)
class Outlook:
    """Cuts windows out of the series of a year, with or without the errors of a forecast.

    Attributes:
        assets: whatever asks for series.
        truth: values by (asset, series), over ``clock``.
        streams: of the weather run, for errors that belong to it.
    """

    assets: tuple[Needy, ...]
    truth: Mapping[tuple[str, str], Floats]
    clock: Clock
    foresight: Foresight
    streams: Streams

    @classmethod
    def of(
        cls, assets: Iterable[Needy], truth: Mapping[tuple[str, str], Floats], clock: Clock, foresight: Foresight,
        seed: int = 0, member: int = 0,
    ) -> Outlook:  # fmt: skip
        """The outlook of one weather run."""
        return cls(tuple(assets), truth, clock, foresight, Streams(seed, member))

    def window(self, first_day: int, days: int, known_days: int) -> dict[tuple[str, str], Floats]:
        """Series of ``days`` water steps from ``first_day``; those after ``known_days`` as they are forecast."""
        cut = {}
        for asset in self.assets:
            for name, need in asset.series.items():
                per_day = self.clock.power_per_water if need.rhythm is Rhythm.POWER else 1
                key, start, stop = (asset.id, name), first_day * per_day, (first_day + days) * per_day
                values = np.array(self.truth[key][start:stop], dtype=float)
                known = known_days * per_day
                forecaster = self._forecasters.get(key)
                if forecaster is not None and known < len(values):
                    issued = forecaster.issue(start, len(values))[known:]
                    values[known:] = np.clip(issued, need.low, need.high)
                cut[key] = values
        return cut

    @cached_property
    def _forecasters(self) -> Mapping[tuple[str, str], Forecaster]:
        if self.foresight is Foresight.PERFECT:
            return {}
        made = {}
        for asset in self.assets:
            for name, need in asset.series.items():
                quantity = _quantity(need)
                if quantity is not None:
                    step_h = float(self.clock.timeline(need.rhythm).hours[0])
                    truth = np.asarray(self.truth[asset.id, name], dtype=float)
                    made[asset.id, name] = Forecaster(quantity, truth, self.streams, asset.id, step_h=step_h)
        return made


def _quantity(need: SeriesNeed) -> Quantity | None:
    found = known_resources().get(need.resource)
    return None if found is None else found.quantity
