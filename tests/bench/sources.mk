# tests/bench/: figures, no assertions
EXTRA_DIST += tests/bench/bench.py tests/bench/bench_field.py tests/bench/line.py tests/bench/programs.py tests/bench/README.md
.PHONY: bench bench-field
bench:
	/usr/bin/python3 $(top_srcdir)/tests/bench/bench.py --prefix $(prefix)
	@echo "the field engine, beside a peer: make bench-field"
bench-field:
	/usr/bin/python3 $(top_srcdir)/tests/bench/bench_field.py --prefix $(prefix)
