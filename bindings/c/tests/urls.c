/* URLs: read in any spelling, written in one, signed, verified, ended. The signatures are those of docs/urls.md. */
#include "check.h"

static const char SECRETS[] = "2026-11 an-example-that-everybody-knows-1\n";
static const char SIGNED[] = "/shop/og-card.png?author=Larch&title=Aster%20honey&~k=2026-11&~s=yN_vYLCMqXzv7JtMFiP-fHH-SQTG1xYCDHr6fI2KTLU";

static templrender_request *parse(const char *url)
{
    templrender_request *request = NULL;
    OK(templrender_request_parse(text(url), &request, &err));
    return request;
}

static void canonical(const char *url, const char *wanted)
{
    templrender_request *request = parse(url);
    templrender_buffer *target = NULL;
    OK(templrender_request_canonical(request, &target, &err));
    checks++;
    if (!is(templrender_buffer_slice(target), wanted)) failed(__FILE__, __LINE__, url, wanted);
    templrender_buffer_free(target);
    templrender_request_free(request);
}

static void reading(void)
{
    TEST("reading");
    templrender_request *request = parse("https://img.example/shop/og-card@4f2a/wide.jpeg?title=Aster+honey&~lang=de&~v=7&~e=1795867200");
    CHECK(is(templrender_request_tenant(request), "shop"));
    CHECK(is(templrender_request_template(request), "og-card"));
    CHECK(is(templrender_request_digest(request), "4f2a"));
    CHECK(is(templrender_request_variant(request), "wide"));
    CHECK(is(templrender_request_lang(request), "de"));
    CHECK(is(templrender_request_version(request), "7"));
    SAME(templrender_request_format(request), TEMPLRENDER_FORMAT_JPEG);
    int64_t end = 0;
    CHECK(templrender_request_expires(request, &end));
    SAME(end, 1795867200);
    CHECK(templrender_request_expires(request, NULL));
    CHECK(!templrender_request_is_expired(request, 1795867199));
    CHECK(templrender_request_is_expired(request, 1795867200));
    templrender_request_free(request);

    request = parse("/shop/og-card.png");
    CHECK(!templrender_request_digest(request).data && !templrender_request_variant(request).data);
    CHECK(!templrender_request_lang(request).data && !templrender_request_version(request).data);
    end = 77;
    CHECK(!templrender_request_expires(request, &end));
    SAME(end, 77);
    CHECK(!templrender_request_is_expired(request, INT64_MAX));
    templrender_request_free(request);

    canonical("/shop/og-card.jpeg?title=Aster+%68oney&&author=Larch&~j={\"tags\":[\"new\",%201.50]}",
              "/shop/og-card.jpg?author=Larch&title=Aster%20honey&~j=%7B%22tags%22%3A%5B%22new%22%2C1.5%5D%7D");
    canonical("http://any.example:8080/shop/og-card.png?b=%2f&a=", "/shop/og-card.png?a=&b=%2F");

    const char *bad[] = { "", "/", "/shop", "/shop/card", "/shop/card.gif", "/shop/../card.png", "/shop//card.png", "shop/card.png",
                          "/shop/card.png?a=%zz", "/shop/card.png?a=1&a=2", "/shop/card.png?~x=1", "/shop/card.png?a=%ff", "/shop/card.png?~e=soon",
                          "ftp://img.example/shop/card.png" };
    request = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) FAILS(TEMPLRENDER_BAD_URL, templrender_request_parse(text(bad[i]), &request, &err));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_request_parse(slice("/shop/card.png?a=\xff", 18), &request, &err));
    char *huge = (char *)malloc(9001);
    memset(huge, 'a', 9000);
    memcpy(huge, "/shop/card.png?a=", 17);
    huge[9000] = 0;
    templrender_status status = templrender_request_parse(text(huge), &request, NULL);
    CHECK(status == TEMPLRENDER_URL_TOO_LONG || status == TEMPLRENDER_BAD_URL);
    free(huge);
    CHECK(!request);
}

