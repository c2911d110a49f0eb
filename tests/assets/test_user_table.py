"""Water users as a table: what goes out comes back, and what is wrong in it is said by sheet, row and column."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from yuqian.assets.region import Region
from yuqian.assets.scenario import load_region
from yuqian.assets.source import Confidence
from yuqian.assets.user_row import COLUMNS, CONFIDENCE, FIELD, HIGH, ID, LOW, MEANING, SOURCE, UNIT, VALUE
from yuqian.assets.user_table import SOURCES as SOURCES_SHEET
from yuqian.assets.user_table import TableError, as_one_table, read_users, template, users_of
from yuqian.assets.workbook import WorkbookError, column_letter, read_workbook, write_csv, write_workbook
from yuqian.assets.yaml_writer import write_scenario
from yuqian.models.kind import UserClass
from yuqian.models.user_class import CLASS_ZH

Sheets = dict[str, list[list[object]]]


@pytest.fixture(scope="module")
def plan() -> Region:
    return load_region("2030-plan")


@pytest.fixture
def sheets(tiny_scenario: Path) -> Sheets:
    return {name: [list(row) for row in rows] for name, rows in template(load_region(tiny_scenario)).items()}


@pytest.fixture
def refused(tiny_scenario: Path, tmp_path: Path) -> Callable[[Sheets], str]:
    """The message that a table is refused with."""

    def read(sheets: Sheets) -> str:
        path = tmp_path / "users.xlsx"
        write_workbook(path, sheets)  # type: ignore[arg-type]
        with pytest.raises(TableError) as error:
            read_users(path, load_region(tiny_scenario))
        return str(error.value)

    return read


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
def test_every_number_of_the_plan_comes_back_with_its_source(plan: Region, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"users{ending}"
    sheets = template(plan)
    if ending == ".csv":
        write_csv(path, as_one_table(sheets))
    else:
        write_workbook(path, sheets)
    found = read_users(path, plan)
    users = [asset for assets in users_of(plan).values() for asset in assets]
    assert set(found.facts) == {asset.id for asset in users}
    assert len(users) > 20
    for asset in users:
        for name, fact in found.facts[asset.id].items():
            before = asset.fields.facts[name]
            assert (fact.value, fact.sources, fact.confidence, fact.unit) == (
                before.value, before.sources, before.confidence, before.unit,
            )  # fmt: skip
            assert fact.ends() == before.ends() or isinstance(fact.value, tuple)
            assert fact.note == before.note
    scenario = tmp_path / "mine.yaml"
    write_scenario(scenario, found.as_overlay("mine", "2030-plan", "Mine"), "From a table.")
    again = load_region(scenario)
    assert [asset.model for asset in again.assets] == [asset.model for asset in plan.assets]


def test_a_changed_number_reaches_the_scenario(sheets: Sheets, tiny_scenario: Path, tmp_path: Path) -> None:
    rows = sheets[CLASS_ZH[UserClass.TOWN]]
    row = next(row for row in rows if row[FIELD] == "population_persons")
    row[VALUE], row[SOURCE], row[CONFIDENCE], row[LOW], row[HIGH] = 70_000, "guess", "假定", 60_000, 80_000
    path = tmp_path / "users.xlsx"
    write_workbook(path, sheets)  # type: ignore[arg-type]
    found = read_users(path, load_region(tiny_scenario))
    scenario = tiny_scenario.parent / "changed.yaml"
    write_scenario(scenario, found.as_overlay("changed", "now", "Changed"), "From a table.")
    fact = load_region(scenario).asset("town").fields.facts["population_persons"]
    assert (fact.value, fact.sources, fact.confidence, fact.range) == (70_000, ("guess",), Confidence.ASSUMED, (60_000, 80_000))


def test_the_empty_template_keeps_rows_and_changes_nothing(tiny_scenario: Path, tmp_path: Path) -> None:
    region = load_region(tiny_scenario)
    filled, empty = template(region), template(region, empty=True)
    assert {name: len(rows) for name, rows in filled.items()} == {name: len(rows) for name, rows in empty.items()}
    assert all(row[VALUE] is None for row in as_one_table(empty)[1:])
    write_workbook(tmp_path / "empty.xlsx", empty)
    assert read_users(tmp_path / "empty.xlsx", region).facts == {}


def test_all_that_is_wrong_is_said_at_once_with_sheet_row_and_column(
    sheets: Sheets, refused: Callable[[Sheets], str]
) -> None:  # fmt: skip
    rows = sheets["城镇生活"]
    number_of = {row[FIELD]: number for number, row in enumerate(rows)}
    rows[number_of["population_persons"]][VALUE] = "many"
    rows[number_of["norm_l_per_person_day"]][UNIT] = "m3"
    rows[number_of["public_use_fraction"]][SOURCE] = "hearsay"
    rows[number_of["return_fraction"]][VALUE] = 1.5
    rows[number_of["summer_share_per_c"]][CONFIDENCE] = "surely"
    sheets["一般工业"][1][ID] = "factori"
    said = refused(sheets).splitlines()
    wanted = [
        ("一般工业", 2, ID, "did you mean 'factory'?"), ("城镇生活", number_of["population_persons"] + 1, VALUE, "'many'"),
        ("城镇生活", number_of["norm_l_per_person_day"] + 1, UNIT, "the unit 'm3'"),
        ("城镇生活", number_of["public_use_fraction"] + 1, SOURCE, "hearsay"),
        ("城镇生活", number_of["return_fraction"] + 1, VALUE, "1.5"),
        ("城镇生活", number_of["summer_share_per_c"] + 1, CONFIDENCE, "'surely'"),
    ]  # fmt: skip
    for sheet, row, column, words in wanted:
        place = f"users.xlsx, sheet {sheet}, row {row}, column {column_letter(column + 1)} ({COLUMNS[column]})"
        assert any(line.startswith(place) and words in line and "allowed:" in line and "do:" in line for line in said), place
    assert len(said) == len(wanted)


@pytest.mark.parametrize(
    ("field", "written", "plain"),
    [
        ("population_persons", "5.76万", "57600"), ("population_persons", "57,600", "57600"),
        ("population_persons", "\uff15\uff17600", "57600"),
        ("public_use_fraction", "25%", "0.25"), ("population_persons", "0.001亿", "100000"),
        ("shortage_share_fraction", "10%; 90%", "0.1; 0.9"),
    ],
)  # fmt: skip
def test_a_number_in_another_dress_is_refused_with_the_plain_one(
    sheets: Sheets, refused: Callable[[Sheets], str], field: str, written: str, plain: str
) -> None:
    row = next(row for row in sheets["城镇生活"] if row[FIELD] == field)
    row[VALUE] = written
    said = refused(sheets).splitlines()
    assert len(said) == 1
    assert f"found '{written}'" in said[0]
    assert said[0].endswith(f"do: write {plain}")


def test_a_number_that_the_spreadsheet_keeps_as_text_is_read(sheets: Sheets, tiny_scenario: Path, tmp_path: Path) -> None:
    row = next(row for row in sheets["城镇生活"] if row[FIELD] == "population_persons")
    row[VALUE] = "57601"
    write_workbook(tmp_path / "users.xlsx", sheets)  # type: ignore[arg-type]
    found = read_users(tmp_path / "users.xlsx", load_region(tiny_scenario))
    assert found.facts["town"]["population_persons"].value == 57_601


def test_a_row_of_nobody_is_refused_even_without_a_value(sheets: Sheets, refused: Callable[[Sheets], str]) -> None:
    sheets["城镇生活"][1][ID], sheets["城镇生活"][1][VALUE] = "newtown", None
    assert "'newtown'; allowed: a user in service" in refused(sheets)


def test_every_field_says_in_chinese_what_it_is(plan: Region) -> None:
    for row in as_one_table(template(plan))[1:]:
        meaning = row[MEANING]
        assert isinstance(meaning, str)
        assert meaning != row[FIELD]


def test_a_document_of_ones_own_comes_with_the_table(sheets: Sheets, tiny_scenario: Path, tmp_path: Path) -> None:
    sheets[SOURCES_SHEET].append(["survey_2031", "用水户调查", "区水利局", "2031-05"])
    row = next(row for row in sheets["城镇生活"] if row[FIELD] == "population_persons")
    row[VALUE], row[SOURCE], row[CONFIDENCE] = 58_000, "survey_2031; plan", "公开资料"
    write_workbook(tmp_path / "users.xlsx", sheets)  # type: ignore[arg-type]
    found = read_users(tmp_path / "users.xlsx", load_region(tiny_scenario))
    scenario = tiny_scenario.parent / "survey.yaml"
    write_scenario(scenario, found.as_overlay("survey", "now", "Survey"), "From a table.")
    region = load_region(scenario)
    assert region.asset("town").facts["population_persons"].sources == ("survey_2031", "plan")
    source = region.sources["survey_2031"]
    assert (source.title, source.publisher, source.date) == ("用水户调查", "区水利局", "2031-05")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([["my survey", "Title", None, None]], "the key 'my survey'"),
        ([["survey", None, "Bureau", None]], "no title of 'survey'"),
        ([["survey", "One", None, None], ["survey", "Two", None, None]], "a second row of 'survey'"),
    ],
)  # fmt: skip
def test_half_a_document_is_refused(
    sheets: Sheets, refused: Callable[[Sheets], str], rows: list[list[object]], words: str
) -> None:  # fmt: skip
    sheets[SOURCES_SHEET] += rows
    said = refused(sheets)
    assert words in said
    assert f"sheet {SOURCES_SHEET}, row {len(sheets[SOURCES_SHEET])}" in said


def test_an_assumed_number_needs_a_range(sheets: Sheets, refused: Callable[[Sheets], str]) -> None:
    sheets["城镇生活"][1][CONFIDENCE] = "assumed"
    assert "without a range" in refused(sheets)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.update({"居民": [list(COLUMNS)]}), "the sheet '居民'"),
        (lambda s: s["城镇生活"][0].__setitem__(VALUE, "value"), "the columns"),
        (lambda s: s["城镇生活"].append(list(s["城镇生活"][1])), "a second row"),
        (lambda s: s["一般工业"].append(list(s["城镇生活"][1])), "allowed: 城镇生活"),
        (lambda s: s["城镇生活"][1].__setitem__(FIELD, "population"), "population_persons"),
    ],
)
def test_a_table_of_another_form_is_refused(
    sheets: Sheets, refused: Callable[[Sheets], str], change: Callable[[Sheets], object], words: str
) -> None:
    change(sheets)
    assert words in refused(sheets)


def test_the_same_table_is_the_same_file(tiny_scenario: Path, tmp_path: Path) -> None:
    rows = template(load_region(tiny_scenario))
    for name in ("a.xlsx", "b.xlsx"):
        write_workbook(tmp_path / name, rows)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    for name, said in (("users.txt", "allowed: .xlsx or .csv"), ("users.xlsx", "save it again")):
        path = tmp_path / name
        path.write_bytes(b"no table")
        with pytest.raises(WorkbookError, match=said):
            read_workbook(path)
    broken = tmp_path / "users.csv"
    broken.write_bytes(b"\xff\xff\xff")
    with pytest.raises(WorkbookError, match="UTF-8"):
        read_workbook(broken)


def test_a_csv_in_the_national_encoding_is_read(tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    path.write_bytes("用户类别,数值\n城镇生活,1.5\n".encode("gb18030"))
    assert read_workbook(path) == {"users": [["用户类别", "数值"], ["城镇生活", 1.5]]}


@pytest.mark.parametrize(("number", "letters"), [(1, "A"), (26, "Z"), (27, "AA"), (52, "AZ"), (703, "AAA")])
def test_columns_have_letters(number: int, letters: str) -> None:
    assert column_letter(number) == letters
