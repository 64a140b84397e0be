/*
 * The numbers of the stochastic model.
 *
 * Several causes have the same mixes of events, so that only order and time tell them apart.
 */
#include "simulate/incident_tables.h"

const char *const incident_action_names[INCIDENT_ACTIONS] = {
    [ESCALATE] = "escalate", [IGNORE] = "ignore", [ROLLBACK] = "rollback"};

#define EVENT_INFO(id, event_name, event_source)                                         \
    {.name = (event_name), .source = (event_source)},
const struct event_info event_infos[EVENT_KINDS] = {EVENT_LIST(EVENT_INFO)};
#undef EVENT_INFO

const char *const severity_names[SEVERITIES] = {"info", "warning", "critical"};

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

const struct mix noise_mix = {{
    {NOTE_ADDED, 24}, {PAGE_SENT, 12}, {PAGE_ACKNOWLEDGED, 18}, {LOG_VOLUME_HIGH, 12},
    {BACKUP_FINISHED, 8}, {CRON_FINISHED, 12}, {CERTIFICATE_EXPIRING, 4}, {CUSTOMER_REPORT, 4},
    {ERROR_LOGGED, 6}}};
const uint8_t noise_severities[SEVERITIES] = {70, 30, 0};

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

enum phase_id {
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
_Static_assert((int)PHASES <= (int)MAX_PHASES, "arrays of MAX_PHASES hold every phase");

/* Each share of a mix is {kind, percent}; each move is {to, percent, median_s}. */
const struct phase incident_phases[PHASES] = {
    [BAD_BEGUN] = {.cause = BAD_DEPLOY, .action = IGNORE, .sure_percent = 94, .stop_percent = 2, .start_permille = 160, .mix = &deploy_begins, .severities = mild, .median_s = 60, .moves = {{BAD_OUT, 90, 240}}},
    [BAD_OUT] = {.cause = BAD_DEPLOY, .action = IGNORE, .sure_percent = 92, .stop_percent = 3, .start_permille = 30, .mix = &deploy_ends, .severities = mild, .median_s = 60, .moves = {{BAD_TROUBLE, 80, 150}}},
    [BAD_TROUBLE] = {.cause = BAD_DEPLOY, .action = ROLLBACK, .sure_percent = 95, .stop_percent = 10, .start_permille = 0, .mix = &release_symptoms, .severities = gravest, .median_s = 60, .moves = {{BAD_ASKED, 16, 300}}},
    [BAD_ASKED] = {.cause = BAD_DEPLOY, .action = IGNORE, .sure_percent = 94, .stop_percent = 6, .start_permille = 0, .mix = &rollback_asked, .severities = mild, .median_s = 60, .moves = {{BAD_UNDOING, 45, 40}, {BAD_UNDONE, 40, 180}}},
    [BAD_UNDOING] = {.cause = BAD_DEPLOY, .action = IGNORE, .sure_percent = 94, .stop_percent = 8, .start_permille = 0, .mix = &release_symptoms, .severities = gravest, .median_s = 40, .moves = {{BAD_UNDONE, 45, 120}}},
    [BAD_UNDONE] = {.cause = BAD_DEPLOY, .action = IGNORE, .sure_percent = 94, .stop_percent = 6, .start_permille = 0, .mix = &rollback_done, .severities = mild, .median_s = 60, .moves = {{BAD_OVER, 60, 120}, {BAD_STILL, 35, 900}}},
    [BAD_OVER] = {.cause = BAD_DEPLOY, .action = IGNORE, .sure_percent = 96, .stop_percent = 16, .start_permille = 0, .mix = &calm, .severities = mild, .median_s = 180, .moves = {{BAD_STILL, 20, 3600}}},
    [BAD_STILL] = {.cause = BAD_DEPLOY, .action = ESCALATE, .sure_percent = 95, .stop_percent = 12, .start_permille = 0, .mix = &release_symptoms, .severities = gravest, .median_s = 75, .moves = {{BAD_OVER, 16, 900}}},

    [OLD_BEGUN] = {.cause = OLD_DEPLOY, .action = IGNORE, .sure_percent = 94, .stop_percent = 2, .start_permille = 70, .mix = &deploy_begins, .severities = mild, .median_s = 60, .moves = {{OLD_OUT, 90, 240}}},
    [OLD_OUT] = {.cause = OLD_DEPLOY, .action = IGNORE, .sure_percent = 92, .stop_percent = 3, .start_permille = 20, .mix = &deploy_ends, .severities = mild, .median_s = 60, .moves = {{OLD_QUIET, 55, 1800}, {OLD_TROUBLE, 25, 18000}}},
    [OLD_QUIET] = {.cause = OLD_DEPLOY, .action = IGNORE, .sure_percent = 95, .stop_percent = 4, .start_permille = 0, .mix = &routine, .severities = mild, .median_s = 2400, .moves = {{OLD_TROUBLE, 45, 9000}}},
    [OLD_TROUBLE] = {.cause = OLD_DEPLOY, .action = ESCALATE, .sure_percent = 95, .stop_percent = 10, .start_permille = 0, .mix = &symptoms, .severities = grave, .median_s = 60, .moves = {{OLD_OVER, 18, 900}}},
    [OLD_OVER] = {.cause = OLD_DEPLOY, .action = IGNORE, .sure_percent = 96, .stop_percent = 16, .start_permille = 0, .mix = &calm, .severities = mild, .median_s = 180, .moves = {{OLD_TROUBLE, 22, 1800}}},

    [GOOD_BEGUN] = {.cause = GOOD_DEPLOY, .action = IGNORE, .sure_percent = 94, .stop_percent = 2, .start_permille = 50, .mix = &deploy_begins, .severities = mild, .median_s = 60, .moves = {{GOOD_OUT, 90, 240}}},
    [GOOD_OUT] = {.cause = GOOD_DEPLOY, .action = IGNORE, .sure_percent = 94, .stop_percent = 4, .start_permille = 10, .mix = &deploy_ends, .severities = mild, .median_s = 60, .moves = {{GOOD_WARM, 60, 15}, {GOOD_QUIET, 25, 900}}},
    [GOOD_WARM] = {.cause = GOOD_DEPLOY, .action = IGNORE, .sure_percent = 92, .stop_percent = 6, .start_permille = 0, .mix = &warm_up, .severities = mild, .median_s = 15, .moves = {{GOOD_QUIET, 45, 240}}},
    [GOOD_QUIET] = {.cause = GOOD_DEPLOY, .action = IGNORE, .sure_percent = 96, .stop_percent = 14, .start_permille = 0, .mix = &routine, .severities = mild, .median_s = 1800, .moves = {{GOOD_WARM, 5, 3600}}},

    [BEFORE_TROUBLE] = {.cause = TROUBLE_BEFORE, .action = ESCALATE, .sure_percent = 95, .stop_percent = 3, .start_permille = 120, .mix = &symptoms, .severities = grave, .median_s = 60, .moves = {{BEFORE_BEGUN, 38, 600}}},
    [BEFORE_BEGUN] = {.cause = TROUBLE_BEFORE, .action = ESCALATE, .sure_percent = 94, .stop_percent = 2, .start_permille = 0, .mix = &deploy_begins, .severities = mild, .median_s = 60, .moves = {{BEFORE_OUT, 90, 240}}},
    [BEFORE_OUT] = {.cause = TROUBLE_BEFORE, .action = ESCALATE, .sure_percent = 94, .stop_percent = 5, .start_permille = 0, .mix = &deploy_ends, .severities = mild, .median_s = 60, .moves = {{BEFORE_STILL, 50, 150}, {BEFORE_OVER, 35, 150}}},
    [BEFORE_STILL] = {.cause = TROUBLE_BEFORE, .action = ESCALATE, .sure_percent = 95, .stop_percent = 10, .start_permille = 0, .mix = &symptoms, .severities = grave, .median_s = 60, .moves = {{BEFORE_OVER, 18, 900}}},
    [BEFORE_OVER] = {.cause = TROUBLE_BEFORE, .action = IGNORE, .sure_percent = 96, .stop_percent = 15, .start_permille = 0, .mix = &calm, .severities = mild, .median_s = 180, .moves = {{BEFORE_STILL, 24, 1800}}},

    [CONFIG_SET] = {.cause = BAD_CONFIG, .action = IGNORE, .sure_percent = 93, .stop_percent = 3, .start_permille = 90, .mix = &config_set, .severities = mild, .median_s = 60, .moves = {{CONFIG_TROUBLE, 80, 90}}},
    [CONFIG_TROUBLE] = {.cause = BAD_CONFIG, .action = ROLLBACK, .sure_percent = 95, .stop_percent = 10, .start_permille = 0, .mix = &symptoms, .severities = gravest, .median_s = 60, .moves = {{CONFIG_UNDONE, 16, 300}}},
    [CONFIG_UNDONE] = {.cause = BAD_CONFIG, .action = IGNORE, .sure_percent = 94, .stop_percent = 6, .start_permille = 0, .mix = &config_undone, .severities = mild, .median_s = 60, .moves = {{CONFIG_OVER, 55, 90}, {CONFIG_STILL, 35, 900}}},
    [CONFIG_OVER] = {.cause = BAD_CONFIG, .action = IGNORE, .sure_percent = 96, .stop_percent = 16, .start_permille = 0, .mix = &calm, .severities = mild, .median_s = 180, .moves = {{CONFIG_STILL, 20, 3600}}},
    [CONFIG_STILL] = {.cause = BAD_CONFIG, .action = ESCALATE, .sure_percent = 95, .stop_percent = 12, .start_permille = 0, .mix = &symptoms, .severities = gravest, .median_s = 75, .moves = {{CONFIG_OVER, 16, 900}}},

    [OLD_SET] = {.cause = OLD_CONFIG, .action = IGNORE, .sure_percent = 93, .stop_percent = 3, .start_permille = 50, .mix = &config_set, .severities = mild, .median_s = 60, .moves = {{OLD_SET_QUIET, 45, 1800}, {OLD_SET_TROUBLE, 35, 18000}}},
    [OLD_SET_QUIET] = {.cause = OLD_CONFIG, .action = IGNORE, .sure_percent = 95, .stop_percent = 4, .start_permille = 0, .mix = &routine, .severities = mild, .median_s = 2400, .moves = {{OLD_SET_TROUBLE, 45, 9000}}},
    [OLD_SET_TROUBLE] = {.cause = OLD_CONFIG, .action = ESCALATE, .sure_percent = 95, .stop_percent = 10, .start_permille = 0, .mix = &symptoms, .severities = grave, .median_s = 60, .moves = {{OLD_SET_OVER, 18, 900}}},
    [OLD_SET_OVER] = {.cause = OLD_CONFIG, .action = IGNORE, .sure_percent = 96, .stop_percent = 16, .start_permille = 0, .mix = &calm, .severities = mild, .median_s = 180, .moves = {{OLD_SET_TROUBLE, 22, 1800}}},

    [DEPENDENCY_OUT] = {.cause = DEPENDENCY, .action = ESCALATE, .sure_percent = 94, .stop_percent = 9, .start_permille = 90, .mix = &timeouts, .severities = grave, .median_s = 60, .moves = {{DEPENDENCY_BACK, 24, 600}}},
    [DEPENDENCY_BACK] = {.cause = DEPENDENCY, .action = IGNORE, .sure_percent = 94, .stop_percent = 6, .start_permille = 0, .mix = &dependency_back, .severities = mild, .median_s = 90, .moves = {{DEPENDENCY_OVER, 40, 180}, {DEPENDENCY_OUT, 25, 900}}},
    [DEPENDENCY_OVER] = {.cause = DEPENDENCY, .action = IGNORE, .sure_percent = 96, .stop_percent = 14, .start_permille = 0, .mix = &calm, .severities = mild, .median_s = 180, .moves = {{DEPENDENCY_OUT, 26, 1800}}},

    [LOAD_RISES] = {.cause = CAPACITY, .action = IGNORE, .sure_percent = 93, .stop_percent = 5, .start_permille = 90, .mix = &load, .severities = mild, .median_s = 240, .moves = {{LOAD_TOO_HIGH, 22, 420}, {LOAD_OVER, 12, 900}}},
    [LOAD_TOO_HIGH] = {.cause = CAPACITY, .action = ESCALATE, .sure_percent = 94, .stop_percent = 10, .start_permille = 0, .mix = &overload, .severities = gravest, .median_s = 45, .moves = {{LOAD_OVER, 22, 900}}},
    [LOAD_OVER] = {.cause = CAPACITY, .action = IGNORE, .sure_percent = 96, .stop_percent = 12, .start_permille = 0, .mix = &relief, .severities = mild, .median_s = 300, .moves = {{LOAD_RISES, 28, 1800}}},

    [CHECK_FAILS] = {.cause = FLAPPING, .action = IGNORE, .sure_percent = 93, .stop_percent = 6, .start_permille = 60, .mix = &check_fails, .severities = mild, .median_s = 8, .moves = {{CHECK_PASSES, 80, 15}}},
    [CHECK_PASSES] = {.cause = FLAPPING, .action = IGNORE, .sure_percent = 95, .stop_percent = 8, .start_permille = 0, .mix = &check_passes, .severities = mild, .median_s = 10, .moves = {{CHECK_FAILS, 80, 45}}},

    [NODE_GONE] = {.cause = NODE_LOST, .action = IGNORE, .sure_percent = 93, .stop_percent = 5, .start_permille = 60, .mix = &node_gone, .severities = grave, .median_s = 20, .moves = {{NODE_BACK, 28, 150}, {NODE_STUCK, 22, 900}}},
    [NODE_STUCK] = {.cause = NODE_LOST, .action = ESCALATE, .sure_percent = 94, .stop_percent = 10, .start_permille = 0, .mix = &node_stuck, .severities = grave, .median_s = 180, .moves = {{NODE_BACK, 18, 600}}},
    [NODE_BACK] = {.cause = NODE_LOST, .action = IGNORE, .sure_percent = 95, .stop_percent = 11, .start_permille = 0, .mix = &node_back, .severities = mild, .median_s = 60, .moves = {{NODE_GONE, 28, 1800}}},

    [DATABASE_ILL] = {.cause = DATABASE, .action = ESCALATE, .sure_percent = 94, .stop_percent = 7, .start_permille = 50, .mix = &database_ill, .severities = grave, .median_s = 90, .moves = {{FAILING_OVER, 24, 240}}},
    [FAILING_OVER] = {.cause = DATABASE, .action = IGNORE, .sure_percent = 93, .stop_percent = 4, .start_permille = 0, .mix = &failing_over, .severities = grave, .median_s = 20, .moves = {{FAILED_OVER, 60, 60}}},
    [FAILED_OVER] = {.cause = DATABASE, .action = IGNORE, .sure_percent = 93, .stop_percent = 6, .start_permille = 0, .mix = &failed_over, .severities = mild, .median_s = 30, .moves = {{DATABASE_OVER, 55, 90}, {DATABASE_STILL, 35, 300}}},
    [DATABASE_STILL] = {.cause = DATABASE, .action = ESCALATE, .sure_percent = 95, .stop_percent = 10, .start_permille = 0, .mix = &database_ill, .severities = gravest, .median_s = 90, .moves = {{DATABASE_OVER, 16, 900}}},
    [DATABASE_OVER] = {.cause = DATABASE, .action = IGNORE, .sure_percent = 96, .stop_percent = 15, .start_permille = 0, .mix = &calm, .severities = mild, .median_s = 180, .moves = {{DATABASE_ILL, 24, 1800}}},

    [MIGRATION_BEGUN] = {.cause = DATA_DAMAGE, .action = IGNORE, .sure_percent = 94, .stop_percent = 2, .start_permille = 50, .mix = &migration_begins, .severities = mild, .median_s = 60, .moves = {{MIGRATION_OUT, 90, 600}}},
    [MIGRATION_OUT] = {.cause = DATA_DAMAGE, .action = IGNORE, .sure_percent = 93, .stop_percent = 3, .start_permille = 0, .mix = &migration_ends, .severities = mild, .median_s = 60, .moves = {{DAMAGE, 80, 900}}},
    [DAMAGE] = {.cause = DATA_DAMAGE, .action = ESCALATE, .sure_percent = 96, .stop_percent = 10, .start_permille = 0, .mix = &damage, .severities = gravest, .median_s = 240, .moves = {{RESTORING, 16, 1800}}},
    [RESTORING] = {.cause = DATA_DAMAGE, .action = IGNORE, .sure_percent = 91, .stop_percent = 8, .start_permille = 0, .mix = &restoring, .severities = mild, .median_s = 300, .moves = {{DATA_WELL, 60, 1800}, {DAMAGE, 30, 600}}},
    [DATA_WELL] = {.cause = DATA_DAMAGE, .action = IGNORE, .sure_percent = 96, .stop_percent = 15, .start_permille = 0, .mix = &verified, .severities = mild, .median_s = 300, .moves = {{DAMAGE, 20, 1800}}},
};
/* clang-format on */

uint32_t mix_percent(const struct mix *mix, uint32_t kind)
{
    for (uint32_t i = 0; i < MAX_SHARES && mix->shares[i].percent > 0; i++)
        if (mix->shares[i].kind == kind)
            return mix->shares[i].percent;
    return 0;
}
