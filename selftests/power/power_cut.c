// SPDX-License-Identifier: GPL-2.0-only
/*
 * Not a test by itself: the part of power.sh that is in the guest. First it
 * verifies what was reported durable before the power was cut, then it reports
 * more of it until it is cut again.
 *
 * What is promised, and so what is told of a file when FINISH has said COMPLETED
 * and 0, and never before:
 *	copy with SYNC: the target up to the end of the range, and the file's end;
 *		also for one that goes on where another was stopped, of which
 *		nothing is promised until then
 *	sync DATA, FILE: what was in the range when the call was begun, and an end
 *		behind it
 *	sync FILE of a directory: its entries
 *	sync FILESYSTEM: all files, and their names
 *	allocate before any of these: its zeros or its blocks
 * A new file's name is durable with its contents, as the command acall promises of
 * it; the file systems here do so.
 *
 * What is about to change is taken off the record first, and that has left the
 * machine before anything changes. Everything else stays promised meanwhile.
 */
#include "stress/stress_util.h"
#include "power_record.h"

#define DIR_POWER	"/mnt/power"
#define SLOTS		8
#define STOPS		3	/* of one copy, at most */
#define LONGEST		(20 * FT_MIB)

/* Sources have holes: a part of their middle, and the end. */
#define HOLE		(4 * FT_MIB)
#define HOLE_LEN	FT_MIB
#define TAIL		(64 * FT_KIB)

struct source {
	int fd;
	__u64 size;
};

struct world {
	struct dice dice;
	__u32 seed;		/* of what this boot writes */
	bool loose;		/* nothing is made durable: a control */
	int obj;
	int dir;
	struct source sources[2];
	struct record slots[SLOTS];
};

static void __attribute__((noreturn)) failed(const char *what, long long ret)
{
	printf("failed %s: %lld\n", what, ret);
	said();
	exit(2);
}

static void must(bool is, const char *what)
{
	if (!is)
		failed(what, -errno);
}

/* As roll(), but of 64 bits. */
static __u64 roll_to(struct world *w, __u64 below)
{
	__u64 value = (__u64)roll(&w->dice, 1 << 24) << 24;

	return (value | roll(&w->dice, 1 << 24)) % below;
}

/* Of all orders; the largest are those whose dirty pages a copy bounds. */
static __u64 some_length(struct world *w)
{
	switch (roll(&w->dice, 8)) {
	case 0:
		return 1 + roll_to(w, 4096);
	case 1:
		return 1 + roll_to(w, LONGEST);
	default:
		return 1 + roll_to(w, 2 * FT_MIB);
	}
}

/* The record. */

/* All of its pieces, and an end that is not before @end. */
static void promise(struct record *r, __u64 end)
{
	r->claimed = true;
	if (r->min < end)
		r->min = end;
	r->max = ft_size(r->fd);
	record_say(r);
}

/* And what it has in memory is what it has on the disk. */
static void promise_all(struct record *r)
{
	promise(r, ft_size(r->fd));
}

static void forget_it(struct record *r)
{
	r->claimed = false;
	r->nr = 0;
	r->min = 0;
	r->max = 0;
	r->allocated = 0;
	printf("gone %s\n", r->name);
	said();
}

/* [@at, @at + @len) is about to change, and with it perhaps the file's end. */
static void weaken(struct record *r, __u64 at, __u64 len)
{
	record_drop(r, at, len);
	r->allocated = 0;
	if (r->max < at + len)
		r->max = at + len;
	if (r->claimed)
		record_say(r);
}

/* Makes it empty. That is not promised to last. */
static void empty(struct record *r)
{
	forget_it(r);
	must(!ftruncate(r->fd, 0), "truncate");
}

/* Copies. */

struct copy {
	const struct source *source;
	__u64 from;
	__u64 len;
	unsigned int stops;	/* how often it may be stopped, and goes on */
};

/* What is stopped goes on to the end of the source, as the command does. */
static struct copy plan(struct world *w)
{
	struct copy c = {
		.source = &w->sources[roll(&w->dice, 2)],
		.len = some_length(w),
		.stops = roll(&w->dice, 2) ? STOPS : 0,
	};
	__u64 size = c.source->size;

	if (c.stops)
		c.len += TAIL;
	if (c.len > size)
		c.len = size;
	c.from = c.stops ? size - c.len : roll_to(w, size - c.len + 1);
	/* Only whole blocks can be shared. */
	if (roll(&w->dice, 2))
		c.from &= ~4095ULL;
	if (c.stops)
		c.len = size - c.from;
	return c;
}

