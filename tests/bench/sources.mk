# tests/bench/: figures, no assertions
EXTRA_DIST += tests/bench/bench.py tests/bench/bench_field.py tests/bench/alarm_replay.py tests/bench/line.py tests/bench/programs.py tests/bench/store.py tests/bench/README.md
.PHONY: bench bench-field
bench:
	/usr/bin/python3 $(top_srcdir)/tests/bench/bench.py --prefix $(prefix)
	@echo "the field engine, beside a peer: make bench-field"
bench-field:
	/usr/bin/python3 $(top_srcdir)/tests/bench/bench_field.py --prefix $(prefix)

# The alarm engine with 20,000 rules; a month of recordings is replayed by the installed program.
EXTRA_PROGRAMS += tests/bench/alarm_load
tests_bench_alarm_load_SOURCES = tests/bench/alarm_load.c
tests_bench_alarm_load_LDADD = $(ESTATED_LIBS)
CLEANFILES += tests/bench/alarm_load
.PHONY: bench-alarm
bench-alarm: tests/bench/alarm_load$(EXEEXT)
	tests/bench/alarm_load$(EXEEXT) $(top_srcdir)/conf
	/usr/bin/python3 $(top_srcdir)/tests/bench/alarm_replay.py --prefix $(prefix)

# A day's backlog leaves the outbox; buttons are pressed meanwhile.
EXTRA_DIST += tests/bench/outbox.py
.PHONY: bench-outbox
bench-outbox:
	/usr/bin/python3 $(top_srcdir)/tests/bench/outbox.py --prefix $(prefix)
EXTRA_PROGRAMS += tests/bench/store_load
tests_bench_store_load_SOURCES = tests/bench/store_load.c
tests_bench_store_load_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_bench_store_load_LDADD = $(ESTATED_LIBS)
EXTRA_PROGRAMS += tests/bench/store_times
tests_bench_store_times_SOURCES = tests/bench/store_times.c
tests_bench_store_times_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_bench_store_times_LDADD = $(ESTATED_LIBS)
CLEANFILES += tests/bench/store_load tests/bench/store_times
.PHONY: bench-store
bench-store: tests/bench/store_load$(EXEEXT) tests/bench/store_times$(EXEEXT) bench-outbox
	/usr/bin/python3 $(top_srcdir)/tests/bench/store.py --load $(abs_top_builddir)/tests/bench/store_load \
		--times $(abs_top_builddir)/tests/bench/store_times

# Crashes as often as one likes: KILLS times kill -9, power cuts at CUTS points (root); SEED as of make fuzz, 1 if none is given.
EXTRA_DIST += tests/bench/crash.py tests/bench/power.py
KILLS = 10000
CUTS = 5000
.PHONY: bench-crash bench-power
bench-crash:
	/usr/bin/python3 $(top_srcdir)/tests/bench/crash.py --prefix $(prefix) --kills $(KILLS) --seed '$(SEED)'
bench-power:
	/usr/bin/python3 $(top_srcdir)/tests/bench/power.py --prefix $(prefix) --cuts $(CUTS) --seed '$(SEED)'

# The care logic over recorded homes: make bench-care HOMES=DIR, one folder for each home. STRESS=1: under disturbances instead, with
# MADE=16 homes that are made (then without HOMES too).
EXTRA_DIST += tests/bench/care.py tests/bench/care_made.py tests/bench/care_stress.py
HOMES =
STRESS =
MADE =
.PHONY: bench-care
bench-care:
	@test -n '$(HOMES)' || test -n '$(STRESS)' -a -n '$(MADE)' || { echo "make bench-care HOMES=DIR: a folder with one folder for each home" >&2; exit 2; }
	/usr/bin/python3 $(top_srcdir)/tests/bench/$(if $(STRESS),care_stress,care).py --prefix $(prefix) --seed '$(or $(SEED),1)' \
		$(if $(STRESS),--made '$(or $(MADE),0)') $(if $(HOMES),'$(HOMES)')
CLEANFILES += bench-care.svg

# An alarm's way to the page beside 500 hostile clients of estated-web.
EXTRA_DIST += tests/bench/crowd.py
.PHONY: bench-gate
bench-gate:
	/usr/bin/python3 $(top_srcdir)/tests/bench/crowd.py --prefix $(prefix)

# What the page costs: a slow phone, 500 alarms, 50 open pages for MINUTES.
EXTRA_DIST += tests/bench/desks.py
MINUTES = 60
.PHONY: bench-page
bench-page:
	/usr/bin/python3 $(top_srcdir)/tests/bench/desks.py --prefix $(prefix) --minutes $(MINUTES)
