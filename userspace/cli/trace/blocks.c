// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Where bars go: a row for each process that calls and each worker that runs calls,
 * with as many lanes as it has calls at the same time. In a lane nothing overlaps.
 *
 * Short calls of a queue come by the hundred and are over in microseconds: those of
 * one method that overlap are one block.
 */
#include "trace.h"
#include <stdlib.h>
#include <string.h>

static bool for_worker;		/* what compare() sorts for */

static uint32_t key_of(const struct life *life)
{
	return for_worker ? life->worker_pid : life->tgid;
}

/* By whose they are, and then when. */
static int compare(const void *a, const void *b)
{
	const struct life *x = *(struct life * const *)a;
	const struct life *y = *(struct life * const *)b;
	uint64_t from_x = for_worker ? x->start : x->begin;
	uint64_t from_y = for_worker ? y->start : y->begin;

	if (key_of(x) != key_of(y))
		return key_of(x) < key_of(y) ? -1 : 1;
	if (from_x != from_y)
		return from_x < from_y ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t block_from(const struct life *life, bool worker)
{
	return worker ? life->start : life->begin;
}

static uint64_t block_to(const struct life *life, bool worker, uint64_t last)
{
	if (worker)
		return life->end ? life->end : last;
	return life->end && life->finish ? max(life->end, life->finish) : last;
}

/* @life is @row's next: into its last block, or a new one. */
static void add(struct row *row, struct life **life, uint64_t last)
{
	struct block *b = row->nr ? &row->block[row->nr - 1] : NULL;
	uint64_t from = block_from(*life, row->worker);
	uint64_t to = block_to(*life, row->worker, last);

	/* They are beside each other in the array, too. */
	if (b && life_is_short(*life) && life_is_short(*b->life) && from <= b->to &&
	    b->life + b->nr == life &&
	    !strcmp((*life)->method, (*b->life)->method)) {
		b->to = max(b->to, to);
		b->nr++;
		return;
	}
	if (!(row->nr & (row->nr - 1)))
		row->block = xrealloc(row->block, 2 * (row->nr + 1) *
				      sizeof(*row->block));
	row->block[row->nr++] = (struct block) {
		.life = life, .nr = 1, .from = from, .to = to,
	};
}

static struct row *new_row(struct rows *rows, const struct life *life)
{
	struct row *row;

	rows->row = xrealloc(rows->row, (rows->nr + 1) * sizeof(*rows->row));
	row = &rows->row[rows->nr++];
	memset(row, 0, sizeof(*row));
	row->worker = for_worker;
	row->pid = key_of(life);
	snprintf(row->name, sizeof(row->name), "%s",
		 for_worker ? life->worker : life->client);
	return row;
}

static void add_rows(struct rows *rows, struct life **life, size_t nr,
		     uint64_t last)
{
	struct row *row = NULL;
	size_t i;

	qsort(life, nr, sizeof(*life), compare);
	for (i = 0; i < nr; i++) {
		/* Custom methods and callers have no worker. */
		if (for_worker && (!life[i]->worker_pid || !life[i]->start))
			continue;
		if (!row || row->pid != key_of(life[i]))
			row = new_row(rows, life[i]);
		add(row, &life[i], last);
	}
}

void rows_make(struct rows *rows, const struct lives *all)
{
	size_t size = all->nr * sizeof(*all->life);

	*rows = (struct rows) { .sorted = xmalloc(2 * size) };
	if (!all->nr)
		return;
	memcpy(rows->sorted, all->life, size);
	memcpy(rows->sorted + all->nr, all->life, size);
	for_worker = false;
	add_rows(rows, rows->sorted, all->nr, all->last);
	for_worker = true;
	add_rows(rows, rows->sorted + all->nr, all->nr, all->last);
}

void rows_free(struct rows *rows)
{
	size_t i;

	for (i = 0; i < rows->nr; i++)
		free(rows->row[i].block);
	free(rows->row);
	free(rows->sorted);
}

/* The first lane that is free; blocks come in the order of their beginning. */
void row_pack(struct row *row, extent_fn *extent, void *data)
{
	double *ends = NULL, from, to;
	unsigned int lane;
	size_t i;

	for (i = 0; i < row->nr; i++) {
		extent(row, &row->block[i], &from, &to, data);
		for (lane = 0; lane < row->lanes; lane++) {
			if (ends[lane] <= from)
				break;
		}
		if (lane == row->lanes) {
			row->lanes++;
			ends = xrealloc(ends, row->lanes * sizeof(*ends));
		}
		ends[lane] = to;
		row->block[i].lane = lane;
	}
	free(ends);
}
