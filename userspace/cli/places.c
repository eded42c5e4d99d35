// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Which calls work on a file or a file system: by device and inode number, which is
 * what LIST knows of a call's files.
 *
 * A mount point is found in the table of mounts alone, for its server may not
 * answer; any other path is looked up by a child that can be left behind (guard.c).
 * The device is the one that the table of mounts has, not stat's, which on btrfs is
 * the subvolume's. No state.
 */
#include "cli.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* Where there is no --timeout. */
#define ANSWER_WITHIN	(2 * NSEC_PER_SEC)

struct looking {
	const char *path;
	struct statx st;
};

static int look_up(void *data)
{
	struct looking *l = data;

	/* Nothing but its number: no server need be asked for that. */
	return statx(AT_FDCWD, l->path, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
		     STATX_INO | STATX_MNT_ID, &l->st) ? -errno : 0;
}

static void set_mount(struct place *place, const struct mount *m)
{
	place->major = m->major;
	place->minor = m->minor;
	place->whole = true;
	place->point = m->point;
	place->type = m->type;
	place->source = m->source;
}

static void set_file(struct place *place, const struct mounts *mounts,
		     const struct statx *st)
{
	size_t i;

	place->major = st->stx_dev_major;
	place->minor = st->stx_dev_minor;
	for (i = 0; i < mounts->nr; i++) {
		if (st->stx_mask & STATX_MNT_ID &&
		    (uint64_t)mounts->mount[i].id == st->stx_mnt_id)
			set_mount(place, &mounts->mount[i]);
	}
	/* A mount point by another name, through a symbolic link perhaps. */
	place->whole = st->stx_attributes & STATX_ATTR_MOUNT_ROOT;
	place->ino = st->stx_ino;
}

int place_find(const char *path, struct place *place)
{
	/* For as long as the program runs: places have its names. */
	static struct mounts mounts;
	struct looking l = { .path = path };
	const struct mount *m;
	char *word;
	int err, error;

	memset(place, 0, sizeof(*place));
	err = mounts.nr ? 0 : mounts_read(&mounts);
	m = err ? NULL : mount_at(&mounts, path);
	if (m) {
		set_mount(place, m);
		return EXIT_OK;
	}
	error = guarded(look_up, &l, sizeof(l),
			options.timeout_ns == ACALL_FOREVER ? ANSWER_WITHIN :
			options.timeout_ns);
	if (!error) {
		set_file(place, &mounts, &l.st);
		return EXIT_OK;
	}
	if (file_timed_out(error)) {
		m = err ? NULL : mount_above(&mounts, path);
		error = -ETIMEDOUT;
	}
	word = shell_word(path);
	if (m) {
		set_mount(place, m);
		say("%s does not answer, so these are all calls on its file system",
		    word);
		free(word);
		return EXIT_OK;
	}
	say_error(EXIT_FAILED, "%s: %s", word, strerror(-error));
	free(word);
	return EXIT_FAILED;
}

static bool is_at(const struct place *place, const struct acall_list_file *file)
{
	/* What the reader may not know of is 0. */
	return (file->major || file->minor) && file->major == place->major &&
	       file->minor == place->minor &&
	       (place->whole || file->ino == place->ino);
}

bool place_has(const struct place *place, const struct acall_list_record *r)
{
	uint32_t i;

	/* What has ended holds nothing any more. */
	if (r->flags & ACALL_LIST_ENDED)
		return false;
	for (i = 0; i < r->nr_files && i < ACALL_MAX_FILES; i++) {
		if (is_at(place, &r->files[i]))
			return true;
	}
	return is_at(place, &r->place);
}
