
/*
 * The first part of the way:
 *
 *     URL -> signature -> template -> rate of the tenant -> plan
 *         -> what the client has is fresh: 304
 *         -> its needs, by rounds of subrequests
 */


#include "ngx_http_templrender.h"


static ngx_int_t ngx_http_templrender_target(ngx_http_templrender_ctx_t *ctx,
    templrender_slice *target);
static ngx_uint_t ngx_http_templrender_verify(
    ngx_http_templrender_ctx_t *ctx);
static ngx_uint_t ngx_http_templrender_take(ngx_http_templrender_ctx_t *ctx);
static void ngx_http_templrender_skip(ngx_http_templrender_ctx_t *ctx,
    ngx_str_t *reason);


void
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

    /* a picture that is not whole may be so when it is asked for again */

    if (templrender_bundle_resources(ctx->bundle->handle, &ctx->resources,
                                     &error)
        != TEMPLRENDER_OK
        || templrender_resources_refuse_truncated(ctx->resources, &error)
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
