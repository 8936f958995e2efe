/* Models that the host's functions run: what they get, what they give, what goes wrong, who frees what, threads, and calls from inside of a call. */
#include "check.h"

#include <pthread.h>

#define NETWORK                                                                                                                                       \
    JSON({ "id": "tint", "version": "1", "kind": "generator", "licence": "MIT",                                                                       \
           "inputs": [{ "name": "image", "role": "image", "size": [8, 8], "scale": 0.00392156862745098 }],                                            \
           "outputs": [{ "name": "y", "role": "image", "range": [0, 1] }] })
#define OF_KIND(kind) "{ \"id\": \"tint\", \"version\": \"1\", \"kind\": \"" kind "\", \"licence\": \"MIT\", \"runtime\": { \"batch\": 16 } }"

/* What a function is told to do, and what it saw. */
typedef struct state {
    const char *mode;
    int calls, freed;
    size_t pictures;
    const templrender_renderer *renderer; /* to be called from inside */
    const templrender_plan *plan;
    const templrender_resources *resources;
} state;

static void freed(void *data) { ((state *)data)->freed++; }

/* y = 1 - x, or something wrong. */
static int32_t invert(void *data, const templrender_tensor *inputs, size_t count, templrender_answer *answer)
{
    state *told = (state *)data;
    __atomic_add_fetch(&told->calls, 1, __ATOMIC_SEQ_CST);
    const templrender_tensor *in = inputs;
    if (count != 1 || in->dtype != TEMPLRENDER_FLOAT32 || in->rank != 4 || in->shape[1] != 3 || in->len != in->shape[0] * 3 * 64 * sizeof(float)) return 1;
    size_t shape[4] = { in->shape[0], 3, 8, 8 };
    const float *x = (const float *)in->data;
    if (!strcmp(told->mode, "number")) return -3;
    if (!strcmp(told->mode, "words")) {
        templrender_answer_fail(answer, text("no such style"));
        templrender_answer_fail(answer, text("a second reason"));
        return 0;
    }
    if (!strcmp(told->mode, "nothing")) return 0;
    if (!strcmp(told->mode, "shape")) shape[2] = 4;
    if (!strcmp(told->mode, "dtype")) return templrender_answer_tensor(answer, 9, shape, 4) != NULL;
    if (!strcmp(told->mode, "huge")) {
        size_t huge[3] = { (size_t)1 << 40, (size_t)1 << 40, 7 };
        return templrender_answer_tensor(answer, TEMPLRENDER_UINT8, huge, 3) != NULL;
    }
    if (!strcmp(told->mode, "null")) return templrender_answer_tensor(answer, TEMPLRENDER_UINT8, NULL, 4) != NULL;
    float *y = (float *)templrender_answer_tensor(answer, TEMPLRENDER_FLOAT32, shape, 4);
    if (!y) return 2;
    size_t numbers = shape[0] * shape[1] * shape[2] * shape[3];
    for (size_t i = 0; i < numbers; i++) y[i] = 1.0f - x[i];
    if (!strcmp(told->mode, "nan")) y[5] = (float)(0.0 / (double)(numbers - numbers));
    return 0;
}

/* Pictures of one colour, twice as large. */
static int32_t red(void *data, const templrender_frame *const *pictures, size_t count, templrender_answer *answer)
{
    state *told = (state *)data;
    told->calls++;
    told->pictures += count;
    for (size_t i = 0; i < count; i++) {
        uint32_t width = templrender_frame_width(pictures[i]) * 2, height = templrender_frame_height(pictures[i]) * 2;
        if (!strcmp(told->mode, "beyond")) return templrender_answer_rgba(answer, count, width, height) != NULL;
        if (!strcmp(told->mode, "empty")) return templrender_answer_rgba(answer, i, 0, height) != NULL;
        if (!strcmp(told->mode, "one") && i == 1) {
            templrender_answer_fail_one(answer, i, text("too dark"));
            continue;
        }
        if (!strcmp(told->mode, "frame")) {
            templrender_answer_frame(answer, i, pictures[i]);
            continue;
        }
        uint8_t *rgba = templrender_answer_rgba(answer, i, width, height);
        if (!rgba) return 1;
        for (size_t at = 0; at < (size_t)width * height; at++) rgba[at * 4] = 250, rgba[at * 4 + 3] = 255;
    }
    return 0;
}

