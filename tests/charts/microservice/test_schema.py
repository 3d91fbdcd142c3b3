"""What Helm says of values that can't be right, and of those that can, with each of its versions."""

from __future__ import annotations

import functools
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ci.charts import helm
from tests.support.rendering import ChartRenderer, Rendered, with_both_engines

# Each in a block of its own, so that one file can hold them all and Helm has to tell them all at once.
MISTAKES = {
    "replica: 3": "at '': additional properties 'replica' not allowed",
    "replicaCount: '3'": "at '/replicaCount': got string, want null or integer",
    "image: {repositroy: myrepo/api}": "at '/image': additional properties 'repositroy' not allowed",
    "mainPort: Web": "at '/mainPort': 'Web' does not match pattern '(^(?:(?:[0-9]-?)*",
    "ports: {http: {servicePort: '80'}}": "at '/ports/http/servicePort': got string, want null or integer",
    "workers: {a: {volumes: {data: data}}}": "at '/workers/a/volumes/data': got string, want null or object",
    "args: [--port, 8080]": "at '/args/1': value must be 'a string: quote it, such as",
    "podAnnotations: {scrape: true}": "at '/podAnnotations/scrape': value must be 'a string: quote",
    "env: {DEBUG: true}": "at '/env/DEBUG': value must be 'a string, or a whole number up to 90071992547409",
    "secret: {data: {ID: 9007199254740992}}": "at '/secret/data/ID': value must be 'a string, or a whole",
    "config: {existing: [null]}": "at '/config/existing/0': got null, want string",
    "podLabels: {team: Ä}": "at '/podLabels/team': 'Ä' does not match pattern '(^(?:[A-Za-z0-9]",
    "volumes: {data: {mountPath: data}}": "at '/volumes/data/mountPath': 'data' does not match pattern '(^",
    "podSpec: {volumes: []}": "at '/podSpec/volumes': value must be 'not a key here: write it at",
    "service: {type: Other}": (
        "at '/service/type': value must be one of 'ClusterIP', 'NodePort', 'LoadBalancer', <nil>\n"
    ),
    "ingress: {hosts: [{path: /}]}": "at '/ingress/hosts/0': additional properties 'path' not allowed",
    "autoscaling: {minReplicas: -1}": "at '/autoscaling/minReplicas': minimum: got -1, want 0",
    "containerSpec: {workdir: /app}": "at '/containerSpec': additional properties 'workdir' not allowed",
    "securityContext: {runAsUser: '1'}": "at '/securityContext/runAsUser': got string, want null or integer",
    "podSecurityContext: {sysctls: [{name: net.core.somaxconn}]}": (
        "at '/podSecurityContext/sysctls/0': missing property 'value'"
    ),
    "affinity: {nodeAffinity: [zone]}": "at '/affinity/nodeAffinity': got array, want null or object",
    "tolerations: [{key: gpu, efect: NoSchedule}]": (
        "at '/tolerations/0': additional properties 'efect' not allowed"
    ),
    "topologySpreadConstraints: [{maxSkew: '1', topologyKey: zone, whenUnsatisfiable: DoNotSchedule}]": (
        "at '/topologySpreadConstraints/0/maxSkew': got string, want integer"
    ),
    "initContainers: [{name: wait}]": "at '/initContainers/0': missing property 'image'",
    "extraContainers: [{name: proxy, image: proxy, tty: 1}]": (
        "at '/extraContainers/0/tty': got number, want null or boolean"
    ),
    "lifecycle: {preStop: {httpGet: {path: /}}}": "at '/lifecycle/preStop/httpGet': missing property 'port'",
    "readinessProbe: {httpGet: {httpHeaders: [{name: Host}]}}": (
        "at '/readinessProbe/httpGet/httpHeaders/0': missing property 'value'"
    ),
    "envFrom: [{configMapRef: {name: shared, nam: shared}}]": (
        "at '/envFrom/0/configMapRef': additional properties 'nam' not allowed"
    ),
    "resources: {limits: {memory: 1Gib}}": "at '/resources/limits/memory': '1Gib' does not match pattern",
}


@pytest.fixture(scope="module")
def report(render_chart: ChartRenderer) -> Callable[[int], str]:
    """What Helm says of all mistakes together."""

    def ask(engine: int) -> str:
        with pytest.raises(helm.HelmError) as refused:
            render_chart("\n".join(MISTAKES), engine=engine)
        assert refused.value.exit_code != 0
        return str(refused.value)

    return functools.cache(ask)


@with_both_engines
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_refused_and_its_key_named(
    mistake: str, engine: int, report: Callable[[int], str]
) -> None:
    assert f"- {MISTAKES[mistake]}" in report(engine)


@with_both_engines
def test_nothing_but_the_mistakes_is_refused(engine: int, report: Callable[[int], str]) -> None:
    assert len(re.findall("^ *- at ", report(engine), re.MULTILINE)) == len(MISTAKES)


