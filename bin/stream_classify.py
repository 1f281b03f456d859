#!/usr/bin/env python3
"""Classify an alert stream: ``spark-submit bin/stream_classify.py --config conf/ztf.toml``."""

import sys

from fink_t2.stream.main import main

if __name__ == "__main__":
    sys.exit(main())
