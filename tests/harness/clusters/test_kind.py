"""The configuration of kind clusters."""

from __future__ import annotations

import yaml

from ci.clusters import kind


def test_a_cluster_listens_on_loopback_only() -> None:
    config = yaml.safe_load(kind.config(nodes=3))
    mappings = [mapping for node in config["nodes"] for mapping in node.get("extraPortMappings", [])]
    assert len(config["nodes"]) == 3
    assert {mapping["listenAddress"] for mapping in mappings} == {"127.0.0.1"}
    assert config["networking"]["apiServerAddress"] == "127.0.0.1"
