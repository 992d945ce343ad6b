# format.awk: reads names of text files on stdin, then the files; prints each line that a plain text file does not have.
# Works on bytes: to be run with LC_ALL=C.

BEGIN {
	while ((getline file) > 0) {
		n = 0
		while ((getline line < file) > 0) {
			n++
			if (line ~ /\r$/)
				print file ":" n ": CR at the end of the line, expected LF alone"
			else if (line ~ /[ \t]$/)
				print file ":" n ": blanks at the end of the line, expected none"
			if (line ~ /[\200-\377]/ && !is_utf8(line))
				print file ":" n ": not UTF-8, expected UTF-8"
		}
		close(file)
	}
}

# Takes the well-formed sequences out; a byte that is left belongs to none. (Overlong forms and surrogates are not.)
function is_utf8(line) {
	gsub(/\360[\220-\277][\200-\277][\200-\277]|[\361-\363][\200-\277][\200-\277][\200-\277]|\364[\200-\217][\200-\277][\200-\277]/, ".", line)
	gsub(/\340[\240-\277][\200-\277]|\355[\200-\237][\200-\277]|[\341-\354\356\357][\200-\277][\200-\277]/, ".", line)
	gsub(/[\302-\337][\200-\277]/, ".", line)
	return line !~ /[\200-\377]/
}
