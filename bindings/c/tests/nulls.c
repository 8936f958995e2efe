/* NULL everywhere: no call crashes, what can fail says bad-argument and leaves its outputs alone, what cannot answers with nothing. */
#include "check.h"

#define REFUSES(call) FAILS(TEMPLRENDER_BAD_ARGUMENT, call)

/* NULL with a length of 0 is an empty text; with another, a mistake. */
static const templrender_slice none = { NULL, 0 }, lies = { NULL, 5 };

static void freeing(void)
{
    TEST("freeing nothing");
    templrender_buffer_free(NULL);
    templrender_error_free(NULL);
    templrender_fonts_free(NULL);
    templrender_template_free(NULL);
    templrender_row_free(NULL);
    templrender_pack_free(NULL);
    templrender_bundle_free(NULL);
    templrender_renderer_free(NULL);
    templrender_plan_free(NULL);
    templrender_resources_free(NULL);
    templrender_scratch_free(NULL);
    templrender_frame_free(NULL);
    templrender_report_free(NULL);
    templrender_request_free(NULL);
    templrender_keyring_free(NULL);
    templrender_origins_free(NULL);
    templrender_url_free(NULL);
    CHECK(true);
}

static void asking(void)
{
    TEST("asking nothing");
    templrender_slice name = text("kept"), path = text("kept"), third = text("kept");
    int64_t seconds = 77;
    CHECK(!templrender_buffer_slice(NULL).data);
    SAME(templrender_error_code(NULL), TEMPLRENDER_OK);
    SAME(templrender_error_cause(NULL), 0);
    SAME(templrender_error_count(NULL), 0);
    CHECK(!templrender_error_message(NULL).data || templrender_error_message(NULL).len == 0);
    SAME(templrender_fonts_count(NULL), 0);
    CHECK(!templrender_template_name(NULL).data);
    SAME(templrender_template_variant_count(NULL), 0);
    CHECK(!templrender_template_variant(NULL, 0).data);
    SAME(templrender_template_asset_count(NULL), 0);
    CHECK(!templrender_template_asset(NULL, 0, &name, &path));
    CHECK(!templrender_bundle_template(NULL) && !templrender_bundle_renderer(NULL));
    CHECK(!templrender_bundle_version(NULL).data);
    SAME(templrender_bundle_bytes(NULL), 0);
    templrender_key key = templrender_plan_key(NULL);
    templrender_key zero;
    memset(&zero, 0, sizeof zero);
    CHECK(memcmp(&key, &zero, sizeof key) == 0);
    key = templrender_plan_resources_key(NULL, NULL);
    CHECK(memcmp(&key, &zero, sizeof key) == 0);
    CHECK(!templrender_plan_valid_until(NULL, &seconds));
    CHECK(!templrender_plan_skipped(NULL).data);
    SAME(templrender_frame_width(NULL), 0);
    SAME(templrender_frame_height(NULL), 0);
    SAME(templrender_frame_stride(NULL), 0);
    CHECK(!templrender_frame_pixels(NULL).data);
    SAME(templrender_report_note_count(NULL), 0);
    CHECK(!templrender_report_note(NULL, 0, &name, &path, &third));
    CHECK(!templrender_request_tenant(NULL).data && !templrender_request_template(NULL).data && !templrender_request_digest(NULL).data);
    CHECK(!templrender_request_variant(NULL).data && !templrender_request_lang(NULL).data && !templrender_request_version(NULL).data);
    SAME(templrender_request_format(NULL), 0);
    CHECK(!templrender_request_expires(NULL, &seconds));
    CHECK(!templrender_request_is_expired(NULL, 0));
    CHECK(templrender_keyring_is_empty(NULL));
    CHECK(!templrender_url_text(NULL).data && !templrender_url_scheme(NULL).data && !templrender_url_host(NULL).data && !templrender_url_origin(NULL).data);
    SAME(templrender_url_port(NULL), 0);
    CHECK(is(name, "kept") && is(path, "kept") && is(third, "kept") && seconds == 77);
}

