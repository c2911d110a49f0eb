"""The network of an answer in numbers, and what is said where no dispatch is secure."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pytest

from yuqian.models.bus import Bus
from yuqian.models.clock import Clock, Floats
from yuqian.models.kind import Kind
from yuqian.models.line import Line
from yuqian.models.load_profile import LoadProfile
from yuqian.models.renewable_profile import RenewableProfile
from yuqian.reports.network import NoDispatch, secured_dispatch

DAY = Clock.of_days(dt.date(2030, 1, 1), 1)


def two_lines(demand_mw: float, *further: Kind) -> tuple[list[Kind], dict[tuple[str, str], Floats]]:
    ends = {"bus_from": "north", "bus_to": "south", "loss_fraction": 0.0, "reactance_pu": 0.01}
    assets: list[Kind] = [
        Bus(id="north", voltage_kv=220.0), Bus(id="south", voltage_kv=220.0),
        Line.model_validate({"id": "left", "power_max_mw": 100.0, **ends}),
        Line.model_validate({"id": "right", "power_max_mw": 100.0, **ends}),
        RenewableProfile(id="plant", bus="north", rated_mw=500.0, variable_cost_yuan_per_mwh=100.0),
        LoadProfile(id="load", bus="south"), *further,
    ]  # fmt: skip
    series = {
        ("plant", "lowest_mw"): np.zeros(24),
        ("plant", "highest_mw"): np.full(24, 500.0),
        ("load", "demand_mw"): np.full(24, demand_mw),
    }
    return assets, series


def test_what_no_dispatch_can_secure_is_said() -> None:
    """150 MW get through two lines of 100 MW each, but not through one."""
    found = secured_dispatch(*two_lines(150.0), DAY)
    data = found.as_data()
    assert json.dumps(data)
    assert (data["status"], data["secure"], data["network"]) == ("infeasible", False, None)
    assert data["objective_without_security_yuan"] == pytest.approx(24 * 150 * 100)
    assert [pair.line for pair in found.secured.first.violated] == ["left", "right"]


def test_what_is_secure_already_costs_nothing_more() -> None:
    corridor = Line(id="corridor", bus_from="north", bus_to="south", power_max_mw=10.0, loss_fraction=0.0)
    found = secured_dispatch(*two_lines(90.0, corridor), DAY)
    data = found.as_data()
    assert (data["secure"], data["added_by_round"], data["cost_of_security_yuan"]) == (True, [], 0.0)
    assert data["network"]["n_minus_1"]["outages"] == 2
    follow = {one["line"]: one["follows_angles"] for one in data["network"]["lines"]}
    assert follow == {"corridor": False, "left": True, "right": True}


def test_nothing_to_begin_with() -> None:
    with pytest.raises(NoDispatch, match="infeasible"):
        secured_dispatch(*two_lines(250.0), DAY)
