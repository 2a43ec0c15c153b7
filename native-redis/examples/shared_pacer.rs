//! One of any number of processes, in whatever language, that share one quota: it makes as many calls as it may, and
//! prints a line for each start, in microseconds since 1970, and for what happens in the group. A line on its standard
//! input ends it. Start it twice, and end one of them:
//!
//! `cargo run -p tollgate --features redis --example shared_pacer -- redis://127.0.0.1/ openai 10 1000 1000`
//!
//! (the name, calls per window, the window and the heartbeat in milliseconds)

use std::error::Error;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use futures_core::Stream;
use tollgate::{Pacer, Policy, Share, ShareEvent, ShareEvents};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let [url, name, limit, window, heartbeat] = arguments()?;
    let limit = limit.parse()?;
    let pacer = Pacer::builder(Policy::new(limit, millis(&window)?))
        .name(name)
        .share(Share::peers().heartbeat(millis(&heartbeat)?))
        .connect(&url)
        .await?;
    tokio::spawn(tell(pacer.events()));
    for _ in 0..limit {
        tokio::spawn(calls(pacer.clone()));
    }
    println!("ready {}", std::process::id());
    tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await??;
    pacer.close().await;
    println!("closed 1");
    Ok(())
}

fn arguments() -> Result<[String; 5], String> {
    let given: Vec<_> = std::env::args().skip(1).collect();
    given.try_into().map_err(|_| "give a URL, a name, a limit, a window and a heartbeat".to_owned())
}

fn millis(text: &str) -> Result<Duration, std::num::ParseIntError> {
    text.parse().map(Duration::from_millis)
}

/// Calls that take no time, one after the other.
async fn calls(pacer: Pacer) {
    while let Ok(_permit) = pacer.acquire(1).await {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        println!("start {}", now.as_micros());
    }
}

/// What happens in the group.
async fn tell(mut events: ShareEvents) {
    while let Some(event) = std::future::poll_fn(|cx| Pin::new(&mut events).poll_next(cx)).await {
        match event {
            ShareEvent::Share { now, .. } => println!("share {now}"),
            ShareEvent::Peers(peers) => println!("peers {peers}"),
            ShareEvent::Fenced(is_fenced) => println!("fenced {is_fenced}"),
            ShareEvent::Conflict { theirs, .. } => println!("conflict {theirs}"),
            ShareEvent::Error(error) => println!("error {error}"),
            other => println!("other {other:?}"),
        }
    }
}
