/*
 * The tables of the stochastic model in incidents.h: actions, events, services, causes, phases.
 */
#ifndef TRIAGE_INCIDENT_TABLES_H
#define TRIAGE_INCIDENT_TABLES_H

#include <stdint.h>

enum incident_action { ESCALATE, IGNORE, ROLLBACK, INCIDENT_ACTIONS };

extern const char *const incident_action_names[INCIDENT_ACTIONS];

/* People's events have no severity and no service; pipelines and controllers report at info. */
enum event_source { PERSON, NOTICE, ALERT };

#define EVENT_LIST(X)                                                                    \
    X(DEPLOY_STARTED, "deploy_started", NOTICE)                                          \
    X(DEPLOY_FINISHED, "deploy_finished", NOTICE)                                        \
    X(CANARY_STARTED, "canary_started", NOTICE)                                          \
    X(CANARY_PASSED, "canary_passed", NOTICE)                                            \
    X(ROLLBACK_REQUESTED, "rollback_requested", PERSON)                                  \
    X(ROLLBACK_STARTED, "rollback_started", NOTICE)                                      \
    X(ROLLBACK_FINISHED, "rollback_finished", NOTICE)                                    \
    X(CONFIG_CHANGED, "config_changed", NOTICE)                                          \
    X(CONFIG_REVERTED, "config_reverted", NOTICE)                                        \
    X(FLAG_ENABLED, "feature_flag_enabled", NOTICE)                                      \
    X(FLAG_DISABLED, "feature_flag_disabled", NOTICE)                                    \
    X(MIGRATION_STARTED, "migration_started", NOTICE)                                    \
    X(MIGRATION_FINISHED, "migration_finished", NOTICE)                                  \
    X(ERROR_LOGGED, "error_logged", ALERT)                                               \
    X(ERROR_RATE_HIGH, "error_rate_high", ALERT)                                         \
    X(LATENCY_HIGH, "latency_high", ALERT)                                               \
    X(ERROR_BUDGET_BURN, "error_budget_burn", ALERT)                                     \
    X(HEALTH_CHECK_FAILED, "health_check_failed", ALERT)                                 \
    X(PROBE_TIMEOUT, "probe_timeout", ALERT)                                             \
    X(CUSTOMER_REPORT, "customer_report", PERSON)                                        \
    X(ERRORS_CLEARED, "errors_cleared", NOTICE)                                          \
    X(LATENCY_NORMAL, "latency_normal", NOTICE)                                          \
    X(ALERT_RESOLVED, "alert_resolved", NOTICE)                                          \
    X(HEALTH_CHECK_PASSED, "health_check_passed", NOTICE)                                \
    X(POD_RESTARTED, "pod_restarted", ALERT)                                             \
    X(POD_CRASH_LOOPING, "pod_crash_looping", ALERT)                                     \
    X(POD_OOM_KILLED, "pod_oom_killed", ALERT)                                           \
    X(POD_EVICTED, "pod_evicted", ALERT)                                                 \
    X(POD_PENDING, "pod_pending", ALERT)                                                 \
    X(POD_SCHEDULED, "pod_scheduled", NOTICE)                                            \
    X(IMAGE_PULL_FAILED, "image_pull_failed", ALERT)                                     \
    X(NODE_NOT_READY, "node_not_ready", ALERT)                                           \
    X(NODE_READY, "node_ready", NOTICE)                                                  \
    X(CPU_HIGH, "cpu_high", ALERT)                                                       \
    X(MEMORY_HIGH, "memory_high", ALERT)                                                 \
    X(QUEUE_DEPTH_HIGH, "queue_depth_high", ALERT)                                       \
    X(QUEUE_DRAINED, "queue_drained", NOTICE)                                            \
    X(AUTOSCALER_SCALED_UP, "autoscaler_scaled_up", NOTICE)                              \
    X(AUTOSCALER_SCALED_DOWN, "autoscaler_scaled_down", NOTICE)                          \
    X(AUTOSCALER_AT_LIMIT, "autoscaler_at_limit", ALERT)                                 \
    X(DEPENDENCY_TIMEOUT, "dependency_timeout", ALERT)                                   \
    X(CIRCUIT_BREAKER_OPENED, "circuit_breaker_opened", ALERT)                           \
    X(CIRCUIT_BREAKER_CLOSED, "circuit_breaker_closed", NOTICE)                          \
    X(PROVIDER_STATUS_RED, "provider_status_red", NOTICE)                                \
    X(PROVIDER_STATUS_GREEN, "provider_status_green", NOTICE)                            \
    X(SLOW_QUERIES, "slow_queries", ALERT)                                               \
    X(DEADLOCK_DETECTED, "deadlock_detected", ALERT)                                     \
    X(CONNECTION_POOL_EXHAUSTED, "connection_pool_exhausted", ALERT)                     \
    X(REPLICATION_LAG_HIGH, "replication_lag_high", ALERT)                               \
    X(FAILOVER_STARTED, "failover_started", NOTICE)                                      \
    X(FAILOVER_FINISHED, "failover_finished", NOTICE)                                    \
    X(CHECKSUM_MISMATCH, "checksum_mismatch", ALERT)                                     \
    X(CONSTRAINT_VIOLATION, "constraint_violation", ALERT)                               \
    X(DATA_MISSING, "data_missing", ALERT)                                               \
    X(RESTORE_STARTED, "restore_started", NOTICE)                                        \
    X(DATA_VERIFIED, "data_verified", NOTICE)                                            \
    X(NOTE_ADDED, "note_added", PERSON)                                                  \
    X(PAGE_SENT, "page_sent", NOTICE)                                                    \
    X(PAGE_ACKNOWLEDGED, "page_acknowledged", PERSON)                                    \
    X(LOG_VOLUME_HIGH, "log_volume_high", ALERT)                                         \
    X(BACKUP_FINISHED, "backup_finished", NOTICE)                                        \
    X(CRON_FINISHED, "cron_finished", NOTICE)                                            \
    X(CERTIFICATE_EXPIRING, "certificate_expiring", ALERT)

