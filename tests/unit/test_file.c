#include "base/file.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/failing_malloc.h"
#include "support/tmpdir.h"
#include "unit/suites.h"

static struct tmpdir tmpdir;
static char path[TMPDIR_PATH];

static void set_up(void)
{
    tmpdir_init(&tmpdir);
    tmpdir_join(&tmpdir, "file", path);
}

static void tear_down(void)
{
    tmpdir_release(&tmpdir);
}

static const size_t lengths[] = {0, 1, 4095, 4096, 65535, 65536, 65537, 1000000};

START_TEST(test_written_bytes_are_read_back)
{
    size_t length = lengths[_i], read_length;
    char *bytes = malloc(length + 1), *back;
    memset(bytes, 'x', length + 1);
    ck_assert_int_eq(file_write(path, "before", 6, NULL), STATUS_OK);
    ck_assert_int_eq(file_write(path, bytes, length, NULL), STATUS_OK);
    ck_assert_int_eq(file_read(path, length, &back, &read_length, NULL), STATUS_OK);
    ck_assert_uint_eq(read_length, length);
    ck_assert(memcmp(bytes, back, length) == 0 && back[length] == '\0');
    ck_assert_int_eq(tmpdir_count(&tmpdir), 1);
    free(bytes);
    free(back);
}
END_TEST

START_TEST(test_file_beyond_the_ceiling_is_refused)
{
    struct error err = {.status = STATUS_OK};
    char *bytes;
    size_t length;
    file_write(path, "12345", 5, NULL);
    ck_assert_int_eq(file_read(path, 4, &bytes, &length, &err), STATUS_TOO_LARGE);
    ck_assert_str_eq(err.where, path);
    ck_assert_str_eq(err.expected, "at most 4 bytes");
    ck_assert_ptr_null(bytes);
    ck_assert_int_eq(file_read(path, SIZE_MAX, &bytes, &length, NULL), STATUS_OK);
    free(bytes);
}
END_TEST

START_TEST(test_standard_input_is_a_dash)
{
    int ends[2], input = dup(STDIN_FILENO);
    char *bytes;
    size_t length;
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "from a pipe", 11), 11);
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    enum status status = file_read("-", 100, &bytes, &length, NULL);
    dup2(input, STDIN_FILENO);
    close(input);
    ck_assert_int_eq(status, STATUS_OK);
    ck_assert_str_eq(bytes, "from a pipe");
    free(bytes);
}
END_TEST

START_TEST(test_unreadable_paths_are_errors)
{
    struct error missing = {.status = STATUS_OK}, folder = missing;
    char *bytes, expected[TMPDIR_PATH + 64];
    size_t length;
    ck_assert_int_eq(file_read(path, 10, &bytes, &length, &missing), STATUS_IO);
    snprintf(expected, sizeof expected,
             "could not open \"%s\": No such file or directory", path);
    ck_assert_str_eq(missing.text, expected);
    ck_assert_str_eq(missing.where, path);
    ck_assert_int_eq(file_read(tmpdir.path, 10, &bytes, &length, &folder), STATUS_IO);
    snprintf(expected, sizeof expected, "could not read \"%s\": Is a directory",
             tmpdir.path);
    ck_assert_str_eq(folder.text, expected);
}
END_TEST

START_TEST(test_a_failed_write_changes_nothing)
{
    struct error err = {.status = STATUS_OK};
    char nowhere[TMPDIR_PATH];
    tmpdir_join(&tmpdir, "no/where", nowhere);
    ck_assert_int_eq(file_write(nowhere, "x", 1, &err), STATUS_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "No such file or directory"));

    ck_assert_int_eq(mkdir(path, 0700), 0); /* a folder cannot be replaced */
    ck_assert_int_eq(file_write(path, "x", 1, NULL), STATUS_IO);
    ck_assert_int_eq(tmpdir_count(&tmpdir), 1);
}
END_TEST

START_TEST(test_an_old_temporary_file_does_no_harm)
{
    char name[2 * TMPDIR_PATH];
    struct stat stat_of_path;
    snprintf(name, sizeof name, "%s.tmp%ld-0", path, (long)getpid());
    close(open(name, O_CREAT | O_WRONLY, 0600));
    mode_t mask = umask(027);
    enum status status = file_write(path, "x", 1, NULL);
    umask(mask);
    ck_assert_int_eq(status, STATUS_OK);
    ck_assert_int_eq(stat(path, &stat_of_path), 0);
    ck_assert_uint_eq(stat_of_path.st_mode & 0777, 0640);
}
END_TEST

static const struct {
    const char *about, *suffix;
    bool is_removed;
} leftovers[] = {
    {"of a process that was killed", ".tmp123456-0", true},
    {"of another attempt", ".tmp1-99", true},
    {"a copy of one", ".tmp1-99.bak", false},
    {"a file of the user", ".tmp", false},
    {"another one", ".tmp-1", false},
    {"a number without an attempt", ".tmp12", false},
    {"of a longer name", "x.tmp1-1", false},
};

