# sizes.awk: reads names of C files on stdin, then the files; prints each that is too long, or has a function that is.
# A function is what has a parameter list, no = and then a { outside of all braces. Directives are passed over.

BEGIN {
	while ((getline file) > 0) {
		measure(file)
		close(file)
		files++
	}
	if (!files) {
		print "sizes: no C files, expected some under daemon/"
		exit 1
	}
	exit violations ? 1 : 0
}

function measure(file, line, n, code, directive) {
	strip_begin()
	n = depth = in_function = 0
	head = ""
	directive = 0
	while ((getline line < file) > 0) {
		n++
		code = strip(line)
		if (directive || code ~ /^[ \t]*#/) {
			directive = code ~ /\\$/
			continue
		}
		if (code ~ /^}/ && depth > 1)
			depth = 1 # the braces of #if branches did not add up: column 0 closes the outermost
		braces(file, n, code)
	}
	if (file ~ /\.c$/ && n > most_lines) {
		print file ":" most_lines + 1 ": the file has " n " lines, expected at most " most_lines
		violations++
	}
}

# Walks over one line's braces; head is what stood outside of all braces since the last statement, from line head_line.
function braces(file, n, code, mark, before) {
	while (match(code, /[{};]/)) {
		mark = substr(code, RSTART, 1)
		before = substr(code, 1, RSTART - 1)
		code = substr(code, RSTART + 1)
		if (depth == 0)
			add(n, before)
		if (mark == "{") {
			if (depth++ == 0) {
				in_function = is_function(head)
				start = head_line
			}
		} else if (mark == "}" && depth > 0) {
			if (--depth == 0 && in_function) {
				if (n - start + 1 > most_function) {
					print file ":" start ": " name_of(head) "() has " n - start + 1 " lines, expected at most " most_function
					violations++
				}
				in_function = 0
				head = ""
			}
		} else if (mark == ";" && depth == 0)
			head = ""
	}
	if (depth == 0)
		add(n, code)
}

function add(n, text) {
	if (text !~ /[^ \t]/)
		return
	if (head ~ /\)[ \t]*$/ && text ~ /^[A-Za-z_]/)
		head = "" # a macro that takes no semicolon stood there
	if (head == "")
		head_line = n
	head = head " " text
}

function without_attributes(text) {
	gsub(/__attribute__[ \t]*\(\([^()]*(\([^()]*\))*[^()]*\)\)/, "", text)
	return text
}

function is_function(text) {
	text = without_attributes(text)
	return text ~ /\(/ && text !~ /=/
}

function name_of(text) {
	text = without_attributes(text)
	gsub(/_[a-z]+_[ \t]*\([^()]*\)/, "", text)
	sub(/[ \t]*\(.*/, "", text)
	sub(/.*[ \t*]/, "", text)
	return text
}
