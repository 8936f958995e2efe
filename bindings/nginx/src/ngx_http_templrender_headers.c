
/*
 * What else stands above a picture: how long it may be kept, and the name of
 * the request.  The same as templrender serve has, byte for byte.
 */


#include "ngx_http_templrender.h"


/* RFC 8246 says a year for what never changes */
#define NGX_HTTP_TEMPLRENDER_YEAR  31536000


static ngx_uint_t ngx_http_templrender_harmless(ngx_str_t *id);
static ngx_uint_t ngx_http_templrender_immutable(
    ngx_http_templrender_ctx_t *ctx);


ngx_int_t
ngx_http_templrender_header(ngx_http_request_t *r, const char *key,
    ngx_str_t *value, ngx_table_elt_t **header)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
#if (nginx_version >= 1023000)
    h->next = NULL;
#endif
    h->key.data = (u_char *) key;
    h->key.len = ngx_strlen(key);
    h->value = *value;
    h->lowcase_key = NULL;

    if (header) {
        *header = h;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_templrender_header_static(ngx_http_request_t *r, const char *key,
    const char *value)
{
    ngx_str_t  v;

    v.data = (u_char *) value;
    v.len = ngx_strlen(value);

    return ngx_http_templrender_header(r, key, &v, NULL);
}


/* the client's own name where it is harmless, else nginx's */

ngx_int_t
ngx_http_templrender_request_id(ngx_http_request_t *r, ngx_str_t *id)
{
    ngx_str_t                   key, name;
    ngx_uint_t                  i;
    ngx_list_part_t            *part;
    ngx_http_variable_value_t  *v;

    ngx_str_set(&key, "X-Request-Id");

    part = &r->headers_in.headers.part;
    i = 0;

    if (ngx_http_templrender_next_header(&part, &i, &key, id) == NGX_OK
        && ngx_http_templrender_harmless(id))
    {
        return NGX_OK;
    }

    ngx_str_set(&name, "request_id");

    v = ngx_http_get_variable(r, &name, ngx_hash_key(name.data, name.len));

    if (v == NULL || v->not_found) {
        return NGX_ERROR;
    }

    id->data = v->data;
    id->len = v->len;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_templrender_harmless(ngx_str_t *id)
{
    u_char  c;
    size_t  i;

    if (id->len == 0 || id->len > 64) {
        return 0;
    }

    for (i = 0; i < id->len; i++) {
        c = id->data[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.'))
        {
            return 0;
        }
    }

    return 1;
}


ngx_int_t
ngx_http_templrender_next_header(ngx_list_part_t **part, ngx_uint_t *i,
    ngx_str_t *key, ngx_str_t *value)
{
    ngx_table_elt_t  *header;

    for ( ;; ) {

        while (*i >= (*part)->nelts) {

            if ((*part)->next == NULL) {
                return NGX_DECLINED;
            }

            *part = (*part)->next;
            *i = 0;
        }

        header = (ngx_table_elt_t *) (*part)->elts + (*i)++;

        if (header->key.len == key->len
            && ngx_strncasecmp(header->key.data, key->data, key->len) == 0)
        {
            *value = header->value;
            return NGX_OK;
        }
    }
}


/*
 * Cache-Control: for a moment where something is missing or stands in for it,
 * for ever where the URL names its bytes, and never beyond the moment from
 * which on the row is drawn otherwise.
 */

ngx_int_t
ngx_http_templrender_keep(ngx_http_templrender_ctx_t *ctx, time_t left,
    ngx_uint_t whole)
{
    u_char                           *p;
    time_t                            until, rest, revalidate, if_error;
    ngx_str_t                         value;
    ngx_http_templrender_loc_conf_t  *conf;

    conf = ctx->conf;

    value.data = ngx_pnalloc(ctx->request->pool,
                             sizeof("public, max-age=, "
                                    "stale-while-revalidate=, "
                                    "stale-if-error=")
                             + 3 * NGX_TIME_T_LEN);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    until = NGX_MAX_TIME_T_VALUE;

    if (ctx->valid) {
        until = (time_t) (ctx->valid_until - ctx->now);
        until = ngx_max(until, 0);
    }

    revalidate = 0;
    if_error = 0;

    if (ctx->fallback) {
        left = ctx->valid ? ngx_min(conf->short_age, 1) : conf->short_age;
        p = ngx_sprintf(value.data, "public, max-age=%T", left);

    } else if (!whole) {
        left = ngx_min(ngx_min(left, conf->short_age), until);
        p = ngx_sprintf(value.data, "public, max-age=%T", left);

    } else if (!ctx->valid && ngx_http_templrender_immutable(ctx)) {
        p = ngx_sprintf(value.data, "public, max-age=%d, immutable",
                        NGX_HTTP_TEMPLRENDER_YEAR);

    } else {
        left = ngx_min(left, until);
        rest = until - left;
        revalidate = ngx_min(conf->stale_while_revalidate, rest);
        if_error = ngx_min(conf->stale_if_error, rest);

        p = ngx_sprintf(value.data, "public, max-age=%T", left);

        if (revalidate) {
            p = ngx_sprintf(p, ", stale-while-revalidate=%T", revalidate);
        }

        if (if_error) {
            p = ngx_sprintf(p, ", stale-if-error=%T", if_error);
        }
    }

    value.len = p - value.data;

    return ngx_http_templrender_header(ctx->request, "Cache-Control", &value,
                                       NULL);
}


/* the URL names the version, and nothing in the picture can change */

static ngx_uint_t
ngx_http_templrender_immutable(ngx_http_templrender_ctx_t *ctx)
{
    ngx_queue_t                   *q;
    ngx_http_templrender_fetch_t  *fetch;

    if (ctx->digest.len == 0) {
        return 0;
    }

    if (ctx->nplaces && ngx_queue_empty(&ctx->fetches)) {
        /* known to be fresh, but not what of */
        return 0;
    }

    for (q = ngx_queue_head(&ctx->fetches);
         q != ngx_queue_sentinel(&ctx->fetches);
         q = ngx_queue_next(q))
    {
        fetch = ngx_queue_data(q, ngx_http_templrender_fetch_t, queue);

        if (!fetch->immutable) {
            return 0;
        }
    }

    return 1;
}
