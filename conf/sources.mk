# conf/: what is installed: shipped classes, profiles and rules, a first estated.conf, examples
dist_pkgdata_DATA = conf/classes.conf
profilesdir = $(pkgdatadir)/profiles
dist_profiles_DATA = \
	conf/profiles/door-generic.conf \
	conf/profiles/lift-monitor-f7.conf \
	conf/profiles/lift-monitor-generic.conf \
	conf/profiles/meter-generic.conf \
	conf/profiles/pump-room-generic.conf \
	conf/profiles/zigbee.conf
rulesdir = $(pkgdatadir)/rules
dist_rules_DATA = \
	conf/rules/co.conf \
	conf/rules/door.conf \
	conf/rules/environment.conf \
	conf/rules/fire-panel.conf \
	conf/rules/gas.conf \
	conf/rules/lift.conf \
	conf/rules/power.conf \
	conf/rules/pump.conf \
	conf/rules/radar.conf \
	conf/rules/smoke.conf \
	conf/rules/sos.conf \
	conf/rules/supervision.conf \
	conf/rules/tank.conf \
	conf/rules/water-leak.conf \
	conf/rules/wearable.conf
examplesdir = $(docdir)/examples
dist_examples_DATA = conf/examples/small.conf
EXTRA_DIST += conf/estated.conf conf/README.md

# A configuration that is there is somebody's work: never overwritten, and only removed where it is still ours.
install-data-hook:
	$(MKDIR_P) '$(DESTDIR)$(pkgconfdir)'
	test -e '$(DESTDIR)$(pkgconfdir)/estated.conf' || \
		$(INSTALL_DATA) '$(srcdir)/conf/estated.conf' '$(DESTDIR)$(pkgconfdir)/estated.conf'
uninstall-hook:
	cmp -s '$(srcdir)/conf/estated.conf' '$(DESTDIR)$(pkgconfdir)/estated.conf' && \
		rm -f '$(DESTDIR)$(pkgconfdir)/estated.conf' || :
