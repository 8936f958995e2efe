/* A picture in ten lines: a template, a row as JSON, a PNG on standard output. */
#include <stdio.h>
#include <string.h>
#include <templrender.h>

#define JSON(...) #__VA_ARGS__ /* JSON is made of C tokens: the preprocessor writes the string */
#define TEXT(s) (templrender_slice){ (const uint8_t *)(s), strlen(s) }
#define TRY(call) if ((call) != TEMPLRENDER_OK) return fprintf(stderr, "%s\n", (const char *)templrender_error_message(err).data), 1

static const char TEMPLATE[] = JSON({
    "templrender": 1, "name": "hello", "size": [600, 240], "fonts": ["Noto Sans"], "output": { "format": "png" },
    "background": "linear-gradient(135deg, #fff8ea, #f1e3cf)",
    "layers": [{ "type": "text", "text": "{{ title }}", "left": 40, "top": 84, "font-size": 56 }]
});

int main(void)
{
    templrender_error *err = NULL;
    templrender_fonts *fonts; templrender_renderer *renderer; templrender_template *template_; templrender_row *row; templrender_plan *plan;
    templrender_resources *resources; templrender_scratch *scratch; templrender_frame *frame; templrender_buffer *png;
    templrender_output output; templrender_output_init(&output, sizeof output);

    TRY(templrender_fonts_new(true, &fonts, &err));
    TRY(templrender_renderer_new(fonts, NULL, &renderer, &err));
    TRY(templrender_template_parse(TEXT(TEMPLATE), NULL, &template_, &err));
    TRY(templrender_row_from_json(TEXT(JSON({ "title": "Aster honey, 500 g" })), &row, &err));
    TRY(templrender_renderer_plan(renderer, template_, row, NULL, &plan, &err));
    TRY(templrender_resources_new(NULL, &resources, &err));
    TRY(templrender_scratch_new(&scratch, &err));
    TRY(templrender_renderer_render(renderer, plan, resources, scratch, NULL, &frame, NULL, &err));
    TRY(templrender_plan_output(plan, &output));
    TRY(templrender_frame_encode(frame, &output, NULL, &png, &err));
    fwrite(templrender_buffer_slice(png).data, 1, templrender_buffer_slice(png).len, stdout);

    templrender_buffer_free(png);
    templrender_frame_free(frame);
    templrender_scratch_free(scratch);
    templrender_resources_free(resources);
    templrender_plan_free(plan);
    templrender_row_free(row);
    templrender_template_free(template_);
    templrender_renderer_free(renderer);
    templrender_fonts_free(fonts);
    return 0;
}
