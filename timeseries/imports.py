"""Imports: what is left of the limits on power from outside."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np

from yuqian.models.clock import Floats, Rhythm
from yuqian.timeseries.resource import Context, Resource


class AnyTie(Protocol):
    """Nothing is asked for."""


class Imports(Resource[AnyTie]):
    """Share of an import limit that can be had, by hour: 1 but for stress overlays."""

    name: ClassVar[str] = "imports"
    rhythm: ClassVar[Rhythm] = Rhythm.POWER
    asks: ClassVar[type] = AnyTie

    def values(self, asset: AnyTie, context: Context) -> Floats:
        share = np.ones(context.days.hours)
        for overlay in context.weather.plan.stress:
            share *= overlay.hour_factor(context.days)
        return np.minimum(share, 1.0)
