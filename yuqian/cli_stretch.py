"""``yuqian coal`` and ``yuqian shortage``: some weeks of a year around an event. No logic here; imports are late."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from yuqian.cli_tell import BadInput

if TYPE_CHECKING:
    from yuqian.reports.coal import LateReport
    from yuqian.reports.shortage import Shortage

INFEASIBLE, LIMIT_WITHOUT_SOLUTION = 3, 5
T = TypeVar("T")
SCENARIO = click.argument("scenario", default="2030-plan")
OVERRIDES = click.option("-o", "overrides", multiple=True, metavar="PATH=VALUE", help="Override a value.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
STRESS = click.option("--stress", multiple=True, metavar="NAME", help="A stress overlay, as summer_2022.")
FROM = click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First day; the first of the year if left out.")


def _days(usual: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option("--days", type=click.IntRange(1, 366), default=usual, show_default=True, help="How many days.")


@click.command()
@SCENARIO
@OVERRIDES
@FROM
@_days(28)
@click.option("--late-train", "late", multiple=True, metavar="CORRIDOR:DUE:DAYS[:TRAINS]", help="As rail_guizhou:2030-01-10:5.")
@click.option("--closed", multiple=True, metavar="CORRIDOR:FROM:UNTIL", help="A corridor closed until it opens on a day.")
@click.option("--foreseen", is_flag=True, help="Let decisions before the event know of it.")
@STRESS
@AS_JSON
def coal(
    scenario: str,
    overrides: tuple[str, ...],
    first: dt.datetime | None,
    days: int,
    late: tuple[str, ...],
    closed: tuple[str, ...],
    foreseen: bool,
    stress: tuple[str, ...],
    as_json: bool,
) -> None:
    """Days of cover, energy lost and the value of a tonne over some weeks of SCENARIO, in time and with trains late."""
    from yuqian.reports.coal import late_report
    from yuqian.reports.stretch import load_stretch, stressed

    def answer() -> LateReport:
        given = (*overrides, *_late_overrides(late), *_closed_overrides(closed))
        study = load_stretch(scenario, first.date() if first else None, days, given, stress)
        return late_report(study, stressed(stress), foreseen)

    report = _guarded(answer)
    if as_json:
        click.echo(json.dumps(report.as_data(), ensure_ascii=False, indent=2))
        return
    for line in report.lines():
        click.echo(line)


@click.command()
@SCENARIO
@OVERRIDES
@FROM
@_days(28)
@STRESS
@click.option("--without", multiple=True, metavar="ASSET", help="Once more without this asset, as tie_yuqian.")
@AS_JSON
def shortage(
    scenario: str,
    overrides: tuple[str, ...],
    first: dt.datetime | None,
    days: int,
    stress: tuple[str, ...],
    without: tuple[str, ...],
    as_json: bool,
) -> None:
    """Hours short over some weeks of SCENARIO, what was cut first, and how the stores stood."""
    from yuqian.optimise.compile import compile_model
    from yuqian.reports.shortage import shortage as shortage_of
    from yuqian.reports.stretch import load_stretch, solved

    def found(*more: str) -> Shortage:
        study = load_stretch(scenario, first.date() if first else None, days, (*overrides, *more), stress)
        assembly = study.assemble()
        return shortage_of(solved(assembly, compile_model(assembly.model)))

    reports = {"with all": _guarded(found)}
    if without:
        left_out = f"select.remove=[{', '.join(without)}]"
        reports[f"without {', '.join(without)}"] = _guarded(lambda: found(left_out))
    if as_json:
        data = {name: report.as_data() for name, report in reports.items()}
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    for name, report in reports.items():
        click.echo(f"{name}:")
        for line in report.lines():
            click.echo(f"  {line}")


def _late_overrides(late: tuple[str, ...]) -> list[str]:
    """Late trains as overrides of their corridors."""
    by_corridor: dict[str, list[list[str]]] = {}
    for text in late:
        corridor, *parts = text.split(":")
        if len(parts) not in (2, 3):
            raise BadInput(f"'{text}' is no late train; write CORRIDOR:DUE:DAYS, as rail_guizhou:2030-01-10:5, or with :TRAINS")
        by_corridor.setdefault(corridor, []).append([*parts, "1"][:3])
    fields = ("late_due", "late_days", "late_train_count")
    return [
        f"{corridor}.{field}=[{', '.join(values)}]"
        for corridor, events in by_corridor.items()
        for field, values in zip(fields, zip(*events, strict=True), strict=True)
    ]


def _closed_overrides(closed: tuple[str, ...]) -> list[str]:
    by_corridor: dict[str, list[list[str]]] = {}
    for text in closed:
        corridor, *parts = text.split(":")
        if len(parts) != 2:
            raise BadInput(f"'{text}' is no closure; write CORRIDOR:FROM:UNTIL, as rail_guizhou:2030-01-10:2030-01-17")
        by_corridor.setdefault(corridor, []).append(parts)
    return [
        f"{corridor}.{field}=[{', '.join(values)}]"
        for corridor, events in by_corridor.items()
        for field, values in zip(("closed_from", "closed_until"), zip(*events, strict=True), strict=True)
    ]


def _guarded(answer: Callable[[], T]) -> T:
    """What ``answer`` gives; its errors as exit codes."""
    from yuqian.assets.problems import CatalogueError
    from yuqian.optimise.assemble import AssemblyError
    from yuqian.optimise.solve import Outcome, SolverError
    from yuqian.reports.audit import AuditError
    from yuqian.reports.stretch import StretchError
    from yuqian.reports.study import NoAnswer
    from yuqian.timeseries.resource import ResourceError
    from yuqian.timeseries.tables import TableError

    try:
        return answer()
    except CatalogueError as error:
        raise BadInput(f"{error}\n{len(error.problems)} problem(s); nothing was written") from error
    except (AssemblyError, ResourceError, StretchError, TableError) as error:
        raise BadInput(str(error)) from error
    except (AuditError, SolverError) as error:
        raise click.ClickException(str(error)) from error
    except NoAnswer as error:
        click.echo(f"error: {error}", err=True)
        stopped = error.outcome in (Outcome.INTERRUPTED, Outcome.LIMIT_WITHOUT_SOLUTION)
        sys.exit(LIMIT_WITHOUT_SOLUTION if stopped else INFEASIBLE)
