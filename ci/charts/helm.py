"""Helm 3 and 4 as typed calls, isolated from the user's Helm configuration and kubeconfig."""

from __future__ import annotations

import functools
import json
import os
import re
import signal
import subprocess
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from ci.base import cpus, processes
from ci.base.errors import UserError
from ci.base.programs import HELM, cache_folder, find
from ci.base.repository import shown
from ci.charts import render_cache
from ci.charts.catalog import Case
from ci.charts.values_file import read_values
from ci.kubernetes.versions import NEWEST, require_supported

ENGINES: tuple[int, ...] = (3, 4)

# Environment variables for a Helm that only reads files, which takes a third less CPU time with them. Not for
# one that starts other programs (a credential helper, a plugin for a login), which would inherit them.
LEAN = {
    # It lives for milliseconds: let it collect garbage only when memory runs short.
    "GOGC": "off",
    "GOMEMLIMIT": "512MiB",
    # kubectl, which is part of it, compresses its messages in the user's language at each start. Helm prints
    # none of them; French has the fewest.
    "LC_ALL": "fr_FR.UTF-8",
}

# A finding ends before the next one, an empty line, or the summary.
_LINT_FINDING = re.compile(r"^\[(?:ERROR|WARNING)\] .*(?:\n(?!\[|\n|\d+ chart).*)*", re.MULTILINE)

_running: set[subprocess.Popen[str]] = set()
_renders: dict[tuple[Case, int, str, str], Future[str]] = {}
_renders_lock = threading.Lock()


class HelmError(UserError):
    """A helm command failed; the message has its subject and Helm's error, without log lines and traces."""

    def __init__(self, subject: str, result: subprocess.CompletedProcess[str]) -> None:
        self.command: list[str] = result.args
        self.exit_code = result.returncode
        self.stdout = result.stdout
        self.stderr = result.stderr
        findings = "\n".join(_LINT_FINDING.findall(result.stdout)) or plain(result.stderr)
        if self.exit_code < 0:
            ended = f"was ended by the system ({signal.strsignal(-self.exit_code)})"
            super().__init__(
                f"{subject}: helm {ended}: too little memory, or a damaged program: invoke doctor"
            )
            return
        failed = f"{subject}: helm {self.command[1]} failed with exit code {self.exit_code}"
        super().__init__(f"{failed}:\n{findings.strip()}")


def render(case: Case, engine: int, kube_version: str = NEWEST, release: str | None = None) -> str:
    """Return the manifests of a case as Helm ``engine`` (3 or 4) renders them; each render is done once.

    ``release`` defaults to the case's own. Raises HelmError, and UserError for an unreadable values file or
    an unsupported Kubernetes version.
    """
    key = (case, engine, kube_version, release or case.release)
    with _renders_lock:
        first = key not in _renders
        future = _renders.setdefault(key, Future())
    if first:
        try:
            future.set_result(_rendered(*key))
        except BaseException as error:
            future.set_exception(error)
    return future.result()


def _rendered(case: Case, engine: int, kube_version: str, release: str) -> str:
    return render_cache.shared(
        lambda: template(
            case.chart.path,
            case.values,
            engine=engine,
            release=release,
            namespace=case.namespace,
            kube_version=kube_version,
        ),
        program=find(HELM[engine]),
        inputs=[case.chart.path, *case.values],
        options=[kube_version, release, case.namespace],
    )


