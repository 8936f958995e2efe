/* A model that is a function of the program's: a template names it, the library hands it pictures, and what it makes is kept by content.
 *
 *     model PHOTO OUT.png        the photo as a poster of four levels, drawn twice: the function runs once
 *
 * A program with a network of its own does the same with `templrender_models_add_network`: it gets tensors instead of pictures. */
#define _DEFAULT_SOURCE
#include "files.h"

#define TRY(call) if ((call) != TEMPLRENDER_OK) goto failed

static const char CARD[] = JSON({
    "templrender": 1, "name": "poster", "size": [480, 320], "output": { "format": "png" }, "background": "#f4efe6",
    "layers": [{ "type": "image", "src": "photo", "model": "levels", "missing": "original", "left": 20, "top": 20, "width": 440, "height": 280 }]
});
static const char MANIFEST[] = JSON({ "id": "levels", "version": "1", "kind": "generator", "licence": "MIT", "runtime": { "max_pixels": 1048576, "est_peak_mb": 16 } });

/* The model. Nothing here has to be freed: what it writes to is the answer's. */
static int32_t levels(void *user_data, const templrender_frame *const *pictures, size_t count, templrender_answer *answer)
{
    int *runs = (int *)user_data;
    ++*runs;
    for (size_t i = 0; i < count; i++) {
        uint32_t width = templrender_frame_width(pictures[i]), height = templrender_frame_height(pictures[i]);
        size_t bytes = (size_t)width * height * 4;
        uint8_t *rgba = templrender_answer_rgba(answer, i, width, height);
        if (!rgba) return 1; /* the answer knows why */
        if (templrender_frame_copy_rgba(pictures[i], rgba, bytes, NULL)) {
            templrender_answer_fail_one(answer, i, text("the picture cannot be copied"));
            continue;
        }
        for (size_t at = 0; at < bytes; at++)
            if (at % 4 != 3) rgba[at] = (uint8_t)(rgba[at] / 64 * 85);
    }
    return 0;
}

static void done(void *user_data) { fprintf(stderr, "the model ran %d times\n", *(int *)user_data); }

int main(int argc, char **argv)
{
    if (argc != 3) return fprintf(stderr, "usage: model PHOTO OUT.png\n"), 2;
    int runs = 0, failed = 0;
    size_t pending;
    templrender_slice photo = { NULL, 0 };
    templrender_error *err = NULL;
    templrender_fonts *fonts = NULL;
    templrender_models *models = NULL;
    templrender_renderer *plain = NULL, *renderer = NULL;
    templrender_template *card = NULL;
    templrender_row *row = NULL;
    templrender_plan *plan = NULL;
    templrender_resources *resources = NULL;
    templrender_scratch *scratch = NULL;
    templrender_frame *frame = NULL;
    templrender_job *job = NULL;
    templrender_made *kept = NULL; /* a cache with room for one answer, named by its key */
    templrender_key key = templrender_job_key(NULL);
    templrender_buffer *png = NULL;
    templrender_need need;
    templrender_output output;
    templrender_output_init(&output, sizeof output);

    TRY(templrender_fonts_new(true, &fonts, &err));
    TRY(templrender_models_new(NULL, &models, &err));
    TRY(templrender_models_add_generator(models, text(MANIFEST), text("levels 1"), levels, &runs, done, &err));
    TRY(templrender_renderer_new(fonts, NULL, &plain, &err));
    TRY(templrender_renderer_with_models(plain, models, &renderer, &err));
    TRY(templrender_template_parse(text(CARD), NULL, &card, &err));
    TRY(templrender_row_new(&row, &err));
    TRY(templrender_scratch_new(&scratch, &err));
    photo = read_file(argv[1]);
    if (!photo.data) {
        perror(argv[1]);
        goto failed;
    }

    for (int round = 0; round < 2; round++) {
        templrender_plan_free(plan);
        templrender_resources_free(resources);
        templrender_frame_free(frame);
        plan = NULL, resources = NULL, frame = NULL;
        TRY(templrender_renderer_plan(renderer, card, row, NULL, &plan, &err));
        TRY(templrender_resources_new(NULL, &resources, &err));
        for (;;) {
            need.struct_size = sizeof need;
            TRY(templrender_plan_pending(plan, resources, &need, 1, &pending, &err));
            if (pending == 0) break;
            if (need.kind != TEMPLRENDER_NEED_GENERATED) {
                TRY(templrender_resources_insert(resources, need.id, photo, &err));
                continue;
            }
            /* templrender_renderer_fill would do as well; a job has a key to look for first */
            templrender_job_free(job);
            job = NULL;
            TRY(templrender_renderer_job(renderer, plan, need.id, resources, &job, &err));
            templrender_key wanted = templrender_job_key(job);
            if (!kept || memcmp(&key, &wanted, sizeof key)) {
                templrender_made_free(kept);
                kept = NULL;
                TRY(templrender_job_run(job, NULL, &kept, &err));
                key = wanted;
            }
            TRY(templrender_resources_insert_made(resources, need.id, kept, &err));
        }
        TRY(templrender_renderer_render(renderer, plan, resources, scratch, NULL, &frame, NULL, &err));
    }
    TRY(templrender_plan_output(plan, &output));
    TRY(templrender_frame_encode(frame, &output, NULL, &png, &err));
    if (!write_atomically(argv[2], templrender_buffer_slice(png))) {
        perror(argv[2]);
        goto failed;
    }
    goto end;

failed:
    failed = 1;
    if (err) fprintf(stderr, "%s\n", (const char *)templrender_error_message(err).data);
end:
    templrender_error_free(err);
    templrender_buffer_free(png);
    templrender_made_free(kept);
    templrender_job_free(job);
    templrender_frame_free(frame);
    templrender_scratch_free(scratch);
    templrender_resources_free(resources);
    templrender_plan_free(plan);
    templrender_row_free(row);
    templrender_template_free(card);
    templrender_renderer_free(renderer);
    templrender_renderer_free(plain);
    templrender_models_free(models);
    templrender_fonts_free(fonts);
    templrender_compiled_limit(0); /* what the process keeps of the card for the next rows */
    free((void *)(uintptr_t)photo.data);
    return failed;
}
