"""Water kept for an unknown inflow: first steps of the manual of SDDP.jl (O. Dowson, L. Kapelevich, "SDDP.jl: a Julia package
for stochastic dual dynamic programming", INFORMS Journal on Computing, 2021): three stages, inflow 0, 50 or 100 in each, fuel
at 50, 100, 150, demand 150, store of 200 that begins full. Its value is 8333.33.

The extensive form as an ordinary region: each node of the scenario tree is a day, and all its volumes are counted times its
probability. What a stage keeps is handed to its three successors in equal shares, as a reach hands water to later days: nobody
downstream can know the inflow before it comes, and no water is made."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from yuqian.models.catchment import Catchment
from yuqian.models.clock import Clock
from yuqian.models.kind import Kind
from yuqian.models.outlet import Outlet
from yuqian.models.reach import Reach
from yuqian.models.river_node import RiverNode

from .water_cases import HM3_PER_DAY, canal, user

INFLOW, FUEL, DEMAND, STORE = (0.0, 50.0, 100.0), (50.0, 100.0, 150.0), 150.0, 200.0
DAYS = 27
SPACING = (9, 3, 1)
"""Days between the siblings of each stage."""
SHARES = ((1 / 3, 0.0, 0.0, 1 / 3, 0.0, 0.0, 1 / 3), (1 / 3, 1 / 3, 1 / 3))
YUAN_PER_M3 = 1e-3
"""One unit of fuel cost for a unit (hm3) of water, so that a cost of 1 is 1000 yuan."""


def region() -> list[Kind]:
    assets: list[Kind] = []
    for stage, fuel in enumerate(FUEL):
        node = f"stage_{stage}"
        assets += [
            RiverNode(id=node),
            Catchment(id=f"rain_{stage}", node=node, area_km2=1.0, runoff_depth_mm_per_year=1.0),
            user(f"fuel_{stage}", node, shortage_price_yuan_per_m3=(fuel * YUAN_PER_M3,)),
            Outlet(id=f"spill_{stage}", node=node, flow_min_m3_per_s=0.0, shortage_price_yuan_per_m3=0.0),
        ]
    for stage, shares in enumerate(SHARES):
        kept = f"kept_{stage}"
        most = STORE / 3 ** (stage + 1) * HM3_PER_DAY
        assets += [
            RiverNode(id=kept),
            canal(f"store_{stage}", f"stage_{stage}", kept, flow_max_m3_per_s=most),
            Reach(
                id=f"hand_{stage}", node_from=kept, node_to=f"stage_{stage + 1}", lag_share_fraction=shares,
                loss_of_inflow_fraction=0.0,
            ),
        ]  # fmt: skip
    return assets


def series() -> dict[tuple[str, str], Any]:
    numbers: dict[tuple[str, str], Any] = {}
    for stage, spacing in enumerate(SPACING):
        days = np.arange(0, DAYS, spacing)
        chance = 1.0 / 3 ** (stage + 1)
        rain, demand = np.zeros(DAYS), np.zeros(DAYS)
        rain[days] = np.tile(INFLOW, len(days) // 3) * chance
        demand[days] = DEMAND * chance
        if stage == 0:
            rain[days] += STORE * chance
        numbers[f"rain_{stage}", "inflow_m3_per_s"] = rain * HM3_PER_DAY
        numbers[f"fuel_{stage}", "demand_m3_per_s"] = demand * HM3_PER_DAY
    return numbers


def test_the_extensive_form_costs_what_dual_dynamic_programming_found(engine: Any) -> None:
    run = engine(region(), series(), Clock.of_days(dt.date(2030, 1, 1), DAYS))
    assert run.cost / (1e6 * YUAN_PER_M3) == pytest.approx(25_000.0 / 3.0, rel=1e-6)


def test_knowing_the_inflow_would_cost_less(engine: Any) -> None:
    """With the mean inflow known, the same store does better: what is unknown has its price."""
    numbers = series()
    for stage, spacing in enumerate(SPACING):
        days = np.arange(0, DAYS, spacing)
        rain = numbers[f"rain_{stage}", "inflow_m3_per_s"]
        rain[days] = rain[days].mean()
    run = engine(region(), numbers, Clock.of_days(dt.date(2030, 1, 1), DAYS))
    assert run.cost / (1e6 * YUAN_PER_M3) < 25_000.0 / 3.0 - 1.0
