"""Where a number comes from."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any

from yuqian.assets.problems import Mark

Number = int | float
Value = Number | str | bool | tuple[Number, ...] | tuple[str, ...]
"""What a field of the catalogue may hold."""


def as_data(value: Value) -> Any:
    """A value as a file holds it."""
    return list(value) if isinstance(value, tuple) else value


class Confidence(enum.Enum):
    """How far a number can be trusted, best first."""

    PLAN = "plan"
    """Printed in the plan that is being tested."""
    PUBLIC = "public"
    """Published elsewhere."""
    DERIVED = "derived"
    """Computed from published numbers."""
    NORM = "norm"
    """An engineering norm or a textbook value."""
    ASSUMED = "assumed"
    """Assumed; carries a range and is marked in every table that leans on it."""

    @property
    def name_zh(self) -> str:
        return {"plan": "规划", "public": "公开资料", "derived": "推算", "norm": "规范或经验值", "assumed": "假定"}[self.value]


@dataclass(frozen=True)
class Name:
    """A name in both languages."""

    en: str
    zh: str


@dataclass(frozen=True)
class Source:
    """A document, cited by title, publisher and date.

    Attributes:
        key: what facts cite it by.
        date: as precise as it is known: "2024-05-31", "2023-08", "2021"; empty when it is not.
        section: where in the document.
    """

    key: str
    title: str
    publisher: str = ""
    date: str = ""
    section: str = ""
    note: str = ""


@dataclass(frozen=True)
class Fact:
    """A value of the catalogue with where it comes from.

    Attributes:
        value: a number, a text or a tuple of numbers.
        unit: the unit that the field's name ends in; empty for text.
        sources: keys of the sources; for a value given on the command line, that.
        confidence: how far it can be trusted.
        range: the value at its low and at its high end; two tuples for a tuple.
        range_factor: the same as factors on the value, for a tuple that moves as a whole.
        note: in own words: how it was derived, why it was assumed.
        mark: file and line.
    """

    value: Value
    unit: str
    sources: tuple[str, ...]
    confidence: Confidence
    range: tuple[Value, Value] | None = None
    range_factor: tuple[Number, Number] | None = None
    note: str = ""
    mark: Mark = field(default=Mark(""), compare=False)

    @property
    def file(self) -> str:
        return self.mark.file

    @property
    def line(self) -> int:
        return self.mark.line

    @property
    def is_assumed(self) -> bool:
        return self.confidence is Confidence.ASSUMED

    def ends(self) -> tuple[Value, Value] | None:
        """The value at the low and the high end of its range; None without a range, or for text."""
        if self.range is not None:
            return self.range
        if self.range_factor is None or isinstance(self.value, str | bool):
            return None
        low, high = self.range_factor
        if isinstance(self.value, tuple):
            numbers = [float(number) for number in self.value]
            return tuple(low * number for number in numbers), tuple(high * number for number in numbers)
        return low * self.value, high * self.value


@dataclass(frozen=True)
class Plain:
    """A value without a source: the id of another asset, or a choice.

    Attributes:
        mark: file and line.
    """

    value: Value
    mark: Mark = field(default=Mark(""), compare=False)
