#!/usr/bin/env python3
"""``python3 -m ci TASK...`` runs a task of invoke on a machine that only has Python.

From another folder it is ``python3 FOLDER/ci TASK...``, and for pre-commit this file itself.
"""

import os
import sys

# Before every other import, and in syntax that an old Python can parse.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(
        "Python 3.11 or newer is needed, this is "
        + sys.version.split()[0]
        + ": run python3.11 -m ci, or newer"
    )

if sys.platform == "win32":
    sys.exit(
        "Windows is not supported: use the Windows Subsystem for Linux, https://learn.microsoft.com/windows/wsl"
    )

# Started as a file, Python looks for modules beside that.
sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120

from ci.bootstrap import main  # noqa: E402

main(sys.argv[1:])
