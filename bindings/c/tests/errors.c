/* What the library says of itself and of failures: version, codes, faults with their places, limits. */
#include "check.h"

static void version(void)
{
    TEST("version");
    CHECK(strcmp(templrender_version(), "0.1.0") == 0);
    SAME(templrender_abi(), TEMPLRENDER_ABI);
    uint64_t before = templrender_monotonic_ns();
    sleep_ms(2);
    uint64_t after = templrender_monotonic_ns();
    CHECK(after - before >= 1000000 && after - before < 10000000000);
}

static void codes(void)
{
    TEST("codes");
    CHECK(strcmp(templrender_code_name(TEMPLRENDER_TEMPLATE_SYNTAX), "template-syntax") == 0);
    CHECK(strcmp(templrender_code_name(TEMPLRENDER_UNKNOWN_VARIANT), "unknown-variant") == 0);
    CHECK(strcmp(templrender_code_name(TEMPLRENDER_REFUSED_ORIGIN), "refused-origin") == 0);
    SAME(templrender_code_cause(TEMPLRENDER_TEMPLATE_SYNTAX), TEMPLRENDER_CAUSE_TEMPLATE);
    SAME(templrender_code_cause(TEMPLRENDER_ROW_SKIPPED), TEMPLRENDER_CAUSE_ROW);
    SAME(templrender_code_cause(TEMPLRENDER_UNKNOWN_FORMAT), TEMPLRENDER_CAUSE_RESOURCE);
    SAME(templrender_code_cause(TEMPLRENDER_BAD_ARGUMENT), TEMPLRENDER_CAUSE_HOST);
    SAME(templrender_code_cause(TEMPLRENDER_BUG), TEMPLRENDER_CAUSE_BUG);
    SAME(templrender_code_cause(TEMPLRENDER_URL_EXPIRED), TEMPLRENDER_CAUSE_REQUEST);
    SAME(templrender_code_http_status(TEMPLRENDER_BAD_URL), 400);
    SAME(templrender_code_http_status(TEMPLRENDER_BAD_SIGNATURE), 403);
    SAME(templrender_code_http_status(TEMPLRENDER_UNKNOWN_VARIANT), 404);
    /* numbers that are none, the largest and the smallest among them */
    CHECK(strcmp(templrender_code_name(TEMPLRENDER_OK), "ok") == 0);
    SAME(templrender_code_cause(TEMPLRENDER_OK), 0);
    SAME(templrender_code_http_status(TEMPLRENDER_OK), 200);
    const int32_t none[] = { 1, 100, 404, 700, 99999, -1, INT32_MAX, INT32_MIN };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        CHECK(strcmp(templrender_code_name(none[i]), "unknown") == 0);
        SAME(templrender_code_cause(none[i]), 0);
        SAME(templrender_code_http_status(none[i]), 500);
    }
    /* every number has one name, and a cause with it */
    int known = 0;
    for (int32_t code = 1; code < 700; code++) {
        if (strcmp(templrender_code_name(code), "unknown") == 0) continue;
        known++;
        CHECK(code > 100 && templrender_code_cause(code) >= TEMPLRENDER_CAUSE_TEMPLATE && templrender_code_cause(code) <= TEMPLRENDER_CAUSE_REQUEST);
        CHECK(templrender_code_http_status(code) >= 400 && templrender_code_http_status(code) < 600);
    }
    CHECK(known > 40);
}

static const char BROKEN[] = JSON({
    "templrender": 1, "name": "broken", "size": [10, 10],
    "layers": [{ "type": "box", "lft": 3 }, { "type": "txt" }]
});

