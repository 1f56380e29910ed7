//! The configuration: `scimcheck.toml` < environment < flags, down to one [`TargetConfig`].
//!
//! The file goes the way that suites go: text → tree with places → JSON Schema, generated from the types → what no
//! schema can say; every mistake at once, at `file:line:column`. Whatever looks like a secret is masked before a
//! diagnostic shows its line. The environment is handed in, so that all of this is a function of its arguments:
//!
//! ```
//! use scimcheck::target::config::{ConfigFile, Flags, resolve};
//!
//! let text = "
//!     [target.staging]
//!     base_url = 'https://scim.example.com/v2/'
//!     token_env = 'STAGING_TOKEN'
//! ";
//! let file = ConfigFile::parse("scimcheck.toml", std::path::Path::new("."), text)?;
//! let environment = |name: &str| (name == "STAGING_TOKEN").then(|| "s3cr3t".to_owned());
//! let flags = Flags { jobs: Some(2), ..Flags::default() };
//! let target = resolve(Some(&file), &environment, &flags)?;
//! assert_eq!((target.name.as_str(), target.jobs), ("staging", 2));
//! assert_eq!(target.base_url.as_str(), "https://scim.example.com/v2");
//! assert!(!format!("{target:?}").contains("s3cr3t"));
//! # Ok::<(), scimcheck::target::config::ConfigError>(())
//! ```

mod build;
mod build_oauth;
mod check;
mod error;
mod file;
mod format;
mod init;
mod layers;
mod lint;
mod mask;
mod oauth;
mod resolve;
mod schema;
mod secret;
mod settings;
mod size;
mod suspect;
mod tree;
mod url;

pub use error::ConfigError;
pub use file::{ConfigFile, FILE_NAME, find};
pub use init::init_template;
pub use layers::{Environment, Flags};
pub use resolve::{Selection, resolve, select};
pub use schema::schema;
pub use settings::{DEFAULT_CASE_TIMEOUT, DEFAULT_DOMAIN, DEFAULT_JOBS, TargetConfig};
pub use size::parse_size;
