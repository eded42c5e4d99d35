// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * acall trace: what becomes of calls, live in words or as a picture of all of them.
 *
 * Owns the time: steps come from several processors and are put into their order
 * before anybody is told. A step that is older than the last but one look at the trace
 * has been seen by then, so those are final; what is younger waits for the next look.
 *
 * Ctrl-C ends the trace, or, if a command runs, reaches that too and the trace goes
 * on until it has ended; a second one does not wait for that.
 */
#include "trace/trace.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* How often the trace is looked at. */
#define LOOK_NS		(50 * NSEC_PER_MSEC)
/* How long what the command has left behind may go on. */
#define LINGER_NS	NSEC_PER_SEC
#define MAX_OUTPUTS	4

static const char help[] =
"Usage: acall trace [OPTION]... [--] [COMMAND [ARG]...]\n"
"Tell what becomes of calls: begun, running, cancelled, seen, stopped, abandoned.\n"
"\n"
"  -o, --output=FILE    no words: a picture if it ends in .svg, a trace for\n"
"                       https://ui.perfetto.dev if in .json, the kernel's lines\n"
"                       if in .txt; more than once: several of them\n"
"  -p, --pid=PID        only calls of this process\n"
"  --seconds=N          end after N seconds\n"
"  -i, --input=FILE     of a trace that was kept: .txt (- = standard input)\n"
"  --json               one JSON object per step, times in ns of CLOCK_MONOTONIC\n"
"  -q, --quiet          no remarks\n"
"\n"
"With COMMAND only calls of it and its children, until it has ended and no call\n"
"of theirs is left, for at most one second more. Without, everybody's.\n"
"\n"
"Takes root, or the right to make a tracing instance. What others trace is not\n"
"touched. Steps for which the kernel had no room are counted and said.\n"
"\n"
"Exit: COMMAND's own, 126 if it cannot be run, 127 if it is not found; 0 ok,\n"
"      1 failed or steps were lost, 2 usage, 3 module missing\n";

struct output {
	const char *name;
	int (*write)(FILE *f, const struct lives *all);	/* NULL = lines */
	FILE *f;
};

static struct output output[MAX_OUTPUTS];
static size_t nr_outputs;
static const char *input;
static uint64_t seconds = ACALL_FOREVER;

static struct lives lives;
static tell_fn *tell;

/* Steps that are not final yet. */
static struct {
	struct step step;
	char *line;
} *waiting;
static size_t nr_waiting, room, nr_steps;

static int compare(const void *a, const void *b)
{
	const struct step *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->nth < y->nth ? -1 : x->nth > y->nth;
}

static void keep_line(const char *line)
{
	struct step *step;
	uint64_t lost;
	size_t i;

	for (i = 0; i < nr_outputs; i++) {
		if (!output[i].write)
			fprintf(output[i].f, "%s\n", line);
	}
	if (line_is_loss(line, &lost)) {
		lives.lost += lost;
		return;
	}
	if (nr_waiting == room) {
		room = room ? 2 * room : 256;
		waiting = xrealloc(waiting, room * sizeof(*waiting));
	}
	waiting[nr_waiting].line = xstrdup(line);
	step = &waiting[nr_waiting].step;
	if (!step_parse(waiting[nr_waiting].line, step)) {
		free(waiting[nr_waiting].line);
		return;
	}
	step->nth = nr_steps++;
	nr_waiting++;
}

/* Those before @until are in their order now, and there will be no others. */
static void take_steps(uint64_t until)
{
	size_t i, n;

	qsort(waiting, nr_waiting, sizeof(*waiting), compare);
	for (n = 0; n < nr_waiting && waiting[n].step.at < until; n++) {
		lives_take(&lives, &waiting[n].step, tell);
		free(waiting[n].line);
	}
	for (i = n; i < nr_waiting; i++)
		waiting[i - n] = waiting[i];
	nr_waiting -= n;
	fflush(stdout);
}

/* Return: true if there will never be more. */
static bool read_steps(struct tracefs *t)
{
	char *line;
	bool end;

	while ((line = tracefs_line(t, &end)))
		keep_line(line);
	return end;
}

static pid_t start_command(char **argv, int *go)
{
	int ends[2];
	pid_t pid;
	char c;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid) {
		close(ends[0]);
		*go = ends[1];
		return pid < 0 ? -errno : pid;
	}
	/* Not before its number is one of those that are followed. */
	close(ends[1]);
	if (read(ends[0], &c, 1) != 1)
		_exit(EXIT_FAILED);
	signals_release();
	signals_undo();
	execvp(*argv, argv);
	c = errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
	fprintf(stderr, "acall trace: %s: %s\n", shell_word(*argv),
		strerror(errno));
	_exit(c);
}

static void show_status(bool last)
{
	static uint64_t next;
	static bool shown;

	if (options.quiet || options.json || !nr_outputs ||
	    !stderr_is_terminal())
		return;
	if (last) {
		if (shown)
			fputs("\r\033[K", stderr);
		return;
	}
	if (acall_after_ns(0) < next)
		return;
	next = acall_after_ns(NSEC_PER_SEC / 4);
	shown = true;
	fprintf(stderr, "\r\033[Ktracing: %zu calls, %zu steps", lives.begun,
		nr_steps);
}

