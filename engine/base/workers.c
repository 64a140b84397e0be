/*
 * See workers.h.
 *
 * One mutex guards everything.  A round begins when `count` is set and `next` returns to 0;
 * workers take numbers until none is left; the round is over when `busy` is 0 and `next` has
 * reached `count`.  A worker sleeps on `wake` between rounds; the caller, on `done`.
 *
 * To wake a sleeper on another processor takes some 50 us, as much as lies between two
 * rounds: so whoever waits looks for as long as that first, without the mutex, at `signs`,
 * which is counted up when there is something new to see.
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
    uint32_t busy; /* tasks being run */
    uint32_t started;
    bool is_over;
    atomic_uint signs;
    pthread_t threads[];
};

enum { LOOKS = 1000 };

static void rest_a_little(void)
{
#ifdef __x86_64__
    __builtin_ia32_pause();
#endif
}

/* With the mutex held: look for a sign, then sleep until there is one. */
static void await(struct workers *workers, pthread_cond_t *sign)
{
    unsigned seen = atomic_load(&workers->signs);

    pthread_mutex_unlock(&workers->mutex);
    for (int i = 0; i < LOOKS && atomic_load(&workers->signs) == seen; i++)
        rest_a_little();
    pthread_mutex_lock(&workers->mutex);
    if (atomic_load(&workers->signs) == seen)
        pthread_cond_wait(sign, &workers->mutex);
}

/* With the mutex held: run tasks until none is left to take. */
static void take_tasks(struct workers *workers)
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
        atomic_fetch_add(&workers->signs, 1);
        pthread_cond_signal(&workers->done);
    }
}

static void *worker(void *argument)
{
    struct workers *workers = argument;

    pthread_mutex_lock(&workers->mutex);
    while (!workers->is_over) {
        take_tasks(workers);
        while (!workers->is_over && workers->next >= workers->count)
            await(workers, &workers->wake);
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

    if (workers == NULL) {
        error_no_memory(err);
        return NULL;
    }
    pthread_mutex_init(&workers->mutex, NULL);
    pthread_cond_init(&workers->wake, NULL);
    pthread_cond_init(&workers->done, NULL);
    for (uint32_t i = 1; i < threads; i++) {
        if (pthread_create(&workers->threads[workers->started], NULL, worker, workers) !=
            0)
            break; /* fewer threads do the same work */
        workers->started++;
    }
    return workers;
}

void workers_free(struct workers *workers)
{
    if (workers == NULL)
        return;
    pthread_mutex_lock(&workers->mutex);
    workers->is_over = true;
    atomic_fetch_add(&workers->signs, 1);
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
    atomic_fetch_add(&workers->signs, 1);
    pthread_cond_broadcast(&workers->wake);
    take_tasks(workers);
    while (workers->busy > 0 || workers->next < workers->count)
        await(workers, &workers->done);
    workers->count = workers->next = 0;
    pthread_mutex_unlock(&workers->mutex);
}
