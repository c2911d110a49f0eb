"""Reserve requirement: power above or below the planned that must stand ready in every hour."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import pyomo.environ as pyo
from pydantic import model_validator

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Rhythm, Steps
from yuqian.models.kind import Example, Fraction, Kind, Member, NonNegative, Positive, ReserveTo, SeriesNeed
from yuqian.models.ledger import Exposure, Failure, Ledger, Sense
from yuqian.models.port import Port
from yuqian.models.reserve_product import Direction, Product


class ReserveRequirement(Kind):
    """A requirement that plants count towards with what they hold back; what is missing is short, at a price.

    It opens a balance that must add up to at least nothing: what is held, and what is short, less what is required. Required is
    ``requirement_base_mw`` in every hour, or a series; with it shares of all load, and of what wind and sun have available.
    With ``covers_failures`` it also covers each single failure that assets state (a unit online, a pole of a tie), and so
    follows the optimum; what the failed asset itself holds counts unless ``without_the_failed``.

    What is held must be there within ``response_h`` (else within the step) and last for ``sustain_h`` (else as long as the
    store says); with ``from_standstill`` quick starters count that are not online. What is short costs, up to each
    ``shortage_step_mw``, the price of that step, and beyond them ``shortage_price_yuan_per_mwh``; without that price nothing
    beyond may be short.

    Of several requirements the better may stand in for the lesser: what is over, shortage included, goes on to ``surplus_to``.
    A requirement of a zone is ``part_of`` one of all: what the assets in ``provider_ids`` hold for that one counts here too.
    Markets ask for more kinds of reserve (``from_online``, ``regulates``, ``is_ramp``, ``shares_ramp``):
    :mod:`yuqian.models.ancillary_law` says what they mean.
    """

    title_en: ClassVar[str] = "Reserve requirement"
    title_zh: ClassVar[str] = "备用要求"
    series: ClassVar = {"requirement_mw": SeriesNeed("reserve", Rhythm.POWER)}
    opens: ClassVar = {"": "mw"}

    requirement_base_mw: NonNegative
    shortage_price_yuan_per_mwh: NonNegative | None = None
    direction: Direction = Direction.UP
    response_h: Positive | None = None
    sustain_h: Positive | None = None
    from_standstill: bool = False
    load_fraction: Fraction = 0.0
    variable_fraction: Fraction = 0.0
    covers_failures: bool = False
    without_the_failed: bool = False
    surplus_to: ReserveTo | None = None
    part_of: ReserveTo | None = None
    provider_ids: tuple[str, ...] = ()
    from_online: bool = True
    regulates: bool = False
    is_ramp: bool = False
    shares_ramp: bool = False
    shortage_step_mw: tuple[float, ...] = ()
    shortage_step_price_yuan_per_mwh: tuple[float, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        widths, prices = self.shortage_step_mw, self.shortage_step_price_yuan_per_mwh
        if len(widths) != len(prices):
            raise ValueError(f"each shortage_step_mw needs its price; got {len(widths)} steps and {len(prices)} prices")
        beyond = () if self.shortage_price_yuan_per_mwh is None else (self.shortage_price_yuan_per_mwh,)
        if any(width <= 0.0 for width in widths) or any(b < a for a, b in itertools.pairwise((*prices, *beyond))):
            raise ValueError("each shortage_step_mw must be more than 0, and their prices must not fall, the last one included")
        if self.covers_failures and self.direction is Direction.DOWN:
            raise ValueError("covers_failures asks for reserve upwards: what fails gave power")
        if self.without_the_failed and not self.covers_failures:
            raise ValueError("without_the_failed belongs to covers_failures")
        if not (self.from_online or self.from_standstill):
            raise ValueError("reserve comes from units online or at standstill; from_online and from_standstill exclude both")
        if bool(self.part_of) != bool(self.provider_ids):
            raise ValueError("part_of names the requirement of all, provider_ids the assets that count here; give both or none")
        if self.id in (self.surplus_to, self.part_of):
            raise ValueError("surplus_to and part_of name other requirements")
        return self

    def reserve_product(self) -> Product:
        return Product(
            self.direction, self.response_h, self.sustain_h, self.from_standstill, self.from_online, self.covers_failures,
            self.regulates, self.is_ramp, self.shares_ramp,
        )  # fmt: skip

    @property
    def _is_sized_by_others(self) -> bool:
        return bool(self.load_fraction or self.variable_fraction or self.covers_failures)

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        ledger.open(self.id, "mw", Rhythm.POWER, Sense.AT_LEAST)
        ledger.enter(self.id, self.id, "required", sign=-1, mw=lambda t: m.requirement_mw[t])
        if self.shortage_price_yuan_per_mwh is not None:
            m.shortage_mw = pyo.Var(steps.hours, dense=False, bounds=(0, None))
            if not self._is_sized_by_others:
                m.at_most_all = pyo.Constraint(steps.hours, rule=lambda m, t: m.shortage_mw[t] <= m.requirement_mw[t])
            self._enter_shortage(m, ledger, m.shortage_mw, "shortage", self.shortage_price_yuan_per_mwh)
        priced = zip(self.shortage_step_mw, self.shortage_step_price_yuan_per_mwh, strict=True)
        for k, (width, price) in enumerate(priced, start=1):
            short = pyo.Var(steps.hours, dense=False, bounds=(0, width))
            m.add_component(f"shortage_{k}_mw", short)
            self._enter_shortage(m, ledger, short, f"shortage {k}", price)
        if self.surplus_to is not None:
            m.surplus_mw = pyo.Var(steps.hours, dense=False, bounds=(0, None))
            ledger.enter(self.id, self.id, "surplus given on", sign=-1, mw=m.surplus_mw)
            ledger.enter(self.surplus_to, self.id, "surplus of a better reserve", mw=m.surplus_mw)

    def _enter_shortage(self, m: pyo.Block, ledger: Ledger, short: Any, label: str, price: float) -> None:
        ledger.enter(self.id, self.id, label, mw=short)
        ledger.cost(self.id, label, rhythm=Rhythm.POWER, yuan_per_h=lambda t: price * short[t])

    @classmethod
    def contribute_together(cls, members: Sequence[Member[Self]], m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        """Size each requirement by what the other assets have stated, and count in a zone what its assets hold for all."""
        for member in members:
            if member.asset._is_sized_by_others:
                member.asset._follow(member.block, ledger, steps)
            member.asset._count_zone(ledger)

    def _count_zone(self, ledger: Ledger) -> None:
        if self.part_of is None:
            return
        for provider in self.provider_ids:
            for entry in ledger.entered(self.part_of, provider):
                ledger.enter(self.id, provider, entry.label, sign=entry.sign, mw=entry.terms)

    def _follow(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        shares = {Exposure.LOAD: self.load_fraction, Exposure.VARIABLE: self.variable_fraction}
        exposed = [(share, terms) for what, share in shares.items() if share for _, terms in ledger.exposures[what]]
        if exposed:
            ledger.enter(
                self.id, self.id, "required for load and weather", sign=-1,
                mw=lambda t: sum([share * terms(t) for share, terms in exposed]),
            )  # fmt: skip
        if self.covers_failures:
            m.largest_failure_mw = pyo.Var(steps.hours, dense=False, bounds=(0, None))
            for k, failure in enumerate(ledger.failures, start=1):
                rule = self._covered(m, failure, ledger)
                m.add_component(f"failure_{k}", pyo.Constraint(steps.hours, rule=rule))
            ledger.enter(self.id, self.id, "required for the largest failure", sign=-1, mw=m.largest_failure_mw)

    def _covered(self, m: pyo.Block, failure: Failure, ledger: Ledger) -> Any:
        own = ledger.entered(self.id, failure.owner) if self.without_the_failed and failure.is_whole_asset else ()

        def covered(_: Any, t: Any) -> Any:
            return m.largest_failure_mw[t] >= failure.lost_mw(t) + sum([entry.sign * entry.terms(t) for entry in own])

        return covered

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        book.open(self.id, Rhythm.POWER, Sense.AT_LEAST)
        book.enter(self.id, -answer.requirement_mw)
        if self.shortage_price_yuan_per_mwh is not None:
            highest = None if self._is_sized_by_others else answer.requirement_mw
            book.within(self.id, "shortage", answer.shortage_mw, 0.0, highest)
            book.enter(self.id, answer.shortage_mw)
            book.cost(self.shortage_price_yuan_per_mwh * answer.shortage_mw, Rhythm.POWER)
        for k, (width, price) in enumerate(
            zip(self.shortage_step_mw, self.shortage_step_price_yuan_per_mwh, strict=True), start=1
        ):
            short: Floats = getattr(answer, f"shortage_{k}_mw")
            book.within(self.id, f"shortage, step {k}", short, 0.0, width)
            book.enter(self.id, short)
            book.cost(price * short, Rhythm.POWER)
        if self.surplus_to is not None:
            book.within(self.id, "surplus", answer.surplus_mw, 0.0, None)
            book.enter(self.id, -answer.surplus_mw)
            book.enter(self.surplus_to, answer.surplus_mw)

    @classmethod
    def audit_together(cls, members: Sequence[Self], answers: Mapping[str, Answer], book: Book, clock: Clock) -> None:
        for asset in members:
            for provider in asset.provider_ids if asset.part_of else ():
                book.enter(asset.id, book.entered(asset.part_of or "", provider), owner=provider)
            load, variable = (book.exposed_mw(what) for what in (Exposure.LOAD, Exposure.VARIABLE))
            book.enter(asset.id, -asset.load_fraction * load - asset.variable_fraction * variable)
            if not asset.covers_failures:
                continue
            largest = answers[asset.id].largest_failure_mw
            needed = np.zeros(clock.power.count)
            for failure in book.failures:
                own = asset.without_the_failed and failure.is_whole_asset
                held = book.entered(asset.id, failure.owner) if own else 0.0
                needed = np.maximum(needed, failure.lost_mw + held)
            book.within(asset.id, "largest failure", largest, needed, None)
            book.enter(asset.id, -largest)

    @classmethod
    def example(cls) -> Example:
        asset = cls(id="spinning", requirement_base_mw=60.0, shortage_price_yuan_per_mwh=3000.0)
        return Example(asset, ports=(Port.to_open("spinning", "mw"),), series={"requirement_mw": 60.0})
