//! Many members of a shared quota in simulated time, over a bus that delays, loses, restarts and cuts off.
//!
//! The machines are those of the core: [`tollgate_core::share::Peers`] says what a member may use, and
//! [`tollgate_core::Pacer`] starts its jobs. [`world`] has true time and all that happens in order, [`member`] a process
//! with clocks that drift and jump, [`plan`] what goes wrong in a run, and [`auditor`] sees every start with true time.
//! Another way to share moves in as another [`machine::ShareMachine`].

#![allow(clippy::indexing_slicing, reason = "a simulator that panics has found a fault of its own")]

pub mod auditor;
pub mod clocks;
pub mod dice;
pub mod fault;
pub mod machine;
pub mod member;
pub mod plan;
pub mod report;
pub mod row;
pub mod world;
