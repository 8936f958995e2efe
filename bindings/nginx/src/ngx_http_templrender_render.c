
/*
 * Whatever takes a processor's time runs as a task on nginx's thread pool:
 * reading answers, drawing, encoding, opening packs.
 *
 * Between the post and the end of a task its request is the thread's: the event
 * loop only sets its cancel flag.  A thread logs nothing, takes nothing from
 * the request's pool, and touches no shared memory.
 *
 * With nothing but a task under way a worker that is told to quit sees no timer
 * and exits under it: so a task has a timer.
 */


#include "ngx_http_templrender.h"


#define NGX_HTTP_TEMPLRENDER_TASK_TIMER  60000


typedef struct ngx_http_templrender_scratch_s  ngx_http_templrender_scratch_t;

struct ngx_http_templrender_scratch_s {
    ngx_http_templrender_scratch_t  *next;
    templrender_scratch             *handle;
};


static void ngx_http_templrender_done(ngx_event_t *ev);
static ngx_http_templrender_scratch_t *ngx_http_templrender_take_scratch(
    ngx_http_templrender_ctx_t *ctx);
static void ngx_http_templrender_give_scratch(
    ngx_http_templrender_scratch_t *scratch);


/* as many as have ever run at once, which is at most a thread each */

static ngx_thread_mutex_t               ngx_http_templrender_mutex;
static ngx_http_templrender_scratch_t  *ngx_http_templrender_scratches;
static ngx_uint_t                       ngx_http_templrender_ready;

/* tasks that are posted and have not ended; the event loop's alone */

static ngx_uint_t                       ngx_http_templrender_tasks;


