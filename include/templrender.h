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

#define TEMPLRENDER_VERSION "0.1.0"
#define TEMPLRENDER_VERSION_MAJOR 0
#define TEMPLRENDER_VERSION_MINOR 1
#define TEMPLRENDER_VERSION_PATCH 0

#ifdef __cplusplus
extern "C" {
#endif


/* ---- Bytes, and the library itself ------------------------------------------------------------------------------- */

/* The version of this header's binary interface: programs that were built with it run with libraries of the same number. */
#define TEMPLRENDER_ABI 0

/* Bytes that the caller owns: to be freed with `templrender_buffer_free`. */
typedef struct templrender_buffer templrender_buffer;

/* Bytes that somebody else owns. Text is UTF-8; no NUL is needed at its end, and none is counted. A slice that is handed out belongs to the handle
 * that was asked, and lives until that is changed or freed. `data` is NULL for "none"; NULL with a `len` of 0 is an empty argument, too. */
typedef struct templrender_slice {
    /* The first byte. */
    const uint8_t *data;
    /* How many bytes there are. */
    size_t len;
} templrender_slice;

/* 0 for success, else a `templrender_code`. */
typedef int32_t templrender_status;

/* 128 bits that name something: equal keys, equal things. To be printed as 32 hex digits, the first byte first. */
typedef struct templrender_key {
    /* The bits. */
    uint8_t bytes[16];
} templrender_key;

/* The bytes of a buffer; they live as long as it does. A NULL slice of NULL. */
templrender_slice templrender_buffer_slice(const templrender_buffer *buffer);

/* Frees a buffer; NULL is fine. */
void templrender_buffer_free(templrender_buffer *buffer);

/* The version of the library, such as "0.1.0". The text is never freed. */
const char *templrender_version(void);

/* `TEMPLRENDER_ABI` of the library: a program whose header has another number must not go on. */
uint32_t templrender_abi(void);

/* The clock of guards: CLOCK_MONOTONIC, in nanoseconds. */
uint64_t templrender_monotonic_ns(void);


/* ---- Codes ------------------------------------------------------------------------------------------------------- */

/* What went wrong: what a call returns, and what a fault says. Numbers are never given to another meaning; docs/errors.md has an example of each. A
 * newer library may return numbers that this header does not have: ask `templrender_code_cause` what to do about them. */
typedef enum templrender_code {
    /* Nothing. */
    TEMPLRENDER_OK = 0,
    /* The template is not JSON. */
    TEMPLRENDER_TEMPLATE_SYNTAX = 101,
    /* A key that the format does not have at this place. */
    TEMPLRENDER_UNKNOWN_KEY = 102,
    /* A key stands twice in one object. */
    TEMPLRENDER_DUPLICATE_KEY = 103,
    /* A key of the format that this version does not draw. */
    TEMPLRENDER_UNSUPPORTED_KEY = 104,
    /* A key that must be there is not. */
    TEMPLRENDER_MISSING_KEY = 105,
    /* A JSON value of the wrong type. */
    TEMPLRENDER_WRONG_TYPE = 106,
    /* A value that its key does not take. */
    TEMPLRENDER_BAD_VALUE = 107,
    /* A name that nothing in the template or the row's fields has. */
    TEMPLRENDER_UNKNOWN_NAME = 108,
    /* An expression that cannot be parsed. */
    TEMPLRENDER_EXPRESSION_SYNTAX = 109,
    /* A newer format version. */
    TEMPLRENDER_UNSUPPORTED_VERSION = 110,
    /* An `id` that stands twice. */
    TEMPLRENDER_DUPLICATE_ID = 111,
    /* A layer that must have a definite size has none. */
    TEMPLRENDER_INDEFINITE_SIZE = 112,
    /* A template beyond a limit. */
    TEMPLRENDER_TEMPLATE_LIMIT = 113,
    /* A variant that the template does not have. */
    TEMPLRENDER_UNKNOWN_VARIANT = 114,
    /* Values that cannot go together whatever the row: a comparison, an operator, an argument. */
    TEMPLRENDER_UNLIKE_TYPES = 115,
    /* Of a template that is read all the same: a condition that no row fulfils. */
    TEMPLRENDER_NEVER_TRUE = 121,
    /* A condition that every row fulfils. */
    TEMPLRENDER_ALWAYS_TRUE = 122,
    /* An alternative that no row comes to. */
    TEMPLRENDER_NEVER_REACHED = 123,
    /* A `let` that nothing uses. */
    TEMPLRENDER_UNUSED_LET = 124,
    /* A declared field that nothing uses. */
    TEMPLRENDER_UNUSED_FIELD = 125,
    /* A required field is missing or empty. */
    TEMPLRENDER_MISSING_FIELD = 201,
    /* A value that cannot be read as its field's type. */
    TEMPLRENDER_BAD_FIELD = 202,
    /* An expression that fails on this row. */
    TEMPLRENDER_EVALUATION = 203,
    /* A bound value that its key does not take. */
    TEMPLRENDER_BAD_BOUND_VALUE = 204,
    /* A row beyond a limit. */
    TEMPLRENDER_ROW_LIMIT = 205,
    /* A picture is asked for of a row that the template skips. */
    TEMPLRENDER_ROW_SKIPPED = 206,
    /* A record of a feed that is no row. */
    TEMPLRENDER_BAD_ROW = 207,
    /* An id that stands twice in a feed. */
    TEMPLRENDER_DUPLICATE_ROW_ID = 208,
    /* A file that is no feed. */
    TEMPLRENDER_BAD_FEED = 209,
    /* A picture, font or file is not there. */
    TEMPLRENDER_MISSING_RESOURCE = 301,
    /* Bytes that are no picture in a format we read. */
    TEMPLRENDER_UNKNOWN_FORMAT = 302,
    /* A picture or font whose bytes are damaged. */
    TEMPLRENDER_DAMAGED_RESOURCE = 303,
    /* A picture, font or pack beyond a limit. */
    TEMPLRENDER_RESOURCE_LIMIT = 304,
    /* A template's pack that cannot be read: its zip, or the path of a file in it. */
    TEMPLRENDER_BAD_PACK = 306,
    /* A model's manifest, or the file that it names, that cannot be used. */
    TEMPLRENDER_BAD_MANIFEST = 307,
    /* A model that gives what its manifest does not say: another shape, what is no number. */
    TEMPLRENDER_MODEL_OUTPUT = 308,
    /* A picture without a face, for a model that needs one. */
    TEMPLRENDER_FACE_MISSING = 309,
    /* An argument that the call does not take. */
    TEMPLRENDER_BAD_ARGUMENT = 401,
    /* No font was given to draw a text with. */
    TEMPLRENDER_NO_FONTS = 402,
    /* A canvas beyond a limit. */
    TEMPLRENDER_CANVAS_LIMIT = 403,
    /* A picture was not done by the host's deadline. */
    TEMPLRENDER_DEADLINE_EXCEEDED = 405,
    /* The host set the flag that says a picture is no longer wanted. */
    TEMPLRENDER_CANCELLED = 406,
    /* An engine, or the host's own function, that failed to run a model. */
    TEMPLRENDER_MODEL_FAILED = 407,
    /* A run of a model that takes more memory or time than it may. */
    TEMPLRENDER_MODEL_LIMIT = 408,
    /* A model that the renderer does not have, or that runs elsewhere. */
    TEMPLRENDER_MISSING_MODEL = 409,
    /* A broken promise inside the library. */
    TEMPLRENDER_BUG = 501,
    /* A URL that is none of ours: its path, a parameter, or what a parameter says. */
    TEMPLRENDER_BAD_URL = 601,
    /* A URL that is longer than browsers, caches and ad systems take. */
    TEMPLRENDER_URL_TOO_LONG = 602,
    /* A URL without a signature, with an unknown key's, or with a wrong one. */
    TEMPLRENDER_BAD_SIGNATURE = 603,
    /* A signed URL whose time is over. */
    TEMPLRENDER_URL_EXPIRED = 604,
    /* A picture's URL that is malformed, or whose origin the tenant does not allow. */
    TEMPLRENDER_REFUSED_ORIGIN = 605,
    /* A secret, or a file of secrets, that cannot be used. */
    TEMPLRENDER_BAD_SECRET = 606,
} templrender_code;

/* Whose turn it is. */
typedef enum templrender_cause {
    /* The designer of the template. */
    TEMPLRENDER_CAUSE_TEMPLATE = 1,
    /* Whoever supplies the data row. */
    TEMPLRENDER_CAUSE_ROW = 2,
    /* Whoever serves a picture, font or other file. */
    TEMPLRENDER_CAUSE_RESOURCE = 3,
    /* The program that calls the library. */
    TEMPLRENDER_CAUSE_HOST = 4,
    /* The library itself: please report it. */
    TEMPLRENDER_CAUSE_BUG = 5,
    /* Whoever asks for a picture by its URL. */
    TEMPLRENDER_CAUSE_REQUEST = 6,
} templrender_cause;

/* A code's name, such as "bad-field"; "ok" for 0, "unknown" for a number that is none. The text is never freed. */
const char *templrender_code_name(templrender_status status);

/* Whose turn a code is, a `templrender_cause`; 0 for a number that is none. */
int32_t templrender_code_cause(templrender_status status);

/* The HTTP status of an answer to a request that fails so: 400, 403, 404, 413, 414, 500, 502 or 504; 200 for 0, and 500 for a number that is none. */
uint16_t templrender_code_http_status(templrender_status status);


/* ---- Errors ------------------------------------------------------------------------------------------------------ */

/* A call that fails returns its code, and where `err` is not NULL an error that says everything: one fault, or up to 100 where a call can find
 * several in one go (a template's check does). Each has a place (`layers[2].font-size`, `field price`, `resource 020ae35bd4bb42a1`) and a sentence
 * that names the rule and the found value. */

/* Why a call failed: to be freed with `templrender_error_free`. */
typedef struct templrender_error templrender_error;

/* One thing that is wrong. Its slices live as long as the error. */
typedef struct templrender_fault {
    /* `sizeof(templrender_fault)`, set by the caller. */
    size_t struct_size;
    /* A `templrender_code`. */
    int32_t code;
    /* A `templrender_cause`. */
    int32_t cause;
    /* The code's name: "bad-field". */
    templrender_slice name;
    /* Where: "layers[2].font-size", "field price"; empty where there is only one place. */
    templrender_slice place;
    /* The rule and the found value, in one sentence. It may quote the row and a picture's URL with its query. */
    templrender_slice message;
    /* The line in the template's text, from 1; 0 where it is not known. */
    uint32_t line;
    /* The column in the template's text, from 1; 0 where it is not known. */
    uint32_t column;
} templrender_fault;

/* The code of the first fault; 0 of NULL. */
templrender_status templrender_error_code(const templrender_error *error);

/* Whose turn it is, a `templrender_cause`, by the first fault; 0 of NULL. */
int32_t templrender_error_cause(const templrender_error *error);

/* How many faults there are, 1 to 100; 0 of NULL. */
size_t templrender_error_count(const templrender_error *error);

/* One fault, counted from 0 in the order of the input. `fault->struct_size` must be set. Returns `TEMPLRENDER_BAD_ARGUMENT` beyond the last. */
templrender_status templrender_error_fault(const templrender_error *error,
                                           size_t index,
                                           templrender_fault *fault);

/* All faults as text, a line for each: "7:12: layers[2].font-size: font size must be positive, found -4". A NUL stands behind its end, so that
 * `data` can be printed with %s; it lives as long as the error. Of NULL it is empty. */
templrender_slice templrender_error_message(const templrender_error *error);

/* The body of the answer to a request that fails so, a line of JSON:
 * {"error":{"cause":"row","code":"bad-field","message":"...","number":202,"place":"field price","request_id":"..."}}
 * and `faults`, a list, where there are several. Queries of URLs are left out, and of a bug what it says. `request_id` is any text. */
templrender_status templrender_error_to_json(const templrender_error *error,
                                             templrender_slice request_id,
                                             templrender_buffer **json,
                                             templrender_error **err);

/* Frees an error; NULL is fine. */
void templrender_error_free(templrender_error *error);


/* ---- Limits ------------------------------------------------------------------------------------------------------ */

/* What one call may take. Every number is compared before memory is taken. A function that takes limits takes NULL for the defaults. */

/* The bounds of one template, row, picture and canvas. Set it up with `templrender_limits_init`. */
typedef struct templrender_limits {
    /* `sizeof(templrender_limits)`. */
    size_t struct_size;
    /* Most pixels of one picture or canvas; by default 64,000,000. */
    uint64_t max_pixels;
    /* Most bytes of one encoded picture, font or SVG; by default 32 MiB. */
    size_t max_input_bytes;
    /* Most bytes of ICC, EXIF and text chunks in one picture; by default 4 MiB. */
    size_t max_metadata_bytes;
    /* Most bytes of one template's JSON; by default 4 MiB. */
    size_t max_template_bytes;
    /* Most layers of one plan, repeated ones counted each time; by default 10,000. */
    size_t max_layers;
    /* Most bytes of one text layer after its bindings are filled in; by default 64 KiB. */
    size_t max_text_bytes;
    /* Most files of one pack; by default 1,000. */
    size_t max_pack_files;
    /* Most bytes of one pack, its files together; by default 256 MiB. */
    size_t max_pack_bytes;
    /* Longest side of a picture or canvas, in px; by default 16,384. */
    uint32_t max_side_px;
    /* Most scans of one progressive JPEG; by default 1,000. */
    uint32_t max_scans;
    /* Deepest nesting of a template's JSON and of its layers; by default 64. */
    uint32_t max_depth;
    /* Most bytes of one model's file; by default 512 MiB. */
    size_t max_model_bytes;
    /* Most MB that one run of a model may be expected to take at its peak; by default 1,024. */
    uint64_t max_model_peak_mb;
    /* Most billions of multiplications that one run of a model may be expected to take; by default 500. */
    uint64_t max_model_gmac;
} templrender_limits;

/* Writes the defaults of as many fields as `struct_size`, which is `sizeof(templrender_limits)`, covers, and `struct_size` itself. */
void templrender_limits_init(templrender_limits *limits,
                             size_t struct_size);


/* ---- Fonts ------------------------------------------------------------------------------------------------------- */

/* There are no system fonts: the host adds every file. Faces keep the order in which they were added; of two with the same family, weight, stretch
 * and style the first is used. */

/* The fonts that texts are drawn with: to be freed with `templrender_fonts_free`. A renderer keeps what it needs of them. */
typedef struct templrender_fonts templrender_fonts;

/* No fonts; with `with_default` the embedded Noto Sans (Latin, Cyrillic, Greek) as a last fallback, as the program `templrender` has it. It draws what
 * none of a text's families can, and each time with the note "font-substituted". */
templrender_status templrender_fonts_new(bool with_default,
                                         templrender_fonts **fonts,
                                         templrender_error **err);

/* Adds the faces of a TrueType or OpenType file or collection; copies the bytes. `faces` may be NULL; it gets how many they are. Fails with
 * `TEMPLRENDER_DAMAGED_RESOURCE`. Renderers that were made before do not have them. */
templrender_status templrender_fonts_add(templrender_fonts *fonts,
                                         templrender_slice bytes,
                                         size_t *faces,
                                         templrender_error **err);

/* How many faces there are, those of the last fallback included. */
size_t templrender_fonts_count(const templrender_fonts *fonts);

/* Frees fonts; NULL is fine. */
void templrender_fonts_free(templrender_fonts *fonts);


/* ---- Templates --------------------------------------------------------------------------------------------------- */

/* JSON with CSS's names, and expressions over a row: docs/template.md. */

/* A checked template, immutable: to be freed with `templrender_template_free`. A plan keeps what it needs of it. */
typedef struct templrender_template templrender_template;

/* Reads and checks a template's JSON. The error has up to 100 faults, each with its place, line and column. `limits` may be NULL. */
templrender_status templrender_template_parse(templrender_slice json,
                                              const templrender_limits *limits,
                                              templrender_template **template_,
                                              templrender_error **err);

/* Its name. */
templrender_slice templrender_template_name(const templrender_template *template_);

/* How many variants it has; the base is not counted. */
size_t templrender_template_variant_count(const templrender_template *template_);

/* A variant's name, counted from 0 in the order of the template; a NULL slice beyond the last. */
templrender_slice templrender_template_variant(const templrender_template *template_, size_t index);

/* How many files of its own it draws. */
size_t templrender_template_asset_count(const templrender_template *template_);

/* One of its own files, counted from 0: its name and its path from the template's folder. False, and nothing written, beyond the last. Both outputs
 * may be NULL. */
bool templrender_template_asset(const templrender_template *template_,
                                size_t index,
                                templrender_slice *name,
                                templrender_slice *path);

/* What is odd about it though it can be drawn: conditions that never hold, fields that nothing uses. `*warnings` is an error object with a fault for
 * each, to be freed, or NULL where there is none. */
templrender_status templrender_template_warnings(const templrender_template *template_,
                                                 templrender_error **warnings,
                                                 templrender_error **err);

/* The JSON Schema (2020-12) of templates, for editors. */
templrender_status templrender_template_schema(templrender_buffer **json, templrender_error **err);

/* Frees a template; NULL is fine. */
void templrender_template_free(templrender_template *template_);


/* ---- Rows -------------------------------------------------------------------------------------------------------- */

/* The data that a template is filled with: columns by name. */

/* A data row: to be freed with `templrender_row_free`. A plan keeps what it needs of it. */
typedef struct templrender_row templrender_row;

/* A row without columns. */
templrender_status templrender_row_new(templrender_row **row, templrender_error **err);

/* Reads a JSON object: {"title": "Aster honey", "price": "6.90 EUR", "photos": ["https://..."]}. */
templrender_status templrender_row_from_json(templrender_slice json,
                                             templrender_row **row,
                                             templrender_error **err);

/* Sets a column to a text, as a feed has it: "6.90 EUR" is read as a price where the template's field is one. Copies both. */
templrender_status templrender_row_set_text(templrender_row *row,
                                            templrender_slice name,
                                            templrender_slice text,
                                            templrender_error **err);

/* Sets a column to a picture's bytes; copies both. Such a picture is no need: it is there. Bytes that are none make the row's plan fail, or its layer's
 * next choice be drawn. */
templrender_status templrender_row_set_image(templrender_row *row,
                                             templrender_slice name,
                                             templrender_slice bytes,
                                             templrender_error **err);

/* The same without a copy of the bytes: they must stay as they are until the row and all plans that were made of it are freed. */
templrender_status templrender_row_borrow_image(templrender_row *row,
                                                templrender_slice name,
                                                templrender_slice bytes,
                                                templrender_error **err);

/* Frees a row; NULL is fine. */
void templrender_row_free(templrender_row *row);


/* ---- Contexts ---------------------------------------------------------------------------------------------------- */

/* What the host chooses for one plan. */

/* Formats that are written. */
typedef enum templrender_format {
    /* Whatever the template says. */
    TEMPLRENDER_FORMAT_TEMPLATE = 0,
    /* Baseline JPEG. */
    TEMPLRENDER_FORMAT_JPEG = 1,
    /* PNG. */
    TEMPLRENDER_FORMAT_PNG = 2,
    /* WebP, lossless. */
    TEMPLRENDER_FORMAT_WEBP = 3,
} templrender_format;

/* What the host chooses for one plan. Set it up with `templrender_context_init`; its slices must live during the call that takes it. */
typedef struct templrender_context {
    /* `sizeof(templrender_context)`. */
    size_t struct_size;
    /* One of the template's variants; NULL is its base. */
    templrender_slice variant;
    /* BCP 47, such as "de-AT"; NULL is the template's own. */
    templrender_slice lang;
    /* An IANA name such as "Europe/London", an offset such as "+01:00", or "UTC"; NULL is the template's own. */
    templrender_slice time_zone;
    /* Seconds since 1970-01-01T00:00:00Z, for sale windows; the library has no clock of its own. Looked at where `has_now` is true. */
    int64_t now;
    /* A `templrender_format`. */
    uint32_t format;
    /* 0.1 to 4 painted px for a px of the template; 0 is the template's own. */
    float scale;
    /* Whether there is a time. Without one, a plan that depends on it fails with `TEMPLRENDER_EVALUATION`. */
    bool has_now;
} templrender_context;

/* Writes the defaults of as many fields as `struct_size`, which is `sizeof(templrender_context)`, covers, and `struct_size` itself. */
void templrender_context_init(templrender_context *context,
                              size_t struct_size);

/* The media type of a format, such as "image/jpeg"; a NULL slice for a number that is no format. It is never freed. */
templrender_slice templrender_format_content_type(uint32_t format);


/* ---- Requests ---------------------------------------------------------------------------------------------------- */

/* What a URL asks for: /{tenant}/{template}[@{digest}][/{variant}].{jpg|png|webp}?{columns}. See docs/urls.md. */

/* One picture that is asked for by its URL: to be freed with `templrender_request_free`. */
typedef struct templrender_request templrender_request;

/* Reads a path with its query, or a whole http or https URL, of which the authority is ignored. Nothing is verified: the signature is kept for
 * `templrender_keyring_verify`. Fails with `TEMPLRENDER_BAD_URL`, `TEMPLRENDER_URL_TOO_LONG` or `TEMPLRENDER_BAD_SIGNATURE`. */
templrender_status templrender_request_parse(templrender_slice target,
                                             templrender_request **request,
                                             templrender_error **err);

/* A request for a template's base; copies everything. `format` is a `templrender_format` other than 0. `row` may be NULL: no columns. */
templrender_status templrender_request_new(templrender_slice tenant,
                                           templrender_slice template_,
                                           uint32_t format,
                                           const templrender_row *row,
                                           templrender_request **request,
                                           templrender_error **err);

/* Names the version of the template, 16 hex digits; a NULL slice takes it away. Copies. */
templrender_status templrender_request_set_digest(templrender_request *request,
                                                  templrender_slice value,
                                                  templrender_error **err);

/* Names the variant; a NULL slice is the base. Copies. */
templrender_status templrender_request_set_variant(templrender_request *request,
                                                   templrender_slice value,
                                                   templrender_error **err);

/* Sets the language, BCP 47; a NULL slice is the template's own. Copies. */
templrender_status templrender_request_set_lang(templrender_request *request,
                                                templrender_slice value,
                                                templrender_error **err);

/* Sets any text of who makes the URL: another one is another URL for the same picture; a NULL slice takes it away. Copies. */
templrender_status templrender_request_set_version(templrender_request *request,
                                                   templrender_slice value,
                                                   templrender_error **err);

/* From these seconds since 1970 (UTC) on the URL is refused. */
templrender_status templrender_request_set_expires(templrender_request *request,
                                                   int64_t seconds,
                                                   templrender_error **err);

/* Whose picture it is. The slices of a request live until it is changed or freed. */
templrender_slice templrender_request_tenant(const templrender_request *request);

/* The template's name. */
templrender_slice templrender_request_template(const templrender_request *request);

/* Which version of the template; a NULL slice is the newest. */
templrender_slice templrender_request_digest(const templrender_request *request);

/* The variant; a NULL slice is the base. */
templrender_slice templrender_request_variant(const templrender_request *request);

/* The language; a NULL slice is the template's own. */
templrender_slice templrender_request_lang(const templrender_request *request);

/* The text of who made the URL; a NULL slice where there is none. */
templrender_slice templrender_request_version(const templrender_request *request);

/* What the picture is encoded to, a `templrender_format`; 0 of NULL. */
uint32_t templrender_request_format(const templrender_request *request);

/* Whether the URL has an end; `seconds` since 1970 (UTC) are written where it has, and may be NULL. */
bool templrender_request_expires(const templrender_request *request, int64_t *seconds);

/* Whether its time is over at `now`, in seconds since 1970 (UTC). */
bool templrender_request_is_expired(const templrender_request *request, int64_t now);

/* Its columns, copied into a row of the caller's. */
templrender_status templrender_request_row(const templrender_request *request,
                                           templrender_row **row,
                                           templrender_error **err);

/* What it chooses for its plan: variant, language, format and the time. `context->struct_size` must be set; its slices live until the request is
 * changed or freed. */
templrender_status templrender_request_context(const templrender_request *request,
                                               int64_t now,
                                               templrender_context *context,
                                               templrender_error **err);

/* The one spelling of the request, path and query without a signature: the name of the answer in every cache. Fails with `TEMPLRENDER_BAD_URL` or
 * `TEMPLRENDER_URL_TOO_LONG`. */
templrender_status templrender_request_canonical(const templrender_request *request,
                                                 templrender_buffer **target,
                                                 templrender_error **err);

/* Frees a request; NULL is fine. */
void templrender_request_free(templrender_request *request);


/* ---- Signatures -------------------------------------------------------------------------------------------------- */

/* HMAC-SHA256 over the canonical form of a request; two keys while one takes the other's place. */

/* The keys that sign URLs and verify them: to be freed with `templrender_keyring_free`. */
typedef struct templrender_keyring templrender_keyring;

/* Reads a file of secrets: lines of `ID SECRET`, or `ID SECRET TENANT` for a key of one tenant's URLs, or a secret alone. The first key that may sign
 * for a tenant does; all verify. Fails with `TEMPLRENDER_BAD_SECRET`, and never prints one. */
templrender_status templrender_keyring_parse(templrender_slice text,
                                             templrender_keyring **keys,
                                             templrender_error **err);

/* Whether there are no keys; true of NULL. Without keys nothing is verified: a host that answers unsigned requests asks this first. */
bool templrender_keyring_is_empty(const templrender_keyring *keys);

/* Succeeds if the request is signed by a key that may sign for its tenant and its time is not over at `now`, in seconds since 1970 (UTC). Fails with
 * `TEMPLRENDER_BAD_SIGNATURE` or `TEMPLRENDER_URL_EXPIRED`. Signatures are compared in constant time. */
templrender_status templrender_keyring_verify(const templrender_keyring *keys,
                                              const templrender_request *request,
                                              int64_t now,
                                              templrender_error **err);

/* The whole URL, path and query, with its signature. Fails with `TEMPLRENDER_BAD_SECRET` where no key may sign for the tenant, and as
 * `templrender_request_canonical`. */
templrender_status templrender_keyring_sign(const templrender_keyring *keys,
                                            const templrender_request *request,
                                            templrender_buffer **target,
                                            templrender_error **err);

/* Frees keys; NULL is fine. */
void templrender_keyring_free(templrender_keyring *keys);


/* ---- Resources --------------------------------------------------------------------------------------------------- */

/* The host's answers to the needs of a plan, by their ids: the same source has the same id in every plan. */

/* Answers: to be freed with `templrender_resources_free`. */
typedef struct templrender_resources templrender_resources;

/* No answers yet. `limits` are for those to come, and may be NULL. */
templrender_status templrender_resources_new(const templrender_limits *limits,
                                             templrender_resources **resources,
                                             templrender_error **err);

/* Answers a need with a picture's bytes; copies them. Where they are no picture that is read (an HTML page, say), or one beyond the limits, the need
 * counts as failed, so that its layer's next choice becomes pending: a host may go on after the error, which then is
 * `TEMPLRENDER_UNKNOWN_FORMAT`, `TEMPLRENDER_DAMAGED_RESOURCE` or `TEMPLRENDER_RESOURCE_LIMIT`. */
templrender_status templrender_resources_insert(templrender_resources *resources,
                                                uint64_t id,
                                                templrender_slice bytes,
                                                templrender_error **err);

/* The same without a copy: the bytes must stay as they are until the resources are freed. */
templrender_status templrender_resources_borrow(templrender_resources *resources,
                                                uint64_t id,
                                                templrender_slice bytes,
                                                templrender_error **err);

/* Says that a need cannot be answered, and why, for the report: "status 404". Its layer's next choice becomes pending. */
templrender_status templrender_resources_fail(templrender_resources *resources,
                                              uint64_t id,
                                              templrender_slice why,
                                              templrender_error **err);

/* Makes a picture whose data end early an error of its drawing (`TEMPLRENDER_DAMAGED_RESOURCE`), also where enough of it is there to be drawn with
 * the note "image-truncated": for hosts that keep what they draw, and can ask for the picture again. */
templrender_status templrender_resources_refuse_truncated(templrender_resources *resources,
                                                          templrender_error **err);

/* Frees resources; NULL is fine. */
void templrender_resources_free(templrender_resources *resources);


/* ---- Plans ------------------------------------------------------------------------------------------------------- */

/* A template filled with a row, which says what it needs. A plan waits for I/O as long as it must, and crosses threads. */

/* Where a needed picture is. */
typedef enum templrender_need_kind {
    /* At a URL or a path, as the row or the template has it. */
    TEMPLRENDER_NEED_LOCATION = 1,
    /* Beside the template: one of its own files. */
    TEMPLRENDER_NEED_ASSET = 2,
    /* What a model makes of another answer: `templrender_renderer_fill`. A host without models fails it, and the layer's next choice is drawn. */
    TEMPLRENDER_NEED_GENERATED = 3,
} templrender_need_kind;

/* A template filled with a row, immutable: to be freed with `templrender_plan_free`. It holds all that it needs of both. */
typedef struct templrender_plan templrender_plan;

/* Fonts and limits, immutable, shared by all threads: to be freed with `templrender_renderer_free`. */
typedef struct templrender_renderer templrender_renderer;

/* One picture that a plan may draw. Its slices live as long as the plan. */
typedef struct templrender_need {
    /* `sizeof(templrender_need)`, set by the caller in the first of an array. */
    size_t struct_size;
    /* The name under which it is answered: the same source has the same id in every plan. */
    uint64_t id;
    /* A URL or a path; an asset's path from the template's folder; what a generated need's picture is made of. */
    templrender_slice location;
    /* An asset's name among the template's `assets`; the id of a generated need's model; else a NULL slice. */
    templrender_slice name;
    /* Scheme and host of a URL, for limits per origin; else a NULL slice. */
    templrender_slice origin;
    /* A `templrender_need_kind`. */
    uint32_t kind;
    /* An upper bound of the width of the box it is drawn in, px of the output: a host that can fetch a smaller picture may. */
    uint32_t useful_width;
    /* The same of the height. */
    uint32_t useful_height;
    /* Whether the picture can be drawn without it. */
    bool optional;
} templrender_need;

/* A renderer with these fonts, which may be freed then. `limits` may be NULL. */
templrender_status templrender_renderer_new(const templrender_fonts *fonts,
                                            const templrender_limits *limits,
                                            templrender_renderer **renderer,
                                            templrender_error **err);

/* Frees a renderer; NULL is fine. Its plans live on. */
void templrender_renderer_free(templrender_renderer *renderer);

/* Fills a template with a row; all three may be freed then. `context` may be NULL: the defaults. Fails where the row lacks a required field or holds
 * what its field or a key cannot take, and with `TEMPLRENDER_UNKNOWN_VARIANT`. A row that the template's `skip-if` leaves out is a plan, too: see
 * `templrender_plan_skipped`. */
templrender_status templrender_renderer_plan(const templrender_renderer *renderer,
                                             const templrender_template *template_,
                                             const templrender_row *row,
                                             const templrender_context *context,
                                             templrender_plan **plan,
                                             templrender_error **err);

/* Fills a template with a request's row, with the variant, language and format that it asks for. `now` is in seconds since 1970 (UTC). Whether the request
 * is for this template, signed and not over is the host's to ask. */
templrender_status templrender_renderer_plan_request(const templrender_renderer *renderer,
                                                     const templrender_template *template_,
                                                     const templrender_request *request,
                                                     int64_t now,
                                                     templrender_plan **plan,
                                                     templrender_error **err);

/* Names the picture: 128 bits over everything that decides its pixels before download. Noughts of NULL. */
templrender_key templrender_plan_key(const templrender_plan *plan);

/* Whether there is an instant from which on the same row gives another picture; `seconds` since 1970 (UTC) are written where there is, and may be NULL. */
bool templrender_plan_valid_until(const templrender_plan *plan,
                                  int64_t *seconds);

/* Why the row gets no picture, where the template's `skip-if` says so; a NULL slice where it is drawn. Such a plan needs nothing, and to draw it fails with
 * `TEMPLRENDER_ROW_SKIPPED`. */
templrender_slice templrender_plan_skipped(const templrender_plan *plan);

/* Everything the plan may draw, first choices and the next ones: writes up to `capacity` needs, and into `count` how many there are. `needs` may be NULL
 * where `capacity` is 0; else `needs[0].struct_size` says how large each of them is. */
templrender_status templrender_plan_needs(const templrender_plan *plan,
                                          templrender_need *needs,
                                          size_t capacity,
                                          size_t *count,
                                          templrender_error **err);

/* What is to be answered now: for each picture its first choice that has neither arrived nor failed. Ask again after answers: where a first choice has
 * failed, its next one is pending. When `count` is 0 the plan can be rendered. Otherwise as `templrender_plan_needs`. */
templrender_status templrender_plan_pending(const templrender_plan *plan,
                                            const templrender_resources *resources,
                                            templrender_need *needs,
                                            size_t capacity,
                                            size_t *count,
                                            templrender_error **err);

/* Names what was found: 128 bits over the bytes of the pictures that are drawn. With `templrender_plan_key` it names the bytes of the answer before it is
 * drawn. Noughts where one of both is NULL. */
templrender_key templrender_plan_resources_key(const templrender_plan *plan,
                                               const templrender_resources *resources);

/* Frees a plan; NULL is fine. */
void templrender_plan_free(templrender_plan *plan);


/* ---- Compiled templates ------------------------------------------------------------------------------------------ */

/* What is the same in every picture of a template is painted once and kept: from the third picture on the rest is drawn over it, with the same bytes and
 * sooner. All renderers of a process share what is kept. It may take 64 MiB, or what the host says. */

/* What is kept, and what came of it so far. */
typedef struct templrender_compiled {
    /* `sizeof(templrender_compiled)`, set by the caller. */
    size_t struct_size;
    /* Most bytes that may be kept. */
    size_t max_bytes;
    /* Bytes that are kept. */
    size_t bytes;
    /* Compiled templates that are kept: one for each variant, size and encoding that is asked for often. */
    size_t templates;
    /* Pictures that were drawn over one. */
    uint64_t hits;
    /* Pictures that were drawn without. */
    uint64_t plain;
    /* Times that a template was compiled. */
    uint64_t compiled;
    /* Compiled templates that were let go again. */
    uint64_t dropped;
} templrender_compiled;

/* Most bytes of compiled templates from now on, of all renderers of the process; what is more is let go, and 0 keeps none. By default 64 MiB. Any
 * thread may call it at any time. */
void templrender_compiled_limit(size_t max_bytes);

/* Writes what is kept at this moment. */
templrender_status templrender_compiled_now(templrender_compiled *compiled, templrender_error **err);


/* ---- Outputs ----------------------------------------------------------------------------------------------------- */

/* What a frame is encoded to. */

/* How much of its colour a JPEG keeps. */
typedef enum templrender_subsampling {
    /* 4:4:4 from quality 90 on, else 4:2:0. */
    TEMPLRENDER_SUBSAMPLING_AUTO = 0,
    /* A quarter of the colour samples: smaller, red text gets soft edges. */
    TEMPLRENDER_SUBSAMPLING_420 = 1,
    /* All of them. */
    TEMPLRENDER_SUBSAMPLING_444 = 2,
    /* None: a grey picture, in a file of one component. */
    TEMPLRENDER_SUBSAMPLING_400 = 3,
} templrender_subsampling;

/* Time against size. */
typedef enum templrender_effort {
    /* For pictures that are made while someone waits. */
    TEMPLRENDER_EFFORT_FAST = 0,
    /* For pictures that are made once and sent often. */
    TEMPLRENDER_EFFORT_SMALL = 1,
} templrender_effort;

/* An encoded format and its settings: from `templrender_plan_output` (what template and host chose), or set up with `templrender_output_init`. */
typedef struct templrender_output {
    /* `sizeof(templrender_output)`. */
    size_t struct_size;
    /* A `templrender_format` other than 0; by default PNG. */
    uint32_t format;
    /* Quality of a JPEG, 1 to 100, as libjpeg counts it; other formats are lossless. By default 85. */
    uint32_t quality;
    /* A `templrender_subsampling`. */
    uint32_t subsampling;
    /* A `templrender_effort`. */
    uint32_t effort;
    /* What is put under transparent pixels in a format without transparency: red, green and blue of sRGB; by default white. */
    uint8_t matte[3];
} templrender_output;

/* Writes the defaults of as many fields as `struct_size`, which is `sizeof(templrender_output)`, covers, and `struct_size` itself. */
void templrender_output_init(templrender_output *output,
                             size_t struct_size);

/* How the template, or the host, wants the picture encoded. `output->struct_size` must be set. */
templrender_status templrender_plan_output(const templrender_plan *plan, templrender_output *output);


/* ---- Guards ------------------------------------------------------------------------------------------------------ */

/* What ends a picture before it is done. A call cannot be ended from outside: it asks, between layers and pictures, and in long loops. */

/* A flag that one thread sets and another looks at, in memory of the caller's. Noughts: not set. Only `templrender_flag_set` writes to it while a call has it. */
typedef struct templrender_flag {
    /* 0 or 1. */
    uint8_t state;
} templrender_flag;

/* What ends a call; by default (noughts) nothing. `struct_size` must be set. */
typedef struct templrender_guard {
    /* `sizeof(templrender_guard)`. */
    size_t struct_size;
    /* By this time of `templrender_monotonic_ns` a call ends, done or with `TEMPLRENDER_DEADLINE_EXCEEDED`; 0: whenever it is done. */
    uint64_t deadline_ns;
    /* Once it is set a call ends with `TEMPLRENDER_CANCELLED`; may be NULL. */
    const templrender_flag *cancel;
    /* Whether the report has timings. */
    bool timings;
} templrender_guard;

/* Sets a flag, from any thread, at any time; NULL is fine. */
void templrender_flag_set(templrender_flag *flag);


/* ---- Reports ----------------------------------------------------------------------------------------------------- */

/* What happened while a picture was drawn: boxes, lines, and notes of trouble that was survived. */

/* A report, immutable: to be freed with `templrender_report_free`. */
typedef struct templrender_report templrender_report;

/* The report as one JSON object, the same as `templrender render --report` writes. */
templrender_status templrender_report_to_json(const templrender_report *report,
                                              templrender_buffer **json,
                                              templrender_error **err);

/* How many notes there are. */
size_t templrender_report_note_count(const templrender_report *report);

/* One note, counted from 0: its code ("image-missing"), the layer it is about (empty where it is about the row), and one sentence. False, and nothing
 * written, beyond the last. Each output may be NULL; the slices live as long as the report. */
bool templrender_report_note(const templrender_report *report,
                             size_t index,
                             templrender_slice *code,
                             templrender_slice *layer,
                             templrender_slice *message);

/* Frees a report; NULL is fine. */
void templrender_report_free(templrender_report *report);


/* ---- Frames ------------------------------------------------------------------------------------------------------ */

/* Pixels: sRGB, 8 bits a channel, the first row on top. They come out of rendering, or are a host's own, for rows and resources. */

/* A drawn picture, immutable: to be freed with `templrender_frame_free`. */
typedef struct templrender_frame templrender_frame;

/* A frame of straight (not premultiplied) RGBA that is there already, `width * height * 4` bytes, row after row; copies them. */
templrender_status templrender_frame_from_rgba(uint32_t width,
                                               uint32_t height,
                                               templrender_slice rgba,
                                               templrender_frame **frame,
                                               templrender_error **err);

/* Sets a column to a picture that is decoded already: it is drawn as a PNG of it would be. The frame is shared, not copied, and may be freed at once. */
templrender_status templrender_row_set_frame(templrender_row *row,
                                             templrender_slice name,
                                             const templrender_frame *frame,
                                             templrender_error **err);

/* Answers a need with a picture that is decoded already: it is drawn as a PNG of it would be. The frame is shared, not copied, and may be freed at once.
 * One beyond the limits counts as failed, as `templrender_resources_insert` says. */
templrender_status templrender_resources_insert_frame(templrender_resources *resources,
                                                      uint64_t id,
                                                      const templrender_frame *frame,
                                                      templrender_error **err);

/* Width in px, at least 1; 0 of NULL. */
uint32_t templrender_frame_width(const templrender_frame *frame);

/* Height in px, at least 1; 0 of NULL. */
uint32_t templrender_frame_height(const templrender_frame *frame);

/* Bytes from one row of `templrender_frame_pixels` to the next; 0 of NULL. */
size_t templrender_frame_stride(const templrender_frame *frame);

/* All pixels as they are: RGBA, premultiplied by alpha, stride * height bytes that live as long as the frame. */
templrender_slice templrender_frame_pixels(const templrender_frame *frame);

/* Copies all pixels as straight RGBA (not premultiplied), rows of width * 4 bytes without gaps. `out_len` must be width * height * 4. */
templrender_status templrender_frame_copy_rgba(const templrender_frame *frame,
                                               uint8_t *out,
                                               size_t out_len,
                                               templrender_error **err);

/* Encodes a frame, as often as wanted. `guard` may be NULL. Fails with `TEMPLRENDER_DEADLINE_EXCEEDED` or `TEMPLRENDER_CANCELLED`. */
templrender_status templrender_frame_encode(const templrender_frame *frame,
                                            const templrender_output *output,
                                            const templrender_guard *guard,
                                            templrender_buffer **bytes,
                                            templrender_error **err);

/* Frees a frame; NULL is fine. */
void templrender_frame_free(templrender_frame *frame);


/* ---- Rendering --------------------------------------------------------------------------------------------------- */

/* What one thread keeps between renders: shaped words, glyph masks, buffers. It never changes a byte of a picture. One call at a time may have it; to be
 * freed with `templrender_scratch_free`. */
typedef struct templrender_scratch templrender_scratch;

/* An empty scratch. */
templrender_status templrender_scratch_new(templrender_scratch **scratch, templrender_error **err);

/* Frees a scratch; NULL is fine. */
void templrender_scratch_free(templrender_scratch *scratch);

/* Draws a plan with what was found. `guard` and `report` may be NULL. Fails with `TEMPLRENDER_MISSING_RESOURCE` where a picture that must be there is not,
 * `TEMPLRENDER_DAMAGED_RESOURCE`, `TEMPLRENDER_ROW_SKIPPED`, `TEMPLRENDER_CANVAS_LIMIT`, `TEMPLRENDER_DEADLINE_EXCEEDED` or `TEMPLRENDER_CANCELLED`; the
 * scratch may be used on. */
templrender_status templrender_renderer_render(const templrender_renderer *renderer,
                                               const templrender_plan *plan,
                                               const templrender_resources *resources,
                                               templrender_scratch *scratch,
                                               const templrender_guard *guard,
                                               templrender_frame **frame,
                                               templrender_report **report,
                                               templrender_error **err);


/* ---- Answers of models ------------------------------------------------------------------------------------------- */

/* What a host's function is given and gives back when it runs a model. It gets tensors or pictures, and a `templrender_answer` to put into: memory that the
 * library owns, which the function fills in. So nothing has to be freed, and nothing outlives the call: inputs, the answer and all memory that came out
 * of it are gone when the function returns. It returns 0, or any other number where it failed: `TEMPLRENDER_MODEL_FAILED` with the text of
 * `templrender_answer_fail`, or with that number where there is none. It is called on the thread that runs the model, by several threads at once if several
 * run models, and with no lock of the library's held: it may call the library. It must return: no exception and no longjmp may leave it. */

/* What a tensor's numbers are. */
typedef enum templrender_dtype {
    /* `float`, 4 bytes. */
    TEMPLRENDER_FLOAT32 = 1,
    /* `uint8_t`. */
    TEMPLRENDER_UINT8 = 2,
} templrender_dtype;

/* What a function gives back. One thread at a time may put into it. */
typedef struct templrender_answer templrender_answer;

/* A face in px of its picture. */
typedef struct templrender_face {
    /* Of its box. */
    float left;
    /* Of its box. */
    float top;
    /* Of its box. */
    float width;
    /* Of its box. */
    float height;
    /* 0 to 1: how sure the detector is. */
    float score;
    /* `point_count` times x and y: eyes, nose, mouth, ears; may be NULL where there is none. */
    const float *points;
    /* How many points there are. */
    size_t point_count;
} templrender_face;

/* Numbers in a shape, row-major. */
typedef struct templrender_tensor {
    /* The numbers. */
    const void *data;
    /* How many bytes they have. */
    size_t len;
    /* `rank` sides, the first one the number of pictures. */
    const size_t *shape;
    /* How many sides there are. */
    size_t rank;
    /* A `templrender_dtype`. */
    uint32_t dtype;
} templrender_tensor;

/* The next output of a network, in the manifest's order: memory for its numbers, all 0, aligned as they need, which the function fills in before it returns. NULL where
 * that cannot be, which fails the run with the reason: the function may return 0 then, too. */
void *templrender_answer_tensor(templrender_answer *answer,
                                uint32_t dtype,
                                const size_t *shape,
                                size_t rank);

/* A generator's picture for the picture `index`, in any size: memory for straight (not premultiplied) RGBA, rows of width * 4 bytes without gaps, all 0, which the function
 * fills in before it returns. NULL where that cannot be, which fails the run with the reason. */
uint8_t *templrender_answer_rgba(templrender_answer *answer,
                                 size_t index,
                                 uint32_t width,
                                 uint32_t height);

/* A matte's mask for the picture `index`, in any size: memory for a byte for each px, row after row, 0 (background), up to 255 for what stands in front.
 * NULL where that cannot be, which fails the run with the reason. */
uint8_t *templrender_answer_mask(templrender_answer *answer,
                                 size_t index,
                                 uint32_t width,
                                 uint32_t height);

/* A generator's picture for the picture `index` that is a frame already; it is shared, not copied, and may be freed at once. */
void templrender_answer_frame(templrender_answer *answer,
                              size_t index,
                              const templrender_frame *frame);

/* One more face that a detector found in the picture `index`; copies it. A picture without any has none, which is no failure. */
void templrender_answer_face(templrender_answer *answer,
                             size_t index,
                             const templrender_face *face);

/* Says why the run failed, whatever the function returns then; copies the text. The first reason is kept. */
void templrender_answer_fail(templrender_answer *answer, templrender_slice why);

/* Says why the picture `index` has no answer; the others are answered. Copies the text. */
void templrender_answer_fail_one(templrender_answer *answer, size_t index, templrender_slice why);


/* ---- Models ------------------------------------------------------------------------------------------------------ */

/* What templates may name as `model` and `cutout`: a manifest (docs/models.md) and what runs it, a function of the host's or an engine that the library was built with. A
 * renderer that has them plans generated needs: `templrender_renderer_fill` answers those, or a host does, from a cache or another machine, with `templrender_renderer_job`. */

/* Models by their ids: to be freed with `templrender_models_free`. */
typedef struct templrender_models templrender_models;

/* Runs a network: `count` inputs in the manifest's order, and an answer that gets the outputs. See "Answers of models". */
typedef int32_t (*templrender_tensors_fn)(void *user_data,
                                          const templrender_tensor *inputs,
                                          size_t count,
                                          templrender_answer *answer);

/* Gives a function's data back to the host. May be NULL. */
typedef void (*templrender_free_fn)(void *user_data);

/* Does a generator's, a detector's or a matte's work: `count` pictures, and an answer that gets a picture, faces or a mask for each. */
typedef int32_t (*templrender_pictures_fn)(void *user_data,
                                           const templrender_frame *const *pictures,
                                           size_t count,
                                           templrender_answer *answer);

/* How models of a folder are run; by default (noughts) as the library was built. `struct_size` must be set. */
typedef struct templrender_engine_options {
    /* `sizeof(templrender_engine_options)`. */
    size_t struct_size;
    /* "rten", "tract" or "ort" (ONNX Runtime); a NULL slice: ONNX Runtime where its library or CUDA is named here, else what is built in. */
    templrender_slice engine;
    /* The path of ONNX Runtime's shared library or of its folder; a NULL slice: `ORT_DYLIB_PATH`, then the system's folders. */
    templrender_slice ort_library;
    /* Threads of one run; 0: one. */
    uint32_t threads;
    /* Whether ONNX Runtime runs on the first NVIDIA GPU. */
    bool cuda;
} templrender_engine_options;

/* None yet. `limits` are for models' files and for what functions give back, and may be NULL. */
templrender_status templrender_models_new(const templrender_limits *limits,
                                          templrender_models **models,
                                          templrender_error **err);

/* A network that a function runs. `manifest` is its JSON, `identity` names the function and its version, "my-runtime 2.1": it is part of every key, so it must change when the
 * function does. `user_data` is handed to each call. `free` gets it back exactly once: when the last model, renderer and job that could call the function is freed, on
 * the thread that does so, or before this call returns where it fails. */
templrender_status templrender_models_add_network(templrender_models *models,
                                                  templrender_slice manifest,
                                                  templrender_slice identity,
                                                  templrender_tensors_fn run,
                                                  void *user_data,
                                                  templrender_free_fn free,
                                                  templrender_error **err);

/* A function that makes a picture of each picture, with `templrender_answer_rgba` or `templrender_answer_frame`. Otherwise as `templrender_models_add_network`; of the manifest its
 * name, `roi`, `blend` and `runtime` count. */
templrender_status templrender_models_add_generator(templrender_models *models,
                                                    templrender_slice manifest,
                                                    templrender_slice identity,
                                                    templrender_pictures_fn generate,
                                                    void *user_data,
                                                    templrender_free_fn free,
                                                    templrender_error **err);

/* A function that finds faces, with `templrender_answer_face`. Otherwise as `templrender_models_add_generator`. */
templrender_status templrender_models_add_detector(templrender_models *models,
                                                   templrender_slice manifest,
                                                   templrender_slice identity,
                                                   templrender_pictures_fn detect,
                                                   void *user_data,
                                                   templrender_free_fn free,
                                                   templrender_error **err);

/* A function that says what stands in front, with `templrender_answer_mask`. Otherwise as `templrender_models_add_generator`. */
templrender_status templrender_models_add_matte(templrender_models *models,
                                                templrender_slice manifest,
                                                templrender_slice identity,
                                                templrender_pictures_fn matte,
                                                void *user_data,
                                                templrender_free_fn free,
                                                templrender_error **err);

/* A model that runs elsewhere, on what `identity` says: plans have keys and needs of it, and the host brings the answers. */
templrender_status templrender_models_declare(templrender_models *models,
                                              templrender_slice manifest,
                                              templrender_slice identity,
                                              templrender_error **err);

/* All models of a folder: each `NAME.json` there is a manifest, and the file that it names must have its sha256. All of them are added or none. `options` may be NULL. Of a
 * library that was built without an engine (cargo's features `rten`, `tract`, `ort`) it is `TEMPLRENDER_BAD_ARGUMENT`. This is the one function that opens
 * files: `folder`'s, and ONNX Runtime's library. */
templrender_status templrender_models_load_folder(templrender_models *models,
                                                  templrender_slice folder,
                                                  const templrender_engine_options *options,
                                                  templrender_error **err);

/* How many models there are; 0 of NULL. */
size_t templrender_models_count(const templrender_models *models);

/* The id of one, counted from 0 in the order of their ids; a NULL slice beyond the last. It lives until models are added or freed. */
templrender_slice templrender_models_id(const templrender_models *models,
                                        size_t index);

/* A renderer with the fonts and limits of another (a bundle's, say), and with these models as they are now; all of them may be freed then. */
templrender_status templrender_renderer_with_models(const templrender_renderer *renderer,
                                                    const templrender_models *models,
                                                    templrender_renderer **out,
                                                    templrender_error **err);

/* Frees models; NULL is fine. Renderers and jobs that were made with them live on. */
void templrender_models_free(templrender_models *models);


/* ---- Jobs of models ---------------------------------------------------------------------------------------------- */

/* Generated needs, answered: all of a plan's at once, or one by one by whoever has the time, with what they make kept by content. */

/* One run of a model that a plan needs, immutable: to be freed with `templrender_job_free`. It holds its model and its picture and nothing of the plan. */
typedef struct templrender_job templrender_job;

/* What a model made, a picture or faces, immutable: to be freed with `templrender_made_free`. */
typedef struct templrender_made templrender_made;

/* Runs the model of every generated need whose picture is there, and answers them; after it none is pending unless another need is. A model that fails is a need that failed:
 * its layer's next choice is drawn, and the report has the note `model-failed`. `guard` may be NULL. Fails with `TEMPLRENDER_DEADLINE_EXCEEDED` or
 * `TEMPLRENDER_CANCELLED`; what was made by then is kept. */
templrender_status templrender_renderer_fill(const templrender_renderer *renderer,
                                             const templrender_plan *plan,
                                             templrender_resources *resources,
                                             const templrender_guard *guard,
                                             templrender_error **err);

/* What a generated need takes: its model and the picture that it is given, which must be there. A host that keeps answers looks for `templrender_job_key` first.
 * Fails with `TEMPLRENDER_BAD_ARGUMENT` for another need, and `TEMPLRENDER_MISSING_MODEL`. */
templrender_status templrender_renderer_job(const templrender_renderer *renderer,
                                            const templrender_plan *plan,
                                            uint64_t id,
                                            const templrender_resources *resources,
                                            templrender_job **job,
                                            templrender_error **err);

/* The need that it answers; 0 of NULL. */
uint64_t templrender_job_need(const templrender_job *job);

/* The model's id; it lives as long as the job. */
templrender_slice templrender_job_model(const templrender_job *job);

/* Names what it makes, by content: model, picture, crop, strength. Jobs of equal keys are answered alike, whatever plan they come from. Noughts of NULL. */
templrender_key templrender_job_key(const templrender_job *job);

/* What it is expected to take: billions of multiplications, and MB at the peak. Either may be NULL; noughts of a NULL job. */
void templrender_job_cost(const templrender_job *job,
                          double *gmac,
                          double *peak_mb);

/* Runs it. Fails with `TEMPLRENDER_MODEL_FAILED` (the function's own words), `TEMPLRENDER_MODEL_OUTPUT` (a wrong shape, NaN), `TEMPLRENDER_MODEL_LIMIT`,
 * `TEMPLRENDER_MISSING_MODEL` of a model that is only declared, `TEMPLRENDER_DEADLINE_EXCEEDED` or `TEMPLRENDER_CANCELLED`. `guard` may be NULL. */
templrender_status templrender_job_run(const templrender_job *job,
                                       const templrender_guard *guard,
                                       templrender_made **made,
                                       templrender_error **err);

/* Runs `count` jobs, those of one model and shape in batches as large as its manifest allows. Writes for each what it made into `made`, or NULL there and why into `errors`,
 * which may be NULL; both have room for `count` pointers, and what is written there is the caller's to free. Fails itself for wrong arguments alone, and
 * writes nothing then. */
templrender_status templrender_job_run_all(const templrender_job *const *jobs,
                                           size_t count,
                                           const templrender_guard *guard,
                                           templrender_made **made,
                                           templrender_error **errors,
                                           templrender_error **err);

/* Frees a job; NULL is fine. */
void templrender_job_free(templrender_job *job);

/* Answers a generated need with what a model made; it is shared, not copied, and may be freed at once. */
templrender_status templrender_resources_insert_made(templrender_resources *resources,
                                                     uint64_t id,
                                                     const templrender_made *made,
                                                     templrender_error **err);

/* What was made as bytes, for caches and other machines: a PNG, or JSON of faces. `templrender_resources_insert` takes them as the answer of a generated need. */
templrender_status templrender_made_to_bytes(const templrender_made *made,
                                             templrender_buffer **bytes,
                                             templrender_error **err);

/* The picture that was made, shared with it. Fails with `TEMPLRENDER_BAD_ARGUMENT` where faces were found instead. */
templrender_status templrender_made_frame(const templrender_made *made,
                                          templrender_frame **frame,
                                          templrender_error **err);

/* How many faces were found; 0 of a picture. */
size_t templrender_made_face_count(const templrender_made *made);

/* One face, counted from 0; false beyond the last. Its points live as long as `made`. */
bool templrender_made_face(const templrender_made *made, size_t index, templrender_face *face);

/* How long its batch ran, in microseconds; 0 of NULL. */
uint64_t templrender_made_elapsed_us(const templrender_made *made);

/* Frees what was made; NULL is fine. */
void templrender_made_free(templrender_made *made);


/* ---- Packs ------------------------------------------------------------------------------------------------------- */

/* A template with its files, as a folder or a zip has them. Nothing is read here: the host brings each file. */

/* Files by their paths: to be freed with `templrender_pack_free`. */
typedef struct templrender_pack templrender_pack;

/* A pack without files. `limits` may be NULL. */
templrender_status templrender_pack_new(const templrender_limits *limits,
                                        templrender_pack **pack,
                                        templrender_error **err);

/* The files of a zip, copied; a folder around all of them is left out. `limits` may be NULL. Fails with `TEMPLRENDER_BAD_PACK`, and with
 * `TEMPLRENDER_RESOURCE_LIMIT` before it takes more memory than the limits allow, whatever the zip says of itself. */
templrender_status templrender_pack_from_zip(templrender_slice zip,
                                             const templrender_limits *limits,
                                             templrender_pack **pack,
                                             templrender_error **err);

/* Adds a file, or takes the place of one; copies it. Paths are those from the template's folder: "template.json", "fallback.json", "fonts/x.ttf",
 * "assets/logo.svg". */
templrender_status templrender_pack_add(templrender_pack *pack,
                                        templrender_slice path,
                                        templrender_slice bytes,
                                        templrender_error **err);

/* After "template.json" and, where there is one, "fallback.json" were added: the paths that are still missing, one in a line, each ended by a newline. Fonts
 * are the host's to add: all files of fonts/. A picture that the fallback draws at certain times alone may be missing here: see
 * `templrender_pack_wanted_at`. */
templrender_status templrender_pack_wanted(const templrender_pack *pack,
                                           templrender_buffer **paths,
                                           templrender_error **err);

/* The same at a time, in seconds since 1970 (UTC): that of the `templrender_bundle_open` to come. */
templrender_status templrender_pack_wanted_at(const templrender_pack *pack,
                                              int64_t now,
                                              templrender_buffer **paths,
                                              templrender_error **err);

/* The files that the template uses as a zip: sorted and without times, so that the same files give the same bytes. */
templrender_status templrender_pack_to_zip(const templrender_pack *pack,
                                           templrender_buffer **zip,
                                           templrender_error **err);

/* Frees a pack; NULL is fine. Its bundles live on. */
void templrender_pack_free(templrender_pack *pack);


/* ---- Bundles ----------------------------------------------------------------------------------------------------- */

/* A pack that is ready to draw: template, renderer with its fonts, its assets as answers, and its fallback. All of it is whole and valid, or it is refused. */

/* A pack that is ready to draw, immutable: to be freed with `templrender_bundle_free`. Plans and resources that were made of it live on. */
typedef struct templrender_bundle templrender_bundle;

/* Makes a pack ready to draw, with its own fonts before those of the host, which may be freed then. `now`, in seconds since 1970 (UTC), is the time at which
 * its fallback is tried. A fault's place begins with its file: "template.json: layers[0].src", "fonts/a.ttf", "fallback.json: variant story". */
templrender_status templrender_bundle_open(const templrender_pack *pack,
                                           const templrender_fonts *host_fonts,
                                           int64_t now,
                                           templrender_bundle **bundle,
                                           templrender_error **err);

/* Its template: borrowed, lives as long as the bundle, and is not to be freed. NULL of NULL. */
const templrender_template *templrender_bundle_template(const templrender_bundle *bundle);

/* A renderer with its fonts: borrowed, lives as long as the bundle, and is not to be freed. NULL of NULL. */
const templrender_renderer *templrender_bundle_renderer(const templrender_bundle *bundle);

/* What it draws with, as `template@digest` names it in URLs: 16 hex digits over the template, its assets and all fonts. */
templrender_slice templrender_bundle_version(const templrender_bundle *bundle);

/* How many bytes it holds, about: those of its files. */
size_t templrender_bundle_bytes(const templrender_bundle *bundle);

/* Answers to start from, a new handle: its assets are in it already, without a copy, so that only a row's pictures are left to be found. May outlive the
 * bundle. */
templrender_status templrender_bundle_resources(const templrender_bundle *bundle,
                                                templrender_resources **resources,
                                                templrender_error **err);

/* What is drawn where a row's own picture cannot be had: a plan, and the resources with all that it needs, new handles both. Both are NULL, and the call
 * succeeds, where the template has none. `context` may be NULL: the defaults. */
templrender_status templrender_bundle_fallback(const templrender_bundle *bundle,
                                               const templrender_context *context,
                                               templrender_plan **plan,
                                               templrender_resources **resources,
                                               templrender_error **err);

/* Frees a bundle; NULL is fine. */
void templrender_bundle_free(templrender_bundle *bundle);


/* ---- Origins ----------------------------------------------------------------------------------------------------- */

/* Where pictures may come from. A policy sees a URL as it is written: a name that leads to a private address is judged where a host connects, with
 * `templrender_is_public_address`. */

/* Which origins pictures may come from: to be freed with `templrender_origins_free`. */
typedef struct templrender_origins templrender_origins;

/* A picture's URL in its one normal form, immutable: to be freed with `templrender_url_free`. Its slices live as long. */
typedef struct templrender_url templrender_url;

/* All names, over http and https, at ports 80 and 443; no address in digits. */
templrender_status templrender_origins_any(templrender_origins **origins, templrender_error **err);

/* Those that one of `count` patterns names, and none of an empty list: a host ("cdn.example.com"), all names below one ("*.example.com"), or an address;
 * with a port, a scheme, or both ("https://cdn.example.com:8443"). */
templrender_status templrender_origins_allow(const templrender_slice *patterns,
                                             size_t count,
                                             templrender_origins **origins,
                                             templrender_error **err);

/* Lets addresses in digits and all ports through, too, for services whose owner allows private addresses; a list, where there is one, still decides which. */
templrender_status templrender_origins_with_ip_literals(templrender_origins *origins,
                                                        templrender_error **err);

/* A picture's URL in its normal form. Fails with `TEMPLRENDER_REFUSED_ORIGIN` where it is malformed or its origin is not allowed. */
templrender_status templrender_origins_check(const templrender_origins *origins,
                                             templrender_slice url,
                                             templrender_url **out,
                                             templrender_error **err);

/* Frees origins; NULL is fine. */
void templrender_origins_free(templrender_origins *origins);

/* The whole URL, normalised: equal bytes are one fetch. */
templrender_slice templrender_url_text(const templrender_url *url);

/* "http" or "https". */
templrender_slice templrender_url_scheme(const templrender_url *url);

/* The host, in lower case and ASCII; an IPv6 address without its brackets. */
templrender_slice templrender_url_host(const templrender_url *url);

/* Scheme, host and, unless it is the scheme's own, port: "https://cdn.example.com:8443". */
templrender_slice templrender_url_origin(const templrender_url *url);

/* The port, the scheme's own where the URL names none; 0 of NULL. */
uint16_t templrender_url_port(const templrender_url *url);

/* Frees a URL; NULL is fine. */
void templrender_url_free(templrender_url *url);

/* Whether an address, 4 or 16 bytes as they stand in `in_addr` and `in6_addr`, belongs to the public internet; false for other lengths. To be asked of
 * every address that a host connects to, again after each redirect. */
bool templrender_is_public_address(const uint8_t *address,
                                   size_t len);


/* ---- Governors --------------------------------------------------------------------------------------------------- */

/* Who goes on, waits or is sent away. State stands in memory of the caller's, which may be shared between processes: noughts are the start, and there
 * are no pointers inside. Nothing here is atomic: the caller locks. Times are in ms, from any moment on. */

/* What a gate says to one that comes. */
typedef enum templrender_admission {
    /* Go on, and `templrender_gate_leave` when done. */
    TEMPLRENDER_RUN = 1,
    /* Wait until one that leaves hands its place over, or `templrender_gate_give_up`. */
    TEMPLRENDER_WAIT = 2,
    /* Go away. */
    TEMPLRENDER_REFUSE = 3,
} templrender_admission;

/* Lets a burst in, then so many a second. */
typedef struct templrender_token_bucket {
    /* Not to be looked at. */
    uint64_t state[1];
} templrender_token_bucket;

/* How slow a template's fetches are: an average to which each observation adds an eighth of its difference. */
typedef struct templrender_slow_template {
    /* Not to be looked at. */
    uint64_t state[2];
} templrender_slow_template;

/* Lets so many run at once and so many wait for it. */
typedef struct templrender_gate {
    /* Not to be looked at. */
    uint32_t state[3];
} templrender_gate;

/* Takes a token. False where there is none: `wait_ms`, which may be NULL, then says in how many ms there is one if nobody else comes; `UINT64_MAX` is never.
 * `per_second` of 0 or less lets nobody in, of infinity everybody; a `burst` of 0 nobody. */
bool templrender_token_bucket_take(templrender_token_bucket *bucket,
                                   double per_second,
                                   uint32_t burst,
                                   uint64_t now_ms,
                                   uint64_t *wait_ms);

/* A fetch came to its end, with a picture or without one. */
void templrender_slow_template_observe(templrender_slow_template *state, uint64_t took_ms, uint64_t now_ms);

/* Whether the average is above a threshold. */
bool templrender_slow_template_is_slow(const templrender_slow_template *state,
                                       uint64_t threshold_ms,
                                       uint64_t now_ms);

/* The average, in whole ms: it stands for 10 s after an observation, then halves every 5 s until the next one. */
uint64_t templrender_slow_template_average_ms(const templrender_slow_template *state, uint64_t now_ms);

/* One comes: a `templrender_admission`. `running` is how many run at once, `waiting` how many may wait. */
uint32_t templrender_gate_enter(templrender_gate *gate, uint32_t running, uint32_t waiting);

/* One that ran is done; true: one that waits runs in its place, and the caller picks and wakes it. */
bool templrender_gate_leave(templrender_gate *gate);

/* One that waited, and was not let in, goes away. */
void templrender_gate_give_up(templrender_gate *gate);

#ifdef __cplusplus
}
#endif

#endif /* TEMPLRENDER_H */
