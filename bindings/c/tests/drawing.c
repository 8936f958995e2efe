/* From a plan to bytes: contexts, needs, keys, resources that are copied and borrowed, pixels, encoded pictures, the report. */
#include "check.h"

static const char PICTURES[] = JSON({
    "templrender": 1, "name": "pictures", "size": [40, 20], "output": { "format": "png" }, "assets": { "spare": "assets/spare.png" },
    "layers": [
        { "id": "a", "type": "image", "src": ["{{ photo }}", "asset:spare"], "width": 20, "height": 20 },
        { "id": "b", "type": "image", "src": "{{ photo }}", "left": 20, "width": 10, "height": 20, "missing": "hide" }
    ]
});

static templrender_renderer *renderer;
static templrender_scratch *scratch;

static templrender_plan *plan_of(const char *json, const char *columns, const templrender_context *context)
{
    templrender_template *parsed = NULL;
    templrender_row *row = NULL;
    templrender_plan *plan = NULL;
    OK(templrender_template_parse(text(json), NULL, &parsed, &err));
    OK(templrender_row_from_json(text(columns), &row, &err));
    OK(templrender_renderer_plan(renderer, parsed, row, context, &plan, &err));
    templrender_template_free(parsed); /* a plan stands for itself */
    templrender_row_free(row);
    return plan;
}

static templrender_frame *draw(const templrender_plan *plan, const templrender_resources *resources)
{
    templrender_frame *frame = NULL;
    OK(templrender_renderer_render(renderer, plan, resources, scratch, NULL, &frame, NULL, &err));
    return frame;
}

/* A PNG of one colour, 4 x 4 px, made by the library itself. */
static templrender_buffer *png(const char *color)
{
    char json[256];
    snprintf(json, sizeof json, "{ \"templrender\": 1, \"name\": \"dot\", \"size\": [4, 4], \"background\": \"%s\", \"layers\": [] }", color);
    templrender_plan *plan = plan_of(json, "{}", NULL);
    templrender_resources *resources = NULL;
    OK(templrender_resources_new(NULL, &resources, &err));
    templrender_frame *frame = draw(plan, resources);
    templrender_output output;
    output.struct_size = sizeof output;
    templrender_buffer *bytes = NULL;
    SAME(templrender_plan_output(plan, &output), TEMPLRENDER_OK);
    output.format = TEMPLRENDER_FORMAT_PNG;
    OK(templrender_frame_encode(frame, &output, NULL, &bytes, &err));
    templrender_frame_free(frame);
    templrender_resources_free(resources);
    templrender_plan_free(plan);
    return bytes;
}

static bool same_key(templrender_key a, templrender_key b) { return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0; }

