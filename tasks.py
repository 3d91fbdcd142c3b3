"""The tasks of `invoke`: a line of help and one call into ci/ for each."""

from __future__ import annotations

import signal
from pathlib import Path

from invoke.context import Context
from invoke.tasks import task

from ci import bench as bench_
from ci import build as build_
from ci import docs as docs_
from ci import doctor as doctor_
from ci import lint as lint_
from ci import suite
from ci.checks import cases
from ci.clusters import addons as addons_
from ci.clusters import testbed
from ci.deploy import up as up_
from ci.kubernetes import custom_kinds
from ci.kubernetes.versions import NEWEST, OLDEST
from ci.publishing import cut_release, packages
from ci.publishing import publish as publish_

# After SIGTERM a task cleans up as after Ctrl-C.
signal.signal(signal.SIGTERM, signal.default_int_handler)


@task
def build(_: Context) -> None:
    """Lint, render, validate and package the charts into dist/."""
    build_.run()


CLUSTER_HELP = {
    "kube-context": "use the cluster of this context of your kubeconfig, in separate namespaces",
    "push-to": "push the image of the sample service to this repository, from which that cluster can pull it",
    "node-image": f"the image of kind's nodes (default: {testbed.IMAGE_VARIABLE}, else that of kind)",
    "nodes": "the number of nodes",
    "addons": f"add-ons to install: names, or paths or URLs of manifests (default: {addons_.VARIABLE}, "
    f"else '{addons_.DEFAULT}')",
}


@task(
    help=CLUSTER_HELP
    | {
        "junit": "write a JUnit XML report to this file, and those of the cluster tests beside it "
        "(-quiet-cluster and -cluster)",
        "cluster": "fail if no cluster is possible, or if a test would be skipped",
        "no-cluster": "skip the tests that need a cluster",
        "keep": "keep the cluster after the tests, until invoke down",
    }
)
def test(
    _: Context,
    junit: str = "",
    cluster: bool = False,
    no_cluster: bool = False,
    keep: bool = False,
    kube_context: str = "",
    push_to: str = "",
    node_image: str = "",
    nodes: int = testbed.NODES,
    addons: str = "",
) -> None:
    """Run every test; those that need a cluster only if a Docker engine answers."""
    wanted = testbed.Wanted(kube_context, push_to, node_image, nodes, addons)
    suite.run(junit, wanted, required=cluster, without=no_cluster, keep=keep)


@task(help=CLUSTER_HELP)
def up(
    _: Context,
    kube_context: str = "",
    push_to: str = "",
    node_image: str = "",
    nodes: int = 1,
    addons: str = "",
) -> None:
    """Create a cluster with the service of values/api.yaml, and print how to reach it."""
    up_.up(testbed.Wanted(kube_context, push_to, node_image, nodes, addons))


@task(help={"all": "also remove, without asking, what other runs left"})
def down(_: Context, all: bool = False) -> None:
    """Remove the cluster of invoke up, and ask about what other runs left."""
    up_.down(all)


@task(
    help={
        "kube-version": f"also report fields that this Kubernetes version does not know, {OLDEST} to {NEWEST}"
    }
)
def lint(_: Context, kube_version: str = "") -> None:
    """Check the charts, alone and with every case, with Helm 3 and 4."""
    lint_.run(kube_version)


@task(
    positional=["case"],
    help={
        "case": "a values file of charts/*/ci (worker for worker-values.yaml) or values/ (api for api.yaml)",
        "kube-version": f"the Kubernetes version to render for, {OLDEST} to {NEWEST}",
    },
)
def render(_: Context, case: str, kube_version: str = NEWEST) -> None:
    """Print the manifests of a case: invoke render api."""
    cases.render(case, kube_version)


@task(help={"update": "accept all differences: rewrite the golden files"})
def golden(_: Context, update: bool = False) -> None:
    """Compare the manifests of every case with its golden file in tests/golden."""
    cases.update_goldens() if update else cases.compare_goldens()


@task
def package(_: Context) -> None:
    """Package the charts into dist/; the same commit gives the same bytes on every machine."""
    packages.package_all()


@task(
    help={
        "to": "a folder for any web server to serve, oci://REGISTRY/PATH after helm registry login, "
        "or https://REPOSITORY after helm repo add",
        "dry-run": "only print what would be published",
        "sign": "sign with the GnuPG key of this name, email address or fingerprint",
        "cosign-key": "sign in the registry with this cosign key: a file, with its password in "
        "COSIGN_PASSWORD, or another value of cosign sign --key",
        "ca-file": "the CA certificate of the registry",
        "plain-http": "for a registry without TLS",
    }
)
def publish(
    _: Context,
    to: str,
    dry_run: bool = False,
    sign: str = "",
    cosign_key: str = "",
    ca_file: str = "",
    plain_http: bool = False,
) -> None:
    """Package the charts and publish new versions; published versions never change."""
    publish_.run(to, dry_run=dry_run, key=sign, cosign_key=cosign_key, ca_file=ca_file, plain_http=plain_http)


@task(
    name="release", positional=["version"], help={"version": "the new version, such as 1.2.3 or 1.2.3-rc.1"}
)
def release_version(_: Context, version: str) -> None:
    """Test the current commit, then commit and tag a version of it: invoke release 1.2.3."""
    cut_release.run(version)


@task(help={"check": "write nothing; fail if a file is out of date"})
def docs(_: Context, check: bool = False) -> None:
    """Update generated files: values.schema.json, Chart.yaml's metadata, and parts of documents."""
    docs_.check() if check else docs_.write()


@task
def bench(_: Context) -> None:
    """Measure rendering, validating and sizes, and fail if one is over its budget."""
    bench_.run()


@task(help={"minutes": "how long to search", "seed": "repeat the run with this seed; 0 chooses a new one"})
def fuzz(_: Context, minutes: float = 5.0, seed: int = 0) -> None:
    """Test the charts with generated values, and keep values that fail as a test."""
    # This import takes as long as all others together.
    from ci.fuzzing import fuzz as fuzz_

    fuzz_.run(minutes, seed)


@task
def doctor(_: Context) -> None:
    """Report which programs the tasks need, which are installed, and how to get the others."""
    doctor_.report()


@task(positional=["file"], help={"file": "a file with CustomResourceDefinitions"})
def crds(_: Context, file: str) -> None:
    """Update the extracts in ci/kubernetes/crds, against which custom kinds are validated."""
    custom_kinds.renew(Path(file))
