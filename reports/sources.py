"""Where allocated water came from: the ledger's flows traced back to rivers and reservoirs.

Water is taken to be fully mixed in every point of the network over the horizon, so each taker's shares of origin are those of
the point that it takes from. A point that is itself a source (a reservoir, a river) is where the tracing ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from yuqian.models.ledger import Account, Flow
from yuqian.optimise.entries import Books

Shares = dict[str, float]


@dataclass(frozen=True)
class Allocation:
    """Water handed to one user, hm3 over the horizon, by origin."""

    owner: str
    user_class: str
    volume_hm3: float
    by_source_hm3: Mapping[str, float]


def allocations(ledger: Books, sources: frozenset[str], hours: Mapping[str, np.ndarray]) -> tuple[Allocation, ...]:
    """Every user's allocation with its origins.

    Args:
        ledger: values of all entries.
        sources: ids of assets that are a source: water taken from their balance, or given by them, comes from them.
        hours: length of each step by name of rhythm.
    """
    volumes = _volumes(ledger, hours)
    origin = _origins(volumes)
    shares = _mixed(volumes, origin, sources)
    found = []
    for line in ledger.accounts[Account.ALLOCATION]:
        volume = float(line.values.sum())
        at = origin.get(line.owner)
        mix = shares.get(at, {at: 1.0}) if at is not None else {line.owner: 1.0}
        found.append(Allocation(line.owner, line.label, volume, {name: volume * part for name, part in mix.items()}))
    return tuple(found)


def _volumes(ledger: Books, hours: Mapping[str, np.ndarray]) -> dict[str, Shares]:
    """Net volume that each owner gave to (+) or took from (-) each balance of water, by balance."""
    volumes: dict[str, Shares] = {}
    for name, sheet in ledger.balances.items():
        if sheet.flow is not Flow.WATER or "." in name:
            continue
        per_rate = hours[sheet.rhythm.value] * sheet.flow.total_per_rate_hour
        by_owner = volumes.setdefault(name, {})
        for line in sheet.lines:
            by_owner[line.owner] = by_owner.get(line.owner, 0.0) + float(line.values @ per_rate)
    return volumes


def _origins(volumes: Mapping[str, Shares]) -> dict[str, str]:
    """The balance that each owner takes from; the one it takes most from, where there are several."""
    taken: dict[str, tuple[float, str]] = {}
    for balance, by_owner in volumes.items():
        for owner, volume in by_owner.items():
            if volume < taken.get(owner, (0.0, ""))[0]:
                taken[owner] = (volume, balance)
    return {owner: balance for owner, (_, balance) in taken.items()}


def _mixed(volumes: Mapping[str, Shares], origin: Mapping[str, str], sources: frozenset[str]) -> dict[str, Shares]:
    """Shares of origin in each balance: a linear system, since points may feed each other."""
    inner = [name for name in volumes if name not in sources]
    position = {name: k for k, name in enumerate(inner)}
    owners = {owner for by_owner in volumes.values() for owner in by_owner}
    ends = sorted((sources & (set(volumes) | owners)) | {owner for owner in owners if owner not in origin})
    column = {name: k for k, name in enumerate(ends)}
    among, direct = np.eye(len(inner)), np.zeros((len(inner), len(ends)))
    for name in inner:
        given = {owner: volume for owner, volume in volumes[name].items() if volume > 0.0}
        total = sum(given.values())
        for owner, volume in given.items():
            at = owner if owner in sources else origin.get(owner, owner)
            if at in position and at != name:
                among[position[name], position[at]] -= volume / total
            elif at in column:
                direct[position[name], column[at]] += volume / total
    solved = np.linalg.lstsq(among, direct, rcond=None)[0] if inner else direct
    shares = {name: _nonzero(ends, solved[k]) for name, k in position.items()}
    shares.update({name: {name: 1.0} for name in sources})
    return shares


def _nonzero(names: list[str], row: np.ndarray) -> Shares:
    return {name: float(part) for name, part in zip(names, row, strict=True) if part > 1e-9}
