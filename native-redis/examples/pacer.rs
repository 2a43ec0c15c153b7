//! Calls to an API that allows ten requests a second, three at a time, and so many tokens a minute.
//!
//! `cargo run -p tollgate --example pacer`

use std::error::Error;
use std::time::{Duration, Instant};

use tollgate::{Pace, Pacer, Policy};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let pacer = Pacer::builder([Policy::per_second(10).named("requests"), Policy::per_minute(30_000).named("tokens")])
        .concurrency(3)
        .max_delay(Duration::from_secs(30))
        .build()?;

    let begun = Instant::now();
    let calls: Vec<_> = (1..=25).map(|number| tokio::spawn(call(pacer.clone(), number, begun))).collect();
    for call in calls {
        call.await?;
    }
    pacer.close().await;
    Ok(())
}

/// One call: its estimate is charged when it starts, and the truth when it is known.
async fn call(pacer: Pacer, number: u32, begun: Instant) {
    let estimate = 1_500;
    match pacer.acquire(Pace::new([1, estimate])).await {
        Ok(mut permit) => {
            println!("{:>5} ms  call {number}", begun.elapsed().as_millis());
            tokio::time::sleep(Duration::from_millis(50)).await;
            permit.settle([1, 900]);
        }
        Err(refused) => println!("call {number}: {refused}"),
    }
}
