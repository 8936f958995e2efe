//! A folder of templates under the hands of people who save, copy, rename and remove: what is served stays whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use core_::{Context, NeedSource, Resources, Row, Scratch};
use templrender_host::{Refreshed, Templates, TemplatesOptions};

/// A folder that is removed at the end.
struct Room(PathBuf);

impl Room {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("templrender-templates-{}-{number}", std::process::id()));
        fs::create_dir_all(path.join("all")).unwrap();
        Self(path.canonicalize().unwrap())
    }

    fn all(&self) -> PathBuf {
        self.0.join("all")
    }

    /// A file among the templates, with the folders above it.
    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.all().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    fn open(&self) -> Templates {
        Templates::open(&self.all(), &[]).unwrap()
    }

    /// What was said, without the path of this room.
    fn said(&self, refreshed: &Refreshed) -> Vec<String> {
        let prefix = format!("{}/", self.all().display());
        refreshed.refused.iter().map(|fault| fault.to_string().replace(&prefix, "")).collect()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // Should it stay behind, it lies among temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let pixels = [200, 30, 60, 255].repeat((width * height) as usize);
    core_::Frame::from_rgba(width, height, pixels).unwrap().encode(&core_::Output::png()).unwrap()
}

fn font() -> Vec<u8> {
    fs::read("../../tests/fonts/NotoSans-Regular.subset.ttf").unwrap()
}

/// A template in one colour, which tells versions apart.
fn card(colour: &str) -> String {
    format!(
        r#"{{ "templrender": 1, "name": "card", "size": [40, 20], "background": "{colour}", "assets": {{ "logo": "assets/logo.png" }},
  "fields": {{ "photo": {{ "type": "image" }} }},
  "layers": [ {{ "type": "image", "src": "asset:logo", "width": 8, "height": 8 }},
    {{ "type": "image", "src": "{{{{ photo }}}}", "left": 10, "width": 8, "height": 8 }} ],
  "variants": {{ "wide": {{ "size": [80, 20] }} }} }}"#
    )
}

fn with_card() -> Room {
    let room = Room::new();
    room.file("card/template.json", card("red"));
    room.file("card/assets/logo.png", png(9, 9));
    room
}

