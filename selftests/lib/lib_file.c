// SPDX-License-Identifier: GPL-2.0-only
/*
 * libacall: the typed pairs for the interface "file", the listing, and the
 * words: that an error is named for what it is, with its limit, its file or its
 * clause, and never in the words of an errno that means something else.
 */
#include "lib_util.h"
#include <limits.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

static const unsigned char sha256_abc[32] = {
	0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
	0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
	0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
};

/* A file without a name, holding @text. */
static int temp_file(const char *dir, const char *text)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 && write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* An object of "file", and a directory for files; false = there is none. */
static bool have_file(acall_t **call, const char **dir)
{
	*dir = getenv("ACALL_DIR_TMPFS");
	return *dir && !acall_create("file", 1, 0, call);
}

TEST_F(acall, typed_hash)
{
	unsigned char digest[ACALL_FILE_DIGEST_MAX];
	struct acall_file_hash args = {
		.offset = 2, .length = 3, .algorithm = "sha256",
	};
	const struct acall_options options = { .user_data = 31 };
	struct acall_result result;
	const char *dir;
	acall_t *call;
	int fd;

	if (!have_file(&call, &dir))
		SKIP(return, "no interface file, or no ACALL_DIR_TMPFS");
	fd = temp_file(dir, "abc");
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, acall_begin_hash(call, fd, NULL, &options));
	ASSERT_EQ(0, acall_finish_hash(call, digest, &result));
	EXPECT_EQ(0, result.status);
	EXPECT_EQ(31, result.user_data);
	EXPECT_EQ(3, result.progress);
	EXPECT_EQ(32, result.out_len);
	EXPECT_EQ(0, memcmp(digest, sha256_abc, 32));
	close(fd);

	fd = temp_file(dir, "ZZabcZZ");
	ASSERT_EQ(0, acall_begin_hash(call, fd, &args, NULL));
	EXPECT_EQ(-EINVAL, acall_finish_hash(call, NULL, &result));
	EXPECT_EQ(-EINVAL, acall_finish_hash(call, digest, NULL));
	ASSERT_EQ(0, acall_finish_hash(call, digest, &result));
	EXPECT_EQ(0, result.status);
	EXPECT_EQ(0, memcmp(digest, sha256_abc, 32));
	close(fd);
	acall_destroy(call);
}

TEST_F(acall, typed_copy)
{
	struct acall_file_copy args = {
		.src_offset = 1, .dst_offset = 2, .length = 3,
		.reflink = ACALL_FILE_REFLINK_NEVER,
	};
	struct acall_result result;
	char text[16] = "";
	int from, to;
	const char *dir;
	acall_t *call;

	if (!have_file(&call, &dir))
		SKIP(return, "no interface file, or no ACALL_DIR_TMPFS");
	from = temp_file(dir, "0123456789");
	to = temp_file(dir, "");
	ASSERT_EQ(0, acall_begin_copy(call, from, to, NULL, NULL));
	ASSERT_EQ(0, acall_finish_copy(call, &result));
	EXPECT_EQ(0, result.status);
	EXPECT_EQ(10, result.progress);
	EXPECT_EQ(10, pread(to, text, sizeof(text), 0));
	EXPECT_STREQ("0123456789", text);
	ASSERT_EQ(0, acall_begin_copy(call, from, to, &args, NULL));
	ASSERT_EQ(0, acall_finish_copy(call, NULL));
	EXPECT_EQ(10, pread(to, text, sizeof(text), 0));
	EXPECT_STREQ("0112356789", text);
	close(from);
	close(to);
	acall_destroy(call);
}

TEST_F(acall, typed_sync)
{
	static const struct acall_file_sync file = {
		.scope = ACALL_FILE_SYNC_FILE,
	};
	struct acall_result result;
	const char *dir;
	acall_t *call;
	int fd;

	if (!have_file(&call, &dir))
		SKIP(return, "no interface file, or no ACALL_DIR_TMPFS");
	fd = temp_file(dir, "abc");
	ASSERT_EQ(0, acall_begin_sync(call, fd, NULL, NULL));
	ASSERT_EQ(0, acall_finish_sync(call, &result));
	EXPECT_EQ(0, result.status);
	EXPECT_EQ(ACALL_FILE_SYNC, result.method);
	ASSERT_EQ(0, acall_begin_sync(call, fd, &file, NULL));
	ASSERT_EQ(0, acall_finish_sync(call, &result));
	EXPECT_EQ(0, result.status);
	close(fd);
	acall_destroy(call);
}

