"""Classes of water user: what they are called in Chinese, the order in which they are served, and how strictly."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from yuqian.models.kind import UserClass

STANDARD_ORDER: Final = (
    UserClass.TOWN, UserClass.RURAL, UserClass.ECOLOGICAL, UserClass.POWER, UserClass.PRIORITY_INDUSTRY, UserClass.INDUSTRY,
    UserClass.IRRIGATION, UserClass.ENVIRONMENT,
)  # fmt: skip
"""Where a region says nothing: people, the river's own flow, plants and works, fields, and what is watered for looks."""

CLASS_ZH: Final[Mapping[UserClass, str]] = MappingProxyType({
    UserClass.TOWN: "城镇生活", UserClass.RURAL: "农村生活", UserClass.ECOLOGICAL: "河道内生态",
    UserClass.PRIORITY_INDUSTRY: "重点工业", UserClass.INDUSTRY: "一般工业", UserClass.IRRIGATION: "农业灌溉",
    UserClass.ENVIRONMENT: "河道外生态", UserClass.POWER: "电厂",
})  # fmt: skip


class Order(enum.Enum):
    """How strictly the classes of water users are ordered."""

    WEIGHTED = "weighted"
    """By their prices of shortage, in one program."""
    LEXICOGRAPHIC = "lexicographic"
    """Strictly, by one program a class."""


def check_order(order: Sequence[UserClass]) -> None:
    """Refuse an order that does not name every class once.

    Raises:
        ValueError: naming those that are missing and those that stand there twice.
    """
    missing = [one.value for one in STANDARD_ORDER if one not in order]
    twice = sorted({one.value for one in order if list(order).count(one) > 1})
    wrong = [f"{', '.join(missing)} missing"] if missing else []
    wrong += [f"{', '.join(twice)} named twice"] if twice else []
    if wrong:
        raise ValueError(
            f"the order must name every class of water user once; {' and '.join(wrong)}. "
            f"The usual order is {', '.join(one.value for one in STANDARD_ORDER)}"
        )
