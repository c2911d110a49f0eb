"""One step of a network by rule, without foresight; every statement works on all traces at once.

Arrays run over members first and traces last. The same source is also compiled by numba where that is installed (see
``operating_compiler``): then it runs for a few traces side by side, a vector in registers standing where an array over traces
stood. So nothing here branches on a number that differs by trace, and no function gives a value back.

The order of a day: water that comes by itself runs down the river, dams give their ecological release, what is owed downstream
is set aside; then the classes are served one after the other (``operating_order``); then what is left fills stores off the
stream, dams spill, and the river runs on (``operating_close``). All volumes are hm3 a step.
"""

from __future__ import annotations

import numpy as np

from yuqian.models.clock import Floats
from yuqian.optimise.operating_plan import CALLS, NONE, RELIEF, Ints, Plan
from yuqian.optimise.operating_state import NOTHING, ROUNDING, TINY, ByTrace, Given, State, choose, some


def open_day(p: Plan, s: State, g: Given) -> None:
    """Let what comes by itself run down the river, give ecological releases, and see what is free to be taken."""
    for n in range(len(p.node_store)):
        s.flow[n] = 0.0
        s.net[n] = 0.0
        s.owed[n] = 0.0
    for o in range(len(p.owed_node)):
        s.owed[p.owed_node[o]] = np.maximum(s.owed[p.owed_node[o]], g.owed[o])
    see_losses(p, s, g)
    see_gates(p, s, g)
    arrive(p, s, g)
    for n in range(len(p.node_store)):
        i, down = p.node_store[n], p.node_down[n]
        if i != NONE:
            water = s.store[i] * s.keep[i] - s.fixed[i] + s.flow[n] - p.store_dead[i] * s.lose[i]
            owed = g.required[i]
            if p.store_limited[i]:
                owed = np.minimum(owed, s.flow[n])
            s.required[i] = owed
            s.ecological[i] = np.minimum(np.minimum(owed, s.gate[i]), np.maximum(water, 0.0))
            s.free[n] = water - s.ecological[i]
            s.flow[p.store_down[i]] += s.ecological[i]
            s.taken[i] = 0.0
            s.filled[i] = 0.0
            s.passed[i] = 0.0
            s.kappa[i] = 1.0
            s.tapped[i] = 0.0
            for c in range(len(p.class_limit)):
                s.supplied[i, c] = 0.0
        else:
            s.free[n] = s.flow[n] - np.minimum(s.owed[n], s.flow[n])
            s.lack[n] = np.maximum(s.owed[n] - s.flow[n], 0.0)
            if down != NONE:
                s.flow[down] += g.same_day[n] * s.flow[n]
    for q in range(len(g.quota)):
        s.quota_used[q] *= g.quota_runs_on[q]
    for w in range(len(p.way_kept)):
        s.room[w] = p.way_intake_max[w] * g.volume
        s.used[w] = 0.0
        if p.way_quota[w] != NONE:
            s.room[w] = np.minimum(s.room[w], np.maximum(g.quota[p.way_quota[w]] - s.quota_used[p.way_quota[w]], 0.0))
    for i in p.gate_store:
        s.room[p.store_way[i]] = s.gate[i] - s.ecological[i]
    for u in range(len(p.use_node)):
        s.unmet[u] = g.demand[u]
        s.got[u] = 0.0
        if p.use_quota[u] != NONE:
            s.unmet[u] = np.minimum(s.unmet[u], np.maximum(g.quota[p.use_quota[u]] - s.quota_used[p.use_quota[u]], 0.0))


def arrive(p: Plan, s: State, g: Given) -> None:
    """Let inflow, what reaches have brought and what users gave back earlier come to their balances."""
    for i in range(len(p.inflow_node)):
        s.flow[p.inflow_node[i]] += g.inflow[i]
    for c in range(len(p.channel_node)):
        s.flow[p.channel_to[c]] += s.transit[c, 0]
    for k in range(len(p.late_use)):
        s.flow[p.late_node[k]] += s.coming[k, 0]


