"""A folder of packages with an index: what is published in it stays, whatever happens to the next."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from ci.base import kubernetes_yaml
from ci.base.errors import UserError
from ci.publishing import publish
from tests.support.publishers import Shop


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "site"


def run(folder: Path, *, dry_run: bool = False) -> None:
    publish.run(str(folder), dry_run=dry_run, key="", cosign_key="", ca_file="", plain_http=False)


def index(folder: Path) -> Any:
    return kubernetes_yaml.load((folder / "index.yaml").read_text(encoding="utf-8"), "index.yaml")


def versions(folder: Path) -> list[str]:
    return [entry["version"] for entry in index(folder)["entries"]["microservice"]]


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_an_entry_says_what_the_chart_says_with_date_checksum_and_address(shop: Shop, folder: Path) -> None:
    package = shop.version("1.2.3")
    run(folder)
    assert index(folder) == {
        "apiVersion": "v1",
        "entries": {
            "microservice": [
                {
                    "apiVersion": "v2",
                    "name": "microservice",
                    "version": "1.2.3",
                    "created": "2023-11-14T22:13:20Z",
                    "digest": package.sha256,
                    "urls": ["microservice-1.2.3.tgz"],
                }
            ]
        },
        "generated": "2023-11-14T22:13:20Z",
    }
    assert (folder / "microservice-1.2.3.tgz").read_bytes() == package.content


def test_the_same_packages_make_the_same_index_at_any_time(shop: Shop, folder: Path, tmp_path: Path) -> None:
    shop.version("1.2.3")
    run(folder)
    run(tmp_path / "other")
    assert contents(folder) == contents(tmp_path / "other")


def test_versions_stand_from_the_newest_to_the_oldest_whenever_they_came(shop: Shop, folder: Path) -> None:
    for version in ("1.9.0", "1.10.0", "1.10.0-rc.1", "1.9.1"):
        shop.version(version)
        run(folder)
    assert versions(folder) == ["1.10.0", "1.10.0-rc.1", "1.9.1", "1.9.0"]


def test_what_others_published_stays_as_it_lies(shop: Shop, folder: Path) -> None:
    folder.mkdir()
    (folder / "index.yaml").write_text(
        """apiVersion: v1
