
/*
 * The bytes of captured answers, within what one of them, all of a request, and
 * all requests of a worker may have.
 */


#include "ngx_http_templrender.h"


/* bytes of answers that all requests of this worker hold */

static size_t  ngx_http_templrender_held;


ngx_int_t
ngx_http_templrender_capture(ngx_http_templrender_fetch_t *fetch,
    u_char *data, size_t len)
{
    size_t                       size;
    ngx_http_templrender_ctx_t  *ctx;

    if (len > fetch->size - fetch->len) {

        if (len > fetch->limit || fetch->len > fetch->limit - len) {
            fetch->too_large = 1;
            return NGX_ERROR;
        }

        /* twice as much, but never more than it may be */

        ctx = fetch->ctx;

        size = ngx_max(fetch->size * 2, 65536);
        size = ngx_min(size, fetch->limit);

        if (fetch->url) {
            size = ngx_min(size, fetch->size
                                 + ctx->conf->max_pictures - ctx->captured);
        }

        size = ngx_max(size, fetch->len + len);

        if (ngx_http_templrender_reserve(fetch, size) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    ngx_memcpy(fetch->data + fetch->len, data, len);
    fetch->len += len;

    return NGX_OK;
}


/* room for so many bytes, within what one picture and all together may have */

ngx_int_t
ngx_http_templrender_reserve(ngx_http_templrender_fetch_t *fetch, size_t size)
{
    u_char                      *p;
    ngx_pool_t                  *pool;
    ngx_http_templrender_ctx_t  *ctx;

    ctx = fetch->ctx;
    pool = ctx->request->pool;

    if (size > fetch->limit) {
        fetch->too_large = 1;
        return NGX_ERROR;
    }

    if (fetch->url
        && size - fetch->size > ctx->conf->max_pictures - ctx->captured)
    {
        fetch->limit = ctx->conf->max_pictures - ctx->captured + fetch->size;
        fetch->too_large = 1;
        return NGX_ERROR;
    }

    if (ngx_http_templrender_held + size - fetch->size
        > ctx->conf->max_memory)
    {
        ctx->no_memory = 1;
        return NGX_ERROR;
    }

    p = ngx_palloc(pool, size);
    if (p == NULL) {
        ctx->no_memory = 1;
        return NGX_ERROR;
    }

    ngx_http_templrender_held += size - fetch->size;
    ctx->held += size - fetch->size;

    if (fetch->data) {
        ngx_memcpy(p, fetch->data, fetch->len);
        (void) ngx_pfree(pool, fetch->data);
    }

    if (fetch->url) {
        ctx->captured += size - fetch->size;
    }

    fetch->data = p;
    fetch->size = size;

    return NGX_OK;
}


/* a request is over: what it held is free again */

void
ngx_http_templrender_release(ngx_http_templrender_ctx_t *ctx)
{
    ngx_http_templrender_held -= ctx->held;
    ctx->held = 0;
}
