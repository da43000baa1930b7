"""What Great Expectations needs for few of its expectations is imported for those, and they work."""

import subprocess
import sys

PROGRAM = """\
import sys
import pandas as pd
from ona_pipeline.validate import expectations

expectations.warm_up()
assert not {"altair", "scipy.stats"} & sys.modules.keys(), "imported at once"
batch = expectations.batch(pd.DataFrame({"x": ["a", "b", "b", "b"]}))
like = {"values": ["a", "b"], "weights": [0.25, 0.75]}
wanted = [
    expectations.expectation(
        "expect_column_kl_divergence_to_be_less_than",
        {"column": "x", "partition_object": partition, "threshold": 0.01},
    )
    for partition in (like, like | {"weights": [0.75, 0.25]})
]
[unmet] = expectations.hold(batch, wanted, name="one")
assert "scipy.stats" in sys.modules
print(unmet.found)
"""


def test_a_distribution_is_judged_though_its_statistics_are_imported_late() -> None:
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("0.5")  # 0.5 ln 3, the relative entropy of the two
