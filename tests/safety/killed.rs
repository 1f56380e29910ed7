//! A run that is killed in its middle, and `cleanup` afterwards.

use std::process::Stdio;

use crate::proxy::{Fault, Proxy};
use crate::scimcheck_binary::Scratch;
use crate::world::World;

/// Everything runs until the n-th create; then the process is killed, while that create is under way.
async fn killed_at(create: usize) {
    let world = World::new().await;
    let (sender, mut creates) = tokio::sync::mpsc::unbounded_channel();
    let (_, base_url) = Proxy::start(world.server.base_url(), &world.admin, Fault::None, Some(sender)).await;
    let scratch = Scratch::new();
    let mut command = scratch.command(&["run", "--target", &base_url, "--token-env", "T", "--output", "out"]);
    command.env("T", world.server.token()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    while creates.recv().await.expect("there are so many creates") < create {}
    child.kill().expect("SIGKILL");
    child.wait().expect("it ends");

    // What was under way is done by the server, or not, before this is answered.
    tokio::task::spawn_blocking(|| ()).await.expect("a thread");
    world.others("killed").await;
    let ledger = scratch.ledger().expect("the ledger survives");
    let ledger = ledger.to_str().expect("a path");
    let mut command = scratch.command(&["cleanup", ledger, "--token-env", "T"]);
    command.env("T", world.server.token());
    let done = Scratch::run(command).await;
    assert_eq!(done.code, Some(0), "{done:#?}");
    assert!(scratch.ledger().is_none(), "an empty ledger is removed");
    world.is_untouched(&format!("killed at create {create}, then cleaned up")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_first_create() {
    killed_at(0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_the_middle() {
    killed_at(60).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late() {
    killed_at(110).await;
}
