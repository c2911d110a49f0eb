"""Builds a kind, or another model, from the fields that were read, and says what its rules object to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from yuqian.assets.fields import Fields
from yuqian.assets.problems import Code, Mark, Problems
from yuqian.assets.schema import Shape

M = TypeVar("M", bound=BaseModel)

_LIMITS: Final = {
    "greater_than": ("gt", "more than {}"),
    "greater_than_equal": ("ge", "at least {}"),
    "less_than": ("lt", "less than {}"),
    "less_than_equal": ("le", "at most {}"),
    "too_short": ("min_length", "at least {} values"),
    "too_long": ("max_length", "at most {} values"),
    "string_pattern_mismatch": ("pattern", "a text of the form {}"),
    "enum": ("expected", "{}"),
    "literal_error": ("expected", "{}"),
    "multiple_of": ("multiple_of", "a multiple of {}"),
}


def note_missing(problems: Problems, where: str, fields: Fields, shapes: Mapping[str, Shape], mark: Mark, owner: str) -> bool:
    """Note every required field that is not there at all; true if any is missing."""
    given = {*fields.facts, *fields.plain, *fields.broken}
    missing = [shape for name, shape in shapes.items() if shape.required and name not in given]
    for shape in missing:
        what = f"a number in {shape.unit or 'its unit'}" if shape.number else "the id of an asset" if shape.refers else "a text"
        how = "{value: ..., source: ..., confidence: ...}" if shape.number else "..."
        problems.add(
            mark, f"{where}.{shape.name}", Code.MISSING_FIELD,
            found=f"no '{shape.name}'", allowed=f"{what}; {owner} needs it", next_step=f"add '{shape.name}: {how}'",
        )  # fmt: skip
    return bool(missing)


def build(
    problems: Problems, model: type[M], where: str, fields: Fields, mark: Mark, more: Mapping[str, Any] | None = None
) -> M | None:
    """Build a model from values; None when its rules refuse them.

    Args:
        where: name of the owner, before the dot of a message.
        fields: what was read; fields that are broken are noted already, and rules that speak of them are not.
        mark: where the owner stands, for what no single field is to blame for.
        more: further values: the id.
    """
    try:
        return model.model_validate({**fields.values(), **(more or {})})
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            _note(problems, detail, where, fields, mark, model)
        return None


def _note(
    problems: Problems, detail: Any, where: str, fields: Fields, mark: Mark, model: type[BaseModel]
) -> None:  # fmt: skip
    kind, place = str(detail["type"]), tuple(detail["loc"])
    name = str(place[0]) if place else None
    if kind == "missing" or (name is not None and name in fields.broken):
        return
    said = str(detail.get("ctx", {}).get("error", detail["msg"]))
    if name is None:
        name = _blamed(said, fields, model)
    at = (fields.mark(name) if name else None) or mark
    label = f"{where}.{name}" if name else where
    if kind in ("value_error", "assertion_error"):
        problems.add(
            at, label, Code.INCONSISTENT,
            found="values that do not fit together" if len(place) == 0 else _shown(detail["input"]),
            allowed=said, next_step="correct this value or the one that it is compared with",
        )  # fmt: skip
        return
    item = f" as value number {int(place[1]) + 1}" if len(place) > 1 and isinstance(place[1], int) else ""
    problems.add(
        at, label, Code.NOT_ALLOWED,
        found=f"{_shown(detail['input'])}{item}", allowed=_allowed(kind, detail), next_step=_next_step(kind, label),
    )  # fmt: skip


def _blamed(said: str, fields: Fields, model: type[BaseModel]) -> str | None:
    """The field that a rule over several fields speaks of: the first that is named in its words."""
    places = {
        name: found.start()
        for name in model.model_fields
        if fields.mark(name) and (found := re.search(rf"\b{re.escape(name)}\b", said))
    }
    return min(places, key=lambda name: places[name]) if places else None


def _allowed(kind: str, detail: Any) -> str:
    if kind in _LIMITS:
        key, words = _LIMITS[kind]
        limit = detail.get("ctx", {}).get(key)
        return words.format(f"{limit:g}" if isinstance(limit, float) else limit)
    if kind in ("int_from_float", "int_type", "int_parsing"):
        return "a whole number"
    return str(detail["msg"])


def _next_step(kind: str, label: str) -> str:
    if kind.startswith(("greater_than", "less_than")):
        return f"correct the number, and check its sign and its unit ({label.rsplit('_', 1)[-1]})"
    return "write one of what is allowed" if kind in ("enum", "literal_error") else "correct the value"


def _shown(value: Any) -> str:
    text = f"'{value}'" if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
