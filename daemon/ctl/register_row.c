#include "ctl/register_row.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "ctl/words.h"

/* A word as makers write it, and what the configuration calls it. Compared without case, blanks, '_' and '-'. */
struct alias {
	const char *written, *word;
};

struct column_name {
	const char *written;
	enum register_column column;
};

/* clang-format off */
static const struct column_name column_names[] = {
	{ "name", REGISTER_NAME }, { "point", REGISTER_NAME }, { "tag", REGISTER_NAME }, { "variable", REGISTER_NAME },
	{ "parameter", REGISTER_NAME }, { "signal", REGISTER_NAME }, { "名称", REGISTER_NAME }, { "点名", REGISTER_NAME },
	{ "变量", REGISTER_NAME }, { "变量名", REGISTER_NAME }, { "参数", REGISTER_NAME }, { "测点", REGISTER_NAME },
	{ "信号", REGISTER_NAME }, { "参数名称", REGISTER_NAME }, { "点位名称", REGISTER_NAME },
	{ "address", REGISTER_ADDRESS }, { "addr", REGISTER_ADDRESS }, { "register", REGISTER_ADDRESS }, { "reg", REGISTER_ADDRESS },
	{ "registeraddress", REGISTER_ADDRESS }, { "modbusaddress", REGISTER_ADDRESS }, { "地址", REGISTER_ADDRESS },
	{ "寄存器", REGISTER_ADDRESS }, { "寄存器地址", REGISTER_ADDRESS }, { "点位地址", REGISTER_ADDRESS },
	{ "table", REGISTER_TABLE }, { "function", REGISTER_TABLE }, { "functioncode", REGISTER_TABLE }, { "fc", REGISTER_TABLE },
	{ "area", REGISTER_TABLE }, { "registertype", REGISTER_TABLE }, { "功能码", REGISTER_TABLE }, { "寄存器类型", REGISTER_TABLE },
	{ "区", REGISTER_TABLE }, { "bit", REGISTER_BIT }, { "bits", REGISTER_BIT }, { "位", REGISTER_BIT }, { "位号", REGISTER_BIT },
	{ "type", REGISTER_TYPE }, { "datatype", REGISTER_TYPE }, { "format", REGISTER_TYPE }, { "dataformat", REGISTER_TYPE },
	{ "类型", REGISTER_TYPE }, { "数据类型", REGISTER_TYPE }, { "数据格式", REGISTER_TYPE },
	{ "order", REGISTER_ORDER }, { "byteorder", REGISTER_ORDER }, { "wordorder", REGISTER_ORDER }, { "endian", REGISTER_ORDER },
	{ "字节序", REGISTER_ORDER }, { "字节顺序", REGISTER_ORDER },
	{ "count", REGISTER_COUNT }, { "length", REGISTER_COUNT }, { "registers", REGISTER_COUNT }, { "size", REGISTER_COUNT },
	{ "长度", REGISTER_COUNT }, { "个数", REGISTER_COUNT }, { "寄存器个数", REGISTER_COUNT }, { "数量", REGISTER_COUNT },
	{ "scale", REGISTER_SCALE }, { "factor", REGISTER_SCALE }, { "multiplier", REGISTER_SCALE }, { "gain", REGISTER_SCALE },
	{ "resolution", REGISTER_SCALE }, { "倍率", REGISTER_SCALE }, { "系数", REGISTER_SCALE }, { "比例", REGISTER_SCALE },
	{ "精度", REGISTER_SCALE }, { "分辨率", REGISTER_SCALE }, { "offset", REGISTER_OFFSET }, { "偏移", REGISTER_OFFSET },
	{ "偏移量", REGISTER_OFFSET }, { "unit", REGISTER_UNIT }, { "units", REGISTER_UNIT }, { "单位", REGISTER_UNIT },
	{ "min", REGISTER_MIN }, { "minimum", REGISTER_MIN }, { "最小值", REGISTER_MIN }, { "下限", REGISTER_MIN },
	{ "max", REGISTER_MAX }, { "maximum", REGISTER_MAX }, { "最大值", REGISTER_MAX }, { "上限", REGISTER_MAX },
	{ "values", REGISTER_VALUES }, { "enum", REGISTER_VALUES }, { "枚举", REGISTER_VALUES }, { "取值", REGISTER_VALUES },
	{ "period", REGISTER_PERIOD }, { "周期", REGISTER_PERIOD }, { "采集周期", REGISTER_PERIOD },
	{ "access", REGISTER_ACCESS }, { "rw", REGISTER_ACCESS }, { "r/w", REGISTER_ACCESS }, { "读写", REGISTER_ACCESS },
	{ "读写属性", REGISTER_ACCESS }, { "note", REGISTER_NOTE }, { "description", REGISTER_NOTE }, { "remark", REGISTER_NOTE },
	{ "remarks", REGISTER_NOTE }, { "comment", REGISTER_NOTE }, { "备注", REGISTER_NOTE }, { "说明", REGISTER_NOTE },
	{ "描述", REGISTER_NOTE },
};

