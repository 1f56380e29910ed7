//! How long a user waits and how much memory a run takes: the release binary as a whole, measured from outside.
//!
//! `cargo bench` prints a table in Markdown. Every figure is a median, with the least and the most, and its ratio to the
//! floor: `scimcheck --version`, which does nothing but start.
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// Samples of what takes milliseconds.
const SAMPLES: usize = 30;
/// Samples of a full run.
const RUNS: usize = 10;
/// Nothing that is measured here may take longer.
const LIMIT: Duration = Duration::from_mins(2);
/// How long a connection may take to come before it is called missing.
const FIRST_REQUEST_LIMIT: Duration = Duration::from_secs(10);

fn main() {
    // `cargo test --benches` starts this program too, in a debug build: there is nothing to measure then.
    if !env::args().any(|argument| argument == "--bench") {
        println!("measured by `cargo bench` only");
        return;
    }
    let mut short = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    // In turn, so that a busy moment of the machine does not fall on one of them alone.
    for _ in 0..SAMPLES {
        short[0].push(until_exit(&["--version"]));
        short[1].push(until_first_request());
        short[2].push(until_exit(&["list", "cases"]));
        short[3].push(until_exit(&["list", "checks"]));
    }
    let (runs, memory): (Vec<_>, Vec<_>) = (0..RUNS).map(|_| full_run()).unzip();
    let floor = median(&short[0]);
    println!("| what | median | least | most | × floor | limit |\n|---|---|---|---|---|---|");
    let names = ["floor: `--version`", "start-up to first request", "`list cases`", "`list checks`"];
    for (name, samples) in names.into_iter().zip(&short) {
        row(name, samples, floor, if name.starts_with("floor") { "" } else { "50 ms" });
    }
    row("full run, embedded server", &runs, floor, "");
    print_memory(&memory);
}

fn row(name: &str, samples: &[Duration], floor: Duration, limit: &str) {
    let ms = |duration: Duration| format!("{:.1} ms", duration.as_secs_f64() * 1000.0);
    let [least, most] =
        [samples.iter().min(), samples.iter().max()].map(|d| ms(d.copied().unwrap_or_default()));
    let middle = median(samples);
    let ratio = middle.as_secs_f64() / floor.as_secs_f64();
    println!("| {name} | {} | {least} | {most} | {ratio:.1} | {limit} |", ms(middle));
}

fn print_memory(peaks: &[Option<u64>]) {
    let mut known: Vec<_> = peaks.iter().flatten().copied().collect();
    known.sort_unstable();
    // In tenths of a megabyte, to stay with whole numbers.
    let tenths = |kib: u64| kib * 1024 / 100_000;
    let mb = |kib: u64| format!("{}.{} MB", tenths(kib) / 10, tenths(kib) % 10);
    match known[..] {
        [] => println!("| peak memory of a full run | not measured on this system | | | | 100 MB |"),
        [least, .., most] | [least @ most] => {
            println!(
                "| peak memory of a full run | {} | {} | {} | | 100 MB |",
                mb(known[known.len() / 2]),
                mb(least),
                mb(most)
            );
        }
    }
}

fn median<T: Copy + Ord>(samples: &[T]) -> T {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}

fn scimcheck(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scimcheck"));
    command
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn must_succeed(status: ExitStatus, arguments: &[&str]) {
    assert!(status.success(), "scimcheck {} ended with {status}", arguments.join(" "));
}

fn until_exit(arguments: &[&str]) -> Duration {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = scimcheck(folder.path(), arguments);
    let begin = Instant::now();
    let status = command.status().expect("the program starts");
    let took = begin.elapsed();
    must_succeed(status, arguments);
    took
}

/// From the start of the process to the first connection that it makes.
fn until_first_request() -> Duration {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let target = format!("http://{}/scim/v2", listener.local_addr().expect("it is bound"));
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let connection = listener.accept();
        sender.send((Instant::now(), connection))
    });
    let mut command = scimcheck(folder.path(), &["run", "--target", &target, "--output", "out"]);
    let begin = Instant::now();
    let mut child = command.spawn().expect("the program starts");
    let first = receiver.recv_timeout(FIRST_REQUEST_LIMIT);
    end(&mut child);
    let (at, _connection) = first.expect("the program connects to its target");
    at.duration_since(begin)
}

/// Wall time of a run against the embedded reference server, and its peak memory in KiB where the system tells.
fn full_run() -> (Duration, Option<u64>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let arguments = ["run", "--seed", "7", "--output", "out"];
    let mut command = scimcheck(folder.path(), &arguments);
    let begin = Instant::now();
    let mut child = command.spawn().expect("the program starts");
    let mut peak = None;
    // The peak only grows, so that the last reading before the end is right to within one interval.
    let status = loop {
        peak = peak_memory(child.id()).or(peak);
        if let Some(status) = child.try_wait().expect("it is our child") {
            break status;
        }
        if begin.elapsed() > LIMIT {
            end(&mut child);
            panic!("a full run takes longer than {} s", LIMIT.as_secs());
        }
        thread::sleep(Duration::from_millis(1));
    };
    let took = begin.elapsed();
    must_succeed(status, &arguments);
    (took, peak)
}

/// `VmHWM` of Linux: the largest resident set that a process ever had, in KiB.
fn peak_memory(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn end(child: &mut Child) {
    // Fails only if the process has ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}
