"""The OpenAPI document, held against what is answered, by a tester that others have written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.gateway.conftest import blueprint, spoken, text_of

if TYPE_CHECKING:
    from tests.gateway.conftest import Serves

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
REQUESTS = 2000


def test_two_thousand_generated_requests_find_nothing_that_is_not_documented(
    serves: Serves, tmp_path: Path
) -> None:
    # Short times, so that jobs expire meanwhile.
    quick: dict[str, Any] = {"keep_seconds": 0.3, "open_seconds": 0.3}
    served = serves(blueprint(seconds_per_token=0.00002, hives=2), **quick)
    nodes = sorted(served.client.get("/v1/nodes").json()["nodes"])
    report = tmp_path / "report.json"
    tester = [sys.executable, "-m", "schemathesis.cli", f"--config-file={CONFIGURATION}", "run"]
    done = subprocess.run(
        [
            *tester,
            f"{served.url}/openapi.json",
            "--max-examples=100",
            "--continue-on-failure",
            "--no-color",
            "--report=json",
            f"--report-json-path={report}",
        ],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(report.read_text(encoding="utf-8"))
    paths = served.client.get("/openapi.json").json()["paths"]
    assert told["operations"]["tested"] == sum(map(len, paths.values()))
    assert told["test_cases"]["generated"] >= REQUESTS
    assert told["test_cases"]["with_failures"] == 0
    # And all is as it was.
    assert sorted(served.client.get("/v1/nodes").json()["nodes"]) == nodes
    assert spoken(served.read(served.submit())) == text_of("sing", 8)
