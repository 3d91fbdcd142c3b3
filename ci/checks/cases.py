"""All checks without a cluster: lints each chart and case, renders it, and validates the objects."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor

from ci.base import cpus, repository
from ci.base.console import out, progress, step
from ci.base.errors import UserError
from ci.charts import catalog, helm
from ci.charts.catalog import Case, Chart
from ci.checks import golden, naming, references, tidiness
from ci.kubernetes import fields, manifests, validation
from ci.kubernetes.differences import describe
from ci.kubernetes.manifests import Object
from ci.kubernetes.versions import NEWEST, OLDEST
from ci.values import lint as values_lint


def lint(kube_version: str = "") -> None:
    """Check the charts, alone and with every case, with both Helms; UserError with everything found.

    ``kube_version`` ("1.31", or "" for none) also reports each field that this version does not know yet.
    """
    _end(_value_faults())
    problems = _problems(lambda objects: _new_fields(objects, kube_version) if kube_version else [])
    _end(problems, f"{_scope()}{kube_version and f', Kubernetes {kube_version}'}: nothing found")


def lint_and_validate() -> None:
    """Check as ``lint`` does, and validate every object on every Kubernetes version; raise as it does."""
    _end(_value_faults())
    problems = _problems(lambda objects: validation.report(fields.problems(objects)))
    _end(problems, f"{_scope()}, Kubernetes {OLDEST} to {NEWEST}: nothing found")


def render(name: str, kube_version: str) -> None:
    """Print what the case ``name`` renders to with the newest Helm."""
    out.out(helm.render(catalog.find_case(name), helm.ENGINES[-1], kube_version), end="")


def compare_goldens() -> None:
    """Compare what every case renders to with its golden file; UserError with every difference."""
    rendered, found = _rendered()
    found += [
        f"{repository.shown(path)} is the golden file of no case; delete it, or run: {golden.ACCEPT}"
        for path in golden.orphans()
    ]
    for case, stream in rendered.items():
        try:
            differences = golden.check(case, stream)
        except UserError as error:
            found.append(str(error))
        else:
            found += [golden.report(case, differences)] if differences else []
    _end(found, f"{len(catalog.cases())} cases render to their golden files")


def update_goldens() -> None:
    """Accept what every case renders to; print each golden file that this changes, and how.

    Raises UserError, before anything is written, with every case that does not render.
    """
    rendered, failures = _rendered()
    _end(failures)
    changes = golden.update(rendered)
    for change in changes:
        out.out(f"{change.what} {repository.shown(change.path)}")
        for difference in change.differences:
            out.out(*(f"  {difference.key}: {line}" for line in describe(difference)), sep="\n")
    out.out(
        f"{len(changes)} golden files written or removed" if changes else "every golden file is up to date"
    )


def _value_faults() -> list[str]:
    """Find mistakes in the values files; problems that follow from them are not worth reporting."""
    # The environments come first: they say which cases there are.
    if found := values_lint.environment_faults(catalog.service_chart()):
        return [str(fault) for fault in found]
    # Several cases may use one file.
    files = dict.fromkeys((file, case.chart) for case in catalog.cases() for file in case.values)
    return [str(fault) for file, chart in files for fault in values_lint.faults(file, chart)]


def _helm_lint() -> list[str]:
    """Run helm lint --strict on each chart alone and with each of its cases."""
    subjects: list[Chart | Case] = [*catalog.charts(), *catalog.cases()]
    runs = [(subject, engine) for subject in subjects for engine in helm.ENGINES]

    def problem(subject: Chart | Case, engine: int) -> str | None:
        chart, values = (subject.chart, subject.values) if isinstance(subject, Case) else (subject, ())
        try:
            helm.lint(chart.path, values, engine=engine, strict=True)
        except UserError as error:
            return f"Helm {engine}: {error}"
        return None

    with (
        progress("running helm lint --strict") as report,
        ThreadPoolExecutor(max_workers=cpus.available()) as pool,
    ):
        problems = []
        for done, found in enumerate(pool.map(lambda run: problem(*run), runs), start=1):
            problems += [found] if found else []
            report(done, len(runs))
    return problems


def _problems(check: Callable[[Collection[Object]], list[str]]) -> list[str]:
    """Lint and render, and check each render, also by ``check`` of its objects; return everything found."""
    found = _helm_lint()
    rendered, failures = _rendered()
    found += failures
    step(f"checking {len(rendered)} cases")
    for case, stream in rendered.items():
        try:
            objects = manifests.parse(stream)
        except UserError as error:
            found.append(f"{case}: {error}")
            continue
        findings = [*references.findings(objects, catalog.fullname(case)), *naming.findings(objects)]
        lines = [*map(str, findings), *tidiness.untidy(stream), *check(objects.values())]
        found += [f"{case}: {line}" for line in lines]
    return found


def _new_fields(objects: Iterable[Object], version: str) -> list[str]:
    return [
        f"{key}: {path or 'the whole kind'}: Kubernetes {version} does not know it yet, {since} does"
        for made in objects
        for key, path, since in fields.newer(made, version)
    ]


def _rendered() -> tuple[dict[Case, str], list[str]]:
    """Render every case with both Helms; return what the newest renders, and why others do not render."""
    with progress("rendering") as report:
        results = helm.render_all(catalog.cases(), progress=report)
    rendered, failures = {}, []
    for (case, engine), result in results.items():
        if isinstance(result, UserError):
            failures.append(f"Helm {engine}: {result}")
        elif engine == helm.ENGINES[-1]:
            rendered[case] = result
    return rendered, failures


def _end(problems: list[str], success: str = "") -> None:
    if problems:
        raise UserError("\n".join([*problems, f"\n{len(problems)} problem(s) found"]))
    if success:
        out.out(success)


def _scope() -> str:
    return f"{len(catalog.charts())} chart(s), {len(catalog.cases())} cases, Helm 3 and 4"