static void reading(const char *root)
{
    TEST("reading");
    templrender_template *parsed = NULL;
    templrender_row *row = NULL;
    templrender_fonts *fonts = NULL;
    templrender_buffer *buffer = NULL, *kept = NULL;
    templrender_error *warnings = NULL;
    templrender_fault fault;
    fault.struct_size = sizeof fault;
    templrender_slice font = file(root, "tests/fonts/NotoSans-Regular.subset.ttf");
    templrender_slice card = text(JSON({ "templrender": 1, "name": "t", "size": [9, 9], "layers": [{ "type": "box" }] }));

    REFUSES(templrender_template_parse(card, NULL, NULL, &err));
    REFUSES(templrender_template_parse(lies, NULL, &parsed, &err));
    SAME(templrender_template_parse(none, NULL, NULL, NULL), TEMPLRENDER_BAD_ARGUMENT);
    FAILS(TEMPLRENDER_TEMPLATE_SYNTAX, templrender_template_parse(none, NULL, &parsed, &err));
    OK(templrender_template_parse(card, NULL, &parsed, &err));
    REFUSES(templrender_template_warnings(NULL, &warnings, &err));
    REFUSES(templrender_template_warnings(parsed, NULL, &err));
    REFUSES(templrender_template_schema(NULL, &err));
    templrender_template_free(parsed);

    SAME(templrender_template_parse(text("{"), NULL, &parsed, &warnings), TEMPLRENDER_TEMPLATE_SYNTAX);
    SAME(templrender_error_fault(NULL, 0, &fault), TEMPLRENDER_BAD_ARGUMENT);
    SAME(templrender_error_fault(warnings, 0, NULL), TEMPLRENDER_BAD_ARGUMENT);
    REFUSES(templrender_error_to_json(NULL, text("id"), &buffer, &err));
    REFUSES(templrender_error_to_json(warnings, text("id"), NULL, &err));
    OK(templrender_error_to_json(warnings, none, &kept, &err)); /* a request without an id */
    templrender_buffer_free(kept);
    templrender_error_free(warnings);

    REFUSES(templrender_fonts_new(true, NULL, &err));
    OK(templrender_fonts_new(false, &fonts, &err));
    REFUSES(templrender_fonts_add(NULL, font, NULL, &err));
    REFUSES(templrender_fonts_add(fonts, lies, NULL, &err));
    SAME(templrender_fonts_count(fonts), 0);
    templrender_fonts_free(fonts);
    drop(font);

    REFUSES(templrender_row_new(NULL, &err));
    REFUSES(templrender_row_from_json(text("{}"), NULL, &err));
    REFUSES(templrender_row_from_json(lies, &row, &err));
    OK(templrender_row_new(&row, &err));
    REFUSES(templrender_row_set_text(NULL, text("a"), text("b"), &err));
    REFUSES(templrender_row_set_text(row, lies, text("b"), &err));
    REFUSES(templrender_row_set_text(row, text("a"), lies, &err));
    REFUSES(templrender_row_set_image(NULL, text("a"), text("b"), &err));
    REFUSES(templrender_row_set_image(row, lies, text("b"), &err));
    REFUSES(templrender_row_set_image(row, text("a"), lies, &err));
    REFUSES(templrender_row_borrow_image(NULL, text("a"), text("b"), &err));
    REFUSES(templrender_row_borrow_image(row, lies, text("b"), &err));
    REFUSES(templrender_row_borrow_image(row, text("a"), lies, &err));
    REFUSES(templrender_row_set_frame(row, text("a"), NULL, &err));
    templrender_row_free(row);
    CHECK(!buffer);
}

