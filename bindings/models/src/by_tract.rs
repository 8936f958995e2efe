//! Networks through tract: a plan for each set of shapes, optimised for them, run node by node with the guard asked in between. One thread.
//!
//! A plan costs 40 to 150 ms to make, so those of the last shapes are kept. Where the file leaves no side open there is one plan, and what it was made
//! of is let go.

use std::sync::{Arc, Mutex};

use core_::{Error, Guard, Tensor, TensorData};
use tract_onnx::prelude::{
    Datum, Framework, InferenceFact, InferenceModel, InferenceModelExt, IntoRunnable, TValue, TractError, TypedRunnableModel,
};
use tract_onnx::tract_core::plan::eval;

use crate::asks::ask;
use crate::network::{Backend, Parts, bytes, failed, lock};
use crate::onnx::{Outline, UINT8};
use crate::options::EngineKind;

pub(crate) const IDENTITY: &str = "tract 0.23.9";

/// Plans that are kept for a network of any size.
const MAX_PLANS: usize = 4;

type Plan = Arc<TypedRunnableModel>;
type Shapes = Vec<Vec<usize>>;

pub(crate) struct Tract {
    place: String,
    outline: Arc<Outline>,
    planned: Planned,
}

enum Planned {
    /// All sides are known.
    Once(Plan),
    /// The network, and the plans of the last shapes, the newest last.
    BySize(Box<InferenceModel>, Mutex<Vec<(Shapes, Plan)>>),
}

impl Tract {
    pub(crate) fn new(parts: &Parts<'_>) -> Result<Self, Error> {
        let place = parts.file.place();
        let outline = Arc::clone(parts.outline);
        let told = |error: TractError| failed(&place, EngineKind::Tract, format_args!("{error:#}"));
        let bytes = parts.file.read()?;
        let mut model = tract_onnx::onnx().model_for_read(&mut &bytes[..]).map_err(told)?;
        // The file's own order of what goes in: tract has what is no input of any node elsewhere.
        let names: Vec<&str> = outline.inputs.iter().map(|port| port.name.as_str()).collect();
        model.set_input_names(&names).map_err(told)?;
        let names: Vec<&str> = outline.outputs.iter().map(|port| port.name.as_str()).collect();
        model.select_outputs_by_name(&names).map_err(told)?;
        let known: Option<Shapes> = outline.inputs.iter().map(|port| port.shape.as_ref()?.iter().copied().collect()).collect();
        let planned = match known {
            Some(shapes) => Planned::Once(plan(model, &outline, &shapes).map_err(told)?),
            None => Planned::BySize(Box::new(model), Mutex::new(Vec::new())),
        };
        Ok(Self { place, outline, planned })
    }

    fn plan(&self, inputs: &[Tensor]) -> Result<Plan, TractError> {
        match &self.planned {
            Planned::Once(plan) => Ok(Arc::clone(plan)),
            Planned::BySize(model, plans) => {
                let shapes: Shapes = inputs.iter().map(|input| input.shape().to_vec()).collect();
                let mut plans = lock(plans);
                let known = plans.iter().position(|(known, _)| *known == shapes).map(|at| plans.remove(at).1);
                let plan = known.map_or_else(|| plan(model.as_ref().clone(), &self.outline, &shapes), Ok)?;
                if plans.len() >= MAX_PLANS {
                    plans.remove(0);
                }
                plans.push((shapes, Arc::clone(&plan)));
                Ok(plan)
            }
        }
    }
}

impl Backend for Tract {
    fn run(&self, inputs: &[Tensor], wanted: &[usize], guard: &Guard<'_>) -> Result<Vec<Tensor>, Error> {
        let told = |error: TractError| failed(&self.place, EngineKind::Tract, format_args!("{error:#}"));
        let plan = self.plan(inputs).map_err(told)?;
        let values = inputs.iter().map(value).collect::<Result<_, _>>().map_err(told)?;
        let mut ended = None;
        let outputs = plan.spawn().map_err(told)?.run_plan_with_eval(values, |context, state, node, inputs| {
            ask(guard, &self.place).map_err(|error| {
                ended = Some(error);
                TractError::msg("ended by the guard")
            })?;
            eval(context, state, node, inputs)
        });
        if let Some(ended) = ended {
            return Err(ended);
        }
        let outputs = outputs.map_err(told)?;
        wanted.iter().map(|at| tensor(outputs.get(*at)).map_err(|error| failed(&self.place, EngineKind::Tract, error))).collect()
    }
}

fn plan(mut model: InferenceModel, outline: &Outline, shapes: &Shapes) -> Result<Plan, TractError> {
    for (at, (shape, port)) in shapes.iter().zip(&outline.inputs).enumerate() {
        let dtype = if port.dtype == UINT8 { u8::datum_type() } else { f32::datum_type() };
        model.set_input_fact(at, InferenceFact::dt_shape(dtype, shape))?;
    }
    model.into_optimized()?.into_runnable()
}

fn value(tensor: &Tensor) -> Result<TValue, TractError> {
    let shape = tensor.shape();
    let made = match (tensor.as_f32(), bytes(tensor)) {
        (Some(data), _) => tract_onnx::prelude::Tensor::from_shape(shape, data)?,
        (None, Some(data)) => tract_onnx::prelude::Tensor::from_shape(shape, data)?,
        (None, None) => return Err(TractError::msg("a tensor of another type")),
    };
    Ok(made.into())
}

fn tensor(value: Option<&TValue>) -> Result<Tensor, String> {
    let value = value.ok_or("fewer outputs than the file names")?;
    let view = value.try_as_plain_ram().map_err(|error| error.to_string())?;
    let data = if value.datum_type() == f32::datum_type() {
        TensorData::F32(view.as_slice::<f32>().map_err(|error| error.to_string())?.to_vec())
    } else if value.datum_type() == u8::datum_type() {
        TensorData::U8(view.as_slice::<u8>().map_err(|error| error.to_string())?.to_vec())
    } else {
        return Err(format!("an output of {:?}, neither float32 nor uint8", value.datum_type()));
    };
    Tensor::new(value.shape(), data).map_err(|error| error.to_string())
}