static void needs(void)
{
    TEST("needs");
    templrender_plan *plan = plan_of(PICTURES, "{ \"photo\": \"https://shop.example:8443/a.png?w=9\" }", NULL);
    templrender_resources *resources = NULL;
    OK(templrender_resources_new(NULL, &resources, &err));
    templrender_need all[4];
    size_t count = 0;
    memset(all, 0xa5, sizeof all);
    all[0].struct_size = sizeof all[0];
    OK(templrender_plan_needs(plan, all, 4, &count, &err));
    SAME(count, 2);
    SAME(all[0].kind, TEMPLRENDER_NEED_LOCATION);
    CHECK(is(all[0].location, "https://shop.example:8443/a.png?w=9") && is(all[0].origin, "https://shop.example:8443"));
    CHECK(!all[0].name.data || all[0].name.len == 0);
    SAME(all[0].useful_width, 20);
    SAME(all[0].useful_height, 20);
    SAME(all[1].kind, TEMPLRENDER_NEED_ASSET);
    CHECK(is(all[1].location, "assets/spare.png") && is(all[1].name, "spare"));
    SAME(all[2].id, 0xa5a5a5a5a5a5a5a5); /* nothing behind the last */

    /* only so many fit: as many are written, all are counted */
    templrender_need one;
    memset(&one, 0xa5, sizeof one);
    one.struct_size = sizeof one;
    count = 0;
    OK(templrender_plan_needs(plan, &one, 1, &count, &err));
    SAME(count, 2);
    SAME(one.id, all[0].id);
    OK(templrender_plan_needs(plan, NULL, 0, &count, &err));
    SAME(count, 2);
    count = 77;
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_plan_needs(plan, NULL, 4, &count, &err));
    one.struct_size = 1;
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_plan_needs(plan, &one, 1, &count, &err));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_plan_pending(plan, resources, &one, 1, &count, &err));
    SAME(count, 77);

    /* the structs of a newer header are longer: that is how far apart they lie */
    enum { NEWER = sizeof(templrender_need) + 16 };
    uint64_t room[2 * NEWER / 8 + 1];
    memset(room, 0xa5, sizeof room);
    ((templrender_need *)(void *)room)->struct_size = NEWER;
    OK(templrender_plan_needs(plan, (templrender_need *)(void *)room, 2, &count, &err));
    templrender_need second;
    memcpy(&second, (uint8_t *)room + NEWER, sizeof second);
    SAME(second.id, all[1].id);
    CHECK(is(second.name, "spare"));
    SAME(room[2 * NEWER / 8], 0xa5a5a5a5a5a5a5a5);

    /* the second choice is pending once the first has failed */
    OK(templrender_plan_pending(plan, resources, all, 4, &count, &err));
    SAME(count, 1);
    OK(templrender_resources_fail(resources, all[0].id, text("status 404"), &err));
    all[0].struct_size = sizeof all[0];
    OK(templrender_plan_pending(plan, resources, all, 4, &count, &err));
    SAME(count, 1);
    CHECK(is(all[0].name, "spare"));
    /* a page is none either, and then the need has failed */
    FAILS_SAYING(TEMPLRENDER_UNKNOWN_FORMAT, "HTML page", templrender_resources_insert(resources, all[0].id, text("<!doctype html>"), &err));
    OK(templrender_plan_pending(plan, resources, all, 4, &count, &err));
    SAME(count, 0);
    templrender_frame *frame = NULL;
    templrender_report *report = NULL;
    FAILS_SAYING(TEMPLRENDER_MISSING_RESOURCE, "status 404; asset:spare: ", templrender_renderer_render(renderer, plan, resources, scratch, NULL, &frame, &report, &err));
    CHECK(!frame && !report);
    templrender_resources_free(resources);
    templrender_plan_free(plan);
}

