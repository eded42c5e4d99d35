// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What the command says, and where: results on standard output, words for
 * people on standard error, and with --json objects on standard output instead
 * of the words.
 *
 * Owns the decision whether the terminal may be coloured (NO_COLOR, TERM=dumb).
 * A message always takes the progress line away first, so the two never mix.
 */
#include "cli.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool stderr_is_terminal(void)
{
	static int is = -1;

	if (is < 0)
		is = isatty(STDERR_FILENO);
	return is;
}

bool colours_wanted(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return !(no && *no) && term && strcmp(term, "dumb");
}

const char *colour(const char *escape)
{
	return stderr_is_terminal() && colours_wanted() ? escape : "";
}

void say_error(int exit_code, const char *fmt, ...)
{
	struct json j;
	va_list args;
	char *text;

	progress_end();
	va_start(args, fmt);
	text = xvprintf(fmt, args);
	va_end(args);
	if (options.json) {
		json_open(&j);
		json_string(&j, "error", text);
		json_signed(&j, "exit", exit_code);
		json_close(&j);
	} else {
		fprintf(stderr, "%sacall%s%s:%s %s\n", colour(RED),
			*verb_name ? " " : "", verb_name, colour(PLAIN), text);
	}
	free(text);
}

void say(const char *fmt, ...)
{
	va_list args;

	if (options.json || options.quiet)
		return;
	progress_end();
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

/*
 * Of several calls the one that wants most care gives the exit code: what may
 * still be running, then who stopped it, then plain failures.
 */
int exit_worse(int a, int b)
{
	static const int order[] = {
		EXIT_OK, EXIT_FAILED, EXIT_NO_MODULE, EXIT_DEADLINE,
		EXIT_INTERRUPTED, EXIT_STILL_RUNNING,
	};
	int i;

	for (i = sizeof(order) / sizeof(*order) - 1; i > 0; i--) {
		if (order[i] == a || order[i] == b)
			return order[i];
	}
	return EXIT_OK;
}

int flush_output(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return EXIT_OK;
	/* Not through say_error(), which with --json would write there too. */
	fprintf(stderr, "acall %s: cannot write to standard output: %s\n",
		verb_name, strerror(errno));
	return EXIT_FAILED;
}
