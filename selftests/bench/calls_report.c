// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_calls: the targets, and the numbers for people and as JSON.
 */
#include <string.h>
#include <unistd.h>

#include "calls.h"

/*
 * @ours over @peer is to be at most @limit, and for glory @stretch. A form that
 * does not exist yet misses its target. Where what a program wants is to be had by
 * an object and by a queue, it takes the cheaper one: @ours or @queue.
 */
struct target {
	const char *name;
	const char *ours;
	const char *queue;	/* NULL: @ours alone */
	const char *peer;	/* NULL: ours alone, not a ratio */
	double limit;
	double stretch;		/* 0 = none */
	const char *stretch_peer;	/* NULL = peer */
};

static const struct target targets[] = {
	{ "depth 1, a short method", "call_short", "queue_call",
	  "uring_async_1", 0.15, 0.10, NULL },
	{ "depth 1, a worker", "call_worker", "queue_call_worker",
	  "uring_async_1", 0.80, 0.70, NULL },
	{ "depth 1, two system calls", "begin_finish", "queue_begin_wait",
	  "uring_async_two", 0.65, 0, NULL },
	{ "object against one system call", "begin_finish", NULL,
	  "uring_async_1", 0.80, 0, NULL },
	{ "batch of 32", "queue_batch_32", NULL,
	  "uring_async_32", 0.20, 0.14, NULL },
	{ "batch of 256", "queue_batch_256", NULL,
	  "uring_async_256", 0.12, 1.00, "uring_inline_256" },
	{ "cancel, queued", "cancel_queued", "queue_cancel_1",
	  "uring_cancel_queued", 0.50, 0, NULL },
	{ "cancel, 64 queued", "queue_cancel_64", NULL,
	  "uring_cancel_queued_64", 0.22, 0, NULL },
	{ "cancel, asleep in a worker", "cancel_asleep", "queue_cancel_asleep",
	  "uring_cancel_asleep", 0.42, 0, NULL },
	{ "bytes of a pending call", "queue_bytes", NULL,
	  NULL, 256, 192, NULL },
	{ "begin, 1 M in flight", "queue_begin_1m", NULL,
	  "queue_begin_1k", 1.05, 0, NULL },
	{ "finish, 1 M in flight", "queue_finish_1m", NULL,
	  "queue_finish_1k", 1.05, 0, NULL },
	{ "cancel, 1 M in flight", "queue_cancel_1m", NULL,
	  "queue_cancel_1k", 1.05, 0, NULL },
};

enum verdict { NOT_CHOSEN, NOT_THERE, MISSED, MET, STRETCHED };

static const char *const verdicts[] = {
	[NOT_THERE] = "not there",
	[MISSED] = "missed",
	[MET] = "met",
	[STRETCHED] = "stretch",
};

static bool value_of(const struct calls_run *run, const char *name,
		     double *value)
{
	unsigned int i;

	for (i = 0; i < run->count; i++) {
		const struct result *result = &run->results[i];

		if (strcmp(result->form->name, name) || result->failed)
			continue;
		*value = result->median;
		return true;
	}
	return false;
}

static const char *ours_of(const struct calls_run *run,
			   const struct target *target)
{
	double object, queue;

	if (!target->queue || !value_of(run, target->queue, &queue))
		return target->ours;
	return value_of(run, target->ours, &object) && object <= queue ?
	       target->ours : target->queue;
}

static bool ratio_of(const struct calls_run *run, const char *ours,
		     const char *peer, double *ratio)
{
	double beside = 1;

	if (!value_of(run, ours, ratio))
		return false;
	if (peer && !value_of(run, peer, &beside))
		return false;
	/* What took less than looking: nothing to compare with. */
	if (beside <= 0)
		return false;
	*ratio /= beside;
	return true;
}

static enum verdict judge(const struct calls_run *run,
			  const struct target *target, double *ratio)
{
	const char *peer = target->stretch_peer ?: target->peer;
	const char *ours = ours_of(run, target);
	double stretch;

	if (!ratio_of(run, ours, target->peer, ratio))
		return run->chosen ? NOT_CHOSEN : NOT_THERE;
	if (*ratio > target->limit)
		return MISSED;
	if (target->stretch && ratio_of(run, ours, peer, &stretch) &&
	    stretch <= target->stretch)
		return STRETCHED;
	return MET;
}

unsigned int count_missed(const struct calls_run *run)
{
	unsigned int missed = 0, i;

	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		double ratio;
		enum verdict verdict = judge(run, &targets[i], &ratio);

		missed += verdict == MISSED || verdict == NOT_THERE;
	}
	return missed;
}

static long cpus(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN);
}