static void making(void)
{
    TEST("making");
    templrender_row *row = NULL;
    templrender_request *request = NULL;
    templrender_buffer *target = NULL;
    OK(templrender_row_new(&row, &err));
    OK(templrender_row_set_text(row, text("title"), text("Aster honey"), &err));
    char tenant[] = "shop", variant[] = "wide";
    OK(templrender_request_new(text(tenant), text("og-card"), TEMPLRENDER_FORMAT_WEBP, row, &request, &err));
    OK(templrender_request_set_digest(request, text("4f2a"), &err));
    OK(templrender_request_set_variant(request, text(variant), &err));
    OK(templrender_request_set_lang(request, text("de-AT"), &err));
    OK(templrender_request_set_version(request, text("7"), &err));
    OK(templrender_request_set_expires(request, 1795867200, &err));
    templrender_row_free(row);
    memset(tenant, 'x', 4); /* all of it was copied */
    memset(variant, 'x', 4);
    OK(templrender_request_canonical(request, &target, &err));
    CHECK(is(templrender_buffer_slice(target), "/shop/og-card@4f2a/wide.webp?title=Aster%20honey&~e=1795867200&~lang=de-AT&~v=7"));
    templrender_buffer_free(target);
    /* its row comes back */
    OK(templrender_request_row(request, &row, &err));
    templrender_row_free(row);
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_request_set_lang(request, slice("\xff", 1), &err));
    CHECK(is(templrender_request_lang(request), "de-AT"));
    templrender_request_free(request);

    /* what cannot stand in a URL */
    request = NULL;
    OK(templrender_row_new(&row, &err));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_request_new(text("shop"), text("card"), 99, row, &request, &err));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_request_new(text("shop"), text("card"), TEMPLRENDER_FORMAT_TEMPLATE, row, &request, &err));
    CHECK(!request);
    char *noise = (char *)malloc(60001);
    uint32_t state = 1;
    for (int i = 0; i < 60000; i++) noise[i] = (char)('a' + (state = state * 1664525u + 1013904223u) / 171798692u);
    noise[60000] = 0;
    OK(templrender_row_set_text(row, text("description"), text(noise), &err));
    free(noise);
    OK(templrender_request_new(text("shop"), text("card"), TEMPLRENDER_FORMAT_PNG, row, &request, &err));
    target = NULL;
    FAILS_SAYING(TEMPLRENDER_URL_TOO_LONG, "description", templrender_request_canonical(request, &target, &err));
    CHECK(!target);
    templrender_request_free(request);
    OK(templrender_row_set_image(row, text("photo"), text("bytes"), &err));
    OK(templrender_request_new(text("shop"), text("card"), TEMPLRENDER_FORMAT_PNG, row, &request, &err));
    CHECK(templrender_request_canonical(request, &target, NULL) != TEMPLRENDER_OK);
    templrender_request_free(request);
    templrender_row_free(row);
}

