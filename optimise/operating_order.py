"""The classes of one step, one after the other: whom each of them asks, and how often.

Written like ``operating_step``, and compiled with it. A class asks three ways:

* *near*: water that is free where it draws, and dams that its conveyances reach;
* *calls*: dams upstream of where it draws, by river;
* *relief* (补偿调节): dams elsewhere stand in for what the class takes from a river. Water that flows past a user but has been
  promised to somebody downstream is taken after all, and a dam upstream of that somebody gives as much.

The river's own class, the flows owed in it, takes what came back by then, and calls on dams for the rest.
"""

from __future__ import annotations

import numpy as np

from yuqian.optimise.operating_plan import NONE, RELIEF, Plan
from yuqian.optimise.operating_state import NOTHING, Given, State, choose, some
from yuqian.optimise.operating_step import ask, grant, limit, see_calls, see_relief, serve

ROUNDS = 2
"""How often a class asks each way: what a fair share leaves short asks again."""


def serve_all(p: Plan, s: State, g: Given) -> None:
    """Serve the classes in order."""
    for c in range(len(p.class_limit)):
        for i in p.lined_stores:
            low = choose(s.store[i] < g.guarantee[i], p.class_limit[c, 1], p.class_limit[c, 0])
            s.kappa[i] = choose(s.store[i] < np.maximum(g.warning[i], g.guarantee[i]), low, 1.0)
            s.tapped[i] = 0.0
        for turn in range(p.ways_to_ask * ROUNDS):
            way = turn // ROUNDS
            see_unmet(p, s, c, way)
            if some(s.left[0] > NOTHING):
                if way == RELIEF:
                    see_relief(p, s, c)
                serve(p, s, g, c, way)
                if way == RELIEF:
                    for o in range(len(p.owed_in_order) if p.class_owed[c] else 1):
                        relieve(p, s, g, c, o)


def see_unmet(p: Plan, s: State, c: int, way: int) -> None:
    """What a class lacks; only of those users that a way of asking can bring anything. The river's own class has no users."""
    s.left[0] = 0.0
    for k in range(p.class_use_from[c], p.class_use_from[c + 1]):
        u = p.class_use[k]
        if p.use_asks[u, way]:
            s.left[0] += s.unmet[u]
    if p.class_owed[c] and way == RELIEF:
        for n in p.owed_in_order:
            s.left[0] += s.lack[n]


def relieve(p: Plan, s: State, g: Given, c: int, o: int) -> None:
    """Call on dams for what a class has taken from promised water or, in the turn of the river's own class, for a flow owed."""
    see_short(p, s, g, c, o)
    if some(s.left[0] > NOTHING):
        for i in range(len(p.store_node)):
            s.spare[i] = np.maximum(s.free[p.store_node[i]], 0.0)
        see_calls(p, s, c)
        for n in range(len(p.node_store)):
            s.asked[n] = s.short[n]
        for n in range(len(p.node_store) - 1, -1, -1):
            ask(p, s, n, p.into_river_from, p.into_river, True)
        for i in p.lined_stores:
            limit(s, p.store_node[i], i)
        for n in range(len(p.node_store)):
            grant(p, s, n, c, p.into_river_from, p.into_river, True)
            s.net[n] += s.short[n] * s.met[n]
        see_missing(p, s, g)


def see_short(p: Plan, s: State, g: Given, c: int, o: int) -> None:
    """What each balance is short of where those above it are brought what they are short of, and take it to be brought."""
    s.left[0] = 0.0
    for n in range(len(p.node_store)):
        s.moved[n] = 0.0
        s.relief[n] = 0.0
    for n in range(len(p.node_store)):
        s.free[n] += s.moved[n]
        s.short[n] = 0.0
        if p.node_store[n] == NONE:
            s.short[n] = np.maximum(0.0 - s.free[n], 0.0)
            s.free[n] += s.short[n]
            if p.class_owed[c] and p.owed_in_order[o] == n:
                back = np.minimum(s.lack[n], np.maximum(s.free[n], 0.0))
                s.free[n] -= back
                s.short[n] += s.lack[n] - back
                s.lack[n] = 0.0
        s.left[0] += s.short[n]
        if p.node_down[n] != NONE:
            s.moved[p.node_down[n]] += g.same_day[n] * (s.moved[n] + s.short[n])


def see_missing(p: Plan, s: State, g: Given) -> None:
    """Take back what dams could not bring: the flows owed lack it."""
    s.left[0] = 0.0
    for n in range(len(p.node_store)):
        s.moved[n] = 0.0
        s.short[n] = s.short[n] * (1.0 - s.met[n])
        s.left[0] += s.short[n]
    if some(s.left[0] > NOTHING):
        for n in range(len(p.node_store)):
            s.moved[n] -= s.short[n]
            s.free[n] += s.moved[n]
            gap = choose(s.owed[n] > 0.0, np.maximum(0.0 - s.free[n], 0.0), 0.0)
            s.lack[n] += gap
            s.free[n] += gap
            if p.node_down[n] != NONE:
                s.moved[p.node_down[n]] += g.same_day[n] * s.moved[n]
