
/*
 * The page of figures, as Prometheus reads it.  Names and labels are those of
 * templrender serve where both have the figure; no tenant, template or URL is a
 * label.
 */


#include "ngx_http_templrender.h"


static ngx_int_t ngx_http_templrender_status_handler(ngx_http_request_t *r);
static u_char *ngx_http_templrender_status_head(u_char *p, const char *name,
    const char *type, const char *help);
static u_char *ngx_http_templrender_status_statuses(u_char *p,
    ngx_http_templrender_shared_t *sh);
static u_char *ngx_http_templrender_status_counters(u_char *p,
    ngx_http_templrender_shared_t *sh);
static u_char *ngx_http_templrender_status_histograms(u_char *p,
    ngx_http_templrender_shared_t *sh);
static u_char *ngx_http_templrender_status_gauges(u_char *p,
    ngx_http_templrender_shared_t *sh,
    ngx_http_templrender_main_conf_t *mcf);


#define NGX_HTTP_TEMPLRENDER_STATUS_SIZE  32768


typedef struct {
    ngx_http_templrender_counter_e    counter;
    const char                       *name;
    const char                       *label;
    const char                       *value;
    const char                       *help;
} ngx_http_templrender_series_t;


static ngx_http_templrender_series_t  ngx_http_templrender_series[] = {

    { NGX_HTTP_TEMPLRENDER_N_FETCH_HIT, "fetches", "result", "hit",
      "Pictures asked for by what came of it" },
    { NGX_HTTP_TEMPLRENDER_N_FETCH_FETCHED, "fetches", "result", "fetched",
      NULL },
    { NGX_HTTP_TEMPLRENDER_N_FETCH_FAILED, "fetches", "result", "failed",
      NULL },
    { NGX_HTTP_TEMPLRENDER_N_FETCH_REFUSED, "fetches", "result", "refused",
      NULL },

    { NGX_HTTP_TEMPLRENDER_N_RENDER_DRAWN, "renders", "result", "drawn",
      "Drawings by what came of them" },
    { NGX_HTTP_TEMPLRENDER_N_RENDER_CANCELLED, "renders", "result",
      "cancelled", NULL },
    { NGX_HTTP_TEMPLRENDER_N_RENDER_FAILED, "renders", "result", "failed",
      NULL },

    { NGX_HTTP_TEMPLRENDER_N_NOT_MODIFIED_FRESH, "not_modified", "how",
      "fresh", "Answers 304 by how that was known" },
    { NGX_HTTP_TEMPLRENDER_N_NOT_MODIFIED_CHECKED, "not_modified", "how",
      "checked", NULL },

    { NGX_HTTP_TEMPLRENDER_N_THROTTLED_TENANT, "throttled", "reason",
      "tenant", "Requests refused for the sake of others, by reason" },

    { NGX_HTTP_TEMPLRENDER_N_SHED_WAITING, "shed", "reason", "waiting",
      "Requests refused because there is too much to do, by reason" },
    { NGX_HTTP_TEMPLRENDER_N_SHED_QUEUE, "shed", "reason", "queue", NULL },
    { NGX_HTTP_TEMPLRENDER_N_SHED_MEMORY, "shed", "reason", "memory", NULL },

    { NGX_HTTP_TEMPLRENDER_N_FALLBACK, "fallbacks", NULL, NULL,
      "Answers with the template's fallback picture" },

    { NGX_HTTP_TEMPLRENDER_N_PACK_HIT, "packs", "result", "hit",
      "Templates asked for by version that no folder has" },
    { NGX_HTTP_TEMPLRENDER_N_PACK_FETCHED, "packs", "result", "fetched",
      NULL },
    { NGX_HTTP_TEMPLRENDER_N_PACK_FAILED, "packs", "result", "failed", NULL },

    { NGX_HTTP_TEMPLRENDER_N_PACK_EVICTED, "packs_evicted", NULL, NULL,
      "Packs put out of a worker's cache to make room" }
};


static struct {
    const char  *name;
    const char  *help;
} ngx_http_templrender_times[] = {
    { "request", "Time from a request's head to its answer's end" },
    { "fetch", "Time of a picture that was not in the cache" },
    { "queue", "Time that a drawing waited for a thread" },
    { "render", "Time of layout and painting" },
    { "encode", "Time of encoding" }
};


/* series that begin at nought: what has not happened yet is told too */

static ngx_uint_t  ngx_http_templrender_statuses[] = {
    200, 304, 400, 403, 404, 405, 413, 414, 429, 499, 500, 502, 503, 504, 0
};


