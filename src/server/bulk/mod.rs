//! Bulk requests (RFC 7644 §3.7): every operation is carried out as the request that it stands for.

mod job;

use axum::http::StatusCode;
use serde_json::json;

use self::job::Job;
use super::http::ReceivedBody;
use super::negotiate::json_body;
use super::options::OptionalFeature;
use super::reply::{Refusal, Reply};
use super::service::Call;
use crate::scim::bulk::BulkRequest;
use crate::scim::urn;

/// POST to `/Bulk`.
///
/// 413 with the limit if the body or the list of operations is too long, 400 if the message has not the structure of
/// a job; otherwise 200, whatever became of the operations.
pub(super) fn serve(call: Call<'_>) -> Result<Reply, Refusal> {
    call.demand(OptionalFeature::Bulk, "A bulk request")?;
    let options = &call.service.options;
    let too_large = match &call.request.body {
        ReceivedBody::Whole(bytes) => bytes.len() > options.max_payload,
        other => matches!(other, ReceivedBody::TooLarge),
    };
    if too_large {
        let limit = options.max_payload;
        let detail = format!("The size of the bulk request exceeds maxPayloadSize, which is {limit} bytes");
        return Err(Refusal::new(413, detail));
    }
    let request = BulkRequest::from_value(&json_body(call.request)?)?;
    let (count, limit) = (request.operations.len(), options.max_operations);
    if count > limit {
        let detail = format!("The bulk request has {count} operations, maxOperations is {limit}");
        return Err(Refusal::new(413, detail));
    }
    let results = Job::new(call, &request).run();
    let body = json!({ "schemas": [urn::BULK_RESPONSE], "Operations": results });
    Ok(Reply::json(StatusCode::OK, body))
}
