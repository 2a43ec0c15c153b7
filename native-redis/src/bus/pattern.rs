//! Which topics a subscription is for.

/// Whether a topic fits a pattern, in which `*` is any text and everything else itself.
pub(super) fn matches(pattern: &str, topic: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == topic };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(mut topic) = topic.strip_prefix(start) else { return false };
    // Each middle part is found as early as it can be, which leaves most for those that follow.
    for part in middle.split('*') {
        let Some(at) = topic.find(part) else { return false };
        topic = topic.split_at(at + part.len()).1;
    }
    topic.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_is_any_text_and_the_rest_is_itself() {
        for (pattern, topic) in [("a", "a"), ("*", ""), ("*", "a:b"), ("a:*", "a:"), ("a*b*c", "axbyc"), ("**", "x")] {
            assert!(matches(pattern, topic), "{pattern} {topic}");
        }
        for (pattern, topic) in
            [("a", "ab"), ("a:*", "a"), ("ab*ba", "aba"), ("a*b*b", "ab"), ("a?", "ab"), ("a*b*c", "acb"), ("*x*", "y")]
        {
            assert!(!matches(pattern, topic), "{pattern} {topic}");
        }
    }
}
