// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * acall statfs: a df that cannot hang.
 *
 * Every mount is asked with a call and a time-out of its own, up to SLOTS at a
 * time, over call objects that are used again and again: one that carried an
 * abandoned call may begin the next at once [F6]. The table is printed when the
 * last has answered or been given up, in the order of the mounts.
 */
#include "cli.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS		128
#define TIMEOUT_NS	NSEC_PER_SEC

static const char help[] =
"Usage: acall statfs [OPTION]... [-a | MOUNT...]\n"
"Show the space on file systems, as df does, but never hang: a file system that\n"
"does not answer in time gets a row that says so. Without MOUNT: all that have\n"
"blocks, each device once.\n"
"\n"
"  -a, --all       all mounts\n"
"  -h, --human     sizes such as 1.2 GiB instead of 1K-blocks\n"
"  --timeout=TIME  how long to wait for each (default: 1s)\n"
"  --grace=TIME    how long a cancel waits after that (default: not at all)\n"
"  --json          one JSON object per mount, sizes in bytes\n"
"  -q, --quiet     no remarks\n"
"\n"
"Exit: 4 if a question may still be waiting for its answer, 124 if none is, but\n"
"some were not answered in time. Give mount points: other paths may have to be\n"
"looked up on the way, and have no name in the first column.\n";

struct row {
	const char *path;
	const struct mount *mount;	/* NULL: not a mount point by name */
	bool asked;
	bool hidden;			/* left out of the table */
	char *error;			/* refused by BEGIN, or failed */
	int code;
	struct acall_result result;
	struct acall_file_statfs_out out;
};

struct table {
	struct row *row;
	size_t nr;
	size_t next;		/* the first that was not asked yet */
};

static bool all, human;

static struct row *add_row(struct table *t, const char *path,
			   const struct mount *m)
{
	struct row *row;

	t->row = xrealloc(t->row, (t->nr + 1) * sizeof(*t->row));
	row = &t->row[t->nr++];
	memset(row, 0, sizeof(*row));
	row->path = path;
	row->mount = m;
	return row;
}

static bool device_is_listed(const struct table *t, const struct mount *m)
{
	size_t i;

	for (i = 0; i < t->nr; i++) {
		const struct mount *other = t->row[i].mount;

		if (other->major == m->major && other->minor == m->minor)
			return true;
	}
	return false;
}

static void add_mounts(struct table *t, const struct mounts *mounts)
{
	size_t i;

	for (i = 0; i < mounts->nr; i++) {
		const struct mount *m = &mounts->mount[i];

		if (!mount_is_visible(mounts, m))
			continue;
		/* autofs has no blocks of its own, and asking may mount it. */
		if (!all && (device_is_listed(t, m) ||
			     !strcmp(m->type, "autofs")))
			continue;
		add_row(t, m->point, m);
	}
}

static void row_failed(struct row *row, const acall_t *call, enum acall_op op,
		       int error)
{
	char buf[256];

	row->error = xstrdup(acall_strerror(call, op, error, buf,
					    sizeof(buf)));
	row->code = EXIT_FAILED;
}

/* Begins with the next row that the kernel accepts. */
static void ask_next(struct jobs *jobs, struct job *job)
{
	struct table *t = jobs->data;
	int err;

	job->state = JOB_IDLE;
	while (!jobs->interrupted && t->next < t->nr) {
		struct row *row = &t->row[t->next];

		row->asked = true;
		err = acall_begin_statfs(job->call, row->path,
					 begin_options());
		t->next++;
		if (!err) {
			job->data = row;
			job_begun(job);
			return;
		}
		row_failed(row, job->call, ACALL_OP_BEGIN, err);
	}
}

static void take_answer(struct jobs *jobs, struct job *job)
{
	struct row *row = job->data;
	bool left = job_left(job, &row->result);
	int err = left ? 0 :
		  acall_finish_statfs(job->call, &row->out, &row->result);

	if (err) {
		row_failed(row, job->call, ACALL_OP_FINISH, err);
	} else {
		row->code = result_exit(job, &row->result);
		if (row->code == EXIT_FAILED)
			row_failed(row, job->call, ACALL_OP_RESULT,
				   row->result.status);
	}
	/* An object that was left still carries its call. */
	if (left)
		job->state = JOB_IDLE;
	else
		ask_next(jobs, job);
}

