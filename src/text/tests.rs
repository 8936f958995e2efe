//! Laws of text layout, on the project's own small fonts.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::css::length::Length;
use crate::css::style::*;
use crate::error::Code;

fn fonts() -> Fonts {
    static FONTS: std::sync::OnceLock<Fonts> = std::sync::OnceLock::new();
    FONTS.get_or_init(read_fonts).clone()
}

fn read_fonts() -> Fonts {
    let mut fonts = Fonts::new();
    for file in ["NotoSans-Regular", "NotoSans-Bold", "NotoSansArabic-Regular", "NotoSansThai-Regular"] {
        let path = format!("{}/tests/fonts/{file}.subset.ttf", env!("CARGO_MANIFEST_DIR"));
        fonts.add(std::fs::read(path).unwrap()).unwrap();
    }
    fonts
}

fn families() -> Arc<[String]> {
    ["Noto Sans", "Noto Sans Arabic", "Noto Sans Thai"].map(str::to_owned).into()
}

fn style(size: f32) -> TextStyle {
    TextStyle { font_size: Length::Px(size), ..TextStyle::default() }
}

fn spans(text: &str, style: &TextStyle) -> Vec<TextSpan> {
    let style = TextStyle { font_size: Length::Em(1.0), ..style.clone() };
    vec![TextSpan { text: text.to_owned(), style, decoration: None, vertical_align: VerticalAlign::Baseline }]
}

struct Case {
    spans: Vec<TextSpan>,
    style: TextStyle,
    families: Arc<[String]>,
}

impl Case {
    fn new(text: &str, style: TextStyle) -> Self {
        Self { spans: spans(text, &style), style, families: families() }
    }

    fn request(&self) -> TextRequest<'_> {
        TextRequest {
            spans: &self.spans,
            style: &self.style,
            decoration: None,
            fonts: &self.families,
            clamp: None,
            ellipsis: false,
            min_font_size: None,
            canvas: (1000.0, 1000.0),
        }
    }

    fn texts(&self, engine: &mut TextEngine, width: f32) -> Vec<String> {
        engine.layout(&self.request(), width, None).unwrap().lines.into_iter().map(|l| l.text).collect()
    }
}

#[test]
fn lines_wrap_at_words_and_clamp_with_an_ellipsis() {
    let mut engine = TextEngine::new(&fonts());
    let case = Case::new("Hand-painted ladybird mug with a handle", style(16.0));
    assert_eq!(case.texts(&mut engine, 130.0), ["Hand-painted", "ladybird mug", "with a handle"]);
    let clamped = TextRequest { clamp: Some(2), ..case.request() };
    let layout = engine.layout(&clamped, 130.0, None).unwrap();
    assert_eq!(layout.lines.iter().map(|l| l.text.as_str()).collect::<Vec<_>>(), ["Hand-painted", "ladybird mug…"]);
    assert_eq!(layout.notes, [TextNote::Cut]);
    assert_eq!(layout.lines[1].runs.last().unwrap().span, None, "the ellipsis has the layer's style");
    assert_eq!((layout.lines[0].y, layout.lines[1].y, layout.height), (0.0, 22.0, 44.0));
}

#[test]
fn a_text_shrinks_by_whole_px_until_it_fits() {
    let mut engine = TextEngine::new(&fonts());
    let case = Case::new("Hand-painted ladybird mug", TextStyle { line_height: LineHeight::Factor(1.2), ..style(48.0) });
    let request = TextRequest { min_font_size: Some(10.0), ..case.request() };
    let layout = engine.layout(&request, 130.0, Some(50.0)).unwrap();
    assert!(layout.font_size.fract() == 0.0 && (10.0..48.0).contains(&layout.font_size));
    assert_eq!(layout.notes, [TextNote::Shrunk { from: 48.0, to: layout.font_size }]);
    assert!(layout.height <= 50.0);
    let above = Case::new("Hand-painted ladybird mug", TextStyle { font_size: Length::Px(layout.font_size + 1.0), ..case.style.clone() });
    let bigger = engine.layout(&above.request(), 130.0, Some(50.0)).unwrap();
    assert_eq!(bigger.notes, [TextNote::Overflows], "one px more must not have fitted");
}