static void answers(void)
{
    TEST("answers");
    templrender_plan *plan = plan_of(PICTURES, "{ \"photo\": \"a.png\" }", NULL);
    templrender_buffer *red = png("#f00"), *blue = png("#00f");
    templrender_slice bytes = templrender_buffer_slice(red);
    uint8_t *mine = (uint8_t *)malloc(bytes.len);
    memcpy(mine, bytes.data, bytes.len);
    templrender_need need;
    need.struct_size = sizeof need;
    size_t count;

    /* copied: the caller's memory may go at once */
    templrender_resources *copied = NULL, *borrowed = NULL;
    OK(templrender_resources_new(NULL, &copied, &err));
    OK(templrender_plan_pending(plan, copied, &need, 1, &count, &err));
    OK(templrender_resources_insert(copied, need.id, slice(mine, bytes.len), &err));
    templrender_key key = templrender_plan_resources_key(plan, copied);
    memset(mine, 0, bytes.len);
    templrender_frame *frame = draw(plan, copied);
    templrender_slice pixels = templrender_frame_pixels(frame);
    CHECK(pixels.len >= 80 && memcmp(pixels.data, "\xff\0\0\xff", 4) == 0);
    templrender_frame_free(frame);

    /* borrowed: the same picture, and the same key */
    memcpy(mine, bytes.data, bytes.len);
    OK(templrender_resources_new(NULL, &borrowed, &err));
    OK(templrender_resources_borrow(borrowed, need.id, slice(mine, bytes.len), &err));
    CHECK(same_key(key, templrender_plan_resources_key(plan, borrowed)));
    frame = draw(plan, borrowed);
    CHECK(memcmp(templrender_frame_pixels(frame).data, "\xff\0\0\xff", 4) == 0);
    templrender_frame_free(frame);
    /* the last answer counts */
    OK(templrender_resources_borrow(borrowed, need.id, templrender_buffer_slice(blue), &err));
    CHECK(!same_key(key, templrender_plan_resources_key(plan, borrowed)));
    frame = draw(plan, borrowed);
    CHECK(memcmp(templrender_frame_pixels(frame).data, "\0\0\xff\xff", 4) == 0);
    templrender_frame_free(frame);
    FAILS(TEMPLRENDER_UNKNOWN_FORMAT, templrender_resources_borrow(borrowed, need.id, text("text"), &err));
    templrender_resources_free(borrowed);
    free(mine);

    /* decoded: drawn as its PNG is, and shared */
    templrender_frame *decoded = NULL;
    OK(templrender_frame_from_rgba(1, 1, slice("\0\xff\0\xff", 4), &decoded, &err));
    OK(templrender_resources_new(NULL, &borrowed, &err));
    OK(templrender_resources_insert_frame(borrowed, need.id, decoded, &err));
    templrender_frame_free(decoded);
    CHECK(!same_key(key, templrender_plan_resources_key(plan, borrowed)));
    frame = draw(plan, borrowed);
    CHECK(memcmp(templrender_frame_pixels(frame).data, "\0\xff\0\xff", 4) == 0);
    templrender_frame_free(frame);
    templrender_resources_free(borrowed);
    decoded = NULL;
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_frame_from_rgba(2, 1, slice("1234", 4), &decoded, &err));
    CHECK(!decoded);

    /* an answer that nobody asked for harms nothing */
    OK(templrender_resources_insert(copied, 12345, bytes, &err));
    frame = draw(plan, copied);
    templrender_frame_free(frame);
    templrender_resources_free(copied);

    /* a limit of their own */
    templrender_limits limits;
    templrender_limits_init(&limits, sizeof limits);
    limits.max_side_px = 3;
    OK(templrender_resources_new(&limits, &copied, &err));
    FAILS_SAYING(TEMPLRENDER_RESOURCE_LIMIT, "4x4 px, over the limit of 3", templrender_resources_insert(copied, need.id, bytes, &err));
    templrender_resources_free(copied);

    /* a picture that came with the row */
    templrender_template *parsed = NULL;
    templrender_row *row = NULL;
    templrender_plan *inline_ = NULL;
    OK(templrender_template_parse(text(PICTURES), NULL, &parsed, &err));
    OK(templrender_row_new(&row, &err));
    OK(templrender_frame_from_rgba(1, 1, slice("\0\xff\0\xff", 4), &decoded, &err));
    OK(templrender_row_set_frame(row, text("photo"), decoded, &err));
    templrender_frame_free(decoded);
    OK(templrender_renderer_plan(renderer, parsed, row, NULL, &inline_, &err));
    OK(templrender_resources_new(NULL, &copied, &err));
    frame = draw(inline_, copied);
    CHECK(memcmp(templrender_frame_pixels(frame).data, "\0\xff\0\xff", 4) == 0);
    templrender_frame_free(frame);
    templrender_resources_free(copied);
    templrender_plan_free(inline_);
    inline_ = NULL;
    OK(templrender_row_borrow_image(row, text("photo"), bytes, &err));
    OK(templrender_renderer_plan(renderer, parsed, row, NULL, &inline_, &err));
    key = templrender_plan_key(inline_);
    templrender_plan_free(inline_);
    inline_ = NULL;
    OK(templrender_row_set_image(row, text("photo"), bytes, &err));
    OK(templrender_renderer_plan(renderer, parsed, row, NULL, &inline_, &err));
    CHECK(same_key(key, templrender_plan_key(inline_)));
    OK(templrender_resources_new(NULL, &copied, &err));
    OK(templrender_plan_pending(inline_, copied, NULL, 0, &count, &err));
    SAME(count, 0);
    frame = draw(inline_, copied);
    CHECK(memcmp(templrender_frame_pixels(frame).data, "\xff\0\0\xff", 4) == 0);
    templrender_frame_free(frame);
    templrender_resources_free(copied);
    templrender_plan_free(inline_);
    templrender_row_free(row);
    templrender_template_free(parsed);

    templrender_buffer_free(red);
    templrender_buffer_free(blue);
    templrender_plan_free(plan);
}

