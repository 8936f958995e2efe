
/*
 * The module as nginx sees it: its directives, their defaults, and what is made
 * of them when the configuration is read.
 *
 * Everything that reads files happens here, in the master (or in "nginx -t"):
 * keys, fonts, templates.  Workers are forked with them.
 */


#include "ngx_http_templrender.h"


static ngx_int_t ngx_http_templrender_preconfiguration(ngx_conf_t *cf);
static void *ngx_http_templrender_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_templrender_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_templrender_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_templrender_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static char *ngx_http_templrender_merge_enabled(ngx_conf_t *cf,
    ngx_http_templrender_loc_conf_t *conf);
static ngx_int_t ngx_http_templrender_init_process(ngx_cycle_t *cycle);
static void ngx_http_templrender_exit_process(ngx_cycle_t *cycle);


#define NGX_HTTP_TEMPLRENDER_ANY_CONF                                        \
    (NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF)


static ngx_command_t  ngx_http_templrender_commands[] = {

    { ngx_string("templrender"),
      NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_http_templrender_enable,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_templrender_loc_conf_t, enable),
      NULL },

    { ngx_string("templrender_prefix"),
      NGX_HTTP_TEMPLRENDER_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_templrender_loc_conf_t, prefix),
      NULL },

    { ngx_string("templrender_templates"),
      NGX_HTTP_TEMPLRENDER_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_templrender_folder_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_templrender_loc_conf_t, templates),
      NULL },

    { ngx_string("templrender_fonts"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_templrender_fonts_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("templrender_keys"),
      NGX_HTTP_TEMPLRENDER_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_templrender_folder_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_templrender_loc_conf_t, keys_file),
      NULL },

    { ngx_string("templrender_origins"),
      NGX_HTTP_TEMPLRENDER_ANY_CONF|NGX_CONF_1MORE,
      ngx_http_templrender_origins_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("templrender_allow_private"),
      NGX_HTTP_TEMPLRENDER_ANY_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_templrender_loc_conf_t, allow_private),
      NULL },

    { ngx_string("templrender_fetch"),
      NGX_HTTP_TEMPLRENDER_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_templrender_loc_conf_t, fetch),
      NULL },

    { ngx_string("templrender_pack"),
      NGX_HTTP_TEMPLRENDER_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_templrender_loc_conf_t, pack),
      NULL },

    { ngx_string("templrender_pack_cache"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_templrender_main_conf_t, pack_cache),
      NULL },

    { ngx_string("templrender_thread_pool"),
      NGX_HTTP_TEMPLRENDER_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_templrender_pool_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("templrender_max_picture_size"),
      NGX_HTTP_TEMPLRENDER_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_templrender_loc_conf_t, max_picture),
      NULL },

    { ngx_string("templrender_max_pictures_size"),
      NGX_HTTP_TEMPLRENDER_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_templrender_loc_conf_t, max_pictures),
      NULL },

    { ngx_string("templrender_max_waiting"),
      NGX_HTTP_TEMPLRENDER_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_templrender_loc_conf_t, max_waiting),
      NULL },

    { ngx_string("templrender_timeout"),
      NGX_HTTP_TEMPLRENDER_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_templrender_loc_conf_t, timeout),
      NULL },

    { ngx_string("templrender_max_age"),
      NGX_HTTP_TEMPLRENDER_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_templrender_loc_conf_t, max_age),
      NULL },

    { ngx_string("templrender_stale_while_revalidate"),
      NGX_HTTP_TEMPLRENDER_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_templrender_loc_conf_t, stale_while_revalidate),
      NULL },

    { ngx_string("templrender_stale_if_error"),
      NGX_HTTP_TEMPLRENDER_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_templrender_loc_conf_t, stale_if_error),
      NULL },

    { ngx_string("templrender_short_age"),
      NGX_HTTP_TEMPLRENDER_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_templrender_loc_conf_t, short_age),
      NULL },

    { ngx_string("templrender_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE2,
      ngx_http_templrender_zone_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("templrender_slow"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_templrender_main_conf_t, slow),
      NULL },

    { ngx_string("templrender_rate"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE123,
      ngx_http_templrender_rate_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("templrender_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_templrender_status_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_templrender_module_ctx = {
    ngx_http_templrender_preconfiguration,  /* preconfiguration */
    ngx_http_templrender_filter_init,       /* postconfiguration */

    ngx_http_templrender_create_main_conf,  /* create main configuration */
    ngx_http_templrender_init_main_conf,    /* init main configuration */

    NULL,                                   /* create server configuration */
    NULL,                                   /* merge server configuration */

    ngx_http_templrender_create_loc_conf,   /* create location configuration */
    ngx_http_templrender_merge_loc_conf     /* merge location configuration */
};


ngx_module_t  ngx_http_templrender_module = {
    NGX_MODULE_V1,
    &ngx_http_templrender_module_ctx,       /* module context */
    ngx_http_templrender_commands,          /* module directives */
    NGX_HTTP_MODULE,                        /* module type */
    NULL,                                   /* init master */
    NULL,                                   /* init module */
    ngx_http_templrender_init_process,      /* init process */
    NULL,                                   /* init thread */
    NULL,                                   /* exit thread */
    ngx_http_templrender_exit_process,      /* exit process */
    NULL,                                   /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_templrender_preconfiguration(ngx_conf_t *cf)
{
    if (templrender_abi() != TEMPLRENDER_ABI) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "templrender: the module was built for ABI %uD of "
                      "libtemplrender, found version %s with ABI %uD",
                      (uint32_t) TEMPLRENDER_ABI, templrender_version(),
                      templrender_abi());
        return NGX_ERROR;
    }

    return ngx_http_templrender_add_variables(cf);
}


static void *
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


static char *
ngx_http_templrender_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_templrender_main_conf_t  *mcf = conf;

    ngx_conf_init_size_value(mcf->pack_cache, 64 * 1024 * 1024);
    ngx_conf_init_msec_value(mcf->slow, 1500);

    if (mcf->zone == NULL && (mcf->rates.nelts || mcf->wants_zone)) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "templrender: \"templrender_rate\" and "
                      "\"templrender_status\" need a \"templrender_zone\"");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static void *
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
    conf->max_waiting = NGX_CONF_UNSET_UINT;
    conf->timeout = NGX_CONF_UNSET_MSEC;
    conf->max_age = NGX_CONF_UNSET;
    conf->stale_while_revalidate = NGX_CONF_UNSET;
    conf->stale_if_error = NGX_CONF_UNSET;
    conf->short_age = NGX_CONF_UNSET;

    return conf;
}


static char *
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


static ngx_int_t
ngx_http_templrender_init_process(ngx_cycle_t *cycle)
{
    ngx_http_templrender_process_t    *process;
    ngx_http_templrender_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle,
                                              ngx_http_templrender_module);

    if (mcf == NULL) {
        return NGX_OK;
    }

    /* whatever had this slot before is no more */

    process = ngx_http_templrender_process(mcf);

    if (process) {
        ngx_memzero(process, sizeof(ngx_http_templrender_process_t));
    }

    ngx_http_templrender_packs_init(mcf->pack_cache);

    return ngx_http_templrender_render_init(cycle);
}


static void
ngx_http_templrender_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_templrender_process_t    *process;
    ngx_http_templrender_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle,
                                              ngx_http_templrender_module);

    if (mcf == NULL) {
        return;
    }

    ngx_http_templrender_packs_exit();
    ngx_http_templrender_render_exit(cycle);

    process = ngx_http_templrender_process(mcf);

    if (process) {
        ngx_memzero(process, sizeof(ngx_http_templrender_process_t));
    }
}
