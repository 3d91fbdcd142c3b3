"""What can't work is refused before anything is changed: all of it at once, with keys and remedies."""

from __future__ import annotations

import functools
import itertools
import re

import pytest

from ci import charts
from tests.render.conftest import NEWEST_ENGINE, Chart, with_both_engines

# Between them these make every problem there is.
WITH_A_PORT = """
image: {repository: "", tag: ""}
mainPort: web
ports: {admin: {servicePort: 9100}}
env:
  A: $(B)
  B: $(C)
  C: 1$(A)
  D: $(A) is not in the circle, it only waits for it
  E: {secretKeyRef: {name: s, key: k}, configMapKeyRef: {name: c, key: k}}
  F: {secretKeyRef: null}
readinessProbe: {httpGet: {port: nowhere}}
livenessProbe: {periodSeconds: 3}
startupProbe: {tcpSocket: {port: nowhere-else}}
volumes:
  nothing: {mountPath: /nothing}
  nothing-at-all: {}
  claimed: {claim: {size: 1Gi}, emptyDir: {}}
  claimed-twice: {claim: {size: 1Gi}, persistentVolumeClaim: {claimName: other}}
  both: {emptyDir: {}, configMap: {name: settings}, mountPath: /both}
ingress:
  enabled: true
  hosts:
    - {host: a.example.com, paths: [{path: /, port: nowhere}]}
    - {host: b.example.com, paths: [{path: /, serviceName: other}]}
    - {host: c.example.com, paths: [{path: /, port: 8080}]}
autoscaling: {enabled: true, minReplicas: 30}
shutdown: {drainSeconds: 40}
"""
WITHOUT = """
ports: {http: null}
livenessProbe: {httpGet: {path: /live}}
startupProbe: {grpc: {}}
ingress: {enabled: true}
autoscaling: {enabled: true, targetCPUUtilizationPercentage: null, maxReplicas: null}
"""
PROBLEMS = {
    (WITH_A_PORT, "1.api"): [
        "image.repository is missing: say which image to run, such as --set image.repository=myrepo/api",
        "image.tag is missing: say which version of the image to run, such as --set-string image.tag=1.2.3, "
        "or give image.digest",
        "the name \"1.api\" can't be a Service's: it takes small letters, digits and '-', and begins with a "
        "letter; write fullnameOverride, such as fullnameOverride: app-1-api",
        "env.E comes from configMapKeyRef and secretKeyRef: write one, such as "
        "secretKeyRef: {name: database, key: url}",
        "env.F comes from nowhere: write one, such as secretKeyRef: {name: database, key: url}",
        "env: A, B, C refer to each other in a circle, through $(NAME); write the value out in one of them",
        "mainPort: web is none of the ports declared under ports (admin, http)",
        "ports.admin has no containerPort: write the port that the process listens on",
        "startupProbe.tcpSocket.port: nowhere-else is none of the ports declared under ports (admin, http)",
        "livenessProbe has nothing to ask: write livenessProbe.httpGet.path, or tcpSocket, grpc or exec",
        "readinessProbe.httpGet.port: nowhere is none of the ports declared under ports (admin, http)",
        "shutdown.drainSeconds: 40 leaves nothing of terminationGracePeriodSeconds: 30 for the process to "
        "end; make the first smaller, or the second larger",
        "volumes.both has several sources (configMap, emptyDir): write one, such as emptyDir: {}, "
        "configMap: {name: settings} or claim: {size: 1Gi}",
        "volumes.claimed has several sources (emptyDir, persistentVolumeClaim): write one, such as "
        "emptyDir: {}, configMap: {name: settings} or claim: {size: 1Gi}",
        "volumes.claimed-twice has several sources (claim, persistentVolumeClaim): write one, such as "
        "emptyDir: {}, configMap: {name: settings} or claim: {size: 1Gi}",
        "volumes.nothing has no source: write one, such as emptyDir: {}, configMap: {name: settings} or "
        "claim: {size: 1Gi}",
        "volumes.nothing-at-all has no source: write one, such as emptyDir: {}, configMap: {name: settings} "
        "or claim: {size: 1Gi}",
        'ingress.hosts[0]: the Service has no port "nowhere"; its ports are those under ports with a '
        "servicePort (admin, http)",
        "ingress.hosts[1]: serviceName: other needs a port beside it, by name or number",
        'ingress.hosts[2]: the Service has no port "8080"; its ports are those under ports with a '
        "servicePort (admin, http)",
        "autoscaling.minReplicas: 30 is above autoscaling.maxReplicas: 20",
    ],
    (WITHOUT, "api"): [
        "startupProbe.grpc has no port: write startupProbe.grpc.port, since none is declared under ports",
        "livenessProbe.httpGet has no port: write livenessProbe.httpGet.port, since none is declared under "
        "ports",
        "ingress.enabled: true without ingress.hosts: write the host, such as ingress.hosts: "
        "[{host: api.example.com}]",
        "autoscaling has no metric: write autoscaling.targetCPUUtilizationPercentage, "
        "targetMemoryUtilizationPercentage or metrics",
        "autoscaling.maxReplicas is missing: write the most pods that there may be, such as 20",
    ],
}


@pytest.mark.parametrize(("values", "release"), PROBLEMS, ids=["with a port", "without"])
def test_every_problem_is_told_in_one_report(values: str, release: str, chart: Chart) -> None:
    assert chart.problems(values, release=release) == PROBLEMS[values, release]


def test_every_message_is_said_by_some_values_above(chart: Chart) -> None:
    written = [
        message
        for file in sorted((chart.path / "templates" / "checks").glob("*.tpl"))
        for message in re.findall(r'append \$problems \(?(?:printf )?"((?:[^"\\]|\\.)*)"', file.read_text())
    ]
    assert len(written) > 10
    said = [*itertools.chain(*PROBLEMS.values()), *blocks_taken_away(chart)]
    for message in written:
        pattern = re.sub("%[sdq]", ".*", re.escape(message))
        assert any(re.fullmatch(pattern, problem) for problem in said), message


def blocks(chart: Chart) -> list[str]:
    """The blocks that have defaults of their own, but for probes, which null removes."""
    defaults = charts.read_values(chart.path / "values.yaml").items()
    return sorted(key for key, value in defaults if value and isinstance(value, dict) and "Probe" not in key)


@functools.cache
def blocks_taken_away(chart: Chart, engine: int = NEWEST_ENGINE) -> list[str]:
    """What is said where every block is null that has defaults, and something else is wrong."""
    nulls = "".join(f"{block}: null\n" for block in blocks(chart))
    return chart.problems(f"{nulls}mainPort: web", engine=engine)


@with_both_engines
def test_a_block_that_null_takes_away_is_a_slip_and_told_before_anything_else(
    engine: int, chart: Chart
) -> None:
    found = blocks_taken_away(chart, engine)
    assert [problem.partition(": null removes every default of it; ")[0] for problem in found] == blocks(
        chart
    )


def test_a_slip_is_told_with_what_to_write_instead(chart: Chart) -> None:
    assert (
        "service: null removes every default of it; leave the line out, or write what you mean, such as "
        "service.enabled: false"
    ) in blocks_taken_away(chart)


def test_the_report_says_which_release_stays_as_it_is(chart: Chart) -> None:
    refused = chart.refused("mainPort: web", release="shop")
    assert refused.exit_code != 0
    assert '1 problem in the values of "shop", nothing was changed:\n  - mainPort: web ' in str(refused)
