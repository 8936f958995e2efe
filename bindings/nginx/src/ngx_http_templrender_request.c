
/*
 * A request's way in and out.
 *
 * The handler holds its request by a count of its own from the beginning and
 * lets it go in ngx_http_templrender_end(): who answers need not know whether
 * anything had to be waited for.  What moves the request on calls its write
 * event handler, which is ngx_http_templrender_wake() until the request is
 * over, and then nginx's own.
 */


#include "ngx_http_templrender.h"


static void ngx_http_templrender_wake(ngx_http_request_t *r);
static void ngx_http_templrender_late(ngx_event_t *ev);
static void ngx_http_templrender_cancel(void *data);
static void ngx_http_templrender_cleanup(void *data);


ngx_int_t
ngx_http_templrender_handler(ngx_http_request_t *r)
{
    ngx_int_t                        rc;
    ngx_http_cleanup_t              *abort;
    ngx_pool_cleanup_t              *cln;
    ngx_http_templrender_ctx_t      *ctx;
    ngx_http_templrender_process_t  *process;

    if (r != r->main) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "templrender: a picture must be asked for by a client, "
                      "found a subrequest");
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_templrender_ctx_t));
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->request = r;
    ctx->conf = ngx_http_get_module_loc_conf(r, ngx_http_templrender_module);
    ctx->main_conf = ngx_http_get_module_main_conf(r,
                                                ngx_http_templrender_module);
    ctx->start = ngx_current_msec;
    ctx->now = ngx_time();
    ctx->deadline_ns = templrender_monotonic_ns()
                       + (uint64_t) ctx->conf->timeout * 1000000;
    ctx->timer.handler = ngx_http_templrender_late;
    ctx->timer.data = ctx;
    ctx->timer.log = r->connection->log;
    ngx_queue_init(&ctx->fetches);

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_http_templrender_cleanup;
    cln->data = ctx;

    process = ngx_http_templrender_process(ctx->main_conf);

    if (process) {
        process->in_flight++;
    }

    /* called when a client goes away, even while a thread has the request */

    abort = ngx_http_cleanup_add(r, 0);
    if (abort == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    abort->handler = ngx_http_templrender_cancel;
    abort->data = ctx;

    if (ngx_http_templrender_request_id(r, &ctx->request_id) != NGX_OK
        || ngx_http_templrender_read_none_match(r, &ctx->none_match)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_set_ctx(r, ctx, ngx_http_templrender_module);

    r->main->count++;
    r->write_event_handler = ngx_http_templrender_wake;

    /* a body that is still to come is read by its own handler */

    if (!r->discard_body) {
        r->read_event_handler = ngx_http_test_reading;
    }

    ngx_add_timer(&ctx->timer, ctx->conf->timeout);

    ngx_http_templrender_start(ctx);

    return NGX_DONE;
}


/*
 * The write event handler: something that was waited for may be there.  It is
 * also called for no reason at all.
 */

static void
ngx_http_templrender_wake(ngx_http_request_t *r)
{
    ngx_http_templrender_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_templrender_module);

    if (ctx == NULL || ctx->working) {
        return;
    }

    switch (ctx->state) {

    case NGX_HTTP_TEMPLRENDER_FETCHING_PACK:
        if (ctx->active == 0) {
            ngx_http_templrender_pack_fetched(ctx);
        }

        break;

    case NGX_HTTP_TEMPLRENDER_OPENING_PACK:
        ngx_http_templrender_pack_opened(ctx);
        break;

    case NGX_HTTP_TEMPLRENDER_FETCHING:
        ngx_http_templrender_ask(ctx);
        break;

    case NGX_HTTP_TEMPLRENDER_DRAWING:
        ngx_http_templrender_drawn(ctx);
        break;

    default:
        break;
    }
}


/* the time of the request is over: who is waited for is waited for no more */

static void
ngx_http_templrender_late(ngx_event_t *ev)
{
    ngx_queue_t                 *q;
    ngx_connection_t            *c;
    ngx_http_request_t          *r;
    ngx_http_templrender_ctx_t  *ctx;

    ctx = ev->data;
    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    /* a thread has the same deadline and comes back by itself */

    if (!ctx->working
        && (ctx->state == NGX_HTTP_TEMPLRENDER_FETCHING_PACK
            || ctx->state == NGX_HTTP_TEMPLRENDER_FETCHING))
    {
        ctx->detached = 1;

        for (q = ngx_queue_head(&ctx->fetches);
             q != ngx_queue_sentinel(&ctx->fetches);
             q = ngx_queue_next(q))
        {
            ngx_http_templrender_fetch_abort(
                ngx_queue_data(q, ngx_http_templrender_fetch_t, queue));
        }

        ngx_http_templrender_fail_code(ctx, NGX_HTTP_TEMPLRENDER_DEADLINE, 0,
                                       "", ngx_http_templrender_late_message);
    }

    ngx_http_run_posted_requests(c);
}


/* every request ends here */

void
ngx_http_templrender_end(ngx_http_templrender_ctx_t *ctx, ngx_int_t rc)
{
    ctx->state = NGX_HTTP_TEMPLRENDER_OVER;
    ctx->detached = 1;

    if (ctx->timer.timer_set) {
        ngx_del_timer(&ctx->timer);
    }

    ngx_http_finalize_request(ctx->request, rc);
}


/* the client has gone, or the request is over: nobody waits for a drawing */

static void
ngx_http_templrender_cancel(void *data)
{
    ngx_http_templrender_ctx_t *ctx = data;

    templrender_flag_set(&ctx->cancel);

    ctx->cancelled = 1;
    ctx->detached = 1;

    if (ctx->timer.timer_set) {
        ngx_del_timer(&ctx->timer);
    }
}


static void
ngx_http_templrender_cleanup(void *data)
{
    ngx_http_templrender_ctx_t *ctx = data;

    ngx_uint_t                       i, status;
    ngx_http_templrender_shared_t   *sh;
    ngx_http_templrender_process_t  *process;

    if (ctx->timer.timer_set) {
        ngx_del_timer(&ctx->timer);
    }

    process = ngx_http_templrender_process(ctx->main_conf);

    if (process) {
        process->in_flight--;
    }

    sh = ngx_http_templrender_shared(ctx->main_conf);
    status = ctx->request->headers_out.status;

    if (sh && status < NGX_HTTP_TEMPLRENDER_STATUSES) {
        (void) ngx_atomic_fetch_add(&sh->statuses[status], 1);
        ngx_http_templrender_observe(ctx, NGX_HTTP_TEMPLRENDER_H_REQUEST,
            (uint64_t) (ngx_current_msec - ctx->start) * 1000);
    }

    /* resources have borrowed the bytes of the fetches: they go first */

    templrender_resources_free(ctx->resources);
    templrender_plan_free(ctx->plan);

    for (i = 0; i < ctx->nplaces; i++) {
        templrender_url_free(ctx->places[i].url);
        templrender_error_free(ctx->places[i].error);
    }

    if (ctx->failure) {
        templrender_error_free(ctx->failure->error);
    }

    ngx_http_templrender_release(ctx);

    templrender_error_free(ctx->error);
    templrender_buffer_free(ctx->picture);
    templrender_bundle_free(ctx->opened);
    templrender_request_free(ctx->asked);

    if (ctx->bundle) {
        ngx_http_templrender_packs_release(ctx->bundle);
    }
}
