//! The file of tenants: `{ "acme": { "allow_hosts": ["cdn.acme.example"], "rate": 50, "burst": 100 } }`.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};
use templrender_host::{TenantConfig, read_text};

use crate::failure::{Done, Failure, Stop, quoted};

const KEYS: [&str; 3] = ["allow_hosts", "rate", "burst"];

/// What the file says; all that is wrong with it at once.
pub(super) fn read(file: &Path) -> Done<BTreeMap<String, TenantConfig>> {
    let text = read_text(file)?;
    let place = file.display().to_string();
    let json: Value = serde_json::from_str(&text).map_err(|error| Stop::at(&place, error))?;
    let Value::Object(all) = json else {
        return Err(Stop::at(place, "a file of tenants must be an object of their names"));
    };
    let mut faults = Vec::new();
    let tenants = all.iter().map(|(name, value)| (name.clone(), tenant(&format!("{place}: {name}"), value, &mut faults))).collect();
    if faults.is_empty() { Ok(tenants) } else { Err(Stop::Failed(faults)) }
}

fn tenant(place: &str, value: &Value, faults: &mut Vec<Failure>) -> TenantConfig {
    let mut tenant = TenantConfig::default();
    let Value::Object(said) = value else {
        faults.push(Failure::new(place, "a tenant must be an object"));
        return tenant;
    };
    let mut refuse = |key: &str, why: String| faults.push(Failure::new(format!("{place}.{key}"), why));
    for (key, value) in said {
        match key.as_str() {
            "allow_hosts" => match hosts(value) {
                Some(hosts) => tenant.allow_hosts = Some(hosts),
                None => refuse(key, "hosts must be a list of texts".into()),
            },
            "rate" => match value.as_f64().filter(|rate| *rate > 0.0 && rate.is_finite()) {
                Some(rate) => tenant.rate = Some(rate),
                None => refuse(key, format!("a rate must be a positive number, found {value}")),
            },
            "burst" => match value.as_u64().and_then(|burst| u32::try_from(burst).ok()).filter(|burst| *burst > 0) {
                Some(burst) => tenant.burst = Some(burst),
                None => refuse(key, format!("a burst must be a positive whole number, found {value}")),
            },
            other => refuse(other, format!("unknown key {}{}", quoted(other), suggestion(other))),
        }
    }
    alone(said, &mut refuse);
    tenant
}

/// A burst without a rate bounds nothing.
fn alone(said: &Map<String, Value>, refuse: &mut impl FnMut(&str, String)) {
    if said.contains_key("burst") && !said.contains_key("rate") {
        refuse("burst", "a burst must stand beside a rate".into());
    }
}

fn hosts(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|host| host.as_str().map(str::to_owned)).collect()
}

/// The key that was probably meant.
fn suggestion(found: &str) -> String {
    let nearest = KEYS.iter().map(|key| (distance(found, key), key)).min();
    nearest
        .filter(|(far, key)| *far <= key.len().max(found.len()) / 3 + 1)
        .map(|(_, key)| format!(", did you mean {key:?}?"))
        .unwrap_or_default()
}

/// Letters that are to be put in, left out or changed.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, from) in a.chars().take(64).enumerate() {
        let mut last = i;
        let mut left = i + 1;
        for (cell, to) in row.iter_mut().skip(1).zip(b.chars()) {
            let changed = last + usize::from(from != to);
            last = *cell;
            left = changed.min(*cell + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_key_is_suggested() {
        assert_eq!(suggestion("allow-hosts"), ", did you mean \"allow_hosts\"?");
        assert_eq!(suggestion("brust"), ", did you mean \"burst\"?");
        assert_eq!(suggestion("colour"), "");
        assert_eq!((distance("kitten", "sitting"), distance("", "abc"), distance("abc", "")), (3, 3, 3));
    }
}
