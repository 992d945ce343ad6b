#include "store/rowcrc.h"

#include <errno.h>
#include <string.h>

#include "base/crc32.h"

/* A number as it stands in the file whatever way it was bound: 1 and 1.0 in a column of reals are one. */
static uint32_t add_number(uint32_t crc, double number)
{
	return crc32_add(crc, &number, sizeof(number));
}

static uint32_t add_value(uint32_t crc, sqlite3_value *value)
{
	int type = sqlite3_value_type(value);
	char mark = (char)type;
	sqlite3_int64 whole;
	int len;

	crc = crc32_add(crc, &mark, 1);
	switch (type) {
	case SQLITE_INTEGER: whole = sqlite3_value_int64(value); return crc32_add(crc, &whole, sizeof(whole));
	case SQLITE_FLOAT: return add_number(crc, sqlite3_value_double(value));
	case SQLITE_TEXT:
	case SQLITE_BLOB:
		len = sqlite3_value_bytes(value);
		crc = crc32_add(crc, &len, sizeof(len));
		return crc32_add(crc, sqlite3_value_blob(value), (size_t)len);
	default: return crc;
	}
}

static void row_crc(sqlite3_context *context, int count, sqlite3_value **values)
{
	uint32_t crc = 0;

	for (int i = 0; i < count; i++)
		crc = add_value(crc, values[i]);
	sqlite3_result_int64(context, crc);
}

int rowcrc_register(sqlite3 *handle)
{
	int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;

	return sqlite3_create_function_v2(handle, "row_crc", -1, flags, NULL, row_crc, NULL, NULL, NULL) == SQLITE_OK
		       ? 0
		       : -ENOMEM;
}
