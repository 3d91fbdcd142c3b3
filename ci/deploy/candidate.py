"""What is to be deployed: a service's values in an environment, checked and rendered."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ci.base.errors import UserError
from ci.charts import environments, helm
from ci.charts.catalog import charts
from ci.charts.helm import HelmError
from ci.deploy.commit import MOVING_TAG, TAG
from ci.deploy.components import main_image, main_service
from ci.deploy.reasons import Code, Reason, Refused
from ci.deploy.target import Target
from ci.kubernetes.manifests import Key, Object, parse
from ci.kubernetes.workloads import entries
from ci.values import lint

_CHECKS = re.compile(r"\d+ problems? in the values of ")
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}")


@dataclass(frozen=True)
class Candidate:
    """What is to be deployed: the values files, and what they render to."""

    chart: Path
    files: tuple[Path, ...]
    objects: Mapping[Key, Object]

    @property
    def image(self) -> str:
        """The image of the service's main container."""
        return main_image(self.objects)

    @property
    def url(self) -> str:
        """Where the service is reached: by its Ingress, else by its Service within the cluster, else ""."""
        for key, made in self.objects.items():
            if key.kind == "Ingress":
                hosts = {host for _, entry in entries(made, "spec", "tls") for host in entry.get("hosts", [])}
                for _, rule in entries(made, "spec", "rules"):
                    return f"{'https' if rule['host'] in hosts else 'http'}://{rule['host']}"
        services = [made for key, made in self.objects.items() if key.kind == "Service"]
        if service := main_service(services):
            name, namespace = (service["metadata"][field] for field in ("name", "namespace"))
            for _, port in entries(service, "spec", "ports"):
                return f"http://{name}.{namespace}:{port['port']} in the cluster"
        return ""


def require_image(tag: str, digest: str) -> None:
    """Raise UserError where --tag and --digest name no image to deploy; both may be ""."""
    if tag and digest:
        raise UserError("--tag and --digest both name an image: give one of them")
    if tag == MOVING_TAG:
        raise UserError("--tag latest names another image each day, and can't be rolled back: give a version")
    if tag and not TAG.fullmatch(tag):
        raise UserError(
            f"--tag {tag!r}: a tag has letters, digits, _ . and -, does not begin with . or -, and has at "
            "most 128 characters"
        )
    if digest and not _DIGEST.fullmatch(digest):
        raise UserError(
            f"--digest {digest}: a digest is sha256: and 64 digits, as invoke image --push prints it"
        )


def candidate(target: Target, tag: str, digest: str) -> Candidate:
    """Return what the service's values render to in the environment, after all checks of them.

    ``tag`` or ``digest``, at most one of which is given, replaces both in the values; a file with them is
    written beside the task's kubeconfig. Raise Refused with every mistake in the files.
    """
    chart = next(chart for chart in charts() if chart.name == "microservice")
    files = environments.values_of(target.service, target.environment)
    faults = [str(fault) for file in files for fault in lint.faults(file, chart)]
    if faults:
        raise Refused(Reason(Code.INVALID, "\n".join(faults)))
    if tag or digest:
        image = target.kubeconfig.with_name("image.json")
        chosen = {"tag": tag, "digest": digest}
        image.write_text(json.dumps({"image": chosen}), encoding="utf-8")
        files = (*files, image)
    try:
        rendered = helm.template(
            chart.path, files, engine=target.engine, release=target.service, namespace=target.namespace
        )
    except HelmError as error:
        # What the chart's checks refuse begins with the number of problems, and names its keys.
        words = helm.plain(error.stderr)
        if _CHECKS.match(words):
            raise Refused(Reason(Code.INVALID, words)) from None
        raise
    return Candidate(chart.path, files, parse(rendered))
