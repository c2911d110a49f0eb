"""Coal unit: a station of identical coal-fired units."""

from __future__ import annotations

import dataclasses
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
from yuqian.models.coal_burn_law import CoalBurn, CoalFromYard
from yuqian.models.commitment_law import Commitment, Units
from yuqian.models.cooling_law import Cooling
from yuqian.models.course_law import course_in_steps, courses_by_tier
from yuqian.models.kind import (
    Bus,
    Capacity,
    CapacityGroup,
    CoalFrom,
    Count,
    Example,
    Fraction,
    NonNegative,
    Positive,
    SeriesNeed,
    WaterFrom,
)
from yuqian.models.ledger import Ledger
from yuqian.models.operation import Operation
from yuqian.models.port import Port
from yuqian.models.reserve_law import Offers, no_product
from yuqian.models.reserve_product import Direction, Product
from yuqian.models.service_law import Service
from yuqian.models.start_cost_law import StartTiers, check_tiers
from yuqian.models.switched_kind import SwitchedKind
from yuqian.models.switching_law import Switching
from yuqian.models.unit_opening import Opening, step_length_h, whole_steps

BelowOne = Annotated[float, Field(ge=0, lt=1)]


class AvailabilityOf(enum.Enum):
    """What the share that is available is a share of."""

    UNITS = "units"
    POWER = "power"


