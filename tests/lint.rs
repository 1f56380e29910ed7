//! The linter.
#[test]
fn embedded_suites_lint_clean() {
    let sources = scimcheck::suite::source::embedded();
    if let Err(mistakes) =
        scimcheck::suite::load(&sources, scimcheck::suite::catalogue::Catalogue::embedded())
    {
        let all: Vec<_> = mistakes.iter().map(|mistake| mistake.render(false)).collect();
        panic!("{}", all.join("\n\n"));
    }
}
