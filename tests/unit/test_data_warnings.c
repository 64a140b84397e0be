/*
 * What train says of data that it can read, and that would give another model than meant.  The
 * table has, for each warning, data that deserves it and similar data that does not.
 */
#include "data/warnings/warnings.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "data/examples.h"
#include "support/data_keys.h"
#include "support/tmpdir.h"
#include "unit/suites.h"

#define HEAD "case,event,time,action\n"
#define FIVE_ROWS "a,a,1,x1,\na,b,2,x1,\na,a,3,x1,\na,b,4,x1,\na,a,5,x1,\n"

static const struct {
    const char *about;
    const char *name; /* of the file */
    const char *head;
    /* A pattern, used count times: %d is the number, %m the number modulo 4. */
    const char *rows;
    int count;
    const char *more; /* further rows */
    bool folds_ids;
    const char *second;      /* the name of a second file; NULL */
    const char *second_text; /* all of it */
    const char *said;        /* in the notes and warnings; NULL: no warning of the kind */
    const char *not_said;    /* must not be there; NULL */
    size_t histories;        /* to train and to validate on; 0: not compared */
    const char *error;       /* the data is refused: place and text; NULL */
} cases[] = {
    /* ---- ids ---- */
    {.about = "a case in two spellings",
     .name = "x.csv",
     .head = HEAD,
     .rows = "INC-%d,a,1,x\ninc-%d,b,2,\n",
     .count = 5,
     .more = "INC-6,a,1,y\n",
     .said =
         "warning: 5 ids differ from another only in case, blanks, signs or "
         "zeros: \"INC-0\" and \"inc-0\" (first at x.csv:3) are two cases; --fold-ids "
         "makes them one\n"},
    {.about = "made one, the label in the first spelling's row",
     .name = "x.csv",
     .head = HEAD,
     .rows = "INC-%d,a,1,x\ninc-%d,b,2,\n",
     .count = 5,
     .more = "INC-6,a,1,y\n",
     .folds_ids = true,
     .not_said = "differ from",
     .histories = 6},
    {.about = "numbers with and without a fraction",
     .name = "x.csv",
     .head = HEAD,
     .rows = "%d.0,a,1,x\n%d,b,2,y\n",
     .count = 3,
     .said = "\"0.0\" and \"0\" (first at x.csv:3)"},
    {.about = "the first place in the file, though another incident began first",
     .name = "x.csv",
     .head = HEAD,
     .rows = "",
     .more = "C,a,9,x\nc,a,9,x\nB,a,1,y\nb,a,1,y\n",
     .said = "\"C\" and \"c\" (first at x.csv:3)"},
    {.about = "three spellings are two too many",
     .name = "x.csv",
     .head = HEAD,
     .rows = "",
     .more = "B 1,a,1,x\nb1,a,1,x\nb-1,b,2,x\nC,a,1,y\n",
     .said = "warning: 2 ids differ from another only in case, blanks, signs or "
             "zeros: \"B 1\" and \"b1\" (first at x.csv:3)"},
    {.about = "an id as a link, and as it is",
     .name = "x.csv",
     .head = HEAD,
     .rows = "INC-%d,a,1,x%m\nhttps://t/i/inc-0%d,b,2,\n",
     .count = 5,
     .said = "warning: 5 ids are there as the end of another one, too: \"INC-0\" and "
             "\"https://t/i/inc-00\" (first at x.csv:3) are two cases; --fold-ids makes "
             "them one\n"},
    {.about = "made one",
     .name = "x.csv",
     .head = HEAD,
     .rows = "INC-%d,a,1,x%m\nhttps://t/i/inc-0%d,b,2,\n",
     .count = 5,
     .folds_ids = true,
     .not_said = "the end of another",
     .histories = 5},
    {.about = "an id with and without its letters, the number first",
     .name = "x.csv",
     .head = HEAD,
     .rows = "7%d,a,1,x%m\nINC-7%d,b,2,\nINC-8%d,b,2,y\n9%d,b,2,z\n",
     .count = 5,
     .said = "warning: 5 ids are there as the end of another one, too: \"70\" and "
             "\"INC-70\" (first at x.csv:3) are two cases; --fold-ids makes them one\n"},
    {.about = "made one, too",
     .name = "x.csv",
     .head = HEAD,
     .rows = "7%d,a,1,x%m\nINC-7%d,b,2,\nINC-8%d,b,2,y\n9%d,b,2,z\n",
     .count = 5,
     .folds_ids = true,
     .not_said = "the end of another",
     .histories = 15},
    {.about = "a number that may be of two systems",
     .name = "x.csv",
     .head = HEAD,
     .rows = "7%d,a,1,x%m\nINC-7%d,b,2,x%m\nREQ-7%d,b,2,x%m\n",
     .count = 5,
     .not_said = "the end of another"},
    {.about = "which --fold-ids leaves apart",
     .name = "x.csv",
     .head = HEAD,
     .rows = "7%d,a,1,x%m\nINC-7%d,b,2,x%m\nREQ-7%d,b,2,x%m\n",
     .count = 5,
     .folds_ids = true,
     .histories = 15},
    {.about = "other labels: other incidents",
     .name = "x.csv",
     .head = HEAD,
     .rows = "7%d,a,1,x\nINC-7%d,b,2,y\n",
     .count = 5,
     .not_said = "the end of another"},
    {.about = "lines with the end of an id",
     .name = "x.jsonl",
     .rows = "{\"id\": \"A-%d\", \"events\": [\"a\"], \"action\": \"x%m\"}\n"
             "{\"id\": \"t:A-%d\", \"events\": [\"b\"]}\n",
     .count = 5,
     .said =
         "\"A-0\" and \"t:A-0\" (first at x.jsonl:2) are two histories; if they are one "
         "incident, put its events into one\n"},
    {.about = "other ids",
     .name = "x.csv",
     .head = HEAD,
     .rows = "INC-%d,a,1,x\nREQ-%d,b,2,y\n1-2%d,a,3,x\n12-%d,a,3,x\n",
     .count = 5,
     .not_said = "differ from"},
    {.about = "lines of one incident in two spellings",
     .name = "x.jsonl",
     .rows = "{\"id\": \"A-%d\", \"events\": [\"a\"], \"action\": \"x\"}\n"
             "{\"id\": \"a%d\", \"events\": [\"a\"], \"action\": \"y\"}\n",
     .count = 2,
     .said = "\"A-0\" and \"a0\" (first at x.jsonl:2) are two histories; if they are one "
             "incident, put its events into one\n"},
    {.about = "a number and a string",
     .name = "x.jsonl",
     .rows = "",
     .more = "{\"id\": 1234567890.0, \"events\": [\"a\"], \"action\": \"x\"}\n"
             "{\"id\": \"1234567890\", \"events\": [\"a\"], \"action\": \"y\"}\n",
     .said = "\"1234567890.0\" and \"1234567890\" (first at x.jsonl:2)"},
    {.about = "the same id in two lines is said as before",
     .name = "x.jsonl",
     .rows = "{\"id\": \"A-%d\", \"events\": [\"a\"], \"action\": \"x\"}\n"
             "{\"id\": \"A-%d\", \"events\": [\"a\"], \"action\": \"y\"}\n",
     .count = 2,
     .said = "warning: 2 histories have the id of an earlier one, the first at x.jsonl:2",
     .not_said = "differ from"},
    {.about = "digits that a spreadsheet has cut",
     .name = "x.csv",
     .head = HEAD,
     .rows = "4.0000%dE+11,a,1,x\n4.0000%dE+11,b,2,\n",
     .count = 3,
     .more = "7,a,1,y\n",
     .said = "warning: 3 ids are written as a spreadsheet shows long numbers, "
             "\"4.00000E+11\" (the first at x.csv:2): digits are missing"},
    {.about = "an E that is no exponent",
     .name = "x.csv",
     .head = HEAD,
     .rows = "4E11%d,a,1,x\nE+1%d,a,1,y\n",
     .count = 3,
     .not_said = "spreadsheet"},
    /* ---- order ---- */
    {.about = "a column that numbers the events, in another order than the file",
     .name = "x.csv",
     .head = "case,event,seq,action\n",
     .rows = "a%d,a,1,y\na%d,b,2,\nb%d,b,2,x\nb%d,a,1,\n",
     .count = 12,
     .said = "warning: \"seq\" numbers the events of each history, and in 12 of 24 "
             "histories the file has another order, the first at x.csv:4: --time \"seq\" "
             "--time-format seconds reads them in that order\n"},
    {.about = "from zero, with a word before it",
     .name = "x.csv",
     .head = "case,event,step,action\n",
     .rows = "a%d,b,step 1,y\na%d,a,step 0,\nb%d,b,step 1,x\nb%d,a,step 0,\n",
     .count = 12,
     .said =
         "--time-format seconds, when its cells are numbers and not \"step 1\", reads "
         "them in that order\n"},
    {.about = "in JSON",
     .name = "x.jsonl",
     .rows = "{\"events\": [{\"event\": \"a\", \"n\": 2}, {\"event\": \"b\", \"n\": 1}], "
             "\"action\": \"x%m\"}\n",
     .count = 24,
     .said = "\"n\" numbers the events of each history, and in 24 of 24 histories"},
    {.about = "a number for each event",
     .name = "x.csv",
     .head = "id,case,event,action\n",
     .rows = "7%d2,a%d,b,y\n7%d1,a%d,a,\n7%d3,b%d,b,x\n7%d4,b%d,a,\n",
     .count = 99,
     .said =
         "\"id\" has a number of its own for each event, and in 99 of 198 histories the "
         "file has another order, the first at x.csv:2: --time \"id\" --time-format "
         "seconds reads them in the order of these numbers, if they grow with time\n"},
    {.about = "a column that numbers them in the order of the file",
     .name = "x.csv",
     .head = "case,event,seq,action\n",
     .rows = "a%d,a,1,y\na%d,b,2,\nb%d,b,1,x\nb%d,a,2,\n",
     .count = 12,
     .not_said = "numbers the events"},
    {.about = "numbers that count nothing",
     .name = "x.csv",
     .head = "case,event,load,action\n",
     .rows = "a%d,a,5,y\na%d,b,2,\nb%d,b,1,x\nb%d,a,0,\n",
     .count = 12,
     .not_said = "numbers the events"},
    /* ---- copies ---- */
    {.about = "incidents that are there under another id, too",
     .name = "x.csv",
     .head = HEAD,
     .rows = "P%d,a,1%d1,x%m\nP%d,b,1%d2,\nQ%d,a,1%d1,x%m\nQ%d,b,1%d2,\n",
     .count = 8,
     .said =
         "warning: 8 of 16 histories are copies of another one, with another id and the "
         "same events, times, fields and label (the first at x.csv:4, of x.csv:2): what "
         "is measured on one may have been trained on; leave one of both out\n",
     .not_said = "contain all events"},
    {.about = "with all their events a part of others that go on",
     .name = "x.csv",
     .head = HEAD,
     .rows = "P%d,a,1%d1,x%m\nP%d,b,1%d2,\nQ%d,b,1%d2,y%m\nQ%d,a,1%d1,\nQ%d,c,1%d3,\n",
     .count = 8,
     .said = "warning: 8 of 16 histories contain all events of another one (the first at "
             "x.csv:4, of x.csv:2): were incidents merged? leave one of both out\n",
     .not_said = "are copies"},
    {.about = "of others that began earlier",
     .name = "x.csv",
     .head = HEAD,
     .rows = "P%d,a,1%d1,x%m\nP%d,b,1%d2,\nQ%d,c,1%d0,y%m\nQ%d,a,1%d1,\nQ%d,b,1%d2,\n",
     .count = 8,
     .said = "8 of 16 histories contain all events of another one"},
    {.about = "lines without ids",
     .name = "x.jsonl",
     .rows =
         "{\"events\": [{\"event\": \"a\", \"time\": 1%d1}, {\"event\": \"b\", \"time\": "
         "1%d2}], \"action\": \"x%m\"}\n{\"action\": \"x%m\", \"events\": [{\"event\": "
         "\"a\", \"time\": 1%d1}, {\"event\": \"b\", \"time\": 1%d2}]}\n",
     .count = 8,
     .said = "(the first at x.jsonl:2, of x.jsonl:1)"},
    {.about = "another label, another field, or another name",
     .name = "x.csv",
     .head = "case,event,time,zone,action\n",
     .rows = "P%d,a,1%d1,u,x%m\nP%d,b,1%d2,u,\nQ%d,a,1%d1,u,y%m\nQ%d,b,1%d2,u,\n"
             "R%d,a,1%d1,v,x%m\nR%d,b,1%d2,u,\nS%d,b,1%d1,u,x%m\nS%d,b,1%d2,u,\n",
     .count = 8,
     .not_said = "of another one"},
    {.about = "events of one time are equal by chance",
     .name = "x.csv",
     .head = HEAD,
     .rows = "P%d,a,1%d1,x%m\nP%d,b,1%d1,\nQ%d,a,1%d1,x%m\nQ%d,b,1%d1,\n",
     .count = 8,
     .not_said = "of another one"},
    /* ---- events ---- */
    {.about = "rows that are there twice, not next to each other",
     .name = "x.csv",
     .head = HEAD,
     .rows = "%d,a,1%d,x\n%d,b,2%d,x\n%d,a,1%d,x\nb%d,b,%d,y\n",
     .count = 10,
     .said = "warning: 10 of 40 events repeat an earlier event of their history in "
             "everything, the time included, the first at x.csv:4: were they exported "
             "twice? they are read as they are\n"},
    {.about = "the whole file twice",
     .name = "x.jsonl",
     .rows =
         "{\"events\": [{\"event\": \"a\", \"time\": %d}, {\"event\": \"b\", \"time\": "
         "%d}, {\"event\": \"a\", \"time\": %d}, {\"event\": \"b\", \"time\": %d}], "
         "\"action\": \"x%m\"}\n",
     .count = 10,
     .said = "warning: 20 of 40 events repeat"},
    {.about = "in a long history",
     .name = "x.csv",
     .head = HEAD,
     .rows = "1,a,%d,x\n1,b,%d,x\n1,a,%d,x\n2,a,%d,y\n",
     .count = 30,
     .said = "warning: 30 of 120 events repeat an earlier event of their history in "
             "everything, the time included, the first at x.csv:4"},
    {.about = "another field",
     .name = "x.csv",
     .head = "case,event,time,load,action\n",
     .rows = "%d,a,1%d,1,x\n%d,a,1%d,2,x\nb%d,b,%d,3,y\n",
     .count = 10,
     .not_said = "repeat"},
    {.about = "another time",
     .name = "x.csv",
     .head = HEAD,
     .rows = "%d,a,1%d,x\n%d,a,2%d,x\nb%d,b,%d,y\n",
     .count = 10,
     .not_said = "repeat"},
    {.about = "another second",
     .name = "x.csv",
     .head = HEAD,
     .rows = "%d,a,2026-11-22T10:04:0%mZ,x\n%d,a,2026-11-22T10:04:1%mZ,x\n",
     .count = 10,
     .more = "20,a,2026-11-22T10:04:00Z,y\n",
     .not_said = "repeat"},
    {.about = "another fraction of a second, and another long number",
     .name = "x.csv",
     .head = "case,event,time,trace,action\n",
     .rows = "%d,a,2026-11-22T10:04:00.1%dZ,1,x\n%d,a,2026-11-22T10:04:00.2%dZ,1,x\n"
             "b%d,a,2026-11-22,1234567890-1,y\nb%d,a,2026-11-22,1234567890-2,y\n",
     .count = 10,
     .not_said = "repeat"},
    {.about = "the same second",
     .name = "x.csv",
     .head = HEAD,
     .rows = "%d,a,2026-11-22T10:04:0%mZ,x\n%d,a,2026-11-22T10:04:0%mZ,x\n",
     .count = 10,
     .more = "20,a,2026-11-22T10:04:00Z,y\n",
     .said = "warning: 10 of 21 events repeat"},
    {.about = "without times",
     .name = "x.csv",
     .head = "case,event,action\n",
     .rows = "%d,a,x\n%d,a,x\nb%d,b,y\n",
     .count = 10,
     .not_said = "repeat"},
    {.about = "the same event in two histories",
     .name = "x.csv",
     .head = HEAD,
     .rows = "%d,a,1,x\nb%d,a,1,y\n",
     .count = 10,
     .not_said = "repeat"},
    {.about = "a few",
     .name = "x.csv",
     .head = HEAD,
     .rows = "%d,a,1%d,x\n%d,a,1%d,x\nb%d,b,%d,y\n",
     .count = 5,
     .not_said = "repeat"},
    /* ---- labels and names ---- */
    {.about = "labels that differ in a mark at the end",
     .name = "x.csv",
     .head = "case,event,action\n",
     .rows = "a%d,a,roll back\nb%d,a,Roll back.\nc%d,a,wait\n",
     .count = 3,
     .said =
         "warning: 1 label differs from another only in case, blanks, signs or "
         "encoding: \"roll back\" and \"Roll back.\" (first at x.csv:3) are two actions; "
         "\"rename\""},
    {.about = "labels with the initials of who signed",
     .name = "x.csv",
     .head = "case,event,action\n",
     .rows = "a%d,a,wait (AM)\nb%d,a,wait (KB)\nc%d,a,call (AM)\nd%d,a,call (KB)\n",
     .count = 3,
     .said = "warning: 4 labels differ from others only in an ending that several have: "
             "\"wait (AM)\" (first at x.csv:2) and \"wait (KB)\" are two actions; if the "
             "ending is a remark, \"rename\" in a recipe makes them one\n"},
    {.about = "labels with a remark, and without",
     .name = "x.csv",
     .head = "case,event,action\n",
     .rows = "a%d,a,wait\nb%d,a,call; told\nc%d,a,wait; told\nd%d,a,call\n",
     .count = 3,
     .said = "warning: 4 labels differ from others only in an ending that several have: "
             "\"wait\" (first at x.csv:2) and \"wait; told\" are two actions"},
    {.about = "actions in parts",
     .name = "x.csv",
     .head = "case,event,action\n",
     .rows = "a%d,a,roll back (all)\nb%d,a,roll back (one)\nc%d,a,wait\n",
     .count = 3,
     .not_said = "in an ending"},
    {.about = "lists of labels",
     .name = "x.csv",
     .head = "case,event,action\n",
     .rows = "a%d,a,wait\nb%d,a,call\nc%d,a,wait; call\nd%d,a,call; wait\n",
     .count = 3,
     .not_said = "in an ending"},
    {.about = "labels that differ in a letter of another alphabet",
     .name = "x.csv",
     .head = "case,event,action\n",
     .rows = "a%d,a,stop\nb%d,a,st\xd0\xbep\n",
     .count = 3,
     .said = "(first at x.csv:3) are two actions; the \"\xd0\xbe\" of the second is "
             "U+043E; \"rename\""},
    {.about = "names with accents that are written in two ways, and in HTML",
     .name = "x.csv",
     .head = "case,event,action\n",
     .rows = "a%d,d\xc3\xa9ploy,x\na%d,de\xcc\x81ploy,x\nb%d,<b>d\xc3\xa9ploy</b>,y\n",
     .count = 3,
     .said = "warning: 2 event names differ from another only in case"},
    {.about = "values that were converted twice, in HTML, and in quotes",
     .name = "x.csv",
     .head = "case,event,zone,action\n",
     .rows = "a%d,d,S\xc3\xbc"
             "d,x\na%d,d,S\xc3\x83\xc2\xbc"
             "d,x\nb%d,d,S&uuml;d,y\nb%d,d,'S\xc3\xbc"
             "d',y\n",
     .count = 3,
     .said = "warning: 3 values differ from another only in case"},
    {.about = "names that differ in more",
     .name = "x.csv",
     .head = "case,event,action\n",
     .rows = "a%d,deploy,x\na%d,redeploy,x\nb%d,d<ploy,y\n",
     .count = 3,
     .not_said = "differ"},
    {.about = "a word for no label",
     .name = "x.csv",
     .head = "case,event,action\n",
     .rows = "a%d,a,x\nb%d,a,TBD\nc%d,a,y\n",
     .count = 3,
     .said =
         "warning: the label \"TBD\" of 3 is trained as an action, the first at "
         "x.csv:3: if it means that there is none, \"rename\": {\"action\": {\"TBD\": "
         "\"N/A\"}} in a recipe leaves them out\n"},
    {.about = "a word in brackets, and 0 beside words",
     .name = "x.csv",
     .head = "case,event,action\n",
     .rows = "a%d,a,x\nb%d,a,(leer)\nc%d,a,0\n",
     .count = 3,
     .said =
         "warning: the label \"(leer)\" of 3 (2 labels of this kind) is trained as an "
         "action, the first at x.csv:3"},
    {.about = "numbers as labels",
     .name = "x.csv",
     .head = "case,event,action\n",
     .rows = "a%d,a,1\nb%d,a,0\n",
     .count = 3,
     .not_said = "is trained as"},
    {.about = "labels in one cell",
     .name = "x.csv",
     .head = "case,event,action\n",
     .rows = "a%d,a,x\nb%d,a,x; y\nc%d,a,y\nd%d,a,x; z\n",
     .count = 3,
     .said = "warning: 1 label joins others, the first is \"x; y\" (x.csv:3): it is an "
             "action of its own, beside \"x\"\n"},
    {.about = "a rare label that is nearly another",
     .name = "x.csv",
     .head = "case,event,action\n",
     .rows = "a%d,a,roll back\nc%d,a,wait\n",
     .count = 20,
     .more = "e,a,rol back\n",
     .said =
         "warning: the label \"rol back\" of 1 is nearly \"roll back\" of 20 (first at "
         "x.csv:42): if it is a typing error, \"rename\" in a recipe mends it\n"},
    {.about = "labels that are nearly the same, and frequent",
     .name = "x.csv",
     .head = "case,event,action\n",
     .rows = "a%d,a,enable\nc%d,a,unable\n",
     .count = 20,
     .not_said = "nearly"},
    {.about = "a rare label with another number",
     .name = "x.csv",
     .head = "case,event,action\n",
     .rows = "a%d,a,runbook 1\nc%d,a,wait\n",
     .count = 20,
     .more = "e,a,runbook 2\n",
     .not_said = "nearly"},
    {.about = "a case for all events without an incident",
     .name = "x.csv",
     .head = "case,event,action\n",
     .rows = "a%d,a,x\nnobody's,b,\nb%d,b,y\n",
     .count = 60,
     .said =
         "warning: one history has 60 of all 180 events, \"nobody's\" at x.csv:3: are "
         "they of one incident?\n"},
    {.about = "histories of one length",
     .name = "x.csv",
     .head = "case,event,action\n",
     .rows = "a%m,a,x\na%m,b,\n",
     .count = 60,
     .more = "b,a,y\n",
     .not_said = "one incident"},
    /* ---- what is known afterwards ---- */
    {.about = "a value in the last row only",
     .name = "x.csv",
     .head = "case,event,status,action\n",
     .rows = "%d,a,open,\n%d,b,open,\n%d,a,closed,x%m\n",
     .count = 40,
     .said =
         "warning: field \"status\": 32 of 32 histories end with a value that is in last "
         "events only, such as \"closed\": is it known before the decision?\n"},
    {.about = "an event that ends every history",
     .name = "x.csv",
     .head = "case,event,action\n",
     .rows = "%d,a,\n%d,b,\n%d,resolved,x%m\n",
     .count = 40,
     .said =
         "warning: field \"event\": 32 of 32 histories end with a value that is in last "
         "events only, such as \"resolved\""},
    {.about = "an event that ends histories, and goes on in others",
     .name = "x.csv",
     .head = "case,event,action\n",
     .rows = "%d,a,\n%d,a,x%m\n",
     .count = 40,
     .not_said = "last events only"},
    {.about = "histories of one event end with it",
     .name = "x.csv",
     .head = "case,event,action\n",
     .rows = "%d,a,x\nb%d,a,y\nc%d,b,y\nd%d,b,x\n",
     .count = 20,
     .not_said = "last events only"},
    {.about = "a value that tells the label, and is not the last",
     .name = "x.csv",
     .head = "case,event,group,action\n",
     .rows = "a%d,a,one,x\na%d,a,both,x\nb%d,a,two,y\nb%d,a,both,y\nb%d,b,both,y\n"
             "a%d,b,both,x\n",
     .count = 20,
     .said = "warning: field \"group\" alone tells the label in 32 of 32 histories (by "
             "whether it has some value): is it known before the decision?\n"},
    {.about = "a number that tells the label by a threshold",
     .name = "x.csv",
     .head = "case,event,cost,action\n",
     .rows = "a%d,a,%d1.5,x\nb%d,a,10%d1.5,y\nc%d,a,9%d01.5,z\n",
     .count = 60,
     .said =
         "histories (by where its last number lies): is it known before the decision?\n"},
    {.about = "numbers that labels share",
     .name = "x.csv",
     .head = "case,event,cost,action\n",
     .rows = "a%d,a,%d.5,x\nb%d,a,%d.5,y\n",
     .count = 60,
     .not_said = "tells"},
    {.about = "numbers between those of another label",
     .name = "x.csv",
     .head = "case,event,cost,action\n",
     .rows = "a%d,a,%d.5,x\nb%d,a,%d.75,y\n",
     .count = 60,
     .not_said = "tells"},
    {.about = "a value that one label has",
     .name = "x.csv",
     .head = "case,event,van,action\n",
     .rows = "a%d,a,no,x\nb%d,a,no,y\nc%d,a,yes,z\nc%d,a,no,\n",
     .count = 30,
     .said = "warning: field \"van\" tells in 72 of 72 histories whether the label is "
             "\"z\" (by "
             "the value \"yes\"): is it known before the decision?\n"},
    {.about = "a field that one label has",
     .name = "x.csv",
     .head = "case,event,crew,action\n",
     .rows = "a%d,a,,x\nb%d,a,,y\nc%d,a,%m,z\n",
     .count = 30,
     .said =
         "warning: field \"crew\" tells in 72 of 72 histories whether the label is \"z\" "
         "(by whether it has a value): is it known before the decision?\n"},
    {.about = "an event that leads to one label",
     .name = "x.csv",
     .head = "case,event,action\n",
     .rows = "a%d,a,x\na%d,b,\nb%d,a,y\nb%d,b,\nc%d,c,z\nc%d,b,\n",
     .count = 30,
     .not_said = "tells"},
    {.about = "values that half of the labels share",
     .name = "x.csv",
     .head = "case,event,group,action\n",
     .rows = "a%d,a,one,x\na%d,a,both,x\nb%d,a,one,y\nb%d,a,both,y\nc%d,a,two,y\nd%d,a,"
             "two,x\nd%d,a,both,x\n",
     .count = 20,
     .not_said = "tells the label"},
    {.about = "values that are nearly unique tell nothing",
     .name = "x.csv",
     .head = "case,event,group,action\n",
     .rows = "a%d,a,g%d,x\na%d,a,both,x\nb%d,a,g1%d,y\nb%d,a,both,y\n",
     .count = 40,
     .not_said = "tells the label"},
    {.about = "the last value",
     .name = "x.csv",
     .head = "case,event,group,action\n",
     .rows = "a%d,a,both,x\na%d,a,one,x\nb%d,a,both,y\nb%d,a,two,y\n",
     .count = 20,
     .said =
         "warning: field \"group\" alone tells the label in 32 of 32 histories (by its "
         "last value): is it known before the decision?\n"},
    /* ---- numbers and codes ---- */
    {.about = "per cent in every cell",
     .name = "x.csv",
     .head = "case,event,load,action\n",
     .rows = "%d,a,%d.5 %,x\nb%d,b,%d.5 %,y\n",
     .count = 30,
     .said =
         "warning: field \"load\": 48 of 48 cells are numbers, but not plain ones: the "
         "first is \"0.5 %\", which has the unit \"%\" (x.csv:3); so it is read as text, "
         "until its cells are plain numbers\n"},
    {.about = "two units",
     .name = "x.csv",
     .head = "case,event,load,action\n",
     .rows = "%d,a,%d ms,x\nb%d,b,%d ms,y\n",
     .count = 30,
     .more = "c,a,1.5 s,x\nd,a,1.5 s,x\ne,a,1.5 s,x\nf,a,1.5 s,x\n",
     .said =
         "the first is \"0 ms\", which has the unit \"ms\" (x.csv:2), another is \"1.5 "
         "s\" (x.csv:6"},
    {.about = "units in JSON strings",
     .name = "x.jsonl",
     .rows = "{\"events\": [{\"event\": \"a\", \"load\": \"%d ms\"}], \"action\": "
             "\"x\"}\n"
             "{\"events\": [{\"event\": \"a\", \"load\": \"%d ms\"}], \"action\": "
             "\"y\"}\n",
     .count = 30,
     .said = "field \"load\": 48 of 48 cells are numbers, but not plain ones"},
    {.about = "units in values that an identifier would have",
     .name = "x.csv",
     .head = "case,event,load,action\n",
     .rows = "%d,a,1%d.5 ms,x\nb%d,b,2%d.5 ms,y\n",
     .count = 30,
     .said = "field \"load\": 48 of 48 cells are numbers, but not plain ones"},
    {.about = "few values with a unit are a category",
     .name = "x.csv",
     .head = "case,event,link,action\n",
     .rows = "%d,a,%mG,x\nb%d,b,%mG,y\n",
     .count = 30,
     .not_said = "plain"},
    {.about = "names with a number in front",
     .name = "x.csv",
     .head = "case,event,rule,action\n",
     .rows = "%d,a,%d of 5 checks,x\nb%d,b,%d of 5 checks,y\n",
     .count = 30,
     .not_said = "plain"},
    {.about = "numbers in quotes",
     .name = "x.jsonl",
     .rows = "{\"events\": [{\"event\": \"a\", \"load\": \"%d.5\"}], \"action\": "
             "\"x\"}\n"
             "{\"events\": [{\"event\": \"a\", \"load\": \"%d.5\"}], \"action\": "
             "\"y\"}\n",
     .count = 30,
     .said =
         "warning: field \"load\": all 48 values are numbers in quotes, the first is "
         "\"0.5\" (x.jsonl:2): they are read as text, until they are without quotes\n"},
    {.about = "one of many numbers is in quotes",
     .name = "x.jsonl",
     .rows = "{\"events\": [{\"event\": \"a\", \"load\": %d.5}], \"action\": \"x\"}\n"
             "{\"events\": [{\"event\": \"a\", \"load\": %d.25}], \"action\": \"y\"}\n",
     .more = "{\"events\": [{\"event\": \"a\", \"load\": \"3.5\"}], \"action\": \"x\"}\n",
     .count = 30,
     .said = "warning: field \"load\": 1 number is in quotes, the first at "
             "x.jsonl:61: predict and the service accept numbers without quotes only\n"},
    {.about = "whole numbers in quotes may be codes",
     .name = "x.jsonl",
     .rows = "{\"events\": [{\"event\": \"a\", \"load\": \"%d\"}], \"action\": "
             "\"x\"}\n"
             "{\"events\": [{\"event\": \"a\", \"load\": \"%d\"}], \"action\": "
             "\"y\"}\n",
     .count = 30,
     .not_said = "quotes"},
    {.about = "a decimal comma and thousands in every cell",
     .name = "x.csv",
     .head = "case;event;load;action\n",
     .rows = "%d;a;5.%m33,50;x\nb%d;b;4.%m3%m,5%d;y\n",
     .count = 30,
     .said = "cells are numbers, but not plain ones: the first is \""},
    {.about = "numbers that are read as text are no identifiers",
     .name = "x.csv",
     .head = "case,event,load,action\n",
     .rows = "%d,a,1%d.5 ms,x\nb%d,b,2%d.5 ms,y\n",
     .count = 30,
     .said = "field \"load\" is left out: its numbers are read as text, and most occur "
             "in one history only\n"},
    {.about = "thousands between semicolons are told once",
     .name = "x.csv",
     .head = "case;event;load;action\n",
     .rows = "%d;a;5,1%d0;x\nb%d;b;4,2%d0;y\n",
     .count = 90,
     .not_said = "because commas separate the cells"},
    {.about = "a number for none, far from the others",
     .name = "x.csv",
     .head = "case,event,load,action\n",
     .rows = "%d,a,%d,x\nb%d,b,%d,y\nc%d,a,9999,y\n",
     .count = 40,
     .said =
         " numbers are \"9999\" (the first at x.csv:4), far from all others: if it means "
         "that there is none, empty these cells\n"},
    {.about = "a number for none, below zero",
     .name = "x.csv",
     .head = "case,event,load,action\n",
     .rows = "%d,a,%d.5,x\nb%d,b,%d,y\nc%d,a,-1,y\n",
     .count = 40,
     .said = " numbers are \"-1\" (the first at x.csv:4), the only one below zero: if it "
             "means that there is none, empty these cells\n"},
    {.about = "numbers below and far above the others",
     .name = "x.csv",
     .head = "case,event,load,action\n",
     .rows = "%d,a,-%d,x\nb%d,b,%d,y\nc%d,a,1%d,y\n",
     .count = 40,
     .not_said = "means that there is none"},
    {.about = "points between thousands",
     .name = "x.csv",
     .head = "case;event;load;action\n",
     .rows = "%d;a;5.%m33;x\nb%d;b;3%d;y\n",
     .count = 30,
     .said =
         "is read as a fraction; all numbers with a point have three digits after it, "
         "and those without are below 1000: if it separates thousands, take it out\n"},
    {.about = "fractions of three digits, and whole numbers above them",
     .name = "x.csv",
     .head = "case,event,load,action\n",
     .rows = "%d,a,5.%m33,x\nb%d,b,30%d1,y\n",
     .count = 30,
     .not_said = "thousands"},
    {.about = "fractions of three digits in all cells",
     .name = "x.csv",
     .head = "case,event,load,action\n",
     .rows = "%d,a,5.%m33,x\nb%d,b,3%d.001,y\n",
     .count = 30,
     .not_said = "thousands"},
    {.about = "words for yes and no",
     .name = "x.csv",
     .head = "case,event,up,action\n",
     .rows = "%d,a,yes,x\nb%d,b,N,y\nc%d,b,y,y\nd%d,a,1,x\n",
     .count = 30,
     .said = "warning: field \"up\": 4 words for yes and no, such as "},
    {.about = "yes and no",
     .name = "x.csv",
     .head = "case,event,up,action\n",
     .rows = "%d,a,yes,x\nb%d,b,no,y\n",
     .count = 30,
     .not_said = "words"},
    {.about = "NA among codes",
     .name = "x.csv",
     .head = "case,event,region,action\n",
     .rows = "%d,a,EU,x\nb%d,b,NA,y\nc%d,b,APAC,y\n",
     .count = 10,
     .said =
         "warning: field \"region\": \"NA\" (in 8 cells, the first at x.csv:3) is read "
         "as missing, and its other values are codes such as \"EU\": if it is a code, "
         "too, write it otherwise\n"},
    {.about = "NA among words is counted",
     .name = "x.csv",
     .head = "case,event,region,action\n",
     .rows = "%d,a,Europe,x\nb%d,b,NA,y\nc%d,b,Asia,y\n",
     .count = 10,
     .said =
         "field \"region\": category, 2 values; missing in 33.3 % of the events, 8 of "
         "them by a mark such as \"NA\"\n",
     .not_said = "write it otherwise"},
    {.about = "an empty cell is no mark",
     .name = "x.csv",
     .head = "case,event,region,action\n",
     .rows = "%d,a,EU,x\nb%d,b,,y\nc%d,b,US,y\n",
     .count = 10,
     .not_said = "mark"},
    /* ---- shapes of files ---- */
    {.about = "a title above the header",
     .name = "x.csv",
     .head = "Incidents\nof 2026, all teams\n\n" HEAD,
     .rows = "%d,a,1,x\n%d,b,2,y\n",
     .count = 5,
     .said = "x.csv: the header is in line 4; what is above is left out\n",
     .error = "x.csv:6: action: line 5 of the same case has another value"},
    {.about = "a title with the separators of the table",
     .name = "x.csv",
     .head = "Incidents;;;\r\ncase;event;time;action\r\n",
     .rows = "%d;a;1;x\r\nb%d;b;2;y\r\n",
     .count = 5,
     .said = "x.csv: the header is in line 2; what is above is left out\n",
     .histories = 10},
    {.about = "a title that has the separator in it",
     .name = "x.csv",
     .head = "Incidents, all teams, by ana\n" HEAD,
     .rows = "%d,a,1,x\nb%d,b,2,y\n",
     .count = 5,
     .said = "x.csv: the header is in line 2; what is above is left out\n",
     .histories = 10},
    {.about = "blank lines are no title",
     .name = "x.csv",
     .head = "\n\r\n" HEAD,
     .rows = "%d,a,1,x\nb%d,b,2,y\n",
     .count = 5,
     .not_said = "the header is",
     .histories = 10},
    {.about = "a title, and a name that is misspelt",
     .name = "x.csv",
     .head = "Incidents\ncase,evnt,time,action\n",
     .rows = "%d,a,1,x\n",
     .count = 3,
     .error =
         "x.csv:2: no column \"event\" (there are case, evnt, time, action) (did you "
         "mean \"evnt\"?); --event names it"},
    {.about = "the header again in the middle",
     .name = "x.csv",
     .head = HEAD,
     .rows = HEAD "a%d,a,1,x\n\xef\xbb\xbf"
                  "case, event ,time,action\nb%d,b,2,y\n",
     .count = 2,
     .said = "warning: 4 rows repeat the header, the first at x.csv:2: left out\n",
     .histories = 4},
    {.about = "a case that is called as its column is no header",
     .name = "x.csv",
     .head = HEAD,
     .rows = "case,a,1,x\nb%d,b,2,y\n",
     .count = 2,
     .not_said = "header",
     .histories = 3},
    {.about = "the header of another file, the case in another column",
     .name = "x.csv",
     .head = HEAD,
     .rows = "a%d,a,1,x\n",
     .count = 2,
     .more = "action,time,case,event\nx,2,b,y\n",
     .error =
         "x.csv:4: the row is another header, whose columns are in another order: give "
         "each file by itself"},
    {.about = "with columns of other names",
     .name = "x.csv",
     .head = HEAD,
     .rows = "a%d,a,1,x\n",
     .count = 2,
     .more = "case,event,at,action\nb,b,2,y\n",
     .error = "x.csv:4: the row is another header, whose columns have other names: give "
              "each file by itself"},
    {.about = "with more columns",
     .name = "x.csv",
     .head = HEAD,
     .rows = "a%d,a,1,x\n",
     .count = 2,
     .more = "case,event,time,zone,action\nb,b,2,z,y\n",
     .error = "x.csv:4: the row has 5 cells, the header has 4; another header? give each "
              "file by itself"},
    {.about = "events and values that are called like columns",
     .name = "x.csv",
     .head = HEAD,
     .rows = "a%d,action,1,time\nb%d,event,1,x\n",
     .count = 2,
     .histories = 4},
    {.about = "the header of another file",
     .name = "x.csv",
     .head = HEAD,
     .rows = "a%d,a,1,x\n",
     .count = 2,
     .more = "case,time,event,action\nb,2,b,y\n",
     .error =
         "x.csv:4: the row is another header, whose columns are in another order: give "
         "each file by itself"},
    {.about = "a line of totals, with all its cells",
     .name = "x.csv",
     .head = HEAD,
     .rows = "a%d,a,1,x\n",
     .count = 2,
     .more = "Total: 2 rows,,,\n",
     .error = "x.csv:4: event: the event has no name; a line of totals? leave it out"},
    {.about = "a line of totals, with one cell",
     .name = "x.csv",
     .head = HEAD,
     .rows = "a%d,a,1,x\n",
     .count = 2,
     .more = "total 2\n",
     .error = "x.csv:4: the row has 1 cell, the header has 4; a line of totals? leave it "
              "out"},
    {.about = "a line of text between the rows",
     .name = "x.csv",
     .head = HEAD,
     .rows = "a%d,a,1,x\n",
     .count = 2,
     .more = "Page 1 of 7\na9,a,1,x\n",
     .error = "x.csv:4: the row has 1 cell, the header has 4; a line of text? leave it "
              "out"},
    {.about = "a heading of a group of rows",
     .name = "x.csv",
     .head = HEAD,
     .rows = "a%d,a,1,x\n",
     .count = 2,
     .more = "January 2026,,,\na9,a,1,x\n",
     .error = "x.csv:4: event: the event has no name, and only one cell is filled; a "
              "heading? leave it out"},
    {.about = "no header",
     .name = "x.csv",
     .head = "",
     .rows = "a%d,b,2026-11-22 10:04:00,x\n",
     .count = 2,
     .error =
         "x.csv:1: no column \"case\" (there are a0, b, 2026-11-22 10:04:00, x); the "
         "first line seems to be no header"},
    {.about = "no header, and fractions",
     .name = "x.csv",
     .head = "",
     .rows = "a%d,b,40.5,x\n",
     .count = 2,
     .error =
         "x.csv:1: no column \"case\" (there are a0, b, 40.5, x); the first line seems "
         "to be no header"},
    {.about = "zlib",
     .name = "x.csv",
     .head = "x\x9c\x4b\x4e\x0d\x0d\x2c",
     .rows = "%d",
     .count = 2,
     .error = "x.csv: this is compressed with zlib; only gzip and zstd are read"},
    {.about = "bytes of a program",
     .name = "x.csv",
     .head = "\x7f"
             "ELF\x02\x01\x03\x10\r\x05\x1f\r\n",
     .rows = "%d",
     .count = 2,
     .error = "x.csv: this is binary data, not text"},
    {.about = "a table saved as .xls",
     .name = "x.xls",
     .head = "<html><table>\n",
     .rows = "<tr><td>%d</td></tr>\n",
     .count = 2,
     .error =
         "x.xls: this is an HTML page, of an error, a login, or a table saved as .xls; "
         "export it as CSV"},
    {.about = "a line of totals without a case",
     .name = "x.csv",
     .head = HEAD,
     .rows = "a%d,a,1,x\n",
     .count = 2,
     .more = ",Sum,2,\n",
     .error = "x.csv:4: the row has no \"case\"; a line of totals? leave it out"},
    {.about = "the case in the first row of a group only",
     .name = "x.csv",
     .head = HEAD,
     .rows = "a%d,a,1,x\n,b,2,\n",
     .count = 2,
     .error = "x.csv:3: the row has no \"case\"; if only the first row of a case has it, "
              "fill it down"},
    {.about = "no case in the first row",
     .name = "x.csv",
     .head = HEAD,
     .rows = ",b,2,x\n",
     .count = 2,
     .error = "x.csv:2: the row has no \"case\""},
    {.about = "a mark of a missing value as a case",
     .name = "x.csv",
     .head = HEAD,
     .rows = "N/A,b,2,x\n",
     .count = 2,
     .error = "x.csv:2: the row has no \"case\": \"N/A\" means missing"},
    {.about = "Latin-1",
     .name = "x.csv",
     .head = HEAD,
     .rows = "a%d,caf\xe9,1,x\n",
     .count = 2,
     .error = "x.csv:2: event: the cell is not UTF-8; iconv -f latin1 -t utf-8 converts "
              "Latin-1"},
    {.about = "Latin-1 in the header",
     .name = "x.csv",
     .head = "case,event,action,r\xe9gion\n",
     .rows = "a%d,a,x,\n",
     .count = 2,
     .error = "x.csv:1: column name \"r?gion\" is not UTF-8; iconv -f latin1 -t utf-8 "
              "converts Latin-1"},
    {.about = "lines that end in CR alone",
     .name = "x.csv",
     .head = "case,event,time,action\r",
     .rows = "a%d,a,1,x\rb%d,a,1,y\r",
     .count = 2,
     .error =
         "x.csv: this is text whose lines end in CR alone; tr '\\r' '\\n' converts it"},
    {.about = "lines of JSON that end in CR alone",
     .name = "x.jsonl",
     .rows = "{\"events\": [\"a\"], \"action\": \"x%d\"}\r",
     .count = 2,
     .error =
         "x.jsonl: this is text whose lines end in CR alone; tr '\\r' '\\n' converts "
         "it"},
    {.about = "an object around the list of histories",
     .name = "x.json",
     .rows = "{\"page\": 1, \"incidents\": [{\"id\": 1, \"log\": [\"a\"], \"action\": "
             "\"x\"}]}",
     .count = 1,
     .error =
         "x.json:1: no key \"events\"; jq -c '.incidents[]' makes a line of each history "
         "in the list incidents"},
    {.about = "the same, over several lines, further in",
     .name = "x.json",
     .rows = "{\n \"hits\": {\n  \"total\": 1,\n  \"hits\": [\n   {\"events\": "
             "[\"a\"]}\n  ]\n }\n}",
     .count = 1,
     .error =
         "x.json:1: not JSON: the text ends too early; jq -c '.hits.hits[]' makes a line "
         "of each history in the list hits.hits"},
    {.about = "histories over several lines",
     .name = "x.json",
     .rows = "{\n \"events\": [\"a\"]\n}\n",
     .count = 2,
     .error =
         "x.json:1: not JSON: the text ends too early; JSON over several lines: jq -c . "
         "makes one line of each history"},
    {.about = "another key of the events",
     .name = "x.jsonl",
     .rows = "{\"id\": 1, \"log\": [{\"event\": \"a\"}], \"action\": \"x\"}",
     .count = 1,
     .error = "x.jsonl:1: no key \"events\"; is it --events log, which is an array?"},
    {.about = "nothing that could be meant",
     .name = "x.jsonl",
     .rows = "{\"incidents\": []}\n",
     .count = 1,
     .error = "x.jsonl:1: no key \"events\" (there is \"incidents\"); --events names the "
              "array "
              "of events"},
    {.about = "a history in an object of each line",
     .name = "x.jsonl",
     .rows = "{\"_id\": 1, \"_source\": {\"events\": [\"a\"], \"action\": \"x\"}}\n",
     .count = 2,
     .error =
         "x.jsonl:1: no key \"events\"; jq -c '._source' takes out the object in which "
         "events is the list"},
    {.about = "several histories in one line",
     .name = "x.json",
     .rows = "{\"events\": [\"a\"], \"action\": \"x%d\"} ",
     .count = 3,
     .error = "x.json:1: not JSON: there is text after the value; several objects in one "
              "line: jq -c . makes one line of each history"},
    {.about = "commas after the objects",
     .name = "x.json",
     .rows = "{\"events\": [\"a\"], \"action\": \"x%d\"},\n",
     .count = 3,
     .error = "x.json:1: not JSON: there is text after the value; a comma is after the "
              "object: sed 's/,[ \\r]*$//' takes it off"},
    {.about = "the label in the events",
     .name = "x.jsonl",
     .rows = "{\"events\": [\"b\", {\"event\": \"a\", \"action\": \"x%d\"}]}\n",
     .count = 3,
     .error = "x.jsonl:1: no history has a label: \"action\" is in the events; jq -c "
              "'.[\"action\"] = .events[-1][\"action\"]' puts the last one beside them"},
    {.about = "keys of events, none of which is the name",
     .name = "x.jsonl",
     .rows = "{\"events\": [{\"kind\": \"a\", \"at\": 1}], \"action\": \"x\"}\n",
     .count = 1,
     .error =
         "x.jsonl:1: /events/0: the event has no \"event\" (it has \"kind\", \"at\"); "
         "--event names the key of its name"},
    {.about = "the key of the label is misspelt",
     .name = "x.jsonl",
     .rows = "{\"events\": [\"a\"], \"acton\": \"x\"}\n",
     .count = 2,
     .error = "x.jsonl:1: no history has a label \"action\" (did you mean \"acton\"?); "
              "--label "
              "names its key"},
    /* ---- texts that are neither CSV nor JSON Lines ---- */
    {.about = "cells between blanks",
     .name = "x.txt",
     .rows = "case event action\n%d a x\n",
     .count = 2,
     .error = "x.txt: neither CSV nor JSON Lines: \"case event action\" has no comma, "
              "semicolon, tab or bar; are the cells separated by blanks?"},
    {.about = "a table with lines around its cells",
     .name = "x.txt",
     .rows = "+--+--+\n| case | event |\n",
     .count = 1,
     .error =
         "x.txt: a table with lines around its cells; grep -v '^+' | sed 's/^ *|//; s/| "
         "*$//' leaves them out"},
    {.about = "SQL",
     .name = "x.sql",
     .rows = "INSERT INTO t VALUES\n(%d, 'a')\n",
     .count = 1,
     .error =
         "x.sql: neither CSV nor JSON Lines, but commands of SQL? export the table as "
         "CSV"},
    {.about = "another separator",
     .name = "x.csv",
     .head = "case~event~action\n",
     .rows = "%d~a~x\n",
     .count = 2,
     .error =
         "x.csv:1: the cells are separated by \"~\", not by a comma, semicolon, tab or "
         "bar; tr '~' '\\t' makes CSV of it"},
    {.about = "a control character",
     .name = "x.csv",
     .head = "case\x1f"
             "event\x1f"
             "action\n",
     .rows = "%d\x1f"
             "a\x1fx\n",
     .count = 2,
     .error =
         "x.csv:1: the cells are separated by the byte 0x1f, not by a comma, semicolon, "
         "tab or bar; tr '\\037' '\\t' makes CSV of it"},
    {.about = "blanks, in a file that is called CSV",
     .name = "x.csv",
     .head = "case event action\n",
     .rows = "%d a x\n",
     .count = 2,
     .error =
         "x.csv:1: the cells are separated by blanks, not by a comma, semicolon, tab or "
         "bar; if no cell has one, tr -s ' ' '\\t' makes CSV of it"},
    {.about = "whole rows in quotes",
     .name = "x.csv",
     .head = "\"case,event,action\"\n",
     .rows = "\"%d,a,x\"\n",
     .count = 2,
     .error = "x.csv:1: quotes are around the whole row; sed 's/^\"//; s/\"\\r*$//; "
              "s/\"\"/\"/g' takes them off"},
    {.about = "blanks before quotes",
     .name = "x.csv",
     .head = "\"case\"; \"event\"; \"action\"\n",
     .rows = "\"%d\"; \"a\"; \"x\"\n",
     .count = 2,
     .error =
         "x.csv:1: blanks are before the quotes of the cells; sed 's/;  *\"/;\"/g' takes "
         "them out"},
    {.about = "single quotes",
     .name = "x.csv",
     .head = "'case','event','action'\n",
     .rows = "'%d','a','x'\n",
     .count = 2,
     .error =
         "x.csv:1: the cells are in single quotes; only \"\" around a cell are read as "
         "quotes"},
    {.about = "a log",
     .name = "x.jsonl",
     .rows = "2026-11-22 INFO {\"events\": [\"a\"], \"action\": \"x%d\"}\n",
     .count = 2,
     .error =
         "x.jsonl:1: something is before the object of JSON; sed 's/^[^{]*//' takes it "
         "off"},
    {.about = "a line under the header",
     .name = "x.md",
     .head = "| case | event | action |\n|---|:--|---|\n",
     .rows = "| %d | a | x |\n",
     .count = 2,
     .error = "x.md:2: the row is a line drawn under the header; leave it out"},
    {.about = "a wrong key is said as before",
     .name = "x.csv",
     .head = "case,event name,action\n",
     .rows = "%d,a,x\n",
     .count = 2,
     .error =
         "x.csv:1: no column \"event\" (there are case, event name, action); --event "
         "names it"},
    /* ---- several files ---- */
    {.about = "the other half of a case, with its label",
     .name = "x.csv",
     .head = HEAD,
     .rows = "%d,a,1,\ny%d,a,2,x%m\n",
     .count = 5,
     .second = "y.csv",
     .second_text = HEAD "9,a,1,x1\n0,b,2,x1\n3,b,2,x2\n",
     .said = "warning: 2 cases are in two files and in one of them without a label, the "
             "first again at y.csv:3: what has no label is left out; put the events of a "
             "case into one file\n"},
    {.about = "three parts, the label in the last",
     .name = "x.jsonl",
     .rows = "{\"id\": %d, \"events\": [\"a\"]}\n{\"id\": %d, \"events\": [\"b\"]}\n"
             "{\"id\": %d, \"events\": [\"c\"], \"action\": \"x%m\"}\n",
     .count = 4,
     .said =
         "warning: 4 histories have the id of an earlier one, and one of both has no "
         "label, the first at x.jsonl:3: what has no label is left out; put the events "
         "of a case into one history\n"},
    {.about = "open cases of other ids",
     .name = "x.csv",
     .head = HEAD,
     .rows = "%d,a,1,\ny%d,a,2,x%m\n",
     .count = 5,
     .second = "y.csv",
     .second_text = HEAD "9,a,1,x1\n8,b,2,\n",
     .not_said = "in two files"},
    {.about = "a column in two spellings",
     .name = "x.csv",
     .head = "case,event,time,action,zone,delay_s\n",
     .rows = "%d,a,1,x%m,z%m,%d\n",
     .count = 9,
     .second = "y.csv",
     .second_text = "case,event,time,action,Zone,Delay (s)\n"
                    "a,a,1,x1,z1,5\nb,a,1,x2,z2,7\n",
     .said =
         "warning: \"zone\" and \"Zone\" (in 2 events, the first at y.csv:2) differ only "
         "in case, blanks or marks, and no event has both: they are two columns; give "
         "them one name\n"
         "warning: \"delay_s\" and \"Delay (s)\" (in 2 ",
     .not_said = "no event of"},
    {.about = "a key in two spellings in one file, once as a field of the incident",
     .name = "x.jsonl",
     .rows =
         "{\"events\": [{\"event\": \"a\", \"delayS\": %d.5}], \"action\": \"x%m\"}\n"
         "{\"events\": [\"a\"], \"fields\": {\"delay_s\": %d.5}, \"action\": \"x%m\"}\n",
     .count = 9,
     .said = "warning: \"delayS\" and \"delay_s\" (in 9 events, the first at x.jsonl:2)"},
    {.about = "two columns that are both filled",
     .name = "x.csv",
     .head = "case,event,time,action,zone,Zone\n",
     .rows = "%d,a,1,x%m,z%m,%m\n",
     .count = 9,
     .not_said = "give them one name"},
    {.about = "a column that one file lacks",
     .name = "x.csv",
     .head = "case,event,time,action,zone,u\n",
     .rows = "%d,a,1,x%m,z%m,u%d\n",
     .count = 9,
     .second = "y.csv",
     .second_text = HEAD "a,a,1,x1\nb,a,1,x2\n",
     .said = "warning: no event of 1 of 2 files has \"zone\", the first is y.csv: it is "
             "missing in 2 of 11 events\n",
     .not_said = "\"u\", the first"},
    {.about = "a column that is empty in one file",
     .name = "x.csv",
     .head = "case,event,time,action,zone\n",
     .rows = "%d,a,1,x%m,z%m\n",
     .count = 30,
     .second = "y.csv",
     .second_text =
         "case,event,time,action,zone\n" FIVE_ROWS FIVE_ROWS FIVE_ROWS FIVE_ROWS,
     .said = "warning: no event of 1 of 2 files has \"zone\", the first is y.csv: it is "
             "missing in 20 of 50 events\n"},
    {.about = "the same, too few to tell",
     .name = "x.csv",
     .head = "case,event,time,action,zone\n",
     .rows = "%d,a,1,x%m,z%m\n",
     .count = 30,
     .second = "y.csv",
     .second_text = "case,event,time,action,zone\n" FIVE_ROWS,
     .not_said = "no event of"},
    {.about = "a rare key that few lines lack",
     .name = "x.jsonl",
     .rows = "{\"events\": [{\"event\": \"a\", \"zone\": \"z%m\"}, \"a\", \"a\"], "
             "\"action\": "
             "\"x%m\"}\n",
     .count = 9,
     .second = "y.jsonl",
     .second_text = "{\"events\": [\"a\", \"b\"], \"action\": \"x1\"}\n",
     .not_said = "no event of"},
    {.about = "dates whose order another file shows",
     .name = "x.csv",
     .head = HEAD,
     .rows = "%d,a,2%m/01/2026,x%m\n",
     .count = 9,
     .second = "y.csv",
     .second_text = HEAD "a,a,03/02/2026,x1\nb,a,02/02/2026,x2\nb,b,01/03/2026,x2\n",
     .said =
         "warning: only another file shows that the dates of y.csv are day first: its 2 "
         "times such as \"03/02/2026\" (y.csv:2) can be read both ways; if they are "
         "not, write them as 2026-11-22\n"},
    {.about = "dates whose order each file shows",
     .name = "x.csv",
     .head = HEAD,
     .rows = "%d,a,2%m/01/2026,x%m\n",
     .count = 9,
     .second = "y.csv",
     .second_text = HEAD "a,a,03/02/2026,x1\nb,a,02/02/2026,x2\nb,b,30/03/2026,x2\n",
     .not_said = "only another file"},
    {.about = "a column with the parts of the data, which was not named",
     .name = "x.csv",
     .head = "case,event,time,part,action\n",
     .rows = "a%d,a,%d,train,x%m\nb%d,a,%d,test,x%m\n",
     .count = 9,
     .said =
         "warning: field \"part\" names the parts train, val or test (the first at "
         "x.csv:2), and all of them are trained on; --split \"part\" keeps them apart\n"},
    {.about = "a column with another word",
     .name = "x.csv",
     .head = "case,event,time,stage,action\n",
     .rows = "a%d,a,%d,prod,x%m\nb%d,a,%d,test,x%m\n",
     .count = 9,
     .not_said = "names the parts"},
    /* ---- members beside the events ---- */
    {.about = "the label in another spelling",
     .name = "x.jsonl",
     .rows = "{\"events\": [\"a\"], \"action\": \"x%m\"}\n",
     .count = 9,
     .more = "{\"Action\": \"x1\", \"events\": [\"a\"]}\n"
             "{\"ID\": 7, \"events\": [\"a\"], \"action\": \"x1\"}\n",
     .said =
         "warning: \"Action\" beside \"events\" is not read (in 1 history, the first at "
         "x.jsonl:10): the key is \"action\"; give both one name\n"
         "warning: \"ID\" beside \"events\" is not read (in 1 history, the first at "
         "x.jsonl:11): the key is \"id\"; give both one name\n",
     .not_said = "is kept"},
    {.about = "a field beside the events",
     .name = "x.jsonl",
     .rows =
         "{\"id\": %d, \"zone\": \"z%m\", \"events\": [\"a\"], \"action\": \"x%m\"}\n",
     .count = 9,
     .said = "warning: \"zone\" beside \"events\" is not read (in 9 histories, the first "
             "at x.jsonl:1); what is known from the beginning is kept in \"fields\": "
             "{\"zone\": ...}, as a field of every event\n"},
    {.about = "a number with a fraction, and a number of each history",
     .name = "x.jsonl",
     .rows = "{\"load\": %d.5, \"nr\": %d, \"events\": [\"a\"], \"action\": "
             "\"x%m\"}\n",
     .count = 9,
     .said = "warning: \"load\" beside \"events\" is not read (in 9 histories"},
    {.about =
         "what would be no field: another text in each, one in all, a list, an object",
     .name = "x.jsonl",
     .rows = "{\"title\": \"Disk %d\", \"nr\": %d, \"source\": \"tool\", \"tags\": "
             "[\"a\"], \"by\": {\"name\": \"z%m\"}, \"events\": [\"a\"], \"action\": "
             "\"x%m\"}\n",
     .count = 9,
     .said = "\"title\", \"nr\", \"source\", \"tags\", \"by\" beside \"events\" are not "
             "read (in 9 histories, the first at x.jsonl:1); what is known from the "
             "beginning is kept",
     .not_said = "warning: \"title\""},
    {.about = "a field in few histories",
     .name = "x.jsonl",
     .rows = "{\"events\": [\"a\"], \"action\": \"x%m\"}\n{\"events\": [\"a\"], "
             "\"action\": \"x%m\"}\n{\"zone\": \"z%m\", \"events\": [\"a\"], "
             "\"action\": \"x%m\"}\n",
     .count = 9,
     .said = "\"zone\" beside \"events\" is not read (in 9 histories",
     .not_said = "warning: \"zone\""},
    {.about = "the parts of the data, which were not named",
     .name = "x.jsonl",
     .rows =
         "{\"part\": \"train\", \"events\": [\"a\"], \"action\": \"x%m\"}\n{\"part\": "
         "\"test\", \"events\": [\"a\"], \"action\": \"x%m\"}\n",
     .count = 9,
     .said =
         "warning: \"part\" beside \"events\" is not read (in 18 histories, the first "
         "at x.jsonl:1): it names the parts train, val or test, and all of them are "
         "trained on; --split \"part\" keeps them apart\n"},
    {.about = "an object; null is none",
     .name = "x.jsonl",
     .rows = "{\"at\": null, \"events\": [\"a\"], \"action\": \"x%m\"}\n"
             "{\"events\": [\"b\"], \"action\": \"x%m\", \"at\": {\"zone\": %d}}\n",
     .count = 9,
     .said = "\"at\" beside \"events\" is not read (in 9 histories, the first at "
             "x.jsonl:2); what is known from the beginning is kept by jq -c '.fields += "
             ".[\"at\"]', as fields of every event\n"},
    {.about = "several",
     .name = "x.jsonl",
     .rows =
         "{\"a\": 1%m, \"b\": %m, \"c\": \"x%m\", \"d\": %m.5, \"e\": \"%m\", \"f\": %m, "
         "\"g\": 1%m, \"events\": [\"a\"], \"action\": \"x%m\"}\n",
     .count = 9,
     .said =
         "warning: \"a\", \"b\", \"c\", \"d\", \"e\" and 2 more beside \"events\" are "
         "not read (in 9"},
    {.about = "in the second file",
     .name = "x.jsonl",
     .rows = "{\"events\": [\"a\"], \"action\": \"x%m\"}\n",
     .count = 9,
     .second = "y.jsonl",
     .second_text = "{\"events\": [\"a\"], \"action\": \"x1\"}\n"
                    "{\"zone\": 1, \"events\": [\"a\"], \"action\": \"x1\"}\n",
     .said = "(in 1 history, the first at y.jsonl:2)"},
    {.about = "what is read, and times",
     .name = "x.jsonl",
     .rows =
         "{\"id\": %d, \"posterior\": {\"x\": 1}, \"fields\": {\"zone\": 1}, "
         "\"opened\": \"2026-11-22 10:04\", \"events\": [\"a\"], \"action\": \"x%m\"}\n",
     .count = 9,
     .not_said = "not read"},
    {.about = "bars, and a name that says nothing",
     .name = "x.txt",
     .head = "case|event|action\n",
     .rows = "%d|a|x\nb%d|b|y\n",
     .count = 3,
     .histories = 6},
    /* ---- files of another kind ---- */
    {.about = "one event a line",
     .name = "x.jsonl",
     .rows = "{\"case\": %d, \"event\": \"a\", \"time\": 1, \"action\": \"x\"}\n",
     .count = 5,
     .error =
         "x.jsonl:1: no key \"events\", one event a line; jq -sc 'group_by(.case)[]|"
         "{id:.[0].case,events:.,action:(map(.action|select((.//\"\")!=\"\"))[-1])}' "
         "groups them"},
    {.about = "with a key that has blanks",
     .name = "x.jsonl",
     .rows = "{\"issue no\": %d, \"event\": \"a\"}\n",
     .count = 5,
     .error =
         "x.jsonl:1: no key \"events\"; the line is one event, not the history of an "
         "incident; \"Mend the file first\" in models/README.md groups them"},
    {.about = "without the key of an incident",
     .name = "x.jsonl",
     .rows = "{\"host\": %d, \"event\": \"a\"}\n",
     .count = 5,
     .error =
         "x.jsonl:1: no key \"events\"; the line is one event, not the history of an "
         "incident; \"Mend the file first\" in models/README.md groups them"},
    {.about = "the lines of a bulk upload",
     .name = "x.jsonl",
     .rows = "{\"index\": {\"_id\": %d}}\n{\"events\": [\"a\"], \"action\": \"x\"}\n",
     .count = 5,
     .error = "x.jsonl:1: no key \"events\"; it is a line for Elasticsearch's bulk "
              "interface; jq -c 'select(has(\"index\") or has(\"create\") | not)' leaves "
              "them out"},
    {.about = "events as a JSON text",
     .name = "x.jsonl",
     .rows = "{\"events\": \"[{\\\"event\\\": \\\"a\\\"}]\", \"action\": \"x\"}\n",
     .count = 5,
     .error = "x.jsonl:1: /events: expected an array; of the JSON text that it is, jq -c "
              "'.[\"events\"] |= fromjson' makes one"},
    {.about = "base64",
     .name = "x.csv",
     .head =
         "Y2FzZSxldmVudCx0aW1lLHpvbmUsZGVsYXlfcyxhY3Rpb24KU0lHLTEwMDA3LGF4bGVfY291bnRl\n",
     .rows =
         "cl9yZXNldCwyMDI2LTAxLTA1VDA0OjA4OjQ0WixtYWluLDUwMy4zLApTSUctMTAwMDcsd29ya3Nf\n",
     .count = 1,
     .error = "x.csv:1: this is base64; base64 -d decodes it"},
    {.about = "EBCDIC",
     .name = "x.csv",
     .head = "\x83\x81\xa2\x85\x6b\x85\xa5\x85\x95\xa3\x6b\xa3\x89\x94\x85\x25",
     .rows = "\x81\x6b\xf1\xf2\x25",
     .count = 1,
     .error = "x.csv:1: this is EBCDIC; iconv -f IBM037 -t utf-8 converts it, or with -f "
              "IBM273 and so on"},
    {.about = "a row of units below the header",
     .name = "x.csv",
     .head = "case,event,time,load,action\n,,(UTC),[s],\n",
     .rows = "a%d,a,1,2,x\n",
     .count = 5,
     .error = "x.csv:2: the row has no \"case\"; a row of units below the header? sed 2d "
              "takes it out"},
    {.about = "a row without a case is no such row",
     .name = "x.csv",
     .head = "case,event,time,load,action\n,a,(UTC),[s],\n",
     .rows = "a%d,a,1,2,x\n",
     .count = 5,
     .error = "x.csv:2: the row has no \"case\""},
};

