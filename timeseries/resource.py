"""The protocol of a resource, on one screen.

One file of this folder is one resource: it turns the weather, the calendar and the parameters of one asset into one series.
A kind of asset names the resource and holds the parameters (``SeriesNeed(resource="wind", ...)``); neither knows the other.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Generic, Protocol, TypeVar, cast

import numpy as np

from yuqian.models.clock import Floats, Rhythm
from yuqian.models.kind import SeriesNeed
from yuqian.timeseries.days import Days
from yuqian.timeseries.forecast import Quantity
from yuqian.timeseries.weather import Weather

Asks = TypeVar("Asks")


class ResourceError(ValueError):
    """An asset that lacks what a resource asks for, or a series that came out wrong."""


class Needy(Protocol):
    """Whatever asks for series: a kind of asset, or a stand-in."""

    @property
    def id(self) -> str: ...

    @property
    def series(self) -> Mapping[str, SeriesNeed]: ...


@dataclass(frozen=True)
class Context:
    """What a resource may look at besides the asset.

    Attributes:
        weather: of the whole run, with the plan that it was made by.
    """

    weather: Weather

    @property
    def days(self) -> Days:
        """The calendar."""
        return self.weather.days

    @property
    def usual(self) -> Context:
        """The same without stress overlays, against which series are scaled."""
        return Context(self.weather.usual)


class Resource(ABC, Generic[Asks]):
    """Makes one series of one asset.

    Class attributes:
        name: what kinds call it.
        rhythm: hours or days.
        asks: a Protocol whose annotations are the attributes that an asset must have.
        follows_flow: whether it looks at the flow of the rivers, so that a long series makes it from its own flow.
        quantity: how it errs when it is forecast; None for what is known ahead.
    """

    name: ClassVar[str]
    rhythm: ClassVar[Rhythm]
    asks: ClassVar[type]
    follows_flow: ClassVar[bool] = False
    quantity: ClassVar[Quantity | None] = None

    @abstractmethod
    def values(self, asset: Asks, context: Context) -> Floats:
        """The series over all days of the calendar, shape (days.hours,) or (days.count,) by rhythm."""

    def make(self, asset: object, context: Context) -> Floats:
        """The series of ``asset``, checked.

        Raises:
            ResourceError: if the asset lacks an attribute, or the series has the wrong length or is not finite.
        """
        label = getattr(asset, "id", type(asset).__name__)
        lacking = [name for name in attributes(self.asks) if not hasattr(asset, name)]
        if lacking:
            raise ResourceError(
                f"asset '{label}' lacks {', '.join(lacking)}, which the resource '{self.name}' asks for; "
                f"add the field to its kind, or let the kind name another resource"
            )
        values = np.asarray(self.values(cast(Asks, asset), context), dtype=float)
        count = context.days.hours if self.rhythm is Rhythm.POWER else context.days.count
        if values.shape != (count,):
            raise ResourceError(f"resource '{self.name}' made shape {values.shape} for '{label}', not ({count},)")
        if not np.all(np.isfinite(values)):
            raise ResourceError(f"resource '{self.name}' made numbers for '{label}' that are not finite")
        return values


def attributes(asks: type) -> tuple[str, ...]:
    """Names of the attributes that a resource asks for."""
    return tuple(name for base in reversed(asks.__mro__) for name in vars(base).get("__annotations__", {}))
