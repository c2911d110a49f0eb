"""The command line. No logic here; imports are late, so that help is quick.

Exit codes: 0 fine, 1 an answer that fails its audit or a solver that fails, 2 bad input, 3 infeasible or
unbounded, 4 a limit reached with a solution, 5 a limit without one or an interruption, 6 a target missed (only where asked).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from yuqian.cli_adequacy import adequacy
from yuqian.cli_bracket import bracket, water_values
from yuqian.cli_case import solve_case
from yuqian.cli_long import long
from yuqian.cli_long_sweep import long_sweep
from yuqian.cli_network import network
from yuqian.cli_series import series
from yuqian.cli_stretch import coal, shortage
from yuqian.cli_table import import_water, template
from yuqian.cli_yield import best_yield

if TYPE_CHECKING:
    from yuqian.assets.region import Region
    from yuqian.optimise.solve import Progress

FINE, BAD_INPUT, INFEASIBLE, LIMIT_WITH_SOLUTION, LIMIT_WITHOUT_SOLUTION, TARGET_MISSED = 0, 2, 3, 4, 5, 6
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


@main.command()
@SCENARIO
@OVERRIDES
@AS_JSON
@click.option("--runs", type=click.Path(path_type=Path), default=Path("runs"), show_default=True, help="Where to save.")
@click.option("--time-limit", "time_limit_s", type=click.FloatRange(min=1.0), help="Seconds for the solver.")
@click.option("--require-targets", is_flag=True, help="Exit with 6 when a promise fails.")
@click.option("--stress", "overlays", multiple=True, metavar="NAME", help="A stress overlay, as summer_2022.")
@click.option(
    "--order",
    type=click.Choice(["weighted", "lexicographic"]),
    default="weighted",
    show_default=True,
    help="Water users by price, or strictly by class.",
)
@click.option("--settle", is_flag=True, help="Solve again until heads and water surfaces fit the answer.")
def run(
    scenario: str,
    overrides: tuple[str, ...],
    as_json: bool,
    runs: Path,
    time_limit_s: float | None,
    require_targets: bool,
    overlays: tuple[str, ...],
    order: str,
    settle: bool,
) -> None:
    """Solve a year of SCENARIO and count the three promises."""
    from yuqian.assets.problems import CatalogueError
    from yuqian.optimise.assemble import AssemblyError
    from yuqian.optimise.solve import Outcome, SolverError, SolverOptions
    from yuqian.optimise.water_plan import Order, WaterPlan
    from yuqian.reports.audit import AuditError
    from yuqian.reports.study import NoAnswer, load
    from yuqian.reports.tables import breakdown_tables, run_as_data, targets_table
    from yuqian.reports.water_tables import water_as_data, water_tables
    from yuqian.timeseries.resource import ResourceError
    from yuqian.timeseries.tables import TableError

    tell = _quiet if as_json else _teller()
    try:
        tell("read", None)
        study = load(scenario, overrides, overlays)
        options = SolverOptions() if time_limit_s is None else SolverOptions(time_limit_s=time_limit_s)
        result = study.run(options, tell, runs, WaterPlan(Order(order), settle))
    except CatalogueError as error:
        _refuse(error, as_json)
    except (AssemblyError, ResourceError, TableError) as error:
        raise _BadInput(str(error)) from error
    except (AuditError, SolverError) as error:
        raise click.ClickException(str(error)) from error
    except NoAnswer as error:
        click.echo(f"error: {error}", err=True)
        stopped = error.outcome in (Outcome.INTERRUPTED, Outcome.LIMIT_WITHOUT_SOLUTION)
        sys.exit(LIMIT_WITHOUT_SOLUTION if stopped else INFEASIBLE)
    if as_json:
        click.echo(json.dumps({**run_as_data(result), "water": water_as_data(result)}, ensure_ascii=False, indent=2))
    else:
        _print(targets_table(result.targets), *breakdown_tables(result.targets), *water_tables(result))
        click.echo(
            f"{result.solution.outcome.value}: {result.objective_yuan:,.0f} yuan; audit of {len(result.audit.findings)} checks "
            f"passed, largest residual {result.audit.largest_relative:.1e}; saved in {result.folder}"
        )
    if result.solution.outcome is not Outcome.OPTIMAL:
        sys.exit(LIMIT_WITH_SOLUTION)
    if require_targets and not result.targets.all_met:
        sys.exit(TARGET_MISSED)


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
        raise _BadInput(str(error)) from error
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
        _print(assets_table(region))


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
        raise _BadInput(f"there is no asset '{asset_id}'; {hint}")
    if as_json:
        click.echo(json.dumps(asset_as_data(asset, region), ensure_ascii=False, indent=2))
    else:
        _print(asset_table(asset, region))


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


class _BadInput(click.ClickException):
    exit_code = BAD_INPUT


def _region(scenario: str, overrides: tuple[str, ...], as_json: bool) -> Region:
    from yuqian.assets.problems import CatalogueError
    from yuqian.assets.scenario import load_region

    try:
        return load_region(scenario, overrides)
    except CatalogueError as error:
        _refuse(error, as_json)


def _refuse(error: Any, as_json: bool) -> NoReturn:
    """Print every problem and end with the exit code for bad input."""
    if as_json:
        problems = [
            {"file": p.file, "line": p.line, "where": p.where, "found": p.found, "allowed": p.allowed, "next_step": p.next_step}
            for p in error.problems
        ]
        click.echo(json.dumps({"problems": problems}, ensure_ascii=False, indent=2))
    click.echo(f"{error}\n{len(error.problems)} problem(s); nothing was written", err=True)
    sys.exit(BAD_INPUT)


def _print(*tables: Any) -> None:
    from rich.console import Console

    console = Console(soft_wrap=False, width=None if sys.stdout.isatty() else 160)
    for table in tables:
        console.print(table)


def _quiet(phase: str, progress: Progress | None) -> None:
    return


def _teller() -> Callable[[str, Progress | None], None]:
    """Tells each phase on a line of its own, and while the solver runs a line every few seconds."""
    began = time.perf_counter()
    last = began

    def tell(phase: str, progress: Progress | None) -> None:
        nonlocal last
        now = time.perf_counter()
        if progress is None:
            click.echo(f"[{now - began:6.1f} s] {phase}", err=True)
        elif now - last >= 5.0:
            last = now
            click.echo(f"[{now - began:6.1f} s] {phase}: {progress.iterations} iterations", err=True)

    return tell
