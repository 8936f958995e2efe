
/*
 * Pictures as HTTP answers: 200 with the bytes as the library wrote them, or
 * 304 where the client has them.
 */


#include "ngx_http_templrender.h"


const char  ngx_http_templrender_late_message[] =
    "a picture must be there within the time of a request, found it was not";


static ngx_uint_t ngx_http_templrender_whole(ngx_http_templrender_ctx_t *ctx);
static void ngx_http_templrender_failed(ngx_http_templrender_ctx_t *ctx);
static void ngx_http_templrender_tell_compiled(
    ngx_http_templrender_ctx_t *ctx);
static void ngx_http_templrender_send(ngx_http_templrender_ctx_t *ctx);
static ngx_int_t ngx_http_templrender_picture_headers(
    ngx_http_templrender_ctx_t *ctx, const char *cache_status);
static void ngx_http_templrender_say(ngx_http_templrender_ctx_t *ctx,
    const char *what, const char *code);


/* a drawing task has ended */

void
ngx_http_templrender_drawn(ngx_http_templrender_ctx_t *ctx)
{
    ngx_http_templrender_observe(ctx, NGX_HTTP_TEMPLRENDER_H_QUEUE,
                                 (ctx->started_ns - ctx->posted_ns) / 1000);

    switch (ctx->result) {

    case NGX_HTTP_TEMPLRENDER_MORE:
        ngx_http_templrender_round(ctx);
        return;

    case NGX_HTTP_TEMPLRENDER_UNCHANGED:
        ngx_http_templrender_send_not_modified(ctx, ctx->conf->max_age, 0);
        return;

    case NGX_HTTP_TEMPLRENDER_DRAWN:
        ngx_http_templrender_count(ctx, NGX_HTTP_TEMPLRENDER_N_RENDER_DRAWN);
        ngx_http_templrender_tell_compiled(ctx);
        ngx_http_templrender_observe(ctx, NGX_HTTP_TEMPLRENDER_H_RENDER,
                                     ctx->render_ns / 1000);
        ngx_http_templrender_observe(ctx, NGX_HTTP_TEMPLRENDER_H_ENCODE,
                                     ctx->encode_ns / 1000);
        ngx_http_templrender_send(ctx);
        return;

    default: /* NGX_HTTP_TEMPLRENDER_FAILED, NGX_HTTP_TEMPLRENDER_LATE */
        ngx_http_templrender_count(ctx, NGX_HTTP_TEMPLRENDER_N_RENDER_FAILED);
        ngx_http_templrender_failed(ctx);
    }
}


static void
ngx_http_templrender_tell_compiled(ngx_http_templrender_ctx_t *ctx)
{
    templrender_error               *error;
    templrender_compiled             compiled;
    ngx_http_templrender_process_t  *process;

    process = ngx_http_templrender_process(ctx->main_conf);

    if (process == NULL) {
        return;
    }

    ngx_memzero(&compiled, sizeof(templrender_compiled));
    compiled.struct_size = sizeof(templrender_compiled);
    error = NULL;

    if (templrender_compiled_now(&compiled, &error) == TEMPLRENDER_OK) {
        process->compiled_bytes = compiled.bytes;
    }

    templrender_error_free(error);
}


/* whether all that should be in the picture is, and is new */

static ngx_uint_t
ngx_http_templrender_whole(ngx_http_templrender_ctx_t *ctx)
{
    ngx_queue_t                   *q;
    ngx_http_templrender_fetch_t  *fetch;

    if (ctx->fallback || ctx->instead) {
        return 0;
    }

    for (q = ngx_queue_head(&ctx->fetches);
         q != ngx_queue_sentinel(&ctx->fetches);
         q = ngx_queue_next(q))
    {
        fetch = ngx_queue_data(q, ngx_http_templrender_fetch_t, queue);

        if (fetch->code != TEMPLRENDER_OK || fetch->old) {
            return 0;
        }
    }

    return 1;
}


/* why a plan could not be drawn; where a picture is missing, why it is */