static void show(struct jobs *jobs)
{
	const struct table *t = jobs->data;
	size_t waiting = 0;
	unsigned int i;

	for (i = 0; i < jobs->nr; i++)
		waiting += jobs->job[i].state == JOB_LIVE;
	fprintf(stderr, "%zu of %zu mounts asked, waiting for %zu\n", t->next,
		t->nr, waiting);
}

/* Why there are no numbers, in a few words; NULL where there are. */
static const char *trouble(const struct row *row)
{
	if (row->error)
		return row->error;
	if (!row->asked)
		return "not asked";
	if (row->code == EXIT_OK)
		return NULL;
	if (row->result.outcome == ACALL_OUTCOME_NEVER_STARTED)
		return "not asked: too many do not answer";
	return row->result.status == -ETIME ? "not answering" : "cancelled";
}

struct space {
	uint64_t size;
	uint64_t used;
	uint64_t free;
	unsigned int percent;
};

static struct space space_of(const struct acall_file_statfs_out *out)
{
	uint64_t block = out->frsize ? out->frsize : out->bsize;
	struct space s = {
		.size = out->blocks * block,
		.used = (out->blocks - out->bfree) * block,
		.free = out->bavail * block,
	};

	/* Rounded up, as df does: 100% only where nothing is left. */
	if (s.used + s.free)
		s.percent = (unsigned int)((double)s.used * 100 /
					   (double)(s.used + s.free) + 0.999999);
	return s;
}

static void print_json(const struct row *row)
{
	const struct space s = space_of(&row->out);
	const char *error = trouble(row);
	struct json j;

	json_open(&j);
	json_string(&j, "path", row->path);
	if (row->mount) {
		json_string(&j, "source", row->mount->source);
		json_string(&j, "type", row->mount->type);
	}
	json_signed(&j, "exit", row->code);
	if (row->result.call_id) {
		json_signed(&j, "status", row->result.status);
		json_string(&j, "outcome",
			    acall_outcome_name(row->result.outcome));
		json_number(&j, "call_id", row->result.call_id);
		json_number(&j, "elapsed_ns",
			    row->result.end_ns - row->result.begin_ns);
	}
	if (error) {
		json_string(&j, "error", error);
	} else {
		json_number(&j, "size", s.size);
		json_number(&j, "used", s.used);
		json_number(&j, "available", s.free);
		json_number(&j, "magic", row->out.type);
		json_number(&j, "block_size", row->out.bsize);
		json_number(&j, "files", row->out.files);
		json_number(&j, "files_free", row->out.ffree);
		json_number(&j, "name_max", row->out.namelen);
		json_number(&j, "flags", row->out.flags);
	}
	json_close(&j);
}

static const char *amount(char *buf, uint64_t bytes)
{
	if (human)
		return format_bytes(buf, bytes);
	/* Without an overflow where the last half block counts. */
	snprintf(buf, TEXT_LEN, "%" PRIu64, bytes / 1024 + (bytes % 1024 > 0));
	return buf;
}

static void print_row(const struct row *row, int width)
{
	char size[TEXT_LEN], used[TEXT_LEN], avail[TEXT_LEN], percent[8];
	const struct space s = space_of(&row->out);
	const char *error = trouble(row);
	char *source = row->mount ? shell_word(row->mount->source) : NULL;
	char *path = shell_word(row->path);

	printf("%-*s ", width, source ? source : "-");
	if (error) {
		printf("%-40s %s\n", error, path);
	} else {
		if (s.used + s.free)
			snprintf(percent, sizeof(percent), "%u%%", s.percent);
		else
			strcpy(percent, "-");
		printf("%11s %11s %11s %4s %s\n", amount(size, s.size),
		       amount(used, s.used), amount(avail, s.free), percent,
		       path);
	}
	free(source);
	free(path);
}

