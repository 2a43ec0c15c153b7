//! Who is here: `cargo run -p tollgate --example presence --features presence,redis`, with `REDIS_URL` for all processes
//! that have the same one.

use std::error::Error;
use std::pin::Pin;

use futures_core::Stream;
use tollgate::{NewMember, Presence};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let presence = match std::env::var("REDIS_URL") {
        Ok(url) => Presence::<String>::connect(&url).await?,
        Err(_) => Presence::new()?,
    };
    let mut watch = presence.watch("lobby");
    println!("{:?}", next(&mut watch).await);
    let ann = presence.join("lobby", NewMember::new("Ann".to_owned()).user("ann")).await?;
    println!("{:?}", next(&mut watch).await);
    ann.update("Anna".to_owned()).await?;
    println!("{:?}", next(&mut watch).await);
    ann.leave().await?;
    println!("{:?}", next(&mut watch).await);
    presence.close().await;
    Ok(())
}

/// What `StreamExt::next` of the futures crates does.
async fn next<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    std::future::poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx)).await
}
