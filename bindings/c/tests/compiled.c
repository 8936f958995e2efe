/* Compiled templates: the same pixels and bytes with them and without, from several threads, within what the host allows. */
#include "check.h"

#include <pthread.h>

static const char BADGE[] = JSON({
    "templrender": 1, "name": "badge", "size": [160, 90], "fonts": ["Noto Sans"], "background": "linear-gradient(135deg, #1e1b4b, #7c3aed)",
    "output": { "format": "jpeg", "quality": 80 }, "layers": [
        { "type": "box", "left": 20, "top": 40, "width": 60, "height": 40, "background": "#fc0", "border-radius": 9, "box-shadow": "0 4px 12px #0008" },
        { "type": "text", "text": "{{ title }}", "left": 8, "top": 8, "width": 140, "font-size": 16, "color": "#fff" } ]
});
enum { ROWS = 4, PIXELS = 160 * 90 * 4, THREADS = 4 };

typedef struct {
    uint8_t pixels[PIXELS];
    uint8_t bytes[32768];
    size_t len;
} picture;

static templrender_renderer *renderer;
static templrender_template *badge;
static picture expected[ROWS];

/* What is wrong is said by the caller: other threads than the first draw too. */
static bool draw(int n, picture *out)
{
    char columns[64];
    templrender_row *row = NULL;
    templrender_plan *plan = NULL;
    templrender_resources *resources = NULL;
    templrender_scratch *scratch = NULL;
    templrender_frame *frame = NULL;
    templrender_buffer *bytes = NULL;
    templrender_output output;
    bool drawn = false;
    output.struct_size = sizeof output;
    snprintf(columns, sizeof columns, "{ \"title\": \"Aster honey %d\" }", n);
    if (!templrender_row_from_json(text(columns), &row, NULL) && !templrender_renderer_plan(renderer, badge, row, NULL, &plan, NULL)
        && !templrender_resources_new(NULL, &resources, NULL) && !templrender_scratch_new(&scratch, NULL)
        && !templrender_renderer_render(renderer, plan, resources, scratch, NULL, &frame, NULL, NULL)
        && !templrender_plan_output(plan, &output) && !templrender_frame_encode(frame, &output, NULL, &bytes, NULL)
        && !templrender_frame_copy_rgba(frame, out->pixels, PIXELS, NULL) && templrender_buffer_slice(bytes).len <= sizeof out->bytes) {
        out->len = templrender_buffer_slice(bytes).len;
        memcpy(out->bytes, templrender_buffer_slice(bytes).data, out->len);
        drawn = true;
    }
    templrender_buffer_free(bytes);
    templrender_frame_free(frame);
    templrender_scratch_free(scratch);
    templrender_resources_free(resources);
    templrender_plan_free(plan);
    templrender_row_free(row);
    return drawn;
}

static bool is_as_expected(int n)
{
    picture *found = (picture *)calloc(1, sizeof *found);
    bool same = found && draw(n % ROWS, found) && found->len == expected[n % ROWS].len
        && !memcmp(found->bytes, expected[n % ROWS].bytes, found->len) && !memcmp(found->pixels, expected[n % ROWS].pixels, PIXELS);
    free(found);
    return same;
}

static void *draw_many(void *wrong)
{
    for (int n = 0; n < 20; n++) if (!is_as_expected(n)) *(int *)wrong += 1;
    return NULL;
}

static templrender_compiled now(void)
{
    templrender_compiled compiled;
    memset(&compiled, 0, sizeof compiled);
    compiled.struct_size = sizeof compiled;
    OK(templrender_compiled_now(&compiled, &err));
    return compiled;
}

int main(int argc, char **argv)
{
    templrender_fonts *fonts = NULL;
    templrender_slice font = file(argc > 1 ? argv[1] : ".", "tests/fonts/NotoSans-Regular.subset.ttf");
    TEST("compiled templates");
    CHECK(now().max_bytes == 64u << 20);
    OK(templrender_fonts_new(false, &fonts, &err));
    OK(templrender_fonts_add(fonts, font, NULL, &err));
    OK(templrender_renderer_new(fonts, NULL, &renderer, &err));
    OK(templrender_template_parse(text(BADGE), NULL, &badge, &err));
    templrender_fonts_free(fonts);
    drop(font);

    templrender_compiled_limit(0);
    for (int n = 0; n < ROWS; n++) CHECK(draw(n, &expected[n]));
    CHECK(now().templates == 0 && now().bytes == 0 && now().hits == 0 && now().plain == ROWS && now().max_bytes == 0);

    templrender_compiled_limit(1 << 20);
    for (int n = 0; n < 3 * ROWS; n++) CHECK(is_as_expected(n));
    CHECK(now().templates == 1 && now().compiled == 1 && now().hits == 3 * ROWS - 1 && now().bytes > PIXELS && now().bytes <= now().max_bytes);

    TEST("compiled templates, from many threads");
    templrender_compiled_limit(0); /* what is kept goes */
    CHECK(now().templates == 0 && now().dropped == 1);
    templrender_compiled_limit(1 << 20);
    pthread_t threads[THREADS];
    int wrong[THREADS] = { 0 };
    for (int n = 0; n < THREADS; n++) CHECK(!pthread_create(&threads[n], NULL, draw_many, &wrong[n]));
    for (int n = 0; n < THREADS; n++) CHECK(!pthread_join(threads[n], NULL) && wrong[n] == 0);

    TEST("compiled templates, outputs");
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_compiled_now(NULL, &err));
    templrender_compiled compiled;
    compiled.struct_size = 1;
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_compiled_now(&compiled, &err));
    templrender_template_free(badge);
    templrender_renderer_free(renderer);
    return done();
}
