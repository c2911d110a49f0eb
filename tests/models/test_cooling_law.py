"""Cooling water: scarce water derates the unit, and each price shows the other."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from yuqian.models.book import Answer
from yuqian.models.bus import Bus
from yuqian.models.catchment import Catchment
from yuqian.models.clock import Clock
from yuqian.models.coal_unit import CoalUnit
from yuqian.models.kind import Kind
from yuqian.models.ledger import Account
from yuqian.models.load_profile import LoadProfile
from yuqian.models.outlet import Outlet
from yuqian.models.port import Port
from yuqian.models.river_node import RiverNode
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.prices import Price, balance_prices
from yuqian.optimise.solve import Outcome, solve
from yuqian.reports.audit import Audit, audit

DAYS, LOAD_MW, COAL_YUAN_PER_T, SHED = 2, 900.0, 800.0, 5000.0
CLOCK = Clock.of_days(dt.date(2030, 8, 1), DAYS)
UNIT = CoalUnit.example().asset.model_dump() | {
    "must_run_fraction": 0.0, "power_min_fraction": 0.0, "no_load_fraction": 0.0, "ramp_fraction_per_h": 1.0,
    "auxiliary_fraction": 0.0,
}  # fmt: skip
NEEDED_M3_PER_S = LOAD_MW * UNIT["water_m3_per_mwh"] / 3600


def run(flow: float, **fields: Any) -> tuple[dict[str, Answer], dict[str, Price], Audit]:
    """A unit that serves a load from a stream of a given flow."""
    assets: list[Kind] = [
        CoalUnit(**(UNIT | fields)), Bus(id="bus", voltage_kv=220.0), RiverNode(id="stream"),
        LoadProfile(id="load", bus="bus", shed_price_yuan_per_mwh=SHED),
        Port.market("yard", "t_per_h", COAL_YUAN_PER_T, 0.0),
        Catchment(id="hills", node="stream", area_km2=1.0, runoff_depth_mm_per_year=1.0),
        Outlet(id="mouth", node="stream", flow_min_m3_per_s=0.0, shortage_price_yuan_per_m3=0.0),
    ]  # fmt: skip
    series = {
        ("coal", "available_fraction"): np.ones(24 * DAYS), ("load", "demand_mw"): np.full(24 * DAYS, LOAD_MW),
        ("hills", "inflow_m3_per_s"): np.full(DAYS, flow),
    }  # fmt: skip
    assembly = assemble(assets, series, CLOCK)
    program = compile_model(assembly.model)
    solution = solve(program)
    assert solution.outcome is Outcome.OPTIMAL
    found = answers(assembly, program, solution)
    result = audit(assembly.assets, found, CLOCK, solution.objective_yuan)
    result.require()
    return found, dict(balance_prices(assembly, program, solution)), result


def variable_cost() -> float:
    """Fuel and operation of a MWh, yuan."""
    fuel = UNIT["coal_rate_net_gce_per_kwh"] / 1000.0 / UNIT["coal_heat_tce_per_t"] * COAL_YUAN_PER_T
    return float(fuel + UNIT["variable_cost_yuan_per_mwh"])


def test_half_the_water_is_half_the_power_and_each_price_shows_it() -> None:
    found, prices, _ = run(NEEDED_M3_PER_S / 2)
    assert found["coal"].power_mw.reshape(DAYS, 24).mean(axis=1) == pytest.approx(np.full(DAYS, LOAD_MW / 2))
    assert prices["bus"].values == pytest.approx(np.full(24 * DAYS, SHED))
    worth = (SHED - variable_cost()) / UNIT["water_m3_per_mwh"]
    assert prices["stream"].values == pytest.approx(np.full(DAYS, worth)), "a m3 is worth the power it would have cooled"


def test_enough_water_is_worth_nothing() -> None:
    _, prices, result = run(2 * NEEDED_M3_PER_S)
    assert prices["bus"].values == pytest.approx(np.full(24 * DAYS, variable_cost()))
    assert prices["stream"].values == pytest.approx(np.zeros(DAYS))
    assert result.totals[Account.ALLOCATION] == pytest.approx(DAYS * 0.0864 * NEEDED_M3_PER_S)


def test_emergency_water_has_its_price_and_is_counted_as_short() -> None:
    """At 1000 yuan/m3 it is worth the power it saves, and sets the price of both; at 10 000 it is not."""
    found, prices, result = run(NEEDED_M3_PER_S / 2, water_shortage_price_yuan_per_m3=1000.0)
    assert found["load"].shed_mw == pytest.approx(np.zeros(24 * DAYS), abs=1e-6)
    assert found["coal"].cooling_shortage_m3_per_s == pytest.approx(np.full(DAYS, NEEDED_M3_PER_S / 2))
    assert prices["stream"].values == pytest.approx(np.full(DAYS, 1000.0))
    assert prices["bus"].values == pytest.approx(np.full(24 * DAYS, variable_cost() + 1000.0 * UNIT["water_m3_per_mwh"]))
    assert result.totals[Account.SHORTAGE] == pytest.approx(DAYS * 0.0864 * NEEDED_M3_PER_S / 2)
    assert result.totals[Account.ALLOCATION] == pytest.approx(DAYS * 0.0864 * NEEDED_M3_PER_S / 2)
    dear, _, _ = run(NEEDED_M3_PER_S / 2, water_shortage_price_yuan_per_m3=10_000.0)
    assert dear["coal"].cooling_shortage_m3_per_s == pytest.approx(np.zeros(DAYS), abs=1e-9)


def test_a_unit_that_must_run_beside_a_dry_stream_needs_emergency_water() -> None:
    must = {"must_run_fraction": 1.0, "power_min_fraction": 0.4}
    found, _, _ = run(0.0, water_shortage_price_yuan_per_m3=5000.0, **must)
    assert found["coal"].power_mw.min() >= 0.4 * 2 * 660.0 - 1e-6
