// SPDX-License-Identifier: GPL-2.0-only
/*
 * The methods statfs and stat: what they say of a mount, and where they look.
 *
 * The path is looked up by BEGIN in its caller: his working directory, his
 * root, his rights (R-ID, R-CRED), and errors of the path come from BEGIN. What
 * they report is compared with statfs(2) and statx(2), called before and after:
 * only what did not change meanwhile is compared.
 */
#include "file_util.h"

#include <sys/vfs.h>

FIXTURE(path) {
	const char *why;
	int obj;
	char dir[200];		/* a directory of this test's own */
	struct acall_finish finish;
};

FIXTURE_SETUP(path)
{
	self->why = ft_missing("ACALL_DIR_TMPFS");
	if (!self->why)
		self->why = ft_missing("ACALL_DIR_EXT4");
	if (self->why)
		return;
	self->obj = ft_object();
	ASSERT_GE(self->obj, 0);
	snprintf(self->dir, sizeof(self->dir), "%s/path-XXXXXX",
		 getenv("ACALL_DIR_TMPFS"));
	ASSERT_NE(NULL, mkdtemp(self->dir));
}

FIXTURE_TEARDOWN(path)
{
	const char *left;

	if (self->why)
		return;
	close(self->obj);
	EXPECT_EQ(0, rmdir(self->dir));
	left = ft_leftovers();
	EXPECT_EQ(NULL, left)
		TH_LOG("%s", left);
}

/* Begin @method on the @len bytes at @path: as ft_run(). */
static int ask(int obj, __u32 method, const char *path, size_t len, void *out,
	       size_t out_len, struct acall_finish *finish)
{
	static char input[sizeof(struct acall_file_path) + 8192];

	memcpy(input + sizeof(struct acall_file_path), path, len);
	return ft_run(obj, method, input, sizeof(struct acall_file_path) + len,
		      NULL, 0, out, out_len, finish);
}

static int ask_statfs(int obj, const char *path,
		      struct acall_file_statfs_out *out,
		      struct acall_finish *finish)
{
	return ask(obj, ACALL_FILE_STATFS, path, strlen(path), out,
		   sizeof(*out), finish);
}

static int ask_stat(int obj, const char *path, struct acall_file_stat_out *out,
		    struct acall_finish *finish)
{
	return ask(obj, ACALL_FILE_STAT, path, strlen(path), out,
		   sizeof(*out), finish);
}

/* What BEGIN refuses @path with; -EUCLEAN if the two methods do not agree. */
static int refusal(int obj, const char *path, size_t len)
{
	struct acall_file_stat_out out;
	struct acall_finish finish;
	int ret = ask(obj, ACALL_FILE_STATFS, path, len, &out, sizeof(out),
		      &finish);

	if (ret != ask(obj, ACALL_FILE_STAT, path, len, &out, sizeof(out),
		       &finish))
		return -EUCLEAN;
	return ret;
}

static bool same_statfs(const struct acall_file_statfs_out *out,
			const struct statfs *st)
{
	__u64 fsid;

	memcpy(&fsid, &st->f_fsid, sizeof(fsid));
	return out->type == (__u64)st->f_type &&
	       out->bsize == (__u64)st->f_bsize &&
	       out->blocks == st->f_blocks && out->bfree == st->f_bfree &&
	       out->bavail == st->f_bavail && out->files == st->f_files &&
	       out->ffree == st->f_ffree && out->fsid == fsid &&
	       out->namelen == (__u64)st->f_namelen &&
	       out->frsize == (__u64)st->f_frsize &&
	       out->flags == (__u64)st->f_flags;
}

static bool same_stat(const struct acall_file_stat_out *out,
		      const struct statx *st)
{
	return out->mode == st->stx_mode && out->nlink == st->stx_nlink &&
	       out->uid == st->stx_uid && out->gid == st->stx_gid &&
	       out->ino == st->stx_ino && out->size == st->stx_size &&
	       out->blocks == st->stx_blocks &&
	       out->blksize == st->stx_blksize &&
	       out->dev_major == st->stx_dev_major &&
	       out->dev_minor == st->stx_dev_minor &&
	       out->rdev_major == st->stx_rdev_major &&
	       out->rdev_minor == st->stx_rdev_minor &&
	       out->atime == st->stx_atime.tv_sec &&
	       out->mtime == st->stx_mtime.tv_sec &&
	       out->ctime == st->stx_ctime.tv_sec &&
	       out->btime == st->stx_btime.tv_sec &&
	       out->atime_nsec == st->stx_atime.tv_nsec &&
	       out->mtime_nsec == st->stx_mtime.tv_nsec &&
	       out->ctime_nsec == st->stx_ctime.tv_nsec &&
	       out->btime_nsec == st->stx_btime.tv_nsec;
}

