"""How much a river must keep: the rules that a required flow is made by, and what a lack of it costs."""

from __future__ import annotations

import enum

import pyomo.environ as pyo

from yuqian.models.clock import Rhythm
from yuqian.models.kind import UserClass
from yuqian.models.ledger import Account, Ledger
from yuqian.models.units import SECONDS_PER_HOUR


class EcologicalRule(enum.Enum):
    """What the required flow is.

    TENNANT: a share of the mean natural flow, one in the dry and one in the wet half-year (D. L. Tennant, "Instream flow
    regimens for fish, wildlife, recreation and related environmental resources", Fisheries, 1976).
    STATED: a flow that is laid down for the place (核定生态流量), for the year or by month.
    DRY_MONTH: the mean flow of the driest month that nine years in ten exceed (90 % 保证率最枯月平均流量).
    """

    TENNANT = "tennant"
    DRY_MONTH = "dry_month"
    STATED = "stated"


def enter_ecological_shortage(m: pyo.Block, ledger: Ledger, owner: str, price_yuan_per_m3: float) -> None:
    """Enter the cost of ``m.ecological_shortage_m3_per_s``, and its volume under the ecological class."""
    price = price_yuan_per_m3 * SECONDS_PER_HOUR
    ledger.cost(
        owner, "ecological shortage", rhythm=Rhythm.WATER,
        yuan_per_h=lambda d: price * m.ecological_shortage_m3_per_s[d],
    )  # fmt: skip
    ledger.account(
        Account.SHORTAGE, owner, UserClass.ECOLOGICAL.value, rhythm=Rhythm.WATER,
        m3_per_s=m.ecological_shortage_m3_per_s,
    )  # fmt: skip
