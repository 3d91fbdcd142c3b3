"""``python3 -m ci TASK...``: the one way in, on a machine that has Python and no more."""

import sys

# Ahead of every other import, and written so that an old Python can read it.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(
        "Python 3.11 or newer is needed, this is "
        + sys.version.split()[0]
        + ": run python3.11 -m ci, or newer"
    )

from ci.bootstrap import main

main(sys.argv[1:])
