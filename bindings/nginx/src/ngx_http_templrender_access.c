
/*
 * Who may ask, and for what: the keys of URLs, and the origins that pictures
 * may come from.
 */


#include "ngx_http_templrender.h"


static ngx_http_templrender_origins_t *ngx_http_templrender_conf_origin(
    ngx_conf_t *cf, ngx_array_t *origins, ngx_str_t *tenant);
static void ngx_http_templrender_conf_keys_cleanup(void *data);
static void ngx_http_templrender_conf_origins_cleanup(void *data);


char *
ngx_http_templrender_origins_slot(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_templrender_loc_conf_t *lcf = conf;

    ngx_str_t                       *value, tenant;
    ngx_uint_t                       i;
    templrender_slice               *pattern;
    ngx_http_templrender_origins_t  *origins;

    (void) cmd;

    if (lcf->origins == NULL) {
        lcf->origins = ngx_array_create(cf->pool, 2,
                                        sizeof(ngx_http_templrender_origins_t));
        if (lcf->origins == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    value = cf->args->elts;
    ngx_str_null(&tenant);
    i = 1;

    if (ngx_strncmp(value[1].data, "tenant=", 7) == 0) {
        tenant.data = value[1].data + 7;
        tenant.len = value[1].len - 7;
        i = 2;

        if (tenant.len == 0 || cf->args->nelts == 2) {
            return "must be \"[tenant=NAME] PATTERN ...\"";
        }
    }

    origins = ngx_http_templrender_conf_origin(cf, lcf->origins, &tenant);
    if (origins == NULL) {
        return NGX_CONF_ERROR;
    }

    for ( /* void */ ; i < cf->args->nelts; i++) {

        pattern = ngx_array_push(&origins->patterns);
        if (pattern == NULL) {
            return NGX_CONF_ERROR;
        }

        *pattern = ngx_http_templrender_slice(&value[i]);
    }

    return NGX_CONF_OK;
}


static ngx_http_templrender_origins_t *
ngx_http_templrender_conf_origin(ngx_conf_t *cf, ngx_array_t *origins,
    ngx_str_t *tenant)
{
    ngx_uint_t                       i;
    ngx_http_templrender_origins_t  *origin;

    origin = origins->elts;

    for (i = 0; i < origins->nelts; i++) {
        if (origin[i].tenant.len == tenant->len
            && ngx_strncmp(origin[i].tenant.data, tenant->data, tenant->len)
               == 0)
        {
            return &origin[i];
        }
    }

    origin = ngx_array_push(origins);
    if (origin == NULL) {
        return NULL;
    }

    ngx_memzero(origin, sizeof(ngx_http_templrender_origins_t));
    origin->tenant = *tenant;

    if (ngx_array_init(&origin->patterns, cf->pool, 4,
                       sizeof(templrender_slice))
        != NGX_OK)
    {
        return NULL;
    }

    return origin;
}


ngx_int_t
ngx_http_templrender_conf_keys(ngx_conf_t *cf,
    ngx_http_templrender_loc_conf_t *conf)
{
    ngx_str_t            text;
    ngx_int_t            rc;
    templrender_error   *error;
    ngx_pool_cleanup_t  *cln;

    if (conf->keys_file.len == 0) {
        ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                      "templrender: no \"templrender_keys\", URLs are "
                      "answered without a signature");
        return NGX_OK;
    }

    rc = ngx_http_templrender_read_file(cf, &conf->keys_file, 1024 * 1024,
                                        &text);

    if (rc != NGX_OK) {
        if (rc == NGX_DECLINED) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, NGX_ENOENT,
                          "templrender: %V", &conf->keys_file);
        }

        return NGX_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        ngx_free(text.data);
        return NGX_ERROR;
    }

    error = NULL;
    rc = templrender_keyring_parse(ngx_http_templrender_slice(&text),
                                   &conf->keys, &error);

    ngx_explicit_memzero(text.data, text.len);
    ngx_free(text.data);

    if (rc != TEMPLRENDER_OK) {
        ngx_http_templrender_conf_error(cf, &conf->keys_file, 0, error);
        templrender_error_free(error);
        return NGX_ERROR;
    }

    cln->handler = ngx_http_templrender_conf_keys_cleanup;
    cln->data = conf->keys;

    if (templrender_keyring_is_empty(conf->keys)) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "templrender: %V: a file of keys must have a key, found "
                      "none", &conf->keys_file);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_http_templrender_conf_keys_cleanup(void *data)
{
    templrender_keyring_free(data);
}


ngx_int_t
ngx_http_templrender_conf_origins(ngx_conf_t *cf,
    ngx_http_templrender_loc_conf_t *conf)
{
    ngx_str_t                        place, none;
    ngx_uint_t                       i;
    ngx_array_t                     *merged;
    templrender_error               *error;
    ngx_pool_cleanup_t              *cln;
    templrender_status               rc;
    ngx_http_templrender_origins_t  *origin;

    /* several locations may have inherited the same patterns */

    i = conf->origins ? conf->origins->nelts : 0;

    merged = ngx_array_create(cf->pool, i + 1,
                              sizeof(ngx_http_templrender_origins_t));
    if (merged == NULL) {
        return NGX_ERROR;
    }

    if (i) {
        ngx_memcpy(merged->elts, conf->origins->elts,
                   i * sizeof(ngx_http_templrender_origins_t));
        merged->nelts = i;
    }

    conf->origins = merged;

    ngx_str_null(&none);

    if (ngx_http_templrender_conf_origin(cf, merged, &none) == NULL) {
        return NGX_ERROR;
    }

    ngx_str_set(&place, "templrender_origins");
    origin = merged->elts;

    for (i = 0; i < merged->nelts; i++) {

        cln = ngx_pool_cleanup_add(cf->pool, 0);
        if (cln == NULL) {
            return NGX_ERROR;
        }

        error = NULL;

        if (origin[i].patterns.nelts) {
            rc = templrender_origins_allow(origin[i].patterns.elts,
                                           origin[i].patterns.nelts,
                                           &origin[i].origins, &error);
        } else {
            rc = templrender_origins_any(&origin[i].origins, &error);
        }

        if (rc == TEMPLRENDER_OK) {
            cln->handler = ngx_http_templrender_conf_origins_cleanup;
            cln->data = origin[i].origins;

            if (conf->allow_private) {
                rc = templrender_origins_with_ip_literals(origin[i].origins,
                                                          &error);
            }
        }

        if (rc != TEMPLRENDER_OK) {
            ngx_http_templrender_conf_error(cf, &place, 0, error);
            templrender_error_free(error);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static void
ngx_http_templrender_conf_origins_cleanup(void *data)
{
    templrender_origins_free(data);
}


/* those of the tenant, or of everybody else */

templrender_origins *
ngx_http_templrender_origins(ngx_http_templrender_ctx_t *ctx)
{
    ngx_uint_t                       i, others;
    ngx_http_templrender_origins_t  *origins;

    origins = ctx->conf->origins->elts;
    others = 0;

    for (i = 0; i < ctx->conf->origins->nelts; i++) {

        if (origins[i].tenant.len == 0) {
            others = i;
            continue;
        }

        if (origins[i].tenant.len == ctx->tenant.len
            && ngx_strncmp(origins[i].tenant.data, ctx->tenant.data,
                           ctx->tenant.len)
               == 0)
        {
            return origins[i].origins;
        }
    }

    return origins[others].origins;
}
