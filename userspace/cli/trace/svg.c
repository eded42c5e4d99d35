// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A picture of a trace: one SVG with nothing outside of it and no script. Below a
 * common axis of time there is a row for each process that calls, in which its calls
 * are bars from their begin to their end, and one for each worker that has run some.
 *
 * Legible on light and on dark pages, and without colours: what was asked for, seen
 * and decided has marks of its own. What does not fit in is in the tooltips.
 */
#include "trace.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define WIDTH		1200
#define LEFT		190.0		/* of the plot, and */
#define RIGHT		1176.0
#define AXIS		112.0
#define LANE		26.0
#define BAR		14.0
#define PAD		7.0		/* above and below a row's lanes */
#define CHAR		6.3		/* of a label, on average */
#define MAX_CALLS	5000
#define MAX_IDS		64

struct drawing {
	FILE *f;
	const struct lives *all;
	uint64_t span;
	double y;
	bool worker;
};

static const char style[] =
"<style>\n"
"text { font-family: system-ui, 'DejaVu Sans', sans-serif; font-size: 12px; fill: #1f2328 }\n"
".title { font-size: 17px; font-weight: bold }\n"
".minor { fill: #59636e }\n"
".loss { fill: #a8324a; font-weight: bold }\n"
".inside { fill: #ffffff }\n"
".page { fill: #ffffff }\n"
".band { fill: #f3f5f8 }\n"
".grid { stroke: #d5dbe2; stroke-width: 1 }\n"
".queued { fill: #b9c9dc }\n"
".running { fill: #2f6fb5 }\n"
".parked { fill: #3d8f93 }\n"
".asked { fill: #b35f00 }\n"
".seen { fill: #e5a44c }\n"
".left { fill: url(#hatched); stroke: #a8324a; stroke-width: 1 }\n"
".stripe { stroke: #a8324a; stroke-width: 2 }\n"
".waiting { fill: #8b949e }\n"
".good { fill: #2a7d3f }\n"
".bad { fill: #a8324a }\n"
".mark { fill: #1f2328; stroke: #ffffff; stroke-width: 1 }\n"
"@media (prefers-color-scheme: dark) {\n"
"text { fill: #e6edf3 }\n"
".minor { fill: #9aa4ae }\n"
".loss { fill: #ff7b8f }\n"
".page { fill: #0d1117 }\n"
".band { fill: #161b22 }\n"
".grid { stroke: #2d343c }\n"
".queued { fill: #47566a }\n"
".running { fill: #3b82cf }\n"
".left, .stripe { stroke: #f0687e }\n"
".good { fill: #3fb45f }\n"
".bad { fill: #f0687e }\n"
".mark { fill: #ffffff; stroke: #0d1117 }\n"
"}\n"
"</style>\n"
"<defs>\n"
"<pattern id=\"hatched\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"\n"
" patternTransform=\"rotate(45)\">\n"
"<line class=\"stripe\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\"/>\n"
"</pattern>\n"
"</defs>\n";

static void put_text(FILE *f, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", f);
			break;
		case '>':
			fputs("&gt;", f);
			break;
		case '&':
			fputs("&amp;", f);
			break;
		default:
			fputc(*text, f);
		}
	}
}

static double x_of(const struct drawing *d, uint64_t at)
{
	if (at < d->all->first)
		return LEFT;
	return LEFT + (double)(at - d->all->first) * (RIGHT - LEFT) /
		      (double)d->span;
}

/* From @from to @to, and never too small to be seen. */
static void bar(const struct drawing *d, const char *class, uint64_t from,
		uint64_t to, double y, double height)
{
	double x = x_of(d, from), width = x_of(d, to) - x;

	if (to < from)
		return;
	fprintf(d->f, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
		class, x, y, width < 1.5 ? 1.5 : width, height);
}

static void mark_asked(FILE *f, double x, double y)
{
	fprintf(f, "<path class=\"mark\" d=\"M%.1f %.1fl-5 -8h10z\"/>\n", x, y);
}

