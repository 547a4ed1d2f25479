/*
 * Records what a process does to the files under one folder, in the order in which it was done.
 *
 * Loaded by LD_PRELOAD it stands between the program (SQLite's unix VFS, the cipher above it, and
 * Python alike) and the system library. Each call is carried out first and then written to the record,
 * both under one lock. The record is judged elsewhere; nothing is dropped or torn here.
 *
 * POWER_ROOT   the folder that is watched: an absolute path without links
 * POWER_TRACE  the file that the record is written to; it lies outside of POWER_ROOT
 *
 * A record is, in the machine's own byte order: u8 kind, i32 descriptor, i64 number (offset, length or
 * flags), u32 bytes of text (the path, or two with a zero byte between), u32 bytes of data; text; data.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define KNOWN 4096 /* descriptors beyond this are not expected and end the process */
#define SHARED_MAP 'm'
#define UNKNOWN '?' /* a way to write that the record does not hold */

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static unsigned char watched[KNOWN];
static char root[PATH_MAX];
static size_t root_length;
static int record = -1;

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

static ssize_t put(const void *from, size_t count) {
    size_t done = 0;
    while (done < count) {
        ssize_t now = REAL(write)(record, (const char *)from + done, count - done);
        if (now < 0 && errno == EINTR) continue;
        if (now <= 0) abort(); /* a record with a hole would prove nothing */
        done += (size_t)now;
    }
    return (ssize_t)count;
}

static void note(char kind, int fd, int64_t number, const char *text, size_t text_length,
                 const void *data, size_t count) {
    unsigned char head[21];
    int32_t fd32 = fd;
    uint32_t text32 = (uint32_t)text_length, count32 = (uint32_t)count;
    int kept = errno;
    head[0] = (unsigned char)kind;
    memcpy(head + 1, &fd32, 4);
    memcpy(head + 5, &number, 8);
    memcpy(head + 13, &text32, 4);
    memcpy(head + 17, &count32, 4);
    put(head, sizeof head);
    put(text, text_length);
    put(data, count);
    errno = kept;
}

