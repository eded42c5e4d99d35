// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A trace as Perfetto and Chrome's about:tracing read it ("JSON Array Format"): each
 * call is an asynchronous slice of its client's process, with slices inside for what
 * it was at the time and instants for what happened to it, and each worker has a track
 * with slices for what it ran. Times are microseconds of CLOCK_MONOTONIC.
 */
#include "trace.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* All workers are threads of one process, which no other can be. */
#define WORKERS_PID	0

struct chrome {
	FILE *f;
	bool any;
};

static void open_event(struct chrome *c, const char *phase, const char *name,
		       uint64_t at)
{
	fprintf(c->f, "%s\n{\"ph\":\"%s\",\"name\":\"%s\"",
		c->any ? "," : "", phase, name);
	fprintf(c->f, ",\"ts\":%" PRIu64 ".%03" PRIu64, at / 1000, at % 1000);
	c->any = true;
}

static void async(struct chrome *c, const char *phase, const char *name,
		  const struct life *life, uint64_t at)
{
	open_event(c, phase, name, at);
	fprintf(c->f, ",\"cat\":\"acall\",\"id\":\"%" PRIu64 "\"", life->id);
	fprintf(c->f, ",\"pid\":%" PRIu32 ",\"tid\":%" PRIu32, life->tgid,
		life->tgid);
}

static void slice(struct chrome *c, const char *name, const struct life *life,
		  uint64_t from, uint64_t to)
{
	if (!from || to < from)
		return;
	async(c, "b", name, life, from);
	fputc('}', c->f);
	async(c, "e", name, life, to);
	fputc('}', c->f);
}

static void instant(struct chrome *c, const char *name,
		    const struct life *life, uint64_t at)
{
	if (!at)
		return;
	async(c, "n", name, life, at);
	fputc('}', c->f);
}

static void put_args(struct chrome *c, const struct life *life)
{
	fprintf(c->f, ",\"args\":{\"call_id\":%" PRIu64, life->id);
	fprintf(c->f, ",\"outcome\":\"%s\",\"status\":%" PRId64,
		*life->outcome ? life->outcome : "none", life->status);
	fprintf(c->f, ",\"progress\":%" PRIu64 ",\"total\":%" PRIu64,
		life->progress, life->total);
	if (life->cancel)
		fprintf(c->f, ",\"cancelled_by\":\"%s\",\"cancel_pid\":%" PRIu32,
			life->reason, life->cancel_tgid);
	if (life->partial)
		fputs(",\"begun_before\":true", c->f);
	if (!life->end)
		fputs(",\"has_not_ended\":true", c->f);
	fputc('}', c->f);
}

static void write_call(struct chrome *c, const struct life *life,
		       uint64_t last)
{
	uint64_t done = life->done ? life->done : last;
	uint64_t end = life->end ? life->end : last;
	uint64_t over = life->finish ? life->finish : last;
	bool parked = life->caps & ACALL_CAP_CUSTOM;

	async(c, "b", life->method, life, life->begin);
	put_args(c, life);
	fputc('}', c->f);
	slice(c, "queued", life, life->begin, life->start ? life->start : done);
	slice(c, parked ? "parked" : "running", life, life->start,
	      life->cancel > life->start ? life->cancel : done);
	slice(c, "cancelling", life, life->cancel, done);
	if (life_is_left(life))
		slice(c, "abandoned", life, life->done, end);
	else if (life->done)
		slice(c, "done", life, life->done, over);
	instant(c, "committed", life, life->commit);
	instant(c, "cancel asked", life, life->cancel);
	instant(c, "worker signalled", life, life->signal);
	instant(c, "cancel seen", life, life->seen);
	async(c, "e", life->method, life, end > over ? end : over);
	fputc('}', c->f);
}

/* "sh" becomes a name in JSON: a comm is printable by now. */
static void put_name(FILE *f, const char *name)
{
	for (; *name; name++) {
		if (*name == '"' || *name == '\\')
			fputc('\\', f);
		fputc(*name, f);
	}
}

static void write_name(struct chrome *c, const char *what, uint32_t pid,
		       uint32_t tid, const char *name)
{
	open_event(c, "M", what, 0);
	fprintf(c->f, ",\"pid\":%" PRIu32 ",\"tid\":%" PRIu32 ",\"args\":{\"name\":\"",
		pid, tid);
	put_name(c->f, name);
	fputs("\"}}", c->f);
}

static void write_worker(struct chrome *c, const struct row *row)
{
	size_t i;

	for (i = 0; i < row->nr; i++) {
		const struct block *b = &row->block[i];
		char name[NAME_LEN + TEXT_LEN];

		if (b->nr > 1)
			snprintf(name, sizeof(name), "%zu x %s", b->nr,
				 (*b->life)->method);
		open_event(c, "X", b->nr > 1 ? name : (*b->life)->method,
			   b->from);
		fprintf(c->f, ",\"dur\":%" PRIu64 ".%03" PRIu64,
			(b->to - b->from) / 1000, (b->to - b->from) % 1000);
		fprintf(c->f, ",\"cat\":\"acall\",\"pid\":%d,\"tid\":%" PRIu32,
			WORKERS_PID, row->pid);
		put_args(c, *b->life);
		fputc('}', c->f);
	}
}

int chrome_write(FILE *f, const struct lives *all)
{
	struct chrome c = { .f = f };
	struct rows rows;
	size_t i;

	rows_make(&rows, all);
	fputs("{\"displayTimeUnit\":\"ns\",\"otherData\":{", f);
	fprintf(f, "\"command\":\"acall trace\",\"lost\":\"%" PRIu64 "\"},\n\"traceEvents\":[",
		all->lost);
	write_name(&c, "process_name", WORKERS_PID, 0, "workers of acall");
	for (i = 0; i < rows.nr; i++) {
		const struct row *row = &rows.row[i];

		if (row->worker) {
			write_name(&c, "thread_name", WORKERS_PID, row->pid,
				   row->name);
			write_worker(&c, row);
		} else {
			write_name(&c, "process_name", row->pid, row->pid,
				   row->name);
		}
	}
	for (i = 0; i < all->nr; i++)
		write_call(&c, all->life[i], all->last);
	fputs("\n]}\n", f);
	rows_free(&rows);
	return fflush(f) || ferror(f) ? -EIO : 0;
}
