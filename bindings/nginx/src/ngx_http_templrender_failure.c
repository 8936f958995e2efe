
/*
 * Why a request gets no picture: a status, and headers that fit it.
 *
 * Where the template has a fallback picture, and the failure is one that it may
 * replace, that is drawn.
 */


#include "ngx_http_templrender.h"


static ngx_uint_t ngx_http_templrender_fall_back(
    ngx_http_templrender_ctx_t *ctx, ngx_http_templrender_failure_t *failure);
static void ngx_http_templrender_refuse(ngx_http_templrender_ctx_t *ctx,
    ngx_http_templrender_failure_t *failure);
static const char *ngx_http_templrender_failure_name(
    ngx_http_templrender_failure_t *failure);
static void ngx_http_templrender_failure_log(ngx_http_templrender_ctx_t *ctx,
    ngx_http_templrender_failure_t *failure);


void
ngx_http_templrender_fail(ngx_http_templrender_ctx_t *ctx,
    ngx_http_templrender_failure_t *failure)
{
    if (ctx->fallback) {

        /* the picture in the place of another: what is told is why of that */

        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "templrender: the fallback picture of %V/%V cannot be "
                      "drawn: %s", &ctx->tenant, &ctx->template,
                      ngx_http_templrender_failure_name(failure));

        templrender_error_free(failure->error);
        ngx_http_templrender_refuse(ctx, ctx->failure);
        return;
    }

    /* an error of the library's is freed with the context */

    ctx->failure = failure;

    if (failure->replaceable && ctx->bundle && ctx->instead == NULL
        && ngx_http_templrender_fall_back(ctx, failure))
    {
        return;
    }

    ngx_http_templrender_refuse(ctx, failure);
}


/* draws the fallback picture of the same template, variant and format */

static ngx_uint_t
ngx_http_templrender_fall_back(ngx_http_templrender_ctx_t *ctx,
    ngx_http_templrender_failure_t *failure)
{
    templrender_plan       *plan;
    templrender_error      *error;
    templrender_context     context;
    templrender_resources  *resources;

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
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "templrender: the fallback picture of %V/%V cannot be "
                      "planned: %s", &ctx->tenant, &ctx->template,
                      templrender_code_name(templrender_error_code(error)));
        templrender_error_free(error);
        return 0;
    }

    if (plan == NULL) {
        return 0;
    }

    ngx_http_templrender_failure_log(ctx, failure);

    templrender_resources_free(ctx->resources);
    templrender_plan_free(ctx->plan);

    ctx->plan = plan;
    ctx->resources = resources;
    ctx->valid = templrender_plan_valid_until(plan, &ctx->valid_until);
    ctx->instead = ngx_http_templrender_failure_name(failure);
    ctx->fallback = 1;
    ctx->detached = 1;
    ctx->tries = NGX_HTTP_TEMPLRENDER_TRIES;
    ctx->deadline_ns = templrender_monotonic_ns()
                       + NGX_HTTP_TEMPLRENDER_FALLBACK_MS * 1000000ULL;

    if (ctx->timer.timer_set) {
        ngx_del_timer(&ctx->timer);
    }

    ngx_http_templrender_count(ctx, NGX_HTTP_TEMPLRENDER_N_FALLBACK);

    ngx_http_templrender_round(ctx);

    return 1;
}


