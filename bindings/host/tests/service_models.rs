//! Models in the service: kept, shared, shed, and never in the way of a picture without one.

mod kitchen;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use core_::{Code, Detector, Error, Face, Fault, Frame, Generator, Guard, Manifest, Model};
use futures_util::future::join_all;
use kitchen::{BLUE, GREEN, Kitchen, RED, Reply, core_base64, escaped, png};
use templrender_host::{OwnModels, TemplateModels};

/// A model of a test: paints every picture in one colour, after a while, or fails on it.
#[derive(Clone)]
struct Painter {
    takes: Duration,
    colour: [u8; 4],
    fails: Arc<Mutex<Option<Code>>>,
    runs: Arc<AtomicUsize>,
    batches: Arc<Mutex<Vec<usize>>>,
}

impl Painter {
    fn new(takes_ms: u64) -> Self {
        let takes = Duration::from_millis(takes_ms);
        Self { takes, colour: GREEN, fails: Arc::default(), runs: Arc::default(), batches: Arc::default() }
    }

    fn runs(&self) -> usize {
        self.runs.load(Ordering::SeqCst)
    }

    fn fail(&self, code: Option<Code>) {
        *self.fails.lock().unwrap() = code;
    }

    /// Waits as an engine does that asks its guard.
    fn work(&self, pictures: usize) {
        self.runs.fetch_add(pictures, Ordering::SeqCst);
        self.batches.lock().unwrap().push(pictures);
        let ends = Instant::now() + self.takes;
        while Instant::now() < ends {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn failure(&self) -> Option<Error> {
        self.fails.lock().unwrap().map(|code| Fault::new(code, "model painter", "it does not like this").into())
    }
}

impl Generator for Painter {
    fn identity(&self) -> String {
        format!("painter of {:?}", self.colour)
    }

    fn generate(&self, pictures: &[Arc<Frame>], _: &Guard<'_>) -> Vec<Result<Frame, Error>> {
        self.work(pictures.len());
        let paint = |picture: &Arc<Frame>| match self.failure() {
            Some(error) => Err(error),
            None => Frame::from_rgba(picture.width(), picture.height(), self.colour.repeat((picture.width() * picture.height()) as usize)),
        };
        pictures.iter().map(paint).collect()
    }
}

/// Finds no face, ever.
struct Blind;

impl Detector for Blind {
    fn identity(&self) -> String {
        "blind 1".into()
    }

    fn detect(&self, pictures: &[Arc<Frame>], _: &Guard<'_>) -> Vec<Result<Vec<Face>, Error>> {
        pictures.iter().map(|_| Ok(Vec::new())).collect()
    }
}

fn manifest(id: &str, more: &str) -> Manifest {
    Manifest::from_json(&format!(r#"{{ "id": "{id}", "version": "1", "licence": "MIT", {more} }}"#)).unwrap()
}

fn generator(id: &str, batch: usize, painter: &Painter) -> Model {
    let more = format!(r#""kind": "generator", "runtime": {{ "batch": {batch}, "est_gmac": 1 }}"#);
    Model::generator(manifest(id, &more), painter.clone()).unwrap()
}

fn shared(models: impl IntoIterator<Item = Model>) -> TemplateModels {
    let mut all = TemplateModels::default();
    models.into_iter().for_each(|model| all.shared.add(model).unwrap());
    all
}

/// A photo that a model paints, in a page of the row's tint.
fn card(name: &str, layer: &str) -> String {
    kitchen::lenient(name).replace(r#""missing": "hide""#, layer)
}

/// A kitchen with the template `painted`, whose photo goes through the model `painter`.
fn painted(painter: &Painter, batch: usize, prepare: impl FnOnce(&mut templrender_host::Config)) -> Kitchen {
    let kitchen = Kitchen::new(|room, config| {
        room.file("templates/painted/template.json", card("painted", r#""model": "painter", "missing": "original""#));
        room.file("templates/hidden/template.json", card("hidden", r#""model": "painter", "missing": "hide""#));
        room.file("templates/needed/template.json", card("needed", r#""model": "painter""#));
        config.models = shared([generator("painter", batch, painter)]);
        prepare(config);
    });
    for i in 0..40_u8 {
        kitchen.origin.says(&format!("/{i}.png"), Reply::picture(png(6, 6, [255, 0, i, 255])));
    }
    kitchen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_model_made_is_kept_by_its_photo_and_outlives_the_service() {
    let (painter, folder) = (Painter::new(5), kitchen::Room::new("made"));
    let start = || painted(&painter, 1, |config| config.cache_folder = Some(folder.0.clone()));
    let kitchen = start();
    let target = kitchen.target("painted", "/1.png");
    assert_eq!(kitchen.get(&target).await.pixel(2, 2), GREEN);
    // Another tint, another template: other pictures of the same photo.
    assert_eq!(kitchen.get(&format!("{target}&tint=%23000000")).await.pixel(2, 2), GREEN);
    assert_eq!(kitchen.get(&kitchen.target("hidden", "/1.png")).await.pixel(2, 2), GREEN);
    assert_eq!(painter.runs(), 1);
    assert_eq!(kitchen.get(&kitchen.target("painted", "/2.png")).await.pixel(2, 2), GREEN);
    assert_eq!(painter.runs(), 2, "another photo");
    assert_eq!(kitchen.metric("templrender_model_answers_total{state=\"hit\"}").await, 2.0);
    assert_eq!(kitchen.metric("templrender_model_answers_total{state=\"made\"}").await, 2.0);
    assert_eq!(kitchen.metric("templrender_model_runs_total{result=\"made\"}").await, 2.0);
    assert_eq!(kitchen.metric("templrender_model_seconds_count").await, 2.0);

    // A row's own photo: the same bytes from the next service's origin, which has another port.
    let photo = core_base64(&png(6, 6, [1, 2, 3, 255]));
    let inline = format!("/acme/painted.png?photo={}", escaped(&format!("data:image/png;base64,{photo}")));
    assert_eq!(kitchen.get(&inline).await.pixel(2, 2), GREEN);
    assert_eq!(painter.runs(), 3);
    // What is put is written behind: the answers are there when the disk has them.
    for _ in 0..100 {
        if kitchen.metric("templrender_cache_entries{tier=\"disk\"}").await >= 9.0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(kitchen);
    let kitchen = start();
    assert_eq!(kitchen.get(&format!("{inline}&tint=%23000000")).await.pixel(2, 2), GREEN);
    assert_eq!(painter.runs(), 3, "kept on disk");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_who_ask_wait_for_one_run_and_others_run_in_batches() {
    let painter = Painter::new(120);
    let kitchen = painted(&painter, 8, |_| {});
    // Seven tints of one photo are seven pictures and one run.
    let target = kitchen.target("painted", "/1.png");
    let tints: Vec<String> = (0..7).map(|i| format!("{target}&tint=%2300000{i}")).collect();
    let tints = join_all(tints.iter().map(|target| kitchen.get(target))).await;
    assert!(tints.iter().all(|got| got.pixel(2, 2) == GREEN));
    assert_eq!(painter.runs(), 1);
    assert_eq!(kitchen.metric("templrender_model_answers_total{state=\"joined\"}").await, 6.0);
    // Nine photos: the first alone, those that came meanwhile together.
    let photos: Vec<String> = (10..19).map(|i| kitchen.target("painted", &format!("/{i}.png"))).collect();
    let got = join_all(photos.iter().map(|target| kitchen.get(target))).await;
    assert!(got.iter().all(|got| got.pixel(2, 2) == GREEN));
    let batches = painter.batches.lock().unwrap().clone();
    assert_eq!(batches.iter().sum::<usize>(), 10);
    assert!(batches.len() <= 5 && batches.iter().any(|size| *size >= 5), "{batches:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_fails_costs_its_layer_and_is_asked_again_soon() {
    let painter = Painter::new(1);
    let kitchen = painted(&painter, 1, |_| {});
    painter.fail(Some(Code::ModelFailed));
    let target = kitchen.target("painted", "/0.png");
    let got = kitchen.get(&target).await;
    assert_eq!((got.pixel(2, 2), got.header("cache-control")), (RED, "public, max-age=10"), "the photo as it is");
    let got = kitchen.get(&kitchen.target("hidden", "/0.png")).await;
    assert_eq!((got.pixel(2, 2), got.header("cache-control")), ([255, 255, 255, 255], "public, max-age=10"));
    let got = kitchen.get(&kitchen.target("needed", "/0.png")).await;
    assert_eq!((got.status, got.code().as_str()), (500, "model-failed"), "{}", got.text());
    assert_eq!(painter.runs(), 1, "it is not asked again at once");
    painter.fail(None);
    kitchen.wait(11);
    let got = kitchen.get(&target).await;
    assert_eq!((got.pixel(2, 2), painter.runs()), (GREEN, 2));
    assert!(got.header("cache-control").starts_with("public, max-age=300"), "{}", got.header("cache-control"));

    // What it would say again is not asked for a minute.
    painter.fail(Some(Code::ModelOutput));
    assert_eq!(kitchen.get(&kitchen.target("painted", "/3.png")).await.status, 200);
    kitchen.wait(11);
    assert_eq!(kitchen.get(&kitchen.target("painted", "/3.png")).await.status, 200);
    assert_eq!(painter.runs(), 3);
    assert_eq!(kitchen.metric("templrender_model_answers_total{state=\"failed-before\"}").await, 3.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_made_in_time_is_shed_at_once_and_an_old_answer_is_given() {
    let painter = Painter::new(200);
    let kitchen = painted(&painter, 1, |config| config.deadline = Duration::from_millis(900));
    let old = kitchen.target("painted", "/30.png");
    assert_eq!(kitchen.get(&old).await.status, 200);
    // Its photo has changed when the flood comes.
    kitchen.origin.says("/30.png", Reply::picture(png(6, 6, BLUE)));
    kitchen.wait(3_600);
    let started = Instant::now();
    let asked = join_all((1..=12).map(|i| {
        let (kitchen, target) = (&kitchen, kitchen.target("painted", &format!("/{i}.png")));
        async move { (kitchen.get(&target).await, started.elapsed()) }
    }));
    let late = async {
        tokio::time::sleep(Duration::from_millis(60)).await;
        kitchen.get(&old).await
    };
    let (asked, late) = tokio::join!(asked, late);
    let (served, shed): (Vec<_>, Vec<_>) = asked.into_iter().partition(|(got, _)| got.status == 200);
    assert!((3..=5).contains(&served.len()), "{} of 12 in 0.9 s at 0.2 s each", served.len());
    for (got, took) in shed {
        assert_eq!((got.status, got.code().as_str()), (503, "overloaded"), "{}", got.text());
        assert!((1..=3).contains(&got.header("retry-after").parse::<u32>().unwrap()));
        assert!(took < Duration::from_millis(400), "{took:?}");
    }
    assert_eq!((late.pixel(2, 2), late.header("cache-status")), (GREEN, "templrender; hit; detail=stale-if-error"));
    assert!(kitchen.metric("templrender_shed_total{reason=\"models\"}").await >= 7.0);
    assert_eq!(kitchen.metric("templrender_model_waiting").await, 0.0);
    assert_eq!(kitchen.get(&kitchen.target("painted", "/12.png")).await.pixel(2, 2), GREEN, "later");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_without_a_model_do_not_notice_those_with_one() {
    let painter = Painter::new(40);
    let kitchen = painted(&painter, 1, |config| (config.render_threads, config.deadline) = (1, Duration::from_secs(60)));
    let ping = async |i: u32| {
        let asked = Instant::now();
        assert_eq!(kitchen.get(&format!("/acme/lenient.png?tint=%23{i:06x}")).await.status, 200);
        asked.elapsed()
    };
    for i in 0..20 {
        ping(i).await;
    }
    let models = join_all((0..40).map(|i| {
        let (kitchen, target) = (&kitchen, kitchen.target("painted", &format!("/{i}.png")));
        async move { kitchen.get(&target).await.status }
    }));
    let pings = async {
        let mut took = Vec::new();
        for i in 100..300 {
            took.push(ping(i).await);
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        took.sort();
        (took[took.len() / 2], took[took.len() * 99 / 100])
    };
    let (statuses, (median, p99)) = tokio::join!(models, pings);
    assert!(statuses.iter().all(|status| *status == 200));
    assert_eq!(painter.runs(), 40);
    // 40 runs of 40 ms on one thread: whoever waited for one of them in the way would be there.
    eprintln!("beside 1.6 s of models: median {median:?}, p99 {p99:?}");
    assert!(median < Duration::from_millis(40) && p99 < Duration::from_millis(120), "median {median:?}, p99 {p99:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photo_without_a_face_is_answered_for_good() {
    let painter = Painter::new(1);
    let kitchen = Kitchen::new(|room, config| {
        room.file("templates/faced/template.json", card("faced", r#""model": "around", "missing": "original""#));
        let around = manifest("around", r#""kind": "generator", "roi": { "mode": "face" }"#);
        let blind = Model::detector(manifest("blind", r#""kind": "detector""#), Blind).unwrap();
        config.models = shared([Model::generator(around, painter.clone()).unwrap(), blind]);
    });
    kitchen.origin.says("/a.png", Reply::picture(png(6, 6, RED)));
    let got = kitchen.get(&kitchen.target("faced", "/a.png")).await;
    assert_eq!((got.pixel(2, 2), painter.runs()), (RED, 0));
    assert!(got.header("cache-control").starts_with("public, max-age=300"), "{}", got.header("cache-control"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_templates_own_models_hide_those_that_all_share() {
    let (painter, own) = (Painter::new(1), Painter { colour: BLUE, ..Painter::new(1) });
    let kitchen = Kitchen::new(|room, config| {
        for name in ["with", "without", "broken"] {
            room.file(&format!("templates/{name}/template.json"), card(name, r#""model": "painter""#));
        }
        room.file("templates/with/models/painter.json", "{}");
        room.file("templates/broken/models/broken.json", "{}");
        config.models = shared([generator("painter", 1, &painter)]);
        config.models.own = Some(OwnModels::new(move |folder| match folder.join("painter.json").exists() {
            true => Ok(vec![generator("painter", 1, &own)]),
            false => Err(templrender_host::FolderError::at("models/broken.json", "a manifest must have an id, found none")),
        }));
    });
    kitchen.origin.says("/a.png", Reply::picture(png(6, 6, RED)));
    assert_eq!(kitchen.get(&kitchen.target("with", "/a.png")).await.pixel(2, 2), BLUE);
    assert_eq!(kitchen.get(&kitchen.target("without", "/a.png")).await.pixel(2, 2), GREEN);
    assert_eq!(kitchen.get(&kitchen.target("broken", "/a.png")).await.status, 404, "refused with its models");
    assert_eq!(kitchen.metric("templrender_templates_refused").await, 1.0);
}
