#include "bench/two_threads.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>

#include "bench/batches.h"
#include "bench/timing.h"

enum { LONGEST = 200 };

struct worker {
    struct batches batches;
    int cpu;
    double ms, rate; /* histories per second */
    pthread_t thread;
};

static void pin(int cpu)
{
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET((size_t)cpu, &cpus);
    pthread_setaffinity_np(pthread_self(), sizeof cpus, &cpus);
}

void two_threads_init(struct two_threads *threads)
{
    threads->cpus[0] = threads->cpus[1] = -1;
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    sched_getaffinity(0, sizeof cpus, &cpus);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET((size_t)cpu, &cpus)) {
            threads->cpus[0] = threads->cpus[1];
            threads->cpus[1] = cpu;
        }
}

bool two_threads_have_cpus(const struct two_threads *threads)
{
    return threads->cpus[0] >= 0;
}

void two_threads_pin_caller(const struct two_threads *threads)
{
    if (threads->cpus[1] >= 0)
        pin(threads->cpus[1]);
}

static void *work(void *context)
{
    struct worker *worker = context;
    pin(worker->cpu);
    batches_classify(&worker->batches); /* load weights and histories into the caches */
    size_t rounds = 0;
    double seconds = 0.0;
    for (double begin = timing_now(); seconds < worker->ms * 1e-3; rounds++) {
        batches_classify(&worker->batches);
        seconds = timing_now() - begin;
    }
    worker->rate = (double)(rounds * worker->batches.count) / seconds;
    return NULL;
}

/* Histories per second of the first count workers together; NAN if a thread did not start. */
static double rate_of(struct worker *workers, size_t count)
{
    size_t started = 0;
    while (started < count &&
           pthread_create(&workers[started].thread, NULL, work, &workers[started]) == 0)
        started++;
    double rate = 0.0;
    for (size_t i = 0; i < started; i++) {
        pthread_join(workers[i].thread, NULL);
        rate += workers[i].rate;
    }
    return started == count ? rate : NAN;
}

double two_threads_speedup(const struct two_threads *threads, const struct model *model,
                           const struct history *histories, size_t count, double ms)
{
    static struct worker workers[2];
    for (int i = 0; i < 2; i++) {
        workers[i].cpu = threads->cpus[i];
        workers[i].ms = ms;
        workers[i].batches.classifier =
            triage_classifier_new(model, (uint32_t)count, LONGEST, NULL);
        workers[i].batches.histories = histories;
        workers[i].batches.count = workers[i].batches.batch = count;
    }
    double speedup = NAN;
    if (workers[0].batches.classifier && workers[1].batches.classifier) {
        double one = rate_of(workers, 1);
        speedup = rate_of(workers, 2) / one;
    }
    for (int i = 0; i < 2; i++)
        triage_classifier_free(workers[i].batches.classifier);
    return speedup;
}
