/* What is parsed before anything is planned: fonts, templates, rows. */
#include "check.h"

static const char CARD[] = JSON({
    "templrender": 1, "name": "card", "size": [100, 50], "fonts": ["Noto Sans"],
    "fields": { "title": { "type": "text", "required": true }, "price": { "type": "money" }, "unread": { "type": "text" } },
    "assets": { "logo": "assets/logo.png", "paper": "assets/paper.svg" },
    "layers": [{ "type": "image", "src": "asset:logo", "width": 9, "height": 9 }, { "type": "svg", "src": "asset:paper", "width": 9, "height": 9 },
               { "type": "text", "text": "{{ title }} {{ price }}", "left": 9, "top": 9 }],
    "variants": { "story": { "size": [50, 100] }, "banner": { "size": [200, 50] } }
});

static void fonts(const char *root)
{
    TEST("fonts");
    templrender_fonts *none = NULL, *some = NULL;
    OK(templrender_fonts_new(false, &none, &err));
    SAME(templrender_fonts_count(none), 0);
    OK(templrender_fonts_new(true, &some, &err));
    size_t before = templrender_fonts_count(some);

    templrender_slice bytes = file(root, "tests/fonts/NotoSans-Regular.subset.ttf");
    size_t faces = 77;
    OK(templrender_fonts_add(none, bytes, &faces, &err));
    SAME(faces, 1);
    SAME(templrender_fonts_count(none), 1);
    OK(templrender_fonts_add(some, bytes, NULL, &err)); /* who does not want to know the faces need not */
    SAME(templrender_fonts_count(some), before + 1);

    faces = 77;
    FAILS(TEMPLRENDER_DAMAGED_RESOURCE, templrender_fonts_add(none, text("no font"), &faces, &err));
    FAILS(TEMPLRENDER_DAMAGED_RESOURCE, templrender_fonts_add(none, slice("", 0), &faces, &err));
    for (size_t len = 1; len < bytes.len; len += 1 + bytes.len / 7)
        FAILS(TEMPLRENDER_DAMAGED_RESOURCE, templrender_fonts_add(none, slice(bytes.data, len), &faces, &err));
    SAME(faces, 77);
    SAME(templrender_fonts_count(none), 1);
    drop(bytes); /* the library has its own copy */
    templrender_fonts_free(none);
    templrender_fonts_free(some);
}

