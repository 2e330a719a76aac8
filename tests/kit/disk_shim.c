/* Disk shim: a library to preload, which writes down what a process does to the files below one folder, makes
   one of these calls fail, or ends the process at one of them.

   MAGRAY_DISK_ROOT   the folder; without it nothing happens
   MAGRAY_DISK_TRACE  a file outside of it that every call is appended to, after it has succeeded
   MAGRAY_DISK_FAULT  "ERRNO N": the Nth call fails so; "ERRNO N+": all from the Nth on; "KILL N": SIGKILL

   A program can also call disk_fault(errno, first, last), disk_calls(), disk_note(text) and disk_failed(), which
   gives the first call that failed (as in a trace), by ctypes. Calls are counted from 1; those that only read are
   neither counted nor written down. Linux only. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static char root[PATH_MAX];
static size_t root_length;
static int trace = -1;
static long calls, first_fault, last_fault;
static int fault, failed;
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static const int KILL = -1;

__attribute__((constructor)) static void begin(void) {
    const char *text = getenv("MAGRAY_DISK_ROOT");
    if (!text || !realpath(text, root)) return;
    root_length = strlen(root);
    if ((text = getenv("MAGRAY_DISK_TRACE")))
        trace = (int)syscall(SYS_openat, AT_FDCWD, text, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    char name[16] = "", more = 0;
    if ((text = getenv("MAGRAY_DISK_FAULT")) && sscanf(text, "%15s %ld%c", name, &first_fault, &more) >= 2) {
        last_fault = more == '+' ? LONG_MAX : first_fault;
        fault = !strcmp(name, "KILL") ? KILL : !strcmp(name, "ENOSPC") ? ENOSPC : !strcmp(name, "EROFS") ? EROFS : EIO;
    }
}

void disk_fault(int error, long first, long last) {
    pthread_mutex_lock(&guard);
    failed = 0, fault = error, first_fault = calls + first, last_fault = last == LONG_MAX ? last : calls + last;
    pthread_mutex_unlock(&guard);
}

long disk_calls(void) { return calls; }

int disk_failed(void) { return failed; }

/* An entry: 8 numbers of 8 bytes (what, process, inode, offset, size, lengths of two paths and of the data),
   then these. `size` is that of the file for a truncation. */
static void note(char what, uint64_t inode, int64_t offset, int64_t size, const char *path, const char *other,
                 const void *data, size_t length) {
    if (trace < 0) return;
    size_t p = path ? strlen(path) : 0, o = other ? strlen(other) : 0;
    uint64_t head[8] = {(uint64_t)what, (uint64_t)getpid(), inode, (uint64_t)offset, (uint64_t)size, p, o, length};
    struct iovec parts[4] = {{head, sizeof head}, {(void *)path, p}, {(void *)other, o}, {(void *)data, length}};
    syscall(SYS_writev, trace, parts, 4);
}

void disk_note(const char *text) { note('A', 0, 0, 0, NULL, NULL, text, strlen(text)); }

static int below(const char *path) {
    return root_length && !strncmp(path, root, root_length) && (path[root_length] == '/' || !path[root_length]);
}

/* The real path of a descriptor, below the root; a deleted file's too. */
static int path_of(int fd, char *path) {
    char link[40];
    if (!root_length || fd == trace) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, PATH_MAX - 1);
    if (n < 0) return 0;
    path[n] = 0;
    return below(path);
}

/* An absolute path for a name, its folder resolved; whether it is below the root. */
static int absolute(int dir, const char *name, char *path) {
    char whole[PATH_MAX], folder[PATH_MAX];
    if (!root_length || !name) return 0;
    if (name[0] == '/') {
        snprintf(whole, sizeof whole, "%s", name);
    } else {
        char base[PATH_MAX];
        if (dir == AT_FDCWD) {
            if (!getcwd(base, sizeof base)) return 0;
        } else {
            char link[40];
            snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
            ssize_t n = readlink(link, base, sizeof base - 1);
            if (n < 0) return 0;
            base[n] = 0;
        }
        if (snprintf(whole, sizeof whole, "%s/%s", base, name) >= (int)sizeof whole) return 0;
    }
    char *slash = strrchr(whole, '/');
    while (slash && !slash[1] && slash > whole) *slash = 0, slash = strrchr(whole, '/');
    if (!slash) return 0;
    *slash = 0;
    if (!realpath(whole[0] ? whole : "/", folder)) return 0;
    if (snprintf(path, PATH_MAX, "%s/%s", folder, slash + 1) >= PATH_MAX) return 0;
    return below(path);
}

