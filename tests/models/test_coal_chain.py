"""Coal from the railway to the yard: who is served first, and what a late delivery costs."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest

from yuqian.models.book import Answer
from yuqian.models.clock import Clock
from yuqian.models.coal_base import CoalBase
from yuqian.models.coal_hub import CoalHub
from yuqian.models.coal_supply import CoalSupply
from yuqian.models.coal_transfer import CoalTransfer
from yuqian.models.coal_unit import CoalUnit
from yuqian.models.coal_yard import CoalYard
from yuqian.models.kind import Kind
from yuqian.models.port import Port
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.program import Program
from yuqian.optimise.solve import solve
from yuqian.reports.audit import audit

DAYS = 5
CLOCK = Clock.of_days(dt.date(2030, 1, 1), DAYS)


def run(
    assets: Iterable[Kind], series: dict[tuple[str, str], np.ndarray], change: Callable[[Program], Program] = lambda p: p
) -> dict[str, Answer]:
    assembly = assemble(assets, series, CLOCK)
    program = change(compile_model(assembly.model))
    solution = solve(program)
    found = answers(assembly, program, solution)
    audit(assembly.assets, found, CLOCK, solution.objective_yuan).require()
    return found


def corridor(trains: float, **changes: Any) -> CoalSupply:
    facts = {"train_t": 1000.0, "trains_max_per_day": trains, "price_yuan_per_t": 700.0, "annual_max_t": 1e7}
    return CoalSupply(id="corridor", coal_hub="hub", **{**facts, **changes})


def base(**changes: Any) -> CoalBase:
    facts = {
        "stock_max_t": 600e3, "turnover_max_t_per_year": 3e6, "industry_demand_t_per_year": 730e3,
        "industry_shortage_price_yuan_per_t": 5000.0, "loss_fraction_per_year": 0.0, "handling_yuan_per_t": 10.0,
        "opening_stock_fraction": 0.0,
    }  # fmt: skip
    return CoalBase(id="base", coal_hub="hub", **{**facts, **changes})


def plant_and_yard(**changes: Any) -> tuple[tuple[Kind, ...], dict[tuple[str, str], np.ndarray]]:
    """A yard that opens exactly at its cover, behind a plant that always burns 5000 t a day."""
    example = CoalUnit.example().asset
    heat = 24 * 2 * 660.0 * 0.94 * 0.3 / 5000.0
    plant = CoalUnit(**{
        **example.model_dump(), "water_node": None, "must_run_fraction": 1.0, "power_min_fraction": 1.0,
        "coal_heat_tce_per_t": heat,
    })  # fmt: skip
    facts = {
        "stock_max_t": 100e3, "full_burn_t_per_day": 5000.0, "days_of_cover_min": 10.0, "loss_fraction_per_year": 0.0,
        "cover_shortage_price_yuan_per_t": 50.0, "opening_stock_fraction": 0.5,
    }  # fmt: skip
    yard = CoalYard(id="yard", **{**facts, **changes})
    series = {("coal", "available_fraction"): np.ones(CLOCK.power.count)}
    return (plant, yard, Port.market("bus", "mw", 900.0, 100.0)), series


def to_yard(origin: str, t_per_day: float = 20_000.0) -> CoalTransfer:
    return CoalTransfer(id="conveyor", coal_from=origin, coal_to="yard", flow_max_t_per_day=t_per_day, cost_yuan_per_t=5.0)


def test_industry_is_served_before_plants() -> None:
    """Two trains a day are just what industry takes; only what comes on top leaves the base."""
    market = Port.to_open("base", "t_per_h", 1e6, 2000.0)
    plenty = run((CoalHub(id="hub"), corridor(3.0), base(), market), {})
    assert plenty["port_base"].sold == pytest.approx(1000.0 / 24)
    assert plenty["base"].industry_shortage_t_per_h == pytest.approx(0.0)
    scarce = run((CoalHub(id="hub"), corridor(1.5), base(), market), {})
    assert scarce["port_base"].sold == pytest.approx(0.0)
    assert scarce["base"].industry_shortage_t_per_h.sum() == pytest.approx(DAYS * 500.0 / 24)


def test_turnover_counts_in_proportion_to_the_horizon() -> None:
    market = Port.to_open("base", "t_per_h", 1e6, 2000.0)
    found = run((CoalHub(id="hub"), corridor(20.0), base(turnover_max_t_per_year=1.46e6), market), {})
    assert found["base"].receipt_t_per_h.sum() * 24 == pytest.approx(DAYS * 4000.0)


def test_contract_counts_in_proportion_to_the_horizon() -> None:
    market = Port.to_open("hub", "t_per_h", 1e6, 800.0)
    found = run((CoalHub(id="hub"), corridor(8.0, annual_max_t=365e3), market), {})
    assert found["corridor"].delivery_t_per_h.sum() * 24 == pytest.approx(DAYS * 1000.0)
    assert found["corridor"].delivery_t_per_h.max() * 24 <= 8000.0 + 1e-6


def test_a_yard_that_is_fed_daily_keeps_its_cover() -> None:
    assets, series = plant_and_yard()
    found = run((*assets, CoalHub(id="hub"), corridor(20.0), to_yard("hub")), series)
    assert found["yard"].shortfall_t[1:] == pytest.approx(0.0, abs=1e-6)
    assert found["corridor"].delivery_t_per_h.sum() * 24 == pytest.approx(DAYS * 5000.0)


def test_one_late_delivery_leaves_the_yard_short_for_that_day() -> None:
    def without_the_first_day(program: Program) -> Program:
        upper = program.declared_upper.copy()
        upper[program.layout.by_column_name["corridor", "delivery_t_per_h"].start] = 0.0
        return dataclasses.replace(program, declared_upper=upper)

    assets, series = plant_and_yard()
    found = run((*assets, CoalHub(id="hub"), corridor(20.0), to_yard("hub")), series, without_the_first_day)
    assert found["yard"].shortfall_t[1:] == pytest.approx([5000.0, 0.0, 0.0, 0.0, 0.0], abs=1e-6)
    cover_t = 50e3
    stock_t = cover_t + found["yard"].spare_t - found["yard"].shortfall_t
    assert stock_t[:2] == pytest.approx([50e3, 45e3])


def test_a_yard_loses_a_share_of_its_stock() -> None:
    assets, series = plant_and_yard(loss_fraction_per_year=0.365)
    found = run((*assets, CoalHub(id="hub"), corridor(20.0), to_yard("hub")), series)
    assert found["corridor"].delivery_t_per_h.sum() * 24 == pytest.approx(DAYS * (5000.0 + 0.001 * 50e3))


def test_a_transfer_limits_what_reaches_the_yard() -> None:
    assets, series = plant_and_yard(days_of_cover_min=0.0)
    found = run((*assets, CoalHub(id="hub"), corridor(20.0), to_yard("hub", 6000.0)), series)
    assert found["conveyor"].flow_t_per_h.max() * 24 <= 6000.0 + 1e-6


def test_a_transfer_needs_two_ends() -> None:
    with pytest.raises(ValueError, match="two different ends"):
        CoalTransfer(id="belt", coal_from="yard", coal_to="yard", flow_max_t_per_day=1.0, cost_yuan_per_t=0.0)
