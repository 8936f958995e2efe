
/*
 * Variables.  Those of tenant and template are read from the URL where the
 * handler has not been yet, so that limit_req and limit_conn can have them.
 */


#include "ngx_http_templrender.h"


static ngx_int_t ngx_http_templrender_key_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_templrender_name_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_templrender_slow_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_templrender_status_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_templrender_fetch_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_templrender_figure_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static void ngx_http_templrender_variable(ngx_http_variable_value_t *v,
    ngx_str_t *s);
static ngx_int_t ngx_http_templrender_names_of(ngx_http_request_t *r,
    ngx_str_t *tenant, ngx_str_t *template);
static ngx_int_t ngx_http_templrender_decode(ngx_pool_t *pool, u_char *start,
    u_char *end, ngx_str_t *name);


#define NGX_HTTP_TEMPLRENDER_VAR_TENANT     0
#define NGX_HTTP_TEMPLRENDER_VAR_TEMPLATE   1

#define NGX_HTTP_TEMPLRENDER_VAR_URL        0
#define NGX_HTTP_TEMPLRENDER_VAR_HOST       1
#define NGX_HTTP_TEMPLRENDER_VAR_SCHEME     2

#define NGX_HTTP_TEMPLRENDER_VAR_FETCH_MS   0
#define NGX_HTTP_TEMPLRENDER_VAR_RENDER_US  1
#define NGX_HTTP_TEMPLRENDER_VAR_NOTES      2


static ngx_http_variable_t  ngx_http_templrender_vars[] = {

    { ngx_string("templrender_key"), NULL,
      ngx_http_templrender_key_variable, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("templrender_tenant"), NULL,
      ngx_http_templrender_name_variable, NGX_HTTP_TEMPLRENDER_VAR_TENANT,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("templrender_template"), NULL,
      ngx_http_templrender_name_variable, NGX_HTTP_TEMPLRENDER_VAR_TEMPLATE,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("templrender_slow_key"), NULL,
      ngx_http_templrender_slow_variable, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("templrender_status"), NULL,
      ngx_http_templrender_status_variable, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("templrender_fetch_url"), NULL,
      ngx_http_templrender_fetch_variable, NGX_HTTP_TEMPLRENDER_VAR_URL,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("templrender_fetch_host"), NULL,
      ngx_http_templrender_fetch_variable, NGX_HTTP_TEMPLRENDER_VAR_HOST,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("templrender_fetch_scheme"), NULL,
      ngx_http_templrender_fetch_variable, NGX_HTTP_TEMPLRENDER_VAR_SCHEME,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("templrender_fetch_ms"), NULL,
      ngx_http_templrender_figure_variable, NGX_HTTP_TEMPLRENDER_VAR_FETCH_MS,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("templrender_render_us"), NULL,
      ngx_http_templrender_figure_variable, NGX_HTTP_TEMPLRENDER_VAR_RENDER_US,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("templrender_notes"), NULL,
      ngx_http_templrender_figure_variable, NGX_HTTP_TEMPLRENDER_VAR_NOTES,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_templrender_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_templrender_vars; v->name.len; v++) {

        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


/* the plan's, as 32 hexadecimal digits */

static ngx_int_t
ngx_http_templrender_key_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                    s;
    ngx_http_templrender_ctx_t  *ctx;

    (void) data;

    ngx_str_null(&s);

    ctx = ngx_http_get_module_ctx(r->main, ngx_http_templrender_module);

    if (ctx && ctx->plan) {
        s.len = 2 * sizeof(ctx->key.bytes);
        s.data = ngx_pnalloc(r->pool, s.len);
        if (s.data == NULL) {
            return NGX_ERROR;
        }

        ngx_hex_dump(s.data, ctx->key.bytes, sizeof(ctx->key.bytes));
    }

    ngx_http_templrender_variable(v, &s);

    return NGX_OK;
}


static ngx_int_t
ngx_http_templrender_name_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t  tenant, template;

    if (ngx_http_templrender_names_of(r, &tenant, &template) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_templrender_variable(v, data == NGX_HTTP_TEMPLRENDER_VAR_TENANT
                                     ? &tenant : &template);

    return NGX_OK;
}


/* TENANT/TEMPLATE while its fetches are slow, else nothing */

static ngx_int_t
ngx_http_templrender_slow_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                          tenant, template, s;
    ngx_http_templrender_main_conf_t  *mcf;

    (void) data;

    ngx_str_null(&s);

    mcf = ngx_http_get_module_main_conf(r, ngx_http_templrender_module);

    if (ngx_http_templrender_names_of(r, &tenant, &template) != NGX_OK) {
        return NGX_ERROR;
    }

    if (template.len
        && ngx_http_templrender_zone_slow(mcf, &tenant, &template))
    {
        s.data = ngx_pnalloc(r->pool, tenant.len + 1 + template.len);
        if (s.data == NULL) {
            return NGX_ERROR;
        }

        s.len = ngx_sprintf(s.data, "%V/%V", &tenant, &template) - s.data;
    }

    ngx_http_templrender_variable(v, &s);

    return NGX_OK;
}