#[test]
fn what_no_face_covers_is_a_note_and_shows_a_box() {
    let mut engine = TextEngine::new(&fonts());
    let layout = engine.layout(&Case::new("ab 漢 c 漢字", style(20.0)).request(), 500.0, None).unwrap();
    assert_eq!(layout.notes, [TextNote::GlyphMissing { chars: vec!['漢', '字'] }]);
    assert_eq!(layout.lines[0].runs.iter().flat_map(|r| &r.glyphs).filter(|g| g.id == 0).count(), 3);
}

#[test]
fn a_family_that_is_not_there_and_a_slant_that_is_not_there_are_notes() {
    let mut engine = TextEngine::new(&fonts());
    let italic = TextStyle { font_style: FontStyle::Italic, font_family: vec!["Inter".to_owned()].into(), ..style(20.0) };
    let layout = engine.layout(&Case::new("ab", italic).request(), 500.0, None).unwrap();
    assert_eq!(
        layout.notes,
        [
            TextNote::FontSubstituted { used: "Noto Sans".to_owned(), why: Substitution::NotThere("Inter".to_owned()) },
            TextNote::FontStyleMissing { family: "Noto Sans".to_owned() }
        ]
    );
}

#[test]
fn no_font_and_a_damaged_font_are_errors() {
    let mut engine = TextEngine::new(&Fonts::new());
    assert_eq!(engine.layout(&Case::new("a", style(20.0)).request(), 50.0, None).unwrap_err().code, Code::NoFonts);
    let whole = std::fs::read(format!("{}/tests/fonts/NotoSans-Bold.subset.ttf", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let mut added = Fonts::new();
    assert_eq!(added.add(vec![0_u8; 100]).unwrap_err().code(), Code::DamagedResource);
    assert_eq!(added.add(whole[..200].to_vec()).unwrap_err().code(), Code::DamagedResource);
    for end in (0..whole.len()).step_by(997) {
        assert_eq!(added.add(whole[..end].to_vec()).unwrap_err().code(), Code::DamagedResource, "cut at {end}");
    }
    assert!(added.is_empty());
    // Whatever a damaged table does, it does not panic.
    for at in (0..whole.len()).step_by(397) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xff;
        let mut fonts = Fonts::new();
        if fonts.add(bytes).is_ok() {
            let mut engine = TextEngine::new(&fonts);
            let layout = engine.layout(&Case::new("office AV", style(20.0)).request(), 60.0, None).unwrap();
            for run in layout.lines.iter().flat_map(|l| &l.runs) {
                run.glyphs.iter().for_each(|g| drop(fonts.outline(run.face, &run.variations, g.id)));
            }
        }
    }
}

#[test]
fn right_to_left_lines_start_at_the_right() {
    let mut engine = TextEngine::new(&fonts());
    let case = Case::new("قميص 12.50 أزرق", TextStyle { lang: Some("ar".into()), ..style(20.0) });
    let layout = engine.layout(&case.request(), 300.0, None).unwrap();
    let line = &layout.lines[0];
    assert!((line.x + line.width - 300.0).abs() < 0.05);
    // The number stays in its reading order, between the words.
    let xs: Vec<f32> = line.runs.iter().map(|r| r.rect.x).collect();
    assert!(xs.windows(2).all(|w| w[0] < w[1]) && line.runs.len() >= 3, "{xs:?}");
}

#[test]
fn template_fonts_come_before_the_hosts() {
    let regular = std::fs::read(format!("{}/tests/fonts/NotoSans-Regular.subset.ttf", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let (mut template, host) = (Fonts::new(), fonts());
    template.add(regular).unwrap();
    let both = Fonts::layered(&template, &host);
    assert_eq!(both.len(), 5);
    assert_eq!(both.matching("noto sans", &style(16.0)).unwrap().face, FaceId(0));
    assert_eq!(both.matching("Noto Sans", &TextStyle { font_weight: 900.0, ..style(16.0) }).unwrap().face, FaceId(2));
    assert_ne!(both.digest(), host.digest());
}

#[test]
fn a_million_characters_take_linear_time() {
    let mut engine = TextEngine::new(&fonts());
    let text = "lorem ipsum-dolor ".repeat(56_000);
    let case = Case::new(&text, style(16.0));
    let layout = engine.layout(&case.request(), 500.0, None).unwrap();
    assert!(layout.lines.len() > 10_000);
    let one_word = Case::new(&"a".repeat(1_000_000), style(16.0));
    let request = TextRequest { clamp: Some(1), ellipsis: true, ..one_word.request() };
    assert_eq!(engine.layout(&request, 500.0, None).unwrap().lines.len(), 1);
    let nowrap = Case::new(&"a".repeat(1_000_000), TextStyle { white_space: WhiteSpace::NoWrap, ..style(16.0) });
    let cut = engine.layout(&TextRequest { ellipsis: true, ..nowrap.request() }, 500.0, None).unwrap();
    assert!(cut.lines[0].width <= 500.05 && cut.lines[0].text.ends_with("a…"));
}

/// Numbers read off Chromium's picture of the same text.
#[test]
fn decorations_lie_and_leave_gaps_as_in_chromium() {
    let mut engine = TextEngine::new(&fonts());
    let decoration = |underline: bool, line_through: bool| TextDecoration {
        underline,
        overline: !underline && !line_through,
        line_through,
        style: DecorationStyle::Solid,
        color: crate::css::color::ColorValue::Current,
        thickness: Length::Auto,
    };
    let mut rects = |text: &str, size: f32, decoration: TextDecoration| {
        let case = Case::new(text, style(size));
        let layout = engine.layout(&TextRequest { decoration: Some(&decoration), ..case.request() }, 900.0, None).unwrap();
        let all = layout.lines[0].runs.iter().flat_map(|r| r.decorations.iter().map(|d| d.rect)).collect::<Vec<_>>();
        (layout.lines[0].baseline, all)
    };
    let blank = "\u{a0}\u{a0}";
    for (size, baseline, under, through, over, thick) in [
        (16.0, 17.0, 18.0, 11.0, -1.0, 1.0),
        (24.0, 25.0, 27.0, 15.0, -2.0, 2.0),
        (37.0, 40.0, 42.0, 25.0, -3.0, 3.0),
        (60.0, 64.0, 67.0, 40.0, -6.0, 6.0),
    ] {
        let (found, underline) = rects(blank, size, decoration(true, false));
        assert_eq!((found, underline[0].y, underline[0].height), (baseline, under, thick), "underline at {size}");
        assert_eq!(rects(blank, size, decoration(false, true)).1[0].y, through, "line-through at {size}");
        assert_eq!(rects(blank, size, decoration(false, false)).1[0].y, over, "overline at {size}");
    }
    let gaps = rects("gypj Q,", 60.0, decoration(true, false)).1;
    let expected = [(38.0, 40.0), (60.0, 67.0), (84.0, 103.0), (121.0, 157.0)];
    let near = |a: f32, b: f32| (a - b).abs() <= 1.5;
    let seen: Vec<(f32, f32)> = gaps.iter().map(|r| (r.x, r.x + r.width)).collect();
    assert!(expected.iter().all(|e| seen.iter().any(|s| near(s.0, e.0) && near(s.1, e.1))), "{seen:?}");
}

fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z]{1,9}",
        "[а-я]{1,7}",
        "[\u{627}-\u{62a}\u{645}-\u{648}]{1,6}",
        Just("ผ้าฝ้าย".to_owned()),
        Just(" ".to_owned()),
        Just("  \n".to_owned()),
        Just("e\u{301}\u{ad}f-g\u{a0}\t".to_owned()),
        Just("\u{202e}👩‍👩‍👧 \u{200b}漢字、".to_owned()),
        "\\PC{0,4}",
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// A used engine gives what a fresh one gives, whatever it was used for.
    #[test]
    fn the_scratch_never_shows(texts in proptest::collection::vec(any_text(), 1..4), width in 1.0_f32..300.0) {
        let fonts = fonts();
        let mut used = TextEngine::new(&fonts);
        for text in &texts {
            let case = Case::new(text, style(17.0));
            let once = used.layout(&case.request(), width, Some(60.0)).unwrap();
            let again = used.layout(&case.request(), width, Some(60.0)).unwrap();
            let fresh = TextEngine::new(&fonts).layout(&case.request(), width, Some(60.0)).unwrap();
            prop_assert_eq!(&once, &again);
            prop_assert_eq!(&once, &fresh);
        }
    }

    /// Wrapping loses no visible character and makes no line too wide that could be broken.
    #[test]
    fn lines_hold_the_whole_text(text in any_text(), width in 20.0_f32..300.0) {
        let mut engine = TextEngine::new(&fonts());
        let case = Case::new(&text, TextStyle { overflow_wrap: OverflowWrap::Anywhere, ..style(16.0) });
        let layout = engine.layout(&case.request(), width, None).unwrap();
        let visible = |t: &str| t.chars().filter(|c| !c.is_whitespace() && !c.is_control() && *c != '\u{ad}').collect::<String>();
        let shown: String = layout.lines.iter().map(|l| l.text.as_str()).collect();
        prop_assert_eq!(visible(&shown).replace('-', ""), visible(&text).replace('-', ""));
        let measured = engine.measure(&case.request(), Available::Definite(width)).unwrap();
        prop_assert_eq!(measured.height, layout.height);
        let least = engine.measure(&case.request(), Available::MinContent).unwrap().width;
        let most = engine.measure(&case.request(), Available::MaxContent).unwrap().width;
        prop_assert!(least <= most + 0.05, "{} {}", least, most);
        for line in &layout.lines {
            // A hyphen that a soft hyphen shows may stick out where nothing else could be broken.
            let hyphen = if line.text.ends_with('-') { 8.0 } else { 0.0 };
            prop_assert!(line.width <= width.max(least) + 1.0 + hyphen, "{:?} {} in {}", line.text, line.width, width);
            prop_assert!(line.runs.iter().all(|r| r.glyphs.iter().all(|g| g.x.is_finite() && g.y.is_finite())));
        }
    }

    /// Twice the size in twice the room is the same picture, twice as large.
    #[test]
    fn text_scales_linearly(text in "[a-zA-Z ,.-]{0,60}", width in 20.0_f32..200.0) {
        let mut engine = TextEngine::new(&fonts());
        let small = Case::new(&text, TextStyle { line_height: LineHeight::Factor(1.5), ..style(16.0) });
        let large = Case::new(&text, TextStyle { line_height: LineHeight::Factor(1.5), ..style(32.0) });
        let narrow = small.texts(&mut engine, width);
        // Widths are counted in 64ths of a px: a line may just fit, or just not.
        let wide = [-0.05, 0.05].map(|slack| large.texts(&mut engine, width * 2.0 + slack));
        prop_assert!(wide.contains(&narrow), "{:?} {:?}", narrow, wide);
    }
}

#[cfg(feature = "default-font")]
mod last_fallback {
    use super::*;

    fn file(name: &str) -> Vec<u8> {
        std::fs::read(format!("{}/tests/fonts/{name}.subset.ttf", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    fn notes_and_faces(fonts: &Fonts, families: &[&str], text: &str) -> (Vec<TextNote>, Vec<FaceId>) {
        let case = Case { families: families.iter().map(|f| (*f).to_owned()).collect(), ..Case::new(text, style(16.0)) };
        let layout = TextEngine::new(fonts).layout(&case.request(), 1000.0, None).unwrap();
        (layout.notes, layout.lines.iter().flat_map(|l| &l.runs).map(|r| r.face).collect())
    }

    fn noto(why: Substitution) -> TextNote {
        TextNote::FontSubstituted { used: "Noto Sans".to_owned(), why }
    }

    #[test]
    fn it_has_both_weights_and_the_letters_of_its_three_scripts() {
        let fonts = Fonts::with_default();
        assert_eq!((fonts.len(), fonts.is_empty(), fonts.families()), (2, false, Vec::new()));
        let letters = "Aa09ÄßŁőŞƏəǅ ЖжІЇЄҐґ ӘҒҚҢӨҰҮҺӘ ЁЂЉ ΑΩάϊ “„«»—…‰•№™ €£¥₴₸₽₹₺₿ ẞẽỹ ﬁ";
        for (id, face) in fonts.faces() {
            assert!(fonts.is_last_fallback(id));
            let lacking: Vec<char> = letters.chars().filter(|c| !face.covers(*c)).collect();
            assert!(lacking.is_empty(), "{id:?} lacks {lacking:?}");
        }
        let of = |weight: f32| fonts.last_fallback(&TextStyle { font_weight: weight, ..style(16.0) }).unwrap().face;
        assert_eq!((of(400.0), of(700.0)), (FaceId(0), FaceId(1)));
    }

    #[test]
    fn it_comes_after_all_that_are_named_whenever_they_were_added() {
        let mut fonts = Fonts::with_default();
        fonts.add(file("NotoSansArabic-Regular")).unwrap();
        assert_eq!(fonts.families(), ["Noto Sans Arabic"]);
        let ids: Vec<bool> = fonts.faces().map(|(id, _)| fonts.is_last_fallback(id)).collect();
        assert_eq!(ids, [false, true, true]);
        let thai = {
            let mut own = Fonts::new();
            own.add(file("NotoSansThai-Regular")).unwrap();
            own
        };
        let both = Fonts::layered(&thai, &fonts);
        assert_eq!(both.families(), ["Noto Sans Arabic", "Noto Sans Thai"]);
        assert_eq!(both.faces().map(|(_, f)| f.family.as_str()).collect::<Vec<_>>()[2..], ["Noto Sans", "Noto Sans"]);
        assert_ne!(both.digest(), thai.digest());
        assert_ne!(Fonts::with_default().digest(), Fonts::new().digest());
        assert_eq!(Fonts::layered(&fonts, &Fonts::with_default()).len(), 3, "one last fallback, not two");
    }

    #[test]
    fn it_draws_what_no_named_family_has_and_says_so() {
        let mut fonts = Fonts::with_default();
        fonts.add(file("NotoSans-Bold")).unwrap();
        assert_eq!(notes_and_faces(&fonts, &["Noto Sans"], "Sale"), (Vec::new(), vec![FaceId(0)]));
        let (notes, faces) = notes_and_faces(&fonts, &["Noto Sans"], "Sale Ціна");
        assert_eq!(notes, [noto(Substitution::Uncovered("Ціна".chars().collect()))]);
        assert_eq!(faces, [FaceId(0), FaceId(1)]);
        let (notes, _) = notes_and_faces(&fonts, &["Noto Sans"], "Ж\u{e01}");
        assert_eq!(notes, [noto(Substitution::Uncovered(vec!['Ж'])), TextNote::GlyphMissing { chars: vec!['\u{e01}'] }]);
    }

    #[test]
    fn it_stands_in_where_no_named_family_is_there() {
        let mut fonts = Fonts::with_default();
        assert_eq!(notes_and_faces(&fonts, &["Inter"], "Sale"), (vec![noto(Substitution::NotThere("Inter".to_owned()))], vec![FaceId(0)]));
        assert_eq!(notes_and_faces(&fonts, &[], "Sale"), (vec![noto(Substitution::Unnamed)], vec![FaceId(0)]));
        fonts.add(file("NotoSansArabic-Regular")).unwrap();
        let (notes, faces) = notes_and_faces(&fonts, &["Inter"], "Sale");
        assert_eq!(
            (notes, faces),
            (vec![noto(Substitution::NotThere("Inter".to_owned()))], vec![FaceId(1)]),
            "not a face that happens to be there"
        );
    }
}
