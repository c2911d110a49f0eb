"""Thermal unit: a unit, or a group of identical ones, in the general form that published cases are stated in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, ClassVar, Self

import numpy as np
import pyomo.environ as pyo
from pydantic import Field, model_validator

from yuqian.models.adequacy import Adequacy, Machines
from yuqian.models.ancillary_law import Ancillary, AncillaryOffer, Band
from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Rhythm, Steps
from yuqian.models.commitment_law import Commitment, Formulation, Units
from yuqian.models.cost_by_step_law import CostByStep
from yuqian.models.course_law import course_in_steps, courses_by_tier
from yuqian.models.emission_law import audit_emission, enter_emission
from yuqian.models.kind import (
    Bus,
    Capacity,
    CapacityGroup,
    CoalFrom,
    EmissionTo,
    Example,
    Fraction,
    NonNegative,
    Positive,
    ReserveTo,
    table,
)
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port
from yuqian.models.production_law import ProductionLine, is_convex
from yuqian.models.reserve_law import Offers, no_product
from yuqian.models.reserve_product import Product
from yuqian.models.service_law import Service, by_step
from yuqian.models.start_cost_law import StartTiers, check_tiers
from yuqian.models.switched_kind import SwitchedKind
from yuqian.models.switching_law import Switching
from yuqian.models.unit_opening import Opening, step_length_h, whole_steps

Points = Annotated[tuple[float, ...], Field(min_length=1)]


class ThermalUnit(SwitchedKind):
    """Units that are committed, ramp, and burn along a convex line.

    Power is what the units send to the bus. Lags are times off before a start; the first tier is reached by every start.
    ``initial_status_h`` is how long all units had been online (positive) or off (negative) before the horizon, left out when
    the optimum may choose. Costs are in yuan or in whatever money the whole region is counted in. With ``reserve`` the units
    hold power above the planned that they could ramp to, which counts towards that requirement; ``reserves`` names further
    ones. ``quick_start_mw`` is what a unit at standstill gives in time for a reserve that counts it. With ``fuel_from`` they
    also burn fuel along a line over the same powers. A maintenance window takes units out in every step that begins in it, its
    end excluded: all of them, or ``maintenance_unit_count``.

    A start may follow a course, hour by hour until the unit is online: ``start_course_h`` hours for each tier, their powers one
    tier after the other in ``start_course_mw``; after a stop it falls along ``stop_course_mw``. With ``courses_add_freely``
    these powers merely add to the balance, however little time a unit has been off, and ``reserve`` must cover them;
    ``start_to_come_mw`` is what a start after the horizon gives of its course within it, by step. Limits by step lie within the
    plain ones; units fixed by step are a commitment that somebody else has made. ``curve_cost_by_step_yuan_per_h`` holds
    instead of ``curve_cost_yuan_per_h``: costs at the same powers, step after step.

    ``ancillary`` names requirements that the units serve apart from their plan, as co-optimised markets do, with the most
    that they hold online and at standstill and what they ask for it; ``regulation_*`` is the range of automatic control.
    """

    catalogued: ClassVar[bool] = True
    title_en: ClassVar[str] = "Thermal units"
    title_zh: ClassVar[str] = "火电机组"

    bus: Bus
    quick_start_mw: NonNegative = 0.0
    fuel_from: CoalFrom | None = None
    power_min_mw: NonNegative
    power_max_mw: Positive
    ramp_up_mw_per_h: NonNegative
    ramp_down_mw_per_h: NonNegative
    ramp_startup_mw: NonNegative
    ramp_shutdown_mw: NonNegative
    time_up_minimum_h: NonNegative
    time_down_minimum_h: NonNegative
    initial_power_mw: NonNegative = 0.0
    start_lag_h: Points = (0.0,)
    start_cost_yuan: Points = (0.0,)
    start_fuel_t: tuple[float, ...] = ()
    start_course_mw: tuple[float, ...] = ()
    stop_course_mw: tuple[float, ...] = ()
    courses_add_freely: bool = False
    start_to_come_mw: tuple[float, ...] = ()
    curve_power_mw: Points
    curve_cost_yuan_per_h: Points
    curve_fuel_t_per_h: tuple[float, ...] = ()
    curve_cost_by_step_yuan_per_h: tuple[float, ...] = ()
    must_run: bool = False
    power_min_by_step_mw: tuple[float, ...] = ()
    power_max_by_step_mw: tuple[float, ...] = ()
    online_min_by_step_count: tuple[float, ...] = ()
    online_max_by_step_count: tuple[float, ...] = ()
    co2_t_per_mwh: NonNegative = 0.0
    emission_budget: EmissionTo | None = None
    ancillary: tuple[ReserveTo, ...] = ()
    ancillary_max_mw: tuple[float, ...] = ()
    ancillary_standstill_max_mw: tuple[float, ...] = ()
    ancillary_cost_yuan_per_mwh: tuple[float, ...] = ()
    regulation_min_mw: NonNegative | None = None
    regulation_max_mw: NonNegative | None = None
    regulation_ramp_mw_per_h: NonNegative = 0.0
    regulation_cost_yuan_per_h: NonNegative = 0.0
    outage_forced_fraction: Fraction = 0.0
    repair_mean_h: Positive | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.commitment is Commitment.NONE:
            raise ValueError(f"these units are stated by their commitment; say '{Commitment.RELAXED.value}' to loosen it")
        self._check_power()
        check_tiers(self.start_lag_h, self.start_cost_yuan)
        self.cost_line()
        self.fuel_line()
        self._check_courses()
        self._check_ancillary()
        whole = self.commitment is Commitment.INTEGER
        ramps = min(self.ramp_up_mw_per_h, self.ramp_down_mw_per_h)
        if whole and self.unit_count > 1 and ramps < self.power_max_mw - self.power_min_mw:
            raise ValueError(
                f"{self.unit_count} whole units in one are exact only if ramps never bind; the ramp of {ramps:g} MW/h is less "
                f"than the range of {self.power_max_mw - self.power_min_mw:g} MW: list the units one by one"
            )
        return self

    def _check_courses(self) -> None:
        if self.start_fuel_t:
            check_tiers(self.start_lag_h, self.start_fuel_t)
            if self.fuel_from is None:
                raise ValueError("start_fuel_t is burnt from somewhere; name it in fuel_from")
        self.check_plan(self.start_course_mw, self.stop_course_mw, self.power_max_mw)

    def _check_ancillary(self) -> None:
        count = len(self.ancillary)
        for name in ("ancillary_max_mw", "ancillary_standstill_max_mw", "ancillary_cost_yuan_per_mwh"):
            values = getattr(self, name)
            if len(values) not in (0, count) or min(values, default=0.0) < 0.0:
                raise ValueError(f"{name} gives a number of at least 0 for each of the {count} in ancillary, or none at all")
        low, high = self.regulation_min_mw, self.regulation_max_mw
        if (low is None) != (high is None):
            raise ValueError("regulation_min_mw and regulation_max_mw belong together")
        if low is not None and high is not None and not self.power_min_mw <= low <= high <= self.power_max_mw:
            raise ValueError(f"the range of regulation ({low:g} to {high:g} MW) must lie within that of the unit")

    def _check_power(self) -> None:
        low, high, status = self.power_min_mw, self.power_max_mw, self.initial_status_h
        if low > high:
            raise ValueError(f"the lowest power ({low:g} MW) must not be above the highest ({high:g} MW)")
        if min(self.ramp_startup_mw, self.ramp_shutdown_mw) < low:
            raise ValueError(f"a start or stop below the lowest power ({low:g} MW) can never happen; raise its ramp limit")
        if (self.curve_power_mw[0], self.curve_power_mw[-1]) != (low, high):
            raise ValueError(f"the production line must reach from the lowest ({low:g} MW) to the highest power ({high:g} MW)")
        if status == 0.0:
            raise ValueError("a unit is online (positive) or off (negative) for some time before the horizon, not 0 h")
        bounds = (low, high) if status is not None and status > 0 else (0.0, 0.0)
        if not bounds[0] <= self.initial_power_mw <= bounds[1]:
            raise ValueError(f"the initial power of a unit must lie between {bounds[0]:g} and {bounds[1]:g} MW")
        if status is not None and 0.0 < status < self.time_up_minimum_h and self.formulation is Formulation.TIGHT:
            ramped = self.ramp_startup_mw + self.ramp_up_mw_per_h * max(status - 1.0, 0.0)
            if self.initial_power_mw > ramped:
                raise ValueError(
                    f"a unit started {status:g} h ago cannot have reached {self.initial_power_mw:g} MW, only {ramped:g} MW; "
                    f"correct the opening, or use the formulation '{Formulation.THREE_BINARY.value}', which does not look back"
                )

    def cost_line(self) -> ProductionLine:
        """Cost of one unit online by its power, yuan/h."""
        return ProductionLine(self.curve_power_mw, self.curve_cost_yuan_per_h, self._fills_in_order)

    def cost_by_step(self, clock: Clock) -> CostByStep | None:
        """Cost of one unit online by its power and step."""
        rates = self.curve_cost_by_step_yuan_per_h
        return CostByStep.of(self.cost_line(), rates, clock) if rates else None

    def fuel_line(self) -> ProductionLine | None:
        """Fuel of one unit online by its power, t/h."""
        rates = self.curve_fuel_t_per_h
        return ProductionLine(self.curve_power_mw, rates, self._fills_in_order) if rates else None

    @property
    def _fills_in_order(self) -> bool:
        """Whether it is one whole unit whose cost or fuel is not convex; of others such a line is refused."""
        lines = [rates for rates in (self.curve_cost_yuan_per_h, self.curve_fuel_t_per_h) if rates]
        alone = self.commitment is Commitment.INTEGER and self.unit_count == 1
        return alone and not all(is_convex(self.curve_power_mw, rates) for rates in lines)

    def units(self, clock: Clock, product: Callable[[str], Product] = no_product) -> Units:
        """What the law of commitment needs to know, in steps of the clock; ``product`` says what reserves ask for."""
        length = step_length_h(clock)
        up, down = (whole_steps(hours, length) for hours in (self.time_up_minimum_h, self.time_down_minimum_h))
        return Units(
            self.unit_count, self.commitment, self.formulation, self.power_min_mw, self.power_max_mw,
            self.ramp_up_mw_per_h * length, self.ramp_down_mw_per_h * length,
            min(self.ramp_startup_mw, self.power_max_mw), min(self.ramp_shutdown_mw, self.power_max_mw),
            up, down, max(up, down, self.tiers(clock).lag_steps[-1]), length,
            Offers.of(self.reserve, self.reserves, product), self.quick_start_mw,
        )  # fmt: skip

    def tiers(self, clock: Clock) -> StartTiers:
        """Cost, fuel and course of starts by steps off."""
        length = step_length_h(clock)
        lags = [whole_steps(lag, length) for lag in self.start_lag_h]
        courses = courses_by_tier(self.start_course_h, self.start_course_mw, length)
        down = whole_steps(self.time_down_minimum_h, length)
        return StartTiers.of(lags, self.start_cost_yuan, down, self.start_fuel_t, courses)

    def switching(self, clock: Clock, product: Callable[[str], Product] = no_product) -> Switching:
        """The law of the units, in steps of the clock."""
        stop = course_in_steps(self.stop_course_mw, step_length_h(clock), to_the_end=False)
        return Switching(
            self.units(clock, product), self.tiers(clock), self.opening(clock), stop, self.stop_cost_yuan,
            service=self._service(clock), courses_add_freely=self.courses_add_freely,
        )  # fmt: skip

    def can_be_grouped(self, clock: Clock) -> bool:
        """Whether several such units in one lose nothing."""
        return self.switching(clock).can_be_grouped and not (self._fills_in_order or self.ancillary)

    def services(self, clock: Clock, law: Switching, product: Callable[[str], Product]) -> Ancillary:
        """The law of the services that they offer apart from their plan."""
        count, length = len(self.ancillary), step_length_h(clock)
        most = self.ancillary_max_mw or (self.power_max_mw,) * count
        standing = self.ancillary_standstill_max_mw or (0.0,) * count
        asked = ((name, product(name)) for name in self.ancillary)
        offers = tuple(
            AncillaryOffer(name, one, one.response_h or length, most[k], standing[k], cost)
            for k, ((name, one), cost) in enumerate(
                zip(asked, self.ancillary_cost_yuan_per_mwh or (0.0,) * count, strict=True)
            )
        )  # fmt: skip
        low, high = self.regulation_min_mw, self.regulation_max_mw
        band = None
        if low is not None and high is not None:
            band = Band(low, high, self.regulation_ramp_mw_per_h, self.regulation_cost_yuan_per_h)
        return Ancillary(law.units, offers, band, self.ramp_startup_mw, self.ramp_shutdown_mw, law.service)

    def opening(self, clock: Clock) -> Opening:
        """What the units did before the horizon."""
        above = (self.initial_power_mw - self.power_min_mw) * self.unit_count
        return Opening.of(self.unit_count, self.units(clock).past_steps, self.since_steps(clock), above)

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        clock = steps.clock
        law, line, fuel = self.switching(clock, ledger.product), self.cost_line(), self.fuel_line()
        law.declare(m, steps, line)
        ledger.enter(self.bus, self.id, "generation", mw=lambda t: law.power(m, t))
        law.units.offers.enter(m, ledger, self.id, "spinning reserve")
        if self.start_to_come_mw:
            table(m, "start_to_come_mw", steps.hours, by_step("start_to_come_mw", self.start_to_come_mw, clock))
            ledger.enter(self.bus, self.id, "start to come", mw=m.start_to_come_mw)
        if self.courses_add_freely and self.reserve is not None:
            ledger.enter(self.reserve, self.id, "power on courses", sign=-1, mw=lambda t: law.course(m, t))
            if self.start_to_come_mw:
                ledger.enter(self.reserve, self.id, "start to come", sign=-1, mw=m.start_to_come_mw)
        if self.ancillary:
            services = self.services(clock, law, ledger.product)
            services.declare(m, steps)
            services.enter(m, ledger, self.id)
        self.failure(self.power_max_mw).declare(m, ledger, steps, lambda t: law.power(m, t), m.online_count.__getitem__)
        if self.fuel_from is not None and fuel is not None:
            ledger.enter(
                self.fuel_from, self.id, "burnt", sign=-1, rhythm=Rhythm.POWER, t_per_h=lambda t: fuel.rate(m, t)
            )  # fmt: skip
        if self.fuel_from is not None and law.burns:
            ledger.enter(
                self.fuel_from, self.id, "burnt in starts", sign=-1, rhythm=Rhythm.POWER,
                t_per_h=lambda t: law.fuel_per_h(m, t),
            )  # fmt: skip
        changing = self.cost_by_step(clock)
        if changing is not None:
            changing.declare(m, steps)
        rate = line.rate if changing is None else changing.rate
        ledger.cost(self.id, "production", rhythm=Rhythm.POWER, yuan_per_h=lambda t: rate(m, t))
        if law.start_costs:
            ledger.cost(self.id, "starts", rhythm=Rhythm.POWER, yuan_per_h=lambda t: law.start_cost_per_h(m, t))
        if self.stop_cost_yuan:
            ledger.cost(self.id, "stops", rhythm=Rhythm.POWER, yuan_per_h=lambda t: law.stop_cost_per_h(m, t))
        enter_emission(
            ledger, self.id, "generation", self.co2_t_per_mwh, self.emission_budget, lambda t: law.power(m, t)
        )  # fmt: skip

    def _service(self, clock: Clock) -> Service:
        highest = lowest = None
        if self.maintenance_from or self.must_run:
            highest = self.in_service(clock)
            lowest = highest if self.must_run else None
        if self.online_max_by_step_count:
            fixed = by_step("online_max_by_step_count", self.online_max_by_step_count, clock)
            highest = fixed if highest is None else np.minimum(highest, fixed)
        if self.online_min_by_step_count:
            fixed = by_step("online_min_by_step_count", self.online_min_by_step_count, clock)
            lowest = fixed if lowest is None else np.maximum(lowest, fixed)
        return Service(
            highest, lowest,
            by_step("power_min_by_step_mw", self.power_min_by_step_mw, clock) if self.power_min_by_step_mw else None,
            by_step("power_max_by_step_mw", self.power_max_by_step_mw, clock) if self.power_max_by_step_mw else None,
        )  # fmt: skip

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        law = self.switching(clock, book.product)
        found = law.audit(self.id, answer, book, clock)
        power = found.power_mw + found.course_mw
        book.enter(self.bus, power)
        audit_emission(book, self.co2_t_per_mwh, self.emission_budget, power)
        law.units.offers.audit(self.id, answer, book, at_standstill=bool(self.quick_start_mw))
        to_come = np.array(self.start_to_come_mw or (0.0,))
        book.enter(self.bus, to_come)
        if self.courses_add_freely and self.reserve is not None:
            book.enter(self.reserve, -found.course_mw - to_come)
        if self.ancillary:
            self.services(clock, law, book.product).audit(self.id, answer, book, clock)
        self.failure(self.power_max_mw).audit(answer, book, power, answer.online_count[1:])
        fuel = self.fuel_line()
        if self.fuel_from is not None:
            burnt = found.fuel_per_h + (0.0 if fuel is None else fuel.audit(self.id, answer, book))
            book.enter(self.fuel_from, -burnt, Rhythm.POWER)
        paid, changing = self.cost_line().audit(self.id, answer, book), self.cost_by_step(clock)
        book.cost((paid if changing is None else changing.audit(answer)) + found.money_per_h, Rhythm.POWER)

    def with_commitment(self, commitment: Commitment) -> Self:
        """The same units; without a commitment they are relaxed."""
        return super().with_commitment(Commitment.RELAXED if commitment is Commitment.NONE else commitment)

    def capacity(self) -> Capacity:
        return Capacity(self.unit_count * self.power_max_mw, CapacityGroup.GENERATION)

    def adequacy(self, series: Mapping[str, Floats], clock: Clock) -> Adequacy:
        out = self.unit_count - self.in_service(clock)
        forced, repair = self.outage_forced_fraction, self.repair_mean_h
        return Adequacy(machines=(Machines(self.unit_count, self.power_max_mw, forced, repair, out_by_date=out),))

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="thermal", bus="bus", reserve="spinning", power_min_mw=100.0, power_max_mw=300.0, ramp_up_mw_per_h=60.0,
            ramp_down_mw_per_h=80.0, ramp_startup_mw=120.0, ramp_shutdown_mw=110.0, time_up_minimum_h=4.0,
            time_down_minimum_h=3.0, initial_status_h=2.0, initial_power_mw=180.0, start_lag_h=(3.0, 6.0),
            start_cost_yuan=(40e3, 90e3), stop_cost_yuan=5e3, curve_power_mw=(100.0, 200.0, 300.0),
            curve_cost_yuan_per_h=(32e3, 60e3, 90e3),
        )  # fmt: skip
        ports = (Port.market("bus", "mw", 900.0, 400.0), Port.requirement("spinning", "mw"))
        return Example(asset, ports)
