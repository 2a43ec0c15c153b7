//! What is wrong with a configuration.

use std::error::Error;
use std::fmt;

/// A configuration that cannot be used. Nothing was made.
///
/// ```
/// use tollgate::{Policy, RateLimiter};
/// let error = RateLimiter::new(Policy::per_second(0)).err().expect("no limit of 0");
/// assert_eq!((error.code(), error.field(), error.value()), ("CONFIG_LIMIT", "limit", "0"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    code: &'static str,
    field: String,
    value: String,
    allowed: String,
}

impl ConfigError {
    pub(crate) fn new(
        code: &'static str,
        field: impl Into<String>,
        value: impl ToString,
        allowed: impl Into<String>,
    ) -> Self {
        Self { code, field: field.into(), value: value.to_string(), allowed: allowed.into() }
    }

    /// Stable name of the problem, such as `CONFIG_LIMIT`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// What is wrong, such as `policies[1].window`.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What was given, as text.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// What is allowed instead.
    #[must_use]
    pub fn allowed(&self) -> &str {
        &self.allowed
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} is not allowed; expected {}", self.field, self.value, self.allowed)
    }
}

impl Error for ConfigError {}

impl From<tollgate_core::ConfigError> for ConfigError {
    /// The same, with the field in Rust's spelling.
    fn from(error: tollgate_core::ConfigError) -> Self {
        Self::new(error.code(), snake_case(error.field()), error.value(), error.allowed())
    }
}

fn snake_case(camel: &str) -> String {
    let mut snake = String::with_capacity(camel.len() + 2);
    for character in camel.chars() {
        if character.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_spelt_as_rust_does() {
        assert_eq!(snake_case("policies[1].blockFor"), "policies[1].block_for");
        assert_eq!(snake_case("limit"), "limit");
    }
}
