//! A shop that never was: any number of products with distinct titles in six languages, prices and sale windows, and defects of known count.
//!
//! The same number gives the same bytes on every machine. Of each thousand rows some are defective in one way each, so that a check can be held
//! to exact counts. The words are our own.

#![allow(dead_code, reason = "each user takes a part of it")]

use std::fmt::Write as _;

pub(crate) const COLUMNS: [&str; 13] = [
    "id",
    "title",
    "description",
    "link",
    "image_link",
    "availability",
    "condition",
    "price",
    "sale_price",
    "sale_price_effective_date",
    "brand",
    "content_language",
    "custom_label_0",
];

/// One way to be defective, in one row of each thousand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Defect {
    /// A title that no font size can save.
    LongTitle,
    /// The id of the row before.
    DuplicateId,
    /// Price and sale price in two currencies.
    TwoCurrencies,
    NoPhoto,
    UnreadablePrice,
    NoTitle,
    UnknownAvailability,
    AllCaps,
    Markup,
    HiddenCharacter,
    SaleNotBelow,
    SaleOver,
}

impl Defect {
    pub(crate) const ALL: [Defect; 12] = [
        Self::LongTitle,
        Self::DuplicateId,
        Self::TwoCurrencies,
        Self::NoPhoto,
        Self::UnreadablePrice,
        Self::NoTitle,
        Self::UnknownAvailability,
        Self::AllCaps,
        Self::Markup,
        Self::HiddenCharacter,
        Self::SaleNotBelow,
        Self::SaleOver,
    ];

    /// The code that the check of `product-sale` has for it.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::LongTitle => "text-cut",
            Self::DuplicateId => "duplicate-row-id",
            Self::TwoCurrencies => "evaluation",
            Self::NoPhoto | Self::NoTitle => "missing-field",
            Self::UnreadablePrice | Self::UnknownAvailability => "bad-field",
            Self::AllCaps => "title-all-caps",
            Self::Markup => "title-markup",
            Self::HiddenCharacter => "hidden-characters",
            Self::SaleNotBelow => "sale-not-below-price",
            Self::SaleOver => "sale-window-over",
        }
    }

    /// Whether such a row cannot be drawn.
    pub(crate) fn fails(self) -> bool {
        matches!(
            self,
            Self::DuplicateId | Self::TwoCurrencies | Self::NoPhoto | Self::UnreadablePrice | Self::NoTitle | Self::UnknownAvailability
        )
    }
}

/// The defect of a row, by its number from 0.
pub(crate) fn defect(row: u64) -> Option<Defect> {
    // Rows 41, 82, 123, ... of each thousand; the first row of a feed is never a duplicate.
    let of_thousand = usize::try_from(row % 1_000).ok()?;
    if of_thousand == 0 || !of_thousand.is_multiple_of(41) { None } else { Defect::ALL.get(of_thousand / 41 - 1).copied() }
}

/// How many of the first rows have a code.
pub(crate) fn planted(rows: u64, code: &str) -> u64 {
    (0..rows).filter(|row| defect(*row).is_some_and(|d| d.code() == code)).count() as u64
}

/// Every code that is planted, once, with its count.
pub(crate) fn all_planted(rows: u64) -> Vec<(&'static str, u64)> {
    let mut codes: Vec<&'static str> = Defect::ALL.iter().map(|d| d.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    codes.into_iter().map(|code| (code, planted(rows, code))).collect()
}

/// Rows that cannot be drawn.
pub(crate) fn failing(rows: u64) -> u64 {
    (0..rows).filter(|row| defect(*row).is_some_and(Defect::fails)).count() as u64
}

/// Whether a row is on sale, so that the old price is struck through.
pub(crate) fn on_sale(row: u64) -> bool {
    row.is_multiple_of(3) && defect(row).is_none()
}

/// Whether a row is out of stock.
pub(crate) fn gone(row: u64) -> bool {
    row.is_multiple_of(17)
}

