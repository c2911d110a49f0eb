"""Which resources there are: found from the files, listed nowhere.

A resource is a concrete subclass of :class:`Resource` that a module of this folder defines. An installed package may add
one by an entry point in the group ``yuqian.resources`` that names a module.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import pkgutil
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType, ModuleType
from typing import Any

import yuqian.timeseries
from yuqian.timeseries.resource import Resource, ResourceError

ENTRY_POINTS = "yuqian.resources"


@lru_cache(maxsize=1)
def known_resources() -> Mapping[str, Resource[Any]]:
    """All resources by name, sorted.

    Raises:
        ResourceError: if a name is taken twice.
    """
    modules = [
        importlib.import_module(f"yuqian.timeseries.{info.name}") for info in pkgutil.iter_modules(yuqian.timeseries.__path__)
    ]
    points = importlib.metadata.entry_points(group=ENTRY_POINTS)
    modules += [importlib.import_module(point.value) for point in points]
    found: dict[str, Resource[Any]] = {}
    for module in modules:
        for resource in resources_in(module):
            if resource.name in found:
                other = type(found[resource.name]).__module__
                raise ResourceError(f"the resource '{resource.name}' is defined twice: {other} and {module.__name__}")
            found[resource.name] = resource()
    return MappingProxyType(dict(sorted(found.items())))


def resources_in(module: ModuleType) -> list[type[Resource[Any]]]:
    """The resources that a module defines itself."""
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Resource)
        and value.__module__ == module.__name__
        and not inspect.isabstract(value)
    ]


def resource(name: str) -> Resource[Any]:
    """The resource by that name.

    Raises:
        ResourceError: if there is none; the message lists those there are.
    """
    found = known_resources()
    if name not in found:
        raise ResourceError(f"there is no resource '{name}'; there are {', '.join(found)}")
    return found[name]
