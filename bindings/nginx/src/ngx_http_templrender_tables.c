
/*
 * The tables of the zone: which templates are slow, the tenants' buckets, and
 * which plans were drawn or checked lately.
 *
 * Each is a row of sets: an entry is in the set that its name's hash says, and
 * takes the place of the one that was used longest ago.  So nothing grows, and
 * nothing has to be cleaned up.  They are under the zone's own mutex, which
 * nginx unlocks by force when a worker dies with it; what is in them is plain
 * numbers, never a pointer.
 */


#include "ngx_http_templrender.h"
#include <ngx_sha1.h>


static ngx_http_templrender_entry_t *ngx_http_templrender_entry(
    ngx_http_templrender_zone_t *zone, ngx_http_templrender_table_e table,
    u_char *name, ngx_uint_t add);
static void ngx_http_templrender_hash(ngx_str_t *parts, ngx_uint_t n,
    u_char *name);


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
