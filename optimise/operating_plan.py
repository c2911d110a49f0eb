"""The network as plain arrays: made once, stepped many times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from yuqian.models.clock import Floats
from yuqian.models.kind import UserClass
from yuqian.models.units import DAYS_PER_YEAR, HOURS_PER_DAY
from yuqian.optimise.operating_network import Network, Way
from yuqian.optimise.operating_rules import Rules

Ints = npt.NDArray[np.int64]
NONE = -1
NEAR, CALLS, RELIEF = 0, 1, 2
"""The ways in which a class asks (see ``operating_order``)."""
FAR_BELOW = -1e30
ROW_ITEMS = ("demand", "delivered", "failed", "deep", "events", "longest", "depth")
"""What is kept of a row of supply in each bin: hm3 asked and got, periods short, periods short beyond the allowed depth, runs
of short periods, the longest of them so far, the deepest shortage as a share of demand."""
STORE_ITEMS = ("inflow", "losses", "ecological", "called", "spill", "filled", "passed_on", "restricted", "closing")
"""What is kept of a store in each bin, hm3; ``restricted`` counts periods under a drought line."""
TURBINE_ITEMS = ("turbined", "energy")
"""What is kept of turbines in each bin: hm3 through them, and MWh."""


class Plan(NamedTuple):
    """Arrays of one network. ``*_from`` are offsets into lists by node, class or way (one longer than what they divide)."""

    node_store: Ints
    node_channel: Ints
    node_down: Ints
    way_start: Ints
    way_kept: Floats
    way_intake_max: Floats
    way_counted: Floats
    into_near_from: Ints
    into_near: Ints
    into_all_from: Ints
    into_all: Ints
    way_group: Ints
    class_near_from: Ints
    class_near: Ints
    class_all_from: Ints
    class_all: Ints
    class_tree_from: Ints
    class_tree: Ints
    class_use_from: Ints
    class_use: Ints
    class_limit: Floats
    class_owed: Ints
    ways_to_ask: int
    use_node: Ints
    use_return: Ints
    use_returned: Floats
    use_factor: Floats
    store_node: Ints
    store_down: Ints
    store_way: Ints
    store_dead: Floats
    store_area: Floats
    store_area_slope: Floats
    store_seepage: Floats
    store_opening_weight: Floats
    store_limited: Ints
    store_opening: Floats
    store_highest: Floats
    gate_store: Ints
    gate_turbines: Floats
    gate_from: Ints
    gate_storage: Floats
    gate_flow: Floats
    late_use: Ints
    late_node: Ints
    late_share: Floats
    late_steps: Ints
    channel_node: Ints
    channel_to: Ints
    channel_kept: Floats
    supply_nodes: Ints
    drain_node: Ints
    drain_way: Ints
    drain_to: Ints
    drain_kept: Floats
    fill_node: Ints
    fill_way: Ints
    fill_store: Ints
    fill_kept: Floats
    turbine_store: Ints
    turbine_max: Floats
    turbine_power: Floats
    turbine_energy: Floats
    turbine_head: Floats
    turbine_level_from: Ints
    turbine_level_storage: Floats
    turbine_level: Floats
    turbine_tail_from: Ints
    turbine_tail_flow: Floats
    turbine_tail_level: Floats
    turbine_useful_from: Ints
    turbine_useful_flow: Floats
    turbine_useful: Floats
    inflow_node: Ints
    owed_node: Ints
    lined_stores: Ints
    use_asks: Ints
    relief_from: Ints
    relief_store: Ints
    relief_kept: Floats
    way_quota: Ints
    use_quota: Ints
    row_group_from: Ints
    row_group: Ints
    row_tolerance: Floats
    row_depth: Floats


class Names(NamedTuple):
    """What the numbers of a plan are called."""

    nodes: tuple[str, ...]
    ways: tuple[str, ...]
    stores: tuple[str, ...]
    uses: tuple[str, ...]
    classes: tuple[UserClass, ...]
    rows: tuple[str, ...]
    turbines: tuple[str, ...]


def plan_of(
    network: Network, rules: Rules, groups: Mapping[str, Sequence[str]], tolerances: Mapping[str, tuple[float, float]]
) -> tuple[Plan, Names]:
    """Turn a network into arrays.

    Args:
        groups: rows that add up uses, by name.
        tolerances: (tolerance, allowed depth) by row.
    """
    operation = network.operation
    place = {node: number for number, node in enumerate(network.nodes)}
    store_at = {store.id: number for number, store in enumerate(operation.stores)}
    channel_at = {channel.node_from: number for number, channel in enumerate(operation.channels)}
    count = len(network.nodes)
    ways = [*network.ways]
    # Fills are conveyances too: they come behind the ways that can be asked.
    ways += [Way(c.id, c.node_from, c.node_to, c.kept_fraction, conveyance=c) for c in network.fills]
    way_at = {way.id: number for number, way in enumerate(ways)}
    node_down = np.full(count, NONE)
    for channel in operation.channels:
        node_down[place[channel.node_from]] = place[channel.node_to]
    near = [[way_at[w.id] for w in network.ways if w.end == node and w.conveyance is not None] for node in network.nodes]
    every = [[way_at[w.id] for w in network.ways if w.end == node] for node in network.nodes]
    uses = operation.uses
    quota_at = {owner: number for number, (owner, _) in enumerate(network.quotas)}
    lenders = network.lenders()
    flow_is_kept = any(lenders[owed.node] for owed in operation.owed)
    present = {use.user_class for use in uses} | ({UserClass.ECOLOGICAL} if flow_is_kept else set())
    classes = tuple(c for c in rules.order if c in present)
    of_class = [[number for number, use in enumerate(uses) if use.user_class is c] for c in classes]
    near_nodes, all_nodes, trees = [], [], []
    for members in of_class:
        at = {uses[number].node for number in members}
        asked = network.ancestors(at, by_river=False)
        returns = {node for number in members if (node := uses[number].return_to) is not None}
        near_nodes.append(sorted(place[node] for node in asked))
        all_nodes.append(sorted(place[node] for node in network.ancestors(at, by_river=True)))
        trees.append(_downstream({place[node] for node in asked | returns}, node_down))
    asks = np.array([_asks(network, use.node) for use in uses], dtype=np.int64).reshape(-1, 3)
    lent = [[(store_at[store], kept) for store, kept in sorted(lenders[node].items())] for node in network.nodes]
    rivers = {node.id for node in operation.nodes if node.is_river}
    gated = [store for store in operation.stores if store.gates_storage_hm3]
    dams = [next(store for store in operation.stores if store.id == t.store) for t in operation.turbines]
    levels = [
        (dam.curve_storage_hm3, dam.curve_level_m) if turbine.tailwater_level_m else ((), ())
        for dam, turbine in zip(dams, operation.turbines, strict=True)
    ]
    late = [(number, use) for number, use in enumerate(uses) if use.return_to is not None and use.return_lag_count]
    rows = (*(u.id for u in uses), *(f"{s.id}.ecological" for s in operation.stores), *(o.id for o in operation.owed))
    members_of = [[rows.index(row) for row in groups[name]] for name in groups]
    names = Names(
        network.nodes, tuple(way.id for way in ways), tuple(store_at), tuple(u.id for u in uses), classes, (*rows, *groups),
        tuple(t.id for t in operation.turbines),
    )  # fmt: skip
    plan = Plan(
        node_store=_ints(store_at.get(node, NONE) for node in network.nodes),
        node_channel=_ints(channel_at.get(node, NONE) for node in network.nodes),
        node_down=node_down,
        way_start=_ints(place[way.start] for way in ways),
        way_kept=_floats(way.kept_fraction for way in ways),
        way_intake_max=_floats(np.inf if w.conveyance is None else w.conveyance.intake_max_m3_per_s for w in ways),
        way_counted=_floats(0.0 if w.conveyance is None else w.conveyance.counted_loss_fraction for w in ways),
        into_near_from=_offsets(near), into_near=_flat(near), into_all_from=_offsets(every), into_all=_flat(every),
        way_group=_groups(ways),
        class_near_from=_offsets(near_nodes), class_near=_flat(near_nodes),
        class_all_from=_offsets(all_nodes), class_all=_flat(all_nodes),
        class_tree_from=_offsets(trees), class_tree=_flat(trees),
        class_use_from=_offsets(of_class), class_use=_flat(of_class),
        class_limit=np.array([rules.limits.get(c, (1.0, 1.0)) for c in classes], dtype=float).reshape(-1, 2),
        class_owed=_ints(int(c is UserClass.ECOLOGICAL and flow_is_kept) for c in classes),
        ways_to_ask=RELIEF + 1 if asks[:, RELIEF].any() else RELIEF,
        use_node=_ints(place[u.node] for u in uses),
        use_return=_ints(NONE if u.return_to is None or u.return_lag_count else place[u.return_to] for u in uses),
        use_returned=_floats(0.0 if u.return_to is None else u.return_fraction for u in uses),
        use_factor=np.ones(len(uses)),
        store_node=_ints(place[s.id] for s in operation.stores),
        store_down=_ints(place[s.downstream] for s in operation.stores),
        store_way=_ints(way_at[f"{s.id}.release"] for s in operation.stores),
        store_dead=_floats(s.dead_hm3 for s in operation.stores),
        store_area=_floats(s.area_at_none_km2 for s in operation.stores),
        store_area_slope=_floats(s.area_per_hm3_km2 for s in operation.stores),
        store_seepage=_floats(s.seepage_fraction_per_year / (DAYS_PER_YEAR * HOURS_PER_DAY) for s in operation.stores),
        store_opening_weight=_floats(s.opening_weight for s in operation.stores),
        store_limited=_ints(int(s.inflow_limited) for s in operation.stores),
        store_opening=_floats(
            s.dead_hm3 + rules.opening_fraction * (s.normal_hm3 - s.dead_hm3) if s.opening_hm3 is None else s.opening_hm3
            for s in operation.stores
        ),
        store_highest=_floats(s.highest_hm3 for s in operation.stores),
        gate_store=_ints(store_at[s.id] for s in gated),
        gate_turbines=_floats(sum(t.flow_max_m3_per_s for t in operation.turbines if t.store == s.id) for s in gated),
        gate_from=_offsets([s.gates_storage_hm3 for s in gated]),
        gate_storage=_floats(storage for s in gated for storage in s.gates_storage_hm3),
        gate_flow=_floats(flow for s in gated for flow in s.gates_max_m3_per_s),
        late_use=_ints(number for number, _ in late), late_node=_ints(place[u.return_to] for _, u in late if u.return_to),
        late_share=_floats(u.return_fraction for _, u in late), late_steps=_ints(u.return_lag_count for _, u in late),
        channel_node=_ints(place[c.node_from] for c in operation.channels),
        channel_to=_ints(place[c.node_to] for c in operation.channels),
        channel_kept=_floats(c.kept_fraction for c in operation.channels),
        supply_nodes=_ints(place[node] for node in network.nodes if node not in rivers),
        drain_node=_ints(place[c.node_from] for c in network.drains),
        drain_way=_ints(way_at[c.id] for c in network.drains),
        drain_to=_ints(place[c.node_to] for c in network.drains),
        drain_kept=_floats(c.kept_fraction for c in network.drains),
        fill_node=_ints(place[c.node_from] for c in network.fills),
        fill_way=_ints(way_at[c.id] for c in network.fills),
        fill_store=_ints(store_at[c.node_to] for c in network.fills),
        fill_kept=_floats(c.kept_fraction for c in network.fills),
        turbine_store=_ints(store_at[t.store] for t in operation.turbines),
        turbine_max=_floats(t.flow_max_m3_per_s for t in operation.turbines),
        turbine_power=_floats(t.power_max_mw for t in operation.turbines),
        turbine_energy=_floats(t.energy_mwh_per_hm3_m for t in operation.turbines),
        turbine_head=_floats(-t.loss_m if t.tailwater_level_m else t.net_head_m for t in operation.turbines),
        turbine_level_from=_offsets([storage for storage, _ in levels]),
        turbine_level_storage=_floats(one for storage, _ in levels for one in storage),
        turbine_level=_floats(one for _, level in levels for one in level),
        turbine_tail_from=_offsets([t.tailwater_flow_m3_per_s for t in operation.turbines]),
        turbine_tail_flow=_floats(flow for t in operation.turbines for flow in t.tailwater_flow_m3_per_s),
        turbine_tail_level=_floats(level for t in operation.turbines for level in t.tailwater_level_m),
        turbine_useful_from=_offsets([t.curve_flow_m3_per_s for t in operation.turbines]),
        turbine_useful_flow=_floats(flow for t in operation.turbines for flow in t.curve_flow_m3_per_s),
        turbine_useful=_floats(flow for t in operation.turbines for flow in t.curve_useful_m3_per_s),
        inflow_node=_ints(place[i.node] for i in operation.inflows),
        lined_stores=_ints(n for n, s in enumerate(operation.stores) if s.id in rules.lines or s.warning_hm3 is not None),
        use_asks=asks,
        relief_from=_offsets(lent), relief_store=_ints(store for part in lent for store, _ in part),
        relief_kept=_floats(kept for part in lent for _, kept in part),
        owed_node=_ints(place[o.node] for o in operation.owed),
        way_quota=_ints(quota_at.get(way.id, NONE) for way in ways),
        use_quota=_ints(quota_at.get(use.id, NONE) for use in uses),
        row_group_from=_offsets(members_of), row_group=_flat(members_of),
        row_tolerance=_floats(tolerances[row][0] for row in names.rows),
        row_depth=_floats(tolerances[row][1] for row in names.rows),
    )  # fmt: skip
    return plan, names


def _asks(network: Network, node: str) -> tuple[int, int, int]:
    """Which ways of asking can bring a user anything: calls, only where more dams, or water led into the river, can be asked so
    than by conveyances alone."""
    stores = {store.id for store in network.operation.stores}
    by_river, near = network.ancestors([node], by_river=True), network.ancestors([node], by_river=False)
    return 1, int(bool((by_river - near) & stores)), int(bool(network.relieved_by(node)))


def _downstream(start: set[int], down: Ints) -> list[int]:
    found = set()
    for node in start:
        while node != NONE and node not in found:
            found.add(node)
            node = int(down[node])
    return sorted(found)


def _groups(ways: Sequence[Way]) -> Ints:
    """A number that is the same for ways into one balance with the same key, shape (ways,)."""
    seen: dict[Any, int] = {}
    return _ints(seen.setdefault((way.end, way.key), len(seen)) for way in ways)


def _ints(values: Iterable[int]) -> Ints:
    return np.array(list(values), dtype=np.int64)


def _floats(values: Iterable[float]) -> Floats:
    return np.array(list(values), dtype=float)


def _offsets(lists: Sequence[Sequence[object]]) -> Ints:
    return np.concatenate(([0], np.cumsum([len(part) for part in lists], dtype=np.int64))).astype(np.int64)


def _flat(lists: Sequence[Sequence[int]]) -> Ints:
    return _ints(value for part in lists for value in part)
