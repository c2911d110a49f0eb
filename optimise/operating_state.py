"""What a step of a network works on: arrays over members, with traces last where there are several."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from yuqian.models.clock import Floats

ByTrace = npt.NDArray[np.floating]
"""An array with traces last; compiled, an array of lanes."""


def choose(condition: Any, yes: Any, no: Any) -> Any:
    """``yes`` where the condition holds, else ``no``: for arrays as for single numbers."""
    return np.where(condition, yes, no)


def some(condition: Any) -> bool:
    """Whether the condition holds for any trace."""
    return bool(np.any(condition))


TINY = 1e-30
NOTHING = 1e-12
"""hm3 below which nobody is called upon."""
ROUNDING = 1e-9
"""Share of a request below which water is what rounding has left."""


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
    short: ByTrace
    called: ByTrace
    arrived: ByTrace
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
    spare: ByTrace
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
