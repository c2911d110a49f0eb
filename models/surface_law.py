"""The law of a water surface: evaporation along a straight line of the storage, drawn again where an answer lies.

The area is a concave curve of the storage, and evaporation is area times depth; in a linear program the curve is a line in each
step. The first line is exact at the dead and the normal level; from an answer, each step's line is the piece of the curve that
its storage lies on, so that area and slope are both exact there.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np

from yuqian.models.clock import Floats, Timeline
from yuqian.models.renumbering import Renumbering

AREA, SLOPE = "surface_km2", "surface_slope_km2_per_hm3"
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

    def fitted(self, storage_hm3: Floats) -> tuple[Floats, Floats]:
        """Line of each step at its storage: area at no storage and slope, of the shape given; level outside the curve."""
        pieces = np.diff(self.area_km2) / np.diff(self.storage_hm3)
        piece = np.clip(np.searchsorted(self.storage_hm3, storage_hm3) - 1, 0, len(pieces) - 1)
        outside = (storage_hm3 < self.storage_hm3[0]) | (storage_hm3 > self.storage_hm3[-1])
        slopes = np.where(outside, 0.0, pieces[piece])
        area = np.interp(storage_hm3, self.storage_hm3, self.area_km2)
        return area - slopes * storage_hm3, slopes

    def renumbering(
        self, storage_hm3: Floats, depth_mm: Floats, in_force: tuple[Floats, Floats], timeline: Timeline
    ) -> Renumbering:
        """Lines for an answer, and how far its evaporation was off.

        Args:
            storage_hm3: the storage that each step's surface was taken at, shape (count,).
            depth_mm: evaporation by step.
            in_force: area at no storage and slope by step, as the answer was found with.
        """
        area, slope = self.fitted(storage_hm3)
        weight = depth_mm * timeline.hours
        true = weight * np.interp(storage_hm3, self.storage_hm3, self.area_km2)
        used = weight * (in_force[0] + in_force[1] * storage_hm3)
        error = float(np.abs(true - used).sum() / max(float(true.sum()), 1e-12)) if weight.any() else 0.0
        return Renumbering({AREA: area, SLOPE: slope}, error, TOLERANCE)
