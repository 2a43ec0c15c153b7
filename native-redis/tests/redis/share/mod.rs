//! One quota for many pacers over Redis.

mod group;
mod outages;
mod settings;
mod wire;

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_core::Stream;
use tollgate::{GroupStats, Pacer, PacerBuilder, Policy, Share, ShareEvent, ShareEvents};

use crate::server::Server;

const LIMIT: u64 = 30;
const WINDOW: Duration = Duration::from_millis(500);
const HEARTBEAT: Duration = Duration::from_millis(800);
/// What a start may be noted too late on a busy machine.
const LATE: Duration = Duration::from_millis(100);

fn builder(limit: u64) -> PacerBuilder {
    Pacer::builder(Policy::new(limit, WINDOW)).name("group").share(Share::peers().heartbeat(HEARTBEAT))
}

async fn joined(server: &Server, builder: PacerBuilder) -> Pacer {
    builder.connect(&server.url()).await.expect("valid")
}

fn group(pacer: &Pacer) -> GroupStats {
    pacer.stats().group.expect("shared")
}

/// A pacer that always has more to do than it may, and when its calls have started.
struct Busy {
    pacer: Pacer,
    starts: Arc<Mutex<Vec<Instant>>>,
}

impl Busy {
    async fn join(server: &Server) -> Self {
        Self::over(joined(server, builder(LIMIT)).await, LIMIT)
    }

    fn over(pacer: Pacer, calls: u64) -> Self {
        let starts = Arc::new(Mutex::new(Vec::new()));
        for _ in 0..calls {
            tokio::spawn(calls_of(pacer.clone(), Arc::clone(&starts)));
        }
        Self { pacer, starts }
    }

    fn share(&self) -> u64 {
        group(&self.pacer).share
    }

    fn starts(&self) -> Vec<Instant> {
        self.starts.lock().expect("no panic").clone()
    }

    fn has_started_since(&self, since: Instant) -> bool {
        self.starts().last().is_some_and(|&last| last > since)
    }
}

async fn calls_of(pacer: Pacer, starts: Arc<Mutex<Vec<Instant>>>) {
    while let Ok(_permit) = pacer.acquire(1).await {
        starts.lock().expect("no panic").push(Instant::now());
    }
}

/// The most of these starts in any window of that length.
fn most(starts: impl IntoIterator<Item = Instant>, window: Duration) -> usize {
    let mut starts: Vec<_> = starts.into_iter().collect();
    starts.sort_unstable();
    let in_window = |(i, &first): (usize, &Instant)| starts[i..].iter().take_while(|&&at| at - first < window).count();
    starts.iter().enumerate().map(in_window).max().unwrap_or(0)
}

/// In no window have all of them started more than the limit.
fn assert_kept(limit: u64, members: &[&Busy]) {
    let all = members.iter().flat_map(|member| member.starts());
    let worst = most(all, WINDOW - LATE);
    assert!(worst as u64 <= limit, "{worst} of {limit}");
}

/// Each member comes to start all of its share in one window.
async fn each_uses_its_share(members: &[&Busy]) {
    let since = Instant::now();
    let uses = |member: &Busy| {
        let starts = member.starts().into_iter().filter(|&at| at > since);
        most(starts, WINDOW) as u64 >= member.share()
    };
    until("each uses its share", || members.iter().all(|member| uses(member))).await;
}

async fn shares(members: &[&Busy], expected: &[u64]) {
    let found = || {
        let mut shares: Vec<_> = members.iter().map(|member| member.share()).collect();
        shares.sort_unstable();
        shares
    };
    until(&format!("shares are {expected:?}"), || found() == expected).await;
}

/// Asks every 10 ms, for a minute at most; how long it took.
async fn until(what: &str, mut holds: impl FnMut() -> bool) -> Duration {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < Duration::from_secs(60), "not within a minute: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    since.elapsed()
}

/// The next event; `None` where the stream has ended.
async fn next(events: &mut ShareEvents) -> Option<ShareEvent> {
    let polled = std::future::poll_fn(|cx| Pin::new(&mut *events).poll_next(cx));
    tokio::time::timeout(Duration::from_secs(60), polled).await.expect("something comes")
}

/// The next event that is such.
async fn event(events: &mut ShareEvents, is_such: impl Fn(&ShareEvent) -> bool) -> ShareEvent {
    loop {
        let event = next(events).await.expect("goes on");
        if is_such(&event) {
            return event;
        }
    }
}
