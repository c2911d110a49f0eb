"""The audit of N-1 security: every outage once more, by voltage angles, in plain numpy.

It shares no code with the distribution factors that the optimiser was bound by, so it can find them wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from yuqian.models.book import Answer, Finding
from yuqian.models.clock import Floats
from yuqian.models.kind import Kind
from yuqian.models.mesh_law import Branch


def audit_security(assets: Iterable[Kind], answers: Mapping[str, Answer]) -> list[Finding]:
    """Check every line after every single outage that leaves the network whole; one finding for each outage and line."""
    found = (asset.branch() for asset in assets)
    branches = sorted((one for one in found if one is not None and one.reactance_pu is not None), key=lambda one: one.id)
    findings = []
    for outage in branches:
        left = np.array([1.0 - (one is outage) / one.circuit_count for one in branches])
        flows = _after(branches, left, answers)
        if flows is None:
            continue
        for branch, share, flow in zip(branches, left, flows, strict=True):
            rating = share * branch.power_emergency_max_mw
            over = np.abs(flow) - rating
            worst = int(over.argmax())
            residual = max(0.0, float(over[worst]))
            findings.append(Finding(branch.id, f"emergency rating without {outage.id}", residual, max(1.0, rating), worst))
    return findings


def _after(branches: list[Branch], left: Floats, answers: Mapping[str, Answer]) -> Floats | None:
    """Flows at unchanged injections with a share of each branch left, shape (branches, steps); None if the network parts."""
    buses = sorted({bus for one in branches for bus in (one.bus_from, one.bus_to)})
    ends = np.array([[(bus == one.bus_from) * 1.0 - (bus == one.bus_to) for bus in buses] for one in branches])
    now = np.stack([sum(sign * getattr(answers[one.id], name) for name, sign in one.flow.items()) for one in branches])
    if np.linalg.matrix_rank(ends[left > 0]) < np.linalg.matrix_rank(ends):
        return None
    stiffness = (left * np.array([100.0 / (one.reactance_pu or 1.0) for one in branches]))[:, None]
    turned = np.radians([[one.shift_deg] for one in branches])
    angles = np.linalg.lstsq(ends.T @ (stiffness * ends), ends.T @ (now + stiffness * turned), rcond=None)[0]
    flows: Floats = stiffness * (ends @ angles - turned)
    return flows
