"""The classes of one step, one after the other: whom each of them asks, and how often.

Written like ``operating_step``, and compiled with it. A class asks three ways:

* *near*: water that is free where it draws, and dams that its conveyances reach;
* *calls*: dams upstream of where it draws, by river;
* *relief* (补偿调节): dams elsewhere stand in for what the class takes from a river. Water that flows past a user but has been
  promised to somebody downstream is taken after all, and a dam upstream of that somebody gives as much.
"""

from __future__ import annotations

import numpy as np

from yuqian.optimise.operating_plan import CALLS, NONE, RELIEF, Plan
from yuqian.optimise.operating_state import Given, State
from yuqian.optimise.operating_step import NOTHING, TINY, choose, serve, some

ROUNDS = 2
"""How often a class asks each way: what a fair share leaves short asks again."""


def serve_all(p: Plan, s: State, g: Given) -> None:
    """Serve the classes in order, and dams the flows owed in the river when it is their turn."""
    for c in range(len(p.class_limit)):
        for i in p.lined_stores:
            low = choose(s.store[i] < g.guarantee[i], p.class_limit[c, 1], p.class_limit[c, 0])
            s.kappa[i] = choose(s.store[i] < np.maximum(g.warning[i], g.guarantee[i]), low, 1.0)
            s.tapped[i] = 0.0
        if p.class_owed[c]:
            keep_flow(p, s, g, c)
        for turn in range(p.ways_to_ask * ROUNDS):
            way = turn // ROUNDS
            see_unmet(p, s, c, way)
            if some(s.left[0] > NOTHING):
                if way == RELIEF:
                    see_relief(p, s, c)
                serve(p, s, g, c, way == CALLS)
                if way == RELIEF:
                    relieve(p, s, g, c)


def see_unmet(p: Plan, s: State, c: int, way: int) -> None:
    """What a class lacks; only of those users that a way of asking can bring anything."""
    s.left[0] = 0.0
    for k in range(p.class_use_from[c], p.class_use_from[c + 1]):
        u = p.class_use[k]
        if p.use_asks[u, way]:
            s.left[0] += s.unmet[u]


def see_relief(p: Plan, s: State, c: int) -> None:
    """What dams upstream could bring the balances where a class may come upon promised water.

    Called water that stands in at one balance runs on to the next, where less of it is lacking; so what all balances are
    brought is never more than the dams hold, if each dam lends them equal parts.
    """
    tree = p.class_tree[p.class_tree_from[c] : p.class_tree_from[c + 1]]
    for i in range(len(p.store_node)):
        s.parts[i] = 0.0
    for n in tree:
        s.bound[n] = choose(s.free[n] < s.left[0], 1.0, 0.0)
        for k in range(p.relief_from[n], p.relief_from[n + 1]):
            s.parts[p.relief_store[k]] += s.bound[n]
    for i in range(len(p.store_node)):
        see_lent(p, s, i)
        s.lent[i] = s.lent[i] / np.maximum(s.parts[i], 1.0)
    for n in tree:
        # Of their own, dams have been asked before: here they lend to the river alone.
        s.relief[n] = 0.0 - np.maximum(s.free[n], 0.0) if p.node_store[n] != NONE else 0.0 * s.bound[n]
        for k in range(p.relief_from[n], p.relief_from[n + 1]):
            s.relief[n] += s.bound[n] * p.relief_kept[k] * s.lent[p.relief_store[k]]


def see_lent(p: Plan, s: State, i: int) -> None:
    """What a dam can lend; nothing where it gives the class less than it asks for."""
    able = np.minimum(np.maximum(s.free[p.store_node[i]], 0.0), np.maximum(s.room[p.store_way[i]], 0.0))
    s.lent[i] = choose(s.kappa[i] < 1.0, 0.0, able)


def relieve(p: Plan, s: State, g: Given, c: int) -> None:
    """Let dams make up, from upstream to downstream, for what a class has taken from promised water."""
    tree = p.class_tree[p.class_tree_from[c] : p.class_tree_from[c + 1]]
    for n in tree:
        s.moved[n] = 0.0
    for n in tree:
        s.free[n] += s.moved[n]
        s.short[n] = np.maximum(0.0 - s.free[n], 0.0) if p.node_store[n] == NONE else 0.0 * s.free[n]
        s.free[n] += s.short[n]
        lend(p, s, n, c)
        if p.node_down[n] != NONE:
            s.moved[p.node_down[n]] += g.same_day[n] * (s.moved[n] + s.short[n])
        s.relief[n] = 0.0


def keep_flow(p: Plan, s: State, g: Given, c: int) -> None:
    """Let water that came back, and then dams, fill what the flows owed in the river lack of what came by nature."""
    s.left[0] = 0.0
    for o in range(len(p.owed_node)):
        s.left[0] += s.lack[p.owed_node[o]]
    if some(s.left[0] > NOTHING):
        for n in range(len(p.node_store)):
            s.moved[n] = 0.0
        for n in range(len(p.node_store)):
            s.free[n] += s.moved[n]
            s.short[n] = 0.0
            if p.node_store[n] == NONE and some(s.lack[n] > NOTHING):
                back = np.minimum(s.lack[n], np.maximum(s.free[n], 0.0))
                s.free[n] -= back
                for k in range(p.relief_from[n], p.relief_from[n + 1]):
                    see_lent(p, s, p.relief_store[k])
                    s.relief[n] += p.relief_kept[k] * s.lent[p.relief_store[k]]
                s.short[n] = np.minimum(s.lack[n] - back, s.relief[n])
                s.lack[n] -= back + s.short[n]
                lend(p, s, n, c)
                s.relief[n] = 0.0
            if p.node_down[n] != NONE:
                s.moved[p.node_down[n]] += g.same_day[n] * (s.moved[n] + s.short[n])


def lend(p: Plan, s: State, n: int, c: int) -> None:
    """Call what a balance is short of on the dams that lend to it, in proportion to what they lend."""
    if some(s.short[n] > NOTHING):
        share = np.minimum(1.0, s.short[n] / np.maximum(s.relief[n], TINY))
        s.net[n] += share * s.relief[n]
        for k in range(p.relief_from[n], p.relief_from[n + 1]):
            i = p.relief_store[k]
            give = share * s.lent[i]
            s.taken[i] += give
            s.supplied[i, c] += give
            s.free[p.store_node[i]] -= give
            s.room[p.store_way[i]] -= give
            s.used[p.store_way[i]] += give
            s.total[4] += give * (1.0 - p.relief_kept[k])
