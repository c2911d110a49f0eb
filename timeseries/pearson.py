"""Pearson type III: the distribution of Chinese hydrology, by mean, coefficient of variation and skew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from yuqian.models.clock import Floats


@dataclass(frozen=True)
class Pearson3:
    """A Pearson type III distribution.

    Attributes:
        mean: above 0.
        variation: coefficient of variation Cv, above 0.
        skew: coefficient of skew Cs; from 2 Cv upward there are no negative values.
    """

    mean: float
    variation: float
    skew: float

    def __post_init__(self) -> None:
        if not (self.mean > 0 and self.variation > 0 and self.skew > 0):
            raise ValueError(f"mean, variation and skew must be above 0, got {self.mean}, {self.variation}, {self.skew}")

    def quantile(self, below: Floats | float) -> Floats:
        """Value that a share ``below`` of the distribution lies under."""
        shape = 4.0 / self.skew**2
        gamma = special.gammaincinv(shape, np.asarray(below, dtype=float))
        quantile: Floats = self.mean * (1.0 + self.variation * (gamma - shape) / np.sqrt(shape))
        return quantile

    def exceeded(self, share: Floats | float) -> Floats:
        """Value exceeded in a share of years: the design value of P = ``share`` (频率)."""
        return self.quantile(1.0 - np.asarray(share, dtype=float))


def fit(values: Floats, skew_ratio: float | None = None) -> Pearson3:
    """Fit by moments.

    Args:
        values: at least ten, shape (n,).
        skew_ratio: skew over variation; the sample's when None, but never under 2 (no negative flow) nor over 6.

    Raises:
        ValueError: for fewer values, or values that do not vary.
    """
    count = len(values)
    if count < 10 or not np.all(np.isfinite(values)) or values.std() == 0:
        raise ValueError(f"a Pearson III distribution is fitted to at least ten finite, unlike values; got {count}")
    mean, spread = float(values.mean()), float(values.std(ddof=1))
    variation = spread / mean
    if skew_ratio is None:
        skew = count / ((count - 1) * (count - 2)) * float((((values - mean) / spread) ** 3).sum())
        skew_ratio = float(np.clip(skew / variation, 2.0, 6.0))
    return Pearson3(mean, variation, skew_ratio * variation)


def empirical_share(values: Floats) -> Floats:
    """Share of years in which each value is exceeded or reached, m / (n + 1) (Weibull), shape (n,)."""
    order = np.argsort(-values, kind="stable")
    rank = np.empty(len(values))
    rank[order] = np.arange(1, len(values) + 1)
    return rank / (len(values) + 1)
