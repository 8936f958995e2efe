/* What a URL asks for, and whether it may: url SECRETS URL [NOW]
 *
 * A URL that is signed is verified; one that is not is signed. SECRETS is a file with a line for each key, as docs/urls.md says. NOW is in
 * seconds since 1970, and the system's clock where it is not given.
 */
#define _POSIX_C_SOURCE 200809L
#include "files.h"

#include <inttypes.h>
#include <time.h>

static void line(const char *name, templrender_slice value)
{
    printf("%-10s %.*s\n", name, value.data ? (int)value.len : 4, value.data ? (const char *)value.data : "none");
}

int main(int argc, char **argv)
{
    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: url SECRETS URL [NOW]\n");
        return 2;
    }
    int64_t now = argc > 3 ? (int64_t)strtoll(argv[3], NULL, 10) : (int64_t)time(NULL);
    templrender_slice secrets = read_file(argv[1]);
    if (!secrets.data) return perror(argv[1]), 1;

    templrender_error *err = NULL;
    templrender_keyring *keys = NULL;
    templrender_request *request = NULL;
    templrender_buffer *target = NULL;
    int result = 1;

    templrender_status status = templrender_keyring_parse(secrets, &keys, &err);
    free((void *)secrets.data);
    if (status || templrender_request_parse(text(argv[2]), &request, &err)) goto out;

    line("tenant", templrender_request_tenant(request));
    line("template", templrender_request_template(request));
    line("variant", templrender_request_variant(request));
    line("type", templrender_format_content_type(templrender_request_format(request)));
    int64_t end;
    if (templrender_request_expires(request, &end))
        printf("%-10s %" PRId64 "%s\n", "ends", end, templrender_request_is_expired(request, now) ? ", which is over" : "");

    /* The one spelling of the request: the name of its answer in every cache. */
    if (templrender_request_canonical(request, &target, &err)) goto out;
    line("canonical", templrender_buffer_slice(target));
    templrender_buffer_free(target);
    target = NULL;

    status = templrender_keyring_verify(keys, request, now, &err);
    if (status == TEMPLRENDER_OK) {
        printf("signed, and good\n");
        result = 0;
    } else if (status == TEMPLRENDER_BAD_SIGNATURE && !strstr(argv[2], "~s=")) {
        templrender_error_free(err);
        err = NULL;
        if (templrender_keyring_sign(keys, request, &target, &err)) goto out;
        line("signed", templrender_buffer_slice(target));
        result = 0;
    }
out:
    if (err)
        fprintf(stderr, "%s (%s, an HTTP server says %d)\n", (const char *)templrender_error_message(err).data,
                templrender_code_name(templrender_error_code(err)), templrender_code_http_status(templrender_error_code(err)));
    templrender_error_free(err);
    templrender_buffer_free(target);
    templrender_request_free(request);
    templrender_keyring_free(keys);
    return result;
}
