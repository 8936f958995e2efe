//! CLDR 48: names of months and weekdays in the Gregorian calendar.
//!
//! In a row: the language; months within a date, long and short; months standing alone where they differ; weekdays from Sunday, long and
//! short; before and after noon.

/// One language's names, each list parted by `|`.
pub(super) struct Names {
    pub(super) lang: &'static str,
    pub(super) months: &'static str,
    pub(super) short_months: &'static str,
    pub(super) lone_months: &'static str,
    pub(super) lone_short_months: &'static str,
    pub(super) weekdays: &'static str,
    pub(super) short_weekdays: &'static str,
    pub(super) halves: &'static str,
}

macro_rules! names {
    ($lang:literal, $months:literal, $short_months:literal, $lone_months:literal, $lone_short_months:literal, $weekdays:literal,
     $short_weekdays:literal, $halves:literal) => {
        Names {
            lang: $lang,
            months: $months,
            short_months: $short_months,
            lone_months: $lone_months,
            lone_short_months: $lone_short_months,
            weekdays: $weekdays,
            short_weekdays: $short_weekdays,
            halves: $halves,
        }
    };
}

/// All languages whose names are known.
#[rustfmt::skip]
pub(super) const NAMES: &[Names] = &[
    names!("en", "January|February|March|April|May|June|July|August|September|October|November|December",
        "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec",
        "", "",
        "Sunday|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday", "Sun|Mon|Tue|Wed|Thu|Fri|Sat", "AM|PM"),
    names!("de", "Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember",
        "Jan.|Feb.|März|Apr.|Mai|Juni|Juli|Aug.|Sept.|Okt.|Nov.|Dez.",
        "", "Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez",
        "Sonntag|Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag", "So|Mo|Di|Mi|Do|Fr|Sa", "AM|PM"),
    names!("fr", "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre",
        "janv.|févr.|mars|avr.|mai|juin|juil.|août|sept.|oct.|nov.|déc.",
        "", "",
        "dimanche|lundi|mardi|mercredi|jeudi|vendredi|samedi", "dim.|lun.|mar.|mer.|jeu.|ven.|sam.", "AM|PM"),
    names!("es", "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre",
        "ene|feb|mar|abr|may|jun|jul|ago|sept|oct|nov|dic",
        "", "",
        "domingo|lunes|martes|miércoles|jueves|viernes|sábado", "dom|lun|mar|mié|jue|vie|sáb", "a.\u{202f}m.|p.\u{202f}m."),
    names!("it", "gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre",
        "gen|feb|mar|apr|mag|giu|lug|ago|set|ott|nov|dic",
        "", "",
        "domenica|lunedì|martedì|mercoledì|giovedì|venerdì|sabato", "dom|lun|mar|mer|gio|ven|sab", "AM|PM"),
    names!("pt", "janeiro|fevereiro|março|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro",
        "jan.|fev.|mar.|abr.|mai.|jun.|jul.|ago.|set.|out.|nov.|dez.",
        "", "",
        "domingo|segunda-feira|terça-feira|quarta-feira|quinta-feira|sexta-feira|sábado", "dom.|seg.|ter.|qua.|qui.|sex.|sáb.", "AM|PM"),
    names!("pl", "stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|października|listopada|grudnia",
        "sty|lut|mar|kwi|maj|cze|lip|sie|wrz|paź|lis|gru",
        "styczeń|luty|marzec|kwiecień|maj|czerwiec|lipiec|sierpień|wrzesień|październik|listopad|grudzień", "",
        "niedziela|poniedziałek|wtorek|środa|czwartek|piątek|sobota", "niedz.|pon.|wt.|śr.|czw.|pt.|sob.", "AM|PM"),
    names!("tr", "Ocak|Şubat|Mart|Nisan|Mayıs|Haziran|Temmuz|Ağustos|Eylül|Ekim|Kasım|Aralık",
        "Oca|Şub|Mar|Nis|May|Haz|Tem|Ağu|Eyl|Eki|Kas|Ara",
        "", "",
        "Pazar|Pazartesi|Salı|Çarşamba|Perşembe|Cuma|Cumartesi", "Paz|Pzt|Sal|Çar|Per|Cum|Cmt", "ÖÖ|ÖS"),
    names!("ru", "января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря",
        "янв.|февр.|мар.|апр.|мая|июн.|июл.|авг.|сент.|окт.|нояб.|дек.",
        "январь|февраль|март|апрель|май|июнь|июль|август|сентябрь|октябрь|ноябрь|декабрь", "янв.|февр.|март|апр.|май|июнь|июль|авг.|сент.|окт.|нояб.|дек.",
        "воскресенье|понедельник|вторник|среда|четверг|пятница|суббота", "вс|пн|вт|ср|чт|пт|сб", "AM|PM"),
    names!("uk", "січня|лютого|березня|квітня|травня|червня|липня|серпня|вересня|жовтня|листопада|грудня",
        "січ.|лют.|бер.|квіт.|трав.|черв.|лип.|серп.|вер.|жовт.|лист.|груд.",
        "січень|лютий|березень|квітень|травень|червень|липень|серпень|вересень|жовтень|листопад|грудень", "",
        "неділя|понеділок|вівторок|середа|четвер|пʼятниця|субота", "нд|пн|вт|ср|чт|пт|сб", "дп|пп"),
    names!("kk", "қаңтар|ақпан|наурыз|сәуір|мамыр|маусым|шілде|тамыз|қыркүйек|қазан|қараша|желтоқсан",
        "қаң.|ақп.|нау.|сәу.|мам.|мау.|шіл.|там.|қыр.|қаз.|қар.|жел.",
        "Қаңтар|Ақпан|Наурыз|Сәуір|Мамыр|Маусым|Шілде|Тамыз|Қыркүйек|Қазан|Қараша|Желтоқсан", "",
        "жексенбі|дүйсенбі|сейсенбі|сәрсенбі|бейсенбі|жұма|сенбі", "жс|дс|сс|ср|бс|жм|сб", "AM|PM"),
    names!("he", "ינואר|פברואר|מרץ|אפריל|מאי|יוני|יולי|אוגוסט|ספטמבר|אוקטובר|נובמבר|דצמבר",
        "ינו׳|פבר׳|מרץ|אפר׳|מאי|יוני|יולי|אוג׳|ספט׳|אוק׳|נוב׳|דצמ׳",
        "", "",
        "יום ראשון|יום שני|יום שלישי|יום רביעי|יום חמישי|יום שישי|יום שבת", "יום א׳|יום ב׳|יום ג׳|יום ד׳|יום ה׳|יום ו׳|שבת", "AM|PM"),
    names!("ar", "يناير|فبراير|مارس|أبريل|مايو|يونيو|يوليو|أغسطس|سبتمبر|أكتوبر|نوفمبر|ديسمبر",
        "يناير|فبراير|مارس|أبريل|مايو|يونيو|يوليو|أغسطس|سبتمبر|أكتوبر|نوفمبر|ديسمبر",
        "", "",
        "الأحد|الاثنين|الثلاثاء|الأربعاء|الخميس|الجمعة|السبت", "الأحد|الاثنين|الثلاثاء|الأربعاء|الخميس|الجمعة|السبت", "ص|م"),
    names!("hi", "जनवरी|फ़रवरी|मार्च|अप्रैल|मई|जून|जुलाई|अगस्त|सितंबर|अक्टूबर|नवंबर|दिसंबर",
        "जन॰|फ़र॰|मार्च|अप्रैल|मई|जून|जुल॰|अग॰|सित॰|अक्टू॰|नव॰|दिस॰",
        "", "",
        "रविवार|सोमवार|मंगलवार|बुधवार|गुरुवार|शुक्रवार|शनिवार", "रवि|सोम|मंगल|बुध|गुरु|शुक्र|शनि", "am|pm"),
    names!("ja", "1月|2月|3月|4月|5月|6月|7月|8月|9月|10月|11月|12月",
        "1月|2月|3月|4月|5月|6月|7月|8月|9月|10月|11月|12月",
        "", "",
        "日曜日|月曜日|火曜日|水曜日|木曜日|金曜日|土曜日", "日|月|火|水|木|金|土", "午前|午後"),
];
