//! What members say to each other: as Node.js and p-ratelimit 1.0.1 do.

use std::time::Duration;

use tollgate::{Pacer, Policy, ShareEvent};

use super::{LIMIT, builder, event, group, joined, until};
use crate::server::Server;

const MAIN: &str = "ratelimit-group";
const EXTENSION: &str = "ratelimit-group:x";

fn published(server: &Server, channel: &str, text: &str) {
    let _: i64 = server.ask(&["PUBLISH", channel, text]);
}

// It waits for messages without letting others run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_of_p_ratelimit_is_answered_and_counted() {
    let server = Server::start().await;
    let mut connection = server.connection();
    let mut raw = connection.as_pubsub();
    raw.subscribe(&[MAIN, EXTENSION]).expect("in force");
    raw.set_read_timeout(Some(Duration::from_secs(30))).expect("a socket");
    let mut heard = || {
        let message = raw.get_message().expect("a message");
        (message.get_channel_name().to_owned(), message.get_payload::<String>().expect("text"))
    };
    let pacer = joined(&server, builder(LIMIT)).await;
    let (mut ping, mut hello) = (String::new(), String::new());
    while ping.is_empty() || hello.is_empty() {
        let (channel, text) = heard();
        *(if channel == MAIN { &mut ping } else { &mut hello }) = text;
    }
    assert!(ping.starts_with("\"!1") && ping.len() == 36, "{ping}");
    assert_eq!(hello, format!("{{\"v\":1,\"hello\":{ping},\"quota\":\"30 per 500 ms\"}}"));
    published(&server, MAIN, "\"55d1f4b4-9b8a-4b3e-a5f0-6d2a7b0c1e5f\"");
    until("it is counted", || group(&pacer).peers == 2).await;
    until("it has its half", || group(&pacer).share == LIMIT / 2).await;
    published(&server, EXTENSION, "{\"v\":1,\"bye\":\"55d1f4b4-9b8a-4b3e-a5f0-6d2a7b0c1e5f\"}");
    until("it has left", || group(&pacer).share == LIMIT).await;
    pacer.close().await;
    let bye = format!("{{\"v\":1,\"bye\":{ping}}}");
    while heard() != (EXTENSION.to_owned(), bye.clone()) {}
}

#[tokio::test]
async fn what_none_of_the_group_says_is_counted_and_changes_nothing() {
    let server = Server::start().await;
    let pacer = joined(&server, builder(LIMIT)).await;
    until("it has its share", || group(&pacer).share == LIMIT).await;
    for channel in [MAIN, EXTENSION] {
        for text in ["", "{", "null", "42", "[\"id\"]", "{\"v\":2,\"bye\":\"x\"}", "\"unended", &"x".repeat(5_000)] {
            published(&server, channel, text);
        }
    }
    until("all is counted", || group(&pacer).ignored == 16).await;
    assert_eq!((group(&pacer).share, group(&pacer).peers), (LIMIT, 1));
}

#[tokio::test]
async fn who_takes_the_quota_for_something_else_is_told_of() {
    let server = Server::start().await;
    let one = joined(&server, builder(LIMIT)).await;
    let mut events = one.events();
    let other = Pacer::builder(Policy::per_second(20)).concurrency(3).name("group");
    let _two = joined(&server, other).await;
    let conflict = event(&mut events, |event| matches!(event, ShareEvent::Conflict { .. })).await;
    let ShareEvent::Conflict { ours, theirs, .. } = conflict else { panic!("no conflict") };
    assert_eq!((ours.as_str(), theirs.as_str()), ("30 per 500 ms", "20 per 1000 ms, 3 at once"));
}

#[tokio::test]
async fn other_names_are_other_groups() {
    let server = Server::start().await;
    let (one, two) = tokio::join!(joined(&server, builder(5)), joined(&server, builder(7).name("another")));
    until("each has all of its own", || (group(&one).share, group(&two).share) == (5, 7)).await;
    assert_eq!((group(&one).peers, group(&two).peers), (1, 1));
}
