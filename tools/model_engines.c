/* One picture whose models are functions of this program's, each of them a network in ONNX Runtime: for tools/model_engines.py.
 *
 *     model_engines LIBRARY PACK.zip FOLDER ROW.json OUT.png [MANIFEST.json NETWORK.onnx]...
 *
 * LIBRARY is ONNX Runtime's, opened when the program runs. FOLDER is where the row's pictures are. Built with -Iinclude -Ibindings/c/examples. */
#define _DEFAULT_SOURCE
#include "files.h"

#include <dlfcn.h>

/* ONNX Runtime's functions as its C API has them. Its table grows at the end only, so a function's place is the same in every version; no registry has
 * the header by itself, hence the places here. */
typedef struct OrtStatus OrtStatus;
typedef struct OrtEnv OrtEnv;
typedef struct OrtSession OrtSession;
typedef struct OrtSessionOptions OrtSessionOptions;
typedef struct OrtMemoryInfo OrtMemoryInfo;
typedef struct OrtValue OrtValue;
typedef struct OrtAllocator OrtAllocator;
typedef struct OrtTensorInfo OrtTensorInfo;
typedef void (*OrtFunction)(void);
typedef struct OrtApiBase {
    const OrtFunction *(*GetApi)(uint32_t version);
    const char *(*GetVersionString)(void);
} OrtApiBase;

enum { API_VERSION = 18, MOST_PORTS = 16, MOST_SIDES = 8, MOST_NETWORKS = 16 };

#define GetErrorMessage ((const char *(*)(const OrtStatus *))ort[2])
#define CreateEnv ((OrtStatus *(*)(int level, const char *name, OrtEnv **))ort[3])
#define CreateSession ((OrtStatus *(*)(const OrtEnv *, const char *path, const OrtSessionOptions *, OrtSession **))ort[7])
#define Run ((OrtStatus *(*)(OrtSession *, const void *, const char *const *, const OrtValue *const *, size_t, const char *const *, size_t, OrtValue **))ort[9])
#define CreateSessionOptions ((OrtStatus *(*)(OrtSessionOptions **))ort[10])
#define SetIntraOpNumThreads ((OrtStatus *(*)(OrtSessionOptions *, int))ort[24])
#define SessionGetInputCount ((OrtStatus *(*)(const OrtSession *, size_t *))ort[30])
#define SessionGetOutputCount ((OrtStatus *(*)(const OrtSession *, size_t *))ort[31])
#define SessionGetInputName ((OrtStatus *(*)(const OrtSession *, size_t, OrtAllocator *, char **))ort[36])
#define SessionGetOutputName ((OrtStatus *(*)(const OrtSession *, size_t, OrtAllocator *, char **))ort[37])
#define CreateTensorWithDataAsOrtValue ((OrtStatus *(*)(const OrtMemoryInfo *, void *, size_t, const int64_t *, size_t, int dtype, OrtValue **))ort[49])
#define GetTensorMutableData ((OrtStatus *(*)(OrtValue *, void **))ort[51])
#define GetTensorElementType ((OrtStatus *(*)(const OrtTensorInfo *, int *dtype))ort[60])
#define GetDimensionsCount ((OrtStatus *(*)(const OrtTensorInfo *, size_t *))ort[61])
#define GetDimensions ((OrtStatus *(*)(const OrtTensorInfo *, int64_t *, size_t))ort[62])
#define GetTensorTypeAndShape ((OrtStatus *(*)(const OrtValue *, OrtTensorInfo **))ort[65])
#define CreateCpuMemoryInfo ((OrtStatus *(*)(int allocator, int memory, OrtMemoryInfo **))ort[69])
#define AllocatorFree ((OrtStatus *(*)(OrtAllocator *, void *))ort[76])
#define GetAllocatorWithDefaultOptions ((OrtStatus *(*)(OrtAllocator **))ort[78])
#define ReleaseEnv ((void (*)(OrtEnv *))ort[92])
#define ReleaseStatus ((void (*)(OrtStatus *))ort[93])
#define ReleaseMemoryInfo ((void (*)(OrtMemoryInfo *))ort[94])
#define ReleaseSession ((void (*)(OrtSession *))ort[95])
#define ReleaseValue ((void (*)(OrtValue *))ort[96])
#define ReleaseTensorTypeAndShapeInfo ((void (*)(OrtTensorInfo *))ort[99])
#define ReleaseSessionOptions ((void (*)(OrtSessionOptions *))ort[100])

