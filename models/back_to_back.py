"""Back-to-back tie: a converter station between two grids."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Self

import pyomo.environ as pyo
from pydantic import Field, model_validator

from yuqian.models.adequacy import Adequacy, Machines
from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Rhythm, Steps
from yuqian.models.commitment_law import Commitment
from yuqian.models.kind import Bus, Example, Fraction, Kind, NonNegative, Positive, ReserveTo, SeriesNeed
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port
from yuqian.models.reserve_law import Offers
from yuqian.models.schedule_law import Schedule
from yuqian.models.settlement_law import DayBand


class BackToBack(Kind):
    """Buys power from, and sells it to, the grid on the far side, both ways, without a minimum flow.

    Powers are at our bus. To import ``m`` the far side gives ``m / (1 - loss)``, paid at its price and wheeling; of an
    export ``e`` the far side receives ``e * (1 - loss)``, paid for at its price to sellers less wheeling; the near side's price
    is that of the bus. The converters' standing loss is a constant load of the poles in service. To import and export one MW at
    once would cost ``(price + wheeling) / (1 - loss) - (price to sellers - wheeling) * (1 - loss)``, which is never negative
    while the far side does not buy dearer than it sells; elsewhere a commitment keeps the tie to one way at a time.

    The tie may be a contract. Its exchange keeps still over blocks of ``block_h`` from midnight; after a change the next
    comes no sooner than ``hold_h`` later; a day sees at most ``changes_max_per_day`` changes, and ``reversals_max_per_day``
    turns of its direction. Changes and direction are whole decisions or, relaxed, shares of one, by ``commitment``. The energy
    of each day (24 h from midnight, at our bus) that is imported, exported, or imported net of exports lies in a band; outside
    it at the deviation price, if any.

    A station of poles has what its poles in service can carry together, at most its rating: in a window of ``outage_from`` to
    ``outage_until`` the pole of that name is out. What is left of imports under stress is a series too. The headroom, up to
    what could be imported and down to what could be exported, may be held for reserve requirements. The largest pole in
    service is a contingency: it takes its share of the import with it, and all that the tie holds in reserve is taken to be
    gone.
    """

    title_en: ClassVar[str] = "Back-to-back tie"
    title_zh: ClassVar[str] = "背靠背联网工程"
    series: ClassVar = {
        "price_yuan_per_mwh": SeriesNeed("price", Rhythm.POWER),
        "price_to_sellers_yuan_per_mwh": SeriesNeed("price_to_sellers", Rhythm.POWER, otherwise="price_yuan_per_mwh"),
        "in_service_fraction": SeriesNeed("poles", Rhythm.POWER, high=1.0, otherwise=1.0),
        "largest_pole_fraction": SeriesNeed("largest_pole", Rhythm.POWER, high=1.0, otherwise=1.0),
        "import_limit_fraction": SeriesNeed("imports", Rhythm.POWER, high=1.0, otherwise=1.0),
    }

    bus: Bus
    power_max_mw: Positive
    loss_fraction: Annotated[float, Field(ge=0, lt=1)]
    standing_loss_fraction: Fraction
    availability_fraction: Fraction
    price_mean_yuan_per_mwh: NonNegative
    price_swing_fraction: Fraction
    price_season_fraction: Fraction = 0.0
    price_to_sellers_mean_yuan_per_mwh: NonNegative | None = None
    price_to_sellers_swing_fraction: Fraction | None = None
    wheeling_yuan_per_mwh: NonNegative
    pole: tuple[str, ...] = ()
    pole_power_max_mw: tuple[Positive, ...] = ()
    outage_pole: tuple[str, ...] = ()
    outage_from: tuple[dt.datetime, ...] = ()
    outage_until: tuple[dt.datetime, ...] = ()
    block_h: NonNegative = 0.0
    hold_h: NonNegative = 0.0
    reversals_max_per_day: NonNegative | None = None
    changes_max_per_day: NonNegative | None = None
    commitment: Commitment | None = None
    opening_exchange_mw: float | None = None
    import_of_day_min_mwh: NonNegative | None = None
    import_of_day_max_mwh: NonNegative | None = None
    export_of_day_min_mwh: NonNegative | None = None
    export_of_day_max_mwh: NonNegative | None = None
    net_import_of_day_min_mwh: float | None = None
    net_import_of_day_max_mwh: float | None = None
    deviation_price_yuan_per_mwh: NonNegative | None = None
    reserve: ReserveTo | None = None
    reserves: tuple[ReserveTo, ...] = ()
    outage_forced_fraction: Fraction | None = None
    repair_mean_h: Positive | None = None

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        self.schedule()
        self.bands()
        if len(self.pole) != len(self.pole_power_max_mw) or len(set(self.pole)) != len(self.pole):
            raise ValueError("each pole needs a name of its own and its rating")
        if not len(self.outage_pole) == len(self.outage_from) == len(self.outage_until):
            raise ValueError("each outage needs its pole, its beginning and its end")
        for name, begin, end in zip(self.outage_pole, self.outage_from, self.outage_until, strict=True):
            if name not in self.pole:
                raise ValueError(f"there is no pole '{name}'; there are {', '.join(self.pole) or 'none'}")
            if end <= begin:
                raise ValueError(f"the outage of '{name}' from {begin} must end later than {end}")
        return self

    def schedule(self) -> Schedule:
        """How the exchange may change."""
        return Schedule(
            self.power_max_mw * self.availability_fraction, self.block_h, self.hold_h, self.reversals_max_per_day,
            self.changes_max_per_day, self.commitment, self.opening_exchange_mw,
        )  # fmt: skip

    def bands(self) -> tuple[DayBand, DayBand, DayBand]:
        """Daily settlement of imports, of exports, and of imports net of exports."""
        price = self.deviation_price_yuan_per_mwh
        return (
            DayBand("import", self.import_of_day_min_mwh, self.import_of_day_max_mwh, price),
            DayBand("export", self.export_of_day_min_mwh, self.export_of_day_max_mwh, price),
            DayBand("net_import", self.net_import_of_day_min_mwh, self.net_import_of_day_max_mwh, price),
        )

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        highest = self.power_max_mw * self.availability_fraction
        m.import_mw = pyo.Var(steps.hours, dense=False, bounds=(0, highest))
        m.export_mw = pyo.Var(steps.hours, dense=False, bounds=(0, highest))

        def importable(t: Any) -> Any:
            return highest * m.in_service_fraction[t] * m.import_limit_fraction[t]

        @m.Constraint(steps.hours)
        def import_limit(m: pyo.Block, t: int) -> object:
            return m.import_mw[t] <= importable(t)

        @m.Constraint(steps.hours)
        def export_limit(m: pyo.Block, t: int) -> object:
            return m.export_mw[t] <= highest * m.in_service_fraction[t]

        self.schedule().declare(m, steps)
        flows = (m.import_mw.__getitem__, m.export_mw.__getitem__, lambda t: m.import_mw[t] - m.export_mw[t])
        for band, power in zip(self.bands(), flows, strict=True):
            band.declare(m, ledger, steps, self.id, power)
        self._hold_reserve(m, ledger, steps, importable)
        self._enter_flows(m, ledger)

    def _hold_reserve(self, m: pyo.Block, ledger: Ledger, steps: Steps, importable: Callable[[Any], Any]) -> None:
        highest = self.power_max_mw * self.availability_fraction
        offers = Offers.of(self.reserve, self.reserves, ledger.product)
        offers.declare(m, steps)
        if offers.has_up:

            @m.Constraint(steps.hours)
            def headroom(m: pyo.Block, t: int) -> object:
                return offers.up(m, t) + m.import_mw[t] - m.export_mw[t] <= importable(t)

        if offers.has_down:

            @m.Constraint(steps.hours)
            def headroom_down(m: pyo.Block, t: int) -> object:
                return offers.down(m, t) - m.import_mw[t] + m.export_mw[t] <= highest * m.in_service_fraction[t]

        offers.enter(m, ledger, self.id, "headroom of the tie")
        if ledger.covers_failures:
            ledger.may_fail(
                self.id, "pole", lambda t: m.largest_pole_fraction[t] * m.import_mw[t], is_whole_asset=True
            )  # fmt: skip

    def _enter_flows(self, m: pyo.Block, ledger: Ledger) -> None:
        kept, wheeling = 1.0 - self.loss_fraction, self.wheeling_yuan_per_mwh
        standing = self.standing_loss_fraction * self.power_max_mw
        ledger.enter(self.bus, self.id, "import", mw=m.import_mw)
        ledger.enter(self.bus, self.id, "export", sign=-1, mw=m.export_mw)
        if standing:
            ledger.enter(self.bus, self.id, "standing loss", sign=-1, mw=lambda t: standing * m.in_service_fraction[t])
        ledger.cost(
            self.id, "import", rhythm=Rhythm.POWER,
            yuan_per_h=lambda t: (m.price_yuan_per_mwh[t] + wheeling) / kept * m.import_mw[t],
        )  # fmt: skip
        ledger.cost(
            self.id, "export", rhythm=Rhythm.POWER,
            yuan_per_h=lambda t: (wheeling - m.price_to_sellers_yuan_per_mwh[t]) * kept * m.export_mw[t],
        )  # fmt: skip

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        in_service = self.power_max_mw * answer.in_service_fraction
        highest = in_service * self.availability_fraction
        importable: Floats = highest * answer.import_limit_fraction
        book.within(self.id, "import", answer.import_mw, 0.0, importable)
        book.within(self.id, "export", answer.export_mw, 0.0, highest)
        net = answer.import_mw - answer.export_mw
        self.schedule().audit(self.id, answer, book, clock)
        for band, power in zip(self.bands(), (answer.import_mw, answer.export_mw, net), strict=True):
            band.audit(self.id, answer, book, clock, power)
        offers = Offers.of(self.reserve, self.reserves, book.product)
        up, down = offers.held(answer, clock.power.count)
        if offers.has_up:
            book.within(self.id, "headroom", up, None, importable - net)
        if offers.has_down:
            book.within(self.id, "headroom down", down, None, highest + net)
        offers.audit(self.id, answer, book)
        book.may_fail(self.id, answer.largest_pole_fraction * answer.import_mw, is_whole_asset=True)
        book.enter(self.bus, net - self.standing_loss_fraction * in_service)
        given, received = answer.import_mw / (1 - self.loss_fraction), answer.export_mw * (1 - self.loss_fraction)
        bought, sold = given * answer.price_yuan_per_mwh, received * answer.price_to_sellers_yuan_per_mwh
        book.cost(bought - sold + (given + received) * self.wheeling_yuan_per_mwh, Rhythm.POWER)

    def adequacy(self, series: Mapping[str, Floats], clock: Clock) -> Adequacy:
        ratings = self.pole_power_max_mw or (self.power_max_mw,)
        together = min(self.power_max_mw / sum(ratings), 1.0)
        out, left = 1.0 - self.availability_fraction, series["in_service_fraction"] * series["import_limit_fraction"]
        poles = tuple(
            Machines.with_outages(1, rating * together, out, self.outage_forced_fraction, self.repair_mean_h, left)
            for rating in ratings
        )
        standing = self.standing_loss_fraction * self.power_max_mw * series["in_service_fraction"]
        return Adequacy(imports=poles, demand_mw=standing, export_max_mw=self.power_max_mw * self.availability_fraction)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="tie", bus="bus", power_max_mw=3000.0, loss_fraction=0.018, standing_loss_fraction=0.001,
            availability_fraction=0.97, price_mean_yuan_per_mwh=350.0, price_swing_fraction=0.3,
            price_season_fraction=0.1, wheeling_yuan_per_mwh=30.0,
        )  # fmt: skip
        prices = {"price_yuan_per_mwh": 360.0, "price_to_sellers_yuan_per_mwh": 360.0}
        shares = {"in_service_fraction": 1.0, "largest_pole_fraction": 0.5, "import_limit_fraction": 1.0}
        return Example(asset, ports=(Port.market("bus", "mw", 500.0, 420.0),), series=prices | shares)
