//! A Redis server of a test's own, whose clock stands where the test puts it.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tollgate_core::Timestamp;

use super::resp::Connection;

const PROGRAM: &str = "redis-server";

pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    clock: Clock,
}

/// A server's clock: a number of microseconds in a file, which `clock.c` reads in the place of the time.
#[derive(Clone)]
pub(crate) struct Clock(PathBuf);

impl Clock {
    fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = directory().join(format!("presence-clock-{}-{number}", process::id()));
        fs::write(&path, 0_u64.to_ne_bytes()).unwrap();
        Self(path)
    }

    /// Puts the clock. In place: the server has mapped the file.
    pub(crate) fn set(&self, now: Timestamp) {
        let file = OpenOptions::new().write(true).open(&self.0);
        file.and_then(|mut file| file.write_all(&now.as_micros().to_ne_bytes())).unwrap();
    }
}

fn directory() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// `clock.c`, compiled by the compiler that Rust links with.
fn preloaded_clock() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let library = directory().join(format!("presence-clock-{}.so", process::id()));
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stored/clock.c");
        let compiler = env::var_os("CC").unwrap_or_else(|| "cc".into());
        let status = Command::new(compiler).args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).status();
        assert!(status.unwrap().success(), "clock.c does not compile");
        library
    })
}

impl Server {
    /// Starts a server on a free port of this machine, at time 0.
    ///
    /// # Panics
    /// There is no redis-server, or it does not come up.
    pub(crate) fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let clock = Clock::new();
        let child = Command::new(PROGRAM)
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .env("LD_PRELOAD", preloaded_clock())
            .env("TEST_CLOCK", &clock.0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("these tests need {PROGRAM} 7.0 or newer: {error}"));
        let mut server = Self { child, port, clock };
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

    pub(crate) fn clock(&self) -> Clock {
        self.clock.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.clock.0);
    }
}
