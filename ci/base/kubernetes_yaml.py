"""YAML as Kubernetes and Helm read it, which is neither YAML 1.1 nor 1.2."""

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


def load_all(text: str, source: str) -> list[Any]:
    """Return the documents of a YAML text: dicts with text as keys, lists, str, int, float, bool, None.

    Raise UserError, naming the text as ``source``, for bad YAML, a key written twice, a null key, infinity.
    """
    try:
        return list(yaml.load_all(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        # The mark's own excerpt stays out: its line may be a secret's.
        raise UserError(f"{source}{_position(text, error.problem_mark)}: {_problem(text, error)}") from None
    except yaml.YAMLError as error:
        raise UserError(f"{source}: {error}") from None


def load(text: str, source: str) -> Any:
    """Return the only document of a YAML text, None where there is none; raise as ``load_all`` does."""
    documents = load_all(text, source)
    if len(documents) > 1:
        raise UserError(
            f"{source}: {len(documents)} YAML documents (separated by ---) stand where one belongs"
        )
    return documents[0] if documents else None


def compose(text: str) -> yaml.Node | None:
    """Return the nodes of a YAML text that ``load`` has read, for where in it they stand."""
    return yaml.compose(text, Loader=_Loader)


def dump(documents: Iterable[Any], flow: bool = False) -> str:
    """Return canonical text of the documents, which ``load_all`` reads back as the same.

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


def without_block_scalars(text: str) -> str:
    """Return a YAML text with the lines of literal and folded scalars as dots; raise as ``load_all`` does."""
    lines = text.split("\n")
    try:
        for token in yaml.scan(text, Loader=_Loader):
            if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">"):
                first, end = token.start_mark.line + 1, token.end_mark.line
                # Empty lines after the text are part of it under |+ alone.
                while not token.value.endswith("\n\n") and not lines[end - 1].strip():
                    end -= 1
                lines[first:end] = ["."] * (end - first)
    except yaml.MarkedYAMLError as error:
        raise UserError(f"YAML{_position(text, error.problem_mark)}: {error.problem}") from None
    return "\n".join(lines)


class _Loader(_BaseLoader):
    """Resolves plain scalars as sigs.k8s.io/yaml does, with which Helm and the API server read YAML.

    It is YAML 1.1 with y and n as booleans and 0o17 as octal, without base-60 numbers and dates. A number
    that JSON writes without a fraction is whole, and every key is text.
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
    """Quotes whatever ``_Loader`` would read as another thing."""

    yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers

    def ignore_aliases(self, data: object) -> bool:
        return True


def _problem(text: str, error: yaml.MarkedYAMLError) -> str | None:
    mark = error.problem_mark
    line = "".join(text.split("\n")[mark.line : mark.line + 1]) if mark else ""
    is_tab = mark is not None and line[mark.column :].startswith("\t")
    return "a tab stands here; YAML is indented with blanks" if is_tab else error.problem


def _position(text: str, mark: yaml.Mark | None) -> str:
    """Where the mark is: line and column, and in what Helm rendered the template too."""
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
        # An anchored node is reached once for each of its aliases.
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
                    problem = f"the key {key.value!r} is written twice in one mapping"
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
        problem = "a mapping has a null key; quote it where text is meant"
        raise ConstructorError(problem=problem, problem_mark=mapping.start_mark)
    return str(key).lower() if isinstance(key, bool) else str(key)


def _number(loader: _Loader, node: yaml.ScalarNode) -> int | float | str:
    """Read a number as resolve() of go.yaml.in/yaml/v2 does, then as encoding/json writes what it read."""
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
    # It merges mappings as a key; as a value it is text.
    return str(loader.construct_scalar(node))


def _not_a_number(loader: _Loader, node: yaml.ScalarNode) -> None:
    problem = f"{node.value} is no number to JSON, nor to Kubernetes"
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
