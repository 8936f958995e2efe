//! `text-transform`, by the rules of the text's language where Chromium has them (Turkish, Azeri, Lithuanian, Greek, Dutch).

use crate::css::style::TextTransform;

/// A text in its case. `before` is the character that precedes it, which decides whether a word starts.
pub(crate) fn transformed(text: &str, how: TextTransform, lang: Option<&str>, before: Option<char>) -> String {
    let lang = lang.and_then(|l| l.split(['-', '_']).next()).unwrap_or_default().to_ascii_lowercase();
    match how {
        TextTransform::None => text.to_owned(),
        TextTransform::Uppercase => upper(text, &lang),
        TextTransform::Lowercase => lower(text, &lang),
        TextTransform::Capitalize => capitalized(text, &lang, before),
    }
}

fn is_turkic(lang: &str) -> bool {
    matches!(lang, "tr" | "az")
}

fn upper(text: &str, lang: &str) -> String {
    match lang {
        _ if is_turkic(lang) => text.chars().map(|c| if c == 'i' { 'İ' } else { c }).collect::<String>().to_uppercase(),
        "el" => greek_upper(text),
        "lt" => text.replace("i\u{307}", "i").replace("j\u{307}", "j").to_uppercase(),
        _ => text.to_uppercase(),
    }
}

fn lower(text: &str, lang: &str) -> String {
    if !is_turkic(lang) {
        return text.to_lowercase();
    }
    let dotless: String = text
        .replace("I\u{307}", "i")
        .chars()
        .map(|c| {
            if c == 'I' {
                'ı'
            } else if c == 'İ' {
                'i'
            } else {
                c
            }
        })
        .collect();
    dotless.to_lowercase()
}

/// Greek capitals carry no accents; a dialytika stays, and one replaces the accent that kept two vowels apart.
fn greek_upper(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut accented_vowel = false;
    for c in text.chars() {
        let (plain, accent) = match c {
            'ά' | 'Ά' => ("Α", true),
            'έ' | 'Έ' => ("Ε", true),
            'ή' | 'Ή' => ("Η", true),
            'ί' | 'Ί' => ("Ι", true),
            'ό' | 'Ό' => ("Ο", true),
            'ύ' | 'Ύ' => ("Υ", true),
            'ώ' | 'Ώ' => ("Ω", true),
            'ΐ' => ("Ϊ", false),
            'ΰ' => ("Ϋ", false),
            'ι' if accented_vowel => ("Ϊ", false),
            'υ' if accented_vowel => ("Ϋ", false),
            _ => {
                accented_vowel = false;
                out.extend(c.to_uppercase());
                continue;
            }
        };
        accented_vowel = accent && matches!(plain, "Α" | "Ε" | "Ο" | "Υ");
        out.push_str(plain);
    }
    out
}

fn capitalized(text: &str, lang: &str, before: Option<char>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut previous = before;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let in_word = previous.is_some_and(|p| p.is_alphanumeric() || is_mark(p) || p == '\'' || p == '’');
        if in_word || !c.is_alphabetic() {
            out.push(c);
        } else if lang == "nl" && matches!(c, 'i' | 'I') && chars.peek().is_some_and(|n| matches!(n, 'j' | 'J')) {
            out.push_str("IJ");
            previous = chars.next();
            continue;
        } else if is_turkic(lang) && c == 'i' {
            out.push('İ');
        } else {
            title(c, &mut out);
        }
        previous = Some(c);
    }
    out
}

/// A letter's title case: its capital, but a digraph or ligature keeps only its first part large.
fn title(c: char, out: &mut String) {
    match c {
        'Ǆ' | 'ǅ' | 'ǆ' => out.push('ǅ'),
        'Ǉ' | 'ǈ' | 'ǉ' => out.push('ǈ'),
        'Ǌ' | 'ǋ' | 'ǌ' => out.push('ǋ'),
        'Ǳ' | 'ǲ' | 'ǳ' => out.push('ǲ'),
        // Georgian has no title case.
        '\u{10d0}'..='\u{10ff}' => out.push(c),
        _ => {
            let mut parts = c.to_uppercase();
            out.extend(parts.next());
            out.extend(parts.flat_map(char::to_lowercase));
        }
    }
}

fn is_mark(c: char) -> bool {
    matches!(c as u32, 0x300..=0x36f | 0x483..=0x489 | 0x591..=0x5bd | 0x610..=0x61a | 0x64b..=0x65f | 0x900..=0x903 | 0x93a..=0x94f
        | 0x981..=0x983 | 0x9bc..=0x9cd | 0xb82 | 0xbbe..=0xbcd | 0xe31 | 0xe34..=0xe3a | 0xe47..=0xe4e | 0x1ab0..=0x1aff
        | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0xfe20..=0xfe2f)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upper_in(text: &str, lang: &str) -> String {
        transformed(text, TextTransform::Uppercase, Some(lang), None)
    }

    #[test]
    fn capitals_follow_the_language() {
        assert_eq!(upper_in("straße", "de"), "STRASSE");
        assert_eq!(upper_in("istanbul ılık", "tr-TR"), "İSTANBUL ILIK");
        assert_eq!(upper_in("Μάιος άνθρωπος", "el"), "ΜΑΪΟΣ ΑΝΘΡΩΠΟΣ");
        assert_eq!(transformed("DİYARBAKIR", TextTransform::Lowercase, Some("tr"), None), "diyarbakır");
    }

    #[test]
    fn words_start_after_spaces_and_hyphens_but_not_after_apostrophes() {
        let title = |text: &str, lang: &str| transformed(text, TextTransform::Capitalize, Some(lang), None);
        assert_eq!(title("hand-painted don't ßa ﬁne", "en"), "Hand-Painted Don't Ssa Fine");
        assert_eq!(title("ijs en ijzer", "nl"), "IJs En IJzer");
        assert_eq!(transformed("art", TextTransform::Capitalize, None, Some('p')), "art");
    }
}
