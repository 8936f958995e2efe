
/*
 * The way of a request:
 *
 *     URL -> signature -> template -> rate of the tenant -> plan
 *         -> what the client has is fresh: 304
 *         -> rounds of subrequests -> a task that draws -> answer
 *
 * The handler holds its request by a count of its own from the beginning and
 * lets it go in ngx_http_templrender_end(): who answers need not know whether
 * anything had to be waited for.  What moves the request on calls its write
 * event handler, which is ngx_http_templrender_wake() until the request is
 * over, and then nginx's own.
 */


#include "ngx_http_templrender.h"


static void ngx_http_templrender_start(ngx_http_templrender_ctx_t *ctx);
static ngx_int_t ngx_http_templrender_target(ngx_http_templrender_ctx_t *ctx,
    templrender_slice *target);
static ngx_uint_t ngx_http_templrender_verify(
    ngx_http_templrender_ctx_t *ctx);
static ngx_uint_t ngx_http_templrender_take(ngx_http_templrender_ctx_t *ctx);
static void ngx_http_templrender_skip(ngx_http_templrender_ctx_t *ctx,
    ngx_str_t *reason);
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


static void
ngx_http_templrender_start(ngx_http_templrender_ctx_t *ctx)
{
    ngx_uint_t           known;
    templrender_error   *error;
    templrender_slice    target;
    ngx_http_request_t  *r;

    r = ctx->request;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        ngx_http_templrender_fail_code(ctx, NGX_HTTP_TEMPLRENDER_BAD_METHOD,
                                       0, "", "the method must be GET or "
                                       "HEAD");
        return;
    }

    ctx->head = (r->method == NGX_HTTP_HEAD);

    if (ngx_http_templrender_target(ctx, &target) != NGX_OK) {
        ngx_http_templrender_fail_code(ctx, NGX_HTTP_TEMPLRENDER_UNKNOWN_PATH,
                                       0, "path", "a path must be "
                                       "/TENANT/TEMPLATE.EXT, found another");
        return;
    }

    error = NULL;

    if (templrender_request_parse(target, &ctx->asked, &error)
        != TEMPLRENDER_OK)
    {
        ngx_http_templrender_fail_error(ctx, error);
        return;
    }

    ctx->tenant = ngx_http_templrender_str(
                      templrender_request_tenant(ctx->asked));
    ctx->template = ngx_http_templrender_str(
                        templrender_request_template(ctx->asked));
    ctx->digest = ngx_http_templrender_str(
                      templrender_request_digest(ctx->asked));

    if (!ngx_http_templrender_verify(ctx)) {
        return;
    }

    ctx->bundle = ngx_http_templrender_find(ctx, &known);

    if (ctx->bundle == NULL && (ctx->digest.len == 0
                                || ctx->conf->pack.len == 0))
    {
        ngx_http_templrender_fail_code(ctx,
            NGX_HTTP_TEMPLRENDER_UNKNOWN_TEMPLATE, 0, "template",
            "no template of this name and version is here");
        return;
    }

    if (!ngx_http_templrender_take(ctx)) {
        return;
    }

    if (ctx->bundle == NULL) {
        ctx->bundle = ngx_http_templrender_packs_get(ctx);

        if (ctx->bundle == NULL) {
            ngx_http_templrender_pack_fetch(ctx);
            return;
        }

        ngx_http_templrender_count(ctx, NGX_HTTP_TEMPLRENDER_N_PACK_HIT);
    }

    ngx_http_templrender_plan(ctx);
}


/* what the client sent, without the prefix of the location */

static ngx_int_t
ngx_http_templrender_target(ngx_http_templrender_ctx_t *ctx,
    templrender_slice *target)
{
    u_char      *p, *last;
    ngx_str_t   *prefix, uri;
    ngx_uint_t   slashes;

    uri = ctx->request->unparsed_uri;
    prefix = &ctx->conf->prefix;

    if (prefix->len) {

        if (uri.len <= prefix->len
            || ngx_strncmp(uri.data, prefix->data, prefix->len) != 0
            || uri.data[prefix->len] != '/')
        {
            return NGX_DECLINED;
        }

        uri.data += prefix->len;
        uri.len -= prefix->len;
    }

    last = uri.data + uri.len;
    slashes = 0;

    for (p = uri.data; p < last && *p != '?' && *p != '#'; p++) {
        if (*p == '/') {
            slashes++;
        }
    }

    if (slashes < 2) {
        return NGX_DECLINED;
    }

    *target = ngx_http_templrender_slice(&uri);

    return NGX_OK;
}


static ngx_uint_t
ngx_http_templrender_verify(ngx_http_templrender_ctx_t *ctx)
{
    templrender_error  *error;

    if (ctx->conf->keys) {
        error = NULL;

        if (templrender_keyring_verify(ctx->conf->keys, ctx->asked, ctx->now,
                                       &error)
            != TEMPLRENDER_OK)
        {
            ngx_http_templrender_fail_error(ctx, error);
            return 0;
        }

        return 1;
    }

    /* without keys an expiry holds all the same */

    if (templrender_request_is_expired(ctx->asked, ctx->now)) {
        ngx_http_templrender_fail_code(ctx, TEMPLRENDER_URL_EXPIRED, 0, "url",
            "a URL must be asked for before its end, found it over");
        return 0;
    }

    return 1;
}


