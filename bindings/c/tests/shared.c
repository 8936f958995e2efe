/* What threads and processes share: templates, renderers, plans and resources, used by many at the same time, and after a fork. And what
 * the library leaves alone: it starts no thread, opens no descriptor, and prints nothing. */
#include "check.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/wait.h>

enum { THREADS = 6, PICTURES = 5 };

static const char TEMPLATE[] = JSON({
    "templrender": 1, "name": "shared", "size": [200, 120], "fonts": ["Noto Sans"], "output": { "format": "png" },
    "background": "linear-gradient(135deg, #1e1b4b, #7c3aed)", "color": "#fff",
    "layers": [
        { "type": "image", "src": "{{ photo }}", "left": 120, "top": 40, "width": 70, "height": 70, "object-fit": "cover", "border-radius": "50%" },
        { "type": "text", "text": "{{ title }}", "left": 8, "top": 8, "width": 184, "height": 60, "font-size": 30, "min-font-size": 9, "line-clamp": 2 }
    ]
});

static templrender_renderer *renderer;
static templrender_template *parsed;
static templrender_row *row;
static templrender_plan *plan;
static templrender_resources *resources;
static templrender_output output;

/* Draws with a fresh plan of the shared template, so that planning is shared work too. */
static templrender_buffer *draw(templrender_scratch *scratch)
{
    templrender_plan *own = NULL;
    templrender_frame *frame = NULL;
    templrender_buffer *bytes = NULL;
    if (templrender_renderer_plan(renderer, parsed, row, NULL, &own, NULL) == TEMPLRENDER_OK
        && templrender_renderer_render(renderer, own, resources, scratch, NULL, &frame, NULL, NULL) == TEMPLRENDER_OK)
        (void)!templrender_frame_encode(frame, &output, NULL, &bytes, NULL);
    templrender_frame_free(frame);
    templrender_plan_free(own);
    return bytes;
}

static templrender_slice wanted;

static void *work(void *same_pictures)
{
    templrender_scratch *scratch = NULL;
    if (templrender_scratch_new(&scratch, NULL)) return NULL;
    for (int i = 0; i < PICTURES; i++) {
        templrender_buffer *bytes = draw(scratch);
        *(int *)same_pictures += bytes && equal(templrender_buffer_slice(bytes), wanted);
        templrender_buffer_free(bytes);
    }
    templrender_scratch_free(scratch);
    return NULL;
}

static int entries(const char *folder)
{
    int count = 0;
    DIR *open = opendir(folder);
    if (!open) return -1;
    while (readdir(open)) count++;
    closedir(open);
    return count;
}

int main(int argc, char **argv)
{
    (void)argc;
    const int threads = entries("/proc/self/task"), files = entries("/proc/self/fd");

    TEST("one thread");
    templrender_fonts *fonts = NULL;
    templrender_scratch *scratch = NULL;
    templrender_need need;
    size_t count = 0;
    OK(templrender_fonts_new(false, &fonts, &err));
    templrender_slice font = file(argv[1], "tests/fonts/NotoSans-Regular.subset.ttf");
    OK(templrender_fonts_add(fonts, font, NULL, &err));
    drop(font);
    OK(templrender_renderer_new(fonts, NULL, &renderer, &err));
    templrender_fonts_free(fonts);
    OK(templrender_template_parse(text(TEMPLATE), NULL, &parsed, &err));
    OK(templrender_row_from_json(text(JSON({ "title": "Aster honey from the first harvest of the year", "photo": "cat.jpg" })), &row, &err));
    OK(templrender_renderer_plan(renderer, parsed, row, NULL, &plan, &err));
    OK(templrender_resources_new(NULL, &resources, &err));
    need.struct_size = sizeof need;
    OK(templrender_plan_pending(plan, resources, &need, 1, &count, &err));
    SAME(count, 1);
    templrender_slice photo = file(argv[1], "templates/og-card/rows/photos/cat.jpg");
    OK(templrender_resources_borrow(resources, need.id, photo, &err)); /* all threads read these bytes */
    output.struct_size = sizeof output;
    SAME(templrender_plan_output(plan, &output), TEMPLRENDER_OK);
    OK(templrender_scratch_new(&scratch, &err));
    templrender_buffer *first = draw(scratch);
    CHECK(first != NULL);
    wanted = templrender_buffer_slice(first);
    CHECK(wanted.len > 500);
    SAME(entries("/proc/self/task"), threads);
    SAME(entries("/proc/self/fd"), files);

    TEST("many threads");
    pthread_t thread[THREADS];
    int same_pictures[THREADS] = { 0 };
    for (int i = 0; i < THREADS; i++) SAME(pthread_create(&thread[i], NULL, work, &same_pictures[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        SAME(same_pictures[i], PICTURES);
    }

    TEST("a child");
    /* nginx: the master parses, its workers draw */
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        int drawn = 0;
        work(&drawn);
        templrender_buffer *again = draw(scratch); /* a scratch from before the fork too */
        bool good = drawn == PICTURES && again && equal(templrender_buffer_slice(again), wanted);
        /* the answer as another program's: memcheck would count what the parent still holds as the child's leaks */
        execl(good ? "/bin/true" : "/bin/false", "answer", (char *)NULL);
        _exit(2);
    }
    int status = -1;
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    SAME(status, 0);

    templrender_buffer_free(first);
    templrender_scratch_free(scratch);
    templrender_resources_free(resources);
    templrender_plan_free(plan);
    templrender_row_free(row);
    templrender_template_free(parsed);
    templrender_renderer_free(renderer);
    drop(photo);
    return done();
}
