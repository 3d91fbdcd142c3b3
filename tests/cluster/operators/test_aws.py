"""Secrets come from AWS, as moto answers for it: as whose role they are asked for, moto has recorded.

moto checks no token, signature or policy: that AWS refuses another account is not seen here.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from ci.clusters.lifecycle import Cluster
from tests.support.external_secrets import SMALL, environment, fetched, recipe
from tests.support.namespaces import CHART, Namespace, Namespaces, digest

pytestmark = pytest.mark.operators("external-secrets", "moto")

ROLE = "arn:aws:iam::123456789012:role/api"
# Where moto writes down what it is asked.
RECORDER = "http://localhost:5000/moto-api/recorder"
# The secrets have the README's names. moto keeps them.
WRITE = f"""
import boto3, urllib.request
at = dict(endpoint_url="http://localhost:5000", region_name="eu-central-1",
          aws_access_key_id="x", aws_secret_access_key="x")
manager, parameters = boto3.client("secretsmanager", **at), boto3.client("ssm", **at)
kept = {{"shop/database-url": "from-the-manager", "shop/partner": '{{"api-key": "partner-key"}}'}}
for name, text in kept.items():
    try:
        manager.create_secret(Name=name, SecretString=text)
    except manager.exceptions.ResourceExistsException:
        manager.put_secret_value(SecretId=name, SecretString=text)
parameters.put_parameter(
    Name="/shop/database-url", Value="from-the-store", Type="SecureString", Overwrite=True)
for action in ("reset-recording", "start-recording"):
    urllib.request.urlopen(urllib.request.Request("{RECORDER}/" + action, method="POST"))
"""
READ = f"""
import urllib.request
print(urllib.request.urlopen("{RECORDER}/download-recording").read().decode())
"""
STOP = f"""
import urllib.request
urllib.request.urlopen(urllib.request.Request("{RECORDER}/stop-recording", method="POST"))
"""


def in_moto(cluster: Cluster, script: str) -> str:
    place = ("--namespace=moto", "exec", "--stdin", "deploy/moto", "--", "python", "-")
    return cluster.kubectl(*place, stdin=script)


def asked_of_sts(cluster: Cluster) -> set[tuple[str, str, str]]:
    """Return what STS was asked: the action, the role, and the account whose token was shown, "" for none."""
    found = set()
    for line in filter(None, in_moto(cluster, READ).splitlines()):
        request = json.loads(line)
        body = request.get("body") or ""
        text = base64.b64decode(body).decode(errors="replace") if request.get("body_encoded") else body
        form = {name: values[0] for name, values in parse_qs(text).items()}
        if "RoleArn" in form:
            found.add((form["Action"], form["RoleArn"], subject(form.get("WebIdentityToken", ""))))
    return found


def subject(token: str) -> str:
    """Return whom a token of the cluster is about, "" without a token."""
    claims = token.split(".")[1] if token else "e30"
    read = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    return str(read.get("sub", ""))


@pytest.fixture(scope="module")
def shop(cluster: Cluster, shared_namespaces: Namespaces) -> Iterator[Namespace]:
    """The README's service, whose secrets are in Secrets Manager."""
    in_moto(cluster, WRITE)
    namespace = shared_namespaces.new("aws")
    namespace.helm().install("api", CHART, values(namespace))
    yield namespace
    in_moto(cluster, STOP)


def values(namespace: Namespace, *more: str) -> list[Path]:
    return namespace.values(recipe("provider: aws", "yaml"), SMALL, *more)


def test_secrets_of_the_secrets_manager_are_in_the_process(
    shop: Namespace, observed: Callable[[str], None]
) -> None:
    (found,) = environment(shop)
    assert found["DATABASE_URL"] == digest("from-the-manager")
    assert found["API_KEY"] == digest("partner-key")
    observed("a whole secret, and a property of another one")


def test_they_are_asked_for_in_the_role_of_the_service_account(
    shop: Namespace, cluster: Cluster, observed: Callable[[str], None]
) -> None:
    account = f"system:serviceaccount:{shop.name}:api"
    assert ("AssumeRoleWithWebIdentity", ROLE, account) in asked_of_sts(cluster)
    observed(f"STS was asked for {ROLE} with a token of the account api")


def test_parameters_of_the_parameter_store_are_asked_for_in_a_further_role(
    shop: Namespace, cluster: Cluster, observed: Callable[[str], None]
) -> None:
    reader = f"{ROLE}-{shop.name}"
    aws = {"service": "ParameterStore", "role": reader}
    external = {"aws": aws, "data": {"DATABASE_URL": "/shop/database-url", "API_KEY": None}}
    before = fetched(shop)
    shop.helm().upgrade("api", CHART, values(shop, json.dumps({"secret": {"external": external}})))
    (found,) = environment(shop)
    assert found["DATABASE_URL"] == digest("from-the-store")
    assert "API_KEY" not in found
    assert not before.keys() & fetched(shop).keys()
    assert ("AssumeRole", reader, "") in asked_of_sts(cluster)
    observed("the store of another service is another Secret, and STS was asked for aws.role after the login")
