
/*
 * The needs of a plan, and where they are to be found, if all of them may be
 * asked for.
 */


#include "ngx_http_templrender.h"


static ngx_int_t ngx_http_templrender_locate_one(
    ngx_http_templrender_ctx_t *ctx, templrender_need *need,
    ngx_array_t *faults);
static int ngx_libc_cdecl ngx_http_templrender_cmp_ids(const void *one,
    const void *two);


/* all needs of the plan, or those that are not answered; NULL: it has ended */

templrender_need *
ngx_http_templrender_needs(ngx_http_templrender_ctx_t *ctx,
    ngx_uint_t pending, size_t *count)
{
    size_t              capacity;
    templrender_need   *needs;
    templrender_error  *error;
    templrender_status  rc;

    capacity = 16;

    for ( ;; ) {
        needs = ngx_pcalloc(ctx->request->pool,
                            capacity * sizeof(templrender_need));
        if (needs == NULL) {
            ngx_http_templrender_end(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR);
            return NULL;
        }

        needs[0].struct_size = sizeof(templrender_need);
        error = NULL;

        if (pending) {
            rc = templrender_plan_pending(ctx->plan, ctx->resources, needs,
                                          capacity, count, &error);
        } else {
            rc = templrender_plan_needs(ctx->plan, needs, capacity, count,
                                        &error);
        }

        if (rc != TEMPLRENDER_OK) {
            ngx_http_templrender_fail_error(ctx, error);
            return NULL;
        }

        if (*count <= capacity) {
            return needs;
        }

        capacity = *count;
    }
}


/*
 * Where the pictures of a plan are, if all of them may be asked for: nobody is
 * asked for one picture while another must not be.
 */

ngx_int_t
ngx_http_templrender_locate(ngx_http_templrender_ctx_t *ctx)
{
    size_t                           i, count;
    ngx_uint_t                       n;
    ngx_array_t                      faults;
    ngx_pool_t                      *pool;
    templrender_need                *needs;
    ngx_http_templrender_fault_t    *fault;
    ngx_http_templrender_failure_t  *failure;

    pool = ctx->request->pool;

    needs = ngx_http_templrender_needs(ctx, 0, &count);
    if (needs == NULL) {
        return NGX_ERROR;
    }

    if (count == 0) {
        return NGX_OK;
    }

    ctx->places = ngx_pcalloc(pool,
                              count * sizeof(ngx_http_templrender_fetch_t));
    ctx->by_id = ngx_palloc(pool,
                            count * sizeof(ngx_http_templrender_fetch_t *));

    if (ctx->places == NULL || ctx->by_id == NULL
        || ngx_array_init(&faults, pool, 1,
                          sizeof(ngx_http_templrender_fault_t))
           != NGX_OK)
    {
        ngx_http_templrender_end(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return NGX_ERROR;
    }

    for (i = 0; i < count; i++) {

        if (needs[i].kind != TEMPLRENDER_NEED_LOCATION) {
            continue;
        }

        if (ngx_http_templrender_locate_one(ctx, &needs[i], &faults)
            != NGX_OK)
        {
            ngx_http_templrender_end(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR);
            return NGX_ERROR;
        }
    }

    if (faults.nelts) {
        failure = ngx_pcalloc(pool, sizeof(ngx_http_templrender_failure_t));
        if (failure == NULL) {
            ngx_http_templrender_end(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR);
            return NGX_ERROR;
        }

        fault = faults.elts;
        failure->status = templrender_code_http_status(fault[0].code);
        failure->faults = fault;
        failure->nfaults = faults.nelts;

        ngx_http_templrender_fail(ctx, failure);
        return NGX_ERROR;
    }

    for (n = 0; n < ctx->nplaces; n++) {
        ctx->by_id[n] = &ctx->places[n];
    }

    ngx_qsort(ctx->by_id, ctx->nplaces,
              sizeof(ngx_http_templrender_fetch_t *),
              ngx_http_templrender_cmp_ids);

    return NGX_OK;
}


static ngx_int_t
ngx_http_templrender_locate_one(ngx_http_templrender_ctx_t *ctx,
    templrender_need *need, ngx_array_t *faults)
{
    size_t                         i, n;
    ngx_str_t                      message, origin, scheme;
    templrender_url               *url;
    templrender_fault              found;
    templrender_error             *error;
    ngx_http_templrender_fault_t  *fault;
    ngx_http_templrender_fetch_t  *fetch;

    error = NULL;

    if (templrender_origins_check(ngx_http_templrender_origins(ctx),
                                  need->location, &url, &error)
        == TEMPLRENDER_OK)
    {
        fetch = &ctx->places[ctx->nplaces++];

        fetch->ctx = ctx;
        fetch->id = need->id;
        fetch->location = ngx_http_templrender_str(need->location);
        fetch->url = url;
        fetch->limit = ctx->conf->max_picture;

        /* the host with its port, as the Host header has it */

        origin = ngx_http_templrender_str(templrender_url_origin(url));
        scheme = ngx_http_templrender_str(templrender_url_scheme(url));

        n = scheme.len + sizeof("://") - 1;
        fetch->host.data = origin.data + n;
        fetch->host.len = origin.len - n;

        return NGX_OK;
    }

    /* a location is not told as it stands: there may be a password in it */

    n = templrender_error_count(error);

    for (i = 0; i < n; i++) {
        ngx_memzero(&found, sizeof(templrender_fault));
        found.struct_size = sizeof(templrender_fault);

        if (templrender_error_fault(error, i, &found) != TEMPLRENDER_OK) {
            continue;
        }

        message = ngx_http_templrender_str(found.message);

        fault = ngx_array_push(faults);
        if (fault == NULL) {
            templrender_error_free(error);
            return NGX_ERROR;
        }

        fault->code = found.code;
        ngx_str_set(&fault->place, "resource");
        fault->message.len = message.len;
        fault->message.data = ngx_pstrdup(faults->pool, &message);
        if (fault->message.data == NULL) {
            templrender_error_free(error);
            return NGX_ERROR;
        }
    }

    templrender_error_free(error);

    return NGX_OK;
}


static int ngx_libc_cdecl
ngx_http_templrender_cmp_ids(const void *one, const void *two)
{
    ngx_http_templrender_fetch_t  *first, *second;

    first = *(ngx_http_templrender_fetch_t **) one;
    second = *(ngx_http_templrender_fetch_t **) two;

    return first->id < second->id ? -1 : first->id > second->id;
}


ngx_http_templrender_fetch_t *
ngx_http_templrender_place(ngx_http_templrender_ctx_t *ctx, uint64_t id)
{
    ngx_uint_t  low, high, middle;

    low = 0;
    high = ctx->nplaces;

    while (low < high) {
        middle = (low + high) / 2;

        if (ctx->by_id[middle]->id == id) {
            return ctx->by_id[middle];
        }

        if (ctx->by_id[middle]->id < id) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return NULL;
}
