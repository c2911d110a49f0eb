"""The verb ``solve-case``: published cases by the ordinary engine. No logic here; imports are late."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from yuqian.cli_series import AS_JSON
from yuqian.cli_tell import BadInput

INFEASIBLE, LIMIT_WITH_SOLUTION, LIMIT_WITHOUT_SOLUTION = 3, 4, 5


@click.command("solve-case")
@click.argument("case", type=click.Path(path_type=Path))
@click.option("--relaxed", is_flag=True, help="Let any share of a unit be online.")
@click.option("--allow", multiple=True, metavar="FIELD", help="Leave a field out that no kind can carry; any number of times.")
@click.option("--gap", "gap_fraction", type=click.FloatRange(min=0.0), default=1e-4, show_default=True, help="Relative gap.")
@click.option("--time-limit", "time_limit_s", type=click.FloatRange(min=1.0), help="Seconds for the solver.")
@AS_JSON
def solve_case(
    case: Path, relaxed: bool, allow: tuple[str, ...], gap_fraction: float, time_limit_s: float | None, as_json: bool
) -> None:
    """Solve a published CASE: Egret or pglib-uc JSON, PyPSA NetCDF, or a folder of PyPSA's CSV files."""
    from yuqian.assets.read_case import read_case
    from yuqian.models.commitment_law import Commitment
    from yuqian.optimise.assemble import AssemblyError
    from yuqian.optimise.solve import Outcome, SolverError, SolverOptions
    from yuqian.reports.audit import AuditError
    from yuqian.reports.case_run import solve_case as solved

    try:
        read = read_case(case, Commitment.RELAXED if relaxed else Commitment.INTEGER, allow)
        run = solved(read, SolverOptions(time_limit_s=time_limit_s or float("inf"), gap_fraction=gap_fraction))
    except (AuditError, SolverError) as error:
        raise click.ClickException(str(error)) from error
    except (AssemblyError, ValueError) as error:
        raise BadInput(str(error)) from error
    found, solution = run.as_data(), run.solution
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        if run.case.left_out:
            click.echo(f"left out: {', '.join(run.case.left_out)}")
        click.echo(f"{found['assets']} assets, {found['steps']} steps, {found['program']['columns']} columns")
        if run.audit is None:
            click.echo(solution.outcome.value)
        else:
            click.echo(
                f"{solution.outcome.value}: objective {solution.objective_yuan:.6f}, bound {solution.bound_yuan:.6f}, "
                f"gap {solution.gap_fraction:.2e}; audit of {len(run.audit.findings)} checks passed, largest residual "
                f"{run.audit.largest_relative:.1e}; {solution.seconds:.1f} s"
            )
    codes = {Outcome.OPTIMAL: 0, Outcome.INFEASIBLE: INFEASIBLE, Outcome.UNBOUNDED: INFEASIBLE}
    limit = LIMIT_WITH_SOLUTION if run.audit is not None else LIMIT_WITHOUT_SOLUTION
    sys.exit(codes.get(solution.outcome, limit))
