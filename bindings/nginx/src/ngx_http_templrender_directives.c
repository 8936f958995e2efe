
/*
 * Directives whose value is more than a number or a text.
 */


#include "ngx_http_templrender.h"


char *
ngx_http_templrender_enable(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_templrender_loc_conf_t *lcf = conf;

    char                      *rv;
    ngx_http_core_loc_conf_t  *clcf;

    rv = ngx_conf_set_flag_slot(cf, cmd, conf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (lcf->enable) {
        clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
        clcf->handler = ngx_http_templrender_handler;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_templrender_folder_slot(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    char  *p = conf;

    char       *rv;
    ngx_str_t  *field;

    rv = ngx_conf_set_str_slot(cf, cmd, conf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    field = (ngx_str_t *) (p + cmd->offset);

    if (field->len == 0) {
        return "must not be empty";
    }

    if (ngx_conf_full_name(cf->cycle, field, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    while (field->len > 1 && field->data[field->len - 1] == '/') {
        field->data[--field->len] = '\0';
    }

    return NGX_CONF_OK;
}


char *
ngx_http_templrender_fonts_slot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_templrender_main_conf_t *mcf = conf;

    ngx_str_t   *value, *folder;
    ngx_uint_t   i;

    (void) cmd;

    if (mcf->font_folders == NULL) {
        mcf->font_folders = ngx_array_create(cf->pool, 2, sizeof(ngx_str_t));
        if (mcf->font_folders == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        folder = ngx_array_push(mcf->font_folders);
        if (folder == NULL) {
            return NGX_CONF_ERROR;
        }

        *folder = value[i];

        if (ngx_conf_full_name(cf->cycle, folder, 1) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_http_templrender_rate_slot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_templrender_main_conf_t *mcf = conf;

    size_t                        len;
    ngx_int_t                     rate, burst;
    ngx_str_t                    *value, tenant;
    ngx_uint_t                    i;
    ngx_http_templrender_rate_t  *rates, *added;

    (void) cmd;

    value = cf->args->elts;
    len = value[1].len;

    if (len > 3 && ngx_strncmp(value[1].data + len - 3, "r/s", 3) == 0) {
        len -= 3;
    }

    rate = ngx_atofp(value[1].data, len, 3);

    if (rate == NGX_ERROR || rate == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "a rate must be a number of requests a second, "
                           "found \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    /* as the service has it: twice the rate, at least one */

    burst = ngx_max((rate + 499) / 500, 1);
    ngx_str_null(&tenant);

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "burst=", 6) == 0) {
            burst = ngx_atoi(value[i].data + 6, value[i].len - 6);

            if (burst == NGX_ERROR || burst == 0) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "a burst must be a number of requests, "
                                   "found \"%V\"", &value[i]);
                return NGX_CONF_ERROR;
            }

            continue;
        }

        if (ngx_strncmp(value[i].data, "tenant=", 7) == 0
            && value[i].len > 7)
        {
            tenant.data = value[i].data + 7;
            tenant.len = value[i].len - 7;
            continue;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                           &value[i]);
        return NGX_CONF_ERROR;
    }

    rates = mcf->rates.elts;

    for (i = 0; i < mcf->rates.nelts; i++) {
        if (rates[i].tenant.len == tenant.len
            && ngx_strncmp(rates[i].tenant.data, tenant.data, tenant.len) == 0)
        {
            return "is duplicate";
        }
    }

    added = ngx_array_push(&mcf->rates);
    if (added == NULL) {
        return NGX_CONF_ERROR;
    }

    added->tenant = tenant;
    added->per_second = rate / 1000.0;
    added->burst = (uint32_t) ngx_min((ngx_uint_t) burst, 0xffffffff);

    return NGX_CONF_OK;
}


char *
ngx_http_templrender_pool_slot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_templrender_loc_conf_t *lcf = conf;

    ngx_str_t  *value;

    (void) cmd;

    if (lcf->pool) {
        return "is duplicate";
    }

    value = cf->args->elts;

    lcf->pool = ngx_thread_pool_add(cf, &value[1]);

    return lcf->pool ? NGX_CONF_OK : NGX_CONF_ERROR;
}