static void faults(void)
{
    TEST("faults");
    templrender_template *broken = NULL;
    SAME(templrender_template_parse(text(BROKEN), NULL, &broken, &err), TEMPLRENDER_UNKNOWN_KEY);
    CHECK(!broken && err);
    SAME(templrender_error_code(err), TEMPLRENDER_UNKNOWN_KEY);
    SAME(templrender_error_cause(err), TEMPLRENDER_CAUSE_TEMPLATE);
    SAME(templrender_error_count(err), 2);

    templrender_fault fault;
    memset(&fault, 0xa5, sizeof fault);
    fault.struct_size = sizeof fault;
    SAME(templrender_error_fault(err, 0, &fault), TEMPLRENDER_OK);
    SAME(fault.struct_size, sizeof fault);
    SAME(fault.code, TEMPLRENDER_UNKNOWN_KEY);
    SAME(fault.cause, TEMPLRENDER_CAUSE_TEMPLATE);
    CHECK(is(fault.name, "unknown-key"));
    CHECK(is(fault.place, "layers[0].lft"));
    CHECK(is(fault.message, "unknown key \"lft\", did you mean \"left\"?"));
    SAME(fault.line, 1);
    CHECK(fault.column > 1 && fault.column < sizeof BROKEN);
    SAME(templrender_error_fault(err, 1, &fault), TEMPLRENDER_OK);
    CHECK(is(fault.name, "bad-value") && is(fault.place, "layers[1].type"));

    /* beyond the last */
    SAME(templrender_error_fault(err, 2, &fault), TEMPLRENDER_BAD_ARGUMENT);
    SAME(templrender_error_fault(err, SIZE_MAX, &fault), TEMPLRENDER_BAD_ARGUMENT);
    CHECK(is(fault.place, "layers[1].type")); /* outputs are written on success alone */
    /* a size that no header has */
    const size_t sizes[] = { 0, 1, sizeof fault.struct_size, offsetof(templrender_fault, place), sizeof fault - 8, sizeof fault + 1, 1 << 20, SIZE_MAX };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        fault.struct_size = sizes[i];
        SAME(templrender_error_fault(err, 0, &fault), TEMPLRENDER_BAD_ARGUMENT);
        CHECK(is(fault.place, "layers[1].type"));
    }
    /* a newer header's is larger than the library knows: the rest is noughts */
    struct { templrender_fault known; uint64_t later[4], behind; } newer;
    memset(&newer, 0xa5, sizeof newer);
    newer.known.struct_size = sizeof newer.known + sizeof newer.later;
    SAME(templrender_error_fault(err, 0, &newer.known), TEMPLRENDER_OK);
    CHECK(is(newer.known.place, "layers[0].lft"));
    CHECK(newer.later[0] == 0 && newer.later[3] == 0 && newer.behind == 0xa5a5a5a5a5a5a5a5);

    /* one line for each fault, and a NUL behind them for printf */
    templrender_slice message = templrender_error_message(err);
    SAME(message.data[message.len], 0);
    SAME(strlen((const char *)message.data), message.len);
    CHECK(has(message, "layers[0].lft: unknown key \"lft\", did you mean \"left\"?\n"));
    CHECK(has(message, "layers[1].type: "));

    templrender_error *other = NULL;
    templrender_buffer *json = NULL;
    SAME(templrender_error_to_json(err, text("7f-\"1\""), &json, &other), TEMPLRENDER_OK);
    CHECK(!other);
    templrender_slice body = templrender_buffer_slice(json);
    CHECK(body.len > 2 && body.data[0] == '{');
    CHECK(has(body, "unknown-key") && has(body, "102") && has(body, "layers[0].lft") && has(body, "7f-\\\"1\\\""));
    templrender_buffer_free(json);
    SAME(templrender_error_to_json(err, slice("\xff", 1), &json, &other), TEMPLRENDER_BAD_ARGUMENT);
    CHECK(other != NULL);
    templrender_error_free(other);

    /* `err` may be NULL, and a failure leaves outputs alone */
    broken = (templrender_template *)&message;
    SAME(templrender_template_parse(text(BROKEN), NULL, &broken, NULL), TEMPLRENDER_UNKNOWN_KEY);
    CHECK(broken == (templrender_template *)&message);
    templrender_error_free(err);
    err = NULL;
}

