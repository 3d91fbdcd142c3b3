"""What `invoke image --load` builds runs in the environment's cluster, without a registry."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Callable, Iterator

import pytest

from ci.clusters import docker, kind, sample_app
from ci.deploy import image
from tests.support.namespaces import CHART, QUICK, Namespace
from tests.support.repository import Repository


@pytest.fixture
def name(namespace: Namespace, repository: Repository) -> Iterator[str]:
    """The name of an image that a service of a repository has, whose environment "here" is this cluster."""
    context = namespace.cluster.context or f"kind-{namespace.cluster.name}"
    if docker.why_not() or not kind.cluster_of(context):
        pytest.skip(f"{context} is not a kind cluster of this machine")
    name = f"image-test-{secrets.token_hex(4)}"
    repository.write("values/environments.yaml", f"here: {{context: {context}}}")
    repository.write(
        "values/api.yaml", f"image: {{repository: {name}}}\nx-build: {{context: {sample_app.FOLDER}}}"
    )
    yield name
    subprocess.run(["docker", "image", "rm", "--force", f"{name}:v1"], check=False, capture_output=True)


def test_a_loaded_image_runs_where_nothing_may_be_pulled(
    namespace: Namespace,
    name: str,
    capsys: pytest.CaptureFixture[str],
    observed: Callable[[str], None],
) -> None:
    image.run("", "v1", push=False, load="here")
    assert capsys.readouterr().out.splitlines()[-1] == f"{name}:v1"
    own = f"image: {{repository: {name}, tag: v1, pullPolicy: Never}}"
    namespace.helm().install("api", CHART, namespace.values(QUICK, own))
    (deployment,) = namespace.objects("Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["image"] == f"{name}:v1"
    observed(f"{len(namespace.ready_pods())} pods of {name}:v1 are ready")
