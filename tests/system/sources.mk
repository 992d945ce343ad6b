# tests/system/: on machines of their own (root, debootstrap, systemd-nspawn); not part of "make check"
EXTRA_DIST += tests/system/README.md tests/system/fresh.sh tests/system/prepare.sh tests/system/root.sh \
	tests/system/run tests/system/machine.py tests/system/test_boot.py tests/system/test_page.py tests/system/conftest.py \
	tests/system/own_clock.c tests/system/ask_clock.c
.PHONY: check-system
check-system:
	$(top_srcdir)/tests/system/run
