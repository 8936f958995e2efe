/* Who goes on, waits or goes away: state in the caller's memory, of which noughts are the start, with the time as an argument; shared by
 * processes where the memory is. */
#include "check.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

static void token_bucket(void)
{
    TEST("token bucket");
    templrender_token_bucket bucket;
    memset(&bucket, 0, sizeof bucket);
    uint64_t wait = 77;
    const uint64_t now = 1795262400000;
    for (int i = 0; i < 5; i++) CHECK(templrender_token_bucket_take(&bucket, 10, 5, now, &wait));
    CHECK(!templrender_token_bucket_take(&bucket, 10, 5, now, &wait));
    SAME(wait, 100);
    CHECK(!templrender_token_bucket_take(&bucket, 10, 5, now + 99, NULL));
    CHECK(templrender_token_bucket_take(&bucket, 10, 5, now + 100, NULL));
    CHECK(!templrender_token_bucket_take(&bucket, 10, 5, now + 100, NULL));
    /* full again after half a second of rest */
    int taken = 0;
    while (templrender_token_bucket_take(&bucket, 10, 5, now + 600, NULL)) taken++;
    SAME(taken, 5);
    /* rates that let nobody in, or that are none */
    const double rates[] = { 0, -1, (double)(1e300 * 1e10) * 0 };
    for (size_t i = 0; i < 3; i++) {
        memset(&bucket, 0, sizeof bucket);
        CHECK(!templrender_token_bucket_take(&bucket, rates[i], 5, now, &wait));
        CHECK(wait == UINT64_MAX);
    }
    CHECK(!templrender_token_bucket_take(&bucket, 10, 0, now, &wait) && wait == UINT64_MAX);
    /* any memory is a state */
    memset(&bucket, 0xff, sizeof bucket);
    for (int i = 0; i < 10; i++) templrender_token_bucket_take(&bucket, 1e300, UINT32_MAX, UINT64_MAX, &wait);
    wait = 77;
    CHECK(!templrender_token_bucket_take(NULL, 10, 5, now, &wait));
}

static void slow_template(void)
{
    TEST("slow template");
    templrender_slow_template slow;
    memset(&slow, 0, sizeof slow);
    uint64_t now = 1795262400000;
    SAME(templrender_slow_template_average_ms(&slow, now), 0);
    for (int i = 0; i < 3; i++) {
        CHECK(!templrender_slow_template_is_slow(&slow, 500, now));
        now += 1500;
        templrender_slow_template_observe(&slow, 1500, now);
    }
    SAME(templrender_slow_template_average_ms(&slow, now), 495);
    templrender_slow_template_observe(&slow, 1500, now);
    CHECK(templrender_slow_template_is_slow(&slow, 500, now));
    CHECK(!templrender_slow_template_is_slow(&slow, 500, now + 13000)); /* recovers by itself */
    memset(&slow, 0xff, sizeof slow);
    templrender_slow_template_observe(&slow, UINT64_MAX, 0);
    CHECK(templrender_slow_template_average_ms(&slow, 0) <= 60000);
    templrender_slow_template_observe(NULL, 1, now);
    CHECK(!templrender_slow_template_is_slow(NULL, 0, now));
    SAME(templrender_slow_template_average_ms(NULL, now), 0);
}

static void gate(void)
{
    TEST("gate");
    templrender_gate one;
    memset(&one, 0, sizeof one);
    SAME(templrender_gate_enter(&one, 1, 2), TEMPLRENDER_RUN);
    SAME(templrender_gate_enter(&one, 1, 2), TEMPLRENDER_WAIT);
    SAME(templrender_gate_enter(&one, 1, 2), TEMPLRENDER_WAIT);
    SAME(templrender_gate_enter(&one, 1, 2), TEMPLRENDER_REFUSE);
    templrender_gate_give_up(&one);
    CHECK(templrender_gate_leave(&one)); /* one that waits runs in its place */
    CHECK(!templrender_gate_leave(&one));
    SAME(templrender_gate_enter(&one, 1, 0), TEMPLRENDER_RUN);
    SAME(templrender_gate_enter(&one, 1, 0), TEMPLRENDER_REFUSE);
    SAME(templrender_gate_enter(NULL, 1, 0), TEMPLRENDER_REFUSE);
    CHECK(!templrender_gate_leave(NULL));
    templrender_gate_give_up(NULL);
    memset(&one, 0xff, sizeof one);
    templrender_gate_enter(&one, UINT32_MAX, UINT32_MAX);
    templrender_gate_leave(&one);
}

/* What nginx's workers have in a zone of shared memory. */
struct zone {
    pthread_mutex_t lock;
    templrender_token_bucket bucket;
    templrender_slow_template slow;
    templrender_gate gate;
    int taken, run, wait, refused;
};

static const uint64_t NOW = 1795262400000;

static void worker(struct zone *zone)
{
    for (int i = 0; i < 100; i++) {
        pthread_mutex_lock(&zone->lock);
        if (templrender_token_bucket_take(&zone->bucket, 1, 150, NOW, NULL)) zone->taken++;
        switch (templrender_gate_enter(&zone->gate, 7, 20)) {
        case TEMPLRENDER_RUN: zone->run++; break;
        case TEMPLRENDER_WAIT: zone->wait++; break;
        default: zone->refused++;
        }
        templrender_slow_template_observe(&zone->slow, 800, NOW);
        pthread_mutex_unlock(&zone->lock);
        if (i % 10 == 0) sleep_ms(1);
    }
}

static void processes(void)
{
    TEST("shared by processes");
    void *memory = mmap(NULL, sizeof(struct zone), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
    if (memory == MAP_FAILED) return;
    struct zone *zone = (struct zone *)memory;
    pthread_mutexattr_t shared;
    pthread_mutexattr_init(&shared);
    pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&zone->lock, &shared);
    pthread_mutexattr_destroy(&shared);

    /* the parent takes one before it forks: a child goes on where it was */
    CHECK(templrender_token_bucket_take(&zone->bucket, 1, 150, NOW, NULL));
    pid_t children[3];
    fflush(stdout);
    for (int i = 0; i < 3; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            worker(zone);
            _exit(0);
        }
        CHECK(children[i] > 0);
    }
    worker(zone);
    for (int i = 0; i < 3; i++) {
        int status = -1;
        CHECK(waitpid(children[i], &status, 0) == children[i] && status == 0);
    }
    SAME(zone->taken, 149);
    SAME(zone->run, 7);
    SAME(zone->wait, 20);
    SAME(zone->refused, 400 - 27);
    CHECK(templrender_slow_template_is_slow(&zone->slow, 790, NOW));
    CHECK(!templrender_token_bucket_take(&zone->bucket, 1, 150, NOW, NULL));
    for (int i = 0; i < 20; i++) CHECK(templrender_gate_leave(&zone->gate));
    CHECK(!templrender_gate_leave(&zone->gate));
    pthread_mutex_destroy(&zone->lock);
    munmap(memory, sizeof(struct zone));
}

int main(void)
{
    token_bucket();
    slow_template();
    gate();
    processes();
    return done();
}
