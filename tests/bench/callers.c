/* See callers.h. */
#include "bench/callers.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>

#include "bench/pass.h"
#include "bench/timing.h"

enum { LONGEST = 200 };

struct caller {
    struct rnn_layer pass;
    int cpu;
    double ms, rate; /* histories a second */
    pthread_t thread;
};

static void pin(int cpu)
{
    cpu_set_t cpus;

    CPU_ZERO(&cpus);
    CPU_SET((size_t)cpu, &cpus);
    pthread_setaffinity_np(pthread_self(), sizeof cpus, &cpus);
}

void callers_init(struct callers *callers)
{
    cpu_set_t cpus;

    callers->cpus[0] = callers->cpus[1] = -1;
    CPU_ZERO(&cpus);
    sched_getaffinity(0, sizeof cpus, &cpus);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET((size_t)cpu, &cpus)) {
            callers->cpus[0] = callers->cpus[1];
            callers->cpus[1] = cpu;
        }
}

bool callers_are_two(const struct callers *callers)
{
    return callers->cpus[0] >= 0;
}

void callers_pin(const struct callers *callers)
{
    if (callers->cpus[1] >= 0)
        pin(callers->cpus[1]);
}

static void *call(void *context)
{
    struct caller *caller = context;
    size_t passes = 0;
    double seconds = 0.0;

    pin(caller->cpu);
    pass_run(&caller->pass); /* its weights and histories come near */
    for (double begin = timing_now(); seconds < caller->ms * 1e-3; passes++) {
        pass_run(&caller->pass);
        seconds = timing_now() - begin;
    }
    caller->rate = (double)(passes * caller->pass.total) / seconds;
    return NULL;
}

/* Histories a second of all together; NAN if one could not begin. */
static double rate_of(struct caller *callers, size_t count)
{
    double rate = 0.0;
    size_t begun = 0;

    while (begun < count &&
           pthread_create(&callers[begun].thread, NULL, call, &callers[begun]) == 0)
        begun++;
    for (size_t i = 0; i < begun; i++) {
        pthread_join(callers[i].thread, NULL);
        rate += callers[i].rate;
    }
    return begun == count ? rate : NAN;
}

double callers_ratio(const struct callers *callers, const struct model *model,
                     const struct history *histories, size_t count, double ms)
{
    static struct caller two[2];
    double ratio = NAN;

    for (int i = 0; i < 2; i++) {
        two[i].cpu = callers->cpus[i];
        two[i].ms = ms;
        two[i].pass.classifier =
            triage_classifier_new(model, (uint32_t)count, LONGEST, NULL);
        two[i].pass.histories = histories;
        two[i].pass.total = two[i].pass.batch = count;
    }
    if (two[0].pass.classifier != NULL && two[1].pass.classifier != NULL) {
        double one = rate_of(two, 1);
        ratio = rate_of(two, 2) / one;
    }
    for (int i = 0; i < 2; i++)
        triage_classifier_free(two[i].pass.classifier);
    return ratio;
}
