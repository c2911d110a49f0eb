"""Reads the fields of an asset or a target: facts with their sources, plain references and choices."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from yuqian.assets.problems import Code, Mark, Problems, did_you_mean, listed, rename_hint
from yuqian.assets.schema import Shape, meant_by
from yuqian.assets.source import Confidence, Fact, Number, Plain, Source, Value
from yuqian.assets.yaml_reader import Node

FACT_KEYS: Final = ("value", "source", "confidence", "range", "range_factor", "note")
HOW_TO_WRITE_A_FACT: Final = "{value: ..., source: ..., confidence: ...}"


@dataclass(frozen=True)
class Fields:
    """What was read.

    Attributes:
        facts: values with a source, by field.
        plain: references and choices, by field.
        broken: fields that are there but could not be read; already noted as problems.
    """

    facts: Mapping[str, Fact] = field(default_factory=dict)
    plain: Mapping[str, Plain] = field(default_factory=dict)
    broken: frozenset[str] = frozenset()

    def values(self) -> dict[str, Value]:
        """Values by field, as a kind takes them."""
        return {name: item.value for name, item in self.facts.items()} | {n: item.value for n, item in self.plain.items()}

    def marks(self) -> dict[str, Mark]:
        """File and line of each field."""
        return {name: item.mark for name, item in self.facts.items()} | {n: item.mark for n, item in self.plain.items()}

    def mark(self, name: str) -> Mark | None:
        """Where a field stands."""
        item = self.facts.get(name) or self.plain.get(name)
        return item.mark if item else None

    def over(self, base: Fields) -> Fields:
        """These fields laid over others: each of ours wins."""
        mine = {*self.facts, *self.plain}
        facts = {name: fact for name, fact in base.facts.items() if name not in mine}
        plain = {name: item for name, item in base.plain.items() if name not in mine}
        return Fields(facts | dict(self.facts), plain | dict(self.plain), base.broken - mine | self.broken)


class FieldReader:
    """Reads fields against the sources of a region.

    Args:
        problems: takes what is wrong.
        sources: by key; None while they are unknown, then keys are not checked.
    """

    def __init__(self, problems: Problems, sources: Mapping[str, Source] | None) -> None:
        self.problems = problems
        self.sources = sources

    def read(
        self, where: str, nodes: Mapping[str, Node], shapes: Mapping[str, Shape], owner: str, further: Iterable[str] = ()
    ) -> Fields:
        """Read all fields of one owner.

        Args:
            where: its name, before the dot of a message.
            nodes: its fields.
            shapes: the fields that it may have.
            owner: what it is, for messages: "the kind 'bus'".
            further: names that are allowed beside the fields, for "did you mean".
        """
        facts: dict[str, Fact] = {}
        plain: dict[str, Plain] = {}
        broken = set()
        for name, node in nodes.items():
            shape, label = shapes.get(name), f"{where}.{name}"
            if shape is None:
                self._unknown(node, label, name, shapes, owner, further)
                meant = meant_by(name, shapes).field
                broken.update([meant] if meant else [])
                continue
            item = self._item(node, label, shape)
            if item is None:
                broken.add(name)
            elif isinstance(item, Fact):
                facts[name] = item
            else:
                plain[name] = item
        return Fields(facts, plain, frozenset(broken))

    def source_keys(self, node: Node | None, where: str, owner: Mark) -> tuple[str, ...]:
        """Keys of one or several sources; problems are noted and leave the answer short."""
        if node is None:
            self.problems.add(
                owner, where, Code.MISSING_FIELD,
                found="no source", allowed="a key of sources.yaml, or a list of keys", next_step="add 'source: KEY'",
            )  # fmt: skip
            return ()
        keys = node.items if node.items is not None else (node,)
        good = [key.text for key in keys if self._source_is_known(key, where)]
        if not keys:
            self._wrong_type(node, where, "a key of sources.yaml, or a list of keys", "name the document")
        return tuple(key for key in good if key is not None)

    def _source_is_known(self, key: Node, where: str) -> bool:
        if key.text is None:
            self._wrong_type(key, where, "a key of sources.yaml", "name the document")
            return False
        if self.sources is None or key.text in self.sources:
            return True
        self.problems.add(
            key.mark, where, Code.UNKNOWN_SOURCE,
            found=f"the source '{key.text}'", allowed=f"a key of sources.yaml: {listed(self.sources)}",
            next_step=rename_hint(key.text, self.sources, "add the document to sources.yaml"),
        )  # fmt: skip
        return False

    def _unknown(
        self, node: Node, label: str, name: str, shapes: Mapping[str, Shape], owner: str, further: Iterable[str]
    ) -> None:
        meant = meant_by(name, shapes, further)
        self.problems.add(
            node.mark, label, Code.WRONG_UNIT if meant.wrong_unit else Code.UNKNOWN_FIELD,
            found=f"the field '{name}', which {owner} does not have", allowed=meant.allowed, next_step=meant.next_step,
        )  # fmt: skip

    def _item(self, node: Node, label: str, shape: Shape) -> Fact | Plain | None:
        if node.mapping is not None and shape.refers is None:
            return self._fact(node, node.mapping, label, shape)
        if shape.number:
            what = "list of bare numbers" if node.items is not None else "bare value"
            self.problems.add(
                node.mark, label, Code.BARE_NUMBER,
                found=f"the {what} {node.shown()}", allowed=f"a number with its source: {HOW_TO_WRITE_A_FACT}",
                next_step=f"write value, source and confidence ({listed(_confidences())})",
            )  # fmt: skip
            return None
        value = self.value(node, label, shape)
        return None if value is None else Plain(value, node.mark)

    def _fact(self, node: Node, inside: Mapping[str, Node], label: str, shape: Shape) -> Fact | None:
        before = len(self.problems)
        for key, item in inside.items():
            if key not in FACT_KEYS:
                self.problems.add(
                    item.mark, f"{label}.{key}", Code.UNKNOWN_FIELD,
                    found=f"'{key}' in a fact", allowed=", ".join(FACT_KEYS),
                    next_step=rename_hint(key, FACT_KEYS, "delete it, or say it in the note"),
                )  # fmt: skip
        value = self._value_of_fact(node, inside, label, shape)
        sources = self.source_keys(inside.get("source"), f"{label}.source", node.mark)
        confidence = self._confidence(inside.get("confidence"), label, node.mark)
        bounds = self._range(inside.get("range"), f"{label}.range", value, shape)
        factor = self._factor(inside.get("range_factor"), f"{label}.range_factor")
        if confidence is Confidence.ASSUMED and not ({"range", "range_factor"} & set(inside)) and shape.number:
            self.problems.add(
                node.mark, label, Code.RANGE,
                found="an assumed value without a range", allowed="range: [low, high] that holds the value",
                next_step="add the range that you think possible (range_factor: [low, high] for a list)",
            )  # fmt: skip
        note = self._note(inside.get("note"), label)
        if len(self.problems) > before or value is None or confidence is None:
            return None
        return Fact(value, shape.unit, sources, confidence, bounds, factor, note, node.mark)

    def _value_of_fact(self, node: Node, inside: Mapping[str, Node], label: str, shape: Shape) -> Value | None:
        if "value" not in inside:
            self.problems.add(
                node.mark, label, Code.MISSING_FIELD,
                found="a fact without a value", allowed=HOW_TO_WRITE_A_FACT, next_step="add 'value: ...'",
            )  # fmt: skip
            return None
        return self.value(Node(inside["value"].value, node.mark), label, shape)

    def value(self, node: Node, label: str, shape: Shape) -> Value | None:
        if not shape.many:
            return self._one(node, label, shape)
        if node.items is None:
            self._wrong_type(node, label, "a list", "write [first, second, ...]")
            return None
        found = [self._one(Node(item.value, node.mark), label, shape) for item in node.items]
        if any(item is None for item in found):
            return None
        if shape.number:
            return tuple(item for item in found if isinstance(item, int | float))
        return tuple(str(item) for item in found)

    def _one(self, node: Node, label: str, shape: Shape) -> Number | str | bool | None:
        value = node.value
        if shape.number:
            if isinstance(value, bool) or not isinstance(value, int | float):
                self._wrong_type(node, label, f"a number in {shape.unit}", "write a number without its unit or quotes")
                return None
            if not math.isfinite(value):
                self.problems.add(
                    node.mark, label, Code.NOT_FINITE,
                    found=f"{value}", allowed="a finite number",
                    next_step="write the number; an unknown one is assumed, with a range",
                )  # fmt: skip
                return None
            return value
        if shape.truth:
            if isinstance(value, bool):
                return value
            self._wrong_type(node, label, "true or false", "write true or false")
            return None
        if isinstance(value, dt.date):
            return value.isoformat()
        if not isinstance(value, str):
            allowed = "the id of an asset" if shape.refers else listed(shape.choices) if shape.choices else "a text"
            self._wrong_type(node, label, allowed, "write it as plain text")
            return None
        if shape.choices and value not in shape.choices:
            self.problems.add(
                node.mark, label, Code.UNKNOWN_CHOICE,
                found=f"'{value}'", allowed=listed(shape.choices),
                next_step=rename_hint(value, shape.choices, "write one of these"),
            )  # fmt: skip
            return None
        return value

    def _confidence(self, node: Node | None, label: str, owner: Mark) -> Confidence | None:
        words = _confidences()
        if node is None:
            self.problems.add(
                owner, f"{label}.confidence", Code.MISSING_FIELD,
                found="no confidence", allowed=listed(words), next_step="add 'confidence: ...'",
            )  # fmt: skip
            return None
        if node.text in words:
            return Confidence(node.text)
        near = did_you_mean(str(node.value), words)
        self.problems.add(
            node.mark, f"{label}.confidence", Code.UNKNOWN_CHOICE,
            found=node.shown(), allowed=listed(words), next_step=f"did you mean '{near}'?" if near else "write one of these",
        )  # fmt: skip
        return None

    def _range(self, node: Node | None, label: str, value: Value | None, shape: Shape) -> tuple[Value, Value] | None:
        if node is None:
            return None
        many = isinstance(value, tuple) or shape.many
        match [self._end(item, many) for item in node.items or ()]:
            case [int() | float() | tuple() as low, int() | float() | tuple() as high]:
                pass
            case _:
                how = "[[low, ...], [high, ...]], two lists as long as the value" if many else "[low, high], two numbers"
                step = "write the two ends, or range_factor: [0.8, 1.2]" if many else "write the two ends"
                self.problems.add(node.mark, label, Code.RANGE, found=node.shown(), allowed=how, next_step=step)
                return None
        misses = "" if value is None else _misses(_numbers(value), _numbers(low), _numbers(high), many)
        if misses:
            self.problems.add(
                node.mark, label, Code.RANGE,
                found=f"a range that does not hold the value: {misses}", allowed="low end <= value <= high end",
                next_step="widen the range or correct the value",
            )  # fmt: skip
            return None
        return low, high

    @staticmethod
    def _end(node: Node, many: bool) -> Number | tuple[Number, ...] | None:
        numbers = [item.value for item in (node.items or () if many else (node,))]
        good = [x for x in numbers if isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x)]
        if len(good) != len(numbers) or not good:
            return None
        return tuple(good) if many else good[0]

    def _factor(self, node: Node | None, label: str) -> tuple[Number, Number] | None:
        if node is None:
            return None
        ends = [self._end(item, many=False) for item in node.items or ()]
        match ends:
            case [int() | float() as low, int() | float() as high] if 0 <= low <= 1 <= high:
                return low, high
        self.problems.add(
            node.mark, label, Code.RANGE,
            found=node.shown(), allowed="[low, high]: factors on the value, low at most 1, high at least 1",
            next_step="write for instance [0.8, 1.2]",
        )  # fmt: skip
        return None

    def _note(self, node: Node | None, label: str) -> str:
        if node is None or node.text is not None:
            return "" if node is None else str(node.text)
        self._wrong_type(node, f"{label}.note", "a text", "put it in quotes")
        return ""

    def _wrong_type(self, node: Node, label: str, allowed: str, next_step: str) -> None:
        self.problems.add(node.mark, label, Code.WRONG_TYPE, found=node.shown(), allowed=allowed, next_step=next_step)


def _confidences() -> list[str]:
    return [confidence.value for confidence in Confidence]


def _numbers(value: Value) -> list[Number]:
    return [x for x in (value if isinstance(value, tuple) else (value,)) if isinstance(x, int | float)]


def _misses(values: list[Number], low: list[Number], high: list[Number], many: bool) -> str:
    """Where a value lies outside its range, in words; the ends of a list may change places from number to number."""
    if not len(values) == len(low) == len(high):
        return f"{len(values)} values, {len(low)} low and {len(high)} high ends"
    for number, below, above in zip(values, low, high, strict=True):
        ends = sorted((below, above)) if many else [below, above]
        if not ends[0] <= number <= ends[1]:
            return f"{number:g} is not in {below:g} to {above:g}"
    return ""