TEST_F(acall, typed_advise)
{
	const struct acall_file_advise args = {
		.offset = 1, .length = 1, .advice = ACALL_FILE_ADVISE_DONTNEED,
	};
	struct acall_result result;
	const char *dir;
	acall_t *call;
	int fd;

	if (!have_file(&call, &dir))
		SKIP(return, "no interface file, or no ACALL_DIR_TMPFS");
	fd = temp_file(dir, "abc");
	ASSERT_EQ(0, acall_begin_advise(call, fd, NULL, NULL));
	ASSERT_EQ(0, acall_finish_advise(call, &result));
	EXPECT_EQ(0, result.status);
	EXPECT_EQ(ACALL_FILE_ADVISE, result.method);
	EXPECT_EQ(3, result.progress);
	ASSERT_EQ(0, acall_begin_advise(call, fd, &args, NULL));
	ASSERT_EQ(0, acall_finish_advise(call, &result));
	EXPECT_EQ(1, result.progress);
	close(fd);
	acall_destroy(call);
}

/* tmpfs can neither share nor trim, and has no device: it is said by name. */
TEST_F(acall, typed_dedupe_trim_and_discard)
{
	static const struct acall_file_discard device;
	struct acall_file_trim_out out;
	struct acall_result result;
	const char *dir;
	acall_t *call;
	int a, b;

	if (!have_file(&call, &dir))
		SKIP(return, "no interface file, or no ACALL_DIR_TMPFS");
	a = temp_file(dir, "abc");
	b = temp_file(dir, "abc");
	EXPECT_EQ(-EOPNOTSUPP, acall_begin_dedupe(call, a, b, NULL, NULL));
	EXPECT_EQ(-EINVAL, acall_begin_discard(call, a, &device, NULL));
	EXPECT_EQ(-EINVAL, acall_begin_discard(call, a, NULL, NULL));
	EXPECT_EQ(-EINVAL, acall_finish_trim(call, NULL, &result));
	EXPECT_EQ(-ENOTTY, acall_begin_trim(call, a, NULL, NULL) ?:
			   acall_finish_trim(call, &out, &result) ?:
			   result.status);
	EXPECT_EQ(-ESRCH, acall_finish_dedupe(call, &result));
	EXPECT_EQ(-ESRCH, acall_finish_discard(call, &result));
	close(a);
	close(b);
	acall_destroy(call);
}

TEST_F(acall, typed_allocate)
{
	struct acall_file_allocate args = {
		.length = 100000, .mode = ACALL_FILE_ALLOCATE_PLAIN,
	};
	struct acall_result result;
	const char *dir;
	struct stat st;
	acall_t *call;
	int fd;

	if (!have_file(&call, &dir))
		SKIP(return, "no interface file, or no ACALL_DIR_TMPFS");
	fd = temp_file(dir, "");
	ASSERT_EQ(0, acall_begin_allocate(call, fd, &args, NULL));
	ASSERT_EQ(0, acall_finish_allocate(call, &result));
	EXPECT_EQ(0, result.status);
	EXPECT_EQ(100000, result.progress);
	EXPECT_EQ(0, fstat(fd, &st));
	EXPECT_EQ(100000, st.st_size);
	EXPECT_LE(100000, st.st_blocks * 512);

	/* What the size covers, and no more. */
	ASSERT_EQ(0, ftruncate(fd, 0));
	ASSERT_EQ(0, ftruncate(fd, 50000));
	ASSERT_EQ(0, acall_begin_allocate(call, fd, NULL, NULL));
	ASSERT_EQ(0, acall_finish_allocate(call, NULL));
	EXPECT_EQ(0, fstat(fd, &st));
	EXPECT_EQ(50000, st.st_size);
	EXPECT_LE(50000, st.st_blocks * 512);
	close(fd);
	acall_destroy(call);
}

