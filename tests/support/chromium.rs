//! A headless Chromium, driven by the `DevTools` protocol of Chrome over a pipe: JSON messages that end in a NUL character,
//! on the descriptors 3 and 4 of the browser (`--remote-debugging-pipe`). No port is opened, and the browser ends with
//! the pipe. Crates that speak this protocol bring its whole generated text with them; these tests need a dozen methods.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::process;

/// A command takes milliseconds; a loaded machine may need much longer, above all for the first one.
const LIMIT: Duration = Duration::from_mins(2);
const PROGRAMS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// Nothing but the page under test: no first run, no updates, no names that resolve.
const SWITCHES: [&str; 14] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-pipe",
];

/// A running browser; the last page that is dropped ends it and removes what it wrote.
pub(crate) struct Browser {
    child: Mutex<Child>,
    input: Mutex<ChildStdin>,
    next: AtomicU64,
    /// Where the messages of each session go; those of the browser itself belong to the session without a name.
    sessions: Arc<Mutex<HashMap<String, Sender<Value>>>>,
    own: Mutex<Receiver<Value>>,
    scratch: TempDir,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Browser {
    /// The browser of this process, started if there is none.
    ///
    /// `None` if this machine has none; a line on stderr says so. Where skipping is not allowed (`CI` or
    /// `SCIMCHECK_REQUIRE_TARGETS` is set) this is a failure of the test.
    pub(crate) fn shared() -> Option<Arc<Self>> {
        static SHARED: Mutex<Weak<Browser>> = Mutex::new(Weak::new());
        let mut shared = lock(&SHARED);
        if let Some(running) = shared.upgrade() {
            return Some(running);
        }
        let Some(program) = PROGRAMS.into_iter().find(|program| is_there(program)) else {
            skipped();
            return None;
        };
        let started = Arc::new(Self::start(program));
        *shared = Arc::downgrade(&started);
        Some(started)
    }

    fn start(program: &str) -> Self {
        let scratch = tempfile::tempdir().expect("a temporary folder");
        let log = std::fs::File::create(scratch.path().join("stderr.log")).expect("a log");
        let mut child = Command::new("sh")
            // The standard library cannot pass other descriptors than the first three: the shell moves them.
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null"#, program])
            .args(SWITCHES)
            .arg(format!("--user-data-dir={}", scratch.path().join("profile").display()))
            .env("HOME", scratch.path())
            .env("XDG_CONFIG_HOME", scratch.path())
            .env("XDG_CACHE_HOME", scratch.path())
            .env("TMPDIR", scratch.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .process_group(0)
            .spawn()
            .expect("a shell");
        let input = child.stdin.take().expect("it is piped");
        let output = child.stdout.take().expect("it is piped");
        let (sender, own) = mpsc::channel();
        let sessions = Arc::new(Mutex::new(HashMap::from([(String::new(), sender)])));
        let routes = Arc::clone(&sessions);
        std::thread::spawn(move || {
            for message in BufReader::new(output).split(0).map_while(Result::ok) {
                let Ok(message) = serde_json::from_slice::<Value>(&message) else { continue };
                let session = message["sessionId"].as_str().unwrap_or_default();
                if let Some(sender) = lock(&routes).get(session) {
                    // A page that is gone hears nothing any more.
                    let _ = sender.send(message);
                }
            }
        });
        Self {
            child: Mutex::new(child),
            input: Mutex::new(input),
            next: AtomicU64::new(1),
            sessions,
            own: Mutex::new(own),
            scratch,
        }
    }

    fn send(&self, session: &str, method: &str, parameters: Value) -> u64 {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut message = json!({ "id": id, "method": method });
        message["params"] = parameters;
        if !session.is_empty() {
            message["sessionId"] = json!(session);
        }
        let mut text = message.to_string().into_bytes();
        text.push(0);
        let sent = lock(&self.input).write_all(&text);
        sent.unwrap_or_else(|error| panic!("{method}: {error}\n{}", self.log()));
        id
    }

    /// A command to the browser itself.
    fn call(&self, method: &str, parameters: Value) -> Value {
        let own = lock(&self.own);
        let id = self.send("", method, parameters);
        answer(&own, id, method, &mut Vec::new()).unwrap_or_else(|why| panic!("{why}\n{}", self.log()))
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.scratch.path().join("stderr.log")).unwrap_or_default()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        process::end(&mut lock(&self.child));
    }
}

/// Waits for the answer to a command; what comes before it are events.
fn answer(
    messages: &Receiver<Value>,
    id: u64,
    method: &str,
    events: &mut Vec<Value>,
) -> Result<Value, String> {
    loop {
        let mut message =
            messages.recv_timeout(LIMIT).map_err(|error| format!("{method}: no answer: {error}"))?;
        if message["id"] != json!(id) {
            events.push(message);
        } else if message["error"].is_null() {
            return Ok(message["result"].take());
        } else {
            return Err(format!("{method}: {}", message["error"]));
        }
    }
}

fn is_there(program: &str) -> bool {
    let mut command = Command::new("sh");
    command.args(["-c", r#"command -v "$0""#, program]).stdin(Stdio::null()).stdout(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn skipped() {
    let line = "SKIPPED the HTML page in a browser: no Chromium found";
    let is_set = |name: &&str| std::env::var(name).is_ok_and(|value| !matches!(&*value, "" | "0" | "false"));
    if let Some(variable) = ["CI", "SCIMCHECK_REQUIRE_TARGETS"].iter().find(|name| is_set(name)) {
        panic!("{line}; {variable} is set, so that nothing may be skipped");
    }
    // Not `eprintln!`, which the test harness swallows when the test passes.
    let _ = writeln!(std::io::stderr().lock(), "\n{line}");
}

/// How a page is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) dark: bool,
    pub(crate) script: bool,
}

impl View {
    pub(crate) const DESKTOP: Self = Self { width: 1280, height: 900, dark: false, script: true };
    pub(crate) const PHONE: Self = Self { width: 390, height: 844, ..Self::DESKTOP };
}

/// A page in a window of its own, without the memory of others.
pub(crate) struct Page {
    browser: Arc<Browser>,
    context: String,
    session: String,
    messages: Receiver<Value>,
    events: Vec<Value>,
    folder: TempDir,
}

impl Page {
    /// Opens a page from a file; `fragment` as in `#findings`, or empty.
    pub(crate) fn open(browser: &Arc<Browser>, html: &str, fragment: &str, view: View) -> Self {
        let context = text(&browser.call("Target.createBrowserContext", json!({})), "browserContextId");
        let created = json!({ "url": "about:blank", "browserContextId": context });
        let target = text(&browser.call("Target.createTarget", created), "targetId");
        let attached = json!({ "targetId": target, "flatten": true });
        let session = text(&browser.call("Target.attachToTarget", attached), "sessionId");
        let (sender, messages) = mpsc::channel();
        lock(&browser.sessions).insert(session.clone(), sender);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut page =
            Self { browser: Arc::clone(browser), context, session, messages, events: Vec::new(), folder };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.call(&format!("{domain}.enable"), json!({}));
        }
        page.call("Performance.enable", json!({ "timeDomain": "threadTicks" }));
        page.look(view);
        page.call("Emulation.setScriptExecutionDisabled", json!({ "value": !view.script }));
        let file = page.folder.path().join("report.html");
        std::fs::write(&file, html).expect("a file");
        let mut url = url::Url::from_file_path(&file).expect("a file has a URL");
        url.set_fragment(fragment.strip_prefix('#'));
        page.call("Page.navigate", json!({ "url": url.as_str() }));
        page.wait_for("Page.loadEventFired");
        page
    }

    /// Sets the size of the window and the colours that the user prefers.
    pub(crate) fn look(&mut self, view: View) {
        let size = json!({
            "width": view.width, "height": view.height, "deviceScaleFactor": 1, "mobile": view.width < 600,
        });
        self.call("Emulation.setDeviceMetricsOverride", size);
        let scheme = if view.dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    pub(crate) fn call(&mut self, method: &str, parameters: Value) -> Value {
        let id = self.browser.send(&self.session, method, parameters);
        answer(&self.messages, id, method, &mut self.events)
            .unwrap_or_else(|why| panic!("{why}\n{}", self.browser.log()))
    }

    fn wait_for(&mut self, method: &str) {
        while !self.events.iter().any(|event| event["method"] == method) {
            let event = self.messages.recv_timeout(LIMIT).unwrap_or_else(|error| panic!("{method}: {error}"));
            self.events.push(event);
        }
    }

    /// The value of a JavaScript expression, awaited if it is a promise.
    pub(crate) fn eval(&mut self, expression: &str) -> Value {
        let parameters = json!({
            "expression": expression, "returnByValue": true, "awaitPromise": true, "userGesture": true,
        });
        let mut result = self.call("Runtime.evaluate", parameters);
        assert!(result["exceptionDetails"].is_null(), "{expression}: {}", result["exceptionDetails"]);
        result["result"]["value"].take()
    }

    /// Presses and releases a key, as in `j`, `/`, `Escape`.
    pub(crate) fn press(&mut self, key: &str) {
        let code = match key {
            "Escape" => 27,
            "Enter" => 13,
            "Tab" => 9,
            _ => 0,
        };
        let mut down = json!({ "type": "keyDown", "key": key, "windowsVirtualKeyCode": code });
        if key.chars().count() == 1 {
            down["text"] = json!(key);
        } else if key == "Enter" {
            down["text"] = json!("\r");
        }
        self.call("Input.dispatchKeyEvent", down);
        self.call(
            "Input.dispatchKeyEvent",
            json!({ "type": "keyUp", "key": key, "windowsVirtualKeyCode": code }),
        );
    }

    /// Clicks the middle of the first element that a selector finds, with the mouse.
    pub(crate) fn click(&mut self, selector: &str) {
        let place = self.eval(&format!(
            "(() => {{ const e = document.querySelector({}); e.scrollIntoView({{ block: 'center', behavior: 'instant' }}); \
             const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2, r.width]; }})()",
            json!(selector)
        ));
        assert!(place[2].as_f64().is_some_and(|width| width > 0.0), "{selector} can be seen");
        for kind in ["mousePressed", "mouseReleased"] {
            let event =
                json!({ "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Lets the page read and write the clipboard.
    pub(crate) fn allow_clipboard(&mut self) {
        let permissions = json!(["clipboardReadWrite", "clipboardSanitizedWrite"]);
        let parameters = json!({ "permissions": permissions, "browserContextId": self.context });
        self.browser.call("Browser.grantPermissions", parameters);
    }

    /// How long the main thread of the page has worked, in milliseconds of processor time.
    pub(crate) fn worked_ms(&mut self) -> f64 {
        let metrics = self.call("Performance.getMetrics", json!({}));
        let metrics = metrics["metrics"].as_array().expect("a list");
        let task = metrics.iter().find(|metric| metric["name"] == "TaskDuration").expect("it is there");
        task["value"].as_f64().expect("a number") * 1000.0
    }

    /// Every URL beside the page itself that was asked for and that the policy of the page did not stop.
    pub(crate) fn requests(&mut self) -> Vec<String> {
        // What was said before this answer is there with it.
        self.eval("0");
        let of = |method: &'static str| self.events.iter().filter(move |event| event["method"] == method);
        let stopped: Vec<_> = of("Network.loadingFailed")
            .filter(|event| event["params"]["blockedReason"] == "csp")
            .map(|event| &event["params"]["requestId"])
            .collect();
        let sent = of("Network.requestWillBeSent").filter(|event| {
            let url = event["params"]["request"]["url"].as_str().unwrap_or_default();
            !url.starts_with("file:") && !stopped.contains(&&event["params"]["requestId"])
        });
        sent.map(|event| event["params"]["request"]["url"].to_string()).collect()
    }

    /// What the page and the browser complained about, and every URL that was asked for beside the page itself.
    pub(crate) fn complaints(&mut self) -> Vec<String> {
        // What was said before this answer is there with it.
        self.eval("0");
        let complaint = |event: &Value| {
            let own = event["params"]["request"]["url"].as_str().is_some_and(|url| url.starts_with("file:"));
            match event["method"].as_str().unwrap_or_default() {
                "Network.requestWillBeSent" if own => None,
                "Network.requestWillBeSent"
                | "Runtime.consoleAPICalled"
                | "Runtime.exceptionThrown"
                | "Log.entryAdded"
                | "Page.javascriptDialogOpening"
                | "Page.windowOpen" => Some(event["params"].to_string()),
                _ => None,
            }
        };
        self.events.iter().filter_map(complaint).collect()
    }

    /// What is to be seen now, as PNG.
    pub(crate) fn screenshot(&mut self) -> Vec<u8> {
        let shot = self.call("Page.captureScreenshot", json!({ "format": "png" }));
        let engine = base64::engine::general_purpose::STANDARD;
        engine.decode(text(&shot, "data")).expect("it is base64")
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        lock(&self.browser.sessions).remove(&self.session);
        if !std::thread::panicking() {
            self.browser.call("Target.disposeBrowserContext", json!({ "browserContextId": self.context }));
        }
    }
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_else(|| panic!("{member} of {value}")).to_owned()
}
