//! What was found for the plans of a job: pictures by their locations, held once however many rows draw them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use core_::{Code, Error, Fault, NeedId, NeedSource, Plan, Resources};

use super::Planned;
use super::fill::Filled;

pub(super) struct Answers {
    resources: Arc<Resources>,
    /// Every location that a plan may ask for.
    locations: BTreeMap<String, NeedId>,
}

impl Answers {
    /// None yet but the template's own files.
    pub(super) fn new(own: Resources, planned: &Planned) -> Self {
        let mut locations = BTreeMap::new();
        for need in planned.plans.iter().flatten().flat_map(Plan::needs) {
            if let NeedSource::Location(location) = need.source()
                && !locations.contains_key(location)
            {
                locations.insert(location.clone(), need.id());
            }
        }
        Self { resources: Arc::new(own), locations }
    }

    /// As they are now, whatever is answered later.
    pub(super) fn resources(&self) -> Arc<Resources> {
        Arc::clone(&self.resources)
    }

    /// The locations that plans ask for now, in the order of their first use.
    pub(super) fn pending(&self, plans: &[Result<Plan, Error>]) -> Vec<String> {
        let (mut seen, mut pending) = (BTreeSet::new(), Vec::new());
        for need in plans.iter().flatten().flat_map(|plan| plan.pending(&self.resources)) {
            if let NeedSource::Location(location) = need.source()
                && seen.insert(need.id())
            {
                pending.push(location.clone());
            }
        }
        pending
    }

    pub(super) fn answer(&mut self, location: &str, bytes: Arc<dyn AsRef<[u8]> + Send + Sync>) -> Result<(), Error> {
        let id = self.id(location)?;
        // Bytes that are no picture are a failed answer, with the reason: the rows that draw it say so.
        let _ = Arc::make_mut(&mut self.resources).insert_shared(id, bytes);
        Ok(())
    }

    pub(super) fn fail(&mut self, location: &str, why: &str) -> Result<(), Error> {
        let id = self.id(location)?;
        Arc::make_mut(&mut self.resources).fail(id, why);
        Ok(())
    }

    /// Takes what models made; what failed is a failed answer, and the next choice is pending.
    pub(super) fn fill(&mut self, filled: Vec<Filled>) {
        let resources = Arc::make_mut(&mut self.resources);
        for (id, made) in filled {
            match made {
                // Beyond the limits it counts as failed, which the rows that draw it say.
                Ok(made) => drop(resources.insert_made(id, made)),
                Err(error) => resources.fail(id, reason(&error)),
            }
        }
    }

    pub(super) fn forget(&mut self, location: &str) {
        if let Some(id) = self.locations.get(location) {
            Arc::make_mut(&mut self.resources).remove(*id);
        }
    }

    fn id(&self, location: &str) -> Result<NeedId, Error> {
        let found = || core_::without_queries(location).chars().take(64).collect::<String>();
        let unknown =
            || Fault::new(Code::BadArgument, "location", format!("location must be one that a row asks for, found {:?}", found()));
        self.locations.get(location).copied().ok_or_else(|| unknown().into())
    }
}

/// What a layer's notes say of a run that failed.
fn reason(error: &Error) -> String {
    error.faults().first().map_or_else(|| error.to_string(), |fault| fault.message.clone())
}
