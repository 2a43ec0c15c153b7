//! The ping protocol among a few members on a bus without delay.

use tollgate_core::share::{Channel, Clocks, PeerRules, Peers, PeersConfig, PeersEvent, Quota, Share, Split};
use tollgate_core::{Span, Timestamp};

fn at(millis: u64) -> Clocks {
    Clocks { monotonic: Timestamp::from_millis(millis), wall: Timestamp::from_millis(1_000_000 + millis) }
}

fn config(rules: PeerRules) -> PeersConfig {
    PeersConfig {
        quota: Quota { rate: Some((10, Span::from_secs(1))), concurrency: Some(5) },
        split: if rules == PeerRules::PLAIN { Split::Floor } else { Split::Even },
        fast_start: false,
        strict_start: false,
        heartbeat: Span::from_secs(30),
        longest_job: None,
        rules,
    }
}

/// Members on one bus; those that are cut off neither hear nor are heard.
struct Bus {
    members: Vec<Peers>,
    cut: Vec<usize>,
    now: u64,
    pings: usize,
}

impl Bus {
    fn new() -> Self {
        Self { members: Vec::new(), cut: Vec::new(), now: 0, pings: 0 }
    }

    fn join(&mut self, id: &str, config: PeersConfig) -> usize {
        let mut member = Peers::new(config, id.into()).unwrap();
        member.subscribed(at(self.now));
        self.members.push(member);
        self.settle();
        self.members.len() - 1
    }

    /// Passes messages on until there are none.
    fn settle(&mut self) {
        loop {
            let mut sent = Vec::new();
            for (i, member) in self.members.iter_mut().enumerate() {
                while let Some(transmit) = member.poll_transmit() {
                    sent.push((i, transmit));
                }
            }
            if sent.is_empty() {
                return;
            }
            for (from, transmit) in sent {
                self.pings += usize::from(transmit.channel == Channel::Main);
                if self.cut.contains(&from) {
                    continue;
                }
                for (to, member) in self.members.iter_mut().enumerate() {
                    if !self.cut.contains(&to) {
                        member.handle_message(transmit.channel, &transmit.message, at(self.now));
                    }
                }
            }
        }
    }

    fn run_until(&mut self, millis: u64) {
        loop {
            let due = self.members.iter().filter_map(|member| member.poll_timeout(at(self.now))).min();
            let due = due.map_or(millis, |due| due.as_micros().div_ceil(1_000)).max(self.now + 1).min(millis);
            self.now = due;
            for member in &mut self.members {
                member.handle_timeout(at(self.now));
            }
            self.settle();
            if self.now >= millis {
                return;
            }
        }
    }

    fn shares(&self) -> Vec<(u64, u64)> {
        let shares = self.members.iter().map(|member| member.share(at(self.now)));
        shares.map(|Share { rate, concurrency }| (rate, concurrency)).collect()
    }
}

fn events(member: &mut Peers) -> Vec<PeersEvent> {
    std::iter::from_fn(|| member.poll_event()).collect()
}

#[test]
fn members_find_each_other_and_divide_the_quota() {
    let mut bus = Bus::new();
    for id in ["a", "b", "c"] {
        bus.join(id, config(PeerRules::ALL));
    }
    assert_eq!(bus.shares(), [(0, 0); 3], "nobody has a share before it has settled");
    bus.run_until(3_000);
    assert_eq!(bus.shares(), [(4, 2), (3, 2), (3, 1)]);
    assert!(events(&mut bus.members[0]).contains(&PeersEvent::Members(3)));
}

#[test]
fn a_newcomer_grows_only_once_the_old_use_has_left_the_window() {
    let mut bus = Bus::new();
    bus.join("a", config(PeerRules::ALL));
    bus.run_until(10_000);
    assert_eq!(bus.shares(), [(10, 5)]);
    bus.join("b", config(PeerRules::ALL));
    assert_eq!(bus.shares(), [(5, 3), (0, 0)], "the old holder shrinks at once");
    bus.run_until(13_000);
    assert_eq!(bus.shares(), [(5, 3), (5, 2)]);
}

#[test]
fn who_leaves_gives_its_share_back_after_the_window() {
    let mut bus = Bus::new();
    bus.join("a", config(PeerRules::ALL));
    bus.join("b", config(PeerRules::ALL));
    bus.run_until(5_000);
    bus.members[1].close();
    bus.settle();
    assert_eq!(bus.shares(), [(5, 3), (0, 0)]);
    bus.run_until(7_002);
    assert_eq!(bus.shares()[0].0, 5);
    bus.run_until(7_010);
    assert_eq!(bus.shares()[0], (10, 5));
}