static void packing(void)
{
    TEST("packing");
    templrender_pack *pack = NULL;
    templrender_fonts *fonts = NULL;
    templrender_bundle *bundle = NULL;
    templrender_buffer *buffer = NULL;
    templrender_plan *plan = NULL;
    templrender_resources *resources = NULL;
    REFUSES(templrender_pack_new(NULL, NULL, &err));
    REFUSES(templrender_pack_from_zip(text("PK"), NULL, NULL, &err));
    REFUSES(templrender_pack_from_zip(lies, NULL, &pack, &err));
    OK(templrender_pack_new(NULL, &pack, &err));
    REFUSES(templrender_pack_add(NULL, text("template.json"), text("{}"), &err));
    REFUSES(templrender_pack_add(pack, lies, text("{}"), &err));
    REFUSES(templrender_pack_add(pack, text("template.json"), lies, &err));
    OK(templrender_pack_add(pack, text("template.json"), text(JSON({ "templrender": 1, "name": "t", "size": [9, 9], "layers": [] })), &err));
    REFUSES(templrender_pack_wanted(NULL, &buffer, &err));
    REFUSES(templrender_pack_wanted(pack, NULL, &err));
    REFUSES(templrender_pack_wanted_at(NULL, 0, &buffer, &err));
    REFUSES(templrender_pack_wanted_at(pack, 0, NULL, &err));
    REFUSES(templrender_pack_to_zip(NULL, &buffer, &err));
    REFUSES(templrender_pack_to_zip(pack, NULL, &err));
    REFUSES(templrender_bundle_open(NULL, NULL, 0, &bundle, &err));
    REFUSES(templrender_bundle_open(pack, NULL, 0, &bundle, &err));
    OK(templrender_fonts_new(false, &fonts, &err));
    OK(templrender_bundle_open(pack, fonts, 0, &bundle, &err));
    REFUSES(templrender_bundle_open(NULL, fonts, 0, &bundle, &err));
    REFUSES(templrender_bundle_open(pack, fonts, 0, NULL, &err));
    templrender_fonts_free(fonts);
    REFUSES(templrender_bundle_resources(NULL, &resources, &err));
    REFUSES(templrender_bundle_resources(bundle, NULL, &err));
    REFUSES(templrender_bundle_fallback(NULL, NULL, &plan, &resources, &err));
    REFUSES(templrender_bundle_fallback(bundle, NULL, NULL, &resources, &err));
    REFUSES(templrender_bundle_fallback(bundle, NULL, &plan, NULL, &err));
    CHECK(!buffer && !plan && !resources);
    templrender_bundle_free(bundle);
    templrender_pack_free(pack);
}

