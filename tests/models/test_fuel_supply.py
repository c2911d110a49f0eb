"""Fuel by the hour and in all: what units burn from it, starts included."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from yuqian.models.clock import Clock
from yuqian.models.commitment_law import Commitment
from yuqian.models.fuel_supply import FuelSupply
from yuqian.models.load_profile import LoadProfile
from yuqian.models.port import Port
from yuqian.models.thermal_unit import ThermalUnit
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.solve import Outcome, SolverOptions, solve
from yuqian.reports.audit import audit

CLOCK = Clock.of_days(dt.date(2030, 1, 1), 1, hours_per_day=4)


def cost_of(available_t_per_h: list[float], quota_t: float | None = None) -> float:
    """Four hours of 50 MW: gas at 2 t/MWh and 10 yuan/t with a start of 20 t, or the market at 60 yuan/MWh."""
    unit = ThermalUnit(
        id="unit", bus="bus", fuel_from="gas", power_min_mw=20.0, power_max_mw=50.0, ramp_up_mw_per_h=50.0,
        ramp_down_mw_per_h=50.0, ramp_startup_mw=50.0, ramp_shutdown_mw=50.0, time_up_minimum_h=1.0, time_down_minimum_h=1.0,
        initial_status_h=-5.0, start_fuel_t=(20.0,), curve_power_mw=(20.0, 50.0), curve_cost_yuan_per_h=(0.0, 0.0),
        curve_fuel_t_per_h=(40.0, 100.0), commitment=Commitment.INTEGER,
    )  # fmt: skip
    gas = FuelSupply(id="gas", price_yuan_per_t=10.0, quota_t=quota_t)
    series: dict[tuple[str, str], Any] = {
        ("gas", "available_t_per_h"): np.array(available_t_per_h), ("load", "demand_mw"): np.full(4, 50.0),
    }  # fmt: skip
    assembly = assemble([unit, gas, LoadProfile(id="load", bus="bus"), Port.market("bus", "mw", 60.0, 0.0)], series, CLOCK)
    program = compile_model(assembly.model)
    solution = solve(program, SolverOptions(gap_fraction=1e-9))
    assert solution.outcome is Outcome.OPTIMAL
    audit(assembly.assets, answers(assembly, program, solution), CLOCK, solution.objective_yuan).require()
    return solution.objective_yuan


def test_all_the_fuel_that_is_wanted() -> None:
    assert cost_of([500.0] * 4) == pytest.approx(10.0 * (4 * 100.0 + 20.0))


def test_fuel_short_in_an_hour() -> None:
    """80 t in the second hour run 40 MW; 120 t in the first just hold the start and full power."""
    assert cost_of([120.0, 80.0, 500.0, 500.0]) == pytest.approx(10.0 * (20.0 + 100.0 + 80.0 + 200.0) + 10.0 * 60.0)


def test_a_quota_over_the_horizon() -> None:
    """Of 220 t 20 start the unit and 200 give 100 MWh; the market gives the other 100."""
    assert cost_of([500.0] * 4, quota_t=220.0) == pytest.approx(2200.0 + 6000.0)
