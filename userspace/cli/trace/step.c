// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * One line of a trace, as trace_pipe, trace and trace-cmd have them:
 *
 *	COMM-PID [CPU] (FLAGS) SECONDS.MICROSECONDS: acall_EVENT: KEY=VALUE ...
 *
 * COMM is anybody's to choose, blanks, brackets and newlines included, but has no
 * more than 15 bytes: too few for all that must follow to be a line. So the first
 * place that all of it fits is ours.
 */
#include "trace.h"
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char * const events[] = {
	"acall_begin", "acall_state", "acall_cancel", "acall_signal",
	"acall_take", "acall_seen", "acall_release", "sched_process_fork",
};

static bool is_known(const char *event)
{
	size_t i;

	for (i = 0; i < sizeof(events) / sizeof(*events); i++) {
		if (!strcmp(event, events[i]))
			return true;
	}
	return false;
}

/* What follows COMM, at its "-". */
static bool parse_rest(const char *at, struct step *step)
{
	uint64_t seconds, micros;
	unsigned int pid;
	char event[WORD_LEN];
	int n = 0;

	if (sscanf(at, "-%u%n", &pid, &n) != 1 || !n)
		return false;
	at += n;
	at += strspn(at, " ");
	/* With the option record-tgid. */
	if (*at == '(') {
		at = strchr(at, ')');
		if (!at)
			return false;
		at += 1 + strspn(at + 1, " ");
	}
	n = (int)strspn(at, "[0123456789");
	if (*at != '[' || at[n] != ']')
		return false;
	at += n + 1 + strspn(at + n + 1, " ");
	/* With the option irq-info: letters, digits and dots. */
	n = (int)strcspn(at, " ");
	if (!memchr(at, ':', (size_t)n))
		at += n + (int)strspn(at + n, " ");
	n = 0;
	if (sscanf(at, "%" SCNu64 ".%6" SCNu64 ": %31[a-z_]:%n", &seconds,
		   &micros, event, &n) != 3 || !n || !is_known(event))
		return false;
	step->pid = pid;
	step->at = seconds * NSEC_PER_SEC + micros * 1000;
	snprintf(step->event, sizeof(step->event), "%s",
		 strncmp(event, "acall_", 6) ? event : event + 6);
	step->text = at + n;
	return true;
}

bool step_parse(char *line, struct step *step)
{
	char *at = line, *comm;
	size_t i, len;

	while ((at = strchr(at, '-')) && !parse_rest(at, step))
		at++;
	if (!at)
		return false;
	comm = line + strspn(line, " ");
	len = at > comm ? (size_t)(at - comm) : 0;
	if (len >= sizeof(step->comm))
		len = sizeof(step->comm) - 1;
	for (i = 0; i < len; i++)
		step->comm[i] = isprint((unsigned char)comm[i]) ? comm[i] : '?';
	step->comm[len] = '\0';
	return true;
}

const char *step_word(const struct step *step, const char *key, char *buf,
		      size_t size)
{
	size_t len = strlen(key), n;
	const char *at = step->text;

	*buf = '\0';
	while (*at) {
		at += strspn(at, " ");
		n = strcspn(at, "\n ");
		if (n > len && at[len] == '=' && !strncmp(at, key, len)) {
			at += len + 1;
			n -= len + 1;
			if (n >= size)
				n = size - 1;
			memcpy(buf, at, n);
			buf[n] = '\0';
			return buf;
		}
		if (!n)
			break;
		at += n;
	}
	return buf;
}

uint64_t step_number(const struct step *step, const char *key)
{
	char word[WORD_LEN];

	return strtoull(step_word(step, key, word, sizeof(word)), NULL, 0);
}

/* "CPU:1 [LOST 123 EVENTS]"; without the number if the kernel does not know it. */
bool line_is_loss(const char *line, uint64_t *lost)
{
	const char *at = strstr(line, "[LOST ");

	if (strncmp(line, "CPU:", 4) || !at)
		return false;
	*lost = strtoull(at + 6, NULL, 10);
	if (!*lost)
		*lost = 1;
	return true;
}
