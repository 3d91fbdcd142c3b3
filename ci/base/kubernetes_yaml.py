"""YAML as Kubernetes and Helm read it, which is neither exactly YAML 1.1 nor 1.2."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, ClassVar

import yaml
from yaml.constructor import ConstructorError

from ci.base.errors import UserError

try:
    from yaml import CSafeDumper as _BaseDumper
    from yaml import CSafeLoader as _BaseLoader
except ImportError:  # PyYAML was built without libyaml
    from yaml import SafeDumper as _BaseDumper  # type: ignore[assignment]
    from yaml import SafeLoader as _BaseLoader  # type: ignore[assignment]


class Malformed(UserError):
    """YAML that cannot be read: the problem, and where it is; ``line`` and ``column`` count from 1."""

    def __init__(self, place: str, line: int, column: int, problem: str) -> None:
        super().__init__(f"{place}: {problem}")
        self.line, self.column, self.problem = line, column, problem


def load_all(text: str, source: str) -> list[Any]:
    """Return the documents of a YAML string: dicts with str keys, lists, str, int, float, bool, None.

    Raises Malformed, which names ``source``, for invalid YAML, a duplicate key, a null key and infinity.
    """
    try:
        return list(yaml.load_all(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        mark, problem = error.problem_mark, _problem(text, error)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        # Without the excerpt that the mark has: it may show a secret.
        raise Malformed(f"{source}{_position(text, mark)}", line, column, str(problem)) from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        problem = f"unacceptable character #x{error.character:04x}: {error.reason}"
        raise Malformed(source, line, column, problem) from None


def load(text: str, source: str) -> Any:
    """Return the only document of a YAML string, None if there is none; raise as ``load_all`` does."""
    documents = load_all(text, source)
    if len(documents) > 1:
        second = list(yaml.compose_all(text, Loader=_Loader))[1].start_mark
        problem = f"expected one YAML document, got {len(documents)} (separated by ---)"
        raise Malformed(source, second.line + 1, second.column + 1, problem)
    return documents[0] if documents else None


def compose(text: str) -> yaml.Node | None:
    """Return the nodes, with their positions, of a YAML string that ``load`` accepts."""
    return yaml.compose(text, Loader=_Loader)


def dump(documents: Iterable[Any], flow: bool = False) -> str:
    """Return the documents as canonical YAML, which ``load_all`` reads back unchanged.

    ``flow`` puts a mapping or list that holds only scalars on one line.
    """
    return yaml.dump_all(
        documents,
        Dumper=_Dumper,
        default_flow_style=None if flow else False,
        sort_keys=False,
        allow_unicode=True,
        width=2**20,
        explicit_start=True,
    )


def dump_flow(value: Any) -> str:
    """Return a value as YAML on one line: {a: 1, b: [x]}."""
    text: str = yaml.dump(
        value, Dumper=_Dumper, default_flow_style=True, sort_keys=False, allow_unicode=True, width=2**20
    )
    return text.removesuffix("...\n").strip()


def without_block_scalars(text: str) -> str:
    """Return a YAML string with each line of its block scalars replaced by a dot; raise as ``load_all``."""
    lines = text.split("\n")
    try:
        for token in yaml.scan(text, Loader=_Loader):
            if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">"):
                first, end = token.start_mark.line + 1, token.end_mark.line
                # Empty lines at the end belong to the scalar under |+ only.
                while not token.value.endswith("\n\n") and not lines[end - 1].strip():
                    end -= 1
                lines[first:end] = ["."] * (end - first)
    except yaml.MarkedYAMLError as error:
        raise UserError(f"YAML{_position(text, error.problem_mark)}: {error.problem}") from None
    return "\n".join(lines)


class _Loader(_BaseLoader):
    """Resolves plain scalars as sigs.k8s.io/yaml does, with which Helm and the API server read YAML.

    That is YAML 1.1 with y and n as booleans and 0o17 as octal, without base-60 numbers and dates. A number
    that JSON writes without a fraction is an int, and every key is a str.
    """

    bool_values: ClassVar[dict[str, bool]] = {**_BaseLoader.bool_values, "y": True, "n": False}

    def construct_document(self, node: yaml.Node) -> Any:
        _refuse_duplicate_keys(node)
        return super().construct_document(node)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        pairs = super().construct_mapping(node, deep)
        return {key if isinstance(key, str) else _key_text(key, node): value for key, value in pairs.items()}


_Loader.yaml_implicit_resolvers = {}


class _Dumper(_BaseDumper):
    """Quotes each string that ``_Loader`` would read as another type."""

    yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers

    def ignore_aliases(self, data: object) -> bool:
        return True


def _problem(text: str, error: yaml.MarkedYAMLError) -> str | None:
    mark = error.problem_mark
    line = "".join(text.split("\n")[mark.line : mark.line + 1]) if mark else ""
    is_tab = mark is not None and line[mark.column :].startswith("\t")
    return "a tab: YAML is indented with spaces" if is_tab else error.problem


def _position(text: str, mark: yaml.Mark | None) -> str:
    """Return line and column of the mark, and in Helm's output the template."""
    if mark is None:
        return ""
    before = "\n".join(text.split("\n")[: mark.line + 1])
    template = re.findall(r"^# Source: (.+)", before, re.MULTILINE)[-1:]
    return f", line {mark.line + 1}, column {mark.column + 1}" + "".join(f" ({name})" for name in template)


