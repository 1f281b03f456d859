"""Mutants of Python source: copies with one small change, each of which a test should detect.

Decorators, annotations, imports, docstrings and messages are not changed. A message is a string
that contains a space, an f-string, or an argument of an exception or of a logger.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}

ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}

OPPOSITES = {"min": "max", "max": "min", "argmax": "argmin", "any": "all", "all": "any"}

#: Calls whose first arguments may be exchanged without effect, as many as given.
SYMMETRIC = {"min": 99, "max": 99, "multiply_add": 2, "clip": 2}


@dataclass(frozen=True)
class Mutant:
    """One changed source.

    Attributes
    ----------
    line, end_line : int
        First and last line of the statement that is changed, without the statements inside it.
    scope : str
        Name of the function or class that the statement lies in, or of the variable of the module
        that it assigns.
    at_import : bool
        Whether the statement runs when the module is imported, rather than in a function.
    operator : str
        Kind of change.
    key : str
        Scope and change, which identify the mutant in its file without its line number.
    source : str
        The whole changed source.
    """

    line: int
    end_line: int
    scope: str
    at_import: bool
    operator: str
    key: str
    source: str


def mutants(source: str) -> list[Mutant]:
    """Return all mutants of a module's source, in the order of its lines.

    Parameters
    ----------
    source : str
        Source of the module.
    """
    tree = ast.parse(source)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    unchanged = ast.unparse(tree)
    made = []
    for node in list(ast.walk(tree)):
        if not isinstance(node, (ast.stmt, ast.expr)) or not _is_mutated(node, parents):
            continue
        statement = _statement(node, parents)
        scope, at_import = _scope(statement, parents)
        for operator, replacement in _replacements(node, parents):
            shown = _shown(node, parents)
            before = _text(shown)
            with _Replaced(node, replacement, parents[node]) as new:
                after = _text(new if shown is node else shown)
                changed = ast.unparse(ast.fix_missing_locations(tree))
            if changed == unchanged:
                continue
            if isinstance(node, ast.Call) and isinstance(replacement, ast.Call):
                before, after = _changed_keywords(node, replacement) or (before, after)
            key = f"{scope}: {before} -> {after}"
            lines = statement.lineno, _last_line(statement)
            made.append(Mutant(*lines, scope, at_import, operator, key, changed))
    return _numbered(sorted(made, key=lambda mutant: mutant.line))


def _numbered(made: list[Mutant]) -> list[Mutant]:
    """Number the mutants of a file whose keys are equal."""
    seen: Counter[str] = Counter()
    numbered = []
    for mutant in made:
        seen[mutant.key] += 1
        number = seen[mutant.key]
        key = mutant.key if number == 1 else f"{mutant.key} [{number}]"
        numbered.append(replace(mutant, key=key))
    return numbered


def _replacements(
    node: ast.AST, parents: dict[ast.AST, ast.AST]
) -> Iterator[tuple[str, ast.AST | None]]:
    """Yield kinds of change and what takes the node's place; None drops a statement."""
    match node:
        case ast.Compare(ops=[comparison]):
            for other in COMPARISONS[type(comparison)]:
                yield (
                    "comparison",
                    ast.Compare(left=node.left, ops=[other()], comparators=node.comparators),
                )
        case ast.Compare():
            for position, comparison in enumerate(node.ops):
                for other in COMPARISONS[type(comparison)]:
                    operators = [*node.ops[:position], other(), *node.ops[position + 1 :]]
                    yield (
                        "comparison",
                        ast.Compare(left=node.left, ops=operators, comparators=node.comparators),
                    )
        case ast.BinOp() if type(node.op) in ARITHMETIC:
            changed = ARITHMETIC[type(node.op)]()
            yield "arithmetic", ast.BinOp(left=node.left, op=changed, right=node.right)
        case ast.AugAssign() if type(node.op) in ARITHMETIC:
            changed = ARITHMETIC[type(node.op)]()
            yield "arithmetic", ast.AugAssign(target=node.target, op=changed, value=node.value)
            yield "dropped statement", None
        case ast.UnaryOp(op=ast.USub() | ast.Not() | ast.Invert()):
            yield "sign or negation", node.operand
        case ast.BoolOp():
            other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield "and, or", ast.BoolOp(op=other, values=node.values)
        case ast.Constant():
            for value in _other_constants(node.value):
                yield "constant", ast.Constant(value)
        case ast.Call():
            yield from _changed_calls(node)
            if isinstance(parents[node], ast.Expr):
                yield "dropped statement", None
        case ast.Tuple(ctx=ast.Load()) | ast.List(ctx=ast.Load()):
            for first in range(len(node.elts) - 1):
                yield "order", type(node)(elts=_swapped(node.elts, first), ctx=ast.Load())
        case ast.Assign() | ast.Raise() | ast.Continue() | ast.Break():
            yield "dropped statement", None
        case ast.Return(value=value) if value is not None:
            if not (isinstance(value, ast.Call) and _makes_named_values(value)):
                yield "return value", ast.Return(ast.Constant(0.0))
            if not isinstance(value, (ast.Tuple, ast.Constant, ast.Call)):
                yield "return value", ast.Return(ast.UnaryOp(ast.USub(), value))
        case ast.If() if not isinstance(node.test, (ast.Compare, ast.UnaryOp, ast.BoolOp)):
            yield "condition", ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
        case ast.IfExp() if not isinstance(node.test, (ast.Compare, ast.UnaryOp, ast.BoolOp)):
            yield "condition", ast.IfExp(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)