TEST_F(acall, typed_statfs_and_stat)
{
	struct acall_file_statfs_out fs_out;
	struct acall_file_stat_out out;
	struct acall_result result;
	const char *dir;
	struct statfs fs;
	struct stat st;
	acall_t *call;

	if (!have_file(&call, &dir))
		SKIP(return, "no interface file, or no ACALL_DIR_TMPFS");
	ASSERT_EQ(0, statfs(dir, &fs));
	ASSERT_EQ(0, acall_begin_statfs(call, dir, NULL));
	EXPECT_EQ(-EINVAL, acall_finish_statfs(call, NULL, &result));
	ASSERT_EQ(0, acall_finish_statfs(call, &fs_out, &result));
	EXPECT_EQ(0, result.status);
	EXPECT_EQ((__u64)fs.f_type, fs_out.type);
	EXPECT_EQ((__u64)fs.f_bsize, fs_out.bsize);
	EXPECT_EQ(fs.f_blocks, fs_out.blocks);
	EXPECT_EQ((__u64)fs.f_namelen, fs_out.namelen);

	ASSERT_EQ(0, stat("/", &st));
	ASSERT_EQ(0, acall_begin_stat(call, "/", NULL));
	EXPECT_EQ(-EINVAL, acall_finish_stat(call, NULL, &result));
	ASSERT_EQ(0, acall_finish_stat(call, &out, &result));
	EXPECT_EQ(0, result.status);
	EXPECT_EQ(st.st_ino, out.ino);
	EXPECT_EQ(st.st_mode, out.mode);
	EXPECT_EQ(st.st_dev, makedev(out.dev_major, out.dev_minor));
	acall_destroy(call);
}

TEST_F(acall, typed_functions_refuse_what_is_not_theirs)
{
	unsigned char digest[ACALL_FILE_DIGEST_MAX];
	struct acall_file_statfs_out fs_out;
	struct acall_file_stat_out out;
	struct acall_result result;
	char path[PATH_MAX + 1];
	acall_t *call, *test;
	const char *dir;
	int fd;

	if (!have_file(&call, &dir))
		SKIP(return, "no interface file, or no ACALL_DIR_TMPFS");
	ASSERT_EQ(0, acall_create("test", 0, 0, &test));
	fd = temp_file(dir, "abc");

	/* Another interface; the number would be some method of it. */
	EXPECT_EQ(-EINVAL, acall_begin_statfs(test, "/", NULL));
	EXPECT_EQ(-EINVAL, acall_begin_stat(test, "/", NULL));
	EXPECT_EQ(-EINVAL, acall_begin_sync(test, fd, NULL, NULL));
	EXPECT_EQ(-EINVAL, acall_begin_copy(test, fd, fd, NULL, NULL));
	EXPECT_EQ(-EINVAL, acall_begin_hash(test, fd, NULL, NULL));
	EXPECT_EQ(-EINVAL, acall_begin_allocate(test, fd, NULL, NULL));
	EXPECT_EQ(-EINVAL, acall_begin_statfs(NULL, "/", NULL));
	EXPECT_EQ(0, acall_id(test));
	EXPECT_EQ(0, begin_nop(test));
	EXPECT_EQ(-EINVAL, acall_finish_sync(test, &result));
	EXPECT_EQ(-EINVAL, acall_finish_sync(NULL, &result));

	/* Another method: nothing is consumed. */
	EXPECT_EQ(-ESRCH, acall_finish_copy(call, &result));
	ASSERT_EQ(0, acall_begin_hash(call, fd, NULL, NULL));
	EXPECT_EQ(-EINVAL, acall_finish_statfs(call, &fs_out, &result));
	EXPECT_EQ(-EINVAL, acall_finish_stat(call, &out, &result));
	EXPECT_EQ(-EINVAL, acall_finish_sync(call, &result));
	EXPECT_EQ(-EINVAL, acall_finish_copy(call, &result));
	EXPECT_EQ(-EINVAL, acall_finish_allocate(call, &result));
	EXPECT_EQ(0, acall_finish_hash(call, digest, &result));
	EXPECT_EQ(0, memcmp(digest, sha256_abc, 32));
	EXPECT_EQ(-ESRCH, acall_finish_hash(call, digest, &result));

	/* Paths and files that are none. */
	memset(path, 'x', PATH_MAX);
	path[PATH_MAX] = '\0';
	EXPECT_EQ(-ENAMETOOLONG, acall_begin_statfs(call, path, NULL));
	EXPECT_EQ(-EINVAL, acall_begin_statfs(call, NULL, NULL));
	EXPECT_EQ(-ENOENT, acall_begin_statfs(call, "/no/such/path", NULL));
	EXPECT_EQ(-ENOENT, acall_begin_stat(call, "", NULL));
	EXPECT_EQ(-EBADF, acall_begin_sync(call, -1, NULL, NULL));
	EXPECT_EQ(-EBADF, acall_begin_copy(call, fd, -1, NULL, NULL));
	close(fd);
	acall_destroy(test);
	acall_destroy(call);
}

