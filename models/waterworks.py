"""Waterworks: raw water into drinking water, with the network that carries it to the users."""

from __future__ import annotations

from typing import ClassVar

import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.kind import Bus, Example, Fraction, Kind, NonNegative, Positive, WaterFrom, WaterTo
from yuqian.models.ledger import Account, Ledger
from yuqian.models.port import Port
from yuqian.models.units import KWH_PER_MWH, SECONDS_PER_DAY, SECONDS_PER_HOUR


class Waterworks(Kind):
    """Treats raw water and delivers it through a network that leaks.

    The intake less the works' own use (a share of the intake) is the output at the works' outlet, which capacity, energy
    and cost go by; the output less leakage (a share of the output) reaches the users. Power is drawn evenly over the day.

    What is counted as allocated is the output, gross, each drop once: the users enter what reaches them under their class,
    and the works enter under "leakage" the rest of their output. Own use is not counted.
    """

    title_en: ClassVar[str] = "Waterworks"
    title_zh: ClassVar[str] = "自来水厂"

    node_from: WaterFrom
    node_to: WaterTo
    bus: Bus
    capacity_m3_per_day: Positive
    own_use_fraction: Fraction
    leakage_fraction: Fraction
    energy_kwh_per_m3: NonNegative
    cost_yuan_per_m3: NonNegative

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.intake_m3_per_s = pyo.Var(steps.days, dense=False, bounds=(0, None))
        put_out = 1.0 - self.own_use_fraction
        leaked = put_out * self.leakage_fraction
        delivered = put_out * (1.0 - self.leakage_fraction)
        power = put_out * self.energy_kwh_per_m3 * SECONDS_PER_HOUR / KWH_PER_MWH
        price = put_out * self.cost_yuan_per_m3 * SECONDS_PER_HOUR

        @m.Constraint(steps.days)
        def capacity(m: pyo.Block, d: int) -> object:
            return put_out * m.intake_m3_per_s[d] <= self.capacity_m3_per_day / SECONDS_PER_DAY

        ledger.enter(self.node_from, self.id, "intake", sign=-1, m3_per_s=m.intake_m3_per_s)
        ledger.enter(self.node_to, self.id, "clear water", m3_per_s=lambda d: delivered * m.intake_m3_per_s[d])
        if power:
            ledger.enter(
                self.bus, self.id, "treatment", sign=-1, rhythm=Rhythm.WATER, mw=lambda d: power * m.intake_m3_per_s[d]
            )  # fmt: skip
        ledger.account(
            Account.ALLOCATION, self.id, "leakage", rhythm=Rhythm.WATER,
            m3_per_s=lambda d: leaked * m.intake_m3_per_s[d],
        )  # fmt: skip
        ledger.cost(self.id, "operation", rhythm=Rhythm.WATER, yuan_per_h=lambda d: price * m.intake_m3_per_s[d])

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        output = answer.intake_m3_per_s * (1 - self.own_use_fraction)
        leakage = output * self.leakage_fraction
        book.within(self.id, "intake", answer.intake_m3_per_s, 0.0, None)
        book.within(self.id, "capacity", output * 86_400, None, self.capacity_m3_per_day)
        book.enter(self.node_from, -answer.intake_m3_per_s)
        book.enter(self.node_to, output - leakage)
        book.enter(self.bus, -output * 3.6 * self.energy_kwh_per_m3, Rhythm.WATER)
        book.account(Account.ALLOCATION, leakage, Rhythm.WATER)
        book.cost(output * 3600 * self.cost_yuan_per_m3, Rhythm.WATER)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="works", node_from="raw", node_to="network", bus="bus", capacity_m3_per_day=100_000.0, own_use_fraction=0.05,
            leakage_fraction=0.1, energy_kwh_per_m3=0.3, cost_yuan_per_m3=0.6,
        )  # fmt: skip
        ports = (
            Port.market("raw", "m3_per_s", 2e5, 0.0), Port.market("network", "m3_per_s", 5e6, 2e6),
            Port.market("bus", "mw", 500.0, 300.0),
        )  # fmt: skip
        return Example(asset, ports)