/// The first pixel of what a template draws with an empty fallback of this size.
fn colour(templates: &Templates, tenant: &str, digest: Option<&str>) -> Option<[u8; 4]> {
    let loaded = templates.get(tenant, "card", digest)?;
    let row =
        Row::from_json(r#"{ "photo": "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'/%3E" }"#).unwrap();
    let plan = loaded.renderer.plan(&loaded.template, &row, &Context::default()).unwrap();
    let rendered = loaded.renderer.render(&plan, &loaded.resources(), &mut Scratch::new()).unwrap();
    rendered.frame.pixels().last_chunk::<4>().copied()
}

const RED: Option<[u8; 4]> = Some([255, 0, 0, 255]);
const BLUE: Option<[u8; 4]> = Some([0, 0, 255, 255]);

#[test]
fn the_shipped_templates_are_loaded() {
    let templates = Templates::open(Path::new("../../templates"), &[]).unwrap();
    let names: Vec<String> = templates.list().iter().map(|loaded| loaded.name.to_string()).collect();
    assert_eq!(names, ["collage", "cutout-ad", "og-card", "price-tag", "product-ad", "product-sale", "selfie-card"]);
    assert_eq!(templates.refused(), []);
    assert!(templates.refresh().is_empty());
    // The one whose photo must be there has something to show without it.
    let with_fallback: Vec<_> = templates.list().into_iter().filter(|loaded| loaded.fallback.is_some()).collect();
    assert_eq!(with_fallback.iter().map(|loaded| loaded.name.to_string()).collect::<Vec<_>>(), ["product-ad"]);
    let (plan, resources) = with_fallback[0].plan_fallback(&Context::default()).unwrap().unwrap();
    let rendered = with_fallback[0].renderer.render(&plan, &resources, &mut Scratch::new()).unwrap();
    assert_eq!((rendered.frame.width(), rendered.frame.height()), (1080, 1080));
    let sale = templates.get("anyone", "product-sale", None).unwrap();
    assert_eq!(sale.assets.keys().collect::<Vec<_>>(), ["assets/logo.svg", "assets/placeholder.png"]);
}

#[test]
fn a_tenants_template_comes_before_everybodys() {
    let room = with_card();
    room.file("acme/card/template.json", card("blue"));
    room.file("acme/card/assets/logo.png", png(9, 9));
    let templates = room.open();
    assert_eq!((colour(&templates, "acme", None), colour(&templates, "other", None)), (BLUE, RED));
    // Neither is reached in another way.
    assert!(templates.get("acme/card", "card", None).is_none_or(|loaded| loaded.name.tenant.is_none()));
    let own = templates.get("acme", "card", None).unwrap();
    let shared = templates.get("other", "card", None).unwrap();
    assert!(templates.get("other", "card", Some(&own.version)).is_none(), "a version of another tenant");
    assert!(templates.get("acme", "card", Some(&shared.version)).is_some(), "everybody's by its version");
}

#[test]
fn a_saved_template_is_loaded_and_the_version_before_stays_reachable() {
    let room = with_card();
    let templates = room.open();
    let mut versions = vec![templates.get("t", "card", None).unwrap().version.clone()];
    for colour in ["#000001", "#000002", "#000003", "#000004", "#000005"] {
        room.file("card/template.json", card(colour));
        let refreshed = templates.refresh();
        assert_eq!((refreshed.loaded.len(), refreshed.refused.len()), (1, 0));
        versions.push(refreshed.loaded[0].version.clone());
    }
    assert!(templates.refresh().is_empty());
    let reachable: Vec<bool> = versions.iter().map(|v| templates.get("t", "card", Some(v)).is_some()).collect();
    assert_eq!(reachable, [false, true, true, true, true, true], "the last four and the current one");
    assert_eq!(templates.get("t", "card", None).unwrap().version, versions[5]);
    // Back to one of them: it is the current one, and is not kept twice.
    room.file("card/template.json", card("#000003"));
    assert_eq!(templates.refresh().loaded[0].version, versions[3]);
    let reachable: Vec<bool> = versions.iter().map(|v| templates.get("t", "card", Some(v)).is_some()).collect();
    assert_eq!(reachable, [false, true, true, true, true, true]);
}

#[test]
fn a_half_written_template_is_refused_once_and_the_old_one_serves() {
    let room = with_card();
    let templates = room.open();
    let whole = card("blue");
    room.file("card/template.json", &whole[..whole.len() / 2]);
    let said = room.said(&templates.refresh());
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("card/template.json:3:"), "{said:?}");
    assert!(templates.refresh().is_empty(), "said once");
    assert_eq!(templates.refused().len(), 1, "and still so");
    assert_eq!(colour(&templates, "t", None), RED);
    room.file("card/template.json", whole);
    assert_eq!(templates.refresh().loaded.len(), 1);
    assert_eq!((colour(&templates, "t", None), templates.refused().len()), (BLUE, 0));
}

#[test]
fn no_cut_through_a_template_takes_the_old_one_away() {
    let room = with_card();
    let templates = room.open();
    let whole = card("blue");
    for end in (0..whole.len()).step_by(7) {
        room.file("card/template.json", &whole[..end]);
        templates.refresh();
        assert_eq!(colour(&templates, "t", None), RED, "cut at {end}");
    }
}

