/* All shipped templates through the C library: shipped ROOT OUT writes OUT/TEMPLATE/ROW/VARIANT for every row in every variant, the way
 * tests/hashes.rs draws them with the Rust library; test.sh compares them with its list and with what the program draws.
 * Without OUT one row of each is drawn and nothing is written. */
#include "check.h"

#include <dirent.h>
#include <sys/stat.h>

enum { NOW = 1795262400, FEED_ROWS = 8 }; /* 2026-11-21T12:00:00Z: sales of the shipped rows are on */

struct shipped {
    const char *root, *out, *name;
    char folder[512];
    templrender_bundle *bundle;
    templrender_scratch *scratch;
    int pictures;
};

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* The names in a folder with this end, sorted; the last is NULL. */
static char **names(const char *root, const char *folder, const char *end)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", root, folder);
    char **list = (char **)calloc(256, sizeof *list);
    size_t count = 0;
    DIR *open = opendir(path);
    for (struct dirent *entry; open && list && count < 255 && (entry = readdir(open));) {
        size_t len = strlen(entry->d_name), tail = strlen(end);
        if (entry->d_name[0] != '.' && len >= tail && strcmp(entry->d_name + len - tail, end) == 0) list[count++] = strdup(entry->d_name);
    }
    if (open) closedir(open);
    if (list) qsort(list, count, sizeof *list, by_name);
    return list;
}

static void drop_names(char **list)
{
    for (char **name = list; *name; name++) free(*name);
    free(list);
}

static void add(templrender_pack *pack, const struct shipped *shipped, const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", shipped->folder, name);
    templrender_slice bytes = file(shipped->root, path);
    OK(templrender_pack_add(pack, text(name), bytes, &err));
    drop(bytes);
}

static void open_template(struct shipped *shipped)
{
    char path[1024];
    templrender_pack *pack = NULL;
    templrender_buffer *wanted = NULL;
    OK(templrender_pack_new(NULL, &pack, &err));
    add(pack, shipped, "template.json");
    snprintf(path, sizeof path, "%s/fallback.json", shipped->folder);
    if (there(shipped->root, path)) add(pack, shipped, "fallback.json");
    snprintf(path, sizeof path, "%s/fonts", shipped->folder);
    char **fonts = names(shipped->root, path, ".ttf");
    for (char **font = fonts; *font; font++) {
        snprintf(path, sizeof path, "fonts/%s", *font);
        add(pack, shipped, path);
    }
    drop_names(fonts);
    OK(templrender_pack_wanted(pack, &wanted, &err));
    templrender_slice lines = templrender_buffer_slice(wanted);
    for (size_t at = 0, len; at < lines.len; at += len + 1) {
        const char *line = (const char *)lines.data + at;
        len = (size_t)((const char *)memchr(line, '\n', lines.len - at) - line);
        snprintf(path, sizeof path, "%.*s", (int)len, line);
        add(pack, shipped, path);
    }
    templrender_buffer_free(wanted);
    templrender_fonts *none = NULL; /* all that is drawn is in the templates' own */
    OK(templrender_fonts_new(false, &none, &err));
    OK(templrender_bundle_open(pack, none, NOW, &shipped->bundle, &err));
    templrender_fonts_free(none);
    templrender_pack_free(pack);
}

/* Beside the row first, in the template's folder next. */
static void answer(const struct shipped *shipped, const templrender_plan *plan, templrender_resources *resources)
{
    templrender_need needs[8];
    size_t count;
    for (;;) {
        needs[0].struct_size = sizeof needs[0];
        if (!OK(templrender_plan_pending(plan, resources, needs, 8, &count, &err)) || count == 0) return;
        for (size_t i = 0; i < count && i < 8; i++) {
            char path[1024];
            int len = (int)needs[i].location.len;
            const char *location = (const char *)needs[i].location.data;
            snprintf(path, sizeof path, "%s/rows/%.*s", shipped->folder, len, location);
            if (!there(shipped->root, path)) snprintf(path, sizeof path, "%s/%.*s", shipped->folder, len, location);
            if (!there(shipped->root, path)) {
                OK(templrender_resources_fail(resources, needs[i].id, text("there is no such file"), &err));
                continue;
            }
            templrender_slice bytes = file(shipped->root, path);
            (void)!templrender_resources_insert(resources, needs[i].id, bytes, NULL); /* what is no picture has failed now */
            drop(bytes);
        }
    }
}

static void keep(const struct shipped *shipped, const char *row, const char *variant, templrender_slice bytes)
{
    char path[2048];
    snprintf(path, sizeof path, "%s/%s", shipped->out, shipped->name);
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/%s/%s", shipped->out, shipped->name, row);
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/%s/%s/%s", shipped->out, shipped->name, row, variant);
    FILE *stream = fopen(path, "wb");
    CHECK(stream && fwrite(bytes.data, 1, bytes.len, stream) == bytes.len);
    if (stream) CHECK(fclose(stream) == 0);
}

