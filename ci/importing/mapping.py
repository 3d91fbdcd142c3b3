"""Maps a service's objects to the chart's values: one module a Kubernetes concern, in this order."""

from __future__ import annotations

from typing import Any

from ci.base import kubernetes_yaml
from ci.charts import catalog
from ci.charts.values_file import read_values
from ci.importing.access import map_account
from ci.importing.container import map_container, map_image, map_rest_of_container
from ci.importing.draft import Draft, Values, Wishes
from ci.importing.external import map_external_secret
from ci.importing.extra import map_rest
from ci.importing.helm_test import map_tests
from ci.importing.jobs import map_jobs
from ci.importing.monitoring import map_monitors
from ci.importing.network_policy import map_network_policy
from ci.importing.ports import map_further_services, map_ports
from ci.importing.renames import renamed
from ci.importing.routing import map_routes
from ci.importing.scaling import map_autoscaler, map_disruption_budget
from ci.importing.security import map_security
from ci.importing.selection import Selection
from ci.importing.settings import let_others_own, map_settings
from ci.importing.volumes import map_volumes
from ci.importing.workers import map_workers
from ci.importing.workload import map_annotations, map_labels, map_names, map_pod, map_workload

_STEPS = (
    map_names,
    map_image,
    map_ports,
    map_further_services,
    map_settings,
    map_external_secret,
    map_container,
    map_security,
    map_volumes,
    map_account,
    map_workload,
    map_pod,
    map_routes,
    map_autoscaler,
    map_disruption_budget,
    map_network_policy,
    map_jobs,
    map_tests,
    map_monitors,
    map_rest_of_container,
    map_annotations,
    map_labels,
    map_workers,
    map_rest,
    let_others_own,
)
# Below these keys null removes something that no defaults of values.yaml show.
_WITH_NULLS = frozenset(
    """
    cronJobs extraContainers extraObjects initContainers migration podSecurityContext securityContext workers
    """.split()  # noqa: SIM905
)


def mapped(selection: Selection, wishes: Wishes) -> Draft:
    """Return the values for a selection, and where each object went."""
    # Others call a Service by its name, so that name stays.
    fullname = (selection.service or selection.workload).name
    draft = Draft(*renamed(selection, fullname, wishes), fullname, wishes)
    for step in _STEPS:
        step(draft)
    return draft


def text(values: Values) -> str:
    """Return values as a values file, without what the chart's defaults say."""
    defaults = read_values(catalog.service_chart().path / "values.yaml")
    return kubernetes_yaml.dump([without_defaults(values, defaults)], flow=True).removeprefix("---\n")


def without_defaults(values: Values, defaults: Values) -> Values:
    """Return what of the values differs from the chart's defaults: the image, then in the defaults' order."""
    found = {}
    for key in ["image", *(key for key in defaults if key in values and key != "image")]:
        if key == "tests":
            kept = _beyond(values[key], defaults[key], nulls=True)
        elif key in _WITH_NULLS:
            kept = values[key] if values[key] != defaults[key] else None
        else:
            kept = _beyond(values[key], defaults[key])
        if kept is not None:
            found[key] = kept
    return found


def _beyond(value: Any, default: Any, nulls: bool = False) -> Any:
    """Return what of a value differs from its default, None for nothing; ``nulls`` keeps all those within."""
    if not isinstance(value, dict) or not isinstance(default, dict):
        same = value == default and isinstance(value, bool) == isinstance(default, bool)
        return None if same else value
    found: Values = {}
    for key, below in value.items():
        if below is None:
            if default.get(key) not in (None, {}, []):
                found[key] = None
        elif key not in default:
            found[key] = below if nulls else _without_nulls(below)
        elif (kept := _beyond(below, default[key], nulls)) is not None:
            found[key] = kept
    return found or None


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(below) for key, below in value.items() if below is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value
