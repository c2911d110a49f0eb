"""``yuqian best-yield``: the best yield of a dam. No logic here; imports are late, so that help is quick."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from yuqian.cli_tell import BadInput


@click.command("best-yield")
@click.argument("dam")
@click.argument("scenario", default="2030-plan")
@click.option("-o", "overrides", multiple=True, metavar="PATH=VALUE", help="Override a value of the catalogue.")
@click.option("--failing", type=click.IntRange(min=0), default=2, show_default=True, help="Years that may fail.")
@click.option(
    "--depth", type=click.FloatRange(0.0, 1.0), default=1.0, show_default=True, help="Share missing in them, at most."
)
@click.option("--years", type=click.IntRange(min=1), default=60, show_default=True, help="Length of the series.")
@click.option("--trace", type=click.IntRange(min=0), default=0, show_default=True, help="Which trace of river flow.")
@click.option("--time-limit", "time_limit_s", type=click.FloatRange(min=1.0), default=300.0, show_default=True, help="Seconds.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def best_yield(
    dam: str, scenario: str, overrides: Sequence[str], failing: int, depth: float, years: int, trace: int,
    time_limit_s: float, as_json: bool,
) -> None:  # fmt: skip
    """Find the largest steady draft that DAM keeps up over many years with at most so many failing ones."""
    from yuqian.assets.scenario import load_region
    from yuqian.optimise.best_yield import YieldError
    from yuqian.optimise.solve import SolverOptions
    from yuqian.reports.dam_yield import as_data, dam_yield
    from yuqian.timeseries.long_series import LongPlan

    if failing >= years:
        raise BadInput(f"{failing} failing years leave nothing of {years}")
    options = SolverOptions(gap_fraction=1e-4, time_limit_s=time_limit_s)
    try:
        found = dam_yield(load_region(scenario, overrides), dam, LongPlan(years, trace), failing, depth, options)
    except (ValueError, YieldError) as error:
        raise BadInput(str(error)) from error
    if as_json:
        click.echo(json.dumps(as_data(found), ensure_ascii=False, indent=2))
        return
    failed = ", ".join(str(year + 1) for year in found.found.failing_years) or "none"
    click.echo(
        f"{dam}: {found.yield_hm3:.2f} hm3 a year (bound {found.bound_hm3:.2f}, {found.found.outcome.value}), "
        f"failing years: {failed} of {years}; P = {found.guarantee_fraction:.1%} by year, m/(n+1)\n"
        f"own inflow {found.inflow_hm3:.1f} hm3 a year, active storage {found.active_hm3:.1f} hm3; perfect foresight: "
        f"no operating rule yields more with as many failing years"
    )