static const struct alias tables[] = {
	{ "holding", "holding" }, { "input", "input" }, { "coil", "coil" }, { "discrete", "discrete" },
	{ "holdingregister", "holding" }, { "inputregister", "input" }, { "coils", "coil" }, { "discreteinput", "discrete" },
	{ "hr", "holding" }, { "ir", "input" }, { "di", "discrete" }, { "3", "holding" }, { "03", "holding" },
	{ "0x03", "holding" }, { "4", "input" }, { "04", "input" }, { "0x04", "input" }, { "1", "coil" }, { "01", "coil" },
	{ "0x01", "coil" }, { "2", "discrete" }, { "02", "discrete" }, { "0x02", "discrete" }, { "4x", "holding" },
	{ "3x", "input" }, { "1x", "discrete" }, { "0x", "coil" }, { "保持寄存器", "holding" }, { "输入寄存器", "input" },
	{ "线圈", "coil" }, { "离散输入", "discrete" }, { "离散量输入", "discrete" }, { NULL, NULL },
};

static const struct alias types[] = {
	{ "u16", "u16" }, { "uint16", "u16" }, { "word", "u16" }, { "ushort", "u16" }, { "unsigned16", "u16" },
	{ "无符号16", "u16" }, { "i16", "i16" }, { "int16", "i16" }, { "short", "i16" }, { "s16", "i16" }, { "int", "i16" },
	{ "有符号16", "i16" }, { "u32", "u32" }, { "uint32", "u32" }, { "dword", "u32" }, { "ulong", "u32" }, { "udint", "u32" },
	{ "无符号32", "u32" }, { "i32", "i32" }, { "int32", "i32" }, { "s32", "i32" }, { "long", "i32" }, { "dint", "i32" },
	{ "有符号32", "i32" }, { "u64", "u64" }, { "uint64", "u64" }, { "i64", "i64" }, { "int64", "i64" }, { "f32", "f32" },
	{ "float", "f32" }, { "float32", "f32" }, { "real", "f32" }, { "single", "f32" }, { "浮点", "f32" }, { "浮点数", "f32" },
	{ "f64", "f64" }, { "float64", "f64" }, { "double", "f64" }, { "lreal", "f64" }, { "双精度", "f64" }, { "u8", "u8" },
	{ "uint8", "u8" }, { "byte", "u8" }, { "i8", "i8" }, { "int8", "i8" }, { "bcd", "bcd16" }, { "bcd16", "bcd16" },
	{ "bcd32", "bcd32" }, { "string", "string" }, { "ascii", "string" }, { "char", "string" }, { "字符串", "string" },
	{ "bit", "bit" }, { "bool", "bit" }, { "boolean", "bit" }, { "开关量", "bit" }, { "布尔", "bit" }, { NULL, NULL },
};

static const struct alias orders[] = {
	{ "abcd", "abcd" }, { "be", "abcd" }, { "big", "abcd" }, { "bigendian", "abcd" }, { "1234", "abcd" }, { "大端", "abcd" },
	{ "ab", "abcd" }, { "cdab", "cdab" }, { "wordswap", "cdab" }, { "3412", "cdab" }, { "badc", "badc" },
	{ "byteswap", "badc" }, { "2143", "badc" }, { "ba", "badc" }, { "dcba", "dcba" }, { "le", "dcba" }, { "little", "dcba" },
	{ "littleendian", "dcba" }, { "4321", "dcba" }, { "小端", "dcba" }, { NULL, NULL },
};

