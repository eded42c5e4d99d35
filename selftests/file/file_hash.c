// SPDX-License-Identifier: GPL-2.0-only
/*
 * The method hash: the digest of a range of a file.
 *
 * Digests are compared with published ones and with those of file_sha256.h,
 * which shares no code with the kernel; lengths and offsets are chosen around
 * pages, around powers of two where a chunk may end, and around 31, 32 and 40
 * bits. A digest of the wrong range, of a doubled or of a lost piece is a wrong
 * digest, so each of these tests looks for all of that at once.
 */
#include "file_util.h"
#include "file_sha256.h"

#define SEED	4

FIXTURE(hash) {
	const char *why;
	int obj;
	int fd;
	struct acall_finish finish;
	unsigned char digest[ACALL_FILE_DIGEST_MAX];
	unsigned char want[FT_SHA256_LEN];
};

FIXTURE_VARIANT(hash) {
	const char *dir;
};

FIXTURE_VARIANT_ADD(hash, tmpfs) {
	.dir = "ACALL_DIR_TMPFS",
};

FIXTURE_VARIANT_ADD(hash, ext4) {
	.dir = "ACALL_DIR_EXT4",
};

FIXTURE_SETUP(hash)
{
	self->why = ft_missing(variant->dir);
	if (self->why)
		return;
	self->obj = ft_object();
	ASSERT_GE(self->obj, 0);
	self->fd = ft_temp(variant->dir);
	ASSERT_GE(self->fd, 0);
}

FIXTURE_TEARDOWN(hash)
{
	const char *left;

	if (self->why)
		return;
	close(self->obj);
	close(self->fd);
	left = ft_leftovers();
	EXPECT_EQ(NULL, left)
		TH_LOG("%s", left);
}

/* The right SHA-256 of a range, read with pread(2). */
static int sum(int fd, __u64 offset, __u64 len, unsigned char *digest)
{
	unsigned char *buf = ft_buffer(0);
	struct ft_sha256 sha;

	ft_sha256_init(&sha);
	while (len) {
		size_t n = len < FT_PIECE ? len : FT_PIECE;
		int ret = ft_get(fd, buf, n, offset);

		if (ret)
			return ret;
		ft_sha256_add(&sha, buf, n);
		offset += n;
		len -= n;
	}
	ft_sha256_end(&sha, digest);
	return 0;
}

static int hex(const unsigned char *digest, const char *text)
{
	unsigned int byte;

	for (; *text; text += 2, digest++)
		if (sscanf(text, "%2x", &byte) != 1 || byte != *digest)
			return -1;
	return 0;
}

static const struct vector {
	const char *algorithm;
	const char *text;
	const char *digest;
} vectors[] = {
	{
		"sha256", "",
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	}, {
		"sha256", "abc",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	}, {
		"sha512", "",
		"cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
	}, {
		"sha512", "abc",
		"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
	}, {
		"sha1", "",
		"da39a3ee5e6b4b0d3255bfef95601890afd80709",
	}, {
		"sha1", "abc",
		"a9993e364706816aba3e25717850c26c9cd0d89d",
	}, {
		"md5", "",
		"d41d8cd98f00b204e9800998ecf8427e",
	}, {
		"md5", "abc",
		"900150983cd24fb0d6963f7d28e17f72",
	}, {
		"sha3-256", "abc",
		"3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
	}, {
		"blake2b-256", "abc",
		"bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319",
	}, {
		/* RFC 3720, B.4: the check value, least significant first. */
		"crc32c", "123456789",
		"839206e3",
	},
};

/* Does /proc/crypto know an algorithm of this name? */
static bool kernel_has(const char *algorithm)
{
	char line[128], name[80];
	bool found = false;
	FILE *file = fopen("/proc/crypto", "re");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "name : %79s", name) == 1 &&
		    !strcmp(name, algorithm))
			found = true;
	if (file)
		fclose(file);
	return found;
}

TEST_F(hash, F2_published_digests)
{
	unsigned int i;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (i = 0; i < ARRAY_SIZE(vectors); i++) {
		const struct vector *v = &vectors[i];
		struct acall_file_hash arg = ft_hash_arg(v->algorithm, 0, 0);
		int ret;

		ASSERT_EQ(0, ftruncate(self->fd, 0));
		ASSERT_EQ(0, ft_put(self->fd, v->text, strlen(v->text), 0));
		ret = ft_hash(self->obj, self->fd, &arg, self->digest,
			      &self->finish);
		/* Only a digest that this kernel has none of may be missing. */
		if (ret == -ENOENT && !kernel_has(v->algorithm) &&
		    strcmp(v->algorithm, "sha256")) {
			TH_LOG("this kernel has no %s", v->algorithm);
			continue;
		}
		ASSERT_EQ(0, ret)
			TH_LOG("%s", v->algorithm);
		ASSERT_TRUE(ft_ended(&self->finish, 0, strlen(v->text)));
		ASSERT_EQ(strlen(v->digest) / 2, self->finish.out_len);
		ASSERT_EQ(0, hex(self->digest, v->digest))
			TH_LOG("%s of \"%s\"", v->algorithm, v->text);
	}
}

