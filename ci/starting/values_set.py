"""The values files of a new service: its own, one for each environment, and environments.yaml."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ci.base.errors import UserError
from ci.base.repository import root, shown
from ci.charts import environments
from ci.charts.environments import OWN_CLUSTER
from ci.starting.answers import Answers

_PRODUCTION = ("prod", "production", "live")
_DEVELOPMENT = ("dev", "development", "local", "test")
_SCHEMA = "charts/microservice/values.schema.json"


def files(answers: Answers) -> dict[Path, str]:
    """Return the text of each file, by its path; environments.yaml only where there is none.

    Raises UserError for an environment that an existing environments.yaml does not have.
    """
    known = environments.environments()
    home = root() / "values"
    for name in answers.environments if known else ():
        if name not in known:
            raise UserError(f"--environments {name}: add it to {shown(environments.file())} first")
    texts = {home / f"{answers.service}.yaml": "\n".join(_service(answers)) + "\n"}
    for name in answers.environments:
        texts[home / answers.service / f"{name}.yaml"] = "\n".join(_environment(answers, name)) + "\n"
    if not known:
        texts[environments.file()] = "\n".join(_environments(answers)) + "\n"
    return {path: _schema_line(path) + text for path, text in texts.items()}


def deployed_by_pipeline(answers: Answers) -> list[str]:
    """Return the environments that a pipeline reaches: none in the cluster of `invoke up`."""
    known = environments.environments()
    contexts = {
        name: known[name].context if name in known else _context(name) for name in answers.environments
    }
    return [name for name, context in contexts.items() if context != OWN_CLUSTER]


def _service(answers: Answers) -> Iterator[str]:
    yield f"# {answers.service}, for all environments. `invoke explain` lists what else can be set."
    yield f'image: {{repository: {answers.repository}, tag: "{answers.tag}"}}'
    if answers.port != 8000:
        yield f"ports: {{http: {{containerPort: {answers.port}, servicePort: 80}}}}"
    if answers.health != "/health":
        yield f"readinessProbe: {{httpGet: {{path: {answers.health}}}}}"
    if answers.host:
        yield f"ingress: {{enabled: true, hosts: [{{host: {answers.host}}}]}}"


def _environment(answers: Answers, name: str) -> Iterator[str]:
    yield f"# {answers.service} in {name}, on top of values/{answers.service}.yaml."
    if name in _DEVELOPMENT:
        yield "replicaCount: 1"
    if answers.host and name not in _PRODUCTION:
        first, _, rest = answers.host.partition(".")
        yield f"ingress: {{hosts: [{{host: {first}.{name}.{rest}}}]}}"
    if answers.host and name in _PRODUCTION:
        secret = f"{answers.service}-tls"
        yield f"ingress: {{tls: [{{hosts: [{answers.host}], secretName: {secret}}}]}}   # an existing Secret"


def _environments(answers: Answers) -> Iterator[str]:
    yield "# The environments: the context of each in your kubeconfig, and what every service has there."
    for name in answers.environments:
        yield f"{name}:"
        yield f"  context: {_context(name)}"
        if name in _PRODUCTION:
            yield "  protected: true               # every change asks first"
            yield "  values: {guardrails: enforce} # refuse what is unsafe in production"
        elif name in _DEVELOPMENT:
            yield "  values: {guardrails: none}"


def _context(name: str) -> str:
    return OWN_CLUSTER if name in _DEVELOPMENT else name


def _schema_line(path: Path) -> str:
    schema = root() / ("ci/charts/environments.schema.json" if path == environments.file() else _SCHEMA)
    return f"# yaml-language-server: $schema={os.path.relpath(schema, path.parent)}\n"
