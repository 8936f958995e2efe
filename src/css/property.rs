//! Shim until the styles' branch is merged.
use super::style::TextColor;
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Declaration {
    Color(Option<TextColor>),
    Other(String),
}
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Input<'a> {
    Bool(bool),
    Number(f64),
    Text(&'a str),
    List(&'a [Input<'a>]),
}
pub(crate) struct Property {
    pub(crate) name: &'static str,
    pub(crate) rank: u8,
    pub(crate) grammar: &'static str,
    pub(crate) keywords: &'static [&'static str],
    pub(crate) supported: bool,
}
const fn p(name: &'static str) -> Property {
    Property { name, rank: 1, grammar: "", keywords: &[], supported: true }
}
pub(crate) const PROPERTIES: &[Property] =
    &[p("left"), p("top"), p("right"), p("bottom"), p("width"), p("height"), p("background"), p("color"), p("font-size"), p("display")];
pub(crate) fn property(name: &str) -> Option<&'static Property> {
    PROPERTIES.iter().find(|p| p.name == name)
}
pub(crate) fn declare(name: &str, input: &Input<'_>) -> Result<Declaration, String> {
    Ok(Declaration::Other(format!("{name}: {input:?}")))
}
