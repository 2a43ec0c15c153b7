//! Limits without a server: `cargo run -p tollgate --example plain`.

use std::time::Duration;

use tollgate::{ConfigError, Policies, Policy, RateLimiter, RetryAfter};

fn main() -> Result<(), ConfigError> {
    // An even flow with short bursts, and not more than 8 in a second in all.
    let messages = RateLimiter::new(Policies::new([
        Policy::per_second(5).burst(3).named("flow"),
        Policy::new(8, Duration::from_secs(1)).named("second"),
    ]))?;
    for call in 1..=5 {
        let decision = messages.check("ann");
        match decision.retry_after {
            RetryAfter::Now => println!("call {call}: goes, {} left", decision.remaining),
            RetryAfter::After(wait) => println!("call {call}: {} says in {wait:?}", decision.policy_name()),
            RetryAfter::Never => println!("call {call}: never"),
        }
    }

    // What a call will cost is often known only afterwards.
    let tokens = RateLimiter::new(Policy::per_minute(30_000).named("tokens"))?;
    let decision = tokens.check_n("ann", 4_000);
    if decision.allowed {
        let used = 2_950;
        tokens.settle("ann", decision, used);
    }
    println!("tokens left: {}", tokens.peek("ann").remaining);

    // A refusal as an error, for `?`.
    let login = RateLimiter::new(Policy::new(1, Duration::from_secs(900)).named("login"))?;
    for _ in 0..2 {
        match login.check(("203.0.113.7", "ann@example.org")).into_result() {
            Ok(_) => println!("log-in: tried"),
            Err(denied) => println!("log-in: {denied}"),
        }
    }
    Ok(())
}
