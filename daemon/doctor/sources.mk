# doctor/: estated --doctor
doctor_files = \
	daemon/doctor/child.c daemon/doctor/child.h \
	daemon/doctor/dial.c daemon/doctor/dial.h \
	daemon/doctor/doctor.c daemon/doctor/doctor.h \
	daemon/doctor/exam.c daemon/doctor/exam.h \
	daemon/doctor/exam_access.c \
	daemon/doctor/exam_clock.c \
	daemon/doctor/exam_conf.c \
	daemon/doctor/exam_database.c \
	daemon/doctor/exam_gateway.c \
	daemon/doctor/exam_machine.c \
	daemon/doctor/exam_package.c \
	daemon/doctor/exam_plugin.c \
	daemon/doctor/exam_serial.c \
	daemon/doctor/exam_socket.c \
	daemon/doctor/exam_state.c \
	daemon/doctor/exam_unit.c \
	daemon/doctor/finding.c daemon/doctor/finding.h \
	daemon/doctor/patient.c daemon/doctor/patient.h \
	daemon/doctor/peek.c daemon/doctor/peek.h \
	daemon/doctor/permit.c daemon/doctor/permit.h
libestated_a_SOURCES += $(doctor_files)
