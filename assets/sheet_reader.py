"""What all sheets of a table that a planner fills in share: their header, keys and words, and how what is wrong is noted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from yuqian.assets.problems import Code, Mark, Problems, listed
from yuqian.assets.region import Region
from yuqian.assets.workbook import Cell

KEY: Final = re.compile(r"\w+")
"""What an id, or the key of a document, may be."""
APART: Final = re.compile(r"[;；,，、\s]+")
"""What stands between several keys or numbers in one cell."""


class Bilingual(Protocol):
    """A choice with a word in English and one in Chinese."""

    @property
    def value(self) -> str: ...

    @property
    def name_zh(self) -> str: ...


B = TypeVar("B", bound=Bilingual)


def chosen(word: str, choices: Iterable[B]) -> B | None:
    """The choice that a word means, in either language."""
    return next((one for one in choices if word in (one.value, one.name_zh)), None)


def in_both_languages(choices: Iterable[Bilingual], between: str = ", ") -> str:
    """All choices, for a message."""
    return between.join(f"{one.value} {one.name_zh}" for one in choices)


@dataclass
class SheetReader:
    """Reads sheets against a region.

    Attributes:
        file: what messages call it.
        problems: takes what is wrong.
    """

    file: str
    region: Region
    problems: Problems

    def has_columns(self, file: str, rows: Sequence[Sequence[Cell]], columns: tuple[str, ...]) -> bool:
        """Whether the first row holds these columns; else notes what it holds."""
        head = tuple(str(cell) for cell in rows[0] if cell is not None) if rows else ()
        if head != columns:
            mark = Mark(file, 1, 1)
            self.wrong(mark, "header", f"the columns {listed(head)}", listed(columns), "take them from the template")
        return head == columns

    def wrong(self, mark: Mark, where: str, found: str, allowed: str, step: str) -> None:
        """Note what is wrong."""
        self.problems.add(mark, where, Code.NOT_ALLOWED, found=found, allowed=allowed, next_step=step)
