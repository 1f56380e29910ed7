use super::*;
use crate::run::ledger::Ledger;
use crate::run::strict::Strict;

/// A ledger that a killed run has left: it had made one user.
fn ledger(folder: &tempfile::TempDir) -> std::path::PathBuf {
    let path = folder.path().join("ledger.jsonl");
    let ledger = Ledger::create(&path, "t", "http://h/v2", "sc00000001").unwrap();
    let name = ("userName".to_owned(), "sc00000001-a".to_owned());
    let number = ledger.intent("case/a", "http://h/v2/Users", Some(name)).unwrap();
    ledger.created(number, "http://h/v2/Users/7").unwrap();
    path
}

#[tokio::test]
async fn what_is_deleted_with_if_match_only_is_deleted() {
    for refusal in [428, 412] {
        let folder = tempfile::tempdir().unwrap();
        let (path, server) = (ledger(&folder), Strict::new(refusal));
        let done = cleanup(&path, &server).await.unwrap();
        assert_eq!(done.deleted, ["http://h/v2/Users/7"], "{refusal}: {done:?}");
        assert!(done.left_over.is_empty() && !path.exists() && !server.is_there(), "{refusal}");
        assert_eq!(server.log(), ["GET", "DELETE", "GET", r#"DELETE W/"1""#, "GET"], "{refusal}");
    }
}

#[tokio::test]
async fn other_refusals_are_not_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let (path, server) = (ledger(&folder), Strict::new(403));
    let done = cleanup(&path, &server).await.unwrap();
    assert_eq!(done.left_over[0].reason, "DELETE was answered with 403");
    assert_eq!(server.log(), ["GET", "DELETE"]);
    assert!(path.exists() && server.is_there());
}

#[tokio::test]
async fn a_second_refusal_is_the_last() {
    let folder = tempfile::tempdir().unwrap();
    let (path, server) = (ledger(&folder), Strict { never: true, ..Strict::new(428) });
    let done = cleanup(&path, &server).await.unwrap();
    assert_eq!(done.left_over[0].reason, "DELETE was answered with 428");
    assert_eq!(server.log().len(), 4);
}

#[tokio::test]
async fn what_somebody_else_has_got_meanwhile_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (path, server) = (ledger(&folder), Strict { taken: true, ..Strict::new(428) });
    let done = cleanup(&path, &server).await.unwrap();
    let wanted = "DELETE was answered with 428, and it does not carry a name of the run: not deleted";
    assert_eq!(done.left_over[0].reason, wanted);
    assert!(server.is_there());
}
