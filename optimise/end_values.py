"""Values of water by month and storage, and what a window wants of the storage that it leaves behind.

For each month and some storages, windows over historical years are solved with perfect foresight inside; what one more hm3 at
their beginning would save, in the mean over years, is the marginal value of water then and there. Made never to rise with
storage, it is the slope of a concave function, piecewise linear, that a shorter problem may end with.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from yuqian.models.carry_law import Carried
from yuqian.models.clock import Floats
from yuqian.optimise.seams import Numbers, Seams
from yuqian.optimise.seasonal_windows import SeasonalWindows
from yuqian.optimise.solve import Outcome, SolverOptions, solve

TARGET_LOSS_YUAN_PER_HM3 = 0.9e6
"""What a window loses for each hm3 that it ends under its target: 0.9 yuan/m3, less than any shortage is priced at."""
NEAR_SHARE = 0.25
"""Of the range of storages, on either side of its middle, that the near segments of an end cover."""
FORMAT = "yuqian values of water, 1"
FRACTIONS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


class Terminal(enum.Enum):
    """What a window wants of the storage that it leaves behind."""

    TARGET = "target"
    """At least a given storage for the month, at a price."""
    VALUE = "value"
    """As much as it is worth."""
    NONE = "none"
    """Nothing: every window empties its dams towards its end."""


class WaterValueError(ValueError):
    """Values that cannot be computed, or a file that holds none; the message says what is wrong."""


@dataclass(frozen=True)
class ValueFunctions:
    """Marginal value of stored water at the beginning of each month.

    Attributes:
        storage_hm3: by stock ("<asset>.<name>"), storages, rising, shape (12, points).
        slope_yuan_per_hm3: what one more hm3 saves there, never rising with storage, shape (12, points).
    """

    storage_hm3: Mapping[str, Floats]
    slope_yuan_per_hm3: Mapping[str, Floats]

    def slope(self, key: str, month: int, storage_hm3: Floats) -> Floats:
        """Marginal value at storages, linear between the points and flat beyond; yuan per hm3."""
        found: Floats = np.interp(storage_hm3, self.storage_hm3[key][month], self.slope_yuan_per_hm3[key][month])
        return found

    def value(self, key: str, month: int, storage_hm3: Floats) -> Floats:
        """Value of storages over that of the lowest point, yuan: concave."""
        points = self.storage_hm3[key][month]
        fine = np.linspace(points[0], points[-1], 401)
        slopes = self.slope(key, month, fine)
        area = np.concatenate(([0.0], np.cumsum((slopes[1:] + slopes[:-1]) / 2 * np.diff(fine))))
        inside = np.interp(storage_hm3, fine, area)
        below, above = np.minimum(storage_hm3 - points[0], 0.0), np.maximum(storage_hm3 - points[-1], 0.0)
        value: Floats = inside + slopes[0] * below + slopes[-1] * above
        return value

    def write(self, path: Path) -> None:
        """Write them as JSON."""
        data = {
            "format": FORMAT,
            "unit": {"storage": "hm3", "slope": "yuan/hm3"},
            "stocks": {
                key: {
                    "storage_hm3": self.storage_hm3[key].tolist(),
                    "slope_yuan_per_hm3": self.slope_yuan_per_hm3[key].tolist(),
                }
                for key in sorted(self.storage_hm3)
            },
        }
        path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> ValueFunctions:
        """Read what :meth:`write` wrote.

        Raises:
            WaterValueError: for another file, or slopes that rise with storage.
        """
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data["format"] != FORMAT:
                raise KeyError("format")
            storage = {key: np.array(one["storage_hm3"], dtype=float) for key, one in data["stocks"].items()}
            slope = {key: np.array(one["slope_yuan_per_hm3"], dtype=float) for key, one in data["stocks"].items()}
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise WaterValueError(
                f"{path}: found no values of water ({error}); allowed: a file that 'yuqian long' wrote"
            ) from error
        for key in storage:
            falls = np.all(np.diff(slope[key], axis=1) <= 1e-6) and np.all(np.diff(storage[key], axis=1) >= 0)
            if storage[key].shape != slope[key].shape or len(storage[key]) != 12 or not falls:
                raise WaterValueError(
                    f"{path}: {key}: found slopes that rise; allowed: 12 months, storages rising, slopes falling"
                )
        return cls(storage, slope)


def stocks_of(seams: Seams) -> list[Carried]:
    """What is stored and has a value at the end."""
    return [one for one in seams.carried if one.span is not None and one.quota_row is None]


def value_functions(
    windows: SeasonalWindows, whole: Mapping[str, Floats], openings: Sequence[Numbers], years: Sequence[int],
    fractions: Sequence[float] = FRACTIONS, options: SolverOptions | None = None,
    tell: Callable[[int, int], None] | None = None,
) -> ValueFunctions:  # fmt: skip
    """Marginal values of stored water by month.

    All stocks are moved together: at each point every one lies at the same share of the range that it takes in this month over
    the years of the whole, and one program gives the values of all of them.

    Args:
        windows: of the network, two years long or so, their ends without a value.
        whole: path of each stock by its key in an answer over the whole series, at the beginning of each month, (years, 12).
        openings: for each month, what else a window begins with.
        years: those that windows begin in.
        fractions: of the range, rising.

    Raises:
        WaterValueError: for a window without an optimum.
    """
    shape = (12, len(fractions))
    keys = [one.key for one in stocks_of(windows.months[0].seams)]
    storage, slope = ({key: np.zeros(shape) for key in keys} for _ in range(2))
    done, total = 0, 12 * len(fractions) * len(years)
    for month in windows.months:
        stocks = stocks_of(month.seams)
        ranges = {one.key: (whole[one.key][:, month.number].min(), whole[one.key][:, month.number].max()) for one in stocks}
        for year in years:
            base = windows.seen(windows.start_of(month.number, year), month.steps) | dict(openings[month.number])
            for point, fraction in enumerate(fractions):
                numbers = dict(base)
                for one in stocks:
                    low, high = ranges[one.key]
                    storage[one.key][month.number, point] = low + fraction * (high - low)
                    numbers[one.owner, one.params[0]] = np.array([low + fraction * (high - low)])
                program = month.program.with_series(numbers)
                found = solve(program, options)
                if (
                    found.outcome is not Outcome.OPTIMAL
                    or found.row_dual is None
                    or found.column_dual is None
                    or found.x is None
                ):
                    raise WaterValueError(
                        f"the window of month {month.number + 1} in year {year} ended as '{found.outcome.value}'"
                    )
                duals = program.row_duals(found.row_dual, found.column_dual, found.x)
                for one in stocks:
                    slope[one.key][month.number, point] -= duals[one.owner, f"opens_{one.name}"][0] / len(years)
                done += 1
                if tell is not None:
                    tell(done, total)
    return ValueFunctions(storage, {key: np.array([_never_rising(row) for row in rows]) for key, rows in slope.items()})


def end_numbers(
    seams: Seams, month: int, terminal: Terminal, target: Mapping[str, Floats], values: ValueFunctions | None
) -> Numbers:
    """Numbers for the end of a window that ends where a month begins; see ``value_ends`` of the law of what is carried.

    Raises:
        WaterValueError: for a stock without a target or value.
    """
    numbers: Numbers = {}
    for one in seams.carried:
        if one.span is None:
            continue
        slopes = dict.fromkeys(("loss_near", "loss_far", "gain_near", "gain_far"), 0.0)
        middle, width = 0.0, 0.0
        if one.quota_row is None and terminal is Terminal.TARGET:
            if one.key not in target:
                raise WaterValueError(f"the stock {one.key} has no target; give one for each month")
            middle = float(target[one.key][month])
            slopes |= {"loss_near": TARGET_LOSS_YUAN_PER_HM3, "loss_far": TARGET_LOSS_YUAN_PER_HM3}
        elif one.quota_row is None and terminal is Terminal.VALUE:
            if values is None or one.key not in values.storage_hm3:
                raise WaterValueError(f"the stock {one.key} has no value function; compute them for this network first")
            middle, width, slopes = _segments(values, one.key, month)
        numbers |= {(one.key, name): np.array([value]) for name, value in slopes.items()}
        numbers |= {(one.key, "target"): np.array([middle]), (one.key, "width"): np.array([width])}
    return numbers


def _segments(values: ValueFunctions, key: str, month: int) -> tuple[float, float, dict[str, float]]:
    """A value function as two segments on either side of the middle of its range."""
    low, high = values.storage_hm3[key][month][[0, -1]]
    middle, width = float(low + high) / 2, float(high - low) * NEAR_SHARE
    ends = [middle - 2 * width, middle - width, middle, middle + width, middle + 2 * width]
    at = values.value(key, month, np.array(ends))
    if width <= 0.0:
        slope = float(values.slope(key, month, np.array([middle]))[0])
        return middle, 0.0, {"loss_near": slope, "loss_far": slope, "gain_near": 0.0, "gain_far": 0.0}
    far_below, below, above, far_above = (float(slope) for slope in np.diff(at) / width)
    return middle, width, {"loss_far": far_below, "loss_near": below, "gain_near": above, "gain_far": far_above}


def _never_rising(slopes: Floats) -> Floats:
    """The nearest sequence that never rises (least squares, by pooling neighbours) and is not negative."""
    blocks: list[tuple[float, int]] = []
    for slope in slopes:
        blocks.append((float(slope), 1))
        while len(blocks) > 1 and blocks[-1][0] > blocks[-2][0]:
            (last, many), (before, some) = blocks.pop(), blocks.pop()
            blocks.append(((last * many + before * some) / (many + some), many + some))
    pooled: Floats = np.maximum(np.concatenate([np.full(count, level) for level, count in blocks]), 0.0)
    return pooled