TEST_F(hash, F2_odd_sizes)
{
	static const __u64 sizes[] = {
		1, 63, 64, 65, 4095, 4096, 4097, 65535, 65536, 65537,
		FT_MIB - 1, FT_MIB, FT_MIB + 1, 4 * FT_MIB + 77,
	};
	const struct acall_file_hash arg = ft_hash_arg("sha256", 0, 0);
	unsigned int i;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(0, ftruncate(self->fd, 0));
		ASSERT_EQ(0, ft_write_pattern(self->fd, 0, sizes[i], SEED));
		ASSERT_EQ(0, sum(self->fd, 0, sizes[i], self->want));
		ASSERT_EQ(0, ft_hash(self->obj, self->fd, &arg, self->digest,
				     &self->finish));
		ASSERT_TRUE(ft_ended(&self->finish, 0, sizes[i]));
		ASSERT_EQ(sizes[i], self->finish.total);
		ASSERT_EQ(FT_SHA256_LEN, self->finish.out_len);
		ASSERT_EQ(0, memcmp(self->want, self->digest, FT_SHA256_LEN));
	}
}

TEST_F(hash, F2_ranges)
{
	static const __u64 ranges[][2] = {
		{ 0, 1 }, { 1, 1 }, { 4095, 2 }, { 65535, 65538 },
		{ 100001, 0 }, { 3 * FT_MIB - 1, 1 }, { 3 * FT_MIB, 0 },
		{ 17, 2 * FT_MIB },
	};
	const __u64 size = 3 * FT_MIB;
	unsigned int i;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->fd, 0, size, SEED));
	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		const struct acall_file_hash arg =
			ft_hash_arg("sha256", ranges[i][0], ranges[i][1]);
		__u64 len = ranges[i][1] ?: size - ranges[i][0];

		ASSERT_EQ(0, sum(self->fd, ranges[i][0], len, self->want));
		ASSERT_EQ(0, ft_hash(self->obj, self->fd, &arg, self->digest,
				     &self->finish));
		ASSERT_TRUE(ft_ended(&self->finish, 0, len));
		ASSERT_EQ(0, memcmp(self->want, self->digest, FT_SHA256_LEN));
	}
}

/* What is there is hashed, and progress says how much that was. */
TEST_F(hash, F2_range_beyond_the_end)
{
	struct acall_file_hash arg = ft_hash_arg("sha256", 1000, FT_GIB);

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->fd, 0, 5000, SEED));
	ASSERT_EQ(0, sum(self->fd, 1000, 4000, self->want));
	ASSERT_EQ(0, ft_hash(self->obj, self->fd, &arg, self->digest,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 4000));
	EXPECT_EQ(0, memcmp(self->want, self->digest, FT_SHA256_LEN));

	arg = ft_hash_arg("sha256", FT_TIB, 0);
	ASSERT_EQ(0, ft_hash(self->obj, self->fd, &arg, self->digest,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 0));
	EXPECT_EQ(0, hex(self->digest, vectors[0].digest));
}

TEST_F(hash, R_ABI_ranges_across_2_gib_4_gib_1_tib)
{
	static const __u64 seams[] = { 2 * FT_GIB, 4 * FT_GIB, FT_TIB };
	const __u64 half = 30011;
	unsigned int i;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ftruncate(self->fd, 2 * FT_TIB));
	for (i = 0; i < ARRAY_SIZE(seams); i++) {
		const struct acall_file_hash arg =
			ft_hash_arg("sha256", seams[i] - half, 2 * half);

		ASSERT_EQ(0, ft_write_pattern(self->fd, seams[i] - half,
					      2 * half, SEED));
		ASSERT_EQ(0, sum(self->fd, arg.offset, arg.length,
				 self->want));
		ASSERT_EQ(0, ft_hash(self->obj, self->fd, &arg, self->digest,
				     &self->finish));
		ASSERT_TRUE(ft_ended(&self->finish, 0, 2 * half));
		ASSERT_EQ(0, memcmp(self->want, self->digest, FT_SHA256_LEN));
	}
}