static const OrtFunction *ort;
static const char *ort_version;
static OrtEnv *environment;
static OrtAllocator *allocator;
static OrtMemoryInfo *memory;

/* A network with the names of what goes in and out, in its order, which is the manifest's. */
typedef struct network {
    OrtSession *session;
    char *inputs[MOST_PORTS], *outputs[MOST_PORTS];
    size_t input_count, output_count;
} network;

#define TRY(call) if ((call) != TEMPLRENDER_OK) goto failed
#define TRY_ORT(call) if ((status = (call))) goto failed

/* ---- ONNX Runtime */

static bool open_runtime(const char *path)
{
    OrtStatus *status = NULL;
    const OrtApiBase *(*base)(void) = NULL;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library) *(void **)&base = dlsym(library, "OrtGetApiBase");
    if (!base) return fprintf(stderr, "%s\n", dlerror()), false;
    ort = base()->GetApi(API_VERSION);
    ort_version = base()->GetVersionString();
    if (!ort) return fprintf(stderr, "%s: version %d of the C API is not in ONNX Runtime %s\n", path, API_VERSION, ort_version), false;
    TRY_ORT(CreateEnv(3, "model_engines", &environment)); /* errors alone are logged */
    TRY_ORT(GetAllocatorWithDefaultOptions(&allocator));
    TRY_ORT(CreateCpuMemoryInfo(1, 0, &memory)); /* of an arena, ordinary memory */
    return true;
failed:
    fprintf(stderr, "%s: %s\n", path, GetErrorMessage(status));
    ReleaseStatus(status);
    return false;
}

static bool open_network(const char *path, network *opened)
{
    OrtStatus *status = NULL;
    OrtSessionOptions *options = NULL;
    TRY_ORT(CreateSessionOptions(&options));
    TRY_ORT(SetIntraOpNumThreads(options, 1));
    TRY_ORT(CreateSession(environment, path, options, &opened->session));
    TRY_ORT(SessionGetInputCount(opened->session, &opened->input_count));
    TRY_ORT(SessionGetOutputCount(opened->session, &opened->output_count));
    if (opened->input_count > MOST_PORTS || opened->output_count > MOST_PORTS) goto failed;
    for (size_t i = 0; i < opened->input_count; i++) TRY_ORT(SessionGetInputName(opened->session, i, allocator, &opened->inputs[i]));
    for (size_t i = 0; i < opened->output_count; i++) TRY_ORT(SessionGetOutputName(opened->session, i, allocator, &opened->outputs[i]));
    ReleaseSessionOptions(options);
    return true;
failed:
    fprintf(stderr, "%s: %s\n", path, status ? GetErrorMessage(status) : "too many inputs or outputs");
    ReleaseStatus(status);
    ReleaseSessionOptions(options);
    return false;
}

static void close_network(void *user_data)
{
    network *closed = (network *)user_data;
    for (size_t i = 0; i < MOST_PORTS; i++) {
        if (closed->inputs[i]) ReleaseStatus(AllocatorFree(allocator, closed->inputs[i]));
        if (closed->outputs[i]) ReleaseStatus(AllocatorFree(allocator, closed->outputs[i]));
    }
    ReleaseSession(closed->session);
}

