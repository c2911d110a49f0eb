"""Random streams: one per named process, each independent of which others exist."""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass

import numpy as np

from yuqian.models.clock import Floats


class Process(enum.IntEnum):
    """Named processes. The number is part of the seed: add at the end, never renumber."""

    HEAT_SLOW = 0
    HEAT_FAST = 1
    CLEAR_SKY = 2
    CLEAR_SKY_HOUR = 3
    CLEAR_SKY_SITE = 4
    CLEAR_SKY_SITE_HOUR = 5
    TEMPERATURE = 6
    RAIN = 7
    RAIN_SITE = 8
    WIND_DAY = 9
    WIND_HOUR = 10
    LOAD = 11
    FLOW = 12
    FLOW_SITE = 13
    FLOW_DAY = 14
    FORECAST = 15


@dataclass(frozen=True)
class Streams:
    """All random numbers of one member of one seed.

    Attributes:
        seed: whole number, 0 or more.
        member: whole number, 0 or more; members are independent of each other.
    """

    seed: int
    member: int = 0

    def of(self, process: Process, *keys: int) -> np.random.Generator:
        """The stream of a process, and of a site or part of it by ``keys``; always the same, in whatever order it is asked."""
        sequence = np.random.SeedSequence(self.seed, spawn_key=(self.member, int(process), *keys))
        return np.random.Generator(np.random.PCG64(sequence))


def key_of(name: str) -> int:
    """A number for a name, the same on every machine."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")


def autoregressive(generator: np.random.Generator, count: int, memory: float) -> Floats:
    """A stationary AR(1) of unit variance, ``x[t] = memory x[t-1] + sqrt(1 - memory^2) e[t]``, shape (count,).

    A longer run begins with the shorter one.
    """
    from scipy.signal import lfilter

    before = generator.standard_normal()
    noise = generator.standard_normal(count)
    run, _ = lfilter([np.sqrt(1.0 - memory**2)], [1.0, -memory], noise, zi=[memory * before])
    return np.asarray(run, dtype=float)
