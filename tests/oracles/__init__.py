"""The naive twin of the access core, and what compares it with the product."""

import os

#: Seconds that a comparison of drawn worlds may take; the long run (`make oracle`) has no limit.
LONGEST = 0 if os.environ.get("HYPOTHESIS_PROFILE") == "oracle" else 600
