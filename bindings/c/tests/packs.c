/* Packs and bundles: a template with its files, out of a folder's bytes and out of a zip, ready to draw, with its fallback picture. */
#include "check.h"

static templrender_fonts *no_fonts;

enum { NOW = 1795262400 }; /* 2026-11-21T12:00:00Z */

static void add(templrender_pack *pack, const char *root, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "templates/product-ad/%s", name);
    templrender_slice bytes = file(root, path);
    OK(templrender_pack_add(pack, text(name), bytes, &err));
    drop(bytes);
}

static templrender_pack *product_ad(const char *root)
{
    templrender_pack *pack = NULL;
    OK(templrender_pack_new(NULL, &pack, &err));
    add(pack, root, "template.json");
    add(pack, root, "fallback.json");
    add(pack, root, "fonts/Inter-Regular.ttf");
    add(pack, root, "fonts/Inter-Bold.ttf");
    templrender_buffer *wanted = NULL;
    OK(templrender_pack_wanted(pack, &wanted, &err));
    CHECK(is(templrender_buffer_slice(wanted), "assets/logo.png\nassets/placeholder.png\n"));
    templrender_buffer_free(wanted);
    OK(templrender_pack_wanted_at(pack, NOW, &wanted, &err)); /* this fallback draws the same at any time */
    CHECK(is(templrender_buffer_slice(wanted), "assets/logo.png\nassets/placeholder.png\n"));
    templrender_buffer_free(wanted);
    return pack;
}

static void same_picture(const templrender_bundle *a, const templrender_bundle *b)
{
    templrender_buffer *pictures[2] = { NULL, NULL };
    const templrender_bundle *bundles[2];
    bundles[0] = a;
    bundles[1] = b;
    for (int i = 0; i < 2; i++) {
        templrender_plan *plan = NULL;
        templrender_resources *resources = NULL;
        templrender_scratch *scratch = NULL;
        templrender_frame *frame = NULL;
        templrender_output output;
        output.struct_size = sizeof output;
        OK(templrender_bundle_fallback(bundles[i], NULL, &plan, &resources, &err));
        OK(templrender_scratch_new(&scratch, &err));
        size_t pending = 7;
        OK(templrender_plan_pending(plan, resources, NULL, 0, &pending, &err));
        SAME(pending, 0);
        OK(templrender_renderer_render(templrender_bundle_renderer(bundles[i]), plan, resources, scratch, NULL, &frame, NULL, &err));
        SAME(templrender_plan_output(plan, &output), TEMPLRENDER_OK);
        OK(templrender_frame_encode(frame, &output, NULL, &pictures[i], &err));
        templrender_frame_free(frame);
        templrender_scratch_free(scratch);
        templrender_resources_free(resources);
        templrender_plan_free(plan);
    }
    CHECK(templrender_buffer_slice(pictures[0]).len > 1000);
    CHECK(equal(templrender_buffer_slice(pictures[0]), templrender_buffer_slice(pictures[1])));
    templrender_buffer_free(pictures[0]);
    templrender_buffer_free(pictures[1]);
}

static void whole(const char *root)
{
    TEST("a whole pack");
    templrender_pack *pack = product_ad(root), *again = NULL;
    templrender_bundle *bundle = NULL, *other = NULL;
    /* an asset is missing: refused */
    FAILS(TEMPLRENDER_MISSING_RESOURCE, templrender_bundle_open(pack, no_fonts, NOW, &bundle, &err));
    CHECK(!bundle);
    add(pack, root, "assets/logo.png");
    add(pack, root, "assets/placeholder.png");
    templrender_buffer *wanted = NULL, *zip = NULL, *twice = NULL;
    OK(templrender_pack_wanted(pack, &wanted, &err));
    SAME(templrender_buffer_slice(wanted).len, 0);
    templrender_buffer_free(wanted);

    OK(templrender_bundle_open(pack, no_fonts, NOW, &bundle, &err));
    CHECK(is(templrender_template_name(templrender_bundle_template(bundle)), "product-ad"));
    templrender_slice version = templrender_bundle_version(bundle);
    SAME(version.len, 16);
    for (size_t i = 0; i < version.len; i++) CHECK(version.data[i] && strchr("0123456789abcdef", version.data[i]));
    CHECK(templrender_bundle_bytes(bundle) > 100000);

    /* the same files are the same bytes, and their zip the same template */
    OK(templrender_pack_to_zip(pack, &zip, &err));
    OK(templrender_pack_to_zip(pack, &twice, &err));
    CHECK(equal(templrender_buffer_slice(zip), templrender_buffer_slice(twice)));
    templrender_buffer_free(twice);
    OK(templrender_pack_from_zip(templrender_buffer_slice(zip), NULL, &again, &err));
    OK(templrender_pack_to_zip(again, &twice, &err));
    CHECK(equal(templrender_buffer_slice(zip), templrender_buffer_slice(twice)));
    templrender_buffer_free(twice);
    OK(templrender_bundle_open(again, no_fonts, NOW, &other, &err));
    CHECK(equal(version, templrender_bundle_version(other)));
    templrender_pack_free(pack); /* bundles stand for themselves */
    templrender_pack_free(again);
    same_picture(bundle, other);

    templrender_resources *resources = NULL;
    OK(templrender_bundle_resources(bundle, &resources, &err));
    templrender_resources_free(resources);
    templrender_bundle_free(bundle);
    templrender_bundle_free(other);

    /* damaged zips: cut off anywhere, or another byte in the middle of an asset */
    templrender_slice bytes = templrender_buffer_slice(zip);
    again = NULL;
    for (size_t len = 0; len < bytes.len; len += 1 + bytes.len / 23)
        FAILS(TEMPLRENDER_BAD_PACK, templrender_pack_from_zip(slice(bytes.data, len), NULL, &again, &err));
    uint8_t *copy = (uint8_t *)malloc(bytes.len);
    for (size_t at = 100; copy && at < bytes.len; at += bytes.len / 5) {
        memcpy(copy, bytes.data, bytes.len);
        copy[at] ^= 0x10;
        FAILS(TEMPLRENDER_BAD_PACK, templrender_pack_from_zip(slice(copy, bytes.len), NULL, &again, &err));
    }
    free(copy);
    CHECK(!again);
    templrender_buffer_free(zip);
}

