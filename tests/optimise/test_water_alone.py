"""The water side is parted from the rest by the balances that assets touch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from yuqian.assets.scenario import load_region
from yuqian.models.coal_unit import CoalUnit
from yuqian.models.ledger import Flow
from yuqian.models.port import Port
from yuqian.optimise.water_alone import MarketPrices, water_side


def test_what_touches_no_water_is_left_out(tiny_scenario: Path) -> None:
    side = water_side(load_region(tiny_scenario).kinds)
    kept = {asset.id for asset in side.assets}
    assert kept == {"hills", "lake", "river", "mouth", "works", "network", "town", "canal_head", "ditch", "factory"}
    assert "smelter" in side.left_out
    assert "main_bus" in side.left_out
    assert set(side.left_out) & kept == set()
    (port,) = side.ports
    assert isinstance(port, Port)
    assert (port.balance, port.rate, port.opens_balance) == ("main_bus", "mw", True)


def test_a_cooled_unit_stays_with_markets_for_power_and_coal() -> None:
    example = CoalUnit.example()
    side = water_side((example.asset, *example.ports), MarketPrices.of(400.0, 500.0))
    assert [asset.id for asset in side.assets] == ["coal", "port_stream"]
    prices = {port.balance: (port.buy_yuan, port.sell_yuan) for port in side.ports if isinstance(port, Port)}
    assert prices == {"bus": (400.0, 400.0), "yard": (500.0, 500.0)}


def test_without_water_nothing_is_kept(tiny_scenario: Path) -> None:
    dry = [asset for asset in load_region(tiny_scenario).kinds if asset.id in ("main_bus", "grid", "waste")]
    side = water_side(dry)
    assert (side.assets, side.ports) == ((), ())
    assert len(side.left_out) == 3


@pytest.mark.parametrize("flow", [Flow.POWER, Flow.COAL])
def test_prices_left_out_are_the_module_s(flow: Flow) -> None:
    assert np.isfinite(MarketPrices.of().yuan_per_total[flow])
    assert MarketPrices.of(1.0, 2.0).yuan_per_total[flow] in (1.0, 2.0)
