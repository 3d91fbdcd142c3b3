"""Where a service is deployed: an environment's cluster and namespace, by a kubeconfig of this task alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ci.base import kubernetes_yaml, processes, programs
from ci.base.errors import UserError
from ci.base.files import private_folder
from ci.base.processes import CommandError
from ci.charts import environments, helm
from ci.charts.environments import OWN_CLUSTER, Environment
from ci.clusters import kubectl, lifecycle
from ci.clusters.api import Api
from ci.clusters.kubectl import Kubectl
from ci.deploy import rbac
from ci.deploy.reasons import Code, Reason, Refused
from ci.deploy.releases import Releases

# The task whose cluster an environment of the context OWN_CLUSTER is.
KEPT_BY = "invoke up"


@dataclass(frozen=True)
class Target:
    """A service in an environment; the release bears the service's name.

    ``kubeconfig`` has one context, whose default namespace is the environment's: what happens to the user's
    kubeconfig meanwhile changes nothing. It is in a folder of this task's own, which goes with it. ``api`` is
    the same cluster's, without a start of kubectl for each request. ``engine`` is the Helm (3 or 4) that
    deploys.
    """

    environment: Environment
    service: str
    kubeconfig: Path
    api: Api
    engine: int = helm.ENGINES[-1]

    @property
    def namespace(self) -> str:
        """The namespace of the service."""
        return self.environment.namespace

    @property
    def kubectl(self) -> Kubectl:
        """Calls of kubectl in the namespace."""
        return Kubectl(self.kubeconfig)

    @property
    def releases(self) -> Releases:
        """Calls of Helm in the namespace."""
        return Releases(self.kubeconfig, self.namespace, self.engine)


@contextmanager
def reached(environment_name: str, service_name: str = "") -> Iterator[Target]:
    """Give the block a service in an environment whose cluster has answered.

    Raise UserError for an unknown environment or service, and Refused where the user's current context is
    another than the environment's, where there is none, where the cluster gives no answer, and with the rule
    that is missing where an error of the block is that the user may not do something.
    """
    environment = environments.environment(environment_name)
    service = environments.find_service(service_name)
    config = _kubeconfig(environment)
    with private_folder(programs.cache_folder() / "deploys") as folder:
        kubeconfig = folder / "kubeconfig"
        kubeconfig.touch(mode=0o600)
        kubeconfig.write_text(_with_namespace(config, environment.namespace), encoding="utf-8")
        with closing(Api(Kubectl(kubeconfig), folder / "api.sock")) as api:
            target = Target(environment, service, kubeconfig, api)
            _require_an_answer(target)
            try:
                yield target
            except Refused:
                raise
            except UserError as error:
                if denied := rbac.explained(str(error)):
                    raise Refused(Reason(Code.NOT_ALLOWED, denied)) from None
                raise


def _kubeconfig(environment: Environment) -> str:
    """Return the text of a kubeconfig of the environment's context alone, with its certificates in it."""
    if environment.context == OWN_CLUSTER:
        if own := lifecycle.kept_by(KEPT_BY):
            return own.kubeconfig.read_text(encoding="utf-8")
        message = f"{environment.name} is the cluster of `invoke up`, and there is none: invoke up"
        raise Refused(Reason(Code.UNREACHABLE, message))
    known, current = _users_contexts()
    if current != environment.context:
        if environment.context not in known:
            why = f"which your kubeconfig does not have (it has {', '.join(known) or 'none'})"
            remedy = "get it from whoever runs the cluster, or set KUBECONFIG to the file that has it"
        else:
            why = f"and your current context is {current}" if current else "and you have chosen no context"
            remedy = f"kubectl config use-context {environment.context}"
        message = f"{environment.name} is the context {environment.context} (values/environments.yaml), {why}"
        raise Refused(Reason(Code.CONTEXT_MISMATCH, f"{message}: {remedy}"))
    return kubectl.flattened(environment.context)


def _with_namespace(config: str, namespace: str) -> str:
    """Return a kubeconfig whose contexts have this namespace for their default; JSON is YAML too."""
    written = kubernetes_yaml.load(config, "the kubeconfig")
    for entry in written["contexts"]:
        entry["context"]["namespace"] = namespace
    return json.dumps(written)


def _users_contexts() -> tuple[list[str], str]:
    """Return the contexts of the user's kubeconfig, and the current one, "" where there is none."""
    command = [str(programs.find(programs.KUBECTL)), "config", "view", "--output=json"]
    config = json.loads(processes.run(command, "reading the kubeconfig"))
    return [context["name"] for context in config["contexts"] or []], config["current-context"]


def _require_an_answer(target: Target) -> None:
    try:
        target.api.get("/version")
    except CommandError as error:
        words = error.output.strip().splitlines()
        last = words[-1] if words else str(error)
        where = f"the cluster of {target.environment.name} (context {target.environment.context})"
        if kubectl.refuses_login(error):
            raise Refused(
                Reason(Code.UNREACHABLE, f"{where} refuses your login; log in again: {last}")
            ) from None
        raise Refused(Reason(Code.UNREACHABLE, f"{where} gives no answer: {last}")) from None
