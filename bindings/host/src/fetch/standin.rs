//! Stands in for the core's `OriginPolicy` and `PictureUrl` until they are there: the same names, the simplest checks.
#![expect(missing_docs, reason = "goes as soon as the core has these")]

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PictureUrl(String);

impl PictureUrl {
    pub fn as_str(&self) -> &str {
        &self.0
    }
    pub fn scheme(&self) -> &str {
        self.0.split("://").next().unwrap_or_default()
    }
    pub fn origin(&self) -> &str {
        let start = self.scheme().len() + 3;
        let rest = self.0.get(start..).unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        self.0.get(..start + end).unwrap_or_default()
    }
}

#[derive(Debug, Clone)]
pub struct OriginPolicy;

impl OriginPolicy {
    pub fn any() -> Self {
        Self
    }
    #[must_use]
    pub fn with_ip_literals(self) -> Self {
        self
    }
    pub fn check(&self, url: &str) -> Result<PictureUrl, core_::Error> {
        let known = url.starts_with("http://") || url.starts_with("https://");
        if !known || url.contains('@') {
            return Err(core_::Fault::new(core_::Code::BadValue, "", "a picture's URL must be http or https").into());
        }
        Ok(PictureUrl(url.to_owned()))
    }
}

/// Every address of the public internet, more or less.
pub(crate) fn is_public_address(address: std::net::IpAddr) -> bool {
    match address {
        std::net::IpAddr::V4(v4) => !(v4.is_loopback() || v4.is_private() || v4.is_link_local() || v4.is_unspecified()),
        std::net::IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(v6.segments()[0] & 0xe000 == 0x2000, |v4| is_public_address(v4.into())),
    }
}
