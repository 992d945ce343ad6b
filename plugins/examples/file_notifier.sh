#!/bin/bash
# file-notifier: writes what people are to be told into a file, one line each; for a siren, a printer, a screen behind it.
#
#     plugins: ( { id = "board"; program = "/opt/estate/file_notifier.sh"; } );      # the file is board.txt in /run/board
#
# Written from plugins/README.md alone. The daemon writes "type" first and no blanks between tokens, so a shell can tell its
# lines apart; one that needs more of a message takes jq.
export LC_ALL=C.UTF-8
folder=${BOARD_FOLDER:-/run/board}

say() { printf '%s\n' "$1"; }

number() { # of the member $2 of the line $1
	local rest=${1#*\"$2\":}
	echo "${rest%%[,\}]*}"
}

text() { # what stands behind the last "text":, as it is written in JSON
	local rest=${1##*\"text\":\"}
	echo "${rest%\"*}"
}

tell() { # the line of a notify
	local id
	id=$(number "$1" id)
	if text "$1" >>"$folder/board.txt" 2>/dev/null; then
		say "{\"type\":\"notified\",\"id\":$id,\"ok\":true}"
	else
		echo "<4>$folder/board.txt cannot be written" >&2
		say "{\"type\":\"notified\",\"id\":$id,\"ok\":false,\"text\":\"board.txt cannot be written\"}"
	fi
}

begin() { # the last line with devices
	case $1 in *'"more":true'*) return ;; esac
	say '{"type":"ready","name":"file-notifier","version":"1.0","roles":["notifier"]}'
	say '{"type":"healthy"}'
}

while IFS= read -r line; do
	case $line in
	'{"type":"hello"'*)
		if [ "$(number "$line" protocol)" != 1 ]; then
			say '{"type":"fault","text":"this plugin speaks protocol 1"}'
			exit 1
		fi
		begin "$line"
		;;
	'{"type":"devices"'*) begin "$line" ;;
	'{"type":"ping"'*) say "{\"type\":\"pong\",\"id\":$(number "$line" id)}" ;;
	'{"type":"notify"'*) tell "$line" ;;
	'{"type":"stop"'*) exit 0 ;;
	esac
done
exit 0
