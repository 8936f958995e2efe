
/*
 * What all workers know together: figures, which templates are slow, the
 * tenants' buckets, and which plans were drawn or checked lately.
 *
 * Three tables of a fixed size, each a row of sets: an entry is in the set that
 * its name's hash says, and takes the place of the one that was used longest
 * ago.  So nothing grows, and nothing has to be cleaned up.  They are under the
 * zone's own mutex, which nginx unlocks by force when a worker dies with it;
 * what is in them is plain numbers, never a pointer.
 *
 * A reload takes over what is there.
 */


#include "ngx_http_templrender.h"
#include <ngx_sha1.h>


/* counts up when anything in the zone changes its place or its meaning */
#define NGX_HTTP_TEMPLRENDER_LAYOUT    1

#define NGX_HTTP_TEMPLRENDER_SET       8
#define NGX_HTTP_TEMPLRENDER_MIN_ZONE  (256 * 1024)

#define NGX_HTTP_TEMPLRENDER_NAME_LEN  16


typedef struct {
    u_char                     name[NGX_HTTP_TEMPLRENDER_NAME_LEN];
    uint64_t                   used;           /* ms; 0: free */
    union {
        templrender_token_bucket   bucket;
        templrender_slow_template  slow;
        templrender_key            resources;  /* used: when it was checked */
    } u;
} ngx_http_templrender_entry_t;


typedef enum {
    NGX_HTTP_TEMPLRENDER_T_TENANTS = 0,
    NGX_HTTP_TEMPLRENDER_T_SLOW,
    NGX_HTTP_TEMPLRENDER_T_FRESH,
    NGX_HTTP_TEMPLRENDER_T_LAST
} ngx_http_templrender_table_e;


struct ngx_http_templrender_tables_s {
    ngx_http_templrender_entry_t  *entries[NGX_HTTP_TEMPLRENDER_T_LAST];
    ngx_uint_t                     sets[NGX_HTTP_TEMPLRENDER_T_LAST];
};


static ngx_int_t ngx_http_templrender_init_zone(ngx_shm_zone_t *shm_zone,
    void *data);
static ngx_http_templrender_entry_t *ngx_http_templrender_entry(
    ngx_http_templrender_zone_t *zone, ngx_http_templrender_table_e table,
    u_char *name, ngx_uint_t add);
static void ngx_http_templrender_hash(ngx_str_t *parts, ngx_uint_t n,
    u_char *name);
static ngx_http_templrender_zone_t *ngx_http_templrender_zone(
    ngx_http_templrender_main_conf_t *mcf);


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


static ngx_http_templrender_zone_t *
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


/* one token of the tenant's; NGX_BUSY: come again after so long */

ngx_int_t
ngx_http_templrender_zone_take(ngx_http_templrender_ctx_t *ctx,
    uint64_t *wait_ms)
{
    u_char                         name[NGX_HTTP_TEMPLRENDER_NAME_LEN];
    ngx_uint_t                     i, taken;
    ngx_http_templrender_rate_t   *rate, *rates;
    ngx_http_templrender_zone_t   *zone;
    ngx_http_templrender_entry_t  *entry;

    rates = ctx->main_conf->rates.elts;
    rate = NULL;

    for (i = 0; i < ctx->main_conf->rates.nelts; i++) {

        if (rates[i].tenant.len == 0) {
            rate = rate ? rate : &rates[i];
            continue;
        }

        if (rates[i].tenant.len == ctx->tenant.len
            && ngx_strncmp(rates[i].tenant.data, ctx->tenant.data,
                           ctx->tenant.len)
               == 0)
        {
            rate = &rates[i];
        }
    }

    zone = ngx_http_templrender_zone(ctx->main_conf);

    if (rate == NULL || zone == NULL) {
        return NGX_OK;
    }

    ngx_http_templrender_hash(&ctx->tenant, 1, name);

    ngx_shmtx_lock(&zone->shpool->mutex);

    entry = ngx_http_templrender_entry(zone, NGX_HTTP_TEMPLRENDER_T_TENANTS,
                                       name, 1);
    entry->used = ngx_current_msec;

    taken = templrender_token_bucket_take(&entry->u.bucket, rate->per_second,
                                          rate->burst, ngx_current_msec,
                                          wait_ms);

    ngx_shmtx_unlock(&zone->shpool->mutex);

    return taken ? NGX_OK : NGX_BUSY;
}


/* what the plan is called in the table of fresh ones */

void
ngx_http_templrender_zone_name(ngx_http_templrender_ctx_t *ctx)
{
    ngx_str_t  parts[3];

    parts[0] = ctx->tenant;
    parts[1] = ctx->bundle->version;
    parts[2].data = ctx->key.bytes;
    parts[2].len = sizeof(ctx->key.bytes);

    ngx_http_templrender_hash(parts, 3, ctx->name);
}


/* whether the plan was drawn or checked lately, and with which pictures */

