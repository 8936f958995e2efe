/* Many pictures out of a small mix of templates, each call of it allocated and freed again, failures among them: renders ROOT [COUNT].
 * Memory must not grow with their number. What is read beyond its end or twice freed is AddressSanitizer's and valgrind's to find. */
#include "check.h"

static const char *TEMPLATES[] = {
    JSON({ "templrender": 1, "name": "words", "size": [160, 90], "fonts": ["Noto Sans"], "background": "linear-gradient(135deg, #1e1b4b, #7c3aed)", "color": "#fff",
        "output": { "format": "jpeg" }, "layers": [
        { "type": "text", "text": "{{ title }}", "left": 8, "top": 8, "width": 140, "height": 50, "font-size": 24, "min-font-size": 8, "line-clamp": 2 } ] }),
    JSON({ "templrender": 1, "name": "photo", "size": [120, 120], "output": { "format": "png" }, "layers": [
        { "id": "photo", "type": "image", "src": ["{{ gone }}", "{{ page }}", "{{ photo }}"], "inset": 10, "width": 100, "height": 100, "object-fit": "cover",
          "border-radius": "50%", "box-shadow": "0 4px 12px #0008" } ] }),
    JSON({ "templrender": 1, "name": "flow", "size": [140, 60], "fonts": ["Noto Sans"], "output": { "format": "webp" }, "fields": { "price": { "type": "money" } },
        "layers": [ { "type": "box", "inset": 4, "display": "flex", "gap": 4, "align-items": "center", "background": "#fc0", "border-radius": 9, "layers": [
            { "type": "text", "text": "{{ price }}", "font-size": 20, "font-weight": 700 },
            { "type": "text", "text": "{{ title | upper }}", "font-size": 9, "white-space": "nowrap" } ] } ] }),
};
enum { KINDS = sizeof TEMPLATES / sizeof *TEMPLATES };

/* A JPEG, a PNG and a lossy WebP. The WebP is large: one picture in ten has it. */
static const char *PHOTOS[] = { "og-card/rows/photos/cat.jpg", "product-ad/assets/logo.png", "product-sale/rows/photos/bee.webp" };
static templrender_slice photos[3];

static void answer(const templrender_plan *plan, templrender_resources *resources, templrender_slice photo, bool borrows)
{
    templrender_need need;
    size_t pending;
    for (;;) {
        need.struct_size = sizeof need;
        if (!OK(templrender_plan_pending(plan, resources, &need, 1, &pending, &err)) || !pending) return;
        if (has(need.location, "gone")) OK(templrender_resources_fail(resources, need.id, text("status 404"), &err));
        else if (has(need.location, "page")) FAILS(TEMPLRENDER_UNKNOWN_FORMAT, templrender_resources_insert(resources, need.id, text("<html>"), &err));
        else if (borrows) OK(templrender_resources_borrow(resources, need.id, photo, &err));
        else OK(templrender_resources_insert(resources, need.id, photo, &err));
    }
}

static void one(const templrender_renderer *renderer, const templrender_template *parsed, templrender_scratch *scratch, int n)
{
    templrender_row *row = NULL;
    templrender_plan *plan = NULL;
    templrender_resources *resources = NULL;
    templrender_frame *frame = NULL;
    templrender_report *report = NULL;
    templrender_buffer *bytes = NULL, *json = NULL;
    templrender_output output;
    char columns[512], copy[160 * 120 * 4];
    /* titles differ, and one row in ten has a price that cannot be read */
    snprintf(columns, sizeof columns, "{ \"title\": \"Aster honey %d\", \"price\": \"%d.%02d %s\", \"gone\": \"gone.jpg\", \"page\": \"page.jpg\", \"photo\": \"photo.jpg\" }",
             n, n % 90, n % 100, n % 10 == 9 ? "free" : "EUR");
    OK(templrender_row_from_json(text(columns), &row, &err));
    templrender_status status = templrender_renderer_plan(renderer, parsed, row, NULL, &plan, &err);
    templrender_row_free(row);
    if (status) {
        CHECK(n % 10 == 9 && status == TEMPLRENDER_BAD_FIELD && templrender_error_count(err) == 1);
        templrender_error_free(err);
        err = NULL;
        return;
    }
    OK(templrender_resources_new(NULL, &resources, &err));
    answer(plan, resources, photos[n % 30 == 1 ? 2 : n / KINDS % 2], n % 2);
    OK(templrender_renderer_render(renderer, plan, resources, scratch, NULL, &frame, &report, &err));
    output.struct_size = sizeof output;
    SAME(templrender_plan_output(plan, &output), TEMPLRENDER_OK);
    OK(templrender_frame_encode(frame, &output, NULL, &bytes, &err));
    CHECK(templrender_buffer_slice(bytes).len > 100);
    size_t pixels = (size_t)templrender_frame_width(frame) * templrender_frame_height(frame) * 4;
    CHECK(pixels <= sizeof copy);
    OK(templrender_frame_copy_rgba(frame, (uint8_t *)copy, pixels, &err));
    OK(templrender_report_to_json(report, &json, &err));
    templrender_buffer_free(json);
    templrender_buffer_free(bytes);
    templrender_report_free(report);
    templrender_frame_free(frame);
    templrender_resources_free(resources);
    templrender_plan_free(plan);
}

/* Resident bytes, by /proc. */
static long resident(void)
{
    long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (!statm || fscanf(statm, "%*s %ld", &pages) != 1) pages = 0;
    if (statm) fclose(statm);
    return pages * sysconf(_SC_PAGESIZE);
}

int main(int argc, char **argv)
{
    const bool watched = getenv("TEMPLRENDER_WATCHED") != NULL; /* by valgrind or AddressSanitizer */
    int count = argc > 2 ? atoi(argv[2]) : watched ? 90 : 600;
    templrender_fonts *fonts = NULL;
    templrender_renderer *renderer = NULL;
    templrender_scratch *scratch = NULL;
    templrender_template *parsed[KINDS] = { NULL };
    templrender_slice font = file(argv[1], "tests/fonts/NotoSans-Regular.subset.ttf");
    for (int i = 0; i < 3; i++) {
        char path[256];
        snprintf(path, sizeof path, "templates/%s", PHOTOS[i]);
        photos[i] = file(argv[1], path);
    }
    TEST("renders");
    OK(templrender_fonts_new(false, &fonts, &err));
    OK(templrender_fonts_add(fonts, font, NULL, &err));
    OK(templrender_renderer_new(fonts, NULL, &renderer, &err));
    templrender_fonts_free(fonts);
    drop(font);
    for (int i = 0; i < KINDS; i++) OK(templrender_template_parse(text(TEMPLATES[i]), NULL, &parsed[i], &err));
    OK(templrender_scratch_new(&scratch, &err));
    long settled = 0;
    for (int n = 0; n < count && !failures; n++) {
        one(renderer, parsed[n % KINDS], scratch, n);
        if (n == count / 3) settled = resident();
    }
    long grown = resident() - settled;
    if (count >= 600 && !watched) CHECK(grown < 8 << 20); /* who watches holds back what is freed */
    templrender_scratch_free(scratch);
    for (int i = 0; i < KINDS; i++) templrender_template_free(parsed[i]);
    templrender_renderer_free(renderer);
    for (int i = 0; i < 3; i++) drop(photos[i]);
    printf("%d renders, %ld KiB more resident at the end than after a third, ", count, grown >> 10);
    return done();
}
