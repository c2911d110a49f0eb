"""The water network alone, with a market in place of whatever else its assets deal with.

Which assets belong to the water side is read off the balances that they enter or open, so no kind is named: whoever enters no
balance of water is left out. A kept asset that also deals in power or coal (a turbine, a pump, a cooled unit) keeps doing so;
at every balance that only assets left out would open stands a port that buys and sells at one price.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from yuqian.models.clock import Clock, Floats
from yuqian.models.kind import Kind
from yuqian.models.ledger import Balance, Flow, Ledger, Sense
from yuqian.models.port import Port
from yuqian.optimise.assemble import assemble

POWER_PRICE_YUAN_PER_MWH = 380.0
"""Of power at every bus, bought or sold: near the benchmark price of coal-fired power in Chongqing; an assumption."""
COAL_PRICE_YUAN_PER_T = 650.0
"""Of coal at every yard: low enough that units run whenever they can, so that cooling asks for the most; an assumption."""


@dataclass(frozen=True)
class MarketPrices:
    """What stands in for the rest of the region: one price for each flow, at every balance that is missed.

    Attributes:
        yuan_per_total: yuan per MWh, per t: by flow.
    """

    yuan_per_total: Mapping[Flow, float]

    @classmethod
    def of(cls, power_yuan_per_mwh: float | None = None, coal_yuan_per_t: float | None = None) -> MarketPrices:
        """The given prices; the module's where one is left out."""
        power = POWER_PRICE_YUAN_PER_MWH if power_yuan_per_mwh is None else power_yuan_per_mwh
        coal = COAL_PRICE_YUAN_PER_T if coal_yuan_per_t is None else coal_yuan_per_t
        return cls({Flow.POWER: power, Flow.COAL: coal})


@dataclass(frozen=True)
class WaterSide:
    """The assets of the water network, and the ports that close it.

    Attributes:
        assets: kept, in order of id.
        ports: stand-ins, in order of balance.
        left_out: ids of the assets that touch no water.
    """

    assets: tuple[Kind, ...]
    ports: tuple[Kind, ...]
    left_out: tuple[str, ...]

    @property
    def all(self) -> tuple[Kind, ...]:
        """What is to be assembled."""
        return (*self.assets, *self.ports)


def water_side(assets: Iterable[Kind], prices: MarketPrices | None = None) -> WaterSide:
    """Part the assets that deal in water from the rest, and put ports where the rest is missed."""
    ordered = tuple(sorted(assets, key=lambda asset: asset.id))
    balances = _one_step(ordered).balances
    wet = {entry.owner for balance in balances.values() if balance.flow is Flow.WATER for entry in balance.entries}
    kept = tuple(asset for asset in ordered if asset.id in wet or "m3_per_s" in asset.opens.values())
    ids = {asset.id for asset in kept}
    opened = {f"{asset.id}{suffix}" for asset in kept for suffix in asset.opens}
    missed = [
        balance
        for name, balance in sorted(balances.items())
        if balance.flow is not Flow.WATER and name not in opened and any(entry.owner in ids for entry in balance.entries)
    ]
    ports = tuple(_port(balance, prices or MarketPrices.of()) for balance in missed)
    left_out = tuple(asset.id for asset in ordered if asset.id not in ids)
    return WaterSide(kept, ports, left_out)


def _port(balance: Balance, prices: MarketPrices) -> Kind:
    if balance.sense is Sense.AT_LEAST:
        return Port.requirement(balance.name, balance.flow.rate)
    price = prices.yuan_per_total[balance.flow]
    return Port.market(balance.name, balance.flow.rate, price, price)


def _one_step(assets: tuple[Kind, ...]) -> Ledger:
    """The ledger of the assets over one step: who enters where does not depend on the clock."""
    clock = Clock.of_days(dt.date(2030, 1, 1), 1, hours_per_day=1)
    series: dict[tuple[str, str], Floats] = {
        (asset.id, name): np.full(1, float(np.clip(0.0, need.low, need.high)))
        for asset in assets
        for name, need in asset.series.items()
    }
    return assemble(assets, series, clock).ledger
