"""Generator by profile: a plant whose limits and price of every hour are given as data."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import pyomo.environ as pyo
from pydantic import model_validator

from yuqian.models.book import Answer, Book
from yuqian.models.carry_law import carry, limit_total
from yuqian.models.clock import OPENING, Clock, Horizon, Rhythm, Steps
from yuqian.models.emission_law import audit_emission, enter_emission
from yuqian.models.kind import Bus, Capacity, CapacityGroup, EmissionTo, Example, Kind, NonNegative, SeriesNeed
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port

ANY = -float("inf")


class GeneratorProfile(Kind):
    """Gives any power between two series at a price by hour, without commitment: the plain plant of network models.

    With a ramp the power before the horizon is a decision too, unless it is given. Energy may be bounded over the horizon; a
    window of a longer one knows no least energy. With an ``emission_budget`` what it emits counts there, besides in the
    account of carbon dioxide.
    """

    title_en: ClassVar[str] = "Generator by profile"
    title_zh: ClassVar[str] = "给定出力范围和价格的电源"
    series: ClassVar = {
        "lowest_mw": SeriesNeed("given", Rhythm.POWER, low=ANY),
        "highest_mw": SeriesNeed("given", Rhythm.POWER, low=ANY),
        "price_yuan_per_mwh": SeriesNeed("given", Rhythm.POWER, low=ANY),
    }

    bus: Bus
    rated_mw: NonNegative
    ramp_up_mw_per_h: NonNegative | None = None
    ramp_down_mw_per_h: NonNegative | None = None
    initial_power_mw: float | None = None
    energy_max_mwh: float | None = None
    energy_min_mwh: float | None = None
    co2_t_per_mwh: float = 0.0
    emission_budget: EmissionTo | None = None

    @model_validator(mode="after")
    def _emits_what_counts(self) -> Self:
        if self.emission_budget is not None and not self.co2_t_per_mwh:
            raise ValueError("an emission_budget needs a co2_t_per_mwh other than nought")
        return self

    @property
    def _ramps(self) -> bool:
        return self.ramp_up_mw_per_h is not None or self.ramp_down_mw_per_h is not None

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.power_mw = pyo.Var(steps.hour_ends if self._ramps else steps.hours, dense=False)

        @m.Constraint(steps.hours)
        def must_take(m: pyo.Block, t: int) -> object:
            return m.power_mw[t] >= m.lowest_mw[t]

        @m.Constraint(steps.hours)
        def available(m: pyo.Block, t: int) -> object:
            return m.power_mw[t] <= m.highest_mw[t]

        if self._ramps:
            self._ramp(m, steps)
        self._bound_energy(m, steps)
        ledger.enter(self.bus, self.id, "generation", mw=m.power_mw)
        ledger.cost(
            self.id, "operation", rhythm=Rhythm.POWER, yuan_per_h=lambda t: m.price_yuan_per_mwh[t] * m.power_mw[t]
        )  # fmt: skip
        enter_emission(ledger, self.id, "generation", self.co2_t_per_mwh, self.emission_budget, m.power_mw.__getitem__)

    def _ramp(self, m: pyo.Block, steps: Steps) -> None:
        up, down, before = self.ramp_up_mw_per_h, self.ramp_down_mw_per_h, self.initial_power_mw
        free = (-self.rated_mw, self.rated_mw) if before is None else None
        opening = None if before is None else [before]
        carry(m, steps, Rhythm.POWER, "power_mw", m.power_mw.__getitem__, range(OPENING, 0), opening=opening, free=free)
        if before is not None and steps.horizon is Horizon.WHOLE:
            m.opens = pyo.Constraint(expr=m.power_mw[OPENING] == before)
        if up is not None:

            @m.Constraint(steps.hours)
            def ramp_up(m: pyo.Block, t: int) -> object:
                return m.power_mw[t] - m.power_mw[t - 1] <= up * steps.length_h(Rhythm.POWER, t)

        if down is not None:

            @m.Constraint(steps.hours)
            def ramp_down(m: pyo.Block, t: int) -> object:
                return m.power_mw[t - 1] - m.power_mw[t] <= down * steps.length_h(Rhythm.POWER, t)

    def _bound_energy(self, m: pyo.Block, steps: Steps) -> None:
        def energy(t: int) -> Any:
            return steps.length_h(Rhythm.POWER, t) * m.power_mw[t]

        if self.energy_max_mwh is not None:
            limit_total(m, steps, Rhythm.POWER, "energy_at_most", "energy_mwh", energy, self.energy_max_mwh)
        if self.energy_min_mwh is not None and steps.horizon is Horizon.WHOLE:
            lowest = self.energy_min_mwh

            @m.Constraint()
            def energy_at_least(m: pyo.Block) -> object:
                return sum(energy(t) for t in steps.hours) >= lowest

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        power, hours = answer.power_mw, clock.power.hours
        if self._ramps:
            self._audit_ramps(answer, book, clock)
            power = power[1:]
        book.within(self.id, "power within its profile", power, answer.lowest_mw, answer.highest_mw)
        energy, whole = np.array([(power * hours).sum()]), book.horizon is Horizon.WHOLE
        if self.energy_max_mwh is not None:
            book.within(self.id, "energy at most", energy, None, self.energy_max_mwh)
        if self.energy_min_mwh is not None and whole:
            book.within(self.id, "energy at least", energy, self.energy_min_mwh, None)
        book.enter(self.bus, power)
        book.cost(power * answer.price_yuan_per_mwh, Rhythm.POWER)
        audit_emission(book, self.co2_t_per_mwh, self.emission_budget, power)

    def _audit_ramps(self, answer: Answer, book: Book, clock: Clock) -> None:
        if self.initial_power_mw is not None and book.horizon is Horizon.WHOLE:
            book.equal(self.id, "power before the horizon", answer.power_mw[:1], self.initial_power_mw)
        change = np.diff(answer.power_mw) / clock.power.hours
        if self.ramp_up_mw_per_h is not None:
            book.within(self.id, "ramp up", change, None, self.ramp_up_mw_per_h)
        if self.ramp_down_mw_per_h is not None:
            book.within(self.id, "ramp down", -change, None, self.ramp_down_mw_per_h)

    def capacity(self) -> Capacity:
        return Capacity(self.rated_mw, CapacityGroup.GENERATION)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="plant", bus="bus", rated_mw=50.0, ramp_up_mw_per_h=8.0, ramp_down_mw_per_h=12.0, initial_power_mw=10.0,
            energy_max_mwh=2000.0, energy_min_mwh=10.0, co2_t_per_mwh=0.4, emission_budget="budget",
        )  # fmt: skip
        ports = (Port.market("bus", "mw", 500.0, 300.0), Port.market("budget", "t_per_h", 0.0, -50.0))
        return Example(asset, ports, series={"lowest_mw": 5.0, "highest_mw": 40.0, "price_yuan_per_mwh": 120.0})
