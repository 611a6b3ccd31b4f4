"""``python -m course_utils.cli``: the command ``course`` where it is not on the path."""

import sys

from course_utils.cli import main

sys.exit(main())