/* Two faces, the second one larger. */
static int32_t faces(void *data, const templrender_frame *const *pictures, size_t count, templrender_answer *answer)
{
    static const float points[4] = { 5, 6, 7, 8 };
    templrender_face small, large;
    memset(&small, 0, sizeof small);
    ((state *)data)->calls++;
    (void)pictures;
    small.left = 1, small.top = 1, small.width = 2, small.height = 2, small.score = 0.75f;
    large = small;
    large.width = large.height = 8, large.points = points, large.point_count = 2;
    for (size_t i = 0; i < count; i++) {
        templrender_answer_face(answer, i, &small);
        templrender_answer_face(answer, i, &large);
        if (!strcmp(((state *)data)->mode, "null")) templrender_answer_face(answer, i, NULL);
    }
    return 0;
}

/* The left half stands in front. */
static int32_t left(void *data, const templrender_frame *const *pictures, size_t count, templrender_answer *answer)
{
    ((state *)data)->calls++;
    (void)pictures;
    for (size_t i = 0; i < count; i++) {
        uint8_t *alpha = templrender_answer_mask(answer, i, 2, 1);
        if (!alpha) return 1;
        alpha[0] = 255;
    }
    return 0;
}

/* Calls the library. */
static int32_t nested(void *data, const templrender_frame *const *pictures, size_t count, templrender_answer *answer)
{
    state *told = (state *)data;
    templrender_scratch *scratch = NULL;
    templrender_frame *frame = NULL;
    templrender_error *error = NULL;
    (void)pictures;
    int failed = templrender_scratch_new(&scratch, &error)
                 || templrender_renderer_render(told->renderer, told->plan, told->resources, scratch, NULL, &frame, NULL, &error);
    for (size_t i = 0; !failed && i < count; i++) templrender_answer_frame(answer, i, frame);
    if (failed) templrender_answer_fail(answer, templrender_error_message(error));
    templrender_error_free(error);
    templrender_frame_free(frame);
    templrender_scratch_free(scratch);
    return failed;
}

/* A renderer with one model, its template, and answers with a photo of one colour. */
typedef struct rig {
    templrender_models *models;
    templrender_renderer *renderer;
    templrender_template *parsed;
    templrender_plan *plan;
    templrender_resources *resources;
    templrender_need need; /* the generated one */
    templrender_scratch *scratch;
} rig;

static templrender_renderer *plain;
static templrender_row *row;

static void answer_photo(rig *made, uint8_t colour)
{
    uint8_t rgba[16 * 16 * 4];
    templrender_frame *photo = NULL;
    size_t count = 0;
    for (size_t i = 0; i < sizeof rgba; i++) rgba[i] = i % 4 == 3 ? 255 : colour;
    OK(templrender_frame_from_rgba(16, 16, slice(rgba, sizeof rgba), &photo, &err));
    OK(templrender_resources_new(NULL, &made->resources, &err));
    made->need.struct_size = sizeof made->need;
    OK(templrender_plan_pending(made->plan, made->resources, &made->need, 1, &count, &err));
    SAME(count, 1);
    SAME(made->need.kind, TEMPLRENDER_NEED_LOCATION);
    OK(templrender_resources_insert_frame(made->resources, made->need.id, photo, &err));
    templrender_frame_free(photo);
    made->need.struct_size = sizeof made->need;
    OK(templrender_plan_pending(made->plan, made->resources, &made->need, 1, &count, &err));
}

