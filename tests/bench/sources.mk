# tests/bench/: figures, no assertions
EXTRA_DIST += tests/bench/bench.py tests/bench/README.md
.PHONY: bench
bench:
	/usr/bin/python3 $(top_srcdir)/tests/bench/bench.py --prefix $(prefix)
