"""Back-to-back tie: a converter station between two grids."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
import pyomo.environ as pyo
from pydantic import Field

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.kind import Bus, Example, Fraction, Kind, NonNegative, Positive, SeriesNeed
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port


class BackToBack(Kind):
    """Buys power from, and sells it to, the grid on the far side, both ways within an hour, without a minimum flow.

    Powers are at our bus. To import ``m`` the far side gives ``m / (1 - loss)``, paid at its price and wheeling; of an
    export ``e`` the far side receives ``e * (1 - loss)``, sold at its price less wheeling. The converters' standing loss
    is a constant load. To import and export one MW at once would cost ``(price + wheeling) / (1 - loss) - (price -
    wheeling) * (1 - loss)``, which is never negative while the price is not; so the optimum has no use for it, and the
    series of prices is refused below nought.
    """

    title_en: ClassVar[str] = "Back-to-back tie"
    title_zh: ClassVar[str] = "背靠背联网工程"
    series: ClassVar = {"price_yuan_per_mwh": SeriesNeed("price", Rhythm.POWER)}

    bus: Bus
    power_max_mw: Positive
    loss_fraction: Annotated[float, Field(ge=0, lt=1)]
    standing_loss_fraction: Fraction
    availability_fraction: Fraction
    price_mean_yuan_per_mwh: NonNegative
    price_swing_fraction: Fraction
    price_season_fraction: Fraction = 0.0
    wheeling_yuan_per_mwh: NonNegative

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        highest = self.power_max_mw * self.availability_fraction
        m.import_mw = pyo.Var(steps.hours, dense=False, bounds=(0, highest))
        m.export_mw = pyo.Var(steps.hours, dense=False, bounds=(0, highest))
        kept, wheeling = 1.0 - self.loss_fraction, self.wheeling_yuan_per_mwh
        standing = self.standing_loss_fraction * self.power_max_mw
        ledger.enter(self.bus, self.id, "import", mw=m.import_mw)
        ledger.enter(self.bus, self.id, "export", sign=-1, mw=m.export_mw)
        if standing:
            ledger.enter(self.bus, self.id, "standing loss", sign=-1, mw=lambda t: standing)
        ledger.cost(
            self.id, "import", rhythm=Rhythm.POWER,
            yuan_per_h=lambda t: (m.price_yuan_per_mwh[t] + wheeling) / kept * m.import_mw[t],
        )  # fmt: skip
        ledger.cost(
            self.id, "export", rhythm=Rhythm.POWER,
            yuan_per_h=lambda t: (wheeling - m.price_yuan_per_mwh[t]) * kept * m.export_mw[t],
        )  # fmt: skip

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        highest = self.power_max_mw * self.availability_fraction
        book.within(self.id, "import", answer.import_mw, 0.0, highest)
        book.within(self.id, "export", answer.export_mw, 0.0, highest)
        standing = np.full(clock.power.count, self.standing_loss_fraction * self.power_max_mw)
        book.enter(self.bus, answer.import_mw - answer.export_mw - standing)
        given, received = answer.import_mw / (1 - self.loss_fraction), answer.export_mw * (1 - self.loss_fraction)
        traded = (given - received) * answer.price_yuan_per_mwh
        book.cost(traded + (given + received) * self.wheeling_yuan_per_mwh, Rhythm.POWER)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="tie", bus="bus", power_max_mw=3000.0, loss_fraction=0.018, standing_loss_fraction=0.001,
            availability_fraction=0.97, price_mean_yuan_per_mwh=350.0, price_swing_fraction=0.3,
            price_season_fraction=0.1, wheeling_yuan_per_mwh=30.0,
        )  # fmt: skip
        return Example(asset, ports=(Port.market("bus", "mw", 500.0, 420.0),), series={"price_yuan_per_mwh": 360.0})
