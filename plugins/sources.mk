# plugins/: programs that the daemon starts; they know the sdk and nothing of the daemon.
plugin_cppflags = -D_GNU_SOURCE -I$(top_srcdir)/plugins -I$(top_builddir) -DESTATE_SYSCONFDIR='"$(pkgconfdir)"'
plugin_cflags = $(AM_CFLAGS) $(MOSQUITTO_CFLAGS) $(JANSSON_CFLAGS)

noinst_LIBRARIES += plugins/sdk/libplugin.a
plugins_sdk_libplugin_a_CPPFLAGS = $(plugin_cppflags)
plugins_sdk_libplugin_a_CFLAGS = $(plugin_cflags)
plugins_sdk_libplugin_a_SOURCES = \
	plugins/sdk/sdk_clock.c plugins/sdk/sdk_clock.h \
	plugins/sdk/sdk_host.c plugins/sdk/sdk_host.h \
	plugins/sdk/sdk_line.c plugins/sdk/sdk_line.h \
	plugins/sdk/sdk_log.c plugins/sdk/sdk_log.h \
	plugins/sdk/sdk_loop.c plugins/sdk/sdk_loop.h \
	plugins/sdk/sdk_mqtt.c plugins/sdk/sdk_mqtt.h \
	plugins/sdk/sdk_options.c plugins/sdk/sdk_options.h \
	plugins/sdk/sdk_probe.c plugins/sdk/sdk_probe.h \
	plugins/sdk/sdk_raw.c plugins/sdk/sdk_raw.h \
	plugins/sdk/sdk_resolve.c plugins/sdk/sdk_resolve.h \
	plugins/sdk/sdk_secret.c plugins/sdk/sdk_secret.h

plugins_PROGRAMS += mqtt-source mqtt-uplink

mqtt_source_SOURCES = \
	plugins/mqtt-source/mqtt_source.c \
	plugins/mqtt-source/z2m.c plugins/mqtt-source/z2m.h
mqtt_source_CPPFLAGS = $(plugin_cppflags)
mqtt_source_CFLAGS = $(plugin_cflags)
mqtt_source_LDADD = plugins/sdk/libplugin.a $(MOSQUITTO_LIBS) $(JANSSON_LIBS)

mqtt_uplink_SOURCES = \
	plugins/mqtt-uplink/mqtt_uplink.c \
	plugins/mqtt-uplink/uplink_queue.c plugins/mqtt-uplink/uplink_queue.h
mqtt_uplink_CPPFLAGS = $(plugin_cppflags)
mqtt_uplink_CFLAGS = $(plugin_cflags)
mqtt_uplink_LDADD = plugins/sdk/libplugin.a $(MOSQUITTO_LIBS) $(JANSSON_LIBS)

# What options each has, for the check of a configuration: made by the program itself.
plugin_options = plugins/mqtt-source.json plugins/mqtt-uplink.json
pluginoptionsdir = $(pkgdatadir)/plugins
nodist_pluginoptions_DATA = $(plugin_options)
CLEANFILES += $(plugin_options)
plugins/mqtt-source.json: mqtt-source$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) plugins && ./mqtt-source$(EXEEXT) --options > $@.new && mv $@.new $@
plugins/mqtt-uplink.json: mqtt-uplink$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) plugins && ./mqtt-uplink$(EXEEXT) --options > $@.new && mv $@.new $@

EXTRA_DIST += plugins/README.md
pluginschemadir = $(pkgdatadir)/schema
dist_pluginschema_DATA = plugins/schema/envelope.schema.json
