"""Who goes without first, as data of a region: the order of the classes of water users, and how strictly it is kept."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from yuqian.models.kind import UserClass
from yuqian.models.user_class import STANDARD_ORDER, Order, check_order


class WaterLaw(BaseModel):
    """The block ``water`` of a region file, and what a scenario lays over it.

    Attributes:
        order: every class once, the first served first: the stages of a strict order, and who is served first by rule.
        ordering: whether the optimum orders the classes by their prices of shortage, or strictly.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    order: tuple[UserClass, ...] = STANDARD_ORDER
    ordering: Order = Order.WEIGHTED

    @model_validator(mode="after")
    def _every_class_once(self) -> Self:
        check_order(self.order)
        return self
