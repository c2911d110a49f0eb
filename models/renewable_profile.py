"""Renewable profile: a plant whose lowest and highest power of every hour are given as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pyomo.environ as pyo

from yuqian.models.adequacy import Adequacy
from yuqian.models.available_power_law import UpToAvailable
from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Rhythm, Steps
from yuqian.models.kind import Bus, Capacity, CapacityGroup, Example, Kind, NonNegative, ReserveTo, SeriesNeed
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port


class RenewableProfile(Kind):
    """Gives any power between two series: what must be taken and what there is. Both are data, from no weather of ours."""

    title_en: ClassVar[str] = "Renewable plant by profile"
    title_zh: ClassVar[str] = "给定出力曲线的新能源电站"
    series: ClassVar = {
        "lowest_mw": SeriesNeed("given", Rhythm.POWER),
        "highest_mw": SeriesNeed("given", Rhythm.POWER),
    }

    bus: Bus
    rated_mw: NonNegative
    variable_cost_yuan_per_mwh: NonNegative = 0.0
    reserves: tuple[ReserveTo, ...] = ()

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        self._law().declare(m, ledger, steps, m.highest_mw.__getitem__, m.lowest_mw.__getitem__)

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        self._law().audit(answer, book, "power within its profile", answer.highest_mw, answer.lowest_mw)

    def _law(self) -> UpToAvailable:
        return UpToAvailable(self.id, self.bus, self.variable_cost_yuan_per_mwh, self.reserves)

    def capacity(self) -> Capacity:
        return Capacity(self.rated_mw, CapacityGroup.GENERATION)

    def adequacy(self, series: Mapping[str, Floats], clock: Clock) -> Adequacy:
        return Adequacy(profile_mw=series["highest_mw"])

    @classmethod
    def example(cls) -> Example:
        asset = cls(id="profile", bus="bus", rated_mw=50.0, variable_cost_yuan_per_mwh=1.0)
        return Example(asset, ports=(Port.market("bus", "mw", 500.0, 300.0),), series={"lowest_mw": 5.0, "highest_mw": 40.0})
