//! The templates that come with the program: those of the repository's `templates/` folder, whole, and a small one to start from.
//!
//! They are in the binary, about 5 MB of it, so that `new` works without a network and the folder it writes draws at once: with its fonts, its
//! photos and their licences. A file that several templates share is included once.

/// A template that `new` can write: its name, and its files by path.
pub(crate) struct Shipped {
    pub(crate) name: &'static str,
    pub(crate) files: &'static [(&'static str, &'static [u8])],
}

macro_rules! files {
    ($($to:literal = $from:literal,)+) => { &[$(($to, include_bytes!($from)),)+] };
}

/// All of them; the first is the one that `new` writes unless another is named.
pub(crate) const ALL: &[Shipped] = &[
    Shipped {
        name: "starter",
        files: files![
            "template.json" = "../starter/template.json",
            "rows/default.json" = "../starter/rows/default.json",
            "assets/placeholder.png" = "../../../templates/product-sale/assets/placeholder.png",
            "fonts/Inter-Bold.ttf" = "../../../templates/product-ad/fonts/Inter-Bold.ttf",
            "fonts/Inter-Regular.ttf" = "../../../templates/product-ad/fonts/Inter-Regular.ttf",
            "fonts/OFL.txt" = "../../../templates/OFL.txt",
            "NOTICE" = "../../../templates/NOTICE",
        ],
    },
    Shipped {
        name: "product-sale",
        files: files![
            "assets/logo.svg" = "../../../templates/product-sale/assets/logo.svg",
            "assets/placeholder.png" = "../../../templates/product-sale/assets/placeholder.png",
            "fonts/NotoSans-Bold.ttf" = "../../../templates/product-sale/fonts/NotoSans-Bold.ttf",
            "fonts/NotoSans-Regular.ttf" = "../../../templates/product-sale/fonts/NotoSans-Regular.ttf",
            "fonts/NotoSansArabic-Bold.ttf" = "../../../templates/product-sale/fonts/NotoSansArabic-Bold.ttf",
            "fonts/NotoSansDevanagari-Bold.ttf" = "../../../templates/product-sale/fonts/NotoSansDevanagari-Bold.ttf",
            "fonts/NotoSansHebrew-Bold.ttf" = "../../../templates/product-sale/fonts/NotoSansHebrew-Bold.ttf",
            "fonts/NotoSansJP-Bold.ttf" = "../../../templates/product-sale/fonts/NotoSansJP-Bold.ttf",
            "rows/arabic.json" = "../../../templates/product-sale/rows/arabic.json",
            "rows/feed.tsv" = "../../../templates/product-sale/rows/feed.tsv",
            "rows/japanese.json" = "../../../templates/product-sale/rows/japanese.json",
            "rows/long-title.json" = "../../../templates/product-sale/rows/long-title.json",
            "rows/photos/bee.webp" = "../../../templates/product-sale/rows/photos/bee.webp",
            "rows/photos/brick.png" = "../../../templates/product-sale/rows/photos/brick.png",
            "rows/photos/bridge.jpg" = "../../../templates/product-sale/rows/photos/bridge.jpg",
            "rows/photos/cat.png" = "../../../templates/product-sale/rows/photos/cat.png",
            "rows/photos/citrus.jpg" = "../../../templates/product-sale/rows/photos/citrus.jpg",
            "rows/photos/coffee.png" = "../../../templates/product-sale/rows/photos/coffee.png",
            "rows/photos/cosmos.jpg" = "../../../templates/product-sale/rows/photos/cosmos.jpg",
            "rows/photos/dandelion-tall.webp" = "../../../templates/product-sale/rows/photos/dandelion-tall.webp",
            "rows/photos/dandelion.jpg" = "../../../templates/product-sale/rows/photos/dandelion.jpg",
            "rows/photos/rocket.jpg" = "../../../templates/product-sale/rows/photos/rocket.jpg",
            "rows/sale.json" = "../../../templates/product-sale/rows/sale.json",
            "rows/sold-out.json" = "../../../templates/product-sale/rows/sold-out.json",
            "template.json" = "../../../templates/product-sale/template.json",
            "fonts/OFL.txt" = "../../../templates/OFL.txt",
            "NOTICE" = "../../../templates/NOTICE",
        ],
    },
    Shipped {
        name: "product-ad",
        files: files![
            "assets/logo.png" = "../../../templates/product-ad/assets/logo.png",
            "fonts/Inter-Bold.ttf" = "../../../templates/product-ad/fonts/Inter-Bold.ttf",
            "fonts/Inter-Regular.ttf" = "../../../templates/product-ad/fonts/Inter-Regular.ttf",
            "rows/gift-box.json" = "../../../templates/product-ad/rows/gift-box.json",
            "rows/honey.json" = "../../../templates/product-ad/rows/honey.json",
            "rows/no-sale.json" = "../../../templates/product-ad/rows/no-sale.json",
            "rows/photos/bee.webp" = "../../../templates/product-sale/rows/photos/bee.webp",
            "rows/photos/bridge.jpg" = "../../../templates/product-sale/rows/photos/bridge.jpg",
            "rows/photos/citrus.jpg" = "../../../templates/product-sale/rows/photos/citrus.jpg",
            "rows/photos/dandelion.jpg" = "../../../templates/product-sale/rows/photos/dandelion.jpg",
            "rows/print.json" = "../../../templates/product-ad/rows/print.json",
            "template.json" = "../../../templates/product-ad/template.json",
            "fonts/OFL.txt" = "../../../templates/OFL.txt",
            "NOTICE" = "../../../templates/NOTICE",
        ],
    },
    Shipped {
        name: "og-card",
        files: files![
            "fonts/Inter-Bold.ttf" = "../../../templates/product-ad/fonts/Inter-Bold.ttf",
            "fonts/Inter-Regular.ttf" = "../../../templates/product-ad/fonts/Inter-Regular.ttf",
            "fonts/NotoSansArabic-Bold.ttf" = "../../../templates/product-sale/fonts/NotoSansArabic-Bold.ttf",
            "fonts/NotoSansArabic-Regular.ttf" = "../../../templates/og-card/fonts/NotoSansArabic-Regular.ttf",
            "rows/arabic.json" = "../../../templates/og-card/rows/arabic.json",
            "rows/english.json" = "../../../templates/og-card/rows/english.json",
            "rows/german.json" = "../../../templates/og-card/rows/german.json",
            "rows/photos/cat.jpg" = "../../../templates/og-card/rows/photos/cat.jpg",
            "rows/russian.json" = "../../../templates/og-card/rows/russian.json",
            "rows/short.json" = "../../../templates/og-card/rows/short.json",
            "template.json" = "../../../templates/og-card/template.json",
            "fonts/OFL.txt" = "../../../templates/OFL.txt",
            "NOTICE" = "../../../templates/NOTICE",
        ],
    },
    Shipped {
        name: "collage",
        files: files![
            "assets/placeholder.png" = "../../../templates/product-sale/assets/placeholder.png",
            "fonts/NotoSans-Bold.ttf" = "../../../templates/product-sale/fonts/NotoSans-Bold.ttf",
            "fonts/NotoSans-Regular.ttf" = "../../../templates/product-sale/fonts/NotoSans-Regular.ttf",
            "rows/morning.json" = "../../../templates/collage/rows/morning.json",
            "rows/photos/bee.webp" = "../../../templates/product-sale/rows/photos/bee.webp",
            "rows/photos/cat.png" = "../../../templates/product-sale/rows/photos/cat.png",
            "rows/photos/citrus.jpg" = "../../../templates/product-sale/rows/photos/citrus.jpg",
            "rows/photos/coffee.png" = "../../../templates/product-sale/rows/photos/coffee.png",
            "rows/photos/dandelion.jpg" = "../../../templates/product-sale/rows/photos/dandelion.jpg",
            "rows/ukrainian.json" = "../../../templates/collage/rows/ukrainian.json",
            "template.json" = "../../../templates/collage/template.json",
            "fonts/OFL.txt" = "../../../templates/OFL.txt",
            "NOTICE" = "../../../templates/NOTICE",
        ],
    },
];
