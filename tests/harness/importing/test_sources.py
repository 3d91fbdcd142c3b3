"""Objects are read from files, folders, kustomizations and lists; what is wrong is listed at once."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from ci.base.errors import UserError
from ci.importing import sources

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {}}}\n"


def names(*from_: str | Path) -> list[str]:
    return [key.name for key in sources.read([str(source) for source in from_])]


def problems(*from_: str | Path) -> list[str]:
    with pytest.raises(UserError) as refused:
        sources.read([str(source) for source in from_])
    *found, empty, number = str(refused.value).splitlines()
    assert (empty, number) == ("", f"{len(found)} problem(s) found; nothing was imported")
    return found


def test_a_folder_is_all_yaml_and_json_files_below_it(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "a.yaml").write_text(CONFIG.format("a"))
    (tmp_path / "b.json").write_text('{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}}')
    (tmp_path / "more" / "c.yml").write_text(CONFIG.format("c"))
    (tmp_path / "README.md").write_text("# no manifest")
    assert names(tmp_path) == ["a", "b", "c"]


def test_standard_input_is_a_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CONFIG.format("a").encode())))
    assert names("-") == ["a"]


def test_a_folder_with_a_kustomization_is_built(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text("namePrefix: my-\nresources: [a.yaml]\n")
    (tmp_path / "a.yaml").write_text(CONFIG.format("a"))
    assert names(tmp_path) == names(tmp_path / "kustomization.yaml") == ["my-a"]


def test_a_list_is_taken_apart(tmp_path: Path) -> None:
    file = tmp_path / "list.yaml"
    items = ", ".join(f"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}}}" for name in "ab")
    file.write_text(f"{{apiVersion: v1, kind: List, items: [{items}]}}")
    assert names(file) == ["a", "b"]


def test_windows_line_ends_a_byte_order_mark_and_anchors_are_read(tmp_path: Path) -> None:
    file = tmp_path / "windows.yaml"
    anchored = CONFIG.format("a") + "data: &data {A: x}\nbinaryData: *data\n---\n"
    text = anchored + CONFIG.format("b") + "data:\n  A: y\n---\n"
    file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    first, second = sources.read([str(file)]).values()
    assert first["data"] == first["binaryData"] == {"A": "x"}
    assert second["metadata"] == {"name": "b"}


def test_everything_that_is_wrong_is_listed_at_once(tmp_path: Path) -> None:
    texts = {
        "binary.yaml": b"\xff\xfe",
        "duplicate.yaml": b"a: 1\na: 2\n",
        "no-object.yaml": (CONFIG.format("a") + "---\nimage: nginx\n").encode(),
        "tabs.yaml": b"a:\n\tb: 1\n",
        "twice.yaml": (CONFIG.format("b") + "---\n" + CONFIG.format("b")).encode(),
    }
    for name, text in texts.items():
        (tmp_path / name).write_bytes(text)
    found = [problem.replace(f"{tmp_path}/", "") for problem in problems(tmp_path, tmp_path / "missing")]
    assert found == [
        "binary.yaml: byte 1 is not UTF-8; manifests are YAML text",
        "duplicate.yaml, line 2, column 1: duplicate key 'a'",
        "no-object.yaml, document 2: no Kubernetes object; it needs apiVersion, kind and metadata.name, "
        "each a string",
        "tabs.yaml, line 2, column 1: a tab: YAML is indented with spaces",
        "twice.yaml, document 2: v1 ConfigMap b is also in twice.yaml, document 1; import one of the two",
        "missing: there is no such file or folder",
    ]


def test_a_source_without_objects_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "empty.yaml"
    file.write_text("# nothing\n---\n")
    with pytest.raises(UserError, match="there is no Kubernetes object in it"):
        sources.read([str(file)])
    assert problems(tmp_path / "a", tmp_path / "b") == [
        f"{tmp_path}/{name}: there is no such file or folder" for name in "ab"
    ]
