//! `feed --group-by` from outside: one picture for each group, and rows that are in none.

mod common;

use std::path::Path;

use common::{CARD, Room, exists};

/// A stripe for each item, in its colour.
const STRIPES: &str = r##"{
  "templrender": 1, "name": "stripes", "size": [40, 10],
  "fields": { "items": { "type": "list", "required": true, "of": { "tint": { "type": "color", "required": true }, "price": { "type": "money" } } },
              "group": { "type": "text" }, "count": { "type": "number" } },
  "skip-if": "'alone' if count < 2",
  "background": "#000000",
  "layers": [ { "id": "row", "type": "box", "left": 0, "top": 0, "width": 40, "height": 10, "display": "flex", "layers": [
    { "id": "stripe", "type": "box", "for": "item in items", "width": 10, "height": 10, "flex-shrink": 0, "background": "{{ item.tint }}" } ] } ],
  "output": { "format": "png" }
}"##;

fn summary(said: &str) -> &str {
    said.lines().find(|line| line.contains(" drawn, ")).unwrap_or_else(|| panic!("no summary in:\n{said}"))
}

/// The colours of a picture's four stripes.
fn stripes(room: &Room, name: &str) -> Vec<String> {
    let bytes = room.read(name);
    let frame = core_::Frame::decode(&bytes, &core_::Limits::default()).unwrap();
    let (width, pixels) = (frame.width() as usize, frame.to_rgba());
    [5, 15, 25, 35].map(|x| pixels[(5 * width + x) * 4..][..3].iter().map(|b| format!("{b:02x}")).collect()).to_vec()
}

#[test]
fn a_group_is_one_picture_and_a_row_in_none_is_listed() {
    let room = Room::new("group");
    room.file("t.json", STRIPES);
    let feed = "id,set,tint,price\n\
                a,mugs,#ff0000,9.00 GBP\nb,mugs,#00ff00,10.00 GBP\nc,jars,#0000ff,\nd,,#ffffff,1 GBP\ne,mugs,#ffff00,8.00 GBP\n\
                f,mugs,#ffffff,8.00 EUR\ng,a/b,#00ffff,2 GBP\nh,a/b,#ff00ff,3 GBP\nh,a/b,#ff00ff,3 GBP\ni,bad,reddish,1 GBP\nj,bad,red,1 GBP\n";
    room.file("f.csv", feed);
    let arguments = ["feed", "t.json", "f.csv", "--out", "out", "--group-by", "set", "--sort", "-price", "--top", "2"];
    let said = room.says(1, &arguments);
    assert!(summary(&said).starts_with("4 groups of 11 rows: 2 drawn, 0 unchanged, 4 failed, 1 skipped"), "{said}");
    let pictures = room.list("out/default");
    assert!(pictures.len() == 2 && pictures[0].starts_with("a_b-") && pictures[1] == "mugs.png", "{pictures:?}");
    assert_eq!(stripes(&room, "out/default/mugs.png"), ["00ff00", "ff0000", "000000", "000000"], "the two dearest");
    assert_eq!(stripes(&room, &format!("out/default/{}", pictures[0])), ["ff00ff", "00ffff", "000000", "000000"]);
    let failures: Vec<&str> = said.lines().filter(|line| line.starts_with("f.csv:")).collect();
    for (failure, start) in failures.iter().zip([
        "f.csv:5: d: column set: must have a value to be grouped by, found none",
        "f.csv:7: f: column price: the rows of a group must be alike to be sorted, found a price in EUR beside a price in GBP",
        "f.csv:10: h: column id: an id must stand once",
        "f.csv:11: bad: field items: item 1: field tint: ",
    ]) {
        assert!(failure.starts_with(start), "{failure}\nwants {start}");
    }
    assert_eq!(failures.len(), 4, "{said}");
    assert_eq!(room.text("out/index.html").matches("<article class=\"row").count(), 7);

    // Nothing is drawn twice; a row more, of a group that is drawn, draws that group alone.
    assert!(summary(&room.says(1, &arguments)).contains("0 drawn, 2 unchanged"));
    room.file("f.csv", format!("{feed}k,mugs,#808080,99 GBP\n"));
    assert!(summary(&room.says(1, &arguments)).contains("1 drawn, 1 unchanged"));
    assert_eq!(stripes(&room, "out/default/mugs.png")[0], "808080");
    let said = room.says(1, &["feed", "t.json", "f.csv", "--out", "few", "--group-by", "set", "--limit", "1"]);
    assert!(summary(&said).starts_with("1 group of 12 rows: 1 drawn"), "{said}");
    assert_eq!(stripes(&room, "few/default/mugs.png"), ["ff0000", "00ff00", "ffff00", "ffffff"], "in the feed's order");
}

