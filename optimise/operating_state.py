"""What a step of a network works on: arrays over members, with traces last where there are several."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from yuqian.models.clock import Floats

ByTrace = npt.NDArray[np.floating]
"""An array with traces last; compiled, an array of lanes."""


class State(NamedTuple):
    """What a step works on: members first, traces last. Storage, transit and use of quotas last, the rest is of the step."""

    store: ByTrace
    transit: ByTrace
    coming: ByTrace
    quota_used: ByTrace
    run: ByTrace
    total: ByTrace
    flow: ByTrace
    net: ByTrace
    owed: ByTrace
    free: ByTrace
    own: ByTrace
    could: ByTrace
    asked: ByTrace
    draw: ByTrace
    moved: ByTrace
    factor: ByTrace
    lack: ByTrace
    relief: ByTrace
    bound: ByTrace
    short: ByTrace
    met: ByTrace
    give: ByTrace
    intake: ByTrace
    room: ByTrace
    used: ByTrace
    unmet: ByTrace
    got: ByTrace
    left: ByTrace
    keep: ByTrace
    lose: ByTrace
    fixed: ByTrace
    gate: ByTrace
    kappa: ByTrace
    tapped: ByTrace
    lent: ByTrace
    parts: ByTrace
    taken: ByTrace
    supplied: ByTrace
    required: ByTrace
    ecological: ByTrace
    closing: ByTrace
    losses: ByTrace
    spill: ByTrace
    filled: ByTrace
    passed: ByTrace
    turbined: ByTrace
    energy: ByTrace
    row_demand: ByTrace
    row_got: ByTrace


class Given(NamedTuple):
    """Numbers of one step: inflow and demand, hm3; evaporation, m; what the storage may hold, hm3; shares of lag."""

    inflow: ByTrace
    demand: ByTrace
    evaporation: ByTrace
    required: ByTrace
    owed: ByTrace
    quota: Floats
    quota_runs_on: Floats
    limit: Floats
    warning: Floats
    guarantee: Floats
    lag: Floats
    same_day: Floats
    volume: float
    hours: float
