//! What the channels demand, as their own pages say it; a limit without a page is not here.

use super::Channel;
use crate::codec::OutputFormat;

/// A rule with a number, and the page that it stands on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Most {
    pub(super) column: &'static str,
    pub(super) code: &'static str,
    pub(super) characters: usize,
    pub(super) source: &'static str,
}

#[derive(Debug)]
pub(super) struct Facts {
    /// Columns that every row needs, and the page.
    pub(super) required: (&'static [&'static str], &'static str),
    pub(super) lengths: &'static [Most],
    /// The page that wants pictures' URLs in ASCII.
    pub(super) ascii: Option<&'static str>,
    /// The page that wants URLs to begin with http:// or https://.
    pub(super) scheme: Option<&'static str>,
    /// Most additional pictures.
    pub(super) additional: Option<(usize, &'static str)>,
    /// Formats that are taken, of those that are written here.
    pub(super) formats: Option<(&'static [OutputFormat], &'static str)>,
    pub(super) bytes: Option<(u64, &'static str)>,
    pub(super) pixels: Option<(u64, &'static str)>,
    /// Smallest side, px.
    pub(super) side: Option<(u32, &'static str)>,
    /// Smallest side for apparel, px.
    pub(super) apparel_side: Option<(u32, &'static str)>,
    /// Smallest side from an instant on.
    pub(super) later_side: Option<(u32, i64, &'static str)>,
    /// Canvases that its placements show whole.
    pub(super) placements: &'static [(u32, u32)],
    pub(super) placements_source: &'static str,
    /// The page that forbids texts and graphics on a main picture.
    pub(super) overlays: Option<&'static str>,
}

const GOOGLE: &str = "Merchant Center Help, Product data specification (support.google.com/merchants/answer/7052112)";
const GOOGLE_IMAGE: &str = "Merchant Center Help, Image link [image_link] (support.google.com/merchants/answer/6324350)";
const GOOGLE_MORE: &str = "Merchant Center Help, Additional image link (support.google.com/merchants/answer/6324370)";
const META: &str = "Meta for Developers, Reference - Catalog (developers.facebook.com/docs/marketing-api/catalog/reference)";
const META_ADS: &str = "Meta Ads Guide, image placements (facebook.com/business/ads-guide)";
const TIKTOK: &str = "TikTok Business Help Center, Catalog Product Parameters (ads.tiktok.com/help/article/catalog-product-parameters)";
const TIKTOK_IMAGE: &str = "TikTok Business Help Center, Image Ads Specification (ads.tiktok.com/help/article?aid=6701253237862825989)";
const PINTEREST: &str = "Pinterest API v5, ItemAttributesRequest (github.com/pinterest/pinterest-python-generated-api-client)";
const PINTEREST_HELP: &str = "Pinterest Help, Before you get started with catalogs (help.pinterest.com/business)";
const MICROSOFT: &str =
    "Microsoft Learn, Product attributes (learn.microsoft.com/advertising/msa-help/hlp_ba_conc_aboutbingmerchantcentercatalogfile)";
const MICROSOFT_IMAGE: &str = "Microsoft Advertising Help, Image guidelines and policies (help.ads.microsoft.com/apex/index/22/en/60042)";

/// 2027-01-31T00:00:00Z.
const FROM_2027: i64 = 1_801_353_600;

const WRITTEN: &[OutputFormat] = &[OutputFormat::Jpeg, OutputFormat::Png, OutputFormat::WebP];
const JPEG_PNG: &[OutputFormat] = &[OutputFormat::Jpeg, OutputFormat::Png];

const fn most(column: &'static str, code: &'static str, characters: usize, source: &'static str) -> Most {
    Most { column, code, characters, source }
}

const ID: &str = "channel-id-length";
const TITLE: &str = "channel-title-length";
const DESCRIPTION: &str = "channel-description-length";
const LINK: &str = "channel-link-length";
const IMAGE_LINK: &str = "channel-image-link-length";
const MORE_LINKS: &str = "channel-additional-image-link-length";

static GOOGLE_FACTS: Facts = Facts {
    required: (&["id", "title", "description", "link", "image_link", "availability", "price"], GOOGLE),
    lengths: &[
        most("id", ID, 50, GOOGLE),
        most("title", TITLE, 150, GOOGLE),
        most("description", DESCRIPTION, 5_000, GOOGLE),
        most("image_link", IMAGE_LINK, 2_000, GOOGLE_IMAGE),
    ],
    ascii: Some(GOOGLE_IMAGE),
    scheme: Some(GOOGLE_IMAGE),
    additional: Some((10, GOOGLE_MORE)),
    formats: Some((WRITTEN, GOOGLE_IMAGE)),
    bytes: Some((16_000_000, GOOGLE_IMAGE)),
    pixels: Some((64_000_000, GOOGLE_IMAGE)),
    side: Some((100, GOOGLE_IMAGE)),
    apparel_side: Some((250, GOOGLE_IMAGE)),
    later_side: Some((500, FROM_2027, GOOGLE_IMAGE)),
    placements: &[],
    placements_source: "",
    overlays: Some(GOOGLE_IMAGE),
};

static META_FACTS: Facts = Facts {
    required: (&["id", "title", "description", "availability", "condition", "price", "link", "image_link", "brand"], META),
    lengths: &[
        most("id", ID, 100, META),
        most("title", TITLE, 200, META),
        most("description", DESCRIPTION, 9_999, META),
        most("additional_image_link", MORE_LINKS, 2_000, META),
    ],
    ascii: None,
    scheme: None,
    additional: Some((20, META)),
    formats: None,
    bytes: Some((8_000_000, META_ADS)),
    pixels: None,
    side: None,
    apparel_side: None,
    later_side: None,
    placements: &[(1080, 1080), (1080, 1350), (1080, 1920), (1200, 628)],
    placements_source: META_ADS,
    overlays: None,
};

static TIKTOK_FACTS: Facts = Facts {
    required: (&["sku_id", "title", "description", "availability", "condition", "price", "link", "image_link", "brand"], TIKTOK),
    lengths: &[],
    ascii: None,
    scheme: None,
    additional: None,
    formats: Some((JPEG_PNG, TIKTOK_IMAGE)),
    bytes: None,
    pixels: None,
    side: None,
    apparel_side: None,
    later_side: None,
    placements: &[],
    placements_source: "",
    overlays: None,
};

static PINTEREST_FACTS: Facts = Facts {
    required: (&["id", "title", "description", "link", "image_link", "price", "availability"], PINTEREST_HELP),
    lengths: &[
        most("id", ID, 127, PINTEREST),
        most("title", TITLE, 500, PINTEREST),
        most("description", DESCRIPTION, 10_000, PINTEREST),
        most("link", LINK, 511, PINTEREST),
        most("image_link", IMAGE_LINK, 2_000, PINTEREST),
        most("additional_image_link", MORE_LINKS, 2_000, PINTEREST),
    ],
    ascii: None,
    scheme: Some(PINTEREST),
    additional: Some((10, PINTEREST)),
    formats: None,
    bytes: None,
    pixels: None,
    side: Some((75, PINTEREST)),
    apparel_side: None,
    later_side: None,
    placements: &[],
    placements_source: "",
    overlays: None,
};

static MICROSOFT_FACTS: Facts = Facts {
    required: (&["id", "title", "description", "link", "image_link", "price"], MICROSOFT),
    lengths: &[most("id", ID, 50, MICROSOFT), most("title", TITLE, 150, MICROSOFT), most("description", DESCRIPTION, 10_000, MICROSOFT)],
    ascii: None,
    scheme: None,
    additional: None,
    formats: Some((JPEG_PNG, MICROSOFT_IMAGE)),
    bytes: None,
    pixels: None,
    side: None,
    apparel_side: None,
    later_side: None,
    placements: &[],
    placements_source: "",
    overlays: Some(MICROSOFT_IMAGE),
};

impl Channel {
    pub(super) fn facts(self) -> &'static Facts {
        match self {
            Self::Google => &GOOGLE_FACTS,
            Self::Meta => &META_FACTS,
            Self::Tiktok => &TIKTOK_FACTS,
            Self::Pinterest => &PINTEREST_FACTS,
            Self::Microsoft => &MICROSOFT_FACTS,
        }
    }
}
