"""Secrets are replaced by digests, in objects that are kept and in streams that are printed."""

from __future__ import annotations

import base64

import pytest

from ci.kubernetes import masking
from ci.kubernetes.manifests import Key, parse

SECRET = "hunter2"
STREAM = f"""
---
apiVersion: v1
kind: Secret
metadata:
  name: api
  labels: {{helm.sh/chart: microservice-1.2.3, app: api}}
  annotations: {{checksum/config: 0a1b, note: kept}}
data: {{PASSWORD: {base64.b64encode(SECRET.encode()).decode()}, BROKEN: "%"}}
stringData: {{TOKEN: {SECRET}}}
---
{{apiVersion: v1, kind: ConfigMap, metadata: {{name: api}}, data: {{LEVEL: info}}}}
"""
CONFIG = Key("v1", "ConfigMap", "", "api")
DIGEST = "sha256:f52fbd32b2b3 (7 bytes)"


def test_secrets_are_digest_and_size_and_versions_are_set() -> None:
    secret, config = masking.masked(parse(STREAM)).values()
    assert secret["data"] == {"PASSWORD": DIGEST, "BROKEN": "sha256:bbf3f11cb5b4 (1 bytes)"}
    assert secret["stringData"] == {"TOKEN": DIGEST}
    assert secret["metadata"]["labels"] == {"helm.sh/chart": "set", "app": "api"}
    assert secret["metadata"]["annotations"] == {"checksum/config": "set", "note": "kept"}
    assert config == parse(STREAM)[CONFIG]


def test_secret_data_of_any_shape_are_masked() -> None:
    values = f"data: [{SECRET}], stringData: {{A: [{SECRET}]}}"
    stream = f"{{apiVersion: v1, kind: Secret, metadata: {{name: a}}, {values}}}"
    assert SECRET not in str(masking.masked(parse(stream)))


def test_a_stream_can_be_shown_without_its_secrets_even_if_it_cannot_be_parsed() -> None:
    secret = (
        "kind: Secret\nmetadata:\n  name: api\nstringData:\n  A: hunter2\n  B: |\n    hunter2\n\n  ]broken\n"
        "type: Opaque\ndata: {A: hunter2}"
    )
    config = "kind: ConfigMap\ndata:\n  A: shown\n"
    shown = masking.redacted(f"---\n{config}---\n{secret}\n---\n{config}")
    assert SECRET not in shown
    assert shown.count("  A: shown") == 2
    assert "  name: api\n" in shown
    assert "type: Opaque\n" in shown
    assert len(shown.splitlines()) == len(f"---\n{config}---\n{secret}\n---\n{config}".splitlines())
    assert shown != masking.redacted(f"---\n{config}---\n{secret}\n---\n{config}".replace("hunter2", "other"))


@pytest.mark.parametrize(
    "values", [f"stringData: {{KEY: {SECRET}}}", f"data: {{KEY: {SECRET}}}", f"data: [{SECRET}]"]
)
def test_a_hidden_secret_tells_neither_its_value_nor_what_is_made_of_it(values: str) -> None:
    metadata = "{name: a, annotations: {checksum/secret: abc}}"
    (secret,) = parse(f"{{apiVersion: v1, kind: Secret, metadata: {metadata}, {values}}}").values()
    shown = masking.hidden(secret)
    assert shown["metadata"] == {"name": "a", "annotations": {"checksum/secret": masking.HIDDEN}}
    assert SECRET not in str(shown)
    (data,) = (shown[field] for field in ("data", "stringData") if field in shown)
    assert data in (masking.HIDDEN, {"KEY": masking.HIDDEN})
