"""Users that a table adds to a region."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from yuqian.assets.new_users import ID as NEW_ID
from yuqian.assets.new_users import LIKE, NODE, SHEET, SOURCE, STATUS
from yuqian.assets.new_users import NAME_EN as NEW_NAME
from yuqian.assets.scenario import load_region
from yuqian.assets.user_row import FIELD, ID, NAME, VALUE
from yuqian.assets.user_table import TableError, UserNumbers, read_users, template
from yuqian.assets.workbook import write_workbook
from yuqian.assets.yaml_writer import write_scenario
from yuqian.reports.study import Part, load

Sheets = dict[str, list[list[object]]]
INDUSTRY = "一般工业"
MILL = ["mill", "造纸厂", "Paper mill", "factory", "lake", "前期工作", "plan", "园区二期"]


@pytest.fixture
def scenario(write_region: Callable[..., Path], tmp_path: Path) -> Path:
    """A tiny region of one's own."""
    return write_region(tmp_path)


@pytest.fixture
def sheets(scenario: Path) -> Sheets:
    """The table of the tiny region with a mill, whose numbers are those of the factory but for the demand."""
    sheets: Sheets = {name: [list(row) for row in rows] for name, rows in template(load_region(scenario)).items()}
    sheets[SHEET].append(list(MILL))
    for row in sheets[INDUSTRY][1:]:
        if row[VALUE] is not None:
            own = list(row)
            own[ID], own[NAME] = "mill", "造纸厂"
            own[VALUE] = 4.0 if row[FIELD] == "demand_hm3_per_year" else row[VALUE]
            sheets[INDUSTRY].append(own)
    return sheets


@pytest.fixture
def read(scenario: Path, tmp_path: Path) -> Callable[[Sheets], UserNumbers]:
    def as_read(sheets: Sheets) -> UserNumbers:
        write_workbook(tmp_path / "users.xlsx", sheets)  # type: ignore[arg-type]
        return read_users(tmp_path / "users.xlsx", load_region(scenario))

    return as_read


@pytest.fixture
def grown(sheets: Sheets, read: Callable[[Sheets], UserNumbers], scenario: Path) -> Path:
    """The scenario that comes of it."""
    path = scenario.with_name("grown.yaml")
    write_scenario(path, read(sheets).as_overlay("grown", scenario.stem, "Grown"), "From a table.")
    return path


def test_a_new_user_serves_with_its_own_numbers_and_the_choices_of_one_like_it(grown: Path, scenario: Path) -> None:
    """In service although the scenario takes no preliminary work; its evidence is what the sheet cites."""
    region = load_region(grown)
    mill, factory = region.asset("mill"), region.asset("factory")
    assert (mill.name.zh, mill.name.en, mill.status.value) == ("造纸厂", "Paper mill", "preliminary")
    assert (mill.model.demand_hm3_per_year, factory.model.demand_hm3_per_year) == (4.0, 31.536)  # type: ignore[attr-defined]
    assert (mill.model.node, mill.model.return_to) == ("lake", "river")  # type: ignore[attr-defined]
    assert (mill.model.served_as(), mill.scope) == (factory.model.served_as(), factory.scope)  # type: ignore[attr-defined]
    assert mill.identity.evidence is not None
    assert (mill.identity.evidence.sources, mill.identity.evidence.note) == (("plan",), "园区二期")
    assert "mill" not in load_region(scenario).catalogue.assets


def test_a_new_user_is_given_water(grown: Path, scenario: Path) -> None:
    """Allocated, by the year, is what it was and the mill's demand."""
    days = Part("01-01", 3)
    before, after = (load(one, part=days).run().targets.water.allocated_hm3 for one in (scenario, grown))
    assert after - before == pytest.approx(4.0, rel=1e-6)


def test_the_grown_region_goes_out_and_comes_back(grown: Path, tmp_path: Path) -> None:
    region = load_region(grown)
    write_workbook(tmp_path / "again.xlsx", template(region))
    found = read_users(tmp_path / "again.xlsx", region)
    assert found.added == {}
    assert found.facts["mill"]["demand_hm3_per_year"].value == 4.0


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        (NEW_ID, "paper mill", "letters, digits and underscores"),
        (NEW_ID, "factory", "'factory', which the region has"),
        (NEW_ID, "river", "'river', which the region has"),
        (NEW_NAME, None, "a name in both languages"),
        (LIKE, "factori", "did you mean 'factory'?"),
        (LIKE, "lake", "a user in service"),
        (NODE, "main_bus", "a water balance in service"),
        (STATUS, "maybe", "operating 在运"),
        (SOURCE, None, "no source"),
        (SOURCE, "plan; hearsay", "the key 'hearsay'"),
    ],
)
def test_half_a_user_is_refused_with_row_and_column(
    sheets: Sheets, read: Callable[[Sheets], UserNumbers], column: int, value: str | None, words: str
) -> None:
    sheets[SHEET][1][column] = value
    with pytest.raises(TableError) as error:
        read(sheets)
    lines = [line for line in str(error.value).splitlines() if f"sheet {SHEET}, row 2, column" in line]
    assert len(lines) == 1
    assert words in lines[0]


def test_a_number_that_a_new_user_needs_must_have_a_row(sheets: Sheets, read: Callable[[Sheets], UserNumbers]) -> None:
    """No number is taken from the user that it is like."""
    sheets[INDUSTRY] = [row for row in sheets[INDUSTRY] if (row[ID], row[FIELD]) != ("mill", "return_fraction")]
    with pytest.raises(TableError, match=f"no row of 'return_fraction'.*add a row with it to the sheet {INDUSTRY}"):
        read(sheets)


def test_two_rows_of_one_user_are_refused(sheets: Sheets, read: Callable[[Sheets], UserNumbers]) -> None:
    sheets[SHEET].append(list(MILL))
    with pytest.raises(TableError, match="a second row of 'mill'"):
        read(sheets)


def test_columns_of_another_form_are_refused(sheets: Sheets, read: Callable[[Sheets], UserNumbers]) -> None:
    sheets[SHEET][0] = ["编号", "名称"]
    with pytest.raises(TableError, match="take them from the template"):
        read(sheets)
