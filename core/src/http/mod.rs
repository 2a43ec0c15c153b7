//! Rate limits as HTTP header fields: written from decisions, and read by clients.
//!
//! Servers write [`field_values`] (or [`write_field_values`]) in one [`Dialect`], [`retry_after`], and
//! [`problem_json`] as the body of a refusal. Clients [`parse`] the fields of a response in any of the
//! dialects and ask the [`Reading`] how long to wait. Where a dialect speaks of dates, the caller gives the
//! wall time: there is no clock here.
//!
//! ```
//! use tollgate_core::http::{Dialect, field_values, parse, quotas};
//! use tollgate_core::{Limiter, LimiterConfig, Timestamp};
//! let mut limiter = Limiter::new(LimiterConfig::default())?;
//! let decision = limiter.consume(b"ann", 1, Timestamp::ZERO);
//! let quotas = quotas(limiter.policies(), &decision);
//! let values = field_values(Dialect::Draft11, &quotas, decision.binding, 1_700_000_000);
//! assert_eq!(values, [r#""default";q=100;w=60"#, r#""default";r=99;t=60"#]);
//!
//! let names = Dialect::Draft11.field_names().iter().copied();
//! let reading = parse(names.zip(values.iter().map(String::as_str)), 1_700_000_000);
//! assert_eq!(reading.limits[0].remaining, Some(99));
//! # Ok::<(), tollgate_core::ConfigError>(())
//! ```

mod cursor;
mod date;
mod dialect;
mod fields;
mod problem;
mod quota;
mod reading;
mod structured;
mod told;
mod vendor;
mod wall;

pub use dialect::Dialect;
pub use fields::{MAX_FIELD_INTEGER, field_values, retry_after, write_field_values};
pub use problem::problem_json;
pub use quota::{Quota, quotas};
pub use reading::{Limit, MAX_LIMITS, Reading, parse};
