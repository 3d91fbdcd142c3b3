"""Where helm comes from: real programs on PATH, a real HTTP server, and a stand-in for Go."""

from __future__ import annotations

import hashlib
import io
import json
import pwd
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NoReturn

import pytest

from ci.base import programs
from ci.base.errors import UserError
from ci.base.programs import ACTIONLINT, COSIGN, HELM, KIND, KUBE_SCORE, KUBECTL, Tool, find
from tests.support.file_systems import mounted_noexec

MODULE_SUM = HELM[4].go.sum if HELM[4].go else ""
PROGRAM = b"#!/bin/sh\necho v4.3.0\n"
WAYS_CLOSED = replace(HELM[4], url="http://127.0.0.1:9/helm-v{version}-{platform}.tar.gz")


@dataclass
class Release:
    """What the server on ``address`` answers every request with, and how often it was asked."""

    body: bytes
    address: str = ""
    status: int = 200
    missing_bytes: int = 0
    requests: list[str] = field(default_factory=list)
    may_answer: threading.Event = field(default_factory=threading.Event)

    def tool(self) -> Tool:
        """Return helm 4 as if this server published it."""
        sums = dict.fromkeys(HELM[4].sha256, hashlib.sha256(self.body).hexdigest())
        return replace(HELM[4], url=self.address + "/helm-v{version}-{platform}.tar.gz", sha256=sums)


def archive(*more_members: str) -> bytes:
    names = [HELM[4].member.format(platform=platform) for platform in HELM[4].sha256]
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name in [*more_members, *names]:
            member = tarfile.TarInfo(name)
            member.size = len(PROGRAM)
            tar.addfile(member, io.BytesIO(PROGRAM))
    return buffer.getvalue()


@pytest.fixture
def release() -> Iterator[Release]:
    served = Release(archive())
    served.may_answer.set()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.requests.append(self.path)
            self.send_response(served.status)
            self.send_header("Content-Length", str(len(served.body) + served.missing_bytes))
            self.end_headers()
            # Who downloads says so when the answer begins.
            served.may_answer.wait(timeout=20)
            self.wfile.write(served.body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield served
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv(programs.CACHE_VARIABLE, str(folder))
    return folder


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the one folder on PATH, which is empty."""
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def script(program: Path, body: str) -> Path:
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    return program


def fake_go(folder: Path, module_sum: str) -> Path:
    """Put a go into ``folder`` that knows every module, writes what it is asked to build, and logs how."""
    described = json.dumps({"Sum": module_sum, "Dir": str(folder)})
    return script(
        folder / "go",
        f"""if [ "$1" = mod ]; then echo '{described}'; exit; fi
            printf '%s\n' "$PWD" "$CGO_ENABLED" "$*" > "{folder}/log"
            until [ "$1" = -o ]; do shift; done
            echo built > "$2\"""",
    )


def kept(cache: Path) -> list[str]:
    return [path.name for path in cache.rglob("*") if path.is_file() and path.suffix != ".lock"]


@pytest.mark.parametrize(
    ("major", "version"),
    [(3, "v3.22"), (3, "v3.22.0+gabc"), (3, "v3.30.1"), (4, "v4.2.1"), (4, "v4.10.0")],
)
def test_a_helm_on_path_is_taken_where_major_and_minor_fit(path: Path, major: int, version: str) -> None:
    program = script(path / "helm", f"echo {version}")
    assert find(replace(HELM[major])) == program


def test_a_program_that_puts_its_version_in_a_sentence_is_understood(path: Path) -> None:
    program = script(path / "kube-score", "echo kube-score version: 1.21.3, commit: 1.2.3, built: 2026")
    assert find(replace(KUBE_SCORE)) == program


@pytest.mark.parametrize(
    ("major", "version"), [(3, "v3.21.4"), (3, "v4.3.0"), (4, "v3.22.0"), (4, "v4.1.9"), (4, "v40.2.0")]
)
def test_a_helm_on_path_that_does_not_fit_is_passed_over_and_named(
    path: Path, major: int, version: str
) -> None:
    program = script(path / "helm", f"echo {version}")
    with pytest.raises(UserError, match=f"PATH: {program} is {version}"):
        find(replace(HELM[major], url=WAYS_CLOSED.url))


@pytest.mark.parametrize(
    ("tool", "version"),
    [
        (KIND, "kind v0.33.0 go1.26.8 linux/amd64"),
        (KUBECTL, "Client Version: v1.34.4\nKustomize Version: v5.7.1"),
    ],
    ids=str,
)
def test_a_version_is_found_among_other_words(path: Path, tool: Tool, version: str) -> None:
    program = script(path / tool.name, f"echo '{version}'")
    assert find(replace(tool)) == program


