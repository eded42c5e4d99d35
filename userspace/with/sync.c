// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * fsync(2), fdatasync(2), syncfs(2) and sync(2).
 *
 * sync(2) knows no file and no error, and waits for every file system there is.
 * Here it is a syncfs of each writable mount in turn, each with its own
 * time-out, and then the plain one: it has what has no mount to see (block
 * devices, other namespaces, what may not be opened), and finds the rest clean.
 * If a mount was given up it would wait for that, so then it is left out, which
 * is said on standard error; the program cannot be told.
 *
 * To open a directory asks its server. So that is asked first with a call, and
 * nothing is opened where it does not answer.
 */
#include "with.h"
#include <mntent.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#define DEVICES	64	/* more of them may be asked twice */

struct devices {
	dev_t seen[DEVICES];
	size_t nr;
};

int with_sync(int fd, uint32_t scope, bool point)
{
	const struct acall_file_sync in = { .scope = scope };

	return with_file(ACALL_FILE_SYNC, fd, &in, sizeof(in), point);
}

ACALL_PUBLIC int fsync(int fd)
{
	int err = with_sync(fd, ACALL_FILE_SYNC_FILE, true);

	return err == WITH_PLAIN ? plain()->fsync(fd) : with_result(err);
}

ACALL_PUBLIC int fdatasync(int fd)
{
	int err = with_sync(fd, ACALL_FILE_SYNC_DATA, true);

	return err == WITH_PLAIN ? plain()->fdatasync(fd) : with_result(err);
}

ACALL_PUBLIC int syncfs(int fd)
{
	int err = with_sync(fd, ACALL_FILE_SYNC_FILESYSTEM, false);

	return err == WITH_PLAIN ? plain()->syncfs(fd) : with_result(err);
}

static bool is_new(struct devices *devices, int fd)
{
	struct statx st;
	dev_t device;
	size_t i;

	if (!known(fd, &st))
		return true;
	device = makedev(st.stx_dev_major, st.stx_dev_minor);
	for (i = 0; i < devices->nr; i++) {
		if (devices->seen[i] == device)
			return false;
	}
	if (devices->nr < DEVICES)
		devices->seen[devices->nr++] = device;
	return true;
}

/* Returns false if it was given up. What is not for us the plain one will do. */
static bool sync_mount(const struct mntent *mount, struct devices *devices)
{
	struct acall_file_statfs_out out;
	int fd, err;

	/* To open the place of an automount would mount it. */
	if (hasmntopt(mount, "ro") || !strcmp(mount->mnt_type, "autofs"))
		return true;
	err = with_statfs(mount->mnt_dir, &out);
	if (!err) {
		fd = open(mount->mnt_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return true;
		if (is_new(devices, fd))
			err = with_sync(fd, ACALL_FILE_SYNC_FILESYSTEM, false);
		close(fd);
	}
	if (!is_given_up(err))
		return true;
	say_given_up(mount->mnt_dir, err);
	return false;
}

static bool sync_mounts(void)
{
	FILE *file = setmntent("/proc/self/mounts", "re");
	struct devices devices = { .nr = 0 };
	struct mntent mount;
	char line[8192];
	bool done = true;

	if (!file)
		return true;
	while (getmntent_r(file, &mount, line, sizeof(line)))
		done &= sync_mount(&mount, &devices);
	endmntent(file);
	return done;
}

ACALL_PUBLIC void sync(void)
{
	int saved = errno;
	int state;
	bool done;

	/* It is no cancellation point, and what it is made of here is. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	done = sync_mounts();
	pthread_setcancelstate(state, &(int){ 0 });
	errno = saved;
	if (done)
		plain()->sync();
}
