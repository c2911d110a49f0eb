"""Reservoir: a dam on a river, with its limits through the year."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

import numpy as np
import pyomo.environ as pyo
from pydantic import Field, model_validator

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Rhythm, Steps, Timeline
from yuqian.models.kind import Example, Fraction, Kind, NonNegative, Positive, SeriesNeed, WaterTo, table
from yuqian.models.ledger import Ledger, Sense
from yuqian.models.port import Port
from yuqian.models.storage_law import audit_closing, close_stock
from yuqian.models.units import (
    DAYS_PER_YEAR,
    HOURS_PER_DAY,
    M3_PER_HM3,
    M3_PER_S_PER_MM_PER_DAY_KM2,
    SECONDS_PER_HOUR,
)

Curve = Annotated[tuple[float, ...], Field(min_length=2)]
MonthDay = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]

SPILL_PRICE_YUAN_PER_M3 = 1e-4
"""Keeps water behind the dam where nothing else decides; far below any price of shortage."""


class Reservoir(Kind):
    """Stores water between its dead and its normal level, lower in the flood season, and releases it downstream.

    The volume balance of each step holds inflows, withdrawals, evaporation, seepage, release and spill. The water surface is
    a straight line of the storage between the dead and the normal level. In the flood season the storage stays under the
    flood-limit level except at a price, and always under the highest level. What flows on below the dam keeps the ecological
    flow, except at a price. Without an opening storage the year is cyclic.
    """

    title_en: ClassVar[str] = "Reservoir"
    title_zh: ClassVar[str] = "水库"
    opens: ClassVar = {"": "m3_per_s", ".ecological": "m3_per_s"}
    forwards_to: ClassVar[str | None] = "downstream"
    is_water_source: ClassVar[bool] = True
    series: ClassVar = {
        "evaporation_mm_per_day": SeriesNeed("evaporation", Rhythm.WATER, high=30.0),
        "ecological_flow_m3_per_s": SeriesNeed("ecological_flow", Rhythm.WATER),
    }

    downstream: WaterTo
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
    seepage_fraction_per_year: Fraction
    catchment_km2: Positive
    runoff_depth_mm_per_year: Positive
    ecological_dry_fraction: Fraction
    ecological_wet_fraction: Fraction
    ecological_shortage_price_yuan_per_m3: NonNegative
    flood_excess_price_yuan_per_m3_day: NonNegative

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

    def storage_hm3_at(self, level_m: float) -> float:
        """Storage at a level, by the level curve."""
        return float(np.interp(level_m, self.curve_level_m, self.curve_storage_hm3))

    def area_line(self) -> tuple[float, float]:
        """Water surface as a line of the storage: km2 at none, km2 per hm3; exact at the dead and the normal level."""
        low, high = self.storage_hm3_at(self.level_dead_m), self.storage_hm3_at(self.level_normal_m)
        areas = np.interp([self.level_dead_m, self.level_normal_m], self.curve_level_m, self.curve_area_km2)
        slope = float(areas[1] - areas[0]) / (high - low)
        return float(areas[0]) - slope * low, slope

    def storage_limit_hm3(self, timeline: Timeline) -> Floats:
        """Highest ordinary storage at the end of each step, shape (count,): normal, flood limit, then a straight refill."""
        flood, normal = self.storage_hm3_at(self.level_flood_limit_m), self.storage_hm3_at(self.level_normal_m)
        started = timeline.since(self.flood_season_start)
        over, refilled = timeline.since(self.flood_season_end), timeline.since(self.refill_end)
        limit = np.where(started & ~over, flood, normal)
        refilling = np.flatnonzero(over & ~refilled)
        limit[refilling] = flood + (normal - flood) * (np.arange(len(refilling)) + 1) / (len(refilling) + 1)
        return limit

    def opening_hm3(self) -> float | None:
        """Storage at the opening; None for a cyclic year."""
        if self.opening_storage_fraction is None:
            return None
        low, high = self.storage_hm3_at(self.level_dead_m), self.storage_hm3_at(self.level_normal_m)
        return low + self.opening_storage_fraction * (high - low)

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        dead, highest = self.storage_hm3_at(self.level_dead_m), self.storage_hm3_at(self.level_max_m)
        m.storage_hm3 = pyo.Var(steps.day_ends, dense=False, bounds=(dead, highest))
        m.flood_excess_hm3 = pyo.Var(steps.days, dense=False, bounds=(0, None))
        m.release_m3_per_s = pyo.Var(steps.days, dense=False, bounds=(0, None))
        m.ecological_shortage_m3_per_s = pyo.Var(steps.days, dense=False, bounds=(0, None))
        table(m, "storage_limit_hm3", steps.days, self.storage_limit_hm3(steps.clock.water))
        at_none, per_hm3 = self.area_line()
        seepage = self.seepage_fraction_per_year * M3_PER_HM3 / (DAYS_PER_YEAR * HOURS_PER_DAY * SECONDS_PER_HOUR)

        def mean_storage(d: int) -> Any:
            return 0.5 * (m.storage_hm3[d - 1] + m.storage_hm3[d])

        def evaporation(d: int) -> object:
            depth = M3_PER_S_PER_MM_PER_DAY_KM2 * m.evaporation_mm_per_day[d]
            return depth * at_none + depth * per_hm3 * mean_storage(d)

        def drawdown(d: int) -> object:
            return (m.storage_hm3[d - 1] - m.storage_hm3[d]) / steps.hm3_per_m3_per_s[d]

        @m.Constraint(steps.days)
        def flood_limit(m: pyo.Block, d: int) -> object:
            return m.storage_hm3[d] - m.flood_excess_hm3[d] <= m.storage_limit_hm3[d]

        close_stock(m, steps, Rhythm.WATER, "storage_hm3", m.storage_hm3.__getitem__, highest, self.opening_hm3())
        ledger.open(self.id, "m3_per_s", Rhythm.WATER)
        ledger.enter(self.id, self.id, "drawdown", m3_per_s=drawdown)
        ledger.enter(self.id, self.id, "evaporation", sign=-1, m3_per_s=evaporation)
        ledger.enter(self.id, self.id, "seepage", sign=-1, m3_per_s=lambda d: seepage * mean_storage(d))
        ledger.enter(self.id, self.id, "release", sign=-1, m3_per_s=m.release_m3_per_s)
        ledger.enter(self.downstream, self.id, "release", m3_per_s=m.release_m3_per_s)
        ecological = f"{self.id}.ecological"
        ledger.open(ecological, "m3_per_s", Rhythm.WATER, Sense.AT_LEAST)
        ledger.enter(ecological, self.id, "release", m3_per_s=m.release_m3_per_s)
        ledger.enter(ecological, self.id, "shortage", m3_per_s=m.ecological_shortage_m3_per_s)
        ledger.enter(ecological, self.id, "required", sign=-1, m3_per_s=m.ecological_flow_m3_per_s)
        short = self.ecological_shortage_price_yuan_per_m3 * SECONDS_PER_HOUR
        excess = self.flood_excess_price_yuan_per_m3_day * M3_PER_HM3 / HOURS_PER_DAY
        spill = SPILL_PRICE_YUAN_PER_M3 * SECONDS_PER_HOUR
        ledger.cost(
            self.id, "ecological shortage", rhythm=Rhythm.WATER,
            yuan_per_h=lambda d: short * m.ecological_shortage_m3_per_s[d],
        )  # fmt: skip
        ledger.cost(self.id, "flood excess", rhythm=Rhythm.WATER, yuan_per_h=lambda d: excess * m.flood_excess_hm3[d])
        ledger.cost(self.id, "release", rhythm=Rhythm.WATER, yuan_per_h=lambda d: spill * m.release_m3_per_s[d])

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        level = np.interp(answer.storage_hm3, self.curve_storage_hm3, self.curve_level_m)
        book.within(self.id, "level between dead and highest", level, self.level_dead_m, self.level_max_m)
        limit = self.storage_limit_hm3(clock.water) + answer.flood_excess_hm3
        book.within(self.id, "flood-limit storage", answer.storage_hm3[1:], None, limit)
        for name in ("flood_excess_hm3", "release_m3_per_s", "ecological_shortage_m3_per_s"):
            book.within(self.id, name, getattr(answer, name), 0.0, None)
        audit_closing(book, self.id, "storage_hm3", answer, answer.storage_hm3, self.opening_hm3())
        middle = (answer.storage_hm3[1:] + answer.storage_hm3[:-1]) / 2
        at_none, per_hm3 = self.area_line()
        evaporated = answer.evaporation_mm_per_day * (at_none + per_hm3 * middle) * 1000 / 86_400
        seeped = self.seepage_fraction_per_year * middle * 1e6 / (365 * 86_400)
        drawn = -np.diff(answer.storage_hm3) * 1e6 / (clock.water.hours * 3600)
        book.open(self.id, Rhythm.WATER)
        book.enter(self.id, drawn - evaporated - seeped - answer.release_m3_per_s)
        book.enter(self.downstream, answer.release_m3_per_s)
        book.open(f"{self.id}.ecological", Rhythm.WATER, Sense.AT_LEAST)
        kept = answer.release_m3_per_s + answer.ecological_shortage_m3_per_s
        book.enter(f"{self.id}.ecological", kept - answer.ecological_flow_m3_per_s)
        book.cost(answer.ecological_shortage_m3_per_s * 3600 * self.ecological_shortage_price_yuan_per_m3, Rhythm.WATER)
        book.cost(answer.flood_excess_hm3 * 1e6 / 24 * self.flood_excess_price_yuan_per_m3_day, Rhythm.WATER)
        book.cost(answer.release_m3_per_s * 3600 * SPILL_PRICE_YUAN_PER_M3, Rhythm.WATER)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="reservoir", downstream="river", curve_level_m=(300.0, 350.0, 380.0), curve_storage_hm3=(0.0, 60.0, 200.0),
            curve_area_km2=(0.2, 2.0, 6.0), level_dead_m=330.0, level_flood_limit_m=366.0, level_normal_m=375.0,
            level_max_m=378.0, flood_season_start="05-01", flood_season_end="09-01", refill_end="10-11",
            opening_storage_fraction=0.5, seepage_fraction_per_year=0.02, catchment_km2=1000.0,
            runoff_depth_mm_per_year=500.0, ecological_dry_fraction=0.1, ecological_wet_fraction=0.2,
            ecological_shortage_price_yuan_per_m3=5.0, flood_excess_price_yuan_per_m3_day=0.5,
        )  # fmt: skip
        ports = (Port.to_open("reservoir", "m3_per_s", 1e6, 1e5), Port.market("river", "m3_per_s", 1e5, 0.0))
        series = {"evaporation_mm_per_day": 3.0, "ecological_flow_m3_per_s": 2.0}
        return Example(asset, ports, series)
