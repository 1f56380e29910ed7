//! The forms of an HTML page, as far as a scripted login needs them (HTML Living Standard §4.10, §13.2.5): tags are
//! found, attributes are read, character references in them are resolved. Nothing is run, nothing is rendered.

/// Bytes of a page that are looked at, and forms and fields of it at most.
pub(crate) const LONGEST: usize = 1 << 20;
const MOST: usize = 200;

/// A form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Form {
    /// Where it goes; empty: to the page itself.
    pub(crate) action: String,
    /// Whether it is sent by POST.
    pub(crate) post: bool,
    /// Its fields with their values, in order; buttons are not among them.
    pub(crate) fields: Vec<(String, String)>,
    /// Its buttons.
    pub(crate) buttons: Vec<Button>,
}

/// A button that submits a form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Button {
    pub(crate) name: String,
    pub(crate) value: String,
    /// What stands on it.
    pub(crate) label: String,
}

impl Form {
    /// Whether it has a field of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(field, _)| field == name)
    }

    /// Puts a value into every field of a name.
    pub(crate) fn fill(&mut self, name: &str, value: &str) {
        for (_, old) in self.fields.iter_mut().filter(|(field, _)| field == name) {
            value.clone_into(old);
        }
    }
}

/// What of a page may be secret.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Telling {
    /// Names and values of hidden fields, in forms and elsewhere, and of `meta` elements against forged requests.
    pub(crate) hidden: Vec<(String, String)>,
    /// Names and values of other fields and buttons, and of `meta` elements.
    pub(crate) named: Vec<(String, String)>,
    /// Where forms and links lead.
    pub(crate) urls: Vec<String>,
}

/// What of a page may be secret.
pub(crate) fn telling(page: &str) -> Telling {
    let mut found = Telling::default();
    let mut rest = &page[..floor(page, LONGEST)];
    while let Some((_, tag, after)) = next_tag(rest) {
        rest = after;
        let text = |name: &str| tag.get(name).unwrap_or_default().to_owned();
        match tag.name.as_str() {
            "input" if text("type").eq_ignore_ascii_case("hidden") => {
                found.hidden.push((text("name"), text("value")));
            }
            "input" | "button" => found.named.push((text("name"), text("value"))),
            "meta" => {
                let name = text("name").to_ascii_lowercase();
                match name.contains("csrf") || name.contains("xsrf") {
                    true => found.hidden.push((name, text("content"))),
                    false => found.named.push((name, text("content"))),
                }
                if text("http-equiv").eq_ignore_ascii_case("refresh") {
                    found.urls.push(text("content"));
                }
            }
            "form" => found.urls.push(text("action")),
            "a" => found.urls.push(text("href")),
            "script" | "style" => rest = behind(rest, &tag.name),
            _ => {}
        }
    }
    found
}

/// Whether a page has a field for a password: one of that type, or of that name.
pub(crate) fn asks_for_password(page: &str, name: Option<&str>) -> bool {
    let mut rest = &page[..floor(page, LONGEST)];
    while let Some((_, tag, after)) = next_tag(rest) {
        rest = after;
        match tag.name.as_str() {
            "input" => {
                let kind = tag.get("type").unwrap_or_default();
                let named = name.is_some() && tag.get("name") == name;
                if kind.eq_ignore_ascii_case("password") || named && !kind.eq_ignore_ascii_case("hidden") {
                    return true;
                }
            }
            "script" | "style" | "template" => rest = behind(rest, &tag.name),
            _ => {}
        }
    }
    false
}

