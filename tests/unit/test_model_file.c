/*
 * Model files with one part changed: each is refused at the right place, or still accepted.
 */
#include "model/model_file.h"

#include <stdlib.h>
#include <string.h>

#include "trainer.h"
#include "unit/suites.h"

static const char description[] =
    "{\"numerics\": 1, "
    "\"schema\": {\"fields\": [{\"name\": \"event\", \"kind\": \"category\", "
    "\"values\": [\"a\", \"b\"]}]}, "
    "\"network\": {\"cell\": \"rnn\", \"embedding\": 0, \"hidden\": 1, \"layers\": 1, "
    "\"directions\": 1}, "
    "\"target\": \"last\", \"actions\": [\"no\", \"yes\"], \"temperature\": 1.0, "
    "\"report\": {\"x\": 1}, "
    "\"golden\": {\"events\": [\"a\"], \"probabilities\": [0.5, 0.5]}}";

#define F32(shape, offsets)                                                              \
    ":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

/* clang-format off */
static const char tensors[] =
    ",\"rnn.weight_ih_l0\"" F32("[1,2]", "[0,8]")
    ",\"rnn.weight_hh_l0\"" F32("[1,1]", "[8,12]")
    ",\"rnn.bias_ih_l0\"" F32("[1]", "[12,16]")
    ",\"rnn.bias_hh_l0\"" F32("[1]", "[16,20]")
    ",\"head.weight\"" F32("[2,1]", "[20,28]")
    ",\"head.bias\"" F32("[2]", "[28,36]");
/* clang-format on */

enum { FLOATS = 9 };

/* A copy of text in which every `from` is replaced by `to`; free() it. */
static char *replaced(const char *text, const char *from, const char *to)
{
    struct strbuf result;
    size_t length;
    strbuf_init(&result, SIZE_MAX);
    for (const char *found; from && (found = strstr(text, from));) {
        strbuf_add_bytes(&result, text, (size_t)(found - text));
        strbuf_add(&result, to);
        text = found + strlen(from);
    }
    strbuf_add(&result, text);
    return strbuf_take(&result, &length);
}

enum part { DESCRIPTION, HEADER, WEIGHTS };

/* A file with one part changed; with WEIGHTS, the float with index `from` becomes `to`. */
static struct strbuf make_file(enum part part, const char *from, const char *to)
{
    float data[FLOATS] = {0};
    char *model = replaced(description, part == DESCRIPTION ? from : NULL, to);
    struct strbuf header, file;
    char *changed;
    strbuf_init(&header, SIZE_MAX);
    strbuf_add(&header,
               "{\"__metadata__\":{\"format\":\"triage\",\"version\":\"1\",\"model\":");
    strbuf_json_string(&header, model, strlen(model));
    strbuf_add(&header, "}");
    strbuf_add(&header, tensors);
    strbuf_add(&header, "}");
    changed = replaced(header.bytes, part == HEADER ? from : NULL, to);
    if (part == WEIGHTS)
        data[strtoul(from, NULL, 10)] = strtof(to, NULL);
    strbuf_init(&file, SIZE_MAX);
    for (size_t i = 0; i < 8; i++)
        strbuf_add_bytes(&file, &(const char){(char)(strlen(changed) >> (8 * i) & 255)},
                         1);
    strbuf_add(&file, changed);
    strbuf_add_bytes(&file, (const char *)data, sizeof data);
    strbuf_release(&header);
    free(model);
    free(changed);
    return file;
}

