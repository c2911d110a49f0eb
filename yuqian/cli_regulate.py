"""``yuqian regulate``: a network by rule through given series. No logic here; imports are late, so that help is quick."""

from __future__ import annotations

import json
from pathlib import Path

import click

from yuqian.cli_tell import BadInput, print_tables, refuse


@click.command()
@click.argument("scenario")
@click.option("-o", "overrides", multiple=True, metavar="PATH=VALUE", help="Override a value of the catalogue.")
@click.option(
    "--series", "series_files", multiple=True, required=True, type=click.Path(path_type=Path), metavar="FILE",
    help="Series by day, a column <asset>.<series> each; the first file says which days are run.",
)  # fmt: skip
@click.option("--table", "table_file", type=click.Path(path_type=Path), help="Every reservoir and day: .csv, users beside it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every day.")
def regulate(
    scenario: str, overrides: tuple[str, ...], series_files: tuple[Path, ...], table_file: Path | None, as_json: bool
) -> None:  # fmt: skip
    """Run the water of SCENARIO by operating rules, without foresight, through the series of files."""
    from yuqian.assets.problems import CatalogueError
    from yuqian.assets.scenario import load_region
    from yuqian.assets.workbook import write_csv
    from yuqian.optimise.operating_network import OperatingError
    from yuqian.reports import regulation
    from yuqian.reports.operating_sheets import as_rows
    from yuqian.reports.operating_tables import standard_table, supply_table

    if table_file is not None and table_file.suffix != ".csv":
        raise BadInput(f"'{table_file.name}': the days are written as .csv")
    try:
        region = load_region(scenario, overrides)
        simulation = regulation.regulate(region, series_files)
    except CatalogueError as error:
        refuse(error, as_json)
    except OperatingError as error:
        raise BadInput(f"{error}; what is missing is a column of that name in a file of --series") from error
    if table_file is not None:
        table_file.parent.mkdir(parents=True, exist_ok=True)
        for ending, table in {"": standard_table(simulation), "_users": supply_table(simulation)}.items():
            write_csv(table_file.with_name(f"{table_file.stem}{ending}.csv"), as_rows(table))
    if as_json:
        click.echo(json.dumps(regulation.regulation_as_data(region, simulation), ensure_ascii=False, indent=2))
        return
    print_tables(*regulation.regulation_tables(simulation))
    click.echo(f"water balance closes to {simulation.residual:.1e} of inflow; no foresight")
