"""Firm export: what is owed to the grid in some hours of every day."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np

from yuqian.models.clock import Floats, Rhythm
from yuqian.models.units import HOURS_PER_DAY
from yuqian.timeseries.resource import Context, Resource


class Exporter(Protocol):
    """What firm export asks for: how much, and from which hour of the day until which, the last excluded."""

    export_firm_mw: float
    export_firm_first_h: float
    export_firm_last_h: float


class FirmExport(Resource[Exporter]):
    """Export owed by hour, MW; an hour that is partly within the hours counts by its part."""

    name: ClassVar[str] = "firm_export"
    rhythm: ClassVar[Rhythm] = Rhythm.POWER
    asks: ClassVar[type] = Exporter

    def values(self, asset: Exporter, context: Context) -> Floats:
        begins = np.arange(HOURS_PER_DAY, dtype=float)
        inside = np.minimum(begins + 1.0, asset.export_firm_last_h) - np.maximum(begins, asset.export_firm_first_h)
        return np.tile(asset.export_firm_mw * np.clip(inside, 0.0, 1.0), context.days.count)
