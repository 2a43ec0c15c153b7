//! The breaker against its rules, whatever is reported in whatever order, and against stores that die and come back.

mod outages;
mod rules;
mod watch;
