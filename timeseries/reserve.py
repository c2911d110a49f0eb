"""Reserve: a requirement that is the same in every hour."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np

from yuqian.models.clock import Floats, Rhythm
from yuqian.timeseries.resource import Context, Resource


class Requirement(Protocol):
    """What a flat reserve requirement asks for."""

    requirement_base_mw: float


class Reserve(Resource[Requirement]):
    """Requirement by hour, MW, the same in every hour."""

    name: ClassVar[str] = "reserve"
    rhythm: ClassVar[Rhythm] = Rhythm.POWER
    asks: ClassVar[type] = Requirement

    def values(self, asset: Requirement, context: Context) -> Floats:
        return np.full(context.days.hours, asset.requirement_base_mw)
