/* raw_http.h: a client that sends exactly what a test says, for what a well-behaved one would not do. Blocking, bounded. */
#pragma once

#include "base/str.h"

#define RAW_WAIT_MS 10000 /* a test that waits this long has failed */

int raw_http_connect(const char *socket_path);
void raw_http_send(int fd, const char *text);
/* Reads until the text is in what came, or the other side closes. True: it came. Appends to got. */
bool raw_http_read_until(int fd, struct str_buf *got, const char *text);
/* Reads to the end of the connection. */
void raw_http_read_all(int fd, struct str_buf *got);
