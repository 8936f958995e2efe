use super::*;
use crate::text::Fonts;
use proptest::prelude::*;

fn template(badge: &str, title: &str) -> Template {
    Template::parse(&format!(
        r#"{{ "templrender": 1, "name": "t", "size": [400, 200], "fonts": ["Noto Sans"],
            "fields": {{ "title": {{ "type": "text" }}, "sale": {{ "type": "bool" }}, "price": {{ "type": "money", "required": true }} }},
            "assets": {{ "logo": "logo.png" }},
            "layers": [
                {{ "id": "title", "type": "text", "text": "{{{{ title }}}}", "width": 380, "font-size": 20, "line-height": 1.4{title} }},
                {{ "id": "badge", "type": "box", "if": "sale", "left": 10, "top": 100, "width": 20, "height": 20, "background": "red"{badge} }},
                {{ "id": "logo", "type": "image", "src": "asset:logo", "right": 0, "top": 0, "width": 10, "height": 10 }} ] }}"#
    ))
    .unwrap()
}

fn renderer() -> Renderer {
    let mut fonts = Fonts::new();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fonts/NotoSans-Regular.subset.ttf");
    fonts.add(std::fs::read(path).unwrap()).unwrap();
    Renderer::new(fonts)
}

fn rows() -> Vec<(RowPlace, Row)> {
    let place = |line: u64| RowPlace { line, id: format!("r{line}") };
    [
        r#"{ "title": "Aster honey", "sale": true, "price": "1 EUR" }"#,
        r#"{ "title": "Aster honey out of the hills beside the sea, 340 g", "sale": false, "price": "1 EUR" }"#,
        r#"{ "title": "Cup", "sale": true }"#,
    ]
    .iter()
    .zip(2..)
    .map(|(json, line)| (place(line), Row::from_json(json).unwrap()))
    .collect()
}

fn differ(before: &Template, after: &Template) -> Differ {
    let renderer = renderer();
    Differ::new((&renderer, before), (&renderer, after), Context::default()).unwrap()
}

fn told(before: &Template, after: &Template) -> Vec<String> {
    let mut differ = differ(before, after);
    let mut scratch = [Scratch::new(), Scratch::new()];
    rows().iter().for_each(|(place, row)| differ.row(place, row, &mut scratch));
    differ.finish().to_string().lines().map(str::to_owned).collect()
}

#[test]
fn a_template_beside_itself_changes_nothing() {
    let template = template("", "");
    assert_eq!(told(&template, &template), ["t beside t: 3 rows, 2 the same, 0 changed, 0 drawn by one only, 1 by neither"]);
}

#[test]
fn what_is_written_otherwise_and_draws_the_same_is_no_change() {
    let (before, after) = (template("", ""), template(r#", "margin": "0px""#, r#", "padding": 0"#));
    assert_eq!(told(&before, &after)[0], "t beside t: 3 rows, 2 the same, 0 changed, 0 drawn by one only, 1 by neither");
}

#[test]
fn each_kind_of_change_names_its_layer_and_distance() {
    let moved = told(&template("", ""), &template(r#", "margin": "0 0 0 14px""#, ""));
    assert_eq!(moved[1], "  badge: moved in 1 row, at most 14 px: r2");
    let looks = told(&template("", ""), &template(r#", "opacity": 0.5"#, ""));
    assert_eq!(looks[1], "  badge: look changed in 1 row: r2");
    let narrow = told(&template("", ""), &template("", r#", "max-width": 300"#));
    assert!(narrow.iter().any(|line| line == "  title: lines changed in 1 row: r3"), "{narrow:#?}");
    let upper = told(&template("", ""), &template("", r#", "text-transform": "uppercase""#));
    assert!(upper.iter().any(|line| line.starts_with("  title: look changed in 2 rows")), "{upper:#?}");
    let gone = told(&template("", ""), &template(r#", "hidden": true"#, ""));
    assert_eq!(gone[1], "  badge: vanished in 1 row, at most 20 px: r2");
}

#[test]
fn a_changed_asset_changes_the_layers_that_show_it() {
    let template = template("", "");
    let mut differ = differ(&template, &template).with_changed_assets(vec!["logo".to_owned()]);
    let mut scratch = [Scratch::new(), Scratch::new()];
    rows().iter().for_each(|(place, row)| differ.row(place, row, &mut scratch));
    let report = differ.finish();
    assert_eq!(report.changed(), 2);
    assert!(report.to_string().contains("  logo: picture changed in 2 rows: r2, r3"), "{report}");
}

#[test]
fn an_svg_in_the_template_is_told_by_what_it_says() {
    let with = |color: &str| {
        let svg = format!("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><rect width='9' height='9' fill='{color}'/></svg>");
        let json = r#"{ "templrender": 1, "name": "t", "size": [9, 9], "layers": [ { "id": "mark", "type": "svg", "svg": "SVG", "width": 9, "height": 9 } ] }"#;
        Template::parse(&json.replace("SVG", &svg)).unwrap()
    };
    let told = told(&with("red"), &with("navy"));
    assert_eq!(told[1], "  mark: picture changed in 3 rows: r2, r3, r4");
}

#[test]
fn a_row_that_only_one_draws_is_told_with_both_reasons() {
    let loose = Template::parse(&template("", "").to_string().replace(r#""required": true"#, r#""required": false"#)).unwrap();
    let told = told(&template("", ""), &loose);
    assert_eq!(told[0], "t beside t: 3 rows, 2 the same, 0 changed, 1 drawn by one only, 0 by neither");
    assert_eq!(told[1], "  failed: missing-field field price, now drawn: 1 row: r4");
}

#[test]
fn other_templates_are_not_merged() {
    let (a, b) = (template("", ""), template(r#", "opacity": 0.5"#, ""));
    let error = differ(&a, &a).merge(differ(&a, &b)).unwrap_err();
    assert_eq!(error.to_string(), "differ: comparisons must be of the same templates and context to be merged");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Any split of the rows comes to the same report.
    #[test]
    fn halves_come_to_the_whole(picks in proptest::collection::vec((0_usize..3, any::<bool>()), 0..30)) {
        let (before, after) = (template("", ""), template(r#", "margin": "0 0 0 14px""#, r#", "letter-spacing": "1px""#));
        let rows = rows();
        let mut parts = [differ(&before, &after), differ(&before, &after), differ(&before, &after)];
        let mut scratch = [Scratch::new(), Scratch::new()];
        for (i, (pick, second)) in picks.iter().enumerate() {
            let place = RowPlace { line: i as u64, id: i.to_string() };
            for part in [0, 1 + usize::from(*second)] {
                parts[part].row(&place, &rows[*pick].1, &mut scratch);
            }
        }
        let [whole, mut one, other] = parts;
        one.merge(other).unwrap();
        prop_assert_eq!(one.finish(), whole.finish());
    }
}
