//! Values that are refused, with the whole sentence.

use super::{Input, declare, number};

/// Property, value, message.
#[rustfmt::skip]
const REFUSED: &[(&str, &str, &str)] = &[
    ("font-size", "banana", "font-size must be a length, found \"banana\""),
    ("font-size", "2rem", "font-size takes no rem, write px or em, found \"2rem\""),
    ("font-size", "12pt", "font-size takes no pt, write px, found \"12pt\""),
    ("font-size", "3cm", "font-size takes px, %, em, vw, vh, vmin and vmax, not \"cm\", found \"3cm\""),
    ("font-size", "-4px", "font-size must not be negative, found \"-4px\""),
    ("font-size", "", "font-size must be a length, found \"\""),
    ("line-height", "58", "a line-height of 58 means 58 times the font size, did you mean \"58px\"?"),
    ("text-align", "centre", "text-align must be one of start, end, left, right, center, justify, found \"centre\", did you mean \"center\"?"),
    ("text-align", "start end", "text-align must be one of start, end, left, right, center, justify, found \"start end\""),
    ("color", "rad", "color must be a colour or a gradient, found \"rad\", did you mean \"red\"?"),
    ("color", "#12345", "color takes 3, 4, 6 or 8 hexadecimal digits after #, found \"#12345\""),
    ("color", "oklch(50% 0.1 20)", "color takes colours as names, #, rgb(), hsl() and hwb(), not oklch(), found \"oklch(50% 0.1 20)\""),
    ("color", "rgb(1, 2%, 3)", "color takes either numbers or percentages in rgb() with commas, found \"rgb(1, 2%, 3)\""),
    ("color", "rgb(1 2 3, 4)", "color must be a colour or a gradient, found \"rgb(1 2 3, 4)\""),
    ("color", "rgb(1 2 3", "color must close its parentheses, found \"rgb(1 2 3\""),
    ("color", "inherit", "color takes none of CSS's global words (null removes a key), found \"inherit\""),
    ("padding", "1px -2px", "padding must not be negative, found \"1px -2px\""),
    ("padding", "auto", "padding must be one to four lengths or percentages, found \"auto\""),
    ("margin", "1px 2px 3px 4px 5px", "margin must be one to four lengths, percentages or auto, found \"1px 2px 3px 4px 5px\""),
    ("border-radius", "20 0 30", "border-radius needs a unit after 20, found \"20 0 30\""),
    ("border", "10px groove #a66", "border takes the border styles none, hidden, solid, dashed, dotted and double, found \"10px groove #a66\""),
    ("border-left-style", "solit", "border-left-style must be one of none, hidden, solid, dashed, dotted, double, found \"solit\", did you mean \"solid\"?"),
    ("border-width", "5%", "border-width must be one to four lengths, found \"5%\""),
    ("width", "calc(1px+2px)", "width needs white space on both sides of + and - in calc(), found \"calc(1px+2px)\""),
    ("width", "calc(1px + 2)", "width cannot add a number, a length and an angle to each other, found \"calc(1px + 2)\""),
    ("width", "calc(1px * 2px)", "width can multiply by plain numbers only, found \"calc(1px * 2px)\""),
    ("width", "calc(1px / 0)", "width cannot divide by 0, found \"calc(1px / 0)\""),
    ("width", "calc(1px / 2px)", "width can divide by plain numbers only, found \"calc(1px / 2px)\""),
    ("width", "calc(sqrt(2) * 1px)", "width takes calc(), min(), max() and clamp(), not sqrt(), found \"calc(sqrt(2) * 1px)\""),
    ("width", "clamp(1px, 2px)", "width takes clamp() with a smallest, a wanted and a largest value, found \"clamp(1px, 2px)\""),
    ("width", "calc(999999999px * 999999999 * 999999999 * 999999999 * 999999999)", "width must stay finite, found \"calc(999999999px * 999999999 * 999999999 * 999999999 * 999999999…\""),
    ("width", "1e10px", "width takes numbers up to 1000000000, found \"1e10px\""),
    ("width", "max-content", "width must be a length, a percentage or auto, found \"max-content\""),
    ("width", "10px !important", "width must be a length, a percentage or auto, found \"10px !important\""),
    ("background", "red, blue", "background takes a colour in its last layer only, found \"red, blue\""),
    ("background", "linear-gradient(red, blue) no-repeat", "background takes colours and gradients, no position, size or repeat, found \"linear-gradient(red, blue) no-repeat\""),
    ("background", "url(a.png)", "background takes colours and gradients, no pictures (write an image layer), found \"url(a.png)\""),
    ("background", "linear-gradient(red)", "background needs two colours or more in a gradient, one at its end, found \"linear-gradient(red)\""),
    ("background", "linear-gradient(red, blue, 20%)", "background needs two colours or more in a gradient, one at its end, found \"linear-gradient(red, blue, 20%)\""),
    ("background", "linear-gradient(in oklch, red, blue)", "background takes gradients in sRGB only, without \"in\", found \"linear-gradient(in oklch, red, blue)\""),
    ("background", "linear-gradient(red, currentColor)", "background takes no currentColor in a gradient, found \"linear-gradient(red, currentColor)\""),
    ("background", "radial-gradient(circle 10%, red, blue)", "background takes one length for a circle's radius, two lengths or percentages for an ellipse's, found \"radial-gradient(circle 10%, red, blue)\""),
    ("box-shadow", "1px", "box-shadow must be none or a list of shadows such as \"0 4px 12px #0008\", found \"1px\""),
    ("box-shadow", "1px 1px -1px red", "box-shadow must not be negative, found \"1px 1px -1px red\""),
    ("text-shadow", "1px 1px 1px 1px red", "text-shadow must be none or a list of shadows such as \"0 2px 4px #0008\", found \"1px 1px 1px 1px red\""),
    ("filter", "blurr(2px)", "filter must be none or filter functions such as \"blur(4px)\", found \"blurr(2px)\""),
    ("filter", "brightness(-1)", "filter must not be negative, found \"brightness(-1)\""),
    ("transform", "rotateX(20deg)", "transform takes functions in two dimensions only, found \"rotateX(20deg)\""),
    ("transform", "rotate(20)", "transform must be none or transform functions such as \"rotate(12deg)\", found \"rotate(20)\""),
    ("transform-origin", "0 0 5px", "transform-origin takes an origin in two dimensions only, found \"0 0 5px\""),
    ("font-weight", "1001", "font-weight must be from 1 to 1000, found \"1001\""),
    ("font-feature-settings", "'li' 1", "font-feature-settings takes tags of four ASCII characters, found \"'li' 1\""),
    ("font-family", "Noto \"Sans\"", "font-family needs commas between its families, and quotes around the whole of one, found \"Noto \\\"Sans\\\"\""),
    ("font-family", "a, , b", "font-family must not name an empty family, found \"a, , b\""),
    ("grid-template-columns", "[a] 1fr", "grid-template-columns takes no names of lines, found \"[a] 1fr\""),
    ("grid-template-columns", "repeat(auto-fill, 1fr)", "grid-template-columns takes lengths, percentages and minmax() with one of them beside auto-fill and auto-fit, found \"repeat(auto-fill, 1fr)\""),
    ("grid-template-columns", "repeat(2000, 1fr)", "grid-template-columns must repeat its tracks 1 to 1000 times, found \"repeat(2000, 1fr)\""),
    ("grid-template-columns", "repeat(600, 1fr 1fr)", "grid-template-columns takes at most 1000 tracks, found \"repeat(600, 1fr 1fr)\""),
    ("grid-column", "0", "grid-column counts lines from 1, or from -1 at the end, found \"0\""),
    ("grid-column", "span 0", "grid-column must span 1 track or more, found \"span 0\""),
    ("order", "1.5", "order must be a whole number, found \"1.5\""),
    ("line-clamp", "0", "line-clamp must be 1 or more, found \"0\""),
    ("min-font-size", "1em", "min-font-size must be in px, found \"1em\""),
    ("min-font-size", "0", "min-font-size must be positive, found \"0\""),
    ("lang", "english language", "lang must be a BCP 47 language tag such as \"en-GB\", found \"english language\""),
    ("object-position", "smart", "object-position \"smart\" is not supported yet"),
    ("object-position", "top 10px", "object-position must be a position such as \"50% 20%\" or \"right 10px bottom 5px\", or face, found \"top 10px\""),
    ("object-view-box", "circle(40%)", "object-view-box must be none or a rectangle such as \"inset(10% 0)\" or \"xywh(20px 10px 300px 200px)\", found \"circle(40%)\""),
    ("object-view-box", "xywh(0 0 -1px 2px)", "object-view-box must not be negative, found \"xywh(0 0 -1px 2px)\""),
    ("object-view-box", "inset(1px round 4px)", "object-view-box must be none or a rectangle such as \"inset(10% 0)\" or \"xywh(20px 10px 300px 200px)\", found \"inset(1px round 4px)\""),
    ("hyphens", "none", "`hyphens` is not supported yet"),
    ("clip-path", "circle(40%)", "`clip-path` is not supported yet"),
    ("fontsize", "1px", "unknown key \"fontsize\", did you mean \"font-size\"?"),
];

