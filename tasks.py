"""The tasks of `invoke`: a line of help and one call into ci/ for each."""

from __future__ import annotations

import signal
from pathlib import Path

from invoke.context import Context

from ci.base.options import task
from ci.clusters import addons as addons_
from ci.clusters import operators as operators_
from ci.clusters import testbed
from ci.kubernetes.versions import NEWEST, OLDEST

# Each task imports what it calls: to import everything takes longer than many a task.
# After SIGTERM a task cleans up as after Ctrl-C.
signal.signal(signal.SIGTERM, signal.default_int_handler)


@task
def build(_: Context) -> None:
    """Lint, render, validate and package the charts into dist/, and compare them with the last release."""
    from ci import build as build_

    build_.run()


CLUSTER_HELP = {
    "kube-context": "use the cluster of this context of your kubeconfig, in separate namespaces",
    "push-to": "push the image of the sample service to this repository, from which that cluster can pull it",
    "node-image": f"the image of kind's nodes (default: {testbed.IMAGE_VARIABLE}, else that of kind)",
    "nodes": "the number of nodes",
    "addons": f"add-ons to install: names, or paths or URLs of manifests (default: {addons_.VARIABLE}, "
    f"else '{addons_.DEFAULT}')",
    "operators": "operators to install in place of the add-ons, separated by commas: names, or paths or URLs "
    f"of manifests, or {operators_.ALL} ({', '.join(operators_.DEPLOYMENTS)})",
}


@task(
    help=CLUSTER_HELP
    | {
        "junit": "write a JUnit XML report to this file, and those of the cluster tests beside it "
        "(-quiet-cluster, -cluster, -quiet-operators and -operators)",
        "cluster": "fail if no cluster is possible, or if a test would be skipped",
        "operators": "then run the tests of operators, in a second cluster: " + CLUSTER_HELP["operators"],
        "no-cluster": "skip the tests that need a cluster",
        "keep": "keep each cluster after the tests, until invoke down",
    }
)
def test(
    _: Context,
    junit: str = "",
    cluster: bool = False,
    no_cluster: bool = False,
    keep: bool = False,
    kube_context: str = "",
    push_to: str = "",
    node_image: str = "",
    nodes: int = testbed.NODES,
    addons: str = "",
    operators: str = "",
) -> None:
    """Run every test; those that need a cluster only if a Docker engine answers."""
    from ci import suite

    wanted = testbed.Wanted(kube_context, push_to, node_image, nodes, addons, operators)
    suite.run(junit, wanted, required=cluster, without=no_cluster, keep=keep)


@task(help=CLUSTER_HELP)
def up(
    _: Context,
    kube_context: str = "",
    push_to: str = "",
    node_image: str = "",
    nodes: int = 1,
    addons: str = "",
    operators: str = "",
) -> None:
    """Create a cluster with the service of values/api.yaml, and print how to reach it."""
    from ci.deploy import up as up_

    up_.up(testbed.Wanted(kube_context, push_to, node_image, nodes, addons, operators))


@task(help={"all": "also remove, without asking, what other runs left"})
def down(_: Context, all: bool = False) -> None:
    """Remove the cluster of invoke up, and ask about what other runs left."""
    from ci.deploy import up as up_

    up_.down(all)


@task(
    help={
        "service": "the service: the name of its file in values/, without .yaml (default: the only one)",
        "tag": "the image's tag (default: the commit's git tag, else its hash, with -dirty after a change)",
        "push": "push it to its registry, and print it with its digest there",
        "load": "load it into the kind cluster of this environment",
    }
)
def image(_: Context, service: str = "", tag: str = "", push: bool = False, load: str = "") -> None:
    """Build a service's image with Docker or Podman: invoke image --push.

    The service's values file says what it is built from: `x-build: {context: FOLDER, dockerfile: FILE}`.
    Progress is printed on standard error, and the image alone on standard output:

      invoke image --load dev                               # for a kind cluster
      image=$(invoke image --push)                          # myrepo/api@sha256:9f2c...
      invoke deploy staging --digest ${image#*@}
    """
    from ci.deploy import image as image_

    image_.run(service, tag, push=push, load=load)


