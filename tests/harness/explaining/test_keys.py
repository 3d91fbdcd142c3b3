"""A key is found by what people write, and an unknown one is answered with what is meant."""

from __future__ import annotations

import functools

import pytest

from ci.base.errors import UserError
from ci.charts import catalog
from ci.explaining.keys import Keys


@functools.cache
def keys() -> Keys:
    return Keys(catalog.service_chart())


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("replicaCount", "replicaCount"),
        ("ReplicaCount", "replicaCount"),
        ("replicaCount=3", "replicaCount"),
        ("replicaCount: 3", "replicaCount"),
        ("--set replicaCount=3", "replicaCount"),
        (".Values.image.tag", "image.tag"),
        ("Values.image.tag", "image.tag"),
        ("ingress.hosts[].paths[].path", "ingress.hosts[].paths[].path"),
        ("ingress.hosts[0].paths[12].path", "ingress.hosts[].paths[].path"),
        ("ingress.hosts.paths.path", "ingress.hosts[].paths[].path"),
        ("workers.<name>.command", "workers.<name>.command"),
        ("workers.*.command", "workers.<name>.command"),
        ("workers.mailer.command", "workers.<name>.command"),
        ("workers.command", "workers.<name>.command"),
        ("env.LOG_LEVEL", "env.<name>"),
        ("env.TOKEN.secretKeyRef.name", "env.<name>.secretKeyRef.name"),
        ("resources.requests.nvidia.com/gpu", "resources.requests.<name>"),
        (r"nodeSelector.kubernetes\.io/os", "nodeSelector.<name>"),
        ('podAnnotations["example.com/a.b"]', "podAnnotations.<name>"),
        ("podSpec.hostAliases[].ip", "podSpec.hostAliases[].ip"),
        ("affinity.nodeAffinity", "affinity.nodeAffinity"),
    ],
)
def test_a_key_is_found_as_people_write_it(text: str, key: str) -> None:
    assert str(keys().find(text)) == key


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image.tga", "there is no key image.tga; did you mean image.tag?"),
        ("replicas", "replicas: not a key here: write replicaCount"),
        (
            "maxSurge",
            "there is no key maxSurge; did you mean strategy.rollingUpdate.maxSurge or "
            "workers.<name>.strategy.rollingUpdate.maxSurge?",
        ),
        ("shutdown.xyz", "there is no key shutdown.xyz; the keys of shutdown are drainSeconds"),
        ("replicaCount.xyz", "there is no key replicaCount.xyz; replicaCount has no keys"),
        ("xyzzy", "there is no key xyzzy; invoke explain lists all"),
        (" ", "which key? Name one, such as image.tag"),
    ],
)
def test_an_unknown_key_is_answered_with_what_is_meant(text: str, message: str) -> None:
    with pytest.raises(UserError) as refused:
        keys().find(text)
    assert str(refused.value).startswith(message)


def test_a_key_of_kubernetes_has_kubernetes_description() -> None:
    key = keys().find("podSpec.hostAliases[].ip")
    assert keys().description(key) == "IP address of the host file entry."


def test_every_described_key_is_found_by_its_own_name() -> None:
    for key in keys().described():
        assert keys().find(str(key)).path == key.path