#[test]
fn a_half_written_font_or_picture_is_refused() {
    let room = with_card();
    room.file("card/fonts/a.ttf", font());
    let templates = room.open();
    let version = templates.get("t", "card", None).unwrap().version.clone();
    let whole = font();
    for end in [0, 3, 100, whole.len() / 2, whole.len() - 8] {
        room.file("card/fonts/a.ttf", &whole[..end]);
        let said = room.said(&templates.refresh());
        assert!(end > 0 && said.is_empty() || said.len() == 1 && said[0].starts_with("card/fonts/a.ttf: "), "{end}: {said:?}");
        assert_eq!(templates.refused().len(), 1, "font cut at {end}");
        assert_eq!(templates.get("t", "card", None).unwrap().version, version);
    }
    room.file("card/fonts/a.ttf", whole);
    assert!(templates.refresh().is_empty(), "the same as before");
    assert_eq!(templates.refused(), []);
    for (name, whole) in [("png", png(90, 90)), ("jpg", fs::read("../../templates/product-ad/rows/photos/citrus.jpg").unwrap())] {
        for end in [0, 20, whole.len() / 2, whole.len() - 30] {
            room.file("card/assets/logo.png", &whole[..end]);
            templates.refresh();
            let refused = templates.refused();
            assert!(refused.len() == 1 && refused[0].place.ends_with("card/assets/logo.png"), "{name} cut at {end}: {refused:?}");
            assert_eq!(templates.get("t", "card", None).unwrap().version, version);
        }
    }
}

#[test]
fn a_folder_that_is_being_copied_is_no_template_until_it_is_whole() {
    let room = with_card();
    let templates = room.open();
    fs::create_dir_all(room.all().join("new/assets")).unwrap();
    assert!(templates.refresh().is_empty(), "no template yet");
    room.file("new/template.json", card("blue"));
    assert_eq!(room.said(&templates.refresh()), ["new/assets/logo.png: no such file or directory"]);
    assert!(templates.get("t", "new", None).is_none());
    room.file("new/assets/logo.png", png(3, 3));
    let refreshed = templates.refresh();
    assert_eq!(refreshed.loaded.iter().map(|loaded| loaded.name.to_string()).collect::<Vec<_>>(), ["new"]);
    assert!(templates.get("t", "new", None).is_some());
}

#[test]
fn an_editors_rename_in_place_is_a_change() {
    let room = with_card();
    let templates = room.open();
    let file = room.all().join("card/template.json");
    // Between its two renames there is no file at all.
    fs::rename(&file, room.all().join("card/template.json~")).unwrap();
    assert_eq!(room.said(&templates.refresh()), ["card/template.json: no such file or directory"]);
    assert_eq!(colour(&templates, "t", None), RED);
    let new = room.file("card/.template.json.swp", card("blue"));
    fs::rename(new, &file).unwrap();
    assert_eq!(templates.refresh().loaded.len(), 1);
    assert_eq!((colour(&templates, "t", None), templates.refused().len()), (BLUE, 0));
}

#[test]
fn a_change_that_keeps_length_and_time_is_seen_by_its_file() {
    let room = with_card();
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(3_600);
    let age = |path: &Path| fs::File::options().write(true).open(path).unwrap().set_modified(old).unwrap();
    let file = room.all().join("card/template.json");
    for path in [&file, &room.all().join("card/assets/logo.png"), &room.all().join("card")] {
        if path.is_file() {
            age(path);
        }
    }
    let templates = room.open();
    let new = room.file("card/new", card("tan"));
    age(&new);
    fs::rename(new, &file).unwrap();
    assert_eq!(templates.refresh().loaded.len(), 1);
}

