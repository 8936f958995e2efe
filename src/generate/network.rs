//! Pictures through an engine: tensors of one shape in batches, each picture's part of the output looked at by itself.

use super::Engine;
use super::faces::{self, Found};
use super::input::{self, Placement};
use super::made::{Face, Mask};
use super::manifest::{Dtype, ImageInput, Input, Manifest, ModelKind, Role};
use super::output;
use super::roi::Part;
use super::tensor::{Tensor, TensorData};
use crate::error::{Code, Error, Fault};
use crate::geom::Rect;
use crate::guard::{Guard, Sentry};
use crate::limits::Limits;
use crate::pixel::Frame;

/// A part of a picture.
pub(crate) struct Asked<'a> {
    pub(crate) frame: &'a Frame,
    pub(crate) part: Part,
    /// The variant's constants instead of the manifest's.
    pub(crate) variant: Option<&'a str>,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) content: Content,
    /// How long the batch ran, by the guard's clock.
    pub(crate) us: Option<u64>,
}

#[derive(Debug)]
pub(crate) enum Content {
    /// A picture in the model's px, and what of the source picture it shows.
    Picture(Frame, Rect),
    /// A mask of the asked part.
    Mask(Mask),
    /// In px of the source picture.
    Faces(Vec<Face>),
}

