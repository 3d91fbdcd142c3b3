"""A chart's template as actions, pipelines and blocks, each with its place in the text.

The grammar: https://pkg.go.dev/text/template. Helm itself refuses what is not valid, so this parser does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

_ACTION = re.compile(
    r"""(?P<left>\{\{(?:-\s)?)\s*
    (?:/\*.*?\*/|(?P<inside>(?:"(?:[^"\\]|\\.)*"|`[^`]*`|[^"`])*?))
    (?P<right>(?:\s-)?\}\})""",
    re.DOTALL | re.VERBOSE,
)
_KEYWORD = re.compile(r"(?:else(?:\s+(?:if|with))?|if|with|range|define|end|break|continue)\b")
_DECLARED = re.compile(r"\$\w+(?:\s*,\s*\$\w+)?\s*:?=\s*")
_TOKEN = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|`[^`]*`|[()|]|[^\s()|"`]+)""")

OPENING = ("if", "with", "range", "define")


class Operand(NamedTuple):
    """A word, a literal, or a pipeline in parentheses, which fields may follow: `(.a).b`."""

    start: int
    end: int
    text: str
    inner: Pipeline | None


class Command(NamedTuple):
    """A function with its arguments, or a value alone."""

    operands: tuple[Operand, ...]

    @property
    def start(self) -> int:
        """Where it begins in the text."""
        return self.operands[0].start

    @property
    def end(self) -> int:
        """Where it ends in the text."""
        return self.operands[-1].end

    @property
    def name(self) -> str:
        """The function, or the value."""
        return self.operands[0].text


class Pipeline(NamedTuple):
    """Commands, of which each takes the result of the one before as its last argument."""

    commands: tuple[Command, ...]

    @property
    def start(self) -> int:
        """Where it begins in the text."""
        return self.commands[0].start

    @property
    def end(self) -> int:
        """Where it ends in the text."""
        return self.commands[-1].end

    def nested(self) -> Iterator[Pipeline]:
        """Yield this pipeline, and those in parentheses within it."""
        yield self
        for command in self.commands:
            for operand in command.operands:
                if operand.inner:
                    yield from operand.inner.nested()


class _Token(NamedTuple):
    start: int
    end: int
    text: str


class Action(NamedTuple):
    """What stands between {{ and }}; ``declared`` is `$x := ` or `$x = ` with its spaces, or empty."""

    start: int
    end: int
    left: str
    right: str
    keyword: str
    declared: str
    pipeline: Pipeline | None


@dataclass(eq=False)
class Block:
    """What an action opens, up to the next one of its kind or its end; the whole file is one too.

    Where a condition has no else, the `end` opens an empty block, which runs if none of the branches does.
    """

    opened_by: Action | None
    start: int
    parent: Block | None
    end: int = -1
    closed_by: Action | None = None
    actions: list[Action] = field(default_factory=list)

    @property
    def keyword(self) -> str:
        """What opens it; "" for the file, "end" for an else that is not written."""
        return self.opened_by.keyword if self.opened_by else ""

    @property
    def definition(self) -> Block:
        """The define that holds it, or the file."""
        block = self
        while block.parent and block.keyword != "define":
            block = block.parent
        return block


class Template(NamedTuple):
    """A file's text with its blocks in order, the whole file first."""

    text: str
    blocks: list[Block]

    def line(self, place: int) -> int:
        """Return the number of the line of a place."""
        return self.text.count("\n", 0, place) + 1


def parse(text: str) -> Template:
    """Return a template that Helm can parse."""
    block = Block(None, 0, None)
    blocks = [block]
    for found in _ACTION.finditer(text):
        action = _action(found)
        # What closes a block or opens its other branch belongs to the block around it.
        if action.keyword == "end" or action.keyword.startswith("else"):
            if action.keyword == "end" and block.keyword in ("if", "else if"):
                blocks.append(Block(action, action.start, block.parent, action.start, action))
            block.end, block.closed_by = action.start, action
            block = block.parent or block
        block.actions.append(action)
        if action.keyword in OPENING or action.keyword.startswith("else"):
            block = Block(action, action.end, block)
            blocks.append(block)
    block.end = len(text)
    return Template(text, blocks)


def _action(found: re.Match[str]) -> Action:
    inside = found["inside"] or ""
    at = found.start("inside") if inside else found.end("left")
    keyword = match[0] if (match := _KEYWORD.match(inside)) else ""
    rest = len(inside) - len(inside[len(keyword) :].lstrip())
    declared = match[0] if (match := _DECLARED.match(inside, rest)) else ""
    first = rest + len(declared)
    tokens = [_Token(at + one.start(1), at + one.end(1), one[1]) for one in _TOKEN.finditer(inside, first)]
    pipeline = _pipeline(tokens)[0] if tokens else None
    return Action(
        start=found.start(),
        end=found.end(),
        left=found["left"].strip(),
        right=found["right"].strip(),
        keyword=" ".join(keyword.split()),
        declared=declared,
        pipeline=pipeline,
    )


def _pipeline(tokens: list[_Token]) -> tuple[Pipeline, int]:
    """Take a pipeline, and the parenthesis that ends it, from the start of a list; return where that ends."""
    commands: list[list[Operand]] = [[]]
    closed = 0
    while tokens:
        token = tokens.pop(0)
        if token.text == ")":
            closed = token.end
            break
        if token.text == "|":
            commands.append([])
        elif token.text == "(":
            inner, end = _pipeline(tokens)
            if tokens and tokens[0].start == end and tokens[0].text.startswith("."):
                end = tokens.pop(0).end
            commands[-1].append(Operand(token.start, end, "", inner))
        else:
            commands[-1].append(Operand(*token, None))
    return Pipeline(tuple(Command(tuple(each)) for each in commands)), closed