static uint64_t inode_of(int fd) {
    struct stat found;
    return fstat(fd, &found) ? 0 : (uint64_t)found.st_ino;
}

/* One call is about to be made: whether it is to fail. The guard is held until `made`. */
static int fails(char what) {
    pthread_mutex_lock(&guard);
    calls++;
    if (!fault || calls < first_fault || calls > last_fault) return 0;
    if (fault == KILL) kill(getpid(), SIGKILL);
    failed = failed ? failed : what;
    pthread_mutex_unlock(&guard);
    errno = fault;
    return 1;
}

static void made(void) { pthread_mutex_unlock(&guard); }

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int opened(int fd, const char *path, int was_there, int flags) {
    if (fd >= 0 && !was_there) note('C', inode_of(fd), 0, 0, path, NULL, NULL, 0);
    if (fd >= 0 && was_there && (flags & O_TRUNC)) note('T', inode_of(fd), 0, 0, path, NULL, NULL, 0);
    return fd;
}

static int open_at(int dir, const char *name, int flags, mode_t mode) {
    char path[PATH_MAX];
    if (!(flags & (O_CREAT | O_TRUNC)) || (flags & O_TMPFILE) == O_TMPFILE || !absolute(dir, name, path))
        return (int)syscall(SYS_openat, dir, name, flags, mode);
    int was_there = !faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW);
    if (was_there && !(flags & O_TRUNC)) return (int)syscall(SYS_openat, dir, name, flags, mode);
    if (fails(was_there ? 'T' : 'C')) return -1;
    int fd = opened((int)syscall(SYS_openat, dir, name, flags, mode), path, was_there, flags);
    made();
    return fd;
}

#define MODE(flags, last)                                   \
    mode_t mode = 0;                                        \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                  \
        va_list rest;                                       \
        va_start(rest, last);                               \
        mode = va_arg(rest, mode_t);                        \
        va_end(rest);                                       \
    }

int open(const char *name, int flags, ...) { MODE(flags, flags) return open_at(AT_FDCWD, name, flags, mode); }
int open64(const char *name, int flags, ...) { MODE(flags, flags) return open_at(AT_FDCWD, name, flags, mode); }
int openat(int dir, const char *name, int flags, ...) { MODE(flags, flags) return open_at(dir, name, flags, mode); }
int openat64(int dir, const char *name, int flags, ...) { MODE(flags, flags) return open_at(dir, name, flags, mode); }
int creat(const char *name, mode_t mode) { return open_at(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode); }

static ssize_t written(int fd, const char *path, ssize_t n, const void *data, int64_t offset) {
    if (n > 0) note('W', inode_of(fd), offset < 0 ? lseek(fd, 0, SEEK_CUR) - n : offset, 0, path, NULL, data, (size_t)n);
    return n;
}

ssize_t write(int fd, const void *data, size_t length) {
    char path[PATH_MAX];
    if (!path_of(fd, path)) return syscall(SYS_write, fd, data, length);
    if (fails('W')) return -1;
    ssize_t n = written(fd, path, syscall(SYS_write, fd, data, length), data, -1);
    made();
    return n;
}

static ssize_t write_at(int fd, const void *data, size_t length, off_t offset) {
    char path[PATH_MAX];
    if (!path_of(fd, path)) return syscall(SYS_pwrite64, fd, data, length, offset);
    if (fails('W')) return -1;
    ssize_t n = written(fd, path, syscall(SYS_pwrite64, fd, data, length, offset), data, offset);
    made();
    return n;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) { return write_at(fd, data, length, offset); }
