"""What can be known of the charts without a cluster: each chart and case linted, rendered and validated."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from ci.base import repository
from ci.base.console import out, progress, step
from ci.base.errors import UserError
from ci.charts import catalog, helm
from ci.charts.catalog import Case, Chart
from ci.checks import golden, naming, references, tidiness
from ci.kubernetes import fields, manifests, validation
from ci.kubernetes.differences import describe
from ci.kubernetes.versions import NEWEST, OLDEST
from ci.values import lint as values_lint


def lint(kube_version: str = "") -> None:
    """Check the charts, alone and with every case, with both Helms; UserError with everything found.

    A field that the Kubernetes version ``kube_version`` does not know yet counts too; "" asks for no version.
    """
    _end(_value_faults())
    complaints, rendered = _helm_lint(), _rendered()
    complaints += [*_findings(rendered), *(_new_fields(rendered, kube_version) if kube_version else [])]
    _end(complaints, f"{_scope()}{kube_version and f', Kubernetes {kube_version}'}: nothing found")


def lint_and_validate() -> None:
    """Check as ``lint`` does, and validate every object on every Kubernetes version; raise as it does."""
    _end(_value_faults())
    complaints, rendered = _helm_lint(), _rendered()
    complaints += [*_findings(rendered), *_problems(rendered)]
    _end(complaints, f"{_scope()}, Kubernetes {OLDEST} to {NEWEST}: nothing found")


def render(name: str, kube_version: str) -> None:
    """Print what the case of that name renders to with the newest Helm."""
    out.out(helm.render(catalog.find_case(name), helm.ENGINES[-1], kube_version), end="")


def compare_goldens() -> None:
    """Compare what every case renders to with its golden file; UserError with every difference."""
    found = [f"{repository.shown(path)} is the golden file of no case" for path in golden.orphans()]
    for case, stream in _rendered().items():
        try:
            differences = golden.check(case, stream)
        except UserError as error:
            found.append(str(error))
        else:
            found += [golden.report(case, differences)] if differences else []
    _end(found, f"{len(catalog.cases())} cases render to their golden files")


def update_goldens() -> None:
    """Accept what every case renders to; print each golden file that this changes, and how."""
    changes = golden.update(_rendered())
    for change in changes:
        out.out(f"{change.what} {repository.shown(change.path)}")
        for difference in change.differences:
            out.out(*(f"  {difference.key}: {line}" for line in describe(difference)), sep="\n")
    out.out(
        f"{len(changes)} golden files written or removed" if changes else "every golden file is as it was"
    )


def _value_faults() -> list[str]:
    """Look for what is wrong in the values files themselves; what follows from it is not worth telling."""
    # Several cases may be laid over one file.
    files = dict.fromkeys((file, case.chart) for case in catalog.cases() for file in case.values)
    return [str(fault) for file, chart in files for fault in values_lint.faults(file, chart)]


def _helm_lint() -> list[str]:
    """Run helm lint --strict on each chart alone and with each of its cases."""
    subjects: list[Chart | Case] = [*catalog.charts(), *catalog.cases()]
    wanted = [(subject, engine) for subject in subjects for engine in helm.ENGINES]

    def complaint(subject: Chart | Case, engine: int) -> str | None:
        chart, values = (subject.chart, subject.values) if isinstance(subject, Case) else (subject, ())
        try:
            helm.lint(chart.path, values, engine=engine, strict=True)
        except UserError as error:
            return f"Helm {engine}: {error}"
        return None

    with (
        progress("running helm lint --strict") as report,
        ThreadPoolExecutor(max_workers=os.cpu_count()) as pool,
    ):
        complaints = []
        for done, found in enumerate(pool.map(lambda pair: complaint(*pair), wanted), start=1):
            complaints += [found] if found else []
            report(done, len(wanted))
    return complaints


def _findings(rendered: Mapping[Case, str]) -> list[str]:
    """Look for what is wrong within and between a case's objects, whatever the Kubernetes version."""
    found = []
    for case, stream in rendered.items():
        objects = manifests.parse(stream)
        findings = [*references.findings(objects, catalog.fullname(case)), *naming.findings(objects)]
        found += [f"{case}: {finding}" for finding in [*findings, *tidiness.untidy(stream)]]
    return found


def _new_fields(rendered: Mapping[Case, str], version: str) -> list[str]:
    """Look for fields that a Kubernetes version does not know yet."""
    return [
        f"{case}: {key}: {path or 'the whole kind'}: Kubernetes {version} does not know it yet, {since} does"
        for case, stream in rendered.items()
        for made in manifests.parse(stream).values()
        for key, path, since in fields.newer(made, version)
    ]


def _problems(rendered: Mapping[Case, str]) -> list[str]:
    """Look for what a supported Kubernetes version would refuse of a case's objects."""
    step(f"validating on Kubernetes {OLDEST} to {NEWEST}")
    found = []
    for case, stream in rendered.items():
        problems = fields.problems(manifests.parse(stream).values())
        found += [f"{case}: {line}" for line in validation.report(problems)]
    return found


def _rendered() -> dict[Case, str]:
    """Render every case with both Helms; UserError with every case that one could not render."""
    with progress("rendering") as report:
        results = helm.render_all(catalog.cases(), progress=report)
    _end(
        [
            f"Helm {engine}: {result}"
            for (_, engine), result in results.items()
            if isinstance(result, UserError)
        ]
    )
    return {case: str(result) for (case, engine), result in results.items() if engine == helm.ENGINES[-1]}


def _end(complaints: list[str], success: str = "") -> None:
    if complaints:
        raise UserError("\n".join([*complaints, f"\n{len(complaints)} thing(s) to mend"]))
    if success:
        out.out(success)


def _scope() -> str:
    return f"{len(catalog.charts())} chart(s), {len(catalog.cases())} cases, Helm 3 and 4"
