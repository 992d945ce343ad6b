# fuzz.awk: the first line of each file that reads what comes from outside: JSON, libconfig, descriptors, rows, HTTP.
# Needs strip.awk. Writes FILE:LINE.

BEGIN {
	calls = "(json_load[bsf]?|config_read(_string|_file)?|recv|recvfrom|recvmsg|getline|fgets|fread|read|pread|" \
		"sqlite3_column_(text|blob)|evbuffer_(readln|pullup|remove|copyout)|evhttp_parse_query_str|evhttp_find_header)[(]"
}
FNR == 1 {
	strip_begin()
	found = 0
}
{
	line = strip($0)
}
!found && line ~ ("(^|[^A-Za-z0-9_>.])" calls) {
	print FILENAME ":" FNR
	found = 1
}
