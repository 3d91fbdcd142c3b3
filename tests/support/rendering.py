"""Renders charts and cases for tests, and gives access to the objects."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

import jsonschema_rs
import pytest

from ci.charts import catalog, helm
from ci.charts.catalog import Case
from ci.charts.values_file import merged, read_values
from ci.kubernetes import manifests
from ci.kubernetes.manifests import Key, Object
from ci.values.schema import validator

NEWEST_ENGINE = helm.ENGINES[-1]

every_case = pytest.mark.parametrize("case", catalog.cases(), ids=str)
# For what depends on Helm itself: nulls, numbers, quoting.
with_both_engines = pytest.mark.parametrize("engine", helm.ENGINES)

# Returns the manifests of a case, rendered by an engine.
Render = Callable[[Case, int], str]


class Rendered:
    """The objects of one render."""

    def __init__(self, stream: str) -> None:
        self.stream = stream
        self.objects: dict[Key, Object] = manifests.parse(stream)

    def all(self, kind: str) -> dict[str, Object]:
        """The objects of a kind by name."""
        return {key.name: found for key, found in self.objects.items() if key.kind == kind}

    def one(self, kind: str) -> Object:
        """The only object of a kind."""
        (found,) = self.all(kind).values()
        return found

    @property
    def deployment(self) -> Object:
        """The Deployment's spec."""
        spec: Object = self.one("Deployment")["spec"]
        return spec

    @property
    def pod(self) -> Object:
        """The pod's spec."""
        spec: Object = self.deployment["template"]["spec"]
        return spec

    @property
    def pod_metadata(self) -> Object:
        metadata: Object = self.deployment["template"]["metadata"]
        return metadata

    @property
    def container(self) -> Object:
        """The main container."""
        container: Object = self.pod["containers"][0]
        return container

    @property
    def env(self) -> dict[str, object]:
        """The main container's variables in order, each with its value or the source of it."""
        return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in self.container["env"]}

    @property
    def service(self) -> Object:
        """The Service's spec."""
        spec: Object = self.one("Service")["spec"]
        return spec


class ChartRenderer:
    """Renders a chart with values as a user writes them, over the files of ``base``: the least it needs.

    A third of a render is Helm's reading of the schema. It is left out where a test names no engine and our
    validator accepts the values; test_fuzzed_values.py compares that validator with both Helms.
    """

    def __init__(self, path: Path, folder: Path, base: Sequence[Path]) -> None:
        self.path = path
        self._folder = folder
        self._base = base
        self._answers: dict[object, Rendered] = {}

    def of(self, copy: Path) -> ChartRenderer:
        """Return a renderer of a copy of the chart."""
        return ChartRenderer(copy, self._folder, self._base)

    def __call__(
        self,
        *values: str,
        engine: int | None = None,
        release: str = "api",
        set_values: Sequence[str] = (),
        extra: Sequence[str] = (),
    ) -> Rendered:
        """Render values, of which later ones override earlier ones; the same render is done only once."""
        question = (values, engine, release, *set_values, *extra)
        if question not in self._answers:
            files = [*self._base, *map(self._file, values)]
            if engine is None and not set_values and self._accepts(files):
                extra = [*extra, "--skip-schema-validation"]
            stream = helm.template(
                self.path,
                files,
                engine=engine or NEWEST_ENGINE,
                release=release,
                set_values=set_values,
                extra=extra,
            )
            self._answers[question] = Rendered(stream)
        return self._answers[question]

    def _file(self, text: str) -> Path:
        file = self._folder / f"{sha256(text.encode()).hexdigest()}.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    def _accepts(self, files: Sequence[Path]) -> bool:
        each = [read_values(file) for file in files]
        whole = functools.reduce(merged, each, read_values(self.path / "values.yaml"))
        return all(self._validator.is_valid(values) for values in (*each, whole))

    @functools.cached_property
    def _validator(self) -> jsonschema_rs.Validator:
        return validator(json.loads((self.path / "values.schema.json").read_text(encoding="utf-8")))

    def refused(self, values: str, *, engine: int | None = None, release: str = "api") -> helm.HelmError:
        """The error with which Helm refuses the values."""
        with pytest.raises(helm.HelmError) as refused:
            self(values, engine=engine, release=release)
        return refused.value

    def problems(self, values: str, *, engine: int | None = None, release: str = "api") -> list[str]:
        """The problems for which the chart refuses the values."""
        return re.findall(
            r"^  - (.*)$", str(self.refused(values, engine=engine, release=release)), re.MULTILINE
        )


@functools.cache
def parsed(stream: str) -> dict[Key, Object]:
    """The objects of manifests, which every check of all cases reads and none may change."""
    return manifests.parse(stream)


class CaseRenderer:
    """Renders cases by name, each as its own release, and each only once."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, int], Rendered] = {}

    def __call__(self, name: str, *, engine: int = NEWEST_ENGINE) -> Rendered:
        if (name, engine) not in self._answers:
            self._answers[name, engine] = Rendered(helm.render(catalog.find_case(name), engine))
        return self._answers[name, engine]
