// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The progress line of one call: on a terminal, after a second, on one line
 * that is written over; and a line of its own when SIGUSR1 asks.
 *
 * Owns the line: who else writes to standard error calls progress_end() first,
 * and the next tick draws it anew. Everything shown comes from QUERY, or from
 * WAIT_ID for a call that is somebody else's: they change nothing. The rate is
 * smoothed over some seconds, so that the ETA does not jump.
 */
#include "cli.h"
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define FIRST_AFTER	(1 * NSEC_PER_SEC)
#define EVERY		(200 * NSEC_PER_MSEC)
#define TITLE_COLUMNS	24
#define BAR_MAX		24

static struct {
	uint64_t next;		/* when to draw, ACALL_FOREVER = never */
	uint64_t sampled_ns;	/* when and where the rate was measured last */
	uint64_t sampled;
	uint64_t rate;		/* units per second, smoothed; 0 = not known */
	unsigned int drawn;	/* columns of the line that is there */
	unsigned int widest;	/* longest text so far: the bar shall not jump */
	bool ever;		/* there was one for this call */
} line = { .next = ACALL_FOREVER };

void progress_start(const struct job *job)
{
	const char *term = getenv("TERM");
	bool show = stderr_is_terminal() && !options.quiet && job->title &&
		    (!term || strcmp(term, "dumb"));

	memset(&line, 0, sizeof(line));
	line.next = show ? acall_after_ns(FIRST_AFTER) : ACALL_FOREVER;
}

uint64_t progress_next(void)
{
	return line.next;
}

bool progress_end(void)
{
	if (line.drawn)
		fprintf(stderr, "\r%*s\r", (int)line.drawn, "");
	line.drawn = 0;
	return line.ever;
}

static unsigned int columns(void)
{
	const char *env = getenv("COLUMNS");
	struct winsize ws;
	int n;

	if (!ioctl(STDERR_FILENO, TIOCGWINSZ, &ws) && ws.ws_col)
		return ws.ws_col;
	n = env ? atoi(env) : 0;
	return n > 0 ? (unsigned int)n : 80;
}

/* The last part of the title, whole characters only. */
static char *short_title(const char *title)
{
	char *word = shell_word(title), *p = word;
	size_t len = strlen(word);

	if (len <= TITLE_COLUMNS)
		return word;
	p = word + len - (TITLE_COLUMNS - 3);
	while ((*p & 0xc0) == 0x80)
		p++;
	memmove(word + 3, p, strlen(p) + 1);
	memcpy(word, "...", 3);
	return word;
}

static void sample(const struct acall_query *q, uint64_t now)
{
	uint64_t since = line.sampled_ns ? line.sampled_ns : q->start_ns;
	uint64_t ns, rate;

	if (!q->start_ns || now <= since || q->progress < line.sampled)
		return;
	ns = now - since;
	rate = (uint64_t)((double)(q->progress - line.sampled) *
			  (double)NSEC_PER_SEC / (double)ns);
	line.rate = line.rate ? line.rate - line.rate / 8 + rate / 8 : rate;
	line.sampled_ns = now;
	line.sampled = q->progress;
}

/* "1.2 GiB of 4.0 GiB, 512.0 MiB/s, ETA 5 s": what is known of it. */
static void describe(char *text, size_t len, const struct job *job,
		     const struct acall_query *q, uint64_t rate, uint64_t now)
{
	char done[TEXT_LEN], total[TEXT_LEN], speed[TEXT_LEN], eta[TEXT_LEN];
	const char *state = acall_state_name(q->state);
	bool running = q->state == ACALL_STATE_RUNNING;
	uint64_t left = q->total > q->progress ? q->total - q->progress : 0;
	uint64_t seconds = rate ? left / rate : 0;

	if (job->unit == ACALL_UNIT_NONE || !q->start_ns) {
		snprintf(text, len, "%s, %s", state,
			 format_duration(done, now - q->begin_ns));
		return;
	}
	format_amount(done, q->progress, job->unit);
	format_amount(total, q->total, job->unit);
	format_amount(speed, rate, job->unit);
	if (seconds < 60)
		snprintf(eta, sizeof(eta), "%u s", (unsigned int)seconds);
	else if (seconds < UINT64_MAX / NSEC_PER_SEC)
		format_duration(eta, seconds * NSEC_PER_SEC);
	else
		strcpy(eta, "never");
	if (!q->total)
		snprintf(text, len, "%s, %s/s%s%s", done, speed,
			 running ? "" : ", ", running ? "" : state);
	else if (!running)
		snprintf(text, len, "%s of %s, %s", done, total, state);
	else if (!rate)
		snprintf(text, len, "%s of %s", done, total);
	else
		snprintf(text, len, "%s of %s, %s/s, ETA %s", done, total,
			 speed, eta);
}

