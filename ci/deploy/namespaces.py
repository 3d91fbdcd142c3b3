"""The namespace of an environment: created before its first service, and kept as values/namespace/ says."""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ci.base.console import step
from ci.base.processes import CommandError
from ci.base.repository import root
from ci.charts import helm
from ci.charts.helm import HelmError
from ci.deploy.plan import Plan, plan
from ci.deploy.rbac import rule
from ci.deploy.reasons import Code, Reason, Refused
from ci.deploy.releases import Releases, last_good
from ci.deploy.target import Target
from ci.kubernetes.manifests import parse
from ci.kubernetes.workloads import dig

# Where the releases of namespaces are: in a namespace that every cluster has.
HOME = "default"
# https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/namespace-v1/
TERMINATING, _ACTIVE = "Terminating", "Active"
POLL_SECONDS = 1
# How long another deploy may take to change the same namespace: Helm takes about one.
OTHER_SECONDS = 60
_OTHER = re.compile("release: already exists|cannot re-use a name|another operation")


def exists(target: Target) -> bool:
    """Tell whether the namespace is there; one that may not be read counts as there.

    Raise Refused for one that is being deleted.
    """
    found = phase(target)
    if found == TERMINATING:
        raise terminating(target)
    return bool(found)


def phase(target: Target) -> str:
    """Return the phase of the namespace, "" where there is none; what may not be read counts as active."""
    try:
        found = target.api.find(f"/api/v1/namespaces/{target.namespace}")
    except CommandError as error:
        if "Forbidden" in error.output:
            return _ACTIVE
        raise
    return "" if found is None else str(dig(found, "status", "phase") or _ACTIVE)


def terminating(target: Target) -> Refused:
    """Return the error that says that the namespace is being deleted."""
    message = "is being deleted; wait until it is gone, then deploy again"
    return Refused(Reason(Code.NAMESPACE_TERMINATING, message, f"Namespace {target.namespace}"))


def values(target: Target) -> list[Path]:
    """Return the values files of the environment's namespace; none where there is no file for it.

    One is written beside the kubeconfig, and goes with it.
    """
    file = root() / "values" / "namespace" / f"{target.environment.name}.yaml"
    if not file.exists():
        return []
    name = target.kubeconfig.with_name("namespace.json")
    name.write_text(json.dumps({"name": target.namespace}), encoding="utf-8")
    return [file, name]


def create(target: Target, files: Sequence[Path]) -> None:
    """Create the namespace, by the chart for it where there are values.

    Another deploy that changes it at the same time is waited for. Raise Refused where that takes too long,
    and with the rule where the user may not create it.
    """
    if files:
        _upgrade(target, files)
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


def _upgrade(target: Target, files: Sequence[Path]) -> None:
    """Upgrade the release of the namespace; raise Refused where another deploy does so for too long."""
    end = time.monotonic() + OTHER_SECONDS
    for attempt in itertools.count():
        try:
            _releases(target).upgrade(target.namespace, _chart(), files)
        except HelmError as error:
            if not _OTHER.search(error.stderr):
                raise
            if time.monotonic() >= end:
                raise Refused(_under_way(target)) from None
            if attempt == 0:
                step(f"namespace waiting: another deploy changes {target.namespace}")
            time.sleep(POLL_SECONDS)
        else:
            return


def _under_way(target: Target) -> Reason:
    pending = f"owner=helm,name={target.namespace},status in (pending-install, pending-upgrade)"
    message = (
        "another deploy still changes it, or was killed meanwhile, and Helm keeps its release locked; if "
        f"nobody deploys: kubectl delete secrets --namespace={HOME} --selector='{pending}'"
    )
    return Reason(Code.LOCKED, message, f"Namespace {target.namespace}")


def change(target: Target, files: Sequence[Path]) -> Plan:
    """Return what the values would change in a namespace that is a release; nothing for any other.

    One that another deploy changes, or has left in the middle, is left as it is, with a warning.
    Who may not read it leaves it to those who may.
    """
    if not files:
        return Plan()
    try:
        revisions = _releases(target).history(target.namespace)
    except HelmError:
        return Plan()
    if revisions and revisions[-1].is_pending:
        return Plan(warnings=(f"not changed: {_under_way(target)}",))
    if not revisions or revisions[-1].status not in ("deployed", "failed"):
        return Plan()
    rendered = helm.template(_chart(), files, engine=target.engine, release=target.namespace, namespace=HOME)
    good = last_good(revisions)
    before = _releases(target).objects(target.namespace, good.number) if good else {}
    # The release has the namespace's name, and is in another one.
    home = replace(target.environment, namespace=HOME)
    found = plan(replace(target, environment=home, service=target.namespace), parse(rendered), before)
    # Printed together with the service's plan, whose unchanged objects are counted.
    return replace(found, unchanged=0)


def _releases(target: Target) -> Releases:
    return Releases(target.kubeconfig, HOME, target.engine)


def _chart() -> Path:
    return root() / "charts" / "namespace"
