"""``yuqian run``: solve a year, or a part of it, at once or by rolling windows. No logic here; imports are late."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from yuqian.cli_tell import (
    INFEASIBLE,
    LIMIT_WITH_SOLUTION,
    LIMIT_WITHOUT_SOLUTION,
    TARGET_MISSED,
    BadInput,
    print_tables,
    quiet,
    refuse,
    teller,
)

if TYPE_CHECKING:
    from yuqian.optimise.rolling import Window
    from yuqian.reports.rolling import RollingRun
    from yuqian.reports.study import RunResult

COMMITMENTS = click.Choice(["none", "relaxed", "integer"])


@click.command()
@click.argument("scenario", default="2030-plan")
@click.option("-o", "overrides", multiple=True, metavar="PATH=VALUE", help="Override, as panlong_1.energy_max_mwh=8000.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--runs", type=click.Path(path_type=Path), default=Path("runs"), show_default=True, help="Where to save.")
@click.option("--time-limit", "time_limit_s", type=click.FloatRange(min=1.0), help="Seconds for the solver (each window).")
@click.option("--require-targets", is_flag=True, help="Exit with 6 when a promise fails.")
@click.option("--stress", "overlays", multiple=True, metavar="NAME", help="A stress overlay, as summer_2022.")
@click.option("--series", "series_files", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
              help="Series of your own, .csv or .nc, in place of made ones.")  # fmt: skip
@click.option("--order", type=click.Choice(["weighted", "lexicographic"]),
              help="Water users by price, or strictly by class; as the region says if left out.")  # fmt: skip
@click.option("--settle", is_flag=True, help="Solve again until heads and water surfaces fit the answer.")
@click.option("--commitment", type=COMMITMENTS, help="How units are committed; as the catalogue says if left out.")
@click.option("--gap", "gap_fraction", type=click.FloatRange(0.0, 1.0), help="Relative gap of whole decisions.")
@click.option("--from", "month_day", metavar="MM-DD", help="First day of a part of the year.")
@click.option("--days", type=click.IntRange(1, 366), help="Days of the part.")
@click.option("--rolling", is_flag=True, help="Solve window by window, each seeing some days ahead.")
@click.option("--keep", "keep_days", type=click.IntRange(1), default=7, show_default=True, help="Days kept of a window.")
@click.option("--ahead", "ahead_days", type=click.IntRange(0), default=1, show_default=True, help="Days it sees beyond.")
@click.option("--foresight", type=click.Choice(["perfect", "forecast"]), default="forecast", show_default=True)
@click.option("--terminal", type=click.Choice(["value", "path", "nothing"]), default="value", show_default=True)
@click.option("--guide", type=click.Choice(["none", "coarse", "joined", "relaxed"]), default="coarse", show_default=True,
              help="Linear program of the whole that guides the windows.")  # fmt: skip
def run(**given: Any) -> None:
    """Solve a year of SCENARIO, or a part of it, and count the three promises."""
    from yuqian.assets.problems import CatalogueError
    from yuqian.optimise.assemble import AssemblyError
    from yuqian.optimise.rolling import RollingError
    from yuqian.optimise.solve import Outcome, SolverError
    from yuqian.reports.audit import AuditError
    from yuqian.reports.study import NoAnswer
    from yuqian.timeseries.resource import ResourceError
    from yuqian.timeseries.tables import TableError

    try:
        result, rolling = _answer(**given)
    except CatalogueError as error:
        refuse(error, given["as_json"])
    except (AssemblyError, ResourceError, TableError) as error:
        raise BadInput(str(error)) from error
    except (AuditError, SolverError, RollingError) as error:
        raise click.ClickException(str(error)) from error
    except NoAnswer as error:
        click.echo(f"error: {error}", err=True)
        stopped = error.outcome in (Outcome.INTERRUPTED, Outcome.LIMIT_WITHOUT_SOLUTION)
        sys.exit(LIMIT_WITHOUT_SOLUTION if stopped else INFEASIBLE)
    _tell(result, rolling, given["as_json"], given["days"] is None)
    if result.solution.outcome is not Outcome.OPTIMAL:
        sys.exit(LIMIT_WITH_SOLUTION)
    if given["require_targets"] and not result.targets.all_met:
        sys.exit(TARGET_MISSED)


def _answer(**given: Any) -> tuple[RunResult, RollingRun | None]:
    from yuqian.models.commitment_law import Commitment
    from yuqian.models.user_class import Order
    from yuqian.optimise.guide import Guidance, Terminal
    from yuqian.optimise.rolling import RollingPlan
    from yuqian.optimise.solve import SolverOptions
    from yuqian.reports.rolling import roll
    from yuqian.reports.study import Part, load
    from yuqian.timeseries.foresight import Foresight

    if (given["month_day"] is None) != (given["days"] is None):
        raise BadInput("a part of the year needs its first day and how many: --from MM-DD --days N")
    if given["rolling"] and (given["settle"] or given["order"] == Order.LEXICOGRAPHIC.value):
        raise BadInput("windows take water users by price, with heads as given; leave out --order and --settle, or --rolling")
    part = None if given["days"] is None else Part(given["month_day"], given["days"])
    tell = quiet if given["as_json"] else teller()
    tell("read", None)
    limits = {"time_limit_s": given["time_limit_s"], "gap_fraction": given["gap_fraction"]}
    limits = {name: value for name, value in limits.items() if value is not None}
    try:
        study = load(given["scenario"], given["overrides"], given["overlays"], part, given["series_files"])
    except ValueError as error:
        if part is None or type(error) is not ValueError:
            raise
        raise BadInput(str(error)) from error
    if given["commitment"] is not None:
        study = study.with_commitment(Commitment(given["commitment"]))
    if not given["rolling"]:
        water = study.water_plan(None if given["order"] is None else Order(given["order"]), settles=given["settle"])
        return study.run(SolverOptions(**limits), tell, given["runs"], water), None
    if given["order"] is None and study.region.water.ordering is not Order.WEIGHTED:
        raise BadInput("the region orders its water users strictly, and windows take them by price; say --order weighted")
    plan = RollingPlan(
        given["keep_days"], given["ahead_days"], Foresight(given["foresight"]), Terminal(given["terminal"]), **limits
    )
    each = None if given["as_json"] else _window
    run = roll(study, plan, None, tell, each, given["runs"], Guidance(given["guide"]))
    return run.result, run


def _window(window: Window, count: int) -> None:
    click.echo(
        f"           window {window.span.number + 1} of {count}: {window.outcome.value}, gap {window.gap_fraction:.3%}, "
        f"{window.iterations} iterations, {window.seconds:.1f} s",
        err=True,
    )


def _tell(result: RunResult, rolling: RollingRun | None, as_json: bool, counts: bool) -> None:
    from yuqian.reports.tables import breakdown_tables, run_as_data, targets_table
    from yuqian.reports.water_tables import refined_tables, water_as_data, water_tables

    if as_json:
        data = (
            run_as_data(result) | {"water": water_as_data(result)} | ({} if rolling is None else {"rolling": rolling.as_data()})
        )
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    if counts:
        print_tables(targets_table(result.targets), *breakdown_tables(result.targets), *water_tables(result))
    elif rolling is None:
        print_tables(*refined_tables(result))
    click.echo(
        f"{result.solution.outcome.value}: {result.objective_yuan:,.0f} yuan; audit of {len(result.audit.findings)} checks "
        f"passed, largest residual {result.audit.largest_relative:.1e}; saved in {result.folder}"
    )
    if rolling is not None:
        click.echo(
            f"{len(rolling.rolled.windows)} windows, largest gap {rolling.largest_gap_fraction:.3%}; perfect foresight costs "
            f"at least {rolling.guide.cost_yuan:,.0f} yuan, the windows {rolling.distance_fraction:.2%} more "
            f"({rolling.linear_distance_fraction:.2%} more than the linear program), with "
            f"{rolling.end_yuan:,.0f} yuan for what stocks lack at the end"
        )
        for name, off, yuan in rolling.ends:
            click.echo(f"  {name} ends {off:+,.6g} from where it should, worth {yuan:,.0f} yuan")
