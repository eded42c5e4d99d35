// SPDX-License-Identifier: GPL-2.0-only
/*
 * The numbers of bench_work, for people and as JSON.
 */
#include <string.h>

#include "jobs.h"

static double median(const double *values, unsigned int n)
{
	return part_of(values, n, 0.5);
}

static const char *kind_name(enum kind kind)
{
	return kind == HASH ? "hash" : "copy";
}

static const char *tool_name(enum kind kind)
{
	return kind == HASH ? "sha256sum" : "cp";
}

static const char *form_name(const struct set *set, const struct run *run)
{
	return run->form->run == run_tool ? tool_name(set->kind) :
					    run->form->name;
}

/* Which code of the kernel's has computed the digests: the best it has. */
static const char *best_sha256(void)
{
	static char best[128] = "unknown";
	char line[192], name[128] = "", driver[128] = "";
	FILE *f = fopen("/proc/crypto", "r");
	int most = -1, priority;

	if (!f)
		return best;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "name : %127s", name) == 1 ||
		    sscanf(line, "driver : %127s", driver) == 1)
			continue;
		if (sscanf(line, "priority : %d", &priority) == 1 &&
		    !strcmp(name, "sha256") && priority > most) {
			most = priority;
			memcpy(best, driver, sizeof(best));
		}
	}
	fclose(f);
	return best;
}

static void print_run(const struct set *set, const struct run *run, FILE *to)
{
	double wall = median(run->wall, run->count);
	char percent[16] = "-", range[40];

	if (!run->count) {
		fprintf(to, "%-10s %6s %9s\n", form_name(set, run), "", "WRONG");
		return;
	}
	if (run->percent)
		snprintf(percent, sizeof(percent), "%u %%", run->percent);
	snprintf(range, sizeof(range), "%.1f-%.1f",
		 part_of(run->wall, run->count, 0) / 1e6,
		 part_of(run->wall, run->count, 1) / 1e6);
	fprintf(to, "%-10s %6s %9.1f %17s %9.1f %8.0f %8.0f %8.0f %7.0f",
		form_name(set, run), percent, wall / 1e6, range,
		wall / set->count / 1e3, median(run->busy, run->count) / 1e6,
		median(run->own, run->count) / 1e6,
		median(run->memory, run->count) / 1024,
		median(run->rss, run->count) / 1024);
	fprintf(to, " %9u %7u %7u\n", run->fates[COMPLETED],
		run->fates[STOPPED], run->fates[NEVER_STARTED]);
}

static void print_cancelled(const struct set *set, const struct run *run,
			    FILE *to)
{
	unsigned int stopped = run->fates[STOPPED];

	fprintf(to, "%s, %u %% cancelled: of %u chosen %u were asked; ",
		form_name(set, run), run->percent, run->chosen, run->asked);
	fprintf(to, "%u completed + %u stopped", run->fates[COMPLETED],
		stopped);
	if (stopped)
		fprintf(to, " (at byte %llu of %llu in the mean)",
			(unsigned long long)run->stopped_at / stopped,
			(unsigned long long)set->bytes);
	fprintf(to, " + %u never started = %u\n", run->fates[NEVER_STARTED],
		run->count * set->count);
}

static void print_set(const struct set *set, FILE *to)
{
	unsigned int i;

	fprintf(to, "%s, %u files of %llu KiB", kind_name(set->kind),
		set->count, set->bytes / 1024ULL);
	if (set->bytes != set->wanted)
		fprintf(to, " (there is no room for %llu KiB each)",
			set->wanted / 1024ULL);
	fprintf(to, "\n%-10s %6s %9s %17s %9s %8s %8s %8s %7s %9s %7s %7s\n",
		"form", "cancel", "ms", "min-max", "us/file", "CPU ms",
		"own ms", "mem KiB", "rss KiB", "completed", "stopped",
		"never");
	for (i = 0; i < set->nr_runs; i++)
		print_run(set, &set->runs[i], to);
	for (i = 0; i < set->nr_runs; i++)
		if (set->runs[i].percent)
			print_cancelled(set, &set->runs[i], to);
	fputc('\n', to);
}

/* The run of another set that has the form of @like, in the same place. */
static const struct run *twin(const struct set *set, const struct run *like)
{
	unsigned int i;

	for (i = 0; i < set->nr_runs; i++)
		if (set->runs[i].form == like->form &&
		    set->runs[i].percent == like->percent)
			return &set->runs[i];
	return NULL;
}

static bool grows(const struct set *set, enum kind kind)
{
	return set->kind == kind && set->wanted == PIECE;
}

