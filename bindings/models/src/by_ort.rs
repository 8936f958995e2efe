//! Networks through ONNX Runtime, on the CPU or an NVIDIA GPU.
//!
//! A session runs one picture at a time. Pictures side by side get a session each, as many as the machine has processors at most; they stay. A guard is
//! watched by a thread of its own while a run lasts: it tells ONNX Runtime to stop, which does so before its next operator.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use core_::{Code, Error, Fault, Guard, Tensor, TensorData};
use ort::ep::{CUDA, ExecutionProvider};
use ort::session::{RunOptions, Session, SessionInputValue};
use ort::value::{TensorRef, ValueRef};

use crate::asks::{ask, is_armed};
use crate::file::Checked;
use crate::library::{Library, library};
use crate::network::{Backend, Parts, bytes, failed, lock};
use crate::onnx::Outline;
use crate::options::{EngineKind, Options};

/// How often a guard is asked.
const WATCH: Duration = Duration::from_millis(2);

/// Loads the library, if it is not loaded yet.
pub(crate) fn identity(options: &Options) -> Result<String, Error> {
    let library = library(options)?;
    if !options.cuda {
        return Ok(format!("onnxruntime {} cpu", library.version));
    }
    if CUDA::is_available().unwrap_or(false) {
        return Ok(format!("onnxruntime {} cuda", library.version));
    }
    let message = format!("ONNX Runtime must have CUDA, found {} without: Python's package onnxruntime-gpu has it", library.version);
    Err(Fault::new(Code::BadArgument, "engine ort", message).into())
}

pub(crate) struct Ort {
    place: String,
    file: Checked,
    outline: Arc<Outline>,
    options: Options,
    library: Library,
    sessions: Mutex<Sessions>,
    freed: Condvar,
    most: usize,
}

struct Sessions {
    free: Vec<Session>,
    made: usize,
}

impl Ort {
    pub(crate) fn new(parts: &Parts<'_>) -> Result<Self, Error> {
        let most = if parts.options.cuda { 1 } else { thread::available_parallelism().map_or(1, usize::from) };
        let ort = Self {
            place: parts.file.place(),
            file: parts.file.clone(),
            outline: Arc::clone(parts.outline),
            options: parts.options.clone(),
            library: library(parts.options)?,
            sessions: Mutex::new(Sessions { free: Vec::new(), made: 1 }),
            freed: Condvar::new(),
            most,
        };
        let first = ort.session()?;
        lock(&ort.sessions).free.push(first);
        Ok(ort)
    }

    fn session(&self) -> Result<Session, Error> {
        let told = |error: &dyn std::fmt::Display| failed(&self.place, EngineKind::Ort, error);
        let mut builder = Session::builder(&self.library.environment).map_err(|error| told(&error))?;
        builder = builder.with_intra_threads(self.options.threads.max(1)).map_err(|error| told(&error))?;
        builder = builder.with_inter_threads(1).map_err(|error| told(&error))?;
        if self.options.cuda {
            let provider = CUDA::default().build().error_on_failure();
            builder = builder.with_execution_providers([provider]).map_err(|error| told(&error))?;
        }
        builder.commit_from_memory(&self.file.read()?).map_err(|error| told(&error))
    }

