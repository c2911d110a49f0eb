"""What a kind says to the simulation by rule: its part of one step without foresight.

Beside ``contribute``, which hands rules to an optimiser, a water kind has ``operate``, which hands the same numbers to a
simulation that steps through time and knows nothing of the future. The parts are few: a **store** keeps water from step
to step, a **channel** lets a river run on, a **conveyance** carries water on demand, a **use** asks for water, an **inflow**
brings it, an **outfall** lets it leave. All members of a part are stepped at once, over all
traces, by ``optimise/operating_step.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from yuqian.models.clock import Floats, Timeline
from yuqian.models.kind import UserClass
from yuqian.models.quota_law import Quota


@dataclass(frozen=True)
class Given:
    """A number by step: the asset's series of that name, or else a constant."""

    owner: str
    series: str
    otherwise: float | None = None


@dataclass(frozen=True)
class Node:
    """A balance. A river's node holds what flows on by itself; a supply node only what it is brought."""

    id: str
    is_river: bool


@dataclass(frozen=True)
class Inflow:
    """Water that comes by itself, m3/s."""

    node: str
    flow: Given


@dataclass(frozen=True)
class Store:
    """A reservoir in one step.

    Evaporation goes by the surface and seepage by the storage, ``depth * (area_at_none + area_per_hm3 * storage)`` and
    ``seepage * storage``, both at the mean storage of the step as in the optimisation (see ``opening_weight``).

    Attributes:
        downstream: balance that release and spill enter.
        dead_hm3, normal_hm3: storage at the dead and the normal level.
        limit_hm3: highest ordinary storage at the end of each step, shape (steps,).
        opening_hm3: None where the rules say how full it begins.
        area_at_none_km2, area_per_hm3_km2: the water surface as a line of the storage.
        warning_hm3, guarantee_hm3: drought lines by step (旱警, 旱保), shape (steps,); None without.
        opening_weight: weight of the opening storage in what evaporation goes by: 0.5 for the mean, 1 for the opening.
        inflow_limited: whether the ecological release is never more than flows in on the day.
        curve_level_m, curve_storage_hm3: for levels in tables.
        highest_hm3: storage over which water leaves whatever the gates let out.
        gates_storage_hm3, gates_max_m3_per_s: what gates and spillway let out at most, as points of a curve over the storage;
            nothing below its first point. Without points there is no limit.
    """

    id: str
    downstream: str
    dead_hm3: float
    normal_hm3: float
    limit_hm3: Floats
    opening_hm3: float | None
    area_at_none_km2: float
    area_per_hm3_km2: float
    seepage_fraction_per_year: float
    evaporation: Given
    ecological: Given
    warning_hm3: Floats | None = None
    guarantee_hm3: Floats | None = None
    opening_weight: float = 0.5
    inflow_limited: bool = True
    curve_level_m: tuple[float, ...] = ()
    curve_storage_hm3: tuple[float, ...] = ()
    highest_hm3: float = np.inf
    gates_storage_hm3: tuple[float, ...] = ()
    gates_max_m3_per_s: tuple[float, ...] = ()


@dataclass(frozen=True)
class Channel:
    """A length of river: ``share_fraction[k]`` of what enters leaves ``lag_h[k]`` hours later, ``kept_fraction`` of it."""

    id: str
    node_from: str
    node_to: str
    lag_h: tuple[float, ...]
    share_fraction: tuple[float, ...]
    kept_fraction: float


@dataclass(frozen=True)
class Conveyance:
    """A canal, pipe, pump or works: carries what is asked for, up to its capacity.

    Attributes:
        intake_max_m3_per_s: largest flow at its head.
        kept_fraction: share of the intake that arrives.
        counted_loss_fraction: share of the intake that is counted as allocated although it does not arrive (leakage).
        effort_yuan_per_m3: what orders alike ways: cost and energy of a cubic metre.
        energy_mwh_per_hm3: power drawn for the intake.
        quota: volumes by date that the intake is held to.
    """

    id: str
    node_from: str
    node_to: str
    intake_max_m3_per_s: float
    kept_fraction: float
    counted_loss_fraction: float = 0.0
    effort_yuan_per_m3: float = 0.0
    energy_mwh_per_hm3: float = 0.0
    quota: Quota | None = None


@dataclass(frozen=True)
class Use:
    """A demand, m3/s, of a class; ``return_fraction`` of what it gets comes back on the same day, or ``return_lag_count``
    steps later, and a quota limits what it gets."""

    id: str
    node: str
    user_class: UserClass
    demand: Given
    return_fraction: float = 0.0
    return_to: str | None = None
    quota: Quota | None = None
    return_lag_count: int = 0


@dataclass(frozen=True)
class Outfall:
    """Where a river leaves."""

    id: str
    node: str


@dataclass(frozen=True)
class Owed:
    """Flow kept free of withdrawals at a river node, m3/s: as far as it comes by itself before all classes, and by calls
    on dams in the turn of the ecological class."""

    id: str
    node: str
    flow: Given


@dataclass(frozen=True)
class Turbine:
    """Turbines that the release of a store passes through, up to their largest flow.

    Attributes:
        power_max_mw: what they generate at most.
        energy_mwh_per_hm3_m: energy of a hm3 for each metre of head.
        net_head_m: the head where it is constant: where there is no tailwater.
        tailwater_flow_m3_per_s, tailwater_level_m: level below the dam over the flow there, at least one point. The head is
            then the level of the store less it and ``loss_m``.
        curve_flow_m3_per_s, curve_useful_m3_per_s: flow at the best efficiency that would give as much as a flow, from nought;
            without points every flow has the best efficiency.
    """

    id: str
    store: str
    downstream: str
    flow_max_m3_per_s: float
    power_max_mw: float
    energy_mwh_per_hm3_m: float
    net_head_m: float
    loss_m: float = 0.0
    tailwater_flow_m3_per_s: tuple[float, ...] = ()
    tailwater_level_m: tuple[float, ...] = ()
    curve_flow_m3_per_s: tuple[float, ...] = ()
    curve_useful_m3_per_s: tuple[float, ...] = ()


@dataclass
class Operation:
    """Everything that the assets of a network say of one step.

    Attributes:
        timeline: the steps that numbers by step are given for.
        cooling_load_fraction: mean load of units that draw cooling water, where no series says otherwise.
    """

    timeline: Timeline
    cooling_load_fraction: float = 0.5
    nodes: list[Node] = field(default_factory=list)
    inflows: list[Inflow] = field(default_factory=list)
    stores: list[Store] = field(default_factory=list)
    channels: list[Channel] = field(default_factory=list)
    conveyances: list[Conveyance] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    outfalls: list[Outfall] = field(default_factory=list)
    owed: list[Owed] = field(default_factory=list)
    turbines: list[Turbine] = field(default_factory=list)