static const struct alias accesses[] = {
	{ "r", "r" }, { "ro", "r" }, { "read", "r" }, { "readonly", "r" }, { "只读", "r" }, { "读", "r" }, { "rw", "rw" },
	{ "r/w", "rw" }, { "wr", "rw" }, { "w/r", "rw" }, { "readwrite", "rw" }, { "read/write", "rw" }, { "读写", "rw" },
	{ "可读写", "rw" }, { "w", "w" }, { "wo", "w" }, { "write", "w" }, { "writeonly", "w" }, { "只写", "w" }, { "写", "w" },
	{ NULL, NULL },
};
/* clang-format on */

/* The word as it is compared: small letters, without blanks, '_', '-' and what stands in brackets. */
static void plain(const char *from, char *to, size_t room)
{
	size_t len = 0;

	for (; *from && !strchr("([", *from) && len + 1 < room; from++)
		if (!strchr(" _-", *from))
			to[len++] = (char)(*from >= 'A' && *from <= 'Z' ? *from - 'A' + 'a' : *from);
	to[len] = '\0';
}

static const char *find_alias(const struct alias *list, const char *written)
{
	char word[64];

	plain(written, word, sizeof(word));
	for (; list->written; list++)
		if (str_equal(list->written, word))
			return list->word;
	return NULL;
}

/* "holding, input, coil or discrete": each word of the list once. */
static void add_words(const struct alias *list, struct str_buf *to)
{
	const char *before = "";

	for (const struct alias *a = list; a->written; a++)
		if (str_equal(a->written, a->word)) {
			str_buf_printf(to, "%s%s", before, a->word);
			before = ", ";
		}
}

/* The cell that is read: where it is, for its errors. */
struct cell {
	const struct sheet_row *row;
	size_t number, column;
	enum register_column kind;
	const char *text; /* "" where there is none */
	struct register_errors *errors;
};

static const char *const column_titles[REGISTER_COLUMNS] = {
	"name",   "address", "table", "bit", "type",   "order",  "count",  "scale",
	"offset", "unit",    "min",   "max", "values", "period", "access", "note",
};

static void bad_cell(const struct cell *c, const char *expected, ...) _printf_(2, 3);
static void bad_cell(const struct cell *c, const char *expected, ...)
{
	struct str_buf *to = &c->errors->text;
	char column[SHEET_COLUMN_MAX];
	va_list ap;

	str_buf_printf(to, _("%s:%zu: column %s (%s): '%s': expected "), c->errors->file, c->number,
		       sheet_column(c->column, column), column_titles[c->kind], c->text);
	va_start(ap, expected);
	str_buf_vprintf(to, expected, ap);
	va_end(ap);
	str_buf_add(to, "\n");
	c->errors->count++;
}

static void bad_word(const struct cell *c, const struct alias *list)
{
	struct str_buf words _cleanup_str_buf_ = { 0 };

	add_words(list, &words);
	bad_cell(c, _("one of %s"), str_buf_text(&words));
}

static bool find_column(const char *title, enum register_column *ret_column)
{
	char word[64];

	plain(title, word, sizeof(word));
	for (size_t i = 0; i < ARRAY_SIZE(column_names); i++)
		if (str_equal(column_names[i].written, word)) {
			*ret_column = column_names[i].column;
			return true;
		}
	return false;
}

int register_row_head(const struct sheet_row *row, struct register_head *ret_head, struct register_errors *errors)
{
	size_t before = errors->count;
	enum register_column column;

	for (size_t i = 0; i < REGISTER_COLUMNS; i++)
		ret_head->at[i] = SIZE_MAX;
	ret_head->unused = (struct str_buf){ 0 };
	for (size_t i = 0; i < row->count; i++) {
		struct cell c = { row, 1, i, 0, row->cells[i], errors };

		if (!find_column(row->cells[i], &column)) {
			if (*row->cells[i])
				str_buf_printf(&ret_head->unused, "%s%s", ret_head->unused.len ? ", " : "",
					       row->cells[i]);
		} else if (ret_head->at[column] != SIZE_MAX) {
			c.kind = column;
			bad_cell(&c, _("one column of this kind"));
		} else {
			ret_head->at[column] = i;
		}
	}
	if (ret_head->at[REGISTER_ADDRESS] == SIZE_MAX) {
		str_buf_printf(&errors->text,
			       _("%s:1: expected the names of the columns in the first row, among them one called "
				 "'address' (地址)\n"),
			       errors->file);
		errors->count++;
	}
	return errors->count == before ? 0 : -EINVAL;
}

