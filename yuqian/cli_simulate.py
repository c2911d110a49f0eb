"""``yuqian simulate``: a region by operating rules over many years. No logic here; imports are late, so that help is quick."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from yuqian.cli_tell import BadInput, print_tables

if TYPE_CHECKING:
    from yuqian.assets.region import Region
    from yuqian.optimise.long_simulation import LongRun
    from yuqian.optimise.operating_rules import Rules
    from yuqian.reports.fitted_rules import FittedRules
    from yuqian.reports.long_simulation import LongReport

SCENARIO = click.argument("scenario", default="2030-plan")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
OVERRIDES = click.option(
    "-o", "overrides", multiple=True, metavar="PATH=VALUE", help="Override a value, as zaodu.in_service=2031-10-31."
)
FIT_ON_TRACES, JUDGE_ON_TRACES = 40, 120
"""Traces that rule curves are improved on; and how many choose among the rules, and as many again judge them: a drought that
tells rules apart comes once in many traces."""
FORMULAS, FAILURES = {"m/(n+1)": "WEIBULL", "m/n": "PLAIN"}, {"short": "SHORT", "deep": "DEEP"}


@click.command()
@SCENARIO
@OVERRIDES
@click.option("--years", type=click.IntRange(1, 1000), default=60, show_default=True, help="Length of a trace.")
@click.option("--traces", type=click.IntRange(1), default=200, show_default=True, help="How many.")
@click.option("--seed", type=click.IntRange(0), help="Seed of the flow.")
@click.option("--dekads", is_flag=True, help="Steps of ten days (旬) instead of days.")
@click.option("--year-start", default="01-01", show_default=True, metavar="MM-DD", help="First day of a year for counting.")
@click.option("--formula", type=click.Choice(list(FORMULAS)), default="m/(n+1)", show_default=True)
@click.option(
    "--failed", type=click.Choice(list(FAILURES)), default="short", show_default=True,
    help="A period fails when it is short beyond the tolerance, or only beyond the allowed depth.",
)  # fmt: skip
@click.option("--drought", type=click.IntRange(1), metavar="YEARS", help="Make so many years in a row as dry as P = 95 %.")
@click.option("--drought-share", type=click.FloatRange(0.5, 0.999), default=0.95, show_default=True, help="P of those years.")
@click.option("--over", multiple=True, metavar="PATH", help="Also at both ends of this value's range.")
@click.option("--fit", type=click.IntRange(2), metavar="YEARS", help="Run by curves fitted to an optimum of so many years.")
@click.option("--capability", is_flag=True, help="Also the largest demands at which every class keeps its guarantee.")
@click.option(
    "--foresight", type=click.IntRange(0), default=0, show_default=True, metavar="N",
    help="Also the first N traces by ten days, by rule and with perfect foresight: what foresight is worth.",
)  # fmt: skip
@click.option("--users", is_flag=True, help="Every user and ecological flow too.")
@click.option(
    "--table",
    "table_file",
    type=click.Path(path_type=Path),
    help="Standard tables of a trace: .xlsx, or .csv with two more files beside it.",
)
@AS_JSON
def simulate(
    scenario: str, overrides: tuple[str, ...], years: int, traces: int, seed: int | None, dekads: bool, year_start: str,
    formula: str, failed: str, drought: int | None, drought_share: float, over: tuple[str, ...], fit: int | None,
    capability: bool, foresight: int, users: bool, table_file: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Run the water of SCENARIO by operating rules, without foresight, and count guarantee rates."""
    from yuqian.optimise.long_simulation import LongRun
    from yuqian.optimise.operating_network import OperatingError
    from yuqian.reports.bracket import PERFECT
    from yuqian.reports.capability import capability_as_data, capability_lines, capability_of, capability_table
    from yuqian.reports.foresight import foresight_of
    from yuqian.reports.guarantee import Failure, Formula
    from yuqian.reports.long_simulation import as_data, guarantee_table, report_of, summary, variants_table
    from yuqian.reports.long_tables import served_table, ways_as_data
    from yuqian.reports.study import NoAnswer
    from yuqian.timeseries.long_flow import FlowPlan
    from yuqian.timeseries.trace_series import DroughtYears

    if table_file is not None and table_file.suffix not in (".xlsx", ".csv"):
        raise BadInput(f"'{table_file.name}': the standard tables are written as .xlsx or .csv")
    try:
        region = _region(scenario, overrides)
        dry = None if drought is None else DroughtYears(drought, drought_share)
        run = LongRun(years, traces, FlowPlan().seed if seed is None else seed, not dekads, _month_day(year_start), dry)
        fitted = None if fit is None else _fitted(region, run, fit)
        rules = None if fitted is None else fitted.for_run(run)
        reports = [
            report_of(
                changed,
                run,
                rules,
                formula=Formula[FORMULAS[formula]],
                failure=Failure[FAILURES[failed]],
                variant=label,
                tell=None if as_json else _teller(label),
            )
            for label, changed in list(_variants(scenario, overrides, region, over))
        ]
        found = capability_of(region, run, rules) if capability else None
        rule, teller = (Formula[FORMULAS[formula]], Failure[FAILURES[failed]]), None if as_json else _teller(PERFECT)
        curves = None if fitted is None else fitted.on
        worth = foresight_of(region, run, foresight, curves, *rule, tell=teller) if foresight else None
        if table_file is not None:
            _write_tables(reports[0], rules, table_file)
    except NoAnswer as error:
        raise click.ClickException(str(error)) from error
    except (OperatingError, ValueError) as error:
        raise BadInput(str(error)) from error
    first = reports[0]
    if as_json:
        data = as_data(first)
        if len(reports) > 1:
            data["variants"] = [as_data(report) for report in reports[1:]]
        if fitted is not None:
            data["rule_curves"] = fitted.as_data()
        if found is not None:
            data["capability"] = capability_as_data(found)
        if worth is not None:
            data["foresight_by_class"] = {"traces": foresight, "steps": "ten-day period", **ways_as_data(worth.columns)}
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    tables = [guarantee_table("Guarantee rates by class, operating rules", first.classes)]
    if worth is not None:
        title = f"First {foresight} trace(s) by ten-day period, {formula}; perfect foresight is an OPTIMISTIC bound"
        tables.append(served_table(worth.columns, title, foresight=True))
    tables += [guarantee_table("By user, and ecological flow", first.users)] if users else []
    tables += [variants_table(reports)] if len(reports) > 1 else []
    tables += [] if found is None else [capability_table(found)]
    print_tables(*tables, width=190)
    click.echo(summary(first))
    if fitted is not None:
        click.echo(fitted.lines())
    if found is not None:
        click.echo(capability_lines(found))