static void pixels(void)
{
    TEST("pixels");
    templrender_plan *plan = plan_of(JSON({ "templrender": 1, "name": "half", "size": [3, 2], "output": { "format": "png" }, "layers": [
        { "type": "box", "width": 1, "height": 2, "background": "#ff0000" },
        { "type": "box", "left": 1, "width": 1, "height": 2, "background": "rgb(0 255 0 / 50%)" }] }), "{}", NULL);
    templrender_resources *none = NULL;
    OK(templrender_resources_new(NULL, &none, &err));
    templrender_frame *frame = draw(plan, none);
    SAME(templrender_frame_width(frame), 3);
    SAME(templrender_frame_height(frame), 2);
    size_t stride = templrender_frame_stride(frame);
    CHECK(stride >= 12 && stride % 4 == 0);
    templrender_slice all = templrender_frame_pixels(frame);
    CHECK(all.len >= stride + 12 && all.len <= stride * 2);
    for (size_t y = 0; y < 2; y++) {
        const uint8_t *line = all.data + y * stride;
        CHECK(memcmp(line, "\xff\0\0\xff", 4) == 0);
        CHECK(line[4] == 0 && line[5] == line[7] && line[7] >= 127 && line[7] <= 128 && line[6] == 0); /* premultiplied */
        CHECK(memcmp(line + 8, "\0\0\0\0", 4) == 0);
    }
    uint8_t rgba[25];
    memset(rgba, 0xa5, sizeof rgba);
    OK(templrender_frame_copy_rgba(frame, rgba, 24, &err));
    SAME(rgba[24], 0xa5);
    for (size_t y = 0; y < 2; y++) {
        const uint8_t *line = rgba + y * 12;
        CHECK(memcmp(line, "\xff\0\0\xff", 4) == 0);
        CHECK(line[4] == 0 && line[5] == 255 && line[6] == 0 && line[7] >= 127 && line[7] <= 128); /* straight */
    }
    /* a buffer that is too short is not written to */
    memset(rgba, 0xa5, sizeof rgba);
    FAILS_SAYING(TEMPLRENDER_BAD_ARGUMENT, "24", templrender_frame_copy_rgba(frame, rgba, 23, &err));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_frame_copy_rgba(frame, rgba, 0, &err));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_frame_copy_rgba(frame, NULL, 24, &err));
    SAME(rgba[0], 0xa5);
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_frame_copy_rgba(frame, rgba, 25, &err)); /* nor one of another picture */
    templrender_frame_free(frame);
    templrender_resources_free(none);
    templrender_plan_free(plan);
}

