/*
 * The causes of incidents.h: which phases each has, what happens in them, how long it takes,
 * where they lead, and which action is right when the history ends there.
 */
#include "simulate/incidents.h"
#include "simulate/incidents_table.h"

/* clang-format off */

/* What happens; the same mixes serve several causes, which is why order and time matter. */
static const struct mix
    deploy_begins = {{{DEPLOY_STARTED, 90}, {CANARY_STARTED, 10}}},
    deploy_ends = {{{DEPLOY_FINISHED, 85}, {CANARY_PASSED, 15}}},
    symptoms = {{{ERROR_RATE_HIGH, 34}, {ERROR_LOGGED, 18}, {LATENCY_HIGH, 20}, {ERROR_BUDGET_BURN, 10}, {HEALTH_CHECK_FAILED, 8}, {CUSTOMER_REPORT, 10}}},
    release_symptoms = {{{ERROR_RATE_HIGH, 36}, {ERROR_LOGGED, 18}, {LATENCY_HIGH, 16}, {POD_CRASH_LOOPING, 10}, {POD_RESTARTED, 8}, {CUSTOMER_REPORT, 6}, {ERROR_BUDGET_BURN, 6}}},
    calm = {{{ERRORS_CLEARED, 46}, {LATENCY_NORMAL, 18}, {ALERT_RESOLVED, 24}, {HEALTH_CHECK_PASSED, 12}}},
    routine = {{{HEALTH_CHECK_PASSED, 34}, {CRON_FINISHED, 24}, {BACKUP_FINISHED, 18}, {AUTOSCALER_SCALED_DOWN, 14}, {AUTOSCALER_SCALED_UP, 10}}},
    warm_up = {{{LATENCY_HIGH, 36}, {POD_RESTARTED, 24}, {CPU_HIGH, 28}, {ERROR_LOGGED, 12}}},
    rollback_asked = {{{ROLLBACK_REQUESTED, 75}, {ROLLBACK_STARTED, 25}}},
    rollback_done = {{{ROLLBACK_FINISHED, 100}}},
    config_set = {{{CONFIG_CHANGED, 65}, {FLAG_ENABLED, 35}}},
    config_undone = {{{CONFIG_REVERTED, 60}, {FLAG_DISABLED, 40}}},
    timeouts = {{{DEPENDENCY_TIMEOUT, 44}, {CIRCUIT_BREAKER_OPENED, 18}, {ERROR_RATE_HIGH, 16}, {LATENCY_HIGH, 14}, {PROVIDER_STATUS_RED, 8}}},
    dependency_back = {{{CIRCUIT_BREAKER_CLOSED, 60}, {PROVIDER_STATUS_GREEN, 40}}},
    load = {{{CPU_HIGH, 28}, {QUEUE_DEPTH_HIGH, 22}, {MEMORY_HIGH, 14}, {AUTOSCALER_SCALED_UP, 26}, {LATENCY_HIGH, 10}}},
    overload = {{{AUTOSCALER_AT_LIMIT, 22}, {POD_OOM_KILLED, 18}, {QUEUE_DEPTH_HIGH, 24}, {LATENCY_HIGH, 18}, {ERROR_RATE_HIGH, 18}}},
    relief = {{{QUEUE_DRAINED, 44}, {AUTOSCALER_SCALED_DOWN, 30}, {LATENCY_NORMAL, 26}}},
    check_fails = {{{HEALTH_CHECK_FAILED, 70}, {PROBE_TIMEOUT, 30}}},
    check_passes = {{{HEALTH_CHECK_PASSED, 80}, {ALERT_RESOLVED, 20}}},
    node_gone = {{{NODE_NOT_READY, 46}, {POD_EVICTED, 34}, {HEALTH_CHECK_FAILED, 20}}},
    node_stuck = {{{POD_PENDING, 40}, {IMAGE_PULL_FAILED, 14}, {NODE_NOT_READY, 22}, {HEALTH_CHECK_FAILED, 24}}},
    node_back = {{{POD_SCHEDULED, 56}, {NODE_READY, 44}}},
    database_ill = {{{SLOW_QUERIES, 34}, {DEADLOCK_DETECTED, 12}, {CONNECTION_POOL_EXHAUSTED, 22}, {REPLICATION_LAG_HIGH, 16}, {LATENCY_HIGH, 16}}},
    failing_over = {{{FAILOVER_STARTED, 70}, {CONNECTION_POOL_EXHAUSTED, 15}, {ERROR_RATE_HIGH, 15}}},
    failed_over = {{{FAILOVER_FINISHED, 100}}},
    migration_begins = {{{MIGRATION_STARTED, 70}, {DEPLOY_STARTED, 30}}},
    migration_ends = {{{MIGRATION_FINISHED, 70}, {DEPLOY_FINISHED, 30}}},
    damage = {{{CHECKSUM_MISMATCH, 24}, {CONSTRAINT_VIOLATION, 28}, {DATA_MISSING, 18}, {CUSTOMER_REPORT, 16}, {ERROR_LOGGED, 14}}},
    restoring = {{{RESTORE_STARTED, 100}}},
    verified = {{{DATA_VERIFIED, 60}, {ERRORS_CLEARED, 40}}};

