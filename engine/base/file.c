/* Reading whole files, and replacing a file by a renamed temporary file. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/size.h"

enum {
    FIRST_READ = 1 << 16,
    NAME_ATTEMPTS = 100,
    SUFFIX_SIZE = 32 /* of the suffix in the name of a temporary file, with a zero */
};

/* The message contains the text of errno. */
static enum status io_failure(struct error *err, const char *verb, const char *path)
{
    return error_set(err, STATUS_IO, path, "could not %s \"%s\": %m", verb, path);
}

static enum status too_large(struct error *err, const char *path, size_t ceiling)
{
    char expected[48];
    snprintf(expected, sizeof expected, "at most %zu bytes", ceiling);
    return error_mismatch(err, STATUS_TOO_LARGE, path, expected, "",
                          "file \"%s\" is larger than %zu bytes", path, ceiling);
}

/* The size of a regular file, one byte for the final zero, and one to read the end of file. */
static size_t first_capacity(int fd, size_t ceiling)
{
    struct stat stat;
    size_t size = FIRST_READ;
    if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_size >= 0)
        size = (size_t)stat.st_size;
    if (size > ceiling)
        size = ceiling;
    return size <= SIZE_MAX - 2 ? size + 2 : SIZE_MAX;
}

/* Read until the file ends or exceeds ceiling.  The caller frees *bytes, also after a failure. */
static enum status read_all(int fd, const char *path, size_t ceiling, char **bytes,
                            size_t *length, struct error *err)
{
    size_t capacity = first_capacity(fd, ceiling);
    *bytes = malloc(capacity);
    if (!*bytes)
        return error_no_memory(err);

    for (*length = 0; *length <= ceiling;) {
        if (*length + 1 == capacity) {
            char *larger = NULL;
            if (size_multiply(capacity, 2, &capacity))
                larger = realloc(*bytes, capacity);
            if (!larger)
                return error_no_memory(err);
            *bytes = larger;
        }
        ssize_t count = read(fd, *bytes + *length, capacity - 1 - *length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return io_failure(err, "read", path);
        if (count == 0) {
            (*bytes)[*length] = '\0';
            return STATUS_OK;
        }
        *length += (size_t)count;
    }
    return too_large(err, path, ceiling);
}

enum status file_read(const char *path, size_t ceiling, char **bytes, size_t *length,
                      struct error *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return io_failure(err, "open", path);

    enum status status = read_all(fd, path, ceiling, bytes, length, err);
    if (status != STATUS_OK) {
        free(*bytes);
        *bytes = NULL;
        *length = 0;
    }
    if (!is_stdin)
        close(fd);
    return status;
}

/* ---- regular files --------------------------------------------------------------------- */

/* "a folder"; NULL for a regular file. */
static const char *other_kind(mode_t mode)
{
    if (S_ISREG(mode))
        return NULL;
    if (S_ISDIR(mode))
        return "a folder";
    if (S_ISFIFO(mode))
        return "a named pipe";
    return S_ISSOCK(mode) ? "a socket" : "a device";
}

static enum status check_kind(const struct stat *stat, const char *path,
                              struct error *err)
{
    const char *kind = other_kind(stat->st_mode);
    if (!kind)
        return STATUS_OK;
    return error_set(err, STATUS_IO, path, "\"%s\" is %s, not a regular file", path,
                     kind);
}

enum status file_open(struct file *file, const char *path, size_t ceiling,
                      struct error *err)
{
    struct stat found;
    *file = (struct file){.path = path, .descriptor = -1};
    if (stat(path, &found) != 0)
        return io_failure(err, "open", path);
    RETURN_IF_ERROR(check_kind(&found, path, err)); /* opening a device may change it */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return io_failure(err, "open", path);
    enum status status = STATUS_OK;
    if (fstat(fd, &found) != 0)
        status = io_failure(err, "read", path);
    else
        status = check_kind(&found, path, err); /* it may be another one now */
    if (status == STATUS_OK && (uint64_t)found.st_size > ceiling)
        status = too_large(err, path, ceiling);
    if (status != STATUS_OK) {
        close(fd);
        return status;
    }
    file->descriptor = fd;
    file->bytes = (size_t)found.st_size;
    return STATUS_OK;
}

enum status file_read_next(struct file *file, char *bytes, size_t count,
                           struct error *err)
{
    size_t left = file->bytes - file->position;
    for (count = count < left ? count : left; count > 0;) {
        ssize_t received = read(file->descriptor, bytes, count);
        if (received < 0 && errno == EINTR)
            continue;
        if (received < 0)
            return io_failure(err, "read", file->path);
        if (received == 0)
            return error_set(err, STATUS_IO, file->path,
                             "\"%s\" became shorter while it was read", file->path);
        bytes += received;
        count -= (size_t)received;
        file->position += (size_t)received;
    }
    return STATUS_OK;
}

void file_close(struct file *file)
{
    close(file->descriptor);
}

enum status file_read_regular(const char *path, size_t ceiling, char **bytes,
                              size_t *length, struct error *err)
{
    struct file file;
    *bytes = NULL;
    *length = 0;
    RETURN_IF_ERROR(file_open(&file, path, ceiling, err));
    enum status status = STATUS_NO_MEMORY;
    char *buffer = malloc(file.bytes + 1);
    if (buffer)
        status = file_read_next(&file, buffer, file.bytes, err);
    else
        (void)error_no_memory(err);
    if (status == STATUS_OK) {
        buffer[file.bytes] = '\0';
        *bytes = buffer;
        *length = file.bytes;
    } else {
        free(buffer);
    }
    file_close(&file);
    return status;
}

/* ---- writing --------------------------------------------------------------------------- */

/* Refuse to replace a device, a folder or a symbolic link. */
static enum status check_regular(const char *path, struct error *err)
{
    struct stat stat;
    if (lstat(path, &stat) != 0)
        return errno == ENOENT ? STATUS_OK : io_failure(err, "look at", path);
    if (!S_ISREG(stat.st_mode))
        return error_set(err, STATUS_IO, path,
                         "cannot replace \"%s\": it is not a regular file", path);
    return STATUS_OK;
}

/* The length of "tmp123-4", which ends the name of a temporary file; is it that? */
static bool is_temporary_suffix(const char *suffix)
{
    static const char digits[] = "0123456789", tmp[] = ".tmp";
    if (strncmp(suffix, tmp, sizeof tmp - 1) != 0)
        return false;
    suffix += sizeof tmp - 1;
    size_t first = strspn(suffix, digits);
    if (first == 0 || suffix[first] != '-')
        return false;
    suffix += first + 1;
    return *suffix != '\0' && suffix[strspn(suffix, digits)] == '\0';
}

/*
 * Remove a temporary file unless its writer, which holds a lock on it, still runs.  Process ids
 * would not tell: the writer may run in another container.
 */
static void remove_if_stale(int folder, const char *name)
{
    struct stat found;
    int fd = openat(folder, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fstat(fd, &found) == 0 && S_ISREG(found.st_mode) &&
        flock(fd, LOCK_EX | LOCK_NB) == 0)
        (void)unlinkat(folder, name, 0);
    close(fd);
}

/* Remove the temporary files of path whose writers have been killed. */
static void remove_stale(const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    size_t length = strlen(base);
    char folder[4096];
    int written = slash == path ? snprintf(folder, sizeof folder, "/")
                  : slash
                      ? snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path)
                      : snprintf(folder, sizeof folder, ".");
    if (written < 0 || (size_t)written >= sizeof folder)
        return;
    DIR *list = opendir(folder);
    if (!list)
        return;
    for (const struct dirent *entry; (entry = readdir(list));)
        if (strncmp(entry->d_name, base, length) == 0 &&
            is_temporary_suffix(entry->d_name + length))
            remove_if_stale(dirfd(list), entry->d_name);
    closedir(list);
}

