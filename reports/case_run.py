"""Solves a published case by the ordinary engine and audits the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from yuqian.assets.published_case import Case, merge_identical
from yuqian.models.ledger import Account
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.solve import Report, Solution, SolverOptions, solve
from yuqian.reports.audit import Audit, audit


@dataclass(frozen=True)
class CaseRun:
    """A solved case.

    Attributes:
        case: as it was solved, identical units merged where that is exact.
        audit: None where the solve ended without a solution.
        size: columns, whole columns, rows and non-zeros.
    """

    case: Case
    solution: Solution
    audit: Audit | None
    size: tuple[int, int, int, int]

    def as_data(self) -> dict[str, Any]:
        """What ``yuqian solve-case --json`` prints."""
        solution, found = self.solution, self.audit
        columns, whole, rows, nonzeros = self.size
        has = found is not None
        return {
            "status": solution.outcome.value,
            "objective": solution.objective_yuan if has else None,
            "bound": solution.bound_yuan if has else None,
            "gap_fraction": solution.gap_fraction if has else None,
            "co2_t": found.totals[Account.CO2] if found is not None else None,
            "audit": None if found is None else {"checks": len(found.findings), "largest_relative": found.largest_relative},
            "left_out": list(self.case.left_out),
            "assets": len(self.case.assets),
            "steps": self.case.clock.power.count,
            "program": {"columns": columns, "whole": whole, "rows": rows, "nonzeros": nonzeros},
            "iterations": solution.iterations,
            "seconds": solution.seconds,
        }


def solve_case(case: Case, options: SolverOptions | None = None, report: Report | None = None) -> CaseRun:
    """Assemble, compile, solve and audit.

    Raises:
        AssemblyError: for series that are wrong.
        AuditError: for an answer that fails its audit.
    """
    merged = merge_identical(case)
    assembly = assemble(merged.assets, merged.series, merged.clock)
    program = compile_model(assembly.model)
    solution = solve(program, options, report)
    found = None
    if solution.x is not None:
        found = audit(assembly.assets, answers(assembly, program, solution), merged.clock, solution.objective_yuan)
        found.require()
    size = (program.column_count, int(program.integral.sum()), program.row_count, int(program.matrix.nnz))
    return CaseRun(merged, solution, found, size)
