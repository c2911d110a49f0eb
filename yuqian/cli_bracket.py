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
    from yuqian.reports.bracket import PERFECT, ROLLING, RULES, ByRule, guidance, rolled_supply
    from yuqian.reports.long_tables import served, served_table, ways_as_data

    wanted = Terminal(terminal)
    if wanted is Terminal.VALUE and values is None:
        raise BadInput("--terminal value needs --values FILE; make one with 'yuqian water-values'")
    study = _study(scenario, overrides, years, trace, cooling_load)
    by_rule = _checked(lambda: ByRule.of(study))
    result = _solved(by_rule.study, as_json)
    stores = by_rule.simulation.names.stores
    supplies, closing = {PERFECT: result.supply}, {PERFECT: by_rule.closing_of(result)}
    if rolling:
        known = None if values is None else _checked(lambda: ValueFunctions.read(values))
        guide = guidance(result)
        rolled, left = _checked(lambda: rolled_supply(result, guide, wanted, known, caution, tell=_teller(as_json)))
        supplies = {ROLLING: rolled, **supplies}
        closing[ROLLING] = sum(float(left[store, "opening_storage_hm3"].sum()) for store in stores)
    supplies, closing[RULES] = {RULES: by_rule.supply(result.supply), **supplies}, by_rule.closing_hm3
    columns = {name: served(supply) for name, supply in supplies.items()}
    if as_json:
        ends = {"opening_hm3": by_rule.opening_hm3, "closing_hm3": {name: closing[name] for name in columns}}
        data = {"scenario": result.study.region.scenario, "years": years, "trace": trace, **ways_as_data(columns), **ends}
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    title = f"{years} years by ten-day period, trace {trace}; m/(n+1); perfect foresight is an OPTIMISTIC bound"
    Console(width=160).print(served_table(columns, title, foresight=True))
    ends_text = ", ".join(f"{name} {closing[name]:.1f}" for name in columns)
    click.echo(f"reservoirs, hm3: all begin with {by_rule.opening_hm3:.1f}; end with: {ends_text}")


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

    result = _solved(_study(scenario, overrides, years, trace, cooling_load), as_json)
    found = _checked(lambda: values_of_water(result.study, guidance(result), tell=_teller(as_json)))
    out.parent.mkdir(parents=True, exist_ok=True)
    found.write(out)
    facts = {"file": str(out), "stocks": sorted(found.storage_hm3), "years": years, "trace": trace}
    text = f"values of {len(found.storage_hm3)} stocks by month, written to {out}"
    click.echo(json.dumps(facts, ensure_ascii=False, indent=2) if as_json else text)


def _study(scenario: str, overrides: Sequence[str], years: int, trace: int, load: float) -> Any:
    from yuqian.assets.scenario import load_region
    from yuqian.reports.long import LongStudy
    from yuqian.timeseries.long_series import LongPlan

    return _checked(lambda: LongStudy.of(load_region(scenario, overrides), LongPlan(years, trace, load_fraction=load)))


def _solved(study: Any, quiet: bool) -> Any:
    from yuqian.reports.study import NoAnswer

    try:
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