#[test]
fn a_second_feed_is_laid_over_rows_before_they_are_grouped() {
    let room = Room::new("group-override");
    room.file("t.json", STRIPES);
    room.file("f.csv", "id,set,tint\na,x,#ff0000\nb,x,#00ff00\nc,y,#0000ff\n");
    room.file("o.csv", "id,set,tint\nc,x,\nb,,#ffffff\n");
    room.says(0, &["feed", "t.json", "f.csv", "--override", "o.csv", "--out", "out", "--group-by", "set"]);
    assert_eq!(stripes(&room, "out/default/x.png"), ["ff0000", "ffffff", "0000ff", "000000"]);
    assert_eq!(room.list("out/default"), ["x.png"]);
}

#[test]
fn what_cannot_be_meant_is_refused_and_half_a_feed_draws_nothing() {
    let room = Room::new("group-usage");
    room.file("t.json", CARD);
    room.file("f.csv", "id,set\na,x\n");
    let refused = |more: &[&str]| {
        let arguments: Vec<&str> = ["feed", "t.json", "f.csv", "--out", "out"].iter().chain(more).copied().collect();
        room.says(2, &arguments)
    };
    refused(&["--group-by", "set", "--rewrite", "https://x.test/"]);
    refused(&["--top", "3"]);
    refused(&["--sort", "-price"]);
    refused(&["--group-by", "set", "--top", "0"]);
    assert!(refused(&["--group-by", " "]).contains("--group-by must name a column"));
    assert!(refused(&["--group-by", "set", "--sort", "-"]).contains("--sort must name a column"));
    room.file("f.xml", "<rss><channel><item><id>1</id><set>x</set></item>");
    let said = room.says(1, &["feed", "t.json", "f.xml", "--out", "out", "--group-by", "set"]);
    assert!(said.contains("the feed breaks off: "), "{said}");
    assert!(room.list("out/default").is_empty());
}

#[test]
fn the_collage_is_drawn_from_a_feed_of_products() {
    let room = Room::new("group-collage");
    let collage = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates/collage");
    for name in ["assets/placeholder.png", "rows/photos/coffee.png", "rows/photos/bee.webp", "rows/photos/cat.png"] {
        room.file(name, std::fs::read(collage.join(name)).unwrap());
    }
    for font in std::fs::read_dir(collage.join("fonts")).unwrap().map(Result::unwrap) {
        room.file(&format!("fonts/{}", font.file_name().display()), std::fs::read(font.path()).unwrap());
    }
    let template = std::fs::read_to_string(collage.join("template.json")).unwrap();
    let template = template
        .replacen(r#""products": { "type": "list""#, r#""products": { "type": "list", "from": "items""#, 1)
        .replacen(r#""name": { "type": "text""#, r#""name": { "type": "text", "from": "title""#, 1)
        .replacen(r#""photo": { "type": "image""#, r#""photo": { "type": "image", "from": "image_link""#, 1)
        .replacen(r#""headline": { "type": "text""#, r#""headline": { "type": "text", "from": "group""#, 1);
    room.file("template.json", template);
    room.file(
        "f.tsv",
        "id\tproduct_type\ttitle\tprice\timage_link\n1\tSlow mornings\tEspresso cup\t14.00 GBP\trows/photos/coffee.png\n\
         2\tSlow mornings\tAster honey\t6.90 GBP\trows/photos/bee.webp\n3\tSlow mornings\tCat on linen\t55.00 GBP\trows/photos/cat.png\n",
    );
    let said = room.says(0, &["feed", "template.json", "f.tsv", "--out", "out", "--group-by", "product_type", "--sort", "price"]);
    assert!(summary(&said).starts_with("1 group of 3 rows: 1 drawn, 0 unchanged, 0 failed"), "{said}");
    let pictures = room.list("out/default");
    assert!(pictures.len() == 1 && pictures[0].starts_with("Slow_mornings-"), "{pictures:?}");
    if let Ok(kept) = std::env::var("KEEP_COLLAGE") {
        std::fs::copy(room.0.join("out/default").join(&pictures[0]), kept).unwrap();
    }
    assert!(exists(room.0.join("out/index.html")));
}
