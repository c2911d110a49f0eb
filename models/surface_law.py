"""The law of a water surface: evaporation along a straight line of the storage, drawn again where an answer lies.

The area is a concave curve of the storage, and evaporation is area times depth; in a linear program the curve is a line in each
month. The first line is exact at the dead and the normal level; from an answer, each month's line is the secant over the
storages that the month ran through, so that what is left of the error is of second order.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np

from yuqian.models.clock import Floats, Timeline
from yuqian.models.renumbering import Renumbering

AREA, SLOPE = "surface_km2", "surface_slope_km2_per_hm3"
NARROWEST = 0.01
"""Least width of a secant, as a share of the curve's storage: over less the difference of two areas is noise."""
TOLERANCE = 0.001
"""Share of a year's evaporation that the lines may be off by; evaporation is a few per cent of what is supplied."""


class SurfaceOf(enum.Enum):
    """Which storage of a step its water surface is taken at."""

    MEAN = "mean"
    OPENING = "opening"


@dataclass(frozen=True)
class Surface:
    """A curve of areas, km2, over storages, hm3, both rising."""

    storage_hm3: Floats
    area_km2: Floats

    def line(self, low_hm3: float, high_hm3: float) -> tuple[float, float]:
        """Area at no storage, km2, and its slope, km2 per hm3, of the secant between two storages."""
        areas = np.interp([low_hm3, high_hm3], self.storage_hm3, self.area_km2)
        slope = float(areas[1] - areas[0]) / (high_hm3 - low_hm3)
        return float(areas[0]) - slope * low_hm3, slope

    def fitted(self, storage_hm3: Floats, timeline: Timeline) -> tuple[Floats, Floats]:
        """Line of each step, from the storages that its month runs through; two arrays of shape (count,)."""
        at_none, slopes = np.zeros(timeline.count), np.zeros(timeline.count)
        width = NARROWEST * (self.storage_hm3[-1] - self.storage_hm3[0])
        for month in np.unique(timeline.months):
            inside = timeline.months == month
            low, high = float(storage_hm3[inside].min()), float(storage_hm3[inside].max())
            if high - low < width:
                low = min(max(low, float(self.storage_hm3[0])), float(self.storage_hm3[-1]) - width)
                high = low + width
            at_none[inside], slopes[inside] = self.line(low, high)
        return at_none, slopes

    def renumbering(
        self, storage_hm3: Floats, depth_mm: Floats, in_force: tuple[Floats, Floats], timeline: Timeline
    ) -> Renumbering:
        """Lines for an answer, and how far its evaporation was off.

        Args:
            storage_hm3: the storage that each step's surface was taken at, shape (count,).
            depth_mm: evaporation by step.
            in_force: area at no storage and slope by step, as the answer was found with.
        """
        area, slope = self.fitted(storage_hm3, timeline)
        weight = depth_mm * timeline.hours
        true = weight * np.interp(storage_hm3, self.storage_hm3, self.area_km2)
        used = weight * (in_force[0] + in_force[1] * storage_hm3)
        error = float(np.abs(true - used).sum() / max(float(true.sum()), 1e-12)) if weight.any() else 0.0
        return Renumbering({AREA: area, SLOPE: slope}, {AREA: in_force[0], SLOPE: in_force[1]}, error, TOLERANCE)
