/* What ends a picture before it is done: a deadline by the library's clock, and a flag that another thread sets. */
#include "check.h"

#include <pthread.h>

/* Seconds of work, if nobody ends it. */
static char *slow(void)
{
    static char json[16384];
    size_t at = (size_t)snprintf(json, sizeof json, "{ \"templrender\": 1, \"name\": \"slow\", \"size\": [4000, 4000], \"layers\": [");
    for (int i = 0; i < 40; i++)
        at += (size_t)snprintf(json + at, sizeof json - at,
            "%s{ \"type\": \"box\", \"inset\": %d, \"mix-blend-mode\": \"luminosity\", \"background\": \"radial-gradient(#fff8, #0a28)\", \"filter\": \"blur(40px)\" }",
            i ? "," : "", i);
    snprintf(json + at, sizeof json - at, "] }");
    return json;
}

static const uint64_t MS = 1000000;

static void *set_soon(void *flag)
{
    sleep_ms(30);
    templrender_flag_set((templrender_flag *)flag);
    return NULL;
}

int main(void)
{
    templrender_fonts *fonts = NULL;
    templrender_renderer *renderer = NULL;
    templrender_template *parsed = NULL, *quick = NULL;
    templrender_row *row = NULL;
    templrender_plan *plan = NULL, *small = NULL;
    templrender_resources *none = NULL;
    templrender_scratch *scratch = NULL;
    templrender_frame *frame = NULL;
    templrender_report *report = NULL;
    templrender_buffer *bytes = NULL;
    OK(templrender_fonts_new(false, &fonts, &err));
    OK(templrender_renderer_new(fonts, NULL, &renderer, &err));
    templrender_fonts_free(fonts);
    OK(templrender_template_parse(text(slow()), NULL, &parsed, &err));
    OK(templrender_template_parse(text(JSON({ "templrender": 1, "name": "quick", "size": [600, 400], "background": "linear-gradient(red, blue)", "layers": [] })), NULL, &quick, &err));
    OK(templrender_row_new(&row, &err));
    OK(templrender_renderer_plan(renderer, parsed, row, NULL, &plan, &err));
    OK(templrender_renderer_plan(renderer, quick, row, NULL, &small, &err));
    OK(templrender_resources_new(NULL, &none, &err));
    OK(templrender_scratch_new(&scratch, &err));

    templrender_guard guard;
    memset(&guard, 0, sizeof guard);
    guard.struct_size = sizeof guard;

    TEST("deadline");
    uint64_t began = templrender_monotonic_ns();
    guard.deadline_ns = began + 30 * MS;
    FAILS_SAYING(TEMPLRENDER_DEADLINE_EXCEEDED, "must be done by its deadline",
                 templrender_renderer_render(renderer, plan, none, scratch, &guard, &frame, &report, &err));
    uint64_t took = templrender_monotonic_ns() - began;
    CHECK(took >= 30 * MS);
    CHECK(took < 10000 * MS); /* generous: an emulator may be slow */
    CHECK(!frame && !report);

    TEST("a deadline that is over");
    guard.deadline_ns = 1;
    FAILS(TEMPLRENDER_DEADLINE_EXCEEDED, templrender_renderer_render(renderer, small, none, scratch, &guard, &frame, NULL, &err));

    TEST("a flag set from another thread");
    templrender_flag flag;
    memset(&flag, 0, sizeof flag);
    guard.deadline_ns = 0;
    guard.cancel = &flag;
    pthread_t thread;
    SAME(pthread_create(&thread, NULL, set_soon, &flag), 0);
    FAILS(TEMPLRENDER_CANCELLED, templrender_renderer_render(renderer, plan, none, scratch, &guard, &frame, NULL, &err));
    pthread_join(thread, NULL);
    templrender_flag_set(NULL);

    TEST("the same scratch afterwards");
    memset(&flag, 0, sizeof flag);
    guard.deadline_ns = templrender_monotonic_ns() + 60000 * MS;
    OK(templrender_renderer_render(renderer, small, none, scratch, &guard, &frame, &report, &err));
    SAME(templrender_frame_width(frame), 600);

    TEST("encode");
    templrender_output output;
    output.struct_size = sizeof output;
    SAME(templrender_plan_output(small, &output), TEMPLRENDER_OK);
    guard.deadline_ns = 1;
    FAILS(TEMPLRENDER_DEADLINE_EXCEEDED, templrender_frame_encode(frame, &output, &guard, &bytes, &err));
    guard.deadline_ns = 0;
    templrender_flag_set(&flag);
    FAILS(TEMPLRENDER_CANCELLED, templrender_frame_encode(frame, &output, &guard, &bytes, &err));
    guard.cancel = NULL;
    OK(templrender_frame_encode(frame, &output, &guard, &bytes, &err));
    templrender_buffer_free(bytes);
    bytes = NULL;
    guard.struct_size = 1;
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_frame_encode(frame, &output, &guard, &bytes, &err));
    templrender_frame_free(frame);
    templrender_report_free(report);
    frame = NULL;
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_renderer_render(renderer, small, none, scratch, &guard, &frame, NULL, &err));
    CHECK(!frame && !bytes);

    templrender_scratch_free(scratch);
    templrender_resources_free(none);
    templrender_plan_free(plan);
    templrender_plan_free(small);
    templrender_row_free(row);
    templrender_template_free(parsed);
    templrender_template_free(quick);
    templrender_renderer_free(renderer);
    return done();
}
