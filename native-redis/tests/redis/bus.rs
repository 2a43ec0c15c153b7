//! Messages between buses over Redis.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_core::Stream;
use tollgate::{Bus, Delivery, Subscription};

use crate::server::Server;

async fn bus(server: &Server) -> Bus {
    // Slow machines are not failing stores.
    Bus::builder().name("chat").store_timeout(Duration::from_secs(20)).connect(&server.url()).await.expect("valid")
}

async fn next(messages: &mut Subscription<u32>) -> String {
    let polled = std::future::poll_fn(|cx| Pin::new(&mut *messages).poll_next(cx));
    let next = tokio::time::timeout(Duration::from_secs(30), polled).await.expect("something comes");
    match next.expect("never ends") {
        Delivery::Message { topic, data, .. } => format!("{topic}={data}"),
        Delivery::Resync { missed, .. } => format!("missed {missed}"),
        Delivery::Reconnected => "reconnected".to_owned(),
        _ => panic!("another kind"),
    }
}

fn is_silent(messages: &mut Subscription<u32>) -> bool {
    matches!(pin!(messages).poll_next(&mut Context::from_waker(Waker::noop())), Poll::Pending)
}

#[tokio::test]
async fn messages_reach_other_buses_once_and_in_order() {
    let server = Server::start().await;
    let (here, there) = (bus(&server).await, bus(&server).await);
    let mut own = here.subscribe("a").await.expect("in force");
    let mut others = there.subscribe("a").await.expect("in force");
    let published = (0..500_u32).map(|i| {
        let here = here.clone();
        async move { here.publish("a", &i).await }
    });
    for publish in published {
        publish.await.expect("taken");
    }
    for i in 0..500 {
        assert_eq!(next(&mut others).await, format!("a={i}"));
        assert_eq!(next(&mut own).await, format!("a={i}"));
    }
    // What comes back from Redis comes before this.
    there.publish("a", &7).await.expect("taken");
    assert_eq!([next(&mut own).await, next(&mut others).await], ["a=7", "a=7"]);
    assert!(is_silent(&mut own) && is_silent(&mut others));
}

