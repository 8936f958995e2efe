/* Where pictures may come from: the tricks that make one reader of a URL see another host than the next. The longer list is that of
 * tests/origins.rs; here stands what shows that C gets the same judge. */
#include "check.h"

static const char *INNER[] = {
    "127.0.0.1", "127.1", "0", "0.0.0.0", "2130706433", "017700000001", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.000.000.001", "127.0.0.1.", "0x7f.1.",
    "4294967296", "1.2.3.4.5", "a.1", "example.0x7f", "10.1.2.3", "192.168.1.1", "169.254.169.254", "0xa9fea9fe", "2852039166", "100.64.0.1",
    "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[fe80::1%25eth0]",
    "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[::1].", "[[::1]]", "[::1", "::1]", "[]", "[127.0.0.1]", "%31%32%37.0.0.1", "127%2e0%2e0%2e1",
    "%6c%6f%63alhost", "example%00.com", "example.com%2f", "example.com%40evil", "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.\xef\xbc\x90.\xef\xbc\x90.\xef\xbc\x91",
    "127\xe3\x80\x82" "0\xe3\x80\x82" "0\xe3\x80\x82" "1", "\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.\xe2\x93\xaa.\xe2\x93\xaa.\xe2\x91\xa0", "m\xc3\xbcnchen.de",
    "exa\xc2\xadmple.com", "example\xe2\x80\x8b.com", ".example.com", "example..com", "example.com.", ".", "..", "-a.example.com", "*.example.com",
    "exam!ple.com", "$host",
};

static const char *TRICKS[] = {
    "http://good.example@127.0.0.1/", "http://good.example:80@evil.example/", "http://user:secret@good.example/", "http://@good.example/",
    "http://good.example%40evil.example/", "http://good.example\\@evil.example/", "http:\\\\good.example/", "http:/\\good.example/",
    "http://good.example/\\..\\a.jpg", "http://good.ex\tample/", "http://good.ex\nample/", "http://good.example\r\nHost: evil/", "ht\ntp://good.example/",
    "http://good.example /", "file:///etc/passwd", "FILE:///etc/passwd", "ftp://good.example/a.jpg", "gopher://good.example:80/_GET",
    "data:image/png;base64,iVBORw0KGgo=", "javascript:alert(1)", "jar:http://good.example/!/a", "http+unix://good.example/", "//good.example/a.jpg", "/a.jpg",
    "a.jpg", "good.example", "", " ", "http", "http:", "http://", "http:///x", "http:good.example", "http://?a", "http://:80/", "http://good.example:0/",
    "http://good.example:65536/", "http://good.example:-80/", "http://good.example:81/", "http://good.example:22/", "https://good.example:8443/",
    "http://good.example:80.evil.example/", "http://[::1]evil.example/", "http://good.example[::1]/",
};

static void refuses(const templrender_origins *origins, templrender_slice url, const char *shown)
{
    templrender_url *out = NULL;
    templrender_status status = templrender_origins_check(origins, url, &out, &err);
    checks++;
    if (status != TEMPLRENDER_REFUSED_ORIGIN || !err || out || strstr(explained(err), "secret")) failed(__FILE__, __LINE__, shown, explained(err));
    templrender_error_free(err);
    err = NULL;
    templrender_url_free(out);
}

static void covers(const templrender_origins *origins, const char *url, const char *normal)
{
    templrender_url *out = NULL;
    if (!OK(templrender_origins_check(origins, text(url), &out, &err))) return;
    checks++;
    if (!is(templrender_url_text(out), normal)) failed(__FILE__, __LINE__, url, (const char *)templrender_url_text(out).data);
    templrender_url_free(out);
}

static void inner(void)
{
    TEST("inner hosts in every spelling");
    templrender_origins *any = NULL, *listed = NULL;
    templrender_slice patterns[2];
    patterns[0] = text("*.example.com");
    patterns[1] = text("good.example");
    OK(templrender_origins_any(&any, &err));
    OK(templrender_origins_allow(patterns, 2, &listed, &err));
    for (size_t i = 0; i < sizeof INNER / sizeof *INNER; i++) {
        const char *spellings[] = { "http://%s/", "https://%s", "http://%s:80/a.jpg", "HTTP://%s?a#b" };
        for (size_t s = 0; s < 4; s++) {
            char url[256];
            snprintf(url, sizeof url, spellings[s], INNER[i]);
            refuses(any, text(url), url);
            refuses(listed, text(url), url);
        }
    }
    for (size_t i = 0; i < sizeof TRICKS / sizeof *TRICKS; i++) {
        refuses(any, text(TRICKS[i]), TRICKS[i]);
        refuses(listed, text(TRICKS[i]), TRICKS[i]);
    }
    refuses(any, slice("http://good.example/a\0.jpg", 26), "a NUL in a path");
    templrender_url *out = NULL;
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_origins_check(any, slice("http://a\xff", 9), &out, &err));
    templrender_origins_free(any);
    templrender_origins_free(listed);
}

