
/*
 * Templates that no folder has: "template@digest" is fetched by a subrequest as
 * a pack, opened on the thread pool, and kept in a list of those that were used
 * last, by the bytes that they hold.
 *
 * The list is that of one worker and is touched by its event loop alone, so it
 * has no lock.  A request holds the template that it draws with: what is put
 * out of the list meanwhile is freed with the last of them.
 */


#include "ngx_http_templrender.h"


typedef struct {
    ngx_rbtree_t        rbtree;
    ngx_rbtree_node_t   sentinel;
    ngx_queue_t         queue;         /* used last first */
    size_t              bytes;
    size_t              limit;
} ngx_http_templrender_packs_t;


static ngx_http_templrender_bundle_t *ngx_http_templrender_packs_put(
    ngx_http_templrender_ctx_t *ctx, templrender_bundle *handle);
static void ngx_http_templrender_packs_evict(
    ngx_http_templrender_bundle_t *bundle);
static void ngx_http_templrender_packs_free(
    ngx_http_templrender_bundle_t *bundle);
static void ngx_http_templrender_pack_open(void *data, ngx_log_t *log);
static ngx_int_t ngx_http_templrender_packs_key(
    ngx_http_templrender_ctx_t *ctx, ngx_str_t *key);


static ngx_http_templrender_packs_t  ngx_http_templrender_packs;


void
ngx_http_templrender_packs_init(size_t limit)
{
    ngx_http_templrender_packs_t  *packs = &ngx_http_templrender_packs;

    /* a reload in a single process: what is kept stays */

    packs->limit = limit;

    if (packs->queue.next == NULL) {
        ngx_rbtree_init(&packs->rbtree, &packs->sentinel,
                        ngx_str_rbtree_insert_value);
        ngx_queue_init(&packs->queue);
    }
}


void
ngx_http_templrender_packs_exit(void)
{
    ngx_http_templrender_packs_t  *packs = &ngx_http_templrender_packs;

    while (packs->queue.next && !ngx_queue_empty(&packs->queue)) {
        ngx_http_templrender_packs_evict(
            ngx_queue_data(ngx_queue_last(&packs->queue),
                           ngx_http_templrender_bundle_t, queue));
    }
}


ngx_http_templrender_bundle_t *
ngx_http_templrender_packs_get(ngx_http_templrender_ctx_t *ctx)
{
    ngx_str_t                       key;
    ngx_str_node_t                 *node;
    ngx_http_templrender_packs_t   *packs;
    ngx_http_templrender_bundle_t  *bundle;

    packs = &ngx_http_templrender_packs;

    if (ngx_http_templrender_packs_key(ctx, &key) != NGX_OK) {
        return NULL;
    }

    node = ngx_str_rbtree_lookup(&packs->rbtree, &key,
                                 ngx_crc32_long(key.data, key.len));
    if (node == NULL) {
        return NULL;
    }

    bundle = (ngx_http_templrender_bundle_t *)
                 ((u_char *) node
                  - offsetof(ngx_http_templrender_bundle_t, node));

    ngx_queue_remove(&bundle->queue);
    ngx_queue_insert_head(&packs->queue, &bundle->queue);

    bundle->refs++;

    return bundle;
}


void
ngx_http_templrender_packs_release(ngx_http_templrender_bundle_t *bundle)
{
    if (bundle->pack && --bundle->refs == 0) {
        ngx_http_templrender_packs_free(bundle);
    }
}


/* an opened pack: the request's, and the list's if there is room for it */

static ngx_http_templrender_bundle_t *
ngx_http_templrender_packs_put(ngx_http_templrender_ctx_t *ctx,
    templrender_bundle *handle)
{
    ngx_str_t                        key;
    ngx_http_templrender_packs_t    *packs;
    ngx_http_templrender_bundle_t   *bundle;
    ngx_http_templrender_process_t  *process;

    packs = &ngx_http_templrender_packs;

    /* another request may have been faster */

    bundle = ngx_http_templrender_packs_get(ctx);

    if (bundle) {
        templrender_bundle_free(handle);
        return bundle;
    }

    if (ngx_http_templrender_packs_key(ctx, &key) != NGX_OK) {
        templrender_bundle_free(handle);
        return NULL;
    }

    bundle = ngx_calloc(sizeof(ngx_http_templrender_bundle_t) + key.len,
                        ctx->request->connection->log);
    if (bundle == NULL) {
        templrender_bundle_free(handle);
        return NULL;
    }

    bundle->handle = handle;
    bundle->version = ngx_http_templrender_str(
                          templrender_bundle_version(handle));
    bundle->bytes = templrender_bundle_bytes(handle);
    bundle->pack = 1;
    bundle->refs = 1;

    if (bundle->bytes > packs->limit) {
        return bundle;
    }

    while (packs->bytes > packs->limit - bundle->bytes) {
        ngx_http_templrender_packs_evict(
            ngx_queue_data(ngx_queue_last(&packs->queue),
                           ngx_http_templrender_bundle_t, queue));
        ngx_http_templrender_count(ctx,
                                   NGX_HTTP_TEMPLRENDER_N_PACK_EVICTED);
    }

    bundle->node.str.data = (u_char *) bundle
                            + sizeof(ngx_http_templrender_bundle_t);
    bundle->node.str.len = key.len;
    ngx_memcpy(bundle->node.str.data, key.data, key.len);
    bundle->node.node.key = ngx_crc32_long(key.data, key.len);

    ngx_rbtree_insert(&packs->rbtree, &bundle->node.node);
    ngx_queue_insert_head(&packs->queue, &bundle->queue);

    packs->bytes += bundle->bytes;
    bundle->refs++;

    process = ngx_http_templrender_process(ctx->main_conf);

    if (process) {
        process->pack_bytes = packs->bytes;
    }

    return bundle;
}


static void
ngx_http_templrender_packs_evict(ngx_http_templrender_bundle_t *bundle)
{
    ngx_rbtree_delete(&ngx_http_templrender_packs.rbtree, &bundle->node.node);
    ngx_queue_remove(&bundle->queue);

    ngx_http_templrender_packs.bytes -= bundle->bytes;

    ngx_http_templrender_packs_release(bundle);
}


static void
ngx_http_templrender_packs_free(ngx_http_templrender_bundle_t *bundle)
{
    templrender_bundle_free(bundle->handle);
    ngx_free(bundle);
}


static ngx_int_t
ngx_http_templrender_packs_key(ngx_http_templrender_ctx_t *ctx,
    ngx_str_t *key)
{
    key->data = ngx_pnalloc(ctx->request->pool,
                            ctx->tenant.len + 1 + ctx->template.len + 1
                            + ctx->digest.len);
    if (key->data == NULL) {
        return NGX_ERROR;
    }

    key->len = ngx_sprintf(key->data, "%V/%V@%V", &ctx->tenant,
                           &ctx->template, &ctx->digest)
               - key->data;

    return NGX_OK;
}


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
    }

    ngx_http_templrender_plan(ctx);
}