ngx_int_t
ngx_http_templrender_render_init(ngx_cycle_t *cycle)
{
    if (ngx_http_templrender_ready) {
        return NGX_OK;
    }

    if (ngx_thread_mutex_create(&ngx_http_templrender_mutex, cycle->log)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_templrender_ready = 1;

    return NGX_OK;
}


/* the threads of the pools have ended */

void
ngx_http_templrender_render_exit(ngx_cycle_t *cycle)
{
    ngx_http_templrender_scratch_t  *scratch;

    if (!ngx_http_templrender_ready) {
        return;
    }

    while (ngx_http_templrender_scratches) {
        scratch = ngx_http_templrender_scratches;
        ngx_http_templrender_scratches = scratch->next;

        templrender_scratch_free(scratch->handle);
        ngx_free(scratch);
    }

    (void) ngx_thread_mutex_destroy(&ngx_http_templrender_mutex, cycle->log);

    ngx_http_templrender_ready = 0;
}


void
ngx_http_templrender_post(ngx_http_templrender_ctx_t *ctx,
    void (*handler)(void *data, ngx_log_t *log))
{
    ngx_thread_task_t               *task;
    ngx_http_request_t              *r;
    ngx_http_templrender_process_t  *process;

    r = ctx->request;

    if (ngx_http_templrender_tasks >= ctx->conf->max_waiting) {
        ngx_http_templrender_count(ctx, NGX_HTTP_TEMPLRENDER_N_SHED_WAITING);
        ngx_http_templrender_fail_code(ctx, NGX_HTTP_TEMPLRENDER_OVERLOADED,
                                       1, "", "all places of drawings that "
                                       "may wait are taken");
        return;
    }

    task = ngx_thread_task_alloc(r->pool, 0);
    if (task == NULL) {
        ngx_http_templrender_end(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    task->ctx = ctx;
    task->handler = handler;
    task->event.handler = ngx_http_templrender_done;
    task->event.data = ctx;
    task->event.log = r->connection->log;

    ctx->working = 1;
    ctx->posted_ns = templrender_monotonic_ns();

    if (ngx_thread_task_post(ctx->conf->pool, task) != NGX_OK) {
        ctx->working = 0;

        ngx_http_templrender_count(ctx, NGX_HTTP_TEMPLRENDER_N_SHED_QUEUE);
        ngx_http_templrender_fail_code(ctx, NGX_HTTP_TEMPLRENDER_OVERLOADED,
                                       1, "", "the queue of drawings is "
                                       "full");
        return;
    }

    ngx_add_timer(&task->event, NGX_HTTP_TEMPLRENDER_TASK_TIMER);

    ngx_http_templrender_tasks++;

    process = ngx_http_templrender_process(ctx->main_conf);

    if (process) {
        process->waiting = ngx_http_templrender_tasks;
    }

    r->main->blocked++;
    r->aio = 1;
}


/* on the event loop: the task is done, or its timer has expired */

static void
ngx_http_templrender_done(ngx_event_t *ev)
{
    ngx_connection_t                *c;
    ngx_http_request_t              *r;
    ngx_http_templrender_ctx_t      *ctx;
    ngx_http_templrender_process_t  *process;

    ctx = ev->data;
    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    if (!ev->complete) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "templrender: a drawing of %V/%V is still under way",
                      &ctx->tenant, &ctx->template);

        ev->timedout = 0;
        ngx_add_timer(ev, NGX_HTTP_TEMPLRENDER_TASK_TIMER);
        return;
    }

    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    ngx_http_templrender_tasks--;

    process = ngx_http_templrender_process(ctx->main_conf);

    if (process) {
        process->waiting = ngx_http_templrender_tasks;
    }

    ctx->working = 0;
    r->main->blocked--;
    r->aio = 0;

    if (ctx->cancelled) {
        ngx_http_templrender_count(ctx,
                                   NGX_HTTP_TEMPLRENDER_N_RENDER_CANCELLED);
    }

    /* ours, or the one that ends a request whose client has gone */

    r->write_event_handler(r);

    ngx_http_run_posted_requests(c);
}


/* on a thread */

void
ngx_http_templrender_draw(void *data, ngx_log_t *log)
{
    ngx_http_templrender_ctx_t *ctx = data;

    ngx_http_templrender_scratch_t  *scratch;

    (void) log;

    ctx->started_ns = templrender_monotonic_ns();

    if (ctx->started_ns >= ctx->deadline_ns) {
        ctx->result = NGX_HTTP_TEMPLRENDER_LATE;
        return;
    }

    ctx->result = NGX_HTTP_TEMPLRENDER_FAILED;

    scratch = ngx_http_templrender_take_scratch(ctx);

    if (scratch) {
        ctx->result = ngx_http_templrender_draw_with(ctx, scratch->handle);
        ngx_http_templrender_give_scratch(scratch);
    }
}


static ngx_http_templrender_scratch_t *
ngx_http_templrender_take_scratch(ngx_http_templrender_ctx_t *ctx)
{
    ngx_http_templrender_scratch_t  *scratch;

    if (ngx_thread_mutex_lock(&ngx_http_templrender_mutex, ngx_cycle->log)
        != NGX_OK)
    {
        return NULL;
    }

    scratch = ngx_http_templrender_scratches;

    if (scratch) {
        ngx_http_templrender_scratches = scratch->next;
    }

    (void) ngx_thread_mutex_unlock(&ngx_http_templrender_mutex,
                                   ngx_cycle->log);

    if (scratch) {
        return scratch;
    }

    scratch = ngx_alloc(sizeof(ngx_http_templrender_scratch_t),
                        ngx_cycle->log);
    if (scratch == NULL) {
        return NULL;
    }

    if (templrender_scratch_new(&scratch->handle, &ctx->error)
        != TEMPLRENDER_OK)
    {
        ngx_free(scratch);
        return NULL;
    }

    return scratch;
}


static void
ngx_http_templrender_give_scratch(ngx_http_templrender_scratch_t *scratch)
{
    if (ngx_thread_mutex_lock(&ngx_http_templrender_mutex, ngx_cycle->log)
        != NGX_OK)
    {
        templrender_scratch_free(scratch->handle);
        ngx_free(scratch);
        return;
    }

    scratch->next = ngx_http_templrender_scratches;
    ngx_http_templrender_scratches = scratch;

    (void) ngx_thread_mutex_unlock(&ngx_http_templrender_mutex,
                                   ngx_cycle->log);
}
