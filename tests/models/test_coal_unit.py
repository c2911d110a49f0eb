"""The fuel line, the ramp and the accounts of a coal-fired station."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from yuqian.models.book import Answer
from yuqian.models.clock import Clock
from yuqian.models.coal_unit import CoalUnit
from yuqian.models.grid_exchange import GridExchange
from yuqian.models.kind import Kind
from yuqian.models.ledger import Account
from yuqian.models.port import Port
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.solve import solve
from yuqian.reports.audit import audit

DAY = Clock.of_days(dt.date(2030, 1, 1), 1)
COAL = CoalUnit.example().asset


def unit(**changes: Any) -> CoalUnit:
    return CoalUnit(**{**COAL.model_dump(), **changes})


def run(
    coal: CoalUnit, power_price: float | np.ndarray, available: float = 1.0
) -> tuple[dict[str, Answer], Mapping[Account, float]]:
    """The station selling into a grid at a price, with coal and water from markets."""
    grid = GridExchange(
        id="grid", bus="bus", power_export_max_mw=5000.0, power_import_max_mw=0.0, price_mean_yuan_per_mwh=400.0,
        price_swing_fraction=0.0, wheeling_yuan_per_mwh=1.0,
    )  # fmt: skip
    ports = (
        Port.market("bus", "mw", 1e5, 0.0), Port.market("yard", "t_per_h", 750.0, 0.0),
        Port.market("stream", "m3_per_s", 0.0, 0.0),
    )  # fmt: skip
    hours = np.ones(DAY.power.count)
    series = {("coal", "available_fraction"): available * hours, ("grid", "price_yuan_per_mwh"): power_price * hours}
    assets: tuple[Kind, ...] = (coal, grid, *ports)
    assembly = assemble(assets, series, DAY)
    program = compile_model(assembly.model)
    solution = solve(program)
    found = answers(assembly, program, solution)
    checked = audit(assembly.assets, found, DAY, solution.objective_yuan)
    checked.require()
    return found, checked.totals


def test_full_load_burns_the_net_coal_rate() -> None:
    found, totals = run(unit(), power_price=900.0)
    net_mw = 2 * 660.0 * 0.94
    assert found["coal"].power_mw == pytest.approx(1320.0)
    assert found["port_yard"].bought == pytest.approx(net_mw * 300.0 / 1000 / 0.75)
    assert totals[Account.CO2] == pytest.approx(24 * net_mw * 0.3 * 2.62)
    assert totals[Account.ALLOCATION] == pytest.approx(24 * 1320.0 * 1.75 / 1e6)


def test_part_load_burns_the_no_load_share_and_the_rest_in_proportion() -> None:
    found, _ = run(unit(must_run_fraction=1.0), power_price=0.0)
    full_load = 2 * 660.0 * 0.94 * 300.0 / 1000 / 0.75
    assert found["coal"].power_mw == pytest.approx(0.4 * 1320.0)
    assert found["port_yard"].bought == pytest.approx((0.18 + 0.82 * 0.4) * full_load)


def test_must_run_is_a_share_of_what_is_available() -> None:
    found, _ = run(unit(must_run_fraction=0.5), power_price=0.0, available=0.6)
    assert found["coal"].online_count == pytest.approx(2 * 0.6 * 0.5)
    assert found["coal"].power_mw == pytest.approx(2 * 0.6 * 0.5 * 660.0 * 0.4)


def test_power_climbs_no_faster_than_its_ramp() -> None:
    price = np.where(np.arange(24) < 12, 0.0, 330.0)
    steep, _ = run(unit(must_run_fraction=0.0, ramp_fraction_per_h=1.0), price)
    flat, _ = run(unit(must_run_fraction=0.0, ramp_fraction_per_h=0.1), price)
    assert np.diff(steep["coal"].power_mw).max() == pytest.approx(1320.0)
    assert np.diff(flat["coal"].power_mw).max() == pytest.approx(132.0)


def test_ramps_down_are_limited_too() -> None:
    price = np.where(np.arange(24) < 12, 900.0, 0.0)
    found, _ = run(unit(must_run_fraction=0.0, ramp_fraction_per_h=0.25), price)
    assert np.diff(found["coal"].power_mw).min() == pytest.approx(-330.0)


def test_a_station_without_a_water_node_takes_no_water() -> None:
    _, totals = run(unit(water_node=None), power_price=900.0)
    assert totals[Account.ALLOCATION] == 0.0