bool register_row_is_empty(const struct sheet_row *row)
{
	for (size_t i = 0; i < row->count; i++)
		if (*row->cells[i])
			return false;
	return true;
}

static struct cell cell_of(const struct sheet_row *row, size_t number, const struct register_head *head,
			   enum register_column kind)
{
	size_t column = head->at[kind];

	return (struct cell){ .row = row,
			      .number = number,
			      .kind = kind,
			      .column = column == SIZE_MAX ? 0 : column,
			      .text = column < row->count ? row->cells[column] : "" };
}

/* "40031", "400031": paper's five or six digits. The table's digit, or 0. */
static char paper_table(const char *text, unsigned *ret_address)
{
	size_t len = strlen(text);
	int64_t number;

	if ((len != 5 && len != 6) || !strchr("0134", text[0]) || strspn(text, "0123456789") != len ||
	    str_to_i64(text + 1 + strspn(text + 1, "0"), &number) < 0 || number < 1 || number > 65536)
		return 0;
	*ret_address = (unsigned)number - 1;
	return text[0];
}

enum register_base register_row_guess_base(const struct sheet *sheet, const struct register_head *head)
{
	bool any = false;
	unsigned address;

	for (size_t i = 1; i < sheet->count; i++) {
		struct cell c = cell_of(&sheet->rows[i], i + 1, head, REGISTER_ADDRESS);
		char *bit = strchr(c.text, '.');
		char whole[16];

		if (!*c.text)
			continue;
		snprintf(whole, sizeof(whole), "%.*s", bit ? (int)(bit - c.text) : 15, c.text);
		if (!paper_table(whole, &address))
			return REGISTER_FROM_0;
		any = true;
	}
	return any ? REGISTER_PAPER : REGISTER_FROM_0;
}

static bool is_number(const char *text)
{
	double number;

	return str_to_double(text, &number) == 0;
}

/* ".3", "3", "3-5" → bits. */
static bool read_bits(const char *text, struct register_row *row)
{
	char low[8], *high = NULL;
	uint16_t from, to;

	snprintf(low, sizeof(low), "%s", text);
	high = strchr(low, '-');
	if (high)
		*high++ = '\0';
	if (str_to_u16(low, &from) < 0 || from > 15)
		return false;
	to = from;
	if (high && (str_to_u16(high, &to) < 0 || to > 15 || to < from))
		return false;
	row->bit_low = from;
	row->bit_high = to;
	row->has_bits = true;
	return true;
}

static const char *paper_table_word(char digit)
{
	return digit == '4' ? "holding" : digit == '3' ? "input" : digit == '1' ? "discrete" : "coil";
}

/* "30", "0x1E", "30H", "40031", "30.5": address and perhaps a bit. */
static void read_address(const struct cell *c, enum register_base base, struct register_row *row)
{
	char text[24];
	char *dot, digit;
	size_t len;
	int64_t number;

	snprintf(text, sizeof(text), "%s", c->text);
	dot = strchr(text, '.');
	if (dot) {
		*dot++ = '\0';
		if (!read_bits(dot, row)) {
			bad_cell(c, _("a bit from 0 to 15 behind the point, as 12.3"));
			return;
		}
	}
	if (base == REGISTER_PAPER) {
		digit = paper_table(text, &row->address);
		if (!digit)
			bad_cell(c,
				 _("an address as on paper: 40001 (holding), 30001 (input), 10001 (discrete) or 00001 "
				   "(coil) and up; --base says otherwise"));
		else
			row->table = paper_table_word(digit);
		return;
	}
	len = strlen(text);
	if (len > 1 && len < sizeof(text) - 2 && (text[len - 1] == 'H' || text[len - 1] == 'h')) {
		memmove(text + 2, text, len - 1);
		memcpy(text, "0x", 2);
		text[len + 1] = '\0';
	}
	if (str_to_i64(text, &number) < 0 || number < (base == REGISTER_FROM_1) ||
	    number > 65535 + (base == REGISTER_FROM_1))
		bad_cell(c, _("a number from %d to %d, as 30, 0x1E or 1EH"), base == REGISTER_FROM_1,
			 65535 + (base == REGISTER_FROM_1));
	else
		row->address = (unsigned)(number - (base == REGISTER_FROM_1));
}

