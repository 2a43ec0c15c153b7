//! The Node.js face of `tollgate-core`: convert, one core call, convert.
//!
//! [`config`] is the control plane, by napi-derive. [`hot`] holds the calls that every decision makes, [`denials`] and
//! [`breaker`] those that come before a store is asked, [`pacer`] those of a queue, [`roster`] is presence: raw N-API functions ([`function`]) whose numbers are plain
//! arguments or travel through one `Float64Array` per environment, so that no object crosses the boundary. What all
//! bindings share is in `tollgate-boundary`.

#[allow(unreachable_pub)] // napi-derive exports what is `pub`
mod breaker;
#[allow(unreachable_pub)]
mod config;
#[allow(unreachable_pub)]
mod denials;
mod function;
mod hot;
mod key;
#[allow(unreachable_pub)]
mod pacer;
#[allow(unreachable_pub)]
mod peers;
#[allow(unreachable_pub)]
mod presence;
#[allow(unreachable_pub)]
mod roster;
#[allow(unreachable_pub)]
mod store;