static void encode(void)
{
    TEST("encode");
    templrender_plan *plan = plan_of(JSON({ "templrender": 1, "name": "out", "size": [64, 48], "background": "linear-gradient(#fff, #06c)",
        "output": { "format": "jpeg", "quality": 71, "subsampling": 444 }, "layers": [] }), "{}", NULL);
    templrender_resources *none = NULL;
    OK(templrender_resources_new(NULL, &none, &err));
    templrender_frame *frame = draw(plan, none);
    templrender_output output;
    memset(&output, 0xa5, sizeof output);
    templrender_output_init(&output, sizeof output);
    SAME(output.struct_size, sizeof output);
    SAME(output.format, TEMPLRENDER_FORMAT_PNG);
    SAME(output.quality, 85);
    SAME(output.subsampling, TEMPLRENDER_SUBSAMPLING_AUTO);
    SAME(output.effort, TEMPLRENDER_EFFORT_FAST);
    CHECK(memcmp(output.matte, "\xff\xff\xff", 3) == 0);
    templrender_output_init(NULL, sizeof output);
    SAME(templrender_plan_output(plan, &output), TEMPLRENDER_OK);
    SAME(output.format, TEMPLRENDER_FORMAT_JPEG);
    SAME(output.quality, 71);
    SAME(output.subsampling, TEMPLRENDER_SUBSAMPLING_444);
    templrender_output wrong = output;
    wrong.struct_size = 2;
    SAME(templrender_plan_output(plan, &wrong), TEMPLRENDER_BAD_ARGUMENT);

    const struct { uint32_t format; const char *begins, *type; } formats[] = {
        { TEMPLRENDER_FORMAT_JPEG, "\xff\xd8\xff", "image/jpeg" },
        { TEMPLRENDER_FORMAT_PNG, "\x89PNG", "image/png" },
        { TEMPLRENDER_FORMAT_WEBP, "RIFF", "image/webp" },
    };
    for (size_t i = 0; i < 3; i++) {
        templrender_buffer *bytes = NULL, *again = NULL;
        output.format = formats[i].format;
        OK(templrender_frame_encode(frame, &output, NULL, &bytes, &err));
        OK(templrender_frame_encode(frame, &output, NULL, &again, &err));
        templrender_slice found = templrender_buffer_slice(bytes);
        CHECK(found.len > 40 && strncmp((const char *)found.data, formats[i].begins, strlen(formats[i].begins)) == 0);
        CHECK(equal(found, templrender_buffer_slice(again)));
        CHECK(is(templrender_format_content_type(formats[i].format), formats[i].type));
        templrender_buffer_free(bytes);
        templrender_buffer_free(again);
    }
    templrender_buffer *grey = NULL;
    templrender_output without_colour = output;
    without_colour.format = TEMPLRENDER_FORMAT_JPEG;
    without_colour.subsampling = TEMPLRENDER_SUBSAMPLING_400;
    OK(templrender_frame_encode(frame, &without_colour, NULL, &grey, &err));
    templrender_slice file = templrender_buffer_slice(grey);
    /* a frame header of eleven bytes is of one component */
    bool is_grey = false;
    for (size_t i = 0; i + 4 <= file.len; i++)
        is_grey |= memcmp(file.data + i, "\xff\xc0\x00\x0b", 4) == 0;
    CHECK(is_grey);
    templrender_buffer_free(grey);
    CHECK(!templrender_format_content_type(TEMPLRENDER_FORMAT_TEMPLATE).data);
    CHECK(!templrender_format_content_type(4).data && !templrender_format_content_type(UINT32_MAX).data);

    /* numbers of enums and ranges are checked */
    templrender_buffer *bytes = NULL;
    wrong = output;
    wrong.format = 99;
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_frame_encode(frame, &wrong, NULL, &bytes, &err));
    wrong = output;
    wrong.format = TEMPLRENDER_FORMAT_JPEG;
    wrong.quality = 101;
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_frame_encode(frame, &wrong, NULL, &bytes, &err));
    wrong.quality = 0;
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_frame_encode(frame, &wrong, NULL, &bytes, &err));
    wrong.quality = 80;
    wrong.subsampling = 99999;
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_frame_encode(frame, &wrong, NULL, &bytes, &err));
    wrong = output;
    wrong.effort = 77;
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_frame_encode(frame, &wrong, NULL, &bytes, &err));
    wrong = output;
    wrong.struct_size = 0;
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_frame_encode(frame, &wrong, NULL, &bytes, &err));
    CHECK(!bytes);
    templrender_frame_free(frame);
    templrender_resources_free(none);
    templrender_plan_free(plan);
}

