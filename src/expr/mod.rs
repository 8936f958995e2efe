//! Shim until the expressions' branch is merged.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Expr(String);
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TextTemplate(String);
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ExprError {
    pub(crate) offset: usize,
    pub(crate) message: String,
}
impl Expr {
    pub(crate) fn parse(text: &str) -> Result<Self, ExprError> {
        Ok(Self(text.to_owned()))
    }
    pub(crate) fn parse_condition(text: &str) -> Result<Self, ExprError> {
        Ok(Self(text.to_owned()))
    }
    pub(crate) fn names_at(&self) -> Vec<(&str, usize)> {
        Vec::new()
    }
}
pub(crate) fn is_name(_: &str) -> bool {
    true
}
impl TextTemplate {
    pub(crate) fn parse(text: &str) -> Result<Self, ExprError> {
        Ok(Self(text.to_owned()))
    }
    pub(crate) fn names_at(&self) -> Vec<(&str, usize)> {
        Vec::new()
    }
}
