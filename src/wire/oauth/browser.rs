//! A login form that is filled in by a script: redirects, cookies, forms and a page of consent, and nothing else of a
//! browser. It goes to the origins of the configuration only, and never to the redirect URI.

use secrecy::{ExposeSecret, SecretString};
use url::Url;
use url::form_urlencoded::Serializer;

use super::conceal::is_secret_name;
use super::cookies::Jar;
use super::html::{self, Button, Form};
use super::{FormOptions, LoginFailure, Talk, get};
use crate::model::{AuthMode, Request, Response};
use crate::wire::place;

/// Requests of one login at most.
const HOPS: usize = 20;
/// Pages of consent at most.
const CONSENTS: usize = 3;
/// Statuses by which a login form refuses a user whose password was sent.
const REFUSALS: [u16; 5] = [400, 401, 403, 422, 423];
/// What buttons are called by which a user consents, and does not.
const YES: [&str; 9] =
    ["allow", "authorize", "authorise", "accept", "approve", "consent", "continue", "grant", "yes"];
const NO: [&str; 8] = ["deny", "cancel", "reject", "decline", "refuse", "disallow", "abort", "no"];

/// What buttons are called by which a user confirms to log out: `Logout`, `Log out`, `Yes`.
const LEAVE: [&str; 6] = ["logout", "signout", "out", "yes", "confirm", "allow"];

/// Where it ended.
#[derive(Debug)]
pub(super) enum End {
    /// At the redirect URI, with its query.
    Redirected(Url),
    /// On a page without a form to fill in.
    Page,
}

/// One login.
pub(super) struct Browser<'b> {
    form: &'b FormOptions,
    user: &'b str,
    password: &'b SecretString,
    redirect_uri: Option<&'b Url>,
    user_code: Option<String>,
    jar: Jar,
    /// How often the user name and the password were sent.
    users_sent: usize,
    passwords_sent: usize,
    consents: usize,
    /// Whether it wants to get out, and not in.
    leaves: bool,
}

/// Opens the end-session endpoint with the cookies of a login, and confirms it where a page asks.
pub(super) async fn log_out(talk: &mut Talk<'_>, url: Url, jar: Jar) -> Result<(), LoginFailure> {
    // No field of a form is called so: nothing is ever filled in.
    let form = FormOptions { user_field: String::new(), password_field: String::new(), consent_button: None };
    let nobody = SecretString::default();
    let mut browser = Browser { jar, leaves: true, ..Browser::new(&form, "", &nobody, None) };
    browser.go(talk, url).await.map(|_| ())
}

impl<'b> Browser<'b> {
    pub(super) fn new(
        form: &'b FormOptions,
        user: &'b str,
        password: &'b SecretString,
        redirect_uri: Option<&'b Url>,
    ) -> Self {
        Self {
            form,
            user,
            password,
            redirect_uri,
            user_code: None,
            jar: Jar::default(),
            users_sent: 0,
            passwords_sent: 0,
            consents: 0,
            leaves: false,
        }
    }

    /// With the code that a page may ask for (RFC 8628 §3.3).
    pub(super) fn with_user_code(self, code: &str) -> Self {
        Self { user_code: Some(code.to_owned()), ..self }
    }

    /// The cookies that it has.
    pub(super) fn into_jar(self) -> Jar {
        self.jar
    }

    /// Opens a URL and does what the pages ask for.
    pub(super) async fn go(&mut self, talk: &mut Talk<'_>, url: Url) -> Result<End, LoginFailure> {
        let mut at = url;
        let mut request = get(at.as_str(), &[]);
        for _ in 0..HOPS {
            if let Some(cookie) = self.jar.header(&at) {
                request.headers.push(("cookie".to_owned(), cookie));
            }
            let response = talk.send("login form", &request).await?;
            self.jar.take(&at, &response);
            let next = match response.status {
                301 | 302 | 303 | 307 | 308 => match self.redirected(talk, &at, &request, &response)? {
                    Step::Back(url) => return Ok(End::Redirected(url)),
                    Step::Next(url, next) => Some((url, next)),
                },
                200 => self.page(talk, &at, &response)?,
                // Others, as 429, are about the request and not about the user.
                status if self.passwords_sent > 0 && REFUSALS.contains(&status) => {
                    return Err(LoginFailure::Refused(format!("login form: answered {status}")));
                }
                status => return Err(failed(&format!("answered {status}"))),
            };
            let Some((url, mut next)) = next else { return Ok(End::Page) };
            // RFC 6265 §5.4 and the same-origin rules of browsers: forms say where they come from.
            if next.method == "POST" {
                next.headers.push(("origin".to_owned(), at.origin().ascii_serialization()));
                next.headers.push(("referer".to_owned(), without_query(&at)));
            }
            (at, request) = (url, next);
        }
        Err(failed(&format!("more than {HOPS} requests")))
    }

