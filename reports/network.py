"""The network of an answer: how full its lines are, and what single outages would do; and an answer secured against them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from yuqian.models.book import Answer
from yuqian.models.clock import Clock
from yuqian.models.kind import Kind
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import SeriesByAsset, assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.contingency import Loading, Screening, Secured, loadings, screen, secure
from yuqian.optimise.power_flow import Network
from yuqian.optimise.priced_start import estimated_prices, solve_from_prices
from yuqian.optimise.solve import Report, Solution, SolverOptions
from yuqian.reports.audit import audit
from yuqian.reports.security import audit_security

SHOWN = 20
"""Pairs of line and outage that a table shows."""


class NoDispatch(RuntimeError):
    """The scenario has no optimum to be secured; the message says how the solve ended."""


@dataclass(frozen=True)
class NetworkReport:
    """What is said of the network of an answer.

    Attributes:
        loadings: of every branch, transport elements too, the fullest first.
        screening: of all single outages of branches with a reactance.
        meshes: how many independent meshes the network has.
    """

    loadings: tuple[Loading, ...]
    screening: Screening
    meshes: int

    def as_data(self) -> dict[str, Any]:
        """What ``yuqian network --json`` prints."""
        return {
            "lines": [
                {
                    "line": one.branch.id,
                    "from": one.branch.bus_from,
                    "to": one.branch.bus_to,
                    "rating_mw": one.branch.power_max_mw,
                    "follows_angles": one.branch.follows_angles,
                    "highest_loading_fraction": one.highest_fraction,
                    "hours_above_90_percent": one.hours_above,
                    "mean_flow_mw": one.mean_mw,
                }
                for one in self.loadings
            ],
            "meshes": self.meshes,
            "n_minus_1": screening_as_data(self.screening),
        }


def network_report(assets: Iterable[Kind], found: Mapping[str, Answer], clock: Clock) -> NetworkReport:
    """Loadings and screening of an answer."""
    branches = [branch for asset in assets if (branch := asset.branch()) is not None]
    network = Network.between(branches)
    flows = [branch.flow_mw(found[branch.id].__getattr__) for branch in branches]
    every = np.stack(flows) if flows else np.zeros((0, clock.power.count))
    meshed = network.flows_of(found) if network.branches else np.zeros((0, clock.power.count))
    meshes = len(network.branches) - len(network.buses) + len(network.islands)
    return NetworkReport(loadings(branches, every, clock.power.hours), screen(network, meshed), meshes)


def screening_as_data(screening: Screening) -> dict[str, Any]:
    """A screening as JSON can hold it: the counts, the worst pairs and the islands."""
    shown = [pair for k, pair in enumerate(screening.pairs) if pair.steps_over or k < SHOWN]
    return {
        "outages": len(screening.network.branches) - len(screening.islands),
        "screened": screening.screened,
        "overloaded": len(screening.overloaded),
        "pairs_overloaded": len(screening.violated),
        "islands": {outage: sorted(buses) for outage, buses in sorted(screening.islands.items())},
        "pairs": [
            {
                "line": pair.line,
                "outage": pair.outage,
                "loading_fraction": pair.loading_fraction,
                "worst_mw": pair.worst_mw,
                "emergency_rating_mw": pair.limit_mw,
                "step": pair.step,
                "steps_over": pair.steps_over,
            }
            for pair in shown
        ],
    }


@dataclass(frozen=True)
class SecuredReport:
    """A dispatch before and after it was secured against single outages.

    Attributes:
        before: the optimum without security.
        secured: with it.
        report: the network of the secured answer; None where no dispatch is secure.
        largest_overload_mw: found by the independent audit of all outages.
    """

    before: Solution
    secured: Secured
    report: NetworkReport | None
    largest_overload_mw: float | None

    def as_data(self) -> dict[str, Any]:
        """What ``yuqian network --secure --json`` prints."""
        solution = self.secured.solution
        has = solution.x is not None
        return {
            "status": solution.outcome.value,
            "secure": self.secured.is_secure,
            "objective_yuan": solution.objective_yuan if has else None,
            "objective_without_security_yuan": self.before.objective_yuan,
            "cost_of_security_yuan": solution.objective_yuan - self.before.objective_yuan if has else None,
            "screened": self.secured.first.screened,
            "overloaded_before": len(self.secured.first.overloaded),
            "added_by_round": list(self.secured.added),
            "overloaded_after": len(self.secured.last.overloaded) if has else None,
            "largest_overload_by_audit_mw": self.largest_overload_mw,
            "iterations": [self.before.iterations, solution.iterations],
            "network": None if self.report is None else self.report.as_data(),
        }


def secured_dispatch(
    assets: Iterable[Kind],
    series: SeriesByAsset,
    clock: Clock,
    options: SolverOptions | None = None,
    report: Report | None = None,
) -> SecuredReport:
    """Solve, secure against every single outage, and audit both the dispatch and its security.

    Raises:
        NoDispatch: where there is no optimum to begin with.
        AuditError: for an answer that fails its audit.
    """
    assembly = assemble(assets, series, clock)
    program = compile_model(assembly.model)
    prices = estimated_prices(program, assembly.assets, assembly.series, clock, options or SolverOptions())
    before = solve_from_prices(program, prices, clock, options, report)
    if before.x is None:
        raise NoDispatch(f"without security the solve ended as '{before.outcome.value}'")
    found = secure(assembly, program, before, options, report)
    if found.solution.x is None:
        return SecuredReport(before, found, None, None)
    answer = answers(assembly, found.program, found.solution)
    audit(assembly.assets, answer, clock, found.solution.objective_yuan).require()
    overload = max((finding.residual for finding in audit_security(assembly.assets, answer)), default=0.0)
    return SecuredReport(before, found, network_report(assembly.assets, answer, clock), overload)