#[test]
fn a_removed_asset_is_refused_and_a_removed_folder_dropped() {
    let room = with_card();
    room.file("acme/other/template.json", r#"{ "templrender": 1, "name": "o", "size": [9, 9], "layers": [] }"#);
    let templates = room.open();
    fs::remove_file(room.all().join("card/assets/logo.png")).unwrap();
    assert_eq!(room.said(&templates.refresh()), ["card/assets/logo.png: no such file or directory"]);
    assert_eq!(colour(&templates, "t", None), RED);
    let version = templates.get("t", "card", None).unwrap().version.clone();
    fs::remove_dir_all(room.all().join("card")).unwrap();
    fs::remove_dir_all(room.all().join("acme")).unwrap();
    assert!(templates.refresh().is_empty(), "one look may fall between two renames");
    assert_eq!(colour(&templates, "t", None), RED);
    let dropped: Vec<String> = templates.refresh().dropped.iter().map(ToString::to_string).collect();
    assert_eq!(dropped, ["card", "acme/other"]);
    assert!(templates.get("t", "card", None).is_none() && templates.get("t", "card", Some(&version)).is_none());
    assert!(templates.get("acme", "other", None).is_none());
    assert_eq!(templates.refused(), []);
    assert!(templates.refresh().is_empty());
}

#[test]
fn a_folder_that_is_replaced_by_two_renames_is_never_missed() {
    let room = with_card();
    let templates = room.open();
    fs::rename(room.all().join("card"), room.0.join("before")).unwrap();
    templates.refresh();
    assert_eq!(colour(&templates, "t", None), RED);
    room.file("card/template.json", card("blue"));
    room.file("card/assets/logo.png", png(9, 9));
    templates.refresh();
    assert_eq!(colour(&templates, "t", None), BLUE);
}

#[test]
fn the_whole_folder_may_be_away_for_a_while() {
    let room = with_card();
    let templates = room.open();
    fs::rename(room.all(), room.0.join("away")).unwrap();
    for _ in 0..3 {
        templates.refresh();
        assert_eq!(colour(&templates, "t", None), RED);
    }
    let refused = templates.refused();
    assert!(refused.len() == 1 && refused[0].to_string().ends_with("all: no such file or directory"), "{refused:?}");
    fs::rename(room.0.join("away"), room.all()).unwrap();
    assert!(templates.refresh().is_empty());
    assert_eq!(templates.refused(), []);
    assert!(Templates::open(&room.0.join("no-such"), &[]).is_err());
}

#[test]
fn an_unreadable_file_is_refused() {
    let room = with_card();
    let templates = room.open();
    let file = room.all().join("card/template.json");
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    assert_eq!(room.said(&templates.refresh()), ["card/template.json: this is not a file"]);
    fs::remove_dir(&file).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::os::unix::fs::symlink("template.json", &file).unwrap();
        let said = room.said(&templates.refresh());
        assert!(said.len() == 1 && said[0].starts_with("card/template.json: too many levels of symbolic links"), "{said:?}");
        fs::remove_file(&file).unwrap();
        room.file("card/template.json", card("blue"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o0)).unwrap();
        // Whoever may read everything reads this as well.
        if fs::read(&file).is_err() {
            assert_eq!(room.said(&templates.refresh()), ["card/template.json: permission denied"]);
            assert_eq!(colour(&templates, "t", None), RED);
        }
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        templates.refresh();
        assert_eq!(colour(&templates, "t", None), BLUE);
    }
}

#[cfg(unix)]
#[test]
fn a_tenants_folder_that_cannot_be_listed_is_told_and_keeps_what_is_known() {
    use std::os::unix::fs::PermissionsExt as _;
    let room = with_card();
    room.file("acme/card/template.json", card("blue"));
    room.file("acme/card/assets/logo.png", png(9, 9));
    let templates = room.open();
    let folder = room.all().join("acme");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o300)).unwrap();
    // Whoever may read everything lists this as well.
    if fs::read_dir(&folder).is_err() {
        room.file("acme/new/template.json", r#"{ "templrender": 1, "name": "o", "size": [9, 9], "layers": [] }"#);
        let refreshed = templates.refresh();
        assert_eq!(room.said(&refreshed), ["acme: permission denied"]);
        assert!(refreshed.loaded.is_empty() && refreshed.dropped.is_empty());
        assert!(templates.refresh().is_empty(), "said once");
        assert_eq!(templates.refused().len(), 1, "and still so");
        assert_eq!((colour(&templates, "acme", None), colour(&templates, "other", None)), (BLUE, RED));
        assert_eq!(room.open().refused().len(), 1, "said at the start as well");
    }
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    let _ = templates.refresh();
    assert_eq!((colour(&templates, "acme", None), templates.refused().len()), (BLUE, 0));
}

