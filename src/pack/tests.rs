//! Zips as other programs write them and as nobody should, made byte by byte, and laws over those that were bent.

use proptest::prelude::*;

use super::*;
use crate::Frame;
use crate::codec::Output;

const JSON: &str = r#"{ "templrender": 1, "name": "card", "size": [40, 20], "assets": { "logo": "assets/logo.svg" },
    "fields": { "photo": { "type": "image" } },
    "layers": [{ "type": "svg", "src": "asset:logo", "width": 9, "height": 9 },
        { "type": "image", "src": "{{ photo }}", "if": "photo", "width": 9, "height": 9 }],
    "variants": { "story": { "size": [20, 40] } } }"#;
const SVG: &[u8] = b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><path d='M0 0h9v9H0z'/></svg>";

fn card() -> Pack {
    let mut pack = Pack::new(&Limits::default());
    pack.add("template.json", JSON.as_bytes()).unwrap();
    pack.add("assets/logo.svg", SVG).unwrap();
    pack
}

/// One entry of a zip that is made by hand; what is not said is as it should be.
#[derive(Clone)]
struct Made {
    name: Vec<u8>,
    /// In the header before the data, where that is another.
    local_name: Option<Vec<u8>>,
    data: Vec<u8>,
    size: u32,
    crc: u32,
    method: u16,
    flags: u16,
    mode: u32,
    extra: Vec<u8>,
    /// Behind the data, sizes and checksum, as programs that write to a pipe do it.
    descriptor: bool,
    /// In place of where it lies.
    offset: Option<u32>,
}

fn stored(name: &str, bytes: &[u8]) -> Made {
    Made {
        name: name.as_bytes().to_vec(),
        local_name: None,
        data: bytes.to_vec(),
        size: bytes.len() as u32,
        crc: rawzip::crc32(bytes),
        method: 0,
        flags: 0,
        mode: 0o100_644 << 16,
        extra: Vec::new(),
        descriptor: false,
        offset: None,
    }
}

fn deflated(name: &str, bytes: &[u8]) -> Made {
    Made { data: miniz_oxide::deflate::compress_to_vec(bytes, 6), method: 8, ..stored(name, bytes) }
}

fn template() -> Made {
    deflated("template.json", JSON.as_bytes())
}

fn le(numbers: &[u32], bytes: usize) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_le_bytes()[..bytes].to_vec()).collect()
}

/// The zip of some entries.
fn zip(entries: &[Made]) -> Vec<u8> {
    let (mut zip, mut directory) = (Vec::new(), Vec::new());
    for made in entries {
        let offset = made.offset.unwrap_or(zip.len() as u32);
        let flags = u32::from(made.flags) | if made.descriptor { 8 } else { 0 };
        let sizes = [made.crc, made.data.len() as u32, made.size];
        let name = made.local_name.as_ref().unwrap_or(&made.name);
        zip.extend(b"PK\x03\x04");
        zip.extend(le(&[20, flags, u32::from(made.method), 0x6000, 0x5b76], 2));
        zip.extend(le(&if made.descriptor { [0; 3] } else { sizes }, 4));
        zip.extend(le(&[name.len() as u32, made.extra.len() as u32], 2));
        zip.extend([name.as_slice(), &made.extra, &made.data].concat());
        if made.descriptor {
            zip.extend(b"PK\x07\x08");
            zip.extend(le(&sizes, 4));
        }
        directory.extend(b"PK\x01\x02");
        directory.extend(le(&[0x031e, 20, flags, u32::from(made.method), 0x6000, 0x5b76], 2));
        directory.extend(le(&sizes, 4));
        directory.extend(le(&[made.name.len() as u32, made.extra.len() as u32, 0, 0, 0], 2));
        directory.extend(le(&[made.mode, offset], 4));
        directory.extend([made.name.as_slice(), &made.extra].concat());
    }
    let count = entries.len() as u32;
    let end = [b"PK\x05\x06".to_vec(), le(&[0, 0, count, count], 2), le(&[directory.len() as u32, zip.len() as u32], 4), vec![0, 0]];
    [zip, directory, end.concat()].concat()
}