TEST_F(acall, info_and_features)
{
	int device = acall_open_device();
	struct acall_info info, again;

	ASSERT_EQ(0, acall_info(ACALL_DEVICE_DEFAULT, &info, sizeof(info)));
	EXPECT_EQ(ACALL_ABI, info.abi);
	EXPECT_TRUE(info.features & ACALL_FEATURE_RUN);
	EXPECT_EQ((__u32)read_number(SYSFS_PARAMS, "user_calls"),
		  info.user_calls);
	EXPECT_EQ(0, acall_info(device, &again, sizeof(again)));
	EXPECT_EQ(0, memcmp(&info, &again, sizeof(info)));
	EXPECT_EQ(-EINVAL, acall_info(device, NULL, sizeof(info)));
	EXPECT_EQ(-EINVAL, acall_info(device, &info, 2));
	EXPECT_EQ(-EBADF, acall_info(12345, &info, sizeof(info)));
	close(device);
}

TEST_F(acall, C6_the_listing)
{
	struct acall_interface_info iface, seen = { 0 };
	struct acall_method_info method, same;
	int device = acall_open_device(), i, n = 0, ret;
	const int devices[] = { ACALL_DEVICE_DEFAULT, device };
	struct acall_info info;
	uint64_t cursor = 0;

	while (!(ret = acall_next_interface(device, &cursor, &iface,
					    sizeof(iface)))) {
		n++;
		if (!strcmp(iface.name, "test"))
			seen = iface;
	}
	EXPECT_EQ(-ENOENT, ret);
	EXPECT_EQ(0, acall_info(device, &info, sizeof(info)));
	EXPECT_EQ(info.interfaces, (__u32)n);
	ASSERT_STREQ("test", seen.name);
	EXPECT_EQ(ACALL_TEST_VERSION_MIN, seen.version_min);
	EXPECT_EQ(ACALL_TEST_VERSION, seen.version);
	EXPECT_LT(ACALL_TEST_BARE, seen.methods);

	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, acall_method_info(devices[i], "test",
					       ACALL_TEST_COOP, &method,
					       sizeof(method)));
		EXPECT_STREQ("coop", method.name);
		EXPECT_EQ(sizeof(struct acall_test_arg), method.in_max);
		EXPECT_EQ(0, acall_find_method(devices[i], "test", "coop",
					       &same, sizeof(same)));
		EXPECT_EQ(0, memcmp(&method, &same, sizeof(same)));
		EXPECT_EQ(-EINVAL, acall_method_info(devices[i], "test", 4711,
						     &method, sizeof(method)));
		EXPECT_EQ(-ENOENT, acall_method_info(devices[i], "nobody", 0,
						     &method, sizeof(method)));
		EXPECT_EQ(-EINVAL, acall_find_method(devices[i], "test",
						     "nothing", &method,
						     sizeof(method)));
		EXPECT_EQ(-ENOENT, acall_find_method(devices[i], "nobody",
						     "coop", &method,
						     sizeof(method)));
	}
	EXPECT_EQ(-EINVAL, acall_next_interface(device, NULL, &iface,
						sizeof(iface)));
	EXPECT_EQ(-EINVAL, acall_next_interface(device, &cursor, NULL, 999));
	EXPECT_EQ(-EINVAL, acall_method_info(device, NULL, 0, &method,
					     sizeof(method)));
	EXPECT_EQ(-EINVAL, acall_method_info(device, "test", 0, NULL, 999));
	EXPECT_EQ(-EINVAL, acall_find_method(device, "test", NULL, &method,
					     sizeof(method)));
	close(device);
}