def see_losses(p: Plan, s: State, g: Given) -> None:
    """1 less losses by the opening storage, 1 more losses by the closing storage, and losses at no storage."""
    for i in range(len(p.store_node)):
        seepage = 0.5 * p.store_seepage[i] * g.hours
        surface = g.evaporation[i] * p.store_area_slope[i]
        s.keep[i] = 1.0 - p.store_opening_weight[i] * surface - seepage
        s.lose[i] = 1.0 + (1.0 - p.store_opening_weight[i]) * surface + seepage
        s.fixed[i] = g.evaporation[i] * p.store_area[i]


def see_gates(p: Plan, s: State, g: Given) -> None:
    """What gates, spillway and turbines let out at most, at the storage that the step begins with."""
    for k in range(len(p.gate_store)):
        i, first = p.gate_store[k], p.gate_from[k]
        follow(s, p.gate_storage, p.gate_flow, first, p.gate_from[k + 1], s.store[i])
        most = choose(s.store[i] < p.gate_storage[first], 0.0, s.left[0])
        s.gate[i] = (most + p.gate_turbines[k]) * g.volume


def follow(s: State, at: Floats, value: Floats, first: int, end: int, x: ByTrace) -> None:
    """The value at ``x`` of a curve through the points from ``first`` to before ``end``; nought of a curve without points."""
    s.left[0] = 0.0 * x
    if first < end:
        s.left[0] += value[first]
    for j in range(first, end - 1):
        width = at[j + 1] - at[j]
        s.left[0] += (value[j + 1] - value[j]) / width * np.minimum(np.maximum(x - at[j], 0.0), width)


def serve(p: Plan, s: State, g: Given, c: int, way: int) -> None:
    """One round of a class: what could be given runs down, requests run up, what is short is shared, grants run down.

    Only users that this way of asking can bring anything take part, so that a round that another trace needs changes nothing.
    """
    if way == CALLS:
        nodes = p.class_all[p.class_all_from[c] : p.class_all_from[c + 1]]
        into_from, into = p.into_all_from, p.into_all
    else:
        nodes = p.class_near[p.class_near_from[c] : p.class_near_from[c + 1]]
        into_from, into = p.into_near_from, p.into_near
    tree = p.class_tree[p.class_tree_from[c] : p.class_tree_from[c + 1]]
    find_own(p, s, g, nodes, tree, way)
    for n in nodes:
        could = s.own[n]
        for k in range(into_from[n], into_from[n + 1]):
            w = into[k]
            s.give[w] = p.way_kept[w] * np.minimum(np.maximum(s.room[w], 0.0), s.could[p.way_start[w]])
            could = could + s.give[w]
        s.could[n] = could
        s.asked[n] = 0.0
    s.left[0] = 0.0
    for k in range(p.class_use_from[c], p.class_use_from[c + 1]):
        u = p.class_use[k]
        if p.use_asks[u, way]:
            s.asked[p.use_node[u]] += s.unmet[u]
            s.left[0] += np.minimum(s.unmet[u], s.could[p.use_node[u]])
    if some(s.left[0] > NOTHING):
        part(p, s, g, c, nodes, tree, into_from, into, way)


def part(
    p: Plan, s: State, g: Given, c: int, nodes: Ints, tree: Ints, into_from: Ints, into: Ints, way: int
) -> None:  # fmt: skip
    """Part what there is among those who ask."""
    for at in range(len(nodes) - 1, -1, -1):
        ask(p, s, nodes[at], into_from, into, way == CALLS)
    for n in nodes if len(p.lined_stores) else nodes[:0]:
        if p.node_store[n] != NONE:
            limit(s, n, p.node_store[n])
    if way != CALLS:
        ration(p, s, g, c, nodes, tree, way)
    for n in tree:
        s.moved[n] = 0.0
    for n in nodes:
        grant(p, s, n, c, into_from, into, way == CALLS)
    hand_over(p, s, g, c, tree, way)


def limit(s: State, n: int, i: int) -> None:
    """Let a dam below its drought line give the class's share of what is asked, once a day."""
    s.tapped[i] = choose(s.kappa[i] < 1.0, choose(s.draw[n] > 0.0, 1.0, s.tapped[i]), s.tapped[i])
    s.draw[n] = s.draw[n] * s.kappa[i]