/* Where what is at @pos of a source ends; is it a hole? */
static bool source_hole(const struct source *s, __u64 pos, __u64 *end)
{
	if (pos < HOLE)
		*end = HOLE;
	else if (pos < HOLE + HOLE_LEN)
		*end = HOLE + HOLE_LEN;
	else if (pos < s->size - TAIL)
		*end = s->size - TAIL;
	else
		*end = s->size;
	return *end == HOLE + HOLE_LEN || *end == s->size;
}

static void add_copied(const struct world *w, struct record *r, __u64 at,
		       const struct copy *c)
{
	__u64 pos = c->from, left = c->len, end, n;
	bool hole;

	for (; left; left -= n) {
		hole = source_hole(c->source, pos, &end);
		n = left < end - pos ? left : end - pos;
		record_add(r, at, n, hole ? 0 : w->seed, pos);
		at += n;
		pos += n;
	}
}

/* The pending copy is stopped within its next @left bytes, or behind them. */
static void stop_copy(struct world *w, __u64 left)
{
	__u64 least = roll(&w->dice, 4) ? 1 + roll_to(w, left) : left;
	int ret;

	ret = ft_wait_progress(w->obj, least);
	if (ret < 0)
		failed("QUERY", ret);
	ret = ft_cancel(w->obj, 0, FOREVER);
	if (ret && ret != -ESRCH)
		failed("CANCEL", ret);
}

/* Copies to @r at @at, which is on the record when it is promised next. */
static void copy_to(struct world *w, struct record *r, __u64 at,
		    const struct copy *c, __u32 flags)
{
	struct acall_file_copy arg = {
		.reflink = roll(&w->dice, 2) ? ACALL_FILE_REFLINK_AUTO :
					       ACALL_FILE_REFLINK_NEVER,
		.flags = (w->loose ? 0 : flags) |
			 (roll(&w->dice, 3) ? 0 : ACALL_FILE_COPY_SPARSE),
	};
	struct acall_finish finish;
	unsigned int stopped = 0;
	__u64 done = 0;
	int ret;

	do {
		arg.src_offset = c->from + done;
		arg.dst_offset = at + done;
		arg.length = c->stops ? 0 : c->len;
		ret = ft_begin_copy(w->obj, c->source->fd, r->fd, &arg);
		if (ret)
			failed("BEGIN of copy", ret);
		if (stopped < c->stops && done < c->len && roll(&w->dice, 4)) {
			stopped++;
			stop_copy(w, c->len - done);
		}
		ret = ft_finish(w->obj, &finish);
		if (ret)
			failed("FINISH of copy", ret);
		done += finish.progress;
		if (finish.outcome == ACALL_OUTCOME_STOPPED)
			printf("stopped %s at %llu of %llu\n", r->name,
			       (unsigned long long)done,
			       (unsigned long long)c->len);
	} while (finish.outcome == ACALL_OUTCOME_STOPPED);
	if (finish.outcome != ACALL_OUTCOME_COMPLETED || finish.status ||
	    done != c->len)
		failed("copy", finish.status);
	add_copied(w, r, at, c);
}

/* The other calls. */

static void sync_range(struct world *w, int fd, __u32 scope, __u64 at, __u64 len)
{
	const struct acall_file_sync arg = {
		.offset = at, .length = len, .scope = scope,
	};
	struct acall_finish finish;
	int ret;

	if (w->loose)
		return;
	ret = ft_sync(w->obj, fd, &arg, &finish);
	if (ret || finish.outcome != ACALL_OUTCOME_COMPLETED || finish.status)
		failed("sync", ret ?: finish.status);
}

static void sync_it(struct world *w, int fd)
{
	static const __u32 scopes[] = {
		ACALL_FILE_SYNC_DATA, ACALL_FILE_SYNC_FILE,
		ACALL_FILE_SYNC_FILESYSTEM,
	};

	sync_range(w, fd, scopes[roll(&w->dice, ARRAY_SIZE(scopes))], 0, 0);
}

static void allocate(struct world *w, int fd, __u64 at, __u64 len, __u32 mode,
		     __u32 flags)
{
	const struct acall_file_allocate arg = {
		.offset = at, .length = len, .mode = mode, .flags = flags,
	};
	struct acall_finish finish;
	int ret = ft_allocate(w->obj, fd, &arg, &finish);

	if (ret || finish.outcome != ACALL_OUTCOME_COMPLETED || finish.status)
		failed("allocate", ret ?: finish.status);
}

