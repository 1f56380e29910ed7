//! An HTTP/1.1 server that answers with whatever bytes a test wants, or not at all.

use std::fmt::Write as _;
use std::future::Future;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Without the query.
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

/// What is sent back.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// An answer; its length is added.
    Answer { status: u16, headers: Vec<(String, String)>, body: Vec<u8> },
    /// These bytes, then the connection is closed.
    Bytes(Vec<u8>),
    /// These bytes, then the same piece again and again, with a pause, for as long as anyone reads.
    Endless(Vec<u8>, Vec<u8>, std::time::Duration),
    /// Nothing; the connection stays open.
    Silence,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::text(status, "application/scim+json", body.to_string())
    }

    pub(crate) fn text(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".to_owned(), media_type.to_owned())];
        Reply::Answer { status, headers, body: body.into() }
    }
}

/// Serves on a free port for as long as the runtime lives. Returns the origin, `http://127.0.0.1:PORT`.
pub(crate) async fn serve<F, R>(handler: F) -> String
where
    F: Fn(Received) -> R + Send + Sync + 'static,
    R: Future<Output = Reply> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let handler = Arc::new(handler);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let handler = Arc::clone(&handler);
            tokio::spawn(async move {
                let _ = connection(stream, handler.as_ref()).await;
            });
        }
    });
    origin
}

async fn connection<F, R>(stream: TcpStream, handler: &F) -> std::io::Result<()>
where
    F: Fn(Received) -> R,
    R: Future<Output = Reply>,
{
    let mut stream = BufReader::new(stream);
    while let Some(request) = receive(&mut stream).await? {
        let head = request.method == "HEAD";
        match handler(request).await {
            Reply::Answer { status, headers, body } => {
                let mut text = format!("HTTP/1.1 {status} X\r\n");
                for (name, value) in headers {
                    let _ = write!(text, "{name}: {value}\r\n");
                }
                if status != 204 {
                    let _ = write!(text, "content-length: {}\r\n", body.len());
                }
                text.push_str("\r\n");
                stream.write_all(text.as_bytes()).await?;
                if !head && status != 204 {
                    stream.write_all(&body).await?;
                }
                stream.flush().await?;
            }
            Reply::Bytes(bytes) => {
                stream.write_all(&bytes).await?;
                stream.flush().await?;
                return stream.shutdown().await;
            }
            Reply::Endless(begin, piece, pause) => {
                stream.write_all(&begin).await?;
                loop {
                    stream.write_all(&piece).await?;
                    stream.flush().await?;
                    tokio::time::sleep(pause).await;
                }
            }
            Reply::Silence => std::future::pending().await,
        }
    }
    Ok(())
}

async fn receive(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Received>> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut received = Received { method, target, headers, body: Vec::new() };
    let length = received.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    received.body = vec![0; length];
    stream.read_exact(&mut received.body).await?;
    Ok(Some(received))
}
