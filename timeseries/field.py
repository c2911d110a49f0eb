"""Noise that is alike at neighbouring sites, without anybody listing the sites.

A stationary field of unit variance whose correlation falls as ``exp(-distance / length)``: a sum of plane waves with fixed wave
vectors (the quantiles of the correlation's spectral density) and random amplitudes that run on in time. A site's noise
depends on its coordinates alone, so adding a site changes no other. Spectral method after Shinozuka and Jan 1972.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from yuqian.models.clock import Floats
from yuqian.timeseries.streams import Process, Streams, autoregressive

KM_PER_DEGREE = 111.2
RINGS = 6
SPOKES = 4
WAVES = RINGS * SPOKES
_TURN = 0.618 * np.pi / SPOKES


@dataclass(frozen=True)
class Field:
    """A field in space and time.

    Attributes:
        streams, process: where its random numbers come from.
        count: steps in time.
        memory: lag-1 correlation in time.
        length_km: correlation length in space.
    """

    streams: Streams
    process: Process
    count: int
    memory: float
    length_km: float

    @cached_property
    def _amplitudes(self) -> Floats:
        """Cosine and sine amplitude of each wave, shape (WAVES, 2, count)."""
        out = np.empty((WAVES, 2, self.count), dtype=np.float32)
        for wave in range(WAVES):
            for part in range(2):
                out[wave, part] = autoregressive(self.streams.of(self.process, wave, part), self.count, self.memory)
        return out  # type: ignore[return-value]

    def at(self, latitude_deg: float, longitude_deg: float) -> Floats:
        """Noise at a site, zero mean and unit variance, shape (count,)."""
        phases = wave_vectors(self.length_km) @ _position_km(latitude_deg, longitude_deg)
        out = np.zeros(self.count)
        for wave, phase in enumerate(phases):
            cosine, sine = self._amplitudes[wave]
            out += np.cos(phase) * cosine + np.sin(phase) * sine
        noise: Floats = out / np.sqrt(WAVES)
        return noise


def wave_vectors(length_km: float) -> Floats:
    """Wave vectors of an exponential correlation in the plane, 1/km, shape (WAVES, 2)."""
    share = (np.arange(RINGS) + 0.5) / RINGS
    radius = np.sqrt(1.0 / (1.0 - share) ** 2 - 1.0) / length_km
    angle = np.arange(RINGS)[:, None] * _TURN + np.arange(SPOKES) * np.pi / SPOKES
    return np.stack((radius[:, None] * np.cos(angle), radius[:, None] * np.sin(angle)), axis=-1).reshape(WAVES, 2)


def correlation(length_km: float, distance_km: Floats) -> Floats:
    """Correlation that the field has between sites ``distance_km`` (east, north) apart; ``distance_km`` has shape (..., 2)."""
    found: Floats = np.cos(distance_km @ wave_vectors(length_km).T).mean(axis=-1)
    return found


def _position_km(latitude_deg: float, longitude_deg: float) -> Floats:
    return np.array([longitude_deg * np.cos(np.radians(latitude_deg)), latitude_deg]) * KM_PER_DEGREE
