
/*
 * One picture, or pack, by a background subrequest to an internal location:
 * proxying, caching and collapsing are nginx's.
 *
 * Plain subrequests that end out of order keep what they have sent until their
 * turn comes.  Background subrequests do not wake their parent: the post
 * handler does.
 *
 * Nothing of the client's headers is in a subrequest, whatever the location
 * passes on.
 */


#include "ngx_http_templrender.h"


static ngx_int_t ngx_http_templrender_fetched(ngx_http_request_t *r,
    void *data, ngx_int_t rc);
static void ngx_http_templrender_fetch_figures(
    ngx_http_templrender_fetch_t *fetch);


ngx_int_t
ngx_http_templrender_fetch(ngx_http_templrender_fetch_t *fetch,
    ngx_str_t *uri)
{
    ngx_http_request_t          *r, *sr;
    ngx_http_headers_in_t        headers_in;
    ngx_http_post_subrequest_t  *ps;

    r = fetch->ctx->request;

    ps = ngx_palloc(r->pool, sizeof(ngx_http_post_subrequest_t));
    if (ps == NULL) {
        return NGX_ERROR;
    }

    ps->handler = ngx_http_templrender_fetched;
    ps->data = fetch;

    fetch->start = ngx_current_msec;
    fetch->announced = -1;

    if (ngx_http_subrequest(r, uri, NULL, &sr, ps,
                            NGX_HTTP_SUBREQUEST_BACKGROUND)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    fetch->request = sr;

    ngx_memzero(&headers_in, sizeof(ngx_http_headers_in_t));

    if (ngx_list_init(&headers_in.headers, r->pool, 1,
                      sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    headers_in.server = r->headers_in.server;
    headers_in.content_length_n = -1;
    headers_in.keep_alive_n = -1;

    sr->headers_in = headers_in;

    if (fetch->url) {

        /*
         * A forward proxy needs the whole URL in the request line.  "proxy_pass
         * http://squid;" sends it as it stands, escapes and all.
         */

        sr->unparsed_uri = ngx_http_templrender_str(
                               templrender_url_text(fetch->url));
        sr->valid_unparsed_uri = 1;
    }

    return NGX_OK;
}


/* the fetch whose subrequest it is, or NULL */

ngx_http_templrender_fetch_t *
ngx_http_templrender_fetch_of(ngx_http_request_t *r)
{
    ngx_queue_t                   *q;
    ngx_http_templrender_ctx_t    *ctx;
    ngx_http_templrender_fetch_t  *fetch;

    if (r == r->main || !r->background) {
        return NULL;
    }

    ctx = ngx_http_get_module_ctx(r->main, ngx_http_templrender_module);

    if (ctx == NULL) {
        return NULL;
    }

    for (q = ngx_queue_last(&ctx->fetches);
         q != ngx_queue_sentinel(&ctx->fetches);
         q = ngx_queue_prev(q))
    {
        fetch = ngx_queue_data(q, ngx_http_templrender_fetch_t, queue);

        if (fetch->request == r) {
            return fetch;
        }
    }

    return NULL;
}


/*
 * A subrequest has ended.  Whatever became of it, the request goes on: an error
 * that is passed on would end it.
 */

static ngx_int_t
ngx_http_templrender_fetched(ngx_http_request_t *r, void *data, ngx_int_t rc)
{
    ngx_http_templrender_fetch_t *fetch = data;

    ngx_http_templrender_ctx_t  *ctx;

    ctx = fetch->ctx;

    if (fetch->done) {
        return NGX_OK;
    }

    fetch->done = 1;
    fetch->rc = rc;
    fetch->took = ngx_current_msec - fetch->start;

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {

        /* nginx's own word: nobody answered, or not in time */

        if (fetch->status == 0) {
            r->headers_out.status = rc;
        }

        fetch->late = (rc == NGX_HTTP_GATEWAY_TIME_OUT
                       || rc == NGX_HTTP_REQUEST_TIME_OUT);
        fetch->broken = (rc == NGX_HTTP_BAD_GATEWAY);

        if (fetch->status == 0 || fetch->status == NGX_HTTP_OK) {
            fetch->status = rc;
        }

    } else if (rc != NGX_OK) {
        fetch->broken = 1;
    }

    if (fetch->status == NGX_HTTP_GATEWAY_TIME_OUT) {
        fetch->late = 1;
    }

    if (fetch->status == NGX_HTTP_OK
        && (!fetch->whole || (fetch->announced >= 0
                              && (off_t) fetch->len != fetch->announced)))
    {
        fetch->broken = 1;
    }

#if (NGX_HTTP_CACHE)
    if (r->upstream) {

        switch (r->upstream->cache_status) {

        case NGX_HTTP_CACHE_HIT:
            fetch->hit = 1;
            break;

        case NGX_HTTP_CACHE_UPDATING:
            fetch->hit = 1;
            fetch->old = 1;
            break;

        case NGX_HTTP_CACHE_STALE:
            /* another request may have waited for the origin in vain */
            fetch->old = 1;
            break;
        }
    }
#endif

    ngx_http_templrender_judge(fetch);
    ngx_http_templrender_fetch_figures(fetch);

    ctx->active--;

    if (ctx->detached) {
        return NGX_OK;
    }

    if (fetch->took > ctx->fetch_ms) {
        ctx->fetch_ms = fetch->took;
    }

    /* a background subrequest does not wake its parent */

    return ngx_http_post_request(ctx->request, NULL);
}


static void
ngx_http_templrender_fetch_figures(ngx_http_templrender_fetch_t *fetch)
{
    ngx_http_templrender_ctx_t      *ctx;
    ngx_http_templrender_counter_e   counter;

    ctx = fetch->ctx;

    if (fetch->url == NULL) {
        /* a pack */
        return;
    }

    if (fetch->code == TEMPLRENDER_OK) {
        counter = fetch->hit ? NGX_HTTP_TEMPLRENDER_N_FETCH_HIT
                             : NGX_HTTP_TEMPLRENDER_N_FETCH_FETCHED;

    } else if (fetch->late || fetch->broken || fetch->status >= 500) {
        counter = NGX_HTTP_TEMPLRENDER_N_FETCH_FAILED;

    } else {
        counter = NGX_HTTP_TEMPLRENDER_N_FETCH_REFUSED;
    }

    ngx_http_templrender_count(ctx, counter);

    if (!fetch->hit) {
        ngx_http_templrender_observe(ctx, NGX_HTTP_TEMPLRENDER_H_FETCH,
                                     (uint64_t) fetch->took * 1000);
        ngx_http_templrender_zone_fetched(ctx, fetch->took);
    }
}


/*
 * Ends a fetch that nobody waits for any more, as if its server had not been
 * heard of for too long: one that sends a byte now and then could hold a
 * request for hours.
 */

void
ngx_http_templrender_fetch_abort(ngx_http_templrender_fetch_t *fetch)
{
    ngx_event_t          *rev;
    ngx_http_upstream_t  *u;

    if (fetch->done || fetch->request == NULL) {
        return;
    }

    u = fetch->request->upstream;

    if (u == NULL || u->peer.connection == NULL) {
        /* it waits for a name or a lock, which have times of their own */
        return;
    }

    rev = u->peer.connection->read;

    if (rev->timer_set) {
        ngx_del_timer(rev);
    }

    rev->delayed = 0;
    rev->timedout = 1;

    ngx_post_event(rev, &ngx_posted_events);
}