/// The forms of a page.
pub(crate) fn forms(page: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    let mut open = false;
    let mut text_of: Option<usize> = None;
    let mut rest = &page[..floor(page, LONGEST)];
    while let Some((before, tag, after)) = next_tag(rest) {
        rest = after;
        let form = forms.last_mut().filter(|_| open);
        if let (Some(form), Some(button)) = (form, text_of)
            && let Some(button) = form.buttons.get_mut(button)
        {
            button.label.push_str(before.trim());
        }
        let count = forms.len();
        let Some(form) = forms.last_mut().filter(|_| open) else {
            if tag.name == "form" && forms.len() < MOST {
                forms.push(started(&tag));
                open = true;
            } else if tag.name == "script" || tag.name == "style" {
                rest = behind(rest, &tag.name);
            }
            continue;
        };
        match tag.name.as_str() {
            "/form" => open = false,
            // The standard ignores a form in a form; pages that forget to close one are common, too.
            "form" if count < MOST => forms.push(started(&tag)),
            "/button" => text_of = None,
            "script" | "style" => rest = behind(rest, &tag.name),
            "input" | "button" | "select" | "textarea" if form.fields.len() + form.buttons.len() < MOST => {
                if tag.name == "button" {
                    text_of = Some(form.buttons.len());
                }
                field(form, &tag);
            }
            _ => {}
        }
    }
    forms
}

fn started(tag: &Tag) -> Form {
    let post = tag.get("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
    Form { action: tag.get("action").unwrap_or_default().trim().to_owned(), post, ..Form::default() }
}

fn field(form: &mut Form, tag: &Tag) {
    let text = |name: &str| tag.get(name).unwrap_or_default().to_owned();
    let kind = text("type").to_ascii_lowercase();
    if tag.has("disabled") {
        return;
    }
    let is_button = tag.name == "button" && kind != "button" && kind != "reset"
        || tag.name == "input" && matches!(kind.as_str(), "submit" | "image");
    if is_button {
        let label = if tag.name == "input" { text("value") } else { String::new() };
        form.buttons.push(Button { name: text("name"), value: text("value"), label });
        return;
    }
    let name = text("name");
    let unchecked = matches!(kind.as_str(), "checkbox" | "radio") && !tag.has("checked");
    if name.is_empty()
        || unchecked
        || tag.name == "button"
        || matches!(kind.as_str(), "button" | "reset" | "file")
    {
        return;
    }
    let value = match kind.as_str() {
        "checkbox" | "radio" if !tag.has("value") => "on".to_owned(),
        _ => text("value"),
    };
    form.fields.push((name, value));
}

#[derive(Debug)]
struct Tag {
    /// In lower case; that of an end tag begins with `/`.
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(attribute, _)| attribute == name).map(|(_, value)| value.as_str())
    }

    fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

/// The text before the next tag, the tag, and what stands behind it. Comments are passed over.
fn next_tag(mut page: &str) -> Option<(&str, Tag, &str)> {
    loop {
        let at = page.find('<')?;
        let (before, rest) = page.split_at(at);
        let rest = &rest[1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            page = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') {
            page = rest;
            continue;
        }
        let length = rest.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(rest.len());
        let name = rest[..length].to_ascii_lowercase();
        let name = if name.len() > 1 { name.trim_end_matches('/').to_owned() } else { name };
        let (attributes, after) = attributes(&rest[length..]);
        return Some((before, Tag { name, attributes }, after));
    }
}

/// The attributes of a tag, and what stands behind its `>`.
fn attributes(mut rest: &str) -> (Vec<(String, String)>, &str) {
    let mut found: Vec<(String, String)> = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return (found, rest);
        }
        if let Some(after) = rest.strip_prefix('>') {
            return (found, after);
        }
        let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/');
        let length = rest.find(ends).unwrap_or(rest.len()).max(rest.chars().next().map_or(0, char::len_utf8));
        let name = rest[..length].to_ascii_lowercase();
        rest = rest[length..].trim_start();
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            (value, rest) = attribute_value(after.trim_start());
        }
        if found.len() < MOST && found.iter().all(|(other, _)| *other != name) {
            found.push((name, decoded(value)));
        }
    }
}

fn attribute_value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            return match inner.find(quote) {
                Some(end) => (&inner[..end], &inner[end + 1..]),
                None => (inner, ""),
            };
        }
    }
    text.split_at(text.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(text.len()))
}