@task(
    positional=["files"],
    optional=["files"],
    help={
        "files": "values files of services, each by itself; - reads standard input; commas join files that "
        "are laid over each other, as with helm -f (default: everything in this repository)",
        "kube-version": f"also report fields that this Kubernetes does not know, {OLDEST} to {NEWEST}",
        "format": "text, github (annotations in a workflow) or sarif",
    },
)
def lint(
    _: Context,
    files: list[str] = [],  # noqa: B006
    kube_version: str = "",
    format: str = "text",
) -> None:
    """Check values files of any folder, or this repository: invoke lint services/api.yaml.

    Without a file it checks the charts, alone and with every case, with Helm 3 and 4. A file in a folder
    named like a values file beside it is laid over that, and over its environment in environments.yaml, as a
    deploy does:

      invoke lint services/api.yaml services/worker.yaml     # two services
      invoke lint services/api/production.yaml               # over services/api.yaml
      invoke lint base.yaml,production.yaml                  # one service, of two files

    Exit code 0: nothing found, or only warnings: what guardrails: enforce would refuse. 1: something is
    wrong. 2: a file cannot be read.
    """
    if files:
        from ci.checks import named_files

        named_files.lint(files, kube_version, format)
    else:
        from ci import lint as lint_

        lint_.run(kube_version, format)


@task(
    positional=["files"],
    help={
        "files": "cases, which are values files of charts/*/ci (worker for worker-values.yaml) or values/ "
        "(api for api.yaml); or values files of any folder, as for invoke lint",
        "kube-version": f"the Kubernetes version to render for, {OLDEST} to {NEWEST}",
    },
)
def render(_: Context, files: list[str] = [], kube_version: str = NEWEST) -> None:  # noqa: B006
    """Print the manifests of a case or of any values files: invoke render api.

    invoke render services/api/production.yaml lays that over services/api.yaml, as invoke lint does.
    """
    from ci.checks import named_files

    named_files.render(files, kube_version)


@task(help={"update": "accept all differences: rewrite the golden files"})
def golden(_: Context, update: bool = False) -> None:
    """Compare the manifests of every case with its golden file in tests/golden."""
    from ci.checks import cases

    cases.update_goldens() if update else cases.compare_goldens()


@task
def package(_: Context) -> None:
    """Package the charts into dist/; the same commit gives the same bytes on every machine."""
    from ci.publishing import packages

    packages.package_all()


@task(
    help={
        "to": "a folder for any web server to serve, oci://REGISTRY/PATH after helm registry login, "
        "or https://REPOSITORY after helm repo add",
        "dry-run": "only print what would be published",
        "sign": "sign with the GnuPG key of this name, email address or fingerprint",
        "cosign-key": "sign in the registry with this cosign key: a file, with its password in "
        "COSIGN_PASSWORD, or another value of cosign sign --key",
        "keyless": "in a GitHub workflow: sign in the registry with cosign by the workflow's identity",
        "ca-file": "the CA certificate of the registry",
        "plain-http": "for a registry without TLS",
    }
)
def publish(
    _: Context,
    to: str,
    dry_run: bool = False,
    sign: str = "",
    cosign_key: str = "",
    keyless: bool = False,
    ca_file: str = "",
    plain_http: bool = False,
) -> None:
    """Package the charts and publish new versions; published versions never change."""
    from ci.publishing import publish as publish_

    publish_.run(
        to,
        dry_run=dry_run,
        key=sign,
        cosign_key=cosign_key,
        keyless=keyless,
        ca_file=ca_file,
        plain_http=plain_http,
    )


@task(
    name="release", positional=["version"], help={"version": "the new version, such as 1.2.3 or 1.2.3-rc.1"}
)
def release_version(_: Context, version: str) -> None:
    """Test the current commit, then commit and tag a version of it: invoke release 1.2.3."""
    from ci.publishing import cut_release

    cut_release.run(version)


@task(help={"check": "write nothing; fail if a file is out of date"})
def docs(_: Context, check: bool = False) -> None:
    """Update generated files: values.schema.json, Chart.yaml's metadata, and parts of documents."""
    from ci import docs as docs_

    docs_.check() if check else docs_.write()


@task(
    help={
        "deploys": "measure deploys instead, in a cluster (about ten minutes)",
        **{name: CLUSTER_HELP[name] for name in ("kube-context", "push-to", "node-image", "addons")},
    }
)
def bench(
    _: Context,
    deploys: bool = False,
    kube_context: str = "",
    push_to: str = "",
    node_image: str = "",
    addons: str = "",
) -> None:
    """Measure speed and sizes, and fail if one is over its budget."""
    from ci.bench import chart, measures
    from ci.bench import deploys as deploys_

    wanted = testbed.Wanted(kube_context, push_to, node_image, 1, addons)
    measures.report(deploys_.measures(wanted) if deploys else chart.measures())


