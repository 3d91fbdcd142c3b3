"""The changes that are tried: small ones, as a slip of the hand would make them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ci.mutation.template import Action, Block, Command, Operand, Pipeline, Template

_SWAPPED = {
    "and": "or",
    "or": "and",
    "eq": "ne",
    "ne": "eq",
    "gt": "ge",
    "ge": "gt",
    "lt": "le",
    "le": "lt",
}
# A part of a line that has a word, without the spaces around it.
_TEXT = re.compile(r"[^\s](?:[^\n]*[^\s])?")
_WORD = re.compile(r"\w")


class Mutant(NamedTuple):
    """A template with one change, which begins in a ``line``.

    It makes no difference where none of its ``blocks`` runs. ``change`` says what was replaced by what, and
    is unique in its ``definition``: the named template, "" for the file.
    """

    file: str
    definition: str
    line: int
    change: str
    text: str
    blocks: tuple[Block, ...]

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.change}"


class _Edit(NamedTuple):
    start: int
    end: int
    replacement: str
    what: str
    blocks: tuple[Block, ...] = ()


def mutants(file: str, template: Template) -> Iterator[Mutant]:
    """Yield every change of a template, in the order of the text, one block after the other."""
    seen: Counter[tuple[str, str]] = Counter()
    for block in template.blocks:
        for edit in _edits(block, template):
            name = _name(block.definition)
            change = f"{edit.what}: {_short(template.text[edit.start : edit.end])}"
            if edit.replacement.strip():
                change += f" -> {_short(edit.replacement)}"
            seen[name, change] += 1
            if seen[name, change] > 1:
                change += f" ({seen[name, change]})"
            text = template.text[: edit.start] + edit.replacement + template.text[edit.end :]
            yield Mutant(file, name, template.line(edit.start), change, text, edit.blocks or (block,))


def _edits(block: Block, template: Template) -> Iterator[_Edit]:
    opened = {other.opened_by.start: other for other in template.blocks if other.opened_by}
    for action in block.actions:
        if action.pipeline and action.keyword != "define":
            yield from _of_action(action, action.pipeline, template.text, opened)
    # Between named templates is nothing that is printed.
    if block.definition.keyword or not any(other.keyword == "define" for other in template.blocks):
        for start, end in _texts(block, template):
            for found in _TEXT.finditer(template.text, start, end):
                if _WORD.search(found[0]):
                    yield _Edit(found.start(), found.end(), "", "text dropped")


def _texts(block: Block, template: Template) -> Iterator[tuple[int, int]]:
    """Yield the texts of a block, without its actions and the blocks in it."""
    inner = [(other.start, other.end) for other in template.blocks if other.parent is block]
    place = block.start
    for start, end in sorted([*inner, *((action.start, action.end) for action in block.actions)]):
        yield place, start
        place = end
    yield place, block.end


def _of_action(action: Action, pipeline: Pipeline, text: str, opened: Mapping[int, Block]) -> Iterator[_Edit]:
    whole = text[pipeline.start : pipeline.end]
    if action.keyword in ("if", "else if"):
        branch = opened[action.start]
        for outcome, blocks in (("true", tuple(_otherwise(branch, opened))), ("false", (branch,))):
            if whole != outcome:
                yield _Edit(pipeline.start, pipeline.end, outcome, "condition", blocks)
    elif action.keyword in ("with", "else with"):
        yield _Edit(pipeline.start, pipeline.end, '""', "never with", (opened[action.start],))
    elif action.keyword == "range":
        yield _Edit(pipeline.start, pipeline.end, "list", "empty range", (opened[action.start],))
    elif not action.declared:
        yield _Edit(action.start, action.end, f'{action.left} "" {action.right}', "output dropped")
    elif ":=" not in action.declared and not action.declared.startswith("$_ "):
        yield _Edit(action.start, action.end, f'{action.left} "" {action.right}', "assignment dropped")
    elif action.declared.startswith("$_ ") and _sets(pipeline):
        yield _Edit(action.start, action.end, f'{action.left} "" {action.right}', "set dropped")
    for nested in pipeline.nested():
        for number, command in enumerate(nested.commands):
            yield from _of_command(command, nested, number, text)


def _otherwise(branch: Block, opened: Mapping[int, Block]) -> Iterator[Block]:
    """Yield the blocks of which one runs where the condition of a branch is false."""
    while branch.closed_by and (following := opened.get(branch.closed_by.start)) and following is not branch:
        yield following
        branch = following


def _sets(pipeline: Pipeline) -> bool:
    return pipeline.commands[-1].name in ("set", "unset")


def _of_command(command: Command, pipeline: Pipeline, number: int, text: str) -> Iterator[_Edit]:
    name, arguments = command.operands[0], command.operands[1:]
    shown = text[command.start : command.end]
    piped = number > 0
    if name.text in _SWAPPED and len(arguments) + piped > 1:
        yield _Edit(command.start, command.end, _SWAPPED[name.text] + text[name.end : command.end], "swapped")
    if name.text == "not" and len(arguments) == 1:
        argument = arguments[0]
        yield _Edit(command.start, command.end, text[argument.start : argument.end], "not dropped")
    if name.text == "not" and not arguments and piped:
        yield _Edit(pipeline.commands[number - 1].end, command.end, "", "not dropped")
    if name.text == "ternary" and len(arguments) >= 2:
        one, two = arguments[:2]
        swapped = f"{text[two.start : two.end]} {text[one.start : one.end]}"
        yield _Edit(one.start, two.end, swapped, "swapped")
    if name.text == "default" and len(arguments) == 1 and piped:
        yield _Edit(pipeline.commands[number - 1].end, command.end, "", "default dropped")
    if name.text == "dict" or (name.text == "list" and _is_fields(command)):
        pairs = arguments[: len(arguments) // 2 * 2]
        for key, value in zip(pairs[::2], pairs[1::2], strict=True):
            if key.text not in ('"root"', '"key"') and key.text.startswith('"'):
                yield _Edit(key.start, value.end, "", "field dropped")
    for operand in command.operands:
        yield from _of_literal(operand, command, shown)


def _is_fields(command: Command) -> bool:
    keys = [operand.text for operand in command.operands[1::2]]
    return (
        len(command.operands) > 2 and len(command.operands) % 2 == 1 and all(k.startswith('"') for k in keys)
    )


def _of_literal(operand: Operand, command: Command, shown: str) -> Iterator[_Edit]:
    if re.fullmatch(r"-?\d+", operand.text) and command.name not in ("indent", "nindent"):
        yield _Edit(operand.start, operand.end, str(int(operand.text) + 1), f"number in {_short(shown)}")
    if operand.text.startswith('"') and command.name in ("default", "printf", operand.text):
        # printf and a string alone are messages; what others have are names.
        changed = json.dumps(f"{json.loads(operand.text)}x", ensure_ascii=False)
        yield _Edit(operand.start, operand.end, changed, "string")


def _name(block: Block) -> str:
    action = block.opened_by
    return action.pipeline.commands[0].name.strip('"') if action and action.pipeline else ""


def _short(text: str) -> str:
    return " ".join(text.split())
