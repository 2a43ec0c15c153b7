//! A Redis server for one test, on a free port of this machine.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use tollgate::{Decision, RedisRateLimiter, Source};

/// Below those that connections get: nobody else takes it before the server does.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let from = 10_000 + u16::try_from(std::process::id() % 200).expect("small") * 100;
    let mut ports = std::iter::repeat_with(|| from + NEXT.fetch_add(1, Ordering::Relaxed) % 2_000);
    ports.find(|&port| TcpListener::bind(("127.0.0.1", port)).is_ok()).expect("endless")
}

/// A server that ends with its test.
pub(crate) struct Server {
    child: Option<Child>,
    port: u16,
    settings: Vec<String>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    pub(crate) async fn start_with(settings: &[&str]) -> Self {
        let mut server = Self::reserved(settings);
        server.run().await;
        server
    }

    /// A free port, and nobody there.
    pub(crate) fn reserved(settings: &[&str]) -> Self {
        Self {
            child: None,
            port: free_port(),
            settings: settings.iter().map(|setting| (*setting).to_owned()).collect(),
        }
    }

    /// Starts it and waits until it answers, be it an error.
    pub(crate) async fn run(&mut self) {
        let port = self.port.to_string();
        let child = Command::new("redis-server")
            .args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(&self.settings)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed (Debian: apt install redis-server)");
        self.child = Some(child);
        for _ in 0..500 {
            if tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("redis-server does not answer");
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it runs");
            child.wait().expect("it ends");
        }
    }

    /// Sends it a signal, such as `-STOP`.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.as_ref().expect("it runs").id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().expect("kill").success());
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// A connection beside the limiter's.
    pub(crate) fn connection(&self) -> redis::Connection {
        redis::Client::open(self.url()).expect("a URL").get_connection().expect("a connection")
    }

    /// What a command answers, given on the side.
    pub(crate) fn ask<T: redis::FromRedisValue>(&self, command: &[&str]) -> T {
        let mut asked = redis::cmd(command[0]);
        asked.arg(&command[1..]);
        asked.query(&mut self.connection()).expect("an answer")
    }

    /// How often a command was called.
    pub(crate) fn calls_of(&self, command: &str) -> usize {
        let stats: String = self.ask(&["INFO", "commandstats"]);
        let line = stats.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:calls=")));
        line.and_then(|line| line.split(',').next()).map_or(0, |calls| calls.parse().expect("a number"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Checks until somebody of this name decides; the decision is the first of them.
pub(crate) async fn until(source: Source, limiter: &RedisRateLimiter, key: &str) -> Decision {
    for _ in 0..1_000 {
        let decision = limiter.check(key).await;
        if decision.source == source {
            return decision;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no decision from {}", source.name());
}