#define MOUNTS	8

static const char *mount_name(unsigned int i)
{
	static const char * const names[MOUNTS - 2] = {
		"/", "/proc", "/sys", "/dev", "/dev/null", "/proc/self/status",
	};

	if (i < ARRAY_SIZE(names))
		return names[i];
	return getenv(i & 1 ? "ACALL_DIR_TMPFS" : "ACALL_DIR_EXT4");
}

TEST_F(path, F2_statfs_as_the_system_call)
{
	struct acall_file_statfs_out out;
	struct statfs before, after;
	unsigned int i;
	bool same;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (i = 0; i < MOUNTS; i++) {
		const char *name = mount_name(i);
		__u64 since = now_ns();

		do {
			ASSERT_EQ(0, statfs(name, &before));
			memset(&out, 0xee, sizeof(out));
			ASSERT_EQ(0, ask_statfs(self->obj, name, &out,
						&self->finish));
			ASSERT_EQ(0, statfs(name, &after));
			same = !memcmp(&before, &after, sizeof(before));
		} while (!same && !guard_expired(since));
		EXPECT_TRUE(same);
		EXPECT_EQ(0, self->finish.status);
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, self->finish.outcome);
		EXPECT_EQ(sizeof(out), self->finish.out_len);
		EXPECT_TRUE(same_statfs(&out, &after))
			TH_LOG("%s", name);
	}
}

TEST_F(path, F2_stat_as_the_system_call)
{
	struct acall_file_stat_out out;
	struct statx before, after;
	unsigned int i;
	bool same;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (i = 0; i < MOUNTS; i++) {
		const char *name = mount_name(i);
		__u64 since = now_ns();

		do {
			ASSERT_EQ(0, statx(AT_FDCWD, name, 0,
					   STATX_BASIC_STATS | STATX_BTIME,
					   &before));
			memset(&out, 0xee, sizeof(out));
			ASSERT_EQ(0, ask_stat(self->obj, name, &out,
					      &self->finish));
			ASSERT_EQ(0, statx(AT_FDCWD, name, 0,
					   STATX_BASIC_STATS | STATX_BTIME,
					   &after));
			same = !memcmp(&before, &after, sizeof(before));
		} while (!same && !guard_expired(since));
		EXPECT_TRUE(same);
		EXPECT_EQ(0, self->finish.status);
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, self->finish.outcome);
		EXPECT_EQ(sizeof(out), self->finish.out_len);
		EXPECT_EQ(STATX_BASIC_STATS,
			  out.result_mask & STATX_BASIC_STATS);
		EXPECT_TRUE(same_stat(&out, &after))
			TH_LOG("%s", name);
	}
}

/* A mount point is the file system mounted there, the topmost one. */
TEST_F(path, F2_mount_point_names_what_is_mounted)
{
	struct acall_file_statfs_out out;
	struct acall_file_stat_out st;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ASSERT_EQ(0, mount("one", self->dir, "tmpfs", 0, "size=1m,mode=0701"));
	ASSERT_EQ(0, mount("two", self->dir, "tmpfs", 0, "size=2m,mode=0702"));

	EXPECT_EQ(0, ask_statfs(self->obj, self->dir, &out, &self->finish));
	EXPECT_EQ(2 * FT_MIB, out.blocks * out.bsize);
	EXPECT_EQ(0, ask_stat(self->obj, self->dir, &st, &self->finish));
	EXPECT_EQ(S_IFDIR | 0702, st.mode);
	/* F8: nothing holds the mount any more. */
	EXPECT_EQ(0, umount(self->dir));
	EXPECT_EQ(0, ask_statfs(self->obj, self->dir, &out, &self->finish));
	EXPECT_EQ(FT_MIB, out.blocks * out.bsize);
	EXPECT_EQ(0, umount(self->dir));
}

TEST_F(path, F8_umount_right_after_FINISH)
{
	struct acall_file_statfs_out out;
	struct acall_file_stat_out st;
	int round;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	for (round = 0; round < 200; round++) {
		ASSERT_EQ(0, mount("one", self->dir, "tmpfs", 0, NULL));
		ASSERT_EQ(0, ask_stat(self->obj, self->dir, &st,
				      &self->finish));
		ASSERT_EQ(0, umount(self->dir))
			TH_LOG("stat, round %d: errno %d", round, errno);
		ASSERT_EQ(0, mount("one", self->dir, "tmpfs", 0, NULL));
		ASSERT_EQ(0, ask_statfs(self->obj, self->dir, &out,
					&self->finish));
		ASSERT_EQ(0, umount(self->dir))
			TH_LOG("statfs, round %d: errno %d", round, errno);
	}
}

