"""What may be published, where to, and that all of it is or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci.base.errors import UserError
from ci.publishing import publish
from tests.support.git_repository import GitRepository
from tests.support.publishers import Helm, Key, Shop


def run(to: str, *, key: str = "", ca_file: str = "") -> None:
    publish.run(to, dry_run=False, key=key, cosign_key="", ca_file=ca_file, plain_http=False)


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("", "--to : expected a folder, oci://REGISTRY/PATH or https://REPOSITORY"),
        (
            "s3://bucket",
            "--to s3://bucket: expected a folder, oci://REGISTRY/PATH or https://REPOSITORY",
        ),
        (
            "oci://ghcr.io/Owner/Charts",
            "--to oci://ghcr.io/Owner/Charts: a path in a registry has no capital letters: "
            "oci://ghcr.io/owner/charts",
        ),
        ("oci://", "--to oci://: expected oci://REGISTRY/PATH; PATH has lower-case letters and digits"),
        ("oci://host/a//b", "--to oci://host/a//b: expected oci://REGISTRY/PATH"),
        ("oci://host/charts:1.2.3", "--to oci://host/charts:1.2.3: expected oci://REGISTRY/PATH"),
        ("oci://host/charts?x=1", "--to oci://host/charts?x=1: expected oci://REGISTRY/PATH"),
        ("oci:/host/charts", "--to oci:/host/charts: expected a folder, oci://REGISTRY/PATH or https://"),
        ("OCI://host/charts", "--to OCI://host/charts: expected a folder, oci://REGISTRY/PATH or https://"),
        ("https:/host", "--to https:/host: expected a folder, oci://REGISTRY/PATH or https://REPOSITORY"),
        ("~nobody-here/site", "--to ~nobody-here/site: there is no such home folder: write the whole path"),
        ("file:///site", "--to file:///site: expected a folder, oci://REGISTRY/PATH or https://REPOSITORY"),
        (
            "ghcr.io/owner/charts",
            "--to ghcr.io/owner/charts: for a registry write oci://ghcr.io/owner/charts, "
            "for a folder ./ghcr.io/owner/charts",
        ),
        ("localhost:5000", "--to localhost:5000: for a registry write oci://localhost:5000, for a folder ./"),
        ("localhost/charts", "--to localhost/charts: for a registry write oci://localhost/charts"),
        ("oci://me:secret@host/charts", "--to oci://...@...: do not pass credentials on the command line"),
        ("https://me:secret@host", "--to https://...@...: do not pass credentials on the command line"),
    ],
)
def test_a_wrong_destination_is_refused_before_anything_is_done(to: str, message: str) -> None:
    with pytest.raises(UserError) as refused:
        run(to)
    assert str(refused.value).startswith(message)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("to", ["charts.d", "./example.com/charts", "deep/charts.d", "../site.d"])
def test_a_folder_may_be_named_like_a_host(to: str, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.version("1.2.3")
    here = shop.root / "here"
    (here / "charts.d").mkdir(parents=True)
    monkeypatch.chdir(here)
    run(to)
    assert (here / to / "index.yaml").exists()


def test_a_certificate_that_is_not_there_is_named() -> None:
    with pytest.raises(UserError, match=r"--ca-file no\.pem: no such file"):
        run("oci://host/charts", ca_file="no.pem")


def test_what_cannot_be_reproduced_is_not_published(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.version("1.2.3")
    clone = GitRepository(shop.root)
    clone.git("commit", "--quiet", "--allow-empty", "--message", "Begin")
    with pytest.raises(UserError, match="charts/ has uncommitted changes: commit or remove them"):
        run(str(tmp_path / "site"))
    assert not (tmp_path / "site").exists()


def test_a_signature_lies_beside_its_package(consumer: Helm, shop: Shop, key: Key, tmp_path: Path) -> None:
    package = shop.version("1.2.3")
    run(str(tmp_path / "site"), key=key.name)
    consumer("verify", "--keyring", str(key.ring), str(tmp_path / "site" / package.path.name))


def test_what_is_published_can_be_signed_later_and_keeps_its_signature(
    shop: Shop, key: Key, tmp_path: Path
) -> None:
    package = shop.version("1.2.3")
    run(str(tmp_path / "site"))
    before = (tmp_path / "site" / "index.yaml").read_bytes()
    run(str(tmp_path / "site"), key=key.name)
    signed = (tmp_path / "site" / package.provenance.name).read_bytes()
    run(str(tmp_path / "site"), key=key.name)
    assert (tmp_path / "site" / package.provenance.name).read_bytes() == signed
    assert (tmp_path / "site" / "index.yaml").read_bytes() == before


def test_nothing_is_published_where_it_cannot_be_signed(shop: Shop, key: Key, tmp_path: Path) -> None:
    shop.version("1.2.3")
    with pytest.raises(UserError, match=r"signing .*: gpg failed"):
        run(str(tmp_path / "site"), key="nobody@example.com")
    assert not (tmp_path / "site").exists()