static void template_(void)
{
    TEST("template");
    templrender_template *card = NULL;
    if (!OK(templrender_template_parse(text(CARD), NULL, &card, &err))) return;
    CHECK(is(templrender_template_name(card), "card"));

    SAME(templrender_template_variant_count(card), 2);
    templrender_slice first = templrender_template_variant(card, 0), second = templrender_template_variant(card, 1);
    CHECK((is(first, "story") && is(second, "banner")) || (is(first, "banner") && is(second, "story")));
    CHECK(!templrender_template_variant(card, 2).data && !templrender_template_variant(card, SIZE_MAX).data);

    SAME(templrender_template_asset_count(card), 2);
    bool logo = false, paper = false;
    for (size_t i = 0; i < 2; i++) {
        templrender_slice name, path;
        CHECK(templrender_template_asset(card, i, &name, &path));
        logo |= is(name, "logo") && is(path, "assets/logo.png");
        paper |= is(name, "paper") && is(path, "assets/paper.svg");
    }
    CHECK(logo && paper);
    templrender_slice name = text("untouched"), path = text("untouched");
    CHECK(!templrender_template_asset(card, 2, &name, &path));
    CHECK(is(name, "untouched") && is(path, "untouched"));
    CHECK(templrender_template_asset(card, 0, NULL, &path) && templrender_template_asset(card, 0, &name, NULL));

    templrender_error *warnings = NULL;
    OK(templrender_template_warnings(card, &warnings, &err));
    CHECK(warnings != NULL);
    SAME(templrender_error_count(warnings), 1);
    CHECK(strcmp(templrender_code_name(templrender_error_code(warnings)), "unused-field") == 0);
    CHECK(strstr(explained(warnings), "unread") != NULL);
    templrender_error_free(warnings);
    templrender_template_free(card);

    OK(templrender_template_parse(text(JSON({ "templrender": 1, "name": "t", "size": [9, 9], "layers": [] })), NULL, &card, &err));
    warnings = (templrender_error *)&warnings;
    OK(templrender_template_warnings(card, &warnings, &err));
    CHECK(warnings == NULL);
    SAME(templrender_template_variant_count(card), 0);
    SAME(templrender_template_asset_count(card), 0);
    CHECK(!templrender_template_variant(card, 0).data);
    templrender_template_free(card);

    card = NULL;
    FAILS(TEMPLRENDER_TEMPLATE_SYNTAX, templrender_template_parse(text("{"), NULL, &card, &err));
    FAILS(TEMPLRENDER_TEMPLATE_SYNTAX, templrender_template_parse(slice("", 0), NULL, &card, &err));
    FAILS(TEMPLRENDER_MISSING_KEY, templrender_template_parse(text("{ \"templrender\": 1 }"), NULL, &card, &err));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_template_parse(slice("{ \xff }", 5), NULL, &card, &err)); /* no UTF-8 */
    CHECK(!card);

    templrender_buffer *schema = NULL;
    OK(templrender_template_schema(&schema, &err));
    CHECK(has(templrender_buffer_slice(schema), "\"$schema\"") && has(templrender_buffer_slice(schema), "font-size"));
    templrender_buffer_free(schema);
}

static void rows(void)
{
    TEST("rows");
    templrender_row *row = NULL;
    OK(templrender_row_new(&row, &err));
    char name[] = "title", value[] = "Aster honey";
    OK(templrender_row_set_text(row, text(name), text(value), &err));
    memset(name, 'x', sizeof name); /* copied */
    memset(value, 'x', sizeof value);
    OK(templrender_row_set_text(row, text("empty"), slice("", 0), &err));
    OK(templrender_row_set_text(row, text("price"), text("6.90 EUR"), &err));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_row_set_text(row, text("title"), slice("\xc3", 1), &err));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_row_set_text(row, slice("\xc3", 1), text("title"), &err));
    OK(templrender_row_set_image(row, text("photo"), slice("\xff\xd8\xff", 3), &err));

    /* the row's copies are what a request is made of */
    templrender_request *request = NULL;
    templrender_row *texts = NULL;
    templrender_buffer *target = NULL;
    OK(templrender_row_new(&texts, &err));
    OK(templrender_row_set_text(texts, text("title"), text("Aster honey"), &err));
    OK(templrender_request_new(text("shop"), text("card"), TEMPLRENDER_FORMAT_PNG, texts, &request, &err));
    OK(templrender_request_canonical(request, &target, &err));
    CHECK(is(templrender_buffer_slice(target), "/shop/card.png?title=Aster%20honey"));
    templrender_buffer_free(target);
    templrender_request_free(request);
    templrender_row_free(texts);
    templrender_row_free(row);

    row = NULL;
    OK(templrender_row_from_json(text(JSON({ "title": "Zo\u00eb", "price": { "value": 6.90, "currency": "EUR" }, "list": [1, 2], "none": null })), &row, &err));
    templrender_row_free(row);
    row = NULL;
    FAILS(TEMPLRENDER_BAD_FIELD, templrender_row_from_json(text("[1]"), &row, &err));
    FAILS(TEMPLRENDER_BAD_FIELD, templrender_row_from_json(text("{"), &row, &err));
    FAILS(TEMPLRENDER_BAD_ARGUMENT, templrender_row_from_json(slice("\xff", 1), &row, &err));
    CHECK(!row);
}

int main(int argc, char **argv)
{
    (void)argc;
    fonts(argv[1]);
    template_();
    rows();
    return done();
}