static const char SALE[] = JSON({
    "templrender": 1, "name": "sale", "size": [40, 20], "lang": "en",
    "fields": { "until": { "type": "date" }, "tint": { "type": "text", "default": "#06c" }, "sold": { "type": "text" } },
    "skip-if": "{{ 'sold out' if sold else none }}",
    "layers": [
        { "type": "box", "if": "now < until", "inset": 0, "background": "#d0021b" },
        { "type": "box", "width": 10, "height": 10, "background": "{{ tint }}" },
        { "id": "far", "type": "box", "left": 500, "width": 5, "height": 5, "background": "red" }
    ],
    "variants": { "tall": { "size": [20, 40] } }
});

static void contexts(void)
{
    TEST("contexts");
    templrender_context context;
    memset(&context, 0xa5, sizeof context);
    templrender_context_init(&context, sizeof context);
    SAME(context.struct_size, sizeof context);
    CHECK(!context.variant.data && !context.lang.data && !context.time_zone.data);
    SAME(context.has_now, false);
    SAME(context.format, TEMPLRENDER_FORMAT_TEMPLATE);
    CHECK(context.scale == 0);
    templrender_context_init(NULL, sizeof context);

    const char *row = "{ \"until\": \"2026-11-30T12:00:00Z\" }";
    context.has_now = true;
    context.now = 1795262400;
    templrender_plan *plan = plan_of(SALE, row, &context);
    int64_t until = 0;
    CHECK(templrender_plan_valid_until(plan, &until));
    SAME(until, 1796040000);
    CHECK(templrender_plan_valid_until(plan, NULL));
    CHECK(!templrender_plan_skipped(plan).data);
    templrender_key key = templrender_plan_key(plan);
    templrender_plan_free(plan);

    plan = plan_of(SALE, row, &context);
    CHECK(same_key(key, templrender_plan_key(plan)));
    templrender_plan_free(plan);
    plan = plan_of(SALE, "{ \"until\": \"2026-11-30T12:00:00Z\", \"unread\": 9 }", &context); /* not drawn, so not in the key */
    CHECK(same_key(key, templrender_plan_key(plan)));
    templrender_plan_free(plan);
    context.now = 1796040000;
    plan = plan_of(SALE, row, &context);
    CHECK(!same_key(key, templrender_plan_key(plan)));
    until = 77;
    CHECK(!templrender_plan_valid_until(plan, &until));
    SAME(until, 77);
    templrender_plan_free(plan);

    context.variant = text("tall");
    context.scale = 2;
    context.format = TEMPLRENDER_FORMAT_WEBP;
    context.lang = text("de-AT");
    context.time_zone = text("Europe/London");
    plan = plan_of(SALE, row, &context);
    templrender_output output;
    output.struct_size = sizeof output;
    SAME(templrender_plan_output(plan, &output), TEMPLRENDER_OK);
    SAME(output.format, TEMPLRENDER_FORMAT_WEBP);
    templrender_resources *none = NULL;
    templrender_frame *frame = NULL;
    templrender_report *report = NULL;
    templrender_buffer *json = NULL;
    OK(templrender_resources_new(NULL, &none, &err));
    templrender_guard guard;
    memset(&guard, 0, sizeof guard);
    guard.struct_size = sizeof guard;
    guard.timings = true;
    OK(templrender_renderer_render(renderer, plan, none, scratch, &guard, &frame, &report, &err));
    SAME(templrender_frame_width(frame), 40);
    SAME(templrender_frame_height(frame), 80);
    SAME(templrender_report_note_count(report), 1);
    templrender_slice code, layer, message;
    CHECK(templrender_report_note(report, 0, &code, &layer, &message));
    CHECK(is(code, "off-canvas") && is(layer, "far") && has(message, "outside the canvas"));
    CHECK(templrender_report_note(report, 0, NULL, NULL, NULL));
    CHECK(!templrender_report_note(report, 1, &code, &layer, &message) && is(layer, "far"));
    OK(templrender_report_to_json(report, &json, &err));
    CHECK(has(templrender_buffer_slice(json), "\"variant\": \"tall\"") && has(templrender_buffer_slice(json), "timings_us"));
    templrender_buffer_free(json);
    templrender_frame_free(frame);
    templrender_report_free(report);

    /* a report without a clock has no times: the same row gives the same report */
    OK(templrender_renderer_render(renderer, plan, none, scratch, NULL, &frame, &report, &err));
    OK(templrender_report_to_json(report, &json, &err));
    CHECK(!has(templrender_buffer_slice(json), "timings_us"));
    templrender_buffer_free(json);
    templrender_frame_free(frame);
    templrender_report_free(report);
    templrender_plan_free(plan);

    /* a row that gets no picture */
    plan = plan_of(SALE, "{ \"sold\": \"yes\" }", NULL);
    CHECK(is(templrender_plan_skipped(plan), "sold out"));
    frame = NULL;
    FAILS(TEMPLRENDER_ROW_SKIPPED, templrender_renderer_render(renderer, plan, none, scratch, NULL, &frame, NULL, &err));
    templrender_plan_free(plan);
    templrender_resources_free(none);

    /* what no plan can be made of */
    templrender_template *parsed = NULL;
    templrender_row *empty = NULL, *bad = NULL;
    OK(templrender_template_parse(text(SALE), NULL, &parsed, &err));
    OK(templrender_row_new(&empty, &err));
    OK(templrender_row_from_json(text("{ \"until\": \"yesterday\" }"), &bad, &err));
    plan = NULL;
    FAILS(TEMPLRENDER_BAD_FIELD, templrender_renderer_plan(renderer, parsed, bad, NULL, &plan, &err));
    templrender_context_init(&context, sizeof context);
    context.variant = text("tal");
    FAILS_SAYING(TEMPLRENDER_UNKNOWN_VARIANT, "did you mean \"tall\"?", templrender_renderer_plan(renderer, parsed, empty, &context, &plan, &err));
    templrender_context_init(&context, sizeof context);
    context.format = 4;
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_renderer_plan(renderer, parsed, empty, &context, &plan, &err));
    templrender_context_init(&context, sizeof context);
    context.lang = slice("\xff", 1);
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_renderer_plan(renderer, parsed, empty, &context, &plan, &err));
    templrender_context_init(&context, sizeof context);
    context.struct_size = 4;
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_renderer_plan(renderer, parsed, empty, &context, &plan, &err));
    const float scales[] = { -1, 1e30f, (float)(1e300 * 1e10), (float)(1e300 * 1e10) * 0 };
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
        templrender_context_init(&context, sizeof context);
        context.scale = scales[i];
        CHECK(templrender_renderer_plan(renderer, parsed, empty, &context, &plan, NULL) != TEMPLRENDER_OK);
    }
    templrender_row_free(empty);
    templrender_row_free(bad);
    templrender_template_free(parsed);
}

