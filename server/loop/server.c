/*
 * Starting: parse the address, load the models; listen, make the loops, start their threads.
 * Stopping: tell the loops to drain; the service has ended when the last loop has.
 */
#include "loop/server.h"

#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine.h"
#include "http/http.h"
#include "loop/listener.h"
#include "loop/loop.h"
#include "service/address.h"
#include "service/clock.h"
#include "service/counters.h"
#include "service/resources.h"
#include "service/service.h"

struct worker {
    struct loop *loop;
    pthread_t thread;
    bool is_running;
};

struct server {
    struct service service;
    struct address address;
    char url[ADDRESS_TEXT + 8];
    unsigned count;
    struct worker *workers; /* [count] */
};

/* There is no access control, so other addresses than loopback need explicit consent. */
static enum status check_public(const struct address *address, struct error *err)
{
    const char *allowed = getenv("TRIAGE_ALLOW_PUBLIC");
    if (address_is_loopback(address) || (allowed && strcmp(allowed, "1") == 0))
        return STATUS_OK;
    char name[ADDRESS_TEXT];
    address_format(address, name);
    return error_set(err, STATUS_BAD_OPTION, "listen",
                     "%s is reachable from other machines, which needs "
                     "TRIAGE_ALLOW_PUBLIC=1",
                     name);
}

/* Neither the current folder nor the installation has models: say where both were looked for. */
static enum status explain_no_models(const struct options *options, struct error *err)
{
    struct error reason = *err;
    if (reason.status != STATUS_IO || *options->installed_models == '\0' ||
        strcmp(options->models, options->installed_models) == 0)
        return reason.status;
    *err = (struct error){0};
    return error_set(err, STATUS_IO, options->models,
                     "no such folder here, nor \"%s\"; --models names another",
                     options->installed_models);
}

static enum status load_service(struct server *server, struct error *err)
{
    struct service *service = &server->service;
    const struct options *options = service->options;
    RETURN_IF_ERROR(address_parse(&server->address, options->listen, err));
    RETURN_IF_ERROR(check_public(&server->address, err));
    if (*options->kernel)
        RETURN_IF_ERROR(triage_kernels_force(options->kernel, err));
    if (!*options->models)
        return error_set(err, STATUS_BAD_OPTION, "models",
                         "the name of the folder is empty");
    service->started_us = clock_us();
    service->started_at_us = clock_of_day_us();
    service->registry = registry_load(options->models, options->model, err);
    return service->registry ? STATUS_OK : explain_no_models(options, err);
}

static enum status open_listener(struct server *server, struct error *err)
{
    struct service *service = &server->service;
    service->listener = listener_open(&server->address, err);
    if (service->listener < 0)
        return err->status;
    char name[ADDRESS_TEXT];
    address_format(&server->address, name);
    snprintf(server->url, sizeof server->url, "http://%s", name);
    return STATUS_OK;
}

static enum status make_loops(struct server *server, struct error *err)
{
    const struct options *options = server->service.options;
    unsigned count = options->loops > 0 ? options->loops : resources_cpus();
    size_t max_connections =
        options->max_connections + (size_t)count * HTTP_SPARE_CONNECTIONS;
    RETURN_IF_ERROR(clients_init(&server->service.clients,
                                 options->max_client_connections, max_connections, err));
    server->workers = calloc(count, sizeof *server->workers);
    if (!server->workers)
        return error_no_memory(err);
    server->count = server->service.loops = count;
    for (unsigned i = 0; i < count; i++) {
        server->workers[i].loop = loop_new(&server->service, err);
        if (!server->workers[i].loop)
            return err->status;
    }
    return STATUS_OK;
}

static void *serve(void *loop)
{
    loop_run(loop);
    return NULL;
}

static enum status start_threads(struct server *server, struct error *err)
{
    for (unsigned i = 0; i < server->count; i++) {
        struct worker *worker = &server->workers[i];
        atomic_fetch_add(&server->service.running, 1);
        int failure = pthread_create(&worker->thread, NULL, serve, worker->loop);
        if (failure != 0) {
            atomic_fetch_sub(&server->service.running, 1);
            return error_set(err, STATUS_IO, "", "could not start a thread: %s",
                             strerror(failure));
        }
        worker->is_running = true;
        char name[16];
        snprintf(name, sizeof name, "loop-%u", i);
        pthread_setname_np(worker->thread, name);
        resources_pin_thread(worker->thread, i, server->count);
    }
    return STATUS_OK;
}

/* How many connections can be open: each is a descriptor.  RESOURCES_UNKNOWN: no limit is known. */
static uint64_t free_descriptors(void)
{
    struct resource_usage usage;
    resources_usage(&usage);
    if (usage.descriptors == RESOURCES_UNKNOWN ||
        usage.descriptors_limit == RESOURCES_UNKNOWN)
        return RESOURCES_UNKNOWN;
    return usage.descriptors_limit - (usage.descriptors < usage.descriptors_limit
                                          ? usage.descriptors
                                          : usage.descriptors_limit);
}

