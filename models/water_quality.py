"""Classes of water by quality: those of surface water (GB 3838-2002), and what has been used before."""

from __future__ import annotations

import enum


class WaterQuality(enum.Enum):
    """Best first; a user or an arc that names one takes that class and all better ones."""

    I = "I"  # noqa: E741
    II = "II"
    III = "III"
    IV = "IV"
    V = "V"
    RECLAIMED = "reclaimed"
    USED = "used"

    def is_worse_than(self, other: WaterQuality) -> bool:
        """Whether it comes after ``other``."""
        order = list(WaterQuality)
        return order.index(self) > order.index(other)
