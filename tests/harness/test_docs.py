"""Generated files and blocks follow their sources, and stale ones are reported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ci import docs
from ci.base.errors import UserError
from ci.charts.values_file import read_values
from ci.kubernetes.versions import NEWEST, OLDEST

FILES = {
    "README.md": """# All

helm install a dist/shop-0.9.0.tgz b
<!-- supported -->
<!-- /supported -->
""",
    "docs/chart.md": """# The chart

<!-- contents -->
<!-- /contents -->
""",
    "docs/releasing.md": "helm pull x/shop --version 0.9.0\ncosign verify x/shop:0.9.0\n",
    "pyproject.toml": "[project]\nname = 'all'\nlicense = 'MIT'\n",
    "charts/shop/Chart.yaml": f'name: shop\nversion: 1.2.3-rc.1\nkubeVersion: ">={OLDEST}.0-0"\n',
    "charts/shop/README.md": """# Shop

Before.

<!-- supported -->
<!-- /supported -->

Between.

<!-- values -->
<!-- /values -->

After.
""",
    "charts/shop/schema.yaml": r"""
$schema: http://json-schema.org/draft-07/schema#
type: object
properties:
  replicas: {type: integer, description: "How many; a|b. Three by default."}
  mode: {enum: ["", Fast, Safe], description: "For <name>-config."}
  image:
    type: object
    description: The image.
    properties:
      tag: {type: [string, integer], description: Its tag.}
      limits: {type: object, description: Its limits.}
      kind: {type: string, default: null, description: Its kind.}
      name: {const: "not a key here: write mode"}
  hosts: {type: array, items: {$ref: "#/definitions/host"}, description: Hosts.}
  names: {type: array, items: {$ref: "#/definitions/name"}, description: Names.}
definitions:
  name: {type: object, properties: {name: {type: string}}}
  host:
    type: object
    properties:
      host: {$ref: "#/definitions/text", description: Its name.}
      port: {type: integer}
      paths:
        description: Its paths.
        type: array
        items: {type: object, properties: {path: {type: string, description: Where.}}}
  text: {type: string}
""",
    "charts/shop/values.yaml": """
replicas: 3
mode: ""
image: {tag: "1.10", limits: {cpu: 1, memory: 1Gi}}
hosts: []
names: null
""",
    "charts/microservice/README.md": """# microservice

## Install

```sh
## a comment
```

### With Helm 3, or 4

## Values (all)
""",
    "charts/microservice/Chart.yaml": f'name: microservice\nkubeVersion: ">={OLDEST}.0-0"\n',
}
VALUES = r"""<!-- values -->

| Key | What it is for |
| --- | --- |
| `replicas` | How many; a\|b. |
| `mode` | For \<name>-config. |
| `image` | The image. |
| `hosts` | Hosts. |
| `names` | Names. |

<!-- /values -->
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.setattr("ci.base.repository._ROOT", tmp_path)
    return tmp_path


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_all_generated_files_are_written_and_returned(repository: Path) -> None:
    written = {str(path.relative_to(repository)) for path in docs.write()}
    assert written == {
        "README.md",
        "charts/microservice/Chart.yaml",
        "charts/shop/Chart.yaml",
        "charts/shop/README.md",
        "charts/shop/values.schema.json",
        "docs/chart.md",
        "docs/releasing.md",
    }
    docs.check()


def test_the_table_describes_each_top_level_key(repository: Path) -> None:
    docs.write()
    readme = (repository / "charts/shop/README.md").read_text(encoding="utf-8")
    assert readme[readme.index("<!-- values -->") :].startswith(VALUES)


def test_text_around_generated_blocks_is_kept(repository: Path) -> None:
    docs.write()
    readme = (repository / "charts/shop/README.md").read_text(encoding="utf-8")
    assert readme.startswith("# Shop\n\nBefore.\n\n<!-- supported -->\n")
    assert "<!-- /supported -->\n\nBetween.\n\n<!-- values -->\n" in readme
    assert readme.endswith("<!-- /values -->\n\nAfter.\n")


def test_every_readme_names_the_supported_versions(repository: Path) -> None:
    docs.write()
    for name in ("README.md", "charts/shop/README.md"):
        assert f"Kubernetes {OLDEST} to {NEWEST}" in (repository / name).read_text(encoding="utf-8")


