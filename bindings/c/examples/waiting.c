/* One plan that waits for its picture: waiting GOOD.jpg OUT.png
 *
 * A layer names three sources. The first is 404, the second answers 200 with an HTML page, the third is a picture. The library fetches
 * nothing: it says what it needs, the host answers whenever it can, and in between the plan simply waits. Here the "web" is a table, and
 * an answer comes when the loop comes by; in an event loop each answer would be a callback, and nothing else would change.
 */
#define _POSIX_C_SOURCE 200809L
#include "files.h"

static const char TEMPLATE[] = JSON({
    "templrender": 1, "name": "waiting", "size": [320, 240], "output": { "format": "png" },
    "layers": [{ "id": "photo", "type": "image", "src": ["{{ photo }}", "{{ second_photo }}", "{{ third_photo }}"],
                 "width": 320, "height": 240, "object-fit": "cover" }]
});

static const char ROW[] = JSON({
    "photo": "https://shop.example/gone.jpg",
    "second_photo": "https://cdn.example/page.jpg",
    "third_photo": "https://cdn.example/there.jpg"
});

static bool same(templrender_slice url, const char *other)
{
    return url.len == strlen(other) && !memcmp(url.data, other, url.len);
}

/* What the web answers. */
static int fetch(templrender_slice url, templrender_slice picture, templrender_slice *body)
{
    static const char page[] = "<!doctype html><title>Sorry</title><h1>Our pictures are being moved</h1>";
    if (same(url, "https://cdn.example/page.jpg")) {
        *body = text(page);
        return 200;
    }
    if (same(url, "https://cdn.example/there.jpg")) {
        *body = picture;
        return 200;
    }
    return 404;
}

static int fail(const char *what, const templrender_error *err)
{
    fprintf(stderr, "%s: %s\n", what, err ? (const char *)templrender_error_message(err).data : strerror(errno));
    return 1;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: waiting GOOD.jpg OUT.png\n");
        return 2;
    }
    templrender_slice picture = read_file(argv[1]);
    if (!picture.data) return fail(argv[1], NULL);

    templrender_error *err = NULL;
    templrender_fonts *fonts = NULL;
    templrender_renderer *renderer = NULL;
    templrender_template *template_ = NULL;
    templrender_row *row = NULL;
    templrender_plan *plan = NULL;
    templrender_resources *resources = NULL;
    int result = 1;

    if (templrender_fonts_new(false, &fonts, &err) /* this template has no text */
        || templrender_renderer_new(fonts, NULL, &renderer, &err)
        || templrender_template_parse(text(TEMPLATE), NULL, &template_, &err)
        || templrender_row_from_json(text(ROW), &row, &err)
        || templrender_renderer_plan(renderer, template_, row, NULL, &plan, &err)
        || templrender_resources_new(NULL, &resources, &err)) { fail("plan", err); goto out; }

    /* From here on template and row may go: a plan stands for itself, for as long as its answers take. */
    templrender_template_free(template_);
    templrender_row_free(row);
    template_ = NULL;
    row = NULL;

    for (;;) {
        templrender_need need;
        size_t pending = 0;
        need.struct_size = sizeof need;
        if (templrender_plan_pending(plan, resources, &need, 1, &pending, &err)) { fail("needs", err); goto out; }
        if (pending == 0) break;

        templrender_slice body = { NULL, 0 };
        int status = fetch(need.location, picture, &body);
        printf("%.*s: %d\n", (int)need.location.len, (const char *)need.location.data, status);
        if (status == 200) {
            /* Borrowed: `picture` stays until the resources are freed. An HTML page is refused here, which counts as a failure of the
             * need: the next source is pending then, so the error may be dropped. The report keeps the reason. */
            if (templrender_resources_borrow(resources, need.id, body, &err)) {
                printf("  %s\n", (const char *)templrender_error_message(err).data);
                templrender_error_free(err);
                err = NULL;
            }
        } else {
            char why[32];
            snprintf(why, sizeof why, "status %d", status);
            if (templrender_resources_fail(resources, need.id, text(why), &err)) { fail("needs", err); goto out; }
        }
    }

    templrender_scratch *scratch = NULL;
    templrender_frame *frame = NULL;
    templrender_report *report = NULL;
    templrender_buffer *png = NULL;
    templrender_output output;
    templrender_output_init(&output, sizeof output);
    if (templrender_scratch_new(&scratch, &err)
        || templrender_renderer_render(renderer, plan, resources, scratch, NULL, &frame, &report, &err)
        || templrender_plan_output(plan, &output)
        || templrender_frame_encode(frame, &output, NULL, &png, &err)) {
        fail("render", err);
    } else if (!write_atomically(argv[2], templrender_buffer_slice(png))) {
        fail(argv[2], NULL);
    } else {
        for (size_t i = 0; i < templrender_report_note_count(report); i++) {
            templrender_slice code, layer, message;
            templrender_report_note(report, i, &code, &layer, &message);
            printf("note: %.*s: %.*s: %.*s\n", (int)layer.len, (const char *)layer.data, (int)code.len, (const char *)code.data,
                   (int)message.len, (const char *)message.data);
        }
        result = 0;
    }
    templrender_buffer_free(png);
    templrender_report_free(report);
    templrender_frame_free(frame);
    templrender_scratch_free(scratch);
out:
    templrender_error_free(err);
    templrender_resources_free(resources);
    templrender_plan_free(plan);
    templrender_row_free(row);
    templrender_template_free(template_);
    templrender_renderer_free(renderer);
    templrender_fonts_free(fonts);
    free((void *)picture.data);
    return result;
}
