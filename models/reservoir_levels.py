"""What every dam is described by: its curves, and its levels through the year."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

import numpy as np
from pydantic import Field, model_validator

from yuqian.models.clock import Floats, Timeline
from yuqian.models.kind import Fraction, NonNegative
from yuqian.models.owes_flow import OwesFlow
from yuqian.models.quota_law import MonthDay
from yuqian.models.season_law import by_season, check_seasons, ends_in_window, lowered_in_season
from yuqian.models.surface_law import Surface

Curve = Annotated[tuple[float, ...], Field(min_length=2)]


class ReservoirLevels(OwesFlow):
    """Level, storage and area curves of a dam, with its dead, drought, flood-limit, normal and highest levels."""

    catalogued: ClassVar[bool] = False

    curve_level_m: Curve
    curve_storage_hm3: Curve
    curve_area_km2: Curve
    level_dead_m: float
    level_flood_limit_m: float
    level_normal_m: float
    level_max_m: float
    flood_season_start: MonthDay
    flood_season_end: MonthDay
    refill_end: MonthDay
    opening_storage_fraction: Fraction | None = None
    closing_storage_fraction: Fraction | None = None
    flood_window_start: tuple[MonthDay, ...] = ()
    flood_window_end: tuple[MonthDay, ...] = ()
    flood_window_level_m: tuple[float, ...] = ()
    drought_season_start: tuple[MonthDay, ...] = ()
    level_drought_warning_m: tuple[float, ...] = ()
    level_drought_guarantee_m: tuple[float, ...] = ()
    drought_price_yuan_per_m3_day: NonNegative = 0.0
    discharge_level_m: tuple[float, ...] = ()
    discharge_max_m3_per_s: tuple[NonNegative, ...] = ()

    @model_validator(mode="after")
    def _curves_rise(self) -> Self:
        for name in ("curve_level_m", "curve_storage_hm3", "curve_area_km2"):
            values = np.asarray(getattr(self, name))
            if len(values) != len(self.curve_level_m):
                raise ValueError(f"{name} has {len(values)} points, curve_level_m has {len(self.curve_level_m)}")
            falls = np.flatnonzero(np.diff(values) <= 0)
            if len(falls):
                at = falls[0]
                raise ValueError(f"{name} must rise from point to point; it goes from {values[at]:g} to {values[at + 1]:g}")
        levels = [self.level_dead_m, self.level_flood_limit_m, self.level_normal_m, self.level_max_m]
        if sorted(levels) != levels:
            raise ValueError(f"dead, flood-limit, normal and highest level must not fall; got {levels}")
        if not self.curve_level_m[0] <= levels[0] <= levels[-1] <= self.curve_level_m[-1]:
            raise ValueError(
                f"the level curve covers {self.curve_level_m[0]:g} to {self.curve_level_m[-1]:g} m, "
                f"but the levels run from {levels[0]:g} to {levels[-1]:g} m"
            )
        if not self.flood_season_start < self.flood_season_end <= self.refill_end:
            raise ValueError("the flood season must start before it ends, and refilling ends with it or later")
        return self

    @model_validator(mode="after")
    def _options_agree(self) -> Self:
        if not len(self.flood_window_start) == len(self.flood_window_end) == len(self.flood_window_level_m):
            raise ValueError("every further flood window needs a start, an end and a level")
        seasons = self.drought_season_start, self.level_drought_warning_m, self.level_drought_guarantee_m
        check_seasons("drought levels", *seasons)
        for warning, guarantee in zip(*seasons[1:], strict=True):
            if not self.level_dead_m <= guarantee <= warning <= self.level_normal_m:
                raise ValueError(
                    f"drought levels lie between dead and normal level, the guarantee level ({guarantee:g} m) no higher "
                    f"than the warning level ({warning:g} m)"
                )
        if self.drought_price_yuan_per_m3_day and not self.drought_season_start:
            raise ValueError("a drought price needs drought levels")
        if len(self.discharge_level_m) != len(self.discharge_max_m3_per_s):
            raise ValueError("every level of the discharge curve needs a flow")
        if np.any(np.diff(self.discharge_level_m) <= 0) or np.any(np.diff(self.discharge_max_m3_per_s) < 0):
            raise ValueError("the discharge curve must rise")
        return self

    def storage_hm3_at(self, level_m: float) -> float:
        """Storage at a level, by the level curve."""
        return float(np.interp(level_m, self.curve_level_m, self.curve_storage_hm3))

    def level_m_at(self, storage_hm3: Floats) -> Floats:
        """Level at storages, by the level curve."""
        level: Floats = np.interp(storage_hm3, self.curve_storage_hm3, self.curve_level_m)
        return level

    def level_slope(self, storage_hm3: Floats) -> Floats:
        """Metres that the level rises by with one more hm3, at storages; on a point of the curve, those towards the next."""
        slopes = np.diff(self.curve_level_m) / np.diff(self.curve_storage_hm3)
        at = np.searchsorted(self.curve_storage_hm3, storage_hm3, side="right") - 1
        found: Floats = slopes[np.clip(at, 0, len(slopes) - 1)]
        return found

    def surface(self) -> Surface:
        """Area over storage."""
        return Surface(np.asarray(self.curve_storage_hm3), np.asarray(self.curve_area_km2))

    def area_line(self) -> tuple[float, float]:
        """Water surface as a line of the storage: km2 at none, km2 per hm3; exact at the dead and the normal level."""
        return self.surface().line(self.storage_hm3_at(self.level_dead_m), self.storage_hm3_at(self.level_normal_m))

    def storage_limit_hm3(self, timeline: Timeline) -> Floats:
        """Highest ordinary storage at the end of each step, shape (count,): normal, flood limit, then a straight refill."""
        flood, normal = self.storage_hm3_at(self.level_flood_limit_m), self.storage_hm3_at(self.level_normal_m)
        limit = lowered_in_season(timeline, flood, normal, self.flood_season_start, self.flood_season_end, self.refill_end)
        for start, end, level in zip(self.flood_window_start, self.flood_window_end, self.flood_window_level_m, strict=True):
            inside = ends_in_window(timeline, start, end)
            limit[inside] = np.minimum(limit[inside], self.storage_hm3_at(level))
        return limit

    def season_starts(self) -> tuple[str, ...]:
        return (self.flood_season_start, *self.flood_window_start)

    def drought_storage_hm3(self, timeline: Timeline) -> tuple[Floats, Floats]:
        """Storage at the drought-warning and the drought-guarantee level by step; needs drought levels."""
        warning, guarantee = (
            by_season(timeline, self.drought_season_start, [self.storage_hm3_at(level) for level in levels])
            for levels in (self.level_drought_warning_m, self.level_drought_guarantee_m)
        )
        return warning, guarantee

    def discharge_limit_m3_per_s(self, storage_hm3: Floats) -> Floats:
        """What gates and spillway let out at storages, by the discharge curve; nothing below its lowest level."""
        limit: Floats = np.interp(
            self.level_m_at(storage_hm3), self.discharge_level_m, self.discharge_max_m3_per_s, left=0.0
        )  # fmt: skip
        return limit

    def gates_curve(self) -> tuple[Floats, Floats]:
        """The discharge curve over the storage, hm3 and m3/s: as many points as it and the storage curve have between them."""
        at = np.array([self.storage_hm3_at(level) for level in self.discharge_level_m])
        between = [storage for storage in self.curve_storage_hm3 if at.size and at[0] < storage < at[-1]]
        storage: Floats = np.unique([*at, *between])
        return storage, self.discharge_limit_m3_per_s(storage)

    def opening_hm3(self) -> float | None:
        """Storage at the opening; None for a cyclic year."""
        return self._active_hm3(self.opening_storage_fraction)

    def closing_hm3(self) -> float | None:
        """Least storage at the end; None where it is the opening storage."""
        return self._active_hm3(self.closing_storage_fraction)

    def with_ends(self, opening_hm3: Mapping[str, float], closing_hm3: Mapping[str, float]) -> Self:
        if self.id not in opening_hm3:
            return self
        low, high = self.storage_hm3_at(self.level_dead_m), self.storage_hm3_at(self.level_normal_m)
        # Losses may have drawn an end below the dead storage, so that neither share is held to 0 to 1.
        opening, closing = ((ends[self.id] - low) / (high - low) for ends in (opening_hm3, closing_hm3))
        return self.model_copy(update={"opening_storage_fraction": opening, "closing_storage_fraction": closing})

    def _active_hm3(self, fraction: float | None) -> float | None:
        low, high = self.storage_hm3_at(self.level_dead_m), self.storage_hm3_at(self.level_normal_m)
        return None if fraction is None else low + fraction * (high - low)