TEST_F(hash, F2_sparse_file)
{
	const struct acall_file_hash arg = ft_hash_arg("sha256", 0, 0);
	const __u64 size = 5 * FT_MIB + 1;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->fd, 2 * FT_MIB - 5, 10, SEED));
	ASSERT_EQ(0, ftruncate(self->fd, size));
	ASSERT_EQ(0, sum(self->fd, 0, size, self->want));
	ASSERT_EQ(0, ft_hash(self->obj, self->fd, &arg, self->digest,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, size));
	EXPECT_EQ(0, memcmp(self->want, self->digest, FT_SHA256_LEN));
}

TEST_F(hash, F3_digest_fetched_again_after_EMSGSIZE)
{
	const struct acall_file_hash arg = ft_hash_arg("sha256", 0, 0);

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_put(self->fd, "abc", 3, 0));
	ASSERT_EQ(0, ft_begin(self->obj, ACALL_FILE_HASH, &arg, sizeof(arg),
			      &self->fd, 1));
	ASSERT_EQ(-EMSGSIZE, sys_finish_out(self->obj, self->digest,
					    FT_SHA256_LEN - 1, &self->finish));
	EXPECT_EQ(FT_SHA256_LEN, self->finish.out_len);
	ASSERT_EQ(-EMSGSIZE, ft_finish(self->obj, &self->finish));
	ASSERT_EQ(0, sys_finish_out(self->obj, self->digest, FT_SHA256_LEN,
				    &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 3));
	EXPECT_EQ(0, hex(self->digest, vectors[1].digest));
}

TEST_F(hash, B1_arguments_and_fd_reused_at_once)
{
	struct acall_file_hash arg = ft_hash_arg("sha256", 1, 0);
	const __u64 size = 4 * FT_MIB;
	int fd;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->fd, 0, size, SEED));
	ASSERT_EQ(0, sum(self->fd, 1, size - 1, self->want));
	fd = ft_reopen(self->fd, O_RDONLY);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, ft_begin(self->obj, ACALL_FILE_HASH, &arg, sizeof(arg),
			      &fd, 1));
	memset(&arg, 0xff, sizeof(arg));
	ASSERT_EQ(0, close(fd));
	ASSERT_EQ(0, sys_finish_out(self->obj, self->digest,
				    sizeof(self->digest), &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, size - 1));
	EXPECT_EQ(0, memcmp(self->want, self->digest, FT_SHA256_LEN));
}

TEST_F(hash, R_ID_file_position_stays)
{
	const struct acall_file_hash arg = ft_hash_arg("sha256", 0, 0);

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->fd, 0, 5000, SEED));
	ASSERT_EQ(11, lseek(self->fd, 11, SEEK_SET));
	ASSERT_EQ(0, ft_hash(self->obj, self->fd, &arg, self->digest,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 5000));
	EXPECT_EQ(11, lseek(self->fd, 0, SEEK_CUR));
}

/* By BEGIN, so that a typing error costs nobody an hour. */
TEST_F(hash, B3_unknown_algorithm_ENOENT)
{
	/* The last one is a cipher, which is no digest. */
	static const char * const names[] = {
		"sha257", "SHA256", "acall", "sha256 ", "aes",
	};
	struct acall_file_hash arg;
	unsigned int i;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		arg = ft_hash_arg(names[i], 0, 0);
		ASSERT_EQ(-ENOENT, ft_hash(self->obj, self->fd, &arg,
					   self->digest, &self->finish))
			TH_LOG("%s", names[i]);
	}
}

TEST_F(hash, B3_name_that_is_none_EINVAL)
{
	struct acall_file_hash arg = ft_hash_arg("", 0, 0);

	if (self->why)
		SKIP(return, "%s", self->why);
	EXPECT_EQ(-EINVAL, ft_hash(self->obj, self->fd, &arg, self->digest,
				   &self->finish));
	/* Something after the NUL. */
	memcpy(arg.algorithm, "sha256", 6);
	arg.algorithm[sizeof(arg.algorithm) - 1] = 'x';
	EXPECT_EQ(-EINVAL, ft_hash(self->obj, self->fd, &arg, self->digest,
				   &self->finish));
	/* Without a NUL. */
	memset(arg.algorithm, 'a', sizeof(arg.algorithm));
	EXPECT_EQ(-EINVAL, ft_hash(self->obj, self->fd, &arg, self->digest,
				   &self->finish));
}

