use super::*;

fn card() -> Pack {
    let mut pack = Pack::new(&Limits::default());
    let json = r#"{ "templrender": 1, "name": "card", "size": [40, 20], "assets": { "logo": "assets/logo.svg" },
        "layers": [{ "type": "svg", "src": "asset:logo", "width": 9, "height": 9 }] }"#;
    pack.add("template.json", json.as_bytes()).unwrap();
    pack.add("assets/logo.svg", *b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'/>").unwrap();
    pack
}

#[test]
fn a_zip_gives_its_files_back() {
    let mut pack = card();
    pack.add("rows/a.json", *b"{}").unwrap();
    let zip = pack.to_zip().unwrap();
    let again = Pack::from_zip(&zip, &Limits::default()).unwrap();
    assert_eq!(again.files().map(|(path, _)| path).collect::<Vec<_>>(), ["assets/logo.svg", "template.json"]);
    assert_eq!(again.to_zip().unwrap(), zip);
}