START_TEST(test_temporary_files_of_killed_programs_are_removed)
{
    char name[2 * TMPDIR_PATH];
    struct stat found;
    snprintf(name, sizeof name, "%s%s", path, leftovers[_i].suffix);
    close(open(name, O_CREAT | O_WRONLY, 0600));
    ck_assert_int_eq(file_check_writable(path, NULL), STATUS_OK);
    ck_assert_msg((stat(name, &found) != 0) == leftovers[_i].is_removed, "%s",
                  leftovers[_i].about);
}
END_TEST

START_TEST(test_temporary_file_that_is_being_written_stays)
{
    char name[2 * TMPDIR_PATH];
    struct stat found;
    snprintf(name, sizeof name, "%s.tmp123456-0", path);
    int fd = open(name, O_CREAT | O_WRONLY, 0600);
    ck_assert_int_eq(flock(fd, LOCK_EX), 0);
    ck_assert_int_eq(file_write(path, "x", 1, NULL), STATUS_OK);
    ck_assert_int_eq(stat(name, &found), 0);
    close(fd);
    ck_assert_int_eq(file_write(path, "x", 1, NULL), STATUS_OK);
    ck_assert_int_ne(stat(name, &found), 0);
}
END_TEST

START_TEST(test_regular_files_are_read_in_parts)
{
    struct file file;
    char bytes[8] = "", *all;
    size_t length;
    file_write(path, "12345", 5, NULL);
    ck_assert_int_eq(file_open(&file, path, 5, NULL), STATUS_OK);
    ck_assert_uint_eq(file.bytes, 5);
    ck_assert_int_eq(file_read_next(&file, bytes, 2, NULL), STATUS_OK);
    ck_assert_str_eq(bytes, "12");
    ck_assert_int_eq(file_read_next(&file, bytes, 8, NULL), STATUS_OK);
    ck_assert_str_eq(bytes, "345");
    file_close(&file);
    ck_assert_int_eq(file_open(&file, path, 4, NULL), STATUS_TOO_LARGE);
    ck_assert_int_eq(file_read_regular(path, 5, &all, &length, NULL), STATUS_OK);
    ck_assert_str_eq(all, "12345");
    free(all);
}
END_TEST

START_TEST(test_file_that_becomes_shorter_is_an_error)
{
    struct file file;
    struct error err = {.status = STATUS_OK};
    char bytes[8];
    file_write(path, "12345", 5, NULL);
    ck_assert_int_eq(file_open(&file, path, 5, NULL), STATUS_OK);
    ck_assert_int_eq(truncate(path, 3), 0);
    ck_assert_int_eq(file_read_next(&file, bytes, 5, &err), STATUS_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "became shorter"));
    file_close(&file);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    char *bytes;
    size_t length;
    file_write(path, "x", 1, NULL);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        enum status written = file_write(path, "x", 1, NULL);
        enum status back = file_read(path, 10, &bytes, &length, NULL);
        ck_assert((written != STATUS_OK || back != STATUS_OK) ==
                  failing_malloc_has_failed());
        free(bytes);
    }
}
END_TEST

START_TEST(test_only_regular_files_are_replaced)
{
    struct error err = {0};
    struct stat found;
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(file_check_writable(path, &err), STATUS_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "not a regular file"));
    ck_assert_int_eq(file_write(path, "x", 1, NULL), STATUS_IO);
    ck_assert_int_eq(lstat(path, &found), 0);
    ck_assert(S_ISFIFO(found.st_mode));
}
END_TEST

START_TEST(test_checking_leaves_no_file)
{
    char absent[TMPDIR_PATH];
    ck_assert_int_eq(file_check_writable(path, NULL), STATUS_OK);
    ck_assert_int_eq(tmpdir_count(&tmpdir), 0);
    tmpdir_join(&tmpdir, "no/folder", absent);
    ck_assert_int_eq(file_check_writable(absent, NULL), STATUS_IO);
}
END_TEST

Suite *file_suite(void)
{
    Suite *suite = suite_create("file");
    TCase *tc = tcase_create("file");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, test_written_bytes_are_read_back, 0, COUNT(lengths));
    tcase_add_test(tc, test_file_beyond_the_ceiling_is_refused);
    tcase_add_test(tc, test_standard_input_is_a_dash);
    tcase_add_test(tc, test_unreadable_paths_are_errors);
    tcase_add_test(tc, test_a_failed_write_changes_nothing);
    tcase_add_test(tc, test_an_old_temporary_file_does_no_harm);
    tcase_add_loop_test(tc, test_temporary_files_of_killed_programs_are_removed, 0,
                        COUNT(leftovers));
    tcase_add_test(tc, test_temporary_file_that_is_being_written_stays);
    tcase_add_test(tc, test_regular_files_are_read_in_parts);
    tcase_add_test(tc, test_file_that_becomes_shorter_is_an_error);
    tcase_add_test(tc, test_memory_runs_out);
    tcase_add_test(tc, test_only_regular_files_are_replaced);
    tcase_add_test(tc, test_checking_leaves_no_file);
    suite_add_tcase(suite, tc);
    return suite;
}