/* One output of the runtime's into the answer. */
static OrtStatus *give(OrtValue *value, templrender_answer *answer)
{
    OrtTensorInfo *info = NULL;
    OrtStatus *status = GetTensorTypeAndShape(value, &info);
    int64_t sides[MOST_SIDES];
    size_t shape[MOST_SIDES], rank = 0, bytes = 0;
    void *from = NULL, *into = NULL;
    int dtype = 0;
    if (!status) status = GetTensorElementType(info, &dtype);
    if (!status) status = GetDimensionsCount(info, &rank);
    if (!status && rank > MOST_SIDES) templrender_answer_fail(answer, text("an output has too many sides"));
    else if (!status) status = GetDimensions(info, sides, rank);
    if (!status) status = GetTensorMutableData(value, &from);
    if (!status && rank <= MOST_SIDES) {
        bytes = dtype == TEMPLRENDER_FLOAT32 ? sizeof(float) : 1;
        for (size_t i = 0; i < rank; i++) bytes *= shape[i] = (size_t)sides[i];
        into = templrender_answer_tensor(answer, (uint32_t)dtype, shape, rank); /* ONNX counts its types as the library does */
        if (into) memcpy(into, from, bytes); /* without it the answer knows why */
    }
    ReleaseTensorTypeAndShapeInfo(info);
    return status;
}

/* The function that the library is given. */
static int32_t run(void *user_data, const templrender_tensor *inputs, size_t count, templrender_answer *answer)
{
    network *runs = (network *)user_data;
    OrtStatus *status = NULL;
    OrtValue *in[MOST_PORTS] = { NULL }, *out[MOST_PORTS] = { NULL };
    bool fits = count == runs->input_count;
    for (size_t i = 0; i < count; i++) fits = fits && inputs[i].rank <= MOST_SIDES;
    if (!fits) {
        templrender_answer_fail(answer, text("the manifest has other inputs than the network"));
        return 1;
    }
    for (size_t i = 0; i < count; i++) {
        int64_t sides[MOST_SIDES];
        for (size_t side = 0; side < inputs[i].rank; side++) sides[side] = (int64_t)inputs[i].shape[side];
        TRY_ORT(CreateTensorWithDataAsOrtValue(memory, (void *)inputs[i].data, inputs[i].len, sides, inputs[i].rank, (int)inputs[i].dtype, &in[i]));
    }
    TRY_ORT(Run(runs->session, NULL, (const char *const *)runs->inputs, (const OrtValue *const *)in, count, (const char *const *)runs->outputs,
                runs->output_count, out));
    for (size_t i = 0; i < runs->output_count; i++) TRY_ORT(give(out[i], answer));
failed:
    if (status) templrender_answer_fail(answer, text(GetErrorMessage(status)));
    for (size_t i = 0; i < MOST_PORTS; i++) ReleaseValue(in[i]), ReleaseValue(out[i]);
    int32_t bad = status != NULL;
    ReleaseStatus(status);
    return bad;
}

/* ---- the picture */

