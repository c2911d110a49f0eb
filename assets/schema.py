"""What fields a kind has, read off its pydantic model, and what was meant by a name that is none of them."""

from __future__ import annotations

import enum
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from yuqian.assets.problems import did_you_mean, listed
from yuqian.models.kind import Refers
from yuqian.models.units import unit_of

MOST_WORDS_IN_A_UNIT = 5


@dataclass(frozen=True)
class Shape:
    """What one field may hold.

    Attributes:
        number: whether it is a number or a list of numbers, and therefore a fact with a source.
        many: whether it is a list.
        required: whether it must be given.
        unit: what its name ends in; empty for text.
        refers: how it refers to another asset, if it does.
        choices: what it may be, where that is a closed set.
        truth: whether it is true or false.
    """

    name: str
    number: bool
    many: bool
    required: bool
    unit: str
    refers: Refers | None
    choices: tuple[str, ...]
    truth: bool


def shapes_of(model: type[BaseModel], without: Iterable[str] = ("id",)) -> Mapping[str, Shape]:
    """Fields of a model by name, in its order."""
    hidden = set(without)
    return {
        name: _shape(name, (info.annotation, *info.metadata), info.is_required())
        for name, info in model.model_fields.items()
        if name not in hidden
    }


def _shape(name: str, parts: tuple[Any, ...], required: bool) -> Shape:
    leaves = list(_leaves(parts[0]))
    marks = [*parts[1:], *(leaf for leaf in leaves if not isinstance(leaf, type))]
    kinds = [leaf for leaf in leaves if isinstance(leaf, type)]
    number = any(issubclass(leaf, int | float) and not issubclass(leaf, bool | enum.Enum) for leaf in kinds)
    choices = tuple(str(choice.value) for leaf in kinds if issubclass(leaf, enum.Enum) for choice in leaf)
    many = any(issubclass(leaf, tuple | list) for leaf in kinds)
    refers = next((mark for mark in marks if isinstance(mark, Refers)), None)
    return Shape(name, number, many, required, _unit(name) if number else "", refers, choices, bool in kinds)


def _leaves(annotation: Any) -> Iterator[Any]:
    """Types and marks that an annotation is made of; a list gives ``tuple`` beside the type of its items."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *marks = get_args(annotation)
        yield from _leaves(inner)
        yield from marks
    elif origin in (Union, types.UnionType):
        for part in get_args(annotation):
            yield from _leaves(part)
    elif origin in (tuple, list):
        yield tuple
        for part in get_args(annotation):
            if part is not Ellipsis:
                yield from _leaves(part)
    elif isinstance(annotation, type) and annotation is not type(None):
        yield annotation


def _unit(name: str) -> str:
    try:
        return unit_of(name)
    except ValueError:
        return ""


def split_unit(name: str) -> tuple[str, str]:
    """A name before its unit, and the unit as it is spelt in the name: ``("power_max", "mw")``.

    The second is empty for a name that ends in no known unit.
    """
    unit, words = _unit(name), name.split("_")
    if not unit:
        return name, ""
    for length in range(1, min(MOST_WORDS_IN_A_UNIT, len(words)) + 1):
        ending = "_".join(words[-length:])
        if _unit(ending) == unit:
            return "_".join(words[:-length]), ending
    return name, ""


@dataclass(frozen=True)
class Meant:
    """What was probably meant by an unknown field.

    Attributes:
        field: the field, if one is near.
        wrong_unit: whether only the unit at its end differs.
        next_step: what to do about it.
    """

    field: str | None
    wrong_unit: bool
    allowed: str
    next_step: str


def meant_by(unknown: str, shapes: Mapping[str, Shape], further: Iterable[str] = ()) -> Meant:
    """What was meant by a field that a kind does not have.

    Args:
        unknown: its name.
        shapes: the fields there are.
        further: names that are allowed beside them.
    """
    same = [name for name, shape in shapes.items() if shape.number and _differs_in_unit_only(unknown, name)]
    if same:
        name = min(same, key=len)
        ending, spelt = split_unit(name)[1], unknown[len(split_unit(name)[0]) :].lstrip("_")
        convert = f"convert the number from {_unit(spelt) or spelt} to {shapes[name].unit}" if spelt else "check the number"
        return Meant(name, True, f"'{name}' (the name ends in the unit, here '{ending}')", f"write '{name}' and {convert}")
    allowed = [*shapes, *further]
    near = did_you_mean(unknown, allowed)
    step = f"did you mean '{near}'?" if near else "delete the field, or write one that the kind has"
    return Meant(near, False, listed(allowed, most=40), step)


def _differs_in_unit_only(unknown: str, name: str) -> bool:
    stem, ending = split_unit(name)
    if not ending or not stem or unknown == name:
        return False
    if unknown == stem:
        return True
    if not unknown.startswith(f"{stem}_"):
        return False
    rest = unknown[len(stem) + 1 :]
    is_unit = bool(_unit(rest)) and split_unit(rest)[0] == ""
    return is_unit or ("_" not in rest and len(rest) <= 4)
