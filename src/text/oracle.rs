//! Holds plain text layers against Chromium's lines.
//!
//! Reads templates and the metrics that `../shared/oracle/template_oracle.py` wrote for them, from the folders in
//! `TEMPLRENDER_TEXT_ORACLE` (pairs `templates:metrics`, separated by `;`). Only texts outside flex boxes are compared; whatever is not
//! understood here is skipped and counted.

use serde_json::Value;
use std::path::{Path, PathBuf};

use super::*;
use crate::css::length::Length;
use crate::css::style::*;

pub(super) fn shared_fonts() -> Option<Fonts> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora/fonts");
    let mut paths: Vec<PathBuf> = Vec::new();
    for folder in ["noto", "resvg"] {
        paths.extend(std::fs::read_dir(root.join(folder)).ok()?.map(|e| e.unwrap().path()));
    }
    paths.sort();
    let mut fonts = Fonts::new();
    for path in paths.iter().filter(|p| p.extension().is_some_and(|e| e == "ttf" || e == "otf")) {
        fonts.add(std::fs::read(path).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    }
    Some(fonts)
}

fn length(v: &Value) -> Option<Length> {
    if let Some(n) = v.as_f64() {
        return Some(Length::Px(n as f32));
    }
    let s = v.as_str()?.trim();
    let number = |suffix: &str| s.strip_suffix(suffix).and_then(|n| n.parse::<f32>().ok());
    number("px").map(Length::Px).or(number("em").map(Length::Em)).or(number("%").map(|p| Length::Em(p / 100.0)))
}

fn style_of(keys: &Value, parent: &TextStyle) -> Option<(TextStyle, VerticalAlign)> {
    let mut s = parent.clone();
    let mut align = VerticalAlign::Baseline;
    for (key, v) in keys.as_object()? {
        let text = v.as_str().unwrap_or_default();
        match key.as_str() {
            "font-family" => {
                let names: Vec<String> = match v.as_array() {
                    Some(list) => list.iter().map(|x| x.as_str().unwrap().to_owned()).collect(),
                    None => text.split(',').map(|n| n.trim().trim_matches(['\'', '"']).to_owned()).collect(),
                };
                s.font_family = names.into();
            }
            "font-size" => s.font_size = length(v)?,
            "font-weight" => s.font_weight = v.as_f64().map(|w| w as f32).or((text == "bold").then_some(700.0))?,
            "font-style" => s.font_style = if text == "italic" { FontStyle::Italic } else { FontStyle::Normal },
            "font-stretch" => s.font_stretch = text.trim_end_matches('%').parse().ok()?,
            "font-variation-settings" | "font-feature-settings" => {
                for setting in text.split(',') {
                    let (tag, value) = setting.trim().split_once("' ").unwrap_or((setting.trim().trim_end_matches('\''), "1"));
                    let tag: [u8; 4] = tag.trim_start_matches('\'').as_bytes().try_into().ok()?;
                    if key.contains("feature") {
                        s.font_features.push((tag, value.parse().ok()?));
                    } else {
                        s.font_variations.push((tag, value.parse().ok()?));
                    }
                }
            }
            "line-height" => {
                s.line_height = match v.as_f64() {
                    Some(n) => LineHeight::Factor(n as f32),
                    None if text == "normal" => LineHeight::Normal,
                    None => LineHeight::Length(length(v)?),
                }
            }
            "letter-spacing" => s.letter_spacing = length(v)?,
            "word-spacing" => s.word_spacing = length(v)?,
            "text-align" => {
                s.text_align = match text {
                    "start" => TextAlign::Start,
                    "end" => TextAlign::End,
                    "left" => TextAlign::Left,
                    "right" => TextAlign::Right,
                    "center" => TextAlign::Center,
                    "justify" => TextAlign::Justify,
                    _ => return None,
                }
            }
            "text-transform" => {
                s.text_transform = match text {
                    "uppercase" => TextTransform::Uppercase,
                    "lowercase" => TextTransform::Lowercase,
                    "capitalize" => TextTransform::Capitalize,
                    _ => TextTransform::None,
                }
            }
            "white-space" => {
                s.white_space = match text {
                    "normal" => WhiteSpace::Normal,
                    "nowrap" => WhiteSpace::NoWrap,
                    "pre" => WhiteSpace::Pre,
                    "pre-line" => WhiteSpace::PreLine,
                    _ => WhiteSpace::PreWrap,
                }
            }
            "text-wrap" => match text {
                "balance" => s.text_wrap_balance = true,
                // The generator leaves white-space at pre-wrap here.
                "nowrap" => s.white_space = WhiteSpace::Pre,
                _ => return None,
            },
            "overflow-wrap" => {
                s.overflow_wrap = match text {
                    "anywhere" => OverflowWrap::Anywhere,
                    "break-word" => OverflowWrap::BreakWord,
                    _ => OverflowWrap::Normal,
                }
            }
            "lang" => s.lang = Some(text.into()),
            "direction" => {
                s.direction = match text {
                    "ltr" => Direction::Ltr,
                    "rtl" => Direction::Rtl,
                    _ => Direction::Auto,
                }
            }
            "vertical-align" => {
                align = match text {
                    "sub" => VerticalAlign::Sub,
                    "super" => VerticalAlign::Super,
                    "text-top" => VerticalAlign::TextTop,
                    "text-bottom" => VerticalAlign::TextBottom,
                    "middle" => VerticalAlign::Middle,
                    "baseline" => VerticalAlign::Baseline,
                    _ => VerticalAlign::Length(length(v)?),
                }
            }
            "hyphens" => return None,
            _ => {}
        }
    }
    Some((s, align))
}