static void
ngx_http_templrender_failed(ngx_http_templrender_ctx_t *ctx)
{
    templrender_error               *error;
    ngx_http_templrender_failure_t  *failure;

    error = ctx->error;
    ctx->error = NULL;

    if (ctx->result == NGX_HTTP_TEMPLRENDER_LATE) {
        ngx_http_templrender_fail_code(ctx, NGX_HTTP_TEMPLRENDER_DEADLINE, 0,
                                       "", ngx_http_templrender_late_message);
        return;
    }

    if (error == NULL) {
        ngx_http_templrender_end(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    switch (templrender_error_code(error)) {

    case TEMPLRENDER_MISSING_RESOURCE:
        failure = ngx_http_templrender_missed(ctx);

        if (failure == NULL) {
            templrender_error_free(error);
            ngx_http_templrender_end(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR);
            return;
        }

        if (failure->nfaults) {
            templrender_error_free(error);

        } else {
            /* nobody was asked: the row names no picture */
            failure->status = NGX_HTTP_BAD_REQUEST;
            failure->error = error;
            failure->replaceable = 0;
        }

        ngx_http_templrender_fail(ctx, failure);
        return;

    case TEMPLRENDER_DEADLINE_EXCEEDED:
        templrender_error_free(error);
        ngx_http_templrender_fail_code(ctx, NGX_HTTP_TEMPLRENDER_DEADLINE, 0,
                                       "", ngx_http_templrender_late_message);
        return;

    default:
        ngx_http_templrender_fail_error(ctx, error);
    }
}


static void
ngx_http_templrender_send(ngx_http_templrender_ctx_t *ctx)
{
    ngx_buf_t           *b;
    ngx_int_t            rc;
    ngx_str_t            type;
    ngx_uint_t           whole;
    ngx_chain_t          out;
    templrender_slice    bytes;
    templrender_output   output;
    ngx_http_request_t  *r;

    r = ctx->request;
    bytes = templrender_buffer_slice(ctx->picture);

    ngx_memzero(&output, sizeof(templrender_output));
    output.struct_size = sizeof(templrender_output);
    (void) templrender_plan_output(ctx->plan, &output);

    type = ngx_http_templrender_str(
               templrender_format_content_type(output.format));

    whole = ngx_http_templrender_whole(ctx);

    if (whole) {
        ngx_http_templrender_zone_checked(ctx);
    }

    b = ngx_calloc_buf(r->pool);

    if (b == NULL
        || ngx_http_templrender_picture_headers(ctx, "templrender; fwd=miss")
           != NGX_OK
        || ngx_http_templrender_keep(ctx, ctx->conf->max_age, whole) != NGX_OK
        || ngx_http_templrender_header_static(r, "X-Content-Type-Options",
                                              "nosniff")
           != NGX_OK
        || ngx_http_templrender_header_static(r,
                                              "Cross-Origin-Resource-Policy",
                                              "cross-origin")
           != NGX_OK)
    {
        ngx_http_templrender_end(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = bytes.len;
    r->headers_out.content_type = type;
    r->headers_out.content_type_len = type.len;

    if (ctx->fallback || ctx->instead) {
        ngx_http_templrender_say(ctx, "fallback:", ctx->instead);

    } else {
        ngx_http_templrender_say(ctx, "drawn", "");
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        ngx_http_templrender_end(ctx, rc);
        return;
    }

    /* not copied: the context's cleanup frees it when all is sent */

    b->start = (u_char *) bytes.data;
    b->pos = b->start;
    b->end = b->start + bytes.len;
    b->last = b->end;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    ngx_http_templrender_end(ctx, ngx_http_output_filter(r, &out));
}


/* fresh: known without asking for a single picture */

void
ngx_http_templrender_send_not_modified(ngx_http_templrender_ctx_t *ctx,
    time_t left, ngx_uint_t fresh)
{
    ngx_uint_t           whole;
    const char          *cache_status;
    ngx_http_request_t  *r;

    r = ctx->request;
    whole = fresh ? 1 : ngx_http_templrender_whole(ctx);

    if (fresh) {
        cache_status = "templrender; hit";
        ngx_http_templrender_say(ctx, "fresh", "");
        ngx_http_templrender_count(ctx,
                                   NGX_HTTP_TEMPLRENDER_N_NOT_MODIFIED_FRESH);

    } else {
        cache_status = "templrender; fwd=stale; fwd-status=304";
        ngx_http_templrender_say(ctx, "not-modified", "");
        ngx_http_templrender_count(ctx,
            NGX_HTTP_TEMPLRENDER_N_NOT_MODIFIED_CHECKED);

        if (whole) {
            ngx_http_templrender_zone_checked(ctx);
        }
    }

    if (ngx_http_templrender_picture_headers(ctx, cache_status) != NGX_OK
        || ngx_http_templrender_keep(ctx, left, whole) != NGX_OK)
    {
        ngx_http_templrender_end(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    r->headers_out.status = NGX_HTTP_NOT_MODIFIED;
    r->headers_out.content_length_n = -1;
    r->header_only = 1;

    ngx_http_templrender_end(ctx, ngx_http_send_header(r));
}


static ngx_int_t
ngx_http_templrender_picture_headers(ngx_http_templrender_ctx_t *ctx,
    const char *cache_status)
{
    ngx_str_t            etag;
    ngx_http_request_t  *r;

    r = ctx->request;

    /* validators have been compared, and there are no ranges of pictures */

    r->disable_not_modified = 1;
    r->allow_ranges = 0;

    if (!ctx->fallback) {
        etag.len = NGX_HTTP_TEMPLRENDER_ETAG_LEN;
        etag.data = ngx_pnalloc(r->pool, etag.len);
        if (etag.data == NULL) {
            return NGX_ERROR;
        }

        ngx_http_templrender_etag(ctx, &ctx->resources_key, etag.data);

        if (ngx_http_templrender_header(r, "ETag", &etag,
                                        &r->headers_out.etag)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (ctx->instead
        && ngx_http_templrender_header_static(r, "Templrender-Fallback",
                                              ctx->instead)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_templrender_header_static(r, "Cache-Status", cache_status)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_templrender_header(r, "X-Request-Id", &ctx->request_id,
                                       NULL);
}


static void
ngx_http_templrender_say(ngx_http_templrender_ctx_t *ctx, const char *what,
    const char *code)
{
    size_t   len;
    u_char  *p;

    len = ngx_strlen(what) + ngx_strlen(code);

    p = ngx_pnalloc(ctx->request->pool, len);
    if (p == NULL) {
        return;
    }

    ctx->status.data = p;
    ctx->status.len = ngx_sprintf(p, "%s%s", what, code) - p;
}
