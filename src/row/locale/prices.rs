//! CLDR 48: how languages write numbers and prices, one row each.
//!
//! In a row: the tags it serves; the price with `#` for the number and `¤` for the mark; the negative price where it is not the minus
//! before the price (`-` stands for the language's own); what groups and what begins the decimals; how digits are grouped; nought; minus;
//! per cent; the marks that differ from [`MARKS`] and those that differ from [`NARROW`], where a code alone means the code itself.
//! Made from ICU 78 by formatting samples and taking them apart.

/// How many digits a group has, and when grouping begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grouping {
    /// 1,234 and 1,234,567.
    Thousands,
    /// 1234, but 12,345.
    FromFive,
    /// 1,234 and 12,34,567.
    Lakh,
}

/// One language's row.
pub(super) struct Language {
    pub(super) tags: &'static str,
    pub(super) price: &'static str,
    pub(super) negative: &'static str,
    pub(super) group: &'static str,
    pub(super) point: &'static str,
    pub(super) grouping: Grouping,
    pub(super) zero: char,
    pub(super) minus: &'static str,
    pub(super) percent: &'static str,
    pub(super) marks: &'static str,
    pub(super) narrow: &'static str,
}

macro_rules! row {
    ($tags:literal, $price:literal, $negative:literal, $group:literal, $point:literal, $grouping:ident, $zero:literal, $minus:literal,
     $percent:literal, $marks:literal, $narrow:literal) => {
        Language {
            tags: $tags,
            price: $price,
            negative: $negative,
            group: $group,
            point: $point,
            grouping: Grouping::$grouping,
            zero: $zero,
            minus: $minus,
            percent: $percent,
            marks: $marks,
            narrow: $narrow,
        }
    };
}

/// What most languages call currencies that are not called by their code.
pub(super) const MARKS: &str = "AUD=AU$ BRL=R$ CAD=CA$ CNY=CN¥ EUR=€ GBP=£ HKD=HK$ ILS=₪ INR=₹ JPY=JP¥ KRW=₩ MXN=MX$ NZD=NZ$ TWD=NT$ USD=US$ \
    VND=₫ XAF=FCFA XCD=EC$ XCG=Cg. XOF=F\u{202f}CFA XPF=CFPF";

/// The short marks of most languages.
pub(super) const NARROW: &str = "AFN=؋ AMD=֏ AOA=Kz ARS=$ AUD=$ AZN=₼ BAM=KM BBD=$ BDT=৳ BMD=$ BND=$ BOB=Bs BRL=R$ BSD=$ BWP=P BYN=р. BZD=$ \
    CAD=$ CLP=$ CNY=¥ COP=$ CRC=₡ CUC=$ CUP=$ CZK=Kč DKK=kr DOP=$ EGP=E£ EUR=€ FJD=$ FKP=£ GBP=£ GEL=₾ GHS=GH₵ \
    GIP=£ GNF=FG GTQ=Q GYD=$ HKD=$ HNL=L HRK=kn HUF=Ft IDR=Rp ILS=₪ INR=₹ ISK=kr JMD=$ JPY=¥ KGS=⃀ KHR=៛ KMF=CF \
    KPW=₩ KRW=₩ KYD=$ KZT=₸ LAK=₭ LBP=L£ LKR=Rs LRD=$ MGA=Ar MMK=K MNT=₮ MUR=Rs MXN=$ MYR=RM NAD=$ NGN=₦ NIO=C$ \
    NOK=kr NPR=Rs NZD=$ PHP=₱ PKR=Rs PLN=zł PYG=₲ RON=lei RUB=₽ RWF=RF SBD=$ SEK=kr SGD=$ SHP=£ SRD=$ SSP=£ STN=Db \
    SYP=£ THB=฿ TOP=T$ TRY=₺ TTD=$ TWD=NT$ UAH=₴ USD=$ UYU=$ VND=₫ XAF=FCFA XCD=$ XCG=Cg. XOF=F\u{202f}CFA \
    XPF=CFPF ZAR=R ZMW=ZK";

