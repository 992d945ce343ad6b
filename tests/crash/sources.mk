# tests/crash/: what a crash may take and what not (tests/it/test_crash_*.py and the benches use it; libfuse3-dev, e2fsprogs)
EXTRA_DIST += tests/crash