static void mark_seen(FILE *f, double x, double y)
{
	fprintf(f, "<path class=\"mark\" d=\"M%.1f %.1fl5 5l-5 5l-5 -5z\"/>\n",
		x, y);
}

static void mark_commit(FILE *f, double x, double y)
{
	fprintf(f, "<circle class=\"mark\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>\n",
		x, y);
}

static void mark_done(FILE *f, bool good, double x, double y)
{
	fprintf(f, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"3.5\" height=\"%.1f\"/>\n",
		good ? "good" : "bad", x - 1.75, y - 3, BAR + 6);
}

/* A line of a tooltip: when, since the call's begin. */
static void tip_time(FILE *f, const char *what, const struct life *life,
		     uint64_t at)
{
	char text[TEXT_LEN];

	if (at)
		fprintf(f, "\n%s after %s", what,
			format_duration(text, at - life->begin));
}

static void tip_one(const struct drawing *d, const struct life *life)
{
	FILE *f = d->f;
	char text[TEXT_LEN];

	fprintf(f, "call %" PRIu64 ": %s of ", life->id, life->method);
	put_text(f, life->client);
	fprintf(f, "[%" PRIu32 "]\nbegun at %s%s", life->tgid,
		format_duration(text, life->begin - d->all->first),
		life->partial ? " or before" : "");
	if (life->worker_pid && life->start) {
		fputs("\nrun by ", f);
		put_text(f, life->worker);
		fprintf(f, "[%" PRIu32 "]", life->worker_pid);
	}
	tip_time(f, life->caps & ACALL_CAP_CUSTOM ? "parked" : "running", life,
		 life->start);
	tip_time(f, "committed", life, life->commit);
	tip_time(f, "cancel asked", life, life->cancel);
	if (life->cancel)
		fprintf(f, " by %s", life->reason);
	if (life->cancel && life->cancel_tgid)
		fprintf(f, ", pid %" PRIu32, life->cancel_tgid);
	tip_time(f, "worker signalled", life, life->signal);
	tip_time(f, "cancel seen", life, life->seen);
	if (life->done)
		tip_time(f, life->outcome, life, life->done);
	if (life->done && life->status)
		fprintf(f, ", %s", strerror((int)-life->status));
	if (life->progress)
		fprintf(f, ", progress %" PRIu64 " of %" PRIu64,
			life->progress, life->total);
	if (life_is_left(life))
		tip_time(f, "ended", life, life->end);
	tip_time(f, life->dropped ? "closed" : "finished", life, life->finish);
	if (!life->end)
		fputs("\nhas not ended when the trace did", f);
}

static void tip_many(FILE *f, const struct block *b)
{
	size_t i;

	fprintf(f, "%zu calls of %s, which are over at once:", b->nr,
		(*b->life)->method);
	for (i = 0; i < b->nr && i < MAX_IDS; i++)
		fprintf(f, "%scall %" PRIu64, i % 4 ? ", " : "\n",
			b->life[i]->id);
	if (i < b->nr)
		fprintf(f, "\nand %zu more", b->nr - i);
}

static const char *label_of(const struct block *b, char *buf, size_t size)
{
	const struct life *life = *b->life;
	const char *outcome = life->outcome;

	if (b->nr > 1)
		snprintf(buf, size, "%zu × %s", b->nr, life->method);
	else if (!*outcome || !strcmp(outcome, "completed"))
		snprintf(buf, size, "%s%s", life->method,
			 life->status < 0 ? ", failed" : "");
	else
		snprintf(buf, size, "%s, %s", life->method, outcome);
	return buf;
}

/* Where a client's bar has the one part that a label could be in. */
static void main_part(const struct block *b, const struct drawing *d,
		      uint64_t *from, uint64_t *to)
{
	const struct life *life = *b->life;

	*from = b->from;
	*to = b->to;
	if (b->nr > 1)
		return;
	*from = life->start;
	*to = life->seen ? life->seen : life->done ? life->done : d->all->last;
	if (!life->start)
		*to = *from;
}

