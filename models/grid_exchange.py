"""Grid exchange: trade with the province's grid at a bus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

import pyomo.environ as pyo
from pydantic import Field, model_validator

from yuqian.models.adequacy import Adequacy, Machines
from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Rhythm, Steps
from yuqian.models.kind import Bus, Example, Fraction, Kind, NonNegative, Positive, SeriesNeed
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port

HourOfDay = Annotated[float, Field(ge=0, le=24)]


class GridExchange(Kind):
    """Sells to the grid at its price and buys from it at its price and wheeling, each within a limit.

    Wheeling must be more than nothing: it makes buying dearer than selling, so that the optimum never does both at once. What
    is left of the limit on imports under stress is a series. A firm export may be owed, net of imports, in some hours of
    every day; what is lacking of it is cut, at a price.
    """

    title_en: ClassVar[str] = "Exchange with the grid"
    title_zh: ClassVar[str] = "与主网电力交换"
    series: ClassVar = {
        "price_yuan_per_mwh": SeriesNeed("price", Rhythm.POWER),
        "import_limit_fraction": SeriesNeed("imports", Rhythm.POWER, high=1.0, otherwise=1.0),
        "export_owed_mw": SeriesNeed("firm_export", Rhythm.POWER, otherwise=0.0),
    }

    bus: Bus
    power_export_max_mw: NonNegative
    power_import_max_mw: NonNegative
    price_mean_yuan_per_mwh: NonNegative
    price_swing_fraction: Fraction
    wheeling_yuan_per_mwh: Positive
    export_firm_mw: NonNegative = 0.0
    export_firm_first_h: HourOfDay = 0.0
    export_firm_last_h: HourOfDay = 24.0
    export_shortage_price_yuan_per_mwh: NonNegative | None = None

    @model_validator(mode="after")
    def _owes_what_it_can(self) -> Self:
        if self.export_firm_mw and self.export_shortage_price_yuan_per_mwh is None:
            raise ValueError("a firm export needs a price for what is lacking: give export_shortage_price_yuan_per_mwh")
        if self.export_firm_mw > self.power_export_max_mw:
            raise ValueError(f"{self.export_firm_mw:g} MW cannot be owed where {self.power_export_max_mw:g} MW can be exported")
        if self.export_firm_first_h >= self.export_firm_last_h:
            raise ValueError("the hours of the firm export must end later than they begin")
        return self

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.export_mw = pyo.Var(steps.hours, dense=False, bounds=(0, self.power_export_max_mw))
        m.import_mw = pyo.Var(steps.hours, dense=False, bounds=(0, self.power_import_max_mw))
        wheeling = self.wheeling_yuan_per_mwh

        @m.Constraint(steps.hours)
        def import_limit(m: pyo.Block, t: int) -> object:
            return m.import_mw[t] <= self.power_import_max_mw * m.import_limit_fraction[t]

        if self.export_firm_mw:
            m.shed_mw = pyo.Var(steps.hours, dense=False, bounds=(0, None))

            @m.Constraint(steps.hours)
            def owed(m: pyo.Block, t: int) -> object:
                return m.export_mw[t] - m.import_mw[t] + m.shed_mw[t] >= m.export_owed_mw[t]

            short = self.export_shortage_price_yuan_per_mwh
            ledger.cost(self.id, "shed", rhythm=Rhythm.POWER, yuan_per_h=lambda t: short * m.shed_mw[t])
        ledger.enter(self.bus, self.id, "import", mw=m.import_mw)
        ledger.enter(self.bus, self.id, "export", sign=-1, mw=m.export_mw)
        ledger.cost(
            self.id, "import", rhythm=Rhythm.POWER,
            yuan_per_h=lambda t: (m.price_yuan_per_mwh[t] + wheeling) * m.import_mw[t],
        )  # fmt: skip
        ledger.cost(
            self.id, "export", rhythm=Rhythm.POWER, yuan_per_h=lambda t: -m.price_yuan_per_mwh[t] * m.export_mw[t]
        )  # fmt: skip

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        book.within(self.id, "import", answer.import_mw, 0.0, self.power_import_max_mw * answer.import_limit_fraction)
        book.within(self.id, "export", answer.export_mw, 0.0, self.power_export_max_mw)
        bought = answer.import_mw - answer.export_mw
        if self.export_shortage_price_yuan_per_mwh is not None and self.export_firm_mw:
            book.within(self.id, "cut of the firm export", answer.shed_mw, 0.0, None)
            book.within(self.id, "firm export", answer.shed_mw - bought, answer.export_owed_mw, None)
            book.cost(answer.shed_mw * self.export_shortage_price_yuan_per_mwh, Rhythm.POWER)
        book.enter(self.bus, bought)
        book.cost(bought * answer.price_yuan_per_mwh + answer.import_mw * self.wheeling_yuan_per_mwh, Rhythm.POWER)

    def adequacy(self, series: Mapping[str, Floats], clock: Clock) -> Adequacy:
        return Adequacy(imports=(Machines(1, self.power_import_max_mw),), export_max_mw=self.power_export_max_mw)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="grid", bus="bus", power_export_max_mw=3500.0, power_import_max_mw=2000.0, price_mean_yuan_per_mwh=396.0,
            price_swing_fraction=0.5, wheeling_yuan_per_mwh=40.0,
        )  # fmt: skip
        series = {"price_yuan_per_mwh": 396.0, "import_limit_fraction": 1.0, "export_owed_mw": 0.0}
        return Example(asset, ports=(Port.market("bus", "mw", 350.0, 300.0),), series=series)