static rig set_up(templrender_models *models, const char *layer, uint8_t colour)
{
    rig made;
    char json[1024];
    memset(&made, 0, sizeof made);
    made.models = models;
    snprintf(json, sizeof json,
             "{ \"templrender\": 1, \"name\": \"one\", \"size\": [16, 16], \"layers\": [{ \"id\": \"photo\", \"type\": \"image\", \"src\": \"a.png\", "
             "\"width\": 16, \"height\": 16, %s }] }", layer);
    OK(templrender_renderer_with_models(plain, models, &made.renderer, &err));
    OK(templrender_template_parse(text(json), NULL, &made.parsed, &err));
    OK(templrender_renderer_plan(made.renderer, made.parsed, row, NULL, &made.plan, &err));
    OK(templrender_scratch_new(&made.scratch, &err));
    answer_photo(&made, colour);
    return made;
}

static void take_down(rig *made)
{
    templrender_models_free(made->models);
    templrender_renderer_free(made->renderer);
    templrender_template_free(made->parsed);
    templrender_plan_free(made->plan);
    templrender_resources_free(made->resources);
    templrender_scratch_free(made->scratch);
    memset(made, 0, sizeof *made);
}

static templrender_models *with_network(state *told)
{
    templrender_models *models = NULL;
    OK(templrender_models_new(NULL, &models, &err));
    OK(templrender_models_add_network(models, text(NETWORK), text("test 1"), invert, told, freed, &err));
    return models;
}

static bool tells(const templrender_report *report, const char *words)
{
    templrender_buffer *json = NULL;
    OK(templrender_report_to_json(report, &json, &err));
    bool found = has(templrender_buffer_slice(json), words);
    templrender_buffer_free(json);
    return found;
}

/* The first byte of the middle px, after models ran. */
static int drawn(rig *made, templrender_report **report)
{
    templrender_frame *frame = NULL;
    int found = -1;
    OK(templrender_renderer_fill(made->renderer, made->plan, made->resources, NULL, &err));
    if (OK(templrender_renderer_render(made->renderer, made->plan, made->resources, made->scratch, NULL, &frame, report, &err)))
        found = templrender_frame_pixels(frame).data[8 * templrender_frame_stride(frame) + 8 * 4];
    templrender_frame_free(frame);
    return found;
}

static void networks(void)
{
    TEST("a network");
    state told = { "good", 0, 0, 0, NULL, NULL, NULL };
    rig made = set_up(with_network(&told), "\"model\": \"tint\"", 200);
    SAME(made.need.kind, TEMPLRENDER_NEED_GENERATED);
    CHECK(is(made.need.name, "tint") && !made.need.origin.data);
    SAME(templrender_models_count(made.models), 1);
    CHECK(is(templrender_models_id(made.models, 0), "tint") && !templrender_models_id(made.models, 1).data);
    templrender_report *report = NULL;
    SAME(drawn(&made, &report), 55);
    CHECK(tells(report, "\"tint\"") && tells(report, "test 1"));
    templrender_report_free(report);
    SAME(told.calls, 1);

    TEST("jobs live alone, and data goes back once");
    templrender_resources_free(made.resources);
    made.resources = NULL;
    answer_photo(&made, 100);
    templrender_job *job = NULL;
    templrender_made *result = NULL;
    templrender_frame *frame = NULL;
    templrender_buffer *bytes = NULL;
    OK(templrender_renderer_job(made.renderer, made.plan, made.need.id, made.resources, &job, &err));
    SAME(templrender_job_need(job), made.need.id);
    CHECK(is(templrender_job_model(job), "tint"));
    templrender_key key = templrender_job_key(job);
    CHECK(key.bytes[0] | key.bytes[1] | key.bytes[2]);
    double gmac = -1, peak_mb = -1;
    templrender_job_cost(job, &gmac, &peak_mb);
    CHECK(gmac >= 0 && peak_mb >= 0);
    templrender_plan *plan = made.plan;
    templrender_resources *resources = made.resources;
    uint64_t id = made.need.id;
    made.plan = NULL, made.resources = NULL;
    take_down(&made);
    SAME(told.freed, 0);
    OK(templrender_job_run(job, NULL, &result, &err));
    OK(templrender_made_frame(result, &frame, &err));
    SAME(templrender_frame_width(frame), 8);
    SAME(templrender_frame_pixels(frame).data[0], 155);
    SAME(templrender_made_face_count(result), 0);
    OK(templrender_made_to_bytes(result, &bytes, &err));
    CHECK(has(templrender_buffer_slice(bytes), "PNG"));
    OK(templrender_resources_insert_made(resources, id, result, &err));
    size_t count = 9;
    OK(templrender_plan_pending(plan, resources, NULL, 0, &count, &err));
    SAME(count, 0);
    templrender_made_free(result);
    templrender_frame_free(frame);
    templrender_buffer_free(bytes);
    templrender_resources_free(resources);
    templrender_plan_free(plan);
    CHECK(told.freed <= 1);
    templrender_job_free(job);
    SAME(told.freed, 1);
}