static ngx_int_t
ngx_http_templrender_status_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                    s;
    ngx_http_templrender_ctx_t  *ctx;

    (void) data;

    ngx_str_null(&s);

    ctx = ngx_http_get_module_ctx(r->main, ngx_http_templrender_module);

    if (ctx) {
        s = ctx->status;
    }

    ngx_http_templrender_variable(v, &s);

    return NGX_OK;
}


/* the picture that a subrequest asks for */

static ngx_int_t
ngx_http_templrender_fetch_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                      s;
    ngx_http_request_t            *sr;
    ngx_http_templrender_fetch_t  *fetch;

    ngx_str_null(&s);
    fetch = NULL;

    /* a cache renews what it has by a subrequest of the subrequest */

    for (sr = r; sr != sr->main && fetch == NULL; sr = sr->parent) {
        fetch = ngx_http_templrender_fetch_of(sr);
    }

    if (fetch && fetch->url) {

        switch (data) {

        case NGX_HTTP_TEMPLRENDER_VAR_URL:
            s = ngx_http_templrender_str(templrender_url_text(fetch->url));
            break;

        case NGX_HTTP_TEMPLRENDER_VAR_HOST:
            s = fetch->host;
            break;

        default: /* NGX_HTTP_TEMPLRENDER_VAR_SCHEME */
            s = ngx_http_templrender_str(templrender_url_scheme(fetch->url));
        }
    }

    ngx_http_templrender_variable(v, &s);

    return NGX_OK;
}


static ngx_int_t
ngx_http_templrender_figure_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    uint64_t                     n;
    ngx_str_t                    s;
    ngx_http_templrender_ctx_t  *ctx;

    ngx_str_null(&s);

    ctx = ngx_http_get_module_ctx(r->main, ngx_http_templrender_module);

    if (ctx && !ctx->working) {

        switch (data) {

        case NGX_HTTP_TEMPLRENDER_VAR_FETCH_MS:
            n = ctx->fetch_ms;
            break;

        case NGX_HTTP_TEMPLRENDER_VAR_RENDER_US:
            n = (ctx->render_ns + ctx->encode_ns) / 1000;
            break;

        default: /* NGX_HTTP_TEMPLRENDER_VAR_NOTES */
            n = ctx->notes;
        }

        s.data = ngx_pnalloc(r->pool, NGX_INT64_LEN);
        if (s.data == NULL) {
            return NGX_ERROR;
        }

        s.len = ngx_sprintf(s.data, "%uL", n) - s.data;
    }

    ngx_http_templrender_variable(v, &s);

    return NGX_OK;
}


static void
ngx_http_templrender_variable(ngx_http_variable_value_t *v, ngx_str_t *s)
{
    v->len = s->len;
    v->valid = 1;
    v->no_cacheable = 1;
    v->not_found = 0;
    v->data = s->data ? s->data : (u_char *) "";
}


/* the two names that a path begins with; empty where it is none of ours */

static ngx_int_t
ngx_http_templrender_names_of(ngx_http_request_t *r, ngx_str_t *tenant,
    ngx_str_t *template)
{
    u_char                           *p, *last, *slash, *end, *at;
    ngx_str_t                         uri;
    ngx_http_templrender_ctx_t       *ctx;
    ngx_http_templrender_loc_conf_t  *conf;

    ngx_str_null(tenant);
    ngx_str_null(template);

    ctx = ngx_http_get_module_ctx(r->main, ngx_http_templrender_module);

    if (ctx && ctx->template.len) {
        *tenant = ctx->tenant;
        *template = ctx->template;
        return NGX_OK;
    }

    conf = ngx_http_get_module_loc_conf(r->main, ngx_http_templrender_module);
    uri = r->main->unparsed_uri;

    if (uri.len > conf->prefix.len
        && ngx_strncmp(uri.data, conf->prefix.data, conf->prefix.len) == 0)
    {
        uri.data += conf->prefix.len;
        uri.len -= conf->prefix.len;
    }

    for (p = uri.data, last = p; last < uri.data + uri.len; last++) {
        if (*last == '?' || *last == '#') {
            break;
        }
    }

    if (p == last || *p++ != '/') {
        return NGX_OK;
    }

    slash = ngx_strlchr(p, last, '/');

    if (slash == NULL
        || ngx_http_templrender_decode(r->pool, p, slash, tenant) != NGX_OK)
    {
        return slash ? NGX_ERROR : NGX_OK;
    }

    p = slash + 1;
    end = ngx_strlchr(p, last, '/');

    if (end == NULL) {

        /* no variant: the name has the ending */

        for (end = last; end > p; end--) {
            if (end[-1] == '.') {
                end--;
                break;
            }
        }

        if (end == p) {
            end = last;
        }
    }

    at = ngx_strlchr(p, end, '@');

    return ngx_http_templrender_decode(r->pool, p, at ? at : end, template);
}


static ngx_int_t
ngx_http_templrender_decode(ngx_pool_t *pool, u_char *start, u_char *end,
    ngx_str_t *name)
{
    u_char  *dst, *src;

    dst = ngx_pnalloc(pool, end - start + 1);
    if (dst == NULL) {
        return NGX_ERROR;
    }

    name->data = dst;
    src = start;

    ngx_unescape_uri(&dst, &src, end - start, 0);

    name->len = dst - name->data;

    return NGX_OK;
}