static void print_growth(const struct set *sets, unsigned int n, enum kind kind,
			 FILE *to)
{
	const struct set *first = NULL;
	unsigned int i, k;

	fprintf(to, "us per file%11s", "");
	for (i = 0; i < n; i++) {
		if (!grows(&sets[i], kind))
			continue;
		fprintf(to, " %7ux%lluK", sets[i].count,
			sets[i].bytes / 1024ULL);
		if (!first)
			first = &sets[i];
	}
	fputc('\n', to);
	for (k = 0; first && k < first->nr_runs; k++) {
		const struct run *like = &first->runs[k];

		if (like->percent)
			continue;
		fprintf(to, "%-5s %-16s", kind_name(kind),
			form_name(first, like));
		for (i = 0; i < n; i++) {
			const struct run *run = twin(&sets[i], like);

			if (grows(&sets[i], kind) && run)
				fprintf(to, " %11.1f",
					median(run->wall, run->count) /
					sets[i].count / 1e3);
		}
		fputc('\n', to);
	}
	fputc('\n', to);
}

void print_tables(const struct set *sets, unsigned int n,
		  unsigned int repetitions, FILE *to)
{
	unsigned int i;

	fprintf(to, "Files by a call queue of %u slots, ", SLOTS);
	fprintf(to, "a pool of threads (1 and 4 for each CPU) and a program;\n");
	fprintf(to, "median of %u repetitions; Linux %s, CPUs: %u; ",
		repetitions, kernel(), processors());
	fprintf(to, "SHA-256: %s, the pool's is Nettle's.\n", best_sha256());
	fprintf(to, "CPU: not idle, all CPUs (in steps of 10 ms); own: of the ");
	fprintf(to, "program alone; mem: most that is no\npage cache, over what ");
	fprintf(to, "it was before. Outcomes are of all repetitions.\n\n");
	for (i = 0; i < n; i++)
		print_set(&sets[i], to);
	print_growth(sets, n, HASH, to);
	print_growth(sets, n, COPY, to);
}

static void print_json_values(const char *name, const double *values,
			      unsigned int n)
{
	printf("\"%s\": {\"median\": %.0f, \"min\": %.0f, \"max\": %.0f}, ",
	       name, median(values, n), part_of(values, n, 0),
	       part_of(values, n, 1));
}

static void print_json_run(const struct set *set, const struct run *run,
			   const char *end)
{
	printf("   {\"form\": \"%s\", \"cancelled_percent\": %u, ",
	       form_name(set, run), run->percent);
	printf("\"repetitions\": %u,\n    ", run->count);
	print_json_values("wall_ns", run->wall, run->count);
	print_json_values("cpu_ns", run->busy, run->count);
	print_json_values("own_cpu_ns", run->own, run->count);
	printf("\n    ");
	print_json_values("memory_bytes", run->memory, run->count);
	print_json_values("rss_bytes", run->rss, run->count);
	printf("\n    \"files\": %u, \"completed\": %u, \"stopped\": %u, ",
	       run->count * set->count, run->fates[COMPLETED],
	       run->fates[STOPPED]);
	printf("\"never_started\": %u, \"chosen\": %u, \"asked\": %u, ",
	       run->fates[NEVER_STARTED], run->chosen, run->asked);
	printf("\"stopped_at_bytes\": %llu}%s\n",
	       (unsigned long long)run->stopped_at, end);
}

void print_json(const struct set *sets, unsigned int n,
		unsigned int repetitions)
{
	unsigned int i, k;

	printf("{\"kernel\": \"%s\", \"cpus\": %u, ", kernel(), processors());
	printf("\"repetitions\": %u, \"slots\": %u, ", repetitions, SLOTS);
	printf("\"kernel_sha256\": \"%s\", \"pool_sha256\": \"nettle\",\n",
	       best_sha256());
	printf(" \"sets\": [\n");
	for (i = 0; i < n; i++) {
		const struct set *set = &sets[i];

		printf("  {\"kind\": \"%s\", \"files\": %u, ",
		       kind_name(set->kind), set->count);
		printf("\"bytes\": %llu, \"wanted_bytes\": %llu, \"runs\": [\n",
		       (unsigned long long)set->bytes,
		       (unsigned long long)set->wanted);
		for (k = 0; k < set->nr_runs; k++)
			print_json_run(set, &set->runs[k],
				       k + 1 < set->nr_runs ? "," : "");
		printf("  ]}%s\n", i + 1 < n ? "," : "");
	}
	printf(" ]}\n");
}
