//! Every fault of a template with its exact text.

use super::{Template, with_layers};

/// The faults of a template, one line each.
fn faults(json: &str) -> Vec<String> {
    match Template::parse(json) {
        Ok(_) => Vec::new(),
        Err(error) => error.faults().iter().map(|fault| format!("{} {fault}", fault.code.name())).collect(),
    }
}

/// The faults of one layer, which begins at 2:1.
#[track_caller]
fn layer(json: &str, expected: &[&str]) {
    assert_eq!(faults(&with_layers(json)), expected, "{json}");
}

/// The faults of a document that has more keys on its second line.
#[track_caller]
fn document(keys: &str, expected: &[&str]) {
    let json = format!("{{ \"templrender\": 1, \"name\": \"t\", \"size\": [9, 9], \"layers\": [],\n{keys} }}");
    assert_eq!(faults(&json), expected, "{keys}");
}

#[test]
fn unknown_keys_names_and_types() {
    layer(r#"{ "type": "box", "lft": 1 }"#, &["unknown-key 2:18: layers[0].lft: unknown key \"lft\", did you mean \"left\"?"]);
    layer(r#"{ "type": "box", "lft": null }"#, &["unknown-key 2:18: layers[0].lft: unknown key \"lft\", did you mean \"left\"?"]);
    layer(
        r#"{ "type": "text", "text": "a", "object-fit": "cover" }"#,
        &["unknown-key 2:32: layers[0].object-fit: \"object-fit\" is not a key of a text"],
    );
    layer(
        r#"{ "type": "text", "text": [{ "text": "a", "left": 1 }] }"#,
        &["unknown-key 2:43: layers[0].text[0].left: \"left\" is not a key of a span"],
    );
    layer(r#"{ "type": "txt" }"#, &["bad-value 2:11: layers[0].type: unknown layer type \"txt\", did you mean \"text\"?"]);
    layer(r#"{ "left": 1 }"#, &["missing-key 2:1: layers[0]: \"type\" is missing"]);
    layer("5", &["wrong-type 2:1: layers[0]: a layer must be an object, found 5"]);
    layer(r#"{ "type": "box", "style": ["a"] }"#, &["unknown-name 2:28: layers[0].style[0]: unknown style \"a\""]);
    layer(r#"{ "type": "box", "style": 5 }"#, &["wrong-type 2:27: layers[0].style: style must be a name or a list of names, found 5"]);
    document(r#""fonds": []"#, &["unknown-key 2:1: fonds: unknown key \"fonds\", did you mean \"fonts\"?"]);
    document(r#""left": 5"#, &["unknown-key 2:1: left: \"left\" is not a key of the document"]);
    document(
        r#""output": { "format": "gif" }"#,
        &["bad-value 2:23: output.format: format must be one of jpeg, png, webp, avif, found \"gif\""],
    );
    document(r#""output": { "quality": 0 }"#, &["bad-value 2:24: output.quality: quality must be a number from 1 to 100, found 0"]);
    document(r#""output": { "matte": "nope" }"#, &["bad-value 2:22: output.matte: matte must be a colour, found \"nope\""]);
}

#[test]
fn keys_that_are_not_drawn_yet() {
    for (key, value) in [
        ("hyphens", "\"auto\""),
        ("fit", "[]"),
        ("alternatives", "[]"),
        ("fit-group", "1"),
        ("missing-glyph", "\"box\""),
        ("clip-path", "\"circle(40%)\""),
        ("mask-image", "\"asset:a\""),
    ] {
        layer(
            &format!("{{ \"type\": \"text\", \"text\": \"a\", \"{key}\": {value} }}"),
            &[&format!("unsupported-key 2:32: layers[0].{key}: \"{key}\" is not supported yet")],
        );
    }
    for key in ["trim", "product-fit", "lut"] {
        layer(
            &format!("{{ \"type\": \"image\", \"src\": \"a\", \"width\": 1, \"height\": 1, \"{key}\": 1 }}"),
            &[&format!("unsupported-key 2:57: layers[0].{key}: \"{key}\" is not supported yet")],
        );
    }
    layer(r#"{ "type": "box", "min-scale": 1 }"#, &["unsupported-key 2:18: layers[0].min-scale: \"min-scale\" is not supported yet"]);
    layer(r#"{ "type": "code", "kind": "qr" }"#, &["unsupported-key 2:11: layers[0].type: layer type \"code\" is not supported yet"]);
    layer(r#"{ "type": "rating" }"#, &["unsupported-key 2:11: layers[0].type: layer type \"rating\" is not supported yet"]);
    layer(
        r#"{ "type": "image", "src": "a", "width": 1, "height": 1, "object-position": "smart" }"#,
        &["unsupported-key 2:76: layers[0].object-position: object-position \"smart\" is not supported yet"],
    );
    layer(
        r#"{ "type": "image", "src": "a", "width": 1, "height": 1, "strength": 0.5, "feather": "4px" }"#,
        &[
            "missing-key 2:57: layers[0].strength: \"strength\" is of a model, but \"model\" is missing",
            "missing-key 2:74: layers[0].feather: \"feather\" is of a model, but \"model\" is missing",
        ],
    );
    layer(
        r#"{ "type": "svg", "src": "a", "width": 1, "height": 1, "object-position": "face" }"#,
        &["bad-value 2:74: layers[0].object-position: object-position \"face\" is for images, found it on an svg"],
    );
    document(
        r#""output": { "max-bytes": 1, "target": "x", "format": "avif" }"#,
        &[
            "unsupported-key 2:13: output.max-bytes: \"max-bytes\" is not supported yet",
            "unsupported-key 2:29: output.target: \"target\" is not supported yet",
            "unsupported-key 2:54: output.format: format \"avif\" is not supported yet",
        ],
    );
    document(
        r#""time-zone": "Europe/Londn""#,
        &["bad-value 2:14: time-zone: time-zone must be UTC, an offset such as +01:00 or a name such as Europe/London, \
             found \"Europe/Londn\", did you mean \"Europe/London\"?"],
    );
}

#[test]
fn the_document_and_its_version() {
    assert_eq!(faults("[]"), ["wrong-type 1:1: a template must be an object, found a list"]);
    assert_eq!(
        faults("{}"),
        [
            "missing-key 1:1: \"templrender\" is missing",
            "missing-key 1:1: \"name\" is missing",
            "missing-key 1:1: \"size\" is missing",
            "missing-key 1:1: \"layers\" is missing",
        ]
    );
    assert_eq!(
        faults(r#"{ "templrender": 2, "nonsense": 1 }"#),
        ["unsupported-version 1:18: templrender: format version must be at most 1, found 2"]
    );
    let version = |text: &str| faults(&format!(r#"{{ "templrender": {text}, "name": "t", "size": [9, 9], "layers": [] }}"#));
    assert_eq!(version("0.5"), ["bad-value 1:18: templrender: format version must be 1, found 0.5"]);
    assert_eq!(version("\"1\""), ["wrong-type 1:18: templrender: format version must be a number, found \"1\""]);
    let size = |text: &str| faults(&format!(r#"{{ "templrender": 1, "name": "t", "size": {text}, "layers": [] }}"#));
    assert_eq!(size("5"), ["wrong-type 1:42: size: size must be a list [width, height], found 5"]);
    assert_eq!(size("[1]"), ["bad-value 1:42: size: size must have a width and a height, found 1 values"]);
    let side = "a side of the canvas must be a whole number of px from 1 to 16384";
    assert_eq!(size("[0, 9]"), [format!("bad-value 1:43: size[0]: {side}, found 0")]);
    assert_eq!(size("[9, 10.5]"), [format!("bad-value 1:46: size[1]: {side}, found 10.5")]);
    assert_eq!(size("[\"auto\", 9]"), [format!("wrong-type 1:43: size[0]: {side}, found \"auto\"")]);
    assert_eq!(size("[16384, 16384]"), ["template-limit 1:42: size: canvas is 268435456 pixels, over the limit of 64000000"]);
    let name = |text: &str| faults(&format!(r#"{{ "templrender": 1, "name": {text}, "size": [9, 9], "layers": [] }}"#));
    assert_eq!(name("\"\""), ["bad-value 1:29: name: name must not be empty, found \"\""]);
    assert_eq!(name("\"{{ a }}\""), ["bad-value 1:29: name: name cannot be bound, found \"{{ a }}\""]);
    assert_eq!(name("5"), ["wrong-type 1:29: name: name must be a string, found 5"]);
}

#[test]
fn bindings_where_they_are_refused() {
    document(r#""fonts": ["{{ a }}"]"#, &["bad-value 2:11: fonts[0]: an entry of fonts cannot be bound, found \"{{ a }}\""]);
    document(r#""assets": { "a": "{{ a }}" }"#, &["bad-value 2:18: assets.a: an asset cannot be bound, found \"{{ a }}\""]);
    document(r#""fields": { "a": { "type": "{{ b }}" } }"#, &["bad-value 2:28: fields.a.type: type cannot be bound, found \"{{ b }}\""]);
    layer(r#"{ "type": "box", "id": "{{ a }}" }"#, &["bad-value 2:24: layers[0].id: id cannot be bound, found \"{{ a }}\""]);
    layer(r#"{ "type": "{{ a }}" }"#, &["bad-value 2:11: layers[0].type: unknown layer type \"{{ a }}\""]);
}

#[test]
fn fields() {
    document(r#""fields": { "a": {} }"#, &["missing-key 2:18: fields.a: \"type\" is missing"]);
    document(
        r#""fields": { "a": { "type": "txt" } }"#,
        &["bad-value 2:28: fields.a.type: unknown field type \"txt\", did you mean \"text\"?"],
    );
    document(r#""fields": { "a": { "type": "enum" } }"#, &["missing-key 2:18: fields.a: \"values\" is missing"]);
    document(
        r#""fields": { "a": { "type": "text", "values": ["a"] } }"#,
        &["unknown-key 2:36: fields.a.values: \"values\" is a key of fields of type enum or list, found text"],
    );
    document(
        r#""fields": { "a": { "type": "money", "currency": "euro" } }"#,
        &["bad-value 2:49: fields.a.currency: currency must be an ISO 4217 code such as EUR, found \"euro\""],
    );
    document(
        r#""fields": { "a": { "type": "text", "required": 1 } }"#,
        &["wrong-type 2:48: fields.a.required: required must be true or false, found 1"],
    );
    document(
        r#""fields": { "a": { "type": "number", "default": "many", "min": 5, "max": 1 } }"#,
        &[
            "bad-value 2:49: fields.a.default: must be a decimal number such as 12.5, found \"many\"",
            "bad-value 2:74: fields.a.max: max must be at least min, which is 5, found 1",
        ],
    );
    document(
        r#""fields": { "a": { "type": "money", "examples": ["5 EUR", "free"] } }"#,
        &["bad-value 2:59: fields.a.examples[1]: a price must have a number, found \"free\""],
    );
    document(
        r#""fields": { "a": { "type": "date", "min": "soon", "max": 5 }, "b": { "type": "date", "min": "2026-11-02", "max": "2026-11-01" },
            "c": { "type": "money", "min": "1 EUR", "max": "50 EUR" }, "d": { "type": "list", "of": "date", "min": "2026-11-01" } }"#,
        &[
            "bad-value 2:43: fields.a.min: must be an ISO 8601 date such as 2026-11-30 or 2026-11-30T13:00+01:00, found text \"soon\"",
            "wrong-type 2:58: fields.a.max: max must be a date such as \"2026-11-30\", found 5",
            "bad-value 2:114: fields.b.max: max must be at least min, which is 2026-11-02, found \"2026-11-01\"",
        ],
    );
    document(
        r#""fields": { "a": { "type": "number", "min": "1" } }"#,
        &["wrong-type 2:45: fields.a.min: min must be a number, found \"1\""],
    );
    document(
        r#""fields": { "a": { "type": "list", "of": { "b": { "type": "money", "currency": "EUR" } } } }"#,
        &["unknown-key 2:68: fields.a.of.b.currency: \"currency\" belongs to the list, not to a field of its items"],
    );
    document(
        r#""fields": { "a": { "type": "interval", "from": [["s"]] } }"#,
        &["bad-value 2:49: fields.a.from[0]: a pair of columns must be [start, end], found 1 names"],
    );
    document(
        r#""fields": { "a": { "type": "text", "from": [] } }"#,
        &["bad-value 2:44: fields.a.from: from must name at least one column, found none"],
    );
}

#[test]
fn expressions_and_their_names() {
    layer(r#"{ "type": "text", "text": "é {{ a + }}" }"#, &["expression-syntax 2:37: layers[0].text: expected a value, found \"}\""]);
    layer(
        r#"{ "type": "text", "text": "{{ a | uper }}" }"#,
        &["expression-syntax 2:35: layers[0].text: unknown filter \"uper\", did you mean \"upper\"?"],
    );
    layer(
        r#"{ "type": "box", "if": "{{ dea(1) }}" }"#,
        &["expression-syntax 2:28: layers[0].if: unknown function \"dea\", did you mean \"deal\"?"],
    );
    layer(
        r#"{ "type": "box", "for": "p of list" }"#,
        &["bad-value 2:25: layers[0].for: for must be like \"item in products\", found \"p of list\""],
    );
    layer(r#"{ "type": "box", "limit": 2 }"#, &["bad-value 2:18: layers[0].limit: \"limit\" needs \"for\" beside it"]);
    layer(
        r#"{ "type": "box", "for": "p in a", "limit": 0 }"#,
        &["bad-value 2:44: layers[0].limit: limit must be a whole number from 1 to 10000, found 0"],
    );
    layer(
        r#"{ "type": "box", "let": { "a b": 1 } }"#,
        &["bad-value 2:27: layers[0].let[\"a b\"]: a name must be letters, digits and _, found \"a b\""],
    );
    let typed =
        |layer: &str| faults(&with_layers(layer).replace("\"layers\"", "\"fields\": { \"mine\": { \"type\": \"text\" } }, \"layers\""));
    assert_eq!(
        typed(r#"{ "type": "text", "text": "{{ mine }}{{ mines }}" }"#),
        ["unknown-name 2:41: layers[0].text: unknown name \"mines\", did you mean \"mine\"?"]
    );
    assert_eq!(
        typed(r#"{ "type": "box", "if": "{{ brnd }}", "left": "{{ loop.index }}" }"#),
        [
            "unknown-name 2:28: layers[0].if: unknown name \"brnd\", did you mean \"brand\"?",
            "unknown-name 2:50: layers[0].left: unknown name \"loop\""
        ]
    );
    assert_eq!(typed(r#"{ "type": "box", "for": "p in zzz", "if": "p.x" }"#), ["unknown-name 2:31: layers[0].for: unknown name \"zzz\""]);
}

#[test]
fn css_values() {
    layer(r#"{ "type": "box", "left": "5rem" }"#, &["bad-value 2:26: layers[0].left: left takes no rem, write px or em, found \"5rem\""]);
}

#[test]
fn pictures_and_their_sizes() {
    let rule = "needs a definite size: width and height, one of them with aspect-ratio, or stretch in a flex or grid box";
    layer(r#"{ "type": "image", "src": "a", "width": 1 }"#, &[&format!("indefinite-size 2:1: layers[0]: an image {rule}")]);
    layer(
        r#"{ "type": "image", "src": "a", "left": 0, "right": 0, "top": 0, "bottom": 0 }"#,
        &[&format!("indefinite-size 2:1: layers[0]: an image {rule}")],
    );
    layer(r#"{ "type": "svg", "src": "a", "width": "auto", "height": 1 }"#, &[&format!("indefinite-size 2:1: layers[0]: an svg {rule}")]);
    layer(r#"{ "type": "path", "d": "M0 0" }"#, &[&format!("indefinite-size 2:1: layers[0]: a path {rule}")]);
    layer(r#"{ "type": "image", "src": "a", "width": "50%", "aspect-ratio": 1 }"#, &[]);
    let flex = |child: &str| format!(r#"{{ "type": "box", "display": "flex", "layers": [{child}] }}"#);
    layer(&flex(r#"{ "type": "image", "src": "a", "width": 10 }"#), &[]);
    layer(&flex(r#"{ "type": "image", "src": "a", "flex": 1 }"#), &[]);
    layer(
        &flex(r#"{ "type": "image", "src": "a", "height": 10 }"#),
        &[&format!("indefinite-size 2:48: layers[0].layers[0]: an image {rule}")],
    );
    layer(
        &flex(r#"{ "type": "image", "src": "a", "width": 10, "align-self": "center" }"#),
        &[&format!("indefinite-size 2:48: layers[0].layers[0]: an image {rule}")],
    );
    layer(
        &flex(r#"{ "type": "image", "src": "a", "flex": 1, "position": "absolute" }"#),
        &[&format!("indefinite-size 2:48: layers[0].layers[0]: an image {rule}")],
    );
    let sized = |keys: &str| format!(r#"{{ "width": 1, "height": 1, {keys} }}"#);
    layer(&sized(r#""type": "image""#), &["missing-key 2:1: layers[0]: \"src\" is missing"]);
    layer(&sized(r#""type": "image", "src": []"#), &["bad-value 2:52: layers[0].src: src must name at least one picture, found none"]);
    layer(&sized(r#""type": "image", "src": " ""#), &["bad-value 2:52: layers[0].src: src must not be empty, found \" \""]);
    layer(
        &sized(r#""type": "image", "src": [1]"#),
        &["wrong-type 2:53: layers[0].src[0]: src must be a string or a list of strings, found 1"],
    );
    layer(&sized(r#""type": "image", "src": "asset:logo""#), &["unknown-name 2:52: layers[0].src: unknown asset \"logo\""]);
    layer(
        &sized(r#""type": "image", "src": "a", "missing": "hidden""#),
        &["bad-value 2:68: layers[0].missing: missing must be \"hide\", \"error\" or \"original\", found \"hidden\""],
    );
    let image = |key: &str| sized(&format!(r#""type": "image", "src": "a", {key}"#));
    layer(&image(r#""model": 1"#), &["wrong-type 2:66: layers[0].model: model must be a string, found 1"]);
    layer(&image(r#""cutout": "flat""#), &["unsupported-key 2:67: layers[0].cutout: cutout \"flat\" is not supported yet"]);
    layer(
        &image(r#""model": "m", "strength": 1.5"#),
        &["bad-value 2:83: layers[0].strength: strength must be a number from 0 to 1 or a percentage up to 100%, found 1.5"],
    );
    layer(
        &image(r#""model": "m", "feather": "2em""#),
        &["bad-value 2:82: layers[0].feather: feather must be a length in px or a percentage up to 100%, found \"2em\""],
    );
    layer(
        &image(r#""model": "m", "feather": []"#),
        &["wrong-type 2:82: layers[0].feather: feather must be a number or a string, found a list"],
    );
    layer(&sized(r#""type": "svg""#), &["missing-key 2:1: layers[0]: \"src\" is missing"]);
    layer(
        &sized(r#""type": "svg", "src": "a", "svg": "b""#),
        &["bad-value 2:55: layers[0].svg: an svg takes \"src\" or \"svg\", found both"],
    );
    layer(&sized(r#""type": "path""#), &["missing-key 2:1: layers[0]: \"d\" is missing"]);
    layer(
        &sized(r#""type": "path", "d": "", "viewBox": "0 0 0 1""#),
        &["bad-value 2:64: layers[0].viewBox: viewBox must be \"x y width height\" with a positive width and height, found \"0 0 0 1\""],
    );
}

#[test]
fn ids_choices_and_conditions() {
    layer(
        r#"{ "id": "a", "type": "box", "layers": [{ "id": "a", "type": "box" }] }"#,
        &["duplicate-id 2:48: layers[0].layers[0].id: id \"a\" stands twice, first at layers[0]"],
    );
    layer(r#"{ "id": "", "type": "box" }"#, &["bad-value 2:9: layers[0].id: id must have 1 to 64 characters, found \"\""]);
    layer(r#"{ "id": 5, "type": "box" }"#, &["wrong-type 2:9: layers[0].id: id must be a string, found 5"]);
    layer(r#"{ "choose": [] }"#, &["bad-value 2:13: layers[0].choose: choose must have at least one layer, found none"]);
    layer(
        r#"{ "choose": [{ "type": "box" }, { "type": "box", "if": "a" }] }"#,
        &[
            "missing-key 2:14: layers[0].choose[0]: \"if\" is missing: only the last layer of choose has none",
            "bad-value 2:50: layers[0].choose[1].if: the last layer of choose must have no \"if\"",
        ],
    );
    layer(
        r#"{ "choose": [{ "type": "box", "for": "a in b" }] }"#,
        &["bad-value 2:31: layers[0].choose[0].for: a layer of choose cannot have \"for\", put it in a box"],
    );
    layer(
        r#"{ "choose": [{ "type": "box" }], "left": 1 }"#,
        &["unknown-key 2:34: layers[0].left: \"left\" is not a key of a layer with choose"],
    );
    layer(r#"{ "type": "box", "hidden": 1 }"#, &["wrong-type 2:28: layers[0].hidden: hidden must be true, false or a binding, found 1"]);
    layer(
        r#"{ "type": "box", "hidden": "yes" }"#,
        &["bad-value 2:28: layers[0].hidden: hidden must be true, false or a binding, found \"yes\""],
    );
    layer(r#"{ "type": "text", "text": 5 }"#, &["wrong-type 2:27: layers[0].text: text must be a string or a list of spans, found 5"]);
    layer(r#"{ "type": "text", "text": [5] }"#, &["wrong-type 2:28: layers[0].text[0]: a span must be an object, found 5"]);
    layer(r#"{ "type": "text", "text": [{}] }"#, &["missing-key 2:28: layers[0].text[0]: \"text\" is missing"]);
    layer(r#"{ "type": "box", "if": 5 }"#, &["wrong-type 2:24: layers[0].if: if must be an expression in a string, found 5"]);
}

#[test]
fn variants() {
    let with = |variant: &str| {
        faults(&format!(
            "{{ \"templrender\": 1, \"name\": \"t\", \"size\": [9, 9], \"layers\": [{{ \"id\": \"photo\", \"type\": \"image\", \"src\": \"a\", \"width\": 1, \"height\": 1 }}], \"variants\": {{ \"v\":\n{variant} }} }}"
        ))
    };
    assert_eq!(
        with(r#"{ "layers": { "phot": { "left": 1 } } }"#),
        ["unknown-name 2:15: variants.v.layers.phot: unknown layer id \"phot\", did you mean \"photo\"?"]
    );
    assert_eq!(
        with(r#"{ "layers": { "photo": { "type": "box" } } }"#),
        ["unknown-key 2:26: variants.v.layers.photo.type: \"type\" cannot be varied"]
    );
    assert_eq!(with(r#"{ "name": "x" }"#), ["unknown-key 2:3: variants.v.name: \"name\" is not a key of a variant"]);
    assert_eq!(
        with(r#"{ "layers": { "photo": { "lft": null } } }"#),
        ["unknown-key 2:26: variants.v.layers.photo.lft: unknown key \"lft\", did you mean \"left\"?"]
    );
    assert_eq!(with("5"), ["wrong-type 2:1: variants.v: a variant must be an object, found 5"]);
    let indefinite = with(r#"{ "layers": { "photo": { "width": null } } }"#);
    assert!(indefinite[0].ends_with("or stretch in a flex or grid box (in variant \"v\")"), "{indefinite:?}");
}

#[test]
fn faults_are_sorted_each_once_and_a_hundred_at_most() {
    document(
        r#""styles": { "s": { "lft": 1 } }, "variants": { "a": {}, "b": {} }, "fonds": 1, "fonds": 2"#,
        &[
            "unknown-key 2:20: styles.s.lft: unknown key \"lft\", did you mean \"left\"?",
            "unknown-key 2:68: fonds: unknown key \"fonds\", did you mean \"fonts\"?",
            "duplicate-key 2:80: fonds: key \"fonds\" stands twice in one object, first on line 2",
        ],
    );
    let many = vec![r#"{ "type": "txt" }"#; 500].join(",");
    assert_eq!(faults(&with_layers(&many)).len(), 100);
}

#[test]
fn strings() {
    for (strings, fault) in [
        ("5", "wrong-type 2:12: strings: strings must be an object, found 5"),
        (r#"{ "e n": {} }"#, r#"bad-value 2:14: strings["e n"]: a language of strings must be a BCP 47 tag such as "en-GB", found "e n""#),
        (r#"{ "en": {}, "EN": {} }"#, r#"bad-value 2:24: strings.EN: language "EN" stands twice in strings"#),
        (r#"{ "en": 5 }"#, "wrong-type 2:20: strings.en: a language of strings must be an object, found 5"),
        (r#"{ "en": { "a": 5 } }"#, "wrong-type 2:27: strings.en.a: a string must be a text, or texts by plural category, found 5"),
        (r#"{ "en": { "a": { "other": 5 } } }"#, "wrong-type 2:38: strings.en.a.other: a string must be a text, found 5"),
        (r#"{ "en": { "a": { "one": "a" } } }"#, r#"missing-key 2:27: strings.en.a: "other" is missing"#),
        (
            r#"{ "en": { "a": { "other": "a", "ohter": "b" } } }"#,
            r#"unknown-key 2:43: strings.en.a.ohter: unknown plural category "ohter", did you mean "other"?"#,
        ),
        (
            r#"{ "en": { "a": { "zero": "none", "other": "{n}" } } }"#,
            r#"bad-value 2:29: strings.en.a.zero: language "en" has the plural categories one other, found "zero""#,
        ),
        (r#"{ "en": { "a": "{name} left" } }"#, r#"bad-value 2:27: strings.en.a: the only placeholder of a string is {n}, found "{name}""#),
        (
            r#"{ "en": { "a": "{{ n }} left" } }"#,
            r#"bad-value 2:27: strings.en.a: a string cannot be bound, a number goes in as {n}, found "{{ n }} left""#,
        ),
        (
            r#"{ "tlh": { "a": "{n}" } }"#,
            r#"unsupported-key 2:28: strings.tlh.a: numbers and prices in language "tlh" are not supported yet"#,
        ),
    ] {
        document(&format!("\"strings\": {strings}"), &[fault]);
    }
    document(r#""strings": { "en": {}, "tlh": { "a": "no number" }, "ar": { "b": { "zero": "0", "few": "{n}", "other": "{n}" } } }"#, &[]);
}

#[test]
fn a_text_of_strings_that_is_not_there() {
    let with = r#""strings": { "en": { "sold": "Sold", "left": { "one": "{n} left", "other": "{n} left" } }, "de": { "sold": "Weg" } }"#;
    for (text, fault) in [
        ("{{ t('sold') }}", None),
        ("{{ t(key) }}", None),
        ("{{ t('sodl') }}", Some((5, r#"unknown string "sodl", did you mean "sold"?"#))),
        ("{{ 1 }} {{ t('sold' if a else 'gone') }}", Some((30, r#"unknown string "gone""#))),
        ("{{ t('left', n=2) }}", Some((5, r#"a string must be there in every language of strings, "left" is not in de"#))),
    ] {
        let expected = fault.map(|(at, message)| format!("unknown-name 2:{}: let.x: {message}", at + 134)).into_iter().collect::<Vec<_>>();
        document(&format!("{with}, \"let\": {{ \"x\": \"{text}\" }}"), &expected.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let one = r#""strings": { "en": { "left": "{n} left" } }, "skip-if": "t('left')""#;
    document(one, &["unknown-name 2:60: skip-if: string \"left\" counts in en, write t('left', n=...)"]);
    document(r#""let": { "x": "{{ t('a') }}" }"#, &["unknown-name 2:19: let.x: `t` has no \"strings\" to look in"]);
    document(
        r#""strings": { "en": { "a": "en" } }, "lang": "{{ t('a') }}""#,
        &["unknown-name 2:49: lang: `t` has no \"strings\" to look in"],
    );
}

#[test]
fn money_parts() {
    let parts = |parts: &str, faults: &[&str]| {
        layer(&format!("{{ \"type\": \"text\", \"text\": \"{{{{ price }}}}\", \"money-parts\": {parts} }}"), faults);
    };
    parts(
        r##"{ "currency": { "font-size": "0.5em" }, "fraction": { "vertical-align": "super", "color": "{{ red }}" }, "group": null }"##,
        &[],
    );
    parts("5", &["wrong-type 2:57: layers[0].money-parts: money-parts must be an object, found 5"]);
    parts(
        r#"{ "cents": {}, "integr": {} }"#,
        &[
            "unknown-key 2:59: layers[0].money-parts.cents: unknown part of a price \"cents\"",
            "unknown-key 2:72: layers[0].money-parts.integr: unknown part of a price \"integr\", did you mean \"integer\"?",
        ],
    );
    parts(
        r#"{ "integer": { "width": 5, "if": "true", "font-sise": 4, "font-size": "big" } }"#,
        &[
            "unknown-key 2:72: layers[0].money-parts.integer.width: \"width\" is not a key of a span",
            "unknown-key 2:84: layers[0].money-parts.integer.if: \"if\" is not a key of a part of a price",
            "unknown-key 2:98: layers[0].money-parts.integer.font-sise: unknown key \"font-sise\", did you mean \"font-size\"?",
            "bad-value 2:127: layers[0].money-parts.integer.font-size: font-size must be a length, found \"big\"",
        ],
    );
    layer(
        r#"{ "type": "text", "text": "from {{ price }}", "money-parts": {} }"#,
        &["bad-value 2:47: layers[0].money-parts: \"money-parts\" needs a text that is one binding, such as \"{{ price }}\""],
    );
    layer(
        r#"{ "type": "text", "text": [{ "text": "{{ price }}" }], "money-parts": {} }"#,
        &["bad-value 2:56: layers[0].money-parts: \"money-parts\" of a text with spans belongs to the span with the price"],
    );
    layer(
        r#"{ "type": "text", "text": ["a", { "text": "{{ price }}", "money-parts": {} }] }"#,
        &["wrong-type 2:28: layers[0].text[0]: a span must be an object, found \"a\""],
    );
}
