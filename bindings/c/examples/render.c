/* One picture from files: render TEMPLATE ROW.json OUT.jpg [VARIANT]
 *
 * TEMPLATE is a template's folder, or the same folder as one file: a pack (.zip). A picture that the row names is looked for beside the
 * row's file, and then in the template's folder. The end of OUT's name says the format.
 *
 *     cc render.c $(pkg-config --cflags --libs templrender) -o render
 */
#define _POSIX_C_SOURCE 200809L
#include "files.h"

#include <dirent.h>
#include <inttypes.h>
#include <time.h>

/* Tells what went wrong; a failed call of the library explains itself. */
static bool told(const char *where, templrender_error **err)
{
    fprintf(stderr, "%s: %s\n", where, *err ? (const char *)templrender_error_message(*err).data : strerror(errno));
    templrender_error_free(*err);
    *err = NULL;
    return false;
}

/* Puts one file of the template's folder into the pack. */
static bool pack_file(templrender_pack *pack, const char *folder, const char *name)
{
    templrender_error *err = NULL;
    templrender_slice bytes = read_in(folder, name);
    if (!bytes.data) return told(name, &err);
    bool done = templrender_pack_add(pack, text(name), bytes, &err) == TEMPLRENDER_OK || told(name, &err);
    free((void *)bytes.data);
    return done;
}

static bool pack_fonts(templrender_pack *pack, const char *folder)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/fonts", folder);
    DIR *fonts = opendir(path);
    if (!fonts) return errno == ENOENT; /* a template may do without */
    bool done = true;
    for (struct dirent *entry; done && (entry = readdir(fonts));) {
        const char *end = strrchr(entry->d_name, '.');
        if (!end || (strcmp(end, ".ttf") && strcmp(end, ".otf") && strcmp(end, ".ttc") && strcmp(end, ".otc"))) continue;
        snprintf(path, sizeof path, "fonts/%s", entry->d_name);
        done = pack_file(pack, folder, path);
    }
    closedir(fonts);
    return done;
}

/* A folder becomes a pack: the template says which files it wants. */
static bool pack_folder(const char *folder, templrender_pack **pack)
{
    templrender_error *err = NULL;
    if (templrender_pack_new(NULL, pack, &err)) return told(folder, &err);
    if (!pack_file(*pack, folder, "template.json") || !pack_fonts(*pack, folder)) return false;
    templrender_slice fallback = read_in(folder, "fallback.json");
    if (fallback.data) {
        free((void *)fallback.data);
        if (!pack_file(*pack, folder, "fallback.json")) return false;
    }
    templrender_buffer *wanted = NULL;
    if (templrender_pack_wanted(*pack, &wanted, &err)) return told(folder, &err);
    templrender_slice lines = templrender_buffer_slice(wanted); /* a path a line */
    bool done = true;
    for (size_t at = 0; done && at < lines.len;) {
        const char *line = (const char *)lines.data + at;
        size_t len = (size_t)((const char *)memchr(line, '\n', lines.len - at) - line); /* each ends with one */
        char path[PATH_SIZE];
        snprintf(path, sizeof path, "%.*s", (int)len, line);
        done = pack_file(*pack, folder, path);
        at += len + 1;
    }
    templrender_buffer_free(wanted);
    return done;
}

/* The template with all that belongs to it, ready to draw. */
static bool open_template(const char *path, templrender_bundle **bundle)
{
    templrender_error *err = NULL;
    templrender_pack *pack = NULL;
    templrender_fonts *fonts = NULL;
    struct stat about;
    bool done = false;
    if (stat(path, &about) != 0) return told(path, &err);
    if (S_ISDIR(about.st_mode)) {
        if (!pack_folder(path, &pack)) goto out;
    } else {
        templrender_slice zip = read_file(path);
        if (!zip.data) { told(path, &err); goto out; }
        templrender_status status = templrender_pack_from_zip(zip, NULL, &pack, &err);
        free((void *)zip.data);
        if (status) { told(path, &err); goto out; }
    }
    /* Noto Sans is there for texts that the template's fonts have no letters for, as in the command line. */
    if (templrender_fonts_new(true, &fonts, &err)) { told("fonts", &err); goto out; }
    done = templrender_bundle_open(pack, fonts, time(NULL), bundle, &err) == TEMPLRENDER_OK || told(path, &err);
out:
    templrender_fonts_free(fonts);
    templrender_pack_free(pack);
    return done;
}

/* A need of the plan, found beside the row or in the template's folder. */
static templrender_slice find(templrender_slice location, const char *row, const char *template_)
{
    templrender_slice none = { NULL, 0 };
    char name[PATH_SIZE], beside[PATH_SIZE];
    if (location.len >= sizeof name) { errno = ENAMETOOLONG; return none; }
    snprintf(name, sizeof name, "%.*s", (int)location.len, (const char *)location.data);
    if (!stays_inside(name)) { errno = EACCES; return none; } /* an http URL ends here too: fetching is another program's */
    const char *slash = strrchr(row, '/');
    snprintf(beside, sizeof beside, "%.*s", slash ? (int)(slash - row) : 1, slash ? row : ".");
    templrender_slice bytes = read_in(beside, name);
    return bytes.data ? bytes : read_in(template_, name);
}

