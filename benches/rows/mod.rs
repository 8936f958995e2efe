//! A generated feed for `templates/product-sale`: what the benchmark times.

use std::path::Path;
use std::sync::Arc;

use templrender::{Context, Fonts, Frame, Limits, NeedId, NeedSource, Output, Plan, Renderer, Report, Resources, Row, Scratch, Template};

/// 2026-11-21T12:00:00Z.
const NOW: i64 = 1_795_262_400;

pub(crate) const ROWS: usize = 1000;

/// Languages with words of things one can buy; the commonest stand twice.
const WORDS: &[(&str, &str, &str)] = &[
    (
        "en-GB",
        "GBP",
        "Hand-painted Ladybird Cup Wool Blanket Oak Frame Garden Honey Jar Extra Large Canvas Print, Leather Travel Bag with Brass Zip for Men & Women Waterproof Jacket 2-Pack 500 g",
    ),
    (
        "de-DE",
        "EUR",
        "Handgefertigte Keramiktasse mit Untertasse Wolldecke Eichenholz Bilderrahmen große Leinwand für Küche und Wohnzimmer Gartenhonig wasserdichte Jacke Größe XL grün Weiß 2er-Pack",
    ),
    (
        "fr-FR",
        "EUR",
        "Tasse peinte à la main Couverture en laine d’été Cadre chêne massif Grande toile imprimée, Sac de voyage en cuir pour l’hiver Miel crémeux édition limitée été créateur",
    ),
    (
        "en-US",
        "USD",
        "Men's Running Shoes Trail Edition, Black/White Women's Sneaker Stainless Steel Water Bottle (32 oz) Wireless Charger USB-C Fast Phone Case Clear Slim Kids Backpack Dinosaur",
    ),
    (
        "es-ES",
        "EUR",
        "Taza pintada a mano Manta de lana merino Marco de roble macizo Lienzo grande para salón Bolso de viaje en piel para niños Chaqueta impermeable Miel de montaña edición 2026",
    ),
    (
        "pl-PL",
        "PLN",
        "Ręcznie malowana filiżanka Koc wełniany Ramka dębowa Duże płótno do salonu Torba podróżna ze skóry Kurtka wodoodporna Miód łąkowy dla dzieci zestaw źródło świąteczny",
    ),
    (
        "en-GB",
        "GBP",
        "Stoneware Espresso Set Linen Apron Walnut Tray Beeswax Candle Night Bridge Giclée Poster A2 Cotton Tea Towel Enamel Mug Ash Chair Brass Lamp Wild Flower Seeds 12 Pieces",
    ),
    (
        "uk-UA",
        "UAH",
        "Кухоль ручного розпису Вовняна ковдра Дубова рамка Велике полотно для вітальні Шкіряна дорожня сумка Непромокальна куртка Квітковий мед дитячий набір зелений їжак",
    ),
    (
        "it-IT",
        "EUR",
        "Tazza dipinta a mano Coperta di lana Cornice in rovere Grande tela per il soggiorno Borsa da viaggio in pelle Giacca impermeabile Miele di montagna qualità perché 100% cotone",
    ),
    (
        "ar-AE",
        "AED",
        "كوب مرسوم يدويًا بطانية صوف إطار خشب البلوط لوحة كبيرة حقيبة سفر جلدية سترة مقاومة للماء عسل جبلي فاخر للأطفال طقم أخضر",
    ),
    (
        "en-US",
        "USD",
        "Ultra Soft Queen Bed Sheets Set, Deep Pocket Microfiber Pillow Cases Memory Foam Bath Mat Non-Slip Kitchen Knife Sharpener Pro LED Desk Lamp Dimmable Office Chair Ergonomic Mesh Gray",
    ),
    (
        "ja-JP",
        "JPY",
        "手ごね テラコッタ エスプレッソカップ ソーサー 羊毛ブランケット オーク材の額縁 大判キャンバス 革の旅行かばん 防水ジャケット 山の蜂蜜 限定版 こども用",
    ),
    ("hi-IN", "INR", "जंगली फूलों का शुद्ध शहद हाथ से बना प्याला ऊनी कंबल बड़ा चित्र चमड़े का थैला बच्चों की जैकेट हरा उपहार सेट"),
    ("he-IL", "ILS", "ספל מצויר ביד שמיכת צמר מסגרת אלון קנבס גדול לסלון תיק נסיעות מעור מעיל עמיד במים דבש הרים לילדים ירוק"),
    (
        "de-DE",
        "EUR",
        "Kabellose Kopfhörer mit Geräuschunterdrückung Schwarz Ladegerät Schnellladekabel 2 m Edelstahl Trinkflasche isoliert Kinderrucksack Dinosaurier Bürostuhl ergonomisch höhenverstellbar",
    ),
    (
        "el-GR",
        "EUR",
        "Χειροποίητη κούπα Μάλλινη κουβέρτα Κορνίζα δρυός Μεγάλος καμβάς για το σαλόνι Δερμάτινη τσάντα ταξιδιού Αδιάβροχο μπουφάν Μέλι βουνού παιδικό σετ",
    ),
];

/// A renderer, its template, and rows to fill it with.
pub(crate) struct Feed {
    renderer: Renderer,
    template: Template,
    resources: Resources,
    context: Context,
    pub(crate) rows: Vec<Row>,
}

