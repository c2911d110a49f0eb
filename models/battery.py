"""Battery: a grid-scale electrochemical store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

import numpy as np
import pyomo.environ as pyo
from pydantic import Field, model_validator

from yuqian.models.adequacy import Adequacy, Machines, Store
from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Horizon, Rhythm, Steps
from yuqian.models.commitment_law import Commitment
from yuqian.models.kind import (
    Bus,
    Capacity,
    CapacityGroup,
    Example,
    Fraction,
    Kind,
    NonNegative,
    Positive,
    ReserveTo,
)
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port
from yuqian.models.reserve_law import Offers, StoreFound, StoreLimits
from yuqian.models.storage_law import audit_closing, close_stock
from yuqian.models.units import HOURS_PER_DAY

Efficiency = Annotated[float, Field(gt=0, le=1)]


class Battery(Kind):
    """Stores energy between its lowest and highest state of charge, losing some on the way in and some on the way out.

    Powers are at the bus, energy is what the cells hold. What is discharged in a day is at most a number of full cycles
    of the rated energy. The horizon ends with the energy that it began with: as much as the optimum chooses, or no less than
    ``soc_initial_fraction`` or ``soc_final_fraction``, or exactly that with ``ends_exactly``.

    With a commitment the battery turns one way at a time: wholly (integer), or in shares of the hour (relaxed). Reserve is
    what it could give beyond the plan, or take beyond it, with the cells holding it, or having room for it, for
    ``reserve_duration_h`` where the requirement does not say how long.
    """

    title_en: ClassVar[str] = "Battery storage"
    title_zh: ClassVar[str] = "电化学储能电站"

    bus: Bus
    power_max_mw: Positive
    energy_max_mwh: Positive
    soc_min_fraction: Fraction
    soc_max_fraction: Fraction
    efficiency_charge_fraction: Efficiency
    efficiency_discharge_fraction: Efficiency
    cycles_max_per_day: NonNegative
    variable_cost_yuan_per_mwh: NonNegative
    reserve: ReserveTo | None = None
    reserves: tuple[ReserveTo, ...] = ()
    reserve_duration_h: Positive = 1.0
    commitment: Commitment | None = None
    outage_forced_fraction: Fraction = 0.0
    repair_mean_h: Positive | None = None
    power_charge_max_mw: Positive | None = None
    charge_cost_yuan_per_mwh: NonNegative | None = None
    soc_initial_fraction: Fraction | None = None
    soc_final_fraction: Fraction | None = None
    ends_exactly: bool = False

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        if self.soc_min_fraction >= self.soc_max_fraction:
            raise ValueError(
                f"the lowest state of charge ({self.soc_min_fraction:g}) must lie below the highest ({self.soc_max_fraction:g})"
            )
        for name in ("soc_initial_fraction", "soc_final_fraction"):
            value = getattr(self, name)
            if value is not None and not self.soc_min_fraction <= value <= self.soc_max_fraction:
                raise ValueError(f"{name} ({value:g}) must lie between the lowest and the highest state of charge")
        if self.soc_initial_fraction is None and (self.soc_final_fraction is not None or self.ends_exactly):
            raise ValueError("soc_final_fraction and ends_exactly need a soc_initial_fraction; without it the store is cyclic")
        return self

    @property
    def _charge_max_mw(self) -> float:
        return self.power_max_mw if self.power_charge_max_mw is None else self.power_charge_max_mw

    @property
    def _charge_cost_yuan_per_mwh(self) -> float:
        price = self.charge_cost_yuan_per_mwh
        return self.variable_cost_yuan_per_mwh if price is None else price

    def _energy_mwh(self, soc_fraction: float | None) -> float | None:
        return None if soc_fraction is None else soc_fraction * self.energy_max_mwh

    @property
    def is_committed(self) -> bool:
        """Whether it turns one way at a time."""
        return self.commitment in (Commitment.RELAXED, Commitment.INTEGER)

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        lowest, highest = self.soc_min_fraction * self.energy_max_mwh, self.soc_max_fraction * self.energy_max_mwh
        m.discharge_mw = pyo.Var(steps.hours, dense=False, bounds=(0, self.power_max_mw))
        m.charge_mw = pyo.Var(steps.hours, dense=False, bounds=(0, self._charge_max_mw))
        m.energy_mwh = pyo.Var(steps.hour_ends, dense=False, bounds=(lowest, highest))
        inside = steps.hours_per_day
        stored, drawn = self.efficiency_charge_fraction, 1.0 / self.efficiency_discharge_fraction
        cycled_max = self.cycles_max_per_day * self.energy_max_mwh / HOURS_PER_DAY

        @m.Constraint(steps.hours)
        def energy(m: pyo.Block, t: int) -> object:
            gained = stored * m.charge_mw[t] - drawn * m.discharge_mw[t]
            return m.energy_mwh[t] == m.energy_mwh[t - 1] + steps.length_h(Rhythm.POWER, t) * gained

        @m.Constraint(steps.days)
        def cycles(m: pyo.Block, d: int) -> object:
            hours = (inside * d + k for k in range(inside))
            discharged = sum(steps.length_h(Rhythm.POWER, t) * m.discharge_mw[t] for t in hours)
            return discharged <= cycled_max * steps.length_h(Rhythm.WATER, d)

        opening, closing = (self._energy_mwh(soc) for soc in (self.soc_initial_fraction, self.soc_final_fraction))
        close_stock(
            m, steps, Rhythm.POWER, "energy_mwh", m.energy_mwh.__getitem__, self.energy_max_mwh, opening=opening,
            closing=closing,
        )  # fmt: skip
        if self.ends_exactly and steps.horizon is Horizon.WHOLE:
            m.ends = pyo.Constraint(expr=m.energy_mwh[steps.clock.power.last] <= (opening if closing is None else closing))
        if self.is_committed:
            self._turn_one_way(m, steps)
        self._hold_reserve(m, ledger, steps)
        ledger.enter(self.bus, self.id, "discharge", mw=m.discharge_mw)
        ledger.enter(self.bus, self.id, "charge", sign=-1, mw=m.charge_mw)
        given, taken = self.variable_cost_yuan_per_mwh, self._charge_cost_yuan_per_mwh
        ledger.cost(
            self.id, "operation", rhythm=Rhythm.POWER,
            yuan_per_h=lambda t: given * m.discharge_mw[t] + taken * m.charge_mw[t],
        )  # fmt: skip

    def _turn_one_way(self, m: pyo.Block, steps: Steps) -> None:
        domain = pyo.NonNegativeIntegers if self.commitment is Commitment.INTEGER else pyo.NonNegativeReals
        m.charging_fraction = pyo.Var(steps.hours, dense=False, domain=domain, bounds=(0, 1))

        @m.Constraint(steps.hours)
        def charging(m: pyo.Block, t: int) -> object:
            return m.charge_mw[t] <= self._charge_max_mw * m.charging_fraction[t]

        @m.Constraint(steps.hours)
        def discharging(m: pyo.Block, t: int) -> object:
            return m.discharge_mw[t] + self.power_max_mw * m.charging_fraction[t] <= self.power_max_mw

    def _hold_reserve(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        lowest, highest = self.soc_min_fraction * self.energy_max_mwh, self.soc_max_fraction * self.energy_max_mwh
        limits = StoreLimits(
            lambda t: m.discharge_mw[t] - m.charge_mw[t], lambda t: self.power_max_mw, lambda t: self._charge_max_mw,
            lambda t: m.energy_mwh[t] - lowest, lambda t: highest - m.energy_mwh[t],
            1.0 / self.efficiency_discharge_fraction, self.efficiency_charge_fraction, self.reserve_duration_h,
        )  # fmt: skip
        offers = Offers.of(self.reserve, self.reserves, ledger.product)
        limits.declare(m, steps, offers)
        offers.enter(m, ledger, self.id, "reserve of storage")

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        book.within(self.id, "discharging power", answer.discharge_mw, 0.0, self.power_max_mw)
        book.within(self.id, "charging power", answer.charge_mw, 0.0, self._charge_max_mw)
        charge = answer.energy_mwh / self.energy_max_mwh
        book.within(self.id, "state of charge", charge, self.soc_min_fraction, self.soc_max_fraction)
        out, hours = answer.discharge_mw, clock.power.hours
        gained = answer.charge_mw * self.efficiency_charge_fraction - out / self.efficiency_discharge_fraction
        book.equal(self.id, "energy law", np.diff(answer.energy_mwh), gained * hours)
        cycles = (out * hours).reshape(clock.water.count, -1).sum(axis=1) / self.energy_max_mwh
        book.within(self.id, "cycles", cycles, None, self.cycles_max_per_day * clock.water.hours / 24)
        opening, closing = (self._energy_mwh(soc) for soc in (self.soc_initial_fraction, self.soc_final_fraction))
        audit_closing(book, self.id, "energy_mwh", answer, answer.energy_mwh, opening, closing)
        if self.ends_exactly and book.horizon is Horizon.WHOLE and opening is not None:
            book.within(self.id, "ends as it must", answer.energy_mwh[-1:], None, opening if closing is None else closing)
        if self.is_committed:
            share = answer.charging_fraction
            book.within(self.id, "direction", share, 0.0, 1.0)
            book.within(self.id, "charging in its share", answer.charge_mw, None, share * self._charge_max_mw)
            book.within(self.id, "discharging in its share", out, None, (1 - share) * self.power_max_mw)
            if self.commitment is Commitment.INTEGER:
                book.equal(self.id, "one way at a time", share, np.round(share))
        stock = answer.energy_mwh[1:]
        found = StoreFound(
            out - answer.charge_mw, self.power_max_mw, self._charge_max_mw, stock - self.soc_min_fraction * self.energy_max_mwh,
            self.soc_max_fraction * self.energy_max_mwh - stock,
        )  # fmt: skip
        offers = Offers.of(self.reserve, self.reserves, book.product)
        drawn, stored = 1 / self.efficiency_discharge_fraction, self.efficiency_charge_fraction
        found.audit(self.id, answer, book, offers, drawn, stored, self.reserve_duration_h)
        book.enter(self.bus, answer.discharge_mw - answer.charge_mw)
        paid = self.variable_cost_yuan_per_mwh * out + self._charge_cost_yuan_per_mwh * answer.charge_mw
        book.cost(paid, Rhythm.POWER)

    def capacity(self) -> Capacity:
        return Capacity(self.power_max_mw, CapacityGroup.BATTERY)

    def adequacy(self, series: Mapping[str, Floats], clock: Clock) -> Adequacy:
        machine = Machines(1, self.power_max_mw, self.outage_forced_fraction, self.repair_mean_h)
        held = (self.soc_max_fraction - self.soc_min_fraction) * self.energy_max_mwh
        round_trip = self.efficiency_charge_fraction * self.efficiency_discharge_fraction
        given = held * self.efficiency_discharge_fraction
        return Adequacy(stores=(Store(machine, self.power_max_mw, given, round_trip),))

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="battery", bus="bus", power_max_mw=100.0, energy_max_mwh=200.0, soc_min_fraction=0.05,
            soc_max_fraction=0.95, efficiency_charge_fraction=0.93, efficiency_discharge_fraction=0.93,
            cycles_max_per_day=1.5, variable_cost_yuan_per_mwh=10.0,
        )  # fmt: skip
        return Example(asset, ports=(Port.market("bus", "mw", 300.0, 250.0),))
