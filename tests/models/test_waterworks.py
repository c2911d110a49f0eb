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
from yuqian.models.renewable_profile import RenewableProfile
from yuqian.models.tank_law import Tank
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


@pytest.mark.parametrize(("tank_m3", "at_night"), [(None, 1 / 3), (7200.0, 1 / 3 + 7200.0 / 43_200.0), (1e6, 1.0)])
def test_a_clear_water_tank_moves_treatment_to_where_power_is_free(tank_m3: float | None, at_night: float) -> None:
    """Half a m3/s drawn evenly; power is free in eight hours of the night; a tank carries what it holds through the day."""
    asset = works(0.0, 0.0).model_copy(update={"tank_m3": tank_m3})
    users = Outlet(id="users", node="network", flow_min_m3_per_s=0.5, shortage_price_yuan_per_m3=50.0)
    night = RenewableProfile(id="night", bus="bus", rated_mw=50.0)
    free = np.where(np.arange(72) % 24 < 8, 50.0, 0.0)
    assets = (asset, BUS, night, Port.market("raw", "m3_per_s", 1e5, 0.0), WaterNode(id="network"), users)
    found, _ = solved(assets, {("night", "highest_mw"): free, ("night", "lowest_mw"): np.zeros(72)})
    energy_mwh = 3 * 43_200.0 * 0.5 / 1000.0
    assert found["port_bus"].bought.sum() - found["port_bus"].sold.sum() <= energy_mwh
    paid = found["port_bus"].bought[free == 0.0].sum()
    assert 1.0 - paid / energy_mwh == pytest.approx(at_night)


def test_what_is_drawn_by_the_hour_has_the_shape_of_the_day() -> None:
    shape = tuple(float(k < 6) for k in range(24))
    hourly, in_two = CLOCK, Clock.of_days(dt.date(2030, 7, 1), 2, hours_per_day=1)
    ratio = Tank(1.0, 1.0, shape).draw_ratio(hourly)
    assert ratio[:24] == pytest.approx(np.where(np.arange(24) < 6, 4.0, 0.0))
    assert ratio.mean() == pytest.approx(1.0)
    assert Tank(1.0, 1.0, shape).draw_ratio(in_two) == pytest.approx([1.0, 1.0])
    assert Tank(1.0, 1.0, None).draw_ratio(hourly) == pytest.approx(np.ones(72))


def test_a_shape_of_draw_needs_a_tank() -> None:
    with pytest.raises(ValueError, match="needs a tank_m3"):
        Waterworks(**(works(0.0, 0.0).model_dump() | {"draw_shape": (1.0,) * 24}))


def test_a_licence_limits_the_intake() -> None:
    """Two of three days' water a year."""
    asset = Waterworks(**(works(0.0, 0.0).model_dump() | {"quota_start": ("01-01",), "quota_hm3": (0.0864,)}))
    found, _ = delivered(asset, 0.5)
    assert found["works"].intake_m3_per_s.sum() == pytest.approx(1.0)
    assert found["works"].quota_used_hm3[-1] == pytest.approx(0.0864)
