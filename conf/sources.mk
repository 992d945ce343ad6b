# conf/: what is installed: shipped classes, profiles and rules, a first estated.conf, examples
dist_pkgdata_DATA = conf/classes.conf
profilesdir = $(pkgdatadir)/profiles
dist_profiles_DATA = \
	conf/profiles/door-generic.conf \
	conf/profiles/eastron-sdm630.conf \
	conf/profiles/gst-fire-panel.conf \
	conf/profiles/hikvision-door.conf \
	conf/profiles/lift-monitor-f7.conf \
	conf/profiles/lift-monitor-generic.conf \
	conf/profiles/lorawan.conf \
	conf/profiles/meter-generic.conf \
	conf/profiles/peacefair-pzem016.conf \
	conf/profiles/pump-room-generic.conf \
	conf/profiles/tuya.conf \
	conf/profiles/waveshare-relay.conf \
	conf/profiles/xintai-water-meter.conf \
	conf/profiles/xy-md02.conf \
	conf/profiles/zigbee.conf
rulesdir = $(pkgdatadir)/rules
dist_rules_DATA = \
	conf/rules/care.conf \
	conf/rules/co.conf \
	conf/rules/door.conf \
	conf/rules/environment.conf \
	conf/rules/fire-panel.conf \
	conf/rules/gas.conf \
	conf/rules/ladders.conf \
	conf/rules/lift.conf \
	conf/rules/power.conf \
	conf/rules/pump.conf \
	conf/rules/radar.conf \
	conf/rules/smoke.conf \
	conf/rules/sos.conf \
	conf/rules/building.conf \
	conf/rules/domains.conf \
	conf/rules/self-test.conf \
	conf/rules/supervision.conf \
	conf/rules/tank.conf \
	conf/rules/water-leak.conf \
	conf/rules/wearable.conf
rulesdocdir = $(docdir)/rules
dist_rulesdoc_DATA = conf/rules/README.md
examplesdir = $(docdir)/examples
dist_examples_DATA = \
	conf/examples/README.md \
	conf/examples/care-pilot.conf \
	conf/examples/modems.conf \
	conf/examples/small.conf
examples_largedir = $(examplesdir)/large
dist_examples_large_DATA = conf/examples/large/estated.conf
examples_large_confdir = $(examples_largedir)/conf.d
dist_examples_large_conf_DATA = \
	conf/examples/large/conf.d/b01.conf \
	conf/examples/large/conf.d/b02.conf \
	conf/examples/large/conf.d/b03.conf \
	conf/examples/large/conf.d/b04.conf \
	conf/examples/large/conf.d/b05.conf \
	conf/examples/large/conf.d/b06.conf \
	conf/examples/large/conf.d/b07.conf \
	conf/examples/large/conf.d/b08.conf \
	conf/examples/large/conf.d/b09.conf \
	conf/examples/large/conf.d/b10.conf \
	conf/examples/large/conf.d/b11.conf \
	conf/examples/large/conf.d/b12.conf \
	conf/examples/large/conf.d/fire.conf \
	conf/examples/large/conf.d/gates.conf \
	conf/examples/large/conf.d/pump-rooms.conf
examples_large_profilesdir = $(examples_largedir)/profiles
dist_examples_large_profiles_DATA = conf/examples/large/profiles/fire-panel-ours.conf
EXTRA_DIST += conf/estated.conf conf/README.md conf/profiles/README.md

# A configuration that is there is somebody's work: never overwritten, and only removed where it is still ours.
install-data-hook:
	$(MKDIR_P) '$(DESTDIR)$(pkgconfdir)'
	test -e '$(DESTDIR)$(pkgconfdir)/estated.conf' || \
		$(INSTALL_DATA) '$(srcdir)/conf/estated.conf' '$(DESTDIR)$(pkgconfdir)/estated.conf'
uninstall-hook:
	cmp -s '$(srcdir)/conf/estated.conf' '$(DESTDIR)$(pkgconfdir)/estated.conf' && \
		rm -f '$(DESTDIR)$(pkgconfdir)/estated.conf' || :
