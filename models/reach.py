"""Reach: a length of river that water takes time to run through."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.carry_law import carry
from yuqian.models.clock import Clock, Horizon, Rhythm, Steps
from yuqian.models.kind import Example, Fraction, Kind, WaterFrom, WaterTo
from yuqian.models.ledger import Ledger
from yuqian.models.outlet import Outlet
from yuqian.models.port import Port
from yuqian.models.tier_law import Shares
from yuqian.models.units import HOURS_PER_DAY


class Reach(Kind):
    """A river reach with lag coefficients: ``out[d] = (1 - loss) * sum over k of share[k] * in[d - k]``.

    ``lag_share_fraction[k]`` of what enters leaves k days later; the loss is a share of what enters. The days before the
    first one are taken from the end of the horizon, so that what is on its way at the end is what was on its way at the
    beginning, and no water is made or lost by being under way. Water steps are days: longer ones are refused unless all of
    the water leaves in the step that it enters in.
    """

    title_en: ClassVar[str] = "River reach"
    title_zh: ClassVar[str] = "河段"

    node_from: WaterFrom
    node_to: WaterTo
    lag_share_fraction: Shares
    loss_of_inflow_fraction: Fraction

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        longest, count = len(self.lag_share_fraction) - 1, steps.clock.water.count
        if longest and np.any(steps.clock.water.hours > HOURS_PER_DAY):
            raise ValueError(f"{self.id} delays water by days, which longer steps cannot show; give it one share, 1")
        m.past_and_days = pyo.RangeSet(-longest, count - 1)
        m.inflow_m3_per_s = pyo.Var(m.past_and_days, dense=False, bounds=(0, None))
        past = range(-longest, 0)
        carry(m, steps, Rhythm.WATER, "inflow_m3_per_s", m.inflow_m3_per_s.__getitem__, past)
        for before in range(1, longest + 1) if steps.horizon is Horizon.WHOLE else ():
            # More than one turn round the horizon when it is shorter than the longest lag.
            same = m.inflow_m3_per_s[-before] == m.inflow_m3_per_s[-before % count]
            m.add_component(f"past_{before}_as_at_the_end", pyo.Constraint(expr=same))

        kept = 1.0 - self.loss_of_inflow_fraction
        shares = [(k, kept * share) for k, share in enumerate(self.lag_share_fraction) if share]
        ledger.enter(self.node_from, self.id, "inflow of reach", sign=-1, m3_per_s=m.inflow_m3_per_s)
        ledger.enter(
            self.node_to, self.id, "outflow of reach",
            m3_per_s=lambda d: sum(share * m.inflow_m3_per_s[d - k] for k, share in shares),
        )  # fmt: skip

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        inflow, days = answer.inflow_m3_per_s, clock.water.count
        before = len(self.lag_share_fraction) - 1
        own = inflow[before:]
        book.within(self.id, "inflow", inflow, 0.0, None)
        if before and book.horizon is Horizon.WINDOW:
            book.equal(self.id, "past as given", inflow[:before], getattr(answer, "opening_inflow_m3_per_s", inflow[:before]))
        elif before:
            turns = np.tile(own, before // days + 1)
            book.equal(self.id, "past as at the end", inflow[:before], turns[len(turns) - before :])
        # The full convolution begins with steps that still lack their past.
        arriving = np.convolve(inflow, self.lag_share_fraction)[before : before + days]
        book.enter(self.node_from, -own)
        book.enter(self.node_to, arriving * (1 - self.loss_of_inflow_fraction))

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="reach", node_from="upper", node_to="lower", lag_share_fraction=(0.3, 0.5, 0.2), loss_of_inflow_fraction=0.02
        )
        # A reach has no largest flow, so only a flow owed downstream draws water through it, not a market.
        owed = Outlet(id="outlet", node="lower", flow_min_m3_per_s=5.0, shortage_price_yuan_per_m3=5.0)
        return Example(asset, (Port.market("upper", "m3_per_s", 1e4, 0.0), Port.market("lower", "m3_per_s", 1e6, 0.0), owed))
