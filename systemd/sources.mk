# systemd/: the unit, with the installed paths filled in, its user and the drivers it names
systemdsystemunit_DATA = systemd/estated.service
sysusersdir = $(prefix)/lib/sysusers.d
dist_sysusers_DATA = systemd/sysusers.d/estated.conf
modulesloaddir = $(prefix)/lib/modules-load.d
dist_modulesload_DATA = systemd/modules-load.d/estated.conf
EXTRA_DIST += systemd/estated.service.in systemd/README.md
CLEANFILES += systemd/estated.service
systemd/estated.service: $(srcdir)/systemd/estated.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && $(SED) -e 's|@sbindir[@]|$(sbindir)|g' -e 's|@pkgconfdir[@]|$(pkgconfdir)|g' \
		$(srcdir)/systemd/estated.service.in >$@.tmp && mv $@.tmp $@
