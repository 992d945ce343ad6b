# layers.awk: reads names of C files on stdin, then the files; prints each violation as file:line: what, what is expected.
# Comments and quoted texts are taken out first (strip.awk). A call is a name and a parenthesis on one line that is not a
# member (a->open(), a.open()); names that can be nothing else are violations wherever they stand.

BEGIN {
	# main > doctor > app > { conf field plugin store api } > upstream > care > alarm > model > base: a room includes what has a
	# smaller number. ctl and gate are programs of their own.
	split("main 10 doctor 9 app 8 conf 7 field 7 plugin 7 store 7 api 7 upstream 6 care 5 alarm 4 model 3 base 2 ctl 0 gate 0", w, " ")
	for (i = 1; (i in w); i += 2)
		rank[w[i]] = w[i + 1]
	below["ctl"] = below["gate"] = "base only"
	below["main"] = "doctor, app and what is below them"
	below["doctor"] = "app and what is below it"
	below["app"] = "conf field plugin store api and what is below them"
	below["conf"] = below["field"] = below["plugin"] = below["store"] = below["api"] = "upstream care alarm model base"
	below["upstream"] = "care alarm model base"
	below["care"] = "alarm model base"
	below["alarm"] = "model base"
	below["model"] = "base"
	below["base"] = "no other room"

	# Fences under daemon/: a header, and where alone it may be included (^ is "not in").
	fence("^modbus(/|-|\\.h)", "daemon/field/link.c")
	fence("^sqlite3", "daemon/store/")
	fence("^zstd", "daemon/store/squeeze.c")
	fence("^archive(_entry)?\\.h$", "daemon/ctl/parcel.c")
	fence("^libconfig\\.h", "daemon/conf/")
	fence("^(event2/|event\\.h$|evhttp\\.h$|evutil\\.h$|evdns\\.h$|evrpc\\.h$)", "daemon/app/ daemon/api/ daemon/plugin/ daemon/gate/")
	fence("^pthread\\.h$|^threads\\.h$", "daemon/base/")
	fence("^systemd/", "daemon/app/notify.c daemon/app/journal.c daemon/gate/")
	fence("^csv\\.h$", "daemon/ctl/sheet.c daemon/app/residents.c")
	fence("^curl/", "daemon/ctl/ daemon/gate/")
	fence("^jansson\\.h$", "^ daemon/base/ daemon/model/ daemon/alarm/ daemon/care/")
	fence("^dlfcn\\.h$", "nowhere")

	words("CLOCK_ANY", "clock_gettime clock_settime clock_getres clock_nanosleep gettimeofday settimeofday timespec_get localtime " \
		"localtime_r gmtime gmtime_r mktime timelocal timegm strftime strptime asctime asctime_r ctime_r tzset nanosleep " \
		"usleep setitimer timer_create evutil_gettimeofday event_base_gettimeofday_cached")
	words("CLOCK_CALL", "time sleep clock times ftime ctime")
	words("WAIT_CALL", "poll ppoll select pselect epoll_wait epoll_pwait epoll_pwait2 sigtimedwait")
	words("NUMBER_ANY", "atoi atol atoll atof sscanf vsscanf fscanf vfscanf strtod strtof strtold")
	words("DL_ANY", "dlopen dlmopen dlsym dlvsym")
	words("IO_ANY", "FILE stdout stderr stdin fopen freopen fdopen fprintf vfprintf vprintf dprintf fputs fputc putchar fwrite " \
		"openat syslog popen opendir perror")
	words("IO_CALL", "printf puts putc fflush fclose fread fgets fgetc getline getdelim open creat close read write pread pwrite " \
		"readv writev socket socketpair pipe pipe2 connect bind listen accept accept4 send sendto sendmsg recv recvfrom recvmsg " \
		"getaddrinfo ioctl mmap system fork vfork execv execve execvp execl execlp posix_spawn rename unlink remove mkdir rmdir " \
		"stat lstat fstat access fsync fdatasync scanf")
	words("CLOCK_OURS", "clock_mono_us clock_wall_us clock_now clock_poll clock_boot_id")
	words("LOG_CALL", "complain complain_resolved log_write log_error log_warning log_notice log_info log_debug")
	words("KEYWORD", "goto typedef")

	while ((getline name) > 0) {
		files[++files_count] = name
		exists[name] = 1
	}
	if (!files_count) {
		print "layers: no C files, expected some under daemon/"
		exit 1
	}
	for (n = 1; n <= files_count; n++)
		read_file(files[n])
	for (n = 1; n <= files_count; n++)
		if (files[n] ~ /\.h$/)
			walk(files[n])
	exit violations ? 1 : 0
}

