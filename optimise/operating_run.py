"""Steps a network through time and keeps what happened, added up by bin.

Two ways to run the same functions: over all traces at once in numpy, or a few side by side compiled by numba.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from yuqian.models.clock import Floats
from yuqian.models.units import HOURS_PER_DAY
from yuqian.optimise import operating_close, operating_order, operating_step, operating_turbines
from yuqian.optimise.operating_close import close_day
from yuqian.optimise.operating_compiler import compiled as compile_flat
from yuqian.optimise.operating_order import serve_all
from yuqian.optimise.operating_plan import NONE, ROW_ITEMS, STORE_ITEMS, TURBINE_ITEMS, Ints, Plan
from yuqian.optimise.operating_state import NOTHING, TINY, ByTrace, Given, State, choose, some
from yuqian.optimise.operating_step import open_day
from yuqian.optimise.operating_turbines import see_turbined

MM_PER_M = 1000.0
TOTALS = ("inflow", "delivered", "returned", "losses", "lost_on_the_way", "outflow", "unplaced", "opening", "closing")
"""Volumes over the whole run, hm3, that its balance is struck from; opening and closing hold stores and channels."""

TOTAL_COUNT = len(TOTALS)
LANES = 8
"""Traces that the compiled code runs side by side: what fits into one register of the widest processors."""


class Table(NamedTuple):
    """Numbers by step: a row of ``shared``, or of ``by_trace`` where it differs by trace; the other row is -1.

    Quantities stand in this order: inflows, demands, evaporation and ecological flow of each store, flows
    owed. ``by_trace`` has shape (steps, rows, traces), so that a step reads one place in memory.
    """

    shared_row: Ints
    trace_row: Ints
    shared: Floats
    by_trace: ByTrace


class Course(NamedTuple):
    """Time: by step, or by kind of step (its length).

    ``limit``, ``warning`` and ``guarantee`` have shape (stores, steps), ``quota`` and ``quota_runs_on`` (quotas, steps),
    ``quota_used`` (quotas,), ``lag`` (lengths, channels, lags), ``same_day`` (lengths, nodes), the others (steps,).
    """

    hours: Floats
    volume: Floats
    length_of: Ints
    bin_of: Ints
    limit: Floats
    warning: Floats
    guarantee: Floats
    lag: Floats
    same_day: Floats
    quota: Floats
    quota_runs_on: Floats
    quota_used: Floats


class Record(NamedTuple):
    """What is kept: (bins, ...) for each, traces last."""

    rows: ByTrace
    stores: ByTrace
    supplied: ByTrace
    used: ByTrace
    turbines: ByTrace
    total: ByTrace


def look_up(p: Plan, t: int, course: Course, table: Table, g: Given) -> None:
    """Write the numbers of step ``t``."""
    inflows, uses, stores = len(p.inflow_node), len(p.use_node), len(p.store_node)
    for q in range(len(table.shared_row)):
        i, j = table.shared_row[q], table.trace_row[q]
        is_depth = inflows + uses <= q < inflows + uses + stores
        unit = course.hours[t] / HOURS_PER_DAY / MM_PER_M if is_depth else course.volume[t]
        value = unit * table.shared[i, t] if j == NONE else unit * table.by_trace[t, j]
        if q < inflows:
            g.inflow[q] = value
        elif q < inflows + uses:
            g.demand[q - inflows] = p.use_factor[q - inflows] * value
        elif is_depth:
            g.evaporation[q - inflows - uses] = value
        elif q < inflows + uses + 2 * stores:
            g.required[q - inflows - uses - stores] = value
        else:
            g.owed[q - inflows - uses - 2 * stores] = value


def run(p: Plan, s: State, g: Given, course: Course, table: Table, record: Record) -> None:
    """Step from the first to the last; ``g`` lends its arrays by series."""
    reset(p, s, course)
    for t in range(len(course.hours)):
        length = course.length_of[t]
        now = Given(
            g.inflow, g.demand, g.evaporation, g.required, g.owed, course.quota[:, t], course.quota_runs_on[:, t],
            course.limit[:, t], course.warning[:, t], course.guarantee[:, t],
            course.lag[length], course.same_day[length], course.volume[t], course.hours[t],
        )  # fmt: skip
        look_up(p, t, course, table, now)
        if t == 0:
            begin(p, s, now)
        open_day(p, s, now)
        serve_all(p, s, now)
        close_day(p, s, now)
        write(p, s, now, record, course.bin_of[t])
    for k in range(TOTAL_COUNT):
        record.total[k] = s.total[k]
    for i in range(len(p.store_node)):
        record.total[8] += s.store[i]
    for c in range(len(p.channel_node)):
        for k in range(course.lag.shape[2]):
            record.total[8] += s.transit[c, k]
    for k in range(len(p.late_use)):
        for j in range(p.late_steps[k]):
            record.total[8] += s.coming[k, j]


def reset(p: Plan, s: State, course: Course) -> None:
    """Open the stores and the quotas, empty the channels; where there is no curve, gates let out whatever comes."""
    for i in range(len(p.store_node)):
        s.store[i] = p.store_opening[i]
        s.gate[i] = p.way_intake_max[p.store_way[i]]
    for c in range(len(p.channel_node)):
        for k in range(course.lag.shape[2]):
            s.transit[c, k] = 0.0
    for q in range(len(course.quota_used)):
        s.quota_used[q] = course.quota_used[q]
    for r in range(len(p.row_tolerance)):
        s.run[r] = 0.0
    for k in range(TOTAL_COUNT):
        s.total[k] = 0.0


def begin(p: Plan, s: State, g: Given) -> None:
    """Fill the channels as if the first step's inflow had always come, and its demands always been met."""
    for n in range(len(p.node_store)):
        s.flow[n] = 0.0
    for i in range(len(p.inflow_node)):
        s.flow[p.inflow_node[i]] += g.inflow[i]
    for n in range(len(p.node_store)):
        i = p.node_store[n]
        if i != NONE:
            s.flow[p.store_down[i]] += np.minimum(g.required[i], s.flow[n])
        elif p.node_down[n] != NONE:
            s.flow[p.node_down[n]] += p.channel_kept[p.node_channel[n]] * s.flow[n]
    for c in range(len(p.channel_node)):
        later = 0.0 * s.flow[0]
        for k in range(g.lag.shape[1] - 1, 0, -1):
            later = later + g.lag[c, k] * p.channel_kept[c] * s.flow[p.channel_node[c]]
            s.transit[c, k - 1] = later
        for k in range(g.lag.shape[1]):
            s.total[7] += s.transit[c, k]
    for k in range(len(p.late_use)):
        for j in range(p.late_steps[k]):
            s.coming[k, j] = p.late_share[k] * g.demand[p.late_use[k]]
            s.total[7] += s.coming[k, j]
    for i in range(len(p.store_node)):
        s.total[7] += s.store[i]


