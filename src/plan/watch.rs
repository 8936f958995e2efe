//! Who is told of the decisions that a plan is made of: which conditions held, and which values were null.
//!
//! A plan itself keeps no trace of what it leaves out. The check of a whole feed asks for these to say "badge: applies to 412,000 of
//! 1,000,000 rows"; everybody else passes `()`, which costs a call that does nothing.

use super::Plan;
use super::treatment::State;
use super::tree::{Content, Finder, Found, Missing, PlannedLayer, PlannedPicture};
use crate::error::Fault;
use crate::report::{Note, NoteCode};
use crate::resources::{Resources, missing};
use crate::scene::PictureId;

/// Hears of decisions by their places in the template.
pub(crate) trait Watch {
    /// Whether the `if` of a layer, of a span or of an alternative held; an alternative without an `if` that is drawn held.
    fn rule(&mut self, _path: &str, _held: bool) {}

    /// A text layer, or the first source of a picture, that was null.
    fn null(&mut self, _path: &str) {}
}

impl Watch for () {}

/// A plan as if every picture that is asked for had arrived, in a size that nobody knows: layout without resources.
pub(crate) struct Supposed<'a>(pub(crate) &'a Plan);

impl Finder for Supposed<'_> {
    fn find(&self, picture: &PlannedPicture) -> Option<Found> {
        picture.candidates.iter().find_map(|i| {
            let source = self.0.inner.sources.get(*i as usize)?;
            let unknown = Found { id: PictureId(*i), natural: None, px: None, view: None, focus: None };
            match (&source.need, source.inlined()) {
                (Some(_), _) => Some(unknown),
                (None, None | Some(Err(_))) => None,
                // What a model will make of it is not known either, nor where a face will be.
                (None, Some(Ok(_))) => match source.state(&Resources::new()) {
                    State::Ready(shown) => Some(shown.found(PictureId(*i))),
                    State::Waiting(_) => Some(unknown),
                    State::Failed(NoteCode::ModelFailed, _) => Some(unknown),
                    State::Failed(..) => None,
                },
            }
        })
    }
}

impl Supposed<'_> {
    /// The pictures that no answer can bring: those without a source, and bytes of the row that are no picture.
    pub(crate) fn settle(&self, faults: &mut Vec<Fault>, notes: &mut Vec<Note>) {
        let mut open: Vec<&PlannedLayer> = self.0.inner.canvas.iter().flat_map(|canvas| canvas.layers.iter().rev()).collect();
        while let Some(layer) = open.pop() {
            match &layer.content {
                Content::Box(children) => open.extend(children.iter().rev()),
                Content::Picture(picture) if self.find(picture).is_none() => {
                    let sources = picture.candidates.iter().filter_map(|i| self.0.inner.sources.get(*i as usize));
                    let reasons: Vec<String> =
                        sources.filter_map(|source| Some(format!("{}: {}", source.name, source.inlined()?.as_ref().err()?))).collect();
                    match picture.missing {
                        Missing::Error => faults.push(missing(&layer.path, &reasons)),
                        Missing::Hide => {
                            let why = if reasons.is_empty() { "it has no source".to_owned() } else { reasons.join("; ") };
                            notes.push(Note::new(NoteCode::ImageMissing, &layer.ident, why));
                        }
                    }
                }
                Content::Picture(picture) => {
                    // It is laid out as if its model were there: who checks a feed need not have the models that draw it.
                    let first = picture.candidates.first().and_then(|i| self.0.inner.sources.get(*i as usize));
                    if let Some((source, why)) = first.and_then(|source| Some((source, source.treatment.broken()?))) {
                        notes.push(Note::new(NoteCode::ModelFailed, &layer.ident, format!("{}: {why}", source.name)));
                    }
                }
                Content::Text(_) | Content::Path(_) => {}
            }
        }
    }
}