/* Where the label goes. */
enum side { INSIDE, BEHIND, BEFORE, NOWHERE };

static enum side place_of(const struct drawing *d, const struct block *b,
			  bool worker, double *x, double *width)
{
	uint64_t from, to;
	char text[128];

	*width = CHAR * (double)strlen(label_of(b, text, sizeof(text)));
	main_part(b, d, &from, &to);
	*x = x_of(d, from) + 5;
	if (to > from && x_of(d, to) - *x > *width + 3)
		return INSIDE;
	if (worker)
		return NOWHERE;
	*x = x_of(d, b->to) + 6;
	if (*x + *width < RIGHT + 20)
		return BEHIND;
	*x = x_of(d, b->from) - 6;
	return BEFORE;
}

static void extent(const struct row *row, const struct block *b, double *from,
		   double *to, void *data)
{
	const struct drawing *d = data;
	double x, width;

	*from = x_of(d, b->from);
	*to = x_of(d, b->to) + 3;
	switch (place_of(d, b, row->worker, &x, &width)) {
	case BEHIND:
		*to = x + width + 6;
		break;
	case BEFORE:
		*from = x - width;
		break;
	default:
		break;
	}
}

static void draw_label(const struct drawing *d, const struct block *b,
		       double y)
{
	double x, width;
	char text[128];
	enum side side = place_of(d, b, d->worker, &x, &width);

	if (side == NOWHERE)
		return;
	fprintf(d->f, "<text%s%s x=\"%.1f\" y=\"%.1f\">",
		side == INSIDE ? " class=\"inside\"" : "",
		side == BEFORE ? " text-anchor=\"end\"" : "", x, y + 11.5);
	put_text(d->f, label_of(b, text, sizeof(text)));
	fputs("</text>\n", d->f);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return !a || (b && b < a) ? b : a;
}

/* What a call's execution does, until the client or the provider leaves it. */
static void draw_work(const struct drawing *d, const struct life *life,
		      uint64_t end, double y)
{
	bool parked = life->caps & ACALL_CAP_CUSTOM;
	uint64_t asked = life->cancel, seen = life->seen;

	if (life->start && asked < life->start && asked)
		asked = life->start;
	if (seen && seen < asked)
		asked = seen;
	if (life->start)
		bar(d, parked ? "parked" : "running", life->start,
		    earlier(earlier(asked, end), seen), y, BAR);
	if (asked && asked < end)
		bar(d, "asked", asked, earlier(seen, end), y, BAR);
	if (seen && seen < end)
		bar(d, "seen", seen, end, y, BAR);
}

static void draw_call(const struct drawing *d, const struct life *life,
		      double y)
{
	uint64_t last = d->all->last;
	uint64_t done = life->done ? life->done : last;
	uint64_t end = life->end ? life->end : last;
	uint64_t over = life->finish ? life->finish : last;
	uint64_t start = earlier(life->start, done);

	if (start > life->begin)
		bar(d, "queued", life->begin, start, y, BAR);
	draw_work(d, life, done, y);
	if (life_is_left(life))
		bar(d, "left", done, end, y + 1, BAR - 2);
	if (life->done && over > done)
		bar(d, "waiting", done, over, y + BAR / 2 - 1, 2);
	if (life->done)
		mark_done(d->f, !strcmp(life->outcome, "completed") &&
			  !life->status, x_of(d, done), y);
	if (life->commit)
		mark_commit(d->f, x_of(d, life->commit), y + BAR / 2);
	if (life->seen)
		mark_seen(d->f, x_of(d, life->seen), y + BAR / 2 - 5);
	if (life->cancel)
		mark_asked(d->f, x_of(d, life->cancel), y + 1);
}