/// Runs each; answers in their order.
pub(crate) fn run(
    manifest: &Manifest,
    engine: &dyn Engine,
    asked: &[Asked<'_>],
    most: usize,
    limits: &Limits,
    guard: &Guard<'_>,
) -> Vec<Result<Raw, Error>> {
    let network = Network { manifest, engine, limits, guard };
    let mut answers: Vec<Option<Result<Raw, Error>>> = asked.iter().map(|_| None).collect();
    let mut groups: Vec<(Option<&str>, Placement, Vec<usize>)> = Vec::new();
    for (i, one) in asked.iter().enumerate() {
        let Some(image) = manifest.image_input() else { continue };
        let placement = Placement::new(image, manifest.runtime.max_pixels, one.part);
        let same = |(variant, other, _): &&mut (Option<&str>, Placement, Vec<usize>)| {
            *variant == one.variant && (other.width, other.height) == (placement.width, placement.height)
        };
        match groups.iter_mut().find(same) {
            Some((.., members)) => members.push(i),
            None => groups.push((one.variant, placement, vec![i])),
        }
    }
    for (.., members) in &groups {
        for batch in members.chunks(most.max(1)) {
            let pictures: Vec<&Asked<'_>> = batch.iter().filter_map(|i| asked.get(*i)).collect();
            for (i, answer) in batch.iter().zip(network.batch(&pictures)) {
                if let Some(slot) = answers.get_mut(*i) {
                    *slot = Some(answer);
                }
            }
        }
    }
    let none = || Err(Fault::new(Code::Bug, format!("model {}", manifest.id()), "a picture must have an answer, found none").into());
    answers.into_iter().map(|answer| answer.unwrap_or_else(none)).collect()
}

struct Network<'a, 'g> {
    manifest: &'a Manifest,
    engine: &'a dyn Engine,
    limits: &'a Limits,
    guard: &'a Guard<'g>,
}

impl Network<'_, '_> {
    /// Pictures whose tensors have the same shape. What fails for all of them is tried for each alone.
    fn batch(&self, pictures: &[&Asked<'_>]) -> Vec<Result<Raw, Error>> {
        match self.together(pictures) {
            Ok(answers) => answers,
            Err(error) if pictures.len() < 2 || error.code().ends_call() => pictures.iter().map(|_| Err(error.clone())).collect(),
            Err(_) => pictures
                .iter()
                .map(|one| self.together(&[*one]).and_then(|mut answers| answers.pop().unwrap_or_else(|| Err(self.bug()))))
                .collect(),
        }
    }

    fn together(&self, pictures: &[&Asked<'_>]) -> Result<Vec<Result<Raw, Error>>, Error> {
        let sentry = Sentry::new(self.guard);
        sentry.enter("generate")?;
        let started = sentry.now_ns();
        let placements = self.placements(pictures)?;
        let inputs = self.inputs(pictures, &placements)?;
        sentry.check()?;
        let outputs = self.engine.run(&inputs, self.guard)?;
        drop(inputs);
        let us = started.zip(sentry.now_ns()).map(|(start, end)| end.saturating_sub(start) / 1_000);
        if outputs.len() != self.manifest.outputs.len() {
            let message = format!("it must give {} outputs, found {}", self.manifest.outputs.len(), outputs.len());
            return Err(Fault::new(Code::ModelOutput, self.place(), message).into());
        }
        let each = placements.iter().enumerate().map(|(i, placement)| {
            let content = self.content(&outputs, i, placements.len(), placement)?;
            Ok(Raw { content, us })
        });
        Ok(each.collect())
    }

    fn placements(&self, pictures: &[&Asked<'_>]) -> Result<Vec<Placement>, Error> {
        let image = self.manifest.image_input().ok_or_else(|| self.bug())?;
        Ok(pictures.iter().map(|one| Placement::new(image, self.manifest.runtime.max_pixels, one.part)).collect())
    }

    fn inputs(&self, pictures: &[&Asked<'_>], placements: &[Placement]) -> Result<Vec<Tensor>, Error> {
        let mut tensors = Vec::with_capacity(self.manifest.inputs.len());
        for input in &self.manifest.inputs {
            tensors.push(match input {
                Input::Image(image) => self.image(image, pictures, placements)?,
                Input::Constant { name, dtype, shape, values } => {
                    let variant = pictures.first().and_then(|one| one.variant);
                    let own = variant.and_then(|variant| self.manifest.variants.get(variant)).and_then(|constants| constants.get(name));
                    let values = own.unwrap_or(values);
                    let data = match dtype {
                        Dtype::Float32 => TensorData::F32(values.clone()),
                        Dtype::Uint8 => TensorData::U8(values.iter().map(|value| *value as u8).collect()),
                    };
                    Tensor::new(shape.clone(), data)?
                }
            });
        }
        Ok(tensors)
    }

    fn image(&self, image: &ImageInput, pictures: &[&Asked<'_>], placements: &[Placement]) -> Result<Tensor, Error> {
        let first = placements.first().ok_or_else(|| self.bug())?;
        let shape = input::shape(image, first, pictures.len());
        let holds = shape.iter().product();
        let mut data = match image.dtype {
            Dtype::Float32 => TensorData::F32(Vec::with_capacity(holds)),
            Dtype::Uint8 => TensorData::U8(Vec::with_capacity(holds)),
        };
        for (one, placement) in pictures.iter().zip(placements) {
            let scaled = input::scaled(one.frame, image, placement, self.limits).map_err(|fault| Fault { place: self.place(), ..fault })?;
            input::append(&scaled, image, &mut data);
        }
        Tensor::new(shape, data)
    }

    /// What one picture of a batch became.
    fn content(&self, outputs: &[Tensor], index: usize, count: usize, placement: &Placement) -> Result<Content, Error> {
        let model = self.manifest.id();
        let mut found = Found { boxes: Vec::new(), scores: Vec::new() };
        for (tensor, output) in outputs.iter().zip(&self.manifest.outputs) {
            let size = output::size(output, placement.width, placement.height);
            match output.role {
                Role::Ignored => {}
                Role::Image => {
                    output::check_image(tensor, model, output, count, size, &[output.channels.count()])?;
                    let numbers = output::numbers(tensor, model, output, index, count)?;
                    let picture = output::picture(numbers, model, output, size)?;
                    let part = output::part(placement.inner, output, size);
                    let shown = if part == Part::whole(&picture) { picture } else { part.cut(&picture).ok_or_else(|| self.bug())? };
                    return Ok(Content::Picture(shown, placement.source));
                }
                Role::Alpha => {
                    let many = output.activation == super::manifest::Activation::Softmax;
                    let channels = output::check_image(tensor, model, output, count, size, if many { &[] } else { &[1] })?;
                    let numbers = output::numbers(tensor, model, output, index, count)?;
                    let alpha = output::alpha(numbers, model, output, channels)?;
                    let part = output::part(placement.inner, output, size);
                    return Ok(Content::Mask(part_of_mask(&alpha, size.0, part)?));
                }
                Role::Boxes => {
                    let row = self.manifest.detector.as_ref().map_or(4, faces::row);
                    output::check_rows(tensor, model, output, count, row)?;
                    found.boxes.extend(output::numbers(tensor, model, output, index, count)?);
                }
                Role::Scores => {
                    output::check_rows(tensor, model, output, count, 1)?;
                    found.scores.extend(faces::scores(output::numbers(tensor, model, output, index, count)?, output));
                }
            }
        }
        match (self.manifest.kind, &self.manifest.detector) {
            (ModelKind::Detector, Some(anchors)) => {
                faces::check_count(&found, anchors, placement, model)?;
                Ok(Content::Faces(faces::decode(&found, anchors, placement)))
            }
            _ => Err(self.bug()),
        }
    }

    fn place(&self) -> String {
        format!("model {}", self.manifest.id())
    }

    fn bug(&self) -> Error {
        Fault::new(Code::Bug, self.place(), "a network's manifest must have inputs and outputs of its kind").into()
    }
}

fn part_of_mask(alpha: &[u8], width: usize, part: Part) -> Result<Mask, Error> {
    let (left, wide) = (part.x as usize, part.width as usize);
    let rows = alpha.chunks_exact(width.max(1)).skip(part.y as usize).take(part.height as usize);
    Mask::new(part.width, part.height, rows.flat_map(|row| row.get(left..left + wide).unwrap_or_default()).copied().collect())
}
