// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * acall top: which calls there are, again and again, on a screen or as text.
 *
 * Rows come from LIST, rates from the counters in sysfs, which are all users'; the
 * processor's time is what the call's worker has used since the last look, and so
 * not known of a call that is new, or holds no thread. Nothing is kept but the last
 * look. Cancels only what is selected, when asked twice.
 */
#include "cli.h"
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char help[] =
"Usage: acall top [OPTION]...\n"
"Watch calls: your own, and as root everybody's. Rates are those of all users.\n"
"\n"
"  -b, --batch        as text, without keys; also where there is no terminal\n"
"  -n, --number=N     so many times\n"
"  -d, --delay=TIME   between two times (1s)\n"
"  -s, --sort=COLUMN  id, user, method, state, cpu or age\n"
"  -m, --mine         only your own, also as root\n"
"  --grace=TIME       for cancels (default: the method's own)\n"
"  --json             one JSON object each time; acall ps --json has the calls\n"
"\n"
"Keys: Up, Down select a call    k  cancel it      q  quit\n"
"      <, > sort by a column     r  the other way  space  now\n"
"\n"
"%CPU is what its worker has used since the last time, - where that is not known.\n";

struct row {
	struct acall_list_record r;
	uint64_t cpu_ns;	/* of its worker so far */
	int cpu;		/* percent since the last look; -1 = not known */
};

struct look {
	uint64_t now;
	struct row *row;
	size_t nr;
	uint64_t done;		/* since the module was loaded, and */
	uint64_t cancelled;	/* of these */
	double done_rate;	/* per second; negative = not known */
	double cancelled_rate;
	int cpu;
	size_t states[ACALL_STATE_DONE + 1];
	size_t abandoned;
	uint64_t oldest_ns;
};

enum column { BY_ID, BY_USER, BY_METHOD, BY_STATE, BY_CPU, BY_AGE, COLUMNS };

static const char * const column_names[COLUMNS] = {
	"id", "user", "method", "state", "cpu", "age",
};

static struct {
	enum column sort;
	bool backwards;
	bool mine;
	bool batch;
	uint64_t number;	/* 0 = for ever */
	uint64_t delay;
	uint64_t selected;	/* a call's number; 0 = none */
	char status[160];	/* what the last key has done */
} top = { .sort = BY_AGE, .delay = NSEC_PER_SEC };

static int device;

/* 0 where it is not to be had: of an older module, or without sysfs. */
static uint64_t counter(const char *name)
{
	char path[64], line[TEXT_LEN] = "";
	uint64_t n = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/misc/acall/%s", name);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (!parse_number(line, &n))
			n = 0;
	}
	fclose(file);
	return n;
}

/* Processor time of a worker, 0 = not known. */
static uint64_t worker_cpu(const struct acall_list_record *r)
{
	unsigned long user, kernel;
	char path[64], text[512];
	const char *p;
	FILE *file;
	size_t n;

	if (r->worker_pid <= 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%" PRId32 "/stat", r->worker_pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[n] = '\0';
	/* Behind its name, which may hold anything. */
	p = strrchr(text, ')');
	if (!p || sscanf(p, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
			 &user, &kernel) != 2)
		return 0;
	return (uint64_t)(user + kernel) *
	       (NSEC_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK));
}

static const struct row *find_row(const struct look *look, uint64_t call_id)
{
	size_t i;

	for (i = 0; i < look->nr; i++) {
		if (look->row[i].r.call_id == call_id)
			return &look->row[i];
	}
	return NULL;
}

static void fill_row(struct row *row, const struct look *last, uint64_t ns)
{
	const struct row *was = find_row(last, row->r.call_id);

	row->cpu_ns = worker_cpu(&row->r);
	row->cpu = -1;
	if (!was || !row->cpu_ns || was->r.worker_pid != row->r.worker_pid ||
	    row->cpu_ns < was->cpu_ns || !ns)
		return;
	row->cpu = (int)((double)(row->cpu_ns - was->cpu_ns) * 100 /
			 (double)ns + 0.5);
}

