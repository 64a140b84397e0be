/* What the events, severities and services of incidents.h are called; its harmless noise. */
#include "simulate/incidents.h"

#include <stddef.h>

#include "simulate/incidents_table.h"

#define EVENT_FACTS(id, name, source) {name, source},
const struct event_facts event_facts[EVENT_KINDS] = {EVENT_LIST(EVENT_FACTS)};
#undef EVENT_FACTS

const char *const severity_names[SEVERITIES] = {"info", "warning", "critical"};
const char *const incident_actions[INCIDENT_ACTIONS] = {
    [ESCALATE] = "escalate", [IGNORE] = "ignore", [ROLLBACK] = "rollback"};

/* clang-format off */
const char *const service_names[SERVICES] = {
    "auth", "billing", "catalog", "checkout", "gateway", "inventory",
    "mail", "orders", "payments", "profile", "reports", "search"};

const uint8_t service_weights[CAUSES][SERVICES] = {
    /*                    au  bi  ca  ch  ga  in  ma  or  pa  pr  re  se */
    [BAD_DEPLOY]      = {  7,  7, 11, 17,  7,  7,  5, 11,  7,  7,  4, 10},
    [OLD_DEPLOY]      = {  8,  8,  8,  9,  9,  8,  8,  9,  8,  8,  8,  9},
    [GOOD_DEPLOY]     = {  7,  7, 11, 17,  7,  7,  5, 11,  7,  7,  4, 10},
    [TROUBLE_BEFORE]  = {  8,  8,  8,  9,  9,  8,  8,  9,  8,  8,  8,  9},
    [BAD_CONFIG]      = { 15,  6,  6,  8, 19,  6,  6,  8,  8,  6,  6,  6},
    [OLD_CONFIG]      = {  8,  8,  8,  9,  9,  8,  8,  9,  8,  8,  8,  9},
    [DEPENDENCY]      = {  6, 12,  4, 10,  5,  4, 17,  6, 25,  4,  3,  4},
    [CAPACITY]        = {  6,  4, 13, 10, 11,  6,  4,  8,  5,  5,  8, 20},
    [FLAPPING]        = {  8,  8,  8,  8,  9,  8, 10,  8,  8,  8,  9,  8},
    [NODE_LOST]       = {  8,  8,  9,  8,  9,  8,  8,  8,  8,  9,  8,  9},
    [DATABASE]        = {  5, 12,  7,  6,  3, 14,  4, 16,  9, 10, 10,  4},
    [DATA_DAMAGE]     = {  4, 18,  5,  5,  2, 17,  3, 16,  9,  9,  9,  3},
};

/* Whatever happens, these are strewn in. */
const struct mix noise_mix = {{
    {NOTE_ADDED, 24}, {PAGE_SENT, 12}, {PAGE_ACKNOWLEDGED, 18}, {LOG_VOLUME_HIGH, 12},
    {BACKUP_FINISHED, 8}, {CRON_FINISHED, 12}, {CERTIFICATE_EXPIRING, 4}, {CUSTOMER_REPORT, 4},
    {ERROR_LOGGED, 6}}};
const uint8_t noise_grave[SEVERITIES] = {70, 30, 0};
/* clang-format on */

const char *incident_event_name(const struct incident_event *event)
{
    return event_facts[event->kind].name;
}

const char *incident_severity_name(const struct incident_event *event)
{
    return event_facts[event->kind].source == PERSON ? NULL
                                                     : severity_names[event->severity];
}

const char *incident_service_name(const struct incident *incident,
                                  const struct incident_event *event)
{
    return event_facts[event->kind].source == PERSON ? NULL
                                                     : service_names[incident->service];
}

uint32_t mix_percent(const struct mix *mix, uint32_t kind)
{
    for (uint32_t i = 0; i < MIX_MOST && mix->shares[i].percent > 0; i++)
        if (mix->shares[i].kind == kind)
            return mix->shares[i].percent;
    return 0;
}
