"""Every two states of the chart's features render together to valid manifests, or a check refuses them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ci.fuzzing import pairs


def test_every_two_states_of_features_go_together_or_are_refused(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    result = pairs.check(tmp_path)
    record_property("promise", __doc__)
    record_property("observed", str(result))
    assert result.faults == []
