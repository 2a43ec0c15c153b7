//! D5: the driver's batches beside the same scripts sent plain, over one Redis.

use std::cell::Cell;
use std::error::Error;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::task::LocalSet;
use tollgate::{OnStoreError, RedisRateLimiter, Source};
use tollgate_core::{Algorithm, Policy, Span};

use crate::meter::process_cpu_micros;
use crate::plain::Plain;
use crate::server::Server;

const CALLERS: [usize; 2] = [64, 512];
/// Keys of the traffic; none is ever denied.
const KEYS: usize = 10_000;
const LIMIT: u64 = 1_000_000_000;
const WINDOW_SECS: u64 = 3_600;
const WARM_UP: Duration = Duration::from_millis(200);
const MEASURED: Duration = Duration::from_millis(400);

/// Name, algorithm, and how many times as many checks a second as plain are the goal.
const ROWS: [(&str, Algorithm, f64); 2] =
    [("fixed window", Algorithm::FixedWindow, 1.5), ("token bucket", Algorithm::TokenBucket, 2.5)];

/// What is measured.
#[derive(Clone)]
enum Subject {
    Batched(RedisRateLimiter),
    Plain(Plain),
}

/// Checks a second, and microseconds of CPU a check, of the client and of Redis.
#[derive(Clone, Copy, Default)]
struct Figures {
    rate: f64,
    client: f64,
    redis: f64,
}

/// Measures all, on one thread beside the server, and prints the table.
pub(crate) fn print(rounds: u32) -> Result<(), Box<dyn Error>> {
    let server = Server::start()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    println!(
        "Medians of {rounds} interleaved rounds; the client runs on one thread. In brackets: how many times better.\n"
    );
    println!("| | callers | | checks/s | goal | client CPU µs | Redis CPU µs |");
    println!("|---|---:|---|---:|---|---:|---:|");
    for (name, algorithm, goal) in ROWS {
        for callers in CALLERS {
            let pair = runtime.block_on(LocalSet::new().run_until(compare(&server, algorithm, callers, rounds)))?;
            print_pair(name, callers, goal, pair);
        }
    }
    println!();
    Ok(())
}

fn print_pair(name: &str, callers: usize, goal: f64, [batched, plain]: [Figures; 2]) {
    let verdict = if batched.rate / plain.rate >= goal { "met" } else { "**missed**" };
    println!(
        "| {name} | {callers} | batched | {:.1}k ({:.2}) | ≥ {goal} ×, {verdict} | {:.1} ({:.2}) | {:.1} ({:.2}) |",
        batched.rate / 1e3,
        batched.rate / plain.rate,
        batched.client,
        plain.client / batched.client,
        batched.redis,
        plain.redis / batched.redis,
    );
    println!("| | | plain | {:.1}k | | {:.1} | {:.1} |", plain.rate / 1e3, plain.client, plain.redis);
}

/// The medians of both, whose rounds take turns.
async fn compare(
    server: &Server,
    algorithm: Algorithm,
    callers: usize,
    rounds: u32,
) -> Result<[Figures; 2], Box<dyn Error>> {
    let subjects = [batched(server, algorithm).await?, plain(server, algorithm).await?];
    let mut found = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        for (subject, found) in subjects.iter().zip(&mut found) {
            run(subject, callers, WARM_UP).await;
            found.push(measure(server, subject, callers).await?);
        }
    }
    Ok(found.map(|all| medians(&all)))
}

async fn batched(server: &Server, algorithm: Algorithm) -> Result<Subject, Box<dyn Error>> {
    let policy = tollgate::Policy::new(LIMIT, Duration::from_secs(WINDOW_SECS)).algorithm(algorithm);
    let builder = RedisRateLimiter::builder(policy).name(format!("{algorithm:?}")).on_store_error(OnStoreError::Closed);
    Ok(Subject::Batched(builder.store_timeout(Duration::from_secs(10)).connect(&server.url).await?))
}

async fn plain(server: &Server, algorithm: Algorithm) -> Result<Subject, Box<dyn Error>> {
    let policy = Policy { limit: LIMIT, window: Span::from_secs(WINDOW_SECS), algorithm, ..Policy::default() };
    Ok(Subject::Plain(Plain::connect(&server.url, policy).await?))
}

async fn measure(server: &Server, subject: &Subject, callers: usize) -> Result<Figures, Box<dyn Error>> {
    let (redis, client, start) = (server.cpu_micros()?, process_cpu_micros(), Instant::now());
    let checks = run(subject, callers, MEASURED).await as f64;
    let (passed, client) = (start.elapsed(), process_cpu_micros() - client);
    let redis = server.cpu_micros()? - redis;
    Ok(Figures { rate: checks / passed.as_secs_f64(), client: client / checks, redis: redis / checks })
}

/// How many checks callers made in a time, each asking again when it has its answer.
async fn run(subject: &Subject, callers: usize, time: Duration) -> usize {
    let (checks, end) = (Rc::new(Cell::new(0_usize)), Instant::now() + time);
    let caller = || {
        let (checks, subject) = (Rc::clone(&checks), subject.clone());
        tokio::task::spawn_local(async move {
            while Instant::now() < end {
                let made = checks.replace(checks.get() + 1);
                subject.check(&format!("203.0.{}", made * 7_919 % KEYS)).await;
            }
        })
    };
    let tasks: Vec<_> = (0..callers).map(|_| caller()).collect();
    for task in tasks {
        assert!(task.await.is_ok(), "every check is decided, and allowed");
    }
    checks.get()
}

impl Subject {
    async fn check(&self, key: &str) {
        let allowed = match self {
            Self::Batched(limiter) => {
                let decision = limiter.check(key).await;
                decision.allowed && decision.source == Source::Store
            }
            Self::Plain(plain) => plain.check(key).await.unwrap_or(false),
        };
        assert!(allowed, "Redis decides, and allows");
    }
}

fn medians(all: &[Figures]) -> Figures {
    let median = |of: fn(&Figures) -> f64| {
        let mut numbers: Vec<f64> = all.iter().map(of).collect();
        numbers.sort_by(f64::total_cmp);
        numbers.get(numbers.len() / 2).copied().unwrap_or_default()
    };
    Figures { rate: median(|one| one.rate), client: median(|one| one.client), redis: median(|one| one.redis) }
}
