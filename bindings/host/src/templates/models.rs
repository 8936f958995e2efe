//! The models of a template: those that lie in its own folder `models`, then those that all templates share.
//!
//! Who reads a folder of models is the host's business, for this crate knows no engine: it hands in a function. A model of a template's own hides a
//! shared one of the same id. Templates are loaded again when one of their files changes; a file of models is not among those: a changed model needs
//! another start, or a template that changes with it.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use core_::{Model, Models};

use super::packed::Source;
use crate::folder::FolderError;

/// The models that templates may name.
///
/// ```
/// let none = templrender_host::TemplateModels::default();
/// assert!(none.shared.iter().next().is_none() && none.own.is_none());
/// ```
#[derive(Debug, Clone, Default)]
pub struct TemplateModels {
    /// Those that all templates share.
    pub shared: Models,
    /// Who reads those of one template; nobody does where this is `None`.
    pub own: Option<OwnModels>,
}

/// Reads the folder `models` of a template.
///
/// ```
/// use templrender_host::OwnModels;
/// let none = OwnModels::new(|folder| {
///     eprintln!("the models in {}", folder.display());
///     Ok(Vec::new())
/// });
/// # let _ = none;
/// ```
#[derive(Clone)]
pub struct OwnModels(Arc<Read>);

type Read = dyn Fn(&Path) -> Result<Vec<Model>, FolderError> + Send + Sync;

impl OwnModels {
    /// By a function that takes the folder.
    pub fn new(read: impl Fn(&Path) -> Result<Vec<Model>, FolderError> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }
}

impl fmt::Debug for OwnModels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnModels")
    }
}

impl TemplateModels {
    /// Those of one template.
    pub(super) fn of(&self, source: &Source) -> Result<Models, FolderError> {
        let (Some(OwnModels(read)), Source::Folder { folder, .. }) = (&self.own, source) else { return Ok(self.shared.clone()) };
        let folder = folder.join("models");
        if !folder.is_dir() {
            return Ok(self.shared.clone());
        }
        let mut models = Models::new();
        let own = read(&folder)?;
        for model in own {
            models.add(model).map_err(|error| FolderError::of(&folder.display().to_string(), &error))?;
        }
        for model in self.shared.iter() {
            if models.get(model.id()).is_none() {
                models.add(model.clone()).map_err(|error| FolderError::of(&folder.display().to_string(), &error))?;
            }
        }
        Ok(models)
    }
}