TEST_F(path, B3_errors_of_the_path)
{
	char text[300], long_name[300], loop[300], long_path[4200];
	size_t i;
	int fd;

	if (self->why)
		SKIP(return, "%s", self->why);
	snprintf(text, sizeof(text), "%s/none", self->dir);
	EXPECT_EQ(-ENOENT, refusal(self->obj, text, strlen(text)));
	snprintf(text, sizeof(text), "%s/none/more", self->dir);
	EXPECT_EQ(-ENOENT, refusal(self->obj, text, strlen(text)));
	EXPECT_EQ(-ENOENT, refusal(self->obj, "", 0));
	EXPECT_EQ(-ENOENT, refusal(self->obj, "", 1));

	snprintf(text, sizeof(text), "%s/file", self->dir);
	fd = open(text, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	ASSERT_GE(fd, 0);
	close(fd);
	EXPECT_EQ(0, refusal(self->obj, text, strlen(text)));
	snprintf(text, sizeof(text), "%s/file/more", self->dir);
	EXPECT_EQ(-ENOTDIR, refusal(self->obj, text, strlen(text)));
	snprintf(text, sizeof(text), "%s/file", self->dir);
	ASSERT_EQ(0, unlink(text));

	snprintf(loop, sizeof(loop), "%s/loop", self->dir);
	ASSERT_EQ(0, symlink("loop", loop));
	EXPECT_EQ(-ELOOP, refusal(self->obj, loop, strlen(loop)));
	ASSERT_EQ(0, unlink(loop));

	memset(long_name, 'a', 256);
	long_name[0] = '/';
	long_name[257] = 0;
	long_name[256] = 'a';
	EXPECT_EQ(-ENAMETOOLONG,
		  refusal(self->obj, long_name, strlen(long_name)));
	for (i = 0; i < sizeof(long_path); i += 2)
		memcpy(long_path + i, "/.", 2);
	EXPECT_EQ(0, refusal(self->obj, long_path, 4095));
	EXPECT_EQ(-ENAMETOOLONG, refusal(self->obj, long_path, 4096));
}

TEST_F(path, B3_symbolic_link_is_followed)
{
	struct acall_file_statfs_out out;
	struct statfs st;
	char link[300];

	if (self->why)
		SKIP(return, "%s", self->why);
	snprintf(link, sizeof(link), "%s/link", self->dir);
	ASSERT_EQ(0, symlink("/proc", link));
	ASSERT_EQ(0, statfs("/proc", &st));
	EXPECT_EQ(0, ask_statfs(self->obj, link, &out, &self->finish));
	EXPECT_EQ(st.f_type, out.type);
	ASSERT_EQ(0, unlink(link));
}

TEST_F(path, B3_nul_bytes)
{
	if (self->why)
		SKIP(return, "%s", self->why);
	/* One at the end is accepted, others are not. */
	EXPECT_EQ(0, refusal(self->obj, "/proc", 5));
	EXPECT_EQ(0, refusal(self->obj, "/proc\0", 6));
	EXPECT_EQ(-EINVAL, refusal(self->obj, "/proc\0\0", 7));
	EXPECT_EQ(-EINVAL, refusal(self->obj, "/proc\0/sys", 10));
	EXPECT_EQ(-EINVAL, refusal(self->obj, "\0/proc", 6));
}

TEST_F(path, B3_flags_and_reserved_EINVAL)
{
	struct {
		__u32 flags;
		__u32 reserved;
		char path[8];
	} arg = { .path = "/proc" };
	static const __u32 methods[] = { ACALL_FILE_STATFS, ACALL_FILE_STAT };
	unsigned int i;
	int bit;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		for (bit = 0; bit < 64; bit++) {
			arg.flags = bit < 32 ? 1U << bit : 0;
			arg.reserved = bit < 32 ? 0 : 1U << (bit - 32);
			EXPECT_EQ(-EINVAL,
				  ft_run(self->obj, methods[i], &arg, 14, NULL,
					 0, NULL, 0, &self->finish));
		}
	}
	/* Shorter than the structure: an empty path. */
	EXPECT_EQ(-ENOENT, ft_run(self->obj, ACALL_FILE_STATFS, NULL, 0, NULL,
				  0, NULL, 0, &self->finish));
}

