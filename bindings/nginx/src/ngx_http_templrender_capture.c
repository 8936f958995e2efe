
/*
 * The answers to subrequests, captured by filters of our own.
 *
 * NGX_HTTP_SUBREQUEST_IN_MEMORY would cut the client's connection where an
 * answer is larger than subrequest_output_buffer_size.
 */


#include "ngx_http_templrender.h"


static ngx_int_t ngx_http_templrender_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_templrender_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static void ngx_http_templrender_stop(ngx_http_request_t *r,
    ngx_http_templrender_fetch_t *fetch);
static ngx_int_t ngx_http_templrender_input_filter_init(void *data);
static ngx_int_t ngx_http_templrender_input_filter(ngx_event_pipe_t *p,
    ngx_buf_t *buf);
static ngx_uint_t ngx_http_templrender_is_immutable(ngx_http_request_t *r);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


ngx_int_t
ngx_http_templrender_filter_init(ngx_conf_t *cf)
{
    (void) cf;

    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_templrender_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_templrender_body_filter;

    return NGX_OK;
}


static ngx_int_t
ngx_http_templrender_header_filter(ngx_http_request_t *r)
{
    ngx_http_upstream_t           *u;
    ngx_http_templrender_fetch_t  *fetch;

    fetch = ngx_http_templrender_fetch_of(r);

    if (fetch == NULL) {
        return ngx_http_next_header_filter(r);
    }

    fetch->status = r->headers_out.status;
    fetch->immutable = ngx_http_templrender_is_immutable(r);

    /* files of a cache are read, not sent */

    r->filter_need_in_memory = 1;
    r->header_sent = 1;

    if (fetch->status != NGX_HTTP_OK || fetch->ctx->detached) {
        return NGX_OK;
    }

    u = r->upstream;

    if (u && u->buffering && u->pipe && u->pipe->input_ctx == r) {
        fetch->input_filter_init = u->input_filter_init;
        u->input_filter_init = ngx_http_templrender_input_filter_init;
    }

    fetch->announced = r->headers_out.content_length_n;

    if (fetch->announced > 0
        && ngx_http_templrender_reserve(fetch, (size_t) fetch->announced)
           != NGX_OK)
    {
        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    return NGX_OK;
}


/* an error that a body filter returns ends the client's connection: none is */

static ngx_int_t
ngx_http_templrender_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_buf_t                     *b;
    ngx_http_templrender_fetch_t  *fetch;

    fetch = ngx_http_templrender_fetch_of(r);

    if (fetch == NULL) {
        return ngx_http_next_body_filter(r, in);
    }

    for ( /* void */ ; in; in = in->next) {
        b = in->buf;

        /* where an answer ends early, this buffer does not come */

        if (b->last_in_chain || b->last_buf) {
            fetch->whole = 1;
        }

        if (ngx_buf_in_memory(b)) {

            if (fetch->status == NGX_HTTP_OK && !fetch->stopped
                && !fetch->ctx->detached
                && ngx_http_templrender_capture(fetch, b->pos,
                                                b->last - b->pos)
                   != NGX_OK)
            {
                ngx_http_templrender_stop(r, fetch);
            }

            b->pos = b->last;
        }

        if (b->in_file) {
            b->file_pos = b->file_last;
        }
    }

    return NGX_OK;
}


/* the rest is not wanted */

static void
ngx_http_templrender_stop(ngx_http_request_t *r,
    ngx_http_templrender_fetch_t *fetch)
{
    ngx_http_upstream_t  *u;

    fetch->stopped = 1;
    u = r->upstream;

    if (u && !u->buffering) {
        u->length = 0;
    }
}


/*
 * nginx passes nothing of a background subrequest to its filters before all of
 * it is there, in memory and then in a file: so what is too large is stopped
 * where it comes in.  What surrounds chunks is counted too, hence the
 * allowance; the limit itself is kept by the body filter.
 */

static ngx_int_t
ngx_http_templrender_input_filter_init(void *data)
{
    ngx_http_request_t *r = data;

    ngx_http_upstream_t           *u;
    ngx_http_templrender_fetch_t  *fetch;

    u = r->upstream;
    fetch = ngx_http_templrender_fetch_of(r);

    if (fetch == NULL) {
        return NGX_ERROR;
    }

    u->input_filter_init = fetch->input_filter_init;

    if (u->input_filter_init && u->input_filter_init(data) != NGX_OK) {
        return NGX_ERROR;
    }

    fetch->input_filter = u->pipe->input_filter;
    u->pipe->input_filter = ngx_http_templrender_input_filter;

    return NGX_OK;
}


static ngx_int_t
ngx_http_templrender_input_filter(ngx_event_pipe_t *p, ngx_buf_t *buf)
{
    size_t                         most;
    ngx_http_templrender_fetch_t  *fetch;

    fetch = ngx_http_templrender_fetch_of(p->input_ctx);

    if (fetch == NULL) {
        return NGX_ERROR;
    }

    fetch->received += buf->last - buf->pos;
    most = fetch->limit + fetch->limit / 8 + 65536;

    if (fetch->received > most) {
        fetch->too_large = 1;
        return NGX_ERROR;
    }

    return fetch->input_filter(p, buf);
}


static ngx_uint_t
ngx_http_templrender_is_immutable(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    part = &r->headers_out.headers.part;
    header = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {

            if (part->next == NULL) {
                return 0;
            }

            part = part->next;
            header = part->elts;
            i = 0;
        }

        if (header[i].hash == 0
            || header[i].key.len != sizeof("Cache-Control") - 1
            || ngx_strncasecmp(header[i].key.data,
                               (u_char *) "Cache-Control",
                               sizeof("Cache-Control") - 1)
               != 0)
        {
            continue;
        }

        if (ngx_strlcasestrn(header[i].value.data,
                             header[i].value.data + header[i].value.len,
                             (u_char *) "immutable",
                             sizeof("immutable") - 2)
            != NULL)
        {
            return 1;
        }
    }
}