static const uint8_t
    mild[SEVERITIES] = {35, 60, 5},
    grave[SEVERITIES] = {5, 55, 40},
    gravest[SEVERITIES] = {0, 25, 75};

enum phase_name {
    BAD_BEGUN, BAD_OUT, BAD_TROUBLE, BAD_ASKED, BAD_UNDOING, BAD_UNDONE, BAD_OVER, BAD_STILL,
    OLD_BEGUN, OLD_OUT, OLD_QUIET, OLD_TROUBLE, OLD_OVER,
    GOOD_BEGUN, GOOD_OUT, GOOD_WARM, GOOD_QUIET,
    BEFORE_TROUBLE, BEFORE_BEGUN, BEFORE_OUT, BEFORE_STILL, BEFORE_OVER,
    CONFIG_SET, CONFIG_TROUBLE, CONFIG_UNDONE, CONFIG_OVER, CONFIG_STILL,
    OLD_SET, OLD_SET_QUIET, OLD_SET_TROUBLE, OLD_SET_OVER,
    DEPENDENCY_OUT, DEPENDENCY_BACK, DEPENDENCY_OVER,
    LOAD_RISES, LOAD_TOO_HIGH, LOAD_OVER,
    CHECK_FAILS, CHECK_PASSES,
    NODE_GONE, NODE_STUCK, NODE_BACK,
    DATABASE_ILL, FAILING_OVER, FAILED_OVER, DATABASE_STILL, DATABASE_OVER,
    MIGRATION_BEGUN, MIGRATION_OUT, DAMAGE, RESTORING, DATA_WELL,
    PHASES
};

const uint32_t incident_phase_count = PHASES;
_Static_assert((int)PHASES <= (int)PHASES_MOST, "room for every phase");

