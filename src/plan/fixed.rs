//! What of a plan its template decides alone, whatever the row: under which name that may be kept, and as what it is planned again.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::{Context, Having, Plan, statics};
use crate::codec::OutputFormat;
use crate::digest;
use crate::resources::NeedId;

impl Plan {
    /// The context that the fixed layers of this plan are planned with: what was asked for or said by the row, where that shows in them.
    ///
    /// The time and its zone are not among it, for a layer that shows them has a binding. `None` of a row that is skipped.
    pub(crate) fn fixed_context(&self) -> Option<Context> {
        let canvas = self.inner.canvas.as_ref().ok()?;
        Some(Context {
            variant: self.inner.variant.clone(),
            now: None,
            lang: self.inner.lang.clone(),
            time_zone: Some("UTC".into()),
            scale: Some(canvas.scale),
            output: Some(self.inner.output.clone()),
            format: None,
        })
    }

    /// Names all that the pixels of the fixed layers and the code of a JPEG's rows hang on, but for the pictures; `context` is the fixed one.
    pub(crate) fn fixed_name(&self, context: &Context, having: Having<'_>) -> [u8; 32] {
        let output = &self.inner.output;
        let is_coded = output.format == OutputFormat::Jpeg;
        let code = is_coded.then(|| format!("{} {:?} {:?}", output.quality, output.subsampling, output.matte));
        // it names nothing outside of this process
        let mut limits = DefaultHasher::new();
        having.limits.hash(&mut limits);
        digest::of_parts(&[
            &self.inner.of.digest(),
            &having.fonts.digest(),
            &limits.finish().to_le_bytes(),
            &[u8::from(context.variant.is_some()), u8::from(context.lang.is_some())],
            context.variant.as_deref().unwrap_or_default().as_bytes(),
            context.lang.as_deref().unwrap_or_default().as_bytes(),
            &context.scale.unwrap_or(1.0).to_le_bytes(),
            code.unwrap_or_default().as_bytes(),
        ])
    }

    /// The template's layers that are the same for every row, planned; `None` where not even the canvas is.
    pub(crate) fn fixed_needs(&self, context: &Context, having: Having<'_>) -> Option<Arc<[NeedId]>> {
        // What cannot be planned without a row cannot be kept either, and the row's own plan says what is wrong.
        let fixed = statics(&self.inner.of, context, having).ok()??;
        Some(fixed.needs().map(|need| need.id()).collect())
    }

    /// What it is a plan of.
    pub(crate) fn template(&self) -> &crate::template::Template {
        &self.inner.of
    }
}