fn read(zip: &[u8]) -> Result<Pack, Error> {
    Pack::from_zip(zip, &Limits::default())
}

fn paths(pack: &Pack) -> Vec<&str> {
    pack.files().map(|(path, _)| path).collect()
}

/// What a zip beside a whole template is refused for.
fn says(others: &[Made]) -> String {
    let error = read(&zip(&[&[template()], others].concat())).unwrap_err();
    assert_eq!(error.code(), Code::BadPack, "{error}");
    error.to_string()
}

#[test]
fn a_zip_gives_its_files_back_and_only_those_that_are_used() {
    let mut pack = card();
    pack.add("rows/a.json", *b"{}").unwrap();
    pack.add("fonts/readme.txt", *b"x").unwrap();
    let zip = pack.to_zip().unwrap();
    let again = read(&zip).unwrap();
    assert_eq!(paths(&again), ["assets/logo.svg", "template.json"]);
    assert_eq!(again.to_zip().unwrap(), zip);
    assert_eq!(again.open(&Fonts::new(), None).unwrap().version(), pack.open(&Fonts::new(), None).unwrap().version());
    // What is deflated already is stored.
    let png = Frame::new(64, 64, &Limits::default()).unwrap().encode(&Output::png()).unwrap();
    pack.add("fallback.json", *br#"{ "photo": "photos/x.png" }"#).unwrap();
    pack.add("photos/x.png", png).unwrap();
    let again = read(&pack.to_zip().unwrap()).unwrap();
    assert_eq!(paths(&again), ["assets/logo.svg", "fallback.json", "photos/x.png", "template.json"]);
    assert!(again.open(&Fonts::new(), None).unwrap().fallback().is_some());
}

#[test]
fn zips_of_other_programs_are_read() {
    let streamed = |name: &str, bytes: &[u8]| Made { descriptor: true, ..deflated(name, bytes) };
    let folder = |name: &str| Made { mode: 0o040_755 << 16 | 0x10, ..stored(name, b"") };
    // An extended time and the numbers of user and group, as Info-ZIP writes them.
    let extra = [b"UT\x05\x00\x03".as_slice(), &[0; 4], b"ux\x0b\x00\x01\x04", &[0; 4], b"\x04", &[0; 4]].concat();
    let info_zip = |made: Made| Made { extra: extra.clone(), ..made };
    let apart = |name: &str| [streamed(name, b"rubbish")];
    let cases = [
        vec![template(), stored("assets/logo.svg", SVG)],
        vec![
            info_zip(folder("card/")),
            info_zip(deflated("card/assets/logo.svg", SVG)),
            info_zip(deflated("card/template.json", JSON.as_bytes())),
        ],
        [
            [folder("card/"), streamed("card/template.json", JSON.as_bytes()), folder("card/assets/")].as_slice(),
            &apart("card/.DS_Store"),
            &apart("__MACOSX/card/._template.json"),
            &apart("card/assets/.DS_Store"),
            &[streamed("card/assets/logo.svg", SVG)],
        ]
        .concat(),
        vec![stored("./template.json", JSON.as_bytes()), stored("./assets/logo.svg", SVG)],
    ];
    for (i, entries) in cases.iter().enumerate() {
        let pack = read(&zip(entries)).unwrap_or_else(|error| panic!("{i}: {error}"));
        assert_eq!(paths(&pack), ["assets/logo.svg", "template.json"], "{i}");
        assert!(pack.open(&Fonts::new(), None).is_ok(), "{i}");
    }
    // With a comment at the end, as `git archive` has one, and a file without a byte.
    let mut with_comment = zip(&[template(), deflated("rows/empty.json", b""), stored("fonts/empty", b"")]);
    let end = with_comment.len() - 2;
    with_comment[end] = 4;
    with_comment.extend(b"git!");
    assert_eq!(paths(&read(&with_comment).unwrap()), ["fonts/empty", "rows/empty.json", "template.json"]);
    // A name in letters of any language.
    assert_eq!(paths(&read(&zip(&[template(), stored("assets/字.svg", SVG)])).unwrap()), ["assets/字.svg", "template.json"]);
}

#[test]
fn names_that_lead_out_or_can_be_read_in_two_ways_are_refused() {
    for (name, rule) in [
        ("../x", "a template's files must lie in its folder, found a path that leads out of it"),
        ("/x", "a template's files must lie in its folder, found a path that leads out of it"),
        ("a/../x", "a template's files must lie in its folder, found a path that leads out of it"),
        ("../", "a template's files must lie in its folder, found a path that leads out of it"),
        ("a\\x", "a path must be written with /, found a backslash"),
        ("a\0x", "a path must have no control characters, found one"),
        ("", "a path must name a file, found none"),
    ] {
        let said = says(&[stored(name, b"")]);
        assert!(said.ends_with(rule), "{name}: {said}");
    }
    assert_eq!(
        says(&[Made { name: b"\xff.png".to_vec(), ..stored("", b"") }]),
        "\u{fffd}.png: names in a zip must be UTF-8, found other bytes"
    );
    assert_eq!(says(&[template()]), "template.json: a file must stand in a zip once, found it twice");
    assert_eq!(says(&[stored("./template.json", b"{}")]), "./template.json: a file must stand in a zip once, found it twice");
    let other = Made { local_name: Some(b"assets/b.svg".to_vec()), ..stored("assets/a.svg", SVG) };
    assert_eq!(says(&[other]), "assets/a.svg: an entry of a zip must be the same in its directory and around its data, found two");
}

#[test]
fn kinds_of_entries_that_are_not_taken_are_refused() {
    let at = |rule: &str| format!("a.svg: {rule}");
    let svg = || stored("a.svg", SVG);
    let cases = [
        (Made { flags: 1, ..svg() }, "an entry of a zip must be readable by all, found it encrypted"),
        (Made { flags: 0x40, ..svg() }, "an entry of a zip must be readable by all, found it encrypted"),
        (Made { flags: 0x2000, ..svg() }, "an entry of a zip must be readable by all, found it encrypted"),
        (Made { method: 12, ..svg() }, "an entry of a zip must be stored or deflated, found method 12"),
        (Made { method: 9, ..svg() }, "an entry of a zip must be stored or deflated, found method 9"),
        (Made { mode: 0o120_777 << 16, ..svg() }, "a zip must hold files and folders, found a link"),
        (
            Made { extra: [1, 0, 8, 0].into_iter().chain([9; 8]).collect(), ..svg() },
            "an entry of a zip must have 32 bit sizes, found zip64 ones",
        ),
        (Made { crc: 1, ..svg() }, "a file must have the checksum that its zip says, found another"),
        (Made { size: 1, ..svg() }, "a stored entry must have one size, found 87 and 1"),
        (Made { data: vec![1, 2, 3, 4, 5], method: 8, ..svg() }, "a file must be a whole deflate stream, found a damaged one"),
        (Made { offset: Some(0), ..svg() }, "an entry of a zip must be the same in its directory and around its data, found two"),
        (Made { offset: Some(999_999), ..svg() }, "an entry of a zip must be whole, found it damaged: Unexpected end of file"),
    ];
    for (made, rule) in cases {
        assert_eq!(says(&[made]), at(rule));
    }
    // What stands behind streamed data is another number.
    let mut streamed = zip(&[Made { descriptor: true, ..template() }]);
    let at = streamed.windows(4).position(|four| four == b"PK\x07\x08").unwrap() + 4;
    for (byte, same) in [(at - 1, false), (at, false), (at + 4, false), (at + 8, false), (at + 12, false), (6 + 4, true)] {
        streamed[byte] ^= 1;
        let whole = read(&streamed);
        assert!(whole.is_err() != same, "{byte}: {whole:?}");
        streamed[byte] ^= 1;
    }
    // Bytes in a folder are seen by one program and not by another.
    assert_eq!(says(&[stored("assets/", b"x")]), "assets/: a folder in a zip must be empty, found bytes");
    for (name, entries) in [
        ("none", vec![]),
        ("deep", vec![stored("a/b/template.json", b"{}")]),
        ("two folders", vec![stored("a/template.json", b"{}"), stored("b", b"")]),
    ] {
        let said = read(&zip(&entries)).unwrap_err().to_string();
        assert_eq!(said, "a pack must have a template.json at its top or in the one folder there, found none", "{name}");
    }
}

#[test]
fn entries_that_share_bytes_are_refused() {
    // The second lies inside the data of the first, whole with its header.
    let inner = zip(&[stored("b", b"x")]);
    let outer = stored("a", &inner);
    let offset = (zip(&[template()]).len() - 22 - 46 - 13 + 30 + 1) as u32;
    let both = [outer, Made { offset: Some(offset), ..stored("b", b"x") }];
    assert_eq!(says(&both), "b: entries of a zip must lie apart, found this one over another");
}

#[test]
fn a_second_directory_cannot_hide() {
    // The first zip lies whole before the second directory, which names other entries: a program that reads forwards finds other files.
    let mut shown = zip(&[template()]);
    let hidden = stored("assets/a.svg", SVG);
    let other = zip(&[hidden.clone(), template()]);
    let (entries, directory) = other.split_at(u32::from_le_bytes(other[other.len() - 6..other.len() - 2].try_into().unwrap()) as usize);
    shown.extend(entries);
    let mut both = [shown.as_slice(), directory].concat();
    let moved = zip(&[template()]).len() as u32;
    // Offsets are those behind the first zip.
    let at = both.len() - directory.len();
    for (place, offset) in [(at + 42, 0), (at + 46 + 12 + 42, (30 + 12 + SVG.len()) as u32)] {
        both[place..place + 4].copy_from_slice(&(offset + moved).to_le_bytes());
    }
    let end = both.len() - 6;
    both[end..end + 4].copy_from_slice(&(at as u32).to_le_bytes());
    assert_eq!(
        read(&both).unwrap_err().to_string(),
        "assets/a.svg: entries of a zip must follow each other, found other bytes before this one"
    );
    // Bytes that nothing names, before the directory.
    let mut gap = zip(&[template()]);
    let end = gap.len() - 6;
    let directory = u32::from_le_bytes(gap[end..end + 4].try_into().unwrap());
    gap[end..end + 4].copy_from_slice(&(directory + 4).to_le_bytes());
    gap.splice(directory as usize..directory as usize, *b"gap!").for_each(drop);
    assert_eq!(
        read(&gap).unwrap_err().to_string(),
        "entries of a zip must lie from its beginning to its directory, found other bytes or less"
    );
}

#[test]
fn a_damaged_end_is_refused() {
    let whole = zip(&[template()]);
    let end = whole.len() - 22;
    let bent = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = whole.clone();
        change(&mut bytes);
        read(&bytes).unwrap_err().to_string()
    };
    assert!(bent(&|b| b.truncate(end)).starts_with("a pack must be a whole zip file, found none: "));
    assert_eq!(bent(&|b| b.push(0)), "a zip must end with its directory, found more bytes behind it");
    assert_eq!(bent(&|b| b[end + 4] = 1), "a zip must be of one part, found one of several");
    assert_eq!(bent(&|b| (b[end + 8], b[end + 10]) = (2, 2)), "a zip must have the 2 entries that it says, found fewer");
    assert_eq!(bent(&|b| (b[end + 8], b[end + 10]) = (0, 0)), "a zip must have the 0 entries that it says, found more");
    let elsewhere = "a zip's directory must stand where its end says, in 32 bits, found it elsewhere or a zip64";
    assert_eq!(bent(&|b| b.splice(0..0, *b"#!/bin/sh").for_each(drop)), elsewhere);
    // The end of a zip64 before the end that says nothing.
    let mut big = whole[..end].to_vec();
    let directory = u32::from_le_bytes(whole[end + 16..end + 20].try_into().unwrap());
    big.extend(b"PK\x06\x06");
    big.extend(le(&[44, 0], 4));
    big.extend(le(&[45, 45], 2));
    big.extend(le(&[0, 0, 1, 0, 1, 0, end as u32 - directory, 0, directory, 0], 4));
    big.extend(b"PK\x06\x07");
    big.extend(le(&[0, end as u32, 0, 1], 4));
    big.extend(b"PK\x05\x06\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0");
    assert_eq!(read(&big).unwrap_err().to_string(), elsewhere);
}

