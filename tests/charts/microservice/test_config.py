"""Settings: as variables and as files, secret and not, made by the chart and made elsewhere."""

from __future__ import annotations

from base64 import b64decode, b64encode, encodebytes
from pathlib import Path

import pytest

from ci.charts.batch import json_text
from ci.charts.helm import HelmError
from tests.support.rendering import CaseRenderer, ChartRenderer, with_both_engines


def test_settings_become_variables_through_a_config_map(render_case: CaseRenderer) -> None:
    rendered = render_case("config")
    assert rendered.all("ConfigMap")["config-config"]["data"] == {
        "LOG_LEVEL": "info",
        "WORKERS": "4",
        "FEATURE_FLAGS": "new_dashboard=true",
    }
    assert {"configMapRef": {"name": "config-config"}} in rendered.container["envFrom"]


def test_secret_settings_become_variables_through_a_secret(render_case: CaseRenderer) -> None:
    rendered = render_case("config")
    secret = rendered.all("Secret")["config-secrets"]
    assert secret["type"] == "Opaque"
    assert {key: b64decode(value) for key, value in secret["data"].items()} == {
        "JWT_SECRET": b"not-a-real-one"
    }
    assert {"secretRef": {"name": "config-secrets"}} in rendered.container["envFrom"]


def test_existing_settings_override_the_charts_own_and_secrets_override_config(
    render_case: CaseRenderer,
) -> None:
    assert render_case("config").container["envFrom"] == [
        {"configMapRef": {"name": "config-config"}},
        {"configMapRef": {"name": "shared-settings"}},
        {"secretRef": {"name": "config-secrets"}},
        {"secretRef": {"name": "api-database-credentials"}},
        {"secretRef": {"name": "shared-credentials"}},
    ]


DEFAULTS = """
config: {data: {A: a}, files: {a: a}}
secret: {existing: [credentials], files: {b: b}}
envFrom: [{configMapRef: {name: overrides}}]
"""


def test_env_from_overrides_all_settings(render_chart: ChartRenderer) -> None:
    rendered = render_chart(DEFAULTS)
    assert rendered.container["envFrom"] == [
        {"configMapRef": {"name": "api-config"}},
        {"secretRef": {"name": "credentials"}},
        {"configMapRef": {"name": "overrides"}},
    ]


def test_existing_settings_alone_make_no_object(render_case: CaseRenderer) -> None:
    rendered = render_case("config-unmounted")
    assert rendered.container["envFrom"] == [
        {"configMapRef": {"name": "settings"}},
        {"secretRef": {"name": "credentials"}},
    ]
    assert rendered.all("Secret") == {}


def test_files_are_mounted_at_the_path_that_is_given(render_case: CaseRenderer) -> None:
    rendered = render_case("config")
    assert rendered.all("ConfigMap")["config-files"]["data"] == {
        "app.toml": 'workers = 4\nname = "api"\n',
        "empty": "",
    }
    mounts = {mount["name"]: mount for mount in rendered.container["volumeMounts"]}
    assert mounts["config"] == {"name": "config", "mountPath": "/app/config", "readOnly": True}


def test_files_are_mounted_in_etc_by_default(render_chart: ChartRenderer) -> None:
    places = {mount["name"]: mount["mountPath"] for mount in render_chart(DEFAULTS).container["volumeMounts"]}
    assert places == {"config": "/etc/config", "secret": "/etc/secrets", "tmp": "/tmp"}  # noqa: S108


def test_secret_files_come_from_a_secret(render_case: CaseRenderer) -> None:
    rendered = render_case("config")
    data = rendered.all("Secret")["config-secret-files"]["data"]
    assert b64decode(data["key.pem"]).startswith(b"-----BEGIN KEY-----\n")
    (volume,) = [volume for volume in rendered.pod["volumes"] if volume["name"] == "secret"]
    assert volume["secret"]["secretName"] == "config-secret-files"


def test_a_secret_can_have_a_type_and_a_config_map_none(render_case: CaseRenderer) -> None:
    rendered = render_case("secret-files")
    assert rendered.one("Secret")["type"] == "kubernetes.io/ssh-auth"
    assert render_case("config").all("Secret")["config-secret-files"]["type"] == "Opaque"