static int without_device(void *arg __attribute__((unused)))
{
	struct acall_info info;
	acall_t *call;
	char text[256];
	int err;

	CHECK(!unshare(CLONE_NEWNS));
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	CHECK(!mount("none", "/dev", "tmpfs", 0, NULL));
	err = acall_open_device();
	CHECK(err < 0);
	CHECK(acall_create("test", 0, 0, &call) == err);
	CHECK(acall_info(ACALL_DEVICE_DEFAULT, &info, sizeof(info)) == err);
	acall_strerror(NULL, ACALL_OP_CREATE, err, text, sizeof(text));
	CHECK(strstr(text, "modprobe acall"));
	return 0;
}

TEST_F(acall, no_device_is_an_error_of_its_own)
{
	EXPECT_EQ(0, child_run(without_device, NULL));
}

TEST_F(acall, another_ABI_is_EPROTO)
{
	acall_t *call;

	pretended_abi = ACALL_ABI + 1;
	EXPECT_EQ(-EPROTO, acall_open_device());
	EXPECT_EQ(-EPROTO, acall_create("test", 0, 0, &call));
	pretended_abi = 0;
	EXPECT_EQ(0, acall_create("test", 0, 0, &call));
	acall_destroy(call);
}

#define SAYS(call, op, error, part)					\
do {									\
	acall_strerror(call, op, error, text, sizeof(text));		\
	EXPECT_NE(NULL, strstr(text, part)) {				\
		TH_LOG("says: %s", text);				\
	}								\
} while (0)

TEST_F(acall, strerror_knows_operation_file_and_clause)
{
	const int open_files[] = { 0, 1 }, one_bad[] = { 4321 };
	const struct acall_options past = { .deadline = 1 };
	char *big = calloc(1, ACALL_MAX_BYTES + 1);
	char text[256];
	acall_t *call;

	ASSERT_EQ(0, acall_create("test", 0, 0, &call));
	SAYS(NULL, ACALL_OP_WAIT, 0, "success");
	SAYS(NULL, ACALL_OP_CREATE, -ENOENT, "[C1]");
	SAYS(NULL, ACALL_OP_LIST, -ENOENT, "no interface");
	SAYS(NULL, ACALL_OP_DEVICE, -EACCES, "/dev/acall");
	SAYS(NULL, ACALL_OP_DEVICE, -EPROTO, "ABI");
	SAYS(NULL, ACALL_OP_BEGIN, -EBUSY, "[B2]");
	SAYS(call, ACALL_OP_BEGIN, -EBUSY, "[B2]");
	SAYS(call, ACALL_OP_BEGIN, EBUSY, "[B2]");
	SAYS(call, ACALL_OP_BEGIN, -ENODEV, "[C5]");
	SAYS(call, ACALL_OP_WAIT, -ESRCH, "[W2]");
	SAYS(call, ACALL_OP_FINISH, -ESRCH, "[F1]");
	SAYS(call, ACALL_OP_FINISH, -EMSGSIZE, "[F3]");
	SAYS(call, ACALL_OP_CANCEL, -ESRCH, "no call has been begun");
	SAYS(call, ACALL_OP_CANCEL, -EPERM, "[B6, X12]");
	SAYS(call, ACALL_OP_CANCEL, -EBUSY, "[X12]");
	SAYS(call, ACALL_OP_CANCEL, -EOPNOTSUPP, "wait for its end");
	SAYS(NULL, ACALL_OP_CANCEL_ID, -ESRCH, "no such call");
	SAYS(NULL, ACALL_OP_CANCEL_ID, -EPERM, "administrator");
	SAYS(call, ACALL_OP_CALL, -EINTR, "the call goes on");
	SAYS(call, ACALL_OP_CALL, -EMSGSIZE, "finish it with more room");
	SAYS(call, ACALL_OP_FINISH, -EMFILE, "[F7]");
	SAYS(NULL, ACALL_OP_DEVICE, -ENOENT, "[P10]");
	SAYS(call, ACALL_OP_RESULT, -ETIME, "deadline");
	SAYS(call, ACALL_OP_RESULT, -ECANCELED, "cancelled");
	/* A file system's words are its own. */
	SAYS(call, ACALL_OP_RESULT, -EDQUOT, strerror(EDQUOT));
	SAYS(call, ACALL_OP_RESULT, -ENOSPC, strerror(ENOSPC));
	SAYS(call, ACALL_OP_BEGIN, -ENOMEM, strerror(ENOMEM));

	/* What only the BEGIN that failed knows. */
	EXPECT_EQ(-EINVAL, acall_begin(call, 4711, NULL, 0, NULL, 0, NULL));
	SAYS(call, ACALL_OP_BEGIN, -EINVAL, "test has no method 4711");
	EXPECT_EQ(-EBADF, acall_begin(call, ACALL_TEST_HOLD, NULL, 0, one_bad,
				      1, NULL));
	SAYS(call, ACALL_OP_BEGIN, -EBADF, "test.hold: file descriptor 4321 ");
	EXPECT_EQ(-EINVAL, acall_begin(call, ACALL_TEST_HOLD, NULL, 0,
				       open_files, 2, NULL));
	SAYS(call, ACALL_OP_BEGIN, -EINVAL, "number of files");
	EXPECT_EQ(-E2BIG, acall_begin(call, ACALL_TEST_ECHO, big,
				      ACALL_MAX_BYTES + 1, NULL, 0, NULL));
	SAYS(call, ACALL_OP_BEGIN, -E2BIG, "test.echo: ");
	SAYS(call, ACALL_OP_BEGIN, -E2BIG, " 65536 bytes");
	EXPECT_EQ(-EOPNOTSUPP, acall_begin(call, ACALL_TEST_INLINE_ECHO, NULL,
					   0, NULL, 0, &past));
	SAYS(call, ACALL_OP_BEGIN, -EOPNOTSUPP,
	     "test.inline-echo: it cannot be cancelled");
	acall_destroy(call);
	free(big);
}

