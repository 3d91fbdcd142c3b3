"""YAML is read as Kubernetes reads it; what is expected here is what sigs.k8s.io/yaml v1.6.0 made of it."""

from __future__ import annotations

import pytest

from ci.base.errors import UserError
from ci.base.kubernetes_yaml import dump, load, load_all, without_block_scalars

READ_AS: dict[str, object] = {
    **dict.fromkeys(("y", "Y", "yes", "On", "TRUE"), True),
    **dict.fromkeys(("n", "N", "No", "off", "False"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **{text: text for text in ("oN", "tRUE", "nULL", "nan", "=", "1.2.3", "100m", ".", "+", "0x", "1e")},
    **{text: text for text in ("1:30", "1:30:00", "190:20:30.15", "2001-01-01", "2001-12-14t21:59:43Z")},
    **{text: text for text in ("1e400", "0x1p-2", "0xFFFFFFFFFFFFFFFFFF", "'8080'", '"on"')},
    **{"0644": 420, "0o644": 420, "0O17": 15, "007": 7, "0_7": 7, "-012": -10, "00": 0, "08": 8},
    **{"0x1F": 31, "+0X1f": 31, "0b101": 5, "-0b11": -3, "0123456789": 123456789},
    **{"1_000": 1000, "1__0": 10, "1_": 1, "+5": 5, "-0": 0, "99999999999999999999": 10**20},
    **{"18446744073709551615": 2**64 - 1, "-9223372036854775808": -(2**63)},
    **{"1.0": 1, "1.": 1, "-0.0": 0, "1e3": 1000, "1e+06": 1000000, "12e03": 12000, "1e20": 10**20},
    **{"1.10": 1.1, ".5": 0.5, "-.5": -0.5, ".5_5": 0.55, "09.5": 9.5, "1_000.5": 1000.5, "1e-7": 1e-7},
    **{"1e21": 1e21, "!!str 1": "1", '!!int "1"': 1, "!!float 1": 1},
}


@pytest.mark.parametrize(("text", "value"), READ_AS.items(), ids=str)
def test_a_scalar_is_read_as_kubernetes_reads_it(text: str, value: object) -> None:
    expected = value.strip("'\"") if isinstance(value, str) else value
    read = load(f"key: {text}\n", "here")["key"]
    assert (type(read), read) == (type(expected), expected)


def test_keys_are_text() -> None:
    assert load("{on: 1, 8080: 2, 0x10: 3, 1.5: 4, 2001-01-01: 5}", "here") == {
        "true": 1,
        "8080": 2,
        "16": 3,
        "1.5": 4,
        "2001-01-01": 5,
    }


def test_what_merges_mappings_as_a_key_is_text_as_a_value() -> None:
    assert load("a: <<\nb: [<<]\n", "a test") == {"a": "<<", "b": ["<<"]}


def test_a_merged_mapping_gives_way_to_what_is_written() -> None:
    text = "x-base: &base {a: 1, b: 2}\nc: {<<: *base, b: 3}\nd: {<<: *base, b: 4}\n"
    assert load(text, "here") == {"x-base": {"a": 1, "b": 2}, "c": {"a": 1, "b": 3}, "d": {"a": 1, "b": 4}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a:\n- b: 1\n  b: 2\n", "here, line 3, column 3: duplicate key 'b'"),
        ("8080: a\n'8080': b\n", "here, line 2, column 1: duplicate key '8080'"),
        ("a:\n  ~: 1\n", "here, line 2, column 3: a mapping has a null key; quote it if a string is meant"),
        ("a: -.inf\n", "here, line 1, column 4: -.inf is not a number in JSON or Kubernetes"),
        ("a: b: c\n", "here, line 1, column 5: mapping values are not allowed in this context"),
        ("a: *b\n", "here, line 1, column 4: found undefined alias"),
        ("a: \x07\n", "here: unacceptable character #x0007: control characters are not allowed"),
    ],
    ids=["a key twice", "a key twice, quoted", "a null key", "infinity", "syntax", "an alias", "a bell"],
)
def test_what_kubernetes_cannot_read_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(UserError) as refused:
        load_all(text, "here")
    assert str(refused.value).startswith(message)


def test_the_template_that_rendered_the_fault_is_named() -> None:
    with pytest.raises(UserError, match=r"line 4, column 1 \(demo/templates/b\.yaml\): duplicate key 'a'"):
        load_all("# Source: demo/templates/a.yaml\n# Source: demo/templates/b.yaml\na: 1\na: 2\n", "here")


def test_an_error_repeats_no_line_which_may_hold_a_secret() -> None:
    with pytest.raises(UserError) as refused:
        load("password: hunter2: x\n", "here")
    assert "hunter2" not in str(refused.value)


def test_one_document_is_asked_for_and_two_are_refused() -> None:
    assert load("", "here") is None
    with pytest.raises(UserError, match=r"^here: expected one YAML document, got 2"):
        load("a: 1\n---\nb: 2\n", "here")


TEXTS = [
    *READ_AS,
    *(
        "a\n",
        "a\n\n",
        "\n",
        " a",
        "a ",
        "a \nb",
        "a\tb",
        "\ta",
        "- a",
        "a: b",
        "a #b",
        "#a",
        "{a}",
        "*a",
        "&a",
        "!a",
    ),
    *(
        "|",
        ">",
        "%",
        "@",
        "`",
        "'",
        '"',
        "\\",
        "<<",
        "---",
        "...",
        "?",
        "\x00",
        "\x85",
        "\u2028",
        "ü€😀",
        "word " * 99,
    ),
]


@pytest.mark.parametrize("text", TEXTS, ids=repr)
def test_text_that_is_written_is_read_back_as_the_same(text: str) -> None:
    document = {"value": text, text: [text, {text: None}]}
    assert load_all(dump([document, text]), "here") == [document, text]


@pytest.mark.parametrize(
    "value", [None, True, False, 0, -(2**63), 2**64 - 1, 0.1, -2.5e-7, 1e21, 1.7e308, [], {}]
)
def test_what_is_no_text_is_read_back_as_the_same(value: object) -> None:
    assert load_all(dump([{"value": value}]), "here") == [{"value": value}]


def test_what_is_written_is_pleasant_to_read() -> None:
    lines = {
        "text": "one\n  two\n",
        "long": "word " * 50 + "end",
        "list": ["a", {"b": 1}],
        "quoted": ["on", "0o7"],
    }
    assert dump([lines]) == (
        f"---\ntext: |\n  one\n    two\nlong: {lines['long']}\nlist:\n- a\n- b: 1\nquoted:\n- 'on'\n- '0o7'\n"
    )


def test_the_lines_of_block_scalars_can_be_left_out() -> None:
    text = "a: |\n  x\t\n\n\n  y \n\nb: 'c'\nd: >-\n  z\ne: |+\n  x\n\nf: |\n\ng: h\n"
    assert without_block_scalars(text) == "a: |\n.\n.\n.\n.\n\nb: 'c'\nd: >-\n.\ne: |+\n.\n.\nf: |\n\ng: h\n"
