"""Strings and numbers that Kubernetes refuses are refused by the schema; what it accepts is accepted.

The examples were tried with k8s.io/api, k8s.io/apimachinery (pkg/util/validation and pkg/api/resource),
github.com/robfig/cron and github.com/distribution/reference, which Kubernetes and container runtimes use.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from ci.charts import catalog
from ci.values import schema
from ci.values.schema_walk import walk

VALIDATORS = {
    chart.name: schema.validator(json.loads(schema.build(chart.path / "schema.yaml")))
    for chart in catalog.charts()
}

# The schema does not limit a key's length: a pattern that counts to 253 costs Helm much time.
SIDECAR = {"name": "a", "image": "i"}
IN_QUOTES = [1, 1.5, True]
LABELS = (
    ["", "-a", "a-", "a b", "a/b/c", "/a", "a/", "A/b", "a..b/c", "ä", "a" * 64, "a.b/" + "a" * 64],
    ["a", "1", "A_b.C", "a.b-c/D", "a" * 63, "a.b/" + "a" * 63, "a" * 64 + "/b"],
)
NAMED = ([name for name in LABELS[0] if len(name) < 64], LABELS[1])
RESOURCES = (
    [*NAMED[0], *NAMED[1][:3], "pods", "storage", "requests.cpu", "kubernetes.io/a", "hugepages-2"],
    ["cpu", "memory", "ephemeral-storage", "hugepages-2Mi", "nvidia.com/gpu", "a.b/" + "a" * 63],
)
LIMITS = ([*NAMED[0], *NAMED[1][:3], "pods", "storage", "hugepages-2"], RESOURCES[1])
QUOTAS = (
    [*NAMED[0], *NAMED[1][:3], "hugepages-2"],
    ["pods", "cpu", "requests.storage", "count/deployments.apps", "requests.nvidia.com/gpu"],
)
LABEL_VALUES = (["-a", "a-", "a b", "a/b", "ä", "a" * 64, *IN_QUOTES], ["", "1.10", "A_b.c-1", "a" * 63])
ANNOTATIONS = (
    ["", "-a", "a b", "/a", "a/", "a..b/c", "a" * 64],
    ["a", "a.b-c/D", "Example.com/x", "a" * 63],
)
FILES = (["", ".", "..", "..a", "a/b", "a b", "ä"], ["a", ".a", "a..b", "1", "-a", "A_B-c.d", "a" * 253])
VARIABLES = (["", ".", "..", "..a", "1", "1a", "a b", "a=b", "a/b", "ä"], ["a", ".a", ".1", "-a", "A_B-c.d"])
PORTS = (["1", "80-90", "a--b", "-a", "a-", "A", "a_b", "a" * 16], ["http", "8h", "80-a-90", "a" * 15])
PORT_NUMBERS = ([0, 65536, -1, 1.5, True], [1, 65535])
OBJECTS = (
    ["-a", "a.", ".a", "a..b", "a.-b", "a-.b", "A", "a_b", "a b", "a/b", "a" * 254],
    ["a", "1", "a.b-c.d", "1a.b-2.c", "a" * 253],
)
HOSTS = (
    [
        "",
        "*",
        "*.",
        "*a.b",
        "a.*.b",
        "a..b",
        ".a",
        "a.",
        "-a.b",
        "a.*",
        "A.b",
        "a_b.c",
        "http://a",
        "a/b",
        "a:80",
        "10.0.0.1",
        "a" * 254,
    ],
    ["a", "*.a.b", "a.b-c.d", "1a.b", "a.1-2", "xn--bcher-kva.example", "a" * 253],
)
REGISTRIES = (["a b", "\x1b", "a/", "https://a"], ["", "a.b:5000", "a.b/mirror", "a.b:5000/c/d"])
REPOSITORIES = (
    [
        "a:1.27",
        "a@sha256",
        "A",
        "a/B",
        "/a",
        "a/",
        "a//b",
        "a_",
        "a..b",
        "a___b",
        "a..b/c",
        "http://a/b",
        "a b",
        "-a",
    ],
    ["", "nginx", "myrepo/api", "ghcr.io/org/api", "localhost:5000/a/b", "REG.io/a", "a.b_c__d--e/f"],
)
TAGS = (
    [
        *[".a", "-a", "1.2.3+build", "a b", "a:b", "a" * 201, *IN_QUOTES],
        *["@sha256:" + "0f" * 32, "1@" + "0f" * 32],
    ],
    ["", "1.2.3", "_a", "A-b.c", "a" * 128, "v5.36.0@sha256:" + "0f" * 32],
)
DIGESTS = (
    ["sha256:" + "0F" * 32, "sha256:" + "0f" * 33, "md5:" + "0f" * 16, "0f" * 32],
    ["", "sha256:" + "0f" * 32],
)
QUANTITIES = (
    ["", "-1", -1, "1ki", "1K", "1mi", "1f", "1p", "1 Gi", "1Gi ", "1GiB", "1,5", "0x10", "1e", True],
    [
        "0",
        "100m",
        "0.5",
        ".5",
        "5.",
        "+1",
        "1e3",
        "1E-3",
        "12E",
        "1Ki",
        "1.5Gi",
        "1n",
        "1u",
        "1k",
        "1P",
        0,
        2,
        0.5,
    ],
)
# A byte has no parts, and a claim has a size.
BYTES = (
    [*QUANTITIES[0], "100m", "1n", "1u", "1E-3", 0.5],
    ["0", "0.5", "5.", "+1", "1e3", "12E", "1Ki", "1.5Gi", "1k", 0, 2],
)
SIZES = ([*BYTES[0], "0", "0Gi", "0.0", 0], ["10Gi", "0.5Ti", ".5G", "1e3", 1])
COUNTS = ([-1, 1.5, "1", "%", "101%", "-1%", "1.5%", "25 %", True], [0, 1, 100, "0%", "25%", "100%"])
RANGES = (
    [
        "",
        "10.0.0.0",
        "10/0/0/0/8",
        "fd00::",
        "all",
    ],
    ["10.0.0.0/8", "0.0.0.0/0", "192.168.255.1/32", "fd00::/8", "::/0", "2001:db8::1/128"],
)
SCHEDULES = (
    ["", "daily", "@every day", "@ * * * *"],
    ["*/5 0-6 1,15 JAN-jun ?", "@hourly", "@every 1h30m"],
)
DURATIONS = (["", "1", "1 h", "h", "1d", "-1h", "1H", 60], ["0", "90s", "1h30m", "500ms"])


def words(*right: str) -> tuple[list[str], list[str]]:
    """Wrong and right values of an enum: its values in the other case or with an s are wrong."""
    return [wrong for word in right if word for wrong in (word.swapcase(), f"{word}s")], [*right]


PROTOCOLS = words("TCP", "UDP", "SCTP")
PROFILES = words("RuntimeDefault", "Unconfined")
PULLS = words("Always", "IfNotPresent", "Never")
SCHEMES = words("HTTP", "HTTPS")
VERSIONS = words("HTTP1", "HTTP2")
MODES = words("Plaintext", "TLS")
HTTP = {"port": 1}
SPREAD = {"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule"}
# Values with * as a key or value; then what is wrong and what is right in its place.
FORMS: list[tuple[Any, tuple[list[Any], list[Any]]]] = [
    ({"fullnameOverride": "*"}, (["1a", "A", "a_b", "a.b", "-a", "a-", "a" * 64], ["", "a-1", "a" * 63])),
    ({"nameOverride": "*"}, (["A", "a.b", "-a", "a" * 64], ["", "1", "a-1", "a" * 63])),
    ({"commonLabels": {"*": "v"}}, LABELS),
    ({"podLabels": {"a": "*"}}, LABEL_VALUES),
    ({"nodeSelector": {"*": "v"}}, LABELS),
    ({"nodeSelector": {"a": "*"}}, LABEL_VALUES),
    (
        {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
            {"topologyKey": "z", "labelSelector": {"matchLabels": {"*": "v"}}}
        ]}}},
        LABELS,
    ),
    ({"resources": {"limits": {"*": 1}}}, RESOURCES),
    ({"podAnnotations": {"*": "v"}}, ANNOTATIONS),
    ({"podAnnotations": {"a": "*"}}, (IN_QUOTES, ["", "1", "true", "ä b"])),
    ({"ingress": {"annotations": {"*": "v"}}}, ANNOTATIONS),
    ({"config": {"data": {"*": "v"}}}, VARIABLES),
    ({"config": {"data": {"A": "*"}}}, ([True, 1.5, 2**53], ["", "true", 1, 2**53 - 1])),
    ({"secret": {"files": {"*": "v"}}}, FILES),
    ({"env": {"*": "v"}}, VARIABLES),
    ({"env": {"A": {"secretKeyRef": {"name": "a", "key": "*"}}}}, FILES),
    ({"cronJobs": {"a": {"env": {"*": "v"}}}}, VARIABLES),
    ({"initContainers": [SIDECAR | {"env": [{"name": "*"}]}]}, VARIABLES),
    ({"ports": {"*": {"containerPort": 1}}}, PORTS),
    ({"ports": {"a": {"containerPort": "*"}}}, PORT_NUMBERS),
    ({"mainPort": "*"}, PORTS),
    ({"livenessProbe": {"httpGet": {"port": "*"}}}, PORTS),
    ({"livenessProbe": {"tcpSocket": {"port": "*"}}}, PORT_NUMBERS),
    ({"lifecycle": {"preStop": {"httpGet": {"port": "*"}}}}, PORTS),
    ({"extraContainers": [SIDECAR | {"ports": [{"name": "*", "containerPort": 1}]}]}, PORTS),
    ({"service": {"extraPorts": [{"name": "*", "port": 1}]}}, (["A", "a.b", "-a"], ["a", "1", "a--b"])),
    ({"service": {"loadBalancerSourceRanges": ["*"]}}, RANGES),
    ({"networkPolicy": {"ingress": {"from": [{"ipBlock": {"cidr": "*"}}]}}}, RANGES),
    ({"networkPolicy": {"egress": [{"to": [{"ipBlock": {"cidr": "::/0", "except": ["*"]}}]}]}}, RANGES),
    ({"serviceAccount": {"name": "*"}}, OBJECTS),
    ({"config": {"existing": ["*"]}}, OBJECTS),
    ({"imagePullSecrets": [{"name": "*"}]}, OBJECTS),
    ({"volumes": {"a": {"claim": {"size": "1Gi", "storageClassName": "*"}}}}, OBJECTS),
    ({"volumes": {"a": {"claim": {"size": "*"}}}}, SIZES),
    ({"resources": {"requests": {"memory": "*"}}}, BYTES),
    ({"resources": {"requests": {"cpu": "*"}}}, QUANTITIES),
    ({"ingress": {"hosts": [{"host": "*"}]}}, HOSTS),
    ({"httpRoute": {"hostnames": ["*"]}}, HOSTS),
    ({"image": {"registry": "*"}}, REGISTRIES),
    ({"global": {"imageRegistry": "*"}}, REGISTRIES),
    ({"image": {"repository": "*"}}, REPOSITORIES),
    ({"image": {"tag": "*"}}, TAGS),
    ({"image": {"digest": "*"}}, DIGESTS),
    ({"strategy": {"rollingUpdate": {"maxUnavailable": "*"}}}, COUNTS),
    ({"strategy": {"rollingUpdate": {"maxSurge": "*"}}}, ([-1, 1.5, "1", "%", "-1%"], [0, 1, "0%", "150%"])),
    ({"cronJobs": {"a": {"schedule": "*"}}}, SCHEDULES),
    ({"secret": {"external": {"refreshInterval": "*"}}}, DURATIONS),
    ({"httpRoute": {"rules": [{"timeouts": {"request": "*"}}]}}, (["0", *DURATIONS[0]], ["0s", "1h30m"])),
    ({"httpRoute": {"parentRefs": [{"name": "a", "sectionName": "*"}]}}, OBJECTS),
    (
        {"httpRoute": {"parentRefs": [{"name": "a", "kind": "*"}]}},
        (["", "1", "a.b", "a-", "a" * 64], ["A", "a-1", "a" * 63]),
    ),
    ({"tolerations": [{"key": "a", "operator": "*"}]}, words("Exists", "Equal")),
    (
        {"tolerations": [{"key": "a", "effect": "*"}]},
        words("", "NoSchedule", "PreferNoSchedule", "NoExecute"),
    ),
    (
        {"topologySpreadConstraints": [SPREAD | {"whenUnsatisfiable": "*"}]},
        words("DoNotSchedule", "ScheduleAnyway"),
    ),
    ({"topologySpreadConstraints": [SPREAD | {"maxSkew": "*"}]}, ([0, -1, "1"], [1, 5])),
    ({"topologySpreadConstraints": [SPREAD | {"nodeAffinityPolicy": "*"}]}, words("Honor", "Ignore")),
    ({"topologySpreadConstraints": [SPREAD | {"nodeTaintsPolicy": "*"}]}, words("Honor", "Ignore")),
    (
        {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "*", "values": ["1"]}]}]
        }}}},
        words("In", "NotIn", "Gt", "Lt"),
    ),
    (
        {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [{"operator": "*", "key": "a"}]}]
        }}}},
        words("Exists", "DoesNotExist"),
    ),
    (
        {"networkPolicy": {"ingress": {"from": [
            {"podSelector": {"matchExpressions": [{"key": "a", "operator": "*", "values": ["b"]}]}}
        ]}}},
        words("In", "NotIn"),
    ),
    (
        {"networkPolicy": {"ingress": {"from": [
            {"podSelector": {"matchExpressions": [{"key": "a", "operator": "*"}]}}
        ]}}},
        words("Exists", "DoesNotExist"),
    ),
    ({"networkPolicy": {"egress": [{"ports": [{"protocol": "*"}]}]}}, PROTOCOLS),
    ({"ports": {"a": {"protocol": "*"}}}, PROTOCOLS),
    ({"service": {"extraPorts": [{"port": 1, "protocol": "*"}]}}, PROTOCOLS),
    ({"service": {"trafficDistribution": "*"}}, words("PreferClose", "PreferSameZone", "PreferSameNode")),
    ({"extraContainers": [SIDECAR | {"ports": [{"containerPort": 1, "protocol": "*"}]}]}, PROTOCOLS),
    ({"extraContainers": [SIDECAR | {"imagePullPolicy": "*"}]}, PULLS),
    ({"initContainers": [SIDECAR | {"restartPolicy": "*"}]}, words("Always", "OnFailure", "Never")),
    (
        {"extraContainers": [SIDECAR | {"terminationMessagePolicy": "*"}]},
        words("File", "FallbackToLogsOnError"),
    ),
    ({"containerSpec": {"terminationMessagePolicy": "*"}}, words("File", "FallbackToLogsOnError")),
    (
        {"podSpec": {"dnsPolicy": "*"}},
        words("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
    ),
    ({"podSpec": {"os": {"name": "*"}}}, words("linux", "windows")),
    ({"securityContext": {"seccompProfile": {"type": "*"}}}, PROFILES),
    ({"podSecurityContext": {"appArmorProfile": {"type": "*"}}}, PROFILES),
    ({"securityContext": {"seccompProfile": {"type": "*", "localhostProfile": "a"}}}, words("Localhost")),
    ({"securityContext": {"procMount": "*"}}, words("Default", "Unmasked")),
    ({"podSecurityContext": {"fsGroupChangePolicy": "*"}}, words("OnRootMismatch", "Always")),
    ({"podSecurityContext": {"seLinuxChangePolicy": "*"}}, words("Recursive", "MountOption")),
    ({"podSecurityContext": {"supplementalGroupsPolicy": "*"}}, words("Merge", "Strict")),
    (
        {"volumes": {"a": {"hostPath": {"path": "/a", "type": "*"}}}},
        words(
            "", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice",
            "BlockDevice",
        ),
    ),
    (
        {"volumes": {"a": {"emptyDir": {"medium": "*"}}}},
        (["memory", "Disk"], ["", "Memory", "HugePages", "HugePages-2Mi"]),
    ),
    ({"volumes": {"a": {"image": {"reference": "a", "pullPolicy": "*"}}}}, PULLS),
    ({"readinessProbe": {"httpGet": {"scheme": "*"}}}, SCHEMES),
    ({"readinessProbe": {"httpGet": {"protocol": "*"}}}, VERSIONS),
    ({"readinessProbe": {"grpc": {"mode": "*"}}}, MODES),
    ({"extraContainers": [SIDECAR | {"livenessProbe": {"httpGet": HTTP | {"scheme": "*"}}}]}, SCHEMES),
    ({"extraContainers": [SIDECAR | {"livenessProbe": {"httpGet": HTTP | {"protocol": "*"}}}]}, VERSIONS),
    ({"extraContainers": [SIDECAR | {"livenessProbe": {"grpc": HTTP | {"mode": "*"}}}]}, MODES),
    (
        {"autoscaling": {"metrics": [
            {"type": "*", "resource": {"name": "cpu", "target": {"type": "Value", "averageValue": 1}}}
        ]}},
        words("Object", "Pods", "Resource", "ContainerResource", "External"),
    ),
    (
        {"autoscaling": {"metrics": [
            {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "*", "averageValue": 1}}}
        ]}},
        words("Utilization", "Value", "AverageValue"),
    ),
    ({"autoscaling": {"behavior": {"scaleUp": {"selectPolicy": "*"}}}}, words("Max", "Min", "Disabled")),
    (
        {"autoscaling": {"behavior": {"scaleDown": {"policies": [
            {"type": "*", "value": 1, "periodSeconds": 1}
        ]}}}},
        words("Pods", "Percent"),
    ),
    (
        {"metrics": {"podMonitor": {"interval": "*"}}},
        (["", "1", "1s1s", "1s1h", "1.5s", "-1s", 30], ["0", "30s", "1d12h", "1m500ms"]),
    ),
    (
        {"metrics": {"serviceMonitor": {"proxyUrl": "*"}}},
        (["http", "ftp://a"], ["http://a:1", "https://a", "socks5://a"]),
    ),
]  # fmt: skip
CASES = [
    *(("microservice", *form) for form in FORMS),
    ("namespace", {"labels": {"*": "v"}}, LABELS),
    ("namespace", {"annotations": {"*": "v"}}, ANNOTATIONS),
    ("namespace", {"resourceQuota": {"hard": {"*": 1}}}, QUOTAS),
    ("namespace", {"limitRange": {"limits": {"Container": {"max": {"*": 1}}}}}, LIMITS),
]
each_form = pytest.mark.parametrize(
    ("chart", "values", "texts"),
    CASES,
    ids=[f"{chart}: {json.dumps(values)[:150]}" for chart, values, _ in CASES],
)


def named(node: Any, text: Any) -> Any:
    """The values with * replaced, as a key or as a value."""
    if isinstance(node, dict):
        return {text if key == "*" else key: named(value, text) for key, value in node.items()}
    if isinstance(node, list):
        return [named(item, text) for item in node]
    return text if node == "*" else node


@each_form
def test_what_kubernetes_refuses_is_refused(
    chart: str, values: Any, texts: tuple[list[Any], list[Any]]
) -> None:
    wrong, _ = texts
    assert [text for text in wrong if VALIDATORS[chart].is_valid(named(values, text))] == []


@each_form
def test_what_kubernetes_accepts_is_accepted(
    chart: str, values: Any, texts: tuple[list[Any], list[Any]]
) -> None:
    _, right = texts
    assert [text for text in right if not VALIDATORS[chart].is_valid(named(values, text))] == []


@pytest.mark.parametrize("chart", catalog.charts(), ids=lambda chart: chart.name)
def test_every_pattern_has_a_title_in_words(chart: catalog.Chart) -> None:
    built = json.loads(schema.build(chart.path / "schema.yaml"))
    titles = {part["pattern"]: part.get("title") for _, part in walk(built) if "pattern" in part}
    assert len(titles) >= 5
    assert [pattern for pattern, title in titles.items() if not title] == []
