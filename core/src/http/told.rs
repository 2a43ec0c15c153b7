//! What the fields of a response tell, gathered one by one in any order.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::reading::{Limit, MAX_LIMITS, Reading};
use super::structured::{Bare, Item, dictionary, list};
use super::wall::Wall;
use crate::time::Span;

/// What has been read so far.
#[derive(Default)]
pub(super) struct Told {
    pub(super) wall: Wall,
    named: Vec<Named>,
    /// Quota and window of policies without a name.
    windows: Vec<(u64, Span)>,
    draft7: Limit,
    pub(super) draft6: Limit,
    pub(super) legacy: Limit,
    pub(super) retry_after: Option<Span>,
    pub(super) cached: bool,
}

/// A limit, and the partition it applies to.
struct Named {
    name: String,
    partition: Option<String>,
    limit: Limit,
}

impl Told {
    /// Nothing yet.
    pub(super) fn at(wall: Wall) -> Self {
        Self { wall, ..Self::default() }
    }

    /// `RateLimit-Policy`: named policies, or those without a name of draft 07 and before.
    pub(super) fn policies(&mut self, text: &str) {
        for item in list(text).unwrap_or_default() {
            match (item.value, item.count("q")) {
                (Bare::Integer(_), _) => self.unnamed_policy(&item),
                (_, Some(quota)) => {
                    let window = window(&item);
                    self.tell(&item, |limit| {
                        if limit.quota.is_none() {
                            (limit.quota, limit.window) = (Some(quota), window);
                        }
                    });
                }
                _ => {}
            }
        }
    }

    /// `RateLimit`: a List of named limits, or the Dictionary of draft 07.
    pub(super) fn standings(&mut self, text: &str) {
        for item in list(text).unwrap_or_default() {
            if let Some(remaining) = item.count("r") {
                let reset_after = item.count("t").map(Span::from_secs);
                self.tell(&item, |limit| {
                    if limit.remaining.is_none() {
                        (limit.remaining, limit.reset_after) = (Some(remaining), reset_after);
                    }
                });
            }
        }
        for (key, item) in dictionary(text).unwrap_or_default() {
            match key {
                "limit" => last(&mut self.draft7.quota, item.value.count()),
                "remaining" => last(&mut self.draft7.remaining, item.value.count()),
                "reset" => last(&mut self.draft7.reset_after, item.value.count().map(Span::from_secs)),
                _ => {}
            }
        }
    }

    /// `RateLimit-Limit`: the limit in force; before draft 04, the policies followed in the same field.
    pub(super) fn draft6_limit(&mut self, text: &str) {
        for (i, item) in list(text).unwrap_or_default().iter().enumerate() {
            if i == 0 {
                first(&mut self.draft6.quota, item.value.count());
            }
            self.unnamed_policy(item);
        }
    }

    fn unnamed_policy(&mut self, item: &Item<'_>) {
        let policy = item.value.count().zip(window(item));
        self.windows.extend(policy.filter(|_| self.windows.len() < MAX_LIMITS));
    }

    /// Adds to the limit that `item` names. Policies and standings belong together by name, and where both say
    /// whose they are, by partition.
    fn tell(&mut self, item: &Item<'_>, add: impl Fn(&mut Limit)) {
        let Some(name) = item.value.text() else { return };
        let partition = match item.parameter("pk") {
            Some(Bare::Bytes(key)) => Some(key.to_string()),
            _ => None,
        };
        let same = |known: &&mut Named| {
            known.name == name && (known.partition == partition || known.partition.is_none() || partition.is_none())
        };
        if let Some(known) = self.named.iter_mut().find(same) {
            first(&mut known.partition, partition);
            add(&mut known.limit);
        } else if self.named.len() < MAX_LIMITS {
            let mut limit = Limit { name: Some(name.clone()), ..Limit::default() };
            add(&mut limit);
            self.named.push(Named { name, partition, limit });
        }
    }

    /// The limit of a name that is written in any case; `None` where there are too many.
    pub(super) fn named(&mut self, name: &str) -> Option<&mut Limit> {
        let known = self.named.iter().position(|known| known.name.eq_ignore_ascii_case(name));
        if known.is_none() && self.named.len() < MAX_LIMITS {
            let limit = Limit { name: Some(name.to_ascii_lowercase()), ..Limit::default() };
            self.named.push(Named { name: name.to_ascii_lowercase(), partition: None, limit });
        }
        let at = known.unwrap_or(self.named.len().saturating_sub(1));
        self.named
            .get_mut(at)
            .map(|named| &mut named.limit)
            .filter(|limit| limit.name.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(name)))
    }

    /// All of it together.
    pub(super) fn reading(mut self) -> Reading {
        let retry_after = self.retry_after;
        Reading { limits: if self.cached { Vec::new() } else { self.limits() }, retry_after }
    }

    fn limits(&mut self) -> Vec<Limit> {
        if !self.named.is_empty() {
            return self.named.drain(..).map(|named| named.limit).collect();
        }
        let known = [&self.draft7, &self.draft6, &self.legacy].into_iter().find(|limit| **limit != Limit::default());
        match known {
            Some(limit) => alloc::vec![Limit { window: self.window_of(limit.quota), ..limit.clone() }],
            None => self.windows.iter().map(|&(quota, window)| unnamed(quota, window)).collect(),
        }
    }

    fn window_of(&self, quota: Option<u64>) -> Option<Span> {
        self.windows.iter().find(|(known, _)| Some(*known) == quota).map(|&(_, window)| window)
    }
}

fn unnamed(quota: u64, window: Span) -> Limit {
    Limit { quota: Some(quota), window: Some(window), ..Limit::default() }
}

/// The positive number of seconds in the parameter `w`.
fn window(item: &Item<'_>) -> Option<Span> {
    item.count("w").filter(|&secs| secs > 0).map(Span::from_secs)
}

/// Of repeated fields, the first that can be read counts.
pub(super) fn first<T>(told: &mut Option<T>, value: Option<T>) {
    if told.is_none() {
        *told = value;
    }
}

/// Of repeated keys of a Dictionary, the last counts.
fn last<T>(told: &mut Option<T>, value: Option<T>) {
    *told = value.or_else(|| told.take());
}
