//! The body of a refusal (RFC 9457).

use alloc::string::String;
use core::fmt::Write;

use super::fields::retry_secs;
use crate::decision::RetryAfter;

/// What a status stands for, by its fragment of the IANA registry of problem types and its title; both as
/// draft-ietf-httpapi-ratelimit-headers defines them.
const fn problem_type(status: u16) -> (&'static str, &'static str) {
    match status {
        503 => {
            ("temporary-reduced-capacity", "Request cannot be satisfied due to temporary server capacity constraints")
        }
        _ => ("quota-exceeded", "Request cannot be satisfied as assigned quota has been exceeded"),
    }
}

/// The `application/problem+json` body of a refusal; always ASCII.
///
/// `violated` are the names of the policies that refused, `retry` when the call may be tried again. Status
/// 503 tells of reduced capacity, any other of an exceeded quota.
#[must_use]
pub fn problem_json<'a>(status: u16, violated: impl Iterator<Item = &'a str>, retry: RetryAfter) -> String {
    let (fragment, title) = problem_type(status);
    let mut out = String::with_capacity(288);
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        r#"{{"type":"https://iana.org/assignments/http-problem-types#{fragment}","title":"{title}","status":{status}"#
    );
    detail(&mut out, retry);
    out.push_str(r#","violated-policies":["#);
    for (i, name) in violated.enumerate() {
        if i > 0 {
            out.push(',');
        }
        string(&mut out, name);
    }
    out.push_str("]}");
    out
}

fn detail(out: &mut String, retry: RetryAfter) {
    if retry == RetryAfter::Never {
        out.push_str(r#","detail":"This request can never fit: it costs more than the quota ever allows.""#);
    } else if let Some(secs) = retry_secs(retry) {
        let plural = if secs == 1 { "" } else { "s" };
        let _ = write!(out, r#","detail":"Try again in {secs} second{plural}.""#);
    }
}

/// A JSON string; what is not printable ASCII is escaped, so that the body is the same in every charset.
fn string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            ' '..='~' => out.push(character),
            _ => escape(out, character),
        }
    }
    out.push('"');
}

fn escape(out: &mut String, character: char) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        let _ = write!(out, "\\u{unit:04x}");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::time::Span;

    fn body(status: u16, violated: &[&str], retry: RetryAfter) -> Value {
        let text = problem_json(status, violated.iter().copied(), retry);
        assert!(text.is_ascii(), "{text}");
        serde_json::from_str(&text).expect(&text)
    }

    #[test]
    fn a_refusal_says_what_and_until_when() {
        let expected = json!({
            "type": "https://iana.org/assignments/http-problem-types#quota-exceeded",
            "title": "Request cannot be satisfied as assigned quota has been exceeded",
            "status": 429,
            "detail": "Try again in 30 seconds.",
            "violated-policies": ["burst", "daily"],
        });
        assert_eq!(body(429, &["burst", "daily"], RetryAfter::After(Span::from_millis(29_001))), expected);
    }

    #[test]
    fn reduced_capacity_is_another_type_and_needs_no_policy() {
        let body = body(503, &[], RetryAfter::Now);
        assert_eq!(body["type"], "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity");
        assert_eq!(body["violated-policies"], json!([]));
        assert_eq!(body.get("detail"), None);
    }

    #[test]
    fn the_detail_fits_the_time() {
        let detail = |retry| body(429, &["a"], retry)["detail"].clone();
        assert_eq!(detail(RetryAfter::After(Span::from_micros(1))), "Try again in 1 second.");
        assert_eq!(detail(RetryAfter::Never), "This request can never fit: it costs more than the quota ever allows.");
    }

    #[test]
    fn any_name_survives() {
        let names = ["a\"b\\c", "\r\n\t\0\u{7f}", "é€\u{1f980}"];
        assert_eq!(body(429, &names, RetryAfter::Now)["violated-policies"], json!(names));
    }
}
