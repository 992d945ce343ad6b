# man/: pages are made of hand-written templates and of what the just-built programs say of themselves, so that commands,
# options and configuration keys in them are those of the code. Cross-compiling is no goal.
man_MANS = man/estated.8 man/estated-web.8 man/estatectl.1 man/estated.conf.5 man/estated-plugin.7 man/estate-sim.1 man/estate-plugin-test.1
EXTRA_DIST += man/README.md man/fill.awk man/options.awk \
	man/estated.8.in man/estated-web.8.in man/estatectl.1.in man/estated.conf.5.in man/estated-plugin.7.in man/estate-sim.1.in man/estate-plugin-test.1.in
CLEANFILES += $(man_MANS) man/*.part.* man/*.tmp

MAN_DEPS = $(srcdir)/man/fill.awk $(srcdir)/man/options.awk Makefile
MAN_OPTIONS = $(AWK) -f $(srcdir)/man/options.awk
MAN_FILL = $(AWK) -f $(srcdir)/man/fill.awk -v parts=$@.part
MAN_NAMES = $(SED) -e 's|@version[@]|$(PACKAGE_VERSION)|g' -e 's|@sbindir[@]|$(sbindir)|g' \
	-e 's|@confdir[@]|$(pkgconfdir)|g' -e 's|@datadir[@]|$(pkgdatadir)|g' -e 's|@plugindir[@]|$(pluginsdir)|g' \
	-e 's|@statedir[@]|$(localstatedir)/lib/estated|g' -e 's|@runtimedir[@]|$(runstatedir)/estated|g' \
	-e 's|@docdir[@]|$(docdir)|g'

man/estated.8: $(srcdir)/man/estated.8.in estated$(EXEEXT) $(MAN_DEPS)
	$(AM_V_GEN)$(MKDIR_P) man && LC_ALL=C ./estated$(EXEEXT) --help >$@.tmp && \
	$(MAN_OPTIONS) $@.tmp >$@.part.options && \
	$(MAN_FILL) $(srcdir)/man/estated.8.in >$@.tmp && $(MAN_NAMES) $@.tmp >$@
man/estated-web.8: $(srcdir)/man/estated-web.8.in estated-web$(EXEEXT) $(MAN_DEPS)
	$(AM_V_GEN)$(MKDIR_P) man && LC_ALL=C ./estated-web$(EXEEXT) --help >$@.tmp && \
	$(MAN_OPTIONS) $@.tmp >$@.part.options && \
	$(MAN_FILL) $(srcdir)/man/estated-web.8.in >$@.tmp && $(MAN_NAMES) $@.tmp >$@
man/estatectl.1: $(srcdir)/man/estatectl.1.in estatectl$(EXEEXT) $(MAN_DEPS)
	$(AM_V_GEN)$(MKDIR_P) man && LC_ALL=C ./estatectl$(EXEEXT) print commands >$@.part.commands && \
	LC_ALL=C ./estatectl$(EXEEXT) print options >$@.part.options && \
	$(MAN_FILL) $(srcdir)/man/estatectl.1.in >$@.tmp && $(MAN_NAMES) $@.tmp >$@
man/estated.conf.5: $(srcdir)/man/estated.conf.5.in estated$(EXEEXT) $(MAN_DEPS)
	$(AM_V_GEN)$(MKDIR_P) man && LC_ALL=C ./estated$(EXEEXT) --keys=man >$@.part.keys && \
	$(MAN_FILL) $(srcdir)/man/estated.conf.5.in >$@.tmp && $(MAN_NAMES) $@.tmp >$@
man/estate-sim.1: $(srcdir)/man/estate-sim.1.in estate-sim$(EXEEXT) $(MAN_DEPS)
	$(AM_V_GEN)$(MKDIR_P) man && LC_ALL=C ./estate-sim$(EXEEXT) --help >$@.tmp && \
	$(MAN_OPTIONS) $@.tmp >$@.part.options && \
	$(MAN_FILL) $(srcdir)/man/estate-sim.1.in >$@.tmp && $(MAN_NAMES) $@.tmp >$@
man/estate-plugin-test.1: $(srcdir)/man/estate-plugin-test.1.in estate-plugin-test$(EXEEXT) $(MAN_DEPS)
	$(AM_V_GEN)$(MKDIR_P) man && LC_ALL=C ./estate-plugin-test$(EXEEXT) --help >$@.tmp && \
	$(MAN_OPTIONS) $@.tmp >$@.part.options && \
	$(MAN_FILL) $(srcdir)/man/estate-plugin-test.1.in >$@.tmp && $(MAN_NAMES) $@.tmp >$@
man/estated-plugin.7: $(srcdir)/man/estated-plugin.7.in $(MAN_DEPS)
	$(AM_V_GEN)$(MKDIR_P) man && $(MAN_NAMES) $(srcdir)/man/estated-plugin.7.in >$@
.DELETE_ON_ERROR:
