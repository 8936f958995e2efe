//! A URL read and judged, and the picture that it asks for planned: all that its making takes, without the request.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use core_::{Code, Context, Fault, NeedId, OriginPolicy, PictureUrl, Plan, Resources, Signature};
use http::request::Parts;

use super::center::Center;
use super::gather;
use super::journal::Journal;
use super::store::{self, Name};
use crate::error::{Failure, Refused};
use crate::fetch::Refusal;
use crate::pictures::{Found, State};
use crate::templates::Loaded;

/// One picture that is to be made, with all that it takes: it may outlive its request.
pub(super) struct Job {
    pub(super) center: Arc<Center>,
    pub(super) loaded: Arc<Loaded>,
    pub(super) plan: Plan,
    pub(super) policy: Arc<OriginPolicy>,
    /// Answers to start from.
    pub(super) given: Resources,
    /// Where the others are to be found.
    pub(super) places: BTreeMap<NeedId, PictureUrl>,
    /// Where waiting drawings of one tenant's use of a template stand together.
    pub(super) lane: u64,
    pub(super) template: String,
    pub(super) name: Name,
    pub(super) context: Context,
    /// The plan's, and that of the plan whose place it takes.
    pub(super) valid_until: Option<i64>,
    /// Whether the URL names the version of its template.
    pub(super) pinned: bool,
    /// Why this is another picture than the one that was asked for.
    pub(super) instead: Option<&'static str>,
}

impl Job {
    /// Reads and judges a URL, and plans its picture.
    pub(super) fn read(center: &Arc<Center>, request: &Parts, journal: &mut Journal) -> Result<Self, Failure> {
        let target = request.uri.path_and_query().map_or("/", |target| target.as_str());
        let path = request.uri.path();
        if path.bytes().filter(|byte| *byte == b'/').count() < 2 {
            return Err(Failure::new(
                Refused::UnknownPath,
                "path",
                "a path must be /TENANT/TEMPLATE.EXT, /healthz or /metrics, found another",
            ));
        }
        let (asked, signature) = core_::Request::parse(target).map_err(|error| Failure::of(&error))?;
        (journal.tenant, journal.template) = (asked.tenant.clone(), asked.template.clone());
        journal.variant = asked.variant.clone().unwrap_or_default();
        let now_ms = center.config.clock.now_ms();
        let now = center.config.clock.now();
        verify(center, &asked, signature.as_ref(), now)?;
        let loaded = center.templates.get(&asked.tenant, &asked.template, asked.digest.as_deref());
        let loaded =
            loaded.ok_or_else(|| Failure::new(Refused::UnknownTemplate, "template", "no template of this name and version is here"))?;
        center.tenants.take(&asked.tenant, now_ms).map_err(|wait| {
            center.metrics.throttled("tenant");
            Failure::new(Refused::TooManyRequests, "tenant", "a tenant must keep to its rate of requests, found more").retry_after(wait)
        })?;
        Self::plan(center, loaded, &asked, now)
    }

    fn plan(center: &Arc<Center>, loaded: Arc<Loaded>, asked: &core_::Request, now: i64) -> Result<Self, Failure> {
        let context = asked.context(now);
        let failed = |error: core_::Error| Failure::of(&error);
        let mut plan = loaded.renderer.plan(&loaded.template, &asked.row, &context).map_err(failed)?;
        let policy = center.policies.of(&asked.tenant);
        let (mut given, mut instead) = (loaded.resources(), None);
        let mut valid_until = plan.valid_until();
        if let Some(reason) = plan.skipped() {
            let skipped = Fault::new(Code::RowSkipped, "skip-if", format!("row is skipped: {reason}"));
            let fallback = loaded.plan_fallback(&context).ok_or_else(|| Failure::of(&skipped.into()))?;
            (plan, given) = fallback.map_err(|error| Failure::fallback(&error))?;
            valid_until = [valid_until, plan.valid_until()].into_iter().flatten().min();
            instead = Some(Code::RowSkipped.name());
        }
        // a picture that is not whole may be so when it is asked for again, or another choice is
        given.refuse_truncated();
        let places = if instead.is_some() { BTreeMap::new() } else { gather::locate(&plan, &policy).map_err(failed)? };
        Ok(Self {
            center: center.clone(),
            policy,
            given,
            places,
            lane: lane(&asked.tenant, &loaded),
            template: loaded.name.to_string(),
            name: store::name(&asked.tenant, &loaded.version, plan.key()),
            context,
            valid_until,
            pinned: asked.digest.is_some(),
            instead,
            plan,
            loaded,
        })
    }

    /// The fallback picture of the same template, variant and format.
    pub(super) fn fallback(&self, code: &'static str) -> Option<Result<Self, core_::Error>> {
        let planned = self.loaded.plan_fallback(&self.context)?;
        Some(planned.map(|(plan, given)| Self {
            center: self.center.clone(),
            loaded: self.loaded.clone(),
            policy: self.policy.clone(),
            given,
            places: BTreeMap::new(),
            lane: self.lane,
            template: self.template.clone(),
            name: store::name("", &format!("fallback {}", self.loaded.version), plan.key()),
            context: self.context.clone(),
            valid_until: plan.valid_until(),
            pinned: false,
            instead: Some(code),
            plan,
        }))
    }

    /// Takes note of a picture that was asked for.
    pub(super) fn fetched(&self, found: &Result<Found, Refusal>, took: Duration) {
        let center = &self.center;
        let (result, asked) = match found {
            Ok(found) => match found.state {
                State::Hit => ("hit", false),
                State::Stale => ("stale", false),
                State::Miss(_) => ("fetched", true),
                State::Revalidated(_) => ("revalidated", true),
            },
            Err(refusal) if refusal.is_transient() => ("failed", true),
            Err(_) => ("refused", true),
        };
        center.metrics.fetched(result);
        if asked {
            center.metrics.fetch.observe(took.as_secs_f64());
            center.slow.observe(&self.template, took, center.config.clock.now_ms());
        }
    }
}

/// Whether the request may be answered.
fn verify(center: &Center, asked: &core_::Request, signature: Option<&Signature>, now: i64) -> Result<(), Failure> {
    match &center.config.keys {
        Some(keys) if !keys.is_empty() => keys.verify(asked, signature, now).map_err(|error| Failure::of(&error)),
        // Without keys an expiry holds all the same.
        _ if asked.is_expired(now) => {
            Err(Failure::of(&Fault::new(Code::UrlExpired, "url", "a URL must be asked for before its end, found it over").into()))
        }
        _ => Ok(()),
    }
}

/// A number for a tenant's use of a template: its drawings share threads with those of others, not with each other.
fn lane(tenant: &str, loaded: &Loaded) -> u64 {
    // No tenant has a slash in its name.
    let [a, b, c, d, e, f, g, h, ..] = *blake3::hash(format!("{tenant}/{}", loaded.name).as_bytes()).as_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}
