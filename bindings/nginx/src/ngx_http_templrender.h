
/*
 * ngx_http_templrender_module: pictures from templates and URLs.
 *
 * What the files have to tell each other.  A request goes through them in this
 * order: request, plan (URL, signature, template, rate, plan), packs (a
 * template that has to be fetched), places, gather, fetch and capture (needs,
 * in rounds of subrequests), render and draw (tasks on the thread pool),
 * answer or failure.
 */


#ifndef _NGX_HTTP_TEMPLRENDER_H_INCLUDED_
#define _NGX_HTTP_TEMPLRENDER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_thread_pool.h>
#include <templrender.h>


/* pictures of one request that are asked for at the same time */
#define NGX_HTTP_TEMPLRENDER_AT_ONCE       16

/* how often a picture is drawn anew when one of its pictures was damaged */
#define NGX_HTTP_TEMPLRENDER_TRIES         3

/* the time that a fallback picture has when the time of its request is over */
#define NGX_HTTP_TEMPLRENDER_FALLBACK_MS   5000

/* what only a host can find: the numbers of docs/serve.md */
#define NGX_HTTP_TEMPLRENDER_UNKNOWN_PATH       701
#define NGX_HTTP_TEMPLRENDER_UNKNOWN_TEMPLATE   702
#define NGX_HTTP_TEMPLRENDER_BAD_METHOD         703
#define NGX_HTTP_TEMPLRENDER_TOO_MANY_REQUESTS  704
#define NGX_HTTP_TEMPLRENDER_OVERLOADED         705
#define NGX_HTTP_TEMPLRENDER_DEADLINE           707


typedef struct ngx_http_templrender_ctx_s  ngx_http_templrender_ctx_t;


/* a template that is ready to be drawn with */

typedef struct {
    templrender_bundle           *handle;
    ngx_str_t                     version;
    size_t                        bytes;

    /* of packs alone; templates of a folder live as long as their cycle */
    ngx_str_node_t                node;
    ngx_queue_t                   queue;
    ngx_uint_t                    refs;
    unsigned                      pack:1;
} ngx_http_templrender_bundle_t;


/* a template in a folder: "NAME" or "TENANT/NAME" */

typedef struct {
    ngx_str_node_t                node;
    ngx_http_templrender_bundle_t bundle;
} ngx_http_templrender_template_t;


typedef struct {
    ngx_str_t                     path;
    ngx_rbtree_t                  rbtree;
    ngx_rbtree_node_t             sentinel;
    ngx_uint_t                    n;
} ngx_http_templrender_folder_t;


typedef struct {
    ngx_str_t                     tenant;      /* empty: all others */
    ngx_array_t                   patterns;    /* templrender_slice */
    templrender_origins          *origins;
} ngx_http_templrender_origins_t;


typedef struct {
    ngx_str_t                     tenant;      /* empty: all others */
    double                        per_second;
    uint32_t                      burst;
} ngx_http_templrender_rate_t;


typedef struct {
    ngx_array_t                  *font_folders;    /* ngx_str_t */
    templrender_fonts            *fonts;
    ngx_array_t                   folders; /* ngx_http_templrender_folder_t * */
    ngx_array_t                   rates;   /* ngx_http_templrender_rate_t */
    ngx_shm_zone_t               *zone;
    size_t                        pack_cache;
    size_t                        compiled_cache;
    ngx_msec_t                    slow;
    ngx_uint_t                    templates;
    unsigned                      wants_zone:1;
} ngx_http_templrender_main_conf_t;


typedef struct {
    ngx_flag_t                    enable;
    ngx_str_t                     prefix;
    ngx_str_t                     templates;
    ngx_http_templrender_folder_t *folder;
    ngx_str_t                     keys_file;
    templrender_keyring          *keys;
    ngx_array_t                  *origins; /* ngx_http_templrender_origins_t */
    ngx_flag_t                    allow_private;
    ngx_str_t                     fetch;
    ngx_str_t                     pack;
    ngx_thread_pool_t            *pool;
    size_t                        max_picture;
    size_t                        max_pictures;
    size_t                        max_memory;
    ngx_uint_t                    max_waiting;
    ngx_msec_t                    timeout;
    time_t                        max_age;
    time_t                        stale_while_revalidate;
    time_t                        stale_if_error;
    time_t                        short_age;
} ngx_http_templrender_loc_conf_t;


