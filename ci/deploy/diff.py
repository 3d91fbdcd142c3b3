"""Shows what a deploy would change, and changes nothing."""

from __future__ import annotations

from invoke.exceptions import Exit

from ci.base.console import out
from ci.deploy import namespaces
from ci.deploy.candidate import candidate, require_image
from ci.deploy.deploy import refuse
from ci.deploy.plan import Plan, lines, plan, plan_of_a_new_namespace
from ci.deploy.releases import last_good
from ci.deploy.target import reached

# As diff and `terraform plan -detailed-exitcode` have it: 1 stands for an error.
CHANGES = 2


def run(
    environment: str, service: str = "", *, tag: str = "", digest: str = "", exit_code: bool = False
) -> None:
    """Print what a deploy would create, change and remove, and what stands against it.

    With ``exit_code`` raise Exit with 2 where there is anything. Raise UserError and Refused as a deploy does
    before it changes anything.
    """
    require_image(tag, digest)
    with reached(environment, service) as target:
        new = candidate(target, tag, digest)
        namespace = Plan()
        if namespaces.exists(target):
            current = last_good(target.releases.history(target.service))
            before = target.releases.with_hooks(target.service, current.number) if current else {}
            planned = plan(target, new.objects, before)
            namespace = namespaces.change(target, namespaces.values(target))
        else:
            out.out(f"Namespace {target.namespace}  new")
            planned = plan_of_a_new_namespace(new.objects)
        for line in [*lines(namespace), *lines(planned)]:
            out.out(line)
    refuse(planned)
    if exit_code and not (planned.is_empty and namespace.is_empty):
        raise Exit("something would change", CHANGES)
