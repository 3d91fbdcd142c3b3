"""Each invariant of a render is found to be violated by a change."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from ci.base import kubernetes_yaml
from ci.charts.batch import Outcome
from ci.fuzzing import invariants
from ci.fuzzing.invariants import Trial

LABELS = {f"app.kubernetes.io/{name}": name for name in ("name", "instance", "component")}
VALUES: dict[str, Any] = {
    "env": {"A": "a: b", "B": {"fieldRef": {"fieldPath": "metadata.name"}}, "C": 3, "D": None},
    "config": {"data": {"KEY": "yes", "NUMBER": 8080}, "files": {}},
    "secret": {"data": {"PASSWORD": "secret"}, "files": {}},
    "command": ["run", "\n"],
    "extraContainers": [{"name": "proxy", "image": "proxy", "tty": None}],
    "podSpec": {"hostname": "a"},
    "podAnnotations": {"note": "#"},
}
OBJECTS: dict[str, Any] = {
    "ConfigMap": {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "all-v0-config"},
        "data": {"KEY": "yes", "NUMBER": "8080"},
    },
    "Secret": {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "all-v0-secrets"},
        "data": {"PASSWORD": "c2VjcmV0"},
    },
    "Deployment": {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "all-v0"},
        "spec": {
            "selector": {"matchLabels": LABELS},
            "template": {
                "metadata": {"labels": LABELS, "annotations": {"note": "#", "checksum/config": "123"}},
                "spec": {
                    "hostname": "a",
                    "containers": [
                        {
                            "name": "main",
                            "image": "i:1",
                            "command": ["run", "\n"],
                            "env": [
                                {"name": "A", "value": "a: b"},
                                {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                                {"name": "C", "value": "3"},
                            ],
                        },
                        {"name": "proxy", "image": "proxy", "securityContext": {"runAsNonRoot": True}},
                    ],
                },
            },
        },
    },
}

Change = Callable[[dict[str, Any]], Any]


def made(change: Change = lambda objects: None) -> Outcome:
    """Return the outcome of the values, with a change."""
    objects = copy.deepcopy(OBJECTS)
    change(objects)
    return Outcome(kubernetes_yaml.dump(objects.values()))


def faults(
    outcome: Outcome,
    other: Outcome | None = None,
    plain: Outcome | None = None,
    texts: dict[str, str] | None = None,
) -> list[str]:
    """Return the faults of an outcome of Helm 4; that of Helm 3 is the same unless ``other`` is given."""
    outcomes = {3: outcome if other is None else other, 4: outcome}
    plain = outcome if plain is None else plain
    return invariants.faults(Trial("microservice", "v0", VALUES, VALUES, outcomes, plain, texts or {}))


def pod(objects: dict[str, Any]) -> Any:
    return objects["Deployment"]["spec"]["template"]["spec"]


def main(objects: dict[str, Any]) -> Any:
    return pod(objects)["containers"][0]


def test_nothing_is_found_if_all_invariants_hold() -> None:
    assert faults(made()) == []


def test_an_error_of_helm_is_found() -> None:
    assert faults(Outcome(error="nil pointer"), made()) == ["Helm 4: nil pointer"]


def test_different_renders_of_the_helms_are_found() -> None:
    other = made(lambda objects: main(objects).update(tty=True))
    assert faults(made(), other) == ["Helm 3 and Helm 4 render different manifests"]


def test_the_order_of_keys_does_not_matter() -> None:
    reordered = made(lambda objects: main(objects).update(command=main(objects).pop("command")))
    assert faults(made(), reordered) == []


def test_a_refusal_must_name_a_key_of_the_values() -> None:
    assert faults(Outcome(problems=("env.A refers to itself",))) == []
    assert faults(Outcome(problems=("env: A", "ports.http is taken"))) == ["ports.http is taken"]


CHANGES: dict[str, tuple[Change, str]] = {
    "an unknown field": (
        lambda objects: main(objects).update(unknown=1),
        "containers[0]: unknown field unknown (Kubernetes 1.30,",
    ),
    "a null": (
        lambda objects: main(objects).update(tty=None),
        "containers[0].tty: is null, which Kubernetes drops",
    ),
    "a mount of nothing": (
        lambda objects: main(objects).update(volumeMounts=[{"name": "a", "mountPath": "/a"}]),
        "no volume is named",
    ),
    "a name in capitals": (lambda objects: main(objects).update(name="A"), "'A' is not a valid DNS label"),
    "another argument": (
        lambda objects: main(objects).update(command=["run", ""]),
        "command: ['run', '\\n'] is rendered as ['run', '']",
    ),
    "a variable gone": (lambda objects: main(objects)["env"].pop(), "env: "),
    "another variable": (lambda objects: main(objects)["env"][0].update(value="a:b"), "env: "),
    "a container more": (
        lambda objects: pod(objects)["containers"].append({"name": "another", "image": "i"}),
        "extraContainers: ",
    ),
    "another image": (
        lambda objects: pod(objects)["containers"][1].update(image="other"),
        "extraContainers: ",
    ),
    "another field of the pod": (
        lambda objects: pod(objects).update(hostname="b"),
        "podSpec: {'hostname': 'a'} is rendered as {'hostname': 'b'}",
    ),
    "another setting": (lambda objects: objects["ConfigMap"]["data"].update(KEY="true"), "config.data: "),
    "a setting more": (lambda objects: objects["ConfigMap"]["data"].update(MORE="1"), "config.data: "),
    "the settings gone": (lambda objects: objects.pop("ConfigMap"), "config.data: "),
    "another secret": (
        lambda objects: objects["Secret"]["data"].update(PASSWORD="U2VjcmV0"),
        "secret.data: ",
    ),
}


@pytest.mark.parametrize(("change", "fault"), CHANGES.values(), ids=CHANGES)
def test_an_invalid_or_changed_object_is_found(change: Change, fault: str) -> None:
    found = faults(made(change))
    assert any(fault in one for one in found), found


def test_a_versioned_config_map_is_found_by_its_name_without_the_hash() -> None:
    def versioned(objects: dict[str, Any]) -> None:
        metadata = objects["ConfigMap"]["metadata"]
        metadata.update(name="all-v0-config-0123456789", labels={"microservice/versioned": "true"})

    assert faults(made(versioned)) == []


def test_a_hash_of_what_is_fetched_may_differ_with_placeholders() -> None:
    def fetching(digits: str) -> Change:
        def change(objects: dict[str, Any]) -> None:
            objects["ExternalSecret"] = {
                "apiVersion": "external-secrets.io/v1",
                "kind": "ExternalSecret",
                "metadata": {"name": "all-v0-external"},
                "spec": {
                    "secretStoreRef": {"kind": "ClusterSecretStore", "name": "company"},
                    "target": {"name": f"all-v0-external-{digits}"},
                    "dataFrom": [{"extract": {"key": "a"}}],
                },
            }
            reference = {"secretRef": {"name": f"all-v0-external-{digits}"}}
            pod(objects)["containers"][0]["envFrom"] = [reference]

        return change

    assert faults(made(fetching("0123456789")), plain=made(fetching("9876543210"))) == []


def test_a_string_that_changes_anything_beside_itself_is_found() -> None:
    texts = {"placeholder-0-": "a: b", "placeholder-1-": "\n"}

    def plain(objects: dict[str, Any]) -> None:
        main(objects)["env"][0].update(value="placeholder-0-")
        main(objects)["command"][1] = "placeholder-1-"
        # These depend on the strings.
        main(objects)["env"].reverse()
        objects["Deployment"]["spec"]["template"]["metadata"]["annotations"]["checksum/config"] = "456"

    assert faults(made(), plain=made(plain), texts=texts) == []

    def with_more(objects: dict[str, Any]) -> None:
        plain(objects)
        main(objects).update(tty=True)

    (found,) = faults(made(), plain=made(with_more), texts=texts)
    assert found.endswith(".containers[0].tty: (absent), but True with placeholders")


def test_values_that_are_refused_with_placeholders_are_found() -> None:
    assert faults(made(), plain=Outcome(problems=("env: no",))) == ["with placeholders: env: no"]