ngx_int_t
ngx_http_templrender_zone_fresh(ngx_http_templrender_ctx_t *ctx,
    templrender_key *resources, time_t *left)
{
    uint64_t                       age, max_age;
    ngx_int_t                      rc;
    ngx_http_templrender_zone_t   *zone;
    ngx_http_templrender_entry_t  *entry;

    zone = ngx_http_templrender_zone(ctx->main_conf);

    if (zone == NULL) {
        return NGX_DECLINED;
    }

    max_age = (uint64_t) ctx->conf->max_age * 1000;
    rc = NGX_DECLINED;

    ngx_shmtx_lock(&zone->shpool->mutex);

    entry = ngx_http_templrender_entry(zone, NGX_HTTP_TEMPLRENDER_T_FRESH,
                                       ctx->name, 0);
    if (entry) {
        age = ngx_current_msec > entry->used ? ngx_current_msec - entry->used
                                             : 0;

        if (age < max_age) {
            *resources = entry->u.resources;
            *left = (time_t) ((max_age - age) / 1000);
            rc = NGX_OK;
        }
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    return rc;
}


void
ngx_http_templrender_zone_checked(ngx_http_templrender_ctx_t *ctx)
{
    ngx_http_templrender_zone_t   *zone;
    ngx_http_templrender_entry_t  *entry;

    zone = ngx_http_templrender_zone(ctx->main_conf);

    if (zone == NULL) {
        return;
    }

    ngx_shmtx_lock(&zone->shpool->mutex);

    entry = ngx_http_templrender_entry(zone, NGX_HTTP_TEMPLRENDER_T_FRESH,
                                       ctx->name, 1);
    entry->used = ngx_current_msec;
    entry->u.resources = ctx->resources_key;

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


/* the time of a fetch that was no hit */

void
ngx_http_templrender_zone_fetched(ngx_http_templrender_ctx_t *ctx,
    ngx_msec_t took)
{
    u_char                         name[NGX_HTTP_TEMPLRENDER_NAME_LEN];
    ngx_str_t                      parts[2];
    ngx_http_templrender_zone_t   *zone;
    ngx_http_templrender_entry_t  *entry;

    zone = ngx_http_templrender_zone(ctx->main_conf);

    if (zone == NULL) {
        return;
    }

    parts[0] = ctx->tenant;
    parts[1] = ctx->template;

    ngx_http_templrender_hash(parts, 2, name);

    ngx_shmtx_lock(&zone->shpool->mutex);

    entry = ngx_http_templrender_entry(zone, NGX_HTTP_TEMPLRENDER_T_SLOW,
                                       name, 1);
    entry->used = ngx_current_msec;

    templrender_slow_template_observe(&entry->u.slow, took, ngx_current_msec);

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


ngx_uint_t
ngx_http_templrender_zone_slow(ngx_http_templrender_main_conf_t *mcf,
    ngx_str_t *tenant, ngx_str_t *template)
{
    u_char                         name[NGX_HTTP_TEMPLRENDER_NAME_LEN];
    ngx_str_t                      parts[2];
    ngx_uint_t                     slow;
    ngx_http_templrender_zone_t   *zone;
    ngx_http_templrender_entry_t  *entry;

    zone = ngx_http_templrender_zone(mcf);

    if (zone == NULL) {
        return 0;
    }

    parts[0] = *tenant;
    parts[1] = *template;

    ngx_http_templrender_hash(parts, 2, name);

    ngx_shmtx_lock(&zone->shpool->mutex);

    entry = ngx_http_templrender_entry(zone, NGX_HTTP_TEMPLRENDER_T_SLOW,
                                       name, 0);

    slow = entry && templrender_slow_template_is_slow(&entry->u.slow,
                                                      mcf->slow,
                                                      ngx_current_msec);

    ngx_shmtx_unlock(&zone->shpool->mutex);

    return slow;
}


/* the entry of that name; a new one is all noughts.  Under the mutex. */

static ngx_http_templrender_entry_t *
ngx_http_templrender_entry(ngx_http_templrender_zone_t *zone,
    ngx_http_templrender_table_e table, u_char *name, ngx_uint_t add)
{
    uint64_t                        hash;
    ngx_uint_t                      i;
    ngx_http_templrender_entry_t   *entry, *oldest;
    ngx_http_templrender_tables_t  *tables;

    tables = zone->sh->tables;

    ngx_memcpy(&hash, name, sizeof(uint64_t));

    entry = tables->entries[table]
            + (hash % tables->sets[table]) * NGX_HTTP_TEMPLRENDER_SET;
    oldest = entry;

    for (i = 0; i < NGX_HTTP_TEMPLRENDER_SET; i++, entry++) {

        if (entry->used
            && ngx_memcmp(entry->name, name, NGX_HTTP_TEMPLRENDER_NAME_LEN)
               == 0)
        {
            return entry;
        }

        if (entry->used < oldest->used) {
            oldest = entry;
        }
    }

    if (!add) {
        return NULL;
    }

    ngx_memzero(oldest, sizeof(ngx_http_templrender_entry_t));
    ngx_memcpy(oldest->name, name, NGX_HTTP_TEMPLRENDER_NAME_LEN);

    return oldest;
}


/* no two lists of parts have one hash: each is told with its length */

static void
ngx_http_templrender_hash(ngx_str_t *parts, ngx_uint_t n, u_char *name)
{
    u_char       digest[20];
    uint64_t     len;
    ngx_uint_t   i;
    ngx_sha1_t   sha1;

    ngx_sha1_init(&sha1);

    for (i = 0; i < n; i++) {
        len = parts[i].len;
        ngx_sha1_update(&sha1, &len, sizeof(uint64_t));
        ngx_sha1_update(&sha1, parts[i].data, parts[i].len);
    }

    ngx_sha1_final(digest, &sha1);

    ngx_memcpy(name, digest, NGX_HTTP_TEMPLRENDER_NAME_LEN);
}
