"""The rules that a network is run by when nobody knows the future."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from yuqian.models.clock import Floats
from yuqian.models.kind import UserClass
from yuqian.models.user_class import STANDARD_ORDER, check_order

LIMITS: Mapping[UserClass, tuple[float, float]] = MappingProxyType(
    {
        UserClass.TOWN: (1.0, 0.9),
        UserClass.RURAL: (1.0, 0.9),
        UserClass.POWER: (1.0, 0.8),
        UserClass.PRIORITY_INDUSTRY: (0.95, 0.8),
        UserClass.INDUSTRY: (0.9, 0.7),
        UserClass.IRRIGATION: (0.7, 0.4),
        UserClass.ENVIRONMENT: (0.5, 0.0),
        UserClass.ECOLOGICAL: (1.0, 1.0),
    }
)
"""Limit coefficients (限制系数): share of what a class asks a reservoir for that it gets while the storage lies under the
drought-warning line, and under the drought-guarantee line. Assumed: no rule book of the region is public."""


ALLOWANCES: Mapping[UserClass, tuple[float, float]] = MappingProxyType(
    {
        UserClass.TOWN: (1e-3, 0.1),
        UserClass.RURAL: (1e-3, 0.1),
        UserClass.POWER: (1e-3, 0.2),
        UserClass.PRIORITY_INDUSTRY: (1e-3, 0.2),
        UserClass.INDUSTRY: (1e-3, 0.2),
        UserClass.IRRIGATION: (1e-3, 0.5),
        UserClass.ENVIRONMENT: (1e-3, 0.5),
        UserClass.ECOLOGICAL: (1e-3, 0.5),
    }
)
"""Share of its demand that a class may lack before a period counts as failed (the tolerance), and before it counts as failed
beyond the allowed depth (允许破坏深度). The depths are assumed."""


@dataclass(frozen=True)
class DroughtLines:
    """Storage lines of one reservoir by step, hm3, shape (steps,)."""

    warning_hm3: Floats
    guarantee_hm3: Floats


@dataclass(frozen=True)
class Rules:
    """How water is shared without foresight.

    Attributes:
        order: classes, the first served first. What dams and sections owe the river is set aside before all as far as it comes
            by itself; where the ecological class stands, dams are called on for the rest.
        limits: share of what a class asks a reservoir for that it gets under its warning and its guarantee line.
        lines: drought lines by reservoir that stand in for the reservoir's own levels; none at all leaves the standard rule
            (serve in full while there is water).
        allowances: tolerance and allowed depth of shortage by class.
        opening_fraction: how full, between dead and normal level, a reservoir begins that names no opening storage.
        cooling_load_fraction: mean load of power plants that draw cooling water.

    Raises:
        ValueError: for a class named twice or left out, or a share outside 0 to 1.
    """

    order: tuple[UserClass, ...] = STANDARD_ORDER
    limits: Mapping[UserClass, tuple[float, float]] = field(default_factory=lambda: dict(LIMITS))
    lines: Mapping[str, DroughtLines] = field(default_factory=dict)
    allowances: Mapping[UserClass, tuple[float, float]] = field(default_factory=lambda: dict(ALLOWANCES))
    opening_fraction: float = 0.5
    cooling_load_fraction: float = 0.5

    def __post_init__(self) -> None:
        check_order(self.order)
        shares = [self.opening_fraction, self.cooling_load_fraction, *(s for pair in self.limits.values() for s in pair)]
        if not all(0.0 <= share <= 1.0 for share in shares):
            raise ValueError("limit coefficients, the opening and the cooling load are shares between 0 and 1")
