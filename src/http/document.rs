//! What the OpenAPI document says of all calls alike.

use utoipa::openapi::path::ParameterIn;
use utoipa::openapi::{OpenApi, RefOr, Schema};

use super::access::operations;
use crate::id::MAX_ID;

/// Texts without control characters.
const PRINTABLE: &str = r"^[^\u0000-\u001F\u007F-\u009F]+$";

/// Says what the identifiers in paths look like.
pub fn with_ids(mut document: OpenApi) -> OpenApi {
    for item in document.paths.paths.values_mut() {
        let parameters = operations(item).filter_map(|(_, operation)| operation.parameters.as_mut()).flatten();
        for parameter in parameters {
            let RefOr::T(parameter) = parameter else { continue };
            if let (ParameterIn::Path, Some(RefOr::T(Schema::Object(text)))) =
                (&parameter.parameter_in, &mut parameter.schema)
            {
                (text.min_length, text.max_length) = (Some(1), Some(MAX_ID));
                text.pattern.get_or_insert_with(|| PRINTABLE.to_owned());
            }
        }
    }
    document
}