static void wrong_answers(void)
{
    static const struct { const char *mode; int code; const char *words; } CASES[] = {
        { "number", TEMPLRENDER_MODEL_FAILED, "a model's function must return 0, found -3" },
        { "words", TEMPLRENDER_MODEL_FAILED, "model tint: no such style" },
        { "nothing", TEMPLRENDER_MODEL_OUTPUT, "" },
        { "shape", TEMPLRENDER_MODEL_OUTPUT, "" },
        { "nan", TEMPLRENDER_MODEL_OUTPUT, "" },
        { "dtype", TEMPLRENDER_BAD_ARGUMENT, "found dtype 9" },
        { "huge", TEMPLRENDER_MODEL_OUTPUT, "a tensor must have at most" },
        { "null", TEMPLRENDER_BAD_ARGUMENT, "a tensor's shape must be" },
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        TEST(CASES[i].mode);
        state told = { CASES[i].mode, 0, 0, 0, NULL, NULL, NULL };
        rig made = set_up(with_network(&told), "\"model\": \"tint\", \"missing\": \"original\"", 200);
        templrender_job *job = NULL;
        templrender_made *result = NULL;
        templrender_report *report = NULL;
        OK(templrender_renderer_job(made.renderer, made.plan, made.need.id, made.resources, &job, &err));
        FAILS_SAYING(CASES[i].code, CASES[i].words, templrender_job_run(job, NULL, &result, &err));
        CHECK(!result);
        SAME(drawn(&made, &report), 200);
        CHECK(tells(report, "model-failed"));
        templrender_report_free(report);
        templrender_job_free(job);
        take_down(&made);
        SAME(told.freed, 1);
    }
}

