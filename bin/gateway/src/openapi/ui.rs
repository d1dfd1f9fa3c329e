//! A page that shows the document: Swagger UI, carried in the binary, with nothing fetched from elsewhere.

use std::collections::HashMap;
use std::io::{Cursor, Read};
use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{self, Bytes, ServiceConfig};
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;

use crate::Problem;

/// Swagger UI sets style attributes and draws its icons from data URLs; it needs no inline script.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; \
                      img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

// Addresses are absolute: the page answers with and without a trailing slash.
const PAGE: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>SilkCart API</title>
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
<link rel="icon" type="image/png" href="/api/docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/initializer.js"></script>
</body>
</html>
"#;

const INITIALIZER: &str = "window.ui = SwaggerUIBundle({ url: '/api/schema/', dom_id: '#swagger-ui', \
                           deepLinking: true, persistAuthorization: true });\n";

/// The files that the page needs, by name.
static FILES: LazyLock<HashMap<&'static str, (&'static str, Bytes)>> = LazyLock::new(|| {
    let mut files = unpacked();
    files.insert(
        "initializer.js",
        ("text/javascript; charset=utf-8", Bytes::from_static(INITIALIZER.as_bytes())),
    );
    files
});

fn unpacked() -> HashMap<&'static str, (&'static str, Bytes)> {
    const NEEDED: [(&str, &str); 3] = [
        ("swagger-ui.css", "text/css; charset=utf-8"),
        ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
        ("favicon-32x32.png", "image/png"),
    ];
    let mut files = HashMap::new();
    let Ok(mut archive) = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED)) else { return files };
    for position in 0..archive.len() {
        let Ok(mut entry) = archive.by_index(position) else { continue };
        let needed = NEEDED.iter().find(|(name, _)| entry.name().ends_with(&format!("/dist/{name}")));
        let mut bytes = Vec::new();
        if let Some((name, media_type)) = needed
            && entry.read_to_end(&mut bytes).is_ok()
        {
            files.insert(*name, (*media_type, Bytes::from(bytes)));
        }
    }
    files
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/api/docs").route(web::get().to(page)))
        .service(web::resource("/api/docs/{file}").route(web::get().to(file)));
}

async fn page() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .body(PAGE)
}

async fn file(name: web::Path<String>) -> Result<HttpResponse, Problem> {
    let (media_type, bytes) = FILES.get(name.as_str()).ok_or_else(|| Problem::not_found("file"))?;
    Ok(HttpResponse::Ok()
        .content_type(*media_type)
        .insert_header((header::CACHE_CONTROL, "public, max-age=86400"))
        .body(bytes.clone()))
}
