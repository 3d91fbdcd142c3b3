"""The experiment that needs an API server: what a chart accepts, that must not refuse."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from ci.charts import helm
from ci.charts.batch import Batch
from ci.charts.catalog import Chart
from ci.fuzzing import generator, left_rules, variations
from ci.kubernetes import fields, manifests
from ci.kubernetes.manifests import Object
from ci.kubernetes.versions import NEWEST, SUPPORTED
from ci.kubernetes.workloads import dig
from ci.values import schema as values_schema

Values = dict[str, Any]

# An API server answers several requests at once.
_REQUESTS = 8
_KEPT = 1000


class Server(Protocol):
    """What can be asked whether it accepts an object, such as ci.clusters.api_server.ApiServer."""

    @property
    def version(self) -> str:
        """Its Kubernetes version, such as "1.34"."""

    def refusals(self, one: Object) -> list[str]:
        """Return why it refuses an object, a sentence for each field."""


class Posted:
    """Values that a chart accepts: an API server refuses none of the objects, but for ``left_rules``.

    ``count`` is the number of the values whose objects it was asked about.
    """

    def __init__(self, chart: Chart, folder: Path, server: Server) -> None:
        self.chart = chart
        self.count = 0
        # Most objects of one render are those of another.
        self._ask = functools.lru_cache(_KEPT)(lambda text: tuple(server.refusals(json.loads(text))))
        self._version = server.version if server.version in SUPPORTED else NEWEST
        schema = json.loads((chart.path / "values.schema.json").read_text(encoding="utf-8"))
        self._validator = values_schema.validator(schema)
        self.strategy = variations.varied(schema, generator.values(schema, generator.targets(schema)))
        self._batch = Batch(chart.path, folder)

    def accepts(self, values: Values) -> bool:
        """Return whether the values are valid."""
        return self._validator.is_valid(values)

    def judge(self, values: Sequence[Values]) -> list[list[str]]:
        """Return the refusals of each of the values that no rule in ``left_rules`` covers."""
        return [
            [sentence for sentence in refusals if not left_rules.covers(sentence)]
            for refusals in self.refusals(values)
        ]

    def refusals(self, values: Sequence[Values]) -> list[list[str]]:
        """Return the refusals of each of the values, each with the part of the object that is refused.

        There are none where the chart refuses the values.
        """
        named = {f"part{number}": each for number, each in enumerate(values)}
        outcomes = self._batch.render(named, helm.ENGINES[-1])
        with ThreadPoolExecutor(_REQUESTS) as pool:
            return list(pool.map(lambda name: self._refusals(name, outcomes[name].stream), named))

    def _refusals(self, name: str, stream: str) -> list[str]:
        # As those of one release, lest equal objects differ by its name.
        objects = manifests.parse(re.sub(rf"\b{name}\b", "part", stream)).values()
        self.count += bool(objects)
        return [
            f"{one['kind']} {one['metadata']['name']}: {sentence}: {_part(one, sentence)}"
            for each in objects
            if (one := fields.known(each, self._version))
            for sentence in self._ask(json.dumps(one))
        ]


def _part(one: Object, sentence: str) -> str:
    """Return the part of an object in which the field is that a sentence begins with, or all of it."""
    part: Any = one
    for key, index in re.findall(r"(\w+)|\[(\d+)\]", sentence.partition(":")[0]):
        below = dig(part, key) if key else part[int(index)]
        if not isinstance(below, dict | list):
            break
        part = below
    return json.dumps(part, ensure_ascii=False)
