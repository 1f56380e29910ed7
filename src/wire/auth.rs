//! Which credential goes on a request, and how each [`AuthMode`] bends it.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OnceCell;

use super::client_credentials::TokenEndpoint;
use super::options::{Credential, TokenSource};
use super::redact::Redactor;
use crate::model::AuthMode;

/// Characters of an altered token or of the half of one that are enough to hide it.
const TELLING: usize = 4;
/// How long a command that prints a token may take.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);

/// All credentials of a target.
#[derive(Debug)]
pub(crate) struct Auth {
    configured: Option<Obtained>,
    named: BTreeMap<String, Obtained>,
    redactor: Redactor,
}

/// Why the configured credential cannot be obtained: one line, without the secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// The file or the command that the configuration names does not give it.
    #[error("{0}")]
    Source(String),
    /// The token endpoint does not give a token (RFC 6749 §4.4).
    #[error("{0}")]
    TokenEndpoint(String),
}

/// A credential together with what was obtained for it.
#[derive(Debug)]
enum Obtained {
    Bearer(TokenSource, OnceCell<SecretString>),
    Basic { user: String, password: SecretString },
    TokenEndpoint(TokenEndpoint),
}

/// What a request gets.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    /// Value of `Authorization`.
    pub(crate) authorization: Option<SecretString>,
    /// Value of the query parameter `access_token` (RFC 6750 §2.3).
    pub(crate) query_token: Option<SecretString>,
    /// Whether the other credentials of the configuration (headers, client certificate) go along.
    pub(crate) with_others: bool,
}

/// A scheme and its credentials, in the clear.
enum Clear {
    Token(SecretString),
    Basic(String, SecretString),
}

impl Auth {
    pub(crate) fn new(
        configured: Option<Credential>,
        named: BTreeMap<String, Credential>,
        redactor: Redactor,
        request_timeout: Duration,
    ) -> Self {
        let obtained = |credential| Obtained::new(credential, &redactor, request_timeout);
        Self {
            configured: configured.map(obtained),
            named: named.into_iter().map(|(name, credential)| (name, obtained(credential))).collect(),
            redactor,
        }
    }

    /// What a request in this mode gets. The error says in one line why the credential could not be obtained.
    pub(crate) async fn apply(&self, mode: &AuthMode, client: &reqwest::Client) -> Result<Applied, String> {
        let applied = |authorization| Applied { authorization, query_token: None, with_others: true };
        Ok(match mode {
            AuthMode::Anonymous | AuthMode::Bare => Applied::default(),
            AuthMode::Raw(value) => {
                Applied { authorization: Some(value.clone().into()), ..Applied::default() }
            }
            AuthMode::Configured => match &self.configured {
                None => applied(None),
                Some(credential) => {
                    applied(Some(credential.clear(client, &self.redactor).await?.header(false)))
                }
            },
            AuthMode::Credential(name) => {
                let credential = self
                    .named
                    .get(name)
                    .ok_or_else(|| format!("the configuration has no credential named `{name}`"))?;
                applied(Some(credential.clear(client, &self.redactor).await?.header(false)))
            }
            AuthMode::LowerCaseScheme => applied(Some(self.clear(client).await?.header(true))),
            AuthMode::Altered => applied(Some(self.clear(client).await?.map(altered).header(false))),
            AuthMode::Truncated => applied(Some(self.clear(client).await?.map(first_half).header(false))),
            AuthMode::QueryParameter => match self.clear(client).await? {
                Clear::Token(token) => {
                    Applied { query_token: Some(token), with_others: true, ..Applied::default() }
                }
                Clear::Basic(..) => return Err("the target is not configured with a bearer token".to_owned()),
            },
        })
    }

    /// Obtains the configured credential, if there is one, ahead of the first request.
    pub(crate) async fn obtain(&self, client: &reqwest::Client) -> Result<(), CredentialError> {
        let Some(credential) = &self.configured else { return Ok(()) };
        let wrong = match credential {
            Obtained::TokenEndpoint(_) => CredentialError::TokenEndpoint,
            _ => CredentialError::Source,
        };
        credential.clear(client, &self.redactor).await.map(|_| ()).map_err(wrong)
    }

    async fn clear(&self, client: &reqwest::Client) -> Result<Clear, String> {
        match &self.configured {
            Some(credential) => credential.clear(client, &self.redactor).await,
            None => Err("the target is configured without a credential".to_owned()),
        }
    }
}

impl Obtained {
    fn new(credential: Credential, redactor: &Redactor, request_timeout: Duration) -> Self {
        match credential {
            Credential::Bearer(source) => {
                if let TokenSource::Value(token) = &source {
                    conceal(redactor, token);
                }
                Self::Bearer(source, OnceCell::new())
            }
            Credential::Basic { user, password } => {
                conceal(redactor, &password);
                redactor.add(&format!("{user}:{}", password.expose_secret()).into());
                Self::Basic { user, password }
            }
            Credential::ClientCredentials(options) => {
                redactor.add(&options.client_secret);
                let pair = format!("{}:{}", options.client_id, options.client_secret.expose_secret());
                redactor.add(&pair.into());
                Self::TokenEndpoint(TokenEndpoint::new(*options, request_timeout))
            }
        }
    }

