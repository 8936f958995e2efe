//! Which URLs of pictures pass: every trick that makes one reader of a URL see another host than the next, allow-lists, and the normal form.

use proptest::prelude::*;
use templrender::{Code, OriginPolicy, PictureUrl};

fn any(url: &str) -> Result<PictureUrl, templrender::Error> {
    OriginPolicy::any().check(url)
}

/// Hosts that some reader takes for this machine, its neighbours or a cloud's metadata service.
const INNER_HOSTS: &str = "127.0.0.1 127.1 127.0.1 0 0.0.0.0 2130706433 017700000001 0x7f000001 0X7F000001 0x7f.1 0x7F.0x0.0x0.0x1 0177.0.0.1 0177.1 \
    127.0x1 0x7f.0.1 127.000.000.001 00000177.0.0.1 127.0.0.1. 127.1. 0x7f.1. 2130706433. 127.0.0.01 0x 0x. 1.1.1.1 256.1.1.1 1.2.3.4.5 4294967296 99999999999999999999 a.1 \
    example.0x7f 10.1.2.3 192.168.1.1 169.254.169.254 0xa9fea9fe 2852039166 0251.0376.0251.0376 100.64.0.1 255.255.255.255 \
    [::1] [::] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [0:0:0:0:0:ffff:7f00:0001] [64:ff9b::127.0.0.1] [64:ff9b::7f00:1] \
    [64:ff9b:1::7f00:1] [2002:7f00:1::] [fe80::1] [fe80::1%25eth0] [fe80::1%eth0] [::1%25] [fc00::1] [fd00:ec2::254] [ff02::1] [::1]. [[::1]] [::1 ::1] [] [ ] \
    [127.0.0.1] [v1.fe80] [2606:4700:4700::1111] \
    %31%32%37.0.0.1 127%2e0%2e0%2e1 %6c%6f%63alhost example%00.com example.com%2f example.com%40evil 127.0.0.%31 \
    １２７.０.０.１ １２７。０。０。１ 127。0。0。1 127．0．0．1 127｡0｡0｡1 ①②⑦.⓪.⓪.① ②①③⓪⑦⓪⑥④③③ ０x7f.1 ⑯⑨。②⑤④。⑯⑨｡②⑤④ ⓔⓧⓐⓜⓟⓛⓔ.com \
    münchen.de пример.рф exa\u{ad}mple.com example\u{200b}.com example\u{202e}.com ｅxample.com \
    .example.com example..com example.com. . .. -a.example.com a-.example.com *.example.com exa*mple.com example.com, example.com; \
    exam!ple.com {example} $host example.com' (example) example.com| example^.com";

#[test]
fn inner_hosts_are_refused_in_every_spelling() {
    for host in INNER_HOSTS.split_whitespace() {
        for url in [format!("http://{host}/"), format!("https://{host}"), format!("http://{host}:80/a.jpg"), format!("HTTP://{host}?a#b")] {
            let error = any(&url).expect_err(&url);
            assert_eq!(error.code(), Code::RefusedOrigin, "{url}");
            let literal = OriginPolicy::allow([format!("*.{}", "example.com")]).unwrap();
            assert!(literal.check(&url).is_err(), "{url}");
        }
    }
}

