"""Reads what assets say to the simulation by rule into one directed network: who may ask whom, and in which order.

Water goes by two ways. By itself it runs through channels and over dams (the *river*). On demand it goes through conveyances,
and through the river where a dam is called on. Both together have no ring, so that one pass upstream first, or downstream
first, sees every balance once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from yuqian.models.clock import Timeline
from yuqian.models.kind import Kind
from yuqian.models.operation import Conveyance, Operation
from yuqian.models.quota_law import Quota

RIVER, DAM, CALLED = 0, 1, 2
"""What a way begins at, in the order in which it is asked: free water, a dam's own storage, dams upstream."""


class OperatingError(ValueError):
    """A network that cannot be run by rule; the message names all that is wrong with it."""


@dataclass(frozen=True)
class Way:
    """A directed way from one balance to another: a conveyance, a channel, or the river below a dam.

    Attributes:
        key: what orders the ways into a balance; those with equal keys share.
        conveyance: None for a way by river.
        channel: number of the channel, -1 for a conveyance or the release of a dam.
    """

    id: str
    start: str
    end: str
    kept_fraction: float
    key: tuple[float, ...] = ()
    conveyance: Conveyance | None = None
    channel: int = -1


@dataclass(frozen=True)
class Network:
    """Balances in order, upstream first, and the ways between them.

    Attributes:
        operation: what the assets said.
        nodes: names of balances.
        ways: all that water can be asked through, in order of ``nodes``.
        fills: conveyances into stores, which only carry water that nobody asked for.
        drains: conveyances from supply nodes to rivers, for what is left over.
    """

    operation: Operation
    nodes: tuple[str, ...]
    ways: tuple[Way, ...]
    fills: tuple[Conveyance, ...]
    drains: tuple[Conveyance, ...]

    @property
    def quotas(self) -> tuple[tuple[str, Quota], ...]:
        """Who is held to volumes by date."""
        held = [(one.id, one.quota) for one in self.operation.conveyances]
        held += [(one.id, one.quota) for one in self.operation.uses]
        return tuple((owner, quota) for owner, quota in held if quota)

    @cached_property
    def _near(self) -> Mapping[str, Sequence[str]]:
        """Where conveyances into each balance begin."""
        return _into(way for way in self.ways if way.conveyance is not None)

    @cached_property
    def _river(self) -> Mapping[str, Sequence[str]]:
        """Where the river into each balance begins."""
        return _into(way for way in self.ways if way.conveyance is None)

    @cached_property
    def _every(self) -> Mapping[str, Sequence[str]]:
        """Where all ways into each balance begin."""
        return _into(self.ways)

    @cached_property
    def _channel_to(self) -> Mapping[str, str]:
        return {channel.node_from: channel.node_to for channel in self.operation.channels}

    @cached_property
    def stores(self) -> frozenset[str]:
        """Balances that are reservoirs."""
        return frozenset(store.id for store in self.operation.stores)

    def ancestors(self, nodes: Iterable[str], by_river: bool) -> set[str]:
        """The nodes and everything that can be asked for their sake."""
        return _upstream(nodes, self._every if by_river else self._near)

    def river_below(self, nodes: Iterable[str]) -> set[str]:
        """The nodes and the balances that the river comes by from there on, up to and with the next reservoirs."""
        found: set[str] = set()
        for start in nodes:
            node: str | None = start
            while node is not None and node not in found:
                found.add(node)
                node = self._channel_to.get(node)
        return found

    def dams_above(self, nodes: Iterable[str]) -> set[str]:
        """Reservoirs whose release comes by one of some balances, by the river alone."""
        return _upstream((start for node in nodes for start in self._river.get(node, ())), self._river) & self.stores

    def can_call(self, node: str) -> bool:
        """Whether a dam can be called on by river for what a user at a balance asks."""
        return bool(self.dams_above(self.ancestors([node], by_river=True)))

    def can_be_relieved(self, node: str) -> bool:
        """Whether a dam can stand in for what a user at a balance takes from promised water."""
        starts = self.ancestors([node], by_river=False) - self.stores
        return bool(self.dams_above(self.river_below(starts) - self.stores))


def _into(ways: Iterable[Way]) -> Mapping[str, Sequence[str]]:
    into = defaultdict(list)
    for way in ways:
        into[way.end].append(way.start)
    return dict(into)


def _upstream(nodes: Iterable[str], into: Mapping[str, Sequence[str]]) -> set[str]:
    """The nodes and all that ways lead from to them, one after the other."""
    found, waiting = set(), list(nodes)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += into.get(node, ())
    return found


def operation_of(assets: Iterable[Kind], timeline: Timeline, cooling_load_fraction: float) -> Operation:
    """Ask all assets for their part of a step, in order of id."""
    operation = Operation(timeline, cooling_load_fraction)
    for asset in sorted(assets, key=lambda asset: asset.id):
        asset.operate(operation)
    return operation