static void signing(void)
{
    TEST("signing");
    templrender_keyring *keys = NULL, *old = NULL, *both = NULL, *tenant = NULL, *none = NULL;
    OK(templrender_keyring_parse(text(SECRETS), &keys, &err));
    CHECK(!templrender_keyring_is_empty(keys));
    OK(templrender_keyring_parse(text("old an-example-that-everybody-knows-2"), &old, &err));
    OK(templrender_keyring_parse(text("# two\nold an-example-that-everybody-knows-2\n\n2026-11 an-example-that-everybody-knows-1\n"), &both, &err));
    OK(templrender_keyring_parse(text("other an-example-that-everybody-knows-3 other-shop"), &tenant, &err));
    FAILS_SAYING(TEMPLRENDER_BAD_SECRET, "line 1: ", templrender_keyring_parse(text("2026-11 short"), &none, &err));
    FAILS(TEMPLRENDER_BAD_SECRET, templrender_keyring_parse(text("# nothing"), &none, &err));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_keyring_parse(slice("\xff", 1), &none, &err));
    CHECK(!none);

    templrender_request *request = parse("/shop/og-card.png?title=Aster+honey&author=Larch");
    templrender_buffer *target = NULL;
    OK(templrender_keyring_sign(keys, request, &target, &err));
    CHECK(is(templrender_buffer_slice(target), SIGNED));
    templrender_buffer_free(target);
    target = NULL;
    FAILS_SAYING(TEMPLRENDER_BAD_SIGNATURE, "must be signed", templrender_keyring_verify(keys, request, 0, &err));
    FAILS(TEMPLRENDER_BAD_SECRET, templrender_keyring_sign(tenant, request, &target, &err));
    CHECK(!target);
    templrender_request_free(request);

    request = parse(SIGNED);
    OK(templrender_keyring_verify(keys, request, 0, &err));
    OK(templrender_keyring_verify(both, request, INT64_MAX, &err));
    FAILS_SAYING(TEMPLRENDER_BAD_SIGNATURE, "known key", templrender_keyring_verify(old, request, 0, &err));
    /* a request that was changed after it was parsed is another one */
    OK(templrender_request_set_variant(request, text("wide"), &err));
    FAILS_SAYING(TEMPLRENDER_BAD_SIGNATURE, "found another", templrender_keyring_verify(keys, request, 0, &err));
    templrender_request_free(request);

    /* another spelling of the same request is signed as well */
    request = parse("https://img.example/shop/og-card.png?~k=2026-11&title=Aster+%68oney&~s=yN_vYLCMqXzv7JtMFiP-fHH-SQTG1xYCDHr6fI2KTLU&author=Larch");
    OK(templrender_keyring_verify(keys, request, 0, &err));
    templrender_request_free(request);

    /* any byte of it changed: refused, here or when it is read */
    char changed[sizeof SIGNED];
    for (size_t at = 0; at + 1 < sizeof SIGNED; at++) {
        memcpy(changed, SIGNED, sizeof SIGNED);
        changed[at] = changed[at] == 'x' ? 'y' : 'x';
        request = NULL;
        if (templrender_request_parse(text(changed), &request, NULL) != TEMPLRENDER_OK) continue;
        checks++;
        if (templrender_keyring_verify(keys, request, 0, NULL) != TEMPLRENDER_BAD_SIGNATURE) failed(__FILE__, __LINE__, "a changed URL is refused", changed);
        templrender_request_free(request);
    }

    TEST("an end");
    request = parse("/shop/og-card.png?title=Aster+honey");
    OK(templrender_request_set_expires(request, 1795867200, &err));
    OK(templrender_keyring_sign(keys, request, &target, &err));
    templrender_request_free(request);
    request = NULL;
    OK(templrender_request_parse(templrender_buffer_slice(target), &request, &err));
    OK(templrender_keyring_verify(keys, request, 1795867199, &err));
    FAILS_SAYING(TEMPLRENDER_URL_EXPIRED, "1795867200", templrender_keyring_verify(keys, request, 1795867200, &err));
    templrender_request_free(request);
    templrender_buffer_free(target);

    TEST("an example of docs/urls.md");
    request = parse("/shop/product-sale/story.jpg?price=6.90+EUR&~e=1795910400&~j={\"tags\":[\"new\",1.5]}");
    target = NULL;
    OK(templrender_keyring_sign(keys, request, &target, &err));
    templrender_request *again = NULL;
    OK(templrender_request_parse(templrender_buffer_slice(target), &again, &err));
    OK(templrender_keyring_verify(keys, again, 0, &err));
    templrender_request_free(again);
    templrender_buffer_free(target);
    templrender_request_free(request);

    templrender_keyring_free(keys);
    templrender_keyring_free(old);
    templrender_keyring_free(both);
    templrender_keyring_free(tenant);
}

int main(void)
{
    reading();
    making();
    signing();
    return done();
}
