
/*
 * The needs of a plan, answered in rounds: all of a round at the same time.
 * Where one of them fails, its next choice is in the next round.
 *
 * What failed is kept with its reason: where the picture cannot be drawn
 * without it, the answer says whose turn it is.
 */


#include "ngx_http_templrender.h"


static void ngx_http_templrender_no_memory(ngx_http_templrender_ctx_t *ctx);
static ngx_uint_t ngx_http_templrender_missed_status(
    ngx_http_templrender_fetch_t *fetch);


/* asks for whatever is pending; nothing is: the picture can be drawn */

void
ngx_http_templrender_round(ngx_http_templrender_ctx_t *ctx)
{
    size_t                         i, count;
    ngx_uint_t                     asked;
    templrender_need              *needs;
    templrender_error             *error;
    templrender_slice              unasked, modelless;
    ngx_http_templrender_fetch_t  *fetch;

    unasked.data = (const uint8_t *) "not asked for";
    unasked.len = sizeof("not asked for") - 1;

    modelless.data = (const uint8_t *) "models do not run here";
    modelless.len = sizeof("models do not run here") - 1;

    do {
        needs = ngx_http_templrender_needs(ctx, 1, &count);
        if (needs == NULL) {
            return;
        }

        asked = 0;

        for (i = 0; i < count; i++) {
            fetch = ctx->fallback || ctx->instead
                    ? NULL
                    : ngx_http_templrender_place(ctx, needs[i].id);

            if (fetch == NULL || fetch->asked) {

                /*
                 * a fallback picture asks nobody, nobody is asked twice, and
                 * what a model would make has no place to be asked for
                 */

                error = NULL;

                if (templrender_resources_fail(ctx->resources, needs[i].id,
                        needs[i].kind == TEMPLRENDER_NEED_GENERATED
                        ? modelless : unasked, &error)
                    != TEMPLRENDER_OK)
                {
                    ngx_http_templrender_fail_error(ctx, error);
                    return;
                }

                continue;
            }

            fetch->asked = 1;
            ngx_queue_insert_tail(&ctx->fetches, &fetch->queue);

            if (asked++ == 0) {
                ctx->next = &fetch->queue;
            }
        }

    } while (count && asked == 0);

    if (asked == 0) {
        ctx->next = ngx_queue_sentinel(&ctx->fetches);
    }

    ctx->state = NGX_HTTP_TEMPLRENDER_FETCHING;

    ngx_http_templrender_ask(ctx);
}


/* begins fetches while there is room for them; the last one ends the round */

void
ngx_http_templrender_ask(ngx_http_templrender_ctx_t *ctx)
{
    ngx_http_templrender_fetch_t  *fetch;

    while (ctx->next != ngx_queue_sentinel(&ctx->fetches)
           && ctx->active < NGX_HTTP_TEMPLRENDER_AT_ONCE)
    {
        fetch = ngx_queue_data(ctx->next, ngx_http_templrender_fetch_t,
                               queue);

        ctx->next = ngx_queue_next(ctx->next);
        ctx->active++;

        if (ngx_http_templrender_fetch(fetch, &ctx->conf->fetch) != NGX_OK) {
            ngx_http_templrender_end(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR);
            return;
        }
    }

    /* a fallback picture does not wait for what the other one asked for */

    if (ctx->active == 0 && ctx->no_memory && !ctx->fallback) {
        ngx_http_templrender_no_memory(ctx);
        return;
    }

    if (ctx->active == 0 || ctx->fallback) {
        ctx->state = NGX_HTTP_TEMPLRENDER_DRAWING;
        ngx_http_templrender_post(ctx, ngx_http_templrender_draw);
    }
}


static void
ngx_http_templrender_no_memory(ngx_http_templrender_ctx_t *ctx)
{
    ngx_http_templrender_count(ctx, NGX_HTTP_TEMPLRENDER_N_SHED_MEMORY);
    ngx_http_templrender_fail_code(ctx, NGX_HTTP_TEMPLRENDER_OVERLOADED, 1,
                                   "", "pictures that wait to be drawn take "
                                   "all the memory that they may");
}


/* what an answer is worth: bytes, or a reason */

