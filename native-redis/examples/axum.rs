//! An axum server behind limits: `cargo run -p tollgate --features axum --example axum`, then
//! `curl -i 127.0.0.1:3000` and `curl -i -X POST 127.0.0.1:3000/login`. `PORT` chooses another port.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::Extension;
use axum::routing::{get, post};
use axum::{Router, serve};
use tokio::net::TcpListener;
use tollgate::{Algorithm, Decision, Policy, RateLimitLayer, RateLimiter};

async fn home(Extension(decision): Extension<Decision>) -> String {
    format!("You may call {} more times.\n", decision.remaining)
}

async fn log_in() -> &'static str {
    "Not here.\n"
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let api = RateLimiter::new(Policy::per_minute(10).named("api"))?;
    let attempts = Policy::new(3, Duration::from_secs(900)).algorithm(Algorithm::SlidingWindow).named("login");
    let login = RateLimiter::new(attempts)?;

    let app = Router::new()
        .route("/", get(home))
        .route("/login", post(log_in).layer(RateLimitLayer::new(login)))
        .layer(RateLimitLayer::new(api));

    let port = std::env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}", listener.local_addr()?);
    // With the peer's address, by which the layers tell callers apart.
    serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}
