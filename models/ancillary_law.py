"""The law of ancillary services: what a unit holds apart from its plan, as markets that clear energy and services at once ask.

A service is a product of a reserve requirement (:class:`~yuqian.models.reserve_product.Product`). For each the unit decides how
much it holds online, ``m.service_<requirement>_mw``, and at standstill, ``m.standing_service_<requirement>_mw``:

* regulation needs the unit in regulating mode, ``m.regulating_count``, in which its whole range is a band, and is at most half
  that band and what automatic control can move in the response time;
* what is called (spinning, supplemental) is, with all that must be there sooner, at most what the unit offers and can ramp in
  the response time;
* flexible ramp is at most what the unit can ramp in the response time, by itself;
* at standstill (non-spinning) a service is, with all that must be there sooner, at most what the unit offers while it is off;
* all of it lies between plan and highest power, or lowest power and plan;
* services that share ramps take from the ramp between two steps as fast as they would be called: flexible ramp in full, the
  others by their mean over both steps, in the first step in full.

The rules are those of the unit-commitment model of Egret (grid-parity-exchange/Egret, ``services``), which follows the practice
of independent system operators: Wang and Hodge, "Enhancing power system operational flexibility with flexible ramping products:
a review" (IEEE Transactions on Industrial Informatics, 2017).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Rhythm, Steps
from yuqian.models.commitment_law import ROUNDED_MW, Commitment, Units
from yuqian.models.kind import table
from yuqian.models.ledger import Ledger
from yuqian.models.reserve_product import Direction, Product
from yuqian.models.service_law import Service


@dataclass(frozen=True)
class Band:
    """Where a unit can regulate.

    Attributes:
        min_mw, max_mw: lowest and highest power in regulating mode.
        ramp_mw_per_h: how fast automatic control moves it.
        cost_yuan_per_h: of being in regulating mode.
    """

    min_mw: float
    max_mw: float
    ramp_mw_per_h: float
    cost_yuan_per_h: float


@dataclass(frozen=True)
class AncillaryOffer:
    """One service of a unit.

    Attributes:
        requirement: id of the asset that asks for it.
        response_h: within which it must be there.
        most_mw, standing_most_mw: held online and at standstill at most, together with all that must be there sooner.
    """

    requirement: str
    product: Product
    response_h: float
    most_mw: float
    standing_most_mw: float
    cost_yuan_per_mwh: float

    @property
    def held(self) -> str:
        return f"service_{self.requirement}_mw"

    @property
    def standing(self) -> str:
        return f"standing_service_{self.requirement}_mw"

    @property
    def is_called(self) -> bool:
        """Whether it is power that is called in time, with what must be there sooner."""
        return self.product.from_online and not self.product.is_ramp

    def limits(self, other: AncillaryOffer) -> bool:
        """Whether another service counts within what this one may be at most."""
        same = self.product.direction is other.product.direction
        return self == other or (self.is_called and other.is_called and same and other.response_h <= self.response_h)


@dataclass(frozen=True)
class Ancillary:
    """All services of a unit, or of a group of identical ones.

    Attributes:
        units: the law that switches them.
        offers: by requirement; those that regulate count only with a band.
        band: where the units can regulate; None where they cannot.
        ramp_startup_mw, ramp_shutdown_mw: highest power in the step of a start, and before a stop; above the highest power
            where no limit is meant.
        service: limits by step.
    """

    units: Units
    offers: tuple[AncillaryOffer, ...]
    band: Band | None
    ramp_startup_mw: float
    ramp_shutdown_mw: float
    service: Service

    @property
    def online(self) -> tuple[AncillaryOffer, ...]:
        return tuple(o for o in self.offers if o.product.from_online and (self.band or not o.product.regulates))

    @property
    def standing(self) -> tuple[AncillaryOffer, ...]:
        return tuple(o for o in self.offers if o.product.from_standstill and o.standing_most_mw)

    @property
    def _regulates(self) -> bool:
        return any(o.product.regulates for o in self.online)

    def _towards(self, direction: Direction) -> list[AncillaryOffer]:
        return [o for o in self.online if o.product.direction is direction]

    def _ramp_mw_per_h(self, direction: Direction) -> float:
        return (self.units.ramp_up_mw if direction is Direction.UP else self.units.ramp_down_mw) / self.units.step_h

    def _most_mw(self, offer: AncillaryOffer) -> float:
        """What one unit online, or in regulating mode, holds at most of a service and all within it."""
        movable = self._ramp_mw_per_h(offer.product.direction) * offer.response_h
        if offer.product.regulates and self.band is not None:
            half = (self.band.max_mw - self.band.min_mw) / 2.0
            return min(movable, half, self.band.ramp_mw_per_h * offer.response_h)
        return movable if offer.product.is_ramp else min(movable, offer.most_mw)

    def declare(self, m: pyo.Block, steps: Steps) -> None:
        """Declare what is held, and its limits."""
        for offer in self.online:
            m.add_component(offer.held, pyo.Var(steps.hours, dense=False, bounds=(0, None)))
        for offer in self.standing:
            m.add_component(offer.standing, pyo.Var(steps.hours, dense=False, bounds=(0, None)))
        if self._regulates:
            whole = self.units.commitment is Commitment.INTEGER
            domain = pyo.NonNegativeIntegers if whole else pyo.NonNegativeReals
            m.regulating_count = pyo.Var(steps.hours, dense=False, domain=domain, bounds=(0, self.units.count))
            m.regulating_online = pyo.Constraint(
                steps.hours, rule=lambda m, t: m.regulating_count[t] <= m.online_count[t]
            )  # fmt: skip
        self._limit_each(m, steps)
        self._limit_room(m, steps)
        for direction in Direction:
            if any(o.product.shares_ramp for o in self._towards(direction)):
                self._share_ramp(m, steps, direction)

    def _limit_each(self, m: pyo.Block, steps: Steps) -> None:
        for k, offer in enumerate(self.online, start=1):
            inside = [o.held for o in self.online if offer.limits(o)]
            able = m.regulating_count if offer.product.regulates else m.online_count
            m.add_component(
                f"service_limit_{k}", pyo.Constraint(steps.hours, rule=_at_most(inside, self._most_mw(offer), able))
            )
        for k, offer in enumerate(self.standing, start=1):
            inside = [o.standing for o in self.standing if o.response_h <= offer.response_h]
            rule = _at_standstill(inside, offer.standing_most_mw, self.units.count)
            m.add_component(f"standing_service_limit_{k}", pyo.Constraint(steps.hours, rule=rule))

    def _limit_room(self, m: pyo.Block, steps: Steps) -> None:
        """Between lowest and highest power, or in regulating mode within the band."""
        units, service, band = self.units, self.service, self.band
        count = steps.clock.power.count
        up, down = self._towards(Direction.UP), self._towards(Direction.DOWN)
        if up or self._regulates:
            room = np.full(count, units.range_mw)
            if service.power_max_mw is not None:
                room = service.power_max_mw - units.power_min_mw
            table(m, "service_room_mw", steps.hours, room)
            if band is not None and self._regulates:
                table(m, "above_band_mw", steps.hours, room + units.power_min_mw - band.max_mw)
            m.service_up = pyo.Constraint(
                steps.hours,
                rule=lambda m, t: (
                    units.top(m, t) + _sum(m, up, t) + self._outside(m, "above_band_mw", t)
                    <= m.service_room_mw[t] * m.online_count[t]
                ),
            )
        if down or self._regulates:
            least = np.zeros(count)
            if service.power_min_mw is not None:
                least = service.power_min_mw - units.power_min_mw
            table(m, "service_least_mw", steps.hours, least)
            if band is not None and self._regulates:
                table(m, "below_band_mw", steps.hours, band.min_mw - units.power_min_mw - least)
            m.service_down = pyo.Constraint(
                steps.hours,
                rule=lambda m, t: (
                    units.bottom(m, t) - _sum(m, down, t) - self._outside(m, "below_band_mw", t)
                    >= m.service_least_mw[t] * m.online_count[t]
                ),
            )

    def _outside(self, m: pyo.Block, outside: str, t: Any) -> Any:
        """What regulating mode closes of the range, MW."""
        return m.component(outside)[t] * m.regulating_count[t] if self._regulates else 0.0

    def _share_ramp(self, m: pyo.Block, steps: Steps, direction: Direction) -> None:
        units, sharing = self.units, [o for o in self._towards(direction) if o.product.shares_ramp]
        called, free = ([o for o in sharing if o.product.is_ramp is ramp] for ramp in (False, True))
        is_up = direction is Direction.UP

        def pulled(t: Any, before: Any | None) -> Any:
            parts = [units.step_h / o.response_h * m.component(o.held)[t] for o in free]
            for o in called:
                held, pace = m.component(o.held), units.step_h / o.response_h
                parts.append(pace * held[t] if before is None else 0.5 * pace * (held[t] + held[before]))
            return sum(parts)

        def rule(t: Any, before: Any | None) -> Any:
            ramp, end = self._ends(direction)
            if is_up:
                moved = units.top(m, t) - m.above_min_mw[t - 1] + pulled(t, before)
                return moved <= ramp * m.online_count[t] + end * m.start_count[t]
            moved = m.above_min_mw[t - 1] - units.bottom(m, t) + pulled(t, before)
            return moved <= ramp * m.online_count[t - 1] + end * m.stop_count[t]

        first = pyo.Constraint(expr=rule(0, None))
        m.add_component(f"service_ramp_{direction.value}_first", first)
        m.add_component(
            f"service_ramp_{direction.value}", pyo.Constraint(steps.later_hours, rule=lambda _, t: rule(t, t - 1))
        )  # fmt: skip

    def _ends(self, direction: Direction) -> tuple[float, float]:
        """Ramp of a step, and how far a start or stop may differ from it, MW."""
        is_up = direction is Direction.UP
        ramp = self.units.ramp_up_mw if is_up else self.units.ramp_down_mw
        end = (self.ramp_startup_mw if is_up else self.ramp_shutdown_mw) - self.units.power_min_mw - ramp
        return ramp, end if abs(end) > ROUNDED_MW else 0.0

    def enter(self, m: pyo.Block, ledger: Ledger, owner: str) -> None:
        """Give what is held to the requirements, and enter what it costs."""
        all_held = [(offer, "ancillary service", m.component(offer.held)) for offer in self.online]
        all_held += [(offer, "ancillary service at standstill", m.component(offer.standing)) for offer in self.standing]
        for offer, label, held in all_held:
            ledger.enter(offer.requirement, owner, label, mw=held)
            if offer.cost_yuan_per_mwh:
                ledger.cost(owner, label, rhythm=Rhythm.POWER, yuan_per_h=_priced(offer.cost_yuan_per_mwh, held))
        if self._regulates and self.band is not None and self.band.cost_yuan_per_h:
            ledger.cost(
                owner, "regulating", rhythm=Rhythm.POWER, yuan_per_h=_priced(self.band.cost_yuan_per_h, m.regulating_count)
            )  # fmt: skip

    def audit(self, owner: str, answer: Answer, book: Book, clock: Clock) -> None:
        """Check what is held, enter it, and its cost."""
        online = answer.online_count[1:]
        regulating = answer.regulating_count if self._regulates else np.zeros(len(online))
        book.within(owner, "units regulating", regulating, 0.0, online)
        if self._regulates and self.units.commitment is Commitment.INTEGER:
            book.equal(owner, "whole units regulating", regulating, np.round(regulating))
        for offer in self.online:
            held = np.sum([getattr(answer, o.held) for o in self.online if offer.limits(o)], axis=0)
            able = regulating if offer.product.regulates else online
            book.within(owner, f"service for {offer.requirement}", getattr(answer, offer.held), 0.0, None)
            book.within(owner, f"service for {offer.requirement} in time", held, None, self._most_mw(offer) * able)
            book.enter(offer.requirement, getattr(answer, offer.held), owner=owner)
            book.cost(offer.cost_yuan_per_mwh * getattr(answer, offer.held), Rhythm.POWER)
        for offer in self.standing:
            inside = [getattr(answer, o.standing) for o in self.standing if o.response_h <= offer.response_h]
            book.within(owner, f"standing service for {offer.requirement}", getattr(answer, offer.standing), 0.0, None)
            able = (self.units.count - online) * offer.standing_most_mw
            book.within(owner, f"standing service for {offer.requirement} in time", np.sum(inside, axis=0), None, able)
            book.enter(offer.requirement, getattr(answer, offer.standing), owner=owner)
            book.cost(offer.cost_yuan_per_mwh * getattr(answer, offer.standing), Rhythm.POWER)
        if self.band is not None:
            book.cost(self.band.cost_yuan_per_h * regulating, Rhythm.POWER)
        self._audit_room(owner, answer, book, regulating)
        for direction in Direction:
            self._audit_ramp(owner, answer, book, direction)

    def _held(self, answer: Answer, offers: Sequence[AncillaryOffer]) -> Floats:
        zero = np.zeros(len(answer.online_count) - 1)
        total: Floats = zero + sum([getattr(answer, o.held) for o in offers], start=zero)
        return total

    def _audit_room(self, owner: str, answer: Answer, book: Book, regulating: Floats) -> None:
        online, units = answer.online_count[1:], self.units
        reserve_up, reserve_down = units.offers.held(answer, len(online))
        power = answer.above_min_mw[1:] + online * units.power_min_mw
        up, down = self._towards(Direction.UP), self._towards(Direction.DOWN)
        highest = units.power_max_mw if self.service.power_max_mw is None else self.service.power_max_mw
        lowest = units.power_min_mw if self.service.power_min_mw is None else self.service.power_min_mw
        most, least = online * highest, online * lowest
        if self.band is not None:
            most, least = (
                (online - regulating) * limit + regulating * end
                for limit, end in ((highest, self.band.max_mw), (lowest, self.band.min_mw))
            )
        if up or self._regulates:
            book.within(owner, "services upwards in the range", power + reserve_up + self._held(answer, up), None, most)
        if down or self._regulates:
            left = power - reserve_down - self._held(answer, down)
            book.within(owner, "services downwards in the range", left, least, None)

    def _audit_ramp(self, owner: str, answer: Answer, book: Book, direction: Direction) -> None:
        sharing = [o for o in self._towards(direction) if o.product.shares_ramp]
        if not sharing:
            return
        online, above = answer.online_count, answer.above_min_mw
        reserve_up, reserve_down = self.units.offers.held(answer, len(online) - 1)
        pulled = np.zeros(len(online) - 1)
        for offer in sharing:
            held: Floats = getattr(answer, offer.held)
            mean = held if offer.product.is_ramp else np.concatenate((held[:1], (held[1:] + held[:-1]) / 2))
            pulled = pulled + mean * self.units.step_h / offer.response_h
        ramp, end = self._ends(direction)
        rise = np.diff(above)
        if direction is Direction.UP:
            starts = answer.start_count[self.units.past_steps :]
            book.within(owner, "ramp up, services included", rise + reserve_up + pulled, None, ramp * online[1:] + end * starts)
        else:
            stops = answer.stop_count[self.units.past_steps :]
            most = ramp * online[:-1] + end * stops
            book.within(owner, "ramp down, services included", -rise + reserve_down + pulled, None, most)


def _sum(m: pyo.Block, offers: Sequence[AncillaryOffer], t: Any) -> Any:
    return sum([m.component(offer.held)[t] for offer in offers])


def _at_most(held: Sequence[str], most: float, able: Any) -> Callable[[Any, Any], Any]:
    return lambda m, t: sum([m.component(name)[t] for name in held]) <= most * able[t]


def _at_standstill(held: Sequence[str], most: float, count: int) -> Callable[[Any, Any], Any]:
    return lambda m, t: sum([m.component(name)[t] for name in held]) + most * m.online_count[t] <= most * count


def _priced(price: float, held: Any) -> Callable[[Any], Any]:
    return lambda t: price * held[t]
