/*
 * Measures reading data files: all of `triage train` before the first epoch.  Writes the same events
 * as CSV, in the order of time, and as JSON Lines, each with a name, a time, two categories and a
 * number; reads each file on one thread, on two threads, and by two programs at once; prints
 * Markdown.  A figure is the least of several rounds, because other load can only increase it.
 *
 *     usage: bench-data TRIAGE FOLDER [EVENTS]
 *
 * The files need 200 bytes an event in FOLDER.  TRIAGE may be the program of another version.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"
#include "bench/timing.h"

enum {
    ROUNDS = 3,
    FEW_EVENTS = 1000, /* of the file that shows what the program needs without data */
    OPEN = 16,         /* incidents that are open at a time */
    MIN_EVENTS = 4,
    MAX_EVENTS = 24,
    PATH_BYTES = 4096
};

static void stop(const char *what)
{
    fprintf(stderr, "bench-data: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- the data ---- */

static const char *const names[] = {
    "deploy_started", "deploy_finished",   "error_rate_high", "cpu_high",
    "error_logged",   "customer_report",   "config_changed",  "latency_high",
    "disk_full",      "rollback_requested"};
static const char *const services[] = {"payments", "checkout", "search",
                                       "accounts", "catalog",  "gateway"};
static const char *const severities[] = {"info", "warning", "critical"};
static const char *const actions[] = {"ignore", "rollback", "escalate"};

struct event {
    int64_t time; /* seconds since the epoch */
    const char *name, *service, *severity;
    uint64_t latency; /* tenths of a millisecond */
};

struct incident {
    uint64_t number, length, written;
    const char *action;
    struct event events[MAX_EVENTS];
};

static void draw(struct incident *incident, uint64_t number, int64_t time,
                 struct random *random)
{
    const char *service = services[random_below(random, 6)];
    incident->number = number;
    incident->written = 0;
    incident->length = MIN_EVENTS + random_below(random, MAX_EVENTS - MIN_EVENTS + 1);
    incident->action = actions[random_below(random, 3)];
    for (uint64_t i = 0; i < incident->length; i++) {
        time += 1 + (int64_t)random_below(random, 300);
        incident->events[i] =
            (struct event){.time = time,
                           .name = names[random_below(random, 10)],
                           .service = service,
                           .severity = severities[random_below(random, 3)],
                           .latency = random_below(random, 20000)};
    }
}

static void format_time(char text[32], int64_t seconds)
{
    time_t time = (time_t)seconds;
    struct tm parts;
    gmtime_r(&time, &parts);
    (void)strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

static void write_line(FILE *json, const struct incident *incident)
{
    char time[32];
    fprintf(json, "{\"id\":\"INC-%" PRIu64 "\",\"events\":[", 100000 + incident->number);
    for (uint64_t i = 0; i < incident->length; i++) {
        const struct event *event = &incident->events[i];
        format_time(time, event->time);
        fprintf(
            json,
            "%s{\"event\":\"%s\",\"time\":\"%s\",\"service\":\"%s\",\"severity\":\"%s\","
            "\"latency_ms\":%" PRIu64 ".%" PRIu64 "}",
            i == 0 ? "" : ",", event->name, time, event->service, event->severity,
            event->latency / 10, event->latency % 10);
    }
    fprintf(json, "],\"action\":\"%s\"}\n", incident->action);
}

static void write_row(FILE *csv, struct incident *incident)
{
    const struct event *event = &incident->events[incident->written++];
    char time[32];
    format_time(time, event->time);
    fprintf(csv, "INC-%" PRIu64 ",%s,%s,%s,%s,%" PRIu64 ".%" PRIu64 ",%s\n",
            100000 + incident->number, time, event->name, event->service, event->severity,
            event->latency / 10, event->latency % 10, incident->action);
}

/* The row that comes next: that of the earliest event of all open incidents. */
static struct incident *next_row(struct incident open[OPEN])
{
    struct incident *next = NULL;
    for (int i = 0; i < OPEN; i++)
        if (open[i].written < open[i].length &&
            (!next ||
             open[i].events[open[i].written].time < next->events[next->written].time))
            next = &open[i];
    return next;
}

/* Write at least so many events to both files.  Returns how many. */
static size_t write_data(const char *csv_path, const char *json_path, size_t events)
{
    FILE *csv = fopen(csv_path, "w"), *json = fopen(json_path, "w");
    static struct incident open[OPEN];
    struct random random;
    struct incident *next;
    size_t written = 0, drawn = 0;
    uint64_t number = 0;
    if (!csv || !json)
        stop(csv ? json_path : csv_path);
    random_init(&random, 1, 0);
    fputs("case,time,event,service,severity,latency_ms,action\n", csv);
    memset(open, 0, sizeof open);
    for (int64_t time = 1767225600; drawn < events || next_row(open);) {
        for (int i = 0; i < OPEN && drawn < events; i++) {
            if (open[i].written < open[i].length)
                continue;
            draw(&open[i], number++, time, &random);
            write_line(json, &open[i]);
            drawn += (size_t)open[i].length;
        }
        next = next_row(open);
        time = next->events[next->written].time;
        write_row(csv, next);
        written++;
    }
    if (fclose(csv) != 0 || fclose(json) != 0)
        stop(csv_path);
    return written;
}

/* ---- measuring ---- */

struct cost {
    double cpu, wall; /* seconds */
    double peak;      /* resident bytes */
};

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static pid_t start(const char *program, const char *path, const char *threads)
{
    pid_t child = fork();
    if (child < 0)
        stop("could not run the program");
    if (child > 0)
        return child;
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    execl(program, program, "train", "--print-recipe", "--threads", threads, path,
          (char *)NULL);
    _exit(127);
}

static void wait_for(pid_t child, const char *program, const char *path,
                     struct rusage *usage)
{
    int state;
    if (wait4(child, &state, 0, usage) != child)
        stop("could not run the program");
    if (!WIFEXITED(state) || WEXITSTATUS(state) != 0) {
        fprintf(stderr, "bench-data: %s train --print-recipe %s failed\n", program, path);
        exit(1);
    }
}

static struct cost run_once(const char *program, const char *path, const char *threads)
{
    double begin = timing_now();
    struct rusage usage;
    wait_for(start(program, path, threads), program, path, &usage);
    return (struct cost){.cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime),
                         .wall = timing_now() - begin,
                         .peak = (double)usage.ru_maxrss * 1024};
}

/* Half of the time of two programs at once, of one thread each: two threads cannot be faster. */
static double half_of_two(const char *program, const char *path)
{
    double begin = timing_now();
    struct rusage usage;
    pid_t first = start(program, path, "1"), second = start(program, path, "1");
    wait_for(first, program, path, &usage);
    wait_for(second, program, path, &usage);
    return (timing_now() - begin) / 2;
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

static void measure(const char *program, const char *format, const char *path,
                    const char *small, size_t events)
{
    static const char *const threads[] = {"1", "2"};
    struct cost base = run_once(program, small, "1");
    struct cost costs[2];
    double half = 0.0;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < 2; i++) {
            struct cost cost = run_once(program, path, threads[i]);
            if (round == 0)
                costs[i] = cost;
            costs[i].cpu = least(costs[i].cpu, cost.cpu);
            costs[i].wall = least(costs[i].wall, cost.wall);
            costs[i].peak = least(costs[i].peak, cost.peak);
        }
        double time = half_of_two(program, path);
        half = round == 0 ? time : least(half, time);
    }
    for (int i = 0; i < 2; i++)
        printf("| %s | %s | %.2f | %.2f | %.2f | %.1f |\n", format, threads[i],
               1e6 * costs[i].cpu / (double)events, costs[i].wall,
               costs[i].wall / costs[0].wall,
               (costs[i].peak - base.peak) / (double)events);
    printf("| %s | half of two programs | | %.2f | %.2f | |\n", format, half,
           half / costs[0].wall);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static const char *const endings[] = {"csv", "jsonl"};
    static const char *const formats[] = {"CSV", "JSON Lines"};
    char paths[2][PATH_BYTES], small[2][PATH_BYTES];
    size_t events = argc > 3 ? strtoul(argv[3], NULL, 10) : 5000000;
    if (argc < 3 || events == 0) {
        fprintf(stderr, "usage: bench-data TRIAGE FOLDER [EVENTS]\n");
        return 2;
    }
    for (int i = 0; i < 2; i++) {
        (void)snprintf(paths[i], PATH_BYTES, "%s/events.%s", argv[2], endings[i]);
        (void)snprintf(small[i], PATH_BYTES, "%s/few.%s", argv[2], endings[i]);
    }
    (void)write_data(small[0], small[1], FEW_EVENTS);
    events = write_data(paths[0], paths[1], events);
    printf("%zu events.\n\n| file | threads | us of CPU an event | s | of one thread | "
           "bytes an event |\n| --- | --- | --- | --- | --- | --- |\n",
           events);
    for (int i = 0; i < 2; i++)
        measure(argv[1], formats[i], paths[i], small[i], events);
    return 0;
}