static const char *read_word(const struct cell *c, const struct alias *list)
{
	const char *word;

	if (!*c->text)
		return NULL;
	word = find_alias(list, c->text);
	if (!word)
		bad_word(c, list);
	return word;
}

/* As written; NULL where there is none, and the cell is told where it is no number. */
static const char *read_number(const struct cell *c)
{
	if (!*c->text)
		return NULL;
	if (is_number(c->text))
		return c->text;
	bad_cell(c, _("a number, as 0.1"));
	return NULL;
}

/* "0=off; 1=on", "0:停止,1:运行" */
static void read_values(const struct cell *c, struct str_buf *to)
{
	const char *at = c->text;

	while (*at) {
		size_t whole = strcspn(at, ";,\n"), number_len = strcspn(at, "=:");
		char number[24];
		int64_t raw;

		snprintf(number, sizeof(number), "%.*s", (int)MIN(number_len, sizeof(number) - 1), at);
		while (*number && number[strlen(number) - 1] == ' ')
			number[strlen(number) - 1] = '\0';
		if (number_len >= whole || str_to_i64(number, &raw) < 0) {
			bad_cell(c, _("numbers and words, as 0=off; 1=on"));
			return;
		}
		str_buf_printf(to, "%s(%" PRIi64 ", ", to->len ? ", " : "", raw);
		for (number_len++; number_len < whole && at[number_len] == ' '; number_len++)
			;
		str_buf_add(to, "\"");
		for (size_t i = number_len; i < whole; i++) {
			if (strchr("\"\\", at[i]))
				str_buf_add(to, "\\");
			str_buf_add_len(to, at + i, 1);
		}
		str_buf_add(to, "\")");
		at += whole + (at[whole] != '\0');
		at += strspn(at, " ");
	}
}

/* "Water Temp. 1" → "water-temp-1"; what has no letter of ours is called after its address. */
static void make_name(const char *title, struct register_row *row)
{
	size_t len = 0;

	for (const char *t = title; *t && len + 1 < sizeof(row->name); t++) {
		bool upper = *t >= 'A' && *t <= 'Z';
		bool kept = upper || (*t >= 'a' && *t <= 'z') || (*t >= '0' && *t <= '9') || *t == '_';

		if (kept)
			row->name[len++] = (char)(upper ? *t - 'A' + 'a' : *t);
		else if ((unsigned char)*t < 0x80 && len && row->name[len - 1] != '_')
			row->name[len++] = '_';
	}
	while (len && row->name[len - 1] == '_')
		len--;
	row->name[len] = '\0';
	if (strspn(row->name, "0123456789_") < len && str_is_id(row->name))
		return;
	row->named_by_address = true;
	if (row->has_bits)
		snprintf(row->name, sizeof(row->name), "%s_%u_%u", row->table, row->address, row->bit_low);
	else
		snprintf(row->name, sizeof(row->name), "%s_%u", row->table, row->address);
}

static void read_place(const struct sheet_row *row, const struct register_head *head, enum register_base base,
		       struct cell *c, struct register_row *to)
{
	const struct cell table = cell_of(row, c->number, head, REGISTER_TABLE);
	struct cell bit = cell_of(row, c->number, head, REGISTER_BIT), said = table;
	const char *word;

	bit.errors = said.errors = c->errors;
	if (!*c->text)
		bad_cell(c, _("an address"));
	else
		read_address(c, base, to);
	word = read_word(&said, tables);
	if (word && base == REGISTER_PAPER && to->table && !str_equal(word, to->table))
		bad_cell(&said, _("%s, as the address says"), to->table);
	if (word)
		to->table = word;
	if (!to->table)
		to->table = "holding";
	if (*bit.text && !read_bits(bit.text, to))
		bad_cell(&bit, _("a bit from 0 to 15, or several as 3-5"));
}

