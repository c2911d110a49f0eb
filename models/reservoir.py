"""Reservoir: a dam on a river, with its limits through the year."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

import numpy as np
import pyomo.environ as pyo
from pydantic import Field, model_validator

from yuqian.models.balancing_law import audit_balancing, declare_balancing
from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Horizon, Rhythm, Steps, Timeline
from yuqian.models.dead_pool_law import audit_dead_pool, declare_dead_pool, enter_dead_pool
from yuqian.models.discharge_law import LIMIT, audit_discharge, declare_discharge, renewed_limit
from yuqian.models.ecological_rule import EcologicalRule
from yuqian.models.kind import Example, Fraction, Kind, NonNegative, Positive, SeriesNeed, UserClass, WaterTo, table
from yuqian.models.ledger import Account, Ledger, Sense
from yuqian.models.operation import Given, Node, Operation, Store
from yuqian.models.port import Port
from yuqian.models.quota_law import MonthDay
from yuqian.models.renumbering import Renumbering
from yuqian.models.season_law import by_season, check_seasons, in_window
from yuqian.models.storage_law import audit_closing, close_stock
from yuqian.models.surface_law import AREA, SLOPE, Surface, SurfaceOf
from yuqian.models.units import (
    DAYS_PER_YEAR,
    HOURS_PER_DAY,
    M3_PER_HM3,
    M3_PER_S_PER_MM_PER_DAY_KM2,
    SECONDS_PER_HOUR,
)

Curve = Annotated[tuple[float, ...], Field(min_length=2)]

SPILL_PRICE_YUAN_PER_M3 = 1e-4
"""Keeps water behind the dam where nothing else decides; far below any price of shortage."""

CLOSING_PRICE_YUAN_PER_M3 = 200.0
"""Of what is missing at the end of a horizon: above any price of shortage, so that only a drought leaves it missing."""


class Reservoir(Kind):
    """Stores water between its dead and its normal level, lower in the flood season, and releases it downstream.

    The volume balance of each step holds inflows, withdrawals, evaporation, seepage, release and spill. The water surface is
    a straight line of the storage, at first the one that is exact at the dead and the normal level (see ``surface_law``). In
    the flood season, and in further windows of dates, the storage stays under its flood-limit level except at a price, and
    always under the highest level. Below the dead level only losses draw. What flows on below the dam keeps the ecological
    flow, except at a price. Without an opening storage the year is cyclic; with one it ends no lower than it began, or no
    lower than the closing storage if that is given.

    Optional: a curve of what gates and spillway can let out, by level; drought-warning and drought-guarantee levels by season
    (旱警水位, 旱保水位), the first with a price of lying below it; a price for drawing several reservoirs down alike.
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
    closing_storage_fraction: Fraction | None = None
    evaporation_surface: SurfaceOf = SurfaceOf.MEAN
    ecological_rule: EcologicalRule = EcologicalRule.TENNANT
    ecological_inflow_limited: bool = True
    flood_window_start: tuple[MonthDay, ...] = ()
    flood_window_end: tuple[MonthDay, ...] = ()
    flood_window_level_m: tuple[float, ...] = ()
    drought_season_start: tuple[MonthDay, ...] = ()
    level_drought_warning_m: tuple[float, ...] = ()
    level_drought_guarantee_m: tuple[float, ...] = ()
    drought_price_yuan_per_m3_day: NonNegative = 0.0
    discharge_level_m: tuple[float, ...] = ()
    discharge_max_m3_per_s: tuple[NonNegative, ...] = ()
    discharge_excess_price_yuan_per_m3: NonNegative = 20.0
    balancing_price_yuan_per_m3_day: NonNegative = 0.0

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

    def surface(self) -> Surface:
        """Area over storage."""
        return Surface(np.asarray(self.curve_storage_hm3), np.asarray(self.curve_area_km2))

    def area_line(self) -> tuple[float, float]:
        """Water surface as a line of the storage: km2 at none, km2 per hm3; exact at the dead and the normal level."""
        return self.surface().line(self.storage_hm3_at(self.level_dead_m), self.storage_hm3_at(self.level_normal_m))

    def storage_limit_hm3(self, timeline: Timeline) -> Floats:
        """Highest ordinary storage at the end of each step, shape (count,): normal, flood limit, then a straight refill."""
        flood, normal = self.storage_hm3_at(self.level_flood_limit_m), self.storage_hm3_at(self.level_normal_m)
        started = timeline.since(self.flood_season_start)
        over, refilled = timeline.since(self.flood_season_end), timeline.since(self.refill_end)
        limit = np.where(started & ~over, flood, normal)
        refilling = np.flatnonzero(over & ~refilled)
        limit[refilling] = flood + (normal - flood) * (np.arange(len(refilling)) + 1) / (len(refilling) + 1)
        for start, end, level in zip(self.flood_window_start, self.flood_window_end, self.flood_window_level_m, strict=True):
            inside = in_window(timeline, start, end)
            limit[inside] = np.minimum(limit[inside], self.storage_hm3_at(level))
        return limit

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

    def opening_hm3(self) -> float | None:
        """Storage at the opening; None for a cyclic year."""
        return self._active_hm3(self.opening_storage_fraction)

    def closing_hm3(self) -> float | None:
        """Least storage at the end; None where it is the opening storage."""
        return self._active_hm3(self.closing_storage_fraction)

    def _active_hm3(self, fraction: float | None) -> float | None:
        low, high = self.storage_hm3_at(self.level_dead_m), self.storage_hm3_at(self.level_normal_m)
        return None if fraction is None else low + fraction * (high - low)

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        dead, highest = self.storage_hm3_at(self.level_dead_m), self.storage_hm3_at(self.level_max_m)
        m.storage_hm3 = pyo.Var(steps.day_ends, dense=False, bounds=(None, highest))
        m.release_m3_per_s = pyo.Var(steps.days, dense=False, bounds=(0, None))
        at_none, per_hm3 = self.area_line()
        table(m, AREA, steps.days, np.full(steps.clock.water.count, at_none))
        table(m, SLOPE, steps.days, np.full(steps.clock.water.count, per_hm3))
        seepage = self.seepage_fraction_per_year * M3_PER_HM3 / (DAYS_PER_YEAR * HOURS_PER_DAY * SECONDS_PER_HOUR)

        def mean_storage(d: int) -> Any:
            return 0.5 * (m.storage_hm3[d - 1] + m.storage_hm3[d])

        def evaporation(d: int) -> Any:
            depth = M3_PER_S_PER_MM_PER_DAY_KM2 * m.evaporation_mm_per_day[d]
            storage = mean_storage(d) if self.evaporation_surface is SurfaceOf.MEAN else m.storage_hm3[d - 1]
            return depth * m.surface_km2[d] + depth * m.surface_slope_km2_per_hm3[d] * storage

        def drawdown(d: int) -> object:
            return (m.storage_hm3[d - 1] - m.storage_hm3[d]) / steps.hm3_per_m3_per_s[d]

        self._close(m, ledger, steps, highest)
        declare_dead_pool(m, steps, dead, self.opening_hm3(), lambda d: evaporation(d) + seepage * mean_storage(d))
        enter_dead_pool(m, ledger, self.id)
        ledger.open(self.id, "m3_per_s", Rhythm.WATER)
        ledger.enter(self.id, self.id, "drawdown", m3_per_s=drawdown)
        ledger.enter(self.id, self.id, "evaporation", sign=-1, m3_per_s=evaporation)
        ledger.enter(self.id, self.id, "seepage", sign=-1, m3_per_s=lambda d: seepage * mean_storage(d))
        ledger.enter(self.id, self.id, "release", sign=-1, m3_per_s=m.release_m3_per_s)
        ledger.enter(self.downstream, self.id, "release", m3_per_s=m.release_m3_per_s)
        spill = SPILL_PRICE_YUAN_PER_M3 * SECONDS_PER_HOUR
        ledger.cost(self.id, "release", rhythm=Rhythm.WATER, yuan_per_h=lambda d: spill * m.release_m3_per_s[d])
        ledger.publish(self.id, self.id, storage_hm3=m.storage_hm3)
        self._keep_levels(m, ledger, steps)
        self._let_flow(m, ledger, steps)
        if self.discharge_level_m:
            limit = np.full(steps.clock.water.count, self.discharge_limit_m3_per_s(np.array([highest]))[0])
            declare_discharge(m, ledger, steps, self.id, limit, self.discharge_excess_price_yuan_per_m3)
        if self.balancing_price_yuan_per_m3_day:
            full = self.storage_hm3_at(self.level_normal_m)
            declare_balancing(m, ledger, steps, self.id, (dead, full), self.balancing_price_yuan_per_m3_day)

    def _close(self, m: pyo.Block, ledger: Ledger, steps: Steps, highest: float) -> None:
        """Tie the end to the beginning; in a drought the end may lack water, at a price that only losses are worth."""
        missing: Any = 0.0
        if steps.horizon is Horizon.WHOLE:
            m.closing_missing_hm3 = pyo.Var(pyo.RangeSet(0, 0), dense=False, bounds=(0, None))
            missing = m.closing_missing_hm3[0]
            price = CLOSING_PRICE_YUAN_PER_M3 * M3_PER_HM3 / float(steps.clock.water.hours.sum())
            ledger.cost(
                self.id, "missing at the end", rhythm=Rhythm.WATER, yuan_per_h=lambda d: price * m.closing_missing_hm3[0]
            )
        stock = m.storage_hm3.__getitem__
        opening, closing = self.opening_hm3(), self.closing_hm3()
        close_stock(m, steps, Rhythm.WATER, "storage_hm3", stock, highest, opening, closing, missing)

    def _keep_levels(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        """The flood limit and the drought-warning level, each at a price."""
        per_hm3_day = M3_PER_HM3 / HOURS_PER_DAY
        m.flood_excess_hm3 = pyo.Var(steps.days, dense=False, bounds=(0, None))
        table(m, "storage_limit_hm3", steps.days, self.storage_limit_hm3(steps.clock.water))

        @m.Constraint(steps.days)
        def flood_limit(m: pyo.Block, d: int) -> object:
            return m.storage_hm3[d] - m.flood_excess_hm3[d] <= m.storage_limit_hm3[d]

        excess = self.flood_excess_price_yuan_per_m3_day * per_hm3_day
        ledger.cost(self.id, "flood excess", rhythm=Rhythm.WATER, yuan_per_h=lambda d: excess * m.flood_excess_hm3[d])
        if not self.drought_price_yuan_per_m3_day:
            return
        m.below_drought_warning_hm3 = pyo.Var(steps.days, dense=False, bounds=(0, None))
        table(m, "drought_warning_hm3", steps.days, self.drought_storage_hm3(steps.clock.water)[0])

        @m.Constraint(steps.days)
        def drought_warning(m: pyo.Block, d: int) -> object:
            return m.storage_hm3[d] + m.below_drought_warning_hm3[d] >= m.drought_warning_hm3[d]

        below = self.drought_price_yuan_per_m3_day * per_hm3_day
        ledger.cost(
            self.id, "below drought warning", rhythm=Rhythm.WATER,
            yuan_per_h=lambda d: below * m.below_drought_warning_hm3[d],
        )  # fmt: skip

    def _let_flow(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        """The ecological flow below the dam, at a price."""
        m.ecological_shortage_m3_per_s = pyo.Var(steps.days, dense=False, bounds=(0, None))
        ecological = f"{self.id}.ecological"
        ledger.open(ecological, "m3_per_s", Rhythm.WATER, Sense.AT_LEAST)
        ledger.enter(ecological, self.id, "release", m3_per_s=m.release_m3_per_s)
        ledger.enter(ecological, self.id, "shortage", m3_per_s=m.ecological_shortage_m3_per_s)
        ledger.enter(ecological, self.id, "required", sign=-1, m3_per_s=m.ecological_flow_m3_per_s)
        short = self.ecological_shortage_price_yuan_per_m3 * SECONDS_PER_HOUR
        ledger.cost(
            self.id, "ecological shortage", rhythm=Rhythm.WATER,
            yuan_per_h=lambda d: short * m.ecological_shortage_m3_per_s[d],
        )  # fmt: skip
        ledger.account(
            Account.SHORTAGE, self.id, UserClass.ECOLOGICAL.value, rhythm=Rhythm.WATER,
            m3_per_s=m.ecological_shortage_m3_per_s,
        )  # fmt: skip

    def readings(self, answer: Answer, clock: Clock) -> Mapping[str, Floats]:
        middle = (answer.storage_hm3[1:] + answer.storage_hm3[:-1]) / 2
        return {
            "level_m": self.level_m_at(middle), "storage_hm3": middle, "release_m3_per_s": answer.release_m3_per_s,
            "level_highest_m": np.full(middle.shape, self.level_max_m),
        }  # fmt: skip

    def renumbered(self, answer: Answer, readings: Mapping[str, Mapping[str, Floats]], clock: Clock) -> Renumbering | None:
        middle = readings[self.id]["storage_hm3"]
        wet = middle if self.evaporation_surface is SurfaceOf.MEAN else answer.storage_hm3[:-1]
        found = self.surface().renumbering(wet, answer.evaporation_mm_per_day, self._line_of(answer, clock), clock.water)
        if not self.discharge_level_m:
            return found
        in_force = self._discharge_of(answer, clock)
        return found.joined(renewed_limit(in_force, self.discharge_limit_m3_per_s(middle), answer.release_m3_per_s))

    def _line_of(self, answer: Answer, clock: Clock) -> tuple[Floats, Floats]:
        """Area at no storage and slope, by step, that an answer was found with."""
        at_none, per_hm3 = self.area_line()
        count = clock.water.count
        return (
            np.broadcast_to(answer.given(AREA, at_none), count), np.broadcast_to(answer.given(SLOPE, per_hm3), count)
        )  # fmt: skip

    def _discharge_of(self, answer: Answer, clock: Clock) -> Floats:
        """Discharge limit by step that an answer was found with."""
        highest = np.array([self.storage_hm3_at(self.level_max_m)])
        return np.broadcast_to(answer.given(LIMIT, self.discharge_limit_m3_per_s(highest)), clock.water.count)

    def operate(self, operation: Operation) -> None:
        warning, guarantee = self.drought_storage_hm3(operation.timeline) if self.drought_season_start else (None, None)
        store = Store(
            self.id, self.downstream, self.storage_hm3_at(self.level_dead_m), self.storage_hm3_at(self.level_normal_m),
            self.storage_limit_hm3(operation.timeline), self.opening_hm3(), *self.area_line(), self.seepage_fraction_per_year,
            Given(self.id, "evaporation_mm_per_day"), Given(self.id, "ecological_flow_m3_per_s"), warning, guarantee,
            0.5 if self.evaporation_surface is SurfaceOf.MEAN else 1.0, self.ecological_inflow_limited,
            self.curve_level_m, self.curve_storage_hm3,
        )  # fmt: skip
        operation.nodes.append(Node(self.id, is_river=True))
        operation.stores.append(store)

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        dead = self.storage_hm3_at(self.level_dead_m)
        level = np.interp(answer.storage_hm3, self.curve_storage_hm3, self.curve_level_m)
        book.within(self.id, "level up to the highest", level, None, self.level_max_m)
        book.within(self.id, "release", answer.release_m3_per_s, 0.0, None)
        missing = float(np.sum(answer.given("closing_missing_hm3", 0.0)))
        book.within(self.id, "missing at the end", np.array([missing]), 0.0, None)
        book.cost(np.full(clock.water.count, missing * 200 * 1e6 / clock.water.hours.sum()), Rhythm.WATER)
        audit_closing(
            book, self.id, "storage_hm3", answer, answer.storage_hm3, self.opening_hm3(), self.closing_hm3(), missing
        )  # fmt: skip
        middle = (answer.storage_hm3[1:] + answer.storage_hm3[:-1]) / 2
        wet = middle if self.evaporation_surface is SurfaceOf.MEAN else answer.storage_hm3[:-1]
        at_none, per_hm3 = self._line_of(answer, clock)
        evaporated = answer.evaporation_mm_per_day * (at_none + per_hm3 * wet) * 1000 / 86_400
        seeped = self.seepage_fraction_per_year * middle * 1e6 / (365 * 86_400)
        audit_dead_pool(self.id, answer, book, clock, dead, self.opening_hm3(), evaporated + seeped)
        drawn = -np.diff(answer.storage_hm3) * 1e6 / (clock.water.hours * 3600)
        book.open(self.id, Rhythm.WATER)
        book.enter(self.id, drawn - evaporated - seeped - answer.release_m3_per_s)
        book.enter(self.downstream, answer.release_m3_per_s)
        book.cost(answer.release_m3_per_s * 3600 * SPILL_PRICE_YUAN_PER_M3, Rhythm.WATER)
        self._audit_levels(answer, book, clock)
        if self.discharge_level_m:
            limit = self._discharge_of(answer, clock)
            audit_discharge(self.id, answer, book, limit, self.discharge_excess_price_yuan_per_m3)
        if self.balancing_price_yuan_per_m3_day:
            full = self.storage_hm3_at(self.level_normal_m)
            audit_balancing(self.id, answer, book, (dead, full), self.balancing_price_yuan_per_m3_day)

    def _audit_levels(self, answer: Answer, book: Book, clock: Clock) -> None:
        limit = self.storage_limit_hm3(clock.water) + answer.flood_excess_hm3
        book.within(self.id, "flood-limit storage", answer.storage_hm3[1:], None, limit)
        book.within(self.id, "flood excess", answer.flood_excess_hm3, 0.0, None)
        book.cost(answer.flood_excess_hm3 * 1e6 / 24 * self.flood_excess_price_yuan_per_m3_day, Rhythm.WATER)
        short = answer.ecological_shortage_m3_per_s
        book.within(self.id, "ecological shortage", short, 0.0, None)
        book.open(f"{self.id}.ecological", Rhythm.WATER, Sense.AT_LEAST)
        book.enter(f"{self.id}.ecological", answer.release_m3_per_s + short - answer.ecological_flow_m3_per_s)
        book.cost(short * 3600 * self.ecological_shortage_price_yuan_per_m3, Rhythm.WATER)
        book.account(Account.SHORTAGE, short, Rhythm.WATER)
        if self.drought_price_yuan_per_m3_day:
            below, warning = answer.below_drought_warning_hm3, self.drought_storage_hm3(clock.water)[0]
            book.within(self.id, "below drought warning", below, 0.0, None)
            book.within(self.id, "drought-warning storage", answer.storage_hm3[1:] + below, warning, None)
            book.cost(below * 1e6 / 24 * self.drought_price_yuan_per_m3_day, Rhythm.WATER)

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
