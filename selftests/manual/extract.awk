# SPDX-License-Identifier: GPL-2.0-only
#
# extract.awk: programs and sessions out of a page of the manual, or the session out
# of the first comment of an example, into the folder TO.
#
#	awk -v to=DIR -f extract.awk FILE
#
# In a page they stand under EXAMPLES between .EX and .EE: a program has a main(), and
# the session that follows names it with its first ./NAME. A session begins with "$ "
# and a command; lines until the next are what that prints, "..." being anything. In a
# page in reStructuredText they are the blocks for a console.

# A line of roff that shows text as it is.
function plain(s)
{
	gsub(/\\&/, "", s)
	gsub(/\\-/, "-", s)
	gsub(/\\\(aq/, "'", s)
	gsub(/\\\(ga/, "`", s)
	gsub(/\\\(ha/, "^", s)
	gsub(/\\\(ti/, "~", s)
	gsub(/\\e/, "\\", s)
	return s
}

function end_block(	name)
{
	if (block ~ /(^|\n)int main\(/) {
		program = block
	} else if (block ~ /^\$ /) {
		printf "%s", block >(to "/session")
		if (program != "" && match(block, /\.\/[a-z_]+/)) {
			name = substr(block, RSTART + 2, RLENGTH - 2)
			printf "%s", program >(to "/" name ".c")
			program = ""
		}
	}
	block = ""
}

FILENAME ~ /\.c$/ {
	if (/^ \*\t/ && !over) {
		block = block substr($0, 4) "\n"
	} else if ($0 == " */") {
		end_block()
		over = 1
	}
	next
}

FILENAME ~ /\.rst$/ {
	if (/^\.\. code-block:: /) {
		inside = $NF == "console"
	} else if (inside && /^\t/) {
		block = block substr($0, 2) "\n"
	} else if (inside && $0 != "") {
		inside = 0
		end_block()
	}
	next
}

/^\.SH / { examples = $2 == "EXAMPLES" }

!examples { next }

$0 == ".EX" {
	inside = 1
	next
}

$0 == ".EE" {
	inside = 0
	end_block()
	next
}

inside { block = block plain($0) "\n" }

END {
	if (inside)
		end_block()
	if (program != "") {
		print FILENAME ": nothing runs its program" >"/dev/stderr"
		exit 1
	}
}