/* The renderer's fonts and limits. */
static void renderers(const char *root)
{
    TEST("renderers");
    templrender_fonts *fonts = NULL;
    templrender_renderer *small = NULL, *with_fonts = NULL;
    templrender_limits limits;
    templrender_limits_init(&limits, sizeof limits);
    limits.max_side_px = 30;
    OK(templrender_fonts_new(false, &fonts, &err));
    OK(templrender_renderer_new(fonts, &limits, &small, &err)); /* no fonts at all */
    templrender_fonts_free(fonts);
    templrender_template *parsed = NULL, *words = NULL;
    templrender_row *row = NULL;
    templrender_plan *plan = NULL;
    templrender_frame *frame = NULL;
    templrender_resources *none = NULL;
    OK(templrender_template_parse(text(SALE), NULL, &parsed, &err));
    OK(templrender_row_new(&row, &err));
    OK(templrender_resources_new(NULL, &none, &err));
    templrender_status planned = templrender_renderer_plan(small, parsed, row, NULL, &plan, NULL);
    if (planned == TEMPLRENDER_OK) planned = templrender_renderer_render(small, plan, none, scratch, NULL, &frame, NULL, NULL);
    SAME(planned, TEMPLRENDER_CANVAS_LIMIT);
    CHECK(!frame);
    templrender_plan_free(plan);
    plan = NULL;

    OK(templrender_template_parse(text(JSON({ "templrender": 1, "name": "t", "size": [90, 30], "fonts": ["Noto Sans"],
        "layers": [{ "type": "text", "text": "{{ word }}" }] })), NULL, &words, &err));
    OK(templrender_row_set_text(row, text("word"), text("AVAWA"), &err));
    templrender_status drawn = templrender_renderer_plan(renderer, words, row, NULL, &plan, NULL);
    if (drawn == TEMPLRENDER_OK) drawn = templrender_renderer_render(renderer, plan, none, scratch, NULL, &frame, NULL, NULL);
    SAME(drawn, TEMPLRENDER_NO_FONTS);
    templrender_plan_free(plan);
    plan = NULL;

    OK(templrender_fonts_new(false, &fonts, &err));
    templrender_slice bytes = file(root, "tests/fonts/NotoSans-Regular.subset.ttf");
    OK(templrender_fonts_add(fonts, bytes, NULL, &err));
    drop(bytes);
    OK(templrender_renderer_new(fonts, NULL, &with_fonts, &err));
    templrender_fonts_free(fonts); /* the renderer has them */
    OK(templrender_renderer_plan(with_fonts, words, row, NULL, &plan, &err));
    OK(templrender_renderer_render(with_fonts, plan, none, scratch, NULL, &frame, NULL, &err));
    bool inked = false;
    templrender_slice all = templrender_frame_pixels(frame);
    for (size_t i = 3; i < all.len; i += 4) inked |= all.data[i] > 200;
    CHECK(inked);
    templrender_frame_free(frame);
    templrender_plan_free(plan);
    templrender_resources_free(none);
    templrender_row_free(row);
    templrender_template_free(words);
    templrender_template_free(parsed);
    templrender_renderer_free(small);
    templrender_renderer_free(with_fonts);
}