static void drawing(void)
{
    TEST("drawing");
    templrender_template *parsed = NULL;
    templrender_row *row = NULL;
    templrender_fonts *fonts = NULL;
    templrender_renderer *renderer = NULL;
    templrender_plan *plan = NULL, *kept = NULL;
    templrender_resources *resources = NULL;
    templrender_scratch *scratch = NULL;
    templrender_frame *frame = NULL;
    templrender_report *report = NULL;
    templrender_buffer *buffer = NULL;
    templrender_request *request = NULL;
    templrender_output output;
    templrender_need need;
    size_t count = 77;
    uint8_t rgba[9 * 9 * 4];
    output.struct_size = sizeof output;
    need.struct_size = sizeof need;
    OK(templrender_template_parse(text(JSON({ "templrender": 1, "name": "t", "size": [9, 9], "layers": [] })), NULL, &parsed, &err));
    OK(templrender_row_new(&row, &err));
    OK(templrender_request_parse(text("/shop/t.png"), &request, &err));
    OK(templrender_fonts_new(false, &fonts, &err));
    REFUSES(templrender_renderer_new(fonts, NULL, NULL, &err));
    REFUSES(templrender_renderer_new(NULL, NULL, &renderer, &err));
    OK(templrender_renderer_new(fonts, NULL, &renderer, &err));
    templrender_fonts_free(fonts);

    REFUSES(templrender_renderer_plan(NULL, parsed, row, NULL, &kept, &err));
    REFUSES(templrender_renderer_plan(renderer, NULL, row, NULL, &kept, &err));
    REFUSES(templrender_renderer_plan(renderer, parsed, NULL, NULL, &kept, &err));
    REFUSES(templrender_renderer_plan(renderer, parsed, row, NULL, NULL, &err));
    REFUSES(templrender_renderer_plan_request(NULL, parsed, request, 0, &kept, &err));
    REFUSES(templrender_renderer_plan_request(renderer, NULL, request, 0, &kept, &err));
    REFUSES(templrender_renderer_plan_request(renderer, parsed, NULL, 0, &kept, &err));
    REFUSES(templrender_renderer_plan_request(renderer, parsed, request, 0, NULL, &err));
    OK(templrender_renderer_plan(renderer, parsed, row, NULL, &plan, &err));
    SAME(templrender_plan_output(NULL, &output), TEMPLRENDER_BAD_ARGUMENT);
    SAME(templrender_plan_output(plan, NULL), TEMPLRENDER_BAD_ARGUMENT);

    REFUSES(templrender_resources_new(NULL, NULL, &err));
    OK(templrender_resources_new(NULL, &resources, &err));
    REFUSES(templrender_plan_needs(NULL, &need, 1, &count, &err));
    REFUSES(templrender_plan_needs(plan, &need, 1, NULL, &err));
    REFUSES(templrender_plan_needs(plan, NULL, 1, &count, &err));
    REFUSES(templrender_plan_pending(NULL, resources, &need, 1, &count, &err));
    REFUSES(templrender_plan_pending(plan, NULL, &need, 1, &count, &err));
    REFUSES(templrender_plan_pending(plan, resources, NULL, 1, &count, &err));
    REFUSES(templrender_plan_pending(plan, resources, &need, 1, NULL, &err));
    SAME(count, 77);
    REFUSES(templrender_resources_insert(NULL, 1, text("a"), &err));
    REFUSES(templrender_resources_insert(resources, 1, lies, &err));
    REFUSES(templrender_resources_borrow(NULL, 1, text("a"), &err));
    REFUSES(templrender_resources_borrow(resources, 1, lies, &err));
    REFUSES(templrender_resources_insert_frame(resources, 1, NULL, &err));
    REFUSES(templrender_frame_from_rgba(1, 1, lies, &frame, &err));
    REFUSES(templrender_frame_from_rgba(1, 1, text("1234"), NULL, &err));
    REFUSES(templrender_resources_fail(NULL, 1, text("a"), &err));
    REFUSES(templrender_resources_refuse_truncated(NULL, &err));

    REFUSES(templrender_scratch_new(NULL, &err));
    OK(templrender_scratch_new(&scratch, &err));
    REFUSES(templrender_renderer_render(NULL, plan, resources, scratch, NULL, &frame, NULL, &err));
    REFUSES(templrender_renderer_render(renderer, NULL, resources, scratch, NULL, &frame, NULL, &err));
    REFUSES(templrender_renderer_render(renderer, plan, NULL, scratch, NULL, &frame, NULL, &err));
    REFUSES(templrender_renderer_render(renderer, plan, resources, NULL, NULL, &frame, NULL, &err));
    REFUSES(templrender_renderer_render(renderer, plan, resources, scratch, NULL, NULL, &report, &err));
    CHECK(!frame && !report);
    OK(templrender_renderer_render(renderer, plan, resources, scratch, NULL, &frame, &report, &err));
    REFUSES(templrender_frame_copy_rgba(NULL, rgba, sizeof rgba, &err));
    REFUSES(templrender_frame_copy_rgba(frame, NULL, sizeof rgba, &err));
    SAME(templrender_plan_output(plan, &output), TEMPLRENDER_OK);
    REFUSES(templrender_frame_encode(NULL, &output, NULL, &buffer, &err));
    REFUSES(templrender_frame_encode(frame, NULL, NULL, &buffer, &err));
    REFUSES(templrender_frame_encode(frame, &output, NULL, NULL, &err));
    REFUSES(templrender_report_to_json(NULL, &buffer, &err));
    REFUSES(templrender_report_to_json(report, NULL, &err));
    CHECK(!kept && !buffer);
    templrender_report_free(report);
    templrender_frame_free(frame);
    templrender_scratch_free(scratch);
    templrender_resources_free(resources);
    templrender_plan_free(plan);
    templrender_renderer_free(renderer);
    templrender_request_free(request);
    templrender_row_free(row);
    templrender_template_free(parsed);
}

