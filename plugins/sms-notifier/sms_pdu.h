/* sms_pdu.h: short messages as a modem takes and gives them in PDU mode (3GPP TS 23.040, 9.2; AT+CMGF=0 of TS 27.005): a
 * SUBMIT that goes out, in one part or several, and the STATUS-REPORT that comes back. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SMS_PDU_PARTS_MAX  8
#define SMS_PDU_DIGITS_MAX 20  /* of a number */
#define SMS_PDU_HEX_MAX    400 /* service centre and 164 octets, as digits, and a NUL */

struct sms_pdu_number {
	char digits[SMS_PDU_DIGITS_MAX + 1];
	bool international; /* written with + or 00 */
};

/* "+86 138-0013 0000", "0086…", "138 0013 0000"; blanks, dashes, dots and brackets are passed over. 0, or -EINVAL: something
 * else is in it, or it has less than 3 or more than 20 digits. */
int sms_pdu_number(const char *text, struct sms_pdu_number *ret_number);
/* "…0000": what a log may show of it. */
void sms_pdu_number_shown(const struct sms_pdu_number *n, char ret_shown[static 12]);
/* The same telephone: one may have its country's code, the other not. */
bool sms_pdu_number_same(const struct sms_pdu_number *a, const struct sms_pdu_number *b);

struct sms_pdu_message {
	struct sms_pdu_number to;
	const struct sms_pdu_number *centre; /* NULL: the one of the SIM card */
	const char *text;                    /* UTF-8 */
	uint8_t reference;  /* of a long message: the same in all its parts, another than the last one's */
	unsigned parts_max; /* 1 … SMS_PDU_PARTS_MAX: what is longer is cut, and ends with "…" */
	bool report;        /* a delivery report is wanted */
};

struct sms_pdu_part {
	char hex[SMS_PDU_HEX_MAX];
	unsigned octets; /* what AT+CMGS= is given: without the service centre */
};

/* The parts of a message: in the seven-bit alphabet where it has all characters (160 in one part, 153 in each of several),
 * else in UCS-2 (70, 67). Their number, or -EILSEQ: the text is no UTF-8. */
int sms_pdu_submit(const struct sms_pdu_message *m, struct sms_pdu_part ret_parts[static SMS_PDU_PARTS_MAX]);

enum sms_pdu_fate {
	SMS_PDU_DELIVERED,
	SMS_PDU_PENDING, /* the network goes on trying */
	SMS_PDU_FAILED,
};

struct sms_pdu_report {
	uint8_t reference; /* the number that the modem gave to the part */
	struct sms_pdu_number to;
	uint8_t status; /* TP-Status */
};

/* A line of hexadecimal digits. 0, or -EINVAL: it is no status report, or one that was cut. */
int sms_pdu_report(const char *hex, struct sms_pdu_report *ret_report);
/* 9.2.3.15. */
enum sms_pdu_fate sms_pdu_fate(uint8_t status);
const char *sms_pdu_fate_text(uint8_t status); /* of one that failed */
