"""HTTP with the certificates that this machine trusts, and through its proxies."""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
from typing import Any
from urllib.request import getproxies_environment

import httpx
import truststore

from ci.base.errors import UserError

CERTIFICATES = "SSL_CERT_FILE"


def client(*, ca_file: str = "", timeout: httpx.Timeout | float, **options: Any) -> httpx.Client:
    """Return a client that trusts the CA certificate in ``ca_file``; "" stands for those of the system.

    The system's are those of its own store, with SSL_CERT_FILE's added. Proxies are those of the environment:
    see ``proxy``. ``options`` are httpx.Client's. Raises UserError for a file that is not a certificate, and
    each request for a proxy whose address is invalid.
    """
    trusted = _trusted(ca_file)
    # Without trust_env, by which httpx trusts another list of CAs and reads NO_PROXY in a way of its own.
    return httpx.Client(
        transport=_Transport(trusted), verify=trusted, trust_env=False, timeout=timeout, **options
    )


def is_untrusted(error: BaseException | None) -> bool:
    """Return whether a request failed because the server's certificate is not trusted."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None


def proxy(url: httpx.URL) -> str:
    """Return the address of the proxy for a URL, "" if it is to be reached directly.

    As for curl (https://curl.se/docs/manpage.html#ENVIRONMENT): HTTP_PROXY, HTTPS_PROXY, else ALL_PROXY, in
    lower case first, unless NO_PROXY has the host, its domain, its network (10.0.0.0/8) or *. As for Go, and
    so for Helm and kubectl, HTTP_PROXY counts in capitals too, * also in a list, and this machine needs no
    proxy: https://pkg.go.dev/net/http#ProxyFromEnvironment
    """
    variables = getproxies_environment()
    if _is_direct(url.host.lower().rstrip("."), variables.get("no", "")):
        return ""
    found = variables.get(url.scheme) or variables.get("all", "")
    return found if "://" in found or not found else f"http://{found}"


def _is_direct(host: str, without: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = None
    if host == "localhost" or (address and address.is_loopback):
        return True
    for entry in filter(None, re.split(r"[\s,]+", without.lower())):
        name = entry.strip(".")
        if entry == "*" or host == name or (not address and host.endswith(f".{name}")):
            return True
        try:
            if address and address in ipaddress.ip_network(entry.strip("[]"), strict=False):
                return True
        except ValueError:
            continue
    return False


def _trusted(ca_file: str) -> ssl.SSLContext:
    added = ca_file or os.environ.get(CERTIFICATES, "")
    try:
        if ca_file:
            return ssl.create_default_context(cafile=ca_file)
        context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if added:
            context.load_verify_locations(cafile=added)
    except (OSError, ssl.SSLError) as error:
        named = "" if ca_file else f"{CERTIFICATES}: "
        raise UserError(f"{named}{added} is not a certificate: {error}") from None
    return context


class _Transport(httpx.BaseTransport):
    """Sends each request, also after a redirect, directly or through the proxy for its host."""

    def __init__(self, trusted: ssl.SSLContext) -> None:
        self._trusted = trusted
        self._ways: dict[str, httpx.HTTPTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        through = proxy(request.url)
        if through not in self._ways:
            try:
                self._ways[through] = httpx.HTTPTransport(verify=self._trusted, proxy=through or None)
            except (ValueError, httpx.InvalidURL) as error:
                raise UserError(f"a variable with the address of a proxy is invalid: {error}") from None
        return self._ways[through].handle_request(request)

    def close(self) -> None:
        for way in self._ways.values():
            way.close()
