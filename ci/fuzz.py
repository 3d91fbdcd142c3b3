"""Tests the charts with generated values, without a cluster or against an API server."""

from __future__ import annotations

import functools

from ci.base.errors import UserError
from ci.clusters import api_server, testbed
from ci.fuzzing import fuzz, left_rules
from ci.fuzzing.posted import Posted


def run(minutes: float, seed: int, wanted: testbed.Wanted | None) -> None:
    """Try values for that many minutes as ``fuzz.run`` does, in the ``wanted`` cluster if there is one.

    With a cluster, only the chart of ``left_rules`` is tested.
    Raises UserError with the first faulty values, and where the cluster is not possible.
    """
    if wanted is None:
        fuzz.run(minutes, seed)
        return
    found: UserError | None = None
    with testbed.bare(wanted) as cluster, api_server.connected(cluster.kubectl) as server:
        try:
            fuzz.run(minutes, seed, [functools.partial(Posted, server=server)], left_rules.CHART)
        except UserError as error:
            # No failure of the cluster, whose logs would be collected.
            found = error
    if found:
        raise found
