// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_file: the numbers, for people and as JSON.
 */
#include <string.h>
#include <unistd.h>

#include "file.h"

static double median(const struct series *series)
{
	return part_of(series->values, series->count, 0.5);
}

/*
 * acall's to that way's, of what was measured in the same round, as the machine may
 * have something else to do in another: what @part of these are not above.
 */
static double ratio_at(const struct result *result, unsigned int way, double part)
{
	const struct series *ours = &result->ways[WAY_ACALL];
	const struct series *other = &result->ways[way];
	double ratios[MAX_SAMPLES];
	unsigned int i;

	for (i = 0; i < other->count; i++)
		ratios[i] = ours->values[i] / other->values[i];
	return part_of(ratios, other->count, part);
}

static double ratio(const struct result *result, unsigned int way)
{
	return ratio_at(result, way, 0.5);
}

static bool is_met(const struct result *result)
{
	return ratio(result, WAY_PLAIN) <= LIMIT;
}

/* Time depends on what else the machine does. */
static bool is_judged(const struct file_run *run, const struct result *result)
{
	return run->instructions && result->c->gated;
}

static bool is_missed(const struct file_run *run, const struct result *result)
{
	return is_judged(run, result) && !is_met(result);
}

unsigned int count_missed(const struct file_run *run)
{
	unsigned int missed = 0, i;

	for (i = 0; i < run->count; i++)
		missed += is_missed(run, &run->results[i]);
	return missed;
}

const char *way_name(const struct file_case *c, unsigned int way)
{
	const struct way *other;

	switch (way) {
	case WAY_ACALL:
		return "acall";
	case WAY_PLAIN:
		return c->plain;
	case WAY_POOL:
		return "the same in a thread";
	default:
		other = &c->others[way - WAY_OTHERS];
		return other->name ?: other->command;
	}
}

/* In a second, or 1,000,000,000 instructions. */
static double throughput(const struct result *result, unsigned int way)
{
	double spent = median(&result->ways[way]);

	return spent ? result->c->bytes / spent * 1e9 / MIB : 0;
}

static void print_case(const struct file_run *run, const struct result *result,
		       FILE *to)
{
	const struct file_case *c = result->c;
	double ours = median(&result->ways[WAY_ACALL]);
	double plain = median(&result->ways[WAY_PLAIN]);
	const char *verdict = "-";

	if (is_judged(run, result))
		verdict = is_met(result) ? "met" : "MISSED";
	fprintf(to, "%-16s %-6s ", c->name, place_name(c->place));
	if (c->bytes)
		fprintf(to, "%4llu", (unsigned long long)(c->bytes / MIB));
	else
		fprintf(to, "%4s", "-");
	fprintf(to, "  %-26s %12.1f %12.1f %9.1f %7.3f %7.3f %7.3f  %-6s",
		c->plain, ours / 1e3, plain / 1e3, (ours - plain) / 1e3,
		ratio(result, WAY_PLAIN), ratio_at(result, WAY_PLAIN, 0),
		ratio_at(result, WAY_PLAIN, 1), verdict);
	if (c->bytes)
		fprintf(to, " %9.0f %9.0f", throughput(result, WAY_ACALL),
			throughput(result, WAY_PLAIN));
	fputc('\n', to);
}

static void print_others(const struct result *result, FILE *to)
{
	unsigned int i;

	for (i = WAY_POOL; i < MAX_WAYS; i++) {
		const struct series *series = &result->ways[i];

		if (series->missing)
			fprintf(to, "%-16s %-52s is not there\n",
				result->c->name, way_name(result->c, i));
		else if (series->count)
			fprintf(to, "%-16s %-52s %12.1f %7.3f\n",
				result->c->name, way_name(result->c, i),
				median(series) / 1e3, ratio(result, i));
	}
}

/* Of what was left to do half was done nevertheless: nothing has stopped it. */
static bool ran_on(const struct stops *stops)
{
	return part_of(stops->values, stops->count, 0.5) >
	       part_of(stops->left, stops->count, 0.5) / 2;
}

static void print_stop(const struct stops *stops, FILE *to)
{
	if (stops->count)
		fprintf(to, "%9.2f %9.2f  %-6s",
			part_of(stops->values, stops->count, 0.5) / 1e6,
			part_of(stops->values, stops->count, 1) / 1e6,
			ran_on(stops) ? "ran on" : "yes");
	else
		fprintf(to, "%9s %9s  %-6s", "-", "-", "");
}

static void print_stops(const struct file_run *run, FILE *to)
{
	unsigned int i;

	fprintf(to, "ms from CANCEL, or from SIGKILL to who makes the plain ");
	fprintf(to, "call, to its end. Ran on: it took more than\nhalf of what ");
	fprintf(to, "it would have taken anyway. -: always done before.\n\n");
	fprintf(to, "%-16s %9s %9s %9s  %-6s %9s %9s  %s\n", "", "whole",
		"acall", "worst", "", "plain", "worst", "");
	for (i = 0; i < run->count; i++) {
		const struct result *result = &run->results[i];

		if (!result->c->gated)
			continue;
		fprintf(to, "%-16s %9.2f ", result->c->name,
			median(&result->ways[WAY_PLAIN]) / 1e6);
		print_stop(&result->acall, to);
		fputc(' ', to);
		print_stop(&result->plain, to);
		fputc('\n', to);
	}
	fputc('\n', to);
}

