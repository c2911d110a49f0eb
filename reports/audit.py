"""The audit: an answer re-added in plain numpy, before it may be called a result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from yuqian.models.book import Answer, Book, End, Finding
from yuqian.models.clock import Clock, Horizon
from yuqian.models.kind import Kind, by_kind, products_of
from yuqian.models.ledger import Account

TOLERANCE = 1e-6
"""Largest violation that passes, relative to the size of what was checked."""


class AuditError(RuntimeError):
    """The answer fails its audit and is no result; the message lists the worst checks."""


@dataclass(frozen=True)
class Audit:
    """What the auditor found.

    Attributes:
        findings: every check, passed or not.
        totals: the accounts, re-added.
        objective_yuan: what the solver says the answer costs.
        ends: where the stocks of a window ended, and where they should have.
    """

    findings: tuple[Finding, ...]
    totals: Mapping[Account, float]
    objective_yuan: float
    ends: tuple[End, ...] = ()

    @property
    def cost_residual(self) -> float:
        """Difference of the re-added cost and the objective, relative."""
        return abs(self.totals[Account.COST] - self.objective_yuan) / max(1.0, abs(self.objective_yuan))

    @property
    def largest_relative(self) -> float:
        """The worst of all checks, relative to the size of what it checks."""
        return max([self.cost_residual, *(finding.relative for finding in self.findings)])

    @property
    def largest_balance_residual(self) -> float:
        """The worst of the balances alone, relative to the largest entry."""
        return max((finding.relative for finding in self.findings if finding.check == "balance"), default=0.0)

    @property
    def passes(self) -> bool:
        return bool(self.findings) and self.largest_relative <= TOLERANCE

    def worst(self, count: int = 10) -> list[Finding]:
        return sorted(self.findings, key=lambda finding: -finding.relative)[:count]

    def require(self) -> None:
        """Raise :class:`AuditError` unless every check passes."""
        if self.passes:
            return
        lines = [str(finding) for finding in self.worst() if finding.relative > TOLERANCE]
        if self.cost_residual > TOLERANCE:
            lines.append(f"cost: re-added {self.totals[Account.COST]:.6g} yuan, objective {self.objective_yuan:.6g} yuan")
        raise AuditError("the answer fails its audit:\n" + ("\n".join(lines) or "nothing was checked"))


def audit(
    assets: Iterable[Kind],
    answers: Mapping[str, Answer],
    clock: Clock,
    objective_yuan: float,
    horizon: Horizon = Horizon.WHOLE,
) -> Audit:
    """Have every asset, then every kind, write what its answer gives and takes into one book, and close it."""
    every = tuple(assets)
    book = Book(clock, horizon, products_of(every))
    for asset in every:
        book.owner = asset.id
        asset.audit(answers[asset.id], book, clock)
    for kind, members in by_kind(every).items():
        book.owner = kind.owner_together()
        kind.audit_together(members, answers, book, clock)
    findings = tuple(book.close())
    return Audit(findings, dict(book.totals), objective_yuan, tuple(book.ends))
