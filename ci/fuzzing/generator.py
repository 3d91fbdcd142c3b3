"""Generates valid values from a chart's values.schema.json, as unusual as the schema allows."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ci.base.locations import instance_path
from ci.fuzzing.placeholders import AMBIGUOUS
from ci.values import schema_walk
from ci.values.schema import NOT_NULL, validator
from ci.values.schema_walk import Schema

Values = dict[str, Any]
Draw = Callable[[SearchStrategy[Any]], Any]
# A part of the schema: the keys that lead to it, with ENTRY for a free key of a map and an item of a list.
Target = tuple[str, ...]
ENTRY = "*"

# Strings with a meaning: one key may declare a name to which another refers, and some change the render.
_WORDS = (
    *("http", "tmp", "data", "grpc", "a", "b2", "LOG_LEVEL", "x.y", "example.com", "*.example.com"),
    *("cpu", "memory", "Always", "TCP", "UDP", "ALL", "SYS_ADMIN", "None", "ClientIP", "Resource"),
    *("/data", "/data/", "/tmp", "/", "10%", "0%", "1", "100m", "2", "1Gi", "0", "1.5", "1e3", ""),  # noqa: S108
)
# Parts of strings that YAML without quotes, or a template, would change.
_PIECES = (
    *(
        '"',
        "'",
        "\\",
        "\n",
        "\r\n",
        "\r",
        "\t",
        " ",
        "  ",
        ":",
        ": ",
        "#",
        " #",
        "- ",
        "? ",
        "---",
        "\n---\n",
    ),
    *("...", "{{ .Values.image }}", '{{- fail "" }}', "{{", "}}", "$(A)", "$$", "&a ", "*a", "!b ", "%", "@"),
    *("`", "|", ">", "{", "[", ",", "=", "<<: ", "~", "a", "yes", "null", "1e3", "0x1F", ".inf", "12:30:45"),
    *("\nkind: Secret\n", "\n  - name: another\n    image: i:1\n", "ü", "日本語", "😀", "\u00a0", "\x1b[31m"),
    *("\x7f", "\x85", "\u2028", "\u2029", "\ufeff", "\uffff", "\x01", "a long line of words " * 40),
)

# By definition and key: the names to choose from, because others would break a reference.
_REFERENCES = {
    ("VolumeMount", "name"): ("tmp", "data"),
    ("VolumeDevice", "name"): ("tmp", "data"),
    # Any other name could be that of an existing object to which the values refer.
    ("", "fullnameOverride"): ("shop", "a-name-of-sixty-three-characters-which-is-the-most-there-may-be", ""),
}
# Definitions of which exactly one of the keys whose value is a map must be set.
_UNIONS = frozenset(
    {
        "probe",
        "Probe",
        "volume",
        "entryVolume",
        "variable",
        "LifecycleHandler",
        "EnvVarSource",
        "EnvFromSource",
    }
    | {"IngressBackend", "VolumeProjection"}
)
# By definition or block: keys that the chart's checks require, but its schema does not.
_NEEDED = {
    "port": ("containerPort",),
    "workerPort": ("containerPort",),
    "cronJob": ("schedule", "command"),
    "external": ("store",),
    "guardrails": ("mode",),
    "store": ("name",),
    "extraIngress": ("hosts",),
    "migration": ("command",),
    "worker": ("command",),
}
# Templates, which may fail; names of rules; and fields of routes that only the experimental channel of
# Gateway API has.
_LEFT_OUT = frozenset({"extraObjects", "allow", "retry", "sessionPersistence"})
# The most optional keys of an object, by its depth; deeper objects have none.
_MOST_KEYS = (8, 4, 3, 3, 2, 2, 2, 1, 1)

_ONE_OF_TWENTY = st.integers(0, 19).map(lambda number: number == 19)
_ONE_OF_FOUR = st.integers(0, 3).map(lambda number: number == 3)
_TEXTS = st.one_of(
    st.sampled_from(_WORDS),
    st.sampled_from(AMBIGUOUS),
    st.lists(st.sampled_from(_PIECES), min_size=1, max_size=4).map("".join),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)


def values(schema: Schema, targets: Sequence[Target] = ((),)) -> SearchStrategy[Values]:
    """Return a strategy for values that a built schema accepts.

    They set an image if the chart has a key for it, and ``enabled`` is mostly true. Each has one of the
    ``targets``, and the longer that is, the fewer other keys.
    """
    generator, judge = _Generator(schema), validator(schema)

    @st.composite
    def drawn(draw: Draw) -> Values:
        found = generator.object(draw, schema, 0, target=draw(_one(tuple(targets))))
        if "image" in schema["properties"] and found.get("image", {}) is not None:
            found["image"] = {"repository": "myrepo/api", "tag": "1"} | found.get("image", {})
        # What is drawn for one key knows nothing of the others: a key that they rule out goes.
        while error := next(judge.iter_errors(found), None):
            *above, key = instance_path(error, found)
            holder: Any = found
            for name in above:
                holder = holder[name]
            del holder[key]
        return found

    return drawn()


def targets(schema: Schema) -> list[Target]:
    """Return every target in a built schema, also within definitions, as often as they are used."""
    return list(_Generator(schema).targets(schema))


def can_draw(schema: Schema, part: Schema) -> bool:
    """Tell whether ``value`` can draw anything for a part of a built schema."""
    return bool(_Generator(schema).kinds(part))


def value(schema: Schema, part: Schema, key: str) -> SearchStrategy[Any]:
    """Return a strategy for values of a part of a built schema, which is that of a ``key``."""
    return st.composite(lambda draw: _Generator(schema).value(draw, part, 2, key))()


class _Generator:
    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def targets(self, part: Schema) -> Iterator[Target]:
        """Yield the targets within a part of the schema, the part itself first."""
        yield ()
        part = schema_walk.resolved(self._schema, part)
        below = {key: inner for key, inner in part.get("properties", {}).items() if key not in _LEFT_OUT}
        entries = ((ENTRY, inner) for inner in schema_walk.entries(self._schema, part))
        for key, inner in (*below.items(), *entries):
            if self.kinds(inner):
                yield from ((key, *rest) for rest in self.targets(inner))

    def value(
        self, draw: Draw, part: Schema, depth: int, key: str = "", owner: str = "", target: Target = ()
    ) -> Any:
        """Draw a value for a part of the schema, which is that of a ``key`` of the definition ``owner``."""
        kinds = self.kinds(part)
        name = schema_walk.target(part).removesuffix(NOT_NULL)
        part = schema_walk.resolved(self._schema, part)
        if "null" in schema_walk.types(part) and not target and draw(_ONE_OF_TWENTY):
            return None
        # With a message of its own for other types, a type and its limits are in an "if".
        part = part if "type" in part else {**part, **part.get("if", {})}
        match draw(_one(kinds)):
            case "enum":
                return draw(_one(tuple(value for value in part["enum"] if value is not None)))
            case "object":
                return self.object(draw, part, depth, name or key, target)
            case "array":
                return self._list(draw, part, depth, target)
            case "boolean":
                return (key == "enabled" and not draw(_ONE_OF_FOUR)) or draw(st.booleans())
            case "integer":
                return draw(_integers(part.get("minimum", 1 - 2**53), part.get("maximum", 2**53 - 1)))
            case "number":
                return draw(_numbers(part.get("minimum", -1e6), part.get("maximum", 1e6)))
            case _ if (owner, key) in _REFERENCES:
                return draw(_one(_REFERENCES[owner, key]))
            case _:
                limits = part.get("minLength", 0), part.get("maxLength")
                return draw(_texts(part.get("pattern", ""), *limits, tuple(part.get("examples", ()))))

    def object(self, draw: Draw, part: Schema, depth: int, name: str = "", target: Target = ()) -> Values:
        """Draw a map for a part of the schema: the definition or block ``name``."""
        if "properties" not in part:
            return self._map(draw, part, depth, target)
        properties = {
            key: inner
            for key, inner in part["properties"].items()
            if key not in _LEFT_OUT and self.kinds(inner)
        }
        wanted = [*part.get("required", []), *(key for key in _NEEDED.get(name, ()) if key in properties)]
        wanted += [key for key in target[:1] if key in properties]
        if name in _UNIONS:
            maps = tuple(key for key, inner in properties.items() if "object" in self.kinds(inner))
            wanted.append(target[0] if target and target[0] in maps else draw(_one(maps)))
            properties = {key: inner for key, inner in properties.items() if key not in maps or key in wanted}
        if depth and "enabled" in properties:
            wanted.append("enabled")
        most = _MOST_KEYS[depth] if depth < len(_MOST_KEYS) else 0
        rest = tuple(key for key in properties if key not in wanted)
        wanted += draw(_some(rest, 1 if target else most)) if rest and most else []
        return {
            key: self.value(
                draw, properties[key], depth + 1, key, name, target[1:] if key in target[:1] else ()
            )
            for key in wanted
        }

    def _map(self, draw: Draw, part: Schema, depth: int, target: Target) -> Values:
        patterns = part.get("patternProperties", {"": part.get("additionalProperties", {})})
        named = tuple(name for name, part in patterns.items() if not self._refuses(part))
        pattern = draw(_one(named)) if len(named) > 1 else named[0]
        others = tuple(other for other in patterns if other != pattern)
        keys = draw(_names(pattern, others, 1 if target else 0))
        return {key: self.value(draw, patterns[pattern], depth + 1, target=target[1:]) for key in keys}

    def _list(self, draw: Draw, part: Schema, depth: int, target: Target) -> list[Any]:
        items = part.get("items", {})
        least, most = part.get("minItems", 0), part.get("maxItems", 2)
        if self.kinds(items):
            least = max(least, 1 if target else 0)
            most = max(least, min(2, most))
        else:
            most = least
        count = draw(_integers(least, most))
        return [self.value(draw, items, depth + 1, target=target[1:]) for _ in range(count)]

    def _refuses(self, part: Schema) -> bool:
        return "const" in schema_walk.resolved(self._schema, part)

    def kinds(self, part: Schema) -> tuple[str, ...]:
        """Return the types that can be drawn for a part: no null, and no map without a schema of its values.

        A part with an enum has the one type "enum".
        """
        part = schema_walk.resolved(self._schema, part)
        if "enum" in part:
            return ("enum",)
        described = "properties" in part or part.get("additionalProperties") not in (None, True, {})
        types = schema_walk.types(part)
        return tuple(kind for kind in types if kind != "null" and (kind != "object" or described))


@functools.cache
def _one(choices: tuple[Any, ...]) -> SearchStrategy[Any]:
    return st.sampled_from(choices)


@functools.cache
def _some(keys: tuple[str, ...], most: int) -> SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(keys), unique=True, max_size=most)


@functools.cache
def _names(pattern: str, refused: tuple[str, ...], least: int) -> SearchStrategy[list[str]]:
    names = _texts(pattern, 1, None).filter(lambda name: not any(re.search(other, name) for other in refused))
    return st.lists(names, unique=True, min_size=least, max_size=3)


@functools.cache
def _integers(least: int, most: int) -> SearchStrategy[int]:
    return st.integers(least, min(least + 9, most)) | st.integers(least, most)


@functools.cache
def _numbers(least: float, most: float) -> SearchStrategy[float]:
    return st.integers(int(least), int(most)) | st.floats(least, most, allow_subnormal=False)


@functools.cache
def _texts(
    pattern: str, shortest: int, longest: int | None, examples: tuple[str, ...] = ()
) -> SearchStrategy[str]:
    def fits(text: str) -> bool:
        return shortest <= len(text) and (longest is None or len(text) <= longest)

    if not pattern:
        return _TEXTS.filter(fits)
    # In Python $ also matches before a final line break, in Go only at the end.
    whole = re.compile(pattern.replace("$", r"\Z"))
    likely = tuple(word for word in (*_WORDS, *AMBIGUOUS) if fits(word) and whole.search(word))
    words = (*examples, *likely)
    others = st.from_regex(pattern, fullmatch=pattern.endswith(("$", "$)"))).filter(fits)
    return st.one_of(_one(words), _one(words), others) if words else others
