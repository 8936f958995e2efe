//! The text of one element of an item.

use crate::feed::xml::{Element, Names, elements};
use crate::row::Value;

/// An item with another value in a column: in the element that the column is read from, or in a new one at the end.
pub(super) fn replaced(item: &str, names: &Names, column: &str, value: &str) -> Result<String, String> {
    let columns = elements(item, names)?;
    if let Some(element) = first(&columns, column) {
        return Ok(filled(item, element, value));
    }
    if column == "image_link"
        && let Some(written) = in_picture(item, &columns, names, value)?
    {
        return Ok(written);
    }
    let name = names.qualified(column);
    let element = format!("<{name}>{}</{name}>", escaped(value));
    Ok(match (item.strip_suffix("/>"), item.rfind("</")) {
        (Some(start), _) => {
            let item = start.get(1..).and_then(|s| s.split(|c: char| c.is_ascii_whitespace()).next()).unwrap_or_default();
            format!("{start}>{element}</{item}>")
        }
        (None, Some(end)) => spliced(item, &(end..end), &element),
        (None, None) => return Err("it has no end tag".to_owned()),
    })
}

/// An item with another address in the first of Meta's nested pictures (`<image><url>...`), where that is what the column is read from.
fn in_picture(item: &str, columns: &[Element], names: &Names, value: &str) -> Result<Option<String>, String> {
    let pictures = || columns.iter().filter(|element| element.name == "image" && !element.value.is_null());
    let is_google = pictures().any(|picture| picture.is_google);
    for picture in pictures().filter(|picture| picture.is_google == is_google) {
        if !matches!(picture.value, Value::Map(_)) {
            return Ok(None);
        }
        let whole = item.get(picture.whole.clone()).unwrap_or_default();
        if let Some(url) = first(&elements(whole, names)?, "url").filter(|url| url.value.as_text().is_some()) {
            return Ok(Some(spliced(item, &picture.whole, &filled(whole, url, value))));
        }
    }
    Ok(None)
}

/// Google's first element of a name, or the first.
fn first<'a>(columns: &'a [Element], name: &str) -> Option<&'a Element> {
    let mut of_name = columns.iter().filter(|element| element.name == name);
    of_name.clone().find(|element| element.is_google).or_else(|| of_name.next())
}

/// The text with another content of an element.
fn filled(text: &str, element: &Element, value: &str) -> String {
    let whole = text.get(element.whole.clone()).unwrap_or_default();
    let inner = text.get(element.inner.clone()).unwrap_or_default();
    if inner.is_empty()
        && let Some(start) = whole.strip_suffix("/>")
    {
        let name = start.get(1..).and_then(|s| s.split(|c: char| c.is_ascii_whitespace()).next()).unwrap_or_default();
        return spliced(text, &element.whole, &format!("{start}>{}</{name}>", escaped(value)));
    }
    // A section cannot hold its own end, and a carriage return is one only as a reference.
    let is_section = inner.trim_start().starts_with("<![CDATA[") && !value.contains("]]>") && !value.contains('\r');
    let new = if is_section { format!("<![CDATA[{value}]]>") } else { escaped(value) };
    spliced(text, &element.inner, &new)
}

fn spliced(text: &str, place: &std::ops::Range<usize>, new: &str) -> String {
    format!("{}{new}{}", text.get(..place.start).unwrap_or_default(), text.get(place.end..).unwrap_or_default())
}

fn escaped(value: &str) -> String {
    quick_xml::escape::partial_escape(value).replace('\r', "&#13;")
}