static void add_up(struct look *look)
{
	size_t i;

	for (i = 0; i < look->nr; i++) {
		const struct row *row = &look->row[i];
		uint64_t age = look->now > row->r.begin_ns ?
			       look->now - row->r.begin_ns : 0;

		if (call_is_abandoned(&row->r))
			look->abandoned++;
		else if (row->r.state <= ACALL_STATE_DONE)
			look->states[row->r.state]++;
		if (row->cpu > 0)
			look->cpu += row->cpu;
		if (age > look->oldest_ns)
			look->oldest_ns = age;
	}
}

static double rate_of(uint64_t now, uint64_t last, uint64_t ns)
{
	return now < last || !ns ? -1 :
	       (double)(now - last) * (double)NSEC_PER_SEC / (double)ns;
}

static int compare(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int64_t d = 0;

	switch (top.sort) {
	case BY_USER:
		d = (int64_t)x->r.owner_uid - (int64_t)y->r.owner_uid;
		break;
	case BY_METHOD:
		d = strcmp(x->r.interface, y->r.interface);
		if (!d)
			d = (int64_t)x->r.method - (int64_t)y->r.method;
		break;
	case BY_STATE:
		d = (int64_t)x->r.state - (int64_t)y->r.state;
		break;
	case BY_CPU:
		d = (int64_t)y->cpu - (int64_t)x->cpu;
		break;
	case BY_AGE:
		d = x->r.begin_ns < y->r.begin_ns ? -1 :
		    x->r.begin_ns > y->r.begin_ns;
		break;
	default:
		break;
	}
	if (!d)
		d = x->r.call_id < y->r.call_id ? -1 :
		    x->r.call_id > y->r.call_id;
	if (top.backwards)
		d = -d;
	return d < 0 ? -1 : d > 0;
}

/* An exit code after a message, or EXIT_OK. */
static int take_look(struct look *look, const struct look *last)
{
	uint64_t ns;
	struct calls calls;
	size_t i;
	int code;

	memset(look, 0, sizeof(*look));
	code = calls_read(device, top.mine ? ACALL_LIST_OWN : 0, &calls);
	if (code) {
		free(calls.record);
		return code;
	}
	look->now = acall_after_ns(0);
	ns = last->now ? look->now - last->now : 0;
	look->cancelled = counter("stopped") + counter("never_started") +
			  counter("abandoned");
	look->done = counter("completed") + look->cancelled;
	look->done_rate = rate_of(look->done, last->done, ns);
	look->cancelled_rate = rate_of(look->cancelled, last->cancelled, ns);
	look->nr = calls.nr;
	look->row = xmalloc(calls.nr * sizeof(*look->row));
	for (i = 0; i < calls.nr; i++) {
		look->row[i].r = calls.record[i];
		fill_row(&look->row[i], last, ns);
	}
	free(calls.record);
	add_up(look);
	qsort(look->row, look->nr, sizeof(*look->row), compare);
	return EXIT_OK;
}

static const char *format_rate(char *buf, double rate)
{
	if (rate < 0)
		strcpy(buf, "-");
	else
		snprintf(buf, TEXT_LEN, "%.1f", rate);
	return buf;
}

static void print_head(FILE *to, const struct look *look)
{
	char done[TEXT_LEN], cancelled[TEXT_LEN], age[TEXT_LEN], clock[16];
	time_t now = time(NULL);

	strftime(clock, sizeof(clock), "%H:%M:%S", localtime(&now));
	fprintf(to, "top %s  %zu call%s: %zu queued, %zu running, ", clock,
		look->nr, look->nr == 1 ? "" : "s",
		look->states[ACALL_STATE_QUEUED],
		look->states[ACALL_STATE_RUNNING]);
	fprintf(to, "%zu cancelling, %zu done, %zu abandoned\n",
		look->states[ACALL_STATE_CANCELLING],
		look->states[ACALL_STATE_DONE], look->abandoned);
	fprintf(to, "done %s/s, cancelled %s/s, CPU %d%%, oldest %s, by %s%s\n",
		format_rate(done, look->done_rate),
		format_rate(cancelled, look->cancelled_rate), look->cpu,
		look->nr ? format_duration(age, look->oldest_ns) : "-",
		column_names[top.sort], top.backwards ? ", the other way" : "");
}