#[derive(Default)]
struct Score {
    layers: usize,
    lines: usize,
    places: usize,
    worst: Vec<String>,
}

fn bound(text: &str, row: &Value) -> String {
    let mut out = text.to_owned();
    for (name, value) in row.as_object().into_iter().flatten() {
        out = out.replace(&format!("{{{{ {name} }}}}"), value.as_str().unwrap_or_default());
    }
    out
}

fn compare(template: &Value, row: &Value, metrics: &Value, name: &str, engine: &mut TextEngine, score: &mut Score) {
    let fonts: std::sync::Arc<[String]> =
        template["fonts"].as_array().into_iter().flatten().map(|f| f.as_str().unwrap().to_owned()).collect();
    let canvas = (template["size"][0].as_f64().unwrap() as f32, template["size"][1].as_f64().unwrap() as f32);
    let document = style_of(template, &TextStyle::default()).unwrap().0;
    for (index, layer) in template["layers"].as_array().unwrap().iter().enumerate() {
        if layer["type"] != "text" {
            continue;
        }
        let id = layer["id"].as_str().map_or(format!("layers[{index}]"), str::to_owned);
        let seen = &metrics["layers"][&id];
        let (Some(expected), Some((style, _))) = (seen["lines"].as_array(), style_of(layer, &document)) else { continue };
        let raw = match layer["text"].as_array() {
            Some(list) => list.clone(),
            None => vec![serde_json::json!({ "text": layer["text"] })],
        };
        let spans: Vec<TextSpan> = raw
            .iter()
            .map(|span| {
                let (mut own, vertical_align) = style_of(span, &style).unwrap();
                if span["font-size"].is_null() {
                    own.font_size = Length::Em(1.0);
                }
                TextSpan { text: bound(span["text"].as_str().unwrap(), row), style: own, decoration: None, vertical_align }
            })
            .collect();
        let padding = |size: f32| match layer["padding"].as_str() {
            Some(em) => em.trim_end_matches("em").parse::<f32>().unwrap() * size,
            None => layer["padding"].as_f64().unwrap_or(0.0) as f32,
        };
        let request = TextRequest {
            spans: &spans,
            style: &style,
            decoration: None,
            fonts: &fonts,
            clamp: layer["line-clamp"].as_u64().map(|n| n as u32),
            ellipsis: layer["text-overflow"] == "ellipsis",
            min_font_size: layer["min-font-size"].as_f64().map(|n| n as f32),
            canvas,
        };
        let number = |i: usize| seen["box"][i].as_f64().unwrap() as f32;
        let height = layer["height"].as_f64().map(|h| h as f32);
        let width = match layer["width"].as_f64() {
            Some(w) => w as f32,
            None => {
                let most = canvas.0 - layer["left"].as_f64().unwrap_or(0.0) as f32;
                let max = engine.measure(&request, Available::MaxContent).unwrap().width;
                let min = engine.measure(&request, Available::MinContent).unwrap().width;
                max.min(most.max(min))
            }
        };
        let content = |size: f32| (width - 2.0 * padding(size), height.map(|h| h - 2.0 * padding(size)));
        let layout = engine.layout_in(&request, content).unwrap();
        let pad = padding(layout.font_size);
        let free = number(3) - 2.0 * pad - layout.height;
        let free = if layer["height"].is_null() { 0.0 } else { free };
        let down = match layer["align-content"].as_str() {
            Some("center") => free / 2.0,
            Some("end") => free,
            _ => 0.0,
        };
        let (x0, y0) = (number(0) + pad, number(1) + pad + down);
        score.layers += 1;
        let ours: Vec<&str> = layout.lines.iter().map(|l| l.text.as_str()).collect();
        let theirs: Vec<&str> = expected.iter().map(|l| l["text"].as_str().unwrap().trim_end()).collect();
        if ours != theirs || (layout.font_size - seen["font-size"].as_f64().unwrap() as f32).abs() > 0.01 {
            score
                .worst
                .push(format!("{name} {id}: size {} for {}\n  ours   {ours:?}\n  theirs {theirs:?}", layout.font_size, seen["font-size"]));
            continue;
        }
        score.lines += 1;
        let mut good = true;
        for (line, there) in layout.lines.iter().zip(expected) {
            let of = |key: &str| there[key].as_f64().unwrap() as f32;
            let near = |a: f32, b: f32, slack: f32| (a - b).abs() <= slack;
            let slack = 0.5 + 0.002 * of("width");
            if !near(line.x + x0, of("x"), slack)
                || !near(line.width, of("width"), slack)
                || !near(line.y + y0, of("y"), 1.0)
                || !near(line.height, of("height"), 1.0)
            {
                good = false;
                score.worst.push(format!(
                    "{name} {id} {:?}: x {} {} width {} {} y {} {} height {} {}",
                    line.text,
                    line.x + x0,
                    of("x"),
                    line.width,
                    of("width"),
                    line.y + y0,
                    of("y"),
                    line.height,
                    of("height")
                ));
            }
        }
        score.places += usize::from(good);
    }
}

