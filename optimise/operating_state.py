"""What a step of a network works on: arrays over members, with traces last where there are several."""

from __future__ import annotations

from typing import NamedTuple

from yuqian.models.clock import Floats


class State(NamedTuple):
    """What a step works on: members first, traces last. Storage, transit and use of quotas last, the rest is of the step."""

    store: Floats
    transit: Floats
    quota_used: Floats
    run: Floats
    total: Floats
    flow: Floats
    net: Floats
    owed: Floats
    free: Floats
    own: Floats
    could: Floats
    asked: Floats
    draw: Floats
    moved: Floats
    factor: Floats
    met: Floats
    give: Floats
    intake: Floats
    room: Floats
    used: Floats
    unmet: Floats
    got: Floats
    left: Floats
    keep: Floats
    lose: Floats
    fixed: Floats
    kappa: Floats
    tapped: Floats
    taken: Floats
    supplied: Floats
    required: Floats
    ecological: Floats
    closing: Floats
    losses: Floats
    spill: Floats
    filled: Floats
    passed: Floats
    row_demand: Floats
    row_got: Floats


class Given(NamedTuple):
    """Numbers of one step: inflow and demand, hm3; evaporation, m; what the storage may hold, hm3; shares of lag."""

    inflow: Floats
    demand: Floats
    evaporation: Floats
    required: Floats
    owed: Floats
    quota: Floats
    quota_runs_on: Floats
    limit: Floats
    warning: Floats
    guarantee: Floats
    lag: Floats
    same_day: Floats
    volume: float
    hours: float
