// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * acall call: any method of any interface, with bytes and files as the user
 * gives them. What they mean is between the user and the method; here only
 * METHOD_INFO is known: how long the output can be and what progress counts.
 */
#include "cli.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
"Usage: acall call [OPTION]... INTERFACE.METHOD\n"
"Call a method; acall methods lists them.\n"
"\n"
"  --in-hex=HEX        input bytes, such as 0100ff; blanks are skipped\n"
"  --in-string=TEXT    input bytes: TEXT, without a NUL behind it\n"
"  --in-file=FILE      input bytes: what is in FILE, - = standard input\n"
"  --file=PATH[:MODE]  a file to pass, opened here; MODE is r (default), w, rw\n"
"                      (must exist) or c (rw, created if missing); in order,\n"
"                      may be given again\n"
"  --out=FORM          output as hex (default), raw or none\n"
COMMON_HELP
"\n"
"Numbers in input and output have this machine's byte order and the layout of\n"
"the interface's header.\n";

enum { OPT_IN_HEX = OPT_VERB, OPT_IN_STRING, OPT_IN_FILE, OPT_FILE, OPT_OUT };

enum form { FORM_HEX, FORM_RAW, FORM_NONE };

struct request {
	unsigned char *in;
	size_t in_len;
	bool has_in;
	const char *files[ACALL_MAX_FILES];
	unsigned int nr_files;
	enum form form;
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void input_hex(struct request *rq, const char *text)
{
	int high, low;

	rq->in = xmalloc(strlen(text) / 2 + 1);
	for (; *text; text++) {
		if (*text == ' ')
			continue;
		high = hex_digit(text[0]);
		low = high < 0 ? -1 : hex_digit(text[1]);
		if (low < 0)
			usage_error("--in-hex wants pairs of hexadecimal digits, not %s",
				    shell_word(text));
		rq->in[rq->in_len++] = (unsigned char)(high << 4 | low);
		text++;
	}
}

static void input_file(struct request *rq, const char *name)
{
	bool standard = !strcmp(name, "-");
	FILE *file = standard ? stdin : fopen(name, "re");

	/* One byte more than any method takes, so that too long is noticed. */
	rq->in = xmalloc(ACALL_MAX_BYTES + 1);
	if (file)
		rq->in_len = fread(rq->in, 1, ACALL_MAX_BYTES + 1, file);
	if (!file || ferror(file)) {
		say_error(EXIT_FAILED, "%s: %s", shell_word(name),
			  strerror(errno));
		exit(EXIT_FAILED);
	}
	if (!standard)
		fclose(file);
	if (rq->in_len > ACALL_MAX_BYTES) {
		say_error(EXIT_FAILED, "%s is longer than the %u bytes that a call takes",
			  shell_word(name), ACALL_MAX_BYTES);
		exit(EXIT_FAILED);
	}
}

static void set_input(struct request *rq, int option, const char *text)
{
	if (rq->has_in)
		usage_error("a call has one input");
	rq->has_in = true;
	if (option == OPT_IN_HEX) {
		input_hex(rq, text);
	} else if (option == OPT_IN_STRING) {
		rq->in = (unsigned char *)xstrdup(text);
		rq->in_len = strlen(text);
	} else {
		input_file(rq, text);
	}
}

static void add_file(struct request *rq, const char *text)
{
	if (rq->nr_files == ACALL_MAX_FILES)
		usage_error("a call takes at most %u files", ACALL_MAX_FILES);
	rq->files[rq->nr_files++] = text;
}

static enum form form_argument(const char *text)
{
	static const char * const names[] = { "hex", "raw", "none" };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		if (!strcmp(text, names[i]))
			return (enum form)i;
	}
	usage_error("--out: %s is none of hex, raw, none", shell_word(text));
}

static const char *parse(int argc, char **argv, struct request *rq)
{
	static const struct option longs[] = {
		{ "in-hex", required_argument, NULL, OPT_IN_HEX },
		{ "in-string", required_argument, NULL, OPT_IN_STRING },
		{ "in-file", required_argument, NULL, OPT_IN_FILE },
		{ "file", required_argument, NULL, OPT_FILE },
		{ "out", required_argument, NULL, OPT_OUT },
		{ 0 }
	};
	int c;

	while ((c = next_option(argc, argv, "", longs, help)) != -1) {
		if (c == OPT_FILE)
			add_file(rq, optarg);
		else if (c == OPT_OUT)
			rq->form = form_argument(optarg);
		else
			set_input(rq, c, optarg);
	}
	if (argc - optind != 1)
		usage_error("call takes one INTERFACE.METHOD, here are %d",
			    argc - optind);
	if (!strchr(argv[optind], '.'))
		usage_error("%s is not of the form INTERFACE.METHOD",
			    shell_word(argv[optind]));
	return argv[optind];
}

