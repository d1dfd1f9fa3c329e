//! How extractors of headers document themselves.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;
use kernel::InvalidCode;
use paperclip::v2::models::{DataType, DefaultOperationRaw, Either, Parameter, ParameterIn};

use crate::{Problem, ProblemKind};

/// Adds a header parameter to an operation.
pub(super) fn document(op: &mut DefaultOperationRaw, name: &str, required: bool, description: &str) {
    op.parameters.push(Either::Right(Parameter {
        name: name.to_owned(),
        in_: ParameterIn::Header,
        required,
        description: Some(description.to_owned()),
        data_type: Some(DataType::String),
        ..Parameter::default()
    }));
}

/// The one value of a header, as text; none when it is absent.
pub(super) fn single<'r>(request: &'r HttpRequest, name: &HeaderName) -> Result<Option<&'r str>, Problem> {
    let mut values = request.headers().get_all(name);
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(invalid(name, InvalidCode::NotAllowed, "must not be repeated"));
    }
    let text = value
        .to_str()
        .map_err(|_not_ascii| invalid(name, InvalidCode::Malformed, "must be visible ASCII"))?;
    Ok(Some(text.trim()))
}

/// A header's value that cannot be used.
pub(super) fn invalid(name: &HeaderName, code: InvalidCode, message: &str) -> Problem {
    Problem::new(ProblemKind::InvalidParameter).detail(format!("{name}: {message}")).field(
        format!("header/{name}"),
        code.as_str(),
        message,
    )
}
