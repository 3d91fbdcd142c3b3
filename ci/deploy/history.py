"""The revisions of a release with the image of each: what `invoke history` shows."""

from __future__ import annotations

import base64
import functools
import gzip
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ci.base.errors import UserError
from ci.deploy import tables
from ci.deploy.components import WORKLOADS, main_image
from ci.deploy.releases import Revision
from ci.deploy.remedies import command
from ci.deploy.tables import Row
from ci.deploy.target import Target, reached
from ci.kubernetes import manifests
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import dig

COLUMNS = ("", "revision", "deployed (UTC)", "status", "image", "chart", "description")


@dataclass(frozen=True)
class Stored:
    """A revision as Helm has stored it; ``manifest`` is what it rendered without hooks, Secrets included."""

    revision: Revision
    manifest: str = field(repr=False)

    @functools.cached_property
    def workloads(self) -> Mapping[Key, Object]:
        """Its Deployments and its StatefulSet."""
        return self.of_kinds(WORKLOADS)

    def of_kinds(self, kinds: Collection[str]) -> Mapping[Key, Object]:
        """Return its objects of these kinds."""
        # They alone are parsed: the rest is long, and the Secrets in it are nobody's business here.
        return {
            key: made
            for document in f"\n{self.manifest}".split("\n---")
            if any(f"\nkind: {kind}\n" in document for kind in kinds)
            for key, made in manifests.parse(document.partition("\n")[2]).items()
        }

    @property
    def image(self) -> str:
        """The image of the service's main container, "" without a workload."""
        return main_image(self.workloads)

    @property
    def deployed(self) -> datetime:
        """When its install, upgrade or rollback began."""
        return tables.moment(self.revision.updated)


def run(environment: str, service: str = "") -> None:
    """Print the revisions of a service, oldest first.

    Raise UserError for an unknown environment or service, and where nothing is installed.
    """
    with reached(environment, service) as target:
        found = stored(target)
    title = f"{environment}: revisions of release {target.service} in namespace {target.namespace}"
    tables.show(title, COLUMNS, [_row(one) for one in found])


def stored(target: Target) -> list[Stored]:
    """Return the revisions of a release, oldest first, from the Secrets in which Helm keeps them.

    One call reads them all, where Helm reads one a call
    (https://helm.sh/docs/topics/advanced/#storage-backends). Raise UserError where nothing is installed.
    """
    selector = f"--selector=owner=helm,name={target.service}"
    secrets = target.kubectl.get("secrets", selector)
    if not secrets:
        raise not_installed(target)
    found = [_decoded(secret["data"]["release"]) for secret in secrets]
    return sorted(found, key=lambda one: one.revision.number)


def not_installed(target: Target) -> UserError:
    """Return the error that says that the environment is without the service."""
    place = f"context {target.environment.context}, namespace {target.namespace}"
    where = f"{target.environment.name} ({place})"
    return UserError(f"{target.service} is not installed in {where}: {command(target, 'deploy')}")


def _decoded(data: str) -> Stored:
    release = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(data))))
    info, chart = release["info"], dig(release, "chart", "metadata") or {}
    revision = Revision(
        number=release["version"],
        status=info["status"],
        chart=f"{chart.get('name')}-{chart.get('version')}",
        description=info.get("description") or "",
        updated=info["last_deployed"],
    )
    return Stored(revision, release.get("manifest") or "")


def _row(one: Stored) -> Row:
    revision = one.revision
    is_current = revision.status == "deployed"
    when = one.deployed.astimezone(UTC)
    cells = (
        "*" if is_current else "",
        str(revision.number),
        f"{when:%Y-%m-%d %H:%M} ({tables.age(when)})",
        revision.status,
        one.image,
        revision.chart,
        # A failed revision's is Helm's error, of many lines.
        " ".join(revision.description.split()),
    )
    return Row(cells, "bold" if is_current else "")
