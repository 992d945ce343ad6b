# symbols.awk -v sources=LIST: reads lines of nm -A -P ("daemon/base/libbase_a-str.o: str_copy T 0 9"); prints each global
# symbol that does not begin with the name of its source file. Exit 0, 1, or 77 where no object has a source.
# Automake puts the program's name before the object's where a program has flags of its own; objects that have no source
# (any more) are passed over.

BEGIN {
	while ((getline file < sources) > 0)
		exists[file] = 1
}

{
	object = $1
	sub(/:$/, "", object)
	if (!(object in source_of))
		source_of[object] = find_source(object)
	source = source_of[object]
	if (source == "" || is_made_by_compiler($2))
		next
	objects++
	prefix = source
	sub(/.*\//, "", prefix)
	sub(/\.c$/, "", prefix)
	gsub(/[^A-Za-z0-9]/, "_", prefix)
	if ($2 == "main" || $2 == prefix || index($2, prefix "_") == 1)
		next
	if (!((source, $2) in told))
		print source ":" line_of(source, $2) ": global symbol " $2 ", expected " prefix "_..., or static"
	told[source, $2] = 1
	violations++
}

END { exit violations ? 1 : objects ? 0 : 77 }

function find_source(object, folder, name) {
	folder = name = object
	sub(/[^\/]*$/, "", folder)
	sub(/.*\//, "", name)
	sub(/\.o$/, "", name)
	if ((folder name ".c") in exists)
		return folder name ".c"
	sub(/^[^-]*-/, "", name)
	return (folder name ".c") in exists ? folder name ".c" : ""
}

# Sanitizers, coverage and thunks; a name with a dot in it cannot come from C.
function is_made_by_compiler(symbol) {
	return symbol ~ /\./ || symbol ~ /^__(asan|odr_asan|ubsan|tsan|lsan|msan|hwasan|sanitizer|sancov|gcov|llvm|prof|x86|start|stop)_/
}

# The line outside of all braces where the name stands last before a body or a value: the definition.
function line_of(source, symbol, line, n, code, depth, found, first) {
	strip_begin()
	found = first = n = depth = 0
	while ((getline line < source) > 0) {
		n++
		code = " " strip(line) " "
		if (code ~ ("[^A-Za-z0-9_]" symbol "[^A-Za-z0-9_]")) {
			if (!first)
				first = n
			if (!found && depth == 0 && code !~ /;[ \t]*$/)
				found = n
			else if (!found && depth == 0 && code !~ /\)[ \t]*;[ \t]*$/ && code !~ /extern/)
				found = n
		}
		depth += gsub(/[{]/, "", code) - gsub(/[}]/, "", code)
	}
	close(source)
	return found ? found : first ? first : 1
}
