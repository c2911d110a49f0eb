"""``yuqian template`` and ``yuqian import-water``: water users as a table. No logic here; imports are late."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from yuqian.cli_tell import BAD_INPUT, BadInput

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
OVERRIDES = click.option("-o", "overrides", multiple=True, metavar="PATH=VALUE", help="Override a value of the catalogue.")
OUT_TABLE = click.option("--out", type=click.Path(path_type=Path), required=True, help="File to write: .xlsx or .csv.")


@click.group()
def template() -> None:
    """Tables to fill in."""


@template.command("water")
@click.argument("scenario", default="2030-plan")
@OVERRIDES
@OUT_TABLE
@click.option("--empty", is_flag=True, help="Without the catalogue's numbers.")
@AS_JSON
def template_water(scenario: str, overrides: Sequence[str], out: Path, empty: bool, as_json: bool) -> None:
    """Write a table of the water users of SCENARIO, one sheet a class, with the catalogue's numbers."""
    from yuqian.assets.scenario import load_region
    from yuqian.assets.user_table import WIDTHS, as_one_table, template
    from yuqian.assets.workbook import CSV, EXCEL, write_csv, write_workbook

    if out.suffix not in (EXCEL, CSV):
        raise BadInput(f"'{out.name}': a table is written as .xlsx or .csv")
    try:
        sheets = template(load_region(scenario, overrides), empty)
        out.parent.mkdir(parents=True, exist_ok=True)
        if out.suffix == CSV:
            write_csv(out, as_one_table(sheets))
        else:
            write_workbook(out, sheets, WIDTHS)
    except ValueError as error:
        raise BadInput(str(error)) from error
    rows = len(as_one_table(sheets)) - 1
    click.echo(
        json.dumps({"file": str(out), "rows": rows}, ensure_ascii=False) if as_json else f"{rows} rows, written to {out}"
    )


@click.command("import-water")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--base", default="2030-plan", show_default=True, help="Scenario that the numbers are laid over.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Scenario file to write: .yaml.")
@AS_JSON
def import_water(file: Path, base: str, out: Path, as_json: bool) -> None:
    """Read a filled-in table of water users FILE and write its numbers as a scenario over --base."""
    from yuqian.assets.problems import CatalogueError
    from yuqian.assets.scenario import load_region
    from yuqian.assets.user_table import read_users
    from yuqian.assets.workbook import WorkbookError
    from yuqian.assets.yaml_writer import write_scenario

    if out.suffix != ".yaml":
        raise BadInput(f"'{out.name}': a scenario is written as .yaml")
    try:
        numbers = read_users(file, load_region(base))
        write_scenario(out, numbers.as_overlay(out.stem, base, file.stem), f"Numbers of water users from {file.name}.")
    except CatalogueError as error:
        _refuse(error, as_json)
    except WorkbookError as error:
        raise BadInput(str(error)) from error
    count = sum(len(facts) for facts in numbers.facts.values())
    facts = {"file": str(out), "base": base, "users": len(numbers.facts), "added": len(numbers.added), "numbers": count}
    new = f" ({len(numbers.added)} of them new)" if numbers.added else ""
    text = f"{count} numbers of {len(numbers.facts)} users{new}, written to {out}; run it with: yuqian run {out}"
    click.echo(json.dumps(facts, ensure_ascii=False, indent=2) if as_json else text)


def _refuse(error: Exception, as_json: bool) -> NoReturn:
    from yuqian.assets.problems import CatalogueError

    assert isinstance(error, CatalogueError)
    if as_json:
        problems = [
            {
                "file": one.file, "row": one.line, "column": one.column, "where": one.where, "found": one.found,
                "allowed": one.allowed, "next_step": one.next_step,
            }
            for one in error.problems
        ]  # fmt: skip
        click.echo(json.dumps({"problems": problems}, ensure_ascii=False, indent=2))
    click.echo(f"{error}\n{len(error.problems)} problem(s); nothing was written", err=True)
    raise SystemExit(BAD_INPUT)
