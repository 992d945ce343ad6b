# systemd/: the units, with the installed paths filled in, its user, the folder of its secrets, the drivers it names
systemdsystemunit_DATA = systemd/estated.service
dist_systemdsystemunit_DATA = systemd/estated.socket
sysusersdir = $(prefix)/lib/sysusers.d
dist_sysusers_DATA = systemd/sysusers.d/estated.conf
tmpfilesdir = $(prefix)/lib/tmpfiles.d
tmpfiles_DATA = systemd/tmpfiles.d/estated.conf
modulesloaddir = $(prefix)/lib/modules-load.d
dist_modulesload_DATA = systemd/modules-load.d/estated.conf
# What the messages mean and what to do: for journalctl -x, in English and Chinese.
catalogdir = $(prefix)/lib/systemd/catalog
dist_catalog_DATA = systemd/catalog/estated.catalog systemd/catalog/estated.zh_CN.catalog
EXTRA_DIST += systemd/estated.service.in systemd/tmpfiles.d/estated.conf.in systemd/README.md
CLEANFILES += systemd/estated.service systemd/tmpfiles.d/estated.conf
systemd_fill = $(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) -e 's|@sbindir[@]|$(sbindir)|g' \
	-e 's|@bindir[@]|$(bindir)|g' -e 's|@pkgconfdir[@]|$(pkgconfdir)|g' $(srcdir)/$@.in >$@.tmp && mv $@.tmp $@
systemd/estated.service: $(srcdir)/systemd/estated.service.in Makefile
	$(systemd_fill)
systemd/tmpfiles.d/estated.conf: $(srcdir)/systemd/tmpfiles.d/estated.conf.in Makefile
	$(systemd_fill)