static enum status check_descriptors(struct error *err)
{
    if (free_descriptors() > 0)
        return STATUS_OK;
    return error_set(
        err, STATUS_IO, "",
        "too many open files: the limit of %llu (ulimit -n) leaves none for a "
        "connection",
        (unsigned long long)resources_descriptor_limit());
}

struct server *server_load(const struct options *options, struct error *err)
{
    struct error unused = {0};
    err = err ? err : &unused;
    struct server *server = calloc(1, sizeof *server);
    if (!server) {
        error_no_memory(err);
        return NULL;
    }
    server->service.listener = -1;
    server->service.options = options;
    resources_raise_descriptor_limit(); /* each connection is a descriptor */
    json_object_seed(0);                /* not safe once there are threads */
    if (load_service(server, err) == STATUS_OK)
        return server;
    server_free(server);
    return NULL;
}

enum status server_listen(struct server *server, struct error *err)
{
    struct error unused = {0};
    err = err ? err : &unused;
    enum status status = open_listener(server, err);
    if (status == STATUS_OK)
        status = make_loops(server, err);
    if (status == STATUS_OK)
        status = check_descriptors(err);
    if (status == STATUS_OK)
        status = start_threads(server, err);
    return status;
}

struct server *server_start(const struct options *options, struct error *err)
{
    struct server *server = server_load(options, err);
    if (!server || server_listen(server, err) == STATUS_OK)
        return server;
    server_hurry(server);
    server_free(server);
    return NULL;
}

/* ---- the log --------------------------------------------------------------------------- */

/* max-connections is more than there are descriptors. */
static void log_limits(const struct server *server, struct log *log)
{
    uint64_t connections = free_descriptors();
    if (server->service.options->max_connections <= connections ||
        !log_begin(log, "warning",
                   "the limit on open files (ulimit -n) allows fewer connections"))
        return;
    log_number(log, "max_connections", server->service.options->max_connections);
    log_number(log, "possible", connections);
    log_end(log);
}

void server_log_start(const struct server *server, uint64_t memory_limit, struct log *log)
{
    const struct registry *registry = server->service.registry;
    for (size_t i = 0; i < registry_count(registry); i++) {
        const struct registry_entry *entry = registry_at(registry, i);
        if (!log_begin(log, "info", "loaded"))
            break;
        log_text(log, "model", entry->name);
        log_text(log, "digest", triage_model_digest(entry->model));
        log_end(log);
    }
    log_limits(server, log);
    if (!log_begin(log, "info", "listening"))
        return;
    log_text(log, "version", TRIAGE_VERSION);
    log_text(log, "url", server->url);
    log_number(log, "models", registry_count(registry));
    log_number(log, "loops", server->count);
    log_text(log, "kernel", triage_kernels_name());
    if (memory_limit > 0)
        log_number(log, "max_memory", memory_limit);
    log_number(log, "process", (uint64_t)getpid());
    log_end(log);
}

size_t server_models(const struct server *server)
{
    return registry_count(server->service.registry);
}

uint64_t server_requests(const struct server *server)
{
    uint64_t requests = 0;
    for (const struct counters *c = server->service.counters; c; c = c->next)
        for (size_t i = 0; i < c->route_count; i++)
            for (size_t j = 0; j < METHODS * COUNTED_CODES; j++)
                requests += count_read(
                    &c->routes[i].requests[j / COUNTED_CODES][j % COUNTED_CODES]);
    return requests;
}

const char *server_url(const struct server *server)
{
    return server->url;
}

/* Set *since_us to the current time, unless it is set already, and wake the loops. */
static void set_since(struct server *server, _Atomic int64_t *since_us)
{
    int64_t unset = 0;
    atomic_compare_exchange_strong(since_us, &unset, clock_us());
    for (unsigned i = 0; i < server->count; i++)
        if (server->workers[i].is_running)
            loop_notify(server->workers[i].loop);
}

void server_drain(struct server *server)
{
    set_since(server, &server->service.draining_since_us);
}

void server_hurry(struct server *server)
{
    server_drain(server);
    set_since(server, &server->service.hurried_since_us);
}

bool server_has_ended(const struct server *server)
{
    return atomic_load(&server->service.running) == 0;
}

void server_free(struct server *server)
{
    if (!server)
        return;
    server_drain(server);
    for (unsigned i = 0; i < server->count; i++)
        if (server->workers[i].is_running)
            pthread_join(server->workers[i].thread, NULL);
    bool has_loop = server->count > 0 && server->workers[0].loop;
    server->service.counters = NULL;
    for (unsigned i = 0; i < server->count; i++)
        loop_free(server->workers[i].loop);
    if (!has_loop && server->service.listener >= 0)
        close(server->service.listener); /* otherwise the last loop has closed it */
    registry_release(server->service.registry);
    clients_release(&server->service.clients);
    free(server->workers);
    free(server);
}
