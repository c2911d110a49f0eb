"""Makes one flat function out of the functions of a run, and has numba compile it.

A compiler that is handed a hundred arrays with every call spends its time on handing over. So every call to another function
of a step is replaced by that function's own lines, every field of a tuple of arrays by a name of its own, and the outcome,
plain Python over arrays, is written into a cache folder and compiled from there. It is found again by the digest of its text.
"""

from __future__ import annotations

import ast
import copy
import hashlib
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, cast

HEAD = '''"""Made by yuqian.optimise.operating_compiler; do not edit. Its lanes: {digest}."""

from numba import njit

from yuqian.optimise.operating_lanes import choose, lanes, maximum, minimum, some

'''
BY_TRACE = "ByTrace"
"""How fields of a tuple are annotated that have a number for each trace."""
OWN_WORDS = ("range", "len", "choose", "some", "maximum", "minimum")


def has_compiler() -> bool:
    """Whether numba is installed."""
    return importlib.util.find_spec("numba") is not None


class Flattener:
    """Replaces calls by the lines of what is called.

    Args:
        modules: that functions are looked up in.
        tuples: tuples of arrays by name of their class: their fields, and what those are annotated with.
        count: traces in a lane array.
    """

    def __init__(self, modules: Sequence[ModuleType], tuples: Mapping[str, Mapping[str, str]], count: int) -> None:
        self.functions: dict[str, ast.FunctionDef] = {}
        self.constants: dict[str, float] = {}
        for module in modules:
            tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
            for node in tree.body:
                if isinstance(node, ast.FunctionDef):
                    self.functions.setdefault(node.name, node)
            numbers = {k: v for k, v in vars(module).items() if k.isupper() and isinstance(v, int | float)}
            self.constants.update(numbers)
        self.tuples, self.count = tuples, count
        self.calls = 0

    def text(self, name: str) -> str:
        """The flat function, whose arguments are the fields of the tuples, one after the other."""
        entry = self.functions[name]
        bound, arguments, lines = {}, [], []
        for arg in entry.args.args:
            kind = ast.unparse(arg.annotation) if arg.annotation else ""
            bound[arg.arg] = arg.arg
            for field, annotation in self.tuples.get(kind, {}).items():
                argument = f"{arg.arg}__{field}"
                arguments.append(argument)
                if annotation == BY_TRACE:
                    lines.append(f"{argument} = lanes({argument}, {self.count})")
        body = self._body(entry.body, bound, "")
        lines += [ast.unparse(ast.fix_missing_locations(statement)) for statement in body]
        inner = "\n".join(lines).replace("\n", "\n    ")
        return f"@njit(nogil=True, cache=True)\ndef {name}({', '.join(arguments)}):\n    {inner}\n"

    def _body(self, body: Sequence[ast.stmt], bound: Mapping[str, str], suffix: str) -> list[ast.stmt]:
        out: list[ast.stmt] = []
        names = dict(bound)
        for statement in body:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                continue
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
                out += self._inlined(statement.value, names, suffix)
            elif _makes_tuple(statement, self.tuples):
                out += self._unpacked(cast(ast.Assign, statement), names, suffix)
            else:
                fresh = copy.deepcopy(statement)
                for field in ("body", "orelse"):
                    if getattr(fresh, field, None):
                        setattr(fresh, field, self._body(getattr(statement, field), names, suffix))
                out.append(_Renamer(self, names, suffix).shallow(fresh))
        return out

    def _inlined(self, call: ast.Call, names: Mapping[str, str], suffix: str) -> list[ast.stmt]:
        called = self.functions[ast.unparse(call.func)]
        self.calls += 1
        own = f"_{self.calls}"
        bound: dict[str, str] = {}
        out: list[ast.stmt] = []
        for parameter, given in zip(called.args.args, call.args, strict=True):
            kind = ast.unparse(parameter.annotation) if parameter.annotation else ""
            if kind in self.tuples:
                bound[parameter.arg] = names[ast.unparse(given)]
            else:
                value = _Renamer(self, names, suffix).visit(copy.deepcopy(given))
                out.append(ast.Assign([ast.Name(parameter.arg + own, ast.Store())], value, lineno=0))
        return out + self._body(called.body, bound, own)

    def _unpacked(self, statement: ast.Assign, names: dict[str, str], suffix: str) -> list[ast.stmt]:
        call = cast(ast.Call, statement.value)
        target = cast(ast.Name, statement.targets[0]).id
        names[target] = target
        fields = self.tuples[ast.unparse(call.func)]
        renamer = _Renamer(self, names, suffix)
        return [
            ast.Assign([ast.Name(f"{target}__{field}", ast.Store())], renamer.visit(copy.deepcopy(value)), lineno=0)
            for field, value in zip(fields, call.args, strict=True)
        ]


