"""Yield demand: the largest draft that a store keeps up, if it may fail in some years. Not a kind that a catalogue may hold."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import pyomo.environ as pyo
from pydantic import model_validator

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps, Timeline
from yuqian.models.kind import Count, Example, Fraction, Kind, Positive, SeriesNeed, WaterFrom
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port
from yuqian.models.units import SECONDS_PER_HOUR


class YieldDemand(Kind):
    """A draft ``yield * shape[d]`` that is made as large as it can be, with at most so many failing years.

    ``shape_ratio[d]`` has the mean 1 over time, so the yield is the mean draft. In a failing year any share of the draft, up to
    ``failure_depth_fraction``, may be missing; in every other year none. Which years fail is decided: one binary a year, and
    the missing flow of a step is at most ``depth * flow_max * shape[d]`` times the binary of its year, the tightest bound that
    holds for every yield up to ``flow_max_m3_per_s``. With no failing year it is a linear program.

    Years are those of the calendar from the first step on, each of ``steps_per_year`` steps: a hydrological year is had by a
    clock that begins with it.
    """

    title_en: ClassVar[str] = "Yield of a store"
    title_zh: ClassVar[str] = "水库可供水量"
    catalogued: ClassVar[bool] = False
    series: ClassVar = {"shape_ratio": SeriesNeed("shape", Rhythm.WATER)}

    node: WaterFrom
    flow_max_m3_per_s: Positive
    value_yuan_per_m3: Positive
    failing_years_count: int = 0
    steps_per_year_count: Count
    failure_depth_fraction: Fraction = 1.0

    @model_validator(mode="after")
    def _years(self) -> Self:
        if self.failing_years_count < 0:
            raise ValueError(f"the number of failing years must not be negative, got {self.failing_years_count}")
        return self

    def year_of_step(self, timeline: Timeline) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Year of each step, from 0, shape (count,)."""
        years: np.ndarray[Any, np.dtype[np.int64]] = np.arange(timeline.count) // self.steps_per_year_count
        return years

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        years = self.year_of_step(steps.clock.water)
        m.yield_m3_per_s = pyo.Var(bounds=(0, self.flow_max_m3_per_s))
        m.missing_m3_per_s = pyo.Var(steps.days, dense=False, bounds=(0, None))
        m.years = pyo.RangeSet(0, int(years[-1]))
        domain = pyo.Binary if self.failing_years_count else pyo.NonNegativeReals
        m.fails_count = pyo.Var(m.years, dense=False, domain=domain, bounds=(0, 1 if self.failing_years_count else 0))
        m.year_of_day = pyo.Param(steps.days, initialize=dict(enumerate(years.tolist())), domain=pyo.Any)
        depth, largest = self.failure_depth_fraction, self.failure_depth_fraction * self.flow_max_m3_per_s

        @m.Constraint(steps.days)
        def only_in_failing_years(m: pyo.Block, d: int) -> object:
            return m.missing_m3_per_s[d] <= largest * m.shape_ratio[d] * m.fails_count[m.year_of_day[d]]

        @m.Constraint(steps.days)
        def no_more_than_the_depth(m: pyo.Block, d: int) -> object:
            return m.missing_m3_per_s[d] <= depth * m.shape_ratio[d] * m.yield_m3_per_s

        m.failing_years = pyo.Constraint(expr=sum(m.fails_count[y] for y in m.years) <= self.failing_years_count)

        def drawn(d: Any) -> Any:
            return m.shape_ratio[d] * m.yield_m3_per_s - m.missing_m3_per_s[d]

        ledger.enter(self.node, self.id, "draft", sign=-1, m3_per_s=drawn)
        value = self.value_yuan_per_m3 * SECONDS_PER_HOUR
        ledger.cost(self.id, "yield", rhythm=Rhythm.WATER, yuan_per_h=lambda d: -value * m.yield_m3_per_s)

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        draft, missing = float(answer.yield_m3_per_s[0]), answer.missing_m3_per_s
        wanted = draft * answer.shape_ratio
        book.within(self.id, "yield", answer.yield_m3_per_s, 0.0, self.flow_max_m3_per_s)
        book.within(self.id, "missing", missing, 0.0, wanted * self.failure_depth_fraction)
        starts = np.arange(0, clock.water.count, self.steps_per_year_count)
        failed = np.add.reduceat(missing, starts) > 1e-6 * max(1.0, draft) * self.steps_per_year_count
        book.within(self.id, "failing years", np.array([float(failed.sum())]), None, float(self.failing_years_count))
        book.enter(self.node, missing - wanted)
        book.cost(np.full(clock.water.count, -draft * 3600 * self.value_yuan_per_m3), Rhythm.WATER)

    @classmethod
    def example(cls) -> Example:
        asset = cls(id="user", node="lake", flow_max_m3_per_s=20.0, value_yuan_per_m3=1.0, steps_per_year_count=36)
        return Example(asset, (Port.market("lake", "m3_per_s", 1e5, 0.0),), {"shape_ratio": 1.0})
