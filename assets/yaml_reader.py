"""Reads YAML 1.2 into nodes that know their file, line and column.

ruamel.yaml parses; what a plain word means (number, date, truth value, text) is decided here, by the core schema of YAML 1.2,
so that it is the same with and without ruamel's C parser.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode

from yuqian.assets.problems import Code, Mark, Problems

Scalar = None | bool | int | float | str | dt.date

_INT: Final = re.compile(r"[-+]?[0-9]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL: Final = re.compile(r"([-+]?)\.(inf|Inf|INF)|(\.nan|\.NaN|\.NAN|NaN|nan)")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WORDS: Final[Mapping[str, Scalar]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None, "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip


@dataclass(frozen=True)
class Node:
    """A value of a file.

    Attributes:
        value: a scalar, a tuple of nodes, or a mapping of key to node.
        mark: where it stands; for a value of a mapping, where its key stands.
    """

    value: Scalar | tuple[Node, ...] | Mapping[str, Node]
    mark: Mark

    @property
    def mapping(self) -> Mapping[str, Node] | None:
        return self.value if isinstance(self.value, Mapping) else None

    @property
    def items(self) -> tuple[Node, ...] | None:
        return self.value if isinstance(self.value, tuple) else None

    @property
    def text(self) -> str | None:
        return self.value if isinstance(self.value, str) else None

    def shown(self) -> str:
        """What stands there, for a message."""
        if isinstance(self.value, Mapping):
            return f"a mapping of {', '.join(self.value) or 'nothing'}"
        if isinstance(self.value, tuple):
            return "[" + ", ".join(node.shown() for node in self.value[:6]) + (", ...]" if len(self.value) > 6 else "]")
        if self.value is None:
            return "nothing"
        if isinstance(self.value, bool):
            return "true" if self.value else "false"
        return f"'{self.value}'" if isinstance(self.value, str) else str(self.value)


def read_yaml(text: str, file: str, problems: Problems) -> Node | None:
    """Read one document.

    Args:
        text: of the file.
        file: what messages call it.
        problems: takes syntax errors, duplicate keys, and a file that is empty.

    Returns:
        The document; None when it cannot be read.
    """
    try:
        root = YAML(typ="safe").compose(text)
    except MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        mark = Mark(file, at.line + 1, at.column + 1) if at else Mark(file)
        said = ", ".join(part for part in (error.context, error.problem) if part)
        _syntax(problems, mark, said)
        return None
    except YAMLError as error:
        _syntax(problems, Mark(file), " ".join(str(error).split()))
        return None
    if root is None:
        problems.add(
            Mark(file), "file", Code.EMPTY_FILE,
            found="an empty file", allowed="a YAML mapping", next_step="fill it in or delete it",
        )  # fmt: skip
        return None
    return _Converter(file, problems).node(root, Mark(file, 1, 1))


def read_value(text: str, file: str) -> Node | None:
    """Read a single value as a user types it: ``8000``, ``[operating, building]``; None if it is no YAML."""
    problems = Problems()
    node = read_yaml(text, file, problems)
    if len(problems) or node is None:
        return None
    return Node(node.value, Mark(file))


def _syntax(problems: Problems, mark: Mark, said: str) -> None:
    problems.add(
        mark, "file", Code.SYNTAX,
        found=f"text that is no YAML ({said})", allowed="YAML 1.2, one document a file",
        next_step="look at this line and the one above: a missing bracket, quote or space after a colon, or a tab",
    )  # fmt: skip


class _Converter:
    """Turns ruamel's nodes into ours."""

    def __init__(self, file: str, problems: Problems) -> None:
        self._file = file
        self._problems = problems
        self._open: set[int] = set()

    def node(self, raw: Any, mark: Mark) -> Node:
        if isinstance(raw, ScalarNode):
            return Node(_scalar(raw), mark)
        if id(raw) in self._open:
            self._problems.add(
                mark, "file", Code.CIRCLE,
                found="an alias inside what it stands for", allowed="plain values", next_step="write the value out",
            )  # fmt: skip
            return Node(None, mark)
        self._open.add(id(raw))
        value = self._mapping(raw) if isinstance(raw, MappingNode) else self._sequence(raw)
        self._open.discard(id(raw))
        return Node(value, mark)

    def _sequence(self, raw: Any) -> tuple[Node, ...]:
        return tuple(self.node(item, self._mark(item)) for item in raw.value)

    def _mapping(self, raw: MappingNode) -> Mapping[str, Node]:
        found: dict[str, Node] = {}
        for key, value in raw.value:
            mark = self._mark(key)
            if not isinstance(key, ScalarNode):
                self._problems.add(
                    mark, "key", Code.WRONG_TYPE,
                    found="a key that is a list or a mapping", allowed="a word", next_step="write a word before the colon",
                )  # fmt: skip
                continue
            name = str(key.value)
            if name in found:
                self._problems.add(
                    mark, name, Code.DUPLICATE_KEY,
                    found=f"the key '{name}' twice (first in line {found[name].mark.line})",
                    allowed="each key once", next_step="delete or rename one of the two",
                )  # fmt: skip
                continue
            found[name] = self.node(value, mark)
        return found

    def _mark(self, raw: Any) -> Mark:
        return Mark(self._file, raw.start_mark.line + 1, raw.start_mark.column + 1)


def _scalar(raw: ScalarNode) -> Scalar:
    word = str(raw.value)
    if raw.style in ("'", '"', "|", ">"):
        return word
    if word in _WORDS:
        return _WORDS[word]
    if _INT.fullmatch(word):
        return int(word)
    if _FLOAT.fullmatch(word):
        return float(word)
    if special := _SPECIAL.fullmatch(word):
        return float("nan") if special[3] else float(f"{special[1]}inf")
    if _DATE.fullmatch(word):
        try:
            return dt.date.fromisoformat(word)
        except ValueError:
            return word
    return word
