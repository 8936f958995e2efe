
/*
 * Failures as JSON.
 *
 * The body tells whoever sent the request what to do about it and nothing else:
 * no query of a URL, no path of this machine.
 */


#include "ngx_http_templrender.h"


static u_char *ngx_http_templrender_fault_json(u_char *p,
    ngx_http_templrender_fault_t *fault, ngx_http_templrender_fault_t *all,
    ngx_uint_t n);
static const char *ngx_http_templrender_cause_name(int32_t code);


/* the codes of hosts, from 701 on */

static const char  *ngx_http_templrender_names[] = {
    "unknown-path",
    "unknown-template",
    "bad-method",
    "too-many-requests",
    "overloaded",
    "slow-template",
    "deadline"
};


ngx_int_t
ngx_http_templrender_failure_json(ngx_http_templrender_ctx_t *ctx,
    ngx_http_templrender_failure_t *failure, ngx_str_t *json)
{
    u_char                        *p;
    size_t                         len;
    ngx_str_t                      text;
    ngx_uint_t                     i;
    ngx_pool_t                    *pool;
    templrender_buffer            *buffer;
    ngx_http_templrender_fault_t  *fault;

    pool = ctx->request->pool;

    if (failure->error) {

        if (templrender_error_to_json(failure->error,
                                ngx_http_templrender_slice(&ctx->request_id),
                                &buffer, NULL)
            != TEMPLRENDER_OK)
        {
            return NGX_ERROR;
        }

        text = ngx_http_templrender_str(templrender_buffer_slice(buffer));

        json->len = text.len;
        json->data = ngx_pstrdup(pool, &text);

        templrender_buffer_free(buffer);

        return json->data ? NGX_OK : NGX_ERROR;
    }

    fault = failure->faults;
    len = sizeof("{\"error\":{,\"faults\":[],\"request_id\":\"\"}}\n")
          + ctx->request_id.len;

    for (i = 0; i < failure->nfaults; i++) {

        if (ngx_http_templrender_shown(pool, &fault[i].place) != NGX_OK
            || ngx_http_templrender_shown(pool, &fault[i].message) != NGX_OK)
        {
            return NGX_ERROR;
        }

        /* the first one is told twice where there are several */

        len += 2 * (128 + 6 * (fault[i].place.len + fault[i].message.len));
    }

    p = ngx_pnalloc(pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    json->data = p;

    p = ngx_cpymem(p, "{\"error\":", sizeof("{\"error\":") - 1);
    p = ngx_http_templrender_fault_json(p, fault, fault, failure->nfaults);
    p = ngx_sprintf(p, ",\"request_id\":\"%V\"}}\n", &ctx->request_id);

    json->len = p - json->data;

    return NGX_OK;
}


/* names in the order of the alphabet, as the library writes them */

static u_char *
ngx_http_templrender_fault_json(u_char *p, ngx_http_templrender_fault_t *fault,
    ngx_http_templrender_fault_t *all, ngx_uint_t n)
{
    ngx_uint_t  i;

    p = ngx_sprintf(p, "{\"cause\":\"%s\",\"code\":\"%s\",",
                    ngx_http_templrender_cause_name(fault->code),
                    ngx_http_templrender_code_name(fault->code));

    if (n > 1) {
        p = ngx_cpymem(p, "\"faults\":[", sizeof("\"faults\":[") - 1);

        for (i = 0; i < n; i++) {
            p = ngx_http_templrender_fault_json(p, &all[i], NULL, 0);
            *p++ = '}';
            *p++ = (i == n - 1) ? ']' : ',';
        }

        *p++ = ',';
    }

    p = ngx_cpymem(p, "\"message\":\"", sizeof("\"message\":\"") - 1);
    p = (u_char *) ngx_escape_json(p, fault->message.data,
                                   fault->message.len);
    p = ngx_sprintf(p, "\",\"number\":%D,\"place\":\"", fault->code);
    p = (u_char *) ngx_escape_json(p, fault->place.data, fault->place.len);
    *p++ = '"';

    return p;
}


const char *
ngx_http_templrender_code_name(int32_t code)
{
    if (code >= NGX_HTTP_TEMPLRENDER_UNKNOWN_PATH
        && code <= NGX_HTTP_TEMPLRENDER_DEADLINE)
    {
        return ngx_http_templrender_names[code
                                          - NGX_HTTP_TEMPLRENDER_UNKNOWN_PATH];
    }

    return templrender_code_name(code);
}


ngx_uint_t
ngx_http_templrender_code_status(int32_t code)
{
    switch (code) {

    case NGX_HTTP_TEMPLRENDER_UNKNOWN_PATH:
    case NGX_HTTP_TEMPLRENDER_UNKNOWN_TEMPLATE:
        return NGX_HTTP_NOT_FOUND;

    case NGX_HTTP_TEMPLRENDER_BAD_METHOD:
        return NGX_HTTP_NOT_ALLOWED;

    case NGX_HTTP_TEMPLRENDER_TOO_MANY_REQUESTS:
        return NGX_HTTP_TOO_MANY_REQUESTS;

    case NGX_HTTP_TEMPLRENDER_OVERLOADED:
        return NGX_HTTP_SERVICE_UNAVAILABLE;

    case NGX_HTTP_TEMPLRENDER_DEADLINE:
        return NGX_HTTP_GATEWAY_TIME_OUT;

    default:
        return templrender_code_http_status(code);
    }
}


static const char *
ngx_http_templrender_cause_name(int32_t code)
{
    switch (code) {

    case NGX_HTTP_TEMPLRENDER_UNKNOWN_PATH:
    case NGX_HTTP_TEMPLRENDER_UNKNOWN_TEMPLATE:
    case NGX_HTTP_TEMPLRENDER_BAD_METHOD:
    case NGX_HTTP_TEMPLRENDER_TOO_MANY_REQUESTS:
        return "request";

    case NGX_HTTP_TEMPLRENDER_OVERLOADED:
        return "host";

    case NGX_HTTP_TEMPLRENDER_DEADLINE:
        return "resource";
    }

    switch (templrender_code_cause(code)) {

    case TEMPLRENDER_CAUSE_TEMPLATE:
        return "template";

    case TEMPLRENDER_CAUSE_ROW:
        return "row";

    case TEMPLRENDER_CAUSE_RESOURCE:
        return "resource";

    case TEMPLRENDER_CAUSE_HOST:
        return "host";

    case TEMPLRENDER_CAUSE_REQUEST:
        return "request";

    default:
        return "bug";
    }
}


/* a sentence without the queries of the URLs in it: they may hold secrets */

ngx_int_t
ngx_http_templrender_shown(ngx_pool_t *pool, ngx_str_t *text)
{
    u_char      *src, *dst, *last, *tail, *end, c;
    ngx_str_t    copy;
    ngx_uint_t   slashes, colon;

    if (text->len == 0) {
        return NGX_OK;
    }

    copy.data = ngx_pnalloc(pool, text->len);
    if (copy.data == NULL) {
        return NGX_ERROR;
    }

    src = text->data;
    last = src + text->len;
    dst = copy.data;
    slashes = 0;
    colon = 0;

    while (src < last) {
        c = *src;

        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            slashes = 0;
            colon = 0;

        } else if (slashes < 2) {
            slashes = (c == '/' && colon) ? slashes + 1 : 0;
            colon = (c == ':' || slashes);

        } else if (c == '?' || c == '#') {

            for (end = src; end < last; end++) {
                if (*end == ' ' || *end == '\t' || *end == '\n'
                    || *end == '\r')
                {
                    break;
                }
            }

            for (tail = end; tail > src + 1; tail--) {
                c = tail[-1];

                if (c != ':' && c != ';' && c != ',' && c != '"') {
                    break;
                }
            }

            src = tail;

            while (src < end) {
                *dst++ = *src++;
            }

            continue;
        }

        *dst++ = *src++;
    }

    copy.len = dst - copy.data;
    *text = copy;

    return NGX_OK;
}
