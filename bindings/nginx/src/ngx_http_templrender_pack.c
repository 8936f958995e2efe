
/*
 * A template that is not here: "template@digest" is fetched by a subrequest as
 * a pack, opened on the thread pool, and must have the version that the URL
 * names.
 */


#include "ngx_http_templrender.h"


static void ngx_http_templrender_pack_open(void *data, ngx_log_t *log);


/* asks for LOCATION/TENANT/TEMPLATE@DIGEST.zip */

void
ngx_http_templrender_pack_fetch(ngx_http_templrender_ctx_t *ctx)
{
    u_char                        *p;
    ngx_str_t                      uri;
    ngx_http_request_t            *r;
    ngx_http_templrender_fetch_t  *fetch;

    r = ctx->request;

    fetch = ngx_pcalloc(r->pool, sizeof(ngx_http_templrender_fetch_t));

    uri.len = ctx->conf->pack.len + 1 + ctx->tenant.len + 1
              + ctx->template.len + 1 + ctx->digest.len + sizeof(".zip") - 1;
    uri.data = ngx_pnalloc(r->pool, uri.len);

    if (fetch == NULL || uri.data == NULL) {
        ngx_http_templrender_end(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    p = ngx_sprintf(uri.data, "%V/%V/%V@%V.zip", &ctx->conf->pack,
                    &ctx->tenant, &ctx->template, &ctx->digest);
    uri.len = p - uri.data;

    fetch->ctx = ctx;
    fetch->limit = ctx->main_conf->pack_cache;

    ngx_queue_insert_tail(&ctx->fetches, &fetch->queue);

    ctx->state = NGX_HTTP_TEMPLRENDER_FETCHING_PACK;
    ctx->active = 1;

    if (ngx_http_templrender_fetch(fetch, &uri) != NGX_OK) {
        ngx_http_templrender_end(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR);
    }
}


void
ngx_http_templrender_pack_fetched(ngx_http_templrender_ctx_t *ctx)
{
    ngx_http_templrender_fetch_t  *fetch;

    fetch = ngx_queue_data(ngx_queue_head(&ctx->fetches),
                           ngx_http_templrender_fetch_t, queue);

    if (ctx->no_memory) {
        ngx_http_templrender_count(ctx, NGX_HTTP_TEMPLRENDER_N_SHED_MEMORY);
        ngx_http_templrender_fail_code(ctx, NGX_HTTP_TEMPLRENDER_OVERLOADED,
                                       1, "", "pictures that wait to be drawn "
                                       "take all the memory that they may");
        return;
    }

    if (fetch->status == NGX_HTTP_OK && !fetch->too_large && !fetch->broken) {
        ctx->state = NGX_HTTP_TEMPLRENDER_OPENING_PACK;
        ngx_http_templrender_post(ctx, ngx_http_templrender_pack_open);
        return;
    }

    ngx_http_templrender_count(ctx, NGX_HTTP_TEMPLRENDER_N_PACK_FAILED);

    if (fetch->status == NGX_HTTP_NOT_FOUND && !fetch->broken) {
        ngx_http_templrender_fail_code(ctx,
            NGX_HTTP_TEMPLRENDER_UNKNOWN_TEMPLATE, 0, "template",
            "no template of this name and version is here");
        return;
    }

    ngx_http_templrender_fail_code(ctx, TEMPLRENDER_MISSING_RESOURCE, 0,
        "template", fetch->too_large
                    ? "the template's pack is larger than the limit"
                    : fetch->late ? "the template's pack was not there in time"
                                  : "the template's pack could not be fetched");
}


/* on a thread */

static void
ngx_http_templrender_pack_open(void *data, ngx_log_t *log)
{
    ngx_http_templrender_ctx_t *ctx = data;

    ngx_str_t                      bytes;
    templrender_pack              *pack;
    ngx_http_templrender_fetch_t  *fetch;

    (void) log;

    fetch = ngx_queue_data(ngx_queue_head(&ctx->fetches),
                           ngx_http_templrender_fetch_t, queue);

    bytes.data = fetch->data;
    bytes.len = fetch->len;

    if (templrender_pack_from_zip(ngx_http_templrender_slice(&bytes), NULL,
                                  &pack, &ctx->error)
        != TEMPLRENDER_OK)
    {
        return;
    }

    (void) templrender_bundle_open(pack, ctx->main_conf->fonts, ctx->now,
                                   &ctx->opened, &ctx->error);

    templrender_pack_free(pack);
}


void
ngx_http_templrender_pack_opened(ngx_http_templrender_ctx_t *ctx)
{
    ngx_str_t                      version, message;
    templrender_bundle            *handle;
    ngx_http_templrender_fetch_t  *fetch;

    handle = ctx->opened;
    ctx->opened = NULL;

    if (handle == NULL) {
        message = ngx_http_templrender_str(
                      templrender_error_message(ctx->error));
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "templrender: the pack of %V/%V@%V: %V", &ctx->tenant,
                      &ctx->template, &ctx->digest, &message);

        templrender_error_free(ctx->error);
        ctx->error = NULL;

        ngx_http_templrender_count(ctx, NGX_HTTP_TEMPLRENDER_N_PACK_FAILED);
        ngx_http_templrender_fail_code(ctx, TEMPLRENDER_BAD_PACK, 0,
            "template", "the template's pack cannot be opened");
        return;
    }

    version = ngx_http_templrender_str(templrender_bundle_version(handle));

    if (version.len != ctx->digest.len
        || ngx_strncmp(version.data, ctx->digest.data, version.len) != 0)
    {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "templrender: the pack of %V/%V@%V has version %V",
                      &ctx->tenant, &ctx->template, &ctx->digest, &version);

        templrender_bundle_free(handle);

        ngx_http_templrender_count(ctx, NGX_HTTP_TEMPLRENDER_N_PACK_FAILED);
        ngx_http_templrender_fail_code(ctx, TEMPLRENDER_BAD_PACK, 0,
            "template", "the template's pack has another version");
        return;
    }

    ngx_http_templrender_count(ctx, NGX_HTTP_TEMPLRENDER_N_PACK_FETCHED);

    ctx->bundle = ngx_http_templrender_packs_put(ctx, handle);

    if (ctx->bundle == NULL) {
        ngx_http_templrender_end(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    /* its bytes are no picture of the plan's */

    fetch = ngx_queue_data(ngx_queue_head(&ctx->fetches),
                           ngx_http_templrender_fetch_t, queue);

    ngx_queue_init(&ctx->fetches);

    if (fetch->data) {
        (void) ngx_pfree(ctx->request->pool, fetch->data);
        ngx_http_templrender_release(ctx);
    }

    ngx_http_templrender_plan(ctx);
}
