"""``yuqian long-sweep``: a number over its range. No logic here; imports are late."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from yuqian.cli_tell import BadInput


@click.command("long-sweep")
@click.argument("path")
@click.argument("scenario", default="2030-plan")
@click.option("-o", "overrides", multiple=True, metavar="PATH=VALUE", help="Override a value of the catalogue.")
@click.option("--years", type=click.IntRange(min=1), default=20, show_default=True, help="Length of the series.")
@click.option("--trace", type=click.IntRange(min=0), default=0, show_default=True, help="Which trace of river flow.")
@click.option("--drought", type=click.IntRange(min=0), default=3, show_default=True, help="Length of the driest run of years.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def long_sweep(path: str, scenario: str, overrides: Sequence[str], years: int, trace: int, drought: int, as_json: bool) -> None:
    """Solve the water network of SCENARIO over many years with PATH (asset.field) at both ends of its range."""
    from rich.console import Console

    from yuqian.reports.long_sweep import sweep
    from yuqian.reports.long_tables import served_as_data, served_table
    from yuqian.timeseries.long_series import LongPlan

    if drought > years:
        raise BadInput(f"a drought of {drought} years does not fit into {years}")
    try:
        points = sweep(
            scenario, path, LongPlan(years, trace), overrides, drought,
            tell=None if as_json else lambda end, value: click.echo(f"{path}: {end} {value}", err=True),
        )  # fmt: skip
    except ValueError as error:
        raise BadInput(str(error)) from error
    if as_json:
        data = [
            {
                "end": point.end, "value": point.value, "classes": served_as_data(point.served),
                "drought": served_as_data(point.drought),
            }
            for point in points
        ]  # fmt: skip
        click.echo(json.dumps({"path": path, "years": years, "trace": trace, "points": data}, ensure_ascii=False, indent=2))
        return
    console = Console(width=160)
    title = f"{path}, {years} years by ten-day period, trace {trace}: perfect foresight, an OPTIMISTIC bound; m/(n+1)"
    console.print(served_table({f"{point.end} {point.value}": point.served for point in points}, title))
    if drought:
        columns = {f"{point.end} {point.value}": point.drought for point in points}
        console.print(served_table(columns, f"the same in the driest {drought} years of the trace"))
