
/*
 * Entity tags: what a picture has, and whether the client has it.
 */


#include "ngx_http_templrender.h"


/* half of the plan's key and half of that of the pictures in it */

void
ngx_http_templrender_etag(ngx_http_templrender_ctx_t *ctx,
    templrender_key *resources, u_char *etag)
{
    *etag++ = '"';
    etag = ngx_hex_dump(etag, ctx->key.bytes, 8);
    *etag++ = '-';
    etag = ngx_hex_dump(etag, resources->bytes, 8);
    *etag = '"';
}


/*
 * Whether If-None-Match names this tag, by the weak comparison that RFC 9110
 * (13.1.2) asks for.  What cannot be read names nothing.
 */

ngx_uint_t
ngx_http_templrender_none_match(ngx_str_t *list, u_char *etag)
{
    u_char  *p, *last, *tag, *end;
    size_t   len;

    p = list->data;
    last = p + list->len;

    while (p < last && (*p == ' ' || *p == '\t')) {
        p++;
    }

    while (p < last && (last[-1] == ' ' || last[-1] == '\t')) {
        last--;
    }

    if (last - p == 1 && *p == '*') {
        return 1;
    }

    len = NGX_HTTP_TEMPLRENDER_ETAG_LEN;

    while (p < last) {

        while (p < last && (*p == ' ' || *p == '\t' || *p == ',')) {
            p++;
        }

        if (last - p > 2 && p[0] == 'W' && p[1] == '/') {
            p += 2;
        }

        if (p == last || *p != '"') {
            return 0;
        }

        tag = p++;
        end = ngx_strlchr(p, last, '"');

        if (end == NULL) {
            return 0;
        }

        p = end + 1;

        if ((size_t) (p - tag) == len && ngx_memcmp(tag, etag, len) == 0) {
            return 1;
        }

        while (p < last && (*p == ' ' || *p == '\t')) {
            p++;
        }

        if (p < last && *p != ',') {
            return 0;
        }
    }

    return 0;
}


/* all fields of that name, one after another */

ngx_int_t
ngx_http_templrender_read_none_match(ngx_http_request_t *r, ngx_str_t *list)
{
    u_char           *p;
    ngx_str_t         value, key, all;
    ngx_uint_t        i;
    ngx_list_part_t  *part;

    ngx_str_set(&key, "If-None-Match");
    ngx_str_null(&all);

    part = &r->headers_in.headers.part;
    i = 0;

    while (ngx_http_templrender_next_header(&part, &i, &key, &value)
           == NGX_OK)
    {
        if (all.len == 0) {
            all = value;
            continue;
        }

        p = ngx_pnalloc(r->pool, all.len + 1 + value.len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        ngx_sprintf(p, "%V,%V", &all, &value);

        all.data = p;
        all.len += 1 + value.len;
    }

    *list = all;

    return NGX_OK;
}