ssize_t pwrite64(int fd, const void *data, size_t length, off_t offset) { return write_at(fd, data, length, offset); }

/* What the system copies or gathers by itself goes through `write`, so that its bytes are known. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
    char path[PATH_MAX];
    ssize_t all = 0;
    if (!path_of(fd, path)) return syscall(SYS_writev, fd, parts, count);
    for (int i = 0; i < count; i++) {
        ssize_t n = write(fd, parts[i].iov_base, parts[i].iov_len);
        if (n < 0) return all ? all : n;
        all += n;
        if ((size_t)n < parts[i].iov_len) break;
    }
    return all;
}

static int refuse_copy(int fd) {
    char path[PATH_MAX];
    return path_of(fd, path);
}

ssize_t sendfile(int out, int in, off_t *offset, size_t count) {
    if (refuse_copy(out)) return errno = EINVAL, -1;
    return syscall(SYS_sendfile, out, in, offset, count);
}

ssize_t sendfile64(int out, int in, off_t *offset, size_t count) { return sendfile(out, in, offset, count); }

ssize_t copy_file_range(int in, off_t *from, int out, off_t *to, size_t length, unsigned flags) {
    if (refuse_copy(out)) return errno = EXDEV, -1;
    return syscall(SYS_copy_file_range, in, from, out, to, length, flags);
}

int ftruncate(int fd, off_t size) {
    char path[PATH_MAX];
    if (!path_of(fd, path)) return (int)syscall(SYS_ftruncate, fd, size);
    if (fails('T')) return -1;
    int done = (int)syscall(SYS_ftruncate, fd, size);
    if (!done) note('T', inode_of(fd), 0, size, path, NULL, NULL, 0);
    made();
    return done;
}

int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }

int posix_fallocate(int fd, off_t offset, off_t length) {
    char path[PATH_MAX];
    if (!path_of(fd, path)) return REAL(posix_fallocate)(fd, offset, length);
    return EOPNOTSUPP;
}

int posix_fallocate64(int fd, off_t offset, off_t length) { return posix_fallocate(fd, offset, length); }

static int synced(int fd, long number) {
    char path[PATH_MAX];
    if (!path_of(fd, path)) return (int)syscall(number, fd);
    if (fails('S')) return -1;
    uint64_t inode = inode_of(fd);
    note('s', inode, 0, 0, path, NULL, NULL, 0);
    int done = (int)syscall(number, fd);
    if (!done) note('S', inode, 0, 0, path, NULL, NULL, 0);
    made();
    return done;
}

int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

int renameat(int from, const char *name, int to, const char *other) {
    char path[PATH_MAX], target[PATH_MAX];
    int watched = absolute(from, name, path);
    if (!absolute(to, other, target) && !watched) return (int)syscall(SYS_renameat2, from, name, to, other, 0);
    if (fails('R')) return -1;
    int done = (int)syscall(SYS_renameat2, from, name, to, other, 0);
    if (!done) note('R', 0, 0, 0, path, target, NULL, 0);
    made();
    return done;
}

int rename(const char *name, const char *other) { return renameat(AT_FDCWD, name, AT_FDCWD, other); }

static int one_path(char what, int dir, const char *name, long number, long argument) {
    char path[PATH_MAX];
    if (!absolute(dir, name, path)) return (int)syscall(number, dir, name, argument);
    if (fails(what)) return -1;
    int done = (int)syscall(number, dir, name, argument);
    if (!done) note(what, 0, 0, 0, path, NULL, NULL, 0);
    made();
    return done;
}

int unlinkat(int dir, const char *name, int flags) { return one_path('U', dir, name, SYS_unlinkat, flags); }
int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }
int rmdir(const char *name) { return unlinkat(AT_FDCWD, name, AT_REMOVEDIR); }
int mkdirat(int dir, const char *name, mode_t mode) { return one_path('M', dir, name, SYS_mkdirat, (long)mode); }
int mkdir(const char *name, mode_t mode) { return mkdirat(AT_FDCWD, name, mode); }
