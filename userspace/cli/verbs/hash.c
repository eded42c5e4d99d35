// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * acall hash: digests of files, in the format of sha256sum.
 *
 * One object, one call after the other. What fails is reported and the next
 * file begun; what is cancelled by Ctrl-C ends the whole. A line is flushed
 * when it is complete, so that what was printed stays when the rest is stopped.
 */
#include "cli.h"
#include <fcntl.h>
#include <string.h>

static const char help[] =
"Usage: acall hash [OPTION]... FILE...\n"
"Print the digests of files, computed inside the kernel, as sha256sum does.\n"
"\n"
"  -a, --algorithm=NAME  a digest of the kernel's crypto API (default: sha256);\n"
"                        see the names of type shash in /proc/crypto\n"
COMMON_HELP
"\n"
"--timeout counts for each file. What fails does not stop the rest; exit 1 then.\n"
"Standard input cannot be read in the kernel: use sha256sum for that.\n";

static int print_digest(const char *name, const struct acall_result *r,
			const unsigned char *digest)
{
	bool escape = strpbrk(name, "\n\r\\");
	const char *p;

	if (escape)
		putchar('\\');
	print_hex(digest, r->out_len);
	fputs("  ", stdout);
	for (p = name; *p; p++) {
		if (*p == '\n')
			fputs("\\n", stdout);
		else if (*p == '\r')
			fputs("\\r", stdout);
		else if (*p == '\\')
			fputs("\\\\", stdout);
		else
			putchar(*p);
	}
	putchar('\n');
	return flush_output();
}

static void report_json(const char *name, const char *algorithm,
			const struct job *job, const struct acall_result *r,
			const unsigned char *digest)
{
	struct json j;

	json_open(&j);
	json_string(&j, "file", name);
	json_string(&j, "algorithm", algorithm);
	if (result_exit(job, r) == EXIT_OK)
		json_hex(&j, "digest", digest, r->out_len);
	verdict_json(&j, job, ACALL_UNIT_BYTES, r);
	json_close(&j);
}

static int report(const char *name, const char *algorithm,
		  const struct job *job, const struct acall_result *r,
		  const unsigned char *digest)
{
	const struct verdict v = {
		.what = shell_word(name),
		.which = shell_word(name),
		.done = "hashed",
		.unit = ACALL_UNIT_BYTES,
	};
	int code = result_exit(job, r);

	if (options.json)
		report_json(name, algorithm, job, r, digest);
	else if (code == EXIT_OK)
		code = print_digest(name, r, digest);
	verdict_say(&v, job, r);
	return code;
}

static int hash_file(acall_t *call, const char *name,
		     const struct acall_file_hash *args, bool *stop)
{
	unsigned char digest[ACALL_FILE_DIGEST_MAX];
	struct job job = {
		.call = call,
		.title = name,
		.unit = ACALL_UNIT_BYTES,
	};
	struct acall_result result;
	struct jobs one;
	struct stat st;
	int fd, err, code;

	fd = open_argument(name, O_RDONLY, &st);
	if (fd < 0)
		return -fd;
	if (S_ISDIR(st.st_mode)) {
		say_error(EXIT_FAILED, "%s: Is a directory", shell_word(name));
		return EXIT_FAILED;
	}
	signals_hold();
	err = acall_begin_hash(call, fd, args, begin_options());
	if (err) {
		*stop = signals_release();
		return call_error(shell_word(name), call, ACALL_OP_BEGIN, err);
	}
	job_run(&job, &one);
	err = job_left(&job, &result) ? 0 :
	      acall_finish_hash(call, digest, &result);
	code = err ? call_error(shell_word(name), call, ACALL_OP_FINISH, err) :
	       report(name, args->algorithm, &job, &result, digest);
	*stop = signals_release() || one.interrupted;
	return code;
}

int verb_hash(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "algorithm", required_argument, NULL, 'a' },
		{ 0 }
	};
	struct acall_file_hash args = { .algorithm = "sha256" };
	int code, one, c, i;
	bool stop = false;
	acall_t *call;

	while ((c = next_option(argc, argv, "a:", longs, help)) != -1) {
		if (strlen(optarg) >= sizeof(args.algorithm))
			usage_error("--algorithm: the name is too long");
		memset(args.algorithm, 0, sizeof(args.algorithm));
		memcpy(args.algorithm, optarg, strlen(optarg));
	}
	if (optind == argc)
		usage_error("hash takes one or more files");
	for (i = optind; i < argc; i++) {
		if (!strcmp(argv[i], "-"))
			usage_error("%s; %s",
				    "standard input cannot be read in the kernel: use sha256sum",
				    "a file of that name is ./-");
	}
	code = open_object(ACALL_FILE_INTERFACE, &call);
	if (code)
		return code;
	for (i = optind; i < argc && !stop; i++) {
		one = hash_file(call, argv[i], &args, &stop);
		close_files(one);
		code = exit_worse(code, one);
	}
	/* Ctrl-C came too late for one file, but not for the rest. */
	if (stop && i < argc)
		code = exit_worse(code, EXIT_INTERRUPTED);
	acall_destroy(call);
	return exit_worse(code, flush_output());
}