/* a picture, or a pack, that is asked for by a subrequest */

typedef struct {
    ngx_queue_t                   queue;       /* of the request's fetches */
    ngx_http_templrender_ctx_t   *ctx;
    ngx_http_request_t           *request;

    uint64_t                      id;
    ngx_str_t                     location;    /* as the plan has it */
    templrender_url              *url;         /* NULL: nobody is asked */
    ngx_str_t                     host;        /* with its port, if any */

    ngx_uint_t                    status;      /* 0: no answer came */
    ngx_int_t                     rc;
    off_t                         announced;   /* -1: not */
    u_char                       *data;
    size_t                        len;
    size_t                        size;
    size_t                        limit;
    size_t                        received;    /* from the server */
    ngx_int_t                   (*input_filter_init)(void *data);
    ngx_event_pipe_input_filter_pt
                                  input_filter;
    ngx_msec_t                    start;
    ngx_msec_t                    took;

    int32_t                       code;        /* why it is missing, or 0 */
    ngx_str_t                     why;
    templrender_error            *error;       /* or the library's own reason */

    unsigned                      asked:1;
    unsigned                      done:1;
    unsigned                      given:1;     /* told to the resources */
    unsigned                      hit:1;
    unsigned                      old:1;       /* out of a cache, for now */
    unsigned                      immutable:1;
    unsigned                      too_large:1;
    unsigned                      late:1;
    unsigned                      broken:1;
    unsigned                      whole:1;     /* its end has come */
    unsigned                      stopped:1;   /* the rest is not wanted */
} ngx_http_templrender_fetch_t;


/* one thing that is wrong, where it was not the library that found it */

typedef struct {
    int32_t                       code;
    ngx_str_t                     place;
    ngx_str_t                     message;
} ngx_http_templrender_fault_t;


/* why a request gets no picture */

typedef struct {
    ngx_uint_t                    status;
    ngx_uint_t                    retry_after;     /* seconds, or 0 */
    templrender_error            *error;           /* either */
    ngx_http_templrender_fault_t *faults;          /* or */
    ngx_uint_t                    nfaults;
    unsigned                      replaceable:1;
} ngx_http_templrender_failure_t;


typedef enum {
    NGX_HTTP_TEMPLRENDER_STARTING = 0,
    NGX_HTTP_TEMPLRENDER_FETCHING_PACK,
    NGX_HTTP_TEMPLRENDER_OPENING_PACK,
    NGX_HTTP_TEMPLRENDER_FETCHING,
    NGX_HTTP_TEMPLRENDER_DRAWING,
    NGX_HTTP_TEMPLRENDER_OVER
} ngx_http_templrender_state_e;


typedef enum {
    NGX_HTTP_TEMPLRENDER_DRAWN = 1,
    NGX_HTTP_TEMPLRENDER_MORE,             /* there are more needs */
    NGX_HTTP_TEMPLRENDER_UNCHANGED,        /* it is what the client has */
    NGX_HTTP_TEMPLRENDER_LATE,             /* it was late before it began */
    NGX_HTTP_TEMPLRENDER_FAILED
} ngx_http_templrender_result_e;


struct ngx_http_templrender_ctx_s {
    ngx_http_request_t               *request;
    ngx_http_templrender_loc_conf_t  *conf;
    ngx_http_templrender_main_conf_t *main_conf;

    ngx_http_templrender_state_e      state;
    ngx_str_t                         request_id;
    ngx_msec_t                        start;
    int64_t                           now;
    uint64_t                          deadline_ns;
    ngx_event_t                       timer;

    /* the URL */
    templrender_request              *asked;
    ngx_str_t                         tenant;
    ngx_str_t                         template;
    ngx_str_t                         digest;
    ngx_str_t                         none_match;  /* all If-None-Match */

    /* the plan */
    ngx_http_templrender_bundle_t    *bundle;
    templrender_plan                 *plan;
    templrender_resources            *resources;
    templrender_key                   key;
    u_char                            name[16];    /* in the zone's table */
    int64_t                           valid_until;
    const char                       *instead;     /* why it is another */

    /* its needs */
    ngx_http_templrender_fetch_t     *places;      /* of all locations */
    ngx_http_templrender_fetch_t    **by_id;
    ngx_uint_t                        nplaces;
    ngx_queue_t                       fetches;     /* asked for, in order */
    ngx_queue_t                      *next;        /* not asked for yet */
    ngx_uint_t                        active;
    size_t                            captured;    /* of max_pictures */
    size_t                            held;        /* of max_memory */
    ngx_msec_t                        fetch_ms;

