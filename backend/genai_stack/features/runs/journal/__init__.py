"""The journal of runs: what they do, written in groups and read by whoever follows."""
