"""What can't work is refused before anything is changed: all of it at once, with keys and remedies."""

from __future__ import annotations

import functools
import itertools
import re

import pytest

from ci.charts import catalog
from tests.support.messages import messages_of
from tests.support.rendering import NEWEST_ENGINE, ChartRenderer, with_both_engines

# Between them these make every problem there is.
WITH_A_PORT = """
image: {repository: "", tag: ""}
tests: {image: {tag: ""}}
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
  nothing-but-items: {items: [{key: a, path: a}]}
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
podDisruptionBudget: {maxUnavailable: 0}
httpRoute:
  enabled: true
  parentRefs: [{name: gateway}]
  rules:
    - {filters: [{type: RequestRedirect}]}
    - backendRefs: [{port: nowhere}, {port: 8000}, {name: other, port: http}]
shutdown: {drainSeconds: 40}
"""
WITHOUT = """
ports: {http: null}
livenessProbe: {httpGet: {path: /live}}
startupProbe: {grpc: {}}
ingress: {enabled: true}
autoscaling: {enabled: true, targetCPUUtilizationPercentage: null, maxReplicas: null}
podDisruptionBudget: {maxUnavailable: 1, minAvailable: 1}
serviceAccount: {create: false}
rbac: {clusterRules: [{nonResourceURLs: [/metrics], verbs: [get]}]}
httpRoute: {enabled: true}
metrics: {serviceMonitor: {enabled: true}, podMonitor: {enabled: true}}
"""
AT_ODDS = """
commonLabels: {app.kubernetes.io/name: shop}
podLabels: {app.kubernetes.io/component: web}
strategy: {rollingUpdate: {maxSurge: 0%}}
config: {data: {LEVEL: info, BOTH: here, ONCE: null}, files: {a: b}, mountPath: /tmp}
secret: {data: {KEY: key, BOTH: there, ONCE: here}}
global: {imagePullSecrets: ["", {name: ""}, fine, {name: fine}, {}]}
ports:
  http: {nodePort: 30080}
  web: {containerPort: 8000, hostPort: 80, nodePort: 30090}
  dns: {containerPort: 8000, protocol: UDP, hostPort: 80, servicePort: 80}
  other: {containerPort: 8001, hostPort: 80, servicePort: 80}
service: {extraPorts: [{name: dns, port: 80, targetPort: http}, {port: 53, nodePort: 30080}]}
resources: {requests: {cpu: 2, memory: 1Gi}, limits: {cpu: 1500m}}
volumes:
  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: {emptyDir: {}}
  scratch: {emptyDir: {}, mountPath: /tmp/}
  twice: {emptyDir: {}, mounts: [{mountPath: /a}, {mountPath: /b}, {mountPath: /a}]}
securityContext: {runAsUser: 0}
initContainers:
  - {name: api, image: i:1, volumeMounts: [{name: tmp, mountPath: /a}, {name: nowhere, mountPath: /a/}]}
  - {name: sidecar, image: i:1, restartPolicy: Always, securityContext: {runAsUser: 0, runAsNonRoot: true}}
extraContainers:
  - name: sidecar
    image: i:1
    ports: [{containerPort: 8000}, {containerPort: 9000, hostPort: 80}, {containerPort: 9000, name: web}]
    resources: {requests: {memory: 1.5Gi}, limits: {memory: 1535Mi, cpu: 1}}
    securityContext: {runAsUser: 1}
    env: [{name: A}, {name: B}, {name: A, value: b}]
    readinessProbe: {tcpSocket: {port: http}}
lifecycle: {postStart: {httpGet: {port: metrics}}}
containerSpec: {volumeDevices: [{name: disk, devicePath: /dev/a}]}
podSpec: {hostAliases: [{ip: 10.0.0.1, hostnames: [a]}, {ip: 10.0.0.1, hostnames: [b]}]}
ingress:
  enabled: true
  hosts: [{host: a.example.com}, {host: "*.example.org"}]
  tls:
    - hosts: [a.example.com, b.example.com]
    - hosts: [x.example.org, x.y.example.org, "*.example.com"]
    - hosts: [example.org]
autoscaling: {enabled: true, targetMemoryUtilizationPercentage: 80}
podDisruptionBudget: {minAvailable: 100%}
"""
BESIDE = """
env: {A: $(B)}
secret:
  data: {TWICE: a, THRICE: a}
  external:
    {enabled: true, provider: aws, store: {name: s}, aws: {service: null}, data: {THRICE: a, GONE: null}}
config: {data: {TWICE: a, THRICE: a, GONE: a}}
migration: {enabled: true, env: {M: {}}, resources: {limits: {cpu: 50m}}}
cronJobs:
  clean: {env: {B: $(A), C: {}}, schedule: "60 8-20 0,1 march fri-mon,7"}
  a-name-that-leaves-no-room-for-those-of-its-runs: {schedule: "@hourly"}
  never: {env: {C: $(B)}, command: [never]}
  large: {schedule: "@daily", resources: {requests: {memory: 1Gi}, limits: {memory: 600Mi}}}
  larger: {schedule: "@daily", resources: {requests: {memory: 1Gi}}}
  off: {enabled: false}
"""
WITHOUT_A_STORE = "secret: {external: {enabled: true}}"
VAULT = """
secret:
  external: {enabled: true, provider: vault, vault: {mountPath: "", caProvider: {name: ca}}, dataFrom: [a]}
"""
AZURE = """
secret: {external: {enabled: true, provider: azure, azure: {tenantId: a}, dataFrom: [a]}}
serviceAccount: {annotations: {azure.workload.identity/tenant-id: b}}
"""
PROBLEMS = {
    (WITH_A_PORT, "1.api"): [
        "image.repository is missing: say which image to run, such as --set image.repository=myrepo/api",
        "image.tag is missing: say which version of the image to run, such as --set-string image.tag=1.2.3, "
        "or give image.digest",
        "tests.image: write which image to test with, such as {repository: busybox, tag: 1.37.0}, or "
        "tests.enabled: false",
        "the name \"1.api\" can't be a Service's: it takes small letters, digits and '-', and begins with a "
        "letter; write fullnameOverride, such as fullnameOverride: app-1-api",
        "podDisruptionBudget.maxUnavailable: 0 lets no pod go, so that no node can be drained; "
        "write at least 1",
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
        "volumes.nothing-but-items has no source: write one, such as emptyDir: {}, configMap: "
        "{name: settings} or claim: {size: 1Gi}",
        'ingress.hosts[0]: the Service has no port "nowhere"; its ports are those under ports with a '
        "servicePort (admin, http)",
        "ingress.hosts[1]: serviceName: other needs a port beside it, by name or number",
        'ingress.hosts[2]: the Service has no port "8080"; its ports are those under ports with a '
        "servicePort (admin, http)",
        'httpRoute.rules[1]: the Service has no port "nowhere"; its ports are those under ports with a '
        "servicePort (admin, http)",
        'httpRoute.rules[1]: the Service has no port "8000"; its ports are those under ports with a '
        "servicePort (admin, http)",
        "httpRoute.rules[1]: port http of other has to be a number, for the chart doesn't know its names",
        "autoscaling.minReplicas: 30 is above autoscaling.maxReplicas: 20",
    ],
    (WITHOUT, "api"): [
        "podDisruptionBudget: Kubernetes takes minAvailable or maxUnavailable, not both; take "
        "one of them out",
        "startupProbe.grpc has no port: write startupProbe.grpc.port, since none is declared under ports",
        "livenessProbe.httpGet has no port: write livenessProbe.httpGet.port, since none is declared under "
        "ports",
        "rbac has no account to give rights to: write serviceAccount.create: true, or serviceAccount.name "
        "for one made elsewhere",
        "ingress.enabled: true without ingress.hosts: write the host, such as ingress.hosts: "
        "[{host: api.example.com}]",
        "httpRoute.enabled: true without httpRoute.parentRefs: write the Gateway, such as "
        "httpRoute.parentRefs: [{name: gateway, namespace: gateways}]",
        'httpRoute.rules[0]: the Service has no port ""; its ports are those under ports with a servicePort '
        "(none)",
        'metrics.serviceMonitor.port: the Service has no port ""; its ports are those under ports with a '
        "servicePort (none)",
        'metrics.podMonitor.port: no container has a port ""; those that there are have a name under ports, '
        "or in a container's own (none)",
        "autoscaling has no metric: write autoscaling.targetCPUUtilizationPercentage, "
        "targetMemoryUtilizationPercentage or metrics",
        "autoscaling.maxReplicas is missing: write the most pods that there may be, such as 20",
    ],
    (AT_ODDS, "api"): [
        "global.imagePullSecrets[0] has no name: write {name: regcred}, or regcred alone",
        "global.imagePullSecrets[1] has no name: write {name: regcred}, or regcred alone",
        "global.imagePullSecrets[4] has no name: write {name: regcred}, or regcred alone",
        "podLabels: {app.kubernetes.io/component: web} would change what finds the pods, which stays "
        '"app"; take it out (app.kubernetes.io/name is nameOverride\'s to change)',
        "commonLabels: {app.kubernetes.io/name: shop} would change what finds the pods, which stays "
        '"api"; take it out (app.kubernetes.io/name is nameOverride\'s to change)',
        "strategy.rollingUpdate: with maxUnavailable and maxSurge both 0 a rollout can't begin; write one"
        " of them above 0, such as maxUnavailable: 1",
        "podDisruptionBudget.minAvailable: 100% of 2 pods lets none go, so that no node can be drained; "
        "write less, or maxUnavailable: 1 instead",
        "config.data.BOTH and secret.data.BOTH are one variable: keep one of them, or write env.BOTH, "
        "which counts over both",
        "ports.http.nodePort: 30080 needs service.type: NodePort or LoadBalancer",
        "ports.http and ports.other both have servicePort 80/TCP: give each its own, or take one away",
        "ports.http and ports.web both have containerPort 8000/TCP: give each its own, or take one away",
        "ports.other and ports.web both have hostPort 80/TCP: give each its own, or take one away",
        "ports.web.nodePort: 30090 needs a servicePort beside it, or the port is not on the Service",
        "ports.other and service.extraPorts[0] both have servicePort 80/TCP: give each its own, or take "
        "one away",
        "ports.dns and service.extraPorts[0] are both named dns: give each a name of its own",
        "ports.http and service.extraPorts[1] both have nodePort 30080/TCP: give each its own, or take "
        "one away",
        "service.extraPorts[1] has no name: a Service with several ports needs one for each, such as name: "
        "metrics",
        "service.extraPorts[1].nodePort: 30080 needs service.type: NodePort or LoadBalancer",
        "ports.web and extraContainers[0].ports[1] both have hostPort 80/TCP: give each its own, or take "
        "one away",
        "extraContainers[0].ports[1] and extraContainers[0].ports[2] both have containerPort 9000/TCP: "
        "give each its own, or take one away",
        "ports.web and extraContainers[0].ports[2] are both named web: give each a name of its own",
        "lifecycle.postStart.httpGet.port: metrics is none of its container's ports (dns, http, other, web)",
        "extraContainers[0].readinessProbe.tcpSocket.port: http is none of its container's ports (web)",
        "extraContainers[0].resources.requests.memory: 1.5Gi is above "
        "extraContainers[0].resources.limits.memory: 1535Mi; lower the first, or raise the second",
        "resources.requests.cpu: 2 is above resources.limits.cpu: 1500m; lower the first, or raise the "
        "second",
        "securityContext.runAsUser: 0 is root, which runAsNonRoot of podSecurityStandard: restricted "
        "rules out; write another user, or runAsNonRoot: false",
        "initContainers[1].securityContext.runAsUser: 0 is root, which runAsNonRoot of "
        "initContainers[1].securityContext rules out; write another user, or runAsNonRoot: false",
        'containerSpec.volumeDevices: no volume "disk" is declared under volumes (config, scratch, '
        f"tmp, twice, {'x' * 64})",
        "config.mountPath and volumes.scratch are both mounted at /tmp: give each its own mountPath, or take "
        "one away, such as volumes.config.enabled: false",
        "volumes.scratch and volumes.tmp are both mounted at /tmp: give each its own mountPath, or take "
        "one away, such as volumes.scratch.enabled: false",
        "volumes.twice and volumes.twice are both mounted at /a: give each its own mountPath, or take one"
        " away, such as volumes.twice.enabled: false",
        f"volumes.{'x' * 64}: the name has 64 characters, and a volume's may have 63; shorten it",
        "initContainers[0].name: api is also the name of the main container; give each container its own",
        'initContainers[0].volumeMounts: no volume "nowhere" is declared under volumes (config, scratch, '
        f"tmp, twice, {'x' * 64})",
        "initContainers[0].volumeMounts: two are mounted at /a; give each its own mountPath",
        "extraContainers[0].name: sidecar is also the name of initContainers[1]; give each container its own",
        "extraContainers[0].env: two entries have name A; keep one of them",
        "podSpec.hostAliases: two entries have ip 10.0.0.1; keep one of them",
        "ingress.tls[0].hosts: no rule is for b.example.com; add it to ingress.hosts, or take it out here",
        "ingress.tls[1].hosts: no rule is for x.y.example.org; add it to ingress.hosts, or take it out here",
        "ingress.tls[2].hosts: no rule is for example.org; add it to ingress.hosts, or take it out here",
        "autoscaling by cpu is in percent of the request, and a container has none: write "
        "initContainers[1].resources.requests.cpu",
        "autoscaling by memory is in percent of the request, and a container has none: write "
        "initContainers[1].resources.requests.memory",
    ],
    (BESIDE, "shop-api"): [
        "cronJobs.clean.env.C comes from nowhere: write one, such as secretKeyRef: {name: database, key: "
        "url}",
        "cronJobs.clean.env: A, B refer to each other in a circle, through $(NAME); write the value out "
        "in one of them",
        "migration.env.M comes from nowhere: write one, such as secretKeyRef: {name: database, key: url}",
        "config.data.THRICE and secret.data.THRICE are one variable: keep one of them, or write "
        "env.THRICE, which counts over both",
        "config.data.TWICE and secret.data.TWICE are one variable: keep one of them, or write env.TWICE, "
        "which counts over both",
        "secret.data.THRICE and secret.external.data.THRICE are one variable: keep one of them, or write "
        "env.THRICE, which counts over both",
        "cronJobs.large.resources.requests.memory: 1Gi is above cronJobs.large.resources.limits.memory: "
        "600Mi; lower the first, or raise the second",
        "migration.resources.requests.cpu: 100m is above migration.resources.limits.cpu: 50m; lower the "
        "first, or raise the second",
        "secret.external.provider: aws makes a store, and secret.external.store.name: s is one made "
        "elsewhere: write one of the two",
        "secret.external.aws.region is missing: write it, such as region: eu-central-1",
        "secret.external.aws.service is missing: write it, such as service: SecretsManager",
        "migration.enabled: true without anything to run: write migration.command or migration.args, such "
        "as command: [python, -m, migrate]",
        "cronJobs.a-name-that-leaves-no-room-for-those-of-its-runs: the name "
        "shop-api-a-name-that-leaves-no-room-for-those-of-its-runs has 57 characters, and a CronJob's may "
        "have 52; shorten the entry's, or write fullnameOverride",
        'cronJobs.clean.schedule: "60 8-20 0,1 march fri-mon,7": 60 is no minute, from 0 to 59',
        'cronJobs.clean.schedule: "60 8-20 0,1 march fri-mon,7": 0 is no day of the month, from 1 to 31',
        'cronJobs.clean.schedule: "60 8-20 0,1 march fri-mon,7": march is no month, from 1 to 12',
        'cronJobs.clean.schedule: "60 8-20 0,1 march fri-mon,7": fri-mon runs backwards; write two ranges',
        'cronJobs.clean.schedule: "60 8-20 0,1 march fri-mon,7": 7 is no day of the week, from 0 to 6',
        "cronJobs.never has no schedule: write when it runs, such as schedule: '30 3 * * *' for half past "
        "three each night",
    ],
    (WITHOUT_A_STORE, "api"): [
        "secret.external.enabled: true with nothing to fetch: write secret.external.data, such as data: "
        "{DATABASE_URL: shop/database-url}, or secret.external.dataFrom",
        "secret.external has no store to fetch from: write secret.external.provider: aws, vault or azure, "
        "or secret.external.store.name for a store made elsewhere",
    ],
    (VAULT, "api"): [
        "secret.external.vault.mountPath is missing: write it, such as mountPath: kubernetes",
        "secret.external.vault.server is missing: write it, such as server: https://vault.example.com:8200",
        "secret.external.vault.caProvider says too little: write type, name and key, such as {type: "
        "ConfigMap, name: vault-ca, key: ca.crt}",
    ],
    (AZURE, "api"): [
        "secret.external.azure.vaultUrl is missing: write it, such as vaultUrl: https://shop.vault.azure.net",
        "secret.external.azure.tenantId and serviceAccount.annotations[azure.workload.identity/tenant-id] "
        "both name the tenant, which External Secrets refuses: keep one of them",
    ],
}


