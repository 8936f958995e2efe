
/*
 * The module as nginx sees it: its directives, and what a worker begins and
 * ends with.
 */


#include "ngx_http_templrender.h"


static ngx_int_t ngx_http_templrender_preconfiguration(ngx_conf_t *cf);
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

    { ngx_string("templrender_compiled_cache"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_templrender_main_conf_t, compiled_cache),
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

    { ngx_string("templrender_max_memory"),
      NGX_HTTP_TEMPLRENDER_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_templrender_loc_conf_t, max_memory),
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
    templrender_compiled_limit(mcf->compiled_cache);

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
