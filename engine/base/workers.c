/*
 * Threads that wait for tasks.
 *
 * One mutex guards everything.  A round begins when workers_run sets `count` and `next`; threads
 * take the numbers below `count` until none is left.  The round is over when `next` has reached
 * `count` and `busy` is 0.  Between rounds a worker waits for `wake`; the caller waits for `done`.
 *
 * Waking a thread on another processor takes about 50 us, as long as the time between two rounds.
 * So a thread that has to wait first spins for about that time, without the mutex, until `changes`
 * differs.  `changes` is incremented whenever a waiting thread may be able to go on.
 */
#include "base/workers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

struct workers {
    pthread_mutex_t mutex;
    pthread_cond_t wake, done;
    void (*task)(void *context, size_t i);
    void *context;
    size_t count, next;
    uint32_t busy;    /* tasks being run */
    uint32_t started; /* threads */
    bool is_stopping;
    atomic_uint changes;
    pthread_t threads[];
};

enum { SPINS = 1000 };

static void spin_once(void)
{
#ifdef __x86_64__
    __builtin_ia32_pause();
#endif
}

/* With the mutex held: spin until there is a change, then sleep until there is one. */
static void wait_for_change(struct workers *workers, pthread_cond_t *condition)
{
    unsigned seen = atomic_load(&workers->changes);
    pthread_mutex_unlock(&workers->mutex);
    for (int i = 0; i < SPINS && atomic_load(&workers->changes) == seen; i++)
        spin_once();
    pthread_mutex_lock(&workers->mutex);
    if (atomic_load(&workers->changes) == seen)
        pthread_cond_wait(condition, &workers->mutex);
}

/* With the mutex held: run tasks until none is left to take. */
static void run_tasks(struct workers *workers)
{
    while (workers->next < workers->count) {
        size_t i = workers->next++;
        workers->busy++;
        pthread_mutex_unlock(&workers->mutex);
        workers->task(workers->context, i);
        pthread_mutex_lock(&workers->mutex);
        workers->busy--;
    }
    if (workers->busy == 0) {
        atomic_fetch_add(&workers->changes, 1);
        pthread_cond_signal(&workers->done);
    }
}

static void *worker(void *argument)
{
    struct workers *workers = argument;
    pthread_mutex_lock(&workers->mutex);
    while (!workers->is_stopping) {
        run_tasks(workers);
        while (!workers->is_stopping && workers->next >= workers->count)
            wait_for_change(workers, &workers->wake);
    }
    pthread_mutex_unlock(&workers->mutex);
    return NULL;
}

uint32_t workers_threads(uint32_t requested)
{
    if (requested > 0)
        return requested;
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (uint32_t)online : 1;
}

struct workers *workers_new(uint32_t threads, struct error *err)
{
    struct workers *workers =
        calloc(1, sizeof *workers + threads * sizeof *workers->threads);
    if (!workers) {
        error_no_memory(err);
        return NULL;
    }
    pthread_mutex_init(&workers->mutex, NULL);
    pthread_cond_init(&workers->wake, NULL);
    pthread_cond_init(&workers->done, NULL);
    while (workers->started + 1 < threads &&
           pthread_create(&workers->threads[workers->started], NULL, worker, workers) ==
               0)
        workers->started++;
    return workers;
}

void workers_free(struct workers *workers)
{
    if (!workers)
        return;
    pthread_mutex_lock(&workers->mutex);
    workers->is_stopping = true;
    atomic_fetch_add(&workers->changes, 1);
    pthread_cond_broadcast(&workers->wake);
    pthread_mutex_unlock(&workers->mutex);
    for (uint32_t i = 0; i < workers->started; i++)
        pthread_join(workers->threads[i], NULL);
    pthread_cond_destroy(&workers->done);
    pthread_cond_destroy(&workers->wake);
    pthread_mutex_destroy(&workers->mutex);
    free(workers);
}

uint32_t workers_count(const struct workers *workers)
{
    return workers->started + 1;
}

void workers_run(struct workers *workers, void (*task)(void *context, size_t i),
                 void *context, size_t count)
{
    pthread_mutex_lock(&workers->mutex);
    workers->task = task;
    workers->context = context;
    workers->count = count;
    workers->next = 0;
    atomic_fetch_add(&workers->changes, 1);
    pthread_cond_broadcast(&workers->wake);
    run_tasks(workers);
    while (workers->busy > 0 || workers->next < workers->count)
        wait_for_change(workers, &workers->done);
    workers->count = workers->next = 0;
    pthread_mutex_unlock(&workers->mutex);
}
