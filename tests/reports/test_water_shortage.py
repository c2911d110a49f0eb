"""Shortage by class: volume, depth and count apart; and the proof of a strict order in a run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from yuqian.assets.region import Region
from yuqian.assets.scenario import load_region
from yuqian.models.clock import Clock
from yuqian.models.kind import UserClass
from yuqian.models.ledger import Account
from yuqian.models.user_class import STANDARD_ORDER, Order
from yuqian.optimise.entries import Books, Line
from yuqian.optimise.water_plan import WaterPlan
from yuqian.reports.study import RunResult, Study
from yuqian.reports.usual_rules import usual_rules
from yuqian.reports.water_shortage import shortages
from yuqian.reports.water_tables import water_as_data, water_tables

StudyOf = Callable[[Region, int], Study]
CLOCK = Clock.of_days(dt.date(2030, 7, 1), 5)


def test_volume_depth_and_count_are_kept_apart() -> None:
    """Two towns that ask for 1 m3/s: one short by half on two days, the other by a tenth on three in a row."""
    day = 0.0864
    lines = (
        Line("east", "town", np.array([0.5, 0.0, 0.0, 0.5, 0.0]) * day),
        Line("west", "town", np.array([0.0, 0.1, 0.1, 0.1, 0.0]) * day),
        Line("dam", "ecological", np.array([0.0, 0.0, 1e-12, 0.0, 2.0]) * day),
    )
    ledger = Books({}, {Account.SHORTAGE: lines})
    asked = {"east": np.ones(5), "west": np.ones(5), "dam": np.full(5, 4.0)}
    town, river = shortages(ledger, asked, CLOCK)
    assert (town.user_class, river.user_class) == (UserClass.TOWN, UserClass.ECOLOGICAL)
    assert town.shortage_hm3 == pytest.approx(1.3 * day)
    assert town.demand_hm3 == pytest.approx(10 * day)
    assert town.depth_fraction == pytest.approx(0.5)
    assert (town.steps_short, town.longest_spell) == (4, 4)
    assert town.members == pytest.approx({"east": 0.6, "west": 0.4})
    assert (river.steps_short, river.depth_fraction) == (1, pytest.approx(0.5))
    assert river.members["dam"] == pytest.approx(0.8)


def test_the_room_of_the_strict_order_is_no_shortage() -> None:
    """A m3 that a town of a hundred thousand goes without on one day, as the strict order may leave it; four are told."""
    for cubic_metres, days in ((1.0, 0), (4.0, 1)):
        line = Line("east", "town", np.array([0.0, cubic_metres * 1e-6, 0.0, 0.0, 0.0]))
        (town,) = shortages(Books({}, {Account.SHORTAGE: (line,)}), {"east": np.full(5, 0.2)}, CLOCK)
        assert (town.steps_short, town.longest_spell) == (days, days)
        assert town.members["east"] == pytest.approx(1.0 - days / 5)
        assert (town.depth_fraction > 0.0) == (days > 0)


def test_volumes_by_the_hour_are_added_up_by_day() -> None:
    ledger = Books({}, {Account.SHORTAGE: (Line("unit", "power", np.full(120, 0.0036)),)})
    (power,) = shortages(ledger, {"unit": np.full(5, 2.0)}, CLOCK)
    assert (power.steps_short, power.depth_fraction) == (5, pytest.approx(0.5))


def test_a_run_in_strict_order_shows_its_proof(tiny: Study) -> None:
    result = tiny.run(plan=WaterPlan(Order.LEXICOGRAPHIC, settles=True))
    data = water_as_data(result)
    assert data["strict_order"]["proven"]
    assert [stage["stage"] for stage in data["strict_order"]["stages"]] == ["town", "ecological", "industry", "ordinary costs"]
    assert data["settled"]["is_settled"]
    assert data["settled"]["is_stationary"]
    assert data["settled"]["passes"][-1]["taken"]
    assert data["settled"]["change_fraction"] < 0.001
    assert data["settled"]["bound_yuan"] <= data["settled"]["passes"][-1]["objective_yuan"]
    assert len(water_tables(result)) == 3
    assert result.audit.passes


def test_a_run_takes_order_and_strictness_from_the_region(tiny_scenario: Path, study_of: StudyOf) -> None:
    """Industry before towns in the stages, in the table of shortages and for the rules; strictly, though no option says so."""
    order = [UserClass.INDUSTRY, *(one for one in STANDARD_ORDER if one is not UserClass.INDUSTRY)]
    words = f"water.order=[{', '.join(one.value for one in order)}]"
    region = load_region(tiny_scenario, [words, "water.ordering=lexicographic"])
    data = water_as_data(study_of(region, 1).run())
    assert [stage["stage"] for stage in data["strict_order"]["stages"]] == ["industry", "town", "ecological", "ordinary costs"]
    assert list(data["shortage"]) == ["industry", "town", "ecological"]
    assert list(usual_rules(region).order) == order
    assert study_of(region, 1).water_plan(Order.WEIGHTED).order is Order.WEIGHTED


def test_an_ordinary_run_says_what_was_short(tiny_run: RunResult) -> None:
    data = water_as_data(tiny_run)
    assert set(data) == {"shortage"}
    assert data["shortage"]["town"]["shortage_hm3"] == pytest.approx(0.0, abs=1e-9)
    assert data["shortage"]["town"]["satisfied_fraction"] == {"town": 1.0}