#[test]
fn who_is_cut_off_gives_up_its_share_before_the_others_take_it() {
    let mut bus = Bus::new();
    bus.join("a", config(PeerRules::ALL));
    bus.join("b", config(PeerRules::ALL));
    bus.run_until(60_000);
    bus.cut = vec![1];
    bus.run_until(100_000);
    assert_eq!(bus.shares(), [(5, 3), (0, 0)]);
    assert!(events(&mut bus.members[1]).contains(&PeersEvent::Fenced(true)));
    bus.run_until(160_000);
    assert_eq!(bus.shares(), [(10, 5), (0, 0)]);
    bus.cut.clear();
    bus.run_until(200_000);
    assert_eq!(bus.shares(), [(5, 3), (5, 2)]);
}

#[test]
fn without_the_fence_a_cut_off_member_keeps_its_share() {
    let mut bus = Bus::new();
    bus.join("a", config(PeerRules::PLAIN));
    bus.join("b", config(PeerRules::PLAIN));
    bus.run_until(60_000);
    bus.cut = vec![1];
    bus.run_until(160_000);
    assert_eq!(bus.shares(), [(10, 5), (10, 5)], "both take all: what the fence is for");
}

#[test]
fn many_that_join_at_once_do_not_storm() {
    let mut bus = Bus::new();
    for i in 0..50 {
        bus.members.push(Peers::new(config(PeerRules::PLAIN), format!("{i:02}")).unwrap());
    }
    for member in &mut bus.members {
        member.subscribed(at(0));
    }
    bus.settle();
    assert!(bus.pings <= 50 * 51, "{} pings", bus.pings);
    bus.run_until(3_000);
    let before = bus.pings;
    bus.run_until(32_000);
    assert_eq!(bus.pings - before, 50, "one each a heartbeat");
}

#[test]
fn what_is_not_ours_is_counted_and_ignored() {
    let mut bus = Bus::new();
    bus.join("a", config(PeerRules::ALL));
    let huge = format!("\"{}\"", "x".repeat(5_000));
    for message in ["", "garbage", "5", "\"", "\"a", "{}", "[\"b\"]", "\"b\" \"c\"", "\"\\ud800\"", &huge] {
        bus.members[0].handle_message(Channel::Main, message, at(0));
        bus.members[0].handle_message(Channel::Extension, message, at(0));
    }
    bus.members[0].handle_message(Channel::Extension, r#"{"v":2,"bye":"a"}"#, at(0));
    assert_eq!(bus.members[0].ignored(), 21);
    bus.run_until(5_000);
    assert_eq!(bus.shares(), [(10, 5)]);
}

#[test]
fn members_that_disagree_are_told() {
    let mut bus = Bus::new();
    bus.join("a", config(PeerRules::ALL));
    let mut other = config(PeerRules::ALL);
    other.quota.rate = Some((20, Span::from_secs(1)));
    bus.join("b", other);
    let theirs = "20 per 1000 ms, 5 at once".into();
    assert!(events(&mut bus.members[0]).contains(&PeersEvent::Conflict { theirs }));
}

#[test]
fn a_configuration_that_cannot_hold_is_refused() {
    let refused = |change: fn(&mut PeersConfig), code: &str| {
        let mut config = config(PeerRules::ALL);
        change(&mut config);
        assert_eq!(Peers::new(config, "a".into()).unwrap_err().code(), code);
    };
    refused(|config| config.heartbeat = Span::ZERO, "CONFIG_HEARTBEAT");
    refused(|config| config.split = Split::Bound(11), "CONFIG_RATE_LOWER_BOUND");
    refused(|config| config.quota.rate = Some((10, Span::from_secs(61))), "CONFIG_INTERVAL");
    assert_eq!(Peers::new(config(PeerRules::ALL), String::new()).unwrap_err().code(), "CONFIG_PEER_ID");
}

#[test]
fn who_leaves_while_a_newcomer_settles_has_used_its_share_until_then() {
    let mut bus = Bus::new();
    bus.join("a", config(PeerRules::ALL));
    bus.join("b", config(PeerRules::ALL));
    bus.run_until(10_000);
    assert_eq!(bus.shares(), [(5, 3), (5, 2)]);
    let newcomer = bus.join("c", config(PeerRules::ALL));
    bus.run_until(12_000);
    bus.members[1].close();
    bus.settle();
    // The newcomer's first share comes when that of the leaver may still be in the window.
    bus.run_until(13_000);
    assert_eq!(bus.shares()[newcomer].0, 3);
    bus.run_until(14_200);
    assert_eq!(bus.shares()[newcomer].0, 5);
}

#[test]
fn newcomers_are_answered_together() {
    let mut bus = Bus::new();
    for i in 0..50 {
        bus.join(&format!("m{i:02}"), config(PeerRules::ALL));
    }
    bus.run_until(3_000);
    assert!(bus.members.iter_mut().all(|member| events(member).contains(&PeersEvent::Members(50))));
    // One that says that it is there, one when answers have had their time, and few answers, each to all who ask
    // meanwhile; p-ratelimit sends 2,500.
    assert!(bus.pings <= 200, "{} pings", bus.pings);
}