def network_of(operation: Operation) -> Network:
    """Order the network.

    Raises:
        OperatingError: for balances that nobody opens, a river that parts, or a ring of ways.
    """
    _check(operation)
    stores = {store.id for store in operation.stores}
    rivers = {node.id for node in operation.nodes if node.is_river}
    fills = tuple(c for c in operation.conveyances if c.node_to in stores)
    drains = tuple(c for c in operation.conveyances if c.node_from not in rivers and c.node_to in rivers - stores)
    ways = [
        Way(c.id, c.node_from, c.node_to, c.kept_fraction, conveyance=c)
        for c in operation.conveyances
        if c.node_to not in stores and c.kept_fraction > 0.0
    ]
    for number, channel in enumerate(operation.channels):
        link = Way(channel.id, channel.node_from, channel.node_to, channel.kept_fraction, (CALLED,), channel=number)
        ways.append(link)
    ways += [Way(f"{store.id}.release", store.id, store.downstream, 1.0, (CALLED,)) for store in operation.stores]
    order = _ordered([node.id for node in operation.nodes], ways)
    ranked = _ranked(order, ways, operation, rivers, stores)
    place = {node: number for number, node in enumerate(order)}
    ranked.sort(key=lambda way: (place[way.end], way.key, way.id))
    return Network(operation, tuple(order), tuple(ranked), fills, drains)


def _check(operation: Operation) -> None:
    wrong = []
    known = {node.id for node in operation.nodes}
    rivers = {node.id for node in operation.nodes if node.is_river}
    stores = {store.id for store in operation.stores}
    referred = [(i.flow.owner, i.node) for i in operation.inflows] + [(s.id, s.downstream) for s in operation.stores]
    referred += [(c.id, n) for c in operation.channels for n in (c.node_from, c.node_to)]
    referred += [(c.id, n) for c in operation.conveyances for n in (c.node_from, c.node_to)]
    referred += [(u.id, n) for u in operation.uses for n in (u.node, u.return_to) if n is not None]
    referred += [(o.id, o.node) for o in operation.outfalls] + [(o.id, o.node) for o in operation.owed]
    wrong += [
        f"'{owner}' refers to the balance '{node}', which no asset opens" for owner, node in referred if node not in known
    ]
    leaving = defaultdict(list)
    for channel in operation.channels:
        leaving[channel.node_from].append(channel.id)
        if channel.node_from in stores or channel.node_from not in rivers:
            wrong.append(f"the reach '{channel.id}' must begin at a river node, '{channel.node_from}' is none")
        if channel.node_to not in rivers:
            wrong.append(f"the reach '{channel.id}' must end at a river node or a reservoir, '{channel.node_to}' is neither")
    for outfall in operation.outfalls:
        leaving[outfall.node].append(outfall.id)
    wrong += [
        f"the river parts at '{node}' into {', '.join(sorted(ids))}; by rule it runs on by one way: make the others canals"
        for node, ids in sorted(leaving.items())
        if len(ids) > 1
    ]
    downstream = {store.id: store.downstream for store in operation.stores}
    wrong += [
        f"'{s}' releases into '{d}', which is no river node or reservoir" for s, d in downstream.items() if d not in rivers
    ]
    for turbine in operation.turbines:
        if turbine.store not in stores:
            wrong.append(f"the turbines '{turbine.id}' stand at no reservoir")
        elif turbine.downstream != downstream[turbine.store]:
            wrong.append(
                f"the turbines '{turbine.id}' give to '{turbine.downstream}', their dam to '{downstream[turbine.store]}'; "
                "by rule both must be the same"
            )
    if wrong:
        raise OperatingError("\n".join(wrong))


def _ordered(nodes: list[str], ways: list[Way]) -> list[str]:
    """Nodes with all ways pointing forward; ValueError names the nodes of a ring."""
    into: dict[str, int] = dict.fromkeys(sorted(nodes), 0)
    out = defaultdict(list)
    for way in ways:
        into[way.end] += 1
        out[way.start].append(way.end)
    ready = sorted(node for node, count in into.items() if count == 0)
    order = []
    while ready:
        node = ready.pop(0)
        order.append(node)
        for end in out[node]:
            into[end] -= 1
            if into[end] == 0:
                ready.append(end)
    if len(order) < len(into):
        ring = sorted(node for node, count in into.items() if count > 0)
        raise OperatingError(f"water could be sent round in a ring among or below {', '.join(ring)}; leave one way out")
    return order


def _ranked(order: list[str], ways: list[Way], operation: Operation, rivers: set[str], stores: set[str]) -> list[Way]:
    """Ways with their keys: what they begin at, how many conveyances away that is, and what a cubic metre costs."""
    fed = {i.node for i in operation.inflows} | {u.return_to for u in operation.uses if u.return_to is not None}
    best: dict[str, tuple[int, int]] = {}
    into: Mapping[str, list[Way]] = defaultdict(list)
    for way in ways:
        into[way.end].append(way)
    ranked = []
    for node in order:
        own = (DAM, 0) if node in stores else (RIVER, 0) if node in rivers or node in fed else (CALLED, 0)
        for way in into[node]:
            if way.conveyance is None:
                ranked.append(way)
                continue
            begins, away = best[way.start]
            key = (begins, away + 1)
            own = min(own, key)
            late = (CALLED + 1.0,) if node in rivers else ()
            full = (*late, float(begins), float(away + 1), way.conveyance.effort_yuan_per_m3)
            ranked.append(Way(way.id, way.start, way.end, way.kept_fraction, full, way.conveyance))
        best[node] = own
    return ranked
