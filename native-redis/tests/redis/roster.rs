//! What tests of presence share: instances with short times, and who follows them.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::Duration;

use futures_core::Stream;
use tollgate::{Change, Member, NewMember, Presence, PresenceBuilder, PresenceEvent, PresenceEvents, Watch};

use crate::server::Server;

/// How long anything may take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The room of probes, of which nothing is told.
const PROBED: &str = "probed";

pub(crate) fn builder() -> PresenceBuilder<u32> {
    let times = Presence::<u32>::builder().ttl(Duration::from_millis(1_500)).heartbeat(Duration::from_millis(300));
    // Slow machines are not failing stores.
    times.name("chat").store_timeout(Duration::from_secs(20))
}

pub(crate) async fn presence(server: &Server) -> Presence<u32> {
    builder().connect(&server.url()).await.expect("valid")
}

/// Long times: who is there stays.
pub(crate) async fn lasting(server: &Server) -> Presence<u32> {
    let builder = builder().ttl(Duration::from_secs(600)).heartbeat(Duration::from_secs(300));
    builder.connect(&server.url()).await.expect("valid")
}

/// The next thing that a stream gives; `None` at its end.
pub(crate) async fn next<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    let polled = std::future::poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx));
    tokio::time::timeout(PATIENCE, polled).await.expect("something comes")
}

pub(crate) async fn told(events: &mut PresenceEvents<u32>) -> String {
    loop {
        match next(events).await.expect("not closed") {
            PresenceEvent::Join { room, .. } | PresenceEvent::Leave { room, .. } if room == PROBED => {}
            event => return in_words(&event),
        }
    }
}

fn in_words(event: &PresenceEvent<u32>) -> String {
    match event {
        PresenceEvent::Join { room, member, .. } => format!("join {room} {}", member.id),
        PresenceEvent::Update { member, .. } => format!("update {} {}", member.id, member.data),
        PresenceEvent::Leave { room, member, reason, .. } => format!("leave {room} {} {reason:?}", member.id),
        PresenceEvent::UserJoin { member, .. } => format!("user-join {}", member.id),
        PresenceEvent::UserLeave { member, reason, .. } => format!("user-leave {} {reason:?}", member.id),
        PresenceEvent::Resync { missed, .. } => format!("missed {missed}"),
        PresenceEvent::Reconnected => "reconnected".to_owned(),
        _ => panic!("another kind"),
    }
}

/// Events that are heard from now on: a join waits for that.
pub(crate) async fn hearing(presence: &Presence<u32>) -> PresenceEvents<u32> {
    let events = presence.events();
    let probe = presence.join(PROBED, NewMember::new(0)).await.expect("valid");
    probe.leave().await.expect("left");
    events
}

/// Everything that is told, until this is.
pub(crate) async fn told_until(events: &mut PresenceEvents<u32>, last: &str) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        let one = told(events).await;
        if one == last {
            return all;
        }
        all.push(one);
    }
}

/// A room put together from what a watch tells.
pub(crate) struct Followed {
    watch: Watch<u32>,
    members: BTreeMap<String, u32>,
}

impl Followed {
    /// Begins with a snapshot.
    pub(crate) async fn new(mut watch: Watch<u32>) -> Self {
        let Some(Change::Snapshot(members)) = next(&mut watch).await else { panic!("a snapshot first") };
        Self { watch, members: members.into_iter().map(|member| (member.id, member.data)).collect() }
    }

    pub(crate) fn members(&self) -> Vec<(&str, u32)> {
        self.members.iter().map(|(id, data)| (&**id, *data)).collect()
    }

    /// Follows until the room is this one. What is told fits what was told before.
    pub(crate) async fn until(&mut self, expected: &[(&str, u32)]) {
        while self.members() != expected {
            let Some(Change::Changed { joined, updated, left, .. }) = next(&mut self.watch).await else {
                panic!("one snapshot")
            };
            for Member { id, .. } in left {
                assert!(self.members.remove(&id).is_some(), "{id} was there");
            }
            for Member { id, data, .. } in joined {
                assert!(self.members.insert(id, data).is_none(), "it is new");
            }
            for Member { id, data, .. } in updated {
                assert!(self.members.insert(id, data).is_some(), "it was there");
            }
        }
    }
}

/// Asks until it is so.
pub(crate) async fn eventually<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let end = tokio::time::Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(tokio::time::Instant::now() < end, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