/* Without its key an HMAC is a digest of nothing in particular. */
TEST_F(hash, B3_keyed_digest_EINVAL)
{
	static const char * const names[] = { "hmac(sha256)", "cmac(aes)" };
	struct acall_file_hash arg;
	unsigned int i;
	int ret;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		arg = ft_hash_arg(names[i], 0, 0);
		EXPECT_EQ(-EINVAL, ft_hash(self->obj, self->fd, &arg,
					   self->digest, &self->finish));
	}
	/* One that does not show it by its name, where the kernel has it. */
	arg = ft_hash_arg("ghash", 0, 0);
	ret = ft_hash(self->obj, self->fd, &arg, self->digest, &self->finish);
	EXPECT_EQ(kernel_has("ghash") ? -EINVAL : -ENOENT, ret);
}

/*
 * The digest of a file that shrinks while it is read is that of a prefix of
 * what it was, and progress says of which.
 */
TEST_F(hash, truncated_meanwhile)
{
	const struct acall_file_hash arg = ft_hash_arg("sha256", 0, 0);
	const __u64 size = 16 * FT_MIB;
	unsigned int round;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (round = 0; round < 3; round++) {
		ASSERT_EQ(0, ft_write_pattern(self->fd, 0, size, SEED));
		ASSERT_EQ(0, ft_begin(self->obj, ACALL_FILE_HASH, &arg,
				      sizeof(arg), &self->fd, 1));
		if (round)
			ASSERT_LE(0, ft_wait_progress(self->obj, 1));
		ASSERT_EQ(0, ftruncate(self->fd, round < 2 ? 0 : size / 2));
		ASSERT_EQ(0, sys_finish_out(self->obj, self->digest,
					    sizeof(self->digest),
					    &self->finish));
		ASSERT_EQ(ACALL_OUTCOME_COMPLETED, self->finish.outcome);
		ASSERT_EQ(0, self->finish.status);
		ASSERT_LE(self->finish.progress, size);
		ASSERT_EQ(0, ft_write_pattern(self->fd, 0, size, SEED));
		ASSERT_EQ(0, sum(self->fd, 0, self->finish.progress,
				 self->want));
		ASSERT_EQ(0, memcmp(self->want, self->digest, FT_SHA256_LEN));
	}
}

TEST_F(hash, growing_meanwhile)
{
	const struct acall_file_hash arg = ft_hash_arg("sha256", 0, 0);
	const __u64 size = 4 * FT_MIB;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->fd, 0, size, SEED));
	ASSERT_EQ(0, sum(self->fd, 0, size, self->want));
	ASSERT_EQ(0, ft_begin(self->obj, ACALL_FILE_HASH, &arg, sizeof(arg),
			      &self->fd, 1));
	ASSERT_EQ(0, ft_write_pattern(self->fd, size, 2 * size, SEED));
	ASSERT_EQ(0, sys_finish_out(self->obj, self->digest,
				    sizeof(self->digest), &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, size));
	EXPECT_EQ(0, memcmp(self->want, self->digest, FT_SHA256_LEN));
}

FIXTURE(hash_device) {
	const char *why;
	int obj;
	int dev;
	struct acall_finish finish;
	unsigned char digest[ACALL_FILE_DIGEST_MAX];
	unsigned char want[FT_SHA256_LEN];
};

FIXTURE_SETUP(hash_device)
{
	self->why = ft_missing("ACALL_DEV_SMALL");
	if (self->why)
		return;
	self->obj = ft_object();
	ASSERT_GE(self->obj, 0);
	self->dev = open(getenv("ACALL_DEV_SMALL"), O_RDONLY | O_CLOEXEC);
	ASSERT_GE(self->dev, 0);
}

FIXTURE_TEARDOWN(hash_device)
{
	const char *left;

	if (self->why)
		return;
	close(self->obj);
	close(self->dev);
	left = ft_leftovers();
	EXPECT_EQ(NULL, left)
		TH_LOG("%s", left);
}

TEST_F(hash_device, block_device_as_source)
{
	__u64 size = lseek(self->dev, 0, SEEK_END);
	struct acall_file_hash arg = ft_hash_arg("sha256", 1000, 3 * FT_MIB);

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, sum(self->dev, 1000, 3 * FT_MIB, self->want));
	ASSERT_EQ(0, ft_hash(self->obj, self->dev, &arg, self->digest,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 3 * FT_MIB));
	EXPECT_EQ(0, memcmp(self->want, self->digest, FT_SHA256_LEN));

	/* Length 0: to the end of the device. */
	arg = ft_hash_arg("sha256", size - 70001, 0);
	ASSERT_EQ(0, sum(self->dev, size - 70001, 70001, self->want));
	ASSERT_EQ(0, ft_hash(self->obj, self->dev, &arg, self->digest,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 70001));
	EXPECT_EQ(0, memcmp(self->want, self->digest, FT_SHA256_LEN));
}

#include "acall_main.h"