def render_all(
    cases: Iterable[Case],
    engines: Sequence[int] = ENGINES,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[tuple[Case, int], str | UserError]:
    """Render every case with every engine, in parallel; return the manifests or the error of each.

    ``progress`` is called after each one, with the number done and the total.
    """
    wanted = [(case, engine) for case in cases for engine in engines]
    with ThreadPoolExecutor(max_workers=cpus.available()) as pool:
        futures = {(case, engine): pool.submit(render, case, engine) for case, engine in wanted}
        for done, _ in enumerate(as_completed(futures.values()), start=1):
            progress(done, len(wanted))
    results: dict[tuple[Case, int], str | UserError] = {}
    for key, future in futures.items():
        try:
            results[key] = future.result()
        except UserError as error:
            results[key] = error
    return results


def template(
    chart: Path,
    values: Sequence[Path] = (),
    *,
    engine: int,
    set_values: Sequence[str] = (),
    release: str = "api",
    namespace: str = "default",
    kube_version: str = NEWEST,
    extra: Sequence[str] = (),
) -> str:
    """Return the rendered manifests; raise as ``render`` does.

    ``set_values`` are values of --set, ``extra`` further arguments of helm template. Helm 4 prints an empty
    line between the documents of one template and Helm 3 does not, since only Helm 3 trims what is before a
    ``---`` (SplitManifests of both); no template can avoid that. That line of Helm 4 is
    removed, and nothing else.
    """
    require_supported(kube_version)
    arguments = ["template", release, str(chart), "--namespace", namespace, "--kube-version", kube_version]
    arguments += [*values_arguments(values), *(f"--set={setting}" for setting in set_values), *extra]
    printed = _run_lean(engine, arguments, subject_of(chart, values)).stdout
    return _without_empty_lines_of_helm_4(printed) if engine == 4 else printed


class DryRun(NamedTuple):
    """What an install would create, hooks last, and the notes that it would print."""

    manifests: str
    notes: str


def dry_run(case: Case) -> DryRun:
    """Return what the newest Helm would install of a case, without a cluster; raise as ``template`` does.

    helm template prints no notes.
    """
    arguments = ["install", case.release, str(case.chart.path), "--namespace", case.namespace]
    arguments += ["--dry-run=client", "--output=json", *values_arguments(case.values)]
    release = json.loads(_run_lean(ENGINES[-1], arguments, subject_of(case.chart.path, case.values)).stdout)
    hooks = (f"---\n# Source: {hook['path']}\n{hook['manifest']}\n" for hook in release.get("hooks", []))
    return DryRun(release["manifest"] + "".join(hooks), release["info"].get("notes", ""))


def lint(chart: Path, values: Sequence[Path] = (), *, engine: int, strict: bool) -> str:
    """Return what helm lint prints; raise HelmError if it finds an error or, if ``strict``, a warning."""
    arguments = ["lint", str(chart), "--kube-version", NEWEST, *values_arguments(values)]
    arguments += ["--strict"] if strict else []
    result = _run_lean(engine, arguments, subject_of(chart, values))
    return result.stdout + result.stderr


def package(chart: Path, destination: Path, *, engine: int) -> Path:
    """Package the chart into the folder ``destination``, created if missing; return the archive's path."""
    destination.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=destination) as temporary:
        _run_lean(engine, ["package", str(chart), "--destination", temporary], shown(chart))
        (archive,) = Path(temporary).iterdir()
        return archive.replace(destination / archive.name)


def push(package: Path, registry: str, options: Sequence[str]) -> str:
    """Push a package, and the provenance file beside it, below ``registry`` (oci://...).

    Returns what Helm prints. ``options`` are further arguments of helm push. This and ``pull`` use the user's
    own login.
    """
    with _logged_in() as environment:
        arguments = ["push", str(package), registry, *options]
        result = run(ENGINES[-1], arguments, subject=registry, environment=environment)
    return result.stdout + result.stderr


def pull(chart: str, version: str, destination: Path, options: Sequence[str]) -> str:
    """Download a package of ``chart`` (oci://...), and its provenance file if any, into ``destination``.

    Returns what Helm prints.
    """
    with _logged_in() as environment:
        arguments = ["pull", chart, "--version", version, "--prov", "--destination", str(destination)]
        result = run(ENGINES[-1], [*arguments, *options], subject=chart, environment=environment)
    return result.stdout + result.stderr


def configuration(variable: str) -> Path:
    """Return the user's file for HELM_REPOSITORY_CONFIG or HELM_REGISTRY_CONFIG; it need not exist."""
    with _logged_in() as environment:
        result = run(ENGINES[-1], ["env", variable], subject="env", environment=environment)
    return Path(result.stdout.strip())


def create(name: str, destination: Path, *, engine: int) -> Path:
    """Create the starter chart of helm create in the folder ``destination`` and return its path."""
    _run_lean(engine, ["create", str(destination / name)], name)
    return destination / name


