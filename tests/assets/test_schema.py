"""What a kind's fields may hold is read off the kind; a wrong unit is recognised as one."""

from __future__ import annotations

import datetime as dt
import enum
import math
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from yuqian.assets.problems import CatalogueError, Code, Mark, Problems
from yuqian.assets.schema import meant_by, shapes_of, split_unit
from yuqian.assets.yaml_reader import read_value, read_yaml
from yuqian.models.kind import Bus, Count, Fraction, Positive, WaterTo
from yuqian.models.kinds import known_kinds
from yuqian.models.units import unit_of


class _Choice(enum.Enum):
    LEFT = "left"
    RIGHT = "right"


class _Model(BaseModel):
    id: str
    bus: Bus
    water_node: WaterTo | None = None
    power_max_mw: Positive
    unit_count: Count
    share_fraction: tuple[Fraction, ...]
    month_share_fraction: Annotated[tuple[float, ...], Field(min_length=12)] | None = None
    side: _Choice
    word: Literal["a", "b"] | str
    firm: bool = False


def test_shapes() -> None:
    shapes = shapes_of(_Model)
    assert list(shapes) == [name for name in _Model.model_fields if name != "id"]
    assert {name for name, shape in shapes.items() if shape.number} == {
        "power_max_mw", "unit_count", "share_fraction", "month_share_fraction",
    }  # fmt: skip
    assert {name for name, shape in shapes.items() if shape.many} == {"share_fraction", "month_share_fraction"}
    assert {name for name, shape in shapes.items() if not shape.required} == {"water_node", "month_share_fraction", "firm"}
    bus, water = shapes["bus"].refers, shapes["water_node"].refers
    assert bus is not None
    assert (bus.rate, bus.gives) == ("mw", False)
    assert water is not None
    assert (water.rate, water.gives) == ("m3_per_s", True)
    assert shapes["side"].choices == ("left", "right")
    assert shapes["firm"].truth
    assert shapes["power_max_mw"].unit == "MW"


@pytest.mark.parametrize(("name", "kind"), list(known_kinds().items()))
def test_every_number_of_every_kind_has_a_unit(name: str, kind: type) -> None:
    shapes = shapes_of(kind)
    assert {shape.name for shape in shapes.values() if shape.number and not shape.unit} == set()


def test_split_unit() -> None:
    assert split_unit("power_max_mw") == ("power_max", "mw")
    assert split_unit("price_mean_yuan_per_mwh") == ("price_mean", "yuan_per_mwh")
    assert split_unit("flow_max_m3_per_s") == ("flow_max", "m3_per_s")
    assert split_unit("norm_l_per_person_day") == ("norm", "l_per_person_day")
    assert split_unit("power_curve") == ("power_curve", "")


NUMBERS = sorted(
    {name for kind in known_kinds().values() for name, shape in shapes_of(kind).items() if shape.number and split_unit(name)[0]}
)
UNITS = ("mw", "kw", "mwh", "gwh", "m3_per_s", "hm3", "t_per_h", "km2", "kwh_per_m3", "yuan_per_mwh", "gw", "kwp")


@given(name=st.sampled_from(NUMBERS), unit=st.sampled_from(UNITS))
def test_a_name_with_another_unit_is_a_wrong_unit(name: str, unit: str) -> None:
    stem, ending = split_unit(name)
    assert f"{stem}_{ending}" == name
    assert unit_of(ending) == unit_of(name)
    wrong = f"{stem}_{unit}"
    kind = next(kind for kind in known_kinds().values() if name in kind.model_fields)
    shapes = shapes_of(kind)
    if wrong in shapes:
        return
    meant = meant_by(wrong, shapes)
    assert meant.wrong_unit
    assert meant.field is not None
    assert split_unit(meant.field)[0] == stem
    assert meant.field in meant.next_step


@given(value=st.one_of(st.integers(), st.floats(allow_nan=False), st.booleans(), st.none(), st.dates()))
def test_plain_words_mean_what_yaml_1_2_says(value: object) -> None:
    words = {None: "null", True: "true", False: "false"}
    text = words[value] if isinstance(value, bool | None) else str(value)
    if isinstance(value, float) and math.isinf(value):
        text = ".inf" if value > 0 else "-.inf"
    node = read_value(f"[{text}]", "x")
    assert node is not None
    assert node.items is not None
    assert node.items[0].value == value
    assert type(node.items[0].value) is type(value)


@pytest.mark.parametrize("word", ["yes", "on", "12:30", "0x10", "05-01", "1_000", "2024-13-01", "'8'", '"true"'])
def test_other_words_are_text(word: str) -> None:
    node = read_yaml(f"a: {word}", "x", Problems())
    assert node is not None
    assert node.mapping is not None
    assert node.mapping["a"].text == word.strip("'\"")


def test_marks_of_values() -> None:
    node = read_yaml("a: 1\nb:\n  - {c: 2,\n     d: 2024-05-30}\n", "x", Problems())
    assert node is not None
    assert node.mapping is not None
    item = (node.mapping["b"].items or ())[0]
    assert item.mapping is not None
    assert item.mapping["d"].mark == Mark("x", 4, 6)
    assert item.mapping["d"].value == dt.date(2024, 5, 30)


@pytest.mark.parametrize("text", ["a: &x [*x]", "a: [1, 2", "a: b: c", "{a: 1}}", "a: 1\n---\nb: 2", "\ta: 1", "? [a]\n: 1"])
def test_no_text_makes_the_reader_fail(text: str) -> None:
    problems = Problems()
    read_yaml(text, "x.yaml", problems)
    with pytest.raises(CatalogueError) as caught:
        problems.raise_if_any()
    assert {problem.code for problem in caught.value.problems} <= {Code.SYNTAX, Code.CIRCLE, Code.WRONG_TYPE}


@given(text=st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    problems = Problems()
    node = read_yaml(text, "x.yaml", problems)
    assert node is not None or len(problems)
