"""Makes templates note which of their blocks run.

Nothing in a template is global. So a map travels with the argument of each include, and every named template
first takes its argument out again: `$` and `.` are then what they were.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ci.mutation.template import Block, Operand, Pipeline, Template

_TAKE_OUT = "{{ $cov := .cov }}{{ $ = .arg }}{{ range list $ }}"


def instrumented(template: Template, numbers: Mapping[Block, int]) -> str:
    """Return the text of a template that prints the same, and notes the number of each block that it enters.

    It notes them in the map `.cov` of its argument, which has the argument proper as `.arg`.
    """
    text = template.text
    for place, inserted in reversed(sorted(_insertions(template, numbers), key=lambda one: one[0])):
        text = text[:place] + inserted + text[place:]
    return text


def _insertions(template: Template, numbers: Mapping[Block, int]) -> Iterator[tuple[int, str]]:
    is_file = not any(block.keyword == "define" for block in template.blocks)
    for block in template.blocks:
        if block.keyword == "end" and block.opened_by:
            left, number = block.opened_by.left, numbers.get(block, -1)
            yield block.start, f'{left} else }}}}{{{{ $_ := set $cov "{number}" 1 }}}}'
            continue
        takes_out = block.keyword == "define" or (is_file and not block.opened_by)
        if block.opened_by or is_file:
            # An action trims the text on its other side only where the one before it did.
            right = block.opened_by.right if block.opened_by else "}}"
            number = numbers.get(block, -1)
            yield block.start, f'{_TAKE_OUT if takes_out else ""}{{{{ $_ := set $cov "{number}" 1 {right}'
        if takes_out:
            yield block.end, f"{block.closed_by.left if block.closed_by else '{{'} end }}}}"
        for action in block.actions:
            for pipeline in action.pipeline.nested() if action.pipeline else ():
                yield from _passing_on(pipeline, template.text)


def _passing_on(pipeline: Pipeline, text: str) -> Iterator[tuple[int, str]]:
    for command in pipeline.commands:
        match command.operands:
            case (Operand(text="include" | "tpl" as function), _, argument):
                again = f" {text[argument.start : argument.end]})" if function == "tpl" else ""
                # What tpl runs may also be of a user, who expects the argument itself.
                yield argument.start, ("(merge " if again else "") + '(dict "cov" $cov "arg" '
                yield argument.end, ")" + again
            case (Operand(text="include"), _):
                yield command.start, 'dict "cov" $cov "arg" | '
