//! A Redis server of a test's own.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::resp::Connection;

const PROGRAM: &str = "redis-server";

pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
}

impl Server {
    /// Starts a server on a free port of this machine.
    ///
    /// # Panics
    /// There is no redis-server, or it does not come up.
    pub(crate) fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(PROGRAM)
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("these tests need {PROGRAM} 7.0 or newer: {error}"));
        let mut server = Self { child, port };
        server.wait();
        server
    }

    #[expect(clippy::disallowed_methods, reason = "a server takes its time to come up")]
    fn wait(&mut self) {
        for _ in 0..500 {
            if Connection::open(self.port).is_ok() {
                return;
            }
            assert_eq!(self.child.try_wait().unwrap(), None, "{PROGRAM} ended");
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("{PROGRAM} does not answer");
    }

    pub(crate) fn connect(&self) -> Connection {
        Connection::open(self.port).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
