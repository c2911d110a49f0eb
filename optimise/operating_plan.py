"""The network as plain arrays: made once (``operating_arrays``), stepped many times."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from yuqian.models.clock import Floats
from yuqian.models.kind import UserClass

Ints = npt.NDArray[np.int64]
NONE = -1
CALLS, RELIEF = 1, 2
"""The ways in which a class asks beyond what is near, which is 0 (see ``operating_order``)."""
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
    node_relieved: Ints
    way_start: Ints
    way_kept: Floats
    way_intake_max: Floats
    way_counted: Floats
    into_near_from: Ints
    into_near: Ints
    into_river_from: Ints
    into_river: Ints
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
    owed_in_order: Ints
    lined_stores: Ints
    use_asks: Ints
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
