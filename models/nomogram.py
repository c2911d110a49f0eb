"""Nomogram: a limit on a weighted sum of what assets give to buses, for instance the flow over an interface of lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import pyomo.environ as pyo
from pydantic import model_validator

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Rhythm, Steps
from yuqian.models.kind import Bus, Example, Kind, Member, NonNegative
from yuqian.models.ledger import Ledger, LedgerError
from yuqian.models.line import Line
from yuqian.models.port import Port


class Nomogram(Kind):
    """Keeps a weighted sum between two limits, or, at a price for each MWh, near them.

    Each term is what ``giver_ids`` gives to the bus in ``buses`` at the same place, times ``weight_ratio``: of a line its flow
    as it arrives there, of a plant its power. A plant that takes power counts negative.
    """

    title_en: ClassVar[str] = "Nomogram (limit on a weighted sum of powers)"
    title_zh: ClassVar[str] = "断面限额（功率加权和约束）"

    giver_ids: tuple[str, ...]
    buses: tuple[Bus, ...]
    weight_ratio: tuple[float, ...]
    sum_lowest_mw: float | None = None
    sum_highest_mw: float | None = None
    violation_price_yuan_per_mwh: NonNegative | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not len(self.giver_ids) == len(self.buses) == len(self.weight_ratio):
            raise ValueError("each of giver_ids needs its bus and its weight_ratio")
        low, high = self.sum_lowest_mw, self.sum_highest_mw
        if low is not None and high is not None and low > high:
            raise ValueError(f"sum_lowest_mw ({low:g} MW) must not be above sum_highest_mw ({high:g} MW)")
        return self

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        price = self.violation_price_yuan_per_mwh
        if price is None:
            return
        for side, limit in (("above", self.sum_highest_mw), ("below", self.sum_lowest_mw)):
            if limit is not None:
                beyond = pyo.Var(steps.hours, dense=False, bounds=(0, None))
                m.add_component(f"{side}_mw", beyond)
                ledger.cost(self.id, f"{side} its limit", rhythm=Rhythm.POWER, yuan_per_h=_priced(price, beyond))

    @classmethod
    def contribute_together(cls, members: Sequence[Member[Self]], m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        """Limit each sum, once all assets have entered what they give."""
        for member in members:
            member.asset._limit(member.block, ledger, steps)

    def _limit(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        terms = [
            (weight * entry.sign, entry.terms)
            for giver, bus, weight in zip(self.giver_ids, self.buses, self.weight_ratio, strict=True)
            for entry in self._entries(ledger, giver, bus)
        ]

        def total(t: Any) -> Any:
            return sum([weight * given(t) for weight, given in terms])

        highest, lowest = self.sum_highest_mw, self.sum_lowest_mw
        if highest is not None:
            above = m.component("above_mw")
            m.at_most = pyo.Constraint(
                steps.hours, rule=lambda _, t: total(t) - (0.0 if above is None else above[t]) <= highest
            )
        if lowest is not None:
            below = m.component("below_mw")
            m.at_least = pyo.Constraint(
                steps.hours, rule=lambda _, t: total(t) + (0.0 if below is None else below[t]) >= lowest
            )

    def _entries(self, ledger: Ledger, giver: str, bus: str) -> tuple[Any, ...]:
        found = ledger.entered(bus, giver)
        if not found:
            raise LedgerError(f"{self.id} limits what '{giver}' gives to '{bus}', but it gives nothing there")
        return found

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        price = self.violation_price_yuan_per_mwh
        if price is None:
            return
        for side, limit in (("above", self.sum_highest_mw), ("below", self.sum_lowest_mw)):
            if limit is not None:
                beyond: Floats = getattr(answer, f"{side}_mw")
                book.within(self.id, f"{side} its limit", beyond, 0.0, None)
                book.cost(price * beyond, Rhythm.POWER)

    @classmethod
    def audit_together(cls, members: Sequence[Self], answers: Mapping[str, Answer], book: Book, clock: Clock) -> None:
        for asset in members:
            total = np.zeros(clock.power.count)
            for giver, bus, weight in zip(asset.giver_ids, asset.buses, asset.weight_ratio, strict=True):
                total = total + weight * book.entered(bus, giver)
            answer = answers[asset.id]
            low, high = (
                None if limit is None else limit + sign * answer.given(f"{side}_mw", 0.0)
                for side, sign, limit in (("below", -1.0, asset.sum_lowest_mw), ("above", 1.0, asset.sum_highest_mw))
            )
            book.within(asset.id, "weighted sum", total, low, high)

    @classmethod
    def example(cls) -> Example:
        """Two lines side by side, whose flows together are limited at a price."""
        asset = cls(
            id="interface", giver_ids=("line_a", "line_b"), buses=("hill", "hill"), weight_ratio=(1.0, 0.5),
            sum_lowest_mw=-50.0, sum_highest_mw=100.0, violation_price_yuan_per_mwh=60.0,
        )  # fmt: skip
        lines = (
            Line(id=f"line_{name}", bus_from="plain", bus_to="hill", power_max_mw=80.0, loss_fraction=0.0) for name in "ab"
        )  # fmt: skip
        return Example(asset, (*lines, Port.market("plain", "mw", 300.0, 250.0), Port.market("hill", "mw", 500.0, 400.0)))


def _priced(price: float, beyond: Any) -> Any:
    return lambda t: price * beyond[t]
