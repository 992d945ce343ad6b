/* exam.h: what the doctor looks at, a file each. An exam looks (reads the machine) and judges (adds findings); the judging
 * functions are pure and take what was seen as facts, so that a test can show them any machine. One thread. */
#pragma once

#include "doctor/dial.h"
#include "doctor/patient.h"

struct exam_row {
	const char *name; /* for the progress on a terminal */
	bool is_network;  /* it may take seconds */
	void (*run)(struct patient *p, struct findings *f);
};
/* In the order in which they are run; a row without a name ends them. exam.c */
extern const struct exam_row exam_all[];

void exam_conf(struct patient *p, struct findings *f); /* first: it reads the configuration */
void exam_unit(struct patient *p, struct findings *f);
void exam_socket(struct patient *p, struct findings *f);
void exam_access(struct patient *p, struct findings *f);
void exam_state(struct patient *p, struct findings *f);
void exam_database(struct patient *p, struct findings *f);
void exam_serial(struct patient *p, struct findings *f);
void exam_gateway(struct patient *p, struct findings *f);
void exam_plugin(struct patient *p, struct findings *f);
void exam_clock(struct patient *p, struct findings *f);
void exam_machine(struct patient *p, struct findings *f);
void exam_package(struct patient *p, struct findings *f);

/* ---- facts and judgement ---- */

struct exam_serial_facts {
	const char *port, *user;
	int error;               /* of stat: 0, -ENOENT, -EACCES … */
	bool is_device;          /* a character device */
	const char *other_ports; /* where it is missing: what is there instead, "" nothing */
	const char *stable_name; /* of /dev/serial/by-id, for a name that changes; "" none */
	bool is_unstable;        /* ttyUSBn, ttyACMn */
	bool no_hardware;        /* the kernel knows no chip behind a ttySn */
	const char *driver;      /* "" not known */
	bool denied;             /* for the daemon's user */
	const char *group;       /* of the port */
	bool in_group;           /* the daemon's user is in it */
	const char *unit_device; /* what the unit would have to allow: "char-ttyAMA"; "" it does, or none does */
	int holder;              /* another process that has it open; 0 none */
	const char *holder_name;
	bool blind; /* not all processes could be looked into */
};
void exam_serial_judge(const struct exam_serial_facts *x, struct findings *f);

struct exam_gateway_facts {
	const char *target; /* "192.168.1.20:502" */
	const char *host;
	enum dial_result result;
	int error;
	int64_t took_us;
};
void exam_gateway_judge(const struct exam_gateway_facts *x, struct findings *f);

struct exam_state_facts {
	const char *dir, *user, *owner;
	int error; /* of stat */
	bool is_dir, is_read_only;
	bool is_users; /* it belongs to the daemon's user */
	unsigned mode;
	int may_error; /* of writing as the user: 0, -EACCES */
	long fs_type;  /* statfs */
	uint64_t free_bytes, free_files, files;
	bool can_be_made; /* where it is missing: the daemon or systemd makes it */
};
void exam_state_judge(const struct exam_state_facts *x, struct findings *f);

struct exam_clock_facts {
	int quality; /* enum clock_quality */
	const char *time;
	const char *service; /* that runs, "" none */
	bool has_rtc;
	bool hidden; /* it steers the clock, but the unit does not let estated hear of it */
};
void exam_clock_judge(const struct exam_clock_facts *x, struct findings *f);

struct exam_machine_facts {
	int64_t memory_kb, available_kb; /* 0: not known */
	double load;
	int64_t cpus;
	int64_t temperature_mc, critical_mc; /* thousandths; 0: not known */
	bool throttled, undervoltage;        /* says the firmware */
};
void exam_machine_judge(const struct exam_machine_facts *x, struct findings *f);

/* As dpkg does: <0, 0, >0. */
int exam_package_compare(const char *a, const char *b);
/* The version in the text of dpkg's status file, "" where it is not installed. */
void exam_package_find(const char *status, const char *package, struct str_buf *to);
