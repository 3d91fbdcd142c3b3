"""Values that cannot work are refused before anything changes: all problems at once, with what to write."""

from __future__ import annotations

import base64
import functools
import itertools
from pathlib import Path

import pytest

from ci.charts import catalog
from ci.charts.batch import json_text
from ci.charts.values_file import read_values
from tests.support.messages import messages_of
from tests.support.problems import Refusals, Row, table
from tests.support.rendering import NEWEST_ENGINE, ChartRenderer, with_both_engines

ROWS = table(Path(__file__).parent / "data" / "problems.yaml")


@pytest.fixture(scope="module")
def refusals(render_chart: ChartRenderer, tmp_path_factory: pytest.TempPathFactory) -> Refusals:
    (image,) = catalog.find_case("defaults").values
    base = {**read_values(image), "nameOverride": "api", "fullnameOverride": "api"}
    return Refusals(ROWS, render_chart, tmp_path_factory.mktemp("refusals"), base)


@with_both_engines
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_problem_is_named_and_nothing_else(row: Row, engine: int, refusals: Refusals) -> None:
    assert refusals(row, engine) == row.problems


# One of each check, none with a key of another.
TOGETHER = (
    "an image without a tag",
    "pull secrets without a name",
    "a release's name that no Service can have",
    "a label of the pods that would change what selects them",
    "a common label that would change what selects the pods",
    "a rolling update that may neither add a pod nor remove one",
    "a disruption budget that lets no pod go",
    "variables that refer to each other in a circle",
    "a further port without a name",
    "a probe without a handler",
    "a lifecycle handler with a port that is not the container's",
    "a drain longer than the grace period",
    "no DNS at all",
    "a request above its limit",
    "a root user that the security standard rules out",
    "rights for no account",
    "a volume of nothing at all",
    "a container of the main container's name",
    "two spread constraints of one topology",
    "an Ingress without a host",
    "a route without a Gateway",
    "a range of ports that runs backwards",
    "an autoscaler without a metric",
    "a label of the Deployment that the chart sets",
    "neither secrets to fetch nor a store",
    "a migration without a command",
    "a job without a schedule",
    "rules that do not exist",
)


@with_both_engines
def test_problems_of_all_checks_come_in_one_report_in_the_order_of_the_table(
    engine: int, render_chart: ChartRenderer
) -> None:
    rows = [row for row in ROWS if row.name in TOGETHER]
    assert len(rows) == len(TOGETHER)
    values: dict[str, object] = {"nameOverride": "api"}
    for row in reversed(rows):
        assert not values.keys() & row.values.keys(), row
        values |= row.values
    problems = [problem for row in rows for problem in row.problems]
    assert render_chart.problems(json_text(values), engine=engine, release="1.api") == problems


def test_every_message_is_said_of_a_row_above(render_chart: ChartRenderer) -> None:
    written = messages_of(render_chart.path)
    assert len(written) > 10
    said = [
        *itertools.chain(*(row.problems for row in ROWS)),
        *blocks_taken_away(render_chart),
        *too_large(render_chart),
    ]
    for message in written:
        assert any(map(message.fullmatch, said)), message.pattern


@functools.cache
def too_large(render_chart: ChartRenderer, engine: int = NEWEST_ENGINE) -> list[str]:
    """What is said of settings that are a byte larger, or just as large, as Kubernetes accepts."""
    half, more = "ä" * 2**18, base64.b64encode(bytes(2**19 + 1)).decode()
    settings = {
        "config": {"data": {"A": half, "B": f"{half}b"}, "files": {"a": half, "b": half}},
        "secret": {"files": {"a": half}, "binaryFiles": {"b": more}},
    }
    return render_chart.problems(json_text(settings), engine=engine)


@with_both_engines
def test_a_config_map_and_a_secret_hold_a_mebibyte_and_no_more(
    engine: int, render_chart: ChartRenderer
) -> None:
    rest = "put large files into the image, or into a volume"
    assert too_large(render_chart, engine) == [
        f"config.data has 1048577 bytes; a ConfigMap may have 1048576 (1 MiB): {rest}",
        f"secret.files has 1048577 bytes; a Secret may have 1048576 (1 MiB): {rest}",
    ]


def blocks(render_chart: ChartRenderer) -> list[str]:
    """The blocks that have defaults of their own, but for probes, which null removes."""
    defaults = read_values(render_chart.path / "values.yaml").items()
    return sorted(key for key, value in defaults if value and isinstance(value, dict) and "Probe" not in key)


def blocks_taken_away(render_chart: ChartRenderer, engine: int = NEWEST_ENGINE) -> list[str]:
    """What is said where every block is null that has defaults, and something else is wrong."""
    nulls = "".join(f"{block}: null\n" for block in blocks(render_chart))
    return render_chart.problems(f"{nulls}mainPort: web", engine=engine)


@with_both_engines
def test_a_block_that_null_takes_away_is_a_slip_and_told_before_anything_else(
    engine: int, render_chart: ChartRenderer
) -> None:
    found = blocks_taken_away(render_chart, engine)
    assert [problem.partition(": null removes all its defaults; ")[0] for problem in found] == blocks(
        render_chart
    )


def test_a_slip_is_told_with_what_to_write_instead(render_chart: ChartRenderer) -> None:
    assert (
        "service: null removes all its defaults; delete the line, or set what you mean, such as "
        "service.enabled: false (nobody wrote null? use --reset-then-reuse-values, not --reuse-values)"
    ) in blocks_taken_away(render_chart)


@pytest.mark.parametrize(
    ("values", "count"),
    [
        ("mainPort: web", "1 problem"),
        ("{mainPort: web, image: {tag: null}}", "2 problems"),
    ],
)
def test_the_report_counts_the_problems_and_says_which_release_stays_as_it_is(
    values: str, count: str, render_chart: ChartRenderer
) -> None:
    refused = render_chart.refused(values, release="shop")
    assert refused.exit_code != 0
    problems = "".join(f"  - {problem}\n" for problem in render_chart.problems(values, release="shop"))
    assert f'\n{count} in the values of "shop", nothing was changed:\n{problems}\n' in refused.stderr
