"""The parts of the chronological program of adequacy: a balance with unserved energy, and stores. No catalogue holds them."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
import pyomo.environ as pyo
from pydantic import Field

from yuqian.models.book import Answer, Book
from yuqian.models.clock import OPENING, Clock, Rhythm, Steps
from yuqian.models.kind import Bus, Fraction, Kind, NonNegative, SeriesNeed
from yuqian.models.ledger import Ledger

UNSERVED_YUAN_PER_MWH = 1000.0
"""Any price would do; this one is of the size of a solver's unit of money."""


class SupplyMargin(Kind):
    """Supply less demand as data: what is over may be left, what is missing is unserved, at the only price there is."""

    title_en: ClassVar[str] = "Margin of supply"
    title_zh: ClassVar[str] = "供需裕度"
    catalogued: ClassVar[bool] = False
    series: ClassVar = {"margin_mw": SeriesNeed("given", Rhythm.POWER, low=float("-inf"))}
    opens: ClassVar = {"": "mw"}

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.unserved_mw = pyo.Var(steps.hours, dense=False, bounds=(0, None))
        m.left_mw = pyo.Var(steps.hours, dense=False, bounds=(0, None))
        ledger.open(self.id, "mw", Rhythm.POWER)
        ledger.enter(self.id, self.id, "margin", mw=lambda t: m.margin_mw[t])
        ledger.enter(self.id, self.id, "unserved", mw=m.unserved_mw)
        ledger.enter(self.id, self.id, "left", sign=-1, mw=m.left_mw)
        ledger.cost(self.id, "unserved", rhythm=Rhythm.POWER, yuan_per_h=lambda t: UNSERVED_YUAN_PER_MWH * m.unserved_mw[t])

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        book.open(self.id, Rhythm.POWER)
        book.within(self.id, "unserved", answer.unserved_mw, 0.0, None)
        book.within(self.id, "left", answer.left_mw, 0.0, None)
        book.enter(self.id, answer.margin_mw + answer.unserved_mw - answer.left_mw)
        book.cost(1000.0 * answer.unserved_mw, Rhythm.POWER)


class AdequacyStore(Kind):
    """A store that begins full and may end empty, counted in what it can still give; its powers are data."""

    title_en: ClassVar[str] = "Store of adequacy"
    title_zh: ClassVar[str] = "充裕度储能"
    catalogued: ClassVar[bool] = False
    series: ClassVar = {
        "discharge_max_mw": SeriesNeed("given", Rhythm.POWER),
        "charge_max_mw": SeriesNeed("given", Rhythm.POWER),
    }

    bus: Bus
    energy_max_mwh: Annotated[float, Field(gt=0)]
    efficiency_fraction: Fraction
    opening_mwh: NonNegative

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.discharge_mw = pyo.Var(steps.hours, dense=False, bounds=(0, None))
        m.charge_mw = pyo.Var(steps.hours, dense=False, bounds=(0, None))
        m.energy_mwh = pyo.Var(steps.hour_ends, dense=False, bounds=(0, self.energy_max_mwh))
        gain = self.efficiency_fraction

        @m.Constraint(steps.hours)
        def highest_discharge(m: pyo.Block, t: int) -> object:
            return m.discharge_mw[t] <= m.discharge_max_mw[t]

        @m.Constraint(steps.hours)
        def highest_charge(m: pyo.Block, t: int) -> object:
            return m.charge_mw[t] <= m.charge_max_mw[t]

        @m.Constraint(steps.hours)
        def energy(m: pyo.Block, t: int) -> object:
            gained = steps.length_h(Rhythm.POWER, t) * (gain * m.charge_mw[t] - m.discharge_mw[t])
            return m.energy_mwh[t] <= m.energy_mwh[t - 1] + gained

        m.opens = pyo.Constraint(expr=m.energy_mwh[OPENING] == self.opening_mwh)
        ledger.enter(self.bus, self.id, "discharge", mw=m.discharge_mw)
        ledger.enter(self.bus, self.id, "charge", sign=-1, mw=m.charge_mw)

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        book.within(self.id, "discharge", answer.discharge_mw, 0.0, answer.discharge_max_mw)
        book.within(self.id, "charge", answer.charge_mw, 0.0, answer.charge_max_mw)
        book.within(self.id, "energy", answer.energy_mwh, 0.0, self.energy_max_mwh)
        gained = (answer.charge_mw * self.efficiency_fraction - answer.discharge_mw) * clock.power.hours
        book.within(self.id, "energy law", np.diff(answer.energy_mwh), None, gained)
        book.equal(self.id, "opens as given", answer.energy_mwh[:1], self.opening_mwh)
        book.enter(self.bus, answer.discharge_mw - answer.charge_mw)
