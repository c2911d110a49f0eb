"""An oil unit with a tank beside a unit without: A. J. Wood, B. F. Wollenberg, "Power Generation, Operation and Control",
example 4e; the problem FUEL of the GAMS model library. Quadratic lines by secant segments."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from yuqian.models.bus import Bus
from yuqian.models.clock import Clock
from yuqian.models.coal_supply import CoalSupply
from yuqian.models.coal_yard import CoalYard
from yuqian.models.commitment_law import Commitment
from yuqian.models.kind import Kind
from yuqian.models.load_profile import LoadProfile
from yuqian.models.production_law import secants
from yuqian.models.thermal_unit import ThermalUnit

THREE_PERIODS = Clock.of_days(dt.date(2030, 1, 1), 3, hours_per_day=1)
SEGMENTS = 400


def free_unit(name: str, low: float, high: float, **fields: Any) -> ThermalUnit:
    """A unit that may start and stop as it likes."""
    return ThermalUnit(
        id=name, bus="bus", power_min_mw=low, power_max_mw=high, ramp_up_mw_per_h=high, ramp_down_mw_per_h=high,
        ramp_startup_mw=high, ramp_shutdown_mw=high, time_up_minimum_h=1.0, time_down_minimum_h=1.0,
        commitment=Commitment.INTEGER, **fields,
    )  # fmt: skip


def region() -> list[Kind]:
    burnt = secants(100.0, 500.0, SEGMENTS, lambda mw: 50.0 + mw + 0.005 * mw**2)
    paid = secants(50.0, 700.0, SEGMENTS, lambda mw: 300.0 + 6.0 * mw + 0.0025 * mw**2)
    oil = free_unit(
        "oil", 100.0, 500.0, fuel_from="tank", curve_power_mw=burnt.power_mw, curve_fuel_t_per_h=burnt.rate_per_h,
        curve_cost_yuan_per_h=(0.0,) * (SEGMENTS + 1),
    )  # fmt: skip
    other = free_unit(
        "other", 50.0, 700.0, must_run=True, curve_power_mw=paid.power_mw, curve_cost_yuan_per_h=paid.rate_per_h
    )  # fmt: skip
    tank = CoalYard(
        id="tank", stock_max_t=4000.0, full_burn_t_per_day=0.0, days_of_cover_min=0.0, loss_fraction_per_year=0.0,
        cover_shortage_price_yuan_per_t=0.0, opening_stock_fraction=0.75, closing_stock_fraction=0.5,
    )  # fmt: skip
    # 500 in every period, at no price; each period is a day of one hour here.
    supply = CoalSupply(
        id="supply", coal_hub="tank", train_t=12_000.0, trains_max_per_day=1.0, price_yuan_per_t=0.0, annual_max_t=1e7
    )  # fmt: skip
    return [Bus(id="bus", voltage_kv=220.0), LoadProfile(id="load", bus="bus"), oil, other, tank, supply]


def test_fuel_is_saved_for_the_dearest_period(engine: Any) -> None:
    run = engine(region(), {("load", "demand_mw"): (400.0, 900.0, 700.0)}, THREE_PERIODS)
    assert run.cost == pytest.approx(8566.118962, rel=1e-6)
    # A secant is straight over a whole MW, so the powers are known to about one.
    oil = run["oil"].above_min_mw[1:] + 100.0 * run["oil"].online_count[1:]
    assert oil == pytest.approx([250.9821, 354.2121, 312.9201], abs=1.0)
    burnt = 50.0 + oil + 0.005 * oil**2
    assert 3000.0 + np.cumsum(500.0 - burnt) == pytest.approx([2884.058, 2352.515, 2000.0], abs=4.0)