static void pictures(void)
{
    TEST("a generator");
    state told = { "good", 0, 0, 0, NULL, NULL, NULL };
    templrender_models *models = NULL;
    OK(templrender_models_new(NULL, &models, &err));
    OK(templrender_models_add_generator(models, text(OF_KIND("generator")), text("test 1"), red, &told, freed, &err));
    rig made = set_up(models, "\"model\": \"tint\", \"missing\": \"original\"", 90);
    SAME(drawn(&made, NULL), 250);

    TEST("sixteen jobs are one batch, and fail alone");
    templrender_job *jobs[16];
    templrender_made *results[16];
    templrender_error *errors[16];
    memset(jobs, 0, sizeof jobs);
    for (int i = 0; i < 16; i++) {
        templrender_resources_free(made.resources);
        answer_photo(&made, (uint8_t)i);
        OK(templrender_renderer_job(made.renderer, made.plan, made.need.id, made.resources, &jobs[i], &err));
    }
    told.calls = 0, told.pictures = 0, told.mode = "one";
    OK(templrender_job_run_all((const templrender_job *const *)jobs, 16, NULL, results, errors, &err));
    SAME(told.calls, 1);
    SAME(told.pictures, 16);
    for (int i = 0; i < 16; i++) {
        SAME(!results[i], i == 1);
        SAME(!errors[i], i != 1);
        if (errors[i]) CHECK(!strcmp(explained(errors[i]), "model tint: too dark"));
        templrender_made_free(results[i]);
        templrender_error_free(errors[i]);
    }
    OK(templrender_job_run_all((const templrender_job *const *)jobs, 2, NULL, results, NULL, &err));
    CHECK(results[0] && !results[1]);
    templrender_made_free(results[0]);
    OK(templrender_job_run_all(NULL, 0, NULL, NULL, NULL, &err));
    templrender_made *result = NULL;
    static const struct { const char *mode; int code; } CASES[] = { { "beyond", TEMPLRENDER_BAD_ARGUMENT }, { "empty", TEMPLRENDER_MODEL_OUTPUT } };
    for (int i = 0; i < 2; i++) {
        told.mode = CASES[i].mode;
        FAILS(CASES[i].code, templrender_job_run(jobs[0], NULL, &result, &err));
    }
    told.mode = "frame";
    OK(templrender_job_run(jobs[7], NULL, &result, &err));
    templrender_frame *frame = NULL;
    OK(templrender_made_frame(result, &frame, &err));
    SAME(templrender_frame_pixels(frame).data[0], 7);
    (void)templrender_made_elapsed_us(result);
    templrender_frame_free(frame);
    templrender_made_free(result);

    TEST("a deadline");
    templrender_guard guard;
    memset(&guard, 0, sizeof guard);
    guard.struct_size = sizeof guard;
    guard.deadline_ns = 1;
    result = NULL;
    FAILS(TEMPLRENDER_DEADLINE_EXCEEDED, templrender_job_run(jobs[0], &guard, &result, &err));
    FAILS(TEMPLRENDER_DEADLINE_EXCEEDED, templrender_renderer_fill(made.renderer, made.plan, made.resources, &guard, &err));
    for (int i = 0; i < 16; i++) templrender_job_free(jobs[i]);
    SAME(told.freed, 0);
    take_down(&made);
    SAME(told.freed, 1);
}

static void detectors_and_mattes(void)
{
    TEST("a detector");
    state told = { "good", 0, 0, 0, NULL, NULL, NULL };
    templrender_models *models = NULL;
    templrender_job *job = NULL;
    templrender_made *result = NULL;
    templrender_face face;
    templrender_buffer *bytes = NULL;
    templrender_frame *frame = NULL;
    OK(templrender_models_new(NULL, &models, &err));
    OK(templrender_models_add_detector(models, text(OF_KIND("detector")), text("test 1"), faces, &told, freed, &err));
    rig made = set_up(models, "\"object-fit\": \"cover\", \"object-position\": \"face\"", 90);
    OK(templrender_renderer_job(made.renderer, made.plan, made.need.id, made.resources, &job, &err));
    OK(templrender_job_run(job, NULL, &result, &err));
    SAME(templrender_made_face_count(result), 2);
    CHECK(templrender_made_face(result, 1, &face) && !templrender_made_face(result, 2, &face) && templrender_made_face(result, 0, NULL));
    SAME(face.width * 10, 80);
    SAME(face.point_count, 2);
    SAME(face.points[3] * 10, 80);
    OK(templrender_made_to_bytes(result, &bytes, &err));
    CHECK(has(templrender_buffer_slice(bytes), "\"faces\""));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_made_frame(result, &frame, &err));
    OK(templrender_resources_insert(made.resources, made.need.id, templrender_buffer_slice(bytes), &err));
    SAME(drawn(&made, NULL), 90);
    SAME(told.calls, 1);
    told.mode = "null";
    templrender_made_free(result);
    result = NULL;
    FAILS_SAYING(TEMPLRENDER_BAD_ARGUMENT, "a face must be there", templrender_job_run(job, NULL, &result, &err));
    templrender_buffer_free(bytes);
    templrender_job_free(job);
    take_down(&made);
    SAME(told.freed, 1);

    TEST("a matte");
    told.freed = 0;
    models = NULL;
    OK(templrender_models_new(NULL, &models, &err));
    OK(templrender_models_add_matte(models, text(OF_KIND("matte")), text("test 1"), left, &told, freed, &err));
    made = set_up(models, "\"cutout\": \"tint\"", 90);
    OK(templrender_renderer_fill(made.renderer, made.plan, made.resources, NULL, &err));
    OK(templrender_renderer_render(made.renderer, made.plan, made.resources, made.scratch, NULL, &frame, NULL, &err));
    SAME(templrender_frame_pixels(frame).data[0], 90);
    SAME(templrender_frame_pixels(frame).data[15 * 4 + 3], 0);
    templrender_frame_free(frame);
    take_down(&made);
    SAME(told.freed, 1);
}

