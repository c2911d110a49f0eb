"""Pumped storage: reversible units between two basins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import pyomo.environ as pyo
from pydantic import model_validator

from yuqian.models.adequacy import Adequacy, Machines, Store
from yuqian.models.book import Answer, Book
from yuqian.models.carry_law import carry, note_round
from yuqian.models.changeover_law import Changeover
from yuqian.models.clock import OPENING, Clock, Floats, Horizon, Rhythm, Steps
from yuqian.models.commitment_law import Commitment
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
    ReserveTo,
    UserClass,
    WaterFrom,
)
from yuqian.models.ledger import Account, Ledger
from yuqian.models.operation import Given, Operation, Use
from yuqian.models.port import Port
from yuqian.models.reserve_law import Offers, StoreFound, StoreLimits, UnitFailure
from yuqian.models.storage_law import audit_closing, close_stock
from yuqian.models.unit_opening import step_length_h
from yuqian.models.units import HM3_PER_M3_PER_S_HOUR, HOURS_PER_DAY, HOURS_PER_YEAR, SECONDS_PER_HOUR


class PumpedStorage(Kind):
    """A pumped-storage station: its upper basin as energy that the units could generate from it.

    Charging takes ``charge_mw`` from the bus and stores ``efficiency_pump * efficiency_generate`` of it as energy at the
    terminals; the energy of the basin is counted in what it would generate. The basins lose water to evaporation and
    seepage; the make-up is drawn evenly through the year, and is short at a price where the node is dry. The availability
    lowers the power of every unit.

    Without a commitment the station is linear. With one, relaxed or integer, it is run by units: each stands still,
    generates between its lowest and highest power, or pumps, at exactly its pumping power with ``pump_fixed``. Starts of
    either kind cost, and are limited by unit and day, if so given; a unit that turns from pumping to generating, or back, loses
    ``changeover_h`` of the step. The horizon begins in the state that it ends in. Reserve is what the station could generate or
    stop pumping beyond the plan, or pump beyond it, with the basin holding it, or having room for it, for
    ``reserve_duration_h`` where the requirement does not say how long; with a changeover, units that pump can only stop.
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
    make_up_shortage_price_yuan_per_m3: NonNegative = 20.0
    variable_cost_yuan_per_mwh: NonNegative
    reserve: ReserveTo | None = None
    reserves: tuple[ReserveTo, ...] = ()
    reserve_duration_h: Positive = 1.0
    commitment: Commitment | None = None
    generate_min_fraction: Fraction = 0.0
    pump_fixed: bool = False
    starts_max_per_day: NonNegative | None = None
    start_cost_yuan: NonNegative = 0.0
    outage_forced_fraction: Fraction | None = None
    repair_mean_h: Positive | None = None
    changeover_h: NonNegative = 0.0

    @model_validator(mode="after")
    def _by_units_if_asked(self) -> Self:
        starts = self.starts_max_per_day is not None or self.start_cost_yuan
        asked = self.generate_min_fraction or self.pump_fixed or starts or self.changeover_h
        if asked and self.commitment is None:
            raise ValueError(
                "a minimum of generation, a fixed pumping power, starts and changes belong to units; set the commitment "
                f"('{Commitment.RELAXED.value}' or '{Commitment.INTEGER.value}')"
            )
        return self

    @property
    def is_committed(self) -> bool:
        """Whether it is run by units."""
        return self.commitment in (Commitment.RELAXED, Commitment.INTEGER)

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

        close_stock(m, steps, Rhythm.POWER, "energy_mwh", m.energy_mwh.__getitem__, self.energy_max_mwh, opening=None)
        if self.is_committed:
            self._run_by_units(m, ledger, steps)
        self._hold_reserve(m, ledger, steps)
        ledger.enter(self.bus, self.id, "discharge", mw=m.discharge_mw)
        ledger.enter(self.bus, self.id, "charge", sign=-1, mw=m.charge_mw)
        if self.water_node is not None and self.make_up_hm3_per_year:
            self._make_up(m, ledger, steps, self.water_node)
        price = self.variable_cost_yuan_per_mwh
        ledger.cost(
            self.id, "operation", rhythm=Rhythm.POWER,
            yuan_per_h=lambda t: price * m.discharge_mw[t] + price * m.charge_mw[t],
        )  # fmt: skip

    def _make_up(self, m: pyo.Block, ledger: Ledger, steps: Steps, node: str) -> None:
        """Draw the make-up water; where the node is dry it is short, at a price, for the basin lasts through a dry spell."""
        flow = self.make_up_m3_per_s()
        m.make_up_shortage_m3_per_s = pyo.Var(steps.days, dense=False, bounds=(0, flow))

        def drawn(d: int) -> object:
            return flow - m.make_up_shortage_m3_per_s[d]

        price = self.make_up_shortage_price_yuan_per_m3 * SECONDS_PER_HOUR
        ledger.enter(node, self.id, "make-up water", sign=-1, m3_per_s=drawn)
        ledger.account(Account.ALLOCATION, self.id, "power", rhythm=Rhythm.WATER, m3_per_s=drawn)
        ledger.account(Account.SHORTAGE, self.id, "power", rhythm=Rhythm.WATER, m3_per_s=m.make_up_shortage_m3_per_s)
        ledger.cost(
            self.id, "make-up shortage", rhythm=Rhythm.WATER, yuan_per_h=lambda d: price * m.make_up_shortage_m3_per_s[d]
        )

    def _run_by_units(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        domain = pyo.NonNegativeIntegers if self.commitment is Commitment.INTEGER else pyo.NonNegativeReals
        generate, pump = (self.availability_fraction * p for p in (self.unit_power_generate_mw, self.unit_power_pump_mw))
        m.generating_count = pyo.Var(steps.hour_ends, dense=False, domain=domain, bounds=(0, self.unit_count))
        m.pumping_count = pyo.Var(steps.hour_ends, dense=False, domain=domain, bounds=(0, self.unit_count))

        @m.Constraint(steps.hours)
        def one_way_in_a_unit(m: pyo.Block, t: int) -> object:
            return m.generating_count[t] + m.pumping_count[t] <= self.unit_count

        turning = self._changeover(steps.clock)
        turning.declare(m, steps)

        @m.Constraint(steps.hours)
        def highest_generation(m: pyo.Block, t: int) -> object:
            return m.discharge_mw[t] <= generate * turning.working(m, t, "generating")

        if self.generate_min_fraction:

            @m.Constraint(steps.hours)
            def lowest_generation(m: pyo.Block, t: int) -> object:
                return m.discharge_mw[t] >= self.generate_min_fraction * generate * turning.working(m, t, "generating")

        @m.Constraint(steps.hours)
        def pumping(m: pyo.Block, t: int) -> object:
            fixed = pump * turning.working(m, t, "pumping")
            return m.charge_mw[t] == fixed if self.pump_fixed else m.charge_mw[t] <= fixed

        if steps.horizon is Horizon.WINDOW:
            before = m.generating_count[OPENING] + m.pumping_count[OPENING]
            m.one_way_before = pyo.Constraint(expr=before <= self.unit_count)
        for name, count in (("generating", m.generating_count), ("pumping", m.pumping_count)):
            free = (0.0, float(self.unit_count))
            past = range(OPENING, 0)
            carry(m, steps, Rhythm.POWER, f"{name}_count", count.__getitem__, past, free=free, comes_round=True)
        if self.starts_max_per_day is not None or self.start_cost_yuan:
            self._count_starts(m, ledger, steps)

    def _changeover(self, clock: Clock) -> Changeover:
        share = self.changeover_h / step_length_h(clock) if self.changeover_h else 0.0
        return Changeover(share, self.unit_count, self.commitment is Commitment.INTEGER)

    def _count_starts(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.generation_start_count = pyo.Var(steps.hours, dense=False, bounds=(0, self.unit_count))
        m.pumping_start_count = pyo.Var(steps.hours, dense=False, bounds=(0, self.unit_count))

        @m.Constraint(steps.hours)
        def generation_starts(m: pyo.Block, t: int) -> object:
            return m.generation_start_count[t] >= m.generating_count[t] - m.generating_count[t - 1]

        @m.Constraint(steps.hours)
        def pumping_starts(m: pyo.Block, t: int) -> object:
            return m.pumping_start_count[t] >= m.pumping_count[t] - m.pumping_count[t - 1]

        def started(t: Any) -> Any:
            return m.generation_start_count[t] + m.pumping_start_count[t]

        if self.starts_max_per_day is not None:
            inside, most = steps.hours_per_day, self.starts_max_per_day * self.unit_count / HOURS_PER_DAY

            @m.Constraint(steps.days)
            def starts_in_a_day(m: pyo.Block, d: int) -> object:
                return sum(started(inside * d + k) for k in range(inside)) <= most * steps.length_h(Rhythm.WATER, d)

        if self.start_cost_yuan:
            price = self.start_cost_yuan

            def start_cost(t: Any) -> Any:
                return price / steps.length_h(Rhythm.POWER, t) * started(t)

            ledger.cost(self.id, "starts", rhythm=Rhythm.POWER, yuan_per_h=start_cost)

    def _hold_reserve(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        units = self.unit_count * self.availability_fraction
        unit = self.availability_fraction * self.unit_power_generate_mw
        generating, pumping = units * self.unit_power_generate_mw, units * self.unit_power_pump_mw
        limits = StoreLimits(
            lambda t: m.discharge_mw[t] - m.charge_mw[t],
            lambda t: generating - unit * m.pumping_count[t] if self.changeover_h else generating, lambda t: pumping,
            lambda t: m.energy_mwh[t], lambda t: self.energy_max_mwh - m.energy_mwh[t],
            1.0, self.efficiency_pump_fraction * self.efficiency_generate_fraction, self.reserve_duration_h,
        )  # fmt: skip
        offers = Offers.of(self.reserve, self.reserves, ledger.product)
        limits.declare(m, steps, offers)
        offers.enter(m, ledger, self.id, "reserve of storage")
        online = m.generating_count.__getitem__ if self.is_committed else lambda t: m.discharge_mw[t] / unit
        self._failure().declare(m, ledger, steps, m.discharge_mw.__getitem__, online)

    def _failure(self) -> UnitFailure:
        unit = self.availability_fraction * self.unit_power_generate_mw
        return UnitFailure(self.id, self.unit_count, unit, self.commitment is Commitment.INTEGER)

    def make_up_m3_per_s(self) -> float:
        """Make-up water drawn evenly through the year."""
        return self.make_up_hm3_per_year / (HOURS_PER_YEAR * HM3_PER_M3_PER_S_HOUR)

    def operate(self, operation: Operation) -> None:
        if self.water_node is not None and self.make_up_hm3_per_year:
            asked = Given(self.id, "make_up_m3_per_s", self.make_up_m3_per_s())
            operation.uses.append(Use(self.id, self.water_node, UserClass.POWER, asked))

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        units = self.unit_count * self.availability_fraction
        book.within(self.id, "generating power", answer.discharge_mw, 0.0, units * self.unit_power_generate_mw)
        book.within(self.id, "pumping power", answer.charge_mw, 0.0, units * self.unit_power_pump_mw)
        book.within(self.id, "energy in the upper basin", answer.energy_mwh, 0.0, self.energy_max_mwh)
        stored = answer.charge_mw * self.efficiency_pump_fraction * self.efficiency_generate_fraction
        book.equal(
            self.id, "energy law", np.diff(answer.energy_mwh), (stored - answer.discharge_mw) * clock.power.hours
        )  # fmt: skip
        audit_closing(book, self.id, "energy_mwh", answer, answer.energy_mwh, opening=None)
        if self.is_committed:
            self._audit_units(answer, book, clock)
        stock, unit = answer.energy_mwh[1:], self.availability_fraction * self.unit_power_generate_mw
        standing = answer.pumping_count[1:] if self.changeover_h else 0.0
        found = StoreFound(
            answer.discharge_mw - answer.charge_mw, self.unit_count * unit - unit * standing, units * self.unit_power_pump_mw,
            stock, self.energy_max_mwh - stock,
        )  # fmt: skip
        offers = Offers.of(self.reserve, self.reserves, book.product)
        round_trip = self.efficiency_pump_fraction * self.efficiency_generate_fraction
        found.audit(self.id, answer, book, offers, 1.0, round_trip, self.reserve_duration_h)
        online = answer.generating_count[1:] if self.is_committed else answer.discharge_mw / unit
        self._failure().audit(answer, book, answer.discharge_mw, online)
        book.enter(self.bus, answer.discharge_mw - answer.charge_mw)
        book.cost(self.variable_cost_yuan_per_mwh * (answer.discharge_mw + answer.charge_mw), Rhythm.POWER)
        if self.water_node is not None and self.make_up_hm3_per_year:
            asked = self.make_up_hm3_per_year * 1e6 / (365 * 86_400)
            short = answer.make_up_shortage_m3_per_s
            book.within(self.id, "make-up shortage", short, 0.0, asked)
            book.enter(self.water_node, short - asked)
            book.account(Account.ALLOCATION, asked - short, Rhythm.WATER)
            book.account(Account.SHORTAGE, short, Rhythm.WATER)
            book.cost(short * 3600 * self.make_up_shortage_price_yuan_per_m3, Rhythm.WATER)

    def _audit_units(self, answer: Answer, book: Book, clock: Clock) -> None:
        generating, pumping = answer.generating_count, answer.pumping_count
        for name, values in (("generating", generating), ("pumping", pumping)):
            book.within(self.id, f"units {name}", values, 0.0, self.unit_count)
            if book.horizon is Horizon.WHOLE:
                book.equal(self.id, f"units {name} at the beginning as at the end", values[:1], values[-1:])
            note_round(book, self.id, f"{name}_count", values, 1)
            if self.commitment is Commitment.INTEGER:
                book.equal(self.id, f"whole units {name}", values, np.round(values))
        book.within(self.id, "no unit both ways", generating + pumping, None, self.unit_count)
        working = self._changeover(clock).audit(self.id, answer, book)
        highest = working["generating"] * self.availability_fraction * self.unit_power_generate_mw
        book.within(self.id, "generation by units", answer.discharge_mw, self.generate_min_fraction * highest, highest)
        highest = working["pumping"] * self.availability_fraction * self.unit_power_pump_mw
        book.within(self.id, "pumping by units", answer.charge_mw, highest if self.pump_fixed else 0.0, highest)
        if self.starts_max_per_day is None and not self.start_cost_yuan:
            return
        starts: Floats = np.zeros(clock.power.count)
        for counted, states in ((answer.generation_start_count, generating), (answer.pumping_start_count, pumping)):
            book.within(self.id, "starts", counted, np.maximum(np.diff(states), 0.0), self.unit_count)
            starts = starts + counted
        if self.starts_max_per_day is not None:
            by_day = starts.reshape(clock.water.count, -1).sum(axis=1)
            most = self.starts_max_per_day * self.unit_count * clock.water.hours / 24
            book.within(self.id, "starts in a day", by_day, None, most)
        book.cost(self.start_cost_yuan * starts / clock.power.hours, Rhythm.POWER)

    def capacity(self) -> Capacity:
        return Capacity(self.unit_count * self.unit_power_generate_mw, CapacityGroup.GENERATION)

    def adequacy(self, series: Mapping[str, Floats], clock: Clock) -> Adequacy:
        machines = Machines.with_outages(
            self.unit_count, self.unit_power_generate_mw, 1.0 - self.availability_fraction, self.outage_forced_fraction,
            self.repair_mean_h,
        )  # fmt: skip
        round_trip = self.efficiency_pump_fraction * self.efficiency_generate_fraction
        return Adequacy(stores=(Store(machines, self.unit_power_pump_mw, self.energy_max_mwh, round_trip),))

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="pumped", bus="bus", water_node="stream", unit_count=2, unit_power_generate_mw=300.0,
            unit_power_pump_mw=320.0, efficiency_generate_fraction=0.9, efficiency_pump_fraction=0.85,
            energy_max_mwh=3000.0, availability_fraction=0.95, make_up_hm3_per_year=0.5, variable_cost_yuan_per_mwh=1.0,
        )  # fmt: skip
        return Example(asset, ports=(Port.market("bus", "mw", 500.0, 300.0), Port.market("stream", "m3_per_s", 1e5, 0.0)))
