"""What the documents link to and name exists: files, headings, functions, packages."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from ci.base.repository import root
from ci.docs import anchor
from tests.support.documents import DOCUMENTS

every_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: str(path.relative_to(root()))
)


def prose(document: Path) -> str:
    """A document's text without its fenced blocks."""
    text = document.read_text(encoding="utf-8")
    return re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)


@every_document
def test_every_link_leads_to_a_file_and_a_heading(document: Path) -> None:
    links = re.findall(r"\]\((?!https?://)([^)]*)\)", prose(document))
    broken = []
    for link in links:
        path, _, heading = link.partition("#")
        target = document.parent / path if path else document
        if not target.exists() or (heading and heading not in anchors(target)):
            broken.append(link)
    assert broken == []


def anchors(document: Path) -> set[str]:
    return {anchor(title) for title in re.findall(r"^#+ (.+)$", prose(document), re.MULTILINE)}


@every_document
def test_every_path_that_is_named_exists(document: Path) -> None:
    # In a chart's README, ci/ is the chart's own.
    top = root() if document.parent in (root(), root() / "docs") else document.parent
    named = re.findall(r"`((?:\.github|charts|ci|docs|tests|values)/[\w./*-]*)`", prose(document))
    assert [path for path in named if not list(top.glob(path.rstrip("/")))] == []


@every_document
def test_every_function_that_is_named_exists(document: Path) -> None:
    named = re.findall(r"`(\w+)` in\s+`([\w/]+\.py)`", prose(document))
    missing = [
        f"{function} in {path}"
        for function, path in named
        if not re.search(rf"^def {function}\(", (root() / path).read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert missing == []


def test_the_table_of_packages_says_what_the_contracts_allow() -> None:
    text = (root() / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]*)\|$", text, re.MULTILINE)
    assert {name: set(re.findall(r"`(\w+)`", allowed)) for name, allowed in rows} == allowed_imports()


def allowed_imports() -> dict[str, set[str]]:
    """Each package of ci/ with those that pyproject.toml's contracts let it import."""
    settings = tomllib.loads((root() / "pyproject.toml").read_text(encoding="utf-8"))
    layers, *forbidden = settings["tool"]["importlinter"]["contracts"]
    allowed: dict[str, set[str]] = {}
    # The first layer is the modules at the top.
    for layer in reversed(layers["layers"][1:]):
        allowed |= {name: set(allowed) for name in layer.split(" | ")}
    for contract in forbidden:
        for source in contract["source_modules"]:
            name = source.removeprefix("ci.")
            allowed[name] = allowed[name] - {
                module.removeprefix("ci.") for module in contract["forbidden_modules"]
            }
    return allowed