@with_both_engines
def test_a_tag_that_became_a_number_on_the_command_line_is_refused(
    engine: int, render_chart: ChartRenderer
) -> None:
    with pytest.raises(helm.HelmError) as refused:
        render_chart(engine=engine, set_values=["image.tag=20250811"])
    told = 'a string: write tag: "20250811" in quotes, or --set-string image.tag=20250811'
    assert f"at '/image/tag': value must be '{told}'" in str(refused.value)


@with_both_engines
def test_null_takes_away_what_may_be_missing(engine: int, render_chart: ChartRenderer) -> None:
    rendered = render_chart(
        """
        commonLabels: {team: null}
        strategy: {rollingUpdate: null}
        ports: {http: {servicePort: null}}
        env: {DEBUG: null}
        config: {data: {DEBUG: null}, files: null}
        resources: {limits: {cpu: null}}
        readinessProbe: {periodSeconds: null}
        service: {type: null, clusterIP: null}
        ingress: {hosts: [{host: null, paths: null}]}
        volumes: {tmp: {mountPath: null}}
        """,
        engine=engine,
    )
    assert rendered.container["resources"]["limits"] == {"memory": "512Mi"}
    assert not rendered.all("Service")


@with_both_engines
def test_keys_that_begin_with_x_are_free(engine: int, render_chart: ChartRenderer) -> None:
    rendered = render_chart("x-size: &size {memory: 1Gi}\nresources: {limits: *size}", engine=engine)
    assert rendered.container["resources"]["limits"]["memory"] == "1Gi"


@with_both_engines
def test_the_chart_alone_is_clean_to_a_strict_lint(engine: int, render_chart: ChartRenderer) -> None:
    report = helm.lint(render_chart.path, engine=engine, strict=True)
    assert not re.search(r"\[(WARNING|ERROR)\]", report)


@with_both_engines
def test_without_an_image_both_keys_are_asked_for_at_once(engine: int, render_chart: ChartRenderer) -> None:
    with pytest.raises(helm.HelmError) as refused:
        helm.template(render_chart.path, engine=engine)
    assert refused.value.exit_code != 0
    assert "image.repository is missing" in str(refused.value)
    assert "image.tag is missing" in str(refused.value)
    assert "schema" not in str(refused.value)


PARENT = """\
apiVersion: v2
name: shop
version: 0.1.0
dependencies:
  - {name: microservice, alias: web, version: "*", condition: web.enabled}
  - {name: microservice, alias: worker, version: "*", condition: worker.enabled}
"""
PARENT_VALUES = """\
global: {imageRegistry: mirror.example.com}
web: {enabled: true, image: {repository: myrepo/web, tag: "1.2.3"}}
worker: {enabled: true, image: {repository: myrepo/worker, tag: "1.2.3"}, ports: {http: {enabled: false}}}
"""


@pytest.fixture(scope="module")
def parent(render_chart: ChartRenderer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chart that depends on ours twice."""
    folder = tmp_path_factory.mktemp("parent")
    (folder / "Chart.yaml").write_text(PARENT, encoding="utf-8")
    (folder / "values.yaml").write_text(PARENT_VALUES, encoding="utf-8")
    shutil.copytree(render_chart.path, folder / "charts" / "microservice")
    return folder


@with_both_engines
def test_a_parent_chart_holds_two_services_named_after_their_aliases(engine: int, parent: Path) -> None:
    rendered = Rendered(helm.template(parent, engine=engine, release="shop"))
    assert rendered.all("Deployment").keys() == {"shop-web", "shop-worker"}
    assert rendered.all("Service").keys() == {"shop-web"}


@with_both_engines
def test_a_parent_charts_condition_leaves_a_service_out(engine: int, parent: Path) -> None:
    rendered = Rendered(
        helm.template(parent, engine=engine, release="shop", set_values=["worker.enabled=false"])
    )
    assert rendered.all("Deployment").keys() == {"shop-web"}


@with_both_engines
def test_a_parent_charts_registry_is_that_of_all_images(engine: int, parent: Path) -> None:
    rendered = Rendered(helm.template(parent, engine=engine, release="shop"))
    images = {
        found["spec"]["template"]["spec"]["containers"][0]["image"]
        for found in rendered.all("Deployment").values()
    }
    assert images == {"mirror.example.com/myrepo/web:1.2.3", "mirror.example.com/myrepo/worker:1.2.3"}


@with_both_engines
def test_a_mistake_in_a_parent_charts_values_is_told_with_the_alias(engine: int, parent: Path) -> None:
    with pytest.raises(helm.HelmError, match=r"worker:\n- at '/replicaCount': got string"):
        helm.template(parent, engine=engine, extra=["--set-string=worker.replicaCount=3"])


@with_both_engines
def test_an_entry_that_a_parent_chart_takes_away_with_null_is_gone(
    engine: int, parent: Path, tmp_path: Path
) -> None:
    file = tmp_path / "values.yaml"
    file.write_text("web: {ports: {http: null}}", encoding="utf-8")
    assert not Rendered(helm.template(parent, [file], engine=engine)).all("Service")
