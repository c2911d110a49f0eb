"""Water kept for an unknown inflow: first steps of the manual of SDDP.jl (O. Dowson, L. Kapelevich, "SDDP.jl: a Julia package
for stochastic dual dynamic programming", INFORMS Journal on Computing, 2021): three stages, inflow 0, 50 or 100 in each, fuel
at 50, 100, 150, demand 150, store of 200 that begins full. Its value is 8333.33.

The extensive form as an ordinary region: each node of the scenario tree is a day, and all its volumes are counted times its
probability. What a stage keeps is handed to its three successors in equal shares, as a reach hands water to later days: nobody
downstream can know the inflow before it comes, and no water is made."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
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
GRID = 25.0
YUAN_PER_M3 = 1e-3
"""One unit of fuel cost for a unit (hm3) of water, so that a cost of 1 is 1000 yuan."""


@dataclass(frozen=True)
class Case:
    """Numbers of a problem of three stages."""

    inflow: tuple[float, ...] = INFLOW
    fuel: tuple[float, ...] = FUEL
    demand: float = DEMAND
    store: float = STORE


def region(case: Case = Case()) -> list[Kind]:
    assets: list[Kind] = []
    for stage, fuel in enumerate(case.fuel):
        node = f"stage_{stage}"
        assets += [
            RiverNode(id=node),
            Catchment(id=f"rain_{stage}", node=node, area_km2=1.0, runoff_depth_mm_per_year=1.0),
            user(f"fuel_{stage}", node, shortage_price_yuan_per_m3=(fuel * YUAN_PER_M3,)),
            Outlet(id=f"spill_{stage}", node=node, flow_min_m3_per_s=0.0, shortage_price_yuan_per_m3=0.0),
        ]
    for stage, shares in enumerate(SHARES):
        kept = f"kept_{stage}"
        most = case.store / 3 ** (stage + 1) * HM3_PER_DAY
        assets += [
            RiverNode(id=kept),
            canal(f"store_{stage}", f"stage_{stage}", kept, flow_max_m3_per_s=most),
            Reach(
                id=f"hand_{stage}", node_from=kept, node_to=f"stage_{stage + 1}", lag_share_fraction=shares,
                loss_of_inflow_fraction=0.0,
            ),
        ]  # fmt: skip
    return assets


def series(case: Case = Case()) -> dict[tuple[str, str], Any]:
    numbers: dict[tuple[str, str], Any] = {}
    for stage, spacing in enumerate(SPACING):
        days = np.arange(0, DAYS, spacing)
        chance = 1.0 / 3 ** (stage + 1)
        rain, demand = np.zeros(DAYS), np.zeros(DAYS)
        rain[days] = np.tile(case.inflow, len(days) // 3) * chance
        demand[days] = case.demand * chance
        if stage == 0:
            rain[days] += case.store * chance
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


def by_dynamic_programming(case: Case) -> float:
    """Least expected cost, going back from the last stage over storages; exact where all volumes are multiples of the grid."""
    grid = np.arange(0.0, case.store + 1e-9, GRID)
    worth = np.zeros(len(grid))
    for fuel in reversed(case.fuel):
        costs = np.zeros(len(grid))
        for inflow in case.inflow:
            for number, stored in enumerate(grid):
                there = stored + inflow
                given = np.minimum(np.maximum(there - grid, 0.0), case.demand)
                cost = np.where(grid <= there + 1e-9, fuel * (case.demand - given) + worth, np.inf)
                costs[number] += cost.min() / len(case.inflow)
        worth = costs
    return float(worth[-1])


@pytest.mark.parametrize("seed", range(10))
def test_other_numbers_cost_what_dynamic_programming_finds(engine: Any, seed: int) -> None:
    random = np.random.default_rng(seed)
    case = Case(
        tuple(GRID * random.integers(0, 8, 3)), tuple(float(price) for price in random.integers(10, 200, 3)),
        GRID * float(random.integers(2, 12)), GRID * float(random.integers(2, 14)),
    )  # fmt: skip
    run = engine(region(case), series(case), Clock.of_days(dt.date(2030, 1, 1), DAYS))
    assert run.cost / (1e6 * YUAN_PER_M3) == pytest.approx(by_dynamic_programming(case), rel=1e-6, abs=1e-3)


def test_the_dynamic_program_finds_the_published_value() -> None:
    assert by_dynamic_programming(Case()) == pytest.approx(25_000.0 / 3.0)
