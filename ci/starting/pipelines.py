"""The pipelines of a new service: lint, report and diff for a change, deploy on the main branch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ci.base.errors import UserError
from ci.base.repository import root, shown
from ci.base.suggestions import did_you_mean
from ci.starting.answers import Answers

# As the workflows of this repository pin them.
CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"
PYTHON = "actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97 # v7.0.0"
UPLOAD = "actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0"

_REQUEST = "$CI_PIPELINE_SOURCE == 'merge_request_event'"
_MAIN = "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"
_INCLUDE = 'include: [{local: "/.gitlab/*.yml"}]'
_HEAD = "# Checks each change of {}, shows what it would change, and deploys it from the main branch."


def files(kind: str, answers: Answers, environments: Sequence[str]) -> dict[Path, str]:
    """Return the text of each file of a ``kind`` of pipeline, by its path; UserError for an unknown kind."""
    if kind not in _KINDS:
        raise UserError(f"--ci {kind}: expected {' or '.join(_KINDS)}{did_you_mean(kind, _KINDS)}")
    return _KINDS[kind](answers.service, environments)


def secret(environment: str) -> str:
    """Return the name of the secret that holds an environment's kubeconfig."""
    return f"KUBECONFIG_{environment.upper().replace('-', '_')}"


def _github(service: str, environments: Sequence[str]) -> dict[Path, str]:
    path = root() / ".github" / "workflows" / f"deploy-{service}.yaml"
    return {path: "\n".join(_workflow(service, environments)) + "\n"}


def _workflow(service: str, environments: Sequence[str]) -> Iterator[str]:
    yield _HEAD.format(service)
    secrets = ", ".join(map(secret, environments))
    yield f"# Needs a kubeconfig in each of these secrets: {secrets or '(none yet)'}."
    paths = f'["values/{service}.yaml", "values/{service}/**", values/environments.yaml]'
    yield from (
        f"name: Deploy {service}",
        "on:",
        f"  pull_request: {{paths: {paths}}}",
        f"  push: {{branches: [main], paths: {paths}}}",
        "permissions:",
        "  contents: read",
        "concurrency:",
        f"  group: deploy-{service}-${{{{ github.ref }}}}",
        "  cancel-in-progress: false",
        "jobs:",
        "  lint:",
        *_steps(f"python3 -m ci lint --format github values/{service}.yaml values/{service}/*.yaml"),
    )
    yield "  report:"
    yield "    if: github.event_name == 'pull_request'"
    # A pull request is checked out as a merge commit, whose first parent is what it is merged into.
    yield from _steps("python3 -m ci report --from HEAD^1", depth=2)
    yield f"      - uses: {UPLOAD}"
    yield "        with: {name: report, path: build/report.html}"
    before = "lint"
    for environment in environments:
        yield f"  diff-{environment}:"
        yield "    if: github.event_name == 'pull_request'"
        yield "    needs: lint"
        yield from _steps(f"python3 -m ci diff {environment} --service {service}", environment)
    for environment in environments:
        yield f"  deploy-{environment}:"
        yield "    if: github.event_name == 'push'"
        yield f"    needs: {before}"
        yield f"    environment: {environment}"
        yield from _steps(f"python3 -m ci deploy {environment} --service {service} --yes", environment)
        before = f"deploy-{environment}"


def _steps(command: str, environment: str = "", depth: int = 1) -> Iterator[str]:
    yield from (
        "    runs-on: ubuntu-24.04",
        "    timeout-minutes: 30",
        "    steps:",
        f"      - uses: {CHECKOUT}",
        "        with:",
        "          persist-credentials: false",
        *([f"          fetch-depth: {depth}"] if depth > 1 else []),
        f"      - uses: {PYTHON}",
        "        with:",
        '          python-version: "3.x"',
    )
    if environment:
        yield from (
            '      - run: umask 077 && printf "%s" "$CONTENT" > "$RUNNER_TEMP/kubeconfig"',
            "        env:",
            f"          CONTENT: ${{{{ secrets.{secret(environment)} }}}}",
        )
    yield f"      - run: {command}"
    if environment:
        yield "        env:"
        yield "          KUBECONFIG: ${{ runner.temp }}/kubeconfig"


def _gitlab(service: str, environments: Sequence[str]) -> dict[Path, str]:
    own = root() / ".gitlab" / f"{service}.yml"
    found = {own: "\n".join(_jobs(service, environments)) + "\n"}
    if not _gitlab_file().exists():
        found[_gitlab_file()] = f"{_INCLUDE}\n"
    return found


def to_add_by_hand(kind: str) -> str:
    """Return what an existing file of a ``kind`` of pipeline lacks, "" for nothing; it is never changed."""
    if kind != "gitlab" or ".gitlab/" in _gitlab_file().read_text(encoding="utf-8"):
        return ""
    return f"Add to {shown(_gitlab_file())}: {_INCLUDE}"


def _gitlab_file() -> Path:
    return root() / ".gitlab-ci.yml"


def _jobs(service: str, environments: Sequence[str]) -> Iterator[str]:
    yield _HEAD.format(service)
    changes = f"[values/{service}.yaml, values/{service}/**, values/environments.yaml]"
    variables = ", ".join(map(secret, environments))
    yield f"# Needs a kubeconfig in each of these variables of the type File: {variables or '(none yet)'}."
    yield from (
        f".{service}:",
        "  image: python:3.13",
        "  rules:",
        f"    - if: {_REQUEST} || {_MAIN}",
        f"      changes: {changes}",
        f"{service}-lint:",
        f"  extends: .{service}",
        "  stage: test",
        f"  script: python3 -m ci lint values/{service}.yaml values/{service}/*.yaml",
    )
    yield from (
        f"{service}-report:",
        f"  extends: .{service}",
        "  stage: test",
        '  variables: {GIT_DEPTH: "0"}',
        "  rules:",
        f"    - if: {_REQUEST}",
        f"      changes: {changes}",
        "  script: python3 -m ci report --from $CI_MERGE_REQUEST_DIFF_BASE_SHA",
        "  artifacts: {paths: [build/report.html], expose_as: report}",
    )
    before = f"{service}-lint"
    for environment in environments:
        for task, source, options in (
            ("diff", _REQUEST, ""),
            ("deploy", _MAIN, " --yes"),
        ):
            yield f"{service}-{task}-{environment}:"
            yield f"  extends: .{service}"
            yield "  stage: deploy"
            yield f"  needs: [{before if task == 'deploy' else f'{service}-lint'}]"
            yield f"  variables: {{KUBECONFIG: ${secret(environment)}}}"
            if task == "deploy":
                yield f"  environment: {environment}"
                yield f"  resource_group: {service}-{environment}"
            yield "  rules:"
            yield f"    - if: {source}"
            yield f"      changes: {changes}"
            yield f"  script: python3 -m ci {task} {environment} --service {service}{options}"
        before = f"{service}-deploy-{environment}"


_KINDS: dict[str, Callable[[str, Sequence[str]], dict[Path, str]]] = {"github": _github, "gitlab": _gitlab}