@task(
    help={
        "minutes": "how long to search",
        "seed": "repeat the run with this seed; 0 chooses a new one",
        "cluster": "ask a cluster's API server, in a dry run, whether it refuses what the charts accept",
        **{name: CLUSTER_HELP[name] for name in ("kube-context", "node-image", "addons")},
    }
)
def fuzz(
    _: Context,
    minutes: float = 5.0,
    seed: int = 0,
    cluster: bool = False,
    kube_context: str = "",
    node_image: str = "",
    addons: str = "",
) -> None:
    """Test the charts with generated values, and keep values that fail as a test."""
    from ci import fuzz as fuzz_

    wanted = testbed.Wanted(kube_context, "", node_image, 1, addons)
    fuzz_.run(minutes, seed, wanted if cluster else None)


@task(
    positional=["files"],
    optional=["files"],
    help={
        "files": "templates to change (default: all)",
        "minutes": "how long to search for values that show the changes that nothing notices",
        "changed": "only change the lines that differ from this commit",
        "report": "write the score of each template, and what nothing notices, to this file, as JSON",
    },
)
def mutate(
    _: Context,
    files: list[str] = [],  # noqa: B006
    minutes: float = 0.0,
    changed: str = "",
    report: str = "",
) -> None:
    """Test the tests: change the charts' templates in one place at a time, and list what nothing notices.

    A condition becomes true or false, a check is silenced, a field, a default or a text is dropped. Every
    change is rendered with the values of the cases and of the tests that run its line.

      invoke mutate charts/microservice/templates/service.yaml
      invoke mutate --changed main                           # the lines of this branch
      invoke mutate --minutes 10 --report mutation.json      # everything, in about 12 minutes of CPU time

    Changes that are accepted are in ci/mutation/survivors.yaml, each with the reason.

    Exit code 0: a test notices every other change. 1: some are not noticed.
    """
    from ci import mutate as mutate_

    mutate_.run(files, minutes, changed, report)


@task(help={"update": "first find out which features exclude each other, and rewrite ci/fuzzing/pairs.yaml"})
def pairs(_: Context, update: bool = False) -> None:
    """Render every two features of the chart together, each as the cases have it: invoke pairs.

    Prints which exclude each other, with the check that says so, and how many pairs are valid on every
    Kubernetes version. After a new key or case: invoke pairs --update.
    """
    from ci.fuzzing import pairs as pairs_

    pairs_.run(update)


@task
def doctor(_: Context) -> None:
    """Report which programs the tasks need, which are installed, and how to get the others."""
    from ci import doctor as doctor_

    doctor_.report()


@task
def outdated(_: Context) -> None:
    """List what is pinned (programs, Kubernetes, custom kinds, add-ons, actions), and what is behind.

    Exit code 0: all are the newest. 1: some cannot be looked up. 2: some are behind.
    """
    from ci import outdated as outdated_

    outdated_.report()


@task(
    positional=["key"],
    help={
        "key": "a key of the values, such as ingress.hosts[].host or workers.mailer.command (default: all); "
        "namespace/podSecurity is one of the chart namespace, and namespace/ stands for all of those",
        "json": "print it as JSON",
    },
)
def explain(_: Context, key: str = "", json: bool = False) -> None:
    """Explain a key of the values: invoke explain ingress.hosts[].paths[].path.

    It prints type, default, an example, the checks and guardrails that watch it, and the objects and fields
    that it reaches: a case that sets it is rendered with it and without it.
    """
    from ci.explaining import explanation

    explanation.run(key, json)


@task(positional=["file"], help={"file": "a file with CustomResourceDefinitions"})
def crds(_: Context, file: str) -> None:
    """Update the extracts in ci/kubernetes/crds, against which custom kinds are validated."""
    from ci.kubernetes import custom_kinds

    custom_kinds.renew(Path(file))