#[cfg(unix)]
#[test]
fn links_out_of_the_folder_are_refused_and_those_inside_followed() {
    use std::os::unix::fs::symlink;
    let room = with_card();
    let templates = room.open();
    fs::write(room.0.join("secret.png"), png(5, 5)).unwrap();
    let logo = room.all().join("card/assets/logo.png");
    for target in [room.0.join("secret.png"), PathBuf::from("../../../secret.png")] {
        fs::remove_file(&logo).unwrap();
        symlink(&target, &logo).unwrap();
        templates.refresh();
        let refused: Vec<String> = templates.refused().iter().map(ToString::to_string).collect();
        assert_eq!(refused, [format!("{}: a template's files must lie in its folder, this one leads out of it", logo.display())]);
        assert_eq!(colour(&templates, "t", None), RED);
    }
    // A path with dots is refused whatever is there.
    fs::remove_file(&logo).unwrap();
    room.file("card/assets/logo.png", png(9, 9));
    room.file("card/template.json", card("blue").replace("assets/logo.png", "../../secret.png"));
    let said = room.said(&templates.refresh());
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(colour(&templates, "t", None), RED);
    // A whole template elsewhere.
    fs::create_dir_all(room.0.join("elsewhere")).unwrap();
    fs::write(room.0.join("elsewhere/template.json"), r#"{ "templrender": 1, "name": "e", "size": [9, 9], "layers": [] }"#).unwrap();
    symlink(room.0.join("elsewhere"), room.all().join("linked")).unwrap();
    let said = room.said(&templates.refresh());
    assert_eq!(said, ["linked: a template's folder must lie among the templates, this one leads out of them"]);
    // As a mounted set of files is made: all are links into a folder that is replaced as a whole.
    fs::create_dir_all(room.all().join("card/..1/assets")).unwrap();
    room.file("card/..1/template.json", card("blue"));
    fs::remove_file(room.all().join("card/template.json")).unwrap();
    symlink("..1", room.all().join("card/..data")).unwrap();
    symlink("..data/template.json", room.all().join("card/template.json")).unwrap();
    assert_eq!(templates.refresh().loaded.len(), 1);
    assert_eq!(colour(&templates, "t", None), BLUE);
}

#[test]
fn a_fallback_is_whole_or_the_template_is_refused() {
    let room = with_card();
    let templates = room.open();
    assert!(templates.get("t", "card", None).unwrap().plan_fallback(&Context::default()).is_none());
    let says = |text: &str| {
        room.file("card/fallback.json", text);
        room.said(&templates.refresh())
    };
    assert_eq!(says(r#"{ "photo": "https://a.example/x.png?key=secret" }"#).len(), 1);
    assert_eq!(says(r#"{ "photo": "photos/x.png" }"#), ["card/photos/x.png: no such file or directory"]);
    let out = says(r#"{ "photo": "../../secret.png" }"#);
    assert_eq!(out, ["card/../../secret.png: a template's pictures must lie in its folder, this path leads out of it"]);
    assert_eq!(says(r#"{ "photo": "/etc/hostname" }"#).len(), 1);
    let said = says(r#"{ }"#);
    assert!(said.len() == 1 && said[0].starts_with("card/fallback.json: layers[1]"), "{said:?}");
    assert!(says(r#"{ "photo": "#)[0].starts_with("card/fallback.json"));
    assert!(says(r#"{ "photo": "asset:nothing" }"#)[0].starts_with("card/fallback.json"));
    assert!(templates.get("t", "card", None).unwrap().fallback.is_none(), "the template before it");

    room.file("card/photos/x.png", png(4, 4));
    assert_eq!(says(r#"{ "photo": "photos/x.png" }"#), Vec::<String>::new());
    let loaded = templates.get("t", "card", None).unwrap();
    for variant in [None, Some("wide".to_owned())] {
        let context = Context { variant, ..Context::default() };
        let (plan, resources) = loaded.plan_fallback(&context).unwrap().unwrap();
        loaded.renderer.render(&plan, &resources, &mut Scratch::new()).unwrap();
    }
    // A row of a URL cannot reach the file that the fallback has.
    let row = Row::from_json(r#"{ "photo": "photos/x.png" }"#).unwrap();
    let plan = loaded.renderer.plan(&loaded.template, &row, &Context::default()).unwrap();
    let resources = loaded.resources();
    let pending: Vec<&NeedSource> = plan.pending(&resources).into_iter().map(core_::Need::source).collect();
    assert_eq!(pending, [&NeedSource::Location("photos/x.png".into())]);

    // Another fallback is another load under the same version, for the same rows are drawn in the same way.
    assert!(templates.refresh().is_empty());
    assert_eq!(says(r#"{ "photo": "asset:logo" }"#), Vec::<String>::new());
    let other = templates.get("t", "card", None).unwrap();
    assert_eq!(other.version, loaded.version);
    assert_ne!(other.fallback, loaded.fallback);
    // Its picture is changed, then its file is removed.
    room.file("card/fallback.json", r#"{ "photo": "photos/x.png" }"#);
    templates.refresh();
    room.file("card/photos/x.png", png(5, 5));
    assert_eq!(templates.refresh().loaded.len(), 1);
    fs::remove_file(room.all().join("card/fallback.json")).unwrap();
    assert_eq!(templates.refresh().loaded.len(), 1);
    assert!(templates.get("t", "card", None).unwrap().fallback.is_none());
}

/// A pack of a template in this colour.
fn packed(colour: &str) -> Vec<u8> {
    let mut pack = core_::Pack::new(&core_::Limits::default());
    pack.add("template.json", card(colour).into_bytes()).unwrap();
    pack.add("assets/logo.png", png(9, 9)).unwrap();
    pack.to_zip().unwrap()
}

#[test]
fn a_pack_stands_for_a_folder() {
    let room = Room::new();
    room.file("card.zip", packed("red"));
    room.file("acme/card.ZIP", packed("blue"));
    room.file(".hidden.zip", b"");
    let templates = room.open();
    assert_eq!(templates.refused(), []);
    assert_eq!(templates.list().iter().map(|loaded| loaded.name.to_string()).collect::<Vec<_>>(), ["card", "acme/card"]);
    assert_eq!((colour(&templates, "acme", None), colour(&templates, "other", None)), (BLUE, RED));
    assert!(templates.refresh().is_empty());
    let version = templates.get("t", "card", None).unwrap().version.clone();

    // Saved half, then whole; the one before goes on and stays by its version.
    let whole = packed("blue");
    room.file("card.zip", &whole[..whole.len() / 2]);
    let said = room.said(&templates.refresh());
    assert!(said.len() == 1 && said[0].starts_with("card.zip: a pack must be a whole zip file"), "{said:?}");
    assert!(templates.refresh().is_empty(), "said once");
    assert_eq!(colour(&templates, "t", None), RED);
    room.file("card.zip", &whole);
    assert_eq!(templates.refresh().loaded.len(), 1);
    assert_eq!((colour(&templates, "t", None), templates.refused().len()), (BLUE, 0));
    assert_eq!(colour(&templates, "t", Some(&version)), RED);

    // What is wrong inside has the file in the zip for its place.
    let mut pack = core_::Pack::new(&core_::Limits::default());
    pack.add("template.json", card("red").into_bytes()).unwrap();
    pack.add("assets/logo.png", *b"<!doctype html><title>404</title>").unwrap();
    room.file("card.zip", pack.to_zip().unwrap());
    let said = room.said(&templates.refresh());
    assert_eq!(said, ["card.zip/assets/logo.png: this is an HTML page, not a picture"]);

    fs::remove_file(room.all().join("card.zip")).unwrap();
    assert!(templates.refresh().is_empty(), "perhaps it is being replaced");
    assert_eq!(templates.refresh().dropped.len(), 1);
    assert_eq!((colour(&templates, "t", None), templates.refused().len()), (None, 0));
}

#[test]
fn a_folder_and_a_pack_of_one_name_are_refused_and_told() {
    let room = with_card();
    let templates = room.open();
    room.file("card.zip", packed("blue"));
    let refreshed = templates.refresh();
    let folder = room.all().join("card");
    let told = format!("card: a template must be one folder or one pack, found {} too", room.all().join("card.zip").display());
    assert_eq!(room.said(&refreshed), [told.replace(&format!("{}/", room.all().display()), "")]);
    assert!(refreshed.loaded.is_empty() && templates.refresh().is_empty(), "said once");
    assert_eq!((colour(&templates, "t", None), room.open().list().len()), (RED, 0), "what is known stays, at a start there is none");
    // The folder goes: the pack takes its place at once, and the version before stays.
    let version = templates.get("t", "card", None).unwrap().version.clone();
    fs::remove_dir_all(folder).unwrap();
    let refreshed = templates.refresh();
    assert_eq!((refreshed.loaded.len(), refreshed.dropped.len()), (1, 0));
    assert_eq!((colour(&templates, "t", None), templates.refused().len()), (BLUE, 0));
    assert_eq!(colour(&templates, "t", Some(&version)), RED);
    // And back.
    room.file("card/template.json", card("red"));
    room.file("card/assets/logo.png", png(9, 9));
    fs::remove_file(room.all().join("card.zip")).unwrap();
    assert_eq!(templates.refresh().loaded.len(), 1);
    assert_eq!(colour(&templates, "t", None), RED);
    // A zip in a template's own folder, and one with a version in its name, are no templates.
    room.file("card/old.zip", packed("blue"));
    room.file("acme/card@0123456789abcdef.zip", packed("blue"));
    let said = room.said(&templates.refresh());
    let rule = "a pack among templates must be called as URLs say it, without a version: card.zip";
    assert_eq!(said, [format!("acme/card@0123456789abcdef.zip: {rule}")]);
    assert_eq!(templates.list().len(), 1);
}

#[test]
fn a_template_has_one_version_in_its_folder_and_in_its_pack() {
    for name in ["collage", "cutout-ad", "og-card", "price-tag", "product-ad", "product-sale", "selfie-card"] {
        let folder = Path::new("../../templates").join(name);
        let loaded = templrender_host::Loaded::open(&folder, &[]).unwrap();
        // As it is said to be: the template, its assets by their paths, and all fonts by the empty one.
        let here = templrender_host::load_folder(&folder, &[]).unwrap();
        let fonts = here.fonts.digest();
        let assets = here.template.assets().map(|(_, path)| (path, fs::read(folder.join(path)).unwrap())).collect::<Vec<_>>();
        let files = assets.iter().map(|(path, bytes)| (*path, bytes.as_slice())).chain([("", fonts.as_slice())]);
        let version = here.template.version(files.collect::<std::collections::BTreeMap<_, _>>());
        assert_eq!((&loaded.version, &here.version().unwrap()), (&version, &version), "{name}");

        let room = Room::new();
        let zip = templrender_host::read_pack(&folder).unwrap().to_zip().unwrap();
        room.file(&format!("{name}.zip"), zip);
        assert_eq!(room.open().get("t", name, None).unwrap().version, version, "{name}");
    }
}

#[test]
fn shared_fonts_are_loaded_again_for_all() {
    let room = with_card();
    room.file("acme/card/template.json", card("blue"));
    room.file("acme/card/assets/logo.png", png(9, 9));
    let shared = room.0.join("fonts");
    fs::create_dir_all(&shared).unwrap();
    let templates = Templates::open(&room.all(), std::slice::from_ref(&shared)).unwrap();
    let before = templates.get("t", "card", None).unwrap().version.clone();
    fs::write(shared.join("a.ttf"), &font()[..500]).unwrap();
    let refreshed = templates.refresh();
    assert_eq!((refreshed.loaded.len(), refreshed.refused.len()), (0, 1));
    assert_eq!(templates.get("t", "card", None).unwrap().version, before);
    fs::write(shared.join("a.ttf"), font()).unwrap();
    assert_eq!(templates.refresh().loaded.len(), 2);
    assert_ne!(templates.get("t", "card", None).unwrap().version, before);
    assert!(templates.refresh().is_empty());
    assert_eq!(templates.refused(), []);
    fs::remove_file(shared.join("a.ttf")).unwrap();
    assert_eq!(templates.refresh().loaded.len(), 2);
    assert_eq!(templates.get("t", "card", None).unwrap().version, before);
}

#[test]
fn what_is_loaded_is_bounded() {
    let room = with_card();
    let plain = r#"{ "templrender": 1, "name": "o", "size": [9, 9], "layers": [] }"#;
    for name in ["a", "b", "c"] {
        room.file(&format!("{name}/template.json"), plain);
    }
    let open = |options| Templates::open_with(&room.all(), &[], options).unwrap();
    let templates = open(TemplatesOptions { max_templates: 2, ..Default::default() });
    assert_eq!(templates.list().len(), 2);
    assert_eq!(templates.refused().len(), 2);
    fs::remove_dir_all(room.all().join("a")).unwrap();
    templates.refresh();
    assert_eq!(templates.refresh().dropped.len(), 1);
    templates.refresh();
    assert_eq!(templates.list().iter().map(|l| l.name.to_string()).collect::<Vec<_>>(), ["b", "c"], "its place is taken");

    let refused = |options| {
        let refused = open(options).refused();
        assert_eq!(refused.len(), 1, "{refused:?}");
        refused[0].to_string()
    };
    assert!(
        refused(TemplatesOptions { max_files: 1, ..Default::default() })
            .ends_with("card/assets/logo.png: the template has more files than the limit")
    );
    let few = TemplatesOptions { max_template_bytes: 300, ..Default::default() };
    assert!(refused(few).ends_with("card/template.json: the files of a template must have at most 300 bytes together"));
    room.file("card/template.json", " ".repeat(5 << 20));
    let said = refused(TemplatesOptions::default());
    assert!(said.ends_with("card/template.json: the file has more bytes than the limit of 4194304"), "{said}");
}

#[test]
fn look_ups_go_on_while_templates_are_loaded() {
    let room = with_card();
    let templates = room.open();
    let over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let loaded = templates.get("t", "card", None).expect("a template is always there");
                    assert!(loaded.assets.contains_key("assets/logo.png"));
                }
            });
        }
        scope.spawn(|| {
            // A writer who does not wait for anyone.
            for i in 0..200 {
                room.file("card/template.json", card(&format!("#0000{:02x}", i)));
            }
            over.store(true, Ordering::Relaxed);
        });
        while !over.load(Ordering::Relaxed) {
            templates.refresh();
        }
    });
    templates.refresh();
    assert_eq!(colour(&templates, "t", None), Some([0, 0, 199, 255]));
}

#[test]
fn templates_with_the_same_fonts_share_them() {
    let room = with_card();
    room.file("card/fonts/a.ttf", font());
    room.file("acme/card/template.json", card("blue"));
    room.file("acme/card/assets/logo.png", png(9, 9));
    room.file("acme/card/fonts/other-name.ttf", font());
    let templates = room.open();
    let used = |loaded: &templrender_host::Loaded| format!("{:?}", loaded.renderer);
    let (a, b) = (templates.get("t", "card", None).unwrap(), templates.get("acme", "card", None).unwrap());
    assert_eq!(used(&a), used(&b));
    assert!(used(&a).contains("Noto Sans"));
    let _: Resources = a.resources();
}