impl Feed {
    pub(crate) fn generate() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/product-sale");
        let template = Template::parse(&std::fs::read_to_string(folder.join("template.json")).unwrap()).unwrap();
        let mut files: Vec<_> = std::fs::read_dir(folder.join("fonts")).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let mut fonts = Fonts::new();
        for file in files {
            fonts.add(std::fs::read(file).unwrap()).unwrap();
        }
        let renderer = Renderer::new(fonts);
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let photo: Arc<[u8]> = Frame::new(8, 8, &Limits::default()).unwrap().encode(&Output::png()).unwrap().into();
        let rows: Vec<Row> = (0..ROWS).map(|i| row(i, &photo, &mut random)).collect();
        let context = Context { now: Some(NOW), ..Context::default() };
        // Assets are needed by every row alike.
        let mut resources = Resources::new();
        let plan = renderer.plan(&template, &rows[0], &context).unwrap();
        let assets: Vec<(NeedId, String)> = plan
            .needs()
            .filter_map(|need| if let NeedSource::Asset { path, .. } = need.source() { Some((need.id(), path.clone())) } else { None })
            .collect();
        for (id, path) in assets {
            resources.insert(id, std::fs::read(folder.join(path)).unwrap()).unwrap();
        }
        Self { renderer, template, resources, context, rows }
    }

    pub(crate) fn plan(&self, row: &Row) -> Plan {
        self.renderer.plan(&self.template, row, &self.context).unwrap()
    }

    pub(crate) fn report(&self, plan: &Plan, scratch: &mut Scratch) -> Report {
        self.renderer.report(plan, &self.resources, scratch).unwrap()
    }

    /// Every title is in its report, whole or cut, and half of the rows show what they save.
    pub(crate) fn check(&self, scratch: &mut Scratch) {
        let (mut characters, mut on_sale, mut shrunk, mut cut) = (0, 0, 0, 0);
        for row in &self.rows {
            let report = self.report(&self.plan(row), scratch);
            let title = row.get("title").and_then(|value| value.as_text()).unwrap();
            characters += title.chars().count();
            let layer = |name: &str| report.layers.iter().find(|layer| layer.layer == name);
            let squeezed = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            let shown: String = layer("title").unwrap().lines.iter().map(|line| squeezed(&line.text)).collect();
            let whole = squeezed(title);
            match shown.strip_suffix('…') {
                Some(start) => assert!(whole.starts_with(start), "{shown:?} of {title:?}"),
                None => assert_eq!(shown, whole),
            }
            cut += usize::from(shown.ends_with('…'));
            shrunk += usize::from(layer("title").unwrap().font_size != Some(48.0));
            on_sale += usize::from(layer("badge-text").is_some());
            let saving = row.get("saving").and_then(|value| value.as_text()).map(|percent| format!("-{percent}%"));
            assert_eq!(layer("badge-text").map(|badge| badge.lines[0].text.clone()), saving);
        }
        println!("{ROWS} rows: {:.1} characters a title, {on_sale} on sale, {shrunk} shrunk, {cut} cut", characters as f64 / ROWS as f64);
        assert!((55..65).contains(&(characters / ROWS)) && on_sale == ROWS / 2, "{characters} characters, {on_sale} on sale");
    }
}

/// Row `i`: a title that no other row has, and the columns that a shop's feed has beside it.
fn row(i: usize, photo: &Arc<[u8]>, random: &mut Random) -> Row {
    let (language, currency, words) = WORDS[i % WORDS.len()];
    let words: Vec<&str> = words.split(' ').collect();
    let long = if random.below(20) == 0 { 30 } else { 0 };
    let length = 14 + random.below(60) + random.below(14) + long;
    let mut title = words[random.below(words.len())].to_owned();
    while title.chars().count() < length {
        title.push(' ');
        title.push_str(words[random.below(words.len())]);
    }
    title = title.chars().take(115).collect::<String>().trim_end_matches([' ', ',']).to_owned();
    title.push_str(&format!(" {}", 1000 + i));
    let cents = 500 + random.below(200_000);
    let percent = 10 + random.below(60);
    let mut row = Row::new();
    row.set("id", format!("{currency}-{i}").as_str());
    row.set("title", title.as_str());
    row.set("description", format!("{title}. {}", words.join(" ")).as_str());
    row.set("link", format!("https://shop.example/{language}/p/{i}?utm_source=feed").as_str());
    row.set_image("image_link", photo.clone());
    row.set("availability", "in_stock");
    row.set("brand", "Larch");
    row.set("condition", "new");
    row.set("gtin", format!("{:013}", 4_000_000_000_000_u64 + i as u64).as_str());
    row.set("google_product_category", "Home & Garden > Kitchen & Dining > Tableware > Drinkware > Mugs");
    row.set("content_language", language);
    let whole = |cents: usize| {
        if currency == "JPY" { format!("{cents} {currency}") } else { format!("{}.{:02} {currency}", cents / 100, cents % 100) }
    };
    row.set("price", whole(cents * 100).as_str());
    // A little less than the percentage, for it is rounded down.
    row.set("sale_price", whole(cents * (100 - percent)).as_str());
    let window =
        if i.is_multiple_of(2) { "2026-11-01T00:00+0000/2026-12-31T23:59+0000" } else { "2027-01-01T00:00+0000/2027-01-31T23:59+0000" };
    row.set("sale_price_effective_date", window);
    if i.is_multiple_of(2) {
        row.set("saving", percent.to_string().as_str());
    }
    row
}

/// xorshift: the same rows on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % bound
    }
}
