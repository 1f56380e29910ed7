//! The reference server over real HTTP: everything that it promises, one behaviour per test.

#[path = "server/api.rs"]
mod api;
#[path = "server/auth.rs"]
mod auth;
#[path = "server/bulk.rs"]
mod bulk;
#[path = "server/cursors.rs"]
mod cursors;
#[path = "server/discovery.rs"]
mod discovery;
#[path = "server/groups.rs"]
mod groups;
#[path = "server/http.rs"]
mod http;
#[path = "server/me.rs"]
mod me;
#[path = "server/oauth.rs"]
mod oauth;
#[path = "server/query.rs"]
mod query;
#[path = "server/revocation.rs"]
mod revocation;
#[path = "server/site.rs"]
mod site;
#[path = "server/switches.rs"]
mod switches;
#[path = "server/tenants.rs"]
mod tenants;
#[path = "server/users.rs"]
mod users;
#[path = "server/variants.rs"]
mod variants;
#[path = "server/versions.rs"]
mod versions;