/// Resolves character references: numbers, and the names that frameworks write into attributes.
fn decoded(text: &str) -> String {
    const NAMES: [(&str, char); 6] =
        [("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("apos", '\''), ("nbsp", '\u{a0}')];
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let end = rest.char_indices().take(12).find(|(_, c)| *c == ';').map(|(end, _)| end);
        let resolved = end.and_then(|end| {
            let name = &rest[..end];
            let number = name.strip_prefix('#').and_then(|number| match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok(),
                None => number.parse().ok(),
            });
            let named = NAMES.iter().find(|(known, _)| *known == name).map(|(_, c)| *c);
            Some((named.or_else(|| number.and_then(char::from_u32))?, end))
        });
        match resolved {
            Some((character, end)) => {
                out.push(character);
                rest = &rest[end + 1..];
            }
            None => out.push('&'),
        }
    }
    out + rest
}

/// What stands behind the end tag of an element whose content is no HTML.
fn behind<'p>(page: &'p str, name: &str) -> &'p str {
    let end = format!("</{name}");
    let bytes = page.as_bytes();
    let found = bytes.windows(end.len()).position(|window| window.eq_ignore_ascii_case(end.as_bytes()));
    found.map_or("", |at| &page[at..])
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_login_form() {
        let page = r#"<!DOCTYPE html><form action="/search"><input name=q></form>
            <!-- <form action="/commented"> -->
            <script>document.write("<form action='/script'>")</script>
            <FORM Method='POST' action="/login/?next=%2Fo%3Fa%3D1&amp;b=&#x32;">
            <input type="hidden" name="csrf" value="a&quot;b&lt;c&#39;&unknown; &">
            <input name=username autofocus><input type=password name="password" required />
            <input type=checkbox name=remember><input type=checkbox name=terms checked>
            <input disabled name=off value=x><textarea name=note></textarea>
            <button type="button">Show</button>
            <button name="go" value="1">Log <b>in</b></button></FORM>"#;
        let forms = forms(page);
        assert_eq!(forms.len(), 2);
        assert!(!forms[0].post && forms[0].has("q"));
        let form = &forms[1];
        assert!(form.post);
        assert_eq!(form.action, "/login/?next=%2Fo%3Fa%3D1&b=2");
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            form.fields,
            [
                field("csrf", "a\"b<c'&unknown; &"),
                field("username", ""),
                field("password", ""),
                field("terms", "on"),
                field("note", ""),
            ]
        );
        assert_eq!(form.buttons, [Button { name: "go".into(), value: "1".into(), label: "Login".into() }]);
    }

    #[test]
    fn fields_for_passwords() {
        for (page, wanted) in [
            ("<form><input name=user><INPUT TYPE='Password' name=x></form>", true),
            ("<input name=secret>", true),
            ("<input type=hidden name=secret><input name=password>", false),
            ("<script>'<input type=password>'</script><!-- <input type=password> --><p>Welcome", false),
            ("<template><input type=password></template>", false),
            ("", false),
        ] {
            assert_eq!(asks_for_password(page, Some("secret")), wanted, "{page}");
        }
        assert!(!asks_for_password("<input name=secret><input>", None));
    }

    #[test]
    fn fields_are_filled() {
        let mut form = forms("<form method=post><input name=a value=1><input name=b></form>").remove(0);
        form.fill("a", "<x>");
        form.fill("nothing", "y");
        assert_eq!(form.fields, [("a".to_owned(), "<x>".to_owned()), ("b".to_owned(), String::new())]);
    }

    #[test]
    fn broken_pages_end() {
        for page in [
            "<",
            "<form",
            "<form action=\"",
            "<!--",
            "<script>",
            "<form><input name='",
            "</",
            "< form>",
            "<form =x>",
        ] {
            let _ = forms(page);
        }
        assert!(forms(&"<form>".repeat(10_000)).len() <= MOST);
    }

    proptest! {
        #[test]
        fn no_page_is_too_odd(page in "(<|>|form|input|name|=|\"|'| |/|&|;|#|é|-|!|script){0,40}") {
            let _ = forms(&page);
            let _ = telling(&page);
            let _ = asks_for_password(&page, Some("name"));
        }
    }
}