/* "PATH:rw"; what is no mode belongs to the path. */
static int open_file(const char *text)
{
	static const struct {
		const char *name;
		int flags;
	} modes[] = {
		{ "r", O_RDONLY },
		{ "w", O_WRONLY },
		{ "rw", O_RDWR },
		{ "c", O_RDWR | O_CREAT },
	};
	const char *colon = strrchr(text, ':');
	int flags = O_RDONLY, fd;
	struct stat st;
	char *path = xstrdup(text);
	size_t i;

	for (i = 0; colon && i < sizeof(modes) / sizeof(*modes); i++) {
		if (!strcmp(colon + 1, modes[i].name)) {
			path[colon - text] = '\0';
			flags = modes[i].flags;
			break;
		}
	}
	fd = open_argument(path, flags, &st);
	free(path);
	return fd;
}

/*
 * Both names may hold dots, so each dot is tried, the last one first. CREATE
 * comes before the look-up: it is what loads a missing module.
 */
static int find(const char *name, acall_t **call,
		struct acall_method_info *info)
{
	char *interface = xstrdup(name), *dot, buf[256];
	int created, found = 0;

	while ((dot = strrchr(interface, '.'))) {
		*dot = '\0';
		created = acall_create(interface, 0, 0, call);
		if (created == -ENOENT || created == -EINVAL)
			continue;
		if (created)
			return device_error(ACALL_OP_CREATE, interface,
					    created);
		found = acall_find_method(ACALL_DEVICE_DEFAULT, interface,
					  name + (dot - interface) + 1, info,
					  sizeof(*info));
		if (!found)
			return EXIT_OK;
		acall_destroy(*call);
		if (found != -EINVAL)
			return device_error(ACALL_OP_LIST, interface, found);
	}
	if (!found) {
		*strrchr(strcpy(interface, name), '.') = '\0';
		return device_error(ACALL_OP_CREATE, interface, -ENOENT);
	}
	say_error(EXIT_USAGE, "%s: %s (acall methods lists them)",
		  shell_word(name),
		  acall_strerror(NULL, ACALL_OP_LIST, found, buf, sizeof(buf)));
	return EXIT_USAGE;
}

static void print_output(const struct request *rq, const unsigned char *out,
			 size_t len)
{
	if (!len || rq->form == FORM_NONE)
		return;
	if (rq->form == FORM_RAW) {
		fwrite(out, 1, len, stdout);
		return;
	}
	print_hex(out, len);
	putchar('\n');
}

static int report(const struct request *rq, const char *name,
		  const struct job *job, const struct acall_result *r,
		  const unsigned char *out)
{
	const struct verdict v = {
		.what = shell_word(name),
		.done = "done",
		.unit = job->unit,
	};
	int code = result_exit(job, r);
	struct json j;

	if (options.json) {
		json_open(&j);
		json_string(&j, "method", name);
		if (code == EXIT_OK && rq->form != FORM_NONE)
			json_hex(&j, "output", out, r->out_len);
		json_number(&j, "result_files", r->nr_files);
		verdict_json(&j, job, v.unit, r);
		json_close(&j);
	} else if (code == EXIT_OK) {
		print_output(rq, out, r->out_len);
	}
	verdict_say(&v, job, r);
	return code;
}

/* Nobody here could use the result files: they are closed. */
static int finish(acall_t *call, unsigned char *out,
		  const struct acall_method_info *info,
		  struct acall_result *result)
{
	int files[ACALL_MAX_FILES];
	uint32_t i;
	int err;

	err = acall_finish_files(call, out, info->out_max, files,
				 ACALL_MAX_FILES, result);
	for (i = 0; !err && i < result->nr_files; i++)
		close(files[i]);
	if (!err && result->nr_files)
		say("the method gave %u files, which are closed again",
		    result->nr_files);
	return err;
}

static int run(const struct request *rq, const char *name, acall_t *call,
	       const struct acall_method_info *info, const int *fds)
{
	unsigned char *out = xmalloc(info->out_max);
	struct job job = {
		.call = call,
		.title = name,
		.unit = info->unit,
	};
	struct acall_result result;
	struct jobs one;
	int err, code;

	signals_hold();
	err = acall_begin(call, info->method, rq->in, rq->in_len, fds,
			  rq->nr_files, begin_options());
	if (err) {
		signals_release();
		return call_error(shell_word(name), call, ACALL_OP_BEGIN, err);
	}
	job_run(&job, &one);
	err = job_left(&job, &result) ? 0 :
	      finish(call, out, info, &result);
	code = err ? call_error(shell_word(name), call, ACALL_OP_FINISH, err) :
	       report(rq, name, &job, &result, out);
	signals_release();
	free(out);
	return code;
}

int verb_call(int argc, char **argv)
{
	struct acall_method_info info;
	struct request rq = { 0 };
	int fds[ACALL_MAX_FILES];
	const char *name;
	unsigned int i;
	acall_t *call;
	int code;

	name = parse(argc, argv, &rq);
	code = find(name, &call, &info);
	if (code)
		return code;
	for (i = 0; i < rq.nr_files && !code; i++) {
		fds[i] = open_file(rq.files[i]);
		if (fds[i] < 0)
			code = -fds[i];
	}
	if (!code)
		code = run(&rq, name, call, &info, fds);
	acall_destroy(call);
	return exit_worse(code, flush_output());
}