/* Answers all needs. A layer may name several sources: the second is asked for when the first has failed, so this is a loop. */
static bool answer(const templrender_plan *plan, templrender_resources *resources, const char *row, const char *template_)
{
    templrender_error *err = NULL;
    for (;;) {
        templrender_need needs[16];
        size_t count = 0;
        needs[0].struct_size = sizeof needs[0];
        if (templrender_plan_pending(plan, resources, needs, 16, &count, &err)) return told("needs", &err);
        if (count == 0) return true;
        for (size_t i = 0; i < count && i < 16; i++) {
            templrender_slice bytes = find(needs[i].location, row, template_);
            templrender_status status = bytes.data
                ? templrender_resources_insert(resources, needs[i].id, bytes, NULL) /* no picture? then the need counts as failed, */
                : templrender_resources_fail(resources, needs[i].id, text(strerror(errno)), &err); /* and the report says why */
            free((void *)bytes.data);
            if (err) return told("needs", &err);
            (void)status;
        }
    }
}

static uint32_t format_of(const char *path)
{
    const char *end = strrchr(path, '.');
    if (end && !strcmp(end, ".png")) return TEMPLRENDER_FORMAT_PNG;
    if (end && !strcmp(end, ".webp")) return TEMPLRENDER_FORMAT_WEBP;
    if (end && (!strcmp(end, ".jpg") || !strcmp(end, ".jpeg"))) return TEMPLRENDER_FORMAT_JPEG;
    return TEMPLRENDER_FORMAT_TEMPLATE;
}

static bool draw(const templrender_bundle *bundle, const char *template_, const char *row_path, const char *out, const char *variant)
{
    templrender_error *err = NULL;
    templrender_row *row = NULL;
    templrender_plan *plan = NULL;
    templrender_resources *resources = NULL;
    templrender_scratch *scratch = NULL;
    templrender_frame *frame = NULL;
    templrender_report *report = NULL;
    templrender_buffer *picture = NULL;
    const templrender_renderer *renderer = templrender_bundle_renderer(bundle);
    bool done = false;

    templrender_slice json = read_file(row_path);
    if (!json.data) return told(row_path, &err);
    templrender_status status = templrender_row_from_json(json, &row, &err);
    free((void *)json.data);
    if (status) { told(row_path, &err); goto out; }

    templrender_context context;
    templrender_context_init(&context, sizeof context);
    context.format = format_of(out);
    context.has_now = true;
    context.now = time(NULL); /* the library has no clock: a sale is on or over by the time that it is told */
    if (variant) context.variant = text(variant);

    if (templrender_renderer_plan(renderer, templrender_bundle_template(bundle), row, &context, &plan, &err)
        || templrender_bundle_resources(bundle, &resources, &err)) { told(row_path, &err); goto out; }
    templrender_slice skipped = templrender_plan_skipped(plan);
    if (skipped.data) {
        fprintf(stderr, "%s: no picture of this row: %.*s\n", row_path, (int)skipped.len, (const char *)skipped.data);
        goto out;
    }
    if (!answer(plan, resources, row_path, template_)) goto out;

    templrender_output output;
    templrender_output_init(&output, sizeof output);
    if (templrender_plan_output(plan, &output)
        || templrender_scratch_new(&scratch, &err)
        || templrender_renderer_render(renderer, plan, resources, scratch, NULL, &frame, &report, &err)
        || templrender_frame_encode(frame, &output, NULL, &picture, &err)) { told(row_path, &err); goto out; }

    /* Trouble that was survived: a text that had to be cut, a picture that was not there. */
    for (size_t i = 0; i < templrender_report_note_count(report); i++) {
        templrender_slice code, layer, message;
        templrender_report_note(report, i, &code, &layer, &message);
        fprintf(stderr, "note: %.*s: %.*s: %.*s\n", (int)layer.len, (const char *)layer.data, (int)code.len, (const char *)code.data,
                (int)message.len, (const char *)message.data);
    }
    done = write_atomically(out, templrender_buffer_slice(picture)) || told(out, &err);
    if (done) printf("%s: %" PRIu32 " x %" PRIu32 " px, %zu bytes\n", out, templrender_frame_width(frame), templrender_frame_height(frame),
                     templrender_buffer_slice(picture).len);
out:
    templrender_buffer_free(picture);
    templrender_report_free(report);
    templrender_frame_free(frame);
    templrender_scratch_free(scratch);
    templrender_resources_free(resources);
    templrender_plan_free(plan);
    templrender_row_free(row);
    return done;
}

int main(int argc, char **argv)
{
    if (argc < 4 || argc > 5) {
        fprintf(stderr, "usage: render TEMPLATE ROW.json OUT.jpg [VARIANT]\n");
        return 2;
    }
    templrender_bundle *bundle = NULL;
    bool done = open_template(argv[1], &bundle) && draw(bundle, argv[1], argv[2], argv[3], argc > 4 ? argv[4] : NULL);
    templrender_bundle_free(bundle);
    return done ? 0 : 1;
}
