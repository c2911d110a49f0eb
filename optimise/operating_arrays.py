"""Turns a network into the arrays of a plan: numbers its parts, and writes what is known of each part side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from yuqian.models.clock import Floats
from yuqian.models.kind import UserClass
from yuqian.models.operation import Operation
from yuqian.models.units import DAYS_PER_YEAR, HOURS_PER_DAY
from yuqian.optimise.operating_network import Network, Way
from yuqian.optimise.operating_plan import NONE, RELIEF, Ints, Names, Plan
from yuqian.optimise.operating_rules import Rules

Arrays = dict[str, Any]


def plan_of(
    network: Network, rules: Rules, groups: Mapping[str, Sequence[str]], tolerances: Mapping[str, tuple[float, float]]
) -> tuple[Plan, Names]:
    """Turn a network into arrays.

    Args:
        groups: rows that add up rows of supply, by name.
        tolerances: (tolerance, allowed depth) by row.
    """
    n = _Numbered(network, rules)
    operation = network.operation
    names = Names(
        network.nodes, tuple(n.way_at), tuple(n.store_at), tuple(u.id for u in operation.uses), n.classes, (*n.rows, *groups),
        tuple(t.id for t in operation.turbines),
    )  # fmt: skip
    plan = Plan(
        **_of_nodes(n), **_of_ways(n), **_of_classes(n), **_of_uses(n), **_of_stores(n), **_of_gates(n), **_of_channels(n),
        **_of_conveyances(n), **_of_turbines(n), **_of_rows(n, groups, tolerances),
    )  # fmt: skip
    return plan, names


@dataclass(frozen=True)
class _Numbered:
    """The number of everything in a network."""

    network: Network
    rules: Rules

    @property
    def operation(self) -> Operation:
        return self.network.operation

    @cached_property
    def place(self) -> Mapping[str, int]:
        return {node: number for number, node in enumerate(self.network.nodes)}

    @cached_property
    def store_at(self) -> Mapping[str, int]:
        return {store.id: number for number, store in enumerate(self.operation.stores)}

    @cached_property
    def ways(self) -> Sequence[Way]:
        """Those that can be asked; behind them the fills, which are conveyances too."""
        fills = [Way(c.id, c.node_from, c.node_to, c.kept_fraction, conveyance=c) for c in self.network.fills]
        return [*self.network.ways, *fills]

    @cached_property
    def way_at(self) -> Mapping[str, int]:
        return {way.id: number for number, way in enumerate(self.ways)}

    @cached_property
    def node_down(self) -> Ints:
        """The balance that the river runs on to, shape (nodes,)."""
        down = np.full(len(self.place), NONE)
        for channel in self.operation.channels:
            down[self.place[channel.node_from]] = self.place[channel.node_to]
        return down

    @cached_property
    def classes(self) -> tuple[UserClass, ...]:
        """Those that anything is served for, in order."""
        present = {use.user_class for use in self.operation.uses} | ({UserClass.ECOLOGICAL} if self.operation.owed else set())
        return tuple(c for c in self.rules.order if c in present)

    @cached_property
    def members(self) -> list[list[int]]:
        """Uses of each class."""
        return [[number for number, use in enumerate(self.operation.uses) if use.user_class is c] for c in self.classes]

    @cached_property
    def rows(self) -> tuple[str, ...]:
        """What supply is counted of, before groups: uses, dams, flows owed."""
        return (*(use.id for use in self.operation.uses), *river_rows(self.operation))

    @cached_property
    def quota_at(self) -> Mapping[str, int]:
        return {owner: number for number, (owner, _) in enumerate(self.network.quotas)}

    @cached_property
    def asks(self) -> Ints:
        """Which ways of asking can bring a use anything, shape (uses, 3)."""
        nodes = [use.node for use in self.operation.uses]
        asks = [(1, self.network.can_call(node), self.network.can_be_relieved(node)) for node in nodes]
        return np.array(asks, dtype=np.int64).reshape(-1, 3)


def river_rows(operation: Operation) -> tuple[str, ...]:
    """Rows of supply of what is owed to the river: below dams, and at sections and outlets."""
    return (*(f"{store.id}.ecological" for store in operation.stores), *(owed.id for owed in operation.owed))


def _of_nodes(n: _Numbered) -> Arrays:
    channel_at = {channel.node_from: number for number, channel in enumerate(n.operation.channels)}
    rivers = {node.id for node in n.operation.nodes if node.is_river}
    relieved = [node in rivers and node not in n.store_at for node in n.place]
    return {
        "node_store": _ints(n.store_at.get(node, NONE) for node in n.place),
        "node_channel": _ints(channel_at.get(node, NONE) for node in n.place),
        "node_down": n.node_down,
        "node_relieved": _ints(relieved),
        "inflow_node": _ints(n.place[i.node] for i in n.operation.inflows),
        "owed_node": _ints(n.place[o.node] for o in n.operation.owed),
        "owed_in_order": _ints(sorted({n.place[o.node] for o in n.operation.owed})),
        "supply_nodes": _ints(number for node, number in n.place.items() if node not in rivers),
    }


def _of_ways(n: _Numbered) -> Arrays:
    into: Mapping[str, list[Way]] = {node: [] for node in n.place}
    for way in n.network.ways:
        into[way.end].append(way)
    near = [[n.way_at[w.id] for w in ways if w.conveyance is not None] for ways in into.values()]
    river = [[n.way_at[w.id] for w in ways if w.conveyance is None] for ways in into.values()]
    every = [[n.way_at[w.id] for w in ways] for ways in into.values()]
    seen: dict[Any, int] = {}
    return {
        "way_start": _ints(n.place[way.start] for way in n.ways),
        "way_kept": _floats(way.kept_fraction for way in n.ways),
        "way_intake_max": _floats(np.inf if w.conveyance is None else w.conveyance.intake_max_m3_per_s for w in n.ways),
        "way_counted": _floats(0.0 if w.conveyance is None else w.conveyance.counted_loss_fraction for w in n.ways),
        # The same number for ways into one balance with the same key: they share.
        "way_group": _ints(seen.setdefault((way.end, way.key), len(seen)) for way in n.ways),
        "way_quota": _ints(n.quota_at.get(way.id, NONE) for way in n.ways),
        **_lists("into_near", near), **_lists("into_river", river), **_lists("into_all", every),
    }  # fmt: skip


def _of_classes(n: _Numbered) -> Arrays:
    near_nodes, all_nodes, trees = [], [], []
    for members in n.members:
        uses = [n.operation.uses[number] for number in members]
        asked = n.network.ancestors({use.node for use in uses}, by_river=False)
        returns = {use.return_to for use in uses if use.return_to is not None}
        near_nodes.append(sorted(n.place[node] for node in asked))
        all_nodes.append(sorted(n.place[node] for node in n.network.ancestors({use.node for use in uses}, by_river=True)))
        trees.append(sorted(n.place[node] for node in n.network.river_below(asked | returns)))
    return {
        "class_limit": np.array([n.rules.limits.get(c, (1.0, 1.0)) for c in n.classes], dtype=float).reshape(-1, 2),
        "class_owed": _ints(int(c is UserClass.ECOLOGICAL and bool(n.operation.owed)) for c in n.classes),
        **_lists("class_near", near_nodes), **_lists("class_all", all_nodes), **_lists("class_tree", trees),
        **_lists("class_use", n.members),
    }  # fmt: skip


def _of_uses(n: _Numbered) -> Arrays:
    uses = n.operation.uses
    late = [(number, use) for number, use in enumerate(uses) if use.return_to is not None and use.return_lag_count]
    return {
        "use_node": _ints(n.place[u.node] for u in uses),
        "use_return": _ints(NONE if u.return_to is None or u.return_lag_count else n.place[u.return_to] for u in uses),
        "use_returned": _floats(0.0 if u.return_to is None else u.return_fraction for u in uses),
        "use_factor": np.ones(len(uses)),
        "use_asks": n.asks,
        "ways_to_ask": RELIEF + 1 if n.operation.owed or n.asks[:, RELIEF].any() else RELIEF,
        "use_quota": _ints(n.quota_at.get(use.id, NONE) for use in uses),
        "late_use": _ints(number for number, _ in late),
        "late_node": _ints(n.place[u.return_to] for _, u in late if u.return_to),
        "late_share": _floats(u.return_fraction for _, u in late),
        "late_steps": _ints(u.return_lag_count for _, u in late),
    }


def _of_stores(n: _Numbered) -> Arrays:
    stores, filled = n.operation.stores, n.rules.opening_fraction
    return {
        "store_node": _ints(n.place[s.id] for s in stores),
        "store_down": _ints(n.place[s.downstream] for s in stores),
        "store_way": _ints(n.way_at[f"{s.id}.release"] for s in stores),
        "store_dead": _floats(s.dead_hm3 for s in stores),
        "store_area": _floats(s.area_at_none_km2 for s in stores),
        "store_area_slope": _floats(s.area_per_hm3_km2 for s in stores),
        "store_seepage": _floats(s.seepage_fraction_per_year / (DAYS_PER_YEAR * HOURS_PER_DAY) for s in stores),
        "store_opening_weight": _floats(s.opening_weight for s in stores),
        "store_limited": _ints(int(s.inflow_limited) for s in stores),
        "store_opening": _floats(
            s.dead_hm3 + filled * (s.normal_hm3 - s.dead_hm3) if s.opening_hm3 is None else s.opening_hm3 for s in stores
        ),
        "store_highest": _floats(s.highest_hm3 for s in stores),
        "lined_stores": _ints(k for k, s in enumerate(stores) if s.id in n.rules.lines or s.warning_hm3 is not None),
    }


def _of_gates(n: _Numbered) -> Arrays:
    gated = [store for store in n.operation.stores if store.gates_storage_hm3]
    through = {s.id: sum(t.flow_max_m3_per_s for t in n.operation.turbines if t.store == s.id) for s in gated}
    return {
        "gate_store": _ints(n.store_at[s.id] for s in gated),
        "gate_turbines": _floats(through[s.id] for s in gated),
        **_curves("gate", gate_storage=[s.gates_storage_hm3 for s in gated], gate_flow=[s.gates_max_m3_per_s for s in gated]),
    }


def _of_channels(n: _Numbered) -> Arrays:
    channels = n.operation.channels
    return {
        "channel_node": _ints(n.place[c.node_from] for c in channels),
        "channel_to": _ints(n.place[c.node_to] for c in channels),
        "channel_kept": _floats(c.kept_fraction for c in channels),
    }


def _of_conveyances(n: _Numbered) -> Arrays:
    """Those that carry what nobody asked for."""
    drains, fills = n.network.drains, n.network.fills
    return {
        "drain_node": _ints(n.place[c.node_from] for c in drains),
        "drain_way": _ints(n.way_at[c.id] for c in drains),
        "drain_to": _ints(n.place[c.node_to] for c in drains),
        "drain_kept": _floats(c.kept_fraction for c in drains),
        "fill_node": _ints(n.place[c.node_from] for c in fills),
        "fill_way": _ints(n.way_at[c.id] for c in fills),
        "fill_store": _ints(n.store_at[c.node_to] for c in fills),
        "fill_kept": _floats(c.kept_fraction for c in fills),
    }


def _of_turbines(n: _Numbered) -> Arrays:
    turbines = n.operation.turbines
    dams = [n.operation.stores[n.store_at[turbine.store]] for turbine in turbines]
    # Without a tailwater the head is constant, and the dam's level is not looked up.
    levelled = [t.tailwater_level_m != () for t in turbines]
    return {
        "turbine_store": _ints(n.store_at[t.store] for t in turbines),
        "turbine_max": _floats(t.flow_max_m3_per_s for t in turbines),
        "turbine_power": _floats(t.power_max_mw for t in turbines),
        "turbine_energy": _floats(t.energy_mwh_per_hm3_m for t in turbines),
        "turbine_head": _floats(-t.loss_m if t.tailwater_level_m else t.net_head_m for t in turbines),
        **_curves(
            "turbine_level",
            turbine_level_storage=[dam.curve_storage_hm3 if used else () for dam, used in zip(dams, levelled, strict=True)],
            turbine_level=[dam.curve_level_m if used else () for dam, used in zip(dams, levelled, strict=True)],
        ),
        **_curves(
            "turbine_tail",
            turbine_tail_flow=[t.tailwater_flow_m3_per_s for t in turbines],
            turbine_tail_level=[t.tailwater_level_m for t in turbines],
        ),
        **_curves(
            "turbine_useful",
            turbine_useful_flow=[t.curve_flow_m3_per_s for t in turbines],
            turbine_useful=[t.curve_useful_m3_per_s for t in turbines],
        ),
    }  # fmt: skip


def _of_rows(
    n: _Numbered, groups: Mapping[str, Sequence[str]], tolerances: Mapping[str, tuple[float, float]]
) -> Arrays:  # fmt: skip
    row_at = {row: number for number, row in enumerate(n.rows)}
    return {
        **_lists("row_group", [[row_at[row] for row in members] for members in groups.values()]),
        "row_tolerance": _floats(tolerances[row][0] for row in (*n.rows, *groups)),
        "row_depth": _floats(tolerances[row][1] for row in (*n.rows, *groups)),
    }


def _ints(values: Iterable[int]) -> Ints:
    return np.array(list(values), dtype=np.int64)


def _floats(values: Iterable[float]) -> Floats:
    return np.array(list(values), dtype=float)


def _offsets(lists: Sequence[Sequence[object]]) -> Ints:
    return np.concatenate(([0], np.cumsum([len(part) for part in lists], dtype=np.int64))).astype(np.int64)


def _lists(name: str, lists: Sequence[Sequence[int]]) -> Arrays:
    """Lists one behind the other, and where each begins."""
    return {f"{name}_from": _offsets(lists), name: _ints(value for part in lists for value in part)}


def _curves(name: str, **columns: Sequence[Sequence[float]]) -> Arrays:
    """Points of curves one behind the other, and where each begins."""
    flat = {column: _floats(value for part in parts for value in part) for column, parts in columns.items()}
    return {f"{name}_from": _offsets(next(iter(columns.values()))), **flat}
