"""The law of units that are switched: commitment, start tiers, courses and service as one, for every kind that has units."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Steps
from yuqian.models.commitment_law import Units
from yuqian.models.course_law import Courses
from yuqian.models.production_law import ProductionLine
from yuqian.models.service_law import Service
from yuqian.models.start_cost_law import StartTiers
from yuqian.models.unit_opening import Opening


@dataclass(frozen=True)
class Switched:
    """What an answer says of switched units, shapes (steps,).

    Attributes:
        power_mw: of the units online.
        course_mw: of those on their way up or down.
        money_per_h, fuel_per_h: of starts and stops.
    """

    power_mw: Floats
    course_mw: Floats
    money_per_h: Floats
    fuel_per_h: Floats


@dataclass(frozen=True)
class Switching:
    """A group of units with all that switching them takes.

    Attributes:
        stop_mw: power of one unit in each step after its stop.
        stop_cost, stop_fuel: of one stop.
        courses_add_freely: whether courses merely add to what is given.
    """

    units: Units
    tiers: StartTiers
    opening: Opening
    stop_mw: tuple[float, ...] = ()
    stop_cost: float = 0.0
    stop_fuel: float = 0.0
    service: Service = field(default_factory=Service)
    courses_add_freely: bool = False

    @property
    def courses(self) -> Courses:
        return Courses(self.tiers, self.stop_mw, self.courses_add_freely)

    @property
    def can_be_grouped(self) -> bool:
        """Whether several such units in one lose nothing."""
        limits = self.service.power_min_mw is None and self.service.power_max_mw is None
        return limits and self.units.can_be_grouped and self.tiers.exact_for_groups(self.units)

    def declare(self, m: pyo.Block, steps: Steps, line: ProductionLine | None = None) -> None:
        """Declare all decisions and rules, with the segments of a line of production if one is given."""
        self.units.declare(m, steps, self.opening)
        if line is not None:
            line.declare(m, steps, self.units)
        self.tiers.declare(m, steps, self.units)
        self.courses.declare(m, steps, self.units)
        self.service.declare(m, steps, self.units)

    def course(self, m: pyo.Block, t: Any) -> Any:
        """Power of units on their way up or down, MW; 0 where they have no course."""
        return self.courses.power(m, t)

    def power(self, m: pyo.Block, t: Any) -> Any:
        """Power of all units, MW."""
        return self.units.power(m, t) + self.course(m, t) if self.courses else self.units.power(m, t)

    @property
    def start_costs(self) -> bool:
        return any(self.tiers.cost)

    @property
    def burns(self) -> bool:
        """Whether starts or stops burn anything."""
        return any(self.tiers.fuel) or bool(self.stop_fuel)

    def start_cost_per_h(self, m: pyo.Block, t: Any) -> Any:
        """Money for the starts of a step."""
        return self.tiers.cost_of_starts(m, t, self.units) / self.units.step_h

    def stop_cost_per_h(self, m: pyo.Block, t: Any) -> Any:
        """Money for the stops of a step."""
        return self.stop_cost / self.units.step_h * m.stop_count[t]

    def fuel_per_h(self, m: pyo.Block, t: Any) -> Any:
        """Fuel of the starts and stops of a step."""
        starts = self.tiers.fuel_of_starts(m, t, self.units) / self.units.step_h if any(self.tiers.fuel) else 0.0
        return starts + self.stop_fuel / self.units.step_h * m.stop_count[t] if self.stop_fuel else starts

    def audit(self, owner: str, answer: Answer, book: Book, clock: Clock) -> Switched:
        """Check an answer against all of it."""
        power = self.units.audit(owner, answer, book, clock, self.opening)
        starts = self.tiers.audit(owner, answer, book, self.units)
        course = self.courses.audit(owner, answer, book, self.units, starts)
        self.service.audit(owner, answer, book, self.units)
        stops = answer.stop_count[self.units.past_steps :]
        money = (np.array(self.tiers.cost) @ starts + self.stop_cost * stops) / clock.power.hours
        fuel = (np.array(self.tiers.fuel) @ starts + self.stop_fuel * stops) / clock.power.hours
        return Switched(power, course, money, fuel)
