//! The Node.js face of `tollgate-core`: convert, one core call, convert.
//!
//! [`config`] is the control plane, by napi-derive. [`hot`] holds the calls that every decision makes: raw
//! N-API functions whose numbers travel through one `Float64Array` per environment, so that no object
//! crosses the boundary. What all bindings share is in `tollgate-boundary`.

#[allow(unreachable_pub)] // napi-derive exports what is `pub`
mod config;
mod hot;
mod key;