/// All languages, a region after its language.
#[rustfmt::skip]
pub(super) const LANGUAGES: &[Language] = &[
    row!("en", "¤#", "", ",", ".", Thousands, '0', "-", "#%",
        "AUD=A$ JPY=¥ PHP=₱ USD=$", "BYN TWD=$"),
    row!("en-GB", "¤#", "", ",", ".", Thousands, '0', "-", "#%",
        "AUD=A$ PHP=₱", "BYN TWD=$"),
    row!("en-IN", "¤#", "", ",", ".", Lakh, '0', "-", "#%",
        "AUD=A$ PHP=₱ USD=$", "BYN TWD=$"),
    row!("en-CA", "¤#", "", ",", ".", Thousands, '0', "-", "#%",
        "AUD=A$ CAD=$ PHP=₱ XCG=Cg", "BYN TWD=$ XCG=Cg"),
    row!("en-AU", "¤#", "", ",", ".", Thousands, '0', "-", "#%",
        "AUD=$ BRL CAD CNY EUR GBP HKD ILS INR JPY KRW MXN NZD SCR=Rs TWD USD VND XAF XCD XOF XPF=CFP", "BDT=Tk BYN CUP=₱ EGP=£ ISK=Kr PYG=Gs SCR=Rs SEK=Kr TWD=$ UYU=$U XAF XOF XPF=CFP"),
    row!("de", "#\u{a0}¤", "", ".", ",", Thousands, '0', "-", "#\u{a0}%",
        "JPY=¥ THB=฿ USD=$", "CUC=Cub$ FKP=Fl£ GHS=₵ GNF=F.G. KMF=FC RON=L RWF=F.Rw SYP ZMW=K"),
    row!("de-CH", "¤\u{a0}#", "¤-#", "'", ".", Thousands, '0', "-", "#%",
        "EUR JPY=¥ THB=฿ USD=$", "CUC=Cub$ EUR FKP=Fl£ GHS=₵ GNF=F.G. KMF=FC RON=L RWF=F.Rw SYP ZMW=K"),
    row!("fr", "#\u{a0}¤", "", "\u{202f}", ",", Thousands, '0', "-", "#\u{a0}%",
        "ARS=$AR AUD=$AU BMD=$BM BND=$BN BZD=$BZ CAD=$CA CLP=$CL CNY COP=$CO FJD=$FJ FKP=£FK GBP=£GB GIP=£GI HKD JPY \
         LBP=£LB MXN=$MX NAD=$NA NZD=$NZ SBD=$SB SGD=$SG SRD=$SR TTD=$TT TWD USD=$US UYU=$UY WST=$WS XCD XPF=FCFP", "EGP=£E KMF=FC LBP=£L NIO=$C RON=L RWF=FR TOP=$T WST=$WS XPF=FCFP ZMW=Kw"),
    row!("fr-CA", "#\u{a0}¤", "", "\u{a0}", ",", Thousands, '0', "-", "#\u{a0}%",
        "AUD=$\u{a0}AU CAD=$ HKD=$\u{a0}HK ILS INR JPY=¥ KRW MXN NZD=$\u{a0}NZ SGD=$\u{a0}SG TWD USD=$\u{a0}US VND XAF \
         XCD XOF XPF", "BYN=Br EGP=£E GEL LBP=£L RON=L RWF=FR TOP=$T XAF XOF XPF"),
    row!("es", "#\u{a0}¤", "", ".", ",", FromFive, '0', "-", "#\u{a0}%",
        "AUD BRL CAD CNY GBP HKD ILS INR JPY KRW MXN NZD THB=฿ TWD XAF XCD XOF", "EGP RON=L XAF XOF"),
    row!("es-MX", "¤#", "", ",", ".", Thousands, '0', "-", "#%",
        "AUD BRL CAD CNY EUR GBP HKD ILS INR JPY KRW MRU=UM MXN=$ NZD TWD USD VND XAF XCD XOF", "BYN=p. MRU=UM XAF XOF"),
    row!("it", "#\u{a0}¤", "", ".", ",", FromFive, '0', "-", "#%",
        "AUD=A$ BRL HKD INR JPY KRW MXN PHP=₱ THB=฿ TWD USD VND XCG=Cf", "BYN=Br EGP=£E NOK=NKr XCG=Cf"),
    row!("pt", "¤\u{a0}#", "", ".", ",", Thousands, '0', "-", "#%",
        "THB=฿", "RON=L SYP=S£"),
    row!("pt-PT", "#\u{a0}¤", "", "\u{a0}", ",", FromFive, '0', "-", "#%",
        "THB=฿", "RON=L"),
    row!("nl", "¤\u{a0}#", "¤\u{a0}-#", ".", ",", Thousands, '0', "-", "#%",
        "CAD=C$ FJD=FJ$ SBD=SI$ THB=฿ XPF ZWG=ZiG", "XCG=Cg XPF ZWG=ZiG"),
    row!("pl", "#\u{a0}¤", "", "\u{a0}", ",", FromFive, '0', "-", "#%",
        "AUD CAD CNY GBP HKD ILS INR JPY KRW MXN NZD PLN=zł TWD USD VND XCG", "BYN RON=lej XCG"),
    row!("cs", "#\u{a0}¤", "", "\u{a0}", ",", Thousands, '0', "-", "#\u{a0}%",
        "CZK=Kč ILS INR VND", "RON=L"),
    row!("sk", "#\u{a0}¤", "", "\u{a0}", ",", Thousands, '0', "-", "#\u{a0}%",
        "AUD BRL CAD CNY GBP HKD ILS=NIS INR JPY KRW NZD TWD USD VND XCG=Cg", "XCG=Cg"),
    row!("hu", "#\u{a0}¤", "", "\u{a0}", ",", FromFive, '0', "-", "#%",
        "AUD BRL CAD CNY EUR GBP HKD HUF=Ft ILS INR JPY=¥ KRW MXN NZD TWD USD VND XCD", ""),
    row!("ro", "#\u{a0}¤", "", ".", ",", Thousands, '0', "-", "#\u{a0}%",
        "AUD BRL CAD CNY EUR GBP HKD ILS INR JPY KRW MXN NZD TWD USD VND XCD", ""),
    row!("bg", "#\u{a0}¤", "", "\u{a0}", ",", FromFive, '0', "-", "#%",
        "AUD BGN=лв. BRL CAD CNY GBP HKD ILS INR JPY KRW MXN NZD TWD USD=щ.д. VND XCD", "AFN=Af AMD ARS AUD AZN BBD BDT BGN=лв. BMD BND BRL BSD BYN BZD CAD CLP CNY COP CRC CUP DOP FJD FKP GHS GIP GYD \
         HKD ILS INR JMD KHR KRW KYD KZT LAK LRD MNT MXN NAD NGN NZD PHP PYG RON SBD SGD SRD SSP TRY TTD TWD UAH UYU \
         VND"),
    row!("hr", "#\u{a0}¤", "", ".", ",", Thousands, '0', "\u{2212}", "#\u{a0}%",
        "AUD BRL CAD CNY GBP HKD HRK=kn ILS INR JPY KRW MXN NZD TWD USD VND XCD XPF", "XPF"),
    row!("da", "#\u{a0}¤", "", ".", ",", Thousands, '0', "-", "#\u{a0}%",
        "DKK=kr. THB=฿", "BYN=Br. DKK=kr. ISK=kr. NOK=kr. RON=L SEK=kr."),
    row!("nb no nn", "#\u{a0}¤", "", "\u{a0}", ",", Thousands, '0', "\u{2212}", "#\u{a0}%",
        "AUD BRL CAD CNY HKD ILS INR JPY KRW MXN NOK=kr NZD TWD USD VND XAF XCD XPF", "RON=L XAF XPF"),
    row!("sv", "#\u{a0}¤", "", "\u{a0}", ",", Thousands, '0', "\u{2212}", "#\u{a0}%",
        "AUD BBD=Bds$ BMD=BM$ BRL=BR$ BSD=BS$ BZD=BZ$ CNY DKK=Dkr DOP=RD$ EGP=EG£ GBP HKD INR ISK=Ikr JMD=JM$ JPY KRW \
         NOK=Nkr NZD SEK=kr TWD VND XCG", "RON=L XCG"),
    row!("fi", "#\u{a0}¤", "", "\u{a0}", ",", Thousands, '0', "\u{2212}", "#\u{a0}%",
        "AUD BRL CAD CNY HKD ILS INR JPY=¥ KRW MXN NZD TWD USD=$ VND XCD XPF", "AOA ARS AUD BAM BBD BDT BMD BND BOB BRL BSD BWP BYN BZD CAD CLP CNY COP CRC CUC CUP CZK DKK DOP EGP FJD FKP \
         GEL GIP GNF GTQ GYD HKD HNL HRK HUF IDR ILS INR ISK JMD KHR KMF KPW KRW KYD KZT LAK LBP LKR LRD MGA MMK MNT \
         MUR MXN MYR NAD NGN NIO NOK NPR NZD PHP PKR PLN PYG RON RWF SBD SEK SGD SHP SRD SSP STN=STD SYP THB TOP TRY \
         TTD TWD UAH UYU VND XCD XPF ZAR ZMW"),
    row!("el", "#\u{a0}¤", "", ".", ",", Thousands, '0', "-", "#%",
        "AUD=A$ THB=฿ USD=$", "TWD=$"),
    row!("tr", "¤#", "", ".", ",", Thousands, '0', "-", "%#",
        "JPY=¥ THB=฿ TRY=₺ USD=$", "RON=L"),
    row!("ru", "#\u{a0}¤", "", "\u{a0}", ",", Thousands, '0', "-", "#\u{a0}%",
        "AUD=A$ JPY=¥ RUB=₽ THB=฿ TMT=ТМТ UAH=₴ USD=$ XCG=Cg", "GEL=ლ RON=L TMT=ТМТ XCG=Cg"),
    row!("uk", "#\u{a0}¤", "", "\u{a0}", ",", Thousands, '0', "-", "#%",
        "AUD BRL CAD CNY EUR GBP HKD ILS INR JPY=¥ KRW MXN NZD TWD UAH=₴ USD VND XCD", "TWD=$"),
    row!("be", "#\u{a0}¤", "", "\u{a0}", ",", FromFive, '0', "-", "#\u{a0}%",
        "AUD=A$ BRL BYN=Br CAD JPY=¥ NZD RUB=₽ USD=$", "AUD=A$ BBD=Bds$ BMD=BD$ BSD=B$ BYN=Br BZD=BZ$ CAD=CA$ CUC=CUC$ CUP=$MN DOP=RD$ FJD=FJ$ FKP=FK£ GYD=G$ ISK=Íkr \
         JMD=J$ KYD=CI$ LRD=L$ MXN=MX$ NAD=N$ NZD=NZ$ RUB=руб. SBD=SI$ SGD=S$ TTD=TT$ TWD=$ UYU=$U XCD=EC$"),
    row!("kk", "#\u{a0}¤", "", "\u{a0}", ",", Thousands, '0', "-", "#%",
        "AUD=A$ KZT=₸ LSL=ЛСЛ RUB=₽ THB=฿ USD=$", "LSL=ЛСЛ"),
    row!("he", "\u{200f}#\u{a0}\u{200f}¤", "\u{200f}-#\u{a0}\u{200f}¤", ",", ".", Thousands, '0', "\u{200e}-", "#%",
        "AUD=A$ CNY=\u{200e}CN¥\u{200e} JPY=¥ THB=฿ USD=$", "BYN=р"),
    row!("ar", "\u{200f}#\u{a0}¤", "\u{200f}-#\u{a0}¤", ",", ".", Thousands, '0', "\u{200e}-", "#\u{200e}%\u{200e}",
        "AED=د.إ.\u{200f} BHD=د.ب.\u{200f} DZD=د.ج.\u{200f} EGP=ج.م.\u{200f} GBP=UK£ IQD=د.ع.\u{200f} IRR=ر.إ. \
         JOD=د.أ.\u{200f} KWD=د.ك.\u{200f} LBP=ل.ل.\u{200f} LYD=د.ل.\u{200f} MAD=د.م.\u{200f} MRU=أ.م. OMR=ر.ع.\u{200f} \
         QAR=ر.ق.\u{200f} SAR=ر.س.\u{200f} SDG=ج.س. SYP=ل.س.\u{200f} THB=฿ TND=د.ت.\u{200f} YER=ر.ي.\u{200f}", "AED=د.إ.\u{200f} ARS=AR$ AUD=AU$ BBD=BB$ BHD=د.ب.\u{200f} BMD=BM$ BND=BN$ BSD=BS$ BZD=BZ$ CAD=CA$ CLP=CL$ \
         CNY=CN¥ COP=CO$ CUP=CU$ DOP=DO$ DZD=د.ج.\u{200f} FJD=FJ$ GBP=UK£ GYD=GY$ HKD=HK$ IQD=د.ع.\u{200f} IRR=ر.إ. \
         JMD=JM$ JOD=د.أ.\u{200f} JPY=JP¥ KWD=د.ك.\u{200f} KYD=KY$ LRD=$LR LYD=د.ل.\u{200f} MAD=د.م.\u{200f} MRU=أ.م. \
         MXN=MX$ NZD=NZ$ OMR=ر.ع.\u{200f} QAR=ر.ق.\u{200f} SAR=ر.س.\u{200f} SBD=SB$ SDG=ج.س. SRD=SR$ TND=د.ت.\u{200f} \
         TTD=TT$ USD=US$ UYU=UY$ YER=ر.ي.\u{200f}"),
    row!("ar-BH ar-TD ar-KM ar-DJ ar-EG ar-ER ar-IQ ar-IL ar-JO ar-KW ar-LB ar-MR ar-OM ar-PS ar-QA ar-SA ar-SO ar-SS ar-SD ar-SY ar-YE", "\u{200f}#\u{a0}¤", "", "٬", "٫", Thousands, '٠', "\u{61c}-", "#٪\u{61c}",
        "AED=د.إ.\u{200f} BHD=د.ب.\u{200f} DZD=د.ج.\u{200f} EGP=ج.م.\u{200f} GBP=UK£ IQD=د.ع.\u{200f} IRR=ر.إ. \
         JOD=د.أ.\u{200f} KWD=د.ك.\u{200f} LBP=ل.ل.\u{200f} LYD=د.ل.\u{200f} MAD=د.م.\u{200f} MRU=أ.م. OMR=ر.ع.\u{200f} \
         QAR=ر.ق.\u{200f} SAR=ر.س.\u{200f} SDG=ج.س. SYP=ل.س.\u{200f} THB=฿ TND=د.ت.\u{200f} YER=ر.ي.\u{200f}", "AED=د.إ.\u{200f} ARS=AR$ AUD=AU$ BBD=BB$ BHD=د.ب.\u{200f} BMD=BM$ BND=BN$ BSD=BS$ BZD=BZ$ CAD=CA$ CLP=CL$ \
         CNY=CN¥ COP=CO$ CUP=CU$ DOP=DO$ DZD=د.ج.\u{200f} FJD=FJ$ GBP=UK£ GYD=GY$ HKD=HK$ IQD=د.ع.\u{200f} IRR=ر.إ. \
         JMD=JM$ JOD=د.أ.\u{200f} JPY=JP¥ KWD=د.ك.\u{200f} KYD=KY$ LRD=$LR LYD=د.ل.\u{200f} MAD=د.م.\u{200f} MRU=أ.م. \
         MXN=MX$ NZD=NZ$ OMR=ر.ع.\u{200f} QAR=ر.ق.\u{200f} SAR=ر.س.\u{200f} SBD=SB$ SDG=ج.س. SRD=SR$ TND=د.ت.\u{200f} \
         TTD=TT$ USD=US$ UYU=UY$ YER=ر.ي.\u{200f}"),
    row!("fa", "\u{200e}¤#", "", "٬", "٫", Thousands, '۰', "\u{200e}\u{2212}", "#٪",
        "AFN=؋ AUD=A$ CAD=$CA CNY=¥CN HKD=$HK IRR=ریال JPY=¥ MXN=$MX NZD=$NZ THB=฿ USD=$ XCD=$EC XOF=فرانک\u{202f}CFA", "BYN=Br IRR=ریال TWD=$ XOF=فرانک\u{202f}CFA"),
    row!("hi", "¤#", "", ",", ".", Lakh, '0', "-", "#%",
        "AUD=A$ THB=฿ USD=$", "RON=लेई"),
    row!("bn", "#¤", "", ",", ".", Lakh, '০', "-", "#%",
        "AUD=A$ BDT=৳ THB=฿", ""),
    row!("th", "¤#", "", ",", ".", Thousands, '0', "-", "#%",
        "JPY=¥ THB=฿", ""),
    row!("vi", "#\u{a0}¤", "", ".", ",", Thousands, '0', "-", "#%",
        "JPY=¥ THB=฿", ""),
    row!("ko", "¤#", "", ",", ".", Thousands, '0', "-", "#%",
        "", "RON=L"),
    row!("ja", "¤#", "", ",", ".", Thousands, '0', "-", "#%",
        "AUD=A$ CNY=元 JPY=￥ USD=$ XCG=Cg", "CNY=￥ JPY=￥ RON=レイ TWD=$ XCG=Cg"),
    row!("zh", "¤#", "", ",", ".", Thousands, '0', "-", "#%",
        "CNY=¥", ""),
    row!("zh-TW zh-HK zh-Hant", "¤#", "", ",", ".", Thousands, '0', "-", "#%",
        "JPY=¥ KRW=￦ TWD=$", "RON=L TWD=$"),
];