def write(p: Plan, s: State, g: Given, record: Record, b: int) -> None:
    """Add the step to its bin and to the balance, and go over to the next."""
    uses, stores, owing = len(p.use_node), len(p.store_node), len(p.owed_node)
    for u in range(uses):
        s.row_demand[u], s.row_got[u] = g.demand[u], s.got[u]
    for i in range(stores):
        below = s.ecological[i] + s.spill[i] - s.passed[i] + s.used[p.store_way[i]]
        s.row_demand[uses + i], s.row_got[uses + i] = s.required[i], np.minimum(s.required[i], below)
    for o in range(owing):
        s.row_demand[uses + stores + o] = g.owed[o]
        s.row_got[uses + stores + o] = np.minimum(s.flow[p.owed_node[o]], g.owed[o])
    for k in range(len(p.row_group_from) - 1):
        r = uses + stores + owing + k
        s.row_demand[r] = 0.0
        s.row_got[r] = 0.0
        for j in range(p.row_group_from[k], p.row_group_from[k + 1]):
            s.row_demand[r] += s.row_demand[p.row_group[j]]
            s.row_got[r] += s.row_got[p.row_group[j]]
    write_rows(p, s, record, b)
    write_stores(p, s, g, record, b)
    write_balance(p, s, g, record, b)