def _region(scenario: str, overrides: tuple[str, ...]) -> Region:
    from yuqian.assets.scenario import load_region

    return load_region(scenario, overrides)


def _variants(
    scenario: str, overrides: tuple[str, ...], region: Region, over: tuple[str, ...]
) -> Iterator[tuple[str, Region]]:  # fmt: skip
    """The region as it is, and with each value of ``over`` at the low and the high end of its range."""
    yield "as planned", region
    for path in over:
        asset_id, _, field = path.partition(".")
        try:
            fact = region.asset(asset_id).facts[field]
        except KeyError as error:
            raise BadInput(f"--over {path}: no such value in service; see 'yuqian assets show {asset_id}'") from error
        ends = fact.ends()
        if ends is None:
            raise BadInput(f"--over {path}: the value has no range; give it one in the catalogue, or use -o {path}=...")
        for end in ends:
            yield f"{path} = {end:g}", _region(scenario, (*overrides, f"{path}={end:g}"))


def _fitted(region: Region, run: LongRun, years: int) -> FittedRules:
    """Curves of the optimum over so many years, improved by ten-day period on traces that the run has not."""
    from dataclasses import replace

    from yuqian.reports.fitted_rules import fit_rules, storages_of
    from yuqian.reports.long import LongStudy
    from yuqian.timeseries.long_series import LongPlan

    unseen = run.first + run.traces
    study = LongStudy.of(region, LongPlan(years=years, seed=run.seed, trace=unseen))
    learn = replace(run, traces=FIT_ON_TRACES, by_day=False, first=unseen)
    return fit_rules(region, storages_of(study.run()), learn, apart=JUDGE_ON_TRACES)


def _month_day(text: str) -> str:
    import datetime as dt

    try:
        dt.date.fromisoformat(f"2025-{text}")
    except ValueError as error:
        raise BadInput(f"--year-start {text}: write a day as MM-DD, as 05-01") from error
    return text


def _write_tables(report: LongReport, rules: Rules | None, file: Path) -> None:
    """The standard tables by month, those of the users and the indicators: a workbook, or three files of text."""
    from dataclasses import replace

    from yuqian.assets.workbook import EXCEL, write_csv, write_workbook
    from yuqian.optimise.long_simulation import simulate_long
    from yuqian.optimise.simulate import Keep
    from yuqian.reports.operating_sheets import as_rows, operating_sheets
    from yuqian.reports.operating_tables import indicators, standard_table, supply_table
    from yuqian.reports.usual_rules import usual_rules

    region = report.region
    one = simulate_long(region.kinds, replace(report.run, traces=1, keep=Keep.MONTH), rules or usual_rules(region))
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix == EXCEL:
        write_workbook(file, operating_sheets(one, report))
        return
    parts = {"": standard_table(one), "_users": supply_table(one), "_indicators": indicators(report.simulation)}
    for ending, table in parts.items():
        write_csv(file.with_name(f"{file.stem}{ending}{file.suffix}"), as_rows(table))


def _teller(label: str) -> Callable[[int, int], None]:
    return lambda done, of: click.echo(f"{label}: {done} of {of} traces", err=True)
