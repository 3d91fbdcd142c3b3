"""What the pods of a rollout show: one rule a state, each with its exceptions.

Sources: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/, the kubelet's reasons of waiting
(pkg/kubelet/images/types.go, pkg/kubelet/kuberuntime/kuberuntime_container.go), and the experience that is in
Shopify/krane (lib/krane/kubernetes_resource/pod.rb) and GoogleContainerTools/skaffold (pkg/diag/validator).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ci.deploy.reasons import Code, Reason
from ci.deploy.snapshot import Snapshot, condition, full_name, has_ended, is_ready, statuses
from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import dig, entries

Status = Mapping[str, Any]


class Finding(NamedTuple):
    """What a rule has found: a reason that ends the deploy, or is only reported."""

    fails: bool
    reason: Reason


# How containerd reports a container that never started, whatever the cause: containerd/containerd#9080.
_START_ERROR = 128
# The causes of it that lie in the image or in `command`: the next attempt ends in the same way.
_NO_SUCH_PROGRAM = re.compile(
    r"exec:? .*(executable file not found|no such file or directory|permission denied|is a directory)"
)
# Of the kubelet's CreateContainerError: an image without ENTRYPOINT and CMD, in the words of each runtime.
_NO_PROGRAM_NAMED = re.compile(r"no command specified", re.IGNORECASE)
# The id of the container that a runtime tries to create: each attempt has another.
_CONTAINER_ID = re.compile(r' "[0-9a-f]{64}"')
# Events of a pod whose containers wait for its volumes or its network. The general ones name no cause.
_NOT_SET_UP = ("FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox")
_NO_CAUSE = re.compile(r"timed out waiting for the condition|failed to sync \w+ cache|not registered")
_NO_CLAIM = re.compile(r'persistentvolumeclaim "([^"]+)" not found')
# Of the kubelet's CreateContainerConfigError: a cache that is not there yet, and a refusal that is no lack.
_CACHE_NOT_READY = re.compile(r"failed to sync \w+ cache|services have not yet been read")
_RUNS_AS_ROOT = "runAsNonRoot"
_MISSING_MOUNT = re.compile(r'(configmap|secret) "[^"]+" not found|references non-existent \w+ key: \S+')
_SECRET = re.compile(r'[Ss]ecret (?:"(?:[^"/]+/)?(?P<quoted>[^"]+)"|[^\s"/]+/(?P<plain>[^\s"]+))')

# Words of containerd and of registries, whose status lines are those of HTTP. A busy one may add "denied".
_BUSY_REGISTRY = re.compile(
    r"toomanyrequests|Too Many Requests|Internal Server Error|Bad Gateway|Service Unavailable|timed? ?-?out",
    re.IGNORECASE,
)
_REFUSED_IMAGE = re.compile(
    r"unauthorized|authentication required|authorization failed|denied|forbidden|no basic auth", re.IGNORECASE
)
_NO_SUCH_IMAGE = re.compile(r"not found|manifest unknown|name unknown|does not exist", re.IGNORECASE)


def crash_loop(snapshot: Snapshot) -> Iterator[Finding]:
    """Fail when all new pods of a workload crash again and again; one restart of a container is forgiven."""
    for workload in snapshot.workloads:
        pods = [pod for pod in snapshot.new_pods(workload) if not has_ended(pod)]
        looping = [(pod, status) for pod in pods for status in statuses(pod) if _is_looping(status)]
        doomed = all(
            any(_is_looping(status) or _is_down_again(status) for status in statuses(pod)) for pod in pods
        )
        for pod, status in looping:
            name = str(status["name"])
            probe = snapshot.warning(pod, "Unhealthy", container=name, having="Liveness probe failed")
            words = "; ".join(filter(None, (_ended(status), probe)))
            yield Finding(doomed, _reason(Code.CRASH_LOOP, pod, status, f"{words}: CrashLoopBackOff"))


def uncreated(snapshot: Snapshot) -> Iterator[Finding]:
    """Fail for an image that names no program to start; report other errors of creating a container."""
    for pod in snapshot.pods_at_work():
        for status in statuses(pod):
            why, message = _waiting(status)
            if why != "CreateContainerError":
                continue
            if _NO_PROGRAM_NAMED.search(message):
                words = "no command specified, neither by the image nor by `command` in the values"
                yield Finding(True, _reason(Code.CRASH_LOOP, pod, status, f"could not be started: {words}"))
            else:
                words = f"could not be created: {_CONTAINER_ID.sub('', message)}"
                yield Finding(False, _reason(Code.TRANSIENT, pod, status, words))


def restarts(snapshot: Snapshot) -> Iterator[Finding]:
    """Report containers that ended and are started again."""
    for pod in snapshot.pods_at_work():
        for status in statuses(pod):
            if _last_end(status) and not _is_looping(status) and not _never_started(status):
                yield Finding(False, _reason(Code.RESTARTED, pod, status, _ended(status)))


def images(snapshot: Snapshot) -> Iterator[Finding]:
    """Fail for an image that does not exist or is refused; wait for a registry that is out of reach."""
    for pod in snapshot.pods_at_work():
        for status in statuses(pod):
            why, message = _waiting(status)
            if why in ("ErrImagePull", "ImagePullBackOff"):
                code, message = _pull_failure(snapshot, pod, status, message)
            elif why == "RegistryUnavailable":
                code = Code.IMAGE_UNAVAILABLE
            elif why in ("InvalidImageName", "SignatureValidationFailed"):
                code = Code.IMAGE_REFUSED
            elif why == "ErrImageNeverPull":
                code = Code.IMAGE_NOT_FOUND
            else:
                continue
            words = f"image {_image(pod, status)}: {message}"
            yield Finding(code is not Code.IMAGE_UNAVAILABLE, _reason(code, pod, status, words))


def configuration(snapshot: Snapshot) -> Iterator[Finding]:
    """Fail for a missing ConfigMap, Secret or key, unless an operator has yet to write it.

    What External Secrets could not fetch so far is only reported: it goes on trying.
    """
    for pod in snapshot.pods_at_work():
        for status in statuses(pod):
            why, message = _waiting(status)
            if why == "CreateContainerConfigError":
                yield _missing(snapshot, pod, status, message)
        unmounted = _unmounted(pod, snapshot.warning(pod, "FailedMount"))
        if unmounted and not any(_is_running(status) for status in statuses(pod)):
            yield _missing(snapshot, pod, {}, unmounted)


def transient(snapshot: Snapshot) -> Iterator[Finding]:
    """Report lost nodes, evictions, and errors of the runtime, of storage and of the network."""
    for workload in snapshot.workloads:
        for pod in snapshot.pods_of_newest(workload):
            disrupted = condition(pod, "DisruptionTarget") or {}
            if disrupted.get("status") == "True" or has_ended(pod):
                told = disrupted or pod["status"]
                words = ": ".join(filter(None, (told.get("reason"), told.get("message")))) or "ended"
                yield Finding(False, _reason(Code.TRANSIENT, pod, {}, words))
    for pod in snapshot.pods_at_work():
        for status in statuses(pod):
            if _never_started(status):
                words = (_last_end(status) or {}).get("message") or f"exit code {_START_ERROR}"
                yield Finding(False, _reason(Code.TRANSIENT, pod, status, f"could not be started: {words}"))
        if words := _not_set_up(snapshot, pod):
            yield Finding(False, _reason(Code.TRANSIENT, pod, {}, words))


def scheduling(snapshot: Snapshot) -> Iterator[Finding]:
    """Fail for a claim that does not exist; report pods without a node, for an autoscaler may add one."""
    for pod in snapshot.pods_at_work():
        scheduled = condition(pod, "PodScheduled") or {}
        if scheduled.get("reason") == "Unschedulable":
            message = str(scheduled.get("message"))
            if lack := _NO_CLAIM.search(message):
                words = f"there is no PersistentVolumeClaim {lack[1]}"
                yield Finding(True, _reason(Code.CLAIM_LOST, pod, {}, words))
            else:
                yield Finding(False, _reason(Code.UNSCHEDULABLE, pod, {}, message))


def why_not_ready(snapshot: Snapshot, pod: Object) -> Reason:
    """Say what a pod that is not ready asks for, and what its probe got for an answer."""
    for status in statuses(pod):
        if _is_running(status) and not status.get("ready"):
            kind = "readinessProbe" if status.get("started", True) else "startupProbe"
            answer = snapshot.warning(pod, "Unhealthy", container=str(status["name"]))
            words = answer or "no probe has failed yet"
            return _reason(
                Code.NOT_READY, pod, status, f"not ready: {words}{_probe(_container(pod, status), kind)}"
            )
    # Of a lost node the condition has no words.
    lost = snapshot.warning(pod, "NodeNotReady")
    unready = (condition(pod, "Ready") or {}).get("message") or lost or dig(pod, "status", "phase")
    return _reason(Code.NOT_READY, pod, {}, f"not ready: {unready}")


def unready_pods(snapshot: Snapshot, workload: Object) -> list[Object]:
    """Return the new pods that are not ready yet."""
    return [pod for pod in snapshot.new_pods(workload) if not is_ready(pod) and not has_ended(pod)]


def last_failure(pods: list[Object]) -> tuple[str, str]:
    """Return which container of these pods failed last, and how it ended; "" twice where none did."""
    failed = [status for pod in pods for status in statuses(pod) if _last_end(status)]
    failed.sort(key=lambda status: (_last_end(status) or {}).get("finishedAt") or "")
    return (str(failed[-1]["name"]), _ended(failed[-1])) if failed else ("", "")


def _waiting(status: Status) -> tuple[str, str]:
    waiting = dig(status, "state", "waiting") or {}
    return waiting.get("reason") or "", waiting.get("message") or ""


def _is_running(status: Status) -> bool:
    return dig(status, "state", "running") is not None


def _is_looping(status: Status) -> bool:
    restarted = status.get("restartCount", 0) >= 1
    return _waiting(status)[0] == "CrashLoopBackOff" and restarted and not _never_started(status)


def _is_down_again(status: Status) -> bool:
    """Tell whether a container crashed twice and is down: pods that crash in turns seldom wait at once."""
    crashed_twice = status.get("restartCount", 0) >= 2 and not _never_started(status)
    return crashed_twice and _last_end(status) is not None and not status.get("ready")


def _last_end(status: Status) -> Status | None:
    """Return how a container last ended; None for one that did not, or that ended as it should."""
    last = dig(status, "lastState", "terminated")
    ended = dig(status, "state", "terminated") or {}
    return last or (ended if ended.get("exitCode") else None)


def _never_started(status: Status) -> bool:
    """Tell whether the runtime failed to start a container, for a reason that may pass."""
    last = _last_end(status) or {}
    return last.get("exitCode") == _START_ERROR and not _NO_SUCH_PROGRAM.search(last.get("message") or "")


def _ended(status: Status) -> str:
    last = _last_end(status) or {}
    again = f", restarted {count}x" if (count := status.get("restartCount")) else ""
    if last.get("exitCode") == _START_ERROR and (cause := _NO_SUCH_PROGRAM.search(last.get("message") or "")):
        return f"could not be started: {cause[0]}{again}"
    why = f" ({last['reason']})" if last.get("reason") not in (None, "Error") else ""
    return f"ended with exit code {last.get('exitCode', '?')}{why}{again}"


def _pull_failure(snapshot: Snapshot, pod: Object, status: Status, message: str) -> tuple[Code, str]:
    """Tell a missing image from a refused one and from a registry that may answer later, in whose words."""
    if message.rstrip('"') == f'Back-off pulling image "{_image(pod, status)}':
        pulled = "Failed to pull image"  # the other events of this reason repeat the state
        message = snapshot.warning(pod, "Failed", container=str(status["name"]), having=pulled) or message
    # The last link of the chain of errors is the most exact one.
    words = re.sub(r'^.*(?:failed to resolve (?:image|reference) "[^"]*": |desc = )', "", message, flags=re.S)
    words = re.sub(rf"^\S*{re.escape(_image(pod, status))}: ", "", words)
    if _BUSY_REGISTRY.search(words):
        return Code.IMAGE_UNAVAILABLE, words
    # For what does not exist many registries answer as for what one may not see: access is the remedy.
    if _REFUSED_IMAGE.search(words):
        return Code.IMAGE_REFUSED, words
    return (Code.IMAGE_NOT_FOUND if _NO_SUCH_IMAGE.search(words) else Code.IMAGE_UNAVAILABLE), words


def _image(pod: Object, status: Status) -> str:
    """Return the image as it is written: the status may have the name that the runtime gives it."""
    return str(_container(pod, status).get("image") or status.get("image"))


def _container(pod: Object, status: Status) -> Mapping[str, Any]:
    both = [*entries(pod, "spec", "initContainers"), *entries(pod, "spec", "containers")]
    return next((container for _, container in both if container.get("name") == status["name"]), {})


def _missing(snapshot: Snapshot, pod: Object, status: Status, message: str) -> Finding:
    if _CACHE_NOT_READY.search(message):
        return Finding(False, _reason(Code.WAITING_FOR_CONFIG, pod, status, message))
    if _RUNS_AS_ROOT in message:
        return Finding(True, _reason(Code.ADMISSION_REFUSED, pod, status, message))
    named = _SECRET.search(message)
    secret = (named["quoted"] or named["plain"]) if named else ""
    if secret in snapshot.awaited:
        why = snapshot.awaited[secret]
        code = Code.NOT_FETCHED if why else Code.WAITING_FOR_CONFIG
        return Finding(False, _reason(code, pod, status, "; ".join(filter(None, (message, why)))))
    return Finding(True, _reason(Code.CONFIG_MISSING, pod, status, message))


def _unmounted(pod: Object, warning: str) -> str:
    """Return what a volume lacks, "" where that is not why it cannot be mounted."""
    lack = _MISSING_MOUNT.search(warning)
    volume = re.search(r'for volume "([^"]+)"', warning)
    if not lack or not volume:
        return lack[0] if lack else ""
    # For a key that is missing the kubelet does not say in what.
    of = next((found for _, found in entries(pod, "spec", "volumes") if found.get("name") == volume[1]), {})
    secret = dig(of, "secret", "secretName")
    where = f' in secret "{secret}"' if secret and "key" in lack[0] else ""
    return f"volume {volume[1]}: {lack[0]}{where}"


def _not_set_up(snapshot: Snapshot, pod: Object) -> str:
    """Return why a pod that has started nothing lacks its volumes or its network, "" where it does not."""
    waits = [_waiting(status)[0] for status in statuses(pod)]
    if not waits or not all(why in ("ContainerCreating", "PodInitializing") for why in waits):
        return ""
    told = (snapshot.warning(pod, reason) for reason in _NOT_SET_UP)
    return next((" ".join(words.split()) for words in told if words and not _cause_is_known(words)), "")


def _cause_is_known(words: str) -> bool:
    """Tell whether a rule of its own judges this, or no cause is named."""
    return bool(_NO_CAUSE.search(words) or _MISSING_MOUNT.search(words))


def _probe(container: Mapping[str, Any], kind: str) -> str:
    """Say in brackets what a probe of a container asks."""
    probe = container.get(kind) or {}
    asked = ""
    if http := probe.get("httpGet"):
        asked = f"GET {http.get('path', '/')} on port {http['port']}"
    elif command := dig(probe, "exec", "command"):
        asked = " ".join(command)
    elif port := dig(probe, "tcpSocket", "port") or dig(probe, "grpc", "port"):
        asked = f"{'TCP' if 'tcpSocket' in probe else 'gRPC'} on port {port}"
    return f" ({kind}: {asked})" if asked else ""


def _reason(code: Code, pod: Object, status: Status, message: str) -> Reason:
    return Reason(code, message, full_name(pod), str(status.get("name", "")))