@task(
    name="import",
    positional=["sources"],
    optional=["sources"],
    help={
        "sources": "files, folders, folders with a kustomization, or - for standard input",
        "from": "what the files are, if they are no manifests: compose, or values of another chart, of which "
        "several are laid over each other: helm-create, onechart, stakater, "
        "app-template, bitnami-nginx-like",
        "service": "the service, if there are several: the name of its Deployment, Service or release; with "
        "values of another chart the name of their release",
        "output": "write the values to this file (default: print them)",
        "exact": "take back what the chart makes safer, so that only labels and names differ",
        "with-secrets": "also write the values of Secrets to the file",
        "force": "replace the file",
        "exit-code": "exit with 2 if something is not carried over",
        "live": "read what runs in a cluster; the sources are names of workloads (default: all)",
        "namespace": "of --live (default: that of the context)",
        "selector": "of --live: import workloads with these labels, such as app=shop",
        "kube-context": "of --live: a context of your kubeconfig (default: the current one)",
    },
)
def import_(
    _: Context,
    sources: list[str] = [],  # noqa: B006
    from_: str = "",
    service: str = "",
    output: str = "",
    exact: bool = False,
    with_secrets: bool = False,
    force: bool = False,
    exit_code: bool = False,
    live: bool = False,
    namespace: str = "",
    selector: str = "",
    kube_context: str = "",
) -> None:
    """Turn a service's manifests into values, and prove it: invoke import k8s/ > values/api.yaml.

    The values are rendered and compared with the manifests, field by field. The report on standard error says
    what is carried over, what the chart makes safer and which key takes it back, and what is left out.

      invoke import overlays/production --output values/shop.yaml
      invoke import k8s/ --service cart                        # one of several services
      invoke import values.yaml --from onechart --service shop  # values of another chart
      invoke import compose.yaml --from compose --service web
      invoke import --live shop --namespace production --output values/shop.yaml

    With --live it reads a cluster, and ends with the commands that make a release of what runs, without a
    lost request.

    Exit code 0: imported. 1: unreadable, or the chart refuses the values. 2: something is not carried over,
    with --exit-code.
    """
    from ci import live as live_
    from ci.importing import importing

    place = live_.Place(kube_context, namespace, selector)
    reads_cluster = live_.is_wanted(live, place)
    found = live_.read(place, sources, secrets=with_secrets) if reads_cluster else None
    importing.run(
        sources,
        service,
        output,
        exact=exact,
        secrets=with_secrets,
        force=force,
        exit_code=exit_code,
        form=from_,
        live=found,
    )


@task(
    positional=["service"],
    help={
        "service": "the name of the service",
        "image": "its image with a version: myrepo/api:1.2.3",
        "port": "the port that it listens on (default: 8000)",
        "health": "the path that answers 200 when it can serve (default: /health)",
        "host": "the host for requests from outside the cluster (default: none)",
        "environments": "names with commas between (default: those there are, else dev,production)",
        "ci": "also write a pipeline that lints, reports, shows the diff and deploys: github or gitlab",
        "force": "replace files that are there",
    },
)
def new(
    _: Context,
    service: str,
    image: str = "",
    port: str = "",
    health: str = "",
    host: str = "",
    environments: str = "",
    ci: str = "",
    force: bool = False,
) -> None:
    """Write the values files of a new service: invoke new api --image myrepo/api:1.2.3.

    On a terminal it asks for what no option says. A file that is there is never replaced without --force.
    """
    from ci.starting import answers, starting

    starting.run(answers.ask(service, image, port, health, host, environments), ci, force)


@task(
    help={
        "from": "compare with this branch, tag or commit, rendered with its own chart and values",
        "output": "write the page to this file (default: build/report.html)",
    }
)
def report(_: Context, from_: str = "", output: str = "") -> None:
    """Write an HTML page about every service and environment: invoke report --from main.

    It shows what changes since then, field by field, and what of it restarts pods; the objects as a graph;
    what lint finds; and what all pods together need of the namespaces' quotas. Secrets are hidden.

    Exit code 0: written, whatever it says. 1: there is no such commit, or nothing to report.
    """
    from ci.reporting import reporting

    reporting.run(from_, output)


SERVICE_HELP = {
    "environment": "one of values/environments.yaml",
    "service": "the service: the name of its file in values/, without .yaml (default: the only one)",
}
IMAGE_HELP = {
    "tag": "deploy the image with this tag, in place of the one in the values",
    "digest": "deploy the image with this digest (sha256:...), as invoke image --push prints it",
}
CHANGE_HELP = {
    "yes": "change a protected environment without a question",
    "wait-for-lock": "wait while somebody else deploys (default: fail)",
}


@task(
    positional=["environment"],
    help=SERVICE_HELP
    | IMAGE_HELP
    | CHANGE_HELP
    | {
        "timeout": "after how many seconds an unfinished rollout has failed (default: 600)",
        "report": "write what happened to this file, as JSON",
    },
)
def deploy(
    _: Context,
    environment: str,
    service: str = "",
    tag: str = "",
    digest: str = "",
    yes: bool = False,
    timeout: int = 600,
    wait_for_lock: bool = False,
    report: str = "",
) -> None:
    """Deploy a service, watch it, and roll it back if it fails: invoke deploy staging --tag v1.4.0.

    The values, your rights and the plan are checked before anything changes. Ctrl-C rolls back; a second one
    leaves at once.

    Exit code 0: deployed, or nothing to change. 1: refused, or rolled back. 3: the rollback failed.
    130: interrupted. docs/operations.md explains each reason for a failure.
    """
    from ci.deploy import deploy as deploy_

    deploy_.run(deploy_.Wanted(environment, service, tag, digest, yes, timeout, wait_for_lock, report))