/* The plan of what a URL asks for. */
static void requests(void)
{
    TEST("requests");
    templrender_template *parsed = NULL;
    templrender_request *request = NULL;
    templrender_plan *asked = NULL, *plan = NULL;
    templrender_context context;
    OK(templrender_template_parse(text(SALE), NULL, &parsed, &err));
    OK(templrender_request_parse(text("/shop/sale/tall.webp?tint=%23fc0&~lang=de"), &request, &err));
    OK(templrender_renderer_plan_request(renderer, parsed, request, 1795262400, &asked, &err));
    templrender_context_init(&context, sizeof context);
    OK(templrender_request_context(request, 1795262400, &context, &err));
    CHECK(is(context.variant, "tall") && is(context.lang, "de") && context.has_now);
    SAME(context.now, 1795262400);
    SAME(context.format, TEMPLRENDER_FORMAT_WEBP);
    templrender_row *row = NULL;
    OK(templrender_request_row(request, &row, &err));
    OK(templrender_renderer_plan(renderer, parsed, row, &context, &plan, &err));
    CHECK(same_key(templrender_plan_key(asked), templrender_plan_key(plan)));
    templrender_plan_free(asked);
    templrender_plan_free(plan);
    templrender_row_free(row);
    templrender_request_free(request);

    asked = NULL;
    OK(templrender_request_parse(text("/shop/sale/wide.webp"), &request, &err));
    FAILS(TEMPLRENDER_UNKNOWN_VARIANT, templrender_renderer_plan_request(renderer, parsed, request, 0, &asked, &err));
    context.struct_size = 1;
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_request_context(request, 0, &context, &err));
    templrender_request_free(request);
    templrender_template_free(parsed);
}

int main(int argc, char **argv)
{
    (void)argc;
    templrender_fonts *none = NULL;
    OK(templrender_fonts_new(false, &none, &err));
    OK(templrender_renderer_new(none, NULL, &renderer, &err));
    OK(templrender_scratch_new(&scratch, &err));
    templrender_fonts_free(none);
    needs();
    answers();
    pixels();
    encode();
    contexts();
    renderers(argv[1]);
    requests();
    templrender_scratch_free(scratch);
    templrender_renderer_free(renderer);
    return done();
}
