//! What a browser on this machine must not be talked into: a page of another site that makes calls (cross-site request
//! forgery), and a name of another site that leads here (DNS rebinding).

use axum::http::{HeaderMap, HeaderName, Method, StatusCode, Uri, header};

use super::problem::Problem;

/// Refuses a request that a page of another site makes a browser send; and, `without_keys`, one for a host that is not this
/// machine's own name for itself: then whoever gets here may do everything.
pub fn check(method: &Method, uri: &Uri, headers: &HeaderMap, without_keys: bool) -> Result<(), Problem> {
    // HTTP/2 names the host in the request itself.
    let host = text(headers, header::HOST).or_else(|| uri.authority().map(|authority| authority.as_str()));
    if without_keys && host.is_some_and(|host| !is_loopback(host)) {
        let detail = "without keys the server answers under localhost, 127.0.0.1 and [::1] only";
        let title = "the host is not this server's";
        return Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, "foreign-host", title, detail));
    }
    if is_foreign(method, headers, host) {
        let detail = "a browser was made to send this by a page of another site, and no such site may call this server";
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "foreign-origin",
            "the request comes from another site",
            detail,
        ));
    }
    Ok(())
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).map(|value| value.to_str().unwrap_or(""))
}

/// Whether a page of another site made a browser send it. Programs send none of these headers, and browsers let no page set
/// them (Fetch Metadata Request Headers, W3C; Origin, RFC 6454).
fn is_foreign(method: &Method, headers: &HeaderMap, host: Option<&str>) -> bool {
    let looks = method == Method::GET || method == Method::HEAD;
    match text(headers, HeaderName::from_static("sec-fetch-site")) {
        // Of this server, or typed and bookmarked.
        Some("same-origin" | "none") => false,
        // A link on another site leads here, and that site sees nothing of it.
        Some(_) => {
            let navigates = text(headers, HeaderName::from_static("sec-fetch-mode")) == Some("navigate");
            !(looks && navigates)
        }
        // Where that header is not sent (over plain HTTP from another machine), the page's origin is. What it only looks at
        // it is not shown, without permission by CORS.
        None if looks => false,
        None => match text(headers, header::ORIGIN) {
            Some(origin) => origin.split_once("://").map(|(_, origin)| origin) != host,
            None => false,
        },
    }
}

/// Whether a host with or without a port is a name of this machine for itself.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    };
    name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1" || name == "[::1]"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: Method, given: &[(&'static str, &'static str)], without_keys: bool, expect: Option<&str>) {
        let header = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), value.parse().expect("a header"))
        };
        let headers = given.iter().map(header).collect();
        let found = super::check(&method, &Uri::from_static("/v1/quotes"), &headers, without_keys).err();
        let kind = found.as_ref().map(|problem| problem.kind.trim_start_matches("urn:treue:problem:"));
        assert_eq!(kind, expect, "{method} {given:?}");
    }

    #[test]
    fn other_sites_make_no_calls() {
        let site = Some("foreign-origin");
        check(Method::POST, &[("sec-fetch-site", "same-origin"), ("origin", "http://h")], false, None);
        check(Method::POST, &[("sec-fetch-site", "cross-site")], false, site);
        check(Method::POST, &[("sec-fetch-site", "same-site"), ("sec-fetch-mode", "navigate")], false, site);
        check(Method::GET, &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")], false, None);
        check(Method::GET, &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")], false, site);
        check(Method::GET, &[("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate")], false, None);
        check(Method::POST, &[("origin", "http://evil.example"), ("host", "127.0.0.1:8080")], false, site);
        check(Method::POST, &[("origin", "http://127.0.0.1:3000"), ("host", "127.0.0.1:8080")], false, site);
        check(Method::POST, &[("origin", "null"), ("host", "127.0.0.1:8080")], false, site);
        check(Method::POST, &[("origin", "https://shop.example"), ("host", "shop.example")], false, None);
        check(Method::POST, &[("host", "shop.example")], false, None);
        check(Method::GET, &[("origin", "http://evil.example"), ("host", "127.0.0.1:8080")], false, None);
        check(Method::POST, &[], false, None);
    }

    #[test]
    fn without_keys_only_this_machine_is_named() {
        let host = |host, expect| check(Method::GET, &[("host", host)], true, expect);
        for known in ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8080"] {
            host(known, None);
        }
        for other in
            ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "[::2]:80", ""]
        {
            host(other, Some("foreign-host"));
        }
        check(Method::GET, &[("host", "shop.example")], false, None);
        check(Method::GET, &[], true, None);
    }
}