TEST_F(acall, strerror_of_the_file_interface)
{
	struct acall_file_hash args = { .algorithm = "no-such-hash" };
	const char *dir;
	int fd, null, reader;
	char text[256];
	acall_t *call;

	if (!have_file(&call, &dir))
		SKIP(return, "no interface file, or no ACALL_DIR_TMPFS");
	fd = temp_file(dir, "abc");
	snprintf(text, sizeof(text), "/proc/self/fd/%d", fd);
	reader = open(text, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, reader);
	EXPECT_EQ(-ENOENT, acall_begin_hash(call, fd, &args, NULL));
	SAYS(call, ACALL_OP_BEGIN, -ENOENT, "file.hash: the kernel has no hash");
	EXPECT_EQ(-ENOENT, acall_begin_statfs(call, "/no/such/path", NULL));
	SAYS(call, ACALL_OP_BEGIN, -ENOENT, strerror(ENOENT));
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	EXPECT_EQ(-EINVAL, acall_begin_copy(call, fd, null, NULL, NULL));
	SAYS(call, ACALL_OP_BEGIN, -EINVAL, "file.copy: a flag or the range");
	EXPECT_EQ(-EBADF, acall_begin_copy(call, fd, reader, NULL, NULL));
	SAYS(call, ACALL_OP_BEGIN, -EBADF, "file.copy: the source");
	EXPECT_EQ(-EBADF, acall_begin_copy(call, fd, -1, NULL, NULL));
	SAYS(call, ACALL_OP_BEGIN, -EBADF, "file.copy: file descriptor -1 ");
	close(null);
	close(reader);
	close(fd);
	acall_destroy(call);
}

/* As a user without privileges, whom limits bind: @arg is a parameter's name. */
static int run_into_limit(void *arg)
{
	bool bytes = strstr(arg, "bytes"), user = strstr(arg, "user");
	static char in[4096];
	const void *input = bytes ? in : NULL;
	struct acall_info info;
	acall_t *call[8];
	char text[256], number[32];
	int i, ret = 0;

	CHECK(!become(UID_A));
	CHECK(!acall_info(ACALL_DEVICE_DEFAULT, &info, sizeof(info)));
	for (i = 0; !ret && i < 8; i++) {
		CHECK(!acall_create("test", 0, 0, &call[i]));
		ret = acall_begin(call[i], ACALL_TEST_ECHO, input,
				  bytes ? sizeof(in) : 0, NULL, 0, NULL);
	}
	CHECK(i > 1);
	CHECK(ret == (user ? -EDQUOT : -EAGAIN));
	acall_strerror(call[i - 1], ACALL_OP_BEGIN, ret, text, sizeof(text));
	fprintf(stderr, "# %s\n", text);
	CHECK(strstr(text, arg));
	CHECK(strstr(text, user ? "your limit" : "machine's limit"));
	snprintf(number, sizeof(number), " %llu ", bytes ?
		 user ? info.user_bytes : info.total_bytes :
		 user ? info.user_calls : info.total_calls);
	CHECK(strstr(text, number));
	return 0;
}

