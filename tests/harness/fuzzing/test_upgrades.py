"""Upgrades between cases: which are asked about, and what of the answers is worth a sentence."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ci.fuzzing import upgrades
from ci.fuzzing.upgrades import Upgrade, Version
from ci.kubernetes.manifests import Key, Object

CONFIG = Key("v1", "ConfigMap", "", "api")
KEPT = {"helm.sh/resource-policy": "keep"}
Answer = Callable[[Object], Object | str]


def config(annotations: dict[str, str] | None = None, **data: str) -> Object:
    metadata: dict[str, Any] = {"name": "api"} | ({"annotations": annotations} if annotations else {})
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


class Server:
    """Creates everything as it is, and makes of an upgrade what it is told."""

    def __init__(self, helm_3: Answer = lambda made: made, helm_4: Answer = lambda made: made) -> None:
        self._answers = helm_3, helm_4

    def serves(self, made: Object) -> bool:
        return bool(made["kind"] != "Unknown")

    def create(self, objects: Sequence[Object]) -> list[Object | str]:
        assert len({made["metadata"]["name"] for made in objects}) == len(objects)
        return ["refused" if made["data"] == {"A": "bad"} else made for made in objects]

    def by_helm_3(self, objects: Sequence[Object]) -> list[Object | str]:
        return [self._answers[0](made) for made in objects]

    def by_helm_4(self, objects: Sequence[Object]) -> list[Object | str]:
        return [self._answers[1](made) for made in objects]


def upgrade(before: Object, after: Object) -> Upgrade:
    return Upgrade(CONFIG, Version("small", before), Version("large", after))


def sentences(server: Server, *asked: Upgrade) -> list[str]:
    return [sentence for sentence, _ in upgrades.outcomes(asked, server)]


def test_equal_objects_are_one_version() -> None:
    rendered = {case: {CONFIG: config(A=value)} for case, value in (("a", "1"), ("b", "2"), ("c", "1"))}
    assert [version.case for version in upgrades.versions(rendered)[CONFIG]] == ["a", "b"]


def test_every_change_of_a_field_is_asked_about_in_few_upgrades() -> None:
    forms = [config(A=a, B=b, C=c) for a, b, c in itertools.product("12", "12", "12")]
    rendered = {str(number): {CONFIG: made} for number, made in enumerate(forms)}
    asked = upgrades.chosen(upgrades.versions(rendered))
    changes = {
        (name, one.before.made["data"][name], one.after.made["data"][name])
        for one in asked
        for name in "ABC"
        if one.before.made["data"][name] != one.after.made["data"][name]
    }
    assert len(changes) == 6
    assert len(asked) == 2


def test_an_upgrade_that_makes_what_an_install_makes_is_no_news() -> None:
    assert sentences(Server(), upgrade(config(A="1"), config(A="2"))) == []


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda _: "Invalid: upgraded-0:\n  no", "ConfigMap: Helm 4: refused: Invalid: X: no"),
        (lambda made: {**made, "data": {}}, "ConfigMap: Helm 4: data.A is lost"),
        (lambda made: {**made, "data": {"A": "1"}}, "ConfigMap: Helm 4: data.A is not the new one"),
        (lambda made: {**made, "data": {"A": "2", "B": "1"}}, "ConfigMap: Helm 4: data.B stays"),
    ],
)
def test_what_an_upgrade_makes_otherwise_is_a_sentence(answer: Answer, sentence: str) -> None:
    assert sentences(Server(helm_4=answer), upgrade(config(A="1"), config(A="2"))) == [sentence]


def test_both_helms_are_asked() -> None:
    server = Server(helm_3=lambda _: "no", helm_4=lambda _: "never")
    found = sentences(server, upgrade(config(A="1"), config(A="2")))
    assert found == ["ConfigMap: Helm 3: refused: no", "ConfigMap: Helm 4: refused: never"]


def test_a_kind_that_the_server_does_not_have_is_left_out() -> None:
    unknown = {**config(A="1"), "kind": "Unknown"}
    assert sentences(Server(helm_4=lambda _: "no"), upgrade(unknown, unknown)) == []


@pytest.mark.parametrize("left", [True, False])
def test_what_is_refused_when_it_is_new_is_a_sentence_but_for_left_rules(
    left: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ci.fuzzing.left_rules.covers", lambda words: left and words == "refused")
    found = sentences(Server(helm_4=lambda _: "no"), upgrade(config(A="bad"), config(A="2")))
    assert found == ([] if left else ["ConfigMap: new: refused: refused"])


def test_what_only_one_case_has_is_deleted_or_left_behind() -> None:
    kept = CONFIG._replace(name="kept")
    rendered: dict[str, dict[Key, Object]] = {"a": {CONFIG: config(), kept: config(KEPT)}, "b": {}}
    found = {sentence: one.after.case for sentence, one in upgrades.removals(rendered)}
    assert found == {"ConfigMap: deleted": "b", "ConfigMap: left behind": "b"}


def test_each_known_change_says_what_happens() -> None:
    for change in upgrades.known():
        assert change.change
        assert change.happens
        assert change.words
