"""Waterworks: raw water into drinking water, with the network that carries it to the users."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

import pyomo.environ as pyo
from pydantic import Field, model_validator

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.kind import Bus, Example, Fraction, NonNegative, Positive, WaterFrom, WaterTo
from yuqian.models.ledger import Account, Ledger
from yuqian.models.licensed import Licensed
from yuqian.models.operation import Conveyance, Operation
from yuqian.models.port import Port
from yuqian.models.tank_law import Tank
from yuqian.models.units import KWH_PER_MWH, M3_PER_HM3, SECONDS_PER_DAY, SECONDS_PER_HOUR
from yuqian.models.water_quality import WaterQuality


class Waterworks(Licensed):
    """Treats raw water and delivers it through a network that leaks.

    The intake less the works' own use (a share of the intake) is the output at the works' outlet, which capacity, energy
    and cost go by; the output less leakage (a share of the output) reaches the users. A quota limits the intake from each of
    its dates to the next: the licensed volume of a year.

    Without a clear-water tank power is drawn evenly over the day. With one, water is treated in whichever hours power is cheap,
    as far as the tank levels out what the users draw: evenly, or by the shape of the hours of a day that is given. The tank
    ends every day as it began it.

    What is counted as allocated is the output, gross, each drop once: the users enter what reaches them under their class,
    and the works enter under "leakage" the rest of their output. Own use is not counted.
    """

    title_en: ClassVar[str] = "Waterworks"
    title_zh: ClassVar[str] = "自来水厂"
    catalogued: ClassVar[bool] = True

    node_from: WaterFrom
    node_to: WaterTo
    bus: Bus
    capacity_m3_per_day: Positive
    own_use_fraction: Fraction
    leakage_fraction: Fraction
    energy_kwh_per_m3: NonNegative
    cost_yuan_per_m3: NonNegative
    tank_m3: Positive | None = None
    draw_shape: Annotated[tuple[NonNegative, ...], Field(min_length=24, max_length=24)] | None = None
    worst_quality: WaterQuality | None = None

    @model_validator(mode="after")
    def _drawn_from_a_tank(self) -> Self:
        if self.draw_shape is not None and (self.tank_m3 is None or not sum(self.draw_shape)):
            raise ValueError("a shape of what is drawn needs a tank_m3 to draw from, and an hour that is not nought")
        return self

    def takes_quality(self) -> WaterQuality | None:
        return self.worst_quality

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
        self.hold_to_quota(m, steps, m.intake_m3_per_s.__getitem__)
        if self.tank_m3 is not None:
            tank = Tank(self.tank_m3, self.capacity_m3_per_day / SECONDS_PER_DAY, self.draw_shape)
            tank.declare(m, steps, lambda d: put_out * m.intake_m3_per_s[d])
            per_output = self.energy_kwh_per_m3 * SECONDS_PER_HOUR / KWH_PER_MWH
            ledger.enter(self.bus, self.id, "treatment", sign=-1, mw=lambda t: per_output * m.treated_m3_per_s[t])
        elif power:
            ledger.enter(
                self.bus, self.id, "treatment", sign=-1, rhythm=Rhythm.WATER, mw=lambda d: power * m.intake_m3_per_s[d]
            )  # fmt: skip
        ledger.account(
            Account.ALLOCATION, self.id, "leakage", rhythm=Rhythm.WATER,
            m3_per_s=lambda d: leaked * m.intake_m3_per_s[d],
        )  # fmt: skip
        ledger.cost(self.id, "operation", rhythm=Rhythm.WATER, yuan_per_h=lambda d: price * m.intake_m3_per_s[d])

    def operate(self, operation: Operation) -> None:
        put_out = 1.0 - self.own_use_fraction
        operation.conveyances.append(
            Conveyance(
                self.id, self.node_from, self.node_to, self.capacity_m3_per_day / SECONDS_PER_DAY / put_out,
                put_out * (1.0 - self.leakage_fraction), put_out * self.leakage_fraction, self.cost_yuan_per_m3,
                put_out * self.energy_kwh_per_m3 * M3_PER_HM3 / KWH_PER_MWH, self.quota(),
            )
        )  # fmt: skip

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        output = answer.intake_m3_per_s * (1 - self.own_use_fraction)
        leakage = output * self.leakage_fraction
        book.within(self.id, "intake", answer.intake_m3_per_s, 0.0, None)
        book.within(self.id, "capacity", output * 86_400, None, self.capacity_m3_per_day)
        book.enter(self.node_from, -answer.intake_m3_per_s)
        book.enter(self.node_to, output - leakage)
        if self.tank_m3 is None:
            book.enter(self.bus, -output * 3.6 * self.energy_kwh_per_m3, Rhythm.WATER)
        else:
            Tank(self.tank_m3, self.capacity_m3_per_day / 86_400, self.draw_shape).audit(self.id, answer, output, book, clock)
            book.enter(self.bus, -answer.treated_m3_per_s * 3.6 * self.energy_kwh_per_m3)
        self.audit_quota(answer, answer.intake_m3_per_s, book, clock)
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
