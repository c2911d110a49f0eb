"""Storage by profile: a store of energy in the general form that network models state it in."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

import numpy as np
import pyomo.environ as pyo
from pydantic import Field, model_validator

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Rhythm, Steps
from yuqian.models.kind import Bus, Capacity, CapacityGroup, Example, Fraction, Kind, NonNegative, SeriesNeed, table
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port
from yuqian.models.service_law import by_step
from yuqian.models.storage_law import audit_closing, close_stock

Efficiency = Annotated[float, Field(gt=0)]


class StorageProfile(Kind):
    """Charges and discharges at a bus, is filled by an inflow, and loses a share of what it holds.

    Energy is what is inside; ``inflow_mw`` comes in as it is, and as much of it may be spilled. Between two instants the
    store keeps ``(1 - standing_loss) ** hours``. Without an opening energy the horizon ends as it began, at a level of the
    optimum's choosing; with one it may end at any level. Powers left out are without limit. Limits of energy by step lie within
    the plain ones.
    """

    title_en: ClassVar[str] = "Storage by profile"
    title_zh: ClassVar[str] = "给定入流的储能"
    series: ClassVar = {"inflow_mw": SeriesNeed("given", Rhythm.POWER)}

    bus: Bus
    power_charge_max_mw: NonNegative | None = None
    power_discharge_max_mw: NonNegative | None = None
    energy_max_mwh: NonNegative
    energy_min_mwh: NonNegative = 0.0
    energy_max_by_step_mwh: tuple[float, ...] = ()
    energy_min_by_step_mwh: tuple[float, ...] = ()
    opening_energy_mwh: NonNegative | None = None
    efficiency_charge_ratio: Efficiency = 1.0
    efficiency_discharge_ratio: Efficiency = 1.0
    standing_loss_fraction_per_h: Fraction = 0.0
    cost_discharge_yuan_per_mwh: float = 0.0
    cost_charge_yuan_per_mwh: float = 0.0
    cost_spill_yuan_per_mwh: float = 0.0
    cost_held_yuan_per_mwh: float = 0.0

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        if self.energy_min_mwh > self.energy_max_mwh:
            raise ValueError(f"energy_min_mwh ({self.energy_min_mwh:g}) is above energy_max_mwh ({self.energy_max_mwh:g})")
        return self

    def _limits(self, clock: Clock) -> tuple[Floats, Floats]:
        """Lowest and highest energy at the end of every step, shapes (steps,)."""
        plain = {"energy_min": self.energy_min_mwh, "energy_max": self.energy_max_mwh}
        given = {"energy_min": self.energy_min_by_step_mwh, "energy_max": self.energy_max_by_step_mwh}
        low, high = (
            by_step(f"{name}_by_step_mwh", given[name], clock) if given[name] else np.full(clock.power.count, plain[name])
            for name in plain
        )
        return low, high

    def _kept(self, clock: Clock) -> Floats:
        kept: Floats = (1.0 - self.standing_loss_fraction_per_h) ** clock.power.hours
        return kept

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.discharge_mw = pyo.Var(steps.hours, dense=False, bounds=(0, self.power_discharge_max_mw))
        m.charge_mw = pyo.Var(steps.hours, dense=False, bounds=(0, self.power_charge_max_mw))
        m.spill_mw = pyo.Var(steps.hours, dense=False, bounds=(0, None))
        # The opening is bound by the opening energy alone: it need not lie within the limits of what follows.
        m.energy_mwh = pyo.Var(steps.hour_ends, dense=False, bounds=(0, None))
        table(m, "kept_fraction", steps.hours, self._kept(steps.clock))
        stored, drawn = self.efficiency_charge_ratio, 1.0 / self.efficiency_discharge_ratio

        @m.Constraint(steps.hours)
        def energy(m: pyo.Block, t: int) -> object:
            gained = stored * m.charge_mw[t] - drawn * m.discharge_mw[t] + m.inflow_mw[t] - m.spill_mw[t]
            return m.energy_mwh[t] == m.kept_fraction[t] * m.energy_mwh[t - 1] + steps.length_h(Rhythm.POWER, t) * gained

        low, high = self._limits(steps.clock)
        table(m, "energy_least_mwh", steps.hours, low)
        table(m, "energy_most_mwh", steps.hours, high)

        @m.Constraint(steps.hours)
        def room(m: pyo.Block, t: int) -> object:
            return m.energy_mwh[t] <= m.energy_most_mwh[t]

        @m.Constraint(steps.hours)
        def lowest(m: pyo.Block, t: int) -> object:
            return m.energy_mwh[t] >= m.energy_least_mwh[t]

        @m.Constraint(steps.hours)
        def spill_of_inflow(m: pyo.Block, t: int) -> object:
            return m.spill_mw[t] <= m.inflow_mw[t]

        close_stock(
            m, steps, Rhythm.POWER, "energy_mwh", m.energy_mwh.__getitem__, self.energy_max_mwh, self.opening_energy_mwh,
            self.energy_min_mwh,
        )  # fmt: skip
        ledger.enter(self.bus, self.id, "discharge", mw=m.discharge_mw)
        ledger.enter(self.bus, self.id, "charge", sign=-1, mw=m.charge_mw)
        self._cost(m, ledger)

    def _cost(self, m: pyo.Block, ledger: Ledger) -> None:
        out, into = self.cost_discharge_yuan_per_mwh, self.cost_charge_yuan_per_mwh
        spilt, held = self.cost_spill_yuan_per_mwh, self.cost_held_yuan_per_mwh
        if out or into:
            ledger.cost(
                self.id, "operation", rhythm=Rhythm.POWER,
                yuan_per_h=lambda t: out * m.discharge_mw[t] + into * m.charge_mw[t],
            )  # fmt: skip
        if spilt:
            ledger.cost(self.id, "spill", rhythm=Rhythm.POWER, yuan_per_h=lambda t: spilt * m.spill_mw[t])
        if held:
            ledger.cost(self.id, "energy held", rhythm=Rhythm.POWER, yuan_per_h=lambda t: held * m.energy_mwh[t])

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        hours, energy = clock.power.hours, answer.energy_mwh
        book.within(self.id, "discharging power", answer.discharge_mw, 0.0, self.power_discharge_max_mw)
        book.within(self.id, "charging power", answer.charge_mw, 0.0, self.power_charge_max_mw)
        book.within(self.id, "spill", answer.spill_mw, 0.0, answer.inflow_mw)
        least = np.array(self.energy_min_by_step_mwh) if self.energy_min_by_step_mwh else self.energy_min_mwh
        most = np.array(self.energy_max_by_step_mwh) if self.energy_max_by_step_mwh else self.energy_max_mwh
        book.within(self.id, "energy held", energy[1:], least, most)
        kept = energy[:-1] * np.power(1.0 - self.standing_loss_fraction_per_h, hours)
        charged = answer.charge_mw * self.efficiency_charge_ratio
        drawn = answer.discharge_mw / self.efficiency_discharge_ratio
        gained = charged + answer.inflow_mw - answer.spill_mw - drawn
        book.equal(self.id, "energy law", energy[1:], kept + gained * hours)
        audit_closing(book, self.id, "energy_mwh", answer, energy, self.opening_energy_mwh, self.energy_min_mwh)
        book.enter(self.bus, answer.discharge_mw - answer.charge_mw)
        cost = self.cost_discharge_yuan_per_mwh * answer.discharge_mw + self.cost_charge_yuan_per_mwh * answer.charge_mw
        cost = cost + self.cost_spill_yuan_per_mwh * answer.spill_mw + self.cost_held_yuan_per_mwh * energy[1:]
        book.cost(cost, Rhythm.POWER)

    def capacity(self) -> Capacity:
        return Capacity(self.power_discharge_max_mw or 0.0, CapacityGroup.BATTERY)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="store", bus="bus", power_charge_max_mw=40.0, power_discharge_max_mw=50.0, energy_max_mwh=300.0,
            energy_min_mwh=20.0, opening_energy_mwh=100.0, efficiency_charge_ratio=0.9, efficiency_discharge_ratio=0.95,
            standing_loss_fraction_per_h=0.001, cost_discharge_yuan_per_mwh=2.0, cost_spill_yuan_per_mwh=1.0,
            cost_held_yuan_per_mwh=0.1,
        )  # fmt: skip
        return Example(asset, ports=(Port.market("bus", "mw", 500.0, 300.0),), series={"inflow_mw": 8.0})
