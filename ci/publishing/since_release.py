"""What the charts of this commit render unlike the last release, from the values of that release's cases."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from semver import Version

from ci.base import cpus, git, repository
from ci.base.console import out, step
from ci.base.errors import UserError
from ci.charts import catalog, helm
from ci.charts.catalog import Case, Chart
from ci.charts.values_file import read_values
from ci.kubernetes import immutable, manifests
from ci.kubernetes.differences import ABSENT, Difference, compare, describe
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.masking import masked
from ci.publishing import versions

# That a live release can't do without, and why.
_LASTING = {
    "Service": "clients reach the pods by its name",
    "PersistentVolumeClaim": "its data are deleted, or left behind beside a new, empty claim",
    "Deployment": "its pods are stopped before new ones are ready",
    "StatefulSet": "its pods are stopped before new ones are ready, and its claims left behind",
}
_MOST_CASES = 3


class Changes(NamedTuple):
    """What changed since the release ``tag``: lines for CHANGELOG.md, and what would break live releases."""

    tag: str
    lines: list[str]
    breaking: list[str]


def check(version: str = "") -> None:
    """Print what changed since the last release; raise UserError if an upgrade would break live releases.

    ``version`` is the one to be released, by default that of the charts. Does nothing where there is no
    release yet. What breaks may be in a version whose first number other than 0 is higher, as
    https://semver.org says: then it is only printed.
    """
    changes = since_last()
    if changes is None:
        return
    if changes.lines:
        out.out(f"The same values render other manifests than in {changes.tag}; CHANGELOG.md has to say so:")
        out.out(*changes.lines, sep="\n")
    if not changes.breaking:
        return
    breaking = "\n".join(f"  - {line}" for line in changes.breaking)
    if not _may_break(Version.parse(changes.tag.removeprefix("v")), Version.parse(version or _version())):
        raise UserError(
            f"an upgrade from {changes.tag} would break live releases:\n{breaking}\n"
            "keep what was there, or raise the major version in Chart.yaml"
        )
    step(
        f"an upgrade from {changes.tag} breaks live releases; CHANGELOG.md has to say what to do:\n{breaking}"
    )


def since_last() -> Changes | None:
    """Return what changed since the last release; None if there is none, or no case in it."""
    released = versions.releases()
    if not released:
        return None
    tag = released[str(max(map(Version.parse, released)))]
    asked = (("diff", "--name-only", tag), ("ls-files", "--others", "--exclude-standard"))
    if not any(git.run(repository.root(), *question, "--", "charts") for question in asked):
        return Changes(tag, [], [])
    with tempfile.TemporaryDirectory(prefix="release-") as temporary:
        folder = Path(temporary).resolve() / "release"
        folder.mkdir()
        cases = list(_cases(_checkout(tag, folder)))
        if not cases:
            return None
        step(f"comparing {len(cases)} cases with {tag}")
        with ThreadPoolExecutor(cpus.available()) as pool:
            both = list(pool.map(_both, cases))
    found: dict[str, list[str]] = {}
    breaking: dict[str, None] = {}
    for case, (before, after) in zip(cases, both, strict=True):
        if isinstance(after, str):
            found.setdefault(f"values of {tag} are refused: {after}", []).append(str(case))
            continue
        for difference in compare(before, after):
            breaking |= dict.fromkeys(f"{case}: {line}" for line in _broken(difference))
            line = describe(difference)[0]
            found.setdefault(f"{difference.key.kind}: {line}", []).append(str(case))
    return Changes(tag, [f"- {line} ({_named(where)})" for line, where in found.items()], list(breaking))


def _broken(difference: Difference) -> Iterator[str]:
    """Yield why a difference breaks a release that is upgraded."""
    key, path, _, new = difference
    if not path and new is ABSENT and key.kind in _LASTING:
        yield f"{key.kind} {key.name} is renamed or removed: {_LASTING[key.kind]}"
    elif path and (rule := immutable.rule_of(key.kind, path)):
        yield f"{key.kind} {key.name}: {path} can't be changed; without a new name: {rule.instead}"


def _checkout(tag: str, folder: Path) -> list[Chart]:
    """Return the charts of a release, which are written into a folder."""
    git.extract(repository.root(), tag, folder, "charts")
    today = {chart.name for chart in catalog.charts()}
    paths = (file.parent for file in sorted(folder.glob("charts/*/Chart.yaml")))
    return [Chart(path.name, path) for path in paths if path.name in today]


def _cases(charts: list[Chart]) -> Iterator[Case]:
    for chart in charts:
        for file in sorted(chart.path.glob("ci/[!.]*-values.yaml")):
            name = file.stem.removesuffix("-values")
            yield Case(chart, name, (file,), release=name)


def _both(case: Case) -> tuple[Mapping[Key, Object], Mapping[Key, Object] | str]:
    """Return what a release's case renders to with its chart and with that of today, or why it is refused."""
    today = Chart(case.chart.name, repository.root() / "charts" / case.chart.name)
    before = _objects(case.chart, case)
    try:
        return before, _objects(today, case)
    except UserError as error:
        return before, str(error).splitlines()[-1].strip(" -")


def _objects(chart: Chart, case: Case) -> Mapping[Key, Object]:
    stream = helm.template(chart.path, case.values, engine=helm.ENGINES[-1], release=case.release)
    return masked(manifests.parse(stream))


def _may_break(last: Version, version: Version) -> bool:
    return version.major > last.major or (version.major == last.major == 0 and version.minor > last.minor)


def _version() -> str:
    return str(read_values(catalog.charts()[0].path / "Chart.yaml")["version"])


def _named(cases: list[str]) -> str:
    shown = list(dict.fromkeys(cases))
    more = len(shown) - _MOST_CASES
    return ", ".join(shown[:_MOST_CASES]) + (f" and {more} more cases" if more > 0 else "")