static void add_rows(struct strbuf *text, const char *pattern, int number)
{
    for (const char *c = pattern; *c != '\0'; c++)
        if (c[0] == '%' && (c[1] == 'd' || c[1] == 'm'))
            strbuf_printf(text, "%d", *++c == 'm' ? number % 4 : number);
        else
            strbuf_add_bytes(text, c, 1);
}

START_TEST(test_data_that_would_give_another_model)
{
    struct tmpdir tmpdir;
    struct strbuf text;
    char path[TMPDIR_PATH];
    struct examples examples;
    struct error err = {0};
    const char *files[2];
    char second[TMPDIR_PATH];
    const struct data_keys keys = {DATA_KEYS("time", ""),
                                   .folds_ids = cases[_i].folds_ids};
    const struct examples_settings settings = {.task = TASK_LAST, .seed = 1};
    strbuf_init(&text, SIZE_MAX);
    strbuf_add(&text, cases[_i].head ? cases[_i].head : "");
    for (int i = 0; i < cases[_i].count; i++)
        add_rows(&text, cases[_i].rows, i);
    strbuf_add(&text, cases[_i].more ? cases[_i].more : "");
    tmpdir_init(&tmpdir);
    tmpdir_join(&tmpdir, cases[_i].name, path);
    ck_assert(file_write(path, text.bytes, text.length, NULL) == STATUS_OK);
    files[0] = path;
    files[1] = second;
    tmpdir_join(&tmpdir, cases[_i].second ? cases[_i].second : "none", second);
    if (cases[_i].second)
        ck_assert(file_write(second, cases[_i].second_text, strlen(cases[_i].second_text),
                             NULL) == STATUS_OK);
    const struct data_files data = {
        .files = files, .file_count = cases[_i].second ? 2 : 1, .keys = &keys};
    enum status status = examples_load(&examples, &data, &settings, &err);
    char error[sizeof err.where + sizeof err.text + 4];
    (void)snprintf(error, sizeof error, "%s: %s", err.where, err.text);
    strbuf_clear(&text);
    tmpdir_add_message(&text, error, path);
    if (cases[_i].error)
        ck_assert_msg(strcmp(text.bytes, cases[_i].error) == 0, "%s: %s", cases[_i].about,
                      text.bytes);
    else
        ck_assert_msg(status == STATUS_OK, "%s: %s", cases[_i].about, text.bytes);
    strbuf_clear(&text);
    tmpdir_add_message(&text, examples.messages.notes.bytes, path);
    tmpdir_add_message(&text, examples.messages.warnings.bytes, path);
    if (cases[_i].said)
        ck_assert_msg(strstr(text.bytes, cases[_i].said) != NULL, "%s:\n%s",
                      cases[_i].about, text.bytes);
    if (cases[_i].not_said)
        ck_assert_msg(!strstr(text.bytes, cases[_i].not_said), "%s:\n%s", cases[_i].about,
                      text.bytes);
    if (cases[_i].histories > 0)
        ck_assert_uint_eq(examples.train_count + examples.validation_count,
                          cases[_i].histories);
    strbuf_release(&text);
    examples_release(&examples);
    tmpdir_release(&tmpdir);
}
END_TEST

Suite *data_warnings_suite(void)
{
    Suite *suite = suite_create("data_warnings");
    TCase *tests = tcase_create("data_warnings");
    tcase_add_loop_test(tests, test_data_that_would_give_another_model, 0, COUNT(cases));
    suite_add_tcase(suite, tests);
    return suite;
}
