# tests/sim/: estate-sim, a simulated estate, and its scenarios.
bin_PROGRAMS += estate-sim
estate_sim_SOURCES = \
	tests/sim/sim_main.c \
	tests/sim/sim_access.c tests/sim/sim_access.h \
	tests/sim/sim_asset.c tests/sim/sim_asset.h \
	tests/sim/sim_bank.c tests/sim/sim_bank.h \
	tests/sim/sim_command.c tests/sim/sim_command.h \
	tests/sim/sim_compose.c tests/sim/sim_compose.h \
	tests/sim/sim_control.c tests/sim/sim_control.h \
	tests/sim/sim_conn.c tests/sim/sim_conn.h \
	tests/sim/sim_dial.c tests/sim/sim_dial.h \
	tests/sim/sim_door.c tests/sim/sim_door.h \
	tests/sim/sim_fault.c tests/sim/sim_fault.h \
	tests/sim/sim_frame.c tests/sim/sim_frame.h \
	tests/sim/sim_home.c tests/sim/sim_home.h \
	tests/sim/sim_lift.c tests/sim/sim_lift.h \
	tests/sim/sim_liftmap.c tests/sim/sim_liftmap.h \
	tests/sim/sim_meter.c tests/sim/sim_meter.h \
	tests/sim/sim_models.c tests/sim/sim_models.h \
	tests/sim/sim_mqtt.c tests/sim/sim_mqtt.h \
	tests/sim/sim_out.c tests/sim/sim_out.h \
	tests/sim/sim_peer.c tests/sim/sim_peer.h \
	tests/sim/sim_plant.c tests/sim/sim_plant.h \
	tests/sim/sim_rand.c tests/sim/sim_rand.h \
	tests/sim/sim_record.c tests/sim/sim_record.h \
	tests/sim/sim_registers.c tests/sim/sim_registers.h \
	tests/sim/sim_replay.c tests/sim/sim_replay.h \
	tests/sim/sim_rtu.c tests/sim/sim_rtu.h \
	tests/sim/sim_rx.c tests/sim/sim_rx.h \
	tests/sim/sim_scenario.c tests/sim/sim_scenario.h \
	tests/sim/sim_sensor.c tests/sim/sim_sensor.h \
	tests/sim/sim_setting.c tests/sim/sim_setting.h \
	tests/sim/sim_slave.c tests/sim/sim_slave.h \
	tests/sim/sim_slaveconf.c tests/sim/sim_slaveconf.h \
	tests/sim/sim_tcp.c tests/sim/sim_tcp.h \
	tests/sim/sim_timeline.c tests/sim/sim_timeline.h \
	tests/sim/sim_transport.h \
	tests/sim/sim_unit.c tests/sim/sim_unit.h \
	tests/sim/sim_words.c tests/sim/sim_words.h \
	tests/sim/sim_world.c tests/sim/sim_world.h
estate_sim_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/sim
estate_sim_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS) $(MODBUS_CFLAGS) $(LIBCONFIG_CFLAGS) $(MOSQUITTO_CFLAGS) $(JANSSON_CFLAGS)
estate_sim_LDADD = libbase.a $(EVENT_LIBS) $(MODBUS_LIBS) $(LIBCONFIG_LIBS) $(MOSQUITTO_LIBS) $(JANSSON_LIBS) -lm

simscenariosdir = $(pkgdatadir)/sim
dist_simscenarios_DATA = tests/sim/demo.conf tests/sim/demo-estate.conf tests/sim/modems.conf
EXTRA_DIST += tests/sim/README.md tests/sim/demo.py