static int column_width(const struct table *t)
{
	int width = (int)strlen("Filesystem");
	size_t i;

	for (i = 0; i < t->nr; i++) {
		char *source;

		if (t->row[i].hidden || !t->row[i].mount)
			continue;
		source = shell_word(t->row[i].mount->source);
		if ((int)strlen(source) > width)
			width = (int)strlen(source);
		free(source);
	}
	return width > 40 ? 40 : width;
}

static int print_table(struct table *t, bool choose)
{
	int width, code = EXIT_OK;
	size_t i;

	for (i = 0; i < t->nr; i++) {
		struct row *row = &t->row[i];

		row->hidden = choose && !trouble(row) && !row->out.blocks;
		if (!row->asked)
			row->code = EXIT_INTERRUPTED;
		code = exit_worse(code, row->code);
	}
	width = column_width(t);
	if (!options.json)
		printf("%-*s %11s %11s %11s %4s Mounted on\n", width,
		       "Filesystem", human ? "Size" : "1K-blocks", "Used",
		       "Available", "Use%");
	for (i = 0; i < t->nr; i++) {
		if (t->row[i].hidden)
			continue;
		if (options.json)
			print_json(&t->row[i]);
		else
			print_row(&t->row[i], width);
	}
	return code;
}

static void say_left(const struct table *t)
{
	size_t i, nr = 0;
	const struct row *one = NULL;

	for (i = 0; i < t->nr; i++) {
		if (t->row[i].code == EXIT_STILL_RUNNING) {
			one = &t->row[i];
			nr++;
		}
	}
	if (nr == 1)
		say("call %" PRIu64 " may still be waiting for %s",
		    one->result.call_id, shell_word(one->path));
	else if (nr)
		say("%zu calls may still be waiting for an answer", nr);
}

/* As many objects as there are rows and room for. */
static int open_slots(struct job *job, unsigned int *nr, size_t rows)
{
	int code, err;

	code = open_object(ACALL_FILE_INTERFACE, &job[0].call);
	if (code)
		return code;
	for (*nr = 1; *nr < SLOTS && *nr < rows; ++*nr) {
		err = acall_create(ACALL_FILE_INTERFACE, 0, 0, &job[*nr].call);
		if (err)
			break;
	}
	return EXIT_OK;
}

static int ask(struct table *t, bool choose)
{
	static struct job slots[SLOTS];
	struct jobs jobs = {
		.job = slots,
		.show = show,
		.ready = take_answer,
		.data = t,
	};
	unsigned int i;
	int code;

	code = open_slots(slots, &jobs.nr, t->nr);
	if (code)
		return code;
	signals_hold();
	for (i = 0; i < jobs.nr; i++)
		ask_next(&jobs, &slots[i]);
	jobs_run(&jobs);
	for (i = 0; i < jobs.nr; i++)
		acall_destroy(slots[i].call);
	code = print_table(t, choose);
	fflush(stdout);
	say_left(t);
	signals_release();
	return code;
}

int verb_statfs(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "human", no_argument, NULL, 'h' },
		{ 0 }
	};
	struct table table = { 0 };
	struct mounts mounts;
	bool chosen;
	int c, err;

	options.timeout_ns = TIMEOUT_NS;
	while ((c = next_option(argc, argv, "ah", longs, help)) != -1) {
		if (c == 'a')
			all = true;
		else
			human = true;
	}
	if (all && optind < argc)
		usage_error("either --all or mounts, not both");
	chosen = optind < argc;
	err = mounts_read(&mounts);
	if (err && !chosen) {
		say_error(EXIT_FAILED, "/proc/self/mountinfo: %s",
			  strerror(-err));
		return EXIT_FAILED;
	}
	if (!chosen)
		add_mounts(&table, &mounts);
	for (; optind < argc; optind++)
		add_row(&table, argv[optind], mount_at(&mounts, argv[optind]));
	if (!table.nr)
		return EXIT_OK;
	return exit_worse(ask(&table, !all && !chosen), flush_output());
}