    /* the task: between its post and its end all of it is the thread's */
    ngx_http_templrender_result_e     result;
    templrender_flag                  cancel;
    templrender_error                *error;
    templrender_buffer               *picture;
    templrender_key                   resources_key;
    templrender_bundle               *opened;
    ngx_uint_t                        tries;
    uint64_t                          posted_ns;
    uint64_t                          started_ns;
    uint64_t                          render_ns;
    uint64_t                          encode_ns;
    size_t                            notes;

    ngx_http_templrender_failure_t   *failure;     /* that was replaced */
    ngx_str_t                         status;

    unsigned                          valid:1;     /* valid_until is set */
    unsigned                          fallback:1;  /* the plan is that of it */
    unsigned                          working:1;
    unsigned                          detached:1;  /* waits for no fetch */
    unsigned                          cancelled:1;
    unsigned                          no_memory:1;
    unsigned                          head:1;
};


extern ngx_module_t  ngx_http_templrender_module;


/* conf: defaults, and what is made of merged levels */

void *ngx_http_templrender_create_main_conf(ngx_conf_t *cf);
char *ngx_http_templrender_init_main_conf(ngx_conf_t *cf, void *conf);
void *ngx_http_templrender_create_loc_conf(ngx_conf_t *cf);
char *ngx_http_templrender_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);

/* directives: those with more than a slot */

