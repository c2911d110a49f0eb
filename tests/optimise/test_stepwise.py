"""Commitment part by part finds what the search of the whole finds, and proves as much."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from yuqian.models.clock import Clock
from yuqian.models.commitment_law import Commitment
from yuqian.models.kind import Kind
from yuqian.models.load_profile import LoadProfile
from yuqian.models.port import Port
from yuqian.models.pumped_storage import PumpedStorage
from yuqian.models.thermal_unit import ThermalUnit
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.program import Program
from yuqian.optimise.solve import Outcome, SolverOptions, solve
from yuqian.optimise.stepwise import share_of_horizon, solve_stepwise

CLOCK = Clock.of_days(dt.date(2030, 1, 1), 1)
EXACT = SolverOptions(gap_fraction=1e-8, time_limit_s=120.0)


def program(commitment: Commitment = Commitment.INTEGER, buy_yuan: float = 400.0, seed: int = 0) -> Program:
    rng = np.random.default_rng(seed)
    units: list[Kind] = [
        ThermalUnit(
            id=f"unit_{k}", bus="bus", power_min_mw=40.0, power_max_mw=100.0, ramp_up_mw_per_h=30.0, ramp_down_mw_per_h=30.0,
            ramp_startup_mw=60.0, ramp_shutdown_mw=60.0, time_up_minimum_h=4.0, time_down_minimum_h=3.0, initial_status_h=-9.0,
            start_cost_yuan=(6e3,), curve_power_mw=(40.0, 100.0), curve_cost_yuan_per_h=(6e3 + 500 * k, 13e3 + 900 * k),
            commitment=commitment,
        )
        for k in range(3)
    ]  # fmt: skip
    fields: dict[str, Any] = {**PumpedStorage.example().asset.model_dump(), "water_node": None, "commitment": commitment}
    fields |= {"unit_power_generate_mw": 30.0, "unit_power_pump_mw": 30.0, "energy_max_mwh": 150.0, "pump_fixed": True}
    load = 130.0 + 90.0 * np.sin(np.arange(24) * np.pi / 12.0) + rng.uniform(-10.0, 10.0, 24)
    assets = [*units, PumpedStorage(**fields), LoadProfile(id="load", bus="bus"), Port.market("bus", "mw", buy_yuan, 0.0)]
    return compile_model(assemble(assets, {("load", "demand_mw"): load}, CLOCK).model)


@pytest.mark.parametrize("parts", [1, 3])
def test_part_by_part_ends_at_the_optimum_of_the_whole(parts: int) -> None:
    whole = program()
    plain = solve(whole, EXACT)
    found = solve_stepwise(whole, EXACT, parts=parts)
    assert found.outcome is Outcome.OPTIMAL
    assert found.objective_yuan == pytest.approx(plain.objective_yuan, rel=1e-6)
    assert found.bound_yuan == pytest.approx(found.objective_yuan, rel=1e-6)


def test_a_linear_program_is_solved_as_it_is() -> None:
    relaxed = program(Commitment.RELAXED)
    assert solve_stepwise(relaxed, EXACT).objective_yuan == pytest.approx(solve(relaxed, EXACT).objective_yuan)


def test_columns_lie_where_their_steps_do() -> None:
    whole = program()
    share = share_of_horizon(whole)
    for family in whole.layout.columns:
        if family.indexed:
            assert share[family.stop - 1] == pytest.approx((family.first + family.count - 1) / (family.first + family.count))
            assert share[family.start] <= 0.0


def test_an_incumbent_starts_the_search() -> None:
    whole = program()
    known = solve(whole, EXACT)
    again = solve(whole, EXACT, incumbent=known.x)
    assert again.objective_yuan == pytest.approx(known.objective_yuan, rel=1e-8)
    assert "MIP start" in again.log or "user" in again.log.lower()