def run(
    engine: int, arguments: list[str], *, subject: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run Helm ``engine`` and return its result; raise HelmError, which names the ``subject``, if it fails.

    ``environment`` is the process's, by default one that is isolated from the user's Helm.
    """
    command = [str(find(HELM[engine])), *arguments]
    with subprocess.Popen(
        command,
        env=environment or _environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    ) as process:
        _running.add(process)
        try:
            stdout, stderr = process.communicate()
        except:
            process.kill()
            raise
        finally:
            _running.discard(process)
    result = subprocess.CompletedProcess(command, process.returncode, stdout, stderr)
    if result.returncode != 0:
        raise HelmError(subject, result)
    return result


def stop() -> None:
    """End what ``run`` runs now in other threads, where it raises HelmError."""
    for process in tuple(_running):
        process.terminate()


def _run_lean(engine: int, arguments: list[str], subject: str) -> subprocess.CompletedProcess[str]:
    return run(engine, arguments, subject=subject, environment={**_environment(), **LEAN})


def start(engine: int, arguments: Sequence[str], output: IO[str]) -> subprocess.Popen[bytes]:
    """Start Helm ``engine``, which ends with its input; what it prints goes to ``output``."""
    return processes.start_until_input_ends([str(find(HELM[engine])), *arguments], output, env=_environment())


@functools.cache
def _environment() -> dict[str, str]:
    # Folders that only the harness uses; the commands run here leave nothing in them.
    home = cache_folder() / "helm"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HELM_", "KUBE"))}
    return inherited | {
        "HELM_CACHE_HOME": f"{home}/cache",
        "HELM_CONFIG_HOME": f"{home}/config",
        "HELM_DATA_HOME": f"{home}/data",
        "KUBECONFIG": f"{home}/no-kubeconfig",
    }


@contextmanager
def _logged_in() -> Iterator[dict[str, str]]:
    """Yield an environment with the user's own logins and an empty cache."""
    logins = ("HELM_CONFIG_HOME", "HELM_REGISTRY_CONFIG", "HELM_REPOSITORY_CONFIG")
    with tempfile.TemporaryDirectory() as cache:
        inherited = {name: os.environ[name] for name in logins if name in os.environ}
        isolated = {name: text for name, text in _environment().items() if name not in logins}
        yield {**isolated, **inherited, "HELM_CACHE_HOME": cache}


def values_arguments(values: Sequence[Path]) -> list[str]:
    """Return Helm's arguments for values files; raise UserError if one cannot be read."""
    for file in values:
        read_values(file)
    return [argument for file in values for argument in ("--values", one_path(file))]


def one_path(file: Path) -> str:
    """Return a path for --values, which takes several, as one line of CSV."""
    path = str(file)
    return '"{}"'.format(path.replace('"', '""')) if set(path) & {",", '"'} else path


def subject_of(chart: Path, values: Sequence[Path]) -> str:
    """Return the subject for the error of a call: the chart and the values files."""
    return " with ".join([shown(chart), *(shown(file) for file in values)])


def _without_empty_lines_of_helm_4(stream: str) -> str:
    documents = stream.split("\n---\n")
    end = "\n" if stream.endswith("\n") else ""
    documents[-1] = documents[-1].removesuffix(end)
    sources = [document.removeprefix("---\n").partition("\n")[0] for document in documents]
    several = {source for source, number in Counter(sources).items() if number > 1}
    spaced = (
        document.removesuffix("\n") if source in several else document
        for source, document in zip(sources, documents, strict=True)
    )
    return "\n---\n".join(spaced) + end


def plain(stderr: str) -> str:
    """Return Helm's error without log lines, the advice on --debug, and the trace of templates."""
    # Where Helm 4 cannot even begin, its reason is in its log only.
    text = re.sub(
        r'^level=\S+ msg="command failed" error=(.*)$',
        lambda logged: logged[1].strip('"').replace('\\"', '"'),
        stderr,
        flags=re.MULTILINE,
    )
    text = re.sub(r"^(?:level=.*|Use --debug flag .*)\n?", "", text, flags=re.MULTILINE).strip()
    text = re.sub(r"^Error: (?:execution error at \([^)]*\): )?", "", text)
    return re.sub(r'template: \S+: executing "[^"]*" at <.*?>: error calling \w+: ', "", text)
