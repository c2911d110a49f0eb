"""The law of a head: hourly power of water that falls or is lifted, whose daily mean goes with the day's flow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
import pyomo.environ as pyo
from pydantic import Field

from yuqian.models.book import Book
from yuqian.models.clock import Clock, Floats, Steps
from yuqian.models.renumbering import dual_of

Efficiency = Annotated[float, Field(gt=0, le=1)]
"""A share that something is divided by: none is no answer."""


def tie_power_to_flow(m: pyo.Block, steps: Steps, power_mw: Any, flow_m3_per_s: Any, mw_per_m3_per_s: Any) -> None:
    """The mean power of a day is what its flow gives, or takes, over the head; within the day the power is free.

    ``sum of power over the day's hours / their number == mw_per_m3_per_s * flow of the day``, with
    ``mw_per_m3_per_s = rho g H * efficiency`` for a turbine and ``rho g H / efficiency`` for a pump: a number, or one by day.
    """
    inside = steps.hours_per_day
    by_day = mw_per_m3_per_s if hasattr(mw_per_m3_per_s, "index_set") else None

    @m.Constraint(steps.days)
    def power_of_flow(m: pyo.Block, d: int) -> object:
        rate = mw_per_m3_per_s if by_day is None else by_day[d]
        return sum(power_mw[inside * d + k] for k in range(inside)) == inside * rate * flow_m3_per_s[d]


def worth_of_yield_yuan_per_h(
    duals: Mapping[str, Floats], clock: Clock, flow_m3_per_s: Floats, mw_per_m3_per_s: Floats
) -> Floats:
    """What the optimum would save if a day's yield were higher by its own size: its energy at its marginal worth; (days,).

    Less than the bus would pay where a plant at full power cannot make more; nought where nothing is known of the dual.

    Args:
        duals: of the plant's own rules; see :func:`yuqian.models.renumbering.dual_of`.
    """
    dual = duals.get(dual_of("power_of_flow"))
    if dual is None:
        return np.zeros(clock.water.count)
    found: Floats = -dual * clock.power_per_water * mw_per_m3_per_s * flow_m3_per_s / clock.water.hours
    return found


def audit_power_of_flow(
    book: Book, owner: str, clock: Clock, power_mw: Floats, flow_m3_per_s: Floats, mw_per_m3_per_s: Floats | float
) -> None:
    """Check what :func:`tie_power_to_flow` asks, by the energy of each day in MWh."""
    energy_mwh = np.add.reduceat(power_mw * clock.power.hours, np.arange(0, clock.power.count, clock.power_per_water))
    book.equal(owner, "energy of the day's water", energy_mwh, flow_m3_per_s * mw_per_m3_per_s * clock.water.hours)