/* Answers the picture that one need asks for out of the folder. */
static templrender_status find(const char *folder, templrender_resources *resources, const templrender_need *need, templrender_error **err)
{
    char name[PATH_SIZE];
    snprintf(name, sizeof name, "%.*s", (int)need->location.len, (const char *)need->location.data);
    templrender_slice bytes = stays_inside(name) ? read_in(folder, name) : (templrender_slice){ NULL, 0 };
    templrender_status status = bytes.data ? templrender_resources_insert(resources, need->id, bytes, err)
                                           : templrender_resources_fail(resources, need->id, text("it is not in the folder"), err);
    free((void *)bytes.data);
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 6 || argc % 2 || argc > 6 + 2 * MOST_NETWORKS)
        return fprintf(stderr, "usage: model_engines LIBRARY PACK.zip FOLDER ROW.json OUT.png [MANIFEST.json NETWORK.onnx]...\n"), 2;
    static network networks[MOST_NETWORKS];
    const char *folder = argv[3], *out = argv[5];
    templrender_slice zip = read_file(argv[2]), json = read_file(argv[4]);
    templrender_error *err = NULL;
    templrender_fonts *fonts = NULL;
    templrender_pack *pack = NULL;
    templrender_bundle *bundle = NULL;
    templrender_models *models = NULL;
    templrender_renderer *renderer = NULL;
    templrender_row *row = NULL;
    templrender_plan *plan = NULL;
    templrender_resources *resources = NULL;
    templrender_scratch *scratch = NULL;
    templrender_frame *frame = NULL;
    templrender_report *report = NULL;
    templrender_buffer *picture = NULL;
    templrender_need need;
    templrender_context context;
    templrender_output output;
    size_t pending = 0;
    bool done = false;
    templrender_context_init(&context, sizeof context);
    templrender_output_init(&output, sizeof output);
    context.has_now = true;
    context.now = 0;
    context.format = TEMPLRENDER_FORMAT_PNG;
    need.struct_size = sizeof need;

    if (!zip.data || !json.data) {
        perror(zip.data ? argv[4] : argv[2]);
        goto failed;
    }
    if (!open_runtime(argv[1])) goto failed;
    TRY(templrender_models_new(NULL, &models, &err));
    for (int i = 6; i < argc; i += 2) {
        network *opened = &networks[(i - 6) / 2];
        char identity[64];
        snprintf(identity, sizeof identity, "onnxruntime %s in C", ort_version);
        templrender_slice manifest = read_file(argv[i]);
        if (!manifest.data) {
            perror(argv[i]);
            goto failed;
        }
        bool is_open = open_network(argv[i + 1], opened);
        templrender_status status = is_open ? templrender_models_add_network(models, manifest, text(identity), run, opened, close_network, &err) : TEMPLRENDER_OK;
        free((void *)manifest.data);
        if (!is_open || status) goto failed;
    }
    TRY(templrender_fonts_new(true, &fonts, &err));
    TRY(templrender_pack_from_zip(zip, NULL, &pack, &err));
    TRY(templrender_bundle_open(pack, fonts, context.now, &bundle, &err));
    TRY(templrender_renderer_with_models(templrender_bundle_renderer(bundle), models, &renderer, &err));
    TRY(templrender_row_from_json(json, &row, &err));
    TRY(templrender_renderer_plan(renderer, templrender_bundle_template(bundle), row, &context, &plan, &err));
    TRY(templrender_bundle_resources(bundle, &resources, &err));
    for (;;) {
        TRY(templrender_plan_pending(plan, resources, &need, 1, &pending, &err));
        if (pending == 0) break;
        if (need.kind == TEMPLRENDER_NEED_GENERATED) {
            TRY(templrender_renderer_fill(renderer, plan, resources, NULL, &err));
        } else {
            TRY(find(folder, resources, &need, &err));
        }
    }
    TRY(templrender_scratch_new(&scratch, &err));
    TRY(templrender_renderer_render(renderer, plan, resources, scratch, NULL, &frame, &report, &err));
    TRY(templrender_plan_output(plan, &output));
    TRY(templrender_frame_encode(frame, &output, NULL, &picture, &err));
    done = write_atomically(out, templrender_buffer_slice(picture));
    if (!done) perror(out);
    /* A model that failed is a picture without it: whoever compares pictures wants to know. */
    for (size_t i = 0; i < templrender_report_note_count(report); i++) {
        templrender_slice code, layer, message;
        templrender_report_note(report, i, &code, &layer, &message);
        fprintf(stderr, "note: %.*s: %.*s: %.*s\n", (int)layer.len, (const char *)layer.data, (int)code.len, (const char *)code.data,
                (int)message.len, (const char *)message.data);
    }
failed:
    if (err) fprintf(stderr, "model_engines: %s\n", (const char *)templrender_error_message(err).data);
    templrender_error_free(err);
    templrender_buffer_free(picture);
    templrender_report_free(report);
    templrender_frame_free(frame);
    templrender_scratch_free(scratch);
    templrender_resources_free(resources);
    templrender_plan_free(plan);
    templrender_row_free(row);
    templrender_renderer_free(renderer);
    templrender_bundle_free(bundle);
    templrender_pack_free(pack);
    templrender_fonts_free(fonts);
    templrender_models_free(models);
    if (memory) ReleaseMemoryInfo(memory);
    if (environment) ReleaseEnv(environment);
    free((void *)zip.data);
    free((void *)json.data);
    return done ? 0 : 1;
}
