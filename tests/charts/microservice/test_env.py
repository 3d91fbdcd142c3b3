"""Environment variables: what the process finds, and in which order Kubernetes fills them in."""

from __future__ import annotations

from ci.kubernetes.manifests import Object
from tests.support.rendering import CaseRenderer, ChartRenderer, Rendered, with_both_engines


def test_strings_stay_the_same_strings(render_case: CaseRenderer) -> None:
    env = render_case("env").env
    assert {name: env[name] for name in ("EMPTY", "SWITCH", "RATIO", "QUOTED", "LINES")} == {
        "EMPTY": "",
        "SWITCH": "yes",
        "RATIO": "1.10",
        "QUOTED": 'a "quoted" # text: with {{ braces }}',
        "LINES": "first\n  second\n",
    }


@with_both_engines
def test_a_whole_number_becomes_its_digits_from_a_file_and_from_the_command_line(
    engine: int, render_chart: ChartRenderer
) -> None:
    numbers = {"PORT": 8080, "ZERO": 0, "NEGATIVE": -1, "MILLION": 1000000, "LARGEST": 9007199254740991}
    in_file = ", ".join(f"{name}: {number}" for name, number in numbers.items())
    rendered = render_chart(
        f"{{env: {{{in_file}}}, config: {{data: {{{in_file}}}}}}}",
        set_values=[f"env.SET_{name}={number}" for name, number in numbers.items()],
        engine=engine,
    )
    digits = {name: str(number) for name, number in numbers.items()}
    assert rendered.all("ConfigMap")["api-config"]["data"] == digits
    assert rendered.env == digits | {f"SET_{name}": text for name, text in digits.items()}


def test_a_value_can_come_from_another_object(render_case: CaseRenderer) -> None:
    env = render_case("env").env
    assert env["POD_NAMESPACE"] == {"fieldRef": {"fieldPath": "metadata.namespace"}}
    assert env["CPU_LIMIT"] == {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1m"}}
    assert env["DATABASE_URL"] == {"secretKeyRef": {"name": "database", "key": "url", "optional": True}}
    assert env["COLOUR"] == {"configMapKeyRef": {"name": "theme", "key": "colour"}}


def test_another_values_file_can_replace_a_value_by_a_source(render_chart: ChartRenderer) -> None:
    rendered = render_chart(
        "env: {A: text, B: {secretKeyRef: {name: s, key: k}}, C: {secretKeyRef: {name: s, key: k}}}",
        "env: {A: {secretKeyRef: {name: s, key: k}}, B: text, "
        "C: {secretKeyRef: null, configMapKeyRef: {name: c, key: k}}}",
    )
    assert rendered.env == {
        "A": {"secretKeyRef": {"name": "s", "key": "k"}},
        "B": "text",
        "C": {"configMapKeyRef": {"name": "c", "key": "k"}},
    }


def test_a_variable_follows_those_it_refers_to(render_case: CaseRenderer) -> None:
    order = list(render_case("env").env)
    assert order.index("POD_NAMESPACE") < order.index("Z_HOST") < order.index("A_URL")
    assert order.index("PORT") < order.index("A_URL")


REFERENCES = """
env:
  ESCAPED_A: $$(ESCAPED_B)
  ESCAPED_B: $$(ESCAPED_A)
  ESCAPED_THEN_NOT: $$$(NOT)
  NOT: x
  ELSEWHERE: $(FROM_ELSEWHERE)
  UNFINISHED: $(
  DOLLAR: $
""" + "".join(f"  CHAIN_{number:02}: $(CHAIN_{number + 1:02})\n" for number in range(30))


def test_variables_without_references_are_sorted_by_name(render_chart: ChartRenderer) -> None:
    order = [name for name in render_chart(REFERENCES).env if not name.startswith("CHAIN_")]
    assert order[:-1] == sorted(set(order) - {"ESCAPED_THEN_NOT"})


def test_a_variable_may_refer_to_the_images_variable_of_its_own_name(render_case: CaseRenderer) -> None:
    assert render_case("env").env["PATH"] == "/app/bin:$(PATH)"


def test_an_escaped_reference_is_no_reference(render_chart: ChartRenderer) -> None:
    order = list(render_chart(REFERENCES).env)
    assert order.index("ESCAPED_A") < order.index("ESCAPED_B")
    assert order.index("NOT") < order.index("ESCAPED_THEN_NOT")


def test_a_reference_to_what_is_not_there_is_left_alone(render_chart: ChartRenderer) -> None:
    env = render_chart(REFERENCES).env
    assert [env[name] for name in ("ELSEWHERE", "UNFINISHED", "DOLLAR")] == ["$(FROM_ELSEWHERE)", "$(", "$"]


def test_a_long_chain_of_references_is_put_in_order(render_chart: ChartRenderer) -> None:
    chain = [name for name in render_chart(REFERENCES).env if name.startswith("CHAIN_")]
    assert chain == [f"CHAIN_{number:02}" for number in reversed(range(30))]


def test_env_from_is_rendered_as_written(render_case: CaseRenderer) -> None:
    assert render_case("env").container["envFrom"] == [
        {"prefix": "SHARED_", "configMapRef": {"name": "shared"}},
        {"secretRef": {"name": "shared", "optional": True}},
    ]


def side(rendered: Rendered, kind: str, name: str) -> Object:
    """An init or extra container."""
    found: Object
    (found,) = (each for each in rendered.pod[kind] if each["name"] == name)
    return found


def test_another_container_can_have_the_main_containers_variables(render_case: CaseRenderer) -> None:
    rendered = render_case("inherited-env")
    found = side(rendered, "containers", "side")
    assert found["env"] == rendered.container["env"]
    assert found["envFrom"] == rendered.container["envFrom"]
    assert rendered.container["envFrom"][0]["configMapRef"]["name"] in rendered.all("ConfigMap")
    assert "inheritEnv" not in found


def test_its_own_variables_come_over_them_each_after_those_it_refers_to(render_case: CaseRenderer) -> None:
    rendered = render_case("inherited-env")
    found = side(rendered, "initContainers", "fill")
    assert {entry["name"]: entry.get("value") for entry in found["env"]} == {
        "MODE": "fill",
        "POD_IP": None,
        "PORT": "8000",
        "HOST": "$(POD_IP)",
        "URL": "http://$(HOST)/",
    }
    names = [entry["name"] for entry in found["env"]]
    assert names.index("POD_IP") < names.index("HOST") < names.index("URL")
    assert found["envFrom"] == [*rendered.container["envFrom"], {"secretRef": {"name": "tools"}}]


def test_a_container_has_its_own_variables_alone_unless_it_asks(render_case: CaseRenderer) -> None:
    found = side(render_case("inherited-env"), "initContainers", "wait")
    assert found["env"] == [{"name": "HOST", "value": "db"}]
    assert "envFrom" not in found


def test_what_is_inherited_does_not_depend_on_the_releases_name(render_chart: ChartRenderer) -> None:
    values = """
        config: {data: {A: b}}
        extraContainers: [{name: side, image: "a:1", inheritEnv: true}]
    """
    for release in ("api", "shop"):
        rendered = render_chart(values, release=release)
        found = side(rendered, "containers", "side")
        assert found["envFrom"] == [{"configMapRef": {"name": f"{release}-config"}}]
        assert "env" not in found
