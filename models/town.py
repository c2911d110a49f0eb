"""Town: people who drink, wash and keep shops and schools."""

from __future__ import annotations

import enum
from typing import Annotated, ClassVar

from pydantic import Field

from yuqian.models.clock import Rhythm
from yuqian.models.demand_law import WaterDemand, one_of
from yuqian.models.kind import Example, NonNegative, Positive, SeriesNeed, UserClass
from yuqian.models.port import Port
from yuqian.models.water_quality import WaterQuality


class ServedRegion(enum.Enum):
    """Whose people they are."""

    HOME = "home"
    DOWNSTREAM = "downstream"


class Town(WaterDemand):
    """A town, or the villages of an area: the domestic norm for each head, and public use on top of it.

    The demand is net, at the tap: the leakage of the network and the own use of the works stand in front of it. The people
    count as supplied while their domestic need at the norm is met.
    """

    title_en: ClassVar[str] = "Town or rural area"
    title_zh: ClassVar[str] = "城镇或农村生活用水"
    catalogued: ClassVar[bool] = True
    series: ClassVar = {"demand_m3_per_s": SeriesNeed("town_demand", Rhythm.WATER)}

    user_class: Annotated[UserClass, one_of(UserClass.TOWN, UserClass.RURAL)]
    population_persons: Positive = Field(title="人口")
    norm_l_per_person_day: Positive = Field(title="居民生活用水定额")
    public_use_fraction: NonNegative = Field(title="公共用水占居民用水之比")
    summer_share_per_c: NonNegative = Field(title="气温每升高1℃用水增加比例")
    served_region: ServedRegion
    worst_quality: WaterQuality | None = WaterQuality.III

    def served_as(self) -> UserClass:
        return self.user_class

    def people(self) -> float:
        return self.population_persons

    def essential_fraction(self) -> float:
        return 1.0 / (1.0 + self.public_use_fraction)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="town", node="network", user_class=UserClass.TOWN, population_persons=300_000.0, norm_l_per_person_day=150.0,
            public_use_fraction=0.3, summer_share_per_c=0.01, shortage_share_fraction=(0.1, 0.2, 0.7),
            shortage_price_yuan_per_m3=(50.0, 70.0, 100.0), return_fraction=0.8, return_to="river",
            served_region=ServedRegion.HOME,
        )  # fmt: skip
        # Water at 60 yuan/m3: the first tier is not worth it, the others are.
        ports = (Port.market("network", "m3_per_s", 6e7, 0.0), Port.market("river", "m3_per_s", 1e8, 0.0))
        return Example(asset, ports, series={"demand_m3_per_s": 0.68})