static void *draw_some(void *data)
{
    rig *shared = (rig *)data;
    templrender_error *error = NULL;
    size_t good = 0;
    for (int i = 0; i < 20; i++) {
        templrender_job *job = NULL;
        templrender_made *result = NULL;
        good += !templrender_renderer_job(shared->renderer, shared->plan, shared->need.id, shared->resources, &job, &error)
                && !templrender_job_run(job, NULL, &result, &error);
        templrender_made_free(result);
        templrender_job_free(job);
        templrender_error_free(error);
        error = NULL;
    }
    return (void *)good;
}

static void threads(void)
{
    TEST("eight threads");
    state told = { "good", 0, 0, 0, NULL, NULL, NULL };
    rig made = set_up(with_network(&told), "\"model\": \"tint\"", 200);
    pthread_t running[8];
    for (int i = 0; i < 8; i++) SAME(pthread_create(&running[i], NULL, draw_some, &made), 0);
    for (int i = 0; i < 8; i++) {
        void *good = NULL;
        pthread_join(running[i], &good);
        SAME((size_t)good, 20);
    }
    SAME(told.calls, 160);
    take_down(&made);
    SAME(told.freed, 1);
}

static void inside(void)
{
    TEST("a function that calls the library");
    state inner = { "good", 0, 0, 0, NULL, NULL, NULL }, outer = inner;
    rig within = set_up(with_network(&inner), "\"model\": \"tint\"", 200);
    OK(templrender_renderer_fill(within.renderer, within.plan, within.resources, NULL, &err));
    outer.renderer = within.renderer, outer.plan = within.plan, outer.resources = within.resources;
    templrender_models *models = NULL;
    OK(templrender_models_new(NULL, &models, &err));
    OK(templrender_models_add_generator(models, text(OF_KIND("generator")), text("test 1"), nested, &outer, freed, &err));
    rig around = set_up(models, "\"model\": \"tint\"", 3);
    SAME(drawn(&around, NULL), 55);
    take_down(&around);
    take_down(&within);
    SAME(inner.freed + outer.freed, 2);
}

static void refused(const char *root)
{
    TEST("data goes back where adding fails");
    state told = { "good", 0, 0, 0, NULL, NULL, NULL };
    templrender_models *models = NULL;
    OK(templrender_models_new(NULL, &models, &err));
    FAILS(TEMPLRENDER_BAD_MANIFEST, templrender_models_add_network(models, text("{}"), text("test 1"), invert, &told, freed, &err));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_models_add_network(models, text(NETWORK), nothing(), invert, &told, freed, &err));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_models_add_network(models, text(NETWORK), text("test 1"), NULL, &told, freed, &err));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_models_add_network(NULL, text(NETWORK), text("test 1"), invert, &told, freed, &err));
    FAILS_SAYING(TEMPLRENDER_BAD_ARGUMENT, "kind", templrender_models_add_matte(models, text(NETWORK), text("test 1"), left, &told, freed, &err));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_models_add_detector(models, text(OF_KIND("matte")), text("test 1"), faces, &told, freed, &err));
    SAME(told.freed, 6);
    OK(templrender_models_add_network(models, text(NETWORK), text("test 1"), invert, &told, NULL, &err));
    FAILS_SAYING(TEMPLRENDER_BAD_ARGUMENT, "twice", templrender_models_add_generator(models, text(OF_KIND("generator")), text("test 1"), red, &told, freed, &err));
    SAME(told.freed, 7);
    templrender_models_free(models);
    SAME(told.freed, 7);

    TEST("a model that runs elsewhere");
    models = NULL;
    OK(templrender_models_new(NULL, &models, &err));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_models_declare(models, text(NETWORK), text(" "), &err));
    OK(templrender_models_declare(models, text(NETWORK), text("a GPU 1"), &err));
    rig made = set_up(models, "\"model\": \"tint\", \"missing\": \"original\"", 90);
    templrender_job *job = NULL;
    templrender_made *result = NULL;
    OK(templrender_renderer_job(made.renderer, made.plan, made.need.id, made.resources, &job, &err));
    FAILS(TEMPLRENDER_MISSING_MODEL, templrender_job_run(job, NULL, &result, &err));
    templrender_job_free(job);
    SAME(drawn(&made, NULL), 90);
    take_down(&made);

    TEST("a folder");
    char folder[4096];
    templrender_engine_options options;
    memset(&options, 0, sizeof options);
    snprintf(folder, sizeof folder, "%s/templates/models", root);
    models = NULL;
    OK(templrender_models_new(NULL, &models, &err));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_models_load_folder(models, text(folder), &options, &err));
    options.struct_size = sizeof options;
    templrender_status status = templrender_models_load_folder(models, text(folder), &options, &err);
    if (status == TEMPLRENDER_BAD_ARGUMENT) {
        CHECK(strstr(explained(err), "found none in this build") != NULL);
        templrender_error_free(err);
        err = NULL;
    } else {
        SAME(status, TEMPLRENDER_OK);
        CHECK(templrender_models_count(models) >= 3);
    }
    templrender_models_free(models);
}