TEST_F(path, R_ID_relative_to_the_callers_directory)
{
	struct acall_file_stat_out st;
	char sub[300];

	if (self->why)
		SKIP(return, "%s", self->why);
	snprintf(sub, sizeof(sub), "%s/sub", self->dir);
	ASSERT_EQ(0, mkdir(sub, 0711));
	ASSERT_EQ(0, chdir(self->dir));
	EXPECT_EQ(0, ask_stat(self->obj, "sub", &st, &self->finish));
	EXPECT_EQ(S_IFDIR | 0711, st.mode);
	ASSERT_EQ(0, chdir("sub"));
	EXPECT_EQ(-ENOENT, ask_stat(self->obj, "sub", &st, &self->finish));
	EXPECT_EQ(0, ask_stat(self->obj, "../sub", &st, &self->finish));
	EXPECT_EQ(S_IFDIR | 0711, st.mode);
	ASSERT_EQ(0, chdir("/"));
	ASSERT_EQ(0, rmdir(sub));
}

struct chrooted {
	int obj;
	const char *dir;
};

static int in_chroot(void *arg)
{
	struct acall_file_stat_out st;
	struct chrooted *chrooted = arg;
	struct acall_finish finish;

	CHECK(!chroot(chrooted->dir));
	CHECK(!ask_stat(chrooted->obj, "/sub", &st, &finish));
	CHECK(st.mode == (S_IFDIR | 0711));
	CHECK(!ask_stat(chrooted->obj, "/../sub/..", &st, &finish));
	CHECK(st.mode == (S_IFDIR | 0700));
	CHECK(ask_stat(chrooted->obj, "/proc", &st, &finish) == -ENOENT);
	return 0;
}

TEST_F(path, R_ID_within_the_callers_root)
{
	struct chrooted chrooted = { self->obj, self->dir };
	char sub[300];

	if (self->why)
		SKIP(return, "%s", self->why);
	snprintf(sub, sizeof(sub), "%s/sub", self->dir);
	ASSERT_EQ(0, mkdir(sub, 0711));
	EXPECT_EQ(0, child_run(in_chroot, &chrooted));
	ASSERT_EQ(0, rmdir(sub));
}

static int as_somebody(void *arg)
{
	struct acall_file_statfs_out out;
	struct acall_file_stat_out st;
	struct chrooted *where = arg;
	struct acall_finish finish;
	char path[300];

	snprintf(path, sizeof(path), "%s/sub", where->dir);
	CHECK(!become(UID_A));
	CHECK(ask_stat(where->obj, path, &st, &finish) == -EACCES);
	CHECK(ask_statfs(where->obj, path, &out, &finish) == -EACCES);
	/* The directory itself can be seen, though not be entered. */
	CHECK(!ask_stat(where->obj, where->dir, &st, &finish));
	CHECK(st.mode == (S_IFDIR | 0700));
	CHECK(!ask_statfs(where->obj, "/", &out, &finish));
	return 0;
}

/* B4: the rights of BEGIN's caller, though root has opened the object. */
TEST_F(path, B4_rights_of_the_caller_EACCES)
{
	struct chrooted where = { self->obj, self->dir };
	struct acall_file_stat_out st;
	char sub[300];

	if (self->why)
		SKIP(return, "%s", self->why);
	snprintf(sub, sizeof(sub), "%s/sub", self->dir);
	ASSERT_EQ(0, mkdir(sub, 0711));
	EXPECT_EQ(0, ask_stat(self->obj, sub, &st, &self->finish));
	EXPECT_EQ(0, child_run(as_somebody, &where));
	ASSERT_EQ(0, rmdir(sub));
}

TEST_F(path, F2_owner)
{
	struct acall_file_stat_out st;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, chown(self->dir, 12345, 54321));
	EXPECT_EQ(0, ask_stat(self->obj, self->dir, &st, &self->finish));
	EXPECT_EQ(12345, st.uid);
	EXPECT_EQ(54321, st.gid);
}

TEST_F(path, F3_result_fetched_again_after_EMSGSIZE)
{
	struct acall_file_path *arg = calloc(1, sizeof(*arg) + 8);
	struct acall_file_statfs_out out;
	struct statfs st;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_NE(NULL, arg);
	memcpy(arg->path, "/proc", 5);
	ASSERT_EQ(0, statfs("/proc", &st));
	ASSERT_EQ(0, ft_begin(self->obj, ACALL_FILE_STATFS, arg,
			      sizeof(*arg) + 5, NULL, 0));
	EXPECT_EQ(-EMSGSIZE, sys_finish_out(self->obj, &out, sizeof(out) - 1,
					    &self->finish));
	EXPECT_EQ(sizeof(out), self->finish.out_len);
	EXPECT_EQ(0, sys_finish_out(self->obj, &out, sizeof(out),
				    &self->finish));
	EXPECT_EQ(0, self->finish.status);
	EXPECT_TRUE(same_statfs(&out, &st));
	free(arg);
}

#include "acall_main.h"
