# systemd/: the units, with the installed paths filled in, their users, the folders of their secrets, the drivers that are named
systemdsystemunit_DATA = systemd/estated.service systemd/estated-web.service systemd/estated-web.socket
dist_systemdsystemunit_DATA = systemd/estated.socket systemd/estated-hook@.socket systemd/estated-hook@.service
sysusersdir = $(prefix)/lib/sysusers.d
dist_sysusers_DATA = systemd/sysusers.d/estated.conf
tmpfilesdir = $(prefix)/lib/tmpfiles.d
tmpfiles_DATA = systemd/tmpfiles.d/estated.conf
modulesloaddir = $(prefix)/lib/modules-load.d
dist_modulesload_DATA = systemd/modules-load.d/estated.conf
# What the messages mean and what to do: for journalctl -x, in English and Chinese.
catalogdir = $(prefix)/lib/systemd/catalog
dist_catalog_DATA = systemd/catalog/estated.catalog systemd/catalog/estated.zh_CN.catalog
EXTRA_DIST += systemd/estated.service.in systemd/estated-web.service.in systemd/estated-web.socket.in \
	systemd/tmpfiles.d/estated.conf.in systemd/README.md
CLEANFILES += systemd/estated.service systemd/estated-web.service systemd/estated-web.socket systemd/tmpfiles.d/estated.conf
systemd_fill = $(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) -e 's|@sbindir[@]|$(sbindir)|g' \
	-e 's|@bindir[@]|$(bindir)|g' -e 's|@pkgconfdir[@]|$(pkgconfdir)|g' \
	-e 's|@localstatedir[@]|$(localstatedir)|g' $(srcdir)/$@.in >$@.tmp && mv $@.tmp $@
systemd/estated.service: $(srcdir)/systemd/estated.service.in Makefile
	$(systemd_fill)
systemd/estated-web.service: $(srcdir)/systemd/estated-web.service.in Makefile
	$(systemd_fill)
systemd/estated-web.socket: $(srcdir)/systemd/estated-web.socket.in Makefile
	$(systemd_fill)
systemd/tmpfiles.d/estated.conf: $(srcdir)/systemd/tmpfiles.d/estated.conf.in Makefile
	$(systemd_fill)