TEST_F(acall, strerror_names_the_limit)
{
	static const struct {
		char name[16];
		int value;
	} limits[] = {
		{ "user_calls", 3 }, { "total_calls", 3 },
		{ "user_bytes", 20000 }, { "total_bytes", 20000 },
	};
	long long old;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		old = read_number(SYSFS_PARAMS, limits[i].name);
		ASSERT_LT(0, old);
		ASSERT_EQ(0, write_number(SYSFS_PARAMS, limits[i].name,
					  limits[i].value));
		EXPECT_EQ(0, child_run(run_into_limit,
				       (void *)limits[i].name)) {
			TH_LOG("%s", limits[i].name);
		}
		ASSERT_EQ(0, write_number(SYSFS_PARAMS, limits[i].name, old));
		EXPECT_EQ(0, wait_counter("executions", 0));
	}
}

TEST_F(acall, strerror_never_says_what_only_a_file_system_means)
{
	char text[256];
	acall_t *call;
	int op, error;

	ASSERT_EQ(0, acall_create("test", 0, 0, &call));
	for (op = ACALL_OP_DEVICE; op <= ACALL_OP_CANCEL_ID; op++) {
		if (op == ACALL_OP_RESULT)
			continue;
		for (error = 1; error < 134; error++) {
			acall_strerror(call, op, -error, text, sizeof(text));
			EXPECT_NE('\0', text[0]);
			EXPECT_STRNE(strerror(ESRCH), text);
			EXPECT_STRNE(strerror(EDQUOT), text);
		}
	}
	acall_destroy(call);
}

TEST_F(acall, strerror_fits_any_buffer)
{
	char text[64];
	const char *s;

	memset(text, 'x', sizeof(text));
	s = acall_strerror(NULL, ACALL_OP_WAIT, -ETIMEDOUT, text, 5);
	EXPECT_EQ(&text[0], s);
	EXPECT_STREQ("the ", text);
	EXPECT_EQ('x', text[5]);
	EXPECT_STREQ("", acall_strerror(NULL, ACALL_OP_RESULT, -EIO, text, 1));
	s = acall_strerror(NULL, ACALL_OP_WAIT, -ETIMEDOUT, NULL, 0);
	EXPECT_NE(NULL, strstr(s, "[W1]"));
	EXPECT_NE(NULL, acall_strerror(NULL, ACALL_OP_WAIT, -EIO, text, 0));
	EXPECT_NE(NULL, acall_strerror(NULL, 4711, INT_MIN, text,
				       sizeof(text)));
}

