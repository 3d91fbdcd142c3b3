"""Objects of the user's own: maps as they are, texts as templates."""

from __future__ import annotations

import pytest

from tests.support.rendering import CaseRenderer, ChartRenderer, with_both_engines


def test_a_map_is_rendered_as_written_whatever_its_strings_look_like(render_case: CaseRenderer) -> None:
    greetings = render_case("extra-objects").all("ConfigMap")["greetings"]
    assert greetings["metadata"] == {"name": "greetings", "namespace": "elsewhere"}
    assert greetings["data"] == {"greeting": "{{ .not a template }}", "empty": ""}


def test_a_number_of_a_map_stays_a_whole_number(render_case: CaseRenderer) -> None:
    assert "\nvalue: 1000000\n" in render_case("extra-objects").stream


def test_an_object_without_a_namespace_gets_none_since_it_may_be_cluster_scoped(
    render_case: CaseRenderer,
) -> None:
    assert "namespace" not in render_case("extra-objects").one("PriorityClass")["metadata"]


def test_a_string_is_a_template_that_can_use_name_and_labels(render_case: CaseRenderer) -> None:
    rendered = render_case("extra-objects")
    peers = rendered.all("Service")["extra-objects-peers"]
    assert peers["metadata"]["labels"] == rendered.one("Deployment")["metadata"]["labels"]
    assert peers["spec"]["selector"] == rendered.deployment["selector"]["matchLabels"]


def test_a_string_can_be_several_objects_or_none(render_case: CaseRenderer) -> None:
    colours = render_case("extra-objects").all("ConfigMap")
    assert colours.keys() == {"greetings", "extra-objects-red", "extra-objects-green"}
    assert colours["extra-objects-red"]["data"] == {"image": "myrepo/api"}


def test_a_null_in_a_map_is_left_out(render_chart: ChartRenderer) -> None:
    rendered = render_chart(
        "extraObjects: [{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {b: null, c: d}}]"
    )
    assert rendered.one("ConfigMap")["data"] == {"c": "d"}


@with_both_engines
@pytest.mark.parametrize("objects", ["[]", "null"])
def test_there_is_no_extra_object_by_default(
    objects: str, engine: int, render_chart: ChartRenderer, render_case: CaseRenderer
) -> None:
    rendered = render_chart(f"extraObjects: {objects}", engine=engine)
    kinds = {key.kind for key in render_case("defaults", engine=engine).objects}
    assert {key.kind for key in rendered.objects} == kinds


def test_what_is_no_object_is_refused(render_chart: ChartRenderer) -> None:
    refused = str(render_chart.refused("extraObjects: [{kind: ConfigMap, data: {}}]"))
    assert "at '/extraObjects/0': missing properties 'apiVersion', 'metadata'" in refused
