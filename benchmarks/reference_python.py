"""Reference pages of the Python names, read from the source files; nothing is imported.

A name is public if its package lists it in `__all__`, or if a page of docs/ or a README imports it.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import wrap
from typing import Final

from reference_markup import block, described, page, prose

ROOT: Final = Path(__file__).parent.parent
SOURCE: Final = ROOT / "src"
FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign
BLOCK: Final = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LONGEST_VALUE: Final = 300
"""A constant that is longer is not written out."""


@dataclass(frozen=True)
class Name:
    """One public name.

    Attributes:
        module: from which it is imported, such as "riskml.grades".
        name: its name there.
        home: module that defines it.
        definition: its place in the syntax tree of that module.
        told: what stands below a constant as its docstring.
    """

    module: str
    name: str
    home: str
    definition: Definition
    told: str = ""


def public_names() -> dict[str, list[Name]]:
    """Module -> its public names in order, the modules sorted."""
    asked = {module: set(names) for module, names in _listed().items()}
    for module, name in _shown():
        asked.setdefault(module, set()).add(name)
    return {module: [_found(module, name) for name in sorted(asked[module])] for module in sorted(asked)}


def module_page(module: str, names: Iterable[Name]) -> str:
    """The page of one module."""
    doc = ast.get_docstring(_tree(module)) or ""
    parts = [f"# {module}", described(doc)]
    return page(*parts, *(_entry(name) for name in names))


def documented(module: str, name: str) -> str:
    """The docstring of one name as Markdown."""
    return described(ast.get_docstring(_found(module, name).definition) or "")  # type: ignore[arg-type]


def _listed() -> dict[str, list[str]]:
    """What the packages list in `__all__`, and the lazy names of riskml itself."""
    found = {"riskml": list(_literal("riskml", "_HOMES")), "riskml.errors": _literal("riskml.errors", "__all__")}
    for path in sorted((SOURCE / "riskml").glob("*/__init__.py")):
        module = f"riskml.{path.parent.name}"
        if any(_is_named(node, "__all__") for node in _tree(module).body):
            found[module] = _literal(module, "__all__")
    return found


def _shown() -> Iterator[tuple[str, str]]:
    """What the pages import from riskml, as (module, name)."""
    pages = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]
    for text in (found for path in pages for found in BLOCK.findall(path.read_text(encoding="utf-8"))):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == "riskml":
                for alias in node.names:
                    yield from _meant(str(node.module), alias.name)


def _meant(module: str, name: str) -> Iterator[tuple[str, str]]:
    """What an import of a page brings: the name, or of a module all that is public in it."""
    inner = f"{module}.{name}"
    if not _file(inner).is_file():
        yield module, name
        return
    for node in _tree(inner).body:
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)) and not node.name.startswith("_"):
            yield inner, node.name


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(_file(module).read_text(encoding="utf-8"))


def _file(module: str) -> Path:
    place = SOURCE / Path(*module.split("."))
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")


def _literal(module: str, name: str) -> list[str]:
    node = next(node for node in _tree(module).body if _is_named(node, name))
    return list(ast.literal_eval(node.value))  # type: ignore[attr-defined]


def _is_named(node: ast.stmt, name: str) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        return any(isinstance(target, ast.Name) and target.id == name for target in targets)
    return isinstance(node, (*FUNCTIONS, ast.ClassDef)) and node.name == name


def _found(module: str, name: str, *, wanted: str = "") -> Name:
    """A name followed through imports to where it is defined.

    Raises:
        LookupError: if no file defines it.
    """
    tree, asked = _tree(module), wanted or module
    for place, node in enumerate(tree.body):
        if _is_named(node, name) and isinstance(node, Definition):
            return Name(asked, name, module, node, _below(tree.body[place + 1 : place + 2]))
    if module == "riskml":
        homes = next(node for node in tree.body if _is_named(node, "_HOMES"))
        return _found(dict(ast.literal_eval(homes.value))[name], name, wanted=asked)  # type: ignore[attr-defined]
    for inner in ast.walk(tree):
        if isinstance(inner, ast.ImportFrom) and str(inner.module).startswith("riskml"):
            for alias in inner.names:
                if (alias.asname or alias.name) == name:
                    return _found(str(inner.module), alias.name, wanted=asked)
    raise LookupError(f"{module} names {name}, which no file defines")


def _below(nodes: list[ast.stmt]) -> str:
    """The text that stands below a constant as its docstring."""
    value = nodes[0].value if nodes and isinstance(nodes[0], ast.Expr) else None
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""


def _entry(name: Name) -> str:
    node = name.definition
    origin = "" if name.home == name.module else f"Defined in `{name.home}`."
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        value = ast.unparse(node.value) if node.value else ""
        shown = value if len(value) <= LONGEST_VALUE else "..."
        parts = [block("python", f"{name.name} = {shown}"), prose(" ".join(name.told.split()))]
    elif isinstance(node, ast.ClassDef):
        parts = [_heading(node), described(ast.get_docstring(node) or ""), *_methods(node)]
    else:
        parts = [block("python", signature(node)), described(ast.get_docstring(node) or "")]
    return "\n\n".join(part for part in [f"## {name.name}", origin, *parts] if part)


def _heading(node: ast.ClassDef) -> str:
    bases = ", ".join(ast.unparse(base) for base in node.bases)
    return block("python", f"class {node.name}({bases})" if bases else f"class {node.name}")


def _methods(node: ast.ClassDef) -> Iterator[str]:
    for method in node.body:
        if isinstance(method, FUNCTIONS) and not method.name.startswith("_"):
            yield f"### {node.name}.{method.name}"
            marks = {getattr(mark, "id", "") for mark in method.decorator_list}
            yield block("python", f"{method.name}{_gives(method)}" if "property" in marks else signature(method))
            yield described(ast.get_docstring(method) or "")


def signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """A function's head without `def`; annotations in quotes are shown without them.

    >>> signature(ast.parse("def f(a: 'int | str', *, b=1) -> 'list[int]': ...").body[0])
    'f(a: int | str, *, b=1) -> list[int]'
    """
    arguments = _Unquoted().visit(ast.parse(ast.unparse(node)).body[0]).args
    listed = [argument for argument in [*arguments.posonlyargs, *arguments.args] if argument.arg in ("self", "cls")]
    text = ast.unparse(arguments)
    if listed:
        text = text.removeprefix(listed[0].arg).removeprefix(", ")
    return "\n".join(wrap(f"{node.name}({text}){_gives(node)}", 100, subsequent_indent="    ", break_long_words=False))


def _gives(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    returns = _Unquoted().visit(ast.parse(ast.unparse(node)).body[0]).returns
    return f" -> {ast.unparse(returns)}" if returns else ""


class _Unquoted(ast.NodeTransformer):
    """Annotations in quotes become what they say."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = _without_quotes(node.annotation)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.returns = _without_quotes(node.returns)
        self.visit(node.args)
        return node


def _without_quotes(annotation: ast.expr | None) -> ast.expr | None:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return ast.parse(annotation.value, mode="eval").body
    return annotation
