//! A real Redis on a free port of this machine, whose clock stands where a test puts it.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use redis::Connection;

/// A server that ends with its test.
pub(crate) struct Server {
    child: Child,
    port: u16,
    clock: PathBuf,
}

impl Server {
    /// Starts `redis-server` without persistence, at time 0.
    pub(crate) fn start() -> Self {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let clock = directory().join(format!("clock-{}-{number}", process::id()));
        fs::write(&clock, 0_u64.to_ne_bytes()).expect("the clock's file");
        let port = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("its address").port();
        let child = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .env("LD_PRELOAD", preloaded_clock())
            .env("TEST_CLOCK", &clock)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed (Debian: apt-get install redis-server)");
        Self { child, port, clock }
    }

    /// A connection, as soon as the server answers.
    pub(crate) fn connect(&self) -> Connection {
        let client = redis::Client::open(format!("redis://127.0.0.1:{}/", self.port)).expect("a URL");
        let began = Instant::now();
        loop {
            match client.get_connection() {
                Ok(connection) => return connection,
                Err(error) => assert!(began.elapsed() < Duration::from_secs(20), "redis-server: {error}"),
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Puts the server's clock.
    pub(crate) fn set_time(&self, micros: u64) {
        // In place: the server has mapped the file.
        let file = OpenOptions::new().write(true).open(&self.clock);
        file.and_then(|mut file| file.write_all(&micros.to_ne_bytes())).expect("the clock's file");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
        _ = fs::remove_file(&self.clock);
    }
}

fn directory() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// `clock.c`, compiled by the compiler that Rust links with.
fn preloaded_clock() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let library = directory().join(format!("clock-{}.so", process::id()));
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stored/clock.c");
        let compiler = env::var_os("CC").unwrap_or_else(|| "cc".into());
        let status = Command::new(compiler).args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).status();
        assert!(status.expect("a C compiler").success(), "clock.c does not compile");
        library
    })
}