/* What is done. */

static void copy_fresh(struct world *w, struct record *r, __u32 flags)
{
	struct copy c = plan(w);

	copy_to(w, r, 0, &c, flags);
}

static void fresh_copy(struct world *w, struct record *r)
{
	empty(r);
	copy_fresh(w, r, ACALL_FILE_COPY_SYNC);
	promise_all(r);
}

/* Behind the end or over it; what is before and behind stays. */
static void copy_into(struct world *w, struct record *r)
{
	__u64 size = ft_size(r->fd);
	__u64 at = roll(&w->dice, 2) ? size : roll_to(w, size + 1);
	struct copy c = plan(w);

	weaken(r, at, c.len);
	copy_to(w, r, at, &c, ACALL_FILE_COPY_SYNC);
	promise(r, at + c.len);
}

static void synced_copy(struct world *w, struct record *r)
{
	empty(r);
	copy_fresh(w, r, 0);
	sync_it(w, r->fd);
	promise_all(r);
}

/* Of what was copied only a part, and nothing is promised of the rest. */
static void synced_part(struct world *w, struct record *r)
{
	__u64 at, end, size;

	empty(r);
	copy_fresh(w, r, 0);
	size = ft_size(r->fd);
	at = roll_to(w, size);
	end = at + 1 + roll_to(w, size - at);
	sync_range(w, r->fd, roll(&w->dice, 2), at, end - at);
	record_drop(r, 0, at);
	record_drop(r, end, size - end);
	promise(r, end);
}

static void synced_all(struct world *w, struct record *r)
{
	struct record *more = &w->slots[(r - w->slots + 1) % SLOTS];

	empty(r);
	empty(more);
	copy_fresh(w, r, 0);
	copy_fresh(w, more, 0);
	sync_range(w, roll(&w->dice, 2) ? w->dir : r->fd,
		   ACALL_FILE_SYNC_FILESYSTEM, 0, 0);
	promise_all(r);
	promise_all(more);
}

static void open_slot(struct world *w, struct record *r, const char *name,
		      int flags)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = openat(w->dir, name, flags | O_CREAT | O_RDWR | O_CLOEXEC,
		       0600);
	must(r->fd >= 0, "open");
}

static void created(struct world *w, struct record *r)
{
	forget_it(r);
	must(!unlinkat(w->dir, r->name, 0), "unlink");
	open_slot(w, r, r->name, O_EXCL);
	copy_fresh(w, r, ACALL_FILE_COPY_SYNC);
	promise_all(r);
}

static void replaced(struct world *w, struct record *r)
{
	forget_it(r);
	open_slot(w, r, "new", O_EXCL);
	copy_fresh(w, r, ACALL_FILE_COPY_SYNC);
	must(!renameat(w->dir, "new", w->dir, r->name), "rename");
	sync_range(w, w->dir, roll(&w->dice, 2) ? ACALL_FILE_SYNC_FILE :
		   ACALL_FILE_SYNC_FILESYSTEM, 0, 0);
	promise_all(r);
}

/* @at: the end of the file, or within it. */
static void allocate_zeros(struct world *w, struct record *r, __u64 at,
			   __u32 mode)
{
	__u64 len = 1 + roll_to(w, 2 * FT_MIB);

	weaken(r, at, len);
	allocate(w, r->fd, at, len, mode, 0);
	sync_it(w, r->fd);
	record_add(r, at, len, 0, 0);
	promise_all(r);
}

static void allocated(struct world *w, struct record *r)
{
	allocate_zeros(w, r, ft_size(r->fd), ACALL_FILE_ALLOCATE_PLAIN);
}

static void zeroed(struct world *w, struct record *r)
{
	allocate_zeros(w, r, roll_to(w, ft_size(r->fd) + 1),
		       ACALL_FILE_ALLOCATE_ZERO);
}

static void allocated_behind(struct world *w, struct record *r)
{
	__u64 len = 4096 * (1 + roll_to(w, 512));

	empty(r);
	allocate(w, r->fd, 0, len, ACALL_FILE_ALLOCATE_PLAIN,
		 ACALL_FILE_ALLOCATE_KEEP_SIZE);
	sync_range(w, r->fd, ACALL_FILE_SYNC_FILE, 0, 0);
	r->allocated = len;
	promise_all(r);
}

