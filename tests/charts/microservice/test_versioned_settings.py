"""Versioned settings: every version under a name of its own, kept, and found by whatever refers to it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from ci.charts import catalog
from tests.support.rendering import CaseRenderer, ChartRenderer, Rendered, with_both_engines

README = catalog.find_case("defaults").chart.path / "README.md"
SETTINGS = """
config: {data: {LEVEL: info}, files: {f: f}, versioned: true}
secret: {data: {KEY: key}, files: {g: g}, versioned: true}
"""
PARTS = ["api-config", "api-files", "api-secret-files", "api-secrets"]


def names(rendered: Rendered) -> dict[str, str]:
    """What the settings are called, by what they would be called unversioned."""
    made = [*rendered.all("ConfigMap"), *rendered.all("Secret")]
    return {name.rpartition("-")[0]: name for name in made}


@pytest.fixture(scope="module")
def rendered(render_chart: ChartRenderer) -> Rendered:
    return render_chart(SETTINGS)


def test_a_name_ends_in_ten_digits_of_a_hash(rendered: Rendered) -> None:
    assert sorted(names(rendered)) == PARTS
    assert all(re.fullmatch(r"[a-z-]+-[0-9a-f]{10}", name) for name in names(rendered).values())


def test_versioned_settings_are_immutable_and_kept_by_helm_and_argo_cd(rendered: Rendered) -> None:
    for made in [*rendered.all("ConfigMap").values(), *rendered.all("Secret").values()]:
        assert made["immutable"] is True
        assert made["metadata"]["annotations"] == {
            "argocd.argoproj.io/compare-options": "IgnoreExtraneous",
            "argocd.argoproj.io/sync-options": "Prune=false",
            "helm.sh/resource-policy": "keep",
        }
        assert made["metadata"]["labels"]["microservice/versioned"] == "true"


@pytest.mark.parametrize(
    ("change", "renamed"),
    [
        ("config: {data: {LEVEL: debug}}", ["api-config"]),
        ("config: {files: {f: ''}}", ["api-files"]),
        ("secret: {data: {OTHER: key}}", ["api-secrets"]),
        ("secret: {files: {g: null}, data: {KEY: null}}", ["api-secret-files", "api-secrets"]),
        ("config: {binaryFiles: {b: YQ==}}", ["api-files"]),
        ("secret: {binaryFiles: {b: YQ==}}", ["api-secret-files"]),
        ("{commonLabels: {team: a}, commonAnnotations: {a: b}, image: {tag: '2'}}", []),
        ("config: {mountPath: '', existing: [other]}", []),
    ],
)
def test_other_data_make_another_name_and_nothing_else_does(
    change: str, renamed: list[str], rendered: Rendered, render_chart: ChartRenderer
) -> None:
    before, after = names(rendered), names(render_chart(SETTINGS, change))
    assert [part for part in PARTS if before[part] != after.get(part)] == renamed


def test_equal_secrets_of_two_releases_do_not_show_in_their_names(
    rendered: Rendered, render_chart: ChartRenderer
) -> None:
    def hashes(of: Rendered) -> set[str]:
        return {name.rpartition("-")[2] for name in of.all("Secret")}

    other = render_chart(SETTINGS, extra=("--namespace", "staging"))
    assert not hashes(rendered) & hashes(other)
    assert set(rendered.all("ConfigMap")) == set(other.all("ConfigMap"))


@with_both_engines
def test_a_number_and_its_digits_are_the_same_data(engine: int, render_chart: ChartRenderer) -> None:
    numbers = render_chart("config: {data: {PORT: 1000000}, versioned: true}", engine=engine)
    digits = render_chart("config: {data: {PORT: '1000000'}, versioned: true}", engine=engine)
    assert names(numbers) == names(digits)


def test_pods_roll_by_the_names_and_need_no_checksums(rendered: Rendered) -> None:
    assert not [name for name in rendered.pod_metadata["annotations"] if "checksum" in name]


def test_settings_that_are_not_versioned_keep_name_and_checksum(render_chart: ChartRenderer) -> None:
    rendered = render_chart(SETTINGS, "secret: {versioned: null}")
    assert set(rendered.all("Secret")) == {"api-secrets", "api-secret-files"}
    checksums = [name for name in rendered.pod_metadata["annotations"] if "checksum" in name]
    assert checksums == ["checksum/secret"]
    assert not any("immutable" in made for made in rendered.all("Secret").values())


def test_references_to_plain_names_become_versioned_names(render_case: CaseRenderer) -> None:
    rendered = render_case("versioned")
    found = re.findall(r"versioned-[a-z-]+-[0-9a-f]{10}", str(rendered.pod))
    assert len(found) == 10
    assert set(found) == set(names(rendered).values())


def test_existing_settings_keep_their_names(render_chart: ChartRenderer) -> None:
    rendered = render_chart(
        SETTINGS,
        """
        env: {A: {secretKeyRef: {name: api-config, key: a}}, B: {configMapKeyRef: {name: other, key: b}}}
        config: {files: null, existing: [api-files]}
        envFrom: [{configMapRef: {name: api-files}}]
        """,
    )
    assert rendered.env == {
        "A": {"secretKeyRef": {"name": "api-config", "key": "a"}},
        "B": {"configMapKeyRef": {"name": "other", "key": "b"}},
    }
    assert rendered.container["envFrom"].count({"configMapRef": {"name": "api-files"}}) == 2


KUBECTL = """\
#!/bin/sh
echo "$*" >>"$LOG"
case "$*" in *delete*) ;; *configmaps*) cat "$KEPT" ;; *) cat "$USED" ;; esac
"""
(REMOVAL,) = re.findall(
    r"^sh -c '\n?.*?^done'$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)


class Cluster:
    """A kubectl that answers from files and writes down what it is asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "kubectl").write_text(KUBECTL)
        (folder / "kubectl").chmod(0o700)

    def remove(self, shell: str, kept: Sequence[str] | None, used: str | None) -> tuple[int, list[str]]:
        """Run the README's command; return its exit code and what it deletes. None: the answer fails."""
        environment = {"PATH": f"{self.folder}:{os.environ['PATH']}", "LOG": str(self.folder / "log")}
        for name, answer in (("KEPT", None if kept is None else "\n".join(kept)), ("USED", used)):
            environment[name] = str(self.folder / name)
            if answer is not None:
                (self.folder / name).write_text(answer)
        done = subprocess.run([shell, "-c", REMOVAL], env=environment, capture_output=True, check=False)
        asked = (self.folder / "log").read_text().splitlines()
        assert all(line.startswith("-n shop ") for line in asked)
        return done.returncode, [line.split()[-1] for line in asked if "delete" in line]