void
ngx_http_templrender_judge(ngx_http_templrender_fetch_t *fetch)
{
    u_char                      *p;
    ngx_http_templrender_ctx_t  *ctx;

    ctx = fetch->ctx;
    fetch->code = TEMPLRENDER_MISSING_RESOURCE;

    if (fetch->too_large) {
        fetch->code = TEMPLRENDER_RESOURCE_LIMIT;

        p = ngx_pnalloc(ctx->request->pool, 128);
        if (p == NULL) {
            ngx_str_set(&fetch->why, "the picture is too large");
            return;
        }

        fetch->why.data = p;

        if (fetch->announced > 0) {
            p = ngx_sprintf(p, "the picture has %O bytes, over the limit of "
                            "%uz", fetch->announced, fetch->limit);
        } else {
            p = ngx_sprintf(p, "the picture has more bytes than the limit of "
                            "%uz", fetch->limit);
        }

        fetch->why.len = p - fetch->why.data;
        return;
    }

    if (fetch->late) {
        ngx_str_set(&fetch->why, "the picture was not there in time");
        return;
    }

    if (fetch->status == 0 || fetch->broken) {
        ngx_str_set(&fetch->why, "the connection failed or ended early");
        return;
    }

    if (fetch->status != NGX_HTTP_OK) {

        p = ngx_pnalloc(ctx->request->pool, 64);
        if (p == NULL) {
            ngx_str_set(&fetch->why, "the server answered with an error");
            return;
        }

        fetch->why.data = p;
        p = ngx_sprintf(p, "the server answered with status %ui",
                        fetch->status);
        fetch->why.len = p - fetch->why.data;
        return;
    }

    fetch->code = TEMPLRENDER_OK;
}


/* what is said where the picture cannot be drawn without what is missing */

ngx_http_templrender_failure_t *
ngx_http_templrender_missed(ngx_http_templrender_ctx_t *ctx)
{
    u_char                          *p;
    ngx_str_t                        text, message;
    ngx_pool_t                      *pool;
    ngx_queue_t                     *q;
    ngx_array_t                      faults;
    templrender_fault                found;
    ngx_http_templrender_fault_t    *fault;
    ngx_http_templrender_fetch_t    *fetch;
    ngx_http_templrender_failure_t  *failure;

    pool = ctx->request->pool;

    failure = ngx_pcalloc(pool, sizeof(ngx_http_templrender_failure_t));
    if (failure == NULL
        || ngx_array_init(&faults, pool, 4,
                          sizeof(ngx_http_templrender_fault_t))
           != NGX_OK)
    {
        return NULL;
    }

    failure->replaceable = 1;

    for (q = ngx_queue_head(&ctx->fetches);
         q != ngx_queue_sentinel(&ctx->fetches);
         q = ngx_queue_next(q))
    {
        fetch = ngx_queue_data(q, ngx_http_templrender_fetch_t, queue);

        if (fetch->code == TEMPLRENDER_OK) {
            continue;
        }

        fault = ngx_array_push(&faults);
        if (fault == NULL) {
            return NULL;
        }

        fault->code = fetch->code;

        text = ngx_http_templrender_str(templrender_url_text(fetch->url));
        fault->place.data = ngx_pnalloc(pool,
                                        sizeof("resource ") - 1 + text.len);
        if (fault->place.data == NULL) {
            return NULL;
        }

        p = ngx_sprintf(fault->place.data, "resource %V", &text);
        fault->place.len = p - fault->place.data;

        fault->message = fetch->why;

        if (fetch->error) {
            ngx_memzero(&found, sizeof(templrender_fault));
            found.struct_size = sizeof(templrender_fault);
            (void) templrender_error_fault(fetch->error, 0, &found);

            message = ngx_http_templrender_str(found.message);
            fault->message = message;
        }

        if (faults.nelts == 1) {
            failure->status = ngx_http_templrender_missed_status(fetch);
        }
    }

    failure->faults = faults.elts;
    failure->nfaults = faults.nelts;

    return failure;
}


static ngx_uint_t
ngx_http_templrender_missed_status(ngx_http_templrender_fetch_t *fetch)
{
    if (fetch->code == TEMPLRENDER_RESOURCE_LIMIT) {
        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    return fetch->late ? NGX_HTTP_GATEWAY_TIME_OUT : NGX_HTTP_BAD_GATEWAY;
}