    fn redirected(
        &self,
        talk: &Talk<'_>,
        at: &Url,
        request: &Request,
        response: &Response,
    ) -> Result<Step, LoginFailure> {
        let location = response.header("location").ok_or_else(|| failed("a redirect without location"))?;
        let to = at.join(location).map_err(|_| failed("a redirect to what is no URL"))?;
        conceal_parameters(talk, &to);
        if self.redirect_uri.is_some_and(|redirect_uri| is_back(redirect_uri, &to)) {
            return Ok(Step::Back(to));
        }
        allowed(talk, &to, "it redirects")?;
        let keeps = matches!(response.status, 307 | 308) && request.method == "POST";
        if keeps && to.origin() != at.origin() {
            // The form holds the password.
            return Err(failed("a redirect would send the form to another origin"));
        }
        let next = match &request.body {
            Some(body) if keeps => post(&to, body.to_vec()),
            _ => get(to.as_str(), &[]),
        };
        Ok(Step::Next(to, next))
    }

    /// What a page asks for; `None` if it asks for nothing.
    fn page(
        &mut self,
        talk: &Talk<'_>,
        at: &Url,
        response: &Response,
    ) -> Result<Option<(Url, Request)>, LoginFailure> {
        let text = String::from_utf8_lossy(&response.body.bytes);
        let forms = html::forms(&text);
        if self.leaves {
            return self.confirm(talk, at, &forms);
        }
        let is_login = |form: &&Form| form.has(&self.form.user_field) || form.has(&self.form.password_field);
        if let Some(form) = forms.iter().find(is_login) {
            return self.fill_in(talk, at, form.clone()).map(Some);
        }
        let asks_for_code = self.user_code.is_some() && forms.iter().any(|form| form.has("user_code"));
        if self.passwords_sent == 0 && !asks_for_code {
            let fields = format!("`{}` and `{}`", self.form.user_field, self.form.password_field);
            return Err(failed(&format!("no form of the page has the fields {fields}{}", rest(response))));
        }
        let consent = forms.iter().filter(|form| form.post).find_map(|form| {
            let button = self.consent_button(form);
            (button.is_some() || form.has("user_code") && asks_for_code).then_some((form, button))
        });
        let Some((form, button)) = consent else {
            // Without a redirect URI the flow ends on a page that says so.
            return match self.redirect_uri {
                None => Ok(None),
                // The way works, and the page offers nothing to go on with: it says that this user does not get in. Other
                // forms, to choose a language or to write to somebody, lead nowhere.
                Some(_) if talk.worked && !html::asks_for_password(&text, None) => {
                    let why = "login form: it ended on a page without a form to go on with".to_owned();
                    Err(LoginFailure::Refused(why))
                }
                Some(_) => Err(failed("no form of the page has a button to consent with")),
            };
        };
        if self.consents == CONSENTS {
            return Err(failed("it asks for consent again and again"));
        }
        self.consents += 1;
        let mut form = form.clone();
        if let Some(code) = &self.user_code {
            form.fill("user_code", code);
        }
        submit(talk, at, &form, button).map(Some)
    }

    /// What a page asks for that confirms a logout; `None` if it asks for nothing.
    fn confirm(
        &mut self,
        talk: &Talk<'_>,
        at: &Url,
        forms: &[Form],
    ) -> Result<Option<(Url, Request)>, LoginFailure> {
        let says_yes = |button: &&Button| is_called(button, &LEAVE) && !refuses(button);
        let asks = |form: &&Form| form.post && self.consents == 0;
        let found = forms
            .iter()
            .filter(asks)
            .find_map(|form| form.buttons.iter().find(says_yes).map(|button| (form, button.clone())));
        let Some((form, button)) = found else { return Ok(None) };
        self.consents += 1;
        submit(talk, at, form, Some(button)).map(Some)
    }

