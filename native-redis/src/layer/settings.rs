//! What a layer does.

use std::sync::{Arc, Once};

use http::request::Parts;

use super::caller::{KeyFrom, MissingKey, tell_missing};
use crate::cost::Request;
use crate::headers::Dialect;

type OfHead<T> = Arc<dyn Fn(&Parts) -> T + Send + Sync>;

#[derive(Clone)]
pub(super) struct Settings<K> {
    pub(super) key: K,
    pub(super) missing: MissingKey,
    pub(super) cost: Option<OfHead<Request>>,
    pub(super) skip: Option<OfHead<bool>>,
    pub(super) dialect: Option<Dialect>,
    pub(super) dry_run: bool,
    /// Whether operators know that callers cannot be told apart.
    told_missing: Arc<Once>,
}

impl<K> Settings<K> {
    pub(super) fn new(key: K) -> Self {
        let dialect = Some(Dialect::default());
        Self {
            key,
            missing: MissingKey::default(),
            cost: None,
            skip: None,
            dialect,
            dry_run: false,
            told_missing: untold(),
        }
    }

    pub(super) fn with_key<J>(self, key: J) -> Settings<J> {
        let Self { key: _, missing, cost, skip, dialect, dry_run, told_missing: _ } = self;
        Settings { key, missing, cost, skip, dialect, dry_run, told_missing: untold() }
    }

    /// Tells operators, once, that callers cannot be told apart.
    pub(super) fn tell_missing(&self)
    where
        K: KeyFrom,
    {
        self.told_missing.call_once(|| tell_missing(self.key.advice(), self.missing));
    }

    pub(super) fn skips(&self, head: &Parts) -> bool {
        self.skip.as_ref().is_some_and(|skip| skip(head))
    }

    pub(super) fn request(&self, head: &Parts) -> Request {
        self.cost.as_ref().map_or_else(|| 1.into(), |cost| cost(head))
    }
}

fn untold() -> Arc<Once> {
    Arc::new(Once::new())
}