@pytest.mark.parametrize(
    ("values", "release"),
    PROBLEMS,
    ids=["with a port", "without", "at odds", "beside", "no store", "vault", "azure"],
)
def test_every_problem_is_told_in_one_report(values: str, release: str, render_chart: ChartRenderer) -> None:
    assert render_chart.problems(values, release=release) == PROBLEMS[values, release]


def test_every_message_is_said_by_some_values_above(render_chart: ChartRenderer) -> None:
    written = messages_of(render_chart.path)
    assert len(written) > 10
    said = [*itertools.chain(*PROBLEMS.values()), *blocks_taken_away(render_chart)]
    for message in written:
        pattern = re.sub("%[sdqv]", ".*", re.escape(message))
        assert any(re.fullmatch(pattern, problem) for problem in said), message


def blocks(render_chart: ChartRenderer) -> list[str]:
    """The blocks that have defaults of their own, but for probes, which null removes."""
    defaults = catalog.read_values(render_chart.path / "values.yaml").items()
    return sorted(key for key, value in defaults if value and isinstance(value, dict) and "Probe" not in key)


@functools.cache
def blocks_taken_away(render_chart: ChartRenderer, engine: int = NEWEST_ENGINE) -> list[str]:
    """What is said where every block is null that has defaults, and something else is wrong."""
    nulls = "".join(f"{block}: null\n" for block in blocks(render_chart))
    return render_chart.problems(f"{nulls}mainPort: web", engine=engine)


@with_both_engines
def test_a_block_that_null_takes_away_is_a_slip_and_told_before_anything_else(
    engine: int, render_chart: ChartRenderer
) -> None:
    found = blocks_taken_away(render_chart, engine)
    assert [problem.partition(": null removes every default of it; ")[0] for problem in found] == blocks(
        render_chart
    )


def test_a_slip_is_told_with_what_to_write_instead(render_chart: ChartRenderer) -> None:
    assert (
        "service: null removes every default of it; leave the line out, or write what you mean, such as "
        "service.enabled: false"
    ) in blocks_taken_away(render_chart)


def test_the_report_says_which_release_stays_as_it_is(render_chart: ChartRenderer) -> None:
    refused = render_chart.refused("mainPort: web", release="shop")
    assert refused.exit_code != 0
    assert '1 problem in the values of "shop", nothing was changed:\n  - mainPort: web ' in str(refused)
