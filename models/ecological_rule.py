"""How much a river must keep: the rules that a required flow is made by."""

from __future__ import annotations

import enum


class EcologicalRule(enum.Enum):
    """What the required flow is.

    TENNANT: a share of the mean natural flow, one in the dry and one in the wet half-year (D. L. Tennant, "Instream flow
    regimens for fish, wildlife, recreation and related environmental resources", Fisheries, 1976).
    DRY_MONTH: the mean flow of the driest month that nine years in ten exceed (90 % 保证率最枯月平均流量).
    """

    TENNANT = "tennant"
    DRY_MONTH = "dry_month"
