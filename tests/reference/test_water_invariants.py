"""What holds in every water run: water is kept, more costs no more, names mean nothing, prices are differences of cost."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from yuqian.models.clock import Clock, Floats
from yuqian.models.kind import Kind
from yuqian.models.outlet import Outlet
from yuqian.models.reach import Reach
from yuqian.models.river_node import RiverNode
from yuqian.models.water_node import WaterNode
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.prices import balance_prices
from yuqian.optimise.solve import solve

from .water_cases import HM3_PER_DAY, canal, hills, lake, user

DAYS = 8
CLOCK = Clock.of_days(dt.date(2030, 7, 1), DAYS)
INFLOW_HM3 = np.array([2.0, 0.0, 1.0, 4.0, 0.5, 0.0, 0.0, 3.0])
DEMAND_HM3 = np.array([3.0, 3.0, 2.5, 2.0, 3.5, 4.0, 3.0, 2.0])


def region(prefix: str = "", size: float = 1.0) -> list[Kind]:
    """A lake, a canal with a loss, two users of whom one returns water, and a reach with travel time to the mouth."""
    named = {name: f"{prefix}{name}" for name in ("lake", "river", "below", "head", "hills", "canal", "town", "works", "run")}
    dam = lake(
        10.0, id=named["lake"], downstream=named["river"], curve_storage_hm3=(0.0, 1000.0 * size),
        curve_area_km2=(0.0, 100.0 * size), opening_storage_fraction=0.01, closing_storage_fraction=0.005,
        seepage_fraction_per_year=0.3,
    )  # fmt: skip
    return [
        dam, RiverNode(id=named["river"]), RiverNode(id=named["below"]), WaterNode(id=named["head"]),
        hills(named["lake"]).model_copy(update={"id": named["hills"]}),
        canal(named["canal"], named["lake"], named["head"], loss_of_inflow_fraction=0.1, cost_yuan_per_m3=0.02,
              flow_max_m3_per_s=3.2 * HM3_PER_DAY * size),
        user(named["town"], named["head"], shortage_share_fraction=(0.3, 0.7), shortage_price_yuan_per_m3=(20.0, 60.0),
             return_fraction=0.5, return_to=named["river"]),
        user(named["works"], named["below"], shortage_price_yuan_per_m3=(7.0,)),
        Reach(id=named["run"], node_from=named["river"], node_to=named["below"], lag_share_fraction=(0.4, 0.6),
              loss_of_inflow_fraction=0.05),
        Outlet(id=f"{prefix}mouth", node=named["below"], flow_min_m3_per_s=5.0 * size, shortage_price_yuan_per_m3=2.0),
    ]  # fmt: skip


def series(prefix: str = "", size: float = 1.0, more: Floats | float = 0.0) -> dict[tuple[str, str], Floats]:
    flow = HM3_PER_DAY * size
    return {
        (f"{prefix}lake", "evaporation_mm_per_day"): np.full(DAYS, 4.0),
        (f"{prefix}lake", "ecological_flow_m3_per_s"): np.full(DAYS, 3.0 * size),
        (f"{prefix}hills", "inflow_m3_per_s"): (INFLOW_HM3 + more) * flow,
        (f"{prefix}town", "demand_m3_per_s"): DEMAND_HM3 * flow,
        (f"{prefix}works", "demand_m3_per_s"): np.full(DAYS, 0.8 * flow),
    }


def test_all_water_is_accounted_for(engine: Any) -> None:
    """Inflow and what the lake gave up equal what evaporated, seeped, was lost, used up, is under way and flowed out."""
    run = engine(region(), series(), CLOCK)
    dam, numbers = run["lake"], series()
    middle = (dam.storage_hm3[1:] + dam.storage_hm3[:-1]) / 2
    came = INFLOW_HM3.sum() + dam.storage_hm3[0] - dam.storage_hm3[-1]
    evaporated = 4.0 * 0.1 * middle * 1e3 / 1e6
    seeped = 0.3 / 365.0 * middle
    taken = run["canal"].flow_m3_per_s / HM3_PER_DAY
    town = (numbers["town", "demand_m3_per_s"] - run["town"].shed_1_m3_per_s - run["town"].shed_2_m3_per_s) / HM3_PER_DAY
    works = (numbers["works", "demand_m3_per_s"] - run["works"].shed_1_m3_per_s) / HM3_PER_DAY
    lost = 0.1 * taken.sum() + 0.05 * run["run"].inflow_m3_per_s[1:].sum() / HM3_PER_DAY
    out = run["mouth"].outflow_m3_per_s.sum() / HM3_PER_DAY
    went = evaporated.sum() + seeped.sum() + lost + 0.5 * town.sum() + works.sum() + out
    assert abs(came - went) < 1e-6 * INFLOW_HM3.sum()
    assert town == pytest.approx(0.9 * taken), "what is transferred is conserved"


@pytest.mark.parametrize("day", [0, 3, 6])
def test_more_water_never_costs_more(engine: Any, day: int) -> None:
    plenty = engine(region(), series(more=np.eye(DAYS)[day] * 0.7), CLOCK)
    assert plenty.cost <= engine(region(), series(), CLOCK).cost + 1e-6


def test_scaling_all_volumes_scales_the_cost(engine: Any) -> None:
    assert engine(region(size=3.0), series(size=3.0), CLOCK).cost == pytest.approx(
        3.0 * engine(region(), series(), CLOCK).cost, rel=1e-9
    )  # fmt: skip


def test_names_mean_nothing(engine: Any) -> None:
    assert engine(region("zz_"), series("zz_"), CLOCK).cost == pytest.approx(engine(region(), series(), CLOCK).cost, rel=1e-9)


def test_prices_are_differences_of_cost_in_sign_name_and_size() -> None:
    """A little more, and a little less, inflow on a day changes the cost by the price of water at the lake on that day."""
    assembly = assemble(region(), series(), CLOCK)
    program = compile_model(assembly.model)
    solution = solve(program)
    price = balance_prices(assembly, program, solution)["lake"]
    assert price.unit == "m3"
    little = 1e-3
    for day in range(DAYS):
        costs = []
        for sign in (-1.0, 1.0):
            more = series(more=sign * little * np.eye(DAYS)[day])
            costs.append(solve(program.with_series(more)).objective_yuan)
        less, plenty = ((costs[0] - solution.objective_yuan), (solution.objective_yuan - costs[1]))
        per_m3 = sorted((less / (little * 1e6), plenty / (little * 1e6)))
        assert per_m3[0] - 1e-4 <= price.values[day] <= per_m3[1] + 1e-4
    assert price.values.max() > 1.0, "water is scarce here"


def test_a_days_demand_has_the_price_of_its_node() -> None:
    assembly = assemble(region(), series(), CLOCK)
    program = compile_model(assembly.model)
    solution = solve(program)
    prices = balance_prices(assembly, program, solution)
    found = answers(assembly, program, solution)
    partly = (found["town"].shed_1_m3_per_s > 1e-6) & (found["town"].shed_2_m3_per_s < 1e-6)
    returned = 0.5 * prices["river"].values
    worth = prices["head"].values - returned
    assert np.all(worth[partly] >= 20.0 - 1e-6)
