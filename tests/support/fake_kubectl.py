"""A kubectl that answers as a test has written it down, and remembers what it was asked."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote_plus

from ci.charts.environments import Environment
from ci.clusters.kubectl import Kubectl
from ci.deploy.target import Target
from ci.kubernetes.manifests import Object
from tests.support.fake_api import FakeApi

ENVIRONMENT = Environment("staging", "eu-staging", "staging", protected=False, values=None)
# The tests start it often: without site and pathlib it takes two thirds of the time.
_PROGRAM = """\
#!{python} -IS
import json, os, re, signal, sys, time
folder = os.path.dirname(__file__)
def mark(name):
    return os.path.join(folder, name + ".mark")
words = [word for word in sys.argv[1:] if not word.startswith("--kubeconfig=")]
files = [open(word.partition("=")[2]).read() for word in words if word.startswith("--custom=")]
with open(os.path.join(folder, "calls"), "a") as calls:
    calls.write(json.dumps([os.getpid(), words, files]) + "\\n")
with open(os.path.join(folder, "answers.json")) as answers:
    answers = json.load(answers)
def given(number):
    try:
        os.close(os.open(os.path.join(folder, "given-%d" % number), os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return True
for number, answer in enumerate(answers):
    if re.search(answer["asked"], " ".join(words)) and not (answer["once"] and given(number)):
        break
else:
    sys.exit("no answer was written down for: " + " ".join(words))
for part in answer["out"]:
    if isinstance(part, str):
        print(part, flush=True)
    elif isinstance(part, list):
        kind, name = part
        if kind == "mark":
            open(mark(name), "w").close()
        while not os.path.exists(mark(name)):
            time.sleep(0.02)
    else:
        time.sleep(part)
print(answer["err"], file=sys.stderr)
if answer["interrupts"]:
    os.kill({caller}, signal.SIGINT)
if answer["hangs"]:
    signal.pause()
sys.exit(answer["code"])
"""


class Step(NamedTuple):
    """Orders calls that run at the same time: ``mark`` that it is reached, or wait ``until`` it is."""

    kind: Literal["mark", "until"]
    name: str


class FakeKubectl:
    """Scripted answers, first match first; ``target`` is service api in the environment staging.

    A request to the API server is answered as a call is, "GET /api/v1/namespaces/staging/pods?...".
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.answers: list[dict[str, Any]] = []
        self.program = folder / "kubectl"
        self.program.write_text(_PROGRAM.format(python=sys.executable, caller=os.getpid()), encoding="utf-8")
        self.program.chmod(0o755)
        self.api = FakeApi(self._requested)
        self.target = Target(ENVIRONMENT, "api", folder / "kubeconfig", self.api)
        self.serve("https://10.0.0.1:6443")

    def answer(
        self,
        asked: str,
        *out: str | float | Step | Object | list[Object],
        err: str = "",
        code: int = 0,
        hangs: bool = False,
        interrupts: bool = False,
        once: bool = False,
    ) -> None:
        """Answer calls whose arguments match a pattern: with lines, pauses in seconds, objects, their lists.

        A Step is left for other calls, or waited for.
        Afterwards it sends Ctrl-C to its caller (``interrupts``), or stays until it is killed (``hangs``).
        An answer that is given ``once`` leaves later calls to the next that matches.
        """
        told = [part if isinstance(part, str | float | Step) else json.dumps(_listed(part)) for part in out]
        self.answers.append(
            {
                "asked": asked,
                "out": told,
                "err": err,
                "code": code,
                "hangs": hangs,
                "interrupts": interrupts,
                "once": once,
            }
        )
        (self._folder / "answers.json").write_text(json.dumps(self.answers), encoding="utf-8")

    def serve(self, server: str) -> None:
        """Have the API server at an address."""
        config = {"clusters": [{"cluster": {"server": server}}]}
        self.target.kubeconfig.write_text(json.dumps(config), encoding="utf-8")

    def calls(self, of: str = "") -> list[list[str]]:
        """Return the arguments of the calls of a subcommand."""
        return [words for _, words, _ in self._calls() if words[0].startswith(of)]

    def files(self) -> list[str]:
        """Return the contents of files that were handed to it."""
        return [text for _, _, texts in self._calls() for text in texts]

    def running(self) -> list[list[str]]:
        """Return the calls that have not ended."""
        return [words for process, words, _ in self._calls() if _is_alive(process)]

    def _calls(self) -> list[tuple[int, list[str], list[str]]]:
        file = self._folder / "calls"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return [tuple(json.loads(line)) for line in lines]

    def _requested(self, method: str, path: str, _: object) -> Any:
        return json.loads(Kubectl(self.target.kubeconfig)(method, unquote_plus(path)))

    @contextmanager
    def reached(self, environment: str, service: str = "") -> Iterator[Target]:
        """Stand in for ``ci.deploy.target.reached``."""
        yield self.target


def _listed(part: Object | list[Object]) -> Object:
    if not isinstance(part, list):
        return part
    return {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": "7"}, "items": part}


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