def _changed_calls(node: ast.Call) -> Iterator[tuple[str, ast.Call]]:
    """Yield calls of the opposite function, with other results, or other order of arguments."""
    name = _called(node)
    if name in OPPOSITES:
        function = node.func
        if isinstance(function, ast.Name):
            other: ast.expr = ast.Name(OPPOSITES[name], ast.Load())
        else:
            assert isinstance(function, ast.Attribute)
            other = ast.Attribute(function.value, OPPOSITES[name], ast.Load())
        yield "opposite function", ast.Call(other, node.args, node.keywords)
    for first in range(len(node.args) - 1):
        if first + 2 > SYMMETRIC.get(name, 0):
            yield "order", ast.Call(node.func, _swapped(node.args, first), node.keywords)
    values = [keyword.value for keyword in node.keywords]
    names = [keyword.arg for keyword in node.keywords]
    if _makes_named_values(node):
        for first in range(len(values) - 1):
            yield "order", _with_values(node, names, _swapped(values, first))
        for position, value in enumerate(values):
            for operator, changed in (
                ("feature set to zero", ast.Constant(0.0)),
                ("sign or negation", ast.UnaryOp(ast.USub(), value)),
            ):
                others = [*values[:position], changed, *values[position + 1 :]]
                yield operator, _with_values(node, names, others)


def _makes_named_values(node: ast.Call) -> bool:
    """Tell whether a call makes a tuple or record of its keywords alone: a class is called."""
    return len(node.keywords) > 1 and not node.args and _called(node)[:1].isupper()


def _with_values(node: ast.Call, names: list[str | None], values: list[ast.expr]) -> ast.Call:
    keywords = [ast.keyword(name, value) for name, value in zip(names, values, strict=True)]
    return ast.Call(node.func, [], keywords)


def _changed_keywords(before: ast.Call, after: ast.Call) -> tuple[str, str] | None:
    """Return the keywords that differ between two calls; None where other things do."""
    pairs = [
        (f"{old.arg}={_text(old.value)}", f"{new.arg}={_text(new.value)}")
        for old, new in zip(before.keywords, after.keywords, strict=True)
        if old.value is not new.value
    ]
    if not pairs:
        return None
    return ", ".join(old for old, _ in pairs), ", ".join(new for _, new in pairs)


def _swapped(elements: list[ast.expr], first: int) -> list[ast.expr]:
    swapped = list(elements)
    swapped[first], swapped[first + 1] = swapped[first + 1], swapped[first]
    return swapped