def write_rows(p: Plan, s: State, record: Record, b: int) -> None:
    for r in range(len(p.row_tolerance)):
        demand, short = s.row_demand[r], s.row_demand[r] - s.row_got[r]
        record.rows[b, r, 0] += demand
        record.rows[b, r, 1] += s.row_got[r]
        if some(short > NOTHING):
            failed = choose(short > p.row_tolerance[r] * demand + NOTHING, 1.0, 0.0)
            deep = choose(short > p.row_depth[r] * demand + NOTHING, 1.0, 0.0)
            record.rows[b, r, 2] += failed
            record.rows[b, r, 3] += deep
            record.rows[b, r, 4] += choose(s.run[r] > 0.0, 0.0, failed)
            s.run[r] = (s.run[r] + 1.0) * failed
            record.rows[b, r, 5] = np.maximum(record.rows[b, r, 5], s.run[r])
            record.rows[b, r, 6] = np.maximum(record.rows[b, r, 6], short / np.maximum(demand, TINY))
        else:
            s.run[r] = 0.0


def write_stores(p: Plan, s: State, g: Given, record: Record, b: int) -> None:
    for i in range(len(p.store_node)):
        record.stores[b, i, 0] += s.flow[p.store_node[i]]
        record.stores[b, i, 1] += s.losses[i]
        record.stores[b, i, 2] += s.ecological[i]
        record.stores[b, i, 3] += s.used[p.store_way[i]]
        record.stores[b, i, 4] += s.spill[i] - s.passed[i]
        record.stores[b, i, 5] += s.filled[i]
        record.stores[b, i, 6] += s.passed[i]
        record.stores[b, i, 7] += choose(s.store[i] < np.maximum(g.warning[i], g.guarantee[i]), 1.0, 0.0)
        record.stores[b, i, 8] = s.closing[i]
        for c in range(len(p.class_limit)):
            record.supplied[b, i, c] += s.supplied[i, c]
    see_turbined(p, s, g)
    for k in range(len(p.turbine_store)):
        record.turbines[b, k, 0] += s.turbined[k]
        record.turbines[b, k, 1] += s.energy[k]
    for w in range(len(p.way_kept)):
        record.used[b, w] += s.used[w]


def write_balance(p: Plan, s: State, g: Given, record: Record, b: int) -> None:
    for i in range(len(p.inflow_node)):
        s.total[0] += g.inflow[i]
    for u in range(len(p.use_node)):
        s.total[1] += s.got[u]
        if p.use_return[u] != NONE:
            s.total[2] += p.use_returned[u] * s.got[u]
    for k in range(len(p.late_use)):
        s.total[2] += p.late_share[k] * s.got[p.late_use[k]]
    for i in range(len(p.store_node)):
        s.total[3] += s.losses[i]
        s.store[i] = s.closing[i]
    for w in range(len(p.way_kept)):
        s.total[4] += s.used[w] * (1.0 - p.way_kept[w])
    for c in range(len(p.channel_node)):
        s.total[4] += s.flow[p.channel_node[c]] * (1.0 - p.channel_kept[c])
    for n in range(len(p.node_store)):
        if p.node_store[n] == NONE and p.node_down[n] == NONE:
            s.total[5] += s.flow[n]
    for k in range(len(p.supply_nodes)):
        s.total[5] -= s.flow[p.supply_nodes[k]]
        s.total[6] += s.flow[p.supply_nodes[k]]


def empty_record(p: Plan, bins: int, traces: int, dtype: Any) -> Record:
    """Room for what a run keeps."""
    classes = len(p.class_limit)
    shapes = (
        (bins, len(p.row_tolerance), len(ROW_ITEMS)), (bins, len(p.store_node), len(STORE_ITEMS)),
        (bins, len(p.store_node), classes), (bins, len(p.way_kept)),
        (bins, len(p.turbine_store), len(TURBINE_ITEMS)),
    )  # fmt: skip
    rows, of_stores, supplied, used, turbines = (np.zeros((*shape, traces), dtype=dtype) for shape in shapes)
    return Record(rows, of_stores, supplied, used, turbines, np.zeros((TOTAL_COUNT, traces)))


