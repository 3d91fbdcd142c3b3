"""What the render tests ask: the cases as they are, and the chart with values as a user would write them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

import pytest

from ci.charts import catalog, helm
from ci.kubernetes import manifests
from ci.kubernetes.manifests import Key, Object

NEWEST_ENGINE = helm.ENGINES[-1]

# For what Helm itself has a hand in: nulls, numbers, the writing of text.
with_both_engines = pytest.mark.parametrize("engine", helm.ENGINES)

# helm template keeps the notes to itself, so this says them in an object.
SPOKEN = """
apiVersion: v1
kind: Notes
metadata: {name: notes}
text: {{ include (printf "%s/NOTES.txt" .Template.BasePath) . | toJson }}
"""

# What the notes say for some values, in the release "shop".
Notes = Callable[..., str]


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
        """The main container's variables in their order: text, or the source that a value comes from."""
        return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in self.container["env"]}

    @property
    def service(self) -> Object:
        """The Service's spec."""
        spec: Object = self.one("Service")["spec"]
        return spec


class Chart:
    """A chart to render with values as a user writes them, laid over the least there can be: ``base``."""

    def __init__(self, path: Path, folder: Path, base: Sequence[Path]) -> None:
        self.path = path
        self._folder = folder
        self._base = base
        self._answers: dict[object, Rendered] = {}

    def __call__(
        self,
        *values: str,
        engine: int = NEWEST_ENGINE,
        release: str = "api",
        set_values: Sequence[str] = (),
        extra: Sequence[str] = (),
    ) -> Rendered:
        """What the values render, YAML texts each laid over the one before; Helm is asked once for each."""
        question = (values, engine, release, *set_values, *extra)
        if question not in self._answers:
            files = [*self._base, *map(self._file, values)]
            stream = helm.template(
                self.path, files, engine=engine, release=release, set_values=set_values, extra=extra
            )
            self._answers[question] = Rendered(stream)
        return self._answers[question]

    def _file(self, text: str) -> Path:
        file = self._folder / f"{sha256(text.encode()).hexdigest()}.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    def refused(self, values: str, *, engine: int = NEWEST_ENGINE, release: str = "api") -> helm.HelmError:
        """The error with which Helm refuses the values."""
        with pytest.raises(helm.HelmError) as refused:
            self(values, engine=engine, release=release)
        return refused.value

    def problems(self, values: str, *, engine: int = NEWEST_ENGINE, release: str = "api") -> list[str]:
        """The problems for which the chart refuses the values."""
        return re.findall(
            r"^  - (.*)$", str(self.refused(values, engine=engine, release=release)), re.MULTILINE
        )


def messages_of(chart: Path) -> list[str]:
    """What the checks of a chart can say, with printf's verbs in it."""
    return [
        message
        for file in sorted((chart / "templates" / "checks").glob("*.tpl"))
        for message in re.findall(r'append \$problems \(?(?:printf )?"((?:[^"\\]|\\.)*)"', file.read_text())
    ]


class Case:
    """The cases as every other test renders them too."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, int], Rendered] = {}

    def __call__(self, name: str, *, engine: int = NEWEST_ENGINE) -> Rendered:
        if (name, engine) not in self._answers:
            self._answers[name, engine] = Rendered(helm.render(catalog.find_case(name), engine))
        return self._answers[name, engine]


@pytest.fixture(scope="session")
def new_chart(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Chart]:
    """Makes a Chart of a folder that is the chart microservice, or of its kin; the base is an image."""
    (image,) = catalog.find_case("defaults").values
    return lambda path: Chart(path, tmp_path_factory.mktemp("values"), [image])


@pytest.fixture(scope="session")
def chart(new_chart: Callable[[Path], Chart]) -> Chart:
    """The chart itself."""
    return new_chart(catalog.find_case("defaults").chart.path)


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Chart:
    """The chart namespace, which needs nothing."""
    return Chart(catalog.find_case("standard").chart.path, tmp_path_factory.mktemp("values"), [])


@pytest.fixture(scope="session")
def case() -> Case:
    """What the case of a name renders; the release bears its name."""
    return Case()


@pytest.fixture(scope="session")
def notes(
    chart: Chart, new_chart: Callable[[Path], Chart], tmp_path_factory: pytest.TempPathFactory
) -> Notes:
    """What the notes say for some values."""
    return spoken(new_chart(speaking(chart, tmp_path_factory.mktemp("notes"))))


def speaking(chart: Chart, folder: Path) -> Path:
    """Make a copy of a chart that has its notes in an object."""
    copy = folder / "chart"
    shutil.copytree(chart.path, copy)
    (copy / "templates" / "notes.yaml").write_text(SPOKEN)
    return copy


def spoken(chart: Chart) -> Notes:
    """Return what reads the notes of a chart that ``speaking`` made."""

    def read(*values: str, engine: int = NEWEST_ENGINE, extra: Sequence[str] = ()) -> str:
        text: str = chart(*values, release="shop", engine=engine, extra=extra).one("Notes")["text"]
        return text

    return read