/* What cannot be together is told here, so that the daemon's own check has nothing to find. */
static void check_together(const struct cell *cells, struct register_row *to)
{
	bool bits = str_equal(to->table, "coil") || str_equal(to->table, "discrete");
	bool one_byte = str_equal(to->type, "u8") || str_equal(to->type, "i8");

	if (bits && to->type && !str_equal(to->type, "bit"))
		bad_cell(&cells[REGISTER_TYPE], _("bit: a %s is one"), to->table);
	if (bits && to->has_bits)
		bad_cell(&cells[REGISTER_ADDRESS], _("no bit: a %s is one"), to->table);
	if (str_equal(to->type, "string") && !to->count)
		bad_cell(&cells[REGISTER_COUNT], _("how many registers the string has"));
	if (one_byte && !to->has_bits)
		bad_cell(&cells[REGISTER_TYPE], _("bits 0-7 or 8-15 beside a type of one byte"));
	if (bits || str_equal(to->type, "bit"))
		to->type = NULL; /* a bit where one is named, else a whole register that is 0 or 1 */
	if ((bits || (to->has_bits && to->bit_low == to->bit_high)) && (to->scale || to->offset)) {
		/* Makers fill the column to the end: 1 and 0 say nothing. */
		if ((to->scale && !str_equal(to->scale, "1")) || (to->offset && !str_equal(to->offset, "0")))
			bad_cell(&cells[REGISTER_SCALE], _("nothing, or 1: a bit has no scale"));
		to->scale = to->offset = NULL;
	}
	if (bits || to->has_bits || one_byte)
		to->order = NULL;
}

int register_row_read(const struct sheet_row *row, size_t number, const struct register_head *head,
		      enum register_base base, struct register_row *ret_row, struct register_errors *errors)
{
	struct cell cells[REGISTER_COLUMNS];
	size_t before = errors->count;
	const char *access;
	uint16_t count = 0;
	int64_t period;

	*ret_row = (struct register_row){ 0 };
	for (size_t i = 0; i < REGISTER_COLUMNS; i++) {
		cells[i] = cell_of(row, number, head, (enum register_column)i);
		cells[i].errors = errors;
	}
	read_place(row, head, base, &cells[REGISTER_ADDRESS], ret_row);
	ret_row->type = read_word(&cells[REGISTER_TYPE], types);
	ret_row->order = read_word(&cells[REGISTER_ORDER], orders);
	ret_row->scale = read_number(&cells[REGISTER_SCALE]);
	ret_row->offset = read_number(&cells[REGISTER_OFFSET]);
	ret_row->min = read_number(&cells[REGISTER_MIN]);
	ret_row->max = read_number(&cells[REGISTER_MAX]);
	read_values(&cells[REGISTER_VALUES], &ret_row->values);
	if (*cells[REGISTER_COUNT].text &&
	    (str_to_u16(cells[REGISTER_COUNT].text, &count) < 0 || count < 1 || count > 125))
		bad_cell(&cells[REGISTER_COUNT], _("a number from 1 to 125"));
	if (*cells[REGISTER_PERIOD].text && str_to_duration(cells[REGISTER_PERIOD].text, &period) < 0)
		bad_cell(&cells[REGISTER_PERIOD], _("a duration with unit, as 500ms or 60s"));
	access = read_word(&cells[REGISTER_ACCESS], accesses);
	ret_row->count = count;
	check_together(cells, ret_row);
	ret_row->write_only = str_equal(access, "w");
	ret_row->unit = cells[REGISTER_UNIT].text;
	ret_row->period = cells[REGISTER_PERIOD].text;
	ret_row->note = cells[REGISTER_NOTE].text;
	ret_row->title = cells[REGISTER_NAME].text;
	make_name(ret_row->title, ret_row);
	return errors->count == before ? 0 : -EINVAL;
}

void register_row_twice(const struct register_head *head, size_t number, const struct register_row *row, size_t other,
			struct register_errors *errors)
{
	enum register_column kind = head->at[REGISTER_NAME] == SIZE_MAX ? REGISTER_ADDRESS : REGISTER_NAME;
	char column[SHEET_COLUMN_MAX];

	str_buf_printf(&errors->text,
		       _("%s:%zu: column %s (%s): the point '%s' stands twice; the other is in row %zu: expected names "
			 "that differ\n"),
		       errors->file, number, sheet_column(head->at[kind], column), column_titles[kind], row->name,
		       other);
	errors->count++;
}

void register_row_fini(struct register_row *r)
{
	str_buf_fini(&r->values);
}