def test_every_helm_on_path_is_looked_at(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(path / "helm", "echo v3.22.0")
    second = tmp_path / "second"
    second.mkdir()
    script(second / "helm", "exit 1")
    fits = script(second / "helm4", "echo v4.3.0")
    monkeypatch.setenv("PATH", f"{path}:{second}")
    assert find(replace(HELM[4])) == fits


@pytest.mark.parametrize("variable", ["HELM_CONFIG_HOME", "HELM_PLUGINS", "KUBECONFIG"])
def test_a_helm_on_path_is_asked_without_the_settings_of_the_user(
    path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "the user's")
    program = script(
        path / "helm",
        f"""for place in "$HELM_CACHE_HOME" "$HELM_CONFIG_HOME" "$HELM_DATA_HOME" "$KUBECONFIG"; do
                [ "$place" ] && [ ! -e "$place" ] || exit 1
            done
            [ "${variable}" = "the user's" ] || echo v4.3.0""",
    )
    assert find(replace(HELM[4])) == program


def test_the_release_is_downloaded_checked_and_kept_for_the_next_process(release: Release) -> None:
    program = find(release.tool())
    assert find(release.tool()) == program
    assert subprocess.run([program], capture_output=True, check=True).stdout == b"v4.3.0\n"
    assert len(release.requests) == 1


def test_a_cached_helm_is_not_preferred_to_one_on_path(release: Release, path: Path) -> None:
    find(release.tool())
    program = script(path / "helm", "echo v4.3.0")
    assert find(release.tool()) == program


def test_a_wrong_checksum_is_refused_whatever_else_is_there(
    release: Release, path: Path, cache: Path
) -> None:
    fake_go(path, MODULE_SUM)
    tool = replace(release.tool(), sha256=dict.fromkeys(HELM[4].sha256, "0" * 64))
    actual = hashlib.sha256(release.body).hexdigest()
    with pytest.raises(
        UserError, match=f"{release.address}/helm-v4.3.0.*expected sha256 0{{64}}, got {actual}"
    ):
        find(tool)
    assert not kept(cache)


def test_a_release_that_is_the_program_itself_needs_no_archive(release: Release) -> None:
    release.body = b"#!/bin/sh\necho v1.37.0\n"
    sums = dict.fromkeys(KUBECTL.sha256, hashlib.sha256(release.body).hexdigest())
    program = find(replace(KUBECTL, url=release.address + "/{system}/{machine}/kubectl", sha256=sums))
    assert subprocess.run([program], capture_output=True, check=True).stdout == b"v1.37.0\n"
    assert release.requests == [
        f"/{sys.platform}/{str(programs.release_url(KIND)).rpartition('-')[2]}/kubectl"
    ]


def test_a_program_that_go_cannot_build_is_not_asked_of_go(path: Path) -> None:
    fake_go(path, "h1:any")
    with pytest.raises(
        UserError, match=r"\nInstall kubectl 1\.31 or a newer 1\.x, or give this machine"
    ) as raised:
        find(replace(KUBECTL, url=WAYS_CLOSED.url))
    assert "Go" not in str(raised.value)


def test_nothing_but_the_program_leaves_the_archive(release: Release, cache: Path, tmp_path: Path) -> None:
    release.body = archive("../escaped", str(tmp_path / "escaped"), "linux-amd64/README.md")
    find(release.tool())
    assert kept(cache) == ["helm"]
    assert not list(tmp_path.rglob("escaped"))


def test_a_download_that_breaks_off_leaves_nothing(release: Release, cache: Path) -> None:
    release.missing_bytes = 1
    with pytest.raises(UserError, match=r"release: http://127\.0\.0\.1"):
        find(release.tool())
    assert not kept(cache)


def test_what_a_killed_run_left_does_no_harm(release: Release, cache: Path) -> None:
    left = cache / "tools" / f"{find(release.tool()).parent.name}.partial"
    find(release.tool()).unlink()
    left.mkdir()
    (left / "archive").write_text("half")
    find(release.tool())
    assert kept(cache) == ["helm"]


def test_a_release_that_is_not_there_gives_way_to_go(release: Release, path: Path) -> None:
    release.status = 404
    fake_go(path, MODULE_SUM)
    assert find(release.tool()).read_text() == "built\n"
    folder, cgo, arguments = (path / "log").read_text().splitlines()
    command = arguments.split()
    assert (folder, cgo, command[-1]) == (str(path), "0", "./cmd/helm")
    assert "helm.sh/helm/v4/internal/version.version=v4.3.0" in command


def test_a_wrong_module_sum_is_refused(path: Path, cache: Path) -> None:
    fake_go(path, "h1:other")
    with pytest.raises(
        UserError, match=r"helm.sh/helm/v4@v4.3.0 has a wrong module sum: expected h1:wLRTN.*got h1:other"
    ):
        find(replace(WAYS_CLOSED))
    assert not kept(cache)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("echo 'go: needs go >= 1.26' >&2; exit 1", id="on standard error"),
        pytest.param("""echo '{"Error": "go: needs go >= 1.26"}'; exit 1""", id="in its answer"),
    ],
)
def test_what_go_complains_of_is_passed_on(path: Path, body: str) -> None:
    script(path / "go", body)
    with pytest.raises(UserError, match=r"Go: .*go mod download failed:\n *go: needs go >= 1.26\n"):
        find(replace(WAYS_CLOSED))


