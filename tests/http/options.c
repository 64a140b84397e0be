/* The table of options in server/README.md is the one that the program writes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "http/suites.h"

START_TEST(test_readme_has_the_table_of_options)
{
    static const char readme[] = "server/README.md", written[] = "build/options.md";
    struct error err = {0};
    struct strbuf table;
    char *bytes = NULL;
    size_t length = 0;
    strbuf_init(&table, SIZE_MAX);
    ck_assert_int_eq(options_default(&settings, &err), STATUS_OK);
    options_write_table(&settings, &table);
    ck_assert_int_eq(file_read(readme, 1 << 20, &bytes, &length, &err), STATUS_OK);
    if (!strstr(bytes, table.bytes)) {
        FILE *out = fopen(written, "w");
        if (out) {
            fputs(table.bytes, out);
            fclose(out);
        }
        ck_abort_msg("%s does not have the current table of options, which is in %s",
                     readme, written);
    }
    options_release(&settings);
    strbuf_release(&table);
    free(bytes);
}
END_TEST

Suite *options_suite(void)
{
    Suite *suite = suite_create("options");
    TCase *tcase = tcase_create("options");
    tcase_add_test(tcase, test_readme_has_the_table_of_options);
    suite_add_tcase(suite, tcase);
    return suite;
}
