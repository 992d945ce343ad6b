/* fuzz_codec.c: model/codec.c: any registers read by any wire that a configuration can describe: nothing is read behind the
 * registers, what is good is finite and of the wire's type, and a number laid out here by the book comes back.
 *
 * Input: the wire, then registers, two bytes each. */
#include "fuzz.h"

#include <errno.h>
#include <math.h>

#include "base/str.h"
#include "base/util.h"
#include "model/codec.h"

#define REGISTERS_MAX 128

static const struct codec_text texts[] = { { 0, "normal" }, { 1, "火警" }, { -1, "" }, { 65535, "off" } };

static void read_wire(struct fuzz_bytes *in, struct codec_wire *w)
{
	uint8_t flags = fuzz_u8(in), bits = fuzz_u8(in);
	static int64_t invalid;

	w->table = CODEC_COIL + fuzz_u8(in) % 4;
	w->type = fuzz_u8(in) % (CODEC_WHICH + 1);
	w->order = fuzz_u8(in) % 4;
	w->bit_low = w->bit_high = -1;
	if (flags & 1) {
		w->bit_low = MIN(bits & 15, bits >> 4);
		w->bit_high = MAX(bits & 15, bits >> 4);
	}
	w->registers = (uint8_t)codec_type_registers(w->type);
	if (codec_type_has_length(w->type))
		w->registers = (uint8_t)(1 + fuzz_u8(in) % 125);
	w->invert = flags & 2;
	w->scale = flags & 4 ? fuzz_double(in) : 1;
	w->offset = flags & 8 ? fuzz_double(in) : 0;
	/* What str_to_double and libconfig let through. */
	w->scale = isfinite(w->scale) ? w->scale : 0.1;
	w->offset = isfinite(w->offset) ? w->offset : -273.15;
	invalid = flags & 16 ? (int64_t)fuzz_u64(in) : 0;
	w->invalid = &invalid;
	w->invalid_count = flags & 16 ? 1 : 0;
	w->field_bits = (uint8_t)(1 << bits % 5);
	w->field_equals = bits >> 4;
	w->texts = texts;
	/* Of whole numbers only: conf/ refuses them elsewhere. */
	w->text_count = flags & 32 && w->type != CODEC_F32 && w->type != CODEC_F64 && w->type < CODEC_ANY
				? ARRAY_SIZE(texts)
				: 0;
	w->type = codec_table_is_bits(w->table) ? CODEC_BIT : w->type;
}

static void check_value(const struct codec_wire *w, const struct value *v)
{
	FUZZ_CLAIM(v->type == codec_value_type(w));
	if (v->type == VALUE_NUMBER)
		FUZZ_CLAIM(isfinite(v->number));
	if (v->type == VALUE_TEXT) {
		FUZZ_CLAIM(strnlen(v->text, VALUE_TEXT_MAX) < VALUE_TEXT_MAX);
		FUZZ_CLAIM(str_is_utf8(v->text, strlen(v->text)));
	}
}

static void decode(const struct codec_wire *w, struct fuzz_bytes *in)
{
	struct value untouched, v;
	size_t count = MIN(in->left / 2, (size_t)REGISTERS_MAX);
	uint16_t *regs = malloc(count * sizeof(*regs) + 1);
	int r;

	if (!regs)
		abort();
	for (size_t i = 0; i < count; i++)
		regs[i] = fuzz_u16(in);
	memset(&untouched, 0x55, sizeof(untouched));
	v = untouched;
	r = codec_decode_registers(w, regs, count, &v);
	FUZZ_CLAIM(r == 0 || r == 1 || r == -EINVAL);
	FUZZ_CLAIM((r == -EINVAL) == (count < w->registers));
	if (r != 0)
		FUZZ_CLAIM(memcmp(&v, &untouched, sizeof(v)) == 0);
	else
		check_value(w, &v);
	free(regs);
}

/* The bytes of a number, most significant first, as this order sends them: by the examples in codec.h. */
static void lay_out(uint64_t number, unsigned registers, enum codec_order order, uint16_t *regs)
{
	bool reversed = order == CODEC_CDAB || order == CODEC_DCBA,
	     swapped = order == CODEC_BADC || order == CODEC_DCBA;

	for (unsigned i = 0; i < registers; i++) {
		uint16_t word = (uint16_t)(number >> 16 * (registers - 1 - i));

		regs[reversed ? registers - 1 - i : i] = swapped ? (uint16_t)(word << 8 | word >> 8) : word;
	}
}

static double number_of(enum codec_type type, uint64_t raw)
{
	uint32_t low = (uint32_t)raw;
	double d;
	float f;

	switch (type) {
	case CODEC_U16: return (double)(uint16_t)raw;
	case CODEC_I16: return (double)(int16_t)(uint16_t)raw;
	case CODEC_U32: return (double)low;
	case CODEC_I32: return (double)(int32_t)low;
	case CODEC_U64: return (double)raw;
	case CODEC_I64: return (double)(int64_t)raw;
	case CODEC_F32: memcpy(&f, &low, sizeof(f)); return (double)f;
	default: memcpy(&d, &raw, sizeof(d)); return d;
	}
}

static void check_round_trip(uint64_t raw, unsigned which)
{
	static const enum codec_type types[] = { CODEC_U16, CODEC_I16, CODEC_U32, CODEC_I32,
						 CODEC_U64, CODEC_I64, CODEC_F32, CODEC_F64 };
	enum codec_type type = types[which % ARRAY_SIZE(types)];
	unsigned registers = codec_type_registers(type);
	struct codec_wire w = { .table = CODEC_HOLDING,
				.type = type,
				.order = which / 8 % 4,
				.bit_low = -1,
				.bit_high = -1,
				.registers = (uint8_t)registers,
				.scale = 1 };
	double wanted = number_of(type, raw);
	struct value v = { 0 };
	uint16_t regs[4];

	lay_out(raw, registers, w.order, regs);
	FUZZ_CLAIM(codec_decode_registers(&w, regs, registers, &v) == (isfinite(wanted) ? 0 : 1));
	if (isfinite(wanted))
		FUZZ_CLAIM(v.type == VALUE_NUMBER && v.number == wanted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size }, raw = { data, size };
	struct codec_wire w = { 0 };
	struct value v = { 0 };

	read_wire(&in, &w);
	decode(&w, &in);
	if (codec_table_is_bits(w.table)) {
		FUZZ_CLAIM(codec_decode_bit(&w, size & 1, &v) == 0);
		FUZZ_CLAIM(v.type == VALUE_TEXT || (v.type == VALUE_BOOL && v.boolean == ((size & 1) != w.invert)));
	}
	check_round_trip(fuzz_u64(&raw), (unsigned)size);
	return 0;
}
