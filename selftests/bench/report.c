// SPDX-License-Identifier: GPL-2.0-only
/*
 * The numbers of bench_stop, for people and as JSON.
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"

void series_add(struct series *series, __u64 ns)
{
	if (series->count == MAX_SAMPLES)
		die("too many samples");
	series->ns[series->count++] = ns;
}

void series_answer(struct series *series, const char *text)
{
	struct answer *answer = series->answers;

	while (answer->count && strcmp(answer->text, text))
		if (++answer == series->answers + MAX_ANSWERS)
			return;
	snprintf(answer->text, sizeof(answer->text), "%s", text);
	answer->count++;
}

static int compare(const void *a, const void *b)
{
	__u64 x = *(const __u64 *)a, y = *(const __u64 *)b;

	return x < y ? -1 : x > y;
}

/* What @percent of the samples are not above; 100 is the worst of them. */
__u64 series_at(struct series *series, unsigned int percent)
{
	unsigned int n = series->count;

	if (!n)
		return 0;
	qsort(series->ns, n, sizeof(series->ns[0]), compare);
	return series->ns[(n * percent + 99) / 100 - 1];
}

/* Enough samples, and the median within the target if there is one? */
bool result_met(struct result *result, unsigned int samples)
{
	if (result->acall.count < samples)
		return false;
	return !result->c->target_ns ||
	       series_at(&result->acall, 50) <= result->c->target_ns;
}

static void print_answers(const struct series *series)
{
	unsigned int i;

	for (i = 0; i < MAX_ANSWERS && series->answers[i].count; i++)
		printf("%s%s %u", i ? "; " : "", series->answers[i].text,
		       series->answers[i].count);
}

static void print_times(struct series *series)
{
	if (series->count)
		printf("%9.2f %9.2f %9.2f  ", series_at(series, 50) / 1e6,
		       series_at(series, 99) / 1e6,
		       series_at(series, 100) / 1e6);
	else
		printf("%9s %9s %9s  ", "-", "-", "-");
}

void print_table(struct result *results, unsigned int n, unsigned int samples)
{
	unsigned int i;

	printf("From CANCEL to the method's real end, in ms, of %u each; ",
	       samples);
	printf("beside it io_uring's nearest\noperation, from submitting ");
	printf("IORING_OP_ASYNC_CANCEL to the target's completion.\n");
	printf("obeys, deaf: a mount whose server answers only an INTERRUPT, ");
	printf("or does not even read what it is asked.\n\n");
	printf("%-13s %-6s %8s  %9s %9s %9s  %-8s  %-10s %9s %9s %9s  %s\n",
	       "acall", "on", "size", "p50", "p99", "worst", "target",
	       "io_uring", "p50", "p99", "worst",
	       "the cancel's answer, the target");
	for (i = 0; i < n; i++) {
		struct result *r = &results[i];
		char size[32] = "-", target[32] = "-";

		if (r->c->bytes)
			snprintf(size, sizeof(size), "%llu MiB",
				 r->c->bytes / MIB);
		if (r->c->target_ns)
			snprintf(target, sizeof(target), "<= %llu",
				 r->c->target_ns / 1000000);
		printf("%-13s %-6s %8s  ", r->c->name, r->c->on, size);
		print_times(&r->acall);
		printf("%-8s  %-10s ", target, r->peer.what ?: "-");
		print_times(&r->peer);
		print_answers(&r->peer);
		putchar('\n');
	}
	putchar('\n');
}

static void print_json_series(struct series *series)
{
	unsigned int i;

	printf("\"samples\": %u, \"missed\": %u, ", series->count,
	       series->missed);
	printf("\"median_ns\": %llu, \"p99_ns\": %llu, \"worst_ns\": %llu, ",
	       series_at(series, 50), series_at(series, 99),
	       series_at(series, 100));
	printf("\"answers\": {");
	for (i = 0; i < MAX_ANSWERS && series->answers[i].count; i++)
		printf("%s\"%s\": %u", i ? ", " : "", series->answers[i].text,
		       series->answers[i].count);
	printf("}");
}

void print_json(struct result *results, unsigned int n, unsigned int samples)
{
	unsigned int i;

	printf("{\"samples\": %u, \"results\": [\n", samples);
	for (i = 0; i < n; i++) {
		struct result *r = &results[i];

		printf("  {\"method\": \"%s\", \"on\": \"%s\", ", r->c->name,
		       r->c->on);
		printf("\"bytes\": %llu, \"target_ns\": %llu, ",
		       r->c->bytes, r->c->target_ns);
		printf("\"met\": %s, ",
		       result_met(r, samples) ? "true" : "false");
		print_json_series(&r->acall);
		printf(",\n   \"peer\": ");
		if (r->peer.what) {
			printf("{\"operation\": \"%s\", ", r->peer.what);
			print_json_series(&r->peer);
			printf("}");
		} else {
			printf("null");
		}
		printf("}%s\n", i + 1 < n ? "," : "");
	}
	printf("]}\n");
}
