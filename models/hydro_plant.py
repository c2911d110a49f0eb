"""Hydro plant: turbines at the foot of a reservoir."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Self

import numpy as np
import pyomo.environ as pyo
from pydantic import model_validator

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Rhythm, Steps
from yuqian.models.head_law import Efficiency, audit_power_of_flow, tie_power_to_flow, worth_of_yield_yuan_per_h
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
from yuqian.models.renumbering import Renumbering
from yuqian.models.turbine_curve_law import TurbineCurve
from yuqian.models.units import HM3_PER_M3_PER_S_HOUR, MW_PER_M3_PER_S_M
from yuqian.models.variable_head_law import HEAD_VALUE, TAILWATER_COST, YIELD, VariableHead


class HydroPlant(Kind):
    """A hydro plant: ``P = rho g Q H eta``, with rho g = 9.81 kN/m3.

    The net head is constant; or, with a ``tailwater_level_m``, that is only the first guess, and the head of each day is the
    level of the reservoir less the tailwater (by its curve over the flow below the dam, if there is one) and ``head_loss_m``:
    see ``variable_head_law``.

    Power is by the hour and the turbined flow by the day: the hours of a day share its volume as the grid likes. The
    turbined flow leaves the reservoir beside its release, and counts towards the reservoir's ecological flow.

    Optional: a curve of efficiency over discharge, from the point of best efficiency on: ``turbine_curve_flow_m3_per_s``, and
    the efficiency at each as a share of ``efficiency_fraction``. Each hour then has its own flow, at most the curve's last, in
    segments of falling yield: see ``turbine_curve_law``.
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
    turbine_curve_flow_m3_per_s: tuple[Positive, ...] = ()
    turbine_curve_relative_fraction: tuple[Efficiency, ...] = ()

    @model_validator(mode="after")
    def _curve_is_concave(self) -> Self:
        if self.turbine_curve_flow_m3_per_s or self.turbine_curve_relative_fraction:
            TurbineCurve(self.turbine_curve_flow_m3_per_s, self.turbine_curve_relative_fraction).check()
        return self

    @model_validator(mode="after")
    def _tailwater_rises(self) -> Self:
        flows, levels = self.tailwater_curve_flow_m3_per_s, self.tailwater_curve_level_m
        if len(flows) != len(levels) or any(np.diff(flows) <= 0) or any(np.diff(levels) < 0):
            raise ValueError("the tailwater curve needs a level for every flow, both rising")
        if flows and self.tailwater_level_m is None:
            raise ValueError("a tailwater curve needs a tailwater_level_m: without one the head is constant")
        return self

    def turbine_curve(self) -> TurbineCurve | None:
        """Power over discharge; None where every m3/s yields the same."""
        if not self.turbine_curve_flow_m3_per_s:
            return None
        return TurbineCurve(self.turbine_curve_flow_m3_per_s, self.turbine_curve_relative_fraction)

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
        self._turn(m, ledger, steps)
        ledger.enter(self.reservoir, self.id, "turbined", sign=-1, m3_per_s=m.turbine_m3_per_s)
        ledger.enter(self.downstream, self.id, "turbined", m3_per_s=m.turbine_m3_per_s)
        ledger.enter(f"{self.reservoir}.ecological", self.id, "turbined", m3_per_s=m.turbine_m3_per_s)
        ledger.enter(self.bus, self.id, "generation", mw=m.power_mw)
        price = self.variable_cost_yuan_per_mwh
        ledger.cost(self.id, "operation", rhythm=Rhythm.POWER, yuan_per_h=lambda t: price * m.power_mw[t])

    def _turn(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        """Tie the hours' power to the day's water, by the curve or by one yield."""
        mw_per_m3_per_s = MW_PER_M3_PER_S_M * self.net_head_m * self.efficiency_fraction
        curve, varies = self.turbine_curve(), self.tailwater_level_m is not None
        if varies:
            over = steps.days if curve is None else steps.hours
            table(m, YIELD, over, np.full(len(over), mw_per_m3_per_s))
            table(m, HEAD_VALUE, steps.days, np.zeros(steps.clock.water.count))
            if self.tailwater_curve_flow_m3_per_s:
                table(m, TAILWATER_COST, steps.days, np.zeros(steps.clock.water.count))
        if curve is not None:
            curve.declare(m, ledger, steps, self.id, YIELD if varies else mw_per_m3_per_s, self.power_max_mw)
        else:
            by_day = m.component(YIELD) if varies else mw_per_m3_per_s
            tie_power_to_flow(m, steps, m.power_mw, m.turbine_m3_per_s, by_day)

    def operate(self, operation: Operation) -> None:
        mw_per_m3_per_s = MW_PER_M3_PER_S_M * self.net_head_m * self.efficiency_fraction
        curve, flow_max = self.turbine_curve(), self.power_max_mw / mw_per_m3_per_s
        if curve is not None:
            flow_max = float(curve.limits_m3_per_s(np.full(1, mw_per_m3_per_s), self.power_max_mw).sum())
        tailwater: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())
        if self.tailwater_level_m is not None:
            tailwater = (
                (self.tailwater_curve_flow_m3_per_s or (0.0,)),
                (self.tailwater_curve_level_m or (self.tailwater_level_m,)),
            )
        flows = self.turbine_curve_flow_m3_per_s
        useful = tuple(flow * share for flow, share in zip(flows, self.turbine_curve_relative_fraction, strict=True))
        operation.turbines.append(
            Turbine(
                self.id, self.reservoir, self.downstream, flow_max, self.power_max_mw,
                MW_PER_M3_PER_S_M * self.efficiency_fraction / HM3_PER_M3_PER_S_HOUR, self.net_head_m, self.head_loss_m,
                *tailwater, (0.0, *flows) if flows else (), (0.0, *useful) if flows else (),
            )
        )  # fmt: skip

    def renumbered(self, answer: Answer, readings: Mapping[str, Mapping[str, Floats]], clock: Clock) -> Renumbering | None:
        head = self.variable_head()
        if head is None:
            return None
        curve, in_force, duals = self.turbine_curve(), self._yield_of(answer, clock), readings.get(self.id, {})
        turbined, behind = answer.turbine_m3_per_s, readings[self.reservoir]
        if curve is None:
            earned = worth_of_yield_yuan_per_h(duals, clock, turbined, in_force)
            return head.renumbering(behind, turbined, in_force, earned)
        by_hour = curve.worth_of_yield_yuan_per_h(duals, clock, answer.power_mw, in_force, self.power_max_mw)
        daily = in_force[:: clock.power_per_water]
        renewed = head.renumbering(behind, turbined, daily, clock.mean_over_water(by_hour))
        hourly = renewed.values[YIELD].repeat(clock.power_per_water)
        return replace(renewed, values={YIELD: hourly, **curve.limits_by_name(hourly, self.power_max_mw)})

    @classmethod
    def contribute_together(cls, members: Sequence[Member[Self]], m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        """Price what moves the head of a plant: storage behind it, flow below it; nought until an answer says how much."""
        for member in members:
            asset, stores = member.asset, ledger.published.get(member.asset.reservoir, ())
            if asset.tailwater_level_m is None or not stores:
                continue
            worth = _worth_of_head(member.block, stores[0].terms["storage_hm3"])
            ledger.cost(asset.id, "worth of the head", rhythm=Rhythm.WATER, yuan_per_h=worth)
            if asset.tailwater_curve_flow_m3_per_s:
                cost = _cost_of_tailwater(member.block, stores[0].terms["release_m3_per_s"])
                ledger.cost(asset.id, "cost of the tailwater", rhythm=Rhythm.WATER, yuan_per_h=cost)

    def most_favourable(self, readings: Mapping[str, Mapping[str, Floats]], clock: Clock) -> Mapping[str, Floats]:
        head, curve = self.variable_head(), self.turbine_curve()
        if head is None:
            return {}
        best = head.most_favourable(readings[self.reservoir])
        if curve is None:
            return best
        return {YIELD: best[YIELD].repeat(clock.power_per_water), **curve.full_widths_by_name(clock.power.count)}

    def _yield_of(self, answer: Answer, clock: Clock) -> Floats:
        """Yield at best efficiency that an answer was found with: by day, or by power step where there is a curve."""
        # kN/m3 times m3/s times m is kW
        first = 9.81 * self.net_head_m * self.efficiency_fraction / 1000
        count = clock.power.count if self.turbine_curve_flow_m3_per_s else clock.water.count
        return np.broadcast_to(answer.given(YIELD, first), count)

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        book.within(self.id, "power", answer.power_mw, 0.0, self.power_max_mw)
        book.within(self.id, "turbined flow", answer.turbine_m3_per_s, 0.0, None)
        mw_per_m3_per_s, curve = self._yield_of(answer, clock), self.turbine_curve()
        if curve is None:
            audit_power_of_flow(book, self.id, clock, answer.power_mw, answer.turbine_m3_per_s, mw_per_m3_per_s)
        else:
            curve.audit(self.id, answer, book, clock, mw_per_m3_per_s)
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


def _cost_of_tailwater(block: pyo.Block, release_m3_per_s: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda d: block.tailwater_cost_yuan_per_m3_per_s_h[d] * (release_m3_per_s(d) + block.turbine_m3_per_s[d])
