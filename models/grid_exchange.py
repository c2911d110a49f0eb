"""Grid exchange: trade with the province's grid at a bus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pyomo.environ as pyo

from yuqian.models.adequacy import Adequacy, Machines
from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Rhythm, Steps
from yuqian.models.kind import Bus, Example, Fraction, Kind, NonNegative, Positive, SeriesNeed
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port


class GridExchange(Kind):
    """Sells to the grid at its price and buys from it at its price and wheeling, each within a limit.

    Wheeling must be more than nothing: it makes buying dearer than selling, so that the optimum never does both at once. What
    is left of the limit on imports under stress is a series.
    """

    title_en: ClassVar[str] = "Exchange with the grid"
    title_zh: ClassVar[str] = "与主网电力交换"
    series: ClassVar = {
        "price_yuan_per_mwh": SeriesNeed("price", Rhythm.POWER),
        "import_limit_fraction": SeriesNeed("imports", Rhythm.POWER, high=1.0, otherwise=1.0),
    }

    bus: Bus
    power_export_max_mw: NonNegative
    power_import_max_mw: NonNegative
    price_mean_yuan_per_mwh: NonNegative
    price_swing_fraction: Fraction
    wheeling_yuan_per_mwh: Positive

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.export_mw = pyo.Var(steps.hours, dense=False, bounds=(0, self.power_export_max_mw))
        m.import_mw = pyo.Var(steps.hours, dense=False, bounds=(0, self.power_import_max_mw))
        wheeling = self.wheeling_yuan_per_mwh

        @m.Constraint(steps.hours)
        def import_limit(m: pyo.Block, t: int) -> object:
            return m.import_mw[t] <= self.power_import_max_mw * m.import_limit_fraction[t]

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
        series = {"price_yuan_per_mwh": 396.0, "import_limit_fraction": 1.0}
        return Example(asset, ports=(Port.market("bus", "mw", 350.0, 300.0),), series=series)
