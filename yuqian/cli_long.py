"""``yuqian long``: the water network over many years. No logic here; imports are late, so that help is quick."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from yuqian.cli_tell import BadInput

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
OVERRIDES = click.option("-o", "overrides", multiple=True, metavar="PATH=VALUE", help="Override a value of the catalogue.")


@click.command("long")
@click.argument("scenario", default="2030-plan")
@OVERRIDES
@click.option("--years", type=click.IntRange(min=1), default=60, show_default=True, help="Length of the series.")
@click.option("--trace", type=click.IntRange(min=0), default=0, show_default=True, help="Which trace of river flow.")
@click.option("--daily", is_flag=True, help="By day, not by ten-day period.")
@click.option("--power-price", type=float, help="Of power at every bus, yuan/MWh.")
@click.option("--coal-price", type=float, help="Of coal at every yard, yuan/t.")
@click.option(
    "--cooling-load", type=click.FloatRange(0.0, 1.0), default=0.5, show_default=True, help="Mean load of cooled units."
)
@click.option("--tables", type=click.Path(path_type=Path), help="Write the standard tables: .xlsx.")
@click.option("--drought", type=click.IntRange(min=0), default=0, help="Tell the driest run of so many years apart.")
@click.option("--runs", type=click.Path(path_type=Path), default=Path("runs"), show_default=True, help="Where to save.")
@AS_JSON
def long(
    scenario: str,
    overrides: Sequence[str],
    years: int,
    trace: int,
    daily: bool,
    power_price: float | None,
    coal_price: float | None,
    cooling_load: float,
    tables: Path | None,
    drought: int,
    runs: Path,
    as_json: bool,
) -> None:
    """Solve the water network of SCENARIO over many years at once, with perfect foresight: the optimistic bound."""
    from rich.console import Console

    from yuqian.assets.scenario import load_region
    from yuqian.optimise.solve import Progress
    from yuqian.optimise.water_alone import MarketPrices
    from yuqian.reports.long import LongStudy
    from yuqian.reports.long_tables import driest_years, long_as_data, served, served_in, served_table
    from yuqian.reports.study import NoAnswer
    from yuqian.timeseries.long_series import LongPlan

    def tell(phase: str, progress: Progress | None) -> None:
        if progress is None and not as_json:
            click.echo(phase, err=True)

    if tables is not None and tables.suffix != ".xlsx":
        raise BadInput(f"'{tables.name}': the standard tables are written as .xlsx")
    if drought > years:
        raise BadInput(f"a drought of {drought} years does not fit into {years}")
    try:
        region = load_region(scenario, overrides)
        study = LongStudy.of(
            region, LongPlan(years, trace, by_day=daily, load_fraction=cooling_load), MarketPrices.of(power_price, coal_price)
        )
    except ValueError as error:
        raise BadInput(str(error)) from error
    try:
        result = study.run(tell=tell, runs=runs)
    except NoAnswer as error:
        raise click.ClickException(str(error)) from error
    if tables is not None:
        _write_tables(result, tables)
    if as_json:
        click.echo(json.dumps(long_as_data(result, drought), ensure_ascii=False, indent=2))
        return
    step = "by day" if daily else "by ten-day period"
    title = f"{years} years {step}, trace {trace}: perfect foresight, an OPTIMISTIC bound; m/(n+1)"
    Console(width=160).print(served_table({"LP": served(result.supply)}, title))
    if drought:
        driest = driest_years(study, drought)
        title = f"driest {drought} years of the trace: {driest.start + 1} to {driest.stop}"
        Console(width=160).print(served_table({"LP": served_in(result.supply, driest)}, title))
    columns, rows, _ = result.size
    click.echo(
        f"{result.solution.outcome.value}; {columns} columns, {rows} rows, {result.solution.iterations} iterations, "
        f"{sum(result.seconds.values()):.1f} s; audit: largest residual {result.audit.largest_relative:.1e}; "
        f"saved in {result.folder}"
    )


def _write_tables(result: Any, path: Path) -> None:
    from yuqian.assets.workbook import WorkbookError, write_workbook
    from yuqian.reports.standard_tables import as_sheets, standard_tables

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_workbook(path, as_sheets(standard_tables(result), result))
    except WorkbookError as error:
        raise BadInput(str(error)) from error
    click.echo(f"standard tables written to {path}", err=True)