static void draw_block(const struct drawing *d, const struct row *row,
		       const struct block *b)
{
	const struct life *life = *b->life;
	double y = d->y + PAD + b->lane * LANE + (LANE - BAR) / 2;

	fputs("<g class=\"call\"><title>", d->f);
	if (b->nr > 1)
		tip_many(d->f, b);
	else
		tip_one(d, life);
	fputs("</title>\n", d->f);
	if (b->nr > 1)
		bar(d, "running", b->from, b->to, y, BAR);
	else if (row->worker)
		draw_work(d, life, b->to, y);
	else
		draw_call(d, life, y);
	draw_label(d, b, y);
	fputs("</g>\n", d->f);
}

static double row_height(const struct row *row)
{
	return row->lanes * LANE + 2 * PAD;
}

/* Is it the first of the workers? Then there is a heading above it. */
static bool begins_section(const struct rows *rows, size_t i)
{
	return rows->row[i].worker && (!i || !rows->row[i - 1].worker);
}

/* Every other row stands out from the page. Return: where the last one ends. */
static double draw_bands(const struct drawing *d, const struct rows *rows)
{
	double y = AXIS;
	size_t i;

	for (i = 0; i < rows->nr; i++) {
		if (begins_section(rows, i))
			y += LANE;
		if (!(i & 1))
			fprintf(d->f, "<path class=\"band\" d=\"M0 %.1fh%dv%.1fh-%dz\"/>\n",
				y, WIDTH, row_height(&rows->row[i]), WIDTH);
		y += row_height(&rows->row[i]);
	}
	return y;
}

static void draw_row(struct drawing *d, const struct row *row)
{
	size_t i;

	fprintf(d->f, "<text x=\"16\" y=\"%.1f\">", d->y + PAD + LANE / 2 + 4);
	put_text(d->f, row->name);
	fprintf(d->f, " <tspan class=\"minor\">%" PRIu32 "</tspan></text>\n",
		row->pid);
	d->worker = row->worker;
	for (i = 0; i < row->nr; i++)
		draw_block(d, row, &row->block[i]);
	d->y += row_height(row);
}

/* A step of the axis for which there is room: 1, 2 or 5 times a power of ten. */
static uint64_t axis_step(uint64_t span)
{
	static const unsigned int factors[] = { 2, 5, 10 };
	uint64_t unit = 1000, step = 1000;
	unsigned int i = 0;

	while (span / step > 10) {
		step = unit * factors[i];
		i = (i + 1) % 3;
		if (!i)
			unit = step;
	}
	return step;
}

static void draw_axis(const struct drawing *d, double bottom)
{
	uint64_t step = axis_step(d->span), at;
	uint64_t unit = step >= NSEC_PER_SEC ? NSEC_PER_SEC :
			step >= NSEC_PER_MSEC ? NSEC_PER_MSEC : 1000;
	const char *name = unit == NSEC_PER_SEC ? "s" :
			   unit == NSEC_PER_MSEC ? "ms" : "µs";

	for (at = 0; at <= d->span; at += step) {
		double x = x_of(d, d->all->first + at);

		fprintf(d->f, "<path class=\"grid\" d=\"M%.1f %.1fV%.1f\"/>\n", x,
			AXIS - 8, bottom);
		fprintf(d->f, "<text class=\"minor\" text-anchor=\"middle\"");
		fprintf(d->f, " x=\"%.1f\" y=\"%.1f\">%" PRIu64 " %s</text>\n",
			x, AXIS - 14, at / unit, name);
	}
}

/* Return: where the next one begins. */
static double legend_text(FILE *f, double x, const char *text)
{
	fprintf(f, "<text class=\"minor\" x=\"%.1f\" y=\"66\">%s</text>\n", x,
		text);
	return x + 7 * (double)strlen(text) + 16;
}

static double legend_bar(FILE *f, double x, const char *class,
			 const char *text)
{
	fprintf(f, "<rect class=\"%s\" x=\"%.1f\" y=\"56\" width=\"20\" height=\"12\"/>\n",
		class, x);
	return legend_text(f, x + 26, text);
}

