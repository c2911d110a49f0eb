"""What a reserve requirement asks of those who count towards it."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Direction(enum.Enum):
    """Which way reserve can be called."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True)
class Product:
    """A kind of reserve.

    Attributes:
        direction: more power, or less.
        response_h: within which it must be there in full; None: within the step.
        sustain_h: how long it must last, which a store needs energy for; None leaves that to the store.
        from_standstill: whether units that stand still and start quickly count too (non-spinning reserve).
        from_online: whether units online count.
        covers_failures: whether it is sized by single failures.
        regulates: whether only units in regulating mode count (automatic generation control).
        is_ramp: whether it is ramp that stays free, apart from what is called (flexible ramp).
        shares_ramp: whether what is held takes its part of the ramp from step to step.
    """

    direction: Direction = Direction.UP
    response_h: float | None = None
    sustain_h: float | None = None
    from_standstill: bool = False
    from_online: bool = True
    covers_failures: bool = False
    regulates: bool = False
    is_ramp: bool = False
    shares_ramp: bool = False
