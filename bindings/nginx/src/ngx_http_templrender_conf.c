
/*
 * Configurations: their defaults, and what is made of them when all levels are
 * merged.
 *
 * Everything that reads files happens here, in the master (or in "nginx -t"):
 * keys, fonts, templates.  Workers are forked with them.
 */


#include "ngx_http_templrender.h"


static char *ngx_http_templrender_merge_enabled(ngx_conf_t *cf,
    ngx_http_templrender_loc_conf_t *conf);


void *
ngx_http_templrender_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_templrender_main_conf_t  *mcf;

    mcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_templrender_main_conf_t));
    if (mcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     mcf->font_folders = NULL;
     *     mcf->fonts = NULL;
     *     mcf->zone = NULL;
     *     mcf->templates = 0;
     *     mcf->wants_zone = 0;
     */

    mcf->pack_cache = NGX_CONF_UNSET_SIZE;
    mcf->compiled_cache = NGX_CONF_UNSET_SIZE;
    mcf->slow = NGX_CONF_UNSET_MSEC;

    if (ngx_array_init(&mcf->folders, cf->pool, 2,
                       sizeof(ngx_http_templrender_folder_t *))
        != NGX_OK)
    {
        return NULL;
    }

    if (ngx_array_init(&mcf->rates, cf->pool, 2,
                       sizeof(ngx_http_templrender_rate_t))
        != NGX_OK)
    {
        return NULL;
    }

    return mcf;
}


char *
ngx_http_templrender_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_templrender_main_conf_t  *mcf = conf;

    ngx_conf_init_size_value(mcf->pack_cache, 64 * 1024 * 1024);
    ngx_conf_init_size_value(mcf->compiled_cache, 64 * 1024 * 1024);
    ngx_conf_init_msec_value(mcf->slow, 1500);

    if (mcf->zone == NULL && (mcf->rates.nelts || mcf->wants_zone)) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "templrender: \"templrender_rate\" and "
                      "\"templrender_status\" need a \"templrender_zone\"");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


void *
ngx_http_templrender_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_templrender_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_templrender_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->prefix = { 0, NULL };
     *     conf->templates = { 0, NULL };
     *     conf->folder = NULL;
     *     conf->keys_file = { 0, NULL };
     *     conf->keys = NULL;
     *     conf->origins = NULL;
     *     conf->fetch = { 0, NULL };
     *     conf->pack = { 0, NULL };
     *     conf->pool = NULL;
     */

    conf->enable = NGX_CONF_UNSET;
    conf->allow_private = NGX_CONF_UNSET;
    conf->max_picture = NGX_CONF_UNSET_SIZE;
    conf->max_pictures = NGX_CONF_UNSET_SIZE;
    conf->max_memory = NGX_CONF_UNSET_SIZE;
    conf->max_waiting = NGX_CONF_UNSET_UINT;
    conf->timeout = NGX_CONF_UNSET_MSEC;
    conf->max_age = NGX_CONF_UNSET;
    conf->stale_while_revalidate = NGX_CONF_UNSET;
    conf->stale_if_error = NGX_CONF_UNSET;
    conf->short_age = NGX_CONF_UNSET;

    return conf;
}


char *
ngx_http_templrender_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_templrender_loc_conf_t  *prev = parent;
    ngx_http_templrender_loc_conf_t  *conf = child;

    /* a location inside a location has a handler of its own */

    if (conf->enable == NGX_CONF_UNSET) {
        conf->enable = 0;
    }

    ngx_conf_merge_str_value(conf->prefix, prev->prefix, "");
    ngx_conf_merge_str_value(conf->templates, prev->templates, "");
    ngx_conf_merge_str_value(conf->keys_file, prev->keys_file, "");
    ngx_conf_merge_str_value(conf->fetch, prev->fetch, "/_fetch");
    ngx_conf_merge_str_value(conf->pack, prev->pack, "");

    ngx_conf_merge_value(conf->allow_private, prev->allow_private, 0);
    ngx_conf_merge_size_value(conf->max_picture, prev->max_picture,
                              32 * 1024 * 1024);
    ngx_conf_merge_size_value(conf->max_pictures, prev->max_pictures,
                              4 * conf->max_picture);
    ngx_conf_merge_size_value(conf->max_memory, prev->max_memory,
                              512 * 1024 * 1024);
    ngx_conf_merge_uint_value(conf->max_waiting, prev->max_waiting, 64);
    ngx_conf_merge_msec_value(conf->timeout, prev->timeout, 20000);
    ngx_conf_merge_value(conf->max_age, prev->max_age, 3600);
    ngx_conf_merge_value(conf->stale_while_revalidate,
                         prev->stale_while_revalidate, 60);
    ngx_conf_merge_value(conf->stale_if_error, prev->stale_if_error, 86400);
    ngx_conf_merge_value(conf->short_age, prev->short_age, 10);

    if (conf->origins == NULL) {
        conf->origins = prev->origins;
    }

    if (conf->pool == NULL) {
        conf->pool = prev->pool;
    }

    return conf->enable ? ngx_http_templrender_merge_enabled(cf, conf)
                        : NGX_CONF_OK;
}


static char *
ngx_http_templrender_merge_enabled(ngx_conf_t *cf,
    ngx_http_templrender_loc_conf_t *conf)
{
    ngx_http_templrender_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_templrender_module);

    if (conf->templates.len == 0 && conf->pack.len == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "templrender: \"templrender on\" needs "
                      "\"templrender_templates\" or \"templrender_pack\"");
        return NGX_CONF_ERROR;
    }

    if (conf->pool == NULL) {
        conf->pool = ngx_thread_pool_add(cf, NULL);
        if (conf->pool == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    if (ngx_http_templrender_conf_keys(cf, conf) != NGX_OK
        || ngx_http_templrender_conf_origins(cf, conf) != NGX_OK
        || ngx_http_templrender_load_fonts(cf, mcf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (conf->templates.len) {
        conf->folder = ngx_http_templrender_load_folder(cf, mcf,
                                                        &conf->templates);
        if (conf->folder == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}