/* What a URL's query says may be a secret: it never stands in the body of an answer. */
static void secrets(void)
{
    TEST("secrets");
    templrender_origins *origins = NULL;
    templrender_url *url = NULL;
    OK(templrender_origins_any(&origins, &err));
    SAME(templrender_origins_check(origins, text("http://user:hunter2@cdn.example/a.jpg?token=hunter2"), &url, &err), TEMPLRENDER_REFUSED_ORIGIN);
    CHECK(err && !strstr(explained(err), "hunter2"));
    templrender_buffer *json = NULL;
    SAME(templrender_error_to_json(err, text(""), &json, NULL), TEMPLRENDER_OK);
    CHECK(!has(templrender_buffer_slice(json), "hunter2"));
    templrender_buffer_free(json);
    templrender_error_free(err);
    err = NULL;
    templrender_origins_free(origins);
}

static void limits(void)
{
    TEST("limits");
    templrender_limits limits;
    memset(&limits, 0xa5, sizeof limits);
    templrender_limits_init(&limits, sizeof limits);
    SAME(limits.struct_size, sizeof limits);
    SAME(limits.max_pixels, 64000000);
    SAME(limits.max_input_bytes, 32 << 20);
    SAME(limits.max_metadata_bytes, 4 << 20);
    SAME(limits.max_template_bytes, 4 << 20);
    SAME(limits.max_layers, 10000);
    SAME(limits.max_text_bytes, 64 << 10);
    SAME(limits.max_side_px, 16384);
    SAME(limits.max_scans, 1000);
    SAME(limits.max_depth, 64);
    SAME(limits.max_model_bytes, 512 << 20);
    SAME(limits.max_model_peak_mb, 1024);
    SAME(limits.max_model_gmac, 500);
    templrender_limits_init(NULL, sizeof limits);

    /* a size that no header has leaves it alone */
    memset(&limits, 0xa5, sizeof limits);
    templrender_limits_init(&limits, 8);
    SAME(limits.max_layers, (size_t)0xa5a5a5a5a5a5a5a5);
    /* a newer header's: not a byte behind its end */
    struct { templrender_limits known; uint64_t later[2], behind; } newer;
    memset(&newer, 0xa5, sizeof newer);
    templrender_limits_init(&newer.known, sizeof newer.known + sizeof newer.later);
    SAME(newer.known.max_layers, 10000);
    CHECK(newer.later[0] == 0 && newer.later[1] == 0 && newer.behind == 0xa5a5a5a5a5a5a5a5);

    /* a limit that is given is kept */
    templrender_template *parsed = NULL;
    newer.known.max_template_bytes = 50;
    FAILS_SAYING(TEMPLRENDER_TEMPLATE_LIMIT, "50", templrender_template_parse(text(BROKEN), &newer.known, &parsed, &err));
    newer.known.max_template_bytes = 4 << 20;
    FAILS(TEMPLRENDER_UNKNOWN_KEY, templrender_template_parse(text(BROKEN), &newer.known, &parsed, &err));
    /* what a newer header adds may not mean anything yet */
    newer.later[1] = 1;
    FAILS_SAYING(TEMPLRENDER_BAD_ARGUMENT, "noughts", templrender_template_parse(text(BROKEN), &newer.known, &parsed, &err));
    templrender_limits_init(&limits, sizeof limits);
    /* the first header's, which knew no models */
    limits.struct_size = 88;
    FAILS(TEMPLRENDER_UNKNOWN_KEY, templrender_template_parse(text(BROKEN), &limits, &parsed, &err));
    const size_t sizes[] = { 0, 3, 8, 80, sizeof limits + 1, SIZE_MAX };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        limits.struct_size = sizes[i];
        FAILS_SAYING(TEMPLRENDER_BAD_ARGUMENT, "struct_size", templrender_template_parse(text(BROKEN), &limits, &parsed, &err));
    }
    CHECK(!parsed);
}

int main(void)
{
    version();
    codes();
    faults();
    secrets();
    limits();
    return done();
}
