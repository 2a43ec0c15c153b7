//! Data as JSON text.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::PresenceError;
use crate::config_error::ConfigError;

/// Data as text that can be read again.
pub(super) fn written<T: Serialize + DeserializeOwned>(data: &T) -> Result<String, PresenceError> {
    let text = serde_json::to_string(data).map_err(|error| refused(&error))?;
    // Others could not read what this process cannot, such as a number that is none.
    serde_json::from_str::<T>(&text).map_err(|error| refused(&error))?;
    Ok(text)
}

fn refused(error: &serde_json::Error) -> PresenceError {
    PresenceError::Invalid(ConfigError::new("CONFIG_DATA", "data", error, "something that JSON can say and give back"))
}