/*
 * Lock a new temporary file.  False if another process has taken it for stale before it was locked.
 * A file system without locks has no stale files removed.
 */
static bool keep_temporary(int fd)
{
    struct stat found;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return errno != EWOULDBLOCK;
    return fstat(fd, &found) == 0 && found.st_nlink > 0;
}

/*
 * Create a file beside path, which may be replaced only if it is a regular file.  *name, which
 * the caller frees, is path and a suffix; *fd is open for writing.
 */
static enum status open_temporary(const char *path, char **name, int *fd,
                                  struct error *err)
{
    RETURN_IF_ERROR(check_regular(path, err));
    remove_stale(path);
    size_t size = strlen(path) + SUFFIX_SIZE;
    *name = malloc(size);
    if (!*name)
        return error_no_memory(err);
    *fd = -1;
    errno = EEXIST;
    for (int i = 0; i < NAME_ATTEMPTS && *fd < 0 && errno == EEXIST; i++) {
        snprintf(*name, size, "%s.tmp%ld-%d", path, (long)getpid(), i);
        *fd = open(*name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (*fd >= 0 && !keep_temporary(*fd)) {
            close(*fd);
            *fd = -1;
            errno = EEXIST;
        }
    }
    if (*fd >= 0)
        return STATUS_OK;
    (void)io_failure(err, "create a file beside", path);
    free(*name);
    return STATUS_IO;
}

static bool write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t count = write(fd, bytes, length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return false;
        bytes += count;
        length -= (size_t)count;
    }
    return true;
}

/* Sync the folder of a file, so that a rename is durable.  Cuts name to the folder's. */
static bool sync_folder(char *name)
{
    char *slash = strrchr(name, '/');
    if (slash == name)
        slash++; /* the root folder keeps its slash */
    if (slash)
        *slash = '\0';
    int fd = open(slash ? name : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == EACCES; /* a folder that cannot be read cannot be synced */
    bool is_synced = fsync(fd) == 0 || errno == EINVAL; /* some file systems cannot */
    int reason = errno;
    close(fd);
    errno = reason;
    return is_synced;
}

void file_open_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)!open("/dev/null", O_RDONLY); /* gets the lowest number, fd */
}

enum status file_check_writable(const char *path, struct error *err)
{
    char *name;
    int fd;
    RETURN_IF_ERROR(open_temporary(path, &name, &fd, err));
    close(fd);
    unlink(name);
    free(name);
    return STATUS_OK;
}

enum status file_write(const char *path, const void *bytes, size_t length,
                       struct error *err)
{
    char *name;
    int fd;
    RETURN_IF_ERROR(open_temporary(path, &name, &fd, err));
    enum status status = STATUS_OK;
    if (!write_all(fd, bytes, length) || fsync(fd) != 0)
        status = io_failure(err, "write", path);
    if (close(fd) != 0 && status == STATUS_OK)
        status = io_failure(err, "write", path);
    if (status == STATUS_OK && rename(name, path) != 0)
        status = io_failure(err, "replace", path);
    if (status != STATUS_OK)
        unlink(name);
    else if (!sync_folder(name))
        status = io_failure(err, "sync the folder of", path);
    free(name);
    return status;
}
