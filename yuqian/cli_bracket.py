"""``yuqian bracket`` and ``yuqian water-values``: what foresight is worth. No logic here; imports are late."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from yuqian.cli_tell import BadInput

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
OVERRIDES = click.option("-o", "overrides", multiple=True, metavar="PATH=VALUE", help="Override a value of the catalogue.")
YEARS = click.option("--years", type=click.IntRange(min=2), default=20, show_default=True, help="Length of the series.")
TRACE = click.option("--trace", type=click.IntRange(min=0), default=0, show_default=True, help="Which trace of river flow.")
LOAD = click.option("--cooling-load", type=click.FloatRange(0.0, 1.0), default=0.5, show_default=True, help="Of cooled units.")
LEARN = click.option("--learn-years", type=click.IntRange(min=2), default=40, show_default=True,
                     help="Years of another trace that values of water are learnt from.")  # fmt: skip


@click.command()
@click.argument("scenario", default="2030-plan")
@OVERRIDES
@YEARS
@TRACE
@LOAD
@LEARN
@click.option("--rolling/--no-rolling", default=True, show_default=True, help="With the rolling horizon in the middle.")
@click.option("--values", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Of 'yuqian water-values'; learnt from the next trace if left out.")  # fmt: skip
@AS_JSON
def bracket(
    scenario: str, overrides: Sequence[str], years: int, trace: int, cooling_load: float, learn_years: int, rolling: bool,
    values: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Run one trace of SCENARIO by rule, by rolling horizon and with perfect foresight, and count and price them alike."""
    from yuqian.optimise.end_values import ValueFunctions
    from yuqian.reports.bracket import PERFECT, ROLLING, RULES, Bracket, ByRule, values_of_water, windows_of

    study = _study(scenario, overrides, years, trace, cooling_load)
    by_rule = _checked(lambda: ByRule.of(study))
    if values is not None:
        known = _checked(lambda: ValueFunctions.read(values))
    else:
        _say("values of water", as_json)
        other = _study(scenario, overrides, learn_years, trace + 1, cooling_load)
        known = _checked(lambda: values_of_water(other, programs_of=windows_of(study), tell=_teller(as_json, 1)))
    found = Bracket(by_rule, known)
    _say(RULES, as_json)
    legs = {RULES: _checked(found.rules)}
    if rolling:
        _say(ROLLING, as_json)
        legs[ROLLING] = _checked(lambda: found.rolling(_teller(as_json, 60)))
    _say(PERFECT, as_json)
    legs[PERFECT] = _checked(found.perfect)
    _show(scenario, years, trace, by_rule.opening_hm3, legs, as_json)


def _show(scenario: str, years: int, trace: int, opening_hm3: float, legs: dict[str, Any], as_json: bool) -> None:
    from rich.console import Console

    from yuqian.reports.bracket_tables import bill_table, bills_as_data
    from yuqian.reports.long_tables import served, served_table, ways_as_data

    columns = {name: served(leg.supply) for name, leg in legs.items()}
    if as_json:
        data = {"scenario": scenario, "years": years, "trace": trace, **ways_as_data(columns), "opening_hm3": opening_hm3}
        click.echo(json.dumps({**data, "bills": bills_as_data(legs)}, ensure_ascii=False, indent=2))
        return
    title = f"{years} years by ten-day period, trace {trace}; m/(n+1); perfect foresight is an OPTIMISTIC bound"
    console = Console(width=160)
    console.print(served_table(columns, title, foresight=True))
    console.print(bill_table(legs, opening_hm3))


@click.command("water-values")
@click.argument("scenario", default="2030-plan")
@OVERRIDES
@click.option("--years", type=click.IntRange(min=2), default=40, show_default=True, help="Years that they are learnt from.")
@click.option("--trace", type=click.IntRange(min=0), default=1, show_default=True, help="Trace of river flow of those years.")
@LOAD
@click.option("--out", type=click.Path(path_type=Path), required=True, help="JSON file to write.")
@AS_JSON
def water_values(
    scenario: str, overrides: Sequence[str], years: int, trace: int, cooling_load: float, out: Path, as_json: bool
) -> None:
    """Compute what stored water is worth in SCENARIO by month and storage, and write it."""
    from rich.console import Console

    from yuqian.reports.bracket import values_of_water
    from yuqian.reports.bracket_tables import values_table

    study = _study(scenario, overrides, years, trace, cooling_load)
    found = _checked(lambda: values_of_water(study, tell=_teller(as_json, 1)))
    out.parent.mkdir(parents=True, exist_ok=True)
    found.write(out)
    if as_json:
        facts = {"file": str(out), "stocks": sorted(found.storage_hm3), "years": years, "trace": trace}
        click.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    Console(width=120).print(values_table(found))
    click.echo(f"values of {len(found.storage_hm3)} stocks by month, written to {out}")


def _study(scenario: str, overrides: Sequence[str], years: int, trace: int, load: float) -> Any:
    from yuqian.assets.scenario import load_region
    from yuqian.reports.long import LongStudy
    from yuqian.timeseries.long_series import LongPlan

    return _checked(lambda: LongStudy.of(load_region(scenario, overrides), LongPlan(years, trace, load_fraction=load)))


def _checked(make: Callable[[], Any]) -> Any:
    from yuqian.optimise.solve import SolverError
    from yuqian.reports.study import NoAnswer

    try:
        return make()
    except (SolverError, NoAnswer) as error:
        raise click.ClickException(str(error)) from error
    except ValueError as error:
        raise BadInput(str(error)) from error


def _say(what: str, quiet: bool) -> None:
    if not quiet:
        click.echo(what, err=True)


def _teller(quiet: bool, every: int) -> Callable[[int, int], None]:
    def tell(done: int, total: int) -> None:
        if not quiet and (done == total or done % every == 0):
            click.echo(f"{done} of {total}", err=True)

    return tell
