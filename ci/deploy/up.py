"""Creates a cluster with the service of values/api.yaml, brings it up to date, and removes it."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from ci.base.console import err, out, step
from ci.base.errors import UserError
from ci.charts import catalog
from ci.charts.helm import ENGINES
from ci.clusters import kind, lifecycle, testbed
from ci.clusters.lifecycle import RUN_LABEL, Cluster
from ci.clusters.sample_app import VERSIONS
from ci.deploy.releases import Releases
from ci.deploy.target import KEPT_BY

RELEASE = "api"
NODE_PORT = kind.PORTS[-1]
ANSWER_SECONDS = 60


def up(wanted: testbed.Wanted) -> None:
    """Install values/api.yaml with the sample service's image in a cluster, and print how to reach it.

    The cluster is that of an earlier ``up`` from this checkout, else the one that is ``wanted``. Raise
    UserError if that fails; what was created for it is removed again.
    """
    if own := lifecycle.kept_by(KEPT_BY):
        step(f"{own.name} is up already: bringing the release up to date")
        _install(own)
        return
    if why_not := testbed.why_not(wanted):
        raise UserError(f"no cluster can be created here: {why_not}")
    with testbed.prepared(wanted) as made:
        _install(made)
        made.keep(KEPT_BY)


def down(everything: bool) -> None:
    """Remove the cluster of ``up``; with ``everything``, or if a person agrees, also what other runs left."""
    left = []
    for name, keeper in (lifecycle.kept() | lifecycle.left_by_killed_runs()).items():
        if keeper == lifecycle.keeper(KEPT_BY) or everything or _agreed(f"remove {name}, kept by {keeper}?"):
            step(f"removing {name}")
            lifecycle.remove(lifecycle.find(name))
        else:
            left.append(f"{name}, kept by {keeper}")
    step(f"left as it is, until `invoke down --all`: {'; '.join(left)}" if left else "nothing is left")


def _agreed(question: str) -> bool:
    if not sys.stdin.isatty():
        return False
    return err.input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}


def _install(at: Cluster) -> None:
    namespace = _namespace(at)
    step(f"installing {RELEASE}: values/api.yaml with the image {at.app}:{VERSIONS[0]}")
    values = {
        "image": {"repository": at.app, "tag": VERSIONS[0]},
        "service": {"type": "NodePort"},
        "ports": {"http": {"nodePort": NODE_PORT}},
    }
    case = catalog.find_case(RELEASE)
    with tempfile.TemporaryDirectory(prefix="up-") as folder:
        ours = Path(folder) / "image.yaml"
        ours.write_text(json.dumps(values if at.loopback else {"image": values["image"]}), encoding="utf-8")
        releases = Releases(at.kubeconfig, namespace, ENGINES[-1])
        releases.upgrade(RELEASE, case.chart.path, [*case.values, ours])
    out.out(f"export KUBECONFIG={at.kubeconfig}    # namespace {namespace}, until `invoke down`")
    if at.loopback:
        url = f"http://127.0.0.1:{at.loopback[str(NODE_PORT)]}/"
        out.out(f"{url} answers: {_answer(url)}")
    else:
        out.out(
            f"kubectl --namespace {namespace} port-forward service/{RELEASE} 8000:80    # http://127.0.0.1:8000"
        )


def _namespace(at: Cluster) -> str:
    """Return "default" in a cluster that ``up`` created; in an existing one, create a namespace for it."""
    if not at.context:
        return "default"
    labels = {RUN_LABEL: at.name}
    made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": at.name, "labels": labels}}
    at.kubectl("apply", "--filename=-", stdin=json.dumps(made))
    return at.name


def _answer(url: str) -> str:
    # Its import takes a tenth of a second, and no other task needs it.
    import httpx

    end = time.monotonic() + ANSWER_SECONDS
    while True:
        try:
            return httpx.get(url, trust_env=False).raise_for_status().text
        except httpx.HTTPError as error:
            if time.monotonic() > end:
                raise UserError(f"{url} gave no answer in {ANSWER_SECONDS} s: {error}") from error
        time.sleep(0.5)