static void parts(void)
{
    TEST("parts");
    templrender_origins *any = NULL;
    templrender_url *url = NULL;
    OK(templrender_origins_any(&any, &err));
    OK(templrender_origins_check(any, text("HTTP://Example.COM:443/a b/./../c?token=1#x"), &url, &err));
    CHECK(is(templrender_url_text(url), "http://example.com:443/c?token=1"));
    CHECK(is(templrender_url_scheme(url), "http"));
    CHECK(is(templrender_url_host(url), "example.com"));
    SAME(templrender_url_port(url), 443);
    CHECK(is(templrender_url_origin(url), "http://example.com:443"));
    templrender_url_free(url);
    covers(any, "https://example.com:443/\xc3\xa4 \xc3\xb6", "https://example.com/%C3%A4%20%C3%B6");
    covers(any, "http://example.com", "http://example.com/");

    OK(templrender_origins_with_ip_literals(any, &err));
    covers(any, "http://127.0.0.1:8080/a.jpg", "http://127.0.0.1:8080/a.jpg");
    covers(any, "http://[0:0::1]/", "http://[::1]/");
    refuses(any, text("http://0x7f000001/"), "http://0x7f000001/");
    templrender_origins_free(any);
}

static void lists(void)
{
    TEST("lists");
    templrender_origins *list = NULL;
    templrender_slice patterns[3];
    patterns[0] = text("*.example.com");
    patterns[1] = text("https://x.example:8443");
    patterns[2] = text("10.1.2.3");
    OK(templrender_origins_allow(patterns, 3, &list, &err));
    covers(list, "http://a.b.example.com/x", "http://a.b.example.com/x");
    covers(list, "https://x.example:8443/a", "https://x.example:8443/a");
    covers(list, "http://10.1.2.3/", "http://10.1.2.3/");
    const char *outside[] = { "http://example.com/", "http://evil-example.com/", "http://evilexample.com/", "http://a.example.com.evil.net/",
                              "http://x.example:8443/", "https://x.example/", "https://y.x.example:8443/", "http://10.1.2.4/", "http://10.1.515/",
                              "http://a.example.com:8080/", "http://evil.net/a.example.com", "http://evil.net?a.example.com" };
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) refuses(list, text(outside[i]), outside[i]);
    templrender_origins_free(list);

    OK(templrender_origins_allow(NULL, 0, &list, &err)); /* nothing is allowed */
    refuses(list, text("http://example.com/"), "an empty list");
    templrender_origins_free(list);

    const char *bad[] = { "*", "*.", "a.*.com", "exam*ple.com", "http://", "ftp://a.example", "a.example/", "a.example:0", "u@a.example", "*.127.0.0.1", "127.1", "", " " };
    list = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        patterns[0] = text(bad[i]);
        FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_origins_allow(patterns, 1, &list, &err));
    }
    patterns[0] = slice("\xff", 1);
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_origins_allow(patterns, 1, &list, &err));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_origins_allow(NULL, 1, &list, &err));
    CHECK(!list);
}

static void addresses(void)
{
    TEST("addresses");
    const uint8_t open[][4] = { { 8, 8, 8, 8 }, { 93, 184, 216, 34 }, { 1, 1, 1, 1 } };
    const uint8_t inner4[][4] = { { 127, 0, 0, 1 }, { 10, 1, 2, 3 }, { 192, 168, 1, 1 }, { 169, 254, 169, 254 }, { 0, 0, 0, 0 }, { 100, 64, 0, 1 },
                                  { 172, 16, 0, 1 }, { 224, 0, 0, 1 }, { 255, 255, 255, 255 }, { 198, 18, 0, 1 } };
    for (size_t i = 0; i < sizeof open / sizeof *open; i++) CHECK(templrender_is_public_address(open[i], 4));
    for (size_t i = 0; i < sizeof inner4 / sizeof *inner4; i++) {
        CHECK(!templrender_is_public_address(inner4[i], 4));
        uint8_t mapped[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0 };
        memcpy(mapped + 12, inner4[i], 4);
        CHECK(!templrender_is_public_address(mapped, 16));
    }
    uint8_t v6[16] = { 0x26, 0x06, 0x47, 0, 0x47, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x11, 0x11 };
    CHECK(templrender_is_public_address(v6, 16));
    memset(v6, 0, 16);
    CHECK(!templrender_is_public_address(v6, 16));
    v6[15] = 1;
    CHECK(!templrender_is_public_address(v6, 16));
    v6[0] = 0xfe, v6[1] = 0x80;
    CHECK(!templrender_is_public_address(v6, 16));
    v6[0] = 0xfd;
    CHECK(!templrender_is_public_address(v6, 16));
    /* other lengths are no addresses */
    CHECK(!templrender_is_public_address(open[0], 3) && !templrender_is_public_address(open[0], 0) && !templrender_is_public_address(NULL, 0));
    CHECK(!templrender_is_public_address(NULL, 4) && !templrender_is_public_address(v6, 15) && !templrender_is_public_address(v6, SIZE_MAX));
}

int main(void)
{
    inner();
    parts();
    lists();
    addresses();
    return done();
}
