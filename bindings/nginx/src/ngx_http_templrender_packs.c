
/*
 * A worker's cache of packs: templates that no folder has, the ones that were
 * used last, by the bytes that they hold.
 *
 * The event loop alone touches it, so it has no lock.  A request holds the
 * template that it draws with: what is put out of the cache meanwhile is freed
 * with the last of them.
 */


#include "ngx_http_templrender.h"


typedef struct {
    ngx_rbtree_t        rbtree;
    ngx_rbtree_node_t   sentinel;
    ngx_queue_t         queue;         /* used last first */
    size_t              bytes;
    size_t              limit;
} ngx_http_templrender_packs_t;


static void ngx_http_templrender_packs_evict(
    ngx_http_templrender_bundle_t *bundle);
static void ngx_http_templrender_packs_free(
    ngx_http_templrender_bundle_t *bundle);
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

ngx_http_templrender_bundle_t *
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
