# plugin/: plugin processes, their protocol, sandbox and limits
libestated_a_SOURCES += \
	daemon/plugin/channel.c daemon/plugin/channel.h \
	daemon/plugin/launch.c daemon/plugin/launch.h \
	daemon/plugin/process.c daemon/plugin/process.h \
	daemon/plugin/protocol.c daemon/plugin/protocol.h \
	daemon/plugin/sandbox.c daemon/plugin/sandbox.h \
	daemon/plugin/scratch.c daemon/plugin/scratch.h \
	daemon/plugin/speech.c daemon/plugin/speech.h \
	daemon/plugin/supervisor.c daemon/plugin/supervisor.h \
	daemon/plugin/work.c daemon/plugin/work.h
