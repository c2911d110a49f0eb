"""What was cut in an answer, what was cut first, and how far the stores could help."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from yuqian.models.clock import Floats, Rhythm
from yuqian.models.ledger import Account, Flow
from yuqian.optimise.entries import books
from yuqian.optimise.program import Family
from yuqian.reports.stretch import Solved

SHED = re.compile(r"shed(_(\d+))?_mw")
"""Decisions of demands that may be cut, by tier; see the law of priced tiers."""
STORED = "energy_mwh"
NOTHING_MW, NOTHING_MWH = 1e-3, 1e-2


@dataclass(frozen=True)
class Cut:
    """One tier of one demand that was cut.

    Attributes:
        price_yuan_per_mwh: of not serving it.
        first: beginning of the first hour in which it was cut.
        hours: in how many.
    """

    owner: str
    tier: int
    price_yuan_per_mwh: float
    first: np.datetime64
    hours: float
    energy_mwh: float
    largest_mw: float


@dataclass(frozen=True)
class Store:
    """Hours that a store of energy stood at its limits.

    Attributes:
        empty_while_short_h: of the hours short, those at whose end it held nothing more.
    """

    owner: str
    empty_h: float
    full_h: float
    empty_while_short_h: float


@dataclass(frozen=True)
class Shortage:
    """What was short.

    Attributes:
        hours: in which anything was cut.
        cuts: in the order in which they began, at equal times the cheapest first.
        shed_mw: by hour, shape (hours,).
    """

    hours: float
    energy_mwh: float
    largest_mw: float
    cuts: tuple[Cut, ...]
    stores: tuple[Store, ...]
    shed_mw: Floats

    def lines(self) -> list[str]:
        """As text, a line each."""
        text = [f"{self.hours:g} hours short, {self.energy_mwh:,.1f} MWh not served, {self.largest_mw:,.1f} MW at most"]
        text += [
            f"{rank}. {cut.owner}, tier {cut.tier} at {cut.price_yuan_per_mwh:,.0f} yuan/MWh: first in the hour from "
            f"{str(cut.first)[:16]}, {cut.hours:g} h, {cut.energy_mwh:,.1f} MWh"
            for rank, cut in enumerate(self.cuts, start=1)
        ]
        text += [
            f"{store.owner}: empty for {store.empty_h:g} h ({store.empty_while_short_h:g} of the hours short), "
            f"full for {store.full_h:g} h"
            for store in self.stores
        ]
        return text

    def as_data(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "hours_short": self.hours,
            "energy_not_served_mwh": self.energy_mwh,
            "largest_mw": self.largest_mw,
            "cuts_in_order": [
                {
                    "asset": cut.owner,
                    "tier": cut.tier,
                    "price_yuan_per_mwh": cut.price_yuan_per_mwh,
                    "first": str(cut.first),
                    "hours": cut.hours,
                    "energy_mwh": cut.energy_mwh,
                    "largest_mw": cut.largest_mw,
                }
                for cut in self.cuts
            ],
            "stores": [vars(store) for store in self.stores],
        }


def shortage(of: Solved) -> Shortage:
    """Read what was short from an answer."""
    x, clock = of.solution.x, of.clock
    assert x is not None
    hours = clock.power.hours
    tiers = {(f.owner, _tier(f)): x[f.start : f.stop] for f in of.program.layout.columns if SHED.fullmatch(f.name)}
    shed: Floats = np.sum(list(tiers.values()), axis=0) if tiers else np.zeros(clock.power.count)
    prices = _prices(of, tiers)
    cuts = []
    for (owner, tier), power in tiers.items():
        cut = power > NOTHING_MW
        if cut.any():
            first = clock.power.stamps[int(np.argmax(cut))]
            size = float(hours[cut].sum()), float((power * hours)[cut].sum()), float(power.max())
            cuts.append(Cut(owner, tier, prices[owner, tier], first, *size))
    cuts.sort(key=lambda cut: (cut.first, cut.price_yuan_per_mwh, cut.owner, cut.tier))
    short = shed > NOTHING_MW
    return Shortage(
        float(hours[short].sum()), float((shed * hours)[short].sum()), float(shed.max(initial=0.0)), tuple(cuts),
        _stores(of, x, short), shed,
    )  # fmt: skip


def _tier(family: Family) -> int:
    match = SHED.fullmatch(family.name)
    return int(match[2]) if match and match[2] else 1


def _prices(of: Solved, tiers: Mapping[tuple[str, int], Floats]) -> dict[tuple[str, int], float]:
    """Price of each tier that was cut, yuan/MWh: its cost over its energy."""
    assert of.solution.x is not None
    hours = of.clock.power.hours
    cost = {}
    for line in books(of.assembly, of.program, of.solution.x).accounts[Account.COST]:
        label = re.fullmatch(r"shed( (\d+))?", line.label)
        if label:
            cost[line.owner, int(label[2] or 1)] = float(line.values.sum())
    energy = {key: float(power @ hours) for key, power in tiers.items()}
    return {key: cost.get(key, 0.0) / total if total > NOTHING_MWH else 0.0 for key, total in energy.items()}


def _stores(of: Solved, x: Floats, short: npt.NDArray[np.bool_]) -> tuple[Store, ...]:
    lower, upper = of.program.column_bounds
    found = []
    for family in of.program.layout.columns:
        if family.name != STORED or family.count != of.clock.timeline(Rhythm.POWER).count + 1:
            continue
        at = slice(family.start + 1, family.stop)
        room = NOTHING_MWH + 1e-6 * np.maximum(1.0, upper[at])
        empty, full = x[at] <= lower[at] + room, x[at] >= upper[at] - room
        hours = of.clock.power.hours
        found.append(Store(family.owner, *(float(hours[which].sum()) for which in (empty, full, empty & short))))
    return tuple(found)


def unserved_mwh(of: Solved) -> float:
    """All electric energy that was cut."""
    assert of.solution.x is not None
    hours = of.clock.power.hours
    families = (f for f in of.program.layout.columns if SHED.fullmatch(f.name))
    return float(sum(of.solution.x[f.start : f.stop] @ hours for f in families)) * Flow.POWER.total_per_rate_hour