__attribute__((constructor)) static void start(void) {
    const char *folder = getenv("POWER_ROOT"), *trace = getenv("POWER_TRACE");
    if (!folder || !trace || strlen(folder) >= sizeof root) return;
    int low = REAL(open)(trace, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (low < 0) abort();
    record = fcntl(low, F_DUPFD_CLOEXEC, 900); /* out of the way of descriptors that are used again */
    REAL(close)(low);
    if (record < 0) abort();
    strcpy(root, folder);
    root_length = strlen(root);
}

/* The whole path of `path`, which may be given from a folder's descriptor; 0 where it is not ours. */
static int ours(int folder, const char *path, char *whole) {
    if (record < 0 || !path) return 0;
    if (path[0] == '/') {
        if (strlen(path) >= PATH_MAX) abort();
        strcpy(whole, path);
    } else {
        char link[64];
        ssize_t length;
        if (folder == AT_FDCWD) strcpy(link, "/proc/self/cwd");
        else snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        length = readlink(link, whole, PATH_MAX - 1);
        if (length < 0 || (size_t)length + strlen(path) + 2 > PATH_MAX) return 0;
        whole[length] = '/';
        strcpy(whole + length + 1, path);
    }
    return !strncmp(whole, root, root_length) && (whole[root_length] == '/' || !whole[root_length]);
}

static int is_watched(int fd) {
    return record >= 0 && fd >= 0 && fd < KNOWN && watched[fd];
}

static int opened(int fd, int folder, const char *path, int flags) {
    char whole[PATH_MAX];
    if (record < 0 || fd < 0) return fd;
    if (fd >= KNOWN) abort();
    watched[fd] = 0;
    if (ours(folder, path, whole)) {
        watched[fd] = 1;
        note('o', fd, flags, whole, strlen(whole), "", 0);
    }
    return fd;
}

#define MODE(flags)                                      \
    mode_t mode = 0;                                     \
    if ((flags) & O_CREAT || ((flags) & O_TMPFILE) == O_TMPFILE) { \
        va_list rest;                                    \
        va_start(rest, flags);                           \
        mode = va_arg(rest, mode_t);                     \
        va_end(rest);                                    \
    }
#define LOCKED(type, call)            \
    pthread_mutex_lock(&lock);        \
    type result = call;               \
    int failed = errno;
#define UNLOCK                        \
    pthread_mutex_unlock(&lock);      \
    errno = failed;                   \
    return result;

#define OPEN(name)                                                    \
    int name(const char *path, int flags, ...) {                      \
        MODE(flags)                                                   \
        LOCKED(int, REAL(name)(path, flags, mode))                    \
        opened(result, AT_FDCWD, path, flags);                        \
        UNLOCK                                                        \
    }
#define OPENAT(name)                                                  \
    int name(int folder, const char *path, int flags, ...) {          \
        MODE(flags)                                                   \
        LOCKED(int, REAL(name)(folder, path, flags, mode))            \
        opened(result, folder, path, flags);                          \
        UNLOCK                                                        \
    }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

int __open_2(const char *path, int flags) { return open(path, flags); }
int __open64_2(const char *path, int flags) { return open64(path, flags); }

int close(int fd) {
    LOCKED(int, REAL(close)(fd))
    if (fd >= 0 && fd < KNOWN) watched[fd] = 0;
    UNLOCK
}

ssize_t write(int fd, const void *data, size_t count) {
    if (!is_watched(fd)) return REAL(write)(fd, data, count);
    LOCKED(ssize_t, REAL(write)(fd, data, count))
    if (result > 0) note('w', fd, lseek(fd, 0, SEEK_CUR) - result, "", 0, data, (size_t)result);
    UNLOCK
}

#define PWRITE(name, offset_type)                                             \
    ssize_t name(int fd, const void *data, size_t count, offset_type at) {    \
        LOCKED(ssize_t, REAL(name)(fd, data, count, at))                      \
        if (result > 0 && is_watched(fd)) note('w', fd, at, "", 0, data, (size_t)result); \
        UNLOCK                                                                \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define TRUNCATE(name, offset_type)                                           \
    int name(int fd, offset_type length) {                                    \
        LOCKED(int, REAL(name)(fd, length))                                   \
        if (!result && is_watched(fd)) note('t', fd, length, "", 0, "", 0);   \
        UNLOCK                                                                \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define SYNC(name)                                                            \
    int name(int fd) {                                                        \
        LOCKED(int, REAL(name)(fd))                                           \
        if (!result && is_watched(fd)) note('s', fd, 0, "", 0, "", 0);        \
        UNLOCK                                                                \
    }
SYNC(fsync)
SYNC(fdatasync)

static void named(char kind, int folder, const char *path) {
    char whole[PATH_MAX];
    if (ours(folder, path, whole)) note(kind, -1, 0, whole, strlen(whole), "", 0);
}

static void moved(int from_folder, const char *from, int to_folder, const char *to) {
    char both[2 * PATH_MAX] = "", second[PATH_MAX] = "";
    int left = ours(from_folder, from, both), right = ours(to_folder, to, second);
    if (!left && !right) return;
    size_t length = strlen(both);
    strcpy(both + length + 1, second);
    note('r', -1, 0, both, length + 1 + strlen(second), "", 0);
}

int unlink(const char *path) {
    LOCKED(int, REAL(unlink)(path))
    if (!result) named('u', AT_FDCWD, path);
    UNLOCK
}

int unlinkat(int folder, const char *path, int flags) {
    LOCKED(int, REAL(unlinkat)(folder, path, flags))
    if (!result) named('u', folder, path);
    UNLOCK
}

int rmdir(const char *path) {
    LOCKED(int, REAL(rmdir)(path))
    if (!result) named('u', AT_FDCWD, path);
    UNLOCK
}

int remove(const char *path) {
    LOCKED(int, REAL(remove)(path))
    if (!result) named('u', AT_FDCWD, path);
    UNLOCK
}

int mkdir(const char *path, mode_t mode) {
    LOCKED(int, REAL(mkdir)(path, mode))
    if (!result) named('d', AT_FDCWD, path);
    UNLOCK
}

int mkdirat(int folder, const char *path, mode_t mode) {
    LOCKED(int, REAL(mkdirat)(folder, path, mode))
    if (!result) named('d', folder, path);
    UNLOCK
}

int rename(const char *from, const char *to) {
    LOCKED(int, REAL(rename)(from, to))
    if (!result) moved(AT_FDCWD, from, AT_FDCWD, to);
    UNLOCK
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    LOCKED(int, REAL(renameat)(from_folder, from, to_folder, to))
    if (!result) moved(from_folder, from, to_folder, to);
    UNLOCK
}

/* Other ways to change a file. Whoever reads the record refuses one that holds them: nothing is
 * passed over in silence. A shared map is the wal-index's, which no power cut leaves behind. */
#define REFUSED(type, name, fd, declared, given)              \
    type name declared {                                      \
        LOCKED(type, REAL(name) given)                        \
        if (is_watched(fd)) note(UNKNOWN, fd, 0, #name, strlen(#name), "", 0); \
        UNLOCK                                                \
    }
REFUSED(ssize_t, writev, fd, (int fd, const struct iovec *parts, int count), (fd, parts, count))
REFUSED(ssize_t, pwritev, fd, (int fd, const struct iovec *parts, int count, off_t at),
        (fd, parts, count, at))
REFUSED(int, fallocate, fd, (int fd, int mode, off_t at, off_t count), (fd, mode, at, count))
REFUSED(int, posix_fallocate, fd, (int fd, off_t at, off_t count), (fd, at, count))
REFUSED(int, posix_fallocate64, fd, (int fd, off64_t at, off64_t count), (fd, at, count))
REFUSED(ssize_t, copy_file_range, out,
        (int in, off64_t *from, int out, off64_t *to, size_t count, unsigned flags),
        (in, from, out, to, count, flags))
extern ssize_t sendfile(int, int, off_t *, size_t);
REFUSED(ssize_t, sendfile, out, (int out, int in, off_t *from, size_t count), (out, in, from, count))
extern ssize_t sendfile64(int, int, off64_t *, size_t);
REFUSED(ssize_t, sendfile64, out, (int out, int in, off64_t *from, size_t count),
        (out, in, from, count))

#define MMAP(name, offset_type)                                                              \
    void *name(void *where, size_t count, int access, int flags, int fd, offset_type at) {   \
        LOCKED(void *, REAL(name)(where, count, access, flags, fd, at))                      \
        if (is_watched(fd) && (access & PROT_WRITE) && (flags & MAP_SHARED))                 \
            note(SHARED_MAP, fd, at, "", 0, "", 0);                                          \
        UNLOCK                                                                               \
    }
MMAP(mmap, off_t)
MMAP(mmap64, off64_t)