    fn fill_in(&mut self, talk: &Talk<'_>, at: &Url, mut form: Form) -> Result<(Url, Request), LoginFailure> {
        let (asks_user, asks_password) =
            (form.has(&self.form.user_field), form.has(&self.form.password_field));
        // The form again: what was sent was not accepted. Some ask for the name first and the password later.
        if asks_password && self.passwords_sent > 0 || !asks_password && self.users_sent > 1 {
            return Err(LoginFailure::Refused("login form: it is shown again".to_owned()));
        }
        self.users_sent += usize::from(asks_user);
        self.passwords_sent += usize::from(asks_password);
        form.fill(&self.form.user_field, self.user);
        form.fill(&self.form.password_field, self.password.expose_secret());
        if asks_password && !form.post {
            return Err(failed("the form would send the password in a URL"));
        }
        let button = form.buttons.iter().find(|button| !is_called(button, &NO)).cloned();
        submit(talk, at, &form, button)
    }

    fn consent_button(&self, form: &Form) -> Option<Button> {
        if let Some(name) = &self.form.consent_button {
            let is_named = |button: &&Button| button.name == *name && !is_called(button, &NO);
            return form.buttons.iter().find(is_named).cloned();
        }
        let says_yes = |button: &&Button| is_called(button, &YES) && !refuses(button);
        form.buttons.iter().find(says_yes).cloned()
    }
}

enum Step {
    Back(Url),
    Next(Url, Request),
}

/// What of a page was not looked at, as the rest of a sentence.
fn rest(response: &Response) -> String {
    let limit = response.body.completeness.limit();
    let limit = limit.or_else(|| {
        (response.body.bytes.len() > html::LONGEST)
            .then(|| format!("the page is larger than {} KiB", html::LONGEST >> 10))
    });
    limit.map_or_else(String::new, |limit| format!("; {limit}, and the rest was not looked at"))
}

/// Whether what stands on a button, or its value, is one of these words.
fn is_called(button: &Button, words: &[&str]) -> bool {
    let says = |text: &str| {
        let text = text.to_lowercase();
        text.split(|c: char| !c.is_alphanumeric()).any(|word| words.contains(&word))
    };
    says(&button.value) || says(&button.label) || says(&button.name)
}

/// A button may be called `allow` and stand for a refusal, as in `<input name="allow" value="Cancel">`.
fn refuses(button: &Button) -> bool {
    let without_name = Button { name: String::new(), ..button.clone() };
    is_called(&without_name, &NO)
}

fn submit(
    talk: &Talk<'_>,
    at: &Url,
    form: &Form,
    button: Option<Button>,
) -> Result<(Url, Request), LoginFailure> {
    let mut to = match form.action.as_str() {
        "" => at.clone(),
        action => at.join(action).map_err(|_| failed("a form goes to what is no URL"))?,
    };
    allowed(talk, &to, "a form goes")?;
    let mut body = Serializer::new(String::new());
    body.extend_pairs(&form.fields);
    if let Some(button) = button.filter(|button| !button.name.is_empty()) {
        body.append_pair(&button.name, &button.value);
    }
    let body = body.finish();
    if form.post {
        let request = post(&to, body.into_bytes());
        return Ok((to, request));
    }
    to.set_query(Some(&body));
    let request = get(to.as_str(), &[]);
    Ok((to, request))
}

fn post(url: &Url, body: Vec<u8>) -> Request {
    Request {
        method: "POST".to_owned(),
        url: url.to_string(),
        headers: vec![
            ("accept".to_owned(), "text/html, */*;q=0.8".to_owned()),
            ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
        ],
        body: Some(body.into()),
        auth: AuthMode::Bare,
    }
}

fn allowed(talk: &Talk<'_>, url: &Url, what: &str) -> Result<(), LoginFailure> {
    if talk.oauth.options.allowed_origins().contains(&url.origin()) {
        return Ok(());
    }
    let place = place(url);
    Err(failed(&format!("{what} to {place}, which the configuration does not name: nothing was sent there")))
}

/// Whether a redirect leads to the redirect URI, whatever its query says.
fn is_back(redirect_uri: &Url, to: &Url) -> bool {
    to.scheme() == redirect_uri.scheme()
        && to.host() == redirect_uri.host()
        && to.port_or_known_default() == redirect_uri.port_or_known_default()
        && to.path() == redirect_uri.path()
}

/// Codes and tokens that a redirect carries, however short they are.
fn conceal_parameters(talk: &Talk<'_>, url: &Url) {
    let pairs = |text: &str| -> Vec<(String, String)> {
        url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
    };
    let all =
        pairs(url.query().unwrap_or_default()).into_iter().chain(pairs(url.fragment().unwrap_or_default()));
    for (_, value) in all.filter(|(name, value)| is_secret_name(name) && !value.is_empty()) {
        talk.oauth.conceal(&value.into());
    }
}

fn without_query(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

fn failed(why: &str) -> LoginFailure {
    LoginFailure::Failed(format!("login form: {why}"))
}