void
ngx_http_templrender_fail_code(ngx_http_templrender_ctx_t *ctx, int32_t code,
    ngx_uint_t retry_after, const char *place, const char *message)
{
    ngx_pool_t                      *pool;
    ngx_http_templrender_fault_t    *fault;
    ngx_http_templrender_failure_t  *failure;

    pool = ctx->request->pool;

    failure = ngx_pcalloc(pool, sizeof(ngx_http_templrender_failure_t));
    fault = ngx_pcalloc(pool, sizeof(ngx_http_templrender_fault_t));

    if (failure == NULL || fault == NULL) {
        ngx_http_templrender_end(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    fault->code = code;
    fault->place.data = (u_char *) place;
    fault->place.len = ngx_strlen(place);
    fault->message.data = (u_char *) message;
    fault->message.len = ngx_strlen(message);

    failure->status = ngx_http_templrender_code_status(code);
    failure->retry_after = retry_after;
    failure->faults = fault;
    failure->nfaults = 1;
    failure->replaceable = (code == NGX_HTTP_TEMPLRENDER_DEADLINE);

    ngx_http_templrender_fail(ctx, failure);
}


/* what the library found, with the status that its code has */

void
ngx_http_templrender_fail_error(ngx_http_templrender_ctx_t *ctx,
    templrender_error *error)
{
    ngx_http_templrender_failure_t  *failure;

    failure = ngx_pcalloc(ctx->request->pool,
                          sizeof(ngx_http_templrender_failure_t));

    if (failure == NULL || error == NULL) {
        templrender_error_free(error);
        ngx_http_templrender_end(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    failure->error = error;
    failure->status = templrender_code_http_status(
                          templrender_error_code(error));
    failure->replaceable = (failure->status == NGX_HTTP_BAD_GATEWAY
                            || failure->status == NGX_HTTP_GATEWAY_TIME_OUT);

    ngx_http_templrender_fail(ctx, failure);
}


/* the answer; what the URL itself is guilty of may be kept for a moment */

static void
ngx_http_templrender_refuse(ngx_http_templrender_ctx_t *ctx,
    ngx_http_templrender_failure_t *failure)
{
    u_char              *p;
    ngx_buf_t           *b;
    ngx_int_t            rc;
    ngx_str_t            json, keep, retry;
    const char          *name;
    ngx_chain_t          out;
    ngx_http_request_t  *r;

    r = ctx->request;
    name = ngx_http_templrender_failure_name(failure);

    ctx->status.data = (u_char *) name;
    ctx->status.len = ngx_strlen(name);

    if (ctx->instead == NULL) {
        ngx_http_templrender_failure_log(ctx, failure);
    }

    b = ngx_calloc_buf(r->pool);
    p = ngx_pnalloc(r->pool, sizeof("public, max-age=") + 2 * NGX_TIME_T_LEN);

    if (b == NULL || p == NULL
        || ngx_http_templrender_failure_json(ctx, failure, &json) != NGX_OK)
    {
        goto failed;
    }

    keep.data = p;

    if (failure->status == NGX_HTTP_BAD_REQUEST
        || failure->status == NGX_HTTP_NOT_FOUND)
    {
        p = ngx_sprintf(p, "public, max-age=%T", ctx->conf->short_age);

    } else {
        p = ngx_sprintf(p, "no-store");

        /*
         * An answer that nginx may not keep is given to one after another of
         * those who wait behind "proxy_cache_lock".  It comes before
         * Cache-Control, for the first of them is heeded, and is not passed on.
         */

        if (failure->status >= NGX_HTTP_INTERNAL_SERVER_ERROR
            && ngx_http_templrender_header_static(r, "X-Accel-Expires", "1")
               != NGX_OK)
        {
            goto failed;
        }
    }

    keep.len = p - keep.data;

    if (ngx_http_templrender_header(r, "Cache-Control", &keep, NULL) != NGX_OK
        || ngx_http_templrender_header_static(r, "X-Content-Type-Options",
                                              "nosniff")
           != NGX_OK
        || ngx_http_templrender_header(r, "X-Request-Id", &ctx->request_id,
                                       NULL)
           != NGX_OK)
    {
        goto failed;
    }

    if (failure->retry_after) {
        retry.data = p;
        retry.len = ngx_sprintf(p, "%ui", failure->retry_after) - p;

        if (ngx_http_templrender_header(r, "Retry-After", &retry, NULL)
            != NGX_OK)
        {
            goto failed;
        }
    }

    if (failure->status == NGX_HTTP_NOT_ALLOWED
        && ngx_http_templrender_header_static(r, "Allow", "GET, HEAD")
           != NGX_OK)
    {
        goto failed;
    }

    r->disable_not_modified = 1;
    r->headers_out.status = failure->status;
    r->headers_out.content_length_n = json.len;
    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        ngx_http_templrender_end(ctx, rc);
        return;
    }

    b->pos = json.data;
    b->last = json.data + json.len;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    ngx_http_templrender_end(ctx, ngx_http_output_filter(r, &out));

    return;

failed:

    ngx_http_templrender_end(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR);
}


static const char *
ngx_http_templrender_failure_name(ngx_http_templrender_failure_t *failure)
{
    return ngx_http_templrender_code_name(
               failure->error ? templrender_error_code(failure->error)
                              : failure->faults[0].code);
}


/*
 * Into the log of the cycle: that of a connection has the whole request line,
 * and a query is nobody's business.
 */

static void
ngx_http_templrender_failure_log(ngx_http_templrender_ctx_t *ctx,
    ngx_http_templrender_failure_t *failure)
{
    u_char      *p;
    ngx_str_t    message;
    ngx_uint_t   level;

    if (failure->status == NGX_HTTP_INTERNAL_SERVER_ERROR) {
        level = NGX_LOG_ERR;

    } else if (failure->status > NGX_HTTP_INTERNAL_SERVER_ERROR) {
        level = NGX_LOG_WARN;

    } else {
        level = NGX_LOG_INFO;
    }

    if (failure->error) {

        /* a bug may quote anything, but it is for this log alone */

        message = ngx_http_templrender_str(
                      templrender_error_message(failure->error));

        /* a line for each fault: the first one */

        p = ngx_strlchr(message.data, message.data + message.len, '\n');

        if (p) {
            message.len = p - message.data;
        }

        if (ngx_http_templrender_shown(ctx->request->pool, &message)
            != NGX_OK)
        {
            ngx_str_null(&message);
        }

    } else {
        message = failure->faults[0].message;
    }

    ngx_log_error(level, ngx_cycle->log, 0,
                  "templrender: %V/%V: %ui %s: %V, request %V", &ctx->tenant,
                  &ctx->template, failure->status,
                  ngx_http_templrender_failure_name(failure), &message,
                  &ctx->request_id);
}
