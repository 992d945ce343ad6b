# tests/check/: the tree's rules, each a script that can be run alone from the top folder.
SH_LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
TESTS += tests/check/all.sh tests/check/test_checks.sh
dist_check_SCRIPTS = tests/check/all.sh tests/check/layers.sh tests/check/sizes.sh tests/check/format.sh \
	tests/check/symbols.sh tests/check/fuzz.sh tests/check/dist.sh tests/check/test_checks.sh
EXTRA_DIST += CONTRIBUTING.md tests/check/lib.sh tests/check/strip.awk tests/check/layers.awk tests/check/sizes.awk \
	tests/check/format.awk tests/check/symbols.awk tests/check/fuzz.awk
# What make dist takes, a file or folder a line.
.PHONY: list-dist
list-dist:
	@for file in $(DISTFILES); do echo "$${file#$(srcdir)/}"; done
