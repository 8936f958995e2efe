/* What the tests share: a check that counts and goes on, text as slices, whole files. Everything here is C99 and C++17.
 *
 * A test is a program: `TEST(name)` begins a part, `return done();` ends it with what was checked. Each begins with the path of the
 * repository as its first argument. */
#ifndef CHECK_H
#define CHECK_H

#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <templrender.h>

/* JSON without escaped quotes: it is made of C tokens, so the preprocessor may write the string. */
#define JSON(...) #__VA_ARGS__

static int checks, failures;
static const char *part = "";
static templrender_error *err; /* what every call below gets as its last argument */

static inline void failed(const char *file, int line, const char *what, const char *found)
{
    const char *slash = strrchr(file, '/');
    printf("%s:%d: %s: %s%s%s\n", slash ? slash + 1 : file, line, part, what, *found ? ", found " : "", found);
    failures++;
}

static inline const char *explained(const templrender_error *error)
{
    return error ? (const char *)templrender_error_message(error).data : "";
}

#define TEST(name) (part = (name))
#define CHECK(is) (checks++, (is) ? (void)0 : failed(__FILE__, __LINE__, #is, ""))

/* Two whole numbers that have to be equal. */
#define SAME(found, wanted) same((long long)(found), (long long)(wanted), __FILE__, __LINE__, #found " is " #wanted)
static inline void same(long long found, long long wanted, const char *file, int line, const char *what)
{
    char number[32];
    snprintf(number, sizeof number, "%lld", found);
    checks++;
    if (found != wanted) failed(file, line, what, number);
}

/* A call that succeeds and leaves `err` alone. */
#define OK(call) ok((call), __FILE__, __LINE__, #call)
static inline bool ok(templrender_status status, const char *file, int line, const char *what)
{
    checks++;
    if (status == TEMPLRENDER_OK && !err) return true;
    failed(file, line, what, err ? explained(err) : "a status without an error");
    templrender_error_free(err);
    err = NULL;
    return false;
}

/* A call that fails with this code, and says so in `err` too. */
#define FAILS(code, call) fails((code), (call), "", __FILE__, __LINE__, #call " fails with " #code)
/* And whose message has these words. */
#define FAILS_SAYING(code, words, call) fails((code), (call), (words), __FILE__, __LINE__, #call " fails with " #code ", saying " words)
static inline void fails(int code, templrender_status status, const char *words, const char *file, int line, const char *what)
{
    char number[16];
    snprintf(number, sizeof number, "%d", (int)status);
    checks++;
    if (status != code) failed(file, line, what, err ? explained(err) : number);
    else if (!err) failed(file, line, what, "no error");
    else if (templrender_error_code(err) != status) failed(file, line, what, "another code in the error");
    else if (!strstr(explained(err), words)) failed(file, line, what, explained(err));
    templrender_error_free(err);
    err = NULL;
}

static inline int done(void)
{
    templrender_compiled_limit(0); /* what is compiled is the process's, and memcheck is to find nothing of it */
    if (failures) printf("%d of %d checks failed\n", failures, checks);
    else printf("%d checks\n", checks);
    return failures || !checks ? 1 : 0;
}

static inline templrender_slice slice(const void *data, size_t len)
{
    templrender_slice made;
    made.data = (const uint8_t *)data;
    made.len = len;
    return made;
}

static inline templrender_slice text(const char *string) { return slice(string, strlen(string)); }

static inline templrender_slice nothing(void) { return slice(NULL, 0); }

static inline bool equal(templrender_slice a, templrender_slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool is(templrender_slice found, const char *wanted) { return found.data && equal(found, text(wanted)); }

static inline bool has(templrender_slice found, const char *words)
{
    size_t len = strlen(words);
    for (size_t at = 0; at + len <= found.len; at++)
        if (memcmp(found.data + at, words, len) == 0) return true;
    return false;
}

/* The bytes of a file of the repository, to be freed; the test ends where there is none. */
static inline templrender_slice file(const char *root, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", root, name);
    FILE *stream = fopen(path, "rb");
    if (!stream) { perror(path); exit(2); }
    fseek(stream, 0, SEEK_END);
    long len = ftell(stream);
    rewind(stream);
    uint8_t *data = (uint8_t *)malloc((size_t)len + 1);
    if (!data || fread(data, 1, (size_t)len, stream) != (size_t)len) { perror(path); exit(2); }
    data[len] = 0;
    fclose(stream);
    return slice(data, (size_t)len);
}

static inline bool there(const char *root, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", root, name);
    return access(path, R_OK) == 0;
}

static inline void drop(templrender_slice bytes) { free((void *)(uintptr_t)bytes.data); }

static inline void sleep_ms(unsigned ms) { usleep(ms * 1000); }

#endif