TEST_F(acall, names)
{
	EXPECT_STREQ("idle", acall_state_name(ACALL_STATE_IDLE));
	EXPECT_STREQ("queued", acall_state_name(ACALL_STATE_QUEUED));
	EXPECT_STREQ("running", acall_state_name(ACALL_STATE_RUNNING));
	EXPECT_STREQ("cancelling", acall_state_name(ACALL_STATE_CANCELLING));
	EXPECT_STREQ("done", acall_state_name(ACALL_STATE_DONE));
	EXPECT_STREQ("unknown", acall_state_name(ACALL_STATE_DONE + 1));
	EXPECT_STREQ("none", acall_outcome_name(ACALL_OUTCOME_NONE));
	EXPECT_STREQ("completed", acall_outcome_name(ACALL_OUTCOME_COMPLETED));
	EXPECT_STREQ("stopped", acall_outcome_name(ACALL_OUTCOME_STOPPED));
	EXPECT_STREQ("never started",
		     acall_outcome_name(ACALL_OUTCOME_NEVER_STARTED));
	EXPECT_STREQ("abandoned", acall_outcome_name(ACALL_OUTCOME_ABANDONED));
	EXPECT_STREQ("unknown", acall_outcome_name(UINT32_MAX));
	EXPECT_STREQ("none", acall_reason_name(ACALL_REASON_NONE));
	EXPECT_STREQ("client", acall_reason_name(ACALL_REASON_CLIENT));
	EXPECT_STREQ("deadline", acall_reason_name(ACALL_REASON_DEADLINE));
	EXPECT_STREQ("close", acall_reason_name(ACALL_REASON_CLOSE));
	EXPECT_STREQ("administrator", acall_reason_name(ACALL_REASON_ADMIN));
	EXPECT_STREQ("provider", acall_reason_name(ACALL_REASON_PROVIDER));
	EXPECT_STREQ("reboot", acall_reason_name(ACALL_REASON_REBOOT));
	EXPECT_STREQ("unknown", acall_reason_name(99));
	EXPECT_STREQ("cancelled", acall_verdict_name(ACALL_CANCELLED));
	EXPECT_STREQ("too late", acall_verdict_name(ACALL_TOO_LATE));
	EXPECT_STREQ("already cancelled", acall_verdict_name(ACALL_ALREADY));
	EXPECT_STREQ("requested", acall_verdict_name(ACALL_REQUESTED));
	EXPECT_STREQ("failed", acall_verdict_name(-EINVAL));
	EXPECT_STREQ("unknown", acall_verdict_name(4));
	EXPECT_STREQ("none", acall_unit_name(ACALL_UNIT_NONE));
	EXPECT_STREQ("bytes", acall_unit_name(ACALL_UNIT_BYTES));
	EXPECT_STREQ("items", acall_unit_name(ACALL_UNIT_ITEMS));
	EXPECT_STREQ("unknown", acall_unit_name(3));
	EXPECT_STREQ("cancel", acall_cap_name(ACALL_CAP_CANCEL));
	EXPECT_STREQ("killable", acall_cap_name(ACALL_CAP_KILLABLE));
	EXPECT_STREQ("chunked", acall_cap_name(ACALL_CAP_CHUNKED));
	EXPECT_STREQ("commits", acall_cap_name(ACALL_CAP_COMMITS));
	EXPECT_STREQ("inline", acall_cap_name(ACALL_CAP_INLINE));
	EXPECT_STREQ("short", acall_cap_name(ACALL_CAP_SHORT));
	EXPECT_STREQ("custom", acall_cap_name(ACALL_CAP_CUSTOM));
	EXPECT_STREQ("may refuse", acall_cap_name(ACALL_CAP_MAY_REFUSE));
	EXPECT_STREQ("unknown", acall_cap_name(0));
	EXPECT_STREQ("unknown", acall_cap_name(ACALL_CAP_CANCEL |
					       ACALL_CAP_SHORT));
	EXPECT_STREQ("unknown", acall_cap_name(1U << 31));
}

TEST_F(acall, names_of_features)
{
	static const struct {
		__u64 feature;
		const char *name;
	} all[] = {
		{ ACALL_FEATURE_RUN, "run" },
		{ ACALL_FEATURE_STOP, "stop" },
		{ ACALL_FEATURE_CUSTOM, "custom" },
		{ ACALL_FEATURE_INLINE, "inline" },
		{ ACALL_FEATURE_DEADLINE, "deadline" },
		{ ACALL_FEATURE_NO_CANCEL, "no cancel" },
		{ ACALL_FEATURE_DETACH, "detach" },
		{ ACALL_FEATURE_ESCALATE, "escalate" },
		{ ACALL_FEATURE_SETTLED, "settled" },
		{ ACALL_FEATURE_COMMIT, "commit" },
		{ ACALL_FEATURE_FILES_OUT, "result files" },
		{ ACALL_FEATURE_CALL, "call" },
		{ ACALL_FEATURE_LIST, "list" },
		{ ACALL_FEATURE_INSTANCE, "instances" },
		{ ACALL_FEATURE_QUEUE, "queue" },
		{ ACALL_FEATURE_WAIT_ID, "wait by id" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		EXPECT_STREQ(all[i].name, acall_feature_name(all[i].feature));
	EXPECT_STREQ("unknown", acall_feature_name(0));
	EXPECT_STREQ("unknown", acall_feature_name(3));
	EXPECT_STREQ("unknown", acall_feature_name(1ULL << 63));
}

#include "acall_main.h"
