//! A redis-server of our own, on a free port of this machine, without persistence.

use std::error::Error;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use redis::Client;

/// A server that ends with this value.
pub(crate) struct Server {
    child: Child,
    /// Where it is.
    pub(crate) url: String,
}

impl Server {
    /// Starts it, and waits until it answers.
    pub(crate) fn start() -> Result<Self, Box<dyn Error>> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .spawn()?;
        let server = Self { child, url: format!("redis://127.0.0.1:{port}/") };
        for _ in 0..100 {
            if server.ask::<String>(&["PING"]).is_ok() {
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err("redis-server did not answer within 5 s".into())
    }

    /// What a command answers, over a connection of its own.
    pub(crate) fn ask<T: redis::FromRedisValue>(&self, command: &[&str]) -> redis::RedisResult<T> {
        let mut connection = Client::open(self.url.as_str())?.get_connection()?;
        let mut asked = redis::Cmd::new();
        asked.arg(command);
        asked.query(&mut connection)
    }

    /// Microseconds of CPU that it has used.
    pub(crate) fn cpu_micros(&self) -> redis::RedisResult<f64> {
        let info: String = self.ask(&["INFO", "cpu"])?;
        let seconds = |field: &str| {
            let told = info.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
            told.and_then(|number| number.trim().parse::<f64>().ok()).unwrap_or(0.0)
        };
        Ok((seconds("used_cpu_user") + seconds("used_cpu_sys")) * 1e6)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended already needs no end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
