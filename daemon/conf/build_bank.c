/* build_bank.c: see build_bank.h. */
#include "conf/build_bank.h"

#include <errno.h>
#include <stdio.h>

/* Fields of a register side by side: name-1 in the lowest bits; 0 where the mistake was told. */
static unsigned bank_bits(struct fields *f, const struct codec_wire *w)
{
	int64_t bits = fields_int(f, "bits");
	int width = w->bit_high - w->bit_low + 1;

	if (w->bit_low < 0)
		fields_error(f, "bits", "expected a point of bits, as at = \"holding:30.0-1\"");
	else if (bits < width)
		fields_error(f, "bits", "the points would overlap: one takes %d", width);
	else if (bits & (bits - 1) || w->bit_low + width > bits)
		fields_error(f, "bits",
			     "expected 1, 2, 4 or 8, and the first point in the lowest bits of its register");
	else
		return (unsigned)bits;
	return 0;
}

static bool read_stride(struct fields *f, const struct codec_wire *w, struct build_bank *ret_bank)
{
	struct build_bank bank = { .count = fields_int(f, "count") };
	int64_t last;

	bank.registers = fields_said(f, "step") ? fields_int(f, "step") : fields_said(f, "bits") ? 1 : w->registers;
	if (fields_said(f, "bits")) {
		bank.bits = bank_bits(f, w);
		if (bank.bits == 0)
			return false;
	}
	if (bank.registers < w->registers) {
		fields_error(f, "step", "the points would overlap: one takes %u registers", w->registers);
		return false;
	}
	last = bank.bits ? (bank.count - 1) / (16 / bank.bits) : bank.count - 1;
	if (w->address + last * bank.registers + w->registers > 65536) {
		fields_error(f, "count", "the last of them ends beyond the last address");
		return false;
	}
	*ret_bank = bank;
	return true;
}

int build_bank_read(struct build *b, const struct fields *point, const struct profile_point *first,
		    struct build_bank *ret_bank)
{
	const struct fields_value *repeat = fields_get(point, "repeat");
	struct fields f;

	fields_read(&(struct fields_source){ .group = schema_group("profiles.points.repeat"),
					     .setting = repeat->setting,
					     .file = repeat->file,
					     .parent = point->subject },
		    b->diag, &f);
	return fields_complete(&f) && read_stride(&f, &first->wire, ret_bank) ? 0 : -EINVAL;
}

void build_bank_place(struct build *b, const struct build_bank *bank, int64_t i, struct profile_point *first)
{
	unsigned in_register = bank->bits ? 16 / bank->bits : 1;
	char name[96];

	snprintf(name, sizeof(name), "%s-%lld", first->name, (long long)i + 1);
	first->name = build_text(b, name);
	first->wire.address = (uint16_t)(first->wire.address + i / in_register * bank->registers);
	if (bank->bits) {
		first->wire.bit_low = (int8_t)(first->wire.bit_low + i % in_register * bank->bits);
		first->wire.bit_high = (int8_t)(first->wire.bit_high + i % in_register * bank->bits);
	}
}
