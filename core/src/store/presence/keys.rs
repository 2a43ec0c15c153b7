//! Names of keys and channels.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Where the rooms of one presence are.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    prefix: String,
    name: String,
    partitions: u32,
}

impl Keys {
    pub(super) fn new(prefix: &str, name: &str, partitions: u32) -> Self {
        Self { prefix: prefix.into(), name: name.into(), partitions: partitions.max(1) }
    }

    pub(super) fn partitions(&self) -> u32 {
        self.partitions
    }

    /// FNV-1a of the room's UTF-8 (draft-eastlake-fnv, 32 bits): the same in every process.
    pub(super) fn partition(&self, room: &str) -> u32 {
        let hash = room.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        hash % self.partitions
    }

    /// What all keys of a partition begin with; in a Cluster, one slot.
    fn tag(&self, partition: u32) -> String {
        format!("{{{}:{}:presence:{partition}}}", self.prefix, self.name)
    }

    /// The index of rooms by when to look for expired members.
    pub(super) fn rooms(&self, partition: u32) -> String {
        format!("{}:rooms", self.tag(partition))
    }

    /// The index, and then the three keys of each room. All are of one partition.
    pub(super) fn of<'a>(&self, partition: u32, rooms: impl Iterator<Item = &'a str>) -> Vec<String> {
        let tag = self.tag(partition);
        let mut keys = alloc::vec![self.rooms(partition)];
        for room in rooms {
            keys.extend(["expiry", "who", "users"].map(|part| format!("{tag}:{part}:{room}")));
        }
        keys
    }

    pub(super) fn channel(&self, room: &str) -> String {
        format!("{}{room}", self.channels())
    }

    /// What the channel of every room begins with.
    pub(super) fn channels(&self) -> String {
        format!("{}:{}:presence:", self.prefix, self.name)
    }
}
