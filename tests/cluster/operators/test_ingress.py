"""The tests of an Ingress hold with Contour, which resets connections until there is a first Ingress."""

from __future__ import annotations

import pytest

from tests.cluster.test_ingress import (  # noqa: F401
    ingress_class,
    test_only_the_host_and_path_are_served_from_outside,
    test_the_certificate_of_a_secret_is_used_for_tls,
)

pytestmark = pytest.mark.operators("contour")