/* Until there is no reason to go on. Return: the command's status, or -1. */
static int watch(struct tracefs *t, pid_t pid)
{
	struct pollfd fd = { .fd = signals_fd(), .events = POLLIN };
	uint64_t end = seconds == ACALL_FOREVER ? ACALL_FOREVER :
		       acall_after_ns(seconds);
	unsigned int interrupts = 0;
	int status = -1;

	for (;;) {
		uint64_t now = acall_after_ns(0), look = now;
		struct signals seen;

		read_steps(t);
		take_steps(look);
		show_status(false);
		seen = signals_read();
		interrupts += seen.interrupts;
		/* What came to us alone the command has not had yet. */
		if (seen.terms && pid > 0)
			kill(pid, SIGTERM);
		if (now >= end || interrupts > (pid > 0 ? 1 : 0))
			break;
		if (pid > 0 && waitpid(pid, &status, WNOHANG) == pid) {
			pid = 0;
			if (interrupts || end > now + LINGER_NS)
				end = now + LINGER_NS;
		} else if (!pid && !lives_running(&lives)) {
			break;
		}
		poll(&fd, 1, LOOK_NS / NSEC_PER_MSEC);
	}
	return status;
}

static int status_exit(int status)
{
	if (status < 0)
		return EXIT_OK;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   128 + WTERMSIG(status);
}

static int write_outputs(void)
{
	int ret, code = EXIT_OK;
	size_t i;

	for (i = 0; i < nr_outputs; i++) {
		ret = output[i].write ? output[i].write(output[i].f, &lives) :
		      ferror(output[i].f) ? -EIO : 0;
		if (fclose(output[i].f) && !ret)
			ret = -errno;
		if (ret) {
			say_error(EXIT_FAILED, "%s: %s",
				  shell_word(output[i].name), strerror(-ret));
			code = EXIT_FAILED;
		} else {
			say("%s: %zu call%s, %zu steps", output[i].name,
			    lives.begun, lives.begun == 1 ? "" : "s", nr_steps);
		}
	}
	return code;
}

/* What there is to say at the end, and what comes of it. */
static int report(void)
{
	int code = write_outputs();

	if (lives.lost) {
		say_error(EXIT_FAILED,
			  "the kernel has lost %" PRIu64 " steps: what is here is not all",
			  lives.lost);
		code = EXIT_FAILED;
	}
	return exit_worse(code, flush_output());
}

static void begin_telling(void)
{
	if (tell == tell_line && !options.quiet)
		tell_head();
}

static int trace_file(void)
{
	struct tracefs t;
	int code = tracefs_open_file(&t, input);

	if (code)
		return code;
	begin_telling();
	while (!read_steps(&t))
		;
	take_steps(UINT64_MAX);
	tracefs_close(&t);
	return report();
}

static int trace_kernel(char **argv)
{
	struct tracefs t;
	int code, go = -1, status;
	pid_t pid = -1;

	code = tracefs_open(&t, *argv);
	if (code)
		return code;
	begin_telling();
	signals_hold();
	if (*argv) {
		pid = start_command(argv, &go);
		if (pid < 0) {
			say_error(EXIT_FAILED, "fork: %s", strerror(-pid));
			tracefs_close(&t);
			return EXIT_FAILED;
		}
		lives_follow(&lives, (uint32_t)pid);
		if (write(go, "", 1) != 1)
			pid = -1;
		close(go);
	}
	status = watch(&t, pid);
	tracefs_stop(&t);
	read_steps(&t);
	take_steps(UINT64_MAX);
	tracefs_close(&t);
	show_status(true);
	code = report();
	signals_release();
	return *argv && status_exit(status) ? status_exit(status) : code;
}

static bool ends_in(const char *name, const char *end)
{
	size_t len = strlen(name), n = strlen(end);

	return len > n && !strcmp(name + len - n, end);
}

static void add_output(const char *name)
{
	struct output *o = &output[nr_outputs];

	if (nr_outputs == MAX_OUTPUTS)
		usage_error("more than %d files", MAX_OUTPUTS);
	o->name = name;
	o->write = ends_in(name, ".svg") ? svg_write :
		   ends_in(name, ".json") ? chrome_write : NULL;
	if (!o->write && !ends_in(name, ".txt"))
		usage_error("%s ends neither in .svg nor in .json nor in .txt",
			    shell_word(name));
	nr_outputs++;
}

/* Before anything is begun that could be in vain. */
static int open_outputs(void)
{
	size_t i;

	for (i = 0; i < nr_outputs; i++) {
		output[i].f = fopen(output[i].name, "we");
		if (!output[i].f) {
			say_error(EXIT_FAILED, "%s: %s",
				  shell_word(output[i].name), strerror(errno));
			return EXIT_FAILED;
		}
	}
	return EXIT_OK;
}

enum { OPT_SECONDS = OPT_VERB };

static void parse(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "pid", required_argument, NULL, 'p' },
		{ "seconds", required_argument, NULL, OPT_SECONDS },
		{ "input", required_argument, NULL, 'i' },
		{ 0 }
	};
	int c;

	/* One behind COMMAND is not ours. */
	options.json = false;
	while ((c = next_option(argc, argv, "+o:p:i:", longs, help)) != -1) {
		if (c == 'o')
			add_output(optarg);
		else if (c == 'p')
			lives.tgid = (uint32_t)id_argument("the number of a process",
							   optarg);
		else if (c == 'i')
			input = optarg;
		else if (!parse_duration(optarg, &seconds) || !seconds)
			usage_error("--seconds: %s is not a time",
				    shell_word(optarg));
	}
	if (input && optind < argc)
		usage_error("a trace that was kept takes no command");
	if (lives.tgid && optind < argc)
		usage_error("it is COMMAND's calls, or those of a process");
}

int verb_trace(int argc, char **argv)
{
	int code;

	lives_init(&lives);
	parse(argc, argv);
	lives.keep = nr_outputs;
	if (!nr_outputs)
		tell = options.json ? tell_json : tell_line;
	code = open_outputs();
	if (code)
		return code;
	return input ? trace_file() : trace_kernel(argv + optind);
}
