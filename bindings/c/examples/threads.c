/* Many threads, one template: threads [THREADS [PICTURES]]
 *
 * A template, a renderer, a plan and its resources never change, so any number of threads may use them at the same time. What a thread
 * needs for itself is a scratch: it remembers shaped words and glyph masks, and never changes a byte of a picture. Here half of the
 * threads keep theirs, the others take a fresh one for each picture, and all pictures are the same to the last byte.
 */
#define _POSIX_C_SOURCE 200809L
#include "files.h"

#include <pthread.h>

static const char TEMPLATE[] = JSON({
    "templrender": 1, "name": "threads", "size": [400, 210], "fonts": ["Noto Sans"], "output": { "format": "jpeg" },
    "background": "linear-gradient(135deg, #1e1b4b, #7c3aed)", "color": "#fff",
    "layers": [
        { "type": "text", "text": "{{ title }}", "left": 24, "top": 20, "width": 352, "height": 120,
          "font-size": 40, "min-font-size": 16, "line-clamp": 2 },
        { "type": "text", "text": "{{ price }}", "left": 24, "bottom": 20, "font-size": 32, "font-weight": 700 }
    ]
});

static const char ROW[] = JSON({ "title": "Seville orange marmalade, thick cut", "price": "6.90 EUR" });

/* What all threads share, and only read. */
struct shared {
    const templrender_renderer *renderer;
    const templrender_plan *plan;
    const templrender_resources *resources;
    templrender_output output;
    templrender_slice first; /* the picture that all others have to be */
    int pictures;
};

struct worker {
    const struct shared *shared;
    pthread_t thread;
    bool keeps_scratch;
    int same, other, failed;
};

static bool draw(const struct shared *shared, templrender_scratch *scratch, templrender_buffer **picture)
{
    templrender_error *err = NULL;
    templrender_frame *frame = NULL;
    if (templrender_renderer_render(shared->renderer, shared->plan, shared->resources, scratch, NULL, &frame, NULL, &err) == TEMPLRENDER_OK)
        templrender_frame_encode(frame, &shared->output, NULL, picture, &err);
    if (err) fprintf(stderr, "%s\n", (const char *)templrender_error_message(err).data);
    bool done = !err;
    templrender_error_free(err);
    templrender_frame_free(frame);
    return done;
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    const struct shared *shared = worker->shared;
    templrender_scratch *scratch = NULL;
    for (int i = 0; i < shared->pictures; i++) {
        templrender_buffer *picture = NULL;
        if (!worker->keeps_scratch) {
            templrender_scratch_free(scratch);
            scratch = NULL;
        }
        if ((!scratch && templrender_scratch_new(&scratch, NULL)) || !draw(shared, scratch, &picture)) {
            worker->failed++;
            continue;
        }
        templrender_slice bytes = templrender_buffer_slice(picture);
        bool same = bytes.len == shared->first.len && !memcmp(bytes.data, shared->first.data, bytes.len);
        same ? worker->same++ : worker->other++;
        templrender_buffer_free(picture);
    }
    templrender_scratch_free(scratch);
    return NULL;
}

int main(int argc, char **argv)
{
    enum { MOST = 64 };
    int threads = argc > 1 ? atoi(argv[1]) : 4;
    struct shared shared = { 0 };
    shared.pictures = argc > 2 ? atoi(argv[2]) : 25;
    if (argc > 3 || threads < 1 || threads > MOST || shared.pictures < 1) {
        fprintf(stderr, "usage: threads [THREADS [PICTURES]], 64 threads at most\n");
        return 2;
    }

    templrender_error *err = NULL;
    templrender_fonts *fonts = NULL;
    templrender_renderer *renderer = NULL;
    templrender_template *template_ = NULL;
    templrender_row *row = NULL;
    templrender_plan *plan = NULL;
    templrender_resources *resources = NULL;
    templrender_scratch *scratch = NULL;
    templrender_buffer *first = NULL;
    int result = 1;
    templrender_output_init(&shared.output, sizeof shared.output);

    if (templrender_fonts_new(true, &fonts, &err)
        || templrender_renderer_new(fonts, NULL, &renderer, &err)
        || templrender_template_parse(text(TEMPLATE), NULL, &template_, &err)
        || templrender_row_from_json(text(ROW), &row, &err)
        || templrender_renderer_plan(renderer, template_, row, NULL, &plan, &err)
        || templrender_resources_new(NULL, &resources, &err)
        || templrender_scratch_new(&scratch, &err)
        || templrender_plan_output(plan, &shared.output)) {
        fprintf(stderr, "%s\n", err ? (const char *)templrender_error_message(err).data : "the plan has no output");
        goto out;
    }
    shared.renderer = renderer;
    shared.plan = plan;
    shared.resources = resources;
    if (!draw(&shared, scratch, &first)) goto out;
    shared.first = templrender_buffer_slice(first);

    struct worker workers[MOST];
    int started = 0, same = 0, other = 0, failed = 0;
    for (; started < threads; started++) {
        workers[started] = (struct worker){ .shared = &shared, .keeps_scratch = started % 2 == 0 };
        if (pthread_create(&workers[started].thread, NULL, work, &workers[started])) break;
    }
    for (int i = 0; i < started; i++) {
        pthread_join(workers[i].thread, NULL);
        same += workers[i].same;
        other += workers[i].other;
        failed += workers[i].failed;
    }
    printf("%d threads drew %d pictures of %zu bytes: %d the same, %d others, %d failed\n", started, same + other, shared.first.len, same, other, failed);
    result = started == threads && same == threads * shared.pictures ? 0 : 1;
out:
    templrender_error_free(err);
    templrender_buffer_free(first);
    templrender_scratch_free(scratch);
    templrender_resources_free(resources);
    templrender_plan_free(plan);
    templrender_row_free(row);
    templrender_template_free(template_);
    templrender_renderer_free(renderer);
    templrender_fonts_free(fonts);
    templrender_compiled_limit(0); /* what all renderers of the process share */
    return result;
}