#[test]
fn no_memory_is_taken_for_what_is_only_said() {
    // 10 MB of noughts in 10 kB, which is whole, and the same with less and with more announced.
    let zeros = vec![0; 10 << 20];
    let bomb = deflated("assets/zeros.bin", &zeros);
    assert!(bomb.data.len() < 11_000);
    let within = |limits: Limits, made: Made| Pack::from_zip(&zip(&[template(), made]), &limits);
    assert!(within(Limits::default(), bomb.clone()).is_ok());
    let small = Limits { max_pack_bytes: 1 << 20, ..Limits::default() };
    let error = within(small.clone(), bomb.clone()).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string()),
        (Code::ResourceLimit, format!("pack is {} bytes, over the limit of 1048576", (10 << 20) + JSON.len()))
    );
    let error = within(small.clone(), Made { size: 9, ..bomb.clone() }).unwrap_err();
    assert_eq!(error.to_string(), "assets/zeros.bin: a file must have the 9 bytes that its zip announces, found more");
    let more = Made { size: (10 << 20) + 1, ..bomb.clone() };
    let said = within(Limits::default(), more).unwrap_err().to_string();
    assert!(said.starts_with("assets/zeros.bin: a file must have the 10485761 bytes that its zip announces, found 10485760 of "), "{said}");
    let said = within(Limits::default(), Made { size: 30 << 20, ..deflated("assets/a", b"aaa") }).unwrap_err().to_string();
    assert_eq!(said, "assets/a: deflate makes at most 1032 bytes of one, found 31457280 announced for 5");

    let one = Limits { max_input_bytes: 1_000, ..Limits::default() };
    assert_eq!(within(one, bomb).unwrap_err().to_string(), "assets/zeros.bin: file is 10485760 bytes, over the limit of 1000");
    let few = Limits { max_pack_files: 2, ..Limits::default() };
    assert!(within(few.clone(), stored("a", b"")).is_ok());
    let three = zip(&[template(), stored("a", b""), stored("b", b"")]);
    assert_eq!(Pack::from_zip(&three, &few).unwrap_err().to_string(), "pack has 3 files, over the limit of 2");
    let folders: Vec<Made> = (0..9).map(|i| stored(&format!("{i}/"), b"")).collect();
    assert_eq!(Pack::from_zip(&zip(&folders), &few).unwrap_err().to_string(), "pack has 9 entries, over the limit of 8");
    let short = Limits { max_template_bytes: 10, ..Limits::default() };
    assert_eq!(
        within(short, stored("a", b"")).unwrap_err().to_string(),
        format!("template.json: file is {} bytes, over the limit of 10", JSON.len())
    );
}

