//! The header fields in which limits are told, by the documents that define them.

/// Which header fields tell a client about its limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// draft-ietf-httpapi-ratelimit-headers since 08: every policy, by name.
    #[default]
    Draft11,
    /// The same draft's version 07: `RateLimit: limit=100, remaining=50, reset=5`.
    Draft7,
    /// Its versions 00 to 06: a field for each number, seconds from now.
    Draft6,
    /// `X-RateLimit-*`, which no document defines; the reset is in seconds since 1970.
    Legacy,
}

impl Dialect {
    /// All dialects, the newest first.
    pub const ALL: [Self; 4] = [Self::Draft11, Self::Draft7, Self::Draft6, Self::Legacy];

    /// The name used in configuration: `draft-11`, `draft-7`, `draft-6`, `legacy`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft11 => "draft-11",
            Self::Draft7 => "draft-7",
            Self::Draft6 => "draft-6",
            Self::Legacy => "legacy",
        }
    }

    /// The dialect of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name)
    }

    /// Names of the fields, in the order in which [`field_values`](super::field_values) gives their values.
    #[must_use]
    pub const fn field_names(self) -> &'static [&'static str] {
        match self {
            Self::Draft11 | Self::Draft7 => &["RateLimit-Policy", "RateLimit"],
            Self::Draft6 => &["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy"],
            Self::Legacy => &["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dialect_is_found_by_its_name() {
        for dialect in Dialect::ALL {
            assert_eq!(Dialect::from_name(dialect.name()), Some(dialect));
        }
        assert_eq!(Dialect::from_name("draft-8"), None);
        assert_eq!(Dialect::from_name("Legacy"), None);
    }

    #[test]
    fn the_newest_draft_is_the_default() {
        assert_eq!(Dialect::default().name(), "draft-11");
        assert_eq!(Dialect::ALL.first(), Some(&Dialect::default()));
    }
}
