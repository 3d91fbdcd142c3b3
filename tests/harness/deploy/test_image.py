"""An image is built from what its service names, tagged by git, and pushed or loaded where it is to run."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from ci.base import programs
from ci.base.errors import UserError
from ci.clusters import docker
from ci.clusters.lifecycle import Cluster
from ci.deploy import image
from ci.deploy.target import KEPT_BY
from tests.support.git_repository import GitRepository
from tests.support.repository import Repository
from tests.support.servers import docker_registry

DIGEST = f"sha256:{'5e' * 32}"
# Stand-ins that note what they are asked. A file of a question's name has them refuse it, with its words.
ENGINE = f"""
[ ! -e "$0.$1" ] || {{ cat "$0.$1"; exit 1; }} >&2
case "$1" in
build) echo "STEP 1 of 1" ;;
push)
  printf 'Copying blob sha256:%064d\\n' 1
  if [ "$2" = --digestfile ]; then printf {DIGEST} > "$3"; else echo "v1: digest: {DIGEST} size: 7"; fi ;;
esac
"""
KIND = """
case "$1 $2" in
version*) echo kind v0.33.0 ;;
"get clusters") echo dev ;;
esac
"""


class Machine:
    """A folder that alone is on PATH, with git, Docker and kind, and the repository that is worked on."""

    def __init__(self, folder: Path, repository: GitRepository) -> None:
        self.folder = folder
        self.repository = repository

    def install(self, name: str, body: str) -> None:
        program = self.folder / name
        program.write_text(f'#!/bin/sh\necho "{name} $*" >> {self.folder}/log\n{body}')
        program.chmod(0o755)

    def refuse(self, program: str, question: str, words: str) -> None:
        (self.folder / f"{program}.{question}").write_text(words)

    def asked(self, words: str) -> list[str]:
        """The calls that contain these words."""
        log = self.folder / "log"
        return [line for line in log.read_text().splitlines() if words in line] if log.exists() else []

    def write(self, path: str, text: str) -> None:
        self.repository.write(path, text)
        self.repository.commit()


@pytest.fixture
def machine(
    repository: Repository, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Machine:
    made = Machine(tmp_path_factory.mktemp("machine"), GitRepository(repository.root))
    made.install("docker", ENGINE)
    made.install("kind", KIND)
    for name in ("git", "cat", "sh"):
        (made.folder / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(made.folder))
    monkeypatch.setenv(programs.CACHE_VARIABLE, str(made.folder / "cache"))
    monkeypatch.setattr(programs, "KIND", replace(programs.KIND))
    repository.write("values/api.yaml", "image: {repository: myrepo/api}\nx-build: {context: app}")
    repository.write("values/environments.yaml", "dev: {context: kind-dev}\nlive: {context: eu}")
    repository.write("app/Dockerfile", "FROM scratch\n")
    made.repository.commit()
    made.repository.git("tag", "v1.2.3")
    return made


def test_the_image_has_the_services_name_and_gits_tag_and_is_the_last_line_printed(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    image.run("", "", push=False, load="")
    printed = capsys.readouterr()
    assert printed.out == "myrepo/api:v1.2.3\n"
    assert "building myrepo/api:v1.2.3 from app/Dockerfile\nSTEP 1 of 1\n" in printed.err
    (call,) = machine.asked("docker build")
    root = machine.repository.root
    assert call.startswith(f"docker build --tag myrepo/api:v1.2.3 --file {root}/app/Dockerfile --label ")
    assert (
        f" --label org.opencontainers.image.revision={machine.repository.git('rev-parse', 'HEAD')} " in call
    )
    assert call.endswith(f" {root}/app")
    assert not machine.asked("push")


def test_registry_dockerfile_and_service_are_those_that_the_values_name(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.write(
        "values/shop.yaml",
        "image: {registry: 'ghcr.io:8443', repository: me/shop}\n"
        "x-build: {context: ., dockerfile: app/Dockerfile}",
    )
    image.run("shop", "v7", push=False, load="")
    assert capsys.readouterr().out == "ghcr.io:8443/me/shop:v7\n"
    root = machine.repository.root
    assert machine.asked(f"--file {root}/app/Dockerfile ")[0].endswith(f" {root}")
    with pytest.raises(UserError, match="which service"):
        image.run("", "", push=False, load="")


def test_a_changed_tree_is_reported_and_marks_gits_tag_but_not_a_persons(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(7):
        machine.repository.write(f"app/{number}.py", "")
    image.run("", "", push=False, load="")
    printed = capsys.readouterr()
    assert printed.out == "myrepo/api:v1.2.3-dirty\n"
    assert "not committed, and perhaps in the image: app/0.py, app/1.py, " in printed.err
    assert "app/4.py and 2 more\n" in printed.err
    image.run("", "v1.2.4", push=False, load="")
    printed = capsys.readouterr()
    assert printed.out == "myrepo/api:v1.2.4\n"
    assert "not committed" in printed.err


def test_an_app_beside_the_repository_is_tagged_by_its_own_git(
    machine: Machine, capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    app = GitRepository(tmp_path_factory.mktemp("app"))
    app.write("Dockerfile", "FROM scratch\n")
    app.commit()
    app.git("tag", "v9")
    outside = os.path.relpath(app.root, machine.repository.root)
    machine.write("values/api.yaml", f"image: {{repository: myrepo/api}}\nx-build: {{context: {outside}}}")
    image.run("", "", push=False, load="")
    assert capsys.readouterr().out == "myrepo/api:v9\n"


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        (
            "latest",
            r"^--tag latest names another image each day, and can't be rolled back: give a version$",
        ),
        ("v1/2", r"^--tag 'v1/2': a tag has letters, digits, _ \. and -, does not begin with"),
        ("-v1", r"^--tag '-v1': a tag has letters"),
        ("v1 ", r"^--tag 'v1 ': a tag has letters"),
        ("v1\n", r"^--tag 'v1\\n': a tag has letters"),
        ("1" * 129, r"has at most 128 characters$"),
    ],
)
def test_a_tag_that_moves_or_is_none_is_refused(machine: Machine, tag: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        image.run("", tag, push=False, load="")
    assert not machine.asked("build")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            "image: {repository: a}",
            r"^values/api\.yaml does not say what the image is built from: add `x-build: {context: FOLDER}`",
        ),
        (
            "image: {repository: a}\nx-build: {contxt: app}",
            r"(?s)^values/api\.yaml, line 2.*, column 11: x-build\.contxt: unknown key; did you mean context",
        ),
        ("x-build: {context: app}", r"^values/api\.yaml does not name the image: add `image: {repository: "),
        (
            "image: {repository: a}\nx-build: {context: ap}",
            r"^values/api\.yaml: x-build\.context: there is no folder ap; create it, or name another$",
        ),
        (
            "image: {repository: a}\nx-build: {context: app, dockerfile: Containerfile}",
            r"^values/api\.yaml: x-build\.dockerfile: there is no app/Containerfile; create it",
        ),
    ],
    ids=["no x-build", "a wrong key", "no repository", "no folder", "no Dockerfile"],
)
def test_what_cannot_be_built_is_told_by_its_file_before_anything_is(
    machine: Machine, values: str, message: str
) -> None:
    machine.write("values/api.yaml", values)
    with pytest.raises(UserError, match=message):
        image.run("", "", push=True, load="")
    assert not machine.asked("docker")


def test_an_unknown_service_or_environment_is_answered_with_the_nearest(machine: Machine) -> None:
    with pytest.raises(UserError, match=r"^there is no service 'apo'; did you mean api\?"):
        image.run("apo", "", push=False, load="")
    with pytest.raises(UserError, match=r"^there is no environment 'devv'; did you mean dev\?"):
        image.run("", "", push=False, load="devv")


@pytest.mark.parametrize("lack", ["no git", "no repository", "no commit"])
def test_without_a_commit_a_tag_has_to_be_given(
    machine: Machine, capsys: pytest.CaptureFixture[str], lack: str
) -> None:
    if lack == "no git":
        (machine.folder / "git").unlink()
    else:
        shutil.rmtree(machine.repository.root / ".git")
    if lack == "no commit":
        GitRepository(machine.repository.root)
    with pytest.raises(
        UserError, match=r"(?s)git .*\nwithout a commit, name the image's tag: --tag v1\.2\.3$"
    ):
        image.run("", "", push=False, load="")
    assert not machine.asked("build")
    image.run("", "v1", push=False, load="")
    assert capsys.readouterr().out == "myrepo/api:v1\n"
    assert not machine.asked("--label")


def test_podman_builds_and_pushes_where_docker_does_not_answer(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.refuse("docker", "version", "Cannot connect to the Docker daemon")
    machine.install("podman", ENGINE)
    image.run("", "", push=True, load="")
    assert capsys.readouterr().out == f"myrepo/api@{DIGEST}\n"
    assert machine.asked("podman build --tag myrepo/api:v1.2.3 ")
    # It would push to the registry "localhost" by itself.
    (call,) = machine.asked("podman push")
    assert call.endswith(" myrepo/api:v1.2.3 docker://docker.io/myrepo/api:v1.2.3")
    assert not machine.asked("docker build")


def test_without_an_engine_both_say_why_not(machine: Machine) -> None:
    machine.refuse("docker", "version", "Cannot connect to the Docker daemon")
    with pytest.raises(UserError) as refused:
        image.run("", "", push=False, load="")
    told = str(refused.value)
    assert "Cannot connect to the Docker daemon" in told
    assert "podman cannot be run: No such file or directory" in told
    assert told.endswith("https://docs.docker.com/engine/install/")


def test_a_failed_build_ends_with_its_last_lines_and_no_reference(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.refuse("docker", "build", "".join(f"line {number}\n" for number in range(40)) + "no such package")
    with pytest.raises(UserError) as refused:
        image.run("", "", push=True, load="")
    told = str(refused.value).splitlines()
    assert told[0] == "building the image myrepo/api:v1.2.3: docker failed with exit code 1"
    assert told[1] == "line 26"
    assert told[-1] == "no such package"
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "line 0\n" in printed.err
    assert not machine.asked("push")


def test_a_pushed_image_is_printed_by_its_digest(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    image.run("", "", push=True, load="")
    printed = capsys.readouterr()
    assert printed.out == f"myrepo/api@{DIGEST}\n"
    assert "pushing myrepo/api:v1.2.3\n" in printed.err


@pytest.mark.parametrize(
    ("registry", "login"),
    [
        ("", "docker login docker.io"),
        ("ghcr.io", "docker login ghcr.io"),
        ("localhost", "docker login localhost"),
    ],
)
@pytest.mark.parametrize(
    "words",
    [
        "denied: requested access to the resource is denied",
        "unauthorized: authentication required",
        "no basic auth credentials",
    ],
)
def test_a_registry_that_lets_nobody_push_is_told_with_the_login(
    machine: Machine, registry: str, login: str, words: str
) -> None:
    machine.write(
        "values/api.yaml", f"image: {{registry: '{registry}', repository: me/api}}\nx-build: {{context: app}}"
    )
    machine.refuse("docker", "push", words)
    with pytest.raises(UserError) as refused:
        image.run("", "", push=True, load="")
    assert f"\n{words}\n" in str(refused.value)
    assert f"log in with `{login}`, or name a repository of your own in image.repository" in str(
        refused.value
    )


def test_a_registry_out_of_reach_is_told_in_the_engines_words(machine: Machine) -> None:
    machine.refuse("docker", "push", "dial tcp: lookup registry.invalid: no such host")
    with pytest.raises(UserError) as refused:
        image.run("", "", push=True, load="")
    assert str(refused.value).endswith("no such host")


def test_an_image_is_loaded_into_the_kind_cluster_of_an_environment(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    image.run("", "", push=False, load="dev")
    assert machine.asked("kind load docker-image --name dev myrepo/api:v1.2.3")
    assert capsys.readouterr().out == "myrepo/api:v1.2.3\n"


def test_an_image_is_loaded_by_the_name_that_it_has_in_the_environment(machine: Machine) -> None:
    machine.write(
        "values/environments.yaml", "dev: {context: kind-dev, values: {image: {registry: mirror.eu}}}"
    )
    machine.write("values/api/dev.yaml", "image: {repository: mine/api}")
    image.run("", "v1", push=False, load="dev")
    assert machine.asked("kind load docker-image --name dev mirror.eu/mine/api:v1")


def test_the_cluster_of_invoke_up_is_one_too(machine: Machine) -> None:
    machine.write("values/environments.yaml", "dev: {context: invoke-up}")
    with pytest.raises(UserError, match=r"^dev is the cluster of `invoke up`, and there is none: invoke up$"):
        image.run("", "", push=False, load="dev")
    assert not machine.asked("build")
    own = Cluster("dev", machine.folder / "cache" / "clusters" / "dev")
    own.folder.mkdir(parents=True)
    own.write()
    own.keep(KEPT_BY)
    image.run("", "", push=False, load="dev")
    assert machine.asked("kind load docker-image --name dev ")
    replace(own, context="eu").write()
    with pytest.raises(UserError, match=r"^dev is the context eu, which is not a kind cluster"):
        image.run("", "", push=False, load="dev")


@pytest.mark.parametrize("context", ["eu", "kind-gone"])
def test_a_cluster_that_is_not_of_this_machine_is_refused_before_anything_is_built(
    machine: Machine, context: str
) -> None:
    machine.write("values/environments.yaml", f"live: {{context: {context}}}")
    with pytest.raises(
        UserError, match=rf"^live is the context {context}, which is not .* so --push in place"
    ):
        image.run("", "", push=False, load="live")
    assert not machine.asked("build")


def test_podman_does_not_load(machine: Machine) -> None:
    machine.refuse("docker", "version", "Cannot connect to the Docker daemon")
    machine.install("podman", ENGINE)
    with pytest.raises(UserError, match=r"^--load: kind gets images from Docker only, .*--push$"):
        image.run("", "", push=False, load="dev")
    assert not machine.asked("build")


# ── With a real engine ──


@pytest.fixture
def built(repository: Repository) -> Callable[[str], None]:
    """Writes a service whose image is of no other, for a registry; nothing has to be pulled for it."""
    if why_not := docker.why_not():
        pytest.skip(why_not)
    git = GitRepository(repository.root)

    def write(registry: str) -> None:
        name = f"image-test-{secrets.token_hex(4)}"
        repository.write(
            "values/api.yaml",
            f"image: {{registry: '{registry}', repository: {name}}}\n"
            "x-build: {context: app, dockerfile: Mine}",
        )
        repository.write("app/Mine", "FROM scratch\nCOPY Mine /\n")
        git.commit()
        git.git("tag", "v1.2.3")

    return write


def remove(reference: str) -> None:
    subprocess.run(["docker", "image", "rm", "--force", reference], check=True, capture_output=True)


def test_a_real_engine_pushes_what_a_registry_then_has_by_the_printed_digest(
    repository: Repository,
    built: Callable[[str], None],
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with docker_registry(tmp_path_factory.mktemp("registry")) as registry:
        built(registry)
        image.run("", "", push=True, load="")
        name, _, digest = capsys.readouterr().out.splitlines()[-1].partition("@")
        remove(f"{name}:v1.2.3")
        about = f"http://{registry}/v2/{name.partition('/')[2]}"
        kinds = (
            "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"
        )
        for reference in (digest, "v1.2.3"):
            manifest = httpx.get(f"{about}/manifests/{reference}", headers={"Accept": kinds}, trust_env=False)
            assert manifest.headers["Docker-Content-Digest"] == digest
        config = httpx.get(f"{about}/blobs/{manifest.json()['config']['digest']}", trust_env=False)
        labels = json.loads(config.content)["config"]["Labels"]
    assert labels["org.opencontainers.image.revision"] == GitRepository(repository.root).git(
        "rev-parse", "HEAD"
    )


def test_a_real_registry_that_wants_a_login_is_told_with_it(
    built: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    with docker_registry(tmp_path_factory.mktemp("registry"), guarded=True) as registry:
        built(registry)
        with pytest.raises(UserError, match=f"log in with `docker login {registry}`"):
            image.run("", "", push=True, load="")
    pushed = capsys.readouterr()
    assert pushed.out == ""
    remove(next(word for word in pushed.err.split() if word.endswith(":v1.2.3")))


def test_a_real_build_that_fails_ends_with_what_it_said(
    repository: Repository, built: Callable[[str], None]
) -> None:
    built("")
    repository.write("app/Mine", "FROM scratch\nCOPY nothing /\n")
    with pytest.raises(
        UserError, match=r"(?s)^building the image image-test-.*-dirty: docker failed.*nothing"
    ):
        image.run("", "", push=False, load="")


def test_a_fresh_clone_has_something_to_build() -> None:
    assert image.build_of("api").dockerfile.is_file()