struct Language {
    tag: &'static str,
    currency: &'static str,
    qualities: [&'static str; 12],
    things: [&'static str; 12],
    stuff: [&'static str; 8],
}

const LANGUAGES: [Language; 6] = [
    Language {
        tag: "en-GB",
        currency: "GBP",
        qualities: [
            "Hand-thrown",
            "Oak-smoked",
            "Folding",
            "Quilted",
            "Brass",
            "Weatherproof",
            "Slow-roasted",
            "Vintage",
            "Pocket",
            "Striped",
            "Wild",
            "Enamel",
        ],
        things: [
            "Teapot",
            "Marmalade",
            "Garden Lantern",
            "Rain Jacket",
            "Bookend",
            "Picnic Blanket",
            "Coffee Beans",
            "Desk Lamp",
            "Notebook",
            "Bath Towel",
            "Honey",
            "Milk Pan",
        ],
        stuff: [
            "with a Cork Lid",
            "in a Gift Box",
            "for Four People",
            "from the Hills",
            "made to Last",
            "in Two Colours",
            "with Spare Parts",
            "for Small Kitchens",
        ],
    },
    Language {
        tag: "de-DE",
        currency: "EUR",
        qualities: [
            "Handgefertigte",
            "Wasserdichte",
            "Klappbare",
            "Gefütterte",
            "Geräucherte",
            "Langlebige",
            "Kleine",
            "Blaue",
            "Nordische",
            "Schlichte",
            "Robuste",
            "Leichte",
        ],
        things: [
            "Teekanne",
            "Gartenlaterne",
            "Regenjacke",
            "Buchstütze",
            "Wolldecke",
            "Schreibtischlampe",
            "Kaffeemühle",
            "Brotdose",
            "Bettwäsche",
            "Gießkanne",
            "Fußmatte",
            "Milchkanne",
        ],
        stuff: [
            "mit Korkdeckel",
            "im Geschenkkarton",
            "für vier Personen",
            "aus den Bergen",
            "in zwei Farben",
            "mit Ersatzteilen",
            "für kleine Küchen",
            "aus Buchenholz",
        ],
    },
    Language {
        tag: "fr-FR",
        currency: "EUR",
        qualities: [
            "Petite",
            "Grande",
            "Ancienne",
            "Véritable",
            "Douce",
            "Épaisse",
            "Légère",
            "Élégante",
            "Nouvelle",
            "Solide",
            "Jolie",
            "Simple",
        ],
        things: [
            "théière",
            "lanterne de jardin",
            "veste de pluie",
            "couverture",
            "lampe de bureau",
            "boîte à pain",
            "serviette",
            "confiture",
            "tasse",
            "corbeille",
            "nappe",
            "bouilloire",
        ],
        stuff: [
            "avec couvercle en liège",
            "en coffret cadeau",
            "pour quatre personnes",
            "des montagnes",
            "en deux couleurs",
            "faite à la main",
            "pour petite cuisine",
            "en bois de hêtre",
        ],
    },
    Language {
        tag: "es-ES",
        currency: "EUR",
        qualities: [
            "Pequeña",
            "Gran",
            "Auténtica",
            "Suave",
            "Gruesa",
            "Ligera",
            "Elegante",
            "Nueva",
            "Sólida",
            "Bonita",
            "Sencilla",
            "Rústica",
        ],
        things: [
            "tetera",
            "linterna de jardín",
            "chaqueta de lluvia",
            "manta",
            "lámpara de mesa",
            "panera",
            "toalla",
            "mermelada",
            "taza",
            "cesta",
            "alfombra",
            "cafetera",
        ],
        stuff: [
            "con tapa de corcho",
            "en caja de regalo",
            "para cuatro personas",
            "de las montañas",
            "en dos colores",
            "hecha a mano",
            "para cocinas pequeñas",
            "de madera de haya",
        ],
    },
    Language {
        tag: "pl-PL",
        currency: "PLN",
        qualities: [
            "Mała",
            "Duża",
            "Ręcznie robiona",
            "Wodoodporna",
            "Ciepła",
            "Lekka",
            "Solidna",
            "Nowa",
            "Prosta",
            "Składana",
            "Drewniana",
            "Błękitna",
        ],
        things: [
            "herbatnica",
            "latarnia ogrodowa",
            "kurtka",
            "wełniana kołdra",
            "lampka",
            "skrzynka na chleb",
            "ścierka",
            "filiżanka",
            "koszyk",
            "torba",
            "świeca",
            "konewka",
        ],
        stuff: [
            "z korkową pokrywką",
            "w pudełku na prezent",
            "dla czterech osób",
            "z gór",
            "w dwóch kolorach",
            "z częściami zapasowymi",
            "do małej kuchni",
            "z drewna bukowego",
        ],
    },
    Language {
        tag: "it-IT",
        currency: "EUR",
        qualities: [
            "Piccola", "Grande", "Antica", "Vera", "Morbida", "Spessa", "Leggera", "Elegante", "Nuova", "Solida", "Bella", "Semplice",
        ],
        things: [
            "teiera",
            "lanterna da giardino",
            "giacca da pioggia",
            "coperta",
            "lampada da tavolo",
            "scatola per il pane",
            "tovaglia",
            "marmellata",
            "tazza",
            "cesta",
            "caffettiera",
            "candela",
        ],
        stuff: [
            "con coperchio in sughero",
            "in confezione regalo",
            "per quattro persone",
            "delle montagne",
            "in due colori",
            "fatta a mano",
            "per piccole cucine",
            "in legno di faggio",
        ],
    },
];

/// Numbers out of a number: the finaliser of splitmix64.
fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn pick<'w>(words: &[&'w str], number: u64) -> &'w str {
    words.get(usize::try_from(number % words.len() as u64).unwrap_or(0)).copied().unwrap_or_default()
}