serverInfo: {contextPath: /charts}
entries:
  zebra: [{name: zebra, version: v1, urls: [https://example.com/zebra.tgz], digest: 0123}]
  microservice:
  - {name: microservice, version: 2.0.0, created: 2020-01-01T00:00:00.123456789+01:00, deprecated: true}
  - {name: microservice, version: '1.10', created: "2019-01-01T00:00:00Z", urls: [], keywords: ['yes', no]}
  - {name: microservice, version: 0.9.0, created: "2018-01-01T00:00:00Z", urls: []}
generated: "2021-01-01T00:00:00.5Z"
"""
    )
    before = index(folder)
    shop.version("1.2.3")
    run(folder)
    after = index(folder)
    added = after["entries"]["microservice"].pop(2)
    assert added["version"] == "1.2.3"
    assert after.pop("generated") == added["created"]
    before.pop("generated")
    assert after == before


ODD = """\
apiVersion: v1
entries:
  empty: []
  gone: null
  calendar: [{name: calendar, version: 2024.01.02, urls: [calendar.tgz]}]
  number: [{name: number, version: 2024.01}]
  holes: [null, {}, text, {version: newest, annotations: []}]
  quoted: [{name: quoted, version: 1.0.0, annotations: {artifacthub.io/changes: "{"}}]
  microservice: [null, {name: microservice, version: 2024.01.02, urls: []}, {version: 0.1.0}]
"""


def test_odd_entries_stay_as_they_are_and_hinder_nothing(shop: Shop, folder: Path) -> None:
    folder.mkdir()
    (folder / "index.yaml").write_text(ODD)
    before = index(folder)
    shop.version("1.2.3")
    run(folder)
    after = index(folder)
    added = after["entries"]["microservice"].pop(2)
    assert added["version"] == "1.2.3"
    after.pop("generated")
    assert after == before
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "2024.01.02" in page
    run(folder)
    assert index(folder)["entries"]["microservice"][2] == added


def test_a_chart_whose_entries_are_all_null_gets_its_first(shop: Shop, folder: Path) -> None:
    folder.mkdir()
    shop.version("1.2.3")
    for entries in ("{microservice: null}", "{microservice: []}", "null"):
        (folder / "index.yaml").write_text(f"entries: {entries}")
        run(folder)
        assert versions(folder) == ["1.2.3"]


def test_an_index_that_the_page_cannot_show_is_refused_before_it_changes(shop: Shop, folder: Path) -> None:
    folder.mkdir()
    (folder / "index.yaml").write_text("entries: {microservice: [{version: 1.0.0, annotations: [1]}]}")
    before = contents(folder)
    shop.version("1.2.3")
    with pytest.raises(UserError, match=r"index\.yaml: the entry 'microservice' is invalid"):
        run(folder)
    assert {name: text for name, text in contents(folder).items() if name != ".index.lock"} == before


def test_publishing_again_changes_nothing_and_says_so(
    shop: Shop, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = shop.version("1.2.3")
    run(folder)
    before = contents(folder)
    capsys.readouterr()
    run(folder)
    captured = capsys.readouterr().out
    assert captured == f"microservice 1.2.3 is already published  sha256:{package.sha256}\n"
    assert contents(folder) == before


def test_a_dry_run_says_what_it_would_do_and_does_nothing(
    shop: Shop, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = shop.version("1.2.3")
    run(folder, dry_run=True)
    assert capsys.readouterr().out == f"microservice 1.2.3 would be added  sha256:{package.sha256}\n"
    assert not folder.exists()


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_published_version_is_never_replaced(shop: Shop, folder: Path, dry_run: bool) -> None:
    shop.version("1.2.3")
    run(folder)
    before = contents(folder)
    shop.version("1.2.3", colour="red")
    with pytest.raises(
        UserError,
        match=r"microservice 1\.2\.3 is already published in .* with other content: raise the version",
    ):
        run(folder, dry_run=dry_run)
    assert contents(folder) == before


def test_nothing_is_published_where_one_chart_is_refused(shop: Shop, folder: Path) -> None:
    shop.version("1.2.3")
    run(folder)
    before = contents(folder)
    shop.write("charts/another/Chart.yaml", "{apiVersion: v2, name: another, version: 1.2.3}")
    shop.write("charts/another/templates/NOTES.txt", "Installed.")
    shop.write("charts/microservice/values.yaml", "colour: red")
    with pytest.raises(UserError, match="with other content"):
        run(folder)
    assert contents(folder) == before


def test_a_published_file_that_was_changed_is_found(shop: Shop, folder: Path) -> None:
    shop.version("1.2.3")
    run(folder)
    (folder / "microservice-1.2.3.tgz").write_bytes(b"changed")
    with pytest.raises(
        UserError, match=r"microservice-1\.2\.3\.tgz differs from its digest in .*index\.yaml"
    ):
        run(folder)


def test_a_published_file_that_was_lost_comes_back(shop: Shop, folder: Path) -> None:
    shop.version("1.2.3")
    run(folder)
    before = contents(folder)
    (folder / "microservice-1.2.3.tgz").unlink()
    run(folder)
    assert contents(folder) == before


@pytest.mark.parametrize("wrong", ["{", "[]", "entries: []", "entries: {microservice: [{}]}", "\xff"])
def test_an_index_that_is_none_is_named_and_left_alone(wrong: str, shop: Shop, folder: Path) -> None:
    shop.version("1.2.3")
    folder.mkdir()
    (folder / "index.yaml").write_bytes(wrong.encode("latin-1"))
    with pytest.raises(UserError, match=r"site/index\.yaml"):
        run(folder)
    assert contents(folder) == {"index.yaml": wrong.encode("latin-1")}


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let the system refuse to write more into a file, as it does where a disk is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_the_old_index(shop: Shop, folder: Path) -> None:
    shop.version("1.2.3")
    run(folder)
    old = index(folder)
    old["entries"]["others"] = [{"version": f"1.0.{number}", "urls": ["x" * 80]} for number in range(200)]
    (folder / "index.yaml").write_text(yaml.safe_dump(old))
    before = contents(folder)
    package = shop.version("1.2.4")
    with largest_file(10_000), pytest.raises(UserError, match="what was published before is unchanged"):
        run(folder)
    # Nobody is led to a package that the index does not name.
    assert contents(folder) == before | {package.path.name: package.content}
    run(folder)
    assert versions(folder) == ["1.2.4", "1.2.3"]


def test_a_folder_that_cannot_be_made_is_named(shop: Shop, tmp_path: Path) -> None:
    shop.version("1.2.3")
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"file.*: Not a directory: what was published before is unchanged"):
        run(tmp_path / "file")


SLOW_WRITER = """
import os, sys, time
from pathlib import Path
from ci.base import repository
from ci.publishing import publish
from ci.publishing.static_repository import StaticRepository
repository._ROOT = Path(sys.argv[1])
def slow(file):
    path = os.readlink(f"/proc/self/fd/{file}")
    print("writing", path, flush=True)
    time.sleep(60 if path == sys.argv[3] else 0.2)
def add(folder, packages, add=StaticRepository.add):
    print("ready", flush=True)
    sys.stdin.readline()
    os.fsync = slow
    return add(folder, packages)
StaticRepository.add = add
publish.run(sys.argv[2], dry_run=False, key="", cosign_key="", ca_file="", plain_http=False)
"""


def start_slow_writer(shop: Path, folder: Path, halt: str = "") -> subprocess.Popen[str]:
    """Start a process that publishes, and waits between writing a file and moving it into place.

    Before that it waits for a line. At the file ``halt`` it goes no further.
    """
    command = [sys.executable, "-c", SLOW_WRITER, str(shop), str(folder), halt]
    root = Path(__file__).parents[3]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, cwd=root, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    assert process.stdout
    if process.stdout.readline() != "ready\n":
        pytest.fail(process.communicate()[1])
    return process


@pytest.mark.skipif(sys.platform != "linux", reason="what the writer writes is read from /proc")
@pytest.mark.parametrize("killed_at", ["microservice-1.2.4.tgz.tmp", "index.yaml.tmp"])
def test_who_is_killed_in_the_middle_leaves_the_old_index(killed_at: str, shop: Shop, folder: Path) -> None:
    shop.version("1.2.3")
    run(folder)
    before = (folder / "index.yaml").read_bytes()
    package = shop.version("1.2.4")
    with start_slow_writer(shop.root, folder, str(folder / killed_at)) as process:
        assert process.stdin
        assert process.stdout
        print(file=process.stdin, flush=True)
        assert f"writing {folder / killed_at}\n" in iter(process.stdout.readline, "")
        process.kill()
    assert (folder / "index.yaml").read_bytes() == before
    run(folder)
    assert versions(folder) == ["1.2.4", "1.2.3"]
    assert (folder / package.path.name).read_bytes() == package.content
    assert not list(folder.glob("*.tmp"))


@pytest.mark.skipif(sys.platform != "linux", reason="what the writer writes is read from /proc")
def test_publishing_at_the_same_time_loses_nothing(shop: Shop, folder: Path, tmp_path: Path) -> None:
    wanted = ["1.2.5", "1.2.4", "1.2.3"]
    writers = []
    for version in wanted:
        shop.version(version)
        writers.append(start_slow_writer(Path(shutil.copytree(shop.root, tmp_path / version)), folder))
    for writer in writers:
        assert writer.stdin
        print(file=writer.stdin, flush=True)
    captured = ""
    for writer in writers:
        captured += writer.communicate()[1]
        assert writer.returncode == 0, captured
    assert f"waiting for another process that publishes into {folder}" in captured
    assert versions(folder) == wanted
