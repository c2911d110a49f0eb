"""Electric load: the demand of homes, shops and ordinary industry at a bus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

import pyomo.environ as pyo
from pydantic import Field, model_validator

from yuqian.models.adequacy import Adequacy
from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Rhythm, Steps
from yuqian.models.kind import Bus, Example, Kind, NonNegative, Positive, SeriesNeed
from yuqian.models.ledger import Exposure, Ledger
from yuqian.models.port import Port
from yuqian.models.tier_law import RisingPrices, Shares, Tiers


class ElectricLoad(Kind):
    """A demand that follows the calendar and the temperature; at a price it may be shed, tier by tier."""

    title_en: ClassVar[str] = "Electric load"
    title_zh: ClassVar[str] = "电力负荷"
    series: ClassVar = {"demand_mw": SeriesNeed("electric_load", Rhythm.POWER)}

    bus: Bus
    energy_gwh_per_year: Positive
    base_year: Annotated[int, Field(ge=1900, le=2200)]
    growth_fraction_per_year: Annotated[float, Field(gt=-1, lt=1)]
    heating_share_per_c: NonNegative
    cooling_share_per_c: NonNegative
    shed_share_fraction: Shares
    shed_price_yuan_per_mwh: RisingPrices

    @model_validator(mode="after")
    def _tiers_match(self) -> Self:
        self.tiers()
        return self

    def tiers(self) -> Tiers:
        """Its tiers of shedding."""
        return Tiers("mw", self.shed_share_fraction, self.shed_price_yuan_per_mwh)

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        tiers = self.tiers()
        tiers.declare(m, steps.hours, lambda t: m.demand_mw[t])
        ledger.enter(self.bus, self.id, "served", sign=-1, mw=lambda t: m.demand_mw[t] - tiers.shed(m, t))
        tiers.enter_costs(m, ledger, self.id, Rhythm.POWER)
        ledger.expose(Exposure.LOAD, self.id, lambda t: m.demand_mw[t])

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        shed = self.tiers().audit(self.id, answer, book, answer.demand_mw, Rhythm.POWER)
        book.expose(Exposure.LOAD, answer.demand_mw)
        book.enter(self.bus, shed - answer.demand_mw)

    def adequacy(self, series: Mapping[str, Floats], clock: Clock) -> Adequacy:
        return Adequacy(demand_mw=series["demand_mw"])

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="homes", bus="bus", energy_gwh_per_year=4000.0, base_year=2025, growth_fraction_per_year=0.04,
            heating_share_per_c=0.028, cooling_share_per_c=0.052, shed_share_fraction=(0.1, 0.4, 0.2, 0.3),
            shed_price_yuan_per_mwh=(4e3, 15e3, 30e3, 60e3),
        )  # fmt: skip
        return Example(asset, ports=(Port.market("bus", "mw", 20e3, 300.0),), series={"demand_mw": 900.0})
