"""CronJobs and the Job of a migration: `cronJobs`, `migration`."""

from __future__ import annotations

import hashlib
from typing import Any

from ci.importing.draft import Draft
from ci.importing.settings import variables
from ci.importing.workload import COMPONENT, labels_of, pod_of
from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import dig

_CRON = (
    *("schedule", "timeZone", "suspend", "concurrencyPolicy", "startingDeadlineSeconds"),
    *("successfulJobsHistoryLimit", "failedJobsHistoryLimit"),
)
_JOB = (
    *("parallelism", "completions", "backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished"),
    "podFailurePolicy",
)
# What the chart gives a migration: microservice.migrationFailurePolicy.
_OF_MIGRATION = {
    "ttlSecondsAfterFinished": 86400,
    "podFailurePolicy": {
        "rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}]
    },
}
_LONGEST = 63
_HOOK = "helm.sh/hook"
# The volumes that every job mounts.
_COMMON_VOLUMES = {"tmp", "config", "secret"}


def map_jobs(draft: Draft) -> None:
    """Map jobs that run the service's image with its settings; others stay objects."""
    for key, made in list(draft.of_kind("CronJob")):
        spec = made.get("spec") or {}
        job = _job(draft, dig(spec, "jobTemplate", "spec") or {}, made)
        if job is None:
            continue
        name = key.name.removeprefix(f"{draft.fullname}-")
        draft.place(key, f"{draft.fullname}-{name}")
        own = {field: spec[field] for field in _CRON if spec.get(field) is not None}
        draft.set("cronJobs", {name: {**own, **job}})
        draft.describe(f"cronJobs.{name}", key)
    for key, made in list(draft.of_kind("Job")):
        job = _job(draft, made.get("spec") or {}, made) if _migrates(draft, key.name, made) else None
        if job is not None and "migration" not in draft.values:
            draft.place(key, shortened(f"{draft.fullname}-migration"))
            own = {field: value for field, value in job.items() if _OF_MIGRATION.get(field) != value}
            draft.set("migration", {"enabled": True, **own})
            draft.describe("migration", key)
            if labels_of(made).get(COMPONENT) == "migration":
                _place_companions(draft)


def shortened(name: str) -> str:
    """Return a name of at most 63 characters: microservice.shortened."""
    if len(name) <= _LONGEST:
        return name
    return f"{name[:54].rstrip('-.')}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _place_companions(draft: Draft) -> None:
    """Place what the chart itself made for the migration, and makes again."""
    for key in [key for key, made in draft.objects.items() if labels_of(made).get(COMPONENT) == "migration"]:
        draft.place(key, key.name)


def _migrates(draft: Draft, name: str, made: Object) -> bool:
    """Tell whether a Job prepares a release: it is a hook that runs before, or is called a migration.

    An exact import takes only the chart's own, which others differ from.
    """
    if draft.wishes.exact:
        return labels_of(made).get(COMPONENT) == "migration"
    hooks = (dig(made, "metadata", "annotations") or {}).get(_HOOK, "")
    return "pre-install" in hooks or "pre-upgrade" in hooks or "migrat" in name


def _job(draft: Draft, spec: dict[str, Any], made: Object) -> dict[str, Any] | None:
    """Return what a job says beyond the service, None if the chart's job would be another one."""
    pod, mains = pod_of({"spec": spec}), pod_of(draft.source[draft.workload_key])
    main = _main(draft, mains)
    containers = pod.get("containers") or []
    if (
        len(containers) != 1
        or pod.get("initContainers")
        or spec.get("completionMode") == "Indexed"
        or containers[0].get("image") != main.get("image")
        or _has_own_volumes(pod, mains)
    ):
        return None
    container = containers[0]
    if not (container.get("command") or container.get("args")):
        return None
    if draft.wishes.exact and container.get("securityContext") != main.get("securityContext"):
        return None
    container["name"] = main["name"]
    job: dict[str, Any] = {field: container[field] for field in ("command", "args") if container.get(field)}
    env = over(draft.values.get("env") or {}, variables(container.get("env") or []))
    resources = _more(main.get("resources") or {}, container.get("resources") or {})
    job |= {name: value for name, value in (("env", env), ("resources", resources)) if value}
    job |= {field: spec[field] for field in _JOB if spec.get(field) is not None}
    grace = pod.get("terminationGracePeriodSeconds")
    if grace not in (None, mains.get("terminationGracePeriodSeconds", 30)):
        job["terminationGracePeriodSeconds"] = grace
    affinity = over(draft.values.get("affinity") or {}, pod.get("affinity") or {})
    placed = {**placement(draft.values, pod), "affinity": affinity}
    job |= {field: value for field, value in placed.items() if value}
    if pod.get("restartPolicy") == "OnFailure":
        job["restartPolicy"] = "OnFailure"
    if _mounted(container) - _COMMON_VOLUMES:
        job["volumes"] = True
    return job


def placement(values: dict[str, Any], pod: dict[str, Any]) -> dict[str, Any]:
    """Return on which nodes a pod of an entry may run, over what the service's values say."""
    tolerations = pod.get("tolerations") or []
    return {
        "nodeSelector": over(values.get("nodeSelector") or {}, pod.get("nodeSelector") or {}),
        "tolerations": None if tolerations == (values.get("tolerations") or []) else tolerations,
    }


def _has_own_volumes(pod: dict[str, Any], mains: dict[str, Any]) -> bool:
    """Tell whether a job's pod has volumes that the service's pod has not."""
    own = [volume for volume in pod.get("volumes") or [] if volume["name"] not in _COMMON_VOLUMES]
    return any(volume not in (mains.get("volumes") or []) for volume in own)


def _main(draft: Draft, pod: dict[str, Any]) -> dict[str, Any]:
    """Return the main container of the service's pod as it is in the source."""
    containers = pod.get("containers") or [{}]
    return next((one for one in containers if one.get("name") == draft.container.get("name")), containers[0])


def _more(base: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """Return entries, two levels deep, that differ from another map's; the proof shows missing ones."""
    found = {
        name: {key: value for key, value in entries.items() if (base.get(name) or {}).get(key) != value}
        for name, entries in wanted.items()
        if isinstance(entries, dict)
    }
    return {name: entries for name, entries in found.items() if entries}


def over(base: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """Return what, laid over a map, makes another one of it: null removes."""
    found: dict[str, Any] = {name: None for name in base if name not in wanted}
    for name, value in wanted.items():
        if isinstance(value, dict) and isinstance(base.get(name), dict) and not _is_source(value):
            if below := over(base[name], value):
                found[name] = below
        elif base.get(name) != value:
            found[name] = value
    return found


def _is_source(value: dict[str, Any]) -> bool:
    return any(field.endswith("Ref") for field in value)


def _mounted(container: dict[str, Any]) -> set[str]:
    return {mount["name"] for mount in container.get("volumeMounts") or []}