static void faults(void)
{
    TEST("faults of packs");
    templrender_pack *pack = NULL;
    templrender_bundle *bundle = NULL;
    templrender_buffer *out = NULL;
    FAILS(TEMPLRENDER_BAD_PACK, templrender_pack_from_zip(text("no zip"), NULL, &pack, &err));
    FAILS(TEMPLRENDER_BAD_PACK, templrender_pack_from_zip(slice("", 0), NULL, &pack, &err));
    OK(templrender_pack_new(NULL, &pack, &err));
    const char *paths[] = { "", "/etc/passwd", "../template.json", "assets/../../x.png", "assets/\\x.png" };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        CHECK(templrender_pack_add(pack, text(paths[i]), text("x"), NULL) != TEMPLRENDER_OK);
    /* nothing is there yet */
    CHECK(templrender_bundle_open(pack, no_fonts, NOW, &bundle, NULL) != TEMPLRENDER_OK);
    CHECK(templrender_pack_wanted(pack, &out, NULL) != TEMPLRENDER_OK && !out);
    CHECK(templrender_pack_wanted_at(pack, NOW, &out, NULL) != TEMPLRENDER_OK && !out);
    /* a fault says in which file it is */
    OK(templrender_pack_add(pack, text("template.json"), text("{ \"templrender\": 1 }"), &err));
    FAILS_SAYING(TEMPLRENDER_MISSING_KEY, "template.json", templrender_bundle_open(pack, no_fonts, NOW, &bundle, &err));
    templrender_pack_free(pack);

    OK(templrender_pack_new(NULL, &pack, &err));
    OK(templrender_pack_add(pack, text("template.json"), text(JSON({ "templrender": 1, "name": "t", "size": [9, 9], "layers": [] })), &err));
    CHECK(templrender_pack_add(pack, text("fonts/a.ttf"), text("no font"), NULL) != TEMPLRENDER_OK
          || templrender_bundle_open(pack, no_fonts, NOW, &bundle, NULL) != TEMPLRENDER_OK);
    CHECK(!bundle);
    templrender_pack_free(pack);
}

/* A template without fallback.json, with the host's fonts. */
static void without(const char *root)
{
    TEST("a pack of one file");
    templrender_pack *pack = NULL;
    templrender_fonts *fonts = NULL;
    templrender_bundle *bundle = NULL;
    templrender_plan *plan = (templrender_plan *)&pack;
    templrender_resources *resources = (templrender_resources *)&pack;
    templrender_context context;
    templrender_context_init(&context, sizeof context);
    OK(templrender_pack_new(NULL, &pack, &err));
    OK(templrender_pack_add(pack, text("template.json"), text(JSON({
        "templrender": 1, "name": "t", "size": [90, 30], "fonts": ["Noto Sans"], "layers": [{ "type": "text", "text": "AV" }] })), &err));
    OK(templrender_fonts_new(false, &fonts, &err));
    templrender_slice font = file(root, "tests/fonts/NotoSans-Regular.subset.ttf");
    OK(templrender_fonts_add(fonts, font, NULL, &err));
    drop(font);
    OK(templrender_bundle_open(pack, fonts, NOW, &bundle, &err));
    OK(templrender_bundle_fallback(bundle, &context, &plan, &resources, &err));
    CHECK(!plan && !resources);

    templrender_scratch *scratch = NULL;
    templrender_frame *frame = NULL;
    templrender_row *row = NULL;
    OK(templrender_row_new(&row, &err));
    OK(templrender_renderer_plan(templrender_bundle_renderer(bundle), templrender_bundle_template(bundle), row, &context, &plan, &err));
    OK(templrender_bundle_resources(bundle, &resources, &err));
    /* what was asked of the bundle stands for itself, but for its template and renderer */
    OK(templrender_scratch_new(&scratch, &err));
    OK(templrender_renderer_render(templrender_bundle_renderer(bundle), plan, resources, scratch, NULL, &frame, NULL, &err));
    SAME(templrender_frame_width(frame), 90);
    templrender_frame_free(frame);
    templrender_scratch_free(scratch);
    templrender_bundle_free(bundle);
    templrender_resources_free(resources);
    templrender_plan_free(plan);
    templrender_row_free(row);
    templrender_fonts_free(fonts);
    templrender_pack_free(pack);
}

int main(int argc, char **argv)
{
    (void)argc;
    OK(templrender_fonts_new(false, &no_fonts, &err));
    whole(argv[1]);
    faults();
    without(argv[1]);
    templrender_fonts_free(no_fonts);
    return done();
}