static int width_of_ids(const struct look *look)
{
	int width = 2, n;
	size_t i;

	for (i = 0; i < look->nr; i++) {
		n = snprintf(NULL, 0, "%" PRIu64,
			     (uint64_t)look->row[i].r.call_id);
		if (n > width)
			width = n;
	}
	return width;
}

static void print_columns(FILE *to, int width)
{
	fprintf(to, " %*s %7s %-8s %-14s %-10s %4s %-7s %s\n", width, "ID",
		"PID", "USER", "METHOD", "STATE", "%CPU", "AGE", "PROGRESS");
}

static void print_row(FILE *to, const struct row *row, uint64_t now, int width)
{
	const struct acall_list_record *r = &row->r;
	const struct acall_method_info *m = calls_method(device, r);
	char name[CALL_NAME_LEN], progress[CALL_NAME_LEN];
	char user[TEXT_LEN], pid[TEXT_LEN], age[TEXT_LEN], cpu[TEXT_LEN];

	snprintf(pid, sizeof(pid), r->owner_tgid ? "%" PRId32 : "-",
		 r->owner_tgid);
	snprintf(cpu, sizeof(cpu), row->cpu < 0 ? "-" : "%d", row->cpu);
	fprintf(to, "%c%*" PRIu64 " %7s %-8.8s %-14s %-10s %4s %-7s %s\n",
		r->call_id == top.selected ? '>' : ' ', width,
		(uint64_t)r->call_id, pid, call_user(user, r->owner_uid),
		call_name(name, r, m), call_state(r), cpu,
		since(age, r->begin_ns, now),
		call_progress(progress, r, m->unit));
}

static void print_text(const struct look *look)
{
	int width = width_of_ids(look);
	size_t i;

	print_head(stdout, look);
	print_columns(stdout, width);
	for (i = 0; i < look->nr; i++)
		print_row(stdout, &look->row[i], look->now, width);
}

static void print_json(const struct look *look)
{
	struct json j;

	json_open(&j);
	json_number(&j, "now_ns", look->now);
	json_number(&j, "calls", look->nr);
	json_number(&j, "queued", look->states[ACALL_STATE_QUEUED]);
	json_number(&j, "running", look->states[ACALL_STATE_RUNNING]);
	json_number(&j, "cancelling", look->states[ACALL_STATE_CANCELLING]);
	json_number(&j, "done", look->states[ACALL_STATE_DONE]);
	json_number(&j, "abandoned", look->abandoned);
	json_number(&j, "oldest_ns", look->oldest_ns);
	json_signed(&j, "cpu_percent", look->cpu);
	json_number(&j, "all_done", look->done);
	json_number(&j, "all_cancelled", look->cancelled);
	json_close(&j);
}

/* One line of the screen, cut to its columns: @text up to its new line. */
static const char *put_line(FILE *to, const char *text, unsigned int columns,
			    const char *style)
{
	unsigned int used = 0;

	fputs(style, to);
	for (; *text && *text != '\n'; text++) {
		/* Not in the middle of a character. */
		if ((*text & 0xc0) != 0x80 && used++ == columns)
			break;
		putc(*text, to);
	}
	fprintf(to, "%s\033[K\r\n", *style ? PLAIN : "");
	text += strcspn(text, "\n");
	return *text ? text + 1 : text;
}

#define HEAD_ROWS	3

/* Which row is at the top, so that the selected one is on the screen. */
static size_t first_row(const struct look *look, size_t room)
{
	size_t i;

	for (i = 0; i < look->nr; i++) {
		if (look->row[i].r.call_id == top.selected)
			return i < room ? 0 : i - room + 1;
	}
	return 0;
}

