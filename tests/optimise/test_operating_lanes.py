"""Lanes of compiled code against numpy."""

from __future__ import annotations

import numpy as np
import pytest

numba = pytest.importorskip("numba")

from yuqian.optimise.operating_lanes import choose, lanes, maximum, minimum, some  # noqa: E402

COUNT = 4


@numba.njit
def worked(first, second, out, anything) -> None:
    first, second, out = lanes(first, 4), lanes(second, 4), lanes(out, 4)
    for k in range(3):
        a, b = first[k, 1], second[k]
        out[k, 0] = a + 2.0 * b - 1
        out[k, 1] = a / b
        out[k, 2] = maximum(a, b) - minimum(a, 0.5)
        out[k, 3] = choose(a > b, a, choose(b < maximum(0.1, 0.3), b, 7.0))
        out[k, 4] += b
        anything[k] = some(a > 0.9)


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_lanes_do_what_numpy_does(kind: type) -> None:
    random = np.random.default_rng(3)
    first, second = random.random((3, 2, COUNT)).astype(kind), random.random((3, COUNT)).astype(kind)
    first[2, 1] = 0.2
    out, anything = np.ones((3, 5, COUNT), dtype=kind), np.zeros(3, dtype=bool)
    worked(first, second, out, anything)
    a, b = first[:, 1].astype(float), second.astype(float)
    inner = np.where(b < 0.3, b, 7.0)
    expected = [a + 2 * b - 1, a / b, np.maximum(a, b) - np.minimum(a, 0.5), np.where(a > b, a, inner), 1 + b]
    assert out == pytest.approx(np.stack(expected, axis=1), rel=1e-6 if kind is np.float32 else 1e-15)
    assert anything.tolist() == (a > 0.9).any(axis=1).tolist()
    assert not anything[2]
