"""Dual-fuel unit: a thermal unit that can burn another fuel instead of its own."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import pyomo.environ as pyo
from pydantic import model_validator

from yuqian.models.book import Answer, Book
from yuqian.models.carry_law import carry
from yuqian.models.clock import OPENING, Clock, Floats, Horizon, Rhythm, Steps
from yuqian.models.commitment_law import Commitment
from yuqian.models.kind import CoalFrom, Example
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port
from yuqian.models.thermal_unit import ThermalUnit


class DualFuelUnit(ThermalUnit):
    """One thermal unit with a second fuel, of which it burns as much, at a price above that of the first.

    A unit that blends burns any share of either. One that does not burns one fuel in a step, and changes over between steps, or
    only at standstill (``switches_online`` false). Starts burn as the unit does in that step. The model is that of Egret
    (grid-parity-exchange/Egret, ``fuel_consumption``).
    """

    title_en: ClassVar[str] = "Dual-fuel unit"
    title_zh: ClassVar[str] = "双燃料机组"

    other_fuel_from: CoalFrom | None = None
    other_premium_yuan_per_t: float
    blends: bool = False
    switches_online: bool = True
    began_on_other: bool = False

    @model_validator(mode="after")
    def _has_two_fuels(self) -> Self:
        if self.unit_count != 1 or not self.curve_fuel_t_per_h:
            raise ValueError("a dual-fuel unit is one unit, whose first fuel stands in fuel_from and curve_fuel_t_per_h")
        if self.blends and not self.switches_online:
            raise ValueError("a unit that blends its fuels switches them online; set switches_online")
        return self

    def can_be_grouped(self, clock: Clock) -> bool:
        return False

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        super().contribute(m, ledger, steps)
        law, line = self.switching(steps.clock, ledger.product), self.fuel_line()
        if line is None or self.fuel_from is None:
            return
        m.other_t_per_h = pyo.Var(steps.hours, dense=False, bounds=(0, None))

        def burnt(t: Any) -> Any:
            return line.rate(m, t) + law.fuel_per_h(m, t) if law.burns else line.rate(m, t)

        m.other_at_most = pyo.Constraint(steps.hours, rule=lambda m, t: m.other_t_per_h[t] <= burnt(t))
        if not self.blends:
            self._burn_one(m, steps, burnt)
        ledger.enter(self.fuel_from, self.id, "burnt of the other fuel", rhythm=Rhythm.POWER, t_per_h=m.other_t_per_h)
        if self.other_fuel_from is not None:
            ledger.enter(self.other_fuel_from, self.id, "burnt", sign=-1, rhythm=Rhythm.POWER, t_per_h=m.other_t_per_h)
        premium = self.other_premium_yuan_per_t
        ledger.cost(self.id, "other fuel", rhythm=Rhythm.POWER, yuan_per_h=lambda t: premium * m.other_t_per_h[t])

    def _most_t_per_h(self, clock: Clock) -> float:
        """What it could burn in a step at full power and with a start, t/h."""
        return max(self.curve_fuel_t_per_h) + max(self.start_fuel_t, default=0.0) / float(clock.power.hours[0])

    def _burn_one(self, m: pyo.Block, steps: Steps, burnt: Any) -> None:
        domain = pyo.NonNegativeIntegers if self.commitment is Commitment.INTEGER else pyo.NonNegativeReals
        most = self._most_t_per_h(steps.clock)
        m.on_other_count = pyo.Var(steps.hour_ends, dense=False, domain=domain, bounds=(0, 1))
        before = float(self.began_on_other)
        carry(m, steps, Rhythm.POWER, "on_other_count", m.on_other_count.__getitem__, range(OPENING, 0), opening=[before])
        if steps.horizon is Horizon.WHOLE:
            m.on_other_before = pyo.Constraint(expr=m.on_other_count[OPENING] == before)
        rules = {
            "other_while_online": lambda m, t: m.on_other_count[t] <= m.online_count[t],
            "other_fuel_alone": lambda m, t: m.other_t_per_h[t] <= most * m.on_other_count[t],
            "first_fuel_alone": lambda m, t: burnt(t) - m.other_t_per_h[t] <= most * (m.online_count[t] - m.on_other_count[t]),
        }
        if not self.switches_online:
            rules["to_other"] = lambda m, t: m.on_other_count[t] - m.on_other_count[t - 1] <= m.start_count[t]
            rules["to_first"] = lambda m, t: (
                m.online_count[t] - m.on_other_count[t] - m.online_count[t - 1] + m.on_other_count[t - 1] <= m.start_count[t]
            )
        for name, rule in rules.items():
            m.add_component(name, pyo.Constraint(steps.hours, rule=rule))

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        super().audit(answer, book, clock)
        other = answer.other_t_per_h
        burnt = self._burnt_t_per_h(answer, clock)
        book.within(self.id, "other fuel", other, 0.0, burnt)
        if not self.blends:
            self._audit_one(answer, book, clock, burnt)
        if self.fuel_from is not None:
            book.enter(self.fuel_from, other, Rhythm.POWER)
        if self.other_fuel_from is not None:
            book.enter(self.other_fuel_from, -other, Rhythm.POWER)
        book.cost(self.other_premium_yuan_per_t * other, Rhythm.POWER)

    def _burnt_t_per_h(self, answer: Answer, clock: Clock) -> Floats:
        """Again from the answer: what production and starts burn, shape (steps,)."""
        line, scratch = self.fuel_line(), Book(clock)
        law = self.switching(clock)
        starts = np.array(law.tiers.fuel) @ law.tiers.audit(self.id, answer, scratch, law.units)
        burnt: Floats = starts / clock.power.hours + (0.0 if line is None else line.audit(self.id, answer, scratch))
        return burnt

    def _audit_one(self, answer: Answer, book: Book, clock: Clock, burnt: Floats) -> None:
        online, on_other, other = answer.online_count, answer.on_other_count, answer.other_t_per_h
        on_first, most = online - on_other, self._most_t_per_h(clock)
        if book.horizon is Horizon.WHOLE:
            book.equal(self.id, "fuel before", on_other[:1], float(self.began_on_other))
        book.within(self.id, "on the other fuel", on_other[1:], 0.0, online[1:])
        book.within(self.id, "other fuel alone", other, None, most * on_other[1:])
        book.within(self.id, "first fuel alone", burnt - other, None, most * on_first[1:])
        if self.commitment is Commitment.INTEGER:
            book.equal(self.id, "one fuel or the other", on_other, np.round(on_other))
        if not self.switches_online:
            starts = answer.start_count[-len(other) :]
            for name, on in (("other", on_other), ("first", on_first)):
                book.within(self.id, f"changes to the {name} fuel", np.diff(on), None, starts)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="dual", bus="bus", power_min_mw=100.0, power_max_mw=300.0, ramp_up_mw_per_h=200.0, ramp_down_mw_per_h=200.0,
            ramp_startup_mw=300.0, ramp_shutdown_mw=300.0, time_up_minimum_h=2.0, time_down_minimum_h=2.0,
            initial_status_h=3.0, initial_power_mw=180.0, start_lag_h=(2.0, 4.0), start_cost_yuan=(40e3, 90e3),
            start_fuel_t=(5.0, 9.0), curve_power_mw=(100.0, 200.0, 300.0), curve_cost_yuan_per_h=(32e3, 60e3, 90e3),
            curve_fuel_t_per_h=(30.0, 58.0, 88.0), fuel_from="gas", other_fuel_from="oil", other_premium_yuan_per_t=150.0,
            switches_online=False, commitment=Commitment.INTEGER,
        )  # fmt: skip
        oil = Port.to_open("oil", "t_per_h", 50.0, is_hourly=True).model_copy(update={"opens_balance": True})
        gas = Port.to_open("gas", "t_per_h", 100.0, is_hourly=True).model_copy(update={"opens_balance": True})
        return Example(asset, ports=(gas, oil, Port.market("bus", "mw", 900.0, 400.0)))
