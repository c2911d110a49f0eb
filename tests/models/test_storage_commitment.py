"""Stores that run by units or one way at a time, and the reserve that they hold."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from yuqian.models.battery import Battery
from yuqian.models.book import Answer
from yuqian.models.catchment import Catchment
from yuqian.models.clock import Clock
from yuqian.models.commitment_law import Commitment
from yuqian.models.grid_exchange import GridExchange
from yuqian.models.kind import Kind
from yuqian.models.ledger import Account
from yuqian.models.port import Port
from yuqian.models.pumped_storage import PumpedStorage
from yuqian.models.renewable_profile import RenewableProfile
from yuqian.models.reserve_requirement import ReserveRequirement
from yuqian.models.river_node import RiverNode
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.solve import Outcome, SolverOptions, solve
from yuqian.reports.audit import audit

DAY = Clock.of_days(dt.date(2030, 1, 1), 1)
PRICE = 300.0 + 250.0 * np.sin(np.arange(24) * np.pi / 6.0)


def pumped(**changes: Any) -> PumpedStorage:
    fields = {**PumpedStorage.example().asset.model_dump(), "water_node": None, "unit_count": 2, "availability_fraction": 1.0}
    return PumpedStorage(**{**fields, **changes})


def battery(**changes: Any) -> Battery:
    return Battery(**{**Battery.example().asset.model_dump(), **changes})


def run(store: Kind, price: np.ndarray = PRICE, requirement_mw: float = 0.0) -> tuple[float, Answer]:
    grid = GridExchange(
        id="grid", bus="bus", power_export_max_mw=900.0, power_import_max_mw=900.0, price_mean_yuan_per_mwh=300.0,
        price_swing_fraction=0.0, wheeling_yuan_per_mwh=1.0,
    )  # fmt: skip
    spinning = ReserveRequirement(id="spinning", requirement_base_mw=0.0, shortage_price_yuan_per_mwh=5000.0)
    series = {("grid", "price_yuan_per_mwh"): price, ("spinning", "requirement_mw"): np.full(24, requirement_mw)}
    return settle([store, grid, spinning, Port.market("bus", "mw", 1e5, -1e5)], series, store.id)


def settle(assets: list[Kind], series: dict[tuple[str, str], np.ndarray], store: str) -> tuple[float, Answer]:
    assembly = assemble(assets, series, DAY)
    program = compile_model(assembly.model)
    solution = solve(program, SolverOptions(gap_fraction=1e-9))
    assert solution.outcome is Outcome.OPTIMAL
    found = answers(assembly, program, solution)
    audit(assembly.assets, found, DAY, solution.objective_yuan).require()
    return solution.objective_yuan, found[store]


def test_whole_units_pump_at_their_fixed_power_and_never_both_ways() -> None:
    fields = {"pump_fixed": True, "generate_min_fraction": 0.5}
    whole, found = run(pumped(commitment=Commitment.INTEGER, **fields))
    relaxed, _ = run(pumped(commitment=Commitment.RELAXED, **fields))
    linear, _ = run(pumped())
    assert linear <= relaxed + 1e-6 <= whole + 2e-6
    assert set(np.round(found.charge_mw / 320.0, 6)) <= {0.0, 1.0, 2.0}
    assert np.all((found.discharge_mw < 1e-6) | (found.discharge_mw > 150.0 - 1e-6))
    assert np.all(found.generating_count + found.pumping_count <= 2.0 + 1e-6)


def test_starts_in_a_day_are_limited() -> None:
    free, found = run(pumped(commitment=Commitment.INTEGER, start_cost_yuan=1.0))
    limited, kept = run(pumped(commitment=Commitment.INTEGER, starts_max_per_day=1.0, start_cost_yuan=1.0))
    assert (found.generation_start_count + found.pumping_start_count).sum() > 2.5
    assert (kept.generation_start_count + kept.pumping_start_count).sum() <= 2.0 + 1e-6
    assert limited > free


def test_starts_cost() -> None:
    free, _ = run(pumped(commitment=Commitment.INTEGER))
    dear, found = run(pumped(commitment=Commitment.INTEGER, start_cost_yuan=5e3))
    assert dear > free
    started = np.maximum(np.diff(found.generating_count), 0.0).sum() + np.maximum(np.diff(found.pumping_count), 0.0).sum()
    assert dear >= free + 5e3 * started - 1e-3 or started == 0


def test_what_belongs_to_units_needs_a_commitment() -> None:
    with pytest.raises(ValidationError, match="set the commitment"):
        pumped(pump_fixed=True)


def surplus(store: Kind) -> tuple[float, Answer]:
    """A day on which 200 MW must be taken that nobody wants: getting rid of it costs 50 yuan/MWh."""
    plant = RenewableProfile(id="plant", bus="bus", rated_mw=200.0)
    series = {("plant", name): np.full(24, 200.0) for name in ("lowest_mw", "highest_mw")}
    return settle([store, plant, Port.market("bus", "mw", 100.0, -50.0)], series, store.id)


def test_battery_turns_one_way_at_a_time() -> None:
    """A linear battery burns a surplus by charging and discharging at once; a real one cannot."""
    linear, found = surplus(battery(cycles_max_per_day=100.0, variable_cost_yuan_per_mwh=0.0))
    relaxed, _ = surplus(battery(cycles_max_per_day=100.0, variable_cost_yuan_per_mwh=0.0, commitment=Commitment.RELAXED))
    whole, kept = surplus(battery(cycles_max_per_day=100.0, variable_cost_yuan_per_mwh=0.0, commitment=Commitment.INTEGER))
    assert np.any(np.minimum(found.charge_mw, found.discharge_mw) > 1.0)
    assert np.all(np.minimum(kept.charge_mw, kept.discharge_mw) < 1e-6)
    assert linear < relaxed - 1.0
    assert relaxed <= whole + 1e-6


@pytest.mark.parametrize("commitment", [None, Commitment.INTEGER])
def test_reserve_needs_power_and_energy_behind_it(commitment: Commitment | None) -> None:
    for store in (battery(reserve="spinning", commitment=commitment), pumped(reserve="spinning", commitment=commitment)):
        without, _ = run(store, requirement_mw=0.0)
        held, found = run(store, requirement_mw=60.0)
        assert held > without
        assert found.reserve_mw.min() >= 60.0 - 1e-6
        assert found.energy_mwh[1:].min() >= 60.0 - 1e-6


def test_reserve_beyond_the_store_is_short() -> None:
    cost, found = run(battery(reserve="spinning"), requirement_mw=500.0)
    assert found.reserve_mw.max() <= 200.0 + 1e-6
    assert cost > 24 * 300.0 * 5000.0 - 1e6


def test_units_by_hand_pump_at_fixed_power_and_generate_no_less_than_their_minimum() -> None:
    """Four hours at 100, four at 400: two units of 100 MW that pump at 120 with 0.8 round trip; a start costs 1000.

    One unit stores 96 MWh an hour and gives 100 or, for less, between 60 and 100. Both pump four hours, 768 MWh, and give
    800 MWh at most in the dear ones, so 768 MWh are sold.
    """
    price = np.where(np.arange(24) < 4, 100.0, np.where(np.arange(24) < 8, 400.0, 250.0))
    fields: dict[str, Any] = {
        "unit_power_generate_mw": 100.0, "unit_power_pump_mw": 120.0, "efficiency_generate_fraction": 1.0,
        "efficiency_pump_fraction": 0.8, "make_up_hm3_per_year": 0.0, "variable_cost_yuan_per_mwh": 0.0, "pump_fixed": True,
        "generate_min_fraction": 0.6, "start_cost_yuan": 1000.0, "commitment": Commitment.INTEGER,
    }  # fmt: skip
    cost, found = run(pumped(**fields), price)
    pumped_mwh, wheeling = 8 * 120.0, 1.0
    assert cost == pytest.approx(pumped_mwh * (100.0 + wheeling) - 0.8 * pumped_mwh * 400.0 + 4 * 1000.0)
    assert found.charge_mw[:4] == pytest.approx(240.0)
    cost, found = run(pumped(**fields, changeover_h=0.5), price)
    # The last pumping hour is followed by the first dear one: both units lose half of it, 100 of 800 MWh of room.
    turned = found.turned_generating_count[4]
    assert turned in (pytest.approx(0.0), pytest.approx(1.0), pytest.approx(2.0))
    assert found.discharge_mw[4] <= 100.0 * found.generating_count[5] - 50.0 * turned + 1e-6
    assert found.discharge_mw[4:8].sum() <= 700.0 + 1e-6


def test_make_up_water_is_short_at_its_price_beside_a_dry_stream() -> None:
    """A stream of a third of the make-up water: two thirds are short, and nothing is infeasible."""
    station = PumpedStorage.example().asset.model_copy(update={"make_up_hm3_per_year": 0.365, "id": "pumped"})
    asked = 0.365e6 / (365 * 86_400)
    hills = Catchment(id="hills", node="stream", area_km2=1.0, runoff_depth_mm_per_year=1.0)
    clock = Clock.of_days(dt.date(2030, 1, 1), 2)
    series = {("hills", "inflow_m3_per_s"): np.full(2, asked / 3)}
    assets = (station, hills, RiverNode(id="stream"), Port.market("bus", "mw", 500.0, 300.0))
    assembly = assemble(assets, series, clock)
    program = compile_model(assembly.model)
    solution = solve(program)
    assert solution.outcome is Outcome.OPTIMAL
    found = answers(assembly, program, solution)
    assert found["pumped"].make_up_shortage_m3_per_s == pytest.approx(np.full(2, asked * 2 / 3))
    result = audit(assembly.assets, found, clock, solution.objective_yuan)
    result.require()
    assert result.totals[Account.SHORTAGE] == pytest.approx(2 * 0.001 * 2 / 3)
    assert solution.objective_yuan == pytest.approx(2 * 1000.0 * 2 / 3 * 20.0, rel=1e-6)


def test_a_unit_that_turns_loses_its_share_of_the_step() -> None:
    """One unit, dear and cheap hours in turn: it pumps and generates for three quarters of each hour."""
    price = np.where(np.arange(24) % 2 == 0, 50.0, 500.0)
    fields: dict[str, Any] = {
        "unit_count": 1, "unit_power_generate_mw": 80.0, "unit_power_pump_mw": 100.0, "efficiency_generate_fraction": 1.0,
        "efficiency_pump_fraction": 0.8, "make_up_hm3_per_year": 0.0, "variable_cost_yuan_per_mwh": 0.0, "pump_fixed": True,
        "commitment": Commitment.INTEGER,
    }  # fmt: skip
    _, free = run(pumped(**fields), price)
    assert free.charge_mw.sum() == pytest.approx(1200.0)
    _, found = run(pumped(**fields, changeover_h=0.25), price)
    assert found.turned_generating_count.sum() == pytest.approx(12.0)
    assert found.charge_mw.max() == pytest.approx(75.0)
    assert found.discharge_mw.max() == pytest.approx(60.0)


def test_units_that_pump_can_only_stop_where_a_change_takes_time() -> None:
    fields = {"commitment": Commitment.INTEGER, "pump_fixed": True, "reserve": "spinning"}
    price = np.where(np.arange(24) < 6, 10.0, 500.0)
    held, slow = (run(pumped(**fields, **more), price, requirement_mw=800.0) for more in ({}, {"changeover_h": 0.2}))
    assert slow[0] > held[0]
    assert np.all(
        slow[1].reserve_mw <= 600.0 - 300.0 * slow[1].pumping_count[1:] - slow[1].discharge_mw + slow[1].charge_mw + 1e-6
    )


def test_a_change_longer_than_a_step_is_refused() -> None:
    with pytest.raises(ValueError, match="one step at most"):
        run(pumped(commitment=Commitment.INTEGER, changeover_h=1.5))


def test_a_battery_begins_and_ends_where_it_is_told() -> None:
    """Cheap for twelve hours, dear for twelve: 50 MWh in stock, 90 to be left, and 200 that fit."""
    fields: dict[str, Any] = {
        "power_max_mw": 100.0, "power_charge_max_mw": 30.0, "energy_max_mwh": 200.0, "soc_min_fraction": 0.0,
        "soc_max_fraction": 1.0, "efficiency_charge_fraction": 1.0, "efficiency_discharge_fraction": 1.0,
        "cycles_max_per_day": 10.0, "variable_cost_yuan_per_mwh": 5.0, "charge_cost_yuan_per_mwh": 2.0,
        "soc_initial_fraction": 0.25, "soc_final_fraction": 0.45,
    }  # fmt: skip
    price = np.where(np.arange(24) < 12, 100.0, 400.0)
    cost, found = run(battery(**fields), price)
    assert cost == pytest.approx(150.0 * (101.0 + 2.0) - 110.0 * (400.0 - 5.0))
    assert found.charge_mw.max() <= 30.0 + 1e-6
    assert (found.energy_mwh[0], found.energy_mwh[-1]) == (pytest.approx(50.0), pytest.approx(90.0))
    _, more = surplus(battery(**fields))
    _, exact = surplus(battery(**fields, ends_exactly=True))
    assert more.energy_mwh[-1] > 90.0 + 1.0
    assert exact.energy_mwh[-1] == pytest.approx(90.0)
    with pytest.raises(ValidationError, match="without it the store is cyclic"):
        battery(ends_exactly=True)
