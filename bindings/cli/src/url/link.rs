//! What every signed URL of a run is made with: keys, tenant, end and address.

use core_::{Code, Error, Fault, Keyring, NeedSource, OutputFormat, Plan, Request, Row};

/// Makes signed URLs.
pub(crate) struct Linker {
    pub(crate) keys: Keyring,
    pub(crate) tenant: String,
    /// Seconds since 1970.
    pub(crate) expires: Option<i64>,
    /// Where pictures are served; empty gives paths.
    pub(crate) base: String,
}

/// What one URL is to show.
pub(crate) struct Shown<'a> {
    /// What URLs call the template.
    pub(crate) template: &'a str,
    /// The only version of it that the URL may show; `None` is the newest.
    pub(crate) digest: Option<&'a str>,
    pub(crate) variant: Option<&'a str>,
    pub(crate) lang: Option<&'a str>,
    pub(crate) format: OutputFormat,
    /// What the template reads of it.
    pub(crate) row: Row,
    pub(crate) version: Option<String>,
}

impl Linker {
    /// The signed URL of a picture whose plan was made.
    pub(crate) fn url(&self, shown: Shown<'_>, plan: &Plan) -> Result<String, Error> {
        reachable(plan)?;
        let request = Request {
            digest: shown.digest.map(str::to_owned),
            variant: shown.variant.map(str::to_owned),
            lang: shown.lang.map(str::to_owned),
            row: shown.row,
            version: shown.version,
            expires: self.expires,
            ..Request::new(&self.tenant, shown.template, shown.format)
        };
        let url = format!("{}{}", self.base, self.keys.sign(&request)?);
        if url.len() > Request::MAX_URL_CHARS {
            let message = format!("a URL must have at most {} characters, found {} with its host", Request::MAX_URL_CHARS, url.len());
            return Err(Fault::new(Code::UrlTooLong, "url", message).into());
        }
        Ok(url)
    }
}

/// Whether a server that has the URL alone can find the row's pictures.
fn reachable(plan: &Plan) -> Result<(), Error> {
    for need in plan.needs() {
        if let NeedSource::Location(location) = need.source()
            && !["http://", "https://"]
                .iter()
                .any(|scheme| location.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)))
        {
            let found = crate::failure::quoted(location);
            let message = format!("a row in a URL may name pictures by http:// and https:// only, found {found}");
            return Err(Fault::new(Code::BadUrl, "", message).into());
        }
    }
    Ok(())
}
