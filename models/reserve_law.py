"""The law of offering reserve: what an asset holds back for the requirements that it names.

Each requirement is a product (:class:`~yuqian.models.reserve_product.Product`): up or down, within a response time, for as long
as it must last. For each the asset decides how much it holds: ``m.reserve_<requirement>_mw``. No MW is held twice: all that is
held upwards shares the room above the plan, all that is held downwards the room below it, and what must be there within a time
shares what can be moved in that time. An asset whose single field ``reserve`` names one requirement calls it ``m.reserve_mw``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Floats, Steps
from yuqian.models.ledger import Ledger
from yuqian.models.reserve_product import Direction, Product


@dataclass(frozen=True)
class Offer:
    """What is held for one requirement.

    Attributes:
        decision: name of the decision, MW by step.
        requirement: id of the asset that asks for it.
    """

    decision: str
    requirement: str
    product: Product

    @property
    def standing(self) -> str:
        """Name of the decision for what units at standstill hold of it."""
        return f"standing_{self.decision}"


@dataclass(frozen=True)
class Offers:
    """All that one asset offers."""

    offers: tuple[Offer, ...] = ()

    @classmethod
    def of(cls, first: str | None, more: Iterable[str], product: Callable[[str], Product]) -> Offers:
        """Offers to the requirement ``first``, as ``reserve_mw``, and to ``more``, by name."""
        named = [] if first is None else [("reserve_mw", first)]
        named += [(f"reserve_{requirement}_mw", requirement) for requirement in more]
        return cls(tuple(Offer(decision, requirement, product(requirement)) for decision, requirement in named))

    @property
    def has_up(self) -> bool:
        return bool(self._towards(Direction.UP))

    @property
    def has_down(self) -> bool:
        return bool(self._towards(Direction.DOWN))

    @property
    def from_standstill(self) -> tuple[Offer, ...]:
        """Those that units at standstill may serve."""
        return tuple(offer for offer in self._towards(Direction.UP) if offer.product.from_standstill)

    def response_times_h(self, direction: Direction) -> tuple[float, ...]:
        """The different response times that limit what is held, rising."""
        times = {offer.product.response_h for offer in self._towards(direction)}
        return tuple(sorted(time for time in times if time is not None))

    def declare(self, m: pyo.Block, steps: Steps) -> None:
        """Declare the decisions."""
        for offer in self.offers:
            m.add_component(offer.decision, pyo.Var(steps.hours, dense=False, bounds=(0, None)))

    def declare_standing(self, m: pyo.Block, steps: Steps, ready_mw: Callable[[Any], Any]) -> None:
        """Declare what units at standstill hold for the products that take it, all within what stands ready in a step."""
        standing = [offer.standing for offer in self.from_standstill]
        if not standing:
            return
        for name in standing:
            m.add_component(name, pyo.Var(steps.hours, dense=False, bounds=(0, None)))

        @m.Constraint(steps.hours)
        def standing_reserve(m: pyo.Block, t: int) -> object:
            return sum([m.component(name)[t] for name in standing]) <= ready_mw(t)

    def enter(self, m: pyo.Block, ledger: Ledger, owner: str, label: str, sent_out: float = 1.0) -> None:
        """Give what is held to the requirements; ``sent_out`` of it reaches the bus."""
        for offer in self.offers:
            held = m.component(offer.decision)
            ledger.enter(offer.requirement, owner, label, mw=held if sent_out == 1.0 else _scaled(held, sent_out))
            standing = m.component(offer.standing)
            if standing is not None:
                terms = standing if sent_out == 1.0 else _scaled(standing, sent_out)
                ledger.enter(offer.requirement, owner, "reserve at standstill", mw=terms)

    def up(self, m: pyo.Block, t: Any) -> Any:
        """All that is held upwards in a step, MW."""
        return sum([m.component(offer.decision)[t] for offer in self._towards(Direction.UP)])

    def down(self, m: pyo.Block, t: Any) -> Any:
        """All that is held downwards in a step, MW."""
        return sum([m.component(offer.decision)[t] for offer in self._towards(Direction.DOWN)])

    def within(self, m: pyo.Block, t: Any, direction: Direction, response_h: float) -> Any:
        """What must be there within a time, MW."""
        return sum([m.component(offer.decision)[t] for offer in self._faster(direction, response_h)])

    def limit_response(self, m: pyo.Block, steps: Steps, direction: Direction, movable_mw: Callable[[float, Any], Any]) -> None:
        """Limit what must be there within each response time to what can be moved in that time (h), in a step."""
        for k, time in enumerate(self.response_times_h(direction), start=1):
            rule = _response(self, m, direction, time, movable_mw)
            m.add_component(f"response_{direction.value}_{k}", pyo.Constraint(steps.hours, rule=rule))

    def energy_mwh(self, m: pyo.Block, t: Any, direction: Direction, else_h: float) -> Any:
        """Energy that a store must have, or have room for, behind what it holds, at its terminals."""
        return sum([self._sustain_h(o, else_h) * m.component(o.decision)[t] for o in self._towards(direction)])

    def audit(self, owner: str, answer: Answer, book: Book, sent_out: float = 1.0, at_standstill: bool = False) -> None:
        """Check the signs and enter what is held, by units at standstill too if there may be such."""
        for offer in self.offers:
            names = [offer.decision]
            if at_standstill and offer in self.from_standstill:
                names.append(offer.standing)
            for name in names:
                values = getattr(answer, name)
                book.within(owner, f"reserve for {offer.requirement}", values, 0.0, None)
                book.enter(offer.requirement, sent_out * values, owner=owner)

    def held(self, answer: Answer, steps: int) -> tuple[Floats, Floats]:
        """For the audit: what is held up and down, units at standstill aside, shapes (steps,), MW."""
        up, down = np.zeros(steps), np.zeros(steps)
        for offer in self.offers:
            (up if offer.product.direction is Direction.UP else down)[:] += getattr(answer, offer.decision)
        return up, down

    def audit_standing(self, owner: str, answer: Answer, book: Book, ready_mw: Floats) -> None:
        """Check what units at standstill hold against what stands ready, shape (steps,), MW."""
        held = [getattr(answer, offer.standing) for offer in self.from_standstill]
        if held:
            book.within(owner, "reserve at standstill", np.sum(held, axis=0), None, ready_mw)

    def audit_response(
        self, owner: str, answer: Answer, book: Book, direction: Direction, movable_mw: Callable[[float], Floats]
    ) -> None:
        """Check what must be there within each response time against what can be moved in it."""
        for time in self.response_times_h(direction):
            held = [
                getattr(answer, offer.decision)
                for offer in self.offers
                if offer.product.direction is direction and offer.product.response_h is not None
                and offer.product.response_h <= time
            ]  # fmt: skip
            check = f"reserve {direction.value} within {time:g} h"
            book.within(owner, check, np.sum(held, axis=0), None, movable_mw(time))

    def audit_energy_mwh(self, answer: Answer, direction: Direction, else_h: float) -> Floats | float:
        """For the audit: energy behind what a store holds, shape (steps,)."""
        needed: Floats | float = 0.0
        for offer in self.offers:
            if offer.product.direction is direction:
                hours = else_h if offer.product.sustain_h is None else offer.product.sustain_h
                needed = needed + hours * getattr(answer, offer.decision)
        return needed

    def _towards(self, direction: Direction) -> list[Offer]:
        return [offer for offer in self.offers if offer.product.direction is direction]

    def _faster(self, direction: Direction, response_h: float) -> list[Offer]:
        return [
            offer for offer in self._towards(direction)
            if offer.product.response_h is not None and offer.product.response_h <= response_h
        ]  # fmt: skip

    @staticmethod
    def _sustain_h(offer: Offer, else_h: float) -> float:
        return else_h if offer.product.sustain_h is None else offer.product.sustain_h


@dataclass(frozen=True)
class StoreLimits:
    """What limits the reserve of a store, MW and MWh as functions of the step.

    Attributes:
        out_mw: what it gives, less what it takes; between ``-taking_mw`` and ``giving_mw``.
        giving_mw, taking_mw: the most that it could give or take.
        stock_mwh, room_mwh: what lies above the lowest stock, and below the highest, at the end of the step.
        drawn, stored: MWh taken from the stock for each MWh given, and put into it for each MWh taken.
        else_h: how long reserve must last where the requirement does not say.
    """

    out_mw: Callable[[Any], Any]
    giving_mw: Callable[[Any], Any]
    taking_mw: Callable[[Any], Any]
    stock_mwh: Callable[[Any], Any]
    room_mwh: Callable[[Any], Any]
    drawn: float
    stored: float
    else_h: float

    def declare(self, m: pyo.Block, steps: Steps, offers: Offers) -> None:
        """Declare what is held, and that power and energy stand behind it."""
        offers.declare(m, steps)
        rules: dict[str, Callable[[Any, Any], Any]] = {}
        if offers.has_up:
            rules["reserve_in_power"] = lambda m, t: offers.up(m, t) + self.out_mw(t) <= self.giving_mw(t)
            rules["reserve_in_stock"] = lambda m, t: (
                self.drawn * offers.energy_mwh(m, t, Direction.UP, self.else_h) <= self.stock_mwh(t)
            )
        if offers.has_down:
            rules["reserve_down_in_power"] = lambda m, t: offers.down(m, t) - self.out_mw(t) <= self.taking_mw(t)
            rules["reserve_down_in_room"] = lambda m, t: (
                self.stored * offers.energy_mwh(m, t, Direction.DOWN, self.else_h) <= self.room_mwh(t)
            )
        for name, rule in rules.items():
            m.add_component(name, pyo.Constraint(steps.hours, rule=rule))


@dataclass(frozen=True)
class StoreFound:
    """The same limits in an answer, for the audit: shapes (steps,)."""

    out_mw: Floats
    giving_mw: Floats | float
    taking_mw: Floats | float
    stock_mwh: Floats
    room_mwh: Floats

    def audit(self, owner: str, answer: Answer, book: Book, offers: Offers, drawn: float, stored: float, else_h: float) -> None:
        """Check what is held against power and energy, and enter it."""
        if not offers.offers:
            return
        up, down = offers.held(answer, len(self.out_mw))
        book.within(owner, "reserve in power", up, None, self.giving_mw - self.out_mw)
        book.within(owner, "reserve downwards in power", down, None, self.taking_mw + self.out_mw)
        needed = np.atleast_1d(drawn * offers.audit_energy_mwh(answer, Direction.UP, else_h))
        book.within(owner, "energy behind reserve", needed, None, self.stock_mwh)
        needed = np.atleast_1d(stored * offers.audit_energy_mwh(answer, Direction.DOWN, else_h))
        book.within(owner, "room behind reserve", needed, None, self.room_mwh)
        offers.audit(owner, answer, book)


@dataclass(frozen=True)
class UnitFailure:
    """One unit of a group trips.

    A unit that is alone loses its power. Of several, the one that fails is counted at its highest power while any is online:
    the group does not say which of them gives what. Relaxed units count by the share that is online.

    Attributes:
        owner: id of the asset.
        count: units of the group.
        unit_max_mw: highest power of one at the bus.
        is_whole: whether units are online wholly or not at all.
    """

    owner: str
    count: int
    unit_max_mw: float
    is_whole: bool

    def declare(
        self, m: pyo.Block, ledger: Ledger, steps: Steps, power_mw: Callable[[Any], Any], online: Callable[[Any], Any]
    ) -> None:
        """State the failure, where any requirement asks for it."""
        if not ledger.covers_failures:
            return
        if self.count == 1:
            ledger.may_fail(self.owner, "unit", power_mw, is_whole_asset=True)
            return
        lost = self.unit_max_mw / self.count
        if not self.is_whole:
            ledger.may_fail(self.owner, "one of its units", lambda t: lost * online(t), is_whole_asset=False)
            return
        m.any_online_count = pyo.Var(steps.hours, dense=False, domain=pyo.NonNegativeIntegers, bounds=(0, 1))
        m.any_online = pyo.Constraint(steps.hours, rule=lambda m, t: online(t) <= self.count * m.any_online_count[t])
        ledger.may_fail(
            self.owner, "one of its units", lambda t: self.unit_max_mw * m.any_online_count[t], is_whole_asset=False
        )  # fmt: skip

    def audit(self, answer: Answer, book: Book, power_mw: Floats, online: Floats) -> None:
        """State the failure again, from powers and units online, shapes (steps,)."""
        if not any(product.covers_failures for product in book.products.values()):
            return
        if self.count == 1:
            book.may_fail(self.owner, power_mw, is_whole_asset=True)
            return
        share = online / self.count
        if self.is_whole:
            share = np.ceil(share - 1e-6)
            book.within(self.owner, "any unit online", answer.any_online_count, share, 1.0)
        book.may_fail(self.owner, self.unit_max_mw * share, is_whole_asset=False)


def no_product(_: str) -> Product:
    """Plain spinning reserve, whatever is named."""
    return Product()


def _scaled(held: Any, factor: float) -> Callable[[Any], Any]:
    return lambda t: factor * held[t]


def _response(
    offers: Offers, m: pyo.Block, direction: Direction, time_h: float, movable_mw: Callable[[float, Any], Any]
) -> Callable[[Any, Any], Any]:
    return lambda _, t: offers.within(m, t, direction, time_h) <= movable_mw(time_h, t)
