"""The law of daily settlement: energy that a contract asks for from midnight to midnight.

A :class:`DayBand` keeps the energy of each water step between a lowest and a highest amount (equal where both are the same).
Without a price the band is hard; with one, what is missing or too much is paid for by the MWh.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Rhythm, Steps
from yuqian.models.ledger import Ledger
from yuqian.models.units import HOURS_PER_DAY


@dataclass(frozen=True)
class DayBand:
    """Limits on the energy of a day.

    Attributes:
        name: of what is settled: "import", "export", "net".
        low_mwh, high_mwh: per 24 hours; None leaves a side open.
        price_yuan_per_mwh: of energy outside the band; None allows none.

    Raises:
        ValueError: when the lowest energy is above the highest.
    """

    name: str
    low_mwh: float | None
    high_mwh: float | None
    price_yuan_per_mwh: float | None

    def __post_init__(self) -> None:
        if self.low_mwh is not None and self.high_mwh is not None and self.low_mwh > self.high_mwh:
            raise ValueError(
                f"the lowest {self.name} of a day ({self.low_mwh:g} MWh) must not be above the highest ({self.high_mwh:g} MWh)"
            )

    @property
    def is_open(self) -> bool:
        """Whether it limits nothing."""
        return self.low_mwh is None and self.high_mwh is None

    def declare(self, m: pyo.Block, ledger: Ledger, steps: Steps, owner: str, power: Callable[[Any], Any]) -> None:
        """Declare the rules, and the deviations if they are priced.

        Args:
            power: MW in an hour.
        """
        if self.is_open:
            return
        inside = steps.hours_per_day

        def energy(d: Any) -> Any:
            return sum(steps.length_h(Rhythm.POWER, inside * d + k) * power(inside * d + k) for k in range(inside))

        self._limit(m, ledger, steps, owner, energy, "under", self.low_mwh)
        self._limit(m, ledger, steps, owner, energy, "over", self.high_mwh)

    def _limit(
        self, m: pyo.Block, ledger: Ledger, steps: Steps, owner: str, energy: Callable[[Any], Any], side: str,
        limit_mwh: float | None,
    ) -> None:  # fmt: skip
        if limit_mwh is None:
            return
        deviation: Any = None
        if self.price_yuan_per_mwh is not None:
            deviation = pyo.Var(steps.days, dense=False, bounds=(0, None))
            m.add_component(f"{self.name}_{side}_mwh", deviation)

        def kept(_: Any, d: Any) -> object:
            limit = limit_mwh / HOURS_PER_DAY * steps.length_h(Rhythm.WATER, d)
            outside = 0.0 if deviation is None else deviation[d]
            return energy(d) + outside >= limit if side == "under" else energy(d) - outside <= limit

        m.add_component(f"{self.name}_not_{side}", pyo.Constraint(steps.days, rule=kept))
        if deviation is not None:
            price = self.price_yuan_per_mwh
            ledger.cost(
                owner, f"{self.name} {side} contract", rhythm=Rhythm.WATER,
                yuan_per_h=lambda d: price / steps.length_h(Rhythm.WATER, d) * deviation[d],
            )  # fmt: skip

    def audit(self, owner: str, answer: Answer, book: Book, clock: Clock, power: Floats) -> None:
        """Check the energy of each day, and book what deviations cost; ``power`` by hour, MW."""
        hours = clock.water.hours
        energy = (power * clock.power.hours).reshape(clock.water.count, -1).sum(axis=1)
        priced = self.price_yuan_per_mwh is not None
        for side, limit in (("under", self.low_mwh), ("over", self.high_mwh)):
            if limit is None:
                continue
            outside = getattr(answer, f"{self.name}_{side}_mwh") if priced else 0.0 * energy
            if self.price_yuan_per_mwh is not None:
                book.within(owner, f"{self.name} {side} contract", outside, 0.0, None)
                book.cost(self.price_yuan_per_mwh * outside / hours, Rhythm.WATER)
            of_day = limit * hours / 24
            low, high = (of_day, None) if side == "under" else (None, of_day)
            settled = energy + outside if side == "under" else energy - outside
            book.within(owner, f"{self.name} of a day", settled, low, high)