static void draw_legend(FILE *f)
{
	double x = 16;

	x = legend_bar(f, x, "queued", "queued");
	x = legend_bar(f, x, "running", "running");
	x = legend_bar(f, x, "parked", "parked");
	mark_asked(f, x + 5, 66);
	x = legend_bar(f, x + 14, "asked", "cancel asked");
	mark_seen(f, x + 5, 57);
	x = legend_bar(f, x + 14, "seen", "cancel seen");
	x = legend_bar(f, x, "left", "abandoned, still at work");
	fprintf(f, "<rect class=\"waiting\" x=\"%.1f\" y=\"61\" width=\"20\" height=\"2\"/>\n",
		x);
	x = legend_text(f, x + 26, "done, not finished");
	mark_done(f, true, x + 2, 56);
	x = legend_text(f, x + 9, "completed");
	mark_done(f, false, x + 2, 56);
	legend_text(f, x + 9, "any other outcome");
}

static void draw_head(const struct drawing *d, const struct rows *rows,
		      size_t drawn)
{
	size_t i, clients = 0;
	char text[TEXT_LEN];

	for (i = 0; i < rows->nr; i++)
		clients += !rows->row[i].worker;
	fputs("<text x=\"16\" y=\"32\"><tspan class=\"title\">", d->f);
	fprintf(d->f, "%zu %s</tspan><tspan class=\"minor\" dx=\"10\">",
		d->all->nr, d->all->nr == 1 ? "call" : "calls");
	fprintf(d->f, "of %zu %s, run by %zu %s, in %s</tspan></text>\n",
		clients, clients == 1 ? "process" : "processes",
		rows->nr - clients,
		rows->nr - clients == 1 ? "worker" : "workers",
		format_duration(text, d->all->last - d->all->first));
	if (d->all->lost || drawn < d->all->nr) {
		fputs("<text class=\"loss\" text-anchor=\"end\"", d->f);
		fprintf(d->f, " x=\"%.1f\" y=\"32\">", RIGHT);
		if (d->all->lost)
			fprintf(d->f, "the kernel has lost %" PRIu64 " steps. ",
				d->all->lost);
		if (drawn < d->all->nr)
			fprintf(d->f, "%zu calls are not drawn.",
				d->all->nr - drawn);
		fputs("</text>\n", d->f);
	}
	draw_legend(d->f);
}

static void draw_section(const struct drawing *d, const char *name)
{
	fprintf(d->f, "<text class=\"minor\" x=\"16\" y=\"%.1f\">%s</text>\n",
		d->y - 6, name);
}

int svg_write(FILE *f, const struct lives *all)
{
	struct lives some = *all;
	struct drawing d = { .f = f, .all = all };
	double height = AXIS;
	struct rows rows;
	size_t i;

	if (some.nr > MAX_CALLS)
		some.nr = MAX_CALLS;
	d.span = all->last > all->first ? all->last - all->first : 1000;
	rows_make(&rows, &some);
	for (i = 0; i < rows.nr; i++) {
		row_pack(&rows.row[i], extent, &d);
		height += row_height(&rows.row[i]);
		if (begins_section(&rows, i))
			height += LANE;
	}
	height += PAD;
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", f);
	fputs("<svg xmlns=\"http://www.w3.org/2000/svg\"", f);
	fprintf(f, " width=\"%d\" height=\"%.0f\" viewBox=\"0 0 %d %.0f\">\n",
		WIDTH, height, WIDTH, height);
	fprintf(f, "<title>acall trace</title>\n%s", style);
	fprintf(f, "<rect class=\"page\" width=\"%d\" height=\"%.0f\"/>\n",
		WIDTH, height);
	draw_head(&d, &rows, some.nr);
	draw_axis(&d, draw_bands(&d, &rows));
	d.y = AXIS;
	draw_section(&d, "CLIENTS");
	for (i = 0; i < rows.nr; i++) {
		if (begins_section(&rows, i)) {
			d.y += LANE;
			draw_section(&d, "WORKERS");
		}
		draw_row(&d, &rows.row[i]);
	}
	fputs("</svg>\n", f);
	rows_free(&rows);
	return fflush(f) || ferror(f) ? -EIO : 0;
}
