"""``yuqian bracket`` and ``yuqian water-values``: what foresight is worth. No logic here; imports are late."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

BAD_INPUT = 2
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
OVERRIDES = click.option("-o", "overrides", multiple=True, metavar="PATH=VALUE", help="Override a value of the catalogue.")
YEARS = click.option("--years", type=click.IntRange(min=2), default=20, show_default=True, help="Length of the series.")
TRACE = click.option("--trace", type=click.IntRange(min=0), default=0, show_default=True, help="Which trace of river flow.")
LOAD = click.option("--cooling-load", type=click.FloatRange(0.0, 1.0), default=0.5, show_default=True, help="Of cooled units.")
TERMINALS = ("target", "value", "none")


class BadInput(click.ClickException):
    """Input that is refused."""

    exit_code = BAD_INPUT


@click.command()
@click.argument("scenario", default="2030-plan")
@OVERRIDES
@YEARS
@TRACE
@LOAD
@click.option("--rolling/--no-rolling", default=True, show_default=True, help="With the rolling horizon in the middle.")
@click.option("--terminal", type=click.Choice(TERMINALS), default="target", show_default=True, help="What windows end with.")
@click.option("--values", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Of 'yuqian water-values'.")
@click.option("--caution", type=click.FloatRange(0.0, 2.0), default=0.8, show_default=True, help="On expected inflow.")
@AS_JSON
def bracket(
    scenario: str, overrides: Sequence[str], years: int, trace: int, cooling_load: float, rolling: bool, terminal: str,
    values: Path | None, caution: float, as_json: bool,
) -> None:  # fmt: skip
    """Run one trace of SCENARIO by rule, by rolling horizon and with perfect foresight, and count them alike."""
    from rich.console import Console

    from yuqian.optimise.end_values import Terminal, ValueFunctions
    from yuqian.reports.bracket import PERFECT, ROLLING, RULES, guidance, rolled_supply, rules_supply
    from yuqian.reports.long_tables import bracket_as_data, served, served_table

    wanted = Terminal(terminal)
    if wanted is Terminal.VALUE and values is None:
        raise BadInput("--terminal value needs --values FILE; make one with 'yuqian water-values'")
    result = _solved(scenario, overrides, years, trace, cooling_load, as_json)
    supplies = {PERFECT: result.supply}
    if rolling:
        known = None if values is None else _checked(lambda: ValueFunctions.read(values))
        guide = guidance(result)
        rolled = _checked(lambda: rolled_supply(result, guide, wanted, known, caution, tell=_teller(as_json)))
        supplies = {ROLLING: rolled, **supplies}
    supplies = {RULES: _checked(lambda: rules_supply(result)), **supplies}
    columns = {name: served(supply) for name, supply in supplies.items()}
    if as_json:
        click.echo(json.dumps(bracket_as_data(result, columns), ensure_ascii=False, indent=2))
        return
    title = f"{years} years by ten-day period, trace {trace}; m/(n+1); perfect foresight is an OPTIMISTIC bound"
    Console(width=160).print(served_table(columns, title))


@click.command("water-values")
@click.argument("scenario", default="2030-plan")
@OVERRIDES
@YEARS
@TRACE
@LOAD
@click.option("--out", type=click.Path(path_type=Path), required=True, help="JSON file to write.")
@AS_JSON
def water_values(
    scenario: str, overrides: Sequence[str], years: int, trace: int, cooling_load: float, out: Path, as_json: bool
) -> None:
    """Compute what stored water is worth in SCENARIO by month and storage, and write it."""
    from yuqian.reports.bracket import guidance, values_of_water

    result = _solved(scenario, overrides, years, trace, cooling_load, as_json)
    found = _checked(lambda: values_of_water(result.study, guidance(result), tell=_teller(as_json)))
    out.parent.mkdir(parents=True, exist_ok=True)
    found.write(out)
    facts = {"file": str(out), "stocks": sorted(found.storage_hm3), "years": years, "trace": trace}
    text = f"values of {len(found.storage_hm3)} stocks by month, written to {out}"
    click.echo(json.dumps(facts, ensure_ascii=False, indent=2) if as_json else text)


def _solved(scenario: str, overrides: Sequence[str], years: int, trace: int, load: float, quiet: bool) -> Any:
    from yuqian.assets.scenario import load_region
    from yuqian.reports.long import LongStudy
    from yuqian.reports.study import NoAnswer
    from yuqian.timeseries.long_series import LongPlan

    try:
        study = LongStudy.of(load_region(scenario, overrides), LongPlan(years, trace, load_fraction=load))
        if not quiet:
            click.echo("perfect foresight", err=True)
        return study.run()
    except NoAnswer as error:
        raise click.ClickException(str(error)) from error
    except ValueError as error:
        raise BadInput(str(error)) from error


def _checked(make: Callable[[], Any]) -> Any:
    from yuqian.optimise.long_rolling import LongRollingError

    try:
        return make()
    except LongRollingError as error:
        raise click.ClickException(str(error)) from error
    except ValueError as error:
        raise BadInput(str(error)) from error


def _teller(quiet: bool) -> Callable[[int, int], None]:
    def tell(done: int, total: int) -> None:
        if not quiet and (done == total or done % 60 == 0):
            click.echo(f"{done} of {total} windows", err=True)

    return tell
