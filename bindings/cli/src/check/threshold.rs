//! `--fail-on CODE=N`: how many rows may have an error, a note or a finding before the check fails.

use core_::CheckReport;

/// A code, and what is allowed of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Threshold {
    code: String,
    allowed: Allowed,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Allowed {
    Rows(u64),
    /// Per cent of all rows.
    Share(f64),
}

impl Threshold {
    /// Reads `text-cut=100` or `failed=0.5%`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let rule = "a threshold is written CODE=N or CODE=N%, such as text-cut=100 or failed=0.5%";
        let (code, number) = text.split_once('=').ok_or(rule)?;
        if !CheckReport::codes().any(|known| known == code) {
            return Err(format!("unknown code {code:?}: it is `failed`, `skipped`, or the code of an error, a note or a finding"));
        }
        let allowed = match number.strip_suffix('%') {
            Some(share) => share.parse().ok().filter(|share| (0.0..=100.0).contains(share)).map(Allowed::Share),
            None => number.parse().ok().map(Allowed::Rows),
        };
        Ok(Self { code: code.to_owned(), allowed: allowed.ok_or(rule)? })
    }

    /// What is wrong when more rows than allowed have it.
    pub(crate) fn crossed(&self, report: &CheckReport) -> Option<String> {
        let count = report.count(&self.code);
        let (crossed, allowed) = match self.allowed {
            Allowed::Rows(most) => (count > most, format!("{most} rows")),
            Allowed::Share(share) => (count as f64 > share / 100.0 * report.rows() as f64, format!("{share} %")),
        };
        crossed.then(|| format!("{}: at most {allowed} may have it, found {count} of {}", self.code, report.rows()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_a_code_and_a_number_or_a_share() {
        let parse = |text: &str| Threshold::parse(text).map(|t| t.allowed);
        assert_eq!(parse("text-cut=100"), Ok(Allowed::Rows(100)));
        assert_eq!(parse("failed=0.5%"), Ok(Allowed::Share(0.5)));
        assert_eq!(parse("channel-overlay=0"), Ok(Allowed::Rows(0)));
        for wrong in ["text-cut", "text-cut=", "text-cut=-1", "text-cut=101%", "text-cut=many"] {
            assert!(parse(wrong).is_err_and(|why| why.contains("CODE=N")), "{wrong}");
        }
        assert!(parse("text-cutt=1").is_err_and(|why| why.contains("unknown code \"text-cutt\"")));
    }
}