static void print_forms(const struct calls_run *run, FILE *to)
{
	unsigned int i;

	fprintf(to, "%-22s %9s %9s %9s\n", "", "median", "min", "max");
	for (i = 0; i < run->count; i++) {
		const struct result *result = &run->results[i];

		if (result->failed)
			fprintf(to, "%-22s %9s %9s %9s  %s\n",
				result->form->name, "-", "-", "-",
				result->form->what);
		else
			fprintf(to, "%-22s %9.0f %9.0f %9.0f  %s\n",
				result->form->name, result->median,
				result->min, result->max, result->form->what);
	}
}

static void print_target(const struct target *target, const char *ours,
			 enum verdict verdict, double ratio, FILE *to)
{
	char value[16] = "-", stretch[16] = "";
	bool is_ratio = target->peer;

	if (verdict != NOT_THERE)
		snprintf(value, sizeof(value), "%.*f", is_ratio ? 3 : 0, ratio);
	if (target->stretch)
		snprintf(stretch, sizeof(stretch), "%.*f%s", is_ratio ? 2 : 0,
			 target->stretch, target->stretch_peer ? "*" : "");
	fprintf(to, "%-30s %-17s %-22s %7s %6.*f %7s  %s\n", target->name,
		ours, target->peer ?: "", value, is_ratio ? 2 : 0,
		target->limit, stretch, verdicts[verdict]);
}

void print_calls_table(const struct calls_run *run, FILE *to)
{
	unsigned int judged = 0, i;

	fprintf(to, "%s per call, of %u repetitions; Linux %s, CPUs: %ld\n\n",
		run->instructions ? "Instructions" : "ns", run->repetitions,
		kernel(), cpus());
	print_forms(run, to);
	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		double ratio;
		enum verdict verdict = judge(run, &targets[i], &ratio);

		if (verdict == NOT_CHOSEN)
			continue;
		if (!judged++)
			fprintf(to, "\n%-30s %-17s %-22s %7s %6s %7s\n",
				"target", "ours", "peer", "ratio", "limit",
				"stretch");
		print_target(&targets[i], ours_of(run, &targets[i]), verdict,
			     ratio, to);
	}
	if (judged)
		fprintf(to, "\n%u of %u missed. *: of uring_inline_256\n",
			count_missed(run), judged);
	fputc('\n', to);
}

static const char *unit(const struct calls_run *run)
{
	return run->instructions ? "instructions" : "ns";
}

static void print_json_string(const char *name, const char *value)
{
	if (value)
		printf("\"%s\": \"%s\", ", name, value);
	else
		printf("\"%s\": null, ", name);
}

static void print_json_number(const char *name, double value, bool there)
{
	if (there)
		printf("\"%s\": %.4g, ", name, value);
	else
		printf("\"%s\": null, ", name);
}

static void print_json_form(const struct calls_run *run,
			    const struct result *result, const char *end)
{
	printf("  {");
	print_json_string("name", result->form->name);
	print_json_string("what", result->form->what);
	print_json_string("unit", result->form->unit ?: unit(run));
	printf("\"batch\": %u, ", result->form->batch);
	if (result->failed)
		printf("\"median\": null, \"min\": null, \"max\": null");
	else
		printf("\"median\": %.1f, \"min\": %.1f, \"max\": %.1f",
		       result->median, result->min, result->max);
	printf("}%s\n", end);
}

static void print_json_target(const struct target *target, const char *ours,
			      enum verdict verdict, double ratio)
{
	printf("  {");
	print_json_string("name", target->name);
	print_json_string("ours", ours);
	print_json_string("peer", target->peer);
	print_json_number("ratio", ratio, verdict != NOT_THERE);
	print_json_number("limit", target->limit, true);
	print_json_number("stretch", target->stretch, target->stretch);
	print_json_string("stretch_peer", target->stretch_peer);
	printf("\"met\": %s}", verdict >= MET ? "true" : "false");
}

void print_calls_json(const struct calls_run *run)
{
	const char *between = "";
	unsigned int i;

	printf("{\"kernel\": \"%s\", \"cpus\": %ld, ", kernel(), cpus());
	print_json_string("unit", unit(run));
	printf("\"repetitions\": %u,\n \"forms\": [\n", run->repetitions);
	for (i = 0; i < run->count; i++)
		print_json_form(run, &run->results[i],
				i + 1 < run->count ? "," : "");
	printf(" ],\n \"targets\": [\n");
	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		double ratio;
		enum verdict verdict = judge(run, &targets[i], &ratio);

		if (verdict == NOT_CHOSEN)
			continue;
		fputs(between, stdout);
		print_json_target(&targets[i], ours_of(run, &targets[i]),
				  verdict, ratio);
		between = ",\n";
	}
	printf("\n ]}\n");
}
