"""`python -m recommender` is the command `recommender`."""

import sys

from recommender.cli import main

sys.exit(main())