def find_own(p: Plan, s: State, g: Given, nodes: Ints, tree: Ints, way: int) -> None:
    """What each balance could give without others: free water that nobody downstream has been promised, or a store's.

    Where dams upstream stand in for a balance (``relief``), more may be taken than is free there; a dam's own water has then
    been asked for already.
    """
    if way == CALLS:
        for n in nodes:
            s.own[n] = np.maximum(s.free[n], 0.0)
            if p.node_store[n] == NONE and p.node_down[n] != NONE:
                s.own[n] = 0.0
    else:
        for at in range(len(tree) - 1, -1, -1):
            n = tree[at]
            s.own[n] = np.maximum(s.free[n] + s.relief[n], 0.0)
            if p.node_down[n] != NONE and g.same_day[n] > 0.0:
                s.own[n] = np.minimum(s.own[n], s.own[p.node_down[n]] / g.same_day[n])
    for n in nodes if len(p.lined_stores) or way == RELIEF else nodes[:0]:
        i = p.node_store[n]
        if i != NONE:
            s.own[n] = 0.0 * s.own[n] if way == RELIEF else choose(s.tapped[i] > 0.0, 0.0, s.own[n])


def see_calls(p: Plan, s: State, c: int) -> None:
    """What dams could bring each balance by river, of what they can spare (``spare``).

    A dam that gives a class less than it asks for does not stand in for others; the river's own class gets its share of it.
    """
    for n in range(len(p.node_store)):
        i = p.node_store[n]
        s.own[n] = 0.0
        if i != NONE:
            refused = s.tapped[i] if p.class_owed[c] else 1.0 - s.kappa[i]
            s.own[n] = choose(refused > 0.0, 0.0, s.spare[i])
        could = s.own[n] + 0.0
        for k in range(p.into_river_from[n], p.into_river_from[n + 1]):
            w = p.into_river[k]
            s.give[w] = p.way_kept[w] * np.minimum(np.maximum(s.room[w], 0.0), s.could[p.way_start[w]])
            could = could + s.give[w]
        s.could[n] = could


def see_relief(p: Plan, s: State, c: int) -> None:
    """What dams could stand in with at each balance of the river."""
    for i in range(len(p.store_node)):
        s.spare[i] = np.maximum(s.free[p.store_node[i]], 0.0)
    see_calls(p, s, c)
    for n in range(len(p.node_store)):
        s.relief[n] = s.could[n] if p.node_relieved[n] else 0.0 * s.could[n]
        s.moved[n] = 0.0


def hold_relief(p: Plan, s: State, g: Given, c: int) -> None:
    """See again what dams can stand in with, now that it is known what is to be taken above each balance.

    Water called for one balance runs on and serves those below it too, but what of it comes on a later day does not, and must
    be called twice. So each balance keeps back as much as may be called above it and not arrive on the day: with that, what is
    called in all is never more than dams hold. Nor can a dam lend what is taken from the river above it.
    """
    for i in range(len(p.store_node)):
        s.spare[i] = np.maximum(s.free[p.store_node[i]] - s.moved[p.store_node[i]], 0.0)
    see_calls(p, s, c)
    for n in range(len(p.node_store)):
        s.called[n] = 0.0
        s.arrived[n] = 0.0
    for n in range(len(p.node_store)):
        i, down = p.node_store[n], p.node_down[n]
        if i != NONE:
            s.called[p.store_down[i]] += s.called[n] - s.arrived[n]
        else:
            if p.node_relieved[n]:
                s.relief[n] = np.maximum(s.could[n] - (s.called[n] - s.arrived[n]), 0.0)
            if down != NONE:
                need = np.maximum(s.moved[n] - s.free[n], 0.0)
                s.called[down] += p.channel_kept[p.node_channel[n]] * (s.called[n] + need)
                s.arrived[down] += g.same_day[n] * (s.arrived[n] + need)


