//! What cannot be used is refused by name, and changes nothing.

use tollgate_core::roster::{Identity, PresenceConfig, Roster, Session};
use tollgate_core::{ConfigError, Span, Timestamp};

fn refused(change: impl FnOnce(&mut PresenceConfig)) -> (&'static str, String) {
    let mut config = PresenceConfig::default();
    change(&mut config);
    let error = config.check().unwrap_err();
    (error.code(), error.to_string())
}

#[test]
fn times_out_of_bounds_name_their_field() {
    assert_eq!(refused(|config| config.ttl = Span::from_millis(49)).0, "CONFIG_TTL");
    assert_eq!(refused(|config| config.ttl = Span::from_secs(86_401)).0, "CONFIG_TTL");
    assert_eq!(refused(|config| config.heartbeat = Span::from_millis(9)).0, "CONFIG_HEARTBEAT");
    assert_eq!(refused(|config| config.grace = Span::from_secs(86_401)).0, "CONFIG_GRACE");
    assert_eq!(refused(|config| config.max_data = 0).0, "CONFIG_MAX_DATA");
    assert_eq!(refused(|config| config.max_data = 65_537).0, "CONFIG_MAX_DATA");
}

#[test]
fn a_heartbeat_not_shorter_than_the_ttl_says_so() {
    let (_, message) = refused(|config| config.heartbeat = config.ttl);
    assert_eq!(message, "heartbeat: 30000 ms is not allowed; expected 10 ms or more, and shorter than ttl (30000 ms)");
}

fn join(room: &str, cid: &str, user: Option<&str>, data: &str) -> Result<(), ConfigError> {
    let mut roster = Roster::new(PresenceConfig::default()).unwrap();
    let identity = Identity { user: user.map(Into::into), data: data.into() };
    let outcome = roster.join(room, cid, Session(1), identity, Timestamp::ZERO);
    assert_eq!(roster.poll_event().is_some(), outcome.is_ok());
    outcome
}

#[test]
fn empty_and_long_names_are_refused() {
    let long = "x".repeat(513);
    let code = |outcome: Result<(), ConfigError>| outcome.unwrap_err().code();
    assert_eq!(code(join("", "c", None, "")), "CONFIG_ROOM");
    assert_eq!(code(join(&long, "c", None, "")), "CONFIG_ROOM");
    assert_eq!(code(join("r", "", None, "")), "CONFIG_ID");
    assert_eq!(code(join("r", &long, None, "")), "CONFIG_ID");
    assert_eq!(code(join("r", "c", Some(""), "")), "CONFIG_USER");
    assert!(join(&long[1..], &long[1..], Some(&long[1..]), "").is_ok());
}

#[test]
fn large_data_is_refused_by_join_and_update() {
    let (fits, large) = ("x".repeat(4_096), "x".repeat(4_097));
    assert_eq!(join("r", "c", None, &large).unwrap_err().code(), "CONFIG_DATA");
    assert!(join("r", "c", None, &fits).is_ok());
    let mut roster = Roster::new(PresenceConfig::default()).unwrap();
    let identity = Identity { user: None, data: "1".into() };
    roster.join("r", "c", Session(1), identity, Timestamp::ZERO).unwrap();
    let error = roster.update("r", "c", Session(1), &large, Timestamp::ZERO).unwrap_err();
    assert_eq!(error.to_string(), "data: 4097 bytes is not allowed; expected at most 4096 bytes of JSON");
}