    async fn clear(&self, client: &reqwest::Client, redactor: &Redactor) -> Result<Clear, String> {
        match self {
            Self::Basic { user, password } => Ok(Clear::Basic(user.clone(), password.clone())),
            Self::Bearer(TokenSource::Value(token), _) => Ok(Clear::Token(token.clone())),
            Self::Bearer(source, cell) => {
                let token = cell
                    .get_or_try_init(|| async {
                        let token = obtain(source).await?;
                        conceal(redactor, &token);
                        Ok::<_, String>(token)
                    })
                    .await?;
                Ok(Clear::Token(token.clone()))
            }
            Self::TokenEndpoint(endpoint) => {
                Ok(Clear::Token(endpoint.token(client, |token| conceal(redactor, token)).await?))
            }
        }
    }
}

impl Clear {
    /// The value of `Authorization`; `lower` writes the scheme in lower case.
    fn header(&self, lower: bool) -> SecretString {
        match self {
            Self::Token(token) => {
                format!("{} {}", if lower { "bearer" } else { "Bearer" }, token.expose_secret()).into()
            }
            Self::Basic(user, password) => {
                let pair = STANDARD.encode(format!("{user}:{}", password.expose_secret()));
                format!("{} {pair}", if lower { "basic" } else { "Basic" }).into()
            }
        }
    }

    /// Changes the secret part.
    fn map(self, change: fn(&str) -> String) -> Self {
        match self {
            Self::Token(token) => Self::Token(change(token.expose_secret()).into()),
            Self::Basic(user, password) => Self::Basic(user, change(password.expose_secret()).into()),
        }
    }
}

/// Hides a token, and the forms of it that [`AuthMode`] sends: an altered token gives away the real one.
fn conceal(redactor: &Redactor, token: &SecretString) {
    redactor.add(token);
    for form in [altered(token.expose_secret()), first_half(token.expose_secret())] {
        // A few characters give nothing away, and stand everywhere.
        if form.chars().count() >= TELLING {
            redactor.add(&form.into());
        }
    }
}

async fn obtain(source: &TokenSource) -> Result<SecretString, String> {
    let text = match source {
        TokenSource::Value(token) => return Ok(token.clone()),
        TokenSource::File(path) => tokio::fs::read_to_string(path)
            .await
            .map_err(|error| format!("the token file {} cannot be read: {error}", path.display()))?,
        TokenSource::Command(command) => run(command).await?,
    };
    match text.trim() {
        "" => Err("the token file or command gave nothing".to_owned()),
        token if !token.chars().all(|c| c.is_ascii_graphic()) => {
            Err("the token file or command gave something with a character that no token has (RFC 6750 §2.1)"
                .to_owned())
        }
        token => Ok(token.to_owned().into()),
    }
}