static ngx_uint_t
ngx_http_templrender_take(ngx_http_templrender_ctx_t *ctx)
{
    uint64_t  wait;

    if (ngx_http_templrender_zone_take(ctx, &wait) == NGX_OK) {
        return 1;
    }

    ngx_http_templrender_count(ctx, NGX_HTTP_TEMPLRENDER_N_THROTTLED_TENANT);

    /* rounded up: who comes back then is not too early */

    wait = ngx_min(wait, 86400000);
    wait = ngx_max((wait + 999) / 1000, 1);

    ngx_http_templrender_fail_code(ctx,
        NGX_HTTP_TEMPLRENDER_TOO_MANY_REQUESTS, (ngx_uint_t) wait, "tenant",
        "a tenant must keep to its rate of requests, found more");

    return 0;
}


/* plans the picture; what the client has may be enough */

void
ngx_http_templrender_plan(ngx_http_templrender_ctx_t *ctx)
{
    time_t               left;
    ngx_str_t            reason;
    templrender_key      resources;
    templrender_error   *error;
    u_char               etag[NGX_HTTP_TEMPLRENDER_ETAG_LEN];

    error = NULL;

    if (templrender_renderer_plan_request(
            templrender_bundle_renderer(ctx->bundle->handle),
            templrender_bundle_template(ctx->bundle->handle), ctx->asked,
            ctx->now, &ctx->plan, &error)
        != TEMPLRENDER_OK)
    {
        ngx_http_templrender_fail_error(ctx, error);
        return;
    }

    ctx->valid = templrender_plan_valid_until(ctx->plan, &ctx->valid_until);
    reason = ngx_http_templrender_str(templrender_plan_skipped(ctx->plan));

    if (reason.data) {
        ngx_http_templrender_skip(ctx, &reason);
        return;
    }

    ctx->key = templrender_plan_key(ctx->plan);

    if (templrender_bundle_resources(ctx->bundle->handle, &ctx->resources,
                                     &error)
        != TEMPLRENDER_OK)
    {
        ngx_http_templrender_fail_error(ctx, error);
        return;
    }

    if (ngx_http_templrender_locate(ctx) != NGX_OK) {
        return;
    }

    ngx_http_templrender_zone_name(ctx);

    if (ctx->none_match.len
        && ngx_http_templrender_zone_fresh(ctx, &resources, &left) == NGX_OK)
    {
        ngx_http_templrender_etag(ctx, &resources, etag);

        if (ngx_http_templrender_none_match(&ctx->none_match, etag)) {
            ctx->resources_key = resources;
            ngx_http_templrender_send_not_modified(ctx, left, 1);
            return;
        }
    }

    ngx_http_templrender_round(ctx);
}


/* a row that the template leaves out gets the fallback picture, or 404 */

static void
ngx_http_templrender_skip(ngx_http_templrender_ctx_t *ctx, ngx_str_t *reason)
{
    int64_t                          until;
    templrender_plan                *plan;
    templrender_error               *error;
    templrender_context              context;
    templrender_resources           *resources;
    ngx_http_templrender_fault_t    *fault;
    ngx_http_templrender_failure_t  *failure;

    templrender_context_init(&context, sizeof(templrender_context));

    error = NULL;
    plan = NULL;
    resources = NULL;

    if (templrender_request_context(ctx->asked, ctx->now, &context, &error)
        != TEMPLRENDER_OK
        || templrender_bundle_fallback(ctx->bundle->handle, &context, &plan,
                                       &resources, &error)
           != TEMPLRENDER_OK)
    {
        ngx_http_templrender_fail_error(ctx, error);
        return;
    }

    if (plan == NULL) {
        failure = ngx_pcalloc(ctx->request->pool,
                              sizeof(ngx_http_templrender_failure_t));
        fault = ngx_pcalloc(ctx->request->pool,
                            sizeof(ngx_http_templrender_fault_t));

        if (failure == NULL || fault == NULL) {
            ngx_http_templrender_end(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR);
            return;
        }

        fault->code = TEMPLRENDER_ROW_SKIPPED;
        ngx_str_set(&fault->place, "skip-if");
        fault->message.len = sizeof("row is skipped: ") - 1 + reason->len;
        fault->message.data = ngx_pnalloc(ctx->request->pool,
                                          fault->message.len);
        if (fault->message.data == NULL) {
            ngx_http_templrender_end(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR);
            return;
        }

        ngx_sprintf(fault->message.data, "row is skipped: %V", reason);

        failure->status = templrender_code_http_status(
                              TEMPLRENDER_ROW_SKIPPED);
        failure->faults = fault;
        failure->nfaults = 1;

        ngx_http_templrender_fail(ctx, failure);
        return;
    }

    if (templrender_plan_valid_until(plan, &until)) {
        ctx->valid_until = ctx->valid ? ngx_min(ctx->valid_until, until)
                                      : until;
        ctx->valid = 1;
    }

    templrender_plan_free(ctx->plan);

    ctx->plan = plan;
    ctx->resources = resources;
    ctx->key = templrender_plan_key(plan);
    ctx->instead = templrender_code_name(TEMPLRENDER_ROW_SKIPPED);

    ngx_http_templrender_count(ctx, NGX_HTTP_TEMPLRENDER_N_FALLBACK);

    ngx_http_templrender_round(ctx);
}


/*
 * The write event handler: something that was waited for may be there.  It is
 * also called for no reason at all.
 */

void
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

    templrender_error_free(ctx->error);
    templrender_buffer_free(ctx->picture);
    templrender_bundle_free(ctx->opened);
    templrender_request_free(ctx->asked);

    if (ctx->bundle) {
        ngx_http_templrender_packs_release(ctx->bundle);
    }
}
