//! Pictures to look at, compared exactly with `tests/golden/paint`.
//!
//! A failure writes expected, difference and actual side by side into `target/golden`; `TEMPLRENDER_BLESS=1` writes new ones and fails.

use std::path::{Path, PathBuf};

use super::*;

fn save(path: &Path, width: u32, height: u32, rgba: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut encoder = png::Encoder::new(std::io::BufWriter::new(std::fs::File::create(path).unwrap()), width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.write_header().unwrap().write_image_data(rgba).unwrap();
}

fn load(path: &Path) -> Option<(u32, u32, Vec<u8>)> {
    let mut reader = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(path).ok()?)).read_info().ok()?;
    let mut bytes = vec![0; reader.output_buffer_size()?];
    let info = reader.next_frame(&mut bytes).ok()?;
    Some((info.width, info.height, bytes))
}

fn check(name: &str, scene: &Scene) {
    let frame = render(scene);
    let (width, height, actual) = (frame.width(), frame.height(), frame.to_rgba());
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("tests/golden/paint").join(format!("{name}.png"));
    if std::env::var_os("TEMPLRENDER_BLESS").is_some() {
        if load(&path).is_none_or(|(_, _, bytes)| bytes != actual) {
            save(&path, width, height, &actual);
            panic!("blessed {}, look at it and run again", path.display());
        }
        return;
    }
    let Some((_, _, expected)) = load(&path).filter(|(w, h, _)| (*w, *h) == (width, height)) else {
        panic!("{} is not there or of another size: run with TEMPLRENDER_BLESS=1", path.display());
    };
    if expected == actual {
        return;
    }
    let stride = width as usize * 4;
    let mut sheet = Vec::new();
    for (a, b) in expected.chunks(stride).zip(actual.chunks(stride)) {
        sheet.extend_from_slice(a);
        for (x, y) in a.chunks(4).zip(b.chunks(4)) {
            let far = x.iter().zip(y).map(|(x, y)| x.abs_diff(*y)).max().unwrap_or(0);
            sheet.extend_from_slice(&[far.saturating_mul(8), 0, 0, 255]);
        }
        sheet.extend_from_slice(b);
    }
    let out = root.join("target/golden").join(format!("paint-{name}.png"));
    save(&out, width * 3, height, &sheet);
    panic!("{name} is painted differently: expected | difference | actual are in {}", out.display());
}

#[test]
fn medley_of_items() {
    check("medley", &scene(120, 90, medley()));
}

#[test]
fn medley_scaled() {
    check("medley-scaled", &Scene { scale: 1.5, ..scene(120, 90, medley()) });
}

#[test]
fn borders() {
    let (red, green, blue, grey) = (rgb(208, 40, 40), rgb(40, 160, 90), rgb(40, 90, 200), rgb(90, 90, 90));
    let four = [red, green, blue, grey];
    let mut items = vec![boxed(0.0, 0.0, 200.0, 140.0, Color::WHITE)];
    for (row, radius) in [(0.0, 0.0), (1.0, 14.0)] {
        let y = 8.0 + row * 66.0;
        let styles = [(BorderStyle::Solid, four), (BorderStyle::Dashed, [blue; 4]), (BorderStyle::Dotted, [grey; 4])];
        for (i, (style, colors)) in styles.into_iter().enumerate() {
            items.push(border(round(6.0 + 48.0 * i as f32, y, 42.0, 56.0, radius), 6.0, style, colors));
        }
        items.push(border(round(150.0, y, 42.0, 56.0, radius), 9.0, BorderStyle::Double, [red, red, green, green]));
    }
    check("borders", &scene(200, 140, items));
}

#[test]
fn shadows() {
    let mut items = vec![boxed(0.0, 0.0, 200.0, 140.0, Color::WHITE)];
    for (row, inset) in [(0.0, false), (1.0, true)] {
        for (i, (radius, sigma)) in [(0.0, 4.0), (10.0, 6.0), (22.0, 1.2)].into_iter().enumerate() {
            items.push(shadow(round(16.0 + 62.0 * i as f32, 16.0 + 64.0 * row, 44.0, 44.0, radius), 3.0, sigma, inset));
        }
    }
    check("shadows", &scene(200, 140, items));
}

#[test]
fn gradients() {
    let stops = vec![(0.0, rgb(255, 0, 0)), (0.5, rgb(255, 255, 0)), (1.0, Color { a: 0.0, ..rgb(0, 0, 255) })];
    let center = |x: f32| Point::new(x, 50.0);
    let lines = [
        GradientLine::Linear { from: Point::new(10.0, 10.0), to: Point::new(60.0, 90.0) },
        GradientLine::Radial { center: center(100.0), radius_x: 30.0, radius_y: 40.0 },
        GradientLine::Conic { center: center(165.0), from_degrees: 30.0 },
    ];
    let mut items = Vec::new();
    for (i, line) in lines.into_iter().enumerate() {
        for (repeating, y) in [(false, 10.0), (true, 75.0)] {
            let stops = if repeating { stops.iter().map(|(at, c)| (at * 0.2, *c)).collect() } else { stops.clone() };
            let rect = Rect::new(6.0 + 64.0 * i as f32, y, 58.0, 60.0);
            items.push(Item::Fill(Shape::rect(rect), Fill::Gradient(Gradient { line: line.clone(), repeating, stops })));
        }
    }
    check("gradients", &scene(200, 140, items));
}