static void draw(struct shipped *shipped, const char *name, const templrender_row *row, templrender_slice variant)
{
    templrender_plan *plan = NULL;
    templrender_resources *resources = NULL;
    templrender_frame *frame = NULL;
    templrender_report *report = NULL;
    templrender_buffer *bytes = NULL;
    templrender_output output;
    templrender_context context;
    const templrender_renderer *renderer = templrender_bundle_renderer(shipped->bundle);
    templrender_context_init(&context, sizeof context);
    context.variant = variant;
    context.has_now = true;
    context.now = NOW;
    output.struct_size = sizeof output;
    OK(templrender_renderer_plan(renderer, templrender_bundle_template(shipped->bundle), row, &context, &plan, &err));
    OK(templrender_bundle_resources(shipped->bundle, &resources, &err));
    answer(shipped, plan, resources);
    OK(templrender_renderer_render(renderer, plan, resources, shipped->scratch, NULL, &frame, &report, &err));
    SAME(templrender_plan_output(plan, &output), TEMPLRENDER_OK);
    OK(templrender_frame_encode(frame, &output, NULL, &bytes, &err));
    CHECK(templrender_buffer_slice(bytes).len > 1000);
    char variant_name[64];
    snprintf(variant_name, sizeof variant_name, "%.*s", variant.data ? (int)variant.len : 7, variant.data ? (const char *)variant.data : "default");
    if (shipped->out) keep(shipped, name, variant_name, templrender_buffer_slice(bytes));
    shipped->pictures++;
    templrender_buffer_free(bytes);
    templrender_report_free(report);
    templrender_frame_free(frame);
    templrender_resources_free(resources);
    templrender_plan_free(plan);
}

static void draw_all(struct shipped *shipped, const char *name, const templrender_row *row)
{
    const templrender_template *parsed = templrender_bundle_template(shipped->bundle);
    draw(shipped, name, row, nothing());
    for (size_t i = 0; shipped->out && i < templrender_template_variant_count(parsed); i++)
        draw(shipped, name, row, templrender_template_variant(parsed, i));
}

/* The first rows of a table with tabs: cells are texts, and a cell is there even if it is empty. */
static void feed(struct shipped *shipped, const char *name)
{
    char path[1024], row_name[256];
    snprintf(path, sizeof path, "%s/rows/%s", shipped->folder, name);
    templrender_slice table = file(shipped->root, path);
    const char *header = (const char *)table.data, *line = header + strcspn(header, "\n") + 1;
    for (int n = 1; n <= FEED_ROWS && *line; n++) {
        templrender_row *row = NULL;
        OK(templrender_row_new(&row, &err));
        const char *column = header, *cell = line;
        for (;;) {
            size_t column_len = strcspn(column, "\t\n"), cell_len = strcspn(cell, "\t\n");
            OK(templrender_row_set_text(row, slice(column, column_len), slice(cell, cell_len), &err));
            if (column[column_len] != '\t' || cell[cell_len] != '\t') break;
            column += column_len + 1;
            cell += cell_len + 1;
        }
        snprintf(row_name, sizeof row_name, "%.*s-%d", (int)strcspn(name, "."), name, n);
        draw_all(shipped, row_name, row);
        templrender_row_free(row);
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    drop(table);
}

static void template_(const char *root, const char *out, const char *name, templrender_scratch *scratch, int *pictures)
{
    struct shipped shipped;
    char path[1024];
    memset(&shipped, 0, sizeof shipped);
    shipped.root = root;
    shipped.out = out;
    shipped.name = name;
    shipped.scratch = scratch;
    snprintf(shipped.folder, sizeof shipped.folder, "templates/%s", name);
    TEST(name);
    open_template(&shipped);
    snprintf(path, sizeof path, "%s/rows", shipped.folder);
    char **rows = names(root, path, ".json"), **feeds = names(root, path, ".tsv");
    for (char **row = rows; *row && (out || shipped.pictures == 0); row++) {
        char file_name[1024];
        snprintf(file_name, sizeof file_name, "%s/rows/%s", shipped.folder, *row);
        templrender_slice json = file(root, file_name);
        templrender_row *parsed = NULL;
        OK(templrender_row_from_json(json, &parsed, &err));
        drop(json);
        (*row)[strlen(*row) - strlen(".json")] = '\0';
        draw_all(&shipped, *row, parsed);
        templrender_row_free(parsed);
    }
    for (char **table = feeds; out && *table; table++) feed(&shipped, *table);
    drop_names(rows);
    drop_names(feeds);
    templrender_bundle_free(shipped.bundle);
    CHECK(shipped.pictures > 0);
    *pictures += shipped.pictures;
}

int main(int argc, char **argv)
{
    const char *out = argc > 2 ? argv[2] : NULL;
    templrender_scratch *scratch = NULL;
    int pictures = 0;
    OK(templrender_scratch_new(&scratch, &err));
    char **folders = names(argv[1], "templates", "");
    for (char **folder = folders; *folder; folder++) {
        char path[512];
        snprintf(path, sizeof path, "templates/%s/template.json", *folder);
        if (there(argv[1], path)) template_(argv[1], out, *folder, scratch, &pictures);
    }
    drop_names(folders);
    templrender_scratch_free(scratch);
    CHECK(pictures >= 5);
    printf("%d pictures, ", pictures);
    return done();
}
