"""`make bench`: every table of docs/performance.md, one after another."""

import subprocess
import sys

TABLES = (
    "engine",
    "tokens_read",
    "rest",
    "chats",
    "parked",
    "sockets",
    "start",
    "embedding",
    "ingestion",
    "vectors",
    "exact",
    "large",
    "growth",
    "size",
    "distributed",
)

for name in sys.argv[1:] or TABLES:
    subprocess.run([sys.executable, "-m", f"tests.load.bench_{name}"], check=True)