def _makes_tuple(statement: ast.stmt, tuples: Mapping[str, Mapping[str, str]]) -> bool:
    return (
        isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.Call)
        and ast.unparse(statement.value.func) in tuples
    )


class _Renamer(ast.NodeTransformer):
    """Gives fields of tuples and local names names of their own, and writes constants out."""

    def __init__(self, owner: Flattener, names: Mapping[str, str], suffix: str) -> None:
        self.owner, self.names, self.suffix = owner, names, suffix

    def shallow(self, statement: ast.stmt) -> ast.stmt:
        """Rename in a statement, but not again in the statements that it holds."""
        held = {field: getattr(statement, field) for field in ("body", "orelse") if getattr(statement, field, None)}
        for field in held:
            setattr(statement, field, [])
        self.generic_visit(statement)
        for field, value in held.items():
            setattr(statement, field, value)
        return statement

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id in self.names:
            return ast.copy_location(ast.Name(f"{self.names[node.value.id]}__{node.attr}", node.ctx), node)
        if isinstance(node.value, ast.Name) and node.value.id == "np":
            return ast.copy_location(ast.Name(node.attr, node.ctx), node)
        self.generic_visit(node)
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in self.owner.constants:
            return ast.copy_location(ast.Constant(self.owner.constants[node.id]), node)
        if node.id in OWN_WORDS:
            return node
        return ast.copy_location(ast.Name(node.id + self.suffix, node.ctx), node)


def compiled(
    name: str, modules: Sequence[ModuleType], tuples: Mapping[str, type[Any]], count: int
) -> Callable[..., None]:  # fmt: skip
    """The flat function of ``name`` over ``count`` traces, compiled when it is first called.

    It takes the fields of all tuples in order.
    """
    fields = {label: {field: _written(a) for field, a in kind.__annotations__.items()} for label, kind in tuples.items()}
    lanes = Path(__file__).with_name("operating_lanes.py").read_bytes()
    head = HEAD.format(digest=hashlib.sha256(lanes).hexdigest()[:16])
    return _loaded(name, head + Flattener(modules, fields, count).text(name))


def _written(annotation: Any) -> str:
    """An annotation as it stands in the source."""
    return str(getattr(annotation, "__forward_arg__", annotation))


def _loaded(name: str, text: str) -> Callable[..., None]:
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    path = _cache_folder() / f"{name}_{digest}.py"
    if not path.exists():
        # Written aside and moved, so that another process never reads half of it.
        handle, aside = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(aside).replace(path)
    label = f"yuqian_compiled_{digest}"
    spec = importlib.util.spec_from_file_location(label, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[label] = module
    spec.loader.exec_module(module)
    return cast(Callable[..., None], getattr(module, name))


def _cache_folder() -> Path:
    """Where compiled functions are kept: ``YUQIAN_CACHE``, or the user's cache folder, or else a temporary one."""
    wanted = Path(os.environ.get("YUQIAN_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "yuqian")
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        if os.access(wanted, os.W_OK):
            return wanted
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="yuqian-"))
