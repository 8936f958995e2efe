/*
 * templrender: pictures from templates, data rows and photos.
 *
 * Made of bindings/c/src by tests/header.rs, never edited.
 *
 * What holds for every function:
 *
 * - One that can fail returns 0 or a `templrender_code`. Outputs are written on success alone. `err` may be NULL; where
 *   it is not, *err is set on failure alone, and is the caller's to free.
 * - Inputs are borrowed for the call unless a function says that it copies. Handles that are handed out through a
 *   pointer are the caller's to free, each with its own function, once; freeing NULL does nothing.
 * - NULL where something is needed is TEMPLRENDER_BAD_ARGUMENT; functions that cannot fail answer 0, false or a NULL slice.
 * - A `const` handle may be used by any number of threads at the same time, another one by one thread at a time.
 * - Text is UTF-8, with its length. Enums arrive as numbers and are checked. Structs that begin with `struct_size` may
 *   grow: set it to the size of the struct, fill the rest with noughts or with the struct's `_init` function.
 * - The library opens no files (but for templrender_models_load_folder) and no sockets, starts no threads, prints nothing,
 *   and never unwinds or exits: a bug inside of it is TEMPLRENDER_BUG. Only where memory runs out does it abort the program.
 *
 * A picture. `json`, `row_json` and `find` are the program's own; `find` looks for need.location and answers with
 * templrender_resources_insert, _borrow or _fail:
 *
 *     templrender_error *err = NULL;
 *     templrender_fonts *fonts = NULL;
 *     templrender_renderer *renderer = NULL;
 *     templrender_template *card = NULL;
 *     templrender_row *row = NULL;
 *     templrender_plan *plan = NULL;
 *     templrender_resources *resources = NULL;
 *     templrender_scratch *scratch = NULL;
 *     templrender_frame *frame = NULL;
 *     templrender_buffer *picture = NULL;
 *     templrender_output output;
 *     templrender_need need;
 *     size_t pending;
 *
 *     if (templrender_fonts_new(true, &fonts, &err) || templrender_renderer_new(fonts, NULL, &renderer, &err)
 *         || templrender_template_parse(json, NULL, &card, &err) || templrender_row_from_json(row_json, &row, &err)
 *         || templrender_renderer_plan(renderer, card, row, NULL, &plan, &err)
 *         || templrender_resources_new(NULL, &resources, &err) || templrender_scratch_new(&scratch, &err))
 *         goto failed;
 *     need.struct_size = sizeof need;
 *     templrender_output_init(&output, sizeof output);
 *     for (;;) {
 *         if (templrender_plan_pending(plan, resources, &need, 1, &pending, &err)) goto failed;
 *         if (pending == 0) break;
 *         if (need.kind != TEMPLRENDER_NEED_GENERATED) find(resources, &need);
 *         else if (templrender_renderer_fill(renderer, plan, resources, NULL, &err)) goto failed;
 *     }
 *     if (templrender_renderer_render(renderer, plan, resources, scratch, NULL, &frame, NULL, &err)
 *         || templrender_plan_output(plan, &output)
 *         || templrender_frame_encode(frame, &output, NULL, &picture, &err))
 *         goto failed;
 *     fwrite(templrender_buffer_slice(picture).data, 1, templrender_buffer_slice(picture).len, stdout);
 *
 * docs/c.md goes on from here.
 */
#ifndef TEMPLRENDER_H
#define TEMPLRENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
