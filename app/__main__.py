"""``python -m app`` is ``kangka``."""

import sys

from app.cli import main

if __name__ == "__main__":
    sys.exit(main())