char *ngx_http_templrender_enable(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_templrender_folder_slot(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_templrender_fonts_slot(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_templrender_rate_slot(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_templrender_pool_slot(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* access: keys and origins */

char *ngx_http_templrender_origins_slot(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_int_t ngx_http_templrender_conf_keys(ngx_conf_t *cf,
    ngx_http_templrender_loc_conf_t *conf);
ngx_int_t ngx_http_templrender_conf_origins(ngx_conf_t *cf,
    ngx_http_templrender_loc_conf_t *conf);
templrender_origins *ngx_http_templrender_origins(
    ngx_http_templrender_ctx_t *ctx);

/* files: what is read while the configuration is read */

#define NGX_HTTP_TEMPLRENDER_MAX_FILE  (256 * 1024 * 1024)

ngx_int_t ngx_http_templrender_read_file(ngx_conf_t *cf, ngx_str_t *path,
    size_t limit, ngx_str_t *bytes);
ngx_int_t ngx_http_templrender_list(ngx_conf_t *cf, ngx_str_t *path,
    ngx_array_t *names);
ngx_int_t ngx_http_templrender_font_files(ngx_conf_t *cf, ngx_str_t *folder,
    ngx_array_t *paths);
ngx_int_t ngx_http_templrender_join(ngx_pool_t *pool, ngx_str_t *folder,
    ngx_str_t *name, ngx_str_t *path);
ngx_uint_t ngx_http_templrender_is_dir(ngx_str_t *path);
ngx_uint_t ngx_http_templrender_ends_with(ngx_str_t *name, const char *end);
void ngx_http_templrender_conf_error(ngx_conf_t *cf, ngx_str_t *place,
    ngx_uint_t folder, templrender_error *error);

/* templates: folders of them */

ngx_int_t ngx_http_templrender_load_fonts(ngx_conf_t *cf,
    ngx_http_templrender_main_conf_t *mcf);
ngx_http_templrender_folder_t *ngx_http_templrender_load_folder(
    ngx_conf_t *cf, ngx_http_templrender_main_conf_t *mcf, ngx_str_t *path);
ngx_http_templrender_bundle_t *ngx_http_templrender_find(
    ngx_http_templrender_ctx_t *ctx, ngx_uint_t *known);

/* template: one of them */

typedef struct {
    ngx_conf_t                        *cf;
    ngx_http_templrender_main_conf_t  *mcf;
    ngx_http_templrender_folder_t     *folder;
    ngx_pool_t                        *pool;      /* as long as it is read */
    u_char                             real[PATH_MAX];
} ngx_http_templrender_reading_t;

ngx_int_t ngx_http_templrender_load_dir(
    ngx_http_templrender_reading_t *reading, ngx_str_t *path,
    ngx_str_t *name);
ngx_int_t ngx_http_templrender_load_zip(
    ngx_http_templrender_reading_t *reading, ngx_str_t *path,
    ngx_str_t *name);

/* packs: the cache of templates that no folder has */

void ngx_http_templrender_packs_init(size_t limit);
void ngx_http_templrender_packs_exit(void);
ngx_http_templrender_bundle_t *ngx_http_templrender_packs_get(
    ngx_http_templrender_ctx_t *ctx);
ngx_http_templrender_bundle_t *ngx_http_templrender_packs_put(
    ngx_http_templrender_ctx_t *ctx, templrender_bundle *handle);
void ngx_http_templrender_packs_release(ngx_http_templrender_bundle_t *bundle);

/* pack: one that is fetched */

void ngx_http_templrender_pack_fetch(ngx_http_templrender_ctx_t *ctx);
void ngx_http_templrender_pack_fetched(ngx_http_templrender_ctx_t *ctx);
void ngx_http_templrender_pack_opened(ngx_http_templrender_ctx_t *ctx);

/* request: a request's way in and out */

ngx_int_t ngx_http_templrender_handler(ngx_http_request_t *r);
void ngx_http_templrender_end(ngx_http_templrender_ctx_t *ctx, ngx_int_t rc);

/* plan: from its URL to its needs */

void ngx_http_templrender_start(ngx_http_templrender_ctx_t *ctx);
void ngx_http_templrender_plan(ngx_http_templrender_ctx_t *ctx);

/* places: the needs of a plan, and where they are */

templrender_need *ngx_http_templrender_needs(ngx_http_templrender_ctx_t *ctx,
    ngx_uint_t pending, size_t *count);
ngx_int_t ngx_http_templrender_locate(ngx_http_templrender_ctx_t *ctx);
ngx_http_templrender_fetch_t *ngx_http_templrender_place(
    ngx_http_templrender_ctx_t *ctx, uint64_t id);

/* gather: needs answered in rounds */

void ngx_http_templrender_round(ngx_http_templrender_ctx_t *ctx);
void ngx_http_templrender_ask(ngx_http_templrender_ctx_t *ctx);
void ngx_http_templrender_judge(ngx_http_templrender_fetch_t *fetch);
ngx_http_templrender_failure_t *ngx_http_templrender_missed(
    ngx_http_templrender_ctx_t *ctx);

/* fetch: subrequests */

ngx_int_t ngx_http_templrender_fetch(ngx_http_templrender_fetch_t *fetch,
    ngx_str_t *uri);
ngx_http_templrender_fetch_t *ngx_http_templrender_fetch_of(
    ngx_http_request_t *r);
void ngx_http_templrender_fetch_abort(ngx_http_templrender_fetch_t *fetch);

/* capture: what comes back */

ngx_int_t ngx_http_templrender_filter_init(ngx_conf_t *cf);

/* bytes: of captured answers */

ngx_int_t ngx_http_templrender_capture(ngx_http_templrender_fetch_t *fetch,
    u_char *data, size_t len);
ngx_int_t ngx_http_templrender_reserve(ngx_http_templrender_fetch_t *fetch,
    size_t size);
void ngx_http_templrender_release(ngx_http_templrender_ctx_t *ctx);

/* render: tasks on the thread pool */

ngx_int_t ngx_http_templrender_render_init(ngx_cycle_t *cycle);
void ngx_http_templrender_render_exit(ngx_cycle_t *cycle);
void ngx_http_templrender_post(ngx_http_templrender_ctx_t *ctx,
    void (*handler)(void *data, ngx_log_t *log));
void ngx_http_templrender_draw(void *data, ngx_log_t *log);

/* draw: a drawing, on a thread */

ngx_http_templrender_result_e ngx_http_templrender_draw_with(
    ngx_http_templrender_ctx_t *ctx, templrender_scratch *scratch);

/* answer: pictures */

extern const char  ngx_http_templrender_late_message[];

void ngx_http_templrender_drawn(ngx_http_templrender_ctx_t *ctx);
void ngx_http_templrender_send_not_modified(ngx_http_templrender_ctx_t *ctx,
    time_t left, ngx_uint_t fresh);

/* validators: entity tags */

#define NGX_HTTP_TEMPLRENDER_ETAG_LEN  (sizeof("\"-\"") - 1 + 32)

void ngx_http_templrender_etag(ngx_http_templrender_ctx_t *ctx,
    templrender_key *resources, u_char *etag);
ngx_uint_t ngx_http_templrender_none_match(ngx_str_t *list, u_char *etag);
ngx_int_t ngx_http_templrender_read_none_match(ngx_http_request_t *r,
    ngx_str_t *list);

/* headers: lifetimes, names of requests */

ngx_int_t ngx_http_templrender_header(ngx_http_request_t *r, const char *key,
    ngx_str_t *value, ngx_table_elt_t **header);
ngx_int_t ngx_http_templrender_header_static(ngx_http_request_t *r,
    const char *key, const char *value);
ngx_int_t ngx_http_templrender_next_header(ngx_list_part_t **part,
    ngx_uint_t *i, ngx_str_t *key, ngx_str_t *value);
ngx_int_t ngx_http_templrender_request_id(ngx_http_request_t *r,
    ngx_str_t *id);
ngx_int_t ngx_http_templrender_keep(ngx_http_templrender_ctx_t *ctx,
    time_t left, ngx_uint_t whole);

/* failure: why there is no picture, and the one in its place */

void ngx_http_templrender_fail(ngx_http_templrender_ctx_t *ctx,
    ngx_http_templrender_failure_t *failure);
void ngx_http_templrender_fail_code(ngx_http_templrender_ctx_t *ctx,
    int32_t code, ngx_uint_t retry_after, const char *place,
    const char *message);
void ngx_http_templrender_fail_error(ngx_http_templrender_ctx_t *ctx,
    templrender_error *error);

/* json: how it is told */

const char *ngx_http_templrender_code_name(int32_t code);
ngx_uint_t ngx_http_templrender_code_status(int32_t code);
ngx_int_t ngx_http_templrender_failure_json(ngx_http_templrender_ctx_t *ctx,
    ngx_http_templrender_failure_t *failure, ngx_str_t *json);
ngx_int_t ngx_http_templrender_shown(ngx_pool_t *pool, ngx_str_t *text);

/* zone: what all workers know together */

typedef enum {
    NGX_HTTP_TEMPLRENDER_N_FETCH_HIT = 0,
    NGX_HTTP_TEMPLRENDER_N_FETCH_FETCHED,
    NGX_HTTP_TEMPLRENDER_N_FETCH_FAILED,
    NGX_HTTP_TEMPLRENDER_N_FETCH_REFUSED,
    NGX_HTTP_TEMPLRENDER_N_RENDER_DRAWN,
    NGX_HTTP_TEMPLRENDER_N_RENDER_CANCELLED,
    NGX_HTTP_TEMPLRENDER_N_RENDER_FAILED,
    NGX_HTTP_TEMPLRENDER_N_NOT_MODIFIED_FRESH,
    NGX_HTTP_TEMPLRENDER_N_NOT_MODIFIED_CHECKED,
    NGX_HTTP_TEMPLRENDER_N_THROTTLED_TENANT,
    NGX_HTTP_TEMPLRENDER_N_SHED_WAITING,
    NGX_HTTP_TEMPLRENDER_N_SHED_QUEUE,
    NGX_HTTP_TEMPLRENDER_N_SHED_MEMORY,
    NGX_HTTP_TEMPLRENDER_N_FALLBACK,
    NGX_HTTP_TEMPLRENDER_N_PACK_HIT,
    NGX_HTTP_TEMPLRENDER_N_PACK_FETCHED,
    NGX_HTTP_TEMPLRENDER_N_PACK_FAILED,
    NGX_HTTP_TEMPLRENDER_N_PACK_EVICTED,
    NGX_HTTP_TEMPLRENDER_N_LAST
} ngx_http_templrender_counter_e;

typedef enum {
    NGX_HTTP_TEMPLRENDER_H_REQUEST = 0,
    NGX_HTTP_TEMPLRENDER_H_FETCH,
    NGX_HTTP_TEMPLRENDER_H_QUEUE,
    NGX_HTTP_TEMPLRENDER_H_RENDER,
    NGX_HTTP_TEMPLRENDER_H_ENCODE,
    NGX_HTTP_TEMPLRENDER_H_LAST
} ngx_http_templrender_histogram_e;

/* 1 ms, 2 ms, and so on up to 33 s, and all that take longer */
#define NGX_HTTP_TEMPLRENDER_BUCKETS   17

typedef struct {
    ngx_atomic_t                  buckets[NGX_HTTP_TEMPLRENDER_BUCKETS];
    ngx_atomic_t                  sum_us;
} ngx_http_templrender_histogram_t;

typedef struct {
    ngx_atomic_t                  in_flight;
    ngx_atomic_t                  waiting;
    ngx_atomic_t                  pack_bytes;
    ngx_atomic_t                  compiled_bytes;
} ngx_http_templrender_process_t;

#define NGX_HTTP_TEMPLRENDER_STATUSES  600

#define NGX_HTTP_TEMPLRENDER_SET       8
#define NGX_HTTP_TEMPLRENDER_NAME_LEN  16

typedef enum {
    NGX_HTTP_TEMPLRENDER_T_TENANTS = 0,
    NGX_HTTP_TEMPLRENDER_T_SLOW,
    NGX_HTTP_TEMPLRENDER_T_FRESH,
    NGX_HTTP_TEMPLRENDER_T_LAST
} ngx_http_templrender_table_e;

typedef struct {
    u_char                        name[NGX_HTTP_TEMPLRENDER_NAME_LEN];
    uint64_t                      used;    /* ms; 0: free */
    union {
        templrender_token_bucket  bucket;
        templrender_slow_template slow;
        templrender_key           resources;   /* used: when they were so */
    } u;
} ngx_http_templrender_entry_t;

typedef struct {
    ngx_http_templrender_entry_t *entries[NGX_HTTP_TEMPLRENDER_T_LAST];
    ngx_uint_t                    sets[NGX_HTTP_TEMPLRENDER_T_LAST];
} ngx_http_templrender_tables_t;

typedef struct {
    ngx_uint_t                    layout;
    ngx_atomic_t                  statuses[NGX_HTTP_TEMPLRENDER_STATUSES];
    ngx_atomic_t                  counters[NGX_HTTP_TEMPLRENDER_N_LAST];
    ngx_http_templrender_histogram_t
                                  histograms[NGX_HTTP_TEMPLRENDER_H_LAST];
    ngx_http_templrender_process_t processes[NGX_MAX_PROCESSES];
    ngx_http_templrender_tables_t *tables;
} ngx_http_templrender_shared_t;

typedef struct {
    ngx_http_templrender_shared_t *sh;
    ngx_slab_pool_t               *shpool;
} ngx_http_templrender_zone_t;

char *ngx_http_templrender_zone_slot(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_http_templrender_zone_t *ngx_http_templrender_zone(
    ngx_http_templrender_main_conf_t *mcf);
ngx_http_templrender_shared_t *ngx_http_templrender_shared(
    ngx_http_templrender_main_conf_t *mcf);
ngx_http_templrender_process_t *ngx_http_templrender_process(
    ngx_http_templrender_main_conf_t *mcf);
void ngx_http_templrender_count(ngx_http_templrender_ctx_t *ctx,
    ngx_http_templrender_counter_e counter);
void ngx_http_templrender_observe(ngx_http_templrender_ctx_t *ctx,
    ngx_http_templrender_histogram_e histogram, uint64_t us);

/* tables: of the zone */

ngx_int_t ngx_http_templrender_zone_take(ngx_http_templrender_ctx_t *ctx,
    uint64_t *wait_ms);
void ngx_http_templrender_zone_name(ngx_http_templrender_ctx_t *ctx);
ngx_int_t ngx_http_templrender_zone_fresh(ngx_http_templrender_ctx_t *ctx,
    templrender_key *resources, time_t *left);
void ngx_http_templrender_zone_checked(ngx_http_templrender_ctx_t *ctx);
void ngx_http_templrender_zone_fetched(ngx_http_templrender_ctx_t *ctx,
    ngx_msec_t took);
ngx_uint_t ngx_http_templrender_zone_slow(
    ngx_http_templrender_main_conf_t *mcf, ngx_str_t *tenant,
    ngx_str_t *template);

/* variables */

ngx_int_t ngx_http_templrender_add_variables(ngx_conf_t *cf);

/* status: the page of figures */

char *ngx_http_templrender_status_slot(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


static ngx_inline templrender_slice
ngx_http_templrender_slice(ngx_str_t *s)
{
    templrender_slice  slice;

    slice.data = s->data;
    slice.len = s->len;

    return slice;
}


static ngx_inline ngx_str_t
ngx_http_templrender_str(templrender_slice slice)
{
    ngx_str_t  s;

    s.data = (u_char *) slice.data;
    s.len = slice.len;

    return s;
}


#endif /* _NGX_HTTP_TEMPLRENDER_H_INCLUDED_ */