static void requests(void)
{
    TEST("requests");
    templrender_request *request = NULL, *kept = NULL;
    templrender_keyring *keys = NULL;
    templrender_row *row = NULL, *given = NULL;
    templrender_buffer *buffer = NULL;
    templrender_context context;
    templrender_context_init(&context, sizeof context);
    OK(templrender_row_new(&row, &err));
    REFUSES(templrender_request_parse(text("/shop/t.png"), NULL, &err));
    REFUSES(templrender_request_parse(lies, &kept, &err));
    REFUSES(templrender_request_new(lies, text("t"), TEMPLRENDER_FORMAT_PNG, row, &kept, &err));
    REFUSES(templrender_request_new(text("shop"), lies, TEMPLRENDER_FORMAT_PNG, row, &kept, &err));
    OK(templrender_request_new(text("shop"), text("t"), TEMPLRENDER_FORMAT_PNG, NULL, &request, &err)); /* no columns */
    templrender_request_free(request);
    REFUSES(templrender_request_new(text("shop"), text("t"), TEMPLRENDER_FORMAT_PNG, row, NULL, &err));
    OK(templrender_request_new(text("shop"), text("t"), TEMPLRENDER_FORMAT_PNG, row, &request, &err));
    REFUSES(templrender_request_set_digest(NULL, text("a"), &err));
    REFUSES(templrender_request_set_variant(NULL, text("a"), &err));
    REFUSES(templrender_request_set_lang(NULL, text("a"), &err));
    REFUSES(templrender_request_set_version(NULL, text("a"), &err));
    REFUSES(templrender_request_set_expires(NULL, 1, &err));
    REFUSES(templrender_request_row(NULL, &given, &err));
    REFUSES(templrender_request_row(request, NULL, &err));
    REFUSES(templrender_request_context(NULL, 0, &context, &err));
    REFUSES(templrender_request_context(request, 0, NULL, &err));
    REFUSES(templrender_request_canonical(NULL, &buffer, &err));
    REFUSES(templrender_request_canonical(request, NULL, &err));
    REFUSES(templrender_keyring_parse(text("an-example-that-everybody-knows-1"), NULL, &err));
    REFUSES(templrender_keyring_parse(lies, &keys, &err));
    OK(templrender_keyring_parse(text("an-example-that-everybody-knows-1"), &keys, &err));
    REFUSES(templrender_keyring_verify(NULL, request, 0, &err));
    REFUSES(templrender_keyring_verify(keys, NULL, 0, &err));
    REFUSES(templrender_keyring_sign(NULL, request, &buffer, &err));
    REFUSES(templrender_keyring_sign(keys, NULL, &buffer, &err));
    REFUSES(templrender_keyring_sign(keys, request, NULL, &err));
    CHECK(!kept && !given && !buffer);
    templrender_keyring_free(keys);
    templrender_request_free(request);
    templrender_row_free(row);
}

static void origins(void)
{
    TEST("origins");
    templrender_origins *any = NULL, *kept = NULL;
    templrender_url *url = NULL;
    REFUSES(templrender_origins_any(NULL, &err));
    REFUSES(templrender_origins_allow(NULL, 0, NULL, &err));
    REFUSES(templrender_origins_allow(NULL, 3, &kept, &err));
    REFUSES(templrender_origins_allow(&lies, 1, &kept, &err));
    REFUSES(templrender_origins_allow(&none, 1, &kept, &err)); /* an empty pattern */
    REFUSES(templrender_origins_with_ip_literals(NULL, &err));
    OK(templrender_origins_any(&any, &err));
    REFUSES(templrender_origins_check(NULL, text("http://a.example/"), &url, &err));
    REFUSES(templrender_origins_check(any, lies, &url, &err));
    REFUSES(templrender_origins_check(any, text("http://a.example/"), NULL, &err));
    CHECK(!kept && !url);
    templrender_origins_free(any);
}

int main(int argc, char **argv)
{
    (void)argc;
    freeing();
    asking();
    reading(argv[1]);
    packing();
    drawing();
    requests();
    origins();
    return done();
}
