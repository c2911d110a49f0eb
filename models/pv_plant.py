"""PV plant: power up to what the sun allows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

import pyomo.environ as pyo
from pydantic import Field

from yuqian.models.adequacy import Adequacy
from yuqian.models.available_power_law import UpToAvailable
from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Rhythm, Steps
from yuqian.models.kind import (
    Bus,
    Capacity,
    CapacityGroup,
    Example,
    Fraction,
    Kind,
    NonNegative,
    Positive,
    ReserveTo,
    SeriesNeed,
)
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port


class PvPlant(Kind):
    """Solar panels on one site, rated at the inverters' AC side. What the grid does not take is curtailed at no cost."""

    title_en: ClassVar[str] = "PV plant"
    title_zh: ClassVar[str] = "光伏电站"
    series: ClassVar = {"available_fraction": SeriesNeed("sun", Rhythm.POWER, high=1.0)}

    bus: Bus
    power_max_mw: Positive
    dc_ac_ratio: Positive
    tilt_deg: Annotated[float, Field(ge=0, le=90)]
    azimuth_deg: Annotated[float, Field(ge=0, le=360)]
    system_loss_fraction: Fraction
    temperature_coefficient_per_c: Annotated[float, Field(le=0)]
    latitude_deg: float
    longitude_deg: float
    elevation_m: float
    variable_cost_yuan_per_mwh: NonNegative
    reserves: tuple[ReserveTo, ...] = ()

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        self._law().declare(m, ledger, steps, lambda t: self.power_max_mw * m.available_fraction[t])

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        self._law().audit(answer, book, "sun", answer.available_fraction * self.power_max_mw)

    def _law(self) -> UpToAvailable:
        return UpToAvailable(self.id, self.bus, self.variable_cost_yuan_per_mwh, self.reserves)

    def capacity(self) -> Capacity:
        return Capacity(self.power_max_mw, CapacityGroup.GENERATION)

    def adequacy(self, series: Mapping[str, Floats], clock: Clock) -> Adequacy:
        return Adequacy(profile_mw=self.power_max_mw * series["available_fraction"])

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="pv", bus="bus", power_max_mw=100.0, dc_ac_ratio=1.2, tilt_deg=18.0, azimuth_deg=180.0,
            system_loss_fraction=0.14, temperature_coefficient_per_c=-0.0035, latitude_deg=28.9, longitude_deg=106.7,
            elevation_m=500.0, variable_cost_yuan_per_mwh=3.0,
        )  # fmt: skip
        return Example(asset, ports=(Port.market("bus", "mw", 500.0, 300.0),), series={"available_fraction": 0.3})