@pytest.mark.parametrize(
    ("type_", "settings"),
    [
        ("example.com/own", "data: {A: b}"),
        ("kubernetes.io/basic-auth", "data: {password: b}"),
        ("kubernetes.io/ssh-auth", "files: {ssh-privatekey: b}"),
        ("kubernetes.io/dockerconfigjson", "files: {.dockerconfigjson: '{}'}"),
        ("kubernetes.io/dockerconfigjson", "binaryFiles: {.dockerconfigjson: e30=}"),
        (
            "kubernetes.io/service-account-token",
            "data: {A: b}, annotations: {kubernetes.io/service-account.name: a}",
        ),
    ],
)
def test_a_secret_of_a_type_is_accepted_with_what_the_type_needs(
    type_: str, settings: str, render_chart: ChartRenderer
) -> None:
    rendered = render_chart(f"secret: {{type: {type_}, {settings}}}")
    assert rendered.one("Secret")["type"] == type_


def test_a_versioned_secret_of_another_type_has_another_name(render_chart: ChartRenderer) -> None:
    (first,) = render_chart("secret: {data: {password: a}, versioned: true}").all("Secret")
    other = "secret: {data: {password: a}, versioned: true, type: kubernetes.io/basic-auth}"
    assert first not in render_chart(other).all("Secret")


def test_files_that_only_another_container_reads_are_declared_and_not_mounted(
    render_case: CaseRenderer,
) -> None:
    rendered = render_case("config-unmounted")
    assert {"name": "config", "configMap": {"name": "config-unmounted-files"}} in rendered.pod["volumes"]
    assert [mount["name"] for mount in rendered.container["volumeMounts"]] == ["tmp"]


# A keystore's first bytes, a NUL, a line break, and every other byte.
BYTES = bytes.fromhex("feedfeed000a") + bytes(range(256))


@pytest.mark.parametrize("wrapped", [False, True], ids=["one line", "as base64 prints it"])
@with_both_engines
def test_the_bytes_of_a_binary_file_arrive(engine: int, wrapped: bool, render_chart: ChartRenderer) -> None:
    text = (encodebytes(BYTES) if wrapped else b64encode(BYTES)).decode()
    binary = {"keystore.jks": text, "empty": ""}
    rendered = render_chart(
        json_text({"config": {"binaryFiles": binary}, "secret": {"binaryFiles": binary}}), engine=engine
    )
    (made,) = rendered.all("ConfigMap").values()
    (secret,) = rendered.all("Secret").values()
    assert "data" not in made
    for found in (made["binaryData"], secret["data"]):
        assert {name: b64decode(text, validate=True) for name, text in found.items()} == {
            "keystore.jks": BYTES,
            "empty": b"",
        }
    assert {volume["name"] for volume in rendered.pod["volumes"]} == {"config", "secret", "tmp"}


@with_both_engines
def test_a_binary_file_is_read_from_a_file_of_base64(
    engine: int, tmp_path: Path, render_chart: ChartRenderer
) -> None:
    (tmp_path / "keystore.base64").write_bytes(encodebytes(BYTES))
    key = r"secret.binaryFiles.keystore\.jks"
    rendered = render_chart(extra=["--set-file", f"{key}={tmp_path}/keystore.base64"], engine=engine)
    assert b64decode(rendered.one("Secret")["data"]["keystore.jks"], validate=True) == BYTES


@with_both_engines
def test_bytes_that_are_no_text_are_refused_among_the_files(
    engine: int, tmp_path: Path, render_chart: ChartRenderer
) -> None:
    (tmp_path / "keystore.jks").write_bytes(BYTES)
    key = r"secret.files.keystore\.jks"
    with pytest.raises(HelmError) as refused:
        render_chart(extra=["--set-file", f"{key}={tmp_path}/keystore.jks"], engine=engine)
    assert 'secret.files["keystore.jks"] is not UTF-8' in str(refused.value)


def test_text_and_binary_files_share_an_object(render_chart: ChartRenderer) -> None:
    rendered = render_chart("config: {files: {a: a}, binaryFiles: {b: Yg==}}")
    made = rendered.all("ConfigMap")["api-files"]
    assert (made["data"], made["binaryData"]) == ({"a": "a"}, {"b": "Yg=="})


def test_a_binary_file_rolls_the_pods_and_its_line_breaks_do_not(render_chart: ChartRenderer) -> None:
    def checksums(text: str) -> object:
        values = {"config": {"binaryFiles": {"a": text}}, "secret": {"binaryFiles": {"a": text}}}
        return render_chart(json_text(values)).pod_metadata["annotations"]

    assert checksums("YWFh") != checksums("YWFi")
    assert checksums("YWFh") == checksums("YW\nFh\n")


def test_no_settings_make_no_object(render_case: CaseRenderer) -> None:
    rendered = render_case("defaults")
    assert not rendered.all("ConfigMap") | rendered.all("Secret")
