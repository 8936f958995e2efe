//! What stands beside the number of a price: signs of currencies, and words.

use crate::row::locale;
use crate::row::money::Currency;

/// What signs mean first where the field's currency does not decide, and signs that no locale of CLDR has; in small letters, without a last
/// dot. All other signs are those of `locale::signed`.
const SIGNS: &[(&str, &str)] = &[
    ("$", "USD"),
    ("£", "GBP"),
    ("₤", "GBP ITL"),
    ("¥", "JPY CNY"),
    ("￥", "JPY CNY"),
    ("円", "JPY"),
    ("元", "CNY TWD HKD"),
    ("원", "KRW"),
    ("s$", "SGD"),
    ("c$", "CAD"),
    ("lei", "RON"),
    ("₪", "ILS"),
    ("₫", "VND"),
    ("р", "RUB"),
    ("руб", "RUB"),
    ("рублей", "RUB"),
    ("грн", "UAH"),
    ("тг", "KZT"),
    ("лв", "BGN"),
    ("₺", "TRY"),
    ("tl", "TRY"),
    ("rp", "IDR"),
    ("rm", "MYR"),
    ("rs", "INR PKR LKR NPR MUR"),
    ("₨", "INR PKR LKR NPR MUR"),
    ("euro", "EUR"),
    ("fr", "CHF"),
    ("sfr", "CHF"),
    ("r", "ZAR"),
    ("đ", "VND"),
    ("vnđ", "VND"),
    ("บาท", "THB"),
    ("درهم", "AED MAD"),
    ("ريال", "SAR QAR YER OMR IRR"),
    ("ریال", "IRR"),
    ("جنيه", "EGP SDG"),
    ("دينار", "KWD BHD IQD JOD LYD TND DZD"),
    ("so'm", "UZS"),
    ("can$", "CAD"),
    ("us $", "USD"),
    ("u.s", "USD"),
    ("au $", "AUD"),
    ("￡", "GBP"),
    ("stg", "GBP"),
    ("yen", "JPY"),
    ("yuan", "CNY"),
    ("人民币", "CNY"),
    ("圆", "CNY"),
    ("nt", "TWD"),
    ("lek", "ALL"),
    ("dinara", "RSD"),
    ("дин", "RSD"),
    ("hrn", "UAH"),
    ("lari", "GEL"),
    ("ლარი", "GEL"),
    ("ש״ח", "ILS"),
    ("ש\"ח", "ILS"),
    ("ש'ח", "ILS"),
    ("ش.ج", "ILS"),
    ("dh", "AED MAD"),
    ("dhs", "AED"),
    ("bd", "BHD"),
    ("kd", "KWD"),
    ("دينار كويتي", "KWD"),
    ("ld", "LYD"),
    ("ل.د", "LYD"),
    ("د.ا", "JOD"),
    ("دينار أردني", "JOD"),
    ("د.ع", "IQD"),
    ("ع.د", "IQD"),
    ("دج", "DZD"),
    ("र", "INR"),
    ("ரூ", "INR LKR"),
    ("nu", "BTN"),
    ("ks", "MMK"),
    ("ናቕፋ", "ERN"),
    ("نافكا", "ERN"),
    ("gfr", "GNF"),
    ("kshs", "KES"),
    ("mt", "MZN"),
    ("frw", "RWF"),
    ("r₣", "RWF"),
    ("kwz", "AOA"),
    ("$b", "BOB"),
];

/// Signs that several currencies share and no locale of CLDR has: the field decides.
const SHARED: &[(&str, &str)] = &[
    ("cfa", "XAF XOF"),
    ("franc", "CHF XAF XOF XPF"),
    ("francs", "CHF XAF XOF XPF"),
    ("₣", "CHF XAF XOF XPF"),
    ("pound", "EGP GBP LBP"),
    ("som", "KGS UZS"),
    ("圓", "CNY HKD JPY TWD"),
    ("re", "INR LKR MUR NPR PKR"),
    ("rbl", "BYN RUB"),
    ("﷼", "IRR OMR QAR SAR YER"),
    ("د", "AED BHD DZD IQD JOD KWD LYD TND"),
    ("sl", "SLE"),
    ("id", "IQD"),
    ("с", "KGS"),
    ("sʻ", "UZS"),
    ("s'", "UZS"),
    ("ѕm", "TJS"),
    ("z$", "ZWL"),
    ("جن", "EGP"),
];

/// Words that leave a price what it is, in small letters: that it is one, that it begins there, whose it is, its tax, its unit.
const WORDS: &[&str] = &[
    "price preis prix precio preço prezzo prijs cena cenă preț preţ hinta pris ár fiyat цена ціна giá harga 价格 価格 가격 p.v.p pvp",
    "from ab от від vanaf från fra od da a partir partire à de des dès desde alkaen 起",
    "our your now only nur jetzt usual běžná bežná naše naša наша current each per for für web voor estimate",
    "incl inc inkl excl exc exkl zzgl inclusa incluido bez s vat gst tax taxes mwst ust mva moms iva tva dph ttc ht htva brutto netto btw pdv 税込 税抜",
    "shipping versand ea pc pcs st stk stück шт piece unit set mo month 台 undefined",
];

