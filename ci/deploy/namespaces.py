"""The namespace of an environment: created before its first service, and kept as values/namespace/ says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from ci.base.processes import CommandError
from ci.base.repository import root
from ci.charts import helm
from ci.charts.helm import HelmError
from ci.deploy.plan import Plan, plan
from ci.deploy.rbac import rule
from ci.deploy.reasons import Code, Reason, Refused
from ci.deploy.releases import Releases
from ci.deploy.target import Target
from ci.kubernetes.manifests import parse
from ci.kubernetes.workloads import dig

# Where the releases of namespaces are: in a namespace that every cluster has.
HOME = "default"


def exists(target: Target) -> bool:
    """Tell whether the namespace is there; one that may not be read counts as there.

    Raise Refused for one that is being deleted.
    """
    try:
        found = target.api.find(f"/api/v1/namespaces/{target.namespace}")
    except CommandError as error:
        if "Forbidden" in error.output:
            return True
        raise
    if found is None:
        return False
    if dig(found, "status", "phase") == "Terminating":
        message = "is being deleted; wait until it is gone, then deploy again"
        raise Refused(Reason(Code.NAMESPACE_TERMINATING, message, f"Namespace {target.namespace}"))
    return True


@contextmanager
def values(target: Target) -> Iterator[list[Path]]:
    """Give the block the values files of the environment's namespace; none where there is no file for it."""
    file = root() / "values" / "namespace" / f"{target.environment.name}.yaml"
    with TemporaryDirectory(prefix="namespace-") as folder:
        if not file.exists():
            yield []
            return
        name = Path(folder) / "name.json"
        name.write_text(json.dumps({"name": target.namespace}), encoding="utf-8")
        yield [file, name]


def create(target: Target, files: Sequence[Path]) -> None:
    """Create the namespace, by the chart for it where there are values."""
    if files:
        _releases(target).upgrade(target.namespace, _chart(), files)
    else:
        try:
            target.kubectl("create", "namespace", target.namespace)
        except CommandError as error:
            # The first deploy of another service may have been faster.
            if "AlreadyExists" in error.output:
                return
            if "Forbidden" not in error.output:
                raise
            message = (
                "is not there yet, and you may not create it: have it created, or this rule added to your "
                f"ClusterRole: {rule('', 'namespaces', ['create'])}"
            )
            raise Refused(Reason(Code.NOT_ALLOWED, message, f"Namespace {target.namespace}")) from None


def change(target: Target, files: Sequence[Path]) -> Plan:
    """Return what the values would change in a namespace that is a release; nothing for any other.

    Who may not read it leaves it to those who may.
    """
    if not files:
        return Plan()
    try:
        revisions = _releases(target).history(target.namespace)
    except HelmError:
        return Plan()
    if not revisions or revisions[-1].status != "deployed":
        return Plan()
    rendered = helm.template(_chart(), files, engine=target.engine, release=target.namespace, namespace=HOME)
    before = _releases(target).objects(target.namespace, revisions[-1].number)
    # The release has the namespace's name, and is in another one.
    home = replace(target.environment, namespace=HOME)
    found = plan(replace(target, environment=home, service=target.namespace), parse(rendered), before)
    # Printed together with the service's plan, whose unchanged objects are counted.
    return replace(found, unchanged=0)


def _releases(target: Target) -> Releases:
    return Releases(target.kubeconfig, HOME, target.engine)


def _chart() -> Path:
    return root() / "charts" / "namespace"
