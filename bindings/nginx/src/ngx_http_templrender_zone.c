
/*
 * The zone: what all workers know together, and the figures in it.
 *
 * A reload takes over what is there.
 */


#include "ngx_http_templrender.h"


/* counts up when anything in the zone changes its place or its meaning */
#define NGX_HTTP_TEMPLRENDER_LAYOUT    2

#define NGX_HTTP_TEMPLRENDER_MIN_ZONE  (256 * 1024)


static ngx_int_t ngx_http_templrender_init_zone(ngx_shm_zone_t *shm_zone,
    void *data);


char *
ngx_http_templrender_zone_slot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_templrender_main_conf_t *mcf = conf;

    ssize_t                       size;
    ngx_str_t                    *value;
    ngx_http_templrender_zone_t  *zone;

    (void) cmd;

    if (mcf->zone) {
        return "is duplicate";
    }

    value = cf->args->elts;
    size = ngx_parse_size(&value[2]);

    if (size == NGX_ERROR || size < NGX_HTTP_TEMPLRENDER_MIN_ZONE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "a zone must have at least 256k, found \"%V\"",
                           &value[2]);
        return NGX_CONF_ERROR;
    }

    zone = ngx_pcalloc(cf->pool, sizeof(ngx_http_templrender_zone_t));
    if (zone == NULL) {
        return NGX_CONF_ERROR;
    }

    mcf->zone = ngx_shared_memory_add(cf, &value[1], size,
                                      &ngx_http_templrender_module);
    if (mcf->zone == NULL) {
        return NGX_CONF_ERROR;
    }

    mcf->zone->init = ngx_http_templrender_init_zone;
    mcf->zone->data = zone;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_templrender_init_zone(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_http_templrender_zone_t *old = data;

    size_t                          room, n;
    ngx_uint_t                      i;
    ngx_slab_pool_t                *shpool;
    ngx_http_templrender_zone_t    *zone;
    ngx_http_templrender_shared_t  *sh;
    ngx_http_templrender_tables_t  *tables;

    /* parts of the room: buckets, slow templates, fresh plans */
    static const ngx_uint_t  parts[] = { 1, 1, 6 };

    zone = shm_zone->data;
    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;
    zone->shpool = shpool;

    if (old || shm_zone->shm.exists) {
        zone->sh = old ? old->sh : shpool->data;

        if (zone->sh->layout != NGX_HTTP_TEMPLRENDER_LAYOUT) {
            ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                          "templrender: the zone \"%V\" is that of another "
                          "version of the module, give it a new name",
                          &shm_zone->shm.name);
            return NGX_ERROR;
        }

        return NGX_OK;
    }

    sh = ngx_slab_calloc(shpool, sizeof(ngx_http_templrender_shared_t));
    tables = ngx_slab_calloc(shpool, sizeof(ngx_http_templrender_tables_t));

    if (sh == NULL || tables == NULL) {
        return NGX_ERROR;
    }

    room = shpool->pfree * ngx_pagesize;

    for (i = 0; i < NGX_HTTP_TEMPLRENDER_T_LAST; i++) {

        /* whole pages, or the last table would have none */

        n = room / 8 * parts[i] / ngx_pagesize * ngx_pagesize;

        tables->entries[i] = ngx_slab_calloc(shpool, n);
        if (tables->entries[i] == NULL) {
            return NGX_ERROR;
        }

        tables->sets[i] = n / (NGX_HTTP_TEMPLRENDER_SET
                               * sizeof(ngx_http_templrender_entry_t));
    }

    sh->layout = NGX_HTTP_TEMPLRENDER_LAYOUT;
    sh->tables = tables;

    shpool->data = sh;
    shpool->log_nomem = 0;
    zone->sh = sh;

    return NGX_OK;
}


ngx_http_templrender_zone_t *
ngx_http_templrender_zone(ngx_http_templrender_main_conf_t *mcf)
{
    return mcf->zone ? mcf->zone->data : NULL;
}


ngx_http_templrender_shared_t *
ngx_http_templrender_shared(ngx_http_templrender_main_conf_t *mcf)
{
    ngx_http_templrender_zone_t  *zone;

    zone = ngx_http_templrender_zone(mcf);

    return zone ? zone->sh : NULL;
}


/* the figures of this process: no other one writes them */

ngx_http_templrender_process_t *
ngx_http_templrender_process(ngx_http_templrender_main_conf_t *mcf)
{
    ngx_http_templrender_shared_t  *sh;

    sh = ngx_http_templrender_shared(mcf);

    if (sh == NULL || ngx_process_slot < 0
        || ngx_process_slot >= NGX_MAX_PROCESSES)
    {
        return NULL;
    }

    return &sh->processes[ngx_process_slot];
}


void
ngx_http_templrender_count(ngx_http_templrender_ctx_t *ctx,
    ngx_http_templrender_counter_e counter)
{
    ngx_http_templrender_shared_t  *sh;

    sh = ngx_http_templrender_shared(ctx->main_conf);

    if (sh) {
        (void) ngx_atomic_fetch_add(&sh->counters[counter], 1);
    }
}


void
ngx_http_templrender_observe(ngx_http_templrender_ctx_t *ctx,
    ngx_http_templrender_histogram_e histogram, uint64_t us)
{
    uint64_t                           edge;
    ngx_uint_t                         i;
    ngx_http_templrender_shared_t     *sh;
    ngx_http_templrender_histogram_t  *h;

    sh = ngx_http_templrender_shared(ctx->main_conf);

    if (sh == NULL) {
        return;
    }

    h = &sh->histograms[histogram];
    edge = 1000;

    for (i = 0; i < NGX_HTTP_TEMPLRENDER_BUCKETS - 1 && us > edge; i++) {
        edge *= 2;
    }

    (void) ngx_atomic_fetch_add(&h->buckets[i], 1);
    (void) ngx_atomic_fetch_add(&h->sum_us, us);
}