static void nulls(void)
{
    TEST("nothing at all");
    templrender_job *job = NULL;
    templrender_made *result = NULL;
    templrender_renderer *renderer = NULL;
    templrender_frame *frame = NULL;
    templrender_buffer *bytes = NULL;
    double number = 7;
    templrender_models_free(NULL);
    templrender_job_free(NULL);
    templrender_made_free(NULL);
    SAME(templrender_models_count(NULL), 0);
    CHECK(!templrender_models_id(NULL, 0).data && !templrender_job_model(NULL).data);
    SAME(templrender_job_need(NULL), 0);
    templrender_key key = templrender_job_key(NULL);
    SAME(key.bytes[0], 0);
    templrender_job_cost(NULL, &number, NULL);
    SAME(number, 0);
    SAME(templrender_made_face_count(NULL), 0);
    CHECK(!templrender_made_face(NULL, 0, NULL));
    SAME(templrender_made_elapsed_us(NULL), 0);
    CHECK(!templrender_answer_tensor(NULL, TEMPLRENDER_UINT8, NULL, 0) && !templrender_answer_rgba(NULL, 0, 1, 1) && !templrender_answer_mask(NULL, 0, 1, 1));
    templrender_answer_fail(NULL, nothing());
    templrender_answer_fail_one(NULL, 0, nothing());
    templrender_answer_frame(NULL, 0, NULL);
    templrender_answer_face(NULL, 0, NULL);
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_models_new(NULL, NULL, &err));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_renderer_with_models(plain, NULL, &renderer, &err));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_renderer_fill(plain, NULL, NULL, NULL, &err));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_renderer_job(plain, NULL, 0, NULL, &job, &err));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_job_run(NULL, NULL, &result, &err));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_job_run_all((const templrender_job *const *)&job, 1, NULL, &result, NULL, &err));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_resources_insert_made(NULL, 0, NULL, &err));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_made_to_bytes(NULL, &bytes, &err));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_made_frame(NULL, &frame, &err));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_models_load_folder(NULL, text("."), NULL, &err));
}

int main(int argc, char **argv)
{
    templrender_fonts *fonts = NULL;
    if (argc < 2) return 2;
    OK(templrender_fonts_new(false, &fonts, &err));
    OK(templrender_renderer_new(fonts, NULL, &plain, &err));
    templrender_fonts_free(fonts);
    OK(templrender_row_new(&row, &err));
    networks();
    wrong_answers();
    pictures();
    detectors_and_mattes();
    threads();
    inside();
    refused(argv[1]);
    nulls();
    templrender_row_free(row);
    templrender_renderer_free(plain);
    return done();
}
