// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Options that every verb understands, and the end of the program where the
 * usage is wrong.
 *
 * Owns struct options, which is written here before the verb begins anything
 * and only read afterwards. getopt_long() keeps quiet, so that with --json a
 * wrong usage is an object like everything else.
 */
#include "cli.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct options options = {
	.timeout_ns = ACALL_FOREVER,
	.grace_ns = ACALL_GRACE_DEFAULT,
};

void usage_error(const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	say_error(EXIT_USAGE, "%s", text);
	if (!options.json)
		fprintf(stderr, "Try: acall %s%s--help\n", verb_name,
			*verb_name ? " " : "");
	exit(EXIT_USAGE);
}

uint64_t size_argument(const char *option, const char *text)
{
	uint64_t bytes;

	if (!parse_size(text, &bytes))
		usage_error("%s: %s is not a size (such as 4096, 64K, 2G)",
			    option, shell_word(text));
	return bytes;
}

uint64_t id_argument(const char *what, const char *text)
{
	uint64_t id;

	if (!parse_number(text, &id) || !id)
		usage_error("%s is not %s", shell_word(text), what);
	return id;
}

static uint64_t duration_argument(const char *option, const char *text)
{
	uint64_t ns;

	if (!parse_duration(text, &ns))
		usage_error("%s: %s is not a duration (such as 30s, 500ms, 2m)",
			    option, shell_word(text));
	return ns;
}

static void set_grace(const char *text)
{
	options.grace_ns = duration_argument("--grace", text);
	/* In the ABI 0 is the method's own grace; here it is what it says. */
	options.leave = options.grace_ns == ACALL_GRACE_DEFAULT;
}

const struct acall_options *begin_options(void)
{
	static struct acall_options now;

	now.deadline = options.timeout_ns == ACALL_FOREVER ? ACALL_FOREVER :
		       acall_after_ns(options.timeout_ns);
	now.grace_ns = options.leave ? ACALL_GRACE_NONE : options.grace_ns;
	return &now;
}

NORETURN static void unknown_option(char **argv, const char *spec)
{
	char letter[2] = { (char)optopt, '\0' };

	/*
	 * A letter that exists stands for its long form, given a value. For a
	 * long option optind is behind it already.
	 */
	if (!optopt || optopt >= OPT_TIMEOUT || strchr(spec, optopt))
		usage_error("option %s is unknown, ambiguous or takes no value",
			    shell_word(argv[optind - 1]));
	usage_error("there is no option -%s", shell_word(letter));
}

/* The verb's and the common ones, as getopt_long() wants them. */
static void join_options(struct option *all, const struct option *longs)
{
	static const struct option common[] = {
		{ "timeout", required_argument, NULL, OPT_TIMEOUT },
		{ "grace", required_argument, NULL, OPT_GRACE },
		{ "json", no_argument, NULL, OPT_JSON },
		{ "quiet", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, OPT_HELP },
		{ 0 }
	};
	size_t n = 0;

	while (longs[n].name && n < VERB_OPTIONS_MAX) {
		all[n] = longs[n];
		n++;
	}
	memcpy(all + n, common, sizeof(common));
}

int next_option(int argc, char **argv, const char *shorts,
		const struct option *longs, const char *help)
{
	struct option all[VERB_OPTIONS_MAX + 6];
	const bool plus = *shorts == '+';
	char spec[32];
	int c;

	opterr = 0;
	join_options(all, longs);
	snprintf(spec, sizeof(spec), "%s:q%s", plus ? "+" : "", shorts + plus);
	while ((c = getopt_long(argc, argv, spec, all, NULL)) != -1) {
		switch (c) {
		case OPT_TIMEOUT:
			options.timeout_ns = duration_argument("--timeout",
							       optarg);
			break;
		case OPT_GRACE:
			set_grace(optarg);
			break;
		case OPT_JSON:
			options.json = true;
			break;
		case 'q':
			options.quiet = true;
			break;
		case OPT_HELP:
			fputs(help, stdout);
			exit(flush_output());
		case ':':
			usage_error("option %s wants a value",
				    shell_word(argv[optind - 1]));
		case '?':
			unknown_option(argv, spec);
		default:
			return c;
		}
	}
	return -1;
}
