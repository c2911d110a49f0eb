"""Coal unit: a station of identical coal-fired units."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Self

import numpy as np
import pyomo.environ as pyo
from pydantic import Field, model_validator

from yuqian.models.adequacy import Adequacy, Machines, without_outages
from yuqian.models.book import Answer, Book
from yuqian.models.carry_law import carry
from yuqian.models.clock import OPENING, Clock, Floats, Horizon, Rhythm, Steps
from yuqian.models.commitment_law import Commitment, Formulation, Units
from yuqian.models.kind import (
    Bus,
    Capacity,
    CapacityGroup,
    CoalFrom,
    Count,
    Example,
    Fraction,
    Kind,
    NonNegative,
    Positive,
    ReserveTo,
    SeriesNeed,
    UserClass,
    WaterFrom,
)
from yuqian.models.ledger import Account, Ledger
from yuqian.models.operation import Given, Operation, Use
from yuqian.models.port import Port
from yuqian.models.reserve_law import Offers, UnitFailure, no_product
from yuqian.models.reserve_product import Direction, Product
from yuqian.models.start_cost_law import StartTiers, check_tiers
from yuqian.models.unit_opening import Opening, step_length_h, whole_steps
from yuqian.models.units import GCE_PER_TCE, KWH_PER_MWH, SECONDS_PER_HOUR

BelowOne = Annotated[float, Field(ge=0, lt=1)]


class AvailabilityOf(enum.Enum):
    """What the share that is available is a share of."""

    UNITS = "units"
    POWER = "power"


class CoalUnit(Kind):
    """A station of identical units; relaxed, any number of them, whole or not, is online in an hour.

    Power is gross, at the generator's terminals. Each unit online runs between its minimum and its rated power and burns
    a straight line of fuel: ``no_load_fraction`` of the full-load fuel at no output, all of it at rated output, where the
    net coal rate holds. The part-load penalty follows from that line. Available is the given share of all units, or, with
    ``availability_of`` power, that share of the rated power of every unit online: an expected share of outages belongs on
    the power when units are whole. A given share of the units available is always online. The unit takes raw coal from its
    yard, make-up water for cooling if it names a node, and sends out what its auxiliaries leave; held back power counts
    towards a reserve if it names one.

    Ramps are limited by the rated power of the whole station. With minimum times, start tiers or an initial status the law
    of unit commitment holds for the station as a group: exact where a unit may ramp through its whole range in a step and
    its start tiers are hours apart, else a lower bound on the cost. Without an initial status the optimum chooses what was
    online before. Start lags are times off; the first tier is reached by every start.
    """

    title_en: ClassVar[str] = "Coal-fired units"
    title_zh: ClassVar[str] = "燃煤机组"
    series: ClassVar = {"available_fraction": SeriesNeed("thermal", Rhythm.POWER, high=1.0)}

    bus: Bus
    coal_yard: CoalFrom
    water_node: WaterFrom | None = None
    unit_count: Count
    unit_power_max_mw: Positive
    power_min_fraction: Fraction
    must_run_fraction: Fraction
    ramp_fraction_per_h: Positive
    coal_rate_net_gce_per_kwh: Positive
    no_load_fraction: BelowOne
    auxiliary_fraction: BelowOne
    coal_heat_tce_per_t: Positive
    co2_t_per_tce: NonNegative
    water_m3_per_mwh: NonNegative
    variable_cost_yuan_per_mwh: NonNegative
    outage_fraction: Fraction
    hot_derate_fraction_per_c: NonNegative
    hot_derate_above_c: float
    reserve: ReserveTo | None = None
    reserves: tuple[ReserveTo, ...] = ()
    commitment: Commitment = Commitment.RELAXED
    formulation: Formulation = Formulation.TIGHT
    availability_of: AvailabilityOf = AvailabilityOf.UNITS
    time_up_minimum_h: NonNegative = 0.0
    time_down_minimum_h: NonNegative = 0.0
    ramp_startup_fraction: Fraction = 1.0
    ramp_shutdown_fraction: Fraction = 1.0
    start_lag_h: tuple[float, ...] = (0.0,)
    start_cost_yuan: tuple[float, ...] = (0.0,)
    start_fuel_tce: tuple[float, ...] = (0.0,)
    initial_status_h: float | None = None
    initial_power_fraction: Fraction | None = None
    outage_forced_fraction: Fraction | None = None
    repair_mean_h: Positive | None = None

    @model_validator(mode="after")
    def _can_be_switched(self) -> Self:
        check_tiers(self.start_lag_h, self.start_cost_yuan)
        check_tiers(self.start_lag_h, self.start_fuel_tce)
        if min(self.ramp_startup_fraction, self.ramp_shutdown_fraction) < self.power_min_fraction:
            raise ValueError(f"a start or stop below the minimum power ({self.power_min_fraction:g}) can never happen")
        if self.initial_power_fraction is not None and self.initial_power_fraction < self.power_min_fraction:
            raise ValueError(f"the initial power must not lie below the minimum power ({self.power_min_fraction:g})")
        status = self.initial_status_h or 0.0
        if 0.0 < status < self.time_up_minimum_h and self.initial_power_fraction is not None:
            reached = self.ramp_startup_fraction + self.ramp_fraction_per_h * max(status - 1.0, 0.0)
            if self.initial_power_fraction > reached:
                raise ValueError(f"units started {status:g} h ago cannot have reached more than {reached:g} of rated power")
        return self

    @property
    def is_switched(self) -> bool:
        """Whether anything depends on starts and stops, so that the law of unit commitment is needed."""
        times = self.time_up_minimum_h or self.time_down_minimum_h or self.initial_status_h is not None
        limits = min(self.ramp_startup_fraction, self.ramp_shutdown_fraction) < 1.0
        return bool(times or limits or any(self.start_cost_yuan) or any(self.start_fuel_tce))

    def units(self, clock: Clock, product: Callable[[str], Product] = no_product) -> Units:
        """What the law of commitment needs to know, in steps of the clock; ``product`` says what reserves ask for."""
        length, rated = step_length_h(clock), self.unit_power_max_mw
        up, down = (whole_steps(hours, length) for hours in (self.time_up_minimum_h, self.time_down_minimum_h))
        ramp = self.ramp_fraction_per_h * rated * length
        return Units(
            self.unit_count, self.commitment, self.formulation, self.power_min_fraction * rated, rated, ramp, ramp,
            self.ramp_startup_fraction * rated, self.ramp_shutdown_fraction * rated, up, down,
            max(up, down, self.tiers(clock).lag_steps[-1]), length,
            self.offers(product),
        )  # fmt: skip

    def offers(self, product: Callable[[str], Product]) -> Offers:
        """The reserves that it counts towards."""
        return Offers.of(self.reserve, self.reserves, product)

    def tiers(self, clock: Clock) -> StartTiers:
        """Cost and fuel (tce) of starts by steps off."""
        length = step_length_h(clock)
        lags = [whole_steps(lag, length) for lag in self.start_lag_h]
        return StartTiers.of(lags, self.start_cost_yuan, whole_steps(self.time_down_minimum_h, length), self.start_fuel_tce)

    def opening(self, clock: Clock) -> Opening:
        """What the units did before the horizon."""
        status, since = self.initial_status_h, None
        if status is not None:
            since = whole_steps(abs(status), step_length_h(clock)) * (1 if status > 0 else -1)
        above = (self.initial_power_fraction or self.power_min_fraction) - self.power_min_fraction
        return Opening.of(
            self.unit_count, self.units(clock).past_steps, since, above * self.unit_power_max_mw * self.unit_count
        )

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.power_mw = pyo.Var(steps.hours, dense=False, bounds=(0, None))
        offers = self.offers(ledger.product)
        if self.is_switched:
            self._switch(m, ledger, steps)
        else:
            self._vary(m, steps, offers)
        self._limit_units(m, steps, offers)
        no_load, per_mw = self.fuel_line()
        sent_out = 1.0 - self.auxiliary_fraction

        def fuel(t: int) -> Any:
            return no_load * m.online_count[t] + per_mw * m.power_mw[t]

        coal, co2, price = 1.0 / self.coal_heat_tce_per_t, self.co2_t_per_tce, self.variable_cost_yuan_per_mwh * sent_out
        ledger.enter(self.bus, self.id, "generation", mw=lambda t: sent_out * m.power_mw[t])
        ledger.enter(self.coal_yard, self.id, "burnt", sign=-1, rhythm=Rhythm.POWER, t_per_h=lambda t: coal * fuel(t))
        ledger.account(Account.CO2, self.id, "combustion", rhythm=Rhythm.POWER, t_per_h=lambda t: co2 * fuel(t))
        ledger.cost(self.id, "operation", rhythm=Rhythm.POWER, yuan_per_h=lambda t: price * m.power_mw[t])
        offers.enter(m, ledger, self.id, "spinning reserve", sent_out)
        self._failure().declare(m, ledger, steps, lambda t: sent_out * m.power_mw[t], m.online_count.__getitem__)
        if self.water_node is not None and self.water_m3_per_mwh:
            water = self.water_m3_per_mwh / SECONDS_PER_HOUR

            def cooling(t: int) -> Any:
                return water * m.power_mw[t]

            ledger.enter(self.water_node, self.id, "cooling water", sign=-1, rhythm=Rhythm.POWER, m3_per_s=cooling)
            ledger.account(Account.ALLOCATION, self.id, "power", rhythm=Rhythm.POWER, m3_per_s=cooling)

    def _failure(self) -> UnitFailure:
        net_mw = self.unit_power_max_mw * (1.0 - self.auxiliary_fraction)
        return UnitFailure(self.id, self.unit_count, net_mw, self.commitment is Commitment.INTEGER)

    def fuel_line(self) -> tuple[float, float]:
        """Fuel as a line: tce/h for each unit online, and tce for each MWh gross."""
        net_mw = self.unit_power_max_mw * (1.0 - self.auxiliary_fraction)
        full_load = self.coal_rate_net_gce_per_kwh * KWH_PER_MWH / GCE_PER_TCE * net_mw
        return self.no_load_fraction * full_load, (1.0 - self.no_load_fraction) * full_load / self.unit_power_max_mw

    def _vary(self, m: pyo.Block, steps: Steps, offers: Offers) -> None:
        """Units online without a past: only how many, and their power."""
        domain = pyo.NonNegativeIntegers if self.commitment is Commitment.INTEGER else pyo.NonNegativeReals
        m.online_count = pyo.Var(steps.hours, dense=False, domain=domain, bounds=(0, self.unit_count))
        offers.declare(m, steps)
        rated, lowest = self.unit_power_max_mw, self.power_min_fraction * self.unit_power_max_mw
        ramp = self.ramp_fraction_per_h * self.unit_count * self.unit_power_max_mw

        @m.Constraint(steps.hours)
        def highest_power(m: pyo.Block, t: int) -> object:
            return _top(m, t, offers) <= rated * m.online_count[t]

        @m.Constraint(steps.hours)
        def lowest_power(m: pyo.Block, t: int) -> object:
            return _bottom(m, t, offers) >= lowest * m.online_count[t]

        station = self.unit_count * rated
        carry(m, steps, Rhythm.POWER, "power_mw", m.power_mw.__getitem__, range(OPENING, 0), free=(0.0, station), tied=False)
        if steps.horizon is Horizon.WINDOW:
            first = ramp * steps.length_h(Rhythm.POWER, 0)
            m.ramp_up_before = pyo.Constraint(expr=_top(m, 0, offers) <= m.opening_max_power_mw[OPENING] + first)
            m.ramp_down_before = pyo.Constraint(expr=_bottom(m, 0, offers) >= m.opening_min_power_mw[OPENING] - first)

        @m.Constraint(steps.later_hours)
        def ramp_up(m: pyo.Block, t: int) -> object:
            return _top(m, t, offers) - m.power_mw[t - 1] <= ramp * steps.length_h(Rhythm.POWER, t)

        @m.Constraint(steps.later_hours)
        def ramp_down(m: pyo.Block, t: int) -> object:
            return m.power_mw[t - 1] - _bottom(m, t, offers) <= ramp * steps.length_h(Rhythm.POWER, t)

        per_h = self.ramp_fraction_per_h * rated
        for direction in Direction:
            offers.limit_response(m, steps, direction, lambda time_h, t: per_h * time_h * m.online_count[t])

    def _switch(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        """Units that start and stop, by the law of unit commitment, and what their starts cost and burn."""
        units, tiers = self.units(steps.clock, ledger.product), self.tiers(steps.clock)
        units.declare(m, steps, self.opening(steps.clock))
        tiers.declare(m, steps, units)

        @m.Constraint(steps.hours)
        def power(m: pyo.Block, t: int) -> object:
            return m.power_mw[t] == units.power(m, t)

        per_step = 1.0 / step_length_h(steps.clock)
        coal, co2 = per_step / self.coal_heat_tce_per_t, per_step * self.co2_t_per_tce
        if any(tiers.cost):
            ledger.cost(
                self.id, "starts", rhythm=Rhythm.POWER,
                yuan_per_h=lambda t: per_step * tiers.cost_of_starts(m, t, units),
            )  # fmt: skip
        if any(tiers.fuel):
            ledger.enter(
                self.coal_yard, self.id, "burnt in starts", sign=-1, rhythm=Rhythm.POWER,
                t_per_h=lambda t: coal * tiers.fuel_of_starts(m, t, units),
            )  # fmt: skip
            ledger.account(
                Account.CO2, self.id, "starts", rhythm=Rhythm.POWER,
                t_per_h=lambda t: co2 * tiers.fuel_of_starts(m, t, units),
            )  # fmt: skip

    def _limit_units(self, m: pyo.Block, steps: Steps, offers: Offers) -> None:
        rated = self.unit_power_max_mw

        @m.Constraint(steps.hours)
        def available(m: pyo.Block, t: int) -> object:
            if self.availability_of is AvailabilityOf.POWER:
                return _top(m, t, offers) <= rated * m.available_fraction[t] * m.online_count[t]
            return m.online_count[t] <= self.unit_count * m.available_fraction[t]

        @m.Constraint(steps.hours)
        def must_run(m: pyo.Block, t: int) -> object:
            if self.availability_of is AvailabilityOf.POWER:
                return m.online_count[t] >= self.must_run_fraction * self.unit_count
            return m.online_count[t] >= self.must_run_fraction * self.unit_count * m.available_fraction[t]

    def operate(self, operation: Operation) -> None:
        if self.water_node is not None and self.water_m3_per_mwh:
            rated_mw = self.unit_count * self.unit_power_max_mw
            mean = rated_mw * operation.cooling_load_fraction * self.water_m3_per_mwh / SECONDS_PER_HOUR
            asked = Given(self.id, "cooling_m3_per_s", mean)
            operation.uses.append(Use(self.id, self.water_node, UserClass.POWER, asked))

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        hours = clock.power.count
        online, power, available = answer.online_count[-hours:], answer.power_mw, answer.available_fraction
        offers = self.offers(book.product)
        up, down = offers.held(answer, hours)
        per_unit = available if self.availability_of is AvailabilityOf.POWER else np.ones(hours)
        units = self.unit_count * (np.ones(hours) if self.availability_of is AvailabilityOf.POWER else available)
        book.within(self.id, "units online", online, units * self.must_run_fraction, units)
        lowest = online * self.unit_power_max_mw * self.power_min_fraction
        highest = online * self.unit_power_max_mw * per_unit
        book.within(self.id, "power of the units online", power, lowest + down, highest - up)
        if self.is_switched:
            self._audit_switching(answer, book, clock)
        else:
            self._audit_variation(answer, book, clock, offers)
        offers.audit(self.id, answer, book, 1 - self.auxiliary_fraction)
        self._failure().audit(answer, book, power * (1 - self.auxiliary_fraction), online)
        net, burnt = power * (1 - self.auxiliary_fraction), self._burnt_tce_per_h(online, power)
        book.enter(self.bus, net)
        book.enter(self.coal_yard, -burnt / self.coal_heat_tce_per_t, Rhythm.POWER)
        book.account(Account.CO2, burnt * self.co2_t_per_tce, Rhythm.POWER)
        book.cost(net * self.variable_cost_yuan_per_mwh, Rhythm.POWER)
        if self.water_node is not None and self.water_m3_per_mwh:
            drawn = power * self.water_m3_per_mwh / 3600
            book.enter(self.water_node, -drawn, Rhythm.POWER)
            book.account(Account.ALLOCATION, drawn, Rhythm.POWER)

    def _audit_variation(self, answer: Answer, book: Book, clock: Clock, offers: Offers) -> None:
        power, station = answer.power_mw, self.unit_count * self.unit_power_max_mw
        up, down = offers.held(answer, len(power))
        per_h = self.ramp_fraction_per_h * self.unit_power_max_mw * answer.online_count
        for direction in Direction:
            offers.audit_response(self.id, answer, book, direction, lambda time_h: per_h * time_h)
        if self.commitment is Commitment.INTEGER:
            book.equal(self.id, "whole units online", answer.online_count, np.round(answer.online_count))
        if len(power) > 1:
            climb = (power[1:] + up[1:] - power[:-1]) / clock.power.hours[1:] / station
            fall = (power[:-1] - power[1:] + down[1:]) / clock.power.hours[1:] / station
            change = np.maximum(climb, fall)
            book.within(self.id, "ramp, as a share of the station per hour", change, None, self.ramp_fraction_per_h)

    def _audit_switching(self, answer: Answer, book: Book, clock: Clock) -> None:
        units, tiers = self.units(clock, book.product), self.tiers(clock)
        book.equal(self.id, "power", units.audit(self.id, answer, book, clock, self.opening(clock)), answer.power_mw)
        starts = tiers.audit(self.id, answer, book, units) / clock.power.hours
        book.cost(np.array(tiers.cost) @ starts, Rhythm.POWER)
        burnt = np.array(tiers.fuel) @ starts
        book.enter(self.coal_yard, -burnt / self.coal_heat_tce_per_t, Rhythm.POWER)
        book.account(Account.CO2, burnt * self.co2_t_per_tce, Rhythm.POWER)

    def _burnt_tce_per_h(self, online: Floats, power: Floats) -> Floats:
        """For the audit: coal at the full-load rate, with the no-load part for units online and the rest for power."""
        as_if_full = self.no_load_fraction * online * self.unit_power_max_mw + (1 - self.no_load_fraction) * power
        return as_if_full * (1 - self.auxiliary_fraction) * self.coal_rate_net_gce_per_kwh / 1000

    def capacity(self) -> Capacity:
        return Capacity(self.unit_count * self.unit_power_max_mw, CapacityGroup.GENERATION)

    def adequacy(self, series: Mapping[str, Floats], clock: Clock) -> Adequacy:
        left = without_outages(series["available_fraction"], self.outage_fraction)
        net_mw = self.unit_power_max_mw * (1.0 - self.auxiliary_fraction)
        return Adequacy(
            machines=(
                Machines.with_outages(
                    self.unit_count, net_mw, self.outage_fraction, self.outage_forced_fraction, self.repair_mean_h, left
                ),
            )
        )

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="coal", bus="bus", coal_yard="yard", water_node="stream", unit_count=2, unit_power_max_mw=660.0,
            power_min_fraction=0.4, must_run_fraction=0.3, ramp_fraction_per_h=0.5, coal_rate_net_gce_per_kwh=300.0,
            no_load_fraction=0.18, auxiliary_fraction=0.06, coal_heat_tce_per_t=0.75, co2_t_per_tce=2.62,
            water_m3_per_mwh=1.75, variable_cost_yuan_per_mwh=13.0, outage_fraction=0.12,
            hot_derate_fraction_per_c=0.003, hot_derate_above_c=33.0,
        )  # fmt: skip
        ports = (
            Port.market("bus", "mw", 600.0, 400.0),
            Port.market("yard", "t_per_h", 800.0, 0.0),
            Port.market("stream", "m3_per_s", 1e5, 0.0),
        )
        return Example(asset, ports, series={"available_fraction": 0.88})


def _top(m: pyo.Block, t: Any, offers: Offers) -> Any:
    return m.power_mw[t] + offers.up(m, t) if offers.has_up else m.power_mw[t]


def _bottom(m: pyo.Block, t: Any, offers: Offers) -> Any:
    return m.power_mw[t] - offers.down(m, t) if offers.has_down else m.power_mw[t]