/* cause, action, sure, stop, start, mix, severities, pace, moves {to, percent, pace} */
const struct phase incident_phases[PHASES] = {
    [BAD_BEGUN] = {BAD_DEPLOY, IGNORE, 94, 2, 160, &deploy_begins, mild, 60, {{BAD_OUT, 90, 240}}},
    [BAD_OUT] = {BAD_DEPLOY, IGNORE, 92, 3, 30, &deploy_ends, mild, 60, {{BAD_TROUBLE, 80, 150}}},
    [BAD_TROUBLE] = {BAD_DEPLOY, ROLLBACK, 95, 10, 0, &release_symptoms, gravest, 60, {{BAD_ASKED, 16, 300}}},
    [BAD_ASKED] = {BAD_DEPLOY, IGNORE, 94, 6, 0, &rollback_asked, mild, 60, {{BAD_UNDOING, 45, 40}, {BAD_UNDONE, 40, 180}}},
    [BAD_UNDOING] = {BAD_DEPLOY, IGNORE, 94, 8, 0, &release_symptoms, gravest, 40, {{BAD_UNDONE, 45, 120}}},
    [BAD_UNDONE] = {BAD_DEPLOY, IGNORE, 94, 6, 0, &rollback_done, mild, 60, {{BAD_OVER, 60, 120}, {BAD_STILL, 35, 900}}},
    [BAD_OVER] = {BAD_DEPLOY, IGNORE, 96, 16, 0, &calm, mild, 180, {{BAD_STILL, 20, 3600}}},
    [BAD_STILL] = {BAD_DEPLOY, ESCALATE, 95, 12, 0, &release_symptoms, gravest, 75, {{BAD_OVER, 16, 900}}},

    [OLD_BEGUN] = {OLD_DEPLOY, IGNORE, 94, 2, 70, &deploy_begins, mild, 60, {{OLD_OUT, 90, 240}}},
    [OLD_OUT] = {OLD_DEPLOY, IGNORE, 92, 3, 20, &deploy_ends, mild, 60, {{OLD_QUIET, 55, 1800}, {OLD_TROUBLE, 25, 18000}}},
    [OLD_QUIET] = {OLD_DEPLOY, IGNORE, 95, 4, 0, &routine, mild, 2400, {{OLD_TROUBLE, 45, 9000}}},
    [OLD_TROUBLE] = {OLD_DEPLOY, ESCALATE, 95, 10, 0, &symptoms, grave, 60, {{OLD_OVER, 18, 900}}},
    [OLD_OVER] = {OLD_DEPLOY, IGNORE, 96, 16, 0, &calm, mild, 180, {{OLD_TROUBLE, 22, 1800}}},

    [GOOD_BEGUN] = {GOOD_DEPLOY, IGNORE, 94, 2, 50, &deploy_begins, mild, 60, {{GOOD_OUT, 90, 240}}},
    [GOOD_OUT] = {GOOD_DEPLOY, IGNORE, 94, 4, 10, &deploy_ends, mild, 60, {{GOOD_WARM, 60, 15}, {GOOD_QUIET, 25, 900}}},
    [GOOD_WARM] = {GOOD_DEPLOY, IGNORE, 92, 6, 0, &warm_up, mild, 15, {{GOOD_QUIET, 45, 240}}},
    [GOOD_QUIET] = {GOOD_DEPLOY, IGNORE, 96, 14, 0, &routine, mild, 1800, {{GOOD_WARM, 5, 3600}}},

    [BEFORE_TROUBLE] = {TROUBLE_BEFORE, ESCALATE, 95, 3, 120, &symptoms, grave, 60, {{BEFORE_BEGUN, 38, 600}}},
    [BEFORE_BEGUN] = {TROUBLE_BEFORE, ESCALATE, 94, 2, 0, &deploy_begins, mild, 60, {{BEFORE_OUT, 90, 240}}},
    [BEFORE_OUT] = {TROUBLE_BEFORE, ESCALATE, 94, 5, 0, &deploy_ends, mild, 60, {{BEFORE_STILL, 50, 150}, {BEFORE_OVER, 35, 150}}},
    [BEFORE_STILL] = {TROUBLE_BEFORE, ESCALATE, 95, 10, 0, &symptoms, grave, 60, {{BEFORE_OVER, 18, 900}}},
    [BEFORE_OVER] = {TROUBLE_BEFORE, IGNORE, 96, 15, 0, &calm, mild, 180, {{BEFORE_STILL, 24, 1800}}},

    [CONFIG_SET] = {BAD_CONFIG, IGNORE, 93, 3, 90, &config_set, mild, 60, {{CONFIG_TROUBLE, 80, 90}}},
    [CONFIG_TROUBLE] = {BAD_CONFIG, ROLLBACK, 95, 10, 0, &symptoms, gravest, 60, {{CONFIG_UNDONE, 16, 300}}},
    [CONFIG_UNDONE] = {BAD_CONFIG, IGNORE, 94, 6, 0, &config_undone, mild, 60, {{CONFIG_OVER, 55, 90}, {CONFIG_STILL, 35, 900}}},
    [CONFIG_OVER] = {BAD_CONFIG, IGNORE, 96, 16, 0, &calm, mild, 180, {{CONFIG_STILL, 20, 3600}}},
    [CONFIG_STILL] = {BAD_CONFIG, ESCALATE, 95, 12, 0, &symptoms, gravest, 75, {{CONFIG_OVER, 16, 900}}},

    [OLD_SET] = {OLD_CONFIG, IGNORE, 93, 3, 50, &config_set, mild, 60, {{OLD_SET_QUIET, 45, 1800}, {OLD_SET_TROUBLE, 35, 18000}}},
    [OLD_SET_QUIET] = {OLD_CONFIG, IGNORE, 95, 4, 0, &routine, mild, 2400, {{OLD_SET_TROUBLE, 45, 9000}}},
    [OLD_SET_TROUBLE] = {OLD_CONFIG, ESCALATE, 95, 10, 0, &symptoms, grave, 60, {{OLD_SET_OVER, 18, 900}}},
    [OLD_SET_OVER] = {OLD_CONFIG, IGNORE, 96, 16, 0, &calm, mild, 180, {{OLD_SET_TROUBLE, 22, 1800}}},

    [DEPENDENCY_OUT] = {DEPENDENCY, ESCALATE, 94, 9, 90, &timeouts, grave, 60, {{DEPENDENCY_BACK, 24, 600}}},
    [DEPENDENCY_BACK] = {DEPENDENCY, IGNORE, 94, 6, 0, &dependency_back, mild, 90, {{DEPENDENCY_OVER, 40, 180}, {DEPENDENCY_OUT, 25, 900}}},
    [DEPENDENCY_OVER] = {DEPENDENCY, IGNORE, 96, 14, 0, &calm, mild, 180, {{DEPENDENCY_OUT, 26, 1800}}},

    [LOAD_RISES] = {CAPACITY, IGNORE, 93, 5, 90, &load, mild, 240, {{LOAD_TOO_HIGH, 22, 420}, {LOAD_OVER, 12, 900}}},
    [LOAD_TOO_HIGH] = {CAPACITY, ESCALATE, 94, 10, 0, &overload, gravest, 45, {{LOAD_OVER, 22, 900}}},
    [LOAD_OVER] = {CAPACITY, IGNORE, 96, 12, 0, &relief, mild, 300, {{LOAD_RISES, 28, 1800}}},

    [CHECK_FAILS] = {FLAPPING, IGNORE, 93, 6, 60, &check_fails, mild, 8, {{CHECK_PASSES, 80, 15}}},
    [CHECK_PASSES] = {FLAPPING, IGNORE, 95, 8, 0, &check_passes, mild, 10, {{CHECK_FAILS, 80, 45}}},

    [NODE_GONE] = {NODE_LOST, IGNORE, 93, 5, 60, &node_gone, grave, 20, {{NODE_BACK, 28, 150}, {NODE_STUCK, 22, 900}}},
    [NODE_STUCK] = {NODE_LOST, ESCALATE, 94, 10, 0, &node_stuck, grave, 180, {{NODE_BACK, 18, 600}}},
    [NODE_BACK] = {NODE_LOST, IGNORE, 95, 11, 0, &node_back, mild, 60, {{NODE_GONE, 28, 1800}}},

    [DATABASE_ILL] = {DATABASE, ESCALATE, 94, 7, 50, &database_ill, grave, 90, {{FAILING_OVER, 24, 240}}},
    [FAILING_OVER] = {DATABASE, IGNORE, 93, 4, 0, &failing_over, grave, 20, {{FAILED_OVER, 60, 60}}},
    [FAILED_OVER] = {DATABASE, IGNORE, 93, 6, 0, &failed_over, mild, 30, {{DATABASE_OVER, 55, 90}, {DATABASE_STILL, 35, 300}}},
    [DATABASE_STILL] = {DATABASE, ESCALATE, 95, 10, 0, &database_ill, gravest, 90, {{DATABASE_OVER, 16, 900}}},
    [DATABASE_OVER] = {DATABASE, IGNORE, 96, 15, 0, &calm, mild, 180, {{DATABASE_ILL, 24, 1800}}},

    [MIGRATION_BEGUN] = {DATA_DAMAGE, IGNORE, 94, 2, 50, &migration_begins, mild, 60, {{MIGRATION_OUT, 90, 600}}},
    [MIGRATION_OUT] = {DATA_DAMAGE, IGNORE, 93, 3, 0, &migration_ends, mild, 60, {{DAMAGE, 80, 900}}},
    [DAMAGE] = {DATA_DAMAGE, ESCALATE, 96, 10, 0, &damage, gravest, 240, {{RESTORING, 16, 1800}}},
    [RESTORING] = {DATA_DAMAGE, IGNORE, 91, 8, 0, &restoring, mild, 300, {{DATA_WELL, 60, 1800}, {DAMAGE, 30, 600}}},
    [DATA_WELL] = {DATA_DAMAGE, IGNORE, 96, 15, 0, &verified, mild, 300, {{DAMAGE, 20, 1800}}},
};
/* clang-format on */

uint32_t phase_end(const struct phase *phase, uint32_t t)
{
    return t < INCIDENT_LEAST ? 0 : t >= INCIDENT_MOST ? 100 : phase->stop;
}
