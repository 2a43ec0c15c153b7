//! What a member has before it has heard anybody, and who the others are.

use tollgate_core::share::{Channel, Clocks, PeerRules, Peers, PeersConfig, Quota, Split};
use tollgate_core::{Span, Timestamp};

fn at(millis: u64) -> Clocks {
    Clocks { monotonic: Timestamp::from_millis(millis), wall: Timestamp::from_millis(1_000_000 + millis) }
}

fn member(fast_start: bool) -> Peers {
    Peers::new(config(fast_start), "m".into()).unwrap()
}

fn config(fast_start: bool) -> PeersConfig {
    PeersConfig {
        quota: Quota { rate: Some((10, Span::from_secs(1))), concurrency: None },
        split: Split::Even,
        fast_start,
        strict_start: false,
        heartbeat: Span::from_secs(30),
        longest_job: None,
        rules: PeerRules::ALL,
    }
}

#[test]
fn a_strict_start_outlasts_what_an_unheard_member_may_have_in_the_window() {
    let quota = Quota { rate: Some((10, Span::from_secs(8))), concurrency: None };
    let mut strict = Peers::new(PeersConfig { quota, strict_start: true, ..config(false) }, "m".into()).unwrap();
    strict.subscribed(at(0));
    for second in 0..=39 {
        let now = at(second * 1_000);
        strict.handle_timeout(now);
        while let Some(transmit) = strict.poll_transmit() {
            strict.handle_message(transmit.channel, &transmit.message, now);
        }
        assert_eq!((second, strict.share(now).rate), (second, 0));
    }
    // The fence of 30 s and two in a thousand, 1 s for a message, the guarded interval of 8.017 s.
    assert_eq!(strict.poll_timeout(at(39_000)), Some(Timestamp::from_millis(39_077)));
    assert_eq!(strict.share(at(39_077)).rate, 10);
}

#[test]
fn a_start_is_fast_or_strict() {
    let refused = Peers::new(PeersConfig { strict_start: true, ..config(true) }, "m".into()).unwrap_err();
    assert_eq!((refused.code(), refused.field()), ("CONFIG_STRICT_START", "strictStart"));
}

#[test]
fn a_fast_start_is_at_once_and_no_longer_than_a_fence() {
    let mut fast = member(true);
    assert_eq!(fast.share(at(0)).rate, 0);
    fast.begin(at(0));
    assert!(fast.is_ready(at(0)));
    assert_eq!(fast.share(at(30_000)).rate, 10);
    let due = fast.poll_timeout(at(0)).unwrap();
    assert!(due > Timestamp::from_millis(30_000));
    assert_eq!(fast.share(at(30_001)).rate, 0);
    assert!(!fast.is_ready(at(30_001)));
    assert_eq!(fast.poll_timeout(at(30_001)), None);
}

#[test]
fn a_fast_start_shrinks_as_members_appear() {
    let mut fast = member(true);
    fast.begin(at(0));
    fast.subscribed(at(10));
    fast.handle_message(Channel::Main, "\"a\"", at(20));
    assert_eq!(fast.share(at(20)).rate, 5);
    assert_eq!(fast.others().collect::<Vec<_>>(), ["a"]);
    fast.close();
    assert_eq!(fast.share(at(21)).rate, 0);
}

#[test]
fn a_usual_start_has_nothing_and_is_ready_when_its_share_is_in_force() {
    let mut usual = member(false);
    usual.begin(at(0));
    assert_eq!(usual.poll_timeout(at(0)), None);
    assert_eq!(usual.share(at(0)).rate, 0);
    usual.subscribed(at(0));
    usual.handle_message(Channel::Main, "\"m\"", at(1));
    usual.handle_timeout(at(2_999));
    assert!(!usual.is_ready(at(2_999)));
    usual.handle_timeout(at(3_001));
    assert!(!usual.is_ready(at(3_001)), "a ping from after the settling is to show that answers could come");
    usual.handle_message(Channel::Main, "\"m\"", at(3_001));
    assert!(usual.is_ready(at(3_001)));
    assert_eq!(usual.share(at(3_001)).rate, 10);
}

#[test]
fn a_turnover_is_the_settling_and_the_longest_hold() {
    let window = PeersConfig::guarded_interval(Span::from_secs(1)).as_micros();
    assert_eq!(member(false).turnover(), Span::from_micros(4_000_000 + window));
}
