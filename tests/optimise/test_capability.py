"""Yields by bisection on the rule, against published pairs of storage and yield."""

from __future__ import annotations

import numpy as np
import pytest

from yuqian.optimise.capability import failures, largest_scale, standard_yield

RECORD = np.array([1, 3, 3, 5, 8, 6, 7, 2, 1], dtype=float)
"""The inflows of Loucks and van Beek's example of the sequent peak."""


def test_storage_and_yield_of_the_sequent_peak() -> None:
    sizes = np.array([0, 1, 2, 3, 4, 5, 6, 7.5, 10, 20], dtype=float)
    expected = [1, 1.5, 2, 2.33333, 2.66667, 3, 3.2, 3.5, 4, 4]
    found = standard_yield(RECORD, sizes)
    assert found == pytest.approx(expected, abs=1e-5)
    slopes = np.diff(found) / np.diff(sizes)
    assert np.all(slopes >= 0)
    assert np.all(np.diff(slopes) <= 1e-9)


def test_allowed_failures_raise_the_yield() -> None:
    random = np.random.default_rng(3)
    inflow = random.gamma(2.0, 2.0, 60)
    years = np.repeat(np.arange(5), 12)
    strict, loose = (standard_yield(inflow, 10.0, years, allowed, bisections=30) for allowed in (0, 1))
    assert loose > strict
    assert failures(inflow, np.array(10.0), np.array(loose), years) <= 1
    assert failures(inflow, np.array(10.0), np.array(loose * 1.01), years) > 1
    by_period = standard_yield(inflow, 10.0, None, 1)
    assert by_period <= loose + 1e-6


def test_largest_scale_says_who_fails() -> None:
    found = largest_scale(lambda scale: [name for name, most in (("town", 1.25), ("fields", 2.0)) if scale > most])
    assert found.scale == pytest.approx(1.25, abs=1e-6)
    assert found.binds == ("town",)
    assert largest_scale(lambda scale: []).binds == ()
