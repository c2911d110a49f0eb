"""Switched store: a store of energy that gives, takes or rests, with least powers and ramps each way."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

import numpy as np
import pyomo.environ as pyo
from pydantic import Field, model_validator

from yuqian.models.book import Answer, Book
from yuqian.models.carry_law import carry
from yuqian.models.clock import OPENING, Clock, Floats, Horizon, Rhythm, Steps
from yuqian.models.commitment_law import Commitment
from yuqian.models.kind import Bus, Capacity, CapacityGroup, Example, Fraction, Kind, NonNegative, Positive
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port
from yuqian.models.storage_law import audit_closing, close_stock
from yuqian.models.unit_opening import step_length_h

Efficiency = Annotated[float, Field(gt=0, le=1)]
Retained = Annotated[float, Field(gt=0, le=1)]
_ON = {"discharge": "discharging", "charge": "charging"}
_WAYS = tuple(_ON)


class SwitchedStore(Kind):
    """A store in the form that unit-commitment cases state one in.

    It gives between ``discharge_min_mw`` and ``discharge_max_mw``, or takes between ``charge_min_mw`` and ``charge_max_mw``, or
    rests. Each of the two powers may change only so fast, from ``*_initial_mw`` on. Of the energy ``retained_per_h_ratio`` is
    left after an hour; what the horizon begins with may lie above the highest energy by what the first step loses of it. At the
    end there is at least ``soc_final_fraction``. Published in this form by Egret (grid-parity-exchange/Egret, ``services``).
    """

    title_en: ClassVar[str] = "Switched energy store"
    title_zh: ClassVar[str] = "启停约束储能"

    bus: Bus
    discharge_min_mw: NonNegative = 0.0
    discharge_max_mw: Positive
    charge_min_mw: NonNegative = 0.0
    charge_max_mw: Positive
    discharge_ramp_up_mw_per_h: NonNegative | None = None
    discharge_ramp_down_mw_per_h: NonNegative | None = None
    charge_ramp_up_mw_per_h: NonNegative | None = None
    charge_ramp_down_mw_per_h: NonNegative | None = None
    discharge_initial_mw: NonNegative = 0.0
    charge_initial_mw: NonNegative = 0.0
    energy_max_mwh: Positive
    soc_min_fraction: Fraction = 0.0
    soc_initial_fraction: NonNegative
    soc_final_fraction: Fraction
    efficiency_charge_fraction: Efficiency
    efficiency_discharge_fraction: Efficiency
    retained_per_h_ratio: Retained = 1.0
    discharge_cost_yuan_per_mwh: float = 0.0
    charge_cost_yuan_per_mwh: float = 0.0
    commitment: Commitment = Commitment.INTEGER

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for way in _WAYS:
            least, most = getattr(self, f"{way}_min_mw"), getattr(self, f"{way}_max_mw")
            if least > most:
                raise ValueError(f"{way}_min_mw ({least:g} MW) must not be above {way}_max_mw ({most:g} MW)")
        if self.commitment is Commitment.NONE:
            raise ValueError(f"this store is stated by its commitment; say '{Commitment.RELAXED.value}' to loosen it")
        return self

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        domain = pyo.NonNegativeIntegers if self.commitment is Commitment.INTEGER else pyo.NonNegativeReals
        for way in _WAYS:
            self._switch(m, steps, way, domain)
        m.one_way = pyo.Constraint(
            steps.hours, rule=lambda m, t: m.discharging_fraction[t] + m.charging_fraction[t] <= 1.0
        )  # fmt: skip
        self._keep_energy(m, steps)
        ledger.enter(self.bus, self.id, "discharge", mw=lambda t: m.discharge_mw[t])
        ledger.enter(self.bus, self.id, "charge", sign=-1, mw=lambda t: m.charge_mw[t])
        given, taken = self.discharge_cost_yuan_per_mwh, self.charge_cost_yuan_per_mwh
        if given or taken:
            ledger.cost(
                self.id, "operation", rhythm=Rhythm.POWER,
                yuan_per_h=lambda t: given * m.discharge_mw[t] + taken * m.charge_mw[t],
            )  # fmt: skip

    def _switch(self, m: pyo.Block, steps: Steps, way: str, domain: Any) -> None:
        """One way: its power with what it was before, whether it is on, and its limits."""
        least, most = getattr(self, f"{way}_min_mw"), getattr(self, f"{way}_max_mw")
        power = pyo.Var(steps.hour_ends, dense=False, bounds=(0, most))
        on = pyo.Var(steps.hours, dense=False, domain=domain, bounds=(0, 1))
        m.add_component(f"{way}_mw", power)
        m.add_component(f"{_ON[way]}_fraction", on)
        before = getattr(self, f"{way}_initial_mw")
        carry(m, steps, Rhythm.POWER, f"{way}_mw", power.__getitem__, range(OPENING, 0), opening=[before])
        if steps.horizon is Horizon.WHOLE:
            m.add_component(f"{way}_before", pyo.Constraint(expr=power[OPENING] == before))
        rules = {
            "at_least": lambda _, t: power[t] >= least * on[t],
            "at_most": lambda _, t: power[t] <= most * on[t],
            **self._ramps(way, power, step_length_h(steps.clock)),
        }
        for name, rule in rules.items():
            m.add_component(f"{way}_{name}", pyo.Constraint(steps.hours, rule=rule))

    def _ramps(self, way: str, power: Any, length_h: float) -> dict[str, Any]:
        up, down = (self._ramp_mw(way, side, length_h) for side in ("up", "down"))
        rules: dict[str, Any] = {}
        if up is not None:
            rules["ramp_up"] = lambda _, t: power[t] - power[t - 1] <= up
        if down is not None:
            rules["ramp_down"] = lambda _, t: power[t - 1] - power[t] <= down
        return rules

    def _ramp_mw(self, way: str, side: str, length_h: float) -> float | None:
        """Of a step; None where it is wider than the range of powers."""
        ramp = getattr(self, f"{way}_ramp_{side}_mw_per_h")
        reach = getattr(self, f"{way}_max_mw") - getattr(self, f"{way}_min_mw")
        return None if ramp is None or ramp * length_h >= reach else ramp * length_h

    def _keep_energy(self, m: pyo.Block, steps: Steps) -> None:
        highest = self.energy_max_mwh
        m.energy_mwh = pyo.Var(steps.hour_ends, dense=False, bounds=(0, None))
        length = step_length_h(steps.clock)
        kept = self.retained_per_h_ratio**length
        stored, drawn = length * self.efficiency_charge_fraction, length / self.efficiency_discharge_fraction

        def gained(t: Any) -> Any:
            return stored * m.charge_mw[t] - drawn * m.discharge_mw[t]

        m.energy = pyo.Constraint(
            steps.hours, rule=lambda m, t: m.energy_mwh[t] == kept * m.energy_mwh[t - 1] + gained(t)
        )  # fmt: skip
        lowest = self.soc_min_fraction * highest
        m.energy_most = pyo.Constraint(steps.hours, rule=lambda m, t: m.energy_mwh[t] <= highest)
        m.energy_least = pyo.Constraint(steps.hours, rule=lambda m, t: m.energy_mwh[t] >= lowest)
        close_stock(
            m, steps, Rhythm.POWER, "energy_mwh", m.energy_mwh.__getitem__, highest,
            opening=self.soc_initial_fraction * highest, closing=self.soc_final_fraction * highest,
        )  # fmt: skip

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        length, whole = float(clock.power.hours[0]), self.commitment is Commitment.INTEGER
        out, into = (self._audit_way(answer, book, way, length) for way in _WAYS)
        shares = {"discharging": answer.discharging_fraction, "charging": answer.charging_fraction}
        for name, share in shares.items():
            book.within(self.id, name, share, 0.0, 1.0)
            if whole:
                book.equal(self.id, f"{name} or not", share, np.round(share))
        book.within(self.id, "one way at a time", shares["discharging"] + shares["charging"], None, 1.0)
        energy, highest = answer.energy_mwh, self.energy_max_mwh
        gained = length * (into * self.efficiency_charge_fraction - out / self.efficiency_discharge_fraction)
        kept = energy[:-1] * self.retained_per_h_ratio**length
        book.equal(self.id, "energy law", energy[1:], kept + gained)
        book.within(self.id, "state of charge", energy[1:], self.soc_min_fraction * highest, highest)
        opening, closing = self.soc_initial_fraction * highest, self.soc_final_fraction * highest
        audit_closing(book, self.id, "energy_mwh", answer, energy, opening, closing)
        book.enter(self.bus, out - into)
        book.cost(self.discharge_cost_yuan_per_mwh * out + self.charge_cost_yuan_per_mwh * into, Rhythm.POWER)

    def _audit_way(self, answer: Answer, book: Book, way: str, length_h: float) -> Floats:
        power: Floats = getattr(answer, f"{way}_mw")
        share = getattr(answer, f"{_ON[way]}_fraction")
        least, most = getattr(self, f"{way}_min_mw"), getattr(self, f"{way}_max_mw")
        book.within(self.id, way, power[1:], share * least, share * most)
        if book.horizon is Horizon.WHOLE:
            book.equal(self.id, f"{way} before", power[:1], getattr(self, f"{way}_initial_mw"))
        change = np.diff(power)
        for side, sign in (("up", 1.0), ("down", -1.0)):
            ramp = getattr(self, f"{way}_ramp_{side}_mw_per_h")
            if ramp is not None and ramp * length_h < most - least:
                book.within(self.id, f"{way}, ramp {side}", sign * change, None, ramp * length_h)
        return power[1:]

    def with_commitment(self, commitment: Commitment) -> Self:
        """The same store; without a commitment it is relaxed."""
        return super().with_commitment(Commitment.RELAXED if commitment is Commitment.NONE else commitment)

    def capacity(self) -> Capacity:
        return Capacity(self.discharge_max_mw, CapacityGroup.BATTERY)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="store", bus="bus", discharge_min_mw=5.0, discharge_max_mw=50.0, charge_min_mw=10.0, charge_max_mw=40.0,
            discharge_ramp_up_mw_per_h=20.0, discharge_ramp_down_mw_per_h=25.0, charge_ramp_up_mw_per_h=15.0,
            charge_ramp_down_mw_per_h=18.0, discharge_initial_mw=10.0, energy_max_mwh=120.0, soc_min_fraction=0.1,
            soc_initial_fraction=0.5, soc_final_fraction=0.25, efficiency_charge_fraction=0.95,
            efficiency_discharge_fraction=0.9, retained_per_h_ratio=0.999, discharge_cost_yuan_per_mwh=2.0,
            charge_cost_yuan_per_mwh=1.0,
        )  # fmt: skip
        return Example(asset, ports=(Port.market("bus", "mw", 300.0, 250.0),))