fn language(row: u64) -> &'static Language {
    let chosen = mixed(row ^ 0x5eed) % LANGUAGES.len() as u64;
    LANGUAGES.get(usize::try_from(chosen).unwrap_or(0)).unwrap_or(&LANGUAGES[0])
}

/// A title of 60 characters on average; its number makes it distinct.
fn title(row: u64) -> String {
    let language = language(row);
    let random = mixed(row);
    let mut title = format!("{} {}", pick(&language.qualities, random), pick(&language.things, random >> 8));
    let wanted = 44 + usize::try_from((random >> 40) % 15).unwrap_or(0);
    let mut part = random >> 16;
    while title.chars().count() < wanted {
        let _ = write!(title, " {}", pick(&language.stuff, part));
        part = mixed(part);
    }
    let _ = write!(title, " {}", row + 1);
    title
}

fn cents(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// The cells of a row, as the columns are named.
pub(crate) fn cells(row: u64) -> [String; 13] {
    let language = language(row);
    let defect = defect(row);
    let price = 500 + mixed(row ^ 0x91) % 30_000;
    let money = |amount: u64| format!("{} {}", cents(amount), language.currency);
    let mut title = title(row);
    let mut sale = if on_sale(row) { money(price * 8 / 10) } else { String::new() };
    let mut window = if on_sale(row) { "2026-01-01T00:00+0000/2030-12-31T23:59+0000".to_owned() } else { String::new() };
    let mut id = format!("SKU-{:07}", row + 1);
    let mut photo = format!("https://pictures.example/p/{}.jpg", row + 1);
    let mut shown_price = money(price);
    let mut availability = if gone(row) { "out_of_stock" } else { "in_stock" };
    match defect {
        None => {}
        Some(Defect::LongTitle) => {
            let more = std::mem::take(&mut title);
            title = [more.as_str(); 5].join(", ");
        }
        Some(Defect::DuplicateId) => id = format!("SKU-{row:07}"),
        Some(Defect::TwoCurrencies) => sale = format!("{} {}", cents(price / 2), if language.currency == "EUR" { "USD" } else { "EUR" }),
        Some(Defect::NoPhoto) => photo.clear(),
        Some(Defect::UnreadablePrice) => shown_price = "on request".to_owned(),
        Some(Defect::NoTitle) => title.clear(),
        Some(Defect::UnknownAvailability) => availability = "perhaps",
        Some(Defect::AllCaps) => title = title.to_uppercase(),
        Some(Defect::Markup) => title = format!("<b>{title}</b>"),
        Some(Defect::HiddenCharacter) => title.insert(title.chars().next().map_or(0, char::len_utf8), '\u{200e}'),
        Some(Defect::SaleNotBelow) => sale = money(price),
        Some(Defect::SaleOver) => {
            sale = money(price / 2);
            window = "2025-01-01T00:00+0000/2025-02-01T00:00+0000".to_owned();
        }
    }
    [
        id,
        title,
        format!("{} {}", pick(&language.stuff, row), pick(&language.things, row >> 3)),
        format!("https://shop.example/p/{}", row + 1),
        photo,
        availability.to_owned(),
        "new".to_owned(),
        shown_price,
        sale,
        window,
        "Larch".to_owned(),
        language.tag.to_owned(),
        if row.is_multiple_of(2) { "winter".to_owned() } else { String::new() },
    ]
}

/// A row as a line of a tab-separated feed.
pub(crate) fn line(row: u64) -> String {
    let mut line = cells(row).join("\t");
    line.push('\n');
    line
}

/// The first line of the feed.
pub(crate) fn header() -> String {
    let mut line = COLUMNS.join("\t");
    line.push('\n');
    line
}
