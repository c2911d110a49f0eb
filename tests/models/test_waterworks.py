"""Waterworks: what is lost, of what, and what is counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pytest

from yuqian.models.book import Answer
from yuqian.models.clock import Clock
from yuqian.models.kind import Kind
from yuqian.models.ledger import Account
from yuqian.models.outlet import Outlet
from yuqian.models.port import Port
from yuqian.models.town import Town
from yuqian.models.water_node import WaterNode
from yuqian.models.waterworks import Waterworks
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import SeriesByAsset, assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.solve import solve
from yuqian.reports.audit import Audit, audit

CLOCK = Clock.of_days(dt.date(2030, 7, 1), 3)


def solved(assets: Sequence[Kind], series: SeriesByAsset, clock: Clock = CLOCK) -> tuple[dict[str, Answer], Audit]:
    """Answers of all assets, audited."""
    assembly = assemble(assets, series, clock)
    program = compile_model(assembly.model)
    solution = solve(program)
    found = answers(assembly, program, solution)
    result = audit(assembly.assets, found, clock, solution.objective_yuan)
    result.require()
    return found, result


BUS = Port.market("bus", "mw", 500.0, 0.0)


def works(own_use: float, leakage: float, capacity_m3_per_day: float = 172_800.0) -> Waterworks:
    return Waterworks(
        id="works", node_from="raw", node_to="network", bus="bus", capacity_m3_per_day=capacity_m3_per_day,
        own_use_fraction=own_use, leakage_fraction=leakage, energy_kwh_per_m3=0.5, cost_yuan_per_m3=0.6,
    )  # fmt: skip


def delivered(asset: Waterworks, wanted_m3_per_s: float) -> tuple[dict[str, Answer], Audit]:
    users = Outlet(id="users", node="network", flow_min_m3_per_s=wanted_m3_per_s, shortage_price_yuan_per_m3=50.0)
    return solved((asset, BUS, Port.market("raw", "m3_per_s", 1e5, 0.0), WaterNode(id="network"), users), {})


@pytest.mark.parametrize(("own_use", "leakage"), [(0.2, 0.0), (0.0, 0.2)])
def test_a_loss_is_a_share_of_what_goes_in(own_use: float, leakage: float) -> None:
    """A fifth lost of 1 m3/s leaves 0.8, not 1 / 1.2."""
    found, _ = delivered(works(own_use, leakage), 0.8)
    assert found["works"].intake_m3_per_s == pytest.approx([1.0, 1.0, 1.0])


def test_capacity_and_power_go_by_the_output() -> None:
    found, _ = delivered(works(0.2, 0.5, capacity_m3_per_day=86_400.0), 10.0)
    assert found["works"].intake_m3_per_s == pytest.approx([1.25, 1.25, 1.25])
    assert found["users"].outflow_m3_per_s == pytest.approx([0.5, 0.5, 0.5])
    assert found["port_bus"].bought == pytest.approx(np.full(72, 3600 * 0.5 / 1000)), "the same in every hour"


def test_allocation_is_the_volume_at_the_outlet_of_the_works() -> None:
    """Town and leakage together; neither own use nor the same drop twice."""
    town = Town.example().asset
    assets = (
        works(0.05, 0.1), BUS, WaterNode(id="network"), Port.market("raw", "m3_per_s", 1e5, 0.0),
        Port.market("river", "m3_per_s", 1e8, 0.0), town,
    )  # fmt: skip
    found, result = solved(assets, {(town.id, "demand_m3_per_s"): np.full(3, 0.9)})
    assert found["works"].intake_m3_per_s == pytest.approx(np.full(3, 1.0 / 0.95))
    assert result.totals[Account.ALLOCATION] == pytest.approx(3 * 0.0864)
