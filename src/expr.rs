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
    pub(crate) fn names(&self) -> Vec<String> {
        Vec::new()
    }
}
impl TextTemplate {
    pub(crate) fn parse(text: &str) -> Result<Self, ExprError> {
        Ok(Self(text.to_owned()))
    }
    pub(crate) fn as_static(&self) -> Option<&str> {
        (!self.0.contains("{{")).then_some(self.0.as_str())
    }
    pub(crate) fn names(&self) -> Vec<String> {
        Vec::new()
    }
}
