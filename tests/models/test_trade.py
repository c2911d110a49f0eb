"""Losses and prices of what carries power or stores it between hours: line, tie, grid and battery."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pytest

from yuqian.models.back_to_back import BackToBack
from yuqian.models.battery import Battery
from yuqian.models.book import Answer
from yuqian.models.bus import Bus
from yuqian.models.clock import Clock
from yuqian.models.grid_exchange import GridExchange
from yuqian.models.industrial_load import IndustrialLoad
from yuqian.models.kind import Kind
from yuqian.models.line import Line
from yuqian.models.port import Port
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import AssemblyError, assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.solve import solve
from yuqian.reports.audit import audit
from yuqian.timeseries.make import make_series

DAY = Clock.of_days(dt.date(2030, 1, 1), 1)
HOURS = np.arange(24)
BUS = Bus(id="bus", voltage_kv=500.0)
WORKS = IndustrialLoad(
    id="works", bus="bus", production_t_per_year=8760.0, energy_kwh_per_t=100_000.0, shed_share_fraction=(1.0,),
    shed_price_yuan_per_mwh=(20e3,),
)  # fmt: skip
"""Draws 100 MW."""


def run(assets: Iterable[Kind], prices: Mapping[str, Any]) -> tuple[dict[str, Answer], float]:
    """Answers and cost; ``prices`` by asset, one number or one an hour."""
    series = {(owner, "price_yuan_per_mwh"): price * np.ones(24) for owner, price in prices.items()}
    assembly = assemble(assets, series, DAY)
    program = compile_model(assembly.model)
    solution = solve(program)
    found = answers(assembly, program, solution)
    audit(assembly.assets, found, DAY, solution.objective_yuan).require()
    return found, solution.objective_yuan


def tie(**changes: Any) -> BackToBack:
    facts = {
        "power_max_mw": 3000.0, "loss_fraction": 0.02, "standing_loss_fraction": 0.001, "availability_fraction": 0.9,
        "price_mean_yuan_per_mwh": 400.0, "price_swing_fraction": 0.0, "wheeling_yuan_per_mwh": 30.0,
    }  # fmt: skip
    return BackToBack(id="tie", bus="bus", **{**facts, **changes})


def grid(export: float, imported: float, wheeling: float = 40.0) -> GridExchange:
    return GridExchange(
        id="grid", bus="bus", power_export_max_mw=export, power_import_max_mw=imported, price_mean_yuan_per_mwh=400.0,
        price_swing_fraction=0.0, wheeling_yuan_per_mwh=wheeling,
    )  # fmt: skip


def test_an_import_over_the_tie_pays_for_its_losses() -> None:
    found, cost = run((BUS, tie(), WORKS), {"tie": 400.0})
    assert found["tie"].import_mw == pytest.approx(103.0)
    assert cost == pytest.approx(24 * 103.0 / 0.98 * 430.0)


def test_an_export_over_the_tie_is_paid_for_what_arrives() -> None:
    found, cost = run((tie(standing_loss_fraction=0.0), Port.market("bus", "mw", 200.0, 0.0)), {"tie": 400.0})
    assert found["tie"].export_mw == pytest.approx(2700.0)
    assert cost == pytest.approx(24 * 2700.0 * (200.0 - 0.98 * 370.0))


@pytest.mark.parametrize("price", [0.0, 50.0, 600.0])
def test_the_tie_never_runs_both_ways(price: float) -> None:
    found, _ = run((BUS, tie(), WORKS), {"tie": price})
    assert np.minimum(found["tie"].import_mw, found["tie"].export_mw) == pytest.approx(0.0)


def test_a_price_below_nought_is_refused() -> None:
    with pytest.raises(AssemblyError, match=r"tie.price_yuan_per_mwh .* is -5"):
        run((BUS, tie(), WORKS), {"tie": -5.0})


def test_buying_from_the_grid_is_dearer_than_selling() -> None:
    _, bought = run((BUS, grid(1000.0, 1000.0), WORKS), {"grid": 400.0})
    assert bought == pytest.approx(24 * 100.0 * 440.0)
    found, sold = run((grid(1000.0, 1000.0), Port.market("bus", "mw", 300.0, 0.0)), {"grid": 400.0})
    assert sold == pytest.approx(24 * 1000.0 * (300.0 - 400.0))
    assert found["grid"].import_mw == pytest.approx(0.0)


def test_a_firm_export_is_owed_net_of_imports() -> None:
    """150 MW from 18 to 22 h out of 100 MW that cost 500 and no more: 50 MW are cut for four hours."""
    owing = GridExchange(**{
        **grid(1000.0, 1000.0).model_dump(), "export_firm_mw": 150.0, "export_firm_first_h": 18.0, "export_firm_last_h": 22.0,
        "export_shortage_price_yuan_per_mwh": 4000.0,
    })  # fmt: skip
    source = Line(id="line", bus_from="far", bus_to="bus", power_max_mw=100.0, loss_fraction=0.0)
    owed = make_series([owing], DAY).of("grid", "export_owed_mw")
    assert owed == pytest.approx(np.where((HOURS >= 18) & (HOURS < 22), 150.0, 0.0))
    series = {("grid", "price_yuan_per_mwh"): np.full(24, 400.0), ("grid", "export_owed_mw"): owed}
    assembly = assemble((BUS, owing, source, Port.market("far", "mw", 500.0, 0.0)), series, DAY)
    program = compile_model(assembly.model)
    solution = solve(program)
    found = answers(assembly, program, solution)
    audit(assembly.assets, found, DAY, solution.objective_yuan).require()
    assert found["grid"].shed_mw == pytest.approx(np.where(owed > 0.0, 50.0, 0.0))
    assert solution.objective_yuan == pytest.approx(4 * (100.0 * (500.0 - 400.0) + 50.0 * 4000.0))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"export_firm_mw": 10.0}, "needs a price"),
        ({"export_firm_mw": 1e4, "export_shortage_price_yuan_per_mwh": 1.0}, "cannot be owed"),
        ({"export_firm_first_h": 20.0, "export_firm_last_h": 20.0}, "must end later"),
    ],
)
def test_a_firm_export_that_cannot_be_is_refused(changes: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        GridExchange(**{**grid(1000.0, 1000.0).model_dump(), **changes})


def test_free_wheeling_is_refused() -> None:
    with pytest.raises(ValueError, match="wheeling_yuan_per_mwh"):
        grid(1.0, 1.0, wheeling=0.0)


@pytest.mark.parametrize("ends", [("bus", "far"), ("far", "bus")])
def test_a_line_loses_a_share_of_what_enters_either_way(ends: tuple[str, str]) -> None:
    line = Line(id="line", bus_from=ends[0], bus_to=ends[1], power_max_mw=500.0, loss_fraction=0.05)
    found, _ = run((BUS, line, WORKS, Port.market("far", "mw", 300.0, 0.0)), {})
    assert found["port_far"].bought == pytest.approx(100.0 / 0.95)
    assert np.minimum(found["line"].forward_mw, found["line"].backward_mw) == pytest.approx(0.0)


def test_a_line_needs_two_buses() -> None:
    with pytest.raises(ValueError, match="two different buses"):
        Line(id="line", bus_from="bus", bus_to="bus", power_max_mw=1.0, loss_fraction=0.0)


def battery(**changes: Any) -> Battery:
    facts = {
        "power_max_mw": 100.0, "energy_max_mwh": 200.0, "soc_min_fraction": 0.05, "soc_max_fraction": 0.95,
        "efficiency_charge_fraction": 0.9, "efficiency_discharge_fraction": 0.8, "cycles_max_per_day": 2.0,
        "variable_cost_yuan_per_mwh": 0.0,
    }  # fmt: skip
    return Battery(id="battery", bus="bus", **{**facts, **changes})


def test_a_battery_returns_its_round_trip() -> None:
    price = np.where(HOURS < 12, 100.0, 800.0)
    found, _ = run((BUS, grid(1000.0, 1000.0), battery()), {"grid": price})
    answer = found["battery"]
    assert answer.charge_mw.sum() == pytest.approx(0.9 * 200.0 / 0.9)
    assert answer.discharge_mw.sum() == pytest.approx(0.9 * 200.0 * 0.8)
    assert answer.energy_mwh.min() == pytest.approx(10.0)
    assert answer.energy_mwh.max() == pytest.approx(190.0)


def test_cycles_limit_what_a_battery_discharges_in_a_day() -> None:
    price = np.where(HOURS % 6 < 3, 100.0, 900.0)
    free, _ = run((BUS, grid(1000.0, 1000.0), battery(cycles_max_per_day=9.0)), {"grid": price})
    held, _ = run((BUS, grid(1000.0, 1000.0), battery(cycles_max_per_day=1.5)), {"grid": price})
    assert free["battery"].discharge_mw.sum() > 400.0
    assert held["battery"].discharge_mw.sum() == pytest.approx(300.0)


def test_a_battery_needs_room_between_its_limits() -> None:
    with pytest.raises(ValueError, match="must lie below the highest"):
        battery(soc_min_fraction=0.9, soc_max_fraction=0.9)
