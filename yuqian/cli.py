"""The command line. No logic here; imports are late, so that help is quick.

Exit codes: 0 fine, 1 an answer that fails its audit or a solver that fails, 2 bad input, 3 infeasible or
unbounded, 4 a limit reached with a solution, 5 a limit without one or an interruption, 6 a target missed (only where asked).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from yuqian.cli_adequacy import adequacy
from yuqian.cli_bracket import bracket, water_values
from yuqian.cli_case import solve_case
from yuqian.cli_long import long
from yuqian.cli_long_sweep import long_sweep
from yuqian.cli_network import network
from yuqian.cli_regulate import regulate
from yuqian.cli_run import run
from yuqian.cli_series import series
from yuqian.cli_simulate import simulate
from yuqian.cli_stretch import coal, shortage
from yuqian.cli_table import import_water, template
from yuqian.cli_tell import TARGET_MISSED, BadInput, print_tables, refuse
from yuqian.cli_yield import best_yield

if TYPE_CHECKING:
    from yuqian.assets.region import Region

DEFAULT_SCENARIO = "2030-plan"

SCENARIO = click.argument("scenario", default=DEFAULT_SCENARIO)
OVERRIDES = click.option(
    "-o", "overrides", multiple=True, metavar="PATH=VALUE", help="Override a value, as panlong_1.energy_max_mwh=8000."
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
@click.version_option(package_name="yuqian")
def main() -> None:
    """Tests whether a region's plan for power and water holds (渝黔)."""


main.add_command(adequacy)
main.add_command(run)
main.add_command(series)
main.add_command(coal)
main.add_command(shortage)
main.add_command(solve_case)
main.add_command(network)
main.add_command(long)
main.add_command(long_sweep)
main.add_command(bracket)
main.add_command(water_values)
main.add_command(template)
main.add_command(best_yield)
main.add_command(import_water)
main.add_command(simulate)
main.add_command(regulate)


@main.command()
@SCENARIO
@OVERRIDES
@AS_JSON
def validate(scenario: str, overrides: tuple[str, ...], as_json: bool) -> None:
    """Read SCENARIO and its region, and say everything that is wrong, or what was left out and forwarded."""
    region = _region(scenario, overrides, as_json)
    if as_json:
        notes = [{"asset": note.asset, "what": note.code.value, "text": note.text} for note in region.notes]
        data = {"scenario": region.scenario, "assets": len(region.assets), "fingerprint": region.fingerprint(), "notes": notes}
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    for note in region.notes:
        click.echo(f"{note.asset}: {note.text}")
    click.echo(f"{region.scenario} is valid: {len(region.assets)} assets in service, {len(region.left_out)} left out")


@main.command()
@SCENARIO
@OVERRIDES
@AS_JSON
def explain(scenario: str, overrides: tuple[str, ...], as_json: bool) -> None:
    """Say for each value that SCENARIO or the command line changes, which file and line it comes from."""
    region = _region(scenario, overrides, as_json)
    changed = {path: [str(mark) for mark in marks] for path, marks in sorted(region.history.items()) if len(marks) > 1}
    if as_json:
        click.echo(json.dumps(changed, ensure_ascii=False, indent=2))
        return
    for path, marks in changed.items():
        click.echo(f"{path}: {' -> '.join(marks)}")


@main.command()
@AS_JSON
def scenarios(as_json: bool) -> None:
    """List the scenarios that come with the package."""
    from yuqian.assets.locate import scenario_names

    names = list(scenario_names())
    click.echo(json.dumps(names) if as_json else "\n".join(names))


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@AS_JSON
def check(file: Path, as_json: bool) -> None:
    """Audit a results FILE again, from what it holds alone."""
    from yuqian.reports.results import ResultsError, read_results

    try:
        audit = read_results(file).audit()
    except ResultsError as error:
        raise BadInput(str(error)) from error
    worst = [str(finding) for finding in audit.worst(5)]
    if as_json:
        data = {"passes": audit.passes, "largest_relative": audit.largest_relative, "worst": worst}
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join([*worst, f"{len(audit.findings)} checks, {'all pass' if audit.passes else 'NOT ALL PASS'}"]))
    if not audit.passes:
        sys.exit(TARGET_MISSED)


@main.group()
def assets() -> None:
    """What the region has, every number with its source."""


@assets.command("list")
@SCENARIO
@OVERRIDES
@AS_JSON
def list_assets(scenario: str, overrides: tuple[str, ...], as_json: bool) -> None:
    """List all assets and which are in service in SCENARIO."""
    from yuqian.reports.tables import asset_as_data, assets_table

    region = _region(scenario, overrides, as_json)
    if as_json:
        data = [asset_as_data(asset, region) for asset in region.catalogue.assets.values()]
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        print_tables(assets_table(region))


@assets.command("show")
@click.argument("asset_id")
@click.option("--scenario", default=DEFAULT_SCENARIO, show_default=True)
@OVERRIDES
@AS_JSON
def show_asset(asset_id: str, scenario: str, overrides: tuple[str, ...], as_json: bool) -> None:
    """Show every number of ASSET_ID with source and confidence."""
    from yuqian.assets.problems import did_you_mean
    from yuqian.reports.tables import asset_as_data, asset_table

    region = _region(scenario, overrides, as_json)
    asset = region.catalogue.assets.get(asset_id)
    if asset is None:
        near = did_you_mean(asset_id, region.catalogue.assets)
        hint = f"did you mean '{near}'?" if near else "see 'yuqian assets list'"
        raise BadInput(f"there is no asset '{asset_id}'; {hint}")
    if as_json:
        click.echo(json.dumps(asset_as_data(asset, region), ensure_ascii=False, indent=2))
    else:
        print_tables(asset_table(asset, region))


@main.command()
@AS_JSON
def kinds(as_json: bool) -> None:
    """List the kinds of asset that are found, with their fields."""
    from yuqian.models.kinds import known_kinds

    found = known_kinds()
    if as_json:
        click.echo(json.dumps({name: kind.model_json_schema() for name, kind in found.items()}, ensure_ascii=False, indent=2))
        return
    for name, kind in found.items():
        click.echo(f"{name}: {kind.title_en} {kind.title_zh}\n    {', '.join(kind.model_fields)}")


def _region(scenario: str, overrides: tuple[str, ...], as_json: bool) -> Region:
    from yuqian.assets.problems import CatalogueError
    from yuqian.assets.scenario import load_region

    try:
        return load_region(scenario, overrides)
    except CatalogueError as error:
        refuse(error, as_json)