static const struct {
    const char *about;
    enum part part;
    const char *from, *to, *where, *text;
} bad[] = {
    {"weights of PyTorch", HEADER, "\"triage\"", "\"pt\"", "file",
     "weights of PyTorch (\"format\": \"pt\"), which have no schema: not a \"triage\" "
     "model"},
    {"another format", HEADER, "\"triage\"", "\"tf\"", "file",
     "the metadata has no \"format\": \"triage\" with a \"model\""},
    {"no metadata", HEADER, "__metadata__", "__metadata", "__metadata",
     "\"dtype\" is missing or unknown"},
    {"no description", HEADER, "\"model\":", "\"modell\":", "file",
     "the metadata has no \"format\": \"triage\" with a \"model\""},
    {"another version", HEADER, "\"version\":\"1\"", "\"version\":\"2\"", "file",
     "format version \"2\", this build reads \"1\""},
    {"no version", HEADER, "\"version\":\"1\",", "", "file",
     "format version \"\", this build reads \"1\""},
    {"a description that is not JSON", DESCRIPTION, "{\"numerics\"", "\"numerics\"",
     "file", NULL},
    {"a description that is not an object", DESCRIPTION, description, "[]", "",
     "\"model\" in the metadata is not a JSON object"},
    {"a key twice in the description", DESCRIPTION, "\"target\"", "\"numerics\"", "file",
     NULL},
    {"numerics of a later build", DESCRIPTION, "\"numerics\": 1", "\"numerics\": 6",
     "/numerics", "this build supports \"numerics\" up to 5"},
    {"numerics of self-attention, and none", DESCRIPTION, "\"numerics\": 1",
     "\"numerics\": 4", "/network/cell",
     "\"cell\": \"attention\" and \"numerics\": 4 need each other"},
    {"numerics of an attention head, and none", DESCRIPTION, "\"numerics\": 1",
     "\"numerics\": 3", "/network/head",
     "\"head\": \"attention\" and \"numerics\": 3 need each other"},
    {"an attention head by the definition of none", DESCRIPTION, "\"network\": {",
     "\"network\": {\"head\": \"attention\", ", "/network/head",
     "\"head\": \"attention\" and \"numerics\": 3 need each other"},
    {"numerics of several networks, and only one", DESCRIPTION, "\"numerics\": 1",
     "\"numerics\": 2", "/members", "\"members\" and \"numerics\": 2 need each other"},
    {"several networks by the definition of one", DESCRIPTION, "\"numerics\": 1",
     "\"numerics\": 1, \"members\": 2", "/members",
     "\"members\" and \"numerics\": 2 need each other"},
    {"one network of a model of several", DESCRIPTION, "\"numerics\": 1",
     "\"numerics\": 2, \"members\": 1", "/members",
     "expected a whole number from 2 to 32"},
    {"too many networks", DESCRIPTION, "\"numerics\": 1",
     "\"numerics\": 2, \"members\": 33", "/members",
     "expected a whole number from 2 to 32"},
    {"a number of networks that is not a number", DESCRIPTION, "\"numerics\": 1",
     "\"numerics\": 2, \"members\": \"2\"", "/members",
     "expected a whole number from 2 to 32"},
    {"tensors of one network in a model of two", DESCRIPTION, "\"numerics\": 1",
     "\"numerics\": 2, \"members\": 2", "rnn.weight_ih_l0",
     "the network has no such tensor"},
    {"a policy for an action that it lacks", DESCRIPTION, "\"report\": {\"x\": 1}",
     "\"decision\": {\"thresholds\": {\"maybe\": 0.5}}", "/decision/thresholds/maybe",
     "the model has no such action"},
    {"a policy with a member of a later build", DESCRIPTION, "\"report\": {\"x\": 1}",
     "\"decision\": {\"ask\": true}", "/decision/ask", NULL},
    {"numerics below 0", DESCRIPTION, "\"numerics\": 1", "\"numerics\": -1", "/numerics",
     NULL},
    {"numerics that is not a number", DESCRIPTION, "\"numerics\": 1",
     "\"numerics\": \"1\"", "/numerics", NULL},
    {"another target", DESCRIPTION, "\"last\"", "\"first\"", "/target",
     "expected \"last\", \"next\", \"every\" or \"continue\""},
    {"a target that is not a string", DESCRIPTION, "\"last\"", "3", "/target",
     "expected \"last\", \"next\", \"every\" or \"continue\""},
    {"two directions with a target other than last", DESCRIPTION,
     "\"directions\": 1}, \"target\": \"last\"",
     "\"directions\": 2}, \"target\": \"next\"", "/network/directions",
     "the target \"next\" needs 1 direction, a second one would see the future"},
    {"no schema", DESCRIPTION, "\"schema\"", "\"skema\"", "/schema",
     "\"schema\" is missing in the description of the model"},
    {"a schema that is not an object", DESCRIPTION, "\"schema\": {",
     "\"schema\": 1, \"x\": {", "/schema", "a schema must be an object"},
    {"a bad schema", DESCRIPTION, "\"name\": \"event\"", "\"name\": \"evnt\"",
     "/schema/fields", "there must be a field \"event\" of kind \"category\""},
    {"values of a number", DESCRIPTION, "\"category\"", "\"number\"",
     "/schema/fields/0/values", "unknown key \"values\""},
    {"no network", DESCRIPTION, "\"network\"", "\"net\"", "/network",
     "\"network\" is missing in the description of the model"},
    {"a network that is not an object", DESCRIPTION, "\"network\": {",
     "\"network\": [], \"x\": {", "/network", "expected an object"},
    {"an unknown cell", DESCRIPTION, "\"rnn\"", "\"gpu\"", "/network/cell", NULL},
    {"an unknown setting", DESCRIPTION, "\"cell\"", "\"sell\"", "/network/sell", NULL},
    {"hidden out of bounds", DESCRIPTION, "\"hidden\": 1", "\"hidden\": 0",
     "/network/hidden", NULL},
    {"three directions", DESCRIPTION, "\"directions\": 1", "\"directions\": 3",
     "/network/directions", NULL},
    {"no actions", DESCRIPTION, "\"actions\"", "\"action\"", "/actions",
     "\"actions\" is missing in the description of the model"},
    {"one action", DESCRIPTION, "[\"no\", \"yes\"]", "[\"no\"]", "/actions",
     "there are 1 actions, expected 2 to 65536"},
    {"an action twice", DESCRIPTION, "[\"no\", \"yes\"]", "[\"no\", \"no\"]", "/actions",
     "\"no\" is given twice"},
    {"an action that is not a string", DESCRIPTION, "[\"no\", \"yes\"]", "[\"no\", 1]",
     "/actions", "an action must be a string"},
    {"a temperature of 0", DESCRIPTION, "\"temperature\": 1.0", "\"temperature\": 0",
     "/temperature", "expected a number greater than 0"},
    {"a temperature below 0", DESCRIPTION, "\"temperature\": 1.0", "\"temperature\": -1",
     "/temperature", "expected a number greater than 0"},
    {"a temperature that is not a number", DESCRIPTION, "\"temperature\": 1.0",
     "\"temperature\": null", "/temperature", "expected a number greater than 0"},
    {"a temperature too large for a float", DESCRIPTION, "\"temperature\": 1.0",
     "\"temperature\": 1e39", "/temperature", "expected a number greater than 0"},
    {"a temperature whose inverse is too large for a float", DESCRIPTION,
     "\"temperature\": 1.0", "\"temperature\": 1e-44", "/temperature",
     "expected a number greater than 0"},
    {"a report that is not an object", DESCRIPTION, "\"report\": {\"x\": 1}",
     "\"report\": 3", "/report", "expected an object"},
    {"a golden history that is not an object", DESCRIPTION, "\"golden\": {",
     "\"gold\": 3, \"golden\": [], \"x\": {", "/golden/probabilities",
     "expected one number per action"},
    {"too few golden probabilities", DESCRIPTION, "[0.5, 0.5]", "[0.5]",
     "/golden/probabilities", "expected one number per action"},
    {"a golden probability that is not a number", DESCRIPTION, "[0.5, 0.5]",
     "[0.5, \"0.5\"]", "file",
     "golden history: the probability of \"yes\" is not that of the file bit for bit"},
    {"a golden probability that differs in its last bit", DESCRIPTION, "[0.5, 0.5]",
     "[0.50000006, 0.5]", "file",
     "golden history: the probability of \"no\" is not that of the file bit for bit"},
    {"weights other than those of the golden history", WEIGHTS, "7", "0.1", "file",
     "golden history: the probability of \"no\" is not that of the file bit for bit"},
    {"a golden history without events", DESCRIPTION, "[\"a\"]", "[]", "/golden/events",
     "\"events\" is empty"},
    {"a missing tensor", HEADER, ",\"head.bias\"" F32("[2]", "[28,36]"), "", "file",
     "8 bytes at the end belong to no tensor"},
    {"a tensor of another name", HEADER, "head.bias", "head.bios", "head.bios",
     "the network has no such tensor"},
    {"a tensor of a layer that does not exist", HEADER, "rnn.bias_hh_l0",
     "rnn.bias_hh_l1", "rnn.bias_hh_l1", "the network has no such tensor"},
    {"one tensor too many", HEADER, ",\"head.bias\"" F32("[2]", "[28,36]"),
     ",\"head.bias\"" F32("[2]", "[28,36]") ",\"x\"" F32("[0]", "[36,36]"), "x",
     "the network has no such tensor"},
    /* clang-format off */
    {"a missing tensor whose bytes belong to another", HEADER,
     ",\"rnn.bias_ih_l0\"" F32("[1]", "[12,16]") ",\"rnn.bias_hh_l0\"" F32("[1]", "[16,20]"),
     ",\"rnn.bias_ih_l0\"" F32("[2]", "[12,20]"), "rnn.bias_ih_l0",
     "tensor has shape [2], expected [1]"},
    /* clang-format on */
    {"a transposed tensor", HEADER, "[1,2]", "[2,1]", "rnn.weight_ih_l0",
     "tensor has shape [2][1], expected [1][2]"},
    {"a matrix where a vector should be", HEADER, "\"shape\":[2]", "\"shape\":[2,1]",
     "head.bias", "tensor has shape [2][1], expected [2]"},
    {"another dtype of the same size", HEADER, "\"head.bias\":{\"dtype\":\"F32\"",
     "\"head.bias\":{\"dtype\":\"I32\"", "head.bias",
     "tensor has dtype I32, expected F32"},
    {"a weight that is not a number", WEIGHTS, "1", "nan", "rnn.weight_ih_l0",
     "element 1 is not finite"},
    {"a weight that is infinite", WEIGHTS, "8", "-inf", "head.bias",
     "element 1 is not finite"},
    {"a network that is wider than its tensors", DESCRIPTION, "\"hidden\": 1",
     "\"hidden\": 4096", "rnn.weight_ih_l0",
     "tensor has shape [1][2], expected [4096][2]"},
};

