//! Messages by topic, within one process.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use tollgate::{Bus, Delivery, Subscription};

#[expect(clippy::expect_used, reason = "these streams never end")]
async fn next(messages: &mut Subscription<u32>) -> Delivery<u32> {
    std::future::poll_fn(|cx| Pin::new(&mut *messages).poll_next(cx)).await.expect("never ends")
}

fn text(delivery: Delivery<u32>) -> String {
    match delivery {
        Delivery::Message { topic, data, .. } => format!("{topic}={data}"),
        Delivery::Resync { missed, .. } => format!("missed {missed}"),
        _ => panic!("another kind"),
    }
}

fn is_silent(messages: &mut Subscription<u32>) -> bool {
    matches!(pin!(messages).poll_next(&mut Context::from_waker(Waker::noop())), Poll::Pending)
}

#[tokio::test]
async fn messages_come_once_and_in_order_to_whom_they_fit() {
    let bus = Bus::new();
    let mut one = bus.subscribe("chat:a").await.expect("valid");
    let mut all = bus.subscribe("chat:*").await.expect("valid");
    for (topic, data) in [("chat:a", 1), ("chat:b", 2), ("news", 3), ("chat:a", 4)] {
        bus.publish(topic, &data).await.expect("valid");
    }
    assert_eq!([text(next(&mut one).await), text(next(&mut one).await)], ["chat:a=1", "chat:a=4"]);
    let of_all = [text(next(&mut all).await), text(next(&mut all).await), text(next(&mut all).await)];
    assert_eq!(of_all, ["chat:a=1", "chat:b=2", "chat:a=4"]);
    assert!(is_silent(&mut one) && is_silent(&mut all));
}

#[tokio::test]
async fn who_waits_is_woken() {
    let bus = Bus::new();
    let mut one = bus.subscribe("a").await.expect("valid");
    let waiting = tokio::spawn(async move { text(next(&mut one).await) });
    tokio::task::yield_now().await;
    bus.publish("a", &7).await.expect("valid");
    assert_eq!(waiting.await.expect("no panic"), "a=7");
}

#[tokio::test]
async fn a_slow_subscriber_is_told_what_it_has_missed_in_its_place() {
    let bus = Bus::new();
    let mut slow = bus.subscribe("a").await.expect("valid");
    for i in 0..1_005_u32 {
        bus.publish("a", &i).await.expect("valid");
    }
    assert_eq!(bus.stats().dropped, 5);
    for i in 0..1_000 {
        assert_eq!(text(next(&mut slow).await), format!("a={i}"));
    }
    assert_eq!(text(next(&mut slow).await), "missed 5");
    bus.publish("a", &9).await.expect("valid");
    assert_eq!(text(next(&mut slow).await), "a=9");
}

#[tokio::test]
async fn what_cannot_be_read_is_counted_and_passed_over() {
    let bus = Bus::new();
    let mut numbers = bus.subscribe("a").await.expect("valid");
    bus.publish("a", "no number").await.expect("valid");
    bus.publish("a", &1).await.expect("valid");
    assert_eq!(text(next(&mut numbers).await), "a=1");
    assert_eq!(bus.stats().broken, 1);
}

#[tokio::test]
async fn bad_topics_and_data_are_named() {
    let bus = Bus::new();
    for topic in ["", "a*", &"é".repeat(513)] {
        assert_eq!(bus.publish(topic, &1).await.expect_err("refused").code(), "CONFIG_TOPIC");
    }
    assert!(bus.publish(&"é".repeat(512), &1).await.is_ok());
    let error = bus.publish("a", &"x".repeat(Bus::MAX_DATA)).await.expect_err("refused");
    assert_eq!(error.code(), "CONFIG_DATA");
    assert_eq!(bus.subscribe::<u32>("").await.expect_err("refused").code(), "CONFIG_TOPIC");
}

#[tokio::test]
async fn a_subscription_that_is_dropped_is_over() {
    let bus = Bus::new();
    let one = bus.subscribe::<u32>("a").await.expect("valid");
    assert_eq!(bus.stats().subscribers, 1);
    drop(one);
    assert_eq!(bus.stats().subscribers, 0);
}
