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

/// A colour, as far as scaling leaves it.
fn is_near(px: [u8; 4], color: [u8; 3]) -> bool {
    px.iter().zip(color).all(|(a, b)| a.abs_diff(b) <= 3) && px[3] == 255
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

#[test]
fn three_variants_of_one_card_are_one_run_and_other_settings_are_other_needs() {
    let bench = bench(&[]);
    let json = r#"{ "templrender": 1, "name": "t", "size": [20, 20],
        "variants": { "story": { "size": [20, 40] }, "wide": { "size": [40, 20], "layers": { "photo": { "width": 40 } } } }, "layers": [
            { "id": "photo", "type": "image", "src": "{{ photo }}", "width": 20, "height": 20, "model": "invert", "strength": "{{ strength }}" } ] }"#;
    let template = Template::parse(json).unwrap();
    let planned = |variant: Option<&str>, row: &str| {
        let context = Context { variant: variant.map(str::to_owned), ..Context::default() };
        bench.renderer.plan(&template, &Row::from_json(row).unwrap(), &context).unwrap()
    };
    let mut resources = Resources::new();
    for variant in [None, Some("story"), Some("wide")] {
        let plan = planned(variant, r#"{ "photo": "a.png", "strength": 1 }"#);
        answer(&plan, &mut resources, &[("a.png", photo(8, 8, [1, 2, 3, 255]))]);
        bench.renderer.fill(&plan, &mut resources).unwrap();
        assert!(plan.pending(&resources).is_empty());
    }
    assert_eq!((bench.inverted.runs(), resources.len()), (1, 2));
    let plan = planned(None, r#"{ "photo": "a.png", "strength": 0.5 }"#);
    assert_eq!(plan.pending(&resources).len(), 1);
    bench.renderer.fill(&plan, &mut resources).unwrap();
    assert_eq!(bench.inverted.runs(), 2);
}

#[test]
fn sixteen_jobs_are_one_batch_and_equal_ones_one_run() {
    let bench = bench(&[]);
    let job = |shade: u8| {
        let plan = plan(&bench, r#""src": "{{ photo }}", "model": "invert""#, r#"{ "photo": "a.png" }"#);
        let mut resources = Resources::new();
        answer(&plan, &mut resources, &[("a.png", photo(30, 20, [shade, 0, 0, 255]))]);
        bench.renderer.job(&plan, plan.pending(&resources)[0].id(), &resources).unwrap()
    };
    let jobs: Vec<Job> = (0..16).map(job).collect();
    assert!(jobs.windows(2).all(|pair| pair[0].key() != pair[1].key() && pair[0].need() == pair[1].need()), "keys are by content");
    let made = Job::run_all(&jobs, &Guard::default());
    assert_eq!((bench.inverted.runs(), bench.inverted.largest()), (1, 16));
    for (shade, made) in made.iter().enumerate() {
        let frame = made.as_ref().unwrap().frame().unwrap();
        assert_eq!(frame.pixels()[..4], [255 - shade as u8, 255, 255, 255], "each has its own");
    }
    let twins: Vec<Job> = [3, 3, 4, 3].map(job).to_vec();
    let made = Job::run_all(&twins, &Guard::default());
    assert_eq!((bench.inverted.runs(), made.len()), (2, 4));
    assert_eq!(made[0], made[3]);
    assert_ne!(made[0], made[2]);
    assert!(Job::run_all(&[], &Guard::default()).is_empty());
}

#[test]
fn layers_of_one_picture_are_filled_in_one_batch() {
    let bench = bench(&[]);
    let layers: Vec<String> = (0..5)
        .map(|i| format!(r#"{{ "type": "image", "src": "{i}.png", "left": {}, "width": 4, "height": 20, "model": "invert" }}"#, i * 4))
        .collect();
    let json = format!(r#"{{ "templrender": 1, "name": "t", "size": [20, 20], "layers": [{}] }}"#, layers.join(","));
    let plan = bench.renderer.plan(&Template::parse(&json).unwrap(), &Row::new(), &Context::default()).unwrap();
    let names: Vec<String> = (0..5).map(|i| format!("{i}.png")).collect();
    let pictures: Vec<(&str, Vec<u8>)> = names.iter().zip(0..).map(|(name, i)| (name.as_str(), photo(9, 9, [i * 10, 0, 0, 255]))).collect();
    let rendered = draw(&bench, &plan, &pictures).unwrap();
    assert_eq!((bench.inverted.runs(), bench.inverted.largest()), (1, 5));
    for i in 0..5 {
        assert_eq!(px(&rendered, i * 4 + 2, 10)[0], 255 - i as u8 * 10);
    }
}

#[test]
fn plan_and_need_follow_every_setting() {
    let bench = bench(&[]);
    let keys = [
        "",
        r#""model": "invert""#,
        r#""model": "around""#,
        r#""model": "nobody""#,
        r#""model": "invert", "strength": 0.5"#,
        r#""model": "invert", "feather": 3"#,
        r#""model": "invert", "feather": "3%""#,
        r#""model": "invert", "object-view-box": "inset(1px)""#,
        r#""model": "invert", "object-view-box": "inset(1%)""#,
        r#""model": "invert", "object-position": "face""#,
        r#""model": "invert", "cutout": "half""#,
        r#""cutout": "half""#,
        r#""object-position": "face""#,
        r#""object-view-box": "inset(1px)""#,
    ];
    let plans: Vec<Plan> = keys
        .iter()
        .map(|keys| plan(&bench, &format!(r#""src": "a.png"{}{keys}"#, if keys.is_empty() { "" } else { ", " }), "{}"))
        .collect();
    let all: std::collections::BTreeSet<_> = plans.iter().map(Plan::key).collect();
    assert_eq!(all.len(), keys.len());

    // The same keys by a row, and models that are no longer the same.
    let bound = |bench: &Bench, row: &str| {
        plan(bench, r#""src": "a.png", "model": "{{ m }}", "strength": "{{ s }}", "feather": "{{ f }}", "cutout": "{{ c }}""#, row)
    };
    let rows = [
        r#"{}"#,
        r#"{ "m": "invert" }"#,
        r#"{ "m": "invert", "s": 0.25 }"#,
        r#"{ "m": "invert", "s": "25%", "f": "4px" }"#,
        r#"{ "m": "invert", "c": "half" }"#,
    ];
    let keys: std::collections::BTreeSet<_> = rows.iter().map(|row| bound(&bench, row).key()).collect();
    assert_eq!(keys.len(), rows.len());
    for none in [r#"{ "m": "" }"#, r#"{ "m": "none" }"#, r#"{ "m": null, "c": "none" }"#] {
        assert_eq!(bound(&bench, none).needs().count(), 1, "{none}");
    }
    let with = |engine: &str| {
        let mut models = Models::new();
        models.add(Model::declared(network("invert", ""), engine)).unwrap();
        let renderer = Renderer::new(Fonts::new()).with_models(models);
        let plan = renderer.plan(&template(r#""src": "a.png", "model": "invert""#), &Row::new(), &Context::default()).unwrap();
        (plan.key(), plan.needs().nth(1).unwrap().id())
    };
    let (a, b) = (with("tract 1"), with("tract 2"));
    assert!(a.0 != b.0 && a.1 != b.1, "two engines do not give the same bits");
    let bad = |row: &str| {
        let template = template(r#""src": "a.png", "model": "invert", "strength": "{{ s }}", "cutout": "{{ c }}""#);
        bench.renderer.plan(&template, &Row::from_json(row).unwrap(), &Context::default()).unwrap_err().to_string()
    };
    assert_eq!(
        bad(r#"{ "s": 2, "c": null }"#),
        "layers[0].strength: strength must be a number from 0 to 1 or a percentage up to 100%, found 2"
    );
    assert_eq!(bad(r#"{ "s": 1, "c": "flat" }"#), "layers[0].cutout: cutout \"flat\" is not supported yet");
}

#[test]
fn what_fails_is_replaced_and_said() {
    let bench = bench(&[]);
    let red = || photo(8, 8, [200, 0, 0, 255]);
    let picture = |keys: &str| {
        let plan = plan(&bench, keys, "{}");
        draw(&bench, &plan, &[("a.png", red()), ("b.png", photo(8, 8, [0, 0, 200, 255]))])
    };
    let failed = "a.png: model fails: out of device memory";
    let original = picture(r#""src": ["a.png", "b.png"], "model": "fails", "missing": "original""#).unwrap();
    assert_eq!(px(&original, 10, 10), [200, 0, 0, 255], "the first that is there, as it is");
    let told: Vec<_> = notes(&original).into_iter().filter(|(code, _)| *code == NoteCode::ModelFailed).collect();
    assert_eq!(told, [(NoteCode::ModelFailed, failed), (NoteCode::ModelFailed, "b.png: model fails: out of device memory")]);

    let second = picture(r#""src": ["nowhere.png", "b.png"], "model": "invert", "missing": "original""#).unwrap();
    assert_eq!(px(&second, 10, 10), [255, 255, 55, 255]);
    assert_eq!(notes(&second)[0], (NoteCode::ImageMissing, "nowhere.png: status 404"));

    let hidden = picture(r#""src": "a.png", "model": "nan", "missing": "hide""#).unwrap();
    assert_eq!(px(&hidden, 10, 10), [0; 4]);
    assert_eq!(notes(&hidden)[0].0, NoteCode::ModelFailed);
    assert!(notes(&hidden)[0].1.starts_with("a.png: model nan: "), "{:?}", notes(&hidden));

    let error = picture(r#""src": "a.png", "model": "fails""#).unwrap_err();
    assert_eq!((error.code(), error.to_string()), (Code::ModelFailed, format!("layers[0]: picture is missing: {failed}")));
    let error = picture(r#""src": "a.png", "model": "nobody""#).unwrap_err();
    assert_eq!(error.to_string(), "layers[0]: picture is missing: a.png: no model is called \"nobody\"");
    let error = picture(r#""src": "a.png", "model": "half""#).unwrap_err();
    assert_eq!(error.to_string(), "layers[0]: picture is missing: a.png: model \"half\" must be a generator or upscaler, found a matte");
    let error = picture(r#""src": "a.png", "model": "huge""#).unwrap_err();
    assert!(error.to_string().contains("over the limit of 1024"), "{error}");
    let error = picture(r#""src": "a.png", "model": "elsewhere""#).unwrap_err();
    assert!(error.to_string().contains("model elsewhere: "), "{error}");
    let error = picture(r#""src": "nowhere.png", "model": "invert", "missing": "original""#).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        (Code::MissingResource, "layers[0]: picture is missing: nowhere.png: status 404")
    );
}

#[test]
fn a_need_is_optional_where_the_picture_can_do_without_it() {
    let bench = bench(&[]);
    let optional = |keys: &str| -> Vec<bool> { plan(&bench, keys, "{}").needs().map(templrender::Need::optional).collect() };
    assert_eq!(optional(r#""src": "a.png", "model": "invert""#), [false, false]);
    assert_eq!(optional(r#""src": "a.png", "model": "invert", "missing": "hide""#), [true, true]);
    assert_eq!(optional(r#""src": "a.png", "model": "invert", "missing": "original""#), [false, true]);
    assert_eq!(optional(r#""src": ["a.png", "b.png"], "model": "invert""#), [true, true, false, false]);
}

#[test]
fn a_face_places_the_picture() {
    let wide = || ("a.png", halves(200, 100, 150));
    let keys = r#""src": "a.png", "object-fit": "cover", "object-position": "face""#;
    // 20 px of 40 are seen: 130 of 200 comes to the middle, 190 and 10 only as near as the edges allow.
    for (face, left_red) in [([120.0, 40.0, 20.0, 20.0], 14), ([180.0, 40.0, 20.0, 20.0], 10), ([0.0, 0.0, 20.0, 20.0], 20)] {
        let bench = bench(&[[10.0, 10.0, 5.0, 5.0], face]);
        let rendered = draw(&bench, &plan(&bench, keys, "{}"), &[wide()]).unwrap();
        let red = (0..20).filter(|x| px(&rendered, *x, 10)[0] > 128).count();
        assert_eq!(red, left_red, "{face:?}");
        assert_eq!(rendered.report.layers[0].face, Some(face));
        assert!(rendered.report.notes.is_empty());
    }
    let bench = bench(&[]);
    let rendered = draw(&bench, &plan(&bench, keys, "{}"), &[wide()]).unwrap();
    assert_eq!(notes(&rendered), [(NoteCode::FaceMissing, "a.png: no face was found")]);
    assert_eq!(rendered.report.layers[0].face, None);
    let alone = Renderer::new(Fonts::new());
    let plan = alone.plan(&template(keys), &Row::new(), &Context::default()).unwrap();
    let mut resources = Resources::new();
    answer(&plan, &mut resources, &[wide()]);
    let rendered = alone.render(&plan, &resources, &mut Scratch::new()).unwrap();
    assert_eq!(notes(&rendered), [(NoteCode::FaceMissing, "a.png: no model finds faces")]);
}

#[test]
fn a_model_is_given_the_face_or_fails_for_want_of_one() {
    let face = [100.0, 20.0, 40.0, 40.0];
    let seen = bench(&[face]);
    let keys = |model: &str, more: &str| format!(r#""src": "a.png", "object-fit": "cover", "model": "{model}"{more}"#);
    // Red until 120, the middle of the face, then blue; turned over by the model.
    let pictures = [("a.png", halves(200, 100, 120))];
    let rendered = draw(&seen, &plan(&seen, &keys("around", ""), "{}"), &pictures).unwrap();
    assert!(is_near(px(&rendered, 3, 10), [0, 255, 255]) && is_near(px(&rendered, 16, 10), [255, 255, 0]));
    assert_eq!(rendered.report.layers[0].face, Some(face));
    let rendered = draw(&seen, &plan(&seen, &keys("pasted", ""), "{}"), &pictures).unwrap();
    assert_eq!(px(&rendered, 1, 1), [255, 0, 0, 255], "around the face the picture is as it was");
    assert!(is_near(px(&rendered, 11, 8), [0, 255, 255]), "{:?}", px(&rendered, 11, 8));
    let given = plan(&seen, &keys("around", r#", "object-view-box": "xywh(0 0 50px 50px)""#), "{}");
    assert_eq!(given.needs().count(), 2, "a view box needs no face");

    let unseen = bench(&[]);
    let error = draw(&unseen, &plan(&unseen, &keys("around", ""), "{}"), &pictures).unwrap_err();
    assert_eq!((error.code(), error.to_string().as_str()), (Code::FaceMissing, "layers[0]: picture is missing: a.png: no face was found"));
    let rendered = draw(&unseen, &plan(&unseen, &keys("around", r#", "missing": "original""#), "{}"), &pictures).unwrap();
    assert_eq!(notes(&rendered), [(NoteCode::FaceMissing, "a.png: no face was found")]);
    assert_eq!((unseen.inverted.runs(), unseen.detected.runs()), (0, 2), "asked once for each picture");
}

#[test]
fn a_cutout_comes_after_the_model_and_both_are_reported() {
    let bench = bench(&[]);
    let keys = r#""src": "a.png", "model": "invert", "cutout": "half""#;
    static NANOSECONDS: AtomicU64 = AtomicU64::new(0);
    let guard = Guard { clock: Some(|| NANOSECONDS.fetch_add(7_000, Ordering::Relaxed)), ..Guard::default() };
    let plan = plan(&bench, keys, "{}");
    let mut resources = Resources::new();
    answer(&plan, &mut resources, &[("a.png", photo(20, 20, [255, 0, 0, 255]))]);
    bench.renderer.fill_guarded(&plan, &mut resources, &guard).unwrap();
    let rendered = bench.renderer.render(&plan, &resources, &mut Scratch::new()).unwrap();
    assert_eq!((px(&rendered, 4, 10), px(&rendered, 16, 10)), ([0, 255, 255, 255], [0; 4]));
    let layer = &rendered.report.layers[0];
    let (model, cutout) = (layer.model.as_ref().unwrap(), layer.cutout.as_ref().unwrap());
    assert_eq!((model.id.as_str(), model.engine.as_str(), model.us), ("invert", "inverter 1", Some(7)));
    assert_eq!((cutout.id.as_str(), cutout.engine.as_str(), cutout.us), ("half", "left half", Some(7)));
    let json = rendered.report.to_json();
    let part =
        r#""model": { "id": "invert", "engine": "inverter 1", "us": 7 }, "cutout": { "id": "half", "engine": "left half", "us": 7 }"#;
    assert!(json.contains(part), "{json}");
}

#[test]
fn a_guard_ends_a_fill_and_nothing_counts_as_failed() {
    let bench = bench(&[]);
    let plan = plan(&bench, r#""src": "a.png", "model": "invert""#, "{}");
    let mut resources = Resources::new();
    answer(&plan, &mut resources, &[("a.png", photo(20, 20, [255, 0, 0, 255]))]);
    let cancel = AtomicBool::new(true);
    let error = bench.renderer.fill_guarded(&plan, &mut resources, &Guard { cancel: Some(&cancel), ..Guard::default() }).unwrap_err();
    assert_eq!(error.code(), Code::Cancelled);
    let late = Guard { clock: Some(|| 9), deadline_ns: Some(5), ..Guard::default() };
    assert_eq!(bench.renderer.fill_guarded(&plan, &mut resources, &late).unwrap_err().code(), Code::DeadlineExceeded);
    assert_eq!((plan.pending(&resources).len(), bench.inverted.runs()), (1, 0));
    bench.renderer.fill(&plan, &mut resources).unwrap();
    assert!(plan.pending(&resources).is_empty());
    let error = bench.renderer.job(&plan, plan.needs().next().unwrap().id(), &resources).unwrap_err();
    assert_eq!(error.code(), Code::BadArgument);
}

#[test]
fn faces_come_as_json_too() {
    let bench = bench(&[]);
    let plan = plan(&bench, r#""src": "a.png", "object-fit": "cover", "object-position": "face""#, "{}");
    let mut resources = Resources::new();
    answer(&plan, &mut resources, &[("a.png", halves(200, 100, 150))]);
    let need = plan.pending(&resources)[0].id();
    resources.insert(need, *br#" {"faces":[{"box":[150,40,20,20],"score":0.98,"points":[[155,45],[165,45]]}]}"#).unwrap();
    let report = bench.renderer.report(&plan, &resources, &mut Scratch::new()).unwrap();
    assert_eq!(report.layers[0].face, Some([150.0, 40.0, 20.0, 20.0]));
    let face = Face { rect: [1.0, 2.5, 3.0, 4.0], score: 0.5, points: vec![[1.5, 2.0]] };
    let mut again = Resources::new();
    again.insert(need, Made::of_faces(vec![face.clone()]).to_bytes().unwrap()).unwrap();
    for bad in
        ["{}", r#"{"faces":1}"#, r#"{"faces":[{"box":[1,2,3]}]}"#, r#"{"faces":[{"box":[1,2,-3,4]}]}"#, "{", r#"{"error":"not found"}"#]
    {
        let error = resources.insert(need, bad.as_bytes().to_vec()).unwrap_err();
        assert_eq!(error.code(), Code::UnknownFormat, "{bad}: {error}");
        assert!(templrender::Resources::probe(bad.as_bytes(), &Limits::default()).is_err());
    }
    resources.insert_faces(need, vec![face]);
    assert!(plan.pending(&resources).is_empty());
}

#[test]
fn what_a_network_pressed_into_a_square_gets_its_proportions_back() {
    let bench = bench(&[]);
    let keys = r#""src": "a.png", "model": "invert", "object-fit": "contain""#;
    let rendered = draw(&bench, &plan(&bench, keys, "{}"), &[("a.png", photo(80, 40, [255, 0, 0, 255]))]).unwrap();
    assert_eq!((px(&rendered, 10, 3), px(&rendered, 10, 16)), ([0; 4], [0; 4]));
    assert_eq!((px(&rendered, 10, 6), px(&rendered, 10, 13)), ([0, 255, 255, 255], [0, 255, 255, 255]));
    assert_eq!(rendered.report.layers[0].scale, Some(1.25), "of its own 16 px");
}

/// As Chromium 156 draws it, by its picture of the same boxes: `contain` shows what lies around, a box beyond the picture shows nothing there.
#[test]
fn a_view_box_of_a_plain_picture_is_as_in_chromium() {
    let bench = bench(&[]);
    let pictures = || [("a.png", halves(120, 80, 60))];
    let shot = |keys: &str| {
        draw(&bench, &plan(&bench, &format!(r#""src": "a.png", "object-fit": "contain", {keys}"#), "{}"), &pictures()).unwrap()
    };
    let around = shot(r#""object-view-box": "xywh(20px 10px 80px 40px)""#);
    assert_eq!((px(&around, 10, 16)[3], px(&around, 2, 4)[3]), (255, 255), "20 x 10 px of the box are the view, and the rest is around it");
    let beyond = shot(r#""object-view-box": "xywh(-60px -20px 240px 120px)""#);
    assert_eq!((px(&beyond, 2, 10), px(&beyond, 6, 10), px(&beyond, 13, 10)), ([0; 4], [255, 0, 0, 255], [0, 0, 255, 255]));
}

#[test]
fn a_view_box_crops_before_everything() {
    let bench = bench(&[]);
    let pictures = || [("a.png", halves(100, 50, 60))];
    let red = |keys: &str, row: &str| {
        let plan = plan(&bench, &format!(r#""src": "a.png", {keys}"#), row);
        let rendered = draw(&bench, &plan, &pictures()).unwrap();
        (0..20).filter(|x| px(&rendered, *x, 10)[0] > 128).count()
    };
    assert_eq!(red(r#""object-view-box": "xywh(50px 0 20px 50px)""#, "{}"), 10);
    assert_eq!(red(r#""object-view-box": "inset(0 0 0 50%)""#, "{}"), 4);
    assert_eq!(red(r#""object-view-box": "{{ crop }}""#, r#"{ "crop": [40, 10, 40, 40] }"#), 10);
    assert_eq!(red(r#""object-view-box": [40, 10, 40, 40]"#, "{}"), 10);
    assert_eq!(red(r#""object-view-box": "xywh(50px 0 20px 50px)", "model": "invert""#, "{}"), 10, "the other half");
    assert_eq!(red(r#""object-view-box": "xywh(50px 0 20px 50px)", "object-fit": "cover""#, "{}"), 10);
    assert_eq!(red(r#""object-view-box": "rect(10px 90px auto 15%)""#, "{}"), 12, "15 to 90, of which 45 are red");
    let plan = |row: &str| {
        bench.renderer.plan(
            &template(r#""src": "a.png", "object-view-box": "{{ crop }}""#),
            &Row::from_json(row).unwrap(),
            &Context::default(),
        )
    };
    assert_eq!(
        plan(r#"{ "crop": [1, 2, 0, 4] }"#).unwrap_err().to_string(),
        "layers[0].object-view-box: object-view-box must leave some of the picture, found nothing left"
    );
    assert!(
        plan(r#"{ "crop": [1, 2, 3] }"#)
            .unwrap_err()
            .to_string()
            .starts_with("layers[0].object-view-box: object-view-box must be none or a rectangle")
    );
    assert_eq!(plan(r#"{ "crop": null }"#).unwrap().needs().next().unwrap().useful_px(), (20, 20));
    assert_eq!(
        plan(r#"{ "crop": [1, 2, 3, 4] }"#).unwrap().needs().next().unwrap().useful_px(),
        (65_535, 65_535),
        "px of the picture count"
    );
    let outside = plan(r#"{ "crop": [0, 0, 10, 10] }"#).unwrap();
    let rendered = draw(&bench, &outside, &pictures()).unwrap();
    assert_eq!(rendered.report.layers[0].scale, Some(2.0));
}
