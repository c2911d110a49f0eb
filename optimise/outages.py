"""Random outages of machines: two states, sampled at the beginning of every step.

A machine fails after an exponential time and is repaired in an exponential time. Seen once a step that is a Markov chain with
the exact transition probabilities of the process in continuous time, so that the share of steps out is the forced outage rate
whatever the step (Billinton and Allan, *Reliability Evaluation of Engineering Systems*, chapter 9). Every machine and member
has a random stream of its own: adding a machine leaves the draws of all others alone.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from yuqian.models.adequacy import Machines
from yuqian.timeseries.streams import key_of

Counts = npt.NDArray[np.int16]
Mask = npt.NDArray[np.bool_]

STREAM = 1_000
"""First number of the key of outages, beside the members of the weather."""
SOJOURNS = 32
"""Sojourns drawn at a time; a part of the seed."""


class OutageError(ValueError):
    """A machine whose outages cannot be drawn."""


def transitions(forced_fraction: float, repair_mean_h: float, step_h: float) -> tuple[float, float]:
    """Probabilities in a step that a machine that is up will be down, and one that is down will be up.

    With the rates ``mu = 1 / repair`` and ``lambda = mu q / (1 - q)``: ``q (1 - exp(-(lambda + mu) step))`` and
    ``(1 - q) (1 - exp(-(lambda + mu) step))``.
    """
    rate_per_h = 1.0 / (repair_mean_h * (1.0 - forced_fraction))
    moved = -math.expm1(-rate_per_h * step_h)
    return forced_fraction * moved, (1.0 - forced_fraction) * moved


def machine_up(machines: Machines, key: tuple[int, ...], seed: int, steps: int, step_h: float) -> Mask:
    """Whether one machine is up, by step, shape (steps,). A longer run begins with the shorter one.

    Args:
        key: of the machine and the member.

    Raises:
        OutageError: without a time to repair.
    """
    if machines.forced_fraction in (0.0, 1.0):
        return np.full(steps, machines.forced_fraction == 0.0)
    if machines.repair_mean_h is None:
        raise OutageError("random outages need the mean time to repair")
    fail, repair = transitions(machines.forced_fraction, machines.repair_mean_h, step_h)
    sequence = np.random.SeedSequence(seed, spawn_key=(STREAM, *key))
    generator = np.random.Generator(np.random.PCG64(sequence))
    up_first = bool(generator.random() >= machines.forced_fraction)
    change = np.zeros(steps + 1, dtype=np.int8)
    at, sign = 0, -1 if up_first else 1
    while at < steps:
        up, down = generator.geometric(fail, SOJOURNS), generator.geometric(repair, SOJOURNS)
        lengths = np.column_stack((up, down) if up_first else (down, up)).ravel()
        ends = at + np.cumsum(lengths)
        signs = np.where(np.arange(len(ends)) % 2 == 0, sign, -sign)
        inside = ends < steps
        change[ends[inside]] = signs[inside]
        at = int(ends[-1])
    change[0] = 1 if up_first else 0
    return np.asarray(np.cumsum(change[:steps], dtype=np.int8) > 0)


def machines_up(
    machines: Machines, owner: str, part: int, members: list[tuple[int, int]], seed: int, steps: int, step_h: float,
    in_service: Mask | None = None,
) -> Counts:  # fmt: skip
    """How many machines of a group are up, shape (members, steps).

    Args:
        owner: id of the asset; ``part`` tells its groups of machines apart.
        members: (weather year, draw) of each member.
        in_service: by machine and step, shape (machines.count, steps); False in planned outage. None: always in service.

    Raises:
        OutageError: naming the asset, without a time to repair.
    """
    found = np.zeros((len(members), steps), dtype=np.int16)
    try:
        for row, (year, draw) in enumerate(members):
            for unit in range(machines.count):
                up = machine_up(machines, (key_of(owner), part, unit, year, draw), seed, steps, step_h)
                found[row] += up if in_service is None else up & in_service[unit]
    except OutageError as error:
        raise OutageError(f"'{owner}': {error}; give repair_mean_h, or let nothing be out at random") from error
    return found
