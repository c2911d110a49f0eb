"""Hydro plant: turbines at the foot of a reservoir."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Self

import numpy as np
import pyomo.environ as pyo
from pydantic import model_validator

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Rhythm, Steps
from yuqian.models.head_law import Efficiency, audit_power_of_flow, tie_power_to_flow
from yuqian.models.kind import (
    Bus,
    Capacity,
    CapacityGroup,
    Example,
    Kind,
    Member,
    NonNegative,
    Positive,
    Refers,
    WaterTo,
    table,
)
from yuqian.models.ledger import Ledger
from yuqian.models.operation import Operation, Turbine
from yuqian.models.port import Port
from yuqian.models.renumbering import PRICE, Renumbering
from yuqian.models.units import HM3_PER_M3_PER_S_HOUR, MW_PER_M3_PER_S_M
from yuqian.models.variable_head_law import HEAD_VALUE, YIELD, VariableHead


class HydroPlant(Kind):
    """A hydro plant: ``P = rho g Q H eta``, with rho g = 9.81 kN/m3.

    The net head is constant; or, with a ``tailwater_level_m``, that is only the first guess, and the head of each day is the
    level of the reservoir less the tailwater (by its curve over the flow below the dam, if there is one) and ``head_loss_m``:
    see ``variable_head_law``.

    Power is by the hour and the turbined flow by the day: the hours of a day share its volume as the grid likes. The
    turbined flow leaves the reservoir beside its release, and counts towards the reservoir's ecological flow.
    """

    title_en: ClassVar[str] = "Hydro plant"
    title_zh: ClassVar[str] = "水电站"

    reservoir: Annotated[str, Refers("m3_per_s"), Refers("m3_per_s", suffix=".ecological")]
    downstream: WaterTo
    bus: Bus
    power_max_mw: Positive
    net_head_m: Positive
    efficiency_fraction: Efficiency
    variable_cost_yuan_per_mwh: NonNegative
    tailwater_level_m: float | None = None
    tailwater_curve_flow_m3_per_s: tuple[NonNegative, ...] = ()
    tailwater_curve_level_m: tuple[float, ...] = ()
    head_loss_m: NonNegative = 0.0

    @model_validator(mode="after")
    def _tailwater_rises(self) -> Self:
        flows, levels = self.tailwater_curve_flow_m3_per_s, self.tailwater_curve_level_m
        if len(flows) != len(levels) or any(np.diff(flows) <= 0) or any(np.diff(levels) < 0):
            raise ValueError("the tailwater curve needs a level for every flow, both rising")
        if flows and self.tailwater_level_m is None:
            raise ValueError("a tailwater curve needs a tailwater_level_m: without one the head is constant")
        return self

    def variable_head(self) -> VariableHead | None:
        """Levels that it works between; None at a constant head."""
        if self.tailwater_level_m is None:
            return None
        return VariableHead(
            self.tailwater_level_m, self.tailwater_curve_flow_m3_per_s, self.tailwater_curve_level_m, self.head_loss_m,
            self.efficiency_fraction,
        )  # fmt: skip

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.power_mw = pyo.Var(steps.hours, dense=False, bounds=(0, self.power_max_mw))
        m.turbine_m3_per_s = pyo.Var(steps.days, dense=False, bounds=(0, None))
        mw_per_m3_per_s = MW_PER_M3_PER_S_M * self.net_head_m * self.efficiency_fraction
        if self.tailwater_level_m is None:
            tie_power_to_flow(m, steps, m.power_mw, m.turbine_m3_per_s, mw_per_m3_per_s)
        else:
            by_day = table(m, YIELD, steps.days, np.full(steps.clock.water.count, mw_per_m3_per_s))
            table(m, HEAD_VALUE, steps.days, np.zeros(steps.clock.water.count))
            tie_power_to_flow(m, steps, m.power_mw, m.turbine_m3_per_s, by_day)
        ledger.enter(self.reservoir, self.id, "turbined", sign=-1, m3_per_s=m.turbine_m3_per_s)
        ledger.enter(self.downstream, self.id, "turbined", m3_per_s=m.turbine_m3_per_s)
        ledger.enter(f"{self.reservoir}.ecological", self.id, "turbined", m3_per_s=m.turbine_m3_per_s)
        ledger.enter(self.bus, self.id, "generation", mw=m.power_mw)
        price = self.variable_cost_yuan_per_mwh
        ledger.cost(self.id, "operation", rhythm=Rhythm.POWER, yuan_per_h=lambda t: price * m.power_mw[t])

    def operate(self, operation: Operation) -> None:
        mw_per_m3_per_s = MW_PER_M3_PER_S_M * self.net_head_m * self.efficiency_fraction
        operation.turbines.append(
            Turbine(
                self.id,
                self.reservoir,
                self.downstream,
                self.power_max_mw / mw_per_m3_per_s,
                mw_per_m3_per_s / HM3_PER_M3_PER_S_HOUR,
            )
        )

    def renumbered(self, answer: Answer, readings: Mapping[str, Mapping[str, Floats]], clock: Clock) -> Renumbering | None:
        head = self.variable_head()
        if head is None:
            return None
        price = readings.get(self.bus, {}).get(PRICE, np.zeros(clock.power.count))
        earned = clock.mean_over_water(answer.power_mw * (price - self.variable_cost_yuan_per_mwh))
        in_force = self._yield_of(answer, clock)
        return head.renumbering(readings[self.reservoir], answer.turbine_m3_per_s, in_force, np.maximum(earned, 0.0))

    @classmethod
    def contribute_together(cls, members: Sequence[Member[Self]], m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        """Give the storage behind a plant of variable head its worth; nought until an answer says what it is."""
        for member in members:
            stores = ledger.published.get(member.asset.reservoir, ())
            if member.asset.tailwater_level_m is not None and stores:
                worth = _worth_of_head(member.block, stores[0].terms["storage_hm3"])
                ledger.cost(member.asset.id, "worth of the head", rhythm=Rhythm.WATER, yuan_per_h=worth)

    def most_favourable(self, readings: Mapping[str, Mapping[str, Floats]], clock: Clock) -> Mapping[str, Floats]:
        head = self.variable_head()
        return {} if head is None else head.most_favourable(readings[self.reservoir])

    def _yield_of(self, answer: Answer, clock: Clock) -> Floats:
        """Yield by day that an answer was found with."""
        # kN/m3 times m3/s times m is kW
        first = 9.81 * self.net_head_m * self.efficiency_fraction / 1000
        return np.broadcast_to(answer.given(YIELD, first), clock.water.count)

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        book.within(self.id, "power", answer.power_mw, 0.0, self.power_max_mw)
        book.within(self.id, "turbined flow", answer.turbine_m3_per_s, 0.0, None)
        mw_per_m3_per_s = self._yield_of(answer, clock)
        audit_power_of_flow(book, self.id, clock, answer.power_mw, answer.turbine_m3_per_s, mw_per_m3_per_s)
        book.enter(self.reservoir, -answer.turbine_m3_per_s)
        book.enter(self.downstream, answer.turbine_m3_per_s)
        book.enter(f"{self.reservoir}.ecological", answer.turbine_m3_per_s)
        book.enter(self.bus, answer.power_mw)
        book.cost(answer.power_mw * self.variable_cost_yuan_per_mwh, Rhythm.POWER)

    def capacity(self) -> Capacity:
        return Capacity(self.power_max_mw, CapacityGroup.GENERATION)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="hydro", reservoir="lake", downstream="river", bus="bus", power_max_mw=28.0, net_head_m=70.0,
            efficiency_fraction=0.88, variable_cost_yuan_per_mwh=5.0,
        )  # fmt: skip
        ports = (
            Port.market("lake", "m3_per_s", 1e4, 0.0), Port.requirement("lake.ecological", "m3_per_s"),
            Port.market("river", "m3_per_s", 1e5, 0.0), Port.market("bus", "mw", 500.0, 300.0),
        )  # fmt: skip
        return Example(asset, ports)


def _worth_of_head(block: pyo.Block, storage_hm3: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda d: -0.5 * block.head_value_yuan_per_hm3_h[d] * (storage_hm3(d - 1) + storage_hm3(d))