@task(
    positional=["environment"],
    help=SERVICE_HELP | IMAGE_HELP | {"exit-code": "exit with 2 if something would change"},
)
def diff(
    _: Context,
    environment: str,
    service: str = "",
    tag: str = "",
    digest: str = "",
    exit_code: bool = False,
) -> None:
    """Show what a deploy would change, field by field: invoke diff staging --tag v1.4.0.

    The cluster is asked, in a dry run, so what it would refuse is shown too. Nothing changes.

    Exit code 0: shown. 1: a deploy would be refused. 2: something would change, with --exit-code.
    """
    from ci.deploy import diff as diff_

    diff_.run(environment, service, tag=tag, digest=digest, exit_code=exit_code)


@task(
    positional=["environment", "revision"],
    help=SERVICE_HELP
    | CHANGE_HELP
    | {
        "revision": "a revision of invoke history (default: the newest that ran and differs from what runs)",
    },
)
def rollback(
    _: Context,
    environment: str,
    revision: int = 0,
    service: str = "",
    yes: bool = False,
    wait_for_lock: bool = False,
) -> None:
    """Go back to an earlier revision, and watch it: invoke rollback staging 3.

    The revision's settings and your rights are checked, and the plan is shown, before anything changes. If it
    does not come up, and at Ctrl-C, what ran before is brought back.

    Exit code 0: the revision runs again. 1: refused, or failed and taken back. 3: that failed too.
    130: interrupted.
    """
    from ci.deploy import rollback as rollback_

    rollback_.run(environment, revision, service, yes=yes, wait_for_lock=wait_for_lock)


@task(positional=["environment"], help=SERVICE_HELP)
def history(_: Context, environment: str, service: str = "") -> None:
    """List a service's revisions with their images, oldest first: invoke history staging.

    * marks the one that runs.
    """
    from ci.deploy import history as history_

    history_.run(environment, service)


@task(
    positional=["environment"],
    help=SERVICE_HELP
    | {
        "workload": "only of this one, by its name in invoke status (default: all, and the migration)",
        "follow": "go on until Ctrl-C; new pods join",
        "since": "only the last 30s, 10m or 2h (default: the last 100 lines of each container)",
        "previous": "of restarted containers, the run before",
    },
)
def logs(
    _: Context,
    environment: str,
    service: str = "",
    workload: str = "",
    follow: bool = False,
    since: str = "",
    previous: bool = False,
) -> None:
    """Print the logs of a service's pods, workers and migration: invoke logs staging --follow.

    Each line begins with the end of its pod's name, its container and the worker's name. New pods, and how
    containers ended, are printed on standard error.
    """
    from ci.deploy import logs as logs_

    logs_.run(environment, service, workload=workload, follow=follow, since=since, previous=previous)


@task(positional=["environment"], help=SERVICE_HELP)
def status(_: Context, environment: str, service: str = "") -> None:
    """Show what runs of a service, and what is not well: invoke status staging.

    One table has the release, its image, workloads, pods and autoscalers, and the warnings of the last hour.

    Exit code 0: all is well. 1: something is not, or nothing is installed.
    """
    from ci.deploy import status as status_

    status_.run(environment, service)


@task(
    positional=["environment"],
    help=SERVICE_HELP
    | {
        "workload": "in a pod of this one, by its name in invoke status (default: one that serves requests)",
        "debug": "use a new container beside the service's: for images without a shell",
    },
)
def shell(_: Context, environment: str, service: str = "", workload: str = "", debug: bool = False) -> None:
    """Open a shell in a running container: invoke shell staging.

    It reads commands from standard input too: echo env | invoke shell staging. The exit code is the shell's.
    """
    from ci.deploy import shell as shell_

    shell_.run(environment, service, workload=workload, debug=debug)


@task(positional=["environment"], help=SERVICE_HELP | {"port": "the port of 127.0.0.1 (default: 8000)"})
def forward(_: Context, environment: str, service: str = "", port: int = 8000) -> None:
    """Open a port of this machine that leads to a service, until Ctrl-C: invoke forward staging."""
    from ci.deploy import forward as forward_

    forward_.run(environment, service, port=port)
