"""Jobs on a schedule: the application's pod, doing something else, from time to time."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from ci.kubernetes.manifests import Object
from tests.support.notes import Notes
from tests.support.rendering import CaseRenderer, ChartRenderer, Rendered, with_both_engines


def cron_jobs(rendered: Rendered) -> dict[str, Object]:
    """The specs of the CronJobs by name."""
    return {name: made["spec"] for name, made in rendered.all("CronJob").items()}


def pod(spec: Object) -> Object:
    found: Object = spec["jobTemplate"]["spec"]["template"]["spec"]
    return found


@pytest.fixture(scope="module")
def clean(render_case: CaseRenderer) -> Object:
    """A CronJob of which everything is said."""
    return cron_jobs(render_case("cronjobs"))["cronjobs-clean"]


@pytest.fixture(scope="module")
def report(render_case: CaseRenderer) -> Object:
    """A CronJob of which nothing is said but when and what."""
    return cron_jobs(render_case("cronjobs"))["cronjobs-report"]


def test_each_entry_makes_a_cron_job_of_its_name(render_case: CaseRenderer) -> None:
    assert set(cron_jobs(render_case("cronjobs"))) == {"cronjobs-clean", "cronjobs-report"}


def test_the_fields_of_an_entry_are_rendered(clean: Object) -> None:
    template = clean["jobTemplate"]["spec"]
    assert {**clean, "jobTemplate": None} == {
        "schedule": "*/10 2-4 1,15 JAN-jun mon-5",
        "timeZone": "Europe/Berlin",
        "suspend": True,
        "concurrencyPolicy": "Replace",
        "startingDeadlineSeconds": 600,
        "successfulJobsHistoryLimit": 1,
        "failedJobsHistoryLimit": 5,
        "jobTemplate": None,
    }
    assert (template["backoffLimit"], template["activeDeadlineSeconds"]) == (0, 1800)


def test_runs_do_not_overlap_by_default(report: Object) -> None:
    assert {**report, "jobTemplate": None} == {
        "schedule": "@hourly",
        "concurrencyPolicy": "Forbid",
        "jobTemplate": None,
    }


@pytest.mark.parametrize("field", ["image", "envFrom", "securityContext", "name"])
def test_the_container_has_the_main_containers_field(
    field: str, report: Object, render_case: CaseRenderer
) -> None:
    assert pod(report)["containers"][0][field] == render_case("cronjobs").container[field]


@pytest.mark.parametrize(
    "field",
    [
        "serviceAccountName",
        "automountServiceAccountToken",
        "securityContext",
        "enableServiceLinks",
        "terminationGracePeriodSeconds",
    ],
)
def test_the_pod_has_the_applications_field(field: str, report: Object, render_case: CaseRenderer) -> None:
    assert pod(report)[field] == render_case("cronjobs").pod[field]


def test_a_job_runs_its_own_command_and_never_the_main_containers(clean: Object, report: Object) -> None:
    commands = [
        (found.get("command"), found.get("args"))
        for found in (pod(clean)["containers"][0], pod(report)["containers"][0])
    ]
    assert commands == [(["python", "-m", "clean"], ["--all"]), (None, ["report"])]


def variables(spec: Object) -> dict[str, object]:
    return {entry["name"]: entry["value"] for entry in pod(spec)["containers"][0]["env"]}


def test_variables_override_the_main_containers(clean: Object, report: Object) -> None:
    endpoint = "https://$(REGION).example.com"
    assert variables(report) == {"MODE": "serve", "REGION": "eu", "ENDPOINT": endpoint}
    assert variables(clean) == {"MODE": "clean", "REGION": "us", "STORE": "/data", "ENDPOINT": endpoint}
    assert list(variables(clean))[-1] == "ENDPOINT"


def test_another_source_replaces_the_whole_variable(
    render_chart: ChartRenderer,
) -> None:
    values = """
        env: {A: {secretKeyRef: {name: s, key: k}}, B: b, C: c}
        cronJobs:
          clean: {schedule: "@daily", args: [a], env: {A: {configMapKeyRef: {name: c, key: k}}, B: null}}
    """
    (spec,) = cron_jobs(render_chart(values)).values()
    assert pod(spec)["containers"][0]["env"] == [
        {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}},
        {"name": "C", "value": "c"},
    ]


def test_resources_override_the_main_containers(clean: Object) -> None:
    assert pod(clean)["containers"][0]["resources"] == {
        "requests": {"cpu": "100m", "memory": "1Gi"},
        "limits": {"memory": "1Gi"},
    }


def test_a_job_has_no_ports_probes_or_other_containers(render_case: CaseRenderer) -> None:
    for spec in cron_jobs(render_case("cronjobs")).values():
        (container,) = pod(spec)["containers"]
        assert not container.keys() & {"ports", "lifecycle", "readinessProbe", "livenessProbe"}
        assert not pod(spec).keys() & {"initContainers", "topologySpreadConstraints"}


def test_drain_seconds_are_the_services_alone(render_chart: ChartRenderer) -> None:
    values = 'shutdown: {drainSeconds: 9}\ncronJobs: {clean: {schedule: "@daily", args: [a]}}'
    (spec,) = cron_jobs(render_chart(values)).values()
    assert "lifecycle" not in pod(spec)["containers"][0]


def test_a_failed_pod_is_kept_with_its_log(clean: Object) -> None:
    assert pod(clean)["restartPolicy"] == "Never"


def mounts(spec: Object) -> dict[str, Any]:
    volumes = {volume.pop("name"): volume for volume in [{**volume} for volume in pod(spec)["volumes"]]}
    places = {entry["name"]: entry["mountPath"] for entry in pod(spec)["containers"][0]["volumeMounts"]}
    assert volumes.keys() == places.keys()
    return {place: next(iter(volumes[name])) for name, place in places.items()}


def test_a_job_mounts_tmp_and_the_settings_and_no_claim(report: Object) -> None:
    assert mounts(report) == {"/tmp": "emptyDir", "/etc/config": "configMap"}  # noqa: S108


def test_a_job_can_mount_every_volume(clean: Object) -> None:
    assert mounts(clean) == {
        "/tmp": "persistentVolumeClaim",  # noqa: S108
        "/etc/config": "configMap",
        "/data": "persistentVolumeClaim",
    }


def test_the_component_label_tells_its_pods_from_those_that_serve(render_case: CaseRenderer) -> None:
    rendered = render_case("cronjobs")
    template = rendered.all("CronJob")["cronjobs-clean"]["spec"]["jobTemplate"]["spec"]["template"]
    labels = template["metadata"]["labels"]
    assert labels["app.kubernetes.io/component"] == "cron"
    assert {**labels, "app.kubernetes.io/component": "app"} == rendered.pod_metadata["labels"]


def test_settings_that_change_do_not_change_a_cron_job(render_case: CaseRenderer) -> None:
    template = render_case("cronjobs").all("CronJob")["cronjobs-clean"]["spec"]["jobTemplate"]["spec"][
        "template"
    ]
    assert template["metadata"]["annotations"] == {"backup": "no"}


def test_a_job_reads_versioned_settings_by_their_names(render_chart: ChartRenderer) -> None:
    rendered = render_chart("""
        config: {data: {A: a}, versioned: true}
        env: {B: {configMapKeyRef: {name: api-config, key: A}}}
        cronJobs:
          clean: {schedule: "@daily", args: [a], env: {C: {configMapKeyRef: {name: api-config, key: A}}}}
    """)
    (name,) = rendered.all("ConfigMap")
    (spec,) = cron_jobs(rendered).values()
    (container,) = pod(spec)["containers"]
    assert container["envFrom"] == [{"configMapRef": {"name": name}}]
    assert {entry["valueFrom"]["configMapKeyRef"]["name"] for entry in container["env"]} == {name}


def test_a_name_may_have_as_many_characters_as_kubernetes_allows(render_chart: ChartRenderer) -> None:
    name = "x" * (52 - len("api-"))
    assert set(cron_jobs(render_chart(f"cronJobs: {{{name}: {{schedule: '@daily', args: [a]}}}}"))) == {
        f"api-{name}"
    }


def test_a_longer_name_is_shortened_and_stays_its_own(render_chart: ChartRenderer, notes: Notes) -> None:
    name = "x" * 52
    values = f"cronJobs: {{{name}a: &job {{schedule: '@daily', args: [a]}}, {name}b: *job}}"
    found = cron_jobs(render_chart(values))
    assert len(found) == 2
    assert {len(each) for each in found} == {52}
    said = notes("fullnameOverride: api\n" + values)
    assert all(f"--from=cronjob/{each} {each}-now" in said for each in found)


SCHEDULES = [
    "0 0 1 1 0",
    "*/5 * * * *",
    "0  8-18/2 ? * MON-fri",
    "1,2,3 0 1-15,20 jan,6 *",
    # A range may have one month or day.
    "0 0 1 1-jan,12-dec,dec-12 1-mon,sat-6",
    "@every 1h30m",
    "@every 604800s",
]


@with_both_engines
def test_schedules_that_kubernetes_reads_are_accepted(engine: int, render_chart: ChartRenderer) -> None:
    entries = "".join(f'\n  job-{at}: {{schedule: "{text}", args: [a]}}' for at, text in enumerate(SCHEDULES))
    found = cron_jobs(render_chart(f"cronJobs:{entries}", engine=engine))
    assert [spec["schedule"] for spec in found.values()] == SCHEDULES


MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat")


def test_months_and_days_have_their_order(render_chart: ChartRenderer) -> None:
    months, days = ([f"{b}-{a}" for a, b in itertools.pairwise(names)] for names in (MONTHS, DAYS))
    schedule = f"0 0 1 {','.join(months)} {','.join(days)}"
    place = f'cronJobs.clean.schedule: "{schedule}"'
    assert render_chart.problems(f'cronJobs: {{clean: {{schedule: "{schedule}", args: [a]}}}}') == [
        f"{place}: {each} runs backwards; use two ranges" for each in months + days
    ]


FORM = "*, a range such as 1-5, a step such as */10, or a list of these"
FIELDS = "(minute, hour, day of the month, month, day of the week)"
WORDS = "expected @yearly, @monthly, @weekly, @daily, @hourly, or @every and a duration such as 1h30m"
WRONG = {
    "* * * *": f"expected 5 fields {FIELDS}, found 4",
    "TZ=UTC * * * * *": f"expected 5 fields {FIELDS}, found 6",
    **dict.fromkeys(("@reboot", "@every 8000000h", "@every 1s1h"), WORDS),
    "*/0 * * * *": f'"*/0" is not a valid minute: use 0-59, {FORM}',
    "0 1-2-3 * * *": f'"1-2-3" is not a valid hour: use 0-23, {FORM}',
}


def test_schedules_that_kubernetes_could_not_read_are_refused(render_chart: ChartRenderer) -> None:
    entries = "".join(f'\n  job-{at}: {{schedule: "{text}", args: [a]}}' for at, text in enumerate(WRONG))
    assert render_chart.problems(f"cronJobs:{entries}") == [
        f'cronJobs.job-{at}.schedule: "{text}": {message}' for at, (text, message) in enumerate(WRONG.items())
    ]


@pytest.mark.parametrize("schedule", ["@every day", "@ hourly", "hourly"])
def test_schedules_in_words_that_kubernetes_does_not_know_are_refused(
    schedule: str, render_chart: ChartRenderer
) -> None:
    refused = str(render_chart.refused(f'cronJobs: {{clean: {{schedule: "{schedule}"}}}}'))
    assert f"'{schedule}' does not match pattern" in refused


def test_without_an_enabled_job_the_notes_mention_none(notes: Notes) -> None:
    assert "cronjob" not in notes()
    assert notes("cronJobs: {off: {enabled: false}}") == notes()


def test_a_job_is_never_restarted_so_not_on_a_resize_either(render_chart: ChartRenderer) -> None:
    rendered = render_chart(
        "containerSpec: {tty: true, resizePolicy: [{resourceName: cpu, restartPolicy: RestartContainer}]}",
        "cronJobs: {clean: {schedule: '@daily', args: [a]}}",
    )
    (spec,) = cron_jobs(rendered).values()
    (container,) = spec["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert (container["tty"], "resizePolicy" in container) == (True, False)
    assert rendered.container["resizePolicy"]