OBJECTS = [
    "configmap/api-config-1",
    "configmap/api-config-12",
    "secret/api-secrets-2",
    "secret/api-secrets-3",
]
SHELLS = [shell for shell in ("sh", "bash", "dash", "zsh", "fish") if shutil.which(shell)]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_readmes_command_removes_what_nothing_uses(shell: str, tmp_path: Path) -> None:
    used = '{"name": "api-config-12"}, {"secretName": "api-secrets-3"}'
    removed = Cluster(tmp_path).remove(shell, OBJECTS, used)
    assert removed == (0, ["configmap/api-config-1", "secret/api-secrets-2"])


@pytest.mark.parametrize("kept", [OBJECTS, []], ids=["all are used", "there are none"])
def test_the_readmes_command_has_nothing_to_do_where_nothing_is_unused(
    kept: list[str], tmp_path: Path
) -> None:
    used = " ".join(f'"{name.partition("/")[2]}"' for name in OBJECTS)
    assert Cluster(tmp_path).remove("sh", kept, used) == (0, [])


@pytest.mark.parametrize(("kept", "used"), [(OBJECTS, None), (None, "{}")])
def test_the_readmes_command_removes_nothing_where_a_question_fails(
    kept: list[str] | None, used: str | None, tmp_path: Path
) -> None:
    exit_code, removed = Cluster(tmp_path).remove("sh", kept, used)
    assert (exit_code, removed) == (1, [])
