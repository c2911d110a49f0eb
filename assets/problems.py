"""What is wrong with the files of a region: said with file, line and a next step, everything at once."""

from __future__ import annotations

import difflib
import enum
from collections.abc import Iterable
from dataclasses import dataclass


class Code(enum.Enum):
    """What kind of problem it is, for machines."""

    SYNTAX = "syntax"
    EMPTY_FILE = "empty-file"
    NOT_FOUND = "not-found"
    DUPLICATE_KEY = "duplicate-key"
    DUPLICATE_ID = "duplicate-id"
    UNKNOWN_KIND = "unknown-kind"
    UNKNOWN_FIELD = "unknown-field"
    UNKNOWN_CHOICE = "unknown-choice"
    UNKNOWN_SOURCE = "unknown-source"
    UNKNOWN_ASSET = "unknown-asset"
    UNKNOWN_SCENARIO = "unknown-scenario"
    WRONG_UNIT = "wrong-unit"
    WRONG_TYPE = "wrong-type"
    MISSING_FIELD = "missing-field"
    BARE_NUMBER = "bare-number"
    NOT_FINITE = "not-finite"
    NOT_ALLOWED = "not-allowed"
    INCONSISTENT = "inconsistent"
    RANGE = "range"
    WRONG_LENGTH = "wrong-length"
    DANGLING = "dangling-reference"
    WRONG_BALANCE = "wrong-balance"
    NOT_IN_SERVICE = "not-in-service"
    CIRCLE = "circle"


@dataclass(frozen=True, order=True)
class Mark:
    """A place in a file; lines and columns count from 1, line 0 is the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        file, line, column: where it stands; line 0 for the file as a whole, column 0 when there is none.
        where: the value by name: "asset.field".
        found: what is there.
        allowed: what may be there.
        next_step: what the user can do.
    """

    file: str
    line: int
    where: str
    found: str
    allowed: str
    next_step: str
    code: Code
    column: int = 0

    def __str__(self) -> str:
        place = str(Mark(self.file, self.line))
        return f"{place}: {self.where}: found {self.found}; allowed: {self.allowed}; do: {self.next_step}"


class CatalogueError(ValueError):
    """Everything that is wrong in all files of a region and a scenario, in the order of the files."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems), key=lambda p: (p.file, p.line, p.column, p.where, p.found)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Problems:
    """Collects problems while files are read, so that all are told at once."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def add(self, mark: Mark, where: str, code: Code, *, found: str, allowed: str, next_step: str) -> None:
        """Note a problem."""
        self._found.append(Problem(mark.file, mark.line, where, found, allowed, next_step, code, mark.column))

    def __len__(self) -> int:
        return len(self._found)

    def raise_if_any(self) -> None:
        """Refuse if anything is wrong.

        Raises:
            CatalogueError: with all problems noted so far.
        """
        if self._found:
            raise CatalogueError(self._found)


def did_you_mean(found: str, allowed: Iterable[str]) -> str | None:
    """The allowed word that is nearest to what was found, if one is near."""
    near = difflib.get_close_matches(found.lower(), list(allowed), n=1, cutoff=0.6)
    return near[0] if near else None


def listed(words: Iterable[str], most: int = 12) -> str:
    """Words joined by commas; a long list is cut, with its length."""
    ordered = list(words)
    text = ", ".join(ordered[:most]) if ordered else "none"
    return text if len(ordered) <= most else f"{text}, ... ({len(ordered)} in all)"


def rename_hint(found: str, allowed: Iterable[str], otherwise: str) -> str:
    """A next step for a word that is not known."""
    near = did_you_mean(found, allowed)
    return f"did you mean '{near}'?" if near else otherwise
