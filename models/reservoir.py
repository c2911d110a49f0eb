"""Reservoir: a dam on a river, with its limits through the year."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pyomo.environ as pyo

from yuqian.models.balancing_law import audit_balancing, declare_balancing
from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Horizon, Rhythm, Steps
from yuqian.models.dead_pool_law import audit_dead_pool, declare_dead_pool, enter_dead_pool
from yuqian.models.discharge_law import LIMIT, audit_discharge, declare_discharge, renewed_limit
from yuqian.models.ecological_rule import enter_ecological_shortage
from yuqian.models.kind import Example, Fraction, NonNegative, SeriesNeed, WaterTo, table
from yuqian.models.ledger import Account, Ledger, Sense
from yuqian.models.operation import Given, Node, Operation, Store
from yuqian.models.port import Port
from yuqian.models.renumbering import Renumbering
from yuqian.models.reservoir_levels import ReservoirLevels
from yuqian.models.storage_law import audit_closing, close_stock
from yuqian.models.surface_law import AREA, SLOPE, SurfaceOf
from yuqian.models.units import (
    DAYS_PER_YEAR,
    HOURS_PER_DAY,
    M3_PER_HM3,
    M3_PER_S_PER_MM_PER_DAY_KM2,
    SECONDS_PER_HOUR,
)
from yuqian.models.water_quality import WaterQuality

SPILL_PRICE_YUAN_PER_M3 = 1e-4
"""Keeps water behind the dam where nothing else decides; far below any price of shortage."""

CLOSING_PRICE_YUAN_PER_M3 = 200.0
"""Of what is missing at the end of a horizon: above any price of shortage, so that only a drought leaves it missing."""


class Reservoir(ReservoirLevels):
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
    catalogued: ClassVar[bool] = True
    opens: ClassVar = {"": "m3_per_s", ".ecological": "m3_per_s"}
    forwards_to: ClassVar[str | None] = "downstream"
    is_water_source: ClassVar[bool] = True
    settles_by: ClassVar = ("storage_hm3",)
    series: ClassVar = {
        "evaporation_mm_per_day": SeriesNeed("evaporation", Rhythm.WATER, high=30.0),
        "ecological_flow_m3_per_s": SeriesNeed("ecological_flow", Rhythm.WATER),
    }

    downstream: WaterTo
    seepage_fraction_per_year: Fraction
    flood_excess_price_yuan_per_m3_day: NonNegative
    evaporation_surface: SurfaceOf = SurfaceOf.MEAN
    discharge_excess_price_yuan_per_m3: NonNegative = 20.0
    balancing_price_yuan_per_m3_day: NonNegative = 0.0

    water_quality: WaterQuality = WaterQuality.III

    def gives_quality(self) -> WaterQuality:
        return self.water_quality

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
        ledger.publish(self.id, self.id, storage_hm3=m.storage_hm3, release_m3_per_s=m.release_m3_per_s)
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
        enter_ecological_shortage(m, ledger, self.id, self.ecological_shortage_price_yuan_per_m3)

    def readings(self, answer: Answer, clock: Clock) -> Mapping[str, Floats]:
        middle = (answer.storage_hm3[1:] + answer.storage_hm3[:-1]) / 2
        return {
            "level_m": self.level_m_at(middle), "storage_hm3": middle, "release_m3_per_s": answer.release_m3_per_s,
            "level_highest_m": np.full(middle.shape, self.level_max_m), "level_slope_m_per_hm3": self.level_slope(middle),
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
        gates = (tuple(points.tolist()) for points in self.gates_curve()) if self.discharge_level_m else ()
        store = Store(
            self.id, self.downstream, self.storage_hm3_at(self.level_dead_m), self.storage_hm3_at(self.level_normal_m),
            self.storage_limit_hm3(operation.timeline), self.opening_hm3(), *self.area_line(), self.seepage_fraction_per_year,
            Given(self.id, "evaporation_mm_per_day"), Given(self.id, "ecological_flow_m3_per_s"), warning, guarantee,
            0.5 if self.evaporation_surface is SurfaceOf.MEAN else 1.0, self.ecological_inflow_limited,
            self.curve_level_m, self.curve_storage_hm3, self.storage_hm3_at(self.level_max_m), *gates,
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
