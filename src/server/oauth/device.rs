//! Devices without a browser (RFC 8628).

use axum::http::{Method, StatusCode};
use serde_json::json;
use tokio::time::Instant;
use url::form_urlencoded::Serializer;

use super::accounts::{Way, admit};
use super::browser::CSRF_FIELD;
use super::endpoint::VERIFICATION;
use super::error::OauthError;
use super::form::Form;
use super::ledger::{Device, DeviceState, Ledger, Subject};
use super::scope::Scope;
use super::{Exchange, login, no_store, page};
use crate::server::reply::Reply;

/// Letters that nobody takes for others, and that spell no words (§6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// How many of them a code has.
const LENGTH: usize = 8;

/// The device authorization endpoint (§3.1).
pub(super) fn authorize(exchange: Exchange<'_>) -> Reply {
    let answer = exchange.client_form().and_then(|form| {
        let (scope, audience) = (Scope::for_user(form.get("scope"))?, form.audience()?);
        let options = &exchange.service.options.oauth;
        let mut ledger = exchange.service.ledger();
        let user_code = user_code(&mut ledger);
        let device = Device {
            user_code: user_code.clone(),
            scope,
            audience,
            expires: Instant::now() + options.device_lifetime,
            polled: None,
            state: DeviceState::Pending,
        };
        let device_code = ledger.give_device(device);
        let uri = format!("{}{VERIFICATION}", exchange.origin);
        let query = Serializer::new(String::new()).append_pair("user_code", &user_code).finish();
        Ok(no_store(Reply::plain_json(
            StatusCode::OK,
            json!({
                "device_code": device_code,
                "user_code": user_code,
                "verification_uri": uri,
                "verification_uri_complete": format!("{uri}?{query}"),
                "expires_in": options.device_lifetime.as_secs(),
                "interval": options.device_interval.as_secs(),
            }),
        )))
    });
    answer.unwrap_or_else(OauthError::into_reply)
}

/// As in `BCDF-GHJK`; about 34 bits.
fn user_code(ledger: &mut Ledger) -> String {
    let secret = ledger.secret();
    let mut number = u128::from_str_radix(&secret, 16).unwrap_or_default();
    let mut code = String::with_capacity(LENGTH + 1);
    for index in 0..LENGTH {
        if index == LENGTH / 2 {
            code.push('-');
        }
        let letters = LETTERS.len() as u128;
        let letter = usize::try_from(number % letters).map_or(0, |index| index);
        code.push(char::from(LETTERS[letter]));
        number /= letters;
    }
    code
}

/// A code as somebody types it.
fn read_code(typed: &str) -> String {
    let letters: String = typed.chars().filter(char::is_ascii_alphabetic).collect();
    let letters = letters.to_ascii_uppercase();
    match letters.split_at_checked(LENGTH / 2) {
        Some((first, second)) => format!("{first}-{second}"),
        None => letters,
    }
}

/// The page where the user types the code in (§3.3), and what it sends.
pub(super) fn verify(exchange: Exchange<'_>) -> Reply {
    if exchange.request.method == Method::POST {
        return exchange.own_form().map_or_else(|reply| reply, |form| decided(exchange, &form));
    }
    let query = match Form::of_url(exchange.request) {
        Ok(query) => query,
        Err(error) => return error.into_reply(),
    };
    if exchange.session().is_none() {
        return login::PAGE.first(exchange);
    }
    let csrf = exchange.csrf();
    let code = query.get("user_code").map(read_code).unwrap_or_default();
    let field = if code.is_empty() {
        "<p><label>Code <input name=\"user_code\" autocomplete=\"off\"></label></p>\n"
    } else {
        ""
    };
    let inner = format!(
        "{field}<p><input type=\"submit\" name=\"allow\" value=\"Allow\"> \
         <input type=\"submit\" name=\"deny\" value=\"Deny\"></p>"
    );
    let hidden = [(CSRF_FIELD, &*csrf.token), ("user_code", &*code)];
    let hidden = &hidden[..if code.is_empty() { 1 } else { 2 }];
    let body = page::paragraph(&code) + &page::form(VERIFICATION, hidden, &inner);
    let reply = page::page(StatusCode::OK, "Connect a device", &body);
    csrf.with(reply)
}

fn decided(exchange: Exchange<'_>, form: &Form) -> Reply {
    let Some(subject) = exchange.session() else {
        return page::problem(StatusCode::FORBIDDEN, "You are not logged in any more.");
    };
    let code = form.get("user_code").map(read_code).unwrap_or_default();
    let allows = form.get("allow").is_some();
    match decide(exchange, &subject, &code, allows) {
        None => page::problem(StatusCode::FORBIDDEN, "You may not connect a device."),
        Some(false) => page::problem(StatusCode::BAD_REQUEST, "No device waits with this code."),
        Some(true) if allows => page::page(StatusCode::OK, "The device is connected", ""),
        Some(true) => page::page(StatusCode::OK, "The device was refused", ""),
    }
}

/// Whether there was such a device; `None` for a user who may not log in.
fn decide(exchange: Exchange<'_>, subject: &Subject, code: &str, allows: bool) -> Option<bool> {
    admit(exchange.service, subject, Way::Device, |_, ledger| {
        let device = ledger.device_of_user(code);
        device.is_some_and(|device| {
            device.state = if allows { DeviceState::Allowed(subject.clone()) } else { DeviceState::Denied };
            true
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_can_be_typed() {
        let mut ledger = Ledger::new(Some(1));
        let code = user_code(&mut ledger);
        assert_eq!((code.len(), &code[4..5]), (LENGTH + 1, "-"));
        assert_ne!(code, user_code(&mut ledger));
        assert_eq!(read_code(&code.to_lowercase().replace('-', " ")), code);
        assert_eq!((read_code("é"), read_code("bcdfg")), (String::new(), "BCDF-G".to_owned()));
    }
}
