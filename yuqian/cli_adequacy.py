"""``yuqian adequacy``. No logic here; imports are late, so that help is quick."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from yuqian.cli_tell import BadInput


@click.command()
@click.argument("scenario", default="2030-plan")
@click.option("-o", "overrides", multiple=True, metavar="PATH=VALUE", help="Override a value, as anwen_2.repair_mean_h=80.")
@click.option("--years", type=click.IntRange(min=1), default=20, show_default=True, help="Weather years at most.")
@click.option("--draws", type=click.IntRange(min=1), default=10, show_default=True, help="Draws of outages a weather year.")
@click.option("--lole", "lole_max_h", type=click.FloatRange(min=0.0), default=3.0, show_default=True, help="Hours allowed.")
@click.option("--export", "export_mw", type=float, help="Firm export to assess, MW; left out, the largest one.")
@click.option("--error", "relative_error_max", type=click.FloatRange(min=0.0), help="Stop at this relative error of EENS.")
@click.option("--import", "imports", multiple=True, metavar="ASSET", help="Count the imports of this asset.")
@click.option("--out", "out", multiple=True, metavar="ASSET", help="One machine or pole of it, the largest, out all the time.")
@click.option("--stress", multiple=True, help="Stress overlay by name; may be given several times.")
@click.option("--credits", "classes", type=click.Choice(["kind", "asset", "none"]), default="kind", show_default=True,
              help="Capacity credits by kind, by asset, or none.")  # fmt: skip
@click.option(
    "--risk", type=click.Choice(["eens", "lole"]), default="eens", show_default=True, help="What a credit holds equal."
)
@click.option("--measure", type=click.Choice(["firm", "load"]), default="firm", show_default=True,
              help="A credit as firm power that replaces, or as firm load that is carried.")  # fmt: skip
@click.option("--maintenance", type=click.Choice(["levelled", "even"]), default="levelled", show_default=True,
              help="Planned outages in low season, or spread over all hours.")  # fmt: skip
@click.option("--no-foresight", is_flag=True, help="Leave out the bound with perfect foresight.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of weather and outages.")
@click.option("--runs", type=click.Path(path_type=Path), default=Path("runs"), show_default=True, help="Where to save.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def adequacy(
    scenario: str,
    overrides: tuple[str, ...],
    years: int,
    draws: int,
    lole_max_h: float,
    export_mw: float | None,
    relative_error_max: float | None,
    imports: tuple[str, ...],
    out: tuple[str, ...],
    stress: tuple[str, ...],
    classes: str,
    risk: str,
    measure: str,
    maintenance: str,
    no_foresight: bool,
    seed: int | None,
    runs: Path,
    as_json: bool,
) -> None:
    """LOLE, EENS, firm export and capacity credits of SCENARIO, by sampling weather and outages."""
    from yuqian.optimise.adequacy import Classes, Question
    from yuqian.optimise.adequacy_case import AdequacyOptions
    from yuqian.optimise.capacity_credit import Measure, Risk
    from yuqian.optimise.maintenance import Maintenance
    from yuqian.reports.adequacy import report_adequacy
    from yuqian.timeseries.stress import stress as stress_named

    def tell(text: str) -> None:
        if not as_json:
            click.echo(text, err=True)

    try:
        options = AdequacyOptions(
            AdequacyOptions.seed if seed is None else seed, draws, frozenset(imports),
            {asset: out.count(asset) for asset in out}, Maintenance(maintenance), tuple(map(stress_named, stress)),
        )  # fmt: skip
        question = Question(
            years, lole_max_h, export_mw, relative_error_max, not no_foresight, Classes(classes), Risk(risk), Measure(measure)
        )
        report = report_adequacy(scenario, overrides, options, question, tell).save(runs)
    except ValueError as error:
        raise BadInput(str(error)) from error
    if as_json:
        click.echo(json.dumps(report.as_data(), ensure_ascii=False, indent=2))
        return
    from rich.console import Console

    console = Console(soft_wrap=False, width=None if sys.stdout.isatty() else 160)
    for table in report.tables():
        console.print(table)
    click.echo(f"{report.assessment.stopped}; saved in {report.folder}")
