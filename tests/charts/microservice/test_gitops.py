"""What Argo CD and Flux make of a render: docs/gitops.md."""

from __future__ import annotations

import pytest

from ci.base.repository import root
from ci.kubernetes.manifests import Key, Object
from tests.support.rendering import CaseRenderer, ChartRenderer, Rendered

# Argo CD 3.5: gitops-engine/pkg/sync/hook/helm/type.go. It ignores any other of Helm's hooks.
PHASES = {
    "pre-install": "PreSync",
    "pre-upgrade": "PreSync",
    "post-install": "PostSync",
    "post-upgrade": "PostSync",
}

# Every object that can be a hook.
ALL_HOOKS = """
config: {data: {A: a}, files: {a: a}}
secret:
  data: {B: b}
  files: {b: b}
  external: {enabled: true, provider: aws, aws: {region: eu-central-1}, data: {C: c}}
migration: {enabled: true, command: [migrate]}
"""


def annotations_of(made: Object) -> Object:
    found: Object = made["metadata"].get("annotations", {})
    return found


def hooks(rendered: Rendered) -> dict[Key, list[str]]:
    """The objects that Helm and Argo CD take for hooks, each with the times when Helm creates it."""
    return {
        key: annotations_of(made)["helm.sh/hook"].split(",")
        for key, made in rendered.objects.items()
        if "helm.sh/hook" in annotations_of(made)
    }


def phases(names: list[str]) -> set[str]:
    """The phases of a sync in which Argo CD applies a hook."""
    return {PHASES[name] for name in names if name in PHASES}


def wave(made: Object) -> int:
    return int(annotations_of(made).get("helm.sh/hook-weight", 0))


@pytest.fixture(scope="module")
def rendered(render_chart: ChartRenderer) -> Rendered:
    return render_chart(ALL_HOOKS)


def test_the_documents_say_what_becomes_of_each_hook(rendered: Rendered) -> None:
    rows: dict[tuple[int, int, str], list[str]] = {}
    for key, names in hooks(rendered).items():
        weight = wave(rendered.objects[key])
        becomes = "".join(f"`{phase}`, wave {weight}" for phase in phases(names)) or "never created"
        row = f"`{','.join(names)}`, weight {weight} | {becomes} |"
        rows.setdefault((names == ["test"], weight, f"{key.kind} %s | {row}"), []).append(key.name)
    written = (root() / "docs" / "gitops.md").read_text(encoding="utf-8")
    section = written.partition("## What becomes of the hooks")[2].partition("\n## ")[0]
    listed = [line for line in section.splitlines() if line.startswith("| ") and " `api-" in line]
    assert listed == [
        f"| {row % ', '.join(f'`{name}`' for name in names)}" for (_, _, row), names in sorted(rows.items())
    ]


def test_argo_cd_creates_all_that_a_migration_needs_before_it_and_before_all_else(rendered: Rendered) -> None:
    waves: dict[int, set[str]] = {}
    for key, names in hooks(rendered).items():
        if names != ["test"]:
            assert phases(names) == {"PreSync"}
            waves.setdefault(wave(rendered.objects[key]), set()).add(key.kind)
    assert waves == {
        -3: {"ConfigMap", "NetworkPolicy", "Secret", "ServiceAccount"},
        -2: {"SecretStore"},
        -1: {"ExternalSecret"},
        0: {"Job"},
    }


def test_argo_cd_replaces_and_removes_a_hook_as_helm_does(rendered: Rendered) -> None:
    policies = {
        annotations_of(rendered.objects[key])["helm.sh/hook-delete-policy"] for key in hooks(rendered)
    }
    assert policies == {"before-hook-creation,hook-succeeded,hook-failed"}


def test_no_hook_of_argo_cds_own_makes_it_ignore_helms(render_case: CaseRenderer) -> None:
    stream = render_case("everything").stream
    assert "argocd.argoproj.io/hook" not in stream
    assert "argocd.argoproj.io/sync-wave" not in stream


ARGO_CD = [
    "--include-crds",
    "--kube-version=1.34.4",
    "--api-versions=monitoring.coreos.com/v1/ServiceMonitor",
]


@pytest.mark.parametrize("extra", [ARGO_CD, ["--is-upgrade"]], ids=["as Argo CD renders", "as an upgrade"])
def test_the_cluster_and_its_state_change_nothing_in_the_render(
    extra: list[str], rendered: Rendered, render_chart: ChartRenderer
) -> None:
    """Argo CD renders each sync as an install, for the versions of the cluster; Flux upgrades."""
    assert render_chart(ALL_HOOKS, extra=extra).stream == rendered.stream
