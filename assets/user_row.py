"""One row of the table of water users: its columns, and how a number in it is written."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from yuqian.assets.problems import Mark
from yuqian.assets.schema import Shape
from yuqian.assets.sheet_reader import APART, chosen
from yuqian.assets.source import Confidence
from yuqian.assets.workbook import Cell
from yuqian.assets.yaml_reader import Node

COLUMNS: Final = ("用户类别", "编号", "名称", "参数", "参数含义", "数值", "单位", "来源", "可信度", "下限", "上限", "说明")
CLASS, ID, NAME, FIELD, MEANING, VALUE, UNIT, SOURCE, CONFIDENCE, LOW, HIGH, NOTE = range(len(COLUMNS))
TIMES: Final = "×"
"""Before a number that is a factor on the value, not an end of its range."""
_ENDINGS: Final = MappingProxyType({"%": 0.01, "万": 1e4, "亿": 1e8})
_THOUSANDS_APART: Final = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?\D?")


@dataclass(frozen=True)
class Row:
    """Cells of a row, by column.

    Attributes:
        file: with its sheet, as messages call it.
        number: as a spreadsheet counts, the header being the first.
    """

    file: str
    number: int
    cells: list[Cell]

    def __getitem__(self, column: int) -> Cell:
        return self.cells[column]

    def mark(self, column: int) -> Mark:
        return Mark(self.file, self.number, column + 1)

    def words(self, column: int, many: bool) -> list[str]:
        """What stands in a cell for numbers: one word, or those between semicolons."""
        text = "" if self[column] is None else str(self[column]).strip("[] ")
        return [word for word in (APART.split(text) if many else [text]) if word]

    def fact(self, shape: Shape) -> Node:
        """The row as the catalogue would write it."""
        inside = {"value": self._value(shape)}
        if self[SOURCE] is not None:
            keys = tuple(Node(key, self.mark(SOURCE)) for key in APART.split(str(self[SOURCE])) if key)
            inside["source"] = Node(keys, self.mark(SOURCE))
        if self[CONFIDENCE] is not None:
            inside["confidence"] = Node(_confidence(str(self[CONFIDENCE])), self.mark(CONFIDENCE))
        if self[LOW] is not None or self[HIGH] is not None:
            is_factor = str(self[LOW] or self[HIGH]).startswith(TIMES)
            ends = tuple(self._end(end, shape.many and not is_factor) for end in (LOW, HIGH))
            inside["range_factor" if is_factor else "range"] = Node(ends, self.mark(LOW))
        if self[NOTE] is not None:
            inside["note"] = Node(str(self[NOTE]), self.mark(NOTE))
        return Node(inside, self.mark(VALUE))

    def _value(self, shape: Shape) -> Node:
        return self._end(VALUE, shape.many)

    def _end(self, column: int, many: bool) -> Node:
        """One number, or several with semicolons between them."""
        mark, cell = self.mark(column), self[column]
        if not many:
            # A spreadsheet may keep a number as text.
            return Node(_number(cell.removeprefix(TIMES).strip()) if isinstance(cell, str) else cell, mark)
        words = APART.split(str(cell).strip("[] "))
        return Node(tuple(Node(_number(word), mark) for word in words if word), mark)


def _number(word: str) -> int | float | str:
    try:
        return int(word) if re.fullmatch(r"[-+]?\d+", word) else float(word)
    except ValueError:
        return word


def meant(word: str) -> str | None:
    """How a number that is written with thousands apart, per cent, 万 or 亿, or wide digits is written plainly; else None."""
    text = unicodedata.normalize("NFKC", word)
    text = text.replace(",", "") if _THOUSANDS_APART.fullmatch(text) else text
    ending = next((ending for ending in _ENDINGS if text.endswith(ending)), "")
    number = _number(text.removesuffix(ending).strip())
    if isinstance(number, str) or text.removesuffix(ending) == word:
        return None
    return f"{number * _ENDINGS.get(ending, 1.0):.15g}"


def _confidence(word: str) -> str:
    """In English, if it is one in either language."""
    known = chosen(word, Confidence)
    return word if known is None else known.value