#define EVENT_ENUMERATOR(id, name, source) id,
enum event_kind { EVENT_LIST(EVENT_ENUMERATOR) EVENT_KINDS };
#undef EVENT_ENUMERATOR

struct event_info {
    const char *name;
    enum event_source source;
};

extern const struct event_info event_infos[EVENT_KINDS];

enum { SEVERITIES = 3, SERVICES = 12, MAX_SHARES = 10, MAX_MOVES = 3 };

extern const char *const severity_names[SEVERITIES]; /* info, warning, critical */
extern const char *const service_names[SERVICES];

/* A distribution over events: percentages whose sum is 100.  A share of 0 ends the list. */
struct mix {
    struct {
        uint8_t kind, percent;
    } shares[MAX_SHARES];
};

/* The percentage of a kind of event; 0 when it is not in the mix. */
uint32_t mix_percent(const struct mix *mix, uint32_t kind);

/* A transition to another phase; median_s is that of the gap before the first event there. */
struct move {
    uint8_t to, percent;
    uint32_t median_s;
};

struct phase {
    uint8_t cause;
    uint8_t action;               /* the right one when the history ends in this phase */
    uint8_t sure_percent;         /* P(label is this action), sure(s) */
    uint8_t stop_percent;         /* P(the history ends after an event), stop(s) */
    uint16_t start_permille;      /* P(a history begins in this phase), start(s) */
    const struct mix *mix;        /* its events */
    const uint8_t *severities;    /* [SEVERITIES] percentages, of alerts */
    uint32_t median_s;            /* of the gap between two of its events */
    struct move moves[MAX_MOVES]; /* 0 percent ends the list; else the phase stays */
};

#define CAUSE_LIST(X)                                                                    \
    X(BAD_DEPLOY)     /* errors minutes after a deploy: roll it back */                  \
    X(OLD_DEPLOY)     /* errors hours after a deploy, unrelated to it */                 \
    X(GOOD_DEPLOY)    /* errors of a warm-up, which end without action */                \
    X(TROUBLE_BEFORE) /* errors that began before the deploy */                          \
    X(BAD_CONFIG)     /* errors minutes after a change of configuration */               \
    X(OLD_CONFIG)     /* errors hours after a change of configuration */                 \
    X(DEPENDENCY)     /* an outage of another system */                                  \
    X(CAPACITY)       /* load that the autoscaler can handle, or cannot */               \
    X(FLAPPING)       /* health checks that fail and pass again and again */             \
    X(NODE_LOST)      /* a lost machine: its pods are rescheduled, or stuck */           \
    X(DATABASE)       /* a failover that helps, or does not */                           \
    X(DATA_DAMAGE)    /* after a migration or a deploy; a rollback does not repair it */

#define CAUSE_ENUMERATOR(id) id,
enum incident_cause { CAUSE_LIST(CAUSE_ENUMERATOR) CAUSES };
#undef CAUSE_ENUMERATOR

enum { MAX_PHASES = 64 };

extern const struct phase incident_phases[];
extern const uint32_t incident_phase_count;

/* Noise: harmless events that can occur in any phase; q is NOISE_PERCENT. */
enum { NOISE_PERCENT = 20, NOISE_MEDIAN_S = 90 };
extern const struct mix noise_mix;
extern const uint8_t noise_severities[SEVERITIES];

/* Weights of P(v | cause); each row sums to SERVICE_WEIGHTS. */
extern const uint8_t service_weights[CAUSES][SERVICES];
enum { SERVICE_WEIGHTS = 100 };

#endif
