"""The order of water users as data: of the region, of a scenario over it, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from yuqian.assets.problems import Code
from yuqian.models.kind import UserClass
from yuqian.models.user_class import CLASS_ZH, STANDARD_ORDER, Order

FIELDS_FIRST = "[irrigation, town, rural, ecological, power, priority_industry, industry, environment]"
WATER = f"""\
  water:
    order: {FIELDS_FIRST}
"""


@pytest.fixture
def ordered(small: Any) -> Any:
    """The small region with an order of its own."""
    small.add("small/region.yaml", WATER)
    return small


def test_a_region_that_says_nothing_has_the_usual_order(small: Any) -> None:
    law = small.load().water
    assert (law.order, law.ordering) == (STANDARD_ORDER, Order.WEIGHTED)
    assert set(STANDARD_ORDER) == set(UserClass) == set(CLASS_ZH)


def test_a_region_has_an_order_and_a_scenario_changes_it(ordered: Any) -> None:
    region = ordered.load()
    assert region.water.order[0] is UserClass.IRRIGATION
    assert Path(region.provenance("water.order").file).name == "region.yaml"
    over = ordered.load(f"water.order=[{', '.join(one.value for one in STANDARD_ORDER)}]", "water.ordering=lexicographic")
    assert (over.water.order, over.water.ordering) == (STANDARD_ORDER, Order.LEXICOGRAPHIC)
    assert over.provenance("water.order").file == "command line"
    assert over.fingerprint() != region.fingerprint()
    ordered.add("strict.yaml", "name: {en: Strict, zh: 严格}\nregion: small\nyear: 2030\n"
                "select: {rungs: [operating, building, committed]}\nwater:\n  ordering: lexicographic\n")  # fmt: skip
    strict = ordered.load(scenario=ordered.root / "strict.yaml")
    assert (strict.water.order[0], strict.water.ordering) == (UserClass.IRRIGATION, Order.LEXICOGRAPHIC)
    mark = strict.provenance("water.ordering")
    assert (Path(mark.file).name, mark.line) == ("strict.yaml", 6)


@pytest.mark.parametrize(
    ("order", "code", "words"),
    [
        ("[town, rural]", Code.INCONSISTENT, "ecological, power, priority_industry, industry, irrigation, environment missing"),
        (FIELDS_FIRST.replace("rural", "town"), Code.INCONSISTENT, "rural missing and town named twice"),
        (FIELDS_FIRST.replace("town", "towns"), Code.UNKNOWN_CHOICE, "town"),
        ("strict", Code.WRONG_TYPE, "a list"),
    ],
)
def test_an_order_that_is_no_order_is_refused_with_its_line(
    ordered: Any, order: str, code: Code, words: str
) -> None:  # fmt: skip
    problem = ordered.refused("small/region.yaml", FIELDS_FIRST, order, code, "water.order")
    assert words in f"{problem.allowed} {problem.next_step}"


def test_unknown_words_of_the_block_are_refused(small: Any) -> None:
    assert small.problem("water.weights=3").code is Code.UNKNOWN_FIELD
    assert "lexicographic" in small.problem("water.ordering=strictly").allowed