def empty_state(p: Plan, lags: int, quotas: int, traces: int) -> tuple[State, Given]:
    """Arrays to work on."""
    nodes, ways, stores, uses = len(p.node_store), len(p.way_kept), len(p.store_node), len(p.use_node)
    channels, rows, classes = len(p.channel_node), len(p.row_tolerance), len(p.class_limit)
    of_node, of_way, of_store, of_use = (nodes,), (ways,), (stores,), (uses,)
    shapes = {
        "store": of_store, "transit": (channels, lags), "coming": (len(p.late_use), int(p.late_steps.max(initial=0))),
        "quota_used": (quotas,), "run": (rows,), "total": (len(TOTALS),),
        **dict.fromkeys(("flow", "net", "owed", "lack", "relief", "free", "own", "could", "asked", "draw", "moved"), of_node),
        **dict.fromkeys(("factor", "met", "short", "called", "arrived"), of_node), "supplied": (stores, classes),
        **dict.fromkeys(("give", "intake", "room", "used"), of_way), **dict.fromkeys(("unmet", "got"), of_use), "left": (1,),
        **dict.fromkeys(("keep", "lose", "fixed", "gate", "kappa", "tapped", "spare", "taken"), of_store),
        **dict.fromkeys(("required", "ecological", "closing", "losses", "spill", "filled", "passed"), of_store),
        "row_demand": (rows,), "row_got": (rows,), **dict.fromkeys(("turbined", "energy"), (len(p.turbine_store),)),
    }  # fmt: skip
    state = State(**{name: np.zeros((*shapes[name], traces)) for name in State._fields})
    none = np.zeros(0)
    inflow = np.zeros((len(p.inflow_node), traces))
    demand, evaporation, required = (np.zeros((count, traces)) for count in (uses, stores, stores))
    owed = np.zeros((len(p.owed_node), traces))
    empty = np.zeros((0, 0))
    return state, Given(inflow, demand, evaporation, required, owed, none, none, none, none, none, empty, none, 0.0, 0.0)


def run_all(
    p: Plan, course: Course, table: Table, rows: Sequence[ByTrace], traces: int, bins: int, dtype: Any, compiled: bool
) -> Record:  # fmt: skip
    """Run all traces; the record has traces last.

    Args:
        table: without what differs by trace.
        rows: what differs by trace, each of shape (traces, steps).
        compiled: whether by numba, which must be installed.
    """
    count = traces if not compiled else LANES if traces > 1 else 1
    flat = flattened(count) if compiled else None
    state, given = empty_state(p, course.lag.shape[2], len(course.quota_used), count)
    by_trace = np.empty((len(course.hours), len(rows), count), dtype=np.result_type(np.float32, *rows))
    whole = empty_record(p, bins, traces, dtype)
    for first in range(0, traces, count):
        held = min(count, traces - first)
        # A last group that is not full repeats the last trace.
        members = slice(first, first + count) if held == count else np.minimum(np.arange(first, first + count), traces - 1)
        for number, row in enumerate(rows):
            by_trace[:, number] = row[members].T
        own = empty_record(p, bins, count, dtype)
        parts = (p, state, given, course, table._replace(by_trace=by_trace), own)
        if flat is None:
            run(*parts)
        else:
            flat(*(field for part in parts for field in part))
        for part, of_group in zip(whole, own, strict=True):
            part[..., first : first + held] = of_group[..., :held]
    return whole


@lru_cache(maxsize=2)
def flattened(count: int) -> Callable[..., None]:
    """``run`` over ``count`` traces, made flat and compiled; kept, because chunk after chunk of traces asks for it."""
    tuples = {kind.__name__: kind for kind in (Plan, State, Given, Course, Table, Record)}
    modules = (operating_step, operating_order, operating_close, operating_turbines, sys.modules[__name__])
    return compile_flat(run.__name__, modules, tuples, count)
