# systemd/: the unit, with the installed paths filled in
systemdsystemunit_DATA = systemd/estated.service
EXTRA_DIST += systemd/estated.service.in systemd/README.md
CLEANFILES += systemd/estated.service
systemd/estated.service: $(srcdir)/systemd/estated.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && $(SED) -e 's|@sbindir[@]|$(sbindir)|g' -e 's|@pkgconfdir[@]|$(pkgconfdir)|g' \
		$(srcdir)/systemd/estated.service.in >$@.tmp && mv $@.tmp $@