static void draw(const struct look *look, const char *prompt)
{
	const bool colours = colours_wanted();
	unsigned int rows, columns;
	int width = width_of_ids(look);
	char *text = NULL, *frame = NULL;
	size_t len, i, room, first;
	const char *p;
	FILE *to;

	screen_size(&rows, &columns);
	room = rows > HEAD_ROWS + 1 ? rows - HEAD_ROWS - 1 : 0;
	first = first_row(look, room);
	to = open_memstream(&text, &len);
	if (!to)
		return;
	print_head(to, look);
	print_columns(to, width);
	for (i = first; i < look->nr && i - first < room; i++)
		print_row(to, &look->row[i], look->now, width);
	fclose(to);
	to = open_memstream(&frame, &len);
	if (to) {
		fputs("\033[H", to);
		/* The last line is the status. */
		for (i = 0, p = text; *p && i + 1 < rows; i++)
			p = put_line(to, p, columns,
				     !colours ? "" :
				     i == HEAD_ROWS - 1 || *p == '>' ?
				     "\033[7m" : "");
		fprintf(to, "\033[J\033[%u;1H%.*s", rows, (int)columns - 1,
			prompt ? prompt : top.status);
		fclose(to);
		fwrite(frame, 1, len, stdout);
		fflush(stdout);
	}
	free(frame);
	free(text);
}

static void select_next(const struct look *look, int step)
{
	size_t i;

	if (!look->nr)
		return;
	for (i = 0; i < look->nr; i++) {
		if (look->row[i].r.call_id != top.selected)
			continue;
		if (step < 0 ? i > 0 : i + 1 < look->nr)
			top.selected = look->row[i + (size_t)step].r.call_id;
		return;
	}
	top.selected = look->row[0].r.call_id;
}

static void do_cancel(uint64_t call_id)
{
	unsigned int flags = options.leave ?
		ACALL_CANCEL_ABANDON | ACALL_CANCEL_ESCALATE :
		ACALL_CANCEL_NOWAIT;
	uint32_t outcome = ACALL_OUTCOME_NONE;
	char buf[120];
	int verdict;

	verdict = acall_cancel_by_id(device, call_id, options.grace_ns, flags,
				     &outcome);
	if (verdict < 0)
		acall_strerror(NULL, ACALL_OP_CANCEL_ID, verdict, buf,
			       sizeof(buf));
	else
		snprintf(buf, sizeof(buf), "%s", outcome ?
			 acall_outcome_name(outcome) :
			 acall_verdict_name(verdict));
	snprintf(top.status, sizeof(top.status), "%" PRIu64 ": %s", call_id,
		 buf);
}

/* Asks first. Returns the key that ended the question. */
static int cancel_selected(const struct look *look)
{
	const struct row *row = find_row(look, top.selected);
	char name[CALL_NAME_LEN], prompt[160];
	int key;

	if (!row) {
		snprintf(top.status, sizeof(top.status),
			 "select a call with Up and Down first");
		return KEY_NONE;
	}
	snprintf(prompt, sizeof(prompt),
		 "cancel %" PRIu64 ", %s of process %" PRId32 "? [y/N] ",
		 (uint64_t)row->r.call_id,
		 call_name(name, &row->r, calls_method(device, &row->r)),
		 row->r.owner_tgid);
	do {
		draw(look, prompt);
		key = screen_key(acall_after_ns(NSEC_PER_SEC));
	} while (key == KEY_NONE);
	if (key == 'y' || key == 'Y')
		do_cancel(row->r.call_id);
	else
		snprintf(top.status, sizeof(top.status), "not cancelled");
	return key == KEY_END ? KEY_END : KEY_NONE;
}

