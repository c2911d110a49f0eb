"""What turbines give in a step by rule: the energy of what runs through them, at the head of the day.

Written like ``operating_step``, and compiled with it.
"""

from __future__ import annotations

import numpy as np

from yuqian.models.units import HM3_PER_M3_PER_S_HOUR
from yuqian.optimise.operating_plan import Plan
from yuqian.optimise.operating_state import Given, State
from yuqian.optimise.operating_step import follow


def see_turbined(p: Plan, s: State, g: Given) -> None:
    """hm3 through turbines, and MWh: by the mean level of the step, the tailwater and the curve of efficiency.

    The flow is taken as even over the step, and the power is never more than the largest.
    """
    for k in range(len(p.turbine_store)):
        i = p.turbine_store[k]
        out = s.ecological[i] + s.spill[i] - s.passed[i] + s.used[p.store_way[i]]
        s.turbined[k] = np.minimum(out, p.turbine_max[k] * g.volume)
        per_hm3 = 1.0 / (g.hours * HM3_PER_M3_PER_S_HOUR)
        follow(s, p.turbine_level_storage, p.turbine_level, p.turbine_level_from[k], p.turbine_level_from[k + 1],
               0.5 * (s.store[i] + s.closing[i]))  # fmt: skip
        head = s.left[0] + p.turbine_head[k]
        follow(s, p.turbine_tail_flow, p.turbine_tail_level, p.turbine_tail_from[k], p.turbine_tail_from[k + 1], out * per_hm3)
        head = np.maximum(head - s.left[0], 0.0)
        useful = s.turbined[k]
        if p.turbine_useful_from[k + 1] > p.turbine_useful_from[k]:
            follow(s, p.turbine_useful_flow, p.turbine_useful, p.turbine_useful_from[k], p.turbine_useful_from[k + 1],
                   s.turbined[k] * per_hm3)  # fmt: skip
            useful = s.left[0] / per_hm3
        s.energy[k] = np.minimum(p.turbine_energy[k] * useful * head, p.turbine_power[k] * g.hours)