def ask(p: Plan, s: State, n: int, into_from: Ints, into: Ints, by_river: bool) -> None:
    """Part what is asked of a balance: its own water first, then the ways into it in order, alike ones by what they could.

    What nobody could give is asked for all the same, as far as the ways are wide enough, so that a source that is short shares
    by what its users lack and not by what it holds.
    """
    first, end = into_from[n], into_from[n + 1]
    if first == end and not by_river:
        # What rounding has left of its water is none: whoever is promised anything is cut for what is drawn.
        s.draw[n] = choose(s.own[n] > NOTHING + ROUNDING * s.asked[n], s.asked[n], 0.0)
    else:
        s.draw[n] = np.minimum(s.asked[n], s.own[n])
    rest = np.maximum(s.asked[n] - s.draw[n], 0.0)
    while first < end:
        group = p.way_group[into[first]]
        last = first
        total = 0.0 * rest
        while last < end and p.way_group[into[last]] == group:
            total = total + s.give[into[last]]
            last += 1
        take = np.minimum(rest, total)
        share = take / np.maximum(total, TINY)
        for k in range(first, last):
            w = into[k]
            s.intake[w] = s.give[w] * share / p.way_kept[w]
        rest = rest - take
        first = last
    first = into_from[n]
    s.left[0] = rest
    if some(s.left[0] > NOTHING):
        total = 0.0 * rest
        for k in range(first, end):
            w = into[k]
            total = total + np.maximum(np.minimum(p.way_kept[w] * s.room[w], s.asked[n]) - s.give[w], 0.0)
        share = np.minimum(1.0, rest / np.maximum(total, TINY))
        for k in range(first, end):
            w = into[k]
            wide = np.maximum(np.minimum(p.way_kept[w] * s.room[w], s.asked[n]) - s.give[w], 0.0)
            s.intake[w] += share * wide / p.way_kept[w]
    for k in range(first, end):
        s.asked[p.way_start[into[k]]] += s.intake[into[k]]


def ration(p: Plan, s: State, g: Given, c: int, nodes: Ints, tree: Ints, way: int) -> None:
    """Cut what is drawn so that no balance down the river, and no store, gives more than it has; alike for all who draw."""
    for n in tree:
        s.moved[n] = 0.0
    for n in nodes:
        s.moved[n] = s.draw[n]
    for n in tree:
        if p.node_down[n] != NONE:
            s.moved[p.node_down[n]] += g.same_day[n] * s.moved[n]
    if way == RELIEF:
        hold_relief(p, s, g, c)
    s.left[0] = 0.0
    for n in tree:
        s.left[0] = np.maximum(s.left[0], s.moved[n] - np.maximum(s.free[n] + s.relief[n], 0.0))
    if some(s.left[0] > 0.0):
        for at in range(len(tree) - 1, -1, -1):
            n = tree[at]
            s.factor[n] = np.minimum(1.0, np.maximum(s.free[n] + s.relief[n], 0.0) / np.maximum(s.moved[n], TINY))
            if p.node_down[n] != NONE and g.same_day[n] > 0.0:
                s.factor[n] = np.minimum(s.factor[n], s.factor[p.node_down[n]])
        for n in nodes:
            s.draw[n] = s.draw[n] * s.factor[n]


def grant(p: Plan, s: State, n: int, c: int, into_from: Ints, into: Ints, by_river: bool) -> None:
    """Give a balance what it draws of its own and what its ways bring; see which share of all requests that meets."""
    i = p.node_store[n]
    if i != NONE:
        s.taken[i] += s.draw[n]
        s.supplied[i, c] += s.draw[n]
    else:
        s.net[n] -= s.draw[n]
    if by_river:
        s.free[n] -= s.draw[n]
    else:
        s.moved[n] -= s.draw[n]
    got = s.draw[n] + 0.0
    for k in range(into_from[n], into_from[n + 1]):
        w = into[k]
        flow = s.intake[w] * s.met[p.way_start[w]]
        s.room[w] -= flow
        s.used[w] += flow
        got = got + p.way_kept[w] * flow
    s.met[n] = np.minimum(1.0, got / np.maximum(s.asked[n], TINY))


def hand_over(p: Plan, s: State, g: Given, c: int, tree: Ints, way: int) -> None:
    """Deliver to the users, let their return flow come back, and take all of it into account down the river."""
    for k in range(p.class_use_from[c], p.class_use_from[c + 1]):
        u = p.class_use[k]
        if p.use_asks[u, way]:
            got = s.unmet[u] * s.met[p.use_node[u]]
            s.got[u] += got
            s.unmet[u] = s.unmet[u] - got
            back = p.use_return[u]
            if back != NONE:
                s.moved[back] += p.use_returned[u] * got
                s.net[back] += p.use_returned[u] * got
    for n in tree:
        s.free[n] += s.moved[n]
        if p.node_down[n] != NONE:
            s.moved[p.node_down[n]] += g.same_day[n] * s.moved[n]
