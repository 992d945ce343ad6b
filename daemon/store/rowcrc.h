/* rowcrc.h: the SQL function row_crc(…): a CRC over the values of a row, with their types. What flips a bit inside a page is
 * not seen by SQLite; a row that carries this is known to be as it was written. Any connection. */
#pragma once

#include <sqlite3.h>

int rowcrc_register(sqlite3 *handle); /* 0 or -ENOMEM */
