
/*
 * A drawing, on a thread: what came in is told to the resources, and if nothing
 * is left to be asked for, and it is not what the client has, it is drawn and
 * encoded.
 */


#include "ngx_http_templrender.h"


static ngx_int_t ngx_http_templrender_give(ngx_http_templrender_ctx_t *ctx);
static ngx_int_t ngx_http_templrender_give_one(
    ngx_http_templrender_fetch_t *fetch);
static ngx_int_t ngx_http_templrender_paint(ngx_http_templrender_ctx_t *ctx,
    templrender_scratch *scratch);
static ngx_uint_t ngx_http_templrender_reject(
    ngx_http_templrender_ctx_t *ctx);


ngx_http_templrender_result_e
ngx_http_templrender_draw_with(ngx_http_templrender_ctx_t *ctx,
    templrender_scratch *scratch)
{
    size_t  count;
    u_char  etag[NGX_HTTP_TEMPLRENDER_ETAG_LEN];

    for ( ;; ) {

        if (ngx_http_templrender_give(ctx) != NGX_OK
            || templrender_plan_pending(ctx->plan, ctx->resources, NULL, 0,
                                        &count, &ctx->error)
               != TEMPLRENDER_OK)
        {
            return NGX_HTTP_TEMPLRENDER_FAILED;
        }

        if (count) {
            return NGX_HTTP_TEMPLRENDER_MORE;
        }

        ctx->resources_key = templrender_plan_resources_key(ctx->plan,
                                                            ctx->resources);

        if (ctx->none_match.len && !ctx->fallback) {
            ngx_http_templrender_etag(ctx, &ctx->resources_key, etag);

            if (ngx_http_templrender_none_match(&ctx->none_match, etag)) {
                return NGX_HTTP_TEMPLRENDER_UNCHANGED;
            }
        }

        if (ngx_http_templrender_paint(ctx, scratch) == NGX_OK) {
            return NGX_HTTP_TEMPLRENDER_DRAWN;
        }

        /*
         * A picture may turn out to be damaged only now: its next choice is
         * asked for, or it is drawn without it.
         */

        if (++ctx->tries >= NGX_HTTP_TEMPLRENDER_TRIES
            || !ngx_http_templrender_reject(ctx))
        {
            return NGX_HTTP_TEMPLRENDER_FAILED;
        }
    }
}


/* tells the resources what came in since the last time */

static ngx_int_t
ngx_http_templrender_give(ngx_http_templrender_ctx_t *ctx)
{
    ngx_queue_t                   *q;
    ngx_http_templrender_fetch_t  *fetch;

    if (ctx->fallback) {
        /* its resources are whole, whatever came for the other picture */
        return NGX_OK;
    }

    for (q = ngx_queue_head(&ctx->fetches);
         q != ngx_queue_sentinel(&ctx->fetches);
         q = ngx_queue_next(q))
    {
        fetch = ngx_queue_data(q, ngx_http_templrender_fetch_t, queue);

        if (fetch->given) {
            continue;
        }

        fetch->given = 1;

        if (ngx_http_templrender_give_one(fetch) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_templrender_give_one(ngx_http_templrender_fetch_t *fetch)
{
    templrender_slice            bytes;
    ngx_http_templrender_ctx_t  *ctx;

    ctx = fetch->ctx;

    if (fetch->code != TEMPLRENDER_OK) {

        if (templrender_resources_fail(ctx->resources, fetch->id,
                                       ngx_http_templrender_slice(&fetch->why),
                                       &ctx->error)
            != TEMPLRENDER_OK)
        {
            return NGX_ERROR;
        }

        return NGX_OK;
    }

    bytes.data = fetch->data ? fetch->data : (u_char *) "";
    bytes.len = fetch->len;

    /* bytes that are no picture fail their need, not the request */

    fetch->code = templrender_resources_borrow(ctx->resources, fetch->id,
                                               bytes, &fetch->error);

    return NGX_OK;
}


static ngx_int_t
ngx_http_templrender_paint(ngx_http_templrender_ctx_t *ctx,
    templrender_scratch *scratch)
{
    uint64_t             painted;
    templrender_frame   *frame;
    templrender_guard    guard;
    templrender_report  *report;
    templrender_status   rc;
    templrender_output   output;

    ngx_memzero(&guard, sizeof(templrender_guard));
    guard.struct_size = sizeof(templrender_guard);
    guard.deadline_ns = ctx->deadline_ns;
    guard.cancel = &ctx->cancel;

    ngx_memzero(&output, sizeof(templrender_output));
    output.struct_size = sizeof(templrender_output);

    rc = templrender_renderer_render(
             templrender_bundle_renderer(ctx->bundle->handle), ctx->plan,
             ctx->resources, scratch, &guard, &frame, &report, &ctx->error);

    painted = templrender_monotonic_ns();

    if (rc != TEMPLRENDER_OK) {
        return NGX_ERROR;
    }

    ctx->notes = templrender_report_note_count(report);
    templrender_report_free(report);

    rc = templrender_plan_output(ctx->plan, &output);

    if (rc == TEMPLRENDER_OK) {
        rc = templrender_frame_encode(frame, &output, &guard, &ctx->picture,
                                      &ctx->error);
    }

    templrender_frame_free(frame);

    ctx->render_ns = painted - ctx->started_ns;
    ctx->encode_ns = templrender_monotonic_ns() - painted;

    return rc == TEMPLRENDER_OK ? NGX_OK : NGX_ERROR;
}


/* whether it was one of the fetched pictures; if so it is one no more */

static ngx_uint_t
ngx_http_templrender_reject(ngx_http_templrender_ctx_t *ctx)
{
    ngx_str_t                      place;
    ngx_queue_t                   *q;
    templrender_fault              fault;
    templrender_error             *error;
    ngx_http_templrender_fetch_t  *fetch;

    ngx_memzero(&fault, sizeof(templrender_fault));
    fault.struct_size = sizeof(templrender_fault);

    if (templrender_error_fault(ctx->error, 0, &fault) != TEMPLRENDER_OK
        || (fault.code != TEMPLRENDER_DAMAGED_RESOURCE
            && fault.code != TEMPLRENDER_UNKNOWN_FORMAT))
    {
        return 0;
    }

    place = ngx_http_templrender_str(fault.place);

    if (place.len < sizeof("resource ")
        || ngx_strncmp(place.data, "resource ", sizeof("resource ") - 1) != 0)
    {
        return 0;
    }

    place.data += sizeof("resource ") - 1;
    place.len -= sizeof("resource ") - 1;

    for (q = ngx_queue_head(&ctx->fetches);
         q != ngx_queue_sentinel(&ctx->fetches);
         q = ngx_queue_next(q))
    {
        fetch = ngx_queue_data(q, ngx_http_templrender_fetch_t, queue);

        if (fetch->code != TEMPLRENDER_OK
            || fetch->location.len != place.len
            || ngx_strncmp(fetch->location.data, place.data, place.len) != 0)
        {
            continue;
        }

        error = NULL;

        if (templrender_resources_fail(ctx->resources, fetch->id,
                                       fault.message, &error)
            != TEMPLRENDER_OK)
        {
            templrender_error_free(error);
            return 0;
        }

        fetch->code = fault.code;
        fetch->error = ctx->error;
        ctx->error = NULL;

        return 1;
    }

    return 0;
}