/// What a sign may mean: first without the field, and in all languages.
#[derive(Clone, Copy)]
pub(super) struct Meant {
    first: &'static str,
    all: &'static str,
    code: Option<Currency>,
}

impl Meant {
    /// All codes that it may mean.
    #[cfg(test)]
    pub(super) fn codes(&self) -> impl Iterator<Item = &'static str> {
        self.first.split(' ').chain(self.all.split(' '))
    }

    pub(super) fn has(&self, currency: Currency) -> bool {
        self.code == Some(currency) || [self.first, self.all].iter().any(|codes| codes.split(' ').any(|code| code == currency.code()))
    }
}

/// The currency that all signs may mean: the field's, else what one of them means first, else the only one.
pub(super) fn agreed(signs: &[Meant], default: Option<Currency>) -> Option<Currency> {
    let fits = |currency: &Currency| signs.iter().all(|sign| sign.has(*currency));
    let codes = |list: fn(&Meant) -> &'static str| signs.iter().flat_map(move |sign| list(sign).split(' ')).filter_map(Currency::parse);
    let mut first = default.into_iter().chain(signs.iter().filter_map(|sign| sign.code)).chain(codes(|sign| sign.first));
    first.find(fits).or_else(|| {
        let mut all = codes(|sign| sign.all).filter(fits);
        let only = all.next()?;
        all.all(|other| other == only).then_some(only)
    })
}

/// The meaning of a text as a whole: a code, in any letters where it stands alone, or a sign.
pub(super) fn meant(sign: &str, alone: bool) -> Option<Meant> {
    let is_code = sign.len() == 3 && (alone || sign.bytes().all(|b| b.is_ascii_uppercase()));
    if let Some(code) = Currency::parse(sign).filter(|_| is_code) {
        return Some(Meant { first: "", all: "", code: Some(code) });
    }
    let small = sign.to_lowercase();
    let small = small.trim_end_matches('.');
    // `da 7 €` begins at 7, `7 DA` is of Algeria.
    if is_word(small) && !sign.chars().all(char::is_uppercase) {
        return None;
    }
    let first = SIGNS.iter().find(|(known, _)| *known == small).map(|(_, codes)| *codes);
    let all = SHARED.iter().find(|(known, _)| *known == small).map(|(_, codes)| *codes).or_else(|| locale::signed(small));
    (first.is_some() || all.is_some()).then(|| Meant { first: first.unwrap_or(""), all: all.unwrap_or(""), code: None })
}

/// How many characters the longest sign has.
const LONGEST: usize = 12;

/// The longest sign that ends a text, and what stands before it.
pub(super) fn sign_at_end(text: &str) -> Option<(&str, Meant)> {
    let near = text.trim_end_matches([' ', ':', '.']);
    let starts: Vec<usize> = near.char_indices().rev().take(LONGEST).map(|(at, _)| at).collect();
    starts.into_iter().rev().find_map(|at| {
        let (rest, sign) = near.split_at(at);
        let cuts_word = rest.trim_end_matches('.').ends_with(char::is_alphabetic) && sign.starts_with(char::is_alphabetic);
        let found = if cuts_word { None } else { meant(sign, rest.is_empty()) };
        found.map(|found| (rest, found))
    })
}

/// The longest sign that begins a text, and what stands after it.
pub(super) fn sign_at_start(text: &str) -> Option<(&str, Meant)> {
    let near = text.trim_start_matches([' ', '.', ',', '-', '–', '—']);
    let ends: Vec<usize> = near.char_indices().map(|(at, c)| at + c.len_utf8()).take(LONGEST).collect();
    ends.into_iter().rev().find_map(|at| {
        let (sign, rest) = near.split_at(at);
        let cuts_word = rest.starts_with(char::is_alphabetic) && sign.ends_with(char::is_alphabetic);
        let found = if cuts_word { None } else { meant(sign, rest.trim_matches('.').is_empty()) };
        found.map(|found| (rest, found))
    })
}

/// Whether all that is left are words that leave a price what it is, and marks of punctuation.
pub(super) fn are_words(text: &str) -> bool {
    let marks = |c: char| matches!(c, ' ' | '*' | ':' | ';' | ',' | '-' | '–' | '—' | '|' | '/' | '!' | '+' | '"' | '\'' | '\u{2212}');
    text.split(marks).map(|word| word.trim_matches('.')).filter(|word| !word.is_empty()).all(|word| is_word(&word.to_lowercase()))
}

fn is_word(small: &str) -> bool {
    WORDS.iter().any(|words| words.split(' ').any(|known| known == small))
}