char *
ngx_http_templrender_status_slot(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_core_loc_conf_t          *clcf;
    ngx_http_templrender_main_conf_t  *mcf;

    (void) cmd;
    (void) conf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_templrender_module);
    mcf->wants_zone = 1;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_templrender_status_handler;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_templrender_status_handler(ngx_http_request_t *r)
{
    u_char                            *p;
    ngx_buf_t                         *b;
    ngx_int_t                          rc;
    ngx_chain_t                        out;
    ngx_http_templrender_shared_t     *sh;
    ngx_http_templrender_main_conf_t  *mcf;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_http_templrender_module);
    sh = ngx_http_templrender_shared(mcf);

    b = ngx_create_temp_buf(r->pool, NGX_HTTP_TEMPLRENDER_STATUS_SIZE);

    if (sh == NULL || b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = b->pos;
    p = ngx_http_templrender_status_statuses(p, sh);
    p = ngx_http_templrender_status_counters(p, sh);
    p = ngx_http_templrender_status_histograms(p, sh);
    p = ngx_http_templrender_status_gauges(p, sh, mcf);

    b->last = p;
    b->last_buf = (r == r->main);
    b->last_in_chain = 1;

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = b->last - b->pos;
    ngx_str_set(&r->headers_out.content_type, "text/plain; version=0.0.4");
    r->headers_out.content_type_len = sizeof("text/plain") - 1;

    if (ngx_http_templrender_header_static(r, "Cache-Control", "no-store")
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static u_char *
ngx_http_templrender_status_head(u_char *p, const char *name,
    const char *type, const char *help)
{
    return ngx_sprintf(p, "# HELP templrender_%s %s\n"
                       "# TYPE templrender_%s %s\n",
                       name, help, name, type);
}


static u_char *
ngx_http_templrender_status_statuses(u_char *p,
    ngx_http_templrender_shared_t *sh)
{
    ngx_uint_t   status, n;
    ngx_uint_t  *told;

    p = ngx_http_templrender_status_head(p, "requests_total", "counter",
                                         "Answers by status");

    told = ngx_http_templrender_statuses;
    n = 0;

    for (status = 100; status < NGX_HTTP_TEMPLRENDER_STATUSES; status++) {

        if (status == *told) {
            told++;

        } else if (sh->statuses[status] == 0 || ++n > 100) {
            continue;
        }

        p = ngx_sprintf(p, "templrender_requests_total{status=\"%ui\"} %uA\n",
                        status, sh->statuses[status]);
    }

    return p;
}


static u_char *
ngx_http_templrender_status_counters(u_char *p,
    ngx_http_templrender_shared_t *sh)
{
    ngx_uint_t                      i;
    u_char                          name[64];
    ngx_http_templrender_series_t  *series;

    series = ngx_http_templrender_series;

    for (i = 0; i < NGX_HTTP_TEMPLRENDER_N_LAST; i++, series++) {

        if (series->help) {
            *ngx_sprintf(name, "%s_total", series->name) = '\0';
            p = ngx_http_templrender_status_head(p, (const char *) name,
                                                 "counter", series->help);
        }

        p = ngx_sprintf(p, "templrender_%s_total", series->name);

        if (series->label) {
            p = ngx_sprintf(p, "{%s=\"%s\"}", series->label, series->value);
        }

        p = ngx_sprintf(p, " %uA\n", sh->counters[series->counter]);
    }

    return p;
}


static u_char *
ngx_http_templrender_status_histograms(u_char *p,
    ngx_http_templrender_shared_t *sh)
{
    u_char                             name[64];
    uint64_t                           edge, sum;
    ngx_uint_t                         i, n;
    ngx_atomic_uint_t                  count;
    ngx_http_templrender_histogram_t  *h;

    for (i = 0; i < NGX_HTTP_TEMPLRENDER_H_LAST; i++) {
        h = &sh->histograms[i];

        *ngx_sprintf(name, "%s_seconds", ngx_http_templrender_times[i].name)
            = '\0';

        p = ngx_http_templrender_status_head(p, (const char *) name,
                                        "histogram",
                                        ngx_http_templrender_times[i].help);
        count = 0;
        edge = 1;

        for (n = 0; n < NGX_HTTP_TEMPLRENDER_BUCKETS - 1; n++, edge *= 2) {
            count += h->buckets[n];

            p = ngx_sprintf(p, "templrender_%s_bucket{le=\"%uL.%03uL\"} "
                            "%uA\n", name, edge / 1000, edge % 1000, count);
        }

        count += h->buckets[n];
        sum = h->sum_us;

        p = ngx_sprintf(p, "templrender_%s_bucket{le=\"+Inf\"} %uA\n"
                        "templrender_%s_sum %uL.%06uL\n"
                        "templrender_%s_count %uA\n",
                        name, count, name, sum / 1000000, sum % 1000000,
                        name, count);
    }

    return p;
}


static u_char *
ngx_http_templrender_status_gauges(u_char *p,
    ngx_http_templrender_shared_t *sh,
    ngx_http_templrender_main_conf_t *mcf)
{
    ngx_uint_t                       i;
    ngx_atomic_uint_t                in_flight, waiting, bytes, compiled;
    ngx_http_templrender_process_t  *process;

    in_flight = 0;
    waiting = 0;
    bytes = 0;
    compiled = 0;

    for (i = 0; i < NGX_MAX_PROCESSES; i++) {
        process = &sh->processes[i];

        in_flight += process->in_flight;
        waiting += process->waiting;
        bytes += process->pack_bytes;
        compiled += process->compiled_bytes;
    }

    p = ngx_http_templrender_status_head(p, "in_flight", "gauge",
                                         "Requests being answered");
    p = ngx_sprintf(p, "templrender_in_flight %uA\n", in_flight);

    p = ngx_http_templrender_status_head(p, "tasks", "gauge",
                                         "Tasks that run or wait for a "
                                         "thread");
    p = ngx_sprintf(p, "templrender_tasks %uA\n", waiting);

    p = ngx_http_templrender_status_head(p, "pack_cache_bytes", "gauge",
                                         "Bytes of packs in the caches of "
                                         "all workers");
    p = ngx_sprintf(p, "templrender_pack_cache_bytes %uA\n", bytes);

    p = ngx_http_templrender_status_head(p, "compiled_bytes", "gauge",
                                         "Bytes of compiled templates in all "
                                         "workers");
    p = ngx_sprintf(p, "templrender_compiled_bytes %uA\n", compiled);

    p = ngx_http_templrender_status_head(p, "templates", "gauge",
                                         "Templates loaded");
    p = ngx_sprintf(p, "templrender_templates %ui\n", mcf->templates);

    return p;
}