class CoalUnit(SwitchedKind):
    """A station of identical units; unless they are committed whole, any number of them is online in an hour.

    Power is gross, at the generator's terminals. Each unit online runs between its minimum and its rated power and burns
    a straight line of fuel: ``no_load_fraction`` of the full-load fuel at no output, all of it at rated output, where the
    net coal rate holds. The part-load penalty follows from that line; a curve of net coal rates by load may stand in for it,
    if the fuel rises ever faster with power. Available is the given share of all units, or, with ``availability_of`` power,
    that share of the rated power of every unit online: an expected share of outages belongs on the power when units are
    whole. A given share of the units available is always online. The unit takes raw coal from its yard, make-up water for
    cooling if it names a node, and sends out what its auxiliaries leave; held back power counts towards a reserve.

    Starts may follow a course by tier and stops another, as shares of rated power hour by hour, and maintenance takes units
    out by date, as with thermal units (docs/commitment.md). Ramps are limited by the rated power of the whole station. With
    minimum times, start tiers or an initial status the law of unit commitment holds for the station as a group: exact where a
    unit may ramp through its whole range in a step and its start tiers are hours apart, else a lower bound on the cost. Without
    an initial status the optimum chooses what was online before. Start lags are times off; the first tier is reached by every
    start. With the commitment ``none`` all that is left out: only the lowest and highest power of what is online remain.
    """

    catalogued: ClassVar[bool] = True
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
    availability_of: AvailabilityOf = AvailabilityOf.UNITS
    ramp_startup_fraction: Fraction = 1.0
    ramp_shutdown_fraction: Fraction = 1.0
    start_fuel_tce: tuple[float, ...] = (0.0,)
    initial_power_fraction: Fraction | None = None
    outage_forced_fraction: Fraction | None = None
    repair_mean_h: Positive | None = None
    start_course_fraction: tuple[float, ...] = ()
    stop_course_fraction: tuple[float, ...] = ()
    stop_fuel_tce: NonNegative = 0.0
    part_load_fraction: tuple[float, ...] = ()
    part_load_rate_net_gce_per_kwh: tuple[float, ...] = ()
    water_shortage_price_yuan_per_m3: NonNegative | None = None

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

    @model_validator(mode="after")
    def _is_planned(self) -> Self:
        self.check_plan(self.start_course_fraction, self.stop_course_fraction, 1.0)
        self.burn()
        return self

    @property
    def is_switched(self) -> bool:
        """Whether anything depends on starts and stops, so that the law of unit commitment is needed."""
        if self.commitment is Commitment.NONE:
            return False
        times = self.time_up_minimum_h or self.time_down_minimum_h or self.initial_status_h is not None
        limits = min(self.ramp_startup_fraction, self.ramp_shutdown_fraction) < 1.0
        courses = self.start_course_h or self.stop_course_fraction or self.stop_cost_yuan or self.stop_fuel_tce
        return bool(times or limits or courses or any(self.start_cost_yuan) or any(self.start_fuel_tce))

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
        """Cost, fuel (tce) and course of starts by steps off."""
        length = step_length_h(clock)
        lags = [whole_steps(lag, length) for lag in self.start_lag_h]
        powers = [share * self.unit_power_max_mw for share in self.start_course_fraction]
        courses = courses_by_tier(self.start_course_h, powers, length)
        down = whole_steps(self.time_down_minimum_h, length)
        return StartTiers.of(lags, self.start_cost_yuan, down, self.start_fuel_tce, courses)

    def switching(self, clock: Clock, product: Callable[[str], Product] = no_product) -> Switching:
        """The law of units that start and stop, in steps of the clock; fuel in tce."""
        falling = [share * self.unit_power_max_mw for share in self.stop_course_fraction]
        stop = course_in_steps(falling, step_length_h(clock), to_the_end=False)
        return Switching(
            self.units(clock, product), self.tiers(clock), self.opening(clock), stop, self.stop_cost_yuan, self.stop_fuel_tce,
            self.service(clock),
        )  # fmt: skip

    def service(self, clock: Clock) -> Service:
        """Planned maintenance."""
        return Service(self.in_service(clock)) if self.maintenance_from else Service()

    def opening(self, clock: Clock) -> Opening:
        """What the units did before the horizon."""
        above = (self.initial_power_fraction or self.power_min_fraction) - self.power_min_fraction
        return Opening.of(
            self.unit_count,
            self.units(clock).past_steps,
            self.since_steps(clock),
            above * self.unit_power_max_mw * self.unit_count,
        )

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.power_mw = pyo.Var(steps.hours, dense=False, bounds=(0, None))
        offers = self.offers(ledger.product)
        if self.is_switched:
            self._switch(m, ledger, steps)
        else:
            self._vary(m, steps, offers)
        self._limit_units(m, steps, offers)
        law = self.switching(steps.clock, ledger.product) if self.is_switched else None
        fuel = self.burn().declare(m, steps, None if law is None else law.units)
        sent_out = 1.0 - self.auxiliary_fraction

        def power(t: Any) -> Any:
            return m.power_mw[t] + law.course(m, t) if law is not None and law.courses else m.power_mw[t]

        price = self.variable_cost_yuan_per_mwh * sent_out
        ledger.enter(self.bus, self.id, "generation", mw=lambda t: sent_out * power(t))
        self._coal.enter(ledger, "burnt", "combustion", fuel)
        ledger.cost(self.id, "operation", rhythm=Rhythm.POWER, yuan_per_h=lambda t: price * power(t))
        offers.enter(m, ledger, self.id, "spinning reserve", sent_out)
        failure = self.failure(sent_out * self.unit_power_max_mw)
        failure.declare(m, ledger, steps, lambda t: sent_out * power(t), m.online_count.__getitem__)
        self._cooling.enter(ledger, power)
        self._cooling.enter_emergency(m, ledger, steps, power)

    @property
    def _coal(self) -> CoalFromYard:
        return CoalFromYard(self.id, self.coal_yard, self.coal_heat_tce_per_t, self.co2_t_per_tce)

    @property
    def _cooling(self) -> Cooling:
        return Cooling(self.id, self.water_node, self.water_m3_per_mwh, self.water_shortage_price_yuan_per_m3)

    def burn(self) -> CoalBurn:
        """What one unit burns."""
        rated = self.unit_power_max_mw
        return CoalBurn(
            rated, self.power_min_fraction * rated, 1.0 - self.auxiliary_fraction, self.coal_rate_net_gce_per_kwh,
            self.no_load_fraction, self.part_load_fraction, self.part_load_rate_net_gce_per_kwh,
        )  # fmt: skip

    def fuel_line(self) -> tuple[float, float]:
        """Fuel as a straight line: tce/h for each unit online, and tce for each MWh gross."""
        return self.burn().line

    def _vary(self, m: pyo.Block, steps: Steps, offers: Offers) -> None:
        """Units online without a past: only how many, and their power."""
        domain = pyo.NonNegativeIntegers if self.commitment is Commitment.INTEGER else pyo.NonNegativeReals
        m.online_count = pyo.Var(steps.hours, dense=False, domain=domain, bounds=(0, self.unit_count))
        offers.declare(m, steps)
        rated, lowest = self.unit_power_max_mw, self.power_min_fraction * self.unit_power_max_mw
        if self.availability_of is AvailabilityOf.UNITS:

            @m.Constraint(steps.hours)
            def highest_power(m: pyo.Block, t: int) -> object:
                return _top(m, t, offers) <= rated * m.online_count[t]

        @m.Constraint(steps.hours)
        def lowest_power(m: pyo.Block, t: int) -> object:
            return _bottom(m, t, offers) >= lowest * m.online_count[t]

        per_h = self.ramp_fraction_per_h * rated
        for direction in Direction:
            offers.limit_response(m, steps, direction, lambda time_h, t: per_h * time_h * m.online_count[t])
        if self._ramps(steps.clock):
            self._ramp(m, steps, offers)

    def _ramps(self, clock: Clock) -> bool:
        """Whether ramps of the station without starts and stops can bind: not where units come and go freely."""
        return self.commitment is not Commitment.NONE and self.ramp_fraction_per_h * float(clock.power.hours.min()) < 1.0

    def _ramp(self, m: pyo.Block, steps: Steps, offers: Offers) -> None:
        """Ramps of the station without starts and stops."""
        ramp = self.ramp_fraction_per_h * self.unit_count * self.unit_power_max_mw
        free = (0.0, self.unit_count * self.unit_power_max_mw)
        carry(m, steps, Rhythm.POWER, "power_mw", m.power_mw.__getitem__, range(OPENING, 0), free=free, tied=False)
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

    def _switch(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        """Units that start and stop, by the law of unit commitment, and what their starts cost and burn."""
        law = self.switching(steps.clock, ledger.product)
        law.declare(m, steps)

        @m.Constraint(steps.hours)
        def power(m: pyo.Block, t: int) -> object:
            return m.power_mw[t] == law.units.power(m, t)

        if law.start_costs:
            ledger.cost(self.id, "starts", rhythm=Rhythm.POWER, yuan_per_h=lambda t: law.start_cost_per_h(m, t))
        if law.stop_cost:
            ledger.cost(self.id, "stops", rhythm=Rhythm.POWER, yuan_per_h=lambda t: law.stop_cost_per_h(m, t))
        if law.burns:
            self._coal.enter(ledger, "burnt in starts", "starts", lambda t: law.fuel_per_h(m, t))

    def _limit_units(self, m: pyo.Block, steps: Steps, offers: Offers) -> None:
        rated, planned = self.unit_power_max_mw, bool(self.maintenance_from)
        if planned and not self.is_switched:
            self.service(steps.clock).declare_counts(m, steps)

        def in_service(t: Any) -> Any:
            return m.in_service_count[t] if planned else self.unit_count

        @m.Constraint(steps.hours)
        def available(m: pyo.Block, t: int) -> object:
            if self.availability_of is AvailabilityOf.POWER:
                return _top(m, t, offers) <= rated * m.available_fraction[t] * m.online_count[t]
            return m.online_count[t] <= in_service(t) * m.available_fraction[t]

        @m.Constraint(steps.hours)
        def must_run(m: pyo.Block, t: int) -> object:
            if self.availability_of is AvailabilityOf.POWER:
                return m.online_count[t] >= self.must_run_fraction * in_service(t)
            return m.online_count[t] >= self.must_run_fraction * in_service(t) * m.available_fraction[t]

    def operate(self, operation: Operation) -> None:
        self._cooling.operate(operation, self.unit_count * self.unit_power_max_mw)

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        hours = clock.power.count
        online, power, available = answer.online_count[-hours:], answer.power_mw, answer.available_fraction
        offers = self.offers(book.product)
        up, down = offers.held(answer, hours)
        per_unit = available if self.availability_of is AvailabilityOf.POWER else np.ones(hours)
        units = self.in_service(clock) * (np.ones(hours) if self.availability_of is AvailabilityOf.POWER else available)
        book.within(self.id, "units online", online, units * self.must_run_fraction, units)
        lowest = online * self.unit_power_max_mw * self.power_min_fraction
        highest = online * self.unit_power_max_mw * per_unit
        book.within(self.id, "power of the units online", power, lowest + down, highest - up)
        course = np.zeros(hours)
        if self.is_switched:
            course = self._audit_switching(answer, book, clock)
        else:
            self._audit_variation(answer, book, clock, offers)
        offers.audit(self.id, answer, book, 1 - self.auxiliary_fraction)
        burnt = self.burn().audit(self.id, answer, book, online, power)
        power = power + course
        net = power * (1 - self.auxiliary_fraction)
        self.failure(self.unit_power_max_mw * (1 - self.auxiliary_fraction)).audit(answer, book, net, online)
        book.enter(self.bus, net)
        self._coal.audit(book, burnt)
        book.cost(net * self.variable_cost_yuan_per_mwh, Rhythm.POWER)
        self._cooling.audit(book, power)
        self._cooling.audit_emergency(answer, book, clock, power)

    def _audit_variation(self, answer: Answer, book: Book, clock: Clock, offers: Offers) -> None:
        power, station = answer.power_mw, self.unit_count * self.unit_power_max_mw
        up, down = offers.held(answer, len(power))
        per_h = self.ramp_fraction_per_h * self.unit_power_max_mw * answer.online_count
        for direction in Direction:
            offers.audit_response(self.id, answer, book, direction, lambda time_h: per_h * time_h)
        if self.commitment is Commitment.INTEGER:
            book.equal(self.id, "whole units online", answer.online_count, np.round(answer.online_count))
        if len(power) > 1 and self._ramps(clock):
            climb = (power[1:] + up[1:] - power[:-1]) / clock.power.hours[1:] / station
            fall = (power[:-1] - power[1:] + down[1:]) / clock.power.hours[1:] / station
            change = np.maximum(climb, fall)
            book.within(self.id, "ramp, as a share of the station per hour", change, None, self.ramp_fraction_per_h)

    def _audit_switching(self, answer: Answer, book: Book, clock: Clock) -> Floats:
        """Returns the power of units on their way up or down, shape (steps,), MW."""
        found = self.switching(clock, book.product).audit(self.id, answer, book, clock)
        book.equal(self.id, "power", found.power_mw, answer.power_mw)
        book.cost(found.money_per_h, Rhythm.POWER)
        self._coal.audit(book, found.fuel_per_h)
        return found.course_mw

    def capacity(self) -> Capacity:
        return Capacity(self.unit_count * self.unit_power_max_mw, CapacityGroup.GENERATION)

    def adequacy(self, series: Mapping[str, Floats], clock: Clock) -> Adequacy:
        left = without_outages(series["available_fraction"], self.outage_fraction)
        net_mw = self.unit_power_max_mw * (1.0 - self.auxiliary_fraction)
        machines = Machines.with_outages(
            self.unit_count, net_mw, self.outage_fraction, self.outage_forced_fraction, self.repair_mean_h, left
        )  # fmt: skip
        out = self.unit_count - self.in_service(clock) if self.maintenance_from else None
        return Adequacy(machines=(dataclasses.replace(machines, out_by_date=out),))

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="coal", bus="bus", coal_yard="yard", water_node="stream", unit_count=2, unit_power_max_mw=660.0,
            power_min_fraction=0.4, must_run_fraction=0.3, ramp_fraction_per_h=0.5, coal_rate_net_gce_per_kwh=300.0,
            no_load_fraction=0.18, auxiliary_fraction=0.06, coal_heat_tce_per_t=0.75, co2_t_per_tce=2.62,
            water_m3_per_mwh=1.75, variable_cost_yuan_per_mwh=13.0, outage_fraction=0.12,
            hot_derate_fraction_per_c=0.003, hot_derate_above_c=33.0,
        )  # fmt: skip
        fuel, water = Port.market("yard", "t_per_h", 800.0, 0.0), Port.market("stream", "m3_per_s", 1e5, 0.0)
        ports = (Port.market("bus", "mw", 600.0, 400.0), fuel, water)
        return Example(asset, ports, series={"available_fraction": 0.88})


def _top(m: pyo.Block, t: Any, offers: Offers) -> Any:
    return m.power_mw[t] + offers.up(m, t) if offers.has_up else m.power_mw[t]


def _bottom(m: pyo.Block, t: Any, offers: Offers) -> Any:
    return m.power_mw[t] - offers.down(m, t) if offers.has_down else m.power_mw[t]