def _other_constants(value: object) -> list[object]:
    match value:
        case bool():
            return [not value]
        case int():
            return [value + 1]
        case float():
            return [1.0] if value == 0.0 else [2.0 * value]
        case str() if value and " " not in value:
            return [value + "_"]
        case _:
            return []


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _is_mutated(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """Tell whether a node may be changed: it is neither documentation nor a message."""
    child = node
    while child in parents:
        parent = parents[child]
        match parent:
            case ast.FunctionDef() | ast.ClassDef() if child in parent.decorator_list:
                return False
            case ast.FunctionDef() if child is parent.returns:
                return False
            case ast.arg() | ast.JoinedStr() | ast.FormattedValue():
                return False
            case ast.AnnAssign() if child is parent.annotation:
                return False
            case ast.Raise():
                return False
            case ast.Expr() if isinstance(parent.value, ast.Constant):
                return False  # a docstring
            case ast.Call(func=ast.Attribute(value=ast.Name(id="logger"))):
                return False
            case ast.Assign() if _is_no_value(parent):
                return False
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                return False
        child = parent
    match node:
        case ast.Assign() if _is_no_value(node):
            return False
        case ast.JoinedStr():
            return False
    return True


def _is_no_value(statement: ast.Assign) -> bool:
    """Tell whether a statement assigns the public names, a logger or the name of a type."""
    match statement:
        case ast.Assign(targets=[ast.Name(id="__all__" | "logger")]):
            return True
        case ast.Assign(value=ast.Subscript(value=ast.Attribute(value=ast.Name(id="npt")))):
            return True
    return False


def _statement(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> ast.stmt:
    while not isinstance(node, ast.stmt):
        node = parents[node]
    return node


def _last_line(statement: ast.stmt) -> int:
    """Return the last line of a statement, without the statements inside it."""
    body = getattr(statement, "body", None)
    if isinstance(body, list) and body:
        return max(statement.lineno, body[0].lineno - 1)
    return statement.end_lineno or statement.lineno


def _scope(statement: ast.stmt, parents: dict[ast.AST, ast.AST]) -> tuple[str, bool]:
    """Return what a statement belongs to, and whether it runs at import."""
    names = []
    at_import = True
    match statement:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            names.append(name)
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            if isinstance(parents[statement], ast.Module):
                names.append(name)
    node: ast.AST = statement
    while node in parents:
        node = parents[node]
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.append(node.name)
        if isinstance(node, ast.FunctionDef):
            at_import = False
    return ".".join(reversed(names)) or "module", at_import


def _shown(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> ast.AST:
    """Return what to print of a change: the node, or for a constant what it stands in."""
    while isinstance(node, (ast.Constant, ast.Name)) and not isinstance(parents[node], ast.stmt):
        node = parents[node]
    if isinstance(node, ast.Constant):
        node = parents[node]
    return node


def _text(node: ast.AST | None) -> str:
    if node is None:
        return "pass"
    text = " ".join(ast.unparse(ast.fix_missing_locations(node)).split())
    return text if len(text) <= 120 else f"{text[:80]} ... {text[-35:]}"


class _Replaced:
    """Put another node in the place of one while the context lasts."""

    def __init__(self, node: ast.AST, replacement: ast.AST | None, parent: ast.AST) -> None:
        if replacement is None:
            # A call that is a statement is dropped with its statement.
            replacement = ast.Constant(None) if isinstance(node, ast.expr) else ast.Pass()
        self.node, self.replacement, self.parent = node, replacement, parent

    def __enter__(self) -> ast.AST:
        self._put(self.node, self.replacement)
        return self.replacement

    def __exit__(self, *_: object) -> None:
        self._put(self.replacement, self.node)

    def _put(self, old: ast.AST, new: ast.AST) -> None:
        for name, value in ast.iter_fields(self.parent):
            if value is old:
                setattr(self.parent, name, new)
                return
            if isinstance(value, list):
                for position, element in enumerate(value):
                    if element is old:
                        value[position] = new
                        return
        raise AssertionError("the parent does not hold the node")