def test_where_no_way_is_open_each_is_named_with_its_reason_and_the_remedy(release: Release) -> None:
    release.status = 404
    with pytest.raises(UserError) as raised:
        find(release.tool())
    lines = str(raised.value).splitlines()
    assert [line.split(": ")[0].strip() for line in lines[1:4]] == ["PATH", "release", "Go"]
    assert lines[2].endswith(".tar.gz: HTTP 404")
    assert lines[4].startswith("Install helm 4.2 or a newer 4.x, or Go")


def test_a_cache_that_cannot_be_written_is_named_with_the_variable_that_moves_it(
    release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(programs.CACHE_VARIABLE, str(tmp_path / "file" / "cache"))
    with pytest.raises(UserError, match=f"{tmp_path}/file/cache .*set {programs.CACHE_VARIABLE}"):
        find(release.tool())
    assert not release.requests


def test_a_user_without_a_home_is_told_to_name_a_cache(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a random user id in a pod, which has no entry in /etc/passwd."""

    def unknown(_: int) -> NoReturn:
        raise KeyError

    for name in ("HOME", "XDG_CACHE_HOME", programs.CACHE_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    with pytest.raises(UserError, match=f"has no home folder.*: set HOME, or {programs.CACHE_VARIABLE}"):
        find(replace(HELM[4]))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert programs.cache_folder().is_relative_to(tmp_path)


def test_a_cache_that_can_run_no_program_is_refused_before_a_download(
    release: Release, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted_noexec(monkeypatch)
    with pytest.raises(
        UserError, match=f"{cache} is on a file system mounted noexec: set {programs.CACHE_VARIABLE}"
    ):
        find(release.tool())
    assert not release.requests


def test_threads_share_one_attempt_even_where_it_fails(release: Release) -> None:
    release.status = 404
    tool = release.tool()
    with ThreadPoolExecutor(4) as pool:
        attempts = [pool.submit(find, tool) for _ in range(4)]
    assert {type(attempt.exception()) for attempt in attempts} == {UserError}
    assert len(release.requests) == 1


def test_processes_that_ask_at_once_share_one_download(release: Release) -> None:
    release.may_answer.clear()
    code = f"""
from dataclasses import replace
from ci.base.programs import ACTIONLINT, COSIGN, HELM, find
print(find(replace(HELM[4], url={release.tool().url!r}, sha256={release.tool().sha256!r})))
"""
    root = Path(programs.__file__).parents[2]
    command = [sys.executable, "-c", code]
    first, second = (
        subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    )
    first_words: set[str] = set()
    for process in (first, second):
        assert process.stderr is not None
        first_words.add(process.stderr.readline().split()[1])
    release.may_answer.set()
    answers = {process.communicate(timeout=20)[0] for process in (first, second)}
    assert first_words == {"downloading", "waiting"}
    assert len(answers) == 1
    assert len(release.requests) == 1


@pytest.mark.parametrize("tool", programs.PINNED, ids=str)
def test_every_platform_that_is_pinned_has_a_sha256_and_every_module_a_sum(tool: Tool) -> None:
    assert {len(bytes.fromhex(digest)) for digest in tool.sha256.values()} == {32}
    assert tool.sha256.keys() == HELM[4].sha256.keys()
    assert tool.go is None or tool.go.sum.startswith("h1:")


def test_a_build_with_go_sets_the_version() -> None:
    for tool in (*HELM.values(), KUBE_SCORE, COSIGN, ACTIONLINT):
        assert tool.go
        assert tool.version in {text.removeprefix("v") for text in tool.go.variables.values()}