static void print_verdict(const struct file_run *run, FILE *to)
{
	unsigned int judged = 0, missed = 0, i;

	for (i = 0; i < run->count; i++)
		judged += is_judged(run, &run->results[i]);
	if (!judged)
		return;
	fprintf(to, "\n%u of %u above %.2f", count_missed(run), judged, LIMIT);
	for (i = 0; i < run->count; i++)
		if (is_missed(run, &run->results[i]))
			fprintf(to, "%s%s", missed++ ? ", " : ": ",
				run->results[i].c->name);
	fprintf(to, "; -: not judged\n");
}

void print_tables(const struct file_run *run, FILE *to)
{
	const char *per = run->instructions ? "MiB/G" : "MiB/s";
	unsigned int i;

	fprintf(to, "%s of a call, medians of %u; Linux %s, CPUs: %ld\n",
		run->instructions ? "Thousands of instructions" : "us",
		run->samples, kernel(), sysconf(_SC_NPROCESSORS_ONLN));
	fprintf(to, "ratio: of those of one round, its median, least and most\n\n");
	fprintf(to, "%-16s %-6s %4s  %-26s %12s %12s %9s %7s %7s %7s  %-6s %9s %9s\n",
		"", "on", "MiB", "plain", "acall", "plain", "adds", "ratio",
		"least", "most", "", per, "plain's");
	for (i = 0; i < run->count; i++)
		print_case(run, &run->results[i], to);
	print_verdict(run, to);
	fprintf(to, "\n%-69s %12s %7s\n", "by others, programs with their start",
		"", "acall/");
	for (i = 0; i < run->count; i++)
		print_others(&run->results[i], to);
	fputc('\n', to);
	if (run->stops)
		print_stops(run, to);
}

static void print_json_way(const struct result *result, unsigned int way,
			   const char *end)
{
	const struct series *series = &result->ways[way];

	printf("    {\"way\": \"%s\", ", way_name(result->c, way));
	if (series->count)
		printf("\"median\": %.1f, \"min\": %.1f, \"max\": %.1f}%s\n",
		       median(series),
		       part_of(series->values, series->count, 0),
		       part_of(series->values, series->count, 1), end);
	else
		printf("\"median\": null, \"min\": null, \"max\": null}%s\n",
		       end);
}

static void print_json_stops(const char *name, const struct stops *stops)
{
	if (!stops->count) {
		printf(", \"%s\": null", name);
		return;
	}
	printf(", \"%s\": {\"samples\": %u, \"median_ns\": %.0f, ", name,
	       stops->count, part_of(stops->values, stops->count, 0.5));
	printf("\"worst_ns\": %.0f, \"left_ns\": %.0f, \"stopped\": %s}",
	       part_of(stops->values, stops->count, 1),
	       part_of(stops->left, stops->count, 0.5),
	       ran_on(stops) ? "false" : "true");
}

static void print_json_case(const struct file_run *run,
			    const struct result *result, const char *end)
{
	const struct file_case *c = result->c;
	unsigned int i, last = 0;

	for (i = 0; i < MAX_WAYS; i++)
		if (result->ways[i].count || result->ways[i].missing)
			last = i;
	printf("  {\"name\": \"%s\", \"on\": \"%s\", \"bytes\": %llu,\n", c->name,
	       place_name(c->place), (unsigned long long)c->bytes);
	printf("   \"ways\": [\n");
	for (i = 0; i <= last; i++)
		print_json_way(result, i, i < last ? "," : "");
	printf("   ],\n   \"ratio\": %.4f, \"ratio_min\": %.4f, ",
	       ratio(result, WAY_PLAIN), ratio_at(result, WAY_PLAIN, 0));
	printf("\"ratio_max\": %.4f, \"limit\": ",
	       ratio_at(result, WAY_PLAIN, 1));
	if (is_judged(run, result))
		printf("%.2f, \"met\": %s", LIMIT,
		       is_met(result) ? "true" : "false");
	else
		printf("null, \"met\": null");
	if (run->stops && c->gated) {
		print_json_stops("cancel", &result->acall);
		print_json_stops("kill", &result->plain);
	}
	printf("}%s\n", end);
}

void print_json(const struct file_run *run)
{
	unsigned int i;

	printf("{\"kernel\": \"%s\", \"cpus\": %ld, \"unit\": \"%s\", ",
	       kernel(), sysconf(_SC_NPROCESSORS_ONLN),
	       run->instructions ? "instructions" : "ns");
	printf("\"samples\": %u,\n \"cases\": [\n", run->samples);
	for (i = 0; i < run->count; i++)
		print_json_case(run, &run->results[i],
				i + 1 < run->count ? "," : "");
	printf(" ]}\n");
}
