"""A yard whose train comes too late: what is short is the energy of its coal, to the megawatt-hour."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from yuqian.models.bus import Bus
from yuqian.models.clock import Clock
from yuqian.models.coal_unit import CoalUnit
from yuqian.models.coal_yard import CoalYard
from yuqian.models.kind import Kind
from yuqian.models.load_profile import LoadProfile

THREE_DAYS = Clock.of_days(dt.date(2030, 1, 1), 3)
LOAD_MW, TRAIN_T, STOCK_MAX_T, SHED_YUAN_PER_MWH = 600.0, 3000.0, 40_000.0, 5000.0
UNIT = CoalUnit(**{
    **CoalUnit.example().asset.model_dump(), "unit_count": 1, "water_node": None, "must_run_fraction": 0.0,
    "power_min_fraction": 0.0, "no_load_fraction": 0.0, "ramp_fraction_per_h": 1.0,
})  # fmt: skip


def mwh_per_t() -> float:
    """Sent out from a tonne of raw coal; without a no-load part the same at every power."""
    net_gce_per_kwh = UNIT.coal_rate_net_gce_per_kwh
    return UNIT.coal_heat_tce_per_t * 1e6 / net_gce_per_kwh / 1000.0


def region(stock_t: float) -> list[Kind]:
    yard = CoalYard(
        id="yard", stock_max_t=STOCK_MAX_T, full_burn_t_per_day=0.0, days_of_cover_min=0.0, loss_fraction_per_year=0.0,
        cover_shortage_price_yuan_per_t=0.0, opening_stock_fraction=stock_t / STOCK_MAX_T, closing_stock_fraction=0.0,
    )  # fmt: skip
    load = LoadProfile(id="load", bus="bus", shed_price_yuan_per_mwh=SHED_YUAN_PER_MWH)
    return [Bus(id="bus", voltage_kv=220.0), UNIT, yard, load]


def test_a_late_train_sheds_the_energy_of_its_coal(engine: Any) -> None:
    series = {("load", "demand_mw"): np.full(72, LOAD_MW), ("coal", "available_fraction"): np.ones(72)}
    needed_t = 72 * LOAD_MW / mwh_per_t()
    in_time, late = (engine(region(stock), series, THREE_DAYS) for stock in (needed_t, needed_t - TRAIN_T))
    assert in_time["load"].shed_mw.sum() == pytest.approx(0.0, abs=1e-6)
    shed_mwh = TRAIN_T * mwh_per_t()
    assert late["load"].shed_mw.sum() == pytest.approx(shed_mwh, rel=1e-9)
    worth = SHED_YUAN_PER_MWH - UNIT.variable_cost_yuan_per_mwh
    assert late.cost - in_time.cost == pytest.approx(shed_mwh * worth, rel=1e-9)