static unsigned int percent_of(const struct acall_query *q)
{
	if (q->progress >= q->total)
		return 100;
	return (unsigned int)((double)q->progress * 100 / (double)q->total);
}

/* " 43% [=========>          ] ", or nothing where there is no room. */
static void draw_bar(char *bar, unsigned int percent, unsigned int width)
{
	unsigned int full = width * percent / 100, i;

	bar += sprintf(bar, " %3u%%", percent);
	if (width < 6) {
		sprintf(bar, "  ");
		return;
	}
	bar += sprintf(bar, " [");
	for (i = 0; i < width; i++)
		*bar++ = i < full ? '=' : i == full ? '>' : ' ';
	sprintf(bar, "] ");
}

/* Terminal columns of UTF-8 text; wide characters count as one. */
static unsigned int width_of(const char *text)
{
	unsigned int n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

static int look(const struct job *job, struct acall_query *q)
{
	if (job->look)
		return job->look(job, q);
	return acall_query(job->call, acall_id(job->call), q, sizeof(*q));
}

void progress_tick(const struct job *job)
{
	unsigned int room = columns() - 1, used, width;
	char text[160], bar[BAR_MAX + 16] = "  ";
	uint64_t now = acall_after_ns(0);
	struct acall_query q;
	char *title;

	line.next = now + EVERY;
	if (look(job, &q))
		return;
	sample(&q, now);
	describe(text, sizeof(text), job, &q, line.rate, now);
	if (width_of(text) > line.widest)
		line.widest = width_of(text);
	title = short_title(job->title);
	used = width_of(title) + line.widest + 9;
	if (job->unit != ACALL_UNIT_NONE && q.total && used <= room) {
		width = room - used;
		draw_bar(bar, percent_of(&q),
			 width < BAR_MAX ? width : BAR_MAX);
	}
	used = width_of(title) + width_of(bar) + width_of(text);
	if (used <= room) {
		fprintf(stderr, "\r%s%s%s%s%s", title, colour(GREEN), bar,
			colour(PLAIN), text);
	} else {
		used = width_of(text) < room ? width_of(text) : room;
		fprintf(stderr, "\r%.*s", (int)used, text);
	}
	/* What is left of a longer line before. */
	if (line.drawn > used)
		fprintf(stderr, "%*s", (int)(line.drawn - used), "");
	free(title);
	line.drawn = used > line.drawn ? used : line.drawn;
	line.ever = true;
}

void progress_show(const struct job *job)
{
	uint64_t now = acall_after_ns(0), rate = 0;
	struct acall_query q;
	char text[160];
	char *title;

	if (look(job, &q))
		return;
	progress_end();
	if (q.start_ns && now > q.start_ns)
		rate = (uint64_t)((double)q.progress * (double)NSEC_PER_SEC /
				  (double)(now - q.start_ns));
	describe(text, sizeof(text), job, &q, rate, now);
	title = shell_word(job->title ? job->title : verb_name);
	if (job->unit != ACALL_UNIT_NONE && q.total)
		fprintf(stderr, "%s: %u%%, %s\n", title, percent_of(&q), text);
	else
		fprintf(stderr, "%s: %s\n", title, text);
	free(title);
}
