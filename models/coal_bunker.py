"""Coal bunker: where coals of different heat are blended before they are burnt."""

from __future__ import annotations

from typing import ClassVar, Self

import pyomo.environ as pyo
from pydantic import model_validator

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.kind import Example, Kind, NonNegative, Positive
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port


class CoalBunker(Kind):
    """Blends within the day what its feeds bring; the blend's heat lies between a lowest and a highest.

    Coals of different origin lie in piles of their own, one yard each, with one heat each; feeds take from the piles by the
    tonne. So both the mass and the heat of the blend are sums, and the blend is linear without an error, for piles that are
    not mixed. Plants burn from the bunker in tonnes at ``heat_tce_per_t``, whatever the blend: the price of a tonne there,
    over that heat, is the price of a tonne of standard coal. The bunker holds nothing over the end of a day.
    """

    title_en: ClassVar[str] = "Coal bunker"
    title_zh: ClassVar[str] = "配煤仓"
    opens: ClassVar = {"": "t_per_h", ".mass": "t_per_h", ".heat": "t_per_h"}

    heat_tce_per_t: Positive
    blend_heat_min_tce_per_t: NonNegative
    blend_heat_max_tce_per_t: Positive

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        low, high = self.blend_heat_min_tce_per_t, self.blend_heat_max_tce_per_t
        if low > high:
            raise ValueError(f"the lowest heat of the blend ({low:g} tce/t) must not be above the highest ({high:g} tce/t)")
        return self

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.mass_t_per_h = pyo.Var(steps.days, dense=False, bounds=(0, None))
        m.heat_tce_per_h = pyo.Var(steps.days, dense=False, bounds=(0, None))
        for suffix in self.opens:
            ledger.open(f"{self.id}{suffix}", "t_per_h", Rhythm.WATER)

        @m.Constraint(steps.days)
        def hot_enough(m: pyo.Block, d: int) -> object:
            return m.heat_tce_per_h[d] >= self.blend_heat_min_tce_per_t * m.mass_t_per_h[d]

        @m.Constraint(steps.days)
        def not_too_hot(m: pyo.Block, d: int) -> object:
            return m.heat_tce_per_h[d] <= self.blend_heat_max_tce_per_t * m.mass_t_per_h[d]

        each = 1.0 / self.heat_tce_per_t
        ledger.enter(f"{self.id}.mass", self.id, "blended", sign=-1, t_per_h=m.mass_t_per_h)
        ledger.enter(f"{self.id}.heat", self.id, "blended", sign=-1, t_per_h=m.heat_tce_per_h)
        ledger.enter(self.id, self.id, "blend", t_per_h=lambda d: each * m.heat_tce_per_h[d])

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        mass, heat = answer.mass_t_per_h, answer.heat_tce_per_h
        low, high = self.blend_heat_min_tce_per_t * mass, self.blend_heat_max_tce_per_t * mass
        book.within(self.id, "mass of the blend", mass, 0.0, None)
        book.within(self.id, "heat of the blend", heat, low, high)
        for suffix, values in (("", heat / self.heat_tce_per_t), (".mass", -mass), (".heat", -heat)):
            book.open(f"{self.id}{suffix}", Rhythm.WATER)
            book.enter(f"{self.id}{suffix}", values)

    @classmethod
    def example(cls) -> Example:
        asset = cls(id="bunker", heat_tce_per_t=0.75, blend_heat_min_tce_per_t=0.7, blend_heat_max_tce_per_t=0.85)
        ports = (
            Port.to_open("bunker", "t_per_h", 5000.0, 700.0),
            Port.to_open("bunker.mass", "t_per_h", 10.0, 5.0),
            Port.to_open("bunker.heat", "t_per_h", 1000.0, 100.0),
        )
        return Example(asset, ports)