    /// A session that nobody else has: a free one, a new one, or the next that is given back.
    fn lend(&self, guard: &Guard<'_>) -> Result<Lent<'_>, Error> {
        let mut sessions = lock(&self.sessions);
        loop {
            if let Some(session) = sessions.free.pop() {
                return Ok(Lent { ort: self, session: Some(session) });
            }
            if sessions.made < self.most {
                sessions.made += 1;
                drop(sessions);
                return match self.session() {
                    Ok(session) => Ok(Lent { ort: self, session: Some(session) }),
                    Err(error) => {
                        lock(&self.sessions).made -= 1;
                        Err(error)
                    }
                };
            }
            ask(guard, &self.place)?;
            sessions = self.freed.wait_timeout(sessions, WATCH).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn extracted(&self, session: &mut Session, inputs: &[Tensor], wanted: &[usize], options: &RunOptions) -> Result<Vec<Tensor>, String> {
        let named = self.outline.inputs.iter().zip(inputs).map(|(port, input)| Ok((Cow::Borrowed(port.name.as_str()), value(input)?)));
        let named = named.collect::<Result<Vec<_>, ort::Error>>().map_err(|error| error.to_string())?;
        let outputs = session.run_with_options(named, options).map_err(|error| error.to_string())?;
        let names = wanted.iter().filter_map(|at| self.outline.outputs.get(*at)).map(|port| port.name.as_str());
        names.map(|name| outputs.get(name).ok_or_else(|| format!("no output {name:?}")).and_then(|value| tensor(&value.view()))).collect()
    }
}

impl Backend for Ort {
    fn run(&self, inputs: &[Tensor], wanted: &[usize], guard: &Guard<'_>) -> Result<Vec<Tensor>, Error> {
        let told = |words: String| failed(&self.place, EngineKind::Ort, words);
        let mut lent = self.lend(guard)?;
        let Some(session) = lent.session.as_mut() else { return Err(told("no session".into())) };
        let options = RunOptions::new().map_err(|error| told(error.to_string()))?;
        if !is_armed(guard) {
            return self.extracted(session, inputs, wanted, &options).map_err(told);
        }
        let is_over = AtomicBool::new(false);
        let (run, ended) = thread::scope(|scope| {
            let watch = || {
                while !is_over.load(Ordering::Acquire) {
                    if let Err(error) = ask(guard, &self.place) {
                        // If it cannot be told, the run goes on to its end and is given up then.
                        let _ = options.terminate();
                        return Err(error);
                    }
                    thread::park_timeout(WATCH);
                }
                Ok(())
            };
            let watching = thread::Builder::new().name("templrender-watch".into()).spawn_scoped(scope, watch);
            let over = Over { is_over: &is_over, watching: watching.as_ref().ok().map(|handle| handle.thread().clone()) };
            let run = self.extracted(session, inputs, wanted, &options);
            drop(over);
            // Without a thread to spare it is asked at the end alone.
            let ended = watching.map_or_else(|_| ask(guard, &self.place), |handle| handle.join().unwrap_or(Ok(())));
            (run, ended)
        });
        ended?;
        run.map_err(told)
    }
}

/// Lets the watch go, whatever ends the run.
struct Over<'a> {
    is_over: &'a AtomicBool,
    watching: Option<thread::Thread>,
}

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        if let Some(watching) = &self.watching {
            watching.unpark();
        }
    }
}

struct Lent<'a> {
    ort: &'a Ort,
    session: Option<Session>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            lock(&self.ort.sessions).free.push(session);
            self.ort.freed.notify_one();
        }
    }
}

fn value(input: &Tensor) -> Result<SessionInputValue<'_>, ort::Error> {
    let shape = input.shape().to_vec();
    match (input.as_f32(), bytes(input)) {
        (Some(data), _) => Ok(TensorRef::from_array_view((shape, data))?.into()),
        (None, Some(data)) => Ok(TensorRef::from_array_view((shape, data))?.into()),
        (None, None) => Err(ort::Error::new("a tensor of another type")),
    }
}

fn tensor(value: &ValueRef<'_>) -> Result<Tensor, String> {
    let (shape, data) = match value.try_extract_tensor::<f32>() {
        Ok((shape, data)) => (shape, TensorData::F32(data.to_vec())),
        Err(_) => match value.try_extract_tensor::<u8>() {
            Ok((shape, data)) => (shape, TensorData::U8(data.to_vec())),
            Err(error) => return Err(format!("an output that is neither float32 nor uint8: {error}")),
        },
    };
    let sides: Vec<usize> = shape.iter().map(|side| usize::try_from(*side).unwrap_or(0)).collect();
    Tensor::new(sides, data).map_err(|error| error.to_string())
}
