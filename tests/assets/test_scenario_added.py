"""Assets that a scenario adds to the region."""

from __future__ import annotations

from typing import Any

import pytest

from yuqian.assets.problems import CatalogueError, Code

GROWN = """\
id: grown
name: {en: Grown, zh: 扩建}
base: today
sources:
  survey: {title: A survey, date: 2031}
assets:
  works:
    kind: industry
    name: {en: Works, zh: 工厂}
    status: operating
    scope: district
    evidence: {source: survey}
    node: brook
    user_class: industry
    demand_hm3_per_year: {value: 3, source: survey, confidence: public}
    return_fraction: {value: 0.4, source: guess, confidence: norm}
    shortage_share_fraction: {value: [0.4, 0.6], source: guess, confidence: norm}
    shortage_price_yuan_per_m3: {value: [12, 18], source: guess, confidence: norm}
    return_to: river
  brook:
    kind: river_node
    name: {en: Brook, zh: 溪}
    status: operating
    scope: district
    evidence: {source: plan}
"""


@pytest.fixture
def grown(small: Any) -> Any:
    small.add("grown.yaml", GROWN)
    return small


def test_a_scenario_adds_assets_that_refer_to_each_other_and_to_the_region(grown: Any) -> None:
    region = grown.load(scenario=grown.root / "grown.yaml")
    works = region.asset("works")
    assert (works.model.node, works.model.return_to, works.model.demand_hm3_per_year) == ("brook", "river", 3.0)
    assert works.facts["demand_hm3_per_year"].sources == ("survey",)
    (mark,) = region.history["works.demand_hm3_per_year"]
    assert (mark.file.endswith("grown.yaml"), mark.line) == (True, 15)
    before = grown.load()
    assert "works" not in before.catalogue.assets
    assert before.fingerprint() != region.fingerprint()


def test_a_later_scenario_and_the_command_line_lay_over_what_was_added(grown: Any) -> None:
    text = "id: more\nname: {en: More, zh: 再扩}\nbase: grown\nassets:\n  works:\n    status: preliminary\n"
    grown.add("more.yaml", text + "    demand_hm3_per_year: {value: 4, source: survey, confidence: public}\n")
    more = grown.root / "more.yaml"
    region = grown.load("select.add=[works]", scenario=more)
    assert region.asset("works").model.demand_hm3_per_year == 4.0
    assert len(region.history["works.demand_hm3_per_year"]) == 2
    with pytest.raises(KeyError, match="its status is preliminary"):
        grown.load(scenario=more).asset("works")
    set_to_5 = grown.load("works.demand_hm3_per_year=5", "select.add=[works]", scenario=more)
    assert set_to_5.asset("works").model.demand_hm3_per_year == 5.0


@pytest.mark.parametrize(
    ("old", "new", "code", "where"),
    [
        ("kind: industry", "kind: industri", Code.UNKNOWN_KIND, "works.kind"),
        ("node: brook", "node: creek", Code.DANGLING, "works.node"),
        ("node: brook", "node: main_bus", Code.WRONG_BALANCE, "works.node"),
        ("evidence: {source: survey}\n    ", "", Code.MISSING_FIELD, "works.evidence"),
        ("demand_hm3_per_year: {value: 3,", "demand_hm3_per_year: {value: -3,", Code.NOT_ALLOWED, "works.demand_hm3_per_year"),
        ("scope: district\n    evidence: {source: survey}", "scope: moon\n    evidence: {source: survey}", Code.UNKNOWN_CHOICE,
         "works.scope"),
        ("kind: industry", "kind: industry\n    id: other", Code.WRONG_TYPE, "works.id"),
        ("source: survey, confidence: public", "source: diary, confidence: public", Code.UNKNOWN_SOURCE,
         "works.demand_hm3_per_year.source"),
        ("works:\n    kind: industry", "works:\n    status: building", Code.UNKNOWN_ASSET, "assets.works"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_added_asset_is_refused_with_its_line(
    grown: Any, old: str, new: str, code: Code, where: str
) -> None:  # fmt: skip
    grown.change("grown.yaml", old, new)
    with pytest.raises(CatalogueError) as error:
        grown.load(scenario=grown.root / "grown.yaml")
    found = [one for one in error.value.problems if one.where == where]
    assert [one.code for one in found] == [code], error.value
    assert found[0].file.endswith("grown.yaml")
    assert found[0].line is not None


def test_an_asset_of_the_region_cannot_be_added_again(grown: Any) -> None:
    grown.change("grown.yaml", "  brook:\n    kind: river_node", "  river:\n    kind: river_node")
    grown.change("grown.yaml", "node: brook", "node: river")
    with pytest.raises(CatalogueError, match="'kind', which a scenario cannot change"):
        grown.load(scenario=grown.root / "grown.yaml")


def test_the_command_line_adds_no_asset(grown: Any) -> None:
    with pytest.raises(CatalogueError, match="'mill', which is no asset of the region"):
        grown.load("mill.kind=industry")