/// Runs a shell command. What it prints on standard error stays out of every output: it may be about the secret.
async fn run(command: &str) -> Result<String, String> {
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let child = tokio::process::Command::new(shell)
        .args([flag, command])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(COMMAND_TIMEOUT, child)
        .await
        .map_err(|_| format!("the token command took longer than {} s", COMMAND_TIMEOUT.as_secs()))?
        .map_err(|error| format!("the token command cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(format!("the token command failed ({}); run it by hand to see why", output.status));
    }
    String::from_utf8(output.stdout)
        .map_err(|_| "the token command printed something that is not UTF-8".to_owned())
}

/// The token with one character in its middle changed, so that it also decodes differently: never the last character
/// of a base64url group, whose low bits decoders ignore, and never a change of letter case only.
fn altered(token: &str) -> String {
    let mut characters: Vec<char> = token.chars().collect();
    let middle = characters.len() / 2;
    let stands_inside = |at: &usize| {
        characters[*at].is_ascii_alphanumeric()
            && characters.get(at + 1).is_some_and(char::is_ascii_alphanumeric)
    };
    let near = (middle..characters.len()).chain(0..middle);
    let at = near
        .clone()
        .find(stands_inside)
        .or_else(|| near.clone().find(|at| characters[*at].is_ascii_alphanumeric()));
    if let Some(at) = at.or((!characters.is_empty()).then_some(middle)) {
        characters[at] = match characters[at] {
            '9' => '0',
            'z' => 'a',
            'Z' => 'A',
            c if c.is_ascii_alphanumeric() => char::from_u32(u32::from(c) + 1).unwrap_or('x'),
            _ => 'x',
        };
    }
    characters.into_iter().collect()
}

fn first_half(token: &str) -> String {
    token.chars().take(token.chars().count() / 2).collect()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;

    use super::*;

    fn auth(credential: Option<Credential>) -> Auth {
        Auth::new(credential, BTreeMap::new(), Redactor::default(), Duration::from_secs(5))
    }

    async fn header(auth: &Auth, mode: AuthMode) -> Option<String> {
        let applied = auth.apply(&mode, &reqwest::Client::new()).await.unwrap();
        applied.authorization.map(|value| value.expose_secret().to_owned())
    }

    #[tokio::test]
    async fn every_mode_of_a_bearer_token() {
        let auth = auth(Some(Credential::Bearer(TokenSource::Value("abcdefgh".into()))));
        assert_eq!(header(&auth, AuthMode::Configured).await.as_deref(), Some("Bearer abcdefgh"));
        assert_eq!(header(&auth, AuthMode::LowerCaseScheme).await.as_deref(), Some("bearer abcdefgh"));
        assert_eq!(header(&auth, AuthMode::Altered).await.as_deref(), Some("Bearer abcdffgh"));
        assert_eq!(header(&auth, AuthMode::Truncated).await.as_deref(), Some("Bearer abcd"));
        assert_eq!(header(&auth, AuthMode::Anonymous).await, None);
        assert_eq!(
            header(&auth, AuthMode::Raw("Bearer nonsense".into())).await.as_deref(),
            Some("Bearer nonsense")
        );
        let query = auth.apply(&AuthMode::QueryParameter, &reqwest::Client::new()).await.unwrap();
        assert!(query.authorization.is_none() && query.query_token.is_some());
        let unknown = auth.apply(&AuthMode::Credential("read_only".into()), &reqwest::Client::new()).await;
        assert_eq!(unknown.unwrap_err(), "the configuration has no credential named `read_only`");
        let shown = auth.redactor.text("sent abcdefgh, abcdffgh and abcd");
        assert_eq!(shown, "sent ***, *** and ***");
    }

    #[tokio::test]
    async fn basic_is_user_and_password() {
        let auth = auth(Some(Credential::Basic { user: "ada".into(), password: "lovelace".into() }));
        assert_eq!(header(&auth, AuthMode::Configured).await.as_deref(), Some("Basic YWRhOmxvdmVsYWNl"));
        assert!(header(&auth, AuthMode::LowerCaseScheme).await.unwrap().starts_with("basic "));
        assert!(auth.apply(&AuthMode::QueryParameter, &reqwest::Client::new()).await.is_err());
    }

    #[tokio::test]
    async fn no_credential_is_no_header() {
        assert_eq!(header(&auth(None), AuthMode::Configured).await, None);
        assert!(auth(None).apply(&AuthMode::Altered, &reqwest::Client::new()).await.is_err());
    }

    #[tokio::test]
    #[cfg(unix)]
    async fn a_command_runs_once() {
        let folder = tempfile::tempdir().unwrap();
        let count = folder.path().join("count");
        let command = format!("echo x >> '{}'; echo ' from-the-command '", count.display());
        let auth = auth(Some(Credential::Bearer(TokenSource::Command(command))));
        for _ in 0..2 {
            assert_eq!(header(&auth, AuthMode::Configured).await.as_deref(), Some("Bearer from-the-command"));
        }
        assert_eq!(std::fs::read_to_string(count).unwrap().lines().count(), 1);
        assert_eq!(auth.redactor.text("from-the-command"), "***");
    }

    #[tokio::test]
    #[cfg(unix)]
    async fn a_command_or_file_that_fails_says_so() {
        let error = |source| async {
            let auth = auth(Some(Credential::Bearer(source)));
            auth.apply(&AuthMode::Configured, &reqwest::Client::new()).await.unwrap_err()
        };
        let failed = error(TokenSource::Command("echo secret >&2; exit 3".into())).await;
        assert_eq!(failed, "the token command failed (exit status: 3); run it by hand to see why");
        assert!(error(TokenSource::Command("true".into())).await.contains("gave nothing"));
        assert!(error(TokenSource::Command("echo Bearer abc".into())).await.contains("no token has"));
        assert!(error(TokenSource::File("/nonexistent/token".into())).await.contains("cannot be read"));
    }

    proptest! {
        #[test]
        fn an_altered_token_decodes_differently(bytes in proptest::collection::vec(any::<u8>(), 3..80)) {
            let token = URL_SAFE_NO_PAD.encode(&bytes);
            let changed = altered(&token);
            prop_assert!(!changed.eq_ignore_ascii_case(&token));
            if token.bytes().filter(u8::is_ascii_alphanumeric).count() > token.len() / 2 + 1 {
                prop_assert_ne!(URL_SAFE_NO_PAD.decode(&changed).ok(), Some(bytes));
            }
        }

        #[test]
        fn any_token_can_be_bent(token in ".*") {
            let _ = (altered(&token), first_half(&token));
        }
    }
}