#[test]
fn a_file_is_replaced_and_counted_once() {
    let limits = Limits { max_pack_bytes: 10, max_pack_files: 1, ..Limits::default() };
    let mut pack = Pack::new(&limits);
    pack.add("a", *b"123456789").unwrap();
    pack.add("./a", *b"12345").unwrap();
    assert_eq!(pack.files().collect::<Vec<_>>(), [("a", &b"12345"[..])]);
    assert_eq!(pack.add("b", *b"").unwrap_err().to_string(), "pack has 2 files, over the limit of 1");
    assert_eq!(pack.add("a", [0; 11]).unwrap_err().to_string(), "pack is 11 bytes, over the limit of 10");
    let clone = pack.clone();
    pack.add("a", *b"1234567890").unwrap();
    assert_eq!((pack.get("a").map(|b| b.len()), clone.get("a").map(|b| b.len())), (Some(10), Some(5)));
}

#[test]
fn what_is_missing_or_wrong_is_told_with_its_file() {
    let says = |change: &dyn Fn(&mut Pack)| {
        let mut pack = card();
        change(&mut pack);
        pack.open(&Fonts::new(), None).unwrap_err().to_string()
    };
    let put = |path: &'static str, bytes: &'static [u8]| says(&move |pack: &mut Pack| pack.add(path, bytes).unwrap());
    assert_eq!(Pack::new(&Limits::default()).wanted().unwrap_err().to_string(), "template.json: a pack must have a template, found none");
    assert_eq!(
        put("template.json", b"{ \"templrender\": 1, \"name\": \"t\", \"size\": [4, 2], \"layers\": [], \"x\": 1 }"),
        "1:64: template.json: x: unknown key \"x\""
    );
    assert_eq!(put("template.json", b"{ \xff"), "template.json: byte 2: the file must be UTF-8");
    assert!(put("fonts/a.ttf", b"OTTO").starts_with("fonts/a.ttf: font: a font must be a whole TrueType"));
    assert_eq!(put("assets/logo.svg", b"<!doctype html><title>404</title>"), "assets/logo.svg: this is an HTML page, not a picture");
    assert_eq!(put("fallback.json", b"[]"), "fallback.json: row: a row must be a JSON object, found list");
    let url = put("fallback.json", br#"{ "photo": "https://a.example/x.png?key=secret" }"#);
    assert_eq!(url, "fallback.json: a fallback's picture must be an asset or a file of the template's folder, found a URL");
    assert_eq!(
        put("fallback.json", br#"{ "photo": "x.png" }"#),
        "x.png: a picture of the template must be in its pack, this one is missing"
    );
    let mut pack = card();
    pack.add("fallback.json", *br#"{ "photo": "../x.png" }"#).unwrap();
    assert_eq!(pack.wanted().unwrap_err().to_string(), "../x.png: a template's pictures must lie in its folder, this path leads out of it");
    pack.add("fallback.json", *br#"{ "photo": "x.png" }"#).unwrap();
    assert_eq!(pack.wanted().unwrap(), ["x.png"]);
    assert_eq!(pack.to_zip().unwrap_err().to_string(), "x.png: a pack must have all files that its template uses, this one is missing");
    // Only the variant draws it.
    let json = JSON.replace(r#""if": "photo""#, r#""id": "p", "if": "photo""#);
    let json = json.replace(r#""size": [20, 40]"#, r#""size": [20, 40], "layers": { "p": { "if": "true" } }"#);
    let mut pack = Pack::new(&Limits::default());
    pack.add("template.json", json.into_bytes()).unwrap();
    pack.add("assets/logo.svg", SVG).unwrap();
    pack.add("fallback.json", *b"{}").unwrap();
    let said = pack.open(&Fonts::new(), None).unwrap_err().to_string();
    assert_eq!(said, "fallback.json: variant story: layers[1]: picture is missing: it has no source");
}

#[test]
fn fonts_are_shared_between_bundles_with_the_same_files() {
    let font = std::fs::read("tests/fonts/NotoSans-Regular.subset.ttf").unwrap();
    let host = Fonts::new();
    let with_font = |path: &str| {
        let mut pack = card();
        pack.add(path, font.clone()).unwrap();
        pack
    };
    let first = with_font("fonts/a.ttf").open(&host, None).unwrap();
    let second = with_font("fonts/deep/er/b.TTF").open_beside(&host, None, [&first]).unwrap();
    assert!(second.fonts().same(first.fonts()));
    assert_eq!(second.version(), first.version(), "a font's name does not matter");
    let plain = card().open_beside(&host, None, [&first]).unwrap();
    assert!(plain.fonts().is_empty() && plain.version() != first.version());
}

#[test]
fn every_bit_that_is_turned_is_found_or_does_not_matter() {
    for streamed in [false, true] {
        let made = |made: Made| Made { descriptor: streamed, ..made };
        let whole = zip(&[made(template()), made(stored("assets/logo.svg", SVG))]);
        let pack = read(&whole).unwrap();
        let mut harmless = 0;
        for bit in 0..whole.len() * 8 {
            let mut bent = whole.clone();
            bent[bit / 8] ^= 1 << (bit % 8);
            if let Ok(same) = read(&bent) {
                assert!(same.files().eq(pack.files()), "bit {bit}");
                harmless += 1;
            }
        }
        // Times, versions, attributes, flags that say nothing here.
        assert!(harmless > 100 && harmless < whole.len() * 2, "{harmless} of {}", whole.len() * 8);
        for end in 0..whole.len() {
            assert!(read(&whole[..end]).is_err(), "cut at {end}");
        }
    }
}

fn files() -> impl Strategy<Value = BTreeMap<String, Vec<u8>>> {
    let path = prop_oneof!["assets/[a-c]{1,2}\\.png", "fonts/[ab]/[ab]\\.ttf", "fonts/[a-cß]\\.otf", "rows/[ab]\\.json", "[ab]"];
    let bytes = prop_oneof![prop::collection::vec(any::<u8>(), 0..40), prop::collection::vec(0..2_u8, 0..900)];
    prop::collection::btree_map(path, bytes, 0..6)
}

fn packed(files: &BTreeMap<String, Vec<u8>>) -> Pack {
    let mut pack = card();
    for (path, bytes) in files {
        pack.add(path, bytes.clone()).unwrap();
    }
    pack
}

proptest! {
    #[test]
    fn a_zip_of_a_zip_is_that_zip(files in files()) {
        let zip = packed(&files).to_zip().unwrap();
        let again = read(&zip).unwrap();
        prop_assert_eq!(again.to_zip().unwrap(), zip);
        for (path, bytes) in again.files() {
            prop_assert!(path == "template.json" || path == "assets/logo.svg" || files.get(path).is_some_and(|had| had == bytes));
        }
        prop_assert!(files.keys().filter(|path| path.starts_with("fonts/")).all(|path| again.get(path).is_some()));
    }

    #[test]
    fn a_bent_zip_is_refused_or_the_same(files in files(), streamed in any::<bool>(), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let entries: Vec<Made> = packed(&files).files().map(|(path, bytes)| Made { descriptor: streamed, ..deflated(path, bytes) }).collect();
        let whole = zip(&entries);
        let mut bent = whole.clone();
        bent[at.index(whole.len())] ^= 1 << bit;
        if let Ok(pack) = read(&bent) {
            let same = packed(&files);
            prop_assert_eq!(pack.files().collect::<Vec<_>>(), same.files().collect::<Vec<_>>());
        }
        prop_assert!(read(&whole[..at.index(whole.len())]).is_err());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), at in any::<prop::sample::Index>()) {
        let whole = zip(&[template(), stored("assets/logo.svg", SVG)]);
        let at = at.index(whole.len());
        let mut mixed = whole.clone();
        mixed.splice(at..(at + bytes.len()).min(whole.len()), bytes);
        let limits = Limits { max_input_bytes: 4 << 10, ..Limits::default() };
        if let Ok(pack) = Pack::from_zip(&mixed, &limits) {
            prop_assert!(pack.files().map(|(_, bytes)| bytes.len()).sum::<usize>() < 9 << 10);
        }
    }
}
