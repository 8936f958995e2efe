//! Models inside of a picture, from a template's keys to its px: generated needs, jobs, fill, fallbacks and reports, with models that tests write.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use templrender::{
    Code, Context, Detector, Engine, Error, Face, Fault, Fonts, Frame, Generator, Guard, Job, Limits, Made, Manifest, Mask, Matte, Model,
    Models, NeedId, NeedSource, NoteCode, Output, Plan, Rendered, Renderer, Resources, Row, Scratch, Template, Tensor, TensorData,
};

/// What an engine was asked.
#[derive(Default)]
struct Count {
    runs: AtomicUsize,
    largest: AtomicUsize,
}

impl Count {
    fn add(&self, pictures: usize) {
        self.runs.fetch_add(1, Ordering::Relaxed);
        self.largest.fetch_max(pictures, Ordering::Relaxed);
    }

    fn runs(&self) -> usize {
        self.runs.load(Ordering::Relaxed)
    }

    fn largest(&self) -> usize {
        self.largest.load(Ordering::Relaxed)
    }
}

/// Gives each tensor back with its values turned over.
struct Inverter(Arc<Count>);

impl Engine for Inverter {
    fn identity(&self) -> String {
        "inverter 1".to_owned()
    }

    fn run(&self, inputs: &[Tensor], _: &Guard<'_>) -> Result<Vec<Tensor>, Error> {
        let input = &inputs[0];
        self.0.add(input.shape()[0]);
        let TensorData::F32(values) = input.data() else { panic!("the manifest says float32") };
        Ok(vec![Tensor::new(input.shape(), TensorData::F32(values.iter().map(|value| 1.0 - value).collect()))?])
    }
}

/// Gives what is no number.
struct NotANumber;

impl Engine for NotANumber {
    fn identity(&self) -> String {
        "nan".to_owned()
    }

    fn run(&self, inputs: &[Tensor], _: &Guard<'_>) -> Result<Vec<Tensor>, Error> {
        let count = inputs[0].shape().iter().product();
        Ok(vec![Tensor::new(inputs[0].shape(), TensorData::F32(vec![f32::NAN; count]))?])
    }
}

/// Fails with words of its own.
struct Failing;

impl Generator for Failing {
    fn identity(&self) -> String {
        "failing".to_owned()
    }

    fn generate(&self, pictures: &[Arc<Frame>], _: &Guard<'_>) -> Vec<Result<Frame, Error>> {
        pictures.iter().map(|_| Err(Fault::new(Code::ModelFailed, "model", "out of device memory").into())).collect()
    }
}

/// The left half of what it is given stands in front.
struct LeftHalf;

impl Matte for LeftHalf {
    fn identity(&self) -> String {
        "left half".to_owned()
    }

    fn matte(&self, pictures: &[Arc<Frame>], _: &Guard<'_>) -> Vec<Result<Mask, Error>> {
        let mask = |frame: &Arc<Frame>| {
            let (width, height) = (frame.width(), frame.height());
            let row = (0..width).map(|x| if x < width / 2 { 255 } else { 0 });
            Mask::new(width, height, (0..height).flat_map(|_| row.clone()).collect())
        };
        pictures.iter().map(mask).collect()
    }
}

/// Finds these faces in every picture.
struct Faces(Vec<[f32; 4]>, Arc<Count>);

impl Detector for Faces {
    fn identity(&self) -> String {
        "faces".to_owned()
    }

    fn detect(&self, pictures: &[Arc<Frame>], _: &Guard<'_>) -> Vec<Result<Vec<Face>, Error>> {
        self.1.add(pictures.len());
        let faces: Vec<Face> = self.0.iter().map(|rect| Face { rect: *rect, score: 0.9, points: Vec::new() }).collect();
        pictures.iter().map(|_| Ok(faces.clone())).collect()
    }
}

