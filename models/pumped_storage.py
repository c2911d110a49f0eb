"""Pumped storage: reversible units between two basins."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.kind import (
    Bus,
    Capacity,
    CapacityGroup,
    Count,
    Example,
    Fraction,
    Kind,
    NonNegative,
    Positive,
    WaterFrom,
)
from yuqian.models.ledger import Account, Ledger
from yuqian.models.port import Port
from yuqian.models.storage_law import audit_closing, close_stock
from yuqian.models.units import HM3_PER_M3_PER_S_HOUR, HOURS_PER_YEAR


class PumpedStorage(Kind):
    """A pumped-storage station in linear form: its upper basin as energy that the units could generate from it.

    Charging takes ``charge_mw`` from the bus and stores ``efficiency_pump * efficiency_generate`` of it as energy at the
    terminals; the energy of the basin is counted in what it would generate. The basins lose water to evaporation and
    seepage; the make-up is drawn evenly through the year.
    """

    title_en: ClassVar[str] = "Pumped storage"
    title_zh: ClassVar[str] = "抽水蓄能电站"

    bus: Bus
    water_node: WaterFrom | None = None
    unit_count: Count
    unit_power_generate_mw: Positive
    unit_power_pump_mw: Positive
    efficiency_generate_fraction: Fraction
    efficiency_pump_fraction: Fraction
    energy_max_mwh: Positive
    availability_fraction: Fraction
    make_up_hm3_per_year: NonNegative
    variable_cost_yuan_per_mwh: NonNegative

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        available = self.unit_count * self.availability_fraction
        m.discharge_mw = pyo.Var(steps.hours, dense=False, bounds=(0, available * self.unit_power_generate_mw))
        m.charge_mw = pyo.Var(steps.hours, dense=False, bounds=(0, available * self.unit_power_pump_mw))
        m.energy_mwh = pyo.Var(steps.hour_ends, dense=False, bounds=(0, self.energy_max_mwh))
        round_trip = self.efficiency_pump_fraction * self.efficiency_generate_fraction

        @m.Constraint(steps.hours)
        def energy(m: pyo.Block, t: int) -> object:
            gained = round_trip * m.charge_mw[t] - m.discharge_mw[t]
            return m.energy_mwh[t] == m.energy_mwh[t - 1] + steps.length_h(Rhythm.POWER, t) * gained

        close_stock(m, m.energy_mwh, steps.clock.power.last, opening=None)
        ledger.enter(self.bus, self.id, "discharge", mw=m.discharge_mw)
        ledger.enter(self.bus, self.id, "charge", sign=-1, mw=m.charge_mw)
        if self.water_node is not None and self.make_up_hm3_per_year:
            flow = self.make_up_m3_per_s()
            ledger.enter(self.water_node, self.id, "make-up water", sign=-1, m3_per_s=lambda d: flow)
            ledger.account(Account.ALLOCATION, self.id, "power", rhythm=Rhythm.WATER, m3_per_s=lambda d: flow)
        price = self.variable_cost_yuan_per_mwh
        ledger.cost(
            self.id, "operation", rhythm=Rhythm.POWER,
            yuan_per_h=lambda t: price * m.discharge_mw[t] + price * m.charge_mw[t],
        )  # fmt: skip

    def make_up_m3_per_s(self) -> float:
        """Make-up water drawn evenly through the year."""
        return self.make_up_hm3_per_year / (HOURS_PER_YEAR * HM3_PER_M3_PER_S_HOUR)

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        units = self.unit_count * self.availability_fraction
        book.within(self.id, "generating power", answer.discharge_mw, 0.0, units * self.unit_power_generate_mw)
        book.within(self.id, "pumping power", answer.charge_mw, 0.0, units * self.unit_power_pump_mw)
        book.within(self.id, "energy in the upper basin", answer.energy_mwh, 0.0, self.energy_max_mwh)
        stored = answer.charge_mw * self.efficiency_pump_fraction * self.efficiency_generate_fraction
        book.equal(
            self.id, "energy law", np.diff(answer.energy_mwh), (stored - answer.discharge_mw) * clock.power.hours
        )  # fmt: skip
        audit_closing(book, self.id, answer.energy_mwh, opening=None)
        book.enter(self.bus, answer.discharge_mw - answer.charge_mw)
        book.cost(self.variable_cost_yuan_per_mwh * (answer.discharge_mw + answer.charge_mw), Rhythm.POWER)
        if self.water_node is not None and self.make_up_hm3_per_year:
            seconds = 365 * 86_400
            drawn = np.full(clock.water.count, self.make_up_hm3_per_year * 1e6 / seconds)
            book.enter(self.water_node, -drawn)
            book.account(Account.ALLOCATION, drawn, Rhythm.WATER)

    def capacity(self) -> Capacity:
        return Capacity(self.unit_count * self.unit_power_generate_mw, CapacityGroup.GENERATION)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="pumped", bus="bus", water_node="stream", unit_count=2, unit_power_generate_mw=300.0,
            unit_power_pump_mw=320.0, efficiency_generate_fraction=0.9, efficiency_pump_fraction=0.85,
            energy_max_mwh=3000.0, availability_fraction=0.95, make_up_hm3_per_year=0.5, variable_cost_yuan_per_mwh=1.0,
        )  # fmt: skip
        return Example(asset, ports=(Port.market("bus", "mw", 500.0, 300.0), Port.market("stream", "m3_per_s", 1e5, 0.0)))
