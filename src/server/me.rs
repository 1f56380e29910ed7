//! `/Me`: the resource that the client's token stands for (RFC 7644 §3.11).

use axum::http::Method;

use super::kind::Kind;
use super::options::OptionalFeature;
use super::reply::{Refusal, Reply};
use super::resources;
use super::service::Call;

/// A request to `/Me`, carried out on the resource itself. 501 if the token stands for no resource, and for POST:
/// nobody registers here.
pub(super) fn serve(call: Call<'_>) -> Result<Reply, Refusal> {
    call.demand(OptionalFeature::Me, "The alias /Me")?;
    let subject = call.access.and_then(|access| access.subject);
    let Some(id) = subject else {
        return Err(Refusal::new(
            501,
            "The alias /Me is not supported for a token that stands for no resource",
        ));
    };
    if call.request.method == Method::POST {
        return Err(Refusal::new(501, "Creating a resource at /Me is not supported"));
    }
    resources::serve(call, Kind::User, id)
}