/* Returns false if it was the last one. */
static bool on_key(struct look *look, int key)
{
	if (key != KEY_NONE)
		*top.status = '\0';
	switch (key) {
	case 'q':
	case KEY_END:
		return false;
	case KEY_UP:
	case KEY_DOWN:
		select_next(look, key == KEY_UP ? -1 : 1);
		break;
	case '<':
	case KEY_LEFT:
		top.sort = top.sort ? top.sort - 1 : COLUMNS - 1;
		break;
	case '>':
	case KEY_RIGHT:
		top.sort = (top.sort + 1) % COLUMNS;
		break;
	case 'r':
		top.backwards = !top.backwards;
		break;
	case 'k':
		return cancel_selected(look) != KEY_END;
	case 'h':
	case '?':
		snprintf(top.status, sizeof(top.status),
			 "Up/Down select, k cancel, </> sort, r the other way, space now, q quit");
		break;
	default:
		break;
	}
	qsort(look->row, look->nr, sizeof(*look->row), compare);
	return true;
}

/* Until it is time for the next look. Returns false at the end. */
static bool watch(struct look *look)
{
	uint64_t until = acall_after_ns(top.delay);
	int key;

	do {
		draw(look, NULL);
		key = screen_key(until);
		if (!on_key(look, key))
			return false;
	} while (key != ' ' && acall_after_ns(0) < until);
	return true;
}

static bool pause_for(uint64_t ns)
{
	struct timespec ts = { .tv_sec = (time_t)(ns / NSEC_PER_SEC),
			       .tv_nsec = (long)(ns % NSEC_PER_SEC) };

	fflush(stdout);
	nanosleep(&ts, NULL);
	return !ferror(stdout);
}

static int run(void)
{
	struct look look, last = { 0 };
	bool more = true;
	uint64_t n;
	int code = EXIT_OK;

	for (n = 1; more; n++) {
		code = take_look(&look, &last);
		if (code)
			break;
		free(last.row);
		last = look;
		more = !top.number || n < top.number;
		if (options.json)
			print_json(&look);
		else if (top.batch)
			print_text(&look);
		if (!top.batch)
			more = watch(&last) && more;
		else if (more)
			more = pause_for(top.delay);
		if (top.batch && more && !options.json)
			putchar('\n');
	}
	free(last.row);
	return code;
}

static enum column column_argument(const char *text)
{
	int i;

	for (i = 0; i < COLUMNS; i++) {
		if (!strcmp(text, column_names[i]))
			return i;
	}
	usage_error("--sort: %s is none of id, user, method, state, cpu, age",
		    shell_word(text));
}

static void parse(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "batch", no_argument, NULL, 'b' },
		{ "number", required_argument, NULL, 'n' },
		{ "delay", required_argument, NULL, 'd' },
		{ "sort", required_argument, NULL, 's' },
		{ "mine", no_argument, NULL, 'm' },
		{ 0 }
	};
	int c;

	while ((c = next_option(argc, argv, "bn:d:s:m", longs, help)) != -1) {
		if (c == 'b')
			top.batch = true;
		else if (c == 'n')
			top.number = id_argument("a number of times", optarg);
		else if (c == 'd' && (!parse_duration(optarg, &top.delay) ||
				      top.delay < 10 * NSEC_PER_MSEC))
			usage_error("--delay: %s is not a duration of 10ms or more",
				    shell_word(optarg));
		else if (c == 's')
			top.sort = column_argument(optarg);
		else if (c == 'm')
			top.mine = true;
	}
	if (optind < argc)
		usage_error("top takes no arguments; acall ps looks at single calls");
	if (options.json || !screen_usable())
		top.batch = true;
}

int verb_top(int argc, char **argv)
{
	int code;

	parse(argc, argv);
	device = acall_open_device();
	if (device < 0)
		return device_error(ACALL_OP_DEVICE, NULL, device);
	if (!top.batch) {
		signals_hold();
		screen_enter();
	}
	code = run();
	screen_leave();
	if (!top.batch)
		signals_release();
	close(device);
	return exit_worse(code, flush_output());
}
