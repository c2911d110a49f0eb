"""Line: a power line or a transformer between two buses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Self

import numpy as np
import pyomo.environ as pyo
from pydantic import Field, model_validator

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Steps
from yuqian.models.kind import Bus, Count, Example, Fraction, Kind, Member, NonNegative, Positive
from yuqian.models.ledger import Ledger
from yuqian.models.mesh_law import Branch, declare_meshes
from yuqian.models.port import Port
from yuqian.models.units import BASE_MVA

Cuts = Annotated[int, Field(ge=0)]


class Line(Kind):
    """Carries power both ways up to its limit.

    With a reactance its flow follows voltage angles, as in any alternating-current network: around every mesh of such lines
    reactance times flow adds up to nothing, or to the shifts of phase-shifting transformers (the linear approximation with
    flat voltages). Without one it is a transport element, whose flow is whatever serves best: a converter, or a corridor
    about which no more is known. Reactance, resistance and ratings are those of all its circuits together (an outage takes one
    of them); per unit is of 100 MVA: ohms times 100 over the square of the kilovolts that they belong to.

    Losses are left out, or are one of two. ``loss_fraction`` is a share of the power that enters, whichever way it flows; it
    needs a flow each way, which is several times dearer to solve over a year. ``loss_cut_count`` cuts each way bind the loss
    from below to ``resistance * flow ** 2``, of which they are tangents: exact at nothing and at even shares of the limit, too
    low by at most ``resistance * (limit / cuts) ** 2 / 4`` between them; half of it is taken at each end. Where power has no
    value, either would lose more than it must: by sending it both ways at once, or by a loss above the cuts.
    """

    title_en: ClassVar[str] = "Line or transformer"
    title_zh: ClassVar[str] = "输电线路或变压器"

    bus_from: Bus
    bus_to: Bus
    power_max_mw: Positive
    power_emergency_max_mw: Positive | None = None
    loss_fraction: Fraction
    reactance_pu: float | None = None
    resistance_pu: NonNegative = 0.0
    phase_shift_deg: float = 0.0
    circuit_count: Count = 1
    loss_cut_count: Cuts = 0

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if self.bus_from == self.bus_to:
            raise ValueError(f"a line needs two different buses; both ends are '{self.bus_from}'")
        if self.reactance_pu == 0.0:
            raise ValueError("a reactance_pu of nought would join the buses to one; leave it out for a transport element")
        if self.phase_shift_deg and self.reactance_pu is None:
            raise ValueError("a phase shift needs the reactance_pu that it drives its flow through")
        if self.loss_cut_count and (self.loss_fraction or not self.resistance_pu):
            raise ValueError("loss_cut_count needs a resistance_pu above nought, and no loss_fraction beside it")
        if self.power_emergency_max_mw is not None and self.power_emergency_max_mw < self.power_max_mw:
            raise ValueError("power_emergency_max_mw must not be below power_max_mw")
        return self

    def branch(self) -> Branch:
        flow = {"forward_mw": 1.0, "backward_mw": -1.0} if self.loss_fraction else {"flow_mw": 1.0}
        emergency = self.power_emergency_max_mw or self.power_max_mw
        return Branch(
            self.id, self.bus_from, self.bus_to, self.reactance_pu, self.phase_shift_deg, self.power_max_mw, emergency, flow,
            self.circuit_count,
        )  # fmt: skip

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        if self.loss_fraction:
            self._flow_each_way(m, ledger, steps)
            return
        m.flow_mw = pyo.Var(steps.hours, dense=False, bounds=(-self.power_max_mw, self.power_max_mw))
        ledger.enter(self.bus_from, self.id, "sent", sign=-1, mw=m.flow_mw)
        ledger.enter(self.bus_to, self.id, "received", mw=m.flow_mw)
        if self.loss_cut_count:
            self._lose_by_the_square(m, ledger, steps)

    def _flow_each_way(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.forward_mw = pyo.Var(steps.hours, dense=False, bounds=(0, self.power_max_mw))
        m.backward_mw = pyo.Var(steps.hours, dense=False, bounds=(0, self.power_max_mw))
        kept = 1.0 - self.loss_fraction
        ledger.enter(self.bus_from, self.id, "sent", sign=-1, mw=m.forward_mw)
        ledger.enter(self.bus_to, self.id, "received", mw=lambda t: kept * m.forward_mw[t])
        ledger.enter(self.bus_to, self.id, "sent", sign=-1, mw=m.backward_mw)
        ledger.enter(self.bus_from, self.id, "received", mw=lambda t: kept * m.backward_mw[t])

    def _lose_by_the_square(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        per_mw2 = self.resistance_pu / BASE_MVA
        m.loss_mw = pyo.Var(steps.hours, dense=False, bounds=(0, per_mw2 * self.power_max_mw**2))
        for k in range(1, self.loss_cut_count + 1):
            at = self.power_max_mw * k / self.loss_cut_count
            for way, slope in (("forward", 2 * per_mw2 * at), ("backward", -2 * per_mw2 * at)):
                rule = _tangent(slope, per_mw2 * at**2)
                m.add_component(f"loss_{way}_{k}", pyo.Constraint(steps.hours, rule=rule))
        ledger.enter(self.bus_from, self.id, "half of the loss", sign=-1, mw=lambda t: 0.5 * m.loss_mw[t])
        ledger.enter(self.bus_to, self.id, "half of the loss", sign=-1, mw=lambda t: 0.5 * m.loss_mw[t])

    @classmethod
    def contribute_together(cls, members: Sequence[Member[Self]], m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        blocks = {member.asset.id: member.block for member in members}

        def flow(branch: Branch, t: Any) -> Any:
            return sum(sign * getattr(blocks[branch.id], name)[t] for name, sign in branch.flow.items())

        declare_meshes(m, [member.asset.branch() for member in members], flow, steps)

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        if self.loss_fraction:
            book.within(self.id, "limit forward", answer.forward_mw, 0.0, self.power_max_mw)
            book.within(self.id, "limit backward", answer.backward_mw, 0.0, self.power_max_mw)
            book.enter(self.bus_from, answer.backward_mw * (1 - self.loss_fraction) - answer.forward_mw)
            book.enter(self.bus_to, answer.forward_mw * (1 - self.loss_fraction) - answer.backward_mw)
            return
        book.within(self.id, "limit", answer.flow_mw, -self.power_max_mw, self.power_max_mw)
        lost: Floats = np.zeros(clock.power.count)
        if self.loss_cut_count:
            lost = answer.loss_mw
            at = self.power_max_mw * np.linspace(0.0, 1.0, self.loss_cut_count + 1)[:, None]
            lowest = self.resistance_pu / 100 * (2 * at * np.abs(answer.flow_mw) - at**2).max(axis=0)
            book.within(self.id, "loss", lost, lowest, self.resistance_pu / 100 * self.power_max_mw**2)
        book.enter(self.bus_from, -answer.flow_mw - lost / 2)
        book.enter(self.bus_to, answer.flow_mw - lost / 2)

    @classmethod
    def audit_together(cls, members: Sequence[Self], answers: Mapping[str, Answer], book: Book, clock: Clock) -> None:
        """Look for voltage angles that explain all flows, and check every line against the nearest."""
        meshed = [line for line in members if line.reactance_pu is not None]
        if not meshed:
            return
        place = {bus: k for k, bus in enumerate(sorted({bus for line in meshed for bus in (line.bus_from, line.bus_to)}))}
        ends = np.zeros((len(meshed), len(place)))
        for k, line in enumerate(meshed):
            ends[k, place[line.bus_from]], ends[k, place[line.bus_to]] = 1.0, -1.0
        flow = np.stack([_audited_flow(line, answers[line.id]) for line in meshed])
        reactance = np.array([line.reactance_pu for line in meshed], dtype=float)[:, None] / 100
        turned = np.radians([[line.phase_shift_deg] for line in meshed])
        angles = np.linalg.lstsq(ends, reactance * flow + turned, rcond=None)[0]
        explained = (ends @ angles - turned) / reactance
        for line, own, wanted in zip(meshed, flow, explained, strict=True):
            book.equal(line.id, "Kirchhoff's voltage law", own, wanted)

    @classmethod
    def example(cls) -> Example:
        """Three parallel lines, one of each way to lose power."""
        asset = cls(
            id="line", bus_from="plain", bus_to="hill", power_max_mw=400.0, loss_fraction=0.01, reactance_pu=0.008
        )  # fmt: skip
        lossless = cls(
            id="line_lossless", bus_from="plain", bus_to="hill", power_max_mw=300.0, loss_fraction=0.0, reactance_pu=0.01
        )  # fmt: skip
        squared = cls(
            id="line_squared", bus_from="plain", bus_to="hill", power_max_mw=200.0, loss_fraction=0.0, reactance_pu=0.02,
            resistance_pu=0.004, loss_cut_count=2,
        )  # fmt: skip
        markets = Port.market("plain", "mw", 300.0, 250.0), Port.market("hill", "mw", 500.0, 400.0)
        return Example(asset, ports=(lossless, squared, *markets))


def _tangent(slope: float, below: float) -> Any:
    def rule(m: pyo.Block, t: int) -> object:
        return m.loss_mw[t] >= slope * m.flow_mw[t] - below

    return rule


def _audited_flow(line: Line, answer: Answer) -> Floats:
    return answer.forward_mw - answer.backward_mw if line.loss_fraction else answer.flow_mw