function fence(pattern, where) {
	fences++
	fence_header[fences] = pattern
	fence_where[fences] = where
}

function words(kind, list, w, i) {
	split(list, w, " ")
	for (i = 1; (i in w); i++)
		kinds[w[i]] = kind
}

function violation(file, line, text) {
	print file ":" line ": " text
	violations++
}

# daemon/model/x.c: "model"; daemon/main.c: "main"; plugins/sdk/x.c: "plugins/sdk"; "" is no room.
function room_of(file, p, n) {
	n = split(file, p, "/")
	if (p[1] == "plugins")
		return n > 2 ? "plugins/" p[2] : ""
	if (n == 2)
		return file == "daemon/main.c" ? "main" : ""
	return p[2] in rank && p[2] != "main" ? p[2] : ""
}

# True where file is one of the list's files or under one of its folders.
function is_in(file, list, w, i) {
	split(list, w, " ")
	for (i = 1; (i in w); i++)
		if (file == w[i] || (w[i] ~ /\/$/ && index(file, w[i]) == 1))
			return 1
	return 0
}

function is_pure(room) {
	return room == "model" || room == "alarm" || room == "care" || room == "upstream"
}

# a/b/../c.h: a/c.h
function normal(path) {
	gsub(/\/\.\//, "/", path)
	while (match(path, /[^\/.][^\/]*\/\.\.\//))
		path = substr(path, 1, RSTART - 1) substr(path, RSTART + RLENGTH)
	return path
}

# The tree's file that an #include names, "" where it is a library's.
function resolve(file, target, own, i, p) {
	own = file
	sub(/[^\/]*$/, "", own)
	p[1] = normal(own target)
	p[2] = "daemon/" target
	p[3] = "plugins/" target
	p[4] = target
	for (i = 1; i <= 4; i++)
		if (p[i] in exists)
			return p[i]
	return ""
}

function read_file(file, line, n, code, base) {
	room = room_of(file)
	if (room == "") {
		if (file ~ /^plugins\//)
			violation(file, 1, "lies in no plugin's folder, expected plugins/<name>/")
		else
			violation(file, 1, "lies in no room, expected main.c or a file in doctor app conf field plugin store api upstream care " \
				"alarm model base ctl gate")
	}
	base = file
	sub(/.*\//, "", base)
	if (base ~ /\.c$/ && base != "main.c") {
		if (base in owner)
			violation(file, 1, "has the name of " owner[base] ", expected names that are unique in the tree")
		else
			owner[base] = file
	}
	strip_begin()
	n = 0
	while ((getline line < file) > 0) {
		n++
		code = strip(line)
		if (code ~ /^[ \t]*#[ \t]*include/)
			include(file, n, line)
		else if (code ~ /[A-Za-z_]/)
			scan(file, n, code)
	}
	close(file)
}

function include(file, n, line, target, found, i) {
	if (!match(line, /#[ \t]*include[ \t]*["<][^">]*[">]/)) {
		violation(file, n, "#include of a macro, expected a file's name")
		return
	}
	target = substr(line, RSTART, RLENGTH)
	sub(/^#[ \t]*include[ \t]*["<]/, "", target)
	sub(/[">]$/, "", target)
	found = resolve(file, target)
	if (found != "") {
		include_ours(file, n, found)
		return
	}
	for (i = 1; i <= fences; i++)
		if (target ~ fence_header[i] && (file ~ /^daemon\// || fence_where[i] == "nowhere"))
			at_fence(file, n, target, fence_where[i])
	if (is_pure(room) && target ~ /^(syslog\.h|sys\/socket\.h|fcntl\.h)$/)
		violation(file, n, room " includes " target ", expected no I/O in model alarm care upstream")
	if (line ~ /include[ \t]*"/ && target != "config.h")
		violation(file, n, "includes \"" target "\", which is not in the tree, expected a header that is, or <" target "> for a library's")
}

function at_fence(file, n, target, where) {
	if (where ~ /^\^/) {
		if (is_in(file, substr(where, 3)))
			violation(file, n, "includes " target ", expected not in " substr(where, 3))
	} else if (!is_in(file, where))
		violation(file, n, "includes " target ", expected " (where == "nowhere" ? where : "only in " where))
}

function include_ours(file, n, found, to) {
	if (found ~ /\.h$/) {
		edges[file]++
		edge[file, edges[file]] = found
		edge_line[file, edges[file]] = n
	}
	to = room_of(found)
	if (room == "base" && to == "base" && found ~ /\/(log|complain)\.h$/ && file !~ /\/(log|complain)\.[ch]$/)
		violation(file, n, room " includes " found ", expected no logging in base but for log and complain themselves")
	if (room == to || room == "")
		return
	if (file ~ /^plugins\//) {
		if (to != "plugins/sdk")
			violation(file, n, room " includes " found ", expected only plugins/sdk and its own folder")
		return
	}
	if (found ~ /^plugins\//) {
		violation(file, n, room " includes " found ", expected nothing of plugins/ under daemon/")
		return
	}
	if (rank[room] == 0 ? to != "base" : rank[to] == 0 || rank[to] >= rank[room]) {
		violation(file, n, room " includes " found ", expected " below[room])
		return
	}
	if (found ~ /^daemon\/base\/(log|complain)\.h$/ && (is_pure(room) || room == "conf"))
		violation(file, n, room " includes " found ", expected no logging in model alarm care upstream conf")
	if (found == "daemon/base/thread.h" && is_pure(room))
		violation(file, n, room " includes " found ", expected no threads in model alarm care upstream")
}

# Looks at every name of a line of code.
function scan(file, n, code, before, word) {
	while (match(code, /[A-Za-z_][A-Za-z0-9_]*/)) {
		word = substr(code, RSTART, RLENGTH)
		before = substr(code, 1, RSTART - 1)
		code = substr(code, RSTART + RLENGTH)
		if ((word in kinds) && before !~ /(\.|->)[ \t]*$/)
			judge(file, n, word, kinds[word], code ~ /^[ \t]*\(/)
	}
}

function judge(file, n, word, kind, called, shown) {
	shown = called ? word "()" : word
	if (kind == "KEYWORD")
		violation(file, n, word ", expected " (word == "goto" ? "early return and _cleanup_()" : "struct, enum or a written-out type"))
	else if (kind == "DL_ANY")
		violation(file, n, shown ", expected nowhere: a plugin is a process")
	else if (kind == "NUMBER_ANY") {
		if (file != "daemon/base/str.c")
			violation(file, n, shown ", expected the str_to_ functions of daemon/base/str.c")
	} else if (kind == "CLOCK_ANY" || (kind == "CLOCK_CALL" && called)) {
		if (file ~ /^daemon\// && file != "daemon/base/clock.c")
			violation(file, n, shown ", expected clocks, local time and sleeping only in daemon/base/clock.c")
		else if (file ~ /^plugins\// && room != "plugins/sdk")
			violation(file, n, shown ", expected clocks and waiting only in plugins/sdk")
	} else if (kind == "WAIT_CALL" && called) {
		if (file ~ /^plugins\// && room != "plugins/sdk")
			violation(file, n, shown ", expected clocks and waiting only in plugins/sdk")
		else if (is_pure(room))
			violation(file, n, shown ", expected no I/O in model alarm care upstream")
	} else if (kind == "IO_ANY" || (kind == "IO_CALL" && called)) {
		if (is_pure(room))
			violation(file, n, shown ", expected no I/O in model alarm care upstream")
	} else if (kind == "CLOCK_OURS" && called) {
		if (is_pure(room))
			violation(file, n, shown ", expected the time as an argument in model alarm care upstream")
	} else if (kind == "LOG_CALL" && called) {
		if (is_pure(room) || room == "conf")
			violation(file, n, shown ", expected no logging in model alarm care upstream conf")
	}
}

# Depth first over the headers; an include that leads back to a header still being walked closes a cycle.
function walk(file, i, to, j, path) {
	if (state[file] != "")
		return
	state[file] = "open"
	trail[++depth] = file
	for (i = 1; i <= edges[file]; i++) {
		to = edge[file, i]
		if (state[to] == "open") {
			path = ""
			for (j = depth; j > 0 && trail[j] != to; j--)
				path = trail[j] " > " path
			violation(file, edge_line[file, i], "cycle of includes: " to " > " path to ", expected headers in one order")
		} else
			walk(to)
	}
	depth--
	state[file] = "done"
}
