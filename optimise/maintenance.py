"""Where planned outages are placed in the year: levelled, or spread evenly.

Levelling: the largest machines first, each machine out once, for its share of the days, where the peak of the days that it is
out, raised by what is already out on them, is lowest (the levelised reserve of Billinton and Allan, *Reliability Evaluation of
Power Systems*). It looks at no random outage.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from yuqian.models.adequacy import Machines
from yuqian.models.clock import Clock, Floats
from yuqian.optimise.outages import Mask


class Maintenance(enum.Enum):
    """LEVELLED puts whole machines out when the peaks are low; EVEN takes the planned share off the power of every hour."""

    LEVELLED = "levelled"
    EVEN = "even"


@dataclass(frozen=True)
class _Outage:
    key: tuple[str, int]
    unit: int
    power_mw: float
    days: int


def levelled(
    groups: Mapping[tuple[str, int], Machines], peak_mw: Floats, clock: Clock
) -> tuple[dict[tuple[str, int], Mask], Floats]:
    """Place every planned outage.

    Args:
        groups: machines by (owner, part).
        peak_mw: peak of each day, load less power as it comes, shape (days,).

    Returns:
        By group, whether each machine is in service, shape (count, steps), for those that have planned outage; and the power
        that is out by day, MW, shape (days,).
    """
    count = clock.water.count
    wanted = [
        _Outage(key, unit, machines.power_mw, round(machines.planned_fraction * count))
        for key, machines in groups.items()
        for unit in range(machines.count)
    ]
    in_service = {
        key: np.ones((machines.count, clock.power.count), dtype=np.bool_)
        for key, machines in groups.items()
        if machines.planned_fraction > 0.0
    }
    out_mw = np.zeros(count)
    day_of_step = clock.water_of_power
    for outage in sorted(wanted, key=lambda o: (-o.power_mw * o.days, -o.power_mw, o.key, o.unit)):
        if not outage.days:
            continue
        start = _lowest_start(peak_mw + out_mw, outage.days)
        out_mw[start : start + outage.days] += outage.power_mw
        away = (day_of_step >= start) & (day_of_step < start + outage.days)
        in_service[outage.key][outage.unit, away] = False
    return in_service, out_mw


def _lowest_start(raised_mw: Floats, days: int) -> int:
    """First day of the run of days whose highest is lowest; of such runs that of the lowest mean, then the earliest."""
    windows = np.lib.stride_tricks.sliding_window_view(raised_mw, min(days, len(raised_mw)))
    highest, mean = windows.max(axis=1), windows.mean(axis=1)
    least = np.flatnonzero(highest <= highest.min() + 1e-9)
    return int(least[np.argmin(mean[least])])
