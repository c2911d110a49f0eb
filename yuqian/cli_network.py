"""The verb ``network``: how full lines are, and single outages. No logic here; imports are late."""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from yuqian.cli_series import AS_JSON
from yuqian.cli_tell import BadInput

if TYPE_CHECKING:
    from yuqian.reports.network import NetworkReport, SecuredReport

INFEASIBLE, TARGET_MISSED = 3, 6


@click.command()
@click.argument("scenario", default="2030-plan")
@click.option("-o", "overrides", multiple=True, metavar="PATH=VALUE", help="With --secure: override a value.")
@click.option("--runs", type=click.Path(path_type=Path), default=Path("runs"), show_default=True, help="Where runs are saved.")
@click.option("--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A results.nc, whatever scenario.")
@click.option("--secure", is_flag=True, help="Solve again so that no single outage overloads a line.")
@click.option(
    "--days", type=click.IntRange(1, 365), default=365, show_default=True, help="With --secure: the first days alone."
)
@AS_JSON
def network(
    scenario: str, overrides: tuple[str, ...], runs: Path, file: Path | None, secure: bool, days: int, as_json: bool
) -> None:
    """Loading of the lines in the newest run of SCENARIO, and what single outages would do (N-1)."""
    if secure:
        _secured(scenario, overrides, days, as_json)
        return
    from yuqian.reports.network import network_report
    from yuqian.reports.results import ResultsError, read_results

    path = file or _newest(runs, scenario)
    try:
        results = read_results(path)
        report = network_report(results.assets, results.answers(), results.clock)
    except (ResultsError, ValueError) as error:
        raise BadInput(str(error)) from error
    if as_json:
        click.echo(json.dumps({"file": str(path), **report.as_data()}, ensure_ascii=False, indent=2))
        return
    click.echo(str(path))
    _show(report)


def _newest(runs: Path, scenario: str) -> Path:
    found = sorted(runs.glob(f"{scenario}-*/results.nc"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise BadInput(f"there is no run of '{scenario}' in {runs}; run 'yuqian run {scenario}' first, or give --file")
    return found[-1]


def _secured(scenario: str, overrides: tuple[str, ...], days: int, as_json: bool) -> None:
    from yuqian.assets.scenario import load_region
    from yuqian.models.clock import Clock
    from yuqian.optimise.solve import SolverError
    from yuqian.reports.audit import AuditError
    from yuqian.reports.network import NoDispatch, secured_dispatch
    from yuqian.timeseries.make import make_series

    try:
        region = load_region(scenario, overrides)
        clock = Clock.of_days(dt.date(region.year, 1, 1), days)
        found = secured_dispatch(region.kinds, make_series(region.kinds, clock).as_mapping(), clock)
    except (AuditError, SolverError) as error:
        raise click.ClickException(str(error)) from error
    except NoDispatch as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(INFEASIBLE)
    except ValueError as error:
        raise BadInput(str(error)) from error
    if as_json:
        click.echo(json.dumps(found.as_data(), ensure_ascii=False, indent=2))
    else:
        _show_secured(found)
    if found.secured.solution.x is None:
        sys.exit(INFEASIBLE)
    if not found.secured.is_secure:
        sys.exit(TARGET_MISSED)


def _show_secured(found: SecuredReport) -> None:
    data = found.as_data()
    added = " + ".join(str(count) for count in data["added_by_round"]) or "0"
    click.echo(
        f"{data['screened']} combinations of line, outage and hour screened, {data['overloaded_before']} overloaded; "
        f"{added} rows added in {len(data['added_by_round'])} round(s)"
    )
    if found.report is None:
        click.echo(f"no dispatch is secure: {data['status']}; the pairs that are overloaded without security:")
        _show_pairs(found.secured.first)
        return
    click.echo(
        f"cost {data['objective_yuan']:,.0f} yuan, {data['cost_of_security_yuan']:,.0f} of it for security; "
        f"{data['overloaded_after']} overloaded, largest overload by audit {data['largest_overload_by_audit_mw']:.1e} MW"
    )
    _show(found.report)


def _show(report: NetworkReport) -> None:
    click.echo(f"{'line':32s} {'rating MW':>9s} {'highest':>8s} {'h > 90 %':>9s} {'mean MW':>9s}  from, to")
    for one in report.loadings:
        branch = one.branch
        mark = "" if branch.follows_angles else "  (transport)"
        click.echo(
            f"{branch.id:32s} {branch.power_max_mw:9.0f} {one.highest_fraction:8.1%} {one.hours_above:9.0f} "
            f"{one.mean_mw:9.1f}  {branch.bus_from}, {branch.bus_to}{mark}"
        )
    click.echo(f"{report.meshes} mesh(es) of lines with a reactance")
    _show_pairs(report.screening)


def _show_pairs(screening: Any) -> None:
    from yuqian.reports.network import SHOWN

    if not screening.network.branches:
        click.echo("N-1: no line has a reactance, so that no outage can be screened")
        return
    click.echo(
        f"N-1: {screening.screened} combinations of line, outage and hour; {len(screening.overloaded)} overloaded, "
        f"of {len(screening.violated)} pair(s)"
    )
    for pair in screening.pairs[:SHOWN]:
        click.echo(
            f"  {pair.line:32s} without {pair.outage:32s} {pair.loading_fraction:7.1%} of {pair.limit_mw:.0f} MW, "
            f"over in {pair.steps_over} h"
        )
    for outage, buses in sorted(screening.islands.items()):
        click.echo(f"  without {outage}: {', '.join(sorted(buses))} cut off")