#[test]
fn messages_state_rule_and_value() {
    for (name, value, message) in REFUSED {
        assert_eq!(declare(name, &Input::Text(value)), Err((*message).to_owned()), "{name}: {value}");
    }
}

#[test]
fn other_json_values_are_refused_too() {
    let refused = |name, input| declare(name, &input).unwrap_err();
    assert_eq!(refused("opacity", Input::Bool(true)), "opacity must be a number or a percentage, found true");
    assert_eq!(refused("width", Input::Number(f64::NAN)), "width must be a finite number, found NaN");
    assert_eq!(refused("width", Input::Number(f64::NEG_INFINITY)), "width must be a finite number, found -inf");
    assert_eq!(refused("width", Input::Number(-4.0)), "width must not be negative, found -4");
    assert_eq!(refused("width", Input::Number(1e300)).split(", found").next(), Some("width takes numbers up to 1000000000"));
    assert_eq!(number("line-height", 58.0).unwrap_err(), "a line-height of 58 means 58 times the font size, did you mean \"58px\"?");
    assert_eq!(refused("font-family", Input::Number(4.0)), "font-family must be family names with commas between, found 4");
    assert_eq!(
        refused("gap", Input::List(&[Input::Number(1.0), Input::Bool(false)])),
        "gap must be one or two lengths or percentages, found [1, false]"
    );
    let mut nested = Input::Number(1.0);
    for _ in 0..9 {
        nested = Input::List(Vec::leak(vec![nested]));
    }
    assert_eq!(refused("gap", nested), "gap takes lists at most 4 deep");
    let many = vec![Input::Number(1.0); 20_000];
    assert_eq!(refused("gap", Input::List(&many)), "gap takes at most 16384 words, numbers and signs, found [1, 1, 1, 1, 1, 1, 1, 1, …]");
    let long = "a".repeat(70_000);
    assert_eq!(
        refused("font-family", Input::Text(&long)),
        format!("font-family must be at most 65536 bytes long, found \"{}…\"", "a".repeat(64))
    );
    assert_eq!(
        refused("width", Input::Text(&"calc(".repeat(20))).split(", found").next(),
        Some("width must nest its parentheses at most 16 deep")
    );
}
