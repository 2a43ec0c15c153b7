//! Names of limiters, so that no two share their counts by accident.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::config_error::ConfigError;
use crate::terms::Terms;

/// Name of the only limiter on a store that has none.
const UNNAMED: &str = "default";

/// Where a limiter is, and what it is called there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Place {
    /// Host, port and database.
    store: String,
    prefix: String,
    name: String,
}

/// Limiters at one place: how many there are, and what they allow.
struct Users {
    count: usize,
    terms: Terms,
    has_name: bool,
}

static TAKEN: Mutex<Option<HashMap<Place, Users>>> = Mutex::new(None);

/// A name that is taken until this is dropped.
pub(super) struct Name(Place);

impl Name {
    /// Takes the name of a limiter: the one that was given, or that of its only policy.
    pub(super) fn take(given: Option<&str>, prefix: &str, store: &str, terms: Terms) -> Result<Self, ConfigError> {
        let has_name = given.is_some();
        let place =
            Place { store: store.to_owned(), prefix: prefix.to_owned(), name: given.unwrap_or(UNNAMED).to_owned() };
        let mut taken = lock();
        let users = taken.get_or_insert_default().entry(place.clone()).or_insert(Users { count: 0, terms, has_name });
        if users.count > 0 && !(has_name && users.has_name && std::ptr::eq(users.terms, terms)) {
            let allowed = "a name of its own for each limiter on one Redis, or the same policies under one name";
            return Err(ConfigError::new("CONFIG_NAME", "name", format!("{:?}", place.name), allowed));
        }
        *users = Users { count: users.count + 1, terms, has_name };
        Ok(Self(place))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0.name
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        let mut taken = lock();
        let Some(taken) = taken.as_mut() else { return };
        if let Some(users) = taken.get_mut(&self.0) {
            users.count -= 1;
            if users.count == 0 {
                taken.remove(&self.0);
            }
        }
    }
}

fn lock() -> MutexGuard<'static, Option<HashMap<Place, Users>>> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}