#[test]
fn user_names_backslashes_controls_and_other_schemes_are_refused() {
    let tricks = [
        "http://good.example@127.0.0.1/",
        "http://good.example:80@evil.example/",
        "http://user:secret@good.example/",
        "http://@good.example/",
        "http://:@good.example/",
        "http://a@b@good.example/",
        "http://good.example%40evil.example/",
        "http://good.example\\@evil.example/",
        "http://good.example\\.evil.example/",
        "http:\\\\good.example/",
        "http:/\\good.example/",
        "\\\\good.example/",
        "http://good.example/\\..\\a.jpg",
        "http://good.example/?a=\\",
        "http://good.ex\tample/",
        "http://good.ex\nample/",
        "http://good.example\r\nHost: evil/",
        "ht\ntp://good.example/",
        "\thttp://good.example/",
        "http://good.example/\n",
        "http://good.example/a\u{0}.jpg",
        "http://good.example/a\u{7f}.jpg",
        "http://good.example/a\u{85}.jpg",
        "http://good.example /",
        "http: //good.example/",
        "http ://good.example/",
        "file:///etc/passwd",
        "file://good.example/a.jpg",
        "FILE:///etc/passwd",
        "ftp://good.example/a.jpg",
        "gopher://good.example:80/_GET",
        "data:image/png;base64,iVBORw0KGgo=",
        "javascript:alert(1)",
        "javascript://good.example/%0aalert(1)",
        "blob:http://good.example/1",
        "jar:http://good.example/!/a",
        "ws://good.example/",
        "httpx://good.example/",
        "http+unix://good.example/",
        "view-source:http://good.example/",
        "ｈttp://good.example/",
        "://good.example/",
        "//good.example/a.jpg",
        "/a.jpg",
        "a.jpg",
        "good.example",
        "good.example/a.jpg",
        "good.example:80/a.jpg",
        "?a",
        "#a",
        "",
        " ",
        "http",
        "http:",
        "http:/",
        "http://",
        "http:///x",
        "http:////good.example/",
        "http:good.example",
        "http:/good.example/",
        "http:a.jpg",
        "http://?a",
        "http://#a",
        "http://:80/",
        "http://good.example:0/",
        "http://good.example:65536/",
        "http://good.example:-80/",
        "http://good.example:+80/",
        "http://good.example:8 0/",
        "http://good.example:80:80/",
        "http://good.example:８０/",
        "http://good.example:0x50/",
        "http://good.example:http/",
        "http://good.example:81/",
        "http://good.example:22/",
        "https://good.example:8443/",
        "http://good.example:80.evil.example/",
        "http://[::1/",
        "http://::1/",
        "http://::1]/",
        "http://[::1]evil.example/",
        "http://good.example[::1]/",
    ];
    for url in tricks {
        let error = any(url).expect_err(url);
        assert_eq!(error.code(), Code::RefusedOrigin, "{url}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    let long = format!("http://{}.example/", "a.".repeat(200));
    assert!(any(&long).unwrap_err().to_string().ends_with("…\""));
    assert!(any(&format!("http://{}.example/", "a".repeat(64))).is_err());
    let huge = format!("http://good.example/{}", "a".repeat(9_000));
    assert_eq!(any(&huge).unwrap_err().to_string(), "a picture's URL must have at most 8192 bytes, found 9020");
}

#[test]
fn each_rule_has_its_sentence() {
    let rules = [
        ("ftp://a.example/", r#"a picture's URL must begin with http:// or https://, found "ftp""#),
        ("//a.example/?token=1", r#"a picture's URL must begin with http:// or https://, found """#),
        ("http:a.example", "a picture's URL must have two slashes behind its scheme, found others"),
        ("http://a.example\\", r"a picture's URL must have no control characters and no backslash, found '\\'"),
        ("http://u:p@a.example/", r#"a picture's URL must have no user name or password, found one before "a.example""#),
        ("http:///x", "a picture's URL must have a host, found none"),
        ("http://a.example:99999/", r#"a port must be a number from 1 to 65535, found "99999""#),
        ("http://a.example:99/", "a port must be 80 or 443, found 99"),
        ("http://0x7f.1/", r#"a host must be a name, not a number, found "0x7f.1""#),
        ("http://127.0.0.1/", r#"a host must be a name, not an address, found "127.0.0.1""#),
        ("http://[::ffff:127.0.0.1]/", r#"a host must be a name, not an address, found "[::ffff:127.0.0.1]""#),
        ("http://[fe80::1%25eth0]/", r#"an address in brackets must be an IPv6 address without a zone, found "[fe80::1%25eth0]""#),
        (
            "http://a!b.example/",
            r#"a host must be names of letters, digits, hyphens and underscores with dots between them (xn-- for others), found "a!b.example""#,
        ),
    ];
    for (url, sentence) in rules {
        assert_eq!(any(url).expect_err(url).to_string(), sentence);
    }
}

#[test]
fn a_list_covers_its_hosts_and_nothing_that_looks_like_them() {
    let list = |patterns: &[&str]| OriginPolicy::allow(patterns).unwrap();
    let cases: [(&[&str], &str, &str); 11] = [
        (
            &["example.com"],
            "http://example.com/ https://EXAMPLE.com/a http://example.com:443/ https://example.com:80/",
            "http://www.example.com/ http://evil-example.com/ http://example.com.evil.net/ http://xexample.com/ http://example.comx/ http://example.co/ http://com/ \
             http://example.com:8080/ http://example.com@evil.net/ http://evil.net/example.com http://evil.net?example.com http://evil.net#@example.com",
        ),
        (
            &["*.example.com"],
            "http://a.example.com/ https://a.b.example.com/ https://A.EXAMPLE.COM/",
            "http://example.com/ http://.example.com/ http://evil-example.com/ http://evilexample.com/ http://a.example.com.evil.net/ http://*.example.com/ \
             http://a.example.com:8080/",
        ),
        (&["*.EXAMPLE.com", "Example.COM"], "http://a.example.com/ http://example.com/", "http://example.org/"),
        (
            &["https://example.com"],
            "https://example.com/ https://example.com:443/",
            "http://example.com/ https://example.com:80/ https://a.example.com/",
        ),
        (&["http://example.com"], "http://example.com/", "https://example.com/ http://example.com:443/"),
        (&["https://x.example:8443"], "https://x.example:8443/a", "http://x.example:8443/ https://x.example/ https://y.x.example:8443/"),
        (&["x.example:8443"], "https://x.example:8443/a http://x.example:8443/a", "http://x.example/ https://x.example/"),
        (&["https://*.x.example:8443"], "https://y.x.example:8443/", "https://x.example:8443/ https://y.x.example/"),
        (
            &["10.1.2.3", "http://[::1]:8080"],
            "http://10.1.2.3/ http://[::1]:8080/ http://[0:0::1]:8080/",
            "http://10.1.2.4/ http://10.1.515/ http://[::1]/",
        ),
        (&["localhost"], "http://localhost/", "http://localhost:8080/ http://a.localhost/"),
        (&[], "", "http://example.com/ http://127.0.0.1/"),
    ];
    for (patterns, inside, outside) in cases {
        let policy = list(patterns);
        for url in inside.split_whitespace() {
            assert!(policy.check(url).is_ok(), "{patterns:?} must cover {url}");
        }
        for url in outside.split_whitespace() {
            assert!(policy.check(url).is_err(), "{patterns:?} must not cover {url}");
        }
    }
}

#[test]
fn a_pattern_that_is_none_is_refused() {
    let bad = "* *. *.*.com a.*.com *example.com exam*ple.com http:// ftp://a.example //a.example a.example/ a.example/path https://a.example/ a.example?x a.example#x \
         u@a.example a.example: a.example:0 a.example:x a.example:80:80 *.127.0.0.1 *.[::1] 127.1 0x7f.1 [::1 münchen.de a..example .a.example \
         a.example. http:a.example a.example,b.example";
    for pattern in bad.split_whitespace().chain(["", " ", "a.example ", "a example"]) {
        assert_eq!(OriginPolicy::allow([pattern]).expect_err(pattern).code(), Code::BadArgument, "{pattern}");
    }
    let error = OriginPolicy::allow(["cdn.example.com/photos"]).unwrap_err();
    let rule = "an origin must be a host or *.host, with a scheme and a port if need be, such as https://cdn.example.com:8443";
    assert_eq!(error.to_string(), format!("{rule}, found \"cdn.example.com/photos\""));
}

#[test]
fn addresses_in_digits_and_other_ports_are_for_owners_who_say_so() {
    let open = OriginPolicy::any().with_ip_literals();
    for (url, normal) in [
        ("http://127.0.0.1:8080/a.jpg", "http://127.0.0.1:8080/a.jpg"),
        ("http://[0:0::1]/", "http://[::1]/"),
        ("http://[2001:DB8::1]:80", "http://[2001:db8::1]/"),
        ("http://shop:3000/", "http://shop:3000/"),
    ] {
        assert_eq!(open.check(url).unwrap().as_str(), normal);
    }
    assert_eq!(open.check("http://127.0.0.1/").unwrap().ip(), Some([127, 0, 0, 1].into()));
    assert_eq!(open.check("http://example.com/").unwrap().ip(), None);
    // Of no host name in the RFCs, and of many buckets.
    assert_eq!(any("https://my_bucket.storage.example/a.jpg").unwrap().host(), "my_bucket.storage.example");
    for other in "127.1 2130706433 0x7f000001 0177.0.0.1 127.0.0.1. [::1%25lo] %31.1.1.1 １.1.1.1 1.1.1.256".split_whitespace() {
        assert!(open.check(&format!("http://{other}/")).is_err(), "{other}");
    }
    let listed = OriginPolicy::allow(["cdn.example.com"]).unwrap().with_ip_literals();
    assert!(listed.check("http://cdn.example.com:8080/").is_ok());
    assert!(listed.check("http://127.0.0.1/").is_err() && listed.check("http://example.com/").is_err());
}

/// What the WHATWG's algorithm makes of these (node's `URL`, and for `^` in a path the standard of 2025, which node's older one lacks).
#[test]
fn the_normal_form_is_the_browsers() {
    let table = [
        ("HTTP://Example.COM", "http://example.com/"),
        ("http://example.com:80/", "http://example.com/"),
        ("https://example.com:80/a", "https://example.com:80/a"),
        ("http://example.com:/a", "http://example.com/a"),
        ("http://example.com:0080/a", "http://example.com/a"),
        ("http://example.com/a/./b/../c", "http://example.com/a/c"),
        ("http://example.com/a/%2E%2e/b", "http://example.com/b"),
        ("http://example.com/..", "http://example.com/"),
        ("http://example.com/.", "http://example.com/"),
        ("http://example.com/../../x", "http://example.com/x"),
        ("http://example.com/a/..", "http://example.com/"),
        ("http://example.com/a/.", "http://example.com/a/"),
        ("http://example.com//a//..//b", "http://example.com//a//b"),
        ("http://example.com/%zz%41%c3%9f", "http://example.com/%zz%41%c3%9f"),
        ("http://example.com/ä ö", "http://example.com/%C3%A4%20%C3%B6"),
        ("http://example.com/a\"b<c>d`e{f}g^h|i[j]k'l~m", "http://example.com/a%22b%3Cc%3Ed%60e%7Bf%7Dg%5Eh|i[j]k'l~m"),
        ("http://example.com?a=\"b<c>d`e{f}g^h|i[j]k'l~m", "http://example.com/?a=%22b%3Cc%3Ed`e{f}g^h|i[j]k%27l~m"),
        ("http://example.com?", "http://example.com/?"),
        ("http://example.com/?a=b?c", "http://example.com/?a=b?c"),
        ("http://example.com/a%20b+c&d=1;e:@!$(),*", "http://example.com/a%20b+c&d=1;e:@!$(),*"),
        ("http://example.com/日本.jpg?q=日本", "http://example.com/%E6%97%A5%E6%9C%AC.jpg?q=%E6%97%A5%E6%9C%AC"),
        ("http://example.com/🐝.webp", "http://example.com/%F0%9F%90%9D.webp"),
        ("http://example.com/.../a", "http://example.com/.../a"),
        ("http://example.com/a/.%2e/", "http://example.com/"),
        ("http://example.com/?a/../b", "http://example.com/?a/../b"),
        ("http://xn--mnchen-3ya.de/x", "http://xn--mnchen-3ya.de/x"),
        ("http://example.com/a?x=%e4%zz", "http://example.com/a?x=%e4%zz"),
        ("http://example.com/%", "http://example.com/%"),
        ("  http://example.com/a  ", "http://example.com/a"),
        // a fragment is never sent
        ("http://example.com/#x", "http://example.com/"),
        ("http://example.com#@127.0.0.1/", "http://example.com/"),
        ("http://example.com?b#x", "http://example.com/?b"),
    ];
    for (url, normal) in table {
        assert_eq!(any(url).expect(url).as_str(), normal, "{url}");
    }
}

#[test]
fn a_url_tells_its_parts_and_never_its_query() {
    let url = any("http://example.com:443/a?token=secret").unwrap();
    assert_eq!((url.scheme(), url.host(), url.port(), url.origin()), ("http", "example.com", 443, "http://example.com:443"));
    assert_eq!(url.to_string(), "http://example.com:443/a?…");
    assert_eq!(format!("{url:?}"), "PictureUrl(http://example.com:443/a?…)");
    let long = any(&format!("http://example.com/{}?token=secret", "a".repeat(300))).unwrap();
    assert_eq!(long.to_string().chars().count(), 129);
}

#[test]
fn a_redirect_is_resolved_and_judged_again() {
    let policy = OriginPolicy::allow(["example.com"]).unwrap();
    let url = policy.check("http://example.com/shop/a.jpg?w=1").unwrap();
    let to = |reference: &str| policy.check(&url.resolve(reference)).map(|url| url.as_str().to_owned());
    for (reference, target) in [
        ("", "http://example.com/shop/a.jpg?w=1"),
        ("#x", "http://example.com/shop/a.jpg?w=1"),
        ("../b c.jpg", "http://example.com/b%20c.jpg"),
        ("./", "http://example.com/shop/"),
        ("/b", "http://example.com/b"),
        ("?w=2", "http://example.com/shop/a.jpg?w=2"),
        ("//example.com/c", "http://example.com/c"),
        ("https://EXAMPLE.com/d", "https://example.com/d"),
        ("d:e", "refused"),
        ("./d:e", "http://example.com/shop/d:e"),
        ("//127.0.0.1/", "refused"),
        ("http://evil.example/", "refused"),
        ("//evil.example", "refused"),
        ("\\\\evil.example", "refused"),
        ("/\\evil.example", "refused"),
        ("http:evil.example", "refused"),
        ("file:///etc/passwd", "refused"),
    ] {
        assert_eq!(to(reference).unwrap_or_else(|_| "refused".into()), target, "{reference}");
    }
}

/// Soup out of what makes URLs.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "http", "https", ":", "//", "/", "?", "#", "@", "[", "]", ".", "..", "%2e", "%", "example", "com", "127", "0x7f", "1", "80", "443",
        " ", "ä", "。", "\\", "\t", "-", "'", "^", "|", "&", "=", "+",
    ]);
    (prop::bool::weighted(0.8), prop::collection::vec(piece, 0..14))
        .prop_map(|(begun, pieces)| if begun { format!("http://a.example{}", pieces.concat()) } else { pieces.concat() })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn the_normal_form_is_a_fixed_point(text in soup()) {
        for policy in [OriginPolicy::any(), OriginPolicy::any().with_ip_literals()] {
            if let Ok(url) = policy.check(&text) {
                prop_assert_eq!(policy.check(url.as_str()).unwrap(), url.clone());
                prop_assert!(url.as_str().bytes().all(|b| b.is_ascii_graphic()), "{}", url.as_str());
                prop_assert!(!url.as_str().contains(['@', '#']) || url.as_str()[url.origin().len()..].contains('@'), "{}", url.as_str());
                prop_assert!(url.as_str()[url.origin().len()..].starts_with('/'));
                prop_assert_eq!(url.origin().starts_with(url.scheme()), true);
            }
        }
    }

    #[test]
    fn whatever_the_path_the_origin_stays(path in "[/?#].{0,40}") {
        if let Ok(url) = any(&format!("https://a.example{path}")) {
            prop_assert_eq!(url.origin(), "https://a.example");
        }
    }

    /// Any spelling of any number as a host is refused.
    #[test]
    fn numbers_are_never_hosts(parts in prop::collection::vec((any_u32(), 0..4_u8), 1..5), dot in any_bool()) {
        let spelt: Vec<String> = parts
            .iter()
            .map(|(n, how)| match how { 0 => format!("{n}"), 1 => format!("0{n:o}"), 2 => format!("0x{n:x}"), _ => format!("0X{n:08X}") })
            .collect();
        let url = format!("http://{}{}/", spelt.join("."), if dot { "." } else { "" });
        prop_assert!(any(&url).is_err(), "{}", url);
    }

    /// An escape of any single letter of a host is refused.
    #[test]
    fn an_escaped_host_is_refused(at in 0..9_usize) {
        let host = "a.example";
        let url = format!("http://{}%{:02x}{}/", &host[..at], host.as_bytes()[at], &host[at + 1..]);
        prop_assert!(any(&url).is_err(), "{}", url);
    }

    /// A list's wildcard covers exactly what ends in a dot and its host.
    #[test]
    fn a_wildcard_ends_at_a_dot(host in "[a-c.-]{0,6}(example\\.com|xample\\.com|example\\.comx)") {
        let policy = OriginPolicy::allow(["*.example.com"]).unwrap();
        if let Ok(url) = any(&format!("http://{host}/")) {
            prop_assert_eq!(policy.check(url.as_str()).is_ok(), host.ends_with(".example.com"), "{}", host);
        }
    }
}

fn any_u32() -> impl Strategy<Value = u32> {
    proptest::num::u32::ANY
}

fn any_bool() -> impl Strategy<Value = bool> {
    proptest::bool::ANY
}
