"""The end of one step by rule: what is left fills stores off the stream, dams spill, and the river runs on.

Written like ``operating_step``, and compiled with it.
"""

from __future__ import annotations

import numpy as np

from yuqian.optimise.operating_plan import NONE, Plan
from yuqian.optimise.operating_state import Given, State, choose
from yuqian.optimise.operating_step import arrive


def close_day(p: Plan, s: State, g: Given) -> None:
    """Use what is left: drain supply nodes, spill, fill stores off the stream, let the river run on."""
    for d in range(len(p.drain_node)):
        n, w = p.drain_node[d], p.drain_way[d]
        flow = np.minimum(np.maximum(s.free[n], 0.0), np.maximum(s.room[w], 0.0))
        s.room[w] -= flow
        s.used[w] += flow
        s.free[n] -= flow
        s.net[n] -= flow
        s.net[p.drain_to[d]] += p.drain_kept[d] * flow
    route(p, s, g)
    for f in range(len(p.fill_node)):
        fill(p, s, g, f)
        route(p, s, g)
    for w in range(len(p.way_kept)):
        if p.way_quota[w] != NONE:
            s.quota_used[p.way_quota[w]] += s.used[w]
    for u in range(len(p.use_node)):
        if p.use_quota[u] != NONE:
            s.quota_used[p.use_quota[u]] += s.got[u]
    for c in range(len(p.channel_node)):
        enters = s.flow[p.channel_node[c]] * p.channel_kept[c]
        for k in range(g.lag.shape[1] - 1):
            s.transit[c, k] = s.transit[c, k + 1] + g.lag[c, k + 1] * enters
    for k in range(len(p.late_use)):
        for j in range(p.late_steps[k] - 1):
            s.coming[k, j] = s.coming[k, j + 1]
        s.coming[k, p.late_steps[k] - 1] = p.late_share[k] * s.got[p.late_use[k]]


def route(p: Plan, s: State, g: Given) -> None:
    """What flows at each balance in the end, and what each store holds."""
    for n in range(len(p.node_store)):
        s.flow[n] = s.net[n]
    arrive(p, s, g)
    for n in range(len(p.node_store)):
        i = p.node_store[n]
        if i != NONE:
            water = s.store[i] * s.keep[i] - s.fixed[i] + s.flow[n] + s.filled[i] - s.taken[i] - s.ecological[i]
            raw = water / s.lose[i]
            open_for = np.maximum(s.gate[i] - s.ecological[i] - s.used[p.store_way[i]], 0.0)
            spill = np.minimum(np.maximum(raw - g.limit[i], 0.0) * s.lose[i], open_for)
            # What the gates cannot let out stays up to the highest level, and runs over from there.
            s.spill[i] = np.maximum(spill, (raw - p.store_highest[i]) * s.lose[i])
            s.closing[i] = np.maximum(raw - s.spill[i] / s.lose[i], 0.0)
            # Where evaporation would take more than there is, it takes what there is.
            lost = s.store[i] * (1.0 - s.keep[i]) + s.fixed[i] + s.closing[i] * (s.lose[i] - 1.0)
            s.losses[i] = choose(raw < 0.0, lost + water, lost)
            s.flow[p.store_down[i]] += s.ecological[i] + s.spill[i] - s.passed[i]
        elif p.node_down[n] != NONE:
            s.flow[p.node_down[n]] += g.same_day[n] * s.flow[n]


def fill(p: Plan, s: State, g: Given, f: int) -> None:
    """Carry to a store what would else run away: a dam's spill, or river water that nobody downstream is owed."""
    n, w, i = p.fill_node[f], p.fill_way[f], p.fill_store[f]
    amount = np.minimum(s.room[w], np.maximum(g.limit[i] - s.closing[i], 0.0) * s.lose[i] / p.fill_kept[f])
    start = p.node_store[n]
    if start != NONE:
        amount = np.maximum(np.minimum(amount, s.spill[start] - s.passed[start]), 0.0)
        s.passed[start] += amount
    else:
        see_unpromised(p, s, g, n)
        amount = np.maximum(np.minimum(amount, s.left[0]), 0.0)
        s.net[n] -= amount
    s.room[w] -= amount
    s.used[w] += amount
    s.filled[i] += p.fill_kept[f] * amount


def see_unpromised(p: Plan, s: State, g: Given, n: int) -> None:
    """Water at a balance that can be taken without leaving anyone downstream short on the same day."""
    s.left[0] = s.flow[n]
    share, at = 1.0, n
    while at != NONE and share > 0.0:
        i = p.node_store[at]
        if i != NONE:
            held = np.maximum(s.closing[i] - p.store_dead[i], 0.0) * s.lose[i] + s.spill[i]
            s.left[0] = np.minimum(s.left[0], held / share)
        else:
            s.left[0] = np.minimum(s.left[0], np.maximum(s.flow[at] - s.owed[at], 0.0) / share)
        share = share * g.same_day[at]
        at = p.node_down[at]
