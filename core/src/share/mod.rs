//! One quota for many processes: how it is divided, and how members find each other.

mod peers;
mod split;

pub use peers::{Channel, Clocks, PeerRules, Peers, PeersConfig, PeersEvent, Quota, Share, Transmit};
pub use split::Split;
