"""What `invoke` can do: one line each, and one call into ci/."""

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

# A task that is told to end cleans up as it does after Ctrl-C.
signal.signal(signal.SIGTERM, signal.default_int_handler)


@task
def build(_: Context) -> None:
    """Lint, render, validate and package the charts into dist/."""
    build_.run()


CLUSTER_HELP = {
    "kube-context": "use the cluster of this context of your kubeconfig, in namespaces of its own",
    "push-to": "the repository from which that cluster can pull the image that the chart is tried with",
    "node-image": f"the image of kind's nodes, also {testbed.IMAGE_VARIABLE}; kind's own by default",
    "nodes": "how many nodes",
    "addons": f"manifests to install, by path or URL, also {addons_.VARIABLE}; "
    f"'{addons_.DEFAULT}' by default",
}


@task(
    help=CLUSTER_HELP
    | {
        "junit": "write a JUnit XML report to this file, and two of the cluster's tests beside it "
        "(-quiet-cluster and -cluster)",
        "cluster": "fail where there can be no cluster, and leave no test out",
        "no-cluster": "leave out the tests that need a cluster",
        "keep": "leave the cluster as the tests leave it, until invoke down",
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
    """Run every test; those in a cluster where a Docker engine answers."""
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
    """Make a cluster with the article's service in it, and say how to reach it."""
    up_.up(testbed.Wanted(kube_context, push_to, node_image, nodes, addons))


@task(help={"all": "and, unasked, what other runs left"})
def down(_: Context, all: bool = False) -> None:
    """Remove the cluster of invoke up, and offer to remove what other runs left."""
    up_.down(all)


@task(help={"kube-version": f"name each field that this Kubernetes does not know yet, {OLDEST} to {NEWEST}"})
def lint(_: Context, kube_version: str = "") -> None:
    """Look for what is wrong in the charts, alone and with every case, with Helm 3 and 4."""
    lint_.run(kube_version)


@task(
    positional=["case"],
    help={
        "case": "a file of charts/*/ci (worker for worker-values.yaml) or of values/ (api for api.yaml)",
        "kube-version": f"the Kubernetes version to render for, {OLDEST} to {NEWEST}",
    },
)
def render(_: Context, case: str, kube_version: str = NEWEST) -> None:
    """Print what a case renders to: invoke render api."""
    cases.render(case, kube_version)


@task(help={"update": "accept what the cases render to now"})
def golden(_: Context, update: bool = False) -> None:
    """Compare what the cases render to with tests/golden."""
    cases.update_goldens() if update else cases.compare_goldens()


@task
def package(_: Context) -> None:
    """Package the charts into dist/: the same bytes from the same commit, wherever that is done."""
    packages.package_all()


@task(
    help={
        "to": "a folder for any web server to serve, oci://REGISTRY/PATH after helm registry login, "
        "or https://REPOSITORY after helm repo add",
        "dry-run": "only say what would be published",
        "sign": "sign with the secret key that GnuPG knows by this name, address or fingerprint",
        "cosign-key": "sign in the registry with this key of cosign: a file, whose password is in "
        "COSIGN_PASSWORD, or what else cosign sign --key takes",
        "ca-file": "the certificate of the authority that vouches for the registry",
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
    """Package the charts and publish what is new; a published version never changes."""
    publish_.run(to, dry_run=dry_run, key=sign, cosign_key=cosign_key, ca_file=ca_file, plain_http=plain_http)


@task(name="release", positional=["version"], help={"version": "the next one, such as 1.2.3 or 1.2.3-rc.1"})
def release_version(_: Context, version: str) -> None:
    """Test what is committed, and commit and tag it as a version: invoke release 1.2.3."""
    cut_release.run(version)


@task(help={"check": "write nothing, fail where something is out of date"})
def docs(_: Context, check: bool = False) -> None:
    """Write what is generated: values.schema.json and the tables in the READMEs."""
    docs_.check() if check else docs_.write()


@task
def bench(_: Context) -> None:
    """Compare the speed of rendering and validating, within one run."""
    bench_.run()


@task(help={"minutes": "how long", "seed": "draws the same values again; 0 stands for a new one"})
def fuzz(_: Context, minutes: float = 5.0, seed: int = 0) -> None:
    """Try the charts with values that nobody would write, and keep those that go wrong as a test."""
    # It takes as long to import as all the others together.
    from ci.fuzzing import fuzz as fuzz_

    fuzz_.run(minutes, seed)


@task
def doctor(_: Context) -> None:
    """Say what this machine has of what the tasks need, and how to get the rest."""
    doctor_.report()


@task(positional=["file"], help={"file": "CustomResourceDefinitions of another project"})
def crds(_: Context, file: str) -> None:
    """Renew the extracts in ci/kubernetes/crds, by which custom kinds are validated."""
    custom_kinds.renew(Path(file))