#[test]
fn lines_are_those_of_chromium() {
    let Ok(folders) = std::env::var("TEMPLRENDER_TEXT_ORACLE") else {
        eprintln!("skipped: TEMPLRENDER_TEXT_ORACLE is not set");
        return;
    };
    let fonts = shared_fonts().expect("../shared/corpora/fonts");
    let mut engine = TextEngine::new(&fonts);
    let mut score = Score::default();
    for pair in folders.split(';') {
        let (templates, metrics) = pair.split_once(':').unwrap();
        let mut paths: Vec<PathBuf> = std::fs::read_dir(metrics).unwrap().map(|e| e.unwrap().path()).collect();
        paths.sort();
        for path in paths.iter().filter(|p| p.extension().is_some_and(|e| e == "json")) {
            let name = path.file_stem().unwrap().to_str().unwrap();
            let read = |p: &Path| std::fs::read_to_string(p).ok().and_then(|t| serde_json::from_str::<Value>(&t).ok());
            let Some(template) = read(&Path::new(templates).join(format!("{name}.json"))) else { continue };
            let row = read(&Path::new(templates).join(format!("{name}.row.json"))).unwrap_or(Value::Null);
            compare(&template, &row, &read(path).unwrap(), name, &mut engine, &mut score);
        }
    }
    println!("{}", score.worst.join("\n"));
    let share = |n: usize| 100.0 * n as f32 / score.layers.max(1) as f32;
    println!("{} text layers: lines equal in {:.1} %, places in {:.1} %", score.layers, share(score.lines), share(score.places));
    assert!(share(score.lines) >= 97.0 && share(score.places) >= 95.0);
}