static const struct deed {
	const char *name;
	void (*work)(struct world *w, struct record *r);
} deeds[] = {
	{ "fresh copy", fresh_copy },
	{ "copy into", copy_into },
	{ "copy into", copy_into },
	{ "created", created },
	{ "replaced", replaced },
	{ "synced copy", synced_copy },
	{ "synced part", synced_part },
	{ "synced all", synced_all },
	{ "allocated", allocated },
	{ "allocated behind", allocated_behind },
	{ "zeroed", zeroed },
};

static void __attribute__((noreturn)) work(struct world *w)
{
	unsigned int i;

	for (i = 0;; i++) {
		struct record *r = &w->slots[i % SLOTS];
		const struct deed *d = &deeds[roll(&w->dice,
						   ARRAY_SIZE(deeds))];

		/* In the end a disk or a record is full. */
		if (ft_size(r->fd) > LONGEST ||
		    r->nr + RECORD_CHANGE > RECORD_PIECES)
			d = deeds;
		printf("does %s %s\n", d->name, r->name);
		d->work(w, r);
	}
}

/* Before. */

static void make_source(struct world *w, struct source *s, int fd, __u64 size)
{
	must(fd >= 0, "open of a source");
	s->fd = fd;
	s->size = size;
	must(!ft_write_pattern(fd, 0, HOLE, w->seed) &&
	     !ft_write_pattern(fd, HOLE + HOLE_LEN,
			       size - TAIL - HOLE - HOLE_LEN, w->seed) &&
	     !ftruncate(fd, size), "write of a source");
}

/*
 * What a write that was cut has left behind a file's end, in its last block, ext4
 * shows as soon as the file grows, be it by fallocate(2). Truncation clears that (and
 * would free what is allocated behind).
 */
static void clear_tail(struct record *r)
{
	__u64 size = ft_size(r->fd);

	must(!(size % 4096) || !ftruncate(r->fd, size), "truncate");
}

static void prepare(struct world *w)
{
	unsigned int i;

	w->obj = ft_object();
	must(w->obj >= 0, "CREATE");
	unlinkat(w->dir, "new", 0);
	unlinkat(w->dir, "source", 0);
	for (i = 0; i < SLOTS; i++) {
		struct record *r = &w->slots[i];

		snprintf(r->name, sizeof(r->name), "f%u", i);
		r->fd = -1;
		open_slot(w, r, r->name, 0);
		clear_tail(r);
	}
	must(!syncfs(w->dir), "syncfs");
	make_source(w, &w->sources[0], ft_temp("ACALL_DIR_TMPFS"),
		    LONGEST + 4 * FT_MIB);
	make_source(w, &w->sources[1],
		    openat(w->dir, "source", O_CREAT | O_RDWR | O_CLOEXEC,
			   0600), 9 * FT_MIB);
}

/* Return: is all there that was promised? */
static bool verify(struct world *w, char **claims)
{
	unsigned int files = 0, slot;
	__u64 bytes = 0;
	bool good = true;
	struct record r;
	__s64 n;

	for (; *claims; claims++) {
		if (!record_parse(&r, *claims) ||
		    sscanf(r.name, "f%u", &slot) != 1 || slot >= SLOTS)
			failed("not a record", 0);
		n = record_verify(&r, w->dir);
		if (n < 0)
			good = false;
		else
			bytes += n;
		files++;
		w->slots[slot] = r;
	}
	printf("verified %u files, %llu bytes\n", files,
	       (unsigned long long)bytes);
	said();
	return good;
}

int main(int argc, char **argv)
{
	static struct world w;

	if (argc < 5) {
		fprintf(stderr,
			"usage: power_cut FSTYPE DEVICE SEED sync|loose|verify [RECORD]...\n");
		return 2;
	}
	w.seed = atoi(argv[3]);
	w.dice.state = w.seed;
	w.loose = !strcmp(argv[4], "loose");
	mkdir(DIR_POWER, 0700);
	if (mount(argv[2], DIR_POWER, argv[1], 0, NULL)) {
		printf("lost all: %s cannot be mounted: %s\n", argv[1],
		       strerror(errno));
		said();
		return 1;
	}
	w.dir = open(DIR_POWER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(w.dir >= 0, "open of " DIR_POWER);
	if (!verify(&w, argv + 5))
		return 1;
	if (!strcmp(argv[4], "verify"))
		return 0;
	prepare(&w);
	printf("at work\n");
	said();
	work(&w);
}
