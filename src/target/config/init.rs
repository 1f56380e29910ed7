//! The file that `scimcheck init` writes.

/// The commented `scimcheck.toml` that `scimcheck init` writes; with a profile, its first target has that one.
///
/// Lines that begin with `#` and no space are examples: without the `#` they are valid, each block for itself and all
/// together.
#[must_use]
pub fn init_template(profile: Option<&str>) -> String {
    let template = include_str!("init.toml");
    match profile {
        None => template.to_owned(),
        Some(profile) => {
            let line = format!("profile = {}", toml::Value::from(profile));
            template.replacen("#profile = \"stackit\"", &line, 1)
        }
    }
}
