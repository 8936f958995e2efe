/* What the examples share: whole files in, whole files out, and text as slices. The library itself opens no file. */
#ifndef FILES_H
#define FILES_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <templrender.h>

/* A path of ours is never longer. */
enum { PATH_SIZE = 4096 };

/* JSON without escaped quotes: it is made of C tokens, so the preprocessor may write the string. */
#define JSON(...) #__VA_ARGS__

/* The text of a C string, borrowed. */
static inline templrender_slice text(const char *string)
{
    templrender_slice slice = { (const uint8_t *)string, strlen(string) };
    return slice;
}

/* Whether `path` stays in the folder that it is appended to: what a row says must not lead to /etc/passwd. */
static inline bool stays_inside(const char *path)
{
    if (*path == '\0' || *path == '/') return false;
    for (const char *part = path; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '\0' || part[2] == '/')) return false;
    }
    return true;
}

/* The bytes of a plain file, to be freed; `data` is NULL where it cannot be read, and errno says why. */
static inline templrender_slice read_file(const char *path)
{
    templrender_slice none = { NULL, 0 };
    struct stat about;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return none;
    if (fstat(file, &about) != 0) goto fail;
    if (!S_ISREG(about.st_mode)) { errno = EINVAL; goto fail; }

    uint8_t *data = (uint8_t *)malloc((size_t)about.st_size + 1);
    if (!data) goto fail;
    size_t len = 0;
    for (;;) {
        ssize_t got = read(file, data + len, (size_t)about.st_size + 1 - len);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 || len + (size_t)got > (size_t)about.st_size) { /* an error, or a file that grows */
            if (got >= 0) errno = EBUSY;
            free(data);
            goto fail;
        }
        if (got == 0) break;
        len += (size_t)got;
    }
    close(file);
    return (templrender_slice){ data, len };

fail:;
    int why = errno;
    close(file);
    errno = why;
    return none;
}

/* The same of FOLDER/NAME. */
static inline templrender_slice read_in(const char *folder, const char *name)
{
    char path[PATH_SIZE];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return (templrender_slice){ NULL, 0 };
    }
    return read_file(path);
}

/* Writes under another name, then renames: whoever looks finds the old picture or the new one, never a part of it. */
static inline bool write_atomically(const char *path, templrender_slice bytes)
{
    char other[PATH_SIZE];
    if (snprintf(other, sizeof other, "%s.XXXXXX", path) >= (int)sizeof other) { errno = ENAMETOOLONG; return false; }
    int file = mkstemp(other);
    if (file < 0) return false;
    bool done = true;
    for (size_t at = 0; done && at < bytes.len;) {
        ssize_t put = write(file, bytes.data + at, bytes.len - at);
        if (put >= 0) at += (size_t)put;
        else done = errno == EINTR;
    }
    done = done && fchmod(file, 0644) == 0 && fsync(file) == 0;
    done = close(file) == 0 && done;
    done = done && rename(other, path) == 0;
    if (!done) {
        int why = errno;
        unlink(other);
        errno = why;
    }
    return done;
}

#endif
