"""From normal deviates to the margins of weather."""

from __future__ import annotations

import numpy as np
from scipy import special

from yuqian.models.clock import Floats
from yuqian.models.units import HOURS_PER_DAY

RANK_MAX = 1.0 - 1e-9


def beta_margin(deviate: Floats, mean: Floats, spread: Floats) -> Floats:
    """Beta variable between 0 and 1, by mean and standard deviation, all of shape (n,)."""
    size = mean * (1.0 - mean) / spread**2 - 1.0
    margin: Floats = special.betaincinv(mean * size, (1.0 - mean) * size, special.ndtr(deviate))
    return margin


def rain_margin(deviate: Floats, wet_fraction: Floats, shape: float) -> Floats:
    """Rain in units of the mean rain of a wet day: none below the quantile of the dry days, gamma above it; shape (n,)."""
    rank = (special.ndtr(deviate) - (1.0 - wet_fraction)) / wet_fraction
    rains = rank > 0
    amount: Floats = np.zeros(len(deviate))
    amount[rains] = special.gammaincinv(shape, np.minimum(rank[rains], RANK_MAX)) / shape
    return amount


def capped(deviate: Floats, cap: float) -> Floats:
    """The deviate, bent above 1.5 so that it stays under ``cap``."""
    room = cap - 1.5
    bent: Floats = np.where(deviate > 1.5, 1.5 + room * np.tanh((deviate - 1.5) / room), deviate)
    return bent


def to_hours(daily: Floats, lag1: float) -> Floats:
    """Daily deviates by hour: straight lines from noon to noon, with the variance kept.

    Args:
        daily: shape (n,), unit variance.
        lag1: their lag-1 correlation.

    Returns:
        Shape (n * 24,).
    """
    place = (np.arange(HOURS_PER_DAY) + 0.5) / HOURS_PER_DAY + 0.5
    before, after = np.concatenate((daily[:1], daily[:-1])), np.concatenate((daily[1:], daily[-1:]))
    weight = place % 1.0
    first = np.where(place < 1.0, before[:, None], daily[:, None])
    second = np.where(place < 1.0, daily[:, None], after[:, None])
    spread = np.sqrt((1 - weight) ** 2 + weight**2 + 2 * weight * (1 - weight) * lag1)
    hours: Floats = (((1 - weight) * first + weight * second) / spread).reshape(-1)
    return hours


def smooth_hours(daily: Floats) -> Floats:
    """Hours without a step at midnight that keep the mean of every day: straight lines between noons that are solved for.

    Args:
        daily: shape (n,), at least one day.

    Returns:
        Shape (n * 24,).
    """
    from scipy.linalg import solve_banded

    count = len(daily)
    place = (np.arange(count * HOURS_PER_DAY) + 0.5) / HOURS_PER_DAY - 0.5
    # a day's mean holds three quarters of its own noon and an eighth of each neighbour's; the ends have one neighbour
    bands = np.full((3, count), 0.125)
    bands[1] = 0.75
    bands[1, 0] += 0.125
    bands[1, -1] += 0.125
    noons = solve_banded((1, 1), bands, daily) if count > 1 else daily
    hours: Floats = np.interp(place, np.arange(count), noons)
    return hours