fn manifest(id: &str, kind: &str, more: &str) -> Manifest {
    Manifest::from_json(&format!(r#"{{ "id": "{id}", "version": "1", "licence": "MIT", "kind": "{kind}"{more} }}"#)).unwrap()
}

fn network(id: &str, more: &str) -> Manifest {
    let tensors = r#", "inputs": [{ "name": "x", "role": "image", "size": [16, 16], "scale": 0.00392156862745098 }],
        "outputs": [{ "name": "y", "role": "image" }]"#;
    manifest(id, "generator", &format!("{tensors}{more}"))
}

/// All models of these tests.
struct Bench {
    renderer: Renderer,
    inverted: Arc<Count>,
    detected: Arc<Count>,
}

fn bench(faces: &[[f32; 4]]) -> Bench {
    let (inverted, detected) = (Arc::new(Count::default()), Arc::new(Count::default()));
    let mut models = Models::new();
    let mut add = |model: Result<Model, Error>| models.add(model.unwrap()).unwrap();
    let batch = r#", "runtime": { "batch": 16 }, "variants": {}"#;
    add(Model::network(network("invert", batch), Inverter(Arc::clone(&inverted))));
    add(Model::network(network("around", r#", "roi": { "mode": "face", "square": true }"#), Inverter(Arc::clone(&inverted))));
    add(Model::network(network("pasted", r#", "roi": { "mode": "face" }, "blend": { "mode": "paste" }"#), Inverter(Arc::clone(&inverted))));
    add(Model::network(network("nan", ""), NotANumber));
    add(Model::network(network("huge", r#", "runtime": { "est_peak_mb": 4000 }"#), Inverter(Arc::clone(&inverted))));
    add(Model::generator(manifest("fails", "generator", ""), Failing));
    add(Model::matte(manifest("half", "matte", ""), LeftHalf));
    add(Model::detector(manifest("faces", "detector", ""), Faces(faces.to_vec(), Arc::clone(&detected))));
    add(Ok(Model::declared(network("elsewhere", ""), "far 1")));
    Bench { renderer: Renderer::new(Fonts::new()).with_models(models), inverted, detected }
}

fn template(keys: &str) -> Template {
    let json = format!(
        r#"{{ "templrender": 1, "name": "t", "size": [20, 20], "layers": [
            {{ "id": "photo", "type": "image", "width": 20, "height": 20, {keys} }} ] }}"#
    );
    Template::parse(&json).unwrap_or_else(|error| panic!("{error}"))
}

fn plan(bench: &Bench, keys: &str, row: &str) -> Plan {
    bench.renderer.plan(&template(keys), &Row::from_json(row).unwrap(), &Context::default()).unwrap()
}

/// One colour.
fn photo(width: u32, height: u32, color: [u8; 4]) -> Vec<u8> {
    Frame::from_rgba(width, height, color.repeat((width * height) as usize)).unwrap().encode(&Output::png()).unwrap()
}

/// Red to the left of a column, blue from there on.
fn halves(width: u32, height: u32, column: u32) -> Vec<u8> {
    let px = |i: u32| if i % width < column { [255, 0, 0, 255] } else { [0, 0, 255, 255] };
    Frame::from_rgba(width, height, (0..width * height).flat_map(px).collect()).unwrap().encode(&Output::png()).unwrap()
}

/// Answers what is no model's, as a host would.
fn answer(plan: &Plan, resources: &mut Resources, pictures: &[(&str, Vec<u8>)]) {
    loop {
        let open: Vec<(NeedId, String)> = plan
            .pending(resources)
            .into_iter()
            .filter_map(|need| match need.source() {
                NeedSource::Location(location) => Some((need.id(), location.clone())),
                _ => None,
            })
            .collect();
        if open.is_empty() {
            return;
        }
        for (id, location) in open {
            match pictures.iter().find(|(name, _)| *name == location) {
                Some((_, bytes)) => resources.insert(id, bytes.clone()).unwrap(),
                None => resources.fail(id, "status 404"),
            }
        }
    }
}

/// As a host does it: answers, fills, until nothing is pending; then draws.
fn draw(bench: &Bench, plan: &Plan, pictures: &[(&str, Vec<u8>)]) -> Result<Rendered, Error> {
    let mut resources = Resources::new();
    while !plan.pending(&resources).is_empty() {
        answer(plan, &mut resources, pictures);
        bench.renderer.fill(plan, &mut resources)?;
        assert!(plan.pending(&resources).iter().all(|need| !need.is_generated()), "a host would go on for ever");
    }
    bench.renderer.render(plan, &resources, &mut Scratch::new())
}

fn px(rendered: &Rendered, x: usize, y: usize) -> [u8; 4] {
    let at = (y * 20 + x) * 4;
    rendered.frame.pixels()[at..at + 4].try_into().unwrap()
}

fn notes(rendered: &Rendered) -> Vec<(NoteCode, &str)> {
    rendered.report.notes.iter().map(|note| (note.code, note.message.as_str())).collect()
}

#[test]
fn a_model_makes_the_picture_anew() {
    let bench = bench(&[]);
    let plan = plan(&bench, r#""src": "{{ photo }}", "model": "invert""#, r#"{ "photo": "a.png" }"#);
    let mut resources = Resources::new();
    assert_eq!(plan.needs().map(templrender::Need::is_generated).collect::<Vec<_>>(), [false, true]);
    assert!(!plan.pending(&resources)[0].is_generated(), "what it is made of comes first");
    answer(&plan, &mut resources, &[("a.png", photo(40, 40, [250, 10, 30, 255]))]);
    let pending = plan.pending(&resources);
    assert_eq!(pending[0].source(), &NeedSource::Generated { model: "invert".into(), of: "a.png".into() });
    assert_eq!((pending[0].useful_px(), pending[0].origin()), ((20, 20), ""));

    let job = bench.renderer.job(&plan, pending[0].id(), &resources).unwrap();
    assert_eq!((job.need(), job.model().id()), (pending[0].id(), "invert"));
    let made = job.run(&Guard::default()).unwrap();
    let mut by_bytes = resources.clone();
    by_bytes.insert(job.need(), made.to_bytes().unwrap()).unwrap();
    resources.insert_made(job.need(), made).unwrap();
    assert!(plan.pending(&resources).is_empty());

    let rendered = bench.renderer.render(&plan, &resources, &mut Scratch::new()).unwrap();
    assert_eq!(px(&rendered, 10, 10), [5, 245, 225, 255]);
    assert_eq!(notes(&rendered), [(NoteCode::ImageEnlarged, "picture was drawn at 1.25 times its size")]);
    assert_eq!(rendered.frame, bench.renderer.render(&plan, &by_bytes, &mut Scratch::new()).unwrap().frame);
    assert_eq!(plan.resources_key(&resources), plan.resources_key(&by_bytes), "the same, whichever way it came");
    assert_eq!(rendered.frame, draw(&bench, &plan, &[("a.png", photo(40, 40, [250, 10, 30, 255]))]).unwrap().frame);
}