def test_documents_name_the_current_versions_of_the_charts(repository: Path) -> None:
    docs.write()
    readme = (repository / "README.md").read_text(encoding="utf-8")
    assert "helm install a dist/shop-1.2.3-rc.1.tgz b\n" in readme
    page = (repository / "docs/releasing.md").read_text(encoding="utf-8")
    assert page == "helm pull x/shop --version 1.2.3-rc.1\ncosign verify x/shop:1.2.3-rc.1\n"


def test_the_chart_page_links_to_each_section_of_its_readme(repository: Path) -> None:
    docs.write()
    readme = "../charts/microservice/README.md"
    assert (
        (repository / "docs/chart.md").read_text(encoding="utf-8")
        == f"""# The chart

<!-- contents -->

- [Install]({readme}#install)
  - [With Helm 3, or 4]({readme}#with-helm-3-or-4)
- [Values (all)]({readme}#values-all)

<!-- /contents -->
"""
    )


def test_a_second_write_changes_nothing(repository: Path) -> None:
    docs.write()
    times = {path: path.stat().st_mtime_ns for path in repository.rglob("*")}
    assert docs.write() == []
    assert {path: path.stat().st_mtime_ns for path in repository.rglob("*")} == times


def replace(old: str, new: str) -> Callable[[str], str]:
    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return edit


@pytest.mark.parametrize(
    ("edited", "edit", "stale"),
    [
        ("charts/shop/README.md", replace("How many", "How much"), ["charts/shop/README.md"]),
        ("charts/shop/values.schema.json", replace("string", "number"), ["charts/shop/values.schema.json"]),
        (
            "charts/shop/schema.yaml",
            replace("The image.", "An image."),
            ["charts/shop/README.md", "charts/shop/values.schema.json"],
        ),
        ("README.md", replace(f"to {NEWEST}", "to 1.29"), ["README.md"]),
        ("docs/chart.md", replace("[Install]", "[Setup]"), ["docs/chart.md"]),
        ("docs/releasing.md", replace("1.2.3", "1.2.4"), ["docs/releasing.md"]),
        ("charts/microservice/README.md", replace("## Install", "## Setup"), ["docs/chart.md"]),
        (
            "charts/microservice/Chart.yaml",
            replace("license: MIT", "license: BSD"),
            ["charts/microservice/Chart.yaml"],
        ),
    ],
)
def test_a_stale_file_is_reported_with_the_command_to_run(
    edited: str, edit: Callable[[str], str], stale: list[str], repository: Path
) -> None:
    docs.write()
    path = repository / edited
    path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")
    read_values.cache_clear()
    with pytest.raises(UserError) as refused:
        docs.check()
    head, *names = str(refused.value).splitlines()
    assert "invoke docs" in head
    assert sorted(name.strip() for name in names) == stale


def test_a_missing_schema_is_stale(repository: Path) -> None:
    docs.write()
    (repository / "charts/shop/values.schema.json").unlink()
    with pytest.raises(UserError, match=r"charts/shop/values\.schema\.json"):
        docs.check()


@pytest.mark.parametrize(
    ("edited", "edit", "problem"),
    [
        (
            "charts/shop/Chart.yaml",
            replace(f">={OLDEST}.0-0", ">=1.20.0-0"),
            f'kubeVersion: ">={OLDEST}.0-0"',
        ),
        (
            "charts/microservice/Chart.yaml",
            replace("kubeVersion", "kubeversion"),
            "charts/microservice/Chart.yaml",
        ),
        ("charts/shop/README.md", replace("<!-- /values -->", ""), "<!-- /values -->"),
        ("README.md", replace("<!-- supported -->", ""), "README.md"),
        ("docs/chart.md", replace("<!-- /contents -->", ""), "<!-- /contents -->"),
        ("charts/shop/schema.yaml", replace("integer", "whole"), "charts/shop/schema.yaml"),
        ("charts/shop/values.yaml", replace("replicas: 3", "replicas: many"), "charts/shop/values.yaml"),
    ],
)
def test_an_invalid_source_is_reported_and_nothing_is_written(
    edited: str, edit: Callable[[str], str], problem: str, repository: Path
) -> None:
    path = repository / edited
    path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")
    before = contents(repository)
    with pytest.raises(UserError) as refused:
        docs.write()
    assert problem in str(refused.value)
    assert contents(repository) == before


def test_a_missing_readme_is_reported(repository: Path) -> None:
    (repository / "charts/shop/README.md").unlink()
    with pytest.raises(UserError, match=r"shop/README\.md is missing"):
        docs.check()


def test_the_generated_files_of_this_repository_are_up_to_date() -> None:
    docs.check()