#[tokio::test]
async fn messages_that_are_published_at_the_same_time_all_arrive() {
    let server = Server::start().await;
    let (here, there) = (bus(&server).await, bus(&server).await);
    let mut others = there.subscribe("a").await.expect("in force");
    let tasks: Vec<_> = (0..500_u32)
        .map(|i| {
            let here = here.clone();
            tokio::spawn(async move { here.publish("a", &i).await })
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic").expect("taken");
    }
    for i in 0..500 {
        assert_eq!(next(&mut others).await, format!("a={i}"));
    }
}

#[tokio::test]
async fn own_subscribers_have_a_message_before_redis_has() {
    let server = Server::start().await;
    let bus = bus(&server).await;
    let mut own = bus.subscribe("a").await.expect("in force");
    server.signal("-STOP");
    let mut publish = Box::pin(bus.publish("a", &1));
    assert!(publish.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(next(&mut own).await, "a=1");
    server.signal("-CONT");
    publish.await.expect("taken");
}

#[tokio::test]
async fn a_pattern_hears_what_fits_and_nothing_else() {
    let server = Server::start().await;
    let (here, there) = (bus(&server).await, bus(&server).await);
    let mut all = there.subscribe("chat?:*").await.expect("in force");
    let mut one = there.subscribe("chat?:a").await.expect("in force");
    for (topic, data) in [("chat1:a", 1), ("chat?:a", 2), ("chat?:b", 3)] {
        here.publish(topic, &data).await.expect("taken");
    }
    assert_eq!([next(&mut all).await, next(&mut all).await], ["chat?:a=2", "chat?:b=3"]);
    assert_eq!(next(&mut one).await, "chat?:a=2");
    assert!(is_silent(&mut all) && is_silent(&mut one));
}

#[tokio::test]
async fn a_connection_that_is_killed_is_made_anew_and_told() {
    let server = Server::start().await;
    let (here, there) = (bus(&server).await, bus(&server).await);
    let mut others = there.subscribe("a").await.expect("in force");
    here.publish("a", &1).await.expect("taken");
    assert_eq!(next(&mut others).await, "a=1");
    let killed: i64 = server.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    assert_eq!(killed, 1);
    assert_eq!(next(&mut others).await, "reconnected");
    here.publish("a", &2).await.expect("taken");
    assert_eq!(next(&mut others).await, "a=2");
}

#[tokio::test]
async fn a_server_that_is_restarted_carries_messages_again() {
    let mut server = Server::start().await;
    let (here, there) = (bus(&server).await, bus(&server).await);
    let mut others = there.subscribe("a").await.expect("in force");
    server.kill();
    assert!(here.publish("a", &1).await.expect_err("nobody there").code().starts_with("STORE_"));
    assert_eq!(here.stats().unsent, 1);
    server.run().await;
    assert_eq!(next(&mut others).await, "reconnected");
    let mut last = 2_u32;
    while here.publish("a", &last).await.is_err() {
        last += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // A publish that failed may have arrived all the same.
    while next(&mut others).await != format!("a={last}") {}
}

#[tokio::test]
async fn nobody_there_is_an_error_in_time_and_leaves_no_subscription() {
    let server = Server::reserved(&[]);
    let bus = Bus::builder().store_timeout(Duration::from_millis(200));
    let bus = bus.connect(&server.url()).await.expect("valid");
    assert_eq!(bus.subscribe::<u32>("a").await.expect_err("nobody there").code(), "STORE_TIMEOUT");
    assert_eq!(bus.stats().subscribers, 0);
}

#[tokio::test]
async fn messages_are_those_of_node() {
    let server = Server::start().await;
    let bus = bus(&server).await;
    let mut all = bus.subscribe("c*").await.expect("in force");
    let channel = "tollgate:bus:chat:c:1";
    // As another bus writes them; the second copy of a message is dropped, and what is none is counted.
    for text in ["2k4q0fz8m1x0abc3def9gh.1.5", "2k4q0fz8m1x0abc3def9gh.1.5", "hello", "2k4q0fz8m1x0abc3def9gh.2.6"] {
        let _: i64 = server.ask(&["PUBLISH", channel, text]);
    }
    assert_eq!([next(&mut all).await, next(&mut all).await], ["c:1=5", "c:1=6"]);
    assert_eq!(bus.stats().broken, 1);
    // And one of ours, read as text.
    let mut connection = server.connection();
    let mut raw = connection.as_pubsub();
    raw.subscribe(channel).expect("in force");
    bus.publish("c:1", &vec![1, 2]).await.expect("taken");
    let text: String = raw.get_message().expect("a message").get_payload().expect("text");
    let (origin, rest) = text.split_once('.').expect("an origin");
    assert!(origin.len() == 22 && origin.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase()));
    assert_eq!(rest, "1.[1,2]");
}

#[tokio::test]
async fn a_subscription_that_is_dropped_is_left() {
    let server = Server::start().await;
    let bus = bus(&server).await;
    let (one, two) =
        (bus.subscribe::<u32>("a").await.expect("in force"), bus.subscribe::<u32>("a").await.expect("valid"));
    let heard = || server.ask::<(String, i64)>(&["PUBSUB", "NUMSUB", "tollgate:bus:chat:a"]).1;
    drop(one);
    assert_eq!(heard(), 1);
    drop(two);
    while heard() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn bad_settings_are_named() {
    let code = |result: Result<Bus, tollgate::ConfigError>| result.expect_err("refused").code();
    assert_eq!(code(Bus::connect("ftp://nowhere").await), "CONFIG_REDIS");
    assert_eq!(code(Bus::builder().name("").connect("redis://127.0.0.1:1/").await), "CONFIG_NAME");
    assert_eq!(code(Bus::builder().prefix("a b").connect("redis://127.0.0.1:1/").await), "CONFIG_PREFIX");
    let builder = Bus::builder().store_timeout(Duration::ZERO);
    assert_eq!(code(builder.connect("redis://127.0.0.1:1/").await), "CONFIG_STORE_TIMEOUT");
}