def _refuse_duplicate_keys(root: yaml.Node) -> None:
    nodes: list[yaml.Node] = [root]
    visited: set[int] = set()
    while nodes:
        node = nodes.pop()
        # An anchored node is visited once for each of its aliases.
        if id(node) in visited:
            _refuse_endless(node, ())
            continue
        visited.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            nodes += node.value
        elif isinstance(node, yaml.MappingNode):
            keys: set[str] = set()
            for key, value in node.value:
                nodes.append(value)
                if isinstance(key, yaml.ScalarNode) and key.value in keys:
                    problem = f"duplicate key {key.value!r}"
                    raise ConstructorError(problem=problem, problem_mark=key.start_mark)
                keys.add(str(key.value))


def _refuse_endless(node: yaml.Node, above: tuple[yaml.Node, ...]) -> None:
    if any(node is holder for holder in above):
        raise ConstructorError(problem="an anchor contains itself", problem_mark=node.start_mark)
    if isinstance(node, yaml.SequenceNode | yaml.MappingNode):
        items = node.value if isinstance(node, yaml.SequenceNode) else [value for _, value in node.value]
        for item in items:
            _refuse_endless(item, (*above, node))


def _key_text(key: object, mapping: yaml.MappingNode) -> str:
    if key is None:
        problem = "a mapping has a null key; quote it if a string is meant"
        raise ConstructorError(problem=problem, problem_mark=mapping.start_mark)
    return str(key).lower() if isinstance(key, bool) else str(key)


def _number(loader: _Loader, node: yaml.ScalarNode) -> int | float | str:
    """Read a number as resolve() of go.yaml.in/yaml/v2 does and encoding/json then writes it."""
    text = str(loader.construct_scalar(node))
    plain = text.replace("_", "")
    try:
        whole = int(re.sub(r"^([-+]?)0(?=[0-7]+$)", r"\g<1>0o", plain), 0)
    except ValueError:
        pass
    else:
        if -(2**63) <= whole < 2**64:
            return whole
    try:
        number = float(plain)
    except ValueError:
        return text
    if abs(number) == float("inf"):
        return text
    return int(number) if number.is_integer() and abs(number) < 1e21 else number


def _merge_sign(loader: _Loader, node: yaml.ScalarNode) -> str:
    # As a key it merges mappings; as a value it is a string.
    return str(loader.construct_scalar(node))


def _not_a_number(loader: _Loader, node: yaml.ScalarNode) -> None:
    problem = f"{node.value} is not a number in JSON or Kubernetes"
    raise ConstructorError(problem=problem, problem_mark=node.start_mark)


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_DIGITS = "-+0123456789"
_RESOLVERS = (
    ("bool", r"y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON", "yYtToO"),
    ("bool", r"n|N|no|No|NO|false|False|FALSE|off|Off|OFF", "nNfFoO"),
    ("null", r"~|null|Null|NULL", "~nN"),
    ("merge", r"<<", "<"),
    ("int", r"[-+]?(0[bB][01_]+|0[oO]?[0-7_]+|0[xX][0-9a-fA-F_]+|[1-9][0-9_]*|0)", _DIGITS),
    ("float", r"[-+]?(\.[0-9][0-9_]*|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?", _DIGITS + "."),
    ("nan", r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", "-+."),
)
for _tag, _pattern, _first in _RESOLVERS:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"({_pattern})$"), list(_first))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("$"), [""])
_Loader.add_constructor("tag:yaml.org,2002:merge", _merge_sign)
_Loader.add_constructor("tag:yaml.org,2002:int", _number)
_Loader.add_constructor("tag:yaml.org,2002:float", _number)
_Loader.add_constructor("tag:yaml.org,2002:nan", _not_a_number)
_Dumper.add_representer(str, _text)