START_TEST(test_broken_files_are_refused_at_their_place)
{
    struct strbuf file = make_file(bad[_i].part, bad[_i].from, bad[_i].to);
    struct error err = {.status = STATUS_OK};
    struct model *model = triage_model_read("file", file.bytes, file.length, &err);
    ck_assert_msg(!model, "%s: accepted", bad[_i].about);
    ck_assert_msg(err.status == STATUS_BAD_FORMAT, "%s: %s: %s", bad[_i].about,
                  triage_status_name(err.status), err.text);
    ck_assert_msg(strcmp(err.where, bad[_i].where) == 0, "%s: at \"%s\"", bad[_i].about,
                  err.where);
    ck_assert_msg(!bad[_i].text || strcmp(err.text, bad[_i].text) == 0, "%s: %s",
                  bad[_i].about, err.text);
    strbuf_release(&file);
}
END_TEST

static const struct {
    const char *about;
    enum part part;
    const char *from, *to;
} good[] = {
    {"as it is", DESCRIPTION, NULL, ""},
    {"no numerics", DESCRIPTION, "\"numerics\": 1, ", ""},
    {"numerics from before they were frozen", DESCRIPTION, "\"numerics\": 1",
     "\"numerics\": 0"},
    {"no target", DESCRIPTION, "\"target\": \"last\", ", ""},
    {"no temperature", DESCRIPTION, "\"temperature\": 1.0, ", ""},
    {"no report", DESCRIPTION, "\"report\": {\"x\": 1}, ", ""},
    {"no golden history", DESCRIPTION, "\"golden\"", "\"silver\""},
    {"a policy", DESCRIPTION, "\"report\": {\"x\": 1}",
     "\"decision\": {\"decline_below\": 0.5, \"thresholds\": {\"yes\": 1}}"},
    {"settings that have a default", DESCRIPTION, ", \"layers\": 1, \"directions\": 1",
     ""},
    {"one more string in the metadata", HEADER, "\"version\"",
     "\"by\":\"me\",\"version\""},
    {"a golden history of unknown events", DESCRIPTION, "[\"a\"]", "[\"z\", {}]"},
    {"space after the header", HEADER, "[28,36]}}", "[28,36]}}   "},
};

START_TEST(test_files_with_optional_parts_are_accepted)
{
    struct strbuf file = make_file(good[_i].part, good[_i].from, good[_i].to);
    struct error err = {.status = STATUS_OK};
    struct model *model = triage_model_read("file", file.bytes, file.length, &err);
    ck_assert_msg(model, "%s: %s: %s", good[_i].about, err.where, err.text);
    ck_assert_str_eq(triage_model_action(model, 1), "yes");
    ck_assert_uint_eq(triage_model_tensor_count(model), 6);
    triage_model_free(model);
    strbuf_release(&file);
}
END_TEST

Suite *model_file_suite(void)
{
    Suite *suite = suite_create("model_file");
    TCase *tc = tcase_create("model_file");
    tcase_add_loop_test(tc, test_broken_files_are_refused_at_their_place, 0, COUNT(bad));
    tcase_add_loop_test(tc, test_files_with_optional_parts_are_accepted, 0, COUNT(good));
    suite_add_tcase(suite, tc);
    return suite;
}
