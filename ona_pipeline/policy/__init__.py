"""What is allowed: read at the trusted ref, so that no commit judges itself.

`[tool.ona.verify]`, `images`, `retention`, `environments`, `people`, `groups`, `waivers` and `signatures` of
``pyproject.toml`` are policy; the rest of `[tool.ona]` is settings. `source` reads the file's bytes from git
objects; here they become records.

- `environment.py`: what may go to one environment, and by whose word; `verify.py`: what a model may be;
  `images.py`: whose word counts about published images; `retention.py`: how long they are kept.
- `people.py`: which logins, e-mail addresses and keys are one person; `signers.py`: until when a key counts.
- `freeze.py`: the times at which nothing is rolled out; `waivers.py`: who may waive which findings.
- `reading.py`: from bytes to records; `meetable.py`: refuses what nobody could meet.
"""

from ona_pipeline.policy.duration import duration
from ona_pipeline.policy.environment import EnvironmentPolicy, EnvironmentTable
from ona_pipeline.policy.freeze import Freeze
from ona_pipeline.policy.images import ImagePolicy
from ona_pipeline.policy.people import People, Person
from ona_pipeline.policy.reading import DEFAULT_ENVIRONMENTS, Policy, parse_policy
from ona_pipeline.policy.retention import RetentionPolicy
from ona_pipeline.policy.signers import SignaturePolicy, Signers
from ona_pipeline.policy.verify import VerifyPolicy
from ona_pipeline.policy.waivers import WaiverPolicy

__all__ = [
    "DEFAULT_ENVIRONMENTS",
    "EnvironmentPolicy",
    "EnvironmentTable",
    "Freeze",
    "ImagePolicy",
    "People",
    "Person",
    "Policy",
    "RetentionPolicy",
    "SignaturePolicy",
    "Signers",
    "VerifyPolicy",
    "WaiverPolicy",
    "duration",
    "parse_policy",
]
